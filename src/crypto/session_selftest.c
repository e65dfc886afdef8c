/* Session port: is a provider's table whole, and does it compute what it must? */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "session_kat.h"

/* Sizes that the port fixes, indexed by id - 1. */
static const uint16_t digest_sizes[] = {32, 48, 64};
static const uint16_t aead_keys[] = {16, 32, 32};
static const struct {
    uint16_t request;
    uint16_t response;
    uint16_t secret;
} kex_sizes[] = {
    {64, 64, 32},    {96, 96, 48},     {132, 132, 66},   /* secp256r1, secp384r1, secp521r1 */
    {256, 256, 256}, {384, 384, 384},  {512, 512, 512},  /* FFDHE */
    {800, 768, 32},  {1184, 1088, 32}, {1568, 1568, 32}, /* ML-KEM */
};
static const uint16_t signature_sizes[] = {
    64, 96, 132, 64, 256, 384, 512, 256, 384, 512, 2420, 3309, 4627,
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool hash_is_whole(const camseal_hash *h)
{
    return h->id > CAMSEAL_HASH_NONE && (size_t)h->id <= COUNT(digest_sizes) && h->name &&
           h->digest_bytes == digest_sizes[h->id - 1] &&
           h->state_bytes <= CAMSEAL_HASH_STATE_BYTES && h->begin && h->update && h->finish &&
           h->clone && h->drop && h->hmac;
}

static bool aead_is_whole(const camseal_aead *a)
{
    return a->id > CAMSEAL_AEAD_NONE && (size_t)a->id <= COUNT(aead_keys) && a->name &&
           a->key_bytes == aead_keys[a->id - 1] && a->seal && a->open;
}

/* The ids and the room of this build bound all that is copied into the core's buffers. */
static bool kex_fits(const camseal_kex *k)
{
    return k->id > CAMSEAL_KEX_NONE && (size_t)k->id <= COUNT(kex_sizes) &&
           k->request_bytes == kex_sizes[k->id - 1].request &&
           k->response_bytes == kex_sizes[k->id - 1].response &&
           k->secret_bytes == kex_sizes[k->id - 1].secret &&
           k->request_bytes <= CAMSEAL_KEX_PUBLIC_MAX &&
           k->response_bytes <= CAMSEAL_KEX_PUBLIC_MAX && k->secret_bytes <= CAMSEAL_KEX_SECRET_MAX;
}

static bool kex_is_whole(const camseal_kex *k)
{
    return kex_fits(k) && k->name && k->state_bytes <= CAMSEAL_KEX_STATE_BYTES && k->start &&
           k->respond && k->finish && k->drop;
}

static bool sign_is_whole(const camseal_sign *s)
{
    bool has_contexts = s->id >= CAMSEAL_SIGN_ML_DSA_44;
    return s->id > CAMSEAL_SIGN_NONE && (size_t)s->id <= COUNT(signature_sizes) && s->name &&
           s->signature_bytes == signature_sizes[s->id - 1] &&
           s->signature_bytes <= CAMSEAL_SIGNATURE_MAX && s->sign && s->verify &&
           (s->verify_context != NULL) == has_contexts;
}

/* A table without any hash is useless; the other lists may be empty (a device that only knows PSK).
 */
static bool lists_are_there(const camseal_crypto *c)
{
    return c->hashes && c->n_hashes && (c->aeads || !c->n_aeads) && (c->kexes || !c->n_kexes) &&
           (c->signs || !c->n_signs);
}

/* Lookup finds the first of an id, so a second one would never be tested. */
static bool table_is_whole(const camseal_crypto *c)
{
    if (!c || c->abi != CAMSEAL_CRYPTO_ABI || !c->name || !c->random || !c->chain ||
        !lists_are_there(c))
        return false;
    for (size_t i = 0; i < c->n_hashes; i++) {
        if (!hash_is_whole(&c->hashes[i]) ||
            camseal_crypto_hash(c, c->hashes[i].id) != &c->hashes[i])
            return false;
    }
    for (size_t i = 0; i < c->n_aeads; i++) {
        if (!aead_is_whole(&c->aeads[i]) || camseal_crypto_aead(c, c->aeads[i].id) != &c->aeads[i])
            return false;
    }
    for (size_t i = 0; i < c->n_kexes; i++) {
        if (!kex_is_whole(&c->kexes[i]) || camseal_crypto_kex(c, c->kexes[i].id) != &c->kexes[i])
            return false;
    }
    for (size_t i = 0; i < c->n_signs; i++) {
        if (!sign_is_whole(&c->signs[i]) || camseal_crypto_sign(c, c->signs[i].id) != &c->signs[i])
            return false;
    }
    return true;
}

static camseal_status same(const void *a, const void *b, size_t n)
{
    return camseal_equal_ct(a, b, n) ? CAMSEAL_OK : CAMSEAL_E_SELFTEST;
}

/* "abc" in two pieces, forked in between: both branches must give the digest. */
static camseal_status hash_forked(void *user, const camseal_hash *h, camseal_hash_state *state,
                                  camseal_hash_state *fork)
{
    uint8_t digest[CAMSEAL_HASH_MAX];
    const uint8_t *expected = kat_hashes[h->id - 1].digest;
    CAMSEAL_TRY(h->begin(user, state));
    CAMSEAL_TRY(h->update(user, state, camseal_span_of(kat_abc, 1)));
    CAMSEAL_TRY(h->clone(user, fork, state));
    CAMSEAL_TRY(h->update(user, state, camseal_span_of(kat_abc + 1, 2)));
    CAMSEAL_TRY(h->update(user, fork, camseal_span_of(kat_abc + 1, 2)));
    CAMSEAL_TRY(h->finish(user, state, digest));
    CAMSEAL_TRY(same(digest, expected, h->digest_bytes));
    CAMSEAL_TRY(h->finish(user, fork, digest));
    return same(digest, expected, h->digest_bytes);
}

static camseal_status test_hash(void *user, const camseal_hash *h)
{
    camseal_hash_state state = {{0}};
    camseal_hash_state fork = {{0}};
    camseal_status status = hash_forked(user, h, &state, &fork);
    h->drop(user, &fork);
    h->drop(user, &state);
    return status;
}

static camseal_status test_hmac(void *user, const camseal_hash *h)
{
    uint8_t mac[CAMSEAL_HASH_MAX];
    const camseal_span parts[] = {
        camseal_span_of(kat_hmac_data, 5),
        camseal_span_of(kat_hmac_data + 5, sizeof kat_hmac_data - 1 - 5),
    };
    CAMSEAL_TRY(h->hmac(user, camseal_span_of(kat_hmac_key, sizeof kat_hmac_key), parts, 2, mac));
    return same(mac, kat_hashes[h->id - 1].mac, h->digest_bytes);
}

static void count_up(uint8_t *out, size_t n, uint8_t first)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(first + i);
}

