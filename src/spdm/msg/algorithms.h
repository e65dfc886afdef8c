/* NEGOTIATE_ALGORITHMS, ALGORITHMS, and the Supported Algorithms Block of CAPABILITIES. */
#ifndef CAMSEAL_SPDM_MSG_ALGORITHMS_H
#define CAMSEAL_SPDM_MSG_ALGORITHMS_H

#include "msg.h"

/* AlgType: index into spdm_algorithms.table. */
enum {
    SPDM_ALG_DHE = 2,
    SPDM_ALG_AEAD = 3,
    SPDM_ALG_REQ_ASYM = 4,
    SPDM_ALG_KEY_SCHEDULE = 5,
    SPDM_ALG_REQ_PQC = 6,
    SPDM_ALG_KEM = 7,
    SPDM_ALG_TYPES = 8
};

/* OtherParamsSupport, OtherParamsSelection. The multi-key bit (1.3+) is about the responder's keys
 * in the request and about the requester's in the response. */
enum {
    SPDM_OPAQUE_FMT0 = 0x01,
    SPDM_OPAQUE_FMT1 = 0x02,
    SPDM_OPAQUE_FMT_MASK = 0x03,
    SPDM_MULTI_KEY_CONN = 0x10
};

enum { SPDM_ALGORITHMS_LENGTH_MAX = 128 };

/* Bitmaps: what is offered in the request, what is selected in the response. */
typedef struct spdm_algorithms {
    uint8_t measurement_spec;
    uint8_t other_params;
    uint8_t mel_spec;          /* 1.3+                                            */
    uint8_t tables;            /* bit n: a table of AlgType n is present          */
    uint8_t extended;          /* extended algorithms that were skipped           */
    uint32_t measurement_hash; /* response only                                   */
    uint32_t base_asym;
    uint32_t base_hash;
    uint32_t pqc_asym; /* 1.4                                             */
    uint16_t table[SPDM_ALG_TYPES];
} spdm_algorithms;

/* Extended algorithms are skipped in a request and refused in a response. */
camseal_status camseal_spdm_read_algorithms_req(camseal_reader *r, uint8_t version,
                                                spdm_algorithms *m);
camseal_status camseal_spdm_read_algorithms_rsp(camseal_reader *r, uint8_t version,
                                                spdm_algorithms *m);
void camseal_spdm_write_algorithms_req(camseal_writer *w, uint8_t version,
                                       const spdm_algorithms *m);
void camseal_spdm_write_algorithms_rsp(camseal_writer *w, uint8_t version,
                                       const spdm_algorithms *m);
/* The block that follows CAPABILITIES (1.3+): everything that the responder supports. */
camseal_status camseal_spdm_read_algorithms_block(camseal_reader *r, uint8_t version,
                                                  spdm_algorithms *m);
void camseal_spdm_write_algorithms_block(camseal_writer *w, const spdm_algorithms *m);
/* Length of the response that carries this selection. */
size_t camseal_spdm_algorithms_rsp_bytes(const spdm_algorithms *m);

#endif
