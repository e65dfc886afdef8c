/* FSED sink: FSH, TBT and FTG against the context and the frame, counted packets into the frame's
 * unit (open-profile §6). Which packet is which: place.c.
 */
#include <string.h>

#include "base/load.h"
#include "base/secret.h"
#include "cse/fsed/mac.h"
#include "cse/sink.h"

static const camseal_priv_refusal accepted;

static bool good(const camseal_priv_refusal *refusal)
{
    return refusal->reason == CAMSEAL_REASON_NONE;
}

static size_t index_of(const camseal_priv_lane *lane)
{
    return (size_t)(lane->evc - lane->ctx->evcs);
}

static camseal_priv_fsed_key key_of(const camseal_priv_lane *lane)
{
    const camseal_priv_fsed_key key = {lane->ctx, lane->keys, lane->evc->evc, lane->frame_count};
    return key;
}

/* ---- FSH, TBT, FTG: what they have in common ---- */

/* Length, CRC-32, zeros to the end of a line. */
static camseal_priv_refusal check_bytes(const camseal_priv_lane *lane, uint8_t type)
{
    const camseal_context *ctx = lane->ctx;
    const camseal_span p = lane->payload;
    const size_t tagged = camseal_priv_fsed_bytes(type) + ctx->tag_length;
    const size_t whole = tagged + CAMSEAL_PRIV_FSED_CRC_BYTES;
    const size_t expected = ctx->fsed_in_lines ? ctx->embedded_line_length : whole;
    if (p.len != expected)
        return camseal_priv_refuse(CAMSEAL_REASON_LENGTH, "word count", expected, p.len);
    const uint32_t crc = ctx->crc32(0, p.data, tagged);
    const uint32_t seen = camseal_load_le32(p.data + tagged);
    if (crc != seen)
        return camseal_priv_refuse(CAMSEAL_REASON_CRC32, "CRC-32", crc, seen);
    for (size_t i = whole; i < p.len; i++)
        if (p.data[i])
            return camseal_priv_refuse(CAMSEAL_REASON_PAD, "end of line", 0, p.data[i]);
    return accepted;
}

static camseal_priv_refusal check_unpacked(camseal_status status)
{
    if (status == CAMSEAL_OK)
        return accepted;
    return camseal_priv_refuse(CAMSEAL_REASON_VERSION, "version, type or reserved bits", 0, 0);
}

static bool tag_is(const camseal_priv_lane *lane, uint8_t type, const uint8_t *tag)
{
    return camseal_equal_ct(tag, lane->payload.data + camseal_priv_fsed_bytes(type),
                            CAMSEAL_MAC_TAG_BYTES);
}

/* The record of the packet itself. */
static camseal_record own_record(const camseal_priv_lane *lane, uint8_t type)
{
    camseal_record record = {.cookie = lane->verify->cookie,
                             .kind = CAMSEAL_RECORD_MESSAGE,
                             .wire_vc = lane->wire_vc,
                             .edt = camseal_priv_fsed_dt(type),
                             .frame_count = lane->frame_count,
                             .evc = lane->evc ? lane->evc->evc : 0,
                             .total_bytes = lane->payload.len};
    if (type == CAMSEAL_PRIV_FSH)
        record.flags = CAMSEAL_RECORD_SOF;
    if (type == CAMSEAL_PRIV_FTG)
        record.flags = CAMSEAL_RECORD_EOF;
    return record;
}

static void refuse_own(camseal_sink *sink, const camseal_priv_lane *lane, uint8_t type,
                       const camseal_priv_refusal *r)
{
    camseal_record record = own_record(lane, type);
    record.flags = 0;
    camseal_priv_sink_refuse(sink, &record, r, lane->evc);
    if (r->reason == CAMSEAL_REASON_TAG)
        camseal_priv_sink_bad_tag(sink, lane);
}

