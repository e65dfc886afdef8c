/* The component's inside: what component*.c share. See camseal/ssm.h for what it does. */
#ifndef CAMSEAL_SSM_COMPONENT_H
#define CAMSEAL_SSM_COMPONENT_H

#include "ssm/message.h"

/* One context from CTX_CREATE to CTX_DESTROY. All zero: free. */
typedef struct camseal_ssm_slot {
    uint8_t ctx_id; /* 0: free */
    uint8_t role, suite;
    bool active;
    bool key_held;  /* `held` waits for the context to be configured */
    bool key_ready; /* next_epoch is loaded into ctx, not yet in force */
    uint32_t epoch; /* in force once active */
    uint32_t next_epoch;
    void *mem;
    camseal_context *ctx;             /* NULL until configured */
    uint8_t salt[CAMSEAL_SALT_BYTES]; /* a source's own */
    uint8_t digest[32];
    camseal_ssm_key_load held; /* secret; zero unless key_held */
    /* CTX_CREATE as sent, without the owner secret: kept until CTX_CONFIG. */
    uint16_t create_len;
    uint8_t create[CAMSEAL_SSM_MESSAGE_MAX];
} camseal_ssm_slot;

struct camseal_ssm_component {
    camseal_ssm_component_config config; /* defaults filled in */
    uint32_t suites;                     /* camseal_ssm_suite_bit of what may be created */
    const char *detail;                  /* why the request at hand is refused */
    bool owned;
    uint8_t owner[CAMSEAL_OWNER_SECRET_BYTES];
    struct {
        bool owner; /* presented the owner secret */
        uint32_t id;
    } sessions[CAMSEAL_SPDM_SESSIONS_MAX];
    size_t n_slots;
    camseal_ssm_slot slots[];
};

/* One request that passed decoding, session, owner and context checks. */
typedef struct camseal_ssm_call {
    const camseal_ssm_request *request;
    camseal_span tlvs;      /* of the request, as sent */
    camseal_ssm_slot *slot; /* of its ctx_id; NULL for GET_CAPS and a new context */
} camseal_ssm_call;

typedef camseal_status camseal_ssm_handler(camseal_ssm_component *c, const camseal_ssm_call *call,
                                           camseal_ssm_answer *answer);
camseal_ssm_handler camseal_ssm_get_caps, camseal_ssm_ctx_create, camseal_ssm_ctx_key_load,
    camseal_ssm_ctx_config, camseal_ssm_ctx_activate, camseal_ssm_ctx_rotate,
    camseal_ssm_ctx_status, camseal_ssm_ctx_destroy;

/* Leaves the reason for the trace and passes the status on. */
camseal_status camseal_ssm_refuse(camseal_ssm_component *c, camseal_status status,
                                  const char *detail);
/* NULL when there is none. ctx_id 0 finds a free slot. */
camseal_ssm_slot *camseal_ssm_find_slot(camseal_ssm_component *c, unsigned ctx_id);
/* Wipes the context, gives its memory back, frees the slot. */
void camseal_ssm_clear_slot(camseal_ssm_component *c, camseal_ssm_slot *slot);
/* Loads key bytes into the configured context of a slot. */
camseal_status camseal_ssm_load_key(camseal_ssm_component *c, camseal_ssm_slot *slot,
                                    const camseal_ssm_key_load *key);

#endif
