/* Responder: GET_ENCAPSULATED_REQUEST and DELIVER_ENCAPSULATED_RESPONSE. Knows how a flow begins,
 * goes on and ends; what is asked and what an answer means is the business of responder_inner.c. */
#include "responder_encap.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/encapsulated.h"

enum { FIRST_ID = 1 };

/* ---- flows ------------------------------------------------------------------------------------
 */

void camseal_spdm_flow_arm(camseal_spdm_responder *r, enum spdm_flow flow, uint8_t session,
                           enum spdm_inner first)
{
    spdm_encap_requester *e = r->encap;
    if (e->flow != SPDM_FLOW_NONE) /* an errand that waited: authentication comes first */
        camseal_spdm_flow_end(r, CAMSEAL_E_CLOSED, camseal_span_of(NULL, 0));
    camseal_spdm_run_drop(&r->transcript, &e->run);
    e->flow = (uint8_t)flow;
    e->session = session;
    e->inner = (uint8_t)first;
    e->request_id = FIRST_ID;
    e->started = false;
    e->answered = false;
    e->checking = false;
}

void camseal_spdm_flow_end(camseal_spdm_responder *r, camseal_status status, camseal_span info)
{
    spdm_encap_requester *e = r->encap;
    spdm_errand errand = e->errand;
    bool service = e->flow == SPDM_FLOW_SERVICE;
    camseal_spdm_run_drop(&r->transcript, &e->run);
    memset(&e->errand, 0, sizeof e->errand);
    e->flow = SPDM_FLOW_NONE;
    e->started = false;
    if (service && errand.done)
        errand.done(errand.user, status, info);
}

/* Where a flow's messages travel: in its session, except while that shakes hands in the clear. */
static bool belongs(const camseal_spdm_responder *r, const spdm_request *q)
{
    const spdm_encap_requester *e = r->encap;
    if (e->session == SPDM_NO_SESSION)
        return q->session == NULL;
    const spdm_session *s = &r->sessions[e->session];
    bool clear = s->clear && s->state != SPDM_SESSION_ESTABLISHED;
    return q->session == (clear ? NULL : s);
}

/* An answer that ends the flow, and with it the handshake it was for. */
static camseal_status give_up(camseal_spdm_responder *r, spdm_request *q, camseal_status status)
{
    const spdm_encap_requester *e = r->encap;
    const camseal_span none = {NULL, 0};
    spdm_session *s = e->flow == SPDM_FLOW_SESSION ? &r->sessions[e->session] : NULL;
    bool unproven_key = e->inner == SPDM_INNER_VERIFY_KEY;
    if (e->flow != SPDM_FLOW_SERVICE)
        r->encap->peer.verified = false;
    camseal_spdm_flow_end(r, status, none);
    if (unproven_key || (s && q->session == s))
        q->after = SPDM_AFTER_CLOSE; /* the peer hears why under the keys of the session */
    else if (s)
        camseal_spdm_close_session(r, s);
    return status;
}

/* The inner request, behind what is in `w`. */
static camseal_status write_inner(camseal_spdm_responder *r, camseal_writer *w)
{
    spdm_encap_requester *e = r->encap;
    camseal_writer inner = camseal_writer_of(w->start + w->len, w->capacity - w->len);
    CAMSEAL_TRY(camseal_spdm_inner_rows[e->inner].build(r, &inner));
    CAMSEAL_TRY(camseal_writer_end(&inner));
    (void)camseal_write_reserve(w, inner.len);
    return CAMSEAL_OK;
}

/* ---- GET_ENCAPSULATED_REQUEST ------------------------------------------------------------------
 */

