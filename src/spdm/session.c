/* Sessions: the points where a handshake changes keys. Key-log labels: req_handshake,
 * rsp_handshake, req_data, rsp_data, export; the id is the session id as on the wire. */
#include "session.h"

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

spdm_keys *camseal_spdm_session_send_keys(spdm_session *s, spdm_role role)
{
    return &s->keys[role == SPDM_ROLE_REQUESTER ? SPDM_DIR_REQ : SPDM_DIR_RSP];
}

spdm_keys *camseal_spdm_session_receive_keys(spdm_session *s, spdm_role role)
{
    return &s->keys[role == SPDM_ROLE_REQUESTER ? SPDM_DIR_RSP : SPDM_DIR_REQ];
}
