/* The picture source: choice of format, videos, raw files, ffmpeg, bad files. Judge of Y4M: ffmpeg.
 */
#include "scratch.h"

#include <errno.h>
#include <sys/wait.h>

#include "camseal/csi2.h"
#include "picture_source.h"
#include "picture_write.h"

static picture_error error;

static void refuse(const char *spec, const picture_options *options, camseal_status expected,
                   const char *words)
{
    picture_source *s = (picture_source *)&error;
    assert_status(picture_source_open(&s, spec, options, &error), expected);
    assert_null(s);
    if (!strstr(error.text, words))
        fail_msg("\"%s\" is not in \"%s\"", words, error.text);
}

static void no_child_is_left(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static picture_source *open_source(const char *spec, const picture_options *options)
{
    picture_source *s = NULL;
    camseal_status status = picture_source_open(&s, spec, options, &error);
    if (status != CAMSEAL_OK)
        fail_msg("%s", error.text);
    return s;
}

static const picture *next(picture_source *s)
{
    const picture *p = NULL;
    if (picture_source_next(s, &p, &error) != CAMSEAL_OK)
        fail_msg("%s", error.text);
    return p;
}

static void the_builtin_picture_comes_for_ever(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        picture_source *s = open_source(k ? "builtin" : NULL, NULL);
        const picture *first = next(s);
        assert_true(first->width == 676 && first->height == 449 && first->channels == 3 &&
                    first->bits == 16);
        for (unsigned i = 0; i < 5; i++)
            assert_ptr_equal(next(s), first);
        assert_true(picture_source_is_still(s));
        assert_int_equal(picture_source_serial(s), 1);
        picture_source_close(s);
    }
}

/* More than 256 values: true depth, not 8 bits stretched. */
static void the_builtin_picture_has_true_depth(void **state)
{
    (void)state;
    picture_source *s = open_source(NULL, NULL);
    const picture *p = next(s);
    static bool seen[65536];
    size_t values = 0;
    for (size_t i = 0; i < picture_count(p); i++) {
        values += !seen[p->samples[i]];
        seen[p->samples[i]] = true;
    }
    assert_true(values > 20000);
    picture_source_close(s);
}

static void bad_files_are_named(void **state)
{
    (void)state;
    refuse(scratch_path("not-there.png"), NULL, CAMSEAL_E_FILE,
           "not-there.png: cannot be opened: No such file");
    refuse(scratch_folder, NULL, CAMSEAL_E_FILE, "regular file");
    scratch_write(scratch_path("empty"), "", 0);
    refuse(scratch_path("empty"), NULL, CAMSEAL_E_FORMAT, "empty: is empty");
    scratch_write(scratch_path("cut.png"), "\x89PNG\r\n\x1a\n", 8);
    refuse(scratch_path("cut.png"), NULL, CAMSEAL_E_FORMAT, "truncated");
    scratch_write(scratch_path("cut.ppm"), "P6 9 9 255\nabc", 14);
    refuse(scratch_path("cut.ppm"), NULL, CAMSEAL_E_FORMAT, "truncated");
    no_child_is_left();
}

/* ---- Y4M --------------------------------------------------------------------- */

