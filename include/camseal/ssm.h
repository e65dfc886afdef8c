/* Security and stream management: the messages of open-profile §8, the component's side, the host's
 * side.
 *
 * Management messages travel as VENDOR_DEFINED payloads inside an SPDM session. The component holds
 * the contexts of one device; the host brings up N components one after another. Neither knows a
 * transport. Thread rule: one object, one thread at a time.
 */
#ifndef CAMSEAL_SSM_H
#define CAMSEAL_SSM_H

#include "camseal/context.h"
#include "camseal/spdm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CAMSEAL_SSM_STANDARD_ID    0x0004u /* IANA */
#define CAMSEAL_SSM_VENDOR_ID      32473u /* documentation enterprise number, RFC 5612; 4 bytes LE */
#define CAMSEAL_SSM_MESSAGE_MAX    1024u  /* bytes of one management payload */
#define CAMSEAL_OWNER_SECRET_BYTES 32u

enum camseal_ssm_opcode {
    CAMSEAL_SSM_GET_CAPS = 0x01,
    CAMSEAL_SSM_CTX_CREATE = 0x10,
    CAMSEAL_SSM_CTX_KEY_LOAD = 0x11,
    CAMSEAL_SSM_CTX_CONFIG = 0x12,
    CAMSEAL_SSM_CTX_ACTIVATE = 0x13,
    CAMSEAL_SSM_CTX_ROTATE = 0x14,
    CAMSEAL_SSM_CTX_STATUS = 0x15,
    CAMSEAL_SSM_CTX_DESTROY = 0x16
};

/* The status byte of an answer. A refusal carries no TLVs and changed nothing. */
enum camseal_ssm_code {
    CAMSEAL_SSM_OK = 0,
    CAMSEAL_SSM_FORMAT = 1,  /* a field is missing, misplaced or has an illegal value            */
    CAMSEAL_SSM_VERSION = 2, /* header version                                                   */
    CAMSEAL_SSM_UNSUPPORTED =
        3,                   /* opcode, critical TLV, or a choice that GET_CAPS does not offer   */
    CAMSEAL_SSM_SESSION = 4, /* opcode >= 0x10 outside an established session                    */
    CAMSEAL_SSM_OWNER = 5,   /* the owner secret is wrong or was not presented                   */
    CAMSEAL_SSM_STATE = 6,   /* not legal in the context's present state                         */
    CAMSEAL_SSM_NOT_FOUND = 7, /* no context, stream or eVC of this number */
    CAMSEAL_SSM_POLICY = 8,   /* a combination that the profile or the component forbids          */
    CAMSEAL_SSM_EPOCH = 9,    /* not the current epoch + 1                                        */
    CAMSEAL_SSM_ROOM = 10,    /* no context or no memory left                                     */
    CAMSEAL_SSM_LIMIT = 11,   /* a key or counter is used up                                      */
    CAMSEAL_SSM_INTERNAL = 12 /* random numbers or crypto failed in the component                 */
};

/* ---- component (sensor, bridge, second sink) ------------------------------------------------- */

typedef struct camseal_ssm_component camseal_ssm_component;

/* Context memory comes from the application, which also owns the source or sink that runs on it. */
typedef struct camseal_ssm_component_config {
    size_t struct_size;
    const camseal_bulk *bulk;
    const camseal_crypto *crypto;
    const camseal_trace *trace;
    uint32_t roles; /* bit n = enum camseal_role n may be created here; 0 = source            */
    const uint32_t *suites; /* borrowed: allowed suites; NULL = all that the build has */
    size_t n_suites;
    uint8_t max_contexts; /* 0 = 1; 1.4 KB of RAM each beside the context itself              */
    uint8_t variants; /* bit n-1 = SV-n may be configured; 0 = SV-1, SV-2                       */
    bool allow_unverified; /* handed to the contexts: §1 safety suite */
    /* Gives memory for a context (`bytes`, aligned to CAMSEAL_BULK_KEY_ALIGN); NULL = no room. */
    void *(*acquire)(void *user, uint8_t ctx_id, size_t bytes);
    void (*release)(void *user, uint8_t ctx_id, void *mem);
    /* A context became active, was rotated or is about to be destroyed. */
    void (*changed)(void *user, uint8_t ctx_id, camseal_context *ctx, uint8_t opcode);
    void *user;
} camseal_ssm_component_config;

CAMSEAL_API size_t camseal_ssm_component_size(const camseal_ssm_component_config *config);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_ssm_component_init(camseal_ssm_component **out, void *mem, size_t mem_len,
                           const camseal_ssm_component_config *config);
CAMSEAL_API void camseal_ssm_component_wipe(camseal_ssm_component *c);
/* One management request to its answer. A refusal is an answer whose status byte says why; a
 * negative status means that there is no answer. Plugs into camseal_spdm_responder_config.vendor.
 */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_ssm_component_handle(
    camseal_ssm_component *c, const camseal_spdm_vendor_request *request, camseal_buf *response);
/* A session was established (true) or ended (false): what it had presented is forgotten. Call it
 * from camseal_spdm_responder_config.session. Contexts and owner stay. */
CAMSEAL_API void camseal_ssm_component_session(camseal_ssm_component *c, uint8_t session,
                                               uint32_t session_id, bool established);
/* NULL while there is no configured context of this number. Borrowed until it is destroyed. */
CAMSEAL_API camseal_context *camseal_ssm_component_context(camseal_ssm_component *c,
                                                           uint8_t ctx_id);
