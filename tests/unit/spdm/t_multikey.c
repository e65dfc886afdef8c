/* Connections on which every slot has a key of its own: how they are negotiated, that each slot's
 * key signs and is used only for what DIGESTS says, what DIGESTS and CERTIFICATE may not say; and
 * requesters with several keys. */
#include "test.h"

#include "spdm_pair.h"
#include "test_pki.h"

#include "camseal/spdm_keypair.h"
#include "camseal/spdm_measurements.h"
#include "camseal/spdm_mutual.h"
#include "spdm/msg/msg.h"

enum { SLOTS = 3, OUTSIDE = 0xFF, DIGEST = 48, FOUR_USES = 0x0F };
static const uint8_t slots[SLOTS] = {0, 1, 5};

static struct pair p;
static struct test_pki pki[SLOTS], req_pki[2];
static camseal_spdm_identity ids[SLOTS], req_ids[2];
static camseal_span roots[SLOTS];
static camseal_spdm_policy req_policy, rsp_policy;
static camseal_spdm_answerer answerer;
static camseal_spdm_authenticator authenticator;
static uint8_t owner_saw[32];

static camseal_status get_pair(void *user, uint8_t id, camseal_spdm_key_pair *out)
{
    (void)user;
    out->usages = out->usage = FOUR_USES;
    out->slots = (uint8_t)(1u << slots[id - 1]);
    return camseal_spdm_describe_key(CAMSEAL_SIGN_ECDSA_P384, out);
}

static camseal_status ask_owner(void *user, const camseal_spdm_peer *peer)
{
    (void)user;
    memcpy(owner_saw, peer->leaf_key_hash, sizeof owner_saw);
    return CAMSEAL_OK;
}

static const camseal_spdm_key_pairs key_pairs = {.total = SLOTS, .get = get_pair};
static const camseal_spdm_feature *const features[] = {
    &camseal_spdm_key_pair_service, &camseal_spdm_measurements, &camseal_spdm_encapsulation};
static const uint8_t firmware[] = {0x76, 0x31};
static const camseal_spdm_measurement block = {
    .index = 1, .tcb = true, .value = {firmware, sizeof firmware}};
static const uint8_t device_class[] = {1, 0, 0, 0, 7, 0, 0, 1, 3, 0x12, 0x34, 0x56};
static const camseal_spdm_measurer measurer = {
    .blocks = &block, .n_blocks = 1, .endpoint_info = {device_class, sizeof device_class}};

/* The requester uses slot `slots[n]`; not started. */
static void prepare(uint8_t version, unsigned n)
{
    memset(&req_policy, 0, sizeof req_policy);
    req_policy.min_version = req_policy.max_version = version;
    req_policy.multi_key = CAMSEAL_SPDM_ALLOW;
    rsp_policy = req_policy;
    memset(&authenticator, 0, sizeof authenticator);
    for (unsigned i = 0; i < SLOTS; i++) {
        roots[i] = pki[i].root;
        ids[i] = (camseal_spdm_identity){.chain = pki[i].chain,
                                         .sign = pki[i].sign,
                                         .key = pki[i].key,
                                         .slot = slots[i],
                                         .key_pair_id = (uint8_t)(i + 1)};
    }
    pair_config(&p, camseal_openssl(), &camseal_spdm_binding_mctp, roots[0], ids, SLOTS);
    p.req_config.policy = &req_policy;
    p.rsp_config.policy = &rsp_policy;
    p.req_config.anchors = roots;
    p.req_config.n_anchors = SLOTS;
    p.req_config.slot = slots[n];
    p.req_config.challenge = true;
    p.rsp_config.features = features;
    p.rsp_config.n_features = 3;
    p.rsp_config.key_pairs = &key_pairs;
    p.rsp_config.measurer = &measurer;
}