static void y4m_colours(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        uint8_t frame[8];
        size_t n;
        uint16_t rgb[3];
    } cases[] = {
        {"W1 H1 C444", {235, 128, 128}, 3, {65535, 65535, 65535}},
        {"W1 H1 C444", {16, 128, 128}, 3, {0, 0, 0}},
        {"W1 H1 C444", {81, 90, 240}, 3, {65376, 0, 0}},
        {"W1 H1 C444 XCOLORRANGE=FULL", {255, 128, 128}, 3, {65535, 65535, 65535}},
        {"W1 H1 C444 XCOLORRANGE=FULL", {76, 85, 255}, 3, {65292, 26, 0}},
        {"W1 H1 C420p10 XYSCSS=420P10", {0xAC, 3, 0, 2, 0, 2}, 6, {65535, 65535, 65535}},
        {"W1 H1 C444p16 XCOLORRANGE=FULL",
         {0xFF, 0xFF, 0, 0x80, 0, 0x80},
         6,
         {65535, 65535, 65535}},
        {"W1 H1 C444alpha XCOLORRANGE=FULL", {255, 128, 128, 0}, 4, {65535, 65535, 65535}},
        {"W1 H1", {235, 128, 128}, 3, {65535, 65535, 65535}},
        {"W1 H1 F25:1 It A1:1 C411 Xwhat", {235, 128, 128}, 3, {65535, 65535, 65535}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char bytes[128];
        int n = snprintf(bytes, sizeof bytes, "YUV4MPEG2 %s\nFRAME\n", cases[i].header);
        memcpy(bytes + n, cases[i].frame, cases[i].n);
        scratch_write(scratch_path("c.y4m"), bytes, (size_t)n + cases[i].n);
        picture_source *s = open_source(scratch_path("c.y4m"), NULL);
        const picture *p = next(s);
        assert_true(p->channels == 3 && p->bits == 16);
        for (unsigned c = 0; c < 3; c++)
            assert_in_range(p->samples[c] + 256u, cases[i].rgb[c] + 256u - 150,
                            cases[i].rgb[c] + 256u + 150);
        picture_source_close(s);
    }
}

static void y4m_mono_is_grey(void **state)
{
    (void)state;
    const char full[] = "YUV4MPEG2 W2 H1 Cmono\nFRAME\n\x10\xFF";
    scratch_write(scratch_path("m.y4m"), full, sizeof full - 1);
    picture_source *s = open_source(scratch_path("m.y4m"), NULL);
    const picture *p = next(s);
    assert_true(p->channels == 1 && p->samples[0] == 16 * 257 && p->samples[1] == 65535);
    picture_source_close(s);
}

static void y4m_is_refused(void **state)
{
    (void)state;
    static const char *const headers[] = {"YUV4MPEG2 H1\n",
                                          "YUV4MPEG2 W1\n",
                                          "YUV4MPEG2 W0 H1\n",
                                          "YUV4MPEG2 W-1 H1\n",
                                          "YUV4MPEG2 W1x H1\n",
                                          "YUV4MPEG2 W99999999 H1\n",
                                          "YUV4MPEG2 W1 H16385\n",
                                          "YUV4MPEG2 W1 H1 C123\n",
                                          "YUV4MPEG2 W1 H1 C420p8\n",
                                          "YUV4MPEG2 W1 H1 C420p17\n",
                                          "YUV4MPEG2 W1 H1 C420q10\n",
                                          "YUV4MPEG2 W1 H1",
                                          "YUV4MPEG2 W16384 H16384\n",
                                          "YUV4MPEG2 W1 H1 C\n"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        scratch_write(scratch_path("h.y4m"), headers[i], strlen(headers[i]));
        refuse(scratch_path("h.y4m"), NULL, CAMSEAL_E_FORMAT, "h.y4m: ");
    }
    char line[3000] = "YUV4MPEG2 X";
    memset(line + 11, 'a', sizeof line - 11);
    scratch_write(scratch_path("h.y4m"), line, sizeof line);
    refuse(scratch_path("h.y4m"), NULL, CAMSEAL_E_FORMAT, "corrupt Y4M header");
}

/* Every cut of two frames: no frame, one, two, or an error that names the file. */
static void every_cut_of_a_y4m_is_seen(void **state)
{
    (void)state;
    const char whole[] = "YUV4MPEG2 W2 H2 C444\nFRAME\nabcdefghijklFRAME I\nmnopqrstuvwx";
    size_t header = 21, one = header + 18, two = one + 20;
    assert_int_equal(sizeof whole - 1, two);
    for (size_t n = header; n <= two; n++) {
        scratch_write(scratch_path("cut.y4m"), whole, n);
        picture_source *s = open_source(scratch_path("cut.y4m"), NULL);
        const picture *p;
        camseal_status first = picture_source_next(s, &p, &error);
        assert_status(first, n < one ? CAMSEAL_E_FORMAT : CAMSEAL_OK);
        camseal_status second = CAMSEAL_OK;
        if (first == CAMSEAL_OK) {
            second = picture_source_next(s, &p, &error);
            assert_status(second, n > one && n < two ? CAMSEAL_E_FORMAT : CAMSEAL_OK);
            assert_int_equal(picture_source_is_still(s), n == one);
        }
        if (n == two) {
            assert_status(picture_source_next(s, &p, &error), CAMSEAL_OK);
            assert_null(p);
        }
        if (first != CAMSEAL_OK || second != CAMSEAL_OK)
            assert_non_null(strstr(error.text, "cut.y4m"));
        picture_source_close(s);
    }
}

