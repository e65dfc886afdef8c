/* Requester: KEY_EXCHANGE, FINISH, and the exchanges inside a session. */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/finish.h"
#include "msg/key_exchange.h"
#include "msg/vendor.h"
#include "requester_handshake.h"

/* ---- KEY_EXCHANGE --------------------------------------------------------------------------- */

static camseal_status build_key_exchange(camseal_spdm_requester *r, camseal_writer *w)
{
    const camseal_crypto *crypto = r->config.crypto;
    uint8_t opaque[SPDM_SM_OFFER_MAX], summary;
    CAMSEAL_TRY(camseal_spdm_req_summary_type(r, &summary));
    camseal_spdm_req_allocate_id(r);
    const spdm_key_exchange m = {.summary = summary,
                                 .slot = r->config.slot,
                                 .session_id = (uint16_t)camseal_spdm_current(r)->id,
                                 .random = {NULL, SPDM_NONCE_BYTES},
                                 .exchange = {NULL, r->shape.kex_request},
                                 .opaque = camseal_spdm_req_sm_offer(r, opaque)};
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

static camseal_status check_key_exchange_rsp(camseal_spdm_requester *r,
                                             const spdm_key_exchange_rsp *m)
{
    if (m->mut_auth && !r->config.answerer)
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "mutual authentication was not offered", 0,
                                   m->mut_auth);
    if (!m->mut_auth && r->config.policy->mutual == CAMSEAL_SPDM_REQUIRE)
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY,
                                   "MutAuthRequested: policy requires mutual authentication", 1, 0);
    if (m->mut_auth)
        CAMSEAL_TRY(r->config.answerer->with->check(r, m));
    return camseal_spdm_req_session_terms(r, m->session_id, m->heartbeat, m->opaque);
}

/* TH: A, D, Ct, KEY_EXCHANGE, KEY_EXCHANGE_RSP up to its signature; the signature is verified over
 * it and joins it. */
static camseal_status verify_signature(camseal_spdm_requester *r, camseal_span message,
                                       const spdm_key_exchange_rsp *m)
{
    const spdm_transcript *t = &r->transcript;
    spdm_run *th = &camseal_spdm_current(r)->th;
    uint8_t digest[CAMSEAL_HASH_MAX];
    size_t signed_len = message.len - m->signature.len - m->verify_data.len;
    CAMSEAL_TRY(camseal_spdm_run_fork_th(t, th));
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
        status = camseal_spdm_ks_start(k, &camseal_spdm_current(r)->secrets, shared, false);
    camseal_wipe(secret, sizeof secret);
    return status == CAMSEAL_OK ? status
                                : camseal_spdm_reject(r, status, "the key exchange failed", 0, 0);
}

static camseal_status accept_key_exchange(camseal_spdm_requester *r, camseal_span message)
{
    spdm_key_exchange_rsp m;
    uint8_t th1[CAMSEAL_HASH_MAX];
    spdm_session *s = camseal_spdm_current(r);
    spdm_schedule k = camseal_spdm_requester_schedule(r);
    spdm_shape shape = r->shape;
    shape.summary = r->config.summary != 0;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_key_exchange_rsp(&reader, &shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(check_key_exchange_rsp(r, &m));
    /* The signature first: nothing is computed with a value that the responder did not sign. */
    CAMSEAL_TRY(verify_signature(r, message, &m));
    CAMSEAL_TRY(agree(r, &k, m.exchange));
    CAMSEAL_TRY(camseal_spdm_session_handshake(&k, &r->transcript, s,
                                               camseal_spdm_requester_key_log(r), th1));
    s->clear = r->shape.clear_handshake;
    if (!s->clear)
        CAMSEAL_TRY(camseal_spdm_req_check_verify_data(r, th1, m.verify_data));
    camseal_spdm_req_note_summary(r, m.summary);
    s->mut_auth = m.mut_auth;
    if (m.mut_auth)
        r->config.answerer->with->follow_key_exchange(r, &m);
    else
        camseal_spdm_next(r, &camseal_spdm_req_finish);
    return CAMSEAL_OK;
}

const spdm_operation camseal_spdm_req_key_exchange = {SPDM_OP_KEY_EXCHANGE, build_key_exchange,
                                                      accept_key_exchange, NULL};

/* ---- FINISH --------------------------------------------------------------------------------- */

static camseal_status build_finish(camseal_spdm_requester *r, camseal_writer *w)
{
    const spdm_session *s = camseal_spdm_current(r);
    const spdm_finish m = {.has_signature = s->mut_auth != 0, .slot = s->req_slot};
    if (w->len == 0)
        camseal_spdm_write_finish(w, &r->shape, &m); /* as far as the verify data covers it */
    if (!m.has_signature)
        return camseal_spdm_req_add_verify_data(r, w, 0);
    camseal_status status = r->config.answerer->with->sign_finish(r, w);
    return status == CAMSEAL_OK ? camseal_spdm_req_add_verify_data(r, w, w->len) : status;
}

static camseal_status accept_finish(camseal_spdm_requester *r, camseal_span message)
{
    spdm_finish_rsp m;
    spdm_session *s = camseal_spdm_current(r);
    const spdm_transcript *t = &r->transcript;
    uint8_t digest[CAMSEAL_HASH_MAX];
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_finish_rsp(&reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    camseal_span head = camseal_span_of(message.data, message.len - m.verify_data.len);
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, head));
    if (s->clear) {
        CAMSEAL_TRY(camseal_spdm_run_peek(t, &s->th, digest));
        CAMSEAL_TRY(camseal_spdm_req_check_verify_data(r, digest, m.verify_data));
    }
    return camseal_spdm_req_establish(r);
}

const spdm_operation camseal_spdm_req_finish = {SPDM_OP_FINISH, build_finish, accept_finish, NULL};

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

static camseal_status accept_heartbeat(camseal_spdm_requester *r, camseal_span message)
{
    CAMSEAL_TRY(check_bare(message));
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

const spdm_operation camseal_spdm_req_heartbeat = {SPDM_OP_HEARTBEAT, camseal_spdm_req_bare,
                                                   accept_heartbeat, NULL};

static camseal_status accept_end_session(camseal_spdm_requester *r, camseal_span message)
{
    CAMSEAL_TRY(check_bare(message));
    camseal_spdm_session_wipe(&r->transcript, camseal_spdm_current(r));
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

const spdm_operation camseal_spdm_req_end_session = {SPDM_OP_END_SESSION, camseal_spdm_req_bare,
                                                     accept_end_session, NULL};

static camseal_status build_vendor(camseal_spdm_requester *r, camseal_writer *w)
{
    const spdm_vendor m = {r->standard_id, r->vendor_id, r->vendor_request};
    camseal_spdm_write_vendor(w, r->shape.version, SPDM_VENDOR_DEFINED_REQUEST, &m);
    return CAMSEAL_OK;
}

static camseal_status accept_vendor(camseal_spdm_requester *r, camseal_span message)
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
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

const spdm_operation camseal_spdm_req_vendor = {SPDM_OP_VENDOR, build_vendor, accept_vendor, NULL};
