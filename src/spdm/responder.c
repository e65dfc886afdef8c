/* SPDM responder: takes one message, finds its row, lets the handler answer, seals the answer.
 * Knows the order of checks (DSP0274 ERROR) and the life of sessions; the messages are the
 * handlers' business. */
#include "responder.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/error.h"
#include "responder_chunk.h"

enum {
    POLL_US = 1000, /* how soon to ask a slow signer or application again */
    DOE_PADDING_MAX = 3,
    RDTM = 4, /* a deferred answer is kept for so many times the announced wait */
    OUT_MIN = SPDM_RECORD_OVERHEAD_MAX + SPDM_ERROR_BYTES_MAX
};

static const spdm_handler core[SPDM_OPS] = {
    [SPDM_OP_VERSION] = camseal_spdm_rsp_version,
    [SPDM_OP_CAPABILITIES] = camseal_spdm_rsp_capabilities,
    [SPDM_OP_ALGORITHMS] = camseal_spdm_rsp_algorithms,
    [SPDM_OP_DIGESTS] = camseal_spdm_rsp_digests,
    [SPDM_OP_CERTIFICATE] = camseal_spdm_rsp_certificate,
    [SPDM_OP_CHALLENGE] = camseal_spdm_rsp_challenge,
    [SPDM_OP_KEY_EXCHANGE] = camseal_spdm_rsp_key_exchange,
    [SPDM_OP_FINISH] = camseal_spdm_rsp_finish,
    [SPDM_OP_VENDOR] = camseal_spdm_rsp_vendor,
    [SPDM_OP_HEARTBEAT] = camseal_spdm_rsp_heartbeat,
    [SPDM_OP_KEY_UPDATE] = camseal_spdm_rsp_key_update,
    [SPDM_OP_END_SESSION] = camseal_spdm_rsp_end_session,
    [SPDM_OP_RESPOND_IF_READY] = camseal_spdm_rsp_respond_if_ready,
};

/* A feature's handler comes before ours. */
static spdm_handler find_handler(const camseal_spdm_responder *r, enum spdm_op op)
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

