/* Certificate provisioning by its bytes: every field with illegal values, what the requester takes
 * and what it does not, proofs of who asks, certificate models, connections with several keys. */
#include "provision_rig.h"
#include "test.h"

#include "camseal/spdm_keypair.h"
#include "camseal/spdm_mutual.h"
#include "camseal/spdm_psk.h"
#include "spdm/msg/msg.h"

enum { OUTSIDE = 0xFF, BLOB_AT = 4, HASH = 32 };

static struct rig rig;
static struct pair_message answer;

static void start(uint8_t version)
{
    rig.policy.hash.allowed = CAMSEAL_SPDM_BIT(CAMSEAL_HASH_SHA256);
    pair_start(&rig.pair);
    rig_expect_ok(&rig, pair_connect(&rig.pair), "connect");
    assert_int_equal(rig_info(&rig)->version, version);
}

/* ---- fields --------------------------------------------------------------------------------- */

static size_t put_hex(uint8_t *at, const char *hex)
{
    return test_hex(at, RIG_CHAIN, hex);
}

/* The factory's chain as SET_CERTIFICATE carries it, for slot 1. */
static size_t set_certificate(uint8_t *m, uint8_t version)
{
    size_t total = BLOB_AT + HASH + rig_factory.chain.len;
    const uint8_t head[] = {version,        SPDM_SET_CERTIFICATE,  RIG_EMPTY, 0,
                            (uint8_t)total, (uint8_t)(total >> 8), 0,         0};
    const camseal_hash *sha256 = camseal_crypto_hash(camseal_openssl(), CAMSEAL_HASH_SHA256);
    void *user = camseal_openssl()->user;
    camseal_hash_state state;
    memcpy(m, head, sizeof head);
    assert_status(sha256->begin(user, &state), CAMSEAL_OK);
    assert_status(sha256->update(user, &state, rig_factory.root), CAMSEAL_OK);
    assert_status(sha256->finish(user, &state, m + sizeof head), CAMSEAL_OK);
    sha256->drop(user, &state);
    memcpy(m + sizeof head + HASH, rig_factory.chain.data, rig_factory.chain.len);
    return 4 + total;
}

static void expect_answer(const uint8_t *m, size_t len, uint8_t error, const char *what)
{
    assert_true(pair_tell(&rig.pair, m, len, false, &answer) >= 4);
    uint8_t got = answer.bytes[1] == SPDM_ERROR ? answer.bytes[2] : 0;
    if (got != error)
        fail_msg("%s: error 0x%02x instead of 0x%02x", what, got, error);
    if (error) {
        assert_int_equal(rig.stored, 0);
        assert_int_equal(rig.csrs, 0);
    }
}

static void every_field_of_set_certificate(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint8_t version;
        size_t at;
        uint8_t value; /* from byte 4 on, where lengths and hashes are: what is flipped */
        uint8_t error; /* 0: it is set */
    } rows[] = {
        {"1.2: slot 8", 0x12, 2, 8, SPDM_ERR_INVALID_REQUEST},
        {"1.3: slot 8", 0x13, 2, 8, SPDM_ERR_INVALID_REQUEST},
        {"1.4: slot 15", 0x14, 2, 15, SPDM_ERR_INVALID_REQUEST},
        {"1.3: no such slot", 0x13, 2, 2, SPDM_ERR_INVALID_REQUEST},
        {"1.2: reserved bits of Param1", 0x12, 2, 0xF1, 0},
        {"1.2: reserved Param2", 0x12, 3, 0xFF, 0},
        {"1.3: a model, but one key", 0x13, 2, 0x11, SPDM_ERR_INVALID_REQUEST},
        {"1.4: a model that is none", 0x14, 2, 0x41, SPDM_ERR_INVALID_REQUEST},
        {"1.3: a key pair, but one key", 0x13, 3, 1, SPDM_ERR_INVALID_REQUEST},
        {"1.3: erase with a model", 0x13, 2, 0x91, SPDM_ERR_INVALID_REQUEST},
        {"1.3: erase with a chain", 0x13, 2, 0x81, SPDM_ERR_INVALID_REQUEST},
        {"1.3: Length is another by one", 0x13, 4, 1, SPDM_ERR_INVALID_REQUEST},
        {"1.2: Length wrapped", 0x12, 5, 0xFF, SPDM_ERR_INVALID_REQUEST},
        {"1.4: Length of 2^24", 0x14, 7, 1, SPDM_ERR_INVALID_REQUEST},
        {"1.3: another RootHash", 0x13, 9, 0x5A, SPDM_ERR_UNSPECIFIED},
        {"1.3: the first certificate is none", 0x13, 8 + HASH, 1, SPDM_ERR_UNSPECIFIED},
        {"1.4: as it should be", 0x14, 3, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t m[RIG_CHAIN];
        rig_prepare(&rig, rows[i].version);
        rig.by.trusted_environment = true;
        rig.by.n_anchors = 0;
        start(rows[i].version);
        size_t len = set_certificate(m, rows[i].version);
        m[rows[i].at] = rows[i].at < BLOB_AT ? rows[i].value : m[rows[i].at] ^ rows[i].value;
        expect_answer(m, len, rows[i].error, rows[i].what);
        assert_int_equal(rig.flash_len[RIG_EMPTY], rows[i].error ? 0 : rig_factory.chain.len);
        pair_stop(&rig.pair);
    }
}

