/* Bit p = 16 * block + 4 * row + column of slice q[i] is bit i of that byte of the AES state.
 * Bytes are taken one by one, so the order of bytes in a machine word does not matter. */
#include "aes.h"

#include <string.h>

#include "base/secret.h"

typedef camseal_priv_slice slice;

#define LANES     CAMSEAL_PRIV_AES_LANES
#define ALL(bits) ((slice)-1 / 0xFFFFu * (bits)) /* the same 16 bits for every block */

/* ---- The S-box: inversion in GF(2^8), taken as GF(((2^2)^2)^2), then the affine map -------------
 *
 * GF(4):   w^2 = w + 1      an element a1 w + a0 is a[0], a[1]
 * GF(16):  z^2 = z + w      h z + l          is l = a[0..1], h = a[2..3]
 * GF(256): y^2 = y + wz+1   h y + l          is l = a[0..3], h = a[4..7]
 *
 * In the field of FIPS 197 the choice is w = 0xBD, z = 0xE1, y = 0x1E: of all choices the one whose
 * changes of basis need the fewest operations. */

static inline void gf4_mul(slice *out, const slice *a, const slice *b)
{
    slice low = a[0] & b[0];
    slice high = a[1] & b[1];
    slice cross = (a[0] ^ a[1]) & (b[0] ^ b[1]);
    out[0] = low ^ high;
    out[1] = low ^ cross;
}

/* Karatsuba over GF(4): low, high and middle products, each again by Karatsuba. Written out, since
 * compilers that optimise for size would call gf4_mul a dozen times. */
static inline void gf16_mul(slice *out, const slice *a, const slice *b)
{
    slice a02 = a[0] ^ a[2], a13 = a[1] ^ a[3];
    slice b02 = b[0] ^ b[2], b13 = b[1] ^ b[3];
    slice low = a[0] & b[0], low_sum = (a[0] ^ a[1]) & (b[0] ^ b[1]);
    slice high = a[2] & b[2], high_sum = (a[2] ^ a[3]) & (b[2] ^ b[3]);
    slice low0 = low ^ (a[1] & b[1]), low1 = low ^ low_sum;
    slice high0 = high ^ (a[3] & b[3]), high1 = high ^ high_sum;
    slice middle = a02 & b02;
    out[0] = low0 ^ high1; /* low + w * high */
    out[1] = low1 ^ high0 ^ high1;
    out[2] = low0 ^ middle ^ (a13 & b13);
    out[3] = low1 ^ middle ^ ((a02 ^ a13) & (b02 ^ b13));
}

/* The norm w h^2 + h l + l^2 lies in GF(4), where the inverse is the square; 0 goes to 0. */
static inline void gf16_invert(slice *a)
{
    const slice sum[2] = {a[0] ^ a[2], a[1] ^ a[3]};
    slice product[2], inverse[2];
    gf4_mul(product, a, a + 2);
    slice n0 = product[0] ^ a[3] ^ a[0] ^ a[1];
    slice n1 = product[1] ^ a[2] ^ a[1];
    inverse[0] = n0 ^ n1;
    inverse[1] = n1;
    gf4_mul(a, sum, inverse);
    gf4_mul(a + 2, a + 2, inverse);
}

/* The same one level up: norm v h^2 + h l + l^2 with v = wz + 1. */
static inline void gf256_invert(slice *a)
{
    const slice *l = a;
    const slice *h = a + 4;
    const slice sum[4] = {l[0] ^ h[0], l[1] ^ h[1], l[2] ^ h[2], l[3] ^ h[3]};
    slice norm[4];
    gf16_mul(norm, l, h);
    norm[0] ^= sum[0] ^ l[1] ^ h[1] ^ l[3] ^ h[2] ^ h[3];
    norm[1] ^= sum[1] ^ l[2] ^ h[3];
    norm[2] ^= l[2] ^ l[3] ^ h[1];
    norm[3] ^= l[3] ^ h[0];
    gf16_invert(norm);
    gf16_mul(a, sum, norm);
    gf16_mul(a + 4, a + 4, norm);
}