/* Configuration digest (OP1 §6) of a configured context; NOT_FOUND when there is none. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_ssm_component_digest(const camseal_ssm_component *c, uint8_t ctx_id, uint8_t out[32]);

/* ---- host (the ECU's side) ------------------------------------------------------------------- */

/* A context as the host wants it. The same description configures the source and the sinks. */
typedef struct camseal_ssm_context_plan {
    camseal_context_config
        config; /* bulk, crypto, trace, role are filled by whoever uses the plan */
    uint32_t first_epoch;
} camseal_ssm_context_plan;

typedef struct camseal_ssm_host camseal_ssm_host;

/* One component of the roster. */
typedef struct camseal_ssm_peer {
    const char *name;                      /* borrowed: for reports                          */
    camseal_spdm_requester_config spdm;    /* anchors, pin, sets ...                         */
    const camseal_ssm_context_plan *plans; /* borrowed: contexts to create as source there   */
    size_t n_plans;
    /* Borrowed: 32 bytes that survive a restart of the host, so that it can take its components up
     * again; NULL = drawn at init and known to this object only. */
    const uint8_t *owner_secret;
} camseal_ssm_peer;

typedef struct camseal_ssm_host_config {
    size_t struct_size;
    const camseal_bulk *bulk;
    const camseal_crypto *crypto;
    const camseal_trace *trace;
    const camseal_ssm_peer *peers; /* borrowed */
    size_t n_peers;
    /* Called when a context's salt and key are known and the local sink must be loaded before the
     * source is activated; not with PENDING. A plan with the safety suite has no key: `loaded` is
     * zero, epoch 0. */
    camseal_status (*load_sink)(void *user, size_t peer, const camseal_ssm_context_plan *plan,
                                const uint8_t loaded[32], const uint8_t salt[16], uint32_t epoch,
                                const camseal_least_count *least, size_t n_least);
    void *user;
} camseal_ssm_host_config;

/* What the host is doing, for one line per step. */
typedef struct camseal_ssm_progress {
    size_t peer;
    const char *step; /* "GET_VERSION" ... "CTX_ACTIVATE" */
    size_t done, total;
} camseal_ssm_progress;

CAMSEAL_API size_t camseal_ssm_host_size(const camseal_ssm_host_config *config);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_ssm_host_init(
    camseal_ssm_host **out, void *mem, size_t mem_len, const camseal_ssm_host_config *config);
CAMSEAL_API void camseal_ssm_host_wipe(camseal_ssm_host *host);

/* Operations on one peer, one at a time, then step until DONE or failure; the caller moves the
 * bytes to and from that peer's link. A failure ends the operation; contexts activated before it
 * stay, and a new bring-up replaces them. Rotation asks for the status first, so that sinks learn
 * the least acceptable frame_counts. A heartbeat that was not negotiated gives STATE. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_ssm_host_begin_bring_up(camseal_ssm_host *host,
                                                                             size_t peer);
/* A new session with a component that was brought up by this object and has lost its link: its
 * contexts live on (they belong to the owner, not to the session), and their status is read. STATE
 * when it was never brought up. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_ssm_host_begin_reconnect(camseal_ssm_host *host, size_t peer);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_ssm_host_begin_rotate(camseal_ssm_host *host,
                                                                           size_t peer, size_t plan,
                                                                           uint64_t at_frame_count);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_ssm_host_begin_status(camseal_ssm_host *host,
                                                                           size_t peer,
                                                                           size_t plan);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_ssm_host_begin_heartbeat(camseal_ssm_host *host, size_t peer);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_ssm_host_begin_shut_down(camseal_ssm_host *host, size_t peer);
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_ssm_host_step(camseal_ssm_host *host,
                                                                   camseal_step *step);
CAMSEAL_API void camseal_ssm_host_progress(const camseal_ssm_host *host, camseal_ssm_progress *out);
CAMSEAL_API const camseal_spdm_requester *camseal_ssm_host_requester(const camseal_ssm_host *host,
                                                                     size_t peer);

typedef struct camseal_ssm_peer_status { /* answer of the newest CTX_STATUS */
    size_t n_evcs;
    camseal_evc_status evcs[CAMSEAL_CONTEXT_MAX_EVCS];
    uint64_t verdicts[CAMSEAL_VERDICT_COUNT];
} camseal_ssm_peer_status;
CAMSEAL_API const camseal_ssm_peer_status *camseal_ssm_host_status(const camseal_ssm_host *host,
                                                                   size_t peer);

/* Configuration digest (OP1 §6) of a context that was configured by bring-up. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_ssm_host_digest(const camseal_ssm_host *host,
                                                                     size_t peer, size_t plan,
                                                                     uint8_t out[32]);

/* Why the last step failed. */
typedef struct camseal_ssm_failure {
    camseal_status status;
    size_t peer;
    const char *step;   /* "KEY_EXCHANGE", "CTX_CREATE", "load sink"                           */
    const char *detail; /* static: what was wrong                                              */
    uint64_t expected, seen; /* where there is such a pair, else 0 */
    uint8_t code; /* enum camseal_ssm_code of a refusal by the component, else 0         */
} camseal_ssm_failure;
CAMSEAL_API const camseal_ssm_failure *camseal_ssm_host_failure(const camseal_ssm_host *host);

/* Names for people: "CTX_CREATE", "OWNER"; "?" for a number that is none. */
CAMSEAL_API const char *camseal_ssm_opcode_name(uint8_t opcode);
CAMSEAL_API const char *camseal_ssm_code_name(uint8_t code);

#ifdef __cplusplus
}
#endif
#endif
