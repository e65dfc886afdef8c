/* Diffie-Hellman on the NIST curves and in the groups of RFC 7919. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <string.h>

#include "kex.h"

#define POINT_MAX (1u + 132u) /* 04 || X || Y of P-521 */

static bool is_curve(const camseal_kex *kex)
{
    return kex->id <= CAMSEAL_KEX_SECP521R1;
}

static bool set_group(EVP_PKEY_CTX *ctx, const camseal_kex *kex)
{
    static const char *const names[] = {NULL,        "P-256",     "P-384",    "P-521",
                                        "ffdhe2048", "ffdhe3072", "ffdhe4096"};
    char group[16];
    (void)OPENSSL_strlcpy(group, names[kex->id], sizeof group);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_PKEY_CTX_set_params(ctx, params) == 1;
}

/* The public value as SPDM carries it; libcrypto writes points with their 04 and pads Y. */
static bool export_public(EVP_PKEY *key, const camseal_kex *kex, uint8_t *out)
{
    uint8_t point[POINT_MAX];
    size_t len = 0;
    if (!is_curve(kex))
        return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, out,
                                               kex->request_bytes, &len) == 1 &&
               len == kex->request_bytes;
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
                                        sizeof point, &len) != 1 ||
        len != 1u + kex->request_bytes || point[0] != 4)
        return false;
    memcpy(out, point + 1, kex->request_bytes);
    return true;
}

EVP_PKEY *ossl_dh_generate(const struct ossl *ossl, const camseal_kex *kex, uint8_t *out)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(ossl->lib, is_curve(kex) ? "EC" : "DH", NULL);
    bool done = ctx && EVP_PKEY_keygen_init(ctx) == 1 && set_group(ctx, kex) &&
                EVP_PKEY_generate(ctx, &key) == 1 && export_public(key, kex, out);
    EVP_PKEY_CTX_free(ctx);
    if (done)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

static bool set_public(EVP_PKEY *peer, const camseal_kex *kex, camseal_span value)
{
    uint8_t point[POINT_MAX] = {4};
    if (!is_curve(kex))
        return EVP_PKEY_set1_encoded_public_key(peer, value.data, value.len) == 1;
    memcpy(point + 1, value.data, value.len);
    return EVP_PKEY_set1_encoded_public_key(peer, point, 1 + value.len) == 1;
}

/* The peer's key in the group of `own`, or NULL when the value is none. The curves have cofactor 1:
 * a point of the curve other than infinity, which 04 || X || Y cannot express, is in the right
 * group. For FFDHE the check is 2 <= Y <= p - 2 (RFC 7919 §5.1). */
static EVP_PKEY *import(const struct ossl *ossl, const camseal_kex *kex, EVP_PKEY *own,
                        camseal_span value)
{
    EVP_PKEY_CTX *check = NULL;
    EVP_PKEY *peer = EVP_PKEY_new();
    bool valid = peer && EVP_PKEY_copy_parameters(peer, own) == 1 && set_public(peer, kex, value) &&
                 (check = EVP_PKEY_CTX_new_from_pkey(ossl->lib, peer, NULL)) != NULL &&
                 EVP_PKEY_public_check_quick(check) == 1;
    EVP_PKEY_CTX_free(check);
    if (valid)
        return peer;
    EVP_PKEY_free(peer);
    return NULL;
}

/* Unpadded, an FFDHE secret would lose its leading zeros, and time would tell how many. */
static bool pad_secret(EVP_PKEY_CTX *ctx, const camseal_kex *kex)
{
    unsigned pad = 1;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint(OSSL_EXCHANGE_PARAM_PAD, &pad),
        OSSL_PARAM_construct_end(),
    };
    return is_curve(kex) || EVP_PKEY_CTX_set_params(ctx, params) == 1;
}

camseal_status ossl_dh_agree(const struct ossl *ossl, const camseal_kex *kex, EVP_PKEY *own,
                             camseal_span peer_value, uint8_t *secret)
{
    size_t len = kex->secret_bytes;
    EVP_PKEY *peer = import(ossl, kex, own, peer_value);
    if (!peer)
        return CAMSEAL_E_FORMAT;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(ossl->lib, own, NULL);
    bool done = ctx && EVP_PKEY_derive_init(ctx) == 1 && pad_secret(ctx, kex) &&
                EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
                EVP_PKEY_derive(ctx, secret, &len) == 1 && len == kex->secret_bytes;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(peer);
    return done ? CAMSEAL_OK : CAMSEAL_E_CRYPTO;
}
