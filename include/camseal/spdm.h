/* SPDM (DSP0274) requester and responder, secured messages (DSP0277).
 *
 * Engines of engine.h: whole messages in, whole messages out. One object is one connection with a
 * table of sessions. No heap, no clock, no I/O; all memory is the caller's. The requester demands a
 * trust anchor: there is no default trust. After a security failure a session stays dead until a
 * new one is begun. Thread rule: one object, one thread at a time.
 */
#ifndef CAMSEAL_SPDM_H
#define CAMSEAL_SPDM_H

#include "camseal/crypto.h"
#include "camseal/engine.h"
#include "camseal/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CAMSEAL_SPDM_SLOTS        8u
#define CAMSEAL_SPDM_NONCE_BYTES  32u
#define CAMSEAL_SPDM_SESSIONS_MAX 8u
/* Most bytes that a secured record adds to a message. The `out` of a step has room for
 * data_transfer_size (or max_message) and these, and does not overlap `in`. */
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

/* Algorithm sets: a short form of a policy. A set is offered or accepted as a whole. */
enum camseal_spdm_set {
    CAMSEAL_SPDM_SET_P256 = 1u, /* ECDSA P-256, SHA-256, secp256r1, AES-128-GCM */
    CAMSEAL_SPDM_SET_P384 = 2u  /* ECDSA P-384, SHA-384, secp384r1, AES-256-GCM */
};

/* ---- policy --------------------------------------------------------------------------------- */

/* Versions as the header carries them. Older ones are refused, by design. */
enum camseal_spdm_version {
    CAMSEAL_SPDM_1_2 = 0x12,
    CAMSEAL_SPDM_1_3 = 0x13,
    CAMSEAL_SPDM_1_4 = 0x14
};

/* Versions of secured messages (DSP0277). */
enum camseal_spdm_sm_version {
    CAMSEAL_SPDM_SM_1_0 = 0x10,
    CAMSEAL_SPDM_SM_1_1 = 0x11,
    CAMSEAL_SPDM_SM_1_2 = 0x12,
    CAMSEAL_SPDM_SM_1_3 = 0x13
};

/* The bit of a camseal_hash_id, _sign_id, _kex_id or _aead_id in a mask. */
#define CAMSEAL_SPDM_BIT(id) (1u << (unsigned)(id))

/* Which algorithms of one kind may be used. */
typedef struct camseal_spdm_choice {
    uint32_t allowed; /* CAMSEAL_SPDM_BIT of ids; 0 = every classical one that the provider has */
    const uint8_t *prefer; /* borrowed: ids, best first, ended by 0; those not named come behind
                            * them, the strongest first. NULL = the strongest first. Post-quantum
                            * algorithms come behind classical ones. */
} camseal_spdm_choice;

typedef enum camseal_spdm_rule {
    CAMSEAL_SPDM_DEFAULT = 0, /* the strict choice, given at each field */
    CAMSEAL_SPDM_REFUSE,
    CAMSEAL_SPDM_ALLOW,
    CAMSEAL_SPDM_REQUIRE
} camseal_spdm_rule;

/* What is required, allowed and refused; all zeros is the strict default. A peer that does not
 * comply is refused with POLICY or NEGOTIATION, and the failure names the field and both values.
 * The validity of certificates is judged by `time` of the requester's configuration. */
typedef struct camseal_spdm_policy {
    uint8_t min_version; /* enum camseal_spdm_version; 0 = 1.2 */
    uint8_t max_version; /* 0 = 1.4; the highest common one is used */
    uint8_t min_sm;      /* enum camseal_spdm_sm_version; 0 = 1.1 (1.0 leaves the nonce open) */
    uint8_t max_sm;      /* 0 = 1.2 */
    uint8_t aead_limit; /* secured messages 1.3: at most 2^n records under one key, 1..64; 0 = 64 */
    uint8_t mutual;     /* enum camseal_spdm_rule; default: the requester is not authenticated by
                           certificate */
    uint8_t measurements;    /* default: allowed */
    uint8_t clear_handshake; /* FINISH in the clear (HANDSHAKE_IN_THE_CLEAR); default: refused */
    uint8_t chunking;        /* default: allowed */
    uint8_t multi_key;       /* 1.3: several keys for one algorithm; default: refused */
    camseal_spdm_choice hash;
    camseal_spdm_choice sign;     /* the responder's signatures; ML-DSA needs 1.4 */
    camseal_spdm_choice req_sign; /* the requester's signatures */
    camseal_spdm_choice kex;      /* ML-KEM needs 1.4 */
    camseal_spdm_choice aead;
} camseal_spdm_policy;

