/* The tags of FSH, TBT and FTG (open-profile §4). Knows MAC input and nonces, no packet. */
#ifndef CAMSEAL_CSE_FSED_MAC_H
#define CAMSEAL_CSE_FSED_MAC_H

#include "cse/fsed/format.h"

/* Which frame of which eVC, under which keys. */
typedef struct camseal_priv_fsed_key {
    const camseal_context *ctx;
    uint8_t keys, evc;
    uint64_t frame_count;
} camseal_priv_fsed_key;

/* Tag over FSH || trailer. */
void camseal_priv_fsed_mac_fsh(const camseal_priv_fsed_key *key,
                               const uint8_t fsh[CAMSEAL_PRIV_FSH_BYTES],
                               uint8_t tag[CAMSEAL_MAC_TAG_BYTES]);
/* The frame's unit begins with its FSH. */
void camseal_priv_fsed_mac_begin(const camseal_priv_fsed_key *key, camseal_priv_unit *unit,
                                 const uint8_t fsh[CAMSEAL_PRIV_FSH_BYTES]);
/* Tag of a TBT or FTG from a copy of the unit, which can go on. */
void camseal_priv_fsed_mac_end(const camseal_priv_fsed_key *key, const camseal_priv_unit *unit,
                               uint8_t type, const uint8_t *header,
                               uint8_t tag[CAMSEAL_MAC_TAG_BYTES]);
/* What such a tag costs: FSH or the unit's end. */
camseal_priv_usage camseal_priv_fsed_usage(const camseal_context *ctx, uint8_t type);

#endif
