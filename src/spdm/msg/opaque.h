/* General opaque data, format 1 (1.2+), with the elements of secured messages (DSP0277). */
#ifndef CAMSEAL_SPDM_MSG_OPAQUE_H
#define CAMSEAL_SPDM_MSG_OPAQUE_H

#include "svh.h"

/* DSP0277 versions; their records are the same. From 1.3 on an AEAD limit goes with them. */
enum {
    SPDM_SM_VERSION_10 = 0x1000,
    SPDM_SM_VERSION_11 = 0x1100,
    SPDM_SM_VERSION_12 = 0x1200,
    SPDM_SM_VERSION_13 = 0x1300
};

/* AEAD limit: 2^n records under one key. */
enum { SPDM_SM_LIMIT_MAX = 64 };

typedef struct spdm_opaque_element {
    spdm_svh from;
    camseal_span data;
} spdm_opaque_element;

/* Walks all elements: `opaque` is well-formed, from its first to its last byte. */
camseal_status camseal_spdm_check_opaque(camseal_span opaque);

/* Element by element: `r` over the whole, `*total` elements follow, each read with the second. */
camseal_status camseal_spdm_read_opaque_head(camseal_reader *r, uint8_t *total);
camseal_status camseal_spdm_read_element(camseal_reader *r, spdm_opaque_element *m);
void camseal_spdm_write_opaque_head(camseal_writer *w, uint8_t total);
void camseal_spdm_write_element(camseal_writer *w, const spdm_opaque_element *m);

/* Requester: the versions it can speak, as u16 values (0x1100 = 1.1). */
void camseal_spdm_write_sm_versions(camseal_writer *w, const uint16_t *versions, size_t n);
/* *versions: u16 LE each, at least one. NOT_FOUND without such an element, FORMAT for a broken
 * list. */
camseal_status camseal_spdm_read_sm_versions(camseal_span opaque, camseal_span *versions);

/* Responder: the version it chose. */
void camseal_spdm_write_sm_selection(camseal_writer *w, uint16_t version);
camseal_status camseal_spdm_read_sm_selection(camseal_span opaque, uint16_t *version);

/* The same with an AEAD limit as second element (DSP0277 1.3); at most 255 versions. */
void camseal_spdm_write_sm_versions_limit(camseal_writer *w, const uint16_t *versions, size_t n,
                                          uint8_t exponent);
void camseal_spdm_write_sm_selection_limit(camseal_writer *w, uint16_t version, uint8_t exponent);
/* SPDM_SM_LIMIT_MAX without such an element. */
camseal_status camseal_spdm_read_sm_limit(camseal_span opaque, uint8_t *exponent);

#endif