/* Capability flags (DSP0274 GET_CAPABILITIES, CAPABILITIES): those that a configuration may switch
 * off one by one, and those that info tells of a peer. */
#define CAMSEAL_SPDM_CAP_CERT             0x00000002u
#define CAMSEAL_SPDM_CAP_CHAL             0x00000004u
#define CAMSEAL_SPDM_CAP_MEAS_UNSIGNED    0x00000008u
#define CAMSEAL_SPDM_CAP_MEAS_SIGNED      0x00000010u
#define CAMSEAL_SPDM_CAP_MEAS_FRESH       0x00000020u
#define CAMSEAL_SPDM_CAP_ENCRYPT          0x00000040u
#define CAMSEAL_SPDM_CAP_MAC              0x00000080u
#define CAMSEAL_SPDM_CAP_MUT_AUTH         0x00000100u
#define CAMSEAL_SPDM_CAP_KEY_EX           0x00000200u
#define CAMSEAL_SPDM_CAP_PSK              0x00000400u /* without context of the responder */
#define CAMSEAL_SPDM_CAP_PSK_CONTEXT      0x00000800u
#define CAMSEAL_SPDM_CAP_ENCAP            0x00001000u
#define CAMSEAL_SPDM_CAP_HBEAT            0x00002000u
#define CAMSEAL_SPDM_CAP_KEY_UPD          0x00004000u
#define CAMSEAL_SPDM_CAP_HANDSHAKE_CLEAR  0x00008000u
#define CAMSEAL_SPDM_CAP_PUB_KEY_ID       0x00010000u
#define CAMSEAL_SPDM_CAP_CHUNK            0x00020000u
#define CAMSEAL_SPDM_CAP_ALIAS_CERT       0x00040000u
#define CAMSEAL_SPDM_CAP_SET_CERT         0x00080000u
#define CAMSEAL_SPDM_CAP_CSR              0x00100000u
#define CAMSEAL_SPDM_CAP_INSTALL_RESET    0x00200000u
#define CAMSEAL_SPDM_CAP_EP_INFO_UNSIGNED 0x00400000u
#define CAMSEAL_SPDM_CAP_EP_INFO_SIGNED   0x00800000u
#define CAMSEAL_SPDM_CAP_MEL              0x01000000u
#define CAMSEAL_SPDM_CAP_EVENT            0x02000000u
#define CAMSEAL_SPDM_CAP_MULTI_KEY_ONLY   0x04000000u
#define CAMSEAL_SPDM_CAP_MULTI_KEY        0x08000000u /* negotiable */
#define CAMSEAL_SPDM_CAP_GET_KEY_PAIR     0x10000000u
#define CAMSEAL_SPDM_CAP_SET_KEY_PAIR     0x20000000u
#define CAMSEAL_SPDM_CAP_KEY_PAIR_RESET   0x40000000u
#define CAMSEAL_SPDM_CAP_LARGE_RESP       0x80000000u

/* What was negotiated; valid after connect, the session's part after its begin. */
typedef struct camseal_spdm_info {
    uint8_t version; /* enum camseal_spdm_version */
    uint32_t set;    /* the bit of enum camseal_spdm_set that these algorithms are, or 0 */
    camseal_hash_id hash;
    camseal_sign_id sign;
    camseal_sign_id req_sign; /* NONE without mutual authentication */
    camseal_kex_id kex;
    camseal_aead_id aead;
    const char *hash_name, *sign_name, *req_sign_name, *kex_name,
        *aead_name;            /* for people; NULL: none */
    uint32_t measurement_hash; /* MeasurementHashAlgo as ALGORITHMS carries it; 0 none */
    uint32_t flags;            /* own capabilities */
    uint32_t peer_flags;       /* capabilities */
    uint32_t peer_transfer;    /* DataTransferSize */
    uint32_t peer_message;     /* MaxSPDMmsgSize */
    uint8_t peer_ct_exponent;
    bool opaque_format_1;
    bool clear_handshake;                    /* sessions finish in the clear */
    bool multi_key;                          /* of the responder: DIGESTS carries key pair ids */
    uint8_t supported_slots;                 /* bit mask from DIGESTS, 1.3 */
    uint8_t provisioned_slots;               /* bit mask from DIGESTS */
    uint16_t certificates;                   /* in the peer's chain */
    uint8_t leaf_key_hash[CAMSEAL_HASH_MAX]; /* SHA-256 over the leaf's SubjectPublicKeyInfo: the
                                                identity to pin */
    uint8_t heartbeat_s;                     /* of the newest session; 0 none */
    uint8_t sm_version; /* of the newest session: enum camseal_spdm_sm_version */
    uint8_t aead_limit; /* of the newest session: exponent, 64 without limit */
    uint8_t measurement_summary[CAMSEAL_HASH_MAX]; /* of the newest CHALLENGE or session that asked
                                                      for one */
    /* Of the slot that is used, from a multi-key DIGESTS; else 0. */
    uint8_t key_pair_id, model;
    uint16_t key_usage; /* enum camseal_spdm_key_use of spdm_keypair.h */
} camseal_spdm_info;

