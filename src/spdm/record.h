/* Secured messages (DSP0277): one record, sealed or opened under the keys of one direction.
 *
 * Knows the record's bytes and the binding's inner prefix; no SPDM message, no role, no session
 * table.
 */
#ifndef CAMSEAL_SPDM_RECORD_H
#define CAMSEAL_SPDM_RECORD_H

#include "camseal/spdm.h"
#include "key_schedule.h"

enum {
    SPDM_RECORD_LEAD_MAX = 4 + 2 + 2 + 2 + 4, /* id, sequence, length, application length, inner */
    SPDM_RECORD_RANDOM_MAX = 32,
    SPDM_RECORD_OVERHEAD_MAX = CAMSEAL_SPDM_RECORD_OVERHEAD
};
_Static_assert(SPDM_RECORD_OVERHEAD_MAX ==
                   SPDM_RECORD_LEAD_MAX + SPDM_RECORD_RANDOM_MAX + CAMSEAL_AEAD_TAG_BYTES,
               "the public overhead is that of a record");

typedef struct spdm_record {
    const camseal_crypto *crypto;
    const camseal_aead *aead;
    const camseal_spdm_binding *binding;
    uint32_t session_id;
    uint8_t limit; /* records under one key: 2^n; 0 or 64: until the counter ends */
} spdm_record;

/* Bytes of a record before the SPDM message in it. */
size_t camseal_spdm_record_lead(const camseal_spdm_binding *binding);

/* The session a record is for; TRUNCATED when there is none in it. */
camseal_status camseal_spdm_record_session(camseal_span record, uint32_t *session_id);

/* A DOE data object has whole dwords: behind an unprotected message that is one byte too long for
 * its content, takes that byte away, if it is padding. */
bool camseal_spdm_unpad(const camseal_spdm_binding *binding, camseal_span *message,
                        size_t *padding);

/* Seals in place: the message of message_len bytes lies at out.data + lead; out.len becomes the
 * record's length. The counter moves on. LIMIT when it is used up, SPACE when the record does not
 * fit. */
camseal_status camseal_spdm_record_seal(const spdm_record *rec, spdm_keys *keys, camseal_buf *out,
                                        size_t message_len);

/* Opens into `plain`, of which *message becomes a view. AUTH for a wrong tag or counter (the
 * session is then lost), FORMAT, TRUNCATED or TRAILING for a broken record, UNSUPPORTED for a
 * genuine record that holds no SPDM message. */
camseal_status camseal_spdm_record_open(const spdm_record *rec, spdm_keys *keys,
                                        camseal_span record, camseal_mspan plain,
                                        camseal_span *message);

#endif
