/* FSED source: counted packets as they are, up to three packets of its own a frame (open-profile
 * §6).
 *
 * Everything that can fail is decided before a counter moves.
 */
#include <string.h>

#include "base/load.h"
#include "base/try.h"
#include "cse/fsed/mac.h"
#include "cse/source.h"

typedef struct own {
    uint8_t type;
    uint8_t bytes[CAMSEAL_PRIV_FSH_BYTES];
} own;

static camseal_status find_evc(camseal_priv_lane *lane, camseal_source_item *item,
                               const camseal_stream_map **stream)
{
    *stream = camseal_priv_stream_on_wire(lane->ctx, item->wire_vc, item->wire_dt);
    if (!*stream)
        return CAMSEAL_E_NOT_FOUND;
    lane->protect = item;
    lane->evc = camseal_priv_evc_of(lane->ctx, (*stream)->evc);
    return CAMSEAL_OK;
}

static size_t index_of(const camseal_priv_lane *lane)
{
    return (size_t)(lane->evc - lane->ctx->evcs);
}

/* ---- counted packets ---- */

static void add_packet(camseal_worker *worker, camseal_priv_lane *lane)
{
    const camseal_source *source = lane->protect->source;
    camseal_priv_header_pack(lane->canonical, &lane->header);
    lane->header_bytes = lane->canonical;
    if (lane->header.enc)
        camseal_priv_message_ctr(lane, &worker->ctr_jobs[worker->n_ctr++]);
    if (lane->tagged)
        camseal_priv_unit_add(worker, lane, &source->units[index_of(lane)], CAMSEAL_PRIV_UNIT_FRAME,
                              0, false);
    lane->protect->frame_count = lane->frame_count;
    lane->protect->message_count = lane->header.message_count;
}

static void fill_packet(camseal_priv_lane *lane, const camseal_priv_source_frame *frame,
                        const camseal_stream_map *stream)
{
    const uint8_t fp = camseal_priv_source_fp(frame, stream->embedded);
    const camseal_priv_counted packet = {stream->edt,
                                         (uint16_t)lane->protect->data.len,
                                         stream->evc,
                                         fp,
                                         frame->sv[fp - CAMSEAL_FP_TOP],
                                         (uint8_t)(frame->epoch & 15u),
                                         frame->next,
                                         frame->frame_count};
    lane->header = camseal_priv_fsed_header(lane->ctx, &packet);
    lane->data = lane->protect->data;
    lane->frame_count = frame->frame_count;
    lane->keys = frame->keys;
    lane->tagged = frame->tagged;
    lane->covered = camseal_priv_covered_bytes(&lane->ctx->stride, lane->header.sv,
                                               lane->header.cov, lane->header.data_length);
}

camseal_status camseal_priv_fsed_source_stage(camseal_worker *worker, camseal_priv_lane *lane,
                                              camseal_source_item *item)
{
    const camseal_stream_map *stream;
    if (item->flags || item->data.len > CAMSEAL_CSI2_PAYLOAD_MAX)
        return CAMSEAL_E_ARGUMENT;
    CAMSEAL_TRY(find_evc(lane, item, &stream));
    camseal_priv_source_frame *frame = &item->source->frames[index_of(lane)];
    camseal_priv_source_fsed *fsed = &item->source->fsed[index_of(lane)];
    camseal_priv_source_frame planned = *frame;
    CAMSEAL_TRY(camseal_priv_source_plan(&planned, lane->ctx, lane->evc, false));
    if (fsed->top_sent && stream->embedded && !frame->image_seen)
        return CAMSEAL_E_STATE;
    if (item->data.len > UINT32_MAX - fsed->total)
        return CAMSEAL_E_LIMIT;
    fill_packet(lane, &planned, stream);
    camseal_priv_usage usage = camseal_priv_message_usage(lane, false);
    CAMSEAL_TRY(camseal_priv_usage_allows(lane->ctx, &lane->ctx->keys[lane->keys], &usage));
    CAMSEAL_TRY(
        camseal_csi2_header(item->head, item->wire_vc, item->wire_dt, (uint16_t)item->data.len));
    frame->next++;
    frame->image_seen = frame->image_seen || !stream->embedded;
    fsed->total += (uint32_t)item->data.len;
    camseal_priv_source_commit(lane->ctx, lane->evc, frame, &usage);
    add_packet(worker, lane);
    return CAMSEAL_OK;
}

