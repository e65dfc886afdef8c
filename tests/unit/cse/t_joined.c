/* SEP with a tag per data type and per frame: what each attack and each loss leads to, early and
 * held, and that the cut into batches does not show. */
#include "rig.h"

enum { LINES = 9 };

static const rig_options frame_mode = {.tag_mode = CAMSEAL_TAG_FRAME};
static const rig_options frame_held = {.tag_mode = CAMSEAL_TAG_FRAME, .hold = 32};
static const rig_options type_mode = {.tag_mode = CAMSEAL_TAG_DATA_TYPE};
static const rig_options type_held = {.tag_mode = CAMSEAL_TAG_DATA_TYPE, .hold = 32};

static unsigned count(const rig *r, uint8_t kind, uint8_t verdict)
{
    unsigned n = 0;
    for (size_t i = 0; i < r->n_log; i++)
        n += r->log[i].kind == kind && r->log[i].verdict == verdict;
    return n;
}

/* No record without a verified tag may carry data, except PENDING ones. */
static void assert_nothing_leaks(const rig *r)
{
    for (size_t i = 0; i < r->n_log; i++)
        if (r->log[i].verdict > UNVERIFIED && r->log[i].verdict != CAMSEAL_VERDICT_PENDING)
            assert_int_equal(r->log[i].data.len, 0);
}

static void one_frame(rig *r, packet *p)
{
    rig_frame(r, 0, p, LINES);
}

static void a_good_frame(const rig_options *o, uint8_t slots)
{
    rig r;
    packet p[LINES];
    rig_init(&r, o);
    for (unsigned i = 0; i < 3; i++) {
        one_frame(&r, p);
        rig_feed_all(&r, p, LINES);
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
        assert_int_equal(rig_last(&r, CAMSEAL_RECORD_FRAME).messages, LINES);
    }
    assert_int_equal(count(&r, CAMSEAL_RECORD_FRAME, OK), 3);
    assert_int_equal(count(&r, CAMSEAL_RECORD_SLOT, OK), 3u * slots);
    if (o->hold)
        assert_int_equal(count(&r, CAMSEAL_RECORD_MESSAGE, OK), 3 * LINES);
    uint64_t totals[CAMSEAL_VERDICT_COUNT];
    camseal_context_verdict_totals(r.sink_ctx, totals);
    assert_int_equal(totals[OK], 3 * LINES + 3);
    rig_free(&r);
}

static void good_frames_are_ok(void **state)
{
    (void)state;
    a_good_frame(&frame_mode, 0);
    a_good_frame(&frame_held, 0);
    a_good_frame(&type_mode, 3);
    a_good_frame(&type_held, 3);
}

static void early_messages_are_pending_and_decrypted(void **state)
{
    (void)state;
    rig r;
    packet p[LINES];
    rig_options o = frame_mode;
    o.suite = CAMSEAL_SUITE_PERF_128_IE;
    memset(o.sv, 1, 3);
    rig_init(&r, &o);
    uint64_t seed = r.seed;
    one_frame(&r, p);
    uint8_t expected[64];
    camseal_record m = rig_feed(&r, &p[0]);
    test_fill(&seed, expected, 9);
    assert_verdict(m, CAMSEAL_VERDICT_PENDING, REASON(NONE));
    assert_int_equal(m.data.len, 9);
    assert_memory_equal(m.data.data, expected, 9);
    rig_free(&r);
}

/* ---- attacks: a change of the packets of one frame, and what the frame must be ---- */

typedef size_t (*attack)(rig *r, packet *p, size_t n);

static size_t flip_a_pixel(rig *r, packet *p, size_t n)
{
    p[3].bytes[4 + 16 + 5] ^= 1;
    rig_reseal(r, &p[3], false);
    return n;
}

static size_t flip_without_crc(rig *r, packet *p, size_t n)
{
    (void)r;
    p[3].bytes[4 + 16 + 5] ^= 1;
    return n;
}

