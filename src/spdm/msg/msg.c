/* Header, opaque data, and field rules that several messages share. */
#include "msg.h"

spdm_header camseal_spdm_read_header(camseal_reader *r)
{
    spdm_header h = {0, 0, 0, 0};
    camseal_span bytes = camseal_read_span(r, SPDM_HEADER_BYTES);
    if (bytes.len != SPDM_HEADER_BYTES)
        return h;
    h.version = bytes.data[0];
    h.code = bytes.data[1];
    h.param1 = bytes.data[2];
    h.param2 = bytes.data[3];
    return h;
}

void camseal_spdm_write_header(camseal_writer *w, uint8_t version, uint8_t code, uint8_t param1,
                               uint8_t param2)
{
    const uint8_t bytes[SPDM_HEADER_BYTES] = {version, code, param1, param2};
    camseal_write_bytes(w, bytes, sizeof bytes);
}

void camseal_spdm_write_room(camseal_writer *w, camseal_span bytes)
{
    if (bytes.data)
        camseal_write_span(w, bytes);
    else
        (void)camseal_write_reserve(w, bytes.len);
}

camseal_status camseal_spdm_read_opaque(camseal_reader *r, camseal_span *opaque)
{
    uint16_t len = camseal_read_le16(r);
    if (len > SPDM_OPAQUE_MAX)
        return CAMSEAL_E_FORMAT;
    *opaque = camseal_read_span(r, len);
    return CAMSEAL_OK;
}

void camseal_spdm_write_opaque(camseal_writer *w, camseal_span opaque)
{
    camseal_write_le16(w, (uint16_t)opaque.len);
    camseal_write_span(w, opaque);
}

camseal_status camseal_spdm_read_opaque_14(camseal_reader *r, const spdm_shape *s,
                                           camseal_span *opaque)
{
    if (s->version >= SPDM_VERSION_14)
        return camseal_spdm_read_opaque(r, opaque);
    *opaque = camseal_span_of(NULL, 0);
    return CAMSEAL_OK;
}

void camseal_spdm_write_opaque_14(camseal_writer *w, const spdm_shape *s, camseal_span opaque)
{
    if (s->version >= SPDM_VERSION_14)
        camseal_spdm_write_opaque(w, opaque);
}

size_t camseal_spdm_context_bytes(const spdm_shape *s)
{
    return s->version >= SPDM_VERSION_13 ? SPDM_CONTEXT_BYTES : 0;
}

bool camseal_spdm_slot_legal(uint8_t slot)
{
    return slot <= SPDM_SLOT_LAST || slot == 0xFF;
}

bool camseal_spdm_slot4_legal(uint8_t slot)
{
    return slot <= SPDM_SLOT_LAST || slot == SPDM_SLOT_MASK;
}

bool camseal_spdm_summary_legal(uint8_t type)
{
    return type <= 1 || type == 0xFF;
}
