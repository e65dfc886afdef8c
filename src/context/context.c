/* A context in caller memory: its layout, its set-up, and what it tells about itself. */
#include "context/context.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"

/* The block of memory: the struct, expanded keys (each aligned), then the tables. */
typedef struct layout {
    size_t mac[CAMSEAL_PRIV_EPOCHS], ctr[CAMSEAL_PRIV_EPOCHS];
    size_t evcs, slots, streams;
    size_t end;
} layout;

static size_t align_key(size_t n)
{
    return (n + CAMSEAL_BULK_KEY_ALIGN - 1) / CAMSEAL_BULK_KEY_ALIGN * CAMSEAL_BULK_KEY_ALIGN;
}

static const camseal_mac_alg *mac_of(const camseal_context_config *config,
                                     const camseal_priv_suite *suite)
{
    if (!suite->key_bytes)
        return NULL;
    return suite->gmac ? config->bulk->gmac : config->bulk->cmac;
}

static size_t take(size_t *at, size_t n)
{
    size_t start = *at;
    *at = start + n;
    return start;
}

static layout lay_out(const camseal_context_config *config)
{
    const camseal_priv_suite *suite = camseal_priv_suite_of(config->suite);
    const camseal_mac_alg *mac = mac_of(config, suite);
    layout l = {0};
    size_t at = align_key(sizeof(camseal_context));
    for (size_t i = 0; i < CAMSEAL_PRIV_EPOCHS; i++) {
        l.mac[i] = take(&at, mac ? align_key(mac->expanded_bytes) : 0);
        l.ctr[i] = take(&at, suite->encrypts ? align_key(config->bulk->ctr->expanded_bytes) : 0);
    }
    /* in falling order of alignment */
    l.evcs = take(&at, camseal_priv_count_evcs(config->streams, config->n_streams) *
                           sizeof(camseal_priv_evc));
    l.slots = take(&at, config->n_slots * sizeof(camseal_slot_map));
    l.streams = take(&at, config->n_streams * sizeof(camseal_stream_map));
    l.end = align_key(at);
    return l;
}

size_t camseal_context_size(const camseal_context_config *config)
{
    if (camseal_priv_config_check(config) != CAMSEAL_OK)
        return 0;
    return lay_out(config).end;
}

static void copy_config(camseal_context *ctx, const camseal_context_config *config)
{
    ctx->bulk = config->bulk;
    ctx->crypto = config->crypto;
    ctx->trace = config->trace;
    ctx->suite = camseal_priv_suite_of(config->suite);
    ctx->mac = mac_of(config, ctx->suite);
    ctx->crc32 = config->crc == CAMSEAL_CRC32C ? config->bulk->crc32c : config->bulk->crc32;
    ctx->ctx_id = config->ctx_id;
    ctx->role = config->role;
    ctx->protocol = config->protocol;
    ctx->tag_mode = config->tag_mode;
    ctx->tag_length = config->tag_length;
    if (ctx->mac && !ctx->tag_length)
        ctx->tag_length = CAMSEAL_MAC_TAG_BYTES;
    ctx->sep_dt = config->sep_dt ? config->sep_dt : CAMSEAL_PRIV_SEP_DT;
    memcpy(ctx->sv_allowed, config->sv_allowed, sizeof ctx->sv_allowed);
    memcpy(ctx->sv_current, config->sv_current, sizeof ctx->sv_current);
    ctx->group = config->group;
    ctx->allow_unverified = config->allow_unverified;
    ctx->fsed_in_lines = config->fsed_in_lines;
    ctx->top_tag = config->top_tag;
    memcpy(ctx->config_digest, config->config_digest, sizeof ctx->config_digest);
    ctx->hold = config->hold;
    ctx->lag_max = config->lag_max;
    ctx->round_trip_us = config->round_trip_us;
    ctx->target_id = config->target_id;
    ctx->embedded_line_length = config->embedded_line_length;
    ctx->stride = config->stride;
    ctx->timeouts = config->timeouts;
}

/* Copies the stream list grouped by eVC and makes one state per eVC, in the order of first mention.
 */
static void copy_streams(camseal_context *ctx, const camseal_context_config *config)
{
    memset(ctx->evc_index, CAMSEAL_PRIV_NO_INDEX, sizeof ctx->evc_index);
    for (size_t i = 0; i < config->n_streams; i++) {
        uint8_t evc = config->streams[i].evc;
        if (ctx->evc_index[evc] != CAMSEAL_PRIV_NO_INDEX)
            continue;
        camseal_priv_evc *state = &ctx->evcs[ctx->n_evcs];
        ctx->evc_index[evc] = (uint8_t)ctx->n_evcs++;
        state->evc = evc;
        state->first_stream = (uint8_t)ctx->n_streams;
        for (size_t k = i; k < config->n_streams; k++)
            if (config->streams[k].evc == evc)
                ctx->streams[ctx->n_streams++] = config->streams[k];
        state->n_streams = (uint8_t)(ctx->n_streams - state->first_stream);
    }
}

