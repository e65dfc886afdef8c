/* SET_CERTIFICATE. Its response is in short.h. */
#ifndef CAMSEAL_SPDM_MSG_SET_CERTIFICATE_H
#define CAMSEAL_SPDM_MSG_SET_CERTIFICATE_H

#include "msg.h"

typedef struct spdm_set_certificate {
    uint8_t slot;        /* 0..7                                        */
    uint8_t model;       /* 1.3+, multi-key: enum spdm_cert_model       */
    bool erase;          /* 1.3+: model 0 and no chain                  */
    uint8_t key_pair_id; /* 1.3+, multi-key; else 0                     */
    camseal_span chain;  /* the whole blob: Length, RootHash, the certs */
} spdm_set_certificate;

/* The chain is as long as its own Length says. */
camseal_status camseal_spdm_read_set_certificate(camseal_reader *r, const spdm_shape *s,
                                                 spdm_set_certificate *m);
void camseal_spdm_write_set_certificate(camseal_writer *w, uint8_t version,
                                        const spdm_set_certificate *m);

#endif
