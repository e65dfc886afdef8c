/* PNG to samples, with libpng. Every error of libpng comes back as a status: its error handler
 * jumps to decode(), which owns nothing that would be lost. */
#include "picture_format.h"

#include <setjmp.h>
#include <string.h>

#include <png.h>

#include "base/load.h"
#include "base/reader.h"
#include "base/try.h"

enum { CHUNK_BYTES_MAX = 8 << 20, CHUNKS_MAX = 64, MESSAGE_MAX = 120 };

typedef struct png_input {
    camseal_reader bytes;
    png_structp png;
    png_infop info;
    char message[MESSAGE_MAX];
} png_input;

bool picture_png_is(camseal_span bytes)
{
    return bytes.len >= 8 && png_sig_cmp(bytes.data, 0, 8) == 0;
}

static void on_error(png_structp png, png_const_charp message)
{
    png_input *in = png_get_error_ptr(png);
    snprintf(in->message, sizeof in->message, "%s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep out, size_t n)
{
    png_input *in = png_get_io_ptr(png);
    camseal_read_bytes(&in->bytes, out, n);
    if (in->bytes.failed)
        png_error(png, "truncated: the file ends inside the picture");
}

/* Grey or RGB, 8 or 16 bits, no alpha. */
static void ask_for_plain_samples(png_structp png, png_infop info)
{
    png_byte colour = png_get_color_type(png, info);
    if (colour == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(png);
    if (colour == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8)
        png_set_expand_gray_1_2_4_to_8(png);
    if (colour & PNG_COLOR_MASK_ALPHA)
        png_set_strip_alpha(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
}

static void read_passes(const png_input *in, const picture *out)
{
    int passes = png_get_interlace_type(in->png, in->info) == PNG_INTERLACE_NONE ? 1 : 7;
    for (int pass = 0; pass < passes; pass++)
        for (unsigned y = 0; y < out->height; y++)
            png_read_row(in->png, (png_bytep)picture_row(out, y), NULL);
    png_read_end(in->png, NULL);
}

/* libpng wrote bytes, most significant first, to the start of each row; a sample never lies behind
 * its bytes, so 8-bit rows are widened from their end. */
static void bytes_to_samples(picture *out)
{
    size_t n = (size_t)out->width * out->channels;
    for (unsigned y = 0; y < out->height; y++) {
        uint16_t *row = picture_row(out, y);
        const uint8_t *bytes = (const uint8_t *)row;
        for (size_t i = 0; out->bits == 16 && i < n; i++)
            row[i] = camseal_load_be16(bytes + 2 * i);
        for (size_t i = n; out->bits == 8 && i-- > 0;)
            row[i] = bytes[i];
    }
}

/* sBIT says how many of the 16 bits were there first: a shift brings them back (PNG, "sample depth
 * scaling"). */
static unsigned significant_bits(const png_input *in)
{
    png_color_8p sig;
    if (png_get_bit_depth(in->png, in->info) != 16 || !png_get_sBIT(in->png, in->info, &sig))
        return 16;
    bool grey = (png_get_color_type(in->png, in->info) & PNG_COLOR_MASK_COLOR) == 0;
    unsigned bits = grey ? sig->gray : sig->green;
    bool equal = grey || (sig->red == bits && sig->blue == bits);
    return equal && bits >= 8 && bits < 16 ? bits : 16;
}

static void drop_low_bits(picture *out, unsigned bits)
{
    size_t n = picture_count(out);
    for (size_t i = 0; i < n; i++)
        out->samples[i] = (uint16_t)(out->samples[i] >> (16 - bits));
    out->bits = bits;
}

static camseal_status decode(picture *out, png_input *in, const char *name, picture_error *error)
{
    if (setjmp(png_jmpbuf(in->png)))
        return picture_fail(error, CAMSEAL_E_FORMAT, name, "corrupt PNG: %s", in->message);
    png_set_user_limits(in->png, PICTURE_SIDE_MAX, PICTURE_SIDE_MAX);
    png_set_chunk_malloc_max(in->png, CHUNK_BYTES_MAX);
    png_set_chunk_cache_max(in->png, CHUNKS_MAX);
    png_set_read_fn(in->png, in, on_read);
    png_read_info(in->png, in->info);
    ask_for_plain_samples(in->png, in->info);
    CAMSEAL_TRY(picture_reserve(
        out, png_get_image_width(in->png, in->info), png_get_image_height(in->png, in->info),
        png_get_channels(in->png, in->info), png_get_bit_depth(in->png, in->info), name, error));
    if (png_get_rowbytes(in->png, in->info) > (size_t)out->width * out->channels * sizeof(uint16_t))
        png_error(in->png, "unknown kind of samples");
    read_passes(in, out);
    bytes_to_samples(out);
    if (significant_bits(in) < 16)
        drop_low_bits(out, significant_bits(in));
    return CAMSEAL_OK;
}

camseal_status picture_png_read(picture *out, camseal_span bytes, const char *name,
                                picture_error *error)
{
    png_input in = {.bytes = camseal_reader_of(bytes)};
    in.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &in, on_error, on_warning);
    if (in.png)
        in.info = png_create_info_struct(in.png);
    camseal_status status;
    if (in.info)
        status = decode(out, &in, name, error);
    else
        status = picture_fail(error, CAMSEAL_E_MEMORY, name, "no memory to read a PNG");
    png_destroy_read_struct(&in.png, &in.info, NULL);
    return status;
}