camseal_status camseal_context_init(camseal_context **out, void *mem, size_t mem_len,
                                    const camseal_context_config *config)
{
    CAMSEAL_TRY(camseal_priv_config_check(config));
    layout l = lay_out(config);
    if (!mem || mem_len < l.end || (uintptr_t)mem % CAMSEAL_BULK_KEY_ALIGN)
        return CAMSEAL_E_MEMORY;
    uint8_t *base = mem;
    memset(base, 0, l.end);
    camseal_context *ctx = mem;
    ctx->bytes = l.end;
    copy_config(ctx, config);
    for (size_t i = 0; i < CAMSEAL_PRIV_EPOCHS; i++) {
        ctx->keys[i].mac = ctx->mac ? base + l.mac[i] : NULL;
        ctx->keys[i].ctr = ctx->suite->encrypts ? base + l.ctr[i] : NULL;
    }
    ctx->evcs = (void *)(base + l.evcs);
    ctx->slots = (void *)(base + l.slots);
    ctx->streams = (void *)(base + l.streams);
    copy_streams(ctx, config);
    ctx->n_slots = config->n_slots;
    if (config->n_slots)
        memcpy(ctx->slots, config->slots, config->n_slots * sizeof *ctx->slots);
    if (!ctx->mac) { /* the safety suite is in force at once, as epoch 0 */
        ctx->keys[0].loaded = true;
        ctx->has_current = true;
    }
    *out = ctx;
    return CAMSEAL_OK;
}

camseal_priv_evc *camseal_priv_evc_of(camseal_context *ctx, uint8_t evc)
{
    uint8_t index = ctx->evc_index[evc];
    return index == CAMSEAL_PRIV_NO_INDEX ? NULL : &ctx->evcs[index];
}

const camseal_stream_map *camseal_priv_stream_of(const camseal_context *ctx,
                                                 const camseal_priv_evc *evc, uint16_t edt)
{
    const camseal_stream_map *s = &ctx->streams[evc->first_stream];
    for (size_t i = 0; i < evc->n_streams; i++)
        if (s[i].edt == edt)
            return &s[i];
    return NULL;
}

const camseal_stream_map *camseal_priv_stream_on_wire(const camseal_context *ctx, uint8_t wire_vc,
                                                      uint8_t wire_dt)
{
    for (size_t i = 0; i < ctx->n_streams; i++)
        if (ctx->streams[i].wire_vc == wire_vc && ctx->streams[i].wire_dt == wire_dt)
            return &ctx->streams[i];
    return NULL;
}

uint8_t camseal_priv_slot_of(const camseal_context *ctx, uint8_t evc, uint8_t fp, uint16_t edt)
{
    for (size_t i = 0; i < ctx->n_slots; i++)
        if (ctx->slots[i].evc == evc && ctx->slots[i].fp == fp && ctx->slots[i].edt == edt)
            return (uint8_t)i;
    return CAMSEAL_PRIV_NO_INDEX;
}

bool camseal_priv_joins_messages(const camseal_context *ctx)
{
    if (ctx->protocol == CAMSEAL_PROTOCOL_FSED)
        return true;
    const unsigned all = ctx->sv_allowed[0] | ctx->sv_allowed[1] | ctx->sv_allowed[2];
    return ctx->tag_mode > CAMSEAL_TAG_MESSAGE && all != 1u << 4; /* SV-5 only: never a tag */
}

bool camseal_priv_may_be_untagged(const camseal_context *ctx)
{
    return (ctx->sv_allowed[0] & ctx->sv_allowed[1] & ctx->sv_allowed[2] & 1u << 4) != 0;
}

camseal_status camseal_context_set_variants(camseal_context *ctx, const uint8_t sv[3])
{
    for (size_t i = 0; i < 3; i++)
        if (sv[i] == 0 || sv[i] > CAMSEAL_PRIV_SV_MAX || !(ctx->sv_allowed[i] >> (sv[i] - 1) & 1))
            return CAMSEAL_E_POLICY;
    memcpy(ctx->sv_current, sv, sizeof ctx->sv_current);
    return CAMSEAL_OK;
}

camseal_status camseal_context_set_frame_count(camseal_context *ctx, uint8_t evc,
                                               uint64_t frame_count)
{
    camseal_priv_evc *state = camseal_priv_evc_of(ctx, evc);
    if (!state)
        return CAMSEAL_E_NOT_FOUND;
    if (frame_count >= CAMSEAL_PRIV_FRAME_COUNT_END)
        return CAMSEAL_E_ARGUMENT;
    if (state->used)
        return CAMSEAL_E_STATE;
    if (ctx->role == CAMSEAL_ROLE_SINK) {
        state->frame_count = frame_count;
        return CAMSEAL_OK;
    }
    if (frame_count == 0)
        return CAMSEAL_E_ARGUMENT;
    state->frame_count = frame_count - 1;
    return CAMSEAL_OK;
}

size_t camseal_context_evcs(const camseal_context *ctx)
{
    return ctx->n_evcs;
}

camseal_status camseal_context_evc_status(const camseal_context *ctx, size_t index,
                                          camseal_evc_status *out)
{
    if (index >= ctx->n_evcs)
        return CAMSEAL_E_NOT_FOUND;
    const camseal_priv_evc *e = &ctx->evcs[index];
    camseal_evc_status status = {e->evc, e->frame_count, e->messages, e->tags, e->blocks};
    *out = status;
    return CAMSEAL_OK;
}

uint32_t camseal_context_epoch(const camseal_context *ctx)
{
    return ctx->has_current ? ctx->keys[ctx->current].epoch : 0;
}

bool camseal_context_active(const camseal_context *ctx)
{
    return ctx->has_current;
}

uint32_t camseal_context_limit_used(const camseal_context *ctx)
{
    uint32_t a = camseal_priv_usage_part(ctx, &ctx->keys[0]);
    uint32_t b = camseal_priv_usage_part(ctx, &ctx->keys[1]);
    return a > b ? a : b;
}

void camseal_context_verdict_totals(const camseal_context *ctx, uint64_t out[CAMSEAL_VERDICT_COUNT])
{
    memcpy(out, ctx->verdicts, sizeof ctx->verdicts);
}

void camseal_context_wipe(camseal_context *ctx)
{
    if (ctx)
        camseal_wipe(ctx, ctx->bytes);
}
