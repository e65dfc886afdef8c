/* CHALLENGE and CHALLENGE_AUTH. */
#include "challenge.h"

#include "base/try.h"

enum { BASIC_MUT_AUTH = 0x80 };

camseal_status camseal_spdm_read_challenge(camseal_reader *r, const spdm_shape *s,
                                           spdm_challenge *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->slot = h.param1;
    m->summary = h.param2;
    m->nonce = camseal_read_span(r, SPDM_NONCE_BYTES);
    m->context = camseal_read_span(r, camseal_spdm_context_bytes(s));
    CAMSEAL_TRY(camseal_reader_ok(r));
    if (!camseal_spdm_slot_legal(m->slot) || !camseal_spdm_summary_legal(m->summary))
        return CAMSEAL_E_FORMAT;
    return CAMSEAL_OK;
}

void camseal_spdm_write_challenge(camseal_writer *w, const spdm_shape *s, const spdm_challenge *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_CHALLENGE, m->slot, m->summary);
    camseal_spdm_write_room(w, m->nonce);
    camseal_write_span(w, m->context);
}

camseal_status camseal_spdm_read_challenge_auth(camseal_reader *r, const spdm_shape *s,
                                                spdm_challenge_auth *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->slot = h.param1 & SPDM_SLOT_MASK;
    m->mutual = (h.param1 & BASIC_MUT_AUTH) != 0;
    m->slot_mask = h.param2;
    m->chain_hash = camseal_read_span(r, s->hash);
    m->nonce = camseal_read_span(r, SPDM_NONCE_BYTES);
    m->summary = camseal_read_span(r, s->summary ? s->hash : 0u);
    CAMSEAL_TRY(camseal_spdm_read_opaque(r, &m->opaque));
    m->context = camseal_read_span(r, camseal_spdm_context_bytes(s));
    m->signature = camseal_read_span(r, s->signature);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return camseal_spdm_slot4_legal(m->slot) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_challenge_auth(camseal_writer *w, const spdm_shape *s,
                                       const spdm_challenge_auth *m)
{
    uint8_t param1 = (uint8_t)((m->slot & SPDM_SLOT_MASK) | (m->mutual ? BASIC_MUT_AUTH : 0));
    camseal_spdm_write_header(w, s->version, SPDM_CHALLENGE_AUTH, param1, m->slot_mask);
    camseal_write_span(w, m->chain_hash);
    camseal_spdm_write_room(w, m->nonce);
    camseal_write_span(w, m->summary);
    camseal_spdm_write_opaque(w, m->opaque);
    camseal_write_span(w, m->context);
    camseal_write_span(w, m->signature);
}
