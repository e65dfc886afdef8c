/* Raw RGGB mosaics without a header: unpacked 16-bit words or packed CSI-2 lines. Knows one frame
 * of a given geometry; does not know files. */
#include "picture_format.h"

#include "base/load.h"
#include "base/try.h"
#include "camseal/csi2.h"

camseal_status raw_check(const raw_format *f, const char *name, picture_error *error)
{
    if (f->dt < CAMSEAL_CSI2_RAW8 || f->dt > CAMSEAL_CSI2_RAW16)
        return picture_fail(error, CAMSEAL_E_ARGUMENT, name,
                            "unknown raw format: RAW8, RAW10, RAW12, RAW14 or RAW16");
    if (f->width < 2 || f->height < 2 || f->width % 2 || f->height % 2 ||
        f->width > PICTURE_SIDE_MAX || f->height > PICTURE_SIDE_MAX ||
        f->width * f->height > PICTURE_PIXELS_MAX)
        return picture_fail(error, CAMSEAL_E_ARGUMENT, name,
                            "impossible raw geometry %ux%u: even numbers up to %u", f->width,
                            f->height, PICTURE_SIDE_MAX);
    if (f->packed && camseal_csi2_line_bytes(f->dt, f->width) == 0)
        return picture_fail(error, CAMSEAL_E_ARGUMENT, name,
                            "impossible raw geometry: a packed %s line is a multiple of 4 pixels",
                            camseal_csi2_dt_name(f->dt));
    return CAMSEAL_OK;
}

static size_t line_bytes(const raw_format *f)
{
    return f->packed ? camseal_csi2_line_bytes(f->dt, f->width) : (size_t)f->width * 2;
}

size_t raw_frame_bytes(const raw_format *f)
{
    return line_bytes(f) * f->height;
}

/* False when a sample has more bits than the format. */
static bool read_words(uint16_t *out, const uint8_t *line, size_t n, unsigned bits)
{
    uint32_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        out[i] = camseal_load_le16(line + 2 * i);
        seen |= out[i];
    }
    return seen >> bits == 0;
}

camseal_status raw_decode(picture *out, const raw_format *f, camseal_span bytes, const char *name,
                          picture_error *error)
{
    size_t line = line_bytes(f);
    unsigned bits = camseal_csi2_bits(f->dt);
    if (bytes.len != raw_frame_bytes(f))
        return picture_fail(error, CAMSEAL_E_FORMAT, name, "truncated raw frame");
    CAMSEAL_TRY(picture_reserve(out, f->width, f->height, 1, bits, name, error));
    out->mosaic = true;
    for (unsigned y = 0; y < f->height; y++) {
        const uint8_t *at = bytes.data + y * line;
        uint16_t *row = picture_row(out, y);
        if (f->packed)
            CAMSEAL_TRY(camseal_csi2_unpack(row, f->width, f->dt, camseal_span_of(at, line)));
        else if (!read_words(row, at, f->width, bits))
            return picture_fail(error, CAMSEAL_E_FORMAT, name,
                                "line %u has samples above %u bits: another format?", y, bits);
    }
    return CAMSEAL_OK;
}
