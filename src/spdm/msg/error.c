/* ERROR: any version, in and out of sessions; never in a transcript. */
#include "error.h"

#include "base/load.h"
#include "base/try.h"

enum { EXTENDED_MAX = 32, RDT_EXPONENT_MAX = 31 };

/* Most bytes of ExtendedErrorData. */
static size_t extended_bytes(uint8_t code)
{
    switch (code) {
    case SPDM_ERR_RESPONSE_TOO_LARGE:
    case SPDM_ERR_DATA_TOO_LARGE:
    case SPDM_ERR_NOT_READY:
        return 4;
    case SPDM_ERR_LARGE_RESPONSE:
        return 1;
    default:
        return camseal_spdm_error_known(code) ? 0 : EXTENDED_MAX;
    }
}

bool camseal_spdm_error_known(uint8_t code)
{
    bool low = code >= SPDM_ERR_INVALID_REQUEST && code <= SPDM_ERR_DATA_TOO_LARGE && code != 0x02;
    return low || (code >= SPDM_ERR_VERSION && code <= SPDM_ERR_INVALID_STATE);
}

camseal_status camseal_spdm_read_error(camseal_reader *r, spdm_error *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    size_t extended = extended_bytes(h.param1);
    m->code = h.param1;
    m->data = h.param2;
    m->extended = camseal_read_span(r, extended < r->left ? extended : r->left);
    return camseal_reader_ok(r);
}

void camseal_spdm_write_error(camseal_writer *w, uint8_t version, const spdm_error *m)
{
    camseal_spdm_write_header(w, version, SPDM_ERROR, m->code, m->data);
    camseal_write_span(w, m->extended);
}

camseal_status camseal_spdm_read_not_ready(const spdm_error *m, spdm_not_ready *out)
{
    camseal_reader r = camseal_reader_of(m->extended);
    out->rdt_exponent = camseal_read_u8(&r);
    out->request_code = camseal_read_u8(&r);
    out->token = camseal_read_u8(&r);
    out->rdtm = camseal_read_u8(&r);
    CAMSEAL_TRY(camseal_reader_end(&r));
    return out->rdt_exponent > RDT_EXPONENT_MAX || out->rdtm <= 1 ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

void camseal_spdm_write_not_ready(camseal_writer *w, uint8_t version, const spdm_not_ready *n)
{
    const uint8_t extended[] = {n->rdt_exponent, n->request_code, n->token, n->rdtm};
    const spdm_error e = {SPDM_ERR_NOT_READY, 0, {extended, sizeof extended}};
    camseal_spdm_write_error(w, version, &e);
}

camseal_status camseal_spdm_read_error_size(const spdm_error *m, uint32_t *size)
{
    if (m->extended.len != 4)
        return CAMSEAL_E_FORMAT;
    *size = camseal_load_le32(m->extended.data);
    return CAMSEAL_OK;
}

void camseal_spdm_write_error_size(camseal_writer *w, uint8_t version, uint8_t code, uint32_t size)
{
    camseal_spdm_write_header(w, version, SPDM_ERROR, code, 0);
    camseal_write_le32(w, size);
}

void camseal_spdm_write_large_response(camseal_writer *w, uint8_t version, uint8_t handle)
{
    const spdm_error e = {SPDM_ERR_LARGE_RESPONSE, 0, {&handle, 1}};
    camseal_spdm_write_error(w, version, &e);
}

camseal_status camseal_spdm_read_error_vendor(const spdm_error *m, camseal_span *vendor,
                                              camseal_span *data)
{
    camseal_reader r = camseal_reader_of(m->extended);
    *vendor = camseal_read_span(&r, camseal_read_u8(&r));
    *data = camseal_read_rest(&r);
    return camseal_reader_ok(&r);
}