/* ---- requester ------------------------------------------------------------------------------ */

typedef struct camseal_spdm_requester camseal_spdm_requester;

typedef struct camseal_spdm_requester_config {
    size_t struct_size;
    const camseal_crypto *crypto; /* borrowed                                                    */
    const camseal_spdm_binding *binding; /* borrowed */
    const camseal_trace *trace;  /* borrowed or NULL; `secret` is used only if log_secrets      */
    const camseal_span *anchors; /* borrowed: DER roots; at least one, or psk, else ARGUMENT    */
    size_t n_anchors;
    camseal_time time; /* how certificate validity is judged                          */
    const camseal_spdm_policy *policy; /* borrowed; NULL = the strict default */
    uint32_t sets; /* enum camseal_spdm_set: of the policy's algorithms only those of whole
                    * sets; 0 = any combination                                   */
    uint32_t
        capabilities;     /* CAMSEAL_SPDM_CAP_...: of what this object can do only these; 0 = all */
    const uint8_t *pin;   /* borrowed: 32 bytes SHA-256 of the leaf's SPKI, or NULL      */
    uint32_t max_message; /* bytes of one whole message: MaxSPDMmsgSize; 0 = 4096        */
    uint32_t
        data_transfer_size; /* bytes of one message on the link, 42..max_message: longer ones go in
                             * chunks (CHUNK_CAP) if the peer can. 0 = max_message, no chunks */
    uint32_t max_chain;     /* bytes of a certificate chain blob; 0 = 4096                 */
    uint8_t max_sessions;   /* 0 = 1                                                       */
    uint8_t slot;           /* certificate slot to use, 0..7                               */
    const struct camseal_spdm_psk_source
        *psk; /* borrowed: keys of sessions without certificates, spdm_psk.h; or NULL */
    const struct camseal_spdm_answerer
        *answerer; /* borrowed: own identities, answers to the responder, spdm_mutual.h; or NULL */
    uint8_t summary;     /* CHALLENGE and sessions carry a measurement summary, spdm_measurements.h:
                          * CAMSEAL_SPDM_SUMMARY_...                                    */
    bool challenge;      /* send CHALLENGE while connecting                             */
    bool defer_chain;    /* connecting ends with ALGORITHMS: the device may have no certificates
                          * yet; see spdm_provision.h                                   */
    bool log_secrets;    /* report session secrets to trace->secret (key log): req_handshake,
                          * rsp_handshake, req_data, rsp_data, export; id = session id on the wire */
    uint64_t timeout_us; /* for one answer, on top of the peer's CT; 0 = 1 s            */
    uint8_t retries; /* how often an unanswered message goes out again, byte for byte, before its
                      * operation fails; 0 on links that lose nothing. Costs a buffer of
                      * data_transfer_size (or max_message)                         */
} camseal_spdm_requester_config;

/* Bytes of memory; 0 for a configuration that is not legal. */
CAMSEAL_API size_t camseal_spdm_requester_size(const camseal_spdm_requester_config *config);
/* ARGUMENT: not legal, or the provider lacks what it needs. MEMORY: `mem` is too short or not
 * aligned to 8 bytes. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_spdm_requester_init(camseal_spdm_requester **out, void *mem, size_t mem_len,
                            const camseal_spdm_requester_config *config);
CAMSEAL_API void camseal_spdm_requester_wipe(camseal_spdm_requester *r);

/* Operations: one at a time; STATE while another is under way, or when the connection or session is
 * not there; ARGUMENT for an index of no session. Then step until DONE. */

