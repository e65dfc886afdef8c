/* A component with its surroundings: memory for contexts, random numbers that can fail, and what it
 * reported. Requests are put to its handler as a responder would. */
#ifndef CAMSEAL_TESTS_SSM_RIG_H
#define CAMSEAL_TESTS_SSM_RIG_H

#include "test.h"

#include "camseal/openssl.h"
#include "ssm/component.h"

enum { RIG_CONTEXTS = 3 };

struct rig {
    camseal_crypto crypto; /* a copy of OpenSSL's table with our random numbers */
    camseal_trace trace;
    camseal_ssm_component_config config;
    void *mem;
    size_t size;
    camseal_ssm_component *c;
    bool no_memory, no_random;
    uint64_t seed;
    int acquired;          /* blocks that are out */
    void *blocks[256];     /* by ctx_id */
    unsigned changed[256]; /* calls by opcode */
    char last_event[64], last_detail[96];
    camseal_status last_status;
};

/* Defaults: source and sink roles, RIG_CONTEXTS contexts, all suites. NULL or an adjustment before
 * init. */
void rig_open(struct rig *rig, void (*adjust)(camseal_ssm_component_config *config));
void rig_close(struct rig *rig);

/* Puts a payload to the handler, as a responder would. */
camseal_status rig_put(struct rig *rig, uint8_t session, camseal_span payload, camseal_buf *out);
/* Puts a request to the component. Answer decoded; the status of the handler itself must be OK. */
camseal_ssm_answer rig_send(struct rig *rig, uint8_t session, const camseal_ssm_request *request);
/* The same from bytes; returns the handler's status, *code is the answer's status byte. */
camseal_status rig_send_bytes(struct rig *rig, uint8_t session, camseal_span payload,
                              uint8_t *code);
/* Short forms in session 0: the status byte. */
uint8_t rig_code(struct rig *rig, const camseal_ssm_request *request);

/* Requests that a source takes: two streams on eVC 3 (RAW12, embedded) and one on eVC 4,
 * PERF-128-IE. The owner secret is in CTX_CREATE. */
camseal_ssm_request rig_create(uint8_t ctx_id);
camseal_ssm_request rig_config(uint8_t ctx_id);
camseal_ssm_request rig_key(uint8_t ctx_id, uint32_t epoch);
camseal_ssm_request rig_plain(uint8_t opcode,
                              uint8_t ctx_id); /* ACTIVATE, ROTATE, STATUS, DESTROY */

extern const uint8_t rig_owner[32], rig_loaded[32];

/* True when any 8 successive bytes of the secret stand somewhere in the memory. */
bool rig_leaks(const void *mem, size_t len, const void *secret, size_t n);

#endif
