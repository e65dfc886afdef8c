/* Requests and answers of OP1 §8: one struct per opcode, decoded and encoded by one table.
 *
 * Knows which TLVs belong into which message and how often; does not know sessions, owners or
 * contexts. Decoded messages are plain values and hold secrets: the caller wipes them.
 */
#ifndef CAMSEAL_SSM_MESSAGE_H
#define CAMSEAL_SSM_MESSAGE_H

#include "camseal/ssm.h"
#include "ssm/format.h"

/* Longest answer: CTX_STATUS with an epoch and every eVC. */
#define CAMSEAL_SSM_ANSWER_MAX \
    (CAMSEAL_SSM_HEADER_BYTES + 8u + 44u * CAMSEAL_CONTEXT_MAX_EVCS + 60u)

typedef struct camseal_ssm_create {
    uint8_t role, protocol, suite, tag_mode;
    uint8_t n_streams, n_slots, n_target;
    camseal_stream_map streams[CAMSEAL_CONTEXT_MAX_STREAMS];
    camseal_slot_map slots[CAMSEAL_SSM_SLOTS_MAX];
    camseal_ssm_target target;
} camseal_ssm_create;

typedef struct camseal_ssm_key_load {
    uint8_t key[CAMSEAL_ROOT_KEY_BYTES];
    uint8_t salt[CAMSEAL_SALT_BYTES];
    uint8_t n_salt, n_least;
    uint32_t epoch;
    camseal_least_count least[CAMSEAL_CONTEXT_MAX_EVCS];
} camseal_ssm_key_load;

typedef struct camseal_ssm_config {
    uint8_t n_tag_length, tag_length;
    uint8_t sv_allowed[3], sv_current[3];
    camseal_stride stride;
    camseal_timeouts timeouts;
    camseal_ssm_crc crc;
} camseal_ssm_config;

/* In requests `version` and `tlv_length` are filled by the encoder. Every request from 0x10 on may
 * present the owner secret. Which member of `body` counts is told by header.opcode; the others have
 * none. */
typedef struct camseal_ssm_request {
    camseal_ssm_header header;
    uint8_t n_owner;
    uint8_t owner[CAMSEAL_OWNER_SECRET_BYTES];
    union {
        camseal_ssm_create create;
        camseal_ssm_key_load key_load;
        camseal_ssm_config config;
        camseal_ssm_activation activation; /* CTX_ACTIVATE, CTX_ROTATE */
    } body;
} camseal_ssm_request;

typedef struct camseal_ssm_create_answer {
    uint8_t n_salt; /* 1 from a source */
    uint8_t salt[CAMSEAL_SALT_BYTES];
} camseal_ssm_create_answer;

typedef struct camseal_ssm_status_answer {
    uint8_t n_epoch, n_counters, n_verdicts;
    uint32_t epoch; /* in force; absent before activation */
    camseal_evc_status counters[CAMSEAL_CONTEXT_MAX_EVCS];
    uint64_t verdicts[CAMSEAL_VERDICT_COUNT];
} camseal_ssm_status_answer;

/* A refusal (header.status not 0) has no body. */
typedef struct camseal_ssm_answer {
    camseal_ssm_header header;
    union {
        camseal_ssm_capabilities capabilities;
        camseal_ssm_create_answer create;
        camseal_ssm_status_answer status;
    } body;
} camseal_ssm_answer;

/* What a decoder disliked. */
typedef struct camseal_ssm_fault {
    const char *detail; /* static; NULL when all is well */
    uint8_t tlv;        /* type concerned, or 0 */
} camseal_ssm_fault;

/* UNSUPPORTED for an opcode or a critical TLV that is not known, VERSION, TRUNCATED, TRAILING,
 * FORMAT. The header of *out is filled whenever 8 bytes were there, all else is zero on failure.
 * *tlvs (may be NULL): all elements as sent. */
CAMSEAL_NODISCARD camseal_status camseal_ssm_request_decode(camseal_ssm_request *out,
                                                            camseal_ssm_fault *fault,
                                                            camseal_span *tlvs,
                                                            camseal_span payload);
CAMSEAL_NODISCARD camseal_status camseal_ssm_answer_decode(camseal_ssm_answer *out,
                                                           camseal_ssm_fault *fault,
                                                           camseal_span payload);

/* The inverse. Requests mark their elements critical, answers do not. SPACE when `out` is too
 * short, ARGUMENT for an unknown opcode; then out->len is 0. */
CAMSEAL_NODISCARD camseal_status camseal_ssm_request_encode(camseal_buf *out,
                                                            const camseal_ssm_request *request);
CAMSEAL_NODISCARD camseal_status camseal_ssm_answer_encode(camseal_buf *out,
                                                           const camseal_ssm_answer *answer);

/* Status byte and status code, both ways (names.c). */
uint8_t camseal_ssm_code_of(camseal_status status);
camseal_status camseal_ssm_status_of(uint8_t code);

#endif
