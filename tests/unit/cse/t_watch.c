/* Safety services of the sink: timeouts, freshness, self-tests; payloads instead of packets. */
#include "rig.h"

enum { LINES = 5 };

static const rig_options modes[] = {
    {0},
    {.tag_mode = CAMSEAL_TAG_DATA_TYPE},
    {.tag_mode = CAMSEAL_TAG_FRAME},
    {.tag_mode = CAMSEAL_TAG_FRAME, .hold = 16},
    {.fsed = true},
    {.fsed = true, .hold = 16},
};
enum { MODES = sizeof modes / sizeof modes[0] };

static size_t make_frame(rig *r, packet *p)
{
    size_t n = 0;
    if (!camseal_priv_is_fsed(r->source_ctx)) {
        rig_frame(r, 0, p, LINES);
        return LINES;
    }
    p[n++] = rig_protect(r, 0, RIG_RAW12, CAMSEAL_SOURCE_FSH, 80);
    for (size_t i = 0; i < LINES; i++)
        p[n++] = rig_protect(r, 0, RIG_RAW12, 0, 30);
    p[n++] = rig_protect(r, 0, RIG_RAW12, CAMSEAL_SOURCE_FTG, 80);
    return n;
}

static void take_all(rig *r)
{
    while (camseal_record_take(&r->ring, &r->log[r->n_log]))
        r->n_log++;
}

static void feed_at(rig *r, packet *p, size_t n, uint64_t now_us)
{
    for (size_t i = 0; i < n; i++) {
        size_t taken;
        if (!p[i].len)
            continue; /* dropped by a self-test */
        camseal_sink_item item = {r->sink, {p[i].bytes, p[i].len}, i, 0};
        assert_status(camseal_sink_feed(r->worker, &item, 1, now_us, &taken), CAMSEAL_OK);
        take_all(r);
    }
}

static unsigned with_data(const rig *r, size_t from)
{
    unsigned n = 0;
    for (size_t i = from; i < r->n_log; i++)
        n += r->log[i].data.len > 0;
    return n;
}

static void a_frame_that_stops_times_out(void **state)
{
    (void)state;
    for (size_t k = 0; k < MODES; k++) {
        rig r;
        packet p[LINES + 2];
        uint64_t wake;
        rig_init(&r, &modes[k]);
        r.sink_ctx->timeouts = (camseal_timeouts){.message = 100, .frame = 1000};
        make_frame(&r, p);
        feed_at(&r, p, 3, 5000);
        assert_status(camseal_sink_flush(r.sink, 5099, &wake), CAMSEAL_OK);
        assert_int_equal(wake, 5100);
        assert_int_equal(r.ring.count, 0);
        assert_status(camseal_sink_flush(r.sink, 5100, &wake), CAMSEAL_OK);
        assert_int_equal(wake, 6000);
        take_all(&r);
        assert_int_equal(r.log[r.n_log - 1].kind, CAMSEAL_RECORD_EVENT);
        assert_int_equal(r.log[r.n_log - 1].reason, REASON(TIMEOUT));
        assert_status(camseal_sink_flush(r.sink, 6000, &wake), CAMSEAL_OK);
        assert_true(wake == UINT64_MAX);
        take_all(&r);
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), INCOMPLETE, REASON(TIMEOUT));
        rig_free(&r);
    }
}

/* A late line is no forgery: the safety verdict alone tells. */
static void a_late_message_spoils_safety_only(void **state)
{
    (void)state;
    for (size_t k = 0; k < MODES; k++) {
        rig r;
        packet p[LINES + 2];
        rig_init(&r, &modes[k]);
        r.sink_ctx->timeouts = (camseal_timeouts){.message = 100};
        const size_t n = make_frame(&r, p);
        feed_at(&r, p, 3, 5000);
        feed_at(&r, p + 3, n - 3, 5200);
        const camseal_record f = rig_last(&r, CAMSEAL_RECORD_FRAME);
        assert_verdict(f, OK, REASON(TIMEOUT));
        assert_int_equal(f.safety, INCOMPLETE);
        rig_free(&r);
    }
}

