/* Key exchange in the KEM shape of the port: states, entries and the table. dh.c and kem.c compute.
 * A state holds one EVP_PKEY pointer. */
#include "kex.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <string.h>

#define STATE_BYTES ((uint16_t)sizeof(EVP_PKEY *))

static bool is_kem(const camseal_kex *kex)
{
    return kex->id >= CAMSEAL_KEX_ML_KEM_512;
}

static EVP_PKEY *load(const camseal_kex_state *state)
{
    EVP_PKEY *key;
    memcpy(&key, state->opaque, sizeof key);
    return key;
}

static void store(camseal_kex_state *state, EVP_PKEY *key)
{
    memcpy(state->opaque, &key, sizeof key);
}

static void drop(void *user, camseal_kex_state *state)
{
    (void)user;
    EVP_PKEY_free(load(state));
    store(state, NULL);
}

static camseal_status start(const struct ossl *ossl, const camseal_kex *kex,
                            camseal_kex_state *state, uint8_t *request)
{
    EVP_PKEY *key = NULL;
    if (ossl->lib)
        key = is_kem(kex) ? ossl_kem_generate(ossl, kex, request)
                          : ossl_dh_generate(ossl, kex, request);
    store(state, key);
    if (key)
        return CAMSEAL_OK;
    memset(request, 0, kex->request_bytes);
    return ossl_fail(CAMSEAL_E_CRYPTO);
}

static camseal_status respond_dh(const struct ossl *ossl, const camseal_kex *kex,
                                 camseal_span request, uint8_t *response, uint8_t *secret)
{
    EVP_PKEY *own = ossl_dh_generate(ossl, kex, response);
    camseal_status status = CAMSEAL_E_CRYPTO;
    if (own)
        status = ossl_dh_agree(ossl, kex, own, request, secret);
    EVP_PKEY_free(own);
    return status;
}

static camseal_status respond(const struct ossl *ossl, const camseal_kex *kex, camseal_span request,
                              uint8_t *response, uint8_t *secret)
{
    camseal_status status = CAMSEAL_E_CRYPTO;
    if (request.len != kex->request_bytes)
        status = CAMSEAL_E_FORMAT;
    else if (ossl->lib)
        status = is_kem(kex) ? ossl_kem_encapsulate(ossl, kex, request, response, secret)
                             : respond_dh(ossl, kex, request, response, secret);
    if (status == CAMSEAL_OK)
        return CAMSEAL_OK;
    memset(response, 0, kex->response_bytes);
    OPENSSL_cleanse(secret, kex->secret_bytes);
    return ossl_fail(status);
}

static camseal_status finish(const struct ossl *ossl, const camseal_kex *kex,
                             camseal_kex_state *state, camseal_span response, uint8_t *secret)
{
    EVP_PKEY *own = load(state);
    camseal_status status = CAMSEAL_E_STATE;
    if (own && response.len != kex->response_bytes)
        status = CAMSEAL_E_FORMAT;
    else if (own)
        status = is_kem(kex) ? ossl_kem_decapsulate(ossl, kex, own, response, secret)
                             : ossl_dh_agree(ossl, kex, own, response, secret);
    if (status == CAMSEAL_OK)
        return CAMSEAL_OK;
    OPENSSL_cleanse(secret, kex->secret_bytes);
    return ossl_fail(status);
}

#define ENTRIES(name, index)                                                                   \
    static camseal_status start_##name(void *user, camseal_kex_state *state, uint8_t *request) \
    {                                                                                          \
        return start(user, &ossl_kexes[index], state, request);                                \
    }                                                                                          \
    static camseal_status respond_##name(void *user, camseal_span request, uint8_t *response,  \
                                         uint8_t *secret)                                      \
    {                                                                                          \
        return respond(user, &ossl_kexes[index], request, response, secret);                   \
    }                                                                                          \
    static camseal_status finish_##name(void *user, camseal_kex_state *state,                  \
                                        camseal_span response, uint8_t *secret)                \
    {                                                                                          \
        return finish(user, &ossl_kexes[index], state, response, secret);                      \
    }

/* Those that libcrypto may lack come last: the tables of provider.c cut them off. */
#define ROW(id, text, name, request, response, secret)                                  \
    {                                                                                   \
        id, text, request, response, secret, STATE_BYTES, start_##name, respond_##name, \
            finish_##name, drop                                                         \
    }

ENTRIES(p256, 0)
ENTRIES(p384, 1)
ENTRIES(p521, 2)
ENTRIES(ffdhe2048, 3)
ENTRIES(ffdhe3072, 4)
ENTRIES(ffdhe4096, 5)
ENTRIES(mlkem512, 6)
ENTRIES(mlkem768, 7)
ENTRIES(mlkem1024, 8)

const camseal_kex ossl_kexes[OSSL_KEXES] = {
    ROW(CAMSEAL_KEX_SECP256R1, "secp256r1", p256, 64, 64, 32),
    ROW(CAMSEAL_KEX_SECP384R1, "secp384r1", p384, 96, 96, 48),
    ROW(CAMSEAL_KEX_SECP521R1, "secp521r1", p521, 132, 132, 66),
    ROW(CAMSEAL_KEX_FFDHE2048, "ffdhe2048", ffdhe2048, 256, 256, 256),
    ROW(CAMSEAL_KEX_FFDHE3072, "ffdhe3072", ffdhe3072, 384, 384, 384),
    ROW(CAMSEAL_KEX_FFDHE4096, "ffdhe4096", ffdhe4096, 512, 512, 512),
    ROW(CAMSEAL_KEX_ML_KEM_512, "ML-KEM-512", mlkem512, 800, 768, 32),
    ROW(CAMSEAL_KEX_ML_KEM_768, "ML-KEM-768", mlkem768, 1184, 1088, 32),
    ROW(CAMSEAL_KEX_ML_KEM_1024, "ML-KEM-1024", mlkem1024, 1568, 1568, 32),
};