static void set_certificate_of_every_length(void **state)
{
    (void)state;
    for (uint8_t version = 0x12; version <= 0x14; version++) {
        uint8_t m[RIG_CHAIN];
        rig_prepare(&rig, version);
        rig.by.trusted_environment = true;
        start(version);
        size_t len = set_certificate(m, version);
        for (size_t n = 4; n < len; n += n < 64 ? 1 : 97)
            expect_answer(m, n, SPDM_ERR_INVALID_REQUEST, "cut");
        expect_answer(m, len + 1, SPDM_ERR_INVALID_REQUEST, "one more");
        /* Lengths that hold no certificate. */
        for (unsigned n = 0; n <= BLOB_AT + HASH; n++) {
            m[4] = (uint8_t)n;
            m[5] = 0;
            expect_answer(m, 4 + n, SPDM_ERR_INVALID_REQUEST, "no certificate");
        }
        pair_stop(&rig.pair);
    }
}

static void every_field_of_get_csr(void **state)
{
    (void)state;
    static const struct {
        const char *what, *hex;
        uint8_t error;
    } rows[] = {
        {"a header", "13ED0000", SPDM_ERR_INVALID_REQUEST},
        {"one byte short", "13ED0000 000000", SPDM_ERR_INVALID_REQUEST},
        {"one byte more", "13ED0000 00000000 00", SPDM_ERR_INVALID_REQUEST},
        {"a key pair, but one key", "13ED0100 00000000", SPDM_ERR_INVALID_REQUEST},
        {"a model, but one key", "13ED0001 00000000", SPDM_ERR_INVALID_REQUEST},
        {"a model that is none", "13ED0004 00000000", SPDM_ERR_INVALID_REQUEST},
        {"a tag, but no reset", "13ED0008 00000000", SPDM_ERR_INVALID_REQUEST},
        {"the last tag, but no reset", "13ED0038 00000000", SPDM_ERR_INVALID_REQUEST},
        {"Overwrite and a tag", "13ED0088 00000000", SPDM_ERR_INVALID_REQUEST},
        {"RequesterInfo cut short", "13ED0000 03000000 3000", SPDM_ERR_INVALID_REQUEST},
        {"the longest RequesterInfo", "13ED0000 FFFF0000 3000", SPDM_ERR_INVALID_REQUEST},
        {"RequesterInfo is no sequence", "13ED0000 02000000 0400", SPDM_ERR_INVALID_REQUEST},
        {"bytes behind its sequence", "13ED0000 03000000 300000", SPDM_ERR_INVALID_REQUEST},
        {"its sequence is longer", "13ED0000 02000000 3001", SPDM_ERR_INVALID_REQUEST},
        {"OpaqueData cut short", "13ED0000 00000200 00", SPDM_ERR_INVALID_REQUEST},
        {"OpaqueData is not well-formed", "13ED0000 00000400 01000000", SPDM_ERR_INVALID_REQUEST},
        {"key pair 255", "13EDFF80 00000000", SPDM_ERR_INVALID_REQUEST},
        {"another version", "12ED0000 00000000", SPDM_ERR_VERSION},
    };
    uint8_t m[64];
    rig_prepare(&rig, 0x13);
    start(0x13);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_answer(m, put_hex(m, rows[i].hex), rows[i].error, rows[i].what);
    expect_answer(m, put_hex(m, "13ED0000 00000C00 01000000 00000400 01020304"), 0,
                  "one opaque element");
    assert_int_equal(rig.last_csr.opaque.len, 12);
    pair_stop(&rig.pair);
}

