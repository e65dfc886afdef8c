/* The sensor's side of the control link: one connection after another, an SPDM responder with the
 * stream management component behind it.
 *
 * Survives everything that a peer sends: a connection that breaks the framing is closed and the
 * next one accepted. Contexts outlive connections (OP1 §8). Knows no images. The caller polls;
 * nothing here waits longer than it takes to send one answer.
 */
#ifndef CAMSEAL_TOOL_SENSOR_CONTROL_H
#define CAMSEAL_TOOL_SENSOR_CONTROL_H

#include "capture.h"
#include "link.h"

#include "camseal/ssm.h"

typedef struct sensor_control {
    camseal_listener listener;
    camseal_link *link; /* NULL: nobody is connected */
    camseal_spdm_responder_config config;
    camseal_spdm_responder *responder; /* a fresh one for each connection */
    void *responder_mem;
    camseal_ssm_component *component;
    void *component_mem;
    camseal_context
        *context; /* active source context, NULL before CTX_ACTIVATE and after CTX_DESTROY */
    void *context_mem;
    bool in_session;
    uint64_t heard_us; /* when the connection last said something */
    unsigned long connections;
    capture *capture;
    /* The source context became active or was rotated; NULL: it is about to go away. */
    void (*on_context)(void *user, camseal_context *context);
    void (*log)(void *user, const char *text);
    void *user;
    uint8_t out[65536];
} sensor_control;

/* The config's crypto, binding, identities, trace and log_secrets are the caller's; the rest is
 * filled here. */
CAMSEAL_NODISCARD camseal_status sensor_control_init(sensor_control *control,
                                                     const camseal_spdm_responder_config *spdm,
                                                     const camseal_bulk *bulk);
/* What to poll: the listener while nobody (or a silent stranger) is connected, and the connection.
 */
size_t sensor_control_waits(const sensor_control *control, camseal_wait waits[2], uint64_t now_us);
void sensor_control_run(sensor_control *control, const camseal_wait *waits, size_t n,
                        uint64_t now_us);
void sensor_control_close(sensor_control *control);

#endif
