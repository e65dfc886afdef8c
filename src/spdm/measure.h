/* Measurement blocks: what a responder's measurer gives, in the form that was asked for, and what a
 * requester hands on. Knows blocks, no messages and no state of a connection. */
#ifndef CAMSEAL_SPDM_MEASURE_H
#define CAMSEAL_SPDM_MEASURE_H

#include "camseal/spdm_measurements.h"
#include "msg/measurements.h"

enum { SPDM_CONTENT_SHIFT = 4, SPDM_MEASUREMENT_INDEX_LAST = 0xFE };

/* MeasurementHashAlgo as ALGORITHMS carries it: digest bytes, and id. 0: raw values only. */
uint16_t camseal_spdm_measurement_bytes(uint32_t measurement_hash);
camseal_hash_id camseal_spdm_measurement_hash(uint32_t measurement_hash);

/* Calls `block` for each block of a legal record. */
void camseal_spdm_deliver_blocks(camseal_span record,
                                 void (*block)(void *user, const camseal_spdm_measurement *block),
                                 void *user);

/* A walk over all that is measured, in the order of the indices. Begin with zeros behind these: */
typedef struct spdm_measure_walk {
    const camseal_spdm_measurer *measurer;
    const camseal_crypto *crypto;
    camseal_spdm_measure_query query;
    bool raw; /* raw values were asked for */

    size_t next;
    uint8_t last;                     /* index */
    bool tcb;                         /* the block is part of the trusted computing base */
    uint8_t digest[CAMSEAL_HASH_MAX]; /* what a block's value may point to               */
} spdm_measure_walk;

/* NOT_FOUND behind the last; PENDING; BUG when the application gave an illegal block. */
camseal_status camseal_spdm_measure_next(spdm_measure_walk *w, spdm_measurement_block *out);

/* Summary (DSP0274 measurement summary hash): `hash` over the blocks of `type`, digests where there
 * are any. */
camseal_status camseal_spdm_measure_summary(spdm_measure_walk *w, uint8_t type,
                                            const camseal_hash *hash, uint8_t *digest);

#endif
