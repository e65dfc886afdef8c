/* Large messages between both engines, and against the responder by hand: every transfer size, in
 * and out of sessions, in each version; what must end or survive a transfer. */
#include "test.h"

#include "spdm/msg/msg.h"
#include "spdm_pair.h"
#include "spdm_toy.h"

enum { MESSAGE = 2048 };

static struct pair p;
static struct pair_message answer;
static camseal_spdm_identity identity;
static camseal_spdm_policy policy;
static const camseal_spdm_feature *const features[] = {&camseal_spdm_chunking};

static void prepare(uint8_t version, uint32_t req_transfer, uint32_t rsp_transfer)
{
    memset(&identity, 0, sizeof identity);
    memset(&policy, 0, sizeof policy);
    identity.chain = camseal_span_of(toy_certificate, sizeof toy_certificate);
    identity.sign = CAMSEAL_SIGN_ECDSA_P256;
    pair_config(&p, toy_crypto(1), &camseal_spdm_binding_mctp, identity.chain, &identity, 1);
    policy.min_version = policy.max_version = version;
    p.req_config.policy = p.rsp_config.policy = &policy;
    p.req_config.challenge = true;
    p.req_config.max_message = p.rsp_config.max_message = MESSAGE;
    p.req_config.data_transfer_size = req_transfer;
    p.rsp_config.data_transfer_size = rsp_transfer;
    p.rsp_config.features = features;
    p.rsp_config.n_features = 1;
    p.rsp_config.heartbeat_s = 10;
}

/* ---- whole flows ---------------------------------------------------------------------------- */

static size_t longest_in_clear;
static unsigned chunks;

static unsigned watch(void *user, struct pair *pair, unsigned index, bool to_responder,
                      struct pair_message *m)
{
    (void)user;
    (void)pair;
    (void)index;
    (void)to_responder;
    if (!m->secured && m->len > longest_in_clear)
        longest_in_clear = m->len;
    if (!m->secured && (m->bytes[1] == SPDM_CHUNK_SEND || m->bytes[1] == SPDM_CHUNK_RESPONSE))
        chunks++;
    return 1;
}

/* Of what was said in a session nothing stays at the requester. */
static void assert_forgotten(const uint8_t *said, size_t n)
{
    const uint8_t *memory = p.req_mem;
    for (size_t i = 0; i + 8 <= n; i += 16)
        for (size_t at = 0; at + 8 <= p.req_size; at++)
            assert_false(memory[at] == said[i] && memcmp(memory + at, said + i, 8) == 0);
}

static void echo(uint8_t session, size_t n)
{
    static uint8_t request[MESSAGE], room[MESSAGE];
    uint64_t seed = n + 1;
    camseal_buf response = {room, sizeof room, 0};
    test_fill(&seed, request, n);
    assert_status(pair_vendor(&p, session, camseal_span_of(request, n), &response), CAMSEAL_OK);
    assert_int_equal(response.len, n + 6);
    assert_memory_equal(room + 6, request, n);
    if (n >= 1000)
        assert_forgotten(request, n);
}

static void flow(uint8_t version, uint32_t req_transfer, uint32_t rsp_transfer)
{
    uint8_t session;
    prepare(version, req_transfer, rsp_transfer);
    p.hook = watch;
    longest_in_clear = chunks = 0;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    for (size_t n = 0; n <= 60; n++)
        echo(session, n);
    echo(session, 1500);
    assert_status(pair_heartbeat(&p, session), CAMSEAL_OK);
    assert_status(pair_end(&p, session), CAMSEAL_OK);
    uint32_t most = req_transfer > rsp_transfer ? req_transfer : rsp_transfer;
    uint32_t least = req_transfer < rsp_transfer ? req_transfer : rsp_transfer;
    assert_true(longest_in_clear <= (most ? most : MESSAGE));
    if (least && least < 140)
        assert_true(chunks > 4);
    pair_stop(&p);
}

static void every_transfer_size(void **state)
{
    (void)state;
    for (unsigned version = 0x12; version <= 0x14; version++)
        for (uint32_t transfer = 42; transfer <= 200; transfer++)
            flow((uint8_t)version, transfer, transfer);
}

