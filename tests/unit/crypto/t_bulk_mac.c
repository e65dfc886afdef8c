/* CMAC and GMAC of every bulk provider. Judge: libcrypto over the padded string. */
#include "bulk_judge.h"

#define INPUT_MAX 5776u
#define ALL_FLAGS (CAMSEAL_MAC_START | CAMSEAL_MAC_FINISH)

/* One key of one algorithm, and the raw key for the judge. */
typedef struct subject {
    const camseal_mac_alg *mac;
    bool is_cmac;
    uint8_t raw[32];
    size_t raw_len;
    void *key;
} subject;

static subject subject_of(const camseal_bulk *bulk, bool is_cmac, size_t raw_len, uint64_t *seed)
{
    subject s = {is_cmac ? bulk->cmac : bulk->gmac, is_cmac, {0}, raw_len, NULL};
    test_fill(seed, s.raw, raw_len);
    s.key = judge_mac_key(s.mac, s.raw, raw_len);
    return s;
}

#define for_each_subject(s, bulk, seed)                                                 \
    for (size_t kind_ = 0; kind_ < 4; kind_++)                                          \
        for (subject s = subject_of(bulk, kind_ & 1, kind_ & 2 ? 32 : 16, seed); s.key; \
             free(s.key), s.key = NULL)

/* The tag that libcrypto gives over `data`, padded here; with the first block of OP1 for CMAC. */
static void expect(uint8_t *tag, const subject *s, const uint8_t *nonce, const uint8_t *data,
                   size_t len)
{
    static uint8_t padded[2 * INPUT_MAX];
    size_t at = 0;
    memset(padded, 0, sizeof padded);
    if (s->is_cmac && nonce) {
        memcpy(padded, "OP1C", 4);
        memcpy(padded + 4, nonce, 12);
        at = 16;
    }
    if (len > 0)
        memcpy(padded + at, data, len);
    size_t total = at + (len + 15) / 16 * 16;
    if (s->is_cmac)
        judge_cmac(tag, s->raw, s->raw_len, padded, total);
    else
        judge_gmac(tag, s->raw, s->raw_len, nonce, padded, total);
}

static void run_spans(const subject *s, const uint8_t *nonce, const camseal_span *spans, size_t n,
                      uint8_t *tag)
{
    camseal_mac_state state;
    memset(&state, 0x5A, sizeof state); /* START overwrites */
    camseal_mac_job job = {s->key, &state, spans, n, nonce, tag, ALL_FLAGS};
    s->mac->many(&job, 1);
}

static void check_length(const subject *s, size_t len, size_t offset, uint64_t *seed)
{
    uint8_t nonce[12], want[16], got[16] = {0};
    uint8_t *memory = malloc(offset + len + 1); /* + 1: malloc(0) may be NULL */
    assert_non_null(memory);
    uint8_t *data = memory + 1 + offset;
    test_fill(seed, nonce, sizeof nonce);
    test_fill(seed, data, len);
    camseal_span span = {data, len};
    run_spans(s, nonce, &span, 1, got);
    expect(want, s, nonce, data, len);
    assert_memory_equal(got, want, 16);
    free(memory);
}

static void every_length_at_every_alignment(void **state)
{
    (void)state;
    static const size_t lines[] = {1279, 1440, 1456, 2047, 2048, 2880, 4096, 5759, 5760};
    uint64_t seed = 101;
    for_each_provider(bulk)
    {
        for_each_subject(s, bulk, &seed)
        {
            for (size_t len = 1; len <= 600; len++)
                check_length(&s, len, len % 17, &seed);
            for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
                check_length(&s, lines[i], i, &seed);
        }
    }
}

/* Cuts `data` into up to `capacity` spans, some of them empty. */
static size_t cut(camseal_span *spans, size_t capacity, const uint8_t *data, size_t len,
                  uint64_t *seed)
{
    size_t n = 0;
    for (size_t at = 0; at < len && n + 1 < capacity; n++) {
        static const size_t most[] = {1, 5, 17, 40, 300};
        size_t take = test_random(seed) % (most[test_random(seed) % 5] + 1);
        if (take > len - at)
            take = len - at;
        spans[n] = take > 0 ? camseal_span_of(data + at, take) : camseal_span_of(NULL, 0);
        at += take;
    }
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        used += spans[i].len;
    spans[n++] = camseal_span_of(data + used, len - used);
    return n;
}

