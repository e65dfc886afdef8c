/* What one run leaves behind: nothing. A connection after another equals the same connection alone,
 * byte for byte; secrets are gone after their end; a provider that fails at any call leaves nothing
 * open. */
#include "test.h"

#include "spdm/responder.h"
#include "spdm_pair.h"
#include "spdm_toy.h"

static struct pair p;
static camseal_spdm_identity identity;
static camseal_trace trace;

static struct {
    uint8_t bytes[65536];
    size_t len;
} wire, alone;

static unsigned record(void *user, struct pair *link, unsigned index, bool to_responder,
                       struct pair_message *m)
{
    (void)user;
    (void)link;
    (void)index;
    (void)to_responder;
    assert_true(wire.len + m->len <= sizeof wire.bytes);
    memcpy(wire.bytes + wire.len, m->bytes, m->len);
    wire.len += m->len;
    return 1;
}

static unsigned drop_index;
static unsigned drop_one(void *user, struct pair *link, unsigned index, bool to_responder,
                         struct pair_message *m)
{
    (void)user;
    (void)link;
    (void)to_responder;
    (void)m;
    return index == drop_index ? 0 : 1;
}

/* Every secret that was reported, to be searched for later. */
static uint8_t secrets[64][64];
static size_t secret_len[64], n_secrets;
static void keep_secret(void *user, const char *label, camseal_span id, camseal_span value)
{
    (void)user;
    assert_non_null(label);
    assert_int_equal(id.len, 4);
    if (n_secrets < 64) {
        memcpy(secrets[n_secrets], value.data, value.len);
        secret_len[n_secrets++] = value.len;
    }
}

static void start(uint64_t seed, bool log_secrets)
{
    identity.chain = camseal_span_of(toy_certificate, sizeof toy_certificate);
    identity.sign = CAMSEAL_SIGN_ECDSA_P256;
    pair_config(&p, toy_crypto(seed), &camseal_spdm_binding_mctp, identity.chain, &identity, 1);
    trace.secret = keep_secret;
    n_secrets = 0;
    p.req_config.challenge = true;
    p.req_config.max_sessions = p.rsp_config.max_sessions = 3;
    p.rsp_config.heartbeat_s = 10;
    p.req_config.trace = p.rsp_config.trace = &trace;
    p.req_config.log_secrets = p.rsp_config.log_secrets = log_secrets;
    pair_start(&p);
}

static camseal_status scenario(uint8_t *session)
{
    uint8_t room[64];
    camseal_buf response = {room, sizeof room, 0};
    camseal_status status = pair_connect(&p);
    if (status == CAMSEAL_OK)
        status = pair_session(&p, session);
    if (status == CAMSEAL_OK)
        status = pair_vendor(&p, *session, camseal_span_of("\x5e\xc2\xe7\x01\x02\x03\x04\x05", 8),
                             &response);
    return status;
}

static void scenario_recorded(uint64_t seed)
{
    uint8_t session;
    (void)toy_crypto(seed);
    p.hook = record;
    p.head = p.tail = 0;
    wire.len = 0;
    assert_status(scenario(&session), CAMSEAL_OK);
    assert_status(pair_end(&p, session), CAMSEAL_OK);
    p.hook = NULL;
}

static void b_after_a_is_b(void **state)
{
    (void)state;
    uint8_t session;
    start(7, false);
    scenario_recorded(7);
    alone = wire;
    pair_stop(&p);
    for (unsigned a = 0; a < 26; a++) {
        start(100 + a, false);
        /* A: a whole run with sessions left open, or one that breaks at message `a`. */
        if (a >= 2) {
            p.hook = drop_one;
            drop_index = a - 2;
        }
        (void)scenario(&session);
        if (a == 1)
            assert_status(pair_session(&p, &session), CAMSEAL_OK);
        scenario_recorded(7);
        assert_int_equal(wire.len, alone.len);
        assert_memory_equal(wire.bytes, alone.bytes, wire.len);
        pair_stop(&p);
    }
}

