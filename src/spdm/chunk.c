/* Chunks of large messages, in order. */
#include "chunk.h"

#include <string.h>

#include "base/secret.h"

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- sending -------------------------------------------------------------------------------- */

void camseal_spdm_chunk_out_begin(spdm_chunk_out *t, camseal_span message)
{
    t->message = message;
    t->at = 0;
    t->seq = 0;
}

bool camseal_spdm_chunk_out_active(const spdm_chunk_out *t)
{
    return t->message.len != 0;
}

size_t camseal_spdm_chunk_out_write(const spdm_chunk_out *t, uint8_t version, uint8_t code,
                                    size_t limit, camseal_writer *w)
{
    size_t left = t->message.len - t->at;
    size_t n = smaller(limit - camseal_spdm_chunk_overhead(t->seq), left);
    const spdm_chunk m = {.last = n == left,
                          .handle = t->handle,
                          .seq = t->seq,
                          .message = (uint32_t)t->message.len,
                          .bytes = camseal_span_of(t->message.data + t->at, n)};
    camseal_spdm_write_chunk(w, version, code, &m);
    return n;
}

bool camseal_spdm_chunk_out_step(spdm_chunk_out *t, size_t bytes)
{
    t->at += bytes;
    t->seq++;
    return t->at == t->message.len;
}

void camseal_spdm_chunk_out_end(spdm_chunk_out *t)
{
    camseal_spdm_chunk_out_begin(t, camseal_span_of(NULL, 0));
    t->handle++;
}

/* ---- gathering ------------------------------------------------------------------------------ */

void camseal_spdm_chunk_in_begin(spdm_chunk_in *t, uint8_t handle)
{
    camseal_spdm_chunk_in_end(t);
    t->handle = handle;
    t->active = true;
}

/* All chunks but the last fill a transfer: that of the receiver, or a smaller one of the sender,
 * but none below the smallest. */
static bool size_legal(const spdm_chunk *m, size_t transfer)
{
    size_t len = camseal_spdm_chunk_overhead(m->seq) + m->bytes.len;
    return len <= transfer && (m->last || len >= SPDM_DATA_TRANSFER_MIN);
}

camseal_status camseal_spdm_chunk_in_take(spdm_chunk_in *t, const spdm_chunk *m, size_t transfer)
{
    size_t total = m->seq == 0 ? m->message : t->total;
    if (!t->active || m->handle != t->handle || m->seq != t->seq)
        return CAMSEAL_E_UNEXPECTED;
    if (total > t->capacity)
        return CAMSEAL_E_SPACE;
    size_t left = total - t->len;
    if (!size_legal(m, transfer) || m->bytes.len > left || m->last != (m->bytes.len == left))
        return CAMSEAL_E_FORMAT;
    memcpy(t->data + t->len, m->bytes.data, m->bytes.len);
    t->total = total;
    t->len += m->bytes.len;
    t->seq++;
    return m->last ? CAMSEAL_OK : CAMSEAL_PENDING;
}

void camseal_spdm_chunk_in_end(spdm_chunk_in *t)
{
    if (t->len)
        camseal_wipe(t->data, t->len);
    t->total = t->len = 0;
    t->seq = 0;
    t->active = false;
}

bool camseal_spdm_transfer_legal(uint32_t transfer, uint32_t message)
{
    if (transfer == 0)
        return message <= SPDM_TRANSFER_MAX;
    return transfer >= SPDM_DATA_TRANSFER_MIN && transfer <= SPDM_TRANSFER_MAX &&
           transfer <= message && message <= SPDM_MESSAGE_MAX;
}

bool camseal_spdm_never_large(uint8_t code)
{
    switch (code) {
    case SPDM_GET_VERSION:
    case SPDM_VERSION:
    case SPDM_GET_CAPABILITIES:
    case SPDM_CHUNK_SEND:
    case SPDM_CHUNK_SEND_ACK:
    case SPDM_CHUNK_GET:
    case SPDM_CHUNK_RESPONSE:
        return true;
    default:
        return false;
    }
}
