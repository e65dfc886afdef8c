/* Chunks. Whether they are in order and add up is the business of the drivers. */
#include "chunk.h"

#include "base/try.h"

enum { LAST_CHUNK = 0x01, EARLY_ERROR = 0x01, CHUNK_BYTES = 12, MESSAGE_SIZE_BYTES = 4 };

size_t camseal_spdm_chunk_overhead(uint32_t seq)
{
    return CHUNK_BYTES + (seq == 0 ? MESSAGE_SIZE_BYTES : 0u);
}

size_t camseal_spdm_chunk_ack_overhead(uint8_t version)
{
    return SPDM_HEADER_BYTES + (version >= SPDM_VERSION_14 ? 4u : 2u);
}

static uint32_t read_seq(camseal_reader *r, uint8_t version)
{
    return version >= SPDM_VERSION_14 ? camseal_read_le32(r) : camseal_read_le16(r);
}

static void write_seq(camseal_writer *w, uint8_t version, uint32_t seq)
{
    if (version >= SPDM_VERSION_14)
        camseal_write_le32(w, seq);
    else
        camseal_write_le16(w, (uint16_t)seq);
}

/* A message is large from the smallest transfer on; a response also when it only did not fit behind
 * the header of CHUNK_SEND_ACK. */
static bool message_legal(const spdm_header *h, const spdm_chunk *m)
{
    size_t most = SPDM_DATA_TRANSFER_MIN;
    if (h->code == SPDM_CHUNK_RESPONSE)
        most -= camseal_spdm_chunk_ack_overhead(h->version);
    return m->message > most && m->bytes.len < m->message;
}

camseal_status camseal_spdm_read_chunk(camseal_reader *r, spdm_chunk *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->last = (h.param1 & LAST_CHUNK) != 0;
    m->handle = h.param2;
    m->seq = read_seq(r, h.version);
    camseal_read_skip(r, h.version >= SPDM_VERSION_14 ? 0 : 2);
    uint32_t size = camseal_read_le32(r);
    m->message = m->seq == 0 ? camseal_read_le32(r) : 0;
    m->bytes = camseal_read_span(r, size);
    CAMSEAL_TRY(camseal_reader_ok(r));
    if (size == 0 || (m->seq == 0 && (m->last || !message_legal(&h, m))))
        return CAMSEAL_E_FORMAT;
    return CAMSEAL_OK;
}

void camseal_spdm_write_chunk_head(camseal_writer *w, uint8_t version, uint8_t code,
                                   const spdm_chunk *m)
{
    camseal_spdm_write_header(w, version, code, m->last ? LAST_CHUNK : 0, m->handle);
    write_seq(w, version, m->seq);
    camseal_write_zeros(w, version >= SPDM_VERSION_14 ? 0 : 2);
    camseal_write_le32(w, (uint32_t)m->bytes.len);
    if (m->seq == 0)
        camseal_write_le32(w, m->message);
}

void camseal_spdm_write_chunk(camseal_writer *w, uint8_t version, uint8_t code, const spdm_chunk *m)
{
    camseal_spdm_write_chunk_head(w, version, code, m);
    camseal_write_span(w, m->bytes);
}

camseal_status camseal_spdm_read_chunk_ack(camseal_reader *r, spdm_chunk_ack *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->early_error = (h.param1 & EARLY_ERROR) != 0;
    m->handle = h.param2;
    m->seq = read_seq(r, h.version);
    bool none = r->left < SPDM_HEADER_BYTES; /* padding of the transport, perhaps */
    m->response = none ? camseal_span_of(NULL, 0) : camseal_read_rest(r);
    CAMSEAL_TRY(camseal_reader_ok(r));
    if (none)
        return m->early_error ? CAMSEAL_E_TRUNCATED : CAMSEAL_OK;
    return m->early_error && m->response.data[1] != SPDM_ERROR ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

void camseal_spdm_write_chunk_ack(camseal_writer *w, uint8_t version, const spdm_chunk_ack *m)
{
    camseal_spdm_write_header(w, version, SPDM_CHUNK_SEND_ACK, m->early_error ? EARLY_ERROR : 0,
                              m->handle);
    write_seq(w, version, m->seq);
    camseal_write_span(w, m->response);
}

camseal_status camseal_spdm_read_chunk_get(camseal_reader *r, spdm_chunk_get *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->handle = h.param2;
    m->seq = read_seq(r, h.version);
    return camseal_reader_ok(r);
}

void camseal_spdm_write_chunk_get(camseal_writer *w, uint8_t version, const spdm_chunk_get *m)
{
    camseal_spdm_write_header(w, version, SPDM_CHUNK_GET, 0, m->handle);
    write_seq(w, version, m->seq);
}
