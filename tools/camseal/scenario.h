/* A scenario: which cameras, bridges and ECUs there are, how they are linked, what protects each
 * stream, what is attacked and what must come out. The file's form is in docs/scenario.md.
 *
 * The texts are borrowed from the YAML tree, which stays open as long as the scenario.
 */
#ifndef CAMSEAL_TOOL_SCENARIO_H
#define CAMSEAL_TOOL_SCENARIO_H

#include <jansson.h>

#include "bridge.h"
#include "camseal/context.h"
#include "cli.h"
#include "process.h"
#include "stream_profile.h"
#include "testbed.h"
#include "yaml_file.h"

enum {
    SCENARIO_SENSORS = 16,
    SCENARIO_BRIDGES = 16,
    SCENARIO_ECUS = 8,
    SCENARIO_ATTACKS = 32,
    SCENARIO_ROUTES = 64,
    SCENARIO_COUNTS = 16,
    SCENARIO_END = 128 /* bytes of an endpoint's text */
};

enum scenario_kind { SCENARIO_SENSOR, SCENARIO_BRIDGE, SCENARIO_ECU, SCENARIO_NOTHING };

typedef struct scenario_ref {
    uint8_t kind, index; /* enum scenario_kind */
} scenario_ref;

typedef struct scenario_sensor {
    const char *name;
    const yaml_node_t *node;
    const char *input, *mode, *embedded_lines, *rotate_every, *fps; /* NULL: the verb's default */
    uint64_t frames, vc, evc;
    bool has_evc, legacy;                           /* legacy: cannot protect its stream */
    const char *words[STREAM_PROFILE_WORDS];        /* of its profile; NULL: the default */
    scenario_ref reader;                            /* who reads its data link */
    char data[SCENARIO_END], control[SCENARIO_END]; /* control: of its agent, if it is legacy */
} scenario_sensor;

/* A data link that a component reads. */
typedef struct scenario_feed {
    scenario_ref from;
    uint8_t vc_map[16];
    char end[SCENARIO_END];
} scenario_feed;

/* One control link through a bridge. */
typedef struct scenario_hop {
    char up[SCENARIO_END], down[SCENARIO_END];
} scenario_hop;

typedef struct scenario_bridge {
    const char *name;
    const yaml_node_t *node, *from;
    bool agent;
    const char *seed;
    const char *attacks[SCENARIO_ATTACKS];
    size_t n_attacks;
    scenario_feed feeds[BRIDGE_UP_MAX];
    size_t n_feeds;
    scenario_hop hops[BRIDGE_CONTROL_MAX];
    size_t n_hops;
} scenario_bridge;

typedef struct scenario_ecu {
    const char *name, *keys; /* keys: the ECU that gives it its keys (multicast); NULL: itself */
    const yaml_node_t *node, *from;
    uint8_t host; /* index of the ECU whose process it is part of */
    scenario_feed feed;
} scenario_ecu;

/* One camera at one ECU. */
typedef struct scenario_route {
    char name[80]; /* CAMERA, or CAMERA@ECU for a further sink */
    uint8_t sensor, ecu;
    int master;                        /* route whose key it shares; -1: its own */
    uint8_t evc, link_vc;              /* link_vc: behind all bridges */
    uint8_t bridges[SCENARIO_BRIDGES]; /* from the ECU to the sensor */
    size_t n_bridges;
    char control[SCENARIO_END]; /* where the ECU reaches the sensor */
} scenario_route;

/* What a camera must come to: counts by verdict or reason, and nothing else. */
typedef struct scenario_expect {
    const char *camera; /* name of a route */
    const yaml_node_t *node;
    bool has_frames, has_messages, has_missing;
    uint64_t frames[CAMSEAL_VERDICT_COUNT], messages[CAMSEAL_VERDICT_COUNT], missing;
} scenario_expect;

typedef struct scenario {
    yaml_file file;
    const char *verb, *name;
    bool tcp;
    uint64_t timeout_s, exit; /* exit: what the ECUs must end with, UINT64_MAX: not said */
    scenario_sensor sensors[SCENARIO_SENSORS];
    scenario_bridge bridges[SCENARIO_BRIDGES];
    scenario_ecu ecus[SCENARIO_ECUS];
    scenario_route routes[SCENARIO_ROUTES];
    scenario_expect expects[SCENARIO_ROUTES];
    size_t n_sensors, n_bridges, n_ecus, n_routes, n_expects;
    unsigned n_ends; /* names given to endpoints */

    /* the run */
    const cli_args *args;
    const char *keep;                 /* where everything is kept, NULL: nowhere */
    char folder[TESTBED_PATH_BYTES];  /* private: sockets, keys */
    char results[TESTBED_PATH_BYTES]; /* reports and logs: `keep` or the private folder */
    process processes[SCENARIO_SENSORS + SCENARIO_BRIDGES + SCENARIO_ECUS];
    size_t n_processes;
    uint64_t us;
} scenario;

/* Exit code, or -1 when all is well; the error line names line and column of the file. */

/* ---- scenario_read.c ---- */

int scenario_read(scenario *s, const char *path);
void scenario_close(scenario *s);

/* ---- scenario_plan.c: links and arguments ---- */

/* Which camera reaches which ECU, by which bridges, on which channel. */
int scenario_routes(scenario *s);
/* Names of all link ends; the folder must be there. */
int scenario_ends(scenario *s);
void scenario_sensor_arguments(const scenario *s, size_t at, process_arguments *a);
void scenario_bridge_arguments(const scenario *s, size_t at, process_arguments *a);
/* One process for an ECU and those that have their keys from it. */
void scenario_ecu_arguments(const scenario *s, size_t at, process_arguments *a);
/* The bridge that protects the stream of a legacy sensor; NULL: there is none. */
const scenario_bridge *scenario_agent_of(const scenario *s, const scenario_sensor *sensor);

/* ---- scenario_run.c ---- */

/* Starts, waits, ends and reaps all processes. */
int scenario_run(scenario *s);

/* ---- scenario_report.c ---- */

/* Compares what came out with what must, and prints it. Exit code. */
int scenario_judge(const scenario *s);

#endif
