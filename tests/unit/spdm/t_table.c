/* The transition table, row by row, in every state; and which capability flags go together. */
#include "test.h"

#include "spdm/negotiate.h"
#include "spdm/session.h"
#include "spdm/table.h"

/* Legal where: one letter a connection state (N V C A U: not started, after version, after
 * capabilities, negotiated, authenticated), outside a session; then h, e: in a handshake, in an
 * established session. */
static const struct {
    enum spdm_op op;
    const char *legal;
    uint8_t missing_session; /* the error outside a session, when it must be in one */
} rows[SPDM_OPS] = {
    {SPDM_OP_VERSION, "NVCAU", 0},   {SPDM_OP_CAPABILITIES, "V", 0},   {SPDM_OP_ALGORITHMS, "C", 0},
    {SPDM_OP_DIGESTS, "AUe", 0},     {SPDM_OP_CERTIFICATE, "AUe", 0},  {SPDM_OP_CHALLENGE, "AU", 0},
    {SPDM_OP_KEY_EXCHANGE, "AU", 0}, {SPDM_OP_FINISH, "h", 0x0B},      {SPDM_OP_VENDOR, "AUe", 0},
    {SPDM_OP_HEARTBEAT, "e", 0x0B},  {SPDM_OP_END_SESSION, "e", 0x0B},
};

static void every_row_in_every_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPDM_OPS; i++) {
        const spdm_row *row = camseal_spdm_row(rows[i].op);
        for (unsigned connection = 0; connection <= SPDM_AUTHENTICATED; connection++) {
            for (unsigned session = 0; session <= SPDM_SESSION_ESTABLISHED; session++) {
                if (session && (connection < SPDM_NEGOTIATED || session == SPDM_SESSION_OPENING))
                    continue; /* no such moment */
                const spdm_moment now = {(uint8_t)connection, (uint8_t)session, UINT32_MAX,
                                         UINT32_MAX};
                char letter = session == 0                        ? "NVCAU"[connection]
                              : session == SPDM_SESSION_HANDSHAKE ? 'h'
                                                                  : 'e';
                bool legal = strchr(rows[i].legal, letter) != NULL;
                uint8_t expected = legal ? 0 : SPDM_ERR_UNEXPECTED;
                if (!session && connection >= SPDM_NEGOTIATED && rows[i].missing_session)
                    expected = rows[i].missing_session;
                assert_int_equal(camseal_spdm_row_refuses(row, &now), expected);
            }
        }
    }
}

static void capabilities_of_rows(void **state)
{
    (void)state;
    static const struct {
        enum spdm_op op;
        uint8_t session;
        uint32_t responder, both;
    } needs[] = {
        {SPDM_OP_DIGESTS, 0, SPDM_CAP_CERT, 0},
        {SPDM_OP_CERTIFICATE, 0, SPDM_CAP_CERT, 0},
        {SPDM_OP_CHALLENGE, 0, SPDM_CAP_CHAL, 0},
        {SPDM_OP_KEY_EXCHANGE, 0, 0, SPDM_CAP_KEY_EX},
        {SPDM_OP_FINISH, SPDM_SESSION_HANDSHAKE, 0, SPDM_CAP_KEY_EX},
        {SPDM_OP_HEARTBEAT, SPDM_SESSION_ESTABLISHED, 0, SPDM_CAP_HBEAT},
    };
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        const spdm_row *row = camseal_spdm_row(needs[i].op);
        spdm_moment now = {SPDM_NEGOTIATED, needs[i].session, needs[i].responder | needs[i].both,
                           needs[i].both};
        assert_int_equal(camseal_spdm_row_refuses(row, &now), 0);
        now.responder_flags = ~(needs[i].responder | needs[i].both);
        assert_int_equal(camseal_spdm_row_refuses(row, &now), SPDM_ERR_UNSUPPORTED);
        now.responder_flags = UINT32_MAX;
        now.requester_flags = ~needs[i].both;
        assert_int_equal(camseal_spdm_row_refuses(row, &now),
                         needs[i].both ? SPDM_ERR_UNSUPPORTED : 0);
    }
}

