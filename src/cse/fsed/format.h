/* The bytes of FSED (open-profile §6): FSH, TBT, FTG, and the header that both ends make up for
 * each counted packet.
 *
 * Knows fields and places, and which values are reserved; not what a context allows. Replace this
 * pair for another wire format.
 */
#ifndef CAMSEAL_CSE_FSED_FORMAT_H
#define CAMSEAL_CSE_FSED_FORMAT_H

#include "cse/stream.h"

#define CAMSEAL_PRIV_FSH_BYTES      48u
#define CAMSEAL_PRIV_TBT_BYTES      16u
#define CAMSEAL_PRIV_FTG_BYTES      32u
#define CAMSEAL_PRIV_FSED_CRC_BYTES 4u
#define CAMSEAL_PRIV_FSED_MAX       68u /* FSH, tag, CRC-32 */
#define CAMSEAL_PRIV_FSED_UNKNOWN   0xFFFFu

enum camseal_priv_fsed_type { CAMSEAL_PRIV_FSH = 1, CAMSEAL_PRIV_TBT = 2, CAMSEAL_PRIV_FTG = 3 };
enum camseal_priv_fsed_flags {
    CAMSEAL_PRIV_FSED_EPOCH = 0x0F,
    CAMSEAL_PRIV_FSED_EPOCH_NEXT = 0x10,
    CAMSEAL_PRIV_FSED_ANOMALY = 0x20,
    CAMSEAL_PRIV_FSED_FIRST = 0x40,
    CAMSEAL_PRIV_FSED_RESERVED = 0x80
};

typedef struct camseal_priv_fsh {
    uint8_t ctx_id, flags, evc, suite;
    uint64_t frame_count;
    uint8_t sv[3];
    camseal_stride stride;
    uint8_t n_edts;
    uint16_t expected[3]; /* messages in FP-2, 3, 4 */
    uint16_t line_length;
    uint64_t timestamp_ns;
    uint8_t digest[8];
} camseal_priv_fsh;

typedef struct camseal_priv_tbt {
    uint8_t ctx_id, flags;
    uint32_t frame_low, n_messages, covered;
} camseal_priv_tbt;

typedef struct camseal_priv_ftg {
    uint8_t ctx_id, flags;
    uint32_t frame_low, n_messages, total;
    uint64_t covered;
    uint32_t crc, status;
} camseal_priv_ftg;

void camseal_priv_fsh_pack(uint8_t out[CAMSEAL_PRIV_FSH_BYTES], const camseal_priv_fsh *fsh);
void camseal_priv_tbt_pack(uint8_t out[CAMSEAL_PRIV_TBT_BYTES], const camseal_priv_tbt *tbt);
void camseal_priv_ftg_pack(uint8_t out[CAMSEAL_PRIV_FTG_BYTES], const camseal_priv_ftg *ftg);
/* VERSION for another version, FORMAT for another type or a reserved bit. */
CAMSEAL_NODISCARD camseal_status camseal_priv_fsh_unpack(camseal_priv_fsh *fsh,
                                                         const uint8_t in[CAMSEAL_PRIV_FSH_BYTES]);
CAMSEAL_NODISCARD camseal_status camseal_priv_tbt_unpack(camseal_priv_tbt *tbt,
                                                         const uint8_t in[CAMSEAL_PRIV_TBT_BYTES]);
CAMSEAL_NODISCARD camseal_status camseal_priv_ftg_unpack(camseal_priv_ftg *ftg,
                                                         const uint8_t in[CAMSEAL_PRIV_FTG_BYTES]);

/* Bytes before the tag; 0 for a type that is none. */
size_t camseal_priv_fsed_bytes(uint8_t type);
/* Wire data type. */
uint8_t camseal_priv_fsed_dt(uint8_t type);

/* What the frame says about a counted packet. */
typedef struct camseal_priv_counted {
    uint16_t edt, length;
    uint8_t evc, fp, sv, epoch4;
    uint32_t number;
    uint64_t frame_count;
} camseal_priv_counted;

/* §6: the header as both ends make it up. */
camseal_priv_header camseal_priv_fsed_header(const camseal_context *ctx,
                                             const camseal_priv_counted *packet);

#endif
