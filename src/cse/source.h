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

struct camseal_source {
    camseal_context *ctx;
    size_t bytes;
    camseal_priv_source_frame *frames; /* by index of the eVC in the context */
    camseal_priv_unit *units; /* by index of the eVC, or of the slot; none in message mode */
};

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