static void accept_own(camseal_sink *sink, const camseal_priv_lane *lane, uint8_t type)
{
    camseal_record record = own_record(lane, type);
    if (!sink->ctx->mac)
        record.verdict = CAMSEAL_VERDICT_UNVERIFIED;
    record.covered_bytes = sink->ctx->mac ? camseal_priv_fsed_bytes(type) : 0;
    camseal_priv_sink_emit(sink, &record);
}

/* ---- FSH ---- */

static bool all_open(const uint8_t sv[3])
{
    return sv[0] == 5 && sv[1] == 5 && sv[2] == 5;
}

static camseal_priv_refusal check_variants(const camseal_context *ctx, const camseal_priv_fsh *fsh)
{
    for (size_t i = 0; i < 3; i++) {
        const uint8_t sv = fsh->sv[i];
        if (sv == 0 || sv > CAMSEAL_PRIV_SV_MAX || !(ctx->sv_allowed[i] >> (sv - 1) & 1u))
            return camseal_priv_refuse(CAMSEAL_REASON_VARIANT, "SV", ctx->sv_allowed[i], sv);
    }
    if (all_open(fsh->sv) && !ctx->allow_unverified)
        return camseal_priv_refuse(CAMSEAL_REASON_VARIANT, "SV-5 throughout", 0, 1);
    return accepted;
}

static camseal_priv_refusal check_fields(const camseal_context *ctx, const camseal_priv_lane *lane,
                                         const camseal_priv_fsh *fsh)
{
    static const uint8_t none[sizeof fsh->digest];
    if (fsh->suite != ctx->suite->id)
        return camseal_priv_refuse(CAMSEAL_REASON_FLAGS, "suite", ctx->suite->id, fsh->suite);
    if (fsh->stride.unit != ctx->stride.unit || fsh->stride.offset != ctx->stride.offset ||
        fsh->stride.run != ctx->stride.run || fsh->stride.period != ctx->stride.period)
        return camseal_priv_refuse(CAMSEAL_REASON_FLAGS, "stride", ctx->stride.period,
                                   fsh->stride.period);
    if (fsh->n_edts != lane->evc->n_streams)
        return camseal_priv_refuse(CAMSEAL_REASON_FLAGS, "eDTs", lane->evc->n_streams, fsh->n_edts);
    if (memcmp(ctx->config_digest, none, sizeof none) &&
        memcmp(ctx->config_digest, fsh->digest, sizeof fsh->digest))
        return camseal_priv_refuse(CAMSEAL_REASON_FLAGS, "configuration digest", 0, 0);
    return check_variants(ctx, fsh);
}

/* Which frame of which eVC; without tags the number may go back, but not stand still. */
static camseal_priv_refusal check_frame(const camseal_sink *sink, camseal_priv_lane *lane,
                                        const camseal_priv_fsh *fsh)
{
    camseal_context *ctx = sink->ctx;
    if (fsh->ctx_id != ctx->ctx_id)
        return camseal_priv_refuse(CAMSEAL_REASON_CONTEXT, "ctx_id", ctx->ctx_id, fsh->ctx_id);
    if (!ctx->has_current)
        return camseal_priv_refuse(CAMSEAL_REASON_NO_KEY, "epoch", 0, fsh->flags & 15u);
    lane->evc = camseal_priv_evc_of(ctx, fsh->evc);
    if (!lane->evc)
        return camseal_priv_refuse(CAMSEAL_REASON_STREAM, "eVC", ctx->evcs[0].evc, fsh->evc);
    lane->keys = camseal_priv_epoch_on_wire(ctx, lane->evc, fsh->flags & 15u);
    if (lane->keys == CAMSEAL_PRIV_NO_INDEX)
        return camseal_priv_refuse(CAMSEAL_REASON_EPOCH, "epoch",
                                   ctx->keys[ctx->current].epoch & 15u, fsh->flags & 15u);
    lane->frame_count = fsh->frame_count;
    const uint64_t floor = camseal_priv_frame_floor(lane->evc, lane->keys);
    const bool again =
        !ctx->mac && fsh->frame_count == camseal_priv_flow_of(sink, lane->evc)->loose_last;
    if (fsh->frame_count <= floor || fsh->frame_count >= CAMSEAL_PRIV_FRAME_COUNT_END || again)
        return camseal_priv_refuse(CAMSEAL_REASON_REPLAY_FRAME, "frame_count", floor + 1,
                                   fsh->frame_count);
    return accepted;
}

