/* Requester: CHUNK_SEND and CHUNK_GET (DSP0274). */
#include "requester_chunk.h"

#include "base/try.h"

enum { DOE_PADDING_MAX = 3 };

/* ---- sizes ------------------------------------------------------------------------------------
 */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool both_chunk(const camseal_spdm_requester *r)
{
    return r->transfers && (r->flags & r->peer_flags & SPDM_CAP_CHUNK);
}

uint32_t camseal_spdm_req_transfer(const camseal_spdm_requester *r)
{
    const camseal_spdm_requester_config *c = &r->config;
    return c->data_transfer_size ? c->data_transfer_size : c->max_message;
}

/* Without chunks both are equal. */
uint32_t camseal_spdm_req_message(const camseal_spdm_requester *r)
{
    return r->flags & SPDM_CAP_CHUNK ? r->config.max_message : camseal_spdm_req_transfer(r);
}

size_t camseal_spdm_wire_limit(const camseal_spdm_requester *r)
{
    return smaller(r->peer_limit, camseal_spdm_req_transfer(r));
}

size_t camseal_spdm_request_limit(const camseal_spdm_requester *r)
{
    return both_chunk(r) ? smaller(r->peer_message, r->config.max_message)
                         : camseal_spdm_wire_limit(r);
}

size_t camseal_spdm_response_limit(const camseal_spdm_requester *r)
{
    return both_chunk(r) ? r->config.max_message : camseal_spdm_req_transfer(r);
}

/* ---- sending ----------------------------------------------------------------------------------
 */

bool camseal_spdm_request_is_large(const camseal_spdm_requester *r)
{
    return r->request_len > camseal_spdm_wire_limit(r);
}

void camseal_spdm_begin_chunks(camseal_spdm_requester *r)
{
    camseal_spdm_chunk_out_begin(&r->transfers->out, camseal_spdm_request_sent(r));
}

bool camseal_spdm_chunks_active(const camseal_spdm_requester *r)
{
    const struct spdm_transfers *t = r->transfers;
    return t && (t->in.active || camseal_spdm_chunk_out_active(&t->out));
}

camseal_status camseal_spdm_next_chunk(camseal_spdm_requester *r, camseal_writer *w, bool *last)
{
    struct spdm_transfers *t = r->transfers;
    *last = false;
    if (t->in.active) {
        const spdm_chunk_get get = {t->in.handle, t->in.seq};
        camseal_spdm_write_chunk_get(w, r->shape.version, &get);
        return camseal_writer_end(w);
    }
    t->bytes =
        camseal_spdm_chunk_out_write(&t->out, r->shape.version, SPDM_CHUNK_SEND, w->capacity, w);
    *last = t->out.at + t->bytes == t->out.message.len;
    return camseal_writer_end(w);
}

/* ---- receiving --------------------------------------------------------------------------------
 */

static camseal_status wrong_chunk(camseal_spdm_requester *r, camseal_status status,
                                  uint64_t expected, uint64_t seen)
{
    return camseal_spdm_reject(r, status, "not the answer to the chunk that was sent", expected,
                               seen);
}

static camseal_status check_end(const camseal_spdm_requester *r, const camseal_reader *reader)
{
    bool padded = r->config.binding->inner == CAMSEAL_SPDM_INNER_NONE;
    return reader->left > (padded ? (size_t)DOE_PADDING_MAX : 0) ? CAMSEAL_E_TRAILING : CAMSEAL_OK;
}

/* All that follows an ACK is the response; it comes with the last one, or is an early error. */
static camseal_status take_ack(camseal_spdm_requester *r, camseal_span *message)
{
    struct spdm_transfers *t = r->transfers;
    spdm_chunk_ack m;
    camseal_reader reader = camseal_reader_of(*message);
    CAMSEAL_TRY(camseal_spdm_read_chunk_ack(&reader, &m));
    CAMSEAL_TRY(check_end(r, &reader));
    if (m.handle != t->out.handle)
        return wrong_chunk(r, CAMSEAL_E_FORMAT, t->out.handle, m.handle);
    if (m.seq != t->out.seq)
        return wrong_chunk(r, CAMSEAL_E_FORMAT, t->out.seq, m.seq);
    *message = m.response;
    bool last = camseal_spdm_chunk_out_step(&t->out, t->bytes) || m.early_error;
    if (last != (m.response.len != 0))
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT,
                                   "the response comes with the last CHUNK_SEND_ACK", last, !last);
    if (last)
        camseal_spdm_chunk_out_end(&t->out);
    return CAMSEAL_OK;
}

