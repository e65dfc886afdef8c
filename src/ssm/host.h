/* The host's inside: what host*.c share. An operation is a script of phases; each phase is one
 * exchange with the component, or one local act. See camseal/ssm.h for what the host does. */
#ifndef CAMSEAL_SSM_HOST_H
#define CAMSEAL_SSM_HOST_H

#include "ssm/message.h"

typedef enum camseal_ssm_phase {
    CAMSEAL_SSM_PHASE_NONE = 0,
    CAMSEAL_SSM_PHASE_CONNECT,
    CAMSEAL_SSM_PHASE_SESSION,
    CAMSEAL_SSM_PHASE_CAPS,
    CAMSEAL_SSM_PHASE_CREATE,
    CAMSEAL_SSM_PHASE_CLEAR, /* destroys the context that an earlier life of the host left there */
    CAMSEAL_SSM_PHASE_KEY_LOAD,
    CAMSEAL_SSM_PHASE_CONFIG,
    CAMSEAL_SSM_PHASE_SINK, /* local: no exchange */
    CAMSEAL_SSM_PHASE_ACTIVATE,
    CAMSEAL_SSM_PHASE_ROTATE,
    CAMSEAL_SSM_PHASE_STATUS,
    CAMSEAL_SSM_PHASE_HEARTBEAT,
    CAMSEAL_SSM_PHASE_DESTROY,
    CAMSEAL_SSM_PHASE_END,
    CAMSEAL_SSM_PHASES
} camseal_ssm_phase;

/* One context at one component. */
typedef struct camseal_ssm_planned {
    bool created, active;
    uint32_t epoch; /* in force */
    uint8_t salt[CAMSEAL_SALT_BYTES];
    uint8_t digest[32];
    bool has_digest;
    size_t n_evcs;
    camseal_least_count
        seen[CAMSEAL_CONTEXT_MAX_EVCS]; /* newest frame_count that the source told */
} camseal_ssm_planned;

typedef struct camseal_ssm_peer_state {
    camseal_spdm_requester *spdm;
    camseal_ssm_planned *planned; /* n_plans */
    uint8_t session;
    bool in_session;
    bool presented; /* the owner secret, in this session */
    uint8_t owner[CAMSEAL_OWNER_SECRET_BYTES];
    camseal_ssm_peer_status status;
} camseal_ssm_peer_state;

struct camseal_ssm_host {
    camseal_ssm_host_config config;
    camseal_ssm_peer_state *peers;
    size_t bytes; /* of the whole block of memory */

    /* The operation under way. */
    const struct camseal_ssm_script *script; /* NULL: none */
    size_t part, at;                         /* place in the script */
    camseal_ssm_phase phase;
    bool started; /* the phase's exchange runs in the requester */
    bool cleared; /* this plan's left-over context was destroyed: once is enough */
    size_t peer, plan;
    uint8_t transaction;
    uint32_t next_epoch;
    uint64_t at_frame_count;
    uint8_t loaded[CAMSEAL_ROOT_KEY_BYTES]; /* secret; zero except from CTX_KEY_LOAD to the sink */
    camseal_buf response;
    uint8_t request_bytes[CAMSEAL_SSM_MESSAGE_MAX]; /* wiped after each exchange, as the next */
    uint8_t response_bytes[CAMSEAL_SSM_MESSAGE_MAX];

    size_t steps; /* begun in this operation */
    camseal_ssm_progress progress;
    camseal_ssm_failure failure;
};

/* Where the operation stands. */
const camseal_ssm_peer *camseal_ssm_peer_of(const camseal_ssm_host *host);
camseal_ssm_peer_state *camseal_ssm_peer_state_of(camseal_ssm_host *host);
const camseal_ssm_context_plan *camseal_ssm_plan_of(const camseal_ssm_host *host);
camseal_ssm_planned *camseal_ssm_planned_of(camseal_ssm_host *host);
bool camseal_ssm_plan_has_key(const camseal_ssm_context_plan *plan);

/* Operations (host_step.c): begins the script; the caller has checked that it may. */
extern const struct camseal_ssm_script camseal_ssm_script_bring_up, camseal_ssm_script_reconnect,
    camseal_ssm_script_rotate, camseal_ssm_script_status, camseal_ssm_script_heartbeat,
    camseal_ssm_script_shut_down;
void camseal_ssm_run(camseal_ssm_host *host, const struct camseal_ssm_script *script, size_t peer,
                     size_t plan);
/* Leaves what failed for camseal_ssm_host_failure and passes the status on. */
camseal_status camseal_ssm_fail(camseal_ssm_host *host, camseal_status status, const char *detail,
                                uint64_t expected, uint64_t seen);

/* Phases: build a request; judge an answer whose header was checked. */
typedef camseal_status camseal_ssm_builder(camseal_ssm_host *host, camseal_ssm_request *request);
typedef camseal_status camseal_ssm_judge(camseal_ssm_host *host, const camseal_ssm_answer *answer);
camseal_ssm_builder camseal_ssm_build_create, camseal_ssm_build_key_load, camseal_ssm_build_config,
    camseal_ssm_build_activation;
camseal_ssm_judge camseal_ssm_judge_caps, camseal_ssm_judge_create, camseal_ssm_judge_config,
    camseal_ssm_judge_activation, camseal_ssm_judge_status, camseal_ssm_judge_destroy;
camseal_status camseal_ssm_load_sink(camseal_ssm_host *host);

/* Checks a plan alone (host_create.c): POLICY or ARGUMENT. */
CAMSEAL_NODISCARD camseal_status camseal_ssm_check_plan(const camseal_ssm_host_config *host,
                                                        const camseal_ssm_context_plan *plan);

#endif
