/* Requester: KEY_EXCHANGE, FINISH, and the exchanges inside a session. */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/finish.h"
#include "msg/key_exchange.h"
#include "msg/opaque.h"
#include "msg/vendor.h"
#include "requester.h"

enum { OPAQUE_BYTES = 16 };

static const uint16_t sm_versions[] = {SPDM_SM_VERSION_11, SPDM_SM_VERSION_12};

static spdm_session *current(camseal_spdm_requester *r)
{
    return &r->sessions[r->session];
}

/* ---- KEY_EXCHANGE --------------------------------------------------------------------------- */

/* A ReqSessionID that no live session has; never 0. */
static uint16_t allocate_id(camseal_spdm_requester *r)
{
    for (;;) {
        uint16_t id = r->next_session_id;
        bool used = id == 0;
        r->next_session_id = (uint16_t)(id - 1u);
        for (size_t i = 0; i < r->config.max_sessions; i++)
            used |=
                r->sessions[i].state >= SPDM_SESSION_HANDSHAKE && (uint16_t)r->sessions[i].id == id;
        if (!used)
            return id;
    }
}

camseal_status camseal_spdm_req_key_exchange(camseal_spdm_requester *r, camseal_writer *w)
{
    const camseal_crypto *crypto = r->config.crypto;
    uint8_t opaque[OPAQUE_BYTES];
    camseal_writer o = camseal_writer_of(opaque, sizeof opaque);
    camseal_spdm_write_sm_versions(&o, sm_versions, sizeof sm_versions / sizeof sm_versions[0]);
    CAMSEAL_TRY(camseal_writer_end(&o));
    current(r)->id = allocate_id(r);
    const spdm_key_exchange m = {.slot = r->config.slot,
                                 .session_id = (uint16_t)current(r)->id,
                                 .random = {NULL, SPDM_NONCE_BYTES},
                                 .exchange = {NULL, r->shape.kex_request},
                                 .opaque = {opaque, o.len}};
    camseal_spdm_write_key_exchange(w, &r->shape, &m);
    if (w->failed)
        return CAMSEAL_OK; /* the driver says that it does not fit */
    CAMSEAL_TRY(
        crypto->random(crypto->user, w->start + SPDM_KEY_EXCHANGE_RANDOM_AT, SPDM_NONCE_BYTES));
    CAMSEAL_TRY(
        r->algorithms.kex->start(crypto->user, &r->kex, w->start + SPDM_KEY_EXCHANGE_DATA_AT));
    r->kex_open = true;
    return CAMSEAL_OK;
}

/* Our own half is unlike that of our other sessions, so the whole is too. */
static camseal_status take_session_id(camseal_spdm_requester *r, uint16_t half)
{
    if (half == 0)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "RspSessionID is 0", 0, half);
    current(r)->id = (uint32_t)half << 16 | (uint16_t)current(r)->id;
    return CAMSEAL_OK;
}

static camseal_status check_key_exchange_rsp(camseal_spdm_requester *r,
                                             const spdm_key_exchange_rsp *m)
{
    uint16_t selected;
    if (m->mut_auth)
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "mutual authentication was not offered", 0,
                                   m->mut_auth);
    if (m->heartbeat && !(r->flags & r->peer_flags & SPDM_CAP_HBEAT))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "HeartbeatPeriod without HBEAT", 0,
                                   m->heartbeat);
    if (camseal_spdm_read_sm_selection(m->opaque, &selected) != CAMSEAL_OK)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "no secured-message version was selected",
                                   1, m->opaque.len);
    selected &= 0xFF00u;
    if (selected != SPDM_SM_VERSION_11 && selected != SPDM_SM_VERSION_12)
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY,
                                   "the selected secured-message version was not offered",
                                   SPDM_SM_VERSION_12, selected);
    return take_session_id(r, m->session_id);
}

