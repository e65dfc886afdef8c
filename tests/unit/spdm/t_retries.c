/* DSP0274, retries and times: a lost message goes out again byte for byte and meets the same answer
 * again, in every flow; nothing is counted twice; what can only be a retry is taken for one. */
#include "spdm/msg/error.h"
#include "spdm/msg/msg.h"
#include "spdm/record.h"
#include "spdm_mitm.h"
#include "spdm_toy.h"
#include "test.h"

enum { FLOW_MAX = 256, RETRIES = 2 };

static struct mitm m;
static const mitm_flow *flow;
static const camseal_spdm_binding *binding;
static bool slow; /* the responder defers what takes cryptography */

/* ---- a link that loses, and sees that no counter is used twice ------------------------------ */

static struct {
    unsigned index; /* of the first message that is lost                        */
    unsigned times; /* how often, it or what comes instead                      */
    bool late;      /* an answer: only late, not lost, so that it comes twice   */
    bool done;
} loss;
static struct pair_message last[2], kept;
static unsigned sent_again;

/* A record is either the last one again, or has another counter: under MCTP that is to be seen. */
static void check_record(bool to_responder, const struct pair_message *wire)
{
    struct pair_message *before = &last[to_responder];
    bool same = before->len == wire->len && memcmp(before->bytes, wire->bytes, wire->len) == 0;
    if (to_responder && same)
        sent_again++;
    if (wire->secured && before->secured && !same && binding->sequence_bytes)
        assert_true(memcmp(before->bytes, wire->bytes, 4) != 0 ||         /* another session */
                    memcmp(before->bytes + 4, wire->bytes + 4, 2) != 0 || /* or counter */
                    wire->bytes[4] + wire->bytes[5] == 0);                /* or key */
    *before = *wire;
}

static unsigned lose(void *user, struct pair *p, unsigned index, bool to_responder,
                     struct pair_message *wire)
{
    (void)user, (void)p;
    check_record(to_responder, wire);
    if (index < loss.index || loss.times == 0)
        return 1;
    if (index == loss.index)
        loss.done = true;
    if (to_responder != (loss.index % 2 == 0)) /* answers have odd numbers */
        return 1;
    loss.times--;
    if (loss.late && !to_responder && loss.times == 0) {
        kept = *wire;
        return 0;
    }
    return 0;
}

static unsigned lose_or_delay(void *user, struct pair *p, unsigned index, bool to_responder,
                              struct pair_message *wire)
{
    unsigned copies = lose(user, p, index, to_responder, wire);
    if (copies && kept.len && !to_responder && kept.len == wire->len &&
        memcmp(kept.bytes, wire->bytes, kept.len) == 0)
        copies = 2;
    if (copies == 2)
        kept.len = 0;
    return copies;
}

static void tune(struct mitm *who)
{
    who->p.hook = lose_or_delay;
    who->p.req_config.retries = RETRIES;
    if (slow)
        who->p.rsp_config.defer_exponent = 10;
    who->p.req_config.binding = who->p.rsp_config.binding = binding;
}

static camseal_status play(unsigned index, unsigned times, bool late)
{
    loss.index = index;
    loss.times = times;
    loss.late = late;
    loss.done = false;
    memset(last, 0, sizeof last);
    kept.len = 0;
    sent_again = 0;
    mitm_start(&m, flow, 1, tune);
    if (slow)
        toy_delay(8, 8);
    return mitm_play(&m);
}

static void must_pass(const char *what, unsigned index, camseal_status status, unsigned opened)
{
    char text[256];
    mitm_describe(&m, status, text, sizeof text);
    if (status != CAMSEAL_OK || m.opened != opened || !loss.done)
        fail_msg("%s (%s): message %u %s: %s", flow->name, binding->name, index, what, text);
}

/* ---- every message of every flow ------------------------------------------------------------ */

static void each_message_of(unsigned *cases)
{
    assert_status(play(0, 0, false), CAMSEAL_OK);
    unsigned n = m.p.index, opened = m.opened, accepted = m.accepted;
    assert_int_equal(sent_again, 0);
    mitm_stop(&m);
    for (unsigned index = 0; index < n; index++) {
        for (unsigned way = 0; way < 3; way++) {
            bool late = way == 2;
            if (late && index % 2 == 0)
                continue;
            camseal_status status = play(index, way == 1 ? RETRIES : 1, late);
            must_pass(late ? "came late" : way ? "lost twice" : "lost", index, status, opened);
            assert_int_equal(m.accepted, accepted); /* applications hear of no retry */
            assert_int_equal(sent_again, way == 1 ? RETRIES : 1);
            mitm_stop(&m);
            ++*cases;
        }
    }
}