static size_t drop_a_line(rig *r, packet *p, size_t n)
{
    (void)r;
    memmove(&p[3], &p[4], (n - 4) * sizeof *p);
    return n - 1;
}

static size_t drop_one_and_forge_the_rest(rig *r, packet *p, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        p[i].bytes[4 + 16] ^= 1;
        rig_reseal(r, &p[i], false);
    }
    return drop_a_line(r, p, n);
}

static size_t drop_the_end(rig *r, packet *p, size_t n)
{
    (void)r;
    (void)p;
    return n - 1;
}

static size_t drop_the_start(rig *r, packet *p, size_t n)
{
    (void)r;
    memmove(&p[0], &p[1], (n - 1) * sizeof *p);
    return n - 1;
}

static size_t repeat_a_line(rig *r, packet *p, size_t n)
{
    (void)r;
    memmove(&p[4], &p[3], (n - 3) * sizeof *p);
    return n + 1;
}

static size_t swap_lines(rig *r, packet *p, size_t n)
{
    (void)r;
    packet t = p[3];
    p[3] = p[4];
    p[4] = t;
    return n;
}

static size_t spoil_the_tag(rig *r, packet *p, size_t n)
{
    p[n - 1].bytes[p[n - 1].len - 8] ^= 1;
    rig_reseal(r, &p[n - 1], false);
    return n;
}

/* EOF moves to an earlier line, with a made-up tag. */
static size_t end_early(rig *r, packet *p, size_t n)
{
    camseal_priv_header h = rig_header(&p[4]);
    (void)n;
    h.eof = h.tag_p = true;
    rig_set_header(&p[4], &h);
    p[4].len += 16;
    rig_reseal(r, &p[4], true);
    return 5;
}

static size_t strip_the_tag(rig *r, packet *p, size_t n)
{
    camseal_priv_header h = rig_header(&p[n - 1]);
    h.tag_p = false;
    rig_set_header(&p[n - 1], &h);
    p[n - 1].len -= 16;
    rig_reseal(r, &p[n - 1], true);
    return n;
}

static size_t relabel_to_open(rig *r, packet *p, size_t n)
{
    camseal_priv_header h = rig_header(&p[3]);
    h.sv = 5;
    h.cov = false;
    rig_set_header(&p[3], &h);
    rig_reseal(r, &p[3], false);
    return n;
}

static size_t another_context(rig *r, packet *p, size_t n)
{
    camseal_priv_header h = rig_header(&p[3]);
    h.ctx_id++;
    rig_set_header(&p[3], &h);
    rig_reseal(r, &p[3], false);
    return n;
}

static size_t another_epoch(rig *r, packet *p, size_t n)
{
    camseal_priv_header h = rig_header(&p[3]);
    h.epoch4 ^= 5;
    rig_set_header(&p[3], &h);
    rig_reseal(r, &p[3], false);
    return n;
}

static size_t an_fsed_packet_between(rig *r, packet *p, size_t n)
{
    p[3].bytes[0] = (uint8_t)((p[3].bytes[0] & 0xC0) | CAMSEAL_CSI2_FTG);
    rig_reseal(r, &p[3], true);
    return n;
}

static size_t inject_a_line(rig *r, packet *p, size_t n)
{
    memmove(&p[4], &p[3], (n - 3) * sizeof *p);
    p[3].bytes[4 + 16] ^= 1;
    rig_reseal(r, &p[3], false);
    return n + 1;
}

typedef struct attack_case {
    const char *name;
    attack run;
    uint8_t verdict, reason;
} attack_case;