static camseal_status test_aead(void *user, const camseal_aead *a)
{
    static const uint8_t zeros[KAT_TEXT_BYTES];
    const uint8_t *expected = kat_aead[a->id - 1];
    uint8_t key[CAMSEAL_AEAD_KEY_MAX];
    uint8_t iv[CAMSEAL_AEAD_IV_BYTES];
    uint8_t plain[KAT_TEXT_BYTES];
    uint8_t text[KAT_TEXT_BYTES];
    uint8_t tag[CAMSEAL_AEAD_TAG_BYTES];
    const camseal_span aad = camseal_span_of(kat_aad, sizeof kat_aad - 1);
    const camseal_span key_span = camseal_span_of(key, a->key_bytes);
    const camseal_span in_place = camseal_span_of(text, sizeof text);
    count_up(key, sizeof key, 0);
    count_up(iv, sizeof iv, 0x40);
    count_up(plain, sizeof plain, 0x80);

    CAMSEAL_TRY(a->seal(user, key_span, iv, aad, camseal_span_of(plain, sizeof plain), text, tag));
    CAMSEAL_TRY(same(text, expected, sizeof text));
    CAMSEAL_TRY(same(tag, expected + sizeof text, sizeof tag));
    CAMSEAL_TRY(a->open(user, key_span, iv, aad, in_place, text, tag));
    CAMSEAL_TRY(same(text, plain, sizeof text));
    tag[sizeof tag - 1] ^= 1;
    if (a->open(user, key_span, iv, aad, in_place, text, tag) != CAMSEAL_E_AUTH)
        return CAMSEAL_E_SELFTEST;
    return same(text, zeros, sizeof text);
}

struct exchange {
    uint8_t request[CAMSEAL_KEX_PUBLIC_MAX];
    uint8_t response[CAMSEAL_KEX_PUBLIC_MAX];
    uint8_t ours[CAMSEAL_KEX_SECRET_MAX];
    uint8_t theirs[CAMSEAL_KEX_SECRET_MAX];
};

static camseal_status exchange_with_itself(void *user, const camseal_kex *k,
                                           camseal_kex_state *state, struct exchange *x)
{
    CAMSEAL_TRY(k->start(user, state, x->request));
    CAMSEAL_TRY(
        k->respond(user, camseal_span_of(x->request, k->request_bytes), x->response, x->theirs));
    CAMSEAL_TRY(k->finish(user, state, camseal_span_of(x->response, k->response_bytes), x->ours));
    if (k->request_bytes == k->response_bytes &&
        camseal_equal_ct(x->request, x->response, k->request_bytes))
        return CAMSEAL_E_SELFTEST;
    return same(x->ours, x->theirs, k->secret_bytes);
}

static camseal_status test_kex(void *user, const camseal_kex *k)
{
    camseal_kex_state state = {{0}};
    struct exchange x;
    memset(&x, 0, sizeof x);
    camseal_status status = exchange_with_itself(user, k, &state, &x);
    k->drop(user, &state);
    camseal_wipe(&x, sizeof x);
    return status;
}

/* Two draws that are equal come from a generator that is stuck. */
static camseal_status test_random(const camseal_crypto *c)
{
    uint8_t draws[2][16];
    memset(draws, 0, sizeof draws);
    CAMSEAL_TRY(c->random(c->user, draws[0], sizeof draws[0]));
    CAMSEAL_TRY(c->random(c->user, draws[1], sizeof draws[1]));
    bool stuck = camseal_equal_ct(draws[0], draws[1], sizeof draws[0]);
    camseal_wipe(draws, sizeof draws);
    return stuck ? CAMSEAL_E_SELFTEST : CAMSEAL_OK;
}

camseal_status camseal_crypto_selftest(const camseal_crypto *crypto)
{
    if (!table_is_whole(crypto))
        return CAMSEAL_E_ARGUMENT;
    for (size_t i = 0; i < crypto->n_hashes; i++) {
        CAMSEAL_TRY(test_hash(crypto->user, &crypto->hashes[i]));
        CAMSEAL_TRY(test_hmac(crypto->user, &crypto->hashes[i]));
    }
    for (size_t i = 0; i < crypto->n_aeads; i++)
        CAMSEAL_TRY(test_aead(crypto->user, &crypto->aeads[i]));
    for (size_t i = 0; i < crypto->n_kexes; i++)
        CAMSEAL_TRY(test_kex(crypto->user, &crypto->kexes[i]));
    return test_random(crypto);
}
