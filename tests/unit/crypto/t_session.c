/* Session port of the core: tables that lack something, self-test, HKDF. Judges: RFC 5869,
 * libcrypto's HKDF. */
#include "test.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "camseal/openssl.h"

/* A copy of the provider's table that a test may spoil. */
struct table {
    camseal_crypto crypto;
    camseal_hash hashes[3];
    camseal_aead aeads[3];
    camseal_kex kexes[9];
    camseal_sign signs[13];
};

static void copy_table(struct table *t)
{
    const camseal_crypto *c = camseal_openssl();
    t->crypto = *c;
    memcpy(t->hashes, c->hashes, sizeof t->hashes);
    memcpy(t->aeads, c->aeads, sizeof t->aeads);
    memset(t->kexes, 0, sizeof t->kexes);
    memset(t->signs, 0, sizeof t->signs);
    memcpy(t->kexes, c->kexes, c->n_kexes * sizeof t->kexes[0]);
    memcpy(t->signs, c->signs, c->n_signs * sizeof t->signs[0]);
    t->crypto.hashes = t->hashes;
    t->crypto.aeads = t->aeads;
    t->crypto.kexes = t->kexes;
    t->crypto.signs = t->signs;
}

static void the_provider_passes(void **state)
{
    (void)state;
    struct table t;
    copy_table(&t);
    assert_status(camseal_crypto_selftest(camseal_openssl()), CAMSEAL_OK);
    assert_status(camseal_crypto_selftest(&t.crypto), CAMSEAL_OK);
}

static camseal_status no_context(void *user, camseal_span context, camseal_span spki,
                                 camseal_span message, camseal_span signature)
{
    (void)user, (void)context, (void)spki, (void)message, (void)signature;
    return CAMSEAL_OK;
}

