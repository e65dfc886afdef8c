/* Sink of any protocol: batches, the order of §5, and the records.
 *
 * A batch is staged (CRCs, a first look at the header, one MAC pass over all packets), then
 * committed packet by packet in order of arrival. At its turn each packet is checked again against
 * what the packets before it have changed, so a staged MAC is only a guess made early: how a stream
 * is cut into batches cannot show in the records.
 */
#include "cse/sink.h"

#include <string.h>

#include "base/load.h"
#include "base/secret.h"
#include "base/try.h"

/* ---- life cycle ---- */

size_t camseal_sink_size(const camseal_context *ctx)
{
    return sizeof(camseal_sink) + ctx->n_evcs * sizeof(camseal_priv_flow);
}

camseal_status camseal_sink_init(camseal_sink **out, void *mem, size_t mem_len,
                                 camseal_context *ctx, camseal_record_ring *ring)
{
    if (!ctx || ctx->role != CAMSEAL_ROLE_SINK || !ring || ring->capacity < CAMSEAL_PRIV_RING_LEAST)
        return CAMSEAL_E_ARGUMENT;
    if (ctx->protocol != CAMSEAL_PROTOCOL_SEP || ctx->tag_mode > CAMSEAL_TAG_MESSAGE)
        return CAMSEAL_E_UNSUPPORTED;
    size_t need = camseal_sink_size(ctx);
    if (!mem || mem_len < need || (uintptr_t)mem % _Alignof(max_align_t))
        return CAMSEAL_E_MEMORY;
    memset(mem, 0, need);
    camseal_sink *sink = mem;
    sink->ctx = ctx;
    sink->ring = ring;
    sink->bytes = need;
    sink->flows = (void *)(sink + 1);
    for (size_t i = 0; i < ctx->n_evcs; i++)
        sink->flows[i].wire_vc = CAMSEAL_PRIV_NO_INDEX;
    *out = sink;
    return CAMSEAL_OK;
}

void camseal_sink_wipe(camseal_sink *sink)
{
    if (sink)
        camseal_wipe(sink, sink->bytes);
}

bool camseal_packet_claims(uint8_t *ctx_id, uint8_t *evc, camseal_span packet, uint8_t sep_dt)
{
    camseal_csi2_packet csi2;
    if (packet.len < CAMSEAL_CSI2_HEADER_BYTES + CAMSEAL_PRIV_HEADER_BYTES ||
        camseal_csi2_header_read(&csi2, packet.data) != CAMSEAL_OK)
        return false;
    if (csi2.dt != (sep_dt ? sep_dt : CAMSEAL_PRIV_SEP_DT))
        return false;
    camseal_priv_header header;
    camseal_priv_header_unpack(&header, packet.data + CAMSEAL_CSI2_HEADER_BYTES);
    *ctx_id = header.ctx_id;
    *evc = header.evc;
    return true;
}

/* ---- staging ---- */

/* CSI-2 level: header, length, CRC-16. Tells a message from a plain packet. */
static camseal_priv_refusal open_packet(camseal_priv_lane *lane)
{
    static const camseal_priv_refusal fine;
    const camseal_mspan packet = lane->verify->packet;
    camseal_csi2_packet csi2;
    lane->kind = CAMSEAL_RECORD_MESSAGE; /* what cannot be read might have been one */
    lane->wire_vc = CAMSEAL_PRIV_NO_INDEX;
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
    lane->payload = camseal_span_of(packet.data + CAMSEAL_CSI2_HEADER_BYTES, csi2.field);
    if (lane->verify->flags & CAMSEAL_SINK_CRC16_CHECKED)
        return fine;
    uint16_t crc = lane->ctx->bulk->crc16(0xFFFF, lane->payload.data, lane->payload.len);
    uint16_t seen = camseal_load_le16(lane->payload.data + lane->payload.len);
    return crc == seen ? fine : camseal_priv_refuse(CAMSEAL_REASON_CRC16, "CRC-16", crc, seen);
}

static void stage(camseal_worker *worker, camseal_priv_lane *lane, const camseal_sink_item *item)
{
    lane->verify = item;
    lane->wire = open_packet(lane);
    if (lane->kind != CAMSEAL_RECORD_MESSAGE || lane->wire.reason != CAMSEAL_REASON_NONE)
        return;
    camseal_priv_sep_open(lane);
    if (lane->wire.reason != CAMSEAL_REASON_NONE)
        return;
    camseal_priv_refusal r = camseal_priv_sep_check(item->sink, lane);
    if (r.reason != CAMSEAL_REASON_NONE || !lane->tagged)
        return;
    camseal_priv_message_mac(lane, &worker->mac_jobs[worker->n_mac++]);
    lane->mac_ready = true;
}

