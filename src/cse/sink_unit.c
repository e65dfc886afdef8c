/* Sink, a tag for many messages: each packet is checked against the received counters, joins its
 * unit and waits for the unit's tag.
 *
 * Decision: a tag that is judged ends its unit for good; with EOF it ends the frame, good or bad,
 * so that a forged frame is named at once and not at the next frame.
 */
#include "base/secret.h"
#include "cse/sink.h"

/* Records of one packet that cannot wait: two events, its own, SLOT, FRAME. */
enum { RECORDS_AT_ONCE = 6 };

bool camseal_priv_unit_room(camseal_sink *sink)
{
    return camseal_priv_hold_drain(sink) && camseal_priv_ring_free(sink->ring) >= RECORDS_AT_ONCE;
}

static camseal_priv_unit *unit_of(const camseal_sink *sink, const camseal_priv_lane *lane)
{
    if (sink->ctx->tag_mode == CAMSEAL_TAG_DATA_TYPE)
        return &sink->units[lane->slot];
    return &sink->units[lane->evc - sink->ctx->evcs];
}

static void reset_units(const camseal_sink *sink, const camseal_priv_evc *evc)
{
    const camseal_context *ctx = sink->ctx;
    if (ctx->tag_mode != CAMSEAL_TAG_DATA_TYPE)
        camseal_priv_unit_reset(&sink->units[evc - ctx->evcs]);
    for (size_t i = 0; i < ctx->n_slots; i++)
        if (ctx->slots[i].evc == evc->evc)
            camseal_priv_unit_reset(&sink->units[i]);
}

bool camseal_priv_unit_make_place(camseal_sink *sink, const camseal_priv_lane *lane)
{
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, lane->evc);
    if (!flow->frame.open || flow->frame.frame_count == lane->frame_count)
        return true;
    camseal_priv_sink_close_frame(sink, lane->evc, &flow->frame, lane->verify->cookie);
    return camseal_priv_unit_room(sink);
}

static void begin_frame(const camseal_sink *sink, camseal_priv_flow *flow,
                        const camseal_priv_lane *lane)
{
    if (flow->frame.open)
        return;
    camseal_priv_frame_open(&flow->frame, lane);
    reset_units(sink, lane->evc);
}

void camseal_priv_unit_vouch(camseal_sink *sink, const camseal_priv_lane *lane,
                             camseal_priv_unit *unit)
{
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, lane->evc);
    camseal_priv_evc *evc = lane->evc;
    camseal_priv_keys *keys = &sink->ctx->keys[lane->keys];
    if (!flow->frame.vouched)
        camseal_priv_sink_frame_gap(sink, lane, camseal_priv_frame_floor(evc, lane->keys));
    camseal_priv_frame_vouch(&flow->frame, unit);
    evc->used = true;
    evc->frame_count = lane->frame_count;
    evc->messages += unit->messages;
    evc->messages--; /* the booking counts one */
    camseal_priv_epoch_used(sink->ctx, evc, lane->keys);
    camseal_priv_usage usage = {1, unit->blocks, unit->ctr_blocks};
    camseal_priv_usage_book(sink->ctx, evc, keys, &usage);
    sink->ctx->verdicts[CAMSEAL_VERDICT_OK_PARTIAL] += unit->early_partial;
    sink->ctx->verdicts[CAMSEAL_VERDICT_OK] += unit->early - unit->early_partial;
    unit->early = unit->early_partial = 0;
}

/* What the tag of a unit, or its absence at the end of a frame without tags, says. */
typedef struct judgement {
    uint8_t verdict, reason;
} judgement;

