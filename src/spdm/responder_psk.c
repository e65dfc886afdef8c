/* Responder: PSK_EXCHANGE and PSK_FINISH. The key comes from config.psk, by the hint. */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/psk.h"
#include "psk.h"
#include "responder.h"

/* Whether this side contributes a context, and PSK_FINISH follows. */
static bool contributes(const camseal_spdm_responder *r)
{
    return (r->flags & SPDM_CAP_PSK) == SPDM_CAP_PSK_2;
}

/* The key; secrets.root is the Handshake-Secret then. */
static camseal_status find_key(camseal_spdm_responder *r, spdm_request *q, camseal_span hint,
                               spdm_session *s)
{
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    camseal_status status = camseal_spdm_psk_start(r->config.psk, &k, hint, &s->secrets);
    if (status == CAMSEAL_PENDING)
        return camseal_spdm_keep_request(r, q);
    if (status == CAMSEAL_OK)
        return status;
    return camseal_spdm_refuse_as(q, SPDM_ERR_INVALID_REQUEST, status, "no key for this hint");
}

/* PSK_EXCHANGE_RSP up to its verify data, as the response. */
static camseal_status write_response(camseal_spdm_responder *r, spdm_request *q,
                                     const spdm_session *s, camseal_span summary)
{
    uint8_t opaque[SPDM_SM_SELECTION_MAX], context[SPDM_PSK_CONTEXT_BYTES];
    spdm_psk_exchange_rsp m = {.heartbeat = s->heartbeat_s,
                               .session_id = (uint16_t)(s->id >> 16),
                               .summary = summary,
                               .opaque = camseal_spdm_sm_selection(s, opaque)};
    if (contributes(r)) {
        m.context = camseal_span_of(context, sizeof context);
        CAMSEAL_TRY(r->config.crypto->random(r->config.crypto->user, context, sizeof context));
    }
    CAMSEAL_TRY(camseal_spdm_fits(
        q, SPDM_PSK_EXCHANGE_HINT_AT + summary.len + m.context.len + m.opaque.len + r->shape.hash));
    camseal_spdm_write_psk_exchange_rsp(q->w, &r->shape, &m);
    return camseal_writer_end(q->w);
}

/* TH1, handshake keys, ResponderVerifyData. */
static camseal_status complete_response(camseal_spdm_responder *r, spdm_request *q, spdm_session *s)
{
    const spdm_transcript *t = &r->transcript;
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    uint8_t th1[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(camseal_spdm_run_fork(t, &s->th));
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, q->message));
    CAMSEAL_TRY(camseal_spdm_th_response(r, q, s));
    CAMSEAL_TRY(camseal_spdm_session_handshake(&k, t, s, camseal_spdm_responder_key_log(r), th1));
    s->psk = true;
    s->last_us = q->now_us;
    return camseal_spdm_write_verify_data(r, q, s, th1);
}

static camseal_status start_session(camseal_spdm_responder *r, spdm_request *q, spdm_session *s,
                                    const spdm_psk_exchange *m)
{
    uint8_t summary[CAMSEAL_HASH_MAX];
    camseal_span sum = {summary, m->summary ? r->shape.hash : 0u};
    camseal_status status = CAMSEAL_OK;
    if (m->summary)
        status = camseal_spdm_summary(r, q, m->summary, summary);
    if (status == CAMSEAL_OK)
        status = find_key(r, q, m->hint, s);
    if (status != CAMSEAL_OK)
        return status;
    CAMSEAL_TRY(write_response(r, q, s, sum));
    CAMSEAL_TRY(complete_response(r, q, s));
    /* The response itself goes in clear: the session's keys may change before it is sent. */
    return contributes(r) ? CAMSEAL_OK : camseal_spdm_establish_session(r, s);
}

static camseal_status answer_exchange(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_psk_exchange m;
    spdm_session *s;
    CAMSEAL_TRY(camseal_spdm_read_psk_exchange(&q->reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    if (m.context.len == 0)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "the requester contributes no context");
    CAMSEAL_TRY(camseal_spdm_open_session(r, q, m.session_id, m.opaque, &s));
    camseal_status status = start_session(r, q, s, &m);
    if (status != CAMSEAL_OK)
        camseal_spdm_session_wipe(&r->transcript, s);
    return status;
}

static camseal_status answer_finish(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_psk_finish m;
    const spdm_psk_finish_rsp response = {{NULL, 0}};
    if (!q->session->psk)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "the session began with KEY_EXCHANGE");
    CAMSEAL_TRY(camseal_spdm_read_psk_finish(&q->reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    q->after = SPDM_AFTER_CLOSE; /* TH is spent: no second try */
    CAMSEAL_TRY(camseal_spdm_check_verify_data(r, q, q->session, m.verify_data));
    camseal_spdm_write_psk_finish_rsp(q->w, &r->shape, &response);
    CAMSEAL_TRY(camseal_spdm_th_response(r, q, q->session));
    q->after = SPDM_AFTER_ESTABLISH;
    return CAMSEAL_OK;
}

/* ---- the feature ---------------------------------------------------------------------------- */

static uint32_t flags(const camseal_spdm_responder_config *config)
{
    if (!config->psk || !config->psk->key)
        return 0;
    return config->psk->without_context ? SPDM_CAP_PSK_1 : SPDM_CAP_PSK_2;
}

static const spdm_service services[] = {
    {SPDM_OP_PSK_EXCHANGE, answer_exchange},
    {SPDM_OP_PSK_FINISH, answer_finish},
};

const camseal_spdm_feature camseal_spdm_psk_sessions = {
    .services = services, .n_services = sizeof services / sizeof services[0], .flags = flags};