/* ---- responses ------------------------------------------------------------------------------ */

static const char *forged;

static unsigned forge(void *user, struct pair *p, unsigned index, bool to_responder,
                      struct pair_message *m)
{
    (void)user, (void)p, (void)index;
    if (!to_responder && forged)
        m->len = put_hex(m->bytes, forged);
    return 1;
}

static void the_requester_takes_no_other_answer(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        camseal_status status;
    } csrs[] = {{"136D0000 0000 0000", CAMSEAL_E_FORMAT},
                {"136D0000 0200 0000 30", CAMSEAL_E_TRUNCATED},
                {"136D0000 0200 0000 3000 00", CAMSEAL_E_TRAILING},
                {"136D0000 0200 0000 0400", CAMSEAL_E_FORMAT},
                {"136D0000 0300 0000 300000", CAMSEAL_E_FORMAT},
                {"136D0000 0600 0000 300400000000", CAMSEAL_E_SPACE},
                {"136E0000", CAMSEAL_E_UNEXPECTED},
                {"126D0000 0200 0000 3000", CAMSEAL_E_VERSION},
                {"137F0C05", CAMSEAL_E_PEER_ERROR},
                {"136D0000 0200 0000 3000", CAMSEAL_OK}};
    for (size_t i = 0; i < sizeof csrs / sizeof csrs[0]; i++) {
        uint8_t room[4];
        camseal_spdm_csr ask = {.csr = {room, sizeof room, 0}};
        rig_prepare(&rig, 0x13);
        rig.pair.hook = forge;
        forged = NULL;
        start(0x13);
        forged = csrs[i].hex;
        assert_status(rig_get_csr(&rig, OUTSIDE, &ask), csrs[i].status);
        assert_int_equal(ask.csr.len, csrs[i].status == CAMSEAL_OK ? 2 : 0);
        if (csrs[i].status == CAMSEAL_E_PEER_ERROR)
            assert_int_equal(camseal_spdm_requester_failure(rig.pair.req)->peer_data, 5);
        pair_stop(&rig.pair);
    }
    static const char *const sets[] = {"136E0100", "136E0000 00", "136E00"};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        rig_prepare(&rig, 0x13);
        rig.pair.hook = forge;
        forged = NULL;
        start(0x13);
        forged = sets[i];
        assert_int_not_equal(rig_set(&rig, OUTSIDE, RIG_FACTORY, rig_factory.chain), CAMSEAL_OK);
        pair_stop(&rig.pair);
    }
    forged = NULL;
}

static void the_requester_asks_for_nothing_illegal(void **state)
{
    (void)state;
    uint8_t room[16];
    camseal_spdm_requester *r;
    camseal_spdm_csr csr = {.csr = {room, sizeof room, 0}};
    camseal_spdm_new_chain set = {.chain = rig_factory.chain};
    rig_prepare(&rig, 0x12);
    start(0x12);
    r = rig.pair.req;
    csr.overwrite = true;
    assert_status(camseal_spdm_begin_get_csr(r, OUTSIDE, &csr), CAMSEAL_E_ARGUMENT);
    csr.overwrite = false;
    csr.tag = 1;
    assert_status(camseal_spdm_begin_get_csr(r, OUTSIDE, &csr), CAMSEAL_E_NEGOTIATION);
    csr.tag = 0;
    csr.model = CAMSEAL_SPDM_MODEL_DEVICE;
    assert_status(camseal_spdm_begin_get_csr(r, OUTSIDE, &csr), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_spdm_begin_get_csr(r, 0, &csr), CAMSEAL_E_STATE);
    set.slot = 8;
    assert_status(camseal_spdm_begin_set_certificate(r, OUTSIDE, &set), CAMSEAL_E_ARGUMENT);
    set.slot = 0;
    set.key_pair_id = 1;
    assert_status(camseal_spdm_begin_set_certificate(r, OUTSIDE, &set), CAMSEAL_E_ARGUMENT);
    set.key_pair_id = 0;
    set.chain = camseal_span_of(room, 0);
    assert_status(camseal_spdm_begin_set_certificate(r, OUTSIDE, &set), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_spdm_begin_certificate(r, 8), CAMSEAL_E_ARGUMENT);
    pair_stop(&rig.pair);

    /* A responder without the feature. */
    rig_prepare(&rig, 0x13);
    rig.pair.rsp_config.n_features = 0;
    start(0x13);
    set.chain = rig_factory.chain;
    csr.model = 0;
    assert_status(camseal_spdm_begin_get_csr(rig.pair.req, OUTSIDE, &csr), CAMSEAL_E_NEGOTIATION);
    assert_status(camseal_spdm_begin_set_certificate(rig.pair.req, OUTSIDE, &set),
                  CAMSEAL_E_NEGOTIATION);
    uint8_t m[RIG_CHAIN];
    expect_answer(m, set_certificate(m, 0x13), SPDM_ERR_UNSUPPORTED, "SET_CERTIFICATE");
    assert_int_equal(answer.bytes[3], SPDM_SET_CERTIFICATE);
    expect_answer(m, put_hex(m, "13ED0000 00000000"), SPDM_ERR_UNSUPPORTED, "GET_CSR");
    pair_stop(&rig.pair);
    /* CSR is nothing without SET_CERT. */
    rig_prepare(&rig, 0x13);
    rig.pair.rsp_config.capabilities = ~CAMSEAL_SPDM_CAP_SET_CERT;
    start(0x13);
    assert_int_equal(rig_info(&rig)->peer_flags & CAMSEAL_SPDM_CAP_CSR, 0);
    pair_stop(&rig.pair);
    rig_prepare(&rig, 0x14);
    start(0x14);
    expect_answer(m, put_hex(m, "14880000 00000000"), SPDM_ERR_UNSUPPORTED, "SLOT_MANAGEMENT");
    pair_stop(&rig.pair);
}

