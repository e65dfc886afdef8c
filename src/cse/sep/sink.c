/* SEP sink: what a packet must be before its tag is looked at (open-profile §5, sink order).
 *
 * The provisioned context decides; header bits must agree with it. A check never changes the sink.
 */
#include "cse/sink.h"

#include "base/load.h"
#include "cse/sep/format.h"

static const camseal_priv_refusal accepted;

static bool good(const camseal_priv_refusal *refusal)
{
    return refusal->reason == CAMSEAL_REASON_NONE;
}

void camseal_priv_sep_open(camseal_priv_lane *lane)
{
    const camseal_span payload = lane->payload;
    if (payload.len < CAMSEAL_PRIV_SEP_LEAST_PAYLOAD) {
        lane->wire = camseal_priv_refuse(CAMSEAL_REASON_LENGTH, "word count",
                                         CAMSEAL_PRIV_SEP_LEAST_PAYLOAD, payload.len);
        return;
    }
    size_t end = payload.len - CAMSEAL_PRIV_SEP_CRC_BYTES;
    uint32_t crc = lane->ctx->crc32(0, payload.data, end);
    uint32_t seen = camseal_load_le32(payload.data + end);
    if (crc != seen) {
        lane->wire = camseal_priv_refuse(CAMSEAL_REASON_CRC32, "CRC-32", crc, seen);
        return;
    }
    lane->header_bytes = payload.data;
    camseal_priv_header_unpack(&lane->header, payload.data);
}

/* Version, context, eVC, epoch. Finds the eVC and the keys. */
static camseal_priv_refusal check_context(camseal_context *ctx, camseal_priv_lane *lane)
{
    const camseal_priv_header *h = &lane->header;
    if (h->version != CAMSEAL_PRIV_HEADER_VERSION)
        return camseal_priv_refuse(CAMSEAL_REASON_VERSION, "version", CAMSEAL_PRIV_HEADER_VERSION,
                                   h->version);
    if (h->ctx_id != ctx->ctx_id)
        return camseal_priv_refuse(CAMSEAL_REASON_CONTEXT, "ctx_id", ctx->ctx_id, h->ctx_id);
    if (!ctx->has_current)
        return camseal_priv_refuse(CAMSEAL_REASON_NO_KEY, "epoch", 0, h->epoch4);
    lane->evc = camseal_priv_evc_of(ctx, h->evc);
    if (!lane->evc)
        return camseal_priv_refuse(CAMSEAL_REASON_STREAM, "eVC", ctx->evcs[0].evc, h->evc);
    lane->keys = camseal_priv_epoch_on_wire(ctx, lane->evc, h->epoch4);
    if (lane->keys != CAMSEAL_PRIV_NO_INDEX)
        return accepted;
    uint32_t epoch = ctx->keys[lane->evc->switched ? ctx->current ^ 1u : ctx->current].epoch;
    return camseal_priv_refuse(CAMSEAL_REASON_EPOCH, "epoch", epoch & 15u, h->epoch4);
}

static camseal_priv_refusal check_fp(const camseal_stream_map *stream, const camseal_priv_header *h)
{
    bool fits = h->fp == CAMSEAL_FP_TRAILER;
    unsigned expected = CAMSEAL_FP_TRAILER;
    if (stream && stream->embedded) {
        fits = h->fp == CAMSEAL_FP_TOP || h->fp == CAMSEAL_FP_BOTTOM;
        expected = CAMSEAL_FP_TOP;
    } else if (stream) {
        fits = h->fp == CAMSEAL_FP_IMAGE;
        expected = CAMSEAL_FP_IMAGE;
    }
    return fits ? accepted : camseal_priv_refuse(CAMSEAL_REASON_FLAGS, "FP", expected, h->fp);
}

