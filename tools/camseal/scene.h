/* The scene before the sensor: frames of samples, in the order that camseal_csi2_pack() wants, made
 * from a picture source.
 *
 * RAW formats give an RGGB mosaic at the format's full depth: a picture of W x H has its own mode
 * of 2W x 2H, in which each RGB pixel becomes one quad (R, G, G, B) without an interpolated sample.
 * Other modes scale the picture to the grid of quads first (area average down, bilinear up). A
 * mosaic picture has its own size as its own mode and passes unchanged. YUV422 and RGB888 have the
 * picture's size, rounded down to even, as their own mode; YUV is BT.601, full range. A still pans:
 * every frame is shifted, wrapping around, so that successive frames differ and frame n is always
 * the same. One thread.
 */
#ifndef CAMSEAL_TOOL_SCENE_H
#define CAMSEAL_TOOL_SCENE_H

#include "picture_source.h"

enum { SCENE_SIDE_MIN = 16, SCENE_SIDE_MAX = 8192, SCENE_PAN_DEFAULT = 2 };

typedef struct scene_options {
    uint8_t dt;             /* 0: RAW12                                                          */
    unsigned width, height; /* pixels, even, 16..8192; 0 0: the picture's own mode               */
    int pan;                /* pixel pairs a frame; 0: default (2 for stills, none for videos);
                               negative: none                                                    */
    picture_options picture;
} scene_options;

typedef struct scene scene;

/* Opens the source `spec` (picture_source.h) and its first picture. ARGUMENT for an impossible
 * mode. */
CAMSEAL_NODISCARD camseal_status scene_open(scene **out, const char *spec,
                                            const scene_options *options, picture_error *error);
unsigned scene_width(const scene *s);
unsigned scene_height(const scene *s); /* lines */
size_t scene_line_samples(const scene *s);
/* The same picture for ever: a still, or a video of one frame once a second one was asked for. */
bool scene_is_still(const scene *s);

/* Line `row` of frame n, right-aligned samples. Frames of a video must be asked for in rising
 * order; numbers that were left out do not skip pictures. NOT_FOUND after the last picture of a
 * video. On failure scene_error() says why. */
CAMSEAL_NODISCARD camseal_status scene_line(scene *s, uint64_t n, unsigned row, uint16_t *samples);
/* All lines: scene_height * scene_line_samples. */
CAMSEAL_NODISCARD camseal_status scene_frame(scene *s, uint64_t n, uint16_t *samples);
const char *scene_error(const scene *s);
void scene_close(scene *s); /* NULL is fine */

#endif
