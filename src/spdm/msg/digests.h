/* DIGESTS (DSP0274 GET_DIGESTS, DIGESTS). GET_DIGESTS is a bare header. */
#ifndef CAMSEAL_SPDM_MSG_DIGESTS_H
#define CAMSEAL_SPDM_MSG_DIGESTS_H

#include "msg.h"

/* One entry a provisioned slot, in ascending order of slots. */
typedef struct spdm_digests {
    uint8_t supported;   /* slot mask, 1.3+         */
    uint8_t provisioned; /* slot mask, at least one */
    camseal_span digests;
    camseal_span key_pair_ids; /* the rest only if shape.multi_key */
    camseal_span certificate_info;
    camseal_span key_usage; /* u16 LE each */
} spdm_digests;

camseal_status camseal_spdm_read_digests(camseal_reader *r, const spdm_shape *s, spdm_digests *m);
void camseal_spdm_write_digests(camseal_writer *w, const spdm_shape *s, const spdm_digests *m);

/* The digest of a slot; empty when the slot is not provisioned. */
camseal_span camseal_spdm_digest_of(const spdm_shape *s, const spdm_digests *m, uint8_t slot);

#endif
