/* Negotiation rules (DSP0274 CAPABILITIES, ALGORITHMS): which flags go together, which algorithms
 * are offered, chosen and accepted under a policy. Knows the views of the messages, no state. */
#ifndef CAMSEAL_SPDM_NEGOTIATE_H
#define CAMSEAL_SPDM_NEGOTIATE_H

#include "camseal/spdm.h"
#include "msg/algorithms.h"

/* The one bit that MeasurementSpecification and MELspecification have. */
enum { SPDM_SPEC_DMTF = 0x01 };

/* Sets of algorithms: CAMSEAL_SPDM_BIT of ids. */
typedef struct spdm_algorithm_masks {
    uint32_t hash, sign, req_sign, kex, aead;
} spdm_algorithm_masks;

/* One algorithm of each kind; 0 none. */
typedef struct spdm_algorithm_ids {
    uint8_t hash, sign, req_sign, kex, aead;
} spdm_algorithm_ids;

/* Descriptors of what was negotiated; NULL: none of its kind. There is always a hash. */
typedef struct spdm_algorithm_set {
    const camseal_hash *hash;
    const camseal_sign *sign;     /* the responder's */
    const camseal_sign *req_sign; /* the requester's */
    const camseal_kex *kex;
    const camseal_aead *aead;
} spdm_algorithm_set;

/* A refused field: what it is and the two values. */
typedef struct spdm_mismatch {
    const char *field;
    uint64_t expected;
    uint64_t seen;
} spdm_mismatch;

/* ---- policy --------------------------------------------------------------------------------- */

const camseal_spdm_policy *camseal_spdm_policy_or_default(const camseal_spdm_policy *policy);
bool camseal_spdm_policy_legal(const camseal_spdm_policy *p);
uint8_t camseal_spdm_version_min(const camseal_spdm_policy *p);
uint8_t camseal_spdm_version_max(const camseal_spdm_policy *p);
uint8_t camseal_spdm_sm_min(const camseal_spdm_policy *p);
uint8_t camseal_spdm_sm_max(const camseal_spdm_policy *p);
/* Whether a rule (enum camseal_spdm_rule) lets something be; `otherwise` stands for DEFAULT. */
bool camseal_spdm_rule_allows(uint8_t rule, bool otherwise);

/* What provider, policy and sets leave. */
void camseal_spdm_usable(const camseal_crypto *crypto, const camseal_spdm_policy *p, uint32_t sets,
                         spdm_algorithm_masks *m);
/* All of `sets` are known and every algorithm of each is in the masks. */
bool camseal_spdm_sets_legal(uint32_t sets, const spdm_algorithm_masks *m);
/* The bit of the set that these are, or 0. */
uint32_t camseal_spdm_set_of(const spdm_algorithm_ids *ids);
/* UNSUPPORTED when the provider lacks one. */
camseal_status camseal_spdm_find_algorithms(const camseal_crypto *crypto,
                                            const spdm_algorithm_ids *ids, spdm_algorithm_set *out);

/* What these make of the message sizes, and of what people are told. */
void camseal_spdm_take_sizes(spdm_shape *shape, const spdm_algorithm_set *a);
void camseal_spdm_tell_algorithms(const spdm_algorithm_set *a, camseal_spdm_info *info);

/* ---- capabilities --------------------------------------------------------------------------- */

/* Of the flags that an object can have those that are wanted (0: all), without those that then have
 * nothing to depend on. */
uint32_t camseal_spdm_usable_flags(uint32_t possible, uint32_t wanted);
/* Sessions from a PSK are possible: with or without the responder's context. */
bool camseal_spdm_common_psk(uint32_t requester, uint32_t responder);
/* Which rule the flags of a side break, or NULL. */
const char *camseal_spdm_requester_flags_fault(uint8_t version, uint32_t flags);
const char *camseal_spdm_responder_flags_fault(uint8_t version, uint32_t flags);

/* ---- algorithms ----------------------------------------------------------------------------- */

/* What a requester with these offers. */
void camseal_spdm_offer(const spdm_algorithm_masks *m, uint8_t version, spdm_algorithms *offer);

/* What an offer, a selection or a block names, as masks of ids. */
void camseal_spdm_algorithm_masks_of(const spdm_algorithms *a, spdm_algorithm_masks *m);

/* How to choose, and what the capabilities of both sides need. */
typedef struct spdm_selector {
    const camseal_spdm_policy *policy;
    const spdm_algorithm_masks *masks; /* the responder's; the requester has its offer */
    uint32_t sets;                     /* whole sets only; 0: any combination          */
    bool signs;                        /* the responder signs                          */
    bool exchanges;                    /* KEY_EX is common                             */
    bool protects;                     /* sessions are possible                        */
    bool req_multi_key;                /* RequesterMultiKeyConnSel may be set          */
} spdm_selector;

/* The responder's choice: fills selection and ids. Else what is missing. Measurements, MEL and
 * multi-key bits of the selection are left to the caller. */
const char *camseal_spdm_select(const spdm_selector *by, const spdm_algorithms *offer,
                                spdm_algorithms *selection, spdm_algorithm_ids *ids);

/* The requester's check of a selection: a subset of the offer, at most one bit each and one where
 * one is needed. POLICY with `why` filled. */
camseal_status camseal_spdm_check_selection(const spdm_selector *by, const spdm_algorithms *offer,
                                            const spdm_algorithms *selection,
                                            spdm_algorithm_ids *ids, spdm_mismatch *why);

#endif
