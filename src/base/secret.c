#include "secret.h"

#include <stdint.h>
#include <string.h>

bool camseal_equal_ct(const void *a, const void *b, size_t n)
{
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    uint32_t difference = 0;
    for (size_t i = 0; i < n; i++)
        difference |= (uint32_t)(x[i] ^ y[i]);
    return ((difference - 1u) >> 31) != 0;
}

void camseal_wipe(void *p, size_t n)
{
    if (!p || n == 0)
        return;
    memset(p, 0, n);
    /* The memory is an input of this empty statement, so the memset above has a reader. */
#if defined(__GNUC__) || defined(__clang__)
    __asm__ __volatile__("" : : "r"(p) : "memory");
#endif
}
