/* Keys of one CCISE direction (OP1 §1, §2). */
#include "ccise/direction.h"

#include "base/secret.h"
#include "base/try.h"
#include "context/context.h"

enum { TO_TARGET = 1, TO_CONTROLLER = 2 };

static camseal_status check(const camseal_priv_ccise_config *config,
                            const camseal_priv_suite *suite)
{
    const unsigned n = config->tag_length;
    if (!suite || !suite->key_bytes || !config->ctx_id)
        return CAMSEAL_E_ARGUMENT;
    if ((n != 8 && n != 12 && n != 16) || n < suite->least_tag)
        return CAMSEAL_E_ARGUMENT;
    return CAMSEAL_OK;
}

static camseal_status derive(camseal_priv_ccise_direction *out,
                             const camseal_priv_ccise_config *config,
                             const camseal_priv_suite *suite, const uint8_t crk[32],
                             uint8_t key[32])
{
    const uint8_t ids[4] = {CAMSEAL_PROTOCOL_CCISE, config->ctx_id,
                            out->response ? TO_CONTROLLER : TO_TARGET, config->suite};
    const camseal_crypto *crypto = config->crypto;
    const size_t len = suite->key_bytes;
    CAMSEAL_TRY(camseal_priv_key_expand(crypto, key, len, crk, "int", ids, config->epoch));
    CAMSEAL_TRY(out->mac->expand(out->mac_key, key, len));
    CAMSEAL_TRY(camseal_priv_key_expand(crypto, out->iv_int, sizeof out->iv_int, crk, "iv.int", ids,
                                        config->epoch));
    if (!out->ctr)
        return CAMSEAL_OK;
    CAMSEAL_TRY(camseal_priv_key_expand(crypto, key, len, crk, "enc", ids, config->epoch));
    CAMSEAL_TRY(out->ctr->expand(out->ctr_key, key, len));
    return camseal_priv_key_expand(crypto, out->iv_enc, sizeof out->iv_enc, crk, "iv.enc", ids,
                                   config->epoch);
}

camseal_status camseal_priv_ccise_direction_init(camseal_priv_ccise_direction *out,
                                                 const camseal_priv_ccise_config *config,
                                                 const uint8_t crk[32], bool response)
{
    const camseal_priv_suite *suite = camseal_priv_suite_of(config->suite);
    uint8_t key[32];
    if ((uintptr_t)out % CAMSEAL_BULK_KEY_ALIGN)
        return CAMSEAL_E_ARGUMENT;
    camseal_priv_ccise_direction_wipe(out);
    CAMSEAL_TRY(check(config, suite));
    out->mac = suite->gmac ? config->bulk->gmac : config->bulk->cmac;
    out->ctr = suite->encrypts ? config->bulk->ctr : NULL;
    out->response = response;
    out->ctx_id = config->ctx_id;
    out->tag_length = config->tag_length;
    out->epoch_low = (uint8_t)(config->epoch & 15u);
    out->target_id = config->target_id;
    camseal_status status = derive(out, config, suite, crk, key);
    camseal_wipe(key, sizeof key);
    if (status != CAMSEAL_OK)
        camseal_priv_ccise_direction_wipe(out);
    return status;
}

void camseal_priv_ccise_direction_wipe(camseal_priv_ccise_direction *direction)
{
    camseal_wipe(direction, sizeof *direction);
}
