/* The responder against requests that are wrong, early, late, forbidden or hostile; and with a slow
 * signer or application. */
#include "test.h"

#include "spdm/msg/msg.h"
#include "spdm/record.h"
#include "spdm/responder.h"
#include "spdm_pair.h"
#include "spdm_toy.h"

static struct pair p;
static struct pair_message answer;
static camseal_spdm_identity identity;

static void start(void)
{
    identity.chain = camseal_span_of(toy_certificate, sizeof toy_certificate);
    identity.sign = CAMSEAL_SIGN_ECDSA_P256;
    pair_config(&p, toy_crypto(1), &camseal_spdm_binding_tcp, identity.chain, &identity, 1);
    p.rsp_config.heartbeat_s = 10;
    p.rsp_config.sets = CAMSEAL_SPDM_SET_P256;
    p.rsp_config.capabilities = 0x22C6;
}

static void tell(const char *hex)
{
    uint8_t message[512];
    size_t n = test_hex(message, sizeof message, hex);
    (void)pair_tell(&p, message, n, false, &answer);
}

static void assert_answer(const char *hex)
{
    uint8_t expected[512];
    size_t n = test_hex(expected, sizeof expected, hex);
    if (answer.len != n || memcmp(answer.bytes, expected, n) != 0) {
        print_error("answer:");
        for (size_t i = 0; i < answer.len; i++)
            print_error(" %02x", answer.bytes[i]);
        fail_msg(", not %s", hex);
    }
}

#define GET_VERSION      "10840000"
#define GET_CAPABILITIES "12e1000000000000c02200000010000000100000"
#define NEGOTIATE                                                                          \
    "12e303002c00000210000000010000000000000000000000000000000000000002200800032001000520" \
    "0100"

static void negotiate(void)
{
    tell(GET_VERSION);
    assert_answer("1004000000010012");
    tell(GET_CAPABILITIES);
    assert_answer("1261000000140000c62200000010000000100000");
    tell(NEGOTIATE);
    assert_answer(
        "12630300300000020000000010000000010000000000000000000000000000000000000002200800032001"
        "0005200100");
}

/* ---- one request, in one state, one answer -------------------------------------------------- */

enum stage { NOTHING, VERSION, CAPABILITIES, NEGOTIATED };

