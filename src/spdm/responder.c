/* SPDM responder: takes one message, finds its row, lets the handler answer. Knows the order of
 * checks (DSP0274 ERROR) and when sessions expire; the messages are the handlers' business. */
#include "responder.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/error.h"
#include "responder_chunk.h"
#include "responder_drive.h"

enum { DOE_PADDING_MAX = 3, OUT_MIN = SPDM_RECORD_OVERHEAD_MAX + SPDM_ERROR_BYTES_MAX };

static const spdm_handler core[SPDM_OPS] = {
    [SPDM_OP_VERSION] = camseal_spdm_rsp_version,
    [SPDM_OP_CAPABILITIES] = camseal_spdm_rsp_capabilities,
    [SPDM_OP_ALGORITHMS] = camseal_spdm_rsp_algorithms,
    [SPDM_OP_DIGESTS] = camseal_spdm_rsp_digests,
    [SPDM_OP_CERTIFICATE] = camseal_spdm_rsp_certificate,
    [SPDM_OP_CHALLENGE] = camseal_spdm_rsp_challenge,
    [SPDM_OP_KEY_EXCHANGE] = camseal_spdm_rsp_key_exchange,
    [SPDM_OP_FINISH] = camseal_spdm_rsp_finish,
    [SPDM_OP_VENDOR] = CAMSEAL_SPDM_VENDOR ? camseal_spdm_rsp_vendor : NULL,
    [SPDM_OP_HEARTBEAT] = camseal_spdm_rsp_heartbeat,
    [SPDM_OP_KEY_UPDATE] = camseal_spdm_rsp_key_update,
    [SPDM_OP_END_SESSION] = camseal_spdm_rsp_end_session,
    [SPDM_OP_RESPOND_IF_READY] = CAMSEAL_SPDM_DEFERRAL ? camseal_spdm_rsp_respond_if_ready : NULL,
};

/* A feature's handler comes before ours. */
spdm_handler camseal_spdm_find_handler(const camseal_spdm_responder *r, enum spdm_op op)
{
    for (size_t i = 0; i < r->config.n_features; i++) {
        const camseal_spdm_feature *f = r->config.features[i];
        for (size_t n = 0; n < f->n_services; n++)
            if (f->services[n].op == op)
                return f->services[n].handle;
    }
    return core[op];
}

/* ---- sessions ------------------------------------------------------------------------------- */

static spdm_session *find_session(camseal_spdm_responder *r, uint32_t id)
{
    for (size_t i = 0; i < r->config.max_sessions; i++)
        if (r->sessions[i].state >= SPDM_SESSION_HANDSHAKE && r->sessions[i].id == id)
            return &r->sessions[i];
    return NULL;
}

/* Of a handshake, from the key exchange on; of a session, from its last message on. */
static uint64_t deadline_of(const camseal_spdm_responder *r, const spdm_session *s)
{
    if (s->state != SPDM_SESSION_HANDSHAKE)
        return camseal_spdm_session_deadline(s);
    uint64_t most = UINT64_MAX - s->last_us;
    return s->last_us + (r->config.handshake_us < most ? r->config.handshake_us : most);
}

/* Closes silent sessions; returns when to look again. */
static uint64_t expire_sessions(camseal_spdm_responder *r, uint64_t now_us)
{
    uint64_t wake = UINT64_MAX;
    for (size_t i = 0; i < r->config.max_sessions; i++) {
        spdm_session *s = &r->sessions[i];
        uint64_t due = deadline_of(r, s);
        if (due <= now_us) {
            camseal_trace_event(r->config.trace, CAMSEAL_E_TIMEOUT, "spdm", "session",
                                CAMSEAL_TEXT("closed: the next message did not come in time"),
                                s->heartbeat_s, s->id);
            camseal_spdm_close_session(r, s);
        } else if (due < wake) {
            wake = due;
        }
    }
    return wake;
}

spdm_schedule camseal_spdm_responder_schedule(const camseal_spdm_responder *r)
{
    spdm_schedule k = {r->config.crypto, r->algorithms.hash, r->algorithms.aead, r->shape.version};
    return k;
}

