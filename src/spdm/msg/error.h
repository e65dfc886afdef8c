/* ERROR (DSP0274). */
#ifndef CAMSEAL_SPDM_MSG_ERROR_H
#define CAMSEAL_SPDM_MSG_ERROR_H

#include "msg.h"

typedef struct spdm_error {
    uint8_t code; /* enum spdm_error_code */
    uint8_t data;
    camseal_span extended; /* 0..32 bytes */
} spdm_error;

/* ExtendedErrorData of ResponseNotReady. */
typedef struct spdm_not_ready {
    uint8_t rdt_exponent; /* wait 2^n us          */
    uint8_t request_code; /* the deferred request */
    uint8_t token;
    uint8_t rdtm;
} spdm_not_ready;

camseal_status camseal_spdm_read_error(camseal_reader *r, spdm_error *m);
void camseal_spdm_write_error(camseal_writer *w, uint8_t version, const spdm_error *m);
/* FORMAT unless the extended data is that of a legal ResponseNotReady. */
camseal_status camseal_spdm_read_not_ready(const spdm_error *m, spdm_not_ready *out);

#endif
