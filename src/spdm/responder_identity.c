/* Responder: slots and their chains; GET_DIGESTS, GET_CERTIFICATE, CHALLENGE. */
#include "base/try.h"
#include "msg/certificate.h"
#include "msg/challenge.h"
#include "msg/digests.h"
#include "msg/error.h"
#include "responder.h"
#include "responder_encap.h"

enum { ALL_USES = 0x000F };

/* ---- slots ---------------------------------------------------------------------------------- */

const camseal_spdm_identity *camseal_spdm_slot_identity(const camseal_spdm_responder *r,
                                                        uint8_t slot)
{
    const camseal_sign *sign = r->algorithms.sign;
    for (size_t i = 0; sign && i < r->config.n_identities; i++) {
        const camseal_spdm_identity *id = &r->config.identities[i];
        if (id->slot == slot && camseal_sign_fits_key(sign->id, id->sign))
            return id;
    }
    return NULL;
}

static uint8_t slots(const camseal_spdm_responder *r, bool with_certificates)
{
    unsigned mask = 0;
    for (uint8_t slot = 0; slot <= SPDM_SLOT_LAST; slot++) {
        const camseal_spdm_identity *id = camseal_spdm_slot_identity(r, slot);
        if (id && (id->chain.len || !with_certificates))
            mask |= 1u << slot;
    }
    return (uint8_t)mask;
}

uint8_t camseal_spdm_slots(const camseal_spdm_responder *r)
{
    return slots(r, true);
}

camseal_status camseal_spdm_use_slot(camseal_spdm_responder *r, spdm_request *q, uint8_t slot)
{
    const camseal_spdm_identity *id = camseal_spdm_slot_identity(r, slot);
    if (!id || !id->chain.len)
        return camseal_spdm_refuse(q, CAMSEAL_E_NOT_FOUND, "the slot is empty");
    if (r->identity == id)
        return CAMSEAL_OK;
    r->identity = NULL;
    CAMSEAL_TRY(camseal_spdm_own_chain(&r->chain, r->config.crypto, r->algorithms.hash, id->chain));
    if (r->shape.version < SPDM_VERSION_14 && r->chain.total > UINT16_MAX)
        return camseal_spdm_refuse(q, CAMSEAL_E_NOT_FOUND, "the chain is too long before 1.4");
    r->identity = id;
    r->slot = slot;
    return CAMSEAL_OK;
}

static uint16_t key_usage(const camseal_spdm_identity *id)
{
    return id->key_usage ? id->key_usage : (uint16_t)ALL_USES;
}

camseal_status camseal_spdm_use_slot_for(camseal_spdm_responder *r, spdm_request *q, uint8_t slot,
                                         uint16_t use)
{
    CAMSEAL_TRY(camseal_spdm_use_slot(r, q, slot));
    if (camseal_spdm_multi_key(r) && !(key_usage(r->identity) & use))
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "the slot's key is for something else");
    return CAMSEAL_OK;
}

/* ---- GET_DIGESTS ---------------------------------------------------------------------------- */

static size_t count(unsigned mask)
{
    size_t n = 0;
    for (; mask; mask &= mask - 1u)
        n++;
    return n;
}

static uint8_t model_of(const camseal_spdm_identity *id)
{
    if (!id->chain.len)
        return SPDM_CERT_MODEL_NONE;
    return id->model ? id->model : (uint8_t)SPDM_CERT_MODEL_DEVICE;
}

/* KeyPairID, CertificateInfo, KeyUsageMask of every provisioned slot. */
static void write_keys(const camseal_spdm_responder *r, camseal_writer *w, unsigned provisioned)
{
    for (unsigned part = 0; part < 3; part++) {
        for (uint8_t slot = 0; slot <= SPDM_SLOT_LAST; slot++) {
            const camseal_spdm_identity *id = camseal_spdm_slot_identity(r, slot);
            if (!(provisioned >> slot & 1u) || !id)
                continue;
            if (part == 0)
                camseal_write_u8(w, id->key_pair_id ? id->key_pair_id : (uint8_t)(slot + 1u));
            else if (part == 1)
                camseal_write_u8(w, model_of(id));
            else
                camseal_write_le16(w, key_usage(id));
        }
    }
}

