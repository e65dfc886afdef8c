/* The encapsulated requester inside the responder: asks the requester who it is, or for a service.
 * Linked only with the feature camseal_spdm_encapsulation. */
#ifndef CAMSEAL_SPDM_RESPONDER_ENCAP_H
#define CAMSEAL_SPDM_RESPONDER_ENCAP_H

#include "camseal/spdm_mutual.h"
#include "encap.h"
#include "msg/finish.h"
#include "msg/key_exchange.h"
#include "responder.h"

/* What is asked. */
enum spdm_inner {
    SPDM_INNER_DIGESTS,
    SPDM_INNER_CERTIFICATE,
    SPDM_INNER_CHALLENGE,
    SPDM_INNER_UPDATE_KEY,
    SPDM_INNER_VERIFY_KEY,
    SPDM_INNER_EVENT,
    SPDM_INNER_ENDPOINT_INFO,
    SPDM_INNERS /* nothing more */
};

/* The requester's chain. */
typedef struct spdm_peer_chain {
    uint8_t *bytes; /* capacity: authenticator.max_chain                     */
    size_t capacity, len, total;
    bool verified;
    uint8_t slot;
    uint16_t certificates;
    camseal_span leaf_spki; /* in `bytes`, or in the authenticator's chain   */
    uint8_t key_hash[32];
    uint8_t digest[CAMSEAL_HASH_MAX]; /* Ctr                                 */
    camseal_chain_job job;
} spdm_peer_chain;

/* What the application wants to be asked, until the requester has answered. */
typedef struct spdm_errand {
    camseal_spdm_asked_done done;
    void *user;
    camseal_span events;
    uint32_t n_events;
    bool sign;
} spdm_errand;

typedef struct spdm_encap_requester {
    uint8_t flow;    /* enum spdm_flow                                       */
    uint8_t session; /* index of the one that it is for; SPDM_NO_SESSION     */
    uint8_t inner;   /* enum spdm_inner: asked, or to be asked first         */
    uint8_t request_id;
    uint8_t tag;   /* of KEY_UPDATE                                        */
    bool started;  /* something was asked                                    */
    bool answered; /* something was answered                                 */
    bool checking; /* the provider still looks at the chain                  */
    uint8_t known; /* bit n: the requester of session n, in its handshake    */
    spdm_peer_chain peer;
    spdm_run run; /* M1 of the requester, or IL1                             */
    spdm_errand errand;
} spdm_encap_requester;

/* One inner request and what its response leads to. accept sets `inner` to what is asked next. */
typedef struct spdm_inner_row {
    uint8_t response;
    camseal_status (*build)(camseal_spdm_responder *r, camseal_writer *w);
    camseal_status (*accept)(camseal_spdm_responder *r, spdm_request *q, camseal_span response);
} spdm_inner_row;
extern const spdm_inner_row camseal_spdm_inner_rows[SPDM_INNERS];

/* How the responder reaches what it does not link by itself. */
typedef struct spdm_encap_hooks {
    /* Fills what KEY_EXCHANGE_RSP asks for; refuses when policy requires more than can
     * be had. PENDING: asks again. */
    camseal_status (*ask)(camseal_spdm_responder *r, spdm_request *q, spdm_session *s,
                          spdm_key_exchange_rsp *m);
    /* KEY_EXCHANGE_RSP goes out: arms the flow. */
    void (*arm)(camseal_spdm_responder *r, const spdm_session *s);
    /* Whether CHALLENGE_AUTH asks for basic mutual authentication; and it goes out. */
    bool (*asks_challenge)(const camseal_spdm_responder *r);
    void (*arm_challenge)(camseal_spdm_responder *r);
    /* TH with Ctr and `head` bytes of FINISH, then the signature over it, with which TH ends. */
    camseal_status (*verify_finish)(camseal_spdm_responder *r, spdm_request *q, spdm_session *s,
                                    const spdm_finish *m, size_t head);
} spdm_encap_hooks;
extern const spdm_encap_hooks camseal_spdm_encap_hooks;

camseal_status camseal_spdm_rsp_get_encapsulated(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_deliver(camseal_spdm_responder *r, spdm_request *q);

/* While a flow is under way nothing else is heard. */
bool camseal_spdm_flow_blocks(const camseal_spdm_responder *r, const spdm_request *q);
void camseal_spdm_flow_forget(camseal_spdm_responder *r, uint8_t session);
/* Arms a flow. */
void camseal_spdm_flow_arm(camseal_spdm_responder *r, enum spdm_flow flow, uint8_t session,
                           enum spdm_inner first);
/* Ends the flow; an errand hears `status`. */
void camseal_spdm_flow_end(camseal_spdm_responder *r, camseal_status status, camseal_span info);

/* Checks the requester's chain that is now complete, then asks the owner. PENDING: call again. */
camseal_status camseal_spdm_peer_check(camseal_spdm_responder *r, spdm_request *q);
/* Asks the owner about the requester. */
camseal_status camseal_spdm_peer_ask_owner(camseal_spdm_responder *r, spdm_request *q,
                                           uint8_t session, bool proven);

#endif