static void expect(camseal_status status, camseal_status expected, const char *what)
{
    if (status == expected)
        return;
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(p.req);
    fail_msg("%s: %s, not %s: %s: %s (0x%x, 0x%x, error %u)", what, camseal_status_name(status),
             camseal_status_name(expected), f->message, f->detail, (unsigned)f->expected,
             (unsigned)f->seen, f->peer_error);
}

static camseal_status measure(uint8_t session)
{
    camseal_spdm_measure m = {.operation = CAMSEAL_SPDM_MEASURE_ALL, .sign = true};
    camseal_status status = camseal_spdm_begin_measurements(p.req, session, &m);
    return status == CAMSEAL_OK ? pair_run(&p) : status;
}

static camseal_status endpoint_info(uint8_t session)
{
    uint8_t room[64];
    camseal_buf info = {room, sizeof room, 0};
    camseal_status status = camseal_spdm_begin_endpoint_info(p.req, session, true, &info);
    return status == CAMSEAL_OK ? pair_run(&p) : status;
}

/* ---- each slot --------------------------------------------------------------------------------
 */

static void use_slot(uint8_t version, unsigned n, uint8_t rule)
{
    uint8_t session;
    prepare(version, n);
    rsp_policy.multi_key = rule;
    p.req_config.pin = pki[n].pin;
    pair_start(&p);
    expect(pair_connect(&p), CAMSEAL_OK, "connect");
    const camseal_spdm_info *info = camseal_spdm_requester_info(p.req);
    assert_true(info->multi_key);
    assert_int_equal(info->provisioned_slots, 0x23);
    assert_int_equal(info->supported_slots, 0x23);
    assert_int_equal(info->key_pair_id, n + 1);
    assert_int_equal(info->model, 1);
    assert_int_equal(info->key_usage, FOUR_USES);
    expect(measure(OUTSIDE), CAMSEAL_OK, "measure");
    expect(endpoint_info(OUTSIDE), CAMSEAL_OK, "endpoint information");
    for (unsigned i = 0; i < 2; i++) {
        expect(pair_session(&p, &session), CAMSEAL_OK, "session");
        expect(measure(session), CAMSEAL_OK, "measure in a session");
        expect(endpoint_info(session), CAMSEAL_OK, "endpoint information in a session");
        expect(pair_end(&p, session), CAMSEAL_OK, "end");
    }
    pair_stop(&p);
}

static void every_slot_signs_with_its_key(void **state)
{
    (void)state;
    for (uint8_t version = 0x13; version <= 0x14; version++)
        for (unsigned n = 0; n < SLOTS; n++)
            for (uint8_t rule = CAMSEAL_SPDM_ALLOW; rule <= CAMSEAL_SPDM_REQUIRE; rule++)
                use_slot(version, n, rule);
}

/* ---- negotiation ------------------------------------------------------------------------------
 */

enum { NO = 0, YES = 1, FAILS = 2 };
static const struct {
    uint8_t version, requester, responder; /* rules; responder 0xFF: without the feature */
    uint8_t multi;
} agreements[] = {
    {0x12, CAMSEAL_SPDM_ALLOW, CAMSEAL_SPDM_REQUIRE, NO},
    {0x12, CAMSEAL_SPDM_DEFAULT, CAMSEAL_SPDM_DEFAULT, NO},
    {0x12, CAMSEAL_SPDM_REQUIRE, CAMSEAL_SPDM_ALLOW, FAILS},
    {0x13, CAMSEAL_SPDM_DEFAULT, CAMSEAL_SPDM_DEFAULT, NO},
    {0x13, CAMSEAL_SPDM_DEFAULT, CAMSEAL_SPDM_ALLOW, NO},
    {0x13, CAMSEAL_SPDM_DEFAULT, CAMSEAL_SPDM_REQUIRE, YES},
    {0x13, CAMSEAL_SPDM_REFUSE, CAMSEAL_SPDM_ALLOW, NO},
    {0x13, CAMSEAL_SPDM_REFUSE, CAMSEAL_SPDM_REQUIRE, FAILS},
    {0x13, CAMSEAL_SPDM_ALLOW, CAMSEAL_SPDM_DEFAULT, NO},
    {0x13, CAMSEAL_SPDM_ALLOW, 0xFF, NO},
    {0x13, CAMSEAL_SPDM_ALLOW, CAMSEAL_SPDM_ALLOW, YES},
    {0x13, CAMSEAL_SPDM_ALLOW, CAMSEAL_SPDM_REQUIRE, YES},
    {0x13, CAMSEAL_SPDM_REQUIRE, CAMSEAL_SPDM_REFUSE, FAILS},
    {0x13, CAMSEAL_SPDM_REQUIRE, 0xFF, FAILS},
    {0x14, CAMSEAL_SPDM_REQUIRE, CAMSEAL_SPDM_ALLOW, YES},
    {0x14, CAMSEAL_SPDM_REQUIRE, CAMSEAL_SPDM_REQUIRE, YES},
};

