#include "picture_draw.h"

#include <stdio.h>

#include "glyphs.h"

enum {
    DOT = 2, /* pixels of a dot of a letter */
    BOX = GLYPH_HEIGHT * DOT
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
    [PICTURE_LINE_ENCRYPTED] = {"encrypted", {0, 150, 160}},
    [PICTURE_LINE_STRIPES] = {"byte stripes", {170, 210, 60}},
    [PICTURE_LINE_BARE] = {"unprotected", {205, 170, 125}},
};
static const uint8_t white[3] = {240, 240, 240};

unsigned draw_kind(uint8_t line)
{
    return line < PICTURE_LINE_KINDS ? line : (unsigned)PICTURE_LINE_UNVERIFIED;
}

bool draw_is_good(unsigned kind)
{
    return kind == PICTURE_LINE_OK || kind >= PICTURE_LINE_ENCRYPTED;
}

const uint8_t *draw_colour(unsigned kind)
{
    return kinds[kind].rgb;
}

void draw_pixel(picture *p, unsigned x, unsigned y, const uint8_t rgb[3])
{
    if (x >= p->width || y >= p->height)
        return;
    for (unsigned c = 0; c < 3; c++)
        picture_row(p, y)[(size_t)x * 3 + c] = rgb[c];
}

void draw_box(picture *p, unsigned x, unsigned y, unsigned width, unsigned height,
              const uint8_t rgb[3])
{
    for (unsigned j = 0; j < height; j++)
        for (unsigned i = 0; i < width; i++)
            draw_pixel(p, x + i, y + j, rgb);
}

static void letter(picture *p, unsigned x, unsigned y, char c)
{
    for (unsigned j = 0; j < GLYPH_HEIGHT; j++)
        for (unsigned i = 0; i < GLYPH_WIDTH; i++)
            if (glyph_dot(c, i, j))
                draw_box(p, x + i * DOT, y + j * DOT, DOT, DOT, white);
}

void draw_text(picture *p, unsigned x, unsigned y, const char *words)
{
    for (; *words && x + GLYPH_STEP * DOT <= p->width; words++, x += GLYPH_STEP * DOT)
        letter(p, x, y, *words);
}

unsigned draw_legend_rows(const char *title, const unsigned counts[PICTURE_LINE_KINDS])
{
    unsigned rows = title ? 1 : 0;
    for (unsigned kind = 0; kind < PICTURE_LINE_KINDS; kind++)
        rows += counts[kind] != 0;
    return rows;
}

void draw_legend(picture *p, unsigned y, const char *title,
                 const unsigned counts[PICTURE_LINE_KINDS])
{
    char words[64];
    if (title) {
        draw_text(p, DRAW_MARGIN, y, title);
        y += DRAW_ROW;
    }
    for (unsigned kind = 0; kind < PICTURE_LINE_KINDS; kind++) {
        if (counts[kind] == 0)
            continue;
        snprintf(words, sizeof words, "%s: %u line%s", kinds[kind].name, counts[kind],
                 counts[kind] == 1 ? "" : "s");
        draw_box(p, DRAW_MARGIN, y, BOX, BOX, kinds[kind].rgb);
        draw_text(p, DRAW_MARGIN + BOX + DRAW_MARGIN, y, words);
        y += DRAW_ROW;
    }
}
