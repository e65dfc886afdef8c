/* Runs the built command as a child process, and looks at what it said. */
#ifndef CAMSEAL_TESTS_COMMAND_H
#define CAMSEAL_TESTS_COMMAND_H

#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct command {
    pid_t pid;
    int exit_code;   /* after command_end; -1: killed by a signal */
    int out, err;    /* pipes' reading ends, or -1 */
    char said[8192]; /* stdout */
    char erred[4096];
} command;

/* `arguments` ends with NULL; the program's name is put in front. */
static inline command command_start(const char *const *arguments)
{
    command c = {.exit_code = -1};
    const char *argv[40] = {CAMSEAL_COMMAND};
    int out[2], err[2];
    for (size_t i = 0; arguments[i] && i < 38; i++)
        argv[i + 1] = arguments[i];
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(err), 0);
    c.pid = fork();
    if (c.pid == 0) {
        dup2(out[1], 1);
        dup2(err[1], 2);
        for (int fd = 3; fd < 64; fd++)
            close(fd);
        union {
            const char **in;
            char **out;
        } words = {argv};
        execv(CAMSEAL_COMMAND, words.out);
        _exit(99);
    }
    close(out[1]);
    close(err[1]);
    (void)fcntl(out[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(err[0], F_SETFD, FD_CLOEXEC);
    c.out = out[0];
    c.err = err[0];
    return c;
}

static inline void command_read(int fd, char *text, size_t capacity)
{
    size_t len = 0;
    char more[512];
    for (;;) {
        ssize_t n = read(fd, more, sizeof more);
        if (n <= 0)
            break;
        size_t kept = (size_t)n > capacity - 1 - len ? capacity - 1 - len : (size_t)n;
        memcpy(text + len, more, kept);
        len += kept;
    }
    text[len] = 0;
    close(fd);
}

/* Waits for the end, at most 20 s; then it is killed, and the exit code stays -1. */
static inline void command_end(command *c)
{
    int how = 0;
    for (int i = 0; i < 2000 && waitpid(c->pid, &how, WNOHANG) == 0; i++) {
        usleep(10000);
        if (i == 1999) {
            kill(c->pid, SIGKILL);
            waitpid(c->pid, &how, 0);
        }
    }
    c->exit_code = WIFEXITED(how) ? WEXITSTATUS(how) : -1;
    command_read(c->out, c->said, sizeof c->said);
    command_read(c->err, c->erred, sizeof c->erred);
}

static inline command command_run(const char *const *arguments)
{
    command c = command_start(arguments);
    command_end(&c);
    return c;
}

/* An error is one line, for a person. */
static inline void assert_one_line(const command *c, const char *part)
{
    const char *newline = strchr(c->erred, '\n');
    if (!newline || newline[1] || !strstr(c->erred, part))
        print_message("stderr: %s", c->erred);
    assert_non_null(newline);
    assert_int_equal(newline[1], 0);
    assert_non_null(strstr(c->erred, part));
}

#endif
