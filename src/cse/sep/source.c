/* SEP source: one message of one eVC to one packet (open-profile §5).
 *
 * Everything that can fail is decided before a counter moves.
 */
#include <string.h>

#include "base/try.h"
#include "cse/sep/format.h"
#include "cse/source.h"

enum {
    ALL_FLAGS = CAMSEAL_SOURCE_SOF | CAMSEAL_SOURCE_EOF | CAMSEAL_SOURCE_TRAILER |
                CAMSEAL_SOURCE_LAST_OF_SLOT
};

/* What a message is in its frame: where its tag comes from, and whether it carries one. */
typedef struct place {
    uint16_t edt;
    uint8_t fp, sv;
    uint8_t slot; /* data-type mode; NO_INDEX: no slot */
    bool eof, carries_tag;
} place;

/* Slots of this eVC that had a message and have no tag yet; *first: the lowest, or NO_INDEX. */
static size_t open_slots(const camseal_source *source, uint8_t evc, uint8_t *first)
{
    size_t n = 0;
    *first = CAMSEAL_PRIV_NO_INDEX;
    for (size_t i = 0; i < source->ctx->n_slots; i++) {
        const camseal_priv_unit *unit = &source->units[i];
        if (source->ctx->slots[i].evc != evc || !unit->messages || unit->tagged)
            continue;
        if (n++ == 0)
            *first = (uint8_t)i;
    }
    return n;
}

/* A trailer message has SV-2: the tag covers it. Where there is no tag it says SV-5 like the rest
 * of the frame. */
static camseal_status plan_trailer(place *p, const camseal_source *source,
                                   const camseal_priv_source_frame *frame, uint8_t evc)
{
    p->edt = CAMSEAL_PRIV_SEP_FRAME_TRAILER;
    p->fp = CAMSEAL_FP_TRAILER;
    p->sv = frame->tagged ? 2 : 5;
    p->eof = true;
    p->carries_tag = frame->tagged;
    if (source->ctx->tag_mode != CAMSEAL_TAG_DATA_TYPE || !frame->tagged)
        return CAMSEAL_OK;
    const size_t n = open_slots(source, evc, &p->slot);
    if (n == 0)
        return CAMSEAL_E_STATE;
    p->edt = (uint16_t)(CAMSEAL_PRIV_SEP_SLOT_TRAILER + p->slot);
    p->eof = n == 1;
    return CAMSEAL_OK;
}

/* Data-type mode: nothing comes after a slot's tag, and no slot is without one at the end. A new
 * frame (`fresh`) has no slot yet. */
static camseal_status plan_slot(place *p, const camseal_source *source, uint8_t evc, bool fresh)
{
    uint8_t first;
    p->slot = camseal_priv_slot_of(source->ctx, evc, p->fp, p->edt);
    if (p->slot == CAMSEAL_PRIV_NO_INDEX)
        return CAMSEAL_E_NOT_FOUND;
    if (fresh)
        return CAMSEAL_OK;
    if (source->units[p->slot].tagged)
        return CAMSEAL_E_STATE;
    const size_t n = open_slots(source, evc, &first) - (source->units[p->slot].messages ? 1 : 0);
    return p->eof && n ? CAMSEAL_E_STATE : CAMSEAL_OK;
}

static camseal_status plan_place(place *p, const camseal_source *source,
                                 const camseal_priv_source_frame *frame,
                                 const camseal_stream_map *stream, uint32_t flags)
{
    const uint8_t mode = source->ctx->tag_mode;
    p->slot = CAMSEAL_PRIV_NO_INDEX;
    if (flags & CAMSEAL_SOURCE_TRAILER)
        return plan_trailer(p, source, frame, stream->evc);
    p->edt = stream->edt;
    p->fp = camseal_priv_source_fp(frame, stream->embedded);
    p->sv = frame->sv[p->fp - CAMSEAL_FP_TOP];
    p->eof = (flags & CAMSEAL_SOURCE_EOF) != 0;
    p->carries_tag = frame->tagged && (mode == CAMSEAL_TAG_MESSAGE || p->eof ||
                                       (flags & CAMSEAL_SOURCE_LAST_OF_SLOT));
    if (mode != CAMSEAL_TAG_DATA_TYPE || !frame->tagged)
        return CAMSEAL_OK;
    return plan_slot(p, source, stream->evc, (flags & CAMSEAL_SOURCE_SOF) != 0);
}