static void agreement(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof agreements / sizeof agreements[0]; i++) {
        bool without = agreements[i].responder == 0xFF;
        prepare(agreements[i].version, 0);
        req_policy.multi_key = agreements[i].requester;
        rsp_policy.multi_key = without ? CAMSEAL_SPDM_ALLOW : agreements[i].responder;
        if (without) {
            p.rsp_config.features = features + 1;
            p.rsp_config.n_features = 2;
        }
        pair_start(&p);
        print_message("%x: requester %u, responder %u\n", agreements[i].version,
                      agreements[i].requester, agreements[i].responder);
        expect(pair_connect(&p), agreements[i].multi == FAILS ? CAMSEAL_E_POLICY : CAMSEAL_OK,
               "connect");
        if (agreements[i].multi != FAILS)
            assert_int_equal(camseal_spdm_requester_info(p.req)->multi_key, agreements[i].multi);
        pair_stop(&p);
    }
}

/* One byte of one message on the way. */
struct change {
    const char *name;
    uint8_t code;   /* of the message */
    uint8_t at_end; /* `at` counts from the end, 1 the last */
    uint16_t at;
    uint8_t keep, set;
    camseal_status expected;
    uint8_t error;
    unsigned slot; /* of the requester: index */
};

static unsigned apply(void *user, struct pair *on, unsigned index, bool to_responder,
                      struct pair_message *m)
{
    const struct change *c = user;
    (void)on;
    (void)index;
    (void)to_responder;
    if (m->secured || m->bytes[1] != c->code)
        return 1;
    size_t at = c->at_end ? m->len - c->at : c->at;
    m->bytes[at] = (uint8_t)((m->bytes[at] & c->keep) | c->set);
    return 1;
}

/* OtherParamsSupport is @7 of NEGOTIATE_ALGORITHMS, OtherParamsSelection @7 of ALGORITHMS. */
static void forged_choices(void **state)
{
    (void)state;
    static struct change none = {"", 0, 0, 0, 0xFF, 0, CAMSEAL_OK, 0, 0};
    static struct change set = {"", SPDM_NEGOTIATE_ALGORITHMS, 0, 7, 0xFF, 0x10, CAMSEAL_OK, 0, 0};
    static struct change clear = {"", SPDM_NEGOTIATE_ALGORITHMS, 0, 7, 0xEF, 0, CAMSEAL_OK, 0, 0};
    static struct change claim = {"", SPDM_ALGORITHMS, 0, 7, 0xFF, 0x10, CAMSEAL_OK, 0, 0};
    const struct {
        struct change *change;
        uint8_t responder;
        camseal_status expected;
    } rows[] = {{&none, CAMSEAL_SPDM_ALLOW, CAMSEAL_OK},
                {&set, CAMSEAL_SPDM_REFUSE, CAMSEAL_E_PEER_ERROR},
                {&clear, CAMSEAL_SPDM_REQUIRE, CAMSEAL_E_PEER_ERROR},
                {&claim, CAMSEAL_SPDM_ALLOW, CAMSEAL_E_POLICY}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        prepare(0x13, 0);
        rsp_policy.multi_key = rows[i].responder;
        p.hook = apply;
        p.hook_user = rows[i].change;
        pair_start(&p);
        expect(pair_connect(&p), rows[i].expected, "connect");
        uint8_t error = camseal_spdm_requester_failure(p.req)->peer_error;
        assert_int_equal(error, rows[i].expected == CAMSEAL_E_PEER_ERROR ? 1 : 0);
        pair_stop(&p);
    }
}

