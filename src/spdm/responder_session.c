/* Responder: KEY_EXCHANGE, FINISH, HEARTBEAT, END_SESSION. */
#include "base/load.h"
#include "base/secret.h"
#include "base/try.h"
#include "msg/finish.h"
#include "msg/key_exchange.h"
#include "msg/opaque.h"
#include "responder.h"

enum { SLOT = 0, OPAQUE_BYTES = 12 };

/* Secured-message versions that we speak; the highest common one wins. All have the same records.
 */
static uint16_t select_sm_version(camseal_span offered)
{
    uint16_t best = 0;
    for (size_t i = 0; i + 1 < offered.len; i += 2) {
        uint16_t version = camseal_load_le16(offered.data + i) & 0xFF00u;
        if ((version == SPDM_SM_VERSION_11 || version == SPDM_SM_VERSION_12) && version > best)
            best = version;
    }
    return best;
}

static camseal_status check_key_exchange(const camseal_spdm_responder *r, spdm_request *q,
                                         const spdm_key_exchange *m, uint16_t *sm_version)
{
    const uint32_t protection = SPDM_CAP_ENCRYPT | SPDM_CAP_MAC;
    camseal_span offered;
    if ((r->flags & r->peer_flags & protection) != protection)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "ENCRYPT and MAC are not common");
    if (m->slot != SLOT)
        return camseal_spdm_refuse(q, CAMSEAL_E_NOT_FOUND, "the slot is empty");
    if (m->summary)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "measurement summary without measurements");
    if (!r->opaque_format)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "opaque format 1 was not negotiated");
    q->detail = "no list of secured-message versions";
    CAMSEAL_TRY(camseal_spdm_read_sm_versions(m->opaque, &offered));
    *sm_version = select_sm_version(offered);
    q->detail = *sm_version ? NULL : "no common secured-message version";
    return *sm_version ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
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

/* KEY_EXCHANGE_RSP up to its signature, into the message buffer. */
static camseal_status write_response(camseal_spdm_responder *r, spdm_request *q, spdm_session *s,
                                     const spdm_key_exchange *request, uint16_t sm_version,
                                     size_t *len)
{
    const camseal_crypto *crypto = r->config.crypto;
    uint8_t opaque[OPAQUE_BYTES];
    spdm_shape shape = r->shape;
    shape.clear_handshake = true; /* without verify data, for now */
    camseal_writer o = camseal_writer_of(opaque, sizeof opaque);
    camseal_spdm_write_sm_selection(&o, sm_version);
    const spdm_key_exchange_rsp m = {.heartbeat = s->heartbeat_s,
                                     .session_id = (uint16_t)(s->id >> 16),
                                     .random = {NULL, SPDM_NONCE_BYTES},
                                     .exchange = {NULL, shape.kex_response},
                                     .opaque = {opaque, o.len}};
    camseal_writer w = camseal_writer_of(r->buffer, r->buffer_bytes);
    camseal_spdm_write_key_exchange_rsp(&w, &shape, &m);
    CAMSEAL_TRY(camseal_writer_end(&w));
    CAMSEAL_TRY(
        crypto->random(crypto->user, r->buffer + SPDM_KEY_EXCHANGE_RANDOM_AT, SPDM_NONCE_BYTES));
    *len = w.len;
    return agree(r, q, s, request->exchange, r->buffer + SPDM_KEY_EXCHANGE_DATA_AT);
}

/* TH: A, Ct, KEY_EXCHANGE, KEY_EXCHANGE_RSP up to its signature. */
static camseal_status open_th(camseal_spdm_responder *r, const spdm_request *q, spdm_session *s,
                              size_t len, uint8_t *digest)
{
    const spdm_transcript *t = &r->transcript;
    CAMSEAL_TRY(camseal_spdm_run_fork(t, &s->th));
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, camseal_span_of(r->chain.digest, r->shape.hash)));
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, q->message));
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, camseal_span_of(r->buffer, len)));
    return camseal_spdm_run_peek(t, &s->th, digest);
}

static camseal_status start_session(camseal_spdm_responder *r, spdm_request *q, spdm_session *s,
                                    const spdm_key_exchange *m, uint16_t sm_version)
{
    uint8_t digest[CAMSEAL_HASH_MAX];
    size_t len = 0;
    s->id = (uint32_t)allocate_id(r) << 16 | m->session_id;
    s->state = SPDM_SESSION_OPENING;
    s->heartbeat_s = r->peer_flags & SPDM_CAP_HBEAT ? r->config.heartbeat_s : (uint8_t)0;
    CAMSEAL_TRY(write_response(r, q, s, m, sm_version, &len));
    CAMSEAL_TRY(camseal_spdm_fits(q, len + r->shape.signature + r->shape.hash));
    CAMSEAL_TRY(open_th(r, q, s, len, digest));
    camseal_spdm_begin_signature(r, q, len, SPDM_SIGN_KEY_EXCHANGE_RSP, digest);
    r->pending.session = camseal_spdm_session_index(r, s);
    return camseal_spdm_rsp_key_exchange_resume(r, q);
}