static void a_video_ends_or_loops(void **state)
{
    (void)state;
    const char video[] = "YUV4MPEG2 W1 H1 Cmono\nFRAME\n\1FRAME\n\2FRAME\n\3";
    scratch_write(scratch_path("v.y4m"), video, sizeof video - 1);
    picture_source *s = open_source(scratch_path("v.y4m"), NULL);
    for (unsigned i = 1; i <= 3; i++)
        assert_int_equal(next(s)->samples[0], 257 * i);
    for (unsigned i = 0; i < 3; i++)
        assert_null(next(s));
    picture_source_close(s);
    const picture_options loop = {.loop = true};
    s = open_source(scratch_path("v.y4m"), &loop);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(next(s)->samples[0], 257 * (i % 3 + 1));
        assert_int_equal(picture_source_serial(s), i + 1);
    }
    picture_source_close(s);
}

/* ffmpeg makes the stream and says what its colours are. */
static void y4m_equals_ffmpeg(const char *format)
{
    char arguments[300];
    size_t n;
    snprintf(arguments, sizeof arguments,
             "-f lavfi -i testsrc2=size=64x48:rate=5:duration=0.6 -vf "
             "scale=out_color_matrix=bt601:out_range=tv,format=%s -strict -1 -f yuv4mpegpipe j.y4m",
             format);
    scratch_ffmpeg(arguments);
    scratch_ffmpeg(
        "-i j.y4m -vf "
        "scale=in_color_matrix=bt601:in_range=tv:flags=accurate_rnd+neighbor,format=rgb24 "
        "-f rawvideo j.raw");
    uint8_t *raw = scratch_read(scratch_path("j.raw"), &n);
    picture_source *s = open_source(scratch_path("j.y4m"), NULL);
    size_t at = 0, far = 0;
    for (const picture *p = next(s); p; p = next(s)) {
        assert_true(at + picture_count(p) <= n);
        for (size_t i = 0; i < picture_count(p); i++, at++)
            far += abs(p->samples[i] / 257 - raw[at]) > 3;
    }
    assert_int_equal(at, n);
    print_message("%s: %zu of %zu samples differ by more than 3\n", format, far, n);
    assert_true(far <= n / 200);
    picture_source_close(s);
    free(raw);
}

static void y4m_is_judged_by_ffmpeg(void **state)
{
    (void)state;
    y4m_equals_ffmpeg("yuv444p");
    y4m_equals_ffmpeg("yuv444p10le");
    y4m_equals_ffmpeg("yuv422p");
    y4m_equals_ffmpeg("yuv420p");
    y4m_equals_ffmpeg("yuv420p10le");
}

/* ---- ffmpeg as a child ------------------------------------------------------- */

static void videos_come_through_ffmpeg(void **state)
{
    (void)state;
    scratch_ffmpeg("-f lavfi -i testsrc=size=32x24:rate=5:duration=1 -c:v mjpeg -q:v 2 v.avi");
    const picture_options loop = {.loop = true};
    picture_source *s = open_source(scratch_path("v.avi"), NULL);
    for (unsigned i = 0; i < 5; i++) {
        const picture *p = next(s);
        assert_true(p && p->width == 32 && p->height == 24 && p->channels == 3);
    }
    assert_null(next(s));
    no_child_is_left();
    picture_source_close(s);
    s = open_source(scratch_path("v.avi"), &loop);
    for (unsigned i = 0; i < 12; i++)
        assert_non_null(next(s));
    picture_source_close(s); /* in the middle: the child is killed */
    no_child_is_left();
}

