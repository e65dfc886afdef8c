/* AES-CMAC jobs (SP 800-38B) in lanes: CMAC is serial within a message, so independent jobs advance
 * in lock step. This part knows jobs, spans, padding and the subkey K1; a provider's kernel knows
 * only AES and chains whole blocks. A message is always a multiple of 16 bytes: K2 has no use. */
#ifndef CAMSEAL_CRYPTO_CMAC_H
#define CAMSEAL_CRYPTO_CMAC_H

#include "blocks.h"
#include "camseal/bulk.h"

#define CAMSEAL_PRIV_CMAC_LANES_MAX 8u

/* First member of every provider's expanded CMAC key. */
typedef struct camseal_priv_cmac_key {
    uint8_t k1[CAMSEAL_PRIV_BLOCK];
    uint32_t rounds; /* of AES: 10 or 14 */
} camseal_priv_cmac_key;

typedef struct camseal_priv_cmac_lane {
    /* For kernels: */
    const camseal_priv_cmac_key *key;
    uint8_t *acc;       /* 16 bytes, updated */
    const uint8_t *run; /* the next blocks   */
    /* For the driver: */
    size_t blocks; /* left in the run */
    camseal_mac_job *job;
    camseal_priv_blocks source;
    bool last_waits;                  /* the last block is ready in `edge`, behind the run */
    bool last_given;                  /* the last block was made                           */
    uint8_t edge[CAMSEAL_PRIV_BLOCK]; /* first block, or last block xor K1 */
} camseal_priv_cmac_lane;

typedef struct camseal_priv_cmac_kernel {
    size_t lanes; /* how many it takes, at most CAMSEAL_PRIV_CMAC_LANES_MAX */
    /* acc = E(acc xor block) over the next `blocks` blocks of n lanes, 1 <= n <= lanes; all keys
     * have the same number of rounds. Does not move `run`. */
    void (*chain)(camseal_priv_cmac_lane *const *lanes, size_t n, size_t blocks);
} camseal_priv_cmac_kernel;

/* `lanes` is scratch for kernel->lanes lanes; wiped at the end. */
void camseal_priv_cmac_many(const camseal_priv_cmac_kernel *kernel, camseal_priv_cmac_lane *lanes,
                            camseal_mac_job *jobs, size_t n);

/* K1 = L * x in GF(2^128), from L = E(0), in constant time; in place. */
void camseal_priv_cmac_subkey(uint8_t k1[CAMSEAL_PRIV_BLOCK]);

#endif