static void fill_header(camseal_priv_lane *lane, const camseal_priv_source_frame *frame,
                        const place *p, uint32_t flags)
{
    const camseal_context *ctx = lane->ctx;
    camseal_priv_header *h = &lane->header;
    h->version = CAMSEAL_PRIV_HEADER_VERSION;
    h->crc_p = true;
    h->tag_p = p->carries_tag;
    h->sof = (flags & CAMSEAL_SOURCE_SOF) != 0;
    h->eof = p->eof;
    h->evc = lane->evc->evc;
    h->message_count = frame->next;
    h->edt = p->edt;
    h->fp = p->fp;
    h->sv = p->sv;
    h->enc = h->sv == 1;
    h->cov = camseal_priv_covers(&ctx->stride, h->sv, h->message_count);
    h->frame_low = (uint32_t)frame->frame_count;
    h->data_length = (uint16_t)lane->data.len;
    h->ctx_id = ctx->ctx_id;
    h->epoch4 = (uint8_t)(frame->epoch & 15u);
    h->tag_mode = ctx->tag_mode;
    h->pad = camseal_priv_sep_pad(h->data_length);
}

static camseal_status check_item(const camseal_context *ctx, const camseal_source_item *item)
{
    if (item->flags & ~(uint32_t)ALL_FLAGS)
        return CAMSEAL_E_ARGUMENT;
    if (item->data.len > camseal_priv_sep_data_max(ctx->tag_length))
        return CAMSEAL_E_ARGUMENT;
    if ((item->flags & CAMSEAL_SOURCE_TRAILER) &&
        (item->data.len || (item->flags & (CAMSEAL_SOURCE_SOF | CAMSEAL_SOURCE_LAST_OF_SLOT))))
        return CAMSEAL_E_ARGUMENT;
    if ((item->flags & CAMSEAL_SOURCE_LAST_OF_SLOT) && ctx->tag_mode != CAMSEAL_TAG_DATA_TYPE)
        return CAMSEAL_E_ARGUMENT;
    return CAMSEAL_OK;
}

static void commit(camseal_priv_lane *lane, camseal_priv_source_frame *frame,
                   const camseal_priv_source_frame *planned, const camseal_priv_usage *usage)
{
    *frame = *planned;
    frame->next++;
    if (lane->header.fp == CAMSEAL_FP_IMAGE)
        frame->image_seen = true;
    if (lane->header.eof)
        frame->open = false;
    camseal_priv_source_commit(lane->ctx, lane->evc, frame, usage);
}

static void reset_units(const camseal_source *source, const camseal_priv_evc *evc)
{
    const camseal_context *ctx = source->ctx;
    if (ctx->tag_mode == CAMSEAL_TAG_FRAME)
        camseal_priv_unit_reset(&source->units[evc - ctx->evcs]);
    for (size_t i = 0; i < ctx->n_slots; i++)
        if (ctx->slots[i].evc == evc->evc)
            camseal_priv_unit_reset(&source->units[i]);
}

static void add_mac(camseal_worker *worker, camseal_priv_lane *lane, const place *p)
{
    const camseal_source *source = lane->protect->source;
    if (lane->ctx->tag_mode == CAMSEAL_TAG_MESSAGE) {
        camseal_priv_unit_message(worker, lane);
        return;
    }
    const bool by_slot = lane->ctx->tag_mode == CAMSEAL_TAG_DATA_TYPE;
    camseal_priv_unit *unit =
        &source->units[by_slot ? (size_t)p->slot : (size_t)(lane->evc - lane->ctx->evcs)];
    camseal_priv_unit_add(worker, lane, unit,
                          by_slot ? CAMSEAL_PRIV_UNIT_DATA_TYPE : CAMSEAL_PRIV_UNIT_FRAME,
                          by_slot ? p->slot : 0, p->carries_tag);
    unit->tagged = p->carries_tag;
}

static void start_packet(camseal_worker *worker, camseal_priv_lane *lane, const place *p)
{
    camseal_source_item *item = lane->protect;
    uint8_t *header = item->head + CAMSEAL_CSI2_HEADER_BYTES;
    camseal_priv_header_pack(header, &lane->header);
    lane->header_bytes = header;
    if (lane->header.sof)
        reset_units(item->source, lane->evc);
    if (lane->header.enc)
        camseal_priv_message_ctr(lane, &worker->ctr_jobs[worker->n_ctr++]);
    if (lane->tagged)
        add_mac(worker, lane, p);
    item->frame_count = lane->frame_count;
    item->message_count = lane->header.message_count;
}

/* The message as it will be if it can be sent. */
static camseal_status plan_message(camseal_priv_lane *lane, const camseal_stream_map *stream,
                                   camseal_priv_source_frame *planned, place *p)
{
    const camseal_context *ctx = lane->ctx;
    const camseal_source_item *item = lane->protect;
    CAMSEAL_TRY(
        camseal_priv_source_plan(planned, ctx, lane->evc, (item->flags & CAMSEAL_SOURCE_SOF) != 0));
    CAMSEAL_TRY(plan_place(p, item->source, planned, stream, item->flags));
    lane->data = item->data;
    lane->frame_count = planned->frame_count;
    lane->keys = planned->keys;
    lane->tagged = planned->tagged;
    fill_header(lane, planned, p, item->flags);
    lane->covered = camseal_priv_covered_bytes(&ctx->stride, lane->header.sv, lane->header.cov,
                                               lane->header.data_length);
    return CAMSEAL_OK;
}

