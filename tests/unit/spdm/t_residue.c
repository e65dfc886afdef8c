/* Secrets are gone from the memory of both engines when they have done their work: after the
 * handshake, an update, the end, any failure. t_residue_stack.c looks at the stack. */
#include "spdm/responder.h"
#include "spdm_mitm.h"
#include "spdm_watch.h"
#include "test.h"

static struct mitm m;
static const mitm_flow *flow;

static void watch(struct mitm *who)
{
    who->p.req_config.crypto = who->p.rsp_config.crypto =
        watch_crypto(who->p.req_config.crypto, NULL);
}

static void assert_none(const char *when, bool requester, bool responder)
{
    size_t req = requester ? watch_remains(m.p.req_mem, m.p.req_size) : 0;
    size_t rsp = responder ? watch_remains(m.p.rsp_mem, m.p.rsp_size) : 0;
    if (req || rsp)
        fail_msg("%s, %s: %zu pieces of secrets at the requester, %zu at the responder", flow->name,
                 when, req, rsp);
}

/* ---- the engines' memory -------------------------------------------------------------------- */

static void after_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < mitm_n_flows; i++) {
        flow = &mitm_flows[i];
        mitm_start(&m, flow, 3, watch);
        for (const char *at = flow->script; *at != 'x'; at++)
            assert_status(mitm_operate(&m, *at), CAMSEAL_OK);
        /* While the session lives its keys are there: the scan works. */
        assert_true(watch_count() > 12);
        assert_true(watch_remains(m.p.req_mem, m.p.req_size) >= 4);
        assert_true(watch_remains(m.p.rsp_mem, m.p.rsp_size) >= 4);
        assert_status(mitm_operate(&m, 'x'), CAMSEAL_OK);
        assert_none("END_SESSION", true, true);
        mitm_stop(&m);
    }
}

/* The secrets of the handshake are not in an established session, nor is its shared secret. */
static void after_the_handshake(void **state)
{
    (void)state;
    for (size_t i = 0; i < mitm_n_flows; i++) {
        flow = &mitm_flows[i];
        mitm_start(&m, flow, 3, watch);
        const char *at = flow->script;
        while (*at != 's' && *at != 'p')
            assert_status(mitm_operate(&m, *at++), CAMSEAL_OK);
        size_t before = watch_count();
        assert_status(mitm_operate(&m, *at), CAMSEAL_OK);
        /* Noted last, and in use: nothing yet, as no record was sent under data keys. */
        assert_true(watch_count() > before);
        size_t req = 0, rsp = 0;
        for (size_t n = 0; n < watch_count(); n++) {
            req += watch_holds(m.p.req_mem, m.p.req_size, watch_noted(n));
            rsp += watch_holds(m.p.rsp_mem, m.p.rsp_size, watch_noted(n));
        }
        /* What HMAC and AEAD have seen of what is kept: the traffic secrets, from which the keys
         * were expanded. */
        if (req > 2 || rsp > 2)
            fail_msg("%s: %zu and %zu secrets of the handshake remain", flow->name, req, rsp);
        mitm_stop(&m);
    }
}

/* Keys before an update are gone when it is proven, and the session goes on. */
static void after_an_update(void **state)
{
    (void)state;
    static const char *const updates[] = {"uv", "Uv", "kv", "uUkv"};
    static const mitm_flow any = {"update", 0x13, MITM_MUTUAL, "csv"};
    flow = &any;
    for (size_t i = 0; i < sizeof updates / sizeof updates[0]; i++) {
        mitm_start(&m, flow, 3, watch);
        assert_status(mitm_play(&m), CAMSEAL_OK);
        size_t before = watch_count();
        for (const char *at = updates[i]; *at; at++)
            assert_status(mitm_operate(&m, *at), CAMSEAL_OK);
        assert_true(watch_count() >= before + 3); /* secret, key, IV */
        bool both = strpbrk(updates[i], "U") != NULL;
        watch_keep_first(before);
        size_t req = watch_remains(m.p.req_mem, m.p.req_size);
        size_t rsp = watch_remains(m.p.rsp_mem, m.p.rsp_size);
        /* With one direction only the other's secret, key and IV are still in use. */
        if (both ? req || rsp : req > 4 || rsp > 4)
            fail_msg("%s: %zu and %zu pieces of old keys", updates[i], req, rsp);
        mitm_stop(&m);
    }
}

