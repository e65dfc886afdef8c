#include "develop.h"

#include "base/try.h"
#include "bayer.h"
#include "camseal/csi2.h"
#include "scale.h"

size_t develop_line_samples(uint8_t dt, unsigned width)
{
    if (camseal_csi2_bits(dt) == 0)
        return 0;
    if (dt == CAMSEAL_CSI2_RGB888)
        return (size_t)width * 3;
    return (size_t)width * (dt == CAMSEAL_CSI2_YUV422_8 ? 2 : 1);
}

/* Whole pixel pairs, whole quads. */
static camseal_status check(uint8_t dt, unsigned width, unsigned height, picture_error *error)
{
    bool raw = dt >= CAMSEAL_CSI2_RAW8;
    if (develop_line_samples(dt, width) == 0 || width < 2 || height < (raw ? 2u : 1u) ||
        (dt != CAMSEAL_CSI2_RGB888 && width % 2) || (raw && height % 2))
        return picture_fail(error, CAMSEAL_E_ARGUMENT, NULL, "no picture: %s of %ux%u",
                            camseal_csi2_dt_name(dt), width, height);
    return CAMSEAL_OK;
}

camseal_status develop_lossless(picture *out, uint8_t dt, unsigned width, unsigned height,
                                const uint16_t *samples, picture_error *error)
{
    CAMSEAL_TRY(check(dt, width, height, error));
    unsigned shift = 16 - camseal_csi2_bits(dt);
    CAMSEAL_TRY(picture_reserve(out, (unsigned)develop_line_samples(dt, width), height, 1, 16, NULL,
                                error));
    size_t n = picture_count(out);
    for (size_t i = 0; i < n; i++)
        out->samples[i] = (uint16_t)(samples[i] << shift);
    return CAMSEAL_OK;
}

camseal_status develop_samples(uint16_t *samples, const picture *lossless, uint8_t dt,
                               unsigned width, unsigned height, picture_error *error)
{
    CAMSEAL_TRY(check(dt, width, height, error));
    unsigned bits = camseal_csi2_bits(dt);
    if (lossless->channels != 1 || (lossless->bits != 16 && lossless->bits != bits) ||
        lossless->height != height || lossless->width != develop_line_samples(dt, width))
        return picture_fail(error, CAMSEAL_E_FORMAT, NULL, "not a lossless frame of %ux%u", width,
                            height);
    unsigned shift = lossless->bits - bits;
    size_t n = picture_count(lossless);
    for (size_t i = 0; i < n; i++) {
        samples[i] = (uint16_t)(lossless->samples[i] >> shift);
        if (samples[i] << shift != lossless->samples[i])
            return picture_fail(error, CAMSEAL_E_FORMAT, NULL, "a sample has more than %u bits",
                                bits);
    }
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

/* BT.601, full range. */
static void yuv_pixel(uint16_t rgb[3], double y, double u, double v)
{
    rgb[0] = to8(y + 1.402 * (v - 128));
    rgb[1] = to8(y - 0.344136 * (u - 128) - 0.714136 * (v - 128));
    rgb[2] = to8(y + 1.772 * (u - 128));
}

static void view_yuv(picture *out, const uint16_t *samples)
{
    size_t pairs = picture_count(out) / 6;
    for (size_t i = 0; i < pairs; i++) {
        const uint16_t *p = samples + 4 * i; /* U Y V Y */
        yuv_pixel(out->samples + 6 * i, p[1], p[0], p[2]);
        yuv_pixel(out->samples + 6 * i + 3, p[3], p[0], p[2]);
    }
}

static void view_bgr(picture *out, const uint16_t *samples)
{
    size_t n = picture_count(out);
    for (size_t i = 0; i < n; i += 3) {
        out->samples[i] = samples[i + 2];
        out->samples[i + 1] = samples[i + 1];
        out->samples[i + 2] = samples[i];
    }
}

static void raise_depth(picture *p, unsigned bits)
{
    size_t n = picture_count(p);
    for (size_t i = 0; i < n; i++)
        p->samples[i] = scale_depth(p->samples[i], p->bits, bits);
    p->bits = bits;
}

camseal_status develop_view(picture *out, uint8_t dt, unsigned width, unsigned height,
                            const uint16_t *samples, picture_error *error)
{
    CAMSEAL_TRY(check(dt, width, height, error));
    if (dt >= CAMSEAL_CSI2_RAW8) {
        CAMSEAL_TRY(bayer_demosaic(out, samples, width, height, camseal_csi2_bits(dt), error));
        raise_depth(out, 16);
        return CAMSEAL_OK;
    }
    CAMSEAL_TRY(picture_reserve(out, width, height, 3, 8, NULL, error));
    if (dt == CAMSEAL_CSI2_RGB888)
        view_bgr(out, samples);
    else
        view_yuv(out, samples);
    return CAMSEAL_OK;
}
