/* Certificate provisioning, both engines on a link in memory: a CSR that verifies, a chain that the
 * owner signs, stored and served at once; what may go wrong leaves the old chain in use. */
#include "provision_rig.h"
#include "test.h"

#include "spdm/msg/msg.h"

static const uint8_t versions[] = {SPDM_VERSION_12, SPDM_VERSION_13, SPDM_VERSION_14};
static struct rig rig;

enum { OUTSIDE = 0xFF };

static void start(uint8_t version)
{
    rig_prepare(&rig, version);
    pair_start(&rig.pair);
    rig_expect_ok(&rig, pair_connect(&rig.pair), "connect");
}

static uint8_t open_session(void)
{
    uint8_t session = OUTSIDE;
    rig_expect_ok(&rig, pair_session(&rig.pair, &session), "session");
    return session;
}

static uint8_t start_in_session(uint8_t version)
{
    start(version);
    return open_session();
}

/* The device is as it was, and the session still works. */
static void expect_unchanged(uint8_t session)
{
    const camseal_spdm_identity *id = &rig.identities[0];
    assert_int_equal(id->chain.len, rig_factory.chain.len);
    assert_memory_equal(id->chain.data, rig_factory.chain.data, id->chain.len);
    assert_int_equal(rig.flash_len[RIG_EMPTY], 0);
    if (session != OUTSIDE)
        assert_status(pair_end(&rig.pair, session), CAMSEAL_OK);
    rig_expect_ok(&rig, rig_certificate(&rig, RIG_FACTORY), "the old chain");
    assert_int_equal(rig_info(&rig)->certificates, 3);
    assert_int_equal(rig_info(&rig)->provisioned_slots, 1u << RIG_FACTORY);
    session = open_session();
    assert_status(pair_end(&rig.pair, session), CAMSEAL_OK);
}

/* ---- it works ------------------------------------------------------------------------------- */

static void a_new_chain_serves_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions; i++) {
        uint8_t device[32], session = start_in_session(versions[i]);
        memcpy(device, rig_info(&rig)->leaf_key_hash, sizeof device);
        assert_int_equal(rig_info(&rig)->certificates, 3);
        camseal_span chain = rig_chain(&rig, session, RIG_SOUND);
        rig_expect_ok(&rig, rig_set(&rig, session, RIG_FACTORY, chain), "SET_CERTIFICATE");
        assert_int_equal(rig.last.session, session);
        assert_int_equal(rig.last.proof, CAMSEAL_SPDM_PROOF_NONE);
        assert_int_equal(rig.last.model, CAMSEAL_SPDM_MODEL_DEVICE);
        assert_ptr_equal(rig.last.identity, &rig.identities[0]);
        assert_status(pair_end(&rig.pair, session), CAMSEAL_OK);
        /* The requester must look at it first. */
        assert_status(camseal_spdm_begin_session(rig.pair.req, &session), CAMSEAL_E_STATE);
        rig_expect_ok(&rig, rig_certificate(&rig, RIG_FACTORY), "the new chain");
        assert_int_equal(rig_info(&rig)->certificates, 2);
        assert_memory_equal(rig_info(&rig)->leaf_key_hash, device, sizeof device);
        session = open_session();
        assert_status(pair_end(&rig.pair, session), CAMSEAL_OK);
        pair_stop(&rig.pair);
    }
}

static void an_empty_slot_is_filled_and_used(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions; i++) {
        uint8_t session = start_in_session(versions[i]);
        assert_int_equal(rig_info(&rig)->provisioned_slots, 0x01);
        camseal_span chain = rig_chain(&rig, session, RIG_SOUND);
        rig_expect_ok(&rig, rig_set(&rig, session, RIG_EMPTY, chain), "SET_CERTIFICATE");
        /* Another slot: what was known of this one holds. */
        assert_status(pair_end(&rig.pair, session), CAMSEAL_OK);
        assert_status(pair_end(&rig.pair, open_session()), CAMSEAL_OK);
        rig_expect_ok(&rig, rig_certificate(&rig, RIG_EMPTY), "slot 1");
        assert_int_equal(rig_info(&rig)->provisioned_slots, 0x03);
        assert_int_equal(rig_info(&rig)->certificates, 2);
        assert_status(pair_end(&rig.pair, open_session()), CAMSEAL_OK);
        rig_expect_ok(&rig, rig_certificate(&rig, RIG_FACTORY), "slot 0");
        assert_int_equal(rig_info(&rig)->certificates, 3);
        /* Every slot has a key of its own. */
        assert_status(rig_certificate(&rig, RIG_OTHER), CAMSEAL_E_NOT_FOUND);
        pair_stop(&rig.pair);
    }
}

