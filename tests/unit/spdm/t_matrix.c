/* Our two engines with each other, real cryptography: every version, algorithm, kind of handshake
 * and key update; and what policy refuses. */
#include "test.h"

#include "spdm_pair.h"
#include "test_pki.h"

static struct pair p;
static struct test_pki pki;
static camseal_spdm_identity id;

static void begin(enum test_pki_alg alg, const camseal_spdm_binding *binding)
{
    test_pki_make(&pki, alg, TEST_PKI_GOOD);
    memset(&id, 0, sizeof id);
    id.chain = pki.chain;
    id.sign = pki.sign;
    id.key = pki.key;
    pair_config(&p, camseal_openssl(), binding, pki.root, &id, 1);
    p.req_config.challenge = true;
    p.rsp_config.heartbeat_s = 10;
}

static void end(void)
{
    pair_stop(&p);
    test_pki_free(&pki);
}

static void check_echo(uint8_t session)
{
    uint8_t room[64];
    camseal_buf response = {room, sizeof room, 0};
    assert_status(pair_vendor(&p, session, camseal_span_of((const uint8_t *)"hello", 5), &response),
                  CAMSEAL_OK);
    assert_int_equal(response.len, 11);
    assert_memory_equal(room, "echo: hello", 11);
}

static camseal_status update(uint8_t session, bool all)
{
    camseal_status status = camseal_spdm_begin_key_update(p.req, session, all);
    return status == CAMSEAL_OK ? pair_run(&p) : status;
}

/* Connect, session, everything in it, twice. */
static void whole_flow(void)
{
    uint8_t session;
    pair_start(&p);
    camseal_status status = pair_connect(&p);
    if (status != CAMSEAL_OK)
        print_error("%s: %s\n", camseal_spdm_requester_failure(p.req)->message,
                    camseal_spdm_requester_failure(p.req)->detail);
    assert_status(status, CAMSEAL_OK);
    for (unsigned round = 0; round < 2; round++) {
        assert_status(pair_session(&p, &session), CAMSEAL_OK);
        check_echo(session);
        assert_status(pair_heartbeat(&p, session), CAMSEAL_OK);
        assert_status(update(session, true), CAMSEAL_OK);
        check_echo(session);
        assert_status(update(session, false), CAMSEAL_OK);
        assert_status(update(session, true), CAMSEAL_OK);
        check_echo(session);
        assert_status(pair_end(&p, session), CAMSEAL_OK);
    }
}

static const uint8_t versions[] = {CAMSEAL_SPDM_1_2, CAMSEAL_SPDM_1_3, CAMSEAL_SPDM_1_4};
static const camseal_spdm_binding *const bindings[] = {
    &camseal_spdm_binding_tcp, &camseal_spdm_binding_mctp, &camseal_spdm_binding_doe};

static void versions_handshakes_bindings(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3 * 2 * 3; i++) {
        begin(TEST_PKI_P256, bindings[i % 3]);
        p.policy.min_version = p.policy.max_version = versions[i / 6];
        bool clear = i / 3 % 2 != 0;
        p.policy.clear_handshake = clear ? CAMSEAL_SPDM_REQUIRE : CAMSEAL_SPDM_REFUSE;
        whole_flow();
        const camseal_spdm_info *info = camseal_spdm_requester_info(p.req);
        assert_int_equal(info->version, versions[i / 6]);
        assert_int_equal(info->clear_handshake, clear);
        camseal_spdm_info seen;
        camseal_spdm_responder_info(p.rsp, &seen);
        assert_int_equal(seen.version, info->version);
        assert_int_equal(seen.kex, info->kex);
        end();
    }
}

static void highest_common_version(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        camseal_spdm_policy own = {.max_version = versions[i % 3]};
        begin(TEST_PKI_P256, &camseal_spdm_binding_mctp);
        p.policy.max_version = versions[i / 3];
        p.req_config.policy = &own;
        pair_start(&p);
        assert_status(pair_connect(&p), CAMSEAL_OK);
        assert_int_equal(camseal_spdm_requester_info(p.req)->version,
                         versions[i % 3 < i / 3 ? i % 3 : i / 3]);
        end();
    }
}

