/* The picture of one frame, built line by line from verified messages only; a line that never
 * verified stays black. Remembers which lines were attacked. Knows pixel packing; knows no packets
 * and no files. */
#ifndef CAMSEAL_TOOL_ASSEMBLY_H
#define CAMSEAL_TOOL_ASSEMBLY_H

#include <stdbool.h>

#include "camseal/bytes.h"
#include "camseal/status.h"
#include "picture_mark.h"

/* A row: this bit, and an enum picture_line that says what was found there. */
#define ASSEMBLY_VERIFIED 0x80u

#define ASSEMBLY_ROWS_MAX 16384u

typedef struct assembly {
    uint8_t dt;
    unsigned width, height; /* pixels; height grows with the lines that arrive */
    size_t line_samples;
    uint16_t *samples; /* height * line_samples, owned */
    uint8_t *rows;     /* one byte a line, owned */
    unsigned capacity; /* lines that fit */
    uint64_t frame_count;
} assembly;

/* Clears the picture for a new frame; keeps the geometry. */
void assembly_begin(assembly *a, uint64_t frame_count);
/* Announced geometry: these rows exist even if their lines never come. Another width than before
 * drops what was there. Without it the first line tells the width, and rows appear as they come. */
void assembly_geometry(assembly *a, unsigned width, unsigned height);
/* One verified line. FORMAT when it does not unpack or has another width than the frame. */
CAMSEAL_NODISCARD camseal_status assembly_line(assembly *a, uint32_t row, camseal_span payload);
/* Something was found wrong at a line; the first finding stays. Rows that do not exist are ignored.
 */
void assembly_mark(assembly *a, uint32_t row, enum picture_line what);
/* What to show of each line: the mark, MISSING where nothing verified; lines[a->height]. */
void assembly_lines(const assembly *a, uint8_t *lines);
void assembly_swap(assembly *a, assembly *b);
void assembly_free(assembly *a);

#endif