/* TH: A, Ct, KEY_EXCHANGE, KEY_EXCHANGE_RSP up to its signature; the signature is verified over it
 * and joins it. */
static camseal_status verify_signature(camseal_spdm_requester *r, camseal_span message,
                                       const spdm_key_exchange_rsp *m)
{
    const spdm_transcript *t = &r->transcript;
    spdm_run *th = &current(r)->th;
    uint8_t digest[CAMSEAL_HASH_MAX];
    size_t signed_len = message.len - m->signature.len - m->verify_data.len;
    CAMSEAL_TRY(camseal_spdm_run_fork(t, th));
    CAMSEAL_TRY(camseal_spdm_run_add(t, th, camseal_span_of(r->chain_digest, r->shape.hash)));
    CAMSEAL_TRY(camseal_spdm_run_add(t, th, camseal_spdm_request_sent(r)));
    CAMSEAL_TRY(camseal_spdm_run_add(t, th, camseal_span_of(message.data, signed_len)));
    CAMSEAL_TRY(camseal_spdm_run_peek(t, th, digest));
    CAMSEAL_TRY(camseal_spdm_verify(r, SPDM_SIGN_KEY_EXCHANGE_RSP, digest, m->signature));
    return camseal_spdm_run_add(t, th, m->signature);
}

/* Shared secret, then Handshake-Secret. */
static camseal_status agree(camseal_spdm_requester *r, const spdm_schedule *k,
                            camseal_span exchange)
{
    uint8_t secret[CAMSEAL_KEX_SECRET_MAX];
    camseal_span shared = camseal_span_of(secret, r->algorithms.kex->secret_bytes);
    camseal_status status =
        r->algorithms.kex->finish(r->config.crypto->user, &r->kex, exchange, secret);
    camseal_spdm_drop_kex(r);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_ks_start(k, &current(r)->secrets, shared, false);
    camseal_wipe(secret, sizeof secret);
    return status == CAMSEAL_OK ? status
                                : camseal_spdm_reject(r, status, "the key exchange failed", 0, 0);
}

static camseal_status check_verify_data(camseal_spdm_requester *r, const spdm_schedule *k,
                                        const uint8_t *th1, camseal_span verify_data)
{
    uint8_t expected[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(
        camseal_spdm_ks_verify_data(k, current(r)->secrets.traffic[SPDM_DIR_RSP], th1, expected));
    bool genuine = camseal_equal_ct(expected, verify_data.data, r->shape.hash);
    camseal_wipe(expected, sizeof expected);
    if (!genuine)
        return camseal_spdm_reject(r, CAMSEAL_E_AUTH, "ResponderVerifyData is wrong", 0, 0);
    return camseal_spdm_run_add(&r->transcript, &current(r)->th, verify_data);
}

camseal_status camseal_spdm_req_key_exchange_rsp(camseal_spdm_requester *r, camseal_span message)
{
    spdm_key_exchange_rsp m;
    uint8_t th1[CAMSEAL_HASH_MAX];
    spdm_schedule k = camseal_spdm_requester_schedule(r);
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_key_exchange_rsp(&reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(check_key_exchange_rsp(r, &m));
    /* The signature first: nothing is computed with a value that the responder did not sign. */
    CAMSEAL_TRY(verify_signature(r, message, &m));
    CAMSEAL_TRY(agree(r, &k, m.exchange));
    CAMSEAL_TRY(camseal_spdm_session_handshake(&k, &r->transcript, current(r),
                                               camseal_spdm_requester_key_log(r), th1));
    CAMSEAL_TRY(check_verify_data(r, &k, th1, m.verify_data));
    current(r)->heartbeat_s = m.heartbeat;
    camseal_spdm_next(r, SPDM_OP_FINISH);
    return CAMSEAL_OK;
}

/* ---- FINISH --------------------------------------------------------------------------------- */

camseal_status camseal_spdm_req_finish(camseal_spdm_requester *r, camseal_writer *w)
{
    const spdm_transcript *t = &r->transcript;
    spdm_schedule k = camseal_spdm_requester_schedule(r);
    spdm_session *s = current(r);
    uint8_t digest[CAMSEAL_HASH_MAX], mac[CAMSEAL_HASH_MAX];
    spdm_finish m = {.has_signature = false};
    camseal_spdm_write_finish(w, &r->shape, &m); /* as far as the verify data covers it */
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, camseal_span_of(w->start, w->len)));
    CAMSEAL_TRY(camseal_spdm_run_peek(t, &s->th, digest));
    CAMSEAL_TRY(camseal_spdm_ks_verify_data(&k, s->secrets.traffic[SPDM_DIR_REQ], digest, mac));
    camseal_write_bytes(w, mac, r->shape.hash);
    return camseal_spdm_run_add(t, &s->th, camseal_span_of(mac, r->shape.hash));
}

