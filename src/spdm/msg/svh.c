/* Standards body or vendor-defined header. */
#include "svh.h"

#include "base/try.h"

/* Lengths of vendor ids, bit by bit; most bodies may leave their vendor id out. */
static const uint16_t lengths[SPDM_BODY_LAST + 1] = {
    [SPDM_BODY_DMTF] = 1u << 0,
    [SPDM_BODY_TCG] = 1u << 0 | 1u << 2,
    [SPDM_BODY_USB] = 1u << 0 | 1u << 2,
    [SPDM_BODY_PCI_SIG] = 1u << 0 | 1u << 2,
    [SPDM_BODY_IANA] = 1u << 0 | 1u << 4,
    [SPDM_BODY_HDBASET] = 1u << 0 | 1u << 4,
    [SPDM_BODY_MIPI] = 1u << 0 | 1u << 2,
    [SPDM_BODY_CXL] = 1u << 0 | 1u << 2,
    [SPDM_BODY_JEDEC] = 1u << 0 | 1u << 2,
    [SPDM_BODY_VESA] = 1u << 0,
    [SPDM_BODY_IANA_CBOR] = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 5 | 1u << 9,
    [SPDM_BODY_DMTF_DSP] = 1u << 2,
};

static bool length_legal(uint8_t body, size_t len)
{
    return body <= SPDM_BODY_LAST && len < 16 && (lengths[body] >> len & 1u);
}

camseal_status camseal_spdm_read_svh(camseal_reader *r, spdm_svh *m)
{
    m->body = camseal_read_u8(r);
    m->vendor = camseal_read_span(r, camseal_read_u8(r));
    CAMSEAL_TRY(camseal_reader_ok(r));
    return length_legal(m->body, m->vendor.len) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_svh(camseal_writer *w, const spdm_svh *m)
{
    camseal_write_u8(w, m->body);
    camseal_write_u8(w, (uint8_t)m->vendor.len);
    camseal_write_span(w, m->vendor);
}

bool camseal_spdm_svh_is_dmtf(const spdm_svh *m)
{
    return m->body == SPDM_BODY_DMTF;
}
