/* SPDM requester: sends one request, awaits its response, lets the operation accept it. Knows time,
 * retries, protection and what dies on a failure; trusts no byte of the peer. */
#include "requester.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"

enum {
    ST1_US = 100000, /* DSP0274 timing: answers without cryptography */
    BUSY_DELAY_US = 100000,
    POLL_US = 1000, /* how soon to ask a slow chain check again */
    RETRIES_MAX = 4,
    RDT_EXPONENT_LAST = 25, /* half a minute: no signer is slower           */
    OUT_MIN = SPDM_RECORD_OVERHEAD_MAX + SPDM_HEADER_BYTES
};

typedef struct operation {
    spdm_build build;
    spdm_accept accept;
} operation;

static const operation operations[SPDM_OPS] = {
    [SPDM_OP_VERSION] = {camseal_spdm_req_version, camseal_spdm_req_version_rsp},
    [SPDM_OP_CAPABILITIES] = {camseal_spdm_req_capabilities, camseal_spdm_req_capabilities_rsp},
    [SPDM_OP_ALGORITHMS] = {camseal_spdm_req_algorithms, camseal_spdm_req_algorithms_rsp},
    [SPDM_OP_DIGESTS] = {camseal_spdm_req_digests, camseal_spdm_req_digests_rsp},
    [SPDM_OP_CERTIFICATE] = {camseal_spdm_req_certificate, camseal_spdm_req_certificate_rsp},
    [SPDM_OP_CHALLENGE] = {camseal_spdm_req_challenge, camseal_spdm_req_challenge_rsp},
    [SPDM_OP_KEY_EXCHANGE] = {camseal_spdm_req_key_exchange, camseal_spdm_req_key_exchange_rsp},
    [SPDM_OP_FINISH] = {camseal_spdm_req_finish, camseal_spdm_req_finish_rsp},
    [SPDM_OP_VENDOR] = {camseal_spdm_req_vendor, camseal_spdm_req_vendor_rsp},
    [SPDM_OP_HEARTBEAT] = {camseal_spdm_req_bare, camseal_spdm_req_heartbeat_rsp},
    [SPDM_OP_END_SESSION] = {camseal_spdm_req_bare, camseal_spdm_req_end_session_rsp},
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
    uint8_t message[SPDM_SIGNED_MAX];
    camseal_span signed_message = camseal_spdm_signed_message(
        message, r->shape.version, purpose, camseal_span_of(digest, r->shape.hash));
    camseal_status status = r->algorithms.sign->verify(
        r->config.crypto->user, r->algorithms.hash->id, r->leaf_spki, signed_message, signature);
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

void camseal_spdm_next(camseal_spdm_requester *r, enum spdm_op op)
{
    r->op = (uint8_t)op;
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

static spdm_session *session_of(camseal_spdm_requester *r)
{
    return r->session == SPDM_NO_SESSION_USED ? NULL : &r->sessions[r->session];
}

/* The session that protects the present exchange: KEY_EXCHANGE itself goes in clear. */
static spdm_session *protecting_session(camseal_spdm_requester *r)
{
    return r->op == SPDM_OP_KEY_EXCHANGE ? NULL : session_of(r);
}

/* ---- sending -------------------------------------------------------------------------------- */

static camseal_status send(camseal_spdm_requester *r, camseal_step *step, camseal_span message)
{
    spdm_session *s = protecting_session(r);
    size_t lead = s ? camseal_spdm_record_lead(r->config.binding) : 0;
    if (message.len > step->out.capacity - lead)
        return camseal_spdm_reject(r, CAMSEAL_E_SPACE, "the caller's buffer is too short",
                                   message.len + lead, step->out.capacity);
    camseal_trace_message(r->config.trace, "spdm", true, message);
    memcpy(step->out.data + lead, message.data, message.len);
    step->out.len = message.len;
    if (s) {
        const spdm_record rec = {r->config.crypto, r->algorithms.aead, r->config.binding, s->id};
        step->out_secured = true;
        CAMSEAL_TRY(camseal_spdm_record_seal(
            &rec, camseal_spdm_session_send_keys(s, SPDM_ROLE_REQUESTER), &step->out, message.len));
    }
    r->phase = SPDM_PHASE_ANSWER;
    r->armed = false;
    step->next = CAMSEAL_NEXT_SEND;
    return CAMSEAL_OK;
}

static camseal_status build_and_send(camseal_spdm_requester *r, camseal_step *step)
{
    size_t limit = r->peer_limit < r->config.max_message ? r->peer_limit : r->config.max_message;
    camseal_writer w = camseal_writer_of(r->tx, limit);
    CAMSEAL_TRY(operations[r->op].build(r, &w));
    if (camseal_writer_end(&w) != CAMSEAL_OK)
        return camseal_spdm_reject(
            r, CAMSEAL_E_SPACE, "the request is longer than the peer's DataTransferSize", limit, 0);
    r->request_len = w.len;
    return send(r, step, camseal_spdm_request_sent(r));
}

/* After the wait: the same request again, or RESPOND_IF_READY for it. */
static camseal_status send_again(camseal_spdm_requester *r, camseal_step *step)
{
    if (!r->respond_if_ready)
        return send(r, step, camseal_spdm_request_sent(r));
    uint8_t message[SPDM_HEADER_BYTES];
    camseal_writer w = camseal_writer_of(message, sizeof message);
    camseal_spdm_write_header(&w, r->shape.version, SPDM_RESPOND_IF_READY,
                              camseal_spdm_row((enum spdm_op)r->op)->request, r->token);
    return send(r, step, camseal_span_of(message, w.len));
}

/* ---- ERROR ---------------------------------------------------------------------------------- */

static camseal_status delay(camseal_spdm_requester *r, const camseal_step *step, uint64_t us,
                            bool respond_if_ready)
{
    if (r->retries++ >= RETRIES_MAX)
        return camseal_spdm_reject(r, CAMSEAL_E_TIMEOUT, "the peer stays busy", RETRIES_MAX,
                                   r->retries);
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
    const spdm_record rec = {r->config.crypto, r->algorithms.aead, r->config.binding, s->id};
    camseal_mspan plain =
        camseal_mspan_of(r->rx, (size_t)r->config.max_message + SPDM_RECORD_OVERHEAD_MAX);
    r->response_len = step->in.len < plain.len ? step->in.len : plain.len;
    camseal_status status = camseal_spdm_record_open(
        &rec, camseal_spdm_session_receive_keys(s, SPDM_ROLE_REQUESTER), step->in, plain, message);
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
    CAMSEAL_TRY(operations[r->op].accept(r, message));
    camseal_trace_event(r->config.trace, CAMSEAL_OK, "spdm", camseal_spdm_code_name(row->response),
                        NULL, 0, 0);
    return CAMSEAL_OK;
}

static uint64_t answer_time(const camseal_spdm_requester *r)
{
    uint64_t ct = UINT64_C(1) << r->peer_ct;
    bool crypto = camseal_spdm_row((enum spdm_op)r->op)->crypto;
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
    return accept(r, step, message);
}

/* ---- stepping ------------------------------------------------------------------------------- */

/* What was said in a session may itself be a key. */
static void forget_messages(camseal_spdm_requester *r)
{
    camseal_wipe(r->tx, r->request_len);
    camseal_wipe(r->rx, r->response_len);
    r->request_len = 0;
    r->response_len = 0;
}

/* What can go on at once goes on: the next request follows its predecessor's answer in one step. */
static camseal_status go_on(camseal_spdm_requester *r, camseal_step *step)
{
    if (r->op == SPDM_OPS) {
        forget_messages(r);
        step->next = CAMSEAL_NEXT_DONE;
        return CAMSEAL_OK;
    }
    if (r->phase == SPDM_PHASE_BUILD)
        return build_and_send(r, step);
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

/* A session survives what it carried intact: a genuine ERROR, or a response too long for the
 * caller. */
static bool session_survives(const camseal_spdm_requester *r, camseal_status status)
{
    if (r->op != SPDM_OP_VENDOR && r->op != SPDM_OP_HEARTBEAT)
        return false;
    if (status == CAMSEAL_E_SPACE)
        return true;
    return status == CAMSEAL_E_PEER_ERROR && r->failure.peer_error != SPDM_ERR_DECRYPT &&
           r->failure.peer_error != SPDM_ERR_SESSION_TERMINATED;
}

static camseal_status fail(camseal_spdm_requester *r, camseal_step *step, camseal_status status)
{
    const spdm_row *row = camseal_spdm_row((enum spdm_op)r->op);
    uint8_t code = r->phase == SPDM_PHASE_BUILD ? row->request : row->response;
    r->failure.status = status;
    r->failure.message = camseal_spdm_code_name(code);
    if (!r->failure.detail)
        r->failure.detail = camseal_status_text(status);
    camseal_trace_event(r->config.trace, status, "spdm", r->failure.message, r->failure.detail,
                        r->failure.expected, r->failure.seen);
    camseal_spdm_drop_kex(r);
    if (r->session == SPDM_NO_SESSION_USED)
        camseal_spdm_requester_reset(r);
    else if (!session_survives(r, status))
        camseal_spdm_session_wipe(&r->transcript, session_of(r));
    forget_messages(r);
    r->op = SPDM_OPS;
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
    if (r->op == SPDM_OPS)
        return CAMSEAL_E_STATE;
    if (!step->out.data || step->out.capacity < OUT_MIN)
        return CAMSEAL_E_ARGUMENT;
    camseal_status status = advance(r, step);
    return status < 0 ? fail(r, step, status) : CAMSEAL_OK;
}
