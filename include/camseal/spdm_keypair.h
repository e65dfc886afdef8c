/* Key pairs of a responder (SPDM 1.3+): which it has, what they may be used for, which slots they
 * belong to; and how a requester changes, erases and generates them. And connections on which every
 * slot has a key of its own (multi-key).
 *
 * Optional part: a responder names camseal_spdm_key_pair_service in its features and fills
 * config.key_pairs; a requester calls the begin_ functions. A responder with the feature offers
 * multi-key connections if policy.multi_key allows them (requires: no others), a requester with
 * several identities likewise; identities say which key pair they use: camseal_spdm_identity. On
 * other connections DSP0274 wants one key in all slots of an algorithm; that is the owner's
 * business. Thread rule: that of the engine.
 */
#ifndef CAMSEAL_SPDM_KEYPAIR_H
#define CAMSEAL_SPDM_KEYPAIR_H

#include "camseal/spdm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a requester may do with a key pair (DSP0274 KEY_PAIR_INFO, Capabilities). */
enum camseal_spdm_key_capability {
    CAMSEAL_SPDM_KEY_GENERATE = 0x01,
    CAMSEAL_SPDM_KEY_ERASE = 0x02,
    CAMSEAL_SPDM_KEY_ASSOCIATE = 0x04, /* with certificate slots                       */
    CAMSEAL_SPDM_KEY_USAGE = 0x08,
    CAMSEAL_SPDM_KEY_ALGORITHM = 0x10,
    CAMSEAL_SPDM_KEY_SHARE = 0x20 /* with several slots; needs ASSOCIATE          */
};

/* What a key is for: KeyUsageMask here, in DIGESTS and in camseal_spdm_identity. */
enum camseal_spdm_key_use {
    CAMSEAL_SPDM_USE_KEY_EXCHANGE = 0x0001,
    CAMSEAL_SPDM_USE_CHALLENGE = 0x0002,
    CAMSEAL_SPDM_USE_MEASUREMENTS = 0x0004,
    CAMSEAL_SPDM_USE_ENDPOINT_INFO = 0x0008,
    CAMSEAL_SPDM_USE_STANDARD = 0x4000,
    CAMSEAL_SPDM_USE_VENDOR = 0x8000
};

/* Algorithms, in these messages only. Post-quantum ones have a field of their own, with the bits of
 * PqcAsymAlgo: bit 0 ML-DSA-44, 1 ML-DSA-65, 2 ML-DSA-87. */
enum camseal_spdm_key_algorithm {
    CAMSEAL_SPDM_KEY_RSA_2048 = 0x0001,
    CAMSEAL_SPDM_KEY_RSA_3072 = 0x0002,
    CAMSEAL_SPDM_KEY_RSA_4096 = 0x0004,
    CAMSEAL_SPDM_KEY_P256 = 0x0008,
    CAMSEAL_SPDM_KEY_P384 = 0x0010,
    CAMSEAL_SPDM_KEY_P521 = 0x0020,
    CAMSEAL_SPDM_KEY_SM2 = 0x0040,
    CAMSEAL_SPDM_KEY_ED25519 = 0x0080,
    CAMSEAL_SPDM_KEY_ED448 = 0x0100
};

/* A key pair as KEY_PAIR_INFO tells it. */
typedef struct camseal_spdm_key_pair {
    uint16_t capabilities;                  /* enum camseal_spdm_key_capability; 0: fixed        */
    uint16_t usages, usage;                 /* possible, at least one; present                   */
    uint32_t algorithms, algorithm;         /* possible; present: at most one of all             */
    uint32_t pqc_algorithms, pqc_algorithm; /* the same, 1.4                             */
    uint8_t slots;                          /* mask of those that it belongs to                  */
    camseal_span public_key_info;           /* DER AlgorithmIdentifier; empty: there is no key   */
} camseal_spdm_key_pair;

/* The bits and the AlgorithmIdentifier (constant) of the keys of a signature algorithm, into
 * algorithms and algorithm, or the post-quantum pair, and public_key_info. FORMAT for NONE. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_describe_key(camseal_sign_id sign,
                                                                       camseal_spdm_key_pair *pair);

/* ---- responder ------------------------------------------------------------------------------ */

CAMSEAL_API extern const camseal_spdm_feature camseal_spdm_key_pair_service;

typedef enum camseal_spdm_key_operation {
    CAMSEAL_SPDM_KEY_OP_CHANGE = 0,
    CAMSEAL_SPDM_KEY_OP_ERASE = 1,
    CAMSEAL_SPDM_KEY_OP_GENERATE = 2
} camseal_spdm_key_operation;

/* What a requester wants of a key pair, found legal: the values that it is to have afterwards,
 * those that stay included; zeros of ERASE. */
typedef struct camseal_spdm_key_change {
    uint8_t session;   /* 0xFF outside a session          */
    uint8_t operation; /* enum camseal_spdm_key_operation */
    uint8_t id;
    uint8_t slots;
    uint16_t usage;
    uint32_t algorithm, pqc_algorithm;
} camseal_spdm_key_change;

typedef struct camseal_spdm_key_pairs {
    uint8_t total; /* key pairs have the ids 1..total */
    /* Fills the whole description of one. OK, PENDING or a failure; borrowed until the next call.
     */
    camseal_status (*get)(void *user, uint8_t id, camseal_spdm_key_pair *out);
    /* Whether this requester may do this; asked before each call of `set`. NULL: nothing can be
     * changed, and SET_KEY_PAIR_INFO is not offered. Not OK: it hears InvalidPolicy. */
    camseal_status (*authorise)(void *user, const camseal_spdm_key_change *change);
    /* Does it, wholly or not at all. OK; PENDING: called again with the same change, until when
     * `get` tells the old state; else the requester hears OperationFailed. */
    camseal_status (*set)(void *user, const camseal_spdm_key_change *change, bool *reset);
    /* 1.4: `set` may say by *reset that a reset is needed first; the requester, which hears
     * ResetRequired, asks again behind that. */
    bool may_reset;
    /* What answered PENDING last, `get` or `set`, will not be asked for again: the session, the
     * connection, or the requester's patience is over. May be NULL. */
    void (*abandon)(void *user);
    void *user;
} camseal_spdm_key_pairs;

/* ---- requester ------------------------------------------------------------------------------ */

/* GET_KEY_PAIR_INFO of key pair `id`, 1 or higher. `session`: an index, or 0xFF outside. `der` gets
 * the public_key_info of *pair; *total (or NULL) how many key pairs there are. Both are borrowed
 * until DONE. NEGOTIATION when the version or the responder's capabilities do not allow it. An
 * ERROR of the peer ends neither session nor connection. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_spdm_begin_get_key_pair(camseal_spdm_requester *r, uint8_t session, uint8_t id,
                                camseal_spdm_key_pair *pair, camseal_buf *der, uint8_t *total);

/* SET_KEY_PAIR_INFO: id, operation and, not for ERASE, the values that it is to have, of which a
 * usage or algorithm 0 leaves what is there. The slots are always those given. The `session` of
 * *change is where it is sent; borrowed until DONE. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_spdm_begin_set_key_pair(camseal_spdm_requester *r, const camseal_spdm_key_change *change);

#ifdef __cplusplus
}
#endif
#endif