static void unequal_sizes(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {42, 43, 64, 257, MESSAGE};
    for (size_t i = 0; i < 5; i++)
        for (size_t n = 0; n < 5; n++)
            flow((uint8_t)(0x12 + (i + n) % 3), sizes[i], sizes[n]);
}

static void as_before_without_a_size(void **state)
{
    (void)state;
    flow(0x12, 0, 0);
    assert_int_equal(chunks, 0);
    flow(0x12, 0, MESSAGE);
    assert_int_equal(chunks, 0);
    flow(0x12, MESSAGE, 0);
    assert_int_equal(chunks, 0);
}

/* A slow signer and a slow check of the chain; answers that are deferred; FINISH in the clear;
 * other bindings. */
static void with_everything_else(void **state)
{
    (void)state;
    static const camseal_spdm_binding *const bindings[] = {
        &camseal_spdm_binding_mctp, &camseal_spdm_binding_tcp, &camseal_spdm_binding_doe};
    uint8_t session;
    for (unsigned i = 0; i < 3 * 3 * 2 * 2; i++) {
        prepare((uint8_t)(0x12 + i % 3), 42 + i, 42 + i);
        p.req_config.binding = p.rsp_config.binding = bindings[i / 3 % 3];
        policy.clear_handshake = i / 9 % 2 ? CAMSEAL_SPDM_REQUIRE : CAMSEAL_SPDM_REFUSE;
        p.rsp_config.defer_exponent = i / 18 ? 10 : 0;
        toy_delay(5, 3);
        pair_start(&p);
        assert_status(pair_connect(&p), CAMSEAL_OK);
        assert_status(pair_session(&p, &session), CAMSEAL_OK);
        echo(session, 300);
        assert_status(pair_end(&p, session), CAMSEAL_OK);
        pair_stop(&p);
        toy_delay(0, 0);
    }
}

/* ---- memory --------------------------------------------------------------------------------- */

static void sizes(void **state)
{
    (void)state;
    static const uint32_t illegal[] = {1, 41, MESSAGE + 1, UINT32_MAX};
    prepare(0x12, 0, 0);
    size_t req = camseal_spdm_requester_size(&p.req_config);
    size_t rsp = camseal_spdm_responder_size(&p.rsp_config);
    p.rsp_config.n_features = 0;
    assert_int_equal(camseal_spdm_responder_size(&p.rsp_config), rsp); /* nothing while off */
    p.rsp_config.n_features = 1;
    p.req_config.data_transfer_size = p.rsp_config.data_transfer_size = 64;
    assert_true(camseal_spdm_requester_size(&p.req_config) <= req + 64 + 256);
    assert_true(camseal_spdm_responder_size(&p.rsp_config) <= rsp + 2 * MESSAGE + 256);
    for (size_t i = 0; i < 4; i++) {
        p.req_config.data_transfer_size = p.rsp_config.data_transfer_size = illegal[i];
        assert_int_equal(camseal_spdm_requester_size(&p.req_config), 0);
        assert_int_equal(camseal_spdm_responder_size(&p.rsp_config), 0);
    }
}

static void refused_by_policy(void **state)
{
    (void)state;
    prepare(0x12, 512, 512);
    policy.chunking = CAMSEAL_SPDM_REFUSE;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_int_equal(camseal_spdm_requester_info(p.req)->peer_message, 512);
    assert_false(camseal_spdm_requester_info(p.req)->peer_flags & CAMSEAL_SPDM_CAP_CHUNK);
    pair_stop(&p);
    prepare(0x12, 512, 0);
    policy.chunking = CAMSEAL_SPDM_REQUIRE;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_E_POLICY);
    pair_stop(&p);
}

/* ---- the responder, by hand ----------------------------------------------------------------- */

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

/* DataTransferSize 42, MaxSPDMmsgSize 512. */
static void begin(uint8_t version, const char *capabilities)
{
    prepare(version, 0, 42);
    p.rsp_config.max_message = 512;
    pair_start(&p);
    tell("10840000");
    tell(capabilities);
    assert_int_equal(answer.bytes[1], SPDM_CAPABILITIES);
}

