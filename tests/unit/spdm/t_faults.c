/* A link that drops, repeats, replaces, cuts and flips, at every message of a whole flow: nothing
 * that was changed is ever accepted, nothing hangs, and each failure has a name. */
#include "test.h"

#include "spdm_pair.h"
#include "spdm_toy.h"
#include "test_pki.h"

enum { FLOW_MAX = 64 };

static struct pair p;
static camseal_spdm_identity identity;
static struct pair_message record[FLOW_MAX], other[FLOW_MAX];
static unsigned n_messages, finish_index;
static unsigned opened;

static void count(void *user, uint8_t session, uint32_t id, bool established)
{
    (void)user;
    (void)session;
    (void)id;
    opened += established;
}

/* What the hook does, to which message. */
static struct {
    enum { RECORD, DROP, REPEAT, FLIP, CUT, LONGER, REPLACE, EARLIER } action;
    unsigned index;
    size_t at;
    uint8_t mask;
    bool done;
} fault;

static unsigned hook(void *user, struct pair *link, unsigned index, bool to_responder,
                     struct pair_message *m)
{
    (void)user;
    (void)link;
    (void)to_responder;
    if (fault.action == RECORD) {
        assert_true(index < FLOW_MAX);
        record[index] = *m;
        n_messages = index + 1;
        return 1;
    }
    if (index != fault.index)
        return 1;
    fault.done = true;
    switch (fault.action) {
    case DROP:
        return 0;
    case REPEAT:
        return 2;
    case FLIP:
        m->bytes[fault.at % m->len] ^= fault.mask;
        return 1;
    case CUT:
        m->len = fault.at % m->len;
        return 1;
    case LONGER:
        m->bytes[m->len++] = 0;
        return 1;
    case REPLACE:
        *m = other[index];
        return 1;
    default: /* EARLIER: two messages back, what went in the same direction before */
        *m = record[index - 2];
        return 1;
    }
}

static camseal_status flow(void)
{
    uint8_t session, room[64];
    camseal_buf response = {room, sizeof room, 0};
    opened = 0;
    camseal_status status = pair_connect(&p);
    if (status == CAMSEAL_OK)
        status = pair_session(&p, &session);
    if (status != CAMSEAL_OK)
        return status;
    status = pair_vendor(&p, session, camseal_span_of("hello", 5), &response);
    if (status == CAMSEAL_OK) {
        assert_int_equal(response.len, 11);
        assert_memory_equal(room, "echo: hello", 11);
        status = pair_heartbeat(&p, session);
    }
    return status == CAMSEAL_OK ? pair_end(&p, session) : status;
}

static const camseal_spdm_binding *binding = &camseal_spdm_binding_tcp;

static camseal_status run_toy(uint64_t seed)
{
    identity.chain = camseal_span_of(toy_certificate, sizeof toy_certificate);
    identity.sign = CAMSEAL_SIGN_ECDSA_P256;
    pair_config(&p, toy_crypto(seed), binding, identity.chain, &identity, 1);
    p.req_config.challenge = true;
    p.rsp_config.heartbeat_s = 10;
    p.rsp_config.session = count;
    p.hook = hook;
    fault.done = false;
    pair_start(&p);
    camseal_status status = flow();
    if (status != CAMSEAL_OK) {
        const camseal_spdm_failure *f = camseal_spdm_requester_failure(p.req);
        assert_non_null(f->message);
        assert_non_null(f->detail);
        assert_status(f->status, status);
    }
    pair_stop(&p);
    return status;
}

/* SPACE: a length that was changed promises more than there is room for. */
static bool named(camseal_status status)
{
    int class_ = camseal_status_class(status);
    return status == CAMSEAL_E_SPACE || class_ == CAMSEAL_CLASS_PEER ||
           class_ == CAMSEAL_CLASS_SECURITY;
}

static void record_flow(void)
{
    fault.action = RECORD;
    assert_status(run_toy(2), CAMSEAL_OK);
    memcpy(other, record, sizeof other);
    assert_status(run_toy(1), CAMSEAL_OK);
    assert_int_equal(opened, 1);
    for (finish_index = 0; !record[finish_index].secured; finish_index++)
        ;
}

static void refused(const char *what, size_t detail)
{
    camseal_status status = run_toy(1);
    assert_true(fault.done);
    if (!named(status))
        fail_msg("%s (%zu) of message %u: %s", what, detail, fault.index,
                 camseal_status_name(status));
    if (fault.index <= finish_index)
        assert_int_equal(opened, 0);
}

static void dropped_messages(void **state)
{
    (void)state;
    record_flow();
    fault.action = DROP;
    for (fault.index = 0; fault.index < n_messages; fault.index++) {
        assert_status(run_toy(1), CAMSEAL_E_TIMEOUT);
        assert_true(fault.done);
    }
}

