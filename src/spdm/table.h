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
    SPDM_SESSION_NEVER, /* outside a session only         */
    SPDM_SESSION_MAY,   /* outside, or in one of `states` */
    SPDM_SESSION_MUST   /* in one of `states` only        */
};

/* Rows by request; also indexes the drivers' handlers. */
enum spdm_op {
    SPDM_OP_VERSION,
    SPDM_OP_CAPABILITIES,
    SPDM_OP_ALGORITHMS,
    SPDM_OP_DIGESTS,
    SPDM_OP_CERTIFICATE,
    SPDM_OP_CHALLENGE,
    SPDM_OP_KEY_EXCHANGE,
    SPDM_OP_FINISH,
    SPDM_OP_VENDOR,
    SPDM_OP_HEARTBEAT,
    SPDM_OP_END_SESSION,
    SPDM_OPS
};

typedef struct spdm_row {
    uint8_t request;
    uint8_t response;
    uint8_t first, last; /* connection states, inclusive                               */
    uint8_t rule;        /* enum spdm_session_rule                                     */
    uint8_t states;      /* bit n: legal in session state n                            */
    uint8_t since;       /* version                                                    */
    bool crypto;         /* the requester waits T2, not T1                             */
    bool clears_m1;      /* outside a session: B and C start over if not authenticated */
    uint32_t responder;  /* capability of the responder                                */
    uint32_t both;       /* capability of both sides                                   */
} spdm_row;

const spdm_row *camseal_spdm_row(enum spdm_op op);

/* The row of a request code that this version knows, or SPDM_OPS. */
enum spdm_op camseal_spdm_op_of(uint8_t request, uint8_t version);

/* The state of things when a request comes in. */
typedef struct spdm_moment {
    uint8_t connection; /* enum spdm_connection              */
    uint8_t session;    /* enum spdm_session_state; 0 outside */
    uint32_t responder_flags;
    uint32_t requester_flags;
} spdm_moment;

/* The ErrorCode that refuses the request, or 0. */
uint8_t camseal_spdm_row_refuses(const spdm_row *row, const spdm_moment *now);

#endif
