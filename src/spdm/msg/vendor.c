/* VENDOR_DEFINED messages. */
#include "vendor.h"

enum { FIXED_BYTES = 9 };

size_t camseal_spdm_vendor_overhead(const spdm_vendor *m)
{
    return FIXED_BYTES + m->vendor_id.len;
}

camseal_status camseal_spdm_read_vendor(camseal_reader *r, spdm_vendor *m)
{
    (void)camseal_spdm_read_header(r);
    m->standard_id = camseal_read_le16(r);
    m->vendor_id = camseal_read_span(r, camseal_read_u8(r));
    m->payload = camseal_read_span(r, camseal_read_le16(r));
    return camseal_reader_ok(r);
}

void camseal_spdm_write_vendor_head(camseal_writer *w, uint8_t version, uint8_t code,
                                    const spdm_vendor *m)
{
    camseal_spdm_write_header(w, version, code, 0, 0);
    camseal_write_le16(w, m->standard_id);
    camseal_write_u8(w, (uint8_t)m->vendor_id.len);
    camseal_write_span(w, m->vendor_id);
    camseal_write_le16(w, (uint16_t)m->payload.len);
}

void camseal_spdm_write_vendor(camseal_writer *w, uint8_t version, uint8_t code,
                               const spdm_vendor *m)
{
    camseal_spdm_write_vendor_head(w, version, code, m);
    camseal_write_span(w, m->payload);
}