#define ARGUMENT_WHEN(change)                                         \
    do {                                                              \
        struct table t;                                               \
        copy_table(&t);                                               \
        change;                                                       \
        if (camseal_crypto_selftest(&t.crypto) != CAMSEAL_E_ARGUMENT) \
            fail_msg("accepted after: %s", #change);                  \
    } while (0)

static void every_missing_entry_is_refused(void **state)
{
    (void)state;
    assert_status(camseal_crypto_selftest(NULL), CAMSEAL_E_ARGUMENT);
    ARGUMENT_WHEN(t.crypto.name = NULL);
    ARGUMENT_WHEN(t.crypto.random = NULL);
    ARGUMENT_WHEN(t.crypto.chain = NULL);
    ARGUMENT_WHEN(t.crypto.hashes = NULL);
    ARGUMENT_WHEN(t.crypto.n_hashes = 0);
    ARGUMENT_WHEN(t.crypto.aeads = NULL);
    ARGUMENT_WHEN(t.crypto.kexes = NULL);
    ARGUMENT_WHEN(t.crypto.signs = NULL);
    ARGUMENT_WHEN(t.hashes[0].name = NULL);
    ARGUMENT_WHEN(t.hashes[1].begin = NULL);
    ARGUMENT_WHEN(t.hashes[2].update = NULL);
    ARGUMENT_WHEN(t.hashes[0].finish = NULL);
    ARGUMENT_WHEN(t.hashes[1].clone = NULL);
    ARGUMENT_WHEN(t.hashes[2].drop = NULL);
    ARGUMENT_WHEN(t.hashes[0].hmac = NULL);
    ARGUMENT_WHEN(t.aeads[0].name = NULL);
    ARGUMENT_WHEN(t.aeads[1].seal = NULL);
    ARGUMENT_WHEN(t.aeads[2].open = NULL);
    ARGUMENT_WHEN(t.kexes[0].name = NULL);
    ARGUMENT_WHEN(t.kexes[1].start = NULL);
    ARGUMENT_WHEN(t.kexes[2].respond = NULL);
    ARGUMENT_WHEN(t.kexes[0].finish = NULL);
    ARGUMENT_WHEN(t.kexes[1].drop = NULL);
    ARGUMENT_WHEN(t.signs[0].name = NULL);
    ARGUMENT_WHEN(t.signs[1].sign = NULL);
    ARGUMENT_WHEN(t.signs[3].verify = NULL);
    ARGUMENT_WHEN(t.signs[0].verify_context = no_context); /* only ML-DSA knows contexts */
}

static void wrong_numbers_are_refused(void **state)
{
    (void)state;
    ARGUMENT_WHEN(t.crypto.abi++);
    ARGUMENT_WHEN(t.hashes[0].id = CAMSEAL_HASH_NONE);
    ARGUMENT_WHEN(t.hashes[0].id = (camseal_hash_id)99);
    ARGUMENT_WHEN(t.hashes[1] = t.hashes[0]);
    ARGUMENT_WHEN(t.hashes[0].digest_bytes = 31);
    ARGUMENT_WHEN(t.hashes[0].state_bytes = CAMSEAL_HASH_STATE_BYTES + 1);
    ARGUMENT_WHEN(t.aeads[0].id = (camseal_aead_id)-1);
    ARGUMENT_WHEN(t.aeads[2] = t.aeads[1]);
    ARGUMENT_WHEN(t.aeads[0].key_bytes = 32);
    ARGUMENT_WHEN(t.kexes[0].id = CAMSEAL_KEX_NONE);
    ARGUMENT_WHEN(t.kexes[2] = t.kexes[1]);
    ARGUMENT_WHEN(t.kexes[0].request_bytes = 65);
    ARGUMENT_WHEN(t.kexes[0].response_bytes = 65);
    ARGUMENT_WHEN(t.kexes[0].secret_bytes = 33);
    ARGUMENT_WHEN(t.kexes[0].state_bytes = CAMSEAL_KEX_STATE_BYTES + 1);
    ARGUMENT_WHEN(t.signs[0].id = CAMSEAL_SIGN_NONE);
    ARGUMENT_WHEN(t.signs[1] = t.signs[0]);
    ARGUMENT_WHEN(t.signs[0].signature_bytes = 63);
    ARGUMENT_WHEN(t.kexes[3].id = CAMSEAL_KEX_ML_KEM_512);
    ARGUMENT_WHEN(t.kexes[5].id = (camseal_kex_id)(CAMSEAL_KEX_ML_KEM_1024 + 1));
    ARGUMENT_WHEN(t.signs[9].id = CAMSEAL_SIGN_ML_DSA_44);
    ARGUMENT_WHEN(t.signs[9].id = (camseal_sign_id)(CAMSEAL_SIGN_ML_DSA_87 + 1));
}

static void lists_other_than_hashes_may_be_empty(void **state)
{
    (void)state;
    struct table t;
    copy_table(&t);
    t.crypto.aeads = NULL;
    t.crypto.kexes = NULL;
    t.crypto.signs = NULL;
    t.crypto.n_aeads = t.crypto.n_kexes = t.crypto.n_signs = 0;
    assert_status(camseal_crypto_selftest(&t.crypto), CAMSEAL_OK);
    assert_null(camseal_crypto_aead(&t.crypto, CAMSEAL_AEAD_AES_128_GCM));
    assert_null(camseal_crypto_kex(&t.crypto, CAMSEAL_KEX_SECP256R1));
    assert_null(camseal_crypto_sign(&t.crypto, CAMSEAL_SIGN_ED25519));
}

/* What the table lists and what camseal_openssl_lacks says are two views of one libcrypto. */
static void what_is_listed_and_what_is_lacking_agree(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    const char *lacks = camseal_openssl_lacks();
    for (int id = CAMSEAL_SIGN_ECDSA_P256; id <= CAMSEAL_SIGN_RSAPSS_4096; id++)
        assert_non_null(camseal_crypto_sign(c, (camseal_sign_id)id));
    for (int id = CAMSEAL_KEX_SECP256R1; id <= CAMSEAL_KEX_FFDHE4096; id++)
        assert_non_null(camseal_crypto_kex(c, (camseal_kex_id)id));
    for (int id = CAMSEAL_SIGN_ML_DSA_44; id <= CAMSEAL_SIGN_ML_DSA_87; id++)
        assert_int_equal(camseal_crypto_sign(c, (camseal_sign_id)id) == NULL,
                         strstr(lacks, "ML-DSA") != NULL);
    for (int id = CAMSEAL_KEX_ML_KEM_512; id <= CAMSEAL_KEX_ML_KEM_1024; id++)
        assert_int_equal(camseal_crypto_kex(c, (camseal_kex_id)id) == NULL,
                         strstr(lacks, "ML-KEM") != NULL);
    printf("libcrypto lacks: %s\n", *lacks ? lacks : "nothing");
}

static void an_rsa_key_serves_both_schemes_of_its_size(void **state)
{
    (void)state;
    for (int sign = CAMSEAL_SIGN_NONE; sign <= CAMSEAL_SIGN_ML_DSA_87; sign++) {
        for (int key = CAMSEAL_SIGN_NONE; key <= CAMSEAL_SIGN_ML_DSA_87; key++) {
            bool pss_by_rsa = sign >= CAMSEAL_SIGN_RSAPSS_2048 &&
                              sign <= CAMSEAL_SIGN_RSAPSS_4096 &&
                              key == sign - CAMSEAL_SIGN_RSAPSS_2048 + CAMSEAL_SIGN_RSASSA_2048;
            bool same = sign == key && sign != CAMSEAL_SIGN_NONE;
            assert_int_equal(camseal_sign_fits_key((camseal_sign_id)sign, (camseal_sign_id)key),
                             same || pss_by_rsa);
        }
    }
}

/* ---- providers that compute wrong ------------------------------------------------------------ */

static camseal_status stuck_random(void *user, uint8_t *out, size_t len)
{
    (void)user;
    memset(out, 7, len);
    return CAMSEAL_OK;
}

static camseal_status no_random(void *user, uint8_t *out, size_t len)
{
    (void)user, (void)out, (void)len;
    return CAMSEAL_E_RANDOM;
}

static camseal_status zero_finish(void *user, camseal_hash_state *state, uint8_t *digest)
{
    (void)user, (void)state;
    memset(digest, 0, 32);
    return CAMSEAL_OK;
}

/* A clone that starts anew forgets what the original has seen. */
static camseal_status forgetful_clone(void *user, camseal_hash_state *out,
                                      const camseal_hash_state *from)
{
    (void)from;
    return camseal_openssl()->hashes[0].begin(user, out);
}

static camseal_status open_without_check(void *user, camseal_span key, const uint8_t *iv,
                                         camseal_span aad, camseal_span src, uint8_t *dst,
                                         const uint8_t *tag)
{
    camseal_status status = camseal_openssl()->aeads[0].open(user, key, iv, aad, src, dst, tag);
    return status == CAMSEAL_E_AUTH ? CAMSEAL_OK : status;
}

static camseal_status open_that_leaks(void *user, camseal_span key, const uint8_t *iv,
                                      camseal_span aad, camseal_span src, uint8_t *dst,
                                      const uint8_t *tag)
{
    camseal_status status = camseal_openssl()->aeads[0].open(user, key, iv, aad, src, dst, tag);
    dst[0] |= 1;
    return status;
}

static camseal_status constant_secret(void *user, camseal_kex_state *state, camseal_span response,
                                      uint8_t *secret)
{
    (void)user, (void)state, (void)response;
    memset(secret, 1, 32);
    return CAMSEAL_OK;
}

#define STATUS_WHEN(change, expected)                                \
    do {                                                             \
        struct table t;                                              \
        copy_table(&t);                                              \
        change;                                                      \
        assert_status(camseal_crypto_selftest(&t.crypto), expected); \
    } while (0)

static void wrong_answers_are_noticed(void **state)
{
    (void)state;
    STATUS_WHEN(t.crypto.random = stuck_random, CAMSEAL_E_SELFTEST);
    STATUS_WHEN(t.crypto.random = no_random, CAMSEAL_E_RANDOM);
    STATUS_WHEN(t.hashes[0].finish = zero_finish, CAMSEAL_E_SELFTEST);
    STATUS_WHEN(t.hashes[0].clone = forgetful_clone, CAMSEAL_E_SELFTEST);
    STATUS_WHEN(t.hashes[1].begin = t.hashes[2].begin, CAMSEAL_E_SELFTEST);
    STATUS_WHEN(t.hashes[1].hmac = t.hashes[2].hmac, CAMSEAL_E_SELFTEST);
    STATUS_WHEN(t.aeads[1].seal = t.aeads[2].seal, CAMSEAL_E_SELFTEST);
    STATUS_WHEN(t.aeads[0].open = open_without_check, CAMSEAL_E_SELFTEST);
    STATUS_WHEN(t.aeads[0].open = open_that_leaks, CAMSEAL_E_SELFTEST);
    STATUS_WHEN(t.kexes[0].finish = constant_secret, CAMSEAL_E_SELFTEST);
    STATUS_WHEN(t.kexes[3].finish = constant_secret, CAMSEAL_E_SELFTEST);
}

/* ---- HKDF ------------------------------------------------------------------------------------ */

static void hkdf_matches_rfc_5869(void **state)
{
    (void)state;
    static const struct {
        const char *ikm, *salt, *info, *prk, *okm;
    } cases[] = {
        /* A.1 */
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
         "f0f1f2f3f4f5f6f7f8f9", "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
        /* A.2 */
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2"
         "c2d2e"
         "2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
         "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8"
         "c8d8e"
         "8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
         "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbd"
         "cddde"
         "dfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
         "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65"
         "e590e"
         "09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
        /* A.3: no salt, no info */
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
         "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
    };
    const camseal_crypto *c = camseal_openssl();
    const camseal_hash *sha256 = camseal_crypto_hash(c, CAMSEAL_HASH_SHA256);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t ikm[80], salt[80], info[80], prk[32], okm[82], want[82], got[32];
        size_t ikm_len = test_hex(ikm, sizeof ikm, cases[i].ikm);
        size_t salt_len = test_hex(salt, sizeof salt, cases[i].salt);
        size_t info_len = test_hex(info, sizeof info, cases[i].info);
        size_t okm_len = test_hex(want, sizeof want, cases[i].okm);
        assert_int_equal(test_hex(prk, sizeof prk, cases[i].prk), 32);
        assert_status(camseal_hkdf_extract(c, sha256, got, camseal_span_of(salt, salt_len),
                                           camseal_span_of(ikm, ikm_len)),
                      CAMSEAL_OK);
        assert_memory_equal(got, prk, 32);
        assert_status(camseal_hkdf_expand(c, sha256, okm, okm_len, camseal_span_of(prk, 32),
                                          camseal_span_of(info, info_len)),
                      CAMSEAL_OK);
        assert_memory_equal(okm, want, okm_len);
    }
}

