/* Inside of a sink: per eVC the frame under tags, the frame without tags, and what was refused. */
#ifndef CAMSEAL_CSE_SINK_H
#define CAMSEAL_CSE_SINK_H

#include "cse/frame.h"
#include "cse/record.h"

/* A message whose record waits for its tag. */
typedef struct camseal_priv_held {
    camseal_record record;
    uint8_t slot;
    bool due; /* the verdict is in the record */
} camseal_priv_held;

typedef struct camseal_priv_flow {
    camseal_priv_frame frame; /* under tags */
    /* Frames without tags (safety suite, all SV-5) run beside it, so that they can never close or
     * move what tags vouch for. Their last number is kept for safety only. */
    camseal_priv_frame loose;
    uint64_t loose_last;
    camseal_priv_rejects rejects;
    uint8_t wire_vc; /* where the last accepted message came from: a hint, NO_INDEX before */
    /* §9 */
    bool stale, status_seen;
    uint8_t selftest; /* enum camseal_selftest announced, 0: none */
    uint64_t selftest_frame;
    uint64_t status_us;      /* when the last good status was asked for */
    camseal_priv_held *held; /* room for ctx->hold */
    size_t n_held;
} camseal_priv_flow;

/* FSED: what the open frame of an eVC has said about itself, and what came. */
typedef struct camseal_priv_sink_fsed {
    bool image_seen, top_done;
    uint16_t expected[3];
    uint32_t came[3]; /* messages of FP-2, 3, 4 */
    uint32_t crc;     /* of all counted payloads as sent */
} camseal_priv_sink_fsed;

/* FSED: a wire channel. A verified FSH binds it to an eVC. */
typedef struct camseal_priv_channel {
    uint8_t evc_index; /* NO_INDEX: not bound */
    bool after_start;  /* FS came, no FSH yet */
    bool waits;        /* in lines: `line` waits for what follows it, which tells what it is */
    camseal_sink_item line;
} camseal_priv_channel;

struct camseal_sink {
    uint64_t now_us;
    camseal_context *ctx;
    camseal_record_ring *ring;
    size_t bytes;
    camseal_priv_flow *flows;     /* by index of the eVC in the context */
    camseal_priv_unit *units;     /* by index of the eVC, or of the slot; none in message mode */
    camseal_priv_sink_fsed *fsed; /* by index of the eVC; FSED only, as the two below */
    camseal_priv_channel *channels;
    camseal_priv_lane *spare; /* for a line that waited */
    /* Records that are due but found no room: first the held messages of one flow, then these. */
    camseal_priv_flow *draining; /* NULL: no held message is due */
    camseal_record *after;
    size_t n_after;
};

static inline camseal_priv_flow *camseal_priv_flow_of(const camseal_sink *sink,
                                                      const camseal_priv_evc *evc)
{
    return &sink->flows[evc - sink->ctx->evcs];
}

/* The number that an untagged frame should be above: the last one seen, or verified. */
static inline uint64_t camseal_priv_loose_last(const camseal_priv_flow *flow,
                                               const camseal_priv_lane *lane)
{
    const uint64_t verified = camseal_priv_frame_floor(lane->evc, lane->keys);
    return flow->loose_last > verified ? flow->loose_last : verified;
}

/* ---- report.c: from judgement to records ---- */

/* To the ring, or to what waits for room in it. */
void camseal_priv_sink_emit(camseal_sink *sink, const camseal_record *record);
void camseal_priv_sink_fill(camseal_record *record, const camseal_priv_lane *lane);
/* A bad packet leaves the open frame unchanged; it has its own record and is counted on the eVC. */
void camseal_priv_sink_refuse(camseal_sink *sink, camseal_record *record,
                              const camseal_priv_refusal *r, const camseal_priv_evc *evc);
void camseal_priv_sink_reject(camseal_sink *sink, const camseal_priv_lane *lane,
                              const camseal_priv_refusal *r);
void camseal_priv_sink_bad_tag(camseal_sink *sink, const camseal_priv_lane *lane);
/* Whole frames between the last one and this one did not come: an event, not a verdict (§5). */
void camseal_priv_sink_frame_gap(camseal_sink *sink, const camseal_priv_lane *lane, uint64_t last);
/* Closes a frame as it stands, its held messages first. */
void camseal_priv_sink_close_frame(camseal_sink *sink, const camseal_priv_evc *evc,
                                   camseal_priv_frame *frame, uint64_t cookie);
