/* ECDH on the NIST curves in the KEM shape of the port. A state holds one EVP_PKEY pointer. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <string.h>

#include "ossl.h"

#define STATE_BYTES ((uint16_t)sizeof(EVP_PKEY *))
#define POINT_MAX   (1 + CAMSEAL_KEX_PUBLIC_MAX) /* 04 || X || Y */

static const char *group_of(const camseal_kex *kex)
{
    static const char *const names[] = {NULL, "P-256", "P-384", "P-521"};
    return names[kex->id];
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

/* A fresh key pair, and its public value as X || Y. */
static EVP_PKEY *generate(const struct ossl *ossl, const camseal_kex *kex, uint8_t *xy)
{
    uint8_t point[POINT_MAX];
    size_t len = 0;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(ossl->lib, NULL, "EC", group_of(kex));
    if (key &&
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
                                        sizeof point, &len) == 1 &&
        len == 1u + kex->request_bytes && point[0] == 4) {
        memcpy(xy, point + 1, kex->request_bytes);
        return key;
    }
    EVP_PKEY_free(key);
    return NULL;
}

/* The peer's point, or NULL when it is not one of the curve. The curves have cofactor 1: a point of
 * the curve other than infinity, which 04 || X || Y cannot express, is in the right group. */
static EVP_PKEY *import(const struct ossl *ossl, const camseal_kex *kex, camseal_span xy)
{
    uint8_t point[POINT_MAX] = {4};
    char group[8];
    if (xy.len != kex->request_bytes)
        return NULL;
    memcpy(point + 1, xy.data, xy.len);
    (void)OPENSSL_strlcpy(group, group_of(kex), sizeof group);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + xy.len),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(ossl->lib, "EC", NULL);
    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static bool public_is_valid(const struct ossl *ossl, EVP_PKEY *peer)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(ossl->lib, peer, NULL);
    bool valid = ctx && EVP_PKEY_public_check_quick(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    return valid;
}

static camseal_status derive(const struct ossl *ossl, const camseal_kex *kex, EVP_PKEY *own,
                             EVP_PKEY *peer, uint8_t *secret)
{
    size_t len = kex->secret_bytes;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(ossl->lib, own, NULL);
    bool done = ctx && EVP_PKEY_derive_init(ctx) == 1 &&
                EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
                EVP_PKEY_derive(ctx, secret, &len) == 1 && len == kex->secret_bytes;
    EVP_PKEY_CTX_free(ctx);
    if (done)
        return CAMSEAL_OK;
    OPENSSL_cleanse(secret, kex->secret_bytes);
    return ossl_fail(CAMSEAL_E_CRYPTO);
}

/* secret = own key times the peer's point. */
static camseal_status agree(const struct ossl *ossl, const camseal_kex *kex, EVP_PKEY *own,
                            camseal_span peer_xy, uint8_t *secret)
{
    EVP_PKEY *peer = import(ossl, kex, peer_xy);
    camseal_status status = CAMSEAL_E_FORMAT;
    if (peer && public_is_valid(ossl, peer))
        status = derive(ossl, kex, own, peer, secret);
    EVP_PKEY_free(peer);
    if (status == CAMSEAL_OK)
        return CAMSEAL_OK;
    memset(secret, 0, kex->secret_bytes);
    return ossl_fail(status);
}

static camseal_status start(const struct ossl *ossl, const camseal_kex *kex,
                            camseal_kex_state *state, uint8_t *request)
{
    store(state, NULL);
    EVP_PKEY *key = ossl->lib ? generate(ossl, kex, request) : NULL;
    if (!key) {
        memset(request, 0, kex->request_bytes);
        return ossl_fail(CAMSEAL_E_CRYPTO);
    }
    store(state, key);
    return CAMSEAL_OK;
}

static camseal_status respond(const struct ossl *ossl, const camseal_kex *kex, camseal_span request,
                              uint8_t *response, uint8_t *secret)
{
    EVP_PKEY *own = ossl->lib ? generate(ossl, kex, response) : NULL;
    camseal_status status = CAMSEAL_E_CRYPTO;
    if (own)
        status = agree(ossl, kex, own, request, secret);
    EVP_PKEY_free(own);
    if (status == CAMSEAL_OK)
        return CAMSEAL_OK;
    memset(response, 0, kex->response_bytes);
    memset(secret, 0, kex->secret_bytes);
    return ossl_fail(status);
}

static camseal_status finish(const struct ossl *ossl, const camseal_kex *kex,
                             camseal_kex_state *state, camseal_span response, uint8_t *secret)
{
    EVP_PKEY *own = load(state);
    if (!own) {
        memset(secret, 0, kex->secret_bytes);
        return CAMSEAL_E_STATE;
    }
    return agree(ossl, kex, own, response, secret);
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

ENTRIES(p256, 0)
ENTRIES(p384, 1)
ENTRIES(p521, 2)

const camseal_kex ossl_kexes[3] = {
    {CAMSEAL_KEX_SECP256R1, "secp256r1", 64, 64, 32, STATE_BYTES, start_p256, respond_p256,
     finish_p256, drop},
    {CAMSEAL_KEX_SECP384R1, "secp384r1", 96, 96, 48, STATE_BYTES, start_p384, respond_p384,
     finish_p384, drop},
    {CAMSEAL_KEX_SECP521R1, "secp521r1", 132, 132, 66, STATE_BYTES, start_p521, respond_p521,
     finish_p521, drop},
};
