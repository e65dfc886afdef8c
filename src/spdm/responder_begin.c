/* SPDM responder: memory, configuration, features, and how a connection starts over. */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "chunk.h"
#include "identity.h"
#include "responder_drive.h"

enum {
    MESSAGE_DEFAULT = 4096,
    MESSAGE_MIN = 512,
    CT_EXPONENT_DEFAULT = 20,
    HANDSHAKE_DEFAULT_US = 10000000,
    CT_EXPONENT_MAX = 31,
    DEFER_EXPONENT_MAX = 30,
    ALIGNMENT = 8
};

static camseal_spdm_responder_config with_defaults(const camseal_spdm_responder_config *config)
{
    camseal_spdm_responder_config c = *config;
    if (c.max_message == 0)
        c.max_message = MESSAGE_DEFAULT;
    if (c.max_sessions == 0)
        c.max_sessions = 1;
    if (c.ct_exponent == 0)
        c.ct_exponent = CT_EXPONENT_DEFAULT;
    if (c.handshake_us == 0)
        c.handshake_us = HANDSHAKE_DEFAULT_US;
    c.policy = camseal_spdm_policy_or_default(c.policy);
    return c;
}

static size_t rounded(size_t n)
{
    return (n + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);
}

/* The message buffer also holds the padding and inner prefix of a record. */
static size_t buffer_size(const camseal_spdm_responder_config *c)
{
    return rounded((size_t)c->max_message + SPDM_RECORD_OVERHEAD_MAX);
}

static size_t feature_size(const camseal_spdm_responder_config *c, size_t i)
{
    return c->features[i]->memory ? rounded(c->features[i]->memory(c)) : 0;
}

static size_t size_of(const camseal_spdm_responder_config *c)
{
    size_t n = rounded(sizeof(camseal_spdm_responder)) +
               rounded(c->max_sessions * sizeof(spdm_session)) + buffer_size(c);
    for (size_t i = 0; i < c->n_features; i++)
        n += feature_size(c, i);
    return n;
}

static bool identities_legal(const camseal_spdm_responder_config *c)
{
    for (size_t i = 0; i < c->n_identities; i++)
        if (c->identities[i].slot > SPDM_SLOT_LAST)
            return false;
    return c->n_identities == 0 || c->identities;
}

static bool config_legal(const camseal_spdm_responder_config *c)
{
    return c->struct_size == sizeof *c && c->crypto && c->binding &&
           (c->n_features == 0 || c->features) && (c->n_identities || c->n_features) &&
           c->max_message >= MESSAGE_MIN &&
           camseal_spdm_transfer_legal(c->data_transfer_size, c->max_message) &&
           c->max_sessions <= CAMSEAL_SPDM_SESSIONS_MAX && c->ct_exponent <= CT_EXPONENT_MAX &&
           c->defer_exponent <= (CAMSEAL_SPDM_DEFERRAL ? DEFER_EXPONENT_MAX : 0) &&
           (CAMSEAL_SPDM_VENDOR || !c->vendor) && camseal_spdm_policy_legal(c->policy) &&
           identities_legal(c);
}

size_t camseal_spdm_responder_size(const camseal_spdm_responder_config *config)
{
    camseal_spdm_responder_config c = with_defaults(config);
    return config_legal(&c) ? size_of(&c) : 0;
}

static camseal_status find_algorithms(camseal_spdm_responder *r)
{
    const camseal_spdm_responder_config *c = &r->config;
    camseal_spdm_usable(c->crypto, c->policy, c->sets, &r->masks);
    r->masks.sign = camseal_spdm_identity_signs(c->identities, c->n_identities, r->masks.sign);
    if (!camseal_spdm_sets_legal(c->sets, &r->masks))
        return CAMSEAL_E_ARGUMENT;
    bool complete = r->masks.hash && r->masks.aead && (r->masks.sign || c->n_identities == 0);
    return complete ? CAMSEAL_OK : CAMSEAL_E_ARGUMENT;
}

/* More than 16 bits can count, in a message or in a chain. */
static bool needs_large_form(const camseal_spdm_responder_config *c)
{
    bool needs = c->max_message > UINT16_MAX;
    for (size_t i = 0; i < c->n_identities; i++)
        needs |= c->identities[i].chain.len > UINT16_MAX - SPDM_CHAIN_HEAD_MAX;
    return needs;
}