/* ---- committing ---- */

static void push(camseal_sink *sink, const camseal_record *record)
{
    camseal_priv_ring_push(sink->ring, sink->ctx, record);
}

static void close_frame(camseal_sink *sink, const camseal_priv_evc *evc, camseal_priv_frame *frame,
                        uint64_t cookie)
{
    if (!frame->open)
        return;
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, evc);
    camseal_record record = {.cookie = cookie, .evc = evc->evc};
    camseal_priv_frame_judge(frame, &flow->rejects, &record);
    memset(&flow->rejects, 0, sizeof flow->rejects);
    frame->open = false;
    push(sink, &record);
}

static void fill_record(camseal_record *record, const camseal_priv_lane *lane)
{
    const camseal_priv_header *h = &lane->header;
    record->cookie = lane->verify->cookie;
    record->kind = lane->kind;
    record->wire_vc = lane->wire_vc;
    if (!lane->header_bytes)
        return;
    record->frame_count = lane->frame_count ? lane->frame_count : h->frame_low;
    record->message_count = h->message_count;
    record->evc = h->evc;
    record->fp = h->fp;
    record->sv = h->sv;
    record->edt = h->edt;
    record->total_bytes = h->data_length;
}

/* The eVC that a refused packet is counted on: the one that its header names, else the one that
 * uses its channel. */
static const camseal_priv_evc *attribute(const camseal_sink *sink, const camseal_priv_lane *lane)
{
    camseal_context *ctx = sink->ctx;
    if (lane->header_bytes && camseal_priv_evc_of(ctx, lane->header.evc))
        return camseal_priv_evc_of(ctx, lane->header.evc);
    for (size_t i = 0; i < ctx->n_evcs; i++)
        if (sink->flows[i].wire_vc == lane->wire_vc)
            return &ctx->evcs[i];
    for (size_t i = 0; i < ctx->n_streams; i++)
        if (ctx->streams[i].wire_vc == lane->wire_vc)
            return camseal_priv_evc_of(ctx, ctx->streams[i].evc);
    return ctx->n_evcs == 1 ? ctx->evcs : NULL;
}

/* A bad packet leaves the open frame unchanged; it has its own record and is counted on the eVC. */
static void refuse(camseal_sink *sink, camseal_record *record, const camseal_priv_refusal *r,
                   const camseal_priv_evc *evc)
{
    record->verdict = r->verdict;
    record->safety = r->safety;
    record->reason = r->reason;
    record->a = r->a;
    record->b = r->b;
    camseal_trace_event(sink->ctx->trace, CAMSEAL_E_AUTH, "cse", camseal_reason_name(r->reason),
                        r->field, r->a, r->b);
    push(sink, record);
    if (evc)
        camseal_priv_rejects_add(&camseal_priv_flow_of(sink, evc)->rejects, r);
}

static void reject(camseal_sink *sink, const camseal_priv_lane *lane, const camseal_priv_refusal *r)
{
    camseal_record record = {0};
    fill_record(&record, lane);
    refuse(sink, &record, r, attribute(sink, lane));
}

static bool tag_is_right(camseal_priv_lane *lane)
{
    if (!lane->mac_ready) {
        camseal_mac_job job;
        camseal_priv_message_mac(lane, &job);
        lane->ctx->mac->many(&job, 1);
    }
    camseal_span tag = camseal_priv_sep_tag(lane);
    return camseal_equal_ct(lane->tag, tag.data, tag.len);
}

static void report_bad_tags(camseal_sink *sink, const camseal_priv_lane *lane)
{
    if (!camseal_priv_usage_bad_tag(sink->ctx, &sink->ctx->keys[lane->keys]))
        return;
    camseal_record record = {.cookie = lane->verify->cookie,
                             .kind = CAMSEAL_RECORD_EVENT,
                             .reason = CAMSEAL_REASON_TAG,
                             .evc = lane->evc->evc,
                             .a = CAMSEAL_PRIV_BAD_TAG_LIMIT,
                             .b = CAMSEAL_PRIV_BAD_TAG_LIMIT};
    push(sink, &record);
}