static void finish_packet(camseal_source_item *item, const camseal_bulk *bulk, size_t len)
{
    const uint16_t crc = bulk->crc16(0xFFFF, item->data.data, len);
    camseal_store_le16(item->tail, crc);
    item->spans[0] = camseal_span_of(item->head, CAMSEAL_CSI2_HEADER_BYTES);
    item->spans[1] = camseal_span_of(item->data.data, len);
    item->spans[2] = camseal_span_of(item->tail, CAMSEAL_CSI2_CRC_BYTES);
}

void camseal_priv_fsed_source_finish(camseal_priv_lane *lane)
{
    camseal_source_item *item = lane->protect;
    if (camseal_priv_fsed_is_own(item))
        return;
    camseal_priv_source_fsed *fsed = &item->source->fsed[index_of(lane)];
    fsed->crc = lane->ctx->crc32(fsed->crc, item->data.data, item->data.len);
    finish_packet(item, lane->ctx->bulk, item->data.len);
    if (lane->header.fp != CAMSEAL_FP_IMAGE)
        return;
    const uint8_t kind =
        camseal_priv_source_inject(lane, 1u << CAMSEAL_SELFTEST_CRC | 1u << CAMSEAL_SELFTEST_DROP);
    if (kind == CAMSEAL_SELFTEST_CRC)
        item->tail[0] ^= 1;
    if (kind == CAMSEAL_SELFTEST_DROP)
        for (size_t i = 0; i < 3; i++)
            item->spans[i] = camseal_span_of(NULL, 0);
}

/* ---- FSH, TBT, FTG ---- */

static uint8_t fsh_flags(const camseal_context *ctx, const camseal_priv_evc *evc,
                         const camseal_priv_source_frame *frame, const camseal_source_begin *begin)
{
    unsigned flags = frame->epoch & CAMSEAL_PRIV_FSED_EPOCH;
    const uint8_t next = camseal_priv_epoch_for_frame(ctx, evc, frame->frame_count + 1);
    if (next != frame->keys)
        flags |= CAMSEAL_PRIV_FSED_EPOCH_NEXT;
    if (begin)
        flags |= begin->flags;
    return (uint8_t)flags;
}

static void pack_fsh(own *o, const camseal_priv_lane *lane, const camseal_priv_source_frame *frame,
                     uint8_t flags)
{
    static const camseal_source_begin unknown = {.expected = {CAMSEAL_PRIV_FSED_UNKNOWN,
                                                              CAMSEAL_PRIV_FSED_UNKNOWN,
                                                              CAMSEAL_PRIV_FSED_UNKNOWN}};
    const camseal_context *ctx = lane->ctx;
    const camseal_source_begin *begin = lane->protect->begin ? lane->protect->begin : &unknown;
    camseal_priv_fsh fsh = {.ctx_id = ctx->ctx_id,
                            .flags = flags,
                            .evc = lane->evc->evc,
                            .suite = ctx->suite->id,
                            .frame_count = frame->frame_count,
                            .stride = ctx->stride,
                            .n_edts = lane->evc->n_streams,
                            .line_length = begin->line_length,
                            .timestamp_ns = begin->timestamp_ns};
    memcpy(fsh.sv, frame->sv, sizeof fsh.sv);
    memcpy(fsh.expected, begin->expected, sizeof fsh.expected);
    memcpy(fsh.digest, ctx->config_digest, sizeof fsh.digest);
    camseal_priv_fsh_pack(o->bytes, &fsh);
}

