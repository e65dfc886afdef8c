/* The ECU's side of the control link: runs the host engine, step by step, without waiting.
 *
 * Knows the order step / send / receive and what to tell people about it; knows no images. The
 * caller polls ecu_control_fd and calls ecu_control_run.
 */
#ifndef CAMSEAL_TOOL_ECU_CONTROL_H
#define CAMSEAL_TOOL_ECU_CONTROL_H

#include "camseal/ssm.h"
#include "link.h"

enum { ECU_STEPS_MAX = 64 };

/* One finished or failed step of an operation. */
typedef struct ecu_step {
    char name[40];
    uint64_t us;
    camseal_status status;
    char detail[256]; /* what was agreed, or what is wrong */
} ecu_step;

/* One operation (authentication attempt, rotation ...) and how it went. */
typedef struct ecu_operation {
    camseal_status status; /* PENDING while it runs */
    ecu_step steps[ECU_STEPS_MAX];
    size_t n_steps;
    uint64_t started_us, us;
} ecu_operation;

typedef struct ecu_control {
    camseal_ssm_host *host; /* borrowed */
    camseal_link *link;     /* owned; NULL when not connected */
    camseal_step step;
    uint8_t out[65536];
    const char *step_name; /* of the step under way */
    uint64_t step_us;
    ecu_operation operation;
    void (*on_step)(void *user, const ecu_step *step);
    void *user;
} ecu_control;

/* `link` (taken) replaces the present one; NULL only closes. */
void ecu_control_attach(ecu_control *control, camseal_link *link);
/* After a camseal_ssm_host_begin_... answered `begun`. */
void ecu_control_start(ecu_control *control, camseal_status begun, uint64_t now_us);
bool ecu_control_busy(const ecu_control *control);
/* Takes what arrived and goes on as far as possible. */
void ecu_control_run(ecu_control *control, uint64_t now_us);
/* Ends the operation with this status (interrupt). */
void ecu_control_cancel(ecu_control *control, camseal_status status, const char *why,
                        uint64_t now_us);
/* When to call again although nothing arrived; UINT64_MAX: never. */
uint64_t ecu_control_wake(const ecu_control *control);

#endif
