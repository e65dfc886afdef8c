/* Key exchange on the curves by the OpenSSL provider. Judge: libcrypto keys and derivations that
 * the test makes itself. */
#include "test.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "camseal/openssl.h"

enum { CURVES = 3 }; /* the first of the table */

static const char *const groups[] = {NULL, "P-256", "P-384", "P-521"};

static EVP_PKEY *own_key(const camseal_kex *k, uint8_t *xy)
{
    uint8_t point[1 + 132];
    size_t len = 0;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", groups[k->id]);
    assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
                                                     sizeof point, &len),
                     1);
    assert_int_equal(len, 1u + k->request_bytes);
    memcpy(xy, point + 1, k->request_bytes);
    return key;
}

static void own_derive(const camseal_kex *k, EVP_PKEY *key, const uint8_t *xy, uint8_t *secret)
{
    uint8_t point[1 + 132] = {4};
    char group[8];
    size_t len = 66;
    EVP_PKEY *peer = NULL;
    snprintf(group, sizeof group, "%s", groups[k->id]);
    memcpy(point + 1, xy, k->request_bytes);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1u + k->request_bytes),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *from = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    assert_int_equal(EVP_PKEY_fromdata_init(from), 1);
    assert_int_equal(EVP_PKEY_fromdata(from, &peer, EVP_PKEY_PUBLIC_KEY, params), 1);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
    assert_int_equal(EVP_PKEY_derive_set_peer(ctx, peer), 1);
    assert_int_equal(EVP_PKEY_derive(ctx, secret, &len), 1);
    assert_int_equal(len, k->secret_bytes);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_CTX_free(from);
    EVP_PKEY_free(peer);
}

static void both_roles_agree_with_libcrypto(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < CURVES; i++) {
        const camseal_kex *k = &c->kexes[i];
        uint8_t ours[132], theirs[132], secret[66], want[66];
        camseal_kex_state s;
        memset(&s, 0xEE, sizeof s);
        EVP_PKEY *key = own_key(k, theirs);
        assert_status(k->start(c->user, &s, ours), CAMSEAL_OK);
        assert_status(k->finish(c->user, &s, camseal_span_of(theirs, k->response_bytes), secret),
                      CAMSEAL_OK);
        own_derive(k, key, ours, want);
        assert_memory_equal(secret, want, k->secret_bytes);
        k->drop(c->user, &s);
        k->drop(c->user, &s);
        assert_status(k->respond(c->user, camseal_span_of(theirs, k->request_bytes), ours, secret),
                      CAMSEAL_OK);
        own_derive(k, key, ours, want);
        assert_memory_equal(secret, want, k->secret_bytes);
        EVP_PKEY_free(key);
    }
}

/* One exchange in 256 has a secret that begins with zero; it must keep its width. */
static void leading_zeros_of_the_secret_are_kept(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    const camseal_kex *k = camseal_crypto_kex(c, CAMSEAL_KEX_SECP256R1);
    uint8_t ours[64], theirs[64], secret[32], want[32];
    bool found = false;
    EVP_PKEY *key = own_key(k, theirs);
    for (int i = 0; i < 10000 && !found; i++) {
        assert_status(k->respond(c->user, camseal_span_of(theirs, 64), ours, secret), CAMSEAL_OK);
        found = secret[0] == 0;
    }
    assert_true(found);
    own_derive(k, key, ours, want);
    assert_memory_equal(secret, want, 32);
    EVP_PKEY_free(key);
}

static void expect_refused(const camseal_kex *k, const uint8_t *bytes, size_t len, const char *what)
{
    static const uint8_t zeros[132];
    const camseal_crypto *c = camseal_openssl();
    uint8_t response[132], secret[66], request[132];
    camseal_kex_state s;
    memset(response, 0xAA, sizeof response);
    memset(secret, 0xAA, sizeof secret);
    if (k->respond(c->user, camseal_span_of(bytes, len), response, secret) != CAMSEAL_E_FORMAT)
        fail_msg("%s: respond accepted %s", k->name, what);
    assert_memory_equal(response, zeros, k->response_bytes);
    assert_memory_equal(secret, zeros, k->secret_bytes);
    assert_status(k->start(c->user, &s, request), CAMSEAL_OK);
    memset(secret, 0xAA, sizeof secret);
    if (k->finish(c->user, &s, camseal_span_of(bytes, len), secret) != CAMSEAL_E_FORMAT)
        fail_msg("%s: finish accepted %s", k->name, what);
    assert_memory_equal(secret, zeros, k->secret_bytes);
    k->drop(c->user, &s);
}

/* Field primes, to make coordinates that are not reduced. */
static const char *const primes[] = {
    NULL,
    "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffff"
    "ff",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ff"
    "ffffffffffffffffffffffffffffffffffff",
};

static void bad_points_are_refused(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < CURVES; i++) {
        const camseal_kex *k = &c->kexes[i];
        const size_t n = k->request_bytes;
        uint8_t good[132], bad[1 + 132 + 1];
        EVP_PKEY_free(own_key(k, good));
        memset(bad, 0, sizeof bad);
        expect_refused(k, bad, n, "zeros (how infinity might look)");
        expect_refused(k, bad, 1, "one zero byte (infinity in SEC1)");
        expect_refused(k, NULL, 0, "nothing");
        memset(bad, 0xFF, sizeof bad);
        expect_refused(k, bad, n, "all ones");
        for (size_t bit = 0; bit < 8; bit++) {
            memcpy(bad, good, n);
            bad[n - 1] ^= (uint8_t)(1u << bit);
            expect_refused(k, bad, n, "a point off the curve (Y)");
            memcpy(bad, good, n);
            bad[n / 2 - 1] ^= (uint8_t)(1u << bit);
            expect_refused(k, bad, n, "a point off the curve (X)");
        }
        memcpy(bad, good, n);
        (void)test_hex(bad, n / 2, primes[k->id]);
        expect_refused(k, bad, n, "X = p");
        memcpy(bad, good, n);
        expect_refused(k, bad, n - 1, "a byte too few");
        expect_refused(k, bad, n + 1, "a byte too many");
        bad[0] = 4;
        memcpy(bad + 1, good, n);
        expect_refused(k, bad, n + 1, "a point with its SEC1 prefix");
        bad[0] = 2;
        expect_refused(k, bad, n / 2 + 1, "a compressed point");
        if (i + 1 < CURVES)
            expect_refused(&c->kexes[i + 1], good, n, "a point of another curve");
    }
}

static void finish_needs_a_start(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (size_t i = 0; i < CURVES; i++) {
        const camseal_kex *k = &c->kexes[i];
        camseal_kex_state s = {{0}};
        uint8_t xy[132], secret[66];
        EVP_PKEY_free(own_key(k, xy));
        k->drop(c->user, &s);
        assert_status(k->finish(c->user, &s, camseal_span_of(xy, k->response_bytes), secret),
                      CAMSEAL_E_STATE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_roles_agree_with_libcrypto),
        cmocka_unit_test(leading_zeros_of_the_secret_are_kept),
        cmocka_unit_test(bad_points_are_refused),
        cmocka_unit_test(finish_needs_a_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
