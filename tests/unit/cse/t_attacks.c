/* A bridge between source and sink: what it does to a stream of four frames, and what every frame
 * is then worth. */
#include "rig.h"

#include "base/load.h"

enum { FRAMES = 4, LINES = 6, MOST = 64 };

typedef struct stream {
    rig *r;
    packet p[MOST];
    size_t n;
} stream;

static packet *at(stream *s, unsigned frame, unsigned line)
{
    return &s->p[(frame - 1) * LINES + line];
}

static void drop(stream *s, unsigned frame, unsigned line, size_t n)
{
    packet *first = at(s, frame, line);
    size_t index = (size_t)(first - s->p);
    memmove(first, first + n, (s->n - index - n) * sizeof *first);
    s->n -= n;
}

static void insert(stream *s, unsigned frame, unsigned line, const packet *what, size_t n)
{
    packet copy[LINES], *place = at(s, frame, line);
    size_t index = (size_t)(place - s->p);
    assert_true(s->n + n <= MOST && n <= LINES);
    memcpy(copy, what, n * sizeof *what);
    memmove(place + n, place, (s->n - index) * sizeof *place);
    memcpy(place, copy, n * sizeof *copy);
    s->n += n;
}

static void swap(packet *a, packet *b)
{
    packet t = *a;
    *a = *b;
    *b = t;
}

static void flip(stream *s, packet *p, size_t byte)
{
    p->bytes[byte] ^= 1;
    rig_reseal(s->r, p, false);
}

static void change_frame(stream *s, packet *p, uint32_t frame_low)
{
    camseal_priv_header h = rig_header(p);
    h.frame_low = frame_low;
    rig_set_header(p, &h);
    rig_reseal(s->r, p, false);
}

#define ATTACK(name, statement) \
    static void name(stream *s) \
    {                           \
        statement;              \
    }
ATTACK(nothing, (void)s)
ATTACK(flip_pixel, flip(s, at(s, 2, 3), 30))
ATTACK(flip_first, flip(s, at(s, 2, 0), 22))
ATTACK(flip_last, flip(s, at(s, 2, LINES - 1), 22))
ATTACK(flip_tag, flip(s, at(s, 2, 3), at(s, 2, 3)->len - 8))
ATTACK(noise, at(s, 2, 3)->bytes[30] ^= 1)
ATTACK(drop_line, drop(s, 2, 3, 1))
ATTACK(drop_two, drop(s, 2, 2, 2))
ATTACK(drop_first, drop(s, 2, 0, 1))
ATTACK(drop_last, drop(s, 2, LINES - 1, 1))
ATTACK(drop_frame, drop(s, 2, 0, LINES))
ATTACK(drop_two_frames, drop(s, 2, 0, 2 * LINES))
ATTACK(repeat_line, insert(s, 2, 4, at(s, 2, 3), 1))
ATTACK(repeat_last, insert(s, 3, 0, at(s, 2, LINES - 1), 1))
ATTACK(reorder, swap(at(s, 2, 2), at(s, 2, 3)))
ATTACK(swap_frames, swap(at(s, 2, 3), at(s, 3, 3)))
ATTACK(freeze_between, insert(s, 3, 0, at(s, 1, 0), LINES))
ATTACK(freeze_instead, memcpy(at(s, 3, 0), at(s, 1, 0), LINES * sizeof(packet)))
ATTACK(inject_forged, {
    insert(s, 3, 2, at(s, 3, 2), 1);
    flip(s, at(s, 3, 2), 25);
})
ATTACK(far_future, {
    insert(s, 2, 2, at(s, 2, 2), 1);
    change_frame(s, at(s, 2, 2), 0x70000000);
})
ATTACK(far_future_start, {
    insert(s, 3, 0, at(s, 3, 0), 1);
    change_frame(s, at(s, 3, 0), 0x7FFFFFFF);
})
ATTACK(truncate_line, at(s, 2, 3)->len -= 5)
ATTACK(drop_one_forge_rest, {
    drop(s, 2, 1, 1);
    flip(s, at(s, 2, 2), 30);
    flip(s, at(s, 2, 3), 30);
})
static void strip_line(stream *s)
{
    packet *p = at(s, 2, 3);
    p->len = 4 + 30 + 2;
    assert_status(camseal_csi2_header(p->bytes, RIG_VC, RIG_RAW12, 30), CAMSEAL_OK);
}
static void strip_tag(stream *s)
{
    packet *p = at(s, 2, 3);
    camseal_priv_header h = rig_header(p);
    h.tag_p = false;
    p->len -= 16;
    rig_set_header(p, &h);
    rig_reseal(s->r, p, true);
}
static void downgrade(stream *s)
{
    packet *p = at(s, 2, 3);
    camseal_priv_header h = rig_header(p);
    h.tag_p = h.cov = false;
    h.sv = 5;
    p->len -= 16;
    rig_set_header(p, &h);
    rig_reseal(s->r, p, true);
}
static void remap(stream *s)
{
    for (size_t i = 0; i < s->n; i++)
        assert_status(camseal_csi2_header(s->p[i].bytes, (uint8_t)(9 + i % 3), 0x37,
                                          (uint16_t)(s->p[i].len - 6)),
                      CAMSEAL_OK);
}