/* In manufacturing: no chain at all, no session. */
static void a_device_without_certificates_gets_its_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions; i++) {
        uint8_t session;
        rig_prepare(&rig, versions[i]);
        rig.flash_len[RIG_FACTORY] = 0;
        rig_restart(&rig);
        rig.by.trusted_environment = true;
        rig.pair.req_config.defer_chain = true;
        pair_start(&rig.pair);
        rig_expect_ok(&rig, pair_connect(&rig.pair), "connect");
        assert_status(camseal_spdm_begin_session(rig.pair.req, &session), CAMSEAL_E_STATE);
        camseal_span chain = rig_chain(&rig, OUTSIDE, RIG_SOUND);
        rig_expect_ok(&rig, rig_set(&rig, OUTSIDE, RIG_FACTORY, chain), "SET_CERTIFICATE");
        assert_int_equal(rig.last.session, OUTSIDE);
        rig_expect_ok(&rig, rig_certificate(&rig, RIG_FACTORY), "the chain");
        assert_status(pair_end(&rig.pair, open_session()), CAMSEAL_OK);
        pair_stop(&rig.pair);
    }
}

static void a_long_chain_comes_in_chunks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions; i++) {
        rig_prepare(&rig, versions[i]);
        rig.features[1] = &camseal_spdm_chunking;
        rig.pair.rsp_config.n_features = 2;
        rig.pair.req_config.data_transfer_size = rig.pair.rsp_config.data_transfer_size = 200;
        pair_start(&rig.pair);
        rig_expect_ok(&rig, pair_connect(&rig.pair), "connect");
        uint8_t session = open_session();
        camseal_span chain = rig_chain(&rig, session, RIG_SOUND);
        assert_true(chain.len > 400);
        rig.pending = 2;
        rig_expect_ok(&rig, rig_set(&rig, session, RIG_EMPTY, chain), "SET_CERTIFICATE");
        assert_memory_equal(rig.flash[RIG_EMPTY], chain.data, chain.len);
        assert_status(pair_end(&rig.pair, session), CAMSEAL_OK);
        rig_expect_ok(&rig, rig_certificate(&rig, RIG_EMPTY), "slot 1");
        pair_stop(&rig.pair);
    }
}

static void erase_empties_a_slot(void **state)
{
    (void)state;
    for (size_t i = 1; i < sizeof versions; i++) {
        uint8_t session = start_in_session(versions[i]);
        rig_expect_ok(&rig, rig_erase(&rig, session, RIG_EMPTY), "an empty slot");
        assert_true(rig.last.erase);
        assert_int_equal(rig.last.model, CAMSEAL_SPDM_MODEL_NONE);
        rig_expect_error(&rig, rig_erase(&rig, session, 3), SPDM_ERR_INVALID_REQUEST);
        camseal_span chain = rig_chain(&rig, session, RIG_SOUND);
        rig_expect_ok(&rig, rig_set(&rig, session, RIG_EMPTY, chain), "SET_CERTIFICATE");
        rig_expect_ok(&rig, rig_erase(&rig, session, RIG_FACTORY), "erase");
        assert_status(pair_end(&rig.pair, session), CAMSEAL_OK);
        rig_expect_ok(&rig, rig_certificate(&rig, RIG_EMPTY), "slot 1");
        assert_int_equal(rig_info(&rig)->provisioned_slots, 1u << RIG_EMPTY);
        session = open_session();
        rig.fails = RIG_AT_COMMIT;
        rig_expect_error(&rig, rig_erase(&rig, session, RIG_EMPTY), SPDM_ERR_OPERATION_FAILED);
        rig.fails = RIG_NEVER;
        rig_expect_ok(&rig, rig_erase(&rig, session, RIG_EMPTY), "erase the last");
        assert_status(pair_end(&rig.pair, session), CAMSEAL_OK);
        rig_expect_error(&rig, rig_certificate(&rig, RIG_EMPTY), SPDM_ERR_UNSPECIFIED);
        pair_stop(&rig.pair);
    }
    uint8_t session = start_in_session(SPDM_VERSION_12);
    assert_status(rig_erase(&rig, session, RIG_EMPTY), CAMSEAL_E_ARGUMENT);
    pair_stop(&rig.pair);
}

/* ---- it is refused -------------------------------------------------------------------------- */

