/* AES-CMAC, AES-GMAC and AES-CTR with AES-NI and PCLMULQDQ: eight blocks in flight, which hides the
 * latency of the AES unit. Plain 128-bit code. Knows AES and GHASH; jobs and spans are cmac.c's and
 * gmac.c's. Secrets stay in registers except where a wipe says otherwise. */
#include "x86.h"

#if defined(__x86_64__) && defined(__AES__) && defined(__PCLMUL__) && defined(__SSE4_1__)

#include <string.h>

#include <smmintrin.h>
#include <wmmintrin.h>

#include "../cmac.h"
#include "../gmac.h"
#include "base/secret.h"

#define WIDE 8u /* blocks in flight */

typedef struct aes_key {
    __m128i rk[15];
    uint32_t rounds; /* 10 or 14 */
} aes_key;

typedef struct cmac_key {
    camseal_priv_cmac_key head; /* first: the driver reads it */
    aes_key aes;
} cmac_key;

/* power[i] = H^(i+1), each divided by x (see multiply_add), and its two halves xored. */
typedef struct gmac_key {
    aes_key aes;
    __m128i power[WIDE];
    __m128i halves[WIDE];
} gmac_key;

_Static_assert(sizeof(gmac_key) <= CAMSEAL_BULK_KEY_MAX, "raise CAMSEAL_BULK_KEY_MAX");

static inline __m128i load(const void *p)
{
    return _mm_loadu_si128(p);
}

static inline void store(void *p, __m128i x)
{
    _mm_storeu_si128(p, x);
}

/* ---- AES ------------------------------------------------------------------------------------ */

/* S-box on the four bytes of a word: with four equal columns ShiftRows moves nothing. */
static uint32_t sub_word(uint32_t word)
{
    __m128i columns = _mm_set1_epi32((int)word);
    return (uint32_t)_mm_cvtsi128_si32(_mm_aesenclast_si128(columns, _mm_setzero_si128()));
}

/* FIPS 197 §5.2, words little-endian. */
static camseal_status aes_expand(void *expanded, const uint8_t *key, size_t key_len)
{
    aes_key *aes = expanded;
    uint32_t w[60];
    uint32_t round_constant = 1;
    size_t key_words = key_len / 4;

    if (key_len != 16 && key_len != 32)
        return CAMSEAL_E_ARGUMENT;
    memset(aes, 0, sizeof *aes);
    aes->rounds = (uint32_t)key_words + 6;
    memcpy(w, key, key_len);
    for (size_t i = key_words; i < 4 * (aes->rounds + 1u); i++) {
        uint32_t word = w[i - 1];
        if (i % 4 == 0)
            word = sub_word(word);
        if (i % key_words == 0) {
            word = (word >> 8 | word << 24) ^ round_constant;
            round_constant = (round_constant << 1) ^ (round_constant >> 7) * 0x11Bu;
        }
        w[i] = w[i - key_words] ^ word;
    }
    memcpy(aes->rk, w, 16 * (aes->rounds + 1u));
    camseal_wipe(w, sizeof w);
    return CAMSEAL_OK;
}

static inline __m128i encrypt(const aes_key *aes, __m128i x)
{
    x = _mm_xor_si128(x, aes->rk[0]);
    for (size_t round = 1; round < aes->rounds; round++)
        x = _mm_aesenc_si128(x, aes->rk[round]);
    return _mm_aesenclast_si128(x, aes->rk[aes->rounds]);
}

/* ---- CMAC ----------------------------------------------------------------------------------- */

static camseal_status cmac_expand(void *expanded, const uint8_t *key, size_t key_len)
{
    cmac_key *k = expanded;
    camseal_status status = aes_expand(&k->aes, key, key_len);
    if (status != CAMSEAL_OK)
        return status;
    memset(&k->head, 0, sizeof k->head);
    k->head.rounds = k->aes.rounds;
    store(k->head.k1, encrypt(&k->aes, _mm_setzero_si128()));
    camseal_priv_cmac_subkey(k->head.k1);
    return CAMSEAL_OK;
}

/* `width` is a constant of the caller, so that the loops over it unroll. Places beyond n repeat
 * lane 0 and are dropped. */
static inline void chain(camseal_priv_cmac_lane *const *lanes, size_t n, size_t blocks,
                         const size_t width)
{
    __m128i acc[WIDE];
    const uint8_t *run[WIDE];
    const __m128i *rk[WIDE];
    size_t rounds = lanes[0]->key->rounds;
    for (size_t i = 0; i < width; i++) {
        const camseal_priv_cmac_lane *lane = lanes[i < n ? i : 0];
        acc[i] = load(lane->acc);
        run[i] = lane->run;
        rk[i] = ((const cmac_key *)(const void *)lane->key)->aes.rk;
    }
    for (size_t at = 0; at < 16 * blocks; at += 16) {
        for (size_t i = 0; i < width; i++)
            acc[i] = _mm_xor_si128(acc[i], _mm_xor_si128(load(run[i] + at), rk[i][0]));
        for (size_t round = 1; round < rounds; round++)
            for (size_t i = 0; i < width; i++)
                acc[i] = _mm_aesenc_si128(acc[i], rk[i][round]);
        for (size_t i = 0; i < width; i++)
            acc[i] = _mm_aesenclast_si128(acc[i], rk[i][rounds]);
    }
    for (size_t i = 0; i < width; i++)
        if (i < n)
            store(lanes[i]->acc, acc[i]);
}

