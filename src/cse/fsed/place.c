/* FSED sink: which packet is which, by data type, or carried in embedded lines by place (§6).
 *
 * A line can be told only by what follows it: the last one before the image is the TBT, the last
 * one before FE the FTG. So one line per channel waits, borrowed, until the next packet comes.
 */
#include <string.h>

#include "cse/fsed/format.h"
#include "cse/sink.h"

static bool is_plain_filler(uint8_t dt)
{
    return dt == CAMSEAL_CSI2_NULL || dt == CAMSEAL_CSI2_BLANKING;
}

/* The counted stream that a long packet is of: by the eVC that owns the channel, whatever number
 * bridges gave it; on a channel without owner by the list. */
static const camseal_stream_map *stream_of(const camseal_sink *sink, const camseal_priv_lane *lane)
{
    const camseal_context *ctx = sink->ctx;
    const uint8_t index = sink->channels[lane->wire_vc].evc_index;
    if (index == CAMSEAL_PRIV_NO_INDEX)
        return camseal_priv_stream_on_wire(ctx, lane->wire_vc, lane->wire_dt);
    const camseal_priv_evc *evc = &ctx->evcs[index];
    for (size_t i = 0; i < evc->n_streams; i++)
        if (ctx->streams[evc->first_stream + i].wire_dt == lane->wire_dt)
            return &ctx->streams[evc->first_stream + i];
    return NULL;
}

static bool take_line(camseal_worker *worker, camseal_priv_lane *lane)
{
    const camseal_stream_map *stream = stream_of(lane->verify->sink, lane);
    if (stream)
        return camseal_priv_fsed_message(worker, lane, stream);
    camseal_priv_sink_plain(lane->verify->sink, lane);
    return true;
}

/* A worker of one lane, so that a line that waited needs none of the caller's. */
typedef struct one_lane {
    camseal_worker worker;
    camseal_mac_job mac_job, round_job;
    camseal_priv_lane *mac_lane;
    camseal_ctr_job ctr_job;
} one_lane;

static void one_lane_init(one_lane *one, camseal_sink *sink, const camseal_sink_item *item)
{
    memset(one, 0, sizeof *one);
    memset(sink->spare, 0, sizeof *sink->spare);
    sink->spare->ctx = sink->ctx;
    sink->spare->verify = item;
    sink->spare->now_us = sink->now_us;
    one->worker.n_lanes = one->worker.used = 1;
    one->worker.lanes = sink->spare;
    one->worker.mac_jobs = &one->mac_job;
    one->worker.round_jobs = &one->round_job;
    one->worker.mac_lanes = &one->mac_lane;
    one->worker.ctr_jobs = &one->ctr_job;
}

/* The line that waits on the channel is this (0: a counted packet). `worker` holds jobs of packets
 * before it, or is NULL. */
static bool settle_line(camseal_worker *worker, camseal_sink *sink, camseal_priv_channel *channel,
                        uint8_t type)
{
    one_lane one;
    if (!channel->waits)
        return true;
    if (!camseal_priv_unit_room(sink))
        return false;
    if (worker)
        camseal_priv_worker_run_mac(worker);
    one_lane_init(&one, sink, &channel->line);
    camseal_priv_lane *lane = sink->spare;
    lane->wire = camseal_priv_sink_open_packet(lane);
    lane->kind = CAMSEAL_RECORD_MESSAGE;
    channel->waits = false;
    if (type)
        (void)camseal_priv_fsed_own(&one.worker, lane, type);
    else
        (void)take_line(&one.worker, lane);
    camseal_priv_worker_run_mac(&one.worker);
    camseal_priv_worker_run_ctr(&one.worker);
    return camseal_priv_unit_room(sink);
}

/* What a waiting line is, seen from the packet after it. A frame without tags has no TBT (§4). */
static uint8_t type_before(camseal_sink *sink, const camseal_priv_channel *channel,
                           const camseal_priv_lane *lane, const camseal_stream_map *stream)
{
    if (camseal_csi2_dt_is_short(lane->wire_dt))
        return CAMSEAL_PRIV_FTG;
    if (!stream || stream->embedded || !sink->ctx->top_tag ||
        channel->evc_index == CAMSEAL_PRIV_NO_INDEX)
        return 0;
    const camseal_priv_evc *evc = &sink->ctx->evcs[channel->evc_index];
    const bool first = !sink->fsed[channel->evc_index].image_seen;
    return first && camseal_priv_flow_of(sink, evc)->frame.tagged ? CAMSEAL_PRIV_TBT : 0;
}

