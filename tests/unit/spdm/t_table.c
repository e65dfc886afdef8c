/* The transition table, row by row, in every state; and which capability flags go together. */
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

#include "spdm/negotiate.h"
#include "spdm/session.h"
#include "spdm/table.h"

/* Legal where: one letter a connection state (N V C A U: not started, after version, after
 * capabilities, negotiated, authenticated), outside a session; then h, e: in a handshake, in an
 * established session. F: outside in a clear handshake, and then not in one. */
static const struct {
    enum spdm_op op;
    const char *legal;
    uint8_t missing_session; /* the error outside a session, when it must be in one */
} rows[] = {
    {SPDM_OP_VERSION, "NVCAU", 0},
    {SPDM_OP_CAPABILITIES, "V", 0},
    {SPDM_OP_ALGORITHMS, "C", 0},
    {SPDM_OP_DIGESTS, "AUe", 0},
    {SPDM_OP_CERTIFICATE, "AUe", 0},
    {SPDM_OP_CHALLENGE, "AU", 0},
    {SPDM_OP_MEASUREMENTS, "AUe", 0},
    {SPDM_OP_KEY_EXCHANGE, "AU", 0},
    {SPDM_OP_FINISH, "hF", 0x0B},
    {SPDM_OP_PSK_EXCHANGE, "AU", 0},
    {SPDM_OP_PSK_FINISH, "h", 0x0B},
    {SPDM_OP_HEARTBEAT, "e", 0x0B},
    {SPDM_OP_KEY_UPDATE, "e", 0x0B},
    {SPDM_OP_GET_ENCAPSULATED, "AUhe", 0},
    {SPDM_OP_DELIVER_ENCAPSULATED, "AUhe", 0},
    {SPDM_OP_END_SESSION, "e", 0x0B},
    {SPDM_OP_CSR, "AUe", 0},
    {SPDM_OP_SET_CERTIFICATE, "AUe", 0},
    {SPDM_OP_MEL, "AUe", 0},
    {SPDM_OP_EVENT_TYPES, "e", 0x0B},
    {SPDM_OP_SUBSCRIBE_EVENTS, "e", 0x0B},
    {SPDM_OP_SEND_EVENT, "e", 0x0B},
    {SPDM_OP_KEY_PAIR_INFO, "AUe", 0},
    {SPDM_OP_SET_KEY_PAIR_INFO, "AUe", 0},
    {SPDM_OP_ENDPOINT_INFO, "AUe", 0},
    {SPDM_OP_SLOT_MANAGEMENT, "AUe", 0},
    {SPDM_OP_CHUNK_SEND, "CAUhe", 0},
    {SPDM_OP_CHUNK_GET, "CAUhe", 0},
    {SPDM_OP_VENDOR, "AUe", 0},
    {SPDM_OP_RESPOND_IF_READY, "AUhe", 0},
};

static uint8_t refused(size_t i, unsigned connection, unsigned session, bool clear)
{
    const spdm_moment now = {(uint8_t)connection, (uint8_t)session, clear, UINT32_MAX, UINT32_MAX};
    return camseal_spdm_row_refuses(camseal_spdm_row(rows[i].op), &now);
}

static uint8_t expected(size_t i, unsigned connection, unsigned session, bool clear)
{
    char letter = session == 0                        ? "NVCAU"[connection]
                  : session == SPDM_SESSION_HANDSHAKE ? 'h'
                                                      : 'e';
    bool finish_in_clear = clear && strchr(rows[i].legal, 'F');
    if (finish_in_clear && connection >= SPDM_NEGOTIATED)
        return session ? SPDM_ERR_UNEXPECTED : 0;
    if (strchr(rows[i].legal, letter))
        return 0;
    bool must = !session && connection >= SPDM_NEGOTIATED && rows[i].missing_session;
    return must ? rows[i].missing_session : SPDM_ERR_UNEXPECTED;
}