static camseal_priv_refusal check_fsh(const camseal_sink *sink, camseal_priv_lane *lane,
                                      camseal_priv_fsh *fsh)
{
    uint8_t tag[CAMSEAL_MAC_TAG_BYTES];
    camseal_priv_refusal r = lane->wire;
    if (good(&r))
        r = check_bytes(lane, CAMSEAL_PRIV_FSH);
    if (good(&r))
        r = check_unpacked(camseal_priv_fsh_unpack(fsh, lane->payload.data));
    if (good(&r))
        r = check_frame(sink, lane, fsh);
    if (good(&r))
        r = check_fields(sink->ctx, lane, fsh);
    if (!good(&r) || !sink->ctx->mac)
        return r;
    const camseal_priv_fsed_key key = key_of(lane);
    camseal_priv_fsed_mac_fsh(&key, lane->payload.data, tag);
    return tag_is(lane, CAMSEAL_PRIV_FSH, tag)
               ? accepted
               : camseal_priv_refuse(CAMSEAL_REASON_TAG, "tag of the FSH", 0, 0);
}

/* The verified FSH moves the counters: nothing of this number can start a frame again. */
static void open_frame(camseal_sink *sink, camseal_priv_lane *lane, const camseal_priv_fsh *fsh)
{
    camseal_context *ctx = sink->ctx;
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, lane->evc);
    camseal_priv_unit *unit = &sink->units[index_of(lane)];
    camseal_priv_sink_fsed *fsed = &sink->fsed[index_of(lane)];
    camseal_priv_sink_frame_gap(sink, lane,
                                ctx->mac ? camseal_priv_frame_floor(lane->evc, lane->keys)
                                         : camseal_priv_loose_last(flow, lane));
    lane->tagged = true;
    camseal_priv_frame_open(&flow->frame, lane);
    flow->frame.tagged = ctx->mac && !all_open(fsh->sv);
    flow->frame.went_back = !ctx->mac && lane->frame_count <= flow->loose_last;
    flow->frame.wire_vc = lane->wire_vc;
    flow->frame.vouched = true;
    memcpy(flow->frame.sv, fsh->sv, sizeof fsh->sv);
    flow->wire_vc = lane->wire_vc;
    memset(fsed, 0, sizeof *fsed);
    memcpy(fsed->expected, fsh->expected, sizeof fsed->expected);
    camseal_priv_unit_reset(unit);
    flow->loose_last = lane->frame_count;
    if (!ctx->mac)
        return;
    const camseal_priv_fsed_key key = key_of(lane);
    const camseal_priv_usage usage = camseal_priv_fsed_usage(ctx, CAMSEAL_PRIV_FSH);
    camseal_priv_fsed_mac_begin(&key, unit, lane->payload.data);
    lane->evc->used = true;
    lane->evc->frame_count = lane->frame_count;
    camseal_priv_epoch_used(ctx, lane->evc, lane->keys);
    camseal_priv_usage_book(ctx, lane->evc, &ctx->keys[lane->keys], &usage);
    lane->evc->messages--; /* an FSH is no message */
}

/* The eVC that had the channel, and the channel that had the eVC, are free of each other. A frame
 * that is still open on the channel has lost its end. */
