#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "bayer.h"
#include "camseal/csi2.h"
#include "develop.h"
#include "scale.h"

struct scene {
    scene_options options;
    picture_source *source;
    uint8_t dt;
    unsigned width, height;
    size_t line_samples;
    uint16_t *frame;      /* owned: the picture as samples, before the pan */
    unsigned long serial; /* of the picture in `frame` */
    uint64_t number;      /* of the frame that was asked for last */
    bool started;
    picture scaled, rgb; /* scratch */
    picture_error error;
};

static bool is_raw(const scene *s)
{
    return s->dt >= CAMSEAL_CSI2_RAW8;
}

/* ---- from a picture to samples ----------------------------------------------- */

/* The picture as one that can be scaled: mosaics become RGB, by quads or pixels. */
static camseal_status flatten(scene *s, const picture **p)
{
    if (!(*p)->mosaic)
        return CAMSEAL_OK;
    const picture *mosaic = *p;
    *p = &s->rgb;
    if (is_raw(s))
        return bayer_to_quads(&s->rgb, mosaic, &s->error);
    return bayer_demosaic(&s->rgb, mosaic->samples, mosaic->width, mosaic->height, mosaic->bits,
                          &s->error);
}

static camseal_status render_raw(scene *s, const picture *p)
{
    unsigned bits = camseal_csi2_bits(s->dt);
    if (p->mosaic && p->width == s->width && p->height == s->height) {
        size_t n = picture_count(p);
        for (size_t i = 0; i < n; i++)
            s->frame[i] = scale_depth(p->samples[i], p->bits, bits);
        return CAMSEAL_OK;
    }
    CAMSEAL_TRY(flatten(s, &p));
    CAMSEAL_TRY(scale_picture(&s->scaled, p, s->width / 2, s->height / 2, bits, &s->error));
    bayer_from_quads(s->frame, &s->scaled);
    return CAMSEAL_OK;
}

static uint16_t to8(double v)
{
    if (v <= 0)
        return 0;
    if (v >= 255)
        return 255;
    return (uint16_t)(v + 0.5);
}

/* Two RGB pixels of 16 bits to U Y V Y: BT.601, full range, chroma of their mean. */
static void yuv_pair(uint16_t *out, const double a[3], const double b[3])
{
    double ya = 0.299 * a[0] + 0.587 * a[1] + 0.114 * a[2];
    double yb = 0.299 * b[0] + 0.587 * b[1] + 0.114 * b[2];
    double y = (ya + yb) / 2, blue = (a[2] + b[2]) / 2, red = (a[0] + b[0]) / 2;
    out[0] = to8((blue - y) / 1.772 + 128);
    out[1] = to8(ya);
    out[2] = to8((red - y) / 1.402 + 128);
    out[3] = to8(yb);
}

static void load_rgb(double rgb[3], const picture *p, size_t pixel)
{
    for (unsigned c = 0; c < 3; c++)
        rgb[c] = p->samples[pixel * p->channels + (p->channels == 3 ? c : 0)] / 257.0;
}

static void fill_yuv(uint16_t *frame, const picture *p)
{
    size_t pixels = (size_t)p->width * p->height;
    for (size_t i = 0; i < pixels; i += 2) {
        double a[3], b[3];
        load_rgb(a, p, i);
        load_rgb(b, p, i + 1);
        yuv_pair(frame + 2 * i, a, b);
    }
}

static void fill_bgr(uint16_t *frame, const picture *p)
{
    size_t pixels = (size_t)p->width * p->height;
    for (size_t i = 0; i < pixels; i++)
        for (unsigned c = 0; c < 3; c++)
            frame[3 * i + c] = p->samples[i * p->channels + (p->channels == 3 ? 2 - c : 0)];
}

static camseal_status render(scene *s, const picture *p)
{
    if (is_raw(s))
        return render_raw(s, p);
    bool yuv = s->dt == CAMSEAL_CSI2_YUV422_8;
    CAMSEAL_TRY(flatten(s, &p));
    CAMSEAL_TRY(scale_picture(&s->scaled, p, s->width, s->height, yuv ? 16 : 8, &s->error));
    if (yuv)
        fill_yuv(s->frame, &s->scaled);
    else
        fill_bgr(s->frame, &s->scaled);
    return CAMSEAL_OK;
}

/* ---- open and close ---------------------------------------------------------- */

static bool side_fits(unsigned side)
{
    return side >= SCENE_SIDE_MIN && side <= SCENE_SIDE_MAX && side % 2 == 0;
}

