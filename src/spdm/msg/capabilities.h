/* GET_CAPABILITIES and CAPABILITIES, 1.2 and later. */
#ifndef CAMSEAL_SPDM_MSG_CAPABILITIES_H
#define CAMSEAL_SPDM_MSG_CAPABILITIES_H

#include "msg.h"

/* Param1, 1.3+: asks for, or announces, the Supported Algorithms Block. */
enum { SPDM_WITH_ALGORITHMS = 0x01 };

typedef struct spdm_capabilities {
    uint8_t attributes;     /* 0 or SPDM_WITH_ALGORITHMS                                      */
    uint8_t ct_exponent;    /* CT = 2^n us, n <= 31                                           */
    uint16_t ext_flags;     /* CAPABILITIES of 1.4: SPDM_EXT_...                              */
    uint32_t flags;         /* SPDM_CAP_...                                                   */
    uint32_t data_transfer; /* most bytes of a message in one transfer, to the sender of this */
    uint32_t max_message;   /* most bytes of a reassembled message                            */
} spdm_capabilities;

/* The algorithms block, if announced, is left in the reader: algorithms.h reads it. */
camseal_status camseal_spdm_read_capabilities(camseal_reader *r, spdm_capabilities *m);
/* `code` is GET_CAPABILITIES or CAPABILITIES: both have the same form. */
void camseal_spdm_write_capabilities(camseal_writer *w, uint8_t version, uint8_t code,
                                     const spdm_capabilities *m);

#endif
