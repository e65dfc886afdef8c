/* SEP source: one message of one eVC to one packet (open-profile §5, tag per message).
 *
 * Everything that can fail is decided before a counter moves.
 */
#include <string.h>

#include "base/try.h"
#include "cse/sep/format.h"
#include "cse/source.h"

enum { ALL_FLAGS = CAMSEAL_SOURCE_SOF | CAMSEAL_SOURCE_EOF | CAMSEAL_SOURCE_TRAILER };

/* The frame that the message belongs to, as it will be if the message can be sent. */
static camseal_status plan_frame(camseal_priv_source_frame *frame, const camseal_context *ctx,
                                 const camseal_priv_evc *evc, uint32_t flags)
{
    if (!(flags & CAMSEAL_SOURCE_SOF)) {
        const camseal_priv_keys *keys = &ctx->keys[frame->keys];
        if (!frame->open || !keys->loaded || keys->epoch != frame->epoch)
            return CAMSEAL_E_STATE;
        return frame->next < CAMSEAL_PRIV_MESSAGE_COUNT_END ? CAMSEAL_OK : CAMSEAL_E_LIMIT;
    }
    if (frame->open)
        return CAMSEAL_E_STATE;
    camseal_priv_source_frame started = {.open = true, .frame_count = evc->frame_count + 1};
    if (started.frame_count >= CAMSEAL_PRIV_FRAME_COUNT_END)
        return CAMSEAL_E_LIMIT;
    started.keys = camseal_priv_epoch_for_frame(ctx, evc, started.frame_count);
    if (started.keys == CAMSEAL_PRIV_NO_INDEX)
        return CAMSEAL_E_STATE;
    started.epoch = ctx->keys[started.keys].epoch;
    memcpy(started.sv, ctx->sv_current, sizeof started.sv);
    /* §4: a frame whose three partitions are all SV-5 has no tags. */
    started.tagged = ctx->mac && !(started.sv[0] == 5 && started.sv[1] == 5 && started.sv[2] == 5);
    *frame = started;
    return CAMSEAL_OK;
}

static uint8_t partition(const camseal_priv_source_frame *frame, bool embedded)
{
    if (!embedded)
        return CAMSEAL_FP_IMAGE;
    return frame->image_seen ? CAMSEAL_FP_BOTTOM : CAMSEAL_FP_TOP;
}

static void fill_header(camseal_priv_lane *lane, const camseal_priv_source_frame *frame,
                        const camseal_stream_map *stream, uint32_t flags)
{
    const camseal_context *ctx = lane->ctx;
    const bool trailer = (flags & CAMSEAL_SOURCE_TRAILER) != 0;
    camseal_priv_header *h = &lane->header;
    h->version = CAMSEAL_PRIV_HEADER_VERSION;
    h->crc_p = true;
    h->tag_p = frame->tagged;
    h->sof = (flags & CAMSEAL_SOURCE_SOF) != 0;
    h->eof = trailer || (flags & CAMSEAL_SOURCE_EOF);
    h->evc = stream->evc;
    h->message_count = frame->next;
    if (trailer) {
        h->edt = CAMSEAL_PRIV_SEP_FRAME_TRAILER;
        h->fp = CAMSEAL_FP_TRAILER;
        /* SV-2 says that the tag covers it; where there is no tag it says SV-5 like the rest of the
         * frame. */
        h->sv = frame->tagged ? 2 : 5;
    } else {
        h->edt = stream->edt;
        h->fp = partition(frame, stream->embedded);
        h->sv = frame->sv[h->fp - CAMSEAL_FP_TOP];
    }
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
        (item->data.len || (item->flags & CAMSEAL_SOURCE_SOF)))
        return CAMSEAL_E_ARGUMENT;
    return CAMSEAL_OK;
}

static void commit(camseal_priv_lane *lane, camseal_priv_source_frame *frame,
                   const camseal_priv_source_frame *planned, const camseal_priv_usage *usage)
{
    camseal_priv_evc *evc = lane->evc;
    *frame = *planned;
    frame->next++;
    if (lane->header.fp == CAMSEAL_FP_IMAGE)
        frame->image_seen = true;
    if (lane->header.eof)
        frame->open = false;
    evc->used = true;
    evc->frame_count = frame->frame_count;
    camseal_priv_epoch_used(lane->ctx, evc, frame->keys);
    camseal_priv_usage_book(lane->ctx, evc, &lane->ctx->keys[frame->keys], usage);
}

static void start_packet(camseal_worker *worker, camseal_priv_lane *lane, camseal_source_item *item)
{
    uint8_t *header = item->head + CAMSEAL_CSI2_HEADER_BYTES;
    camseal_priv_header_pack(header, &lane->header);
    lane->protect = item;
    lane->header_bytes = header;
    if (lane->header.enc)
        camseal_priv_message_ctr(lane, &worker->ctr_jobs[worker->n_ctr++]);
    if (lane->tagged)
        camseal_priv_message_mac(lane, &worker->mac_jobs[worker->n_mac++]);
    item->frame_count = lane->frame_count;
    item->message_count = lane->header.message_count;
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
    lane->evc = camseal_priv_evc_of(ctx, stream->evc);
    camseal_priv_source_frame *frame = &item->source->frames[lane->evc - ctx->evcs];
    camseal_priv_source_frame planned = *frame;
    CAMSEAL_TRY(plan_frame(&planned, ctx, lane->evc, item->flags));
    lane->data = item->data;
    lane->frame_count = planned.frame_count;
    lane->keys = planned.keys;
    lane->tagged = planned.tagged;
    fill_header(lane, &planned, stream, item->flags);
    lane->covered = camseal_priv_covered_bytes(&ctx->stride, lane->header.sv, lane->header.cov,
                                               lane->header.data_length);
    camseal_priv_usage usage = camseal_priv_message_usage(lane);
    CAMSEAL_TRY(camseal_priv_usage_allows(ctx, &ctx->keys[lane->keys], &usage));
    uint32_t word_count =
        camseal_priv_sep_word_count(lane->header.data_length, lane->tagged ? ctx->tag_length : 0);
    CAMSEAL_TRY(camseal_csi2_header(item->head, item->wire_vc, ctx->sep_dt, (uint16_t)word_count));
    commit(lane, frame, &planned, &usage);
    start_packet(worker, lane, item);
    return CAMSEAL_OK;
}

void camseal_priv_sep_source_finish(camseal_priv_lane *lane)
{
    camseal_source_item *item = lane->protect;
    camseal_span tag = camseal_span_of(lane->tag, lane->tagged ? lane->ctx->tag_length : 0);
    camseal_span data = camseal_span_of(item->data.data, item->data.len);
    size_t tail = camseal_priv_sep_tail(item->tail, lane->ctx, item->head, data, tag);
    item->spans[0] = camseal_span_of(item->head, sizeof item->head);
    item->spans[1] = data;
    item->spans[2] = camseal_span_of(item->tail, tail);
}
