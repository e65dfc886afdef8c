/* Whole flows between our two engines, with real cryptography: both sets, both bindings, and what
 * must end them. */
#include "test.h"

#include "spdm_pair.h"
#include "test_pki.h"

static struct pair p;

static void fixture(struct test_pki *pki, camseal_spdm_identity *id, enum test_pki_alg alg,
                    unsigned flags)
{
    test_pki_make(pki, alg, flags);
    memset(id, 0, sizeof *id);
    id->chain = pki->chain;
    id->sign = pki->sign;
    id->key = pki->key;
}

static const uint8_t hello[] = "hello";

static void check_echo(uint8_t session)
{
    uint8_t room[64];
    camseal_buf response = {room, sizeof room, 0};
    assert_status(pair_vendor(&p, session, camseal_span_of(hello, 5), &response), CAMSEAL_OK);
    assert_int_equal(response.len, 11);
    assert_memory_equal(room, "echo: hello", 11);
}

static void whole_flow(enum test_pki_alg alg, const camseal_spdm_binding *binding, bool challenge,
                       uint32_t max_message)
{
    struct test_pki pki;
    camseal_spdm_identity id;
    uint8_t session;
    fixture(&pki, &id, alg, TEST_PKI_GOOD);
    pair_config(&p, camseal_openssl(), binding, pki.root, &id, 1);
    p.req_config.challenge = challenge;
    p.req_config.max_message = max_message;
    p.rsp_config.max_message = max_message;
    p.rsp_config.heartbeat_s = 5;
    p.req_config.pin = pki.pin;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    const camseal_spdm_info *info = camseal_spdm_requester_info(p.req);
    assert_int_equal(info->version, 0x12);
    assert_int_equal(info->sign, pki.sign);
    assert_int_equal(info->certificates, 3);
    assert_memory_equal(info->leaf_key_hash, pki.pin, 32);
    for (unsigned round = 0; round < 2; round++) {
        assert_status(pair_session(&p, &session), CAMSEAL_OK);
        assert_int_equal(info->heartbeat_s, 5);
        check_echo(session);
        assert_status(pair_heartbeat(&p, session), CAMSEAL_OK);
        check_echo(session);
        assert_status(pair_end(&p, session), CAMSEAL_OK);
        assert_status(pair_heartbeat(&p, session), CAMSEAL_E_STATE);
    }
    pair_stop(&p);
    test_pki_free(&pki);
}

static void p256_tcp(void **state)
{
    (void)state;
    whole_flow(TEST_PKI_P256, &camseal_spdm_binding_tcp, true, 0);
}

static void p384_tcp(void **state)
{
    (void)state;
    whole_flow(TEST_PKI_P384, &camseal_spdm_binding_tcp, true, 0);
}

static void p256_mctp(void **state)
{
    (void)state;
    whole_flow(TEST_PKI_P256, &camseal_spdm_binding_mctp, false, 0);
}

static void p384_mctp_chain_in_portions(void **state)
{
    (void)state;
    whole_flow(TEST_PKI_P384, &camseal_spdm_binding_mctp, true, 512);
}

static void chain_without_its_root(void **state)
{
    (void)state;
    struct test_pki pki;
    camseal_spdm_identity id;
    fixture(&pki, &id, TEST_PKI_P256, TEST_PKI_WITHOUT_ROOT);
    pair_config(&p, camseal_openssl(), &camseal_spdm_binding_tcp, pki.root, &id, 1);
    pair_start(&p);
    /* Our responder names its first certificate as root, which is legal only if that is one. */
    assert_status(pair_connect(&p), CAMSEAL_OK);
    pair_stop(&p);
    test_pki_free(&pki);
}

