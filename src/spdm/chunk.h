/* Large messages in chunks (DSP0274 CHUNK_SEND, CHUNK_GET): one that is sent, and one that is
 * gathered. The same for both roles: CHUNK_SEND and CHUNK_RESPONSE have one form. Knows the order
 * and the sizes of chunks; no session, no driver, no memory of its own. */
#ifndef CAMSEAL_SPDM_CHUNK_H
#define CAMSEAL_SPDM_CHUNK_H

#include "msg/chunk.h"

enum {
    SPDM_TRANSFER_MAX = 60000,     /* what fits a record                                    */
    SPDM_MESSAGE_MAX = 1024 * 1024 /* in chunks, whose numbers have 16 bits until 1.4       */
};

/* What is sent. All zeros: nothing is under way. */
typedef struct spdm_chunk_out {
    camseal_span message; /* borrowed; empty: no transfer          */
    size_t at;            /* bytes sent                            */
    uint32_t seq;         /* of the next chunk                     */
    uint8_t handle;       /* of this transfer, or of the next one  */
} spdm_chunk_out;

void camseal_spdm_chunk_out_begin(spdm_chunk_out *t, camseal_span message);
bool camseal_spdm_chunk_out_active(const spdm_chunk_out *t);
/* Writes the next chunk, `limit` bytes of CHUNK_SEND or CHUNK_RESPONSE at most (42 or more);
 * returns its length. It stays the next one, to be written again, until the step. */
size_t camseal_spdm_chunk_out_write(const spdm_chunk_out *t, uint8_t version, uint8_t code,
                                    size_t limit, camseal_writer *w);
/* On, behind a chunk of `bytes`. True when it was the last; the transfer still has to be ended. */
bool camseal_spdm_chunk_out_step(spdm_chunk_out *t, size_t bytes);
/* The next transfer gets another handle. */
void camseal_spdm_chunk_out_end(spdm_chunk_out *t);

/* What is gathered. All zeros: nothing is under way. */
typedef struct spdm_chunk_in {
    uint8_t *data;   /* the caller's: `capacity` bytes */
    size_t capacity; /* MaxSPDMmsgSize                 */
    size_t total;    /* 0 before chunk 0               */
    size_t len;      /* gathered                       */
    uint32_t seq;    /* of the next chunk              */
    uint8_t handle;
    bool active;
} spdm_chunk_in;

void camseal_spdm_chunk_in_begin(spdm_chunk_in *t, uint8_t handle);
/* Takes a CHUNK_SEND or CHUNK_RESPONSE of at most `transfer` bytes, our DataTransferSize. PENDING:
 * it was not the last one. OK: `data` holds `total` bytes. UNEXPECTED for another handle or out of
 * order, SPACE for a message beyond the capacity, FORMAT for what does not add up. A refused chunk
 * changes nothing. */
camseal_status camseal_spdm_chunk_in_take(spdm_chunk_in *t, const spdm_chunk *m, size_t transfer);
/* Forgets the transfer and what it brought. */
void camseal_spdm_chunk_in_end(spdm_chunk_in *t);

/* Whether a configuration may have this DataTransferSize (0: none of its own) and this
 * MaxSPDMmsgSize. */
bool camseal_spdm_transfer_legal(uint32_t transfer, uint32_t message);

/* Whether DSP0274 forbids a message of this code as a large one. */
bool camseal_spdm_never_large(uint8_t code);

#endif
