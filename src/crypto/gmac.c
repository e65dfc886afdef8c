#include "gmac.h"

#include <string.h>

#include "base/load.h"
#include "base/secret.h"

/* Tag = GHASH(input || bit lengths) xor E(nonce || 1). */
static void finish(const camseal_priv_gmac_kernel *kernel, camseal_mac_job *job)
{
    uint8_t block[CAMSEAL_PRIV_BLOCK] = {0};
    uint8_t mask[CAMSEAL_PRIV_BLOCK];
    camseal_mac_state *state = job->state;

    camseal_store_be64(block, state->blocks * 8u * CAMSEAL_PRIV_BLOCK);
    kernel->absorb(job->key, state->acc, block, 1);

    memcpy(block, job->nonce, CAMSEAL_MAC_NONCE_BYTES);
    camseal_store_be32(block + CAMSEAL_MAC_NONCE_BYTES, 1);
    kernel->encrypt(job->key, mask, block);
    for (size_t i = 0; i < CAMSEAL_PRIV_BLOCK; i++)
        job->tag[i] = state->acc[i] ^ mask[i];

    camseal_wipe(mask, sizeof mask);
    camseal_wipe(state->acc, sizeof state->acc);
}

static void run_job(const camseal_priv_gmac_kernel *kernel, camseal_mac_job *job)
{
    if (job->flags & CAMSEAL_MAC_START)
        memset(job->state, 0, sizeof *job->state);

    camseal_priv_blocks source = camseal_priv_blocks_of(job->spans, job->n_spans);
    const uint8_t *run = NULL;
    size_t n;
    while ((n = camseal_priv_blocks_next(&source, &run)) > 0) {
        kernel->absorb(job->key, job->state->acc, run, n);
        job->state->blocks += n;
    }
    camseal_wipe(&source, sizeof source);
    if (job->flags & CAMSEAL_MAC_FINISH)
        finish(kernel, job);
}

void camseal_priv_gmac_many(const camseal_priv_gmac_kernel *kernel, camseal_mac_job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        run_job(kernel, &jobs[i]);
}