/* Closes silent sessions; returns when to look again. */
static uint64_t expire_sessions(camseal_spdm_responder *r, uint64_t now_us)
{
    uint64_t wake = UINT64_MAX;
    for (size_t i = 0; i < r->config.max_sessions; i++) {
        uint64_t due = camseal_spdm_session_deadline(&r->sessions[i]);
        if (due <= now_us) {
            camseal_trace_event(r->config.trace, CAMSEAL_E_TIMEOUT, "spdm", "HEARTBEAT",
                                "session closed: no message for two heartbeat periods",
                                r->sessions[i].heartbeat_s, r->sessions[i].id);
            camseal_spdm_close_session(r, &r->sessions[i]);
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

/* ---- what handlers share -------------------------------------------------------------------- */

camseal_status camseal_spdm_refuse(spdm_request *q, camseal_status status, const char *detail)
{
    q->detail = detail;
    return status;
}

camseal_status camseal_spdm_refuse_as(spdm_request *q, uint8_t error, camseal_status status,
                                      const char *detail)
{
    q->error = error;
    return camseal_spdm_refuse(q, status, detail);
}

camseal_status camseal_spdm_fits(spdm_request *q, size_t n)
{
    if (n <= q->w->capacity)
        return CAMSEAL_OK;
    q->needed = (uint32_t)n;
    return camseal_spdm_refuse_as(q, SPDM_ERR_RESPONSE_TOO_LARGE, CAMSEAL_E_SPACE,
                                  "the response is longer than the peer can take");
}

static camseal_span response_of(const spdm_request *q)
{
    return camseal_span_of(q->w->start, q->w->len);
}

camseal_status camseal_spdm_record_vca(camseal_spdm_responder *r, const spdm_request *q)
{
    CAMSEAL_TRY(camseal_writer_end(q->w));
    CAMSEAL_TRY(camseal_spdm_transcript_vca(&r->transcript, q->message));
    return camseal_spdm_transcript_vca(&r->transcript, response_of(q));
}

camseal_status camseal_spdm_record_b(camseal_spdm_responder *r, const spdm_request *q)
{
    CAMSEAL_TRY(camseal_writer_end(q->w));
    if (q->session)
        return CAMSEAL_OK;
    CAMSEAL_TRY(camseal_spdm_transcript_m1(&r->transcript, q->message));
    return camseal_spdm_transcript_m1(&r->transcript, response_of(q));
}

camseal_status camseal_spdm_summary(camseal_spdm_responder *r, spdm_request *q, uint8_t type,
                                    uint8_t *digest)
{
    for (size_t i = 0; i < r->config.n_features; i++)
        if (r->config.features[i]->summary)
            return r->config.features[i]->summary(r, q, type, digest);
    return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "measurement summary without measurements");
}

static bool is_chunk(enum spdm_op op)
{
    return op == SPDM_OP_CHUNK_SEND || op == SPDM_OP_CHUNK_GET;
}

/* ---- answers that take their time ----------------------------------------------------------- */

static void begin_pending(camseal_spdm_responder *r, const spdm_request *q, size_t len,
                          spdm_handler resume)
{
    spdm_pending *p = &r->pending;
    p->op = (uint8_t)q->op;
    p->session = camseal_spdm_session_index(r, q->session);
    p->target = camseal_spdm_session_index(r, q->target);
    p->len = len;
    p->resume = resume;
}

/* A secured request is already in the message buffer, further in. */
camseal_status camseal_spdm_keep_request(camseal_spdm_responder *r, const spdm_request *q)
{
    if (q->message.len > r->buffer_bytes)
        return CAMSEAL_E_SPACE;
    memmove(r->buffer, q->message.data, q->message.len);
    begin_pending(r, q, q->message.len, q->handle);
    return CAMSEAL_PENDING;
}

void camseal_spdm_begin_signature(camseal_spdm_responder *r, const spdm_request *q, size_t len,
                                  spdm_purpose purpose, const uint8_t *digest, spdm_handler resume)
{
    spdm_pending *p = &r->pending;
    memset(&p->job, 0, sizeof p->job);
    begin_pending(r, q, len, resume);
    p->is_signature = true;
    p->is_signed = false;
    p->job.hash = r->algorithms.hash->id;
    p->job.key = r->identity->key;
    p->job.message =
        camseal_spdm_signed_message(p->signed_message, r->shape.version, purpose,
                                    camseal_span_of(digest, r->algorithms.hash->digest_bytes));
    p->job.context = camseal_spdm_purpose_text(purpose);
    p->job.signature = r->buffer + len;
}

/* The signature may have come while the peer waited. */
static camseal_status poll_signer(camseal_spdm_responder *r)
{
    spdm_pending *p = &r->pending;
    if (p->is_signed)
        return CAMSEAL_OK;
    camseal_status status = r->algorithms.sign->sign(r->config.crypto->user, &p->job);
    p->is_signed = status == CAMSEAL_OK;
    return status;
}

camseal_status camseal_spdm_sign(camseal_spdm_responder *r, spdm_request *q)
{
    camseal_status status = poll_signer(r);
    if (status == CAMSEAL_PENDING)
        return status;
    r->pending.is_signature = false;
    if (status != CAMSEAL_OK)
        return camseal_spdm_refuse_as(q, SPDM_ERR_UNSPECIFIED, status, "the signer failed");
    r->pending.len += r->shape.signature;
    return CAMSEAL_OK;
}

static camseal_status finish_response(camseal_spdm_responder *r, spdm_request *q)
{
    CAMSEAL_TRY(camseal_spdm_sign(r, q));
    *q->w = camseal_writer_of(q->w->start, q->w->capacity);
    camseal_write_bytes(q->w, r->buffer, r->pending.len);
    return camseal_writer_end(q->w);
}

camseal_status camseal_spdm_sign_response(camseal_spdm_responder *r, spdm_request *q,
                                          spdm_purpose purpose, const uint8_t *digest)
{
    size_t len = q->w->len;
    CAMSEAL_TRY(camseal_writer_end(q->w));
    CAMSEAL_TRY(camseal_spdm_fits(q, len + r->shape.signature));
    if (len + r->shape.signature > r->buffer_bytes)
        return CAMSEAL_E_SPACE;
    memcpy(r->buffer, q->w->start, len);
    camseal_spdm_begin_signature(r, q, len, purpose, digest, finish_response);
    return finish_response(r, q);
}

/* Lets a handler answer; unless PENDING nothing is pending then. */
static camseal_status finish(camseal_spdm_responder *r, spdm_request *q, spdm_handler handler)
{
    spdm_pending *p = &r->pending;
    size_t padding = 0;
    camseal_status status = handler(r, q);
    /* A request reads to its end before it changes anything: what is left may be padding. */
    while (status == CAMSEAL_E_TRAILING && !q->session &&
           camseal_spdm_unpad(r->config.binding, &q->message, &padding))
        status = handler(r, q);
    if (status == CAMSEAL_PENDING)
        return status;
    p->target = SPDM_NO_SESSION;
    camseal_spdm_drop_pending(r);
    return status;
}

/* RESPOND_IF_READY: the deferred request goes on as if it had come now. */
camseal_status camseal_spdm_rsp_respond_if_ready(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_pending *p = &r->pending;
    if (q->message.len > SPDM_HEADER_BYTES)
        return CAMSEAL_E_TRAILING;
    if (!p->deferred || p->session != camseal_spdm_session_index(r, q->session))
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "no answer was deferred here");
    uint8_t code = camseal_spdm_row((enum spdm_op)p->op)->request;
    if (q->header.param1 != code || q->header.param2 != p->token)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "not what was deferred");
    q->op = (enum spdm_op)p->op;
    q->handle = find_handler(r, q->op);
    q->header.code = code;
    q->message = camseal_span_of(r->buffer, p->len);
    if (p->target != SPDM_NO_SESSION)
        q->target = &r->sessions[p->target];
    return finish(r, q, p->resume);
}

