/* CHUNK_SEND(_ACK), CHUNK_GET and CHUNK_RESPONSE. */
#ifndef CAMSEAL_SPDM_MSG_CHUNK_H
#define CAMSEAL_SPDM_MSG_CHUNK_H

#include "msg.h"

typedef struct spdm_chunk {
    bool last;
    uint8_t handle;   /* of the transfer                                             */
    uint32_t seq;     /* from 0; 16 bits before 1.4                                  */
    uint32_t message; /* LargeMessageSize; only of chunk 0                           */
    camseal_span bytes;
} spdm_chunk;

typedef struct spdm_chunk_ack {
    bool early_error; /* the response is an ERROR: send no more                      */
    uint8_t handle;
    uint32_t seq;
    camseal_span response; /* empty, or a message: all that follows                       */
} spdm_chunk_ack;

typedef struct spdm_chunk_get {
    uint8_t handle;
    uint32_t seq;
} spdm_chunk_get;

/* Bytes before the chunk in CHUNK_SEND and CHUNK_RESPONSE, before the response in CHUNK_SEND_ACK.
 */
size_t camseal_spdm_chunk_overhead(uint32_t seq);
size_t camseal_spdm_chunk_ack_overhead(uint8_t version);

/* `code` is CHUNK_SEND or CHUNK_RESPONSE: both have the same form. Chunk 0 is never all of a
 * message, and none is empty. */
camseal_status camseal_spdm_read_chunk(camseal_reader *r, spdm_chunk *m);
/* Everything before the chunk, of which only the length is looked at. */
void camseal_spdm_write_chunk_head(camseal_writer *w, uint8_t version, uint8_t code,
                                   const spdm_chunk *m);
void camseal_spdm_write_chunk(camseal_writer *w, uint8_t version, uint8_t code,
                              const spdm_chunk *m);
camseal_status camseal_spdm_read_chunk_ack(camseal_reader *r, spdm_chunk_ack *m);
void camseal_spdm_write_chunk_ack(camseal_writer *w, uint8_t version, const spdm_chunk_ack *m);
camseal_status camseal_spdm_read_chunk_get(camseal_reader *r, spdm_chunk_get *m);
void camseal_spdm_write_chunk_get(camseal_writer *w, uint8_t version, const spdm_chunk_get *m);

#endif
