/* Waiting: poll() with microseconds and a wake-up descriptor. */
#ifndef CAMSEAL_POSIX_WAIT_H
#define CAMSEAL_POSIX_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camseal/attributes.h"
#include "camseal/status.h"

typedef struct camseal_wait {
    int fd;                   /* of a link or listener; negative: ignored                */
    bool read, write;         /* in: what to wait for; neither: the descriptor is ignored */
    bool can_read, can_write; /* out: ready, or in error: then reading or writing tells  */
} camseal_wait;

enum { CAMSEAL_WAIT_MAX = 128 };

/* OK: something is ready; TIMEOUT after timeout_us (UINT64_MAX: never); PENDING: wake_fd (-1: none)
 * is readable; ARGUMENT: too many; IO: poll() failed. */
CAMSEAL_NODISCARD camseal_status camseal_posix_wait(camseal_wait *waits, size_t n,
                                                    uint64_t timeout_us, int wake_fd);

/* Waits for one descriptor. */
CAMSEAL_NODISCARD camseal_status camseal_posix_wait_one(int fd, bool write, uint64_t timeout_us,
                                                        int wake_fd);

/* A timeout as a point in time, and what is left of it; UINT64_MAX stays for ever. */
uint64_t camseal_posix_deadline(uint64_t timeout_us);
uint64_t camseal_posix_left(uint64_t deadline_us);

#endif
