/* GET_CAPABILITIES and CAPABILITIES. Which flags go together is the business of negotiate.c. */
#include "capabilities.h"

#include "base/try.h"

enum { CT_EXPONENT_MAX = 31 };

/* The flags that a version defines; all others are reserved. */
static uint32_t known_flags(const spdm_header *h)
{
    bool request = h->code == SPDM_GET_CAPABILITIES;
    if (h->version >= SPDM_VERSION_14)
        return request ? 0x8EC3FFC6u : 0xFFFFFFFFu;
    if (h->version >= SPDM_VERSION_13)
        return request ? 0x0EC3FFC6u : 0x3FFFFFFFu;
    return request ? 0x0003FFC6u : 0x003FFFFFu;
}

/* Only a peer that chunks has larger messages than transfers, or the algorithms block. */
static bool sizes_legal(const spdm_capabilities *m)
{
    if (m->data_transfer < SPDM_DATA_TRANSFER_MIN || m->max_message < m->data_transfer)
        return false;
    bool whole = m->max_message == m->data_transfer && !(m->attributes & SPDM_WITH_ALGORITHMS);
    return (m->flags & SPDM_CAP_CHUNK) || whole;
}

camseal_status camseal_spdm_read_capabilities(camseal_reader *r, spdm_capabilities *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->attributes = h.version >= SPDM_VERSION_13 ? h.param1 & SPDM_WITH_ALGORITHMS : 0;
    camseal_read_skip(r, 1);
    m->ct_exponent = camseal_read_u8(r);
    m->ext_flags = camseal_read_le16(r);
    if (h.version < SPDM_VERSION_14 || h.code == SPDM_GET_CAPABILITIES)
        m->ext_flags = 0;
    m->flags = camseal_read_le32(r) & known_flags(&h);
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
