/* The smallest build, src/spdm/options.h: both engines compiled with every option off and room for
 * elliptic curves only do the same as ever; what is left out is refused, and nothing is traced. */
#include "spdm_pair.h"
#include "spdm_toy.h"

#include "test.h"

#include "spdm/options.h"

_Static_assert(!CAMSEAL_TRACE && !CAMSEAL_TEXTS && !CAMSEAL_SPDM_VENDOR && !CAMSEAL_SPDM_DEFERRAL &&
                   !CAMSEAL_SPDM_RETRIES && !CAMSEAL_SPDM_MULTI_KEY,
               "built with everything off");

static struct pair p;
static camseal_spdm_identity identity;
static unsigned traced;

static void count_event(void *user, camseal_status status, const char *area, const char *what,
                        const char *detail, uint64_t a, uint64_t b)
{
    (void)user, (void)status, (void)area, (void)what, (void)detail, (void)a, (void)b;
    traced++;
}

static void count_secret(void *user, const char *label, camseal_span id, camseal_span value)
{
    (void)user, (void)label, (void)id, (void)value;
    traced++;
}

static const camseal_trace trace = {.event = count_event, .secret = count_secret};

static void prepare(void)
{
    identity = (camseal_spdm_identity){.sign = CAMSEAL_SIGN_ECDSA_P256};
    identity.chain = camseal_span_of(toy_certificate, sizeof toy_certificate);
    pair_config(&p, toy_crypto(1), &camseal_spdm_binding_mctp, identity.chain, &identity, 1);
    p.policy.max_version = CAMSEAL_SPDM_1_4;
    p.req_config.challenge = true;
    p.rsp_config.heartbeat_s = 10;
    p.rsp_config.vendor = NULL;
    p.rsp_config.trace = p.req_config.trace = &trace;
    p.rsp_config.log_secrets = p.req_config.log_secrets = true;
    traced = 0;
}

static void a_session_from_beginning_to_end(void **state)
{
    (void)state;
    uint8_t session;
    prepare();
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    assert_status(pair_heartbeat(&p, session), CAMSEAL_OK);
    assert_status(camseal_spdm_begin_key_update(p.req, session, true), CAMSEAL_OK);
    assert_status(pair_run(&p), CAMSEAL_OK);
    assert_status(pair_heartbeat(&p, session), CAMSEAL_OK);
    assert_status(pair_end(&p, session), CAMSEAL_OK);
    assert_int_equal(traced, 0);
    pair_stop(&p);
}

static void what_is_left_out_is_refused(void **state)
{
    (void)state;
    static struct pair_message answer;
    static const uint8_t requests[][8] = {
        {0x14, 0xFE, 0, 0}, /* VENDOR_DEFINED_REQUEST */
        {0x14, 0xFF, 0, 0}, /* RESPOND_IF_READY       */
    };
    prepare();
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        const uint8_t unsupported[] = {0x14, 0x7F, 0x07, requests[i][1]};
        assert_int_equal(pair_tell(&p, requests[i], 4, false, &answer), sizeof unsupported);
        assert_memory_equal(answer.bytes, unsupported, sizeof unsupported);
    }
    pair_stop(&p);
}

static void a_configuration_that_wants_it_is_refused(void **state)
{
    (void)state;
    prepare();
    p.rsp_config.vendor = pair_echo;
    assert_int_equal(camseal_spdm_responder_size(&p.rsp_config), 0);
    prepare();
    p.rsp_config.defer_exponent = 10;
    assert_int_equal(camseal_spdm_responder_size(&p.rsp_config), 0);
    prepare();
    assert_true(camseal_spdm_responder_size(&p.rsp_config) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_from_beginning_to_end),
        cmocka_unit_test(what_is_left_out_is_refused),
        cmocka_unit_test(a_configuration_that_wants_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
