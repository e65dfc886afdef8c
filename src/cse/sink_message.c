/* Sink, a tag for each message: staged ahead, committed in order.
 *
 * A batch is staged (CRCs, a first look at the header, one MAC pass over all packets), then
 * committed packet by packet. At its turn each packet is checked again against what the packets
 * before it have changed, so a staged MAC is only a guess made early.
 */
#include "base/load.h"
#include "base/secret.h"
#include "cse/sink.h"

/* A receiver that hands out payloads has dealt with header and CRC-16. */
static camseal_priv_refusal open_payload(camseal_priv_lane *lane)
{
    static const camseal_priv_refusal fine;
    const camseal_sink_item *item = lane->verify;
    const uint32_t vc = item->flags >> 8 & 0xFFu, dt = item->flags >> 16;
    if (vc >= CAMSEAL_CSI2_VC_COUNT || dt > 0x3F || item->packet.len > CAMSEAL_CSI2_PAYLOAD_MAX)
        return camseal_priv_refuse(CAMSEAL_REASON_ECC, "channel, data type or length", vc, dt);
    lane->wire_vc = (uint8_t)vc;
    lane->wire_dt = (uint8_t)dt;
    if (lane->wire_dt != lane->ctx->sep_dt)
        lane->kind = CAMSEAL_RECORD_PLAIN;
    if (camseal_csi2_dt_is_short(lane->wire_dt))
        return fine;
    lane->body = item->packet;
    lane->payload = camseal_span_of(lane->body.data, lane->body.len);
    return fine;
}

camseal_priv_refusal camseal_priv_sink_open_packet(camseal_priv_lane *lane)
{
    static const camseal_priv_refusal fine;
    const camseal_mspan packet = lane->verify->packet;
    camseal_csi2_packet csi2;
    lane->kind = CAMSEAL_RECORD_MESSAGE; /* what cannot be read might have been one */
    lane->wire_vc = CAMSEAL_PRIV_NO_INDEX;
    if (lane->verify->flags & CAMSEAL_SINK_PAYLOAD)
        return open_payload(lane);
    if (packet.len < CAMSEAL_CSI2_HEADER_BYTES)
        return camseal_priv_refuse(CAMSEAL_REASON_TRUNCATED, "packet", CAMSEAL_CSI2_HEADER_BYTES,
                                   packet.len);
    if (camseal_csi2_header_read(&csi2, packet.data) != CAMSEAL_OK)
        return camseal_priv_refuse(CAMSEAL_REASON_ECC, "packet header", 0, 0);
    lane->wire_vc = csi2.vc;
    lane->wire_dt = csi2.dt;
    if (csi2.dt != lane->ctx->sep_dt)
        lane->kind = CAMSEAL_RECORD_PLAIN;
    if (camseal_csi2_dt_is_short(csi2.dt))
        return fine;
    const size_t whole = (size_t)CAMSEAL_CSI2_HEADER_BYTES + csi2.field + CAMSEAL_CSI2_CRC_BYTES;
    if (packet.len < whole)
        return camseal_priv_refuse(CAMSEAL_REASON_TRUNCATED, "packet", whole, packet.len);
    if (packet.len > whole) { /* the CRC-16 cannot be found: the link's fault, not a forgery */
        camseal_priv_refusal r =
            camseal_priv_refuse(CAMSEAL_REASON_LENGTH, "packet", whole, packet.len);
        r.verdict = CAMSEAL_VERDICT_INCOMPLETE;
        r.safety = CAMSEAL_VERDICT_INCOMPLETE;
        return r;
    }
    lane->body = camseal_mspan_of(packet.data + CAMSEAL_CSI2_HEADER_BYTES, csi2.field);
    lane->payload = camseal_span_of(lane->body.data, lane->body.len);
    if (lane->verify->flags & CAMSEAL_SINK_CRC16_CHECKED)
        return fine;
    uint16_t crc = lane->ctx->bulk->crc16(0xFFFF, lane->payload.data, lane->payload.len);
    uint16_t seen = camseal_load_le16(lane->payload.data + lane->payload.len);
    return crc == seen ? fine : camseal_priv_refuse(CAMSEAL_REASON_CRC16, "CRC-16", crc, seen);
}

void camseal_priv_message_stage(camseal_worker *worker, camseal_priv_lane *lane)
{
    lane->wire = camseal_priv_sink_open_packet(lane);
    if (lane->kind != CAMSEAL_RECORD_MESSAGE || lane->wire.reason != CAMSEAL_REASON_NONE)
        return;
    camseal_priv_sep_open(lane);
    if (lane->wire.reason != CAMSEAL_REASON_NONE)
        return;
    camseal_priv_refusal r = camseal_priv_sep_check(lane->verify->sink, lane);
    if (r.reason != CAMSEAL_REASON_NONE || !lane->tagged)
        return;
    camseal_priv_unit_message(worker, lane);
    lane->mac_ready = true;
}

