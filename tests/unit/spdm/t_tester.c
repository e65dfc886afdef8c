/* What only testers of responders use: operations that stop before a message, records with any
 * bytes in them, CHALLENGE on its own. */
#include "camseal/spdm_tester.h"

#include "test.h"

#include "camseal/spdm_provision.h"
#include "spdm/msg/error.h"
#include "spdm/msg/msg.h"
#include "spdm_pair.h"
#include "spdm_toy.h"

static struct pair p;
static camseal_spdm_identity identities[2];

static void start(void)
{
    for (uint8_t i = 0; i < 2; i++)
        identities[i] = (camseal_spdm_identity){
            .chain = camseal_span_of(toy_certificate, sizeof toy_certificate),
            .sign = CAMSEAL_SIGN_ECDSA_P256,
            .slot = i};
    pair_config(&p, toy_crypto(1), &camseal_spdm_binding_tcp, identities[0].chain, identities, 2);
    p.rsp_config.heartbeat_s = 10;
    p.req_config.max_sessions = 2;
    p.rsp_config.max_sessions = 2;
    pair_start(&p);
}

/* The ErrorCode, or 0, that the responder answers to these bytes in a record of the session. */
static uint8_t error_in_session(uint8_t session, const char *hex)
{
    static struct pair_message answer;
    static uint8_t room[256];
    uint8_t message[64];
    camseal_span got;
    camseal_buf record = {room, sizeof room, 0};
    size_t len = test_hex(message, sizeof message, hex);
    assert_status(camseal_spdm_seal(p.req, session, camseal_span_of(message, len), &record),
                  CAMSEAL_OK);
    size_t n = pair_tell(&p, record.data, record.len, true, &answer);
    assert_true(n > 0 && answer.secured);
    assert_status(camseal_spdm_open(p.req, session, camseal_span_of(answer.bytes, n), &got),
                  CAMSEAL_OK);
    return got.data[1] == SPDM_ERROR ? got.data[2] : 0;
}

static void each_message_of_connect(void **state)
{
    static const uint8_t stops[] = {SPDM_GET_VERSION, SPDM_GET_CAPABILITIES,
                                    SPDM_NEGOTIATE_ALGORITHMS, SPDM_GET_DIGESTS,
                                    SPDM_GET_CERTIFICATE};
    (void)state;
    start();
    assert_status(camseal_spdm_begin_connect(p.req), CAMSEAL_OK);
    for (size_t i = 0; i < sizeof stops; i++) {
        camseal_spdm_hold(p.req, stops[i]);
        assert_status(pair_run(&p), CAMSEAL_OK);
        assert_int_equal(camseal_spdm_held(p.req), stops[i]);
        assert_int_equal(p.index, 2 * i);
    }
    uint8_t session;
    assert_status(camseal_spdm_begin_session(p.req, &session), CAMSEAL_E_STATE);
    camseal_spdm_hold(p.req, 0);
    assert_int_equal(camseal_spdm_held(p.req), 0);
    assert_status(pair_run(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    pair_stop(&p);
}

static void before_finish(void **state)
{
    uint8_t session;
    camseal_buf record = {NULL, 0, 0};
    (void)state;
    start();
    assert_status(pair_connect(&p), CAMSEAL_OK);
    camseal_spdm_hold(p.req, SPDM_FINISH);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    assert_int_equal(camseal_spdm_held(p.req), SPDM_FINISH);
    assert_status(pair_heartbeat(&p, session), CAMSEAL_E_STATE);
    assert_int_equal(error_in_session(session, "12e80000"), SPDM_ERR_UNEXPECTED);
    assert_status(camseal_spdm_seal(p.req, 1, camseal_span_of(NULL, 0), &record), CAMSEAL_E_STATE);
    assert_status(camseal_spdm_seal(p.req, 9, camseal_span_of(NULL, 0), &record), CAMSEAL_E_STATE);
    camseal_spdm_hold(p.req, 0);
    assert_status(pair_run(&p), CAMSEAL_OK);
    assert_int_equal(error_in_session(session, "12e80000"), 0);
    assert_int_equal(error_in_session(session, "12e97f00"), SPDM_ERR_INVALID_REQUEST);
    assert_status(pair_heartbeat(&p, session), CAMSEAL_OK);
    assert_status(camseal_spdm_seal(p.req, session, camseal_span_of(toy_certificate, 4), &record),
                  CAMSEAL_E_SPACE);
    pair_stop(&p);
}

/* An operation that is dropped leaves nothing behind. */
static void abandoned(void **state)
{
    uint8_t session;
    (void)state;
    start();
    assert_status(pair_connect(&p), CAMSEAL_OK);
    for (int i = 0; i < 3; i++) {
        camseal_spdm_hold(p.req, SPDM_FINISH);
        assert_status(pair_session(&p, &session), CAMSEAL_OK);
        assert_int_equal(session, 0);
        camseal_spdm_abandon(p.req);
        camseal_spdm_hold(p.req, 0);
        assert_status(pair_connect(&p), CAMSEAL_OK); /* the responder forgets it too */
    }
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    camseal_spdm_abandon(p.req); /* nothing is under way: nothing happens */
    assert_status(pair_heartbeat(&p, session), CAMSEAL_OK);
    pair_stop(&p);
}

static void challenge_alone(void **state)
{
    (void)state;
    start();
    assert_status(camseal_spdm_begin_challenge(p.req, 0), CAMSEAL_E_STATE);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    for (uint8_t slot = 0; slot < 3; slot++) {
        assert_status(camseal_spdm_begin_certificate(p.req, slot % 2), CAMSEAL_OK);
        assert_status(pair_run(&p), CAMSEAL_OK);
        assert_status(camseal_spdm_begin_challenge(p.req, 0), CAMSEAL_OK);
        assert_status(pair_run(&p), CAMSEAL_OK);
    }
    assert_status(camseal_spdm_begin_challenge(p.req, 0), CAMSEAL_OK); /* M1 is A and C alone */
    assert_status(pair_run(&p), CAMSEAL_OK);
    pair_stop(&p);
}

/* A record that does not open changes nothing. */
static void wrong_record(void **state)
{
    uint8_t session, record[64] = {0};
    camseal_span got;
    (void)state;
    start();
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    assert_true(camseal_spdm_open(p.req, session, camseal_span_of(record, sizeof record), &got) <
                0);
    assert_status(camseal_spdm_open(p.req, 1, camseal_span_of(record, sizeof record), &got),
                  CAMSEAL_E_STATE);
    assert_status(pair_heartbeat(&p, session), CAMSEAL_OK);
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_of_connect),
        cmocka_unit_test(before_finish),
        cmocka_unit_test(abandoned),
        cmocka_unit_test(challenge_alone),
        cmocka_unit_test(wrong_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
