/* GET_CERTIFICATE and CERTIFICATE, 16-bit and large form. */
#ifndef CAMSEAL_SPDM_MSG_CERTIFICATE_H
#define CAMSEAL_SPDM_MSG_CERTIFICATE_H

#include "msg.h"

enum { SPDM_CERTIFICATE_HEADER_BYTES = 8, SPDM_CERTIFICATE_LARGE_BYTES = 16 };

/* GET_CERTIFICATE Param2, 1.3+: asks for the size of the slot, by RemainderLength. */
enum { SPDM_SLOT_SIZE = 0x01 };

typedef struct spdm_get_certificate {
    uint8_t slot;       /* 0..7 */
    uint8_t attributes; /* 0 or SPDM_SLOT_SIZE */
    bool large;         /* 1.4: 32-bit offset and length */
    uint32_t offset;
    uint32_t length;
} spdm_get_certificate;

typedef struct spdm_certificate {
    uint8_t slot;
    uint8_t info; /* 1.3+: enum spdm_cert_model */
    bool large;
    uint32_t remainder;
    camseal_span portion;
} spdm_certificate;

camseal_status camseal_spdm_read_get_certificate(camseal_reader *r, uint8_t version,
                                                 spdm_get_certificate *m);
void camseal_spdm_write_get_certificate(camseal_writer *w, uint8_t version,
                                        const spdm_get_certificate *m);
camseal_status camseal_spdm_read_certificate(camseal_reader *r, uint8_t version,
                                             spdm_certificate *m);
/* Everything before the portion, of which only the length is looked at. */
void camseal_spdm_write_certificate_head(camseal_writer *w, uint8_t version,
                                         const spdm_certificate *m);
void camseal_spdm_write_certificate(camseal_writer *w, uint8_t version, const spdm_certificate *m);

#endif
