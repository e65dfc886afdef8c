/* PSK_EXCHANGE, PSK_FINISH and their responses. Which hints and contexts are good enough is the
 * business of the drivers. */
#include "psk.h"

#include "base/try.h"
#include "key_exchange.h"

/* The three lengths come first, so that the common reader of opaque data does not fit. */
static camseal_status opaque_status(const camseal_reader *r, camseal_span opaque)
{
    CAMSEAL_TRY(camseal_reader_ok(r));
    return opaque.len > SPDM_OPAQUE_MAX ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

camseal_status camseal_spdm_read_psk_exchange(camseal_reader *r, const spdm_shape *s,
                                              spdm_psk_exchange *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->summary = h.param1;
    m->policy = h.param2 & camseal_spdm_policy_bits(s);
    m->session_id = camseal_read_le16(r);
    uint16_t hint = camseal_read_le16(r);
    uint16_t context = camseal_read_le16(r);
    uint16_t opaque = camseal_read_le16(r);
    m->hint = camseal_read_span(r, hint);
    m->context = camseal_read_span(r, context);
    m->opaque = camseal_read_span(r, opaque);
    CAMSEAL_TRY(opaque_status(r, m->opaque));
    return camseal_spdm_summary_legal(m->summary) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_psk_exchange(camseal_writer *w, const spdm_shape *s,
                                     const spdm_psk_exchange *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_PSK_EXCHANGE, m->summary, m->policy);
    camseal_write_le16(w, m->session_id);
    camseal_write_le16(w, (uint16_t)m->hint.len);
    camseal_write_le16(w, (uint16_t)m->context.len);
    camseal_write_le16(w, (uint16_t)m->opaque.len);
    camseal_write_span(w, m->hint);
    camseal_spdm_write_room(w, m->context);
    camseal_write_span(w, m->opaque);
}

camseal_status camseal_spdm_read_psk_exchange_rsp(camseal_reader *r, const spdm_shape *s,
                                                  spdm_psk_exchange_rsp *m)
{
    m->heartbeat = camseal_spdm_read_header(r).param1;
    m->session_id = camseal_read_le16(r);
    camseal_read_skip(r, 2);
    uint16_t context = camseal_read_le16(r);
    uint16_t opaque = camseal_read_le16(r);
    m->summary = camseal_read_span(r, s->summary ? s->hash : 0u);
    m->context = camseal_read_span(r, context);
    m->opaque = camseal_read_span(r, opaque);
    m->verify_data = camseal_read_span(r, s->hash);
    return opaque_status(r, m->opaque);
}

void camseal_spdm_write_psk_exchange_rsp(camseal_writer *w, const spdm_shape *s,
                                         const spdm_psk_exchange_rsp *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_PSK_EXCHANGE_RSP, m->heartbeat, 0);
    camseal_write_le16(w, m->session_id);
    camseal_write_le16(w, 0);
    camseal_write_le16(w, (uint16_t)m->context.len);
    camseal_write_le16(w, (uint16_t)m->opaque.len);
    camseal_write_span(w, m->summary);
    camseal_spdm_write_room(w, m->context);
    camseal_write_span(w, m->opaque);
    camseal_write_span(w, m->verify_data);
}

camseal_status camseal_spdm_read_psk_finish(camseal_reader *r, const spdm_shape *s,
                                            spdm_psk_finish *m)
{
    (void)camseal_spdm_read_header(r);
    CAMSEAL_TRY(camseal_spdm_read_opaque_14(r, s, &m->opaque));
    m->verify_data = camseal_read_span(r, s->hash);
    return camseal_reader_ok(r);
}

void camseal_spdm_write_psk_finish(camseal_writer *w, const spdm_shape *s, const spdm_psk_finish *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_PSK_FINISH, 0, 0);
    camseal_spdm_write_opaque_14(w, s, m->opaque);
    camseal_write_span(w, m->verify_data);
}

camseal_status camseal_spdm_read_psk_finish_rsp(camseal_reader *r, const spdm_shape *s,
                                                spdm_psk_finish_rsp *m)
{
    (void)camseal_spdm_read_header(r);
    CAMSEAL_TRY(camseal_spdm_read_opaque_14(r, s, &m->opaque));
    return camseal_reader_ok(r);
}

void camseal_spdm_write_psk_finish_rsp(camseal_writer *w, const spdm_shape *s,
                                       const spdm_psk_finish_rsp *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_PSK_FINISH_RSP, 0, 0);
    camseal_spdm_write_opaque_14(w, s, m->opaque);
}
