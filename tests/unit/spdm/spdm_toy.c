/* The toy provider. Its state is global: tests are single-threaded. */
#include "spdm_toy.h"

#include <string.h>

#include "camseal/openssl.h"

const uint8_t toy_certificate[64] = {0x30, 62, 'T', 'o', 'y'};

static uint64_t state;
static unsigned delay_signatures, delay_chains;
static bool lax;
static size_t calls, fail_at = SIZE_MAX;
static uint8_t last_secret[CAMSEAL_KEX_SECRET_MAX];
static size_t last_secret_len;
static camseal_crypto real, toy;
static camseal_hash hashes[4];
static camseal_aead aeads[4];
static camseal_kex kexes[2];
static camseal_sign signs[2];

void toy_delay(unsigned signatures, unsigned chains)
{
    delay_signatures = signatures;
    delay_chains = chains;
}

void toy_lax(bool on)
{
    lax = on;
}

size_t toy_fail_at(size_t n)
{
    size_t before = calls;
    calls = 0;
    fail_at = n;
    return before;
}

camseal_span toy_last_secret(void)
{
    return camseal_span_of(last_secret, last_secret_len);
}

static camseal_status tick(void)
{
    return calls++ == fail_at ? CAMSEAL_E_CRYPTO : CAMSEAL_OK;
}

static void draw(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(state >> 56);
    }
}

static camseal_status toy_random(void *user, uint8_t *out, size_t len)
{
    (void)user;
    if (tick() != CAMSEAL_OK)
        return CAMSEAL_E_RANDOM;
    draw(out, len);
    return CAMSEAL_OK;
}

/* ---- hashes and AEAD: the real ones, counted ------------------------------------------------ */

static camseal_status (*real_begin[4])(void *, camseal_hash_state *);
#define COUNTED(i)                                                               \
    static camseal_status begin_##i(void *user, camseal_hash_state *s)           \
    {                                                                            \
        return tick() == CAMSEAL_OK ? real_begin[i](user, s) : CAMSEAL_E_CRYPTO; \
    }
COUNTED(0)
COUNTED(1)
COUNTED(2)
static camseal_status (*const counted_begin[3])(void *, camseal_hash_state *) = {begin_0, begin_1,
                                                                                 begin_2};

static const camseal_hash *real_hash(void)
{
    return &real.hashes[0];
}

static camseal_status counted_clone(void *user, camseal_hash_state *out,
                                    const camseal_hash_state *from)
{
    return tick() == CAMSEAL_OK ? real_hash()->clone(user, out, from) : CAMSEAL_E_CRYPTO;
}

static camseal_status counted_update(void *user, camseal_hash_state *s, camseal_span data)
{
    return tick() == CAMSEAL_OK ? real_hash()->update(user, s, data) : CAMSEAL_E_CRYPTO;
}

static camseal_status digest(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out)
{
    const camseal_hash *h = camseal_crypto_hash(&real, CAMSEAL_HASH_SHA512);
    const camseal_span data[2] = {camseal_span_of(a, na), camseal_span_of(b, nb)};
    return h->hmac(real.user, camseal_span_of("toy", 3), data, 2, out);
}

/* ---- key exchange: both public values, sorted, hashed --------------------------------------- */

static const camseal_kex *descriptor(size_t i)
{
    return &kexes[i];
}

static void make_public(uint8_t *out, size_t n)
{
    draw(out, n);
    out[0] &= 0x7F;
}

static camseal_status combine(size_t i, const uint8_t *request, const uint8_t *response,
                              uint8_t *secret)
{
    uint8_t full[CAMSEAL_HASH_MAX];
    camseal_status status = digest(request, descriptor(i)->request_bytes, response,
                                   descriptor(i)->response_bytes, full);
    memcpy(secret, full, descriptor(i)->secret_bytes);
    last_secret_len = descriptor(i)->secret_bytes;
    memcpy(last_secret, secret, last_secret_len);
    return status;
}

