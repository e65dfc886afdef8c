/* SPDM requester: sends one request, awaits its response, lets the operation accept it. Knows time,
 * retries, protection and what dies on a failure; trusts no byte of the peer. */
#include "requester.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "requester_chunk.h"

enum {
    ST1_US = 100000, /* DSP0274 timing: answers without cryptography */
    BUSY_DELAY_US = 100000,
    POLL_US = 1000, /* how soon to ask a slow chain check again */
    RETRIES_MAX = 4,
    DEFERRALS_MAX = 40,     /* a signer may need longer than it says */
    RDT_EXPONENT_LAST = 25, /* half a minute: no signer is slower           */
    OUT_MIN = SPDM_RECORD_OVERHEAD_MAX + SPDM_HEADER_BYTES
};

/* ---- what the operations share -------------------------------------------------------------- */

camseal_status camseal_spdm_reject(camseal_spdm_requester *r, camseal_status status,
                                   const char *detail, uint64_t expected, uint64_t seen)
{
    r->failure.detail = detail;
    r->failure.expected = expected;
    r->failure.seen = seen;
    return status;
}

camseal_span camseal_spdm_request_sent(const camseal_spdm_requester *r)
{
    return camseal_span_of(r->tx, r->request_len);
}

camseal_status camseal_spdm_note_vca(camseal_spdm_requester *r, camseal_span message)
{
    CAMSEAL_TRY(camseal_spdm_transcript_vca(&r->transcript, camseal_spdm_request_sent(r)));
    return camseal_spdm_transcript_vca(&r->transcript, message);
}

camseal_status camseal_spdm_note_m1(camseal_spdm_requester *r, camseal_span message)
{
    CAMSEAL_TRY(camseal_spdm_transcript_m1(&r->transcript, camseal_spdm_request_sent(r)));
    return camseal_spdm_transcript_m1(&r->transcript, message);
}

camseal_status camseal_spdm_verify(camseal_spdm_requester *r, spdm_purpose purpose,
                                   const uint8_t *digest, camseal_span signature)
{
    camseal_status status =
        camseal_spdm_verify_signed(r->config.crypto, r->algorithms.sign, r->algorithms.hash,
                                   r->shape.version, purpose, digest, r->leaf_spki, signature);
    if (status != CAMSEAL_OK)
        return camseal_spdm_reject(r, status, "the signature does not verify", 0, 0);
    return CAMSEAL_OK;
}

spdm_schedule camseal_spdm_requester_schedule(const camseal_spdm_requester *r)
{
    spdm_schedule k = {r->config.crypto, r->algorithms.hash, r->algorithms.aead, r->shape.version};
    return k;
}

const camseal_trace *camseal_spdm_requester_key_log(const camseal_spdm_requester *r)
{
    return r->config.log_secrets ? r->config.trace : NULL;
}

void camseal_spdm_next(camseal_spdm_requester *r, const spdm_operation *next)
{
    r->operation = next;
    r->op = next ? next->op : (uint8_t)SPDM_OPS;
    r->phase = SPDM_PHASE_BUILD;
    r->retries = 0;
    r->respond_if_ready = false;
}

void camseal_spdm_drop_kex(camseal_spdm_requester *r)
{
    if (r->kex_open)
        r->algorithms.kex->drop(r->config.crypto->user, &r->kex);
    camseal_wipe(&r->kex, sizeof r->kex);
    r->kex_open = false;
}

spdm_session *camseal_spdm_current(camseal_spdm_requester *r)
{
    return r->session == SPDM_NO_SESSION_USED ? NULL : &r->sessions[r->session];
}

/* The session that protects the present exchange. What makes one goes in clear. */
static spdm_session *protecting_session(camseal_spdm_requester *r)
{
    spdm_session *s = camseal_spdm_current(r);
    if (!s || s->state == SPDM_SESSION_OPENING)
        return NULL;
    return s->state == SPDM_SESSION_HANDSHAKE && s->clear ? NULL : s;
}

/* ---- sending -------------------------------------------------------------------------------- */

/* Room for one message, behind what a record puts in front of it. */
static camseal_writer wire_writer(camseal_spdm_requester *r, const camseal_step *step, size_t limit)
{
    size_t lead = 0, room = step->out.capacity;
    if (protecting_session(r)) {
        lead = camseal_spdm_record_lead(r->config.binding);
        room -= SPDM_RECORD_OVERHEAD_MAX;
    }
    return camseal_writer_of(step->out.data + lead, room < limit ? room : limit);
}

