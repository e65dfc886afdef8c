#include "demo_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

enum { LOOK_MS = 5, STOP_US = 1000000 };

/* In the child: never returns. */
static void become(char *const arguments[], const char *log, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* do not outlive a killed demo */
    if (getppid() != parent)
        _exit(126);
    int in = open("/dev/null", O_RDONLY);
    int out = log ? open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;
    if (in < 0 || dup2(in, STDIN_FILENO) < 0)
        _exit(126);
    if (log && (out < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0))
        _exit(126);
    execv("/proc/self/exe", arguments);
    _exit(127);
}

camseal_status demo_process_start(demo_process *process, const char *name, char *const arguments[],
                                  const char *log)
{
    pid_t parent = getpid();
    fflush(NULL); /* or the child would print our buffers again */
    process->name = name;
    process->code = -1;
    pid_t pid = fork();
    if (pid < 0)
        return CAMSEAL_E_IO;
    if (pid == 0)
        become(arguments, log, parent);
    process->pid = pid;
    return CAMSEAL_OK;
}

bool demo_process_ended(demo_process *process)
{
    int status;
    if (!process->pid)
        return true;
    pid_t got = waitpid(process->pid, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR))
        return false;
    if (got == process->pid)
        process->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    process->pid = 0;
    return true;
}

bool demo_process_wait(demo_process *process, uint64_t timeout_us, int wake_fd)
{
    uint64_t until = camseal_posix_now_us() + timeout_us;
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    while (!demo_process_ended(process)) {
        if (camseal_posix_now_us() >= until || poll(&wake, 1, LOOK_MS) > 0)
            return false;
    }
    return true;
}

void demo_process_stop(demo_process *process)
{
    if (demo_process_ended(process))
        return;
    (void)kill(process->pid, SIGTERM);
    if (demo_process_wait(process, STOP_US, -1))
        return;
    (void)kill(process->pid, SIGKILL);
    while (!demo_process_wait(process, STOP_US, -1))
        continue;
}
