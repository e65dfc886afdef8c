/* SPDM responder: takes one message, finds its row, lets the handler answer, seals the answer.
 * Knows the order of checks (DSP0274 ERROR) and the life of sessions; the messages are the
 * handlers' business. */
#include "responder.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/error.h"

enum {
    MESSAGE_DEFAULT = 4096,
    MESSAGE_MIN = 512,
    MESSAGE_MAX = 60000,
    CT_EXPONENT_DEFAULT = 20,
    CT_EXPONENT_MAX = 31,
    POLL_US = 1000, /* how soon to ask a slow signer or application again */
    OUT_MIN = SPDM_RECORD_OVERHEAD_MAX + SPDM_ERROR_BYTES_MAX,
    ALIGNMENT = 8
};

static const spdm_handler handlers[SPDM_OPS] = {
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
    [SPDM_OP_END_SESSION] = camseal_spdm_rsp_end_session,
};

/* ---- configuration and memory --------------------------------------------------------------- */

static camseal_spdm_responder_config with_defaults(const camseal_spdm_responder_config *config)
{
    camseal_spdm_responder_config c = *config;
    if (c.max_message == 0)
        c.max_message = MESSAGE_DEFAULT;
    if (c.max_sessions == 0)
        c.max_sessions = 1;
    if (c.ct_exponent == 0)
        c.ct_exponent = CT_EXPONENT_DEFAULT;
    return c;
}

static size_t rounded(size_t n)
{
    return (n + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);
}

/* The message buffer also holds the padding and inner prefix of a record. */
static size_t buffer_size(const camseal_spdm_responder_config *c)
{
    return rounded((size_t)c->max_message + SPDM_RECORD_OVERHEAD_MAX);
}

static size_t size_of(const camseal_spdm_responder_config *c)
{
    return rounded(sizeof(camseal_spdm_responder)) +
           rounded(c->max_sessions * sizeof(spdm_session)) + buffer_size(c);
}

static bool config_legal(const camseal_spdm_responder_config *c)
{
    return c->struct_size == sizeof *c && c->crypto && c->binding && c->identities &&
           c->n_identities && c->max_message >= MESSAGE_MIN && c->max_message <= MESSAGE_MAX &&
           c->max_sessions <= CAMSEAL_SPDM_SESSIONS_MAX && c->ct_exponent <= CT_EXPONENT_MAX;
}

size_t camseal_spdm_responder_size(const camseal_spdm_responder_config *config)
{
    camseal_spdm_responder_config c = with_defaults(config);
    return config_legal(&c) ? size_of(&c) : 0;
}

/* Sets for which there are an identity and all algorithms. */
static uint32_t possible_sets(const camseal_spdm_responder_config *c)
{
    uint32_t sets = 0;
    for (size_t i = 0; i < SPDM_SUITES; i++) {
        const spdm_suite *suite = camseal_spdm_suite(i);
        spdm_algorithm_set found;
        if (camseal_spdm_suite_find(c->crypto, suite, &found) != CAMSEAL_OK)
            continue;
        for (size_t n = 0; n < c->n_identities; n++)
            if (c->identities[n].sign == suite->sign_id)
                sets |= suite->set;
    }
    return sets;
}

camseal_status camseal_spdm_responder_init(camseal_spdm_responder **out, void *mem, size_t mem_len,
                                           const camseal_spdm_responder_config *config)
{
    *out = NULL;
    camseal_spdm_responder_config c = with_defaults(config);
    if (!config_legal(&c))
        return CAMSEAL_E_ARGUMENT;
    uint32_t possible = possible_sets(&c);
    if (c.sets == 0)
        c.sets = possible;
    if (c.sets == 0 || (c.sets & ~possible))
        return CAMSEAL_E_ARGUMENT;
    size_t size = size_of(&c);
    if (!mem || mem_len < size || (uintptr_t)mem % ALIGNMENT)
        return CAMSEAL_E_MEMORY;

    memset(mem, 0, size);
    uint8_t *at = mem;
    camseal_spdm_responder *r = mem;
    r->config = c;
    r->size = size;
    r->flags = SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_ENCRYPT | SPDM_CAP_MAC | SPDM_CAP_KEY_EX |
               SPDM_CAP_HBEAT;
    at += rounded(sizeof *r);
    r->sessions = (spdm_session *)(void *)at;
    at += rounded(c.max_sessions * sizeof(spdm_session));
    r->buffer = at;
    r->buffer_bytes = buffer_size(&c);
    camseal_spdm_reset_connection(r);
    *out = r;
    return CAMSEAL_OK;
}

