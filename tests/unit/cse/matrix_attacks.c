/* The attacks: each changes the packets on the link, without a key. The target is channel 0, frame
 * 2 as a rule; CRCs, lengths and parity are always made to fit, except where noise is meant.
 */
#include "matrix.h"

#include "base/load.h"

enum { LINE = 2 }; /* the message that is attacked: a line of the image */

static mx_packet *message(mx_stream *s, unsigned frame, unsigned index)
{
    const size_t at = mx_find(s, frame, MX_MESSAGE, index);
    assert_true(at != MX_NONE);
    return &s->p[at];
}

static mx_packet *packet(mx_stream *s, unsigned frame, mx_role role)
{
    const size_t at = mx_find(s, frame, role, 0);
    assert_true(at != MX_NONE);
    return &s->p[at];
}

/* Where the data of a message starts. */
static size_t data_at(const mx_stream *s)
{
    return s->fsed ? 4 : 4 + 16;
}

static void flip(mx_stream *s, mx_packet *p, size_t byte)
{
    p->bytes[byte] ^= 1;
    mx_reseal(s, p);
}

static bool of(const mx_packet *p, unsigned frame)
{
    return p->channel == 0 && p->frame == frame;
}

static bool carries_protection(const mx_packet *p)
{
    return p->role != MX_FS && p->role != MX_FE;
}

/* Copies the packets of a frame of `from` to a position. */
static size_t insert_frame(mx_stream *s, size_t at, const mx_stream *from, unsigned frame)
{
    for (size_t i = 0; i < from->n; i++)
        if (of(&from->p[i], frame)) {
            const mx_packet p = from->p[i];
            mx_insert(s, at++, &p);
        }
    return at;
}

static size_t end_of(const mx_stream *s, unsigned frame)
{
    return mx_find(s, frame, MX_FE, 0) + 1;
}

#define ATTACK(name) static void name(mx_stream *s, const mx_stream *other)

/* ---- what a bridge may do ---- */

ATTACK(nothing)
{
    (void)s;
    (void)other;
}

ATTACK(remap)
{
    (void)other;
    for (size_t i = 0; i < s->n; i++)
        mx_set_wire(&s->p[i], (uint8_t)(s->p[i].channel ? 1 : 12), mx_dt(&s->p[i]));
}

ATTACK(rewrite_header)
{
    (void)other;
    for (size_t i = 0; i < s->n; i++)
        if (!carries_protection(&s->p[i]))
            assert_status(camseal_csi2_header(s->p[i].bytes, (uint8_t)(MX_VC + s->p[i].channel),
                                              mx_dt(&s->p[i]), (uint16_t)(900 + i)),
                          CAMSEAL_OK);
    for (unsigned frame = 1; frame <= MX_FRAMES; frame++) {
        const size_t at = mx_find(s, frame, MX_MESSAGE, LINE);
        mx_packet p = s->p[at];
        p.len = 4;
        p.role = MX_FS;
        assert_status(camseal_csi2_header(p.bytes, MX_VC, CAMSEAL_CSI2_LE, 1), CAMSEAL_OK);
        mx_insert(s, at + 1, &p);
        assert_status(camseal_csi2_header(p.bytes, MX_VC, CAMSEAL_CSI2_LS, 1), CAMSEAL_OK);
        mx_insert(s, at, &p);
    }
}

ATTACK(no_short_packets)
{
    (void)other;
    for (size_t i = s->n; i > 0; i--)
        if (s->p[i - 1].channel == 0 && s->p[i - 1].len == 4)
            mx_remove(s, i - 1);
}

/* ---- single packets ---- */

ATTACK(flip_pixel)
{
    (void)other;
    flip(s, message(s, 2, LINE), data_at(s) + 5);
    mx_mend_ftg(s, 2);
}

ATTACK(flip_embedded)
{
    (void)other;
    flip(s, message(s, 2, 0), data_at(s) + 5);
    mx_mend_ftg(s, 2);
}

ATTACK(flip_noise)
{
    (void)other;
    message(s, 2, LINE)->bytes[data_at(s) + 5] ^= 1;
}

