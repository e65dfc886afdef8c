/* Responder: what it asks by encapsulated requests, and what the answers mean. A row is one inner
 * request; its accept function says what is asked next. Knows the requester's chain and the
 * application's errand; no wrapper. */
#include <string.h>

#include "base/try.h"
#include "msg/certificate.h"
#include "msg/challenge.h"
#include "msg/digests.h"
#include "msg/endpoint_info.h"
#include "msg/event.h"
#include "msg/short.h"
#include "responder_encap.h"

enum { WRAP_BYTES = 4, DOE_PADDING_MAX = 3 };

/* The message that `reader` has read; outside a session some transports pad it. */
static camseal_status message_of(const camseal_spdm_responder *r, const spdm_request *q,
                                 const camseal_reader *reader, camseal_span *message)
{
    bool padded = !q->session && r->config.binding->inner == CAMSEAL_SPDM_INNER_NONE;
    CAMSEAL_TRY(camseal_reader_ok(reader));
    if (reader->left > (padded ? (size_t)DOE_PADDING_MAX : 0))
        return CAMSEAL_E_TRAILING;
    message->len -= reader->left;
    return CAMSEAL_OK;
}

/* Inner messages are what both sides hash: B' and C' behind A, or IL1. */
static camseal_status note(camseal_spdm_responder *r, camseal_span message)
{
    spdm_encap_requester *e = r->encap;
    bool hashed = e->flow == SPDM_FLOW_CHALLENGE || e->inner == SPDM_INNER_ENDPOINT_INFO;
    if (!hashed)
        return CAMSEAL_OK;
    if (!e->run.open)
        CAMSEAL_TRY(camseal_spdm_run_fork(&r->transcript, &e->run));
    return camseal_spdm_run_add(&r->transcript, &e->run, message);
}

static camseal_status note_request(camseal_spdm_responder *r, const camseal_writer *w)
{
    CAMSEAL_TRY(camseal_writer_end(w));
    return note(r, camseal_span_of(w->start, w->len));
}

/* A signature of the requester over the run; the run is used up. */
static camseal_status verify_run(camseal_spdm_responder *r, spdm_request *q, spdm_purpose purpose,
                                 camseal_span signature)
{
    uint8_t digest[CAMSEAL_HASH_MAX];
    spdm_encap_requester *e = r->encap;
    CAMSEAL_TRY(camseal_spdm_run_peek(&r->transcript, &e->run, digest));
    camseal_spdm_run_drop(&r->transcript, &e->run);
    camseal_status status =
        camseal_spdm_verify_signed(r->config.crypto, r->algorithms.req_sign, r->algorithms.hash,
                                   r->shape.version, purpose, digest, e->peer.leaf_spki, signature);
    return status == CAMSEAL_OK
               ? status
               : camseal_spdm_refuse(q, status, "the requester's signature does not verify");
}

/* ---- DIGESTS ----------------------------------------------------------------------------------
 */

static camseal_status build_digests(camseal_spdm_responder *r, camseal_writer *w)
{
    camseal_spdm_write_bare(w, r->shape.version, SPDM_GET_DIGESTS);
    return note_request(r, w);
}

static enum spdm_inner behind_chain(const spdm_encap_requester *e)
{
    return e->flow == SPDM_FLOW_CHALLENGE ? SPDM_INNER_CHALLENGE : SPDM_INNERS;
}

/* A requester with several keys says what each is for. */
static bool key_serves(const camseal_spdm_responder *r, const spdm_digests *m, uint8_t slot)
{
    spdm_digest_key key;
    uint16_t use =
        r->encap->flow == SPDM_FLOW_CHALLENGE ? SPDM_USE_CHALLENGE : SPDM_USE_KEY_EXCHANGE;
    if (!r->req_multi_key)
        return true;
    return camseal_spdm_digest_key(m, slot, &key) && (key.usage & use);
}

