/* SPDM (DSP0274) requester and responder, secured messages (DSP0277).
 *
 * Engines of engine.h: whole messages in, whole messages out. One object is one connection with a table of
 * sessions. No heap, no clock, no I/O; all memory is the caller's. The requester demands a trust anchor:
 * there is no default trust. After a security failure a session stays dead until a new one is begun.
 * Thread rule: one object, one thread at a time.
 */
#ifndef CAMSEAL_SPDM_H
#define CAMSEAL_SPDM_H

#include "camseal/crypto.h"
#include "camseal/engine.h"
#include "camseal/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CAMSEAL_SPDM_SLOTS 8u
#define CAMSEAL_SPDM_NONCE_BYTES 32u
#define CAMSEAL_SPDM_SESSIONS_MAX 8u
/* Most bytes that a secured record adds to a message. The `out` of a step has room for max_message and these, and
 * does not overlap `in`. */
#define CAMSEAL_SPDM_RECORD_OVERHEAD 62u

/* What the transport demands of a secured record (DSP0277): const, from the transport layer. */
typedef enum camseal_spdm_inner {
    CAMSEAL_SPDM_INNER_NONE = 0, /* PCI DOE: the SPDM message itself                */
    CAMSEAL_SPDM_INNER_MCTP,     /* one type byte 05                                */
    CAMSEAL_SPDM_INNER_TCP       /* a 4-byte TCP binding header of type 05          */
} camseal_spdm_inner;

typedef struct camseal_spdm_binding {
    const char *name;
    uint8_t sequence_bytes; /* 0 or 2 */
    uint8_t random_bytes;   /* most random bytes appended to a record: 0..32 */
    camseal_spdm_inner inner;
} camseal_spdm_binding;
CAMSEAL_API extern const camseal_spdm_binding camseal_spdm_binding_tcp;
CAMSEAL_API extern const camseal_spdm_binding camseal_spdm_binding_mctp;
CAMSEAL_API extern const camseal_spdm_binding camseal_spdm_binding_doe;

/* Algorithm sets: a set is offered or accepted as a whole. */
enum camseal_spdm_set {
    CAMSEAL_SPDM_SET_P256 = 1u, /* ECDSA P-256, SHA-256, secp256r1, AES-128-GCM */
    CAMSEAL_SPDM_SET_P384 = 2u  /* ECDSA P-384, SHA-384, secp384r1, AES-256-GCM */
};

/* What was negotiated; valid after connect. */
typedef struct camseal_spdm_info {
    uint8_t version; /* 0x12 */
    uint32_t set;    /* one bit of enum camseal_spdm_set */
    camseal_hash_id hash;
    camseal_sign_id sign;
    camseal_kex_id kex;
    camseal_aead_id aead;
    uint32_t peer_flags;         /* capabilities */
    uint8_t provisioned_slots;   /* bit mask from DIGESTS */
    uint16_t certificates;       /* in the peer's chain */
    uint8_t leaf_key_hash[CAMSEAL_HASH_MAX]; /* SHA-256 over the leaf's SubjectPublicKeyInfo: the identity to pin */
    uint8_t heartbeat_s;         /* of the newest session; 0 none */
} camseal_spdm_info;

/* ---- requester ------------------------------------------------------------------------------ */

typedef struct camseal_spdm_requester camseal_spdm_requester;

typedef struct camseal_spdm_requester_config {
    size_t struct_size;
    const camseal_crypto *crypto;         /* borrowed                                                    */
    const camseal_spdm_binding *binding;  /* borrowed                                                    */
    const camseal_trace *trace;           /* borrowed or NULL; `secret` is used only if log_secrets      */
    const camseal_span *anchors;          /* borrowed: DER roots; at least one, else ARGUMENT            */
    size_t n_anchors;
    camseal_time time;                    /* how certificate validity is judged                          */
    uint32_t sets;                        /* enum camseal_spdm_set; 0 = both                             */
    const uint8_t *pin;                   /* borrowed: 32 bytes SHA-256 of the leaf's SPKI, or NULL      */
    uint32_t max_message;                 /* bytes of one whole message; 0 = 4096                        */
    uint32_t max_chain;                   /* bytes of a certificate chain blob; 0 = 4096                 */
    uint8_t max_sessions;                 /* 0 = 1                                                       */
    uint8_t slot;                         /* certificate slot to use, 0..7                               */
    bool challenge;                       /* send CHALLENGE while connecting                             */
    bool log_secrets;                     /* report session secrets to trace->secret (key log): req_handshake,
                                           * rsp_handshake, req_data, rsp_data, export; id = session id on the wire */
    uint64_t timeout_us;                  /* for one answer, on top of the peer's CT; 0 = 1 s            */
} camseal_spdm_requester_config;

CAMSEAL_API size_t camseal_spdm_requester_size(const camseal_spdm_requester_config *config);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_requester_init(
    camseal_spdm_requester **out, void *mem, size_t mem_len,
    const camseal_spdm_requester_config *config);
