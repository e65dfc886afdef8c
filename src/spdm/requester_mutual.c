/* Requester: authenticates itself. Its identities and signatures, what it lets KEY_EXCHANGE_RSP ask
 * of it, and the signed FINISH. */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/digests.h"
#include "requester.h"
#include "requester_encap.h"

/* ---- identities -------------------------------------------------------------------------------
 */

static const camseal_spdm_identity *find_identity(const camseal_spdm_requester *r, uint8_t slot)
{
    const camseal_spdm_answerer *a = r->config.answerer;
    const camseal_sign *sign = r->algorithms.req_sign;
    for (size_t i = 0; sign && i < a->n_identities; i++)
        if (a->identities[i].slot == slot && camseal_sign_fits_key(sign->id, a->identities[i].sign))
            return &a->identities[i];
    return NULL;
}

uint16_t camseal_spdm_own_key_usage(const camseal_spdm_identity *identity)
{
    const uint16_t every_use =
        SPDM_USE_KEY_EXCHANGE | SPDM_USE_CHALLENGE | SPDM_USE_MEASUREMENTS | SPDM_USE_ENDPOINT_INFO;
    return identity->key_usage ? identity->key_usage : every_use;
}

camseal_status camseal_spdm_own_identity(const camseal_spdm_requester *r, uint8_t slot,
                                         uint16_t use, const camseal_spdm_identity **identity,
                                         spdm_own_chain *chain)
{
    *identity = find_identity(r, slot);
    if (!*identity)
        return CAMSEAL_E_NOT_FOUND;
    if (r->own_multi_key && use && !(camseal_spdm_own_key_usage(*identity) & use))
        return CAMSEAL_E_FORMAT;
    return camseal_spdm_own_chain(chain, r->config.crypto, r->algorithms.hash, (*identity)->chain);
}

uint8_t camseal_spdm_own_slots(const camseal_spdm_requester *r)
{
    unsigned mask = 0;
    for (uint8_t slot = 0; slot <= SPDM_SLOT_LAST; slot++)
        mask |= find_identity(r, slot) ? 1u << slot : 0u;
    return (uint8_t)mask;
}

/* ---- signatures -------------------------------------------------------------------------------
 */

camseal_status camseal_spdm_own_sign_begin(camseal_spdm_requester *r, camseal_writer *w,
                                           const camseal_spdm_identity *identity,
                                           spdm_purpose purpose, const uint8_t *digest)
{
    spdm_own_signature *s = &r->encap.signature;
    memset(&s->job, 0, sizeof s->job);
    s->job.hash = r->algorithms.hash->id;
    s->job.key = identity->key;
    s->job.context = camseal_spdm_purpose_text(purpose); /* ML-DSA */
    s->job.message = camseal_spdm_signed_message(s->signed_message, r->shape.version, purpose,
                                                 camseal_span_of(digest, r->shape.hash));
    s->job.signature = camseal_write_reserve(w, r->algorithms.req_sign->signature_bytes);
    if (!s->job.signature)
        return CAMSEAL_E_SPACE;
    s->busy = true;
    return camseal_spdm_own_sign(r);
}

camseal_status camseal_spdm_own_sign(camseal_spdm_requester *r)
{
    spdm_own_signature *s = &r->encap.signature;
    camseal_status status = r->algorithms.req_sign->sign(r->config.crypto->user, &s->job);
    if (status == CAMSEAL_PENDING)
        return status;
    camseal_wipe(s, sizeof *s);
    return status == CAMSEAL_OK ? status
                                : camseal_spdm_reject(r, status, "the own signer failed", 0, 0);
}

/* ---- in a session ------------------------------------------------------------------------------
 */

static camseal_status check(camseal_spdm_requester *r, const spdm_key_exchange_rsp *m)
{
    if (!m->mut_auth)
        return CAMSEAL_OK;
    if (!(r->flags & r->peer_flags & SPDM_CAP_MUT_AUTH))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "mutual authentication without MUT_AUTH",
                                   r->flags, r->peer_flags);
    bool encapsulated = m->mut_auth != SPDM_MUT_AUTH;
    if (encapsulated && !camseal_spdm_encapsulates(r->shape.version, r->flags & r->peer_flags))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "encapsulated requests without ENCAP",
                                   r->flags, r->peer_flags);
    if (!encapsulated && !find_identity(r, m->req_slot))
        return camseal_spdm_reject(r, CAMSEAL_E_NOT_FOUND, "there is no identity in ReqSlotID", 0,
                                   m->req_slot);
    return CAMSEAL_OK;
}

static void follow_key_exchange(camseal_spdm_requester *r, const spdm_key_exchange_rsp *m)
{
    camseal_spdm_current(r)->req_slot = m->req_slot;
    if (m->mut_auth == SPDM_MUT_AUTH_ENCAP)
        camseal_spdm_encap_begin(r, SPDM_FLOW_SESSION);
    else if (m->mut_auth == SPDM_MUT_AUTH_DIGESTS)
        camseal_spdm_encap_begin_with_digests(r);
    else
        camseal_spdm_next(r, &camseal_spdm_req_finish);
}

static camseal_status follow_challenge(camseal_spdm_requester *r)
{
    const uint32_t needed = SPDM_CAP_MUT_AUTH;
    uint32_t common = r->flags & r->peer_flags;
    if (!(common & needed) || !(r->flags & SPDM_CAP_CHAL) ||
        !camseal_spdm_encapsulates(r->shape.version, common))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "mutual authentication without MUT_AUTH",
                                   r->flags, r->peer_flags);
    camseal_spdm_encap_begin(r, SPDM_FLOW_CHALLENGE);
    return CAMSEAL_OK;
}

/* TH: D' is in it if it belongs there; then Ctr, FINISH, the signature over all that. */
static camseal_status begin_finish(camseal_spdm_requester *r, camseal_writer *w)
{
    const spdm_transcript *t = &r->transcript;
    spdm_session *s = camseal_spdm_current(r);
    const camseal_spdm_identity *identity;
    spdm_own_chain chain;
    uint8_t digest[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(camseal_writer_end(w));
    if (camseal_spdm_own_identity(r, s->req_slot, SPDM_USE_KEY_EXCHANGE, &identity, &chain) !=
        CAMSEAL_OK)
        return camseal_spdm_reject(r, CAMSEAL_E_NOT_FOUND,
                                   "there is no identity for this in the slot", 0, s->req_slot);
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, camseal_span_of(chain.digest, r->shape.hash)));
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, camseal_span_of(w->start, w->len)));
    CAMSEAL_TRY(camseal_spdm_run_peek(t, &s->th, digest));
    return camseal_spdm_own_sign_begin(r, w, identity, SPDM_SIGN_FINISH, digest);
}

static camseal_status sign_finish(camseal_spdm_requester *r, camseal_writer *w)
{
    size_t n = r->algorithms.req_sign->signature_bytes;
    CAMSEAL_TRY(r->encap.signature.busy ? camseal_spdm_own_sign(r) : begin_finish(r, w));
    return camseal_spdm_run_add(&r->transcript, &camseal_spdm_current(r)->th,
                                camseal_span_of(w->start + w->len - n, n));
}

const camseal_spdm_answering camseal_spdm_answers = {
    check,       follow_key_exchange,        follow_challenge,
    sign_finish, camseal_spdm_encap_nothing, camseal_spdm_encap_reset};