static void strongest_common_set_wins(void **state)
{
    (void)state;
    struct test_pki pki[2];
    camseal_spdm_identity ids[2];
    fixture(&pki[0], &ids[0], TEST_PKI_P256, TEST_PKI_GOOD);
    fixture(&pki[1], &ids[1], TEST_PKI_P384, TEST_PKI_GOOD);
    const camseal_span anchors[2] = {pki[0].root, pki[1].root};
    static const uint32_t offers[] = {CAMSEAL_SPDM_SET_P256, CAMSEAL_SPDM_SET_P384, 0};
    static const uint32_t expected[] = {CAMSEAL_SPDM_SET_P256, CAMSEAL_SPDM_SET_P384,
                                        CAMSEAL_SPDM_SET_P384};
    for (size_t i = 0; i < 3; i++) {
        pair_config(&p, camseal_openssl(), &camseal_spdm_binding_tcp, pki[0].root, ids, 2);
        p.req_config.anchors = anchors;
        p.req_config.n_anchors = 2;
        p.req_config.sets = offers[i];
        pair_start(&p);
        assert_status(pair_connect(&p), CAMSEAL_OK);
        assert_int_equal(camseal_spdm_requester_info(p.req)->set, expected[i]);
        pair_stop(&p);
    }
    test_pki_free(&pki[0]);
    test_pki_free(&pki[1]);
}

static void several_sessions(void **state)
{
    (void)state;
    struct test_pki pki;
    camseal_spdm_identity id;
    uint8_t s[4];
    fixture(&pki, &id, TEST_PKI_P256, TEST_PKI_GOOD);
    pair_config(&p, camseal_openssl(), &camseal_spdm_binding_tcp, pki.root, &id, 1);
    p.req_config.max_sessions = 4;
    p.rsp_config.max_sessions = 3;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    for (unsigned i = 0; i < 3; i++)
        assert_status(pair_session(&p, &s[i]), CAMSEAL_OK);
    assert_status(pair_session(&p, &s[3]), CAMSEAL_E_PEER_ERROR);
    assert_int_equal(camseal_spdm_requester_failure(p.req)->peer_error, 0x0A);
    check_echo(s[2]);
    check_echo(s[0]);
    assert_status(pair_end(&p, s[1]), CAMSEAL_OK);
    assert_status(pair_session(&p, &s[1]), CAMSEAL_OK);
    check_echo(s[1]);
    check_echo(s[2]);
    /* A new connection ends them all. */
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_end(&p, s[0]), CAMSEAL_E_STATE);
    pair_stop(&p);
    test_pki_free(&pki);
}

static void silence_ends_a_session(void **state)
{
    (void)state;
    struct test_pki pki;
    camseal_spdm_identity id;
    uint8_t s;
    fixture(&pki, &id, TEST_PKI_P256, TEST_PKI_GOOD);
    pair_config(&p, camseal_openssl(), &camseal_spdm_binding_tcp, pki.root, &id, 1);
    p.rsp_config.heartbeat_s = 1;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &s), CAMSEAL_OK);
    for (unsigned i = 0; i < 5; i++) {
        p.now_us += 1900000;
        assert_status(pair_heartbeat(&p, s), CAMSEAL_OK);
    }
    p.now_us += 2000000;
    assert_status(pair_heartbeat(&p, s), CAMSEAL_E_TIMEOUT);
    assert_status(pair_heartbeat(&p, s), CAMSEAL_E_STATE);
    pair_stop(&p);
    test_pki_free(&pki);
}

