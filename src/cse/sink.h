/* Inside of a sink: per eVC the frame under tags, the frame without tags, and what was refused. */
#ifndef CAMSEAL_CSE_SINK_H
#define CAMSEAL_CSE_SINK_H

#include "cse/frame.h"
#include "cse/record.h"

typedef struct camseal_priv_flow {
    camseal_priv_frame frame; /* under tags */
    /* Frames without tags (safety suite, all SV-5) run beside it, so that they can never close or
     * move what tags vouch for. Their last number is kept for safety only. */
    camseal_priv_frame loose;
    uint64_t loose_last;
    camseal_priv_rejects rejects;
    uint8_t wire_vc; /* where the last accepted message came from: a hint, NO_INDEX before */
} camseal_priv_flow;

struct camseal_sink {
    camseal_context *ctx;
    camseal_record_ring *ring;
    size_t bytes;
    camseal_priv_flow *flows; /* by index of the eVC in the context */
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

/* ---- sep/sink.c ---- */

/* Everything below the counters that does not depend on the state of the stream: CRC-32, header
 * unpacked. Fills lane->wire on refusal. */
void camseal_priv_sep_open(camseal_priv_lane *lane);
/* Header against the context and the counters, in the order of §5. Changes nothing but the lane
 * (eVC, keys, frame_count, tagged, covered, data); asked when a packet is staged and again when it
 * is its turn. */
camseal_priv_refusal camseal_priv_sep_check(const camseal_sink *sink, camseal_priv_lane *lane);
/* The tag on the wire; empty without one. */
camseal_span camseal_priv_sep_tag(const camseal_priv_lane *lane);

#endif
