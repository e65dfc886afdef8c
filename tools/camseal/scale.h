/* Pictures to another size and depth. */
#ifndef CAMSEAL_TOOL_SCALE_H
#define CAMSEAL_TOOL_SCALE_H

#include "picture.h"

/* A value of `from` bits to the nearest of `to` bits: full scale stays full scale. */
uint16_t scale_depth(uint32_t value, unsigned from, unsigned to);

/* `in` (no mosaic) at width x height with `bits` a sample: area average where it shrinks, bilinear
 * where it grows, per axis; sums are not rounded before the end. The same size changes the depth
 * only. */
CAMSEAL_NODISCARD camseal_status scale_picture(picture *out, const picture *in, unsigned width,
                                               unsigned height, unsigned bits,
                                               picture_error *error);

#endif
