/* Between the files of the responder's driver: responder.c, responder_answer.c,
 * responder_pending.c. */
#ifndef CAMSEAL_SPDM_RESPONDER_DRIVE_H
#define CAMSEAL_SPDM_RESPONDER_DRIVE_H

#include "camseal/engine.h"
#include "responder.h"

enum { SPDM_POLL_US = 1000 }; /* how soon to ask a slow signer or application again */

/* The handler of a request: a feature's, or ours; NULL: nobody's. */
spdm_handler camseal_spdm_find_handler(const camseal_spdm_responder *r, enum spdm_op op);
bool camseal_spdm_is_chunk(enum spdm_op op);
/* The peer was told ResponseNotReady. */
static inline bool camseal_spdm_is_deferred(const camseal_spdm_responder *r)
{
    return CAMSEAL_SPDM_DEFERRAL && r->pending.deferred;
}
/* An error, or another request, ends the series of measurements of this context. */
void camseal_spdm_drop_l1(camseal_spdm_responder *r, spdm_session *s);

/* Lets a handler answer; unless PENDING nothing is pending then. */
camseal_status camseal_spdm_handle(camseal_spdm_responder *r, spdm_request *q,
                                   spdm_handler handler);
/* PENDING: the handler is asked again later; when the peer must not just wait it hears
 * ResponseNotReady. */
camseal_status camseal_spdm_wait_for_answer(camseal_spdm_responder *r, camseal_step *step,
                                            spdm_request *q);
/* The signer works on while the peer waits. */
void camseal_spdm_tend_deferred(camseal_spdm_responder *r);
/* Where a record is opened: behind what is kept for a deferred answer. */
camseal_mspan camseal_spdm_plain_room(camseal_spdm_responder *r);

spdm_record camseal_spdm_record_of(const camseal_spdm_responder *r, const spdm_session *s);
/* Room for the response: where it is sent from, or, when it may be a large one, where it is kept.
 */
camseal_writer camseal_spdm_response_writer(const camseal_spdm_responder *r,
                                            const camseal_step *step, const spdm_session *session);
/* The response in `q->w`, or ERROR for `status`, goes out; then what `q->after` says happens. */
camseal_status camseal_spdm_answer(camseal_spdm_responder *r, camseal_step *step, spdm_request *q,
                                   camseal_status status);
/* A message came in: whether it is the last one again, a retry, and `step` answers it as before. */
bool camseal_spdm_repeats(camseal_spdm_responder *r, camseal_step *step);
/* Wipes the message buffer from `from` to `end`; a kept answer that this reaches is gone. */
void camseal_spdm_wipe_buffer(camseal_spdm_responder *r, size_t from, size_t end);
/* Just puts it on the wire. */
camseal_status camseal_spdm_send_answer(camseal_spdm_responder *r, camseal_step *step,
                                        spdm_request *q, camseal_status status);

#endif
