/* Scenes, mosaics, scaling, development, marks. */
#include "scratch.h"

#include <math.h>

#include "bayer.h"
#include "camseal/csi2.h"
#include "develop.h"
#include "glyphs.h"
#include "picture_mark.h"
#include "picture_write.h"
#include "scale.h"
#include "scene.h"

static picture_error error;

static scene *open_scene(const char *spec, uint8_t dt, unsigned width, unsigned height, int pan)
{
    scene *s = NULL;
    const scene_options options = {.dt = dt, .width = width, .height = height, .pan = pan};
    if (scene_open(&s, spec, &options, &error) != CAMSEAL_OK)
        fail_msg("%s", error.text);
    return s;
}

static uint16_t *frame_of(scene *s, uint64_t n)
{
    uint16_t *samples = malloc(scene_line_samples(s) * scene_height(s) * 2);
    assert_non_null(samples);
    assert_status(scene_frame(s, n, samples), CAMSEAL_OK);
    return samples;
}

static picture noise(unsigned width, unsigned height, unsigned channels, unsigned bits,
                     uint64_t seed)
{
    picture p = {0};
    assert_status(picture_reserve(&p, width, height, channels, bits, NULL, &error), CAMSEAL_OK);
    for (size_t i = 0; i < picture_count(&p); i++)
        p.samples[i] = (uint16_t)(test_random(&seed) >> 20 & ((1u << bits) - 1));
    return p;
}

/* ---- the scene --------------------------------------------------------------- */

/* Every sample is the rounded value of one sample of the picture: nothing is interpolated. */
static void the_own_mode_is_exact(void **state)
{
    (void)state;
    static const uint8_t formats[] = {CAMSEAL_CSI2_RAW8, CAMSEAL_CSI2_RAW10, CAMSEAL_CSI2_RAW12,
                                      CAMSEAL_CSI2_RAW14, CAMSEAL_CSI2_RAW16};
    picture_source *source;
    const picture *p;
    assert_status(picture_source_open(&source, "builtin", NULL, &error), CAMSEAL_OK);
    assert_status(picture_source_next(source, &p, &error), CAMSEAL_OK);
    for (size_t f = 0; f < sizeof formats; f++) {
        scene *s = open_scene("builtin", formats[f], 0, 0, 0);
        assert_true(scene_width(s) == 1352 && scene_height(s) == 898 &&
                    scene_line_samples(s) == 1352);
        uint16_t *m = frame_of(s, 0);
        double top = (double)((1u << camseal_csi2_bits(formats[f])) - 1);
        for (unsigned y = 0; y < 898; y++) {
            for (unsigned x = 0; x < 1352; x++) {
                unsigned colour = x % 2 + y % 2;
                double value = picture_row(p, y / 2)[3 * (x / 2) + colour] * top / 65535;
                if (m[y * 1352 + x] != (unsigned)floor(value + 0.5))
                    fail_msg("sample %u,%u of %s", x, y, camseal_csi2_dt_name(formats[f]));
            }
        }
        free(m);
        scene_close(s);
    }
    picture_source_close(source);
}

static void a_still_pans_by_whole_quads(void **state)
{
    (void)state;
    scene *s = open_scene("builtin", 0, 0, 0, 0);
    uint16_t *zero = frame_of(s, 0), *five = frame_of(s, 5), *round = frame_of(s, 676),
             *again = frame_of(s, 5);
    assert_memory_equal(five, again, 1352 * 898 * 2);
    assert_memory_equal(zero, round, 1352 * 898 * 2); /* 676 * 2 quads: twice around */
    assert_memory_not_equal(zero, five, 1352 * 898 * 2);
    for (unsigned y = 0; y < 898; y += 97)
        for (unsigned x = 0; x < 1352; x++)
            assert_int_equal(five[y * 1352 + x], zero[y * 1352 + (x + 20) % 1352]);
    free(zero);
    free(five);
    free(round);
    free(again);
    uint16_t line[1352];
    assert_status(scene_line(s, UINT64_MAX, 897, line), CAMSEAL_OK);
    assert_status(scene_line(s, 0, 898, line), CAMSEAL_E_ARGUMENT);
    scene_close(s);
}

