/* Source: order of messages, limits, nonce invariants I1 to I3, header bytes, worker. */
#include "rig.h"

#include "context/nonce.h"
#include "cse/sep/format.h"

static camseal_status feed(rig *r, unsigned evc, uint8_t dt, uint32_t flags, size_t len,
                           camseal_source_item *out)
{
    static uint8_t data[70000];
    size_t done = 9;
    camseal_source_item item = {.source = r->source,
                                .wire_vc = (uint8_t)(RIG_VC + evc),
                                .wire_dt = dt,
                                .flags = flags,
                                .data = {data, len}};
    camseal_status status = camseal_source_feed(r->worker, &item, 1, &done);
    assert_int_equal(done, status == CAMSEAL_OK);
    if (out)
        *out = item;
    return status;
}

#define SOF     CAMSEAL_SOURCE_SOF
#define EOF_    CAMSEAL_SOURCE_EOF
#define TRAILER CAMSEAL_SOURCE_TRAILER

static void broken_order_is_refused_and_consumes_nothing(void **state)
{
    (void)state;
    rig r;
    camseal_source_item item;
    rig_init(&r, &(rig_options){0});
    assert_status(feed(&r, 0, RIG_RAW12, 0, 4, NULL), CAMSEAL_E_STATE);
    assert_status(feed(&r, 0, RIG_RAW12, SOF, 4, &item), CAMSEAL_OK);
    assert_true(item.frame_count == 1);
    assert_status(feed(&r, 0, RIG_RAW12, SOF, 4, NULL), CAMSEAL_E_STATE);
    assert_status(feed(&r, 0, 0x2B, 0, 4, NULL), CAMSEAL_E_NOT_FOUND);
    assert_status(feed(&r, 1, RIG_RAW12, 0, 4, NULL), CAMSEAL_E_NOT_FOUND);
    assert_status(feed(&r, 0, RIG_RAW12, 8, 4, NULL), CAMSEAL_E_ARGUMENT);
    assert_status(feed(&r, 0, RIG_RAW12, TRAILER, 4, NULL), CAMSEAL_E_ARGUMENT);
    assert_status(feed(&r, 0, RIG_RAW12, TRAILER | SOF, 0, NULL), CAMSEAL_E_ARGUMENT);
    assert_status(feed(&r, 0, RIG_RAW12, 0, camseal_priv_sep_data_max(16) + 1, NULL),
                  CAMSEAL_E_ARGUMENT);
    assert_status(feed(&r, 0, RIG_RAW12, 0, camseal_priv_sep_data_max(16), &item), CAMSEAL_OK);
    assert_int_equal(item.message_count, 1); /* none of the refused ones took a number */
    assert_int_equal(item.head[1] | item.head[2] << 8, 65532);
    assert_status(feed(&r, 0, RIG_RAW12, EOF_, 4, &item), CAMSEAL_OK);
    assert_int_equal(item.message_count, 2);
    assert_status(feed(&r, 0, RIG_RAW12, 0, 4, NULL), CAMSEAL_E_STATE);
    assert_status(feed(&r, 0, RIG_RAW12, TRAILER, 0, NULL), CAMSEAL_E_STATE);
    assert_status(feed(&r, 0, RIG_RAW12, SOF, 4, &item), CAMSEAL_OK);
    assert_true(item.frame_count == 2);
    assert_status(camseal_source_abort(r.source, RIG_EVC), CAMSEAL_OK);
    assert_status(camseal_source_abort(r.source, 99), CAMSEAL_E_NOT_FOUND);
    assert_status(feed(&r, 0, RIG_RAW12, 0, 4, NULL), CAMSEAL_E_STATE);
    assert_status(feed(&r, 0, RIG_RAW12, SOF, 4, &item), CAMSEAL_OK);
    assert_true(item.frame_count == 3); /* the aborted frame used its number up */
    rig_free(&r);
}