void camseal_spdm_responder_wipe(camseal_spdm_responder *r)
{
    if (!r)
        return;
    camseal_spdm_reset_connection(r);
    camseal_wipe(r, r->size);
}

/* ---- sessions ------------------------------------------------------------------------------- */

uint8_t camseal_spdm_session_index(const camseal_spdm_responder *r, const spdm_session *s)
{
    return s ? (uint8_t)(s - r->sessions) : SPDM_NO_SESSION;
}

void camseal_spdm_close_session(camseal_spdm_responder *r, spdm_session *s)
{
    bool established = s->state == SPDM_SESSION_ESTABLISHED;
    uint32_t id = s->id;
    camseal_spdm_session_wipe(&r->transcript, s);
    if (established && r->config.session)
        r->config.session(r->config.user, camseal_spdm_session_index(r, s), id, false);
}

void camseal_spdm_reset_connection(camseal_spdm_responder *r)
{
    for (size_t i = 0; i < r->config.max_sessions; i++)
        camseal_spdm_close_session(r, &r->sessions[i]);
    camseal_spdm_transcript_reset(&r->transcript, r->config.crypto);
    camseal_wipe(&r->pending, sizeof r->pending);
    camseal_wipe(r->buffer, r->buffer_bytes);
    r->pending.op = SPDM_OPS;
    memset(&r->shape, 0, sizeof r->shape);
    memset(&r->algorithms, 0, sizeof r->algorithms);
    r->identity = NULL;
    r->peer_flags = 0;
    r->peer_limit = r->config.max_message;
    r->next_session_id = UINT16_MAX;
    r->opaque_format = false;
    r->connection = SPDM_NOT_STARTED;
}

static spdm_session *find_session(camseal_spdm_responder *r, uint32_t id)
{
    for (size_t i = 0; i < r->config.max_sessions; i++)
        if (r->sessions[i].state >= SPDM_SESSION_HANDSHAKE && r->sessions[i].id == id)
            return &r->sessions[i];
    return NULL;
}

/* A session with a heartbeat dies after two silent periods (DSP0274 HEARTBEAT). */
static uint64_t deadline(const spdm_session *s)
{
    if (s->state < SPDM_SESSION_HANDSHAKE || s->heartbeat_s == 0)
        return UINT64_MAX;
    return s->last_us + UINT64_C(2000000) * s->heartbeat_s;
}

