/* ECDSA, Ed25519 and private keys by the OpenSSL provider. Judges: RFC 6979, RFC 8032, and
 * libcrypto's own DER signatures, which the test turns into r || s by itself. */
#include "test.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "camseal/openssl.h"

enum { ALGORITHMS = 4 }; /* the first of the table; RSA has a file of its own */

static const char *const names[] = {NULL, "P-256", "P-384", "P-521", "ED25519"};
static const uint8_t message[] = "prefix || transcript hash";
static const camseal_span text = {message, sizeof message};

struct identity {
    EVP_PKEY *pkey;
    camseal_key_ref key;
    uint8_t spki[256];
    size_t spki_len;
};

static EVP_PKEY *generate(camseal_sign_id id)
{
    if (id == CAMSEAL_SIGN_ED25519)
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", names[id]);
}

static void make(struct identity *who, camseal_sign_id id)
{
    unsigned char *der = NULL, *at = who->spki;
    camseal_sign_id loaded;
    who->pkey = generate(id);
    assert_non_null(who->pkey);
    int len = i2d_PrivateKey(who->pkey, &der);
    assert_status(camseal_openssl_key_load(&who->key, &loaded, camseal_span_of(der, (size_t)len)),
                  CAMSEAL_OK);
    assert_int_equal(loaded, id);
    OPENSSL_free(der);
    who->spki_len = (size_t)i2d_PUBKEY(who->pkey, &at);
    assert_in_range(who->spki_len, 1, sizeof who->spki);
}

static void unmake(struct identity *who)
{
    camseal_openssl_key_free(&who->key);
    assert_null(who->key.provider);
    camseal_openssl_key_free(&who->key);
    EVP_PKEY_free(who->pkey);
}

static camseal_status sign_with(const camseal_sign *alg, camseal_key_ref key, camseal_hash_id hash,
                                uint8_t *signature)
{
    const camseal_crypto *c = camseal_openssl();
    camseal_sign_job job = {hash, key, text, signature, {0}, {NULL, 0}};
    return alg->sign(c->user, &job);
}

static camseal_status verify_as(const camseal_sign *alg, const struct identity *who,
                                camseal_hash_id hash, const uint8_t *signature)
{
    const camseal_crypto *c = camseal_openssl();
    return alg->verify(c->user, hash, camseal_span_of(who->spki, who->spki_len), text,
                       camseal_span_of(signature, alg->signature_bytes));
}

/* SEQUENCE { INTEGER r, INTEGER s } written by the test: the judge does not use the provider's way.
 */
static size_t put_integer(uint8_t *out, const uint8_t *big_endian, size_t n)
{
    while (n > 1 && big_endian[0] == 0) {
        big_endian++;
        n--;
    }
    size_t pad = big_endian[0] >> 7;
    out[0] = 2;
    out[1] = (uint8_t)(n + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, big_endian, n);
    return 2 + pad + n;
}

static size_t to_der(uint8_t *out, const uint8_t *raw, size_t raw_len)
{
    uint8_t body[160];
    size_t n = put_integer(body, raw, raw_len / 2);
    n += put_integer(body + n, raw + raw_len / 2, raw_len / 2);
    size_t header = n < 0x80 ? 2 : 3;
    out[0] = 0x30;
    out[1] = 0x81;
    out[header - 1] = (uint8_t)n;
    memcpy(out + header, body, n);
    return header + n;
}

