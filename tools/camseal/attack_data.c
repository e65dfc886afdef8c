/* Attacks on single packets, and the legal things that bridges do. */
#include "attack_kinds.h"

#include <string.h>

static bool has_data(const attack_packet *p)
{
    return p->v.sep ? p->v.data_len > 0 : p->v.fits && p->carries && p->v.field > 0;
}

/* The polynomial of the SEP CRC-32 must be asked before bytes change. */
static sep_crc crc_of(const attack_packet *p)
{
    return p->v.sep ? packet_sep_crc(&p->v) : SEP_CRC_BAD;
}

static void flip_bit(uint8_t *byte, uint64_t bit)
{
    *byte = (uint8_t)(*byte ^ 1u << (bit & 7u));
}

/* A pixel bit, all checksums right: only the MAC can tell. */
static void flip(attack *a, attack_packet *p)
{
    if (has_data(p) && attack_line_chosen(a, p)) {
        size_t len = p->v.sep ? p->v.data_len : p->v.field;
        size_t start = p->v.sep ? (size_t)SEP_DATA_AT : (size_t)SEP_HEADER_AT;
        size_t at = start + (size_t)(attack_number(a, KEY_OFFSET, attack_random(a)) % len);
        uint64_t bit = attack_number(a, KEY_BIT, attack_random(a)) & 7u;
        sep_crc crc = crc_of(p);
        flip_bit(p->v.bytes.data + at, bit);
        packet_seal(&p->v, crc);
        attack_note(a, p, at, 1, "bit %u of data byte %zu", (unsigned)bit, at - start);
    }
    attack_pass(a, p);
}

/* Line noise: payload bits, checksums left as they were. */
static void flip_noise(attack *a, attack_packet *p)
{
    if (p->v.fits && p->v.field > 0 && attack_line_chosen(a, p)) {
        uint64_t bits = attack_number(a, KEY_BITS, 1);
        size_t at = 0;
        for (uint64_t i = 0; i < bits; i++) {
            at = SEP_HEADER_AT +
                 (size_t)(attack_number(a, KEY_OFFSET, attack_random(a)) % p->v.field);
            flip_bit(p->v.bytes.data + at, attack_number(a, KEY_BIT, attack_random(a)));
        }
        attack_note(a, p, at, 1, "%u bits of noise", (unsigned)bits);
        p->v = packet_view_of(p->v.bytes);
    }
    attack_pass(a, p);
}

static void set_field(attack *a, attack_packet *p, enum sep_field_id id, uint32_t value)
{
    uint8_t *header = packet_sep_header(&p->v);
    uint32_t before = sep_get(header, id);
    sep_crc crc = crc_of(p);
    sep_set(header, id, value);
    packet_seal(&p->v, crc);
    attack_note(a, p, SEP_HEADER_AT + 4u * sep_fields[id].word, 4, "%s %u -> %u",
                sep_fields[id].name, before, sep_get(header, id));
    p->v = packet_view_of(p->v.bytes);
}

/* A bit of a header field. */
static void header(attack *a, attack_packet *p)
{
    if (p->v.sep && attack_line_chosen(a, p)) {
        const attack_value *field = &a->values[KEY_FIELD];
        enum sep_field_id id =
            field->given ? (enum sep_field_id)sep_field_find(field->word) : SEP_COUNT;
        uint64_t bit = attack_number(a, KEY_BIT, 0) % sep_fields[id].bits;
        set_field(a, p, id, sep_get(packet_sep_header(&p->v), id) ^ UINT32_C(1) << bit);
    }
    attack_pass(a, p);
}

/* A frame counter far ahead: must not make later frames look like replays. */
static void future(attack *a, attack_packet *p)
{
    if (p->v.sep && attack_line_chosen(a, p)) {
        uint32_t by = (uint32_t)attack_number(a, KEY_BY, 0x100000);
        set_field(a, p, SEP_FRAME, sep_get(packet_sep_header(&p->v), SEP_FRAME) + by);
    }
    attack_pass(a, p);
}

static void drop(attack *a, attack_packet *p)
{
    if (attack_line_chosen(a, p))
        attack_note(a, p, 0, p->v.bytes.len, "dropped");
    else
        attack_pass(a, p);
}

static void repeat(attack *a, attack_packet *p)
{
    uint64_t times = attack_line_chosen(a, p) ? attack_number(a, KEY_TIMES, 1) : 0;
    if (times)
        attack_note(a, p, 0, p->v.bytes.len, "sent %u more times", (unsigned)times);
    for (uint64_t i = 0; i < times; i++) {
        attack_packet copy; /* later attacks alter each one by itself */
        if (attack_clone(a, &copy, p))
            attack_pass(a, &copy);
    }
    attack_pass(a, p);
}

