/* Messages that are only a header. */
#include "short.h"

#include "base/try.h"

enum { CLEAR_STATE = 0x01 };

camseal_status camseal_spdm_read_bare(camseal_reader *r)
{
    (void)camseal_spdm_read_header(r);
    return camseal_reader_ok(r);
}

void camseal_spdm_write_bare(camseal_writer *w, uint8_t version, uint8_t code)
{
    camseal_spdm_write_header(w, version, code, 0, 0);
}

camseal_status camseal_spdm_read_key_update(camseal_reader *r, spdm_key_update *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->operation = h.param1;
    m->tag = h.param2;
    CAMSEAL_TRY(camseal_reader_ok(r));
    bool legal = m->operation >= SPDM_UPDATE_KEY && m->operation <= SPDM_VERIFY_NEW_KEY;
    return legal ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_key_update(camseal_writer *w, uint8_t version, uint8_t code,
                                   const spdm_key_update *m)
{
    camseal_spdm_write_header(w, version, code, m->operation, m->tag);
}

camseal_status camseal_spdm_read_end_session(camseal_reader *r, spdm_end_session *m)
{
    m->clear_state = (camseal_spdm_read_header(r).param1 & CLEAR_STATE) != 0;
    return camseal_reader_ok(r);
}

void camseal_spdm_write_end_session(camseal_writer *w, uint8_t version, const spdm_end_session *m)
{
    camseal_spdm_write_header(w, version, SPDM_END_SESSION, m->clear_state ? CLEAR_STATE : 0, 0);
}

camseal_status camseal_spdm_read_respond_if_ready(camseal_reader *r, spdm_respond_if_ready *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->request_code = h.param1;
    m->token = h.param2;
    CAMSEAL_TRY(camseal_reader_ok(r));
    return m->request_code & SPDM_REQUEST_BIT ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_respond_if_ready(camseal_writer *w, uint8_t version,
                                         const spdm_respond_if_ready *m)
{
    camseal_spdm_write_header(w, version, SPDM_RESPOND_IF_READY, m->request_code, m->token);
}

camseal_status camseal_spdm_read_set_certificate_rsp(camseal_reader *r, spdm_set_certificate_rsp *m)
{
    m->slot = camseal_spdm_read_header(r).param1 & SPDM_SLOT_MASK;
    CAMSEAL_TRY(camseal_reader_ok(r));
    return m->slot <= SPDM_SLOT_LAST ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_set_certificate_rsp(camseal_writer *w, uint8_t version,
                                            const spdm_set_certificate_rsp *m)
{
    camseal_spdm_write_header(w, version, SPDM_SET_CERTIFICATE_RSP, m->slot, 0);
}
