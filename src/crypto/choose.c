/* Which bulk provider fits this processor. Nothing is remembered: callers keep the pointer. */
#include "camseal/bulk.h"

const camseal_bulk *camseal_bulk_choose(uint32_t mask)
{
    const camseal_bulk *x86 = camseal_bulk_x86();
    if (x86 && (mask & CAMSEAL_BULK_ALLOW_AESNI))
        return x86;
    return camseal_bulk_soft();
}