static const attack_case attacks[] = {
    {"forged pixel", flip_a_pixel, FORGED, REASON(TAG)},
    {"noise", flip_without_crc, INCOMPLETE, REASON(GAP)},
    {"dropped line", drop_a_line, INCOMPLETE, REASON(GAP)},
    {"drop one line and forge the rest", drop_one_and_forge_the_rest, INCOMPLETE, REASON(GAP)},
    {"truncated frame end", drop_the_end, INCOMPLETE, REASON(NO_END)},
    {"missing start", drop_the_start, INCOMPLETE, REASON(NO_START)},
    {"repeated line", repeat_a_line, OK, REASON(NONE)},
    {"swapped lines", swap_lines, FORGED, REASON(REPLAY_MESSAGE)},
    {"spoilt tag", spoil_the_tag, FORGED, REASON(TAG)},
    {"false end", end_early, FORGED, REASON(TAG)},
    {"stripped tag", strip_the_tag, FORGED, REASON(FLAGS)},
    {"relabelled to SV-5", relabel_to_open, FORGED, REASON(VARIANT)},
    {"another context", another_context, FORGED, REASON(CONTEXT)},
    {"another epoch", another_epoch, FORGED, REASON(EPOCH)},
    {"cross-protocol packet", an_fsed_packet_between, INCOMPLETE, REASON(GAP)},
    {"injected line", inject_a_line, FORGED, REASON(TAG)},
};

static void play(const rig_options *o, const attack_case *c, bool by_type)
{
    rig r;
    packet p[LINES + 2], next[LINES];
    rig_init(&r, o);
    one_frame(&r, p);
    const size_t n = c->run(&r, p, LINES);
    rig_feed_all(&r, p, n);
    one_frame(&r, next);
    rig_feed_all(&r, next, 1);
    camseal_record f = {0};
    for (size_t i = 0; i < r.n_log; i++)
        if (r.log[i].kind == CAMSEAL_RECORD_FRAME && r.log[i].frame_count == 1 && !f.kind)
            f = r.log[i];
    if (f.kind != CAMSEAL_RECORD_FRAME || f.verdict != c->verdict || f.reason != c->reason)
        fail_msg("%s, hold %u: %s, %s", c->name, o->hold, camseal_verdict_name(f.verdict),
                 camseal_reason_name(f.reason));
    assert_nothing_leaks(&r);
    if (c->verdict != OK && !by_type)
        assert_int_equal(count(&r, CAMSEAL_RECORD_MESSAGE, OK), 0);
    /* the next frame is good all the same */
    rig_feed_all(&r, next + 1, LINES - 1);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
    assert_int_equal(rig_last(&r, CAMSEAL_RECORD_FRAME).frame_count, 2);
    rig_free(&r);
}

static void every_attack_has_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        play(&frame_mode, &attacks[i], false);
        play(&frame_held, &attacks[i], false);
        play(&type_mode, &attacks[i], true);
        play(&type_held, &attacks[i], true);
    }
}

static void a_far_future_counter_locks_nothing(void **state)
{
    (void)state;
    const rig_options *const modes[] = {&frame_mode, &frame_held, &type_mode, &type_held};
    for (size_t k = 0; k < 4; k++) {
        rig r;
        packet p[LINES], future;
        rig_init(&r, modes[k]);
        one_frame(&r, p);
        future = p[0];
        camseal_priv_header h = rig_header(&future);
        h.frame_low = 0x7FFFFFF0;
        rig_set_header(&future, &h);
        rig_reseal(&r, &future, false);
        rig_feed_all(&r, &future, 1);
        rig_feed_all(&r, p, LINES);
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
        assert_int_equal(rig_last(&r, CAMSEAL_RECORD_FRAME).frame_count, 1);
        assert_int_equal(count(&r, CAMSEAL_RECORD_EVENT, OK), 0);
        rig_free(&r);
    }
}

static void a_replayed_frame_is_refused(void **state)
{
    (void)state;
    rig r;
    packet p[LINES], copy[LINES];
    rig_init(&r, &frame_held);
    one_frame(&r, p);
    memcpy(copy, p, sizeof p);
    rig_feed_all(&r, p, LINES);
    rig_feed_all(&r, copy, LINES);
    assert_int_equal(count(&r, CAMSEAL_RECORD_MESSAGE, FORGED), LINES);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_MESSAGE), FORGED, REASON(REPLAY_FRAME));
    rig_free(&r);
}

