/* Text to number. */
#ifndef CAMSEAL_TOOL_NUMBER_H
#define CAMSEAL_TOOL_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal or 0x, nothing before or after it; false when it is none or out of range. */
bool cli_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *out);

#endif
