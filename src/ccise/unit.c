/* CCISE units (OP1 §7): encrypt, then MAC; verify, then decrypt. */
#include "ccise/unit.h"

#include <string.h>

#include "base/reader.h"
#include "base/secret.h"
#include "base/try.h"
#include "base/writer.h"

/* struct XOR iv */
static void nonce_of(uint8_t out[12], const camseal_priv_ccise_direction *direction,
                     uint64_t counter, const uint8_t iv[12])
{
    camseal_priv_ccise_nonce(out, direction->response, counter);
    for (size_t i = 0; i < 12; i++)
        out[i] ^= iv[i];
}

static void crypt(const camseal_priv_ccise_direction *direction, uint64_t counter,
                  camseal_mspan data)
{
    uint8_t nonce[12];
    nonce_of(nonce, direction, counter, direction->iv_enc);
    camseal_ctr_job job = {direction->ctr_key, nonce, data.data, data.data, data.len, 1};
    direction->ctr->many(&job, 1);
    camseal_wipe(nonce, sizeof nonce);
}

/* All 16 bytes. */
static void tag_of(uint8_t tag[16], const camseal_priv_ccise_direction *direction,
                   const camseal_priv_ccise_unit *unit, const camseal_priv_ccise_header *header,
                   camseal_span data)
{
    uint8_t block[CAMSEAL_PRIV_CCISE_BLOCK_BYTES], nonce[12];
    camseal_mac_state state;
    camseal_priv_ccise_block(block, header, unit->counter, unit->index, direction->target_id);
    nonce_of(nonce, direction, unit->counter, direction->iv_int);
    const camseal_span spans[2] = {{block, sizeof block}, data};
    camseal_mac_job job = {direction->mac_key,
                           &state,
                           spans,
                           data.len ? 2u : 1u,
                           nonce,
                           tag,
                           CAMSEAL_MAC_START | CAMSEAL_MAC_FINISH};
    direction->mac->many(&job, 1);
    camseal_wipe(&state, sizeof state);
    camseal_wipe(nonce, sizeof nonce);
}

/* ---- build ---- */

static camseal_status check_unit(const camseal_priv_ccise_direction *direction,
                                 const camseal_priv_ccise_unit *unit,
                                 const camseal_priv_ccise_header *header)
{
    const size_t expected = camseal_priv_ccise_has_data(header) ? header->length : 0;
    if (camseal_priv_ccise_header_check(header, unit->index) != CAMSEAL_OK)
        return CAMSEAL_E_ARGUMENT;
    if (unit->data.len != expected || !unit->counter || (header->enc && !direction->ctr))
        return CAMSEAL_E_ARGUMENT;
    return CAMSEAL_OK;
}

camseal_status camseal_priv_ccise_build(camseal_buf *out,
                                        const camseal_priv_ccise_direction *direction,
                                        const camseal_priv_ccise_unit *unit)
{
    camseal_priv_ccise_header header = unit->header;
    uint8_t bytes[CAMSEAL_PRIV_CCISE_HEADER_BYTES], tag[16];
    camseal_writer w = camseal_writer_of(out->data, out->capacity);
    out->len = 0;
    header.response = direction->response;
    header.ctx_id = direction->ctx_id;
    header.epoch = direction->epoch_low;
    header.counter_low = (uint32_t)unit->counter;
    CAMSEAL_TRY(check_unit(direction, unit, &header));
    const size_t total = (header.response ? 0 : CAMSEAL_PRIV_CCISE_INDEX_BYTES) + sizeof bytes +
                         unit->data.len + direction->tag_length;
    if (total > out->capacity)
        return CAMSEAL_E_SPACE;
    if (!header.response)
        camseal_write_be16(&w, unit->index);
    camseal_priv_ccise_header_pack(bytes, &header);
    camseal_write_bytes(&w, bytes, sizeof bytes);
    const camseal_mspan data = {out->data + w.len, unit->data.len};
    camseal_write_bytes(&w, unit->data.data, unit->data.len);
    if (header.enc)
        crypt(direction, unit->counter, data);
    tag_of(tag, direction, unit, &header, camseal_span_of(data.data, data.len));
    camseal_write_bytes(&w, tag, direction->tag_length);
    camseal_wipe(tag, sizeof tag);
    CAMSEAL_TRY(camseal_writer_end(&w));
    out->len = w.len;
    return CAMSEAL_OK;
}

/* ---- read ---- */

/* The header against the context. */
static camseal_status agree(const camseal_priv_ccise_direction *direction,
                            const camseal_priv_ccise_header *header)
{
    if (header->ctx_id != direction->ctx_id)
        return CAMSEAL_E_NOT_FOUND;
    if (header->response != direction->response || header->epoch != direction->epoch_low)
        return CAMSEAL_E_UNEXPECTED;
    return header->enc && !direction->ctr ? CAMSEAL_E_POLICY : CAMSEAL_OK;
}

static camseal_status split(camseal_priv_ccise_unit *out,
                            const camseal_priv_ccise_direction *direction, camseal_mspan bytes,
                            uint16_t index)
{
    camseal_reader r = camseal_reader_of(camseal_span_of(bytes.data, bytes.len));
    out->index = direction->response ? index : camseal_read_be16(&r);
    camseal_span head = camseal_read_span(&r, CAMSEAL_PRIV_CCISE_HEADER_BYTES);
    CAMSEAL_TRY(camseal_reader_ok(&r));
    CAMSEAL_TRY(camseal_priv_ccise_header_unpack(&out->header, head.data));
    CAMSEAL_TRY(camseal_priv_ccise_header_check(&out->header, out->index));
    CAMSEAL_TRY(agree(direction, &out->header));
    const size_t len = camseal_priv_ccise_has_data(&out->header) ? out->header.length : 0;
    const size_t at = bytes.len - r.left;
    camseal_read_skip(&r, len);
    out->tag = camseal_read_span(&r, direction->tag_length);
    out->data = camseal_mspan_of(bytes.data + at, len);
    return camseal_reader_end(&r);
}

camseal_status camseal_priv_ccise_read(camseal_priv_ccise_unit *out,
                                       const camseal_priv_ccise_direction *direction,
                                       camseal_mspan bytes, uint16_t index)
{
    memset(out, 0, sizeof *out);
    camseal_status status = split(out, direction, bytes, index);
    if (status != CAMSEAL_OK)
        memset(out, 0, sizeof *out);
    return status;
}

camseal_status camseal_priv_ccise_verify(const camseal_priv_ccise_direction *direction,
                                         const camseal_priv_ccise_unit *unit)
{
    uint8_t tag[16];
    if (unit->tag.len != direction->tag_length)
        return CAMSEAL_E_ARGUMENT;
    if ((uint32_t)unit->counter != unit->header.counter_low || !unit->counter)
        return CAMSEAL_E_REPLAY;
    tag_of(tag, direction, unit, &unit->header, camseal_span_of(unit->data.data, unit->data.len));
    const bool right = camseal_equal_ct(tag, unit->tag.data, direction->tag_length);
    camseal_wipe(tag, sizeof tag);
    if (!right)
        return CAMSEAL_E_AUTH;
    if (unit->header.enc)
        crypt(direction, unit->counter, unit->data);
    if (unit->header.code == CAMSEAL_PRIV_CCISE_OK || unit->data.data[0] == 0)
        return CAMSEAL_OK;
    unit->data.data[0] = 0;
    return CAMSEAL_E_FORMAT;
}
