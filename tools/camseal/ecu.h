/* `camseal ecu`: the parts that its files share. */
#ifndef CAMSEAL_TOOL_ECU_H
#define CAMSEAL_TOOL_ECU_H

#include "cli.h"
#include "ecu_control.h"
#include "ecu_output.h"
#include "ecu_receiver.h"
#include "ecu_report.h"
#include "keyfile.h"
#include "keylog.h"
#include "stream_profile.h"

enum { ECU_ANCHORS_MAX = 8 };

typedef struct ecu_options {
    const char *data, *control, *out, *report, *capture, *keylog;
    const char *trust[ECU_ANCHORS_MAX];
    size_t n_trust;
    uint8_t pin[32];
    bool has_pin, allow_partial, ignore_time, remote;
    uint32_t sets;
    uint64_t frames, attempts, save_every, rotate_every, timeout_us, embedded_lines, marks;
    stream_profile profile;
} ecu_options;

typedef struct ecu {
    const cli_args *args;
    ecu_options options;
    pki_file anchor_files[ECU_ANCHORS_MAX];
    camseal_span anchors[ECU_ANCHORS_MAX];
    camseal_trace trace;
    camseal_ssm_peer peer;
    void *host_mem;
    camseal_link *data;
    ecu_control control;
    ecu_receiver receiver;
    frame_book book;
    ecu_output output;
    ecu_report report;
    capture capture;
    keylog keylog;
    uint64_t frames, gap_frames; /* closed; missing between closed ones */
    uint64_t bad_frames;         /* closed with a verdict that does not count as good */
    uint64_t rotated_at;         /* value of frames at the newest rotation */
    uint64_t started_us, first_packet_us, last_packet_us;
    bool authenticated;
} ecu;

/* What happened, for people (stdout) and for the end of the report (new reference). */
void ecu_summary_print(const ecu *e);
json_t *ecu_summary_json(const ecu *e, int exit_code);

#endif