/* CRC-16 made good by a bridge, as real ones do: CRC-32 tells. */
ATTACK(flip_crc16_only)
{
    mx_packet *p = message(s, 2, LINE);
    (void)other;
    if (s->fsed) {
        flip(s, p, data_at(s) + 5);
        return;
    }
    uint8_t crc32[4];
    memcpy(crc32, p->bytes + p->len - 6, 4);
    p->bytes[data_at(s) + 5] ^= 1;
    mx_reseal(s, p);
    mx_packet outer = *p; /* reseal the CRC-16 over the old CRC-32: as a payload of no known type */
    memcpy(outer.bytes + outer.len - 6, crc32, 4);
    mx_set_wire(&outer, MX_VC, 0x30);
    mx_reseal(s, &outer);
    mx_set_wire(&outer, MX_VC, CAMSEAL_CSI2_SEP);
    *p = outer;
}

ATTACK(flip_header)
{
    (void)other;
    if (s->fsed) {
        flip(s, packet(s, 2, MX_FSH), 4 + 32); /* the time of the frame */
        return;
    }
    mx_packet *p = message(s, 2, LINE);
    camseal_priv_header h = mx_header(p);
    h.message_count ^= 8;
    mx_set_header(s, p, &h);
}

ATTACK(far_future)
{
    (void)other;
    const size_t at = s->fsed ? mx_find(s, 2, MX_FSH, 0) : mx_find(s, 2, MX_MESSAGE, LINE);
    mx_packet p = s->p[at];
    if (s->fsed) {
        camseal_store_le32(p.bytes + 4 + 4, 0x7FFFFFF0u);
        mx_reseal(s, &p);
    } else {
        camseal_priv_header h = mx_header(&p);
        h.frame_low += 0x7FFFFFF0u;
        mx_set_header(s, &p, &h);
    }
    mx_insert(s, at, &p);
}

ATTACK(drop_line)
{
    (void)other;
    mx_remove(s, mx_find(s, 2, MX_MESSAGE, LINE));
}

ATTACK(drop_first)
{
    (void)other;
    mx_remove(s, mx_find(s, 2, MX_MESSAGE, 0));
}

ATTACK(drop_last)
{
    (void)other;
    mx_remove(s, mx_find(s, 2, MX_MESSAGE, MX_MESSAGES - 1));
}

ATTACK(drop_and_forge)
{
    (void)other;
    mx_remove(s, mx_find(s, 2, MX_MESSAGE, 1));
    for (unsigned i = 2; i < MX_MESSAGES; i++)
        flip(s, message(s, 2, i), data_at(s) + 3);
    if (s->fsed) {
        mx_packet *ftg = packet(s, 2, MX_FTG);
        ftg->bytes[4 + 8]--;
        mx_mend_ftg(s, 2);
    }
}

/* ... and the numbers closed up, so that nothing seems to be missing. */
ATTACK(drop_and_renumber)
{
    (void)other;
    mx_remove(s, mx_find(s, 2, MX_MESSAGE, 1));
    for (unsigned i = 2; !s->fsed && i < MX_MESSAGES; i++) {
        mx_packet *p = message(s, 2, i);
        camseal_priv_header h = mx_header(p);
        h.message_count--;
        mx_set_header(s, p, &h);
    }
    if (s->fsed) {
        mx_packet *ftg = packet(s, 2, MX_FTG), *fsh = packet(s, 2, MX_FSH);
        ftg->bytes[4 + 8]--;
        mx_mend_ftg(s, 2);
        (void)fsh; /* its expected counts are unknown in this stream */
    }
}

ATTACK(repeat_line)
{
    (void)other;
    const size_t at = mx_find(s, 2, MX_MESSAGE, LINE);
    mx_insert(s, at + 1, &s->p[at]);
}

ATTACK(truncate_packet)
{
    (void)other;
    message(s, 2, LINE)->len -= 5;
}

ATTACK(truncate_frame)
{
    (void)other;
    for (size_t i = s->n; i > 0; i--) {
        const mx_packet *p = &s->p[i - 1];
        const bool late = p->role != MX_MESSAGE || p->index > LINE;
        if (of(p, 2) && late && p->role > MX_TBT)
            mx_remove(s, i - 1);
        else if (of(p, 2) && late && p->role == MX_MESSAGE)
            mx_remove(s, i - 1);
    }
}

ATTACK(reorder)
{
    (void)other;
    mx_swap(s, mx_find(s, 2, MX_MESSAGE, LINE), mx_find(s, 2, MX_MESSAGE, LINE + 1));
    mx_mend_ftg(s, 2);
}