static void a_batch_stops_at_the_failing_item(void **state)
{
    (void)state;
    rig r;
    uint8_t data[40][8] = {{0}};
    camseal_source_item items[40];
    size_t done;
    rig_init(&r, &(rig_options){.suite = CAMSEAL_SUITE_PERF_128_IE, .sv = {1, 1, 1}, .lanes = 4});
    for (size_t i = 0; i < 40; i++)
        items[i] = (camseal_source_item){.source = r.source,
                                         .wire_vc = RIG_VC,
                                         .wire_dt = RIG_RAW12,
                                         .flags = i ? 0 : SOF,
                                         .data = {data[i], 8}};
    items[21].wire_dt = 0x2B;
    assert_status(camseal_source_feed(r.worker, items, 40, &done), CAMSEAL_E_NOT_FOUND);
    assert_int_equal(done, 21);
    static const uint8_t zeros[8];
    for (size_t i = 0; i < 40; i++) /* exactly the done ones are encrypted */
        assert_int_equal(memcmp(data[i], zeros, 8) != 0, i < 21);
    items[21].wire_dt = RIG_RAW12;
    assert_status(camseal_source_feed(r.worker, items + 21, 19, &done), CAMSEAL_OK);
    assert_int_equal(items[39].message_count, 39);
    rig_free(&r);
}

static void partitions_and_trailer(void **state)
{
    (void)state;
    rig r;
    packet p;
    camseal_priv_header h;
    rig_init(&r, &(rig_options){.suite = CAMSEAL_SUITE_PERF_256_IE, .sv = {2, 1, 2}});
    p = rig_protect(&r, 0, RIG_EMBEDDED, SOF, 5);
    h = rig_header(&p);
    assert_int_equal(h.fp, 2);
    assert_true(h.sof && h.cov && !h.enc && h.pad == 3 && h.tag_p && h.crc_p && h.tag_mode == 1);
    p = rig_protect(&r, 0, RIG_RAW12, 0, 6);
    h = rig_header(&p);
    assert_int_equal(h.fp, 3);
    assert_true(h.enc && h.sv == 1 && h.pad == 2);
    p = rig_protect(&r, 0, RIG_EMBEDDED, 0, 5);
    h = rig_header(&p);
    assert_int_equal(h.fp, 4);
    p = rig_protect(&r, 0, RIG_RAW12, TRAILER, 0);
    h = rig_header(&p);
    assert_true(h.fp == 0 && h.sv == 2 && h.cov && !h.enc && h.eof && h.edt == 0x01FF &&
                h.data_length == 0);
    assert_int_equal(h.message_count, 3);
    assert_int_equal(p.len, 4 + 16 + 16 + 4 + 2);
    rig_free(&r);
}

static void variants_change_at_a_frame(void **state)
{
    (void)state;
    rig r;
    const uint8_t sv[3] = {2, 1, 5};
    rig_init(&r, &(rig_options){
                     .suite = CAMSEAL_SUITE_PERF_256_IE, .sv = {2, 2, 2}, .allowed = {2, 3, 18}});
    packet p = rig_protect(&r, 0, RIG_EMBEDDED, SOF, 5);
    assert_status(camseal_context_set_variants(r.source_ctx, sv), CAMSEAL_OK);
    p = rig_protect(&r, 0, RIG_RAW12, EOF_, 5);
    assert_int_equal(rig_header(&p).sv, 2);
    p = rig_protect(&r, 0, RIG_RAW12, SOF, 5);
    assert_int_equal(rig_header(&p).sv, 1);
    p = rig_protect(&r, 0, RIG_EMBEDDED, EOF_, 5);
    assert_int_equal(rig_header(&p).sv, 5);
    assert_true(rig_header(&p).tag_p);
    rig_free(&r);
}

