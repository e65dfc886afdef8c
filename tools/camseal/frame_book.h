/* What the ECU knows of each frame: its verdict, every bad message, which message numbers are
 * missing, its picture.
 *
 * Turns the sink's records into one entry a frame. Knows no links and no files; what is to be done
 * with an entry is the callback's business. A bad message belongs to the frame that closes next
 * after it.
 */
#ifndef CAMSEAL_TOOL_FRAME_BOOK_H
#define CAMSEAL_TOOL_FRAME_BOOK_H

#include "assembly.h"
#include "camseal/stream.h"

#define FRAME_BOOK_BAD_MAX    4096u /* listed bad messages a frame; more are counted only */
#define FRAME_BOOK_RANGES_MAX 256u  /* listed missing ranges a frame */

typedef struct frame_range {
    uint32_t first, last;
} frame_range;

typedef struct frame_entry {
    camseal_record frame; /* the sink's FRAME record; kind 0 when the stream ended without one  */
    const camseal_record *bad; /* messages that are neither OK nor OK_PARTIAL; data is empty */
    size_t n_bad, bad_unlisted;
    const frame_range *missing; /* message numbers without a verified message */
    size_t n_missing, missing_unlisted;
    size_t unplaced;       /* verified lines that do not fit the picture */
    uint32_t sensor_frame; /* the number in the embedded record, 0 when none verified */
    assembly *picture;
} frame_entry;

typedef struct frame_book_totals {
    uint64_t frames[CAMSEAL_VERDICT_COUNT], messages[CAMSEAL_VERDICT_COUNT];
    uint64_t reasons[CAMSEAL_REASON_COUNT]; /* of bad messages */
    uint64_t packets, plain, events, verified_bytes;
} frame_book_totals;

typedef struct frame_book {
    frame_book_totals totals;
    unsigned embedded_lines; /* expected until an embedded record tells */
    bool unverified;         /* policy: the picture takes lines without tags too */
    assembly picture;
    void (*on_frame)(void *user, const frame_entry *entry);
    void (*on_event)(void *user, const camseal_record *event);
    void *user;
    /* the frame under way */
    uint8_t seen[65536 / 8]; /* one bit a verified message number */
    uint32_t verified, highest, announced_width, announced_height, sensor_frame;
    int64_t last; /* number of the verified EOF message, -1 not seen */
    camseal_record *bad;
    size_t n_bad, bad_capacity, bad_unlisted, unplaced;
    frame_range ranges[FRAME_BOOK_RANGES_MAX];
} frame_book;

void frame_book_init(frame_book *book, uint8_t dt, unsigned embedded_lines);
void frame_book_record(frame_book *book, const camseal_record *record);
/* End of the stream: bad messages after the last frame become an entry without a frame. */
void frame_book_end(frame_book *book);
void frame_book_free(frame_book *book);

#endif