static const struct {
    const char *name;
    enum stage stage;
    const char *request, *answer;
} requests[] = {
    {"too short", NOTHING, "1084", "107f0100"},
    {"one byte", NEGOTIATED, "12", "127f0100"},
    {"GET_VERSION of 1.2", NOTHING, "12840000", "107f4100"},
    {"GET_VERSION of 1.2, later", NEGOTIATED, "12840000", "107f4100"},
    {"GET_VERSION with a tail", NOTHING, "1084000000", "107f0100"},
    {"unknown code", NOTHING, "10800000", "107f0780"},
    {"a response", NOTHING, "10040000", "107f0704"},
    {"capabilities first", NOTHING, GET_CAPABILITIES, "107f0400"},
    {"capabilities of 1.1", VERSION, "11e1000000000000c0220000", "107f4100"},
    {"capabilities of 1.3", VERSION, "13e1000000000000c02200000010000000100000", "107f4100"},
    {"algorithms too early", VERSION, NEGOTIATE, "107f0400"},
    {"key exchange too early", VERSION, "12e40000", "107f0400"},
    {"key exchange too early", CAPABILITIES, "12e40000", "127f0400"},
    {"capabilities cut", VERSION, "12e1000000000000c022000000100000001000", "127f0100"},
    {"capabilities with a tail", VERSION, GET_CAPABILITIES "00", "127f0100"},
    {"capabilities, CTExponent 32", VERSION, "12e1000000200000c02200000010000000100000",
     "127f0100"},
    {"capabilities, 41 bytes", VERSION, "12e1000000000000c02200002900000029000000", "127f0100"},
    {"capabilities, sizes differ", VERSION, "12e1000000000000c02200000010000000200000", "127f0100"},
    {"capabilities, KEY_EX alone", VERSION, "12e1000000000000000200000010000000100000", "127f0100"},
    {"capabilities, PSK 3", VERSION, "12e1000000000000c02e00000010000000100000", "127f0100"},
    {"capabilities, CERT and PUB_KEY_ID", VERSION, "12e1000000000000c22201000010000000100000",
     "127f0100"},
    {"capabilities, MUT_AUTH alone", VERSION, "12e1000000000000c00100000010000000100000",
     "127f0100"},
    {"other capabilities", CAPABILITIES, "12e1000000010000c02200000010000000100000", "127f0400"},
    {"other algorithms", NEGOTIATED,
     "12e303002c0000021000000001000000000000000000000000000000000000000220080003200300"
     "05200100",
     "127f0400"},
    {"algorithms, other version", CAPABILITIES, "13e303002c00", "127f4100"},
    {"algorithms, wrong length", CAPABILITIES,
     "12e303002d0000021000000001000000000000000000000000000000000000000220080003200100"
     "05200100",
     "127f0100"},
    {"algorithms, mixed set", CAPABILITIES,
     "12e303002c0000021000000002000000000000000000000000000000000000000220080003200100"
     "05200100",
     "127f0100"},
    {"algorithms, none", CAPABILITIES,
     "12e30000200000020000000000000000000000000000000000000000000000000000", "127f0100"},
    {"algorithms, req asym too", CAPABILITIES,
     "12e30400300000021000000001000000000000000000000000000000000000000220080003200100"
     "0420100005200100",
     "12630400340000020000000010000000010000000000000000000000000000000000000002200800032001000420"
     "000005200100"},
    {"digests with a tail", NEGOTIATED, "1281000000", "127f0100"},
    {"digests, other version", NEGOTIATED, "13810000", "127f4100"},
    {"certificate, empty slot", NEGOTIATED, "128201000000ff00", "127f0100"},
    {"certificate, slot 8", NEGOTIATED, "128208000000ff00", "127f0100"},
    {"certificate, length 0", NEGOTIATED, "1282000000000000", "127f0100"},
    {"certificate, offset at the end", NEGOTIATED, "128200006400ff00", "127f0100"},
    {"certificate, offset beyond", NEGOTIATED, "12820000ffffff00", "127f0100"},
    {"certificate, last byte", NEGOTIATED, "128200006300ffff", "120200000100000000"},
    {"certificate, two bytes", NEGOTIATED, "1282000000000200", "12020000020062006400"},
    {"certificate, across the parts", NEGOTIATED, "1282000024000200", "1202000002003e00303e"},
    {"certificate cut", NEGOTIATED, "12820000000000", "127f0100"},
    {"challenge, slot 1", NEGOTIATED,
     "12830100000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "127f0100"},
    {"challenge, public key", NEGOTIATED,
     "1283ff00000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "127f0100"},
    {"challenge, summary", NEGOTIATED,
     "12830001000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "127f0100"},
    {"challenge cut", NEGOTIATED, "128300000001", "127f0100"},
    {"finish outside", NEGOTIATED, "12e50000", "127f0b00"},
    {"heartbeat outside", NEGOTIATED, "12e80000", "127f0b00"},
    {"end outside", NEGOTIATED, "12ec0000", "127f0b00"},
    {"measurements", NEGOTIATED, "12e00000", "127f07e0"},
    {"key update", NEGOTIATED, "12e90100", "127f0b00"},
    {"psk exchange", NEGOTIATED, "12e60000", "127f07e6"},
    {"respond if ready", NEGOTIATED, "12ff8300", "127f0400"},
    {"vendor cut", NEGOTIATED, "12fe0000", "127f0100"},
    {"vendor", NEGOTIATED, "12fe00000400020102010041",
     "127e000004000201020700"
     "6563686f3a2041"},
    {"key exchange cut", NEGOTIATED, "12e40000ffff0000", "127f0100"},
};

static void requests_and_answers(void **state)
{
    (void)state;
    static const char *const steps[] = {GET_VERSION, GET_CAPABILITIES, NEGOTIATE};
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        uint8_t expected[256];
        start();
        pair_start(&p);
        for (unsigned s = 0; s < (unsigned)requests[i].stage; s++)
            tell(steps[s]);
        tell(requests[i].request);
        size_t n = test_hex(expected, sizeof expected, requests[i].answer);
        if (answer.len != n || memcmp(answer.bytes, expected, n) != 0) {
            print_error("%s:", requests[i].name);
            for (size_t k = 0; k < answer.len; k++)
                print_error(" %02x", answer.bytes[k]);
            print_error("\n");
            wrong++;
        }
        pair_stop(&p);
    }
    assert_int_equal(wrong, 0);
}

/* A valid KEY_EXCHANGE, with bytes changed. */
static const struct {
    const char *name;
    size_t at, len;
    const char *bytes;
    uint8_t error;
} exchanges[] = {
    {"as it is", 0, 0, "", 0},
    {"summary TCB", 2, 1, "01", 1},
    {"summary 2", 2, 1, "02", 1},
    {"slot 1", 3, 1, "01", 1},
    {"slot 8", 3, 1, "08", 1},
    {"provisioned key", 3, 1, "ff", 1},
    {"reserved byte", 7, 1, "ff", 0},
    {"session policy", 6, 1, "ff", 0},
    {"session id 0", 4, 2, "0000", 0},
    {"point not on the curve", 40, 1, "ff", 1},
    {"opaque shorter", 104, 2, "0f00", 1},
    {"opaque longer", 104, 2, "1100", 1},
    {"opaque 1025", 104, 2, "0104", 1},
    {"no elements", 106, 1, "00", 1},
    {"two elements", 106, 1, "02", 1},
    {"other body", 110, 1, "01", 1},
    {"other data id", 115, 1, "00", 1},
    {"no version", 116, 1, "00", 1},
    {"1.0 and 1.0", 117, 4, "00100010", 1},
    {"1.1 and 1.3", 117, 4, "00110013", 0},
    {"1.2 twice, with alpha", 117, 4, "01121112", 0},
    {"padding", 121, 1, "01", 1},
};

static size_t make_key_exchange(uint8_t *m)
{
    return test_hex(m, 256,
                    "12e40000ffff0000"
                    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                    "1111111111111111111111111111111111111111111111111111111111111111"
                    "2222222222222222222222222222222222222222222222222222222222222222"
                    "100001000000000007000101020011001200");
}

static void key_exchanges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) {
        uint8_t m[256];
        start();
        pair_start(&p);
        negotiate();
        size_t n = make_key_exchange(m);
        assert_int_equal(n, 122);
        if (exchanges[i].len)
            assert_int_equal(test_hex(m + exchanges[i].at, exchanges[i].len, exchanges[i].bytes),
                             exchanges[i].len);
        (void)pair_tell(&p, m, n, false, &answer);
        if (exchanges[i].error == 0
                ? answer.bytes[1] != 0x64
                : answer.bytes[1] != 0x7F || answer.bytes[2] != exchanges[i].error)
            fail_msg("%s: %02x %02x", exchanges[i].name, answer.bytes[1], answer.bytes[2]);
        if (exchanges[i].error == 0)
            assert_int_equal(answer.len, 40 + 64 + 2 + 12 + 64 + 32);
        pair_stop(&p);
    }
}

