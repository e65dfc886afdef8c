/* Worker: scratch for a batch of packets, so that one pass of the bulk port works on many messages.
 */
#include <string.h>

#include "base/secret.h"
#include "cse/stream.h"

enum { DEFAULT_LANES = 16, MOST_LANES = 64 };

static size_t lanes_of(unsigned lanes)
{
    return lanes ? lanes : DEFAULT_LANES;
}

size_t camseal_worker_size(unsigned lanes)
{
    if (lanes > MOST_LANES)
        return 0;
    return sizeof(camseal_worker) +
           lanes_of(lanes) * (sizeof(camseal_priv_lane) + 2 * sizeof(camseal_mac_job) +
                              sizeof(camseal_priv_lane *) + sizeof(camseal_ctr_job));
}

camseal_status camseal_worker_init(camseal_worker **out, void *mem, size_t mem_len, unsigned lanes)
{
    size_t need = camseal_worker_size(lanes);
    if (need == 0)
        return CAMSEAL_E_ARGUMENT;
    if (!mem || mem_len < need || (uintptr_t)mem % _Alignof(max_align_t))
        return CAMSEAL_E_MEMORY;
    memset(mem, 0, need);
    uint8_t *at = mem;
    camseal_worker *worker = mem;
    worker->n_lanes = lanes_of(lanes);
    at += sizeof *worker;
    worker->lanes = (void *)at;
    at += worker->n_lanes * sizeof *worker->lanes;
    worker->mac_jobs = (void *)at;
    at += worker->n_lanes * sizeof *worker->mac_jobs;
    worker->round_jobs = (void *)at;
    at += worker->n_lanes * sizeof *worker->round_jobs;
    worker->mac_lanes = (void *)at;
    at += worker->n_lanes * sizeof *worker->mac_lanes;
    worker->ctr_jobs = (void *)at;
    *out = worker;
    return CAMSEAL_OK;
}

void camseal_worker_wipe(camseal_worker *worker)
{
    if (worker)
        camseal_wipe(worker, camseal_worker_size((unsigned)worker->n_lanes));
}

void camseal_priv_worker_clear(camseal_worker *worker)
{
    for (size_t i = 0; i < worker->used; i++)
        camseal_wipe(&worker->lanes[i].own, sizeof worker->lanes[i].own);
    worker->used = 0;
    worker->n_mac = 0;
    worker->n_ctr = 0;
}

camseal_priv_lane *camseal_priv_worker_lane(camseal_worker *worker, camseal_context *ctx)
{
    if (worker->used == worker->n_lanes)
        return NULL;
    if (worker->used) {
        const camseal_context *first = worker->lanes[0].ctx;
        if (first->mac != ctx->mac || first->bulk != ctx->bulk ||
            camseal_priv_joins_messages(first) != camseal_priv_joins_messages(ctx))
            return NULL;
    }
    camseal_priv_lane *lane = &worker->lanes[worker->used++];
    memset(lane, 0, sizeof *lane);
    lane->ctx = ctx;
    return lane;
}

void camseal_priv_worker_run_ctr(camseal_worker *worker)
{
    if (worker->n_ctr)
        worker->lanes[0].ctx->bulk->ctr->many(worker->ctr_jobs, worker->n_ctr);
    worker->n_ctr = 0;
}
