/* The sensor's stream: frames of a picture source as protected CSI-2 packets, a few lines at a
 * time.
 *
 * Frame: FS, embedded lines, image lines, FE; FS and FE are plain short packets. Knows the source
 * engine and the framing of the data link; knows no control messages.
 */
#ifndef CAMSEAL_TOOL_SENSOR_STREAM_H
#define CAMSEAL_TOOL_SENSOR_STREAM_H

#include "embedded_record.h"
#include "link.h"

#include "camseal/stream.h"

enum { SENSOR_BATCH = 16, SENSOR_OWN_BYTES = 68 };

typedef struct sensor_stream {
    uint8_t dt, vc;
    bool fsed;  /* FSED, else SEP; as the host configures it */
    bool slots; /* tags per data type */
    unsigned width, height, embedded_lines;
    uint64_t period_us; /* of a frame; 0 = as fast as the link takes them */
    /* Gives line `row` of frame `frame` (from 0) as samples, right-aligned. */
    camseal_status (*line)(void *user, uint64_t frame, unsigned row, uint16_t *samples);
    void *user;
    const camseal_bulk *plain; /* not NULL: packets go out unprotected; it makes their CRC-16 */
    /* owned by the functions below */
    camseal_context *context; /* borrowed from the component; NULL: nothing to protect with */
    camseal_source *source;
    void *source_mem, *worker_mem;
    camseal_worker *worker;
    camseal_source_item items[SENSOR_BATCH];
    uint8_t *payloads; /* SENSOR_BATCH of payload_bytes */
    size_t payload_bytes, line_bytes, line_samples;
    uint16_t *samples;
    uint8_t own[2][SENSOR_OWN_BYTES]; /* FSED: payloads of FSH and FTG under way */
    camseal_source_begin begin;
    uint8_t start[4], end[4]; /* the FS and FE packets under way */
    unsigned
        next; /* step (message, FSH, FTG) of the frame that comes next; 0: at a frame's start */
    uint64_t frames, messages, bytes; /* done */
    uint64_t due_us;                  /* when the next frame may start */
} sensor_stream;

/* ARGUMENT for a geometry that does not pack into whole lines or packets. */
CAMSEAL_NODISCARD camseal_status sensor_stream_init(sensor_stream *stream);
/* The component's source context was activated, rotated, or (NULL) goes away. */
CAMSEAL_NODISCARD camseal_status sensor_stream_context(sensor_stream *stream,
                                                       camseal_context *context);
bool sensor_stream_ready(const sensor_stream *stream, uint64_t now_us);
/* Protects the next lines and queues them; everything queued before must be out. */
CAMSEAL_NODISCARD camseal_status sensor_stream_produce(sensor_stream *stream, camseal_link *link,
                                                       uint64_t now_us);
/* The receiver is gone: gives up the frame under way. */
void sensor_stream_abort(sensor_stream *stream);
void sensor_stream_free(sensor_stream *stream);

#endif
