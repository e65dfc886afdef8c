/* Processes of this very executable: start, look, stop, always reap. Knows no links and no
 * verdicts. */
#ifndef CAMSEAL_TOOL_PROCESS_H
#define CAMSEAL_TOOL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "camseal/status.h"
#include "printf_like.h"

typedef struct process {
    const char *name;
    pid_t pid; /* 0: not started or reaped */
    int code;  /* exit code once reaped; 128 + signal when killed */
} process;

enum { PROCESS_ARGUMENTS_MAX = 400 };

/* What comes behind "camseal": starts as all zeros. */
typedef struct process_arguments {
    char *list[PROCESS_ARGUMENTS_MAX + 1];
    size_t n;
    bool lost; /* one did not fit, or there was no memory: the process is not started */
} process_arguments;

void process_put(process_arguments *arguments, const char *format, ...) CAMSEAL_PRINTF_LIKE(2, 3);
void process_arguments_free(process_arguments *arguments);

/* Runs "camseal ARGUMENTS..." with stdout and stderr in `log` (NULL: ours). */
CAMSEAL_NODISCARD camseal_status process_start(process *p, const char *name,
                                               const process_arguments *arguments, const char *log);
/* True once it ended; then `code` is set. */
bool process_ended(process *p);
/* Waits; false after timeout_us or when wake_fd becomes readable. */
bool process_wait(process *p, uint64_t timeout_us, int wake_fd);
/* SIGTERM, and SIGKILL if that does not help within a second; returns when it is gone. */
void process_stop(process *p);

#endif
