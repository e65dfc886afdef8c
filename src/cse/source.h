/* Inside of a source: one open frame per eVC. Counters of frames live in the context, so that no
 * source can use a frame_count twice, however often it is made anew. */
#ifndef CAMSEAL_CSE_SOURCE_H
#define CAMSEAL_CSE_SOURCE_H

#include "cse/stream.h"

typedef struct camseal_priv_source_frame {
    bool open;
    bool image_seen; /* embedded data is FP-4 from here on */
    bool tagged;
    uint8_t keys;
    uint8_t sv[3];
    uint32_t epoch; /* of the keys: they may be retired under an open frame */
    uint32_t next;  /* message_count */
    uint64_t frame_count;
} camseal_priv_source_frame;

/* A self-test that was asked for. */
typedef struct camseal_priv_selftest {
    uint64_t frame_count; /* 0: none */
    uint8_t kind;
} camseal_priv_selftest;

/* FSED: what the frame's FTG will say. */
typedef struct camseal_priv_source_fsed {
    uint8_t flags;
    bool top_sent;
    uint32_t crc; /* of all counted payloads as sent */
    uint32_t total;
} camseal_priv_source_fsed;

struct camseal_source {
    camseal_context *ctx;
    size_t bytes;
    camseal_priv_source_frame *frames; /* by index of the eVC in the context */
    camseal_priv_unit *units; /* by index of the eVC, or of the slot; none in message mode */
    camseal_priv_selftest *selftests; /* by index of the eVC */
    camseal_priv_source_fsed *fsed;   /* by index of the eVC */
};

/* ---- source.c ---- */

/* The frame that a message belongs to (`begin`: that starts now), as it will be if it can be sent.
 */
CAMSEAL_NODISCARD camseal_status camseal_priv_source_plan(camseal_priv_source_frame *frame,
                                                          const camseal_context *ctx,
                                                          const camseal_priv_evc *evc, bool begin);
/* Counters and keys move. */
void camseal_priv_source_commit(camseal_context *ctx, camseal_priv_evc *evc,
                                const camseal_priv_source_frame *frame,
                                const camseal_priv_usage *usage);
/* Is an error of one of these kinds (bits) to be injected here? It is, once: the caller does it. */
uint8_t camseal_priv_source_inject(const camseal_priv_lane *lane, unsigned kinds);
uint8_t camseal_priv_source_fp(const camseal_priv_source_frame *frame, bool embedded);

/* ---- fsed/source.c ---- */

/* A counted packet: as camseal_priv_sep_source_stage and _finish. */
CAMSEAL_NODISCARD camseal_status camseal_priv_fsed_source_stage(camseal_worker *worker,
                                                                camseal_priv_lane *lane,
                                                                camseal_source_item *item);
void camseal_priv_fsed_source_finish(camseal_priv_lane *lane);
/* FSH, TBT, FTG: made at once, when no job waits. */
CAMSEAL_NODISCARD camseal_status camseal_priv_fsed_source_own(camseal_priv_lane *lane,
                                                              camseal_source_item *item);
static inline bool camseal_priv_fsed_is_own(const camseal_source_item *item)
{
    return (item->flags & (CAMSEAL_SOURCE_FSH | CAMSEAL_SOURCE_TBT | CAMSEAL_SOURCE_FTG)) != 0;
}

/* ---- sep/source.c: numbers one message, writes its header, prepares its jobs. Consumes nothing on
 * failure. */
CAMSEAL_NODISCARD camseal_status camseal_priv_sep_source_stage(camseal_worker *worker,
                                                               camseal_priv_lane *lane,
                                                               camseal_source_item *item);
/* How many trailer messages the open frame needs. */
size_t camseal_priv_sep_source_trailers(const camseal_source *source, const camseal_priv_evc *evc);
/* After the batch ran: completes the packet. */
void camseal_priv_sep_source_finish(camseal_priv_lane *lane);

#endif
