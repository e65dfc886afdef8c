/* Safety services of a sink (open-profile §9): timeouts, freshness, announced self-tests. Time
 * comes in as a number.
 */
#include "cse/sink.h"

static bool is_over(uint64_t now, uint64_t since, uint32_t limit)
{
    return limit && now >= since && now - since >= limit;
}

static void tell_silence(camseal_sink *sink, const camseal_priv_evc *evc,
                         const camseal_priv_frame *frame)
{
    const camseal_record record = {.kind = CAMSEAL_RECORD_EVENT,
                                   .safety = CAMSEAL_VERDICT_INCOMPLETE,
                                   .reason = CAMSEAL_REASON_TIMEOUT,
                                   .evc = evc->evc,
                                   .wire_vc = frame->wire_vc,
                                   .frame_count = frame->frame_count,
                                   .message_count = frame->next};
    camseal_priv_sink_emit(sink, &record);
}

static bool has_room(camseal_sink *sink)
{
    if (camseal_priv_joins_messages(sink->ctx))
        return camseal_priv_unit_room(sink);
    return camseal_priv_ring_free(sink->ring) >= 2;
}

static bool expire_frame(camseal_sink *sink, const camseal_priv_evc *evc, camseal_priv_frame *frame,
                         uint64_t now_us)
{
    const camseal_timeouts *t = &sink->ctx->timeouts;
    const bool whole = frame->open && is_over(now_us, frame->opened_us, t->frame);
    const bool silence =
        frame->open && !frame->silent && is_over(now_us, frame->last_us, t->message);
    if (!whole && !silence)
        return true;
    if (!has_room(sink))
        return false;
    if (silence) {
        frame->silent = frame->late = true;
        tell_silence(sink, evc, frame);
    }
    if (whole) {
        frame->timed_out = true;
        camseal_priv_sink_close_frame(sink, evc, frame, 0);
    }
    return true;
}

bool camseal_priv_watch_expire(camseal_sink *sink, uint64_t now_us)
{
    if (now_us > sink->now_us)
        sink->now_us = now_us;
    for (size_t i = 0; i < sink->ctx->n_evcs; i++) {
        camseal_priv_flow *flow = &sink->flows[i];
        const camseal_priv_evc *evc = &sink->ctx->evcs[i];
        if (!expire_frame(sink, evc, &flow->frame, now_us) ||
            !expire_frame(sink, evc, &flow->loose, now_us))
            return false;
    }
    return true;
}

static uint64_t sooner(uint64_t wake, uint64_t since, uint32_t limit)
{
    if (!limit || since > UINT64_MAX - limit)
        return wake;
    return since + limit < wake ? since + limit : wake;
}

static uint64_t wake_of(const camseal_sink *sink, const camseal_priv_frame *frame, uint64_t wake)
{
    const camseal_timeouts *t = &sink->ctx->timeouts;
    if (!frame->open)
        return wake;
    if (!frame->silent)
        wake = sooner(wake, frame->last_us, t->message);
    return sooner(wake, frame->opened_us, t->frame);
}

uint64_t camseal_priv_watch_wake(const camseal_sink *sink)
{
    uint64_t wake = UINT64_MAX;
    for (size_t i = 0; i < sink->ctx->n_evcs; i++) {
        wake = wake_of(sink, &sink->flows[i].frame, wake);
        wake = wake_of(sink, &sink->flows[i].loose, wake);
    }
    return wake;
}

/* ---- freshness ---- */

