/* Key pair information, each engine with a hand-made peer: illegal values of every field, states.
 */
#include "test.h"

#include "keypair_rig.h"

#include "spdm/msg/msg.h"

/* ---- a hand-made requester --------------------------------------------------------------------
 */

static uint8_t tell(const uint8_t *message, size_t len)
{
    static struct pair_message answer;
    assert_true(pair_tell(&p, message, len, false, &answer) >= 4);
    return answer.bytes[1] == SPDM_ERROR ? answer.bytes[2] : 0;
}

/* Requests byte for byte: lengths, reserved fields, PQC bitmaps of other lengths. */
static const struct {
    const char *name;
    uint8_t error;
    uint8_t len;
    uint8_t bytes[28];
} raw[] = {
    {"get", 0, 5, {0x14, 0xFC, 0, 0, 2}},
    {"get, reserved set", 0, 5, {0x14, 0xFC, 1, 2, 2}},
    {"get 0", 1, 5, {0x14, 0xFC, 0, 0, 0}},
    {"get 6", 1, 5, {0x14, 0xFC, 0, 0, 6}},
    {"get 255", 1, 5, {0x14, 0xFC, 0, 0, 255}},
    {"get, cut", 1, 4, {0x14, 0xFC, 0, 0}},
    {"get, longer", 1, 6, {0x14, 0xFC, 0, 0, 2, 0}},
    {"set", 0, 18, {0x14, 0xFD, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 4}},
    {"set, reserved set", 0, 18, {0x14, 0xFD, 0, 9, 2, 9, 4, 0, 0, 0, 0, 0, 0, 4}},
    {"set, no PQC bitmap", 0, 14, {0x14, 0xFD, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0}},
    {"set, long PQC bitmap", 0, 22, {0x14, 0xFD, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 8}},
    {"set, unknown PQC", 1, 22, {0x14, 0xFD, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 1}},
    {"set, PQC bitmap cut", 1, 16, {0x14, 0xFD, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 4}},
    {"set, PQC length 255", 1, 18, {0x14, 0xFD, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 255}},
    {"set, as in 1.3", 1, 13, {0x14, 0xFD, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0}},
    {"set, cut", 1, 5, {0x14, 0xFD, 0, 0, 2}},
    {"set, longer", 1, 19, {0x14, 0xFD, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 4}},
    {"set 0", 1, 18, {0x14, 0xFD, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 4}},
    {"set, two algorithms", 1, 18, {0x14, 0xFD, 2, 0, 3, 0, 4, 0, 0x18, 0, 0, 0, 0, 4}},
    {"set, both kinds", 1, 18, {0x14, 0xFD, 2, 0, 3, 0, 4, 0, 8, 0, 0, 0, 0, 4, 2}},
    {"operation 3", 1, 18, {0x14, 0xFD, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 4}},
    {"operation 255", 1, 18, {0x14, 0xFD, 255, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 4}},
    {"erase, longer", 1, 6, {0x14, 0xFD, 1, 0, 2, 0}},
    {"erase, cut", 1, 4, {0x14, 0xFD, 1, 0}},
    {"other version", 0x41, 5, {0x13, 0xFC, 0, 0, 2}},
    {"erase", 0, 5, {0x14, 0xFD, 1, 0, 2}},
};

static void raw_requests(void **state)
{
    (void)state;
    begin(0x14);
    for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++) {
        uint8_t error = tell(raw[i].bytes, raw[i].len);
        print_message("%s: %02x\n", raw[i].name, error);
        assert_int_equal(error, raw[i].error);
    }
    pair_stop(&p);
}

/* Before ALGORITHMS; inside a handshake see t_table.c. */
static unsigned ask_early(void *user, struct pair *on, unsigned index, bool to_responder,
                          struct pair_message *m)
{
    const uint8_t requests[][5] = {{0x14, 0xFC, 0, 0, 2}, {0x14, 0xFD, 1, 0, 2}};
    static struct pair_message answer;
    (void)index;
    bool early = m->bytes[1] == SPDM_GET_CAPABILITIES || m->bytes[1] == SPDM_NEGOTIATE_ALGORITHMS;
    for (size_t i = 0; to_responder && early && i < 2; i++) {
        assert_int_equal(pair_tell(on, requests[i], 5, false, &answer), 4);
        assert_int_equal(answer.bytes[2], SPDM_ERR_UNEXPECTED);
        ++*(unsigned *)user;
    }
    return 1;
}

static void states(void **state)
{
    (void)state;
    unsigned asked = 0;
    prepare(0x14);
    p.hook = ask_early;
    p.hook_user = &asked;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_int_equal(asked, 4);
    pair_stop(&p);
}

/* ---- a hand-made responder --------------------------------------------------------------------
 */

/* KEY_PAIR_INFO of pair 2 with other bytes: total @4, id @5, capabilities @6, usages @8, usage @10,
 * algorithms @12, algorithm @16, key length @20, slots @22, key @23..40, PQC @41. */
