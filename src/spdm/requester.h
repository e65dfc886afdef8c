/* Inside of the requester: its state and, per operation, how a request is built and its response
 * accepted. */
#ifndef CAMSEAL_SPDM_REQUESTER_H
#define CAMSEAL_SPDM_REQUESTER_H

#include "cert.h"
#include "msg/capabilities.h"
#include "msg/error.h"
#include "negotiate.h"
#include "requester_encap.h"
#include "session.h"
#include "signing.h"
#include "table.h"

enum spdm_phase {
    SPDM_PHASE_BUILD,  /* the request of `op` is to be built and sent */
    SPDM_PHASE_SIGN,   /* the own signer still works on it            */
    SPDM_PHASE_ANSWER, /* its response is awaited                     */
    SPDM_PHASE_DELAY,  /* the peer was busy or not ready: wait        */
    SPDM_PHASE_VERIFY  /* the provider still checks the chain         */
};

enum { SPDM_NO_SESSION_USED = 0xFF };

typedef struct spdm_operation spdm_operation;
struct spdm_transfers;

/* DSP0274, retries: what went out last, to go out again byte for byte when nothing comes back; in
 * a session the record as it is, because no counter is ever used for another one. */
typedef struct spdm_resend {
    uint8_t *bytes; /* as `rx`; NULL without config.retries */
    size_t len;
    bool secured;
    uint8_t times;     /* it went out again                                    */
    uint8_t copies;    /* of the answer taken last, that may still come        */
    uint64_t accepted; /* the fingerprint of that answer                       */
} spdm_resend;

struct camseal_spdm_requester {
    camseal_spdm_requester_config config;
    size_t size; /* of everything, for the wipe */
    camseal_spdm_info info;
    camseal_spdm_failure failure;
    spdm_transcript transcript;
    spdm_shape shape;
    spdm_algorithm_masks masks; /* what may be offered             */
    spdm_algorithm_set algorithms;
    spdm_algorithms offer;
    uint32_t flags, peer_flags; /* SPDM_CAP_...                    */
    uint32_t peer_limit;        /* DataTransferSize                */
    uint32_t peer_message;      /* MaxSPDMmsgSize                  */
    uint8_t peer_ct;            /* CTExponent                      */
    uint8_t measurement_spec;   /* selected                        */
    uint8_t mel_spec;           /* selected                        */
    bool own_multi_key;         /* RequesterMultiKeyConnSel        */
    uint32_t measurement_hash;  /* MeasurementHashAlgo             */
    bool connected;             /* as far as this peer can be: an operation may begin */
    bool trusted;               /* the peer's chain is good        */
    bool authenticated;         /* CHALLENGE_AUTH was good         */
    bool first;                 /* nothing was exchanged since ALGORITHMS */
    bool update_all;            /* of KEY_UPDATE                   */

    const spdm_operation *operation; /* under way, or NULL                  */
    uint8_t op;                      /* its row; SPDM_OPS without operation */
    uint8_t phase;                   /* enum spdm_phase             */
    uint8_t session;                 /* index; SPDM_NO_SESSION_USED outside */
    uint8_t retries;                 /* of this request: Busy, ResponseNotReady */
    bool respond_if_ready;           /* what DELAY leads to         */
    uint8_t rdt_exponent;            /* then: of ResponseNotReady   */
    uint8_t hold;                    /* a request that is not built: spdm_tester.h */
    bool armed;                      /* deadline_us is set          */
    spdm_resend resend;
    uint8_t token; /* of ResponseNotReady         */
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
    struct camseal_spdm_measure *measure;     /* of the caller              */
    struct camseal_spdm_supported *supported; /* of the caller: discovery; else NULL */
    camseal_status (*take_block)(camseal_spdm_requester *r, const spdm_capabilities *m,
                                 camseal_reader *reader);
    camseal_buf *answer;                    /* of the caller: log, endpoint information  */
    size_t answer_len;                      /* of the log, that is here                  */
    bool sign_wanted;                       /* endpoint information                      */
    uint8_t key_pair_id;                    /* asked for                                 */
    struct camseal_spdm_key_pair *key_pair; /* of the caller */
    uint8_t *key_pair_total;                /* of the caller, or NULL */
    const struct camseal_spdm_key_change *key_change; /* of the caller */
    camseal_span psk_hint; /* of the caller                             */

