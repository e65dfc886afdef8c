#include "picture_mark.h"

#include <string.h>

#include "base/try.h"
#include "picture_draw.h"
#include "scale.h"

enum {
    GUTTER = 16,
    WIDTH_MIN = 360, /* the longest legend */
    TINT_PERCENT = 60
};

/* An OK line keeps its colours; others are grey mixed with the colour of their kind. */
static void copy_line(picture *out, const picture *rgb, unsigned y, unsigned kind)
{
    const uint16_t *in = picture_row(rgb, y);
    for (unsigned x = 0; x < rgb->width; x++, in += 3) {
        uint8_t pixel[3];
        uint32_t grey = 0;
        for (unsigned c = 0; c < 3; c++) {
            pixel[c] = (uint8_t)scale_depth(in[c], rgb->bits, 8);
            grey += pixel[c];
        }
        grey /= 3;
        for (unsigned c = 0; c < 3 && !draw_is_good(kind); c++)
            pixel[c] =
                (uint8_t)((draw_colour(kind)[c] * TINT_PERCENT + grey * (100 - TINT_PERCENT)) /
                          100);
        draw_pixel(out, GUTTER + x, y, pixel);
    }
}

/* A mark of one line would be lost on a screen: it is three lines high where there is room. */
static void mark_gutters(picture *out, unsigned right, unsigned y, unsigned height, unsigned kind)
{
    unsigned first = y > 0 ? y - 1 : 0, last = y + 1 < height ? y + 1 : y;
    draw_box(out, 0, first, GUTTER - 4, last - first + 1, draw_colour(kind));
    draw_box(out, right + 4, first, GUTTER - 4, last - first + 1, draw_colour(kind));
}

camseal_status picture_mark(picture *out, const picture *rgb, const uint8_t *lines,
                            const char *title, picture_error *error)
{
    unsigned counts[PICTURE_LINE_KINDS] = {0};
    if (rgb->channels != 3)
        return picture_fail(error, CAMSEAL_E_ARGUMENT, NULL, "only RGB pictures can be marked");
    for (unsigned y = 0; y < rgb->height; y++)
        counts[draw_kind(lines[y])]++;
    unsigned width = rgb->width + 2 * GUTTER;
    unsigned height = rgb->height + DRAW_MARGIN + draw_legend_rows(title, counts) * DRAW_ROW;
    CAMSEAL_TRY(
        picture_reserve(out, width > WIDTH_MIN ? width : WIDTH_MIN, height, 3, 8, NULL, error));
    memset(out->samples, 0, picture_count(out) * sizeof *out->samples);
    for (unsigned y = 0; y < rgb->height; y++)
        copy_line(out, rgb, y, draw_kind(lines[y]));
    for (unsigned y = 0; y < rgb->height; y++)
        if (!draw_is_good(draw_kind(lines[y])))
            mark_gutters(out, GUTTER + rgb->width, y, rgb->height, draw_kind(lines[y]));
    draw_legend(out, rgb->height + DRAW_MARGIN, title, counts);
    return CAMSEAL_OK;
}
