/* Shared secrets that begin with zero bytes: whole sessions in which one side's key exchange is the
 * provider's and the other side's is plain arithmetic of libcrypto, which looks for such a secret.
 * Whoever loses a zero derives other keys, and there is no session. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "camseal/openssl.h"
#include "spdm_pair.h"
#include "spdm_toy.h"
#include "test.h"

enum { WIDTH_MAX = 384, TRIES = 20000 };

static struct pair p;
static camseal_spdm_identity identity;
static camseal_spdm_policy policy;
static camseal_crypto crypto;
static camseal_kex kex;
static const camseal_kex *real;
static unsigned zeros_seen, extracted;
static uint8_t the_secret[WIDTH_MAX];

/* ---- libcrypto's arithmetic: one private number, x ------------------------------------------ */

static const struct group {
    camseal_kex_id id;
    int curve; /* NID; 0: FFDHE */
    const char *name;
} groups[] = {
    {CAMSEAL_KEX_SECP256R1, NID_X9_62_prime256v1, "P-256"},
    {CAMSEAL_KEX_SECP384R1, NID_secp384r1, "P-384"},
    {CAMSEAL_KEX_SECP521R1, NID_secp521r1, "P-521"},
    {CAMSEAL_KEX_FFDHE2048, 0, "ffdhe2048"},
    {CAMSEAL_KEX_FFDHE3072, 0, "ffdhe3072"},
};
static const struct group *group;

static EC_GROUP *curve;
static BIGNUM *prime, *x;
static BN_CTX *ctx;

static void begin_arithmetic(void)
{
    EVP_PKEY *key = NULL;
    ctx = BN_CTX_new();
    x = BN_new();
    assert_int_equal(BN_set_word(x, 1000003), 1);
    if (group->curve) {
        curve = EC_GROUP_new_by_curve_name(group->curve);
        return;
    }
    EVP_PKEY_CTX *generator = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    assert_int_equal(EVP_PKEY_keygen_init(generator), 1);
    assert_int_equal(EVP_PKEY_CTX_set_group_name(generator, group->name), 1);
    assert_int_equal(EVP_PKEY_generate(generator, &key), 1);
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &prime), 1);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(generator);
}

static void end_arithmetic(void)
{
    EC_GROUP_free(curve);
    BN_free(prime);
    BN_free(x);
    BN_CTX_free(ctx);
    curve = NULL;
    prime = x = NULL;
}

/* X || Y of a point, or the number: as SPDM carries them. */
static void put(const EC_POINT *point, const BIGNUM *number, uint8_t *out, size_t width)
{
    uint8_t sec1[1 + 2 * 66];
    if (number) {
        assert_int_equal(BN_bn2binpad(number, out, (int)width), width);
        return;
    }
    size_t n =
        EC_POINT_point2oct(curve, point, POINT_CONVERSION_UNCOMPRESSED, sec1, sizeof sec1, ctx);
    assert_true(n > width);
    memcpy(out, sec1 + 1, width); /* of a secret: X alone */
}

static EC_POINT *point_of(const uint8_t *xy)
{
    uint8_t sec1[1 + 2 * 66] = {4};
    EC_POINT *point = EC_POINT_new(curve);
    memcpy(sec1 + 1, xy, real->request_bytes);
    assert_int_equal(EC_POINT_oct2point(curve, point, sec1, 1u + real->request_bytes, ctx), 1);
    return point;
}

/* base^x, or x times base; NULL: of the generator. */
static void power(const uint8_t *base, uint8_t *out, size_t width)
{
    if (group->curve) {
        EC_POINT *b = base ? point_of(base) : NULL, *r = EC_POINT_new(curve);
        assert_int_equal(EC_POINT_mul(curve, r, b ? NULL : x, b, b ? x : NULL, ctx), 1);
        put(r, NULL, out, width);
        EC_POINT_free(r);
        EC_POINT_free(b);
        return;
    }
    BIGNUM *b = BN_new(), *r = BN_new();
    assert_int_equal(BN_set_word(b, 2), 1);
    if (base)
        assert_non_null(BN_bin2bn(base, real->request_bytes, b));
    assert_int_equal(BN_mod_exp(r, b, x, prime, ctx), 1);
    put(NULL, r, out, width);
    BN_free(r);
    BN_free(b);
}

/* Raises x until the secret with this public value begins with a zero. */
static void search(const uint8_t *base, uint8_t *secret)
{
    for (int i = 0; i < TRIES; i++) {
        power(base, secret, real->secret_bytes);
        if (secret[0] == 0)
            return;
        assert_int_equal(BN_add_word(x, 1), 1);
    }
    fail_msg("%s: no such secret", group->name);
}

/* ---- a key exchange of which one side is that ----------------------------------------------- */

