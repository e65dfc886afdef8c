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
    const char *data, *control, *out, *report, *capture, *keylog, *owner;
    camseal_endpoint data_end, control_end;
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
    uint8_t owner[CAMSEAL_OWNER_SECRET_BYTES];
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
    uint64_t rotations_failed;
    uint64_t first_packet_us, last_packet_us,
        picture_us; /* picture_us: spent on writing pictures */
    bool authenticated;
} ecu;

/* Exit code when the verb must end now, -1 to go on. */
int ecu_options_parse(ecu_options *options, cli_args *args, int argc, char **argv);

/* ---- ecu_owner.c ---- */

/* Reads or makes the owner secret, if one was asked for. Exit code, or -1 to go on. */
int ecu_load_owner(ecu *e);

/* ---- ecu_run.c ---- */

/* Connects to one end of a link. On failure the error line was printed and *code is set. */
camseal_link *ecu_reach(ecu *e, const camseal_endpoint *endpoint, camseal_link_kind kind,
                        int *code);
/* Up to the wanted number of attempts. Exit code, or -1 when the sensor is authenticated and
 * streams. */
int ecu_authenticate(ecu *e);
/* Until the stream ends, the wanted frames are there, or Ctrl-C. Exit code, or -1. */
int ecu_stream(ecu *e);
/* Ends the session politely; a peer that is gone is no failure any more. */
void ecu_shut_down(ecu *e);

/* ---- ecu_talk.c: `user` is the ecu ---- */

bool ecu_talks(const ecu *e); /* text is wanted on stdout */
void ecu_on_frame(void *user, const frame_entry *entry);
void ecu_on_event(void *user, const camseal_record *event);
void ecu_on_step(void *user, const ecu_step *step);
/* One of several attempts: a failed one in a line, the good one step by step. */
void ecu_print_attempt(const ecu *e, uint64_t number);

/* ---- ecu_summary.c ---- */

/* What happened, for people (stdout) and for the end of the report (new reference). */
void ecu_summary_print(const ecu *e);
json_t *ecu_summary_json(const ecu *e, int exit_code);

#endif