const camseal_trace *camseal_spdm_responder_key_log(const camseal_spdm_responder *r)
{
    return r->config.log_secrets ? r->config.trace : NULL;
}

/* ---- receiving ------------------------------------------------------------------------------ */

/* The version of the connection; until there is one any that the policy allows. */
static bool version_fits(const camseal_spdm_responder *r, const spdm_request *q)
{
    const camseal_spdm_policy *p = r->config.policy;
    uint8_t version = q->header.version;
    if (q->op == SPDM_OP_VERSION)
        return version == SPDM_VERSION_10;
    if (r->shape.version)
        return version == r->shape.version;
    return version >= camseal_spdm_version_min(p) && version <= camseal_spdm_version_max(p);
}

/* What the application wants first. */
static camseal_status check_mood(camseal_spdm_responder *r, spdm_request *q)
{
    if (q->op == SPDM_OP_VERSION || r->mood == CAMSEAL_SPDM_READY)
        return CAMSEAL_OK;
    if (r->mood == CAMSEAL_SPDM_BUSY)
        return camseal_spdm_refuse_as(q, SPDM_ERR_BUSY, CAMSEAL_E_UNEXPECTED,
                                      "the application is busy");
    r->mood = CAMSEAL_SPDM_READY;
    q->after = SPDM_AFTER_RESET;
    return camseal_spdm_refuse_as(q, SPDM_ERR_RESYNCH, CAMSEAL_E_UNEXPECTED,
                                  "the application starts over");
}

/* What other work of this responder is in the way. */
static camseal_status check_work(camseal_spdm_responder *r, spdm_request *q)
{
    if (q->op == SPDM_OP_VERSION)
        return CAMSEAL_OK;
    if (camseal_spdm_transfer_active(r) && !camseal_spdm_is_chunk(q->op))
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "a large message is under way");
    if (camseal_spdm_is_deferred(r) && q->op != SPDM_OP_RESPOND_IF_READY &&
        q->now_us >= r->pending.expires_us)
        camseal_spdm_drop_pending(r);
    if (camseal_spdm_is_deferred(r) && q->op != SPDM_OP_RESPOND_IF_READY)
        return camseal_spdm_refuse_as(q, SPDM_ERR_BUSY, CAMSEAL_E_UNEXPECTED,
                                      "a deferred answer is still to be fetched");
    for (size_t i = 0; i < r->config.n_features; i++) {
        const camseal_spdm_feature *f = r->config.features[i];
        if (f->blocks && f->blocks(r, q))
            return camseal_spdm_refuse_as(q, SPDM_ERR_IN_FLIGHT, CAMSEAL_E_UNEXPECTED,
                                          "an encapsulated request is in flight");
    }
    return CAMSEAL_OK;
}

static camseal_status check_row(camseal_spdm_responder *r, spdm_request *q)
{
    const spdm_row *row = camseal_spdm_row(q->op);
    const spdm_moment now = {r->connection, q->session ? q->session->state : (uint8_t)0,
                             r->shape.clear_handshake, r->flags, r->peer_flags};
    uint8_t refused = camseal_spdm_row_refuses(row, &now);
    if (refused)
        return camseal_spdm_refuse_as(q, refused, CAMSEAL_E_UNEXPECTED, NULL);
    if ((row->notes & SPDM_ROW_CLEARS_M1) && !q->session && r->connection < SPDM_AUTHENTICATED)
        camseal_spdm_transcript_m1_reset(&r->transcript);
    if (!(row->notes & SPDM_ROW_KEEPS_L1))
        camseal_spdm_drop_l1(r, q->session);
    return CAMSEAL_OK;
}