/* Public values with the top bit set are "not on the curve". */
static bool on_curve(camseal_span value)
{
    return value.data[0] < 0x80;
}

static camseal_status start_any(size_t i, camseal_kex_state *s, uint8_t *request)
{
    if (tick() != CAMSEAL_OK)
        return CAMSEAL_E_CRYPTO;
    make_public(request, descriptor(i)->request_bytes);
    memcpy(s->opaque, request, descriptor(i)->request_bytes);
    return CAMSEAL_OK;
}

static camseal_status respond_any(size_t i, camseal_span request, uint8_t *response,
                                  uint8_t *secret)
{
    if (tick() != CAMSEAL_OK)
        return CAMSEAL_E_CRYPTO;
    if (request.len != descriptor(i)->request_bytes || !on_curve(request))
        return CAMSEAL_E_FORMAT;
    make_public(response, descriptor(i)->response_bytes);
    return combine(i, request.data, response, secret);
}

static camseal_status finish_any(size_t i, const camseal_kex_state *s, camseal_span response,
                                 uint8_t *secret)
{
    if (tick() != CAMSEAL_OK)
        return CAMSEAL_E_CRYPTO;
    if (response.len != descriptor(i)->response_bytes || !on_curve(response))
        return CAMSEAL_E_FORMAT;
    return combine(i, (const uint8_t *)s->opaque, response.data, secret);
}

static void drop_kex(void *user, camseal_kex_state *s)
{
    (void)user;
    memset(s, 0, sizeof *s);
}

#define KEX(i)                                                                             \
    static camseal_status start_##i(void *u, camseal_kex_state *s, uint8_t *request)       \
    {                                                                                      \
        (void)u;                                                                           \
        return start_any(i, s, request);                                                   \
    }                                                                                      \
    static camseal_status respond_##i(void *u, camseal_span request, uint8_t *response,    \
                                      uint8_t *secret)                                     \
    {                                                                                      \
        (void)u;                                                                           \
        return respond_any(i, request, response, secret);                                  \
    }                                                                                      \
    static camseal_status finish_##i(void *u, camseal_kex_state *s, camseal_span response, \
                                     uint8_t *secret)                                      \
    {                                                                                      \
        (void)u;                                                                           \
        return finish_any(i, s, response, secret);                                         \
    }
KEX(0)
KEX(1)

/* ---- signatures: a keyed hash of the message ------------------------------------------------ */

static camseal_status tag(size_t n, camseal_span message, uint8_t *out)
{
    uint8_t full[2 * CAMSEAL_HASH_MAX];
    camseal_status status = digest(message.data, message.len, (const uint8_t *)"a", 1, full);
    if (status == CAMSEAL_OK)
        status =
            digest(message.data, message.len, (const uint8_t *)"b", 1, full + CAMSEAL_HASH_MAX);
    memcpy(out, full, n);
    return status;
}

static camseal_status sign_any(size_t i, camseal_sign_job *job)
{
    if (tick() != CAMSEAL_OK)
        return CAMSEAL_E_CRYPTO;
    if (job->scratch[0]++ < delay_signatures)
        return CAMSEAL_PENDING;
    return tag(signs[i].signature_bytes, job->message, job->signature);
}

static camseal_status verify_any(size_t i, camseal_span message, camseal_span signature)
{
    uint8_t expected[2 * CAMSEAL_HASH_MAX];
    if (tick() != CAMSEAL_OK)
        return CAMSEAL_E_CRYPTO;
    camseal_status status = tag(signs[i].signature_bytes, message, expected);
    if (status != CAMSEAL_OK)
        return status;
    bool same = signature.len == signs[i].signature_bytes &&
                (lax || memcmp(signature.data, expected, signature.len) == 0);
    return same ? CAMSEAL_OK : CAMSEAL_E_SIGNATURE;
}

