/* How one camera stream is named and protected, from the command line to the plan of a security
 * context.
 *
 * Sensor and ECU must agree on format, virtual channel and suite; nothing here is learnt from the
 * wire.
 */
#ifndef CAMSEAL_TOOL_STREAM_PROFILE_H
#define CAMSEAL_TOOL_STREAM_PROFILE_H

#include <stdbool.h>

#include "camseal/ssm.h"

typedef struct stream_profile {
    uint8_t dt;  /* image lines: CSI-2 data type */
    uint8_t vc;  /* wire virtual channel at the sensor */
    uint8_t evc; /* extended virtual channel */
    uint8_t suite, tag_length, crc;
    uint8_t sv; /* the one security variant of all three partitions */
    camseal_stream_map maps[2];
    camseal_ssm_context_plan plan;
} stream_profile;

/* "raw12", "rgb888", ... to a data type; false for another word. */
bool stream_format_parse(uint8_t *dt, const char *text);
/* "EFF-128" ... in any case of letters. */
bool stream_suite_parse(uint8_t *suite, const char *text);
bool stream_suite_encrypts(uint8_t suite);

/* RAW12 on virtual channel 0, PERF-128-IE, message tags of 16 bytes, SV-1. */
void stream_profile_init(stream_profile *profile);
/* Fills maps and plan from the fields above. The object must not move afterwards. */
void stream_profile_plan(stream_profile *profile);

#endif
