/* How a stream is cut into batches never changes its records; a full ring consumes nothing; several
 * sinks at once. */
#include "rig.h"

#include "base/load.h"

enum { FRAMES = 12, LINES = 8, CHANNELS = 3, MOST = FRAMES * LINES * CHANNELS * 2, ROUNDS = 60 };

typedef struct trace_of_run {
    camseal_record log[RIG_LOG];
    size_t n;
} trace_of_run;

/* Both sides start just below a turn of the 32 bits on the wire, so that whole and low numbers
 * differ. */
static void start_high(const rig *r)
{
    const uint64_t start = UINT64_C(0x1FFFFFFFA);
    for (unsigned c = 0; c < CHANNELS; c++) {
        assert_status(camseal_context_set_frame_count(r->source_ctx, (uint8_t)(RIG_EVC + c), start),
                      CAMSEAL_OK);
        assert_status(
            camseal_context_set_frame_count(r->sink_ctx, (uint8_t)(RIG_EVC + c), start - 1),
            CAMSEAL_OK);
    }
}

/* A stream of three interleaved channels, with a rotation in it. */
static size_t make_stream(rig *r, packet *out, uint64_t *seed)
{
    unsigned line[CHANNELS] = {0}, frame[CHANNELS] = {0};
    size_t n = 0;
    start_high(r);
    const bool rotates = r->source_ctx->mac != NULL;
    if (rotates)
        rig_load(r, 1);
    while (n < FRAMES * LINES * CHANNELS) {
        const unsigned c = (unsigned)(test_random(seed) % CHANNELS);
        if (frame[c] == FRAMES)
            continue;
        if (rotates && n == FRAMES * LINES)
            assert_status(camseal_context_activate(r->source_ctx, 0), CAMSEAL_OK);
        uint32_t flags = line[c] == 0 ? CAMSEAL_SOURCE_SOF : 0;
        if (line[c] == LINES - 1)
            flags |= CAMSEAL_SOURCE_EOF;
        out[n++] = rig_protect(r, c, RIG_RAW12, flags, test_random(seed) % 60);
        line[c] = (line[c] + 1) % LINES;
        frame[c] += line[c] == 0;
    }
    return n;
}

static void harm_header(const rig *r, packet *p, uint64_t *seed)
{
    camseal_priv_header h = rig_header(p);
    switch (test_random(seed) % 8) {
    case 0:
        h.frame_low += (uint32_t)(test_random(seed) % 5) - 2;
        break;
    case 1:
        h.frame_low ^= UINT32_C(1) << test_random(seed) % 32;
        break;
    case 2:
        h.message_count ^= 1;
        break;
    case 3:
        h.epoch4 ^= 1;
        break;
    case 4:
        h.sv = 5;
        h.cov = h.tag_p = h.enc = false;
        break;
    case 5:
        h.evc = (uint8_t)(RIG_EVC + test_random(seed) % CHANNELS);
        break;
    case 6:
        h.eof = !h.eof;
        break;
    default:
        h.version = 2;
    }
    rig_set_header(p, &h);
    rig_reseal(r, p, false);
}

static void harm(const rig *r, packet *p, size_t n, uint64_t *seed)
{
    packet *victim = &p[test_random(seed) % n], *other = &p[test_random(seed) % n], t;
    switch (test_random(seed) % 8) {
    case 0: /* two packets change places */
    case 1:
        t = *victim;
        *victim = *other;
        *other = t;
        break;
    case 2: /* repeated in the place of another one */
        *victim = *other;
        break;
    case 3:
        victim->bytes[test_random(seed) % victim->len] ^= 0x10;
        break;
    case 4:
        victim->len = test_random(seed) % (victim->len + 1);
        break;
    case 5: /* becomes a plain packet */
        assert_status(
            camseal_csi2_header(victim->bytes, RIG_VC, (uint8_t)(test_random(seed) % 64), 0),
            CAMSEAL_OK);
        victim->len = 4;
        break;
    default:
        if (victim->len > 40 && (victim->bytes[0] & 0x3F) == 0x37)
            harm_header(r, victim, seed);
    }
}

static void note(trace_of_run *t, camseal_record_ring *ring)
{
    while (camseal_record_take(ring, &t->log[t->n]))
        t->n++;
}