typedef struct expectation {
    uint8_t verdict, reason;
    uint8_t rejected;
} expectation;
#define WHOLE               \
    {                       \
        OK, REASON(NONE), 0 \
    }
#define MISSING   \
    {             \
        255, 0, 0 \
    }

typedef struct attack {
    const char *name;
    void (*run)(stream *s);
    uint8_t message_reason; /* of the first bad message; NONE: there is none */
    expectation frame[FRAMES];
    uint64_t gap_a, gap_b; /* event FRAME_GAP, 0: none */
    uint64_t a, b;         /* of frame 2's record */
} attack;

static const attack attacks[] = {
    {"nothing", nothing, REASON(NONE), {WHOLE, WHOLE, WHOLE, WHOLE}, 0, 0, 0, 0},
    {"flip a pixel",
     flip_pixel,
     REASON(TAG),
     {WHOLE, {FORGED, REASON(TAG), 1}, WHOLE, WHOLE},
     0,
     0,
     0,
     0},
    {"flip in the first line",
     flip_first,
     REASON(TAG),
     {WHOLE, {FORGED, REASON(TAG), 1}, WHOLE, WHOLE},
     0,
     0,
     0,
     0},
    {"flip in the last line",
     flip_last,
     REASON(TAG),
     {WHOLE, {FORGED, REASON(TAG), 1}, WHOLE, WHOLE},
     0,
     0,
     0,
     0},
    {"flip the tag",
     flip_tag,
     REASON(TAG),
     {WHOLE, {FORGED, REASON(TAG), 1}, WHOLE, WHOLE},
     0,
     0,
     0,
     0},
    {"noise",
     noise,
     REASON(CRC16),
     {WHOLE, {INCOMPLETE, REASON(GAP), 1}, WHOLE, WHOLE},
     0,
     0,
     3,
     3},
    {"drop a line",
     drop_line,
     REASON(NONE),
     {WHOLE, {INCOMPLETE, REASON(GAP), 0}, WHOLE, WHOLE},
     0,
     0,
     3,
     3},
    {"drop two lines",
     drop_two,
     REASON(NONE),
     {WHOLE, {INCOMPLETE, REASON(GAP), 0}, WHOLE, WHOLE},
     0,
     0,
     2,
     3},
    {"drop the first",
     drop_first,
     REASON(NONE),
     {WHOLE, {INCOMPLETE, REASON(NO_START), 0}, WHOLE, WHOLE},
     0,
     0,
     0,
     0},
    {"drop the last",
     drop_last,
     REASON(NONE),
     {WHOLE, {INCOMPLETE, REASON(NO_END), 0}, WHOLE, WHOLE},
     0,
     0,
     5,
     5},
    {"drop a frame", drop_frame, REASON(NONE), {WHOLE, MISSING, WHOLE, WHOLE}, 2, 2, 0, 0},
    {"drop two frames",
     drop_two_frames,
     REASON(NONE),
     {WHOLE, MISSING, MISSING, WHOLE},
     2,
     3,
     0,
     0},
    {"repeat a line",
     repeat_line,
     REASON(REPLAY_MESSAGE),
     {WHOLE, {OK, REASON(NONE), 1}, WHOLE, WHOLE},
     0,
     0,
     0,
     0},
    {"repeat the last",
     repeat_last,
     REASON(REPLAY_FRAME),
     {WHOLE, WHOLE, {OK, REASON(NONE), 1}, WHOLE},
     0,
     0,
     0,
     0},
    /* strict order: one gap, then the late line is a replay */
    {"reorder two lines",
     reorder,
     REASON(REPLAY_MESSAGE),
     {WHOLE, {FORGED, REASON(REPLAY_MESSAGE), 1}, WHOLE, WHOLE},
     0,
     0,
     4,
     2},
    /* frame 2 ends when the line of frame 3 comes: the rest of it is old, and so is its line inside
       frame 3 */
    {"swap lines of two frames",
     swap_frames,
     REASON(REPLAY_FRAME),
     {WHOLE, {INCOMPLETE, REASON(NO_END), 0}, {FORGED, REASON(REPLAY_FRAME), 6}, WHOLE},
     0,
     0,
     3,
     3},
    {"old frame between",
     freeze_between,
     REASON(REPLAY_FRAME),
     {WHOLE, WHOLE, {OK, REASON(NONE), 6}, WHOLE},
     0,
     0,
     0,
     0},
    {"old frame instead",
     freeze_instead,
     REASON(REPLAY_FRAME),
     {WHOLE, WHOLE, MISSING, {OK, REASON(NONE), 6}},
     3,
     3,
     0,
     0},
    {"inject a forged line",
     inject_forged,
     REASON(TAG),
     {WHOLE, WHOLE, {OK, REASON(NONE), 1}, WHOLE},
     0,
     0,
     0,
     0},
    {"far-future frame",
     far_future,
     REASON(TAG),
     {WHOLE, {OK, REASON(NONE), 1}, WHOLE, WHOLE},
     0,
     0,
     0,
     0},
    {"far-future start",
     far_future_start,
     REASON(TAG),
     {WHOLE, WHOLE, {OK, REASON(NONE), 1}, WHOLE},
     0,
     0,
     0,
     0},
    {"truncate",
     truncate_line,
     REASON(TRUNCATED),
     {WHOLE, {INCOMPLETE, REASON(GAP), 1}, WHOLE, WHOLE},
     0,
     0,
     3,
     3},
    {"drop one, forge the rest",
     drop_one_forge_rest,
     REASON(TAG),
     {WHOLE, {FORGED, REASON(TAG), 2}, WHOLE, WHOLE},
     0,
     0,
     0,
     0},
    {"strip protection",
     strip_line,
     REASON(UNPROTECTED),
     {WHOLE, {FORGED, REASON(UNPROTECTED), 1}, WHOLE, WHOLE},
     0,
     0,
     0x37,
     RIG_RAW12},
    {"strip the tag",
     strip_tag,
     REASON(FLAGS),
     {WHOLE, {FORGED, REASON(FLAGS), 1}, WHOLE, WHOLE},
     0,
     0,
     1,
     0},
    {"clear the flags",
     downgrade,
     REASON(FLAGS),
     {WHOLE, {FORGED, REASON(FLAGS), 1}, WHOLE, WHOLE},
     0,
     0,
     1,
     0},
    {"remap channels", remap, REASON(NONE), {WHOLE, WHOLE, WHOLE, WHOLE}, 0, 0, 0, 0},
};