static void key_exchange_needs_what_was_negotiated(void **state)
{
    (void)state;
    static const struct {
        const char *capabilities, *algorithms, *answer;
    } rows[] = {
        /* no KEY_EX */
        {"12e1000000000000000000000010000000100000", NEGOTIATE, "127f07e4"},
        /* MAC only */
        {"12e1000000000000800200000010000000100000", NEGOTIATE, "127f0100"},
        /* no opaque format */
        {GET_CAPABILITIES,
         "12e303002c0000001000000001000000000000000000000000000000000000000220080003200100"
         "05200100",
         "127f0100"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t m[256];
        start();
        pair_start(&p);
        tell(GET_VERSION);
        tell(rows[i].capabilities);
        assert_int_equal(answer.bytes[1], 0x61);
        tell(rows[i].algorithms);
        assert_int_equal(answer.bytes[1], 0x63);
        size_t n = make_key_exchange(m);
        (void)pair_tell(&p, m, n, false, &answer);
        assert_answer(rows[i].answer);
        pair_stop(&p);
    }
}

static void a_peer_that_can_take_little(void **state)
{
    (void)state;
    uint8_t m[256];
    start();
    pair_start(&p);
    tell(GET_VERSION);
    tell("12e1000000000000c02200002a0000002a000000"); /* 42 bytes */
    tell(NEGOTIATE);
    assert_answer("127f0d0030000000");
    pair_stop(&p);
    start();
    pair_start(&p);
    tell(GET_VERSION);
    tell("12e1000000000000c02200004000000040000000"); /* 64 bytes */
    tell(NEGOTIATE);
    assert_int_equal(answer.bytes[1], 0x63);
    tell("128200000000ffff");
    assert_int_equal(answer.len, 64);
    assert_int_equal(answer.bytes[4], 56);
    size_t n = make_key_exchange(m);
    (void)pair_tell(&p, m, n, false, &answer);
    assert_answer("127f0d00d6000000");
    /* The session that could not be opened holds no slot: */
    (void)pair_tell(&p, m, n, false, &answer);
    assert_answer("127f0d00d6000000");
    pair_stop(&p);
}

/* All 256 codes, outside and in every connection state: an answer each, and never a change of state
 * by a refused one. */
static void every_code_is_answered(void **state)
{
    (void)state;
    start();
    pair_start(&p);
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned code = 0; code < 256; code++) {
            uint8_t m[8] = {0x12, (uint8_t)code};
            if (code == 0x84)
                continue;
            assert_true(pair_tell(&p, m, 4, false, &answer) >= 4);
            if (round < 3)
                assert_int_equal(answer.bytes[1], 0x7F);
        }
        tell(round == 0 ? GET_VERSION : round == 1 ? GET_CAPABILITIES : NEGOTIATE);
        assert_int_equal(answer.bytes[1], round == 0   ? 0x04
                                          : round == 1 ? 0x61
                                          : round == 2 ? 0x63
                                                       : 0x7F);
    }
    pair_stop(&p);
}

