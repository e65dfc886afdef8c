/* Negotiation rules (DSP0274 CAPABILITIES, ALGORITHMS): which flags go together, which algorithms
 * make a set. Knows the views of the messages, no state. */
#ifndef CAMSEAL_SPDM_NEGOTIATE_H
#define CAMSEAL_SPDM_NEGOTIATE_H

#include "camseal/spdm.h"
#include "msg/algorithms.h"

/* An algorithm set: bits on the wire, and who computes. */
typedef struct spdm_suite {
    uint32_t set; /* enum camseal_spdm_set */
    uint32_t base_asym;
    uint32_t base_hash;
    uint16_t dhe;
    uint16_t aead;
    camseal_sign_id sign_id;
    camseal_hash_id hash_id;
    camseal_kex_id kex_id;
    camseal_aead_id aead_id;
} spdm_suite;

/* Descriptors of a suite. */
typedef struct spdm_algorithm_set {
    const camseal_hash *hash;
    const camseal_sign *sign;
    const camseal_kex *kex;
    const camseal_aead *aead;
} spdm_algorithm_set;

/* A refused field: what it is and the two values. */
typedef struct spdm_mismatch {
    const char *field;
    uint64_t expected;
    uint64_t seen;
} spdm_mismatch;

/* The suite of one set bit; NULL for none. Sets are ordered: the strongest first. */
const spdm_suite *camseal_spdm_suite(size_t i);
enum { SPDM_SUITES = 2 };

/* UNSUPPORTED when the provider lacks one. */
camseal_status camseal_spdm_suite_find(const camseal_crypto *crypto, const spdm_suite *suite,
                                       spdm_algorithm_set *out);

/* Which rule the flags of a side break, or NULL. */
const char *camseal_spdm_requester_flags_fault(uint8_t version, uint32_t flags);
const char *camseal_spdm_responder_flags_fault(uint8_t version, uint32_t flags);

/* What a requester that accepts these sets offers. */
void camseal_spdm_offer(uint32_t sets, spdm_algorithms *offer);

/* The responder's choice among `sets`; NULL when nothing common is a whole set. Fills the
 * selection. */
const spdm_suite *camseal_spdm_select(const spdm_algorithms *offer, uint32_t sets,
                                      spdm_algorithms *selection);

/* The requester's check of a selection: a subset of the offer, one bit each, one whole set. POLICY
 * with `why` filled. */
camseal_status camseal_spdm_check_selection(const spdm_algorithms *offer,
                                            const spdm_algorithms *selection,
                                            const spdm_suite **suite, spdm_mismatch *why);

#endif
