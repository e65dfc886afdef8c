/* SET_CERTIFICATE. */
#include "set_certificate.h"

#include "base/try.h"

enum { MODEL_SHIFT = 4, MODEL_MASK = 0x07, ERASE = 0x80, CHAIN_HEADER_BYTES = 4 };

/* Length is 32 bits from 1.4 on, 16 and reserved before. */
static camseal_status read_chain(camseal_reader *r, const spdm_shape *s, camseal_span *chain)
{
    camseal_reader ahead = *r;
    uint32_t length = camseal_read_le32(&ahead);
    CAMSEAL_TRY(camseal_reader_ok(&ahead));
    if (s->version < SPDM_VERSION_14)
        length &= 0xFFFFu;
    *chain = camseal_read_span(r, length);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return length <= (uint32_t)CHAIN_HEADER_BYTES + s->hash ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

camseal_status camseal_spdm_read_set_certificate(camseal_reader *r, const spdm_shape *s,
                                                 spdm_set_certificate *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    if (s->version < SPDM_VERSION_13) {
        h.param1 &= SPDM_SLOT_MASK;
        h.param2 = 0;
    }
    m->slot = h.param1 & SPDM_SLOT_MASK;
    m->model = h.param1 >> MODEL_SHIFT & MODEL_MASK;
    m->erase = (h.param1 & ERASE) != 0;
    m->key_pair_id = h.param2;
    m->chain = camseal_span_of(NULL, 0);
    CAMSEAL_TRY(camseal_reader_ok(r));
    if (!m->erase)
        CAMSEAL_TRY(read_chain(r, s, &m->chain));
    uint8_t last = m->erase ? SPDM_CERT_MODEL_NONE : SPDM_CERT_MODEL_GENERIC;
    return m->slot > SPDM_SLOT_LAST || m->model > last ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

void camseal_spdm_write_set_certificate(camseal_writer *w, uint8_t version,
                                        const spdm_set_certificate *m)
{
    unsigned param1 = m->slot | (unsigned)m->model << MODEL_SHIFT | (m->erase ? ERASE : 0u);
    camseal_spdm_write_header(w, version, SPDM_SET_CERTIFICATE, (uint8_t)param1, m->key_pair_id);
    camseal_write_span(w, m->chain);
}