static void every_row_in_every_state(void **state)
{
    (void)state;
    assert_int_equal(sizeof rows / sizeof rows[0], SPDM_OPS);
    for (size_t i = 0; i < SPDM_OPS; i++)
        for (unsigned connection = 0; connection <= SPDM_AUTHENTICATED; connection++)
            for (unsigned session = 0; session <= SPDM_SESSION_ESTABLISHED; session++) {
                if (session && (connection < SPDM_NEGOTIATED || session == SPDM_SESSION_OPENING))
                    continue; /* no such moment */
                for (unsigned clear = 0; clear < 2; clear++)
                    assert_int_equal(refused(i, connection, session, clear),
                                     expected(i, connection, session, clear));
            }
}

static void capabilities_of_rows(void **state)
{
    (void)state;
    static const struct {
        enum spdm_op op;
        uint8_t session;
        uint32_t responder, both; /* one bit of each is enough */
    } needs[] = {
        {SPDM_OP_DIGESTS, 0, SPDM_CAP_CERT, 0},
        {SPDM_OP_CERTIFICATE, 0, SPDM_CAP_CERT, 0},
        {SPDM_OP_CHALLENGE, 0, SPDM_CAP_CHAL, 0},
        {SPDM_OP_MEASUREMENTS, 0, SPDM_CAP_MEAS, 0},
        {SPDM_OP_KEY_EXCHANGE, 0, 0, SPDM_CAP_KEY_EX},
        {SPDM_OP_FINISH, SPDM_SESSION_HANDSHAKE, 0, SPDM_CAP_KEY_EX},
        {SPDM_OP_HEARTBEAT, SPDM_SESSION_ESTABLISHED, 0, SPDM_CAP_HBEAT},
        {SPDM_OP_KEY_UPDATE, SPDM_SESSION_ESTABLISHED, 0, SPDM_CAP_KEY_UPD},
        {SPDM_OP_GET_ENCAPSULATED, 0, 0, SPDM_CAP_ENCAP | SPDM_CAP_MUT_AUTH},
        {SPDM_OP_PSK_EXCHANGE, 0, 0, SPDM_CAP_PSK},
        {SPDM_OP_CSR, 0, SPDM_CAP_CSR, 0},
        {SPDM_OP_SET_CERTIFICATE, 0, SPDM_CAP_SET_CERT, 0},
        {SPDM_OP_MEL, 0, SPDM_CAP_MEL, 0},
        {SPDM_OP_KEY_PAIR_INFO, 0, SPDM_CAP_GET_KEY_PAIR_INFO, 0},
        {SPDM_OP_SET_KEY_PAIR_INFO, 0, SPDM_CAP_SET_KEY_PAIR_INFO, 0},
        {SPDM_OP_ENDPOINT_INFO, 0, SPDM_CAP_EP_INFO, 0},
        {SPDM_OP_EVENT_TYPES, SPDM_SESSION_ESTABLISHED, SPDM_CAP_EVENT, 0},
        {SPDM_OP_CHUNK_SEND, 0, 0, SPDM_CAP_CHUNK},
        {SPDM_OP_CHUNK_GET, 0, 0, SPDM_CAP_CHUNK},
    };
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        const spdm_row *row = camseal_spdm_row(needs[i].op);
        uint32_t all = needs[i].responder | needs[i].both, lowest = all & (~all + 1u);
        spdm_moment now = {SPDM_NEGOTIATED, needs[i].session, false, lowest,
                           needs[i].both ? lowest : 0};
        assert_int_equal(camseal_spdm_row_refuses(row, &now), 0);
        now.responder_flags = ~all;
        assert_int_equal(camseal_spdm_row_refuses(row, &now), SPDM_ERR_UNSUPPORTED);
        now.responder_flags = UINT32_MAX;
        now.requester_flags = ~needs[i].both;
        assert_int_equal(camseal_spdm_row_refuses(row, &now),
                         needs[i].both ? SPDM_ERR_UNSUPPORTED : 0);
    }
}

