/* SPDM requester: memory, configuration, and how operations begin. */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "identity.h"
#include "msg/digests.h"
#include "requester_chunk.h"

enum {
    MESSAGE_DEFAULT = 4096,
    MESSAGE_MIN = 512,
    CHAIN_DEFAULT = 4096,
    CHAIN_MIN = 256,
    SLOT_LAST = 7,
    TIMEOUT_DEFAULT_US = 1000000,
    VENDOR_ID_MAX = 255,
    ALIGNMENT = 8
};

static camseal_spdm_requester_config with_defaults(const camseal_spdm_requester_config *config)
{
    camseal_spdm_requester_config c = *config;
    if (c.max_message == 0)
        c.max_message = MESSAGE_DEFAULT;
    if (c.max_chain == 0)
        c.max_chain = CHAIN_DEFAULT;
    if (c.max_sessions == 0)
        c.max_sessions = 1;
    if (c.timeout_us == 0)
        c.timeout_us = TIMEOUT_DEFAULT_US;
    c.policy = camseal_spdm_policy_or_default(c.policy);
    return c;
}

static bool sizes_legal(const camseal_spdm_requester_config *c)
{
    return c->max_message >= MESSAGE_MIN &&
           camseal_spdm_transfer_legal(c->data_transfer_size, c->max_message) &&
           c->max_chain >= CHAIN_MIN && c->max_chain <= SPDM_MESSAGE_MAX &&
           c->max_sessions <= CAMSEAL_SPDM_SESSIONS_MAX && c->slot <= SLOT_LAST;
}

static bool answerer_legal(const camseal_spdm_requester_config *c)
{
    const camseal_spdm_answerer *a = c->answerer;
    if (!a)
        return c->policy->mutual != CAMSEAL_SPDM_REQUIRE;
    if (!a->with || (a->n_identities && !a->identities))
        return false;
    return a->n_identities || c->policy->mutual != CAMSEAL_SPDM_REQUIRE;
}

static bool config_legal(const camseal_spdm_requester_config *c)
{
    return answerer_legal(c) && c->struct_size == sizeof *c && c->crypto && c->binding &&
           ((c->anchors && c->n_anchors) || c->psk) && camseal_spdm_policy_legal(c->policy) &&
           sizes_legal(c);
}

static size_t rounded(size_t n)
{
    return (n + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);
}

static size_t rx_size(const camseal_spdm_requester_config *c)
{
    size_t transfer = c->data_transfer_size ? c->data_transfer_size : c->max_message;
    return rounded(transfer + SPDM_RECORD_OVERHEAD_MAX);
}

static bool chunks(const camseal_spdm_requester_config *c)
{
    return c->data_transfer_size && c->policy->chunking != CAMSEAL_SPDM_REFUSE;
}

static size_t transfers_size(const camseal_spdm_requester_config *c)
{
    return chunks(c) ? rounded(sizeof(struct spdm_transfers)) + rounded(c->max_message) : 0;
}

static size_t resend_size(const camseal_spdm_requester_config *c)
{
    return c->retries ? rx_size(c) : 0;
}

static size_t size_of(const camseal_spdm_requester_config *c)
{
    return rounded(sizeof(camseal_spdm_requester)) +
           rounded(c->max_sessions * sizeof(spdm_session)) + rounded(c->max_message) + rx_size(c) +
           transfers_size(c) + resend_size(c) + rounded(c->max_chain);
}

size_t camseal_spdm_requester_size(const camseal_spdm_requester_config *config)
{
    camseal_spdm_requester_config c = with_defaults(config);
    return config_legal(&c) ? size_of(&c) : 0;
}

/* What it can answer to encapsulated requests. */
static uint32_t answerer_flags(const camseal_spdm_requester_config *c)
{
    const camseal_spdm_answerer *a = c->answerer;
    if (!a)
        return 0;
    uint32_t flags = SPDM_CAP_ENCAP | (a->notifies ? SPDM_CAP_EVENT : 0u);
    bool identity = a->n_identities && camseal_spdm_rule_allows(c->policy->mutual, false);
    if (identity)
        flags |= SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_MUT_AUTH;
    if (identity && camseal_spdm_rule_allows(c->policy->multi_key, false))
        flags |= c->policy->multi_key == CAMSEAL_SPDM_REQUIRE ? SPDM_CAP_MULTI_KEY_ONLY
                                                              : SPDM_CAP_MULTI_KEY_NEG;
    if (a->endpoint_info.len)
        flags |= identity ? SPDM_CAP_EP_INFO_SIGNED : SPDM_CAP_EP_INFO_UNSIGNED;
    return flags;
}

