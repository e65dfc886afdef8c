#include "cmac.h"

#include <string.h>

#include "base/secret.h"

static const uint8_t first_block_label[4] = {'O', 'P', '1', 'C'}; /* OP1 §3 */

void camseal_priv_cmac_subkey(uint8_t k1[CAMSEAL_PRIV_BLOCK])
{
    uint32_t carry = (uint32_t)(k1[0] >> 7) * 0x87u;
    for (size_t i = CAMSEAL_PRIV_BLOCK; i-- > 0;) {
        uint32_t doubled = ((uint32_t)k1[i] << 1) ^ carry;
        carry = k1[i] >> 7;
        k1[i] = (uint8_t)doubled;
    }
}

/* `run` holds n blocks and nothing follows: its last block becomes edge = block xor K1. A job that
 * holds nothing at all counts as one block of zeros, so that a tag never comes out unkeyed. */
static void seal_last_block(camseal_priv_cmac_lane *lane, size_t n)
{
    memset(lane->edge, 0, sizeof lane->edge);
    if (n > 0)
        memcpy(lane->edge, lane->run + (n - 1) * CAMSEAL_PRIV_BLOCK, CAMSEAL_PRIV_BLOCK);
    for (size_t i = 0; i < CAMSEAL_PRIV_BLOCK; i++)
        lane->edge[i] ^= lane->key->k1[i];
    lane->last_given = true;
    lane->last_waits = true;
}

static bool take_last_block(camseal_priv_cmac_lane *lane)
{
    lane->run = lane->edge;
    lane->blocks = 1;
    lane->last_waits = false;
    return true;
}

/* Sets the next run of the lane; false when its job is done. */
static bool refill(camseal_priv_cmac_lane *lane)
{
    if (lane->last_waits)
        return take_last_block(lane);
    if (lane->last_given)
        return false;
    size_t n = camseal_priv_blocks_next(&lane->source, &lane->run);
    lane->blocks = n;
    if (!(lane->job->flags & CAMSEAL_MAC_FINISH) || camseal_priv_blocks_left(&lane->source))
        return n > 0;
    seal_last_block(lane, n);
    if (n <= 1)
        return take_last_block(lane);
    lane->blocks = n - 1;
    return true;
}

/* Puts a job into the lane; false when it has no block to work on. */
static bool open_lane(camseal_priv_cmac_lane *lane, camseal_mac_job *job)
{
    memset(lane, 0, sizeof *lane);
    lane->key = job->key;
    lane->acc = job->state->acc;
    lane->job = job;
    lane->source = camseal_priv_blocks_of(job->spans, job->n_spans);
    if (!(job->flags & CAMSEAL_MAC_START))
        return refill(lane);
    memset(job->state, 0, sizeof *job->state);
    if (!job->nonce)
        return refill(lane);
    memcpy(lane->edge, first_block_label, sizeof first_block_label);
    memcpy(lane->edge + sizeof first_block_label, job->nonce, CAMSEAL_MAC_NONCE_BYTES);
    lane->run = lane->edge;
    lane->blocks = 1;
    return true;
}

/* The tag leaves the state, so that nobody chains on or leaks a full tag by accident. */
static void close_lane(camseal_priv_cmac_lane *lane)
{
    if (!(lane->job->flags & CAMSEAL_MAC_FINISH))
        return;
    memcpy(lane->job->tag, lane->acc, CAMSEAL_MAC_TAG_BYTES);
    camseal_wipe(lane->acc, CAMSEAL_PRIV_BLOCK);
}

static bool advance(camseal_priv_cmac_lane *lane, size_t blocks)
{
    lane->job->state->blocks += blocks;
    lane->blocks -= blocks;
    lane->run += blocks * CAMSEAL_PRIV_BLOCK;
    if (lane->blocks > 0 || refill(lane))
        return true;
    close_lane(lane);
    return false;
}

static size_t shortest_run(camseal_priv_cmac_lane *const *lanes, size_t n)
{
    size_t blocks = lanes[0]->blocks;
    for (size_t i = 1; i < n; i++)
        if (lanes[i]->blocks < blocks)
            blocks = lanes[i]->blocks;
    return blocks;
}

/* Advances n busy lanes together and moves those that finished behind the busy ones. */
static size_t step(const camseal_priv_cmac_kernel *kernel, camseal_priv_cmac_lane **order, size_t n)
{
    size_t blocks = shortest_run(order, n);
    kernel->chain(order, n, blocks);
    for (size_t i = n; i-- > 0;) {
        if (advance(order[i], blocks))
            continue;
        n--;
        camseal_priv_cmac_lane *done = order[i];
        order[i] = order[n];
        order[n] = done;
    }
    return n;
}

/* All jobs whose key has this number of rounds, at most kernel->lanes at a time. */
static void run_jobs(const camseal_priv_cmac_kernel *kernel, camseal_priv_cmac_lane **order,
                     camseal_mac_job *jobs, size_t n, uint32_t rounds)
{
    size_t busy = 0;
    for (size_t i = 0; i < n; i++) {
        const camseal_priv_cmac_key *key = jobs[i].key;
        if (key->rounds != rounds)
            continue;
        /* busy < kernel->lanes, and all of those are set; the analyser cannot know */
        if (!open_lane(order[busy], &jobs[i])) { /* NOLINT(clang-analyzer-core.CallAndMessage) */
            close_lane(order[busy]);
            continue;
        }
        busy++;
        while (busy == kernel->lanes)
            busy = step(kernel, order, busy);
    }
    while (busy > 0)
        busy = step(kernel, order, busy);
}

void camseal_priv_cmac_many(const camseal_priv_cmac_kernel *kernel, camseal_priv_cmac_lane *lanes,
                            camseal_mac_job *jobs, size_t n)
{
    camseal_priv_cmac_lane *order[CAMSEAL_PRIV_CMAC_LANES_MAX];
    for (size_t i = 0; i < kernel->lanes; i++)
        order[i] = &lanes[i];
    run_jobs(kernel, order, jobs, n, 10);
    run_jobs(kernel, order, jobs, n, 14);
    camseal_wipe(lanes, kernel->lanes * sizeof *lanes);
}
