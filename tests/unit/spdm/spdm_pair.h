/* A requester and a responder on a link in memory, in virtual time; a hook sees and may change
 * every message. */
#ifndef CAMSEAL_TESTS_SPDM_PAIR_H
#define CAMSEAL_TESTS_SPDM_PAIR_H

#include <stdbool.h>

#include "camseal/spdm.h"

enum { PAIR_MESSAGE = 5000, PAIR_QUEUE = 8 };

struct pair_message {
    uint8_t bytes[PAIR_MESSAGE];
    size_t len;
    bool secured;
};

struct pair {
    camseal_spdm_requester_config req_config;
    camseal_spdm_responder_config rsp_config;
    camseal_spdm_requester *req;
    camseal_spdm_responder *rsp;
    void *req_mem, *rsp_mem;
    size_t req_size, rsp_size;
    uint64_t now_us, rsp_wake_us; /* when the responder wants to be stepped; 0: never */
    unsigned index;               /* messages so far, both directions */
    /* Called for every message on the link; may change it; len 0 drops it. Returns how often it is
     * delivered. */
    unsigned (*hook)(void *user, struct pair *p, unsigned index, bool to_responder,
                     struct pair_message *m);
    void *hook_user;
    struct pair_message to_requester[PAIR_QUEUE];
    unsigned head, tail;
    bool rsp_may_fail; /* a negative status of the responder counts as silence */
    camseal_span anchor;
    camseal_spdm_identity identity;
    camseal_spdm_policy policy; /* of both, unless a test gives its own: at most 1.2 */
};

/* Fills both configs with defaults for these. */
void pair_config(struct pair *p, const camseal_crypto *crypto, const camseal_spdm_binding *binding,
                 camseal_span anchor, const camseal_spdm_identity *identities, size_t n);
/* Makes both engines from the configs. */
void pair_start(struct pair *p);
void pair_stop(struct pair *p);

/* Steps until the requester's operation is done, has failed, or is held (spdm_tester.h). */
camseal_status pair_run(struct pair *p);
camseal_status pair_connect(struct pair *p);
camseal_status pair_session(struct pair *p, uint8_t *session);
camseal_status pair_vendor(struct pair *p, uint8_t session, camseal_span request,
                           camseal_buf *response);
camseal_status pair_heartbeat(struct pair *p, uint8_t session);
camseal_status pair_end(struct pair *p, uint8_t session);

/* Gives one message to the responder; returns the length of its answer (0: none). */
size_t pair_tell(struct pair *p, const uint8_t *message, size_t len, bool secured,
                 struct pair_message *answer);

/* A vendor handler that answers "echo: " and the request. */
camseal_status pair_echo(void *user, const camseal_spdm_vendor_request *request,
                         camseal_buf *response);

#endif