/* Cuts the end off a frame and, when the sink gave it up, sends all of it again. */
ATTACK(truncate_resend)
{
    mx_stream *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, s, sizeof *copy);
    const size_t at = end_of(s, 2);
    truncate_frame(s, other);
    insert_frame(s, at - (copy->n - s->n), copy, 2);
    free(copy);
}

/* ---- protection taken off ---- */

static void remove_tag(mx_stream *s, mx_packet *p)
{
    camseal_priv_header h = mx_header(p);
    if (!h.tag_p)
        return;
    h.tag_p = false;
    p->len -= 16;
    mx_set_header(s, p, &h);
}

ATTACK(strip_tags)
{
    (void)other;
    for (size_t i = s->n; i > 0; i--) {
        mx_packet *p = &s->p[i - 1];
        if (!of(p, 2) || !carries_protection(p))
            continue;
        if (!s->fsed)
            remove_tag(s, p);
        else if (p->role == MX_TBT || p->role == MX_FTG)
            mx_remove(s, i - 1);
    }
}

ATTACK(strip)
{
    (void)other;
    for (size_t i = s->n; i > 0; i--) {
        mx_packet *p = &s->p[i - 1];
        if (!of(p, 2) || !carries_protection(p))
            continue;
        if (s->fsed) {
            if (p->role != MX_MESSAGE)
                mx_remove(s, i - 1);
            continue;
        }
        const camseal_priv_header h = mx_header(p);
        memmove(p->bytes + 4, p->bytes + 20, h.data_length);
        p->len = 6u + h.data_length;
        mx_set_wire(p, MX_VC, (uint8_t)h.edt);
        mx_reseal(s, p);
    }
}

ATTACK(downgrade)
{
    (void)other;
    if (s->fsed) {
        mx_packet *p = packet(s, 2, MX_FSH);
        camseal_store_le16(p->bytes + 4 + 14, 5 | 5 << 3 | 5 << 6);
        mx_reseal(s, p);
        return;
    }
    for (size_t i = 0; i < s->n; i++) {
        mx_packet *p = &s->p[i];
        if (!of(p, 2) || !carries_protection(p))
            continue;
        remove_tag(s, p);
        camseal_priv_header h = mx_header(p);
        h.sv = 5;
        h.cov = h.enc = false;
        mx_set_header(s, p, &h);
    }
}

/* The context leaves the bottom block open: a forged line of the top block pretends to be there. */
ATTACK(relabel_open)
{
    (void)other;
    const size_t at = mx_find(s, 2, MX_MESSAGE, 0);
    if (s->fsed) { /* told by place: it has to go behind the image */
        const mx_packet p = s->p[at];
        mx_remove(s, at);
        mx_insert(s, mx_find(s, 2, MX_MESSAGE, MX_MESSAGES - 1), &p);
        mx_mend_ftg(s, 2);
        return;
    }
    mx_packet *p = &s->p[at];
    p->bytes[data_at(s) + 5] ^= 1;
    camseal_priv_header h = mx_header(p);
    h.fp = CAMSEAL_FP_BOTTOM;
    h.sv = 5;
    h.cov = false;
    mx_set_header(s, p, &h);
}

ATTACK(end_early)
{
    (void)other;
    if (s->fsed) { /* the FTG comes before the last lines */
        const mx_packet p = *packet(s, 2, MX_FTG);
        mx_remove(s, mx_find(s, 2, MX_FTG, 0));
        mx_insert(s, mx_find(s, 2, MX_MESSAGE, LINE + 1), &p);
        mx_packet *ftg = packet(s, 2, MX_FTG);
        ftg->bytes[4 + 8] = LINE + 1;
        mx_mend_ftg(s, 2);
        return;
    }
    mx_packet *p = message(s, 2, LINE);
    camseal_priv_header h = mx_header(p);
    if (!h.tag_p) {
        h.tag_p = true;
        p->len += 16;
    }
    h.eof = true;
    mx_set_header(s, p, &h);
}

/* ---- whole frames ---- */

ATTACK(drop_frame)
{
    (void)other;
    for (size_t i = s->n; i > 0; i--)
        if (of(&s->p[i - 1], 2))
            mx_remove(s, i - 1);
}

