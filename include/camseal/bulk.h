/* Bulk port: AES-CMAC, AES-GMAC, AES-CTR and the CRCs that image streams need.
 *
 * A provider is a const table. Expanded keys are objects of the caller, `expanded_bytes` long and
 * aligned to CAMSEAL_BULK_KEY_ALIGN. MAC states are plain values, forked by `=`. Work comes in
 * arrays of jobs, because AES-CMAC is serial within a message and only independent messages fill
 * the AES units. All providers are constant-time in keys and data (for the CRCs data is public;
 * "soft" needs a multiplier of constant time, which Cortex-M3 has not). Thread rule: tables are
 * const and functions keep no state, so any thread may call them on its own objects.
 */
#ifndef CAMSEAL_BULK_H
#define CAMSEAL_BULK_H

#include <stdbool.h>

#include "camseal/bytes.h"
#include "camseal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CAMSEAL_BULK_ABI        1u
#define CAMSEAL_BULK_KEY_ALIGN  64u
#define CAMSEAL_BULK_KEY_MAX    768u /* bytes: no provider's expanded key is longer */
#define CAMSEAL_MAC_TAG_BYTES   16u
#define CAMSEAL_MAC_NONCE_BYTES 12u

/* Running MAC: the accumulator and the number of 16-byte blocks absorbed so far, the first block of
 * CMAC included. A copy is a fork. Secret: wipe it; FINISH leaves acc zero and blocks as it was. */
typedef struct camseal_mac_state {
    uint8_t acc[16];
    uint64_t blocks;
} camseal_mac_state;

enum camseal_mac_flags {
    CAMSEAL_MAC_START = 1u, /* begin: *state is overwritten */
    CAMSEAL_MAC_FINISH = 2u /* end: *tag is written; the job must hold at least one byte of input
                               (a CMAC job that holds none counts as one block of zeros)          */
};

/* One unit of MAC input. The spans of a job are read one after the other as one string, which is
 * padded with zeros to a multiple of 16 bytes; so no partial block survives a call.
 *
 * CMAC (SP 800-38B): with START and a nonce, the block "OP1C" || nonce comes first; with START and
 * no nonce nothing is put in front. FINISH treats the last block of this job as the last block of
 * the message (always complete: subkey K1).
 * GMAC (SP 800-38D, 96-bit IV, everything is AAD): the nonce is needed with FINISH.
 */
typedef struct camseal_mac_job {
    const void *key;           /* borrowed: expanded with the same algorithm                    */
    camseal_mac_state *state;  /* in/out                                                        */
    const camseal_span *spans; /* borrowed                                                      */
    size_t n_spans;
    const uint8_t *nonce; /* borrowed: 12 bytes, or NULL                                   */
    uint8_t *tag;         /* out with FINISH: 16 bytes; otherwise unused                   */
    uint32_t flags;       /* enum camseal_mac_flags                                        */
} camseal_mac_job;

typedef struct camseal_mac_alg {
    const char *name;      /* "aes-cmac", "aes-gmac" */
    size_t expanded_bytes; /* memory of one expanded key */
    /* Expands a key of 16 or 32 bytes. ARGUMENT for another length. */
    camseal_status (*expand)(void *expanded, const uint8_t *key, size_t key_len);
    /* Runs n independent jobs; no two may share a state. Keys may differ. */
    void (*many)(camseal_mac_job *jobs, size_t n);
} camseal_mac_alg;

/* One message of counter mode: block i is encrypted with counter block nonce || BE32(counter + i).
 */
typedef struct camseal_ctr_job {
    const void *key;
    const uint8_t *nonce; /* borrowed: 12 bytes                                        */
    const uint8_t *src;
    uint8_t *dst; /* may equal src; must not overlap it otherwise              */
    size_t len;
    uint32_t counter; /* first counter value: 1 in OP1                             */
} camseal_ctr_job;

typedef struct camseal_ctr_alg {
    const char *name; /* "aes-ctr" */
    size_t expanded_bytes;
    camseal_status (*expand)(void *expanded, const uint8_t *key, size_t key_len);
    void (*many)(camseal_ctr_job *jobs, size_t n);
} camseal_ctr_alg;

typedef struct camseal_bulk {
    uint32_t abi;     /* CAMSEAL_BULK_ABI */
    const char *name; /* "soft", "x86-aesni" */
    const camseal_mac_alg *cmac;
    const camseal_mac_alg *gmac;
    const camseal_ctr_alg *ctr;
    /* CRC over a further piece: pass the value of the pieces before, or the start value. */
    uint16_t (*crc16)(uint16_t crc, const uint8_t *data, size_t len); /* CSI-2; start 0xFFFF      */
    uint32_t (*crc32c)(uint32_t crc, const uint8_t *data, size_t len); /* Castagnoli; start 0 */
    uint32_t (*crc32)(uint32_t crc, const uint8_t *data, size_t len); /* IEEE 802.3; start 0      */
} camseal_bulk;

/* Portable constant-time C, always there. */
CAMSEAL_API const camseal_bulk *camseal_bulk_soft(void);

/* AES-NI, PCLMULQDQ, SSE4.1. NULL where the build or the processor has none. */
CAMSEAL_API const camseal_bulk *camseal_bulk_x86(void);

enum camseal_bulk_mask {
    CAMSEAL_BULK_ALLOW_SOFT = 1u,
    CAMSEAL_BULK_ALLOW_AESNI = 2u,
    CAMSEAL_BULK_ALLOW_ALL = 0x7FFFFFFF
};

/* The fastest provider that the processor and the mask allow; soft when nothing else is left. */
CAMSEAL_API const camseal_bulk *camseal_bulk_choose(uint32_t mask);

/* Known answers per algorithm and key size, and wide paths against narrow ones. ARGUMENT for a
 * table with holes or keys above CAMSEAL_BULK_KEY_MAX, SELFTEST if an answer differs; to be called
 * once before first use. Allocates nothing: about 4 KB of stack. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_bulk_selftest(const camseal_bulk *bulk);

#ifdef __cplusplus
}
#endif
#endif
