/* A CSI-2 packet and the SEP message in it (open-profile §5, §11) as somebody without keys sees
 * them: fields, places, checksums. Reads and alters; judges nothing. For the bridge's attacks and
 * for `inspect`.
 */
#ifndef CAMSEAL_TOOL_PACKET_VIEW_H
#define CAMSEAL_TOOL_PACKET_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "camseal/bytes.h"
#include "camseal/csi2.h"

enum {
    SEP_HEADER_AT = CAMSEAL_CSI2_HEADER_BYTES,
    SEP_HEADER_BYTES = 16,
    SEP_DATA_AT = SEP_HEADER_AT + SEP_HEADER_BYTES,
    SEP_CRC_BYTES = 4,
    PACKET_LEAST = CAMSEAL_CSI2_HEADER_BYTES
};

/* ---- header fields --------------------------------------------------------------------------- */

typedef struct sep_field {
    const char *name;
    uint8_t word, shift, bits;
} sep_field;

enum sep_field_id {
    SEP_VERSION,
    SEP_CRC_P,
    SEP_TAG_P,
    SEP_ENC,
    SEP_SOF,
    SEP_EVC,
    SEP_EDT,
    SEP_COUNT,
    SEP_FP,
    SEP_SV,
    SEP_EOF,
    SEP_COV,
    SEP_FRAME,
    SEP_LENGTH,
    SEP_CTX,
    SEP_EPOCH,
    SEP_TAG_MODE,
    SEP_PAD,
    SEP_FIELDS
};
extern const sep_field sep_fields[SEP_FIELDS];

/* Id by name ("evc", "count", ...); -1 when there is none. */
int sep_field_find(const char *name);
/* `header`: 16 bytes. */
uint32_t sep_get(const uint8_t *header, enum sep_field_id id);
void sep_set(uint8_t *header, enum sep_field_id id, uint32_t value);

/* ---- packets --------------------------------------------------------------------------------- */

typedef struct packet_view {
    camseal_mspan bytes;
    bool header_ok; /* the ECC is right, or repaired one bit (`corrected`)           */
    bool corrected;
    bool fits; /* the size is what the word count says                          */
    uint8_t vc, dt;
    uint16_t field; /* word count, or frame or line number                           */
    bool sep;       /* data type 0x37, fits, and the lengths in its header fit       */
    size_t data_len, pad, tag_len;
} packet_view;

/* Looks at any bytes. */
packet_view packet_view_of(camseal_mspan bytes);
uint8_t *packet_sep_header(const packet_view *v); /* of a packet with v->sep */

/* Checksums: of a packet that fits. */
bool packet_crc16_ok(const packet_view *v);
typedef enum sep_crc { SEP_CRC_BAD = 0, SEP_CRC_CASTAGNOLI, SEP_CRC_IEEE } sep_crc;
sep_crc packet_sep_crc(const packet_view *v); /* which polynomial fits */

/* Writes the checksums anew: CRC-32 in the last four payload bytes unless `crc` is BAD, and CRC-16.
 */
void packet_seal(packet_view *v, sep_crc crc);
/* Gives the packet another header and payload length (not longer than it was) and seals it. */
void packet_resize(packet_view *v, uint8_t vc, uint8_t dt, size_t payload_len, sep_crc crc);

#endif
