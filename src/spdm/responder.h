/* Inside of the responder: its state, a request under way, and the handlers by request group. */
#ifndef CAMSEAL_SPDM_RESPONDER_H
#define CAMSEAL_SPDM_RESPONDER_H

#include "cert.h"
#include "negotiate.h"
#include "session.h"
#include "signing.h"
#include "table.h"

/* A request whose answer is not ready: the signer or the application needs more time. */
typedef struct spdm_pending {
    uint8_t op;      /* SPDM_OPS: nothing                                                      */
    uint8_t session; /* index; SPDM_NO_SESSION outside                                         */
    size_t len; /* bytes in the message buffer: the request, or the response up to its signature */
    camseal_sign_job job;
    uint8_t signed_message[SPDM_SIGNED_MAX];
} spdm_pending;

enum { SPDM_NO_SESSION = 0xFF };

struct camseal_spdm_responder {
    camseal_spdm_responder_config config;
    size_t size; /* of everything, for the wipe */
    spdm_transcript transcript;
    spdm_shape shape; /* version 0: none negotiated  */
    spdm_algorithm_set algorithms;
    const camseal_spdm_identity *identity;
    spdm_own_chain chain;
    uint32_t flags, peer_flags;
    uint32_t peer_limit; /* DataTransferSize            */
    uint16_t next_session_id;
    uint8_t connection; /* enum spdm_connection        */
    bool opaque_format; /* format 1 was negotiated     */
    spdm_pending pending;
    spdm_session *sessions; /* config.max_sessions         */
    uint8_t *buffer;        /* one message                 */
    size_t buffer_bytes;
};

/* What happens once the answer is sealed. */
enum spdm_after { SPDM_AFTER_NOTHING, SPDM_AFTER_ESTABLISH, SPDM_AFTER_CLOSE };

typedef struct spdm_request {
    camseal_span message;
    spdm_header header;
    enum spdm_op op;
    spdm_session *session; /* NULL outside */
    camseal_writer *w;     /* the response, as long as the peer can take it */
    uint64_t now_us;
    enum spdm_after after;
    /* A refusal: its reason for people, and what differs from the ErrorCode of the status. */
    const char *detail;
    uint8_t error;
    uint8_t error_data;
    uint32_t needed; /* bytes of a response that does not fit */
} spdm_request;

/* A handler writes its response, or refuses with a negative status, or answers PENDING with
 * pending.op set. */
typedef camseal_status (*spdm_handler)(camseal_spdm_responder *r, spdm_request *q);

camseal_status camseal_spdm_rsp_version(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_capabilities(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_algorithms(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_digests(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_certificate(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_challenge(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_challenge_resume(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_key_exchange(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_key_exchange_resume(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_finish(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_heartbeat(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_end_session(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_vendor(camseal_spdm_responder *r, spdm_request *q);

/* Shared by the handlers. */

/* Refuses with a reason; returns `status`. */
camseal_status camseal_spdm_refuse(spdm_request *q, camseal_status status, const char *detail);
/* Refuses with an ErrorCode of its own. */
camseal_status camseal_spdm_refuse_as(spdm_request *q, uint8_t error, camseal_status status,
                                      const char *detail);
/* Refuses with ResponseTooLarge when a response of n bytes does not fit. */
camseal_status camseal_spdm_fits(spdm_request *q, size_t n);
/* Adds request and response to A. */
camseal_status camseal_spdm_record_vca(camseal_spdm_responder *r, const spdm_request *q);
/* Adds request and response to B, unless inside a session. */
camseal_status camseal_spdm_record_b(camseal_spdm_responder *r, const spdm_request *q);
/* Starts to sign `digest`; the signature goes behind the `len` bytes in the message buffer. */
void camseal_spdm_begin_signature(camseal_spdm_responder *r, const spdm_request *q, size_t len,
                                  spdm_purpose purpose, const uint8_t *digest);
/* PENDING until it is there; then OK, once. */
camseal_status camseal_spdm_sign(camseal_spdm_responder *r, spdm_request *q);

uint8_t camseal_spdm_session_index(const camseal_spdm_responder *r, const spdm_session *s);
/* Ends a session and tells the application. */
void camseal_spdm_close_session(camseal_spdm_responder *r, spdm_session *s);
/* Back to NOT_STARTED: sessions, transcripts and pending work are gone. */
void camseal_spdm_reset_connection(camseal_spdm_responder *r);
spdm_schedule camseal_spdm_responder_schedule(const camseal_spdm_responder *r);
const camseal_trace *camseal_spdm_responder_key_log(const camseal_spdm_responder *r);

#endif
