/* SPDM responder: answers that take their time. A request or a response without its signature is
 * kept until the application or the signer is done; a peer that must not just wait is told
 * ResponseNotReady and comes back with RESPOND_IF_READY. */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/error.h"
#include "responder_drive.h"

enum {
    RDTM = 4 /* a deferred answer is kept for so many times the announced wait */
};

static void begin_pending(camseal_spdm_responder *r, const spdm_request *q, size_t len,
                          spdm_handler resume)
{
    spdm_pending *p = &r->pending;
    p->op = (uint8_t)q->op;
    p->session = camseal_spdm_session_index(r, q->session);
    p->target = camseal_spdm_session_index(r, q->target);
    p->len = len;
    p->resume = resume;
}

/* A secured request is already in the message buffer, further in. */
camseal_status camseal_spdm_keep_request(camseal_spdm_responder *r, const spdm_request *q)
{
    if (q->message.len > r->buffer_bytes)
        return CAMSEAL_E_SPACE;
    memmove(r->buffer, q->message.data, q->message.len);
    begin_pending(r, q, q->message.len, q->handle);
    return CAMSEAL_PENDING;
}

void camseal_spdm_begin_signature(camseal_spdm_responder *r, const spdm_request *q, size_t len,
                                  spdm_purpose purpose, const uint8_t *digest, spdm_handler resume)
{
    spdm_pending *p = &r->pending;
    memset(&p->job, 0, sizeof p->job);
    begin_pending(r, q, len, resume);
    p->is_signature = true;
    p->is_signed = false;
    p->job.hash = r->algorithms.hash->id;
    p->job.key = r->identity->key;
    p->job.message =
        camseal_spdm_signed_message(p->signed_message, r->shape.version, purpose,
                                    camseal_span_of(digest, r->algorithms.hash->digest_bytes));
    p->job.context = camseal_spdm_purpose_text(purpose);
    p->job.signature = r->buffer + len;
}

/* The signature may have come while the peer waited. */
static camseal_status poll_signer(camseal_spdm_responder *r)
{
    spdm_pending *p = &r->pending;
    if (p->is_signed)
        return CAMSEAL_OK;
    camseal_status status = r->algorithms.sign->sign(r->config.crypto->user, &p->job);
    p->is_signed = status == CAMSEAL_OK;
    return status;
}

camseal_status camseal_spdm_sign(camseal_spdm_responder *r, spdm_request *q)
{
    camseal_status status = poll_signer(r);
    if (status == CAMSEAL_PENDING)
        return status;
    r->pending.is_signature = false;
    if (status != CAMSEAL_OK)
        return camseal_spdm_refuse_as(q, SPDM_ERR_UNSPECIFIED, status, "the signer failed");
    r->pending.len += r->shape.signature;
    return CAMSEAL_OK;
}

static camseal_status finish_response(camseal_spdm_responder *r, spdm_request *q)
{
    CAMSEAL_TRY(camseal_spdm_sign(r, q));
    camseal_writer_rewind(q->w);
    camseal_write_bytes(q->w, r->buffer, r->pending.len);
    return camseal_writer_end(q->w);
}

camseal_status camseal_spdm_sign_response(camseal_spdm_responder *r, spdm_request *q,
                                          spdm_purpose purpose, const uint8_t *digest)
{
    size_t len = q->w->len;
    CAMSEAL_TRY(camseal_writer_end(q->w));
    CAMSEAL_TRY(camseal_spdm_fits(q, len + r->shape.signature));
    if (len + r->shape.signature > r->buffer_bytes)
        return CAMSEAL_E_SPACE;
    memcpy(r->buffer, q->w->start, len);
    camseal_spdm_begin_signature(r, q, len, purpose, digest, finish_response);
    return finish_response(r, q);
}

