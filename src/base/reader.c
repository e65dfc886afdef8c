#include "reader.h"

#include <string.h>

#include "load.h"

camseal_reader camseal_reader_of(camseal_span bytes)
{
    camseal_reader r = {bytes.data, bytes.len, false};
    return r;
}

/* The next n bytes, or NULL when the reader has failed or fails now. */
static const uint8_t *take(camseal_reader *r, size_t n)
{
    if (r->failed || n > r->left) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *at = r->at;
    if (n) {
        r->at += n;
        r->left -= n;
    }
    return at;
}

uint8_t camseal_read_u8(camseal_reader *r)
{
    const uint8_t *p = take(r, 1);
    return p ? p[0] : 0;
}

uint16_t camseal_read_le16(camseal_reader *r)
{
    const uint8_t *p = take(r, 2);
    return p ? camseal_load_le16(p) : 0;
}

uint32_t camseal_read_le24(camseal_reader *r)
{
    const uint8_t *p = take(r, 3);
    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 : 0;
}

uint32_t camseal_read_le32(camseal_reader *r)
{
    const uint8_t *p = take(r, 4);
    return p ? camseal_load_le32(p) : 0;
}

uint64_t camseal_read_le64(camseal_reader *r)
{
    const uint8_t *p = take(r, 8);
    return p ? camseal_load_le64(p) : 0;
}

uint16_t camseal_read_be16(camseal_reader *r)
{
    const uint8_t *p = take(r, 2);
    return p ? camseal_load_be16(p) : 0;
}

uint32_t camseal_read_be32(camseal_reader *r)
{
    const uint8_t *p = take(r, 4);
    return p ? camseal_load_be32(p) : 0;
}

camseal_span camseal_read_span(camseal_reader *r, size_t n)
{
    const uint8_t *p = take(r, n);
    return camseal_span_of(p, r->failed ? 0 : n);
}

camseal_span camseal_read_rest(camseal_reader *r)
{
    return camseal_read_span(r, r->left);
}

void camseal_read_bytes(camseal_reader *r, uint8_t *out, size_t n)
{
    if (n == 0)
        return;
    const uint8_t *p = take(r, n);
    if (p)
        memcpy(out, p, n);
    else
        memset(out, 0, n);
}

void camseal_read_skip(camseal_reader *r, size_t n)
{
    (void)take(r, n);
}

camseal_reader camseal_read_sub(camseal_reader *r, size_t n)
{
    camseal_reader sub = camseal_reader_of(camseal_read_span(r, n));
    sub.failed = r->failed;
    return sub;
}

camseal_status camseal_reader_end(const camseal_reader *r)
{
    if (r->failed)
        return CAMSEAL_E_TRUNCATED;
    return r->left ? CAMSEAL_E_TRAILING : CAMSEAL_OK;
}

camseal_status camseal_reader_ok(const camseal_reader *r)
{
    return r->failed ? CAMSEAL_E_TRUNCATED : CAMSEAL_OK;
}
