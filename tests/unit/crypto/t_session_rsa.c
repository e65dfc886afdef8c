/* RSASSA and RSA-PSS by the OpenSSL provider. Judges: EMSA-PKCS1-v1_5 and EMSA-PSS (RFC 8017) built
 * by the test with bare exponentiation and hashes, and signatures that libcrypto makes for the
 * test. */
#include "test.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "camseal/openssl.h"
#include "rsa_4096.h"
#include "test_rsa_keys.h"

#define RSA_MAX  512u
#define SPKI_MAX 600u

static const uint8_t message[] = "prefix || transcript hash";
static const camseal_span text = {message, sizeof message};
static const char *const digests[] = {NULL, "SHA256", "SHA384", "SHA512"};

struct identity {
    EVP_PKEY *pkey;
    camseal_key_ref key;
    camseal_sign_id kind;
    uint8_t spki[SPKI_MAX];
    size_t spki_len;
};

/* One of each size, in the order of the ids; made once. */
static struct identity who[3];
static const size_t bits[3] = {2048, 3072, 4096};

static EVP_PKEY *stored_key(size_t i)
{
    uint8_t der[TEST_RSA_KEY_MAX];
    const unsigned char *at = der;
    return d2i_AutoPrivateKey(NULL, &at, (long)test_hex(der, sizeof der, test_rsa_keys[i]));
}

static EVP_PKEY *big_key(void)
{
    uint8_t der[TEST_RSA_KEY_MAX];
    const unsigned char *at = der;
    size_t len = test_hex(der, sizeof der, rsa_4096[0]);
    len += test_hex(der + len, sizeof der - len, rsa_4096[1]);
    return d2i_AutoPrivateKey(NULL, &at, (long)len);
}

/* Takes the key over. */
static camseal_status adopt(struct identity *id, EVP_PKEY *key)
{
    unsigned char *der = NULL, *at = id->spki;
    id->pkey = key;
    assert_non_null(key);
    int len = i2d_PrivateKey(key, &der);
    assert_true(len > 0 && i2d_PUBKEY(key, NULL) <= (int)SPKI_MAX);
    id->spki_len = (size_t)i2d_PUBKEY(key, &at);
    camseal_status status =
        camseal_openssl_key_load(&id->key, &id->kind, camseal_span_of(der, (size_t)len));
    OPENSSL_free(der);
    return status;
}

static void drop(struct identity *id)
{
    camseal_openssl_key_free(&id->key);
    EVP_PKEY_free(id->pkey);
}

static int make_keys(void **state)
{
    (void)state;
    EVP_PKEY *const keys[] = {EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits[0]), stored_key(0),
                              big_key()};
    for (size_t i = 0; i < 3; i++) {
        assert_status(adopt(&who[i], keys[i]), CAMSEAL_OK);
        assert_int_equal(who[i].kind, CAMSEAL_SIGN_RSASSA_2048 + i);
    }
    return 0;
}

static int drop_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        drop(&who[i]);
    return 0;
}

static const camseal_sign *scheme(bool pss, size_t size)
{
    camseal_sign_id first = pss ? CAMSEAL_SIGN_RSAPSS_2048 : CAMSEAL_SIGN_RSASSA_2048;
    const camseal_sign *alg =
        camseal_crypto_sign(camseal_openssl(), (camseal_sign_id)((size_t)first + size));
    assert_non_null(alg);
    assert_int_equal(alg->signature_bytes, bits[size] / 8);
    return alg;
}

static camseal_status sign_with(const camseal_sign *alg, const struct identity *id,
                                camseal_hash_id hash, uint8_t *signature)
{
    camseal_sign_job job = {.hash = hash, .key = id->key, .message = text, .signature = signature};
    return alg->sign(camseal_openssl()->user, &job);
}

static camseal_status verify_as(const camseal_sign *alg, const struct identity *id,
                                camseal_hash_id hash, const uint8_t *signature, size_t len)
{
    return alg->verify(camseal_openssl()->user, hash, camseal_span_of(id->spki, id->spki_len), text,
                       camseal_span_of(signature, len));
}

