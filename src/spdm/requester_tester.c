/* Requester: what only testers of responders need. Knows how to stop an operation and how to
 * protect bytes that are no request of this engine; the driver knows one thing of it: `hold`. */
#include "camseal/spdm_tester.h"

#include <string.h>

#include "base/try.h"
#include "requester_chunk.h"
#include "requester_drive.h"

void camseal_spdm_hold(camseal_spdm_requester *r, uint8_t request)
{
    r->hold = request;
}

uint8_t camseal_spdm_held(const camseal_spdm_requester *r)
{
    return r->operation && camseal_spdm_is_held(r) ? r->hold : 0;
}

void camseal_spdm_abandon(camseal_spdm_requester *r)
{
    spdm_session *s = r->operation ? camseal_spdm_current(r) : NULL;
    camseal_spdm_drop_kex(r);
    camseal_spdm_drop_chunks(r);
    if (r->config.answerer)
        r->config.answerer->with->reset(r);
    if (s && s->state != SPDM_SESSION_ESTABLISHED)
        camseal_spdm_session_wipe(&r->transcript, s);
    camseal_spdm_next(r, NULL);
}

camseal_status camseal_spdm_begin_challenge(camseal_spdm_requester *r, uint8_t summary)
{
    if (r->operation || !r->trusted)
        return CAMSEAL_E_STATE;
    if (!(r->peer_flags & SPDM_CAP_CHAL))
        return CAMSEAL_E_NEGOTIATION;
    r->config.summary = summary;
    return camseal_spdm_begin(r, &camseal_spdm_req_challenge, SPDM_NO_SESSION_USED);
}

/* The session, if it has keys. */
static spdm_session *session_of(camseal_spdm_requester *r, uint8_t session)
{
    if (session >= r->config.max_sessions || r->sessions[session].state < SPDM_SESSION_HANDSHAKE)
        return NULL;
    return &r->sessions[session];
}

static spdm_record record_of(const camseal_spdm_requester *r, const spdm_session *s)
{
    spdm_record rec = {r->config.crypto, r->algorithms.aead, r->config.binding, s->id,
                       s->aead_limit};
    return rec;
}

camseal_status camseal_spdm_seal(camseal_spdm_requester *r, uint8_t session, camseal_span message,
                                 camseal_buf *record)
{
    size_t lead = camseal_spdm_record_lead(r->config.binding);
    spdm_session *s = session_of(r, session);
    if (!s)
        return CAMSEAL_E_STATE;
    if (record->capacity < SPDM_RECORD_OVERHEAD_MAX ||
        message.len > record->capacity - SPDM_RECORD_OVERHEAD_MAX)
        return CAMSEAL_E_SPACE;
    if (message.len)
        memmove(record->data + lead, message.data, message.len);
    const spdm_record rec = record_of(r, s);
    return camseal_spdm_record_seal(&rec, camseal_spdm_session_send_keys(s, SPDM_ROLE_REQUESTER),
                                    record, message.len);
}

camseal_status camseal_spdm_open(camseal_spdm_requester *r, uint8_t session, camseal_span record,
                                 camseal_span *message)
{
    camseal_mspan plain =
        camseal_mspan_of(r->rx, (size_t)camseal_spdm_req_transfer(r) + SPDM_RECORD_OVERHEAD_MAX);
    spdm_session *s = session_of(r, session);
    if (!s)
        return CAMSEAL_E_STATE;
    const spdm_record rec = record_of(r, s);
    const spdm_schedule k = camseal_spdm_requester_schedule(r);
    return camseal_spdm_session_open(&rec, &k, s, SPDM_ROLE_RESPONDER, record, plain, message);
}