#define SIGN(i)                                                                     \
    static camseal_status sign_##i(void *u, camseal_sign_job *job)                  \
    {                                                                               \
        (void)u;                                                                    \
        return sign_any(i, job);                                                    \
    }                                                                               \
    static camseal_status verify_##i(void *u, camseal_hash_id h, camseal_span spki, \
                                     camseal_span message, camseal_span signature)  \
    {                                                                               \
        (void)u;                                                                    \
        (void)h;                                                                    \
        (void)spki;                                                                 \
        return verify_any(i, message, signature);                                   \
    }
SIGN(0)
SIGN(1)

/* ---- chains: an anchor is the chain --------------------------------------------------------- */

static size_t find_anchor(const camseal_chain_job *job)
{
    size_t i = 0;
    while (i < job->n_anchors && (job->chain.len != job->anchors[i].len ||
                                  memcmp(job->chain.data, job->anchors[i].data, job->chain.len)))
        i++;
    return i;
}

static camseal_status toy_chain(void *user, camseal_chain_job *job)
{
    (void)user;
    if (tick() != CAMSEAL_OK)
        return CAMSEAL_E_CRYPTO;
    if (job->scratch[0]++ < delay_chains)
        return CAMSEAL_PENDING;
    job->anchor = find_anchor(job);
    if (job->anchor == job->n_anchors) {
        job->detail = "not the toy certificate";
        return CAMSEAL_E_UNTRUSTED;
    }
    job->first = job->leaf = job->leaf_spki = job->chain;
    job->certificates = 1;
    /* Good for either set: the key is of the algorithm that the anchor's byte 5 names. */
    job->leaf_key = job->chain.data[5] ? CAMSEAL_SIGN_ECDSA_P384 : CAMSEAL_SIGN_ECDSA_P256;
    job->leaf_flags = CAMSEAL_CHAIN_X509_V3 | CAMSEAL_CHAIN_HAS_KEY_USAGE |
                      CAMSEAL_CHAIN_DIGITAL_SIGNATURE | CAMSEAL_CHAIN_HAS_BASIC_CONSTRAINTS;
    return CAMSEAL_OK;
}

const camseal_crypto *toy_crypto(uint64_t seed)
{
    real = *camseal_openssl();
    toy = real;
    state = seed;
    calls = 0;
    fail_at = SIZE_MAX;
    delay_signatures = delay_chains = 0;
    lax = false;
    for (size_t i = 0; i < real.n_hashes && i < 3; i++) {
        hashes[i] = real.hashes[i];
        real_begin[i] = hashes[i].begin;
        hashes[i].begin = counted_begin[i];
        hashes[i].clone = counted_clone;
        hashes[i].update = counted_update;
    }
    toy.hashes = hashes;
    toy.n_hashes = real.n_hashes < 3 ? real.n_hashes : 3;
    for (size_t i = 0; i < real.n_aeads && i < 4; i++)
        aeads[i] = real.aeads[i];
    toy.aeads = aeads;
    kexes[0] = *camseal_crypto_kex(&real, CAMSEAL_KEX_SECP256R1);
    kexes[1] = *camseal_crypto_kex(&real, CAMSEAL_KEX_SECP384R1);
    kexes[0].start = start_0;
    kexes[0].respond = respond_0;
    kexes[0].finish = finish_0;
    kexes[1].start = start_1;
    kexes[1].respond = respond_1;
    kexes[1].finish = finish_1;
    kexes[0].drop = kexes[1].drop = drop_kex;
    toy.kexes = kexes;
    toy.n_kexes = 2;
    signs[0] = *camseal_crypto_sign(&real, CAMSEAL_SIGN_ECDSA_P256);
    signs[1] = *camseal_crypto_sign(&real, CAMSEAL_SIGN_ECDSA_P384);
    signs[0].sign = sign_0;
    signs[0].verify = verify_0;
    signs[1].sign = sign_1;
    signs[1].verify = verify_1;
    toy.signs = signs;
    toy.n_signs = 2;
    toy.random = toy_random;
    toy.chain = toy_chain;
    return &toy;
}
