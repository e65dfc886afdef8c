/* Drawing for pictures that explain themselves: boxes, words, the colours of line states, a legend.
 */
#ifndef CAMSEAL_TOOL_PICTURE_DRAW_H
#define CAMSEAL_TOOL_PICTURE_DRAW_H

#include "picture_mark.h"

enum {
    DRAW_LETTER_STEP = 12, /* pixels from letter to letter */
    DRAW_ROW = 22,         /* height of a row of the legend */
    DRAW_MARGIN = 8
};

/* All of these clip at the edges of an 8-bit RGB picture. */
void draw_pixel(picture *p, unsigned x, unsigned y, const uint8_t rgb[3]);
void draw_box(picture *p, unsigned x, unsigned y, unsigned width, unsigned height,
              const uint8_t rgb[3]);
/* Whole letters only, 14 pixels high. */
void draw_text(picture *p, unsigned x, unsigned y, const char *words);

/* The colour of enum picture_line; numbers out of range count as not verified. */
unsigned draw_kind(uint8_t line);
const uint8_t *draw_colour(unsigned kind);
bool draw_is_good(unsigned kind); /* nothing is wrong with such a line */
/* Rows that the legend takes, and the legend: a title (may be NULL), then "forged: 3 lines" for
 * each kind that was counted. */
unsigned draw_legend_rows(const char *title, const unsigned counts[PICTURE_LINE_KINDS]);
void draw_legend(picture *p, unsigned y, const char *title,
                 const unsigned counts[PICTURE_LINE_KINDS]);

#endif
