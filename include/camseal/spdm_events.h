/* SPDM events (1.3+), in a session: which there are, who wants them, and that one has happened.
 *
 * Optional part: a responder names camseal_spdm_event_service in its features and fills
 * config.events; a requester calls the begin_ functions. Events of a responder travel as
 * encapsulated requests: spdm_mutual.h. Lists and events are bytes as DSP0274 lays them out; the
 * engines check their form. Thread rule: that of the engine.
 */
#ifndef CAMSEAL_SPDM_EVENTS_H
#define CAMSEAL_SPDM_EVENTS_H

#include "camseal/spdm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- responder ------------------------------------------------------------------------------ */

CAMSEAL_API extern const camseal_spdm_feature camseal_spdm_event_service;

typedef struct camseal_spdm_events {
    /* What this side can tell, as a list of event groups; 0 groups: nothing. */
    uint8_t groups;
    camseal_span list; /* borrowed */
    /* The requester wants these, and no others from now on; 0 groups: none. Without it no events
     * are offered. OK, PENDING, or a refusal. */
    camseal_status (*subscribe)(void *user, uint8_t session, uint8_t groups, camseal_span list);
    /* Events of the requester; NULL refuses them. OK, PENDING, or a refusal. */
    camseal_status (*event)(void *user, uint8_t session, uint32_t count, camseal_span events);
    void *user;
} camseal_spdm_events;

/* ---- requester ------------------------------------------------------------------------------ */

typedef struct camseal_spdm_event_list {
    camseal_buf room; /* of the caller; len is set */
    uint8_t groups;   /* out */
} camseal_spdm_event_list;

/* NEGOTIATION when the version or the notifier's capabilities do not allow it. Borrowed until DONE.
 */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_event_types(
    camseal_spdm_requester *r, uint8_t session, camseal_spdm_event_list *list);
/* 0 groups: no events any more. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_subscribe(camseal_spdm_requester *r,
                                                                          uint8_t session,
                                                                          uint8_t groups,
                                                                          camseal_span list);
/* An event of this side, whose capabilities have EVENT: answerer.notifies. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_spdm_begin_send_event(
    camseal_spdm_requester *r, uint8_t session, uint32_t count, camseal_span events);

#ifdef __cplusplus
}
#endif
#endif
