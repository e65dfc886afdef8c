/* GET_CSR and CSR. Which fields a multi-key connection must have is the business of the drivers. */
#include "csr.h"

#include "base/try.h"

enum { MODEL_MASK = 0x07, TAG_SHIFT = 3, TAG_MASK = 0x07, OVERWRITE = 0x80 };

static bool fields_legal(const spdm_get_csr *m)
{
    bool both = m->overwrite && m->tag;
    return !both && m->model <= SPDM_CERT_MODEL_GENERIC && m->opaque.len <= SPDM_OPAQUE_MAX;
}

camseal_status camseal_spdm_read_get_csr(camseal_reader *r, uint8_t version, spdm_get_csr *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    if (version < SPDM_VERSION_13)
        h.param1 = h.param2 = 0;
    m->key_pair_id = h.param1;
    m->model = h.param2 & MODEL_MASK;
    m->tag = h.param2 >> TAG_SHIFT & TAG_MASK;
    m->overwrite = (h.param2 & OVERWRITE) != 0;
    uint16_t info = camseal_read_le16(r);
    uint16_t opaque = camseal_read_le16(r);
    m->requester_info = camseal_read_span(r, info);
    m->opaque = camseal_read_span(r, opaque);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return fields_legal(m) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_get_csr(camseal_writer *w, uint8_t version, const spdm_get_csr *m)
{
    unsigned param2 = m->model | (unsigned)m->tag << TAG_SHIFT | (m->overwrite ? OVERWRITE : 0u);
    camseal_spdm_write_header(w, version, SPDM_GET_CSR, m->key_pair_id, (uint8_t)param2);
    camseal_write_le16(w, (uint16_t)m->requester_info.len);
    camseal_write_le16(w, (uint16_t)m->opaque.len);
    camseal_write_span(w, m->requester_info);
    camseal_write_span(w, m->opaque);
}

camseal_status camseal_spdm_read_csr(camseal_reader *r, spdm_csr *m)
{
    (void)camseal_spdm_read_header(r);
    uint16_t len = camseal_read_le16(r);
    camseal_read_skip(r, 2);
    m->csr = camseal_read_span(r, len);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return len ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_csr_head(camseal_writer *w, uint8_t version, const spdm_csr *m)
{
    camseal_spdm_write_header(w, version, SPDM_CSR, 0, 0);
    camseal_write_le16(w, (uint16_t)m->csr.len);
    camseal_write_le16(w, 0);
}

void camseal_spdm_write_csr(camseal_writer *w, uint8_t version, const spdm_csr *m)
{
    camseal_spdm_write_csr_head(w, version, m);
    camseal_write_span(w, m->csr);
}
