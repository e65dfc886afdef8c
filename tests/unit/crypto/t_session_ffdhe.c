/* FFDHE by the OpenSSL provider. Judges: the primes by the formula of RFC 7919, and modular
 * exponentiation with numbers that the test chooses. */
#include "test.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "camseal/openssl.h"

#define WIDTH_MAX 512u

static const struct group {
    camseal_kex_id id;
    const char *name;
    const char
        *digest_of_p; /* SHA-256; p = 2^b - 2^(b-64) + ([2^(b-130) e] + X) 2^64 - 1, made apart */
} groups[] = {
    {CAMSEAL_KEX_FFDHE2048, "ffdhe2048",
     "9cd3b7f336872f46c09428d1bbc19877a4d440512cda8d1c1cf0cd6e33698966"},
    {CAMSEAL_KEX_FFDHE3072, "ffdhe3072",
     "0eaf67db3a839156d5013494a5318a772b5697d270d721f37f092efc69ea5a17"},
    {CAMSEAL_KEX_FFDHE4096, "ffdhe4096",
     "4648414224ac881b3d0dc59b466f96d06a558278776807797ecf1f66ff397b3e"},
};
enum { GROUPS = sizeof groups / sizeof groups[0] };

/* The group's prime, taken from libcrypto and held against RFC 7919. */
static BIGNUM *prime_of(const struct group *g, size_t width)
{
    char name[16];
    uint8_t bytes[WIDTH_MAX], digest[32], expected[32];
    BIGNUM *p = NULL;
    EVP_PKEY *key = NULL;
    snprintf(name, sizeof name, "%s", g->name);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
    assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &p), 1);
    assert_int_equal(BN_bn2binpad(p, bytes, (int)width), width);
    assert_int_equal(EVP_Digest(bytes, width, digest, NULL, EVP_sha256(), NULL), 1);
    assert_int_equal(test_hex(expected, 32, g->digest_of_p), 32);
    assert_memory_equal(digest, expected, 32);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(ctx);
    return p;
}

/* base^exponent mod p, as wide as p. */
static void power(uint8_t *out, size_t width, const BIGNUM *p, camseal_span base,
                  const BIGNUM *exponent)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *b = BN_bin2bn(base.data, (int)base.len, NULL), *r = BN_new();
    assert_int_equal(BN_mod_exp(r, b, exponent, p, ctx), 1);
    assert_int_equal(BN_bn2binpad(r, out, (int)width), width);
    BN_free(r);
    BN_free(b);
    BN_CTX_free(ctx);
}

static const uint8_t two[] = {2};

static void both_roles_agree_with_exponentiation(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < GROUPS; i++) {
        const camseal_kex *k = camseal_crypto_kex(c, groups[i].id);
        const size_t n = k->request_bytes;
        uint8_t ours[WIDTH_MAX], theirs[WIDTH_MAX], secret[WIDTH_MAX], want[WIDTH_MAX];
        camseal_kex_state s;
        BIGNUM *p = prime_of(&groups[i], n), *x = BN_new();
        assert_int_equal(BN_rand(x, 300, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY), 1);
        power(theirs, n, p, camseal_span_of(two, 1), x);
        memset(&s, 0xEE, sizeof s);
        assert_status(k->start(c->user, &s, ours), CAMSEAL_OK);
        assert_status(k->finish(c->user, &s, camseal_span_of(theirs, n), secret), CAMSEAL_OK);
        power(want, n, p, camseal_span_of(ours, n), x);
        assert_memory_equal(secret, want, n);
        k->drop(c->user, &s);
        k->drop(c->user, &s);
        assert_status(k->finish(c->user, &s, camseal_span_of(theirs, n), secret), CAMSEAL_E_STATE);
        assert_status(k->respond(c->user, camseal_span_of(theirs, n), ours, secret), CAMSEAL_OK);
        power(want, n, p, camseal_span_of(ours, n), x);
        assert_memory_equal(secret, want, n);
        BN_free(x);
        BN_free(p);
    }
}

/* One value in 256 begins with zero; both kinds must keep their width. */
static void leading_zeros_are_kept(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    const camseal_kex *k = camseal_crypto_kex(c, CAMSEAL_KEX_FFDHE2048);
    uint8_t ours[256], theirs[256], secret[256], want[256];
    bool short_secret = false, short_public = false;
    BIGNUM *p = prime_of(&groups[0], 256), *x = BN_new();
    assert_int_equal(BN_rand(x, 225, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY), 1);
    power(theirs, 256, p, camseal_span_of(two, 1), x);
    for (int i = 0; i < 10000 && !(short_secret && short_public); i++) {
        assert_status(k->respond(c->user, camseal_span_of(theirs, 256), ours, secret), CAMSEAL_OK);
        if (secret[0] != 0 && ours[0] != 0)
            continue;
        short_secret |= secret[0] == 0;
        short_public |= ours[0] == 0;
        power(want, 256, p, camseal_span_of(ours, 256), x);
        assert_memory_equal(secret, want, 256);
    }
    assert_true(short_secret && short_public);
    BN_free(x);
    BN_free(p);
}