static bool holds(const void *memory, size_t len, const uint8_t *value, size_t n)
{
    const uint8_t *m = memory;
    for (size_t i = 0; i + n <= len; i++)
        if (memcmp(m + i, value, n) == 0)
            return true;
    return false;
}

static bool anybody_holds(const uint8_t *value, size_t n)
{
    return holds(p.req_mem, p.req_size, value, n) || holds(p.rsp_mem, p.rsp_size, value, n);
}

static void assert_no_secret(void)
{
    assert_true(n_secrets > 0);
    for (size_t i = 0; i < n_secrets; i++)
        for (size_t at = 0; at + 16 <= secret_len[i]; at += 16)
            assert_false(anybody_holds(secrets[i] + at, 16));
    camseal_span shared = toy_last_secret();
    assert_false(anybody_holds(shared.data, 16));
}

static void secrets_are_gone_after_the_end(void **state)
{
    (void)state;
    uint8_t session;
    start(3, true);
    assert_status(scenario(&session), CAMSEAL_OK);
    assert_int_equal(n_secrets, 10); /* five a side */
    /* While the session lives, its data secrets are there and the handshake's are not: the scan
     * works. */
    assert_true(anybody_holds(secrets[n_secrets - 2], 32));
    assert_false(anybody_holds(secrets[0], 16));
    assert_false(anybody_holds(toy_last_secret().data, 16));
    /* What was said in the session does not stay in the buffers. */
    assert_false(anybody_holds((const uint8_t *)"\x5e\xc2\xe7\x01\x02\x03\x04\x05", 8));
    assert_status(pair_end(&p, session), CAMSEAL_OK);
    assert_no_secret();
    pair_stop(&p);
}

static void secrets_are_gone_after_a_failure(void **state)
{
    (void)state;
    for (drop_index = 0; drop_index < 22; drop_index++) {
        uint8_t session;
        start(3, true);
        p.hook = drop_one;
        if (scenario(&session) == CAMSEAL_OK)
            (void)pair_end(&p, session);
        if (n_secrets) {
            /* The requester has nothing; the responder may still wait for its FINISH. */
            for (size_t i = 0; i < n_secrets; i++)
                assert_false(holds(p.req_mem, p.req_size, secrets[i], 16));
            assert_false(anybody_holds(toy_last_secret().data, 16));
        }
        p.hook = NULL;
        assert_status(pair_connect(&p), CAMSEAL_OK); /* GET_VERSION ends the rest */
        if (n_secrets)
            assert_no_secret();
        pair_stop(&p);
    }
}

static camseal_status never(void *user, const camseal_spdm_vendor_request *request,
                            camseal_buf *response)
{
    (void)user, (void)request, (void)response;
    return CAMSEAL_PENDING;
}

/* A request that was deferred goes with its session, here for want of a heartbeat. */
static void deferred_requests_are_forgotten(void **state)
{
    static const uint8_t said[] = "said in a session";
    (void)state;
    uint8_t session, room[64];
    camseal_buf response = {room, sizeof room, 0};
    camseal_step step = {.now_us = 0};
    start(3, false);
    assert_status(scenario(&session), CAMSEAL_OK);
    p.rsp->config.vendor = never;
    p.rsp->config.defer_exponent = 10;
    assert_status(pair_vendor(&p, session, camseal_span_of(said, sizeof said), &response),
                  CAMSEAL_E_TIMEOUT);
    assert_true(anybody_holds(said, sizeof said));
    step.now_us = p.now_us + 30000000;
    step.out = (camseal_buf){malloc(5000), 5000, 0};
    assert_status(camseal_spdm_responder_step(p.rsp, &step), CAMSEAL_OK);
    free(step.out.data);
    assert_int_equal(p.rsp->pending.op, SPDM_OPS);
    assert_false(anybody_holds(said, sizeof said));
    pair_stop(&p);
}

