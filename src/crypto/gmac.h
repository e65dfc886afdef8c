/* AES-GMAC jobs (SP 800-38D, 96-bit IV, all input is AAD). This part knows jobs, spans and the
 * length block; a provider's kernel knows AES and GHASH. */
#ifndef CAMSEAL_CRYPTO_GMAC_H
#define CAMSEAL_CRYPTO_GMAC_H

#include "blocks.h"
#include "camseal/bulk.h"

typedef struct camseal_priv_gmac_kernel {
    /* acc = (acc xor block) * H over n blocks. */
    void (*absorb)(const void *key, uint8_t *acc, const uint8_t *blocks, size_t n);
    /* mask = E(block); 16 bytes. */
    void (*encrypt)(const void *key, uint8_t *mask, const uint8_t *block);
} camseal_priv_gmac_kernel;

void camseal_priv_gmac_many(const camseal_priv_gmac_kernel *kernel, camseal_mac_job *jobs,
                            size_t n);

#endif