/* VERSION, CAPABILITIES, ALGORITHMS, DIGESTS, CERTIFICATE with chain check, CHALLENGE if
 * configured. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_connect(camseal_spdm_requester *r);
/* What a responder supports, as masks of ids (CAMSEAL_SPDM_BIT); what this library does not know is
 * left out. */
typedef struct camseal_spdm_supported {
    uint8_t version;
    uint32_t flags; /* CAMSEAL_SPDM_CAP_... */
    bool measurements, multi_key;
    uint32_t hash, sign, req_sign, kex, aead;
} camseal_spdm_supported;
/* Asks for the Supported Algorithms Block: 1.3 and later, when both sides chunk; UNSUPPORTED
 * otherwise. Agrees on nothing: a connection that there was is gone, connect anew. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_spdm_begin_discover(camseal_spdm_requester *r, camseal_spdm_supported *out);
/* KEY_EXCHANGE and FINISH. *session is the index to use below. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_session(camseal_spdm_requester *r,
                                                                        uint8_t *session);
/* VENDOR_DEFINED_REQUEST inside a session. `request` is borrowed until DONE; the answer's payload
 * is copied to `response` (capacity given, len set). */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_spdm_begin_vendor(camseal_spdm_requester *r, uint8_t session, uint16_t standard_id,
                          camseal_span vendor_id, camseal_span request, camseal_buf *response);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_heartbeat(camseal_spdm_requester *r,
                                                                          uint8_t session);
/* KEY_UPDATE: new keys for what this side sends, or for both directions, proven by VerifyNewKey. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_spdm_begin_key_update(camseal_spdm_requester *r, uint8_t session, bool all);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_spdm_begin_end_session(camseal_spdm_requester *r, uint8_t session);

/* A failure ends the operation. Before a session: the connection is gone too. Of a session: that
 * session is wiped, unless it is intact: a genuine ERROR to a vendor or heartbeat request, or a
 * message that does not fit. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_requester_step(camseal_spdm_requester *r,
                                                                         camseal_step *step);
CAMSEAL_API const camseal_spdm_info *camseal_spdm_requester_info(const camseal_spdm_requester *r);

/* Why the last step failed: a static sentence that names the field and, where there is such a pair,
 * the two values; the SPDM error code that the peer sent, if it did. */
typedef struct camseal_spdm_failure {
    camseal_status status;
    const char *message; /* "KEY_EXCHANGE_RSP", ... */
    const char *detail;  /* "signature does not verify", ... */
    uint64_t expected, seen;
    uint8_t peer_error; /* ErrorCode of a received ERROR, or 0 */
    uint8_t peer_data;  /* its ErrorData: of ResetRequired the tag of a CSR */
} camseal_spdm_failure;
CAMSEAL_API const camseal_spdm_failure *
camseal_spdm_requester_failure(const camseal_spdm_requester *r);

/* ---- responder ------------------------------------------------------------------------------ */

typedef struct camseal_spdm_responder camseal_spdm_responder;

/* What a slot holds for one key: certificates as DER, root (or first) to leaf, without the SPDM
 * header, or none yet; the engine adds Length and RootHash. `sign` is what the key can sign, as
 * camseal_sign_fits_key takes it. */
typedef struct camseal_spdm_identity {
    camseal_span chain; /* borrowed */
    camseal_sign_id sign;
    camseal_key_ref key;
    uint8_t slot;        /* 0..7; several identities of one slot differ in `sign` */
    uint8_t model;       /* certificate model, spdm_provision.h: 0 = DEVICE; with one ALIAS the
                          * responder announces ALIAS_CERT_CAP                    */
    uint8_t key_pair_id; /* multi-key; 0 = slot + 1                               */
    uint16_t key_usage;  /* multi-key, KeyUsageMask; 0 = all four uses            */
} camseal_spdm_identity;

/* A part of the responder that a small build leaves out: named in the configuration, else not
 * linked. Certificates, CHALLENGE, sessions, HEARTBEAT, KEY_UPDATE and VENDOR_DEFINED are always
 * there. */
typedef struct camseal_spdm_feature camseal_spdm_feature;

/* Large messages in chunks, both ways. Costs two more buffers of max_message if
 * config.data_transfer_size is set. */
