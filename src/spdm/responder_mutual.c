/* Responder: authenticates requesters, and runs the application's errands to them. What is asked
 * for when, how a chain is judged, the signature in FINISH. */
#include <string.h>

#include "base/try.h"
#include "responder_encap.h"

enum { CHAIN_DEFAULT = 4096, CHAIN_MAX = UINT16_MAX, ALIGNMENT = 8 };

/* ---- the feature ------------------------------------------------------------------------------
 */

static bool authenticates(const camseal_spdm_responder_config *c)
{
    return c->authenticator && camseal_spdm_rule_allows(c->policy->mutual, false);
}

static uint32_t flags(const camseal_spdm_responder_config *c)
{
    return SPDM_CAP_ENCAP | (authenticates(c) ? SPDM_CAP_MUT_AUTH : 0u);
}

static size_t chain_bytes(const camseal_spdm_responder_config *c)
{
    if (!authenticates(c) || c->authenticator->max_chain > CHAIN_MAX)
        return 0;
    return c->authenticator->max_chain ? c->authenticator->max_chain : (size_t)CHAIN_DEFAULT;
}

static size_t state_bytes(void)
{
    return (sizeof(spdm_encap_requester) + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);
}

static size_t memory(const camseal_spdm_responder_config *c)
{
    return state_bytes() + chain_bytes(c);
}

static camseal_status attach(camseal_spdm_responder *r, void *mem)
{
    const camseal_spdm_authenticator *a = r->config.authenticator;
    bool required = r->config.policy->mutual == CAMSEAL_SPDM_REQUIRE;
    r->encap = mem;
    r->encap_hooks = &camseal_spdm_encap_hooks;
    r->encap->peer.bytes = (uint8_t *)mem + state_bytes();
    r->encap->peer.capacity = chain_bytes(&r->config);
    if (!authenticates(&r->config))
        return required ? CAMSEAL_E_ARGUMENT : CAMSEAL_OK;
    bool legal = a->anchors && a->n_anchors && a->slot <= SPDM_SLOT_LAST &&
                 a->max_chain <= CHAIN_MAX && a->asking <= CAMSEAL_SPDM_ASK_NOTHING;
    return legal && r->masks.req_sign ? CAMSEAL_OK : CAMSEAL_E_ARGUMENT;
}

static const spdm_service services[] = {
    {SPDM_OP_GET_ENCAPSULATED, camseal_spdm_rsp_get_encapsulated},
    {SPDM_OP_DELIVER_ENCAPSULATED, camseal_spdm_rsp_deliver},
};

const camseal_spdm_feature camseal_spdm_encapsulation = {
    .services = services,
    .n_services = sizeof services / sizeof services[0],
    .flags = flags,
    .memory = memory,
    .attach = attach,
    .forget = camseal_spdm_flow_forget,
    .blocks = camseal_spdm_flow_blocks,
};

/* ---- the requester's chain --------------------------------------------------------------------
 */

camseal_status camseal_spdm_peer_ask_owner(camseal_spdm_responder *r, spdm_request *q,
                                           uint8_t session, bool proven)
{
    const camseal_spdm_authenticator *a = r->config.authenticator;
    const spdm_peer_chain *p = &r->encap->peer;
    const camseal_spdm_peer peer = {session,         p->slot,      proven,
                                    p->certificates, p->leaf_spki, p->key_hash};
    camseal_status status = a->peer ? a->peer(a->user, &peer) : CAMSEAL_OK;
    if (status == CAMSEAL_OK)
        return status;
    return camseal_spdm_refuse(q, CAMSEAL_E_IDENTITY, "the owner refuses this requester");
}

