/* The shape of every control-plane engine: bytes in, bytes out, no blocking, time as a number.
 *
 * The caller loops: step(); then do what `next` says and call step() again, until DONE or a
 * negative status. A whole message goes in and out; framing is the transport's.
 */
#ifndef CAMSEAL_ENGINE_H
#define CAMSEAL_ENGINE_H

#include <stdbool.h>

#include "camseal/bytes.h"
#include "camseal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum camseal_next {
    CAMSEAL_NEXT_DONE = 0, /* the operation is complete                                          */
    CAMSEAL_NEXT_SEND,     /* transmit out.data[0..out.len), then step again                     */
    CAMSEAL_NEXT_RECV,     /* wait for one message (or wake_us), put it into `in`, step again    */
    CAMSEAL_NEXT_WAIT      /* nothing to exchange: step again at wake_us (slow signer, retry)    */
} camseal_next;

typedef struct camseal_step {
    camseal_span in;   /* in: one received message, or empty                               */
    bool in_secured;   /* in: the transport marked it as a secured message                 */
    camseal_buf out;   /* in: room; out: len bytes to send                                 */
    bool out_secured;  /* out: to be marked as a secured message                           */
    uint64_t now_us;   /* in: any monotonic clock                                          */
    camseal_next next; /* out                                                              */
    uint64_t wake_us;  /* out: call again by then; UINT64_MAX = no timer                   */
} camseal_step;

#ifdef __cplusplus
}
#endif
#endif