/* From the bits of FIPS 197 to l (q[0..3]) and h (q[4..7]). */
static inline void to_tower(slice *q)
{
    slice a = q[1] ^ q[2];
    slice b = q[4] ^ q[6];
    slice c = q[3] ^ b;
    slice d = q[1] ^ b;
    slice e = q[7] ^ c;
    slice t2 = q[5] ^ a;
    slice t7 = q[5] ^ q[7];
    q[0] ^= d;
    q[3] = q[6] ^ t2;
    q[4] = q[2] ^ e;
    q[5] = q[7] ^ d;
    q[6] = t2 ^ c;
    q[1] = e;
    q[2] = t2;
    q[7] = t7;
}

/* Back again, and the affine map of the S-box with its constant 0x63. */
static inline void from_tower_affine(slice *q)
{
    slice a = q[2] ^ q[6];
    slice b = q[5] ^ q[0] ^ q[3];
    slice c = q[7] ^ a;
    slice d = q[0] ^ q[4];
    slice e = q[1] ^ b;
    slice s5 = q[3] ^ a;
    slice s6 = q[4] ^ q[7];
    slice s1 = q[4] ^ e;
    q[0] = ~(q[6] ^ d);
    q[1] = ~s1;
    q[2] = c ^ e;
    q[3] = d;
    q[4] = b ^ c;
    q[5] = ~s5;
    q[6] = ~s6;
    q[7] = c;
}

static void sub_bytes(slice *q)
{
    to_tower(q);
    gf256_invert(q);
    from_tower_affine(q);
}

/* ---- The other steps of a round ------------------------------------------------------------- */

/* Row r turns by r columns: rows 2 and 3 by two, then rows 1 and 3 by one. */
static void shift_rows(slice *q)
{
    for (size_t i = 0; i < 8; i++) {
        slice x = q[i];
        slice swap = (x ^ (x >> 2)) & ALL(0x3300u);
        x ^= swap ^ (swap << 2);
        q[i] = (x & ALL(0x0F0Fu)) | ((x >> 1) & ALL(0x7070u)) | ((x << 3) & ALL(0x8080u));
    }
}

/* Every row takes the place of the row above it. */
static inline slice next_row(slice x)
{
    return ((x >> 4) & ALL(0x0FFFu)) | ((x << 12) & ALL(0xF000u));
}

static inline slice row_after_next(slice x)
{
    return ((x >> 8) & ALL(0x00FFu)) | ((x << 8) & ALL(0xFF00u));
}

/* 2 a + 3 b + c + d = 2 (a + b) + b + (c + d), where b, c, d are the rows that follow a. */
static void mix_columns(slice *q)
{
    slice top = q[7] ^ next_row(q[7]);
    slice carry = top; /* bit i - 1 of a + b; bit 7 comes back into bits 0, 1, 3, 4 */
    for (size_t i = 0; i < 8; i++) {
        slice b = next_row(q[i]);
        slice sum = q[i] ^ b;
        q[i] = carry ^ b ^ row_after_next(sum);
        carry = sum;
    }
    q[1] ^= top;
    q[3] ^= top;
    q[4] ^= top;
}

static void add_round_key(slice *q, const camseal_priv_aes *const *keys, size_t round)
{
    for (size_t i = 0; i < 8; i++) {
        slice k = 0;
        for (size_t lane = LANES; lane-- > 0;)
            k = (slice)(k << 16) | keys[lane]->rk[round][i];
        q[i] ^= k;
    }
}

/* ---- Bytes to slices and back --------------------------------------------------------------- */

static inline void swap_bits(slice *a, slice *b, slice mask, unsigned shift)
{
    slice t = ((*a >> shift) ^ *b) & mask;
    *b ^= t;
    *a ^= t << shift;
}

/* Bit i of byte m of q[k] <-> bit k of byte m of q[i]. */
static void transpose(slice *q)
{
    for (size_t i = 0; i < 8; i += 2)
        swap_bits(&q[i], &q[i + 1], ALL(0x5555u), 1);
    for (size_t i = 0; i < 8; i += 4) {
        swap_bits(&q[i], &q[i + 2], ALL(0x3333u), 2);
        swap_bits(&q[i + 1], &q[i + 3], ALL(0x3333u), 2);
    }
    for (size_t i = 0; i < 4; i++)
        swap_bits(&q[i], &q[i + 4], ALL(0x0F0Fu), 4);
}

