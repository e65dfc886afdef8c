/* Responder: how a session opens, KEY_EXCHANGE, FINISH, HEARTBEAT, KEY_UPDATE, END_SESSION. */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/digests.h"
#include "msg/finish.h"
#include "msg/key_exchange.h"
#include "msg/opaque.h"
#include "msg/short.h"
#include "responder.h"
#include "responder_encap.h"

/* The highest secured-message version that both allow. */
static uint8_t select_sm_version(const camseal_spdm_policy *p, camseal_span offered)
{
    uint8_t best = 0;
    for (size_t i = 0; i + 1 < offered.len; i += 2) {
        uint8_t version = offered.data[i + 1];
        if (version >= camseal_spdm_sm_min(p) && version <= camseal_spdm_sm_max(p) &&
            version > best)
            best = version;
    }
    return best;
}

/* 2^n records under one key: the lower of both limits. */
static uint8_t select_limit(const camseal_spdm_responder *r, uint8_t version, uint8_t offered)
{
    uint8_t own = r->config.policy->aead_limit ? r->config.policy->aead_limit : SPDM_SM_LIMIT_MAX;
    if (version < CAMSEAL_SPDM_SM_1_3)
        return SPDM_SM_LIMIT_MAX;
    return own < offered ? own : offered;
}

static camseal_status read_terms(const camseal_spdm_responder *r, spdm_request *q,
                                 camseal_span opaque, spdm_session *s)
{
    const uint32_t protection = SPDM_CAP_ENCRYPT | SPDM_CAP_MAC;
    camseal_span offered;
    uint8_t limit;
    if ((r->flags & r->peer_flags & protection) != protection)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "ENCRYPT and MAC are not common");
    if (!r->opaque_format)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "opaque format 1 was not negotiated");
    q->detail = CAMSEAL_TEXT("no list of secured-message versions");
    CAMSEAL_TRY(camseal_spdm_read_sm_versions(opaque, &offered));
    q->detail = CAMSEAL_TEXT("illegal AEAD limit");
    CAMSEAL_TRY(camseal_spdm_read_sm_limit(opaque, &limit));
    s->sm_version = select_sm_version(r->config.policy, offered);
    q->detail = s->sm_version ? NULL : CAMSEAL_TEXT("no common secured-message version");
    if (!s->sm_version)
        return CAMSEAL_E_FORMAT;
    s->aead_limit = select_limit(r, s->sm_version, limit);
    return CAMSEAL_OK;
}

camseal_span camseal_spdm_sm_selection(const spdm_session *s, uint8_t *room)
{
    uint16_t version = (uint16_t)((unsigned)s->sm_version << 8);
    camseal_writer w = camseal_writer_of(room, SPDM_SM_SELECTION_MAX);
    if (s->sm_version >= CAMSEAL_SPDM_SM_1_3)
        camseal_spdm_write_sm_selection_limit(&w, version, s->aead_limit);
    else
        camseal_spdm_write_sm_selection(&w, version);
    return camseal_span_of(room, w.len);
}

static spdm_session *free_session(camseal_spdm_responder *r)
{
    for (size_t i = 0; i < r->config.max_sessions; i++)
        if (r->sessions[i].state == SPDM_SESSION_FREE)
            return &r->sessions[i];
    return NULL;
}

/* A RspSessionID that no live session has; never 0. */
static uint16_t allocate_id(camseal_spdm_responder *r)
{
    for (;;) {
        uint16_t id = r->next_session_id;
        bool used = id == 0;
        r->next_session_id = (uint16_t)(id - 1u);
        for (size_t i = 0; i < r->config.max_sessions; i++)
            used |= r->sessions[i].state != SPDM_SESSION_FREE && r->sessions[i].id >> 16 == id;
        if (!used)
            return id;
    }
}