static void a_lag_makes_stale_and_fails_closed(void **state)
{
    (void)state;
    for (size_t k = 0; k < MODES; k++) {
        rig r;
        packet p[LINES + 2];
        rig_init(&r, &modes[k]);
        r.sink_ctx->lag_max = 2;
        r.sink_ctx->round_trip_us = 50;
        feed_at(&r, p, make_frame(&r, p), 100);
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
        /* in time, and not too far behind */
        assert_status(camseal_sink_freshness(r.sink, RIG_EVC, 3, 100, 150), CAMSEAL_OK);
        feed_at(&r, p, make_frame(&r, p), 200);
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
        /* too far behind */
        assert_status(camseal_sink_freshness(r.sink, RIG_EVC, 5, 300, 310), CAMSEAL_OK);
        size_t from = r.n_log;
        feed_at(&r, p, make_frame(&r, p), 320);
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), CAMSEAL_VERDICT_STALE, REASON(STALE));
        assert_int_equal(with_data(&r, from), 0);
        /* good again; then a status that took too long */
        assert_status(camseal_sink_freshness(r.sink, RIG_EVC, 4, 400, 410), CAMSEAL_OK);
        feed_at(&r, p, make_frame(&r, p), 420);
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
        assert_status(camseal_sink_freshness(r.sink, RIG_EVC, 4, 500, 551), CAMSEAL_OK);
        feed_at(&r, p, make_frame(&r, p), 560);
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), CAMSEAL_VERDICT_STALE, REASON(STALE));
        rig_free(&r);
    }
}

static void silence_of_the_host_makes_stale(void **state)
{
    (void)state;
    rig r;
    packet p[LINES + 2];
    rig_init(&r, &modes[0]);
    r.sink_ctx->lag_max = 2;
    r.sink_ctx->round_trip_us = 50;
    r.sink_ctx->timeouts.fresh = 1000;
    assert_status(camseal_sink_freshness(r.sink, RIG_EVC, 0, 5000, 5010), CAMSEAL_OK);
    feed_at(&r, p, make_frame(&r, p), 6050);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
    feed_at(&r, p, make_frame(&r, p), 6051);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), CAMSEAL_VERDICT_STALE, REASON(STALE));
    assert_status(camseal_sink_freshness(r.sink, 1, 0, 5000, 5010), CAMSEAL_E_NOT_FOUND);
    assert_status(camseal_sink_freshness(r.sink, RIG_EVC, 0, 5001, 5000), CAMSEAL_E_ARGUMENT);
    rig_free(&r);
}

/* ---- self-test ---- */

static void an_announced_error_is_bist(void **state)
{
    (void)state;
    for (size_t k = 0; k < MODES; k++)
        for (uint8_t kind = CAMSEAL_SELFTEST_CRC; kind <= CAMSEAL_SELFTEST_DROP; kind++)
            for (unsigned told = 0; told < 2; told++) {
                rig r;
                packet p[LINES + 2];
                rig_init(&r, &modes[k]);
                feed_at(&r, p, make_frame(&r, p), 0);
                assert_status(camseal_source_selftest(r.source, kind, RIG_EVC, 2), CAMSEAL_OK);
                if (told)
                    assert_status(camseal_sink_selftest(r.sink, kind, RIG_EVC, 2), CAMSEAL_OK);
                const size_t from = r.n_log;
                feed_at(&r, p, make_frame(&r, p), 0);
                rig_close(&r);
                const camseal_record f = rig_last(&r, CAMSEAL_RECORD_FRAME);
                assert_int_equal(f.frame_count, 2);
                if (told) {
                    if (f.verdict != CAMSEAL_VERDICT_BIST)
                        fail_msg("mode %zu, kind %u: %s, %s", k, kind,
                                 camseal_verdict_name(f.verdict), camseal_reason_name(f.reason));
                    assert_int_equal(with_data(&r, from), 0);
                } else {
                    assert_true(f.verdict == INCOMPLETE || f.verdict == FORGED);
                }
                feed_at(&r, p, make_frame(&r, p), 0);
                assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
                rig_free(&r);
            }
}

static void another_error_in_a_self_test_counts(void **state)
{
    (void)state;
    rig r;
    packet p[LINES + 2];
    rig_init(&r, &modes[0]);
    assert_status(camseal_sink_selftest(r.sink, CAMSEAL_SELFTEST_CRC, RIG_EVC, 1), CAMSEAL_OK);
    make_frame(&r, p);
    p[2].bytes[4 + 16] ^= 1; /* a forgery */
    rig_reseal(&r, &p[2], false);
    feed_at(&r, p, LINES, 0);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), FORGED, REASON(TAG));
    assert_status(camseal_sink_selftest(r.sink, 0, RIG_EVC, 9), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_sink_selftest(r.sink, 5, RIG_EVC, 9), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_sink_selftest(r.sink, 1, 1, 9), CAMSEAL_E_NOT_FOUND);
    assert_status(camseal_source_selftest(r.source, 5, RIG_EVC, 9), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_source_selftest(r.source, 1, RIG_EVC, 1), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_source_selftest(r.source, 1, 1, 9), CAMSEAL_E_NOT_FOUND);
    rig_free(&r);
}

