/* Large messages of the responder: the memory that the feature brings. The driver asks only these
 * two things of it: whether a transfer is under way, and to put an answer on the wire. */
#ifndef CAMSEAL_SPDM_RESPONDER_CHUNK_H
#define CAMSEAL_SPDM_RESPONDER_CHUNK_H

#include "chunk.h"
#include "responder.h"

struct spdm_large {
    /* Puts the response `q->w` into `room`, of which it may use that much, as a message of the
     * wire: as it is, behind CHUNK_SEND_ACK, or kept for CHUNK_GET and announced by LargeResponse;
     * `q->w` becomes that message. */
    void (*place)(camseal_spdm_responder *r, spdm_request *q, camseal_mspan room);
    /* Behind CAPABILITIES: responder_block.c. */
    void (*append_block)(const camseal_spdm_responder *r, camseal_writer *w);
    spdm_chunk_in in;
    spdm_chunk_out out;
    uint8_t session; /* of the transfer: index, or SPDM_NO_SESSION                */
    bool complete;   /* `in` holds a request that is to be handled now            */
    bool ack;        /* the next answer goes behind CHUNK_SEND_ACK                */
    bool early;      /* as an early error                                         */
    uint8_t ack_handle;
    uint32_t ack_seq;
    uint8_t *response; /* MaxSPDMmsgSize bytes: where responses are built, and kept */
};

void camseal_spdm_append_block(const camseal_spdm_responder *r, camseal_writer *w);

static inline bool camseal_spdm_transfer_active(const camseal_spdm_responder *r)
{
    const struct spdm_large *l = r->large;
    return l && (l->in.active || camseal_spdm_chunk_out_active(&l->out));
}

#endif