static void codes_and_rows(void **state)
{
    (void)state;
    unsigned known = 0;
    for (unsigned code = 0; code < 256; code++) {
        enum spdm_op op = camseal_spdm_op_of((uint8_t)code, 0x12);
        if (op == SPDM_OPS)
            continue;
        known++;
        const spdm_row *row = camseal_spdm_row(op);
        assert_int_equal(row->request, code);
        assert_int_equal(row->response, code & 0x7Fu);
        assert_string_not_equal(camseal_spdm_code_name(row->request), "?");
        assert_string_not_equal(camseal_spdm_code_name(row->response), "?");
    }
    assert_int_equal(known, SPDM_OPS);
    assert_int_equal(camseal_spdm_op_of(SPDM_KEY_EXCHANGE, 0x10), SPDM_OPS);
    assert_string_equal(camseal_spdm_code_name(0x84), "GET_VERSION");
    assert_string_equal(camseal_spdm_code_name(0x55), "?");
    assert_string_equal(camseal_spdm_error_name(0x0A), "SessionLimitExceeded");
    assert_string_equal(camseal_spdm_error_name(0x02), "?");
}

static const struct {
    uint8_t version;
    uint32_t flags;
    bool requester, responder; /* legal for */
} flags[] = {
    {0x12, 0x000022C0, true, false}, /* our requester; a responder needs an identity for KEY_EX */
    {0x12, 0x000022C6, true, true},  /* our responder                                          */
    {0x12, 0x00000000, true, true},
    {0x12, 0x0002F7C6, true, true},  /* libspdm's requester                                    */
    {0x12, 0x001AFBF7, false, true}, /* libspdm's responder: PSK with context                  */
    {0x13, 0x0882F7C6, true, false}, /* multi-key: a responder needs GET_KEY_PAIR_INFO         */
    {0x13, 0x399AFBF7, false, true},
    {0x12, 0x00000040, false, false}, /* ENCRYPT alone                                          */
    {0x12, 0x00002000, false, false}, /* HBEAT alone                                            */
    {0x12, 0x00000202, false, false}, /* KEY_EX without protection                              */
    {0x12, 0x00008480, false, false}, /* clear handshake with PSK only                          */
    {0x12, 0x00000480, true, true},   /* PSK with MAC                                           */
    {0x12, 0x00000880, false, true},  /* PSK with context                                       */
    {0x12, 0x00000C80, false, false}, /* PSK 3                                                  */
    {0x12, 0x00000002, false, false}, /* CERT without a use                                     */
    {0x12, 0x00000004, false, false}, /* CHAL without CERT                                      */
    {0x12, 0x00010006, false, false}, /* CERT and PUB_KEY_ID                                    */
    {0x12, 0x00000108, false, false}, /* MUT_AUTH without KEY_EX and CHAL                       */
    {0x12, 0x0000001E, true, false},  /* MEAS 3 (no requester flag)                             */
    {0x12, 0x00000026, true, false},  /* MEAS_FRESH without MEAS                                */
    {0x12, 0x00000010, true, false},  /* signed MEAS without CERT                               */
    {0x12, 0x00000012, false, true},  /* CERT for signed MEAS                                   */
    {0x12, 0x00040000, true, false},  /* ALIAS_CERT without CERT                                */
    {0x12, 0x00100006, true, false},  /* CSR without SET_CERT                                   */
    {0x12, 0x00200006, true, false},  /* CERT_INSTALL_RESET alone                               */
    {0x13, 0x00C00006, false, false}, /* EP_INFO 3                                              */
    {0x12, 0x00C00006, true, true},   /* ... is reserved in 1.2                                 */
    {0x13, 0x0C000006, false, false}, /* MULTI_KEY 3                                            */
    {0x13, 0x00800000, false, true},  /* signed EP_INFO without an identity                     */
    {0x13, 0x00800002, true, true},
    {0x13, 0x20010004, true, false}, /* PUB_KEY_ID with SET_KEY_PAIR_INFO                      */
    {0x14, 0x40000006, true, false}, /* SET_KEY_PAIR_RESET alone                               */
};

static void flags_that_go_together(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        const char *req = camseal_spdm_requester_flags_fault(flags[i].version, flags[i].flags);
        const char *rsp = camseal_spdm_responder_flags_fault(flags[i].version, flags[i].flags);
        if ((req == NULL) == flags[i].requester && (rsp == NULL) == flags[i].responder)
            continue;
        print_error("%08x: requester %s, responder %s\n", (unsigned)flags[i].flags,
                    req ? req : "ok", rsp ? rsp : "ok");
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_in_every_state),
        cmocka_unit_test(capabilities_of_rows),
        cmocka_unit_test(codes_and_rows),
        cmocka_unit_test(flags_that_go_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
