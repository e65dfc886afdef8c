/* Secrets are not left on the stack: flows run on a stack of their own, whose dead part is looked
 * at after each step and at each call into the provider; and each function that handles a secret
 * runs alone, far below the frame that looks. */
#include <pthread.h>

#include "base/secret.h"
#include "spdm/psk.h"
#include "spdm/record.h"
#include "spdm/session.h"
#include "spdm_mitm.h"
#include "spdm_toy.h"
#include "spdm_watch.h"
#include "test.h"

enum { STACK = 512 * 1024, BELOW = 2048, NEAR = 8192 };

static struct mitm m;
static const mitm_flow *flow;
static _Alignas(4096) uint8_t stack[STACK];
static size_t pieces, looks;
static unsigned where, first;

/* What lies below this frame is dead, but for the frames that look. */
static void look(size_t most)
{
    uint8_t here;
    size_t live = (size_t)(&here - stack) - BELOW;
    assert_true(live < STACK);
    size_t from = live > most ? live - most : 0;
    size_t n = watch_remains(stack + from, live - from);
    looks++;
    if (n && !pieces)
        first = where;
    pieces += n;
}

static void look_near(void)
{
    look(NEAR);
}

static void run_on_stack(void *(*run)(void *))
{
    pthread_t thread;
    pthread_attr_t attr;
    pieces = looks = 0;
    memset(stack, 0xA5, sizeof stack);
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstack(&attr, stack, sizeof stack), 0);
    assert_int_equal(pthread_create(&thread, &attr, run, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_attr_destroy(&attr), 0);
}

/* Calls from far below: the frame of what is called is none that looking uses. */
static void call_deep(void (*call)(void))
{
    volatile uint8_t gap[4096];
    gap[0] = 1;
    call();
    gap[1] = gap[0];
}

/* ---- the look sees what is there ------------------------------------------------------------ */

static uintptr_t left_at;

static void leave_one(void)
{
    volatile uint8_t room[64];
    camseal_span secret = watch_noted(0);
    left_at = (uintptr_t)room;
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = secret.data[i];
}

/* AddressSanitizer may give frames a place of its own (detect_stack_use_after_return): then there
 * is nothing to see on the stack, and nothing is shown by these tests. */
static bool frames_are_here(void)
{
    return left_at - (uintptr_t)stack < STACK;
}

static void skip_elsewhere(void)
{
    if (frames_are_here())
        return;
    print_message("SKIPPED: the frames of this build are not on the stack\n");
    skip();
}

static void *leave_and_look(void *arg)
{
    (void)arg;
    call_deep(leave_one);
    if (frames_are_here())
        look(STACK);
    return NULL;
}

static void the_look_sees(void **state)
{
    (void)state;
    (void)watch_crypto(toy_crypto(1), NULL);
    watch_note((const uint8_t *)"0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF",
               64);
    run_on_stack(leave_and_look);
    skip_elsewhere();
    assert_true(pieces > 0);
}

/* ---- whole flows ---------------------------------------------------------------------------- */

static unsigned look_at_each(void *user, struct pair *p, unsigned index, bool to_responder,
                             struct pair_message *wire)
{
    (void)user, (void)p, (void)to_responder, (void)wire;
    where = index;
    look(STACK);
    return 1;
}

static void watch(struct mitm *who)
{
    who->p.req_config.crypto = who->p.rsp_config.crypto =
        watch_crypto(who->p.req_config.crypto, look_near);
}

static void *play(void *arg)
{
    (void)arg;
    m.p.hook = look_at_each;
    camseal_status status = mitm_play(&m);
    look(STACK);
    if (status != CAMSEAL_OK)
        looks = 0;
    return NULL;
}

static void nothing_after_a_step(void **state)
{
    (void)state;
    skip_elsewhere();
    for (size_t i = 0; i < mitm_n_flows; i++) {
        flow = &mitm_flows[i];
        mitm_start(&m, flow, 3, watch);
        run_on_stack(play);
        assert_true(looks > 8);
        if (pieces)
            fail_msg("%s: %zu pieces of secrets on the stack, first at message %u", flow->name,
                     pieces, first);
        mitm_stop(&m);
    }
}

