/* One picture of a whole stream: a column a frame, a row a line, coloured by what was found there.
 */
#ifndef CAMSEAL_TOOL_OVERVIEW_H
#define CAMSEAL_TOOL_OVERVIEW_H

#include "picture_mark.h"

enum { OVERVIEW_FRAMES_MAX = 400, OVERVIEW_ROWS = 448, OVERVIEW_ROWS_MAX = 2304 };

/* SV-4: bytes i with (i - offset) mod period < run are covered; period 0: none. */
typedef struct overview_stripes {
    unsigned offset, run, period;
} overview_stripes;

typedef struct overview {
    uint64_t first;  /* frame_count of the first column */
    unsigned frames; /* columns in use                  */
    unsigned counts[PICTURE_LINE_KINDS];
    bool every_line;          /* in: a row a line, up to OVERVIEW_ROWS_MAX, else OVERVIEW_ROWS */
    unsigned rows;            /* of a column: told by the first frame                          */
    uint8_t *columns;         /* owned; `rows` of enum picture_line a frame                    */
    overview_stripes stripes; /* of PICTURE_LINE_STRIPES */
} overview;

/* Adds a frame; lines[height] holds enum picture_line. Frames between the last one and this one did
 * not come: their columns are missing throughout. What does not fit (more than OVERVIEW_FRAMES_MAX
 * frames after the first, no memory) is left out. */
void overview_add(overview *o, uint64_t frame_count, const uint8_t *lines, unsigned height);

/* A new 8-bit RGB picture with the numbers of the frames and a legend. STATE when no frame was
 * added. */
CAMSEAL_NODISCARD camseal_status overview_draw(picture *out, const overview *o,
                                               picture_error *error);

/* The same for several streams, one below the other, each with its name; columns are as wide as the
 * picture allows. STATE when there is none. */
CAMSEAL_NODISCARD camseal_status overview_draw_all(picture *out, const overview *const *list,
                                                   const char *const *names, size_t n,
                                                   picture_error *error);

void overview_free(overview *o);

#endif