static const camseal_record *frame_record(const rig *r, uint64_t frame_count)
{
    const camseal_record *found = NULL;
    for (size_t i = 0; i < r->n_log; i++)
        if (r->log[i].kind == CAMSEAL_RECORD_FRAME && r->log[i].frame_count == frame_count) {
            assert_null(found); /* one verdict a frame */
            found = &r->log[i];
        }
    return found;
}

static void expect_frames(const rig *r, const attack *a)
{
    for (unsigned f = 1; f <= FRAMES; f++) {
        const expectation *e = &a->frame[f - 1];
        const camseal_record *record = frame_record(r, f);
        if (e->verdict == 255) {
            assert_null(record);
            continue;
        }
        if (!record || record->verdict != e->verdict || record->reason != e->reason ||
            record->rejected != e->rejected)
            fail_msg("%s: frame %u: %s, %s, %u rejected", a->name, f,
                     record ? camseal_verdict_name(record->verdict) : "no record",
                     record ? camseal_reason_name(record->reason) : "",
                     record ? record->rejected : 0);
        if (f == 2 && (record->a != a->a || record->b != a->b))
            fail_msg("%s: a %llu b %llu", a->name, (unsigned long long)record->a,
                     (unsigned long long)record->b);
        assert_int_equal(record->safety == OK, e->verdict == OK);
    }
}

static void expect_rest(const rig *r, const attack *a)
{
    uint8_t reason = REASON(NONE);
    uint64_t gap_a = 0, gap_b = 0;
    for (size_t i = 0; i < r->n_log; i++) {
        const camseal_record *record = &r->log[i];
        if (record->kind == CAMSEAL_RECORD_MESSAGE && record->verdict != OK && !reason)
            reason = record->reason;
        if (record->kind == CAMSEAL_RECORD_MESSAGE)
            assert_int_equal(record->data.len != 0, record->verdict == OK);
        if (record->kind == CAMSEAL_RECORD_EVENT) {
            assert_int_equal(record->reason, REASON(FRAME_GAP));
            assert_int_equal(gap_a, 0);
            gap_a = record->a;
            gap_b = record->b;
        }
    }
    if (reason != a->message_reason)
        fail_msg("%s: first bad message: %s", a->name, camseal_reason_name(reason));
    assert_int_equal(gap_a, a->gap_a);
    assert_int_equal(gap_b, a->gap_b);
}

static void every_attack_is_named(void **state)
{
    (void)state;
    static stream s;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        rig r;
        rig_init(&r,
                 &(rig_options){.suite = i % 2 ? CAMSEAL_SUITE_PERF_128_I : CAMSEAL_SUITE_EFF_128});
        s.r = &r;
        s.n = FRAMES * LINES;
        for (unsigned f = 1; f <= FRAMES; f++)
            rig_frame(&r, 0, at(&s, f, 0), LINES);
        attacks[i].run(&s);
        rig_feed_all(&r, s.p, s.n);
        rig_close(&r);
        expect_frames(&r, &attacks[i]);
        expect_rest(&r, &attacks[i]);
        rig_free(&r);
    }
}

