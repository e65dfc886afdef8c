#include "picture_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/try.h"
#include "builtin_picture.h"
#include "camseal/csi2.h"

#define STILL_BYTES_MAX (UINT32_C(1) << 30)
enum { PROBE_BYTES = 16 };

enum kind { KIND_STILL, KIND_RAW, KIND_Y4M, KIND_FFMPEG, KIND_ENDED };

struct picture_source {
    enum kind kind;
    char *name; /* owned: the path */
    picture_options options;
    FILE *file; /* RAW, Y4M */
    ffmpeg_child child;
    y4m_stream y4m;
    raw_format raw;
    uint8_t *raw_frame; /* owned */
    picture picture;
    unsigned long serial, frames; /* frames: of the present run through the video */
};

/* ---- files ------------------------------------------------------------------- */

static camseal_status open_file(picture_source *s, uint64_t *size, picture_error *error)
{
    struct stat st;
    s->file = fopen(s->name, "rb");
    if (!s->file || fstat(fileno(s->file), &st) != 0)
        return picture_fail(error, CAMSEAL_E_FILE, s->name, "cannot be opened: %s",
                            strerror(errno));
    if (!S_ISREG(st.st_mode))
        return picture_fail(error, CAMSEAL_E_FILE, s->name, "is not a regular file");
    if (st.st_size <= 0)
        return picture_fail(error, CAMSEAL_E_FORMAT, s->name, "is empty");
    *size = (uint64_t)st.st_size;
    return CAMSEAL_OK;
}

static void close_file(picture_source *s)
{
    if (s->file)
        fclose(s->file);
    s->file = NULL;
}

typedef camseal_status (*still_reader)(picture *out, camseal_span bytes, const char *name,
                                       picture_error *error);

static camseal_status read_still(picture_source *s, still_reader reader, uint64_t size,
                                 picture_error *error)
{
    if (size > STILL_BYTES_MAX)
        return picture_fail(error, CAMSEAL_E_FORMAT, s->name, "is too large: at most 1 GiB");
    uint8_t *bytes = malloc(size);
    if (!bytes)
        return picture_fail(error, CAMSEAL_E_MEMORY, s->name, "no memory to read it");
    camseal_status status;
    if (fread(bytes, 1, size, s->file) == size)
        status = reader(&s->picture, camseal_span_of(bytes, size), s->name, error);
    else
        status = picture_fail(error, CAMSEAL_E_FILE, s->name, "cannot be read");
    free(bytes);
    close_file(s);
    s->kind = KIND_STILL;
    return status;
}

/* ---- videos ------------------------------------------------------------------ */

/* The child is no longer needed. When it ended by itself, it knows better than a broken stream why.
 */
static camseal_status end_child(picture_source *s, camseal_status status, picture_error *error)
{
    bool ended = feof(s->child.y4m) != 0;
    y4m_close(&s->y4m);
    if (!ended) {
        ffmpeg_stop(&s->child);
        return status;
    }
    picture_error reason;
    camseal_status child = ffmpeg_finish(&s->child, s->name, &reason);
    if (child != CAMSEAL_OK) {
        *error = reason;
        return child;
    }
    if (status == CAMSEAL_E_TRUNCATED)
        return picture_fail(error, CAMSEAL_E_FORMAT, s->name, "ffmpeg found no picture in it");
    return status;
}

static camseal_status start_ffmpeg(picture_source *s, picture_error *error)
{
    s->kind = KIND_FFMPEG;
    CAMSEAL_TRY(ffmpeg_start(&s->child, s->name, error));
    camseal_status status = y4m_open(&s->y4m, s->child.y4m, s->name, error);
    return status == CAMSEAL_OK ? CAMSEAL_OK : end_child(s, status, error);
}

static camseal_status start_y4m(picture_source *s, picture_error *error)
{
    s->kind = KIND_Y4M;
    return y4m_open(&s->y4m, s->file, s->name, error);
}

