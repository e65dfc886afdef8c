#include "bayer.h"

#include "base/try.h"

void bayer_from_quads(uint16_t *mosaic, const picture *quads)
{
    size_t line = (size_t)quads->width * 2;
    unsigned green = quads->channels == 3 ? 1 : 0, blue = quads->channels == 3 ? 2 : 0;
    for (unsigned y = 0; y < quads->height; y++) {
        const uint16_t *p = picture_row(quads, y);
        uint16_t *upper = mosaic + 2 * y * line, *lower = upper + line;
        for (unsigned x = 0; x < quads->width; x++, p += quads->channels) {
            upper[2 * x] = p[0];
            upper[2 * x + 1] = p[green];
            lower[2 * x] = p[green];
            lower[2 * x + 1] = p[blue];
        }
    }
}

camseal_status bayer_to_quads(picture *out, const picture *mosaic, picture_error *error)
{
    CAMSEAL_TRY(
        picture_reserve(out, mosaic->width / 2, mosaic->height / 2, 3, mosaic->bits, NULL, error));
    for (unsigned y = 0; y < out->height; y++) {
        const uint16_t *upper = picture_row(mosaic, 2 * y), *lower = picture_row(mosaic, 2 * y + 1);
        uint16_t *p = picture_row(out, y);
        for (unsigned x = 0; x < out->width; x++, p += 3) {
            p[0] = upper[2 * x];
            p[1] = (uint16_t)((upper[2 * x + 1] + lower[2 * x] + 1) / 2);
            p[2] = lower[2 * x + 1];
        }
    }
    return CAMSEAL_OK;
}

/* A sample and its eight neighbours, by row (above, here, below) and column (left, here, right). */
typedef struct patch {
    const uint16_t *row[3];
    size_t column[3];
} patch;

static uint32_t at(const patch *p, unsigned row, unsigned column)
{
    return p->row[row][p->column[column]];
}

static uint16_t cross(const patch *p)
{
    return (uint16_t)((at(p, 0, 1) + at(p, 2, 1) + at(p, 1, 0) + at(p, 1, 2) + 2) / 4);
}

static uint16_t corners(const patch *p)
{
    return (uint16_t)((at(p, 0, 0) + at(p, 0, 2) + at(p, 2, 0) + at(p, 2, 2) + 2) / 4);
}

static uint16_t beside(const patch *p)
{
    return (uint16_t)((at(p, 1, 0) + at(p, 1, 2) + 1) / 2);
}

static uint16_t above(const patch *p)
{
    return (uint16_t)((at(p, 0, 1) + at(p, 2, 1) + 1) / 2);
}

/* Mirroring keeps the phase of the pattern: the neighbour of column 0 is column 1. */
static size_t before(size_t i)
{
    return i > 0 ? i - 1 : 1;
}

static size_t after(size_t i, size_t n)
{
    return i + 1 < n ? i + 1 : n - 2;
}

static void demosaic_pixel(uint16_t rgb[3], const patch *p, bool odd_row, bool odd_column)
{
    uint16_t own = (uint16_t)at(p, 1, 1);
    bool green = odd_row != odd_column;
    if (green) {
        rgb[0] = odd_row ? above(p) : beside(p);
        rgb[1] = own;
        rgb[2] = odd_row ? beside(p) : above(p);
        return;
    }
    rgb[0] = odd_row ? corners(p) : own;
    rgb[1] = cross(p);
    rgb[2] = odd_row ? own : corners(p);
}

camseal_status bayer_demosaic(picture *out, const uint16_t *mosaic, unsigned width, unsigned height,
                              unsigned bits, picture_error *error)
{
    CAMSEAL_TRY(picture_reserve(out, width, height, 3, bits, NULL, error));
    for (unsigned y = 0; y < height; y++) {
        patch p = {{mosaic + before(y) * width, mosaic + (size_t)y * width,
                    mosaic + after(y, height) * width},
                   {0, 0, 0}};
        uint16_t *row = picture_row(out, y);
        for (unsigned x = 0; x < width; x++) {
            p.column[0] = before(x);
            p.column[1] = x;
            p.column[2] = after(x, width);
            demosaic_pixel(row + 3 * (size_t)x, &p, y % 2 != 0, x % 2 != 0);
        }
    }
    return CAMSEAL_OK;
}