/* Whole frames between the last one and this one did not come: an event, not a verdict (§5). */
static void report_frame_gap(camseal_sink *sink, const camseal_priv_lane *lane, uint64_t last)
{
    if (lane->frame_count <= last + 1)
        return;
    camseal_record record = {.cookie = lane->verify->cookie,
                             .kind = CAMSEAL_RECORD_EVENT,
                             .safety = CAMSEAL_VERDICT_INCOMPLETE,
                             .reason = CAMSEAL_REASON_FRAME_GAP,
                             .evc = lane->evc->evc,
                             .wire_vc = lane->wire_vc,
                             .frame_count = lane->frame_count,
                             .a = last + 1,
                             .b = lane->frame_count - 1};
    push(sink, &record);
}

static void begin_tagged(camseal_sink *sink, camseal_priv_flow *flow, const camseal_priv_lane *lane)
{
    uint64_t last = camseal_priv_frame_floor(lane->evc, lane->keys);
    close_frame(sink, lane->evc, &flow->loose, lane->verify->cookie);
    if (flow->frame.open && flow->frame.frame_count == lane->frame_count)
        return;
    close_frame(sink, lane->evc, &flow->frame, lane->verify->cookie);
    report_frame_gap(sink, lane, last);
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
    close_frame(sink, lane->evc, &flow->loose, lane->verify->cookie);
    report_frame_gap(sink, lane, last);
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

static uint16_t message_flags(const camseal_priv_header *h)
{
    unsigned flags = 0;
    if (h->sof)
        flags |= CAMSEAL_RECORD_SOF;
    if (h->eof)
        flags |= CAMSEAL_RECORD_EOF;
    if (h->enc)
        flags |= CAMSEAL_RECORD_ENCRYPTED;
    return (uint16_t)flags;
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
                             .flags = message_flags(&lane->header)};
    fill_record(&record, lane);
    if (frame->went_back) {
        record.safety = CAMSEAL_VERDICT_INCOMPLETE;
        record.reason = CAMSEAL_REASON_REPLAY_FRAME;
    }
    camseal_priv_frame_take(frame, lane, &record);
    record.data = lane->data;
    flow->wire_vc = lane->wire_vc;
    camseal_priv_usage usage = camseal_priv_message_usage(lane);
    camseal_priv_usage_book(sink->ctx, lane->evc, &sink->ctx->keys[lane->keys], &usage);
    if (lane->header.enc)
        camseal_priv_message_ctr(lane, &worker->ctr_jobs[worker->n_ctr++]);
    push(sink, &record);
    if (lane->header.eof)
        close_frame(sink, lane->evc, frame, lane->verify->cookie);
}

static void commit_message(camseal_worker *worker, camseal_sink *sink, camseal_priv_lane *lane)
{
    const uint64_t staged_count = lane->frame_count;
    const uint8_t staged_keys = lane->keys;
    if (lane->wire.reason != CAMSEAL_REASON_NONE) {
        reject(sink, lane, &lane->wire);
        return;
    }
    camseal_priv_refusal r = camseal_priv_sep_check(sink, lane);
    if (r.reason != CAMSEAL_REASON_NONE) {
        reject(sink, lane, &r);
        return;
    }
    if (lane->frame_count != staged_count || lane->keys != staged_keys)
        lane->mac_ready = false;
    if (lane->tagged && !tag_is_right(lane)) {
        r = camseal_priv_refuse(CAMSEAL_REASON_TAG, "tag", 0, 0);
        reject(sink, lane, &r);
        report_bad_tags(sink, lane);
        return;
    }
    accept(worker, sink, lane);
}

/* The listed stream that a plain packet pretends to be, on its listed channel or on the one that
 * the protected stream was last seen on; NULL: none. */
static const camseal_stream_map *stripped_stream(const camseal_sink *sink,
                                                 const camseal_priv_lane *lane)
{
    const camseal_context *ctx = sink->ctx;
    for (size_t i = 0; i < ctx->n_streams; i++) {
        const camseal_stream_map *s = &ctx->streams[i];
        uint8_t seen_on = sink->flows[ctx->evc_index[s->evc]].wire_vc;
        if (s->wire_dt == lane->wire_dt &&
            (s->wire_vc == lane->wire_vc || seen_on == lane->wire_vc))
            return s;
    }
    return NULL;
}