static void replace_frame(mx_stream *s, unsigned frame, const mx_stream *from, unsigned by)
{
    mx_stream *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, from, sizeof *copy);
    size_t at = mx_find(s, frame, MX_FS, 0);
    for (size_t i = s->n; i > 0; i--)
        if (of(&s->p[i - 1], frame))
            mx_remove(s, i - 1);
    insert_frame(s, at, copy, by);
    for (size_t i = 0; i < s->n; i++) /* the frame numbers on the link follow */
        if (of(&s->p[i], by) && i >= at && s->p[i].len == 4)
            assert_status(
                camseal_csi2_header(s->p[i].bytes, MX_VC, mx_dt(&s->p[i]), (uint16_t)frame),
                CAMSEAL_OK);
    free(copy);
}

ATTACK(replay_insert)
{
    (void)other;
    mx_stream *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, s, sizeof *copy);
    insert_frame(s, end_of(s, 2), copy, 1);
    free(copy);
}

ATTACK(replay_replace)
{
    (void)other;
    replace_frame(s, 2, s, 1);
}

/* The last good picture for ever, with frame numbers that go on. */
ATTACK(freeze)
{
    (void)other;
    for (unsigned frame = 3; frame <= MX_FRAMES; frame++)
        replace_frame(s, frame, s, 2);
}

/* ... and with the protected frame numbers written over, too. */
ATTACK(freeze_renumbered)
{
    (void)other;
    for (size_t i = 0; i < s->n; i++) {
        mx_packet *p = &s->p[i];
        if (p->channel != 0 || p->frame != 3 || !carries_protection(p))
            continue;
        const mx_role role = p->role;
        const size_t old = role == MX_TRAILER ? MX_NONE : mx_find(s, 2, role, p->index);
        if (old == MX_NONE)
            continue;
        memcpy(p->bytes, s->p[old].bytes, MX_BYTES);
        p->len = s->p[old].len;
        if (s->fsed && role != MX_MESSAGE)
            p->bytes[4 + 4]++;
        if (s->fsed) {
            mx_reseal(s, p);
            continue;
        }
        camseal_priv_header h = mx_header(p);
        h.frame_low++;
        mx_set_header(s, p, &h);
    }
}

ATTACK(swap_frames)
{
    (void)other;
    mx_swap(s, mx_find(s, 2, MX_MESSAGE, LINE), mx_find(s, 3, MX_MESSAGE, LINE));
    mx_mend_ftg(s, 2);
    mx_mend_ftg(s, 3);
}

/* A frame of the next number with random tags, before the real one. */
ATTACK(inject)
{
    (void)other;
    mx_stream *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, s, sizeof *copy);
    for (size_t i = 0; i < copy->n; i++) {
        mx_packet *p = &copy->p[i];
        if (!of(p, 2) || !carries_protection(p))
            continue;
        const bool tagged = s->fsed ? p->role != MX_MESSAGE : mx_header(p).tag_p;
        const size_t end = s->fsed ? 4 + mx_own_bytes(p->role) + 16 : p->len - 6;
        if (tagged)
            test_fill(&s->seed, p->bytes + end - 16, 16);
        if (p->role == MX_MESSAGE)
            p->bytes[data_at(s) + 1] ^= 0x55;
        mx_reseal(s, p);
    }
    insert_frame(s, end_of(s, 1), copy, 2);
    free(copy);
}

/* ---- splices ---- */

static void put_bytes(mx_packet *to, const mx_packet *from)
{
    memcpy(to->bytes, from->bytes, MX_BYTES);
    to->len = from->len;
}

/* A line of another place, relabelled so that it fits where it goes. */
static void splice(mx_stream *s, unsigned frame, const mx_packet *from)
{
    mx_packet *to = message(s, frame, LINE);
    const mx_packet was = *to;
    put_bytes(to, from);
    mx_set_wire(to, MX_VC, mx_dt(from));
    if (!s->fsed) {
        const camseal_priv_header h = mx_header(&was);
        mx_set_header(s, to, &h);
    }
    mx_mend_ftg(s, frame);
}

static const mx_packet *line_of(const mx_stream *s, unsigned channel, unsigned frame)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->p[i].channel == channel && s->p[i].frame == frame && s->p[i].role == MX_MESSAGE &&
            s->p[i].index == LINE)
            return &s->p[i];
    fail();
    return NULL;
}

ATTACK(splice_channels)
{
    (void)other;
    splice(s, 2, line_of(s, 1, 2));
}

