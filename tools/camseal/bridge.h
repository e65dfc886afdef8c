/* `camseal bridge`: an untrusted node between sensors and ECUs. Forwards data links and control
 * links, merges, copies, remaps, attacks, and writes down what it did. Holds no keys, unless it is
 * the agent of a sensor that cannot protect its stream (bridge_agent). */
#ifndef CAMSEAL_TOOL_BRIDGE_H
#define CAMSEAL_TOOL_BRIDGE_H

#include "attack.h"
#include "capture.h"
#include "cli.h"
#include "endpoint.h"
#include "link.h"
#include "stream_profile.h"

enum { BRIDGE_UP_MAX = 16, BRIDGE_DOWN_MAX = 8, BRIDGE_CONTROL_MAX = 16 };

/* A data link from a sensor or another bridge. */
typedef struct bridge_up {
    camseal_endpoint endpoint;
    uint8_t vc_map[16]; /* wire virtual channel in to out */
    camseal_link *link; /* NULL: not yet, or over         */
    uint64_t packets;
} bridge_up;

/* A data link to an ECU or another bridge: gets everything. */
typedef struct bridge_down {
    camseal_endpoint endpoint;
    camseal_listener listener;
    camseal_link *link;
    bool over;   /* the receiver left */
    size_t sent; /* spans of the output that are queued already */
} bridge_down;

/* One control link, for one sensor. */
typedef struct bridge_control {
    camseal_endpoint up, down;
    camseal_listener listener;
    camseal_link *to, *from; /* to the sensor, from the ECU */
    attack_output requests, responses;
    uint32_t connection; /* number of the present one, in the whole bridge */
} bridge_control;

typedef struct bridge {
    cli_args args;
    bridge_up ups[BRIDGE_UP_MAX];
    bridge_down downs[BRIDGE_DOWN_MAX];
    bridge_control controls[BRIDGE_CONTROL_MAX];
    size_t n_ups, n_downs, n_controls;
    uint64_t wait_us;
    uint64_t seed;
    const char *log_path;
    bool agent; /* protects the stream of a sensor that cannot */
    const char *chain_path, *key_path;
    stream_profile profile; /* agent: protocol and tag mode */
    attack_set *attacks;
    capture capture;

    attack_output data; /* what has to go to every `down` */
    size_t turn;        /* the upstream link whose packet comes next */
    bool data_over;
    bool more; /* packets wait in the buffers: do not sleep */
    uint32_t connections;
    uint64_t packets_in, packets_out, bytes_in, bytes_out, control_messages;
    const char *ended; /* why: for the report */
} bridge;

/* Runs until the streams and the control connections ended, or a signal came (PENDING). After a
 * failure the error line was printed and *exit_code is set. */
camseal_status bridge_run(bridge *b, int *exit_code);

/* ---- bridge_control.c ---- */

/* Takes what came on one control link and passes it on. */
void bridge_control_step(bridge *b, bridge_control *c);
/* Somebody connected. A negative status: the listener is broken. */
camseal_status bridge_control_open(bridge *b, bridge_control *c);
void bridge_control_close(bridge_control *c);

/* ---- bridge_agent.c ---- */

/* As bridge_run, but as the agent of the sensor upstream. Exit code. */
int bridge_agent(bridge *b);

/* ---- bridge_report.c ---- */

/* The ground truth as one JSON object, written to `out`. */
camseal_status bridge_report(const bridge *b, FILE *out);
void bridge_summary(const bridge *b, FILE *out);

#endif