static void outside_a_session_only_in_a_trusted_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions; i++) {
        start(versions[i]);
        camseal_span chain = rig_chain(&rig, OUTSIDE, RIG_SOUND);
        for (uint8_t slot = 0; slot < 2; slot++)
            rig_expect_error(&rig, rig_set(&rig, OUTSIDE, slot, chain), SPDM_ERR_UNEXPECTED);
        assert_int_equal(rig.asked, 0);
        expect_unchanged(OUTSIDE);
        pair_stop(&rig.pair);
    }
}

static void nobody_may_unless_the_application_says_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof versions; i++) {
        uint8_t version = versions[i / 2];
        uint8_t error = version == SPDM_VERSION_12 ? SPDM_ERR_UNEXPECTED : SPDM_ERR_INVALID_POLICY;
        uint8_t session = start_in_session(version);
        camseal_span chain = rig_chain(&rig, session, RIG_SOUND);
        rig.verdict = CAMSEAL_E_POLICY;
        if (i % 2)
            rig.by.authorise = NULL;
        rig_expect_error(&rig, rig_set(&rig, session, RIG_EMPTY, chain), error);
        rig_expect_error(&rig, rig_set(&rig, session, RIG_FACTORY, chain), error);
        if (version > SPDM_VERSION_12)
            rig_expect_error(&rig, rig_erase(&rig, session, RIG_FACTORY), error);
        assert_int_equal(rig.stored, 0);
        expect_unchanged(session);
        pair_stop(&rig.pair);
    }
}

static void a_chain_that_breaks_a_rule_is_not_stored(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions; i++) {
        for (enum rig_fault fault = RIG_OTHER_KEY; fault < RIG_FAULTS; fault++) {
            uint8_t session = start_in_session(versions[i]);
            camseal_span chain = rig_chain(&rig, session, fault);
            rig_expect_error(&rig, rig_set(&rig, session, RIG_FACTORY, chain),
                             SPDM_ERR_UNSPECIFIED);
            assert_int_equal(rig.asked, 1);
            assert_int_equal(rig.stored, 0);
            expect_unchanged(session);
            pair_stop(&rig.pair);
        }
    }
}

/* Without anchors a chain must hold together, no more. */
static void without_anchors_any_sound_chain_will_do(void **state)
{
    (void)state;
    uint8_t session = start_in_session(SPDM_VERSION_13);
    rig.by.n_anchors = 0;
    rig.by.fits_key = NULL;
    camseal_span chain = rig_chain(&rig, session, RIG_BROKEN_SIGNATURE);
    rig_expect_error(&rig, rig_set(&rig, session, RIG_EMPTY, chain), SPDM_ERR_UNSPECIFIED);
    chain = rig_chain(&rig, session, RIG_OTHER_CA);
    rig_expect_ok(&rig, rig_set(&rig, session, RIG_EMPTY, chain), "another CA");
    assert_int_equal(rig.flash_len[RIG_EMPTY], chain.len);
    pair_stop(&rig.pair);
}

static void storage_that_fails_keeps_the_old_chain(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions; i++) {
        for (enum rig_step step = RIG_AT_BEGIN; step <= RIG_AT_COMMIT; step++) {
            uint8_t session = start_in_session(versions[i]);
            camseal_span chain = rig_chain(&rig, session, RIG_SOUND);
            rig.fails = step;
            rig.pending = 1;
            rig_expect_error(&rig, rig_set(&rig, session, RIG_FACTORY, chain),
                             SPDM_ERR_UNSPECIFIED);
            assert_int_equal(rig.stored, 2);
            rig_restart(&rig);
            expect_unchanged(session);
            pair_stop(&rig.pair);
        }
    }
}

/* ---- it takes its time ---------------------------------------------------------------------- */

static unsigned chain_delay, chain_calls;

static camseal_status slow_chain(void *user, camseal_chain_job *job)
{
    chain_calls++;
    if (chain_delay && job->scratch[0]++ < chain_delay)
        return CAMSEAL_PENDING;
    return camseal_openssl()->chain(user, job);
}