static void a_gap_shows_on_the_message_that_reveals_it(void **state)
{
    (void)state;
    rig r;
    packet p[LINES];
    rig_init(&r, &(rig_options){0});
    rig_frame(&r, 0, p, LINES);
    camseal_record record = rig_feed(&r, &p[1]);
    assert_verdict(record, OK, REASON(NO_START));
    assert_int_equal(record.safety, INCOMPLETE);
    assert_true(record.a == 0 && record.b == 0);
    record = rig_feed(&r, &p[4]);
    assert_verdict(record, OK, REASON(GAP));
    assert_true(record.a == 2 && record.b == 3);
    record = rig_feed(&r, &p[5]);
    assert_verdict(record, OK, REASON(NONE));
    assert_int_equal(record.flags, CAMSEAL_RECORD_EOF);
    record = rig_last(&r, CAMSEAL_RECORD_FRAME);
    assert_verdict(record, INCOMPLETE, REASON(NO_START));
    assert_int_equal(record.messages, 3);
    assert_int_equal(record.message_count, 6);
    rig_free(&r);
}

static void splices_between_channels_contexts_and_epochs(void **state)
{
    (void)state;
    rig r, other;
    packet a[LINES], b[LINES], c[LINES];
    rig_init(&r, &(rig_options){.evcs = 2});
    rig_init(&other, &(rig_options){0});
    rig_frame(&r, 0, a, LINES);
    rig_frame(&r, 1, b, LINES);
    rig_frame(&other, 0, c, LINES);
    rig_feed_all(&r, a, 3);
    rig_feed_all(&r, b, 3);
    /* the line of channel 1 made to look like one of channel 0: same keys, same place, other eVC */
    packet p = b[3];
    camseal_priv_header h = rig_header(&p);
    h.evc = RIG_EVC;
    rig_set_header(&p, &h);
    rig_reseal(&r, &p, false);
    assert_verdict(rig_feed(&r, &p), FORGED, REASON(TAG));
    /* another context id, as it is and relabelled */
    p = c[3];
    h = rig_header(&p);
    h.ctx_id = RIG_CTX_ID + 1;
    rig_set_header(&p, &h);
    rig_reseal(&r, &p, false);
    assert_verdict(rig_feed(&r, &p), FORGED, REASON(CONTEXT));
    /* another sensor with another key (its data differ, its key is this one's epoch 1) */
    rig_free(&other);
    rig_init(&other, &(rig_options){0});
    rig_key(&other, 1);
    rig_frame(&other, 0, c, LINES);
    p = c[3];
    assert_verdict(rig_feed(&r, &p), FORGED, REASON(EPOCH));
    h = rig_header(&p);
    h.epoch4 = 0;
    rig_set_header(&p, &h);
    rig_reseal(&r, &p, false);
    assert_verdict(rig_feed(&r, &p), FORGED, REASON(TAG));
    rig_feed_all(&r, a + 3, 3);
    rig_feed_all(&r, b + 3, 3);
    for (size_t i = 0, frames = 0; i < r.n_log; i++)
        if (r.log[i].kind == CAMSEAL_RECORD_FRAME) {
            assert_verdict(r.log[i], OK, REASON(NONE));
            assert_int_equal(r.log[i].evc, RIG_EVC + frames++);
        }
    rig_free(&r);
    rig_free(&other);
}

/* A refused packet counts on the eVC that its header names, else on the one that uses its wire
 * channel: the channel of the stream list at first, then the one where the stream was last seen. */
static void refused_packets_are_counted_where_they_belong(void **state)
{
    (void)state;
    rig r;
    packet a[LINES], b[LINES], bad;
    rig_init(&r, &(rig_options){.evcs = 2});
    rig_frame(&r, 0, a, LINES);
    rig_frame(&r, 1, b, LINES);
    const size_t n = b[1].len - 6;
    bad = b[1];
    bad.bytes[9] ^= 1;
    assert_verdict(rig_feed(&r, &bad), INCOMPLETE, REASON(CRC16)); /* on channel 1 by the list */
    rig_feed_all(&r, a, 1);
    assert_status(camseal_csi2_header(b[0].bytes, 9, 0x37, (uint16_t)(b[0].len - 6)), CAMSEAL_OK);
    rig_feed_all(&r, b, 1);
    assert_status(camseal_csi2_header(bad.bytes, 9, 0x37, (uint16_t)n), CAMSEAL_OK);
    assert_verdict(rig_feed(&r, &bad), INCOMPLETE,
                   REASON(CRC16)); /* on channel 1, now seen there */
    bad = b[1];
    bad.bytes[25] ^= 1;
    rig_reseal(&r, &bad, false);
    assert_status(camseal_csi2_header(bad.bytes, RIG_VC, 0x37, (uint16_t)n), CAMSEAL_OK);
    assert_verdict(rig_feed(&r, &bad), FORGED, REASON(TAG)); /* on channel 1 by its header */
    rig_feed_all(&r, b + 1, LINES - 1);
    assert_int_equal(rig_last(&r, CAMSEAL_RECORD_FRAME).rejected, 3);
    rig_feed_all(&r, a + 1, LINES - 1);
    assert_int_equal(rig_last(&r, CAMSEAL_RECORD_FRAME).rejected, 0);
    rig_free(&r);
}

