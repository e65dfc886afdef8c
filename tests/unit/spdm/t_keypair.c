/* Key pair information, both engines in memory: what is told, every rule of a change, who refuses
 * it.
 */
#include "test.h"

#include "keypair_rig.h"

#include "spdm/msg/msg.h"

/* ---- both engines -----------------------------------------------------------------------------
 */

static void expect_same(const camseal_spdm_key_pair *want, uint8_t version)
{
    assert_int_equal(seen.capabilities, want->capabilities);
    assert_int_equal(seen.usages, want->usages);
    assert_int_equal(seen.usage, want->usage);
    assert_int_equal(seen.algorithms, want->algorithms);
    assert_int_equal(seen.algorithm, want->algorithm);
    assert_int_equal(seen.pqc_algorithms, version >= 0x14 ? want->pqc_algorithms : 0);
    assert_int_equal(seen.pqc_algorithm, version >= 0x14 ? want->pqc_algorithm : 0);
    assert_int_equal(seen.slots, want->slots);
    assert_int_equal(seen.public_key_info.len, want->public_key_info.len);
    if (want->public_key_info.len)
        assert_memory_equal(seen.public_key_info.data, want->public_key_info.data,
                            want->public_key_info.len);
}

/* Post-quantum keys cannot be told before 1.4. */
static bool tellable(uint8_t version, unsigned n)
{
    return version >= 0x14 || n != 4;
}

static void every_pair_in_and_out_of_a_session(void **state)
{
    (void)state;
    for (uint8_t version = 0x13; version <= 0x14; version++) {
        uint8_t session;
        begin(version);
        for (uint8_t n = 1; n <= PAIRS; n++) {
            if (!tellable(version, n))
                continue;
            assert_status(ask(OUTSIDE, n), CAMSEAL_OK);
            assert_int_equal(seen_total, PAIRS);
            expect_same(&app.table[n - 1], version);
        }
        assert_status(pair_session(&p, &session), CAMSEAL_OK);
        app.pending_gets = 3;
        assert_status(ask(session, 2), CAMSEAL_OK);
        expect_same(&app.table[1], version);
        assert_int_equal(app.pending_gets, 0);
        assert_status(ask(session, PAIRS + 1), CAMSEAL_E_PEER_ERROR);
        assert_int_equal(peer_error(), SPDM_ERR_INVALID_REQUEST);
        app.get_fails = CAMSEAL_E_IO;
        assert_status(ask(session, 2), CAMSEAL_E_PEER_ERROR);
        assert_int_equal(peer_error(), SPDM_ERR_UNSPECIFIED);
        app.get_fails = CAMSEAL_OK;
        assert_status(ask(session, 2), CAMSEAL_OK); /* the session is intact */
        pair_stop(&p);
    }
}

/* What the application is told, given what is asked for. */
static const struct {
    const char *name;
    uint8_t version;
    camseal_spdm_key_change asked, told;
} good[] = {
    {"usage", 0x13, {.id = 2, .usage = 5}, {.id = 2, .usage = 5, .algorithm = 0x10}},
    {"slots",
     0x13,
     {.id = 2, .slots = 0x86},
     {.id = 2, .usage = 2, .algorithm = 0x10, .slots = 0x86}},
    {"same algorithm",
     0x13,
     {.id = 2, .algorithm = 0x10},
     {.id = 2, .usage = 2, .algorithm = 0x10}},
    {"algorithm of no key", 0x13, {.id = 3, .algorithm = 8}, {.id = 3, .usage = 2, .algorithm = 8}},
    {"PQC of no key",
     0x14,
     {.id = 3, .pqc_algorithm = 2},
     {.id = 3, .usage = 2, .pqc_algorithm = 2}},
    {"no slots any more", 0x14, {.id = 4}, {.id = 4, .usage = 2, .pqc_algorithm = 2}},
    {"generate",
     0x13,
     {.operation = 2, .id = 3, .algorithm = 8, .usage = 1, .slots = 8},
     {.operation = 2, .id = 3, .algorithm = 8, .usage = 1, .slots = 8}},
    {"generate again",
     0x14,
     {.operation = 2, .id = 2, .pqc_algorithm = 2},
     {.operation = 2, .id = 2, .usage = 2, .pqc_algorithm = 2}},
    {"erase", 0x13, {.operation = 1, .id = 2, .usage = 7, .slots = 1}, {.operation = 1, .id = 2}},
    {"nothing, fixed", 0x13, {.id = 1}, {.id = 1, .usage = 2, .algorithm = 0x10, .slots = 1}},
};