/* Since when each request exists: the rest is unknown, not unexpected. */
static void versions_of_rows(void **state)
{
    (void)state;
    static const uint8_t since_13[] = {0x87, 0xE2, 0xEF, 0xF0, 0xF1, 0xFC, 0xFD};
    for (unsigned code = 0x80; code < 256; code++) {
        bool in_12 = camseal_spdm_op_of((uint8_t)code, 0x12) != SPDM_OPS;
        bool in_13 = camseal_spdm_op_of((uint8_t)code, 0x13) != SPDM_OPS;
        bool in_14 = camseal_spdm_op_of((uint8_t)code, 0x14) != SPDM_OPS;
        bool from_13 = memchr(since_13, (int)code, sizeof since_13) != NULL;
        assert_int_equal(in_13 && !in_12, from_13);
        assert_int_equal(in_14 && !in_13, code == 0x88);
    }
}

/* ---- the printout --------------------------------------------------------------------------- */

static FILE *golden;
static bool regenerate;
static unsigned different;

static void compare_line(void *user, const char *text)
{
    char line[400];
    (void)user;
    if (regenerate) {
        fprintf(golden, "%s\n", text);
        return;
    }
    size_t n = fgets(line, sizeof line, golden) ? strlen(line) : 0;
    if (n && line[n - 1] == '\n')
        line[n - 1] = '\0';
    if (n && strcmp(line, text) == 0)
        return;
    print_error("- %s\n+ %s\n", n ? line : "(nothing)", text);
    different++;
}

/* docs/spdm-transitions.md, behind its first empty line, is what the table prints. To make it anew:
 * CAMSEAL_REGENERATE=1 t_spdm_table. */
static void printout_is_the_golden_file(void **state)
{
    (void)state;
    char line[400];
    regenerate = getenv("CAMSEAL_REGENERATE") != NULL;
    golden = fopen(CAMSEAL_SOURCE_DIR "/docs/spdm-transitions.md", regenerate ? "r+" : "r");
    assert_non_null(golden);
    while (fgets(line, sizeof line, golden) && line[0] != '|')
        continue;
    assert_int_equal(line[0], '|');
    assert_int_equal(fseek(golden, -(long)strlen(line), SEEK_CUR), 0);
    camseal_spdm_table_print(compare_line, NULL);
    fclose(golden);
    assert_int_equal(different, 0);
}

static void codes_and_rows(void **state)
{
    (void)state;
    unsigned known = 0;
    for (unsigned code = 0; code < 256; code++) {
        enum spdm_op op = camseal_spdm_op_of((uint8_t)code, 0x14);
        if (op == SPDM_OPS)
            continue;
        known++;
        const spdm_row *row = camseal_spdm_row(op);
        assert_int_equal(row->request, code);
        assert_string_not_equal(camseal_spdm_code_name(row->request), "?");
        if (code == SPDM_RESPOND_IF_READY)
            continue; /* it has the response of another request */
        assert_int_equal(row->response, code & 0x7Fu);
        assert_string_not_equal(camseal_spdm_code_name(row->response), "?");
    }
    assert_int_equal(known, SPDM_OPS);
    assert_int_equal(camseal_spdm_op_of(SPDM_KEY_EXCHANGE, 0x10), SPDM_OPS);
    assert_int_equal(camseal_spdm_op_of(SPDM_GET_MEASUREMENT_EXTENSION_LOG, 0x12), SPDM_OPS);
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
        cmocka_unit_test(every_row_in_every_state), cmocka_unit_test(capabilities_of_rows),
        cmocka_unit_test(versions_of_rows),         cmocka_unit_test(printout_is_the_golden_file),
        cmocka_unit_test(codes_and_rows),           cmocka_unit_test(flags_that_go_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