CAMSEAL_API void camseal_spdm_requester_wipe(camseal_spdm_requester *r);

/* Operations: one at a time; STATE while another is under way. Then step until DONE. */

/* VERSION, CAPABILITIES, ALGORITHMS, DIGESTS, CERTIFICATE with chain check, CHALLENGE if configured. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_connect(camseal_spdm_requester *r);
/* KEY_EXCHANGE and FINISH. *session is the index to use below. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_session(camseal_spdm_requester *r,
                                                                        uint8_t *session);
/* VENDOR_DEFINED_REQUEST inside a session. `request` is borrowed until DONE; the answer's payload is
 * copied to `response` (capacity given, len set). */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_vendor(
    camseal_spdm_requester *r, uint8_t session, uint16_t standard_id, camseal_span vendor_id,
    camseal_span request, camseal_buf *response);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_heartbeat(camseal_spdm_requester *r,
                                                                          uint8_t session);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_end_session(camseal_spdm_requester *r,
                                                                            uint8_t session);

/* A failure ends the operation. Before a session: the connection is gone too. Of a session: that session is wiped,
 * unless it is intact: a genuine ERROR to a vendor or heartbeat request, or a message that does not fit. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_requester_step(camseal_spdm_requester *r,
                                                                         camseal_step *step);
CAMSEAL_API const camseal_spdm_info *camseal_spdm_requester_info(const camseal_spdm_requester *r);

/* Why the last step failed: a static sentence that names the field and, where there is such a pair, the two
 * values; the SPDM error code that the peer sent, if it did. */
typedef struct camseal_spdm_failure {
    camseal_status status;
    const char *message; /* "KEY_EXCHANGE_RSP", ... */
    const char *detail;  /* "signature does not verify", ... */
    uint64_t expected, seen;
    uint8_t peer_error;  /* ErrorCode of a received ERROR, or 0 */
} camseal_spdm_failure;
CAMSEAL_API const camseal_spdm_failure *camseal_spdm_requester_failure(const camseal_spdm_requester *r);

/* ---- responder ------------------------------------------------------------------------------ */

typedef struct camseal_spdm_responder camseal_spdm_responder;

/* A certificate slot: certificates as DER, root (or first) to leaf, without the SPDM header; the engine adds
 * Length and RootHash. */
typedef struct camseal_spdm_identity {
    camseal_span chain; /* borrowed */
    camseal_sign_id sign;
    camseal_key_ref key;
} camseal_spdm_identity;

/* A vendor-defined request that arrived. `session` is 0xFF outside a session. */
typedef struct camseal_spdm_vendor_request {
    uint8_t session;
    uint32_t session_id;
    uint16_t standard_id;
    camseal_span vendor_id;
    camseal_span payload;
} camseal_spdm_vendor_request;

typedef struct camseal_spdm_responder_config {
    size_t struct_size;
    const camseal_crypto *crypto;
    const camseal_spdm_binding *binding;
    const camseal_trace *trace;
    const camseal_spdm_identity *identities; /* borrowed: slot i uses the first entry whose algorithm was negotiated */
    size_t n_identities;
    uint32_t sets;           /* 0 = those that the identities allow */
    uint32_t max_message;    /* 0 = 4096 */
    uint8_t max_sessions;    /* 0 = 1 */
    uint8_t heartbeat_s;     /* 0 = no heartbeat */
    uint8_t ct_exponent;     /* 0 = 20 (about 1 s) */
    bool log_secrets;
    /* Application handler; NULL refuses every vendor-defined request. Fills response (capacity given). OK,
     * PENDING (called again with the same request), or an error, which becomes an SPDM ERROR. */
    camseal_status (*vendor)(void *user, const camseal_spdm_vendor_request *request,
                             camseal_buf *response);
    /* A session was established (true) or ended (false); may be NULL. */
    void (*session)(void *user, uint8_t session, uint32_t session_id, bool established);
    void *user;
} camseal_spdm_responder_config;

CAMSEAL_API size_t camseal_spdm_responder_size(const camseal_spdm_responder_config *config);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_responder_init(
    camseal_spdm_responder **out, void *mem, size_t mem_len,
    const camseal_spdm_responder_config *config);
CAMSEAL_API void camseal_spdm_responder_wipe(camseal_spdm_responder *r);

/* One received message in, its answer out: next is SEND (answer in out), RECV (nothing to say) or WAIT
 * (pending: step again with an empty `in`; until then only GET_VERSION is heard). Step with an empty `in` at wake_us
 * too: sessions whose heartbeat stopped end there. Never fails on bad input: it answers ERROR and reports through
 * the trace. A negative status is a caller's fault or a failed provider. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_responder_step(camseal_spdm_responder *r,
                                                                         camseal_step *step);

/* Names for people: "KEY_EXCHANGE", "DIGESTS"; "?" for a code that is none. */
CAMSEAL_API const char *camseal_spdm_code_name(uint8_t code);
CAMSEAL_API const char *camseal_spdm_error_name(uint8_t error_code);

#ifdef __cplusplus
}
#endif
#endif