static camseal_status check_digest(const camseal_spdm_responder *r, spdm_request *q,
                                   camseal_span blob)
{
    uint8_t digest[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(camseal_spdm_hash_of(r->config.crypto, r->algorithms.hash, blob, digest));
    if (memcmp(digest, r->encap->peer.digest, r->shape.hash) == 0)
        return CAMSEAL_OK;
    return camseal_spdm_refuse(q, CAMSEAL_E_CERTIFICATE, "the chain is not the one of DIGESTS");
}

camseal_status camseal_spdm_peer_check(camseal_spdm_responder *r, spdm_request *q)
{
    const camseal_spdm_authenticator *a = r->config.authenticator;
    spdm_encap_requester *e = r->encap;
    spdm_peer_chain *p = &e->peer;
    camseal_span blob = camseal_span_of(p->bytes, p->len);
    spdm_cert_result result = {.detail = NULL};
    const spdm_cert_rules rules = {.crypto = r->config.crypto,
                                   .hash = r->algorithms.hash,
                                   .sign = r->algorithms.req_sign->id,
                                   .version = r->shape.version,
                                   .requester = true,
                                   .anchors = a->anchors,
                                   .n_anchors = a->n_anchors,
                                   .time = a->time,
                                   .pin = a->pin};
    CAMSEAL_TRY(check_digest(r, q, blob));
    camseal_status status = camseal_spdm_cert_check(&rules, blob, &p->job, &result);
    if (status == CAMSEAL_PENDING)
        return status;
    if (status != CAMSEAL_OK)
        return camseal_spdm_refuse(q, status, result.detail);
    p->leaf_spki = result.leaf_spki;
    p->certificates = result.certificates;
    memcpy(p->key_hash, result.key_hash, sizeof p->key_hash);
    CAMSEAL_TRY(camseal_spdm_peer_ask_owner(r, q, e->session, false));
    p->verified = true;
    return CAMSEAL_OK;
}

/* The chain that the application knows, as if the requester had sent it. */
static camseal_status load_known_chain(camseal_spdm_responder *r)
{
    const camseal_spdm_authenticator *a = r->config.authenticator;
    spdm_peer_chain *p = &r->encap->peer;
    spdm_own_chain chain;
    if (a->chain.len == 0)
        return CAMSEAL_E_NOT_FOUND;
    CAMSEAL_TRY(camseal_spdm_own_chain(&chain, r->config.crypto, r->algorithms.hash, a->chain));
    camseal_writer w = camseal_writer_of(p->bytes, p->capacity);
    camseal_spdm_own_chain_portion(&w, &chain, 0, chain.total);
    CAMSEAL_TRY(camseal_writer_end(&w));
    p->len = p->total = w.len;
    p->slot = a->slot;
    memcpy(p->digest, chain.digest, sizeof p->digest);
    memset(&p->job, 0, sizeof p->job);
    return CAMSEAL_OK;
}

/* PENDING: the provider still looks at it. */
static camseal_status check_known_chain(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_encap_requester *e = r->encap;
    if (e->peer.verified)
        return CAMSEAL_OK;
    if (!e->checking)
        CAMSEAL_TRY(load_known_chain(r));
    camseal_status status = camseal_spdm_peer_check(r, q);
    e->checking = status == CAMSEAL_PENDING;
    return status;
}

/* ---- KEY_EXCHANGE, CHALLENGE ------------------------------------------------------------------
 */

/* What this requester can be asked for; 0: nothing. PENDING: that is not known yet. */
static camseal_status find_possible(camseal_spdm_responder *r, spdm_request *q, uint8_t *value)
{
    static const uint8_t values[] = {SPDM_MUT_AUTH_ENCAP, SPDM_MUT_AUTH_DIGESTS, SPDM_MUT_AUTH};
    uint32_t common = r->flags & r->peer_flags;
    uint8_t wanted = values[r->config.authenticator->asking];
    *value = 0;
    if (!(common & SPDM_CAP_MUT_AUTH) || !r->algorithms.req_sign)
        return CAMSEAL_OK;
    bool can =
        camseal_spdm_encapsulates(r->shape.version, common) && (r->peer_flags & SPDM_CAP_CERT);
    if (wanted == SPDM_MUT_AUTH) {
        camseal_status status = check_known_chain(r, q);
        /* What this side could not compute says nothing about the requester. */
        if (status == CAMSEAL_PENDING || status == CAMSEAL_E_CRYPTO)
            return status;
        can = status == CAMSEAL_OK;
    }
    if (can)
        *value = wanted;
    return CAMSEAL_OK;
}

static camseal_status ask(camseal_spdm_responder *r, spdm_request *q, spdm_session *s,
                          spdm_key_exchange_rsp *m)
{
    if (!authenticates(&r->config))
        return CAMSEAL_OK;
    uint8_t refusal =
        r->shape.version >= SPDM_VERSION_13 ? SPDM_ERR_INVALID_POLICY : SPDM_ERR_UNSPECIFIED;
    camseal_status status = find_possible(r, q, &s->mut_auth);
    if (status != CAMSEAL_OK)
        return status;
    m->mut_auth = s->mut_auth;
    if (!s->mut_auth && r->config.policy->mutual == CAMSEAL_SPDM_REQUIRE)
        return camseal_spdm_refuse_as(q, refusal, CAMSEAL_E_POLICY,
                                      "the requester cannot be authenticated, as policy requires");
    if (s->mut_auth == SPDM_MUT_AUTH)
        m->req_slot = s->req_slot = r->encap->peer.slot;
    q->detail = NULL;
    return CAMSEAL_OK;
}

static void arm(camseal_spdm_responder *r, const spdm_session *s)
{
    spdm_encap_requester *e = r->encap;
    uint8_t index = camseal_spdm_session_index(r, s);
    if (s->mut_auth == SPDM_MUT_AUTH)
        e->known = (uint8_t)(e->known | 1u << index);
    if (s->mut_auth == 0 || s->mut_auth == SPDM_MUT_AUTH)
        return;
    camseal_spdm_flow_arm(r, SPDM_FLOW_SESSION, index, SPDM_INNER_DIGESTS);
    if (s->mut_auth != SPDM_MUT_AUTH_DIGESTS)
        return;
    e->request_id = 0; /* asked for by KEY_EXCHANGE_RSP itself */
    e->started = true;
}

static bool asks_challenge(const camseal_spdm_responder *r)
{
    const uint32_t needed = SPDM_CAP_CERT | SPDM_CAP_CHAL;
    uint32_t common = r->flags & r->peer_flags;
    return authenticates(&r->config) && r->config.authenticator->challenge &&
           (common & SPDM_CAP_MUT_AUTH) && r->algorithms.req_sign &&
           camseal_spdm_encapsulates(r->shape.version, common) &&
           (r->peer_flags & needed) == needed;
}

static void arm_challenge(camseal_spdm_responder *r)
{
    camseal_spdm_flow_arm(r, SPDM_FLOW_CHALLENGE, SPDM_NO_SESSION, SPDM_INNER_DIGESTS);
}

/* ---- FINISH -----------------------------------------------------------------------------------
 */

static camseal_status check_finish(const camseal_spdm_responder *r, spdm_request *q,
                                   uint8_t session, const spdm_finish *m)
{
    const spdm_encap_requester *e = r->encap;
    if (!(e->known >> session & 1u) || !e->peer.verified)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "the requester's chain is not known");
    if (m->slot != r->sessions[session].req_slot || m->slot != e->peer.slot)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "not the slot that was asked for");
    return CAMSEAL_OK;
}

