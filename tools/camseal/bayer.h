/* The RGGB pattern: rows of R G R G ..., then G B G B ...; a quad is its 2 x 2 period. */
#ifndef CAMSEAL_TOOL_BAYER_H
#define CAMSEAL_TOOL_BAYER_H

#include "picture.h"

/* Each pixel of an RGB or grey picture to one quad: 2 * width x 2 * height samples. */
void bayer_from_quads(uint16_t *mosaic, const picture *quads);

/* Each quad to one RGB pixel; green is the mean of the two. */
CAMSEAL_NODISCARD camseal_status bayer_to_quads(picture *out, const picture *mosaic,
                                                picture_error *error);

/* Full size RGB of the mosaic's depth: bilinear, mirrored at the edges. Samples that the sensor
 * took are kept as they are. Sides are even. */
CAMSEAL_NODISCARD camseal_status bayer_demosaic(picture *out, const uint16_t *mosaic,
                                                unsigned width, unsigned height, unsigned bits,
                                                picture_error *error);

#endif
