/* Attacks that need more than one packet: they hold packets back, or keep and forge whole frames.
 */
#include "attack_kinds.h"

#include <string.h>

#include "base/load.h"

enum { HELD_BYTES_MAX = 64 * 1024 * 1024, FORGED_LINES = 16 };

/* Passes a copy of what a list holds, so that the list may go or stay. */
static void pass_copy(attack *a, const attack_packet *p)
{
    attack_packet copy;
    if (attack_clone(a, &copy, p))
        attack_pass(a, &copy);
}

static void let_go(attack *a)
{
    for (size_t i = 0; i < a->held.n; i++)
        pass_copy(a, &a->held.items[i]);
    packet_list_clear(&a->held);
    a->channel = -1;
}

/* ---- order ----------------------------------------------------------------------------------- */

/* A line and the one after it change places. */
static void reorder(attack *a, attack_packet *p)
{
    if (a->channel < 0 && attack_line_chosen(a, p)) {
        if (packet_list_add(a, &a->held, p))
            a->channel = p->channel;
        return;
    }
    if (a->channel == p->channel && p->carries && p->frame == a->held.items[0].frame) {
        attack_note(a, &a->held.items[0], 0, 0, "line %u before line %u", p->line,
                    a->held.items[0].line);
        attack_pass(a, p);
        let_go(a);
        return;
    }
    if (a->channel == p->channel)
        let_go(a); /* it was the last of its frame */
    attack_pass(a, p);
}

/* The same line of a frame and of the next one change places. Everything between is held back for
 * that long. */
static void swap(attack *a, attack_packet *p)
{
    if (a->channel < 0) {
        if (!attack_line_chosen(a, p))
            attack_pass(a, p);
        else if (packet_list_add(a, &a->held, p))
            a->channel = p->channel;
        return;
    }
    const attack_packet *earlier = &a->held.items[0];
    bool partner = p->channel == a->channel && p->carries && p->frame > earlier->frame &&
                   p->line == earlier->line;
    if (!partner) {
        if (!packet_list_add(a, &a->held, p) || a->held.bytes > HELD_BYTES_MAX)
            let_go(a);
        return;
    }
    attack_note(a, earlier, 0, 0, "line %u: that of frame %u instead", p->line, p->frame);
    attack_note(a, p, 0, 0, "line %u: that of frame %u instead", p->line, earlier->frame);
    attack_packet first, later = *p;
    bool ok = attack_clone(a, &first, earlier);
    attack_pass(a, &later);
    for (size_t i = 1; i < a->held.n; i++)
        pass_copy(a, &a->held.items[i]);
    packet_list_clear(&a->held);
    a->channel = -1;
    if (ok)
        attack_pass(a, &first);
}

/* ---- whole frames ---------------------------------------------------------------------------- */

static void drop_frame(attack *a, attack_packet *p)
{
    if (p->frame && attack_frame_chosen(a, p))
        attack_note_frame(a, p, "frame dropped");
    else
        attack_pass(a, p);
}

static bool same_channel(attack *a, const attack_packet *p)
{
    if (a->channel < 0)
        a->channel = a->values[KEY_VC].given ? (int)a->values[KEY_VC].first : p->channel;
    return a->channel == p->channel;
}

static uint32_t back_of(const attack *a)
{
    return (uint32_t)attack_number(a, KEY_BACK, 1);
}

/* Where a frame is kept: of= names one, back= any of the last few. */
static size_t slot_of(const attack *a, uint32_t frame)
{
    return a->values[KEY_OF].given ? 0 : frame % (BACK_MAX + 1);
}

static void keep(attack *a, const attack_packet *p)
{
    bool wanted = a->values[KEY_OF].given ? a->values[KEY_OF].first == p->frame
                                          : attack_frame_may_be(a, p->frame + back_of(a));
    size_t slot = slot_of(a, p->frame);
    if (p->frame == 0 || !wanted)
        return;
    if (a->stored_frame[slot] != p->frame) {
        packet_list_clear(&a->stored[slot]);
        a->stored_frame[slot] = p->frame;
    }
    if (a->stored[slot].bytes < HELD_BYTES_MAX)
        (void)packet_list_add(a, &a->stored[slot], p);
}

/* The kept frame that frame `now` gets; NULL when there is none. */
static const packet_list *kept_for(const attack *a, uint32_t now)
{
    uint32_t wanted =
        a->values[KEY_OF].given ? (uint32_t)a->values[KEY_OF].first : now - back_of(a);
    size_t slot = slot_of(a, wanted);
    bool there = wanted && wanted < now && a->stored_frame[slot] == wanted && a->stored[slot].n;
    return there ? &a->stored[slot] : NULL;
}

static void send_kept(attack *a, const packet_list *kept, const attack_packet *now, bool replace)
{
    char detail[64];
    snprintf(detail, sizeof detail, "sent again %s frame %u", replace ? "instead of" : "after",
             now->frame);
    a->open_entry = 0; /* the same frame may have been sent again before: that is another entry */
    for (size_t i = 0; i < kept->n; i++) {
        attack_note_frame(a, &kept->items[i], detail);
        pass_copy(a, &kept->items[i]);
    }
}

/* mode=insert: an old frame comes again after the chosen one; mode=replace: instead of it (a frozen
 * picture). */
