/* Responder: GET_SUPPORTED_EVENT_TYPES, SUBSCRIBE_EVENT_TYPES, SEND_EVENT (1.3+), in a session. Who
 * is subscribed to what is the application's business; events of our own go out by
 * camseal_spdm_ask_event. */
#include "base/try.h"
#include "camseal/spdm_events.h"
#include "msg/event.h"
#include "msg/short.h"
#include "responder.h"

static camseal_status types(camseal_spdm_responder *r, spdm_request *q)
{
    const camseal_spdm_events *e = r->config.events;
    const spdm_event_types m = {e->groups, e->list};
    CAMSEAL_TRY(q->message.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    CAMSEAL_TRY(camseal_spdm_fits(q, 2u * SPDM_HEADER_BYTES + e->list.len));
    camseal_spdm_write_supported_event_types(q->w, r->shape.version, &m);
    return CAMSEAL_OK;
}

static camseal_status refuse(spdm_request *q, camseal_status status)
{
    q->error = camseal_status_spdm_error(status);
    if (q->error == SPDM_ERR_DECRYPT) /* the peer must not take it for a broken session */
        q->error = SPDM_ERR_UNSPECIFIED;
    return camseal_spdm_refuse(q, status, "refused by the application");
}

static camseal_status subscribe(camseal_spdm_responder *r, spdm_request *q)
{
    const camseal_spdm_events *e = r->config.events;
    spdm_event_types m;
    CAMSEAL_TRY(camseal_spdm_read_subscribe_event_types(&q->reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    CAMSEAL_TRY(camseal_spdm_check_event_groups(&m));
    camseal_status status =
        e->subscribe(e->user, camseal_spdm_session_index(r, q->session), m.groups, m.list);
    if (status == CAMSEAL_PENDING)
        return camseal_spdm_keep_request(r, q);
    if (status != CAMSEAL_OK)
        return refuse(q, status);
    camseal_spdm_write_bare(q->w, r->shape.version, SPDM_SUBSCRIBE_EVENT_TYPES_ACK);
    return CAMSEAL_OK;
}

static camseal_status take_event(camseal_spdm_responder *r, spdm_request *q)
{
    const camseal_spdm_events *e = r->config.events;
    spdm_send_event m;
    if (!e->event || !(r->peer_flags & SPDM_CAP_EVENT))
        return camseal_spdm_refuse(q, CAMSEAL_E_UNSUPPORTED, "nobody takes events here");
    CAMSEAL_TRY(camseal_spdm_read_send_event(&q->reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    camseal_status status =
        e->event(e->user, camseal_spdm_session_index(r, q->session), m.count, m.events);
    if (status == CAMSEAL_PENDING)
        return camseal_spdm_keep_request(r, q);
    if (status != CAMSEAL_OK)
        return refuse(q, status);
    camseal_spdm_write_bare(q->w, r->shape.version, SPDM_EVENT_ACK);
    return CAMSEAL_OK;
}

static bool notifies(const camseal_spdm_responder_config *c)
{
    return c->events && c->events->groups && c->events->subscribe;
}

static uint32_t flags(const camseal_spdm_responder_config *c)
{
    return notifies(c) ? SPDM_CAP_EVENT : 0u;
}

static camseal_status attach(camseal_spdm_responder *r, void *memory)
{
    (void)memory;
    if (!r->config.events)
        return CAMSEAL_E_ARGUMENT;
    const spdm_event_types m = {r->config.events->groups, r->config.events->list};
    return camseal_spdm_check_event_groups(&m) == CAMSEAL_OK ? CAMSEAL_OK : CAMSEAL_E_ARGUMENT;
}

static const spdm_service services[] = {
    {SPDM_OP_EVENT_TYPES, types},
    {SPDM_OP_SUBSCRIBE_EVENTS, subscribe},
    {SPDM_OP_SEND_EVENT, take_event},
};

const camseal_spdm_feature camseal_spdm_event_service = {
    .services = services,
    .n_services = sizeof services / sizeof services[0],
    .flags = flags,
    .attach = attach,
};
