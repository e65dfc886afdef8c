/* VENDOR_DEFINED messages. Which vendors there are is the business of the application. */
#include "vendor.h"

#include "base/try.h"

enum { FIXED_BYTES = 9, LARGE = 0x80 };

size_t camseal_spdm_vendor_overhead(const spdm_vendor *m)
{
    return FIXED_BYTES + m->vendor_id.len;
}

camseal_status camseal_spdm_read_any_vendor(camseal_reader *r, bool *large, spdm_vendor *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    *large = h.version >= SPDM_VERSION_14 && (h.param1 & LARGE);
    m->standard_id = camseal_read_le16(r);
    m->vendor_id = camseal_read_span(r, camseal_read_u8(r));
    uint32_t payload = camseal_read_le16(r);
    if (*large)
        payload = camseal_read_le32(r);
    m->payload = camseal_read_span(r, payload);
    return camseal_reader_ok(r);
}

camseal_status camseal_spdm_read_vendor(camseal_reader *r, spdm_vendor *m)
{
    bool large;
    CAMSEAL_TRY(camseal_spdm_read_any_vendor(r, &large, m));
    return large ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

static void write_ids(camseal_writer *w, const spdm_vendor *m)
{
    camseal_write_le16(w, m->standard_id);
    camseal_write_u8(w, (uint8_t)m->vendor_id.len);
    camseal_write_span(w, m->vendor_id);
}

void camseal_spdm_write_vendor_head(camseal_writer *w, uint8_t version, uint8_t code,
                                    const spdm_vendor *m)
{
    camseal_spdm_write_header(w, version, code, 0, 0);
    write_ids(w, m);
    camseal_write_le16(w, (uint16_t)m->payload.len);
}

void camseal_spdm_write_vendor(camseal_writer *w, uint8_t version, uint8_t code,
                               const spdm_vendor *m)
{
    camseal_spdm_write_vendor_head(w, version, code, m);
    camseal_write_span(w, m->payload);
}

void camseal_spdm_write_large_vendor_head(camseal_writer *w, uint8_t version, uint8_t code,
                                          const spdm_vendor *m)
{
    camseal_spdm_write_header(w, version, code, LARGE, 0);
    write_ids(w, m);
    camseal_write_le16(w, 0);
    camseal_write_le32(w, (uint32_t)m->payload.len);
}

void camseal_spdm_write_large_vendor(camseal_writer *w, uint8_t version, uint8_t code,
                                     const spdm_vendor *m)
{
    camseal_spdm_write_large_vendor_head(w, version, code, m);
    camseal_write_span(w, m->payload);
}