/* ---- rotation ---- */

static void a_rotation_loses_no_frame(void **state)
{
    (void)state;
    rig r;
    packet a[LINES], b[LINES], old;
    rig_init(&r, &(rig_options){.suite = CAMSEAL_SUITE_PERF_256_IE, .sv = {1, 1, 1}, .evcs = 2});
    rig_frame(&r, 0, a, LINES);
    old = a[2];
    rig_feed_all(&r, a, LINES);
    rig_load(&r, 1);
    /* loaded, and the source starts to use it in the middle of a frame of channel 1 */
    b[0] = rig_protect(&r, 1, RIG_RAW12, CAMSEAL_SOURCE_SOF, 20);
    assert_status(camseal_context_activate(r.source_ctx, 0), CAMSEAL_OK);
    b[1] = rig_protect(&r, 1, RIG_RAW12, 0, 20);
    rig_frame(&r, 0, a, LINES);
    assert_int_equal(rig_header(&b[1]).epoch4, 0);
    assert_int_equal(rig_header(&a[0]).epoch4, 1);
    rig_feed_all(&r, b, 1);
    assert_verdict(rig_feed(&r, &a[0]), OK, REASON(NONE));
    assert_int_equal(camseal_context_epoch(r.sink_ctx), 0); /* channel 1 has not switched */
    rig_feed_all(&r, &b[1], 1);
    camseal_record record = rig_feed(&r, &old); /* channel 0 has: the old epoch is refused there */
    assert_verdict(record, FORGED, REASON(EPOCH));
    assert_true(record.a == 1 && record.b == 0);
    rig_feed_all(&r, a + 1, LINES - 1);
    b[2] = rig_protect(&r, 1, RIG_RAW12, CAMSEAL_SOURCE_EOF, 20);
    rig_feed_all(&r, &b[2], 1);
    rig_frame(&r, 1, b, LINES);
    rig_feed_all(&r, b, LINES);
    assert_int_equal(camseal_context_epoch(r.sink_ctx), 1);
    assert_int_equal(camseal_context_epoch(r.source_ctx), 1);
    unsigned frames = 0;
    for (size_t i = 0; i < r.n_log; i++) {
        if (r.log[i].kind == CAMSEAL_RECORD_EVENT)
            fail_msg("event %s", camseal_reason_name(r.log[i].reason));
        if (r.log[i].kind != CAMSEAL_RECORD_FRAME)
            continue;
        assert_verdict(r.log[i], OK, REASON(NONE));
        frames++;
    }
    assert_int_equal(frames, 4);
    rig_free(&r);
}

static void many_rotations_while_streaming(void **state)
{
    (void)state;
    rig r;
    packet p[LINES];
    unsigned frames = 0;
    rig_init(&r, &(rig_options){.suite = CAMSEAL_SUITE_EFF_256});
    for (uint32_t epoch = 1; epoch <= 40; epoch++) {
        rig_load(&r, epoch);
        rig_frame(&r, 0, p, LINES);
        rig_feed_all(&r, p, LINES);
        assert_status(camseal_context_activate(r.source_ctx, 2 * epoch), CAMSEAL_OK);
        rig_frame(&r, 0, p, LINES);
        rig_feed_all(&r, p, LINES);
        assert_int_equal(camseal_context_epoch(r.sink_ctx), epoch);
    }
    for (size_t i = 0; i < r.n_log; i++) {
        assert_int_equal(r.log[i].verdict, OK);
        frames += r.log[i].kind == CAMSEAL_RECORD_FRAME;
    }
    assert_int_equal(frames, 80);
    rig_free(&r);
}

static void an_epoch_from_the_future_needs_its_key(void **state)
{
    (void)state;
    rig r;
    packet p[LINES];
    rig_init(&r, &(rig_options){0});
    rig_frame(&r, 0, p, LINES);
    rig_feed_all(&r, p, LINES);
    rig_frame(&r, 0, p, LINES);
    camseal_priv_header h = rig_header(&p[0]);
    h.epoch4 = 1;
    rig_set_header(&p[0], &h);
    rig_reseal(&r, &p[0], false);
    assert_verdict(rig_feed(&r, &p[0]), FORGED, REASON(EPOCH)); /* not provisioned */
    rig_load(&r, 1);
    assert_verdict(rig_feed(&r, &p[0]), FORGED, REASON(TAG)); /* provisioned: only a tag can tell */
    assert_verdict(rig_feed(&r, &p[1]), OK,
                   REASON(NO_START)); /* and the old epoch is still in force */
    h = rig_header(&p[2]);
    h.epoch4 = 1; /* a frame has one epoch */
    rig_set_header(&p[2], &h);
    rig_reseal(&r, &p[2], false);
    assert_verdict(rig_feed(&r, &p[2]), FORGED, REASON(EPOCH));
    rig_free(&r);
}

