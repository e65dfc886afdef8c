/* Inside of the requester: its state and, per operation, how a request is built and its response
 * accepted. */
#ifndef CAMSEAL_SPDM_REQUESTER_H
#define CAMSEAL_SPDM_REQUESTER_H

#include "cert.h"
#include "msg/error.h"
#include "negotiate.h"
#include "session.h"
#include "signing.h"
#include "table.h"

enum spdm_phase {
    SPDM_PHASE_BUILD,  /* the request of `op` is to be built and sent */
    SPDM_PHASE_ANSWER, /* its response is awaited                     */
    SPDM_PHASE_DELAY,  /* the peer was busy or not ready: wait        */
    SPDM_PHASE_VERIFY  /* the provider still checks the chain         */
};

enum { SPDM_NO_SESSION_USED = 0xFF };

struct camseal_spdm_requester {
    camseal_spdm_requester_config config;
    size_t size; /* of everything, for the wipe */
    camseal_spdm_info info;
    camseal_spdm_failure failure;
    spdm_transcript transcript;
    spdm_shape shape;
    spdm_algorithm_set algorithms;
    spdm_algorithms offer;
    uint32_t flags, peer_flags;
    uint32_t peer_limit; /* DataTransferSize            */
    uint8_t peer_ct;     /* CTExponent                  */
    bool connected;      /* the peer's chain is good    */

    uint8_t op;            /* enum spdm_op; SPDM_OPS: no operation is under way */
    uint8_t phase;         /* enum spdm_phase             */
    uint8_t session;       /* index; SPDM_NO_SESSION_USED outside */
    uint8_t retries;       /* of this request: Busy, ResponseNotReady */
    bool respond_if_ready; /* what DELAY leads to         */
    bool armed;            /* deadline_us is set          */
    uint8_t token;         /* of ResponseNotReady         */
    uint64_t deadline_us;
    size_t request_len;  /* bytes in tx                 */
    size_t response_len; /* bytes used of rx            */

    uint8_t chain_digest[CAMSEAL_HASH_MAX]; /* from DIGESTS; Ct */
    size_t chain_len, chain_total;
    camseal_chain_job chain_job;
    camseal_span leaf_spki; /* inside chain                */

    camseal_kex_state kex;
    bool kex_open;
    uint16_t next_session_id;

    uint16_t standard_id; /* of the vendor request       */
    camseal_span vendor_id, vendor_request;
    camseal_buf *vendor_response;

    spdm_session *sessions; /* config.max_sessions         */
    uint8_t *tx;            /* one request, in clear       */
    uint8_t *rx;            /* one response out of a record */
    uint8_t *chain;         /* config.max_chain            */
};

/* Builds the request; then accepts its response, which ends the operation (op = SPDM_OPS), leads to
 * the next request (op), or refuses with a negative status. */
typedef camseal_status (*spdm_build)(camseal_spdm_requester *r, camseal_writer *w);
typedef camseal_status (*spdm_accept)(camseal_spdm_requester *r, camseal_span message);

camseal_status camseal_spdm_req_version(camseal_spdm_requester *r, camseal_writer *w);
camseal_status camseal_spdm_req_version_rsp(camseal_spdm_requester *r, camseal_span message);
camseal_status camseal_spdm_req_capabilities(camseal_spdm_requester *r, camseal_writer *w);
camseal_status camseal_spdm_req_capabilities_rsp(camseal_spdm_requester *r, camseal_span message);
camseal_status camseal_spdm_req_algorithms(camseal_spdm_requester *r, camseal_writer *w);
camseal_status camseal_spdm_req_algorithms_rsp(camseal_spdm_requester *r, camseal_span message);
camseal_status camseal_spdm_req_digests(camseal_spdm_requester *r, camseal_writer *w);
camseal_status camseal_spdm_req_digests_rsp(camseal_spdm_requester *r, camseal_span message);
camseal_status camseal_spdm_req_certificate(camseal_spdm_requester *r, camseal_writer *w);
camseal_status camseal_spdm_req_certificate_rsp(camseal_spdm_requester *r, camseal_span message);
/* The chain is complete: check it. PENDING leads to phase VERIFY. */
camseal_status camseal_spdm_req_chain(camseal_spdm_requester *r);
camseal_status camseal_spdm_req_challenge(camseal_spdm_requester *r, camseal_writer *w);
camseal_status camseal_spdm_req_challenge_rsp(camseal_spdm_requester *r, camseal_span message);
camseal_status camseal_spdm_req_key_exchange(camseal_spdm_requester *r, camseal_writer *w);
camseal_status camseal_spdm_req_key_exchange_rsp(camseal_spdm_requester *r, camseal_span message);
camseal_status camseal_spdm_req_finish(camseal_spdm_requester *r, camseal_writer *w);
camseal_status camseal_spdm_req_finish_rsp(camseal_spdm_requester *r, camseal_span message);
camseal_status camseal_spdm_req_bare(camseal_spdm_requester *r, camseal_writer *w);
camseal_status camseal_spdm_req_heartbeat_rsp(camseal_spdm_requester *r, camseal_span message);
camseal_status camseal_spdm_req_end_session_rsp(camseal_spdm_requester *r, camseal_span message);
camseal_status camseal_spdm_req_vendor(camseal_spdm_requester *r, camseal_writer *w);
camseal_status camseal_spdm_req_vendor_rsp(camseal_spdm_requester *r, camseal_span message);

/* Shared by the operations. */

/* Fills the failure record; returns `status`. */
camseal_status camseal_spdm_reject(camseal_spdm_requester *r, camseal_status status,
                                   const char *detail, uint64_t expected, uint64_t seen);
camseal_span camseal_spdm_request_sent(const camseal_spdm_requester *r);
/* Adds request and response to A, or to M1. */
camseal_status camseal_spdm_note_vca(camseal_spdm_requester *r, camseal_span message);
camseal_status camseal_spdm_note_m1(camseal_spdm_requester *r, camseal_span message);
/* Verifies the peer's signature over a transcript digest. */
camseal_status camseal_spdm_verify(camseal_spdm_requester *r, spdm_purpose purpose,
                                   const uint8_t *digest, camseal_span signature);
spdm_schedule camseal_spdm_requester_schedule(const camseal_spdm_requester *r);
const camseal_trace *camseal_spdm_requester_key_log(const camseal_spdm_requester *r);
/* Goes on to another request, or ends with SPDM_OPS. */
void camseal_spdm_next(camseal_spdm_requester *r, enum spdm_op op);
void camseal_spdm_requester_reset(camseal_spdm_requester *r);
void camseal_spdm_drop_kex(camseal_spdm_requester *r);

#endif