/* SV in the allowed set; a trailer message has SV-2, or SV-5 where the frame has no tags. */
static camseal_priv_refusal check_variant(const camseal_context *ctx, const camseal_priv_header *h,
                                          bool tagged)
{
    unsigned allowed = 1u << (tagged ? 1 : 4);
    if (h->fp != CAMSEAL_FP_TRAILER)
        allowed = ctx->sv_allowed[h->fp - CAMSEAL_FP_TOP];
    if (h->sv == 0 || h->sv > CAMSEAL_PRIV_SV_MAX || !(allowed >> (h->sv - 1) & 1u))
        return camseal_priv_refuse(CAMSEAL_REASON_VARIANT, "SV", allowed, h->sv);
    return accepted;
}

/* Must this message carry a tag? Without one it can only be part of a frame that is SV-5
 * throughout, where the context allows that and the policy of this sink too. */
static bool must_be_tagged(const camseal_context *ctx, const camseal_priv_header *h)
{
    if (!ctx->mac)
        return false;
    return h->tag_p || h->sv != 5 || !ctx->allow_unverified || !camseal_priv_may_be_untagged(ctx);
}

/* TAG_P where one tag stands for many messages: it rides on the last one of its unit. Only a frame
 * that is SV-5 throughout ends without. */
static bool joined_tag_expected(const camseal_context *ctx, const camseal_priv_header *h)
{
    if (h->sv == 5 && !h->tag_p && ctx->allow_unverified && camseal_priv_may_be_untagged(ctx))
        return false;
    if (ctx->tag_mode == CAMSEAL_TAG_FRAME)
        return h->eof;
    return h->eof || h->fp == CAMSEAL_FP_TRAILER || h->tag_p;
}

static camseal_priv_refusal check_flag(const char *field, bool expected, bool seen)
{
    return expected == seen ? accepted
                            : camseal_priv_refuse(CAMSEAL_REASON_FLAGS, field, expected, seen);
}

static camseal_priv_refusal check_flags(const camseal_context *ctx,
                                        const camseal_stream_map *stream,
                                        const camseal_priv_header *h)
{
    const bool joins = camseal_priv_joins_messages(ctx);
    const bool tagged = joins ? joined_tag_expected(ctx, h) : must_be_tagged(ctx, h);
    if (h->tag_mode != ctx->tag_mode)
        return camseal_priv_refuse(CAMSEAL_REASON_FLAGS, "tag mode", ctx->tag_mode, h->tag_mode);
    camseal_priv_refusal r = check_flag("CRC_P", true, h->crc_p);
    if (good(&r))
        r = check_flag("TAG_P", tagged, h->tag_p);
    if (good(&r))
        r = check_fp(stream, h);
    if (good(&r))
        r = check_variant(ctx, h, tagged);
    if (good(&r))
        r = check_flag("ENC", h->sv == 1, h->enc);
    if (good(&r))
        r = check_flag("COV", camseal_priv_covers(&ctx->stride, h->sv, h->message_count), h->cov);
    return r;
}

static camseal_priv_refusal check_lengths(const camseal_priv_lane *lane,
                                          const camseal_stream_map *stream)
{
    const camseal_priv_header *h = &lane->header;
    const uint32_t tag = h->tag_p ? lane->ctx->tag_length : 0;
    const uint8_t pad = camseal_priv_sep_pad(h->data_length);
    const uint32_t word_count = camseal_priv_sep_word_count(h->data_length, tag);
    if (h->pad != pad)
        return camseal_priv_refuse(CAMSEAL_REASON_PAD, "pad", pad, h->pad);
    if (lane->payload.len != word_count)
        return camseal_priv_refuse(CAMSEAL_REASON_LENGTH, "word count", word_count,
                                   lane->payload.len);
    if (!stream && h->data_length)
        return camseal_priv_refuse(CAMSEAL_REASON_LENGTH, "trailer length", 0, h->data_length);
    const uint8_t *p = lane->payload.data + CAMSEAL_PRIV_HEADER_BYTES + h->data_length;
    for (unsigned i = 0; i < pad; i++)
        if (p[i])
            return camseal_priv_refuse(CAMSEAL_REASON_PAD, "pad byte", 0, p[i]);
    return accepted;
}