/* ---- answering ------------------------------------------------------------------------------ */

/* The version of ERROR: 1.0 until one is negotiated. */
static uint8_t error_version(const camseal_spdm_responder *r, const spdm_request *q)
{
    bool renegotiates = q->op == SPDM_OP_VERSION;
    return r->shape.version && !renegotiates ? r->shape.version : (uint8_t)SPDM_VERSION_10;
}

static void write_error(const camseal_spdm_responder *r, spdm_request *q, camseal_status status)
{
    uint8_t extended[4];
    spdm_error e = {q->error, q->error_data, {NULL, 0}};
    if (e.code == 0)
        e.code = camseal_status_spdm_error(status);
    if (e.code == SPDM_ERR_UNSUPPORTED)
        e.data = q->header.code;
    if (e.code == SPDM_ERR_RESPONSE_TOO_LARGE) {
        for (unsigned i = 0; i < 4; i++)
            extended[i] = (uint8_t)(q->needed >> 8 * i);
        e.extended = camseal_span_of(extended, sizeof extended);
    }
    if (!q->detail)
        q->detail = camseal_spdm_error_name(e.code);
    q->error = e.code;
    *q->w = camseal_writer_of(q->w->start, q->w->capacity);
    camseal_spdm_write_error(q->w, error_version(r, q), &e);
}

static void trace_answer(const camseal_spdm_responder *r, const spdm_request *q,
                         camseal_status status)
{
    uint32_t id = q->session ? q->session->id : 0;
    const char *what = q->header.code ? camseal_spdm_code_name(q->header.code) : "message";
    camseal_trace_event(r->config.trace, status, "spdm", what, q->detail, q->error, id);
    camseal_trace_message(r->config.trace, "spdm", true, response_of(q));
}

camseal_status camseal_spdm_establish_session(camseal_spdm_responder *r, spdm_session *s)
{
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    camseal_status status =
        camseal_spdm_session_establish(&k, &r->transcript, s, camseal_spdm_responder_key_log(r));
    if (status != CAMSEAL_OK) {
        camseal_spdm_close_session(r, s);
        return status;
    }
    if (r->clear_session == camseal_spdm_session_index(r, s))
        r->clear_session = SPDM_NO_SESSION;
    if (r->config.session)
        r->config.session(r->config.user, camseal_spdm_session_index(r, s), s->id, true);
    return CAMSEAL_OK;
}

/* Keys change and sessions end only when the answer is sealed under the old keys. */
static camseal_status after_answer(camseal_spdm_responder *r, const spdm_request *q)
{
    spdm_session *s = q->target ? q->target : q->session;
    if (q->after == SPDM_AFTER_CLOSE)
        camseal_spdm_close_session(r, s);
    if (q->after == SPDM_AFTER_RESET)
        camseal_spdm_reset_connection(r);
    return q->after == SPDM_AFTER_ESTABLISH ? camseal_spdm_establish_session(r, s) : CAMSEAL_OK;
}

