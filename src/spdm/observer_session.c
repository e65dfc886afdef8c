/* Handshakes: KEY_EXCHANGE and FINISH, PSK_EXCHANGE and PSK_FINISH. The transcript TH of a session
 * grows here; its secrets are observer_keys.c's. */
#include "observer_state.h"

#include <string.h>

#include "msg/finish.h"
#include "msg/key_exchange.h"
#include "msg/psk.h"

static camseal_span but_last(camseal_span m, size_t n)
{
    return camseal_span_of(m.data, m.len - n);
}

/* A free place; an old session of the same id makes room. */
static spdm_watched *open_session(camseal_spdm_observer *o, uint32_t id)
{
    spdm_watched *s = NULL;
    for (unsigned i = 0; i < OBSERVER_SESSIONS; i++) {
        spdm_watched *at = &o->sessions[i];
        if (at->s.state != SPDM_SESSION_FREE && at->s.id == id)
            camseal_spdm_observer_session_end(o, at);
        if (at->s.state == SPDM_SESSION_FREE && !s)
            s = at;
    }
    if (!s) {
        s = &o->sessions[0];
        camseal_spdm_observer_session_end(o, s);
    }
    s->s.state = SPDM_SESSION_HANDSHAKE;
    s->s.id = id;
    return s;
}

/* TH of KEY_EXCHANGE up to Ct. */
static void begin_th(camseal_spdm_observer *o, spdm_watched *s, const spdm_identity *id)
{
    camseal_spdm_watch_fork(o, &s->th);
    if (o->multi_key[SPDM_SIDE_RSP] && o->d_bytes)
        camseal_spdm_watch_add(o, &s->th, camseal_span_of(o->d, o->d_bytes), &o->d_cover);
    if (id)
        camseal_spdm_watch_add(o, &s->th, camseal_span_of(id->digest, o->shape.hash), &id->cover);
    else
        s->lost = true;
}

static void say_th1(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s)
{
    if (!s->lost && camseal_spdm_watch_peek(o, &s->th, s->th1))
        camseal_spdm_observer_value(o, l, "th1", s->th1, o->shape.hash, &s->th.cover);
}

static void take_key_exchange_rsp(camseal_spdm_observer *o, const spdm_layer *l,
                                  const spdm_key_exchange *req, const spdm_key_exchange_rsp *rsp,
                                  camseal_span message)
{
    const spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    spdm_watched *s = open_session(o, req->session_id | (uint32_t)rsp->session_id << 16);
    const spdm_identity *id = camseal_spdm_observer_identity(o, l, SPDM_SIDE_RSP, req->slot);
    s->mutual = rsp->mut_auth != 0;
    s->implicit_digests = rsp->mut_auth == 4;
    o->handshake = s;
    camseal_spdm_observer_value(o, l, "RequesterRandomData", req->random.data, req->random.len,
                                &p->cover);
    camseal_spdm_observer_value(o, l, "ResponderRandomData", rsp->random.data, rsp->random.len,
                                &l->cover);
    if (rsp->summary.len)
        camseal_spdm_observer_value(o, l, "measurement_summary_hash", rsp->summary.data,
                                    rsp->summary.len, &l->cover);
    begin_th(o, s, id);
    camseal_spdm_watch_pair(o, &s->th, p, l,
                            but_last(message, rsp->signature.len + rsp->verify_data.len));
    camseal_spdm_observer_signature(o, l, SPDM_SIGN_KEY_EXCHANGE_RSP, SPDM_SIDE_RSP, id, &s->th,
                                    "th_curr", rsp->signature);
    camseal_spdm_watch_add(o, &s->th, rsp->signature, &l->cover);
    say_th1(o, l, s);
    if (l->seen.shape.clear_handshake)
        return;
    camseal_spdm_observer_hmac(o, l, s, SPDM_DIR_RSP, "ResponderVerifyData", rsp->verify_data);
    camseal_spdm_watch_add(o, &s->th, rsp->verify_data, &l->cover);
}

void camseal_spdm_observer_key_exchange(camseal_spdm_observer *o, const spdm_layer *l)
{
    spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_key_exchange req;
    spdm_key_exchange_rsp rsp;
    camseal_span message;
    if (l->seen.code == SPDM_KEY_EXCHANGE) {
        camseal_status status = camseal_spdm_read_key_exchange(&r, &l->seen.shape, &req);
        if (!camseal_spdm_observer_parsed(o, l, status, &r, &message))
            return;
        camseal_spdm_observer_trim(o, l, message);
        p->summary = req.summary != 0 && (o->rsp_flags & SPDM_CAP_MEAS);
        return;
    }
    camseal_reader q = camseal_reader_of(camseal_spdm_observer_request(p));
    bool known = camseal_spdm_read_key_exchange(&q, &l->seen.shape, &req) == CAMSEAL_OK;
    camseal_status status = camseal_spdm_read_key_exchange_rsp(&r, &l->seen.shape, &rsp);
    if (camseal_spdm_observer_parsed(o, l, status, &r, &message) && known)
        take_key_exchange_rsp(o, l, &req, &rsp, message);
}

