/* FSED: whole frames with packets of their own types and in lines, what each attack and each loss
 * leads to, early and held, and that the image of an unencrypted stream is untouched. */
#include "rig.h"

#include "cse/fsed/format.h"

enum { LINES = 6, TOP = 1, LINE = 80, MOST = 24 };

static const rig_options own_types = {.fsed = true};
static const rig_options own_held = {.fsed = true, .hold = 32};
static const rig_options in_lines = {.fsed = true, .in_lines = true};
static const rig_options lines_held = {.fsed = true, .in_lines = true, .hold = 32};
static const rig_options *const modes[] = {&own_types, &own_held, &in_lines, &lines_held};

static unsigned count(const rig *r, uint8_t kind, uint8_t verdict)
{
    unsigned n = 0;
    for (size_t i = 0; i < r->n_log; i++)
        n += r->log[i].kind == kind && r->log[i].verdict == verdict;
    return n;
}

static packet short_packet(uint8_t dt)
{
    packet p = {{0}, 4};
    assert_status(camseal_csi2_header(p.bytes, RIG_VC, dt, 1), CAMSEAL_OK);
    return p;
}

static packet own_packet(rig *r, uint32_t flag)
{
    return rig_protect(r, 0, RIG_RAW12, flag, LINE);
}

/* FS, FSH, one line of FP-2, TBT, lines of image, one line of FP-4, FTG, FE. */
enum { FS_AT, FSH_AT, TOP_AT, TBT_AT, IMAGE_AT, BOTTOM_AT = IMAGE_AT + LINES, FTG_AT, FE_AT, ALL };

static size_t make_frame(rig *r, packet *p)
{
    p[FS_AT] = short_packet(CAMSEAL_CSI2_FS);
    p[FSH_AT] = own_packet(r, CAMSEAL_SOURCE_FSH);
    p[TOP_AT] = rig_protect(r, 0, RIG_EMBEDDED, 0, 9);
    p[TBT_AT] = own_packet(r, CAMSEAL_SOURCE_TBT);
    for (size_t i = 0; i < LINES; i++)
        p[IMAGE_AT + i] = rig_protect(r, 0, RIG_RAW12, 0, 30);
    p[BOTTOM_AT] = rig_protect(r, 0, RIG_EMBEDDED, 0, 7);
    p[FTG_AT] = own_packet(r, CAMSEAL_SOURCE_FTG);
    p[FE_AT] = short_packet(CAMSEAL_CSI2_FE);
    return ALL;
}

static void good_frames_are_ok(void **state)
{
    (void)state;
    for (size_t k = 0; k < 4; k++) {
        rig r;
        packet p[ALL];
        rig_init(&r, modes[k]);
        for (unsigned i = 0; i < 3; i++) {
            rig_feed_all(&r, p, make_frame(&r, p));
            assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
            assert_int_equal(rig_last(&r, CAMSEAL_RECORD_FRAME).messages, LINES + 2);
        }
        assert_int_equal(count(&r, CAMSEAL_RECORD_FRAME, OK), 3);
        assert_int_equal(count(&r, CAMSEAL_RECORD_TOP, OK), 3);
        assert_int_equal(count(&r, CAMSEAL_RECORD_MESSAGE, OK),
                         modes[k]->hold ? 3 * (LINES + 5) : 3 * 3);
        assert_int_equal(r.n_log, 3 * (ALL + 2)); /* each packet once, TOP and FRAME */
        rig_free(&r);
    }
}

/* With a verified TBT held lines of FP-2 come out before the image. */
static void the_top_block_is_released_early(void **state)
{
    (void)state;
    rig r;
    packet p[ALL];
    rig_init(&r, &own_held);
    make_frame(&r, p);
    rig_feed_all(&r, p, IMAGE_AT);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_TOP), OK, REASON(NONE));
    camseal_record m = rig_last(&r, CAMSEAL_RECORD_MESSAGE);
    assert_verdict(m, OK, REASON(NONE));
    assert_int_equal(m.fp, CAMSEAL_FP_TOP);
    assert_int_equal(m.data.len, 9);
    rig_free(&r);
}

