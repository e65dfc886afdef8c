/* Messages that are only a header. With something in it: KEY_UPDATE(_ACK), END_SESSION,
 * RESPOND_IF_READY, SET_CERTIFICATE_RSP. With nothing ("bare"): GET_VERSION, GET_DIGESTS,
 * HEARTBEAT(_ACK), END_SESSION_ACK, GET_ENCAPSULATED_REQUEST, GET_SUPPORTED_EVENT_TYPES,
 * SUBSCRIBE_EVENT_TYPES_ACK, EVENT_ACK, SET_KEY_PAIR_INFO_ACK. */
#ifndef CAMSEAL_SPDM_MSG_SHORT_H
#define CAMSEAL_SPDM_MSG_SHORT_H

#include "msg.h"

enum spdm_key_operation { SPDM_UPDATE_KEY = 1, SPDM_UPDATE_ALL_KEYS = 2, SPDM_VERIFY_NEW_KEY = 3 };

typedef struct spdm_key_update {
    uint8_t operation; /* enum spdm_key_operation */
    uint8_t tag;       /* the answer repeats both */
} spdm_key_update;

typedef struct spdm_end_session {
    bool clear_state; /* forget the preserved negotiated state */
} spdm_end_session;

typedef struct spdm_respond_if_ready {
    uint8_t request_code; /* of the deferred request */
    uint8_t token;
} spdm_respond_if_ready;

typedef struct spdm_set_certificate_rsp {
    uint8_t slot; /* 0..7 */
} spdm_set_certificate_rsp;

camseal_status camseal_spdm_read_bare(camseal_reader *r);
void camseal_spdm_write_bare(camseal_writer *w, uint8_t version, uint8_t code);

camseal_status camseal_spdm_read_key_update(camseal_reader *r, spdm_key_update *m);
/* `code` is KEY_UPDATE or KEY_UPDATE_ACK. */
void camseal_spdm_write_key_update(camseal_writer *w, uint8_t version, uint8_t code,
                                   const spdm_key_update *m);
camseal_status camseal_spdm_read_end_session(camseal_reader *r, spdm_end_session *m);
void camseal_spdm_write_end_session(camseal_writer *w, uint8_t version, const spdm_end_session *m);
camseal_status camseal_spdm_read_respond_if_ready(camseal_reader *r, spdm_respond_if_ready *m);
void camseal_spdm_write_respond_if_ready(camseal_writer *w, uint8_t version,
                                         const spdm_respond_if_ready *m);
camseal_status camseal_spdm_read_set_certificate_rsp(camseal_reader *r,
                                                     spdm_set_certificate_rsp *m);
void camseal_spdm_write_set_certificate_rsp(camseal_writer *w, uint8_t version,
                                            const spdm_set_certificate_rsp *m);

#endif