static camseal_status take_response(camseal_spdm_requester *r, camseal_span *message)
{
    struct spdm_transfers *t = r->transfers;
    spdm_chunk m;
    camseal_reader reader = camseal_reader_of(*message);
    CAMSEAL_TRY(camseal_spdm_read_chunk(&reader, &m));
    CAMSEAL_TRY(check_end(r, &reader));
    camseal_status status = camseal_spdm_chunk_in_take(&t->in, &m, camseal_spdm_req_transfer(r));
    *message = camseal_span_of(NULL, 0);
    if (status == CAMSEAL_PENDING)
        return CAMSEAL_OK;
    if (status == CAMSEAL_E_SPACE)
        return camseal_spdm_reject(r, status, "LargeMessageSize is beyond our MaxSPDMmsgSize",
                                   t->in.capacity, m.message);
    if (status != CAMSEAL_OK)
        return wrong_chunk(r, status, t->in.seq, m.seq);
    t->in.active = false;
    t->fetched = true;
    *message = camseal_span_of(t->in.data, t->in.total);
    if (camseal_spdm_never_large(message->data[1]))
        return camseal_spdm_reject(r, CAMSEAL_E_UNEXPECTED, "this response is never a large one", 0,
                                   message->data[1]);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_chunk_answer(camseal_spdm_requester *r, camseal_span *message)
{
    struct spdm_transfers *t = r->transfers;
    uint8_t expected = t->in.active ? SPDM_CHUNK_RESPONSE : SPDM_CHUNK_SEND_ACK;
    camseal_reader reader = camseal_reader_of(*message);
    spdm_header h = camseal_spdm_read_header(&reader);
    CAMSEAL_TRY(camseal_reader_ok(&reader));
    if (h.version != r->shape.version)
        return camseal_spdm_reject(r, CAMSEAL_E_VERSION, "not the version of this connection",
                                   r->shape.version, h.version);
    if (h.code == SPDM_ERROR && h.param1 == SPDM_ERR_BUSY)
        return CAMSEAL_OK; /* the same chunk again, later */
    if (h.code == SPDM_ERROR) {
        bool all_sent = !t->in.active && t->out.at + t->bytes == t->out.message.len;
        if (h.param1 == SPDM_ERR_LARGE_RESPONSE && !all_sent)
            return wrong_chunk(r, CAMSEAL_E_UNEXPECTED, expected, h.code);
        camseal_spdm_drop_chunks(r);
        return CAMSEAL_OK;
    }
    if (h.code != expected)
        return wrong_chunk(r, CAMSEAL_E_UNEXPECTED, expected, h.code);
    return t->in.active ? take_response(r, message) : take_ack(r, message);
}

camseal_status camseal_spdm_large_response(camseal_spdm_requester *r, const spdm_error *e)
{
    struct spdm_transfers *t = r->transfers;
    bool block = r->supported && r->op == SPDM_OP_CAPABILITIES; /* both chunk, it will say */
    if ((!both_chunk(r) && !block) || t->fetched)
        return camseal_spdm_reject(r, CAMSEAL_E_UNEXPECTED, "LargeResponse where there is none", 0,
                                   e->code);
    if (e->extended.len != 1)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "LargeResponse without a handle", 1,
                                   e->extended.len);
    camseal_spdm_chunk_in_begin(&t->in, e->extended.data[0]);
    return CAMSEAL_OK;
}

void camseal_spdm_drop_chunks(camseal_spdm_requester *r)
{
    struct spdm_transfers *t = r->transfers;
    if (!t)
        return;
    if (camseal_spdm_chunk_out_active(&t->out))
        camseal_spdm_chunk_out_end(&t->out);
    camseal_spdm_chunk_in_end(&t->in);
    t->fetched = false;
}
