/* GET_CAPABILITIES and CAPABILITIES. Which flags go together is the business of negotiate.c. */
#include "capabilities.h"

#include "base/try.h"

enum { CT_EXPONENT_MAX = 31 };

static bool sizes_legal(const spdm_capabilities *m)
{
    if (m->data_transfer < SPDM_DATA_TRANSFER_MIN || m->max_message < m->data_transfer)
        return false;
    return (m->flags & SPDM_CAP_CHUNK) || m->max_message == m->data_transfer;
}

camseal_status camseal_spdm_read_capabilities(camseal_reader *r, spdm_capabilities *m)
{
    m->attributes = camseal_spdm_read_header(r).param1;
    camseal_read_skip(r, 1);
    m->ct_exponent = camseal_read_u8(r);
    m->ext_flags = camseal_read_le16(r);
    m->flags = camseal_read_le32(r);
    m->data_transfer = camseal_read_le32(r);
    m->max_message = camseal_read_le32(r);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return m->ct_exponent > CT_EXPONENT_MAX || !sizes_legal(m) ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

void camseal_spdm_write_capabilities(camseal_writer *w, uint8_t version, uint8_t code,
                                     const spdm_capabilities *m)
{
    camseal_spdm_write_header(w, version, code, m->attributes, 0);
    camseal_write_u8(w, 0);
    camseal_write_u8(w, m->ct_exponent);
    camseal_write_le16(w, m->ext_flags);
    camseal_write_le32(w, m->flags);
    camseal_write_le32(w, m->data_transfer);
    camseal_write_le32(w, m->max_message);
}
