/* Certificate chain blobs: one's own in every cut, and the rules that a peer's must keep, one by
 * one. */
#include "test.h"

#include "spdm/cert.h"
#include "spdm/transcript.h"
#include "spdm_toy.h"

static const camseal_crypto *crypto;
static const camseal_hash *sha256;

static void every_portion(void **state)
{
    (void)state;
    spdm_own_chain chain;
    uint8_t whole[256], part[256];
    assert_status(
        camseal_spdm_own_chain(&chain, crypto, sha256, camseal_span_of(toy_certificate, 64)),
        CAMSEAL_OK);
    assert_int_equal(chain.total, 4 + 32 + 64);
    camseal_writer w = camseal_writer_of(whole, sizeof whole);
    camseal_spdm_own_chain_portion(&w, &chain, 0, chain.total);
    assert_memory_equal(whole, "\x64\0\0\0", 4);
    assert_memory_equal(whole + 36, toy_certificate, 64);
    uint8_t digest[64];
    (void)!camseal_spdm_hash_of(crypto, sha256, camseal_span_of(toy_certificate, 64), digest);
    assert_memory_equal(whole + 4, digest, 32);
    (void)!camseal_spdm_hash_of(crypto, sha256, camseal_span_of(whole, 100), digest);
    assert_memory_equal(chain.digest, digest, 32);
    for (size_t at = 0; at < 100; at++) {
        for (size_t n = 0; n <= 100 - at; n++) {
            w = camseal_writer_of(part, n);
            camseal_spdm_own_chain_portion(&w, &chain, at, n);
            assert_status(camseal_writer_end(&w), CAMSEAL_OK);
            assert_int_equal(w.len, n);
            assert_memory_equal(part, whole + at, n);
        }
    }
}

static void own_chains_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        camseal_status expected;
    } rows[] = {
        {"30020000", CAMSEAL_OK},       {"3000", CAMSEAL_OK},
        {"30020000ff", CAMSEAL_OK},     {"308102aabb", CAMSEAL_OK},
        {"30820002aabb", CAMSEAL_OK},   {"", CAMSEAL_E_TRUNCATED},
        {"30", CAMSEAL_E_TRUNCATED},    {"30030000", CAMSEAL_E_TRUNCATED},
        {"3081", CAMSEAL_E_TRUNCATED},  {"3082ffff", CAMSEAL_E_TRUNCATED},
        {"3080", CAMSEAL_E_FORMAT},     {"3083000001aa", CAMSEAL_E_FORMAT},
        {"31020000", CAMSEAL_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[16];
        spdm_own_chain chain;
        size_t n = test_hex(bytes, sizeof bytes, rows[i].hex);
        assert_status(camseal_spdm_own_chain(&chain, crypto, sha256, camseal_span_of(bytes, n)),
                      rows[i].expected);
    }
    static uint8_t big[1024 * 1024 + 1] = {0x30, 0x02};
    spdm_own_chain chain;
    assert_status(
        camseal_spdm_own_chain(&chain, crypto, sha256, camseal_span_of(big, sizeof big - 1)),
        CAMSEAL_OK);
    assert_status(camseal_spdm_own_chain(&chain, crypto, sha256, camseal_span_of(big, sizeof big)),
                  CAMSEAL_E_FORMAT);
}

/* ---- a peer's chain ------------------------------------------------------------------------- */

static camseal_crypto fake;
static uint32_t flags;
static camseal_sign_id key;
static const uint8_t cert[] = {0x30, 2, 7, 7};
static const uint8_t spki[] = {0x30, 1, 9};
static const uint8_t anchor_der[] = {0x30, 1, 5};

static camseal_status fake_chain(void *user, camseal_chain_job *job)
{
    (void)user;
    job->first = job->leaf = job->chain;
    job->leaf_spki = camseal_span_of(spki, sizeof spki);
    job->anchor = 0;
    job->leaf_flags = flags;
    job->leaf_key = key;
    job->certificates = 1;
    return CAMSEAL_OK;
}

enum {
    GOOD = CAMSEAL_CHAIN_X509_V3 | CAMSEAL_CHAIN_HAS_KEY_USAGE | CAMSEAL_CHAIN_DIGITAL_SIGNATURE
};
enum root { FIRST, ANCHOR, OTHER };

static camseal_status check(uint8_t version, bool alias, enum root root, spdm_cert_result *out)
{
    uint8_t blob[4 + 32 + sizeof cert] = {sizeof blob};
    const camseal_span anchor = camseal_span_of(anchor_der, sizeof anchor_der);
    camseal_chain_job job = {.n_anchors = 0};
    const spdm_cert_rules rules = {.crypto = &fake,
                                   .hash = sha256,
                                   .sign = CAMSEAL_SIGN_ECDSA_P256,
                                   .version = version,
                                   .alias = alias,
                                   .anchors = &anchor,
                                   .n_anchors = 1};
    memcpy(blob + 36, cert, sizeof cert);
    camseal_span named = root == FIRST    ? camseal_span_of(cert, sizeof cert)
                         : root == ANCHOR ? anchor
                                          : camseal_span_of(spki, sizeof spki);
    (void)!camseal_spdm_hash_of(crypto, sha256, named, blob + 4);
    return camseal_spdm_cert_check(&rules, camseal_span_of(blob, sizeof blob), &job, out);
}

