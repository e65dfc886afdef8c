/* DSP0274, retries and times: a lost message goes out again byte for byte and meets the same answer
 * again, in every flow; nothing is counted twice; what can only be a retry is taken for one. */
#include "spdm/msg/msg.h"
#include "spdm/record.h"
#include "spdm_mitm.h"
#include "spdm_toy.h"
#include "test.h"

enum { FLOW_MAX = 256, RETRIES = 2 };

static struct mitm m;
static const mitm_flow *flow;
static const camseal_spdm_binding *binding;

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
    for (size_t b = 0; b < 3; b++) {
        binding = bindings[b];
        for (size_t i = 0; i < mitm_n_flows; i++) {
            flow = &mitm_flows[i];
            each_message_of(&cases);
        }
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_lost),
        cmocka_unit_test(lost_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