static int libcrypto_verifies(const camseal_sign *alg, EVP_PKEY *key, camseal_hash_id hash,
                              const uint8_t *raw)
{
    static const char *const digests[] = {NULL, "SHA256", "SHA384", "SHA512"};
    uint8_t der[200];
    size_t len = alg->signature_bytes;
    bool ed = alg->id == CAMSEAL_SIGN_ED25519;
    memcpy(der, raw, len);
    if (!ed)
        len = to_der(der, raw, len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(
        EVP_DigestVerifyInit_ex(ctx, NULL, ed ? NULL : digests[hash], NULL, NULL, key, NULL), 1);
    int answer = EVP_DigestVerify(ctx, der, len, text.data, text.len);
    EVP_MD_CTX_free(ctx);
    return answer;
}

static void what_we_sign_libcrypto_and_we_verify(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < ALGORITHMS; i++) {
        const camseal_sign *alg = &c->signs[i];
        struct identity who;
        make(&who, alg->id);
        for (camseal_hash_id h = CAMSEAL_HASH_SHA256; h <= CAMSEAL_HASH_SHA512; h++) {
            uint8_t signature[132];
            assert_status(sign_with(alg, who.key, h, signature), CAMSEAL_OK);
            assert_int_equal(libcrypto_verifies(alg, who.pkey, h, signature), 1);
            assert_status(verify_as(alg, &who, h, signature), CAMSEAL_OK);
        }
        assert_status(
            camseal_openssl_key_matches(&who.key, camseal_span_of(who.spki, who.spki_len)),
            CAMSEAL_OK);
        unmake(&who);
    }
}

/* r or s begins with zero once in 128 signatures of P-256: neither width nor value may change. */
static void short_r_and_short_s_keep_their_width(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    const camseal_sign *alg = camseal_crypto_sign(c, CAMSEAL_SIGN_ECDSA_P256);
    struct identity who;
    bool short_r = false, short_s = false;
    make(&who, alg->id);
    for (int i = 0; i < 20000 && !(short_r && short_s); i++) {
        uint8_t signature[64];
        assert_status(sign_with(alg, who.key, CAMSEAL_HASH_SHA256, signature), CAMSEAL_OK);
        if (signature[0] != 0 && signature[32] != 0)
            continue;
        short_r |= signature[0] == 0;
        short_s |= signature[32] == 0;
        assert_int_equal(libcrypto_verifies(alg, who.pkey, CAMSEAL_HASH_SHA256, signature), 1);
        assert_status(verify_as(alg, &who, CAMSEAL_HASH_SHA256, signature), CAMSEAL_OK);
    }
    assert_true(short_r && short_s);
    unmake(&who);
}

static void published_signatures_verify(void **state)
{
    (void)state;
    static const struct {
        camseal_sign_id id;
        const char *spki, *message, *signature;
    } cases[] = {
        /* RFC 6979 A.2.5, SHA-256, "sample" */
        {CAMSEAL_SIGN_ECDSA_P256,
         "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
         "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
         "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
         "sample",
         "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
         "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
        /* RFC 8032 §7.1, test 1: the empty message */
        {CAMSEAL_SIGN_ED25519,
         "302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
         "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
         "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    };
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t spki[128], signature[64];
        size_t spki_len = test_hex(spki, sizeof spki, cases[i].spki);
        assert_int_equal(test_hex(signature, 64, cases[i].signature), 64);
        assert_status(camseal_crypto_sign(c, cases[i].id)
                          ->verify(c->user, CAMSEAL_HASH_SHA256, camseal_span_of(spki, spki_len),
                                   camseal_span_of(cases[i].message, strlen(cases[i].message)),
                                   camseal_span_of(signature, 64)),
                      CAMSEAL_OK);
    }
}

static void every_flip_in_a_signature_is_noticed(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < ALGORITHMS; i++) {
        const camseal_sign *alg = &c->signs[i];
        struct identity who;
        uint8_t signature[132];
        make(&who, alg->id);
        assert_status(sign_with(alg, who.key, CAMSEAL_HASH_SHA384, signature), CAMSEAL_OK);
        for (size_t byte = 0; byte < alg->signature_bytes; byte++) {
            signature[byte] ^= (uint8_t)(1u << byte % 8);
            assert_status(verify_as(alg, &who, CAMSEAL_HASH_SHA384, signature),
                          CAMSEAL_E_SIGNATURE);
            signature[byte] ^= (uint8_t)(1u << byte % 8);
        }
        assert_status(verify_as(alg, &who, CAMSEAL_HASH_SHA384, signature), CAMSEAL_OK);
        unmake(&who);
    }
}

static void degenerate_signatures_are_refused(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < ALGORITHMS; i++) {
        const camseal_sign *alg = &c->signs[i];
        const size_t n = alg->signature_bytes;
        struct identity who;
        uint8_t good[133], bad[133] = {0};
        make(&who, alg->id);
        const camseal_span spki = camseal_span_of(who.spki, who.spki_len);
        assert_status(sign_with(alg, who.key, CAMSEAL_HASH_SHA256, good), CAMSEAL_OK);
        assert_status(verify_as(alg, &who, CAMSEAL_HASH_SHA256, bad), CAMSEAL_E_SIGNATURE);
        memcpy(bad, good, n / 2); /* s = 0 */
        assert_status(verify_as(alg, &who, CAMSEAL_HASH_SHA256, bad), CAMSEAL_E_SIGNATURE);
        memset(bad, 0, n / 2); /* r = 0 */
        memcpy(bad + n / 2, good + n / 2, n / 2);
        assert_status(verify_as(alg, &who, CAMSEAL_HASH_SHA256, bad), CAMSEAL_E_SIGNATURE);
        memset(bad, 0xFF, n);
        assert_status(verify_as(alg, &who, CAMSEAL_HASH_SHA256, bad), CAMSEAL_E_SIGNATURE);
        memcpy(bad, good + n / 2, n / 2); /* s, r */
        memcpy(bad + n / 2, good, n / 2);
        assert_status(verify_as(alg, &who, CAMSEAL_HASH_SHA256, bad), CAMSEAL_E_SIGNATURE);
        good[n] = 0;
        const size_t lengths[] = {0, 1, n - 1, n + 1};
        for (size_t l = 0; l < 4; l++) {
            assert_status(alg->verify(c->user, CAMSEAL_HASH_SHA256, spki, text,
                                      camseal_span_of(good, lengths[l])),
                          CAMSEAL_E_SIGNATURE);
        }
        assert_status(
            alg->verify(c->user, CAMSEAL_HASH_SHA256, spki,
                        camseal_span_of(message, sizeof message - 1), camseal_span_of(good, n)),
            CAMSEAL_E_SIGNATURE);
        unmake(&who);
    }
}