static void repeated_messages(void **state)
{
    (void)state;
    record_flow();
    fault.action = REPEAT;
    for (fault.index = 0; fault.index < n_messages; fault.index++) {
        camseal_status status = run_toy(1);
        assert_true(status == CAMSEAL_OK || named(status));
        /* Only the very end can pass: nothing follows that would meet the copy. */
        if (status == CAMSEAL_OK)
            assert_true(fault.index + 2 >= n_messages);
    }
}

static void replaced_by_an_earlier_message(void **state)
{
    (void)state;
    record_flow();
    fault.action = EARLIER;
    for (fault.index = 2; fault.index < n_messages; fault.index++)
        refused("an earlier message instead", 0);
}

/* The same message of another connection. */
static void spliced_messages(void **state)
{
    (void)state;
    record_flow();
    fault.action = REPLACE;
    for (fault.index = 0; fault.index < n_messages; fault.index++) {
        const struct pair_message *a = &record[fault.index], *b = &other[fault.index];
        if (a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0)
            continue;
        refused("splice", 0);
    }
}

static void cut_and_longer_messages(void **state)
{
    (void)state;
    record_flow();
    for (fault.index = 0; fault.index < n_messages; fault.index++) {
        fault.action = LONGER;
        refused("a byte more", 0);
        fault.action = CUT;
        for (fault.at = 1; fault.at < record[fault.index].len;
             fault.at += fault.at < 24 || fault.at + 24 > record[fault.index].len ? 1 : 13)
            refused("cut", fault.at);
    }
}

static void every_byte_flipped(void **state)
{
    (void)state;
    uint64_t seed = 0x5eed0002;
    size_t cases = 0;
    for (unsigned round = 0; round < 2; round++) {
        binding = round ? &camseal_spdm_binding_mctp : &camseal_spdm_binding_tcp;
        record_flow();
        fault.action = FLIP;
        for (fault.index = 0; fault.index < n_messages; fault.index++) {
            for (fault.at = 0; fault.at < record[fault.index].len; fault.at += 1 + round * 4) {
                fault.mask = (uint8_t)(1u << (test_random(&seed) >> 32) % 8);
                refused("flip", fault.at);
                cases++;
            }
        }
    }
    binding = &camseal_spdm_binding_tcp;
    print_message("%zu flips in %u messages\n", cases, n_messages);
}

/* A sample of flips with real cryptography. */
static void flips_with_real_keys(void **state)
{
    (void)state;
    struct test_pki pki;
    uint64_t seed = 0x5eed0003;
    print_message("seed %#llx\n", (unsigned long long)seed);
    test_pki_make(&pki, TEST_PKI_P384, TEST_PKI_GOOD);
    identity.chain = pki.chain;
    identity.sign = pki.sign;
    identity.key = pki.key;
    for (unsigned i = 0; i < 60; i++) {
        pair_config(&p, camseal_openssl(), binding, pki.root, &identity, 1);
        p.req_config.challenge = true;
        p.rsp_config.heartbeat_s = 10;
        p.hook = hook;
        fault.action = FLIP;
        fault.index = i % n_messages;
        fault.at = (size_t)(test_random(&seed) >> 33);
        fault.mask = (uint8_t)(1u << (test_random(&seed) >> 32) % 8);
        pair_start(&p);
        assert_true(named(flow()));
        pair_stop(&p);
    }
    test_pki_free(&pki);
}

/* A peer that never says anything sensible. */
static unsigned noise_hook(void *user, struct pair *link, unsigned index, bool to_responder,
                           struct pair_message *m)
{
    (void)link;
    (void)index;
    if (to_responder)
        return 1;
    m->len = 1 + (size_t)(test_random(user) >> 33) % 200;
    test_fill(user, m->bytes, m->len);
    m->secured = test_random(user) >> 63;
    return 1;
}

static void a_peer_of_noise(void **state)
{
    (void)state;
    uint64_t seed = 0x5eed0004;
    for (unsigned i = 0; i < 500; i++) {
        pair_config(&p, toy_crypto(1), binding, identity.chain, &identity, 1);
        p.hook = noise_hook;
        p.hook_user = &seed;
        identity.sign = CAMSEAL_SIGN_ECDSA_P256;
        pair_start(&p);
        assert_true(named(pair_connect(&p)));
        pair_stop(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dropped_messages),
        cmocka_unit_test(repeated_messages),
        cmocka_unit_test(replaced_by_an_earlier_message),
        cmocka_unit_test(spliced_messages),
        cmocka_unit_test(cut_and_longer_messages),
        cmocka_unit_test(every_byte_flipped),
        cmocka_unit_test(flips_with_real_keys),
        cmocka_unit_test(a_peer_of_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
