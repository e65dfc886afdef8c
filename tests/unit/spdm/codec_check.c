/* Every codec: the same bytes after reading and writing, every truncation, one byte too many, a
 * table of illegal values, and noise. */
#include "codec_check.h"

static uint8_t bytes[1024], again[1024];

static size_t load(const codec_sample *s)
{
    size_t n = test_hex(bytes, sizeof bytes - 1, s->hex);
    assert_int_equal(n * 2, strlen(s->hex));
    bytes[n] = 0;
    return n;
}

/* Reads an exact heap copy, so that a sanitizer sees every read beyond it. */
static camseal_status run(const codec_sample *s, size_t n, camseal_writer *w)
{
    uint8_t *copy = malloc(n ? n : 1);
    memcpy(copy, bytes, n);
    camseal_reader r = camseal_reader_of(camseal_span_of(copy, n));
    *w = camseal_writer_of(again, sizeof again);
    camseal_status status = s->codec(s->shape, &r, w);
    free(copy);
    return status;
}

void codec_there_and_back(const codec_sample *samples, size_t n_samples)
{
    for (size_t i = 0; i < n_samples; i++) {
        camseal_writer w;
        size_t n = load(&samples[i]);
        camseal_status status = run(&samples[i], n, &w);
        if (status != CAMSEAL_OK || w.len != n || memcmp(again, bytes, n) != 0)
            fail_msg("%s: %s, %zu of %zu bytes", samples[i].name, camseal_status_name(status),
                     w.len, n);
    }
}

void codec_truncations_and_one_too_many(const codec_sample *samples, size_t n_samples)
{
    for (size_t i = 0; i < n_samples; i++) {
        const codec_sample *s = &samples[i];
        camseal_writer w;
        size_t n = load(s);
        for (size_t cut = 0; cut < n; cut++) {
            camseal_status expected = s->open && cut >= s->open ? CAMSEAL_OK : CAMSEAL_E_TRUNCATED;
            if (run(s, cut, &w) != expected)
                fail_msg("%s cut to %zu bytes", s->name, cut);
        }
        if (run(s, n + 1, &w) != (s->open ? CAMSEAL_OK : CAMSEAL_E_TRAILING))
            fail_msg("%s with a byte too many", s->name);
    }
}

static const char *outcome_name(camseal_status outcome)
{
    return outcome == CODEC_IGNORED ? "IGNORED" : camseal_status_name(outcome);
}

/* The status; after OK by what was written again: OK, CODEC_IGNORED, or BUG for anything else. */
static camseal_status outcome_of(const codec_sample *s, const struct mutation *m)
{
    static uint8_t changed[sizeof bytes];
    camseal_writer w;
    size_t n = load(s);
    assert_true((size_t)m->at + m->len <= n);
    for (size_t b = 0; b < m->len; b++)
        bytes[m->at + b] = (uint8_t)(m->value >> 8 * b);
    memcpy(changed, bytes, n);
    camseal_status status = run(s, n, &w);
    if (status != CAMSEAL_OK)
        return status;
    (void)load(s);
    if (w.len == n && memcmp(again, changed, n) == 0)
        return CAMSEAL_OK;
    return w.len == n && memcmp(again, bytes, n) == 0 ? CODEC_IGNORED : CAMSEAL_E_BUG;
}

static bool as_expected(const codec_sample *s, const struct mutation *m)
{
    camseal_status outcome = outcome_of(s, m);
    if (outcome == m->expected)
        return true;
    print_error("%s: %#x at %u gives %s, not %s\n", s->name, (unsigned)m->value, m->at,
                outcome_name(outcome), outcome_name(m->expected));
    return false;
}

void codec_illegal_values(const codec_sample *samples, size_t n_samples)
{
    size_t cases = 0, wrong = 0;
    for (size_t i = 0; i < n_samples; i++)
        for (size_t k = 0; k < MUTATIONS_MAX && samples[i].mutations[k].len; k++) {
            wrong += !as_expected(&samples[i], &samples[i].mutations[k]);
            cases++;
        }
    print_message("%zu values\n", cases);
    assert_int_equal(wrong, 0);
}

void codec_noise(const codec_sample *samples, size_t n_samples, uint64_t seed)
{
    print_message("seed %#llx\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 20000; round++) {
        const codec_sample *s = &samples[test_random(&seed) % n_samples];
        camseal_writer w;
        size_t n = load(s);
        for (unsigned k = 0; k < 3; k++)
            bytes[test_random(&seed) % n] = (uint8_t)test_random(&seed);
        camseal_status status = run(s, n, &w);
        assert_true(status == CAMSEAL_OK || camseal_status_class(status) == CAMSEAL_CLASS_PEER);
        assert_true(status != CAMSEAL_OK || w.len <= n);
    }
}