/* ---- payloads ---- */

static void payloads_give_the_same_as_packets(void **state)
{
    (void)state;
    for (size_t k = 0; k < MODES; k++) {
        rig r;
        packet p[LINES + 2];
        rig_init(&r, &modes[k]);
        const size_t n = make_frame(&r, p);
        for (size_t i = 0; i < n; i++) {
            size_t taken;
            camseal_sink_item item = {r.sink,
                                      {p[i].bytes + 4, p[i].len - 6},
                                      i,
                                      camseal_sink_payload(RIG_VC, p[i].bytes[0] & 0x3F)};
            assert_status(camseal_sink_feed(r.worker, &item, 1, 0, &taken), CAMSEAL_OK);
            take_all(&r);
        }
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
        size_t taken;
        camseal_sink_item bad = {r.sink, {p[0].bytes, 4}, 0, camseal_sink_payload(16, 0x2C)};
        assert_status(camseal_sink_feed(r.worker, &bad, 1, 0, &taken), CAMSEAL_OK);
        take_all(&r);
        assert_verdict(r.log[r.n_log - 1], INCOMPLETE, REASON(ECC));
        rig_free(&r);
    }
}

/* OP1-V: metadata lines and the image in buffers of their own. */
static void whole_buffers_are_verified(void **state)
{
    (void)state;
    enum { STRIDE = 128 };
    static uint8_t top[2][STRIDE], image[LINES][STRIDE], bottom[1][STRIDE];
    rig r;
    rig_init(&r, &(rig_options){.fsed = true, .in_lines = true, .hold = 16});
    for (unsigned frame = 0; frame < 3; frame++) {
        packet p = rig_protect(&r, 0, RIG_RAW12, CAMSEAL_SOURCE_FSH, 80);
        memcpy(top[0], p.bytes + 4, 80);
        p = rig_protect(&r, 0, RIG_RAW12, CAMSEAL_SOURCE_TBT, 80);
        memcpy(top[1], p.bytes + 4, 80);
        for (size_t i = 0; i < LINES; i++) {
            p = rig_protect(&r, 0, RIG_RAW12, 0, 60);
            memcpy(image[i], p.bytes + 4, 60);
        }
        p = rig_protect(&r, 0, RIG_RAW12, CAMSEAL_SOURCE_FTG, 80);
        memcpy(bottom[0], p.bytes + 4, 80);
        if (frame == 1)
            image[2][7] ^= 1;
        const camseal_sink_buffer buffers[] = {
            {RIG_VC, RIG_EMBEDDED, top[0], 80, STRIDE, 2, 100},
            {RIG_VC, RIG_RAW12, image[0], 60, STRIDE, LINES, 200},
            {RIG_VC, RIG_EMBEDDED, bottom[0], 80, STRIDE, 1, 300}};
        for (size_t i = 0; i < 3; i++) {
            size_t next = 0;
            assert_status(camseal_sink_feed_buffer(r.worker, r.sink, &buffers[i], 0, &next),
                          CAMSEAL_OK);
            assert_int_equal(next, buffers[i].lines);
        }
        size_t taken;
        camseal_sink_item end = {
            r.sink, {NULL, 0}, 400, camseal_sink_payload(RIG_VC, CAMSEAL_CSI2_FE)};
        assert_status(camseal_sink_feed(r.worker, &end, 1, 0, &taken), CAMSEAL_OK);
        take_all(&r);
        const camseal_record f = rig_last(&r, CAMSEAL_RECORD_FRAME);
        assert_int_equal(f.frame_count, frame + 1);
        if (frame == 1)
            assert_verdict(f, INCOMPLETE, REASON(CRC32));
        else
            assert_verdict(f, OK, REASON(NONE));
    }
    camseal_sink_buffer bad = {RIG_VC, RIG_RAW12, image[0], 60, 59, 1, 0};
    size_t next = 0;
    assert_status(camseal_sink_feed_buffer(r.worker, r.sink, &bad, 0, &next), CAMSEAL_E_ARGUMENT);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_that_stops_times_out),
        cmocka_unit_test(a_late_message_spoils_safety_only),
        cmocka_unit_test(a_lag_makes_stale_and_fails_closed),
        cmocka_unit_test(silence_of_the_host_makes_stale),
        cmocka_unit_test(an_announced_error_is_bist),
        cmocka_unit_test(another_error_in_a_self_test_counts),
        cmocka_unit_test(whole_buffers_are_verified),
        cmocka_unit_test(payloads_give_the_same_as_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