static void every_format_gives_lines_that_pack(void **state)
{
    (void)state;
    static const struct {
        uint8_t dt;
        unsigned width, height;
        size_t samples;
    } cases[] = {
        {CAMSEAL_CSI2_RAW8, 16, 16, 16},       {CAMSEAL_CSI2_RAW10, 640, 480, 640},
        {CAMSEAL_CSI2_RAW12, 1354, 900, 1354}, {CAMSEAL_CSI2_RAW14, 2000, 30, 2000},
        {CAMSEAL_CSI2_RAW16, 8192, 16, 8192},  {CAMSEAL_CSI2_YUV422_8, 322, 240, 644},
        {CAMSEAL_CSI2_RGB888, 320, 242, 960},  {CAMSEAL_CSI2_YUV422_8, 0, 0, 1352},
        {CAMSEAL_CSI2_RGB888, 0, 0, 2028},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scene *s = open_scene("builtin", cases[i].dt, cases[i].width, cases[i].height, 0);
        size_t n = scene_line_samples(s);
        assert_int_equal(n, cases[i].samples);
        uint16_t *line = malloc(n * 2);
        uint8_t *bytes = malloc(n * 2);
        for (unsigned row = 0; row < scene_height(s); row++) {
            camseal_buf out = {bytes, n * 2, 0};
            assert_status(scene_line(s, 3, row, line), CAMSEAL_OK);
            assert_status(camseal_csi2_pack(&out, cases[i].dt, line, n), CAMSEAL_OK);
        }
        free(line);
        free(bytes);
        scene_close(s);
    }
}

static void impossible_modes_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        uint8_t dt;
        unsigned width, height;
        const char *words;
    } bad[] = {
        {"builtin", 0, 15, 16, "mode 15x16 is impossible"},
        {"builtin", 0, 16, 17, "mode 16x17 is impossible"},
        {"builtin", 0, 14, 16, "16 to 8192"},
        {"builtin", 0, 8194, 16, "16 to 8192"},
        {"builtin", 0, 0, 16, "mode 0x16 is impossible"},
        {"builtin", 0, 16, 0, "mode 16x0 is impossible"},
        {"builtin", CAMSEAL_CSI2_RAW10, 18, 16, "multiple of 4"},
        {"builtin", CAMSEAL_CSI2_RAW14, 18, 16, "multiple of 4"},
        {"builtin", CAMSEAL_CSI2_NULL, 16, 16, "no picture format"},
        {"builtin", CAMSEAL_CSI2_YUV422_10, 16, 16, "no picture format"},
        {"small", 0, 0, 0, "own mode 4x2 is impossible"},
    };
    scratch_write(scratch_path("small"), "P5 2 1 255\nab", 13);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        scene *s = (scene *)&error;
        const scene_options options = {
            .dt = bad[i].dt, .width = bad[i].width, .height = bad[i].height};
        const char *spec = strcmp(bad[i].spec, "small") ? bad[i].spec : scratch_path("small");
        assert_status(scene_open(&s, spec, &options, &error), CAMSEAL_E_ARGUMENT);
        assert_null(s);
        if (!strstr(error.text, bad[i].words))
            fail_msg("\"%s\" is not in \"%s\"", bad[i].words, error.text);
    }
    scene *s;
    const scene_options options = {0};
    assert_status(scene_open(&s, scratch_path("none.png"), &options, &error), CAMSEAL_E_FILE);
    assert_non_null(strstr(error.text, "none.png"));
}

static void a_video_gives_its_frames_and_ends(void **state)
{
    (void)state;
    char bytes[1200];
    int n = snprintf(bytes, sizeof bytes, "YUV4MPEG2 W16 H8 Cmono\n");
    for (int f = 1; f <= 3; f++) {
        n += snprintf(bytes + n, sizeof bytes - (size_t)n, "FRAME\n");
        memset(bytes + n, 50 * f, 128);
        n += 128;
    }
    scratch_write(scratch_path("v.y4m"), bytes, (size_t)n);
    scene *s = open_scene(scratch_path("v.y4m"), CAMSEAL_CSI2_RAW8, 0, 0, 0);
    uint16_t line[32];
    for (unsigned f = 0; f < 3; f++) {
        for (unsigned row = 0; row < 16; row++) {
            assert_status(scene_line(s, 10 + f, row, line), CAMSEAL_OK);
            assert_true(line[0] == 50 * (f + 1) && line[31] == line[0]);
        }
    }
    assert_status(scene_line(s, 13, 0, line), CAMSEAL_E_NOT_FOUND);
    assert_string_equal(scene_error(s), "the video has ended");
    scene_close(s);
}

