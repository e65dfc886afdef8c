/* Lines of samples to CSI-2 payload bytes and back (OP1 §11 "Packing").
 *
 * A format packs groups: a fixed number of samples into a fixed number of bytes. Each pair of loops
 * below works on whole groups without a branch or a check, so that compilers vectorise them; ranges
 * and lengths are checked once, in front.
 */
#include "camseal/csi2.h"

#include "base/load.h"
#include "base/try.h"

typedef void (*pack_fn)(uint8_t *restrict out, const uint16_t *restrict in, size_t groups);
typedef void (*unpack_fn)(uint16_t *restrict out, const uint8_t *restrict in, size_t groups);

typedef struct format {
    uint8_t dt;
    uint8_t bits;
    uint8_t samples; /* of a group */
    uint8_t bytes;   /* of a group */
    pack_fn pack;
    unpack_fn unpack;
} format;

static void pack8(uint8_t *restrict out, const uint16_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)in[i];
}

static void unpack8(uint16_t *restrict out, const uint8_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = in[i];
}

static void pack_yuv422(uint8_t *restrict out, const uint16_t *restrict in, size_t n)
{
    pack8(out, in, 4 * n);
}

static void unpack_yuv422(uint16_t *restrict out, const uint8_t *restrict in, size_t n)
{
    unpack8(out, in, 4 * n);
}

static void pack_rgb888(uint8_t *restrict out, const uint16_t *restrict in, size_t n)
{
    pack8(out, in, 3 * n);
}

static void unpack_rgb888(uint16_t *restrict out, const uint8_t *restrict in, size_t n)
{
    unpack8(out, in, 3 * n);
}

static void pack10(uint8_t *restrict out, const uint16_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint16_t *p = in + 4 * i;
        uint8_t *b = out + 5 * i;
        b[0] = (uint8_t)(p[0] >> 2);
        b[1] = (uint8_t)(p[1] >> 2);
        b[2] = (uint8_t)(p[2] >> 2);
        b[3] = (uint8_t)(p[3] >> 2);
        b[4] = (uint8_t)((p[0] & 3) | (p[1] & 3) << 2 | (p[2] & 3) << 4 | (p[3] & 3) << 6);
    }
}

static void unpack10(uint16_t *restrict out, const uint8_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *b = in + 5 * i;
        uint16_t *p = out + 4 * i;
        p[0] = (uint16_t)(b[0] << 2 | (b[4] & 3));
        p[1] = (uint16_t)(b[1] << 2 | (b[4] >> 2 & 3));
        p[2] = (uint16_t)(b[2] << 2 | (b[4] >> 4 & 3));
        p[3] = (uint16_t)(b[3] << 2 | b[4] >> 6);
    }
}

static void pack12(uint8_t *restrict out, const uint16_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint16_t *p = in + 2 * i;
        uint8_t *b = out + 3 * i;
        b[0] = (uint8_t)(p[0] >> 4);
        b[1] = (uint8_t)(p[1] >> 4);
        b[2] = (uint8_t)((p[0] & 15) | (p[1] & 15) << 4);
    }
}

static void unpack12(uint16_t *restrict out, const uint8_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *b = in + 3 * i;
        uint16_t *p = out + 2 * i;
        p[0] = (uint16_t)(b[0] << 4 | (b[2] & 15));
        p[1] = (uint16_t)(b[1] << 4 | b[2] >> 4);
    }
}

static void pack14(uint8_t *restrict out, const uint16_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint16_t *p = in + 4 * i;
        uint8_t *b = out + 7 * i;
        b[0] = (uint8_t)(p[0] >> 6);
        b[1] = (uint8_t)(p[1] >> 6);
        b[2] = (uint8_t)(p[2] >> 6);
        b[3] = (uint8_t)(p[3] >> 6);
        b[4] = (uint8_t)((p[0] & 63) | (p[1] & 3) << 6);
        b[5] = (uint8_t)((p[1] & 63) >> 2 | (p[2] & 15) << 4);
        b[6] = (uint8_t)((p[2] & 63) >> 4 | (p[3] & 63) << 2);
    }
}