static void hashes_and_keys_of_others_are_refused(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < ALGORITHMS; i++) {
        const camseal_sign *alg = &c->signs[i];
        const camseal_sign *other = &c->signs[(i + 1) % ALGORITHMS];
        struct identity who, second, different;
        uint8_t signature[132];
        const uint8_t zeros[132] = {0};
        make(&who, alg->id);
        make(&second, alg->id);
        make(&different, other->id);
        assert_status(sign_with(alg, who.key, CAMSEAL_HASH_SHA256, signature), CAMSEAL_OK);
        assert_status(verify_as(alg, &second, CAMSEAL_HASH_SHA256, signature), CAMSEAL_E_SIGNATURE);
        assert_status(verify_as(alg, &different, CAMSEAL_HASH_SHA256, signature), CAMSEAL_E_FORMAT);
        if (alg->id != CAMSEAL_SIGN_ED25519) {
            assert_status(verify_as(alg, &who, CAMSEAL_HASH_SHA512, signature),
                          CAMSEAL_E_SIGNATURE);
            assert_status(verify_as(alg, &who, CAMSEAL_HASH_NONE, signature), CAMSEAL_E_ARGUMENT);
            assert_status(sign_with(alg, who.key, (camseal_hash_id)77, signature),
                          CAMSEAL_E_ARGUMENT);
        }
        memset(signature, 0xAA, sizeof signature);
        assert_status(sign_with(alg, different.key, CAMSEAL_HASH_SHA256, signature), CAMSEAL_E_KEY);
        assert_memory_equal(signature, zeros, alg->signature_bytes);
        const camseal_key_ref foreign = {&c, who.key.handle}, empty = {NULL, 0};
        assert_status(sign_with(alg, foreign, CAMSEAL_HASH_SHA256, signature), CAMSEAL_E_KEY);
        assert_status(sign_with(alg, empty, CAMSEAL_HASH_SHA256, signature), CAMSEAL_E_KEY);
        assert_status(
            camseal_openssl_key_matches(&who.key, camseal_span_of(second.spki, second.spki_len)),
            CAMSEAL_E_KEY);
        assert_status(camseal_openssl_key_matches(&empty, camseal_span_of(who.spki, who.spki_len)),
                      CAMSEAL_E_KEY);
        unmake(&who);
        unmake(&second);
        unmake(&different);
    }
}

