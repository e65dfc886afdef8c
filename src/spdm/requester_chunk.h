/* Large messages of the requester: a request goes in CHUNK_SENDs, a response comes by CHUNK_GETs.
 * The driver asks for the next message to send and hands over what came back. */
#ifndef CAMSEAL_SPDM_REQUESTER_CHUNK_H
#define CAMSEAL_SPDM_REQUESTER_CHUNK_H

#include "chunk.h"
#include "requester.h"

struct spdm_transfers {
    spdm_chunk_out out;
    spdm_chunk_in in;
    size_t bytes; /* in the chunk that was sent last             */
    bool fetched; /* the response in `in.data` is being accepted */
};

/* DataTransferSize and MaxSPDMmsgSize of this requester. */
uint32_t camseal_spdm_req_transfer(const camseal_spdm_requester *r);
uint32_t camseal_spdm_req_message(const camseal_spdm_requester *r);
/* The most that one message on the link has: the peer's DataTransferSize or ours. */
size_t camseal_spdm_wire_limit(const camseal_spdm_requester *r);
/* The most that a request has, and a response that may be asked for. */
size_t camseal_spdm_request_limit(const camseal_spdm_requester *r);
size_t camseal_spdm_response_limit(const camseal_spdm_requester *r);

/* The request is too long for the link: it goes in chunks. */
bool camseal_spdm_request_is_large(const camseal_spdm_requester *r);
void camseal_spdm_begin_chunks(camseal_spdm_requester *r);
bool camseal_spdm_chunks_active(const camseal_spdm_requester *r);
/* Writes the next CHUNK_SEND or CHUNK_GET; *last: all of the request is sent then. */
camseal_status camseal_spdm_next_chunk(camseal_spdm_requester *r, camseal_writer *w, bool *last);
/* What came back: *message becomes the response to accept, or empty when more chunks are due. */
camseal_status camseal_spdm_chunk_answer(camseal_spdm_requester *r, camseal_span *message);
/* ERROR LargeResponse: the response is to be fetched. */
camseal_status camseal_spdm_large_response(camseal_spdm_requester *r, const spdm_error *e);
/* Ends what is under way, and forgets what it brought. */
void camseal_spdm_drop_chunks(camseal_spdm_requester *r);

#endif
