/* Epochs of open-profile §2 and §8: load the next, put it into force per eVC at a frame start,
 * forget the old one.
 *
 * The context holds two sets of keys. `current` names the one in force, the other place is free or
 * holds the next epoch. Each eVC switches on its own; when all have, the next becomes current.
 */
#include "base/secret.h"
#include "base/try.h"
#include "context/context.h"

static uint8_t next_of(const camseal_context *ctx)
{
    return (uint8_t)(ctx->current ^ 1u);
}

static void promote(camseal_context *ctx)
{
    camseal_priv_keys_wipe(ctx, &ctx->keys[ctx->current]);
    for (size_t i = 0; i < ctx->n_evcs; i++)
        ctx->evcs[i].switched = false;
    ctx->current = next_of(ctx);
    ctx->has_current = true;
    ctx->has_next = false;
    ctx->activated = false;
    ctx->activate_at = 0;
}

static camseal_status check_load(const camseal_context *ctx, uint32_t epoch,
                                 const camseal_least_count *least, size_t n_least)
{
    if (!ctx->mac || ctx->has_next)
        return CAMSEAL_E_STATE; /* no keys in the safety suite; one next epoch at a time */
    if (ctx->has_current && ctx->keys[ctx->current].epoch == UINT32_MAX)
        return CAMSEAL_E_LIMIT;
    if (ctx->has_current && epoch != ctx->keys[ctx->current].epoch + 1)
        return CAMSEAL_E_POLICY; /* I6: the epoch only rises, by one */
    if (n_least && !least)
        return CAMSEAL_E_ARGUMENT;
    for (size_t i = 0; i < n_least; i++) {
        if (ctx->evc_index[least[i].evc] == CAMSEAL_PRIV_NO_INDEX)
            return CAMSEAL_E_NOT_FOUND;
        if (least[i].frame_count >= CAMSEAL_PRIV_FRAME_COUNT_END)
            return CAMSEAL_E_ARGUMENT;
    }
    return CAMSEAL_OK;
}

/* `least` is the first acceptable count; a floor is the last one that is not. */
static void set_floors(camseal_context *ctx, uint8_t keys, const camseal_least_count *least,
                       size_t n_least)
{
    for (size_t i = 0; i < ctx->n_evcs; i++)
        ctx->evcs[i].floor[keys] = 0;
    for (size_t i = 0; i < n_least; i++)
        if (least[i].frame_count)
            ctx->evcs[ctx->evc_index[least[i].evc]].floor[keys] = least[i].frame_count - 1;
}

camseal_status camseal_context_load_crk(camseal_context *ctx, const uint8_t crk[32], uint32_t epoch,
                                        const camseal_least_count *least, size_t n_least)
{
    CAMSEAL_TRY(check_load(ctx, epoch, least, n_least));
    uint8_t next = next_of(ctx);
    CAMSEAL_TRY(camseal_priv_keys_derive(ctx, &ctx->keys[next], crk, epoch));
    set_floors(ctx, next, least, n_least);
    ctx->has_next = true;
    /* A sink accepts what it was provisioned with from now on: its keys are loaded before the
     * source is activated, and no message orders the two sides any closer (§5, epoch field). */
    if (ctx->role == CAMSEAL_ROLE_SINK && !ctx->has_current)
        promote(ctx);
    return CAMSEAL_OK;
}

camseal_status camseal_context_load(camseal_context *ctx, const uint8_t loaded[32],
                                    const uint8_t salt[16], uint32_t epoch,
                                    const camseal_least_count *least, size_t n_least)
{
    uint8_t crk[32];
    CAMSEAL_TRY(check_load(ctx, epoch, least, n_least));
    camseal_status status = camseal_hkdf_extract(
        ctx->crypto, camseal_crypto_hash(ctx->crypto, CAMSEAL_HASH_SHA256), crk,
        camseal_span_of(salt, CAMSEAL_SALT_BYTES), camseal_span_of(loaded, CAMSEAL_ROOT_KEY_BYTES));
    if (status == CAMSEAL_OK)
        status = camseal_context_load_crk(ctx, crk, epoch, least, n_least);
    camseal_wipe(crk, sizeof crk);
    return status;
}

/* A sink already accepts the loaded epoch; a frame number here raises the floor of the new keys. */
static camseal_status activate_sink(camseal_context *ctx, uint64_t at_frame_count)
{
    if (!ctx->has_next)
        return ctx->has_current ? CAMSEAL_OK : CAMSEAL_E_STATE;
    for (size_t i = 0; i < ctx->n_evcs; i++) {
        uint64_t *floor = &ctx->evcs[i].floor[next_of(ctx)];
        if (at_frame_count > *floor + 1)
            *floor = at_frame_count - 1;
    }
    return CAMSEAL_OK;
}

camseal_status camseal_context_activate(camseal_context *ctx, uint64_t at_frame_count)
{
    if (at_frame_count >= CAMSEAL_PRIV_FRAME_COUNT_END)
        return CAMSEAL_E_ARGUMENT;
    if (!ctx->mac)
        return CAMSEAL_OK;
    if (ctx->role == CAMSEAL_ROLE_SINK)
        return activate_sink(ctx, at_frame_count);
    if (!ctx->has_next)
        return CAMSEAL_E_STATE;
    if (!ctx->has_current) {
        if (at_frame_count)
            return CAMSEAL_E_STATE; /* the frames before it would have no keys */
        promote(ctx);
        return CAMSEAL_OK;
    }
    ctx->activated = true;
    ctx->activate_at = at_frame_count;
    return CAMSEAL_OK;
}

camseal_status camseal_context_retire(camseal_context *ctx)
{
    bool in_force = ctx->role == CAMSEAL_ROLE_SINK || ctx->activated;
    if (!ctx->has_next || !in_force)
        return CAMSEAL_E_STATE;
    promote(ctx);
    return CAMSEAL_OK;
}

uint8_t camseal_priv_epoch_for_frame(const camseal_context *ctx, const camseal_priv_evc *evc,
                                     uint64_t frame_count)
{
    if (evc->switched || (ctx->has_next && ctx->activated && frame_count >= ctx->activate_at))
        return next_of(ctx);
    return ctx->has_current ? ctx->current : CAMSEAL_PRIV_NO_INDEX;
}

uint8_t camseal_priv_epoch_on_wire(const camseal_context *ctx, const camseal_priv_evc *evc,
                                   uint8_t epoch4)
{
    uint8_t next = next_of(ctx);
    if (ctx->has_next && (ctx->keys[next].epoch & 15u) == epoch4)
        return next;
    if (ctx->has_current && !evc->switched && (ctx->keys[ctx->current].epoch & 15u) == epoch4)
        return ctx->current;
    return CAMSEAL_PRIV_NO_INDEX;
}

void camseal_priv_epoch_used(const camseal_context *ctx, camseal_priv_evc *evc, uint8_t keys)
{
    if (ctx->has_next && keys == next_of(ctx))
        evc->switched = true;
}

void camseal_priv_epoch_settle(camseal_context *ctx)
{
    if (!ctx->has_next)
        return;
    for (size_t i = 0; i < ctx->n_evcs; i++)
        if (!ctx->evcs[i].switched)
            return;
    promote(ctx);
}
