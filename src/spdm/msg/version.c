/* VERSION: always carries 1.0 in its header. GET_VERSION is a bare header. */
#include "version.h"

#include "base/try.h"

camseal_status camseal_spdm_read_version(camseal_reader *r, spdm_version_rsp *m)
{
    (void)camseal_spdm_read_header(r);
    camseal_read_skip(r, 1);
    uint8_t count = camseal_read_u8(r);
    m->entries = camseal_read_span(r, (size_t)count * 2);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return count == 0 || count > SPDM_VERSION_ENTRIES_MAX ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

void camseal_spdm_write_version(camseal_writer *w, const spdm_version_rsp *m)
{
    camseal_spdm_write_header(w, SPDM_VERSION_10, SPDM_VERSION, 0, 0);
    camseal_write_u8(w, 0);
    camseal_write_u8(w, (uint8_t)(m->entries.len / 2));
    camseal_write_span(w, m->entries);
}

uint8_t camseal_spdm_version_entry(const spdm_version_rsp *m, size_t i)
{
    return m->entries.data[2 * i + 1];
}
