/* Secrets are gone when they have done their work: looked for in all memory of both engines and in
 * the dead part of the stack. A watching provider notes every key that the key schedule, HMAC and
 * AEAD ever see: shared secrets, pre-shared keys, handshake, master, traffic and exporter secrets,
 * finished keys, record keys and IVs, also those after key updates. */
#include <pthread.h>

#include "spdm/responder.h"
#include "spdm_mitm.h"
#include "spdm_toy.h"
#include "test.h"

enum { NOTED_MAX = 256, SECRET_MAX = 64, SECRET_MIN = 12, STACK = 512 * 1024, BELOW = 64 };

static struct mitm m;
static const mitm_flow *flow;

/* ---- the watching provider ------------------------------------------------------------------ */

static struct {
    uint8_t bytes[SECRET_MAX];
    size_t len;
} noted[NOTED_MAX];
static size_t n_noted;

/* Neither salts of one value nor what is noted already. */
static void note(const uint8_t *secret, size_t len)
{
    bool flat = true;
    for (size_t i = 1; i < len; i++)
        flat &= secret[i] == secret[0];
    if (flat || len < SECRET_MIN)
        return;
    len = len < SECRET_MAX ? len : SECRET_MAX;
    for (size_t i = 0; i < n_noted; i++)
        if (noted[i].len == len && memcmp(noted[i].bytes, secret, len) == 0)
            return;
    assert_true(n_noted < NOTED_MAX);
    memcpy(noted[n_noted].bytes, secret, len);
    noted[n_noted++].len = len;
}

/* What a provider leaves on the stack is its own affair: its part of the stack is painted over. */
static void paint(void)
{
    volatile uint8_t room[16384];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = 0xA5;
}

static camseal_crypto watched;
static camseal_hash hashes[4];
static camseal_aead aeads[4];
static camseal_kex kexes[4];
static const camseal_crypto *inner;

static const camseal_hash *inner_hash;
static camseal_status hmac(void *user, camseal_span key, const camseal_span *data, size_t n,
                           uint8_t *mac)
{
    note(key.data, key.len);
    /* Extract with salt_0, which is no secret: its other input is. */
    if (n == 1 && memcmp(key.data, key.data + 1, key.len - 1) == 0)
        note(data[0].data, data[0].len);
    camseal_status status = inner_hash->hmac(user, key, data, n, mac);
    paint();
    return status;
}

static const camseal_aead *inner_aead;
static void note_record(camseal_span key, const uint8_t *iv)
{
    note(key.data, key.len);
    note(iv, CAMSEAL_AEAD_IV_BYTES); /* of record 0: the IV itself */
}

static camseal_status seal(void *user, camseal_span key, const uint8_t *iv, camseal_span aad,
                           camseal_span src, uint8_t *dst, uint8_t *tag)
{
    note_record(key, iv);
    camseal_status status = inner_aead->seal(user, key, iv, aad, src, dst, tag);
    paint();
    return status;
}

static camseal_status open(void *user, camseal_span key, const uint8_t *iv, camseal_span aad,
                           camseal_span src, uint8_t *dst, const uint8_t *tag)
{
    note_record(key, iv);
    camseal_status status = inner_aead->open(user, key, iv, aad, src, dst, tag);
    paint();
    return status;
}

static const camseal_kex *inner_kex;
static camseal_status respond(void *user, camseal_span request, uint8_t *response, uint8_t *secret)
{
    camseal_status status = inner_kex->respond(user, request, response, secret);
    if (status == CAMSEAL_OK)
        note(secret, inner_kex->secret_bytes);
    paint();
    return status;
}

static camseal_status finish(void *user, camseal_kex_state *state, camseal_span response,
                             uint8_t *secret)
{
    camseal_status status = inner_kex->finish(user, state, response, secret);
    if (status == CAMSEAL_OK)
        note(secret, inner_kex->secret_bytes);
    paint();
    return status;
}

/* The flows agree on the P-256 set: its algorithms are watched. */
static void watch(struct mitm *who)
{
    inner = who->p.req_config.crypto;
    watched = *inner;
    n_noted = 0;
    for (size_t i = 0; i < inner->n_hashes; i++) {
        hashes[i] = inner->hashes[i];
        if (hashes[i].id == CAMSEAL_HASH_SHA256) {
            inner_hash = &inner->hashes[i];
            hashes[i].hmac = hmac;
        }
    }
    for (size_t i = 0; i < inner->n_aeads; i++) {
        aeads[i] = inner->aeads[i];
        if (aeads[i].id == CAMSEAL_AEAD_AES_128_GCM) {
            inner_aead = &inner->aeads[i];
            aeads[i].seal = seal;
            aeads[i].open = open;
        }
    }
    for (size_t i = 0; i < inner->n_kexes; i++) {
        kexes[i] = inner->kexes[i];
        if (kexes[i].id == CAMSEAL_KEX_SECP256R1) {
            inner_kex = &inner->kexes[i];
            kexes[i].respond = respond;
            kexes[i].finish = finish;
        }
    }
    watched.hashes = hashes;
    watched.aeads = aeads;
    watched.kexes = kexes;
    who->p.req_config.crypto = who->p.rsp_config.crypto = &watched;
}

