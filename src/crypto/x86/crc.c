/* The three CRCs by folding with PCLMULQDQ: one routine, three sets of constants. CRC-16 runs as a
 * CRC-32 with the polynomial P(x) * x^16, whose upper 16 bits stay zero.
 *
 * Order of bits (reflected): bit i of a register of n bits is the coefficient of x^(n-1-i). */
#include "x86.h"

#if defined(__x86_64__) && defined(__PCLMUL__) && defined(__SSE4_1__)

#include <string.h>

#include <smmintrin.h>
#include <wmmintrin.h>

#include "../soft/crc.h"
#include "base/load.h"

/* x^n mod P for the n in the name, 33 bits, lowest power on top. Tests prove them. */
typedef struct constants {
    uint64_t x544, x480; /* moves 128 bits by 512 */
    uint64_t x160, x96;  /* moves 128 bits by 128 */
    uint64_t x64, unused;
    uint64_t quotient, poly; /* x^64 / P, P */
} constants;

static const constants crc16_constants = {0x19A3C, 0x14FF2, 0x8E10,      0x189AE,
                                          0x114AA, 0,       0x11C581911, 0x10811};
static const constants crc32c_constants = {0x740EEF02, 0x9E4ADDF8, 0xF20C0DFE, 0x14CD00BD6,
                                           0xDD45AAB8, 0,          0xDEA713F1, 0x105EC76F1};
static const constants crc32_constants = {0x154442BD4, 0x1C6E41596, 0x1751997D0, 0xCCAA009E,
                                          0x163CD6124, 0,           0x1F7011641, 0x1DB710641};

static inline __m128i load(const void *p)
{
    return _mm_loadu_si128(p);
}

/* x moved over the distance of the constants, plus the block that lies there. */
static inline __m128i fold(__m128i x, __m128i by, __m128i block)
{
    __m128i low = _mm_clmulepi64_si128(x, by, 0x00);
    __m128i high = _mm_clmulepi64_si128(x, by, 0x11);
    return _mm_xor_si128(block, _mm_xor_si128(low, high));
}

/* x * x^32 mod P: three steps of 32 bits, then Barrett. */
static uint32_t reduce(const constants *k, __m128i x)
{
    const __m128i mask = _mm_set_epi32(0, 0, 0, -1);
    const __m128i x64 = load(&k->x64);
    const __m128i barrett = load(&k->quotient);
    x = _mm_xor_si128(_mm_clmulepi64_si128(x, x64, 0x00), _mm_slli_si128(_mm_srli_si128(x, 8), 4));
    for (int i = 0; i < 2; i++)
        x = _mm_xor_si128(_mm_srli_si128(x, 4),
                          _mm_clmulepi64_si128(_mm_and_si128(x, mask), x64, 0x00));
    __m128i q = _mm_clmulepi64_si128(_mm_and_si128(x, mask), barrett, 0x00);
    q = _mm_clmulepi64_si128(_mm_and_si128(q, mask), barrett, 0x10);
    return (uint32_t)_mm_extract_epi32(_mm_xor_si128(x, q), 1);
}

/* A part of a block comes first, behind zeros, which do not change a CRC; 1 <= part <= 15, and at
 * least one whole block follows. The register is xored into the first four bytes. */
static __m128i take_part(const constants *k, uint32_t crc, const uint8_t *data, size_t part)
{
    uint8_t front[32] = {0};
    uint8_t *start = front + 16 - part;
    memcpy(start, data, part + 16);
    camseal_store_le32(start, camseal_load_le32(start) ^ crc);
    return fold(load(front), load(&k->x160), load(front + 16));
}

/* The register after len >= 16 more bytes; without the inversions of CRC-32. */
static uint32_t run(const constants *k, uint32_t crc, const uint8_t *data, size_t len)
{
    const __m128i by_1 = load(&k->x160);
    const __m128i by_4 = load(&k->x544);
    const uint8_t *end = data + len;
    size_t part = len % 16;
    __m128i x;
    if (part > 0)
        x = take_part(k, crc, data, part);
    else
        x = _mm_xor_si128(load(data), _mm_cvtsi32_si128((int)crc));
    data += part + 16;
    if (end - data >= 7 * 16) {
        __m128i x1 = load(data);
        __m128i x2 = load(data + 16);
        __m128i x3 = load(data + 32);
        for (data += 48; end - data >= 64; data += 64) {
            x = fold(x, by_4, load(data));
            x1 = fold(x1, by_4, load(data + 16));
            x2 = fold(x2, by_4, load(data + 32));
            x3 = fold(x3, by_4, load(data + 48));
        }
        x = fold(fold(fold(x, by_1, x1), by_1, x2), by_1, x3);
    }
    for (; data < end; data += 16)
        x = fold(x, by_1, load(data));
    return reduce(k, x);
}

uint16_t camseal_priv_x86_crc16(uint16_t crc, const uint8_t *data, size_t len)
{
    if (len < 16)
        return camseal_priv_crc16(crc, data, len);
    return (uint16_t)run(&crc16_constants, crc, data, len);
}

uint32_t camseal_priv_x86_crc32c(uint32_t crc, const uint8_t *data, size_t len)
{
    if (len < 16)
        return camseal_priv_crc32c(crc, data, len);
    return ~run(&crc32c_constants, ~crc, data, len);
}

uint32_t camseal_priv_x86_crc32(uint32_t crc, const uint8_t *data, size_t len)
{
    if (len < 16)
        return camseal_priv_crc32(crc, data, len);
    return ~run(&crc32_constants, ~crc, data, len);
}

#else

typedef int camseal_priv_x86_crc_is_empty; /* ISO C wants a declaration in every file */

#endif