/* ---- RFC 8017 by hand ------------------------------------------------------------------------ */

/* signature^e mod n */
static void open_signature(const struct identity *id, const uint8_t *signature, uint8_t *encoded,
                           size_t n)
{
    BIGNUM *modulus = NULL, *e = NULL, *s = BN_bin2bn(signature, (int)n, NULL);
    BN_CTX *ctx = BN_CTX_new();
    assert_int_equal(EVP_PKEY_get_bn_param(id->pkey, OSSL_PKEY_PARAM_RSA_N, &modulus), 1);
    assert_int_equal(EVP_PKEY_get_bn_param(id->pkey, OSSL_PKEY_PARAM_RSA_E, &e), 1);
    assert_int_equal(BN_mod_exp(s, s, e, modulus, ctx), 1);
    assert_int_equal(BN_bn2binpad(s, encoded, (int)n), n);
    BN_CTX_free(ctx);
    BN_free(s);
    BN_free(e);
    BN_free(modulus);
}

static size_t hash_of(camseal_hash_id hash, const void *data, size_t len, uint8_t *digest)
{
    unsigned n = 0;
    EVP_MD *md = EVP_MD_fetch(NULL, digests[hash], NULL);
    assert_int_equal(EVP_Digest(data, len, digest, &n, md, NULL), 1);
    EVP_MD_free(md);
    return n;
}

/* 00 01 FF .. FF 00 DigestInfo */
static void check_pkcs1(camseal_hash_id hash, const uint8_t *encoded, size_t n)
{
    static const char *const prefixes[] = {NULL, "3031300d060960864801650304020105000420",
                                           "3041300d060960864801650304020205000430",
                                           "3051300d060960864801650304020305000440"};
    uint8_t info[19 + 64], expected[RSA_MAX];
    size_t info_len = test_hex(info, 19, prefixes[hash]);
    info_len += hash_of(hash, text.data, text.len, info + info_len);
    memset(expected, 0xFF, n);
    expected[0] = 0;
    expected[1] = 1;
    expected[n - info_len - 1] = 0;
    memcpy(expected + n - info_len, info, info_len);
    assert_memory_equal(encoded, expected, n);
}

static void mask(camseal_hash_id hash, const uint8_t *seed, size_t h, uint8_t *data, size_t len)
{
    uint8_t input[64 + 4] = {0}, block[64];
    memcpy(input, seed, h);
    for (size_t done = 0; done < len; done += h) {
        input[h + 3] = (uint8_t)(done / h);
        (void)hash_of(hash, input, h + 4, block);
        for (size_t i = 0; i < h && done + i < len; i++)
            data[done + i] ^= block[i];
    }
}

/* maskedDB || H || BC, with DB = 0 .. 0 01 salt and a salt of h bytes. */
static void check_pss(camseal_hash_id hash, uint8_t *encoded, size_t n)
{
    uint8_t again[8 + 64 + 64] = {0}, digest[64];
    size_t h = hash_of(hash, text.data, text.len, again + 8);
    size_t db = n - h - 1;
    assert_int_equal(encoded[n - 1], 0xBC);
    mask(hash, encoded + db, h, encoded, db);
    encoded[0] &= 0x7F; /* emBits is one less than the modulus has */
    for (size_t i = 0; i < db - h - 1; i++)
        assert_int_equal(encoded[i], 0);
    assert_int_equal(encoded[db - h - 1], 1);
    memcpy(again + 8 + h, encoded + db - h, h);
    (void)hash_of(hash, again, 8 + 2 * h, digest);
    assert_memory_equal(digest, encoded + db, h);
}