static void each_message_lost(void **state)
{
    static const camseal_spdm_binding *const bindings[] = {
        &camseal_spdm_binding_tcp, &camseal_spdm_binding_mctp, &camseal_spdm_binding_doe};
    unsigned cases = 0;
    (void)state;
    for (size_t b = 0; b < 4; b++) {
        binding = bindings[b % 3];
        slow = b == 3;
        for (size_t i = 0; i < mitm_n_flows; i++) {
            flow = &mitm_flows[i];
            each_message_of(&cases);
        }
    }
    slow = false;
    print_message("%u cases\n", cases);
    assert_true(cases > 1000);
}

/* One loss too many: TIMEOUT, after all the time that there was. */
static void lost_for_good(void **state)
{
    (void)state;
    binding = &camseal_spdm_binding_tcp;
    flow = mitm_flow_named("certificate");
    for (unsigned index = 0; index < 24; index++) {
        assert_status(play(index, RETRIES + 1, false), CAMSEAL_E_TIMEOUT);
        assert_int_equal(sent_again, RETRIES);
        assert_true(m.p.now_us >= (RETRIES + 1) * UINT64_C(1100000));
        mitm_play_cleanly(&m);
        mitm_stop(&m);
    }
}

/* ---- what is a retry ------------------------------------------------------------------------ */

/* The same request for measurements twice is two requests: the signature covers both. */
static void asked_twice(void **state)
{
    static const mitm_flow twice = {"measurements twice", 0x13, 0, "coocoOsmmMx"};
    (void)state;
    mitm_start(&m, &twice, 1, NULL);
    assert_status(mitm_play(&m), CAMSEAL_OK);
    mitm_stop(&m);
}

static unsigned remember(void *user, struct pair *p, unsigned index, bool to_responder,
                         struct pair_message *wire)
{
    (void)user, (void)p, (void)index;
    last[to_responder] = *wire;
    return 1;
}

static void set_remember(struct mitm *who)
{
    who->p.hook = remember;
}

/* A replayed record gets the answer that everybody saw, and moves nothing: no application, no
 * counter, no heartbeat. */
static void a_replayed_record(void **state)
{
    static struct pair_message answer;
    (void)state;
    mitm_start(&m, mitm_flow_named("certificate"), 1, set_remember);
    for (const char *at = "csv"; *at; at++)
        assert_status(mitm_operate(&m, *at), CAMSEAL_OK);
    struct pair_message request = last[true], said = last[false];
    unsigned accepted = m.accepted;
    for (unsigned i = 0; i < 3; i++) {
        m.p.now_us += 6000000; /* two heartbeat periods are 20 s */
        assert_int_equal(pair_tell(&m.p, request.bytes, request.len, true, &answer), said.len);
        assert_memory_equal(answer.bytes, said.bytes, said.len);
        assert_int_equal(m.accepted, accepted);
    }
    assert_int_equal(m.closed, 0);
    m.p.now_us += 2000000;
    (void)pair_tell(&m.p, request.bytes, request.len, true, &answer);
    assert_int_equal(m.closed, 1);
    mitm_stop(&m);
}

/* The record before the last one is no retry: its session ends. */
static void an_older_record(void **state)
{
    static struct pair_message answer;
    (void)state;
    mitm_start(&m, mitm_flow_named("certificate"), 1, set_remember);
    for (const char *at = "csv"; *at; at++)
        assert_status(mitm_operate(&m, *at), CAMSEAL_OK);
    struct pair_message request = last[true];
    assert_status(mitm_operate(&m, 'h'), CAMSEAL_OK);
    (void)pair_tell(&m.p, request.bytes, request.len, true, &answer);
    assert_int_equal(m.closed, 1);
    assert_int_equal(m.last_error, SPDM_ERR_DECRYPT);
    mitm_stop(&m);
}

/* ---- times ---------------------------------------------------------------------------------- */

static struct {
    uint8_t ct, rdt, rdtm;
    uint64_t told_us, asked_us;
} times;

static unsigned set_times(void *user, struct pair *p, unsigned index, bool to_responder,
                          struct pair_message *wire)
{
    (void)user, (void)index;
    if (wire->bytes[1] == SPDM_CAPABILITIES)
        wire->bytes[5] = times.ct;
    if (wire->bytes[1] == SPDM_RESPOND_IF_READY)
        times.asked_us = p->now_us;
    if (to_responder || wire->bytes[1] == SPDM_VERSION || wire->bytes[1] == SPDM_CAPABILITIES ||
        wire->bytes[1] == SPDM_ALGORITHMS)
        return 1;
    if (times.rdtm == 0xFF || times.told_us) /* DIGESTS never comes */
        return 0;
    const uint8_t not_ready[] = {
        0x12, SPDM_ERROR, SPDM_ERR_NOT_READY, 0, times.rdt, SPDM_GET_DIGESTS, 7, times.rdtm};
    memcpy(wire->bytes, not_ready, sizeof not_ready);
    wire->len = sizeof not_ready;
    times.told_us = p->now_us;
    return 1;
}

static void tune_times(struct mitm *who)
{
    who->p.hook = set_times;
    who->p.req_config.timeout_us = 300000;
    who->p.now_us = 5;
}

