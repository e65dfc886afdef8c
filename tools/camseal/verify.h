/* Inside of `camseal verify`: a capture back to pictures and verdicts.
 *
 * verify.c has options, keys and files; verify_run.c feeds the sink and sorts its records by
 * camera; verify_words.c says what is wrong in words; verify_report.c prints; verify_output.c
 * draws.
 */
#ifndef CAMSEAL_TOOL_VERIFY_H
#define CAMSEAL_TOOL_VERIFY_H

#include <jansson.h>

#include "camseal/stream.h"
#include "cse_profile.h"
#include "frame_book.h"
#include "overview.h"
#include "pcapng.h"
#include "root_key.h"

enum { VERIFY_BATCH = 64, VERIFY_RING = 1024, VERIFY_HOLD = 65535, VERIFY_MARKED_MAX = 40 };

typedef struct verify verify;

typedef struct verify_camera {
    verify *owner;
    uint8_t evc;
    char name[8]; /* "vc3" */
    frame_book book;
    uint8_t *cover; /* enum picture_line of verified lines of the frame under way; owned */
    size_t cover_rows;
    camseal_record slots[CSE_SLOTS_MAX]; /* of the frame under way */
    size_t n_slots;
    bool top_early;        /* FSED: the TBT vouched for the top lines */
    camseal_record *early; /* released before their verdict; owned */
    size_t n_early, early_capacity;
    uint64_t frames, bad_frames, gap_frames, marked;
    overview overview;
} verify_camera;

typedef struct verify_choices {
    const char *capture, *keylog, *root_key, *out, *picture, *interface;
    bool secrets, early, partial, unverified;
    uint64_t epoch, embedded;
    uint64_t vcs; /* bit n: a camera on virtual channel n; for a key log without a context */
} verify_choices;

struct verify {
    const cli_args *args;
    const verify_choices *o;
    cse_profile profile;
    root_keys keys;
    size_t next_key; /* first of keys that is not loaded */
    uint8_t *file;   /* the capture; packets are decrypted in it */
    size_t file_len;
    pcapng_reader reader;
    camseal_status broken; /* why reading ended before the end of the file */
    camseal_context *context;
    camseal_sink *sink;
    camseal_worker *worker;
    void *context_mem, *sink_mem, *worker_mem;
    camseal_record_ring ring;
    camseal_record records[VERIFY_RING];
    camseal_sink_item items[VERIFY_BATCH];
    uint64_t now_us, packets, sink_packets;
    verify_camera cameras[CSE_CAMERAS_MAX];
    size_t n_cameras;
    json_t *frames, *events, *unattached; /* --json only */
    bool any_line;                        /* the table has begun */
    camseal_status output;                /* the first picture that could not be written */
    picture_error output_error;
    camseal_trace trace;
    char refused[120]; /* what a context does not like */
};

/* ---- verify_run.c ---------------------------------------------------------------------------- */

CAMSEAL_NODISCARD camseal_status verify_set_up(verify *v);
/* Feeds every packet of the capture and closes. */
CAMSEAL_NODISCARD camseal_status verify_run(verify *v);
void verify_tear_down(verify *v);
/* FSED: a message record of FSH, TBT or FTG, which are no lines. */
bool verify_is_own(const verify *v, const camseal_record *message);
/* By its verdict; packets that were refused meanwhile show in the exit code. */
bool verify_is_good(const verify *v, const frame_entry *entry);

/* ---- verify_words.c -------------------------------------------------------------------------- */

/* "missing lines 512-515; forged tag: line 37": which lines of the picture, and why. Empty when
 * nothing is wrong. */
void verify_words(char *out, size_t size, const verify_camera *camera, const frame_entry *entry);

/* ---- verify_report.c ------------------------------------------------------------------------- */

void verify_report_frame(verify_camera *camera, const frame_entry *entry);
void verify_report_event(verify_camera *camera, const camseal_record *event);
void verify_report_end(verify *v, int exit_code);

/* ---- verify_output.c ------------------------------------------------------------------------- */

void verify_output_frame(verify_camera *camera, const frame_entry *entry);
void verify_output_end(verify *v);

#endif