static void signatures_open_to_what_rfc_8017_says(void **state)
{
    (void)state;
    for (size_t size = 0; size < 3; size++) {
        const size_t n = bits[size] / 8;
        for (camseal_hash_id hash = CAMSEAL_HASH_SHA256; hash <= CAMSEAL_HASH_SHA512; hash++) {
            uint8_t signature[RSA_MAX], encoded[RSA_MAX];
            assert_status(sign_with(scheme(false, size), &who[size], hash, signature), CAMSEAL_OK);
            assert_status(verify_as(scheme(false, size), &who[size], hash, signature, n),
                          CAMSEAL_OK);
            open_signature(&who[size], signature, encoded, n);
            check_pkcs1(hash, encoded, n);
            assert_status(sign_with(scheme(true, size), &who[size], hash, signature), CAMSEAL_OK);
            assert_status(verify_as(scheme(true, size), &who[size], hash, signature, n),
                          CAMSEAL_OK);
            open_signature(&who[size], signature, encoded, n);
            check_pss(hash, encoded, n);
        }
    }
}

/* ---- what libcrypto signs for the test ------------------------------------------------------- */

static void libcrypto_signs(const struct identity *id, int padding, int salt, const char *mgf1,
                            uint8_t *signature)
{
    size_t len = RSA_MAX;
    EVP_PKEY_CTX *ctx;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit_ex(md, &ctx, "SHA384", NULL, NULL, id->pkey, NULL), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
    if (padding == RSA_PKCS1_PSS_PADDING) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, mgf1, NULL), 1);
    }
    assert_int_equal(EVP_DigestSign(md, signature, &len, text.data, text.len), 1);
    EVP_MD_CTX_free(md);
}

static void only_the_exact_scheme_verifies(void **state)
{
    (void)state;
    static const struct {
        int padding, salt;
        const char *mgf1;
        bool pss, valid;
    } cases[] = {
        {RSA_PKCS1_PADDING, 0, NULL, false, true},
        {RSA_PKCS1_PADDING, 0, NULL, true, false},
        {RSA_PKCS1_PSS_PADDING, 48, "SHA384", true, true},
        {RSA_PKCS1_PSS_PADDING, 48, "SHA384", false, false},
        {RSA_PKCS1_PSS_PADDING, 0, "SHA384", true, false},
        {RSA_PKCS1_PSS_PADDING, 32, "SHA384", true, false},
        {RSA_PKCS1_PSS_PADDING, 47, "SHA384", true, false},
        {RSA_PKCS1_PSS_PADDING, 49, "SHA384", true, false},
        {RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_MAX, "SHA384", true, false},
        {RSA_PKCS1_PSS_PADDING, 48, "SHA256", true, false},
    };
    for (size_t size = 0; size < 3; size++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            uint8_t signature[RSA_MAX];
            libcrypto_signs(&who[size], cases[i].padding, cases[i].salt, cases[i].mgf1, signature);
            assert_status(verify_as(scheme(cases[i].pss, size), &who[size], CAMSEAL_HASH_SHA384,
                                    signature, bits[size] / 8),
                          cases[i].valid ? CAMSEAL_OK : CAMSEAL_E_SIGNATURE);
        }
    }
}

static void damaged_signatures_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        const size_t size = i / 2, n = bits[size] / 8;
        const camseal_sign *alg = scheme(i % 2, size);
        uint8_t signature[RSA_MAX + 1] = {0};
        assert_status(sign_with(alg, &who[size], CAMSEAL_HASH_SHA256, signature), CAMSEAL_OK);
        for (size_t byte = 0; byte < n; byte += 7) {
            signature[byte] ^= (uint8_t)(1u << byte % 8);
            assert_status(verify_as(alg, &who[size], CAMSEAL_HASH_SHA256, signature, n),
                          CAMSEAL_E_SIGNATURE);
            signature[byte] ^= (uint8_t)(1u << byte % 8);
        }
        const size_t lengths[] = {0, 1, n - 1, n + 1};
        for (size_t l = 0; l < 4; l++)
            assert_status(verify_as(alg, &who[size], CAMSEAL_HASH_SHA256, signature, lengths[l]),
                          CAMSEAL_E_SIGNATURE);
        assert_status(verify_as(alg, &who[size], CAMSEAL_HASH_SHA512, signature, n),
                      CAMSEAL_E_SIGNATURE);
        assert_status(verify_as(alg, &who[size], CAMSEAL_HASH_NONE, signature, n),
                      CAMSEAL_E_ARGUMENT);
        memset(signature, 0, n);
        assert_status(verify_as(alg, &who[size], CAMSEAL_HASH_SHA256, signature, n),
                      CAMSEAL_E_SIGNATURE);
        memset(signature, 0xFF, n);
        assert_status(verify_as(alg, &who[size], CAMSEAL_HASH_SHA256, signature, n),
                      CAMSEAL_E_SIGNATURE);
    }
}