/* One run over a copy of the packets, cut at random; `most` packets a call. */
static void run(const rig_options *o, trace_of_run *t, packet *p, size_t n, size_t most,
                uint64_t *seed)
{
    rig r;
    camseal_sink_item items[64];
    rig_init(&r, o);
    start_high(&r);
    if (!o->safety)
        rig_load(&r, 1);
    t->n = 0;
    for (size_t at = 0; at < n;) {
        size_t count = 1 + test_random(seed) % most, taken = 0;
        if (count > n - at)
            count = n - at;
        for (size_t i = 0; i < count; i++)
            items[i] = (camseal_sink_item){r.sink, {p[at + i].bytes, p[at + i].len}, at + i + 1, 0};
        camseal_status status = camseal_sink_feed(r.worker, items, count, 0, &taken);
        if (status == CAMSEAL_OK)
            assert_int_equal(taken, count);
        else
            assert_status(status, CAMSEAL_E_SPACE);
        at += taken;
        if (status != CAMSEAL_OK || test_random(seed) % 2)
            note(t, &r.ring);
    }
    note(t, &r.ring);
    while (camseal_sink_close(r.sink, 0) == CAMSEAL_E_SPACE)
        note(t, &r.ring);
    note(t, &r.ring);
    rig_free(&r);
}

static void compare_records(const trace_of_run *a, const packet *pa, const trace_of_run *b,
                            const packet *pb)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        camseal_record x = a->log[i], y = b->log[i];
        assert_int_equal(x.data.len, y.data.len);
        if (x.data.len) {
            assert_int_equal(x.data.data - pa[x.cookie - 1].bytes,
                             y.data.data - pb[y.cookie - 1].bytes);
            assert_memory_equal(x.data.data, y.data.data, x.data.len);
        }
        x.data.data = y.data.data = NULL;
        if (memcmp(&x, &y, sizeof x) != 0)
            fail_msg("record %zu: cookie %llu/%llu kind %u/%u verdict %u/%u reason %s/%s frame "
                     "%llx/%llx a %llx/%llx b "
                     "%llx/%llx",
                     i, (unsigned long long)x.cookie, (unsigned long long)y.cookie, x.kind, y.kind,
                     x.verdict, y.verdict, camseal_reason_name(x.reason),
                     camseal_reason_name(y.reason), (unsigned long long)x.frame_count,
                     (unsigned long long)y.frame_count, (unsigned long long)x.a,
                     (unsigned long long)y.a, (unsigned long long)x.b, (unsigned long long)y.b);
    }
}

static void batches(rig_options o, uint64_t seed, unsigned harms)
{
    static packet original[MOST], one[MOST], many[MOST];
    static trace_of_run by_one, by_many;
    rig r;
    o.evcs = CHANNELS;
    rig_init(&r, &o);
    size_t n = make_stream(&r, original, &seed);
    for (unsigned i = 0; i < harms; i++)
        harm(&r, original, n, &seed);
    rig_free(&r);
    memcpy(one, original, sizeof one);
    memcpy(many, original, sizeof many);
    o.lanes = 1;
    run(&o, &by_one, one, n, 1, &seed);
    o.lanes = (unsigned)(1 + test_random(&seed) % 64);
    o.ring = 8 + test_random(&seed) % 60;
    run(&o, &by_many, many, n, 64, &seed);
    compare_records(&by_one, one, &by_many, many);
}

static void random_batches_give_identical_records(void **state)
{
    (void)state;
    static const rig_options kinds[] = {
        {.suite = CAMSEAL_SUITE_EFF_128},
        {.suite = CAMSEAL_SUITE_PERF_256_IE, .sv = {1, 1, 1}},
        {.suite = CAMSEAL_SUITE_PERF_128_IE,
         .sv = {2, 1, 2},
         .allowed = {18, 19, 18},
         .unverified = true},
        {.suite = CAMSEAL_SUITE_EFF_256, .sv = {2, 4, 2}, .stride = {2, 1, 3, 7}, .tag_length = 8},
        {.safety = true, .sv = {5, 5, 5}, .unverified = true},
    };
    for (uint64_t i = 0; i < ROUNDS; i++) {
        rig_options o = kinds[i % 5];
        if (i % 2 && camseal_bulk_x86())
            o.bulk = camseal_bulk_x86();
        print_message("seed %llu\n", (unsigned long long)(1000 + i));
        batches(o, 1000 + i, (unsigned)(i % 5 * 15));
    }
}