/* A chain that was found good earlier need not come again. */
static camseal_status take_digest(camseal_spdm_responder *r, camseal_span digest, uint8_t slot)
{
    spdm_encap_requester *e = r->encap;
    spdm_peer_chain *p = &e->peer;
    bool same = p->verified && p->slot == slot && memcmp(p->digest, digest.data, digest.len) == 0;
    e->inner = (uint8_t)(same ? behind_chain(e) : SPDM_INNER_CERTIFICATE);
    if (same)
        return CAMSEAL_OK;
    p->verified = false;
    p->slot = slot;
    p->len = p->total = 0;
    memcpy(p->digest, digest.data, digest.len);
    memset(&p->job, 0, sizeof p->job);
    return CAMSEAL_OK;
}

static camseal_status accept_digests(camseal_spdm_responder *r, spdm_request *q,
                                     camseal_span response)
{
    spdm_encap_requester *e = r->encap;
    spdm_digests m;
    spdm_shape shape = r->shape;
    uint8_t slot = r->config.authenticator->slot;
    camseal_reader reader = camseal_reader_of(response);
    shape.multi_key = r->req_multi_key;
    CAMSEAL_TRY(camseal_spdm_read_digests(&reader, &shape, &m));
    CAMSEAL_TRY(message_of(r, q, &reader, &response));
    camseal_span digest = camseal_spdm_digest_of(&shape, &m, slot);
    if (digest.len == 0)
        return camseal_spdm_refuse(q, CAMSEAL_E_NOT_FOUND, "the requester's slot is empty");
    if (!key_serves(r, &m, slot))
        return camseal_spdm_refuse(q, CAMSEAL_E_POLICY,
                                   "the requester's key is for something else");
    /* D': the first answer in a handshake, on a multi-key connection. */
    if (e->flow == SPDM_FLOW_SESSION && !e->answered && r->req_multi_key)
        CAMSEAL_TRY(camseal_spdm_run_add(&r->transcript, &r->sessions[e->session].th, response));
    CAMSEAL_TRY(note(r, response));
    return take_digest(r, digest, slot);
}

/* ---- CERTIFICATE ------------------------------------------------------------------------------
 */

static camseal_status build_certificate(camseal_spdm_responder *r, camseal_writer *w)
{
    const spdm_peer_chain *p = &r->encap->peer;
    size_t room = (size_t)r->config.max_message - WRAP_BYTES - SPDM_CERTIFICATE_HEADER_BYTES;
    size_t left = p->total ? p->total - p->len : p->capacity;
    const spdm_get_certificate m = {.slot = p->slot,
                                    .offset = (uint32_t)p->len,
                                    .length = (uint32_t)(left < room ? left : room)};
    camseal_spdm_write_get_certificate(w, r->shape.version, &m);
    return note_request(r, w);
}

/* Offset, portion and remainder add up to the same total each time. */
static camseal_status take_portion(camseal_spdm_responder *r, spdm_request *q,
                                   const spdm_certificate *m)
{
    spdm_peer_chain *p = &r->encap->peer;
    size_t total = p->len + m->portion.len + m->remainder;
    if (m->slot != p->slot || m->large || m->portion.len == 0 || (p->total && total != p->total))
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "the portion of the chain does not fit");
    if (total > p->capacity)
        return camseal_spdm_refuse(q, CAMSEAL_E_SPACE, "the requester's chain is too long");
    memcpy(p->bytes + p->len, m->portion.data, m->portion.len);
    p->len += m->portion.len;
    p->total = total;
    return CAMSEAL_OK;
}

static camseal_status check_chain(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_encap_requester *e = r->encap;
    camseal_status status = camseal_spdm_peer_check(r, q);
    e->checking = status == CAMSEAL_PENDING;
    if (status == CAMSEAL_OK)
        e->inner = (uint8_t)behind_chain(e);
    return status;
}

static camseal_status accept_certificate(camseal_spdm_responder *r, spdm_request *q,
                                         camseal_span response)
{
    spdm_certificate m;
    camseal_reader reader = camseal_reader_of(response);
    if (r->encap->checking)
        return check_chain(r, q);
    CAMSEAL_TRY(camseal_spdm_read_certificate(&reader, r->shape.version, &m));
    CAMSEAL_TRY(message_of(r, q, &reader, &response));
    CAMSEAL_TRY(take_portion(r, q, &m));
    CAMSEAL_TRY(note(r, response));
    return m.remainder ? CAMSEAL_OK : check_chain(r, q);
}