#define CAPABILITIES_12 "12e1000000000000c02202002a00000000020000"
#define CAPABILITIES_14 "14e1000000000000c02202002a00000000020000"

/* A NEGOTIATE_ALGORITHMS of 44 bytes: 26 and 18. */
#define FIRST_12 \
    "12850005000000001a0000002c00000012e303002c000002100000000100000000000000000000000000"
#define SECOND_12 "128501050100000012000000000000000000022008000320010005200100"
#define FIRST_14 \
    "14850005000000001a0000002c00000014e303002c000002100000000100000000000000000000000000"
#define SECOND_14 "148501050100000012000000000000000000022008000320010005200100"

static void negotiated_in_chunks(void **state)
{
    (void)state;
    begin(0x12, CAPABILITIES_12);
    tell(FIRST_12);
    assert_answer("120500050000");
    tell(SECOND_12);
    assert_answer("127f0f0001");
    tell("128600010000");
    assert_answer(
        "12060001000000001a000000300000001263030030000002000000001000000001000000000000000000");
    tell("128600010100");
    assert_answer("12060101010000001600000000000000000000000000022008000320010005200100");
    tell("128600010200"); /* it is over */
    assert_answer("127f0400");
    tell("12810000"); /* DIGESTS: 36 bytes fit behind no ACK, but in a message */
    assert_int_equal(answer.len, 36);
    pair_stop(&p);

    begin(0x14, CAPABILITIES_14);
    tell(FIRST_14);
    assert_answer("1405000500000000");
    tell(SECOND_14);
    assert_answer("147f0f0001");
    tell("1486000100000000");
    assert_int_equal(answer.len, 42);
    tell("1486000101000000");
    assert_int_equal(answer.len, 12 + 22);
    pair_stop(&p);
}

/* What comes in the middle of a request, and its answer; then whether the transfer goes on. */
static const struct {
    const char *name, *message, *answer;
    bool survives;
} intruders[] = {
    {"another request", "12810000", "127f0400", true},
    {"CHUNK_GET", "128600050000", "127f0400", true},
    {"unknown code", "12800000", "127f0780", true},
    {"other version", "1385010501000000120000000000", "127f4100", true},
    {"cut in the header", "12850105010000001200", "127f0100", true},
    {"chunk 0 again", FIRST_12, "120500050000", true},
    {"another chunk 0",
     "12850005000000001a0000002c00000012e303002c000002100000000100000000000000000000000001",
     "120501050000127f0100", false},
    {"chunk 2", "128501050200000012000000000000000000022008000320010005200100",
     "120501050200127f0100", false},
    {"other handle", "128501060100000012000000000000000000022008000320010005200100",
     "120501060100127f0100", false},
    {"not the last", "128500050100000012000000000000000000022008000320010005200100",
     "120501050100127f0100", false},
    {"size 0", "128501050100000000000000", "120501050100127f0100", false},
    {"size short", "128501050100000011000000000000000000022008000320010005200100",
     "120501050100127f0100", false},
    {"size long", "128501050100000013000000000000000000022008000320010005200100",
     "120501050100127f0100", false},
    {"size max", "1285010501000000ffffffff000000000000022008000320010005200100",
     "120501050100127f0100", false},
    {"too much", "12850105010000001300000000000000000002200800032001000520010000",
     "120501050100127f0100", false},
    {"GET_VERSION", "10840000", "1004000000010012", false},
};

static void in_the_middle_of_a_request(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof intruders / sizeof intruders[0]; i++) {
        begin(0x12, CAPABILITIES_12);
        tell(FIRST_12);
        tell(intruders[i].message);
        print_message("%s\n", intruders[i].name);
        assert_answer(intruders[i].answer);
        tell(SECOND_12);
        assert_int_equal(answer.bytes[1] == SPDM_ERROR && answer.bytes[2] == 0x0F,
                         intruders[i].survives);
        pair_stop(&p);
    }
}

