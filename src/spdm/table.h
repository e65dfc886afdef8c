/* Which request is legal when (DSP0274, connection and session states). Knows legality and no
 * bytes; both drivers and a passive decoder read the same rows. */
#ifndef CAMSEAL_SPDM_TABLE_H
#define CAMSEAL_SPDM_TABLE_H

#include "msg/msg.h"

enum spdm_connection {
    SPDM_NOT_STARTED = 0,
    SPDM_AFTER_VERSION,
    SPDM_AFTER_CAPABILITIES,
    SPDM_NEGOTIATED,
    SPDM_AUTHENTICATED
};

enum spdm_session_rule {
    SPDM_SESSION_NEVER, /* outside a session only                                             */
    SPDM_SESSION_MAY,   /* outside, or in one of `states`                                     */
    SPDM_SESSION_MUST,  /* in one of `states` only                                            */
    SPDM_SESSION_FINISH /* in one of `states`; outside, and only there, in a clear handshake */
};

/* Rows by request; also indexes the drivers' handlers. */
enum spdm_op {
    SPDM_OP_VERSION,
    SPDM_OP_CAPABILITIES,
    SPDM_OP_ALGORITHMS,
    SPDM_OP_DIGESTS,
    SPDM_OP_CERTIFICATE,
    SPDM_OP_CHALLENGE,
    SPDM_OP_MEASUREMENTS,
    SPDM_OP_KEY_EXCHANGE,
    SPDM_OP_FINISH,
    SPDM_OP_PSK_EXCHANGE,
    SPDM_OP_PSK_FINISH,
    SPDM_OP_HEARTBEAT,
    SPDM_OP_KEY_UPDATE,
    SPDM_OP_GET_ENCAPSULATED,
    SPDM_OP_DELIVER_ENCAPSULATED,
    SPDM_OP_END_SESSION,
    SPDM_OP_CSR,
    SPDM_OP_SET_CERTIFICATE,
    SPDM_OP_MEL,
    SPDM_OP_EVENT_TYPES,
    SPDM_OP_SUBSCRIBE_EVENTS,
    SPDM_OP_SEND_EVENT,
    SPDM_OP_KEY_PAIR_INFO,
    SPDM_OP_SET_KEY_PAIR_INFO,
    SPDM_OP_ENDPOINT_INFO,
    SPDM_OP_SLOT_MANAGEMENT,
    SPDM_OP_CHUNK_SEND,
    SPDM_OP_CHUNK_GET,
    SPDM_OP_VENDOR,
    SPDM_OP_RESPOND_IF_READY,
    SPDM_OPS
};

/* Bits of spdm_row.notes. */
enum {
    SPDM_ROW_CRYPTO = 1u << 0,    /* the requester waits T2, not T1                              */
    SPDM_ROW_CLEARS_M1 = 1u << 1, /* outside a session: B and C start over if not authenticated */
    SPDM_ROW_KEEPS_L1 = 1u << 2,  /* does not end a series of measurements                       */
    SPDM_ROW_ONCE = 1u << 3       /* the same bytes again, at once, are a retry                  */
};

typedef struct spdm_row {
    uint8_t request;
    uint8_t response;
    uint8_t first, last; /* connection states, inclusive                 */
    uint8_t rule;        /* enum spdm_session_rule                       */
    uint8_t states;      /* bit n: legal in session state n              */
    uint8_t since;       /* version                                      */
    uint8_t notes;       /* SPDM_ROW_...                                 */
    uint32_t responder;  /* the responder has one of these capabilities  */
    uint32_t both;       /* each side has one of these                   */
} spdm_row;

const spdm_row *camseal_spdm_row(enum spdm_op op);

/* The row of a request code that this version knows, or SPDM_OPS. */
enum spdm_op camseal_spdm_op_of(uint8_t request, uint8_t version);

/* The state of things when a request comes in. */
typedef struct spdm_moment {
    uint8_t connection;   /* enum spdm_connection              */
    uint8_t session;      /* enum spdm_session_state; 0 outside */
    bool clear_handshake; /* FINISH goes in the clear */
    uint32_t responder_flags;
    uint32_t requester_flags;
} spdm_moment;

/* The ErrorCode that refuses the request, or 0. */
uint8_t camseal_spdm_row_refuses(const spdm_row *row, const spdm_moment *now);

/* The rows as lines of text, one call each; table_print.c. */
void camseal_spdm_table_print(void (*line)(void *user, const char *text), void *user);

#endif