/* An ordinary receiver sees what it would see without protection. */
static void unencrypted_image_packets_are_untouched(void **state)
{
    (void)state;
    rig r;
    packet p[ALL];
    rig_init(&r, &own_types);
    p[0] = own_packet(&r, CAMSEAL_SOURCE_FSH);
    for (size_t i = 0; i < LINES; i++) {
        uint8_t line[30], plain[36];
        uint64_t seed = r.seed;
        test_fill(&seed, line, sizeof line);
        camseal_buf buf = {plain, sizeof plain, 0};
        const camseal_span span = {line, sizeof line};
        assert_status(camseal_csi2_build(&buf, RIG_VC, RIG_RAW12, &span, 1, camseal_bulk_soft()),
                      CAMSEAL_OK);
        p[1] = rig_protect(&r, 0, RIG_RAW12, 0, sizeof line);
        assert_int_equal(p[1].len, buf.len);
        assert_memory_equal(p[1].bytes, plain, buf.len);
    }
    rig_free(&r);
}

/* ---- attacks ---- */

typedef size_t (*attack)(rig *r, packet *p, size_t n);

static void reseal16(const rig *r, packet *p)
{
    const uint16_t crc = r->config.bulk->crc16(0xFFFF, p->bytes + 4, p->len - 6);
    p->bytes[p->len - 2] = (uint8_t)crc;
    p->bytes[p->len - 1] = (uint8_t)(crc >> 8);
}

/* Makes CRC-32 and CRC-16 of an FSED packet right. */
static void reseal_own(const rig *r, packet *p, uint8_t type)
{
    const size_t n = camseal_priv_fsed_bytes(type) + 16;
    const uint32_t crc = r->sink_ctx->crc32(0, p->bytes + 4, n);
    for (size_t i = 0; i < 4; i++)
        p->bytes[4 + n + i] = (uint8_t)(crc >> (8 * i));
    reseal16(r, p);
}

static size_t remove_at(packet *p, size_t n, size_t at)
{
    memmove(&p[at], &p[at + 1], (n - at - 1) * sizeof *p);
    return n - 1;
}

static size_t flip_a_pixel(rig *r, packet *p, size_t n)
{
    p[IMAGE_AT + 2].bytes[9] ^= 1;
    reseal16(r, &p[IMAGE_AT + 2]);
    return n;
}

/* ... and the CRC that the FTG carries follows. */
static size_t forge_a_pixel(rig *r, packet *p, size_t n)
{
    uint32_t crc = 0;
    flip_a_pixel(r, p, n);
    crc = r->sink_ctx->crc32(crc, p[TOP_AT].bytes + 4, p[TOP_AT].len - 6);
    for (size_t i = IMAGE_AT; i <= BOTTOM_AT; i++)
        crc = r->sink_ctx->crc32(crc, p[i].bytes + 4, p[i].len - 6);
    for (size_t i = 0; i < 4; i++)
        p[FTG_AT].bytes[4 + 24 + i] = (uint8_t)(crc >> (8 * i));
    reseal_own(r, &p[FTG_AT], CAMSEAL_PRIV_FTG);
    return n;
}

static size_t noise(rig *r, packet *p, size_t n)
{
    (void)r;
    p[IMAGE_AT + 2].bytes[9] ^= 1;
    return n;
}

static size_t drop_a_line(rig *r, packet *p, size_t n)
{
    (void)r;
    return remove_at(p, n, IMAGE_AT + 1);
}

static size_t drop_a_line_and_count_less(rig *r, packet *p, size_t n)
{
    p[FTG_AT].bytes[4 + 8]--;
    reseal_own(r, &p[FTG_AT], CAMSEAL_PRIV_FTG);
    return remove_at(p, n, IMAGE_AT + 1);
}