/* ---- looking -------------------------------------------------------------------------------- */

static bool holds(const void *memory, size_t len, const uint8_t *value, size_t n)
{
    const uint8_t *at = memory, *end = at + len;
    while ((size_t)(end - at) >= n && (at = memchr(at, value[0], (size_t)(end - at) - n + 1))) {
        if (memcmp(at, value, n) == 0)
            return true;
        at++;
    }
    return false;
}

/* Pieces of 12 bytes: the IV is not longer. */
static size_t remains(const void *memory, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < n_noted; i++)
        for (size_t at = 0; at + SECRET_MIN <= noted[i].len; at += SECRET_MIN)
            n += holds(memory, len, noted[i].bytes + at, SECRET_MIN);
    return n;
}

static void assert_none(const char *when, bool requester, bool responder)
{
    size_t req = requester ? remains(m.p.req_mem, m.p.req_size) : 0;
    size_t rsp = responder ? remains(m.p.rsp_mem, m.p.rsp_size) : 0;
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
        assert_true(n_noted > 12);
        assert_true(remains(m.p.req_mem, m.p.req_size) >= 4);
        assert_true(remains(m.p.rsp_mem, m.p.rsp_size) >= 4);
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
        size_t before = n_noted;
        assert_status(mitm_operate(&m, *at), CAMSEAL_OK);
        /* Noted last, and in use: nothing yet, as no record was sent under data keys. */
        assert_true(n_noted > before);
        size_t all = n_noted;
        size_t req = 0, rsp = 0;
        for (n_noted = 0; n_noted < all;) {
            size_t one = n_noted++;
            req += holds(m.p.req_mem, m.p.req_size, noted[one].bytes, noted[one].len);
            rsp += holds(m.p.rsp_mem, m.p.rsp_size, noted[one].bytes, noted[one].len);
        }
        /* What HMAC and AEAD have seen of what is kept: the traffic secrets, from which the keys
         * were expanded. */
        if (req > 2 || rsp > 2)
            fail_msg("%s: %zu and %zu secrets of the handshake remain", flow->name, req, rsp);
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

/* ---- the stack ------------------------------------------------------------------------------ */

static _Alignas(4096) uint8_t stack[STACK];
static size_t on_stack, looks;
static unsigned worst;

/* What lies below this frame is dead: what the last steps of an engine left. */
static void look_below(unsigned index)
{
    uint8_t here;
    size_t live = (size_t)(&here - stack);
    assert_true(live < STACK);
    size_t n = remains(stack, live - BELOW);
    looks++;
    if (n && !on_stack)
        worst = index;
    on_stack += n;
}

static unsigned look(void *user, struct pair *p, unsigned index, bool to_responder,
                     struct pair_message *wire)
{
    (void)user, (void)p, (void)to_responder, (void)wire;
    look_below(index);
    return 1;
}

static void *play_on_stack(void *arg)
{
    (void)arg;
    m.p.hook = look;
    if (mitm_play(&m) != CAMSEAL_OK)
        on_stack = SIZE_MAX;
    else
        look_below(UINT32_MAX);
    return NULL;
}

static void nothing_on_the_stack(void **state)
{
    (void)state;
    for (size_t i = 0; i < mitm_n_flows; i++) {
        pthread_t thread;
        pthread_attr_t attr;
        flow = &mitm_flows[i];
        on_stack = looks = 0;
        memset(stack, 0xA5, sizeof stack);
        mitm_start(&m, flow, 3, watch);
        assert_int_equal(pthread_attr_init(&attr), 0);
        assert_int_equal(pthread_attr_setstack(&attr, stack, sizeof stack), 0);
        assert_int_equal(pthread_create(&thread, &attr, play_on_stack, NULL), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(pthread_attr_destroy(&attr), 0);
        assert_true(looks > 8);
        if (on_stack)
            fail_msg("%s: %zu pieces of secrets on the stack, first at message %u", flow->name,
                     on_stack, worst);
        mitm_stop(&m);
    }
}

/* The look sees what is there: a secret that is left on purpose. */
static void leave_one(void)
{
    volatile uint8_t room[4096];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = noted[0].bytes[i % SECRET_MAX];
}

static void *leave_and_look(void *arg)
{
    (void)arg;
    leave_one();
    look_below(0);
    return NULL;
}

static void the_look_sees(void **state)
{
    (void)state;
    pthread_t thread;
    pthread_attr_t attr;
    n_noted = 0;
    note((const uint8_t *)"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 64);
    on_stack = 0;
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstack(&attr, stack, sizeof stack), 0);
    assert_int_equal(pthread_create(&thread, &attr, leave_and_look, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_attr_destroy(&attr), 0);
    assert_true(on_stack > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_the_end),   cmocka_unit_test(after_the_handshake),
        cmocka_unit_test(after_a_failure), cmocka_unit_test(wiped_at_any_time),
        cmocka_unit_test(the_look_sees),   cmocka_unit_test(nothing_on_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