static void every_cut_into_spans(void **state)
{
    (void)state;
    uint64_t seed = 202;
    print_message("seed %llu\n", (unsigned long long)seed);
    for_each_provider(bulk)
    {
        for_each_subject(s, bulk, &seed)
        {
            for (size_t round = 0; round < 150; round++) {
                uint8_t data[700], nonce[12], want[16], got[16];
                camseal_span spans[40];
                size_t len = 1 + test_random(&seed) % sizeof data;
                test_fill(&seed, data, len);
                test_fill(&seed, nonce, sizeof nonce);
                size_t n = cut(spans, 40, data, len, &seed);
                run_spans(&s, nonce, spans, n, got);
                expect(want, &s, nonce, data, len);
                assert_memory_equal(got, want, 16);
            }
        }
    }
}

/* Adds one job and the padded bytes that the judge must see for it. */
static void feed(const subject *s, camseal_mac_state *state, const uint8_t *nonce, uint32_t flags,
                 const uint8_t *data, size_t len, uint8_t *tag, uint8_t *judged, size_t *judged_len)
{
    camseal_span span = {data, len};
    camseal_mac_job job = {s->key, state, &span, 1, nonce, tag, flags};
    s->mac->many(&job, 1);
    memcpy(judged + *judged_len, data, len);
    memset(judged + *judged_len + len, 0, 16);
    *judged_len += (len + 15) / 16 * 16;
}

static void each_job_is_padded_and_forks_part(void **state)
{
    (void)state;
    uint64_t seed = 303;
    for_each_provider(bulk)
    {
        for_each_subject(s, bulk, &seed)
        {
            uint8_t data[500], nonce[12], want[16], got[16], untouched[16] = {0};
            uint8_t left[2048], right[2048];
            size_t n_left = 0;
            camseal_mac_state trunk;
            test_fill(&seed, data, sizeof data);
            test_fill(&seed, nonce, sizeof nonce);
            feed(&s, &trunk, nonce, CAMSEAL_MAC_START, data, 48, untouched, left, &n_left);
            feed(&s, &trunk, nonce, 0, data + 7, 333, untouched, left, &n_left);
            assert_memory_equal(untouched, (const uint8_t[16]){0}, 16); /* no FINISH, no tag */

            camseal_mac_state fork = trunk;
            size_t n_right = n_left;
            memcpy(right, left, n_left);
            feed(&s, &fork, nonce, CAMSEAL_MAC_FINISH, data + 1, 16, got, right, &n_right);
            expect(want, &s, nonce, right, n_right);
            assert_memory_equal(got, want, 16);

            feed(&s, &trunk, nonce, 0, data, 250, NULL, left, &n_left);
            feed(&s, &trunk, nonce, CAMSEAL_MAC_FINISH, data + 3, 1, got, left, &n_left);
            expect(want, &s, nonce, left, n_left);
            assert_memory_equal(got, want, 16);
        }
    }
}

static void states_count_blocks_and_end_empty(void **state)
{
    (void)state;
    uint64_t seed = 404;
    for_each_provider(bulk)
    {
        for_each_subject(s, bulk, &seed)
        {
            uint8_t data[100] = {0}, tag[16];
            const uint8_t nonce[12] = {0};
            camseal_mac_state st;
            const camseal_span spans[2] = {{data, 33}, {data, 32}};
            camseal_mac_job job = {s.key, &st, spans, 2, nonce, tag, CAMSEAL_MAC_START};
            s.mac->many(&job, 1);
            uint64_t first = s.is_cmac ? 1 : 0; /* the block "OP1C" || nonce */
            assert_int_equal(st.blocks, first + 5);
            job.flags = CAMSEAL_MAC_FINISH;
            s.mac->many(&job, 1);
            assert_int_equal(st.blocks, first + 10);
            assert_memory_equal(st.acc, (const uint8_t[16]){0}, 16);
        }
    }
}

/* The contract asks for a byte with FINISH. Whoever breaks it still gets a keyed tag. */
static void an_empty_finish_is_keyed(void **state)
{
    (void)state;
    uint64_t seed = 505;
    for_each_provider(bulk)
    {
        for_each_subject(s, bulk, &seed)
        {
            uint8_t want[16], got[16];
            const uint8_t nonce[12] = {9}, zeros[16] = {0};
            run_spans(&s, nonce, NULL, 0, got);
            expect(want, &s, nonce, zeros, s.is_cmac ? 16 : 0);
            assert_memory_equal(got, want, 16);
        }
    }
}

static void cmac_without_nonce_is_plain_cmac(void **state)
{
    (void)state;
    uint64_t seed = 606;
    for_each_provider(bulk)
    {
        for_each_subject(s, bulk, &seed)
        {
            if (!s.is_cmac)
                continue;
            uint8_t data[160], want[16], got[16];
            test_fill(&seed, data, sizeof data);
            for (size_t len = 16; len <= sizeof data; len += 16) {
                camseal_span span = {data, len};
                run_spans(&s, NULL, &span, 1, got);
                expect(want, &s, NULL, data, len);
                assert_memory_equal(got, want, 16);
            }
        }
    }
}

