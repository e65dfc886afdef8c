/* GET_MEASUREMENTS and MEASUREMENTS. */
#ifndef CAMSEAL_SPDM_MSG_MEASUREMENTS_H
#define CAMSEAL_SPDM_MSG_MEASUREMENTS_H

#include "msg.h"

enum { SPDM_MEASURE_SIGNED = 0x01, SPDM_MEASURE_RAW = 0x02, SPDM_MEASURE_NEW = 0x04 };

typedef struct spdm_get_measurements {
    uint8_t attributes;   /* SPDM_MEASURE_...                      */
    uint8_t operation;    /* 0 count, 0xFF all, else an index      */
    uint8_t slot;         /* signed only                           */
    camseal_span nonce;   /* 32, signed only                       */
    camseal_span context; /* 8, 1.3+                               */
} spdm_get_measurements;

typedef struct spdm_measurements {
    uint8_t total;  /* blocks there are, for operation 0     */
    uint8_t status; /* Param2: slot and content-changed      */
    uint8_t blocks;
    camseal_span record;
    camseal_span nonce; /* 32, always                            */
    camseal_span opaque;
    camseal_span context;   /* 1.3+                                  */
    camseal_span signature; /* if it was asked for                   */
} spdm_measurements;

camseal_status camseal_spdm_read_get_measurements(camseal_reader *r, const spdm_shape *s,
                                                  spdm_get_measurements *m);
void camseal_spdm_write_get_measurements(camseal_writer *w, const spdm_shape *s,
                                         const spdm_get_measurements *m);
camseal_status camseal_spdm_read_measurements(camseal_reader *r, const spdm_shape *s,
                                              bool is_signed, spdm_measurements *m);
void camseal_spdm_write_measurements(camseal_writer *w, const spdm_shape *s,
                                     const spdm_measurements *m);

/* One block of a record (DMTF specification). */
typedef struct spdm_measurement_block {
    uint8_t index; /* 1..0xFE                                    */
    uint8_t type;  /* bits 6:0 what it is; bit 7 raw, not digest */
    camseal_span value;
} spdm_measurement_block;

/* FORMAT for a block that is not a DMTF one or whose sizes disagree. */
camseal_status camseal_spdm_read_block(camseal_reader *r, spdm_measurement_block *m);
void camseal_spdm_write_block(camseal_writer *w, const spdm_measurement_block *m);

#endif