/* ---- FINISH --------------------------------------------------------------------------------- */

/* The provisioned chain under which FINISH verifies. *n counts those that could be it. */
static bool find_requester(camseal_spdm_observer *o, const spdm_watched *s, const spdm_layer *l,
                           camseal_span head, camseal_span signature, spdm_identity *id, size_t *n)
{
    spdm_watch copy = {.cover = {0}};
    uint8_t digest[CAMSEAL_HASH_MAX];
    bool found = false;
    *n = 0;
    for (size_t i = 0; i < o->config.n_chains && !found; i++) {
        if (!camseal_spdm_observer_provisioned(o, SPDM_SIDE_REQ, i, id))
            continue;
        ++*n;
        camseal_spdm_watch_copy(o, &copy, &s->th);
        camseal_spdm_watch_add(o, &copy, camseal_span_of(id->digest, o->shape.hash), &l->cover);
        camseal_spdm_watch_add(o, &copy, head, &l->cover);
        found = camseal_spdm_watch_peek(o, &copy, digest) &&
                camseal_spdm_observer_verifies(o, SPDM_SIGN_FINISH, SPDM_SIDE_REQ, id, digest,
                                               signature);
    }
    camseal_spdm_watch_drop(o, &copy);
    return found;
}

/* The requester's chain is not in the capture: the one that was provisioned, if any fits. */
static const spdm_identity *provisioned_requester(camseal_spdm_observer *o, const spdm_layer *l,
                                                  const spdm_watched *s, const spdm_finish *m,
                                                  camseal_span head, spdm_identity *room)
{
    size_t n;
    if (s->lost)
        return NULL;
    if (find_requester(o, s, l, head, m->signature, room, &n)) {
        camseal_spdm_observer_say(o, l, SPDM_CHECK_CHAIN, SPDM_PASSED, "provisioned chain", NULL);
        return room;
    }
    spdm_cover cover = s->th.cover;
    camseal_spdm_cover_join(&cover, &l->cover);
    const spdm_finding f = {.check = SPDM_CHECK_CHAIN,
                            .result = SPDM_FAILED,
                            .what = "provisioned chain",
                            .detail = "the signature verifies under none of those that were given",
                            .cover = &cover};
    if (n)
        camseal_spdm_observer_find(o, l, &f);
    return NULL;
}

static void take_mutual(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s,
                        const spdm_finish *m, camseal_span head)
{
    spdm_identity room;
    const spdm_identity *id = camseal_spdm_observer_identity(o, l, SPDM_SIDE_REQ, m->slot);
    if (!id)
        id = provisioned_requester(o, l, s, m, head, &room);
    if (id)
        camseal_spdm_watch_add(o, &s->th, camseal_span_of(id->digest, o->shape.hash), &id->cover);
    else
        s->lost = true;
    camseal_spdm_watch_add(o, &s->th, head, &l->cover);
    camseal_spdm_observer_signature(o, l, SPDM_SIGN_FINISH, SPDM_SIDE_REQ, id, &s->th, "th_curr",
                                    m->signature);
    camseal_spdm_watch_add(o, &s->th, m->signature, &l->cover);
}

static void take_finish(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_finish m;
    camseal_span message;
    camseal_status status = camseal_spdm_read_finish(&r, &l->seen.shape, &m);
    if (!camseal_spdm_observer_parsed(o, l, status, &r, &message)) {
        s->lost = true;
        return;
    }
    if (m.has_signature != s->mutual)
        camseal_spdm_observer_say(o, l, SPDM_CHECK_FORMAT, SPDM_FAILED, "mutual authentication",
                                  "not what KEY_EXCHANGE_RSP asked for");
    camseal_span head = but_last(message, m.signature.len + m.verify_data.len);
    if (m.has_signature)
        take_mutual(o, l, s, &m, head);
    else
        camseal_spdm_watch_add(o, &s->th, head, &l->cover);
    camseal_spdm_observer_hmac(o, l, s, SPDM_DIR_REQ, "RequesterVerifyData", m.verify_data);
    camseal_spdm_watch_add(o, &s->th, m.verify_data, &l->cover);
}