#define MANY 40u

/* A batch of jobs: keys of both lengths, lengths from 0 to a line, started, going on, finishing. */
typedef struct batch {
    camseal_mac_job jobs[MANY];
    camseal_mac_state states[MANY];
    camseal_span spans[MANY][8];
    uint8_t nonces[MANY][12];
    uint8_t tags[MANY][16];
} batch;

static void make_batch(batch *b, void *const *keys, size_t n, const uint8_t *data, uint64_t *seed)
{
    for (size_t i = 0; i < n; i++) {
        static const uint32_t flags[] = {ALL_FLAGS, ALL_FLAGS, CAMSEAL_MAC_START,
                                         CAMSEAL_MAC_FINISH, 0};
        static const size_t most[] = {16, 64, 600, 4000};
        uint32_t f = flags[test_random(seed) % 5];
        size_t len = test_random(seed) % most[test_random(seed) % 4];
        if ((f & CAMSEAL_MAC_FINISH) && len == 0)
            len = 1;
        test_fill(seed, &b->states[i].acc, 16);
        b->states[i].blocks = test_random(seed) % 1000;
        test_fill(seed, b->nonces[i], 12);
        memset(b->tags[i], 0xEE, 16);
        size_t n_spans = cut(b->spans[i], 8, data + test_random(seed) % 64, len, seed);
        const camseal_mac_job job = {keys[test_random(seed) % 4],
                                     &b->states[i],
                                     b->spans[i],
                                     n_spans,
                                     b->nonces[i],
                                     b->tags[i],
                                     f};
        b->jobs[i] = job;
    }
}

static void many_jobs_equal_one_by_one(void **state)
{
    (void)state;
    static uint8_t data[4096];
    static batch b;
    static camseal_mac_state before[MANY], after[MANY];
    static uint8_t tags[MANY][16];
    uint64_t seed = 707;
    print_message("seed %llu\n", (unsigned long long)seed);
    test_fill(&seed, data, sizeof data);
    for_each_provider(bulk)
    {
        for (size_t round = 0; round < 120; round++) {
            const camseal_mac_alg *mac = round & 1 ? bulk->cmac : bulk->gmac;
            void *keys[4];
            for (size_t i = 0; i < 4; i++) {
                uint8_t raw[32];
                test_fill(&seed, raw, sizeof raw);
                keys[i] = judge_mac_key(mac, raw, i & 1 ? 32 : 16);
            }
            size_t n = test_random(&seed) % (MANY + 1);
            make_batch(&b, keys, n, data, &seed);
            memcpy(before, b.states, sizeof before);
            mac->many(b.jobs, n);
            memcpy(after, b.states, sizeof after);
            memcpy(tags, b.tags, sizeof tags);
            memcpy(b.states, before, sizeof before);
            memset(b.tags, 0xEE, sizeof b.tags);
            for (size_t i = 0; i < n; i++)
                mac->many(&b.jobs[i], 1);
            for (size_t i = 0; i < n; i++) {
                assert_memory_equal(after[i].acc, b.states[i].acc, 16);
                assert_int_equal(after[i].blocks, b.states[i].blocks);
                assert_memory_equal(tags[i], b.tags[i], 16);
            }
            for (size_t i = 0; i < 4; i++)
                free(keys[i]);
        }
    }
}

static void other_key_lengths_are_refused(void **state)
{
    (void)state;
    static _Alignas(64) uint8_t key[CAMSEAL_BULK_KEY_MAX];
    const uint8_t raw[64] = {0};
    for_each_provider(bulk)
    {
        assert_in_range(bulk->cmac->expanded_bytes, 16, CAMSEAL_BULK_KEY_MAX);
        assert_in_range(bulk->gmac->expanded_bytes, 16, CAMSEAL_BULK_KEY_MAX);
        for (size_t len = 0; len <= sizeof raw; len++) {
            if (len == 16 || len == 32)
                continue;
            assert_status(bulk->cmac->expand(key, raw, len), CAMSEAL_E_ARGUMENT);
            assert_status(bulk->gmac->expand(key, raw, len), CAMSEAL_E_ARGUMENT);
            assert_status(bulk->ctr->expand(key, raw, len), CAMSEAL_E_ARGUMENT);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_at_every_alignment),
        cmocka_unit_test(every_cut_into_spans),
        cmocka_unit_test(each_job_is_padded_and_forks_part),
        cmocka_unit_test(states_count_blocks_and_end_empty),
        cmocka_unit_test(an_empty_finish_is_keyed),
        cmocka_unit_test(cmac_without_nonce_is_plain_cmac),
        cmocka_unit_test(many_jobs_equal_one_by_one),
        cmocka_unit_test(other_key_lengths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