/* What the requester says of a chain that has something wrong. */
static const struct {
    const char *name;
    unsigned flags;
    camseal_time_mode time;
    camseal_status expected;
} chains[] = {
    {"good, full time", TEST_PKI_GOOD, CAMSEAL_TIME_FULL, CAMSEAL_OK},
    {"no EKU", TEST_PKI_NO_EKU, CAMSEAL_TIME_IGNORE, CAMSEAL_OK},
    {"no constraints", TEST_PKI_NO_CONSTRAINTS, CAMSEAL_TIME_IGNORE, CAMSEAL_OK},
    {"mutable", TEST_PKI_MUTABLE, CAMSEAL_TIME_IGNORE, CAMSEAL_OK},
    {"expired, time ignored", TEST_PKI_EXPIRED, CAMSEAL_TIME_IGNORE, CAMSEAL_OK},
    {"expired", TEST_PKI_EXPIRED, CAMSEAL_TIME_LOWER_BOUND, CAMSEAL_E_EXPIRED},
    {"not yet valid", TEST_PKI_NOT_YET_VALID, CAMSEAL_TIME_FULL, CAMSEAL_E_EXPIRED},
    {"requester's EKU", TEST_PKI_REQUESTER, CAMSEAL_TIME_IGNORE, CAMSEAL_E_CERTIFICATE},
    {"wrong EKU", TEST_PKI_WRONG_EKU, CAMSEAL_TIME_IGNORE, CAMSEAL_E_CERTIFICATE},
    {"CA leaf", TEST_PKI_CA_LEAF, CAMSEAL_TIME_IGNORE, CAMSEAL_E_CERTIFICATE},
    {"no key usage", TEST_PKI_NO_KEY_USAGE, CAMSEAL_TIME_IGNORE, CAMSEAL_E_CERTIFICATE},
    {"wrong key usage", TEST_PKI_WRONG_KEY_USAGE, CAMSEAL_TIME_IGNORE, CAMSEAL_E_CERTIFICATE},
    {"broken signature", TEST_PKI_BROKEN_SIGNATURE, CAMSEAL_TIME_IGNORE, CAMSEAL_E_CERTIFICATE},
    {"tampered", TEST_PKI_TAMPERED, CAMSEAL_TIME_IGNORE, CAMSEAL_E_CERTIFICATE},
    {"intermediate no CA", TEST_PKI_INTER_NOT_CA, CAMSEAL_TIME_IGNORE, CAMSEAL_E_CERTIFICATE},
    {"path too long", TEST_PKI_PATH_TOO_LONG, CAMSEAL_TIME_IGNORE, CAMSEAL_E_CERTIFICATE},
    {"other root", TEST_PKI_OTHER_ROOT, CAMSEAL_TIME_IGNORE, CAMSEAL_E_UNTRUSTED},
    {"other key", TEST_PKI_OTHER_KEY, CAMSEAL_TIME_IGNORE, CAMSEAL_E_SIGNATURE},
};

static void chains_with_a_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++) {
        struct test_pki pki;
        camseal_spdm_identity id;
        uint8_t session;
        fixture(&pki, &id, TEST_PKI_P256, chains[i].flags);
        pair_config(&p, camseal_openssl(), &camseal_spdm_binding_tcp, pki.root, &id, 1);
        p.req_config.time.mode = chains[i].time;
        p.req_config.time.seconds = TEST_PKI_NOW;
        pair_start(&p);
        camseal_status status = pair_connect(&p);
        if (status == CAMSEAL_OK)
            status = pair_session(&p, &session);
        if (status != chains[i].expected)
            print_message("case: %s (%s)\n", chains[i].name,
                          camseal_spdm_requester_failure(p.req)->detail);
        assert_status(status, chains[i].expected);
        if (status != CAMSEAL_OK) {
            assert_non_null(camseal_spdm_requester_failure(p.req)->detail);
            assert_status(camseal_spdm_requester_failure(p.req)->status, status);
        }
        pair_stop(&p);
        test_pki_free(&pki);
    }
}

static void wrong_pin(void **state)
{
    (void)state;
    struct test_pki pki;
    camseal_spdm_identity id;
    fixture(&pki, &id, TEST_PKI_P256, TEST_PKI_GOOD);
    for (unsigned bit = 0; bit < 256; bit += 37) {
        uint8_t pin[32], session;
        memcpy(pin, pki.pin, sizeof pin);
        pin[bit / 8] ^= (uint8_t)(1u << bit % 8);
        pair_config(&p, camseal_openssl(), &camseal_spdm_binding_tcp, pki.root, &id, 1);
        p.req_config.pin = pin;
        pair_start(&p);
        assert_status(pair_connect(&p), CAMSEAL_E_IDENTITY);
        assert_status(pair_session(&p, &session), CAMSEAL_E_STATE);
        pair_stop(&p);
    }
    test_pki_free(&pki);
}

