/* GET_CERTIFICATE and CERTIFICATE. Whether portions add up is the business of the drivers. */
#include "certificate.h"

#include "base/try.h"

enum { LARGE = 0x80, CERT_MODEL = 0x07 };

/* Two lengths, in the form that bit 7 of Param1 names (1.4+; reserved before). */
static bool read_pair(camseal_reader *r, uint8_t version, uint8_t param1, uint32_t *a, uint32_t *b)
{
    *a = camseal_read_le16(r);
    *b = camseal_read_le16(r);
    if (version < SPDM_VERSION_14 || !(param1 & LARGE))
        return false;
    *a = camseal_read_le32(r);
    *b = camseal_read_le32(r);
    return true;
}

static void write_pair(camseal_writer *w, bool large, uint32_t a, uint32_t b)
{
    if (!large) {
        camseal_write_le16(w, (uint16_t)a);
        camseal_write_le16(w, (uint16_t)b);
        return;
    }
    camseal_write_zeros(w, 4);
    camseal_write_le32(w, a);
    camseal_write_le32(w, b);
}

static uint8_t param1_of(uint8_t slot, bool large)
{
    return (uint8_t)(slot | (large ? LARGE : 0));
}

camseal_status camseal_spdm_read_get_certificate(camseal_reader *r, uint8_t version,
                                                 spdm_get_certificate *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->slot = h.param1 & SPDM_SLOT_MASK;
    m->attributes = version >= SPDM_VERSION_13 ? h.param2 & SPDM_SLOT_SIZE : 0;
    m->large = read_pair(r, version, h.param1, &m->offset, &m->length);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return m->slot > SPDM_SLOT_LAST ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

void camseal_spdm_write_get_certificate(camseal_writer *w, uint8_t version,
                                        const spdm_get_certificate *m)
{
    camseal_spdm_write_header(w, version, SPDM_GET_CERTIFICATE, param1_of(m->slot, m->large),
                              m->attributes);
    write_pair(w, m->large, m->offset, m->length);
}

camseal_status camseal_spdm_read_certificate(camseal_reader *r, uint8_t version,
                                             spdm_certificate *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    uint32_t portion;
    m->slot = h.param1 & SPDM_SLOT_MASK;
    m->info = version >= SPDM_VERSION_13 ? h.param2 & CERT_MODEL : 0;
    m->large = read_pair(r, version, h.param1, &portion, &m->remainder);
    m->portion = camseal_read_span(r, portion);
    CAMSEAL_TRY(camseal_reader_ok(r));
    bool legal = m->slot <= SPDM_SLOT_LAST && m->info <= SPDM_CERT_MODEL_GENERIC;
    return legal && m->remainder <= UINT32_MAX - portion ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_certificate_head(camseal_writer *w, uint8_t version,
                                         const spdm_certificate *m)
{
    camseal_spdm_write_header(w, version, SPDM_CERTIFICATE, param1_of(m->slot, m->large), m->info);
    write_pair(w, m->large, (uint32_t)m->portion.len, m->remainder);
}

void camseal_spdm_write_certificate(camseal_writer *w, uint8_t version, const spdm_certificate *m)
{
    camseal_spdm_write_certificate_head(w, version, m);
    camseal_write_span(w, m->portion);
}