/* FE ends what the channel carries; FS says that an FSH comes first. Hints only: without them the
 * next FSH does the same. */
static bool take_short(camseal_sink *sink, const camseal_priv_lane *lane)
{
    camseal_priv_channel *channel = &sink->channels[lane->wire_vc];
    channel->after_start = lane->wire_dt == CAMSEAL_CSI2_FS || channel->after_start;
    if (lane->wire_dt == CAMSEAL_CSI2_FE && channel->evc_index != CAMSEAL_PRIV_NO_INDEX) {
        const camseal_priv_evc *evc = &sink->ctx->evcs[channel->evc_index];
        channel->evc_index = CAMSEAL_PRIV_NO_INDEX;
        camseal_priv_sink_close_frame(sink, evc, &camseal_priv_flow_of(sink, evc)->frame,
                                      lane->verify->cookie);
    }
    camseal_priv_sink_plain(sink, lane);
    return true;
}

/* Carried in lines: the first line of a channel without owner, or after FS, is the FSH; others
 * wait. */
static bool take_embedded(camseal_worker *worker, camseal_priv_lane *lane)
{
    camseal_sink *sink = lane->verify->sink;
    camseal_priv_channel *channel = &sink->channels[lane->wire_vc];
    if (channel->after_start || channel->evc_index == CAMSEAL_PRIV_NO_INDEX) {
        if (!camseal_priv_fsed_own(worker, lane, CAMSEAL_PRIV_FSH))
            return false;
        channel->after_start = false;
        return true;
    }
    channel->waits = true;
    channel->line = *lane->verify;
    return true;
}

static bool take_long(camseal_worker *worker, camseal_priv_lane *lane)
{
    camseal_sink *sink = lane->verify->sink;
    camseal_priv_channel *channel = &sink->channels[lane->wire_vc];
    if (!sink->ctx->fsed_in_lines && lane->wire_dt >= CAMSEAL_CSI2_FSH &&
        lane->wire_dt <= CAMSEAL_CSI2_FTG)
        return camseal_priv_fsed_own(worker, lane, (uint8_t)(lane->wire_dt - CAMSEAL_CSI2_FSH + 1));
    const camseal_stream_map *stream = stream_of(sink, lane);
    const bool line = sink->ctx->fsed_in_lines && lane->wire_dt == CAMSEAL_CSI2_EMBEDDED;
    if ((stream || line) &&
        !settle_line(worker, sink, channel, type_before(sink, channel, lane, stream)))
        return false;
    if (line)
        return take_embedded(worker, lane);
    return take_line(worker, lane);
}

bool camseal_priv_fsed_take(camseal_worker *worker, camseal_priv_lane *lane)
{
    camseal_sink *sink = lane->verify->sink;
    if (!camseal_priv_unit_room(sink))
        return false;
    lane->wire = camseal_priv_sink_open_packet(lane);
    if (lane->wire_vc == CAMSEAL_PRIV_NO_INDEX) { /* unreadable: the FTG's count will tell */
        camseal_priv_sink_reject(sink, lane, &lane->wire);
        return true;
    }
    camseal_priv_channel *channel = &sink->channels[lane->wire_vc];
    lane->kind = CAMSEAL_RECORD_PLAIN;
    if (is_plain_filler(lane->wire_dt) ||
        (camseal_csi2_dt_is_short(lane->wire_dt) && lane->wire_dt > CAMSEAL_CSI2_FE)) {
        camseal_priv_sink_plain(sink, lane);
        return true;
    }
    if (!camseal_csi2_dt_is_short(lane->wire_dt)) {
        lane->kind = CAMSEAL_RECORD_MESSAGE;
        return take_long(worker, lane);
    }
    if (!settle_line(worker, sink, channel, CAMSEAL_PRIV_FTG))
        return false;
    return take_short(sink, lane);
}

bool camseal_priv_fsed_settle(camseal_sink *sink)
{
    for (size_t i = 0; i < CAMSEAL_CSI2_VC_COUNT; i++)
        if (!settle_line(NULL, sink, &sink->channels[i], CAMSEAL_PRIV_FTG))
            return false;
    return true;
}
