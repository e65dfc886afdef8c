/* The only macro that returns: pass a failure up. */
#ifndef CAMSEAL_BASE_TRY_H
#define CAMSEAL_BASE_TRY_H

#include "camseal/status.h"

#define CAMSEAL_TRY(expr)                    \
    do {                                     \
        camseal_status try_status_ = (expr); \
        if (try_status_ != CAMSEAL_OK)       \
            return try_status_;              \
    } while (0)

#endif
