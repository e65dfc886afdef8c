/* The ECU's side of the data link: the local sink context, verification of whole batches, records
 * to the book.
 *
 * Knows the sink and its context; knows no control messages and no output files but the capture.
 */
#ifndef CAMSEAL_TOOL_ECU_RECEIVER_H
#define CAMSEAL_TOOL_ECU_RECEIVER_H

#include "capture.h"
#include "frame_book.h"
#include "link.h"
#include "stream_profile.h"

enum { ECU_BATCH = 64, ECU_RING = 512, ECU_KEPT = 16384 };

typedef struct ecu_receiver {
    const camseal_bulk *bulk;
    const camseal_crypto *crypto;
    const camseal_trace *trace;
    frame_book *book;
    capture_stream *capture; /* NULL: no capture */
    /* owned */
    void *context_mem, *sink_mem, *worker_mem;
    camseal_context *context; /* NULL until keys came; packets may only be taken afterwards */
    camseal_sink *sink;
    camseal_worker *worker;
    camseal_record_ring ring;
    camseal_record records[ECU_RING];
    camseal_sink_item items[ECU_BATCH];
    size_t n_items;
    uint8_t **kept;  /* NULL, or packets that the sink still holds: by cookie modulo ECU_KEPT */
    uint8_t *copies; /* of the batch as it came, for the capture */
    char notes[ECU_BATCH][96];
    uint64_t cookie; /* of the batch's first packet; the first packet of the link is 1 */
    uint64_t packets, bytes;
    uint64_t verify_us, wake_us;
} ecu_receiver;

CAMSEAL_NODISCARD camseal_status ecu_receiver_init(ecu_receiver *rx, const camseal_bulk *bulk,
                                                   const camseal_crypto *crypto,
                                                   const camseal_trace *trace, frame_book *book,
                                                   capture_stream *stream);
/* Puts a key into force: makes context and sink for the plan's first epoch, adds the next epoch to
 * them later. */
CAMSEAL_NODISCARD camseal_status ecu_receiver_load(ecu_receiver *rx,
                                                   const camseal_ssm_context_plan *plan,
                                                   const uint8_t loaded[32], const uint8_t salt[16],
                                                   uint32_t epoch, const camseal_least_count *least,
                                                   size_t n_least);
/* One packet, borrowed until ecu_receiver_verify, which must come before the link is filled again.
 */
void ecu_receiver_put(ecu_receiver *rx, camseal_mspan packet);
/* Verifies what was put. How many packets these were. */
size_t ecu_receiver_verify(ecu_receiver *rx);
/* Timeouts of the sink. */
void ecu_receiver_tick(ecu_receiver *rx, uint64_t now_us);
/* End of the stream: closes open frames. */
void ecu_receiver_end(ecu_receiver *rx, uint64_t now_us);
void ecu_receiver_free(ecu_receiver *rx);

#endif
