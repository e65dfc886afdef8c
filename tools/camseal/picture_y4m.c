/* YUV4MPEG2 streams: header, frames, BT.601 to RGB.
 *
 * Reads from a FILE (a file or the output of ffmpeg); lines and frames are bounded. Interlaced
 * frames are taken as they lie. Chroma is repeated over the pixels that share it, not interpolated.
 */
#include "picture_format.h"

#include <stdlib.h>
#include <string.h>

#include "base/load.h"
#include "base/try.h"

static const char y4m_magic[] = "YUV4MPEG2 ";
enum { MAGIC_LEN = sizeof y4m_magic - 1 };

bool picture_y4m_is(camseal_span bytes)
{
    return bytes.len >= MAGIC_LEN && memcmp(bytes.data, y4m_magic, MAGIC_LEN) == 0;
}

/* A line without its end, as a string. OK, TRUNCATED when no byte was left, else FORMAT. */
static camseal_status read_line(FILE *file, char line[Y4M_LINE_MAX])
{
    size_t n = 0;
    for (int c = getc(file); c != '\n'; c = getc(file)) {
        if (c == EOF && n == 0)
            return CAMSEAL_E_TRUNCATED;
        if (c == EOF || c == 0 || n == Y4M_LINE_MAX - 1)
            return CAMSEAL_E_FORMAT;
        line[n++] = (char)c;
    }
    line[n] = 0;
    return CAMSEAL_OK;
}

/* Digits up to the end of the parameter; false above 1,000,000. */
static bool parse_number(const char *text, unsigned *out)
{
    *out = 0;
    if (*text == 0)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || *out > 100000)
            return false;
        *out = *out * 10 + (unsigned)(*text - '0');
    }
    return true;
}

static const struct layout {
    const char *name; /* followed by a depth when `deep` is not NULL: "420p10", "mono12" */
    const char *deep;
    uint8_t planes, shift_x, shift_y;
} layouts[] = {
    {"420", "p", 3, 1, 1},       {"420jpeg", NULL, 3, 1, 1}, {"420paldv", NULL, 3, 1, 1},
    {"420mpeg2", NULL, 3, 1, 1}, {"422", "p", 3, 1, 0},      {"444", "p", 3, 0, 0},
    {"444alpha", NULL, 4, 0, 0}, {"411", NULL, 3, 2, 0},     {"mono", "", 1, 0, 0},
};

static bool depth_fits(const struct layout *l, const char *rest, unsigned *bits)
{
    *bits = 8;
    if (*rest == 0)
        return true;
    if (!l->deep || strncmp(rest, l->deep, strlen(l->deep)) != 0)
        return false;
    return parse_number(rest + strlen(l->deep), bits) && *bits >= 9 && *bits <= 16;
}

static bool parse_colour(const char *text, y4m_format *f)
{
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        const struct layout *l = &layouts[i];
        size_t n = strlen(l->name);
        if (strncmp(text, l->name, n) != 0 || !depth_fits(l, text + n, &f->bits))
            continue;
        f->planes = l->planes;
        f->shift_x = l->shift_x;
        f->shift_y = l->shift_y;
        return true;
    }
    return false;
}

/* One parameter of the header. False when its value is illegal; unknown ones are passed over. */
static bool parse_parameter(const char *text, y4m_format *f, int *range)
{
    switch (text[0]) {
    case 'W':
        return parse_number(text + 1, &f->width);
    case 'H':
        return parse_number(text + 1, &f->height);
    case 'C':
        return parse_colour(text + 1, f);
    case 'X':
        if (strcmp(text, "XCOLORRANGE=FULL") == 0)
            *range = 1;
        if (strcmp(text, "XCOLORRANGE=LIMITED") == 0)
            *range = 0;
        return true;
    default:
        return true;
    }
}

/* Splits `line` at its spaces. Returns the parameter that is wrong, or NULL. */
static const char *parse_header(char *line, y4m_format *f)
{
    *f = (y4m_format){.bits = 8, .shift_x = 1, .shift_y = 1, .planes = 3};
    int range = -1;
    for (char *at = line + MAGIC_LEN; *at;) {
        char *end = at + strcspn(at, " ");
        char *next = *end ? end + 1 : end;
        *end = 0;
        if (!parse_parameter(at, f, &range))
            return at;
        at = next;
    }
    f->full_range = range == 1 || (range < 0 && f->planes == 1);
    return NULL;
}

static unsigned chroma_side(unsigned side, unsigned shift)
{
    return (side + (1u << shift) - 1) >> shift;
}

/* Sides are checked before: at most 2^26 * 4 * 2 bytes. */
static size_t frame_size(const y4m_format *f)
{
    size_t luma = (size_t)f->width * f->height;
    size_t chroma = (size_t)chroma_side(f->width, f->shift_x) * chroma_side(f->height, f->shift_y);
    size_t samples = luma;
    if (f->planes >= 3)
        samples += 2 * chroma;
    if (f->planes == 4)
        samples += luma;
    return samples * (f->bits > 8 ? 2 : 1);
}