uint16_t camseal_priv_sink_flags(const camseal_priv_header *h);
/* A packet that is no message of this protocol. */
void camseal_priv_sink_plain(camseal_sink *sink, const camseal_priv_lane *lane);

/* ---- watch.c: time, freshness, self-tests ---- */

/* Closes frames and tells of silences that are due. False: no room, try again. */
bool camseal_priv_watch_expire(camseal_sink *sink, uint64_t now_us);
/* When something is due next; UINT64_MAX: never. */
uint64_t camseal_priv_watch_wake(const camseal_sink *sink);
/* What freshness and an announced self-test make of a verdict. */
void camseal_priv_watch_temper(const camseal_sink *sink, camseal_record *record);

/* ---- hold.c: messages that wait for their tag ---- */

/* Keeps the record back; false when there is no room for it. */
bool camseal_priv_hold_add(const camseal_sink *sink, camseal_priv_flow *flow,
                           const camseal_record *record, uint8_t slot);
/* The verdict of the held messages of this slot, NO_INDEX: of all. NONE: each by its variant. With
 * any other reason they are given without data. */
void camseal_priv_hold_judge(camseal_sink *sink, camseal_priv_flow *flow, uint8_t slot,
                             uint8_t verdict, uint8_t reason);
/* Moves due records to the ring. True when none is left. */
bool camseal_priv_hold_drain(camseal_sink *sink);

/* ---- sink_message.c: a tag for each message ---- */

/* CSI-2 level: header, length, CRC-16. Tells a message from a plain packet. */
camseal_priv_refusal camseal_priv_sink_open_packet(camseal_priv_lane *lane);
/* First look, and the MAC ahead of time. */
void camseal_priv_message_stage(camseal_worker *worker, camseal_priv_lane *lane);
/* The packet's turn. */
void camseal_priv_message_commit(camseal_worker *worker, camseal_priv_lane *lane);

/* ---- sink_unit.c: a tag for many messages ---- */

/* Takes a packet. False: not now, its records would not find room. */
bool camseal_priv_unit_take(camseal_worker *worker, camseal_priv_lane *lane);
/* Is there room for the records of a packet? Gives what is due. */
bool camseal_priv_unit_room(camseal_sink *sink);
/* Closes the frame before the lane's. False: its records did not all find room, try again. */
bool camseal_priv_unit_make_place(camseal_sink *sink, const camseal_priv_lane *lane);
/* Messages of the unit count; the counters move with `usage` of its tag. */
void camseal_priv_unit_vouch(camseal_sink *sink, const camseal_priv_lane *lane,
                             camseal_priv_unit *unit);
/* A message without a tag of its own: held, or PENDING. */
void camseal_priv_unit_report(camseal_sink *sink, const camseal_priv_lane *lane,
                              camseal_priv_unit *unit, camseal_record *record);

/* ---- fsed/sink.c, fsed/place.c ---- */

/* As camseal_priv_unit_take: finds out what a packet is by type and place. */
bool camseal_priv_fsed_take(camseal_worker *worker, camseal_priv_lane *lane);
/* Lines that wait are what they would be at FE. False: no room, try again. */
bool camseal_priv_fsed_settle(camseal_sink *sink);
/* FSH (1), TBT (2), FTG (3). */
bool camseal_priv_fsed_own(camseal_worker *worker, camseal_priv_lane *lane, uint8_t type);
/* A counted packet of this stream on the channel's eVC. */
bool camseal_priv_fsed_message(camseal_worker *worker, camseal_priv_lane *lane,
                               const camseal_stream_map *stream);

/* ---- sep/sink.c ---- */

/* Everything below the counters that does not depend on the state of the stream: CRC-32, header
 * unpacked. Fills lane->wire on refusal. */
void camseal_priv_sep_open(camseal_priv_lane *lane);
/* Header against the context and the counters, in the order of §5. Changes nothing but the lane
 * (eVC, keys, frame_count, tagged, covered, data, slot); in message mode asked when a packet is
 * staged and again when it is its turn. */
camseal_priv_refusal camseal_priv_sep_check(const camseal_sink *sink, camseal_priv_lane *lane);
/* The tag on the wire; empty without one. */
camseal_span camseal_priv_sep_tag(const camseal_priv_lane *lane);

#endif
