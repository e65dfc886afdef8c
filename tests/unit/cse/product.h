/* Every kind of stream that the profile allows, as a product of parameters: which combinations are
 * legal, a small set that holds every legal pair of values, and what sends and verifies one. */
#ifndef CAMSEAL_TESTS_PRODUCT_H
#define CAMSEAL_TESTS_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum product_parameter {
    P_PROTOCOL, /* SEP by message, data type, frame; FSED with its own data types, in lines */
    P_SUITE,
    P_TOP, /* SV-1 ... SV-5 of FP-2, 3, 4 */
    P_IMAGE,
    P_BOTTOM,
    P_FORMAT,           /* RAW10, RAW12, RAW16, YUV422, RGB888 */
    P_CHANNELS,         /* 1, 4, 16 */
    P_COUNT,            /* those before are multiplied out in the full product */
    P_CHANGE = P_COUNT, /* variants stay, or change with every frame */
    P_HOLD,             /* released early, or held */
    P_TAG,              /* 16, 12, 8 bytes */
    P_CRC,              /* CRC-32C, IEEE */
    P_ALL
};

typedef struct product_case {
    uint8_t value[P_ALL]; /* from 0 */
} product_case;

extern const uint8_t product_levels[P_ALL];
bool product_is_legal(const product_case *c);
/* A set of legal cases in which every pair of values of two parameters occurs that occurs in any
 * legal case. Returns how many; *pairs is the number of such pairs. Fails the test when the set is
 * longer than `capacity`, or misses a pair. */
size_t product_cover(product_case *out, size_t capacity, size_t *pairs);
/* For error messages. */
const char *product_describe(const product_case *c);

typedef struct product_size {
    unsigned width, lines, frames;
} product_size;

/* Opens the photograph that all channels show parts of. */
void product_open_picture(void);
void product_close_picture(void);
/* Protects, interleaves line by line, verifies, compares; fails the test. Returns lines carried. */
size_t product_run(const product_case *c, const product_size *size);

#endif