static void cmac_chain(camseal_priv_cmac_lane *const *lanes, size_t n, size_t blocks)
{
    if (n == 1)
        chain(lanes, n, blocks, 1);
    else if (n <= 4)
        chain(lanes, n, blocks, 4);
    else
        chain(lanes, n, blocks, WIDE);
}

static const camseal_priv_cmac_kernel cmac_kernel = {WIDE, cmac_chain};

static void cmac_many(camseal_mac_job *jobs, size_t n)
{
    camseal_priv_cmac_lane lanes[WIDE];
    camseal_priv_cmac_many(&cmac_kernel, lanes, jobs, n);
}

/* ---- GMAC ----------------------------------------------------------------------------------- */

/* A block as an integer with the coefficient of x^i in bit 127 - i, and back. */
static inline __m128i reverse_bytes(__m128i x)
{
    return _mm_shuffle_epi8(x, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

static inline __m128i xor_halves(__m128i x)
{
    return _mm_xor_si128(x, _mm_shuffle_epi32(x, 0x4E));
}

/* A product of 256 bits that is not yet reduced: low, high, and Karatsuba's middle part. */
typedef struct product {
    __m128i low, high, middle;
} product;

/* The product of two reversed integers comes out one bit too low; since every power of H is kept
 * divided by x, which is one bit higher, nothing has to be shifted here. */
static inline void multiply_add(product *p, __m128i x, __m128i power, __m128i halves)
{
    p->low = _mm_xor_si128(p->low, _mm_clmulepi64_si128(x, power, 0x00));
    p->high = _mm_xor_si128(p->high, _mm_clmulepi64_si128(x, power, 0x11));
    p->middle = _mm_xor_si128(p->middle, _mm_clmulepi64_si128(xor_halves(x), halves, 0x00));
}

/* The powers from x^128 on lie in the low half; x^128 = x^7 + x^2 + x + 1, 64 bits at a time. The
 * multiplication shifts right by 1, 2 and 7; the exchange of halves adds the unshifted bits. */
static inline __m128i reduce(const product *p)
{
    const __m128i poly = _mm_set_epi64x(0, (long long)0xC200000000000000u);
    __m128i middle = _mm_xor_si128(p->middle, _mm_xor_si128(p->low, p->high));
    __m128i low = _mm_xor_si128(p->low, _mm_slli_si128(middle, 8));
    __m128i high = _mm_xor_si128(p->high, _mm_srli_si128(middle, 8));
    for (int i = 0; i < 2; i++)
        low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4E), _mm_clmulepi64_si128(low, poly, 0x00));
    return _mm_xor_si128(high, low);
}

/* acc = acc * H^n + block[0] * H^n + ... + block[n-1] * H, 1 <= n <= WIDE. */
static inline __m128i absorb_group(const gmac_key *k, __m128i acc, const uint8_t *blocks, size_t n)
{
    const __m128i zero = _mm_setzero_si128();
    product p = {zero, zero, zero};
    for (size_t i = 0; i < n; i++) {
        __m128i x = reverse_bytes(load(blocks + 16 * i));
        if (i == 0)
            x = _mm_xor_si128(x, acc);
        multiply_add(&p, x, k->power[n - 1 - i], k->halves[n - 1 - i]);
    }
    return reduce(&p);
}

static void gmac_absorb(const void *key, uint8_t *state, const uint8_t *blocks, size_t n)
{
    const gmac_key *k = key;
    __m128i acc = reverse_bytes(load(state));
    for (; n >= WIDE; n -= WIDE, blocks += 16 * WIDE)
        acc = absorb_group(k, acc, blocks, WIDE);
    if (n > 0)
        acc = absorb_group(k, acc, blocks, n);
    store(state, reverse_bytes(acc));
}

static void gmac_encrypt(const void *key, uint8_t *mask, const uint8_t *block)
{
    const gmac_key *k = key;
    store(mask, encrypt(&k->aes, load(block)));
}

/* x / x, one bit up; a coefficient of 1 falls out and comes back as 1/x = x^127 + x^6 + x + 1. */
static __m128i divide_by_x(__m128i x)
{
    const __m128i inverse = _mm_set_epi64x((long long)0xC200000000000000u, 1);
    __m128i carries = _mm_srli_epi64(x, 63);
    __m128i out = _mm_srai_epi32(_mm_shuffle_epi32(x, 0xFF), 31); /* all ones if bit 127 is set */
    x = _mm_or_si128(_mm_slli_epi64(x, 1), _mm_slli_si128(carries, 8));
    return _mm_xor_si128(x, _mm_and_si128(out, inverse));
}