/* Sends what a wire_writer wrote. */
static camseal_status transmit(camseal_spdm_requester *r, camseal_step *step,
                               const camseal_writer *w)
{
    spdm_session *s = protecting_session(r);
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
    r->phase = SPDM_PHASE_ANSWER;
    r->armed = false;
    step->next = CAMSEAL_NEXT_SEND;
    return CAMSEAL_OK;
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

static camseal_status send_chunk(camseal_spdm_requester *r, camseal_step *step)
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
static spdm_run *series(camseal_spdm_requester *r)
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
    bool clear = !protecting_session(r);
    spdm_run *l1 = clear ? &r->transcript.l1 : series(r);
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
    step->wake_us = step->now_us + POLL_US;
    return CAMSEAL_OK;
}

static camseal_status send_request(camseal_spdm_requester *r, camseal_step *step)
{
    if (camseal_spdm_request_is_large(r)) {
        camseal_spdm_begin_chunks(r);
        return send_chunk(r, step);
    }
    CAMSEAL_TRY(send(r, step, camseal_spdm_request_sent(r)));
    return request_sent(r);
}

static camseal_status build_and_send(camseal_spdm_requester *r, camseal_step *step)
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
static camseal_status send_again(camseal_spdm_requester *r, camseal_step *step)
{
    if (camseal_spdm_chunks_active(r))
        return send_chunk(r, step);
    if (!r->respond_if_ready)
        return send_request(r, step);
    uint8_t message[SPDM_HEADER_BYTES];
    camseal_writer w = camseal_writer_of(message, sizeof message);
    camseal_spdm_write_header(&w, r->shape.version, SPDM_RESPOND_IF_READY,
                              camseal_spdm_row((enum spdm_op)r->op)->request, r->token);
    CAMSEAL_TRY(send(r, step, camseal_span_of(message, w.len)));
    return r->operation->sent ? r->operation->sent(r) : CAMSEAL_OK;
}

/* ---- ERROR ---------------------------------------------------------------------------------- */

static camseal_status delay(camseal_spdm_requester *r, const camseal_step *step, uint64_t us,
                            bool respond_if_ready)
{
    uint8_t most = respond_if_ready ? DEFERRALS_MAX : RETRIES_MAX;
    if (r->retries++ >= most)
        return camseal_spdm_reject(r, CAMSEAL_E_TIMEOUT, "the peer stays busy", most, r->retries);
    r->phase = SPDM_PHASE_DELAY;
    r->respond_if_ready = respond_if_ready;
    r->deadline_us = step->now_us + us;
    return CAMSEAL_OK;
}

static camseal_status not_ready(camseal_spdm_requester *r, const camseal_step *step,
                                const spdm_error *e)
{
    spdm_not_ready n;
    uint8_t request = camseal_spdm_row((enum spdm_op)r->op)->request;
    if (r->op <= SPDM_OP_ALGORITHMS)
        return camseal_spdm_reject(r, CAMSEAL_E_UNEXPECTED, "ResponseNotReady while negotiating", 0,
                                   e->code);
    if (camseal_spdm_read_not_ready(e, &n) != CAMSEAL_OK)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "illegal ResponseNotReady", 4,
                                   e->extended.len);
    if (n.request_code != request)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "ResponseNotReady for another request",
                                   request, n.request_code);
    if (n.rdt_exponent > RDT_EXPONENT_LAST)
        return camseal_spdm_reject(r, CAMSEAL_E_TIMEOUT, "RDTExponent is too long to wait",
                                   RDT_EXPONENT_LAST, n.rdt_exponent);
    r->token = n.token;
    return delay(r, step, UINT64_C(1) << n.rdt_exponent, true);
}

static camseal_status handle_error(camseal_spdm_requester *r, const camseal_step *step,
                                   camseal_span message)
{
    spdm_error e;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_error(&reader, &e));
    if (e.code == SPDM_ERR_BUSY)
        return delay(r, step, BUSY_DELAY_US, r->respond_if_ready);
    if (e.code == SPDM_ERR_NOT_READY)
        return not_ready(r, step, &e);
    if (e.code == SPDM_ERR_LARGE_RESPONSE)
        return camseal_spdm_large_response(r, &e);
    if (r->config.answerer && r->config.answerer->with->nothing(r, e.code))
        return CAMSEAL_OK;
    r->failure.peer_error = e.code;
    return camseal_spdm_reject(r, CAMSEAL_E_PEER_ERROR, camseal_spdm_error_name(e.code), 0, e.code);
}

/* ---- receiving ------------------------------------------------------------------------------ */

