/* Requester: GET_SUPPORTED_EVENT_TYPES, SUBSCRIBE_EVENT_TYPES, SEND_EVENT (1.3+), in a session. */
#include <string.h>

#include "base/try.h"
#include "camseal/spdm_events.h"
#include "msg/event.h"
#include "msg/short.h"
#include "requester.h"

/* ---- GET_SUPPORTED_EVENT_TYPES ----------------------------------------------------------------
 */

static camseal_status accept_types(camseal_spdm_requester *r, camseal_span message)
{
    spdm_event_types m;
    camseal_spdm_event_list *out = r->event_list;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_supported_event_types(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    if (camseal_spdm_check_event_groups(&m) != CAMSEAL_OK)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "a broken list of event groups", m.groups,
                                   m.list.len);
    if (m.list.len > out->room.capacity)
        return camseal_spdm_reject(r, CAMSEAL_E_SPACE, "the list is longer than the buffer",
                                   out->room.capacity, m.list.len);
    if (m.list.len)
        memcpy(out->room.data, m.list.data, m.list.len);
    out->room.len = m.list.len;
    out->groups = m.groups;
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

static const spdm_operation types = {SPDM_OP_EVENT_TYPES, camseal_spdm_req_bare, accept_types,
                                     NULL};

/* ---- SUBSCRIBE_EVENT_TYPES, SEND_EVENT --------------------------------------------------------
 */

static camseal_status accept_bare(camseal_spdm_requester *r, camseal_span message)
{
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_bare(&reader));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

static camseal_status build_subscribe(camseal_spdm_requester *r, camseal_writer *w)
{
    const spdm_event_types m = {(uint8_t)r->event_count, r->event_bytes};
    camseal_spdm_write_subscribe_event_types(w, r->shape.version, &m);
    return CAMSEAL_OK;
}

static camseal_status build_event(camseal_spdm_requester *r, camseal_writer *w)
{
    const spdm_send_event m = {r->event_count, r->event_bytes};
    camseal_spdm_write_send_event(w, r->shape.version, &m);
    return CAMSEAL_OK;
}

static const spdm_operation subscribe = {SPDM_OP_SUBSCRIBE_EVENTS, build_subscribe, accept_bare,
                                         NULL};
static const spdm_operation send_event = {SPDM_OP_SEND_EVENT, build_event, accept_bare, NULL};

/* ---- begin ------------------------------------------------------------------------------------
 */

static camseal_status begin(camseal_spdm_requester *r, const spdm_operation *operation,
                            uint8_t session, uint32_t notifier)
{
    CAMSEAL_TRY(camseal_spdm_check_session(r, session));
    if (r->shape.version < SPDM_VERSION_13 || !(notifier & SPDM_CAP_EVENT))
        return CAMSEAL_E_NEGOTIATION;
    return camseal_spdm_begin(r, operation, session);
}

camseal_status camseal_spdm_begin_event_types(camseal_spdm_requester *r, uint8_t session,
                                              camseal_spdm_event_list *list)
{
    CAMSEAL_TRY(begin(r, &types, session, r->peer_flags));
    r->event_list = list;
    list->room.len = 0;
    list->groups = 0;
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_begin_subscribe(camseal_spdm_requester *r, uint8_t session,
                                            uint8_t groups, camseal_span list)
{
    const spdm_event_types m = {groups, list};
    if (camseal_spdm_check_event_groups(&m) != CAMSEAL_OK)
        return CAMSEAL_E_ARGUMENT;
    CAMSEAL_TRY(begin(r, &subscribe, session, r->peer_flags));
    r->event_count = groups;
    r->event_bytes = list;
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_begin_send_event(camseal_spdm_requester *r, uint8_t session,
                                             uint32_t count, camseal_span events)
{
    if (count == 0 || count > SPDM_EVENTS_MAX)
        return CAMSEAL_E_ARGUMENT;
    CAMSEAL_TRY(begin(r, &send_event, session, r->flags));
    r->event_count = count;
    r->event_bytes = events;
    return CAMSEAL_OK;
}