static void damaged_public_keys_are_refused(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < ALGORITHMS; i++) {
        const camseal_sign *alg = &c->signs[i];
        struct identity who;
        uint8_t signature[132];
        make(&who, alg->id);
        assert_status(sign_with(alg, who.key, CAMSEAL_HASH_SHA256, signature), CAMSEAL_OK);
        const camseal_span sig = camseal_span_of(signature, alg->signature_bytes);
        for (size_t len = 0; len < who.spki_len; len++) {
            assert_status(alg->verify(c->user, CAMSEAL_HASH_SHA256, camseal_span_of(who.spki, len),
                                      text, sig),
                          CAMSEAL_E_FORMAT);
        }
        who.spki[who.spki_len] = 0;
        assert_status(alg->verify(c->user, CAMSEAL_HASH_SHA256,
                                  camseal_span_of(who.spki, who.spki_len + 1), text, sig),
                      CAMSEAL_E_FORMAT);
        assert_status(
            alg->verify(c->user, CAMSEAL_HASH_SHA256, camseal_span_of(NULL, 0), text, sig),
            CAMSEAL_E_FORMAT);
        if (alg->id != CAMSEAL_SIGN_ED25519) {
            who.spki[who.spki_len - 1] ^= 1; /* off the curve */
            assert_status(verify_as(alg, &who, CAMSEAL_HASH_SHA256, signature), CAMSEAL_E_FORMAT);
        }
        unmake(&who);
    }
}

/* A curve spelled out in parameters could be any curve. */
static void explicit_curve_parameters_are_refused(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    const camseal_sign *alg = camseal_crypto_sign(c, CAMSEAL_SIGN_ECDSA_P256);
    struct identity who;
    uint8_t spki[512], signature[64];
    unsigned char *at = spki;
    make(&who, alg->id);
    assert_status(sign_with(alg, who.key, CAMSEAL_HASH_SHA256, signature), CAMSEAL_OK);
    assert_int_equal(EVP_PKEY_set_utf8_string_param(who.pkey, OSSL_PKEY_PARAM_EC_ENCODING,
                                                    OSSL_PKEY_EC_ENCODING_EXPLICIT),
                     1);
    int len = i2d_PUBKEY(who.pkey, &at);
    assert_in_range(len, 200, sizeof spki);
    assert_status(alg->verify(c->user, CAMSEAL_HASH_SHA256, camseal_span_of(spki, (size_t)len),
                              text, camseal_span_of(signature, 64)),
                  CAMSEAL_E_FORMAT);
    unmake(&who);
}

/* ---- loading private keys -------------------------------------------------------------------- */

static camseal_status load_bytes(const void *bytes, size_t len, camseal_sign_id *id)
{
    camseal_key_ref key;
    camseal_status status = camseal_openssl_key_load(&key, id, camseal_span_of(bytes, len));
    camseal_openssl_key_free(&key);
    return status;
}

static camseal_status load_bio(BIO *bio, camseal_sign_id *id)
{
    char *bytes = NULL;
    long len = BIO_get_mem_data(bio, &bytes);
    camseal_status status = load_bytes(bytes, (size_t)len, id);
    BIO_free(bio);
    return status;
}

