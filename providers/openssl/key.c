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

camseal_sign_id ossl_sign_of(const EVP_PKEY *key)
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
    if (EVP_PKEY_is_a(key, "ED25519"))
        return CAMSEAL_SIGN_ED25519;
    if (!EVP_PKEY_is_a(key, "EC") || is_explicit_curve(key) ||
        EVP_PKEY_get_group_name(key, group, sizeof group, &len) != 1)
        return CAMSEAL_SIGN_NONE;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (strcmp(group, curves[i].name) == 0)
            return curves[i].id;
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

EVP_PKEY *ossl_private_key(const camseal_key_ref *ref, camseal_sign_id sign)
{
    EVP_PKEY *key = (EVP_PKEY *)ref->handle;
    if (ref->provider != &mark || !key || ossl_sign_of(key) != sign)
        return NULL;
    return key;
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

/* Has a private part, and it belongs to the public part. */
static bool is_sound(const struct ossl *ossl, EVP_PKEY *key)
{
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
    if (key->provider != &mark || !key->handle)
        return CAMSEAL_E_KEY;
    EVP_PKEY *public_key = ossl_public_key(ossl_get(), spki);
    bool same = public_key && EVP_PKEY_eq((EVP_PKEY *)key->handle, public_key) == 1;
    EVP_PKEY_free(public_key);
    return same ? CAMSEAL_OK : ossl_fail(CAMSEAL_E_KEY);
}
