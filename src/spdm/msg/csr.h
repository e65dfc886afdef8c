/* GET_CSR and CSR. */
#ifndef CAMSEAL_SPDM_MSG_CSR_H
#define CAMSEAL_SPDM_MSG_CSR_H

#include "msg.h"

typedef struct spdm_get_csr {
    uint8_t key_pair_id;         /* 1.3+, multi-key; else 0                  */
    uint8_t model;               /* 1.3+, multi-key: enum spdm_cert_model    */
    uint8_t tag;                 /* 1.3+: CSRTrackingTag; 0: a new request   */
    bool overwrite;              /* 1.3+; not with a tag                     */
    camseal_span requester_info; /* DER: PKCS #10 CertificationRequestInfo   */
    camseal_span opaque;
} spdm_get_csr;

typedef struct spdm_csr {
    camseal_span csr; /* DER, not empty, at most 65535 bytes */
} spdm_csr;

camseal_status camseal_spdm_read_get_csr(camseal_reader *r, uint8_t version, spdm_get_csr *m);
void camseal_spdm_write_get_csr(camseal_writer *w, uint8_t version, const spdm_get_csr *m);
camseal_status camseal_spdm_read_csr(camseal_reader *r, spdm_csr *m);
void camseal_spdm_write_csr(camseal_writer *w, uint8_t version, const spdm_csr *m);
/* Everything before the CSR, of which only the length is looked at. */
void camseal_spdm_write_csr_head(camseal_writer *w, uint8_t version, const spdm_csr *m);

#endif