static judgement judge_tag(camseal_worker *worker, camseal_sink *sink, camseal_priv_flow *flow,
                           camseal_priv_lane *lane)
{
    const judgement good = {CAMSEAL_VERDICT_OK, CAMSEAL_REASON_NONE};
    const judgement forged = {CAMSEAL_VERDICT_FORGED, CAMSEAL_REASON_TAG};
    const judgement lost = {CAMSEAL_VERDICT_INCOMPLETE, flow->frame.first_missing
                                                            ? (uint8_t)CAMSEAL_REASON_GAP
                                                            : (uint8_t)CAMSEAL_REASON_NO_START};
    const camseal_span tag = camseal_priv_sep_tag(lane);
    camseal_priv_worker_run_mac(worker);
    if (camseal_equal_ct(lane->tag, tag.data, tag.len))
        return good;
    if (flow->frame.missing) /* what is lost may have been of this unit: the tag says nothing */
        return lost;
    flow->frame.forged = CAMSEAL_REASON_TAG;
    camseal_trace_event(sink->ctx->trace, CAMSEAL_E_AUTH, "cse",
                        camseal_reason_name(CAMSEAL_REASON_TAG), "tag", lane->frame_count,
                        lane->slot);
    camseal_priv_sink_bad_tag(sink, lane);
    return forged;
}

static void report_slot(camseal_sink *sink, const camseal_priv_frame *frame,
                        const camseal_priv_lane *lane, const camseal_priv_unit *unit,
                        const judgement *j)
{
    camseal_record record = {.verdict = j->verdict, .reason = j->reason};
    camseal_priv_sink_fill(&record, lane);
    record.kind = CAMSEAL_RECORD_SLOT;
    record.slot = lane->slot;
    record.fp = sink->ctx->slots[lane->slot].fp;
    record.edt = sink->ctx->slots[lane->slot].edt;
    record.total_bytes = 0;
    if (j->verdict == CAMSEAL_VERDICT_OK) {
        record.messages = unit->messages;
        record.covered_bytes = unit->covered;
        if (unit->partial)
            record.verdict = CAMSEAL_VERDICT_OK_PARTIAL;
    }
    if (j->verdict == CAMSEAL_VERDICT_INCOMPLETE) {
        record.safety = CAMSEAL_VERDICT_INCOMPLETE;
        record.a = frame->first_missing;
        record.b = frame->last_missing;
    }
    camseal_priv_sink_emit(sink, &record);
}

/* The record of the message that brought the tag, where messages are released early. */
static void report_carrier(camseal_sink *sink, camseal_record *record, const judgement *j)
{
    record->verdict = j->verdict;
    if (j->verdict == CAMSEAL_VERDICT_OK && record->sv > 2)
        record->verdict = CAMSEAL_VERDICT_OK_PARTIAL;
    if (j->reason != CAMSEAL_REASON_NONE) {
        record->reason = j->reason;
        record->data = camseal_mspan_of(NULL, 0);
        record->covered_bytes = 0;
        record->flags &= (uint16_t) ~(unsigned)CAMSEAL_RECORD_EOF;
    }
    camseal_priv_sink_emit(sink, record);
}

static void judge_unit(camseal_worker *worker, camseal_sink *sink, camseal_priv_lane *lane,
                       camseal_record *record)
{
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, lane->evc);
    camseal_priv_unit *unit = unit_of(sink, lane);
    const bool by_slot = sink->ctx->tag_mode == CAMSEAL_TAG_DATA_TYPE;
    const bool held = sink->ctx->hold && camseal_priv_hold_add(sink, flow, record, lane->slot);
    const judgement j = judge_tag(worker, sink, flow, lane);
    unit->tagged = true;
    flow->frame.open_units--;
    if (j.verdict == CAMSEAL_VERDICT_OK)
        camseal_priv_unit_vouch(sink, lane, unit);
    else
        sink->ctx->verdicts[j.verdict] += unit->early;
    unit->early = 0;
    flow->frame.eof = lane->header.eof && j.verdict == CAMSEAL_VERDICT_OK;
    if (!held)
        report_carrier(sink, record, &j);
    camseal_priv_hold_judge(sink, flow, by_slot ? lane->slot : CAMSEAL_PRIV_NO_INDEX, j.verdict,
                            j.reason);
    if (by_slot)
        report_slot(sink, &flow->frame, lane, unit, &j);
    if (lane->header.eof)
        camseal_priv_sink_close_frame(sink, lane->evc, &flow->frame, lane->verify->cookie);
}

