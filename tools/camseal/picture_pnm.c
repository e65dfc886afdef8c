/* PGM and PPM, binary (P5, P6), one picture a file. Knows the format; does not know files. */
#include "picture_format.h"

#include "base/reader.h"
#include "base/try.h"

enum { PNM_NUMBER_MAX = 65535 };

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool picture_pnm_is(camseal_span bytes)
{
    return bytes.len >= 3 && bytes.data[0] == 'P' &&
           (bytes.data[1] == '5' || bytes.data[1] == '6') &&
           (is_space(bytes.data[2]) || bytes.data[2] == '#');
}

/* The next byte that is no comment. */
static uint8_t next_byte(camseal_reader *r)
{
    uint8_t c = camseal_read_u8(r);
    if (c != '#')
        return c;
    while (!r->failed && c != '\n' && c != '\r')
        c = camseal_read_u8(r);
    return c;
}

/* A decimal number and the one white space behind it. False: none, or above 65535. */
static bool next_number(camseal_reader *r, unsigned *out)
{
    uint8_t c = next_byte(r);
    while (is_space(c))
        c = next_byte(r);
    unsigned digits = 0;
    for (*out = 0; c >= '0' && c <= '9'; digits++) {
        *out = *out * 10 + (unsigned)(c - '0');
        if (*out > PNM_NUMBER_MAX)
            return false;
        c = next_byte(r);
    }
    return digits > 0 && is_space(c) && !r->failed;
}

/* 8..16 when max is 2^bits - 1, else 0. */
static unsigned exact_bits(unsigned max)
{
    for (unsigned bits = 8; bits <= 16; bits++)
        if (max == (1u << bits) - 1)
            return bits;
    return 0;
}

static bool read_samples(picture *out, camseal_reader *r, unsigned max)
{
    uint32_t top = (1u << out->bits) - 1;
    size_t count = picture_count(out);
    for (size_t i = 0; i < count; i++) {
        uint32_t v = max > 255 ? camseal_read_be16(r) : camseal_read_u8(r);
        if (v > max)
            return false;
        out->samples[i] = (uint16_t)(max == top ? v : (v * top + max / 2) / max);
    }
    return true;
}

camseal_status picture_pnm_read(picture *out, camseal_span bytes, const char *name,
                                picture_error *error)
{
    if (!picture_pnm_is(bytes))
        return picture_fail(error, CAMSEAL_E_FORMAT, name, "not a binary PGM or PPM picture");
    camseal_reader r = camseal_reader_of(camseal_span_of(bytes.data + 2, bytes.len - 2));
    unsigned channels = bytes.data[1] == '6' ? 3 : 1;
    unsigned width, height, max;
    if (!next_number(&r, &width) || !next_number(&r, &height) || !next_number(&r, &max) || max == 0)
        return picture_fail(error, CAMSEAL_E_FORMAT, name, "corrupt PNM header");
    size_t left = r.left / channels / (max > 255 ? 2 : 1);
    if (height > 0 && left / height < width)
        return picture_fail(error, CAMSEAL_E_FORMAT, name,
                            "truncated: the file ends inside a picture of %ux%u", width, height);
    unsigned bits = exact_bits(max);
    CAMSEAL_TRY(picture_reserve(out, width, height, channels, bits ? bits : 16, name, error));
    if (!read_samples(out, &r, max))
        return picture_fail(error, CAMSEAL_E_FORMAT, name, "corrupt: a sample is above %u", max);
    if (camseal_reader_end(&r) != CAMSEAL_OK)
        return picture_fail(error, CAMSEAL_E_FORMAT, name, "bytes follow the picture");
    return CAMSEAL_OK;
}
