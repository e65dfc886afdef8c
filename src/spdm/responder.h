/* Inside of the responder: its state, a request under way, and the handlers by request group. */
#ifndef CAMSEAL_SPDM_RESPONDER_H
#define CAMSEAL_SPDM_RESPONDER_H

#include "cert.h"
#include "negotiate.h"
#include "options.h"
#include "session.h"
#include "signing.h"
#include "table.h"

enum { SPDM_NO_SESSION = 0xFF };

typedef struct spdm_request spdm_request;

/* A handler writes its response, or refuses with a negative status, or answers PENDING: by
 * camseal_spdm_keep_request or by a signature. */
typedef camseal_status (*spdm_handler)(camseal_spdm_responder *r, spdm_request *q);

/* A request whose answer is not ready: the signer or the application needs more time. */
typedef struct spdm_pending {
    uint8_t op;          /* SPDM_OPS: nothing                                               */
    uint8_t session;     /* whose keys protect the exchange: index, or SPDM_NO_SESSION      */
    uint8_t target;      /* a session in the making: index, or SPDM_NO_SESSION              */
    bool is_signature;   /* `job` is under way                                              */
    bool is_signed;      /* and done                                                        */
    bool waits;          /* since_us is set                                                 */
    bool deferred;       /* the peer was told ResponseNotReady                              */
    uint8_t token;       /* of ResponseNotReady; counts on                                  */
    uint64_t since_us;   /* first PENDING                                                   */
    uint64_t expires_us; /* of a deferred answer                                            */
    size_t len; /* bytes in the message buffer: the request, or the response with its signature */
    spdm_handler resume;
    camseal_sign_job job;
    uint8_t signed_message[SPDM_SIGNED_MAX];
} spdm_pending;

/* DSP0274, retries: the last answer as it went out, at the end of the message buffer, for the same
 * request again. */
typedef struct spdm_kept {
    uint64_t request; /* fingerprint of what came in last              */
    bool once;        /* the same again can only be a retry            */
    bool secured;
    size_t len; /* of the answer; 0: none is kept                */
} spdm_kept;

struct spdm_encap_requester;
struct spdm_large;
struct spdm_provision;
struct spdm_encap_hooks;

/* What is used most comes first: code for small processors reaches it in fewer bytes. */
struct camseal_spdm_responder {
    spdm_shape shape;                   /* version 0: none negotiated              */
    uint8_t connection;                 /* enum spdm_connection                    */
    uint8_t slot;                       /* of `identity`                           */
    uint8_t mood;                       /* enum camseal_spdm_mood                  */
    uint8_t clear_session;              /* whose FINISH comes in clear; SPDM_NO_SESSION */
    bool opaque_format;                 /* format 1 was negotiated                 */
    bool first;                         /* nothing was exchanged since ALGORITHMS  */
    bool req_multi_key;                 /* RequesterMultiKeyConnSel                */
    uint8_t measurement_spec, mel_spec; /* selected                                */
    uint16_t next_session_id;
    uint32_t flags, peer_flags;
    uint32_t peer_limit;                   /* DataTransferSize                     */
    uint32_t peer_message;                 /* MaxSPDMmsgSize                       */
    uint32_t measurement_hash;             /* MeasurementHashAlgo                  */
    const camseal_spdm_identity *identity; /* of `slot`                            */
    spdm_session *sessions;                /* config.max_sessions                  */
    uint8_t *buffer;                       /* one message                          */
    size_t buffer_bytes;
    struct spdm_large *large;           /* of the feature, or NULL: responder_chunk.h     */
    struct spdm_provision *provision;   /* of the feature, or NULL: responder_provision.c */
    struct spdm_encap_requester *encap; /* of the feature, or NULL                        */
    const struct spdm_encap_hooks *encap_hooks;
    spdm_algorithm_set algorithms;
    camseal_spdm_responder_config config;
    spdm_pending pending;
    spdm_kept kept;
    spdm_algorithm_masks masks;
    uint32_t generation;  /* of the measurements when L1 began    */
    size_t size;          /* of everything, for the wipe          */
    spdm_own_chain chain; /* of `slot`                            */
    spdm_transcript transcript;
};