static camseal_priv_refusal check_order(const camseal_priv_header *h)
{
    if (h->sof != (h->message_count == 0))
        return camseal_priv_refuse(CAMSEAL_REASON_ORDER, "SOF", h->message_count == 0, h->sof);
    if (h->edt == CAMSEAL_PRIV_SEP_FRAME_TRAILER && !h->eof)
        return camseal_priv_refuse(CAMSEAL_REASON_ORDER, "EOF", 1, 0);
    return accepted;
}

/* No partition seen so far has anything but SV-5. */
static bool all_open(const camseal_priv_frame *frame)
{
    for (size_t i = 0; i < 3; i++)
        if (frame->sv[i] && frame->sv[i] != 5)
            return false;
    return true;
}

/* A further message of an open frame. Decision: message_count rises strictly; a message that comes
 * after a later one is a replay, so two lines that changed places give one gap and one replay. */
static camseal_priv_refusal check_inside(const camseal_priv_frame *frame,
                                         const camseal_priv_lane *lane)
{
    const camseal_priv_header *h = &lane->header;
    if (lane->keys != frame->keys || lane->ctx->keys[lane->keys].epoch != frame->epoch)
        return camseal_priv_refuse(CAMSEAL_REASON_EPOCH, "epoch inside a frame",
                                   lane->ctx->keys[frame->keys].epoch & 15u, h->epoch4);
    if (h->message_count < frame->next)
        return camseal_priv_refuse(CAMSEAL_REASON_REPLAY_MESSAGE, "message_count", frame->next,
                                   h->message_count);
    if (frame->joined && h->eof && !h->tag_p && !all_open(frame))
        return camseal_priv_refuse(CAMSEAL_REASON_FLAGS, "TAG_P", 1, 0);
    if (h->fp == CAMSEAL_FP_TRAILER)
        return accepted;
    uint8_t sv = frame->sv[h->fp - CAMSEAL_FP_TOP];
    if (sv && sv != h->sv)
        return camseal_priv_refuse(CAMSEAL_REASON_VARIANT, "SV inside a frame", sv, h->sv);
    return accepted;
}

static camseal_priv_refusal check_tagged_count(const camseal_priv_flow *flow,
                                               camseal_priv_lane *lane)
{
    const camseal_priv_frame *frame = &flow->frame;
    const uint64_t last = camseal_priv_frame_floor(lane->evc, lane->keys);
    bool newer = camseal_priv_frame_extend(&lane->frame_count, last, lane->header.frame_low);
    if (frame->open && lane->frame_count == frame->frame_count)
        return check_inside(frame, lane);
    return newer ? accepted
                 : camseal_priv_refuse(CAMSEAL_REASON_REPLAY_FRAME, "frame_count", last + 1,
                                       lane->frame_count);
}

/* Without tags a counter proves nothing: it may go back (a far-future number must not lock the
 * stream), only never to what tags have vouched for. */
static camseal_priv_refusal check_loose_count(const camseal_priv_flow *flow,
                                              camseal_priv_lane *lane)
{
    const camseal_priv_frame *loose = &flow->loose;
    const uint64_t verified = camseal_priv_frame_floor(lane->evc, lane->keys);
    const uint64_t last = camseal_priv_loose_last(flow, lane);
    (void)camseal_priv_frame_extend(&lane->frame_count, last, lane->header.frame_low);
    if (lane->frame_count <= verified || lane->frame_count >= CAMSEAL_PRIV_FRAME_COUNT_END)
        return camseal_priv_refuse(CAMSEAL_REASON_REPLAY_FRAME, "frame_count", verified + 1,
                                   lane->frame_count);
    if (loose->open && lane->frame_count == loose->frame_count)
        return check_inside(loose, lane);
    if (lane->frame_count == flow->loose_last)
        return camseal_priv_refuse(CAMSEAL_REASON_REPLAY_FRAME, "frame_count", last + 1,
                                   lane->frame_count);
    return accepted;
}

static void fill_lane(camseal_priv_lane *lane)
{
    const camseal_priv_header *h = &lane->header;
    lane->tagged = h->tag_p || camseal_priv_joins_messages(lane->ctx);
    lane->data = camseal_mspan_of(lane->body.data + CAMSEAL_PRIV_HEADER_BYTES, h->data_length);
    lane->covered =
        lane->tagged ? camseal_priv_covered_bytes(&lane->ctx->stride, h->sv, h->cov, h->data_length)
                     : 0;
}