static bool bind(camseal_sink *sink, const camseal_priv_lane *lane)
{
    camseal_priv_channel *channel = &sink->channels[lane->wire_vc];
    const uint8_t index = (uint8_t)index_of(lane);
    if (channel->evc_index != CAMSEAL_PRIV_NO_INDEX && channel->evc_index != index) {
        const camseal_priv_evc *other = &sink->ctx->evcs[channel->evc_index];
        channel->evc_index = CAMSEAL_PRIV_NO_INDEX;
        camseal_priv_sink_close_frame(sink, other, &camseal_priv_flow_of(sink, other)->frame,
                                      lane->verify->cookie);
        if (!camseal_priv_unit_room(sink))
            return false;
    }
    for (size_t i = 0; i < CAMSEAL_CSI2_VC_COUNT; i++)
        if (sink->channels[i].evc_index == index)
            sink->channels[i].evc_index = CAMSEAL_PRIV_NO_INDEX;
    channel->evc_index = index;
    return true;
}

static bool take_fsh(camseal_worker *worker, camseal_priv_lane *lane)
{
    camseal_sink *sink = lane->verify->sink;
    camseal_priv_fsh fsh;
    camseal_priv_refusal r = check_fsh(sink, lane, &fsh);
    if (!good(&r)) {
        refuse_own(sink, lane, CAMSEAL_PRIV_FSH, &r);
        return true;
    }
    camseal_priv_worker_run_mac(worker);
    if (!camseal_priv_unit_make_place(sink, lane) || !bind(sink, lane))
        return false;
    open_frame(sink, lane, &fsh);
    accept_own(sink, lane, CAMSEAL_PRIV_FSH);
    return true;
}

/* ---- TBT, FTG ---- */

/* The open frame of the channel, into the lane. */
static camseal_priv_refusal find_frame(const camseal_sink *sink, camseal_priv_lane *lane)
{
    const uint8_t index = sink->channels[lane->wire_vc].evc_index;
    if (index == CAMSEAL_PRIV_NO_INDEX)
        return camseal_priv_refuse(CAMSEAL_REASON_NO_START, "FSH", 1, 0);
    lane->evc = &sink->ctx->evcs[index];
    const camseal_priv_frame *frame = &sink->flows[index].frame;
    if (!frame->open)
        return camseal_priv_refuse(CAMSEAL_REASON_NO_START, "FSH", 1, 0);
    const camseal_priv_keys *keys = &sink->ctx->keys[frame->keys];
    if (!keys->loaded || keys->epoch != frame->epoch)
        return camseal_priv_refuse(CAMSEAL_REASON_EPOCH, "epoch", frame->epoch, keys->epoch);
    lane->keys = frame->keys;
    lane->frame_count = frame->frame_count;
    lane->tagged = frame->tagged;
    return accepted;
}

static camseal_priv_refusal check_of_frame(const camseal_priv_lane *lane, uint8_t ctx_id,
                                           uint8_t flags, uint32_t frame_low)
{
    const camseal_context *ctx = lane->ctx;
    const uint32_t epoch = ctx->keys[lane->keys].epoch & 15u;
    if (ctx_id != ctx->ctx_id)
        return camseal_priv_refuse(CAMSEAL_REASON_CONTEXT, "ctx_id", ctx->ctx_id, ctx_id);
    if ((flags & 15u) != epoch)
        return camseal_priv_refuse(CAMSEAL_REASON_EPOCH, "epoch", epoch, flags & 15u);
    if (frame_low != (uint32_t)lane->frame_count)
        return camseal_priv_refuse(CAMSEAL_REASON_REPLAY_FRAME, "frame_count", lane->frame_count,
                                   frame_low);
    return accepted;
}

