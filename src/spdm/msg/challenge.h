/* CHALLENGE and CHALLENGE_AUTH. */
#ifndef CAMSEAL_SPDM_MSG_CHALLENGE_H
#define CAMSEAL_SPDM_MSG_CHALLENGE_H

#include "msg.h"

typedef struct spdm_challenge {
    uint8_t slot;         /* 0..7, 0xFF                        */
    uint8_t summary;      /* measurement summary hash type     */
    camseal_span nonce;   /* 32; room is left when data is NULL */
    camseal_span context; /* 8, 1.3+                           */
} spdm_challenge;

typedef struct spdm_challenge_auth {
    uint8_t slot; /* bits 3:0 of Param1            */
    bool mutual;  /* BasicMutAuthReq               */
    uint8_t slot_mask;
    camseal_span chain_hash;
    camseal_span nonce;
    camseal_span summary; /* only if shape.summary         */
    camseal_span opaque;
    camseal_span context;   /* 1.3+                          */
    camseal_span signature; /* the last shape.signature bytes */
} spdm_challenge_auth;

camseal_status camseal_spdm_read_challenge(camseal_reader *r, const spdm_shape *s,
                                           spdm_challenge *m);
void camseal_spdm_write_challenge(camseal_writer *w, const spdm_shape *s, const spdm_challenge *m);
camseal_status camseal_spdm_read_challenge_auth(camseal_reader *r, const spdm_shape *s,
                                                spdm_challenge_auth *m);
void camseal_spdm_write_challenge_auth(camseal_writer *w, const spdm_shape *s,
                                       const spdm_challenge_auth *m);

#endif