/* Genuine frames more than 2^31 apart: what the low 32 bits mean changes inside the batch, so MACs
 * that were computed early are computed again. */
static void far_apart_frames_in_one_batch(void **state)
{
    (void)state;
    static const uint64_t counts[] = {1, UINT64_C(1) << 31, (UINT64_C(1) << 32) - 1,
                                      (UINT64_C(1) << 32) + 5};
    enum { N = sizeof counts / sizeof counts[0] };
    rig r;
    packet p[N];
    camseal_sink_item items[N];
    camseal_record record;
    size_t taken = 0, messages = 0;
    rig_init(&r, &(rig_options){.suite = CAMSEAL_SUITE_PERF_128_I});
    for (size_t i = 0; i < N; i++) {
        r.source_ctx->evcs[0].frame_count = counts[i] - 1;
        p[i] = rig_protect(&r, 0, RIG_RAW12, CAMSEAL_SOURCE_SOF | CAMSEAL_SOURCE_EOF, 20);
        items[i] = (camseal_sink_item){r.sink, {p[i].bytes, p[i].len}, i + 1, 0};
    }
    assert_status(camseal_sink_feed(r.worker, items, N, 0, &taken), CAMSEAL_OK);
    while (camseal_record_take(&r.ring, &record)) {
        if (record.kind != CAMSEAL_RECORD_MESSAGE)
            continue;
        assert_verdict(record, OK, REASON(NONE));
        assert_true(record.frame_count == counts[messages++]);
    }
    assert_int_equal(messages, N);
    rig_free(&r);
}

static void a_full_ring_consumes_nothing(void **state)
{
    (void)state;
    rig r;
    packet p[LINES];
    camseal_sink_item items[LINES];
    size_t taken = 9;
    rig_init(&r, &(rig_options){.ring = 8});
    rig_frame(&r, 0, p, LINES);
    for (size_t i = 0; i < LINES; i++)
        items[i] = (camseal_sink_item){r.sink, {p[i].bytes, p[i].len}, i + 1, 0};
    assert_status(camseal_sink_feed(r.worker, items, LINES, 0, &taken), CAMSEAL_E_SPACE);
    assert_int_equal(taken, 4); /* room for five records must be left for the next packet */
    const packet before = p[4];
    camseal_record records[64], record;
    size_t n = 0, at = taken;
    assert_status(camseal_sink_feed(r.worker, items + at, LINES - at, 0, &taken), CAMSEAL_E_SPACE);
    assert_int_equal(taken, 0);
    assert_memory_equal(before.bytes, p[4].bytes, before.len);
    while (at < LINES) {
        while (camseal_record_take(&r.ring, &record))
            records[n++] = record;
        camseal_status status = camseal_sink_feed(r.worker, items + at, LINES - at, 0, &taken);
        assert_true(status == CAMSEAL_OK || status == CAMSEAL_E_SPACE);
        at += taken;
    }
    while (camseal_record_take(&r.ring, &record))
        records[n++] = record;
    assert_int_equal(n, LINES + 1);
    for (size_t i = 0; i < LINES; i++)
        assert_int_equal(records[i].cookie, i + 1);
    assert_int_equal(records[LINES].kind, CAMSEAL_RECORD_FRAME);
    assert_verdict(records[LINES], OK, REASON(NONE));
    rig_free(&r);
}

static void closing_needs_room_too(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_options){.evcs = 4});
    for (unsigned c = 0; c < 4; c++) {
        packet p = rig_protect(&r, c, RIG_RAW12, CAMSEAL_SOURCE_SOF, 4);
        rig_feed_all(&r, &p, 1);
    }
    r.ring.count = r.ring.capacity - 3; /* as if full of records that nobody took */
    assert_status(camseal_sink_close(r.sink, 0), CAMSEAL_E_SPACE);
    assert_int_equal(r.ring.count, r.ring.capacity - 1);
    r.ring.count = 0;
    r.ring.head = 0;
    rig_close(&r);
    assert_int_equal(rig_last(&r, CAMSEAL_RECORD_FRAME).evc, RIG_EVC + 3);
    uint64_t wake = 0;
    assert_status(camseal_sink_flush(r.sink, 5, &wake), CAMSEAL_OK);
    assert_true(wake == UINT64_MAX);
    assert_status(camseal_sink_flush(r.sink, 5, NULL), CAMSEAL_OK);
    rig_free(&r);
}