static spdm_record record_of(const camseal_spdm_responder *r, const spdm_session *s)
{
    spdm_record rec = {r->config.crypto, r->algorithms.aead, r->config.binding, s->id,
                       s->aead_limit};
    return rec;
}

static camseal_status seal_answer(camseal_spdm_responder *r, camseal_step *step,
                                  const spdm_request *q)
{
    step->out.len = q->w->len;
    if (!q->session)
        return CAMSEAL_OK;
    spdm_record rec = record_of(r, q->session);
    spdm_keys *keys = camseal_spdm_session_send_keys(q->session, SPDM_ROLE_RESPONDER);
    step->out_secured = true;
    camseal_status status = camseal_spdm_record_seal(&rec, keys, &step->out, q->w->len);
    if (status == CAMSEAL_OK)
        return status;
    camseal_trace_event(r->config.trace, status, "spdm", "record", "session closed: no record", 0,
                        q->session->id);
    camseal_spdm_close_session(r, q->session);
    camseal_wipe(step->out.data, step->out.capacity);
    step->out.len = 0;
    step->out_secured = false;
    return status;
}

/* Of which the peer can take so much at a time; behind what a record puts in front. */
static camseal_mspan wire_room(const camseal_spdm_responder *r, const camseal_step *step,
                               const spdm_session *session)
{
    size_t lead = session ? camseal_spdm_record_lead(r->config.binding) : 0;
    size_t room = step->out.capacity - (session ? (size_t)SPDM_RECORD_OVERHEAD_MAX : 0);
    size_t limit = camseal_spdm_own_transfer(r);
    if (limit > r->peer_limit)
        limit = r->peer_limit;
    return camseal_mspan_of(step->out.data + lead, room < limit ? room : limit);
}

/* Room for the response: where it is sent from, or, when it may be a large one, where it is kept.
 */
static camseal_writer response_writer(const camseal_spdm_responder *r, const camseal_step *step,
                                      const spdm_session *session)
{
    if (r->large && (r->flags & r->peer_flags & SPDM_CAP_CHUNK) && !camseal_spdm_transfer_active(r))
        return camseal_writer_of(r->large->response, r->peer_message < r->config.max_message
                                                         ? r->peer_message
                                                         : r->config.max_message);
    camseal_mspan room = wire_room(r, step, session);
    return camseal_writer_of(room.data, room.len);
}

/* The response is where it is sent from, in chunks if need be. */
static void place_answer(camseal_spdm_responder *r, const camseal_step *step, spdm_request *q)
{
    struct spdm_large *l = r->large;
    if (l && (l->ack || q->w->start == l->response))
        l->place(r, q, wire_room(r, step, q->session));
}

/* Too late for the peer to just wait: ResponseNotReady. */
static bool defers(const camseal_spdm_responder *r, uint64_t now_us)
{
    const spdm_pending *p = &r->pending;
    if (r->config.defer_exponent == 0)
        return false;
    return p->deferred || now_us - p->since_us >= UINT64_C(1) << r->config.defer_exponent;
}

static void write_not_ready(camseal_spdm_responder *r, const spdm_request *q)
{
    spdm_pending *p = &r->pending;
    const spdm_not_ready n = {r->config.defer_exponent,
                              camseal_spdm_row((enum spdm_op)p->op)->request, ++p->token, RDTM};
    p->deferred = true;
    p->expires_us = q->now_us + ((uint64_t)RDTM << r->config.defer_exponent);
    *q->w = camseal_writer_of(q->w->start, q->w->capacity);
    camseal_spdm_write_not_ready(q->w, r->shape.version, &n);
}

/* The handler wants to be asked again; it has kept what it needs. */
static camseal_status wait_for_answer(camseal_spdm_responder *r, camseal_step *step,
                                      spdm_request *q)
{
    spdm_pending *p = &r->pending;
    if (p->op == SPDM_OPS)
        return CAMSEAL_E_BUG;
    if (!p->waits)
        p->since_us = step->now_us;
    p->waits = true;
    if (!defers(r, step->now_us)) {
        step->next = CAMSEAL_NEXT_WAIT;
        step->wake_us = step->now_us + POLL_US;
        return CAMSEAL_OK;
    }
    write_not_ready(r, q);
    q->error = SPDM_ERR_NOT_READY;
    place_answer(r, step, q);
    trace_answer(r, q, CAMSEAL_PENDING);
    step->next = CAMSEAL_NEXT_SEND;
    return seal_answer(r, step, q);
}

