/* Messages that carry others. What is inside is not looked at. */
#include "encapsulated.h"

#include "base/try.h"

/* All that is left; not less than a header. */
static camseal_status read_inner(camseal_reader *r, camseal_span *inner)
{
    *inner = camseal_read_rest(r);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return inner->len < SPDM_HEADER_BYTES ? CAMSEAL_E_TRUNCATED : CAMSEAL_OK;
}

camseal_status camseal_spdm_read_encapsulated(camseal_reader *r, spdm_encapsulated *m)
{
    m->request_id = camseal_spdm_read_header(r).param1;
    return read_inner(r, &m->inner);
}

void camseal_spdm_write_encapsulated(camseal_writer *w, uint8_t version, uint8_t code,
                                     const spdm_encapsulated *m)
{
    camseal_spdm_write_header(w, version, code, m->request_id, 0);
    camseal_write_span(w, m->inner);
}

camseal_status camseal_spdm_read_encapsulated_ack(camseal_reader *r, spdm_encapsulated_ack *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->request_id = h.param1;
    m->payload = h.param2;
    m->acked_id = camseal_read_u8(r);
    camseal_read_skip(r, 3);
    m->slot = 0;
    m->inner = camseal_span_of(NULL, 0);
    CAMSEAL_TRY(camseal_reader_ok(r));
    if (m->payload == SPDM_ACK_REQUEST)
        return read_inner(r, &m->inner);
    if (m->payload == SPDM_ACK_END)
        return CAMSEAL_OK;
    m->slot = camseal_read_u8(r);
    CAMSEAL_TRY(camseal_reader_ok(r));
    bool legal = m->payload == SPDM_ACK_SLOT && camseal_spdm_slot_legal(m->slot);
    return legal ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_encapsulated_ack(camseal_writer *w, uint8_t version,
                                         const spdm_encapsulated_ack *m)
{
    camseal_spdm_write_header(w, version, SPDM_ENCAPSULATED_RESPONSE_ACK, m->request_id,
                              m->payload);
    camseal_write_u8(w, m->acked_id);
    camseal_write_zeros(w, 3);
    if (m->payload == SPDM_ACK_SLOT)
        camseal_write_u8(w, m->slot);
    camseal_write_span(w, m->inner);
}