static void the_source_stops_at_the_end_of_its_counters(void **state)
{
    (void)state;
    rig r;
    camseal_source_item item;
    rig_init(&r, &(rig_options){0});
    assert_status(
        camseal_context_set_frame_count(r.source_ctx, RIG_EVC, CAMSEAL_PRIV_FRAME_COUNT_END - 2),
        CAMSEAL_OK);
    assert_status(feed(&r, 0, RIG_RAW12, SOF | EOF_, 4, NULL), CAMSEAL_OK);
    assert_status(feed(&r, 0, RIG_RAW12, SOF | EOF_, 4, &item), CAMSEAL_OK);
    assert_true(item.frame_count == CAMSEAL_PRIV_FRAME_COUNT_END - 1);
    for (unsigned i = 0; i < 3; i++)
        assert_status(feed(&r, 0, RIG_RAW12, SOF | EOF_, 4, NULL), CAMSEAL_E_LIMIT);
    rig_free(&r);
    /* message numbers have 24 bits */
    rig_init(&r, &(rig_options){0});
    assert_status(feed(&r, 0, RIG_RAW12, SOF, 4, NULL), CAMSEAL_OK);
    r.source->frames[0].next = CAMSEAL_PRIV_MESSAGE_COUNT_END - 1;
    assert_status(feed(&r, 0, RIG_RAW12, 0, 4, NULL), CAMSEAL_OK);
    assert_status(feed(&r, 0, RIG_RAW12, 0, 4, NULL), CAMSEAL_E_LIMIT);
    rig_free(&r);
}

static void the_source_stops_at_the_limit_of_its_key(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_options){.suite = CAMSEAL_SUITE_PERF_128_I});
    camseal_priv_keys *keys = &r.source_ctx->keys[r.source_ctx->current];
    assert_status(feed(&r, 0, RIG_RAW12, SOF, 16, NULL), CAMSEAL_OK);
    assert_int_equal(keys->mac_blocks, 4);
    assert_int_equal(keys->tags, 1);
    keys->tags = CAMSEAL_PRIV_TAG_LIMIT - 1;
    assert_status(feed(&r, 0, RIG_RAW12, 0, 16, NULL), CAMSEAL_OK);
    assert_status(feed(&r, 0, RIG_RAW12, 0, 16, NULL), CAMSEAL_E_LIMIT);
    rig_key(&r, 1); /* a rotation helps, at the next frame */
    assert_status(feed(&r, 0, RIG_RAW12, EOF_, 16, NULL), CAMSEAL_E_LIMIT);
    assert_status(camseal_source_abort(r.source, RIG_EVC), CAMSEAL_OK);
    assert_status(feed(&r, 0, RIG_RAW12, SOF, 16, NULL), CAMSEAL_OK);
    rig_free(&r);
}

static void without_keys_nothing_is_sent(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_options){0});
    camseal_priv_keys_wipe(r.source_ctx, &r.source_ctx->keys[r.source_ctx->current]);
    r.source_ctx->has_current = false;
    assert_status(feed(&r, 0, RIG_RAW12, SOF, 4, NULL), CAMSEAL_E_STATE);
    rig_free(&r);
}

static void a_retired_epoch_ends_open_frames(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_options){.evcs = 2});
    assert_status(feed(&r, 0, RIG_RAW12, SOF, 4, NULL), CAMSEAL_OK);
    rig_key(&r, 1);
    assert_status(feed(&r, 1, RIG_RAW12, SOF, 4, NULL), CAMSEAL_OK);
    assert_status(feed(&r, 0, RIG_RAW12, 0, 4, NULL),
                  CAMSEAL_OK); /* the frame ends under its own epoch */
    assert_status(camseal_context_retire(r.source_ctx), CAMSEAL_OK);
    assert_status(feed(&r, 0, RIG_RAW12, 0, 4, NULL), CAMSEAL_E_STATE);
    assert_status(camseal_context_retire(r.sink_ctx), CAMSEAL_OK);
    rig_load(&r,
             2); /* takes the place of the old keys: they are still not those of the open frame */
    assert_status(feed(&r, 0, RIG_RAW12, 0, 4, NULL), CAMSEAL_E_STATE);
    assert_status(feed(&r, 1, RIG_RAW12, EOF_, 4, NULL), CAMSEAL_OK);
    assert_status(camseal_source_abort(r.source, RIG_EVC), CAMSEAL_OK);
    assert_status(feed(&r, 0, RIG_RAW12, SOF, 4, NULL), CAMSEAL_OK);
    rig_free(&r);
}