static void a_late_sink_starts_at_its_least_count(void **state)
{
    (void)state;
    rig r;
    packet early[LINES], late[LINES];
    rig_init(&r, &(rig_options){0});
    uint8_t crk[32];
    for (size_t i = 0; i < sizeof crk; i++)
        crk[i] = (uint8_t)i;
    rig_frame(&r, 0, early, LINES);
    rig_frame(&r, 0, late, LINES);
    const camseal_least_count least = {RIG_EVC, 2};
    assert_status(
        camseal_context_init(&r.sink_ctx, r.memory[1], camseal_context_size(&r.config), &r.config),
        CAMSEAL_OK);
    assert_status(
        camseal_sink_init(&r.sink, r.memory[4], camseal_sink_size(r.sink_ctx), r.sink_ctx, &r.ring),
        CAMSEAL_OK);
    assert_status(camseal_context_load_crk(r.sink_ctx, crk, 0, &least, 1), CAMSEAL_OK);
    camseal_record record = rig_feed(&r, &early[0]);
    assert_verdict(record, FORGED, REASON(REPLAY_FRAME));
    assert_true(record.a == 2 && record.b == 1);
    rig_feed_all(&r, late, LINES);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
    rig_free(&r);
}

/* ---- counters ---- */

static void a_sink_follows_the_counter_over_2_to_the_32(void **state)
{
    (void)state;
    rig r;
    packet p[LINES];
    const uint64_t start = UINT64_C(0x01FFFFFFFE);
    rig_init(&r, &(rig_options){0});
    assert_status(camseal_context_set_frame_count(r.source_ctx, RIG_EVC, start), CAMSEAL_OK);
    assert_status(camseal_context_set_frame_count(r.sink_ctx, RIG_EVC, start - 1), CAMSEAL_OK);
    for (uint64_t f = start; f < start + 6; f++) {
        rig_frame(&r, 0, p, LINES);
        rig_feed_all(&r, p, LINES);
        camseal_record record = rig_last(&r, CAMSEAL_RECORD_FRAME);
        assert_verdict(record, OK, REASON(NONE));
        assert_true(record.frame_count == f);
    }
    rig_free(&r);
}

static void the_last_frames_before_exhaustion(void **state)
{
    (void)state;
    rig r;
    packet p[LINES];
    const uint64_t last = CAMSEAL_PRIV_FRAME_COUNT_END - 1;
    rig_init(&r, &(rig_options){0});
    assert_status(camseal_context_set_frame_count(r.source_ctx, RIG_EVC, last), CAMSEAL_OK);
    assert_status(camseal_context_set_frame_count(r.sink_ctx, RIG_EVC, last - 1), CAMSEAL_OK);
    rig_frame(&r, 0, p, LINES);
    rig_feed_all(&r, p, LINES);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
    camseal_priv_header h = rig_header(&p[0]); /* 2^40 - 1 is never legal */
    h.frame_low = UINT32_MAX;
    rig_set_header(&p[0], &h);
    rig_reseal(&r, &p[0], false);
    assert_verdict(rig_feed(&r, &p[0]), FORGED, REASON(REPLAY_FRAME));
    h.frame_low = 0; /* and nothing comes after it */
    rig_set_header(&p[0], &h);
    rig_reseal(&r, &p[0], false);
    assert_verdict(rig_feed(&r, &p[0]), FORGED, REASON(REPLAY_FRAME));
    rig_free(&r);
}

static void a_new_sink_object_does_not_forget(void **state)
{
    (void)state;
    rig r;
    packet p[LINES];
    rig_init(&r, &(rig_options){0});
    rig_frame(&r, 0, p, LINES);
    rig_feed_all(&r, p, LINES);
    assert_status(
        camseal_sink_init(&r.sink, r.memory[4], camseal_sink_size(r.sink_ctx), r.sink_ctx, &r.ring),
        CAMSEAL_OK);
    for (size_t i = 0; i < LINES; i++)
        assert_verdict(rig_feed(&r, &p[i]), FORGED, REASON(REPLAY_FRAME));
    rig_free(&r);
}

static void the_bad_tag_limit_is_an_event(void **state)
{
    (void)state;
    rig r;
    packet p[LINES];
    rig_init(&r, &(rig_options){0});
    rig_frame(&r, 0, p, LINES);
    p[2].bytes[30] ^= 1;
    rig_reseal(&r, &p[2], false);
    r.sink_ctx->keys[r.sink_ctx->current].bad_tags = CAMSEAL_PRIV_BAD_TAG_LIMIT - 1;
    assert_verdict(rig_feed(&r, &p[2]), FORGED, REASON(TAG));
    camseal_record record = rig_last(&r, CAMSEAL_RECORD_EVENT);
    assert_int_equal(record.reason, REASON(TAG));
    assert_int_equal(camseal_context_limit_used(r.sink_ctx), 65536);
    rig_free(&r);
}

/* ---- partial protection and none ---- */

