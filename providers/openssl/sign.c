/* Signatures. SPDM carries ECDSA signatures as r || s of fixed width, libcrypto as DER; all others
 * look alike. ML-DSA comes with libcrypto 3.5 and is written against the API of 3.0. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <string.h>

#include "ossl.h"

#define DER_MAX 160 /* SEQUENCE of two INTEGERs of P-521: 139 bytes */

static bool is_ecdsa(camseal_sign_id id)
{
    return id >= CAMSEAL_SIGN_ECDSA_P256 && id <= CAMSEAL_SIGN_ECDSA_P521;
}

static bool is_rsa(camseal_sign_id id)
{
    return id >= CAMSEAL_SIGN_RSASSA_2048 && id <= CAMSEAL_SIGN_RSAPSS_4096;
}

static bool is_pss(camseal_sign_id id)
{
    return id >= CAMSEAL_SIGN_RSAPSS_2048 && id <= CAMSEAL_SIGN_RSAPSS_4096;
}

static bool is_ml_dsa(camseal_sign_id id)
{
    return id >= CAMSEAL_SIGN_ML_DSA_44;
}

/* Ed25519 and ML-DSA hash by themselves. NULL and ok for them; not ok for a hash that we lack. */
static bool digest_name(const struct ossl *ossl, camseal_sign_id id, camseal_hash_id hash,
                        const char **name)
{
    *name = NULL;
    if (!is_ecdsa(id) && !is_rsa(id))
        return true;
    if (hash <= CAMSEAL_HASH_NONE || hash > CAMSEAL_HASH_SHA512 || !ossl->md[hash])
        return false;
    *name = EVP_MD_get0_name(ossl->md[hash]);
    return true;
}

/* What makes the one operation out of an algorithm and a key. */
struct operation {
    const struct ossl *ossl;
    camseal_sign_id id;
    EVP_PKEY *key;
    const char *digest;
    camseal_span context;
};

/* The type of EVP_DigestSignInit_ex and EVP_DigestVerifyInit_ex. */
typedef int init_function(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx, const char *digest,
                          OSSL_LIB_CTX *lib, const char *properties, EVP_PKEY *key,
                          const OSSL_PARAM params[]);

static bool set_up_rsa(EVP_PKEY_CTX *ctx, camseal_sign_id id)
{
    if (!is_pss(id))
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* libcrypto 3.0 has no macro for this name. */
static bool set_up_ml_dsa(EVP_PKEY_CTX *ctx, camseal_span context)
{
    uint8_t copy[255]; /* FIPS 204: no longer ones */
    if (context.len > sizeof copy)
        return false;
    if (context.len)
        memcpy(copy, context.data, context.len);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string("context-string", copy, context.len),
        OSSL_PARAM_construct_end(),
    };
    return EVP_PKEY_CTX_set_params(ctx, params) == 1;
}

