/* Sessions: the points where a handshake changes keys. Key-log labels: req_handshake,
 * rsp_handshake, req_data, rsp_data, export; the id is the session id as on the wire. */
#include "session.h"

#include <string.h>

#include "base/load.h"
#include "base/secret.h"
#include "base/try.h"

void camseal_spdm_session_wipe(const spdm_transcript *t, spdm_session *s)
{
    camseal_spdm_run_drop(t, &s->th);
    camseal_wipe(s, sizeof *s);
}

static void log_secret(const camseal_trace *log, const spdm_schedule *k, const spdm_session *s,
                       const char *label, const uint8_t *secret)
{
    uint8_t id[4];
    camseal_store_le32(id, s->id);
    camseal_trace_secret(log, label, camseal_span_of(id, sizeof id),
                         camseal_span_of(secret, k->hash->digest_bytes));
}

static camseal_status install_keys(const spdm_schedule *k, spdm_session *s)
{
    CAMSEAL_TRY(camseal_spdm_ks_keys(k, s->secrets.traffic[SPDM_DIR_REQ], &s->keys[SPDM_DIR_REQ]));
    return camseal_spdm_ks_keys(k, s->secrets.traffic[SPDM_DIR_RSP], &s->keys[SPDM_DIR_RSP]);
}

camseal_status camseal_spdm_session_handshake(const spdm_schedule *k, const spdm_transcript *t,
                                              spdm_session *s, const camseal_trace *log,
                                              uint8_t *th1)
{
    CAMSEAL_TRY(camseal_spdm_run_peek(t, &s->th, th1));
    CAMSEAL_TRY(camseal_spdm_ks_handshake(k, &s->secrets, th1));
    CAMSEAL_TRY(install_keys(k, s));
    log_secret(log, k, s, "req_handshake", s->secrets.traffic[SPDM_DIR_REQ]);
    log_secret(log, k, s, "rsp_handshake", s->secrets.traffic[SPDM_DIR_RSP]);
    s->state = SPDM_SESSION_HANDSHAKE;
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_session_establish(const spdm_schedule *k, const spdm_transcript *t,
                                              spdm_session *s, const camseal_trace *log)
{
    uint8_t th2[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(camseal_spdm_run_peek(t, &s->th, th2));
    CAMSEAL_TRY(camseal_spdm_ks_data(k, &s->secrets, th2));
    CAMSEAL_TRY(install_keys(k, s));
    camseal_spdm_run_drop(t, &s->th);
    log_secret(log, k, s, "req_data", s->secrets.traffic[SPDM_DIR_REQ]);
    log_secret(log, k, s, "rsp_data", s->secrets.traffic[SPDM_DIR_RSP]);
    log_secret(log, k, s, "export", s->secrets.root);
    s->state = SPDM_SESSION_ESTABLISHED;
    return CAMSEAL_OK;
}

spdm_run *camseal_spdm_l1(spdm_transcript *t, spdm_session *s)
{
    return s ? &s->th : &t->l1;
}

uint64_t camseal_spdm_session_deadline(const spdm_session *s)
{
    if (s->state != SPDM_SESSION_ESTABLISHED || s->heartbeat_s == 0)
        return UINT64_MAX;
    return s->last_us + UINT64_C(2000000) * s->heartbeat_s;
}

camseal_status camseal_spdm_session_update(const spdm_schedule *k, spdm_session *s,
                                           enum spdm_direction direction)
{
    spdm_old_key *old = &s->old[direction];
    uint8_t *traffic = s->secrets.traffic[direction];
    if (s->last_keys)
        return CAMSEAL_E_STATE;
    old->kept = true;
    old->sequence = s->keys[direction].sequence;
    memcpy(old->traffic, traffic, sizeof old->traffic);
    CAMSEAL_TRY(camseal_spdm_ks_update(k, traffic));
    return camseal_spdm_ks_keys(k, traffic, &s->keys[direction]);
}

void camseal_spdm_session_confirm(spdm_session *s)
{
    camseal_wipe(s->old, sizeof s->old);
    s->update = 0;
}

camseal_status camseal_spdm_session_revert(const spdm_schedule *k, spdm_session *s)
{
    for (size_t i = 0; i < 2; i++) {
        if (!s->old[i].kept)
            continue;
        s->last_keys = s->last_keys || s->keys[i].sequence > 0;
        memcpy(s->secrets.traffic[i], s->old[i].traffic, sizeof s->old[i].traffic);
        CAMSEAL_TRY(camseal_spdm_ks_keys(k, s->secrets.traffic[i], &s->keys[i]));
        s->keys[i].sequence = s->old[i].sequence;
    }
    camseal_spdm_session_confirm(s);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_session_open(const spdm_record *rec, const spdm_schedule *k,
                                         spdm_session *s, spdm_role from, camseal_span record,
                                         camseal_mspan plain, camseal_span *message)
{
    spdm_keys *keys = camseal_spdm_session_send_keys(s, from);
    const uint64_t before = keys->sequence;
    bool kept = s->old[from == SPDM_ROLE_REQUESTER ? SPDM_DIR_REQ : SPDM_DIR_RSP].kept;
    camseal_status status = camseal_spdm_record_open(rec, keys, record, plain, message);
    if (status != CAMSEAL_E_AUTH || !kept)
        return status;
    keys->sequence = before; /* the attempt used no nonce */
    CAMSEAL_TRY(camseal_spdm_session_revert(k, s));
    return camseal_spdm_record_open(rec, keys, record, plain, message);
}

spdm_keys *camseal_spdm_session_send_keys(spdm_session *s, spdm_role role)
{
    return &s->keys[role == SPDM_ROLE_REQUESTER ? SPDM_DIR_REQ : SPDM_DIR_RSP];
}

spdm_keys *camseal_spdm_session_receive_keys(spdm_session *s, spdm_role role)
{
    return &s->keys[role == SPDM_ROLE_REQUESTER ? SPDM_DIR_RSP : SPDM_DIR_REQ];
}
