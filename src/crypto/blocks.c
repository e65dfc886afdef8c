#include "blocks.h"

#include <string.h>

camseal_priv_blocks camseal_priv_blocks_of(const camseal_span *spans, size_t n_spans)
{
    camseal_priv_blocks source = {spans, n_spans, 0, {0}};
    return source;
}

bool camseal_priv_blocks_left(camseal_priv_blocks *source)
{
    while (source->n_spans > 0 && source->at == source->span->len) {
        source->span++;
        source->n_spans--;
        source->at = 0;
    }
    return source->n_spans > 0;
}

/* At least one byte is left. */
static void join(camseal_priv_blocks *source)
{
    size_t filled = 0;
    memset(source->joint, 0, sizeof source->joint);
    while (filled < CAMSEAL_PRIV_BLOCK && camseal_priv_blocks_left(source)) {
        size_t take = source->span->len - source->at;
        if (take > CAMSEAL_PRIV_BLOCK - filled)
            take = CAMSEAL_PRIV_BLOCK - filled;
        memcpy(source->joint + filled, source->span->data + source->at, take);
        filled += take;
        source->at += take;
    }
}

size_t camseal_priv_blocks_next(camseal_priv_blocks *source, const uint8_t **run)
{
    if (!camseal_priv_blocks_left(source))
        return 0;
    size_t n = (source->span->len - source->at) / CAMSEAL_PRIV_BLOCK;
    if (n > 0) {
        *run = source->span->data + source->at;
        source->at += n * CAMSEAL_PRIV_BLOCK;
        return n;
    }
    *run = source->joint;
    join(source);
    return 1;
}
