/* PSK_EXCHANGE(_RSP) and PSK_FINISH(_RSP). */
#ifndef CAMSEAL_SPDM_MSG_PSK_H
#define CAMSEAL_SPDM_MSG_PSK_H

#include "msg.h"

/* Where the requests have the hint, and behind it the context. */
enum { SPDM_PSK_EXCHANGE_HINT_AT = 12 };

/* A nonce as long as the longest hash, as others send it. */
enum { SPDM_PSK_CONTEXT_BYTES = 64 };

typedef struct spdm_psk_exchange {
    uint8_t summary; /* measurement summary hash type            */
    uint8_t policy;  /* SPDM_POLICY_... of key_exchange.h        */
    uint16_t session_id;
    camseal_span hint;    /* may be empty                             */
    camseal_span context; /* the requester's nonce                    */
    camseal_span opaque;
} spdm_psk_exchange;

typedef struct spdm_psk_exchange_rsp {
    uint8_t heartbeat; /* seconds                                       */
    uint16_t session_id;
    camseal_span summary; /* only if shape.summary                         */
    camseal_span context; /* the responder's nonce; empty: no PSK_FINISH   */
    camseal_span opaque;
    camseal_span verify_data; /* always: the handshake is never in the clear   */
} spdm_psk_exchange_rsp;

typedef struct spdm_psk_finish {
    camseal_span opaque; /* 1.4 */
    camseal_span verify_data;
} spdm_psk_finish;

typedef struct spdm_psk_finish_rsp {
    camseal_span opaque; /* 1.4 */
} spdm_psk_finish_rsp;

camseal_status camseal_spdm_read_psk_exchange(camseal_reader *r, const spdm_shape *s,
                                              spdm_psk_exchange *m);
void camseal_spdm_write_psk_exchange(camseal_writer *w, const spdm_shape *s,
                                     const spdm_psk_exchange *m);
camseal_status camseal_spdm_read_psk_exchange_rsp(camseal_reader *r, const spdm_shape *s,
                                                  spdm_psk_exchange_rsp *m);
void camseal_spdm_write_psk_exchange_rsp(camseal_writer *w, const spdm_shape *s,
                                         const spdm_psk_exchange_rsp *m);
camseal_status camseal_spdm_read_psk_finish(camseal_reader *r, const spdm_shape *s,
                                            spdm_psk_finish *m);
void camseal_spdm_write_psk_finish(camseal_writer *w, const spdm_shape *s,
                                   const spdm_psk_finish *m);
camseal_status camseal_spdm_read_psk_finish_rsp(camseal_reader *r, const spdm_shape *s,
                                                spdm_psk_finish_rsp *m);
void camseal_spdm_write_psk_finish_rsp(camseal_writer *w, const spdm_shape *s,
                                       const spdm_psk_finish_rsp *m);

#endif
