/* Multiplication in GF(2^128) from integer multiplication with holes: an operand keeps one bit in
 * four, so that a sum of at most eight products never carries into the next kept bit. Constant time
 * needs a 32 x 32 -> 64 multiplier whose time does not depend on the operands (true for Cortex-M4
 * and up, A-profile, x86; not for Cortex-M3).
 *
 * Order of bits: a block read as a big-endian integer has the coefficient of x^i in bit 127 - i.
 * Words are little-endian: v[0] is the least significant one. */
#include "ghash.h"

#include "base/load.h"
#include "base/secret.h"

static inline uint64_t wide(uint32_t a, uint32_t b)
{
    return (uint64_t)a * b;
}

/* Carry-less product of two 32-bit polynomials. Sum k gathers the products of bits i of a and j of
 * b with (i + j) mod 4 = k. */
static uint64_t multiply32(uint32_t a, uint32_t b)
{
    const uint64_t every_fourth = UINT64_C(0x1111111111111111);
    uint32_t a0 = a & 0x11111111u, b0 = b & 0x11111111u;
    uint32_t a1 = a & 0x22222222u, b1 = b & 0x22222222u;
    uint32_t a2 = a & 0x44444444u, b2 = b & 0x44444444u;
    uint32_t a3 = a & 0x88888888u, b3 = b & 0x88888888u;
    uint64_t sum0 = wide(a0, b0) ^ wide(a1, b3) ^ wide(a2, b2) ^ wide(a3, b1);
    uint64_t sum1 = wide(a0, b1) ^ wide(a1, b0) ^ wide(a2, b3) ^ wide(a3, b2);
    uint64_t sum2 = wide(a0, b2) ^ wide(a1, b1) ^ wide(a2, b0) ^ wide(a3, b3);
    uint64_t sum3 = wide(a0, b3) ^ wide(a1, b2) ^ wide(a2, b1) ^ wide(a3, b0);
    return (sum0 & every_fourth) | (sum1 & every_fourth << 1) | (sum2 & every_fourth << 2) |
           (sum3 & every_fourth << 3);
}

/* out[0..3] = a[0..1] * b[0..1], by Karatsuba with three products. */
static void multiply64(uint32_t *out, const uint32_t *a, const uint32_t *b)
{
    uint64_t low = multiply32(a[0], b[0]);
    uint64_t high = multiply32(a[1], b[1]);
    uint64_t middle = multiply32(a[0] ^ a[1], b[0] ^ b[1]) ^ low ^ high;
    low ^= middle << 32;
    high ^= middle >> 32;
    out[0] = (uint32_t)low;
    out[1] = (uint32_t)(low >> 32);
    out[2] = (uint32_t)high;
    out[3] = (uint32_t)(high >> 32);
}

/* v[0..7] = a[0..3] * b[0..3], Karatsuba again. */
static void multiply128(uint32_t *v, const uint32_t *a, const uint32_t *b)
{
    const uint32_t a_sum[2] = {a[0] ^ a[2], a[1] ^ a[3]};
    const uint32_t b_sum[2] = {b[0] ^ b[2], b[1] ^ b[3]};
    uint32_t middle[4];
    multiply64(v, a, b);
    multiply64(v + 4, a + 2, b + 2);
    multiply64(middle, a_sum, b_sum);
    for (size_t i = 0; i < 4; i++)
        middle[i] ^= v[i] ^ v[i + 4];
    for (size_t i = 0; i < 4; i++)
        v[i + 2] ^= middle[i];
}

/* The product of two reversed polynomials is the reversed product, one bit too low: shift it up.
 * Then the powers from x^128 on lie in v[0..3]; they fold as x^128 = x^7 + x^2 + x + 1. */
static void reduce(uint32_t *acc, uint32_t *v)
{
    for (size_t i = 7; i > 0; i--)
        v[i] = v[i] << 1 | v[i - 1] >> 31;
    v[0] <<= 1;
    for (size_t i = 0; i < 4; i++) {
        uint32_t w = v[i];
        v[i + 4] ^= w ^ w >> 1 ^ w >> 2 ^ w >> 7;
        v[i + 3] ^= w << 31 ^ w << 30 ^ w << 25;
    }
    for (size_t i = 0; i < 4; i++)
        acc[i] = v[i + 4];
}

static void load_words(uint32_t *words, const uint8_t *block)
{
    for (size_t i = 0; i < 4; i++)
        words[i] = camseal_load_be32(block + 12 - 4 * i);
}

void camseal_priv_ghash(uint8_t *acc, const uint8_t *h, const uint8_t *blocks, size_t n)
{
    struct {
        uint32_t acc[4], h[4], block[4], product[8];
    } t;
    load_words(t.acc, acc);
    load_words(t.h, h);
    for (; n > 0; n--, blocks += 16) {
        load_words(t.block, blocks);
        for (size_t i = 0; i < 4; i++)
            t.acc[i] ^= t.block[i]; /* cppcheck-suppress uninitvar ; load_words fills it */
        multiply128(t.product, t.acc, t.h);
        reduce(t.acc, t.product);
    }
    for (size_t i = 0; i < 4; i++)
        camseal_store_be32(acc + 12 - 4 * i, t.acc[i]);
    camseal_wipe(&t, sizeof t);
}