static void configurations_that_are_refused(void **state)
{
    (void)state;
    struct test_pki pki;
    camseal_spdm_identity id;
    camseal_spdm_requester *req;
    camseal_spdm_responder *rsp;
    static uint64_t mem[8192];
    fixture(&pki, &id, TEST_PKI_P256, TEST_PKI_GOOD);
    pair_config(&p, camseal_openssl(), &camseal_spdm_binding_tcp, pki.root, &id, 1);
    camseal_spdm_requester_config good = p.req_config, c = good;
    c.n_anchors = 0;
    assert_status(camseal_spdm_requester_init(&req, mem, sizeof mem, &c), CAMSEAL_E_ARGUMENT);
    assert_null(req);
    c = good, c.struct_size--;
    assert_status(camseal_spdm_requester_init(&req, mem, sizeof mem, &c), CAMSEAL_E_ARGUMENT);
    c = good, c.sets = 4;
    assert_status(camseal_spdm_requester_init(&req, mem, sizeof mem, &c), CAMSEAL_E_ARGUMENT);
    c = good, c.slot = 8;
    assert_status(camseal_spdm_requester_init(&req, mem, sizeof mem, &c), CAMSEAL_E_ARGUMENT);
    c = good, c.max_message = 511;
    assert_status(camseal_spdm_requester_init(&req, mem, sizeof mem, &c), CAMSEAL_E_ARGUMENT);
    c = good;
    size_t need = camseal_spdm_requester_size(&c);
    assert_status(camseal_spdm_requester_init(&req, mem, need - 1, &c), CAMSEAL_E_MEMORY);
    assert_status(camseal_spdm_requester_init(&req, (uint8_t *)mem + 1, need, &c),
                  CAMSEAL_E_MEMORY);
    assert_status(camseal_spdm_requester_init(&req, mem, need, &c), CAMSEAL_OK);
    camseal_step step = {.out = {(uint8_t *)&step, 0, 0}};
    assert_status(camseal_spdm_requester_step(req, &step), CAMSEAL_E_STATE);
    assert_status(camseal_spdm_begin_heartbeat(req, 0), CAMSEAL_E_STATE);
    assert_status(camseal_spdm_begin_heartbeat(req, 1), CAMSEAL_E_ARGUMENT);
    camseal_spdm_requester_wipe(req);

    camseal_spdm_responder_config rgood = p.rsp_config, rc = rgood;
    rc.n_identities = 0;
    assert_status(camseal_spdm_responder_init(&rsp, mem, sizeof mem, &rc), CAMSEAL_E_ARGUMENT);
    rc = rgood, rc.sets = CAMSEAL_SPDM_SET_P384; /* no identity for it */
    assert_status(camseal_spdm_responder_init(&rsp, mem, sizeof mem, &rc), CAMSEAL_E_ARGUMENT);
    rc = rgood, rc.ct_exponent = 32;
    assert_status(camseal_spdm_responder_init(&rsp, mem, sizeof mem, &rc), CAMSEAL_E_ARGUMENT);
    rc = rgood;
    need = camseal_spdm_responder_size(&rc);
    assert_status(camseal_spdm_responder_init(&rsp, mem, need - 1, &rc), CAMSEAL_E_MEMORY);
    assert_status(camseal_spdm_responder_init(&rsp, mem, need, &rc), CAMSEAL_OK);
    camseal_spdm_responder_wipe(rsp);
    test_pki_free(&pki);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p256_tcp),
        cmocka_unit_test(p384_tcp),
        cmocka_unit_test(p256_mctp),
        cmocka_unit_test(p384_mctp_chain_in_portions),
        cmocka_unit_test(chain_without_its_root),
        cmocka_unit_test(strongest_common_set_wins),
        cmocka_unit_test(several_sessions),
        cmocka_unit_test(silence_ends_a_session),
        cmocka_unit_test(chains_with_a_fault),
        cmocka_unit_test(wrong_pin),
        cmocka_unit_test(configurations_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
