/* Responder: CHUNK_SEND and CHUNK_GET, as a feature. One transfer at a time, in the session (or
 * outside) where it began; a wrong chunk ends it by an early error, a wrong CHUNK_GET does not. */
#include "responder_chunk.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "msg/error.h"

enum { DOE_PADDING_MAX = 3, ALIGNMENT = 8 };

/* Outside a session some transports pad the message. */
static camseal_status check_end(const camseal_spdm_responder *r, const spdm_request *q,
                                const camseal_reader *reader)
{
    bool padded = !q->session && r->config.binding->inner == CAMSEAL_SPDM_INNER_NONE;
    CAMSEAL_TRY(camseal_reader_ok(reader));
    return reader->left > (padded ? (size_t)DOE_PADDING_MAX : 0) ? CAMSEAL_E_TRAILING : CAMSEAL_OK;
}

/* ---- CHUNK_SEND -------------------------------------------------------------------------------
 */

static void owe_ack(struct spdm_large *l, const spdm_chunk *m, bool early)
{
    l->ack = true;
    l->early = early;
    l->ack_handle = m->handle;
    l->ack_seq = m->seq;
}

static camseal_status take(camseal_spdm_responder *r, const spdm_request *q, const spdm_chunk *m)
{
    struct spdm_large *l = r->large;
    if (!l->in.active)
        camseal_spdm_chunk_in_begin(&l->in, m->handle);
    l->session = camseal_spdm_session_index(r, q->session);
    return camseal_spdm_chunk_in_take(&l->in, m, camseal_spdm_own_transfer(r));
}

static camseal_status refuse_chunk(camseal_spdm_responder *r, spdm_request *q, const spdm_chunk *m,
                                   camseal_status status)
{
    camseal_spdm_chunk_in_end(&r->large->in);
    owe_ack(r->large, m, true);
    if (status == CAMSEAL_E_SPACE)
        return camseal_spdm_refuse_as(q, SPDM_ERR_REQUEST_TOO_LARGE, status,
                                      "LargeMessageSize is beyond MaxSPDMmsgSize");
    return camseal_spdm_refuse_as(q, SPDM_ERR_INVALID_REQUEST, status,
                                  "the chunk is not the next one of its message");
}

static camseal_status chunk_send(camseal_spdm_responder *r, spdm_request *q)
{
    struct spdm_large *l = r->large;
    spdm_chunk m;
    if (camseal_spdm_chunk_out_active(&l->out))
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "a large response is being fetched");
    if (l->in.active && l->session != camseal_spdm_session_index(r, q->session))
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "the transfer is another session's");
    if (q->message.len < camseal_spdm_chunk_overhead(1))
        return CAMSEAL_E_TRUNCATED;
    camseal_status status = camseal_spdm_read_chunk(&q->reader, &m);
    if (status == CAMSEAL_OK)
        status = check_end(r, q, &q->reader);
    if (status == CAMSEAL_OK)
        status = take(r, q, &m);
    if (status < 0)
        return refuse_chunk(r, q, &m, status);
    owe_ack(l, &m, false);
    if (status == CAMSEAL_PENDING)
        return CAMSEAL_OK; /* the ACK alone */
    l->in.active = false;
    if (camseal_spdm_never_large(l->in.data[1]))
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "this request is never a large one");
    l->complete = true;
    return CAMSEAL_OK;
}

/* ---- CHUNK_GET --------------------------------------------------------------------------------
 */

static void forget_response(struct spdm_large *l)
{
    if (!camseal_spdm_chunk_out_active(&l->out))
        return;
    camseal_wipe(l->response, l->out.message.len);
    camseal_spdm_chunk_out_end(&l->out);
}