camseal_status camseal_spdm_rsp_get_encapsulated(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_encap_requester *e = r->encap;
    CAMSEAL_TRY(q->message.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    uint8_t nothing =
        r->shape.version >= SPDM_VERSION_13 ? SPDM_ERR_NO_PENDING : SPDM_ERR_UNEXPECTED;
    if (e->flow == SPDM_FLOW_NONE || e->started || !belongs(r, q))
        return camseal_spdm_refuse_as(q, nothing, CAMSEAL_E_UNEXPECTED, "nothing to ask");
    camseal_spdm_write_header(q->w, r->shape.version, SPDM_ENCAPSULATED_REQUEST, e->request_id, 0);
    camseal_status status = write_inner(r, q->w);
    if (status != CAMSEAL_OK)
        return give_up(r, q, status);
    e->started = true;
    return CAMSEAL_OK;
}

/* ---- DELIVER_ENCAPSULATED_RESPONSE -------------------------------------------------------------
 */

/* Whether this is the response to what was asked. An inner ERROR is a refusal of the requester. */
static camseal_status check_response(const camseal_spdm_responder *r, spdm_request *q,
                                     camseal_span inner)
{
    camseal_reader reader = camseal_reader_of(inner);
    spdm_header h = camseal_spdm_read_header(&reader);
    if (h.version != r->shape.version)
        return camseal_spdm_refuse_as(q, SPDM_ERR_INVALID_RESPONSE_CODE, CAMSEAL_E_VERSION,
                                      "an inner response of another version");
    if (h.code == SPDM_ERROR)
        return camseal_spdm_refuse_as(q, SPDM_ERR_INVALID_RESPONSE_CODE, CAMSEAL_E_PEER_ERROR,
                                      "the requester refuses an encapsulated request");
    if (h.code != camseal_spdm_inner_rows[r->encap->inner].response)
        return camseal_spdm_refuse_as(q, SPDM_ERR_INVALID_RESPONSE_CODE, CAMSEAL_E_UNEXPECTED,
                                      "not the response to the encapsulated request");
    return CAMSEAL_OK;
}

/* The flow is over: its last word. Slot 0 need not be named. */
static camseal_status write_end(camseal_spdm_responder *r, spdm_request *q, uint8_t acked)
{
    spdm_encap_requester *e = r->encap;
    spdm_encapsulated_ack ack = {.acked_id = acked, .payload = SPDM_ACK_END};
    if (e->flow == SPDM_FLOW_SESSION) {
        r->sessions[e->session].req_slot = e->peer.slot;
        e->known = (uint8_t)(e->known | 1u << e->session);
        ack.payload = e->peer.slot ? SPDM_ACK_SLOT : SPDM_ACK_END;
        ack.slot = e->peer.slot;
    }
    camseal_spdm_write_encapsulated_ack(q->w, r->shape.version, &ack);
    if (e->flow != SPDM_FLOW_NONE) /* an errand has ended it already */
        camseal_spdm_flow_end(r, CAMSEAL_OK, camseal_span_of(NULL, 0));
    return camseal_writer_end(q->w);
}

static camseal_status acknowledge(camseal_spdm_responder *r, spdm_request *q, uint8_t acked)
{
    spdm_encap_requester *e = r->encap;
    if (e->inner == SPDM_INNERS)
        return write_end(r, q, acked);
    e->request_id = (uint8_t)(acked + 1u);
    const spdm_encapsulated_ack ack = {
        .request_id = e->request_id, .acked_id = acked, .payload = SPDM_ACK_REQUEST};
    camseal_spdm_write_encapsulated_ack(q->w, r->shape.version, &ack);
    return write_inner(r, q->w);
}

/* With MutAuthRequested 4 the requester begins, with DIGESTS and RequestID 0. */
static bool awaited(const camseal_spdm_responder *r, const spdm_request *q)
{
    const spdm_encap_requester *e = r->encap;
    return e->flow != SPDM_FLOW_NONE && e->started && belongs(r, q);
}

/* The requester need not do what the application asks for; that ends the errand, and nothing else.
 */
static camseal_status take_refusal(camseal_spdm_responder *r, spdm_request *q, uint8_t acked)
{
    q->error = 0;
    camseal_spdm_flow_end(r, CAMSEAL_E_PEER_ERROR, camseal_span_of(NULL, 0));
    return write_end(r, q, acked);
}

camseal_status camseal_spdm_rsp_deliver(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_encap_requester *e = r->encap;
    spdm_encapsulated m;
    if (!awaited(r, q))
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "nothing was asked");
    CAMSEAL_TRY(camseal_spdm_read_encapsulated(&q->reader, &m));
    if (m.request_id != e->request_id)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "not the RequestID that was asked");
    camseal_status status = check_response(r, q, m.inner);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_inner_rows[e->inner].accept(r, q, m.inner);
    if (status == CAMSEAL_PENDING)
        return camseal_spdm_keep_request(r, q);
    if (status == CAMSEAL_E_PEER_ERROR && e->flow == SPDM_FLOW_SERVICE &&
        e->inner != SPDM_INNER_VERIFY_KEY)
        return take_refusal(r, q, m.request_id);
    e->answered = true;
    if (status == CAMSEAL_OK)
        status = acknowledge(r, q, m.request_id);
    return status == CAMSEAL_OK ? status : give_up(r, q, status);
}

/* ---- what a flow means for others --------------------------------------------------------------
 */

bool camseal_spdm_flow_blocks(const camseal_spdm_responder *r, const spdm_request *q)
{
    const spdm_encap_requester *e = r->encap;
    if (q->op == SPDM_OP_GET_ENCAPSULATED || q->op == SPDM_OP_DELIVER_ENCAPSULATED ||
        q->op == SPDM_OP_VERSION || q->op == SPDM_OP_CHUNK_SEND || q->op == SPDM_OP_CHUNK_GET ||
        q->op == SPDM_OP_RESPOND_IF_READY)
        return false;
    return e->flow != SPDM_FLOW_NONE && (e->started || e->flow != SPDM_FLOW_SERVICE);
}

void camseal_spdm_flow_forget(camseal_spdm_responder *r, uint8_t session)
{
    spdm_encap_requester *e = r->encap;
    bool all = session == SPDM_NO_SESSION;
    if (e->flow != SPDM_FLOW_NONE && (all || session == e->session))
        camseal_spdm_flow_end(r, CAMSEAL_E_CLOSED, camseal_span_of(NULL, 0));
    if (!all) {
        e->known = (uint8_t)(e->known & ~(1u << session));
        return;
    }
    e->known = 0;
    e->checking = false;
    camseal_wipe(e->peer.bytes, e->peer.capacity);
    e->peer = (spdm_peer_chain){.bytes = e->peer.bytes, .capacity = e->peer.capacity};
}
