/* From judgement to records: who a packet belongs to, how it is refused, how a frame closes. */
#include <string.h>

#include "base/secret.h"
#include "cse/sink.h"

void camseal_priv_sink_emit(camseal_sink *sink, const camseal_record *record)
{
    camseal_record tempered = *record;
    camseal_priv_watch_temper(sink, &tempered);
    if (sink->draining || sink->n_after || camseal_priv_ring_free(sink->ring) == 0)
        sink->after[sink->n_after++] = tempered;
    else
        camseal_priv_ring_push(sink->ring, sink->ctx, &tempered);
}

/* A slot that closes with its frame, before its tag. */
static void report_open_slots(camseal_sink *sink, const camseal_priv_frame *frame,
                              const camseal_record *of_frame)
{
    for (size_t i = 0; i < sink->ctx->n_slots; i++) {
        const camseal_priv_unit *unit = &sink->units[i];
        if (sink->ctx->slots[i].evc != of_frame->evc || !unit->messages || unit->tagged)
            continue;
        camseal_record record = *of_frame;
        record.kind = CAMSEAL_RECORD_SLOT;
        record.slot = (uint8_t)i;
        record.fp = sink->ctx->slots[i].fp;
        record.edt = sink->ctx->slots[i].edt;
        record.messages = 0;
        record.covered_bytes = 0;
        record.total_bytes = 0;
        record.message_count = frame->next;
        camseal_priv_sink_emit(sink, &record);
    }
}

static bool is_bad(uint8_t verdict)
{
    return verdict == CAMSEAL_VERDICT_INCOMPLETE || verdict == CAMSEAL_VERDICT_FORGED;
}

/* Messages that were released early and never came under a good tag. */
static void count_early(camseal_sink *sink, const camseal_priv_evc *evc, uint8_t verdict)
{
    const camseal_context *ctx = sink->ctx;
    for (size_t i = 0; i < ctx->n_slots; i++)
        if (ctx->slots[i].evc == evc->evc) {
            sink->ctx->verdicts[verdict] += sink->units[i].early;
            sink->units[i].early = 0;
        }
    if (ctx->n_slots)
        return;
    sink->ctx->verdicts[verdict] += sink->units[evc - ctx->evcs].early;
    sink->units[evc - ctx->evcs].early = 0;
}

void camseal_priv_sink_close_frame(camseal_sink *sink, const camseal_priv_evc *evc,
                                   camseal_priv_frame *frame, uint64_t cookie)
{
    if (!frame->open)
        return;
    camseal_priv_flow *flow = camseal_priv_flow_of(sink, evc);
    camseal_record record = {.cookie = cookie, .evc = evc->evc};
    camseal_priv_frame_judge(frame, &flow->rejects, &record);
    memset(&flow->rejects, 0, sizeof flow->rejects);
    frame->open = false;
    if (frame->joined) {
        uint8_t verdict = record.verdict;
        if (verdict == CAMSEAL_VERDICT_OK_PARTIAL) /* each message by its own variant */
            verdict = CAMSEAL_VERDICT_OK;
        camseal_priv_hold_judge(sink, flow, CAMSEAL_PRIV_NO_INDEX, verdict, record.reason);
        count_early(sink, evc, verdict);
        if (is_bad(verdict))
            report_open_slots(sink, frame, &record);
    }
    camseal_priv_sink_emit(sink, &record);
}

void camseal_priv_sink_fill(camseal_record *record, const camseal_priv_lane *lane)
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

void camseal_priv_sink_refuse(camseal_sink *sink, camseal_record *record,
                              const camseal_priv_refusal *r, const camseal_priv_evc *evc)
{
    record->verdict = r->verdict;
    record->safety = r->safety;
    record->reason = r->reason;
    record->a = r->a;
    record->b = r->b;
    camseal_trace_event(sink->ctx->trace, CAMSEAL_E_AUTH, "cse", camseal_reason_name(r->reason),
                        r->field, r->a, r->b);
    camseal_priv_sink_emit(sink, record);
    if (evc)
        camseal_priv_rejects_add(&camseal_priv_flow_of(sink, evc)->rejects, r);
}

void camseal_priv_sink_reject(camseal_sink *sink, const camseal_priv_lane *lane,
                              const camseal_priv_refusal *r)
{
    camseal_record record = {0};
    camseal_priv_sink_fill(&record, lane);
    camseal_priv_sink_refuse(sink, &record, r, attribute(sink, lane));
}

void camseal_priv_sink_bad_tag(camseal_sink *sink, const camseal_priv_lane *lane)
{
    if (!camseal_priv_usage_bad_tag(sink->ctx, &sink->ctx->keys[lane->keys]))
        return;
    camseal_record record = {.cookie = lane->verify->cookie,
                             .kind = CAMSEAL_RECORD_EVENT,
                             .reason = CAMSEAL_REASON_TAG,
                             .evc = lane->evc->evc,
                             .a = CAMSEAL_PRIV_BAD_TAG_LIMIT,
                             .b = CAMSEAL_PRIV_BAD_TAG_LIMIT};
    camseal_priv_sink_emit(sink, &record);
}

void camseal_priv_sink_frame_gap(camseal_sink *sink, const camseal_priv_lane *lane, uint64_t last)
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
    camseal_priv_sink_emit(sink, &record);
}

uint16_t camseal_priv_sink_flags(const camseal_priv_header *h)
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
void camseal_priv_sink_plain(camseal_sink *sink, const camseal_priv_lane *lane)
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
        camseal_priv_sink_emit(sink, &record);
        return;
    }
    camseal_priv_refusal r = camseal_priv_refuse(CAMSEAL_REASON_UNPROTECTED, "data type",
                                                 sink->ctx->sep_dt, lane->wire_dt);
    r.safety = lane->wire.safety;
    record.kind = CAMSEAL_RECORD_MESSAGE;
    record.evc = stream->evc;
    record.edt = stream->edt;
    camseal_priv_sink_refuse(sink, &record, &r, camseal_priv_evc_of(sink->ctx, stream->evc));
}
