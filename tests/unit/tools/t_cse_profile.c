/* The context and key of a stream in a key log: what is written is read, and nothing else. */
#include "test.h"

#include "cse_profile.h"
#include "root_key.h"

static void make(cse_profile *p, size_t cameras)
{
    uint8_t vcs[CSE_CAMERAS_MAX];
    for (uint8_t i = 0; i < CSE_CAMERAS_MAX; i++)
        vcs[i] = i;
    cse_profile_init(p);
    p->config.tag_mode = CAMSEAL_TAG_DATA_TYPE;
    p->config.crc = CAMSEAL_CRC32_IEEE;
    p->config.ctx_id = 9;
    p->config.top_tag = true;
    p->config.embedded_line_length = 80;
    p->config.stride = (camseal_stride){0, 1, 2, 5};
    memcpy(p->variants[0], "\1\3\5", 3);
    p->n_variants = 1;
    assert_true(cse_profile_finish(p, "test", vcs, cameras));
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    for (size_t cameras = 1; cameras <= CSE_CAMERAS_MAX; cameras++) {
        cse_profile p, q;
        uint8_t bytes[CSE_CONTEXT_BYTES_MAX];
        camseal_buf out = {bytes, sizeof bytes, 0};
        make(&p, cameras);
        assert_status(cse_profile_write(&p, &out), CAMSEAL_OK);
        cse_profile_init(&q);
        assert_status(cse_profile_read(&q, camseal_span_of(bytes, out.len)), CAMSEAL_OK);
        p.given = UINT32_MAX;
        q.config.ctx_id = p.config.ctx_id;
        assert_null(cse_profile_differs(&p, &q));
        assert_int_equal(q.config.n_streams, 2 * cameras);
        assert_int_equal(q.config.n_slots, 3 * cameras);
        assert_memory_equal(p.slots, q.slots, q.config.n_slots * sizeof *q.slots);
    }
}

/* Every cut is refused, or is a context with fewer elements that says so to whoever demands them;
 * no flipped byte leads beyond memory (run with sanitizers). */
static void broken_elements_are_refused(void **state)
{
    (void)state;
    cse_profile p, q;
    uint8_t bytes[CSE_CONTEXT_BYTES_MAX];
    camseal_buf out = {bytes, sizeof bytes, 0};
    make(&p, 2);
    p.given = UINT32_MAX;
    assert_status(cse_profile_write(&p, &out), CAMSEAL_OK);
    for (size_t len = 0; len < out.len; len++) {
        cse_profile_init(&q);
        if (cse_profile_read(&q, camseal_span_of(bytes, len)) == CAMSEAL_OK)
            assert_non_null(cse_profile_differs(&p, &q));
    }
    for (size_t at = 0; at < out.len; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[at] ^= (uint8_t)(1u << bit);
            cse_profile_init(&q);
            (void)!cse_profile_read(&q, camseal_span_of(bytes, out.len));
            bytes[at] ^= (uint8_t)(1u << bit);
        }
}

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void lines_of_a_key_log(void **state)
{
    (void)state;
    static const struct row {
        const char *text;
        int code;
        size_t n;
    } rows[] = {
        {"OP1_CRK 0101002100000001 " KEY "\n", -1, 1},
        {"OP1_CRK 0101002100000001 " KEY, -1, 1},
        {"# a comment\n\nOTHER 00 11\nOP1_CRK 0101002100000001 " KEY "\r\n", -1, 1},
        {"OP1_CRK 0101002100000002 " KEY "\nOP1_CRK 0101002100000001 " KEY "\n", -1, 2},
        {"OP1_CRK 0101002100000001 " KEY "\nOP1_CRK 0101002100000001 " KEY "\n", -1, 1},
        {"OP1_CRK 0101002100000001 " KEY "\nOP1_CRK 0102002100000001 " KEY "\n", -1, 1},
        {"", CLI_EXIT_SECURITY, 0},
        {"OP1_CRK\n", CLI_EXIT_PEER, 0},
        {"OP1_CRK 0101002100000001\n", CLI_EXIT_PEER, 0},
        {"OP1_CRK 01010021000001 " KEY "\n", CLI_EXIT_PEER, 0},
        {"OP1_CRK 0101002100000001 " KEY "00\n", CLI_EXIT_PEER, 0},
        {"OP1_CRK 010100210000000x " KEY "\n", CLI_EXIT_PEER, 0},
        {"OP1_CRK 0101002100000001 x" KEY "\n", CLI_EXIT_PEER, 0},
        {"OP1_CONTEXT 0101002100000001 0101\n", CLI_EXIT_PEER, 0},
        {"OP1_CONTEXT 0101002100000001 \n", CLI_EXIT_PEER, 0},
        /* two different keys of one epoch */
        {"OP1_CRK 0101002100000001 " KEY "\nOP1_CRK 0101002100000001 ff" KEY, CLI_EXIT_PEER, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        root_keys keys;
        cse_profile p;
        bool described;
        cse_profile_init(&p);
        camseal_span text = camseal_span_of(rows[i].text, strlen(rows[i].text));
        assert_int_equal(root_keys_read(&keys, &p, &described, "test", "log", text), rows[i].code);
        if (rows[i].code == -1) {
            assert_int_equal(keys.n, rows[i].n);
            assert_int_equal(keys.of[0].epoch, 1);
            assert_int_equal(p.config.suite, CAMSEAL_SUITE_PERF_128_IE);
        }
        root_keys_wipe(&keys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(broken_elements_are_refused),
        cmocka_unit_test(lines_of_a_key_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
