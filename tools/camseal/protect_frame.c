/* Frames to packets, into the capture: FS, the steps of the frame, FE.
 *
 * SEP: a step is a message. FSED: FSH, top lines, TBT if wanted, image, bottom lines, FTG.
 */
#include <string.h>

#include "base/try.h"
#include "camseal/csi2.h"
#include "embedded_record.h"
#include "protect.h"

enum { FRAME_NS = 33333333, PACKET_NS = 1000 };
enum { OWN = CAMSEAL_SOURCE_FSH | CAMSEAL_SOURCE_TBT | CAMSEAL_SOURCE_FTG };

static void put(protect *p, const protect_camera *c, const camseal_span *spans, size_t n)
{
    p->time_ns += PACKET_NS;
    capture_packet(c->stream, true, p->time_ns, 0, spans, n, NULL);
}

/* FS and FE carry the frame number 1..65535 of CSI-2. */
static camseal_status put_short(protect *p, const protect_camera *c, uint8_t dt)
{
    uint8_t packet[CAMSEAL_CSI2_HEADER_BYTES];
    CAMSEAL_TRY(camseal_csi2_header(packet, c->vc, dt, (uint16_t)(c->frames % UINT16_MAX + 1u)));
    const camseal_span span = camseal_span_of(packet, sizeof packet);
    put(p, c, &span, 1);
    return CAMSEAL_OK;
}

/* Where the TBT stands among the steps of FSED, or none (0): a frame without tags has no TBT. */
static unsigned top_step(const protect *p, const protect_camera *c)
{
    const uint8_t *sv = p->profile.variants[p->cameras[0].frames % p->profile.n_variants];
    const bool tagged = sv[0] != 5 || sv[1] != 5 || sv[2] != 5;
    return p->profile.config.top_tag && tagged ? 1 + c->top : 0;
}

static bool is_fsed(const protect *p)
{
    return p->profile.config.protocol == CAMSEAL_PROTOCOL_FSED;
}

static unsigned steps_of(const protect *p, const protect_camera *c)
{
    const unsigned own = is_fsed(p) ? 2u + (top_step(p, c) != 0) : 0;
    return own + protect_camera_messages(c);
}

/* FSED's own packet at this step, or 0; else *message is what comes. */
static uint32_t own_packet(const protect *p, const protect_camera *c, unsigned *message)
{
    const unsigned top = top_step(p, c);
    *message = c->next;
    if (!is_fsed(p))
        return 0;
    if (c->next == 0)
        return CAMSEAL_SOURCE_FSH;
    if (top && c->next == top)
        return CAMSEAL_SOURCE_TBT;
    *message = c->next - 1u - (top && c->next > top ? 1u : 0u);
    return *message == protect_camera_messages(c) ? CAMSEAL_SOURCE_FTG : 0;
}

/* SEP: the last message of a partition carries the tag of its slot. */
static uint32_t flags_of(const protect *p, const protect_camera *c, unsigned message)
{
    const unsigned last = protect_camera_messages(c) - 1u;
    uint32_t flags = 0;
    if (is_fsed(p))
        return 0;
    if (message == 0)
        flags |= CAMSEAL_SOURCE_SOF;
    if (message == last)
        flags |= CAMSEAL_SOURCE_EOF;
    if (p->profile.config.tag_mode == CAMSEAL_TAG_DATA_TYPE &&
        (message + 1u == c->top || message + 1u == c->top + c->height))
        flags |= CAMSEAL_SOURCE_LAST_OF_SLOT;
    return flags;
}

static void fill_own(const protect *p, camseal_source_item *item, protect_camera *c, uint32_t kind)
{
    const size_t which = kind == CAMSEAL_SOURCE_FSH ? 0 : kind == CAMSEAL_SOURCE_TBT ? 1 : 2;
    const bool alike = c->line_bytes == EMBEDDED_BYTES || c->top + c->bottom == 0;
    item->wire_dt = c->dt;
    item->flags = kind;
    item->data = camseal_mspan_of(c->own + which * c->own_bytes, c->own_bytes);
    if (kind != CAMSEAL_SOURCE_FSH)
        return;
    c->begin = (camseal_source_begin){
        .expected = {(uint16_t)c->top, (uint16_t)c->height, (uint16_t)c->bottom},
        .line_length = alike ? (uint16_t)c->line_bytes : (uint16_t)0,
        .timestamp_ns = p->time_ns};
    if (c->frames == 0)
        c->begin.flags = CAMSEAL_BEGIN_FIRST;
    item->begin = &c->begin;
}

static void fill(const protect *p, camseal_source_item *item, protect_camera *c)
{
    unsigned message;
    const uint32_t own = own_packet(p, c, &message);
    const bool image = message >= c->top && message < c->top + c->height;
    memset(item, 0, sizeof *item);
    item->source = p->source;
    item->wire_vc = c->vc;
    if (own) {
        fill_own(p, item, c, own);
        return;
    }
    item->wire_dt = image ? c->dt : (uint8_t)CAMSEAL_CSI2_EMBEDDED;
    item->flags = flags_of(p, c, message);
    item->data = protect_camera_payload(c, message);
}

static camseal_status send(protect *p, size_t n)
{
    size_t done;
    CAMSEAL_TRY(camseal_source_feed(p->worker, p->items, n, &done));
    for (size_t i = 0; i < n; i++) {
        const camseal_source_item *item = &p->items[i];
        const protect_camera *c = p->owners[i];
        if (item->flags & (CAMSEAL_SOURCE_SOF | CAMSEAL_SOURCE_FSH))
            CAMSEAL_TRY(put_short(p, c, CAMSEAL_CSI2_FS));
        put(p, c, item->spans, 3);
        if (item->flags & (CAMSEAL_SOURCE_EOF | CAMSEAL_SOURCE_FTG))
            CAMSEAL_TRY(put_short(p, c, CAMSEAL_CSI2_FE));
        if (item->flags & OWN)
            continue;
        p->messages++;
        p->payload_bytes += item->data.len;
    }
    return CAMSEAL_OK;
}

/* One message of each camera that has one left; how many are in the batch then. */
static size_t gather(protect *p, size_t n)
{
    for (size_t i = 0; i < p->n_cameras; i++) {
        protect_camera *c = &p->cameras[i];
        if (c->over || c->next == steps_of(p, c))
            continue;
        fill(p, &p->items[n], c);
        p->owners[n++] = c;
        c->next++;
    }
    return n;
}

static camseal_status send_messages(protect *p)
{
    for (size_t n = 0;;) {
        const size_t before = n;
        n = gather(p, n);
        if (n > before && n + CSE_CAMERAS_MAX <= PROTECT_BATCH)
            continue;
        CAMSEAL_TRY(send(p, n));
        if (n == before)
            return CAMSEAL_OK;
        n = 0;
    }
}

static camseal_status next_variants(protect *p)
{
    const cse_profile *profile = &p->profile;
    const size_t which = (size_t)(p->cameras[0].frames % profile->n_variants);
    if (profile->n_variants < 2)
        return CAMSEAL_OK;
    return camseal_context_set_variants(p->context, profile->variants[which]);
}

camseal_status protect_frames(protect *p)
{
    CAMSEAL_TRY(next_variants(p));
    const uint64_t due = p->time_ns + FRAME_NS;
    CAMSEAL_TRY(send_messages(p));
    for (size_t i = 0; i < p->n_cameras; i++)
        if (!p->cameras[i].over) {
            p->cameras[i].frames++;
            p->frames++;
        }
    if (p->time_ns < due)
        p->time_ns = due;
    return CAMSEAL_OK;
}
