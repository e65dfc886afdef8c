/* AES-CTR of every bulk provider. Judge: libcrypto. */
#include "bulk_judge.h"

/* libcrypto counts in 128 bits, OP1 in 32: two runs where the counter wraps. */
static void expect(uint8_t *out, const uint8_t *key, size_t key_len, const uint8_t *nonce,
                   uint32_t counter, const uint8_t *data, size_t len)
{
    uint64_t before_wrap = ((UINT64_C(1) << 32) - counter) * 16;
    size_t first = len < before_wrap ? len : (size_t)before_wrap;
    judge_ctr(out, key, key_len, nonce, counter, data, first);
    if (len > first)
        judge_ctr(out + first, key, key_len, nonce, 0, data + first, len - first);
}

static void check(const camseal_bulk *bulk, size_t key_len, size_t len, size_t offset,
                  uint32_t counter, uint64_t *seed)
{
    uint8_t raw[32], nonce[12];
    uint8_t *memory = malloc(3 * (len + offset + 1));
    assert_non_null(memory);
    uint8_t *src = memory + offset;
    uint8_t *dst = src + len + offset + 1;
    uint8_t *want = dst + len + 1;
    test_fill(seed, raw, sizeof raw);
    test_fill(seed, nonce, sizeof nonce);
    test_fill(seed, src, len);
    dst[len] = 0xEE;
    expect(want, raw, key_len, nonce, counter, src, len);

    void *key = judge_ctr_key(bulk->ctr, raw, key_len);
    camseal_ctr_job job = {key, nonce, src, dst, len, counter};
    bulk->ctr->many(&job, 1);
    assert_memory_equal(dst, want, len);
    assert_int_equal(dst[len], 0xEE);
    job.dst = src; /* in place */
    bulk->ctr->many(&job, 1);
    assert_memory_equal(src, want, len);
    free(key);
    free(memory);
}

static void every_length_at_every_alignment(void **state)
{
    (void)state;
    static const size_t lines[] = {1279, 1440, 2047, 2048, 2880, 4096, 5759, 5760};
    uint64_t seed = 11;
    for_each_provider(bulk)
    {
        for (size_t key_len = 16; key_len <= 32; key_len += 16) {
            for (size_t len = 0; len <= 600; len++)
                check(bulk, key_len, len, len % 17, 1, &seed);
            for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
                check(bulk, key_len, lines[i], i, 1, &seed);
        }
    }
}

static void the_counter_wraps_in_32_bits(void **state)
{
    (void)state;
    uint64_t seed = 22;
    for_each_provider(bulk)
    {
        check(bulk, 16, 600, 0, 0, &seed);
        for (uint32_t before = 1; before < 30; before++)
            check(bulk, before & 1 ? 16 : 32, 600, 3, 0u - before, &seed);
    }
}

/* Starting at block k gives the tail of the whole. */
static void pieces_equal_the_whole(void **state)
{
    (void)state;
    uint64_t seed = 33;
    uint8_t raw[32], nonce[12], text[1000], whole[1000], pieces[1000];
    test_fill(&seed, raw, sizeof raw);
    test_fill(&seed, nonce, sizeof nonce);
    test_fill(&seed, text, sizeof text);
    for_each_provider(bulk)
    {
        void *key = judge_ctr_key(bulk->ctr, raw, 32);
        camseal_ctr_job job = {key, nonce, text, whole, sizeof text, 1};
        bulk->ctr->many(&job, 1);
        camseal_ctr_job jobs[3] = {{key, nonce, text + 480, pieces + 480, 520, 31},
                                   {key, nonce, text, pieces, 16, 1},
                                   {key, nonce, text + 16, pieces + 16, 464, 2}};
        bulk->ctr->many(jobs, 3);
        assert_memory_equal(whole, pieces, sizeof whole);
        bulk->ctr->many(jobs, 0);
        free(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_at_every_alignment),
        cmocka_unit_test(the_counter_wraps_in_32_bits),
        cmocka_unit_test(pieces_equal_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
