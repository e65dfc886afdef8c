/* Events. The layout of a list of groups is not confirmed by any vector, so that reading a message
 * does not look into it. */
#include "event.h"

#include "base/try.h"

enum { TYPE_BYTES = 4 };

static camseal_status read_list(camseal_reader *r, spdm_event_types *m)
{
    m->list = camseal_read_span(r, camseal_read_le32(r));
    CAMSEAL_TRY(camseal_reader_ok(r));
    return (m->groups == 0) == (m->list.len == 0) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

static void write_list(camseal_writer *w, const spdm_event_types *m)
{
    camseal_write_le32(w, (uint32_t)m->list.len);
    camseal_write_span(w, m->list);
}

camseal_status camseal_spdm_read_supported_event_types(camseal_reader *r, spdm_event_types *m)
{
    m->groups = camseal_spdm_read_header(r).param1;
    return read_list(r, m);
}

void camseal_spdm_write_supported_event_types(camseal_writer *w, uint8_t version,
                                              const spdm_event_types *m)
{
    camseal_spdm_write_header(w, version, SPDM_SUPPORTED_EVENT_TYPES, m->groups, 0);
    write_list(w, m);
}

camseal_status camseal_spdm_read_subscribe_event_types(camseal_reader *r, spdm_event_types *m)
{
    m->groups = camseal_spdm_read_header(r).param1;
    m->list = camseal_span_of(NULL, 0);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return m->groups ? read_list(r, m) : CAMSEAL_OK;
}

void camseal_spdm_write_subscribe_event_types(camseal_writer *w, uint8_t version,
                                              const spdm_event_types *m)
{
    camseal_spdm_write_header(w, version, SPDM_SUBSCRIBE_EVENT_TYPES, m->groups, 0);
    if (m->groups)
        write_list(w, m);
}

/* ---- events -----------------------------------------------------------------------------------
 */

/* Bytes of EventDetail, or what there are for types that we do not know. */
static size_t detail_bytes(const spdm_event *m)
{
    if (!camseal_spdm_svh_is_dmtf(&m->from))
        return m->detail.len;
    switch (m->type) {
    case SPDM_EVENT_LOST:
        return 8;
    case SPDM_EVENT_MEASUREMENT_CHANGED:
    case SPDM_EVENT_MEASUREMENT_PRE_UPDATE:
        return 32;
    case SPDM_EVENT_CERTIFICATE_CHANGED:
        return 1;
    default:
        return m->detail.len;
    }
}

camseal_status camseal_spdm_read_event(camseal_reader *r, spdm_event *m)
{
    m->instance = camseal_read_le32(r);
    camseal_read_skip(r, 4);
    CAMSEAL_TRY(camseal_spdm_read_svh(r, &m->from));
    m->type = camseal_read_le16(r);
    m->detail = camseal_read_span(r, camseal_read_le16(r));
    CAMSEAL_TRY(camseal_reader_ok(r));
    return m->detail.len == detail_bytes(m) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_event(camseal_writer *w, const spdm_event *m)
{
    camseal_write_le32(w, m->instance);
    camseal_write_zeros(w, 4);
    camseal_spdm_write_svh(w, &m->from);
    camseal_write_le16(w, m->type);
    camseal_write_le16(w, (uint16_t)m->detail.len);
    camseal_write_span(w, m->detail);
}

/* Reads `count` events; *lowest is the lowest instance id. */
static camseal_status skip_events(camseal_reader *r, uint32_t count, uint32_t *lowest)
{
    spdm_event event;
    *lowest = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        CAMSEAL_TRY(camseal_spdm_read_event(r, &event));
        if (event.instance < *lowest)
            *lowest = event.instance;
    }
    return CAMSEAL_OK;
}

/* `count` different ids from `lowest` on: each has a place of its own below `count`. */
static camseal_status check_instances(const spdm_send_event *m, uint32_t lowest)
{
    uint8_t seen[SPDM_EVENTS_MAX / 8] = {0};
    camseal_reader r = camseal_reader_of(m->events);
    spdm_event event;
    for (uint32_t i = 0; i < m->count; i++) {
        CAMSEAL_TRY(camseal_spdm_read_event(&r, &event));
        uint32_t place = event.instance - lowest;
        uint32_t bit = UINT32_C(1) << place % 8;
        if (place >= m->count || (seen[place / 8] & bit))
            return CAMSEAL_E_FORMAT;
        seen[place / 8] = (uint8_t)(seen[place / 8] | bit);
    }
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_read_send_event(camseal_reader *r, spdm_send_event *m)
{
    uint32_t lowest;
    (void)camseal_spdm_read_header(r);
    m->count = camseal_read_le32(r);
    CAMSEAL_TRY(camseal_reader_ok(r));
    if (m->count == 0 || m->count > SPDM_EVENTS_MAX)
        return CAMSEAL_E_FORMAT;
    camseal_reader ahead = *r;
    CAMSEAL_TRY(skip_events(&ahead, m->count, &lowest));
    m->events = camseal_read_span(r, r->left - ahead.left);
    return check_instances(m, lowest);
}

void camseal_spdm_write_send_event(camseal_writer *w, uint8_t version, const spdm_send_event *m)
{
    camseal_spdm_write_header(w, version, SPDM_SEND_EVENT, 0, 0);
    camseal_write_le32(w, m->count);
    camseal_write_span(w, m->events);
}

/* ---- groups -----------------------------------------------------------------------------------
 */

camseal_status camseal_spdm_read_event_group(camseal_reader *r, spdm_event_group *m)
{
    CAMSEAL_TRY(camseal_spdm_read_svh(r, &m->from));
    uint16_t types = camseal_read_le16(r);
    m->version = camseal_read_le16(r);
    m->attributes = camseal_read_le32(r);
    m->types = camseal_read_span(r, (size_t)types * TYPE_BYTES);
    return camseal_reader_ok(r);
}

void camseal_spdm_write_event_group(camseal_writer *w, const spdm_event_group *m)
{
    camseal_spdm_write_svh(w, &m->from);
    camseal_write_le16(w, (uint16_t)(m->types.len / TYPE_BYTES));
    camseal_write_le16(w, m->version);
    camseal_write_le32(w, m->attributes);
    camseal_write_span(w, m->types);
}

camseal_status camseal_spdm_check_event_groups(const spdm_event_types *m)
{
    camseal_reader r = camseal_reader_of(m->list);
    spdm_event_group group;
    for (unsigned i = 0; i < m->groups; i++)
        CAMSEAL_TRY(camseal_spdm_read_event_group(&r, &group));
    return camseal_reader_end(&r);
}
