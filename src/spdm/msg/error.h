/* ERROR (DSP0274). */
#ifndef CAMSEAL_SPDM_MSG_ERROR_H
#define CAMSEAL_SPDM_MSG_ERROR_H

#include "msg.h"

typedef struct spdm_error {
    uint8_t code; /* enum spdm_error_code */
    uint8_t
        data; /* UnsupportedRequest: its code; ResetRequired: the tag; VendorDefined: registry */
    camseal_span extended; /* at most what the code has, else at most 32 */
} spdm_error;

/* ExtendedErrorData of ResponseNotReady. */
typedef struct spdm_not_ready {
    uint8_t rdt_exponent; /* wait 2^n us          */
    uint8_t request_code; /* the deferred request */
    uint8_t token;
    uint8_t rdtm;
} spdm_not_ready;

/* Whether DSP0274 defines the code; VendorDefined counts as unknown. */
bool camseal_spdm_error_known(uint8_t code);

/* An error counts even if its extended data is cut short: the readers below look at that. */
camseal_status camseal_spdm_read_error(camseal_reader *r, spdm_error *m);
void camseal_spdm_write_error(camseal_writer *w, uint8_t version, const spdm_error *m);
/* FORMAT unless the extended data is that of a legal ResponseNotReady. */
camseal_status camseal_spdm_read_not_ready(const spdm_error *m, spdm_not_ready *out);
void camseal_spdm_write_not_ready(camseal_writer *w, uint8_t version, const spdm_not_ready *n);

/* ResponseTooLarge and DataTooLarge: the actual size. */
camseal_status camseal_spdm_read_error_size(const spdm_error *m, uint32_t *size);
void camseal_spdm_write_error_size(camseal_writer *w, uint8_t version, uint8_t code, uint32_t size);

/* LargeResponse; its extended data is the handle. */
void camseal_spdm_write_large_response(camseal_writer *w, uint8_t version, uint8_t handle);

/* VendorDefined: the vendor's id, and what is left. */
camseal_status camseal_spdm_read_error_vendor(const spdm_error *m, camseal_span *vendor,
                                              camseal_span *data);

#endif