/* What the ECU wrote can be the scene of the next sensor. */
static void a_lossless_frame_is_a_scene_again(void **state)
{
    (void)state;
    scene *s = open_scene("builtin", 0, 64, 48, -1);
    uint16_t *m = frame_of(s, 0);
    picture lossless = {0};
    assert_status(develop_lossless(&lossless, CAMSEAL_CSI2_RAW12, 64, 48, m, &error), CAMSEAL_OK);
    assert_status(picture_write_png(scratch_path("m.png"), &lossless, 12, &error), CAMSEAL_OK);
    scene_close(s);
    const scene_options options = {.pan = -1, .picture = {.mosaic = true}};
    assert_status(scene_open(&s, scratch_path("m.png"), &options, &error), CAMSEAL_OK);
    assert_true(scene_width(s) == 64 && scene_height(s) == 48);
    uint16_t *again = frame_of(s, 7);
    assert_memory_equal(again, m, 64 * 48 * 2);
    scene_close(s);
    free(m);
    free(again);
    picture_free(&lossless);
}

static void colours_survive_yuv_and_rgb(void **state)
{
    (void)state;
    static const uint8_t formats[] = {CAMSEAL_CSI2_YUV422_8, CAMSEAL_CSI2_RGB888};
    static const uint8_t colours[][3] = {{255, 0, 0},     {0, 255, 0}, {0, 0, 255},
                                         {255, 255, 255}, {0, 0, 0},   {90, 140, 30}};
    for (size_t k = 0; k < 2 * sizeof colours / sizeof colours[0]; k++) {
        const uint8_t *rgb = colours[k / 2];
        char bytes[1000];
        size_t n = (size_t)sprintf(bytes, "P6 16 16 255\n");
        for (unsigned i = 0; i < 256; i++, n += 3)
            memcpy(bytes + n, rgb, 3);
        scratch_write(scratch_path("c.ppm"), bytes, n);
        scene *s = open_scene(scratch_path("c.ppm"), formats[k % 2], 0, 0, 0);
        uint16_t *frame = frame_of(s, 1);
        picture view = {0};
        assert_status(develop_view(&view, formats[k % 2], 16, 16, frame, &error), CAMSEAL_OK);
        for (size_t i = 0; i < picture_count(&view); i++)
            assert_in_range(view.samples[i] + 2, rgb[i % 3], rgb[i % 3] + 4);
        picture_free(&view);
        free(frame);
        scene_close(s);
    }
}

/* ---- scaling ----------------------------------------------------------------- */

static void depth_is_rounded(void **state)
{
    (void)state;
    for (unsigned from = 8; from <= 16; from++)
        for (unsigned to = 8; to <= 16; to++)
            for (uint32_t v = 0; v<1u << from; v += from> 12 ? 7 : 1) {
                double exact = v * (double)((1u << to) - 1) / (double)((1u << from) - 1);
                assert_int_equal(scale_depth(v, from, to), (unsigned)floor(exact + 0.5));
            }
    assert_int_equal(scale_depth(65535, 16, 12), 4095);
    assert_int_equal(scale_depth(4095, 12, 16), 65535);
}

/* One sample by the definition: the integral of the picture over the output's box. */
static double box(const picture *p, unsigned width, unsigned height, unsigned x, unsigned y,
                  unsigned c)
{
    double sx = (double)p->width / width, sy = (double)p->height / height, sum = 0;
    for (unsigned j = 0; j < p->height; j++) {
        double h = fmin((y + 1) * sy, j + 1.0) - fmax(y * sy, j);
        for (unsigned i = 0; h > 0 && i < p->width; i++) {
            double w = fmin((x + 1) * sx, i + 1.0) - fmax(x * sx, i);
            if (w > 0)
                sum += w * h * picture_row(p, j)[i * p->channels + c];
        }
    }
    return sum / (sx * sy);
}