static void a_picture_through_ffmpeg_is_a_still(void **state)
{
    (void)state;
    scratch_ffmpeg("-f lavfi -i color=c=red:size=32x24 -frames:v 1 red.bmp");
    picture_source *s = open_source(scratch_path("red.bmp"), NULL);
    for (unsigned i = 0; i < 4; i++) {
        const picture *p = next(s);
        assert_non_null(p);
        assert_true(p->samples[0] > 64000 && p->samples[1] < 900 && p->samples[2] < 900);
    }
    assert_true(picture_source_is_still(s));
    no_child_is_left();
    picture_source_close(s);
}

static void ffmpeg_says_why_it_fails(void **state)
{
    (void)state;
    scratch_ffmpeg("-version >/dev/null"); /* skips without ffmpeg */
    scratch_write(scratch_path("junk.mp4"), "this is not a film at all, only words and words", 47);
    refuse(scratch_path("junk.mp4"), NULL, CAMSEAL_E_FORMAT, "junk.mp4: ffmpeg cannot read it: ");
    scratch_write(scratch_path("-i"), "words that are not a film, in a file like an option", 51);
    refuse(scratch_path("-i"), NULL, CAMSEAL_E_FORMAT, "-i: ffmpeg cannot read it: ");
    scratch_ffmpeg("-f lavfi -i sine=duration=0.2 tone.wav");
    refuse(scratch_path("tone.wav"), NULL, CAMSEAL_E_FORMAT, "tone.wav: ffmpeg cannot read it: ");
    no_child_is_left();
}

static void a_missing_ffmpeg_is_named(void **state)
{
    (void)state;
    char *path = strdup(getenv("PATH"));
    scratch_write(scratch_path("a.mp4"), "words", 5);
    setenv("PATH", scratch_folder, 1);
    refuse(scratch_path("a.mp4"), NULL, CAMSEAL_E_FILE, "ffmpeg is not installed");
    setenv("PATH", path, 1);
    free(path);
    no_child_is_left();
}

/* ---- raw --------------------------------------------------------------------- */

static void raw_files_are_mosaics(void **state)
{
    (void)state;
    uint8_t words[2][16] = {{1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0xFF, 0x0F},
                            {9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0}};
    char spec[600];
    scratch_write(scratch_path("two.raw"), words, sizeof words);
    snprintf(spec, sizeof spec, "raw:4x2:raw12:%s", scratch_path("two.raw"));
    picture_source *s = open_source(spec, NULL);
    const picture *p = next(s);
    assert_true(p->mosaic && p->channels == 1 && p->bits == 12 && p->width == 4 && p->height == 2);
    assert_memory_equal(p->samples, ((const uint16_t[]){1, 2, 3, 4, 5, 6, 7, 4095}), 16);
    assert_int_equal(next(s)->samples[0], 9);
    assert_null(next(s));
    picture_source_close(s);

    const picture_options options = {
        .raw = {.width = 4, .height = 2, .dt = CAMSEAL_CSI2_RAW12, .packed = true}};
    scratch_write(scratch_path("p.raw"), "\xAB\x12\x3C\x00\x00\x00\x00\x00\x00\xFF\xFF\xFF", 12);
    snprintf(spec, sizeof spec, "raw:%s", scratch_path("p.raw"));
    s = open_source(spec, &options);
    assert_memory_equal(next(s)->samples,
                        ((const uint16_t[]){0xABC, 0x123, 0, 0, 0, 0, 0xFFF, 0xFFF}), 16);
    assert_non_null(next(s));
    assert_true(picture_source_is_still(s));
    picture_source_close(s);
    snprintf(spec, sizeof spec, "raw:4x2:RAW12P:%s", scratch_path("p.raw"));
    s = open_source(spec, NULL);
    assert_int_equal(next(s)->samples[0], 0xABC);
    picture_source_close(s);
}