/* ---- functions alone ------------------------------------------------------------------------ */

static spdm_schedule k;
static spdm_secrets secrets;
static spdm_keys keys;
static uint8_t th[CAMSEAL_HASH_MAX], mac[CAMSEAL_HASH_MAX], wire[256], opened[256];
static camseal_status outcome;

static void start(void)
{
    outcome = camseal_spdm_ks_start(
        &k, &secrets, camseal_span_of("a shared secret of a toy exchange", 32), false);
}

static camseal_status find_psk(void *user, const camseal_spdm_psk_query *query,
                               camseal_spdm_psk_key *out)
{
    (void)user, (void)query;
    memcpy(out->bytes, "a pre-shared key of thirty bytes", 32);
    out->len = 32;
    return CAMSEAL_OK;
}

static void psk_start(void)
{
    static const camseal_spdm_psk_source source = {.key = find_psk};
    outcome = camseal_spdm_psk_start(&source, &k, camseal_span_of("hint", 4), &secrets);
}

static void handshake(void)
{
    outcome = camseal_spdm_ks_handshake(&k, &secrets, th);
}

static void verify_data(void)
{
    outcome = camseal_spdm_ks_verify_data(&k, secrets.traffic[0], th, mac);
}

static void make_keys(void)
{
    outcome = camseal_spdm_ks_keys(&k, secrets.traffic[0], &keys);
}

static void data(void)
{
    outcome = camseal_spdm_ks_data(&k, &secrets, th);
}

static void update(void)
{
    outcome = camseal_spdm_ks_update(&k, secrets.traffic[0]);
}

static void seal_and_open(void)
{
    const spdm_record rec = {k.crypto, k.aead, &camseal_spdm_binding_tcp, 1, 64};
    camseal_buf out = {wire, sizeof wire, 0};
    camseal_span message;
    spdm_keys again = keys;
    outcome = camseal_spdm_record_seal(&rec, &keys, &out, 16);
    if (outcome == CAMSEAL_OK)
        outcome = camseal_spdm_record_open(&rec, &again, camseal_span_of(wire, out.len),
                                           camseal_mspan_of(opened, sizeof opened), &message);
    camseal_wipe(&again, sizeof again); /* ours */
}

static const struct {
    const char *name;
    void (*call)(void);
} functions[] = {
    {"ks_start", start},          {"psk_start", psk_start},
    {"ks_start", start},          {"ks_handshake", handshake},
    {"verify data", verify_data}, {"ks_keys", make_keys},
    {"record", seal_and_open},    {"ks_data", data},
    {"ks_keys", make_keys},       {"ks_update", update},
    {"ks_keys", make_keys},
};

static void *call_each(void *arg)
{
    (void)arg;
    for (where = 0; where < sizeof functions / sizeof functions[0]; where++) {
        call_deep(functions[where].call);
        if (outcome != CAMSEAL_OK)
            looks = SIZE_MAX / 2;
        /* What is in use is a secret too, though HMAC and AEAD have not seen it yet. */
        watch_note(secrets.root, 32);
        watch_note(secrets.traffic[0], 32);
        watch_note(keys.key, 16);
        watch_note(keys.iv, sizeof keys.iv);
        look(STACK);
    }
    return NULL;
}

static void functions_alone(void **state)
{
    (void)state;
    skip_elsewhere();
    k.crypto = watch_crypto(toy_crypto(1), look_near);
    k.hash = camseal_crypto_hash(k.crypto, CAMSEAL_HASH_SHA256);
    k.aead = camseal_crypto_aead(k.crypto, CAMSEAL_AEAD_AES_128_GCM);
    k.version = 0x13;
    memset(th, 0x5A, sizeof th);
    run_on_stack(call_each); /* once, as the dynamic linker saves registers at each first call */
    run_on_stack(call_each);
    assert_true(looks > 20 && looks < 10000);
    if (pieces)
        fail_msg("%zu pieces on the stack, first after %s", pieces, functions[first].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_look_sees), /* first: the others know from it where frames are */
        cmocka_unit_test(functions_alone),
        cmocka_unit_test(nothing_after_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
