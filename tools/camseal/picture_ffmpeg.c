/* Any other file through ffmpeg, as a child process that writes Y4M to a pipe.
 *
 * No shell: an argument vector. The child sees three descriptors, may open local files only, and
 * is reaped by ffmpeg_finish() or ffmpeg_stop(), whichever comes first.
 */
#include "picture_format.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_INSTALLED = 127, DESCRIPTORS_MAX = 1024, WORDS_MAX = 2048 };

/* In the child: never returns. Only async-signal-safe calls, as the parent may have threads. */
static void run_child(char *const argv[], int out, int errors)
{
    int in = open("/dev/null", O_RDONLY);
    if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(errors, 2) < 0)
        _exit(126);
    for (int fd = 3; fd < DESCRIPTORS_MAX; fd++)
        close(fd);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    execvp(argv[0], argv);
    _exit(NOT_INSTALLED);
}

static void close_pair(int pair[2])
{
    if (pair[0] >= 0)
        close(pair[0]);
    if (pair[1] >= 0)
        close(pair[1]);
}

/* Ends at or above 3: a parent without stdin or stdout must not get one of them as a pipe. */
static bool open_pipe(int pair[2])
{
    if (pipe(pair) != 0) {
        pair[0] = pair[1] = -1;
        return false;
    }
    for (int i = 0; i < 2; i++) {
        int high = fcntl(pair[i], F_DUPFD_CLOEXEC, 3);
        close(pair[i]);
        pair[i] = high;
    }
    return pair[0] >= 0 && pair[1] >= 0;
}

static bool launch(ffmpeg_child *child, char *const argv[])
{
    int out[2], errors[2] = {-1, -1};
    pid_t pid = -1;
    /* A child with more to say than the pipe holds loses words, but never waits. */
    if (open_pipe(out) && open_pipe(errors) && fcntl(errors[0], F_SETFL, O_NONBLOCK) == 0 &&
        fcntl(errors[1], F_SETFL, O_NONBLOCK) == 0)
        pid = fork();
    if (pid == 0)
        run_child(argv, out[1], errors[1]);
    FILE *y4m = pid > 0 ? fdopen(out[0], "rb") : NULL;
    if (pid > 0) {
        *child = (ffmpeg_child){.pid = pid, .y4m = y4m, .errors = errors[0]};
        if (y4m)
            out[0] = -1;
        errors[0] = -1;
    }
    close_pair(out);
    close_pair(errors);
    if (pid > 0 && !y4m)
        ffmpeg_stop(child);
    return y4m != NULL;
}

camseal_status ffmpeg_start(ffmpeg_child *child, const char *path, picture_error *error)
{
    static const char filter[] = "scale=out_color_matrix=bt601:out_range=pc,format=yuv444p16le";
    *child = (ffmpeg_child){0};
    size_t size = strlen(path) + sizeof "file:";
    char *url = malloc(size);
    if (!url)
        return picture_fail(error, CAMSEAL_E_MEMORY, path, "no memory");
    snprintf(url, size, "file:%s", path);
    const char *const argv[] = {
        "ffmpeg",       "-nostdin", "-loglevel", "error", "-protocol_whitelist",
        "file",         "-i",       url,         "-map",  "0:v:0",
        "-vf",          filter,     "-strict",   "-1",    "-f",
        "yuv4mpegpipe", "pipe:1",   NULL};
    bool started = launch(child, (char *const *)(uintptr_t)argv); /* exec does not write to it */
    free(url);
    if (!started)
        return picture_fail(error, CAMSEAL_E_FILE, path, "cannot start ffmpeg: %s",
                            strerror(errno));
    return CAMSEAL_OK;
}

/* The last line of what the child said, without control characters. */
static const char *last_words(int fd, char words[WORDS_MAX])
{
    size_t n = 0;
    for (ssize_t got; (got = read(fd, words + n, WORDS_MAX - 1 - n)) > 0;) {
        n += (size_t)got;
        if (n == WORDS_MAX - 1) { /* keep the newer half */
            memmove(words, words + n / 2, n - n / 2);
            n -= n / 2;
        }
    }
    while (n > 0 && (unsigned char)words[n - 1] <= ' ')
        n--;
    words[n] = 0;
    char *line = strrchr(words, '\n');
    line = line ? line + 1 : words;
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
    return *line ? line : "no reason given";
}

static int reap(ffmpeg_child *child)
{
    int result = 0;
    while (waitpid(child->pid, &result, 0) < 0)
        if (errno != EINTR)
            return -1;
    return result;
}

camseal_status ffmpeg_finish(ffmpeg_child *child, const char *path, picture_error *error)
{
    char words[WORDS_MAX];
    fclose(child->y4m); /* a child that still writes ends here */
    int result = reap(child);
    const char *reason = last_words(child->errors, words);
    close(child->errors);
    *child = (ffmpeg_child){0};
    if (WIFEXITED(result) && WEXITSTATUS(result) == 0)
        return CAMSEAL_OK;
    if (WIFEXITED(result) && WEXITSTATUS(result) == NOT_INSTALLED)
        return picture_fail(error, CAMSEAL_E_FILE, path,
                            "not a PNG, PPM, PGM or Y4M file, and ffmpeg is not installed: install "
                            "it or convert the file");
    return picture_fail(error, CAMSEAL_E_FORMAT, path, "ffmpeg cannot read it: %.160s", reason);
}

void ffmpeg_stop(ffmpeg_child *child)
{
    if (child->pid == 0)
        return;
    kill(child->pid, SIGKILL);
    if (child->y4m)
        fclose(child->y4m);
    (void)reap(child);
    close(child->errors);
    *child = (ffmpeg_child){0};
}