/* ---- what CHALLENGE_AUTH signs -------------------------------------------------------------- */

static spdm_transcript m1;

static void tell_and_note(spdm_run *run, const char *hex, bool noted)
{
    uint8_t request[512];
    size_t n = test_hex(request, sizeof request, hex);
    (void)pair_tell(&p, request, n, false, &answer);
    assert_int_not_equal(answer.bytes[1], 0x7F);
    size_t signature = answer.bytes[1] == 0x03 ? 64 : 0;
    if (!run) {
        (void)!camseal_spdm_transcript_vca(&m1, camseal_span_of(request, n));
        (void)!camseal_spdm_transcript_vca(&m1, camseal_span_of(answer.bytes, answer.len));
    } else if (noted) {
        (void)!camseal_spdm_run_add(&m1, run, camseal_span_of(request, n));
        (void)!camseal_spdm_run_add(&m1, run,
                                    camseal_span_of(answer.bytes, answer.len - signature));
    }
}

/* B: from the last GET_DIGESTS on, unless KEY_EXCHANGE or a vendor request came in between; nothing
 * after CHALLENGE. */
static void what_belongs_to_m1(void **state)
{
    (void)state;
    static const char *const challenges[] = {
        "12830000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "12830000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e20"};
    static const struct {
        const char *request;
        bool in_b;
    } flows[][6] = {
        {{"12810000", true}, {"1282000000004000", true}, {"1282000040004000", true}, {NULL, false}},
        {{"1282000000004000", true}, {NULL, false}},
        {{NULL, false}},
        {{"12810000", false}, {"1282000000004000", false}, {"12810000", true}, {NULL, false}},
        {{"12810000", false}, {"12fe00000400020102010041", false}, {NULL, false}},
        {{"12810000", false},
         {"12fe00000400020102010041", false},
         {"1282000000004000", true},
         {NULL, false}},
    };
    for (size_t i = 0; i < sizeof flows / sizeof flows[0]; i++) {
        spdm_run run = {.open = false};
        uint8_t digest[64], message[SPDM_SIGNED_MAX];
        start();
        pair_start(&p);
        const camseal_crypto *crypto = p.rsp_config.crypto;
        memset(&m1, 0, sizeof m1);
        camseal_spdm_transcript_reset(&m1, crypto);
        tell_and_note(NULL, GET_VERSION, true);
        tell_and_note(NULL, GET_CAPABILITIES, true);
        tell_and_note(NULL, NEGOTIATE, true);
        (void)!camseal_spdm_transcript_settle(&m1,
                                              camseal_crypto_hash(crypto, CAMSEAL_HASH_SHA256));
        for (unsigned round = 0; round < 2; round++) { /* after CHALLENGE, B is empty again */
            assert_status(camseal_spdm_run_fork(&m1, &run), CAMSEAL_OK);
            for (size_t k = 0; round == 0 && flows[i][k].request; k++)
                tell_and_note(&run, flows[i][k].request, flows[i][k].in_b);
            tell_and_note(&run, challenges[round], true);
            assert_status(camseal_spdm_run_peek(&m1, &run, digest), CAMSEAL_OK);
            const camseal_sign *sign = camseal_crypto_sign(crypto, CAMSEAL_SIGN_ECDSA_P256);
            camseal_span m = camseal_spdm_signed_message(message, 0x12, SPDM_SIGN_CHALLENGE_AUTH,
                                                         camseal_span_of(digest, 32));
            assert_status(sign->verify(crypto->user, CAMSEAL_HASH_SHA256, camseal_span_of(NULL, 0),
                                       m, camseal_span_of(answer.bytes + answer.len - 64, 64)),
                          CAMSEAL_OK);
        }
        camseal_spdm_run_drop(&m1, &run);
        camseal_spdm_transcript_reset(&m1, crypto);
        pair_stop(&p);
    }
}

/* ---- sessions ------------------------------------------------------------------------------- */

static unsigned opened, closed;
static void count(void *user, uint8_t session, uint32_t id, bool established)
{
    (void)user;
    (void)session;
    assert_true(id != 0);
    if (established)
        opened++;
    else
        closed++;
}

static unsigned seen_vendor;
static camseal_status vendor_status;
static camseal_status count_vendor(void *user, const camseal_spdm_vendor_request *request,
                                   camseal_buf *response)
{
    seen_vendor++;
    return vendor_status == CAMSEAL_OK ? pair_echo(user, request, response) : vendor_status;
}

static uint8_t connect_and_open(void)
{
    uint8_t session;
    start();
    opened = closed = seen_vendor = 0;
    vendor_status = CAMSEAL_OK;
    p.rsp_config.session = count;
    p.rsp_config.vendor = count_vendor;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    assert_int_equal(opened, 1);
    return session;
}

static camseal_status say(uint8_t session, const char *text, camseal_buf *response)
{
    return pair_vendor(&p, session, camseal_span_of(text, strlen(text)), response);
}

static void unknown_sessions_are_dropped(void **state)
{
    (void)state;
    uint8_t room[64], noise[64], session = connect_and_open();
    camseal_buf response = {room, sizeof room, 0};
    memset(noise, 0x77, sizeof noise);
    for (size_t n = 0; n < sizeof noise; n++)
        assert_int_equal(pair_tell(&p, noise, n, true, &answer), 0);
    assert_status(say(session, "still here", &response), CAMSEAL_OK);
    pair_stop(&p);
}

/* The timer that a step asks for: none without sessions, else two heartbeat periods. */
static void timers(void **state)
{
    (void)state;
    uint8_t out[1024];
    (void)connect_and_open();
    camseal_step step = {.out = {out, sizeof out, 0}, .now_us = 0};
    assert_status(camseal_spdm_responder_step(p.rsp, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_RECV);
    assert_int_equal(step.wake_us, 20000000);
    step.now_us = 19999999;
    assert_status(camseal_spdm_responder_step(p.rsp, &step), CAMSEAL_OK);
    assert_int_equal(closed, 0);
    step.now_us = step.wake_us;
    assert_status(camseal_spdm_responder_step(p.rsp, &step), CAMSEAL_OK);
    assert_int_equal(closed, 1);
    assert_true(step.wake_us == UINT64_MAX);
    pair_stop(&p);
}

static void a_bad_record_ends_its_session(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        size_t fill;
    } records[] = {{"ffffffff", 4},      {"ffffffff0000", 6},  {"ffffffff1000", 22},
                   {"ffffffff1c00", 34}, {"ffffffff1c00", 35}, {"ffffffffffff", 60}};
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        uint8_t room[64], session = connect_and_open();
        camseal_buf response = {room, sizeof room, 0};
        uint8_t record[64] = {0};
        (void)test_hex(record, sizeof record, records[i].hex);
        assert_true(pair_tell(&p, record, records[i].fill, true, &answer) > 0);
        assert_true(answer.secured); /* DecryptError under the response key */
        assert_int_equal(closed, 1);
        assert_int_equal(pair_tell(&p, record, records[i].fill, true, &answer), 0);
        assert_status(say(session, "gone", &response), CAMSEAL_E_TIMEOUT);
        assert_int_equal(seen_vendor, 0);
        pair_stop(&p);
    }
}