/* EOF without a tag: all of the frame is SV-5, and the policy allows that. */
static void end_untagged(camseal_sink *sink, camseal_priv_lane *lane, camseal_record *record)
{
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, lane->evc);
    const judgement j = {CAMSEAL_VERDICT_UNVERIFIED, CAMSEAL_REASON_NONE};
    flow->frame.eof = true;
    flow->frame.tagged = false;
    flow->frame.open_units = 0;
    flow->frame.messages = flow->frame.next;
    flow->frame.went_back = lane->frame_count <= flow->loose_last;
    flow->loose_last = lane->frame_count;
    if (!sink->ctx->hold || !camseal_priv_hold_add(sink, flow, record, lane->slot))
        report_carrier(sink, record, &j);
    camseal_priv_sink_close_frame(sink, lane->evc, &flow->frame, lane->verify->cookie);
}

static void join(camseal_worker *worker, camseal_sink *sink, camseal_priv_lane *lane)
{
    camseal_priv_unit *unit = unit_of(sink, lane);
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, lane->evc);
    const bool by_slot = sink->ctx->tag_mode == CAMSEAL_TAG_DATA_TYPE;
    const camseal_priv_usage usage = camseal_priv_message_usage(lane, lane->header.tag_p);
    if (unit->messages == 0)
        flow->frame.open_units++;
    unit->partial += lane->header.sv > 2;
    unit->blocks += usage.mac_blocks;
    unit->ctr_blocks += usage.ctr_blocks;
    camseal_priv_unit_add(worker, lane, unit,
                          by_slot ? CAMSEAL_PRIV_UNIT_DATA_TYPE : CAMSEAL_PRIV_UNIT_FRAME,
                          by_slot ? lane->slot : 0, lane->header.tag_p);
    if (lane->header.enc)
        camseal_priv_message_ctr(lane, &worker->ctr_jobs[worker->n_ctr++]);
}

void camseal_priv_unit_report(camseal_sink *sink, const camseal_priv_lane *lane,
                              camseal_priv_unit *unit, camseal_record *record)
{
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, lane->evc);
    if (sink->ctx->hold && camseal_priv_hold_add(sink, flow, record, lane->slot))
        return;
    unit->early++;
    unit->early_partial += lane->header.sv > 2;
    if (sink->ctx->hold)
        record->data = camseal_mspan_of(NULL, 0);
    camseal_priv_sink_emit(sink, record);
}

static void accept(camseal_worker *worker, camseal_sink *sink, camseal_priv_lane *lane)
{
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, lane->evc);
    begin_frame(sink, flow, lane);
    camseal_record record = {.verdict = CAMSEAL_VERDICT_PENDING,
                             .flags = camseal_priv_sink_flags(&lane->header)};
    camseal_priv_sink_fill(&record, lane);
    camseal_priv_frame_take(&flow->frame, lane, &record);
    record.data = lane->data;
    flow->wire_vc = lane->wire_vc;
    join(worker, sink, lane);
    if (lane->header.tag_p) {
        judge_unit(worker, sink, lane, &record);
        return;
    }
    if (lane->header.eof) {
        end_untagged(sink, lane, &record);
        return;
    }
    camseal_priv_unit_report(sink, lane, unit_of(sink, lane), &record);
}

bool camseal_priv_unit_take(camseal_worker *worker, camseal_priv_lane *lane)
{
    camseal_sink *sink = lane->verify->sink;
    if (!camseal_priv_unit_room(sink))
        return false;
    lane->wire = camseal_priv_sink_open_packet(lane);
    if (lane->kind == CAMSEAL_RECORD_PLAIN) {
        camseal_priv_sink_plain(sink, lane);
        return true;
    }
    if (lane->wire.reason == CAMSEAL_REASON_NONE)
        camseal_priv_sep_open(lane);
    camseal_priv_refusal r = lane->wire;
    if (r.reason == CAMSEAL_REASON_NONE)
        r = camseal_priv_sep_check(sink, lane);
    if (r.reason != CAMSEAL_REASON_NONE) {
        camseal_priv_sink_reject(sink, lane, &r);
        return true;
    }
    if (!camseal_priv_unit_make_place(sink, lane))
        return false;
    accept(worker, sink, lane);
    return true;
}