static void changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        for (unsigned inside = 0; inside < 2; inside++) {
            camseal_spdm_key_change asked = good[i].asked, told = good[i].told;
            begin(good[i].version);
            asked.session = OUTSIDE;
            if (inside)
                assert_status(pair_session(&p, &asked.session), CAMSEAL_OK);
            told.session = asked.session;
            app.pending_sets = inside;
            print_message("%s%s\n", good[i].name, inside ? ", in a session, slow" : "");
            assert_status(change(&asked), CAMSEAL_OK);
            assert_int_equal(app.sets, 1);
            assert_memory_equal(&app.done, &told, sizeof told);
            pair_stop(&p);
            assert_int_equal(app.abandoned, 0);
        }
    }
}

/* What is refused, by whom: which ERROR, and the application did nothing. */
static const struct {
    const char *name;
    uint8_t version;
    camseal_spdm_key_change asked;
    uint8_t error;
} bad[] = {
    {"no such pair", 0x13, {.id = PAIRS + 1}, SPDM_ERR_INVALID_REQUEST},
    {"generate, fixed", 0x13, {.operation = 2, .id = 1}, SPDM_ERR_INVALID_REQUEST},
    {"erase, fixed", 0x13, {.operation = 1, .id = 1}, SPDM_ERR_INVALID_REQUEST},
    {"slots, fixed", 0x13, {.id = 1, .slots = 2}, SPDM_ERR_INVALID_REQUEST},
    {"usage, fixed", 0x13, {.id = 5, .usage = 2}, SPDM_ERR_INVALID_REQUEST},
    {"algorithm, fixed", 0x13, {.id = 5, .algorithm = 0x10}, SPDM_ERR_INVALID_REQUEST},
    {"PQC, fixed", 0x14, {.id = 5, .pqc_algorithm = 2}, SPDM_ERR_INVALID_REQUEST},
    {"unknown usage", 0x13, {.id = 2, .usage = 0x10}, SPDM_ERR_INVALID_REQUEST},
    {"impossible usage", 0x13, {.id = 2, .usage = 0x4001}, SPDM_ERR_INVALID_REQUEST},
    {"impossible algorithm", 0x13, {.id = 3, .algorithm = 0x20}, SPDM_ERR_INVALID_REQUEST},
    {"impossible PQC", 0x14, {.id = 3, .pqc_algorithm = 4}, SPDM_ERR_INVALID_REQUEST},
    {"two slots unshared", 0x13, {.id = 3, .slots = 0x18}, SPDM_ERR_INVALID_REQUEST},
    {"other algorithm of a key", 0x13, {.id = 2, .algorithm = 8}, SPDM_ERR_INVALID_REQUEST},
    {"other kind for a key", 0x14, {.id = 2, .pqc_algorithm = 2}, SPDM_ERR_INVALID_REQUEST},
    {"erase in a slot", 0x14, {.operation = 1, .id = 4}, SPDM_ERR_OPERATION_FAILED},
    {"generate in a slot", 0x14, {.operation = 2, .id = 4}, SPDM_ERR_OPERATION_FAILED},
    {"generate no algorithm", 0x13, {.operation = 2, .id = 3}, SPDM_ERR_OPERATION_FAILED},
    {"another's slot", 0x13, {.id = 2, .slots = 1}, SPDM_ERR_OPERATION_FAILED},
    {"another's slot, PQC",
     0x14,
     {.operation = 2, .id = 3, .pqc_algorithm = 2, .slots = 4},
     SPDM_ERR_OPERATION_FAILED},
};