/* A TBT tells nothing that the FTG would not: a lost or bad one only means no early release. */
static camseal_priv_refusal check_tbt(camseal_worker *worker, camseal_sink *sink,
                                      camseal_priv_lane *lane)
{
    camseal_priv_tbt tbt;
    uint8_t tag[CAMSEAL_MAC_TAG_BYTES];
    camseal_priv_refusal r = check_unpacked(camseal_priv_tbt_unpack(&tbt, lane->payload.data));
    if (good(&r))
        r = check_of_frame(lane, tbt.ctx_id, tbt.flags, tbt.frame_low);
    if (!good(&r))
        return r;
    const camseal_priv_frame *frame = &camseal_priv_flow_of(sink, lane->evc)->frame;
    const camseal_priv_sink_fsed *fsed = &sink->fsed[index_of(lane)];
    if (!lane->tagged || fsed->image_seen || fsed->top_done)
        return camseal_priv_refuse(CAMSEAL_REASON_ORDER, "TBT", 0, 1);
    if (frame->missing || tbt.n_messages != frame->next)
        return camseal_priv_refuse(CAMSEAL_REASON_GAP, "messages of FP-2", tbt.n_messages,
                                   frame->next);
    camseal_priv_worker_run_mac(worker);
    const camseal_priv_fsed_key key = key_of(lane);
    camseal_priv_fsed_mac_end(&key, &sink->units[index_of(lane)], CAMSEAL_PRIV_TBT,
                              lane->payload.data, tag);
    return tag_is(lane, CAMSEAL_PRIV_TBT, tag)
               ? accepted
               : camseal_priv_refuse(CAMSEAL_REASON_TAG, "tag of the TBT", 0, 0);
}

static void take_tbt(camseal_worker *worker, camseal_priv_lane *lane)
{
    camseal_sink *sink = lane->verify->sink;
    const camseal_priv_refusal r = check_tbt(worker, sink, lane);
    if (!good(&r)) {
        refuse_own(sink, lane, CAMSEAL_PRIV_TBT, &r);
        return;
    }
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, lane->evc);
    const camseal_priv_unit *unit = &sink->units[index_of(lane)];
    sink->fsed[index_of(lane)].top_done = true;
    accept_own(sink, lane, CAMSEAL_PRIV_TBT);
    camseal_priv_hold_judge(sink, flow, CAMSEAL_FP_TOP, CAMSEAL_VERDICT_OK, CAMSEAL_REASON_NONE);
    camseal_record top = own_record(lane, CAMSEAL_PRIV_TBT);
    top.kind = CAMSEAL_RECORD_TOP;
    top.verdict = flow->frame.sv[0] > 2 ? CAMSEAL_VERDICT_OK_PARTIAL : CAMSEAL_VERDICT_OK;
    top.fp = CAMSEAL_FP_TOP;
    top.sv = flow->frame.sv[0];
    top.messages = unit->messages;
    top.covered_bytes = unit->covered;
    camseal_priv_sink_emit(sink, &top);
}

static void note_damage(camseal_priv_frame *frame, uint8_t reason, uint32_t a, uint32_t b)
{
    if (frame->missing)
        return;
    frame->missing = true;
    frame->damage = reason;
    frame->first_missing = a;
    frame->last_missing = b;
}

/* Counts and CRC first: where something got lost, the tag cannot be right and tells nothing. */
static void compare_counts(const camseal_sink *sink, const camseal_priv_lane *lane,
                           const camseal_priv_ftg *ftg)
{
    camseal_priv_frame *frame = &camseal_priv_flow_of(sink, lane->evc)->frame;
    const camseal_priv_sink_fsed *fsed = &sink->fsed[index_of(lane)];
    if (ftg->n_messages != frame->next)
        note_damage(frame, CAMSEAL_REASON_GAP, ftg->n_messages, frame->next);
    for (size_t i = 0; i < 3; i++)
        if (fsed->expected[i] != CAMSEAL_PRIV_FSED_UNKNOWN && fsed->expected[i] != fsed->came[i])
            note_damage(frame, CAMSEAL_REASON_GAP, fsed->expected[i], fsed->came[i]);
    if (ftg->crc != fsed->crc)
        note_damage(frame, CAMSEAL_REASON_CRC32, 0, 0);
}

