/* Requester: GET_DIGESTS, GET_CERTIFICATE with the check of the chain, CHALLENGE. */
#include <string.h>

#include "base/try.h"
#include "msg/certificate.h"
#include "msg/challenge.h"
#include "msg/digests.h"
#include "requester_chunk.h"
#include "requester_handshake.h"

static camseal_status build_digests(camseal_spdm_requester *r, camseal_writer *w)
{
    camseal_spdm_write_header(w, r->shape.version, SPDM_GET_DIGESTS, 0, 0);
    return CAMSEAL_OK;
}

bool camseal_spdm_key_serves(const camseal_spdm_requester *r, uint16_t use)
{
    return !r->shape.multi_key || (r->info.key_usage & use);
}

/* Multi-key: which key pair the slot has, and what it is for. */
static camseal_status take_key(camseal_spdm_requester *r, const spdm_digests *m)
{
    spdm_digest_key key;
    if (!camseal_spdm_digest_key(m, r->config.slot, &key))
        return CAMSEAL_OK;
    if (key.model == SPDM_CERT_MODEL_NONE)
        return camseal_spdm_reject(r, CAMSEAL_E_NOT_FOUND,
                                   "the certificate slot has a key and no certificate",
                                   r->config.slot, key.key_pair_id);
    if (r->config.challenge && !(key.usage & SPDM_USE_CHALLENGE))
        return camseal_spdm_reject(r, CAMSEAL_E_NEGOTIATION,
                                   "KeyUsageMask: the slot's key is not for CHALLENGE",
                                   SPDM_USE_CHALLENGE, key.usage);
    r->info.key_pair_id = key.key_pair_id;
    r->info.model = key.model;
    r->info.key_usage = key.usage;
    return CAMSEAL_OK;
}

static camseal_status accept_digests(camseal_spdm_requester *r, camseal_span message)
{
    spdm_digests m;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_digests(&reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    camseal_span digest = camseal_spdm_digest_of(&r->shape, &m, r->config.slot);
    if (digest.len == 0)
        return camseal_spdm_reject(r, CAMSEAL_E_NOT_FOUND,
                                   "the certificate slot is not provisioned", r->config.slot,
                                   m.provisioned);
    CAMSEAL_TRY(take_key(r, &m));
    memcpy(r->chain_digest, digest.data, digest.len);
    if (r->first && r->shape.multi_key)
        CAMSEAL_TRY(camseal_spdm_transcript_d(&r->transcript, message));
    camseal_spdm_transcript_m1_reset(&r->transcript); /* each GET_DIGESTS starts B */
    CAMSEAL_TRY(camseal_spdm_note_m1(r, message));
    r->info.supported_slots = m.supported;
    r->info.provisioned_slots = m.provisioned;
    r->chain_len = 0;
    r->chain_total = 0;
    camseal_spdm_next(r, &camseal_spdm_req_certificate);
    return CAMSEAL_OK;
}

const spdm_operation camseal_spdm_req_digests = {SPDM_OP_DIGESTS, build_digests, accept_digests,
                                                 NULL};

/* LargeCertChain, 1.4. */
static bool large_form(const camseal_spdm_requester *r)
{
    return r->shape.version >= SPDM_VERSION_14 && (r->peer_flags & SPDM_CAP_LARGE_RESP);
}

/* The longest portion to ask for: what one message holds, or what is left. */
static size_t portion_limit(const camseal_spdm_requester *r)
{
    bool large = large_form(r);
    size_t head = large ? SPDM_CERTIFICATE_LARGE_BYTES : SPDM_CERTIFICATE_HEADER_BYTES;
    size_t limit = camseal_spdm_response_limit(r) - head;
    size_t left = r->chain_total - r->chain_len;
    if (!large && limit > UINT16_MAX)
        limit = UINT16_MAX;
    return r->chain_total && left < limit ? left : limit;
}

static camseal_status build_certificate(camseal_spdm_requester *r, camseal_writer *w)
{
    const spdm_get_certificate m = {.large = large_form(r),
                                    .slot = r->config.slot,
                                    .offset = (uint32_t)r->chain_len,
                                    .length = (uint32_t)portion_limit(r)};
    camseal_spdm_write_get_certificate(w, r->shape.version, &m);
    return CAMSEAL_OK;
}

/* Offset + portion + remainder never changes, and every portion brings something. */
static camseal_status check_portion(camseal_spdm_requester *r, const spdm_certificate *m)
{
    size_t limit = portion_limit(r);
    uint64_t total = (uint64_t)r->chain_len + m->portion.len + m->remainder;
    if (m->large != large_form(r))
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "not the form that was asked for",
                                   !m->large, m->large);
    if (m->slot != r->config.slot)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "certificate of another slot",
                                   r->config.slot, m->slot);
    if (r->shape.multi_key && m->info != r->info.model)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "CertModel is not that of DIGESTS",
                                   r->info.model, m->info);
    if (m->portion.len == 0 || m->portion.len > limit)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "PortionLength is not what was asked for",
                                   limit, m->portion.len);
    if (r->chain_total && total != r->chain_total)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "portion and remainder do not add up",
                                   r->chain_total, total);
    if (total > r->config.max_chain)
        return camseal_spdm_reject(r, CAMSEAL_E_SPACE,
                                   "the certificate chain is longer than max_chain",
                                   r->config.max_chain, total);
    r->chain_total = (size_t)total;
    return CAMSEAL_OK;
}

