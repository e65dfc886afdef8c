/* ML-KEM (FIPS 203), from libcrypto 3.5 on. Written against the API of 3.0: names instead of types.
 */
#include <openssl/core_names.h>

#include "kex.h"

EVP_PKEY *ossl_kem_generate(const struct ossl *ossl, const camseal_kex *kex, uint8_t *out)
{
    size_t len = 0;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(ossl->lib, NULL, kex->name);
    if (key &&
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, out,
                                        kex->request_bytes, &len) == 1 &&
        len == kex->request_bytes)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

camseal_status ossl_kem_encapsulate(const struct ossl *ossl, const camseal_kex *kex,
                                    camseal_span key, uint8_t *ciphertext, uint8_t *secret)
{
    size_t ciphertext_len = kex->response_bytes;
    size_t secret_len = kex->secret_bytes;
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(ossl->lib, kex->name, NULL, key.data, key.len);
    if (!peer)
        return CAMSEAL_E_FORMAT;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(ossl->lib, peer, NULL);
    bool done = ctx && EVP_PKEY_encapsulate_init(ctx, NULL) == 1 &&
                EVP_PKEY_encapsulate(ctx, ciphertext, &ciphertext_len, secret, &secret_len) == 1 &&
                ciphertext_len == kex->response_bytes && secret_len == kex->secret_bytes;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(peer);
    return done ? CAMSEAL_OK : CAMSEAL_E_CRYPTO;
}

camseal_status ossl_kem_decapsulate(const struct ossl *ossl, const camseal_kex *kex, EVP_PKEY *own,
                                    camseal_span ciphertext, uint8_t *secret)
{
    size_t len = kex->secret_bytes;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(ossl->lib, own, NULL);
    bool done = ctx && EVP_PKEY_decapsulate_init(ctx, NULL) == 1 &&
                EVP_PKEY_decapsulate(ctx, secret, &len, ciphertext.data, ciphertext.len) == 1 &&
                len == kex->secret_bytes;
    EVP_PKEY_CTX_free(ctx);
    return done ? CAMSEAL_OK : CAMSEAL_E_CRYPTO;
}
