/* What both key exchanges of the requester share: ids, secured-message version, verify data, the
 * summary, and the end of the handshake. */
#ifndef CAMSEAL_SPDM_REQUESTER_HANDSHAKE_H
#define CAMSEAL_SPDM_REQUESTER_HANDSHAKE_H

#include "requester.h"

enum { SPDM_SM_OFFER_MAX = 32 }; /* bytes of the opaque data that offers versions */

/* The session gets its ReqSessionID, one that no live session has; never 0. */
void camseal_spdm_req_allocate_id(camseal_spdm_requester *r);
/* The opaque data that offers the secured-message versions of the policy; `room` has
 * SPDM_SM_OFFER_MAX bytes. */
camseal_span camseal_spdm_req_sm_offer(const camseal_spdm_requester *r, uint8_t *room);
/* RspSessionID, HeartbeatPeriod and opaque data of the response: checked, and the session's then.
 */
camseal_status camseal_spdm_req_session_terms(camseal_spdm_requester *r, uint16_t rsp_session_id,
                                              uint8_t heartbeat, camseal_span opaque);

/* ResponderVerifyData over `digest`; it joins TH. */
camseal_status camseal_spdm_req_check_verify_data(camseal_spdm_requester *r, const uint8_t *digest,
                                                  camseal_span verify_data);
/* What is written joins TH, but for the first `in_th` bytes, which have; then RequesterVerifyData
 * over it, which is written too. */
camseal_status camseal_spdm_req_add_verify_data(camseal_spdm_requester *r, camseal_writer *w,
                                                size_t in_th);
/* TH is at TH2: data keys. Ends the operation. */
camseal_status camseal_spdm_req_establish(camseal_spdm_requester *r);

/* The measurement summary that is asked for; NEGOTIATION when the peer does not measure. */
camseal_status camseal_spdm_req_summary_type(camseal_spdm_requester *r, uint8_t *type);
/* The summary that came, once it is known to be genuine. */
void camseal_spdm_req_note_summary(camseal_spdm_requester *r, camseal_span summary);

#endif
