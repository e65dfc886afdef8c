#include "overview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "picture_draw.h"

enum {
    COLUMN = 18, /* pixels of a frame, with the gap */
    WIDE = 960,  /* what few frames share */
    NARROW = 6,  /* a column where many streams share a picture */
    STRIPE = 2,  /* pixels of a byte in stripes: not to scale */
    GAP = 2,
    LABEL_EVERY = 5,
    TOP = 2 * DRAW_ROW
};

/* A row of the overview stands for several lines: it shows the first bad one, so that a single
 * forged line stays visible. */
static void squeeze(uint8_t *column, size_t rows, const uint8_t *lines, unsigned height)
{
    for (size_t row = 0; row < rows; row++) {
        size_t y = row * height / rows, end = (row + 1) * height / rows;
        column[row] = lines[y];
        for (unsigned kind = draw_kind(column[row]); ++y < end && draw_is_good(kind);) {
            kind = draw_kind(lines[y]);
            if (!draw_is_good(kind))
                column[row] = lines[y];
        }
    }
}

void overview_add(overview *o, uint64_t frame_count, const uint8_t *lines, unsigned height)
{
    if (!o->columns) {
        o->rows = OVERVIEW_ROWS;
        if (o->every_line && height > OVERVIEW_ROWS)
            o->rows = height < OVERVIEW_ROWS_MAX ? height : OVERVIEW_ROWS_MAX;
        o->columns = calloc(OVERVIEW_FRAMES_MAX, o->rows);
        o->first = frame_count;
    }
    if (!o->columns || height == 0 || frame_count < o->first + o->frames ||
        frame_count - o->first >= OVERVIEW_FRAMES_MAX)
        return;
    for (; o->first + o->frames < frame_count; o->frames++) {
        memset(o->columns + (size_t)o->frames * o->rows, PICTURE_LINE_MISSING, o->rows);
        o->counts[PICTURE_LINE_MISSING] += height;
    }
    for (unsigned y = 0; y < height; y++)
        o->counts[draw_kind(lines[y])]++;
    squeeze(o->columns + (size_t)o->frames++ * o->rows, o->rows, lines, height);
}

/* Covered bytes in the colour of verified ones, the others like unprotected ones. */
static void draw_stripes(picture *out, const overview *o, unsigned x, unsigned y, unsigned width)
{
    const overview_stripes *s = &o->stripes;
    for (unsigned i = 0; i < width / STRIPE; i++) {
        const unsigned place = s->period ? (i + s->period - s->offset) % s->period : 0;
        const unsigned kind = place < s->run ? PICTURE_LINE_STRIPES : PICTURE_LINE_BARE;
        draw_box(out, x + i * STRIPE, y, STRIPE, 1, draw_colour(kind));
    }
}

static void draw_row(picture *out, const overview *o, const uint8_t *column, unsigned r,
                     const unsigned box[3])
{
    const unsigned kind = draw_kind(column[r]), x = box[0], y = box[1] + r, width = box[2];
    if (kind == PICTURE_LINE_STRIPES)
        draw_stripes(out, o, x, y, width);
    else if (draw_is_good(kind))
        draw_box(out, x, y, width, 1, draw_colour(kind));
}

/* A bad row is drawn three high, else a single line is lost on a screen: after the good ones, and
 * only where one begins, so that a broad band does not grow. */
static void draw_bad_row(picture *out, const overview *o, const uint8_t *column, unsigned r,
                         const unsigned box[3])
{
    const unsigned kind = draw_kind(column[r]);
    const bool begins = (r == 0 || draw_is_good(draw_kind(column[r - 1]))) && r + 3 <= o->rows;
    if (!draw_is_good(kind))
        draw_box(out, box[0], box[1] + r, box[2], begins ? 3 : 1, draw_colour(kind));
}

static void draw_column(picture *out, const overview *o, unsigned i, unsigned top, unsigned step)
{
    const unsigned box[3] = {DRAW_MARGIN + i * step, top, step - GAP};
    const uint8_t *column = o->columns + (size_t)i * o->rows;
    const unsigned every = step < COLUMN ? 2 * LABEL_EVERY : LABEL_EVERY;
    char words[32];
    for (unsigned r = 0; r < o->rows; r++)
        draw_row(out, o, column, r, box);
    for (unsigned r = 0; r < o->rows; r++)
        draw_bad_row(out, o, column, r, box);
    if ((o->first + i) % every && step < 5 * COLUMN)
        return;
    snprintf(words, sizeof words, "%" PRIu64, o->first + i);
    draw_text(out, box[0], top - DRAW_ROW, words);
}

/* From row `y` on; the height that it took. */
static unsigned draw_one(picture *out, const overview *o, const char *name, unsigned y,
                         unsigned step)
{
    char title[64];
    snprintf(title, sizeof title, "%s%sframes from left, lines from top", name ? name : "",
             name ? ": " : "");
    draw_text(out, DRAW_MARGIN, y + 2, title);
    for (unsigned i = 0; i < o->frames; i++)
        draw_column(out, o, i, y + TOP, step);
    draw_legend(out, y + TOP + o->rows + DRAW_MARGIN, NULL, o->counts);
    return TOP + o->rows + DRAW_MARGIN + draw_legend_rows(NULL, o->counts) * DRAW_ROW;
}

static camseal_status draw_list(picture *out, const overview *const *list, const char *const *names,
                                size_t n, unsigned wide, picture_error *error)
{
    const unsigned least = 44 * DRAW_LETTER_STEP;
    unsigned frames = 0, height = 0, y = 0;
    for (size_t i = 0; i < n; i++) {
        frames = list[i]->frames > frames ? list[i]->frames : frames;
        height +=
            TOP + list[i]->rows + DRAW_MARGIN + draw_legend_rows(NULL, list[i]->counts) * DRAW_ROW;
    }
    if (frames == 0)
        return picture_fail(error, CAMSEAL_E_STATE, NULL, "no frame to show");
    const unsigned least_step = wide ? NARROW : COLUMN;
    const unsigned step = wide / frames > least_step ? wide / frames : least_step;
    const unsigned width = frames * step + 2 * DRAW_MARGIN;
    CAMSEAL_TRY(picture_reserve(out, width > least ? width : least, height, 3, 8, NULL, error));
    memset(out->samples, 0, picture_count(out) * sizeof *out->samples);
    for (size_t i = 0; i < n; i++)
        y += draw_one(out, list[i], names ? names[i] : NULL, y, step);
    return CAMSEAL_OK;
}

camseal_status overview_draw(picture *out, const overview *o, picture_error *error)
{
    return draw_list(out, &o, NULL, 1, 0, error);
}

camseal_status overview_draw_all(picture *out, const overview *const *list,
                                 const char *const *names, size_t n, picture_error *error)
{
    return draw_list(out, list, names, n, WIDE, error);
}

void overview_free(overview *o)
{
    free(o->columns);
    memset(o, 0, sizeof *o);
}
