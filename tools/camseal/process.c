#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

enum { LOOK_MS = 5, STOP_US = 1000000 };

/* In the child: never returns. */
static void become(char *const arguments[], const char *log, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* do not outlive a killed parent */
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

void process_put(process_arguments *a, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int len = vsnprintf(NULL, 0, format, values);
    va_end(values);
    char *text = len < 0 || a->n == PROCESS_ARGUMENTS_MAX ? NULL : malloc((size_t)len + 1u);
    a->lost = a->lost || !text;
    if (!text)
        return;
    va_start(values, format);
    vsnprintf(text, (size_t)len + 1u, format, values);
    va_end(values);
    a->list[a->n++] = text;
}

void process_arguments_free(process_arguments *a)
{
    for (size_t i = 0; i < a->n; i++)
        free(a->list[i]);
    *a = (process_arguments){0};
}

camseal_status process_start(process *p, const char *name, const process_arguments *arguments,
                             const char *log)
{
    static char self[] = "camseal";
    char *list[PROCESS_ARGUMENTS_MAX + 2] = {self};
    pid_t parent = getpid();
    if (arguments->lost)
        return CAMSEAL_E_SPACE;
    for (size_t i = 0; i < arguments->n; i++)
        list[i + 1] = arguments->list[i];
    fflush(NULL); /* or the child would print our buffers again */
    p->name = name;
    p->code = -1;
    pid_t pid = fork();
    if (pid < 0)
        return CAMSEAL_E_IO;
    if (pid == 0)
        become(list, log, parent);
    p->pid = pid;
    return CAMSEAL_OK;
}

bool process_ended(process *p)
{
    int status;
    if (!p->pid)
        return true;
    pid_t got = waitpid(p->pid, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR))
        return false;
    if (got == p->pid)
        p->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    p->pid = 0;
    return true;
}

bool process_wait(process *p, uint64_t timeout_us, int wake_fd)
{
    uint64_t until = camseal_posix_now_us() + timeout_us;
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    while (!process_ended(p)) {
        if (camseal_posix_now_us() >= until || poll(&wake, 1, LOOK_MS) > 0)
            return false;
    }
    return true;
}

void process_stop(process *p)
{
    if (process_ended(p))
        return;
    (void)kill(p->pid, SIGTERM);
    if (process_wait(p, STOP_US, -1))
        return;
    (void)kill(p->pid, SIGKILL);
    while (!process_wait(p, STOP_US, -1))
        continue;
}
