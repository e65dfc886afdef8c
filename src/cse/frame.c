#include "cse/frame.h"

void camseal_priv_frame_open(camseal_priv_frame *frame, const camseal_priv_lane *lane)
{
    camseal_priv_frame opened = {.open = true,
                                 .tagged = lane->tagged,
                                 .joined = lane->tagged && camseal_priv_joins_messages(lane->ctx),
                                 .keys = lane->keys,
                                 .epoch = lane->ctx->keys[lane->keys].epoch,
                                 .frame_count = lane->frame_count,
                                 .opened_us = lane->now_us,
                                 .last_us = lane->now_us};
    *frame = opened;
}

/* Reason for what is missing from `first` on: nothing verified before it means that the start is
 * missing. */
static uint8_t gap_reason(uint32_t first)
{
    return first == 0 ? CAMSEAL_REASON_NO_START : CAMSEAL_REASON_GAP;
}

static void note_gap(camseal_priv_frame *frame, uint32_t seen, camseal_record *record)
{
    record->safety = CAMSEAL_VERDICT_INCOMPLETE;
    record->reason = gap_reason(frame->next);
    record->a = frame->next;
    record->b = seen - 1;
    if (frame->missing)
        return;
    frame->missing = true;
    frame->first_missing = frame->next;
    frame->last_missing = seen - 1;
}

void camseal_priv_frame_take(camseal_priv_frame *frame, const camseal_priv_lane *lane,
                             camseal_record *record)
{
    const camseal_priv_header *h = &lane->header;
    if (h->message_count > frame->next)
        note_gap(frame, h->message_count, record);
    frame->next = h->message_count + 1;
    if (!frame->joined) {
        frame->messages++;
        frame->eof = h->eof;
        frame->covered_bytes += lane->covered;
    }
    frame->wire_vc = lane->wire_vc;
    frame->last_us = lane->now_us;
    frame->silent = false;
    frame->total_bytes += h->data_length;
    if (h->sv > 2)
        frame->partial = true;
    if (h->fp >= CAMSEAL_FP_TOP)
        frame->sv[h->fp - CAMSEAL_FP_TOP] = h->sv;
    record->covered_bytes = lane->covered;
    record->total_bytes = h->data_length;
}

void camseal_priv_frame_vouch(camseal_priv_frame *frame, const camseal_priv_unit *unit)
{
    frame->vouched = true;
    frame->messages += unit->messages;
    frame->covered_bytes += unit->covered;
}

void camseal_priv_rejects_add(camseal_priv_rejects *rejects, const camseal_priv_refusal *refusal)
{
    if (rejects->count < UINT32_MAX)
        rejects->count++;
    if (refusal->verdict != CAMSEAL_VERDICT_FORGED || rejects->forged_reason != CAMSEAL_REASON_NONE)
        return;
    rejects->forged_reason = refusal->reason;
    rejects->a = refusal->a;
    rejects->b = refusal->b;
}

static uint8_t good_verdict(const camseal_priv_frame *frame)
{
    if (!frame->tagged)
        return CAMSEAL_VERDICT_UNVERIFIED;
    return frame->partial ? CAMSEAL_VERDICT_OK_PARTIAL : CAMSEAL_VERDICT_OK;
}

/* Decision: packets refused meanwhile do not spoil a frame of which every message 0..last was
 * verified with SOF and EOF; the tags vouch for it, and `rejected` tells of the rest. Where
 * something is missing, a forged packet is the likelier reason than noise: FORGED, with the first
 * one's reason. */
void camseal_priv_frame_judge(const camseal_priv_frame *frame, const camseal_priv_rejects *rejects,
                              camseal_record *record)
{
    record->kind = CAMSEAL_RECORD_FRAME;
    record->frame_count = frame->frame_count;
    record->message_count = frame->next;
    record->wire_vc = frame->wire_vc;
    record->messages = frame->messages;
    record->rejected = rejects->count;
    record->covered_bytes = frame->covered_bytes;
    record->total_bytes = frame->total_bytes;
    record->verdict = good_verdict(frame);
    record->safety = CAMSEAL_VERDICT_OK;
    if (frame->late) {
        record->safety = CAMSEAL_VERDICT_INCOMPLETE;
        record->reason = CAMSEAL_REASON_TIMEOUT;
    }
    if (frame->went_back) {
        record->safety = CAMSEAL_VERDICT_INCOMPLETE;
        record->reason = CAMSEAL_REASON_REPLAY_FRAME;
    }
    if (frame->forged != CAMSEAL_REASON_NONE) {
        record->verdict = CAMSEAL_VERDICT_FORGED;
        record->reason = frame->forged;
        if (frame->missing)
            record->safety = CAMSEAL_VERDICT_INCOMPLETE;
        return;
    }
    if (frame->eof && !frame->missing && !frame->open_units)
        return;
    record->safety = CAMSEAL_VERDICT_INCOMPLETE;
    if (rejects->forged_reason != CAMSEAL_REASON_NONE) {
        record->verdict = CAMSEAL_VERDICT_FORGED;
        record->reason = rejects->forged_reason;
        record->a = rejects->a;
        record->b = rejects->b;
        return;
    }
    record->verdict = CAMSEAL_VERDICT_INCOMPLETE;
    if (frame->timed_out) {
        record->reason = CAMSEAL_REASON_TIMEOUT;
        return;
    }
    if (frame->missing) {
        record->reason = frame->damage ? frame->damage : gap_reason(frame->first_missing);
        record->a = frame->first_missing;
        record->b = frame->last_missing;
        return;
    }
    record->reason = CAMSEAL_REASON_NO_END;
    record->a = frame->next;
    record->b = frame->next;
}
