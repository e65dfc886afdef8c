/* General opaque data, format 1 (1.2+), with the elements of secured messages (DSP0277). */
#ifndef CAMSEAL_SPDM_MSG_OPAQUE_H
#define CAMSEAL_SPDM_MSG_OPAQUE_H

#include "msg.h"

/* DSP0277 versions that we speak; their records are the same. */
enum { SPDM_SM_VERSION_11 = 0x1100, SPDM_SM_VERSION_12 = 0x1200 };

/* Requester: the versions it can speak, as u16 values (0x1100 = 1.1). */
void camseal_spdm_write_sm_versions(camseal_writer *w, const uint16_t *versions, size_t n);
/* *versions: u16 LE each, at least one. NOT_FOUND without such an element, FORMAT for a broken
 * list. */
camseal_status camseal_spdm_read_sm_versions(camseal_span opaque, camseal_span *versions);

/* Responder: the version it chose. */
void camseal_spdm_write_sm_selection(camseal_writer *w, uint16_t version);
camseal_status camseal_spdm_read_sm_selection(camseal_span opaque, uint16_t *version);

#endif
