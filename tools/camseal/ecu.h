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

enum { ECU_ANCHORS_MAX = 8, ECU_CAMERAS_MAX = 16 };

/* One camera: a sensor with its sink, or (`sink_of`) one more sink of an earlier camera's stream.
 */
typedef struct ecu_options {
    const char *name, *sink_of; /* NULL: the only camera; a sink of its own key */
    size_t master;              /* sink_of: which camera it is                 */
    const char *data, *control, *out, *report, *capture, *keylog, *owner;
    camseal_endpoint data_end, control_end;
    const char *trust[ECU_ANCHORS_MAX];
    size_t n_trust;
    uint8_t pin[32];
    uint8_t link_vc; /* virtual channel on the data link, after all bridges */
    bool has_evc, has_link_vc;
    bool has_pin, allow_partial, ignore_time, remote;
    uint32_t sets;
    uint64_t frames, attempts, save_every, rotate_every, timeout_us, embedded_lines, marks;
    stream_profile profile;
} ecu_options;

typedef struct ecu_system ecu_system;

typedef struct ecu {
    ecu_system *system;
    const cli_args *args;
    ecu_options options;
    char label[40]; /* "NAME: " where there are several cameras */
    pki_file anchor_files[ECU_ANCHORS_MAX];
    camseal_span anchors[ECU_ANCHORS_MAX];
    camseal_trace trace;
    camseal_ssm_peer peer;
    uint8_t owner[CAMSEAL_OWNER_SECRET_BYTES];
    void *host_mem;
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
    int code; /* why it ended early; -1: it did not */
} ecu;

/* A data link; several cameras may come over one. */
typedef struct ecu_link {
    camseal_link *link;
    const ecu_options *of; /* the first camera's options */
    bool over;
    uint64_t unrouted; /* packets that belong to no camera of this link */
} ecu_link;

struct ecu_system {
    cli_args args;
    ecu *cameras[ECU_CAMERAS_MAX];
    size_t n;
    ecu_link links[ECU_CAMERAS_MAX];
    size_t n_links;
    size_t link_of[ECU_CAMERAS_MAX]; /* camera to link */
};

/* One entry a camera into `list` (ECU_CAMERAS_MAX), how many into *n. Exit code when the verb must
 * end now, -1 to go on. */
int ecu_options_parse(ecu_options *list, size_t *n, cli_args *args, int argc, char **argv);
/* Fills the plan; the object must not move afterwards. */
void ecu_options_plan(ecu_options *options);

/* ---- ecu_owner.c ---- */

/* Reads or makes the owner secret, if one was asked for. Exit code, or -1 to go on. */
int ecu_load_owner(ecu *e);

/* ---- ecu_run.c ---- */

/* Each camera in turn, up to the wanted number of attempts, then the data links. Exit code, or -1
 * when all sensors are authenticated and stream. */
int ecu_authenticate(ecu_system *s);
/* Until the streams end, the wanted frames are there, or Ctrl-C. Exit code, or -1. */
int ecu_stream(ecu_system *s);
/* Ends the sessions politely; a peer that is gone is no failure any more. */
void ecu_shut_down(ecu_system *s);

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
