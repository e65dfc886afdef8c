/* Evidence records: a series of measurements with all that its signature covers. Written message by
 * message by the requester, checked by anybody (camseal_spdm_check_evidence). */
#ifndef CAMSEAL_SPDM_EVIDENCE_H
#define CAMSEAL_SPDM_EVIDENCE_H

#include "camseal/spdm_measurements.h"

/* Starts a record with the signer's chain and A. SPACE: the record is then empty. */
camseal_status camseal_spdm_evidence_start(camseal_buf *b, camseal_span chain, camseal_span vca);
/* One more message of L1. */
camseal_status camseal_spdm_evidence_add(camseal_buf *b, camseal_span message);
/* The signature completes the record. */
camseal_status camseal_spdm_evidence_end(camseal_buf *b, camseal_span signature);

#endif
