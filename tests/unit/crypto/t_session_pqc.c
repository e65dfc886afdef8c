/* ML-DSA and ML-KEM by the OpenSSL provider; needs libcrypto 3.5. Judges: operations of libcrypto
 * that the test asks for itself, and the rules of FIPS 203 and 204. */
#include "test.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>

#include "camseal/openssl.h"

#define SPKI_MAX 2700u

static const uint8_t message[] = "prefix || transcript hash";
static const camseal_span text = {message, sizeof message};

/* ---- ML-KEM ---------------------------------------------------------------------------------- */

static void libcrypto_decapsulates_what_we_send(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (int id = CAMSEAL_KEX_ML_KEM_512; id <= CAMSEAL_KEX_ML_KEM_1024; id++) {
        const camseal_kex *k = camseal_crypto_kex(c, (camseal_kex_id)id);
        uint8_t request[CAMSEAL_KEX_PUBLIC_MAX], response[CAMSEAL_KEX_PUBLIC_MAX];
        uint8_t secret[32], want[32];
        size_t len = 0;
        EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, k->name);
        assert_int_equal(EVP_PKEY_get_raw_public_key(key, NULL, &len), 1);
        assert_int_equal(len, k->request_bytes);
        assert_int_equal(EVP_PKEY_get_raw_public_key(key, request, &len), 1);
        assert_status(k->respond(c->user, camseal_span_of(request, len), response, secret),
                      CAMSEAL_OK);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        len = sizeof want;
        assert_int_equal(EVP_PKEY_decapsulate_init(ctx, NULL), 1);
        assert_int_equal(EVP_PKEY_decapsulate(ctx, want, &len, response, k->response_bytes), 1);
        assert_memory_equal(secret, want, 32);
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(key);
    }
}

static void we_decapsulate_what_libcrypto_sends(void **state)
{
    (void)state;
    const camseal_crypto *c = camseal_openssl();
    for (int id = CAMSEAL_KEX_ML_KEM_512; id <= CAMSEAL_KEX_ML_KEM_1024; id++) {
        const camseal_kex *k = camseal_crypto_kex(c, (camseal_kex_id)id);
        uint8_t request[CAMSEAL_KEX_PUBLIC_MAX], response[CAMSEAL_KEX_PUBLIC_MAX];
        uint8_t secret[32], want[32];
        size_t len = sizeof response, secret_len = sizeof want;
        camseal_kex_state s;
        assert_status(k->start(c->user, &s, request), CAMSEAL_OK);
        EVP_PKEY *key =
            EVP_PKEY_new_raw_public_key_ex(NULL, k->name, NULL, request, k->request_bytes);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        assert_int_equal(EVP_PKEY_encapsulate_init(ctx, NULL), 1);
        assert_int_equal(EVP_PKEY_encapsulate(ctx, response, &len, want, &secret_len), 1);
        assert_int_equal(len, k->response_bytes);
        assert_status(k->finish(c->user, &s, camseal_span_of(response, len), secret), CAMSEAL_OK);
        assert_memory_equal(secret, want, 32);
        response[len / 2] ^= 1; /* implicit rejection: another secret, no failure */
        assert_status(k->finish(c->user, &s, camseal_span_of(response, len), secret), CAMSEAL_OK);
        assert_memory_not_equal(secret, want, 32);
        k->drop(c->user, &s);
        assert_status(k->finish(c->user, &s, camseal_span_of(response, len), secret),
                      CAMSEAL_E_STATE);
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(key);
    }
}

