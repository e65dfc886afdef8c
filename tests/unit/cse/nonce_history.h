/* Random histories of sources: frames of many channels interleaved, aborted frames, changes of
 * variants, rotations, restarts, lost memory. Each step asserts I1, I2, I5 and I6 of open-profile
 * §3; the nonce book collects what I3 and I4 are about. */
#ifndef CAMSEAL_TESTS_NONCE_HISTORY_H
#define CAMSEAL_TESTS_NONCE_HISTORY_H

#include "test.h"

#include "camseal/openssl.h"
#include "cse/source.h"
#include "nonce_book.h"

enum { CAMERA_EVCS = 3, CAMERA_ROOM = 80, CAMERA_KINDS = 4 * 6 };

/* What the test knows of an eVC. */
typedef struct camera_evc {
    uint64_t frame_count; /* of the last frame that started */
    uint32_t next;        /* message number */
    uint32_t epoch;
} camera_evc;

typedef struct camera {
    size_t place; /* in the book */
    camseal_stream_map streams[2 * CAMERA_EVCS];
    camseal_slot_map slots[3 * CAMERA_EVCS];
    camseal_context_config config;
    void *ctx_memory, *source_memory;
    camseal_context *ctx;
    camseal_source *source;
    camera_evc evcs[CAMERA_EVCS];
} camera;

typedef struct history {
    uint64_t seed;
    uint32_t salts; /* drawn so far */
    bool keep_salt; /* a broken endpoint: its salt is the same after a reset */
    size_t n_cameras;
    camera cameras[BOOK_CONTEXTS];
    camseal_worker *worker;
    unsigned frames, aborts, resets, rotations, restarts, refusals, limits;
} history;

/* `kind` 0 .. CAMERA_KINDS-1: SEP by message, data type, frame, and FSED, with each suite. */
void history_open(history *h, uint64_t seed, const unsigned *kinds, size_t n);
void history_run(history *h, unsigned steps);
void history_close(history *h);

/* Memory lost: the context is made anew and draws a salt, the host loads the same bytes. */
void camera_reset(history *h, camera *c);
/* The source object made anew on the live context. */
void camera_restart(history *h, camera *c);
/* The next epoch, in force at each eVC's next frame. */
void camera_rotate(history *h, camera *c);
/* One message or FSED packet of `evc`; its flags decide. */
camseal_status camera_send(history *h, camera *c, unsigned evc, bool embedded, uint32_t flags);

#endif
