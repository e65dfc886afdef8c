/* Standards body or vendor-defined header. */
#include "svh.h"

#include "base/try.h"

/* Most bodies may leave their vendor id out. */
static bool length_legal(uint8_t body, size_t len)
{
    switch (body) {
    case SPDM_BODY_DMTF:
    case SPDM_BODY_VESA:
        return len == 0;
    case SPDM_BODY_IANA:
    case SPDM_BODY_HDBASET:
        return len == 0 || len == 4;
    case SPDM_BODY_IANA_CBOR:
        return len == 1 || len == 2 || len == 3 || len == 5 || len == 9;
    case SPDM_BODY_DMTF_DSP:
        return len == 2;
    default:
        return body <= SPDM_BODY_LAST && (len == 0 || len == 2);
    }
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
