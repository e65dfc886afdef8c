/* SPDM requester: builds a request, protects it, sends it, whole or in chunks. */
#include <string.h>

#include "base/try.h"
#include "requester_chunk.h"
#include "requester_drive.h"

/* The session that protects the present exchange. What makes one goes in clear. */
spdm_session *camseal_spdm_protecting(camseal_spdm_requester *r)
{
    spdm_session *s = camseal_spdm_current(r);
    if (!s || s->state == SPDM_SESSION_OPENING)
        return NULL;
    return s->state == SPDM_SESSION_HANDSHAKE && s->clear ? NULL : s;
}

/* Room for one message, behind what a record puts in front of it. */
static camseal_writer wire_writer(camseal_spdm_requester *r, const camseal_step *step, size_t limit)
{
    size_t lead = 0, room = step->out.capacity;
    if (camseal_spdm_protecting(r)) {
        lead = camseal_spdm_record_lead(r->config.binding);
        room -= SPDM_RECORD_OVERHEAD_MAX;
    }
    return camseal_writer_of(step->out.data + lead, room < limit ? room : limit);
}

static void keep_sent(spdm_resend *s, const camseal_step *step)
{
    s->times = 0;
    if (!s->bytes)
        return;
    memcpy(s->bytes, step->out.data, step->out.len);
    s->len = step->out.len;
    s->secured = step->out_secured;
}

static camseal_status await(camseal_spdm_requester *r, camseal_step *step)
{
    r->phase = SPDM_PHASE_ANSWER;
    r->armed = false;
    step->next = CAMSEAL_NEXT_SEND;
    return CAMSEAL_OK;
}

/* Sends what a wire_writer wrote. */
static camseal_status transmit(camseal_spdm_requester *r, camseal_step *step,
                               const camseal_writer *w)
{
    spdm_session *s = camseal_spdm_protecting(r);
    camseal_span message = camseal_span_of(w->start, w->len);
    camseal_trace_message(r->config.trace, "spdm", true, message);
    step->out.len = message.len;
    if (s) {
        const spdm_record rec = {r->config.crypto, r->algorithms.aead, r->config.binding, s->id,
                                 s->aead_limit};
        step->out_secured = true;
        CAMSEAL_TRY(camseal_spdm_record_seal(
            &rec, camseal_spdm_session_send_keys(s, SPDM_ROLE_REQUESTER), &step->out, message.len));
    }
    keep_sent(&r->resend, step);
    return await(r, step);
}

camseal_status camseal_spdm_resend(camseal_spdm_requester *r, camseal_step *step)
{
    const spdm_resend *s = &r->resend;
    if (s->len > step->out.capacity)
        return camseal_spdm_reject(r, CAMSEAL_E_SPACE, "the caller's buffer is too short", s->len,
                                   step->out.capacity);
    memcpy(step->out.data, s->bytes, s->len);
    step->out.len = s->len;
    step->out_secured = s->secured;
    r->resend.times++;
    camseal_trace_event(r->config.trace, CAMSEAL_OK, "spdm", CAMSEAL_TEXT("retry"),
                        CAMSEAL_TEXT("no answer: the same message again"), r->resend.times, 0);
    return await(r, step);
}

static camseal_status send(camseal_spdm_requester *r, camseal_step *step, camseal_span message)
{
    camseal_writer w = wire_writer(r, step, SIZE_MAX);
    camseal_write_span(&w, message);
    if (camseal_writer_end(&w) != CAMSEAL_OK)
        return camseal_spdm_reject(r, CAMSEAL_E_SPACE, "the caller's buffer is too short",
                                   message.len, w.capacity);
    return transmit(r, step, &w);
}

/* The whole request is on its way. */
static camseal_status request_sent(camseal_spdm_requester *r)
{
    return r->operation->sent ? r->operation->sent(r) : CAMSEAL_OK;
}

camseal_status camseal_spdm_send_chunk(camseal_spdm_requester *r, camseal_step *step)
{
    bool last;
    camseal_writer w = wire_writer(r, step, camseal_spdm_wire_limit(r));
    CAMSEAL_TRY(camseal_spdm_next_chunk(r, &w, &last));
    CAMSEAL_TRY(transmit(r, step, &w));
    return last ? request_sent(r) : CAMSEAL_OK;
}