static camseal_status open_picture(picture_source *s, picture_error *error)
{
    uint8_t probe[PROBE_BYTES];
    uint64_t size = 0;
    CAMSEAL_TRY(open_file(s, &size, error));
    camseal_span start = camseal_span_of(probe, fread(probe, 1, sizeof probe, s->file));
    rewind(s->file);
    if (picture_png_is(start))
        return read_still(s, picture_png_read, size, error);
    if (picture_pnm_is(start))
        return read_still(s, picture_pnm_read, size, error);
    if (picture_y4m_is(start))
        return start_y4m(s, error);
    close_file(s);
    return start_ffmpeg(s, error);
}

/* ---- raw --------------------------------------------------------------------- */

/* "raw12p:" at *at: takes it. False when there is no format word. */
static bool take_format(const char **at, raw_format *raw)
{
    for (unsigned dt = CAMSEAL_CSI2_RAW8; dt <= CAMSEAL_CSI2_RAW16; dt++) {
        const char *word = camseal_csi2_dt_name((uint8_t)dt);
        size_t n = strlen(word);
        if (strncasecmp(*at, word, n) != 0)
            continue;
        bool packed = (*at)[n] == 'p' || (*at)[n] == 'P';
        if ((*at)[n + packed] != ':')
            continue;
        raw->dt = (uint8_t)dt;
        raw->packed = packed;
        *at += n + packed + 1;
        return true;
    }
    return false;
}

static bool take_side(const char **at, unsigned *out, char end)
{
    unsigned value = 0, digits = 0;
    const char *c = *at;
    for (; *c >= '0' && *c <= '9' && digits < 6; c++, digits++)
        value = value * 10 + (unsigned)(*c - '0');
    if (digits == 0 || *c != end)
        return false;
    *out = value;
    *at = c + 1;
    return true;
}

/* WxH: and FORMAT: are both optional; the rest is the path. */
static const char *parse_raw(const char *at, raw_format *raw)
{
    unsigned width, height;
    const char *c = at;
    if (take_side(&c, &width, 'x') && take_side(&c, &height, ':')) {
        raw->width = width;
        raw->height = height;
        at = c;
    }
    (void)take_format(&at, raw);
    return at;
}

static camseal_status open_raw(picture_source *s, picture_error *error)
{
    uint64_t size = 0;
    s->kind = KIND_RAW;
    CAMSEAL_TRY(raw_check(&s->raw, s->name, error));
    CAMSEAL_TRY(open_file(s, &size, error));
    size_t frame = raw_frame_bytes(&s->raw);
    if (size < frame)
        return picture_fail(error, CAMSEAL_E_FORMAT, s->name,
                            "truncated: %llu bytes, but a frame of %ux%u has %zu",
                            (unsigned long long)size, s->raw.width, s->raw.height, frame);
    s->raw_frame = malloc(frame);
    if (!s->raw_frame)
        return picture_fail(error, CAMSEAL_E_MEMORY, s->name, "no memory for a frame");
    return CAMSEAL_OK;
}

static camseal_status next_raw(picture_source *s, bool *end, picture_error *error)
{
    size_t frame = raw_frame_bytes(&s->raw);
    size_t got = fread(s->raw_frame, 1, frame, s->file);
    *end = got == 0 && feof(s->file);
    if (*end)
        return CAMSEAL_OK;
    if (got != frame)
        return picture_fail(error, CAMSEAL_E_FORMAT, s->name,
                            "truncated: the file ends inside frame %lu", s->frames + 1);
    return raw_decode(&s->picture, &s->raw, camseal_span_of(s->raw_frame, frame), s->name, error);
}

/* ---- the source -------------------------------------------------------------- */

static camseal_status mark_mosaic(picture_source *s, picture_error *error)
{
    if (!s->options.mosaic || s->picture.mosaic)
        return CAMSEAL_OK;
    if (s->picture.channels != 1 || s->picture.width % 2 || s->picture.height % 2)
        return picture_fail(error, CAMSEAL_E_FORMAT, s->name,
                            "is no mosaic: that is a grey picture with even sides");
    s->picture.mosaic = true;
    return CAMSEAL_OK;
}

