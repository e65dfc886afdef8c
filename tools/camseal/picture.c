#include "picture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"

enum { NAME_SHOWN = 120 };

camseal_status picture_fail(picture_error *error, camseal_status status, const char *name,
                            const char *format, ...)
{
    size_t at = 0, length = name ? strlen(name) : 0;
    if (length > NAME_SHOWN)
        at = (size_t)snprintf(error->text, sizeof error->text,
                              "...%s: ", name + length - NAME_SHOWN);
    else if (length > 0)
        at = (size_t)snprintf(error->text, sizeof error->text, "%s: ", name);
    va_list args;
    va_start(args, format);
    vsnprintf(error->text + at, sizeof error->text - at, format, args);
    va_end(args);
    return status;
}

size_t picture_count(const picture *p)
{
    return (size_t)p->width * p->height * p->channels;
}

uint16_t *picture_row(const picture *p, unsigned y)
{
    return p->samples + (size_t)y * p->width * p->channels;
}

camseal_status picture_check_size(unsigned width, unsigned height, const char *name,
                                  picture_error *error)
{
    if (width == 0 || height == 0 || width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX)
        return picture_fail(error, CAMSEAL_E_FORMAT, name,
                            "impossible size %ux%u: each side must be 1 to %u", width, height,
                            PICTURE_SIDE_MAX);
    if (width * height > PICTURE_PIXELS_MAX)
        return picture_fail(error, CAMSEAL_E_FORMAT, name,
                            "%ux%u is too large: at most %u million pixels", width, height,
                            PICTURE_PIXELS_MAX >> 20);
    return CAMSEAL_OK;
}

camseal_status picture_reserve(picture *p, unsigned width, unsigned height, unsigned channels,
                               unsigned bits, const char *name, picture_error *error)
{
    CAMSEAL_TRY(picture_check_size(width, height, name, error));
    picture wanted = {width, height, channels, bits, false, NULL};
    size_t count = picture_count(&wanted);
    wanted.samples = p->samples;
    if (!p->samples || count != picture_count(p))
        wanted.samples = malloc(count * sizeof(uint16_t));
    if (!wanted.samples)
        return picture_fail(error, CAMSEAL_E_MEMORY, name, "no memory for a picture of %ux%u",
                            width, height);
    if (wanted.samples != p->samples)
        free(p->samples);
    *p = wanted;
    return CAMSEAL_OK;
}

void picture_free(picture *p)
{
    free(p->samples);
    *p = (picture){0};
}