static void slow_checks_and_slow_storage(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof versions; i++) {
        camseal_crypto crypto = *camseal_openssl();
        crypto.chain = slow_chain;
        rig_prepare(&rig, versions[i / 2]);
        rig.pair.rsp_config.crypto = &crypto;
        rig.pair.rsp_config.defer_exponent = i % 2 ? 11 : 0; /* RESPOND_IF_READY */
        pair_start(&rig.pair);
        rig_expect_ok(&rig, pair_connect(&rig.pair), "connect");
        uint8_t session = open_session();
        rig.pending = 5;
        camseal_span chain = rig_chain(&rig, session, RIG_SOUND);
        assert_int_equal(rig.csrs, 6);
        chain_delay = 5;
        chain_calls = 0;
        rig.pending = 5;
        rig_expect_ok(&rig, rig_set(&rig, session, RIG_FACTORY, chain), "SET_CERTIFICATE");
        assert_int_equal(chain_calls, chain_delay + 1);
        chain_delay = 0;
        assert_int_equal(rig.asked, 1);
        assert_int_equal(rig.stored, 6);
        assert_int_equal(rig.abandoned, 0);
        assert_status(pair_end(&rig.pair, session), CAMSEAL_OK);
        rig_expect_ok(&rig, rig_certificate(&rig, RIG_FACTORY), "the new chain");
        assert_int_equal(rig_info(&rig)->certificates, 2);
        pair_stop(&rig.pair);
    }
}

/* The device is still at it when the requester starts over. */
static void what_is_given_up_is_abandoned(void **state)
{
    (void)state;
    static struct pair_message answer;
    static const uint8_t get_version[] = {0x10, SPDM_GET_VERSION, 0, 0};
    static const uint8_t get_csr[] = {0x13, SPDM_GET_CSR, 0, 0, 0, 0, 0, 0};
    start(SPDM_VERSION_13);
    rig.pending = 1000;
    camseal_step step = {.in = {get_csr, sizeof get_csr},
                         .out = {answer.bytes, sizeof answer.bytes, 0},
                         .now_us = rig.pair.now_us};
    assert_status(camseal_spdm_responder_step(rig.pair.rsp, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_WAIT);
    assert_int_equal(rig.abandoned, 0);
    assert_true(pair_tell(&rig.pair, get_version, sizeof get_version, false, &answer) > 4);
    assert_int_equal(rig.abandoned, 1);
    rig.pending = 0;
    rig_expect_ok(&rig, pair_connect(&rig.pair), "connect");
    assert_int_equal(rig.abandoned, 1);
    expect_unchanged(OUTSIDE);
    pair_stop(&rig.pair);
    assert_int_equal(rig.abandoned, 1);
}

/* Nobody fetches what was deferred, and another request comes behind its time. */
static void what_expires_is_abandoned(void **state)
{
    (void)state;
    static struct pair_message answer;
    static const uint8_t get_csr[] = {0x13, SPDM_GET_CSR, 0, 0, 0, 0, 0, 0};
    static const uint8_t get_digests[] = {0x13, SPDM_GET_DIGESTS, 0, 0};
    rig_prepare(&rig, SPDM_VERSION_13);
    rig.pair.rsp_config.defer_exponent = 11;
    pair_start(&rig.pair);
    rig_expect_ok(&rig, pair_connect(&rig.pair), "connect");
    rig.pending = 1000;
    assert_int_equal(pair_tell(&rig.pair, get_csr, sizeof get_csr, false, &answer), 8);
    assert_int_equal(answer.bytes[2], SPDM_ERR_NOT_READY);
    assert_true(pair_tell(&rig.pair, get_digests, sizeof get_digests, false, &answer) > 0);
    assert_int_equal(answer.bytes[2], SPDM_ERR_BUSY);
    assert_int_equal(rig.abandoned, 0);
    rig.pair.now_us += 4u << 11;
    assert_true(pair_tell(&rig.pair, get_digests, sizeof get_digests, false, &answer) > 8);
    assert_int_equal(rig.abandoned, 1);
    pair_stop(&rig.pair);
    assert_int_equal(rig.abandoned, 1);
}

/* ALIAS_CERT_CAP: stored chains end at the device certificate CA. */
static void an_alias_responder(void **state)
{
    (void)state;
    for (uint8_t version = SPDM_VERSION_12; version <= SPDM_VERSION_14; version++) {
        rig_prepare(&rig, version);
        rig.identities[1].model = CAMSEAL_SPDM_MODEL_ALIAS;
        rig.by.trusted_environment = true;
        rig.pair.req_config.defer_chain = true; /* the factory's is for the device model */
        pair_start(&rig.pair);
        rig_expect_ok(&rig, pair_connect(&rig.pair), "connect");
        assert_true(rig_info(&rig)->peer_flags & CAMSEAL_SPDM_CAP_ALIAS_CERT);
        camseal_span chain = rig_chain(&rig, OUTSIDE, RIG_SOUND);
        rig_expect_error(&rig, rig_set(&rig, OUTSIDE, RIG_EMPTY, chain), SPDM_ERR_UNSPECIFIED);
        assert_int_equal(rig.stored, 0);
        rig_expect_ok(&rig, rig_set(&rig, OUTSIDE, RIG_EMPTY, rig.device_anchor), "the CA");
        assert_int_equal(rig.last.model, CAMSEAL_SPDM_MODEL_ALIAS);
        pair_stop(&rig.pair);
    }
    start(SPDM_VERSION_13);
    assert_false(rig_info(&rig)->peer_flags & CAMSEAL_SPDM_CAP_ALIAS_CERT);
    pair_stop(&rig.pair);
}

/* ---- after a reset -------------------------------------------------------------------------- */

static void a_chain_may_need_a_reset(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions; i++) {
        rig_prepare(&rig, versions[i]);
        rig.by.may_reset = true;
        pair_start(&rig.pair);
        rig_expect_ok(&rig, pair_connect(&rig.pair), "connect");
        uint8_t session = open_session();
        camseal_span chain = rig_chain(&rig, session, RIG_SOUND);
        rig.reset = true;
        rig_expect_error(&rig, rig_set(&rig, session, RIG_FACTORY, chain), SPDM_ERR_RESET_REQUIRED);
        assert_int_equal(camseal_spdm_requester_failure(rig.pair.req)->peer_data, 0);
        assert_status(pair_end(&rig.pair, session), CAMSEAL_OK);
        /* Until then nobody hears of certificates, also not after GET_VERSION. */
        rig_expect_error(&rig, pair_connect(&rig.pair), SPDM_ERR_RESET_REQUIRED);
        rig_expect_error(&rig, pair_connect(&rig.pair), SPDM_ERR_RESET_REQUIRED);
        pair_stop(&rig.pair);
        rig_restart(&rig);
        pair_start(&rig.pair);
        rig_expect_ok(&rig, pair_connect(&rig.pair), "connect");
        assert_int_equal(rig_info(&rig)->certificates, 2);
        assert_status(pair_end(&rig.pair, open_session()), CAMSEAL_OK);
        pair_stop(&rig.pair);
    }
}

