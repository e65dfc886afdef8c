/* FINISH and FINISH_RSP. */
#include "finish.h"

#include "base/try.h"

enum { SIGNATURE_INCLUDED = 0x01 };

camseal_status camseal_spdm_read_finish(camseal_reader *r, const spdm_shape *s, spdm_finish *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->has_signature = (h.param1 & SIGNATURE_INCLUDED) != 0;
    m->slot = h.param2;
    CAMSEAL_TRY(camseal_spdm_read_opaque_14(r, s, &m->opaque));
    m->signature = camseal_read_span(r, m->has_signature ? s->req_signature : 0u);
    m->verify_data = camseal_read_span(r, s->hash);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return camseal_spdm_slot_legal(m->slot) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_finish(camseal_writer *w, const spdm_shape *s, const spdm_finish *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_FINISH, m->has_signature ? SIGNATURE_INCLUDED : 0,
                              m->slot);
    camseal_spdm_write_opaque_14(w, s, m->opaque);
    camseal_write_span(w, m->signature);
    camseal_write_span(w, m->verify_data);
}

camseal_status camseal_spdm_read_finish_rsp(camseal_reader *r, const spdm_shape *s,
                                            spdm_finish_rsp *m)
{
    (void)camseal_spdm_read_header(r);
    CAMSEAL_TRY(camseal_spdm_read_opaque_14(r, s, &m->opaque));
    m->verify_data = camseal_read_span(r, s->clear_handshake ? s->hash : 0u);
    return camseal_reader_ok(r);
}

void camseal_spdm_write_finish_rsp(camseal_writer *w, const spdm_shape *s, const spdm_finish_rsp *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_FINISH_RSP, 0, 0);
    camseal_spdm_write_opaque_14(w, s, m->opaque);
    camseal_write_span(w, m->verify_data);
}