static camseal_status choose_mode(scene *s, const picture *p)
{
    bool own = s->options.width == 0 && s->options.height == 0;
    unsigned factor = is_raw(s) && !p->mosaic ? 2 : 1;
    s->width = own ? p->width * factor / 2 * 2 : s->options.width;
    s->height = own ? p->height * factor / 2 * 2 : s->options.height;
    s->line_samples = develop_line_samples(s->dt, s->width);
    const char *whose = own ? "the picture's own mode " : "mode ";
    const char *advice = own ? ": choose another mode" : "";
    if (!side_fits(s->width) || !side_fits(s->height))
        return picture_fail(&s->error, CAMSEAL_E_ARGUMENT, NULL,
                            "%s%ux%u is impossible: even numbers from %d to %d%s", whose, s->width,
                            s->height, SCENE_SIDE_MIN, SCENE_SIDE_MAX, advice);
    if (camseal_csi2_line_bytes(s->dt, s->line_samples) == 0)
        return picture_fail(&s->error, CAMSEAL_E_ARGUMENT, NULL,
                            "%s%ux%u is impossible: the width of %s is a multiple of 4%s", whose,
                            s->width, s->height, camseal_csi2_dt_name(s->dt), advice);
    return CAMSEAL_OK;
}

static camseal_status set_up(scene *s, const char *spec)
{
    const picture *p;
    if (s->options.dt == 0)
        s->options.dt = CAMSEAL_CSI2_RAW12;
    s->dt = s->options.dt;
    if (develop_line_samples(s->dt, 2) == 0)
        return picture_fail(&s->error, CAMSEAL_E_ARGUMENT, NULL, "no picture format 0x%02X", s->dt);
    CAMSEAL_TRY(picture_source_open(&s->source, spec, &s->options.picture, &s->error));
    CAMSEAL_TRY(picture_source_next(s->source, &p, &s->error));
    CAMSEAL_TRY(choose_mode(s, p));
    s->frame = malloc(s->line_samples * s->height * sizeof *s->frame);
    if (!s->frame)
        return picture_fail(&s->error, CAMSEAL_E_MEMORY, NULL, "no memory for a frame of %ux%u",
                            s->width, s->height);
    s->serial = picture_source_serial(s->source);
    return render(s, p);
}

camseal_status scene_open(scene **out, const char *spec, const scene_options *options,
                          picture_error *error)
{
    *out = NULL;
    scene *s = calloc(1, sizeof *s);
    if (!s)
        return picture_fail(error, CAMSEAL_E_MEMORY, NULL, "no memory");
    s->options = *options;
    camseal_status status = set_up(s, spec);
    *error = s->error;
    if (status != CAMSEAL_OK) {
        scene_close(s);
        return status;
    }
    *out = s;
    return CAMSEAL_OK;
}

void scene_close(scene *s)
{
    if (!s)
        return;
    picture_source_close(s->source);
    picture_free(&s->scaled);
    picture_free(&s->rgb);
    free(s->frame);
    free(s);
}

unsigned scene_width(const scene *s)
{
    return s->width;
}

unsigned scene_height(const scene *s)
{
    return s->height;
}

size_t scene_line_samples(const scene *s)
{
    return s->line_samples;
}

bool scene_is_still(const scene *s)
{
    return picture_source_is_still(s->source);
}

const char *scene_error(const scene *s)
{
    return s->error.text;
}

/* ---- frames ------------------------------------------------------------------ */

/* Makes s->frame the picture of frame n. */
static camseal_status go_to(scene *s, uint64_t n)
{
    if (s->started && s->number == n)
        return CAMSEAL_OK;
    if (s->started) {
        const picture *p;
        CAMSEAL_TRY(picture_source_next(s->source, &p, &s->error));
        if (!p)
            return picture_fail(&s->error, CAMSEAL_E_NOT_FOUND, NULL, "the video has ended");
        unsigned long serial = picture_source_serial(s->source);
        if (serial != s->serial)
            CAMSEAL_TRY(render(s, p));
        s->serial = serial;
    }
    s->started = true;
    s->number = n;
    return CAMSEAL_OK;
}

/* Samples by which the lines of frame n are rotated: whole pixel pairs, so that the colour of a
 * place stays. */
static size_t pan_of(const scene *s, uint64_t n)
{
    uint64_t pairs = s->width / 2, pan = 0;
    if (s->options.pan > 0)
        pan = (uint64_t)s->options.pan;
    else if (s->options.pan == 0 && picture_source_is_still(s->source))
        pan = SCENE_PAN_DEFAULT;
    return (size_t)(n % pairs * (pan % pairs) % pairs) * (s->line_samples / (size_t)pairs);
}

camseal_status scene_line(scene *s, uint64_t n, unsigned row, uint16_t *samples)
{
    if (row >= s->height)
        return picture_fail(&s->error, CAMSEAL_E_ARGUMENT, NULL, "there is no line %u", row);
    CAMSEAL_TRY(go_to(s, n));
    const uint16_t *line = s->frame + row * s->line_samples;
    size_t pan = pan_of(s, n);
    memcpy(samples, line + pan, (s->line_samples - pan) * sizeof *samples);
    memcpy(samples + s->line_samples - pan, line, pan * sizeof *samples);
    return CAMSEAL_OK;
}

camseal_status scene_frame(scene *s, uint64_t n, uint16_t *samples)
{
    for (unsigned row = 0; row < s->height; row++)
        CAMSEAL_TRY(scene_line(s, n, row, samples + row * s->line_samples));
    return CAMSEAL_OK;
}