static void bad_values_are_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[CAMSEAL_KEX_PUBLIC_MAX];
    const camseal_crypto *c = camseal_openssl();
    for (int id = CAMSEAL_KEX_ML_KEM_512; id <= CAMSEAL_KEX_ML_KEM_1024; id++) {
        const camseal_kex *k = camseal_crypto_kex(c, (camseal_kex_id)id);
        uint8_t request[CAMSEAL_KEX_PUBLIC_MAX + 1], response[CAMSEAL_KEX_PUBLIC_MAX + 1] = {0};
        uint8_t secret[32];
        camseal_kex_state s;
        assert_status(k->start(c->user, &s, request), CAMSEAL_OK);
        const size_t requests[] = {0, 1, 32, k->request_bytes - 1u, k->request_bytes + 1u};
        const size_t responses[] = {0, 1, 32, k->response_bytes - 1u, k->response_bytes + 1u};
        for (size_t i = 0; i < 5; i++) {
            memset(response, 0xAA, sizeof response);
            memset(secret, 0xAA, sizeof secret);
            assert_status(
                k->respond(c->user, camseal_span_of(request, requests[i]), response, secret),
                CAMSEAL_E_FORMAT);
            assert_memory_equal(response, zeros, k->response_bytes);
            assert_memory_equal(secret, zeros, 32);
            assert_status(k->finish(c->user, &s, camseal_span_of(response, responses[i]), secret),
                          CAMSEAL_E_FORMAT);
        }
        request[0] = 0xFF; /* first coefficient 4095: not below q = 3329 */
        request[1] |= 0x0F;
        assert_status(
            k->respond(c->user, camseal_span_of(request, k->request_bytes), response, secret),
            CAMSEAL_E_FORMAT);
        k->drop(c->user, &s);
    }
}

/* ---- ML-DSA ---------------------------------------------------------------------------------- */

struct identity {
    EVP_PKEY *pkey;
    camseal_key_ref key;
    uint8_t spki[SPKI_MAX];
    size_t spki_len;
};

static void make(struct identity *id, const camseal_sign *alg)
{
    unsigned char *der = NULL, *at = id->spki;
    camseal_sign_id kind;
    id->pkey = EVP_PKEY_Q_keygen(NULL, NULL, alg->name);
    int len = i2d_PrivateKey(id->pkey, &der);
    assert_status(camseal_openssl_key_load(&id->key, &kind, camseal_span_of(der, (size_t)len)),
                  CAMSEAL_OK);
    assert_int_equal(kind, alg->id);
    OPENSSL_free(der);
    assert_in_range(i2d_PUBKEY(id->pkey, NULL), 1000, SPKI_MAX);
    id->spki_len = (size_t)i2d_PUBKEY(id->pkey, &at);
}

static void unmake(struct identity *id)
{
    camseal_openssl_key_free(&id->key);
    EVP_PKEY_free(id->pkey);
}

static camseal_status sign_in(const camseal_sign *alg, const struct identity *id,
                              const char *context, uint8_t *signature)
{
    camseal_sign_job job = {.hash = CAMSEAL_HASH_SHA384,
                            .key = id->key,
                            .message = text,
                            .signature = signature,
                            .context = camseal_span_of(context, strlen(context))};
    return alg->sign(camseal_openssl()->user, &job);
}

static camseal_status verify_in(const camseal_sign *alg, const struct identity *id,
                                const char *context, const uint8_t *signature, size_t len)
{
    return alg->verify_context(camseal_openssl()->user, camseal_span_of(context, strlen(context)),
                               camseal_span_of(id->spki, id->spki_len), text,
                               camseal_span_of(signature, len));
}

static int libcrypto_verifies(const struct identity *id, const char *context,
                              const uint8_t *signature, size_t len)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%s", context);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string("context-string", copy, strlen(copy)),
        OSSL_PARAM_construct_end(),
    };
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, id->pkey, params), 1);
    int answer = EVP_DigestVerify(ctx, signature, len, text.data, text.len);
    EVP_MD_CTX_free(ctx);
    return answer;
}

