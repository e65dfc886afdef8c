/* The bytes of OP1 §8: message header and the value of every TLV, packed and parsed side by side.
 *
 * Whoever wants other bytes replaces this pair of files. Values are checked for what one element
 * alone can tell (ranges, reserved bits); what elements mean together is message.c's and the
 * context's business.
 */
#ifndef CAMSEAL_SSM_FORMAT_H
#define CAMSEAL_SSM_FORMAT_H

#include "base/reader.h"
#include "base/writer.h"
#include "camseal/context.h"

#define CAMSEAL_SSM_FORMAT_VERSION 1u
#define CAMSEAL_SSM_HEADER_BYTES   8u
#define CAMSEAL_SSM_SLOTS_MAX      64u /* every stream once in FP-2 and once in FP-4 */
#define CAMSEAL_SSM_COUNT_LIMIT    (UINT64_C(1) << 40) /* frame_count is below it (OP1 §3) */

enum camseal_ssm_tlv_type {
    CAMSEAL_SSM_TLV_ROLE = 0x01,
    CAMSEAL_SSM_TLV_PROTOCOL = 0x02,
    CAMSEAL_SSM_TLV_SUITE = 0x03,
    CAMSEAL_SSM_TLV_TAG_MODE = 0x04,
    CAMSEAL_SSM_TLV_TAG_LENGTH = 0x05,
    CAMSEAL_SSM_TLV_STREAM = 0x06,
    CAMSEAL_SSM_TLV_SLOT = 0x07,
    CAMSEAL_SSM_TLV_TARGET = 0x08,
    CAMSEAL_SSM_TLV_SALT = 0x09,
    CAMSEAL_SSM_TLV_KEY = 0x0A,
    CAMSEAL_SSM_TLV_EPOCH = 0x0B,
    CAMSEAL_SSM_TLV_ACTIVATION = 0x0C,
    CAMSEAL_SSM_TLV_SV_ALLOWED = 0x0D,
    CAMSEAL_SSM_TLV_SV_CURRENT = 0x0E,
    CAMSEAL_SSM_TLV_STRIDE = 0x0F,
    CAMSEAL_SSM_TLV_TIMEOUTS = 0x10,
    CAMSEAL_SSM_TLV_CRC = 0x11,
    CAMSEAL_SSM_TLV_LEAST = 0x12,
    CAMSEAL_SSM_TLV_COUNTERS = 0x13,
    CAMSEAL_SSM_TLV_VERDICTS = 0x14,
    CAMSEAL_SSM_TLV_OWNER = 0x40,
    CAMSEAL_SSM_TLV_CAPABILITIES = 0x50
};

typedef struct camseal_ssm_header {
    uint8_t version, opcode, transaction, status;
    uint16_t ctx_id;
    uint16_t tlv_length;
} camseal_ssm_header;

typedef struct camseal_ssm_target {
    uint16_t id;
    uint8_t address; /* 7-bit CCISE address */
} camseal_ssm_target;

enum camseal_ssm_activation_mode {
    CAMSEAL_SSM_AT_NEXT_FRAME = 0, /* frame_count is 0 */
    CAMSEAL_SSM_AT_FRAME_COUNT = 1
};

typedef struct camseal_ssm_activation {
    uint8_t mode;
    uint64_t frame_count;
} camseal_ssm_activation;

typedef struct camseal_ssm_crc {
    uint8_t polynomial;
    uint16_t embedded_line_length;
} camseal_ssm_crc;

typedef struct camseal_ssm_capabilities {
    uint8_t protocols;   /* bit n = enum camseal_protocol n                         */
    uint32_t suites;     /* camseal_ssm_suite_bit                                   */
    uint8_t tag_modes;   /* bit n = enum camseal_tag_mode n                         */
    uint8_t variants;    /* bit n-1 = SV-n                                          */
    uint8_t contexts;    /* how many may exist at a time                            */
    uint8_t evcs;        /* of one context                                          */
    uint8_t tag_lengths; /* camseal_ssm_tag_length_bit                              */
} camseal_ssm_capabilities;

/* Bit of a suite in `suites`: 8 bits per family, (id >> 4) * 8 + (id & 15); 0 for a number that is
 * none. */
uint32_t camseal_ssm_suite_bit(uint8_t suite);
/* Bit of a tag length: 8, 12, 16 bytes are bits 0, 1, 2; 0 for another length. */
uint8_t camseal_ssm_tag_length_bit(uint8_t tag_length);

void camseal_ssm_header_write(camseal_writer *w, const camseal_ssm_header *header);
/* Takes 8 bytes; no check beyond their presence. */
CAMSEAL_NODISCARD camseal_status camseal_ssm_header_read(camseal_reader *r,
                                                         camseal_ssm_header *out);

/* One TLV type. `read` parses exactly `length` bytes into the C type named in the table of format.c
 * and says whether the value is legal; `write` is its inverse. */
typedef struct camseal_ssm_format {
    uint8_t type;
    uint8_t length;
    uint8_t size; /* of the C type */
    const char *name;
    bool (*read)(camseal_reader *r, void *out);
    void (*write)(camseal_writer *w, const void *value);
} camseal_ssm_format;

/* NULL for a type that this version does not know. */
const camseal_ssm_format *camseal_ssm_format_of(uint8_t type);

#endif