static void pack_end(own *o, const camseal_priv_lane *lane, const camseal_priv_source_frame *frame)
{
    const camseal_source *source = lane->protect->source;
    const camseal_priv_source_fsed *fsed = &source->fsed[index_of(lane)];
    const camseal_priv_unit *unit = &source->units[index_of(lane)];
    const uint8_t ctx_id = lane->ctx->ctx_id;
    if (o->type == CAMSEAL_PRIV_TBT) {
        const camseal_priv_tbt tbt = {ctx_id, fsed->flags, (uint32_t)frame->frame_count,
                                      frame->next, (uint32_t)unit->covered};
        camseal_priv_tbt_pack(o->bytes, &tbt);
        return;
    }
    const camseal_priv_ftg ftg = {
        .ctx_id = ctx_id,
        .flags = fsed->flags,
        .frame_low = (uint32_t)frame->frame_count,
        .n_messages = frame->next,
        .total = fsed->total,
        .covered = unit->covered,
        .crc = fsed->crc,
        .status = lane->protect->begin ? lane->protect->begin->status : 0};
    camseal_priv_ftg_pack(o->bytes, &ftg);
}

/* Self-test of the FTG, before its CRC-32. */
static void inject(const camseal_priv_lane *lane, uint8_t *ftg)
{
    unsigned kinds = 1u << CAMSEAL_SELFTEST_COUNTER;
    if (lane->ctx->mac)
        kinds |= 1u << CAMSEAL_SELFTEST_TAG;
    const uint8_t kind = camseal_priv_source_inject(lane, kinds);
    if (kind == CAMSEAL_SELFTEST_TAG)
        ftg[CAMSEAL_PRIV_FTG_BYTES] ^= 1;
    if (kind == CAMSEAL_SELFTEST_COUNTER)
        ftg[8] ^= 1; /* n_messages */
}

/* Payload: the packet, its tag, CRC-32, and zeros to the end of a line. */
static void write_own(camseal_priv_lane *lane, const own *o, const uint8_t *tag, size_t len)
{
    const camseal_context *ctx = lane->ctx;
    uint8_t *at = lane->protect->data.data;
    size_t n = camseal_priv_fsed_bytes(o->type);
    memset(at, 0, len);
    memcpy(at, o->bytes, n);
    if (ctx->mac)
        memcpy(at + n, tag, CAMSEAL_MAC_TAG_BYTES);
    n += ctx->mac ? CAMSEAL_MAC_TAG_BYTES : 0;
    if (o->type == CAMSEAL_PRIV_FTG)
        inject(lane, at);
    camseal_store_le32(at + n, ctx->crc32(0, at, n));
    finish_packet(lane->protect, ctx->bulk, len);
}

static void make_tag(camseal_priv_lane *lane, const own *o, const camseal_priv_source_frame *frame,
                     uint8_t tag[CAMSEAL_MAC_TAG_BYTES])
{
    camseal_priv_unit *unit = &lane->protect->source->units[index_of(lane)];
    const camseal_priv_fsed_key key = {lane->ctx, frame->keys, lane->evc->evc, frame->frame_count};
    if (!lane->ctx->mac)
        return;
    if (o->type != CAMSEAL_PRIV_FSH) {
        camseal_priv_fsed_mac_end(&key, unit, o->type, o->bytes, tag);
        return;
    }
    camseal_priv_fsed_mac_fsh(&key, o->bytes, tag);
    camseal_priv_fsed_mac_begin(&key, unit, o->bytes);
}

static uint8_t type_of(uint32_t flags)
{
    switch (flags) {
    case CAMSEAL_SOURCE_FSH:
        return CAMSEAL_PRIV_FSH;
    case CAMSEAL_SOURCE_TBT:
        return CAMSEAL_PRIV_TBT;
    case CAMSEAL_SOURCE_FTG:
        return CAMSEAL_PRIV_FTG;
    default:
        return 0;
    }
}