static camseal_status write_digest(camseal_spdm_responder *r, spdm_request *q, uint8_t slot)
{
    if (!camseal_spdm_slot_identity(r, slot)->chain.len) {
        camseal_write_zeros(q->w, r->shape.hash);
        return CAMSEAL_OK;
    }
    CAMSEAL_TRY(camseal_spdm_use_slot(r, q, slot));
    camseal_write_bytes(q->w, r->chain.digest, r->shape.hash);
    return CAMSEAL_OK;
}

static camseal_status write_digests(camseal_spdm_responder *r, spdm_request *q, uint8_t provisioned)
{
    uint8_t supported = r->shape.version >= SPDM_VERSION_13 ? slots(r, false) : (uint8_t)0;
    camseal_spdm_write_header(q->w, r->shape.version, SPDM_DIGESTS, supported, provisioned);
    for (uint8_t slot = 0; slot <= SPDM_SLOT_LAST; slot++)
        if ((unsigned)provisioned >> slot & 1u)
            CAMSEAL_TRY(write_digest(r, q, slot));
    if (camseal_spdm_multi_key(r))
        write_keys(r, q->w, provisioned);
    return camseal_writer_end(q->w);
}

camseal_status camseal_spdm_rsp_digests(camseal_spdm_responder *r, spdm_request *q)
{
    /* With several keys a slot that has only a key counts too. */
    uint8_t provisioned = slots(r, !camseal_spdm_multi_key(r));
    size_t each = (size_t)r->shape.hash + (camseal_spdm_multi_key(r) ? 4u : 0u);
    CAMSEAL_TRY(q->message.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    if (provisioned == 0)
        return camseal_spdm_refuse_as(q, SPDM_ERR_UNSPECIFIED, CAMSEAL_E_NOT_FOUND,
                                      "no slot has a certificate");
    CAMSEAL_TRY(camseal_spdm_fits(q, SPDM_HEADER_BYTES + count(provisioned) * each));
    CAMSEAL_TRY(write_digests(r, q, provisioned));
    if (q->session)
        return CAMSEAL_OK;
    camseal_span response = camseal_span_of(q->w->start, q->w->len);
    if (r->first && camseal_spdm_multi_key(r))
        CAMSEAL_TRY(camseal_spdm_transcript_d(&r->transcript, response));
    camseal_spdm_transcript_m1_reset(&r->transcript); /* each GET_DIGESTS starts B */
    return camseal_spdm_record_b(r, q);
}

/* ---- GET_CERTIFICATE ------------------------------------------------------------------------ */

/* SlotSizeRequested: how much a slot holds. Ours hold what is in them. */
static camseal_status write_slot_size(camseal_spdm_responder *r, spdm_request *q,
                                      const spdm_get_certificate *m)
{
    const spdm_certificate head = {
        .large = m->large, .slot = m->slot, .remainder = r->chain.total, .portion = {NULL, 0}};
    camseal_spdm_write_certificate_head(q->w, r->shape.version, &head);
    return camseal_spdm_record_b(r, q);
}

camseal_status camseal_spdm_rsp_certificate(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_get_certificate m;
    CAMSEAL_TRY(camseal_spdm_read_get_certificate(&q->reader, r->shape.version, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    if (m.large && !(r->flags & SPDM_CAP_LARGE_RESP))
        return camseal_spdm_refuse(q, CAMSEAL_E_UNSUPPORTED,
                                   "the large form without LARGE_RESP_CAP");
    CAMSEAL_TRY(camseal_spdm_use_slot(r, q, m.slot));
    q->needed = r->chain.total;
    if (!m.large && r->chain.total > UINT16_MAX)
        return camseal_spdm_refuse_as(q, SPDM_ERR_DATA_TOO_LARGE, CAMSEAL_E_SPACE,
                                      "the chain needs the large form");
    if (m.attributes & SPDM_SLOT_SIZE)
        return write_slot_size(r, q, &m);
    if (m.offset >= r->chain.total || m.length == 0)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "outside the certificate chain");

    size_t left = (size_t)r->chain.total - m.offset;
    size_t room = q->w->capacity - (m.large ? (size_t)SPDM_CERTIFICATE_LARGE_BYTES
                                            : (size_t)SPDM_CERTIFICATE_HEADER_BYTES);
    size_t n = m.length < left ? m.length : left;
    if (n > room)
        n = room;
    const spdm_certificate head = {
        .large = m.large,
        .slot = m.slot,
        .info = camseal_spdm_multi_key(r) ? model_of(r->identity) : (uint8_t)0,
        .remainder = (uint32_t)(left - n),
        .portion = {NULL, n}};
    camseal_spdm_write_certificate_head(q->w, r->shape.version, &head);
    camseal_spdm_own_chain_portion(q->w, &r->chain, m.offset, n);
    return camseal_spdm_record_b(r, q);
}

/* ---- CHALLENGE ------------------------------------------------------------------------------ */

/* Bytes of CHALLENGE_AUTH without summary and opaque data. */
static size_t challenge_auth_bytes(const spdm_shape *s)
{
    return (size_t)SPDM_HEADER_BYTES + s->hash + SPDM_NONCE_BYTES + 2u +
           camseal_spdm_context_bytes(s) + s->signature;
}

/* CHALLENGE_AUTH without its signature. */
static camseal_status write_challenge_auth(camseal_spdm_responder *r, spdm_request *q,
                                           const spdm_challenge *request, camseal_span summary)
{
    uint8_t nonce[SPDM_NONCE_BYTES];
    CAMSEAL_TRY(r->config.crypto->random(r->config.crypto->user, nonce, sizeof nonce));
    const spdm_challenge_auth m = {.slot = request->slot,
                                   .mutual = r->encap_hooks && r->encap_hooks->asks_challenge(r),
                                   .slot_mask = camseal_spdm_slots(r),
                                   .chain_hash = {r->chain.digest, r->shape.hash},
                                   .nonce = {nonce, sizeof nonce},
                                   .summary = summary,
                                   .context = request->context};
    camseal_spdm_write_challenge_auth(q->w, &r->shape, &m);
    return camseal_writer_end(q->w);
}

/* M1 = A, B, CHALLENGE, CHALLENGE_AUTH without signature; it is used up here. */
static camseal_status close_m1(camseal_spdm_responder *r, const spdm_request *q, uint8_t *digest)
{
    spdm_transcript *t = &r->transcript;
    camseal_status status = camseal_spdm_transcript_m1(t, q->message);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_transcript_m1(t, camseal_span_of(q->w->start, q->w->len));
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_peek(t, &t->m1, digest);
    camseal_spdm_transcript_m1_reset(t);
    return status;
}

camseal_status camseal_spdm_rsp_challenge(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_challenge m;
    uint8_t digest[CAMSEAL_HASH_MAX], summary[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(camseal_spdm_read_challenge(&q->reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    CAMSEAL_TRY(camseal_spdm_use_slot_for(r, q, m.slot, SPDM_USE_CHALLENGE));
    if (m.summary) {
        camseal_status status = camseal_spdm_summary(r, q, m.summary, summary);
        if (status != CAMSEAL_OK)
            return status;
    }
    camseal_span sum = camseal_span_of(summary, m.summary ? r->shape.hash : 0u);
    CAMSEAL_TRY(camseal_spdm_fits(q, challenge_auth_bytes(&r->shape) + sum.len));
    CAMSEAL_TRY(write_challenge_auth(r, q, &m, sum));
    CAMSEAL_TRY(close_m1(r, q, digest));
    if (r->encap_hooks && r->encap_hooks->asks_challenge(r))
        r->encap_hooks->arm_challenge(r);
    return camseal_spdm_sign_response(r, q, SPDM_SIGN_CHALLENGE_AUTH, digest);
}