CAMSEAL_API extern const camseal_spdm_feature camseal_spdm_chunking;

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
    const camseal_spdm_identity
        *identities; /* borrowed: a slot uses its first entry that fits the algorithm negotiated */
    size_t n_identities;
    const camseal_spdm_feature *const *features; /* borrowed */
    size_t n_features;
    const struct camseal_spdm_measurer
        *measurer;                             /* borrowed; of the feature in spdm_measurements.h */
    const struct camseal_spdm_psk_source *psk; /* borrowed; of the feature in spdm_psk.h          */
    const struct camseal_spdm_authenticator
        *authenticator;                             /* borrowed; of the feature in spdm_mutual.h */
    const struct camseal_spdm_events *events;       /* borrowed; of the feature in spdm_events.h */
    const struct camseal_spdm_key_pairs *key_pairs; /* borrowed; of the feature in spdm_keypair.h */
    const camseal_spdm_policy *policy;              /* borrowed; NULL = the strict default */
    const struct camseal_spdm_provisioner
        *provisioner;      /* borrowed; of the feature in spdm_provision.h */
    uint32_t sets;         /* as of the requester; 0 = any combination that an identity allows */
    uint32_t capabilities; /* as of the requester */
    uint32_t max_message;  /* 0 = 4096 */
    uint32_t data_transfer_size; /* as of the requester; needs the feature below for chunks */
    uint8_t max_sessions;        /* 0 = 1 */
    uint8_t heartbeat_s;         /* 0 = no heartbeat */
    uint64_t handshake_us;  /* a handshake that takes longer gives its session back; 0 = 10 s */
    uint8_t ct_exponent;    /* 0 = 20 (about 1 s) */
    uint8_t defer_exponent; /* an answer that is not ready after 2^n us becomes ResponseNotReady,
                             * and is kept for RESPOND_IF_READY; 0 = the peer waits */
    bool log_secrets;
    /* Application handler; NULL refuses every vendor-defined request. Fills response (capacity
     * given). OK, PENDING (called again with the same request, unless the requester starts over or
     * does not come back), or an error, which becomes an SPDM ERROR. */
    camseal_status (*vendor)(void *user, const camseal_spdm_vendor_request *request,
                             camseal_buf *response);
    /* A session was established (true) or ended (false); may be NULL. */
    void (*session)(void *user, uint8_t session, uint32_t session_id, bool established);
    void *user;
} camseal_spdm_responder_config;

/* As of the requester. */
CAMSEAL_API size_t camseal_spdm_responder_size(const camseal_spdm_responder_config *config);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_spdm_responder_init(camseal_spdm_responder **out, void *mem, size_t mem_len,
                            const camseal_spdm_responder_config *config);
CAMSEAL_API void camseal_spdm_responder_wipe(camseal_spdm_responder *r);

/* One received message in, its answer out: next is SEND (answer in out), RECV (nothing to say) or
 * WAIT (pending: step again with an empty `in`; until then only GET_VERSION is heard). Step with an
 * empty `in` at wake_us too: sessions whose heartbeat stopped end there. Never fails on bad input:
 * it answers ERROR and reports through the trace. A negative status is a caller's fault or a failed
 * provider. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_responder_step(camseal_spdm_responder *r,
                                                                         camseal_step *step);

/* How a responder takes the next requests: as usual; with Busy (a requester tries again); once with
 * RequestResynch, which ends the connection: the requester starts over with GET_VERSION, which is
 * always heard. */
typedef enum camseal_spdm_mood {
    CAMSEAL_SPDM_READY = 0,
    CAMSEAL_SPDM_BUSY,
    CAMSEAL_SPDM_RESYNCH
} camseal_spdm_mood;
CAMSEAL_API void camseal_spdm_responder_set_mood(camseal_spdm_responder *r, camseal_spdm_mood mood);

/* What was negotiated, seen from the responder; fields of the requester's identity are 0. */
CAMSEAL_API void camseal_spdm_responder_info(const camseal_spdm_responder *r,
                                             camseal_spdm_info *info);

/* Names for people: "KEY_EXCHANGE", "DIGESTS"; "?" for a code that is none. */
CAMSEAL_API const char *camseal_spdm_code_name(uint8_t code);
CAMSEAL_API const char *camseal_spdm_error_name(uint8_t error_code);

#ifdef __cplusplus
}
#endif
#endif