static void replay(attack *a, attack_packet *p)
{
    if (!same_channel(a, p)) {
        attack_pass(a, p);
        return;
    }
    keep(a, p);
    const packet_list *kept = p->frame && attack_frame_chosen(a, p) ? kept_for(a, p->frame) : NULL;
    bool replace = attack_word(a, KEY_MODE, "replace");
    if (!kept || !replace)
        attack_pass(a, p);
    if (kept && (replace ? p->first : p->last))
        send_kept(a, kept, p, replace);
    if (kept && replace)
        attack_note_frame(a, p, "withheld");
}

/* ---- forging --------------------------------------------------------------------------------- */

static void learn(attack *a, const attack_packet *p)
{
    if (!p->v.sep || sep_get(packet_sep_header(&p->v), SEP_EDT) > 0x3F)
        return;
    if (a->has_template && !sep_get(packet_sep_header(&p->v), SEP_SOF))
        return;
    memcpy(a->template_header, packet_sep_header(&p->v), SEP_HEADER_BYTES);
    a->template_tag = p->v.tag_len;
    a->template_crc = packet_sep_crc(&p->v);
    a->has_template = true;
}

static void fill_random(attack *a, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)attack_random(a);
}

/* One line: a header that fits, and noise for data and tag. */
static void forge_line(attack *a, const attack_packet *like, uint32_t line, uint32_t lines)
{
    size_t len = sep_get(a->template_header, SEP_LENGTH),
           pad = sep_get(a->template_header, SEP_PAD);
    size_t payload = SEP_HEADER_BYTES + len + pad + a->template_tag + SEP_CRC_BYTES;
    attack_packet p = *like;
    p.v.bytes.len = CAMSEAL_CSI2_HEADER_BYTES + payload + CAMSEAL_CSI2_CRC_BYTES;
    p.v.bytes.data = attack_borrow(a, p.v.bytes.len);
    if (!p.v.bytes.data)
        return;
    uint8_t *header = p.v.bytes.data + SEP_HEADER_AT, *data = p.v.bytes.data + SEP_DATA_AT;
    memcpy(header, a->template_header, SEP_HEADER_BYTES);
    sep_set(header, SEP_COUNT, line);
    sep_set(header, SEP_SOF, line == 0);
    sep_set(header, SEP_EOF, line == lines - 1);
    sep_set(header, SEP_FRAME, sep_get(header, SEP_FRAME) + 1);
    fill_random(a, data, len);
    memset(data + len, 0, pad);
    fill_random(a, data + len + pad, a->template_tag);
    packet_resize(&p.v, like->v.vc, CAMSEAL_CSI2_SEP, payload, a->template_crc);
    p.sep = true;
    p.carries = true;
    p.first = p.last = false;
    p.line = line;
    p.evc = (uint8_t)sep_get(header, SEP_EVC);
    p.frame_count = sep_get(header, SEP_FRAME);
    attack_note_frame(a, &p, "forged frame");
    attack_pass(a, &p);
}

static void forge_short(attack *a, const attack_packet *like, uint8_t dt)
{
    attack_packet p = *like;
    p.v.bytes =
        camseal_mspan_of(attack_borrow(a, CAMSEAL_CSI2_HEADER_BYTES), CAMSEAL_CSI2_HEADER_BYTES);
    if (!p.v.bytes.data || camseal_csi2_header(p.v.bytes.data, like->v.vc, dt, 1) != CAMSEAL_OK)
        return;
    p.v = packet_view_of(p.v.bytes);
    p.sep = p.carries = p.first = p.last = false;
    attack_pass(a, &p);
}

/* After the chosen frame comes one that nobody sent. */
static void inject(attack *a, attack_packet *p)
{
    if (!same_channel(a, p)) {
        attack_pass(a, p);
        return;
    }
    learn(a, p);
    bool now = p->last && p->frame && attack_frame_chosen(a, p) && a->has_template;
    bool short_packets = p->v.fits && p->v.dt == CAMSEAL_CSI2_FE;
    attack_packet like = *p;
    attack_pass(a, p);
    if (!now)
        return;
    uint32_t lines = (uint32_t)attack_number(a, KEY_LINES, FORGED_LINES);
    if (short_packets)
        forge_short(a, &like, CAMSEAL_CSI2_FS);
    for (uint32_t i = 0; i < lines; i++)
        forge_line(a, &like, i, lines);
    if (short_packets)
        forge_short(a, &like, CAMSEAL_CSI2_FE);
}

const attack_kind attack_frame_kinds[] = {
    {"reorder", "frame every p line vc", "two neighbouring lines change places", UNIT_LINE, false,
     reorder, let_go, NULL, NULL, NULL},
    {"swap", "frame every p line vc", "a line and the same line of the next frame change places",
     UNIT_LINE, false, swap, let_go, NULL, NULL, NULL},
    {"drop-frame", "frame every p vc", "drops a whole frame", UNIT_FRAME, false, drop_frame, NULL,
     NULL, NULL, NULL},
    {"replay", "frame every p vc mode back of",
     "sends an old frame again after a frame, or instead of it (mode=replace)", UNIT_FRAME, false,
     replay, NULL, NULL, NULL, "insert replace"},
    {"inject", "frame every p vc lines", "adds a forged frame with random tags", UNIT_FRAME, false,
     inject, NULL, NULL, NULL, NULL},
    {NULL, NULL, NULL, UNIT_FRAME, false, NULL, NULL, NULL, NULL, NULL},
};