static bool frame_tag_is_right(camseal_worker *worker, const camseal_sink *sink,
                               const camseal_priv_lane *lane)
{
    uint8_t tag[CAMSEAL_MAC_TAG_BYTES];
    if (!sink->ctx->mac)
        return true;
    camseal_priv_worker_run_mac(worker);
    const camseal_priv_fsed_key key = key_of(lane);
    camseal_priv_fsed_mac_end(&key, &sink->units[index_of(lane)], CAMSEAL_PRIV_FTG,
                              lane->payload.data, tag);
    return tag_is(lane, CAMSEAL_PRIV_FTG, tag);
}

static void vouch(camseal_sink *sink, const camseal_priv_lane *lane)
{
    camseal_priv_frame *frame = &camseal_priv_flow_of(sink, lane->evc)->frame;
    camseal_priv_unit *unit = &sink->units[index_of(lane)];
    frame->eof = true;
    if (frame->tagged)
        camseal_priv_unit_vouch(sink, lane, unit);
    else
        frame->messages = frame->next;
}

/* Judged, the FTG ends the frame, good or bad. */
static void take_ftg(camseal_worker *worker, camseal_priv_lane *lane)
{
    camseal_sink *sink = lane->verify->sink;
    camseal_priv_ftg ftg;
    camseal_priv_refusal r = check_unpacked(camseal_priv_ftg_unpack(&ftg, lane->payload.data));
    if (good(&r))
        r = check_of_frame(lane, ftg.ctx_id, ftg.flags, ftg.frame_low);
    if (!good(&r)) {
        refuse_own(sink, lane, CAMSEAL_PRIV_FTG, &r);
        return;
    }
    camseal_priv_frame *frame = &camseal_priv_flow_of(sink, lane->evc)->frame;
    compare_counts(sink, lane, &ftg);
    if (frame->missing) {
        r = camseal_priv_refuse(frame->damage ? frame->damage : (uint8_t)CAMSEAL_REASON_GAP,
                                "frame", frame->first_missing, frame->last_missing);
        refuse_own(sink, lane, CAMSEAL_PRIV_FTG, &r);
    } else if (!frame_tag_is_right(worker, sink, lane)) {
        r = camseal_priv_refuse(CAMSEAL_REASON_TAG, "tag of the FTG", 0, 0);
        frame->forged = CAMSEAL_REASON_TAG;
        refuse_own(sink, lane, CAMSEAL_PRIV_FTG, &r);
    } else {
        vouch(sink, lane);
        accept_own(sink, lane, CAMSEAL_PRIV_FTG);
    }
    camseal_priv_sink_close_frame(sink, lane->evc, frame, lane->verify->cookie);
}

bool camseal_priv_fsed_own(camseal_worker *worker, camseal_priv_lane *lane, uint8_t type)
{
    camseal_sink *sink = lane->verify->sink;
    if (type == CAMSEAL_PRIV_FSH)
        return take_fsh(worker, lane);
    camseal_priv_refusal r = lane->wire;
    if (good(&r))
        r = find_frame(sink, lane);
    if (good(&r))
        r = check_bytes(lane, type);
    if (!good(&r))
        refuse_own(sink, lane, type, &r);
    else if (type == CAMSEAL_PRIV_TBT)
        take_tbt(worker, lane);
    else
        take_ftg(worker, lane);
    return true;
}

/* ---- counted packets ---- */