/* mode=packet: one packet ends early; mode=frame: everything from a line to the end of the frame is
 * missing. */
static void truncate_packet(attack *a, attack_packet *p)
{
    bool tail = attack_word(a, KEY_MODE, "frame");
    if (tail && p->carries && attack_frame_chosen(a, p) &&
        p->line >= attack_number(a, KEY_LINE, a->chosen[p->channel])) {
        attack_note_frame(a, p, "end of the frame cut off");
        return;
    }
    if (!tail && attack_line_chosen(a, p)) {
        size_t len = p->v.bytes.len, cut = (size_t)attack_number(a, KEY_BYTES, len / 2);
        cut = cut < len ? cut : len - 1;
        p->v.bytes.len = len - cut;
        attack_note(a, p, p->v.bytes.len, cut, "last %zu bytes cut off", cut);
        p->v = packet_view_of(p->v.bytes);
    }
    attack_pass(a, p);
}

/* Takes the tag out; header bits, lengths and checksums fit. */
static void remove_tag(attack_packet *p, sep_crc crc)
{
    sep_set(packet_sep_header(&p->v), SEP_TAG_P, 0);
    size_t payload = SEP_HEADER_BYTES + p->v.data_len + p->v.pad + SEP_CRC_BYTES;
    packet_resize(&p->v, p->v.vc, p->v.dt, payload, crc);
}

static void strip_tag(attack *a, attack_packet *p)
{
    if (p->v.sep && p->v.tag_len && attack_line_chosen(a, p)) {
        remove_tag(p, crc_of(p));
        attack_note_frame(a, p, "tags removed");
    }
    attack_pass(a, p);
}

/* SEP packets become the plain CSI-2 packets that are in them; trailer messages vanish. */
static void strip(attack *a, attack_packet *p)
{
    if (!p->v.sep || !attack_line_chosen(a, p)) {
        attack_pass(a, p);
        return;
    }
    uint32_t edt = sep_get(packet_sep_header(&p->v), SEP_EDT);
    attack_note_frame(a, p, "protection removed");
    if (edt > 0x3F)
        return;
    size_t len = p->v.data_len;
    uint8_t *payload = p->v.bytes.data + SEP_HEADER_AT;
    memmove(payload, p->v.bytes.data + SEP_DATA_AT, len);
    packet_resize(&p->v, p->v.vc, (uint8_t)edt, len, SEP_CRC_BAD);
    attack_pass(a, p);
}

/* The header says: not protected (SV-5, no tag, no cover, not encrypted). */
static void downgrade(attack *a, attack_packet *p)
{
    if (p->v.sep && attack_line_chosen(a, p)) {
        uint8_t *h = packet_sep_header(&p->v);
        sep_crc crc = crc_of(p);
        sep_set(h, SEP_SV, 5);
        sep_set(h, SEP_COV, 0);
        sep_set(h, SEP_ENC, 0);
        sep_set(h, SEP_TAG_MODE, 0);
        remove_tag(p, crc);
        attack_note_frame(a, p, "flags cleared, SV 5, tags removed");
    }
    attack_pass(a, p);
}

/* ---- legal ----------------------------------------------------------------------------------- */

/* Another virtual channel in the packet's header; the ECC follows. */
static void move_to(attack_packet *p, uint8_t vc)
{
    p->v.vc = vc;
    (void)!camseal_csi2_header(p->v.bytes.data, vc, p->v.dt, p->v.field);
}

static void remap(attack *a, attack_packet *p)
{
    if (p->v.header_ok && p->channel == attack_number(a, KEY_FROM, 0) &&
        attack_frame_chosen(a, p)) {
        move_to(p, (uint8_t)(attack_number(a, KEY_TO, 1) & 15u));
        attack_note_frame(a, p, "virtual channel remapped");
    }
    attack_pass(a, p);
}

static void send_short(attack *a, const attack_packet *like, uint8_t dt, uint16_t number)
{
    attack_packet p = *like;
    p.v.bytes =
        camseal_mspan_of(attack_borrow(a, CAMSEAL_CSI2_HEADER_BYTES), CAMSEAL_CSI2_HEADER_BYTES);
    p.first = p.last = p.carries = false;
    if (!p.v.bytes.data ||
        camseal_csi2_header(p.v.bytes.data, like->v.vc, dt, number) != CAMSEAL_OK)
        return;
    p.v = packet_view_of(p.v.bytes);
    attack_pass(a, &p);
}

