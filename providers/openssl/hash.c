/* Hashes and HMAC. A state holds one EVP_MD_CTX pointer; all zero means "not begun". */
#include <string.h>

#include "ossl.h"

#define STATE_BYTES ((uint16_t)sizeof(EVP_MD_CTX *))

static EVP_MD_CTX *load(const camseal_hash_state *state)
{
    EVP_MD_CTX *ctx;
    memcpy(&ctx, state->opaque, sizeof ctx);
    return ctx;
}

static void store(camseal_hash_state *state, EVP_MD_CTX *ctx)
{
    memcpy(state->opaque, &ctx, sizeof ctx);
}

static void drop(void *user, camseal_hash_state *state)
{
    (void)user;
    EVP_MD_CTX_free(load(state));
    store(state, NULL);
}

static camseal_status begin(const struct ossl *ossl, camseal_hash_id id, camseal_hash_state *state)
{
    store(state, NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || !ossl->md[id] || EVP_DigestInit_ex2(ctx, ossl->md[id], NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        return ossl_fail(CAMSEAL_E_CRYPTO);
    }
    store(state, ctx);
    return CAMSEAL_OK;
}

static camseal_status update(void *user, camseal_hash_state *state, camseal_span data)
{
    (void)user;
    EVP_MD_CTX *ctx = load(state);
    if (!ctx)
        return CAMSEAL_E_STATE;
    if (data.len && EVP_DigestUpdate(ctx, data.data, data.len) != 1)
        return ossl_fail(CAMSEAL_E_CRYPTO);
    return CAMSEAL_OK;
}

static camseal_status finish(void *user, camseal_hash_state *state, uint8_t *digest)
{
    EVP_MD_CTX *ctx = load(state);
    if (!ctx)
        return CAMSEAL_E_STATE;
    size_t len = (size_t)EVP_MD_CTX_get_size(ctx);
    bool done = EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
    drop(user, state);
    if (done)
        return CAMSEAL_OK;
    memset(digest, 0, len);
    return ossl_fail(CAMSEAL_E_CRYPTO);
}

static camseal_status clone(void *user, camseal_hash_state *out, const camseal_hash_state *from)
{
    (void)user;
    const EVP_MD_CTX *source = load(from);
    store(out, NULL);
    if (!source)
        return CAMSEAL_E_STATE;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_MD_CTX_copy_ex(ctx, source) != 1) {
        EVP_MD_CTX_free(ctx);
        return ossl_fail(CAMSEAL_E_CRYPTO);
    }
    store(out, ctx);
    return CAMSEAL_OK;
}

static bool hmac_run(EVP_MAC_CTX *ctx, camseal_span key, const camseal_span *data, size_t n,
                     uint8_t *mac, size_t mac_len)
{
    /* A null key pointer would keep the template's key, so an empty key gets an address. */
    static const unsigned char empty[1];
    if (EVP_MAC_init(ctx, key.len ? key.data : empty, key.len, NULL) != 1)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (data[i].len && EVP_MAC_update(ctx, data[i].data, data[i].len) != 1)
            return false;
    }
    size_t written = 0;
    return EVP_MAC_final(ctx, mac, &written, mac_len) == 1 && written == mac_len;
}

static camseal_status hmac(const struct ossl *ossl, camseal_hash_id id, camseal_span key,
                           const camseal_span *data, size_t n, uint8_t *mac)
{
    size_t mac_len = ossl_hashes[id - CAMSEAL_HASH_SHA256].digest_bytes;
    EVP_MAC_CTX *ctx = ossl->hmac[id] ? EVP_MAC_CTX_dup(ossl->hmac[id]) : NULL;
    bool done = ctx && hmac_run(ctx, key, data, n, mac, mac_len);
    EVP_MAC_CTX_free(ctx);
    if (done)
        return CAMSEAL_OK;
    memset(mac, 0, mac_len);
    return ossl_fail(CAMSEAL_E_CRYPTO);
}

/* The port's calls carry no algorithm, so each descriptor has its own two entries. */
#define ENTRIES(name, id)                                                                     \
    static camseal_status begin_##name(void *user, camseal_hash_state *state)                 \
    {                                                                                         \
        return begin(user, id, state);                                                        \
    }                                                                                         \
    static camseal_status hmac_##name(void *user, camseal_span key, const camseal_span *data, \
                                      size_t n, uint8_t *mac)                                 \
    {                                                                                         \
        return hmac(user, id, key, data, n, mac);                                             \
    }

ENTRIES(sha256, CAMSEAL_HASH_SHA256)
ENTRIES(sha384, CAMSEAL_HASH_SHA384)
ENTRIES(sha512, CAMSEAL_HASH_SHA512)

const camseal_hash ossl_hashes[3] = {
    {CAMSEAL_HASH_SHA256, "SHA-256", 32, STATE_BYTES, begin_sha256, update, finish, clone, drop,
     hmac_sha256},
    {CAMSEAL_HASH_SHA384, "SHA-384", 48, STATE_BYTES, begin_sha384, update, finish, clone, drop,
     hmac_sha384},
    {CAMSEAL_HASH_SHA512, "SHA-512", 64, STATE_BYTES, begin_sha512, update, finish, clone, drop,
     hmac_sha512},
};
