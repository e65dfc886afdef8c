/* The transition table. */
#include "table.h"

#include "session.h"

#define IN_HANDSHAKE   (1u << SPDM_SESSION_HANDSHAKE)
#define IN_ESTABLISHED (1u << SPDM_SESSION_ESTABLISHED)

/* Vendor-defined requests are legal in a handshake too, but nothing of an application is served
 * before FINISH: policy. */
static const spdm_row rows[SPDM_OPS] = {
    [SPDM_OP_VERSION] = {SPDM_GET_VERSION, SPDM_VERSION, SPDM_NOT_STARTED, SPDM_AUTHENTICATED,
                         SPDM_SESSION_NEVER, 0, SPDM_VERSION_12, 0, 0, 0},
    [SPDM_OP_CAPABILITIES] = {SPDM_GET_CAPABILITIES, SPDM_CAPABILITIES, SPDM_AFTER_VERSION,
                              SPDM_AFTER_VERSION, SPDM_SESSION_NEVER, 0, SPDM_VERSION_12,
                              SPDM_ROW_ONCE, 0, 0},
    [SPDM_OP_ALGORITHMS] = {SPDM_NEGOTIATE_ALGORITHMS, SPDM_ALGORITHMS, SPDM_AFTER_CAPABILITIES,
                            SPDM_AFTER_CAPABILITIES, SPDM_SESSION_NEVER, 0, SPDM_VERSION_12,
                            SPDM_ROW_ONCE, 0, 0},
    [SPDM_OP_DIGESTS] = {SPDM_GET_DIGESTS, SPDM_DIGESTS, SPDM_NEGOTIATED, SPDM_AUTHENTICATED,
                         SPDM_SESSION_MAY, IN_ESTABLISHED, SPDM_VERSION_12, SPDM_ROW_CRYPTO,
                         SPDM_CAP_CERT, 0},
    [SPDM_OP_CERTIFICATE] = {SPDM_GET_CERTIFICATE, SPDM_CERTIFICATE, SPDM_NEGOTIATED,
                             SPDM_AUTHENTICATED, SPDM_SESSION_MAY, IN_ESTABLISHED, SPDM_VERSION_12,
                             SPDM_ROW_CRYPTO | SPDM_ROW_ONCE, SPDM_CAP_CERT, 0},
    [SPDM_OP_CHALLENGE] = {SPDM_CHALLENGE, SPDM_CHALLENGE_AUTH, SPDM_NEGOTIATED, SPDM_AUTHENTICATED,
                           SPDM_SESSION_NEVER, 0, SPDM_VERSION_12, SPDM_ROW_CRYPTO | SPDM_ROW_ONCE,
                           SPDM_CAP_CHAL, 0},
    [SPDM_OP_MEASUREMENTS] = {SPDM_GET_MEASUREMENTS, SPDM_MEASUREMENTS, SPDM_NEGOTIATED,
                              SPDM_AUTHENTICATED, SPDM_SESSION_MAY, IN_ESTABLISHED, SPDM_VERSION_12,
                              SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1 | SPDM_ROW_KEEPS_L1,
                              SPDM_CAP_MEAS, 0},
    [SPDM_OP_KEY_EXCHANGE] = {SPDM_KEY_EXCHANGE, SPDM_KEY_EXCHANGE_RSP, SPDM_NEGOTIATED,
                              SPDM_AUTHENTICATED, SPDM_SESSION_NEVER, 0, SPDM_VERSION_12,
                              SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1 | SPDM_ROW_ONCE, 0,
                              SPDM_CAP_KEY_EX},
    [SPDM_OP_FINISH] = {SPDM_FINISH, SPDM_FINISH_RSP, SPDM_NEGOTIATED, SPDM_AUTHENTICATED,
                        SPDM_SESSION_FINISH, IN_HANDSHAKE, SPDM_VERSION_12,
                        SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1 | SPDM_ROW_ONCE, 0, SPDM_CAP_KEY_EX},
    [SPDM_OP_PSK_EXCHANGE] = {SPDM_PSK_EXCHANGE, SPDM_PSK_EXCHANGE_RSP, SPDM_NEGOTIATED,
                              SPDM_AUTHENTICATED, SPDM_SESSION_NEVER, 0, SPDM_VERSION_12,
                              SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1 | SPDM_ROW_ONCE, 0,
                              SPDM_CAP_PSK},
    [SPDM_OP_PSK_FINISH] = {SPDM_PSK_FINISH, SPDM_PSK_FINISH_RSP, SPDM_NEGOTIATED,
                            SPDM_AUTHENTICATED, SPDM_SESSION_MUST, IN_HANDSHAKE, SPDM_VERSION_12,
                            SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1, SPDM_CAP_PSK_2, SPDM_CAP_PSK},
    [SPDM_OP_HEARTBEAT] = {SPDM_HEARTBEAT, SPDM_HEARTBEAT_ACK, SPDM_NEGOTIATED, SPDM_AUTHENTICATED,
                           SPDM_SESSION_MUST, IN_ESTABLISHED, SPDM_VERSION_12, SPDM_ROW_CLEARS_M1,
                           0, SPDM_CAP_HBEAT},
    [SPDM_OP_KEY_UPDATE] = {SPDM_KEY_UPDATE, SPDM_KEY_UPDATE_ACK, SPDM_NEGOTIATED,
                            SPDM_AUTHENTICATED, SPDM_SESSION_MUST, IN_ESTABLISHED, SPDM_VERSION_12,
                            SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1, 0, SPDM_CAP_KEY_UPD},
    [SPDM_OP_GET_ENCAPSULATED] = {SPDM_GET_ENCAPSULATED_REQUEST, SPDM_ENCAPSULATED_REQUEST,
                                  SPDM_NEGOTIATED, SPDM_AUTHENTICATED, SPDM_SESSION_MAY,
                                  IN_HANDSHAKE | IN_ESTABLISHED, SPDM_VERSION_12,
                                  SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1 | SPDM_ROW_ONCE, 0,
                                  SPDM_CAP_ENCAP | SPDM_CAP_MUT_AUTH},
    [SPDM_OP_DELIVER_ENCAPSULATED] = {SPDM_DELIVER_ENCAPSULATED_RESPONSE,
                                      SPDM_ENCAPSULATED_RESPONSE_ACK, SPDM_NEGOTIATED,
                                      SPDM_AUTHENTICATED, SPDM_SESSION_MAY,
                                      IN_HANDSHAKE | IN_ESTABLISHED, SPDM_VERSION_12,
                                      SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1 | SPDM_ROW_ONCE, 0,
                                      SPDM_CAP_ENCAP | SPDM_CAP_MUT_AUTH},
    [SPDM_OP_END_SESSION] = {SPDM_END_SESSION, SPDM_END_SESSION_ACK, SPDM_NEGOTIATED,
                             SPDM_AUTHENTICATED, SPDM_SESSION_MUST, IN_ESTABLISHED, SPDM_VERSION_12,
                             SPDM_ROW_CLEARS_M1, 0, 0},
    [SPDM_OP_CSR] = {SPDM_GET_CSR, SPDM_CSR, SPDM_NEGOTIATED, SPDM_AUTHENTICATED, SPDM_SESSION_MAY,
                     IN_ESTABLISHED, SPDM_VERSION_12,
                     SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1 | SPDM_ROW_ONCE, SPDM_CAP_CSR, 0},
    [SPDM_OP_SET_CERTIFICATE] = {SPDM_SET_CERTIFICATE, SPDM_SET_CERTIFICATE_RSP, SPDM_NEGOTIATED,
                                 SPDM_AUTHENTICATED, SPDM_SESSION_MAY, IN_ESTABLISHED,
                                 SPDM_VERSION_12,
                                 SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1 | SPDM_ROW_ONCE,
                                 SPDM_CAP_SET_CERT, 0},
    [SPDM_OP_MEL] = {SPDM_GET_MEASUREMENT_EXTENSION_LOG, SPDM_MEASUREMENT_EXTENSION_LOG,
                     SPDM_NEGOTIATED, SPDM_AUTHENTICATED, SPDM_SESSION_MAY, IN_ESTABLISHED,
                     SPDM_VERSION_13, SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1, SPDM_CAP_MEL, 0},
    [SPDM_OP_EVENT_TYPES] = {SPDM_GET_SUPPORTED_EVENT_TYPES, SPDM_SUPPORTED_EVENT_TYPES,
                             SPDM_NEGOTIATED, SPDM_AUTHENTICATED, SPDM_SESSION_MUST, IN_ESTABLISHED,
                             SPDM_VERSION_13, SPDM_ROW_CLEARS_M1, SPDM_CAP_EVENT, 0},
    [SPDM_OP_SUBSCRIBE_EVENTS] = {SPDM_SUBSCRIBE_EVENT_TYPES, SPDM_SUBSCRIBE_EVENT_TYPES_ACK,
                                  SPDM_NEGOTIATED, SPDM_AUTHENTICATED, SPDM_SESSION_MUST,
                                  IN_ESTABLISHED, SPDM_VERSION_13, SPDM_ROW_CLEARS_M1,
                                  SPDM_CAP_EVENT, 0},
    [SPDM_OP_SEND_EVENT] = {SPDM_SEND_EVENT, SPDM_EVENT_ACK, SPDM_NEGOTIATED, SPDM_AUTHENTICATED,
                            SPDM_SESSION_MUST, IN_ESTABLISHED, SPDM_VERSION_13, SPDM_ROW_CLEARS_M1,
                            0, 0},
    [SPDM_OP_KEY_PAIR_INFO] = {SPDM_GET_KEY_PAIR_INFO, SPDM_KEY_PAIR_INFO, SPDM_NEGOTIATED,
                               SPDM_AUTHENTICATED, SPDM_SESSION_MAY, IN_ESTABLISHED,
                               SPDM_VERSION_13, SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1,
                               SPDM_CAP_GET_KEY_PAIR_INFO, 0},
    [SPDM_OP_SET_KEY_PAIR_INFO] = {SPDM_SET_KEY_PAIR_INFO, SPDM_SET_KEY_PAIR_INFO_ACK,
                                   SPDM_NEGOTIATED, SPDM_AUTHENTICATED, SPDM_SESSION_MAY,
                                   IN_ESTABLISHED, SPDM_VERSION_13,
                                   SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1 | SPDM_ROW_ONCE,
                                   SPDM_CAP_SET_KEY_PAIR_INFO, 0},
    [SPDM_OP_ENDPOINT_INFO] = {SPDM_GET_ENDPOINT_INFO, SPDM_ENDPOINT_INFO, SPDM_NEGOTIATED,
                               SPDM_AUTHENTICATED, SPDM_SESSION_MAY, IN_ESTABLISHED,
                               SPDM_VERSION_13, SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1,
                               SPDM_CAP_EP_INFO, 0},
    [SPDM_OP_SLOT_MANAGEMENT] = {SPDM_SLOT_MANAGEMENT, SPDM_SLOT_MANAGEMENT_RESP, SPDM_NEGOTIATED,
                                 SPDM_AUTHENTICATED, SPDM_SESSION_MAY, IN_ESTABLISHED,
                                 SPDM_VERSION_14, SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1, 0, 0},
    [SPDM_OP_CHUNK_SEND] = {SPDM_CHUNK_SEND, SPDM_CHUNK_SEND_ACK, SPDM_AFTER_CAPABILITIES,
                            SPDM_AUTHENTICATED, SPDM_SESSION_MAY, IN_HANDSHAKE | IN_ESTABLISHED,
                            SPDM_VERSION_12, SPDM_ROW_CRYPTO | SPDM_ROW_KEEPS_L1 | SPDM_ROW_ONCE, 0,
                            SPDM_CAP_CHUNK},
    [SPDM_OP_CHUNK_GET] = {SPDM_CHUNK_GET, SPDM_CHUNK_RESPONSE, SPDM_AFTER_CAPABILITIES,
                           SPDM_AUTHENTICATED, SPDM_SESSION_MAY, IN_HANDSHAKE | IN_ESTABLISHED,
                           SPDM_VERSION_12, SPDM_ROW_CRYPTO | SPDM_ROW_KEEPS_L1 | SPDM_ROW_ONCE, 0,
                           SPDM_CAP_CHUNK},
    [SPDM_OP_VENDOR] = {SPDM_VENDOR_DEFINED_REQUEST, SPDM_VENDOR_DEFINED_RESPONSE, SPDM_NEGOTIATED,
                        SPDM_AUTHENTICATED, SPDM_SESSION_MAY, IN_ESTABLISHED, SPDM_VERSION_12,
                        SPDM_ROW_CRYPTO | SPDM_ROW_CLEARS_M1, 0, 0},
    [SPDM_OP_RESPOND_IF_READY] = {SPDM_RESPOND_IF_READY, 0, SPDM_NEGOTIATED, SPDM_AUTHENTICATED,
                                  SPDM_SESSION_MAY, IN_HANDSHAKE | IN_ESTABLISHED, SPDM_VERSION_12,
                                  SPDM_ROW_CRYPTO | SPDM_ROW_KEEPS_L1 | SPDM_ROW_ONCE, 0, 0},
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

static uint8_t session_refuses(const spdm_row *row, const spdm_moment *now)
{
    bool clear = row->rule == SPDM_SESSION_FINISH && now->clear_handshake;
    bool must = row->rule == SPDM_SESSION_MUST || (row->rule == SPDM_SESSION_FINISH && !clear);
    if (now->session == SPDM_SESSION_FREE)
        return must ? SPDM_ERR_SESSION_REQUIRED : 0;
    if (row->rule == SPDM_SESSION_NEVER || clear || !(row->states >> now->session & 1u))
        return SPDM_ERR_UNEXPECTED;
    return 0;
}

static bool lacks(uint32_t flags, uint32_t one_of)
{
    return one_of && !(flags & one_of);
}

uint8_t camseal_spdm_row_refuses(const spdm_row *row, const spdm_moment *now)
{
    if (now->connection < row->first || now->connection > row->last)
        return SPDM_ERR_UNEXPECTED;
    uint8_t refused = session_refuses(row, now);
    if (refused)
        return refused;
    if (lacks(now->responder_flags, row->responder) || lacks(now->responder_flags, row->both) ||
        lacks(now->requester_flags, row->both))
        return SPDM_ERR_UNSUPPORTED;
    return 0;
}
