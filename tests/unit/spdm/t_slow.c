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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_flow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
