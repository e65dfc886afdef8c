/* The bytes of CCISE (open-profile §7): header, place of each part of a unit, MAC input.
 *
 * A unit is what one side sends in one transaction: a request (after addr+W, the register index
 * first) or a response (after addr+R). Knows fields and lengths; no keys, no counters' rules, no
 * bus.
 */
#ifndef CAMSEAL_CCISE_FORMAT_H
#define CAMSEAL_CCISE_FORMAT_H

#include <stdbool.h>

#include "camseal/bytes.h"
#include "camseal/status.h"

#define CAMSEAL_PRIV_CCISE_INDEX_BYTES  2u
#define CAMSEAL_PRIV_CCISE_HEADER_BYTES 8u
#define CAMSEAL_PRIV_CCISE_BLOCK_BYTES  16u
#define CAMSEAL_PRIV_CCISE_DATA_MAX     256u
#define CAMSEAL_PRIV_CCISE_STATUS_INDEX 0xFFFFu
#define CAMSEAL_PRIV_CCISE_STATUS_BYTES 16u
#define CAMSEAL_PRIV_CCISE_UNIT_MAX     (2u + 8u + 256u + 16u)

enum camseal_priv_ccise_op {
    CAMSEAL_PRIV_CCISE_WRITE = 0,
    CAMSEAL_PRIV_CCISE_READ = 1,
    CAMSEAL_PRIV_CCISE_SECURE_STATUS = 2
};

/* Status code of a response; 0 in requests. */
enum camseal_priv_ccise_code {
    CAMSEAL_PRIV_CCISE_OK = 0,
    CAMSEAL_PRIV_CCISE_BUSY = 1,
    CAMSEAL_PRIV_CCISE_POLICY = 2,
    CAMSEAL_PRIV_CCISE_RANGE = 3,
    CAMSEAL_PRIV_CCISE_INTERNAL = 4
};

typedef struct camseal_priv_ccise_header {
    uint8_t op; /* enum camseal_priv_ccise_op */
    bool enc;
    bool response;
    uint8_t ctx_id;
    uint8_t epoch;        /* low 4 bits */
    uint8_t code;         /* enum camseal_priv_ccise_code */
    uint16_t length;      /* 1..256: of the data, or wanted by a request without data */
    uint32_t counter_low; /* of the 64-bit transaction counter */
} camseal_priv_ccise_header;

/* What a secure status answers. */
typedef struct camseal_priv_ccise_report {
    uint64_t last_write; /* counter of the last accepted write */
    uint8_t code;        /* its result */
    uint32_t rejected;   /* requests */
} camseal_priv_ccise_report;

/* Of a header: does data follow it? A request carries data only when it writes. */
static inline bool camseal_priv_ccise_has_data(const camseal_priv_ccise_header *header)
{
    return header->response || header->op == CAMSEAL_PRIV_CCISE_WRITE;
}

/* Whether the fields are legal together, without regard to a context: FORMAT if not. */
CAMSEAL_NODISCARD camseal_status
camseal_priv_ccise_header_check(const camseal_priv_ccise_header *header, uint16_t index);
/* The header must be a legal one. */
void camseal_priv_ccise_header_pack(uint8_t out[CAMSEAL_PRIV_CCISE_HEADER_BYTES],
                                    const camseal_priv_ccise_header *header);
/* Splits the bits; VERSION for another version than 1. The caller checks the fields. */
CAMSEAL_NODISCARD camseal_status camseal_priv_ccise_header_unpack(
    camseal_priv_ccise_header *out, const uint8_t in[CAMSEAL_PRIV_CCISE_HEADER_BYTES]);

/* First block of the MAC input; the data as on the wire follow it, padded with zeros. */
void camseal_priv_ccise_block(uint8_t out[CAMSEAL_PRIV_CCISE_BLOCK_BYTES],
                              const camseal_priv_ccise_header *header, uint64_t counter,
                              uint16_t index, uint16_t target_id);

/* §3: the nonce struct of a transaction; tag and CTR share it. */
void camseal_priv_ccise_nonce(uint8_t out[12], bool response, uint64_t counter);

void camseal_priv_ccise_report_pack(uint8_t out[CAMSEAL_PRIV_CCISE_STATUS_BYTES],
                                    const camseal_priv_ccise_report *report);
/* FORMAT for an unknown code or a reserved byte that is not zero. */
CAMSEAL_NODISCARD camseal_status camseal_priv_ccise_report_unpack(
    camseal_priv_ccise_report *out, const uint8_t in[CAMSEAL_PRIV_CCISE_STATUS_BYTES]);

#endif