/* As it is: a line of channel 1 once more, on the wire channel of channel 0. */
ATTACK(cross_channels)
{
    (void)other;
    mx_packet p = *line_of(s, 1, 2);
    mx_set_wire(&p, MX_VC, mx_dt(&p));
    put_bytes(message(s, 2, LINE), &p);
    mx_mend_ftg(s, 2);
}

ATTACK(splice_contexts)
{
    splice(s, 2, line_of(other, 0, 2));
}

ATTACK(frame_of_context)
{
    replace_frame(s, 2, other, 2);
}

ATTACK(splice_sensors)
{
    splice(s, 2, line_of(other, 0, 2));
}

ATTACK(frame_of_sensor)
{
    replace_frame(s, 2, other, 2);
}

ATTACK(splice_epochs)
{
    (void)other;
    splice(s, 3, line_of(s, 0, 2));
}

/* A frame of the old epoch after the change, with the new epoch and the next number written on. */
ATTACK(relabel_epoch)
{
    (void)other;
    mx_stream *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, s, sizeof *copy);
    for (size_t i = 0; i < copy->n; i++) {
        mx_packet *p = &copy->p[i];
        if (!of(p, 2) || !carries_protection(p) || (s->fsed && p->role == MX_MESSAGE))
            continue;
        if (s->fsed) {
            p->bytes[4 + 3] |= 1;
            p->bytes[4 + 4] = 4;
            mx_reseal(s, p);
            continue;
        }
        camseal_priv_header h = mx_header(p);
        h.epoch4 = 1;
        h.frame_low = 4;
        mx_set_header(s, p, &h);
    }
    insert_frame(s, end_of(s, 3), copy, 2);
    free(copy);
}

ATTACK(replay_epoch)
{
    (void)other;
    mx_stream *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, s, sizeof *copy);
    insert_frame(s, end_of(s, 3), copy, 2);
    free(copy);
}

ATTACK(cross_protocol_frame)
{
    const size_t at = mx_find(s, 2, MX_FS, 0);
    mx_stream *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, other, sizeof *copy);
    for (size_t i = copy->n; i > 0; i--) /* what this protocol would not have */
        if (copy->p[i - 1].len == 4 || (!other->fsed && mx_dt(&copy->p[i - 1]) != CAMSEAL_CSI2_SEP))
            mx_remove(copy, i - 1);
    insert_frame(s, at, copy, 2);
    free(copy);
}

ATTACK(cross_protocol_line)
{
    const size_t at = mx_find(s, 2, MX_MESSAGE, LINE);
    mx_packet p = *line_of(other, 0, 2);
    if (other->fsed) /* FSED lines look like plain ones: its FTG */
        p = other->p[mx_find(other, 2, MX_FTG, 0)];
    p.frame = 0;
    mx_insert(s, at, &p);
}

/* ... and with a data type of this one written on it. */
ATTACK(cross_protocol_retyped)
{
    const size_t at = mx_find(s, 2, MX_MESSAGE, LINE);
    mx_packet p = other->p[mx_find(other, 2, other->fsed ? MX_FTG : MX_MESSAGE, 0)];
    mx_set_wire(&p, MX_VC, s->fsed ? CAMSEAL_CSI2_FTG : CAMSEAL_CSI2_SEP);
    p.role = s->fsed ? MX_FTG : MX_MESSAGE;
    p.frame = 0;
    mx_reseal(s, &p);
    mx_insert(s, at, &p);
}

/* ---- carriers of tags ---- */

ATTACK(drop_fsh)
{
    (void)other;
    if (s->fsed)
        mx_remove(s, mx_find(s, 2, MX_FSH, 0));
    else
        mx_remove(s, mx_find(s, 2, MX_MESSAGE, 0));
}

static void last_carrier(mx_stream *s, bool drop)
{
    size_t at = mx_find(s, 2, MX_FTG, 0);
    for (size_t i = 0; !s->fsed && i < s->n; i++)
        if (of(&s->p[i], 2) && s->p[i].role == MX_TRAILER)
            at = i;
    if (drop) {
        mx_remove(s, at);
        return;
    }
    const size_t end = s->fsed ? 4 + mx_own_bytes(MX_FTG) + 16 : s->p[at].len - 6;
    test_fill(&s->seed, s->p[at].bytes + end - 16, 16);
    mx_reseal(s, &s->p[at]);
}

ATTACK(forge_trailer)
{
    (void)other;
    last_carrier(s, false);
}