static camseal_status accept_certificate(camseal_spdm_requester *r, camseal_span message)
{
    spdm_certificate m;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_certificate(&reader, r->shape.version, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(check_portion(r, &m));
    CAMSEAL_TRY(camseal_spdm_note_m1(r, message));
    memcpy(r->chain + r->chain_len, m.portion.data, m.portion.len);
    r->chain_len += m.portion.len;
    if (m.remainder) {
        camseal_spdm_next(r, &camseal_spdm_req_certificate);
        return CAMSEAL_OK;
    }
    memset(&r->chain_job, 0, sizeof r->chain_job);
    return camseal_spdm_req_chain(r);
}

const spdm_operation camseal_spdm_req_certificate = {SPDM_OP_CERTIFICATE, build_certificate,
                                                     accept_certificate, NULL};

static camseal_status check_digest(camseal_spdm_requester *r)
{
    uint8_t digest[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(camseal_spdm_hash_of(r->config.crypto, r->algorithms.hash,
                                     camseal_span_of(r->chain, r->chain_len), digest));
    if (memcmp(digest, r->chain_digest, r->shape.hash) == 0)
        return CAMSEAL_OK;
    return camseal_spdm_reject(r, CAMSEAL_E_CERTIFICATE, "the chain is not the one of DIGESTS", 0,
                               0);
}

/* Each slot of a multi-key connection has its own model. */
static uint8_t model_of(const camseal_spdm_requester *r)
{
    if (r->shape.multi_key)
        return r->info.model;
    return r->peer_flags & SPDM_CAP_ALIAS_CERT ? SPDM_CERT_MODEL_ALIAS : SPDM_CERT_MODEL_DEVICE;
}

camseal_status camseal_spdm_req_chain(camseal_spdm_requester *r)
{
    spdm_cert_result result;
    const uint8_t model = model_of(r);
    const spdm_cert_rules rules = {
        .crypto = r->config.crypto,
        .hash = r->algorithms.hash,
        .sign = r->algorithms.sign->id,
        .version = r->shape.version,
        .alias = model == SPDM_CERT_MODEL_ALIAS,
        .installs = model == SPDM_CERT_MODEL_GENERIC ? model : (uint8_t)0,
        .anchors = r->config.anchors,
        .n_anchors = r->config.n_anchors,
        .time = r->config.time,
        .pin = r->config.pin};
    memset(&result, 0, sizeof result);
    CAMSEAL_TRY(check_digest(r));
    camseal_status status = camseal_spdm_cert_check(&rules, camseal_span_of(r->chain, r->chain_len),
                                                    &r->chain_job, &result);
    if (status == CAMSEAL_PENDING) {
        r->phase = SPDM_PHASE_VERIFY;
        return CAMSEAL_OK;
    }
    r->info.certificates = result.certificates;
    if (status != CAMSEAL_OK)
        return camseal_spdm_reject(r, status, result.detail, 0, 0);
    r->leaf_spki = result.leaf_spki;
    memcpy(r->info.leaf_key_hash, result.key_hash, sizeof result.key_hash);
    r->connected = r->trusted = !r->config.challenge;
    camseal_spdm_next(r, r->config.challenge ? &camseal_spdm_req_challenge : NULL);
    return CAMSEAL_OK;
}

static camseal_status build_challenge(camseal_spdm_requester *r, camseal_writer *w)
{
    static const uint8_t drawn_below[SPDM_CONTEXT_BYTES];
    const size_t context = camseal_spdm_context_bytes(&r->shape);
    uint8_t summary;
    CAMSEAL_TRY(camseal_spdm_req_summary_type(r, &summary));
    const spdm_challenge m = {.slot = r->config.slot,
                              .summary = summary,
                              .nonce = {NULL, SPDM_NONCE_BYTES},
                              .context = {drawn_below, context}};
    camseal_spdm_write_challenge(w, &r->shape, &m);
    if (w->failed)
        return CAMSEAL_OK; /* the driver says that it does not fit */
    return r->config.crypto->random(r->config.crypto->user, w->start + SPDM_HEADER_BYTES,
                                    SPDM_NONCE_BYTES + context);
}

static camseal_status check_challenge_auth(camseal_spdm_requester *r, const spdm_challenge_auth *m)
{
    if (m->slot != r->config.slot)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "answer for another slot", r->config.slot,
                                   m->slot);
    if (!(m->slot_mask >> r->config.slot & 1u))
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "the slot mask lacks the slot",
                                   1u << r->config.slot, m->slot_mask);
    if (m->mutual && !r->config.answerer)
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "mutual authentication was not offered", 0,
                                   1);
    if (memcmp(m->chain_hash.data, r->chain_digest, r->shape.hash) != 0)
        return camseal_spdm_reject(r, CAMSEAL_E_CERTIFICATE,
                                   "CertChainHash is not that of the chain", 0, 0);
    if (m->context.len &&
        memcmp(m->context.data, r->tx + SPDM_HEADER_BYTES + SPDM_NONCE_BYTES, m->context.len) != 0)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT,
                                   "RequesterContext is not that of the request", 0, 0);
    return CAMSEAL_OK;
}

