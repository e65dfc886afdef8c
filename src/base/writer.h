/* Bounded writer with a sticky error: the counterpart of reader.h. After a write that did not fit
 * nothing more is written and camseal_writer_end() says SPACE. */
#ifndef CAMSEAL_BASE_WRITER_H
#define CAMSEAL_BASE_WRITER_H

#include <stdbool.h>

#include "camseal/bytes.h"
#include "camseal/status.h"

typedef struct camseal_writer {
    uint8_t *start;
    size_t capacity;
    size_t len;
    bool failed;
} camseal_writer;

camseal_writer camseal_writer_of(uint8_t *out, size_t capacity);
/* Starts anew in the same room. */
void camseal_writer_rewind(camseal_writer *w);
void camseal_write_u8(camseal_writer *w, uint8_t v);
void camseal_write_le16(camseal_writer *w, uint16_t v);
void camseal_write_le24(camseal_writer *w, uint32_t v);
void camseal_write_le32(camseal_writer *w, uint32_t v);
void camseal_write_le64(camseal_writer *w, uint64_t v);
void camseal_write_be16(camseal_writer *w, uint16_t v);
void camseal_write_be32(camseal_writer *w, uint32_t v);
void camseal_write_span(camseal_writer *w, camseal_span bytes);
void camseal_write_bytes(camseal_writer *w, const void *bytes, size_t n);
void camseal_write_zeros(camseal_writer *w, size_t n);
/* Room of n bytes to be filled later, or NULL when it does not fit. */
uint8_t *camseal_write_reserve(camseal_writer *w, size_t n);
CAMSEAL_NODISCARD camseal_status camseal_writer_end(const camseal_writer *w);

#endif
