/* A frame as picture files: what was accepted, and where something was wrong. */
#ifndef CAMSEAL_TOOL_PICTURE_FILES_H
#define CAMSEAL_TOOL_PICTURE_FILES_H

#include "assembly.h"

/* FOLDER/NAME.png to look at and, where that is not lossless, every sample: NAME-mosaic.png for
 * RAW, NAME-samples.png for YUV422. */
CAMSEAL_NODISCARD camseal_status picture_files_accepted(const char *folder, const char *name,
                                                        const assembly *a, picture_error *error);
/* FOLDER/NAME.png: the frame as far as it verified, each line marked; lines[a->height] holds
 * enum picture_line. */
CAMSEAL_NODISCARD camseal_status picture_files_marked(const char *folder, const char *name,
                                                      const assembly *a, const uint8_t *lines,
                                                      const char *title, picture_error *error);
/* FILE when it cannot be made; it may exist. */
CAMSEAL_NODISCARD camseal_status picture_files_folder(const char *folder, picture_error *error);

#endif
