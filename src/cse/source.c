/* Source of any protocol: life cycle and batches. The protocol stages and finishes each packet. */
#include "cse/source.h"

#include <string.h>

#include "base/secret.h"

static size_t count_units(const camseal_context *ctx)
{
    if (ctx->tag_mode == CAMSEAL_TAG_DATA_TYPE)
        return ctx->n_slots;
    return camseal_priv_is_fsed(ctx) || ctx->tag_mode == CAMSEAL_TAG_FRAME ? ctx->n_evcs : 0;
}

size_t camseal_source_size(const camseal_context *ctx)
{
    return sizeof(camseal_source) + ctx->n_evcs * sizeof(camseal_priv_source_frame) +
           ctx->n_evcs * sizeof(camseal_priv_selftest) +
           count_units(ctx) * sizeof(camseal_priv_unit) +
           (camseal_priv_is_fsed(ctx) ? ctx->n_evcs : 0) * sizeof(camseal_priv_source_fsed);
}

camseal_status camseal_source_init(camseal_source **out, void *mem, size_t mem_len,
                                   camseal_context *ctx)
{
    if (!ctx || ctx->role != CAMSEAL_ROLE_SOURCE)
        return CAMSEAL_E_ARGUMENT;
    if (ctx->protocol != CAMSEAL_PROTOCOL_SEP && !camseal_priv_is_fsed(ctx))
        return CAMSEAL_E_UNSUPPORTED;
    size_t need = camseal_source_size(ctx);
    if (!mem || mem_len < need || (uintptr_t)mem % _Alignof(max_align_t))
        return CAMSEAL_E_MEMORY;
    memset(mem, 0, need);
    camseal_source *source = mem;
    source->ctx = ctx;
    source->bytes = need;
    source->frames = (void *)(source + 1);
    source->selftests = (void *)(source->frames + ctx->n_evcs);
    source->units = (void *)(source->selftests + ctx->n_evcs);
    source->fsed = (void *)(source->units + count_units(ctx));
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
    return state && !camseal_priv_is_fsed(source->ctx)
               ? camseal_priv_sep_source_trailers(source, state)
               : 0;
}

camseal_status camseal_priv_source_plan(camseal_priv_source_frame *frame,
                                        const camseal_context *ctx, const camseal_priv_evc *evc,
                                        bool begin)
{
    if (!begin) {
        const camseal_priv_keys *keys = &ctx->keys[frame->keys];
        if (!frame->open || !keys->loaded || keys->epoch != frame->epoch)
            return CAMSEAL_E_STATE;
        return frame->next < CAMSEAL_PRIV_MESSAGE_COUNT_END ? CAMSEAL_OK : CAMSEAL_E_LIMIT;
    }
    if (frame->open)
        return CAMSEAL_E_STATE;
    camseal_priv_source_frame started = {.open = true, .frame_count = evc->frame_count + 1};
    if (started.frame_count >= CAMSEAL_PRIV_FRAME_COUNT_END)
        return CAMSEAL_E_LIMIT;
    started.keys = camseal_priv_epoch_for_frame(ctx, evc, started.frame_count);
    if (started.keys == CAMSEAL_PRIV_NO_INDEX)
        return CAMSEAL_E_STATE;
    started.epoch = ctx->keys[started.keys].epoch;
    memcpy(started.sv, ctx->sv_current, sizeof started.sv);
    /* §4: a frame whose three partitions are all SV-5 has no tags. */
    started.tagged = ctx->mac && !(started.sv[0] == 5 && started.sv[1] == 5 && started.sv[2] == 5);
    *frame = started;
    return CAMSEAL_OK;
}

void camseal_priv_source_commit(camseal_context *ctx, camseal_priv_evc *evc,
                                const camseal_priv_source_frame *frame,
                                const camseal_priv_usage *usage)
{
    evc->used = true;
    evc->frame_count = frame->frame_count;
    camseal_priv_epoch_used(ctx, evc, frame->keys);
    camseal_priv_usage_book(ctx, evc, &ctx->keys[frame->keys], usage);
}

camseal_status camseal_source_selftest(camseal_source *source, uint8_t kind, uint8_t evc,
                                       uint64_t frame_count)
{
    const camseal_priv_evc *state = camseal_priv_evc_of(source->ctx, evc);
    if (!state)
        return CAMSEAL_E_NOT_FOUND;
    if (kind < CAMSEAL_SELFTEST_CRC || kind > CAMSEAL_SELFTEST_DROP ||
        frame_count <= state->frame_count)
        return CAMSEAL_E_ARGUMENT;
    const camseal_priv_selftest asked = {frame_count, kind};
    source->selftests[state - source->ctx->evcs] = asked;
    return CAMSEAL_OK;
}

uint8_t camseal_priv_source_inject(const camseal_priv_lane *lane, unsigned kinds)
{
    camseal_priv_selftest *asked = &lane->protect->source->selftests[lane->evc - lane->ctx->evcs];
    const uint8_t kind = asked->kind;
    if (asked->frame_count == 0 || asked->frame_count != lane->frame_count || !(kinds >> kind & 1u))
        return 0;
    asked->frame_count = 0;
    return kind;
}

uint8_t camseal_priv_source_fp(const camseal_priv_source_frame *frame, bool embedded)
{
    if (!embedded)
        return CAMSEAL_FP_IMAGE;
    return frame->image_seen ? CAMSEAL_FP_BOTTOM : CAMSEAL_FP_TOP;
}

static camseal_status stage(camseal_worker *worker, camseal_priv_lane *lane,
                            camseal_source_item *item)
{
    if (!camseal_priv_is_fsed(lane->ctx))
        return camseal_priv_sep_source_stage(worker, lane, item);
    if (camseal_priv_fsed_is_own(item))
        return camseal_priv_fsed_source_own(lane, item);
    return camseal_priv_fsed_source_stage(worker, lane, item);
}

/* Stages items until the batch is full or one fails. FSH, TBT and FTG are batches of their own:
 * they tell about all that went before. */
static camseal_status stage_batch(camseal_worker *worker, camseal_source_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        camseal_priv_lane *lane = camseal_priv_worker_lane(worker, items[i].source->ctx);
        if (!lane)
            return CAMSEAL_OK;
        const bool own = camseal_priv_is_fsed(lane->ctx) && camseal_priv_fsed_is_own(&items[i]);
        if (own && i > 0) {
            worker->used--;
            return CAMSEAL_OK;
        }
        camseal_status status = stage(worker, lane, &items[i]);
        if (status != CAMSEAL_OK) {
            worker->used--;
            return status;
        }
        if (own)
            return CAMSEAL_OK;
    }
    return CAMSEAL_OK;
}

static void run_batch(camseal_worker *worker)
{
    camseal_priv_worker_run_ctr(worker);
    camseal_priv_worker_run_mac(worker);
    for (size_t i = 0; i < worker->used; i++) {
        if (camseal_priv_is_fsed(worker->lanes[i].ctx))
            camseal_priv_fsed_source_finish(&worker->lanes[i]);
        else
            camseal_priv_sep_source_finish(&worker->lanes[i]);
    }
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