camseal_status camseal_spdm_open_session(camseal_spdm_responder *r, spdm_request *q,
                                         uint16_t req_session_id, camseal_span opaque,
                                         spdm_session **session)
{
    spdm_session terms = {.state = SPDM_SESSION_FREE};
    CAMSEAL_TRY(read_terms(r, q, opaque, &terms));
    spdm_session *s = free_session(r);
    if (!s)
        return camseal_spdm_refuse_as(q, SPDM_ERR_SESSION_LIMIT, CAMSEAL_E_LIMIT,
                                      "all sessions are in use");
    s->sm_version = terms.sm_version;
    s->aead_limit = terms.aead_limit;
    s->id = (uint32_t)allocate_id(r) << 16 | req_session_id;
    s->state = SPDM_SESSION_OPENING;
    bool beats = (r->flags & r->peer_flags & SPDM_CAP_HBEAT) != 0;
    s->heartbeat_s = beats ? r->config.heartbeat_s : (uint8_t)0;
    s->last_us = q->now_us;
    *session = s;
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_th_response(camseal_spdm_responder *r, const spdm_request *q,
                                        spdm_session *s)
{
    CAMSEAL_TRY(camseal_writer_end(q->w));
    return camseal_spdm_run_add(&r->transcript, &s->th, camseal_span_of(q->w->start, q->w->len));
}

camseal_status camseal_spdm_write_verify_data(camseal_spdm_responder *r, const spdm_request *q,
                                              spdm_session *s, const uint8_t *digest)
{
    uint8_t verify[CAMSEAL_HASH_MAX];
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    CAMSEAL_TRY(camseal_spdm_ks_verify_data(&k, s->secrets.traffic[SPDM_DIR_RSP], digest, verify));
    camseal_write_bytes(q->w, verify, r->shape.hash);
    CAMSEAL_TRY(camseal_writer_end(q->w));
    return camseal_spdm_run_add(&r->transcript, &s->th, camseal_span_of(verify, r->shape.hash));
}

/* ---- KEY_EXCHANGE --------------------------------------------------------------------------- */

/* Our half of the exchange, in place; the shared secret becomes secrets.root. */
static camseal_status agree(camseal_spdm_responder *r, spdm_request *q, spdm_session *s,
                            camseal_span peer, uint8_t *exchange)
{
    uint8_t secret[CAMSEAL_KEX_SECRET_MAX];
    camseal_span shared = camseal_span_of(secret, r->algorithms.kex->secret_bytes);
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    camseal_status status =
        r->algorithms.kex->respond(r->config.crypto->user, peer, exchange, secret);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_ks_start(&k, &s->secrets, shared, false);
    camseal_wipe(secret, sizeof secret);
    return status == CAMSEAL_OK ? status
                                : camseal_spdm_refuse(q, status, "the key exchange failed");
}

/* KEY_EXCHANGE_RSP up to its signature, as the response. */
static camseal_status write_response(camseal_spdm_responder *r, spdm_request *q, spdm_session *s,
                                     const spdm_key_exchange *request, camseal_span summary)
{
    const camseal_crypto *crypto = r->config.crypto;
    uint8_t opaque[SPDM_SM_SELECTION_MAX];
    spdm_key_exchange_rsp m = {.heartbeat = s->heartbeat_s,
                               .session_id = (uint16_t)(s->id >> 16),
                               .random = {NULL, SPDM_NONCE_BYTES},
                               .exchange = {NULL, r->shape.kex_response},
                               .summary = summary,
                               .opaque = camseal_spdm_sm_selection(s, opaque)};
    camseal_status status = r->encap_hooks ? r->encap_hooks->ask(r, q, s, &m) : CAMSEAL_OK;
    if (status != CAMSEAL_OK)
        return status;
    size_t n = (size_t)SPDM_KEY_EXCHANGE_DATA_AT + m.exchange.len + summary.len + 2u +
               m.opaque.len + r->shape.signature;
    CAMSEAL_TRY(camseal_spdm_fits(q, r->shape.clear_handshake ? n : n + r->shape.hash));
    camseal_spdm_write_key_exchange_rsp(q->w, &r->shape, &m);
    CAMSEAL_TRY(camseal_writer_end(q->w));
    CAMSEAL_TRY(
        crypto->random(crypto->user, q->w->start + SPDM_KEY_EXCHANGE_RANDOM_AT, SPDM_NONCE_BYTES));
    return agree(r, q, s, request->exchange, q->w->start + SPDM_KEY_EXCHANGE_DATA_AT);
}

/* TH: A, D, Ct, KEY_EXCHANGE, KEY_EXCHANGE_RSP up to its signature. */
static camseal_status open_th(camseal_spdm_responder *r, const spdm_request *q, spdm_session *s,
                              uint8_t *digest)
{
    const spdm_transcript *t = &r->transcript;
    CAMSEAL_TRY(camseal_spdm_run_fork_th(t, &s->th));
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, camseal_span_of(r->chain.digest, r->shape.hash)));
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, q->message));
    CAMSEAL_TRY(camseal_spdm_th_response(r, q, s));
    return camseal_spdm_run_peek(t, &s->th, digest);
}

