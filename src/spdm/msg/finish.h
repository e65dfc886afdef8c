/* FINISH and FINISH_RSP. */
#ifndef CAMSEAL_SPDM_MSG_FINISH_H
#define CAMSEAL_SPDM_MSG_FINISH_H

#include "msg.h"

typedef struct spdm_finish {
    bool has_signature;     /* mutual authentication          */
    uint8_t slot;           /* the requester's                */
    camseal_span opaque;    /* 1.4                            */
    camseal_span signature; /* shape.req_signature bytes      */
    camseal_span verify_data;
} spdm_finish;

typedef struct spdm_finish_rsp {
    camseal_span opaque;      /* 1.4                            */
    camseal_span verify_data; /* only if shape.clear_handshake  */
} spdm_finish_rsp;

camseal_status camseal_spdm_read_finish(camseal_reader *r, const spdm_shape *s, spdm_finish *m);
void camseal_spdm_write_finish(camseal_writer *w, const spdm_shape *s, const spdm_finish *m);
camseal_status camseal_spdm_read_finish_rsp(camseal_reader *r, const spdm_shape *s,
                                            spdm_finish_rsp *m);
void camseal_spdm_write_finish_rsp(camseal_writer *w, const spdm_shape *s,
                                   const spdm_finish_rsp *m);

#endif