/* The trailer message of a frame, or in data-type mode of a slot of this eVC. There the frame's own
 * is only for a frame without tags. */
static bool is_trailer(const camseal_context *ctx, const camseal_priv_header *h)
{
    if (h->edt == CAMSEAL_PRIV_SEP_FRAME_TRAILER)
        return ctx->tag_mode != CAMSEAL_TAG_DATA_TYPE || !h->tag_p;
    const uint32_t slot = (uint32_t)h->edt - CAMSEAL_PRIV_SEP_SLOT_TRAILER;
    return ctx->tag_mode == CAMSEAL_TAG_DATA_TYPE && slot < ctx->n_slots &&
           ctx->slots[slot].evc == h->evc;
}

/* A frame's trailer without tags has no slot of its own. */
static uint8_t first_slot(const camseal_context *ctx, uint8_t evc)
{
    for (size_t i = 0; i < ctx->n_slots; i++)
        if (ctx->slots[i].evc == evc)
            return (uint8_t)i;
    return CAMSEAL_PRIV_NO_INDEX;
}

/* Data-type mode: which slot, and nothing of it after its tag. */
static camseal_priv_refusal check_slot(const camseal_sink *sink, const camseal_priv_flow *flow,
                                       camseal_priv_lane *lane)
{
    const camseal_priv_header *h = &lane->header;
    lane->slot = camseal_priv_slot_of(sink->ctx, h->evc, h->fp, h->edt);
    if (h->edt == CAMSEAL_PRIV_SEP_FRAME_TRAILER)
        lane->slot = first_slot(sink->ctx, h->evc);
    else if (h->fp == CAMSEAL_FP_TRAILER)
        lane->slot = (uint8_t)(h->edt - CAMSEAL_PRIV_SEP_SLOT_TRAILER);
    if (lane->slot == CAMSEAL_PRIV_NO_INDEX)
        return camseal_priv_refuse(CAMSEAL_REASON_STREAM, "slot", h->fp, h->edt);
    const bool inside =
        flow->frame.open && (uint32_t)flow->frame.frame_count == lane->header.frame_low;
    if (inside && sink->units[lane->slot].tagged)
        return camseal_priv_refuse(CAMSEAL_REASON_ORDER, "message after the tag of its slot", 0,
                                   lane->slot);
    return accepted;
}

camseal_priv_refusal camseal_priv_sep_check(const camseal_sink *sink, camseal_priv_lane *lane)
{
    camseal_context *ctx = sink->ctx;
    const camseal_priv_header *h = &lane->header;
    lane->frame_count = 0;
    camseal_priv_refusal r = check_context(ctx, lane);
    if (!good(&r))
        return r;
    const camseal_stream_map *stream = camseal_priv_stream_of(ctx, lane->evc, h->edt);
    if (!stream && !is_trailer(ctx, h))
        return camseal_priv_refuse(CAMSEAL_REASON_STREAM, "eDT",
                                   ctx->streams[lane->evc->first_stream].edt, h->edt);
    r = check_flags(ctx, stream, h);
    if (good(&r))
        r = check_lengths(lane, stream);
    if (good(&r))
        r = check_order(h);
    if (!good(&r))
        return r;
    fill_lane(lane);
    const camseal_priv_flow *flow = camseal_priv_flow_of(sink, lane->evc);
    if (ctx->n_slots && lane->tagged) {
        r = check_slot(sink, flow, lane);
        if (!good(&r))
            return r;
    }
    return lane->tagged ? check_tagged_count(flow, lane) : check_loose_count(flow, lane);
}

camseal_span camseal_priv_sep_tag(const camseal_priv_lane *lane)
{
    size_t length = lane->header.tag_p ? lane->ctx->tag_length : 0;
    size_t end = lane->payload.len - CAMSEAL_PRIV_SEP_CRC_BYTES;
    return camseal_span_of(lane->payload.data + end - length, length);
}
