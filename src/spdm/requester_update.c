/* Requester: KEY_UPDATE, then VerifyNewKey under the new key. */
#include "base/try.h"
#include "msg/short.h"
#include "requester.h"

static const spdm_operation update_operation;
static const spdm_operation verify_operation;

static camseal_status write(camseal_spdm_requester *r, camseal_writer *w, uint8_t operation)
{
    const camseal_crypto *crypto = r->config.crypto;
    spdm_key_update m = {operation, 0};
    CAMSEAL_TRY(crypto->random(crypto->user, &m.tag, 1));
    camseal_spdm_write_key_update(w, r->shape.version, SPDM_KEY_UPDATE, &m);
    return CAMSEAL_OK;
}

/* The acknowledgement repeats operation and tag. */
static camseal_status read_ack(camseal_spdm_requester *r, camseal_span message)
{
    spdm_key_update m;
    camseal_span sent = camseal_spdm_request_sent(r);
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_key_update(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    if (m.operation != sent.data[2] || m.tag != sent.data[3])
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "not the key update that was asked for",
                                   (uint64_t)sent.data[2] << 8 | sent.data[3],
                                   (uint64_t)m.operation << 8 | m.tag);
    return CAMSEAL_OK;
}

static camseal_status build_update(camseal_spdm_requester *r, camseal_writer *w)
{
    return write(r, w, r->update_all ? SPDM_UPDATE_ALL_KEYS : SPDM_UPDATE_KEY);
}

/* After UpdateAllKeys the acknowledgement already is under the responder's new key. The old one
 * stays until it is verified: an ERROR comes under it. */
static camseal_status sent_update(camseal_spdm_requester *r)
{
    spdm_schedule k = camseal_spdm_requester_schedule(r);
    spdm_session *s = camseal_spdm_current(r);
    if (!r->update_all || s->old[SPDM_DIR_RSP].kept)
        return CAMSEAL_OK;
    return camseal_spdm_session_update(&k, s, SPDM_DIR_RSP);
}

static camseal_status accept_update(camseal_spdm_requester *r, camseal_span message)
{
    spdm_schedule k = camseal_spdm_requester_schedule(r);
    spdm_session *s = camseal_spdm_current(r);
    CAMSEAL_TRY(read_ack(r, message));
    if (r->update_all && !s->old[SPDM_DIR_RSP].kept)
        return camseal_spdm_reject(r, CAMSEAL_E_AUTH, "an acknowledgement under the old key", 0, 0);
    CAMSEAL_TRY(camseal_spdm_session_update(&k, s, SPDM_DIR_REQ));
    camseal_spdm_next(r, &verify_operation);
    return CAMSEAL_OK;
}

static const spdm_operation update_operation = {SPDM_OP_KEY_UPDATE, build_update, accept_update,
                                                sent_update};

static camseal_status build_verify(camseal_spdm_requester *r, camseal_writer *w)
{
    return write(r, w, SPDM_VERIFY_NEW_KEY);
}

static camseal_status accept_verify(camseal_spdm_requester *r, camseal_span message)
{
    CAMSEAL_TRY(read_ack(r, message));
    camseal_spdm_session_confirm(camseal_spdm_current(r));
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

static const spdm_operation verify_operation = {SPDM_OP_KEY_UPDATE, build_verify, accept_verify,
                                                NULL};

camseal_status camseal_spdm_begin_key_update(camseal_spdm_requester *r, uint8_t session, bool all)
{
    CAMSEAL_TRY(camseal_spdm_check_session(r, session));
    if (!(r->flags & r->peer_flags & SPDM_CAP_KEY_UPD))
        return CAMSEAL_E_NEGOTIATION;
    r->update_all = all;
    return camseal_spdm_begin(r, &update_operation, session);
}
