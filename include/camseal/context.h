/* Security context: what one protected stream (or one register target) is provisioned with.
 *
 * Keys, nonces, counters, replay, usage limits and the policy floor of open-profile §1-§3. A
 * context lives in caller memory; one source or one sink works on it at a time. It knows no wire
 * bytes except those of the nonce and of the key derivation.
 */
#ifndef CAMSEAL_CONTEXT_H
#define CAMSEAL_CONTEXT_H

#include <stdbool.h>

#include "camseal/bulk.h"
#include "camseal/crypto.h"
#include "camseal/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

enum camseal_role {
    CAMSEAL_ROLE_SOURCE = 1,
    CAMSEAL_ROLE_SINK = 2,
    CAMSEAL_ROLE_CONTROLLER = 3,
    CAMSEAL_ROLE_TARGET = 4
};
enum camseal_protocol {
    CAMSEAL_PROTOCOL_NONE = 0,
    CAMSEAL_PROTOCOL_SEP = 1,
    CAMSEAL_PROTOCOL_FSED = 2,
    CAMSEAL_PROTOCOL_CCISE = 3
};
enum camseal_suite {
    CAMSEAL_SUITE_SAFETY = 0x00,
    CAMSEAL_SUITE_EFF_128 = 0x01,
    CAMSEAL_SUITE_EFF_256 = 0x02,
    CAMSEAL_SUITE_PERF_128_I = 0x11,
    CAMSEAL_SUITE_PERF_256_I = 0x12,
    CAMSEAL_SUITE_PERF_128_IE = 0x21,
    CAMSEAL_SUITE_PERF_256_IE = 0x22
};
enum camseal_tag_mode {
    CAMSEAL_TAG_NONE = 0,
    CAMSEAL_TAG_MESSAGE = 1,
    CAMSEAL_TAG_DATA_TYPE = 2,
    CAMSEAL_TAG_FRAME = 3
};
enum camseal_crc_poly { CAMSEAL_CRC32C = 0, CAMSEAL_CRC32_IEEE = 1 };
enum camseal_frame_part {
    CAMSEAL_FP_TRAILER = 0,
    CAMSEAL_FP_TOP = 2,
    CAMSEAL_FP_IMAGE = 3,
    CAMSEAL_FP_BOTTOM = 4
};

#define CAMSEAL_SALT_BYTES          16u
#define CAMSEAL_ROOT_KEY_BYTES      32u
#define CAMSEAL_CONTEXT_MAX_STREAMS 32u
#define CAMSEAL_CONTEXT_MAX_EVCS    16u
#define CAMSEAL_CONTEXT_MAX_HOLD    65536u

/* §1: (wire VC, wire DT) -> (eVC, eDT, embedded?); injective; at a source an eVC has one wire VC.
 */
typedef struct camseal_stream_map {
    uint8_t wire_vc;
    uint8_t wire_dt;
    uint8_t evc;
    bool embedded;
    uint16_t edt;
} camseal_stream_map;

typedef struct camseal_slot_map {
    uint8_t evc;
    uint8_t fp;
    uint16_t edt;
} camseal_slot_map;

/* §4: unit 0 none, 1 message (SV-3), 2 byte (SV-4). */
typedef struct camseal_stride {
    uint8_t unit;
    uint16_t offset, run, period;
} camseal_stride;

typedef struct camseal_timeouts { /* microseconds; 0 = off */
    uint32_t message, frame, fresh, start, retire, management;
} camseal_timeouts;

typedef struct camseal_context_config {
    size_t struct_size;
    const camseal_bulk *bulk; /* borrowed                                                       */
    const camseal_crypto *crypto; /* borrowed: SHA-256 for the key derivation */
    const camseal_trace *trace; /* borrowed or NULL                                               */
    uint8_t ctx_id;             /* 1..255                                                         */
    uint8_t role, protocol, suite, tag_mode;
    uint8_t tag_length;    /* 8, 12, 16; 0 = 16 (0 with the safety suite)                    */
    uint8_t crc;           /* enum camseal_crc_poly                                          */
    uint8_t sep_dt;        /* wire data type of SEP packets; 0 = 0x37                        */
    uint8_t sv_allowed[3]; /* FP-2, 3, 4: bit n-1 = SV-n                                     */
    uint8_t sv_current[3]; /* FP-2, 3, 4; the source uses it, the sink ignores it            */
    camseal_stride stride;
    const camseal_stream_map *streams; /* copied, 1..CAMSEAL_CONTEXT_MAX_STREAMS */
    size_t n_streams;
    const camseal_slot_map *slots; /* copied; data-type mode */
    size_t n_slots;
    uint16_t target_id;
    uint16_t embedded_line_length;
    camseal_timeouts timeouts;
    bool group;            /* more than one sink shares the key: verdicts carry the mark     */
    bool allow_unverified; /* policy: an all-SV-5 frame or the safety suite may be UNVERIFIED */
    /* FSED (§6) */
    bool fsed_in_lines; /* FSH, TBT, FTG travel as 0x12 lines of embedded_line_length        */
    bool top_tag;       /* the source sends a TBT; carried in lines: the sink expects one    */
    uint8_t config_digest[8]; /* goes into the FSH; a sink demands it. All 0: not provided   */
    /* Sink, tags per data type and per frame: messages of an eVC that are kept back until the
     * verdict of their tag. 0: they are released early, marked PENDING. */
    uint32_t hold;
    /* Sink, freshness (§9); 0 = not judged */
    uint32_t lag_max;       /* frames that the sink may be behind the source               */
    uint32_t round_trip_us; /* T_rtt: a status that took longer proves nothing             */
} camseal_context_config;

