/* Stills: PNM and PNG in, PNG out. Judge of PNG: ffmpeg. */
#include "scratch.h"

#include <png.h>
#include <signal.h>
#include <sys/resource.h>

#include "picture_source.h"
#include "picture_write.h"

static picture_error error;

static camseal_status read_pnm(picture *p, const void *bytes, size_t n)
{
    /* an exact copy, so that a sanitizer sees the first byte behind it */
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, n);
    error.text[0] = 0;
    camseal_status status = picture_pnm_read(p, camseal_span_of(copy, n), "x.ppm", &error);
    free(copy);
    assert_int_equal(error.text[0] == 0, status == CAMSEAL_OK);
    return status;
}

typedef struct pnm_case {
    const char *bytes;
    size_t n;
    unsigned width, height, channels, bits;
    uint16_t samples[6];
} pnm_case;

#define BYTES(s) s, sizeof(s) - 1

static const pnm_case good_pnm[] = {
    {BYTES("P5 3 2 255\n\x00\x01\x7F\x80\xFE\xFF"), 3, 2, 1, 8, {0, 1, 127, 128, 254, 255}},
    {BYTES("P6\n2\t1\r255 abcdef"), 2, 1, 3, 8, {'a', 'b', 'c', 'd', 'e', 'f'}},
    {BYTES("P5 2 1 65535\n\x12\x34\xFF\xFF"), 2, 1, 1, 16, {0x1234, 0xFFFF}},
    {BYTES("P6 1 1 4095\n\x00\x00\x0F\xFF\x01\x23"), 1, 1, 3, 12, {0, 4095, 0x123}},
    {BYTES("P5#c\n2#w 9\n #\n1 # h\r255\n\x05\x06"), 2, 1, 1, 8, {5, 6}},
    {BYTES("P5 3 1 100\n\x00\x32\x64"), 3, 1, 1, 16, {0, 32768, 65535}},
    {BYTES("P5 2 1 1\n\x00\x01"), 2, 1, 1, 16, {0, 65535}},
    {BYTES("P5 1 1 300\n\x01\x2C"), 1, 1, 1, 16, {65535}},
};

static void pnm_pictures_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good_pnm / sizeof good_pnm[0]; i++) {
        const pnm_case *c = &good_pnm[i];
        picture p = {0};
        assert_status(read_pnm(&p, c->bytes, c->n), CAMSEAL_OK);
        assert_true(p.width == c->width && p.height == c->height);
        assert_true(p.channels == c->channels && p.bits == c->bits);
        assert_memory_equal(p.samples, c->samples, 2 * picture_count(&p));
        picture_free(&p);
        for (size_t n = 0; n < c->n; n++) {
            assert_status(read_pnm(&p, c->bytes, n), CAMSEAL_E_FORMAT);
            picture_free(&p);
        }
    }
}

static void bad_pnm_pictures_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {
        {BYTES("P4 1 1\n\0")},           {BYTES("P7 1 1 255\n1")},
        {BYTES("P5x1 1 255\n1")},        {BYTES("P5 0 1 255\n")},
        {BYTES("P5 1 0 255\n")},         {BYTES("P5 1 1 0\n1")},
        {BYTES("P5 1 1 65536\n12")},     {BYTES("P5 -1 1 255\n1")},
        {BYTES("P5 1 1 255x1")},         {BYTES("P5 1 1 255\n12")},
        {BYTES("P5 1 1 254\n\xFF")},     {BYTES("P5 16385 1 255\n1")},
        {BYTES("P6 65535 65535 9\n1")},  {BYTES("P5 99999999999 1 255\n1")},
        {BYTES("P5 1 1 300\n\x01\x2D")},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        picture p = {0};
        assert_status(read_pnm(&p, bad[i].bytes, bad[i].n), CAMSEAL_E_FORMAT);
        picture_free(&p);
    }
    assert_non_null(strstr(error.text, "x.ppm"));
}

/* ---- PNG --------------------------------------------------------------------- */

