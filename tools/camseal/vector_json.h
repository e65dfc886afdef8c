/* Values of the test-vector format: "0x" numbers, decimal numbers, hex bytes. */
#ifndef CAMSEAL_TOOL_VECTOR_JSON_H
#define CAMSEAL_TOOL_VECTOR_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Number of a member: a JSON number, boolean, or a "0x..." string. False when it is missing or no
 * number. */
bool vector_number(const json_t *object, const char *name, uint64_t *out);
/* The same for a small one, 0 when it is missing. */
unsigned vector_small(const json_t *object, const char *name);
bool vector_number_of(const json_t *value, uint64_t *out);
/* Bytes of a hex member. False when it is missing, no hex, or does not fit; then *len is 0. */
bool vector_bytes(const json_t *object, const char *name, uint8_t *out, size_t capacity,
                  size_t *len);
/* Bytes of a hex member of exactly this length. */
bool vector_exact(const json_t *object, const char *name, uint8_t *out, size_t len);

#endif
