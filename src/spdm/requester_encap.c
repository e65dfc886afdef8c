/* Requester: GET_ENCAPSULATED_REQUEST and DELIVER_ENCAPSULATED_RESPONSE. Knows how a flow begins,
 * goes on and ends; what is answered is the business of requester_answers.c. */
#include "requester_encap.h"
#include "base/secret.h"
#include "base/try.h"
#include "msg/encapsulated.h"
#include "msg/short.h"
#include "requester.h"

/* A chain of 64 KB in the smallest portions takes fewer. */
enum { REQUESTS_MAX = 4096 };

static camseal_status build_get(camseal_spdm_requester *r, camseal_writer *w);
static camseal_status accept_get(camseal_spdm_requester *r, camseal_span message);
static camseal_status build_deliver(camseal_spdm_requester *r, camseal_writer *w);
static camseal_status accept_deliver(camseal_spdm_requester *r, camseal_span message);

static const spdm_operation get = {SPDM_OP_GET_ENCAPSULATED, build_get, accept_get, NULL};
static const spdm_operation deliver = {SPDM_OP_DELIVER_ENCAPSULATED, build_deliver, accept_deliver,
                                       NULL};

/* ---- GET_ENCAPSULATED_REQUEST -----------------------------------------------------------------
 */

static camseal_status build_get(camseal_spdm_requester *r, camseal_writer *w)
{
    camseal_spdm_write_bare(w, r->shape.version, SPDM_GET_ENCAPSULATED_REQUEST);
    return CAMSEAL_OK;
}

static camseal_status accept_get(camseal_spdm_requester *r, camseal_span message)
{
    spdm_encapsulated m;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_encapsulated(&reader, &m));
    r->encap.request_id = m.request_id;
    r->encap.inner = m.inner;
    camseal_spdm_next(r, &deliver);
    return CAMSEAL_OK;
}

/* ---- DELIVER_ENCAPSULATED_RESPONSE ------------------------------------------------------------
 */

static camseal_status build_deliver(camseal_spdm_requester *r, camseal_writer *w)
{
    if (!r->encap.signature.busy)
        camseal_spdm_write_header(w, r->shape.version, SPDM_DELIVER_ENCAPSULATED_RESPONSE,
                                  r->encap.request_id, 0);
    return camseal_spdm_answer_inner(r, w);
}

/* The responder has no more to ask. */
static void end_flow(camseal_spdm_requester *r, uint8_t slot)
{
    enum spdm_flow flow = (enum spdm_flow)r->encap.flow;
    camseal_spdm_encap_reset(r);
    if (flow == SPDM_FLOW_CHALLENGE)
        r->connected = r->trusted = true;
    if (flow == SPDM_FLOW_SESSION)
        camseal_spdm_current(r)->req_slot = slot;
    camseal_spdm_next(r, flow == SPDM_FLOW_SESSION ? &camseal_spdm_req_finish : NULL);
}

static camseal_status accept_deliver(camseal_spdm_requester *r, camseal_span message)
{
    spdm_encap_responder *e = &r->encap;
    spdm_encapsulated_ack m;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_encapsulated_ack(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    if (m.acked_id != e->request_id)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "another request is acknowledged",
                                   e->request_id, m.acked_id);
    e->answered++;
    if (e->report)
        *e->report = e->answered;
    if (m.payload != SPDM_ACK_REQUEST) {
        end_flow(r, m.payload == SPDM_ACK_SLOT ? m.slot : 0);
        return CAMSEAL_OK;
    }
    if (e->answered >= REQUESTS_MAX)
        return camseal_spdm_reject(r, CAMSEAL_E_LIMIT, "the responder asks without end",
                                   REQUESTS_MAX, e->answered);
    e->request_id = m.request_id;
    e->inner = m.inner;
    camseal_spdm_next(r, &deliver);
    return CAMSEAL_OK;
}

/* ---- how flows begin and end -------------------------------------------------------------------
 */

void camseal_spdm_encap_reset(camseal_spdm_requester *r)
{
    camseal_spdm_run_drop(&r->transcript, &r->encap.m1);
    camseal_wipe(&r->encap, sizeof r->encap);
}

void camseal_spdm_encap_begin(camseal_spdm_requester *r, enum spdm_flow flow)
{
    camseal_spdm_encap_reset(r);
    r->encap.flow = (uint8_t)flow;
    camseal_spdm_next(r, &get);
}

void camseal_spdm_encap_begin_with_digests(camseal_spdm_requester *r)
{
    spdm_encap_responder *e = &r->encap;
    camseal_spdm_encap_reset(r);
    camseal_writer w = camseal_writer_of(e->implicit, sizeof e->implicit);
    camseal_spdm_write_bare(&w, r->shape.version, SPDM_GET_DIGESTS);
    e->inner = camseal_span_of(e->implicit, sizeof e->implicit);
    e->flow = SPDM_FLOW_SESSION;
    camseal_spdm_next(r, &deliver);
}

camseal_status camseal_spdm_begin_poll(camseal_spdm_requester *r, uint8_t session,
                                       uint16_t *answered)
{
    if (session != SPDM_NO_SESSION_USED)
        CAMSEAL_TRY(camseal_spdm_check_session(r, session));
    if (r->operation || !r->connected || !r->config.answerer)
        return CAMSEAL_E_STATE;
    if (!camseal_spdm_encapsulates(r->shape.version, r->flags & r->peer_flags))
        return CAMSEAL_E_NEGOTIATION;
    if (answered)
        *answered = 0;
    CAMSEAL_TRY(camseal_spdm_begin(r, &get, session));
    camseal_spdm_encap_begin(r, SPDM_FLOW_SERVICE);
    r->encap.report = answered;
    return CAMSEAL_OK;
}

/* Nothing to ask is no failure of a poll; 1.2 has no code of its own for it. */
bool camseal_spdm_encap_nothing(camseal_spdm_requester *r, uint8_t error)
{
    uint8_t nothing =
        r->shape.version >= SPDM_VERSION_13 ? SPDM_ERR_NO_PENDING : SPDM_ERR_UNEXPECTED;
    if (r->encap.flow != SPDM_FLOW_SERVICE || r->operation != &get || error != nothing)
        return false;
    end_flow(r, 0);
    return true;
}
