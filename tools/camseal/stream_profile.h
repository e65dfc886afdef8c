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

enum { STREAM_PROFILE_WORDS = 8 };

typedef struct stream_profile {
    uint8_t dt;  /* image lines: CSI-2 data type */
    uint8_t vc;  /* wire virtual channel at the sensor */
    uint8_t evc; /* extended virtual channel */
    uint8_t ctx_id;
    uint8_t protocol, suite, tag_mode, tag_length, crc;
    uint8_t sv[3]; /* security variants of FP-2, FP-3, FP-4; 0: the suite's best */
    camseal_stride stride;
    bool no_embedded; /* the sensor sends no embedded lines */
    bool group;       /* several sinks share the key */
    camseal_stream_map maps[2];
    camseal_slot_map slots[2];
    camseal_ssm_context_plan plan;
} stream_profile;

/* "raw12", "rgb888", ... to a data type; false for another word. */
bool stream_format_parse(uint8_t *dt, const char *text);
/* "EFF-128" ... in any case of letters. */
bool stream_suite_parse(uint8_t *suite, const char *text);
bool stream_suite_encrypts(uint8_t suite);
const char *stream_protocol_name(uint8_t protocol);

/* One word of a profile by its name in options and scenarios: "protocol" (sep, fsed), "suite",
 * "tag-mode" (message, data-type, frame), "tag-length", "variants" (N or N/N/N),
 * "stride" (OFFSET/RUN/PERIOD), "crc" (crc32c, ieee), "format". False: not a legal value. */
bool stream_profile_word(stream_profile *profile, const char *name, const char *text);
/* The names, 0 to STREAM_PROFILE_WORDS - 1; NULL beyond. */
const char *stream_profile_word_name(size_t at);

/* RAW12 on virtual channel 0, SEP, PERF-128-IE, message tags of 16 bytes, SV-1. */
void stream_profile_init(stream_profile *profile);
/* What is wrong with the words together; NULL: nothing. */
const char *stream_profile_fault(const stream_profile *profile);
/* Fills maps and plan from the fields above. The object must not move afterwards. */
void stream_profile_plan(stream_profile *profile);

#endif
