/* Throw-away identities for tests: a three-step chain with the SPDM object identifiers, made in
 * memory, and the same chain with one thing wrong. Link with LIBS test_pki. */
#ifndef CAMSEAL_TESTS_TEST_PKI_H
#define CAMSEAL_TESTS_TEST_PKI_H

#include "camseal/openssl.h"

/* Valid chains are valid from 2025-01-01 to 2045-01-01; tests that look at time say it is this. */
#define TEST_PKI_NOW        INT64_C(1767225600) /* 2026-01-01 */
#define TEST_PKI_NOT_BEFORE INT64_C(1735689600) /* 2025-01-01 */
#define TEST_PKI_NOT_AFTER  INT64_C(2366841600) /* 2045-01-01 */

/* RSA keys are stored ones: root and intermediate share one, and all chains have the same. */
enum test_pki_alg {
    TEST_PKI_P256,
    TEST_PKI_P384,
    TEST_PKI_P521,
    TEST_PKI_ED25519,
    TEST_PKI_RSA3072
};

enum test_pki_flags {
    TEST_PKI_GOOD = 0,
    TEST_PKI_REQUESTER = 1u << 0,     /* leaf of a requester; default: responder               */
    TEST_PKI_EXPIRED = 1u << 1,       /* leaf ended 2025-06-01                                 */
    TEST_PKI_NOT_YET_VALID = 1u << 2, /* leaf begins 2040-01-01                                */
    TEST_PKI_WRONG_EKU = 1u << 3,     /* leaf has only the other role's EKU                    */
    TEST_PKI_NO_EKU = 1u << 4,        /* legal                                                 */
    TEST_PKI_CA_LEAF = 1u << 5,       /* leaf says CA:TRUE                                     */
    TEST_PKI_NO_KEY_USAGE = 1u << 6,
    TEST_PKI_WRONG_KEY_USAGE = 1u << 7, /* keyAgreement only                                     */
    TEST_PKI_NO_CONSTRAINTS = 1u << 8,  /* no basicConstraints in the leaf                       */
    TEST_PKI_OTHER_ROOT = 1u << 9,      /* `root` is another root of the same name               */
    TEST_PKI_BROKEN_SIGNATURE = 1u << 10, /* last byte of the leaf's signature flipped */
    TEST_PKI_TAMPERED = 1u << 11,       /* one letter of the leaf's subject changed              */
    TEST_PKI_TAMPERED_INTER = 1u << 12, /* one bit of the intermediate's serial changed */
    TEST_PKI_WITHOUT_ROOT = 1u << 13,   /* legal: chain is inter, leaf                           */
    TEST_PKI_MUTABLE = 1u << 14,        /* leaf says mutable instead of hardware-identity        */
    TEST_PKI_INTER_NOT_CA = 1u << 15,   /* intermediate says CA:FALSE                            */
    TEST_PKI_INTER_EXPIRED = 1u << 16,
    TEST_PKI_PATH_TOO_LONG = 1u << 17, /* root allows no intermediate                           */
    TEST_PKI_OTHER_KEY = 1u << 18      /* `key` is not the leaf's                               */
};

struct test_pki {
    camseal_span root;   /* DER: what the other side takes as trust anchor                        */
    camseal_span chain;  /* DER: root, inter, leaf concatenated (no SPDM header)                  */
    camseal_span inter;  /* within `chain`                                                        */
    camseal_span leaf;   /* within `chain`                                                        */
    camseal_key_ref key; /* the leaf's private key                                                */
    camseal_sign_id sign; /* what it can sign: camseal_sign_fits_key */
    camseal_hash_id hash; /* the base hash that goes with it: SHA-256, -384 or -512 */
    uint8_t pin[32]; /* SHA-256 of the leaf's SubjectPublicKeyInfo                            */
    uint8_t *memory; /* the test's own: holds `root` and `chain`                              */
};

/* Stops the whole program when libcrypto fails: a test cannot go on without. */
void test_pki_make(struct test_pki *pki, enum test_pki_alg alg, unsigned flags);
void test_pki_free(struct test_pki *pki);

#endif