static picture noise(unsigned width, unsigned height, unsigned channels, unsigned bits,
                     uint64_t seed)
{
    picture p = {0};
    assert_status(picture_reserve(&p, width, height, channels, bits, NULL, &error), CAMSEAL_OK);
    for (size_t i = 0; i < picture_count(&p); i++)
        p.samples[i] = (uint16_t)(test_random(&seed) >> 20 & ((1u << bits) - 1));
    return p;
}

static picture read_png(const char *path, camseal_status expected)
{
    picture p = {0};
    size_t n;
    uint8_t *bytes = scratch_read(path, &n);
    assert_status(picture_png_read(&p, camseal_span_of(bytes, n), path, &error), expected);
    free(bytes);
    return p;
}

static void png_round_trips(void **state)
{
    (void)state;
    for (unsigned channels = 1; channels <= 3; channels += 2) {
        for (unsigned bits = 8; bits <= 16; bits += 8) {
            const char *path = scratch_path("trip.png");
            picture in = noise(37, 23, channels, bits, 7 + bits);
            assert_status(picture_write_png(path, &in, 0, &error), CAMSEAL_OK);
            picture out = read_png(path, CAMSEAL_OK);
            assert_true(out.width == 37 && out.height == 23 && out.channels == channels &&
                        out.bits == bits);
            assert_memory_equal(in.samples, out.samples, 2 * picture_count(&in));
            picture_free(&in);
            picture_free(&out);
        }
    }
}

/* ffmpeg turns our file into plain samples; they must be ours. */
static void judged_by_ffmpeg(unsigned channels, unsigned bits, const char *format)
{
    char arguments[200];
    size_t n;
    picture in = noise(33, 21, channels, bits, 99);
    assert_status(picture_write_png(scratch_path("judge.png"), &in, 0, &error), CAMSEAL_OK);
    snprintf(arguments, sizeof arguments, "-i judge.png -f rawvideo -pix_fmt %s judge.raw", format);
    scratch_ffmpeg(arguments);
    uint8_t *raw = scratch_read(scratch_path("judge.raw"), &n);
    assert_int_equal(n, picture_count(&in) * (bits / 8));
    for (size_t i = 0; i < picture_count(&in); i++) {
        unsigned value = bits == 8 ? raw[i] : (unsigned)(raw[2 * i] << 8 | raw[2 * i + 1]);
        assert_int_equal(value, in.samples[i]);
    }
    free(raw);
    picture_free(&in);
}

static void ffmpeg_reads_what_we_write(void **state)
{
    (void)state;
    judged_by_ffmpeg(1, 8, "gray");
    judged_by_ffmpeg(3, 8, "rgb24");
    judged_by_ffmpeg(1, 16, "gray16be");
    judged_by_ffmpeg(3, 16, "rgb48be");
}

static void twelve_bits_become_full_scale(void **state)
{
    (void)state;
    const char *path = scratch_path("twelve.png");
    picture in = noise(4, 4, 1, 12, 5);
    in.samples[0] = 0;
    in.samples[1] = 4095;
    assert_status(picture_write_png(path, &in, 12, &error), CAMSEAL_OK);
    picture out = read_png(path, CAMSEAL_OK);
    assert_int_equal(out.bits, 12); /* sBIT */
    assert_memory_equal(out.samples, in.samples, 32);
    picture_free(&out);
    assert_status(picture_write_png(path, &in, 0, &error), CAMSEAL_OK);
    out = read_png(path, CAMSEAL_OK);
    assert_true(out.bits == 16 && out.samples[0] == 0 && out.samples[1] == 65535);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal((out.samples[i] * 4095u + 32767u) / 65535u, in.samples[i]);
    picture_free(&in);
    picture_free(&out);
}

/* All kinds of PNG that libpng can write: depth, colour, interlace. What must come out is computed
 * here. */
static void write_kind(const char *path, int depth, int colour, int interlace)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, f);
    png_set_IHDR(png, info, 9, 10, depth, colour, interlace, 0, 0);
    png_color palette[2] = {{1, 2, 3}, {250, 240, 230}};
    if (colour == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, palette, 2);
    png_write_info(png, info);
    static png_byte rows[10][9 * 8];
    png_bytep at[10];
    for (int y = 0; y < 10; y++) {
        for (size_t i = 0; i < sizeof rows[0]; i++)
            rows[y][i] = (png_byte)(colour == PNG_COLOR_TYPE_PALETTE ? (depth == 1 ? 0x55 : 1)
                                                                     : (unsigned)y * 16 + i);
        at[y] = rows[y];
    }
    png_write_image(png, at);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(f);
}