static camseal_status open_spec(picture_source *s, const char *spec, picture_error *error)
{
    bool builtin = !spec || strcmp(spec, "builtin") == 0;
    bool raw = spec && strncmp(spec, "raw:", 4) == 0;
    const char *path = builtin ? "builtin" : spec;
    s->raw = s->options.raw;
    if (s->raw.dt == 0)
        s->raw.dt = CAMSEAL_CSI2_RAW16;
    if (raw)
        path = parse_raw(spec + 4, &s->raw);
    s->name = strdup(path);
    if (!s->name)
        return picture_fail(error, CAMSEAL_E_MEMORY, NULL, "no memory");
    if (builtin)
        return picture_png_read(
            &s->picture,
            camseal_span_of(camseal_builtin_picture,
                            (size_t)(camseal_builtin_picture_end - camseal_builtin_picture)),
            s->name, error);
    return raw ? open_raw(s, error) : open_picture(s, error);
}

camseal_status picture_source_open(picture_source **out, const char *spec,
                                   const picture_options *options, picture_error *error)
{
    *out = NULL;
    error->text[0] = 0;
    picture_source *s = calloc(1, sizeof *s);
    if (!s)
        return picture_fail(error, CAMSEAL_E_MEMORY, spec, "no memory");
    if (options)
        s->options = *options;
    camseal_status status = open_spec(s, spec, error);
    if (status == CAMSEAL_OK && s->kind == KIND_STILL) {
        s->serial = 1;
        status = mark_mosaic(s, error);
    }
    if (status != CAMSEAL_OK) {
        picture_source_close(s);
        return status;
    }
    *out = s;
    return CAMSEAL_OK;
}

static camseal_status read_frame(picture_source *s, bool *end, picture_error *error)
{
    camseal_status status;
    if (s->kind == KIND_RAW)
        status = next_raw(s, end, error);
    else
        status = y4m_next(&s->y4m, &s->picture, end, error);
    if (s->kind == KIND_FFMPEG && (status != CAMSEAL_OK || *end))
        return end_child(s, status, error);
    if (status != CAMSEAL_OK || *end)
        return status;
    s->frames++;
    s->serial++;
    return mark_mosaic(s, error);
}

/* The stream has ended. What comes now: nothing, the same still again, or the video from its start.
 */
static camseal_status at_end(picture_source *s, bool *end, picture_error *error)
{
    if (s->frames == 0)
        return picture_fail(error, CAMSEAL_E_FORMAT, s->name, "holds no picture");
    *end = false;
    if (s->serial == 1) {
        s->kind = KIND_STILL;
        return CAMSEAL_OK;
    }
    if (!s->options.loop) {
        s->kind = KIND_ENDED;
        return CAMSEAL_OK;
    }
    s->frames = 0;
    if (s->kind == KIND_FFMPEG) {
        CAMSEAL_TRY(start_ffmpeg(s, error));
    } else {
        rewind(s->file);
        if (s->kind == KIND_Y4M) {
            y4m_close(&s->y4m);
            CAMSEAL_TRY(start_y4m(s, error));
        }
    }
    CAMSEAL_TRY(read_frame(s, end, error));
    if (*end)
        return picture_fail(error, CAMSEAL_E_FORMAT, s->name, "changed while it was read");
    return CAMSEAL_OK;
}

camseal_status picture_source_next(picture_source *s, const picture **out, picture_error *error)
{
    *out = NULL;
    bool end = false;
    if (s->kind != KIND_STILL && s->kind != KIND_ENDED) {
        CAMSEAL_TRY(read_frame(s, &end, error));
        if (end)
            CAMSEAL_TRY(at_end(s, &end, error));
    }
    if (s->kind != KIND_ENDED)
        *out = &s->picture;
    return CAMSEAL_OK;
}

unsigned long picture_source_serial(const picture_source *s)
{
    return s->serial;
}

bool picture_source_is_still(const picture_source *s)
{
    return s->kind == KIND_STILL;
}

void picture_source_close(picture_source *s)
{
    if (!s)
        return;
    ffmpeg_stop(&s->child);
    y4m_close(&s->y4m);
    close_file(s);
    picture_free(&s->picture);
    free(s->raw_frame);
    free(s->name);
    free(s);
}
