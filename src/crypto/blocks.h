/* The input of one MAC job as runs of whole 16-byte blocks: long runs lie where the caller has
 * them; a block that crosses spans, or the zero-padded end, is put together in `joint`. Knows
 * nothing of keys. */
#ifndef CAMSEAL_CRYPTO_BLOCKS_H
#define CAMSEAL_CRYPTO_BLOCKS_H

#include <stdbool.h>

#include "camseal/bytes.h"

#define CAMSEAL_PRIV_BLOCK 16u

typedef struct camseal_priv_blocks {
    const camseal_span *span; /* the span being read */
    size_t n_spans;           /* left, with this one */
    size_t at;                /* bytes of *span already read */
    uint8_t joint[CAMSEAL_PRIV_BLOCK];
} camseal_priv_blocks;

camseal_priv_blocks camseal_priv_blocks_of(const camseal_span *spans, size_t n_spans);

/* The next run: its number of blocks, 0 at the end. *run is good until the next call. */
size_t camseal_priv_blocks_next(camseal_priv_blocks *source, const uint8_t **run);

/* True while there is a byte that no run has handed out. */
bool camseal_priv_blocks_left(camseal_priv_blocks *source);

#endif