camseal_status camseal_spdm_rsp_key_exchange(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_key_exchange m;
    uint16_t sm_version = 0;
    camseal_reader reader = camseal_reader_of(q->message);
    CAMSEAL_TRY(camseal_spdm_read_key_exchange(&reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(check_key_exchange(r, q, &m, &sm_version));
    spdm_session *s = free_session(r);
    if (!s)
        return camseal_spdm_refuse_as(q, SPDM_ERR_SESSION_LIMIT, CAMSEAL_E_LIMIT,
                                      "all sessions are in use");
    camseal_status status = start_session(r, q, s, &m, sm_version);
    if (status < 0)
        camseal_spdm_session_wipe(&r->transcript, s);
    return status;
}

/* Behind the signature: TH1, handshake keys, ResponderVerifyData. */
static camseal_status complete_response(camseal_spdm_responder *r, spdm_request *q, spdm_session *s)
{
    uint8_t th1[CAMSEAL_HASH_MAX];
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    size_t signature = r->shape.signature;
    CAMSEAL_TRY(camseal_spdm_sign(r, q));
    CAMSEAL_TRY(
        camseal_spdm_run_add(&r->transcript, &s->th,
                             camseal_span_of(r->buffer + r->pending.len - signature, signature)));
    CAMSEAL_TRY(camseal_spdm_session_handshake(&k, &r->transcript, s,
                                               camseal_spdm_responder_key_log(r), th1));
    camseal_span verify = camseal_span_of(r->buffer + r->pending.len, r->shape.hash);
    CAMSEAL_TRY(camseal_spdm_ks_verify_data(&k, s->secrets.traffic[SPDM_DIR_RSP], th1,
                                            r->buffer + r->pending.len));
    CAMSEAL_TRY(camseal_spdm_run_add(&r->transcript, &s->th, verify));
    camseal_write_bytes(q->w, r->buffer, r->pending.len + verify.len);
    s->last_us = q->now_us;
    return camseal_writer_end(q->w);
}

camseal_status camseal_spdm_rsp_key_exchange_resume(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_session *s = &r->sessions[r->pending.session];
    camseal_status status = complete_response(r, q, s);
    if (status < 0)
        camseal_spdm_session_wipe(&r->transcript, s);
    return status;
}

/* RequesterVerifyData over TH with the FINISH header; then the whole exchange goes into TH. */
static camseal_status verify_finish(camseal_spdm_responder *r, spdm_request *q,
                                    const spdm_finish *m)
{
    const spdm_transcript *t = &r->transcript;
    spdm_session *s = q->session;
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    uint8_t digest[CAMSEAL_HASH_MAX], expected[CAMSEAL_HASH_MAX];
    size_t head = q->message.len - m->verify_data.len;
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, camseal_span_of(q->message.data, head)));
    CAMSEAL_TRY(camseal_spdm_run_peek(t, &s->th, digest));
    CAMSEAL_TRY(
        camseal_spdm_ks_verify_data(&k, s->secrets.traffic[SPDM_DIR_REQ], digest, expected));
    bool genuine = camseal_equal_ct(expected, m->verify_data.data, r->shape.hash);
    camseal_wipe(expected, sizeof expected);
    if (!genuine)
        return camseal_spdm_refuse(q, CAMSEAL_E_AUTH, "RequesterVerifyData is wrong");
    return camseal_spdm_run_add(t, &s->th, m->verify_data);
}

camseal_status camseal_spdm_rsp_finish(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_finish m;
    const spdm_finish_rsp response = {{NULL, 0}, {NULL, 0}};
    camseal_reader reader = camseal_reader_of(q->message);
    CAMSEAL_TRY(camseal_spdm_read_finish(&reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    if (m.has_signature)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "a signature that was not asked for");

    q->after = SPDM_AFTER_CLOSE; /* TH is spent: no second try */
    CAMSEAL_TRY(verify_finish(r, q, &m));
    camseal_spdm_write_finish_rsp(q->w, &r->shape, &response);
    CAMSEAL_TRY(camseal_writer_end(q->w));
    CAMSEAL_TRY(camseal_spdm_run_add(&r->transcript, &q->session->th,
                                     camseal_span_of(q->w->start, q->w->len)));
    q->after = SPDM_AFTER_ESTABLISH;
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_rsp_heartbeat(camseal_spdm_responder *r, spdm_request *q)
{
    CAMSEAL_TRY(q->message.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    if (q->session->heartbeat_s == 0)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "the session has no heartbeat");
    camseal_spdm_write_header(q->w, r->shape.version, SPDM_HEARTBEAT_ACK, 0, 0);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_rsp_end_session(camseal_spdm_responder *r, spdm_request *q)
{
    CAMSEAL_TRY(q->message.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    camseal_spdm_write_header(q->w, r->shape.version, SPDM_END_SESSION_ACK, 0, 0);
    q->after = SPDM_AFTER_CLOSE;
    return CAMSEAL_OK;
}