/* Two sinks with different suites, keys and rings in one array, fed and protected together. */
static void one_array_may_serve_several_streams(void **state)
{
    (void)state;
    rig a, b;
    packet p[2][LINES];
    camseal_sink_item items[2 * LINES];
    size_t taken = 0;
    rig_init(&a, &(rig_options){.suite = CAMSEAL_SUITE_EFF_128});
    rig_init(&b, &(rig_options){.suite = CAMSEAL_SUITE_PERF_256_IE, .sv = {1, 1, 1}});
    rig_frame(&a, 0, p[0], LINES);
    rig_frame(&b, 0, p[1], LINES);
    for (size_t i = 0; i < 2 * LINES; i++)
        items[i] = (camseal_sink_item){
            i % 2 ? b.sink : a.sink, {p[i % 2][i / 2].bytes, p[i % 2][i / 2].len}, i + 1, 0};
    assert_status(camseal_sink_feed(a.worker, items, 2 * LINES, 0, &taken), CAMSEAL_OK);
    assert_int_equal(taken, 2 * LINES);
    for (unsigned k = 0; k < 2; k++) {
        rig *r = k ? &b : &a;
        camseal_record record;
        size_t messages = 0;
        while (camseal_record_take(&r->ring, &record)) {
            assert_verdict(record, OK, REASON(NONE));
            messages += record.kind == CAMSEAL_RECORD_MESSAGE;
        }
        assert_int_equal(messages, LINES);
    }
    uint64_t totals[CAMSEAL_VERDICT_COUNT];
    camseal_context_verdict_totals(a.sink_ctx, totals);
    assert_int_equal(totals[OK], LINES + 1);
    rig_free(&a);
    rig_free(&b);
}

static void a_sink_refuses_bad_memory_and_rings(void **state)
{
    (void)state;
    rig r;
    camseal_sink *sink = NULL;
    static _Alignas(64) uint8_t mem[16384];
    rig_init(&r, &(rig_options){0});
    const size_t need = camseal_sink_size(r.sink_ctx);
    camseal_record_ring tiny = {r.ring.records, 7, 0, 0};
    assert_status(camseal_sink_init(&sink, mem, need - 1, r.sink_ctx, &r.ring), CAMSEAL_E_MEMORY);
    assert_status(camseal_sink_init(&sink, mem + 4, need, r.sink_ctx, &r.ring), CAMSEAL_E_MEMORY);
    assert_status(camseal_sink_init(&sink, NULL, need, r.sink_ctx, &r.ring), CAMSEAL_E_MEMORY);
    assert_status(camseal_sink_init(&sink, mem, need, r.sink_ctx, &tiny), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_sink_init(&sink, mem, need, r.sink_ctx, NULL), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_sink_init(&sink, mem, need, r.source_ctx, &r.ring), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_sink_init(&sink, mem, need, NULL, &r.ring), CAMSEAL_E_ARGUMENT);
    r.sink_ctx->protocol = CAMSEAL_PROTOCOL_CCISE;
    assert_status(camseal_sink_init(&sink, mem, need, r.sink_ctx, &r.ring), CAMSEAL_E_UNSUPPORTED);
    assert_null(sink);
    rig_free(&r);
}

static void ten_thousand_clean_frames_raise_no_alarm(void **state)
{
    (void)state;
    rig r;
    packet p[3];
    rig_init(&r, &(rig_options){.suite = CAMSEAL_SUITE_PERF_128_I,
                                .bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL)});
    for (unsigned f = 0; f < 10000; f++) {
        rig_frame(&r, 0, p, 3);
        r.n_log = 0;
        rig_feed_all(&r, p, 3);
        assert_int_equal(r.n_log, 4);
        for (size_t i = 0; i < 4; i++)
            assert_true(r.log[i].verdict == OK && r.log[i].safety == OK &&
                        r.log[i].reason == REASON(NONE));
    }
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_batches_give_identical_records),
        cmocka_unit_test(far_apart_frames_in_one_batch),
        cmocka_unit_test(a_full_ring_consumes_nothing),
        cmocka_unit_test(closing_needs_room_too),
        cmocka_unit_test(one_array_may_serve_several_streams),
        cmocka_unit_test(a_sink_refuses_bad_memory_and_rings),
        cmocka_unit_test(ten_thousand_clean_frames_raise_no_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