/* ---- nonces ---- */

enum { HISTORY = 6000 };
typedef struct used_nonce {
    uint32_t epoch;
    uint8_t bytes[12];
} used_nonce;

static int compare_nonce(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(used_nonce));
}

/* Every (key, nonce) of a random history with aborts, rotations, interleaved channels and sources
 * made anew: I1 to I3 say that none comes twice. CMAC and CTR use different keys, so the tag nonces
 * are enough, but both are collected. */
static void no_nonce_comes_twice(void **state)
{
    (void)state;
    static used_nonce used[2 * HISTORY];
    rig r;
    size_t n = 0;
    uint32_t epoch = 0;
    uint64_t last_frame[3] = {0};
    uint32_t last_message[3] = {0};
    bool open[3] = {false};
    rig_init(&r, &(rig_options){.suite = CAMSEAL_SUITE_PERF_128_IE, .sv = {1, 1, 1}, .evcs = 3});
    uint64_t seed = 77;
    print_message("seed %llu\n", (unsigned long long)seed);
    while (n < 2 * HISTORY) {
        const unsigned evc = (unsigned)(test_random(&seed) % 3),
                       dice = (unsigned)(test_random(&seed) % 200);
        if (dice == 0 && !r.source_ctx->has_next)
            rig_key(&r, ++epoch);
        if (dice == 1) {
            assert_status(camseal_source_abort(r.source, (uint8_t)(RIG_EVC + evc)), CAMSEAL_OK);
            open[evc] = false;
        }
        if (dice ==
            2) { /* the source object is lost; the context, with keys and counters, is not */
            assert_status(camseal_source_init(&r.source, r.memory[2],
                                              camseal_source_size(r.source_ctx), r.source_ctx),
                          CAMSEAL_OK);
            memset(open, 0, sizeof open);
        }
        if (dice == 3 && r.sink_ctx->has_next)
            assert_status(camseal_context_retire(r.sink_ctx), CAMSEAL_OK);
        const bool end = test_random(&seed) % 8 == 0;
        camseal_source_item item;
        assert_status(feed(&r, evc, RIG_RAW12, (open[evc] ? 0 : SOF) | (end ? EOF_ : 0), 5, &item),
                      CAMSEAL_OK);
        if (open[evc]) { /* I2 */
            assert_true(item.frame_count == last_frame[evc]);
            assert_int_equal(item.message_count, last_message[evc] + 1);
        } else { /* I1 */
            assert_true(item.frame_count == last_frame[evc] + 1);
            assert_int_equal(item.message_count, 0);
        }
        last_frame[evc] = item.frame_count;
        last_message[evc] = item.message_count;
        open[evc] = !end;
        for (uint8_t type = 0; type <= 5; type = (uint8_t)(type + 5)) {
            const camseal_priv_source_frame *frame = &r.source->frames[evc];
            camseal_priv_nonce nonce = {CAMSEAL_PROTOCOL_SEP, type, (uint8_t)(RIG_EVC + evc),
                                        item.frame_count, item.message_count};
            used[n].epoch = frame->epoch;
            camseal_priv_nonce_pack(used[n++].bytes, &nonce);
        }
        if (r.sink_ctx->has_next && !r.source_ctx->has_next)
            assert_status(camseal_context_retire(r.sink_ctx), CAMSEAL_OK);
    }
    assert_true(epoch > 5);
    qsort(used, n, sizeof used[0], compare_nonce);
    for (size_t i = 1; i < n; i++)
        assert_true(memcmp(&used[i - 1], &used[i], sizeof used[0]) != 0);
    rig_free(&r);
}