static void shrinking_is_the_area_average(void **state)
{
    (void)state;
    static const unsigned sizes[][2] = {{1, 1}, {2, 3}, {7, 5}, {13, 16}, {22, 16}};
    picture in = noise(23, 17, 3, 12, 11), out = {0};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        unsigned width = sizes[k][0], height = sizes[k][1];
        assert_status(scale_picture(&out, &in, width, height, 16, &error), CAMSEAL_OK);
        for (unsigned y = 0; y < height; y++)
            for (unsigned x = 0; x < 3 * width; x++) {
                double want = box(&in, width, height, x / 3, y, x % 3) * 65535 / 4095;
                assert_true(fabs(picture_row(&out, y)[x] - want) <= 0.51);
            }
    }
    picture_free(&in);
    picture_free(&out);
}

static void growing_is_linear(void **state)
{
    (void)state;
    picture in = {0}, out = {0};
    assert_status(picture_reserve(&in, 2, 1, 1, 8, NULL, &error), CAMSEAL_OK);
    in.samples[0] = 0;
    in.samples[1] = 200;
    assert_status(scale_picture(&out, &in, 8, 3, 8, &error), CAMSEAL_OK);
    static const uint16_t row[] = {0, 0, 25, 75, 125, 175, 200, 200};
    for (unsigned y = 0; y < 3; y++)
        assert_memory_equal(picture_row(&out, y), row, sizeof row);
    assert_status(scale_picture(&out, &in, 1, 1, 8, &error), CAMSEAL_OK);
    assert_int_equal(out.samples[0], 100);
    picture_free(&in);
    in = noise(5, 4, 3, 16, 2);
    assert_status(scale_picture(&out, &in, 5, 4, 16, &error), CAMSEAL_OK);
    assert_memory_equal(out.samples, in.samples, 120);
    /* a flat picture stays flat, at any size */
    for (size_t i = 0; i < 60; i++)
        in.samples[i] = 54321;
    for (unsigned k = 1; k < 40; k++) {
        assert_status(scale_picture(&out, &in, k, 41 - k, 16, &error), CAMSEAL_OK);
        for (size_t i = 0; i < picture_count(&out); i++)
            assert_int_equal(out.samples[i], 54321);
    }
    picture_free(&in);
    picture_free(&out);
}

/* ---- mosaics ----------------------------------------------------------------- */

static void quads_go_both_ways(void **state)
{
    (void)state;
    picture in = noise(9, 7, 3, 14, 4), mosaic = {0}, out = {0};
    assert_status(picture_reserve(&mosaic, 18, 14, 1, 14, NULL, &error), CAMSEAL_OK);
    bayer_from_quads(mosaic.samples, &in);
    assert_true(mosaic.samples[0] == in.samples[0] && mosaic.samples[1] == in.samples[1] &&
                mosaic.samples[18] == in.samples[1] && mosaic.samples[19] == in.samples[2]);
    assert_status(bayer_to_quads(&out, &mosaic, &error), CAMSEAL_OK);
    assert_memory_equal(in.samples, out.samples, 2 * picture_count(&in));
    picture_free(&in);
    picture_free(&mosaic);
    picture_free(&out);
}

/* Bilinear is exact for planes: red, green and blue each linear in x and y (away from the mirrored
 * edge). */
