/* The encapsulated responder inside the requester: it answers what the responder asks by
 * encapsulated requests, and signs for the requester. Linked only when config.answerer names it
 * (camseal_spdm_answers). */
#ifndef CAMSEAL_SPDM_REQUESTER_ENCAP_H
#define CAMSEAL_SPDM_REQUESTER_ENCAP_H

#include "camseal/spdm_mutual.h"
#include "cert.h"
#include "encap.h"
#include "msg/key_exchange.h"
#include "signing.h"
#include "transcript.h"

/* A signature of the requester; the signer may need several steps. */
typedef struct spdm_own_signature {
    bool busy;
    camseal_sign_job job;
    uint8_t signed_message[SPDM_SIGNED_MAX];
} spdm_own_signature;

typedef struct spdm_encap_responder {
    uint8_t flow;                        /* enum spdm_flow                         */
    uint8_t request_id;                  /* of the request to answer               */
    uint16_t answered;                   /* requests of this flow                  */
    uint16_t *report;                    /* the caller's copy of it, or NULL       */
    camseal_span inner;                  /* the request; valid until its step ends */
    uint8_t implicit[SPDM_HEADER_BYTES]; /* GET_DIGESTS that nobody sent */
    spdm_run m1;                         /* A, B' and C': what the requester signs */
    spdm_own_signature signature;
} spdm_encap_responder;

/* How the requester reaches what it does not link by itself. */
struct camseal_spdm_answering {
    /* Whether KEY_EXCHANGE_RSP asks for what policy and capabilities allow. */
    camseal_status (*check)(camseal_spdm_requester *r, const spdm_key_exchange_rsp *m);
    /* The handshake keys are there: goes on with FINISH, or with what comes before it. */
    void (*follow_key_exchange)(camseal_spdm_requester *r, const spdm_key_exchange_rsp *m);
    /* CHALLENGE_AUTH is good and asks for basic mutual authentication. */
    camseal_status (*follow_challenge)(camseal_spdm_requester *r);
    /* Behind the part of FINISH in `w`: its signature; TH ends with it. PENDING: call again with
     * the same `w`. */
    camseal_status (*sign_finish)(camseal_spdm_requester *r, camseal_writer *w);
    /* An ERROR to GET_ENCAPSULATED_REQUEST that only says that there is nothing. */
    bool (*nothing)(camseal_spdm_requester *r, uint8_t error);
    void (*reset)(camseal_spdm_requester *r);
};

/* Starts a flow as the next thing to do; the second as if DIGESTS had been asked for
 * (MutAuthRequested 4). */
void camseal_spdm_encap_begin(camseal_spdm_requester *r, enum spdm_flow flow);
void camseal_spdm_encap_begin_with_digests(camseal_spdm_requester *r);
bool camseal_spdm_encap_nothing(camseal_spdm_requester *r, uint8_t error);
/* Drops what a flow left. */
void camseal_spdm_encap_reset(camseal_spdm_requester *r);

/* Answers the inner request: its response, or an inner ERROR, goes behind what is in `w`. PENDING:
 * call again with the same `w`. */
camseal_status camseal_spdm_answer_inner(camseal_spdm_requester *r, camseal_writer *w);

/* One's identity of a slot for the negotiated algorithm, and its chain. NOT_FOUND when there is
 * none; FORMAT when, on a multi-key connection, its key is not for `use` (enum spdm_key_usage; 0:
 * any). */
camseal_status camseal_spdm_own_identity(const camseal_spdm_requester *r, uint8_t slot,
                                         uint16_t use, const camseal_spdm_identity **identity,
                                         spdm_own_chain *chain);
uint16_t camseal_spdm_own_key_usage(const camseal_spdm_identity *identity);
/* Mask of the slots that have one. */
uint8_t camseal_spdm_own_slots(const camseal_spdm_requester *r);
/* Signs; room for the signature is reserved in `w`. PENDING: call own_sign until it answers
 * otherwise. */
camseal_status camseal_spdm_own_sign_begin(camseal_spdm_requester *r, camseal_writer *w,
                                           const camseal_spdm_identity *identity,
                                           spdm_purpose purpose, const uint8_t *digest);
camseal_status camseal_spdm_own_sign(camseal_spdm_requester *r);

#endif
