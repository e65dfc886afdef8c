/* GET_ENDPOINT_INFO and ENDPOINT_INFO (1.3+), with the device class identifiers in it. */
#ifndef CAMSEAL_SPDM_MSG_ENDPOINT_INFO_H
#define CAMSEAL_SPDM_MSG_ENDPOINT_INFO_H

#include "svh.h"

enum { SPDM_EP_INFO_DEVICE_CLASS = 1 }; /* SubCode */

typedef struct spdm_get_endpoint_info {
    uint8_t sub_code; /* the caller decides what it knows */
    uint8_t slot;     /* signed: 0..7, 0xF                */
    bool is_signed;
    camseal_span nonce; /* signed: 32                       */
} spdm_get_endpoint_info;

typedef struct spdm_endpoint_info {
    uint8_t slot;       /* signed: 0..7, 0xF                */
    camseal_span nonce; /* signed: 32                       */
    camseal_span info;
    camseal_span signature; /* if it was asked for: shape.signature bytes */
} spdm_endpoint_info;

camseal_status camseal_spdm_read_get_endpoint_info(camseal_reader *r, spdm_get_endpoint_info *m);
void camseal_spdm_write_get_endpoint_info(camseal_writer *w, uint8_t version,
                                          const spdm_get_endpoint_info *m);
camseal_status camseal_spdm_read_endpoint_info(camseal_reader *r, const spdm_shape *s,
                                               bool is_signed, spdm_endpoint_info *m);
void camseal_spdm_write_endpoint_info(camseal_writer *w, const spdm_shape *s,
                                      const spdm_endpoint_info *m);

/* ---- EPInfo of SPDM_EP_INFO_DEVICE_CLASS: *count identifiers, each of `subs` sub-IDs --------- */

typedef struct spdm_device_class {
    spdm_svh from;
    uint8_t subs;
    camseal_span sub_ids; /* so many: length, bytes */
} spdm_device_class;

/* Walks all: `info` is well-formed, from its first to its last byte. */
camseal_status camseal_spdm_check_device_classes(camseal_span info);
camseal_status camseal_spdm_read_device_classes_head(camseal_reader *r, uint8_t *count);
camseal_status camseal_spdm_read_device_class(camseal_reader *r, spdm_device_class *m);
void camseal_spdm_write_device_classes_head(camseal_writer *w, uint8_t count);
/* At most 255 bytes in all. */
void camseal_spdm_write_device_class(camseal_writer *w, const spdm_device_class *m);

#endif
