#include "cse/fsed/mac.h"

#include "base/secret.h"

static void run(const camseal_priv_fsed_key *key, camseal_mac_state *state,
                const camseal_span spans[2], uint8_t nonce_type, uint8_t *tag, uint32_t flags)
{
    const camseal_priv_keys *keys = &key->ctx->keys[key->keys];
    const camseal_priv_nonce unit = {CAMSEAL_PROTOCOL_FSED, nonce_type, key->evc, key->frame_count,
                                     0};
    uint8_t nonce[CAMSEAL_MAC_NONCE_BYTES];
    camseal_priv_nonce_make(nonce, &unit, keys->iv_int);
    camseal_mac_job job = {keys->mac, state, spans, 2, nonce, tag, flags};
    key->ctx->mac->many(&job, 1);
}

void camseal_priv_fsed_mac_fsh(const camseal_priv_fsed_key *key,
                               const uint8_t fsh[CAMSEAL_PRIV_FSH_BYTES],
                               uint8_t tag[CAMSEAL_MAC_TAG_BYTES])
{
    camseal_mac_state state;
    uint8_t trailer[CAMSEAL_PRIV_TRAILER_BYTES];
    camseal_priv_trailer_pack(trailer, CAMSEAL_PRIV_UNIT_FSH, 1, CAMSEAL_PRIV_FSH_BYTES);
    const camseal_span spans[2] = {camseal_span_of(fsh, CAMSEAL_PRIV_FSH_BYTES),
                                   camseal_span_of(trailer, sizeof trailer)};
    run(key, &state, spans, CAMSEAL_PRIV_UNIT_FSH, tag, CAMSEAL_MAC_START | CAMSEAL_MAC_FINISH);
    camseal_wipe(&state, sizeof state);
}

void camseal_priv_fsed_mac_begin(const camseal_priv_fsed_key *key, camseal_priv_unit *unit,
                                 const uint8_t fsh[CAMSEAL_PRIV_FSH_BYTES])
{
    const camseal_span spans[2] = {camseal_span_of(fsh, CAMSEAL_PRIV_FSH_BYTES),
                                   camseal_span_of(NULL, 0)};
    run(key, &unit->state, spans, CAMSEAL_PRIV_UNIT_FRAME, NULL, CAMSEAL_MAC_START);
    unit->started = true;
}

void camseal_priv_fsed_mac_end(const camseal_priv_fsed_key *key, const camseal_priv_unit *unit,
                               uint8_t type, const uint8_t *header,
                               uint8_t tag[CAMSEAL_MAC_TAG_BYTES])
{
    const uint8_t unit_type =
        type == CAMSEAL_PRIV_TBT ? CAMSEAL_PRIV_UNIT_TOP_BLOCK : CAMSEAL_PRIV_UNIT_FRAME;
    camseal_mac_state fork = unit->state;
    uint8_t trailer[CAMSEAL_PRIV_TRAILER_BYTES];
    camseal_priv_trailer_pack(trailer, unit_type, unit->messages, unit->covered);
    const camseal_span spans[2] = {camseal_span_of(header, camseal_priv_fsed_bytes(type)),
                                   camseal_span_of(trailer, sizeof trailer)};
    run(key, &fork, spans, unit_type, tag, CAMSEAL_MAC_FINISH);
    camseal_wipe(&fork, sizeof fork);
}

camseal_priv_usage camseal_priv_fsed_usage(const camseal_context *ctx, uint8_t type)
{
    camseal_priv_usage usage = {0, 0, 0};
    if (!ctx->mac)
        return usage;
    usage.tags = 1;
    usage.mac_blocks = 2 + camseal_priv_fsed_bytes(type) / 16; /* trailer, first or length block */
    if (type == CAMSEAL_PRIV_FSH)
        usage.mac_blocks *= 2; /* absorbed by the frame's unit too */
    return usage;
}