static void fill_message(const camseal_sink *sink, camseal_priv_lane *lane,
                         const camseal_stream_map *stream)
{
    const camseal_priv_frame *frame = &camseal_priv_flow_of(sink, lane->evc)->frame;
    const camseal_priv_sink_fsed *fsed = &sink->fsed[index_of(lane)];
    uint8_t fp = CAMSEAL_FP_IMAGE;
    if (stream->embedded)
        fp = fsed->image_seen ? CAMSEAL_FP_BOTTOM : CAMSEAL_FP_TOP;
    const camseal_priv_counted packet = {stream->edt,
                                         (uint16_t)lane->payload.len,
                                         stream->evc,
                                         fp,
                                         frame->sv[fp - CAMSEAL_FP_TOP],
                                         (uint8_t)(frame->epoch & 15u),
                                         frame->next,
                                         frame->frame_count};
    lane->header = camseal_priv_fsed_header(sink->ctx, &packet);
    camseal_priv_header_pack(lane->canonical, &lane->header);
    lane->header_bytes = lane->canonical;
    lane->slot = fp;
    lane->data = lane->body;
    lane->covered = lane->tagged
                        ? camseal_priv_covered_bytes(&sink->ctx->stride, lane->header.sv,
                                                     lane->header.cov, lane->header.data_length)
                        : 0;
}

static void join(camseal_worker *worker, camseal_sink *sink, camseal_priv_lane *lane)
{
    camseal_priv_unit *unit = &sink->units[index_of(lane)];
    const camseal_priv_usage usage = camseal_priv_message_usage(lane, false);
    unit->blocks += usage.mac_blocks;
    unit->ctr_blocks += usage.ctr_blocks;
    if (lane->tagged)
        camseal_priv_unit_add(worker, lane, unit, CAMSEAL_PRIV_UNIT_FRAME, 0, false);
    if (lane->header.enc)
        camseal_priv_message_ctr(lane, &worker->ctr_jobs[worker->n_ctr++]);
}

static void accept_message(camseal_worker *worker, camseal_sink *sink, camseal_priv_lane *lane)
{
    camseal_priv_sink_fsed *fsed = &sink->fsed[index_of(lane)];
    camseal_record record = {.verdict = CAMSEAL_VERDICT_PENDING,
                             .flags = camseal_priv_sink_flags(&lane->header)};
    camseal_priv_sink_fill(&record, lane);
    camseal_priv_frame_take(&camseal_priv_flow_of(sink, lane->evc)->frame, lane, &record);
    record.data = lane->data;
    fsed->crc = sink->ctx->crc32(fsed->crc, lane->payload.data, lane->payload.len);
    fsed->came[lane->header.fp - CAMSEAL_FP_TOP]++;
    join(worker, sink, lane);
    camseal_priv_unit_report(sink, lane, &sink->units[index_of(lane)], &record);
}

bool camseal_priv_fsed_message(camseal_worker *worker, camseal_priv_lane *lane,
                               const camseal_stream_map *stream)
{
    camseal_sink *sink = lane->verify->sink;
    camseal_priv_refusal r = find_frame(sink, lane);
    if (!good(&r)) {
        camseal_record record = {.cookie = lane->verify->cookie,
                                 .kind = CAMSEAL_RECORD_MESSAGE,
                                 .wire_vc = lane->wire_vc,
                                 .evc = stream->evc,
                                 .edt = stream->edt,
                                 .total_bytes = lane->payload.len};
        camseal_priv_sink_refuse(sink, &record, &r, lane->evc);
        return true;
    }
    camseal_priv_frame *frame = &camseal_priv_flow_of(sink, lane->evc)->frame;
    camseal_priv_sink_fsed *fsed = &sink->fsed[index_of(lane)];
    if (frame->next == CAMSEAL_PRIV_MESSAGE_COUNT_END)
        lane->wire = camseal_priv_refuse(CAMSEAL_REASON_LENGTH, "messages", frame->next, 0);
    fill_message(sink, lane, stream);
    fsed->image_seen = fsed->image_seen || !stream->embedded;
    if (good(&lane->wire)) {
        accept_message(worker, sink, lane);
        return true;
    }
    /* It came, but damaged: it counts, so that the numbers of those after it fit. */
    note_damage(frame, lane->wire.reason, frame->next, frame->next);
    if (frame->next < CAMSEAL_PRIV_MESSAGE_COUNT_END)
        frame->next++;
    camseal_priv_sink_reject(sink, lane, &lane->wire);
    return true;
}
