/* `camseal demo`: what its files share. */
#ifndef CAMSEAL_TOOL_DEMO_H
#define CAMSEAL_TOOL_DEMO_H

#include <jansson.h>

#include "cli.h"
#include "demo_judge.h"
#include "process.h"
#include "testbed.h"

typedef struct demo {
    cli_args args;
    const char *out, *mode, *format, *suite, *only, *broken;
    uint64_t frames, seed;
    demo_plan plan;
    char folder[TESTBED_PATH_BYTES]; /* private, removed at the end */
    process sensor, bridge, ecu;
    json_t *log, *report;
    demo_result result;
    uint64_t us;
} demo;

/* ---- demo_run.c: exit code, or -1 when all is well ---- */

/* Makes the PKI, runs the three processes to their end, reaps them. */
int demo_run(demo *d);

#endif
