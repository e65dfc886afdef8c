/* GET_MEASUREMENTS and MEASUREMENTS. */
#ifndef CAMSEAL_SPDM_MSG_MEASUREMENTS_H
#define CAMSEAL_SPDM_MSG_MEASUREMENTS_H

#include "msg.h"

enum { SPDM_MEASUREMENT_HEAD_BYTES = 7 }; /* of a block, before its value */

enum { SPDM_MEASURE_SIGNED = 0x01, SPDM_MEASURE_RAW = 0x02, SPDM_MEASURE_NEW = 0x04 };

/* ContentChanged, in bits 5:4 of Param2 of MEASUREMENTS. */
enum {
    SPDM_CONTENT_UNKNOWN = 0x00,
    SPDM_CONTENT_CHANGED = 0x10,
    SPDM_CONTENT_SAME = 0x20,
    SPDM_CONTENT_MASK = 0x30
};

typedef struct spdm_get_measurements {
    uint8_t attributes;   /* SPDM_MEASURE_...                      */
    uint8_t operation;    /* 0 count, 0xFF all, else an index      */
    uint8_t slot;         /* signed only: 0..7, 0xF                */
    camseal_span nonce;   /* 32, signed only; room if data is NULL */
    camseal_span context; /* 8, 1.3+                               */
} spdm_get_measurements;

typedef struct spdm_measurements {
    uint8_t total;  /* blocks there are, for operation 0     */
    uint8_t status; /* signed: slot | SPDM_CONTENT_...       */
    uint8_t blocks;
    camseal_span record; /* so many blocks, all legal; as nonce   */
    camseal_span nonce;  /* 32, always; room if data is NULL      */
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

/* DMTFSpecMeasurementValueType. */
enum spdm_measurement_type {
    SPDM_MEASURE_ROM = 0,
    SPDM_MEASURE_FIRMWARE = 1,
    SPDM_MEASURE_HARDWARE_CONFIG = 2,
    SPDM_MEASURE_FIRMWARE_CONFIG = 3,
    SPDM_MEASURE_MANIFEST = 4, /* freeform */
    SPDM_MEASURE_DEVICE_MODE = 5,
    SPDM_MEASURE_FIRMWARE_VERSION = 6,
    SPDM_MEASURE_SECURE_VERSION = 7,
    SPDM_MEASURE_HASH_EXTENDED = 8,
    SPDM_MEASURE_INFORMATIONAL = 9,
    SPDM_MEASURE_STRUCTURED_MANIFEST = 10,
    SPDM_MEASURE_TYPE_RAW = 0x80 /* a bit */
};

/* One block of a record (DMTF specification). */
typedef struct spdm_measurement_block {
    uint8_t index; /* 1..0xFE                                    */
    uint8_t type;  /* enum spdm_measurement_type                 */
    camseal_span value;
} spdm_measurement_block;

/* FORMAT for a block that is not a DMTF one or whose sizes disagree. */
camseal_status camseal_spdm_read_block(camseal_reader *r, spdm_measurement_block *m);
void camseal_spdm_write_block(camseal_writer *w, const spdm_measurement_block *m);
/* Everything before the value, of which only the length is looked at. */
void camseal_spdm_write_block_head(camseal_writer *w, const spdm_measurement_block *m);

#endif
