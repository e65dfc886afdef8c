#include "assembly.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "camseal/csi2.h"
#include "develop.h"

void assembly_begin(assembly *a, uint64_t frame_count)
{
    a->frame_count = frame_count;
    if (!a->capacity)
        return;
    memset(a->rows, 0, a->capacity);
    memset(a->samples, 0, a->capacity * a->line_samples * sizeof *a->samples);
}

/* Room for `rows` lines; new ones are black. */
static bool grow(assembly *a, unsigned rows)
{
    if (rows <= a->capacity)
        return true;
    if (rows > ASSEMBLY_ROWS_MAX)
        return false;
    unsigned capacity = a->capacity ? a->capacity : 64u;
    while (capacity < rows)
        capacity *= 2u;
    size_t old = a->capacity * a->line_samples, all = capacity * a->line_samples;
    uint16_t *samples = realloc(a->samples, all * sizeof *samples);
    if (!samples)
        return false;
    a->samples = samples;
    uint8_t *states = realloc(a->rows, capacity);
    if (!states)
        return false;
    a->rows = states;
    memset(samples + old, 0, (all - old) * sizeof *samples);
    memset(states + a->capacity, 0, capacity - a->capacity);
    a->capacity = capacity;
    return true;
}

/* Rows 0..height-1 exist; false when they do not fit. */
static bool have_rows(assembly *a, unsigned height)
{
    if (!grow(a, height))
        return false;
    if (height > a->height)
        a->height = height;
    return true;
}

void assembly_geometry(assembly *a, unsigned width, unsigned height)
{
    size_t samples = develop_line_samples(a->dt, width);
    if (samples != a->line_samples) {
        uint8_t dt = a->dt;
        assembly_free(a);
        a->dt = dt;
        a->width = width;
        a->line_samples = samples;
    }
    if (samples && have_rows(a, height))
        a->height = height;
}

/* The first line fixes the width. */
static camseal_status width_from(assembly *a, camseal_span payload)
{
    unsigned bits = camseal_csi2_bits(a->dt);
    if (!bits)
        return CAMSEAL_E_UNSUPPORTED;
    a->line_samples = payload.len * 8u / bits;
    a->width = (unsigned)(a->line_samples / develop_line_samples(a->dt, 1));
    return a->width ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

camseal_status assembly_line(assembly *a, uint32_t row, camseal_span payload)
{
    if (!a->line_samples)
        CAMSEAL_TRY(width_from(a, payload));
    if (row >= ASSEMBLY_ROWS_MAX || camseal_csi2_line_bytes(a->dt, a->line_samples) != payload.len)
        return CAMSEAL_E_FORMAT;
    if (!have_rows(a, row + 1u))
        return CAMSEAL_E_SPACE;
    CAMSEAL_TRY(
        camseal_csi2_unpack(a->samples + row * a->line_samples, a->line_samples, a->dt, payload));
    a->rows[row] |= ASSEMBLY_VERIFIED;
    return CAMSEAL_OK;
}

void assembly_mark(assembly *a, uint32_t row, enum picture_line what)
{
    if (row < a->height && (a->rows[row] & ~ASSEMBLY_VERIFIED) == 0)
        a->rows[row] = (uint8_t)(a->rows[row] | (unsigned)what);
}

void assembly_lines(const assembly *a, uint8_t *lines)
{
    for (unsigned row = 0; row < a->height; row++) {
        lines[row] = (uint8_t)(a->rows[row] & ~ASSEMBLY_VERIFIED);
        if (a->rows[row] == 0)
            lines[row] = PICTURE_LINE_MISSING;
    }
}

void assembly_swap(assembly *a, assembly *b)
{
    assembly t = *a;
    *a = *b;
    *b = t;
}

void assembly_free(assembly *a)
{
    free(a->samples);
    free(a->rows);
    *a = (assembly){0};
}