/* What a requester of this configuration can do. */
static uint32_t possible_flags(const camseal_spdm_requester_config *c)
{
    uint32_t flags = SPDM_CAP_ENCRYPT | SPDM_CAP_MAC | SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD;
    if (c->n_anchors)
        flags |= SPDM_CAP_KEY_EX;
    if (c->psk)
        flags |= SPDM_CAP_PSK_1;
    if (c->n_anchors && camseal_spdm_rule_allows(c->policy->clear_handshake, false))
        flags |= SPDM_CAP_HANDSHAKE_CLEAR;
    flags |= answerer_flags(c);
    if (chunks(c))
        flags |= SPDM_CAP_CHUNK;
    return flags;
}

/* The pin needs SHA-256, whatever is negotiated. */
static camseal_status check_algorithms(const camseal_spdm_requester *r)
{
    const spdm_algorithm_masks *m = &r->masks;
    if (!camseal_spdm_sets_legal(r->config.sets, m))
        return CAMSEAL_E_ARGUMENT;
    if ((r->flags & SPDM_CAP_MUT_AUTH) && !m->req_sign)
        return CAMSEAL_E_ARGUMENT;
    bool complete = m->hash && m->sign && m->kex && m->aead;
    return complete && camseal_crypto_hash(r->config.crypto, CAMSEAL_HASH_SHA256)
               ? CAMSEAL_OK
               : CAMSEAL_E_UNSUPPORTED;
}

static void lay_out(camseal_spdm_requester *r, uint8_t *at)
{
    const camseal_spdm_requester_config *c = &r->config;
    at += rounded(sizeof *r);
    r->sessions = (spdm_session *)(void *)at;
    at += rounded(c->max_sessions * sizeof(spdm_session));
    r->tx = at;
    at += rounded(c->max_message);
    r->rx = at;
    at += rx_size(c);
    if (chunks(c)) {
        r->transfers = (struct spdm_transfers *)(void *)at;
        r->transfers->in.data = at + rounded(sizeof *r->transfers);
        r->transfers->in.capacity = c->max_message;
        at += transfers_size(c);
    }
    if (c->retries) {
        r->resend.bytes = at;
        at += resend_size(c);
    }
    r->chain = at;
}

camseal_status camseal_spdm_requester_init(camseal_spdm_requester **out, void *mem, size_t mem_len,
                                           const camseal_spdm_requester_config *config)
{
    *out = NULL;
    camseal_spdm_requester_config c = with_defaults(config);
    if (!config_legal(&c))
        return CAMSEAL_E_ARGUMENT;
    size_t size = size_of(&c);
    if (!mem || mem_len < size || (uintptr_t)mem % ALIGNMENT)
        return CAMSEAL_E_MEMORY;

    memset(mem, 0, size);
    camseal_spdm_requester *r = mem;
    r->config = c;
    r->size = size;
    r->flags = camseal_spdm_usable_flags(possible_flags(&c), c.capabilities);
    camseal_spdm_usable(c.crypto, c.policy, c.sets, &r->masks);
    if (c.answerer)
        r->masks.req_sign = camseal_spdm_identity_signs(
            c.answerer->identities, c.answerer->n_identities, r->masks.req_sign);
    CAMSEAL_TRY(check_algorithms(r));
    lay_out(r, mem);
    camseal_spdm_next(r, NULL);
    camseal_spdm_requester_reset(r);
    *out = r;
    return CAMSEAL_OK;
}

/* Back to before GET_VERSION; the failure record stays. */
void camseal_spdm_requester_reset(camseal_spdm_requester *r)
{
    camseal_spdm_drop_kex(r);
    if (r->config.answerer)
        r->config.answerer->with->reset(r);
    for (size_t i = 0; i < r->config.max_sessions; i++)
        camseal_spdm_session_wipe(&r->transcript, &r->sessions[i]);
    camseal_spdm_transcript_reset(&r->transcript, r->config.crypto);
    memset(&r->info, 0, sizeof r->info);
    memset(&r->shape, 0, sizeof r->shape);
    memset(&r->algorithms, 0, sizeof r->algorithms);
    memset(&r->chain_job, 0, sizeof r->chain_job);
    camseal_wipe(r->chain_digest, sizeof r->chain_digest);
    r->leaf_spki = camseal_span_of(NULL, 0);
    r->supported = NULL;
    r->peer_flags = 0;
    r->peer_limit = SPDM_DATA_TRANSFER_MIN;
    r->peer_message = SPDM_DATA_TRANSFER_MIN;
    camseal_spdm_drop_chunks(r);
    if (r->transfers)
        r->transfers->out.handle = 0;
    r->peer_ct = 0;
    r->connected = false;
    r->trusted = false;
    r->authenticated = false;
    r->first = false;
    r->next_session_id = UINT16_MAX;
    r->resend.times = r->resend.copies = 0;
}

