/* Requester: PSK_EXCHANGE and PSK_FINISH. The key comes from config.psk, by the hint. */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/psk.h"
#include "psk.h"
#include "requester_handshake.h"

static camseal_status build_exchange(camseal_spdm_requester *r, camseal_writer *w)
{
    const camseal_crypto *crypto = r->config.crypto;
    uint8_t opaque[SPDM_SM_OFFER_MAX], summary;
    CAMSEAL_TRY(camseal_spdm_req_summary_type(r, &summary));
    camseal_spdm_req_allocate_id(r);
    const spdm_psk_exchange m = {.summary = summary,
                                 .session_id = (uint16_t)camseal_spdm_current(r)->id,
                                 .hint = r->psk_hint,
                                 .context = {NULL, SPDM_PSK_CONTEXT_BYTES},
                                 .opaque = camseal_spdm_req_sm_offer(r, opaque)};
    camseal_spdm_write_psk_exchange(w, &r->shape, &m);
    if (w->failed)
        return CAMSEAL_OK; /* the driver says that it does not fit */
    return crypto->random(crypto->user, w->start + SPDM_PSK_EXCHANGE_HINT_AT + m.hint.len,
                          m.context.len);
}

/* Whether the responder contributes is what its capabilities say. */
static camseal_status check_context(camseal_spdm_requester *r, camseal_span context)
{
    bool contributes = (r->peer_flags & SPDM_CAP_PSK_2) != 0;
    if (contributes != (context.len != 0))
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT,
                                   contributes ? "the responder contributes no context"
                                               : "a context from a responder without PSK context",
                                   contributes, context.len);
    return CAMSEAL_OK;
}

/* TH: A, PSK_EXCHANGE, PSK_EXCHANGE_RSP without its verify data. */
static camseal_status open_th(camseal_spdm_requester *r, camseal_span message)
{
    const spdm_transcript *t = &r->transcript;
    spdm_run *th = &camseal_spdm_current(r)->th;
    CAMSEAL_TRY(camseal_spdm_run_fork(t, th));
    CAMSEAL_TRY(camseal_spdm_run_add(t, th, camseal_spdm_request_sent(r)));
    return camseal_spdm_run_add(t, th, camseal_span_of(message.data, message.len - r->shape.hash));
}

static const spdm_operation psk_finish;

static camseal_status accept_exchange(camseal_spdm_requester *r, camseal_span message)
{
    spdm_psk_exchange_rsp m;
    uint8_t th1[CAMSEAL_HASH_MAX];
    spdm_session *s = camseal_spdm_current(r);
    spdm_schedule k = camseal_spdm_requester_schedule(r);
    spdm_shape shape = r->shape;
    shape.summary = r->config.summary != 0;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_psk_exchange_rsp(&reader, &shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(check_context(r, m.context));
    CAMSEAL_TRY(camseal_spdm_req_session_terms(r, m.session_id, m.heartbeat, m.opaque));
    CAMSEAL_TRY(open_th(r, message));
    camseal_status status = camseal_spdm_psk_start(r->config.psk, &k, r->psk_hint, &s->secrets);
    if (status == CAMSEAL_PENDING)
        return camseal_spdm_reject(r, CAMSEAL_E_KEY, "a requester's key must be there at once", 0,
                                   0);
    if (status != CAMSEAL_OK)
        return camseal_spdm_reject(r, status, "no key for this hint", 0, m.context.len);
    CAMSEAL_TRY(camseal_spdm_session_handshake(&k, &r->transcript, s,
                                               camseal_spdm_requester_key_log(r), th1));
    CAMSEAL_TRY(camseal_spdm_req_check_verify_data(r, th1, m.verify_data));
    s->psk = true;
    camseal_spdm_req_note_summary(r, m.summary);
    if (m.context.len) {
        camseal_spdm_next(r, &psk_finish);
        return CAMSEAL_OK;
    }
    return camseal_spdm_req_establish(r);
}

static const spdm_operation psk_exchange = {SPDM_OP_PSK_EXCHANGE, build_exchange, accept_exchange,
                                            NULL};

/* ---- PSK_FINISH ----------------------------------------------------------------------------- */

static camseal_status build_finish(camseal_spdm_requester *r, camseal_writer *w)
{
    const spdm_psk_finish m = {{NULL, 0}, {NULL, 0}};
    camseal_spdm_write_psk_finish(w, &r->shape, &m); /* as far as the verify data covers it */
    return camseal_spdm_req_add_verify_data(r, w, 0);
}

static camseal_status accept_finish(camseal_spdm_requester *r, camseal_span message)
{
    spdm_psk_finish_rsp m;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_psk_finish_rsp(&reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(camseal_spdm_run_add(&r->transcript, &camseal_spdm_current(r)->th, message));
    return camseal_spdm_req_establish(r);
}

static const spdm_operation psk_finish = {SPDM_OP_PSK_FINISH, build_finish, accept_finish, NULL};

/* ---- begin ---------------------------------------------------------------------------------- */

static camseal_status check_capabilities(const camseal_spdm_requester *r)
{
    uint32_t peer = r->peer_flags & SPDM_CAP_PSK;
    if (!(r->flags & SPDM_CAP_PSK) || peer == 0)
        return CAMSEAL_E_NEGOTIATION;
    return peer == SPDM_CAP_PSK_1 && !r->config.psk->without_context ? CAMSEAL_E_POLICY
                                                                     : CAMSEAL_OK;
}

camseal_status camseal_spdm_begin_psk_session(camseal_spdm_requester *r, camseal_span hint,
                                              uint8_t *session)
{
    if (hint.len > CAMSEAL_SPDM_PSK_HINT_MAX)
        return CAMSEAL_E_ARGUMENT;
    if (r->operation || !r->connected || !r->config.psk)
        return CAMSEAL_E_STATE;
    CAMSEAL_TRY(check_capabilities(r));
    CAMSEAL_TRY(camseal_spdm_take_session(r, session));
    r->psk_hint = hint;
    return camseal_spdm_begin(r, &psk_exchange, *session);
}
