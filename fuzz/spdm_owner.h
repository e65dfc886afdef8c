/* The application behind both engines: identities, keys, measurements, storage; and what it demands
 * of every call that an engine makes. */
#ifndef CAMSEAL_FUZZ_SPDM_OWNER_H
#define CAMSEAL_FUZZ_SPDM_OWNER_H

#include "camseal/spdm.h"
#include "camseal/spdm_events.h"
#include "camseal/spdm_keypair.h"
#include "camseal/spdm_measurements.h"
#include "camseal/spdm_mutual.h"
#include "camseal/spdm_provision.h"
#include "camseal/spdm_psk.h"

enum { OWNER_CHAIN = 1024, OWNER_EVENT = 15 };

/* Callbacks that can be told to refuse. */
enum owner_call {
    OWNER_NONE,
    OWNER_VENDOR,
    OWNER_BLOCK,
    OWNER_LOG,
    OWNER_PSK,
    OWNER_SUBSCRIBE,
    OWNER_EVENT_TAKEN,
    OWNER_PEER,
    OWNER_AUTHORISE,
    OWNER_STORE,
    OWNER_CSR,
    OWNER_KEYS,
    OWNER_CALLS
};

typedef struct owner_state {
    unsigned slow;   /* so often callbacks answer PENDING                 */
    uint8_t refuse;  /* enum owner_call                                   */
    bool resets;     /* what is stored is in effect after a reset         */
    bool changed;    /* certificates or keys are not what they were       */
    bool storing;    /* a store or CSR is under way                       */
    uint8_t allowed; /* bit n: the owner has agreed to a change of slot n */
    uint8_t proven;  /* bit n: the requester of session n has signed      */
    uint64_t now;
} owner_state;
extern owner_state owner;

extern camseal_span owner_anchors[3];
extern camseal_spdm_identity owner_rsp_ids[5], owner_req_ids[3];
extern const uint8_t owner_event[OWNER_EVENT]; /* one of the DMTF */

extern camseal_spdm_measurer owner_measurer;
extern camseal_spdm_psk_source owner_req_psk, owner_rsp_psk;
extern camseal_spdm_authenticator owner_authenticator;
extern camseal_spdm_answerer owner_answerer;
extern camseal_spdm_provisioner owner_provisioner;
extern camseal_spdm_key_pairs owner_key_pairs;
extern const camseal_spdm_events owner_events;

/* Everything as delivered. */
void owner_begin(bool long_chains, unsigned log_entries);
camseal_status owner_vendor(void *user, const camseal_spdm_vendor_request *request,
                            camseal_buf *response);
/* The chain of a certificate that somebody may want to install: one of three. */
camseal_span owner_chain(uint8_t choice);

#endif
