/* From a frame of samples back to pictures: what the ECU writes.
 *
 * `samples` are height lines in the order of camseal_csi2_unpack(), right-aligned.
 */
#ifndef CAMSEAL_TOOL_DEVELOP_H
#define CAMSEAL_TOOL_DEVELOP_H

#include "picture.h"

/* Samples of a line of `width` pixels: x1 RAW, x2 YUV422, x3 RGB888. 0: no such format. */
size_t develop_line_samples(uint8_t dt, unsigned width);

/* Lossless: one grey 16-bit sample a sample, left-aligned (shifted up, low bits zero), so that
 * viewers show it bright and the value is picture >> (16 - bits). */
CAMSEAL_NODISCARD camseal_status develop_lossless(picture *out, uint8_t dt, unsigned width,
                                                  unsigned height, const uint16_t *samples,
                                                  picture_error *error);
/* The inverse, from the file (whose sBIT gave `bits`) or from the picture above. FORMAT when the
 * picture is not one of these. */
CAMSEAL_NODISCARD camseal_status develop_samples(uint16_t *samples, const picture *lossless,
                                                 uint8_t dt, unsigned width, unsigned height,
                                                 picture_error *error);

/* Viewable RGB, 16 bits for RAW (bilinear demosaic), 8 for YUV422 (BT.601 full range) and RGB888.
 */
CAMSEAL_NODISCARD camseal_status develop_view(picture *out, uint8_t dt, unsigned width,
                                              unsigned height, const uint16_t *samples,
                                              picture_error *error);

#endif
