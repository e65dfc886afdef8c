#include "test_pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "pki_cert.h"
#include "test_rsa_keys.h"

#define END_OF_EXPIRED    INT64_C(1748736000) /* 2025-06-01 */
#define BEGIN_OF_TOO_SOON INT64_C(2208988800) /* 2040-01-01 */
#define ROOM              8192u

static const char *const names[] = {"P-256", "P-384", "P-521", "ED25519"};

struct parts {
    EVP_PKEY *root_key, *inter_key, *leaf_key, *other_key;
    X509 *root, *other_root, *inter, *leaf;
};

static void must(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "test_pki: %s failed\n", what);
    abort();
}

static X509 *make_root(EVP_PKEY *key, unsigned flags)
{
    const struct pki_cert cert = {
        .common_name = "test root",
        .key = key,
        .not_before = TEST_PKI_NOT_BEFORE,
        .not_after = TEST_PKI_NOT_AFTER,
        .basic_constraints =
            flags & TEST_PKI_PATH_TOO_LONG ? "critical,CA:TRUE,pathlen:0" : "critical,CA:TRUE",
        .key_usage = "critical,keyCertSign",
    };
    return pki_cert_make(&cert);
}

static X509 *make_inter(const struct parts *p, unsigned flags)
{
    const struct pki_cert cert = {
        .common_name = "test intermediate",
        .key = p->inter_key,
        .issuer = p->root,
        .issuer_key = p->root_key,
        .not_before = TEST_PKI_NOT_BEFORE,
        .not_after = flags & TEST_PKI_INTER_EXPIRED ? END_OF_EXPIRED : TEST_PKI_NOT_AFTER,
        .basic_constraints =
            flags & TEST_PKI_INTER_NOT_CA ? "critical,CA:FALSE" : "critical,CA:TRUE,pathlen:0",
        .key_usage = "critical,keyCertSign",
    };
    return pki_cert_make(&cert);
}

static const char *leaf_key_usage(unsigned flags)
{
    if (flags & TEST_PKI_NO_KEY_USAGE)
        return NULL;
    return flags & TEST_PKI_WRONG_KEY_USAGE ? "critical,keyAgreement" : "critical,digitalSignature";
}

static const char *leaf_eku(unsigned flags)
{
    if (flags & TEST_PKI_NO_EKU)
        return NULL;
    int requester = (flags & TEST_PKI_REQUESTER) != 0;
    int wrong = (flags & TEST_PKI_WRONG_EKU) != 0;
    return requester != wrong ? PKI_OID_REQUESTER_AUTH : PKI_OID_RESPONDER_AUTH;
}

static const char *leaf_constraints(unsigned flags)
{
    if (flags & TEST_PKI_NO_CONSTRAINTS)
        return NULL;
    return flags & TEST_PKI_CA_LEAF ? "critical,CA:TRUE" : "critical,CA:FALSE";
}

static X509 *make_leaf(const struct parts *p, unsigned flags)
{
    const struct pki_cert cert = {
        .common_name = "test device",
        .key = p->leaf_key,
        .issuer = p->inter,
        .issuer_key = p->inter_key,
        .not_before = flags & TEST_PKI_NOT_YET_VALID ? BEGIN_OF_TOO_SOON : TEST_PKI_NOT_BEFORE,
        .not_after = flags & TEST_PKI_EXPIRED ? END_OF_EXPIRED : TEST_PKI_NOT_AFTER,
        .basic_constraints = leaf_constraints(flags),
        .key_usage = leaf_key_usage(flags),
        .extended_key_usage = leaf_eku(flags),
        .device_info = "camseal:test sensor:0001",
        .spdm = {flags & TEST_PKI_MUTABLE ? PKI_OID_MUTABLE : PKI_OID_HARDWARE_IDENTITY},
    };
    return pki_cert_make(&cert);
}

static EVP_PKEY *stored_rsa_key(size_t i)
{
    uint8_t der[TEST_RSA_KEY_MAX];
    const unsigned char *at = der;
    size_t n = 0;
    for (const char *hex = test_rsa_keys[i]; *hex; hex += 2) {
        unsigned value = 0;
        must(sscanf(hex, "%2x", &value) == 1 && n < sizeof der, "reading a stored key");
        der[n++] = (uint8_t)value;
    }
    return d2i_AutoPrivateKey(NULL, &at, (long)n);
}

static void make_keys(struct parts *p, enum test_pki_alg alg)
{
    enum { ROOT, INTER, LEAF, OTHER, KEYS };
    static const size_t stored[KEYS] = {[ROOT] = 0, [INTER] = 0, [LEAF] = 1, [OTHER] = 2};
    EVP_PKEY *keys[KEYS];
    for (size_t i = 0; i < KEYS; i++)
        keys[i] = alg == TEST_PKI_RSA3072 ? stored_rsa_key(stored[i]) : pki_key_make(names[alg]);
    p->root_key = keys[ROOT];
    p->inter_key = keys[INTER];
    p->leaf_key = keys[LEAF];
    p->other_key = keys[OTHER];
}