static void refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        camseal_spdm_key_change asked = bad[i].asked;
        begin(bad[i].version);
        assert_status(pair_session(&p, &asked.session), CAMSEAL_OK);
        camseal_status status = change(&asked);
        print_message("%s: error %02x\n", bad[i].name, peer_error());
        assert_status(status, CAMSEAL_E_PEER_ERROR);
        assert_int_equal(peer_error(), bad[i].error);
        assert_int_equal(app.sets, 0);
        assert_int_equal(app.authorised.id, 0); /* no rule is left to the owner */
        assert_status(ask(asked.session, 1), CAMSEAL_OK);
        pair_stop(&p);
    }
}

static void owner_and_failures(void **state)
{
    (void)state;
    camseal_spdm_key_change c = {.session = OUTSIDE, .id = 2, .usage = 4};
    begin(0x14);
    app.authorise_fails = CAMSEAL_E_OWNER;
    assert_status(change(&c), CAMSEAL_E_PEER_ERROR);
    assert_int_equal(peer_error(), SPDM_ERR_INVALID_POLICY);
    app.authorise_fails = CAMSEAL_PENDING; /* only OK is consent */
    assert_status(change(&c), CAMSEAL_E_PEER_ERROR);
    assert_int_equal(peer_error(), SPDM_ERR_INVALID_POLICY);
    app.authorise_fails = CAMSEAL_OK;
    app.set_fails = CAMSEAL_E_SIGNATURE; /* never looks like a broken session */
    assert_status(change(&c), CAMSEAL_E_PEER_ERROR);
    assert_int_equal(peer_error(), SPDM_ERR_OPERATION_FAILED);
    app.set_fails = CAMSEAL_OK;
    app.reset = true; /* but it said that it would need none */
    assert_status(change(&c), CAMSEAL_OK);
    assert_int_equal(app.sets, 1);
    pair_stop(&p);
}

static void resets(void **state)
{
    (void)state;
    camseal_spdm_key_change c = {.session = OUTSIDE, .id = 2, .usage = 4};
    for (uint8_t version = 0x13; version <= 0x14; version++) {
        prepare(version);
        service.may_reset = true;
        app.reset = true;
        pair_start(&p);
        assert_status(pair_connect(&p), CAMSEAL_OK);
        uint32_t flags = camseal_spdm_requester_info(p.req)->peer_flags;
        assert_int_equal((flags & CAMSEAL_SPDM_CAP_KEY_PAIR_RESET) != 0, version >= 0x14);
        assert_status(change(&c), version >= 0x14 ? CAMSEAL_E_PEER_ERROR : CAMSEAL_OK);
        if (version >= 0x14)
            assert_int_equal(peer_error(), SPDM_ERR_RESET_REQUIRED);
        app.reset = false;
        assert_status(change(&c), CAMSEAL_OK);
        pair_stop(&p);
    }
}

/* Without consent there is no SET_KEY_PAIR_INFO, and no capability is told. */
static void default_is_refusal(void **state)
{
    (void)state;
    for (unsigned missing = 0; missing < 2; missing++) {
        camseal_spdm_key_change c = {.session = OUTSIDE, .id = 2, .usage = 4};
        prepare(0x13);
        if (missing)
            service.set = NULL;
        else
            service.authorise = NULL;
        pair_start(&p);
        assert_status(pair_connect(&p), CAMSEAL_OK);
        assert_status(ask(OUTSIDE, 2), CAMSEAL_OK);
        assert_int_equal(seen.capabilities, 0);
        assert_status(change(&c), CAMSEAL_E_NEGOTIATION);
        static struct pair_message answer;
        const uint8_t request[] = {0x13, 0xFD, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0};
        assert_int_equal(pair_tell(&p, request, sizeof request, false, &answer), 4);
        assert_int_equal(answer.bytes[2], SPDM_ERR_UNSUPPORTED);
        assert_int_equal(answer.bytes[3], 0xFD);
        pair_stop(&p);
    }
}

static void bad_configurations(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        prepare(0x13);
        if (i == 0)
            p.rsp_config.key_pairs = NULL;
        else if (i == 1)
            service.get = NULL;
        else
            service.total = 0;
        size_t size = camseal_spdm_responder_size(&p.rsp_config);
        void *mem = malloc(size);
        assert_status(camseal_spdm_responder_init(&p.rsp, mem, size, &p.rsp_config),
                      CAMSEAL_E_ARGUMENT);
        free(mem);
    }
}