/* FS, FE, LS, LE, null, blanking and unlisted packets pass by. A listed stream without protection
 * is an attack, except where the policy allows unverified frames. */
static void commit_plain(camseal_sink *sink, camseal_priv_lane *lane)
{
    const camseal_stream_map *stream = stripped_stream(sink, lane);
    camseal_record record = {.cookie = lane->verify->cookie,
                             .kind = CAMSEAL_RECORD_PLAIN,
                             .verdict = CAMSEAL_VERDICT_UNVERIFIED,
                             .safety = lane->wire.safety,
                             .reason = lane->wire.reason,
                             .wire_vc = lane->wire_vc,
                             .edt = lane->wire_dt,
                             .total_bytes = lane->payload.len,
                             .a = lane->wire.a,
                             .b = lane->wire.b};
    if (!stream || sink->ctx->allow_unverified) {
        push(sink, &record);
        return;
    }
    camseal_priv_refusal r = camseal_priv_refuse(CAMSEAL_REASON_UNPROTECTED, "data type",
                                                 sink->ctx->sep_dt, lane->wire_dt);
    r.safety = lane->wire.safety;
    record.kind = CAMSEAL_RECORD_MESSAGE;
    record.evc = stream->evc;
    record.edt = stream->edt;
    refuse(sink, &record, &r, camseal_priv_evc_of(sink->ctx, stream->evc));
}

static void commit(camseal_worker *worker, camseal_priv_lane *lane)
{
    camseal_sink *sink = lane->verify->sink;
    if (lane->kind == CAMSEAL_RECORD_PLAIN)
        commit_plain(sink, lane);
    else
        commit_message(worker, sink, lane);
}

/* ---- feed ---- */

/* Stages items until the batch is full or a ring could not hold what the batch may cause. Sinks may
 * share a ring, so every packet of the batch counts for every ring. */
static camseal_status stage_batch(camseal_worker *worker, const camseal_sink_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        camseal_sink *sink = items[i].sink;
        if (camseal_priv_ring_free(sink->ring) / CAMSEAL_PRIV_RECORDS_PER_PACKET <= worker->used)
            return worker->used ? CAMSEAL_OK : CAMSEAL_E_SPACE;
        camseal_priv_lane *lane = camseal_priv_worker_lane(worker, sink->ctx);
        if (!lane)
            return CAMSEAL_OK;
        stage(worker, lane, &items[i]);
    }
    return CAMSEAL_OK;
}

static void run_batch(camseal_worker *worker)
{
    camseal_priv_worker_run_mac(worker);
    for (size_t i = 0; i < worker->used; i++)
        commit(worker, &worker->lanes[i]);
    camseal_priv_worker_run_ctr(worker);
    for (size_t i = 0; i < worker->used; i++)
        camseal_priv_epoch_settle(worker->lanes[i].ctx);
}

camseal_status camseal_sink_feed(camseal_worker *worker, const camseal_sink_item *items, size_t n,
                                 uint64_t now_us, size_t *taken)
{
    (void)now_us; /* in message mode every packet is judged on arrival */
    camseal_status status = CAMSEAL_OK;
    *taken = 0;
    while (*taken < n && status == CAMSEAL_OK) {
        status = stage_batch(worker, items + *taken, n - *taken);
        run_batch(worker);
        *taken += worker->used;
        camseal_priv_worker_clear(worker);
    }
    return status;
}

camseal_status camseal_sink_flush(camseal_sink *sink, uint64_t now_us, uint64_t *wake_us)
{
    (void)sink;
    (void)now_us;
    if (wake_us)
        *wake_us = UINT64_MAX;
    return CAMSEAL_OK;
}

camseal_status camseal_sink_close(camseal_sink *sink, uint64_t now_us)
{
    (void)now_us;
    for (size_t i = 0; i < sink->ctx->n_evcs; i++) {
        camseal_priv_flow *flow = &sink->flows[i];
        if (camseal_priv_ring_free(sink->ring) < 2 && (flow->frame.open || flow->loose.open))
            return CAMSEAL_E_SPACE;
        close_frame(sink, &sink->ctx->evcs[i], &flow->frame, 0);
        close_frame(sink, &sink->ctx->evcs[i], &flow->loose, 0);
    }
    return CAMSEAL_OK;
}