static bool set_up(EVP_MD_CTX *ctx, init_function *init, const struct operation *o)
{
    EVP_PKEY_CTX *pctx = NULL; /* borrowed from ctx */
    if (init(ctx, &pctx, o->digest, o->ossl->lib, NULL, o->key, NULL) != 1)
        return false;
    if (is_rsa(o->id))
        return set_up_rsa(pctx, o->id);
    return !is_ml_dsa(o->id) || set_up_ml_dsa(pctx, o->context);
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

static bool sign_ecdsa(EVP_MD_CTX *ctx, const camseal_sign *alg, const camseal_sign_job *job)
{
    uint8_t der[DER_MAX];
    size_t len = sizeof der;
    return EVP_DigestSign(ctx, der, &len, job->message.data, job->message.len) == 1 &&
           raw_of_der(job->signature, alg->signature_bytes, der, len);
}

static bool sign_message(EVP_MD_CTX *ctx, const camseal_sign *alg, const camseal_sign_job *job)
{
    size_t len = alg->signature_bytes;
    if (is_ecdsa(alg->id))
        return sign_ecdsa(ctx, alg, job);
    return EVP_DigestSign(ctx, job->signature, &len, job->message.data, job->message.len) == 1 &&
           len == alg->signature_bytes;
}

static camseal_status sign(const struct ossl *ossl, const camseal_sign *alg, camseal_sign_job *job)
{
    struct operation o = {.ossl = ossl, .id = alg->id, .context = job->context};
    memset(job->signature, 0, alg->signature_bytes);
    if (!digest_name(ossl, alg->id, job->hash, &o.digest))
        return CAMSEAL_E_ARGUMENT;
    o.key = ossl_private_key(&job->key, alg->id);
    if (!o.key)
        return ossl_fail(CAMSEAL_E_KEY);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool done = ctx && set_up(ctx, EVP_DigestSignInit_ex, &o) && sign_message(ctx, alg, job);
    EVP_MD_CTX_free(ctx);
    if (done)
        return CAMSEAL_OK;
    memset(job->signature, 0, alg->signature_bytes);
    return ossl_fail(CAMSEAL_E_CRYPTO);
}

static bool verify_message(const struct operation *o, camseal_span message, camseal_span signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool valid =
        ctx && set_up(ctx, EVP_DigestVerifyInit_ex, o) &&
        EVP_DigestVerify(ctx, signature.data, signature.len, message.data, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    return valid;
}

static camseal_status verify(struct operation *o, const camseal_sign *alg, camseal_span spki,
                             camseal_span message, camseal_span signature)
{
    uint8_t der[DER_MAX];
    o->id = alg->id;
    if (signature.len != alg->signature_bytes)
        return CAMSEAL_E_SIGNATURE;
    if (is_ecdsa(alg->id))
        signature = camseal_span_of(der, der_of_raw(der, signature));
    o->key = ossl_public_key(o->ossl, spki);
    camseal_status status = CAMSEAL_E_FORMAT;
    if (o->key && camseal_sign_fits_key(alg->id, ossl_sign_of(o->key)))
        status = verify_message(o, message, signature) ? CAMSEAL_OK : CAMSEAL_E_SIGNATURE;
    EVP_PKEY_free(o->key);
    return status == CAMSEAL_OK ? CAMSEAL_OK : ossl_fail(status);
}

static camseal_status verify_plain(const struct ossl *ossl, const camseal_sign *alg,
                                   camseal_hash_id hash, camseal_span spki, camseal_span message,
                                   camseal_span signature)
{
    struct operation o = {.ossl = ossl};
    if (!digest_name(ossl, alg->id, hash, &o.digest))
        return CAMSEAL_E_ARGUMENT;
    return verify(&o, alg, spki, message, signature);
}

static camseal_status verify_in_context(const struct ossl *ossl, const camseal_sign *alg,
                                        camseal_span context, camseal_span spki,
                                        camseal_span message, camseal_span signature)
{
    struct operation o = {.ossl = ossl, .context = context};
    return verify(&o, alg, spki, message, signature);
}

#define ENTRIES(name, index)                                                                 \
    static camseal_status sign_##name(void *user, camseal_sign_job *job)                     \
    {                                                                                        \
        return sign(user, &ossl_signs[index], job);                                          \
    }                                                                                        \
    static camseal_status verify_##name(void *user, camseal_hash_id hash, camseal_span spki, \
                                        camseal_span message, camseal_span signature)        \
    {                                                                                        \
        return verify_plain(user, &ossl_signs[index], hash, spki, message, signature);       \
    }

#define CONTEXT_ENTRY(name, index)                                                             \
    static camseal_status verify_context_##name(void *user, camseal_span context,              \
                                                camseal_span spki, camseal_span message,       \
                                                camseal_span signature)                        \
    {                                                                                          \
        return verify_in_context(user, &ossl_signs[index], context, spki, message, signature); \
    }

ENTRIES(p256, 0)
ENTRIES(p384, 1)
ENTRIES(p521, 2)
ENTRIES(ed25519, 3)
ENTRIES(rsassa2048, 4)
ENTRIES(rsassa3072, 5)
ENTRIES(rsassa4096, 6)
ENTRIES(rsapss2048, 7)
ENTRIES(rsapss3072, 8)
ENTRIES(rsapss4096, 9)
ENTRIES(mldsa44, 10)
ENTRIES(mldsa65, 11)
ENTRIES(mldsa87, 12)
CONTEXT_ENTRY(mldsa44, 10)
CONTEXT_ENTRY(mldsa65, 11)
CONTEXT_ENTRY(mldsa87, 12)

/* Those that libcrypto may lack come last: the tables of provider.c cut them off. */
#define ROW(id, text, bytes, name)                        \
    {                                                     \
        id, text, bytes, sign_##name, verify_##name, NULL \
    }
#define CONTEXT_ROW(id, text, bytes, name)                                 \
    {                                                                      \
        id, text, bytes, sign_##name, verify_##name, verify_context_##name \
    }

const camseal_sign ossl_signs[OSSL_SIGNS] = {
    ROW(CAMSEAL_SIGN_ECDSA_P256, "ECDSA-P256", 64, p256),
    ROW(CAMSEAL_SIGN_ECDSA_P384, "ECDSA-P384", 96, p384),
    ROW(CAMSEAL_SIGN_ECDSA_P521, "ECDSA-P521", 132, p521),
    ROW(CAMSEAL_SIGN_ED25519, "Ed25519", 64, ed25519),
    ROW(CAMSEAL_SIGN_RSASSA_2048, "RSASSA-2048", 256, rsassa2048),
    ROW(CAMSEAL_SIGN_RSASSA_3072, "RSASSA-3072", 384, rsassa3072),
    ROW(CAMSEAL_SIGN_RSASSA_4096, "RSASSA-4096", 512, rsassa4096),
    ROW(CAMSEAL_SIGN_RSAPSS_2048, "RSAPSS-2048", 256, rsapss2048),
    ROW(CAMSEAL_SIGN_RSAPSS_3072, "RSAPSS-3072", 384, rsapss3072),
    ROW(CAMSEAL_SIGN_RSAPSS_4096, "RSAPSS-4096", 512, rsapss4096),
    CONTEXT_ROW(CAMSEAL_SIGN_ML_DSA_44, "ML-DSA-44", 2420, mldsa44),
    CONTEXT_ROW(CAMSEAL_SIGN_ML_DSA_65, "ML-DSA-65", 3309, mldsa65),
    CONTEXT_ROW(CAMSEAL_SIGN_ML_DSA_87, "ML-DSA-87", 4627, mldsa87),
};
