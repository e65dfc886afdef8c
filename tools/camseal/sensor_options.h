/* The options of `camseal sensor`. */
#ifndef CAMSEAL_TOOL_SENSOR_OPTIONS_H
#define CAMSEAL_TOOL_SENSOR_OPTIONS_H

#include "cli.h"
#include "endpoint.h"
#include "stream_profile.h"

typedef struct sensor_options {
    const char *data, *control, *chain, *key, *input, *capture, *keylog;
    camseal_endpoint data_end, control_end;
    unsigned width, height; /* 0: the picture's own */
    stream_profile profile; /* format, protocol, tag mode */
    bool remote, plain;     /* plain: nothing is protected, nobody is answered */
    uint64_t frames, fps, vc, embedded_lines;
} sensor_options;

/* Exit code when the verb must end now, -1 to go on. */
int sensor_options_parse(sensor_options *options, cli_args *args, int argc, char **argv);

#endif