static void demosaic_is_exact_for_planes(void **state)
{
    (void)state;
    enum { W = 20, H = 14 };
    uint16_t m[W * H];
    picture out = {0};
    for (unsigned y = 0; y < H; y++)
        for (unsigned x = 0; x < W; x++) {
            unsigned c = x % 2 + y % 2;
            m[y * W + x] = (uint16_t)(1000 * (c + 1) + 4 * x * (c + 1) + 8 * y);
        }
    assert_status(bayer_demosaic(&out, m, W, H, 16, &error), CAMSEAL_OK);
    for (unsigned y = 1; y < H - 1; y++)
        for (unsigned x = 1; x < W - 1; x++)
            for (unsigned c = 0; c < 3; c++)
                assert_int_equal(picture_row(&out, y)[3 * x + c],
                                 1000 * (c + 1) + 4 * x * (c + 1) + 8 * y);
    /* what the sensor took is kept, also at the edges and in noise */
    picture random = noise(W, H, 1, 16, 8);
    assert_status(bayer_demosaic(&out, random.samples, W, H, 16, &error), CAMSEAL_OK);
    for (unsigned y = 0; y < H; y++)
        for (unsigned x = 0; x < W; x++)
            assert_int_equal(picture_row(&out, y)[3 * x + x % 2 + y % 2],
                             random.samples[y * W + x]);
    /* constant colours stay constant, also at the edges; the smallest mosaic is one quad */
    static const uint16_t quad[] = {10, 20, 20, 30};
    assert_status(bayer_demosaic(&out, quad, 2, 2, 8, &error), CAMSEAL_OK);
    for (unsigned i = 0; i < 12; i++)
        assert_int_equal(out.samples[i], 10 * (i % 3 + 1));
    picture_free(&random);
    picture_free(&out);
}

static void lossless_frames_come_back(void **state)
{
    (void)state;
    static const uint8_t formats[] = {CAMSEAL_CSI2_RAW8,  CAMSEAL_CSI2_RAW10, CAMSEAL_CSI2_RAW12,
                                      CAMSEAL_CSI2_RAW14, CAMSEAL_CSI2_RAW16, CAMSEAL_CSI2_YUV422_8,
                                      CAMSEAL_CSI2_RGB888};
    for (size_t f = 0; f < sizeof formats; f++) {
        unsigned bits = camseal_csi2_bits(formats[f]);
        picture frame = noise((unsigned)develop_line_samples(formats[f], 24), 10, 1, bits, 77),
                out = {0}, read = {0};
        uint16_t back[24 * 3 * 10];
        size_t n;
        assert_status(develop_lossless(&out, formats[f], 24, 10, frame.samples, &error),
                      CAMSEAL_OK);
        assert_status(picture_write_png(scratch_path("l.png"), &out, bits, &error), CAMSEAL_OK);
        uint8_t *bytes = scratch_read(scratch_path("l.png"), &n);
        assert_status(picture_png_read(&read, camseal_span_of(bytes, n), "l", &error), CAMSEAL_OK);
        assert_status(develop_samples(back, &read, formats[f], 24, 10, &error), CAMSEAL_OK);
        assert_memory_equal(back, frame.samples, 2 * picture_count(&frame));
        assert_status(develop_samples(back, &read, formats[f], 20, 10, &error), CAMSEAL_E_FORMAT);
        assert_status(develop_samples(back, &read, CAMSEAL_CSI2_NULL, 24, 10, &error),
                      CAMSEAL_E_ARGUMENT);
        if (bits < 16) {
            out.samples[5] |= 1;
            assert_status(develop_samples(back, &out, formats[f], 24, 10, &error),
                          CAMSEAL_E_FORMAT);
        }
        free(bytes);
        picture_free(&frame);
        picture_free(&out);
        picture_free(&read);
    }
}

static void impossible_frames_are_not_developed(void **state)
{
    (void)state;
    uint16_t samples[64] = {0};
    picture out = {0};
    assert_status(develop_view(&out, CAMSEAL_CSI2_RAW12, 3, 2, samples, &error),
                  CAMSEAL_E_ARGUMENT);
    assert_status(develop_view(&out, CAMSEAL_CSI2_RAW12, 2, 3, samples, &error),
                  CAMSEAL_E_ARGUMENT);
    assert_status(develop_view(&out, CAMSEAL_CSI2_RAW12, 0, 0, samples, &error),
                  CAMSEAL_E_ARGUMENT);
    assert_status(develop_view(&out, CAMSEAL_CSI2_YUV422_8, 3, 1, samples, &error),
                  CAMSEAL_E_ARGUMENT);
    assert_status(develop_lossless(&out, CAMSEAL_CSI2_RGB888, 16384, 2, samples, &error),
                  CAMSEAL_E_FORMAT);
    assert_null(out.samples);
}

/* ---- marks ------------------------------------------------------------------- */

static bool same_colour(const uint16_t *a, const uint16_t *b)
{
    return memcmp(a, b, 6) == 0;
}