/* ---- header and coverage ---- */

static void header_pack_and_unpack_are_inverse(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (unsigned i = 0; i < 10000; i++) {
        uint8_t in[16], out[16];
        camseal_priv_header h;
        test_fill(&seed, in, sizeof in);
        camseal_priv_header_unpack(&h, in);
        camseal_priv_header_pack(out, &h);
        assert_memory_equal(in, out, sizeof in);
    }
}

static void coverage_counts_agree_with_places(void **state)
{
    (void)state;
    uint64_t seed = 6;
    for (unsigned i = 0; i < 2000; i++) {
        camseal_stride s = {2, 0, 0, (uint16_t)(1 + test_random(&seed) % 40)};
        s.run = (uint16_t)(1 + test_random(&seed) % s.period);
        s.offset = (uint16_t)(test_random(&seed) % s.period);
        uint32_t len = (uint32_t)(test_random(&seed) % 200), count = 0;
        for (uint32_t k = 0; k < len; k++) {
            int64_t m = ((int64_t)k - s.offset) % s.period;
            if (m < 0)
                m += s.period; /* floor modulo */
            assert_int_equal(camseal_priv_covers_byte(&s, k), m < s.run);
            s.unit = 1;
            assert_int_equal(camseal_priv_covers(&s, 3, k), m < s.run);
            count += m < s.run;
        }
        assert_int_equal(camseal_priv_covered_bytes(&s, 4, true, len), count);
    }
}

static void worker_and_source_refuse_bad_memory(void **state)
{
    (void)state;
    rig r;
    camseal_worker *worker = NULL;
    camseal_source *source = NULL;
    static _Alignas(64) uint8_t mem[65536];
    rig_init(&r, &(rig_options){0});
    assert_int_equal(camseal_worker_size(65), 0);
    assert_int_equal(camseal_worker_size(0), camseal_worker_size(16));
    assert_status(camseal_worker_init(&worker, mem, sizeof mem, 65), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_worker_init(&worker, mem, camseal_worker_size(3) - 1, 3),
                  CAMSEAL_E_MEMORY);
    assert_status(camseal_worker_init(&worker, mem + 1, sizeof mem - 1, 3), CAMSEAL_E_MEMORY);
    assert_status(camseal_worker_init(&worker, NULL, sizeof mem, 3), CAMSEAL_E_MEMORY);
    assert_status(
        camseal_source_init(&source, mem, camseal_source_size(r.source_ctx) - 1, r.source_ctx),
        CAMSEAL_E_MEMORY);
    assert_status(camseal_source_init(&source, mem + 4, sizeof mem - 4, r.source_ctx),
                  CAMSEAL_E_MEMORY);
    assert_status(camseal_source_init(&source, mem, sizeof mem, r.sink_ctx), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_source_init(&source, mem, sizeof mem, NULL), CAMSEAL_E_ARGUMENT);
    r.source_ctx->protocol = CAMSEAL_PROTOCOL_CCISE;
    assert_status(camseal_source_init(&source, mem, sizeof mem, r.source_ctx),
                  CAMSEAL_E_UNSUPPORTED);
    assert_null(worker);
    assert_null(source);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_order_is_refused_and_consumes_nothing),
        cmocka_unit_test(a_batch_stops_at_the_failing_item),
        cmocka_unit_test(partitions_and_trailer),
        cmocka_unit_test(variants_change_at_a_frame),
        cmocka_unit_test(the_source_stops_at_the_end_of_its_counters),
        cmocka_unit_test(the_source_stops_at_the_limit_of_its_key),
        cmocka_unit_test(without_keys_nothing_is_sent),
        cmocka_unit_test(a_retired_epoch_ends_open_frames),
        cmocka_unit_test(no_nonce_comes_twice),
        cmocka_unit_test(header_pack_and_unpack_are_inverse),
        cmocka_unit_test(coverage_counts_agree_with_places),
        cmocka_unit_test(worker_and_source_refuse_bad_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
