/* The transition table. */
#include "table.h"

#include "session.h"

#define IN_HANDSHAKE   (1u << SPDM_SESSION_HANDSHAKE)
#define IN_ESTABLISHED (1u << SPDM_SESSION_ESTABLISHED)

/* Vendor-defined requests are legal in a handshake too, but nothing of an application is served
 * before FINISH: policy. */
static const spdm_row rows[SPDM_OPS] = {
    [SPDM_OP_VERSION] = {SPDM_GET_VERSION, SPDM_VERSION, SPDM_NOT_STARTED, SPDM_AUTHENTICATED,
                         SPDM_SESSION_NEVER, 0, SPDM_VERSION_10, false, false, 0, 0},
    [SPDM_OP_CAPABILITIES] = {SPDM_GET_CAPABILITIES, SPDM_CAPABILITIES, SPDM_AFTER_VERSION,
                              SPDM_AFTER_VERSION, SPDM_SESSION_NEVER, 0, SPDM_VERSION_10, false,
                              false, 0, 0},
    [SPDM_OP_ALGORITHMS] = {SPDM_NEGOTIATE_ALGORITHMS, SPDM_ALGORITHMS, SPDM_AFTER_CAPABILITIES,
                            SPDM_AFTER_CAPABILITIES, SPDM_SESSION_NEVER, 0, SPDM_VERSION_10, false,
                            false, 0, 0},
    [SPDM_OP_DIGESTS] = {SPDM_GET_DIGESTS, SPDM_DIGESTS, SPDM_NEGOTIATED, SPDM_AUTHENTICATED,
                         SPDM_SESSION_MAY, IN_ESTABLISHED, SPDM_VERSION_10, true, false,
                         SPDM_CAP_CERT, 0},
    [SPDM_OP_CERTIFICATE] = {SPDM_GET_CERTIFICATE, SPDM_CERTIFICATE, SPDM_NEGOTIATED,
                             SPDM_AUTHENTICATED, SPDM_SESSION_MAY, IN_ESTABLISHED, SPDM_VERSION_10,
                             true, false, SPDM_CAP_CERT, 0},
    [SPDM_OP_CHALLENGE] = {SPDM_CHALLENGE, SPDM_CHALLENGE_AUTH, SPDM_NEGOTIATED, SPDM_AUTHENTICATED,
                           SPDM_SESSION_NEVER, 0, SPDM_VERSION_10, true, false, SPDM_CAP_CHAL, 0},
    [SPDM_OP_KEY_EXCHANGE] = {SPDM_KEY_EXCHANGE, SPDM_KEY_EXCHANGE_RSP, SPDM_NEGOTIATED,
                              SPDM_AUTHENTICATED, SPDM_SESSION_NEVER, 0, SPDM_VERSION_12, true,
                              true, 0, SPDM_CAP_KEY_EX},
    [SPDM_OP_FINISH] = {SPDM_FINISH, SPDM_FINISH_RSP, SPDM_NEGOTIATED, SPDM_AUTHENTICATED,
                        SPDM_SESSION_MUST, IN_HANDSHAKE, SPDM_VERSION_12, true, true, 0,
                        SPDM_CAP_KEY_EX},
    [SPDM_OP_VENDOR] = {SPDM_VENDOR_DEFINED_REQUEST, SPDM_VENDOR_DEFINED_RESPONSE, SPDM_NEGOTIATED,
                        SPDM_AUTHENTICATED, SPDM_SESSION_MAY, IN_ESTABLISHED, SPDM_VERSION_10, true,
                        true, 0, 0},
    [SPDM_OP_HEARTBEAT] = {SPDM_HEARTBEAT, SPDM_HEARTBEAT_ACK, SPDM_NEGOTIATED, SPDM_AUTHENTICATED,
                           SPDM_SESSION_MUST, IN_ESTABLISHED, SPDM_VERSION_12, false, true, 0,
                           SPDM_CAP_HBEAT},
    [SPDM_OP_END_SESSION] = {SPDM_END_SESSION, SPDM_END_SESSION_ACK, SPDM_NEGOTIATED,
                             SPDM_AUTHENTICATED, SPDM_SESSION_MUST, IN_ESTABLISHED, SPDM_VERSION_12,
                             false, true, 0, 0},
};

const spdm_row *camseal_spdm_row(enum spdm_op op)
{
    return &rows[op];
}

enum spdm_op camseal_spdm_op_of(uint8_t request, uint8_t version)
{
    unsigned op = 0;
    while (op < SPDM_OPS && (rows[op].request != request || version < rows[op].since))
        op++;
    return (enum spdm_op)op;
}

static uint8_t session_refuses(const spdm_row *row, uint8_t session)
{
    if (session == SPDM_SESSION_FREE)
        return row->rule == SPDM_SESSION_MUST ? SPDM_ERR_SESSION_REQUIRED : 0;
    if (row->rule == SPDM_SESSION_NEVER || !(row->states >> session & 1u))
        return SPDM_ERR_UNEXPECTED;
    return 0;
}

uint8_t camseal_spdm_row_refuses(const spdm_row *row, const spdm_moment *now)
{
    if (now->connection < row->first || now->connection > row->last)
        return SPDM_ERR_UNEXPECTED;
    uint8_t refused = session_refuses(row, now->session);
    if (refused)
        return refused;
    if ((now->responder_flags & row->responder) != row->responder ||
        (now->responder_flags & now->requester_flags & row->both) != row->both)
        return SPDM_ERR_UNSUPPORTED;
    return 0;
}