/* The SPDM message of what came in: as it is, or out of the record of the session that is used. */
static camseal_status unprotect(camseal_spdm_requester *r, const camseal_step *step,
                                camseal_span *message)
{
    spdm_session *s = protecting_session(r);
    *message = step->in;
    if (step->in_secured != (s != NULL))
        return camseal_spdm_reject(r, CAMSEAL_E_UNEXPECTED,
                                   s ? "an unprotected answer to a protected request"
                                     : "a protected answer to a clear request",
                                   s != NULL, step->in_secured);
    if (!s)
        return CAMSEAL_OK;
    const spdm_record rec = {r->config.crypto, r->algorithms.aead, r->config.binding, s->id,
                             s->aead_limit};
    const spdm_schedule k = camseal_spdm_requester_schedule(r);
    camseal_mspan plain =
        camseal_mspan_of(r->rx, (size_t)camseal_spdm_req_transfer(r) + SPDM_RECORD_OVERHEAD_MAX);
    r->response_len = step->in.len < plain.len ? step->in.len : plain.len;
    camseal_status status =
        camseal_spdm_session_open(&rec, &k, s, SPDM_ROLE_RESPONDER, step->in, plain, message);
    return status == CAMSEAL_OK ? status
                                : camseal_spdm_reject(r, status, "the record does not open", 0, 0);
}

/* ERROR may still carry 1.0 while the version is negotiated. */
static bool version_fits(const camseal_spdm_requester *r, const spdm_header *h)
{
    uint8_t expected = r->op == SPDM_OP_VERSION ? (uint8_t)SPDM_VERSION_10 : r->shape.version;
    if (h->code == SPDM_ERROR && r->op <= SPDM_OP_CAPABILITIES && h->version == SPDM_VERSION_10)
        return true;
    return h->version == expected;
}

/* A response reads to its end before it changes anything: what is left may be padding. */
static camseal_status accept_unpadded(camseal_spdm_requester *r, const camseal_step *step,
                                      camseal_span message)
{
    size_t padding = 0;
    camseal_status status = r->operation->accept(r, message);
    while (status == CAMSEAL_E_TRAILING && !step->in_secured &&
           camseal_spdm_unpad(r->config.binding, &message, &padding))
        status = r->operation->accept(r, message);
    return status;
}

static camseal_status accept(camseal_spdm_requester *r, const camseal_step *step,
                             camseal_span message)
{
    const spdm_row *row = camseal_spdm_row((enum spdm_op)r->op);
    camseal_reader reader = camseal_reader_of(message);
    spdm_header h = camseal_spdm_read_header(&reader);
    CAMSEAL_TRY(camseal_reader_ok(&reader));
    if (!version_fits(r, &h))
        return camseal_spdm_reject(r, CAMSEAL_E_VERSION, "not the version of this connection",
                                   r->shape.version, h.version);
    if (h.code == SPDM_ERROR)
        return handle_error(r, step, message);
    if (h.code != row->response)
        return camseal_spdm_reject(r, CAMSEAL_E_UNEXPECTED, "not the response to the request",
                                   row->response, h.code);
    bool first = r->op > SPDM_OP_ALGORITHMS;
    CAMSEAL_TRY(accept_unpadded(r, step, message));
    if (first)
        r->first = false;
    camseal_trace_event(r->config.trace, CAMSEAL_OK, "spdm", camseal_spdm_code_name(row->response),
                        NULL, 0, 0);
    return CAMSEAL_OK;
}

static uint64_t answer_time(const camseal_spdm_requester *r)
{
    uint64_t ct = UINT64_C(1) << r->peer_ct;
    bool crypto = camseal_spdm_row((enum spdm_op)r->op)->notes & SPDM_ROW_CRYPTO;
    return r->config.timeout_us + (crypto && ct > ST1_US ? ct : ST1_US);
}

static camseal_status await_answer(camseal_spdm_requester *r, camseal_step *step)
{
    if (!r->armed) {
        r->deadline_us = step->now_us + answer_time(r);
        r->armed = true;
    }
    if (step->now_us >= r->deadline_us)
        return camseal_spdm_reject(r, CAMSEAL_E_TIMEOUT, "no answer in time", answer_time(r), 0);
    step->next = CAMSEAL_NEXT_RECV;
    step->wake_us = r->deadline_us;
    return CAMSEAL_OK;
}

static camseal_status take_answer(camseal_spdm_requester *r, camseal_step *step)
{
    camseal_span message;
    CAMSEAL_TRY(unprotect(r, step, &message));
    camseal_trace_message(r->config.trace, "spdm", false, message);
    spdm_session *s = camseal_spdm_current(r);
    if (s)
        s->last_us = step->now_us;
    if (camseal_spdm_chunks_active(r)) {
        CAMSEAL_TRY(camseal_spdm_chunk_answer(r, &message));
        if (message.len == 0)
            return CAMSEAL_OK;
    }
    camseal_status status = accept(r, step, message);
    if (r->transfers)
        r->transfers->fetched = false;
    return status;
}

/* ---- stepping ------------------------------------------------------------------------------- */