ATTACK(drop_trailer)
{
    (void)other;
    last_carrier(s, true);
}

/* The first tag of a frame: of the TBT, or of the first message or slot. */
ATTACK(forge_first_tag)
{
    (void)other;
    size_t at = mx_find(s, 2, MX_TBT, 0);
    for (size_t i = s->n; !s->fsed && i > 0; i--)
        if (of(&s->p[i - 1], 2) && s->p[i - 1].role == MX_MESSAGE && mx_header(&s->p[i - 1]).tag_p)
            at = i - 1;
    const size_t end = s->fsed ? 4 + mx_own_bytes(MX_TBT) + 16 : s->p[at].len - 6;
    test_fill(&s->seed, s->p[at].bytes + end - 16, 16);
    mx_reseal(s, &s->p[at]);
}

/* The tag that ends frame 1 on the end of frame 2. */
ATTACK(old_end)
{
    (void)other;
    if (s->fsed) {
        mx_packet *p = packet(s, 2, MX_FTG);
        put_bytes(p, packet(s, 1, MX_FTG));
        p->bytes[4 + 4]++;
        mx_mend_ftg(s, 2);
        return;
    }
    mx_packet *p = message(s, 2, MX_MESSAGES - 1);
    put_bytes(p, message(s, 1, MX_MESSAGES - 1));
    camseal_priv_header h = mx_header(p);
    h.frame_low++;
    mx_set_header(s, p, &h);
}

/* ---- time ---- */

/* Every frame later than the one before by one frame more. */
ATTACK(growing_delay)
{
    (void)other;
    for (size_t i = 0; i < s->n; i++)
        s->p[i].at_us += (uint64_t)(s->p[i].frame - 1) * MX_FRAME_US;
}

/* An hour late from frame 3 on: nobody would see it in the packets. */
ATTACK(long_delay)
{
    (void)other;
    for (size_t i = 0; i < s->n; i++)
        if (s->p[i].frame >= 3)
            s->p[i].at_us += UINT64_C(3600000000);
}

enum { F1 = 1u << 1, F2 = 1u << 2, F3 = 1u << 3, F4 = 1u << 4, F5 = 1u << 5 };
#define ALLOWED     0, 2, true, MX_NOBODY, 0, 0
#define ON(frames)  frames, 0, false, MX_NOBODY, 0, 0
#define ADDS(shown) 0, shown, false, MX_NOBODY, 0, 0