/* ---- who asks ------------------------------------------------------------------------------- */

static camseal_status psk(void *user, const camseal_spdm_psk_query *query,
                          camseal_spdm_psk_key *out)
{
    (void)user, (void)query;
    memset(out->bytes, 7, 32);
    out->len = 32;
    return CAMSEAL_OK;
}

static void the_application_hears_who_asks(void **state)
{
    (void)state;
    struct test_pki host;
    const camseal_spdm_psk_source source = {.key = psk};
    test_pki_make(&host, TEST_PKI_P256, TEST_PKI_REQUESTER);
    const camseal_spdm_identity me = {.chain = host.chain, .sign = host.sign, .key = host.key};
    const camseal_spdm_answerer answerer = {
        .with = &camseal_spdm_answers, .identities = &me, .n_identities = 1};
    const camseal_spdm_authenticator authenticator = {.anchors = &host.root, .n_anchors = 1};
    uint8_t session;
    rig_prepare(&rig, 0x13);
    rig.policy.mutual = CAMSEAL_SPDM_REQUIRE;
    rig.features[1] = &camseal_spdm_encapsulation;
    rig.features[2] = &camseal_spdm_psk_sessions;
    rig.pair.rsp_config.n_features = 3;
    rig.pair.rsp_config.max_sessions = rig.pair.req_config.max_sessions = 2;
    rig.pair.rsp_config.authenticator = &authenticator;
    rig.pair.req_config.answerer = &answerer;
    rig.pair.rsp_config.psk = rig.pair.req_config.psk = &source;
    start(0x13);
    rig_expect_ok(&rig, pair_session(&rig.pair, &session), "session");
    camseal_span chain = rig_chain(&rig, session, RIG_SOUND);
    assert_int_equal(rig.last_csr.proof, CAMSEAL_SPDM_PROOF_CERTIFICATE);
    rig_expect_ok(&rig, rig_set(&rig, session, RIG_EMPTY, chain), "SET_CERTIFICATE");
    assert_int_equal(rig.last.proof, CAMSEAL_SPDM_PROOF_CERTIFICATE);
    assert_int_equal(rig.last.session, session);
    uint8_t other;
    assert_status(camseal_spdm_begin_psk_session(rig.pair.req, camseal_span_of(NULL, 0), &other),
                  CAMSEAL_OK);
    rig_expect_ok(&rig, pair_run(&rig.pair), "PSK session");
    rig_expect_ok(&rig, rig_set(&rig, other, RIG_EMPTY, chain), "SET_CERTIFICATE");
    assert_int_equal(rig.last.proof, CAMSEAL_SPDM_PROOF_PSK);
    assert_int_not_equal(rig.last.session, session);
    pair_stop(&rig.pair);
    test_pki_free(&host);
}