static void a_signature_holds_in_its_context_only(void **state)
{
    (void)state;
    static const char *const contexts[] = {"", "responder-challenge_auth signing",
                                           "requester-finish signing"};
    const camseal_crypto *c = camseal_openssl();
    for (int sign = CAMSEAL_SIGN_ML_DSA_44; sign <= CAMSEAL_SIGN_ML_DSA_87; sign++) {
        const camseal_sign *alg = camseal_crypto_sign(c, (camseal_sign_id)sign);
        const size_t n = alg->signature_bytes;
        struct identity id;
        uint8_t signature[CAMSEAL_SIGNATURE_MAX];
        make(&id, alg);
        for (size_t s = 0; s < 3; s++) {
            assert_status(sign_in(alg, &id, contexts[s], signature), CAMSEAL_OK);
            for (size_t v = 0; v < 3; v++) {
                assert_status(verify_in(alg, &id, contexts[v], signature, n),
                              s == v ? CAMSEAL_OK : CAMSEAL_E_SIGNATURE);
                assert_int_equal(libcrypto_verifies(&id, contexts[v], signature, n) == 1, s == v);
            }
            assert_status(
                alg->verify(c->user, CAMSEAL_HASH_NONE, camseal_span_of(id.spki, id.spki_len), text,
                            camseal_span_of(signature, n)),
                s == 0 ? CAMSEAL_OK : CAMSEAL_E_SIGNATURE);
        }
        unmake(&id);
    }
}

static void damage_is_noticed(void **state)
{
    (void)state;
    static const uint8_t zeros[CAMSEAL_SIGNATURE_MAX];
    const camseal_crypto *c = camseal_openssl();
    for (int sign = CAMSEAL_SIGN_ML_DSA_44; sign <= CAMSEAL_SIGN_ML_DSA_87; sign++) {
        const camseal_sign *alg = camseal_crypto_sign(c, (camseal_sign_id)sign);
        const camseal_sign *other =
            camseal_crypto_sign(c, sign == CAMSEAL_SIGN_ML_DSA_87 ? CAMSEAL_SIGN_ML_DSA_44
                                                                  : (camseal_sign_id)(sign + 1));
        const size_t n = alg->signature_bytes;
        struct identity id, second;
        uint8_t signature[CAMSEAL_SIGNATURE_MAX + 1] = {0};
        char long_context[257];
        make(&id, alg);
        make(&second, alg);
        assert_status(sign_in(alg, &id, "x", signature), CAMSEAL_OK);
        for (size_t byte = 0; byte < n; byte += 61) {
            signature[byte] ^= (uint8_t)(1u << byte % 8);
            assert_status(verify_in(alg, &id, "x", signature, n), CAMSEAL_E_SIGNATURE);
            signature[byte] ^= (uint8_t)(1u << byte % 8);
        }
        const size_t lengths[] = {0, 1, n - 1, n + 1};
        for (size_t l = 0; l < 4; l++)
            assert_status(verify_in(alg, &id, "x", signature, lengths[l]), CAMSEAL_E_SIGNATURE);
        assert_status(verify_in(alg, &second, "x", signature, n), CAMSEAL_E_SIGNATURE);
        assert_status(verify_in(other, &id, "x", signature,
                                other->signature_bytes <= n ? other->signature_bytes : n),
                      other->signature_bytes <= n ? CAMSEAL_E_FORMAT : CAMSEAL_E_SIGNATURE);
        memset(signature, 0xAA, sizeof signature);
        assert_status(sign_in(other, &id, "x", signature), CAMSEAL_E_KEY);
        memset(long_context, 'c', 256);
        long_context[256] = 0;
        assert_status(sign_in(alg, &id, long_context, signature), CAMSEAL_E_CRYPTO);
        assert_memory_equal(signature, zeros, n);
        long_context[255] = 0;
        assert_status(sign_in(alg, &id, long_context, signature), CAMSEAL_OK);
        assert_status(verify_in(alg, &id, long_context, signature, n), CAMSEAL_OK);
        unmake(&id);
        unmake(&second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libcrypto_decapsulates_what_we_send),
        cmocka_unit_test(we_decapsulate_what_libcrypto_sends),
        cmocka_unit_test(bad_values_are_refused),
        cmocka_unit_test(a_signature_holds_in_its_context_only),
        cmocka_unit_test(damage_is_noticed),
    };
    if (*camseal_openssl_lacks()) {
        printf("libcrypto lacks %s; ", camseal_openssl_lacks());
        test_skip_program("ML-DSA and ML-KEM come with libcrypto 3.5");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
