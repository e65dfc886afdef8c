/* Key derivation of open-profile §2: effective CRK -> keys and IVs of one epoch. */
#include <string.h>

#include "base/load.h"
#include "base/secret.h"
#include "base/try.h"
#include "base/writer.h"
#include "context/context.h"

camseal_status camseal_priv_key_expand(const camseal_crypto *crypto, uint8_t *okm, size_t len,
                                       const uint8_t crk[32], const char *label,
                                       const uint8_t ids[4], uint32_t epoch)
{
    uint8_t info[4 + 6 + 1 + 4 + 4]; /* the longest label has six letters */
    camseal_writer w = camseal_writer_of(info, sizeof info);
    camseal_write_bytes(&w, "OP1 ", 4);
    for (const char *c = label; *c; c++)
        camseal_write_u8(&w, (uint8_t)*c);
    camseal_write_u8(&w, 0);
    camseal_write_bytes(&w, ids, 4);
    camseal_write_be32(&w, epoch);
    CAMSEAL_TRY(camseal_writer_end(&w));
    return camseal_hkdf_expand(crypto, camseal_crypto_hash(crypto, CAMSEAL_HASH_SHA256), okm, len,
                               camseal_span_of(crk, 32), camseal_span_of(info, w.len));
}

static camseal_status derive(camseal_context *ctx, camseal_priv_keys *keys, const uint8_t crk[32],
                             uint8_t key[32])
{
    const uint8_t ids[4] = {ctx->protocol, ctx->ctx_id, 0 /* source to sink */, ctx->suite->id};
    const size_t len = ctx->suite->key_bytes;
    CAMSEAL_TRY(camseal_priv_key_expand(ctx->crypto, key, len, crk, "int", ids, keys->epoch));
    CAMSEAL_TRY(ctx->mac->expand(keys->mac, key, len));
    CAMSEAL_TRY(camseal_priv_key_expand(ctx->crypto, keys->iv_int, sizeof keys->iv_int, crk,
                                        "iv.int", ids, keys->epoch));
    if (!ctx->suite->encrypts)
        return CAMSEAL_OK;
    CAMSEAL_TRY(camseal_priv_key_expand(ctx->crypto, key, len, crk, "enc", ids, keys->epoch));
    CAMSEAL_TRY(ctx->bulk->ctr->expand(keys->ctr, key, len));
    return camseal_priv_key_expand(ctx->crypto, keys->iv_enc, sizeof keys->iv_enc, crk, "iv.enc",
                                   ids, keys->epoch);
}

camseal_status camseal_priv_keys_derive(camseal_context *ctx, camseal_priv_keys *keys,
                                        const uint8_t crk[32], uint32_t epoch)
{
    uint8_t key[32];
    camseal_priv_keys_wipe(ctx, keys);
    keys->epoch = epoch;
    camseal_status status = derive(ctx, keys, crk, key);
    camseal_wipe(key, sizeof key);
    if (status != CAMSEAL_OK) {
        camseal_priv_keys_wipe(ctx, keys);
        return status;
    }
    keys->loaded = true;
    uint8_t id[8] = {ctx->protocol, ctx->ctx_id, 0, ctx->suite->id};
    camseal_store_be32(id + 4, epoch);
    camseal_trace_secret(ctx->trace, "OP1_CRK", camseal_span_of(id, sizeof id),
                         camseal_span_of(crk, 32));
    return CAMSEAL_OK;
}

void camseal_priv_keys_wipe(camseal_context *ctx, camseal_priv_keys *keys)
{
    void *mac = keys->mac, *ctr = keys->ctr;
    if (mac)
        camseal_wipe(mac, ctx->mac->expanded_bytes);
    if (ctr)
        camseal_wipe(ctr, ctx->bulk->ctr->expanded_bytes);
    camseal_wipe(keys, sizeof *keys);
    keys->mac = mac;
    keys->ctr = ctr;
}