/* ---- several keys --------------------------------------------------------------------------- */

static camseal_status describe(void *user, uint8_t id, camseal_spdm_key_pair *out)
{
    (void)user, (void)id;
    return camseal_spdm_describe_key(CAMSEAL_SIGN_ECDSA_P256, out);
}

static camseal_status set_model(uint8_t session, uint8_t slot, uint8_t model, uint8_t key,
                                camseal_span chain)
{
    const camseal_spdm_new_chain what = {
        .slot = slot, .model = model, .key_pair_id = key, .chain = chain};
    camseal_status begun = camseal_spdm_begin_set_certificate(rig.pair.req, session, &what);
    return begun == CAMSEAL_OK ? pair_run(&rig.pair) : begun;
}

static void connections_with_several_keys(void **state)
{
    (void)state;
    const camseal_spdm_key_pairs pairs = {.total = 6, .get = describe};
    for (uint8_t version = 0x13; version <= 0x14; version++) {
        uint8_t session, room[1024], copy[RIG_CHAIN];
        camseal_spdm_csr ask = {.csr = {room, sizeof room, 0}};
        rig_prepare(&rig, version);
        rig.policy.multi_key = CAMSEAL_SPDM_REQUIRE;
        rig.features[1] = &camseal_spdm_key_pair_service;
        rig.pair.rsp_config.n_features = 2;
        rig.pair.rsp_config.key_pairs = &pairs;
        start(version);
        /* Slots that have only a key count. */
        assert_int_equal(rig_info(&rig)->provisioned_slots, 0x23);
        rig_expect_ok(&rig, pair_session(&rig.pair, &session), "session");
        assert_status(rig_get_csr(&rig, session, &ask), CAMSEAL_E_ARGUMENT);
        ask.key_pair_id = 6;
        ask.model = CAMSEAL_SPDM_MODEL_GENERIC;
        rig_expect_ok(&rig, rig_get_csr(&rig, session, &ask), "GET_CSR");
        assert_int_equal(rig.last_csr.model, CAMSEAL_SPDM_MODEL_GENERIC);
        camseal_span csr = camseal_span_of(room, ask.csr.len);
        camseal_span chain = rig_sign(csr, RIG_NO_KEY_USAGE);
        memcpy(copy, chain.data, chain.len);
        chain.data = copy;
        /* No digitalSignature: generic only, which slot 0 never is. */
        rig_expect_error(&rig, set_model(session, RIG_OTHER, 1, 6, chain), SPDM_ERR_UNSPECIFIED);
        rig_expect_error(&rig, set_model(session, RIG_FACTORY, 3, 1, chain),
                         SPDM_ERR_INVALID_REQUEST);
        rig_expect_error(&rig, set_model(session, RIG_OTHER, 3, 7, chain),
                         SPDM_ERR_INVALID_REQUEST);
        ask.key_pair_id = 7;
        rig_expect_error(&rig, rig_get_csr(&rig, session, &ask), SPDM_ERR_INVALID_REQUEST);
        rig_expect_ok(&rig, set_model(session, RIG_OTHER, 3, 6, chain), "generic");
        assert_int_equal(rig.last.key_pair_id, 6);
        assert_int_equal(rig.last.model, CAMSEAL_SPDM_MODEL_GENERIC);
        /* An alias chain ends at a CA, and only an alias chain. */
        camseal_span ca = camseal_span_of(rig.device_anchor.data, rig.device_anchor.len);
        rig_expect_error(&rig, set_model(session, RIG_EMPTY, 1, 2, ca), SPDM_ERR_UNSPECIFIED);
        rig_expect_error(&rig, set_model(session, RIG_EMPTY, 2, 2, rig_sign(csr, RIG_SOUND)),
                         SPDM_ERR_UNSPECIFIED);
        rig_expect_ok(&rig, set_model(session, RIG_EMPTY, 2, 2, ca), "alias");
        pair_stop(&rig.pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_set_certificate),
        cmocka_unit_test(set_certificate_of_every_length),
        cmocka_unit_test(every_field_of_get_csr),
        cmocka_unit_test(the_requester_takes_no_other_answer),
        cmocka_unit_test(the_requester_asks_for_nothing_illegal),
        cmocka_unit_test(the_application_hears_who_asks),
        cmocka_unit_test(connections_with_several_keys),
    };
    return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