/* What happens once the answer is sealed. */
enum spdm_after {
    SPDM_AFTER_NOTHING,
    SPDM_AFTER_ESTABLISH,
    SPDM_AFTER_CLOSE,
    SPDM_AFTER_RESET /* the connection is over */
};

struct spdm_request {
    camseal_reader reader; /* of the message, at its start for the handler */
    spdm_header header;
    enum spdm_op op;
    enum spdm_after after;
    /* A refusal: what differs from the ErrorCode of the status, and its reason for people. */
    uint8_t error;
    uint8_t error_data;
    uint32_t needed; /* bytes of a response that does not fit */
    const char *detail;
    camseal_span message;
    spdm_session *session; /* whose keys protect the exchange; NULL outside                */
    spdm_session *target;  /* what `after` is about, if not `session`                      */
    camseal_writer *w;     /* the response, as long as the peer can take it                */
    spdm_handler handle;
    uint64_t now_us;
};

/* ---- features ------------------------------------------------------------------------------- */

typedef struct spdm_service {
    uint8_t op; /* enum spdm_op */
    spdm_handler handle;
} spdm_service;

/* All functions may be NULL. */
struct camseal_spdm_feature {
    const spdm_service *services;
    size_t n_services;
    /* SPDM_CAP_... that it brings under this configuration. */
    uint32_t (*flags)(const camseal_spdm_responder_config *config);
    /* Bytes of its own in the responder's memory, and what it does with them, once. */
    size_t (*memory)(const camseal_spdm_responder_config *config);
    camseal_status (*attach)(camseal_spdm_responder *r, void *memory);
    /* A session (index), or with SPDM_NO_SESSION the connection, ends. */
    void (*forget)(camseal_spdm_responder *r, uint8_t session);
    /* The pending request will not be handled again: its answer is not wanted any more. */
    void (*abandon)(camseal_spdm_responder *r);
    /* ERROR RequestInFlight for this request. */
    bool (*blocks)(const camseal_spdm_responder *r, const spdm_request *q);
    /* The measurement summary hash of this type (not 0): measure.h. */
    camseal_status (*summary)(camseal_spdm_responder *r, spdm_request *q, uint8_t type,
                              uint8_t *digest);
};

/* ---- handlers ------------------------------------------------------------------------------- */

