#include "picture_write.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "base/load.h"
#include "base/try.h"
#include "outfile.h"
#include "scale.h"

typedef struct png_output {
    png_structp png;
    png_infop info;
    FILE *file;
    int failure; /* errno of a write that failed */
    uint8_t *row;
} png_output;

static void on_error(png_structp png, png_const_charp message)
{
    (void)message;
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void on_write(png_structp png, png_bytep bytes, size_t n)
{
    png_output *out = png_get_io_ptr(png);
    errno = 0;
    if (fwrite(bytes, 1, n, out->file) == n)
        return;
    out->failure = errno ? errno : EIO;
    png_error(png, "write");
}

static void on_flush(png_structp png)
{
    (void)png; /* outfile_commit() does */
}

static void row_to_bytes(uint8_t *bytes, const picture *p, unsigned y)
{
    const uint16_t *row = picture_row(p, y);
    size_t n = (size_t)p->width * p->channels;
    for (size_t i = 0; i < n; i++) {
        if (p->bits == 8)
            bytes[i] = (uint8_t)row[i];
        else
            camseal_store_be16(bytes + 2 * i, scale_depth(row[i], p->bits, 16));
    }
}

static void set_significant(const png_output *out, unsigned bits)
{
    png_byte b = (png_byte)bits;
    png_color_8 sig = {.red = b, .green = b, .blue = b, .gray = b};
    png_set_sBIT(out->png, out->info, &sig);
}

/* False when libpng gave up. */
static bool encode(png_output *out, const picture *p, unsigned significant)
{
    if (setjmp(png_jmpbuf(out->png)))
        return false;
    png_set_write_fn(out->png, out, on_write, on_flush);
    png_set_compression_level(out->png, 3); /* pictures come by the frame */
    png_set_IHDR(out->png, out->info, p->width, p->height, p->bits == 8 ? 8 : 16,
                 p->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (significant)
        set_significant(out, significant);
    png_write_info(out->png, out->info);
    for (unsigned y = 0; y < p->height; y++) {
        row_to_bytes(out->row, p, y);
        png_write_row(out->png, out->row);
    }
    png_write_end(out->png, NULL);
    return true;
}

static camseal_status write_stream(FILE *file, const char *path, const picture *p,
                                   unsigned significant, picture_error *error)
{
    png_output out = {.file = file};
    out.row = malloc((size_t)p->width * p->channels * 2);
    out.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &out, on_error, on_warning);
    if (out.png)
        out.info = png_create_info_struct(out.png);
    bool ready = out.row && out.info, done = ready && encode(&out, p, significant);
    png_destroy_write_struct(&out.png, &out.info);
    free(out.row);
    if (done)
        return CAMSEAL_OK;
    if (out.failure)
        return picture_fail(error, CAMSEAL_E_FILE, path,
                            "cannot be written (%s): make room, or write to another place",
                            strerror(out.failure));
    return picture_fail(error, CAMSEAL_E_MEMORY, path, "no memory to write a PNG");
}

/* The line of an outfile, shortened at its start. */
static camseal_status file_failed(picture_error *error, camseal_status status, const outfile *file)
{
    size_t length = strlen(file->error), room = sizeof error->text - sizeof "...";
    if (length < sizeof error->text)
        return picture_fail(error, status, NULL, "%s", file->error);
    return picture_fail(error, status, NULL, "...%s", file->error + length - room);
}

camseal_status picture_write_png(const char *path, const picture *p, unsigned significant,
                                 picture_error *error)
{
    outfile file = {0};
    error->text[0] = 0;
    if (!p->samples || (p->channels != 1 && p->channels != 3) || p->bits < 8 || p->bits > 16 ||
        significant > (p->bits == 8 ? 8u : 16u))
        return picture_fail(error, CAMSEAL_E_ARGUMENT, path, "not a picture");
    camseal_status status = outfile_open(&file, path, false);
    if (status != CAMSEAL_OK)
        return file_failed(error, status, &file);
    status = write_stream(file.stream, path, p, significant, error);
    if (status != CAMSEAL_OK) {
        outfile_abort(&file);
        return status;
    }
    status = outfile_commit(&file);
    if (status != CAMSEAL_OK)
        return file_failed(error, status, &file);
    return CAMSEAL_OK;
}