static size_t repeat_a_line(rig *r, packet *p, size_t n)
{
    (void)r;
    memmove(&p[IMAGE_AT + 2], &p[IMAGE_AT + 1], (n - IMAGE_AT - 1) * sizeof *p);
    return n + 1;
}

static size_t swap_lines(rig *r, packet *p, size_t n)
{
    (void)r;
    const packet t = p[IMAGE_AT];
    p[IMAGE_AT] = p[IMAGE_AT + 1];
    p[IMAGE_AT + 1] = t;
    return n;
}

static size_t drop_the_ftg(rig *r, packet *p, size_t n)
{
    (void)r;
    return remove_at(p, n, FTG_AT);
}

static size_t drop_the_tbt(rig *r, packet *p, size_t n)
{
    (void)r;
    return remove_at(p, n, TBT_AT);
}

static size_t spoil_the_tbt(rig *r, packet *p, size_t n)
{
    p[TBT_AT].bytes[4 + 20] ^= 1;
    reseal_own(r, &p[TBT_AT], CAMSEAL_PRIV_TBT);
    return n;
}

static size_t spoil_the_ftg(rig *r, packet *p, size_t n)
{
    p[FTG_AT].bytes[4 + 40] ^= 1;
    reseal_own(r, &p[FTG_AT], CAMSEAL_PRIV_FTG);
    return n;
}

static size_t truncate_the_end(rig *r, packet *p, size_t n)
{
    (void)r;
    (void)p;
    (void)n;
    return BOTTOM_AT;
}

static size_t a_sep_packet_between(rig *r, packet *p, size_t n)
{
    (void)r;
    memmove(&p[IMAGE_AT + 2], &p[IMAGE_AT + 1], (n - IMAGE_AT - 1) * sizeof *p);
    assert_status(camseal_csi2_header(p[IMAGE_AT + 1].bytes, RIG_VC, CAMSEAL_CSI2_SEP, 30),
                  CAMSEAL_OK);
    return n + 1;
}

typedef struct attack_case {
    const char *name;
    attack run;
    uint8_t verdict, reason;
} attack_case;

static const attack_case attacks[] = {
    {"flipped pixel", flip_a_pixel, INCOMPLETE, REASON(CRC32)},
    {"forged pixel", forge_a_pixel, FORGED, REASON(TAG)},
    {"noise", noise, INCOMPLETE, REASON(CRC16)},
    {"dropped line", drop_a_line, INCOMPLETE, REASON(GAP)},
    {"dropped line, forged count", drop_a_line_and_count_less, INCOMPLETE, REASON(CRC32)},
    {"repeated line", repeat_a_line, INCOMPLETE, REASON(GAP)},
    {"swapped lines", swap_lines, INCOMPLETE, REASON(CRC32)},
    {"no FTG", drop_the_ftg, INCOMPLETE, REASON(NO_END)},
    {"truncated end", truncate_the_end, INCOMPLETE, REASON(NO_END)},
    {"spoilt FTG", spoil_the_ftg, FORGED, REASON(TAG)},
    {"spoilt TBT", spoil_the_tbt, OK, REASON(NONE)},
    {"lost TBT", drop_the_tbt, OK, REASON(NONE)},
    {"cross-protocol packet", a_sep_packet_between, OK, REASON(NONE)},
};

static camseal_record frame_of(const rig *r, uint64_t frame_count)
{
    for (size_t i = 0; i < r->n_log; i++)
        if (r->log[i].kind == CAMSEAL_RECORD_FRAME && r->log[i].frame_count == frame_count)
            return r->log[i];
    const camseal_record none = {.verdict = CAMSEAL_VERDICT_BIST};
    return none;
}

