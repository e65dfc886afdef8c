/* `camseal spdm respond`: the key pairs that it tells of. First the spare ones, which requesters
 * may change as they like and which nothing signs with; then those of its certificates, which are
 * fixed.
 */
#include <stdio.h>
#include <string.h>

#include "spdm_respond.h"

enum { SPARE_USES = 0x000F, EVERYTHING = 0x003F };

static const uint8_t spare_signs[] = {CAMSEAL_SIGN_ECDSA_P256, CAMSEAL_SIGN_ECDSA_P384,
                                      CAMSEAL_SIGN_ECDSA_P521, CAMSEAL_SIGN_ED25519,
                                      CAMSEAL_SIGN_RSASSA_3072};

static camseal_status get(void *user, uint8_t id, camseal_spdm_key_pair *out)
{
    const spdm_responder *r = user;
    *out = r->pairs[id - 1];
    return CAMSEAL_OK;
}

/* The engine lets nobody change what has no capabilities. */
static camseal_status authorise(void *user, const camseal_spdm_key_change *change)
{
    const spdm_responder *r = user;
    return change->id <= r->options.n.spare_keys ? CAMSEAL_OK : CAMSEAL_E_OWNER;
}

/* A key of this algorithm is there now. */
static void pretend_key(camseal_spdm_key_pair *pair, uint32_t algorithm)
{
    camseal_spdm_key_pair key;
    for (size_t i = 0; i < sizeof spare_signs; i++)
        if (camseal_spdm_describe_key((camseal_sign_id)spare_signs[i], &key) == CAMSEAL_OK &&
            key.algorithm == algorithm)
            pair->public_key_info = key.public_key_info;
}

static camseal_status set(void *user, const camseal_spdm_key_change *change, bool *reset)
{
    spdm_responder *r = user;
    camseal_spdm_key_pair *pair = &r->pairs[change->id - 1];
    (void)reset;
    pair->usage = change->usage;
    pair->algorithm = change->algorithm;
    pair->slots = change->slots;
    if (change->operation == CAMSEAL_SPDM_KEY_OP_ERASE)
        pair->public_key_info = camseal_span_of(NULL, 0);
    if (change->operation == CAMSEAL_SPDM_KEY_OP_GENERATE)
        pretend_key(pair, change->algorithm);
    if (spdm_responder_talks(r))
        printf("  key pair %u is changed\n", change->id);
    return CAMSEAL_OK;
}

static void add_spare(camseal_spdm_key_pair *pair)
{
    camseal_spdm_key_pair key;
    pair->capabilities = EVERYTHING;
    pair->usages = SPARE_USES;
    for (size_t i = 0; i < sizeof spare_signs; i++)
        if (camseal_spdm_describe_key((camseal_sign_id)spare_signs[i], &key) == CAMSEAL_OK)
            pair->algorithms |= key.algorithm;
}

bool spdm_respond_key_pairs(spdm_responder *r)
{
    size_t spare = (size_t)r->options.n.spare_keys, n = r->config.n_identities;
    if (!n && !spare)
        return false;
    memset(r->pairs, 0, sizeof r->pairs);
    for (size_t i = 0; i < spare; i++)
        add_spare(&r->pairs[i]);
    for (size_t i = 0; i < n; i++) {
        camseal_spdm_identity *id = &r->identities[i];
        camseal_spdm_key_pair *pair = &r->pairs[spare + i];
        id->key_pair_id = (uint8_t)(spare + i + 1);
        pair->usages = pair->usage = SPARE_USES;
        pair->slots = (uint8_t)(1u << id->slot);
        if (camseal_spdm_describe_key(id->sign, pair) != CAMSEAL_OK)
            return false;
    }
    r->key_pairs = (camseal_spdm_key_pairs){.total = (uint8_t)(spare + n), .get = get, .user = r};
    if (spare) {
        r->key_pairs.authorise = authorise;
        r->key_pairs.set = set;
    }
    r->config.key_pairs = &r->key_pairs;
    return true;
}