camseal_status camseal_sink_freshness(camseal_sink *sink, uint8_t evc, uint64_t source_frame_count,
                                      uint64_t asked_us, uint64_t answered_us)
{
    const camseal_context *ctx = sink->ctx;
    const camseal_priv_evc *state = camseal_priv_evc_of(sink->ctx, evc);
    if (!state)
        return CAMSEAL_E_NOT_FOUND;
    if (answered_us < asked_us || answered_us > UINT64_MAX / 2)
        return CAMSEAL_E_ARGUMENT;
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, state);
    const uint64_t behind =
        source_frame_count > state->frame_count ? source_frame_count - state->frame_count : 0;
    const bool slow = ctx->round_trip_us && answered_us - asked_us > ctx->round_trip_us;
    flow->stale = slow || behind > ctx->lag_max;
    flow->status_seen = true;
    if (!flow->stale)
        flow->status_us = asked_us;
    return CAMSEAL_OK;
}

static bool is_stale(const camseal_sink *sink, const camseal_priv_flow *flow)
{
    const camseal_context *ctx = sink->ctx;
    if (!ctx->lag_max)
        return false;
    if (flow->stale)
        return true;
    const uint64_t allowed = (uint64_t)ctx->timeouts.fresh + ctx->round_trip_us;
    return ctx->timeouts.fresh && sink->now_us > flow->status_us &&
           sink->now_us - flow->status_us > allowed;
}

/* ---- self-tests ---- */

camseal_status camseal_sink_selftest(camseal_sink *sink, uint8_t kind, uint8_t evc,
                                     uint64_t frame_count)
{
    const camseal_priv_evc *state = camseal_priv_evc_of(sink->ctx, evc);
    if (!state)
        return CAMSEAL_E_NOT_FOUND;
    if (kind < CAMSEAL_SELFTEST_CRC || kind > CAMSEAL_SELFTEST_DROP ||
        frame_count <= state->frame_count)
        return CAMSEAL_E_ARGUMENT;
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, state);
    flow->selftest = kind;
    flow->selftest_frame = frame_count;
    return CAMSEAL_OK;
}

/* What an injected error of this kind may be seen as. */
static bool is_injected(uint8_t kind, uint8_t reason)
{
    switch (reason) {
    case CAMSEAL_REASON_NONE:
    case CAMSEAL_REASON_GAP:
    case CAMSEAL_REASON_NO_START:
    case CAMSEAL_REASON_NO_END:
        return true; /* of a packet that was refused or dropped */
    case CAMSEAL_REASON_CRC16:
    case CAMSEAL_REASON_CRC32:
        return kind == CAMSEAL_SELFTEST_CRC || kind == CAMSEAL_SELFTEST_DROP;
    case CAMSEAL_REASON_TAG:
        return kind == CAMSEAL_SELFTEST_TAG || kind == CAMSEAL_SELFTEST_COUNTER;
    case CAMSEAL_REASON_REPLAY_MESSAGE:
    case CAMSEAL_REASON_FLAGS: /* COV follows the number */
    case CAMSEAL_REASON_ORDER:
        return kind == CAMSEAL_SELFTEST_COUNTER;
    default:
        return false;
    }
}

static void withhold(camseal_record *record, uint8_t verdict)
{
    record->verdict = verdict;
    record->data = camseal_mspan_of(NULL, 0);
}

void camseal_priv_watch_temper(const camseal_sink *sink, camseal_record *record)
{
    const uint8_t index = sink->ctx->evc_index[record->evc];
    if (index == CAMSEAL_PRIV_NO_INDEX || record->kind == CAMSEAL_RECORD_EVENT ||
        record->kind == CAMSEAL_RECORD_PLAIN)
        return;
    const camseal_priv_flow *flow = &sink->flows[index];
    if (flow->selftest && record->frame_count == flow->selftest_frame &&
        is_injected(flow->selftest, record->reason)) {
        withhold(record, CAMSEAL_VERDICT_BIST);
        return;
    }
    const bool good = record->verdict <= CAMSEAL_VERDICT_UNVERIFIED;
    if ((!good && record->verdict != CAMSEAL_VERDICT_PENDING) || !is_stale(sink, flow))
        return;
    withhold(record, good ? (uint8_t)CAMSEAL_VERDICT_STALE : record->verdict);
    record->reason = CAMSEAL_REASON_STALE;
}