camseal_status camseal_spdm_req_finish_rsp(camseal_spdm_requester *r, camseal_span message)
{
    spdm_finish_rsp m;
    spdm_schedule k = camseal_spdm_requester_schedule(r);
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_finish_rsp(&reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(camseal_spdm_run_add(&r->transcript, &current(r)->th, message));
    CAMSEAL_TRY(camseal_spdm_session_establish(&k, &r->transcript, current(r),
                                               camseal_spdm_requester_key_log(r)));
    r->info.heartbeat_s = current(r)->heartbeat_s;
    camseal_spdm_next(r, SPDM_OPS);
    return CAMSEAL_OK;
}

/* ---- inside a session ----------------------------------------------------------------------- */

/* HEARTBEAT and END_SESSION are headers only. */
camseal_status camseal_spdm_req_bare(camseal_spdm_requester *r, camseal_writer *w)
{
    camseal_spdm_write_header(w, r->shape.version, camseal_spdm_row((enum spdm_op)r->op)->request,
                              0, 0);
    return CAMSEAL_OK;
}

static camseal_status check_bare(camseal_span message)
{
    return message.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK;
}

camseal_status camseal_spdm_req_heartbeat_rsp(camseal_spdm_requester *r, camseal_span message)
{
    CAMSEAL_TRY(check_bare(message));
    camseal_spdm_next(r, SPDM_OPS);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_req_end_session_rsp(camseal_spdm_requester *r, camseal_span message)
{
    CAMSEAL_TRY(check_bare(message));
    camseal_spdm_session_wipe(&r->transcript, current(r));
    camseal_spdm_next(r, SPDM_OPS);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_req_vendor(camseal_spdm_requester *r, camseal_writer *w)
{
    const spdm_vendor m = {r->standard_id, r->vendor_id, r->vendor_request};
    camseal_spdm_write_vendor(w, r->shape.version, SPDM_VENDOR_DEFINED_REQUEST, &m);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_req_vendor_rsp(camseal_spdm_requester *r, camseal_span message)
{
    spdm_vendor m;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_vendor(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    if (m.standard_id != r->standard_id)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "StandardID is not that of the request",
                                   r->standard_id, m.standard_id);
    if (m.vendor_id.len != r->vendor_id.len ||
        (m.vendor_id.len && memcmp(m.vendor_id.data, r->vendor_id.data, m.vendor_id.len) != 0))
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "VendorID is not that of the request",
                                   r->vendor_id.len, m.vendor_id.len);
    if (m.payload.len > r->vendor_response->capacity)
        return camseal_spdm_reject(r, CAMSEAL_E_SPACE, "the response is longer than the buffer",
                                   r->vendor_response->capacity, m.payload.len);
    if (m.payload.len)
        memcpy(r->vendor_response->data, m.payload.data, m.payload.len);
    r->vendor_response->len = m.payload.len;
    camseal_spdm_next(r, SPDM_OPS);
    return CAMSEAL_OK;
}