static void a_csr_may_need_a_reset(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions; i++) {
        uint8_t room[1024];
        uint8_t tag = versions[i] >= SPDM_VERSION_13 ? 3 : 0;
        camseal_spdm_csr ask = {.csr = {room, sizeof room, 0}};
        rig_prepare(&rig, versions[i]);
        rig.by.may_reset = true;
        rig.reset = true;
        rig.tag = 3;
        pair_start(&rig.pair);
        rig_expect_ok(&rig, pair_connect(&rig.pair), "connect");
        uint8_t session = open_session();
        rig_expect_error(&rig, rig_get_csr(&rig, session, &ask), SPDM_ERR_RESET_REQUIRED);
        const camseal_spdm_failure *f = camseal_spdm_requester_failure(rig.pair.req);
        assert_int_equal(f->peer_data, tag);
        assert_string_equal(f->detail, "ResetRequired");
        pair_stop(&rig.pair);
        pair_start(&rig.pair);
        rig_expect_ok(&rig, pair_connect(&rig.pair), "connect");
        session = open_session();
        rig.reset = tag != 0;
        ask.tag = tag;
        rig_expect_ok(&rig, rig_get_csr(&rig, session, &ask), "GET_CSR with the tag");
        assert_int_equal(rig.last_csr.tag, tag);
        (void)rig_sign(camseal_span_of(room, ask.csr.len), RIG_SOUND);
        pair_stop(&rig.pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_chain_serves_at_once),
        cmocka_unit_test(an_empty_slot_is_filled_and_used),
        cmocka_unit_test(a_device_without_certificates_gets_its_first),
        cmocka_unit_test(a_long_chain_comes_in_chunks),
        cmocka_unit_test(erase_empties_a_slot),
        cmocka_unit_test(outside_a_session_only_in_a_trusted_environment),
        cmocka_unit_test(nobody_may_unless_the_application_says_so),
        cmocka_unit_test(a_chain_that_breaks_a_rule_is_not_stored),
        cmocka_unit_test(without_anchors_any_sound_chain_will_do),
        cmocka_unit_test(storage_that_fails_keeps_the_old_chain),
        cmocka_unit_test(slow_checks_and_slow_storage),
        cmocka_unit_test(what_is_given_up_is_abandoned),
        cmocka_unit_test(what_expires_is_abandoned),
        cmocka_unit_test(an_alias_responder),
        cmocka_unit_test(a_chain_may_need_a_reset),
        cmocka_unit_test(a_csr_may_need_a_reset),
    };
    return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