/* An error ends the series of measurements of its context. */
static void drop_l1(camseal_spdm_responder *r, spdm_session *s)
{
    if (!s || s->state == SPDM_SESSION_ESTABLISHED)
        camseal_spdm_run_drop(&r->transcript, camseal_spdm_l1(&r->transcript, s));
}

static camseal_status answer(camseal_spdm_responder *r, camseal_step *step, spdm_request *q,
                             camseal_status status)
{
    if (status == CAMSEAL_PENDING)
        return wait_for_answer(r, step, q);
    if (status == CAMSEAL_OK)
        status = camseal_writer_end(q->w);
    if (status != CAMSEAL_OK) {
        write_error(r, q, status);
        drop_l1(r, q->session);
    }
    place_answer(r, step, q);
    trace_answer(r, q, status);
    CAMSEAL_TRY(seal_answer(r, step, q));
    CAMSEAL_TRY(after_answer(r, q));
    if (status == CAMSEAL_OK && q->op > SPDM_OP_ALGORITHMS && !is_chunk(q->op))
        r->first = false;
    if (status == CAMSEAL_OK && q->op == SPDM_OP_CHALLENGE)
        r->connection = SPDM_AUTHENTICATED;
    step->next = CAMSEAL_NEXT_SEND;
    return CAMSEAL_OK;
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
static camseal_status check_work(const camseal_spdm_responder *r, spdm_request *q)
{
    if (q->op == SPDM_OP_VERSION)
        return CAMSEAL_OK;
    if (camseal_spdm_transfer_active(r) && !is_chunk(q->op))
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "a large message is under way");
    if (r->pending.deferred && q->op != SPDM_OP_RESPOND_IF_READY)
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
        drop_l1(r, q->session);
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
    q->handle = q->op == SPDM_OPS ? NULL : find_handler(r, q->op);
    if (!q->handle)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNSUPPORTED, "unknown request code");
    if (!version_fits(r, q))
        return camseal_spdm_refuse(q, CAMSEAL_E_VERSION, "not the version of this connection");
    CAMSEAL_TRY(check_mood(r, q));
    CAMSEAL_TRY(check_work(r, q));
    CAMSEAL_TRY(check_row(r, q));
    return q->op == SPDM_OP_RESPOND_IF_READY ? q->handle(r, q) : finish(r, q, q->handle);
}

/* What goes over the link at a time. */
static camseal_status check_length(const camseal_spdm_responder *r, spdm_request *q)
{
    if (q->message.len <= (size_t)camseal_spdm_own_transfer(r) + DOE_PADDING_MAX)
        return CAMSEAL_OK;
    return camseal_spdm_refuse_as(q, SPDM_ERR_REQUEST_TOO_LARGE, CAMSEAL_E_SPACE,
                                  "the request is longer than our DataTransferSize");
}

static camseal_status receive(camseal_spdm_responder *r, camseal_step *step, camseal_span message,
                              spdm_session *session)
{
    camseal_writer w = response_writer(r, step, session);
    spdm_request q = {
        .message = message, .op = SPDM_OPS, .session = session, .w = &w, .now_us = step->now_us};
    camseal_trace_message(r->config.trace, "spdm", false, message);
    camseal_status status = check_length(r, &q);
    if (status == CAMSEAL_OK)
        status = dispatch(r, &q);
    if (!r->large || !r->large->complete)
        return answer(r, step, &q, status);

    r->large->complete = false; /* the request that the chunks make up */
    w = response_writer(r, step, session);
    q.message = camseal_span_of(r->large->in.data, r->large->in.total);
    camseal_trace_message(r->config.trace, "spdm", false, q.message);
    return answer(r, step, &q, dispatch(r, &q));
}

/* A record that does not open ends its session; the peer hears DecryptError under the response key
 * (DSP0277). */
static camseal_status refuse_record(camseal_spdm_responder *r, camseal_step *step,
                                    spdm_session *session, camseal_status status)
{
    camseal_writer w = response_writer(r, step, session);
    spdm_request q = {.op = SPDM_OPS, .session = session, .w = &w, .now_us = step->now_us};
    if (status == CAMSEAL_E_UNSUPPORTED) {
        q.detail = "a genuine record holds no SPDM message";
        return answer(r, step, &q, CAMSEAL_E_FORMAT);
    }
    q.after = SPDM_AFTER_CLOSE;
    q.error = SPDM_ERR_DECRYPT;
    q.detail = "a record does not open: session closed";
    return answer(r, step, &q, status);
}