/* A FINISH under the right handshake keys whose verify data is wrong, or which claims a signature.
 */
static void finishes_that_are_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t tail;
        bool ends; /* a wrong MAC ends the session at once */
    } rows[] = {{"12e50000", 32, true},
                {"12e50100", 96, false},
                {"12e50000", 31, false},
                {"12e50000", 33, false},
                {"12e50008", 32, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t m[256];
        start();
        opened = closed = 0;
        p.rsp_config.session = count;
        pair_start(&p);
        negotiate();
        size_t n = make_key_exchange(m);
        (void)pair_tell(&p, m, n, false, &answer);
        spdm_session *s = &p.rsp->sessions[0];
        assert_int_equal(s->state, SPDM_SESSION_HANDSHAKE);
        const spdm_record rec = {p.rsp->config.crypto, p.rsp->algorithms.aead,
                                 p.rsp->config.binding, s->id, 0};
        spdm_keys keys = s->keys[SPDM_DIR_REQ];
        uint8_t record[256];
        camseal_buf out = {record, sizeof record, 0};
        size_t lead = camseal_spdm_record_lead(rec.binding);
        memset(record, 0, sizeof record);
        n = test_hex(record + lead, 4, rows[i].head) + rows[i].tail;
        assert_status(camseal_spdm_record_seal(&rec, &keys, &out, n), CAMSEAL_OK);
        assert_true(pair_tell(&p, record, out.len, true, &answer) > 0);
        assert_int_equal(opened, 0);
        assert_int_equal(s->state, rows[i].ends ? SPDM_SESSION_FREE : SPDM_SESSION_HANDSHAKE);
        pair_stop(&p);
    }
}

