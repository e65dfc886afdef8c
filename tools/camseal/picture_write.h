/* Pictures as PNG files, whole or not at all (outfile.h). */
#ifndef CAMSEAL_TOOL_PICTURE_WRITE_H
#define CAMSEAL_TOOL_PICTURE_WRITE_H

#include "picture.h"

/* 8 bits a sample are written as 8, more as 16 (scaled up to full range when fewer than 16).
 * `significant` (0: all) goes into the sBIT chunk: how many of the upper bits mean something. FILE
 * when the file cannot be made or the disk is full; then nothing new stands under `path`. */
CAMSEAL_NODISCARD camseal_status picture_write_png(const char *path, const picture *p,
                                                   unsigned significant, picture_error *error);

#endif
