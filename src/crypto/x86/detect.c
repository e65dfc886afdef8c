/* Asks the processor. Compiled with the plain flags of the core: this runs everywhere. */
#include "x86.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

#include <cpuid.h>

/* AES, PCLMULQDQ, SSSE3 (byte shuffle) and SSE4.1 (extract). */
static bool processor_fits(void)
{
    const unsigned needed = bit_AES | bit_PCLMUL | bit_SSSE3 | bit_SSE4_1;
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & needed) == needed;
}

#else

static bool processor_fits(void)
{
    return false;
}

#endif

const camseal_bulk *camseal_bulk_x86(void)
{
    return processor_fits() ? camseal_priv_x86_table() : NULL;
}
