/* Between the files of the requester's driver: requester.c, requester_send.c, requester_receive.c.
 */
#ifndef CAMSEAL_SPDM_REQUESTER_DRIVE_H
#define CAMSEAL_SPDM_REQUESTER_DRIVE_H

#include "camseal/engine.h"
#include "requester.h"

enum { SPDM_POLL_US = 1000 }; /* how soon to ask a slow signer or chain check again */

/* The session that protects the present exchange, or NULL. What makes one goes in clear. */
spdm_session *camseal_spdm_protecting(camseal_spdm_requester *r);
/* L1 of where the operation is; NULL while a handshake has its place. */
spdm_run *camseal_spdm_series(camseal_spdm_requester *r);

/* Each sends one message: the request of the operation; the next chunk; after a wait the same
 * request again, or RESPOND_IF_READY for it. */
camseal_status camseal_spdm_build_and_send(camseal_spdm_requester *r, camseal_step *step);
camseal_status camseal_spdm_send_chunk(camseal_spdm_requester *r, camseal_step *step);
camseal_status camseal_spdm_send_again(camseal_spdm_requester *r, camseal_step *step);

/* The last message once more. */
camseal_status camseal_spdm_resend(camseal_spdm_requester *r, camseal_step *step);

/* Whether this was taken before: the answer to a message that went out more than once. */
bool camseal_spdm_is_copy(camseal_spdm_requester *r, const camseal_step *step);
/* Nothing came yet. */
camseal_status camseal_spdm_await_answer(camseal_spdm_requester *r, camseal_step *step);
/* Takes what came: a response, an ERROR, a chunk. */
camseal_status camseal_spdm_take_answer(camseal_spdm_requester *r, camseal_step *step);

/* The request that is due is not to be built: spdm_tester.h. */
bool camseal_spdm_is_held(const camseal_spdm_requester *r);

#endif