static camseal_status respond_to(const camseal_kex *k, const uint8_t *bytes, size_t len)
{
    static const uint8_t zeros[WIDTH_MAX];
    const camseal_crypto *c = camseal_openssl();
    uint8_t ours[WIDTH_MAX], secret[WIDTH_MAX], again[WIDTH_MAX];
    camseal_kex_state s;
    memset(ours, 0xAA, sizeof ours);
    memset(secret, 0xAA, sizeof secret);
    camseal_status status = k->respond(c->user, camseal_span_of(bytes, len), ours, secret);
    if (status != CAMSEAL_OK) {
        assert_memory_equal(ours, zeros, k->response_bytes);
        assert_memory_equal(secret, zeros, k->secret_bytes);
    }
    assert_status(k->start(c->user, &s, ours), CAMSEAL_OK);
    memset(again, 0xAA, sizeof again);
    assert_status(k->finish(c->user, &s, camseal_span_of(bytes, len), again), status);
    if (status != CAMSEAL_OK)
        assert_memory_equal(again, zeros, k->secret_bytes);
    k->drop(c->user, &s);
    return status;
}

/* p plus a small number, as wide as p. */
static void near(uint8_t *out, size_t n, const BIGNUM *p, int offset)
{
    BIGNUM *v = BN_dup(p);
    assert_int_equal(
        offset < 0 ? BN_sub_word(v, (BN_ULONG)-offset) : BN_add_word(v, (BN_ULONG)offset), 1);
    assert_int_equal(BN_bn2binpad(v, out, (int)n), n);
    BN_free(v);
}

static void values_outside_the_range_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < GROUPS; i++) {
        const camseal_kex *k = camseal_crypto_kex(camseal_openssl(), groups[i].id);
        const size_t n = k->request_bytes;
        uint8_t value[WIDTH_MAX + 1] = {0};
        BIGNUM *p = prime_of(&groups[i], n);
        assert_status(respond_to(k, value, n), CAMSEAL_E_FORMAT);
        value[n - 1] = 1;
        assert_status(respond_to(k, value, n), CAMSEAL_E_FORMAT);
        value[n - 1] = 2;
        assert_status(respond_to(k, value, n), CAMSEAL_OK);
        near(value, n, p, -2);
        assert_status(respond_to(k, value, n), CAMSEAL_OK);
        for (int offset = -1; offset <= 2; offset++) {
            near(value, n, p, offset);
            assert_status(respond_to(k, value, n), CAMSEAL_E_FORMAT);
        }
        memset(value, 0xFF, sizeof value);
        assert_status(respond_to(k, value, n), CAMSEAL_E_FORMAT);
        BN_free(p);
    }
}

static void wrong_lengths_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < GROUPS; i++) {
        const camseal_kex *k = camseal_crypto_kex(camseal_openssl(), groups[i].id);
        const size_t n = k->request_bytes;
        uint8_t value[WIDTH_MAX + 1];
        memset(value, 0x11, sizeof value);
        assert_status(respond_to(k, value, n), CAMSEAL_OK);
        const size_t lengths[] = {0, 1, n / 2, n - 1, n + 1};
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++)
            assert_status(respond_to(k, value, lengths[l]), CAMSEAL_E_FORMAT);
    }
}

/* A peer that sends the generator gets our public value as the secret. */
static void the_generator_gives_our_public_value(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < GROUPS; i++) {
        const camseal_kex *k = camseal_crypto_kex(c, groups[i].id);
        uint8_t value[WIDTH_MAX] = {0}, ours[WIDTH_MAX], secret[WIDTH_MAX];
        value[k->request_bytes - 1] = 2;
        assert_status(k->respond(c->user, camseal_span_of(value, k->request_bytes), ours, secret),
                      CAMSEAL_OK);
        assert_memory_equal(secret, ours, k->secret_bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_roles_agree_with_exponentiation),
        cmocka_unit_test(leading_zeros_are_kept),
        cmocka_unit_test(values_outside_the_range_are_refused),
        cmocka_unit_test(wrong_lengths_are_refused),
        cmocka_unit_test(the_generator_gives_our_public_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