static void unpack14(uint16_t *restrict out, const uint8_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *b = in + 7 * i;
        uint16_t *p = out + 4 * i;
        p[0] = (uint16_t)(b[0] << 6 | (b[4] & 63));
        p[1] = (uint16_t)(b[1] << 6 | b[4] >> 6 | (b[5] & 15) << 2);
        p[2] = (uint16_t)(b[2] << 6 | b[5] >> 4 | (b[6] & 3) << 4);
        p[3] = (uint16_t)(b[3] << 6 | b[6] >> 2);
    }
}

static void pack16(uint8_t *restrict out, const uint16_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        camseal_store_be16(out + 2 * i, in[i]);
}

static void unpack16(uint16_t *restrict out, const uint8_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = camseal_load_be16(in + 2 * i);
}

static const format formats[] = {
    {CAMSEAL_CSI2_YUV422_8, 8, 4, 4, pack_yuv422, unpack_yuv422},
    {CAMSEAL_CSI2_RGB888, 8, 3, 3, pack_rgb888, unpack_rgb888},
    {CAMSEAL_CSI2_RAW8, 8, 1, 1, pack8, unpack8},
    {CAMSEAL_CSI2_RAW10, 10, 4, 5, pack10, unpack10},
    {CAMSEAL_CSI2_RAW12, 12, 2, 3, pack12, unpack12},
    {CAMSEAL_CSI2_RAW14, 14, 4, 7, pack14, unpack14},
    {CAMSEAL_CSI2_RAW16, 16, 1, 2, pack16, unpack16},
};

static const format *find_format(uint8_t dt)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i].dt == dt)
            return &formats[i];
    return NULL;
}

unsigned camseal_csi2_bits(uint8_t dt)
{
    const format *f = find_format(dt);
    return f ? f->bits : 0;
}

/* Whole groups in n samples. ARGUMENT for an unknown format, a broken group, an impossible count.
 */
static camseal_status count_groups(size_t *groups, const format *f, size_t n)
{
    if (!f || n % f->samples != 0 || n > SIZE_MAX / sizeof(uint16_t))
        return CAMSEAL_E_ARGUMENT;
    *groups = n / f->samples;
    return CAMSEAL_OK;
}

size_t camseal_csi2_line_bytes(uint8_t dt, size_t samples)
{
    const format *f = find_format(dt);
    size_t groups;
    if (count_groups(&groups, f, samples) != CAMSEAL_OK)
        return 0;
    return groups * f->bytes;
}

/* One pass of ORs finds a sample above the range as surely as n compares. */
static bool all_fit(const uint16_t *samples, size_t n, unsigned bits)
{
    uint32_t seen = 0;
    for (size_t i = 0; i < n; i++)
        seen |= samples[i];
    return seen >> bits == 0;
}

camseal_status camseal_csi2_pack(camseal_buf *out, uint8_t dt, const uint16_t *samples, size_t n)
{
    out->len = 0;
    const format *f = find_format(dt);
    size_t groups;
    CAMSEAL_TRY(count_groups(&groups, f, n));
    if (groups * f->bytes > out->capacity)
        return CAMSEAL_E_SPACE;
    if (!all_fit(samples, n, f->bits))
        return CAMSEAL_E_ARGUMENT;
    f->pack(out->data, samples, groups);
    out->len = groups * f->bytes;
    return CAMSEAL_OK;
}

camseal_status camseal_csi2_unpack(uint16_t *samples, size_t n, uint8_t dt, camseal_span payload)
{
    const format *f = find_format(dt);
    size_t groups;
    CAMSEAL_TRY(count_groups(&groups, f, n));
    if (groups * f->bytes > payload.len)
        return CAMSEAL_E_TRUNCATED;
    if (groups * f->bytes < payload.len)
        return CAMSEAL_E_TRAILING;
    f->unpack(samples, payload.data, groups);
    return CAMSEAL_OK;
}