/* ---- what DIGESTS and CERTIFICATE say -----------------------------------------------------------
 */

/* DIGESTS ends with KeyPairID x3, CertificateInfo x3, KeyUsageMask x3. */
static struct change said[] = {
    {"model 4", SPDM_DIGESTS, 1, 8, 0, 4, CAMSEAL_E_FORMAT, 0, 1},
    {"model 7", SPDM_DIGESTS, 1, 7, 0, 7, CAMSEAL_E_FORMAT, 0, 1},
    {"a digest without a certificate", SPDM_DIGESTS, 1, 8, 0, 0, CAMSEAL_E_FORMAT, 0, 1},
    {"slot 0 generic", SPDM_DIGESTS, 1, 9, 0, 3, CAMSEAL_E_FORMAT, 0, 1},
    {"not for CHALLENGE", SPDM_DIGESTS, 1, 4, 0, 0x0D, CAMSEAL_E_NEGOTIATION, 0, 1},
    {"for nothing", SPDM_DIGESTS, 1, 6, 0, 0, CAMSEAL_E_NEGOTIATION, 0, 0},
    {"another model than CERTIFICATE", SPDM_DIGESTS, 1, 8, 0, 2, CAMSEAL_E_FORMAT, 0, 1},
    {"CERTIFICATE without model", SPDM_CERTIFICATE, 0, 3, 0, 0, CAMSEAL_E_FORMAT, 0, 1},
    {"CERTIFICATE of another model", SPDM_CERTIFICATE, 0, 3, 0, 3, CAMSEAL_E_FORMAT, 0, 1},
    {"B changed: other key pair", SPDM_DIGESTS, 1, 11, 0, 9, CAMSEAL_E_SIGNATURE, 0, 1},
};

static void illegal_statements(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        prepare(0x13, said[i].slot);
        p.hook = apply;
        p.hook_user = &said[i];
        pair_start(&p);
        print_message("%s\n", said[i].name);
        expect(pair_connect(&p), said[i].expected, said[i].name);
        pair_stop(&p);
    }
}

/* D is in TH: a byte of DIGESTS changed on the way breaks the session even without CHALLENGE. */
static void digests_in_th(void **state)
{
    (void)state;
    static struct change c = {"", SPDM_DIGESTS, 1, 11, 0, 9, CAMSEAL_OK, 0, 1};
    for (unsigned multi = 0; multi < 2; multi++) {
        uint8_t session;
        prepare(0x13, 1);
        p.req_config.challenge = false;
        if (!multi) /* the last byte is one of the last slot's digest */
            req_policy.multi_key = CAMSEAL_SPDM_REFUSE;
        p.hook = apply;
        p.hook_user = &c;
        pair_start(&p);
        expect(pair_connect(&p), CAMSEAL_OK, "connect");
        expect(pair_session(&p, &session), multi ? CAMSEAL_E_SIGNATURE : CAMSEAL_OK, "session");
        pair_stop(&p);
    }
}