/* DSP0274 ALIAS_CERT_CAP is of the whole responder; each slot's model is for multi-key DIGESTS. */
static bool has_alias(const camseal_spdm_responder_config *c)
{
    bool alias = false;
    for (size_t i = 0; i < c->n_identities; i++)
        alias |= c->identities[i].model == SPDM_CERT_MODEL_ALIAS;
    return alias;
}

/* What a responder of this configuration can do. */
static uint32_t possible_flags(const camseal_spdm_responder *r)
{
    const camseal_spdm_responder_config *c = &r->config;
    uint32_t flags = SPDM_CAP_ENCRYPT | SPDM_CAP_MAC | SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD;
    if (r->masks.sign)
        flags |= SPDM_CAP_CERT | SPDM_CAP_CHAL;
    if (r->masks.sign && has_alias(c))
        flags |= SPDM_CAP_ALIAS_CERT;
    if (r->masks.sign && needs_large_form(c))
        flags |= SPDM_CAP_LARGE_RESP;
    if (r->masks.sign && r->masks.kex)
        flags |= SPDM_CAP_KEY_EX;
    if (camseal_spdm_rule_allows(c->policy->clear_handshake, false))
        flags |= SPDM_CAP_HANDSHAKE_CLEAR;
    for (size_t i = 0; i < c->n_features; i++)
        if (c->features[i]->flags)
            flags |= c->features[i]->flags(c);
    return flags;
}

