/* Type-length-value elements of the management messages (OP1 §8): {type u8, flags u8, length u16
 * LE, value}. Knows the frame of an element and the ascending order; which types exist is
 * format.h's, which belong into a message is message.h's. */
#ifndef CAMSEAL_SSM_TLV_H
#define CAMSEAL_SSM_TLV_H

#include <stdbool.h>

#include "base/reader.h"
#include "base/writer.h"

#define CAMSEAL_TLV_HEADER_BYTES 4u
#define CAMSEAL_TLV_CRITICAL     1u /* flags bit 0: refuse the message when the type is unknown */

typedef struct camseal_tlv {
    uint8_t type;
    bool critical;
    bool repeated; /* the same type as the element before */
    camseal_span value;
    camseal_span whole; /* header and value, as sent */
} camseal_tlv;

typedef struct camseal_tlv_reader {
    camseal_reader r;
    uint8_t last;
    bool started;
} camseal_tlv_reader;

camseal_tlv_reader camseal_tlv_reader_of(camseal_span elements);

/* OK with *more telling whether *out holds an element; TRUNCATED for a cut one; FORMAT for a type
 * below the one before or reserved flag bits. */
CAMSEAL_NODISCARD camseal_status camseal_tlv_next(camseal_tlv_reader *t, camseal_tlv *out,
                                                  bool *more);

/* Header of an element; the caller writes exactly `length` bytes next. */
void camseal_tlv_write_header(camseal_writer *w, uint8_t type, bool critical, uint16_t length);

#endif