static camseal_status plain_start(void *user, camseal_kex_state *s, uint8_t *request)
{
    (void)user;
    memset(s, 0, sizeof *s);
    power(NULL, request, real->request_bytes);
    return CAMSEAL_OK;
}

static camseal_status plain_finish(void *user, camseal_kex_state *s, camseal_span response,
                                   uint8_t *secret)
{
    (void)user, (void)s;
    power(response.data, secret, real->secret_bytes);
    zeros_seen += secret[0] == 0;
    return CAMSEAL_OK;
}

static void plain_drop(void *user, camseal_kex_state *s)
{
    (void)user, (void)s;
}

static camseal_status plain_respond(void *user, camseal_span request, uint8_t *response,
                                    uint8_t *secret)
{
    (void)user;
    search(request.data, secret);
    memcpy(the_secret, secret, real->secret_bytes);
    power(NULL, response, real->response_bytes);
    return CAMSEAL_OK;
}

/* The provider draws until it has such a secret. */
static camseal_status drawn_respond(void *user, camseal_span request, uint8_t *response,
                                    uint8_t *secret)
{
    for (int i = 0; i < TRIES; i++) {
        assert_status(real->respond(user, request, response, secret), CAMSEAL_OK);
        if (secret[0] == 0) {
            memcpy(the_secret, secret, real->secret_bytes);
            return CAMSEAL_OK;
        }
    }
    return CAMSEAL_E_CRYPTO;
}

static camseal_status watched_finish(void *user, camseal_kex_state *s, camseal_span response,
                                     uint8_t *secret)
{
    camseal_status status = real->finish(user, s, response, secret);
    zeros_seen += status == CAMSEAL_OK && secret[0] == 0;
    return status;
}

/* ---- what the key schedule takes in --------------------------------------------------------- */

static camseal_hash hashes[4];
static const camseal_hash *sha256;

static camseal_status watched_hmac(void *user, camseal_span key, const camseal_span *data, size_t n,
                                   uint8_t *mac)
{
    extracted += n == 1 && data[0].len == real->secret_bytes &&
                 memcmp(data[0].data, the_secret, data[0].len) == 0;
    return sha256->hmac(user, key, data, n, mac);
}

static void watch_hmac(void)
{
    assert_true(crypto.n_hashes <= 4);
    for (size_t i = 0; i < crypto.n_hashes; i++) {
        hashes[i] = crypto.hashes[i];
        if (hashes[i].id == CAMSEAL_HASH_SHA256) {
            sha256 = &crypto.hashes[i];
            hashes[i].hmac = watched_hmac;
        }
    }
    crypto.hashes = hashes;
}

/* ---- sessions ------------------------------------------------------------------------------- */

static void start(void)
{
    identity.chain = camseal_span_of(toy_certificate, sizeof toy_certificate);
    identity.sign = CAMSEAL_SIGN_ECDSA_P256;
    crypto = *toy_crypto(1);
    crypto.kexes = &kex;
    crypto.n_kexes = 1;
    watch_hmac();
    memset(&policy, 0, sizeof policy);
    policy.hash.allowed = CAMSEAL_SPDM_BIT(CAMSEAL_HASH_SHA256);
    policy.kex.allowed = CAMSEAL_SPDM_BIT(group->id);
    pair_config(&p, &crypto, &camseal_spdm_binding_tcp, identity.chain, &identity, 1);
    p.req_config.policy = p.rsp_config.policy = &policy;
    pair_start(&p);
}

static void one_session(void)
{
    uint8_t session, room[32];
    camseal_buf response = {room, sizeof room, 0};
    zeros_seen = extracted = 0;
    start();
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    assert_int_equal(zeros_seen, 1);
    assert_int_equal(extracted, 2); /* by either side, in full width */
    assert_int_equal(camseal_spdm_requester_info(p.req)->kex, group->id);
    assert_status(pair_vendor(&p, session, camseal_span_of("zero", 4), &response), CAMSEAL_OK);
    assert_memory_equal(room, "echo: zero", 10);
    assert_status(pair_end(&p, session), CAMSEAL_OK);
    pair_stop(&p);
}

static bool choose(size_t i)
{
    group = &groups[i];
    real = camseal_crypto_kex(camseal_openssl(), group->id);
    if (!real) {
        print_message("%s: not in this libcrypto\n", group->name);
        return false;
    }
    kex = *real;
    begin_arithmetic();
    return true;
}

static void the_requester_is_ours(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (!choose(i))
            continue;
        kex.respond = plain_respond;
        kex.finish = watched_finish;
        one_session();
        end_arithmetic();
    }
}

static void the_responder_is_ours(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (!choose(i))
            continue;
        kex.start = plain_start;
        kex.finish = plain_finish;
        kex.drop = plain_drop;
        kex.respond = drawn_respond;
        one_session();
        end_arithmetic();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_requester_is_ours),
        cmocka_unit_test(the_responder_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
