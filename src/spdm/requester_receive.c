/* SPDM requester: awaits the answer to a request, opens it, lets the operation accept it; what each
 * ERROR leads to. Knows the times of DSP0274; trusts no byte of the peer. */
#include "base/try.h"
#include "repeat.h"
#include "requester_chunk.h"
#include "requester_drive.h"

enum {
    ST1_US = 100000, /* DSP0274 timing: answers without cryptography */
    BUSY_DELAY_US = 100000,
    BUSY_EXPONENT = 17, /* 2^17 us are more */
    RETRIES_MAX = 4,
    DEFERRALS_MAX = 40,     /* a signer may need longer than it says */
    RDT_EXPONENT_LAST = 25, /* half a minute: no signer is slower           */
    DOE_PADDING_MAX = 3
};

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
    r->rdt_exponent = n.rdt_exponent;
    return delay(r, step, UINT64_C(1) << n.rdt_exponent, true);
}

/* What was deferred is kept for some times 2^RDTExponent only: at first back as soon, then later.
 */
static camseal_status busy(camseal_spdm_requester *r, const camseal_step *step)
{
    uint64_t us = BUSY_DELAY_US;
    unsigned exponent = (unsigned)r->rdt_exponent + r->retries - 1u;
    if (r->respond_if_ready && exponent < BUSY_EXPONENT)
        us = UINT64_C(1) << exponent;
    return delay(r, step, us, r->respond_if_ready);
}

static camseal_status handle_error(camseal_spdm_requester *r, const camseal_step *step,
                                   camseal_span message)
{
    spdm_error e;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_error(&reader, &e));
    bool padded = !step->in_secured && r->config.binding->inner == CAMSEAL_SPDM_INNER_NONE;
    if (reader.left > (padded ? (size_t)DOE_PADDING_MAX : 0))
        return CAMSEAL_E_TRAILING;
    if (e.code == SPDM_ERR_BUSY)
        return busy(r, step);
    if (e.code == SPDM_ERR_NOT_READY)
        return not_ready(r, step, &e);
    if (e.code == SPDM_ERR_LARGE_RESPONSE)
        return camseal_spdm_large_response(r, &e);
    if (r->config.answerer && r->config.answerer->with->nothing(r, e.code))
        return CAMSEAL_OK;
    r->failure.peer_error = e.code;
    r->failure.peer_data = e.data;
    return camseal_spdm_reject(r, CAMSEAL_E_PEER_ERROR, camseal_spdm_error_name(e.code), 0, e.code);
}

/* ---- answers -------------------------------------------------------------------------------- */

/* The SPDM message of what came in: as it is, or out of the record of the session that is used. */
static camseal_status unprotect(camseal_spdm_requester *r, const camseal_step *step,
                                camseal_span *message)
{
    spdm_session *s = camseal_spdm_protecting(r);
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
    size_t used = step->in.len < plain.len ? step->in.len : plain.len;
    if (used > r->response_len) /* the last chunk is the shortest */
        r->response_len = used;
    camseal_status status =
        camseal_spdm_session_open(&rec, &k, s, SPDM_ROLE_RESPONDER, step->in, plain, message);
    return status == CAMSEAL_OK ? status
                                : camseal_spdm_reject(r, status, "the record does not open", 0, 0);
}

/* ERROR may still carry 1.0 while the version is negotiated, and again when the peer has lost it.
 */
static bool version_fits(const camseal_spdm_requester *r, const spdm_header *h)
{
    uint8_t expected = r->op == SPDM_OP_VERSION ? (uint8_t)SPDM_VERSION_10 : r->shape.version;
    bool early = r->op <= SPDM_OP_CAPABILITIES || h->param1 == SPDM_ERR_RESYNCH;
    if (h->code == SPDM_ERROR && early && h->version == SPDM_VERSION_10)
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

bool camseal_spdm_is_copy(camseal_spdm_requester *r, const camseal_step *step)
{
    spdm_resend *s = &r->resend;
    if (s->copies == 0 || camseal_spdm_fingerprint(step->in) != s->accepted)
        return false;
    s->copies--;
    return true;
}

static uint64_t later(uint64_t us, uint64_t by)
{
    return by < UINT64_MAX - us ? us + by : UINT64_MAX;
}

static uint64_t answer_time(const camseal_spdm_requester *r)
{
    uint64_t ct = UINT64_C(1) << r->peer_ct;
    bool crypto = camseal_spdm_row((enum spdm_op)r->op)->notes & SPDM_ROW_CRYPTO;
    return later(r->config.timeout_us, crypto && ct > ST1_US ? ct : ST1_US);
}

camseal_status camseal_spdm_await_answer(camseal_spdm_requester *r, camseal_step *step)
{
    if (!r->armed) {
        r->deadline_us = later(step->now_us, answer_time(r));
        r->armed = true;
    }
    if (step->now_us >= r->deadline_us && r->resend.times < r->config.retries)
        return camseal_spdm_resend(r, step);
    if (step->now_us >= r->deadline_us)
        return camseal_spdm_reject(r, CAMSEAL_E_TIMEOUT, "no answer in time", answer_time(r), 0);
    step->next = CAMSEAL_NEXT_RECV;
    step->wake_us = r->deadline_us;
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_take_answer(camseal_spdm_requester *r, camseal_step *step)
{
    camseal_span message;
    CAMSEAL_TRY(unprotect(r, step, &message));
    r->resend.copies = r->resend.times;
    if (r->resend.copies)
        r->resend.accepted = camseal_spdm_fingerprint(step->in);
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
