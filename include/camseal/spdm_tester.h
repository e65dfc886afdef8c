/* For those who test a responder: a requester that stops between two messages of an operation, and
 * that protects any bytes as a message of its sessions.
 *
 * Optional part: linked when one of these functions is called. Nothing here weakens what the
 * requester itself accepts: what is sent besides its operations is in none of its transcripts, so
 * that a responder which takes it into account fails the next check. Thread rule: that of the
 * engine.
 */
#ifndef CAMSEAL_SPDM_TESTER_H
#define CAMSEAL_SPDM_TESTER_H

#include "camseal/spdm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Before a request of this code is built, an operation stops: a step answers WAIT for ever (wake_us
 * UINT64_MAX). 0: stops nowhere; the next step goes on. */
CAMSEAL_API void camseal_spdm_hold(camseal_spdm_requester *r, uint8_t request);
/* The operation under way stands before this request, which is held; 0: no. */
CAMSEAL_API uint8_t camseal_spdm_held(const camseal_spdm_requester *r);
/* Ends the operation under way as it is; a session that is not open yet is gone. */
CAMSEAL_API void camseal_spdm_abandon(camseal_spdm_requester *r);

/* CHALLENGE of the slot in use, whose chain is good, whatever the configuration says of it;
 * `summary` as there. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_challenge(camseal_spdm_requester *r,
                                                                          uint8_t summary);

/* A record of the session, from its handshake keys on, with any `message` in it. Its counter moves
 * on. STATE: there are no keys. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_seal(camseal_spdm_requester *r,
                                                               uint8_t session,
                                                               camseal_span message,
                                                               camseal_buf *record);
/* The message in a record of the responder; valid until the next call. A record that does not open
 * changes nothing. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_open(camseal_spdm_requester *r,
                                                               uint8_t session, camseal_span record,
                                                               camseal_span *message);

#ifdef __cplusplus
}
#endif
#endif
