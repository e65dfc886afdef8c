/* KEY_EXCHANGE and KEY_EXCHANGE_RSP. */
#include "key_exchange.h"

#include "base/try.h"

enum { POLICY_12 = 0x01, POLICY_13 = 0x03 };

uint8_t camseal_spdm_policy_bits(const spdm_shape *s)
{
    return s->version >= SPDM_VERSION_13 ? POLICY_13 : POLICY_12;
}

camseal_status camseal_spdm_read_key_exchange(camseal_reader *r, const spdm_shape *s,
                                              spdm_key_exchange *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->summary = h.param1;
    m->slot = h.param2;
    m->session_id = camseal_read_le16(r);
    m->policy = camseal_read_u8(r) & camseal_spdm_policy_bits(s);
    camseal_read_skip(r, 1);
    m->random = camseal_read_span(r, SPDM_NONCE_BYTES);
    m->exchange = camseal_read_span(r, s->kex_request);
    CAMSEAL_TRY(camseal_spdm_read_opaque(r, &m->opaque));
    CAMSEAL_TRY(camseal_reader_ok(r));
    if (!camseal_spdm_slot_legal(m->slot) || !camseal_spdm_summary_legal(m->summary))
        return CAMSEAL_E_FORMAT;
    return CAMSEAL_OK;
}

void camseal_spdm_write_key_exchange(camseal_writer *w, const spdm_shape *s,
                                     const spdm_key_exchange *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_KEY_EXCHANGE, m->summary, m->slot);
    camseal_write_le16(w, m->session_id);
    camseal_write_u8(w, m->policy);
    camseal_write_u8(w, 0);
    camseal_spdm_write_room(w, m->random);
    camseal_spdm_write_room(w, m->exchange);
    camseal_spdm_write_opaque(w, m->opaque);
}

/* The responder names the requester's slot only if no encapsulated flow does. */
static bool mut_auth_legal(const spdm_key_exchange_rsp *m)
{
    if (m->mut_auth == SPDM_MUT_AUTH)
        return camseal_spdm_slot4_legal(m->req_slot);
    return m->mut_auth == 0 || m->mut_auth == SPDM_MUT_AUTH_ENCAP ||
           m->mut_auth == SPDM_MUT_AUTH_DIGESTS;
}

camseal_status camseal_spdm_read_key_exchange_rsp(camseal_reader *r, const spdm_shape *s,
                                                  spdm_key_exchange_rsp *m)
{
    m->heartbeat = camseal_spdm_read_header(r).param1;
    m->session_id = camseal_read_le16(r);
    m->mut_auth = camseal_read_u8(r);
    m->req_slot = camseal_read_u8(r) & SPDM_SLOT_MASK;
    if (m->mut_auth != SPDM_MUT_AUTH)
        m->req_slot = 0;
    m->random = camseal_read_span(r, SPDM_NONCE_BYTES);
    m->exchange = camseal_read_span(r, s->kex_response);
    m->summary = camseal_read_span(r, s->summary ? s->hash : 0u);
    CAMSEAL_TRY(camseal_spdm_read_opaque(r, &m->opaque));
    m->signature = camseal_read_span(r, s->signature);
    m->verify_data = camseal_read_span(r, s->clear_handshake ? 0u : s->hash);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return mut_auth_legal(m) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_key_exchange_rsp(camseal_writer *w, const spdm_shape *s,
                                         const spdm_key_exchange_rsp *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_KEY_EXCHANGE_RSP, m->heartbeat, 0);
    camseal_write_le16(w, m->session_id);
    camseal_write_u8(w, m->mut_auth);
    camseal_write_u8(w, m->req_slot);
    camseal_spdm_write_room(w, m->random);
    camseal_spdm_write_room(w, m->exchange);
    camseal_write_span(w, m->summary);
    camseal_spdm_write_opaque(w, m->opaque);
    camseal_write_span(w, m->signature);
    camseal_write_span(w, m->verify_data);
}
