/* What secrets need: comparison in constant time and a wipe that the compiler keeps. */
#ifndef CAMSEAL_BASE_SECRET_H
#define CAMSEAL_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* True when the n bytes are equal; time depends on n only. */
bool camseal_equal_ct(const void *a, const void *b, size_t n);

/* Zeroes memory; never optimised away. */
void camseal_wipe(void *p, size_t n);

#endif