static void play(const rig_options *o, const attack_case *c)
{
    rig r;
    packet p[MOST], next[ALL];
    /* in lines the lost or spoilt marker's place is taken by a line of data: told by place */
    if (o->in_lines && (c->run == drop_the_tbt || c->run == drop_the_ftg))
        return;
    rig_init(&r, o);
    const size_t n = make_frame(&r, p);
    rig_feed_all(&r, p, c->run(&r, p, n));
    rig_feed_all(&r, next, make_frame(&r, next));
    const camseal_record f = frame_of(&r, 1);
    if (f.verdict != c->verdict || f.reason != c->reason)
        fail_msg("%s, hold %u, lines %d: %s, %s", c->name, o->hold, o->in_lines,
                 camseal_verdict_name(f.verdict), camseal_reason_name(f.reason));
    for (size_t i = 0; i < r.n_log; i++)
        if (r.log[i].verdict > UNVERIFIED && r.log[i].verdict != CAMSEAL_VERDICT_PENDING)
            assert_int_equal(r.log[i].data.len, 0);
    assert_verdict(frame_of(&r, 2), OK, REASON(NONE));
    rig_free(&r);
}

static void every_attack_has_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++)
        for (size_t k = 0; k < 4; k++)
            play(modes[k], &attacks[i]);
}

static void an_image_without_fsh_is_not_released(void **state)
{
    (void)state;
    rig r;
    packet p[ALL];
    rig_init(&r, &own_types);
    make_frame(&r, p);
    p[FSH_AT].bytes[4 + 50] ^= 1; /* in the tag */
    reseal_own(&r, &p[FSH_AT], CAMSEAL_PRIV_FSH);
    assert_verdict(rig_feed(&r, &p[FSH_AT]), FORGED, REASON(TAG));
    for (size_t i = TOP_AT; i < FE_AT; i++) {
        camseal_record m = rig_feed(&r, &p[i]);
        assert_verdict(m, INCOMPLETE, REASON(NO_START));
        assert_int_equal(m.data.len, 0);
    }
    rig_free(&r);
}

static void a_replayed_frame_is_refused(void **state)
{
    (void)state;
    rig r;
    packet p[ALL], copy[ALL];
    rig_init(&r, &own_types);
    make_frame(&r, p);
    memcpy(copy, p, sizeof p);
    rig_feed_all(&r, p, ALL);
    assert_verdict(rig_feed(&r, &copy[FSH_AT]), FORGED, REASON(REPLAY_FRAME));
    assert_verdict(rig_feed(&r, &copy[IMAGE_AT]), INCOMPLETE, REASON(NO_START));
    rig_free(&r);
}

/* A bridge may give the channel another number. */
static void a_remapped_channel_is_followed(void **state)
{
    (void)state;
    rig r;
    packet p[ALL];
    rig_init(&r, &own_held);
    make_frame(&r, p);
    for (size_t i = 0; i < ALL; i++) {
        camseal_csi2_packet csi2;
        assert_status(camseal_csi2_header_read(&csi2, p[i].bytes), CAMSEAL_OK);
        assert_status(camseal_csi2_header(p[i].bytes, 11, csi2.dt, csi2.field), CAMSEAL_OK);
    }
    rig_feed_all(&r, p, ALL);
    assert_verdict(rig_last(&r, CAMSEAL_RECORD_FRAME), OK, REASON(NONE));
    rig_free(&r);
}

typedef struct field_case {
    const char *name;
    size_t at;
    uint8_t flip;
    uint8_t reason;
} field_case;

