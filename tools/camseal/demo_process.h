/* Processes of this very executable: start, look, stop, always reap. Knows no links and no
 * verdicts. */
#ifndef CAMSEAL_TOOL_DEMO_PROCESS_H
#define CAMSEAL_TOOL_DEMO_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "camseal/status.h"

typedef struct demo_process {
    const char *name;
    pid_t pid; /* 0: not started or reaped */
    int code;  /* exit code once reaped; 128 + signal when killed */
} demo_process;

/* Runs "camseal ARGUMENTS..." with stdout and stderr in `log` (NULL: ours). `arguments` ends with
 * NULL. */
CAMSEAL_NODISCARD camseal_status demo_process_start(demo_process *process, const char *name,
                                                    char *const arguments[], const char *log);
/* True once it ended; then `code` is set. */
bool demo_process_ended(demo_process *process);
/* Waits; false after timeout_us or when wake_fd becomes readable. */
bool demo_process_wait(demo_process *process, uint64_t timeout_us, int wake_fd);
/* SIGTERM, and SIGKILL if that does not help within a second; returns when it is gone. */
void demo_process_stop(demo_process *process);

#endif