static void keys_of_other_sizes_are_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[RSA_MAX];
    for (size_t i = 0; i < 6; i++) {
        const size_t size = i / 2, n = bits[size] / 8;
        const camseal_sign *alg = scheme(i % 2, size);
        const struct identity *other = &who[(size + 1) % 3];
        uint8_t signature[RSA_MAX];
        memset(signature, 0xAA, sizeof signature);
        assert_status(sign_with(alg, other, CAMSEAL_HASH_SHA256, signature), CAMSEAL_E_KEY);
        assert_memory_equal(signature, zeros, n);
        assert_status(sign_with(alg, &who[size], CAMSEAL_HASH_SHA256, signature), CAMSEAL_OK);
        assert_status(verify_as(alg, other, CAMSEAL_HASH_SHA256, signature, n), CAMSEAL_E_FORMAT);
    }
    struct identity second;
    uint8_t signature[RSA_MAX];
    assert_status(adopt(&second, stored_key(1)), CAMSEAL_OK);
    assert_status(sign_with(scheme(true, 1), &second, CAMSEAL_HASH_SHA256, signature), CAMSEAL_OK);
    assert_status(verify_as(scheme(true, 1), &who[1], CAMSEAL_HASH_SHA256, signature, 384),
                  CAMSEAL_E_SIGNATURE);
    drop(&second);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static camseal_status load_bio(BIO *bio, camseal_sign_id *kind)
{
    char *bytes = NULL;
    camseal_key_ref key;
    long len = BIO_get_mem_data(bio, &bytes);
    camseal_status status =
        camseal_openssl_key_load(&key, kind, camseal_span_of(bytes, (size_t)len));
    camseal_openssl_key_free(&key);
    BIO_free(bio);
    return status;
}

static void all_four_encodings_are_read(void **state)
{
    (void)state;
    BIO *bios[4];
    for (size_t i = 0; i < 4; i++)
        bios[i] = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bios[0], who[1].pkey, NULL, NULL, 0, NULL, NULL);
    i2d_PKCS8PrivateKey_bio(bios[1], who[1].pkey, NULL, NULL, 0, NULL, NULL);
    PEM_write_bio_PrivateKey_traditional(bios[2], who[1].pkey, NULL, NULL, 0, NULL, NULL);
    i2d_PrivateKey_bio(bios[3], who[1].pkey);
    for (size_t i = 0; i < 4; i++) {
        camseal_sign_id kind;
        assert_status(load_bio(bios[i], &kind), CAMSEAL_OK);
        assert_int_equal(kind, CAMSEAL_SIGN_RSASSA_3072);
    }
}

static EVP_PKEY *make_rsa(const char *type, int n_bits, unsigned long exponent)
{
    EVP_PKEY *key = NULL;
    BIGNUM *e = BN_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    assert_int_equal(BN_set_word(e, exponent), 1);
    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, n_bits), 1);
    assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
    assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
    EVP_PKEY_CTX_free(ctx);
    BN_free(e);
    return key;
}

static void other_sizes_and_small_exponents_are_refused(void **state)
{
    (void)state;
    static const struct {
        int bits;
        unsigned long exponent;
    } cases[] = {{1024, 65537}, {2047, 65537}, {2056, 65537}, {2048, 3}, {2048, 17}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct identity id;
        uint8_t signature[RSA_MAX] = {0};
        assert_status(adopt(&id, make_rsa("RSA", cases[i].bits, cases[i].exponent)), CAMSEAL_E_KEY);
        assert_int_equal(id.kind, CAMSEAL_SIGN_NONE);
        assert_status(verify_as(scheme(false, 0), &id, CAMSEAL_HASH_SHA256, signature, 256),
                      CAMSEAL_E_FORMAT);
        drop(&id);
    }
}