static camseal_status lay_out(camseal_spdm_responder *r, uint8_t *at)
{
    const camseal_spdm_responder_config *c = &r->config;
    at += rounded(sizeof *r);
    r->sessions = (spdm_session *)(void *)at;
    at += rounded(c->max_sessions * sizeof(spdm_session));
    r->buffer = at;
    r->buffer_bytes = buffer_size(c);
    at += r->buffer_bytes;
    for (size_t i = 0; i < c->n_features; i++) {
        if (c->features[i]->attach)
            CAMSEAL_TRY(c->features[i]->attach(r, at));
        at += feature_size(c, i);
    }
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_responder_init(camseal_spdm_responder **out, void *mem, size_t mem_len,
                                           const camseal_spdm_responder_config *config)
{
    *out = NULL;
    camseal_spdm_responder_config c = with_defaults(config);
    if (!config_legal(&c))
        return CAMSEAL_E_ARGUMENT;
    size_t size = size_of(&c);
    if (!mem || mem_len < size || (uintptr_t)mem % ALIGNMENT)
        return CAMSEAL_E_MEMORY;

    memset(mem, 0, size);
    camseal_spdm_responder *r = mem;
    r->config = c;
    r->size = size;
    CAMSEAL_TRY(find_algorithms(r));
    r->flags = camseal_spdm_usable_flags(possible_flags(r), c.capabilities);
    CAMSEAL_TRY(lay_out(r, mem));
    camseal_spdm_clear_pending(r);
    camseal_spdm_reset_connection(r);
    *out = r;
    return CAMSEAL_OK;
}

void camseal_spdm_responder_wipe(camseal_spdm_responder *r)
{
    if (!r)
        return;
    camseal_spdm_reset_connection(r);
    camseal_wipe(r, r->size);
}

void camseal_spdm_responder_set_mood(camseal_spdm_responder *r, camseal_spdm_mood mood)
{
    r->mood = (uint8_t)mood;
}

/* ---- sessions and the connection ------------------------------------------------------------ */

static void forget(camseal_spdm_responder *r, uint8_t session)
{
    for (size_t i = 0; i < r->config.n_features; i++)
        if (r->config.features[i]->forget)
            r->config.features[i]->forget(r, session);
}

/* Without chunks both are equal. */
uint32_t camseal_spdm_own_transfer(const camseal_spdm_responder *r)
{
    const camseal_spdm_responder_config *c = &r->config;
    return c->data_transfer_size ? c->data_transfer_size : c->max_message;
}

uint32_t camseal_spdm_own_message(const camseal_spdm_responder *r)
{
    return r->flags & SPDM_CAP_CHUNK ? r->config.max_message : camseal_spdm_own_transfer(r);
}

uint8_t camseal_spdm_session_index(const camseal_spdm_responder *r, const spdm_session *s)
{
    return s ? (uint8_t)(s - r->sessions) : SPDM_NO_SESSION;
}

/* All of a session but the answer that may be pending in it. */
static void end_session(camseal_spdm_responder *r, spdm_session *s)
{
    uint8_t index = camseal_spdm_session_index(r, s);
    bool established = s->state == SPDM_SESSION_ESTABLISHED;
    uint32_t id = s->id;
    if (s->state != SPDM_SESSION_FREE)
        forget(r, index);
    camseal_spdm_session_wipe(&r->transcript, s);
    if (r->clear_session == index)
        r->clear_session = SPDM_NO_SESSION;
    if (established && r->config.session)
        r->config.session(r->config.user, index, id, false);
}

void camseal_spdm_clear_pending(camseal_spdm_responder *r)
{
    spdm_pending *p = &r->pending;
    uint8_t token = p->token;
    camseal_spdm_wipe_buffer(r, 0, p->len);
    camseal_wipe(p, sizeof *p);
    p->op = SPDM_OPS;
    p->session = p->target = SPDM_NO_SESSION;
    p->token = token;
}

void camseal_spdm_drop_pending(camseal_spdm_responder *r)
{
    uint8_t target = r->pending.target;
    if (r->pending.op == SPDM_OPS)
        return;
    for (size_t i = 0; i < r->config.n_features; i++)
        if (r->config.features[i]->abandon)
            r->config.features[i]->abandon(r);
    camseal_spdm_clear_pending(r);
    if (target < r->config.max_sessions)
        end_session(r, &r->sessions[target]);
}

void camseal_spdm_close_session(camseal_spdm_responder *r, spdm_session *s)
{
    end_session(r, s);
    if (r->pending.session == camseal_spdm_session_index(r, s))
        camseal_spdm_drop_pending(r);
}

void camseal_spdm_reset_connection(camseal_spdm_responder *r)
{
    for (size_t i = 0; i < r->config.max_sessions; i++)
        camseal_spdm_close_session(r, &r->sessions[i]);
    camseal_spdm_drop_pending(r);
    r->pending.token = 0;
    forget(r, SPDM_NO_SESSION);
    camseal_spdm_transcript_reset(&r->transcript, r->config.crypto);
    camseal_spdm_wipe_buffer(r, 0, r->buffer_bytes);
    memset(&r->shape, 0, sizeof r->shape);
    memset(&r->algorithms, 0, sizeof r->algorithms);
    r->identity = NULL;
    r->peer_flags = 0;
    r->peer_limit = camseal_spdm_own_transfer(r);
    r->peer_message = r->config.max_message;
    r->next_session_id = UINT16_MAX;
    r->clear_session = SPDM_NO_SESSION;
    r->opaque_format = false;
    r->first = false;
    r->req_multi_key = false;
    r->measurement_spec = r->mel_spec = 0;
    r->measurement_hash = 0;
    r->connection = SPDM_NOT_STARTED;
}

/* ---- for people ----------------------------------------------------------------------------- */

void camseal_spdm_responder_info(const camseal_spdm_responder *r, camseal_spdm_info *info)
{
    memset(info, 0, sizeof *info);
    info->version = r->shape.version;
    info->flags = r->flags;
    info->peer_flags = r->peer_flags;
    info->peer_transfer = r->peer_limit;
    info->peer_message = r->peer_message;
    info->clear_handshake = r->shape.clear_handshake;
    info->multi_key = r->shape.multi_key;
    info->opaque_format_1 = r->opaque_format;
    info->measurement_hash = r->measurement_hash;
    if (!r->algorithms.hash)
        return;
    camseal_spdm_tell_algorithms(&r->algorithms, info);
    info->provisioned_slots = camseal_spdm_slots(r);
    const spdm_algorithm_ids ids = {(uint8_t)info->hash, (uint8_t)info->sign,
                                    (uint8_t)info->req_sign, (uint8_t)info->kex,
                                    (uint8_t)info->aead};
    info->set = camseal_spdm_set_of(&ids);
}
