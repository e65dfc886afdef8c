/* GHASH (SP 800-38D §6.4) in constant time, without tables. */
#ifndef CAMSEAL_CRYPTO_SOFT_GHASH_H
#define CAMSEAL_CRYPTO_SOFT_GHASH_H

#include <stddef.h>
#include <stdint.h>

/* acc = (acc xor block) * h over n blocks. */
void camseal_priv_ghash(uint8_t *acc, const uint8_t *h, const uint8_t *blocks, size_t n);

#endif