static void libcrypto_expand(const char *digest, const uint8_t *prk, size_t prk_len, uint8_t *info,
                             size_t info_len, uint8_t *okm, size_t okm_len)
{
    char name[16], mode[] = "EXPAND_ONLY";
    uint8_t key[64];
    snprintf(name, sizeof name, "%s", digest);
    memcpy(key, prk, prk_len);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, mode, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, prk_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, info_len),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    assert_int_equal(EVP_KDF_derive(ctx, okm, okm_len, params), 1);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

static void expand_matches_libcrypto_at_every_hash_and_length(void **state)
{
    (void)state;
    static uint8_t ours[255 * 64 + 1], theirs[255 * 64];
    const camseal_crypto *c = camseal_openssl();
    uint64_t seed = 0x5EED;
    for (size_t h = 0; h < c->n_hashes; h++) {
        const camseal_hash *hash = &c->hashes[h];
        const size_t d = hash->digest_bytes;
        const size_t lengths[] = {1, d - 1, d, d + 1, 2 * d, 3 * d - 7, 254 * d + 1, 255 * d};
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            uint8_t prk[64], info[33];
            test_fill(&seed, prk, sizeof prk);
            test_fill(&seed, info, sizeof info);
            libcrypto_expand(hash->name, prk, d, info, sizeof info, theirs, lengths[i]);
            assert_status(camseal_hkdf_expand(c, hash, ours, lengths[i], camseal_span_of(prk, d),
                                              camseal_span_of(info, sizeof info)),
                          CAMSEAL_OK);
            assert_memory_equal(ours, theirs, lengths[i]);
        }
    }
}

