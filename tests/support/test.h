/* What every cmocka test includes first, and a few helpers. */
#ifndef CAMSEAL_TESTS_TEST_H
#define CAMSEAL_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "camseal/status.h"

/* A status compared by name, so that a failure reads well. */
#define assert_status(actual, expected) \
    assert_string_equal(camseal_status_name(actual), camseal_status_name(expected))

/* Bytes from a hex string; returns the number of bytes. */
static inline size_t test_hex(uint8_t *out, size_t capacity, const char *hex)
{
    size_t n = 0;
    for (; hex[0] && hex[1]; hex += 2) {
        unsigned value = 0;
        while (*hex == ' ')
            hex++;
        if (sscanf(hex, "%2x", &value) != 1 || n == capacity)
            break;
        out[n++] = (uint8_t)value;
    }
    return n;
}

/* xorshift64*: repeatable noise for property tests. */
static inline uint64_t test_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static inline void test_fill(uint64_t *seed, void *out, size_t n)
{
    uint8_t *p = out;
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(test_random(seed) >> 32);
}

/* Ends the whole program as "skipped" for CTest (SKIP_RETURN_CODE 77), visibly. */
static inline void test_skip_program(const char *why)
{
    printf("SKIPPED: %s\n", why);
    exit(77);
}

#endif