static void partial_variants_are_ok_partial_with_coverage(void **state)
{
    (void)state;
    rig r;
    packet p[LINES];
    rig_init(&r, &(rig_options){.sv = {2, 3, 5}, .stride = {1, 1, 1, 2}, .group = true});
    rig_frame(&r, 0, p, LINES);
    p[2].bytes[25] ^= 1; /* message 2 is outside the stride: only its header is under the tag */
    p[5].bytes[25] ^= 1;
    rig_reseal(&r, &p[2], false);
    rig_reseal(&r, &p[5], false);
    packet covered = p[3];
    covered.bytes[25] ^= 1;
    rig_reseal(&r, &covered, false);
    assert_verdict(rig_feed(&r, &p[0]), OK, REASON(NONE));
    camseal_record record = rig_feed(&r, &p[1]);
    assert_verdict(record, OK_PARTIAL, REASON(NONE));
    assert_true(record.covered_bytes == 31 && record.total_bytes == 31);
    record = rig_feed(&r, &p[2]);
    assert_verdict(record, OK_PARTIAL, REASON(NONE));
    assert_true(record.covered_bytes == 0 && record.total_bytes == 32);
    assert_true(record.flags & CAMSEAL_RECORD_GROUP);
    assert_verdict(rig_feed(&r, &covered), FORGED, REASON(TAG));
    rig_feed_all(&r, p + 3, 3);
    record = rig_last(&r, CAMSEAL_RECORD_FRAME);
    assert_verdict(record, OK_PARTIAL, REASON(NONE));
    assert_true(record.covered_bytes == 9 + 31 + 33 &&
                record.total_bytes == 9 + 31 + 32 + 33 + 34 + 7);
    rig_free(&r);
}

static void one_variant_per_frame_and_partition(void **state)
{
    (void)state;
    rig r;
    packet a[LINES], b[LINES];
    const uint8_t sv[3] = {2, 1, 2};
    rig_options o = {.suite = CAMSEAL_SUITE_PERF_128_IE, .allowed = {3, 3, 3}};
    rig_init(&r, &o);
    rig_frame(&r, 0, a, LINES);
    rig_feed_all(&r, a, 2);
    /* a source that changes the variant inside a frame: the tags are right, the frame is not */
    memcpy(r.source_ctx->sv_current, sv, 3);
    r.source->frames[0] = (camseal_priv_source_frame){.open = true,
                                                      .tagged = true,
                                                      .keys = r.source_ctx->current,
                                                      .sv = {2, 1, 2},
                                                      .next = 2,
                                                      .frame_count = 1};
    b[0] = rig_protect(&r, 0, RIG_RAW12, 0, 30);
    camseal_record record = rig_feed(&r, &b[0]);
    assert_verdict(record, FORGED, REASON(VARIANT));
    assert_true(record.a == 2 && record.b == 1);
    rig_feed_all(&r, a + 2, LINES - 2);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
    rig_free(&r);
}

static void untagged_frames_need_a_policy(void **state)
{
    (void)state;
    rig r;
    packet p[LINES];
    rig_options o = {.sv = {5, 5, 5}, .allowed = {18, 18, 18}};
    rig_init(&r, &o);
    rig_frame(&r, 0, p, LINES);
    assert_false(rig_header(&p[0]).tag_p);
    assert_int_equal(rig_header(&p[0]).tag_mode, 1);
    assert_verdict(rig_feed(&r, &p[0]), FORGED, REASON(FLAGS));
    rig_free(&r);
    o.unverified = true;
    rig_init(&r, &o);
    rig_frame(&r, 0, p, LINES);
    camseal_record record = rig_feed(&r, &p[0]);
    assert_verdict(record, UNVERIFIED, REASON(NONE));
    assert_int_equal(record.data.len, 9);
    assert_int_equal(record.covered_bytes, 0);
    rig_feed_all(&r, p + 1, LINES - 1);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), UNVERIFIED, REASON(NONE));
    camseal_evc_status status;
    assert_status(camseal_context_evc_status(r.sink_ctx, 0, &status), CAMSEAL_OK);
    assert_int_equal(status.frame_count, 0); /* nothing without a tag moves a verified counter */
    rig_free(&r);
}