static void every_field_of_the_fsh_is_checked(void **state)
{
    (void)state;
    static const field_case cases[] = {
        {"version", 0, 2, REASON(VERSION)},
        {"type", 1, 2, REASON(VERSION)},
        {"ctx_id", 2, 1, REASON(CONTEXT)},
        {"epoch", 3, 4, REASON(EPOCH)},
        {"reserved flag", 3, 0x80, REASON(VERSION)},
        {"frame_count", 4, 1, REASON(REPLAY_FRAME)},
        {"frame_count above 40 bits", 9, 1, REASON(VERSION)},
        {"eVC", 12, 0x40, REASON(STREAM)},
        {"suite", 13, 1, REASON(FLAGS)},
        {"SV", 14, 1, REASON(VARIANT)},
        {"reserved SV bit", 15, 2, REASON(VERSION)},
        {"stride unit", 16, 1, REASON(FLAGS)},
        {"eDTs", 17, 1, REASON(FLAGS)},
        {"offset", 18, 1, REASON(FLAGS)},
        {"run", 20, 1, REASON(FLAGS)},
        {"period", 22, 1, REASON(FLAGS)},
        {"expected", 24, 1, REASON(TAG)},
        {"line length", 30, 1, REASON(TAG)},
        {"timestamp", 32, 1, REASON(TAG)},
        {"digest", 40, 1, REASON(TAG)},
        {"tag", 48, 1, REASON(TAG)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig r;
        rig_init(&r, &own_types);
        packet p = own_packet(&r, CAMSEAL_SOURCE_FSH);
        p.bytes[4 + cases[i].at] ^= cases[i].flip;
        reseal_own(&r, &p, CAMSEAL_PRIV_FSH);
        const camseal_record m = rig_feed(&r, &p);
        if (m.verdict != FORGED || m.reason != cases[i].reason)
            fail_msg("%s: %s", cases[i].name, camseal_reason_name(m.reason));
        rig_free(&r);
    }
}

static void the_configuration_digest_must_agree(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &own_types);
    r.sink_ctx->config_digest[3] = 7;
    packet p = own_packet(&r, CAMSEAL_SOURCE_FSH);
    assert_verdict(rig_feed(&r, &p), FORGED, REASON(FLAGS));
    rig_free(&r);
}

static camseal_status try_own(rig *r, uint32_t flags, size_t room)
{
    uint8_t data[LINE];
    size_t done;
    camseal_source_item item = {.source = r->source,
                                .wire_vc = RIG_VC,
                                .wire_dt = RIG_RAW12,
                                .flags = flags,
                                .data = {data, room}};
    return camseal_source_feed(r->worker, &item, 1, &done);
}

static void the_source_keeps_the_order(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &own_types);
    assert_status(try_own(&r, 0, 8), CAMSEAL_E_STATE);
    assert_status(try_own(&r, CAMSEAL_SOURCE_FTG, LINE), CAMSEAL_E_STATE);
    assert_status(try_own(&r, CAMSEAL_SOURCE_FSH, 67), CAMSEAL_E_ARGUMENT);
    assert_status(try_own(&r, CAMSEAL_SOURCE_FSH | CAMSEAL_SOURCE_FTG, LINE), CAMSEAL_E_ARGUMENT);
    assert_status(try_own(&r, CAMSEAL_SOURCE_FSH, 68), CAMSEAL_OK);
    assert_status(try_own(&r, CAMSEAL_SOURCE_FSH, LINE), CAMSEAL_E_STATE);
    assert_status(try_own(&r, CAMSEAL_SOURCE_SOF, 8), CAMSEAL_E_ARGUMENT);
    assert_status(try_own(&r, 0, 8), CAMSEAL_OK);
    assert_status(try_own(&r, CAMSEAL_SOURCE_TBT, LINE), CAMSEAL_E_STATE); /* the image began */
    assert_status(try_own(&r, CAMSEAL_SOURCE_FTG, LINE), CAMSEAL_OK);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_frames_are_ok),
        cmocka_unit_test(the_top_block_is_released_early),
        cmocka_unit_test(unencrypted_image_packets_are_untouched),
        cmocka_unit_test(every_attack_has_its_verdict),
        cmocka_unit_test(an_image_without_fsh_is_not_released),
        cmocka_unit_test(a_replayed_frame_is_refused),
        cmocka_unit_test(a_remapped_channel_is_followed),
        cmocka_unit_test(every_field_of_the_fsh_is_checked),
        cmocka_unit_test(the_configuration_digest_must_agree),
        cmocka_unit_test(the_source_keeps_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