typedef struct camseal_context camseal_context; /* lives in memory that you provide */

typedef struct camseal_evc_status {
    uint8_t evc;
    uint64_t frame_count; /* source: last one used; sink: last one verified */
    uint64_t messages, tags, blocks;
} camseal_evc_status;

enum camseal_verdict { /* in rising order of what wins (§5); BIST stands apart */
                       CAMSEAL_VERDICT_OK = 0,
                       CAMSEAL_VERDICT_OK_PARTIAL,
                       CAMSEAL_VERDICT_UNVERIFIED,
                       CAMSEAL_VERDICT_STALE,
                       CAMSEAL_VERDICT_INCOMPLETE,
                       CAMSEAL_VERDICT_FORGED,
                       CAMSEAL_VERDICT_BIST,
                       CAMSEAL_VERDICT_COUNT, /* of verdicts that are final */
                       /* Released early, its tag has not come: never to act on, never counted. */
                       CAMSEAL_VERDICT_PENDING
};

/* Bytes of memory for a context of this shape (its keys included), for an aligned block. 0 when the
 * config is unusable. */
CAMSEAL_API size_t camseal_context_size(const camseal_context_config *config);

/* Checks the config against §1-§4 (POLICY with a trace event that names the field for a combination
 * that the profile forbids) and makes a context without keys. MEMORY for short or misaligned memory
 * (alignment CAMSEAL_BULK_KEY_ALIGN). */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_context_init(
    camseal_context **out, void *mem, size_t mem_len, const camseal_context_config *config);

/* Loads the next epoch (§2): CRK = HKDF-Extract(salt, loaded), then the keys. `epoch` must be the
 * current one + 1 (the first: any value, usually 0 or 1). For a sink, least[] gives each eVC's
 * least acceptable frame_count (first acceptable value). The old epoch stays in force until
 * activation. */
typedef struct camseal_least_count {
    uint8_t evc;
    uint64_t frame_count;
} camseal_least_count;
/* A sink accepts the epoch from loading on (keys are in the sinks before the source is activated).
 * STATE with the safety suite, or while a next epoch is already loaded; POLICY for another epoch;
 * NOT_FOUND for an eVC in least[] that is not of this context. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_context_load(camseal_context *ctx, const uint8_t loaded[32], const uint8_t salt[16],
                     uint32_t epoch, const camseal_least_count *least, size_t n_least);
/* The same from an effective CRK (vectors, key logs). */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_context_load_crk(camseal_context *ctx, const uint8_t crk[32], uint32_t epoch,
                         const camseal_least_count *least, size_t n_least);

/* Puts the loaded epoch into force: at each eVC's next frame start, or at `at_frame_count` if not 0
 * (source: the first frame whose counter is not below it; sink: under the new keys no frame below
 * it is accepted). On each eVC the old epoch is refused after the first valid tag of the new one;
 * its keys are wiped when every eVC switched. STATE when nothing is loaded, or for a source's first
 * epoch with a frame number. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_context_activate(camseal_context *ctx,
                                                                      uint64_t at_frame_count);

/* T_retire has passed: eVCs that did not switch yet must do so now; the old keys are wiped. A
 * source's frames that are open under them cannot go on. STATE when no newer epoch is in force. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_context_retire(camseal_context *ctx);

/* Sets the current SV of FP-2, 3, 4 from the next frame on; POLICY outside the allowed sets. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_context_set_variants(camseal_context *ctx,
                                                                          const uint8_t sv[3]);

/* Source: the first frame will carry frame_count. Sink: taken as the last verified value. For
 * tests, vectors and key logs; STATE after the first frame of this eVC. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_context_set_frame_count(camseal_context *ctx,
                                                                             uint8_t evc,
                                                                             uint64_t frame_count);

/* How many eVCs the context owns. */
CAMSEAL_API size_t camseal_context_evcs(const camseal_context *ctx);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_context_evc_status(const camseal_context *ctx,
                                                                        size_t index,
                                                                        camseal_evc_status *out);
CAMSEAL_API uint32_t camseal_context_epoch(const camseal_context *ctx);
CAMSEAL_API bool camseal_context_active(const camseal_context *ctx);
/* Largest used fraction of any key limit, in 1/65536; 65536 = exhausted. */
CAMSEAL_API uint32_t camseal_context_limit_used(const camseal_context *ctx);
/* Messages and frames by verdict, counted by the sink. */
CAMSEAL_API void camseal_context_verdict_totals(const camseal_context *ctx,
                                                uint64_t out[CAMSEAL_VERDICT_COUNT]);

/* Zeroes keys, counters, everything. The memory is yours again. */
CAMSEAL_API void camseal_context_wipe(camseal_context *ctx);

/* Names for people: "SEP", "PERF-256-IE", "message", "OK", ... "?" for a number that is none. */
CAMSEAL_API const char *camseal_protocol_name(unsigned protocol);
CAMSEAL_API const char *camseal_suite_name(unsigned suite);
CAMSEAL_API const char *camseal_tag_mode_name(unsigned tag_mode);
CAMSEAL_API const char *camseal_verdict_name(unsigned verdict);

#ifdef __cplusplus
}
#endif
#endif