/* Frames without tags, allowed by policy, can neither close nor move a frame under tags. */
static void untagged_packets_do_not_touch_verified_frames(void **state)
{
    (void)state;
    rig r, forger;
    packet p[LINES], q[LINES];
    const uint8_t none[3] = {5, 5, 5};
    rig_options o = {.allowed = {18, 18, 18}, .unverified = true};
    rig_init(&r, &o);
    rig_init(&forger, &o);
    assert_status(camseal_context_set_variants(forger.source_ctx, none), CAMSEAL_OK);
    assert_status(camseal_context_set_frame_count(forger.source_ctx, RIG_EVC, 1000), CAMSEAL_OK);
    rig_frame(&r, 0, p, LINES);
    rig_frame(&forger, 0, q, LINES);
    rig_feed_all(&r, p, 3);
    assert_verdict(rig_feed(&r, &q[0]), UNVERIFIED, REASON(NONE));
    rig_feed_all(&r, q + 1, 2);
    rig_feed_all(&r, p + 3, 1); /* a verified tag ends the frame without tags, for good */
    camseal_record record = rig_last(&r, CAMSEAL_RECORD_FRAME);
    assert_verdict(record, INCOMPLETE, REASON(NO_END));
    assert_int_equal(record.frame_count, 1000);
    rig_feed_all(&r, p + 4, 2);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
    assert_verdict(rig_feed(&r, &q[3]), FORGED, REASON(REPLAY_FRAME));
    rig_feed_all(&r, q + 4, 2);
    rig_frame(&r, 0, p, LINES);
    rig_feed_all(&r, p, LINES);
    record = rig_last(&r, CAMSEAL_RECORD_FRAME);
    assert_verdict(record, OK, REASON(NONE));
    assert_int_equal(record.frame_count, 2);
    /* an untagged frame with a number that tags have vouched for */
    camseal_priv_header h = rig_header(&q[0]);
    h.frame_low = 2;
    rig_set_header(&q[0], &h);
    rig_reseal(&r, &q[0], false);
    assert_verdict(rig_feed(&r, &q[0]), FORGED, REASON(REPLAY_FRAME));
    rig_free(&r);
    rig_free(&forger);
}

static void the_safety_suite_counts_but_cannot_verify(void **state)
{
    (void)state;
    rig r;
    packet a[LINES], b[LINES], c[LINES];
    rig_options o = {.safety = true, .sv = {5, 5, 5}, .unverified = true};
    rig_init(&r, &o);
    rig_frame(&r, 0, a, LINES);
    rig_frame(&r, 0, b, LINES);
    rig_frame(&r, 0, c, LINES);
    assert_int_equal(a[0].len, 4 + 16 + 9 + 3 + 4 + 2); /* no tag field */
    rig_feed_all(&r, a, LINES);
    camseal_record record = rig_last(&r, CAMSEAL_RECORD_FRAME);
    assert_verdict(record, UNVERIFIED, REASON(NONE));
    assert_int_equal(record.safety, OK);
    rig_feed_all(&r, c, 2);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_EVENT), OK, REASON(FRAME_GAP));
    rig_feed_all(&r, c + 3, 3);
    record = rig_last(&r, CAMSEAL_RECORD_FRAME);
    assert_verdict(record, INCOMPLETE, REASON(GAP));
    assert_int_equal(record.safety, INCOMPLETE);
    assert_verdict(rig_feed(&r, &c[LINES - 1]), FORGED, REASON(REPLAY_FRAME));
    /* an older frame is still shown, and the safety verdict says so; the stream is not locked */
    record = rig_feed(&r, &b[0]);
    assert_verdict(record, UNVERIFIED, REASON(REPLAY_FRAME));
    assert_int_equal(record.safety, INCOMPLETE);
    assert_verdict(rig_feed(&r, &b[0]), FORGED, REASON(REPLAY_MESSAGE));
    rig_free(&r);
    /* a far-future number is followed, and left again */
    rig_init(&r, &o);
    rig_frame(&r, 0, a, LINES);
    rig_frame(&r, 0, b, LINES);
    packet far = a[0];
    camseal_priv_header h = rig_header(&far);
    h.frame_low = 0x7000;
    rig_set_header(&far, &h);
    rig_reseal(&r, &far, false);
    rig_feed_all(&r, &far, 1);
    rig_feed_all(&r, a, LINES);
    rig_feed_all(&r, b, LINES);
    record = rig_last(&r, CAMSEAL_RECORD_FRAME);
    assert_verdict(record, UNVERIFIED, REASON(NONE));
    assert_int_equal(record.frame_count, 2);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_attack_is_named),
        cmocka_unit_test(a_gap_shows_on_the_message_that_reveals_it),
        cmocka_unit_test(splices_between_channels_contexts_and_epochs),
        cmocka_unit_test(refused_packets_are_counted_where_they_belong),
        cmocka_unit_test(a_rotation_loses_no_frame),
        cmocka_unit_test(many_rotations_while_streaming),
        cmocka_unit_test(an_epoch_from_the_future_needs_its_key),
        cmocka_unit_test(a_late_sink_starts_at_its_least_count),
        cmocka_unit_test(a_sink_follows_the_counter_over_2_to_the_32),
        cmocka_unit_test(the_last_frames_before_exhaustion),
        cmocka_unit_test(a_new_sink_object_does_not_forget),
        cmocka_unit_test(the_bad_tag_limit_is_an_event),
        cmocka_unit_test(partial_variants_are_ok_partial_with_coverage),
        cmocka_unit_test(one_variant_per_frame_and_partition),
        cmocka_unit_test(untagged_frames_need_a_policy),
        cmocka_unit_test(untagged_packets_do_not_touch_verified_frames),
        cmocka_unit_test(the_safety_suite_counts_but_cannot_verify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
