/* Sink of any protocol and tag mode: life cycle and batches.
 *
 * A batch of message mode is staged, then committed (sink_message.c); one of the other modes is
 * taken packet by packet, and its MACs run side by side when a tag comes or the batch ends
 * (sink_unit.c). How a stream is cut into batches cannot show in the records.
 */
#include "cse/sink.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"

/* ---- life cycle ---- */

/* The block of memory, in falling order of alignment. */
typedef struct layout {
    size_t flows, units, held, after, fsed, channels, spare;
    size_t end;
} layout;

/* Records that one packet can leave without room: its own few, and a slot's each. */
enum { AFTER_LEAST = 8 };

static layout lay_out(const camseal_context *ctx)
{
    const bool joins = camseal_priv_joins_messages(ctx);
    const size_t units = ctx->n_slots ? ctx->n_slots : ctx->n_evcs;
    layout l = {.flows = sizeof(camseal_sink)};
    l.units = l.flows + ctx->n_evcs * sizeof(camseal_priv_flow);
    l.held = l.units + (joins ? units : 0) * sizeof(camseal_priv_unit);
    l.after = l.held + (joins ? ctx->n_evcs * ctx->hold : 0) * sizeof(camseal_priv_held);
    l.channels = l.after + (joins ? AFTER_LEAST + ctx->n_slots : 0) * sizeof(camseal_record);
    const bool fsed = camseal_priv_is_fsed(ctx);
    l.spare = l.channels + (fsed ? CAMSEAL_CSI2_VC_COUNT : 0) * sizeof(camseal_priv_channel);
    l.fsed = l.spare + (fsed ? 1 : 0) * sizeof(camseal_priv_lane);
    l.end = l.fsed + (fsed ? ctx->n_evcs : 0) * sizeof(camseal_priv_sink_fsed);
    return l;
}

size_t camseal_sink_size(const camseal_context *ctx)
{
    return lay_out(ctx).end;
}

camseal_status camseal_sink_init(camseal_sink **out, void *mem, size_t mem_len,
                                 camseal_context *ctx, camseal_record_ring *ring)
{
    if (!ctx || ctx->role != CAMSEAL_ROLE_SINK || !ring || ring->capacity < CAMSEAL_PRIV_RING_LEAST)
        return CAMSEAL_E_ARGUMENT;
    if (ctx->protocol != CAMSEAL_PROTOCOL_SEP && !camseal_priv_is_fsed(ctx))
        return CAMSEAL_E_UNSUPPORTED;
    const layout l = lay_out(ctx);
    const size_t need = l.end;
    if (!mem || mem_len < need || (uintptr_t)mem % _Alignof(max_align_t))
        return CAMSEAL_E_MEMORY;
    memset(mem, 0, need);
    camseal_sink *sink = mem;
    sink->ctx = ctx;
    sink->ring = ring;
    sink->bytes = need;
    uint8_t *base = mem;
    sink->flows = (void *)(base + l.flows);
    sink->units = (void *)(base + l.units);
    sink->after = (void *)(base + l.after);
    sink->fsed = (void *)(base + l.fsed);
    sink->channels = (void *)(base + l.channels);
    sink->spare = (void *)(base + l.spare);
    for (size_t i = 0; camseal_priv_is_fsed(ctx) && i < CAMSEAL_CSI2_VC_COUNT; i++)
        sink->channels[i].evc_index = CAMSEAL_PRIV_NO_INDEX;
    camseal_priv_held *held = (void *)(base + l.held);
    for (size_t i = 0; i < ctx->n_evcs; i++) {
        sink->flows[i].wire_vc = CAMSEAL_PRIV_NO_INDEX;
        sink->flows[i].held = held + i * (camseal_priv_joins_messages(ctx) ? ctx->hold : 0);
    }
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

/* ---- feed ---- */

/* Stages items until the batch is full or a ring could not hold what the batch may cause. Sinks may
 * share a ring, so every packet of the batch counts for every ring. */
static camseal_status stage_batch(camseal_worker *worker, const camseal_sink_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        camseal_sink *sink = items[i].sink;
        const bool joins = camseal_priv_joins_messages(sink->ctx);
        if (!joins &&
            camseal_priv_ring_free(sink->ring) / CAMSEAL_PRIV_RECORDS_PER_PACKET <= worker->used)
            return worker->used ? CAMSEAL_OK : CAMSEAL_E_SPACE;
        camseal_priv_lane *lane = camseal_priv_worker_lane(worker, sink->ctx);
        if (!lane)
            return CAMSEAL_OK;
        lane->verify = &items[i];
        lane->now_us = sink->now_us;
        if (!joins) {
            camseal_priv_message_stage(worker, lane);
            continue;
        }
        const bool taken = camseal_priv_is_fsed(sink->ctx) ? camseal_priv_fsed_take(worker, lane)
                                                           : camseal_priv_unit_take(worker, lane);
        if (!taken) {
            worker->used--;
            return CAMSEAL_E_SPACE;
        }
    }
    return CAMSEAL_OK;
}

static void run_batch(camseal_worker *worker)
{
    camseal_priv_worker_run_mac(worker);
    if (worker->used && !camseal_priv_joins_messages(worker->lanes[0].ctx))
        for (size_t i = 0; i < worker->used; i++)
            camseal_priv_message_commit(worker, &worker->lanes[i]);
    camseal_priv_worker_run_ctr(worker);
    for (size_t i = 0; i < worker->used; i++)
        camseal_priv_epoch_settle(worker->lanes[i].ctx);
}

camseal_status camseal_sink_feed(camseal_worker *worker, const camseal_sink_item *items, size_t n,
                                 uint64_t now_us, size_t *taken)
{
    camseal_status status = CAMSEAL_OK;
    *taken = 0;
    for (size_t i = 0; i < n; i++)
        if ((i == 0 || items[i].sink != items[i - 1].sink) &&
            !camseal_priv_watch_expire(items[i].sink, now_us))
            return CAMSEAL_E_SPACE;
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
    const bool done = camseal_priv_watch_expire(sink, now_us);
    if (wake_us)
        *wake_us = camseal_priv_watch_wake(sink);
    return done && camseal_priv_hold_drain(sink) ? CAMSEAL_OK : CAMSEAL_E_SPACE;
}

camseal_status camseal_sink_close(camseal_sink *sink, uint64_t now_us)
{
    (void)now_us;
    if (camseal_priv_is_fsed(sink->ctx) && !camseal_priv_fsed_settle(sink))
        return CAMSEAL_E_SPACE;
    for (size_t i = 0; i < sink->ctx->n_evcs; i++) {
        camseal_priv_flow *flow = &sink->flows[i];
        if (!camseal_priv_hold_drain(sink))
            return CAMSEAL_E_SPACE;
        if (camseal_priv_ring_free(sink->ring) < 2 && (flow->frame.open || flow->loose.open))
            return CAMSEAL_E_SPACE;
        camseal_priv_sink_close_frame(sink, &sink->ctx->evcs[i], &flow->frame, 0);
        camseal_priv_sink_close_frame(sink, &sink->ctx->evcs[i], &flow->loose, 0);
    }
    return camseal_priv_hold_drain(sink) ? CAMSEAL_OK : CAMSEAL_E_SPACE;
}
