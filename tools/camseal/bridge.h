/* `camseal bridge`: an untrusted node between sensor and ECU. Forwards the data link and the
 * control link, remaps, attacks, and writes down what it did. Holds no keys. */
#ifndef CAMSEAL_TOOL_BRIDGE_H
#define CAMSEAL_TOOL_BRIDGE_H

#include "attack.h"
#include "capture.h"
#include "cli.h"
#include "endpoint.h"
#include "link.h"

/* One direction of a link pair: what came in on `from` and has to go out on `to`. */
typedef struct bridge_flow {
    attack_output out;
    size_t sent; /* spans of `out` that are queued already */
} bridge_flow;

typedef struct bridge {
    cli_args args;
    bool has_data, has_control;
    camseal_endpoint data_up, data_down, control_up, control_down;
    uint64_t wait_us;
    uint64_t seed;
    const char *log_path;
    attack_set *attacks;
    capture capture;

    camseal_listener data_listener, control_listener;
    camseal_link *up, *down;                 /* data */
    camseal_link *control_to, *control_from; /* to the sensor, from the ECU */
    bridge_flow data, requests, responses;
    bool data_over;
    bool more; /* packets wait in the buffer: do not sleep */
    uint32_t connections;
    uint64_t packets_in, packets_out, bytes_in, bytes_out, control_messages;
    const char *ended; /* why: for the report */
} bridge;

/* Runs until the stream and the control connection ended, or a signal came (PENDING). After a
 * failure the error line was printed and *exit_code is set. */
camseal_status bridge_run(bridge *b, int *exit_code);

/* The ground truth as one JSON object, written to `out`. */
camseal_status bridge_report(const bridge *b, FILE *out);
void bridge_summary(const bridge *b, FILE *out);

#endif