/* ---- CHALLENGE --------------------------------------------------------------------------------
 */

static const uint8_t no_context[SPDM_CONTEXT_BYTES];

static camseal_status build_challenge(camseal_spdm_responder *r, camseal_writer *w)
{
    const camseal_crypto *crypto = r->config.crypto;
    const spdm_challenge m = {.slot = r->encap->peer.slot,
                              .nonce = {NULL, SPDM_NONCE_BYTES},
                              .context = {no_context, camseal_spdm_context_bytes(&r->shape)}};
    camseal_spdm_write_challenge(w, &r->shape, &m);
    CAMSEAL_TRY(camseal_writer_end(w));
    CAMSEAL_TRY(crypto->random(crypto->user, w->start + SPDM_HEADER_BYTES, SPDM_NONCE_BYTES));
    return note_request(r, w);
}

static camseal_status accept_challenge(camseal_spdm_responder *r, spdm_request *q,
                                       camseal_span response)
{
    spdm_encap_requester *e = r->encap;
    spdm_challenge_auth m;
    spdm_shape shape = r->shape;
    camseal_reader reader = camseal_reader_of(response);
    shape.summary = false;
    shape.signature = r->shape.req_signature;
    CAMSEAL_TRY(camseal_spdm_read_challenge_auth(&reader, &shape, &m));
    CAMSEAL_TRY(message_of(r, q, &reader, &response));
    bool echoed = m.context.len == 0 || memcmp(m.context.data, no_context, m.context.len) == 0;
    if (m.slot != e->peer.slot || m.mutual || !((unsigned)m.slot_mask >> m.slot & 1u) || !echoed)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "an illegal inner CHALLENGE_AUTH");
    if (memcmp(m.chain_hash.data, e->peer.digest, shape.hash) != 0)
        return camseal_spdm_refuse(q, CAMSEAL_E_CERTIFICATE, "not the requester's chain");
    CAMSEAL_TRY(note(r, camseal_span_of(response.data, response.len - m.signature.len)));
    CAMSEAL_TRY(verify_run(r, q, SPDM_SIGN_REQ_CHALLENGE_AUTH, m.signature));
    e->inner = SPDM_INNERS;
    return camseal_spdm_peer_ask_owner(r, q, SPDM_NO_SESSION, true);
}

/* ---- KEY_UPDATE -------------------------------------------------------------------------------
 */

static camseal_status build_key_update(camseal_spdm_responder *r, camseal_writer *w)
{
    spdm_encap_requester *e = r->encap;
    bool verify = e->inner == SPDM_INNER_VERIFY_KEY;
    CAMSEAL_TRY(r->config.crypto->random(r->config.crypto->user, &e->tag, 1));
    const spdm_key_update m = {verify ? SPDM_VERIFY_NEW_KEY : SPDM_UPDATE_KEY, e->tag};
    camseal_spdm_write_key_update(w, r->shape.version, SPDM_KEY_UPDATE, &m);
    return CAMSEAL_OK;
}

static camseal_status check_key_update(camseal_spdm_responder *r, spdm_request *q,
                                       camseal_span response, uint8_t operation)
{
    spdm_key_update m;
    camseal_reader reader = camseal_reader_of(response);
    CAMSEAL_TRY(camseal_spdm_read_key_update(&reader, &m));
    CAMSEAL_TRY(message_of(r, q, &reader, &response));
    if (m.operation != operation || m.tag != r->encap->tag)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "not the KEY_UPDATE that was asked for");
    return CAMSEAL_OK;
}

/* From the next answer on this side sends under the new key. */
static camseal_status accept_update(camseal_spdm_responder *r, spdm_request *q,
                                    camseal_span response)
{
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    CAMSEAL_TRY(check_key_update(r, q, response, SPDM_UPDATE_KEY));
    CAMSEAL_TRY(camseal_spdm_session_update(&k, q->session, SPDM_DIR_RSP));
    r->encap->inner = SPDM_INNER_VERIFY_KEY;
    return CAMSEAL_OK;
}

