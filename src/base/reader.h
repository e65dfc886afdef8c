/* Bounded reader with a sticky error: every byte from a peer or a file comes in through here.
 *
 * Once a read goes past the end the reader has failed and stays failed; all further reads give zero
 * or an empty span. A decoder reads everything and asks camseal_reader_end() once. Lengths compare
 * as n > left.
 */
#ifndef CAMSEAL_BASE_READER_H
#define CAMSEAL_BASE_READER_H

#include <stdbool.h>

#include "camseal/bytes.h"
#include "camseal/status.h"

typedef struct camseal_reader {
    const uint8_t *at;
    size_t left;
    bool failed;
} camseal_reader;

camseal_reader camseal_reader_of(camseal_span bytes);
uint8_t camseal_read_u8(camseal_reader *r);
uint16_t camseal_read_le16(camseal_reader *r);
uint32_t camseal_read_le24(camseal_reader *r);
uint32_t camseal_read_le32(camseal_reader *r);
uint64_t camseal_read_le64(camseal_reader *r);
uint16_t camseal_read_be16(camseal_reader *r);
uint32_t camseal_read_be32(camseal_reader *r);
/* A view of the next n bytes; empty (and failed) when fewer are left. */
camseal_span camseal_read_span(camseal_reader *r, size_t n);
/* Everything that is left. */
camseal_span camseal_read_rest(camseal_reader *r);
void camseal_read_bytes(camseal_reader *r, uint8_t *out, size_t n);
void camseal_read_skip(camseal_reader *r, size_t n);
/* A reader over the next n bytes, which the outer reader skips. */
camseal_reader camseal_read_sub(camseal_reader *r, size_t n);
/* TRUNCATED after a failed read, TRAILING when bytes are left, else OK. */
CAMSEAL_NODISCARD camseal_status camseal_reader_end(const camseal_reader *r);
/* TRUNCATED after a failed read, else OK: for decoders that allow more to follow. */
CAMSEAL_NODISCARD camseal_status camseal_reader_ok(const camseal_reader *r);

#endif