static camseal_status check_begin(const camseal_source_begin *begin)
{
    const unsigned flags = CAMSEAL_BEGIN_NEXT_EPOCH | CAMSEAL_BEGIN_ANOMALY | CAMSEAL_BEGIN_FIRST;
    if (!begin)
        return CAMSEAL_OK;
    if ((begin->flags & ~flags) || begin->status > (CAMSEAL_END_ANOMALY | CAMSEAL_END_OVERRUN))
        return CAMSEAL_E_ARGUMENT;
    return CAMSEAL_OK;
}

/* A TBT stands between FP-2 and the image, once, and only in a frame that has tags. */
static camseal_status check_top(const camseal_priv_lane *lane,
                                const camseal_priv_source_frame *frame)
{
    const camseal_priv_source_fsed *fsed = &lane->protect->source->fsed[index_of(lane)];
    if (!lane->ctx->top_tag)
        return CAMSEAL_E_ARGUMENT;
    if (!frame->tagged || frame->image_seen || fsed->top_sent)
        return CAMSEAL_E_STATE;
    return CAMSEAL_OK;
}

static void commit_own(camseal_priv_lane *lane, const own *o, camseal_priv_source_frame *frame,
                       const camseal_priv_source_frame *planned, uint8_t flags)
{
    camseal_source *source = lane->protect->source;
    camseal_priv_source_fsed *fsed = &source->fsed[index_of(lane)];
    *frame = *planned;
    if (o->type == CAMSEAL_PRIV_FSH) {
        camseal_priv_unit_reset(&source->units[index_of(lane)]);
        memset(fsed, 0, sizeof *fsed);
        fsed->flags = flags;
    }
    fsed->top_sent = fsed->top_sent || o->type == CAMSEAL_PRIV_TBT;
    frame->open = o->type != CAMSEAL_PRIV_FTG;
    lane->protect->frame_count = frame->frame_count;
    lane->protect->message_count = frame->next;
}

camseal_status camseal_priv_fsed_source_own(camseal_priv_lane *lane, camseal_source_item *item)
{
    const camseal_context *ctx = lane->ctx;
    const camseal_stream_map *stream;
    own o = {.type = type_of(item->flags)};
    if (o.type == 0)
        return CAMSEAL_E_ARGUMENT;
    CAMSEAL_TRY(check_begin(item->begin));
    CAMSEAL_TRY(find_evc(lane, item, &stream));
    const size_t len = ctx->fsed_in_lines ? ctx->embedded_line_length
                                          : camseal_priv_fsed_bytes(o.type) + ctx->tag_length + 4u;
    if (item->data.len < len)
        return CAMSEAL_E_ARGUMENT;
    camseal_priv_source_frame *frame = &item->source->frames[index_of(lane)];
    camseal_priv_source_frame planned = *frame;
    CAMSEAL_TRY(camseal_priv_source_plan(&planned, ctx, lane->evc, o.type == CAMSEAL_PRIV_FSH));
    if (o.type == CAMSEAL_PRIV_TBT)
        CAMSEAL_TRY(check_top(lane, &planned));
    const camseal_priv_usage usage = camseal_priv_fsed_usage(ctx, o.type);
    CAMSEAL_TRY(camseal_priv_usage_allows(ctx, &ctx->keys[planned.keys], &usage));
    const uint8_t dt =
        ctx->fsed_in_lines ? (uint8_t)CAMSEAL_CSI2_EMBEDDED : camseal_priv_fsed_dt(o.type);
    CAMSEAL_TRY(camseal_csi2_header(item->head, item->wire_vc, dt, (uint16_t)len));
    const uint8_t flags = fsh_flags(ctx, lane->evc, &planned, item->begin);
    uint8_t tag[CAMSEAL_MAC_TAG_BYTES] = {0};
    lane->frame_count = planned.frame_count;
    commit_own(lane, &o, frame, &planned, flags);
    if (o.type == CAMSEAL_PRIV_FSH)
        pack_fsh(&o, lane, frame, flags);
    else
        pack_end(&o, lane, frame);
    make_tag(lane, &o, frame, tag);
    write_own(lane, &o, tag, len);
    camseal_priv_source_commit(lane->ctx, lane->evc, frame, &usage);
    return CAMSEAL_OK;
}
