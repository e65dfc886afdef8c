/* The open frame of one eVC at a sink: what was received, what is missing, and the verdict when it
 * closes (§5).
 *
 * Knows counts and verdicts, no packet and no key. "Received" counters live here and die with the
 * frame.
 */
#ifndef CAMSEAL_CSE_FRAME_H
#define CAMSEAL_CSE_FRAME_H

#include "cse/stream.h"

typedef struct camseal_priv_frame {
    bool open;
    bool tagged;
    bool eof;
    bool partial; /* some message has SV-3, 4 or 5 */
    bool missing; /* messages first_missing .. last_missing did not come; later gaps are not kept */
    bool went_back;     /* its number is not above the one before: possible only without tags */
    bool joined;        /* one tag for many messages: what was received is not yet verified */
    bool vouched;       /* joined: a tag of this frame was verified */
    bool timed_out;     /* T_frame closed it */
    bool silent;        /* T_msg ran out since the last message: told once */
    bool late;          /* ... and that of any message of it */
    uint8_t forged;     /* joined: reason why a tag of it is not good, NONE: none is bad */
    uint8_t damage;     /* why messages are missing, NONE: their numbers tell */
    uint8_t open_units; /* joined: units with messages whose tag has not come */
    uint8_t keys;
    uint32_t epoch; /* of the keys: their place may be taken by other ones */
    uint8_t sv[3];  /* of FP-2, 3, 4; 0: not seen */
    uint8_t wire_vc;
    uint32_t next; /* message_count that may come next */
    uint32_t first_missing, last_missing;
    uint32_t messages;
    uint64_t frame_count;
    uint64_t covered_bytes, total_bytes;
    uint64_t opened_us, last_us;
} camseal_priv_frame;

/* Packets refused on an eVC since its last frame closed. */
typedef struct camseal_priv_rejects {
    uint32_t count;
    uint8_t forged_reason; /* of the first FORGED one; NONE: there was none */
    uint64_t a, b;
} camseal_priv_rejects;

void camseal_priv_frame_open(camseal_priv_frame *frame, const camseal_priv_lane *lane);
/* A tag of the frame was verified: its messages count from now on. */
void camseal_priv_frame_vouch(camseal_priv_frame *frame, const camseal_priv_unit *unit);
/* Books an accepted message, and completes its record: safety, gap, bytes. */
void camseal_priv_frame_take(camseal_priv_frame *frame, const camseal_priv_lane *lane,
                             camseal_record *record);
/* Verdict of a frame that closes now; kind, counts and reason of the record. */
void camseal_priv_frame_judge(const camseal_priv_frame *frame, const camseal_priv_rejects *rejects,
                              camseal_record *record);
void camseal_priv_rejects_add(camseal_priv_rejects *rejects, const camseal_priv_refusal *refusal);

#endif
