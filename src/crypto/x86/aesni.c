#include "x86.h"
const camseal_bulk *camseal_priv_x86_table(void)
{
    return NULL;
}
