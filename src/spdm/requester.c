/* SPDM requester: what its operations share, how it steps, and what dies on a failure. */
#include "requester.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "requester_chunk.h"
#include "requester_drive.h"

enum { OUT_MIN = SPDM_RECORD_OVERHEAD_MAX + SPDM_HEADER_BYTES };

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

bool camseal_spdm_is_held(const camseal_spdm_requester *r)
{
    return r->hold && r->phase == SPDM_PHASE_BUILD &&
           camseal_spdm_row((enum spdm_op)r->op)->request == r->hold;
}

/* What can go on at once goes on: the next request follows its predecessor's answer in one step. */
static camseal_status go_on(camseal_spdm_requester *r, camseal_step *step)
{
    if (!r->operation) {
        forget_messages(r);
        step->next = CAMSEAL_NEXT_DONE;
        return CAMSEAL_OK;
    }
    if (camseal_spdm_is_held(r)) {
        step->next = CAMSEAL_NEXT_WAIT;
        return CAMSEAL_OK;
    }
    if (r->phase == SPDM_PHASE_BUILD || r->phase == SPDM_PHASE_SIGN)
        return camseal_spdm_build_and_send(r, step);
    if (r->phase == SPDM_PHASE_ANSWER) /* not yet: more chunks are due */
        return camseal_spdm_send_chunk(r, step);
    if (r->phase == SPDM_PHASE_DELAY && step->now_us >= r->deadline_us)
        return camseal_spdm_send_again(r, step);
    step->next = CAMSEAL_NEXT_WAIT;
    step->wake_us = r->phase == SPDM_PHASE_DELAY ? r->deadline_us : step->now_us + SPDM_POLL_US;
    return CAMSEAL_OK;
}

static camseal_status advance(camseal_spdm_requester *r, camseal_step *step)
{
    if (r->phase == SPDM_PHASE_ANSWER) {
        if (step->in.len == 0 || camseal_spdm_is_copy(r, step))
            return camseal_spdm_await_answer(r, step);
        CAMSEAL_TRY(camseal_spdm_take_answer(r, step));
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
    spdm_run *l1 = camseal_spdm_series(r);
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