void camseal_spdm_requester_wipe(camseal_spdm_requester *r)
{
    if (!r)
        return;
    camseal_spdm_requester_reset(r);
    camseal_wipe(r, r->size);
}

const camseal_spdm_info *camseal_spdm_requester_info(const camseal_spdm_requester *r)
{
    return &r->info;
}

const camseal_spdm_failure *camseal_spdm_requester_failure(const camseal_spdm_requester *r)
{
    return &r->failure;
}

/* ---- operations ----------------------------------------------------------------------------- */

camseal_status camseal_spdm_begin(camseal_spdm_requester *r, const spdm_operation *operation,
                                  uint8_t session)
{
    if (r->operation)
        return CAMSEAL_E_STATE;
    memset(&r->failure, 0, sizeof r->failure);
    r->session = session;
    camseal_spdm_next(r, operation);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_begin_connect(camseal_spdm_requester *r)
{
    if (r->operation)
        return CAMSEAL_E_STATE;
    camseal_spdm_requester_reset(r);
    return camseal_spdm_begin(r, &camseal_spdm_req_version, SPDM_NO_SESSION_USED);
}

camseal_status camseal_spdm_take_session(camseal_spdm_requester *r, uint8_t *session)
{
    for (uint8_t i = 0; i < r->config.max_sessions; i++) {
        if (r->sessions[i].state != SPDM_SESSION_FREE)
            continue;
        r->sessions[i].state = SPDM_SESSION_OPENING;
        *session = i;
        return CAMSEAL_OK;
    }
    return CAMSEAL_E_SPACE;
}

camseal_status camseal_spdm_begin_session(camseal_spdm_requester *r, uint8_t *session)
{
    if (r->operation || !r->trusted || !(r->flags & r->peer_flags & SPDM_CAP_KEY_EX))
        return CAMSEAL_E_STATE;
    if (!camseal_spdm_key_serves(r, SPDM_USE_KEY_EXCHANGE))
        return CAMSEAL_E_NEGOTIATION;
    CAMSEAL_TRY(camseal_spdm_take_session(r, session));
    return camseal_spdm_begin(r, &camseal_spdm_req_key_exchange, *session);
}

camseal_status camseal_spdm_check_session(const camseal_spdm_requester *r, uint8_t session)
{
    if (session >= r->config.max_sessions)
        return CAMSEAL_E_ARGUMENT;
    if (r->operation || r->sessions[session].state != SPDM_SESSION_ESTABLISHED)
        return CAMSEAL_E_STATE;
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_check_place(const camseal_spdm_requester *r, uint8_t session)
{
    if (session != SPDM_NO_SESSION_USED)
        return camseal_spdm_check_session(r, session);
    return r->operation || !r->connected ? CAMSEAL_E_STATE : CAMSEAL_OK;
}

camseal_status camseal_spdm_begin_vendor(camseal_spdm_requester *r, uint8_t session,
                                         uint16_t standard_id, camseal_span vendor_id,
                                         camseal_span request, camseal_buf *response)
{
    CAMSEAL_TRY(camseal_spdm_check_session(r, session));
    if (vendor_id.len > VENDOR_ID_MAX || request.len > r->config.max_message ||
        request.len > UINT16_MAX || !response)
        return CAMSEAL_E_ARGUMENT;
    r->standard_id = standard_id;
    r->vendor_id = vendor_id;
    r->vendor_request = request;
    r->vendor_response = response;
    response->len = 0;
    return camseal_spdm_begin(r, &camseal_spdm_req_vendor, session);
}

camseal_status camseal_spdm_begin_heartbeat(camseal_spdm_requester *r, uint8_t session)
{
    CAMSEAL_TRY(camseal_spdm_check_session(r, session));
    if (r->sessions[session].heartbeat_s == 0)
        return CAMSEAL_E_STATE;
    return camseal_spdm_begin(r, &camseal_spdm_req_heartbeat, session);
}

camseal_status camseal_spdm_begin_end_session(camseal_spdm_requester *r, uint8_t session)
{
    CAMSEAL_TRY(camseal_spdm_check_session(r, session));
    return camseal_spdm_begin(r, &camseal_spdm_req_end_session, session);
}