static void generic_and_alias_models(void **state)
{
    (void)state;
    static const uint8_t models[] = {1, 2, 3};
    struct test_pki other;
    for (size_t i = 0; i < sizeof models; i++) {
        test_pki_make(&other, TEST_PKI_P384,
                      models[i] == 3 ? TEST_PKI_NO_KEY_USAGE : TEST_PKI_GOOD);
        prepare(0x14, 1);
        ids[1].model = models[i];
        ids[1].chain = other.chain;
        ids[1].key = other.key;
        roots[1] = other.root;
        pair_start(&p);
        /* An alias certificate does not claim a hardware identity; a generic one need not say what
         * its key is for. */
        expect(pair_connect(&p), models[i] == 2 ? CAMSEAL_E_CERTIFICATE : CAMSEAL_OK, "connect");
        pair_stop(&p);
        test_pki_free(&other);
    }
}

/* ---- what a key is for -------------------------------------------------------------------------
 */

/* The requester asks for nothing that the key is not for. */
static void requester_respects_usage(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 4; bit++) {
        uint8_t session;
        prepare(0x14, 2);
        ids[2].key_usage = (uint16_t)(1u << bit);
        p.req_config.challenge = bit == 1;
        pair_start(&p);
        expect(pair_connect(&p), CAMSEAL_OK, "connect");
        assert_int_equal(camseal_spdm_requester_info(p.req)->key_usage, 1u << bit);
        assert_status(measure(OUTSIDE), bit == 2 ? CAMSEAL_OK : CAMSEAL_E_NEGOTIATION);
        assert_status(endpoint_info(OUTSIDE), bit == 3 ? CAMSEAL_OK : CAMSEAL_E_NEGOTIATION);
        assert_status(pair_session(&p, &session), bit == 0 ? CAMSEAL_OK : CAMSEAL_E_NEGOTIATION);
        pair_stop(&p);
    }
}

/* A requester that was told something else is refused. */
static struct change usage_lie = {"", SPDM_DIGESTS, 1, 2, 0, FOUR_USES, CAMSEAL_OK, 0, 2};

static void responder_refuses_other_uses(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 4; bit++) {
        uint8_t session;
        prepare(0x14, 2);
        ids[2].key_usage = (uint16_t)(FOUR_USES & ~(1u << bit));
        p.req_config.challenge = bit == 1;
        p.hook = apply;
        p.hook_user = &usage_lie;
        pair_start(&p);
        camseal_status status = pair_connect(&p);
        if (bit != 1)
            expect(status, CAMSEAL_OK, "connect");
        if (bit == 0)
            status = pair_session(&p, &session);
        if (bit >= 2)
            status = bit == 2 ? measure(OUTSIDE) : endpoint_info(OUTSIDE);
        expect(status, CAMSEAL_E_PEER_ERROR, "other use");
        assert_int_equal(camseal_spdm_requester_failure(p.req)->peer_error,
                         SPDM_ERR_INVALID_REQUEST);
        pair_stop(&p);
    }
}

/* ---- requesters with several keys ---------------------------------------------------------------
 */

static void prepare_mutual(uint8_t version, uint8_t asking, bool challenge)
{
    prepare(version, 1);
    for (unsigned i = 0; i < 2; i++)
        req_ids[i] = (camseal_spdm_identity){.chain = req_pki[i].chain,
                                             .sign = req_pki[i].sign,
                                             .key = req_pki[i].key,
                                             .slot = (uint8_t)(2 * i),
                                             .key_pair_id = (uint8_t)(7 + i)};
    answerer = (camseal_spdm_answerer){
        .with = &camseal_spdm_answers, .identities = req_ids, .n_identities = 2};
    authenticator = (camseal_spdm_authenticator){.anchors = &req_pki[1].root,
                                                 .n_anchors = 1,
                                                 .asking = asking,
                                                 .slot = 2,
                                                 .challenge = challenge,
                                                 .peer = ask_owner};
    if (asking == CAMSEAL_SPDM_ASK_NOTHING && !challenge)
        authenticator.chain = req_pki[1].chain;
    req_policy.mutual = rsp_policy.mutual = CAMSEAL_SPDM_REQUIRE;
    p.req_config.challenge = challenge;
    p.req_config.answerer = &answerer;
    p.rsp_config.authenticator = &authenticator;
    memset(owner_saw, 0, sizeof owner_saw);
}