static camseal_status accept_verify(camseal_spdm_responder *r, spdm_request *q,
                                    camseal_span response)
{
    CAMSEAL_TRY(check_key_update(r, q, response, SPDM_VERIFY_NEW_KEY));
    camseal_spdm_session_confirm(q->session);
    r->encap->inner = SPDM_INNERS;
    return CAMSEAL_OK;
}

/* ---- events, endpoint information -------------------------------------------------------------
 */

static camseal_status build_event(camseal_spdm_responder *r, camseal_writer *w)
{
    const spdm_errand *errand = &r->encap->errand;
    const spdm_send_event m = {errand->n_events, errand->events};
    camseal_spdm_write_send_event(w, r->shape.version, &m);
    return CAMSEAL_OK;
}

static camseal_status accept_event(camseal_spdm_responder *r, spdm_request *q,
                                   camseal_span response)
{
    camseal_reader reader = camseal_reader_of(response);
    CAMSEAL_TRY(camseal_spdm_read_bare(&reader));
    CAMSEAL_TRY(message_of(r, q, &reader, &response));
    r->encap->inner = SPDM_INNERS;
    return CAMSEAL_OK;
}

static camseal_status build_endpoint_info(camseal_spdm_responder *r, camseal_writer *w)
{
    uint8_t nonce[SPDM_NONCE_BYTES];
    const spdm_encap_requester *e = r->encap;
    spdm_get_endpoint_info m = {.sub_code = SPDM_EP_INFO_DEVICE_CLASS, .is_signed = e->errand.sign};
    if (m.is_signed) {
        CAMSEAL_TRY(r->config.crypto->random(r->config.crypto->user, nonce, sizeof nonce));
        m.slot = e->peer.slot;
        m.nonce = camseal_span_of(nonce, sizeof nonce);
    }
    camseal_spdm_write_get_endpoint_info(w, r->shape.version, &m);
    return note_request(r, w);
}

static camseal_status accept_endpoint_info(camseal_spdm_responder *r, spdm_request *q,
                                           camseal_span response)
{
    spdm_encap_requester *e = r->encap;
    spdm_endpoint_info m;
    spdm_shape shape = r->shape;
    camseal_reader reader = camseal_reader_of(response);
    shape.signature = r->shape.req_signature;
    CAMSEAL_TRY(camseal_spdm_read_endpoint_info(&reader, &shape, e->errand.sign, &m));
    CAMSEAL_TRY(message_of(r, q, &reader, &response));
    CAMSEAL_TRY(camseal_spdm_check_device_classes(m.info));
    if (e->errand.sign) {
        if (m.slot != e->peer.slot)
            return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "endpoint information of another slot");
        CAMSEAL_TRY(note(r, camseal_span_of(response.data, response.len - m.signature.len)));
        CAMSEAL_TRY(verify_run(r, q, SPDM_SIGN_REQ_ENDPOINT_INFO, m.signature));
    }
    e->inner = SPDM_INNERS;
    camseal_spdm_flow_end(r, CAMSEAL_OK, m.info);
    return CAMSEAL_OK;
}

const spdm_inner_row camseal_spdm_inner_rows[SPDM_INNERS] = {
    [SPDM_INNER_DIGESTS] = {SPDM_DIGESTS, build_digests, accept_digests},
    [SPDM_INNER_CERTIFICATE] = {SPDM_CERTIFICATE, build_certificate, accept_certificate},
    [SPDM_INNER_CHALLENGE] = {SPDM_CHALLENGE_AUTH, build_challenge, accept_challenge},
    [SPDM_INNER_UPDATE_KEY] = {SPDM_KEY_UPDATE_ACK, build_key_update, accept_update},
    [SPDM_INNER_VERIFY_KEY] = {SPDM_KEY_UPDATE_ACK, build_key_update, accept_verify},
    [SPDM_INNER_EVENT] = {SPDM_EVENT_ACK, build_event, accept_event},
    [SPDM_INNER_ENDPOINT_INFO] = {SPDM_ENDPOINT_INFO, build_endpoint_info, accept_endpoint_info},
};
