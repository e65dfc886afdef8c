/* A responder whose signer, chain checks and application are slow: it waits, or defers the answer
 * by ResponseNotReady, outside sessions, in handshakes and in sessions, in every flow. That
 * messages get lost meanwhile is in t_retries. */
#include "spdm/msg/error.h"
#include "spdm/msg/msg.h"
#include "spdm_mitm.h"
#include "spdm_toy.h"
#include "test.h"

static struct mitm m;

static unsigned n_deferred, vendor_delay;
static uint8_t defer_exponent;

static void count(void *user, struct mitm *who, bool to_responder, uint8_t *message, size_t *len)
{
    (void)user, (void)who;
    if (!to_responder && *len >= 3 && message[1] == SPDM_ERROR && message[2] == SPDM_ERR_NOT_READY)
        n_deferred++;
}

static camseal_status slow_vendor(void *user, const camseal_spdm_vendor_request *request,
                                  camseal_buf *response)
{
    if (vendor_delay--)
        return CAMSEAL_PENDING;
    vendor_delay = 8;
    return pair_echo(user, request, response);
}

static void tune(struct mitm *who)
{
    who->see = count;
    who->p.rsp_config.defer_exponent = defer_exponent;
    who->p.rsp_config.vendor = slow_vendor;
    vendor_delay = 8;
}

static unsigned play(const mitm_flow *flow, unsigned signatures, unsigned chains)
{
    char text[256];
    n_deferred = 0;
    mitm_start(&m, flow, 1, tune);
    toy_delay(signatures, chains);
    camseal_status status = mitm_play(&m);
    mitm_describe(&m, status, text, sizeof text);
    if (status != CAMSEAL_OK)
        fail_msg("%s: %s", flow->name, text);
    mitm_stop(&m);
    return n_deferred;
}

static void every_flow(void **state)
{
    unsigned total = 0;
    (void)state;
    for (size_t i = 0; i < mitm_n_flows; i++) {
        defer_exponent = 0;
        assert_int_equal(play(&mitm_flows[i], 8, 8), 0);
        defer_exponent = 10; /* a millisecond; each poll takes one */
        unsigned n = play(&mitm_flows[i], 8, 8);
        bool says = strchr(mitm_flows[i].script, 'v') != NULL;
        assert_true(n > 0 || !says);
        total += n;
        defer_exponent = 13; /* eight of them: just in time */
        assert_true(play(&mitm_flows[i], 8, 8) <= n);
    }
    print_message("%u deferred\n", total);
}

/* A busy responder keeps what it deferred for four times the wait that it announced: the requester
 * is back before, and gives up only after seconds. */
static struct {
    unsigned left, asked;
    uint64_t deferred_us, asked_us[2];
} busy;

static void be_busy(void *user, struct mitm *who, bool to_responder, uint8_t *message, size_t *len)
{
    (void)user;
    bool error = !to_responder && *len >= 3 && message[1] == SPDM_ERROR;
    if (error && message[2] == SPDM_ERR_NOT_READY && !busy.asked)
        busy.deferred_us = who->p.now_us;
    if (error || !to_responder || message[1] != SPDM_RESPOND_IF_READY)
        return;
    if (busy.asked < 2)
        busy.asked_us[busy.asked] = who->p.now_us;
    busy.asked++;
    camseal_spdm_responder_set_mood(who->p.rsp, busy.left ? CAMSEAL_SPDM_BUSY : CAMSEAL_SPDM_READY);
    busy.left -= busy.left > 0;
}

static void tune_busy(struct mitm *who)
{
    who->see = be_busy;
    who->p.rsp_config.defer_exponent = defer_exponent;
    who->p.rsp_config.vendor = slow_vendor;
    vendor_delay = 3; /* the signer takes no time: deferred once */
}

