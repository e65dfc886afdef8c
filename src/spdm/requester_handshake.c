/* Requester: what KEY_EXCHANGE and PSK_EXCHANGE share. */
#include "requester_handshake.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/opaque.h"

enum { SM_VERSIONS_MAX = CAMSEAL_SPDM_SM_1_3 - CAMSEAL_SPDM_SM_1_0 + 1 };

/* ---- ids and secured-message version -------------------------------------------------------- */

void camseal_spdm_req_allocate_id(camseal_spdm_requester *r)
{
    for (;;) {
        uint16_t id = r->next_session_id;
        bool used = id == 0;
        r->next_session_id = (uint16_t)(id - 1u);
        for (size_t i = 0; i < r->config.max_sessions; i++)
            used |=
                r->sessions[i].state >= SPDM_SESSION_HANDSHAKE && (uint16_t)r->sessions[i].id == id;
        if (used)
            continue;
        camseal_spdm_current(r)->id = id;
        return;
    }
}

camseal_span camseal_spdm_req_sm_offer(const camseal_spdm_requester *r, uint8_t *room)
{
    const camseal_spdm_policy *p = r->config.policy;
    uint16_t versions[SM_VERSIONS_MAX];
    size_t n = 0;
    for (unsigned v = camseal_spdm_sm_min(p); v <= camseal_spdm_sm_max(p); v++)
        versions[n++] = (uint16_t)(v << 8);
    camseal_writer w = camseal_writer_of(room, SPDM_SM_OFFER_MAX);
    if (camseal_spdm_sm_max(p) >= CAMSEAL_SPDM_SM_1_3)
        camseal_spdm_write_sm_versions_limit(&w, versions, n,
                                             p->aead_limit ? p->aead_limit : SPDM_SM_LIMIT_MAX);
    else
        camseal_spdm_write_sm_versions(&w, versions, n);
    return camseal_span_of(room, w.len);
}

/* The responder's choice is one of those offered; the lower of both limits counts. */
static camseal_status take_sm_selection(camseal_spdm_requester *r, camseal_span opaque)
{
    const camseal_spdm_policy *p = r->config.policy;
    spdm_session *s = camseal_spdm_current(r);
    uint16_t selected;
    if (camseal_spdm_read_sm_selection(opaque, &selected) != CAMSEAL_OK)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "no secured-message version was selected",
                                   1, opaque.len);
    s->sm_version = (uint8_t)(selected >> 8);
    if (s->sm_version < camseal_spdm_sm_min(p) || s->sm_version > camseal_spdm_sm_max(p))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY,
                                   "the selected secured-message version was not offered",
                                   camseal_spdm_sm_max(p), s->sm_version);
    s->aead_limit = SPDM_SM_LIMIT_MAX;
    if (s->sm_version < CAMSEAL_SPDM_SM_1_3)
        return CAMSEAL_OK;
    if (camseal_spdm_read_sm_limit(opaque, &s->aead_limit) != CAMSEAL_OK)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "illegal AEAD limit", SPDM_SM_LIMIT_MAX, 0);
    if (p->aead_limit && p->aead_limit < s->aead_limit)
        s->aead_limit = p->aead_limit;
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_req_session_terms(camseal_spdm_requester *r, uint16_t rsp_session_id,
                                              uint8_t heartbeat, camseal_span opaque)
{
    spdm_session *s = camseal_spdm_current(r);
    if (rsp_session_id == 0)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "RspSessionID is 0", 0, 0);
    if (heartbeat && !(r->flags & r->peer_flags & SPDM_CAP_HBEAT))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "HeartbeatPeriod without HBEAT", 0,
                                   heartbeat);
    CAMSEAL_TRY(take_sm_selection(r, opaque));
    /* Our own half is unlike that of our other sessions, so the whole is too. */
    s->id = (uint32_t)rsp_session_id << 16 | (uint16_t)s->id;
    s->heartbeat_s = heartbeat;
    return CAMSEAL_OK;
}

/* ---- verify data ---------------------------------------------------------------------------- */

camseal_status camseal_spdm_req_check_verify_data(camseal_spdm_requester *r, const uint8_t *digest,
                                                  camseal_span verify_data)
{
    spdm_schedule k = camseal_spdm_requester_schedule(r);
    spdm_session *s = camseal_spdm_current(r);
    uint8_t expected[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(
        camseal_spdm_ks_verify_data(&k, s->secrets.traffic[SPDM_DIR_RSP], digest, expected));
    bool genuine = camseal_equal_ct(expected, verify_data.data, r->shape.hash);
    camseal_wipe(expected, sizeof expected);
    if (!genuine)
        return camseal_spdm_reject(r, CAMSEAL_E_AUTH, "ResponderVerifyData is wrong", 0, 0);
    return camseal_spdm_run_add(&r->transcript, &s->th, verify_data);
}

camseal_status camseal_spdm_req_add_verify_data(camseal_spdm_requester *r, camseal_writer *w,
                                                size_t in_th)
{
    const spdm_transcript *t = &r->transcript;
    spdm_schedule k = camseal_spdm_requester_schedule(r);
    spdm_session *s = camseal_spdm_current(r);
    uint8_t digest[CAMSEAL_HASH_MAX], mac[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(camseal_spdm_run_add(t, &s->th, camseal_span_of(w->start + in_th, w->len - in_th)));
    CAMSEAL_TRY(camseal_spdm_run_peek(t, &s->th, digest));
    CAMSEAL_TRY(camseal_spdm_ks_verify_data(&k, s->secrets.traffic[SPDM_DIR_REQ], digest, mac));
    camseal_write_bytes(w, mac, r->shape.hash);
    return camseal_spdm_run_add(t, &s->th, camseal_span_of(mac, r->shape.hash));
}

camseal_status camseal_spdm_req_establish(camseal_spdm_requester *r)
{
    spdm_schedule k = camseal_spdm_requester_schedule(r);
    spdm_session *s = camseal_spdm_current(r);
    CAMSEAL_TRY(
        camseal_spdm_session_establish(&k, &r->transcript, s, camseal_spdm_requester_key_log(r)));
    r->info.heartbeat_s = s->heartbeat_s;
    r->info.sm_version = s->sm_version;
    r->info.aead_limit = s->aead_limit;
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

/* ---- measurement summary -------------------------------------------------------------------- */

camseal_status camseal_spdm_req_summary_type(camseal_spdm_requester *r, uint8_t *type)
{
    *type = r->config.summary;
    if (*type && !r->measurement_spec)
        return camseal_spdm_reject(r, CAMSEAL_E_NEGOTIATION, "the peer measures nothing to sum up",
                                   *type, 0);
    return CAMSEAL_OK;
}

void camseal_spdm_req_note_summary(camseal_spdm_requester *r, camseal_span summary)
{
    if (summary.len)
        memcpy(r->info.measurement_summary, summary.data, summary.len);
}
