#include "writer.h"

#include <string.h>

#include "load.h"

camseal_writer camseal_writer_of(uint8_t *out, size_t capacity)
{
    camseal_writer w = {out, capacity, 0, false};
    return w;
}

void camseal_writer_rewind(camseal_writer *w)
{
    w->len = 0;
    w->failed = false;
}

uint8_t *camseal_write_reserve(camseal_writer *w, size_t n)
{
    if (w->failed || n > w->capacity - w->len) {
        w->failed = true;
        return NULL;
    }
    uint8_t *at = w->start + w->len;
    w->len += n;
    return at;
}

void camseal_write_u8(camseal_writer *w, uint8_t v)
{
    uint8_t *p = camseal_write_reserve(w, 1);
    if (p)
        p[0] = v;
}

void camseal_write_le16(camseal_writer *w, uint16_t v)
{
    uint8_t *p = camseal_write_reserve(w, 2);
    if (p)
        camseal_store_le16(p, v);
}

void camseal_write_le24(camseal_writer *w, uint32_t v)
{
    camseal_write_le16(w, (uint16_t)v);
    camseal_write_u8(w, (uint8_t)(v >> 16));
}

void camseal_write_le32(camseal_writer *w, uint32_t v)
{
    uint8_t *p = camseal_write_reserve(w, 4);
    if (p)
        camseal_store_le32(p, v);
}

void camseal_write_le64(camseal_writer *w, uint64_t v)
{
    uint8_t *p = camseal_write_reserve(w, 8);
    if (p)
        camseal_store_le64(p, v);
}

void camseal_write_be16(camseal_writer *w, uint16_t v)
{
    uint8_t *p = camseal_write_reserve(w, 2);
    if (p)
        camseal_store_be16(p, v);
}

void camseal_write_be32(camseal_writer *w, uint32_t v)
{
    uint8_t *p = camseal_write_reserve(w, 4);
    if (p)
        camseal_store_be32(p, v);
}

void camseal_write_bytes(camseal_writer *w, const void *bytes, size_t n)
{
    if (n == 0)
        return;
    uint8_t *p = camseal_write_reserve(w, n);
    if (p)
        memcpy(p, bytes, n);
}

void camseal_write_span(camseal_writer *w, camseal_span bytes)
{
    camseal_write_bytes(w, bytes.data, bytes.len);
}

void camseal_write_zeros(camseal_writer *w, size_t n)
{
    if (n == 0)
        return;
    uint8_t *p = camseal_write_reserve(w, n);
    if (p)
        memset(p, 0, n);
}

camseal_status camseal_writer_end(const camseal_writer *w)
{
    return w->failed ? CAMSEAL_E_SPACE : CAMSEAL_OK;
}