/* A GET_VERSION that is refused changes nothing: a KEY_EXCHANGE that waits for its signature goes
 * on, and its session is not lost. */
static void a_refused_start_changes_nothing(void **state)
{
    static uint8_t request[5000], answer[5000];
    static const uint8_t broken[] = {0x10, 0x84, 0, 0, 0};
    (void)state;
    uint8_t session;
    start(3, false);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    toy_delay(3, 0);
    assert_status(camseal_spdm_begin_session(p.req, &session), CAMSEAL_OK);
    camseal_step asks = {.out = {request, sizeof request, 0}};
    assert_status(camseal_spdm_requester_step(p.req, &asks), CAMSEAL_OK);
    camseal_step step = {.in = {request, asks.out.len}, .out = {answer, sizeof answer, 0}};
    assert_status(camseal_spdm_responder_step(p.rsp, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_WAIT);
    step.in = camseal_span_of(broken, sizeof broken);
    assert_status(camseal_spdm_responder_step(p.rsp, &step), CAMSEAL_OK);
    assert_memory_equal(answer, "\x10\x7f\x01", 3);
    step.in.len = 0;
    for (unsigned i = 0; i < 5 && step.next != CAMSEAL_NEXT_WAIT; i++)
        assert_status(camseal_spdm_responder_step(p.rsp, &step), CAMSEAL_OK);
    for (unsigned i = 0; i < 5 && step.next == CAMSEAL_NEXT_WAIT; i++)
        assert_status(camseal_spdm_responder_step(p.rsp, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_SEND);
    assert_int_equal(answer[1], 0x64);
    pair_stop(&p);
}

static void wipe_leaves_zeros(void **state)
{
    (void)state;
    uint8_t session;
    start(3, true);
    assert_status(scenario(&session), CAMSEAL_OK);
    camseal_spdm_requester_wipe(p.req);
    camseal_spdm_responder_wipe(p.rsp);
    const uint8_t *memory[] = {p.req_mem, p.rsp_mem};
    const size_t size[] = {p.req_size, p.rsp_size};
    for (size_t m = 0; m < 2; m++)
        for (size_t i = 0; i < size[m]; i++)
            assert_int_equal(memory[m][i], 0);
    free(p.req_mem);
    free(p.rsp_mem);
}

static void no_secret_is_told_unasked(void **state)
{
    (void)state;
    uint8_t session;
    start(3, false);
    assert_status(scenario(&session), CAMSEAL_OK);
    assert_int_equal(n_secrets, 0);
    pair_stop(&p);
}

/* The n-th call into the provider fails, for every n: a named failure on one side, no leak (a
 * sanitizer looks), no secret. */
static void a_provider_that_fails(void **state)
{
    (void)state;
    uint8_t session;
    start(3, true);
    (void)toy_fail_at(SIZE_MAX);
    assert_status(scenario(&session), CAMSEAL_OK);
    size_t calls = toy_fail_at(SIZE_MAX);
    pair_stop(&p);
    print_message("%zu calls\n", calls);
    assert_true(calls > 50);
    for (size_t n = 0; n < calls; n++) {
        start(3, true);
        (void)toy_fail_at(n);
        p.rsp_may_fail = true;
        camseal_status status = scenario(&session);
        (void)toy_fail_at(SIZE_MAX);
        if (status >= 0)
            fail_msg("call %zu failed unnoticed", n);
        p.head = p.tail = 0;
        assert_status(pair_connect(&p), CAMSEAL_OK); /* and it works again */
        if (n_secrets)
            assert_no_secret();
        pair_stop(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_after_a_is_b),
        cmocka_unit_test(secrets_are_gone_after_the_end),
        cmocka_unit_test(secrets_are_gone_after_a_failure),
        cmocka_unit_test(deferred_requests_are_forgotten),
        cmocka_unit_test(a_refused_start_changes_nothing),
        cmocka_unit_test(wipe_leaves_zeros),
        cmocka_unit_test(no_secret_is_told_unasked),
        cmocka_unit_test(a_provider_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