static void take_finish_rsp(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_finish_rsp m;
    camseal_span message;
    camseal_status status = camseal_spdm_read_finish_rsp(&r, &l->seen.shape, &m);
    if (!camseal_spdm_observer_parsed(o, l, status, &r, &message)) {
        s->lost = true;
        return;
    }
    camseal_spdm_watch_add(o, &s->th, but_last(message, m.verify_data.len), &l->cover);
    if (m.verify_data.len) {
        camseal_spdm_observer_hmac(o, l, s, SPDM_DIR_RSP, "ResponderVerifyData", m.verify_data);
        camseal_spdm_watch_add(o, &s->th, m.verify_data, &l->cover);
    }
    camseal_spdm_observer_establish(o, l, s);
}

static spdm_watched *finishing(camseal_spdm_observer *o, const spdm_layer *l)
{
    spdm_watched *s = l->session ? l->session : o->handshake;
    if (s && s->s.state == SPDM_SESSION_HANDSHAKE)
        return s;
    camseal_spdm_observer_say(o, l, SPDM_CHECK_FORMAT, SPDM_FAILED, "message format",
                              "no session is in its handshake");
    return NULL;
}

void camseal_spdm_observer_finish(camseal_spdm_observer *o, const spdm_layer *l)
{
    spdm_watched *s = finishing(o, l);
    if (s && l->seen.code == SPDM_FINISH)
        take_finish(o, l, s);
    else if (s)
        take_finish_rsp(o, l, s);
}

/* ---- PSK ------------------------------------------------------------------------------------ */

static void take_psk_exchange_rsp(camseal_spdm_observer *o, const spdm_layer *l,
                                  const spdm_psk_exchange *req, const spdm_psk_exchange_rsp *rsp,
                                  camseal_span message)
{
    const spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    spdm_watched *s = open_session(o, req->session_id | (uint32_t)rsp->session_id << 16);
    s->psk = true;
    if (rsp->summary.len)
        camseal_spdm_observer_value(o, l, "measurement_summary_hash", rsp->summary.data,
                                    rsp->summary.len, &l->cover);
    camseal_spdm_watch_fork(o, &s->th);
    camseal_spdm_watch_pair(o, &s->th, p, l, but_last(message, rsp->verify_data.len));
    say_th1(o, l, s);
    camseal_spdm_observer_hmac(o, l, s, SPDM_DIR_RSP, "ResponderVerifyData", rsp->verify_data);
    camseal_spdm_watch_add(o, &s->th, rsp->verify_data, &l->cover);
    if ((o->rsp_flags & SPDM_CAP_PSK) == SPDM_CAP_PSK_1)
        camseal_spdm_observer_establish(o, l, s);
}

void camseal_spdm_observer_psk_exchange(camseal_spdm_observer *o, const spdm_layer *l)
{
    spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_psk_exchange req;
    spdm_psk_exchange_rsp rsp;
    camseal_span message;
    if (l->seen.code == SPDM_PSK_EXCHANGE) {
        camseal_status status = camseal_spdm_read_psk_exchange(&r, &l->seen.shape, &req);
        if (!camseal_spdm_observer_parsed(o, l, status, &r, &message))
            return;
        camseal_spdm_observer_trim(o, l, message);
        p->summary = req.summary != 0 && (o->rsp_flags & SPDM_CAP_MEAS);
        return;
    }
    camseal_reader q = camseal_reader_of(camseal_spdm_observer_request(p));
    bool known = camseal_spdm_read_psk_exchange(&q, &l->seen.shape, &req) == CAMSEAL_OK;
    camseal_status status = camseal_spdm_read_psk_exchange_rsp(&r, &l->seen.shape, &rsp);
    if (camseal_spdm_observer_parsed(o, l, status, &r, &message) && known)
        take_psk_exchange_rsp(o, l, &req, &rsp, message);
}

void camseal_spdm_observer_psk_finish(camseal_spdm_observer *o, const spdm_layer *l)
{
    spdm_watched *s = finishing(o, l);
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_psk_finish m;
    spdm_psk_finish_rsp rsp;
    camseal_span message;
    if (!s)
        return;
    bool request = l->seen.code == SPDM_PSK_FINISH;
    camseal_status status = request ? camseal_spdm_read_psk_finish(&r, &l->seen.shape, &m)
                                    : camseal_spdm_read_psk_finish_rsp(&r, &l->seen.shape, &rsp);
    if (!camseal_spdm_observer_parsed(o, l, status, &r, &message)) {
        s->lost = true;
        return;
    }
    if (!request) {
        camseal_spdm_watch_add(o, &s->th, message, &l->cover);
        camseal_spdm_observer_establish(o, l, s);
        return;
    }
    camseal_spdm_watch_add(o, &s->th, but_last(message, m.verify_data.len), &l->cover);
    camseal_spdm_observer_hmac(o, l, s, SPDM_DIR_REQ, "RequesterVerifyData", m.verify_data);
    camseal_spdm_watch_add(o, &s->th, m.verify_data, &l->cover);
}
