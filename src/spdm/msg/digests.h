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

/* KeyUsageMask. */
enum spdm_key_usage {
    SPDM_USE_KEY_EXCHANGE = 0x0001,
    SPDM_USE_CHALLENGE = 0x0002,
    SPDM_USE_MEASUREMENTS = 0x0004,
    SPDM_USE_ENDPOINT_INFO = 0x0008,
    SPDM_USE_STANDARD = 0x4000,
    SPDM_USE_VENDOR = 0x8000
};

/* What a multi-key DIGESTS says of one slot. */
typedef struct spdm_digest_key {
    uint8_t key_pair_id;
    uint8_t model;  /* enum spdm_cert_model */
    uint16_t usage; /* enum spdm_key_usage  */
} spdm_digest_key;

camseal_status camseal_spdm_read_digests(camseal_reader *r, const spdm_shape *s, spdm_digests *m);
void camseal_spdm_write_digests(camseal_writer *w, const spdm_shape *s, const spdm_digests *m);

/* The digest of a slot; empty when the slot is not provisioned. */
camseal_span camseal_spdm_digest_of(const spdm_shape *s, const spdm_digests *m, uint8_t slot);
/* False when the slot is not provisioned or the message is not a multi-key one. */
bool camseal_spdm_digest_key(const spdm_digests *m, uint8_t slot, spdm_digest_key *out);

#endif