static void bad_lines_are_marked(void **state)
{
    (void)state;
    picture in = noise(400, 60, 3, 16, 6), out = {0}, plain = {0};
    uint8_t lines[60] = {0};
    assert_status(scale_picture(&plain, &in, 400, 60, 8, &error), CAMSEAL_OK);
    for (unsigned kind = 1; kind < PICTURE_LINE_ENCRYPTED; kind++)
        lines[8 * kind] = (uint8_t)kind;
    assert_status(picture_mark(&out, &in, lines, "frame 7", &error), CAMSEAL_OK);
    assert_true(out.channels == 3 && out.bits == 8 && out.width == 432 && out.height > 60 + 8 * 20);
    for (unsigned y = 0; y < 60; y++) {
        const uint16_t *row = picture_row(&out, y) + 3 * 16;
        bool same = memcmp(row, picture_row(&plain, y), 6 * 400) == 0;
        assert_int_equal(same, lines[y] == PICTURE_LINE_OK);
    }
    for (unsigned a = 1; a < PICTURE_LINE_ENCRYPTED; a++) {
        const uint16_t *gutter = picture_row(&out, 8 * a);
        assert_true(gutter[0] + gutter[1] + gutter[2] > 0);
        assert_true(same_colour(gutter, gutter + 3 * 430)); /* both sides */
        for (unsigned b = 1; b < a; b++)
            assert_false(same_colour(gutter, picture_row(&out, 8 * b)));
    }
    assert_status(picture_write_png(scratch_path("mark.png"), &out, 0, &error), CAMSEAL_OK);
    in.channels = 1;
    assert_status(picture_mark(&out, &in, lines, NULL, &error), CAMSEAL_E_ARGUMENT);
    picture_free(&in);
    picture_free(&plain);
    picture_free(&out);
}

static void a_clean_picture_has_no_marks(void **state)
{
    (void)state;
    picture in = noise(20, 16, 3, 8, 6), out = {0};
    uint8_t lines[16] = {0};
    char title[500];
    memset(title, 'w', sizeof title - 1);
    title[sizeof title - 1] = 0;
    assert_status(picture_mark(&out, &in, lines, title, &error), CAMSEAL_OK);
    assert_int_equal(out.width, 360);
    for (unsigned y = 0; y < 16; y++)
        for (unsigned x = 0; x < 3 * 16; x++)
            assert_int_equal(picture_row(&out, y)[x], 0);
    picture_free(&in);
    picture_free(&out);
}

static void letters_differ(void **state)
{
    (void)state;
    static const char all[] = " ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-+/_=()%#";
    uint64_t dots[sizeof all];
    for (size_t i = 0; i + 1 < sizeof all; i++) {
        dots[i] = 0;
        for (unsigned k = 0; k < 35; k++)
            dots[i] |= (uint64_t)glyph_dot(all[i], k % 5, k / 5) << k;
        for (size_t j = 0; j < i; j++)
            assert_true(dots[i] != dots[j]);
    }
    assert_true(glyph_dot('a', 1, 0) && glyph_dot('A', 1, 0) && !glyph_dot('A', 5, 0) &&
                !glyph_dot('A', 0, 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_own_mode_is_exact),
        cmocka_unit_test(a_still_pans_by_whole_quads),
        cmocka_unit_test(every_format_gives_lines_that_pack),
        cmocka_unit_test(impossible_modes_are_refused),
        cmocka_unit_test(a_video_gives_its_frames_and_ends),
        cmocka_unit_test(a_lossless_frame_is_a_scene_again),
        cmocka_unit_test(colours_survive_yuv_and_rgb),
        cmocka_unit_test(depth_is_rounded),
        cmocka_unit_test(shrinking_is_the_area_average),
        cmocka_unit_test(growing_is_linear),
        cmocka_unit_test(quads_go_both_ways),
        cmocka_unit_test(demosaic_is_exact_for_planes),
        cmocka_unit_test(lossless_frames_come_back),
        cmocka_unit_test(impossible_frames_are_not_developed),
        cmocka_unit_test(bad_lines_are_marked),
        cmocka_unit_test(a_clean_picture_has_no_marks),
        cmocka_unit_test(letters_differ),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
