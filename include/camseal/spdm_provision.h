/* SPDM certificate provisioning: GET_CSR and SET_CERTIFICATE (1.2+), and certificates of any slot.
 *
 * Optional part: a responder names camseal_spdm_provisioning in its features and says in
 * config.provisioner what may be stored and where; a requester calls the begin_ functions. An
 * identity whose chain is empty is a slot with a key and without certificates. Thread rule: that of
 * the engine.
 */
#ifndef CAMSEAL_SPDM_PROVISION_H
#define CAMSEAL_SPDM_PROVISION_H

#include "camseal/spdm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Certificate models (DSP0274): how much of the chain stays. */
typedef enum camseal_spdm_model {
    CAMSEAL_SPDM_MODEL_NONE = 0,
    CAMSEAL_SPDM_MODEL_DEVICE, /* all of it                                                    */
    CAMSEAL_SPDM_MODEL_ALIAS,  /* to the device certificate CA, with which a stored chain ends */
    CAMSEAL_SPDM_MODEL_GENERIC /* any; not in slot 0                                           */
} camseal_spdm_model;

/* ---- responder ------------------------------------------------------------------------------ */

CAMSEAL_API extern const camseal_spdm_feature camseal_spdm_provisioning;

/* How the requester of a session has shown who it is. */
typedef enum camseal_spdm_proof {
    CAMSEAL_SPDM_PROOF_NONE = 0,
    CAMSEAL_SPDM_PROOF_CERTIFICATE, /* mutual authentication: spdm_mutual.h */
    CAMSEAL_SPDM_PROOF_PSK
} camseal_spdm_proof;

/* A SET_CERTIFICATE: new certificates for a slot, or none any more. */
typedef struct camseal_spdm_installation {
    uint8_t session; /* 0xFF outside a session          */
    uint8_t proof;   /* enum camseal_spdm_proof         */
    uint8_t slot;
    /* The entry of config.identities: the slot's, for the algorithm negotiated. */
    const camseal_spdm_identity *identity;
    bool erase;
    uint8_t model;       /* enum camseal_spdm_model; erase: NONE            */
    uint8_t key_pair_id; /* multi-key; else 0                               */
    camseal_span chain;  /* DER, root (or first) to leaf; erase: empty      */
    /* Only for `store`: of the chain, which was found good. */
    camseal_span leaf_spki;
    const uint8_t *leaf_key_hash; /* 32 bytes SHA-256 of leaf_spki; erase: NULL */
} camseal_spdm_installation;

typedef struct camseal_spdm_csr_request {
    uint8_t session, proof; /* as above */
    camseal_sign_id sign;   /* negotiated */
    camseal_hash_id hash;
    uint8_t model;               /* enum camseal_spdm_model          */
    uint8_t key_pair_id;         /* multi-key; else 0                */
    uint8_t tag;                 /* 1.3+: 0, or the tag of an earlier answer: its CSR is wanted */
    bool overwrite;              /* 1.3+: unfinished requests may go */
    camseal_span requester_info; /* DER: PKCS #10 CertificationRequestInfo, or empty */
    camseal_span opaque;         /* general opaque data                              */
} camseal_spdm_csr_request;

/* Borrowed. While the responder lives, only `trusted_environment` and `time` may change. */
typedef struct camseal_spdm_provisioner {
    /* In manufacturing: also outside sessions, which are required else. */
    bool trusted_environment;
    bool may_reset; /* `store` or `csr` may ask for a reset */
    /* What incoming chains end at; none: they must only hold together. */
    const camseal_span *anchors;
    size_t n_anchors;
    camseal_time time;
    /* Whether this requester may do that; the chain is not checked yet. Not OK: InvalidPolicy
     * (1.2: UnexpectedRequest). NULL: nobody may do anything. */
    camseal_status (*authorise)(void *user, const camseal_spdm_installation *what);
    /* Whether this is the public key of the private one: KEY if not. NULL: nobody knows. */
    camseal_status (*fits_key)(void *user, const camseal_spdm_installation *what);
    /* Must be there. Makes it so, or leaves everything as it is, also if power fails; changes
     * chain, model, key and key_pair_id of `identity`, an entry of the application's own array.
     * PENDING: called again with the same; until OK the old chain serves. *reset: it is in effect
     * after a reset only (then the entry stays). */
    camseal_status (*store)(void *user, const camseal_spdm_installation *what, bool *reset);
    /* Fills `csr` (capacity given): a DER PKCS #10 request. PENDING: called again. SPACE with
     * csr->len: so long it would be. *reset: not before a reset; then *tag, 1 to 7, names it
     * (1.3+). NULL: no GET_CSR. STATE becomes UnexpectedRequest, another refusal InvalidRequest. */
    camseal_status (*csr)(void *user, const camseal_spdm_csr_request *request, camseal_buf *csr,
                          bool *reset, uint8_t *tag);
    /* What answered PENDING last will not be asked for again: the session, the connection, or the
     * requester's patience is over. May be NULL. */
    void (*abandon)(void *user);
    void *user;
} camseal_spdm_provisioner;

/* ---- requester ------------------------------------------------------------------------------ */

/* `session` of these: an index, or 0xFF outside. What is given is borrowed until DONE. NEGOTIATION
 * when the responder's capabilities or the version do not allow it. Either may fail with PEER_ERROR
 * and failure.peer_error ResetRequired (0x0C): then it is done once the responder was reset. */

typedef struct camseal_spdm_csr {
    uint8_t model;       /* multi-key: enum camseal_spdm_model; else 0 */
    uint8_t key_pair_id; /* multi-key; else 0                          */
    uint8_t tag;         /* 1.3+: 0, or failure.peer_data of ResetRequired, before the reset */
    bool overwrite;      /* 1.3+                                                       */
    camseal_span requester_info;
    camseal_span opaque;
    camseal_buf csr; /* room; out: len */
} camseal_spdm_csr;
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_get_csr(camseal_spdm_requester *r,
                                                                        uint8_t session,
                                                                        camseal_spdm_csr *csr);

typedef struct camseal_spdm_new_chain {
    uint8_t slot;
    uint8_t model;       /* multi-key: enum camseal_spdm_model; else 0; erase: 0 */
    uint8_t key_pair_id; /* multi-key; else 0                                    */
    bool erase;          /* 1.3+                                                 */
    camseal_span chain;  /* DER certificates, root first; the engine adds Length and RootHash */
} camseal_spdm_new_chain;
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_set_certificate(
    camseal_spdm_requester *r, uint8_t session, const camseal_spdm_new_chain *chain);

/* DIGESTS and CERTIFICATE of this slot, checked as in connect (with CHALLENGE if configured), which
 * is from now on the one that is used. After SET_CERTIFICATE of the slot in use no session begins
 * without. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_spdm_begin_certificate(camseal_spdm_requester *r, uint8_t slot);

#ifdef __cplusplus
}
#endif
#endif
