/* Standards body or vendor-defined header: who defined what follows. Part of opaque data, events
 * and endpoint information. */
#ifndef CAMSEAL_SPDM_MSG_SVH_H
#define CAMSEAL_SPDM_MSG_SVH_H

#include "msg.h"

enum spdm_body {
    SPDM_BODY_DMTF = 0x00,
    SPDM_BODY_TCG = 0x01,
    SPDM_BODY_USB = 0x02,
    SPDM_BODY_PCI_SIG = 0x03,
    SPDM_BODY_IANA = 0x04,
    SPDM_BODY_HDBASET = 0x05,
    SPDM_BODY_MIPI = 0x06,
    SPDM_BODY_CXL = 0x07,
    SPDM_BODY_JEDEC = 0x08,
    SPDM_BODY_VESA = 0x09,
    SPDM_BODY_IANA_CBOR = 0x0A,
    SPDM_BODY_DMTF_DSP = 0x0B,
    SPDM_BODY_LAST = SPDM_BODY_DMTF_DSP
};

typedef struct spdm_svh {
    uint8_t body;        /* enum spdm_body */
    camseal_span vendor; /* of the length that the body has */
} spdm_svh;

/* FORMAT for an unknown body or a vendor id that is not as long as those of the body. */
camseal_status camseal_spdm_read_svh(camseal_reader *r, spdm_svh *m);
void camseal_spdm_write_svh(camseal_writer *w, const spdm_svh *m);

/* DMTF itself: no vendor id. */
bool camseal_spdm_svh_is_dmtf(const spdm_svh *m);

#endif