/* ---- slots ---- */

static void a_good_slot_stays_good(void **state)
{
    (void)state;
    rig r;
    packet p[LINES + 1], next;
    rig_init(&r, &type_held);
    one_frame(&r, p);
    flip_a_pixel(&r, p, LINES);
    rig_feed_all(&r, p, LINES);
    next = rig_protect(&r, 0, RIG_EMBEDDED, CAMSEAL_SOURCE_SOF, 3);
    rig_feed_all(&r, &next, 1);
    assert_int_equal(count(&r, CAMSEAL_RECORD_SLOT, OK), 2); /* both embedded ones */
    assert_int_equal(count(&r, CAMSEAL_RECORD_SLOT, FORGED), 1);
    assert_int_equal(count(&r, CAMSEAL_RECORD_MESSAGE, OK), 2);
    assert_int_equal(count(&r, CAMSEAL_RECORD_MESSAGE, FORGED), LINES - 2);
    assert_nothing_leaks(&r);
    rig_free(&r);
}

static void trailers_end_slots_and_frames(void **state)
{
    (void)state;
    for (unsigned mode = CAMSEAL_TAG_DATA_TYPE; mode <= CAMSEAL_TAG_FRAME; mode++) {
        rig r;
        rig_options o = {.tag_mode = (uint8_t)mode, .hold = 8};
        rig_init(&r, &o);
        packet p[8];
        size_t n = 0;
        p[n++] = rig_protect(&r, 0, RIG_EMBEDDED, CAMSEAL_SOURCE_SOF, 5);
        p[n++] = rig_protect(&r, 0, RIG_RAW12, 0, 6);
        p[n++] = rig_protect(&r, 0, RIG_EMBEDDED, 0, 7);
        const size_t trailers = camseal_source_trailers(r.source, RIG_EVC);
        assert_int_equal(trailers, mode == CAMSEAL_TAG_FRAME ? 1 : 3);
        for (size_t i = 0; i < trailers; i++)
            p[n++] = rig_protect(&r, 0, RIG_RAW12, CAMSEAL_SOURCE_TRAILER, 0);
        assert_int_equal(camseal_source_trailers(r.source, RIG_EVC), 0);
        rig_feed_all(&r, p, n);
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
        assert_int_equal(rig_last(&r, CAMSEAL_RECORD_FRAME).messages, n);
        assert_int_equal(count(&r, CAMSEAL_RECORD_MESSAGE, OK), n);
        rig_free(&r);
    }
}

static camseal_status try_protect(rig *r, uint8_t dt, uint32_t flags)
{
    uint8_t data[4] = {0};
    size_t done;
    camseal_source_item item = {.source = r->source,
                                .wire_vc = RIG_VC,
                                .wire_dt = dt,
                                .flags = flags,
                                .data = {data, flags & 4u ? 0 : sizeof data}};
    return camseal_source_feed(r->worker, &item, 1, &done);
}

static void the_source_keeps_the_order_of_slots(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &type_mode);
    assert_status(try_protect(&r, RIG_RAW12, CAMSEAL_SOURCE_SOF | CAMSEAL_SOURCE_LAST_OF_SLOT),
                  CAMSEAL_OK);
    assert_status(try_protect(&r, RIG_RAW12, 0), CAMSEAL_E_STATE); /* after its tag */
    assert_status(try_protect(&r, RIG_RAW12, CAMSEAL_SOURCE_TRAILER), CAMSEAL_E_STATE);
    assert_status(try_protect(&r, RIG_EMBEDDED, 0), CAMSEAL_OK);
    assert_status(try_protect(&r, RIG_EMBEDDED, CAMSEAL_SOURCE_EOF), CAMSEAL_OK);
    assert_status(try_protect(&r, RIG_RAW12, CAMSEAL_SOURCE_SOF), CAMSEAL_OK);
    assert_status(try_protect(&r, RIG_EMBEDDED, CAMSEAL_SOURCE_EOF), CAMSEAL_E_STATE);
    assert_status(try_protect(&r, RIG_EMBEDDED, CAMSEAL_SOURCE_TRAILER | 8u), CAMSEAL_E_ARGUMENT);
    rig_free(&r);
    rig_init(&r, &frame_mode);
    assert_status(try_protect(&r, RIG_RAW12, CAMSEAL_SOURCE_SOF | CAMSEAL_SOURCE_LAST_OF_SLOT),
                  CAMSEAL_E_ARGUMENT);
    rig_free(&r);
}

