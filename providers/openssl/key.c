/* Keys: private keys behind references, public keys out of a SubjectPublicKeyInfo, and what they
 * are for. */
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/x509.h>
#include <string.h>

#include "ossl.h"

/* Its address marks references that are ours. */
static const char mark;

static bool is_explicit_curve(const EVP_PKEY *key)
{
    int explicit_params = 0;
    return EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                                  &explicit_params) == 1 &&
           explicit_params != 0;
}

static camseal_sign_id curve_of(const EVP_PKEY *key)
{
    static const struct {
        const char *name;
        camseal_sign_id id;
    } curves[] = {
        {"prime256v1", CAMSEAL_SIGN_ECDSA_P256},
        {"secp384r1", CAMSEAL_SIGN_ECDSA_P384},
        {"secp521r1", CAMSEAL_SIGN_ECDSA_P521},
    };
    char group[32];
    size_t len = 0;
    if (is_explicit_curve(key) || EVP_PKEY_get_group_name(key, group, sizeof group, &len) != 1)
        return CAMSEAL_SIGN_NONE;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (strcmp(group, curves[i].name) == 0)
            return curves[i].id;
    }
    return CAMSEAL_SIGN_NONE;
}

/* FIPS 186-5 §5.1: odd, 65537 to 2^256. With 1 as exponent anybody could sign. */
static bool exponent_is_sound(const EVP_PKEY *key)
{
    BIGNUM *e = NULL;
    bool sound = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
                 BN_num_bits(e) > 16 && BN_num_bits(e) <= 256;
    BN_free(e);
    return sound;
}

static camseal_sign_id rsa_of(const EVP_PKEY *key)
{
    bool pss_only = EVP_PKEY_is_a(key, "RSA-PSS");
    if (!exponent_is_sound(key))
        return CAMSEAL_SIGN_NONE;
    switch (EVP_PKEY_get_bits(key)) {
    case 2048:
        return pss_only ? CAMSEAL_SIGN_RSAPSS_2048 : CAMSEAL_SIGN_RSASSA_2048;
    case 3072:
        return pss_only ? CAMSEAL_SIGN_RSAPSS_3072 : CAMSEAL_SIGN_RSASSA_3072;
    case 4096:
        return pss_only ? CAMSEAL_SIGN_RSAPSS_4096 : CAMSEAL_SIGN_RSASSA_4096;
    default:
        return CAMSEAL_SIGN_NONE;
    }
}

static bool is_rsa(const EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS");
}

camseal_sign_id ossl_sign_of(const EVP_PKEY *key)
{
    static const struct {
        const char *name;
        camseal_sign_id id;
    } others[] = {
        {"ED25519", CAMSEAL_SIGN_ED25519},
        {"ML-DSA-44", CAMSEAL_SIGN_ML_DSA_44},
        {"ML-DSA-65", CAMSEAL_SIGN_ML_DSA_65},
        {"ML-DSA-87", CAMSEAL_SIGN_ML_DSA_87},
    };
    if (EVP_PKEY_is_a(key, "EC"))
        return curve_of(key);
    if (is_rsa(key))
        return rsa_of(key);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (EVP_PKEY_is_a(key, others[i].name))
            return others[i].id;
    }
    return CAMSEAL_SIGN_NONE;
}