static void every_kind_of_png_is_read(void **state)
{
    (void)state;
    static const struct {
        int depth, colour;
        unsigned channels, bits, first[2][4]; /* the first samples of the rows 0 and 1 */
    } kinds[] = {
        {1, PNG_COLOR_TYPE_GRAY, 1, 8, {{0, 0, 0, 0}, {0, 0, 0, 255}}},
        {2, PNG_COLOR_TYPE_GRAY, 1, 8, {{0, 0, 0, 0}, {0, 85, 0, 0}}},
        {4, PNG_COLOR_TYPE_GRAY, 1, 8, {{0, 0, 0, 17}, {17, 0, 17, 17}}},
        {8, PNG_COLOR_TYPE_GRAY, 1, 8, {{0, 1, 2, 3}, {16, 17, 18, 19}}},
        {16,
         PNG_COLOR_TYPE_GRAY,
         1,
         16,
         {{0x0001, 0x0203, 0x0405, 0x0607}, {0x1011, 0x1213, 0x1415, 0x1617}}},
        {8, PNG_COLOR_TYPE_GRAY_ALPHA, 1, 8, {{0, 2, 4, 6}, {16, 18, 20, 22}}},
        {16,
         PNG_COLOR_TYPE_GRAY_ALPHA,
         1,
         16,
         {{0x0001, 0x0405, 0x0809, 0x0C0D}, {0x1011, 0x1415, 0x1819, 0x1C1D}}},
        {8, PNG_COLOR_TYPE_RGB, 3, 8, {{0, 1, 2, 3}, {16, 17, 18, 19}}},
        {16,
         PNG_COLOR_TYPE_RGB,
         3,
         16,
         {{0x0001, 0x0203, 0x0405, 0x0607}, {0x1011, 0x1213, 0x1415, 0x1617}}},
        {8, PNG_COLOR_TYPE_RGB_ALPHA, 3, 8, {{0, 1, 2, 4}, {16, 17, 18, 20}}},
        {16,
         PNG_COLOR_TYPE_RGB_ALPHA,
         3,
         16,
         {{0x0001, 0x0203, 0x0405, 0x0809}, {0x1011, 0x1213, 0x1415, 0x1819}}},
        {1, PNG_COLOR_TYPE_PALETTE, 3, 8, {{1, 2, 3, 250}, {1, 2, 3, 250}}},
        {8, PNG_COLOR_TYPE_PALETTE, 3, 8, {{250, 240, 230, 250}, {250, 240, 230, 250}}},
    };
    for (size_t i = 0; i < 2 * sizeof kinds / sizeof kinds[0]; i++) {
        size_t k = i / 2;
        const char *path = scratch_path("kind.png");
        write_kind(path, kinds[k].depth, kinds[k].colour, (int)(i % 2));
        picture p = read_png(path, CAMSEAL_OK);
        assert_true(p.width == 9 && p.height == 10);
        assert_true(p.channels == kinds[k].channels && p.bits == kinds[k].bits);
        for (unsigned y = 0; y < 2; y++)
            for (unsigned x = 0; x < 4; x++)
                assert_int_equal(picture_row(&p, y)[x], kinds[k].first[y][x]);
        picture_free(&p);
    }
}

static void every_cut_of_a_png_is_refused(void **state)
{
    (void)state;
    size_t n;
    picture in = noise(12, 9, 3, 16, 3), p = {0};
    assert_status(picture_write_png(scratch_path("cut.png"), &in, 0, &error), CAMSEAL_OK);
    uint8_t *bytes = scratch_read(scratch_path("cut.png"), &n);
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *copy = malloc(cut ? cut : 1);
        memcpy(copy, bytes, cut);
        assert_status(picture_png_read(&p, camseal_span_of(copy, cut), "cut.png", &error),
                      CAMSEAL_E_FORMAT);
        assert_non_null(strstr(error.text, "cut.png"));
        picture_free(&p);
        free(copy);
    }
    /* Any flipped bit breaks a CRC, except in chunks that libpng may pass over. It never crashes.
     */
    for (size_t bit = 0; bit < 8 * n; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        (void)!picture_png_read(&p, camseal_span_of(bytes, n), "cut.png", &error);
        picture_free(&p);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(bytes);
    picture_free(&in);
}