/* Lets a handler answer; unless PENDING nothing is pending then. */
camseal_status camseal_spdm_handle(camseal_spdm_responder *r, spdm_request *q, spdm_handler handler)
{
    size_t padding = 0;
    camseal_status status;
    /* A request reads to its end before it changes anything: what is left may be padding. */
    do {
        q->reader = camseal_reader_of(q->message);
        status = handler(r, q);
    } while (status == CAMSEAL_E_TRAILING && !q->session &&
             camseal_spdm_unpad(r->config.binding, &q->message, &padding));
    if (status == CAMSEAL_PENDING)
        return status;
    if (r->pending.op != SPDM_OPS && r->pending.op != (uint8_t)q->op)
        return status; /* a refused GET_VERSION: what is pending goes on */
    camseal_spdm_clear_pending(r);
    return status;
}

/* RESPOND_IF_READY: the deferred request goes on as if it had come now. */
camseal_status camseal_spdm_rsp_respond_if_ready(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_pending *p = &r->pending;
    if (q->message.len > SPDM_HEADER_BYTES)
        return CAMSEAL_E_TRAILING;
    if (!p->deferred || p->session != camseal_spdm_session_index(r, q->session))
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "no answer was deferred here");
    uint8_t code = camseal_spdm_row((enum spdm_op)p->op)->request;
    if (q->header.param1 != code || q->header.param2 != p->token)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "not what was deferred");
    q->op = (enum spdm_op)p->op;
    q->handle = camseal_spdm_find_handler(r, q->op);
    q->header.code = code;
    q->message = camseal_span_of(r->buffer, p->len);
    if (p->target != SPDM_NO_SESSION)
        q->target = &r->sessions[p->target];
    return camseal_spdm_handle(r, q, p->resume);
}

/* Too late for the peer to just wait: ResponseNotReady. */
static bool defers(const camseal_spdm_responder *r, uint64_t now_us)
{
    const spdm_pending *p = &r->pending;
    if (!CAMSEAL_SPDM_DEFERRAL || r->config.defer_exponent == 0)
        return false;
    return p->deferred || now_us - p->since_us >= UINT64_C(1) << r->config.defer_exponent;
}

static void write_not_ready(camseal_spdm_responder *r, const spdm_request *q)
{
    spdm_pending *p = &r->pending;
    const spdm_not_ready n = {r->config.defer_exponent,
                              camseal_spdm_row((enum spdm_op)p->op)->request, ++p->token, RDTM};
    p->deferred = true;
    p->expires_us = q->now_us + ((uint64_t)RDTM << r->config.defer_exponent);
    camseal_writer_rewind(q->w);
    camseal_spdm_write_not_ready(q->w, r->shape.version, &n);
}

/* The handler wants to be asked again; it has kept what it needs. */
camseal_status camseal_spdm_wait_for_answer(camseal_spdm_responder *r, camseal_step *step,
                                            spdm_request *q)
{
    spdm_pending *p = &r->pending;
    if (p->op == SPDM_OPS)
        return CAMSEAL_E_BUG;
    if (!p->waits)
        p->since_us = step->now_us;
    p->waits = true;
    if (!defers(r, step->now_us)) {
        step->next = CAMSEAL_NEXT_WAIT;
        step->wake_us = step->now_us + SPDM_POLL_US;
        return CAMSEAL_OK;
    }
    write_not_ready(r, q);
    q->error = SPDM_ERR_NOT_READY;
    return camseal_spdm_send_answer(r, step, q, CAMSEAL_PENDING);
}

/* Where a record is opened: behind what is kept for a deferred answer. */
camseal_mspan camseal_spdm_plain_room(camseal_spdm_responder *r)
{
    size_t used = 0;
    if (r->pending.op != SPDM_OPS) {
        used = r->pending.len;
        if (r->pending.is_signature)
            used += r->shape.signature;
        used += r->shape.hash; /* ResponderVerifyData */
    }
    if (used > r->buffer_bytes)
        used = r->buffer_bytes;
    return camseal_mspan_of(r->buffer + used, r->buffer_bytes - used);
}

/* The peer was told to come back: meanwhile the signer works on. What nobody fetches stays until
 * another request comes behind its time. */
void camseal_spdm_tend_deferred(camseal_spdm_responder *r)
{
    if (camseal_spdm_is_deferred(r) && r->pending.is_signature)
        (void)poll_signer(r); /* a failure comes again when the answer is fetched */
}