EVP_PKEY *ossl_public_key(const struct ossl *ossl, camseal_span spki)
{
    if (!spki.data || spki.len > LONG_MAX)
        return NULL;
    const unsigned char *at = spki.data;
    EVP_PKEY *key = d2i_PUBKEY_ex(NULL, &at, (long)spki.len, ossl->lib, NULL);
    if (key && at == spki.data + spki.len)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

EVP_PKEY *ossl_private_key_any(const camseal_key_ref *ref)
{
    return ref->provider == &mark ? (EVP_PKEY *)ref->handle : NULL;
}

EVP_PKEY *ossl_private_key(const camseal_key_ref *ref, camseal_sign_id sign)
{
    EVP_PKEY *key = ossl_private_key_any(ref);
    return key && camseal_sign_fits_key(sign, ossl_sign_of(key)) ? key : NULL;
}

/* An encrypted key is refused; without this libcrypto would ask on the terminal. */
static int no_passphrase(char *pass, size_t size, size_t *len, const OSSL_PARAM params[], void *arg)
{
    (void)pass, (void)size, (void)len, (void)params, (void)arg;
    return 0;
}

static EVP_PKEY *decode(const struct ossl *ossl, camseal_span encoded)
{
    EVP_PKEY *key = NULL;
    const unsigned char *at = encoded.data;
    size_t left = encoded.len;
    OSSL_DECODER_CTX *ctx =
        OSSL_DECODER_CTX_new_for_pkey(&key, NULL, NULL, NULL, EVP_PKEY_KEYPAIR, ossl->lib, NULL);
    if (!ctx || OSSL_DECODER_CTX_set_passphrase_cb(ctx, no_passphrase, NULL) != 1 ||
        OSSL_DECODER_from_data(ctx, &at, &left) != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    OSSL_DECODER_CTX_free(ctx);
    return key;
}

/* libcrypto's own check of an RSA pair tests primes for hundreds of milliseconds. */
static bool trial_signature_verifies(const struct ossl *ossl, EVP_PKEY *key)
{
    static const unsigned char message[] = "trial";
    unsigned char signature[512];
    size_t len = sizeof signature;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool valid = ctx &&
                 EVP_DigestSignInit_ex(ctx, NULL, "SHA2-256", ossl->lib, NULL, key, NULL) == 1 &&
                 EVP_DigestSign(ctx, signature, &len, message, sizeof message) == 1 &&
                 EVP_MD_CTX_reset(ctx) == 1 &&
                 EVP_DigestVerifyInit_ex(ctx, NULL, "SHA2-256", ossl->lib, NULL, key, NULL) == 1 &&
                 EVP_DigestVerify(ctx, signature, len, message, sizeof message) == 1;
    EVP_MD_CTX_free(ctx);
    return valid;
}

/* Has a private part, and it belongs to the public part. */
static bool is_sound(const struct ossl *ossl, EVP_PKEY *key)
{
    if (is_rsa(key))
        return trial_signature_verifies(ossl, key);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(ossl->lib, key, NULL);
    bool sound = ctx && EVP_PKEY_private_check(ctx) == 1 && EVP_PKEY_pairwise_check(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    return sound;
}

camseal_status camseal_openssl_key_load(camseal_key_ref *key, camseal_sign_id *sign,
                                        camseal_span encoded)
{
    const struct ossl *ossl = ossl_get();
    memset(key, 0, sizeof *key);
    *sign = CAMSEAL_SIGN_NONE;
    EVP_PKEY *decoded = encoded.len ? decode(ossl, encoded) : NULL;
    if (!decoded || ossl_sign_of(decoded) == CAMSEAL_SIGN_NONE || !is_sound(ossl, decoded)) {
        EVP_PKEY_free(decoded);
        return ossl_fail(CAMSEAL_E_KEY);
    }
    *sign = ossl_sign_of(decoded);
    key->provider = &mark;
    key->handle = (uintptr_t)decoded;
    return CAMSEAL_OK;
}

void camseal_openssl_key_free(camseal_key_ref *key)
{
    if (key && key->provider == &mark) {
        EVP_PKEY_free((EVP_PKEY *)key->handle);
        memset(key, 0, sizeof *key);
    }
}

camseal_status camseal_openssl_key_matches(const camseal_key_ref *key, camseal_span spki)
{
    const EVP_PKEY *pair = ossl_private_key_any(key);
    if (!pair)
        return CAMSEAL_E_KEY;
    EVP_PKEY *public_key = ossl_public_key(ossl_get(), spki);
    bool same = public_key && EVP_PKEY_eq(pair, public_key) == 1;
    EVP_PKEY_free(public_key);
    return same ? CAMSEAL_OK : ossl_fail(CAMSEAL_E_KEY);
}