static void get_version_ends_everything(void **state)
{
    (void)state;
    uint8_t room[64], session = connect_and_open();
    camseal_buf response = {room, sizeof room, 0};
    tell(GET_VERSION);
    assert_answer("1004000000010012");
    assert_int_equal(closed, 1);
    assert_status(say(session, "gone", &response), CAMSEAL_E_TIMEOUT);
    pair_stop(&p);
}

/* A refusal by the application leaves the session alive, and never looks like a broken one. */
static void answers_inside_a_session(void **state)
{
    (void)state;
    static const struct {
        camseal_status handler;
        uint8_t error;
    } rows[] = {
        {CAMSEAL_E_UNSUPPORTED, 0x07}, {CAMSEAL_E_FORMAT, 0x01}, {CAMSEAL_E_STATE, 0x04},
        {CAMSEAL_E_OWNER, 0x05},       {CAMSEAL_E_AUTH, 0x05},   {CAMSEAL_E_SPACE, 0x05},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t room[64], session = connect_and_open();
        camseal_buf response = {room, sizeof room, 0};
        vendor_status = rows[i].handler;
        assert_status(say(session, "no", &response), CAMSEAL_E_PEER_ERROR);
        assert_int_equal(camseal_spdm_requester_failure(p.req)->peer_error, rows[i].error);
        vendor_status = CAMSEAL_OK;
        assert_status(say(session, "yes", &response), CAMSEAL_OK);
        pair_stop(&p);
    }
}

static void no_application(void **state)
{
    (void)state;
    uint8_t room[64], session;
    camseal_buf response = {room, sizeof room, 0};
    start();
    p.rsp_config.vendor = NULL;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    assert_status(say(session, "anybody", &response), CAMSEAL_E_PEER_ERROR);
    assert_int_equal(camseal_spdm_requester_failure(p.req)->peer_error, 0x07);
    pair_stop(&p);
}