/* M1 = A, B, CHALLENGE, CHALLENGE_AUTH without signature; it is used up here. */
static camseal_status close_m1(camseal_spdm_requester *r, camseal_span unsigned_message,
                               uint8_t *digest)
{
    camseal_status status = camseal_spdm_note_m1(r, unsigned_message);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_peek(&r->transcript, &r->transcript.m1, digest);
    camseal_spdm_transcript_m1_reset(&r->transcript);
    return status;
}

static camseal_status accept_challenge(camseal_spdm_requester *r, camseal_span message)
{
    spdm_challenge_auth m;
    uint8_t digest[CAMSEAL_HASH_MAX];
    spdm_shape shape = r->shape;
    shape.summary = r->config.summary != 0;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_challenge_auth(&reader, &shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(check_challenge_auth(r, &m));
    CAMSEAL_TRY(close_m1(r, camseal_span_of(message.data, message.len - m.signature.len), digest));
    CAMSEAL_TRY(camseal_spdm_verify(r, SPDM_SIGN_CHALLENGE_AUTH, digest, m.signature));
    camseal_spdm_req_note_summary(r, m.summary);
    r->authenticated = true;
    if (m.mutual)
        return r->config.answerer->with->follow_challenge(r);
    r->connected = r->trusted = true;
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

const spdm_operation camseal_spdm_req_challenge = {SPDM_OP_CHALLENGE, build_challenge,
                                                   accept_challenge, NULL};
