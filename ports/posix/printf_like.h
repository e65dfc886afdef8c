/* Lets the compiler check the arguments of our own printf-like functions. */
#ifndef CAMSEAL_POSIX_PRINTF_LIKE_H
#define CAMSEAL_POSIX_PRINTF_LIKE_H

#if defined(__GNUC__) || defined(__clang__)
#define CAMSEAL_PRINTF_LIKE(format_at, first_at) \
    __attribute__((format(printf, format_at, first_at)))
#else
#define CAMSEAL_PRINTF_LIKE(format_at, first_at)
#endif

#endif