/* Behind the signature: TH1, handshake keys, ResponderVerifyData unless FINISH_RSP has it. */
static camseal_status complete_response(camseal_spdm_responder *r, spdm_request *q, spdm_session *s)
{
    uint8_t th1[CAMSEAL_HASH_MAX];
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    size_t signature = r->shape.signature;
    CAMSEAL_TRY(
        camseal_spdm_run_add(&r->transcript, &s->th,
                             camseal_span_of(r->buffer + r->pending.len - signature, signature)));
    CAMSEAL_TRY(camseal_spdm_session_handshake(&k, &r->transcript, s,
                                               camseal_spdm_responder_key_log(r), th1));
    camseal_writer_rewind(q->w);
    camseal_write_bytes(q->w, r->buffer, r->pending.len);
    s->last_us = q->now_us;
    s->clear = r->shape.clear_handshake;
    if (s->clear) {
        r->clear_session = camseal_spdm_session_index(r, s);
        return camseal_writer_end(q->w);
    }
    return camseal_spdm_write_verify_data(r, q, s, th1);
}

static camseal_status resume_key_exchange(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_session *s = q->target;
    camseal_status status = camseal_spdm_sign(r, q);
    if (status == CAMSEAL_PENDING)
        return status;
    if (status == CAMSEAL_OK)
        status = complete_response(r, q, s);
    if (status != CAMSEAL_OK)
        camseal_spdm_session_wipe(&r->transcript, s);
    else if (r->encap_hooks)
        r->encap_hooks->arm(r, s);
    return status;
}

