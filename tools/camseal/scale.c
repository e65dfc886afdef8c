#include "scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"

/* How one axis is resampled: output i is the sum of weights[i * taps + k] * input[first[i] + k]. */
typedef struct axis {
    unsigned taps;
    unsigned *first;
    double *weights;
} axis;

uint16_t scale_depth(uint32_t value, unsigned from, unsigned to)
{
    uint32_t top_from = (1u << from) - 1, top_to = (1u << to) - 1;
    return (uint16_t)((value * top_to + top_from / 2) / top_from);
}

static void free_axis(axis *a)
{
    free(a->first);
    free(a->weights);
}

static bool alloc_axis(axis *a, unsigned out, unsigned taps)
{
    a->taps = taps;
    a->first = calloc(out, sizeof *a->first);
    a->weights = calloc((size_t)out * taps, sizeof *a->weights);
    return a->first && a->weights;
}

/* Shrinking: how much of each input lies under the output. */
static void area_weights(axis *a, unsigned out, unsigned in)
{
    double step = (double)in / out;
    for (unsigned i = 0; i < out; i++) {
        double from = i * step, to = from + step;
        double *w = a->weights + (size_t)i * a->taps;
        a->first[i] = (unsigned)from;
        for (unsigned k = 0; k < a->taps && a->first[i] + k < in; k++) {
            double left = fmax(from, a->first[i] + k), right = fmin(to, a->first[i] + k + 1.0);
            w[k] = right > left ? (right - left) / step : 0;
        }
    }
}

/* Growing: the two inputs whose centres are nearest. */
static void linear_weights(axis *a, unsigned out, unsigned in)
{
    for (unsigned i = 0; i < out; i++) {
        double centre = (i + 0.5) * in / out - 0.5;
        centre = fmin(fmax(centre, 0), in - 1.0);
        unsigned first = (unsigned)centre;
        if (first + a->taps > in)
            first = in - a->taps;
        double *w = a->weights + (size_t)i * a->taps;
        a->first[i] = first;
        for (unsigned k = 0; k < a->taps; k++)
            w[k] = fmax(0, 1 - fabs(centre - (first + k)));
    }
}

static bool make_axis(axis *a, unsigned out, unsigned in)
{
    if (out < in) {
        if (!alloc_axis(a, out, in / out + 2))
            return false;
        area_weights(a, out, in);
        return true;
    }
    if (!alloc_axis(a, out, in > 1 ? 2 : 1))
        return false;
    linear_weights(a, out, in);
    return true;
}

static void sum_rows(double *sum, const picture *in, const axis *a, unsigned y)
{
    size_t n = (size_t)in->width * in->channels;
    memset(sum, 0, n * sizeof *sum);
    for (unsigned k = 0; k < a->taps; k++) {
        double w = a->weights[(size_t)y * a->taps + k];
        if (w == 0)
            continue; /* also: beyond the last row */
        const uint16_t *row = picture_row(in, a->first[y] + k);
        for (size_t i = 0; i < n; i++)
            sum[i] += w * row[i];
    }
}

static void sum_columns(uint16_t *row, const double *sum, const axis *a, const picture *out,
                        double factor)
{
    double top = (double)((1u << out->bits) - 1);
    for (unsigned x = 0; x < out->width; x++) {
        const double *w = a->weights + (size_t)x * a->taps;
        for (unsigned c = 0; c < out->channels; c++) {
            double v = 0;
            for (unsigned k = 0; k < a->taps; k++)
                if (w[k] > 0)
                    v += w[k] * sum[(size_t)(a->first[x] + k) * out->channels + c];
            row[(size_t)x * out->channels + c] = (uint16_t)fmin(v * factor + 0.5, top);
        }
    }
}

static void change_depth(picture *out, const picture *in)
{
    size_t n = picture_count(in);
    for (size_t i = 0; i < n; i++)
        out->samples[i] = scale_depth(in->samples[i], in->bits, out->bits);
}

static void resample(picture *out, const picture *in, const axis *x, const axis *y, double *sum)
{
    double factor = (double)((1u << out->bits) - 1) / (double)((1u << in->bits) - 1);
    for (unsigned row = 0; row < out->height; row++) {
        sum_rows(sum, in, y, row);
        sum_columns(picture_row(out, row), sum, x, out, factor);
    }
}

camseal_status scale_picture(picture *out, const picture *in, unsigned width, unsigned height,
                             unsigned bits, picture_error *error)
{
    CAMSEAL_TRY(picture_reserve(out, width, height, in->channels, bits, NULL, error));
    if (width == in->width && height == in->height) {
        change_depth(out, in);
        return CAMSEAL_OK;
    }
    axis x = {0}, y = {0};
    double *sum = malloc((size_t)in->width * in->channels * sizeof *sum);
    bool ready = make_axis(&x, width, in->width) && make_axis(&y, height, in->height) && sum;
    if (ready)
        resample(out, in, &x, &y, sum);
    free_axis(&x);
    free_axis(&y);
    free(sum);
    if (!ready)
        return picture_fail(error, CAMSEAL_E_MEMORY, NULL, "no memory to scale a picture");
    return CAMSEAL_OK;
}
