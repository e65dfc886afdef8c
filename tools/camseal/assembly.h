/* The picture of one frame, built line by line from verified messages only; a line that never
 * verified stays black. Knows pixel packing; knows no packets, no files. */
#ifndef CAMSEAL_TOOL_ASSEMBLY_H
#define CAMSEAL_TOOL_ASSEMBLY_H

#include <stdbool.h>

#include "camseal/bytes.h"
#include "camseal/status.h"

enum assembly_row {
    ASSEMBLY_VERIFIED = 1u,
    ASSEMBLY_TAMPERED = 2u /* a forged message claimed it */
};

#define ASSEMBLY_ROWS_MAX 16384u

typedef struct assembly {
    uint8_t dt;
    unsigned width, height; /* pixels; height grows with the lines that arrive */
    size_t line_samples;
    uint16_t *samples; /* height * line_samples, owned */
    uint8_t *rows;     /* one enum assembly_row mask a line, owned */
    unsigned capacity; /* lines that fit */
    uint64_t frame_count;
} assembly;

unsigned assembly_components(uint8_t dt); /* samples a pixel: 1 RAW, 2 YUV422, 3 RGB888 */

/* Clears the picture for a new frame; keeps the geometry. */
void assembly_begin(assembly *a, uint64_t frame_count);
/* Announced geometry: height rows exist even if their lines never come. False when they do not fit.
 */
bool assembly_height(assembly *a, unsigned height);
/* One verified line. FORMAT when it does not unpack or has another width than the frame. */
CAMSEAL_NODISCARD camseal_status assembly_line(assembly *a, uint32_t row, camseal_span payload);
/* Marks a line as named by a forged message; rows that do not exist are ignored. */
void assembly_tampered(assembly *a, uint32_t row);
bool assembly_any_tampered(const assembly *a);
void assembly_swap(assembly *a, assembly *b);
void assembly_free(assembly *a);

#endif
