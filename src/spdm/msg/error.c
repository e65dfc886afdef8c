/* ERROR: any version, in and out of sessions; never in a transcript. */
#include "error.h"

#include "base/try.h"

enum { EXTENDED_MAX = 32, RDT_EXPONENT_MAX = 31 };

camseal_status camseal_spdm_read_error(camseal_reader *r, spdm_error *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->code = h.param1;
    m->data = h.param2;
    m->extended = camseal_read_rest(r);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return m->extended.len > EXTENDED_MAX ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
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
