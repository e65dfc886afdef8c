/* Messages of a sink that wait for their tag, and records that wait for room in the ring. */
#include <string.h>

#include "cse/sink.h"

bool camseal_priv_hold_add(const camseal_sink *sink, camseal_priv_flow *flow,
                           const camseal_record *record, uint8_t slot)
{
    if (flow->n_held == sink->ctx->hold)
        return false;
    camseal_priv_held held = {*record, slot, false};
    flow->held[flow->n_held++] = held;
    return true;
}

static void judge(camseal_record *record, uint8_t verdict, uint8_t reason)
{
    record->verdict = verdict;
    if (verdict == CAMSEAL_VERDICT_OK && record->sv > 2)
        record->verdict = CAMSEAL_VERDICT_OK_PARTIAL;
    if (verdict <= CAMSEAL_VERDICT_UNVERIFIED)
        return;
    record->reason = reason;
    record->flags &= (uint16_t) ~(unsigned)CAMSEAL_RECORD_EOF;
    record->data = camseal_mspan_of(NULL, 0);
    record->covered_bytes = 0;
}

void camseal_priv_hold_judge(camseal_sink *sink, camseal_priv_flow *flow, uint8_t slot,
                             uint8_t verdict, uint8_t reason)
{
    for (size_t i = 0; i < flow->n_held; i++) {
        camseal_priv_held *held = &flow->held[i];
        if (held->due || (slot != CAMSEAL_PRIV_NO_INDEX && held->slot != slot))
            continue;
        judge(&held->record, verdict, reason);
        camseal_priv_watch_temper(sink, &held->record);
        held->due = true;
        sink->draining = flow;
    }
    (void)camseal_priv_hold_drain(sink);
}

/* Gives due records and closes the ranks of the others. */
static void drain_held(camseal_sink *sink)
{
    camseal_priv_flow *flow = sink->draining;
    size_t kept = 0;
    bool left = false;
    for (size_t i = 0; i < flow->n_held; i++) {
        camseal_priv_held *held = &flow->held[i];
        if (held->due && camseal_priv_ring_free(sink->ring)) {
            camseal_priv_ring_push(sink->ring, sink->ctx, &held->record);
            continue;
        }
        left = left || held->due;
        if (kept != i)
            flow->held[kept] = *held;
        kept++;
    }
    flow->n_held = kept;
    if (!left)
        sink->draining = NULL;
}

bool camseal_priv_hold_drain(camseal_sink *sink)
{
    size_t given = 0;
    if (sink->draining)
        drain_held(sink);
    if (sink->draining)
        return false;
    while (given < sink->n_after && camseal_priv_ring_free(sink->ring))
        camseal_priv_ring_push(sink->ring, sink->ctx, &sink->after[given++]);
    sink->n_after -= given;
    if (given && sink->n_after)
        memmove(sink->after, sink->after + given, sink->n_after * sizeof *sink->after);
    return sink->n_after == 0;
}