/* The size in the header, with a CRC that fits. */
static void absurd_sizes_are_refused(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{16385, 1},     {1, 16385}, {0x7FFFFFFF, 0x7FFFFFFF},
                                        {16384, 16384}, {0, 1},     {1, 0}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t bytes[33] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
        for (unsigned k = 0; k < 8; k++)
            bytes[16 + k] = (uint8_t)(sizes[i][k / 4] >> (24 - 8 * (k % 4)));
        bytes[24] = 8;
        bytes[25] = 2;
        uint32_t crc = 0xFFFFFFFF;
        for (unsigned k = 8 * 12; k < 8 * 29; k++) {
            uint32_t bit = (crc ^ (uint32_t)bytes[k / 8] >> k % 8) & 1;
            crc = crc >> 1 ^ (bit ? 0xEDB88320 : 0);
        }
        for (unsigned k = 0; k < 4; k++)
            bytes[29 + k] = (uint8_t)(~crc >> (24 - 8 * k));
        picture p = {0};
        assert_status(picture_png_read(&p, camseal_span_of(bytes, 33), "big.png", &error),
                      CAMSEAL_E_FORMAT);
        assert_null(strstr(error.text, "CRC"));
        picture_free(&p);
    }
}

/* ---- output that fails ------------------------------------------------------- */

static void no_picture_is_left_half_written(void **state)
{
    (void)state;
    picture p = noise(200, 200, 3, 16, 1);
    assert_status(picture_write_png("/dev/full", &p, 0, &error), CAMSEAL_E_FILE);
    assert_non_null(strstr(error.text, "/dev/full"));
    assert_non_null(strstr(error.text, "No space left"));
    assert_status(picture_write_png(scratch_path("no/such/x.png"), &p, 0, &error), CAMSEAL_E_FILE);
    assert_non_null(strstr(error.text, "x.png"));

    int before = scratch_count();
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 20000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    camseal_status status = picture_write_png(scratch_path("limited.png"), &p, 0, &error);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_status(status, CAMSEAL_E_FILE);
    assert_non_null(strstr(error.text, "limited.png"));
    assert_int_equal(scratch_count(), before);
    picture_free(&p);
}

static void only_pictures_are_written(void **state)
{
    (void)state;
    picture p = noise(2, 2, 3, 8, 1), none = {0};
    assert_status(picture_write_png(scratch_path("a.png"), &none, 0, &error), CAMSEAL_E_ARGUMENT);
    assert_status(picture_write_png(scratch_path("a.png"), &p, 9, &error), CAMSEAL_E_ARGUMENT);
    p.channels = 2;
    assert_status(picture_write_png(scratch_path("a.png"), &p, 0, &error), CAMSEAL_E_ARGUMENT);
    picture_free(&p);
}

static void a_long_name_keeps_its_end(void **state)
{
    (void)state;
    char name[400];
    memset(name, 'a', sizeof name - 1);
    memcpy(name + sizeof name - 8, "end.png", 8);
    assert_status(picture_fail(&error, CAMSEAL_E_FILE, name, "%s", "why"), CAMSEAL_E_FILE);
    assert_non_null(strstr(error.text, "end.png: why"));
    assert_true(strncmp(error.text, "...a", 4) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pnm_pictures_are_read),
        cmocka_unit_test(bad_pnm_pictures_are_refused),
        cmocka_unit_test(png_round_trips),
        cmocka_unit_test(ffmpeg_reads_what_we_write),
        cmocka_unit_test(twelve_bits_become_full_scale),
        cmocka_unit_test(every_kind_of_png_is_read),
        cmocka_unit_test(every_cut_of_a_png_is_refused),
        cmocka_unit_test(absurd_sizes_are_refused),
        cmocka_unit_test(no_picture_is_left_half_written),
        cmocka_unit_test(only_pictures_are_written),
        cmocka_unit_test(a_long_name_keeps_its_end),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
