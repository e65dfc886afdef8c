/* GET_CERTIFICATE and CERTIFICATE. Whether portions add up is the business of the drivers. */
#include "certificate.h"

#include "base/try.h"

enum { SLOT_MASK = 0x0F, SLOT_LAST = 7 };

camseal_status camseal_spdm_read_get_certificate(camseal_reader *r, spdm_get_certificate *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->slot = h.param1 & SLOT_MASK;
    m->attributes = h.param2;
    m->offset = camseal_read_le16(r);
    m->length = camseal_read_le16(r);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return m->slot > SLOT_LAST ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

void camseal_spdm_write_get_certificate(camseal_writer *w, uint8_t version,
                                        const spdm_get_certificate *m)
{
    camseal_spdm_write_header(w, version, SPDM_GET_CERTIFICATE, m->slot, m->attributes);
    camseal_write_le16(w, m->offset);
    camseal_write_le16(w, m->length);
}

camseal_status camseal_spdm_read_certificate(camseal_reader *r, spdm_certificate *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->slot = h.param1 & SLOT_MASK;
    m->info = h.param2;
    uint16_t portion = camseal_read_le16(r);
    m->remainder = camseal_read_le16(r);
    m->portion = camseal_read_span(r, portion);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return m->slot > SLOT_LAST ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

void camseal_spdm_write_certificate(camseal_writer *w, uint8_t version, const spdm_certificate *m)
{
    camseal_spdm_write_header(w, version, SPDM_CERTIFICATE, m->slot, m->info);
    camseal_write_le16(w, (uint16_t)m->portion.len);
    camseal_write_le16(w, m->remainder);
    camseal_write_span(w, m->portion);
}
