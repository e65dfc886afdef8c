#include "vector_json.h"

#include <string.h>

#include "cli.h"

bool vector_number_of(const json_t *value, uint64_t *out)
{
    if (json_is_boolean(value)) {
        *out = json_is_true(value);
        return true;
    }
    if (json_is_string(value))
        return strncmp(json_string_value(value), "0x", 2) == 0 &&
               cli_parse_number(json_string_value(value), 0, UINT64_MAX, out);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

bool vector_number(const json_t *object, const char *name, uint64_t *out)
{
    return vector_number_of(json_object_get(object, name), out);
}

unsigned vector_small(const json_t *object, const char *name)
{
    uint64_t value = 0;
    if (!vector_number(object, name, &value) || value > UINT16_MAX)
        return 0;
    return (unsigned)value;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool vector_bytes(const json_t *object, const char *name, uint8_t *out, size_t capacity,
                  size_t *len)
{
    const char *hex = json_string_value(json_object_get(object, name));
    *len = 0;
    if (!hex || strlen(hex) % 2 || strlen(hex) / 2 > capacity)
        return false;
    size_t n = 0;
    for (; *hex; hex += 2) {
        int high = digit(hex[0]), low = digit(hex[1]);
        if (high < 0 || low < 0)
            return false;
        out[n++] = (uint8_t)(high * 16 + low);
    }
    *len = n;
    return true;
}

bool vector_exact(const json_t *object, const char *name, uint8_t *out, size_t len)
{
    size_t n;
    return vector_bytes(object, name, out, len, &n) && n == len;
}
