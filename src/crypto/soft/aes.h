/* AES encryption (FIPS 197) in constant time: bit slices, no table, no branch on a secret.
 *
 * One slice holds one bit of every byte of all blocks, 16 bits a block, so a 32-bit slice works on
 * 2 blocks at a time and a 64-bit slice on 4; the code is the same. Round keys stay compact: one
 * 16-bit piece per bit plane, 16 bytes a round.
 */
#ifndef CAMSEAL_CRYPTO_SOFT_AES_H
#define CAMSEAL_CRYPTO_SOFT_AES_H

#include <stddef.h>
#include <stdint.h>

/* CAMSEAL_SLICE_32 makes the narrow form on a 64-bit machine too (tests use it). */
#if UINTPTR_MAX > 0xFFFFFFFFu && !defined(CAMSEAL_SLICE_32)
typedef uint64_t camseal_priv_slice;
#define CAMSEAL_PRIV_AES_LANES 4u
#else
typedef uint32_t camseal_priv_slice;
#define CAMSEAL_PRIV_AES_LANES 2u
#endif

typedef struct camseal_priv_aes {
    uint32_t rounds;    /* 10 or 14                    */
    uint16_t rk[15][8]; /* round keys, one piece a bit */
} camseal_priv_aes;

/* key_len is 16 or 32. */
void camseal_priv_aes_expand(camseal_priv_aes *aes, const uint8_t *key, size_t key_len);

/* Encrypts CAMSEAL_PRIV_AES_LANES blocks in place, block i with keys[i]; all keys have the same
 * number of rounds. */
void camseal_priv_aes_lanes(uint8_t (*blocks)[16], const camseal_priv_aes *const *keys);

/* One block in place: the other lanes run empty. */
void camseal_priv_aes_block(uint8_t *block, const camseal_priv_aes *aes);

#endif
