/* Frame counters (open-profile §3) and usage limits of keys (§2). Knows no packet and no key byte.
 */
#include "context/context.h"

bool camseal_priv_frame_extend(uint64_t *value, uint64_t last, uint32_t low32)
{
    const uint64_t turn = UINT64_C(1) << 32, half = turn / 2;
    uint64_t near = (last & ~(turn - 1)) | low32; /* within one turn of `last` */
    *value = 0;
    if (near > last && near - last > half) {
        if (near < turn)
            return false; /* the nearest value is below zero */
        near -= turn;
    } else if (near < last && last - near >= half) {
        near += turn;
    }
    *value = near;
    return near > last && near < CAMSEAL_PRIV_FRAME_COUNT_END;
}

uint64_t camseal_priv_frame_floor(const camseal_priv_evc *evc, uint8_t keys)
{
    return evc->frame_count > evc->floor[keys] ? evc->frame_count : evc->floor[keys];
}

camseal_status camseal_priv_usage_allows(const camseal_context *ctx, const camseal_priv_keys *keys,
                                         const camseal_priv_usage *usage)
{
    if (!ctx->mac)
        return CAMSEAL_OK;
    if (keys->mac_blocks + usage->mac_blocks > CAMSEAL_PRIV_BLOCK_LIMIT ||
        keys->ctr_blocks + usage->ctr_blocks > CAMSEAL_PRIV_BLOCK_LIMIT)
        return CAMSEAL_E_LIMIT;
    if (ctx->suite->gmac && keys->tags + usage->tags > CAMSEAL_PRIV_TAG_LIMIT)
        return CAMSEAL_E_LIMIT;
    return CAMSEAL_OK;
}

/* used / limit in 1/65536, at most 65536; limits are at most 2^44. */
static uint32_t part(uint64_t used, uint64_t limit)
{
    return used < limit ? (uint32_t)((used << 16) / limit) : 65536u;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

uint32_t camseal_priv_usage_part(const camseal_context *ctx, const camseal_priv_keys *keys)
{
    uint32_t worst = larger(part(keys->mac_blocks, CAMSEAL_PRIV_BLOCK_LIMIT),
                            part(keys->ctr_blocks, CAMSEAL_PRIV_BLOCK_LIMIT));
    worst = larger(worst, part(keys->bad_tags, CAMSEAL_PRIV_BAD_TAG_LIMIT));
    if (ctx->suite->gmac)
        worst = larger(worst, part(keys->tags, CAMSEAL_PRIV_TAG_LIMIT));
    return worst;
}

void camseal_priv_usage_book(camseal_context *ctx, camseal_priv_evc *evc, camseal_priv_keys *keys,
                             const camseal_priv_usage *usage)
{
    keys->tags += usage->tags;
    keys->mac_blocks += usage->mac_blocks;
    keys->ctr_blocks += usage->ctr_blocks;
    evc->messages++;
    evc->tags += usage->tags;
    evc->blocks += usage->mac_blocks + usage->ctr_blocks;
    if (keys->half_told || camseal_priv_usage_part(ctx, keys) < 32768)
        return;
    keys->half_told = true;
    camseal_trace_event(ctx->trace, CAMSEAL_E_LIMIT, "context", "key limit", "half used: rotate",
                        ctx->ctx_id, keys->epoch);
}

bool camseal_priv_usage_bad_tag(camseal_context *ctx, camseal_priv_keys *keys)
{
    if (++keys->bad_tags != CAMSEAL_PRIV_BAD_TAG_LIMIT)
        return false;
    camseal_trace_event(ctx->trace, CAMSEAL_E_LIMIT, "context", "bad tags", "rotate",
                        CAMSEAL_PRIV_BAD_TAG_LIMIT, keys->bad_tags);
    return true;
}