/* ---- slow parts ----------------------------------------------------------------------------- */

static void a_slow_signer(void **state)
{
    (void)state;
    uint8_t room[64], session;
    camseal_buf response = {room, sizeof room, 0};
    start();
    toy_delay(5, 3);
    p.req_config.challenge = true;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    assert_status(say(session, "late", &response), CAMSEAL_OK);
    pair_stop(&p);
}

static unsigned vendor_delay;
static camseal_status slow_vendor(void *user, const camseal_spdm_vendor_request *request,
                                  camseal_buf *response)
{
    assert_int_equal(request->payload.len, 4);
    assert_memory_equal(request->payload.data, "wait", 4);
    assert_int_equal(request->standard_id, 4);
    if (vendor_delay--)
        return CAMSEAL_PENDING;
    return pair_echo(user, request, response);
}

static void a_slow_application(void **state)
{
    (void)state;
    uint8_t room[64], session;
    camseal_buf response = {room, sizeof room, 0};
    start();
    p.rsp_config.vendor = slow_vendor;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    for (unsigned i = 0; i < 4; i++) {
        vendor_delay = i;
        assert_status(say(session, "wait", &response), CAMSEAL_OK);
        assert_memory_equal(room, "echo: wait", 10);
    }
    vendor_delay = 3;
    tell("12fe000004000201020400"
         "77616974");
    assert_answer("127e000004000201020a00"
                  "6563686f3a2077616974");
    pair_stop(&p);
}

static void while_an_answer_is_pending(void **state)
{
    (void)state;
    uint8_t m[256], out[1024];
    start();
    pair_start(&p);
    negotiate();
    toy_delay(1000, 0);
    size_t n = make_key_exchange(m);
    camseal_step step = {.in = {m, n}, .out = {out, sizeof out, 0}};
    assert_status(camseal_spdm_responder_step(p.rsp, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_WAIT);
    assert_true(step.wake_us != UINT64_MAX);
    /* Other requests are not heard ... */
    (void)test_hex(m, sizeof m, "12810000");
    step.in = camseal_span_of(m, 4);
    assert_status(camseal_spdm_responder_step(p.rsp, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_WAIT);
    assert_true(step.wake_us != UINT64_MAX);
    /* ... GET_VERSION starts over. */
    (void)test_hex(m, sizeof m, GET_VERSION);
    assert_status(camseal_spdm_responder_step(p.rsp, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_SEND);
    toy_delay(0, 0);
    negotiate();
    n = make_key_exchange(m);
    (void)pair_tell(&p, m, n, false, &answer);
    assert_int_equal(answer.bytes[1], 0x64);
    pair_stop(&p);
}

static void a_buffer_that_is_too_short(void **state)
{
    (void)state;
    uint8_t m[4] = {0x10, 0x84}, out[200];
    start();
    pair_start(&p);
    for (size_t n = 0; n < sizeof out; n++) {
        camseal_step step = {.in = {m, 4}, .out = {out, n, 0}};
        camseal_status status = camseal_spdm_responder_step(p.rsp, &step);
        assert_true(status == CAMSEAL_E_ARGUMENT || status == CAMSEAL_OK);
        assert_int_equal(status == CAMSEAL_OK, n >= SPDM_RECORD_OVERHEAD_MAX + 36);
    }
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_and_answers),
        cmocka_unit_test(key_exchanges),
        cmocka_unit_test(key_exchange_needs_what_was_negotiated),
        cmocka_unit_test(a_peer_that_can_take_little),
        cmocka_unit_test(every_code_is_answered),
        cmocka_unit_test(what_belongs_to_m1),
        cmocka_unit_test(unknown_sessions_are_dropped),
        cmocka_unit_test(timers),
        cmocka_unit_test(a_bad_record_ends_its_session),
        cmocka_unit_test(finishes_that_are_wrong),
        cmocka_unit_test(get_version_ends_everything),
        cmocka_unit_test(answers_inside_a_session),
        cmocka_unit_test(no_application),
        cmocka_unit_test(a_slow_signer),
        cmocka_unit_test(a_slow_application),
        cmocka_unit_test(while_an_answer_is_pending),
        cmocka_unit_test(a_buffer_that_is_too_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