/* Another VC, own frame numbers in FS and FE, and with ls=1 own LS and LE around each line. */
static void rewrite_header(attack *a, attack_packet *p)
{
    if (!p->v.header_ok || !attack_frame_chosen(a, p)) {
        attack_pass(a, p);
        return;
    }
    bool lines = attack_number(a, KEY_LS, 0) && p->carries;
    move_to(p, (uint8_t)(attack_number(a, KEY_TO, p->channel + 1u) & 15u));
    if (p->v.fits && p->v.dt <= CAMSEAL_CSI2_FE) {
        /* Frame numbers run from 1 and skip 0. */
        if (p->v.dt == CAMSEAL_CSI2_FS)
            a->counter[p->channel] = a->counter[p->channel] % 0xFFFFu + 1;
        p->v.field = (uint16_t)a->counter[p->channel];
        move_to(p, p->v.vc);
    }
    attack_note_frame(a, p, "packet headers rewritten");
    if (lines)
        send_short(a, p, CAMSEAL_CSI2_LS, (uint16_t)(p->line + 1));
    attack_pass(a, p);
    if (lines)
        send_short(a, p, CAMSEAL_CSI2_LE, (uint16_t)(p->line + 1));
}

static void strip_short(attack *a, attack_packet *p)
{
    if (p->v.header_ok && p->v.dt <= CAMSEAL_CSI2_LE && attack_frame_chosen(a, p))
        attack_note_frame(a, p, "short packets taken away");
    else
        attack_pass(a, p);
}

/* Around the messages that say SOF and EOF, where no FS and FE came. */
static void make_short(attack *a, attack_packet *p)
{
    bool made = p->carries && (p->first || p->last) && attack_frame_chosen(a, p);
    uint16_t number = (uint16_t)(p->frame % UINT16_MAX);
    if (made)
        attack_note_frame(a, p, "short packets made");
    if (made && p->first)
        send_short(a, p, CAMSEAL_CSI2_FS, number);
    attack_pass(a, p);
    if (made && p->last)
        send_short(a, p, CAMSEAL_CSI2_FE, number);
}

static void none(attack *a, attack_packet *p)
{
    attack_pass(a, p);
}

#define WHERE "frame every p line vc"

const attack_kind attack_data_kinds[] = {
    {"none", "", "does nothing", UNIT_ALL, true, none, NULL, NULL, NULL, NULL},
    {"flip", WHERE " offset bit", "flips a pixel bit and recomputes CRC-16 and CRC-32", UNIT_LINE,
     false, flip, NULL, NULL, NULL, NULL},
    {"flip-noise", WHERE " offset bit bits", "flips payload bits and leaves the CRCs: line noise",
     UNIT_LINE, false, flip_noise, NULL, NULL, NULL, NULL},
    {"header", WHERE " field bit", "flips a bit of a SEP header field; CRCs recomputed", UNIT_LINE,
     false, header, NULL, NULL, NULL, NULL},
    {"future", WHERE " by", "adds to the frame counter of a line; CRCs recomputed", UNIT_LINE,
     false, future, NULL, NULL, NULL, NULL},
    {"drop", WHERE, "drops a line", UNIT_LINE, false, drop, NULL, NULL, NULL, NULL},
    {"repeat", WHERE " times", "sends a line again", UNIT_LINE, false, repeat, NULL, NULL, NULL,
     NULL},
    {"truncate", WHERE " mode bytes", "cuts the end off a packet, or off a frame (mode=frame)",
     UNIT_LINE, false, truncate_packet, NULL, NULL, NULL, "packet frame"},
    {"strip-tag", WHERE, "removes tags; lengths, flag and CRCs fit", UNIT_FRAME, false, strip_tag,
     NULL, NULL, NULL, NULL},
    {"strip", WHERE, "turns protected packets into plain ones", UNIT_FRAME, false, strip, NULL,
     NULL, NULL, NULL},
    {"downgrade", WHERE, "clears the flags: SV-5, no tag, not encrypted", UNIT_FRAME, false,
     downgrade, NULL, NULL, NULL, NULL},
    {"remap", "frame every p vc from to", "moves a virtual channel", UNIT_ALL, true, remap, NULL,
     NULL, NULL, NULL},
    {"rewrite-header", "frame every p vc to ls",
     "writes VC, ECC and frame numbers anew; ls=1 adds LS and LE", UNIT_ALL, true, rewrite_header,
     NULL, NULL, NULL, NULL},
    {"strip-short", "frame every p vc", "takes FS, FE, LS and LE away", UNIT_ALL, true, strip_short,
     NULL, NULL, NULL, NULL},
    {"make-short", "frame every p vc", "makes FS and FE where there are none", UNIT_ALL, true,
     make_short, NULL, NULL, NULL, NULL},
    {NULL, NULL, NULL, UNIT_LINE, false, NULL, NULL, NULL, NULL, NULL},
};