camseal_status y4m_open(y4m_stream *stream, FILE *file, const char *name, picture_error *error)
{
    char line[Y4M_LINE_MAX];
    *stream = (y4m_stream){.file = file, .name = name};
    camseal_status status = read_line(file, line);
    if (status == CAMSEAL_E_TRUNCATED)
        return picture_fail(error, status, name, "empty");
    if (status != CAMSEAL_OK || !picture_y4m_is(camseal_span_of(line, strlen(line))))
        return picture_fail(error, CAMSEAL_E_FORMAT, name, "corrupt Y4M header");
    const char *wrong = parse_header(line, &stream->format);
    if (wrong)
        return picture_fail(error, CAMSEAL_E_FORMAT, name,
                            "Y4M parameter \"%.20s\" is not supported", wrong);
    CAMSEAL_TRY(picture_check_size(stream->format.width, stream->format.height, name, error));
    stream->frame_bytes = frame_size(&stream->format);
    stream->frame = malloc(stream->frame_bytes);
    if (!stream->frame)
        return picture_fail(error, CAMSEAL_E_MEMORY, name, "no memory for a Y4M frame");
    return CAMSEAL_OK;
}

void y4m_close(y4m_stream *stream)
{
    free(stream->frame);
    *stream = (y4m_stream){0};
}

/* One plane of a frame. */
typedef struct plane {
    const uint8_t *data;
    unsigned width;
    bool wide;
} plane;

static uint32_t sample_at(const plane *p, size_t x, size_t y)
{
    size_t at = y * p->width + x;
    return p->wide ? camseal_load_le16(p->data + 2 * at) : p->data[at];
}

/* Affine maps of code values to 0..1 (luma) and -0.5..0.5 (chroma). */
typedef struct scaling {
    double y0, y, c0, c;
} scaling;

static scaling scaling_of(const y4m_format *f)
{
    double step = (double)(1u << (f->bits - 8)), top = (double)((1u << f->bits) - 1);
    if (f->full_range)
        return (scaling){0, 1 / top, 128 * step, 1 / top};
    return (scaling){16 * step, 1 / (219 * step), 128 * step, 1 / (224 * step)};
}

static uint16_t to16(double v)
{
    if (v <= 0)
        return 0;
    if (v >= 1)
        return 65535;
    return (uint16_t)(v * 65535 + 0.5);
}

static void decode_grey(picture *out, const y4m_format *f, const plane *luma)
{
    scaling s = scaling_of(f);
    for (unsigned y = 0; y < f->height; y++) {
        uint16_t *row = picture_row(out, y);
        for (unsigned x = 0; x < f->width; x++)
            row[x] = to16((sample_at(luma, x, y) - s.y0) * s.y);
    }
}

static void decode_rgb(picture *out, const y4m_format *f, const plane planes[3])
{
    scaling s = scaling_of(f);
    for (unsigned y = 0; y < f->height; y++) {
        uint16_t *row = picture_row(out, y);
        for (unsigned x = 0; x < f->width; x++) {
            size_t cx = x >> f->shift_x, cy = y >> f->shift_y;
            double luma = (sample_at(&planes[0], x, y) - s.y0) * s.y;
            double cb = (sample_at(&planes[1], cx, cy) - s.c0) * s.c;
            double cr = (sample_at(&planes[2], cx, cy) - s.c0) * s.c;
            row[3 * x] = to16(luma + 1.402 * cr);
            row[3 * x + 1] = to16(luma - 0.344136 * cb - 0.714136 * cr);
            row[3 * x + 2] = to16(luma + 1.772 * cb);
        }
    }
}

static void decode(picture *out, const y4m_stream *stream)
{
    const y4m_format *f = &stream->format;
    bool wide = f->bits > 8;
    size_t bytes = wide ? 2 : 1;
    unsigned chroma_width = chroma_side(f->width, f->shift_x);
    size_t luma_bytes = (size_t)f->width * f->height * bytes;
    size_t chroma_bytes = (size_t)chroma_width * chroma_side(f->height, f->shift_y) * bytes;
    const plane luma = {stream->frame, f->width, wide};
    if (f->planes == 1) {
        decode_grey(out, f, &luma);
        return;
    }
    const plane planes[3] = {luma,
                             {stream->frame + luma_bytes, chroma_width, wide},
                             {stream->frame + luma_bytes + chroma_bytes, chroma_width, wide}};
    decode_rgb(out, f, planes);
}

camseal_status y4m_next(y4m_stream *stream, picture *out, bool *end, picture_error *error)
{
    char line[Y4M_LINE_MAX] = "";
    const y4m_format *f = &stream->format;
    camseal_status status = read_line(stream->file, line);
    *end = status == CAMSEAL_E_TRUNCATED && !ferror(stream->file);
    if (*end)
        return CAMSEAL_OK;
    if (ferror(stream->file))
        return picture_fail(error, CAMSEAL_E_FILE, stream->name, "cannot be read");
    if (status != CAMSEAL_OK || strncmp(line, "FRAME", 5) != 0 || (line[5] != 0 && line[5] != ' '))
        return picture_fail(error, CAMSEAL_E_FORMAT, stream->name,
                            "corrupt Y4M: no frame header after frame %lu", stream->frames);
    if (fread(stream->frame, 1, stream->frame_bytes, stream->file) != stream->frame_bytes)
        return picture_fail(error, CAMSEAL_E_FORMAT, stream->name,
                            "truncated: the stream ends inside frame %lu", stream->frames + 1);
    CAMSEAL_TRY(
        picture_reserve(out, f->width, f->height, f->planes == 1 ? 1 : 3, 16, stream->name, error));
    decode(out, stream);
    stream->frames++;
    return CAMSEAL_OK;
}