camseal_status camseal_priv_sep_source_stage(camseal_worker *worker, camseal_priv_lane *lane,
                                             camseal_source_item *item)
{
    camseal_context *ctx = lane->ctx;
    CAMSEAL_TRY(check_item(ctx, item));
    const camseal_stream_map *stream =
        camseal_priv_stream_on_wire(ctx, item->wire_vc, item->wire_dt);
    if (!stream)
        return CAMSEAL_E_NOT_FOUND;
    lane->protect = item;
    lane->evc = camseal_priv_evc_of(ctx, stream->evc);
    camseal_priv_source_frame *frame = &item->source->frames[lane->evc - ctx->evcs];
    camseal_priv_source_frame planned = *frame;
    place p = {0};
    CAMSEAL_TRY(plan_message(lane, stream, &planned, &p));
    camseal_priv_usage usage = camseal_priv_message_usage(lane, p.carries_tag);
    CAMSEAL_TRY(camseal_priv_usage_allows(ctx, &ctx->keys[lane->keys], &usage));
    uint32_t word_count =
        camseal_priv_sep_word_count(lane->header.data_length, p.carries_tag ? ctx->tag_length : 0);
    CAMSEAL_TRY(camseal_csi2_header(item->head, item->wire_vc, ctx->sep_dt, (uint16_t)word_count));
    commit(lane, frame, &planned, &usage);
    start_packet(worker, lane, &p);
    return CAMSEAL_OK;
}

size_t camseal_priv_sep_source_trailers(const camseal_source *source, const camseal_priv_evc *evc)
{
    const camseal_priv_source_frame *frame = &source->frames[evc - source->ctx->evcs];
    uint8_t first;
    if (!frame->open)
        return 0;
    if (source->ctx->tag_mode != CAMSEAL_TAG_DATA_TYPE || !frame->tagged)
        return 1;
    return open_slots(source, evc->evc, &first);
}

/* Self-test: the kinds that this message can carry. */
static unsigned injectable(const camseal_priv_lane *lane)
{
    unsigned kinds = 0;
    if (lane->header.fp == CAMSEAL_FP_IMAGE)
        kinds |= 1u << CAMSEAL_SELFTEST_CRC | 1u << CAMSEAL_SELFTEST_COUNTER |
                 1u << CAMSEAL_SELFTEST_DROP;
    if (lane->header.tag_p)
        kinds |= 1u << CAMSEAL_SELFTEST_TAG;
    return kinds;
}

/* A wrong CRC-32 under a right CRC-16. */
static void spoil_crc(const camseal_priv_lane *lane, size_t tail)
{
    camseal_source_item *item = lane->protect;
    const size_t end = tail - CAMSEAL_CSI2_CRC_BYTES;
    item->tail[end - 1] ^= 1;
    uint16_t crc = lane->ctx->bulk->crc16(0xFFFF, item->head + CAMSEAL_CSI2_HEADER_BYTES,
                                          CAMSEAL_PRIV_HEADER_BYTES);
    crc = lane->ctx->bulk->crc16(crc, item->data.data, item->data.len);
    crc = lane->ctx->bulk->crc16(crc, item->tail, end);
    item->tail[end] = (uint8_t)crc;
    item->tail[end + 1] = (uint8_t)(crc >> 8);
}

void camseal_priv_sep_source_finish(camseal_priv_lane *lane)
{
    camseal_source_item *item = lane->protect;
    camseal_span tag = camseal_span_of(lane->tag, lane->header.tag_p ? lane->ctx->tag_length : 0);
    camseal_span data = camseal_span_of(item->data.data, item->data.len);
    const uint8_t kind = camseal_priv_source_inject(lane, injectable(lane));
    if (kind == CAMSEAL_SELFTEST_TAG)
        lane->tag[0] ^= 1;
    if (kind == CAMSEAL_SELFTEST_COUNTER)
        item->head[CAMSEAL_CSI2_HEADER_BYTES + 4] ^= 1; /* message_count */
    size_t tail = camseal_priv_sep_tail(item->tail, lane->ctx, item->head, data, tag);
    item->spans[0] = camseal_span_of(item->head, sizeof item->head);
    item->spans[1] = data;
    item->spans[2] = camseal_span_of(item->tail, tail);
    if (kind == CAMSEAL_SELFTEST_CRC)
        spoil_crc(lane, tail);
    if (kind == CAMSEAL_SELFTEST_DROP)
        for (size_t i = 0; i < 3; i++)
            item->spans[i] = camseal_span_of(NULL, 0);
}
