/* The attack matrix: attack x (protocol, tag mode) -> verdict, judged three ways: nothing altered
 * is ever released as verified, frames that nobody touched are good, and the verdict is that of
 * docs/security-model.md. To make its table anew: CAMSEAL_REGENERATE=1 t_cse_matrix. */
#include <inttypes.h>

#include "matrix.h"

enum { CELL = 160 };

static const char *short_verdict(const mx_seen *seen)
{
    return seen->records ? camseal_verdict_name(seen->verdict) : "nothing";
}

/* "FORGED: forged tag; refuses: replayed frame". */
static void describe(const mx_bench *b, unsigned frame, char cell[CELL])
{
    const mx_seen *seen = &b->seen[0][frame];
    const bool named = seen->records && seen->reason != CAMSEAL_REASON_NONE;
    size_t n = (size_t)snprintf(cell, CELL, "%s%s%s", short_verdict(seen), named ? ": " : "",
                                named ? camseal_reason_name(seen->reason) : "");
    bool first = true;
    for (size_t i = 0; i < b->n_refused && n < CELL; i++) {
        if (named && b->refused[i] == seen->reason)
            continue;
        n += (size_t)snprintf(cell + n, CELL - n, "%s%s", first ? "; packets: " : ", ",
                              camseal_reason_name(b->refused[i]));
        first = false;
    }
    assert_true(n < CELL);
    if (!seen->records && b->frames_missing)
        (void)snprintf(cell + n, CELL - n, "; event: missing frames");
}

static unsigned shown_frame(const mx_attack *a)
{
    if (a->shown)
        return a->shown;
    for (unsigned i = 1; i <= MX_FRAMES; i++)
        if (a->touched >> i & 1u)
            return i;
    return 2;
}

static unsigned wrong; /* promises that did not hold: all are printed before the test fails */

/* What frames nobody touched are worth. */
static void check_others(const mx_bench *b, const mx_attack *a)
{
    const unsigned first = b->settings & (MX_LATE | MX_REBOOTED) ? 3 : 1;
    const bool adds = !a->touched && !a->legal; /* what is added may close as a bad frame */
    for (unsigned c = 0; c < MX_CHANNELS; c++)
        for (unsigned f = first; f <= MX_FRAMES; f++) {
            const mx_seen *seen = &b->seen[c][f];
            const bool stale = a->settings & MX_FRESHNESS && f >= 3 && !a->legal;
            if (stale || (c == 0 && a->touched >> f & 1u))
                continue;
            if ((seen->records != 1 && !(adds && seen->records)) || seen->verdict != mx_good(b)) {
                print_error("%s, %s, %s, hold %u: channel %u frame %u, which nobody touched: %s %s "
                            "(%u records)\n",
                            a->name, b->mode->name, b->profile->name, b->hold, c, f,
                            short_verdict(seen), camseal_reason_name(seen->reason), seen->records);
                wrong++;
            }
        }
}

static void play(const mx_attack *a, const mx_mode *mode, uint8_t profile, uint32_t hold,
                 size_t batch, char cell[CELL])
{
    static mx_stream stream, other;
    static mx_bench b;
    mx_init(&b, mode, &mx_profiles[a->profile ? a->profile : profile], a->settings, hold);
    mx_make_all(&b, &stream);
    if (a->other != MX_NOBODY)
        mx_make_other(&b, a->other, &other);
    a->run(&stream, &other);
    mx_feed(&b, &stream, batch);
    mx_close(&b);
    if (b.broken) {
        print_error("%s, %s, %s, hold %u: %s (%s)\n", a->name, mode->name, b.profile->name, hold,
                    b.broken, b.where);
        wrong++;
    }
    check_others(&b, a);
    describe(&b, shown_frame(a), cell);
    mx_free(&b);
}

/* ---- the table ---- */

static bool regenerate;
static unsigned different;
static FILE *golden;

static void put_line(const char *text)
{
    char line[900];
    if (regenerate) {
        (void)fprintf(golden, "%s\n", text);
        return;
    }
    size_t n = fgets(line, sizeof line, golden) ? strlen(line) : 0;
    if (n && line[n - 1] == '\n')
        line[--n] = '\0';
    if (n && strcmp(line, text) == 0)
        return;
    print_error("- %s\n+ %s\n", n ? line : "(nothing)", text);
    different++;
}

static void put_row(const mx_attack *a, char cells[MX_MODES][CELL])
{
    char line[900];
    size_t n = (size_t)snprintf(line, sizeof line, "| %s: %s |", a->name, a->does);
    for (size_t m = 0; m < MX_MODES; m++)
        n += (size_t)snprintf(line + n, sizeof line - n, " %s |", cells[m]);
    assert_true(n < sizeof line);
    put_line(line);
}

