#include "picture_mark.h"

#include <stdio.h>
#include <string.h>

#include "base/try.h"
#include "glyphs.h"
#include "scale.h"

enum {
    GUTTER = 16,
    DOT = 2, /* pixels of a dot of a letter */
    LEGEND_ROW = (GLYPH_HEIGHT + 4) * DOT,
    BOX = GLYPH_HEIGHT * DOT,
    MARGIN = 8,
    WIDTH_MIN = 360, /* the longest legend */
    TINT_PERCENT = 60
};

static const struct kind {
    const char *name;
    uint8_t rgb[3];
} kinds[PICTURE_LINE_KINDS] = {
    [PICTURE_LINE_OK] = {"verified", {60, 180, 75}},
    [PICTURE_LINE_FORGED] = {"forged", {230, 25, 40}},
    [PICTURE_LINE_REPLAYED] = {"replayed", {255, 140, 0}},
    [PICTURE_LINE_MISSING] = {"missing", {40, 110, 255}},
    [PICTURE_LINE_MALFORMED] = {"malformed", {200, 40, 220}},
    [PICTURE_LINE_NOISE] = {"line noise", {250, 220, 40}},
    [PICTURE_LINE_UNVERIFIED] = {"not verified", {150, 150, 150}},
};
static const uint8_t white[3] = {240, 240, 240};

static unsigned kind_of(uint8_t line)
{
    return line < PICTURE_LINE_KINDS ? line : (unsigned)PICTURE_LINE_UNVERIFIED;
}

static void put(picture *p, unsigned x, unsigned y, const uint8_t rgb[3])
{
    if (x >= p->width || y >= p->height)
        return;
    for (unsigned c = 0; c < 3; c++)
        picture_row(p, y)[(size_t)x * 3 + c] = rgb[c];
}

static void fill(picture *p, unsigned x, unsigned y, unsigned width, unsigned height,
                 const uint8_t rgb[3])
{
    for (unsigned j = 0; j < height; j++)
        for (unsigned i = 0; i < width; i++)
            put(p, x + i, y + j, rgb);
}

static void letter(picture *p, unsigned x, unsigned y, char c)
{
    for (unsigned j = 0; j < GLYPH_HEIGHT; j++)
        for (unsigned i = 0; i < GLYPH_WIDTH; i++)
            if (glyph_dot(c, i, j))
                fill(p, x + i * DOT, y + j * DOT, DOT, DOT, white);
}

/* Whole letters only. */
static void text(picture *p, unsigned x, unsigned y, const char *words)
{
    for (; *words && x + GLYPH_STEP * DOT <= p->width; words++, x += GLYPH_STEP * DOT)
        letter(p, x, y, *words);
}

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
        for (unsigned c = 0; c < 3 && kind != PICTURE_LINE_OK; c++)
            pixel[c] =
                (uint8_t)((kinds[kind].rgb[c] * TINT_PERCENT + grey * (100 - TINT_PERCENT)) / 100);
        put(out, GUTTER + x, y, pixel);
    }
}

/* A mark of one line would be lost on a screen: it is three lines high where there is room. */
static void mark_gutters(picture *out, unsigned right, unsigned y, unsigned height, unsigned kind)
{
    unsigned first = y > 0 ? y - 1 : 0, last = y + 1 < height ? y + 1 : y;
    fill(out, 0, first, GUTTER - 4, last - first + 1, kinds[kind].rgb);
    fill(out, right + 4, first, GUTTER - 4, last - first + 1, kinds[kind].rgb);
}

static void write_legend(picture *out, unsigned y, const char *title,
                         const unsigned counts[PICTURE_LINE_KINDS])
{
    char words[64];
    if (title) {
        text(out, MARGIN, y, title);
        y += LEGEND_ROW;
    }
    for (unsigned kind = 0; kind < PICTURE_LINE_KINDS; kind++) {
        if (counts[kind] == 0)
            continue;
        snprintf(words, sizeof words, "%s: %u line%s", kinds[kind].name, counts[kind],
                 counts[kind] == 1 ? "" : "s");
        fill(out, MARGIN, y, BOX, BOX, kinds[kind].rgb);
        text(out, MARGIN + BOX + MARGIN, y, words);
        y += LEGEND_ROW;
    }
}

camseal_status picture_mark(picture *out, const picture *rgb, const uint8_t *lines,
                            const char *title, picture_error *error)
{
    unsigned counts[PICTURE_LINE_KINDS] = {0}, rows = title ? 1 : 0;
    if (rgb->channels != 3)
        return picture_fail(error, CAMSEAL_E_ARGUMENT, NULL, "only RGB pictures can be marked");
    for (unsigned y = 0; y < rgb->height; y++)
        rows += counts[kind_of(lines[y])]++ == 0;
    unsigned width = rgb->width + 2 * GUTTER;
    unsigned height = rgb->height + MARGIN + rows * LEGEND_ROW;
    CAMSEAL_TRY(
        picture_reserve(out, width > WIDTH_MIN ? width : WIDTH_MIN, height, 3, 8, NULL, error));
    memset(out->samples, 0, picture_count(out) * sizeof *out->samples);
    for (unsigned y = 0; y < rgb->height; y++)
        copy_line(out, rgb, y, kind_of(lines[y]));
    for (unsigned y = 0; y < rgb->height; y++)
        if (kind_of(lines[y]) != PICTURE_LINE_OK)
            mark_gutters(out, GUTTER + rgb->width, y, rgb->height, kind_of(lines[y]));
    write_legend(out, rgb->height + MARGIN, title, counts);
    return CAMSEAL_OK;
}