/* ---- frames without tags ---- */

static void a_frame_of_sv5_is_unverified_where_policy_allows(void **state)
{
    (void)state;
    for (unsigned hold = 0; hold <= 16; hold += 16) {
        rig r;
        packet p[LINES];
        rig_options o = frame_mode;
        o.hold = hold;
        o.unverified = true;
        memset(o.allowed, 1u << 4 | 2u, 3);
        rig_init(&r, &o);
        one_frame(&r, p);
        rig_feed_all(&r, p, LINES);
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
        static const uint8_t open[3] = {5, 5, 5};
        assert_status(camseal_context_set_variants(r.source_ctx, open), CAMSEAL_OK);
        one_frame(&r, p);
        rig_feed_all(&r, p, LINES);
        assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), UNVERIFIED, REASON(NONE));
        assert_int_equal(r.sink_ctx->evcs[0].frame_count, 1); /* it vouches for nothing */
        rig_free(&r);
    }
}

/* ---- room and batches ---- */

static void what_is_beyond_hold_is_pending_without_data(void **state)
{
    (void)state;
    rig r;
    packet p[LINES];
    rig_options o = frame_mode;
    o.hold = 4;
    rig_init(&r, &o);
    one_frame(&r, p);
    rig_feed_all(&r, p, LINES);
    assert_int_equal(count(&r, CAMSEAL_RECORD_MESSAGE, CAMSEAL_VERDICT_PENDING), LINES - 5);
    for (size_t i = 0; i < r.n_log; i++)
        if (r.log[i].verdict == CAMSEAL_VERDICT_PENDING)
            assert_int_equal(r.log[i].data.len, 0);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
    rig_free(&r);
}

enum { RUN = 400 };

/* Random traffic with losses, changes and repeats of three eVCs. */
static size_t make_traffic(rig *r, packet *out, uint64_t *seed)
{
    static packet p[3][LINES];
    size_t n = 0;
    while (n + 3 * (LINES + 1) < RUN) {
        for (unsigned e = 0; e < 3; e++)
            rig_frame(r, e, p[e], LINES);
        for (size_t i = 0; i < LINES; i++)
            for (unsigned e = 0; e < 3; e++) {
                uint64_t dice = test_random(seed) % 40;
                packet *q = &p[e][i];
                if (dice == 0)
                    continue;
                if (dice == 1) {
                    q->bytes[22] ^= 4;
                    rig_reseal(r, q, false);
                }
                if (dice == 2)
                    out[n++] = *q;
                if (dice == 3)
                    q->bytes[q->len / 2] ^= 1;
                out[n++] = *q;
            }
    }
    return n;
}

static void feed_cut(rig *r, packet *p, size_t n, uint64_t *seed, size_t most)
{
    static camseal_sink_item items[RUN];
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        items[i] = (camseal_sink_item){r->sink, {p[i].bytes, p[i].len}, i + 1, 0};
    while (at < n) {
        size_t want = 1 + (size_t)(test_random(seed) % most), taken = 0;
        if (want > n - at)
            want = n - at;
        camseal_status status = camseal_sink_feed(r->worker, items + at, want, 0, &taken);
        assert_true(status == CAMSEAL_OK || status == CAMSEAL_E_SPACE);
        at += taken;
        size_t take = status == CAMSEAL_OK ? (size_t)(test_random(seed) % 4) : 3;
        while (take-- && camseal_record_take(&r->ring, &r->log[r->n_log]))
            r->n_log++;
    }
    while (camseal_sink_close(r->sink, 0) == CAMSEAL_E_SPACE)
        while (camseal_record_take(&r->ring, &r->log[r->n_log]))
            r->n_log++;
    while (camseal_record_take(&r->ring, &r->log[r->n_log]))
        r->n_log++;
}

