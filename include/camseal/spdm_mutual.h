/* SPDM in the other direction: a responder that asks. Mutual authentication by certificate, in a
 * session and in CHALLENGE; and by the same encapsulated requests KEY_UPDATE of the responder, its
 * events, endpoint information.
 *
 * Optional parts: a responder names camseal_spdm_encapsulation in its features and says in
 * config.authenticator how requesters are authenticated; a requester names camseal_spdm_answers in
 * config.answerer, with its identities. On both sides policy.mutual says whether authentication of
 * the requester is refused (default), allowed or required. Thread rule: that of the engine.
 */
#ifndef CAMSEAL_SPDM_MUTUAL_H
#define CAMSEAL_SPDM_MUTUAL_H

#include "camseal/spdm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- requester ------------------------------------------------------------------------------ */

/* What answers: link it by naming it. */
typedef struct camseal_spdm_answering camseal_spdm_answering;
CAMSEAL_API extern const camseal_spdm_answering camseal_spdm_answers;

typedef struct camseal_spdm_answerer {
    const camseal_spdm_answering *with; /* &camseal_spdm_answers */
    /* Who this requester is; a slot uses its first entry that fits the algorithm negotiated for
     * requesters. None: it cannot be authenticated by certificate. The signer may answer PENDING.
     */
    const camseal_spdm_identity *identities; /* borrowed */
    size_t n_identities;
    /* A SEND_EVENT of the responder, well-formed (DSP0274 event data, `count` of them); NULL
     * refuses. Not OK: the responder hears an ERROR. */
    camseal_status (*event)(void *user, uint8_t session, uint32_t count, camseal_span events);
    /* 1.3+: EPInfo of SubCode 1, device class identifiers; empty: refused. Signed if asked for and
     * if there is an identity. */
    camseal_span endpoint_info;
    bool notifies; /* it sends events of its own: camseal_spdm_begin_send_event, spdm_events.h */
    void *user;
} camseal_spdm_answerer;

/* Lets the responder ask: GET_ENCAPSULATED_REQUEST until it has nothing more to ask. `session`: an
 * index, or 0xFF outside. *answered (or NULL): how many requests were answered; 0 when nothing was
 * pending, which is no failure. NEGOTIATION when either side does not know encapsulated requests.
 */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_poll(camseal_spdm_requester *r,
                                                                     uint8_t session,
                                                                     uint16_t *answered);

/* ---- responder ------------------------------------------------------------------------------ */

/* Serves GET_ENCAPSULATED_REQUEST and DELIVER_ENCAPSULATED_RESPONSE, and authenticates requesters.
 */
CAMSEAL_API extern const camseal_spdm_feature camseal_spdm_encapsulation;

/* How a requester is asked who it is, in KEY_EXCHANGE_RSP. */
typedef enum camseal_spdm_asking {
    CAMSEAL_SPDM_ASK_ENCAPSULATED = 0, /* DIGESTS and certificate by encapsulated requests */
    CAMSEAL_SPDM_ASK_DIGESTS,          /* the same; the requester begins with DIGESTS       */
    CAMSEAL_SPDM_ASK_NOTHING           /* its chain or key is known: see below              */
} camseal_spdm_asking;

/* A requester's certificate chain that was found good; its possession of the key is not proven yet,
 * except with `proven`. */
typedef struct camseal_spdm_peer {
    uint8_t session; /* 0xFF outside a session                                  */
    uint8_t slot;    /* 0..7, or 0xFF for a provisioned key                     */
    bool proven;     /* a signature over this conversation verified             */
    uint16_t certificates;
    camseal_span leaf_spki;
    const uint8_t *leaf_key_hash; /* 32 bytes SHA-256 of leaf_spki: the identity */
} camseal_spdm_peer;

typedef struct camseal_spdm_authenticator {
    const camseal_span *anchors; /* borrowed: DER roots of requester chains    */
    size_t n_anchors;
    camseal_time time;
    const uint8_t *pin; /* 32 bytes SHA-256 of the leaf's SPKI, or NULL       */
    uint32_t max_chain; /* bytes of a requester's chain blob; 0 = 4096; RAM   */
    uint8_t asking;     /* enum camseal_spdm_asking                           */
    uint8_t slot;       /* of the requester, 0..7                             */
    bool challenge;     /* also after CHALLENGE: basic mutual authentication  */
    /* ASK_NOTHING: what is known of the requester. Without either, what an earlier session or
     * CHALLENGE of this connection has shown. */
    camseal_span chain; /* borrowed: DER certificates of the slot, root (or first) to leaf */
    camseal_span key;   /* borrowed: DER SubjectPublicKeyInfo of a requester without slots  */
    /* Asked before and after the proof; not OK: the requester is refused. NULL: every anchored (and
     * pinned) chain is good enough. */
    camseal_status (*peer)(void *user, const camseal_spdm_peer *peer);
    void *user;
} camseal_spdm_authenticator;

/* What became of an encapsulated request of the application. */
typedef enum camseal_spdm_asked {
    CAMSEAL_SPDM_ASKED_KEY_UPDATE,
    CAMSEAL_SPDM_ASKED_EVENT,
    CAMSEAL_SPDM_ASKED_ENDPOINT_INFO
} camseal_spdm_asked;

/* Each arms one request, which waits until the requester polls; STATE while another waits or is
 * under way, or the session is not established; NEGOTIATION when the peer's capabilities do not
 * allow it. `done` is told the end, with EPInfo for endpoint information; it may be NULL. */
typedef void (*camseal_spdm_asked_done)(void *user, camseal_status status, camseal_span info);
/* New keys for what this side sends. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_ask_key_update(
    camseal_spdm_responder *r, uint8_t session, camseal_spdm_asked_done done, void *user);
/* `events` are borrowed until the end. Needs the feature camseal_spdm_event_service too. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_ask_event(camseal_spdm_responder *r,
                                                                    uint8_t session, uint32_t count,
                                                                    camseal_span events,
                                                                    camseal_spdm_asked_done done,
                                                                    void *user);
/* `session` may be 0xFF: outside a session. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_spdm_ask_endpoint_info(camseal_spdm_responder *r, uint8_t session, bool sign,
                               camseal_spdm_asked_done done, void *user);

#ifdef __cplusplus
}
#endif
#endif