static int hmac_calls_left;

static camseal_status hmac_that_gives_up(void *user, camseal_span key, const camseal_span *data,
                                         size_t n, uint8_t *mac)
{
    if (hmac_calls_left-- == 0)
        return CAMSEAL_E_CRYPTO;
    return camseal_openssl()->hashes[0].hmac(user, key, data, n, mac);
}

static void expand_refuses_and_leaves_nothing_behind(void **state)
{
    (void)state;
    static uint8_t okm[255 * 32 + 1];
    const uint8_t prk[32] = {1};
    struct table t;
    copy_table(&t);
    t.hashes[0].hmac = hmac_that_gives_up;
    const camseal_span none = {NULL, 0};
    const camseal_span key = camseal_span_of(prk, sizeof prk);
    const camseal_span shorter = camseal_span_of(prk, 31);
    assert_status(camseal_hkdf_expand(&t.crypto, &t.hashes[0], okm, sizeof okm, key, none),
                  CAMSEAL_E_ARGUMENT);
    assert_status(camseal_hkdf_expand(&t.crypto, &t.hashes[0], okm, 1, shorter, none),
                  CAMSEAL_E_ARGUMENT);
    assert_status(camseal_hkdf_expand(&t.crypto, &t.hashes[0], okm, SIZE_MAX, key, none),
                  CAMSEAL_E_ARGUMENT);
    memset(okm, 0xAA, sizeof okm);
    hmac_calls_left = 1;
    assert_status(camseal_hkdf_expand(&t.crypto, &t.hashes[0], okm, 64, key, none),
                  CAMSEAL_E_CRYPTO);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(okm[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_provider_passes),
        cmocka_unit_test(every_missing_entry_is_refused),
        cmocka_unit_test(wrong_numbers_are_refused),
        cmocka_unit_test(lists_other_than_hashes_may_be_empty),
        cmocka_unit_test(what_is_listed_and_what_is_lacking_agree),
        cmocka_unit_test(an_rsa_key_serves_both_schemes_of_its_size),
        cmocka_unit_test(wrong_answers_are_noticed),
        cmocka_unit_test(hkdf_matches_rfc_5869),
        cmocka_unit_test(expand_matches_libcrypto_at_every_hash_and_length),
        cmocka_unit_test(expand_refuses_and_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