static void put_head(void)
{
    char line[300];
    size_t n = (size_t)snprintf(line, sizeof line, "| attack |");
    for (size_t m = 0; m < MX_MODES; m++)
        n += (size_t)snprintf(line + n, sizeof line - n, " %s |", mx_modes[m].name);
    put_line(line);
    put_line("| --- | --- | --- | --- | --- | --- |");
}

static void the_table_is_that_of_the_document(void **state)
{
    (void)state;
    wrong = 0;
    char line[900];
    regenerate = getenv("CAMSEAL_REGENERATE") != NULL;
    golden = fopen(CAMSEAL_SOURCE_DIR "/docs/security-model.md", regenerate ? "r+" : "r");
    assert_non_null(golden);
    while (fgets(line, sizeof line, golden) && strncmp(line, "| attack |", 10))
        continue;
    assert_int_equal(strncmp(line, "| attack |", 10), 0);
    assert_int_equal(fseek(golden, -(long)strlen(line), SEEK_CUR), 0);
    put_head();
    for (size_t i = 0; i < mx_n_attacks; i++) {
        char cells[MX_MODES][CELL];
        for (size_t m = 0; m < MX_MODES; m++) {
            play(&mx_attacks[i], &mx_modes[m], MX_FULL, 32, 1, cells[m]);
            if (mx_attacks[i].legal && strcmp(cells[m], "OK") != 0)
                fail_msg("%s is allowed, %s: %s", mx_attacks[i].name, mx_modes[m].name, cells[m]);
        }
        put_row(&mx_attacks[i], cells);
    }
    fclose(golden);
    assert_int_equal(different, 0);
    assert_int_equal(wrong, 0);
}

static void cut_packets(char cell[CELL])
{
    char *end = strchr(cell, ';');
    if (end)
        *end = '\0';
}

/* Early release, encryption, batches: other data come out, the verdict of the frame stays. */
static void every_other_way_gives_the_same_verdict(void **state)
{
    (void)state;
    wrong = 0;
    for (size_t i = 0; i < mx_n_attacks; i++)
        for (size_t m = 0; m < MX_MODES; m++) {
            char expected[CELL];
            play(&mx_attacks[i], &mx_modes[m], MX_FULL, 32, 1, expected);
            cut_packets(expected);
            for (unsigned way = 0; way < 4; way++) {
                const uint8_t profile = way & 1u ? MX_ENCRYPTED : MX_FULL;
                const uint32_t hold = way & 2u ? 32 : 0;
                char cell[CELL];
                play(&mx_attacks[i], &mx_modes[m], profile, hold, 8, cell);
                cut_packets(cell);
                if (strcmp(expected, cell) == 0)
                    continue;
                print_error("%s, %s, %s, hold %u: %s, not %s\n", mx_attacks[i].name,
                            mx_modes[m].name, mx_profiles[profile].name, hold, cell, expected);
                wrong++;
            }
        }
    assert_int_equal(wrong, 0);
}

/* With partial coverage an attack may go unseen, but never touch what is covered. */
static void partial_coverage_keeps_what_it_covers(void **state)
{
    (void)state;
    wrong = 0;
    char cell[CELL];
    for (size_t i = 0; i < mx_n_attacks; i++)
        for (size_t m = 0; m < MX_MODES; m++)
            for (uint32_t hold = 0; hold <= 32; hold += 32)
                play(&mx_attacks[i], &mx_modes[m], MX_PARTIAL, hold, 3, cell);
    assert_int_equal(wrong, 0);
}

/* The source itself opens a whole frame, which only `allow_unverified` would let pass. */
static void a_frame_without_protection_needs_the_policy(void **state)
{
    (void)state;
    static mx_stream s;
    static mx_bench b;
    static const uint8_t open[3] = {5, 5, 5};
    for (size_t m = 0; m < MX_MODES; m++)
        for (uint32_t hold = 0; hold <= 16; hold += 16) {
            mx_init(&b, &mx_modes[m], &mx_profiles[MX_FULL], MX_MAY_OPEN, hold);
            s.n = 0;
            mx_make(&b, &s, 1);
            assert_status(camseal_context_set_variants(b.sensor.ctx, open), CAMSEAL_OK);
            b.all_open = true;
            mx_make(&b, &s, 2);
            mx_feed(&b, &s, 1);
            mx_close(&b);
            if (b.broken)
                fail_msg("%s: %s (%s)", b.mode->name, b.broken, b.where);
            assert_int_equal(b.seen[0][1].verdict, CAMSEAL_VERDICT_OK);
            if (b.seen[0][2].records)
                assert_true(b.seen[0][2].verdict > CAMSEAL_VERDICT_UNVERIFIED);
            assert_int_equal(b.released, MX_CHANNELS * MX_MESSAGES);
            mx_free(&b);
        }
}

