/* A picture in memory, and the one error line that everything about pictures reports with.
 *
 * Knows samples; does not know files or sensors. One thread.
 */
#ifndef CAMSEAL_TOOL_PICTURE_H
#define CAMSEAL_TOOL_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camseal/attributes.h"
#include "camseal/status.h"

#define PICTURE_SIDE_MAX   16384u
#define PICTURE_PIXELS_MAX (UINT32_C(1) << 26) /* 64 Mpixel: at most 384 MiB of samples */

typedef struct picture {
    unsigned width, height;
    unsigned channels; /* 1 grey or mosaic, 3 RGB                      */
    unsigned bits;     /* 8..16: samples are 0..2^bits - 1             */
    bool mosaic;       /* one channel, an RGGB pattern                 */
    uint16_t *samples; /* owned: height * width * channels, row by row */
} picture;

/* What is wrong and, after a second colon, what to do. */
typedef struct picture_error {
    char text[256];
} picture_error;

#if defined(__GNUC__) || defined(__clang__)
#define PICTURE_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define PICTURE_PRINTF(at, first)
#endif

/* Writes "NAME: text" and returns the status; a long name keeps its end. `name` may be NULL. */
camseal_status picture_fail(picture_error *error, camseal_status status, const char *name,
                            const char *format, ...) PICTURE_PRINTF(4, 5);

/* FORMAT when a side is 0 or the picture is larger than the limits. */
CAMSEAL_NODISCARD camseal_status picture_check_size(unsigned width, unsigned height,
                                                    const char *name, picture_error *error);
/* Room for a picture of this shape; keeps the memory it has when the shape is the same. Checks
 * the size; MEMORY when there is no memory. On failure *p is unchanged. `p` starts as all zero. */
CAMSEAL_NODISCARD camseal_status picture_reserve(picture *p, unsigned width, unsigned height,
                                                 unsigned channels, unsigned bits, const char *name,
                                                 picture_error *error);
size_t picture_count(const picture *p); /* samples in all */
uint16_t *picture_row(const picture *p, unsigned y);
void picture_free(picture *p);

#endif
