/* The table of the OpenSSL provider and the one-time fetch of its algorithms. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "ossl.h"

static struct ossl instance;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

/* libcrypto copies an HMAC context only when it holds a key; ours is a placeholder. */
static EVP_MAC_CTX *hmac_template(EVP_MAC *mac, const char *digest)
{
    static const unsigned char zeros[32];
    char name[16];
    (void)OPENSSL_strlcpy(name, digest, sizeof name);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    if (ctx && EVP_MAC_init(ctx, zeros, sizeof zeros, params) == 1)
        return ctx;
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

/* All three sizes come together: one is asked for. */
static void look_for_pqc(void)
{
    EVP_SIGNATURE *ml_dsa = EVP_SIGNATURE_fetch(instance.lib, "ML-DSA-65", NULL);
    EVP_KEM *ml_kem = EVP_KEM_fetch(instance.lib, "ML-KEM-768", NULL);
    instance.has_ml_dsa = ml_dsa != NULL;
    instance.has_ml_kem = ml_kem != NULL;
    EVP_SIGNATURE_free(ml_dsa);
    EVP_KEM_free(ml_kem);
}

static void fetch(void)
{
    static const char *const digests[] = {NULL, "SHA2-256", "SHA2-384", "SHA2-512"};
    static const char *const ciphers[] = {NULL, "AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"};

    instance.lib = OSSL_LIB_CTX_new();
    if (!instance.lib)
        return;
    EVP_MAC *mac = EVP_MAC_fetch(instance.lib, "HMAC", NULL);
    for (size_t i = 1; i < sizeof digests / sizeof digests[0]; i++) {
        instance.md[i] = EVP_MD_fetch(instance.lib, digests[i], NULL);
        instance.hmac[i] = hmac_template(mac, digests[i]);
    }
    EVP_MAC_free(mac);
    for (size_t i = 1; i < sizeof ciphers / sizeof ciphers[0]; i++)
        instance.cipher[i] = EVP_CIPHER_fetch(instance.lib, ciphers[i], NULL);
    look_for_pqc();
    ERR_clear_error();
}

struct ossl *ossl_get(void)
{
    (void)CRYPTO_THREAD_run_once(&once, fetch);
    return &instance;
}

camseal_status ossl_fail(camseal_status status)
{
    ERR_clear_error();
    return status;
}

/* What a small build has no room for (crypto.h) is cut off too. */
#define ROOM_FOR_FFDHE  (CAMSEAL_KEX_PUBLIC_MAX >= 512u && CAMSEAL_KEX_SECRET_MAX >= 512u)
#define ROOM_FOR_ML_KEM (ROOM_FOR_FFDHE && CAMSEAL_KEX_PUBLIC_MAX >= 1568u)
#define ROOM_FOR_RSA    (CAMSEAL_SIGNATURE_MAX >= 512u)
#define ROOM_FOR_ML_DSA (CAMSEAL_SIGNATURE_MAX >= 4627u)
#define CURVES          3
#define N_KEXES(ml_kem) \
    ((ml_kem) && ROOM_FOR_ML_KEM ? OSSL_KEXES : ROOM_FOR_FFDHE ? OSSL_KEXES - OSSL_KEMS : CURVES)
#define N_SIGNS(ml_dsa)                                      \
    ((ml_dsa) && ROOM_FOR_ML_DSA ? OSSL_SIGNS                \
     : ROOM_FOR_RSA              ? OSSL_SIGNS - OSSL_ML_DSAS \
                                 : CURVES + 1)

#define TABLE(ml_dsa, ml_kem)                                                                   \
    {                                                                                           \
        .abi = CAMSEAL_CRYPTO_ABI, .name = "openssl", .user = &instance, .hashes = ossl_hashes, \
        .n_hashes = sizeof ossl_hashes / sizeof ossl_hashes[0], .aeads = ossl_aeads,            \
        .n_aeads = sizeof ossl_aeads / sizeof ossl_aeads[0], .kexes = ossl_kexes,               \
        .n_kexes = N_KEXES(ml_kem), .signs = ossl_signs, .n_signs = N_SIGNS(ml_dsa),            \
        .random = ossl_random, .chain = ossl_chain,                                             \
    }

static const camseal_crypto tables[2][2] = {
    {TABLE(false, false), TABLE(false, true)},
    {TABLE(true, false), TABLE(true, true)},
};

const camseal_crypto *camseal_openssl(void)
{
    const struct ossl *ossl = ossl_get();
    return &tables[ossl->has_ml_dsa][ossl->has_ml_kem];
}

const char *camseal_openssl_lacks(void)
{
    static const char *const texts[2][2] = {{"ML-DSA, ML-KEM", "ML-DSA"}, {"ML-KEM", ""}};
    const struct ossl *ossl = ossl_get();
    return texts[ossl->has_ml_dsa][ossl->has_ml_kem];
}
