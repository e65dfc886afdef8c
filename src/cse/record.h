/* The caller's ring of records, and how a refusal becomes one. */
#ifndef CAMSEAL_CSE_RECORD_H
#define CAMSEAL_CSE_RECORD_H

#include "cse/stream.h"

/* Most records that one packet can cause: two frames closed, a gap event, its own, its frame
 * closed; a limit event stands in the place of these. */
#define CAMSEAL_PRIV_RECORDS_PER_PACKET 5u
#define CAMSEAL_PRIV_RING_LEAST         8u

size_t camseal_priv_ring_free(const camseal_record_ring *ring);
/* Appends; the caller has made sure that there is room. Counts verdicts of messages and frames in
 * the context. */
void camseal_priv_ring_push(camseal_record_ring *ring, camseal_context *ctx,
                            const camseal_record *record);

/* A refusal of the class that the reason belongs to (§5: CRC and loss are INCOMPLETE, disagreement
 * and replay FORGED). */
camseal_priv_refusal camseal_priv_refuse(uint8_t reason, const char *field, uint64_t expected,
                                         uint64_t seen);

#endif
