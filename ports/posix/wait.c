#include "wait.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "clock.h"

uint64_t camseal_posix_deadline(uint64_t timeout_us)
{
    uint64_t now = camseal_posix_now_us();
    return timeout_us > UINT64_MAX - now ? UINT64_MAX : now + timeout_us;
}

uint64_t camseal_posix_left(uint64_t deadline_us)
{
    if (deadline_us == UINT64_MAX)
        return UINT64_MAX;
    uint64_t now = camseal_posix_now_us();
    return deadline_us > now ? deadline_us - now : 0;
}

/* poll()'s milliseconds, rounded up so that a loop does not spin through the last one. */
static int milliseconds(uint64_t us)
{
    if (us == UINT64_MAX)
        return -1;
    uint64_t ms = us / 1000 + (us % 1000 != 0);
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static camseal_status poll_until(struct pollfd *fds, size_t n, uint64_t timeout_us)
{
    uint64_t deadline = camseal_posix_deadline(timeout_us);
    for (;;) {
        int ready = poll(fds, (nfds_t)n, milliseconds(camseal_posix_left(deadline)));
        if (ready > 0)
            return CAMSEAL_OK;
        if (ready < 0 && errno != EINTR)
            return CAMSEAL_E_IO;
        if (camseal_posix_left(deadline) == 0)
            return CAMSEAL_E_TIMEOUT;
    }
}

camseal_status camseal_posix_wait(camseal_wait *waits, size_t n, uint64_t timeout_us, int wake_fd)
{
    struct pollfd fds[CAMSEAL_WAIT_MAX + 1];
    if (n > CAMSEAL_WAIT_MAX)
        return CAMSEAL_E_ARGUMENT;
    for (size_t i = 0; i < n; i++) {
        bool wanted = waits[i].read || waits[i].write;
        fds[i].fd = wanted ? waits[i].fd : -1;
        fds[i].events = (short)((waits[i].read ? POLLIN : 0) | (waits[i].write ? POLLOUT : 0));
        fds[i].revents = 0;
        waits[i].can_read = waits[i].can_write = false;
    }
    fds[n] = (struct pollfd){wake_fd, POLLIN, 0};
    camseal_status status = poll_until(fds, n + 1, timeout_us);
    if (status != CAMSEAL_OK)
        return status;
    for (size_t i = 0; i < n; i++) {
        bool broken = (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
        waits[i].can_read = waits[i].read && (broken || (fds[i].revents & POLLIN));
        waits[i].can_write = waits[i].write && (broken || (fds[i].revents & POLLOUT));
    }
    return fds[n].revents ? CAMSEAL_PENDING : CAMSEAL_OK;
}

camseal_status camseal_posix_wait_one(int fd, bool write, uint64_t timeout_us, int wake_fd)
{
    camseal_wait wait = {fd, !write, write, false, false};
    return camseal_posix_wait(&wait, 1, timeout_us, wake_fd);
}
