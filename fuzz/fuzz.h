/* The entry point of every fuzz target. */
#ifndef CAMSEAL_FUZZ_H
#define CAMSEAL_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold for every input. */
#define FUZZ_REQUIRE(condition) \
    do {                        \
        if (!(condition))       \
            abort();            \
    } while (0)

#endif