static void same_records(const rig *a, const rig *b)
{
    assert_int_equal(a->n_log, b->n_log);
    for (size_t i = 0; i < a->n_log; i++) {
        camseal_record x = a->log[i], y = b->log[i];
        assert_int_equal(x.data.len, y.data.len);
        if (x.data.len)
            assert_memory_equal(x.data.data, y.data.data, x.data.len);
        x.data.data = y.data.data = NULL;
        assert_int_equal(x.kind, y.kind);
        assert_int_equal(x.verdict, y.verdict);
        assert_int_equal(x.reason, y.reason);
        assert_memory_equal(&x, &y, sizeof x);
    }
}

static void batches_do_not_show(void **state)
{
    (void)state;
    static packet traffic[RUN], first[RUN], second[RUN];
    const uint32_t holds[] = {0, 5, 64};
    uint64_t seed = 4711;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned k = 0; k < 12; k++) {
        rig a, b;
        rig_options o = {.tag_mode = k % 2 ? CAMSEAL_TAG_FRAME : CAMSEAL_TAG_DATA_TYPE,
                         .hold = holds[k % 3],
                         .evcs = 3,
                         .lanes = 1};
        if (k % 4 > 1) {
            o.suite = CAMSEAL_SUITE_PERF_128_IE;
            memset(o.sv, 1, 3);
        }
        rig_init(&a, &o);
        o.lanes = 32;
        o.ring = 8 + k;
        rig_init(&b, &o);
        const size_t n = make_traffic(&a, traffic, &seed);
        memcpy(first, traffic, sizeof first);
        memcpy(second, traffic, sizeof second);
        feed_cut(&a, first, n, &seed, 1);
        feed_cut(&b, second, n, &seed, 50);
        same_records(&a, &b);
        assert_true(count(&a, CAMSEAL_RECORD_FRAME, OK) > 3);
        assert_nothing_leaks(&a);
        rig_free(&a);
        rig_free(&b);
    }
}

static void rotation_needs_no_pause(void **state)
{
    (void)state;
    const rig_options *const modes[] = {&frame_mode, &frame_held, &type_mode, &type_held};
    for (size_t k = 0; k < 4; k++) {
        rig r;
        packet p[LINES];
        rig_init(&r, modes[k]);
        for (uint32_t i = 0; i < 6; i++) {
            one_frame(&r, p);
            rig_feed_all(&r, p, LINES / 2);
            if (i % 2)
                rig_key(&r, i / 2 + 1);
            rig_feed_all(&r, p + LINES / 2, LINES - LINES / 2);
            assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
        }
        assert_int_equal(count(&r, CAMSEAL_RECORD_FRAME, OK), 6);
        rig_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_frames_are_ok),
        cmocka_unit_test(early_messages_are_pending_and_decrypted),
        cmocka_unit_test(every_attack_has_its_verdict),
        cmocka_unit_test(a_far_future_counter_locks_nothing),
        cmocka_unit_test(a_replayed_frame_is_refused),
        cmocka_unit_test(a_good_slot_stays_good),
        cmocka_unit_test(trailers_end_slots_and_frames),
        cmocka_unit_test(the_source_keeps_the_order_of_slots),
        cmocka_unit_test(a_frame_of_sv5_is_unverified_where_policy_allows),
        cmocka_unit_test(what_is_beyond_hold_is_pending_without_data),
        cmocka_unit_test(batches_do_not_show),
        cmocka_unit_test(rotation_needs_no_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