/* ---- every bit ---- */

/* How many bytes of the payload, from its start, may not change: all but the CRC-32, which is made
 * to fit. */
static size_t protected_bytes(const mx_stream *s, const mx_packet *p)
{
    if (p->role == MX_FS || p->role == MX_FE)
        return 0;
    if (s->fsed && !s->in_lines && p->role != MX_MESSAGE)
        return mx_own_bytes(p->role) + 16;
    return p->len - 6 - (s->fsed ? 0 : 4);
}

static void flip_one(const mx_mode *mode, uint32_t hold, const mx_stream *made, mx_bench *b,
                     size_t at, size_t bit)
{
    static mx_stream s;
    s = *made;
    mx_packet *p = &s.p[at];
    const size_t crc = s.fsed && p->role != MX_MESSAGE ? mx_own_bytes(p->role) + 16 : MX_BYTES;
    if (bit / 8 >= crc && bit / 8 < crc + 4) /* in a line: zeros follow it */
        return;
    p->bytes[4 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    mx_reseal(&s, p);
    if (p->role == MX_MESSAGE)
        mx_mend_ftg(&s, p->frame);
    mx_feed(b, &s, 1);
    mx_close(b);
    const mx_seen *seen = &b->seen[0][1];
    const bool good = seen->records && seen->verdict <= CAMSEAL_VERDICT_OK_PARTIAL;
    if (b->broken || good != (p->role == MX_TBT))
        fail_msg("%s, hold %u, role %u message %u, bit %zu: %s, %s %s", mode->name, hold, p->role,
                 p->index, bit, short_verdict(seen), b->broken ? b->broken : "", b->where);
    for (unsigned f = 1; f <= 2; f++)
        assert_int_equal(b->seen[1][f].verdict, CAMSEAL_VERDICT_OK);
    assert_int_equal(b->seen[0][2].records, 1);
    assert_int_equal(b->seen[0][2].verdict, CAMSEAL_VERDICT_OK);
}

/* Each single bit of header, data, padding and tag of a frame, CRCs made to fit: the frame is bad,
 * nothing else is; only the TBT may be spoilt without harm. */
static void every_bit_counts(void **state)
{
    (void)state;
    static mx_stream made;
    static mx_bench b;
    for (size_t m = 0; m < MX_MODES; m++) {
        size_t bits = 8;
        for (size_t at = 0; bits; at++) {
            bits = 0;
            for (size_t bit = 0; bit == 0 || bit < bits; bit++) {
                const uint32_t hold = bit & 1u ? 16 : 0;
                mx_init(&b, &mx_modes[m], &mx_profiles[MX_FULL], 0, hold);
                made.n = 0;
                mx_make(&b, &made, 1);
                const size_t end = made.n;
                mx_make(&b, &made, 2);
                while (at < end && (made.p[at].channel || !protected_bytes(&made, &made.p[at])))
                    at++;
                bits = at < end ? 8 * protected_bytes(&made, &made.p[at]) : 0;
                if (bits)
                    flip_one(&mx_modes[m], hold, &made, &b, at, bit);
                mx_free(&b);
            }
        }
    }
}

/* ---- chance ---- */

static void random_change(mx_stream *s, const mx_stream *other)
{
    const size_t at = (size_t)(test_random(&s->seed) % s->n);
    const size_t to = (size_t)(test_random(&s->seed) % s->n);
    mx_packet *p = &s->p[at];
    switch (test_random(&s->seed) % 9) {
    case 0:
        mx_remove(s, at);
        return;
    case 1:
        if (s->n < MX_MOST)
            mx_insert(s, to, p);
        return;
    case 2:
        mx_swap(s, at, to);
        return;
    case 3:
        if (p->len > 6)
            p->bytes[4 + test_random(&s->seed) % (p->len - 6)] ^= 1;
        mx_reseal(s, p);
        return;
    case 4:
        p->bytes[test_random(&s->seed) % p->len] ^= 0x10;
        return;
    case 5: /* same kind of packet, other place, this one's name */
        if (s->fsed || p->len < 30 || s->p[to].len != p->len)
            return;
        memcpy(p->bytes + 20, s->p[to].bytes + 20, p->len - 26);
        mx_reseal(s, p);
        return;
    case 6:
        mx_set_wire(p, (uint8_t)(test_random(&s->seed) % 16), mx_dt(p));
        return;
    case 7:
        memcpy(p->bytes, other->p[at % other->n].bytes, MX_BYTES);
        p->len = other->p[at % other->n].len;
        return;
    default:
        p->len -= p->len > 8 ? 1 + test_random(&s->seed) % 4 : 0;
        mx_reseal(s, p);
    }
}

static void count_as_printed(const mx_bench *b, uint64_t seed)
{
    uint64_t totals[CAMSEAL_VERDICT_COUNT];
    camseal_context_verdict_totals(b->sink_ctx, totals);
    const uint64_t made = MX_CHANNELS * MX_FRAMES * (MX_PER_FRAME + 1);
    if (totals[CAMSEAL_VERDICT_OK] + totals[CAMSEAL_VERDICT_OK_PARTIAL] > made)
        fail_msg("seed %" PRIu64 ": more good messages than were made", seed);
}

/* Up to 12 changes of packets at random. */
static void random_attacks_release_nothing_altered(void **state)
{
    (void)state;
    static mx_stream s, other;
    static mx_bench b;
    const char *given = getenv("CAMSEAL_TEST_SEED");
    const uint64_t first = given ? strtoull(given, NULL, 0) : 1;
    for (uint64_t seed = first; seed < first + (given ? 1 : 1500); seed++) {
        uint64_t random = seed * UINT64_C(0x9E3779B97F4A7C15);
        const mx_mode *mode = &mx_modes[test_random(&random) % MX_MODES];
        const mx_profile *profile = &mx_profiles[test_random(&random) % MX_PROFILES];
        const mx_other who = (mx_other)(MX_OTHER_KEY + test_random(&random) % 3);
        mx_init(&b, mode, profile, test_random(&random) % 2 ? MX_ROTATES : 0,
                (uint32_t)(test_random(&random) % 3 * 5));
        mx_make_all(&b, &s);
        mx_make_other(&b, who, &other);
        s.seed = random;
        for (uint64_t n = 1 + test_random(&random) % 12; n > 0; n--)
            random_change(&s, &other);
        mx_feed(&b, &s, 8);
        mx_close(&b);
        if (b.broken)
            fail_msg("CAMSEAL_TEST_SEED=%" PRIu64 ", %s, %s: %s (%s)", seed, mode->name,
                     profile->name, b.broken, b.where);
        count_as_printed(&b, seed);
        mx_free(&b);
    }
}

/* ---- no false alarm ---- */

/* 10,000 frames in all, in every mode, with every profile, early and held, with bridges that do
 * what bridges may do: each is good, each message is released once, nothing else is said. */
static void ten_thousand_clean_frames_are_good(void **state)
{
    (void)state;
    static mx_stream s;
    static mx_bench b;
    uint64_t frames = 0;
    for (size_t m = 0; m < MX_MODES; m++)
        for (uint8_t profile = 0; profile < MX_PROFILES; profile++)
            for (uint32_t hold = 0; hold <= 16; hold += 16) {
                mx_init(&b, &mx_modes[m], &mx_profiles[profile], hold ? MX_TRAILERS : 0, hold);
                s.fsed = b.mode->fsed;
                for (unsigned i = 1; i <= 126; i++) {
                    s.n = 0;
                    mx_make(&b, &s, (uint8_t)i);
                    if (i % 2)
                        for (size_t k = 0; k < s.n; k++)
                            mx_set_wire(&s.p[k], (uint8_t)(9 + s.p[k].channel), mx_dt(&s.p[k]));
                    mx_feed(&b, &s, 1 + i % 8);
                }
                mx_close(&b);
                if (b.broken || b.frames_bad || b.n_refused || b.frames_missing)
                    fail_msg("%s, %s, hold %u: %s %s", b.mode->name, b.profile->name, hold,
                             b.broken ? b.broken : "a bad verdict", b.where);
                assert_int_equal(b.frames_good, 126 * MX_CHANNELS);
                assert_int_equal(b.released, 126 * MX_CHANNELS * MX_MESSAGES);
                frames += b.frames_good;
                mx_free(&b);
            }
    assert_true(frames >= 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_that_of_the_document),
        cmocka_unit_test(every_other_way_gives_the_same_verdict),
        cmocka_unit_test(partial_coverage_keeps_what_it_covers),
        cmocka_unit_test(a_frame_without_protection_needs_the_policy),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(random_attacks_release_nothing_altered),
        cmocka_unit_test(ten_thousand_clean_frames_are_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