static void impossible_raw_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *spec; /* before the path */
        camseal_status status;
        const char *words;
    } bad[] = {
        {"raw:", CAMSEAL_E_ARGUMENT, "impossible raw geometry 0x0"},
        {"raw:0x2:", CAMSEAL_E_ARGUMENT, "impossible raw geometry"},
        {"raw:3x2:", CAMSEAL_E_ARGUMENT, "impossible raw geometry"},
        {"raw:2x3:", CAMSEAL_E_ARGUMENT, "impossible raw geometry"},
        {"raw:16386x2:", CAMSEAL_E_ARGUMENT, "impossible raw geometry"},
        {"raw:16384x16384:", CAMSEAL_E_ARGUMENT, "impossible raw geometry"},
        {"raw:6x2:raw10p:", CAMSEAL_E_ARGUMENT, "multiple of 4"},
        {"raw:4x4:", CAMSEAL_E_FORMAT, "truncated: 20 bytes, but a frame of 4x4 has 32"},
        {"raw:4x2:raw10:", CAMSEAL_E_FORMAT, "above 10 bits"},
        {"raw:4x2:", CAMSEAL_E_FORMAT, "inside frame 2"},
    };
    char spec[600];
    uint8_t bytes[20];
    memset(bytes, 0xFF, sizeof bytes);
    scratch_write(scratch_path("bad.raw"), bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        picture_source *s;
        const picture *p;
        snprintf(spec, sizeof spec, "%s%s", bad[i].spec, scratch_path("bad.raw"));
        camseal_status status = picture_source_open(&s, spec, NULL, &error);
        for (unsigned k = 0; status == CAMSEAL_OK && k < 2; k++)
            status = picture_source_next(s, &p, &error);
        assert_status(status, bad[i].status);
        assert_non_null(strstr(error.text, bad[i].words));
        assert_non_null(strstr(error.text, "bad.raw"));
        picture_source_close(s);
    }
    const picture_options odd = {.raw = {.width = 4, .height = 2, .dt = CAMSEAL_CSI2_RGB888}};
    snprintf(spec, sizeof spec, "raw:%s", scratch_path("bad.raw"));
    refuse(spec, &odd, CAMSEAL_E_ARGUMENT, "unknown raw format");
}

static void grey_pictures_may_be_mosaics(void **state)
{
    (void)state;
    const picture_options mosaic = {.mosaic = true};
    scratch_write(scratch_path("m.pgm"), "P5 2 2 255\nabcd", 15);
    picture_source *s = open_source(scratch_path("m.pgm"), &mosaic);
    assert_true(next(s)->mosaic);
    picture_source_close(s);
    scratch_write(scratch_path("m.pgm"), "P5 1 4 255\nabcd", 15);
    refuse(scratch_path("m.pgm"), &mosaic, CAMSEAL_E_FORMAT, "is no mosaic");
    refuse("builtin", &mosaic, CAMSEAL_E_FORMAT, "is no mosaic");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_builtin_picture_comes_for_ever),
        cmocka_unit_test(the_builtin_picture_has_true_depth),
        cmocka_unit_test(bad_files_are_named),
        cmocka_unit_test(y4m_colours),
        cmocka_unit_test(y4m_mono_is_grey),
        cmocka_unit_test(y4m_is_refused),
        cmocka_unit_test(every_cut_of_a_y4m_is_seen),
        cmocka_unit_test(a_video_ends_or_loops),
        cmocka_unit_test(y4m_is_judged_by_ffmpeg),
        cmocka_unit_test(videos_come_through_ffmpeg),
        cmocka_unit_test(a_picture_through_ffmpeg_is_a_still),
        cmocka_unit_test(ffmpeg_says_why_it_fails),
        cmocka_unit_test(a_missing_ffmpeg_is_named),
        cmocka_unit_test(raw_files_are_mosaics),
        cmocka_unit_test(impossible_raw_is_refused),
        cmocka_unit_test(grey_pictures_may_be_mosaics),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