static bool tag_is_right(camseal_priv_lane *lane)
{
    if (!lane->mac_ready)
        camseal_priv_unit_message_now(lane);
    camseal_span tag = camseal_priv_sep_tag(lane);
    return camseal_equal_ct(lane->tag, tag.data, tag.len);
}

static void begin_tagged(camseal_sink *sink, camseal_priv_flow *flow, const camseal_priv_lane *lane)
{
    uint64_t last = camseal_priv_frame_floor(lane->evc, lane->keys);
    camseal_priv_sink_close_frame(sink, lane->evc, &flow->loose, lane->verify->cookie);
    if (flow->frame.open && flow->frame.frame_count == lane->frame_count)
        return;
    camseal_priv_sink_close_frame(sink, lane->evc, &flow->frame, lane->verify->cookie);
    camseal_priv_sink_frame_gap(sink, lane, last);
    camseal_priv_frame_open(&flow->frame, lane);
    lane->evc->used = true;
    lane->evc->frame_count = lane->frame_count;
    camseal_priv_epoch_used(sink->ctx, lane->evc, lane->keys);
}

static void begin_loose(camseal_sink *sink, camseal_priv_flow *flow, const camseal_priv_lane *lane)
{
    const uint64_t last = camseal_priv_loose_last(flow, lane);
    if (flow->loose.open && flow->loose.frame_count == lane->frame_count)
        return;
    camseal_priv_sink_close_frame(sink, lane->evc, &flow->loose, lane->verify->cookie);
    camseal_priv_sink_frame_gap(sink, lane, last);
    camseal_priv_frame_open(&flow->loose, lane);
    flow->loose.went_back = lane->frame_count <= last;
    flow->loose_last = lane->frame_count;
}

static uint8_t message_verdict(const camseal_priv_lane *lane)
{
    if (!lane->tagged)
        return CAMSEAL_VERDICT_UNVERIFIED;
    return lane->header.sv > 2 ? CAMSEAL_VERDICT_OK_PARTIAL : CAMSEAL_VERDICT_OK;
}

/* Verified, or allowed without: counters move, the message is released, the frame closes at EOF. */
static void accept(camseal_worker *worker, camseal_sink *sink, camseal_priv_lane *lane)
{
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, lane->evc);
    camseal_priv_frame *frame = lane->tagged ? &flow->frame : &flow->loose;
    if (lane->tagged)
        begin_tagged(sink, flow, lane);
    else
        begin_loose(sink, flow, lane);
    camseal_record record = {.verdict = message_verdict(lane),
                             .flags = camseal_priv_sink_flags(&lane->header)};
    camseal_priv_sink_fill(&record, lane);
    if (frame->went_back) {
        record.safety = CAMSEAL_VERDICT_INCOMPLETE;
        record.reason = CAMSEAL_REASON_REPLAY_FRAME;
    }
    camseal_priv_frame_take(frame, lane, &record);
    record.data = lane->data;
    flow->wire_vc = lane->wire_vc;
    camseal_priv_usage usage = camseal_priv_message_usage(lane, true);
    camseal_priv_usage_book(sink->ctx, lane->evc, &sink->ctx->keys[lane->keys], &usage);
    if (lane->header.enc)
        camseal_priv_message_ctr(lane, &worker->ctr_jobs[worker->n_ctr++]);
    camseal_priv_sink_emit(sink, &record);
    if (lane->header.eof)
        camseal_priv_sink_close_frame(sink, lane->evc, frame, lane->verify->cookie);
}

void camseal_priv_message_commit(camseal_worker *worker, camseal_priv_lane *lane)
{
    camseal_sink *sink = lane->verify->sink;
    if (lane->kind == CAMSEAL_RECORD_PLAIN) {
        camseal_priv_sink_plain(sink, lane);
        return;
    }
    const uint64_t staged_count = lane->frame_count;
    const uint8_t staged_keys = lane->keys;
    if (lane->wire.reason != CAMSEAL_REASON_NONE) {
        camseal_priv_sink_reject(sink, lane, &lane->wire);
        return;
    }
    camseal_priv_refusal r = camseal_priv_sep_check(sink, lane);
    if (r.reason != CAMSEAL_REASON_NONE) {
        camseal_priv_sink_reject(sink, lane, &r);
        return;
    }
    if (lane->frame_count != staged_count || lane->keys != staged_keys)
        lane->mac_ready = false;
    if (lane->tagged && !tag_is_right(lane)) {
        r = camseal_priv_refuse(CAMSEAL_REASON_TAG, "tag", 0, 0);
        camseal_priv_sink_reject(sink, lane, &r);
        camseal_priv_sink_bad_tag(sink, lane);
        return;
    }
    accept(worker, sink, lane);
}
