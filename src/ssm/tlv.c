/* The frame of a TLV element. See tlv.h. */
#include "tlv.h"

camseal_tlv_reader camseal_tlv_reader_of(camseal_span elements)
{
    camseal_tlv_reader t = {camseal_reader_of(elements), 0, false};
    return t;
}

camseal_status camseal_tlv_next(camseal_tlv_reader *t, camseal_tlv *out, bool *more)
{
    *more = false;
    if (!t->r.failed && t->r.left == 0)
        return CAMSEAL_OK;
    const uint8_t *start = t->r.at;
    uint8_t type = camseal_read_u8(&t->r);
    uint8_t flags = camseal_read_u8(&t->r);
    uint16_t length = camseal_read_le16(&t->r);
    camseal_span value = camseal_read_span(&t->r, length);
    if (t->r.failed)
        return CAMSEAL_E_TRUNCATED;
    if ((flags & ~CAMSEAL_TLV_CRITICAL) != 0 || (t->started && type < t->last))
        return CAMSEAL_E_FORMAT;
    out->type = type;
    out->critical = flags != 0;
    out->repeated = t->started && type == t->last;
    out->value = value;
    out->whole = camseal_span_of(start, CAMSEAL_TLV_HEADER_BYTES + (size_t)length);
    t->last = type;
    t->started = true;
    *more = true;
    return CAMSEAL_OK;
}

void camseal_tlv_write_header(camseal_writer *w, uint8_t type, bool critical, uint16_t length)
{
    camseal_write_u8(w, type);
    camseal_write_u8(w, critical ? CAMSEAL_TLV_CRITICAL : 0u);
    camseal_write_le16(w, length);
}