static const struct {
    const char *name, *message, *answer;
} first_chunks[] = {
    {"seq 1", SECOND_12, "120501050100127f0100"},
    {"last at once",
     "12850105000000001a0000002c000000"
     "12e303002c000002100000000100000000000000000000000000",
     "120501050000127f0100"},
    {"42 bytes in all",
     "12850005000000001a0000002a000000"
     "12e303002c000002100000000100000000000000000000000000",
     "120501050000127f0100"},
    {"0 bytes in all",
     "12850005000000001a00000000000000"
     "12e303002c000002100000000100000000000000000000000000",
     "120501050000127f0100"},
    {"513 bytes in all",
     "12850005000000001a00000001020000"
     "12e303002c000002100000000100000000000000000000000000",
     "120501050000127f0e00"},
    {"wrapped",
     "12850005000000001a000000ffffffff"
     "12e303002c000002100000000100000000000000000000000000",
     "120501050000127f0e00"},
    {"25 bytes",
     "1285000500000000190000002c000000"
     "12e303002c0000021000000001000000000000000000000000",
     "120501050000127f0100"},
    {"longer than a transfer",
     "1285000500000000200000002c000000"
     "12e303002c0000021000000001000000000000000000000000000000000000000000",
     "127f0e00"},
};

static void first_chunk(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof first_chunks / sizeof first_chunks[0]; i++) {
        begin(0x12, CAPABILITIES_12);
        print_message("%s\n", first_chunks[i].name);
        tell(first_chunks[i].message);
        assert_answer(first_chunks[i].answer);
        tell(FIRST_12);
        assert_answer("120500050000");
        pair_stop(&p);
    }
}

/* A request of 43 bytes with this code, that must not be a large one. */
static void never_large(void **state)
{
    (void)state;
    static const uint8_t codes[] = {0x84, 0xE1, 0x85, 0x86, 0x05};
    for (size_t i = 0; i < sizeof codes; i++) {
        uint8_t first[42] = {0x12, 0x85, 0, 5,  0, 0, 0, 0,    26,
                             0,    0,    0, 43, 0, 0, 0, 0x12, codes[i]};
        begin(0x12, CAPABILITIES_12);
        (void)pair_tell(&p, first, sizeof first, false, &answer);
        assert_answer("120500050000");
        tell("1285010501000000110000000000000000000000000000000000000000");
        assert_int_equal(answer.bytes[1], SPDM_CHUNK_SEND_ACK);
        assert_int_equal(answer.bytes[2], 0); /* not early */
        assert_int_equal(answer.bytes[7], SPDM_ERROR);
        pair_stop(&p);
    }
}

static void in_the_middle_of_a_response(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"128600010000", /* the first again: a retry */
         "12060001000000001a000000300000001263030030000002000000001000000001000000000000000000"},
        {"128600010200", "127f0100"},
        {"128600020100", "127f0100"},
        {"1286000101", "127f0100"},
        {"12860001010000", "127f0100"},
        {"12810000", "127f0400"},
        {FIRST_12, "127f0400"},
        {"12ff8100", "127f0400"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        begin(0x12, CAPABILITIES_12);
        tell(FIRST_12);
        tell(SECOND_12);
        tell("128600010000");
        assert_int_equal(answer.bytes[1], SPDM_CHUNK_RESPONSE);
        tell(wrong[i][0]);
        assert_answer(wrong[i][1]);
        tell("128600010100"); /* goes on */
        assert_answer("12060101010000001600000000000000000000000000022008000320010005200100");
        pair_stop(&p);
    }
    begin(0x12, CAPABILITIES_12);
    tell(FIRST_12);
    tell(SECOND_12);
    tell("10840000");
    assert_answer("1004000000010012");
    tell("128600010000");
    assert_answer("107f0400");
    pair_stop(&p);
}

static void without_the_capability(void **state)
{
    (void)state;
    begin(0x12, "12e1000000000000c02200002a0000002a000000");
    tell(FIRST_12);
    assert_answer("127f0785");
    tell("128600010000");
    assert_answer("127f0786");
    tell(
        "12e303002c0000021000000001000000000000000000000000000000000000000220080003200100052001"); /* 43 */
    pair_stop(&p);

    begin(0x12, "12e1000000000000c02202002a0000002f000000"); /* takes 47, ALGORITHMS has 48 */
    tell(FIRST_12);
    tell(SECOND_12);
    assert_answer("120500050100127f0d0030000000");
    pair_stop(&p);
}