static struct forgery {
    const char *name;
    camseal_status expected;
    uint8_t at, n, bytes[4];
    int longer;
} forgeries[] = {
    {"as it is", CAMSEAL_OK, 6, 1, {EVERYTHING}, 0},
    {"reserved bits", CAMSEAL_OK, 6, 2, {0xFF, 0xFF}, 0},
    {"reserved uses", CAMSEAL_OK, 8, 4, {0x3F, 0x30, 0x30, 0x30}, 0},
    {"id 0", CAMSEAL_E_FORMAT, 5, 1, {0}, 0},
    {"another id", CAMSEAL_E_FORMAT, 5, 1, {3}, 0},
    {"total below id", CAMSEAL_E_FORMAT, 4, 1, {1}, 0},
    {"total 0", CAMSEAL_E_FORMAT, 4, 1, {0}, 0},
    {"shared, not associated", CAMSEAL_E_FORMAT, 6, 1, {0x3B}, 0},
    {"no use possible", CAMSEAL_E_FORMAT, 8, 4, {0, 0, 0, 0}, 0},
    {"impossible use", CAMSEAL_E_FORMAT, 8, 4, {2, 0, 4, 0}, 0},
    {"no use now", CAMSEAL_OK, 10, 2, {0, 0}, 0},
    {"impossible algorithm", CAMSEAL_E_FORMAT, 16, 4, {0x20, 0, 0, 0}, 0},
    {"two algorithms", CAMSEAL_E_FORMAT, 16, 4, {0x18, 0, 0, 0}, 0},
    {"no algorithm now", CAMSEAL_OK, 16, 4, {0, 0, 0, 0}, 0},
    {"one slot", CAMSEAL_OK, 22, 1, {0x80}, 0},
    {"slots, shared", CAMSEAL_OK, 22, 1, {0xFF}, 0},
    {"key longer", CAMSEAL_E_TRUNCATED, 20, 2, {0xFF, 0xFF}, 0},
    {"key shorter", CAMSEAL_E_FORMAT, 20, 2, {1, 0}, 0},
    {"PQC bits both", CAMSEAL_E_FORMAT, 47, 1, {2}, 0},
    {"impossible PQC", CAMSEAL_E_FORMAT, 47, 1, {8}, 0},
    {"PQC length 0", CAMSEAL_E_TRAILING, 41, 1, {0}, 0},
    {"PQC length 255", CAMSEAL_E_TRUNCATED, 41, 1, {255}, 0},
    {"a byte less", CAMSEAL_E_TRUNCATED, 22, 0, {0}, -1},
    {"six zeros more, as libspdm", CAMSEAL_OK, 50, 1, {0}, 6},
    {"seven zeros more", CAMSEAL_E_TRAILING, 50, 1, {0}, 7},
    {"not all zero", CAMSEAL_E_TRAILING, 50, 4, {0, 0, 0, 1}, 6},
    {"header only", CAMSEAL_E_TRUNCATED, 22, 0, {0}, -47},
};

static unsigned forge(void *user, struct pair *on, unsigned index, bool to_responder,
                      struct pair_message *m)
{
    const struct forgery *f = user;
    (void)on;
    (void)index;
    if (to_responder || m->bytes[1] != SPDM_KEY_PAIR_INFO)
        return 1;
    assert_int_equal(m->len, 51);
    if (f->longer > 0)
        memset(m->bytes + m->len, 0, (size_t)f->longer);
    memcpy(m->bytes + f->at, f->bytes, f->n);
    m->len = (size_t)((int)m->len + f->longer);
    return 1;
}

static void illegal_descriptions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        begin(0x14);
        p.hook = forge;
        p.hook_user = &forgeries[i];
        print_message("%s\n", forgeries[i].name);
        assert_status(ask(OUTSIDE, 2), forgeries[i].expected);
        if (forgeries[i].expected != CAMSEAL_OK)
            assert_int_equal(seen.usage, 0xEEEE); /* nothing was told */
        pair_stop(&p);
    }
}

/* A responder without SET_KEY_PAIR_INFO has no capabilities to tell, but may share. */
static void capabilities_without_set(void **state)
{
    (void)state;
    struct forgery f = {.name = "", .at = 6, .n = 1, .bytes = {1}};
    for (unsigned i = 0; i < 2; i++) {
        prepare(0x14);
        service.set = NULL;
        app.table[1].slots = 0x30;
        f.n = (uint8_t)i;
        pair_start(&p);
        assert_status(pair_connect(&p), CAMSEAL_OK);
        p.hook = forge;
        p.hook_user = &f;
        assert_status(ask(OUTSIDE, 2), i ? CAMSEAL_E_FORMAT : CAMSEAL_OK);
        pair_stop(&p);
    }
}

static void too_little_room(void **state)
{
    (void)state;
    uint8_t room[17];
    camseal_buf der = {room, sizeof room, 0};
    begin(0x13);
    assert_status(camseal_spdm_begin_get_key_pair(p.req, OUTSIDE, 1, &seen, &der, NULL),
                  CAMSEAL_OK);
    assert_status(pair_run(&p), CAMSEAL_E_SPACE);
    assert_int_equal(der.len, 0);
    assert_status(ask(OUTSIDE, 1), CAMSEAL_OK); /* the connection is intact */
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_requests),         cmocka_unit_test(states),
        cmocka_unit_test(illegal_descriptions), cmocka_unit_test(capabilities_without_set),
        cmocka_unit_test(too_little_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