/* Word k starts with the bytes of column k % 4, rows k / 4 and k / 4 + 2, of every block. */
static void load(slice *q, uint8_t (*blocks)[16])
{
    for (size_t k = 0; k < 8; k++) {
        size_t at = 4 * (k & 3) + (k >> 2);
        q[k] = 0;
        for (size_t lane = LANES; lane-- > 0;)
            q[k] = (slice)(q[k] << 16) | blocks[lane][at] | (slice)blocks[lane][at + 2] << 8;
    }
    transpose(q);
}

static void store(uint8_t (*blocks)[16], slice *q)
{
    transpose(q);
    for (size_t k = 0; k < 8; k++) {
        size_t at = 4 * (k & 3) + (k >> 2);
        for (size_t lane = 0; lane < LANES; lane++) {
            blocks[lane][at] = (uint8_t)(q[k] >> (16 * lane));
            blocks[lane][at + 2] = (uint8_t)(q[k] >> (16 * lane + 8));
        }
    }
}

void camseal_priv_aes_lanes(uint8_t (*blocks)[16], const camseal_priv_aes *const *keys)
{
    slice q[8];
    size_t rounds = keys[0]->rounds;
    load(q, blocks);
    add_round_key(q, keys, 0);
    for (size_t round = 1; round < rounds; round++) {
        sub_bytes(q);
        shift_rows(q);
        mix_columns(q);
        add_round_key(q, keys, round);
    }
    sub_bytes(q);
    shift_rows(q);
    add_round_key(q, keys, rounds);
    store(blocks, q);
    camseal_wipe(q, sizeof q);
}

void camseal_priv_aes_block(uint8_t *block, const camseal_priv_aes *aes)
{
    uint8_t blocks[LANES][16] = {{0}};
    const camseal_priv_aes *keys[LANES];
    for (size_t lane = 0; lane < LANES; lane++)
        keys[lane] = aes;
    memcpy(blocks[0], block, 16);
    camseal_priv_aes_lanes(blocks, keys);
    memcpy(block, blocks[0], 16);
    camseal_wipe(blocks, sizeof blocks);
}

/* ---- Key expansion (FIPS 197 §5.2) ----------------------------------------------------------- */

static void sub_word(uint8_t *word)
{
    uint8_t blocks[LANES][16] = {{0}};
    slice q[8];
    memcpy(blocks[0], word, 4);
    load(q, blocks);
    sub_bytes(q);
    store(blocks, q);
    memcpy(word, blocks[0], 4);
    camseal_wipe(q, sizeof q);
    camseal_wipe(blocks, sizeof blocks);
}

/* Word i of the schedule, from the words before it; key_words is 4 or 8. */
static void next_word(uint8_t *bytes, size_t i, size_t key_words, uint8_t *round_constant)
{
    uint8_t word[4];
    memcpy(word, bytes + 4 * (i - 1), 4);
    if (i % key_words == 0) {
        const uint8_t turned[4] = {word[1], word[2], word[3], word[0]};
        memcpy(word, turned, 4);
    }
    if (i % 4 == 0)
        sub_word(word);
    if (i % key_words == 0) {
        word[0] ^= *round_constant;
        *round_constant = (uint8_t)(*round_constant << 1 ^ (*round_constant >> 7) * 0x1B);
    }
    for (size_t j = 0; j < 4; j++)
        bytes[4 * i + j] = bytes[4 * (i - key_words) + j] ^ word[j];
    camseal_wipe(word, sizeof word);
}

static void store_round_key(uint16_t *rk, const uint8_t *bytes)
{
    uint8_t blocks[LANES][16] = {{0}};
    slice q[8];
    memcpy(blocks[0], bytes, 16);
    load(q, blocks);
    for (size_t i = 0; i < 8; i++)
        rk[i] = (uint16_t)q[i];
    camseal_wipe(q, sizeof q);
    camseal_wipe(blocks, sizeof blocks);
}

void camseal_priv_aes_expand(camseal_priv_aes *aes, const uint8_t *key, size_t key_len)
{
    uint8_t bytes[15 * 16];
    uint8_t round_constant = 1;
    size_t key_words = key_len / 4;

    memset(aes, 0, sizeof *aes);
    aes->rounds = (uint32_t)key_words + 6;
    memcpy(bytes, key, key_len);
    for (size_t i = key_words; i < 4 * (aes->rounds + 1); i++)
        next_word(bytes, i, key_words, &round_constant);
    for (size_t round = 0; round <= aes->rounds; round++)
        store_round_key(aes->rk[round], bytes + 16 * round);
    camseal_wipe(bytes, sizeof bytes);
}