static void all_four_encodings_are_read(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < ALGORITHMS; i++) {
        EVP_PKEY *key = generate(c->signs[i].id);
        BIO *pkcs8_pem = BIO_new(BIO_s_mem()), *pkcs8_der = BIO_new(BIO_s_mem());
        BIO *traditional_pem = BIO_new(BIO_s_mem()), *traditional_der = BIO_new(BIO_s_mem());
        camseal_sign_id id;
        PEM_write_bio_PKCS8PrivateKey(pkcs8_pem, key, NULL, NULL, 0, NULL, NULL);
        i2d_PKCS8PrivateKey_bio(pkcs8_der, key, NULL, NULL, 0, NULL, NULL);
        PEM_write_bio_PrivateKey_traditional(traditional_pem, key, NULL, NULL, 0, NULL, NULL);
        i2d_PrivateKey_bio(traditional_der, key);
        BIO *const all[] = {pkcs8_pem, pkcs8_der, traditional_der, traditional_pem};
        size_t n = c->signs[i].id == CAMSEAL_SIGN_ED25519 ? 3 : 4; /* Ed25519 has PKCS#8 only */
        for (size_t e = 0; e < n; e++) {
            assert_status(load_bio(all[e], &id), CAMSEAL_OK);
            assert_int_equal(id, c->signs[i].id);
        }
        if (n == 3)
            BIO_free(traditional_pem);
        EVP_PKEY_free(key);
    }
}

static void unusable_keys_are_refused(void **state)
{
    (void)state;
    camseal_sign_id id;
    EVP_PKEY *p256 = generate(CAMSEAL_SIGN_ECDSA_P256);
    EVP_PKEY *rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    EVP_PKEY *other_curve = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1");
    BIO *encrypted = BIO_new(BIO_s_mem()), *public_key = BIO_new(BIO_s_mem());
    BIO *rsa_pem = BIO_new(BIO_s_mem()), *curve_pem = BIO_new(BIO_s_mem());
    char word[] = "word";
    PEM_write_bio_PKCS8PrivateKey(encrypted, p256, EVP_aes_128_cbc(), word, 4, NULL, NULL);
    PEM_write_bio_PUBKEY(public_key, p256);
    PEM_write_bio_PrivateKey(rsa_pem, rsa, NULL, NULL, 0, NULL, NULL);
    PEM_write_bio_PrivateKey(curve_pem, other_curve, NULL, NULL, 0, NULL, NULL);
    assert_status(load_bio(encrypted, &id), CAMSEAL_E_KEY); /* and it asks nobody for the word */
    assert_status(load_bio(public_key, &id), CAMSEAL_E_KEY);
    assert_status(load_bio(rsa_pem, &id), CAMSEAL_E_KEY);
    assert_status(load_bio(curve_pem, &id), CAMSEAL_E_KEY);
    assert_status(load_bytes(NULL, 0, &id), CAMSEAL_E_KEY);
    assert_status(load_bytes("garbage", 7, &id), CAMSEAL_E_KEY);
    assert_int_equal(id, CAMSEAL_SIGN_NONE);
    EVP_PKEY_free(other_curve);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(p256);
}

/* SEC1 carries the public key too: one of another key is a trap (two signatures leak the private
 * key). */
static void mismatched_halves_are_refused(void **state)
{
    (void)state;
    unsigned char *a = NULL, *b = NULL;
    camseal_sign_id id;
    EVP_PKEY *first = generate(CAMSEAL_SIGN_ECDSA_P256),
             *second = generate(CAMSEAL_SIGN_ECDSA_P256);
    int len = i2d_PrivateKey(first, &a);
    assert_int_equal(i2d_PrivateKey(second, &b), len);
    assert_status(load_bytes(a, (size_t)len, &id), CAMSEAL_OK);
    memcpy(a + len - 64, b + len - 64, 64);
    assert_status(load_bytes(a, (size_t)len, &id), CAMSEAL_E_KEY);
    OPENSSL_free(a);
    OPENSSL_free(b);
    EVP_PKEY_free(first);
    EVP_PKEY_free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_we_sign_libcrypto_and_we_verify),
        cmocka_unit_test(short_r_and_short_s_keep_their_width),
        cmocka_unit_test(published_signatures_verify),
        cmocka_unit_test(every_flip_in_a_signature_is_noticed),
        cmocka_unit_test(degenerate_signatures_are_refused),
        cmocka_unit_test(hashes_and_keys_of_others_are_refused),
        cmocka_unit_test(damaged_public_keys_are_refused),
        cmocka_unit_test(explicit_curve_parameters_are_refused),
        cmocka_unit_test(all_four_encodings_are_read),
        cmocka_unit_test(unusable_keys_are_refused),
        cmocka_unit_test(mismatched_halves_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
