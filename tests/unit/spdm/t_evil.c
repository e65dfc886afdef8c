/* A peer that has the keys and lies: each byte of each message inside a record altered, and each
 * message cut at every length and longer, sealed as if it were right. It may say what it likes, but
 * nobody crashes or hangs, every failure has a name, and the next connection is as good as new. */
#include "spdm_mitm.h"
#include "test.h"

static struct mitm m;
static const mitm_flow *flow;

static struct {
    enum { COUNT, ALTER, CUT, LONGER } action;
    unsigned index, seen; /* of the messages in records */
    size_t at;
    uint8_t mask;
    bool done;
} lie;
static unsigned n_messages;
static size_t lengths[256];

static bool in_record;
static void see(void *user, struct mitm *who, bool to_responder, uint8_t *message, size_t *len)
{
    (void)user, (void)who, (void)to_responder;
    if (!in_record)
        return;
    unsigned index = lie.seen++;
    if (lie.action == COUNT) {
        assert_true(index < 256);
        lengths[index] = *len;
        n_messages = index + 1;
        return;
    }
    if (lie.done || index != lie.index)
        return;
    lie.done = true;
    if (lie.action == ALTER)
        message[lie.at] ^= lie.mask;
    if (lie.action == CUT)
        *len = lie.at;
    for (size_t i = 0; lie.action == LONGER && i < lie.at; i++)
        message[(*len)++] = lie.mask;
}

static unsigned (*next_hook)(void *user, struct pair *p, unsigned index, bool to_responder,
                             struct pair_message *wire);
static unsigned mark(void *user, struct pair *p, unsigned index, bool to_responder,
                     struct pair_message *wire)
{
    in_record = wire->secured;
    return next_hook(user, p, index, to_responder, wire);
}

static void set_hooks(struct mitm *who)
{
    who->see = see;
    next_hook = who->p.hook;
    who->p.hook = mark;
}

static bool named(camseal_status status)
{
    int class_ = camseal_status_class(status);
    bool errand = strchr("kej", m.failed) != NULL; /* begun by a responder without its session */
    return status == CAMSEAL_E_SPACE || class_ == CAMSEAL_CLASS_PEER ||
           class_ == CAMSEAL_CLASS_SECURITY || (errand && status == CAMSEAL_E_STATE);
}

static unsigned lies, believed;
static void tell(void)
{
    char text[256];
    lie.seen = 0;
    lie.done = false;
    mitm_start(&m, flow, 1, set_hooks);
    camseal_status status = mitm_play(&m);
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(m.p.req);
    lies++;
    believed += status == CAMSEAL_OK;
    bool explained = f->status == CAMSEAL_OK || (f->detail && f->message);
    if (!lie.done || (status != CAMSEAL_OK && !named(status)) || !explained) {
        mitm_describe(&m, status, text, sizeof text);
        fail_msg("%s: %d at %zu of message %u: %s", flow->name, (int)lie.action, lie.at, lie.index,
                 text);
    }
    if (lies % 8 == 0)
        mitm_play_cleanly(&m);
    mitm_stop(&m);
}

static void for_each_message(void (*test)(void), bool may_be_believed)
{
    lies = believed = 0;
    for (size_t i = 0; i < mitm_n_flows; i++) {
        flow = &mitm_flows[i];
        lie.action = COUNT;
        lie.seen = 0;
        mitm_start(&m, flow, 1, set_hooks);
        assert_status(mitm_play(&m), CAMSEAL_OK);
        mitm_stop(&m);
        for (lie.index = 0; lie.index < n_messages; lie.index++)
            test();
    }
    print_message("%u lies, %u believed\n", lies, believed);
    assert_true(may_be_believed ? believed < lies / 2 : believed == 0);
}

static void alter_each_byte(void)
{
    lie.action = ALTER;
    for (lie.at = 0; lie.at < lengths[lie.index]; lie.at++) {
        lie.mask = (uint8_t)(1u << (lie.at + lie.index) % 8);
        tell();
        lie.mask = 0xFF;
        tell();
    }
}

static void cut_and_lengthen(void)
{
    lie.action = CUT;
    for (lie.at = 0; lie.at < lengths[lie.index]; lie.at++)
        tell();
    lie.action = LONGER;
    for (lie.at = 1; lie.at < 5; lie.at++) {
        lie.mask = lie.at % 2 ? 0 : 0xFF;
        tell();
    }
}

static void every_byte(void **state)
{
    (void)state;
    for_each_message(alter_each_byte, true); /* payloads, nonces, reserved bytes */
}

static void every_length(void **state)
{
    (void)state;
    for_each_message(cut_and_lengthen, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte),
        cmocka_unit_test(every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
