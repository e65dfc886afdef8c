/* The key itself is on the stack as short as possible, and wiped on every path. */
#include "psk.h"

#include <string.h>

#include "base/secret.h"

static camseal_status use_key(const spdm_schedule *k, const camseal_spdm_psk_key *key,
                              spdm_secrets *secrets)
{
    if (key->len == 0 || key->len > sizeof key->bytes)
        return CAMSEAL_E_KEY;
    if (!key->derived)
        return camseal_spdm_ks_start(k, secrets, camseal_span_of(key->bytes, key->len), true);
    if (key->len != k->hash->digest_bytes)
        return CAMSEAL_E_KEY;
    memcpy(secrets->root, key->bytes, key->len);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_psk_start(const camseal_spdm_psk_source *source, const spdm_schedule *k,
                                      camseal_span hint, spdm_secrets *secrets)
{
    uint8_t salt[CAMSEAL_HASH_MAX];
    camseal_spdm_psk_key key;
    memset(&key, 0, sizeof key);
    camseal_spdm_ks_salt(k, true, salt);
    const camseal_spdm_psk_query query = {hint, k->hash->id,
                                          camseal_span_of(salt, k->hash->digest_bytes)};
    camseal_status status = source->key(source->user, &query, &key);
    if (status == CAMSEAL_OK)
        status = use_key(k, &key, secrets);
    camseal_wipe(&key, sizeof key);
    return status;
}
