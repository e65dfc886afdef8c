/* Source of any protocol: life cycle and batches. The protocol stages and finishes each packet. */
#include "cse/source.h"

#include <string.h>

#include "base/secret.h"

static size_t count_units(const camseal_context *ctx)
{
    if (ctx->tag_mode == CAMSEAL_TAG_DATA_TYPE)
        return ctx->n_slots;
    return ctx->tag_mode == CAMSEAL_TAG_FRAME ? ctx->n_evcs : 0;
}

size_t camseal_source_size(const camseal_context *ctx)
{
    return sizeof(camseal_source) + ctx->n_evcs * sizeof(camseal_priv_source_frame) +
           count_units(ctx) * sizeof(camseal_priv_unit);
}

camseal_status camseal_source_init(camseal_source **out, void *mem, size_t mem_len,
                                   camseal_context *ctx)
{
    if (!ctx || ctx->role != CAMSEAL_ROLE_SOURCE)
        return CAMSEAL_E_ARGUMENT;
    if (ctx->protocol != CAMSEAL_PROTOCOL_SEP)
        return CAMSEAL_E_UNSUPPORTED;
    size_t need = camseal_source_size(ctx);
    if (!mem || mem_len < need || (uintptr_t)mem % _Alignof(max_align_t))
        return CAMSEAL_E_MEMORY;
    memset(mem, 0, need);
    camseal_source *source = mem;
    source->ctx = ctx;
    source->bytes = need;
    source->frames = (void *)(source + 1);
    source->units = (void *)(source->frames + ctx->n_evcs);
    *out = source;
    return CAMSEAL_OK;
}

void camseal_source_wipe(camseal_source *source)
{
    if (source)
        camseal_wipe(source, source->bytes);
}

camseal_status camseal_source_abort(camseal_source *source, uint8_t evc)
{
    const camseal_priv_evc *state = camseal_priv_evc_of(source->ctx, evc);
    if (!state)
        return CAMSEAL_E_NOT_FOUND;
    source->frames[state - source->ctx->evcs].open = false;
    return CAMSEAL_OK;
}

size_t camseal_source_trailers(const camseal_source *source, uint8_t evc)
{
    const camseal_priv_evc *state = camseal_priv_evc_of(source->ctx, evc);
    return state ? camseal_priv_sep_source_trailers(source, state) : 0;
}

/* Stages items until the batch is full or one fails. */
static camseal_status stage_batch(camseal_worker *worker, camseal_source_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        camseal_priv_lane *lane = camseal_priv_worker_lane(worker, items[i].source->ctx);
        if (!lane)
            return CAMSEAL_OK;
        camseal_status status = camseal_priv_sep_source_stage(worker, lane, &items[i]);
        if (status != CAMSEAL_OK) {
            worker->used--;
            return status;
        }
    }
    return CAMSEAL_OK;
}

static void run_batch(camseal_worker *worker)
{
    camseal_priv_worker_run_ctr(worker);
    camseal_priv_worker_run_mac(worker);
    for (size_t i = 0; i < worker->used; i++)
        camseal_priv_sep_source_finish(&worker->lanes[i]);
    for (size_t i = 0; i < worker->used; i++)
        camseal_priv_epoch_settle(worker->lanes[i].ctx);
}

camseal_status camseal_source_feed(camseal_worker *worker, camseal_source_item *items, size_t n,
                                   size_t *done)
{
    camseal_status status = CAMSEAL_OK;
    *done = 0;
    while (*done < n && status == CAMSEAL_OK) {
        status = stage_batch(worker, items + *done, n - *done);
        run_batch(worker);
        *done += worker->used;
        camseal_priv_worker_clear(worker);
    }
    return status;
}