static void make_parts(struct parts *p, enum test_pki_alg alg, unsigned flags)
{
    make_keys(p, alg);
    must(p->root_key && p->inter_key && p->leaf_key && p->other_key, "key generation");
    p->root = make_root(p->root_key, flags);
    p->other_root = make_root(p->other_key, flags);
    p->inter = make_inter(p, flags);
    must(p->root && p->other_root && p->inter, "a CA certificate");
    p->leaf = make_leaf(p, flags);
    must(p->leaf != NULL, "the leaf");
}

static void free_parts(struct parts *p)
{
    EVP_PKEY_free(p->root_key);
    EVP_PKEY_free(p->inter_key);
    EVP_PKEY_free(p->leaf_key);
    EVP_PKEY_free(p->other_key);
    X509_free(p->root);
    X509_free(p->other_root);
    X509_free(p->inter);
    X509_free(p->leaf);
}

static camseal_span put(uint8_t **at, X509 *cert)
{
    uint8_t *start = *at;
    int len = i2d_X509(cert, at);
    must(len > 0, "i2d_X509");
    return camseal_span_of(start, (size_t)len);
}

static void lay_out(struct test_pki *pki, const struct parts *p, unsigned flags)
{
    uint8_t *at = pki->memory;
    pki->root = put(&at, flags & TEST_PKI_OTHER_ROOT ? p->other_root : p->root);
    uint8_t *start = at;
    if (!(flags & TEST_PKI_WITHOUT_ROOT))
        (void)put(&at, p->root);
    pki->inter = put(&at, p->inter);
    pki->leaf = put(&at, p->leaf);
    pki->chain = camseal_span_of(start, (size_t)(at - start));
}

static void flip(struct test_pki *pki, const uint8_t *where, size_t offset)
{
    pki->memory[(size_t)(where - pki->memory) + offset] ^= 1;
}

static size_t find(camseal_span in, const void *text, size_t n)
{
    for (size_t i = 0; i + n <= in.len; i++) {
        if (memcmp(in.data + i, text, n) == 0)
            return i;
    }
    must(0, "finding the byte to change");
    return 0;
}

static void damage(struct test_pki *pki, const struct parts *p, unsigned flags)
{
    if (flags & TEST_PKI_BROKEN_SIGNATURE)
        flip(pki, pki->leaf.data, pki->leaf.len - 1);
    if (flags & TEST_PKI_TAMPERED)
        flip(pki, pki->leaf.data, find(pki->leaf, "test device", 11));
    if (flags & TEST_PKI_TAMPERED_INTER) {
        const ASN1_INTEGER *serial = X509_get0_serialNumber(p->inter);
        flip(pki, pki->inter.data,
             find(pki->inter, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)));
    }
}

static void load_key(struct test_pki *pki, EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PrivateKey(key, &der);
    must(len > 0, "i2d_PrivateKey");
    camseal_status status =
        camseal_openssl_key_load(&pki->key, &pki->sign, camseal_span_of(der, (size_t)len));
    must(status == CAMSEAL_OK, "loading the leaf's key");
    OPENSSL_clear_free(der, (size_t)len);
}

static void compute_pin(struct test_pki *pki, EVP_PKEY *leaf_key)
{
    unsigned char *spki = NULL;
    int len = i2d_PUBKEY(leaf_key, &spki);
    must(len > 0 && EVP_Digest(spki, (size_t)len, pki->pin, NULL, EVP_sha256(), NULL) == 1, "pin");
    OPENSSL_free(spki);
}

void test_pki_make(struct test_pki *pki, enum test_pki_alg alg, unsigned flags)
{
    static const camseal_hash_id hashes[] = {CAMSEAL_HASH_SHA256, CAMSEAL_HASH_SHA384,
                                             CAMSEAL_HASH_SHA512, CAMSEAL_HASH_SHA512,
                                             CAMSEAL_HASH_SHA256};
    struct parts parts;
    memset(pki, 0, sizeof *pki);
    make_parts(&parts, alg, flags);
    pki->memory = malloc(ROOM);
    must(pki->memory != NULL, "malloc");
    lay_out(pki, &parts, flags);
    damage(pki, &parts, flags);
    load_key(pki, flags & TEST_PKI_OTHER_KEY ? parts.other_key : parts.leaf_key);
    compute_pin(pki, parts.leaf_key);
    pki->hash = hashes[alg];
    free_parts(&parts);
}

void test_pki_free(struct test_pki *pki)
{
    camseal_openssl_key_free(&pki->key);
    free(pki->memory);
    memset(pki, 0, sizeof *pki);
}