/* With exponent 1 the encoding is its own signature. */
static void exponent_one_is_refused(void **state)
{
    (void)state;
    uint8_t spki[SPKI_MAX], forged[256];
    static const uint8_t e_65537[] = {2, 3, 1, 0, 1};
    size_t len = who[0].spki_len;
    memcpy(spki, who[0].spki, len);
    assert_memory_equal(spki + len - 5, e_65537, 5);
    const uint8_t ones[] = {0, 0, 1};
    memcpy(spki + len - 3, ones, 3); /* no shortest form, but libcrypto may read it */
    open_signature(&who[0], who[1].spki, forged, 256);
    assert_status(
        scheme(false, 0)->verify(camseal_openssl()->user, CAMSEAL_HASH_SHA256,
                                 camseal_span_of(spki, len), text, camseal_span_of(forged, 256)),
        CAMSEAL_E_FORMAT);
    const uint8_t even[] = {1, 0, 0}; /* 65536 */
    memcpy(spki + len - 3, even, 3);
    assert_status(
        scheme(false, 0)->verify(camseal_openssl()->user, CAMSEAL_HASH_SHA256,
                                 camseal_span_of(spki, len), text, camseal_span_of(forged, 256)),
        CAMSEAL_E_FORMAT);
}

/* A key of the type id-RSASSA-PSS may not make PKCS#1 signatures. */
static void a_pss_key_is_for_pss_only(void **state)
{
    (void)state;
    struct identity id;
    uint8_t signature[RSA_MAX];
    assert_status(adopt(&id, make_rsa("RSA-PSS", 2048, 65537)), CAMSEAL_OK);
    assert_int_equal(id.kind, CAMSEAL_SIGN_RSAPSS_2048);
    assert_status(sign_with(scheme(true, 0), &id, CAMSEAL_HASH_SHA256, signature), CAMSEAL_OK);
    assert_status(verify_as(scheme(true, 0), &id, CAMSEAL_HASH_SHA256, signature, 256), CAMSEAL_OK);
    assert_status(verify_as(scheme(false, 0), &id, CAMSEAL_HASH_SHA256, signature, 256),
                  CAMSEAL_E_FORMAT);
    assert_status(sign_with(scheme(false, 0), &id, CAMSEAL_HASH_SHA256, signature), CAMSEAL_E_KEY);
    drop(&id);
}

/* PKCS#1 carries n beside the factors: that of another key must not pass. */
static void mismatched_halves_are_refused(void **state)
{
    (void)state;
    uint8_t first[TEST_RSA_KEY_MAX], second[TEST_RSA_KEY_MAX];
    camseal_key_ref key;
    camseal_sign_id kind;
    size_t len = test_hex(first, sizeof first, test_rsa_keys[0]);
    (void)test_hex(second, sizeof second, test_rsa_keys[1]);
    const size_t n_at = 11; /* 30 82 .. .., 02 01 00, 02 82 01 81 */
    memcpy(first + n_at, second + n_at, 385);
    assert_status(camseal_openssl_key_load(&key, &kind, camseal_span_of(first, len)),
                  CAMSEAL_E_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_open_to_what_rfc_8017_says),
        cmocka_unit_test(only_the_exact_scheme_verifies),
        cmocka_unit_test(damaged_signatures_are_refused),
        cmocka_unit_test(keys_of_other_sizes_are_refused),
        cmocka_unit_test(all_four_encodings_are_read),
        cmocka_unit_test(other_sizes_and_small_exponents_are_refused),
        cmocka_unit_test(exponent_one_is_refused),
        cmocka_unit_test(a_pss_key_is_for_pss_only),
        cmocka_unit_test(mismatched_halves_are_refused),
    };
    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