/* What was said in a session may itself be a key. */
static void forget_messages(camseal_spdm_requester *r)
{
    camseal_spdm_drop_chunks(r);
    camseal_wipe(r->tx, r->request_len);
    camseal_wipe(r->rx, r->response_len);
    r->request_len = 0;
    r->response_len = 0;
}

/* What can go on at once goes on: the next request follows its predecessor's answer in one step. */
static camseal_status go_on(camseal_spdm_requester *r, camseal_step *step)
{
    if (!r->operation) {
        forget_messages(r);
        step->next = CAMSEAL_NEXT_DONE;
        return CAMSEAL_OK;
    }
    if (r->phase == SPDM_PHASE_BUILD || r->phase == SPDM_PHASE_SIGN)
        return build_and_send(r, step);
    if (r->phase == SPDM_PHASE_ANSWER) /* not yet: more chunks are due */
        return send_chunk(r, step);
    if (r->phase == SPDM_PHASE_DELAY && step->now_us >= r->deadline_us)
        return send_again(r, step);
    step->next = CAMSEAL_NEXT_WAIT;
    step->wake_us = r->phase == SPDM_PHASE_DELAY ? r->deadline_us : step->now_us + POLL_US;
    return CAMSEAL_OK;
}

static camseal_status advance(camseal_spdm_requester *r, camseal_step *step)
{
    if (r->phase == SPDM_PHASE_ANSWER) {
        if (step->in.len == 0)
            return await_answer(r, step);
        CAMSEAL_TRY(take_answer(r, step));
    } else if (r->phase == SPDM_PHASE_VERIFY) {
        CAMSEAL_TRY(camseal_spdm_req_chain(r));
    }
    return go_on(r, step);
}

/* Nothing is lost but the answer: a genuine ERROR, or a response too long for the caller. Keys that
 * one side may have changed and the other not are lost. */
static bool survives(camseal_spdm_requester *r, camseal_status status)
{
    const spdm_session *s = camseal_spdm_current(r);
    uint8_t error = r->failure.peer_error;
    bool settled = !s || (s->state == SPDM_SESSION_ESTABLISHED && !s->old[SPDM_DIR_REQ].kept &&
                          !s->old[SPDM_DIR_RSP].kept);
    if (!settled || r->op <= SPDM_OP_CHALLENGE || r->op == SPDM_OP_END_SESSION)
        return false;
    if (status == CAMSEAL_E_SPACE)
        return true;
    return status == CAMSEAL_E_PEER_ERROR && error != SPDM_ERR_DECRYPT &&
           error != SPDM_ERR_SESSION_TERMINATED && error != SPDM_ERR_RESYNCH;
}

/* What is wiped with a failed operation: nothing, a session, or the connection. */
static void lose(camseal_spdm_requester *r, camseal_status status)
{
    spdm_run *l1 = series(r);
    if (l1 && status != CAMSEAL_E_SPACE) /* the peer knows nothing of our lack of room */
        camseal_spdm_run_drop(&r->transcript, l1);
    if (survives(r, status))
        return;
    if (r->session == SPDM_NO_SESSION_USED || r->failure.peer_error == SPDM_ERR_RESYNCH)
        camseal_spdm_requester_reset(r);
    else
        camseal_spdm_session_wipe(&r->transcript, camseal_spdm_current(r));
}

static camseal_status fail(camseal_spdm_requester *r, camseal_step *step, camseal_status status)
{
    const spdm_row *row = camseal_spdm_row((enum spdm_op)r->op);
    uint8_t code = r->phase <= SPDM_PHASE_SIGN ? row->request : row->response;
    r->failure.status = status;
    r->failure.message = camseal_spdm_code_name(code);
    if (!r->failure.detail)
        r->failure.detail = camseal_status_text(status);
    camseal_trace_event(r->config.trace, status, "spdm", r->failure.message, r->failure.detail,
                        r->failure.expected, r->failure.seen);
    camseal_spdm_drop_kex(r);
    if (r->config.answerer)
        r->config.answerer->with->reset(r);
    lose(r, status);
    forget_messages(r);
    camseal_spdm_next(r, NULL);
    camseal_wipe(step->out.data, step->out.capacity);
    step->out.len = 0;
    step->next = CAMSEAL_NEXT_DONE;
    return status;
}

camseal_status camseal_spdm_requester_step(camseal_spdm_requester *r, camseal_step *step)
{
    step->out.len = 0;
    step->out_secured = false;
    step->next = CAMSEAL_NEXT_DONE;
    step->wake_us = UINT64_MAX;
    if (!r->operation)
        return CAMSEAL_E_STATE;
    if (!step->out.data || step->out.capacity < OUT_MIN)
        return CAMSEAL_E_ARGUMENT;
    camseal_status status = advance(r, step);
    return status < 0 ? fail(r, step, status) : CAMSEAL_OK;
}
