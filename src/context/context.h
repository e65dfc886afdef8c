/* Inside of a security context, for the engines above it.
 *
 * Knows configuration, keys of two epochs, counters and limits of open-profile §1-§3. Does not know
 * packets. May include base, crypto, and nothing else.
 */
#ifndef CAMSEAL_CONTEXT_CONTEXT_H
#define CAMSEAL_CONTEXT_CONTEXT_H

#include "camseal/context.h"

/* Bits of counters and limits; a test compiles them smaller, to reach their ends. */
#ifndef CAMSEAL_PRIV_FRAME_BITS
#define CAMSEAL_PRIV_FRAME_BITS 40
#endif
#ifndef CAMSEAL_PRIV_BLOCK_BITS
#define CAMSEAL_PRIV_BLOCK_BITS 44
#endif
#ifndef CAMSEAL_PRIV_TAG_BITS
#define CAMSEAL_PRIV_TAG_BITS 40
#endif
/* Never sent: the source stops before. */
#define CAMSEAL_PRIV_FRAME_COUNT_END ((UINT64_C(1) << CAMSEAL_PRIV_FRAME_BITS) - 1u)
/* Per key: blocks of CMAC, GMAC and CTR; tags of GMAC; bad tags, at which a sink asks for a
 * rotation. */
#define CAMSEAL_PRIV_BLOCK_LIMIT   (UINT64_C(1) << CAMSEAL_PRIV_BLOCK_BITS)
#define CAMSEAL_PRIV_TAG_LIMIT     (UINT64_C(1) << CAMSEAL_PRIV_TAG_BITS)
#define CAMSEAL_PRIV_BAD_TAG_LIMIT (UINT64_C(1) << 20)
#define CAMSEAL_PRIV_NO_INDEX      0xFFu
#define CAMSEAL_PRIV_SEP_DT        0x37u /* default wire data type of SEP packets (§5) */
#define CAMSEAL_PRIV_IV_BYTES      12u

enum { CAMSEAL_PRIV_SV_MAX = 5, CAMSEAL_PRIV_SLOT_MAX = 255, CAMSEAL_PRIV_EPOCHS = 2 };

typedef struct camseal_priv_suite {
    uint8_t id;
    uint8_t key_bytes; /* 0: no key */
    bool gmac;
    bool encrypts;
    uint8_t least_tag; /* bytes */
    const char *name;
} camseal_priv_suite;

/* Keys of one epoch with what they have done so far. */
typedef struct camseal_priv_keys {
    bool loaded;
    bool half_told; /* the event "half of a limit" was sent */
    uint32_t epoch;
    void *mac; /* expanded, in the context's memory; unused with the safety suite */
    void *ctr; /* expanded; NULL unless the suite encrypts */
    uint8_t iv_int[CAMSEAL_PRIV_IV_BYTES];
    uint8_t iv_enc[CAMSEAL_PRIV_IV_BYTES];
    uint64_t tags, bad_tags, mac_blocks, ctr_blocks;
} camseal_priv_keys;

/* What a message costs its key. */
typedef struct camseal_priv_usage {
    uint64_t tags, mac_blocks, ctr_blocks;
} camseal_priv_usage;

typedef struct camseal_priv_evc {
    uint8_t evc;
    uint8_t first_stream, n_streams; /* into streams[], which is grouped by eVC */
    bool used;                       /* a frame was started or verified */
    bool switched;                   /* uses the next epoch already */
    uint64_t frame_count;            /* source: last used; sink: last verified */
    uint64_t
        floor[CAMSEAL_PRIV_EPOCHS]; /* sink: under these keys frames must be greater than this */
    uint64_t messages, tags, blocks;
} camseal_priv_evc;

struct camseal_context {
    const camseal_bulk *bulk;
    const camseal_crypto *crypto;
    const camseal_trace *trace;
    const camseal_priv_suite *suite;
    const camseal_mac_alg *mac; /* NULL: safety suite */
    uint32_t (*crc32)(uint32_t crc, const uint8_t *data, size_t len);
    uint8_t ctx_id, role, protocol, tag_mode, tag_length, sep_dt;
    uint8_t sv_allowed[3], sv_current[3];
    bool group, allow_unverified, fsed_in_lines, top_tag;
    uint8_t config_digest[8];
    uint32_t hold, lag_max, round_trip_us;
    uint16_t target_id, embedded_line_length;
    camseal_stride stride;
    camseal_timeouts timeouts;
    camseal_stream_map *streams;
    size_t n_streams;
    camseal_slot_map *slots;
    size_t n_slots;
    camseal_priv_evc *evcs;
    size_t n_evcs;
    uint8_t evc_index[256]; /* eVC -> index into evcs[], CAMSEAL_PRIV_NO_INDEX */
    /* Two sets of keys; a set keeps its place for life, so that a frame can name it by index. */
    camseal_priv_keys keys[CAMSEAL_PRIV_EPOCHS];
    uint8_t current; /* index of the epoch in force; the other place holds the next one */
    bool has_current, has_next;
    bool activated;       /* source: the next epoch is put into force ... */
    uint64_t activate_at; /* ... from this frame_count on */
    uint64_t verdicts[CAMSEAL_VERDICT_COUNT];
    size_t bytes; /* of the whole block of memory */
};

