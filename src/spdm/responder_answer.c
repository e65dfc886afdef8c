/* SPDM responder: from a handler's result to the bytes on the link. ERROR, room, sealing, and what
 * happens to keys, sessions and transcripts once an answer is out. */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/error.h"
#include "msg/measurements.h"
#include "repeat.h"
#include "responder_chunk.h"
#include "responder_drive.h"

/* ---- what handlers share -------------------------------------------------------------------- */

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

/* ---- sealing -------------------------------------------------------------------------------- */

/* The version of ERROR: 1.0 until one is negotiated; in a session there always is one. */
static uint8_t error_version(const camseal_spdm_responder *r, const spdm_request *q)
{
    bool renegotiates = q->op == SPDM_OP_VERSION && !q->session;
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
    if (e.code == SPDM_ERR_RESPONSE_TOO_LARGE || e.code == SPDM_ERR_DATA_TOO_LARGE) {
        for (unsigned i = 0; i < 4; i++)
            extended[i] = (uint8_t)(q->needed >> 8 * i);
        e.extended = camseal_span_of(extended, sizeof extended);
    }
    if (CAMSEAL_TEXTS && !q->detail)
        q->detail = camseal_spdm_error_name(e.code);
    q->error = e.code;
    camseal_writer_rewind(q->w);
    camseal_spdm_write_error(q->w, error_version(r, q), &e);
}

static void trace_answer(const camseal_spdm_responder *r, const spdm_request *q,
                         camseal_status status)
{
    uint32_t id = q->session ? q->session->id : 0;
    const char *what =
        q->header.code ? CAMSEAL_TEXT(camseal_spdm_code_name(q->header.code)) : "message";
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
    if (q->after != SPDM_AFTER_ESTABLISH)
        return CAMSEAL_OK;
    s->last_us = q->now_us;
    return camseal_spdm_establish_session(r, s);
}

spdm_record camseal_spdm_record_of(const camseal_spdm_responder *r, const spdm_session *s)
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
    spdm_record rec = camseal_spdm_record_of(r, q->session);
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

/* ---- room ----------------------------------------------------------------------------------- */

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
camseal_writer camseal_spdm_response_writer(const camseal_spdm_responder *r,
                                            const camseal_step *step, const spdm_session *session)
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

/* ---- retries -------------------------------------------------------------------------------- */

/* The same bytes again can only be a retry: a record's counter moved on, a nonce is a new one. */
static bool comes_once(const camseal_step *step)
{
    if (step->in_secured)
        return true;
    if (step->in.len < SPDM_HEADER_BYTES)
        return false;
    enum spdm_op op = camseal_spdm_op_of(step->in.data[1], SPDM_VERSION_14);
    if (op == SPDM_OP_MEASUREMENTS)
        return step->in.data[2] & SPDM_MEASURE_SIGNED;
    return op != SPDM_OPS && (camseal_spdm_row(op)->notes & SPDM_ROW_ONCE);
}

/* ERROR outside a session is for this moment; a record that did not open deserves nothing. */
static bool is_kept(const spdm_kept *k, const spdm_request *q, camseal_status status)
{
    if (q->session)
        return q->header.code != 0;
    return status == CAMSEAL_PENDING || (status == CAMSEAL_OK && k->once);
}

static void keep_answer(camseal_spdm_responder *r, const camseal_step *step, const spdm_request *q,
                        camseal_status status)
{
    spdm_kept *k = &r->kept;
    if (!is_kept(k, q, status) || step->out.len > camseal_spdm_plain_room(r).len)
        return;
    k->len = step->out.len;
    k->secured = step->out_secured;
    memcpy(r->buffer + r->buffer_bytes - k->len, step->out.data, k->len);
}

bool camseal_spdm_repeats(camseal_spdm_responder *r, camseal_step *step)
{
    spdm_kept *k = &r->kept;
    uint64_t request = camseal_spdm_fingerprint(step->in) ^ step->in_secured;
    if (k->len && k->request == request && k->len <= step->out.capacity) {
        memcpy(step->out.data, r->buffer + r->buffer_bytes - k->len, k->len);
        step->out.len = k->len;
        step->out_secured = k->secured;
        step->next = CAMSEAL_NEXT_SEND;
        camseal_trace_event(r->config.trace, CAMSEAL_OK, "spdm", CAMSEAL_TEXT("retry"),
                            CAMSEAL_TEXT("the same answer again"), 0, 0);
        return true;
    }
    k->len = 0;
    k->request = request;
    k->once = comes_once(step);
    return false;
}

void camseal_spdm_wipe_buffer(camseal_spdm_responder *r, size_t from, size_t end)
{
    camseal_wipe(r->buffer + from, end - from);
    if (end > r->buffer_bytes - r->kept.len)
        r->kept.len = 0;
}

/* ---- the way out ---------------------------------------------------------------------------- */

camseal_status camseal_spdm_send_answer(camseal_spdm_responder *r, camseal_step *step,
                                        spdm_request *q, camseal_status status)
{
    place_answer(r, step, q);
    trace_answer(r, q, status);
    step->next = CAMSEAL_NEXT_SEND;
    CAMSEAL_TRY(seal_answer(r, step, q));
    if (CAMSEAL_SPDM_RETRIES)
        keep_answer(r, step, q, status);
    return CAMSEAL_OK;
}

bool camseal_spdm_is_chunk(enum spdm_op op)
{
    return op == SPDM_OP_CHUNK_SEND || op == SPDM_OP_CHUNK_GET;
}

/* An error ends the series of measurements of its context. */
void camseal_spdm_drop_l1(camseal_spdm_responder *r, spdm_session *s)
{
    if (!s || s->state == SPDM_SESSION_ESTABLISHED)
        camseal_spdm_run_drop(&r->transcript, camseal_spdm_l1(&r->transcript, s));
}

camseal_status camseal_spdm_answer(camseal_spdm_responder *r, camseal_step *step, spdm_request *q,
                                   camseal_status status)
{
    if (status == CAMSEAL_PENDING)
        return camseal_spdm_wait_for_answer(r, step, q);
    if (status == CAMSEAL_OK)
        status = camseal_writer_end(q->w);
    if (status != CAMSEAL_OK) {
        write_error(r, q, status);
        camseal_spdm_drop_l1(r, q->session);
    }
    CAMSEAL_TRY(camseal_spdm_send_answer(r, step, q, status));
    CAMSEAL_TRY(after_answer(r, q));
    if (status == CAMSEAL_OK && q->op > SPDM_OP_ALGORITHMS && !camseal_spdm_is_chunk(q->op))
        r->first = false;
    if (status == CAMSEAL_OK && q->op == SPDM_OP_CHALLENGE)
        r->connection = SPDM_AUTHENTICATED;
    return CAMSEAL_OK;
}