/* The checks that need no look into the message, in the order of DSP0274; then the handler. */
static camseal_status dispatch(camseal_spdm_responder *r, spdm_request *q)
{
    if (q->message.len < SPDM_HEADER_BYTES)
        return camseal_spdm_refuse(q, CAMSEAL_E_TRUNCATED, "shorter than a header");
    camseal_reader reader = camseal_reader_of(q->message);
    q->header = camseal_spdm_read_header(&reader);
    uint8_t version =
        r->shape.version ? r->shape.version : camseal_spdm_version_max(r->config.policy);
    q->op = camseal_spdm_op_of(q->header.code, version);
    q->handle = q->op == SPDM_OPS ? NULL : camseal_spdm_find_handler(r, q->op);
    if (!q->handle)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNSUPPORTED, "unknown request code");
    if (!version_fits(r, q))
        return camseal_spdm_refuse(q, CAMSEAL_E_VERSION, "not the version of this connection");
    CAMSEAL_TRY(check_mood(r, q));
    CAMSEAL_TRY(check_work(r, q));
    CAMSEAL_TRY(check_row(r, q));
    return q->op == SPDM_OP_RESPOND_IF_READY ? q->handle(r, q)
                                             : camseal_spdm_handle(r, q, q->handle);
}

/* What goes over the link at a time. */
static camseal_status check_length(const camseal_spdm_responder *r, spdm_request *q)
{
    if (q->message.len <= (size_t)camseal_spdm_own_transfer(r) + DOE_PADDING_MAX)
        return CAMSEAL_OK;
    return camseal_spdm_refuse_as(q, SPDM_ERR_REQUEST_TOO_LARGE, CAMSEAL_E_SPACE,
                                  "the request is longer than our DataTransferSize");
}

/* Begins a request, with room for its response in `w`. */
static void begin_request(const camseal_spdm_responder *r, const camseal_step *step,
                          spdm_session *session, spdm_request *q, camseal_writer *w)
{
    *w = camseal_spdm_response_writer(r, step, session);
    memset(q, 0, sizeof *q);
    q->op = SPDM_OPS;
    q->session = session;
    q->w = w;
    q->now_us = step->now_us;
}

static camseal_status receive(camseal_spdm_responder *r, camseal_step *step, camseal_span message,
                              spdm_session *session)
{
    camseal_writer w;
    spdm_request q;
    begin_request(r, step, session, &q, &w);
    q.message = message;
    camseal_trace_message(r->config.trace, "spdm", false, message);
    camseal_status status = check_length(r, &q);
    if (status == CAMSEAL_OK)
        status = dispatch(r, &q);
    if (!r->large || !r->large->complete)
        return camseal_spdm_answer(r, step, &q, status);

    r->large->complete = false; /* the request that the chunks make up */
    w = camseal_spdm_response_writer(r, step, session);
    q.message = camseal_span_of(r->large->in.data, r->large->in.total);
    camseal_trace_message(r->config.trace, "spdm", false, q.message);
    return camseal_spdm_answer(r, step, &q, dispatch(r, &q));
}

/* A record that does not open ends its session; the peer hears DecryptError under the response key
 * (DSP0277). */
static camseal_status refuse_record(camseal_spdm_responder *r, camseal_step *step,
                                    spdm_session *session, camseal_status status)
{
    camseal_writer w;
    spdm_request q;
    begin_request(r, step, session, &q, &w);
    if (status == CAMSEAL_E_UNSUPPORTED) {
        q.detail = CAMSEAL_TEXT("a genuine record holds no SPDM message");
        return camseal_spdm_answer(r, step, &q, CAMSEAL_E_FORMAT);
    }
    q.after = SPDM_AFTER_CLOSE;
    q.error = SPDM_ERR_DECRYPT;
    q.detail = CAMSEAL_TEXT("a record does not open: session closed");
    return camseal_spdm_answer(r, step, &q, status);
}

/* What was said in a session may itself be a key. What is pending stays. */
static void forget_plain(camseal_spdm_responder *r, size_t end)
{
    const spdm_pending *p = &r->pending;
    size_t from = p->op == SPDM_OPS ? 0 : p->len;
    if (p->is_signature)
        from += r->shape.signature;
    if (from < end)
        camseal_spdm_wipe_buffer(r, from, end);
}