/* Each algorithm once, with others around it that make no set. */
static const struct {
    enum test_pki_alg key;
    camseal_sign_id sign;
    camseal_hash_id hash;
    camseal_kex_id kex;
    camseal_aead_id aead;
} mixtures[] = {
    {TEST_PKI_P256, CAMSEAL_SIGN_ECDSA_P256, CAMSEAL_HASH_SHA512, CAMSEAL_KEX_SECP521R1,
     CAMSEAL_AEAD_CHACHA20_POLY1305},
    {TEST_PKI_P384, CAMSEAL_SIGN_ECDSA_P384, CAMSEAL_HASH_SHA256, CAMSEAL_KEX_SECP384R1,
     CAMSEAL_AEAD_AES_128_GCM},
    {TEST_PKI_P521, CAMSEAL_SIGN_ECDSA_P521, CAMSEAL_HASH_SHA384, CAMSEAL_KEX_SECP256R1,
     CAMSEAL_AEAD_AES_256_GCM},
    {TEST_PKI_ED25519, CAMSEAL_SIGN_ED25519, CAMSEAL_HASH_SHA512, CAMSEAL_KEX_SECP256R1,
     CAMSEAL_AEAD_CHACHA20_POLY1305},
    {TEST_PKI_RSA3072, CAMSEAL_SIGN_RSAPSS_3072, CAMSEAL_HASH_SHA256, CAMSEAL_KEX_FFDHE2048,
     CAMSEAL_AEAD_AES_128_GCM},
    {TEST_PKI_RSA3072, CAMSEAL_SIGN_RSASSA_3072, CAMSEAL_HASH_SHA384, CAMSEAL_KEX_FFDHE3072,
     CAMSEAL_AEAD_AES_256_GCM},
};

static void algorithms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mixtures / sizeof mixtures[0]; i++) {
        begin(mixtures[i].key, &camseal_spdm_binding_mctp);
        p.policy.max_version = versions[i % 3];
        p.policy.sign.allowed = CAMSEAL_SPDM_BIT(mixtures[i].sign);
        p.policy.hash.allowed = CAMSEAL_SPDM_BIT(mixtures[i].hash);
        p.policy.kex.allowed = CAMSEAL_SPDM_BIT(mixtures[i].kex);
        p.policy.aead.allowed = CAMSEAL_SPDM_BIT(mixtures[i].aead);
        whole_flow();
        const camseal_spdm_info *info = camseal_spdm_requester_info(p.req);
        assert_int_equal(info->sign, mixtures[i].sign);
        assert_int_equal(info->hash, mixtures[i].hash);
        assert_int_equal(info->kex, mixtures[i].kex);
        assert_int_equal(info->aead, mixtures[i].aead);
        assert_int_equal(info->set, 0);
        assert_non_null(info->sign_name);
        end();
    }
}

static void preference_of_the_responder(void **state)
{
    (void)state;
    static const uint8_t aeads[] = {CAMSEAL_AEAD_AES_128_GCM, 0};
    static const uint8_t kexes[] = {CAMSEAL_KEX_FFDHE2048, CAMSEAL_KEX_SECP256R1, 0};
    begin(TEST_PKI_P256, &camseal_spdm_binding_mctp);
    camseal_spdm_policy open = {.max_version = CAMSEAL_SPDM_1_3,
                                .kex = {.allowed = CAMSEAL_SPDM_BIT(CAMSEAL_KEX_SECP256R1) |
                                                   CAMSEAL_SPDM_BIT(CAMSEAL_KEX_SECP384R1)}};
    p.req_config.policy = &open;
    p.policy.aead.prefer = aeads;
    p.policy.kex.prefer = kexes;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    const camseal_spdm_info *info = camseal_spdm_requester_info(p.req);
    assert_int_equal(info->aead, CAMSEAL_AEAD_AES_128_GCM);
    assert_int_equal(info->kex, CAMSEAL_KEX_SECP256R1);
    assert_int_equal(info->hash, CAMSEAL_HASH_SHA384); /* the strongest */
    end();
}