static camseal_status connect_with(uint8_t ct, uint8_t rdt, uint8_t rdtm)
{
    times.ct = ct;
    times.rdt = rdt;
    times.rdtm = rdtm;
    times.told_us = times.asked_us = 0;
    mitm_start(&m, mitm_flow_named("certificate"), 1, tune_times);
    return mitm_operate(&m, 'c');
}

/* T2 = RTT + CT, CT = 2^n us; more than 31 is illegal. */
static void every_ct_exponent(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 256; n++) {
        camseal_status status = connect_with((uint8_t)n, 0, 0xFF);
        assert_status(status, n > 31 ? CAMSEAL_E_FORMAT : CAMSEAL_E_TIMEOUT);
        uint64_t ct = n > 31 ? 0 : UINT64_C(1) << n, least = 100000;
        if (n <= 31)
            assert_int_equal(m.p.now_us, 5 + 300000 + (ct > least ? ct : least));
        mitm_stop(&m);
    }
}

/* WT = 2^n us is waited for to the microsecond; half a minute is the most. */
static void every_rdt_exponent(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 256; n++) {
        camseal_status status = connect_with(20, (uint8_t)n, 2);
        assert_status(status, n > 31 ? CAMSEAL_E_FORMAT : CAMSEAL_E_TIMEOUT);
        assert_int_equal(times.asked_us != 0, n <= 25);
        if (n <= 25)
            assert_int_equal(times.asked_us - times.told_us, UINT64_C(1) << n);
        else
            assert_int_equal(m.p.now_us, times.told_us);
        mitm_stop(&m);
    }
    for (unsigned rdtm = 0; rdtm < 255; rdtm++) {
        camseal_status status = connect_with(20, 10, (uint8_t)rdtm);
        assert_status(status, rdtm < 2 ? CAMSEAL_E_FORMAT : CAMSEAL_E_TIMEOUT);
        assert_int_equal(times.asked_us != 0, rdtm >= 2);
        mitm_stop(&m);
    }
}

static void tune_for_ever(struct mitm *who)
{
    who->p.req_config.timeout_us = UINT64_MAX;
}

/* The longest times there are do not wrap. */
static void times_do_not_wrap(void **state)
{
    uint8_t out[256];
    (void)state;
    mitm_start(&m, mitm_flow_named("certificate"), 1, tune_for_ever);
    assert_status(camseal_spdm_begin_connect(m.p.req), CAMSEAL_OK);
    camseal_step step = {.out = {out, sizeof out, 0}, .now_us = UINT64_MAX - 5};
    assert_status(camseal_spdm_requester_step(m.p.req, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_SEND);
    for (; step.now_us < UINT64_MAX; step.now_us++) {
        assert_status(camseal_spdm_requester_step(m.p.req, &step), CAMSEAL_OK);
        assert_int_equal(step.next, CAMSEAL_NEXT_RECV);
        assert_true(step.wake_us == UINT64_MAX);
    }
    mitm_stop(&m);
}

/* ---- RequestResynch ------------------------------------------------------------------------- */

static const char *resynch;
static unsigned lose_state(void *user, struct pair *p, unsigned index, bool to_responder,
                           struct pair_message *wire)
{
    (void)user, (void)p, (void)index;
    if (!to_responder && !wire->secured && wire->bytes[1] == SPDM_MEASUREMENTS)
        wire->len = test_hex(wire->bytes, sizeof wire->bytes, resynch);
    return 1;
}

static void tune_lose_state(struct mitm *who)
{
    who->p.hook = lose_state;
}

/* A peer that lost the connection says so with its version or with 1.0: sessions are gone on this
 * side too, and GET_VERSION starts over. */
static void resynchronised(void **state)
{
    static const char *const errors[] = {"137f4300", "107f4300"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        resynch = errors[i];
        mitm_start(&m, mitm_flow_named("measurements"), 1, tune_lose_state);
        assert_status(mitm_operate(&m, 'c'), CAMSEAL_OK);
        assert_status(mitm_operate(&m, 's'), CAMSEAL_OK);
        assert_status(mitm_operate(&m, 'O'), CAMSEAL_E_PEER_ERROR);
        assert_int_equal(camseal_spdm_requester_failure(m.p.req)->peer_error, SPDM_ERR_RESYNCH);
        assert_status(mitm_operate(&m, 'v'), CAMSEAL_E_STATE);
        assert_status(mitm_operate(&m, 'O'), CAMSEAL_E_STATE);
        mitm_play_cleanly(&m);
        mitm_stop(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_lost),  cmocka_unit_test(lost_for_good),
        cmocka_unit_test(asked_twice),        cmocka_unit_test(a_replayed_record),
        cmocka_unit_test(an_older_record),    cmocka_unit_test(every_ct_exponent),
        cmocka_unit_test(every_rdt_exponent), cmocka_unit_test(times_do_not_wrap),
        cmocka_unit_test(resynchronised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