/* ---- suites.c ---- */

/* Row of a suite, or NULL. */
const camseal_priv_suite *camseal_priv_suite_of(unsigned id);

/* ---- check.c ---- */

/* Everything that §1-§4 forbid. Tells the trace which field and why. */
CAMSEAL_NODISCARD camseal_status camseal_priv_config_check(const camseal_context_config *config);
/* Number of different eVCs in a stream list. */
size_t camseal_priv_count_evcs(const camseal_stream_map *streams, size_t n);

/* ---- context.c ---- */

/* State of an eVC, or NULL when the context does not own it. */
camseal_priv_evc *camseal_priv_evc_of(camseal_context *ctx, uint8_t evc);
/* Entry of the stream list by (eVC, eDT), or NULL. */
const camseal_stream_map *camseal_priv_stream_of(const camseal_context *ctx,
                                                 const camseal_priv_evc *evc, uint16_t edt);
/* Entry by what is on the sensor's wire, or NULL. */
const camseal_stream_map *camseal_priv_stream_on_wire(const camseal_context *ctx, uint8_t wire_vc,
                                                      uint8_t wire_dt);
/* Position of (eVC, FP, eDT) in the slot list, or NO_INDEX. */
uint8_t camseal_priv_slot_of(const camseal_context *ctx, uint8_t evc, uint8_t fp, uint16_t edt);
static inline bool camseal_priv_is_fsed(const camseal_context *ctx)
{
    return ctx->protocol == CAMSEAL_PROTOCOL_FSED;
}
/* True when a tag stands for more than one message: its verdict comes later than its messages. */
bool camseal_priv_joins_messages(const camseal_context *ctx);
/* True when a frame may be sent without any tag: safety suite, or SV-5 allowed everywhere. */
bool camseal_priv_may_be_untagged(const camseal_context *ctx);

/* ---- keys.c ---- */

/* Derives and expands all keys of the set from an effective CRK (§2). On failure the set is wiped.
 */
CAMSEAL_NODISCARD camseal_status camseal_priv_keys_derive(camseal_context *ctx,
                                                          camseal_priv_keys *keys,
                                                          const uint8_t crk[32], uint32_t epoch);
/* One output of §2: label "int", "iv.int", "enc" or "iv.enc". */
CAMSEAL_NODISCARD camseal_status camseal_priv_key_expand(const camseal_crypto *crypto, uint8_t *okm,
                                                         size_t len, const uint8_t crk[32],
                                                         const char *label, const uint8_t ids[4],
                                                         uint32_t epoch);
/* Zeroes the set, its expanded keys too. */
void camseal_priv_keys_wipe(camseal_context *ctx, camseal_priv_keys *keys);

/* ---- epochs.c ---- */

/* Source: index of the keys under which a frame with this number starts on this eVC; NO_INDEX when
 * no epoch is in force. */
uint8_t camseal_priv_epoch_for_frame(const camseal_context *ctx, const camseal_priv_evc *evc,
                                     uint64_t frame_count);
/* Sink: index of the keys that the 4-bit field means on this eVC (current, or the next one once it
 * is provisioned; after the first valid tag of the next one only that); NO_INDEX otherwise. */
uint8_t camseal_priv_epoch_on_wire(const camseal_context *ctx, const camseal_priv_evc *evc,
                                   uint8_t epoch4);
/* A frame was started (source) or a tag was verified (sink) under these keys. */
void camseal_priv_epoch_used(const camseal_context *ctx, camseal_priv_evc *evc, uint8_t keys);
/* When every eVC uses the next epoch: it becomes the current one and the old keys are wiped. To be
 * called when no job holds a key any more. */
void camseal_priv_epoch_settle(camseal_context *ctx);

/* ---- counters.c ---- */

/* §3: the value nearest to `last` that is congruent to low32 (tie upward). False when it is not
 * greater than `last`, below zero, or no legal count. *value holds the nearest value, 0 when that
 * is below zero. */
bool camseal_priv_frame_extend(uint64_t *value, uint64_t last, uint32_t low32);
/* Sink: frames under these keys must be greater than this. */
uint64_t camseal_priv_frame_floor(const camseal_priv_evc *evc, uint8_t keys);
/* LIMIT when the key cannot pay for this any more (§2). */
CAMSEAL_NODISCARD camseal_status camseal_priv_usage_allows(const camseal_context *ctx,
                                                           const camseal_priv_keys *keys,
                                                           const camseal_priv_usage *usage);
/* Books a message; tells the trace once when half of a limit is gone. */
void camseal_priv_usage_book(camseal_context *ctx, camseal_priv_evc *evc, camseal_priv_keys *keys,
                             const camseal_priv_usage *usage);
/* Books a wrong tag. True when that reached the limit just now: rotate. */
bool camseal_priv_usage_bad_tag(camseal_context *ctx, camseal_priv_keys *keys);
/* Used part of the worst limit of this key, in 1/65536. */
uint32_t camseal_priv_usage_part(const camseal_context *ctx, const camseal_priv_keys *keys);

#endif
