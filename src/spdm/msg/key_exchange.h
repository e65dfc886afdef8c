/* KEY_EXCHANGE and KEY_EXCHANGE_RSP. */
#ifndef CAMSEAL_SPDM_MSG_KEY_EXCHANGE_H
#define CAMSEAL_SPDM_MSG_KEY_EXCHANGE_H

#include "msg.h"

/* SessionPolicy: terminate on a runtime update; subscribe to all events (1.3+). */
enum { SPDM_POLICY_TERMINATE = 0x01, SPDM_POLICY_ALL_EVENTS = 0x02 };

/* MutAuthRequested: by the slot that is named here, by encapsulated requests, or by these with
 * DIGESTS sent at once. */
enum { SPDM_MUT_AUTH = 1, SPDM_MUT_AUTH_ENCAP = 2, SPDM_MUT_AUTH_DIGESTS = 4 };

/* Where both messages have these; the writers leave room for them when their data is NULL. */
enum { SPDM_KEY_EXCHANGE_RANDOM_AT = 8, SPDM_KEY_EXCHANGE_DATA_AT = 40 };

typedef struct spdm_key_exchange {
    uint8_t summary;       /* measurement summary hash type */
    uint8_t slot;          /* 0..7, 0xFF                    */
    uint16_t session_id;   /* the requester's half          */
    uint8_t policy;        /* SPDM_POLICY_...               */
    camseal_span random;   /* 32                            */
    camseal_span exchange; /* shape.kex_request bytes       */
    camseal_span opaque;
} spdm_key_exchange;

typedef struct spdm_key_exchange_rsp {
    uint8_t heartbeat;     /* seconds                                            */
    uint16_t session_id;   /* the responder's half                               */
    uint8_t mut_auth;      /* 0 or SPDM_MUT_AUTH...                              */
    uint8_t req_slot;      /* SPDM_MUT_AUTH only: 0..7, or 0xF                   */
    camseal_span random;   /* 32                                                 */
    camseal_span exchange; /* shape.kex_response bytes                           */
    camseal_span summary;  /* only if shape.summary                              */
    camseal_span opaque;
    camseal_span signature;
    camseal_span verify_data; /* not if shape.clear_handshake                       */
} spdm_key_exchange_rsp;

/* The bits of SessionPolicy that a version has. */
uint8_t camseal_spdm_policy_bits(const spdm_shape *s);

camseal_status camseal_spdm_read_key_exchange(camseal_reader *r, const spdm_shape *s,
                                              spdm_key_exchange *m);
void camseal_spdm_write_key_exchange(camseal_writer *w, const spdm_shape *s,
                                     const spdm_key_exchange *m);
camseal_status camseal_spdm_read_key_exchange_rsp(camseal_reader *r, const spdm_shape *s,
                                                  spdm_key_exchange_rsp *m);
void camseal_spdm_write_key_exchange_rsp(camseal_writer *w, const spdm_shape *s,
                                         const spdm_key_exchange_rsp *m);

#endif