static camseal_status verify_finish(camseal_spdm_responder *r, spdm_request *q, spdm_session *s,
                                    const spdm_finish *m, size_t head)
{
    const spdm_transcript *t = &r->transcript;
    const spdm_peer_chain *p = &r->encap->peer;
    uint8_t session = camseal_spdm_session_index(r, s);
    uint8_t digest[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(check_finish(r, q, session, m));
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, camseal_span_of(p->digest, r->shape.hash)));
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, camseal_span_of(q->message.data, head)));
    CAMSEAL_TRY(camseal_spdm_run_peek(t, &s->th, digest));
    camseal_status status = camseal_spdm_verify_signed(
        r->config.crypto, r->algorithms.req_sign, r->algorithms.hash, r->shape.version,
        SPDM_SIGN_FINISH, digest, p->leaf_spki, m->signature);
    if (status != CAMSEAL_OK)
        return camseal_spdm_refuse(q, status, "the requester's signature does not verify");
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, m->signature));
    return camseal_spdm_peer_ask_owner(r, q, session, true);
}

const spdm_encap_hooks camseal_spdm_encap_hooks = {ask, arm, asks_challenge, arm_challenge,
                                                   verify_finish};

/* ---- errands ----------------------------------------------------------------------------------
 */

static camseal_status begin_errand(camseal_spdm_responder *r, uint8_t session,
                                   enum spdm_inner inner, const spdm_errand *errand)
{
    if (session != SPDM_NO_SESSION && session >= r->config.max_sessions)
        return CAMSEAL_E_ARGUMENT;
    bool ready =
        session == SPDM_NO_SESSION || r->sessions[session].state == SPDM_SESSION_ESTABLISHED;
    if (!r->encap || r->encap->flow != SPDM_FLOW_NONE || r->connection < SPDM_NEGOTIATED || !ready)
        return CAMSEAL_E_STATE;
    if (!camseal_spdm_encapsulates(r->shape.version, r->flags & r->peer_flags))
        return CAMSEAL_E_NEGOTIATION;
    r->encap->errand = *errand;
    camseal_spdm_flow_arm(r, SPDM_FLOW_SERVICE, session, inner);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_ask_key_update(camseal_spdm_responder *r, uint8_t session,
                                           camseal_spdm_asked_done done, void *user)
{
    const spdm_errand errand = {.done = done, .user = user};
    if (session == SPDM_NO_SESSION)
        return CAMSEAL_E_ARGUMENT;
    if (!(r->flags & r->peer_flags & SPDM_CAP_KEY_UPD))
        return CAMSEAL_E_NEGOTIATION;
    return begin_errand(r, session, SPDM_INNER_UPDATE_KEY, &errand);
}

camseal_status camseal_spdm_ask_event(camseal_spdm_responder *r, uint8_t session, uint32_t count,
                                      camseal_span events, camseal_spdm_asked_done done, void *user)
{
    const spdm_errand errand = {.done = done, .user = user, .events = events, .n_events = count};
    if (session == SPDM_NO_SESSION || count == 0)
        return CAMSEAL_E_ARGUMENT;
    if (r->shape.version < SPDM_VERSION_13 || !(r->flags & SPDM_CAP_EVENT))
        return CAMSEAL_E_NEGOTIATION;
    return begin_errand(r, session, SPDM_INNER_EVENT, &errand);
}

camseal_status camseal_spdm_ask_endpoint_info(camseal_spdm_responder *r, uint8_t session, bool sign,
                                              camseal_spdm_asked_done done, void *user)
{
    const spdm_errand errand = {.done = done, .user = user, .sign = sign};
    uint32_t peer = r->peer_flags & SPDM_CAP_EP_INFO;
    if (r->shape.version < SPDM_VERSION_13 || peer == 0 ||
        (sign && peer != SPDM_CAP_EP_INFO_SIGNED))
        return CAMSEAL_E_NEGOTIATION;
    if (sign && (!r->encap || !r->encap->peer.verified))
        return CAMSEAL_E_STATE;
    return begin_errand(r, session, SPDM_INNER_ENDPOINT_INFO, &errand);
}