static camseal_status start_session(camseal_spdm_responder *r, spdm_request *q, spdm_session *s,
                                    const spdm_key_exchange *m, camseal_span summary)
{
    uint8_t digest[CAMSEAL_HASH_MAX];
    camseal_status status = write_response(r, q, s, m, summary);
    if (status != CAMSEAL_OK)
        return status;
    CAMSEAL_TRY(open_th(r, q, s, digest));
    if (q->w->len + r->shape.signature > r->buffer_bytes)
        return CAMSEAL_E_SPACE;
    memcpy(r->buffer, q->w->start, q->w->len);
    q->target = s;
    camseal_spdm_begin_signature(r, q, q->w->len, SPDM_SIGN_KEY_EXCHANGE_RSP, digest,
                                 resume_key_exchange);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_rsp_key_exchange(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_key_exchange m;
    spdm_session *s = NULL;
    uint8_t summary[CAMSEAL_HASH_MAX];
    camseal_status status = CAMSEAL_OK;
    CAMSEAL_TRY(camseal_spdm_read_key_exchange(&q->reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    CAMSEAL_TRY(camseal_spdm_use_slot_for(r, q, m.slot, SPDM_USE_KEY_EXCHANGE));
    if (m.summary)
        status = camseal_spdm_summary(r, q, m.summary, summary);
    if (status != CAMSEAL_OK)
        return status;
    CAMSEAL_TRY(camseal_spdm_open_session(r, q, m.session_id, m.opaque, &s));
    status = start_session(r, q, s, &m, camseal_span_of(summary, m.summary ? r->shape.hash : 0u));
    if (status == CAMSEAL_OK)
        return resume_key_exchange(r, q);
    camseal_spdm_session_wipe(&r->transcript, s);
    return status == CAMSEAL_PENDING ? camseal_spdm_keep_request(r, q) : status;
}

/* ---- FINISH --------------------------------------------------------------------------------- */

/* RequesterVerifyData over TH, which it then joins. */
static camseal_status check_mac(camseal_spdm_responder *r, spdm_request *q, spdm_session *s,
                                camseal_span verify_data)
{
    const spdm_transcript *t = &r->transcript;
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    uint8_t digest[CAMSEAL_HASH_MAX], expected[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(camseal_spdm_run_peek(t, &s->th, digest));
    CAMSEAL_TRY(
        camseal_spdm_ks_verify_data(&k, s->secrets.traffic[SPDM_DIR_REQ], digest, expected));
    bool genuine = camseal_equal_ct(expected, verify_data.data, r->shape.hash);
    camseal_wipe(expected, sizeof expected);
    if (!genuine)
        return camseal_spdm_refuse(q, CAMSEAL_E_AUTH, "RequesterVerifyData is wrong");
    return camseal_spdm_run_add(t, &s->th, verify_data);
}

camseal_status camseal_spdm_check_verify_data(camseal_spdm_responder *r, spdm_request *q,
                                              spdm_session *s, camseal_span verify_data)
{
    camseal_span head = camseal_span_of(q->message.data, q->message.len - verify_data.len);
    CAMSEAL_TRY(camseal_spdm_run_add(&r->transcript, &s->th, head));
    return check_mac(r, q, s, verify_data);
}

/* The signature, if mutual authentication was asked for, and the verify data. */
static camseal_status verify_finish(camseal_spdm_responder *r, spdm_request *q, spdm_session *s,
                                    const spdm_finish *m)
{
    size_t head = q->message.len - m->verify_data.len - m->signature.len;
    if (!m->has_signature)
        return camseal_spdm_check_verify_data(r, q, s, m->verify_data);
    CAMSEAL_TRY(r->encap_hooks->verify_finish(r, q, s, m, head));
    return check_mac(r, q, s, m->verify_data);
}

/* FINISH_RSP; in a clear handshake with ResponderVerifyData over TH up to it. TH ends with it. */
static camseal_status write_finish_rsp(camseal_spdm_responder *r, spdm_request *q, spdm_session *s)
{
    const spdm_finish_rsp response = {{NULL, 0}, {NULL, 0}};
    uint8_t digest[CAMSEAL_HASH_MAX];
    camseal_spdm_write_finish_rsp(q->w, &r->shape, &response);
    CAMSEAL_TRY(camseal_spdm_th_response(r, q, s));
    if (!s->clear)
        return CAMSEAL_OK;
    CAMSEAL_TRY(camseal_spdm_run_peek(&r->transcript, &s->th, digest));
    return camseal_spdm_write_verify_data(r, q, s, digest);
}

/* The session that shakes hands: the one of the record, or in the clear the newest. */
static spdm_session *shaking_session(camseal_spdm_responder *r, const spdm_request *q)
{
    if (q->session)
        return q->session;
    return r->clear_session == SPDM_NO_SESSION ? NULL : &r->sessions[r->clear_session];
}

camseal_status camseal_spdm_rsp_finish(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_finish m;
    spdm_session *s = shaking_session(r, q);
    if (!s)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "no session shakes hands");
    if (s->psk)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "the session began with PSK_EXCHANGE");
    CAMSEAL_TRY(camseal_spdm_read_finish(&q->reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    if (m.has_signature != (s->mut_auth != 0))
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT,
                                   "a signature is missing, or was not asked for");

    q->target = s;
    q->after = SPDM_AFTER_CLOSE; /* TH is spent: no second try */
    CAMSEAL_TRY(verify_finish(r, q, s, &m));
    CAMSEAL_TRY(write_finish_rsp(r, q, s));
    q->after = SPDM_AFTER_ESTABLISH;
    return CAMSEAL_OK;
}

/* ---- inside a session ----------------------------------------------------------------------- */

camseal_status camseal_spdm_rsp_heartbeat(camseal_spdm_responder *r, spdm_request *q)
{
    CAMSEAL_TRY(q->message.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    if (q->session->heartbeat_s == 0)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "the session has no heartbeat");
    camseal_spdm_write_header(q->w, r->shape.version, SPDM_HEARTBEAT_ACK, 0, 0);
    return CAMSEAL_OK;
}

/* The acknowledgement of UpdateAllKeys goes under the new key of this side: it changes before the
 * answer is sealed. The requester's key is tried first when its next record comes. */
camseal_status camseal_spdm_rsp_key_update(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_key_update m;
    spdm_session *s = q->session;
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    CAMSEAL_TRY(camseal_spdm_read_key_update(&q->reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    if ((m.operation == SPDM_VERIFY_NEW_KEY) != (s->update != 0))
        return camseal_spdm_refuse(
            q, CAMSEAL_E_FORMAT,
            s->update ? "the last key is not verified yet" : "no key to verify");
    if (m.operation == SPDM_VERIFY_NEW_KEY) {
        camseal_spdm_session_confirm(s);
    } else {
        CAMSEAL_TRY(camseal_spdm_session_update(&k, s, SPDM_DIR_REQ));
        if (m.operation == SPDM_UPDATE_ALL_KEYS)
            CAMSEAL_TRY(camseal_spdm_session_update(&k, s, SPDM_DIR_RSP));
        s->update = m.operation;
    }
    camseal_spdm_write_key_update(q->w, r->shape.version, SPDM_KEY_UPDATE_ACK, &m);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_rsp_end_session(camseal_spdm_responder *r, spdm_request *q)
{
    CAMSEAL_TRY(q->message.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    camseal_spdm_write_header(q->w, r->shape.version, SPDM_END_SESSION_ACK, 0, 0);
    q->after = SPDM_AFTER_CLOSE;
    return CAMSEAL_OK;
}