static void busy_and_deferred(void **state)
{
    (void)state;
    static const uint8_t exponents[] = {1, 10, 16};
    for (size_t i = 0; i < sizeof exponents; i++) {
        for (unsigned n = 1; n < 36; n += 17) {
            defer_exponent = exponents[i];
            memset(&busy, 0, sizeof busy);
            mitm_start(&m, mitm_flow_named("certificate"), 1, tune_busy);
            assert_status(mitm_operate(&m, 'c'), CAMSEAL_OK);
            assert_status(mitm_operate(&m, 's'), CAMSEAL_OK);
            vendor_delay = i < 2 ? 3 : 67; /* polls of a millisecond */
            busy.left = n;
            assert_status(mitm_operate(&m, 'v'), CAMSEAL_OK);
            assert_true(busy.asked > n);
            uint64_t wait = UINT64_C(1) << defer_exponent;
            assert_int_equal(busy.asked_us[0] - busy.deferred_us, wait);
            assert_true(busy.asked_us[1] - busy.deferred_us < 4 * wait);
            mitm_stop(&m);
        }
        /* Forty times in all, at most 0.1 s each. */
        memset(&busy, 0, sizeof busy);
        mitm_start(&m, mitm_flow_named("certificate"), 1, tune_busy);
        assert_status(mitm_operate(&m, 'c'), CAMSEAL_OK);
        assert_status(mitm_operate(&m, 's'), CAMSEAL_OK);
        vendor_delay = i < 2 ? 3 : 67;
        busy.left = 1000;
        uint64_t begun_us = m.p.now_us;
        assert_status(mitm_operate(&m, 'v'), CAMSEAL_E_TIMEOUT);
        assert_in_range(m.p.now_us - begun_us, 2000000, 6000000);
        mitm_stop(&m);
    }
}

/* ---- handshakes that nobody finishes -------------------------------------------------------- */

/* KEY_EXCHANGE number n by somebody; the ErrorCode that comes back, or 0. */
static uint8_t begin_handshake(uint8_t n)
{
    static struct pair_message answer;
    uint8_t message[256];
    size_t len = test_hex(message, sizeof message,
                          "12e400000000000000010203040506070809"
                          "0a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                          "1111111111111111111111111111111111111111111111111111111111111111"
                          "2222222222222222222222222222222222222222222222222222222222222222"
                          "100001000000000007000101020011001200");
    message[4] = n;
    assert_true(pair_tell(&m.p, message, len, false, &answer) > 0);
    return answer.bytes[1] == SPDM_ERROR ? answer.bytes[2] : (uint8_t)0;
}

static uint64_t handshake_us;
static void tune_handshake(struct mitm *who)
{
    who->p.rsp_config.handshake_us = handshake_us;
    who->p.rsp_config.heartbeat_s = 0;
}

static void abandoned_handshakes(void **state)
{
    static const uint64_t numbers[] = {0, 1, 300, 60000000};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        uint64_t limit = numbers[i] ? numbers[i] : 10000000;
        handshake_us = numbers[i];
        mitm_start(&m, mitm_flow_named("certificate"), 1, tune_handshake);
        assert_status(mitm_operate(&m, 'c'), CAMSEAL_OK);
        assert_status(mitm_operate(&m, 's'), CAMSEAL_OK);
        for (unsigned round = 0; round < 3; round++) {
            uint64_t begun_us = m.p.now_us;
            for (uint8_t n = 1; n < 4; n++) /* three sessions in all, one is established */
                assert_int_equal(begin_handshake((uint8_t)(8 * round + n)),
                                 n < 3 ? 0 : SPDM_ERR_SESSION_LIMIT);
            assert_status(mitm_operate(&m, 'v'), CAMSEAL_OK);
            m.p.now_us = begun_us + limit - 1;
            assert_int_equal(begin_handshake(0x77), SPDM_ERR_SESSION_LIMIT);
            assert_int_equal(m.p.rsp_wake_us, begun_us + limit);
            m.p.now_us = begun_us + limit;
        }
        assert_int_equal(begin_handshake(0x77), 0);
        assert_status(mitm_operate(&m, 'v'), CAMSEAL_OK);
        assert_int_equal(m.opened, 1);
        assert_int_equal(m.closed, 0);
        mitm_stop(&m);
    }
}

/* A handshake without end, however busy: its time counts from the key exchange on. */
static unsigned n_polls;
static unsigned never_finish(void *user, struct pair *p, unsigned index, bool to_responder,
                             struct pair_message *wire)
{
    (void)user, (void)index;
    if (to_responder && wire->secured)
        p->now_us += 3000000;
    n_polls += to_responder && wire->secured;
    return 1;
}

static void tune_never(struct mitm *who)
{
    who->p.hook = never_finish;
    who->p.req_config.timeout_us = 100000000;
}

static void a_handshake_without_end(void **state)
{
    (void)state;
    n_polls = 0;
    mitm_start(&m, mitm_flow_named("mutual, encapsulated"), 1, tune_never);
    assert_status(mitm_operate(&m, 'c'), CAMSEAL_OK);
    assert_status(mitm_operate(&m, 's'), CAMSEAL_E_TIMEOUT); /* dropped: no such session */
    assert_int_equal(n_polls, 4);
    assert_int_equal(m.opened, 0);
    mitm_stop(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flow),
        cmocka_unit_test(busy_and_deferred),
        cmocka_unit_test(abandoned_handshakes),
        cmocka_unit_test(a_handshake_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
