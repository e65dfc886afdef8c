/* Bytes as hex digits and back. */
#ifndef CAMSEAL_TOOL_HEX_H
#define CAMSEAL_TOOL_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exactly n bytes from the 2n digits at `text`; false when one is none, then *out is not to be
 * used. */
bool hex_parse(uint8_t *out, size_t n, const char *text);
/* 2n lower-case digits, no final zero. */
void hex_write(char *text, const uint8_t *bytes, size_t n);

#endif