camseal_status camseal_spdm_rsp_version(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_capabilities(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_algorithms(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_digests(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_certificate(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_challenge(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_key_exchange(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_finish(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_heartbeat(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_key_update(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_end_session(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_vendor(camseal_spdm_responder *r, spdm_request *q);
camseal_status camseal_spdm_rsp_respond_if_ready(camseal_spdm_responder *r, spdm_request *q);

/* ---- shared by the handlers ----------------------------------------------------------------- */

/* Refuses with a reason; returns `status`. */
static inline camseal_status camseal_spdm_refuse(spdm_request *q, camseal_status status,
                                                 const char *detail)
{
    if (CAMSEAL_TEXTS)
        q->detail = detail;
    return status;
}
/* Refuses with an ErrorCode of its own. */
static inline camseal_status camseal_spdm_refuse_as(spdm_request *q, uint8_t error,
                                                    camseal_status status, const char *detail)
{
    q->error = error;
    return camseal_spdm_refuse(q, status, detail);
}
/* Refuses with ResponseTooLarge when a response of n bytes does not fit. */
camseal_status camseal_spdm_fits(spdm_request *q, size_t n);
/* DataTransferSize and MaxSPDMmsgSize of this responder. */
uint32_t camseal_spdm_own_transfer(const camseal_spdm_responder *r);
uint32_t camseal_spdm_own_message(const camseal_spdm_responder *r);
/* Adds request and response to A. */
camseal_status camseal_spdm_record_vca(camseal_spdm_responder *r, const spdm_request *q);
/* Adds request and response to B, unless inside a session. */
camseal_status camseal_spdm_record_b(camseal_spdm_responder *r, const spdm_request *q);

/* MULTI_KEY_CONN of our keys was negotiated. */
static inline bool camseal_spdm_multi_key(const camseal_spdm_responder *r)
{
    return CAMSEAL_SPDM_MULTI_KEY && r->shape.multi_key;
}
/* One's own identity of a slot for the negotiated algorithm, or NULL. */
const camseal_spdm_identity *camseal_spdm_slot_identity(const camseal_spdm_responder *r,
                                                        uint8_t slot);
/* Mask of the slots that have certificates. */
uint8_t camseal_spdm_slots(const camseal_spdm_responder *r);
/* Makes r->identity and r->chain those of the slot; refuses when it has no certificates. */
camseal_status camseal_spdm_use_slot(camseal_spdm_responder *r, spdm_request *q, uint8_t slot);
/* The same; on a multi-key connection its key serves one of `use`, enum spdm_key_usage. */
camseal_status camseal_spdm_use_slot_for(camseal_spdm_responder *r, spdm_request *q, uint8_t slot,
                                         uint16_t use);
/* The summary, from the feature that measures; refuses when there is none. */
camseal_status camseal_spdm_summary(camseal_spdm_responder *r, spdm_request *q, uint8_t type,
                                    uint8_t *digest);

/* Keeps the request, to be handled again; returns PENDING. */
camseal_status camseal_spdm_keep_request(camseal_spdm_responder *r, const spdm_request *q);
/* Starts to sign `digest` with r->identity; the signature goes behind the `len` bytes in the
 * message buffer, where the request may have been. `resume` is what goes on behind PENDING. */
void camseal_spdm_begin_signature(camseal_spdm_responder *r, const spdm_request *q, size_t len,
                                  spdm_purpose purpose, const uint8_t *digest, spdm_handler resume);
/* PENDING until it is there; then OK, once. */
camseal_status camseal_spdm_sign(camseal_spdm_responder *r, spdm_request *q);
/* The response that is written so far gets a signature over `digest` as its end. */
camseal_status camseal_spdm_sign_response(camseal_spdm_responder *r, spdm_request *q,
                                          spdm_purpose purpose, const uint8_t *digest);

/* What every key exchange begins with: protection and opaque data are good, a session is free; it
 * gets its ids, secured-message version and heartbeat; state OPENING. */
camseal_status camseal_spdm_open_session(camseal_spdm_responder *r, spdm_request *q,
                                         uint16_t req_session_id, camseal_span opaque,
                                         spdm_session **session);
/* The opaque data that answers; `room` has SPDM_SM_SELECTION_MAX bytes. */
camseal_span camseal_spdm_sm_selection(const spdm_session *s, uint8_t *room);
/* Adds the response that is written so far to TH. */
camseal_status camseal_spdm_th_response(camseal_spdm_responder *r, const spdm_request *q,
                                        spdm_session *s);
/* ResponderVerifyData over this digest of TH ends the response, and TH. */
camseal_status camseal_spdm_write_verify_data(camseal_spdm_responder *r, const spdm_request *q,
                                              spdm_session *s, const uint8_t *digest);
/* RequesterVerifyData over TH with the request up to it; TH ends with it. */
camseal_status camseal_spdm_check_verify_data(camseal_spdm_responder *r, spdm_request *q,
                                              spdm_session *s, camseal_span verify_data);
/* TH is at TH2: data keys, and the application is told. */
camseal_status camseal_spdm_establish_session(camseal_spdm_responder *r, spdm_session *s);

uint8_t camseal_spdm_session_index(const camseal_spdm_responder *r, const spdm_session *s);
/* Ends a session and tells the application. */
void camseal_spdm_close_session(camseal_spdm_responder *r, spdm_session *s);
/* Back to NOT_STARTED: sessions, transcripts and pending work are gone. */
void camseal_spdm_reset_connection(camseal_spdm_responder *r);
/* Nothing is pending any more: it was answered. */
void camseal_spdm_clear_pending(camseal_spdm_responder *r);
/* The same, unanswered. A session in the making goes with the answer that would have opened it. */
void camseal_spdm_drop_pending(camseal_spdm_responder *r);
spdm_schedule camseal_spdm_responder_schedule(const camseal_spdm_responder *r);
const camseal_trace *camseal_spdm_responder_key_log(const camseal_spdm_responder *r);

#endif