static void leaf_rules(void **state)
{
    (void)state;
    static const struct {
        uint8_t version;
        bool alias;
        uint32_t flags;
        camseal_sign_id key;
        bool good;
        const char *detail;
    } rows[] = {
        {0x12, false, GOOD, CAMSEAL_SIGN_ECDSA_P256, true, NULL},
        {0x12, false, GOOD, CAMSEAL_SIGN_ECDSA_P384, false, "algorithm"},
        {0x12, false, GOOD, CAMSEAL_SIGN_NONE, false, "algorithm"},
        {0x12, false, GOOD & ~CAMSEAL_CHAIN_X509_V3, CAMSEAL_SIGN_ECDSA_P256, false, "v3"},
        {0x12, false, GOOD & ~CAMSEAL_CHAIN_HAS_KEY_USAGE, CAMSEAL_SIGN_ECDSA_P256, false, "usage"},
        {0x12, false, GOOD & ~CAMSEAL_CHAIN_DIGITAL_SIGNATURE, CAMSEAL_SIGN_ECDSA_P256, false,
         "usage"},
        {0x12, false, GOOD | CAMSEAL_CHAIN_HAS_EKU, CAMSEAL_SIGN_ECDSA_P256, true, NULL},
        {0x12, false, GOOD | CAMSEAL_CHAIN_EKU_RESPONDER, CAMSEAL_SIGN_ECDSA_P256, true, NULL},
        {0x12, false, GOOD | CAMSEAL_CHAIN_EKU_REQUESTER, CAMSEAL_SIGN_ECDSA_P256, false,
         "requesters"},
        {0x12, false, GOOD | CAMSEAL_CHAIN_EKU_REQUESTER | CAMSEAL_CHAIN_EKU_RESPONDER,
         CAMSEAL_SIGN_ECDSA_P256, true, NULL},
        {0x12, false, GOOD | CAMSEAL_CHAIN_CA, CAMSEAL_SIGN_ECDSA_P256, false, "CA"},
        {0x13, false, GOOD, CAMSEAL_SIGN_ECDSA_P256, false, "basic constraints"},
        {0x13, false, GOOD | CAMSEAL_CHAIN_HAS_BASIC_CONSTRAINTS, CAMSEAL_SIGN_ECDSA_P256, true,
         NULL},
        {0x12, false, GOOD | CAMSEAL_CHAIN_HARDWARE_IDENTITY, CAMSEAL_SIGN_ECDSA_P256, true, NULL},
        {0x12, true, GOOD | CAMSEAL_CHAIN_HARDWARE_IDENTITY, CAMSEAL_SIGN_ECDSA_P256, false,
         "alias"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        spdm_cert_result out;
        flags = rows[i].flags;
        key = rows[i].key;
        assert_status(check(rows[i].version, rows[i].alias, FIRST, &out),
                      rows[i].good ? CAMSEAL_OK : CAMSEAL_E_CERTIFICATE);
        if (rows[i].detail)
            assert_non_null(strstr(out.detail, rows[i].detail));
    }
}

static void root_hash(void **state)
{
    (void)state;
    spdm_cert_result out;
    flags = GOOD;
    key = CAMSEAL_SIGN_ECDSA_P256;
    assert_status(check(0x12, false, FIRST, &out), CAMSEAL_OK);
    assert_status(check(0x12, false, ANCHOR, &out), CAMSEAL_OK);
    assert_status(check(0x12, false, OTHER, &out), CAMSEAL_E_CERTIFICATE);
    assert_non_null(strstr(out.detail, "RootHash"));
}

static void length_of_a_blob(void **state)
{
    (void)state;
    uint8_t blob[64] = {0};
    camseal_span certificates;
    for (size_t n = 0; n < sizeof blob; n++) {
        for (size_t said = 0; said < 66; said++) {
            blob[0] = (uint8_t)said;
            camseal_status status =
                camseal_spdm_blob_certificates(camseal_span_of(blob, n), 32, &certificates);
            if (n < 36)
                assert_status(status, CAMSEAL_E_TRUNCATED);
            else
                assert_status(status, n == said && n > 36 ? CAMSEAL_OK : CAMSEAL_E_FORMAT);
        }
    }
    blob[0] = 40;
    blob[2] = 1; /* the upper half counts: 1.4, and reserved before */
    assert_status(camseal_spdm_blob_certificates(camseal_span_of(blob, 40), 32, &certificates),
                  CAMSEAL_E_FORMAT);
}

int main(void)
{
    crypto = toy_crypto(1);
    sha256 = camseal_crypto_hash(crypto, CAMSEAL_HASH_SHA256);
    fake = *crypto;
    fake.chain = fake_chain;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_portion),    cmocka_unit_test(own_chains_that_are_none),
        cmocka_unit_test(leaf_rules),       cmocka_unit_test(root_hash),
        cmocka_unit_test(length_of_a_blob),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