/* ---- the requester against lies ------------------------------------------------------------- */

static struct lie {
    uint8_t code;  /* of the message that is changed, in clear */
    unsigned skip; /* of its kind                              */
    size_t at;
    uint8_t value;
    int copies;
} lie;

static unsigned tell_lie(void *user, struct pair *pair, unsigned index, bool to_responder,
                         struct pair_message *m)
{
    (void)user;
    (void)pair;
    (void)index;
    if (to_responder || m->secured || m->bytes[1] != lie.code || lie.code == 0)
        return 1;
    if (lie.skip) {
        lie.skip--;
        return 1;
    }
    lie.code = 0;
    if (lie.copies >= 0)
        return (unsigned)lie.copies;
    m->bytes[lie.at] = lie.value;
    return 1;
}

static void lies(void **state)
{
    (void)state;
    static const struct lie all[] = {
        {SPDM_CHUNK_RESPONSE, 0, 3, 9, -1},    {SPDM_CHUNK_RESPONSE, 0, 4, 1, -1},
        {SPDM_CHUNK_RESPONSE, 1, 4, 2, -1},    {SPDM_CHUNK_RESPONSE, 0, 2, 1, -1},
        {SPDM_CHUNK_RESPONSE, 1, 2, 0, -1},    {SPDM_CHUNK_RESPONSE, 0, 8, 0, -1},
        {SPDM_CHUNK_RESPONSE, 0, 8, 25, -1},   {SPDM_CHUNK_RESPONSE, 0, 8, 27, -1},
        {SPDM_CHUNK_RESPONSE, 0, 11, 255, -1}, {SPDM_CHUNK_RESPONSE, 0, 12, 20, -1},
        {SPDM_CHUNK_RESPONSE, 0, 14, 1, -1},   {SPDM_CHUNK_RESPONSE, 0, 15, 255, -1},
        {SPDM_CHUNK_RESPONSE, 0, 17, 4, -1},   {SPDM_CHUNK_RESPONSE, 0, 17, 0x7F, -1},
        {SPDM_CHUNK_RESPONSE, 0, 0, 0x13, -1}, {SPDM_CHUNK_RESPONSE, 0, 1, 0x63, -1},
        {SPDM_CHUNK_SEND_ACK, 0, 3, 9, -1},    {SPDM_CHUNK_SEND_ACK, 0, 4, 9, -1},
        {SPDM_CHUNK_SEND_ACK, 0, 2, 1, -1},    {SPDM_CHUNK_SEND_ACK, 0, 1, 0x63, -1},
        {SPDM_CHUNK_SEND_ACK, 0, 0, 0x14, -1}, {SPDM_ERROR, 0, 4, 9, -1},
        {SPDM_CHUNK_RESPONSE, 0, 0, 0, 0},     {SPDM_CHUNK_RESPONSE, 0, 0, 0, 2},
        {SPDM_CHUNK_SEND_ACK, 0, 0, 0, 0},     {SPDM_CHUNK_SEND_ACK, 0, 0, 0, 2},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        prepare(0x12, 42, 42);
        p.hook = tell_lie;
        lie = all[i];
        pair_start(&p);
        camseal_status status = pair_connect(&p);
        assert_int_equal(lie.code, 0);
        if (status == CAMSEAL_OK)
            fail_msg("lie %zu is believed", i);
        assert_non_null(camseal_spdm_requester_failure(p.req)->detail);
        p.head = p.tail; /* what is still on the link */
        lie.code = 0;
        assert_status(pair_connect(&p), CAMSEAL_OK); /* a new start heals */
        pair_stop(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_transfer_size),
        cmocka_unit_test(unequal_sizes),
        cmocka_unit_test(as_before_without_a_size),
        cmocka_unit_test(with_everything_else),
        cmocka_unit_test(sizes),
        cmocka_unit_test(refused_by_policy),
        cmocka_unit_test(negotiated_in_chunks),
        cmocka_unit_test(in_the_middle_of_a_request),
        cmocka_unit_test(first_chunk),
        cmocka_unit_test(never_large),
        cmocka_unit_test(in_the_middle_of_a_response),
        cmocka_unit_test(without_the_capability),
        cmocka_unit_test(lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
