/* Responder: GET_DIGESTS, GET_CERTIFICATE, CHALLENGE. One slot, slot 0, is provisioned. */
#include "base/try.h"
#include "msg/certificate.h"
#include "msg/challenge.h"
#include "msg/digests.h"
#include "responder.h"

enum { SLOT = 0, SLOT_MASK = 1u << SLOT };

camseal_status camseal_spdm_rsp_digests(camseal_spdm_responder *r, spdm_request *q)
{
    CAMSEAL_TRY(q->message.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    spdm_digests m = {.provisioned = SLOT_MASK};
    m.supported = r->shape.version >= SPDM_VERSION_13 ? SLOT_MASK : 0;
    m.digests = camseal_span_of(r->chain.digest, r->shape.hash);
    CAMSEAL_TRY(camseal_spdm_fits(q, (size_t)SPDM_HEADER_BYTES + r->shape.hash));
    camseal_spdm_write_digests(q->w, &r->shape, &m);
    if (!q->session) /* each GET_DIGESTS starts B */
        camseal_spdm_transcript_m1_reset(&r->transcript);
    return camseal_spdm_record_b(r, q);
}

camseal_status camseal_spdm_rsp_certificate(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_get_certificate m;
    camseal_reader reader = camseal_reader_of(q->message);
    CAMSEAL_TRY(camseal_spdm_read_get_certificate(&reader, r->shape.version, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    if (m.slot != SLOT)
        return camseal_spdm_refuse(q, CAMSEAL_E_NOT_FOUND, "the slot is empty");
    if (m.offset >= r->chain.total || m.length == 0)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "outside the certificate chain");

    size_t left = (size_t)r->chain.total - m.offset;
    size_t room = q->w->capacity - SPDM_CERTIFICATE_HEADER_BYTES;
    size_t n = m.length < left ? m.length : left;
    if (n > room)
        n = room;
    const spdm_certificate head = {
        .slot = SLOT, .remainder = (uint32_t)(left - n), .portion = {NULL, n}};
    camseal_spdm_write_certificate_head(q->w, r->shape.version, &head);
    camseal_spdm_own_chain_portion(q->w, &r->chain, m.offset, n);
    return camseal_spdm_record_b(r, q);
}

/* CHALLENGE_AUTH without its signature, into the message buffer. */
static camseal_status write_challenge_auth(camseal_spdm_responder *r, size_t *len)
{
    uint8_t nonce[SPDM_NONCE_BYTES];
    CAMSEAL_TRY(r->config.crypto->random(r->config.crypto->user, nonce, sizeof nonce));
    const spdm_challenge_auth m = {.slot = SLOT,
                                   .slot_mask = SLOT_MASK,
                                   .chain_hash = {r->chain.digest, r->shape.hash},
                                   .nonce = {nonce, sizeof nonce}};
    camseal_writer w = camseal_writer_of(r->buffer, r->buffer_bytes);
    camseal_spdm_write_challenge_auth(&w, &r->shape, &m);
    *len = w.len;
    return camseal_writer_end(&w);
}

/* M1 = A, B, CHALLENGE, CHALLENGE_AUTH without signature; it is used up here. */
static camseal_status close_m1(camseal_spdm_responder *r, const spdm_request *q, size_t len,
                               uint8_t *digest)
{
    spdm_transcript *t = &r->transcript;
    camseal_status status = camseal_spdm_transcript_m1(t, q->message);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_transcript_m1(t, camseal_span_of(r->buffer, len));
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_peek(t, &t->m1, digest);
    camseal_spdm_transcript_m1_reset(t);
    return status;
}

camseal_status camseal_spdm_rsp_challenge(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_challenge m;
    uint8_t digest[CAMSEAL_HASH_MAX];
    size_t len = 0;
    camseal_reader reader = camseal_reader_of(q->message);
    CAMSEAL_TRY(camseal_spdm_read_challenge(&reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    if (m.slot != SLOT)
        return camseal_spdm_refuse(q, CAMSEAL_E_NOT_FOUND, "the slot is empty");
    if (m.summary)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "measurement summary without measurements");

    CAMSEAL_TRY(write_challenge_auth(r, &len));
    CAMSEAL_TRY(camseal_spdm_fits(q, len + r->shape.signature));
    CAMSEAL_TRY(close_m1(r, q, len, digest));
    camseal_spdm_begin_signature(r, q, len, SPDM_SIGN_CHALLENGE_AUTH, digest);
    r->pending.session = SPDM_NO_SESSION;
    return camseal_spdm_rsp_challenge_resume(r, q);
}

camseal_status camseal_spdm_rsp_challenge_resume(camseal_spdm_responder *r, spdm_request *q)
{
    CAMSEAL_TRY(camseal_spdm_sign(r, q));
    camseal_write_bytes(q->w, r->buffer, r->pending.len);
    r->connection = SPDM_AUTHENTICATED;
    return CAMSEAL_OK;
}
