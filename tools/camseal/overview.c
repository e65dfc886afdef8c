#include "overview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "picture_draw.h"

enum {
    COLUMN = 18, /* pixels of a frame, with the gap */
    GAP = 2,
    LABEL_EVERY = 5,
    TOP = 2 * DRAW_ROW
};

/* A row of the overview stands for several lines: it shows the first bad one, so that a single
 * forged line stays visible. */
static void squeeze(uint8_t *column, const uint8_t *lines, unsigned height)
{
    for (size_t row = 0; row < OVERVIEW_ROWS; row++) {
        size_t y = row * height / OVERVIEW_ROWS, end = (row + 1) * height / OVERVIEW_ROWS;
        column[row] = lines[y];
        while (++y < end && column[row] == PICTURE_LINE_OK)
            column[row] = lines[y];
    }
}

void overview_add(overview *o, uint64_t frame_count, const uint8_t *lines, unsigned height)
{
    if (!o->columns) {
        o->columns = calloc(OVERVIEW_FRAMES_MAX, sizeof *o->columns);
        o->first = frame_count;
    }
    if (!o->columns || height == 0 || frame_count < o->first + o->frames ||
        frame_count - o->first >= OVERVIEW_FRAMES_MAX)
        return;
    for (; o->first + o->frames < frame_count; o->frames++) {
        memset(o->columns[o->frames], PICTURE_LINE_MISSING, OVERVIEW_ROWS);
        o->counts[PICTURE_LINE_MISSING] += height;
    }
    for (unsigned y = 0; y < height; y++)
        o->counts[draw_kind(lines[y])]++;
    squeeze(o->columns[o->frames++], lines, height);
}

static void draw_column(picture *out, const overview *o, unsigned i)
{
    const unsigned x = DRAW_MARGIN + i * COLUMN;
    char words[32];
    for (unsigned r = 0; r < OVERVIEW_ROWS; r++) {
        unsigned kind = draw_kind(o->columns[i][r]);
        /* A bad row is drawn three high, else a single line is lost on a screen. */
        unsigned high = kind == PICTURE_LINE_OK ? 1 : 3;
        if (kind != PICTURE_LINE_OK || r < 3 || o->columns[i][r - 1] == PICTURE_LINE_OK)
            draw_box(out, x, TOP + r, COLUMN - GAP, high, draw_colour(kind));
    }
    if ((o->first + i) % LABEL_EVERY)
        return;
    snprintf(words, sizeof words, "%" PRIu64, o->first + i);
    draw_text(out, x, DRAW_ROW, words);
}

camseal_status overview_draw(picture *out, const overview *o, picture_error *error)
{
    if (o->frames == 0)
        return picture_fail(error, CAMSEAL_E_STATE, NULL, "no frame to show");
    const unsigned rows = draw_legend_rows(NULL, o->counts);
    const unsigned columns = o->frames * COLUMN + 2 * DRAW_MARGIN;
    const unsigned least = 40 * DRAW_LETTER_STEP;
    CAMSEAL_TRY(picture_reserve(out, columns > least ? columns : least,
                                TOP + OVERVIEW_ROWS + DRAW_MARGIN + rows * DRAW_ROW, 3, 8, NULL,
                                error));
    memset(out->samples, 0, picture_count(out) * sizeof *out->samples);
    draw_text(out, DRAW_MARGIN, 2, "frames from left, lines from top");
    for (unsigned i = 0; i < o->frames; i++)
        draw_column(out, o, i);
    draw_legend(out, TOP + OVERVIEW_ROWS + DRAW_MARGIN, NULL, o->counts);
    return CAMSEAL_OK;
}

void overview_free(overview *o)
{
    free(o->columns);
    memset(o, 0, sizeof *o);
}
