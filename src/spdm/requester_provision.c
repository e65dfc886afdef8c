/* Requester: GET_CSR, SET_CERTIFICATE, and the certificates of any slot. */
#include <string.h>

#include "base/try.h"
#include "camseal/spdm_provision.h"
#include "msg/csr.h"
#include "msg/opaque.h"
#include "msg/set_certificate.h"
#include "msg/short.h"
#include "requester.h"

enum { TAG_LAST = 7 };

/* Both in a connection with several keys, else neither. */
static bool key_fields_legal(const camseal_spdm_requester *r, uint8_t key_pair_id, uint8_t model,
                             bool needs_model)
{
    if (model > SPDM_CERT_MODEL_GENERIC)
        return false;
    return r->shape.multi_key ? key_pair_id && (model || !needs_model) : !key_pair_id && !model;
}

/* ---- GET_CSR -------------------------------------------------------------------------------- */

static camseal_status build_csr(camseal_spdm_requester *r, camseal_writer *w)
{
    const camseal_spdm_csr *c = r->csr;
    const spdm_get_csr m = {.key_pair_id = c->key_pair_id,
                            .model = c->model,
                            .tag = c->tag,
                            .overwrite = c->overwrite,
                            .requester_info = c->requester_info,
                            .opaque = c->opaque};
    camseal_spdm_write_get_csr(w, r->shape.version, &m);
    return CAMSEAL_OK;
}

static camseal_status accept_csr(camseal_spdm_requester *r, camseal_span message)
{
    spdm_csr m;
    camseal_span whole;
    camseal_buf *out = &r->csr->csr;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_csr(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    if (camseal_spdm_first_certificate(m.csr, &whole) != CAMSEAL_OK || whole.len != m.csr.len)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "the CSR is not one DER sequence", 0,
                                   m.csr.len);
    if (m.csr.len > out->capacity)
        return camseal_spdm_reject(r, CAMSEAL_E_SPACE, "the CSR is longer than the buffer",
                                   out->capacity, m.csr.len);
    memcpy(out->data, m.csr.data, m.csr.len);
    out->len = m.csr.len;
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

static const spdm_operation get_csr = {SPDM_OP_CSR, build_csr, accept_csr, NULL};

static bool csr_legal(const camseal_spdm_requester *r, const camseal_spdm_csr *c)
{
    bool newer = r->shape.version >= SPDM_VERSION_13;
    if (c->tag > TAG_LAST || (c->tag && c->overwrite) || (!newer && (c->tag || c->overwrite)))
        return false;
    if (c->requester_info.len > UINT16_MAX || c->opaque.len > SPDM_OPAQUE_MAX)
        return false;
    return key_fields_legal(r, c->key_pair_id, c->model, true);
}

camseal_status camseal_spdm_begin_get_csr(camseal_spdm_requester *r, uint8_t session,
                                          camseal_spdm_csr *csr)
{
    CAMSEAL_TRY(camseal_spdm_check_place(r, session));
    if (!(r->peer_flags & SPDM_CAP_CSR) ||
        (csr->tag && !(r->peer_flags & SPDM_CAP_CERT_INSTALL_RESET)))
        return CAMSEAL_E_NEGOTIATION;
    if (!csr_legal(r, csr))
        return CAMSEAL_E_ARGUMENT;
    csr->csr.len = 0;
    r->csr = csr;
    return camseal_spdm_begin(r, &get_csr, session);
}

/* ---- SET_CERTIFICATE ------------------------------------------------------------------------ */

static camseal_status build_set_certificate(camseal_spdm_requester *r, camseal_writer *w)
{
    const camseal_spdm_new_chain *c = r->new_chain;
    const spdm_set_certificate m = {
        .slot = c->slot, .model = c->model, .erase = c->erase, .key_pair_id = c->key_pair_id};
    camseal_spdm_write_set_certificate(w, r->shape.version, &m);
    if (c->erase)
        return CAMSEAL_OK;
    spdm_own_chain blob;
    CAMSEAL_TRY(camseal_spdm_own_chain(&blob, r->config.crypto, r->algorithms.hash, c->chain));
    camseal_spdm_own_chain_portion(w, &blob, 0, blob.total);
    return CAMSEAL_OK;
}

/* What was known of the slot in use is out of date. */
static camseal_status accept_set_certificate(camseal_spdm_requester *r, camseal_span message)
{
    spdm_set_certificate_rsp m;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_set_certificate_rsp(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    if (m.slot != r->new_chain->slot)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "answer for another slot",
                                   r->new_chain->slot, m.slot);
    if (m.slot == r->config.slot)
        r->trusted = false;
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

static const spdm_operation set_certificate = {SPDM_OP_SET_CERTIFICATE, build_set_certificate,
                                               accept_set_certificate, NULL};

static bool new_chain_legal(const camseal_spdm_requester *r, const camseal_spdm_new_chain *c)
{
    camseal_span first;
    if (c->slot > SPDM_SLOT_LAST || !key_fields_legal(r, c->key_pair_id, c->model, !c->erase))
        return false;
    if (c->erase)
        return r->shape.version >= SPDM_VERSION_13 && !c->model && !c->chain.len;
    return camseal_spdm_first_certificate(c->chain, &first) == CAMSEAL_OK;
}

camseal_status camseal_spdm_begin_set_certificate(camseal_spdm_requester *r, uint8_t session,
                                                  const camseal_spdm_new_chain *chain)
{
    CAMSEAL_TRY(camseal_spdm_check_place(r, session));
    if (!(r->peer_flags & SPDM_CAP_SET_CERT))
        return CAMSEAL_E_NEGOTIATION;
    if (!new_chain_legal(r, chain))
        return CAMSEAL_E_ARGUMENT;
    r->new_chain = chain;
    return camseal_spdm_begin(r, &set_certificate, session);
}

/* ---- another slot --------------------------------------------------------------------------- */

camseal_status camseal_spdm_begin_certificate(camseal_spdm_requester *r, uint8_t slot)
{
    CAMSEAL_TRY(camseal_spdm_check_place(r, SPDM_NO_SESSION_USED));
    if (slot > SPDM_SLOT_LAST)
        return CAMSEAL_E_ARGUMENT;
    if (!r->config.n_anchors || !(r->peer_flags & SPDM_CAP_CERT))
        return CAMSEAL_E_NEGOTIATION;
    r->config.slot = slot;
    r->trusted = false;
    return camseal_spdm_begin(r, &camseal_spdm_req_digests, SPDM_NO_SESSION_USED);
}
