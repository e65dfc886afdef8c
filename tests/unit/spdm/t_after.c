/* What one run leaves to the next: nothing. Flow B on engines that have done A, or have failed
 * anywhere in A, puts the same bytes on the wire as B on new engines, for every B and many A. */
#include "spdm_mitm.h"
#include "spdm_toy.h"
#include "test.h"

static struct mitm m;
static const mitm_flow *flow;

static struct {
    uint8_t bytes[65536];
    size_t len;
} wire, alone;

/* ---- links ---------------------------------------------------------------------------------- */

static unsigned record(void *user, struct pair *p, unsigned index, bool to_responder,
                       struct pair_message *message)
{
    (void)user, (void)p, (void)index, (void)to_responder;
    assert_true(wire.len + message->len + 2 <= sizeof wire.bytes);
    wire.bytes[wire.len++] = to_responder;
    wire.bytes[wire.len++] = message->secured;
    memcpy(wire.bytes + wire.len, message->bytes, message->len);
    wire.len += message->len;
    return 1;
}

/* Silent from one message on, or a bit of it is flipped. */
enum action { CLEAN, SILENT, FLIPPED };

static struct {
    enum action action;
    unsigned index, seen;
    bool hit;
} fault;

static unsigned disturb(void *user, struct pair *p, unsigned index, bool to_responder,
                        struct pair_message *message)
{
    (void)user, (void)p, (void)index, (void)to_responder;
    if (fault.seen++ < fault.index)
        return 1;
    fault.hit = true;
    if (fault.action == SILENT)
        return 0;
    message->bytes[message->len / 2] ^= fault.seen == fault.index + 1 ? 0x10 : 0;
    return 1;
}

/* ---- A and B -------------------------------------------------------------------------------- */

/* Sessions left open, series of measurements half-way, updates, errands that nobody fetches, and
 * what the configuration at hand refuses. */
static const char *const scripts[] = {
    "c",   "cs",   "cp",   "csv",  "csuv",   "csUvx", "csspv", "cpvx", "cO",  "co",
    "com", "csmm", "csM",  "csl",  "csi",    "cI",    "cstb",  "csn",  "csk", "cse",
    "csj", "csk1", "cse1", "cpuU", "csxsxs", "ccc",   "cs2",   "c2",   "c3s", "cshh",
};

/* Beyond the letters of spdm_mitm.h: 1: another errand is armed, and stays; 2, 3: the application
 * of the responder starts over, or is busy for one request. */
static camseal_status special(char letter)
{
    if (letter == '1')
        return camseal_spdm_ask_key_update(m.p.rsp, m.session, NULL, NULL);
    camseal_spdm_responder_set_mood(m.p.rsp,
                                    letter == '2' ? CAMSEAL_SPDM_RESYNCH : CAMSEAL_SPDM_BUSY);
    camseal_status status = mitm_operate(&m, 'h');
    camseal_spdm_responder_set_mood(m.p.rsp, CAMSEAL_SPDM_READY);
    return status;
}

static void play_a(const char *script)
{
    camseal_status status = CAMSEAL_OK;
    fault.seen = 0;
    fault.hit = false;
    m.p.hook = fault.action == CLEAN ? NULL : disturb;
    for (; *script && status == CAMSEAL_OK; script++)
        status = *script >= '1' && *script <= '3' ? special(*script) : mitm_operate(&m, *script);
}

static void play_b(void)
{
    char text[256];
    (void)toy_crypto(7);
    if (flow->traits & MITM_DEFER)
        toy_delay(8, 0);
    m.p.hook = record;
    m.p.head = m.p.tail = 0;
    wire.len = 0;
    camseal_status status = mitm_play(&m);
    mitm_describe(&m, status, text, sizeof text);
    if (status != CAMSEAL_OK)
        fail_msg("%s: %s", flow->name, text);
}

static unsigned runs, wrong;

static void assert_b_after(const char *script)
{
    mitm_start(&m, flow, 100 + runs, NULL);
    play_a(script);
    play_b();
    runs++;
    size_t at = 0;
    while (at < wire.len && at < alone.len && wire.bytes[at] == alone.bytes[at])
        at++;
    if (wire.len != alone.len || at < wire.len) {
        print_error("%s after %s, fault %u at %u: differs at %zu\n", flow->name, script,
                    (unsigned)fault.action, fault.index, at);
        wrong++;
    }
    mitm_stop(&m);
}

static void for_each_flow(void (*test)(void))
{
    runs = wrong = 0;
    for (size_t i = 0; i < mitm_n_flows; i++) {
        flow = &mitm_flows[i];
        mitm_start(&m, flow, 7, NULL);
        play_b();
        alone = wire;
        mitm_stop(&m);
        test();
    }
    print_message("%u runs\n", runs);
    assert_true(runs > 100);
    assert_int_equal(wrong, 0);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void after_each_script(void)
{
    fault.action = CLEAN;
    assert_b_after(flow->script);
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        assert_b_after(scripts[i]);
}

static void after_whole_runs(void **state)
{
    (void)state;
    for_each_flow(after_each_script);
}

/* A breaks at each of its messages, in either way. */
static void after_each_break(void)
{
    for (int action = SILENT; action <= FLIPPED; action++) {
        fault.action = (enum action)action;
        fault.hit = true;
        for (fault.index = 0; fault.hit; fault.index++)
            assert_b_after(flow->script);
    }
}

static void after_broken_runs(void **state)
{
    (void)state;
    for_each_flow(after_each_break);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_whole_runs),
        cmocka_unit_test(after_broken_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