/* ---- secured messages ----------------------------------------------------------------------- */

static void secured_message_versions(void **state)
{
    (void)state;
    static const struct {
        uint8_t least, most, least2, most2, version;
    } cases[] = {
        {0, 0, 0, 0, 0x12},
        {0x10, 0x10, 0x10, 0x13, 0x10},
        {0x11, 0x13, 0x10, 0x12, 0x12},
        {0x13, 0x13, 0x11, 0x13, 0x13},
        {0x13, 0x13, 0x10, 0x12, 0},
        {0x10, 0x11, 0x12, 0x13, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t session;
        camseal_spdm_policy own = {.min_sm = cases[i].least, .max_sm = cases[i].most};
        begin(TEST_PKI_P256, &camseal_spdm_binding_mctp);
        p.req_config.policy = &own;
        p.policy.max_version = CAMSEAL_SPDM_1_4;
        p.policy.min_sm = cases[i].least2;
        p.policy.max_sm = cases[i].most2;
        pair_start(&p);
        assert_status(pair_connect(&p), CAMSEAL_OK);
        assert_status(pair_session(&p, &session),
                      cases[i].version ? CAMSEAL_OK : CAMSEAL_E_PEER_ERROR);
        assert_int_equal(camseal_spdm_requester_info(p.req)->sm_version, cases[i].version);
        if (cases[i].version)
            check_echo(session);
        end();
    }
}

/* Four records under one key, then it is used up; a new one goes on. */
static void aead_limit(void **state)
{
    (void)state;
    uint8_t session, room[64];
    camseal_buf response = {room, sizeof room, 0};
    camseal_spdm_policy own = {.max_sm = CAMSEAL_SPDM_SM_1_3, .aead_limit = 2};
    begin(TEST_PKI_P256, &camseal_spdm_binding_mctp);
    p.req_config.policy = &own;
    p.policy.max_sm = CAMSEAL_SPDM_SM_1_3;
    p.policy.aead_limit = 30;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    assert_int_equal(camseal_spdm_requester_info(p.req)->aead_limit, 2);
    for (unsigned i = 0; i < 3; i++)
        check_echo(session);
    assert_status(update(session, true), CAMSEAL_OK);
    check_echo(session);
    check_echo(session);
    /* The responder's key is used up: it says nothing more, and the session is over. */
    assert_status(pair_vendor(&p, session, camseal_span_of(NULL, 0), &response), CAMSEAL_E_TIMEOUT);
    assert_status(pair_heartbeat(&p, session), CAMSEAL_E_STATE);
    end();
}

/* ---- refusals ------------------------------------------------------------------------------- */

static void refused(const camseal_spdm_policy *requester, const camseal_spdm_policy *responder,
                    camseal_status expected, const char *detail)
{
    begin(TEST_PKI_P256, &camseal_spdm_binding_mctp);
    p.req_config.policy = requester;
    p.rsp_config.policy = responder;
    pair_start(&p);
    assert_status(pair_connect(&p), expected);
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(p.req);
    if (!strstr(f->detail, detail))
        fail_msg("%s, not %s", f->detail, detail);
    end();
}

static void policies_that_do_not_meet(void **state)
{
    (void)state;
    const camseal_spdm_policy none = {.max_version = 0}, old = {.max_version = CAMSEAL_SPDM_1_2},
                              new = {.min_version = CAMSEAL_SPDM_1_4},
                              clear = {.clear_handshake = CAMSEAL_SPDM_REQUIRE},
                              measured = {.measurements = CAMSEAL_SPDM_REQUIRE},
                              keys = {.multi_key = CAMSEAL_SPDM_REQUIRE},
                              sha512 = {.hash = {.allowed = CAMSEAL_SPDM_BIT(CAMSEAL_HASH_SHA512)}},
                              sha256 = {.hash = {.allowed = CAMSEAL_SPDM_BIT(CAMSEAL_HASH_SHA256)}};
    refused(&new, &old, CAMSEAL_E_VERSION, "VERSION has no entry");
    refused(&old, &new, CAMSEAL_E_VERSION, "VERSION has no entry");
    refused(&clear, &none, CAMSEAL_E_POLICY, "HANDSHAKE_IN_THE_CLEAR");
    refused(&none, &clear, CAMSEAL_E_PEER_ERROR, "InvalidRequest");
    refused(&measured, &none, CAMSEAL_E_POLICY, "MEAS_CAP");
    refused(&keys, &none, CAMSEAL_E_POLICY, "MULTI_KEY");
    refused(&sha512, &sha256, CAMSEAL_E_PEER_ERROR, "InvalidRequest");
}

static void policies_that_are_none(void **state)
{
    (void)state;
    static const camseal_spdm_policy bad[] = {
        {.min_version = 0x11},
        {.max_version = 0x15},
        {.min_version = 0x14, .max_version = 0x13},
        {.min_sm = 0x0F},
        {.max_sm = 0x14},
        {.min_sm = 0x13, .max_sm = 0x12},
        {.aead_limit = 65},
        {.mutual = 4},
        {.clear_handshake = 9},
        {.hash = {.allowed = 1}},
        {.sign = {.allowed = 1u << 30}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        begin(TEST_PKI_P256, &camseal_spdm_binding_mctp);
        p.req_config.policy = &bad[i];
        p.rsp_config.policy = &bad[i];
        assert_int_equal(camseal_spdm_requester_size(&p.req_config), 0);
        assert_int_equal(camseal_spdm_responder_size(&p.rsp_config), 0);
        test_pki_free(&pki);
    }
}

/* ---- several keys --------------------------------------------------------------------------- */

/* Two slots with different algorithms, and one with two. */
static void slots(void **state)
{
    (void)state;
    struct test_pki other;
    begin(TEST_PKI_P256, &camseal_spdm_binding_mctp);
    test_pki_make(&other, TEST_PKI_P384, TEST_PKI_GOOD);
    const camseal_spdm_identity all[] = {
        {.chain = pki.chain, .sign = pki.sign, .key = pki.key, .slot = 0},
        {.chain = other.chain, .sign = other.sign, .key = other.key, .slot = 0},
        {.chain = other.chain, .sign = other.sign, .key = other.key, .slot = 5},
    };
    const camseal_span anchors[] = {pki.root, other.root};
    static const struct {
        camseal_sign_id sign;
        uint8_t slot, mask;
        camseal_status status;
    } cases[] = {
        {CAMSEAL_SIGN_ECDSA_P256, 0, 0x01, CAMSEAL_OK},
        {CAMSEAL_SIGN_ECDSA_P384, 0, 0x21, CAMSEAL_OK},
        {CAMSEAL_SIGN_ECDSA_P384, 5, 0x21, CAMSEAL_OK},
        {CAMSEAL_SIGN_ECDSA_P256, 5, 0x01, CAMSEAL_E_NOT_FOUND},
    };
    p.rsp_config.identities = all;
    p.rsp_config.n_identities = 3;
    p.req_config.anchors = anchors;
    p.req_config.n_anchors = 2;
    p.policy.max_version = CAMSEAL_SPDM_1_4;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t session;
        p.policy.sign.allowed = CAMSEAL_SPDM_BIT(cases[i].sign);
        p.req_config.slot = cases[i].slot;
        pair_start(&p);
        assert_status(pair_connect(&p), cases[i].status);
        if (cases[i].status == CAMSEAL_OK) {
            assert_int_equal(camseal_spdm_requester_info(p.req)->provisioned_slots, cases[i].mask);
            assert_status(pair_session(&p, &session), CAMSEAL_OK);
            check_echo(session);
        }
        pair_stop(&p);
    }
    test_pki_free(&other);
    test_pki_free(&pki);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_handshakes_bindings),
        cmocka_unit_test(highest_common_version),
        cmocka_unit_test(algorithms),
        cmocka_unit_test(preference_of_the_responder),
        cmocka_unit_test(secured_message_versions),
        cmocka_unit_test(aead_limit),
        cmocka_unit_test(policies_that_do_not_meet),
        cmocka_unit_test(policies_that_are_none),
        cmocka_unit_test(slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