static camseal_status receive_secured(camseal_spdm_responder *r, camseal_step *step)
{
    uint32_t id = 0;
    camseal_span message;
    camseal_status status = camseal_spdm_record_session(step->in, &id);
    spdm_session *session = status == CAMSEAL_OK ? find_session(r, id) : NULL;
    if (!session) {
        camseal_trace_event(r->config.trace, CAMSEAL_E_NOT_FOUND, "spdm", "record",
                            "dropped: no such session", id, 0);
        return CAMSEAL_OK;
    }
    if (step->in.len > camseal_spdm_plain_room(r).len) /* what is deferred must make room */
        camseal_spdm_drop_pending(r);
    spdm_record rec = camseal_spdm_record_of(r, session);
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    camseal_mspan room = camseal_spdm_plain_room(r);
    status =
        camseal_spdm_session_open(&rec, &k, session, SPDM_ROLE_REQUESTER, step->in, room, &message);
    if (status != CAMSEAL_OK) {
        status = refuse_record(r, step, session, status);
    } else {
        if (session->state == SPDM_SESSION_ESTABLISHED)
            session->last_us = step->now_us;
        status = receive(r, step, message, session);
    }
    forget_plain(
        r, (size_t)(room.data - r->buffer) + (step->in.len < room.len ? step->in.len : room.len));
    return status;
}

/* Asks the signer or the application again. */
static camseal_status resume(camseal_spdm_responder *r, camseal_step *step)
{
    spdm_pending *p = &r->pending;
    spdm_session *session = p->session == SPDM_NO_SESSION ? NULL : &r->sessions[p->session];
    camseal_writer w;
    spdm_request q;
    begin_request(r, step, session, &q, &w);
    q.message = camseal_span_of(r->buffer, p->len);
    q.op = (enum spdm_op)p->op;
    q.handle = camseal_spdm_find_handler(r, q.op);
    q.target = p->target == SPDM_NO_SESSION ? NULL : &r->sessions[p->target];
    q.header.version = r->shape.version;
    q.header.code = camseal_spdm_row(q.op)->request;
    camseal_status status = camseal_spdm_answer(r, step, &q, camseal_spdm_handle(r, &q, p->resume));
    if (session && p->op == SPDM_OPS)
        camseal_spdm_wipe_buffer(r, 0, q.message.len);
    return status;
}

/* While an answer is pending only GET_VERSION is heard: it starts over. */
static bool starts_over(const camseal_step *step)
{
    return !step->in_secured && step->in.len >= SPDM_HEADER_BYTES &&
           step->in.data[0] == SPDM_VERSION_10 && step->in.data[1] == SPDM_GET_VERSION;
}

static camseal_status step_once(camseal_spdm_responder *r, camseal_step *step)
{
    if (r->pending.op != SPDM_OPS && !camseal_spdm_is_deferred(r) && !starts_over(step))
        return resume(r, step);
    camseal_spdm_tend_deferred(r);
    (void)expire_sessions(r, step->now_us);
    if (step->in.len == 0 || (CAMSEAL_SPDM_RETRIES && camseal_spdm_repeats(r, step)))
        return CAMSEAL_OK;
    return step->in_secured ? receive_secured(r, step) : receive(r, step, step->in, NULL);
}

static uint64_t next_wake(camseal_spdm_responder *r, uint64_t now_us)
{
    uint64_t wake = expire_sessions(r, now_us);
    bool works = camseal_spdm_is_deferred(r) && r->pending.is_signature && !r->pending.is_signed;
    return works && now_us + SPDM_POLL_US < wake ? now_us + SPDM_POLL_US : wake;
}

camseal_status camseal_spdm_responder_step(camseal_spdm_responder *r, camseal_step *step)
{
    step->next = CAMSEAL_NEXT_RECV;
    step->wake_us = UINT64_MAX;
    step->out.len = 0;
    step->out_secured = false;
    if (!step->out.data || step->out.capacity < OUT_MIN)
        return CAMSEAL_E_ARGUMENT;
    camseal_status status = step_once(r, step);
    if (status == CAMSEAL_E_LIMIT) { /* a key is used up and its session gone: nothing to say */
        step->next = CAMSEAL_NEXT_RECV;
    } else if (status < 0) {
        r->kept.len = 0; /* no retry hears an answer that was not sent */
        return status;
    }
    if (step->next != CAMSEAL_NEXT_WAIT)
        step->wake_us = next_wake(r, step->now_us);
    return CAMSEAL_OK;
}
