/* VENDOR_DEFINED_REQUEST and VENDOR_DEFINED_RESPONSE. */
#ifndef CAMSEAL_SPDM_MSG_VENDOR_H
#define CAMSEAL_SPDM_MSG_VENDOR_H

#include "msg.h"

typedef struct spdm_vendor {
    uint16_t standard_id;
    camseal_span vendor_id; /* at most 255 bytes */
    camseal_span payload;   /* at most 65535 bytes, unless the form is large */
} spdm_vendor;

/* Bytes before the payload. */
size_t camseal_spdm_vendor_overhead(const spdm_vendor *m);
/* FORMAT for the large form. */
camseal_status camseal_spdm_read_vendor(camseal_reader *r, spdm_vendor *m);
/* Everything before the payload, for a payload that is already in its place. `code` is
 * VENDOR_DEFINED_REQUEST or _RESPONSE: both have the same form. */
void camseal_spdm_write_vendor_head(camseal_writer *w, uint8_t version, uint8_t code,
                                    const spdm_vendor *m);
void camseal_spdm_write_vendor(camseal_writer *w, uint8_t version, uint8_t code,
                               const spdm_vendor *m);

/* The large form (1.4, LARGE_RESP on both sides) has a 32-bit length; *large tells it. */
enum { SPDM_VENDOR_LARGE_BYTES = 4 /* more before the payload */ };
camseal_status camseal_spdm_read_any_vendor(camseal_reader *r, bool *large, spdm_vendor *m);
void camseal_spdm_write_large_vendor_head(camseal_writer *w, uint8_t version, uint8_t code,
                                          const spdm_vendor *m);
void camseal_spdm_write_large_vendor(camseal_writer *w, uint8_t version, uint8_t code,
                                     const spdm_vendor *m);

#endif
