/* ENCAPSULATED_REQUEST, DELIVER_ENCAPSULATED_RESPONSE, ENCAPSULATED_RESPONSE_ACK.
 * GET_ENCAPSULATED_REQUEST is a bare header. */
#ifndef CAMSEAL_SPDM_MSG_ENCAPSULATED_H
#define CAMSEAL_SPDM_MSG_ENCAPSULATED_H

#include "msg.h"

/* An inner message, with its own header: all that follows. */
typedef struct spdm_encapsulated {
    uint8_t request_id;
    camseal_span inner; /* at least a header */
} spdm_encapsulated;

enum spdm_ack_payload {
    SPDM_ACK_END = 0,
    SPDM_ACK_REQUEST = 1, /* another inner request                  */
    SPDM_ACK_SLOT = 2     /* the end: the requester's slot is named */
};

typedef struct spdm_encapsulated_ack {
    uint8_t request_id; /* of the next inner request */
    uint8_t acked_id;   /* of the delivered response */
    uint8_t payload;    /* enum spdm_ack_payload     */
    uint8_t slot;       /* SPDM_ACK_SLOT only: 0..7, 0xFF */
    camseal_span inner; /* SPDM_ACK_REQUEST only     */
} spdm_encapsulated_ack;

/* Both messages have the same form; `code` names the one. */
camseal_status camseal_spdm_read_encapsulated(camseal_reader *r, spdm_encapsulated *m);
void camseal_spdm_write_encapsulated(camseal_writer *w, uint8_t version, uint8_t code,
                                     const spdm_encapsulated *m);
camseal_status camseal_spdm_read_encapsulated_ack(camseal_reader *r, spdm_encapsulated_ack *m);
void camseal_spdm_write_encapsulated_ack(camseal_writer *w, uint8_t version,
                                         const spdm_encapsulated_ack *m);

#endif
