/* ECDSA and Ed25519. SPDM carries ECDSA signatures as r || s of fixed width, libcrypto as DER. */
#include <openssl/ec.h>
#include <string.h>

#include "ossl.h"

#define DER_MAX 160 /* SEQUENCE of two INTEGERs of P-521: 139 bytes */

static bool is_ecdsa(camseal_sign_id id)
{
    return id != CAMSEAL_SIGN_ED25519;
}

/* Ed25519 hashes by itself. NULL and ok for it; not ok for a hash that we lack. */
static bool digest_name(const struct ossl *ossl, camseal_sign_id id, camseal_hash_id hash,
                        const char **name)
{
    *name = NULL;
    if (!is_ecdsa(id))
        return true;
    if (hash <= CAMSEAL_HASH_NONE || hash > CAMSEAL_HASH_SHA512 || !ossl->md[hash])
        return false;
    *name = EVP_MD_get0_name(ossl->md[hash]);
    return true;
}

static bool raw_of_der(uint8_t *raw, size_t raw_len, const uint8_t *der, size_t der_len)
{
    const unsigned char *at = der;
    int half = (int)(raw_len / 2);
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    bool done = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, half) == half &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + half, half) == half;
    ECDSA_SIG_free(pair);
    return done;
}

/* Writes at most DER_MAX bytes; 0 on failure. */
static size_t der_of_raw(uint8_t *der, camseal_span raw)
{
    int half = (int)(raw.len / 2);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.data, half, NULL);
    BIGNUM *s = BN_bin2bn(raw.data + half, half, NULL);
    int len = 0;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        unsigned char *at = der;
        len = i2d_ECDSA_SIG(pair, NULL) <= DER_MAX ? i2d_ECDSA_SIG(pair, &at) : 0;
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    return len > 0 ? (size_t)len : 0;
}

static bool sign_message(EVP_MD_CTX *ctx, const camseal_sign *alg, const camseal_sign_job *job)
{
    uint8_t out[DER_MAX];
    size_t len = sizeof out;
    if (EVP_DigestSign(ctx, out, &len, job->message.data, job->message.len) != 1)
        return false;
    if (is_ecdsa(alg->id))
        return raw_of_der(job->signature, alg->signature_bytes, out, len);
    if (len != alg->signature_bytes)
        return false;
    memcpy(job->signature, out, len);
    return true;
}

static camseal_status sign(const struct ossl *ossl, const camseal_sign *alg, camseal_sign_job *job)
{
    const char *digest;
    memset(job->signature, 0, alg->signature_bytes);
    if (!digest_name(ossl, alg->id, job->hash, &digest))
        return CAMSEAL_E_ARGUMENT;
    EVP_PKEY *key = ossl_private_key(&job->key, alg->id);
    if (!key)
        return ossl_fail(CAMSEAL_E_KEY);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool done = ctx && EVP_DigestSignInit_ex(ctx, NULL, digest, ossl->lib, NULL, key, NULL) == 1 &&
                sign_message(ctx, alg, job);
    EVP_MD_CTX_free(ctx);
    if (done)
        return CAMSEAL_OK;
    memset(job->signature, 0, alg->signature_bytes);
    return ossl_fail(CAMSEAL_E_CRYPTO);
}

static bool verify_message(const struct ossl *ossl, EVP_PKEY *key, const char *digest,
                           camseal_span message, camseal_span signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool valid =
        ctx && EVP_DigestVerifyInit_ex(ctx, NULL, digest, ossl->lib, NULL, key, NULL) == 1 &&
        EVP_DigestVerify(ctx, signature.data, signature.len, message.data, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    return valid;
}

static camseal_status verify(const struct ossl *ossl, const camseal_sign *alg, camseal_hash_id hash,
                             camseal_span spki, camseal_span message, camseal_span signature)
{
    const char *digest;
    uint8_t der[DER_MAX];
    if (!digest_name(ossl, alg->id, hash, &digest))
        return CAMSEAL_E_ARGUMENT;
    if (signature.len != alg->signature_bytes)
        return CAMSEAL_E_SIGNATURE;
    if (is_ecdsa(alg->id))
        signature = camseal_span_of(der, der_of_raw(der, signature));
    EVP_PKEY *key = ossl_public_key(ossl, spki);
    camseal_status status = CAMSEAL_E_FORMAT;
    if (key && ossl_sign_of(key) == alg->id)
        status = verify_message(ossl, key, digest, message, signature) ? CAMSEAL_OK
                                                                       : CAMSEAL_E_SIGNATURE;
    EVP_PKEY_free(key);
    return status == CAMSEAL_OK ? CAMSEAL_OK : ossl_fail(status);
}

#define ENTRIES(name, index)                                                                 \
    static camseal_status sign_##name(void *user, camseal_sign_job *job)                     \
    {                                                                                        \
        return sign(user, &ossl_signs[index], job);                                          \
    }                                                                                        \
    static camseal_status verify_##name(void *user, camseal_hash_id hash, camseal_span spki, \
                                        camseal_span message, camseal_span signature)        \
    {                                                                                        \
        return verify(user, &ossl_signs[index], hash, spki, message, signature);             \
    }

ENTRIES(p256, 0)
ENTRIES(p384, 1)
ENTRIES(p521, 2)
ENTRIES(ed25519, 3)

const camseal_sign ossl_signs[4] = {
    {CAMSEAL_SIGN_ECDSA_P256, "ECDSA-P256", 64, sign_p256, verify_p256},
    {CAMSEAL_SIGN_ECDSA_P384, "ECDSA-P384", 96, sign_p384, verify_p384},
    {CAMSEAL_SIGN_ECDSA_P521, "ECDSA-P521", 132, sign_p521, verify_p521},
    {CAMSEAL_SIGN_ED25519, "Ed25519", 64, sign_ed25519, verify_ed25519},
};
