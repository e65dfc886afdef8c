#include "wholefile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

camseal_status wholefile_read(const char *path, uint8_t **bytes, size_t *len)
{
    FILE *f = fopen(path, "rb");
    size_t capacity = 1 << 16;
    *len = 0;
    *bytes = f ? malloc(capacity) : NULL;
    while (*bytes) {
        *len += fread(*bytes + *len, 1, capacity - *len, f);
        if (*len < capacity)
            break;
        capacity *= 2;
        uint8_t *bigger = realloc(*bytes, capacity);
        if (!bigger)
            free(*bytes);
        *bytes = bigger;
    }
    int reason = errno;
    bool bad = !f || ferror(f) || !*bytes;
    if (f)
        fclose(f);
    errno = reason;
    return bad ? CAMSEAL_E_FILE : CAMSEAL_OK;
}
