/* The clocks that the command hands to the engines as numbers. */
#ifndef CAMSEAL_POSIX_CLOCK_H
#define CAMSEAL_POSIX_CLOCK_H

#include <stdint.h>

uint64_t camseal_posix_now_us(void);      /* monotonic */
int64_t camseal_posix_unix_seconds(void); /* wall clock, for certificate validity */
uint64_t camseal_posix_unix_ns(void);     /* wall clock, for captures */

#endif