/* DSP0274 HEARTBEAT: the responder has ended the session by now. */
static camseal_status check_heartbeat(camseal_spdm_requester *r, const camseal_step *step)
{
    const spdm_session *s = camseal_spdm_current(r);
    if (!s || step->now_us < camseal_spdm_session_deadline(s))
        return CAMSEAL_OK;
    return camseal_spdm_reject(r, CAMSEAL_E_TIMEOUT, "no message for two heartbeat periods",
                               s->heartbeat_s, (step->now_us - s->last_us) / 1000000);
}

/* L1 of where the operation is; NULL while a handshake has its place. */
spdm_run *camseal_spdm_series(camseal_spdm_requester *r)
{
    spdm_session *s = camseal_spdm_current(r);
    if (s && s->state != SPDM_SESSION_ESTABLISHED)
        return NULL;
    return camseal_spdm_l1(&r->transcript, s);
}

/* What a new request ends: a series of measurements, B and C. */
static void clear_transcripts(camseal_spdm_requester *r)
{
    uint8_t notes = camseal_spdm_row((enum spdm_op)r->op)->notes;
    bool clear = !camseal_spdm_protecting(r);
    spdm_run *l1 = clear ? &r->transcript.l1 : camseal_spdm_series(r);
    if (l1 && !(notes & SPDM_ROW_KEEPS_L1))
        camseal_spdm_run_drop(&r->transcript, l1);
    if (clear && (notes & SPDM_ROW_CLEARS_M1) && !r->authenticated)
        camseal_spdm_transcript_m1_reset(&r->transcript);
}

static camseal_status wait_for_build(camseal_spdm_requester *r, camseal_step *step, size_t len)
{
    r->phase = SPDM_PHASE_SIGN;
    r->request_len = len;
    step->next = CAMSEAL_NEXT_WAIT;
    step->wake_us = step->now_us + SPDM_POLL_US;
    return CAMSEAL_OK;
}

static camseal_status send_request(camseal_spdm_requester *r, camseal_step *step)
{
    if (camseal_spdm_request_is_large(r)) {
        camseal_spdm_begin_chunks(r);
        return camseal_spdm_send_chunk(r, step);
    }
    CAMSEAL_TRY(send(r, step, camseal_spdm_request_sent(r)));
    return request_sent(r);
}

camseal_status camseal_spdm_build_and_send(camseal_spdm_requester *r, camseal_step *step)
{
    size_t limit = camseal_spdm_request_limit(r);
    camseal_writer w = camseal_writer_of(r->tx, limit);
    if (r->phase == SPDM_PHASE_SIGN)
        w.len = r->request_len;
    else
        clear_transcripts(r);
    CAMSEAL_TRY(check_heartbeat(r, step));
    camseal_status status = r->operation->build(r, &w);
    if (status == CAMSEAL_PENDING)
        return wait_for_build(r, step, w.len);
    CAMSEAL_TRY(status);
    if (camseal_writer_end(&w) != CAMSEAL_OK)
        return camseal_spdm_reject(r, CAMSEAL_E_SPACE,
                                   "the request is longer than the peer can take", limit, 0);
    r->request_len = w.len;
    return send_request(r, step);
}

/* After the wait: the same request again, or RESPOND_IF_READY for it. */
camseal_status camseal_spdm_send_again(camseal_spdm_requester *r, camseal_step *step)
{
    if (camseal_spdm_chunks_active(r))
        return camseal_spdm_send_chunk(r, step);
    if (!r->respond_if_ready)
        return send_request(r, step);
    uint8_t message[SPDM_HEADER_BYTES];
    camseal_writer w = camseal_writer_of(message, sizeof message);
    camseal_spdm_write_header(&w, r->shape.version, SPDM_RESPOND_IF_READY,
                              camseal_spdm_row((enum spdm_op)r->op)->request, r->token);
    CAMSEAL_TRY(send(r, step, camseal_span_of(message, w.len)));
    return r->operation->sent ? r->operation->sent(r) : CAMSEAL_OK;
}