static camseal_status gmac_expand(void *expanded, const uint8_t *key, size_t key_len)
{
    gmac_key *k = expanded;
    camseal_status status = aes_expand(&k->aes, key, key_len);
    if (status != CAMSEAL_OK)
        return status;
    __m128i power = divide_by_x(reverse_bytes(encrypt(&k->aes, _mm_setzero_si128())));
    for (size_t i = 0; i < WIDE; i++) {
        const __m128i zero = _mm_setzero_si128();
        product p = {zero, zero, zero};
        k->power[i] = power;
        k->halves[i] = xor_halves(power);
        multiply_add(&p, power, k->power[0], k->halves[0]);
        power = reduce(&p);
    }
    return CAMSEAL_OK;
}

static const camseal_priv_gmac_kernel gmac_kernel = {gmac_absorb, gmac_encrypt};

static void gmac_many(camseal_mac_job *jobs, size_t n)
{
    camseal_priv_gmac_many(&gmac_kernel, jobs, n);
}

/* ---- CTR ------------------------------------------------------------------------------------ */

static inline __m128i counter_block(__m128i nonce, uint32_t counter)
{
    const __m128i big_endian = _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm_shuffle_epi8(_mm_insert_epi32(nonce, (int)counter, 3), big_endian);
}

/* stream[i] = E(nonce || counter + i), i < WIDE. */
static inline void key_stream(const aes_key *aes, __m128i *stream, __m128i nonce, uint32_t counter)
{
    for (uint32_t i = 0; i < WIDE; i++)
        stream[i] = _mm_xor_si128(counter_block(nonce, counter + i), aes->rk[0]);
    for (size_t round = 1; round < aes->rounds; round++)
        for (size_t i = 0; i < WIDE; i++)
            stream[i] = _mm_aesenc_si128(stream[i], aes->rk[round]);
    for (size_t i = 0; i < WIDE; i++)
        stream[i] = _mm_aesenclast_si128(stream[i], aes->rk[aes->rounds]);
}

/* The last less than WIDE blocks. */
static void ctr_tail(const aes_key *aes, const uint8_t *src, uint8_t *dst, size_t len,
                     __m128i nonce, uint32_t counter)
{
    __m128i stream[WIDE];
    uint8_t last[16];
    size_t whole = len / 16;
    key_stream(aes, stream, nonce, counter);
    for (size_t i = 0; i < whole; i++)
        store(dst + 16 * i, _mm_xor_si128(load(src + 16 * i), stream[i]));
    store(last, stream[whole]);
    for (size_t i = 16 * whole; i < len; i++)
        dst[i] = src[i] ^ last[i % 16];
    camseal_wipe(last, sizeof last);
    camseal_wipe(stream, sizeof stream);
}

static void ctr_job(const camseal_ctr_job *job)
{
    const aes_key *aes = job->key;
    uint8_t bytes[16] = {0};
    uint32_t counter = job->counter;
    size_t at = 0;
    memcpy(bytes, job->nonce, CAMSEAL_MAC_NONCE_BYTES);
    __m128i nonce = load(bytes);
    for (; job->len - at >= 16 * WIDE; at += 16 * WIDE, counter += WIDE) {
        __m128i stream[WIDE];
        key_stream(aes, stream, nonce, counter);
        for (size_t i = 0; i < WIDE; i++) {
            __m128i x = load(job->src + at + 16 * i);
            store(job->dst + at + 16 * i, _mm_xor_si128(x, stream[i]));
        }
    }
    if (at < job->len)
        ctr_tail(aes, job->src + at, job->dst + at, job->len - at, nonce, counter);
}

static void ctr_many(camseal_ctr_job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ctr_job(&jobs[i]);
}

/* ---- The table ------------------------------------------------------------------------------ */

const camseal_bulk *camseal_priv_x86_table(void)
{
    static const camseal_mac_alg cmac = {"aes-cmac", sizeof(cmac_key), cmac_expand, cmac_many};
    static const camseal_mac_alg gmac = {"aes-gmac", sizeof(gmac_key), gmac_expand, gmac_many};
    static const camseal_ctr_alg ctr = {"aes-ctr", sizeof(aes_key), aes_expand, ctr_many};
    static const camseal_bulk table = {.abi = CAMSEAL_BULK_ABI,
                                       .name = "x86-aesni",
                                       .cmac = &cmac,
                                       .gmac = &gmac,
                                       .ctr = &ctr,
                                       .crc16 = camseal_priv_x86_crc16,
                                       .crc32c = camseal_priv_x86_crc32c,
                                       .crc32 = camseal_priv_x86_crc32};
    return &table;
}

#else

const camseal_bulk *camseal_priv_x86_table(void)
{
    return NULL;
}

#endif