    struct camseal_spdm_csr *csr;                   /* of the caller */
    const struct camseal_spdm_new_chain *new_chain; /* of the caller */

    spdm_encap_responder encap;
    struct camseal_spdm_event_list *event_list; /* of the caller */
    uint32_t event_count;                       /* events, or groups */
    camseal_span event_bytes;                   /* of the caller */

    spdm_session *sessions;           /* config.max_sessions         */
    struct spdm_transfers *transfers; /* of large messages; NULL without data_transfer_size */
    uint8_t *tx;                      /* one request, in clear       */
    uint8_t *rx;                      /* one response out of a record */
    uint8_t *chain;                   /* config.max_chain            */
};

/* Builds the request (PENDING: is called again with the same writer); then accepts its response,
 * which ends the operation, leads to the next request (camseal_spdm_next), or refuses with a
 * negative status. An operation lives in its own file and is linked when its begin function is. */
struct spdm_operation {
    uint8_t op; /* enum spdm_op */
    camseal_status (*build)(camseal_spdm_requester *r, camseal_writer *w);
    camseal_status (*accept)(camseal_spdm_requester *r, camseal_span message);
    camseal_status (*sent)(
        camseal_spdm_requester *r); /* after the request is sealed; may be NULL */
};

extern const spdm_operation camseal_spdm_req_version;
extern const spdm_operation camseal_spdm_req_digests;
extern const spdm_operation camseal_spdm_req_certificate;
extern const spdm_operation camseal_spdm_req_challenge;
extern const spdm_operation camseal_spdm_req_key_exchange;
extern const spdm_operation camseal_spdm_req_finish;
extern const spdm_operation camseal_spdm_req_heartbeat;
extern const spdm_operation camseal_spdm_req_end_session;
extern const spdm_operation camseal_spdm_req_vendor;

/* The chain is complete: check it. PENDING leads to phase VERIFY. */
camseal_status camseal_spdm_req_chain(camseal_spdm_requester *r);
/* The key of the slot is for one of `use` (enum spdm_key_usage); without multi-key always. */
bool camseal_spdm_key_serves(const camseal_spdm_requester *r, uint16_t use);
/* A request that is a header only. */
camseal_status camseal_spdm_req_bare(camseal_spdm_requester *r, camseal_writer *w);

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
/* A begin function's checks and start. STATE while another operation is under way. `session`:
 * SPDM_NO_SESSION_USED outside. */
camseal_status camseal_spdm_begin(camseal_spdm_requester *r, const spdm_operation *operation,
                                  uint8_t session);
/* OK when the index is that of an established session and nothing is under way. */
camseal_status camseal_spdm_check_session(const camseal_spdm_requester *r, uint8_t session);
/* The same, or SPDM_NO_SESSION_USED on a connection. */
camseal_status camseal_spdm_check_place(const camseal_spdm_requester *r, uint8_t session);
/* Takes a free session; SPACE when there is none. */
camseal_status camseal_spdm_take_session(camseal_spdm_requester *r, uint8_t *session);
/* The session of the operation, or NULL. */
spdm_session *camseal_spdm_current(camseal_spdm_requester *r);
/* Goes on to another request; NULL ends the operation. */
void camseal_spdm_next(camseal_spdm_requester *r, const spdm_operation *next);
void camseal_spdm_requester_reset(camseal_spdm_requester *r);
void camseal_spdm_drop_kex(camseal_spdm_requester *r);

#endif
