/* Compiler attributes in one place; everything else is plain C11 (C99 and C++14 in headers). */
#ifndef CAMSEAL_ATTRIBUTES_H
#define CAMSEAL_ATTRIBUTES_H

#if defined(__GNUC__) || defined(__clang__)
#define CAMSEAL_API         __attribute__((visibility("default")))
#define CAMSEAL_NODISCARD   __attribute__((warn_unused_result))
#define CAMSEAL_ALIGNED(n)  __attribute__((aligned(n)))
#define CAMSEAL_NOINLINE    __attribute__((noinline))
#define CAMSEAL_FALLTHROUGH __attribute__((fallthrough))
#else
#define CAMSEAL_API
#define CAMSEAL_NODISCARD
#define CAMSEAL_ALIGNED(n)
#define CAMSEAL_NOINLINE
#define CAMSEAL_FALLTHROUGH
#endif

#endif
