#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

bool cli_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    char *end = NULL;
    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    unsigned long long value = strtoull(text, &end, base);
    if (errno || *end || value < min || value > max)
        return false;
    *out = value;
    return true;
}