static void requester_signs_with_the_key_of_its_slot(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 24; i++) {
        uint8_t session, rule = i & 1 ? CAMSEAL_SPDM_REQUIRE : CAMSEAL_SPDM_ALLOW;
        prepare_mutual(i & 2 ? 0x14 : 0x13, (uint8_t)(i / 8), (i & 4) != 0);
        req_policy.multi_key = rule;
        pair_start(&p);
        expect(pair_connect(&p), CAMSEAL_OK, "connect");
        expect(pair_session(&p, &session), CAMSEAL_OK, "session");
        assert_memory_equal(owner_saw, req_pki[1].pin, 32);
        expect(pair_end(&p, session), CAMSEAL_OK, "end");
        expect(pair_session(&p, &session), CAMSEAL_OK, "second session");
        pair_stop(&p);
    }
}

/* A key of the requester that is not for this: the responder finds it in DIGESTS, or, where it does
 * not ask for them, the requester does. */
static void requester_keys_have_uses_too(void **state)
{
    (void)state;
    for (uint8_t asking = 0; asking <= CAMSEAL_SPDM_ASK_NOTHING; asking++) {
        uint8_t session;
        prepare_mutual(0x13, asking, false);
        req_ids[1].key_usage = FOUR_USES & ~CAMSEAL_SPDM_USE_KEY_EXCHANGE;
        pair_start(&p);
        expect(pair_connect(&p), CAMSEAL_OK, "connect");
        expect(pair_session(&p, &session),
               asking == CAMSEAL_SPDM_ASK_NOTHING ? CAMSEAL_E_NOT_FOUND : CAMSEAL_E_PEER_ERROR,
               "session");
        pair_stop(&p);
    }
    prepare_mutual(0x13, CAMSEAL_SPDM_ASK_DIGESTS, true);
    req_ids[1].key_usage = CAMSEAL_SPDM_USE_KEY_EXCHANGE;
    pair_start(&p);
    expect(pair_connect(&p), CAMSEAL_E_PEER_ERROR, "not for CHALLENGE");
    pair_stop(&p);
}

/* The responder must not choose one key for a requester that has several only. */
static void requester_with_several_keys_only(void **state)
{
    (void)state;
    static struct change clear = {"", SPDM_ALGORITHMS, 0, 7, 0xEF, 0, CAMSEAL_OK, 0, 0};
    prepare_mutual(0x13, CAMSEAL_SPDM_ASK_DIGESTS, false);
    req_policy.multi_key = CAMSEAL_SPDM_REQUIRE;
    p.hook = apply;
    p.hook_user = &clear;
    pair_start(&p);
    expect(pair_connect(&p), CAMSEAL_E_POLICY, "connect");
    pair_stop(&p);
}

static int make(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SLOTS; i++)
        test_pki_make(&pki[i], TEST_PKI_P384, TEST_PKI_GOOD);
    for (unsigned i = 0; i < 2; i++)
        test_pki_make(&req_pki[i], TEST_PKI_P384, TEST_PKI_REQUESTER);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SLOTS; i++)
        test_pki_free(&pki[i]);
    for (unsigned i = 0; i < 2; i++)
        test_pki_free(&req_pki[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_slot_signs_with_its_key),
        cmocka_unit_test(agreement),
        cmocka_unit_test(forged_choices),
        cmocka_unit_test(illegal_statements),
        cmocka_unit_test(digests_in_th),
        cmocka_unit_test(generic_and_alias_models),
        cmocka_unit_test(requester_respects_usage),
        cmocka_unit_test(responder_refuses_other_uses),
        cmocka_unit_test(requester_signs_with_the_key_of_its_slot),
        cmocka_unit_test(requester_keys_have_uses_too),
        cmocka_unit_test(requester_with_several_keys_only),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