static unsigned drop_index, messages;
static unsigned drop(void *user, struct pair *p, unsigned index, bool to_responder,
                     struct pair_message *wire)
{
    (void)user, (void)p, (void)to_responder, (void)wire;
    messages = index + 1;
    return index == drop_index ? 0 : 1;
}

static void watch_and_drop(struct mitm *who)
{
    watch(who);
    who->p.hook = drop;
}

static unsigned count_messages(void)
{
    drop_index = UINT32_MAX;
    mitm_start(&m, flow, 3, watch_and_drop);
    assert_status(mitm_play(&m), CAMSEAL_OK);
    mitm_stop(&m);
    return messages;
}

/* Time for every heartbeat to be missed, and for a handshake to be given up. */
static void let_sessions_expire(void)
{
    static uint8_t out[PAIR_MESSAGE];
    camseal_step step = {.out = {out, sizeof out, 0}, .now_us = m.p.now_us + 600000000};
    assert_status(camseal_spdm_responder_step(m.p.rsp, &step), CAMSEAL_OK);
}

/* Each message in turn never arrives, also when it is sent again. */
static bool dead;
static unsigned silence(void *user, struct pair *p, unsigned index, bool to_responder,
                        struct pair_message *wire)
{
    (void)user, (void)p, (void)to_responder, (void)wire;
    dead |= index == drop_index;
    return dead ? 0 : 1;
}

static void watch_and_fall_silent(struct mitm *who)
{
    watch(who);
    dead = false;
    who->p.hook = silence;
}

static void after_a_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < mitm_n_flows; i++) {
        flow = &mitm_flows[i];
        unsigned n = count_messages();
        for (unsigned k = 0; k < n; k++)
            for (unsigned way = 0; way < 3; way++) {
                drop_index = k;
                mitm_start(&m, flow, 3, watch_and_fall_silent);
                assert_status(mitm_play(&m), CAMSEAL_E_TIMEOUT);
                assert_none("after a timeout", true, false);
                m.p.hook = NULL;
                if (way == 0)
                    assert_status(mitm_operate(&m, 'c'), CAMSEAL_OK);
                if (way == 1)
                    let_sessions_expire();
                if (way == 2)
                    camseal_spdm_responder_wipe(m.p.rsp);
                assert_none(way == 0   ? "GET_VERSION"
                            : way == 1 ? "no heartbeat"
                                       : "wiped",
                            true, true);
                if (way == 2)
                    assert_status(camseal_spdm_responder_init(&m.p.rsp, m.p.rsp_mem, m.p.rsp_size,
                                                              &m.p.rsp_config),
                                  CAMSEAL_OK);
                mitm_stop(&m);
            }
    }
}

/* Nothing at all is left of either object, whenever it is wiped. */
static void assert_zero(const void *memory, size_t n)
{
    const uint8_t *at = memory;
    for (size_t i = 0; i < n; i++)
        if (at[i])
            fail_msg("%s: byte %zu is left after message %u", flow->name, i, drop_index);
}

static void wiped_at_any_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < mitm_n_flows; i++) {
        flow = &mitm_flows[i];
        unsigned n = count_messages();
        for (drop_index = 0; drop_index < n; drop_index++) {
            mitm_start(&m, flow, 3, watch_and_fall_silent);
            assert_status(mitm_play(&m), CAMSEAL_E_TIMEOUT);
            camseal_spdm_requester_wipe(m.p.req);
            camseal_spdm_responder_wipe(m.p.rsp);
            assert_zero(m.p.req_mem, m.p.req_size);
            assert_zero(m.p.rsp_mem, m.p.rsp_size);
            free(m.p.req_mem);
            free(m.p.rsp_mem);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_the_end),     cmocka_unit_test(after_the_handshake),
        cmocka_unit_test(after_an_update),   cmocka_unit_test(after_a_failure),
        cmocka_unit_test(wiped_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
