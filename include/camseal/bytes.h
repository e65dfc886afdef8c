/* Borrowed pieces of memory. A span never owns anything; an empty span may have a null pointer. */
#ifndef CAMSEAL_BYTES_H
#define CAMSEAL_BYTES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct camseal_span {
    const uint8_t *data;
    size_t len;
} camseal_span;

typedef struct camseal_mspan {
    uint8_t *data;
    size_t len;
} camseal_mspan;

/* A buffer that is filled: room of `capacity` bytes, of which `len` are used. */
typedef struct camseal_buf {
    uint8_t *data;
    size_t capacity;
    size_t len;
} camseal_buf;

static inline camseal_span camseal_span_of(const void *data, size_t len)
{
    camseal_span span = {(const uint8_t *)data, len};
    return span;
}

static inline camseal_mspan camseal_mspan_of(void *data, size_t len)
{
    camseal_mspan span = {(uint8_t *)data, len};
    return span;
}

#ifdef __cplusplus
}
#endif
#endif