static void arguments_and_versions(void **state)
{
    (void)state;
    camseal_spdm_key_pair out;
    camseal_buf der = {NULL, 0, 0};
    camseal_spdm_key_change c = {.session = OUTSIDE, .id = 2};
    begin(0x13);
    assert_status(camseal_spdm_begin_get_key_pair(p.req, OUTSIDE, 0, &out, &der, NULL),
                  CAMSEAL_E_ARGUMENT);
    assert_status(camseal_spdm_begin_get_key_pair(p.req, OUTSIDE, 1, NULL, &der, NULL),
                  CAMSEAL_E_ARGUMENT);
    assert_status(camseal_spdm_begin_get_key_pair(p.req, OUTSIDE, 1, &out, NULL, NULL),
                  CAMSEAL_E_ARGUMENT);
    assert_status(camseal_spdm_begin_get_key_pair(p.req, 0, 1, &out, &der, NULL), CAMSEAL_E_STATE);
    assert_status(camseal_spdm_begin_set_key_pair(p.req, NULL), CAMSEAL_E_ARGUMENT);
    const camseal_spdm_key_change wrong[] = {
        {.session = OUTSIDE, .id = 0},
        {.session = OUTSIDE, .id = 1, .operation = 3},
        {.session = OUTSIDE, .id = 1, .algorithm = 3},
        {.session = OUTSIDE, .id = 1, .pqc_algorithm = 3},
        {.session = OUTSIDE, .id = 1, .algorithm = 8, .pqc_algorithm = 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_status(camseal_spdm_begin_set_key_pair(p.req, &wrong[i]), CAMSEAL_E_ARGUMENT);
    c.pqc_algorithm = 1; /* 1.4 */
    assert_status(camseal_spdm_begin_set_key_pair(p.req, &c), CAMSEAL_E_NEGOTIATION);
    pair_stop(&p);
    begin(0x12);
    c.pqc_algorithm = 0;
    assert_status(camseal_spdm_begin_get_key_pair(p.req, OUTSIDE, 1, &out, &der, NULL),
                  CAMSEAL_E_NEGOTIATION);
    assert_status(camseal_spdm_begin_set_key_pair(p.req, &c), CAMSEAL_E_NEGOTIATION);
    pair_stop(&p);
}

/* The application is still at it when nobody waits for it any more. */
static void what_is_given_up_is_abandoned(void **state)
{
    (void)state;
    static const uint8_t get_version[] = {0x10, SPDM_GET_VERSION, 0, 0};
    static const uint8_t requests[][16] = {
        {0x13, SPDM_GET_KEY_PAIR_INFO, 0, 0, 2},
        {0x13, SPDM_SET_KEY_PAIR_INFO, 0, 0, 2, 0, 5},
    };
    static const size_t lens[] = {5, 13};
    static struct pair_message answer;
    for (unsigned i = 0; i < 4; i++) {
        begin(0x13);
        app.pending_gets = i % 2 ? 0 : 1000;
        app.pending_sets = 1000;
        camseal_step step = {.in = {requests[i % 2], lens[i % 2]},
                             .out = {answer.bytes, sizeof answer.bytes, 0},
                             .now_us = p.now_us};
        assert_status(camseal_spdm_responder_step(p.rsp, &step), CAMSEAL_OK);
        assert_int_equal(step.next, CAMSEAL_NEXT_WAIT);
        if (i < 2)
            assert_true(pair_tell(&p, get_version, sizeof get_version, false, &answer) > 4);
        assert_int_equal(app.abandoned, i < 2);
        pair_stop(&p);
        assert_int_equal(app.abandoned, 1);
        assert_int_equal(app.sets, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_in_and_out_of_a_session),
        cmocka_unit_test(changes),
        cmocka_unit_test(refusals),
        cmocka_unit_test(owner_and_failures),
        cmocka_unit_test(resets),
        cmocka_unit_test(default_is_refusal),
        cmocka_unit_test(bad_configurations),
        cmocka_unit_test(arguments_and_versions),
        cmocka_unit_test(what_is_given_up_is_abandoned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
