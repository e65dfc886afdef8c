/* Where the sensor's pictures come from: a still, a video, or the picture inside the command.
 *
 * Chooses the format by the first bytes of a file (never by its name). Every failure leaves one
 * line in `error` that names the file, what is wrong and what to do. One thread.
 */
#ifndef CAMSEAL_TOOL_PICTURE_SOURCE_H
#define CAMSEAL_TOOL_PICTURE_SOURCE_H

#include "picture_format.h"

typedef struct picture_options {
    raw_format raw; /* for raw files whose spec has no geometry; dt 0: RAW16, unpacked  */
    bool mosaic;    /* pictures with one channel are RGGB mosaics (accepted-mosaic.png) */
    bool loop;      /* start a video again at its end                                   */
} picture_options;

typedef struct picture_source picture_source;

/* `spec`: NULL or "builtin"; a PNG, PGM, PPM or Y4M file; "raw:WxH:FILE", "raw:WxH:FORMAT:FILE"
 * with raw8 ... raw16 (16-bit LE words) or raw8p ... raw16p (packed CSI-2 lines), "raw:FILE" with
 * the geometry in the options; anything else through ffmpeg. `options` may be NULL. FILE, FORMAT,
 * ARGUMENT (spec or options) or MEMORY. */
CAMSEAL_NODISCARD camseal_status picture_source_open(picture_source **out, const char *spec,
                                                     const picture_options *options,
                                                     picture_error *error);

/* The next picture, borrowed until the next call; NULL after the last one of a video. A still, and
 * a video of one frame, come for ever, as the same object. */
CAMSEAL_NODISCARD camseal_status picture_source_next(picture_source *source, const picture **out,
                                                     picture_error *error);
/* Rises whenever picture_source_next gave something new. */
unsigned long picture_source_serial(const picture_source *source);
bool picture_source_is_still(const picture_source *source);
/* Ends and reaps the child, closes the file. NULL is fine. */
void picture_source_close(picture_source *source);

#endif
