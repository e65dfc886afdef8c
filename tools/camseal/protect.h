/* Inside of `camseal protect`: cameras made of files, their frames as packets in a capture.
 *
 * protect.c has options, keys and files; protect_camera.c the pictures; protect_frame.c the
 * packets.
 */
#ifndef CAMSEAL_TOOL_PROTECT_H
#define CAMSEAL_TOOL_PROTECT_H

#include "camseal/stream.h"
#include "capture.h"
#include "cse_profile.h"
#include "keylog.h"
#include "scene.h"

enum { PROTECT_INPUTS_MAX = 1024, PROTECT_BATCH = 64 };

typedef struct protect_camera {
    uint8_t vc, dt;
    const char **inputs; /* played one after the other; borrowed */
    size_t n_inputs, input;
    scene_options mode;
    scene *scene;          /* of inputs[input]; NULL: the next one is to be opened */
    uint64_t input_frames; /* taken from it */
    unsigned width, height, top, bottom;
    size_t line_samples, line_bytes;
    uint16_t *samples; /* the frame under way */
    uint8_t *payloads; /* all messages of a frame, each `payload_bytes` apart */
    size_t payload_bytes;
    uint8_t *own; /* room for FSH, TBT, FTG, `own_bytes` apart */
    size_t own_bytes;
    camseal_source_begin begin;
    uint64_t frames; /* done */
    bool over;
    unsigned next; /* step of the frame under way, see protect_frame.c */
    capture_stream *stream;
} protect_camera;

/* Opens the first input; with it the mode of all. Exit code, or -1. */
int protect_camera_open(protect_camera *camera);
/* Takes the next frame: its messages are in `payloads`. *over: there is none. `limit` 0: a still is
 * one frame. Exit code, or -1. */
int protect_camera_next(protect_camera *camera, uint64_t limit, bool *over);
unsigned protect_camera_messages(const protect_camera *camera);
camseal_mspan protect_camera_payload(const protect_camera *camera, unsigned message);
void protect_camera_close(protect_camera *camera);

typedef struct protect {
    const cli_args *args;
    cse_profile profile;
    protect_camera cameras[CSE_CAMERAS_MAX];
    size_t n_cameras;
    uint64_t frames_wanted; /* of each camera; 0: what the inputs hold */
    camseal_context *context;
    camseal_source *source;
    camseal_worker *worker;
    void *context_mem, *source_mem, *worker_mem;
    camseal_source_item items[PROTECT_BATCH];
    protect_camera *owners[PROTECT_BATCH];
    uint64_t time_ns; /* nominal: frames 1/30 s apart */
    uint64_t frames, messages, payload_bytes;
    capture capture;
    keylog keylog;
    camseal_trace trace;
    char refused[120]; /* what a context does not like */
} protect;

/* One frame of each camera that is not over, interleaved line by line. */
CAMSEAL_NODISCARD camseal_status protect_frames(protect *p);

#endif