const mx_attack mx_attacks[] = {
    {"none", "nothing", nothing, ALLOWED},
    {"remap", "moves virtual channels", remap, ALLOWED},
    {"rewrite-header", "other frame numbers in FS and FE, LS and LE added", rewrite_header,
     ALLOWED},
    {"no-short", "drops all FS and FE of the channel", no_short_packets, F1 | F2 | F3 | F4 | F5, 2,
     false, MX_NOBODY, 0, 0},
    {"flip", "a pixel bit; every CRC made to fit", flip_pixel, ON(F2)},
    {"flip-embedded", "the same in the line above the image", flip_embedded, ON(F2)},
    {"flip-noise", "a pixel bit, no CRC: line noise", flip_noise, ON(F2)},
    {"flip-crc16", "a pixel bit, CRC-16 made to fit, no CRC-32", flip_crc16_only, ON(F2)},
    {"header", "a bit of a message number (SEP) or of the FSH", flip_header, ON(F2)},
    {"future", "adds a line (SEP) or an FSH of a frame far in the future", far_future, ON(F2)},
    {"drop", "a line", drop_line, ON(F2)},
    {"drop-first", "the first line", drop_first, ON(F2)},
    {"drop-last", "the last line", drop_last, ON(F2)},
    {"drop-forge", "drops one line and forges the rest", drop_and_forge, ON(F2)},
    {"drop-renumber", "drops one line and closes up the numbers", drop_and_renumber, ON(F2)},
    {"repeat", "sends a line twice", repeat_line, ON(F2)},
    {"truncate", "cuts the end off a packet", truncate_packet, ON(F2)},
    {"truncate-frame", "cuts the end off a frame", truncate_frame, ON(F2)},
    {"truncate-resend", "the same, then the whole frame again", truncate_resend, ON(F2)},
    {"reorder", "two neighbouring lines change places", reorder, ON(F2)},
    {"swap", "the same line of two frames changes places", swap_frames, ON(F2 | F3)},
    {"strip-tag", "removes the tags (FSED: TBT and FTG)", strip_tags, ON(F2)},
    {"strip", "turns the frame into a plain one", strip, ON(F2)},
    {"downgrade", "SV-5, no tag, not encrypted", downgrade, ON(F2)},
    {"relabel-open", "a line of FP-2 pretends to be in FP-4, which is SV-5", relabel_open, F2, 0,
     false, MX_NOBODY, 0, MX_OPEN_BOTTOM},
    {"end-early", "end of frame in its middle, with a made-up tag", end_early, ON(F2)},
    {"drop-frame", "a whole frame", drop_frame, ON(F2)},
    {"replay", "an old frame again", replay_insert, ADDS(2)},
    {"replay-replace", "an old frame instead of one", replay_replace, ON(F2)},
    {"freeze", "the last good frame again and again, with new short packets", freeze,
     ON(F3 | F4 | F5)},
    {"freeze-renumber", "the same, protected numbers written over", freeze_renumbered, ON(F3)},
    {"inject", "a forged frame with random tags before the real one", inject, ADDS(2)},
    {"splice-channel", "a line of another channel, relabelled", splice_channels, ON(F2)},
    {"cross-channel", "a line of another channel as it is", cross_channels, ON(F2)},
    {"splice-context", "a line of another context, relabelled", splice_contexts, F2, 0, false,
     MX_OTHER_CONTEXT, 0, 0},
    {"frame-of-context", "a frame of another context", frame_of_context, F2, 0, false,
     MX_OTHER_CONTEXT, 0, 0},
    {"splice-sensor", "a line of a sensor with another key", splice_sensors, F2, 0, false,
     MX_OTHER_KEY, 0, 0},
    {"frame-of-sensor", "a frame of a sensor with another key", frame_of_sensor, F2, 0, false,
     MX_OTHER_KEY, 0, 0},
    {"splice-epoch", "a line of the old epoch, relabelled", splice_epochs, F3, 0, false, MX_NOBODY,
     MX_ROTATES, 0},
    {"relabel-epoch", "a frame of the old epoch as one of the new", relabel_epoch, 0, 4, false,
     MX_NOBODY, MX_ROTATES, 0},
    {"replay-epoch", "a frame of the old epoch after the change", replay_epoch, 0, 4, false,
     MX_NOBODY, MX_ROTATES, 0},
    {"cross-protocol", "a frame of the other protocol, same key and context, before the real one",
     cross_protocol_frame, 0, 2, false, MX_OTHER_PROTOCOL, 0, 0},
    {"cross-packet", "a packet of the other protocol inside a frame", cross_protocol_line, F2, 0,
     false, MX_OTHER_PROTOCOL, 0, 0},
    {"cross-retype", "the same, with a data type of this protocol", cross_protocol_retyped, F2, 0,
     false, MX_OTHER_PROTOCOL, 0, 0},
    {"drop-start", "the FSH (SEP: the first message)", drop_fsh, ON(F2)},
    {"forge-trailer", "another tag in the trailer message (FSED: FTG)", forge_trailer, F2, 0, false,
     MX_NOBODY, MX_TRAILERS, 0},
    {"drop-trailer", "drops the trailer message (FSED: FTG)", drop_trailer, F2, 0, false, MX_NOBODY,
     MX_TRAILERS, 0},
    {"forge-first-tag", "another tag in the first tag carrier (FSED: TBT)", forge_first_tag,
     ON(F2)},
    {"old-end", "the end of the last frame for that of this one", old_end, ON(F2)},
    {"late-sink", "plays old frames to a sink that was just admitted", nothing, F1 | F2, 2, false,
     MX_NOBODY, MX_LATE, 0},
    {"rebooted-sink", "plays old frames to a sink that lost its memory", nothing, F1 | F2, 2, false,
     MX_NOBODY, MX_REBOOTED, 0},
    {"growing-delay", "every frame a frame later than the one before", growing_delay, F3 | F4 | F5,
     5, false, MX_NOBODY, MX_FRESHNESS, 0},
    {"long-delay", "an hour late from frame 3 on", long_delay, F3 | F4 | F5, 3, false, MX_NOBODY,
     MX_FRESHNESS, 0},
};
const size_t mx_n_attacks = sizeof mx_attacks / sizeof mx_attacks[0];
