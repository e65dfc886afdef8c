/* Frames to packets: FS, protected messages, FE, into the capture. */
#include <string.h>

#include "base/try.h"
#include "camseal/csi2.h"
#include "protect.h"

enum { FRAME_NS = 33333333, PACKET_NS = 1000 };

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

/* The last message of a partition carries the tag of its slot. */
static uint32_t flags_of(const protect *p, const protect_camera *c, unsigned message)
{
    const unsigned last = protect_camera_messages(c) - 1u;
    uint32_t flags = 0;
    if (message == 0)
        flags |= CAMSEAL_SOURCE_SOF;
    if (message == last)
        flags |= CAMSEAL_SOURCE_EOF;
    if (p->profile.config.tag_mode == CAMSEAL_TAG_DATA_TYPE &&
        (message + 1u == c->top || message + 1u == c->top + c->height))
        flags |= CAMSEAL_SOURCE_LAST_OF_SLOT;
    return flags;
}

static void fill(const protect *p, camseal_source_item *item, const protect_camera *c)
{
    const bool image = c->next >= c->top && c->next < c->top + c->height;
    memset(item, 0, sizeof *item);
    item->source = p->source;
    item->wire_vc = c->vc;
    item->wire_dt = image ? c->dt : (uint8_t)CAMSEAL_CSI2_EMBEDDED;
    item->flags = flags_of(p, c, c->next);
    item->data = protect_camera_payload(c, c->next);
}

static camseal_status send(protect *p, size_t n)
{
    size_t done;
    CAMSEAL_TRY(camseal_source_feed(p->worker, p->items, n, &done));
    for (size_t i = 0; i < n; i++) {
        const camseal_source_item *item = &p->items[i];
        const protect_camera *c = p->owners[i];
        if (item->flags & CAMSEAL_SOURCE_SOF)
            CAMSEAL_TRY(put_short(p, c, CAMSEAL_CSI2_FS));
        put(p, c, item->spans, 3);
        if (item->flags & CAMSEAL_SOURCE_EOF)
            CAMSEAL_TRY(put_short(p, c, CAMSEAL_CSI2_FE));
        p->payload_bytes += item->data.len;
    }
    p->messages += n;
    return CAMSEAL_OK;
}

/* One message of each camera that has one left; how many are in the batch then. */
static size_t gather(protect *p, size_t n)
{
    for (size_t i = 0; i < p->n_cameras; i++) {
        protect_camera *c = &p->cameras[i];
        if (c->over || c->next == protect_camera_messages(c))
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