/* Closes silent sessions; returns when to look again. */
static uint64_t expire_sessions(camseal_spdm_responder *r, uint64_t now_us)
{
    uint64_t wake = UINT64_MAX;
    for (size_t i = 0; i < r->config.max_sessions; i++) {
        uint64_t due = deadline(&r->sessions[i]);
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
                                  "the response is longer than the peer's DataTransferSize");
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

void camseal_spdm_begin_signature(camseal_spdm_responder *r, const spdm_request *q, size_t len,
                                  spdm_purpose purpose, const uint8_t *digest)
{
    spdm_pending *p = &r->pending;
    memset(&p->job, 0, sizeof p->job);
    p->op = (uint8_t)q->op;
    p->len = len;
    p->job.hash = r->algorithms.hash->id;
    p->job.key = r->identity->key;
    p->job.message =
        camseal_spdm_signed_message(p->signed_message, r->shape.version, purpose,
                                    camseal_span_of(digest, r->algorithms.hash->digest_bytes));
    p->job.signature = r->buffer + len;
}

camseal_status camseal_spdm_sign(camseal_spdm_responder *r, spdm_request *q)
{
    camseal_status status = r->algorithms.sign->sign(r->config.crypto->user, &r->pending.job);
    if (status == CAMSEAL_PENDING)
        return status;
    r->pending.op = SPDM_OPS;
    if (status != CAMSEAL_OK)
        return camseal_spdm_refuse_as(q, SPDM_ERR_UNSPECIFIED, status, "the signer failed");
    r->pending.len += r->shape.signature;
    return CAMSEAL_OK;
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

/* Keys change and sessions end only when the answer is sealed under the old keys. */
static camseal_status after_answer(camseal_spdm_responder *r, const spdm_request *q)
{
    if (q->after == SPDM_AFTER_CLOSE)
        camseal_spdm_close_session(r, q->session);
    if (q->after != SPDM_AFTER_ESTABLISH)
        return CAMSEAL_OK;
    spdm_schedule k = camseal_spdm_responder_schedule(r);
    camseal_status status = camseal_spdm_session_establish(&k, &r->transcript, q->session,
                                                           camseal_spdm_responder_key_log(r));
    if (status != CAMSEAL_OK) {
        camseal_spdm_close_session(r, q->session);
        return status;
    }
    if (r->config.session)
        r->config.session(r->config.user, camseal_spdm_session_index(r, q->session), q->session->id,
                          true);
    return CAMSEAL_OK;
}

static spdm_record record_of(const camseal_spdm_responder *r, const spdm_session *s)
{
    spdm_record rec = {r->config.crypto, r->algorithms.aead, r->config.binding, s->id};
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
    if (status != CAMSEAL_OK) {
        camseal_spdm_close_session(r, q->session);
        camseal_wipe(step->out.data, step->out.capacity);
    }
    return status;
}

/* The handler wants to be asked again; it has kept what it needs. */
static camseal_status wait_for_answer(camseal_spdm_responder *r, camseal_step *step)
{
    step->next = CAMSEAL_NEXT_WAIT;
    step->wake_us = step->now_us + POLL_US;
    return r->pending.op == SPDM_OPS ? CAMSEAL_E_BUG : CAMSEAL_OK;
}

static camseal_status answer(camseal_spdm_responder *r, camseal_step *step, spdm_request *q,
                             camseal_status status)
{
    if (status == CAMSEAL_PENDING)
        return wait_for_answer(r, step);
    if (status == CAMSEAL_OK)
        status = camseal_writer_end(q->w);
    if (status != CAMSEAL_OK)
        write_error(r, q, status);
    trace_answer(r, q, status);
    CAMSEAL_TRY(seal_answer(r, step, q));
    CAMSEAL_TRY(after_answer(r, q));
    step->next = CAMSEAL_NEXT_SEND;
    return CAMSEAL_OK;
}

/* Room for the response, behind what a record puts in front of it. */
static camseal_writer response_writer(const camseal_spdm_responder *r, const camseal_step *step,
                                      const spdm_session *session)
{
    size_t lead = session ? camseal_spdm_record_lead(r->config.binding) : 0;
    size_t room = step->out.capacity - (session ? (size_t)SPDM_RECORD_OVERHEAD_MAX : 0);
    return camseal_writer_of(step->out.data + lead, room < r->peer_limit ? room : r->peer_limit);
}

/* ---- receiving ------------------------------------------------------------------------------ */

static bool version_fits(const camseal_spdm_responder *r, const spdm_request *q)
{
    if (q->op == SPDM_OP_VERSION)
        return q->header.version == SPDM_VERSION_10;
    return q->header.version == (r->shape.version ? r->shape.version : SPDM_VERSION_12);
}

/* The checks that need no look into the message, in the order of DSP0274; then the handler. */
static camseal_status dispatch(camseal_spdm_responder *r, spdm_request *q)
{
    if (q->message.len < SPDM_HEADER_BYTES)
        return camseal_spdm_refuse(q, CAMSEAL_E_TRUNCATED, "shorter than a header");
    camseal_reader reader = camseal_reader_of(q->message);
    q->header = camseal_spdm_read_header(&reader);
    q->op = camseal_spdm_op_of(q->header.code, SPDM_VERSION_12);
    if (q->op == SPDM_OPS)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNSUPPORTED, "unknown request code");
    if (!version_fits(r, q))
        return camseal_spdm_refuse(q, CAMSEAL_E_VERSION, "not the version of this connection");

    const spdm_row *row = camseal_spdm_row(q->op);
    const spdm_moment now = {r->connection, q->session ? q->session->state : (uint8_t)0, r->flags,
                             r->peer_flags};
    uint8_t refused = camseal_spdm_row_refuses(row, &now);
    if (refused)
        return camseal_spdm_refuse_as(q, refused, CAMSEAL_E_UNEXPECTED, NULL);
    if (row->clears_m1 && !q->session && r->connection < SPDM_AUTHENTICATED)
        camseal_spdm_transcript_m1_reset(&r->transcript);
    return handlers[q->op](r, q);
}

static camseal_status receive(camseal_spdm_responder *r, camseal_step *step, camseal_span message,
                              spdm_session *session)
{
    camseal_writer w = response_writer(r, step, session);
    spdm_request q = {
        .message = message, .op = SPDM_OPS, .session = session, .w = &w, .now_us = step->now_us};
    camseal_trace_message(r->config.trace, "spdm", false, message);
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
    spdm_record rec = record_of(r, session);
    spdm_keys *keys = camseal_spdm_session_receive_keys(session, SPDM_ROLE_RESPONDER);
    status = camseal_spdm_record_open(&rec, keys, step->in,
                                      camseal_mspan_of(r->buffer, r->buffer_bytes), &message);
    if (status != CAMSEAL_OK)
        return refuse_record(r, step, session, status);
    session->last_us = step->now_us;
    status = receive(r, step, message, session);
    if (step->next != CAMSEAL_NEXT_WAIT) /* what was said in a session may itself be a key */
        camseal_wipe(r->buffer, step->in.len < r->buffer_bytes ? step->in.len : r->buffer_bytes);
    return status;
}

/* Asks the signer or the application again. */
static camseal_status resume(camseal_spdm_responder *r, camseal_step *step)
{
    enum spdm_op op = (enum spdm_op)r->pending.op;
    spdm_session *session =
        r->pending.session == SPDM_NO_SESSION ? NULL : &r->sessions[r->pending.session];
    spdm_session *secured = op == SPDM_OP_VENDOR ? session : NULL;
    camseal_writer w = response_writer(r, step, secured);
    spdm_request q = {.message = camseal_span_of(r->buffer, r->pending.len),
                      .op = op,
                      .session = secured,
                      .w = &w,
                      .now_us = step->now_us};
    q.header.version = r->shape.version;
    q.header.code = camseal_spdm_row(op)->request;
    if (op == SPDM_OP_CHALLENGE)
        return answer(r, step, &q, camseal_spdm_rsp_challenge_resume(r, &q));
    if (op == SPDM_OP_KEY_EXCHANGE)
        return answer(r, step, &q, camseal_spdm_rsp_key_exchange_resume(r, &q));
    camseal_status status = answer(r, step, &q, camseal_spdm_rsp_vendor(r, &q));
    if (step->next != CAMSEAL_NEXT_WAIT)
        camseal_wipe(r->buffer, q.message.len);
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
    if (r->pending.op != SPDM_OPS && !starts_over(step))
        return resume(r, step);
    (void)expire_sessions(r, step->now_us);
    if (step->in.len == 0)
        return CAMSEAL_OK;
    return step->in_secured ? receive_secured(r, step) : receive(r, step, step->in, NULL);
}

camseal_status camseal_spdm_responder_step(camseal_spdm_responder *r, camseal_step *step)
{
    step->next = CAMSEAL_NEXT_RECV;
    step->wake_us = UINT64_MAX;
    step->out.len = 0;
    step->out_secured = false;
    if (!step->out.data || step->out.capacity < OUT_MIN)
        return CAMSEAL_E_ARGUMENT;
    CAMSEAL_TRY(step_once(r, step));
    if (step->next != CAMSEAL_NEXT_WAIT)
        step->wake_us = expire_sessions(r, step->now_us);
    return CAMSEAL_OK;
}