static camseal_status chunk_get(camseal_spdm_responder *r, spdm_request *q)
{
    struct spdm_large *l = r->large;
    spdm_chunk_get m;
    if (!camseal_spdm_chunk_out_active(&l->out) ||
        l->session != camseal_spdm_session_index(r, q->session))
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "no large response is kept here");
    CAMSEAL_TRY(camseal_spdm_read_chunk_get(&q->reader, &m));
    CAMSEAL_TRY(check_end(r, q, &q->reader));
    if (m.handle != l->out.handle || m.seq != l->out.seq)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "not the next chunk of the response");
    size_t n = camseal_spdm_chunk_out_write(&l->out, r->shape.version, SPDM_CHUNK_RESPONSE,
                                            q->w->capacity, q->w);
    CAMSEAL_TRY(camseal_writer_end(q->w));
    if (camseal_spdm_chunk_out_step(&l->out, n))
        forget_response(l);
    return CAMSEAL_OK;
}

/* ---- putting answers on the wire --------------------------------------------------------------
 */

/* The answer fits behind `overhead` bytes of CHUNK_SEND_ACK, or overhead is 0. */
static void place_whole(camseal_spdm_responder *r, spdm_request *q, camseal_mspan room,
                        size_t overhead)
{
    struct spdm_large *l = r->large;
    size_t len = q->w->len;
    const spdm_chunk_ack ack = {l->early, l->ack_handle, l->ack_seq, {NULL, 0}};
    if (len)
        memmove(room.data + overhead, q->w->start, len);
    if (q->w->start == l->response)
        camseal_wipe(l->response, len);
    *q->w = camseal_writer_of(room.data, room.len);
    if (overhead)
        camseal_spdm_write_chunk_ack(q->w, r->shape.version, &ack);
    (void)camseal_write_reserve(q->w, len);
}

static void place(camseal_spdm_responder *r, spdm_request *q, camseal_mspan room)
{
    struct spdm_large *l = r->large;
    size_t overhead = l->ack ? camseal_spdm_chunk_ack_overhead(r->shape.version) : 0;
    if (q->w->len + overhead <= room.len) {
        place_whole(r, q, room, overhead);
    } else {
        camseal_spdm_chunk_out_begin(&l->out, camseal_span_of(q->w->start, q->w->len));
        l->session = camseal_spdm_session_index(r, q->session);
        *q->w = camseal_writer_of(room.data, room.len);
        camseal_spdm_write_large_response(q->w, r->shape.version, l->out.handle);
    }
    l->ack = false;
    if (!l->in.active)
        camseal_spdm_chunk_in_end(&l->in);
}

/* ---- the feature ------------------------------------------------------------------------------
 */

static size_t rounded(size_t n)
{
    return (n + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);
}

static uint32_t flags(const camseal_spdm_responder_config *config)
{
    bool on = config->data_transfer_size && config->policy->chunking != CAMSEAL_SPDM_REFUSE;
    return on ? SPDM_CAP_CHUNK : 0;
}

static size_t memory(const camseal_spdm_responder_config *config)
{
    if (!flags(config))
        return 0;
    return rounded(sizeof(struct spdm_large)) + 2 * rounded(config->max_message);
}

static camseal_status attach(camseal_spdm_responder *r, void *memory)
{
    uint8_t *at = memory;
    if (!flags(&r->config))
        return CAMSEAL_OK;
    struct spdm_large *l = memory;
    r->large = l;
    l->place = place;
    l->append_block = camseal_spdm_append_block;
    l->in.data = at + rounded(sizeof *l);
    l->in.capacity = r->config.max_message;
    l->response = l->in.data + rounded(r->config.max_message);
    l->out.handle = 1;
    l->session = SPDM_NO_SESSION;
    return CAMSEAL_OK;
}

static void forget(camseal_spdm_responder *r, uint8_t session)
{
    struct spdm_large *l = r->large;
    if (!l || (session != SPDM_NO_SESSION && session != l->session))
        return;
    camseal_spdm_chunk_in_end(&l->in);
    forget_response(l);
    l->complete = l->ack = false;
    l->session = SPDM_NO_SESSION;
    if (session == SPDM_NO_SESSION)
        l->out.handle = 1;
}

static const spdm_service services[] = {{SPDM_OP_CHUNK_SEND, chunk_send},
                                        {SPDM_OP_CHUNK_GET, chunk_get}};

const camseal_spdm_feature camseal_spdm_chunking = {
    .services = services,
    .n_services = sizeof services / sizeof services[0],
    .flags = flags,
    .memory = memory,
    .attach = attach,
    .forget = forget,
};