/* Where a record is opened: behind what is kept for a deferred answer. */
static camseal_mspan plain_room(camseal_spdm_responder *r)
{
    size_t used = 0;
    if (r->pending.op != SPDM_OPS) {
        used = r->pending.len;
        if (r->pending.is_signature)
            used += r->shape.signature;
        used += r->shape.hash; /* ResponderVerifyData */
    }
    if (used > r->buffer_bytes)
        used = r->buffer_bytes;
    return camseal_mspan_of(r->buffer + used, r->buffer_bytes - used);
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
    if (step->in.len > plain_room(r).len) /* what is deferred must make room */
        camseal_spdm_drop_pending(r);
    spdm_record rec = record_of(r, session);
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    camseal_mspan room = plain_room(r);
    status =
        camseal_spdm_session_open(&rec, &k, session, SPDM_ROLE_REQUESTER, step->in, room, &message);
    if (status != CAMSEAL_OK)
        return refuse_record(r, step, session, status);
    session->last_us = step->now_us;
    status = receive(r, step, message, session);
    if (r->pending.op == SPDM_OPS) /* what was said in a session may itself be a key */
        camseal_wipe(room.data, step->in.len < room.len ? step->in.len : room.len);
    return status;
}

/* Asks the signer or the application again. */
static camseal_status resume(camseal_spdm_responder *r, camseal_step *step)
{
    spdm_pending *p = &r->pending;
    spdm_session *session = p->session == SPDM_NO_SESSION ? NULL : &r->sessions[p->session];
    camseal_writer w = response_writer(r, step, session);
    spdm_request q = {.message = camseal_span_of(r->buffer, p->len),
                      .op = (enum spdm_op)p->op,
                      .session = session,
                      .w = &w,
                      .now_us = step->now_us};
    q.handle = find_handler(r, q.op);
    q.target = p->target == SPDM_NO_SESSION ? NULL : &r->sessions[p->target];
    q.header.version = r->shape.version;
    q.header.code = camseal_spdm_row(q.op)->request;
    camseal_status status = answer(r, step, &q, finish(r, &q, p->resume));
    if (session && p->op == SPDM_OPS)
        camseal_wipe(r->buffer, q.message.len);
    return status;
}

/* While an answer is pending only GET_VERSION is heard: it starts over. */
static bool starts_over(const camseal_step *step)
{
    return !step->in_secured && step->in.len >= SPDM_HEADER_BYTES &&
           step->in.data[0] == SPDM_VERSION_10 && step->in.data[1] == SPDM_GET_VERSION;
}

/* The peer was told to come back: meanwhile the signer works on, until nobody wants the answer. */
static void tend_deferred(camseal_spdm_responder *r, uint64_t now_us)
{
    spdm_pending *p = &r->pending;
    if (!p->deferred)
        return;
    if (p->is_signature)
        (void)poll_signer(r); /* a failure comes again when the answer is fetched */
    if (now_us >= p->expires_us)
        camseal_spdm_drop_pending(r);
}

static camseal_status step_once(camseal_spdm_responder *r, camseal_step *step)
{
    if (r->pending.op != SPDM_OPS && !r->pending.deferred && !starts_over(step))
        return resume(r, step);
    tend_deferred(r, step->now_us);
    (void)expire_sessions(r, step->now_us);
    if (step->in.len == 0)
        return CAMSEAL_OK;
    return step->in_secured ? receive_secured(r, step) : receive(r, step, step->in, NULL);
}

static uint64_t next_wake(camseal_spdm_responder *r, uint64_t now_us)
{
    uint64_t wake = expire_sessions(r, now_us);
    if (r->pending.deferred && r->pending.expires_us < wake)
        wake = r->pending.expires_us;
    bool works = r->pending.deferred && r->pending.is_signature && !r->pending.is_signed;
    return works && now_us + POLL_US < wake ? now_us + POLL_US : wake;
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
    if (status == CAMSEAL_E_LIMIT) /* a key is used up and its session gone: nothing to say */
        step->next = CAMSEAL_NEXT_RECV;
    else if (status < 0)
        return status;
    if (step->next != CAMSEAL_NEXT_WAIT)
        step->wake_us = next_wake(r, step->now_us);
    return CAMSEAL_OK;
}
