/* Responder: GET_CSR and SET_CERTIFICATE. Checks what comes in, asks the application whether the
 * requester may, and has it stored; how storage survives a power failure is the application's
 * business. Linked only with the feature camseal_spdm_provisioning. */
#include "camseal/spdm_provision.h"

#include <string.h>

#include "base/try.h"
#include "camseal/spdm_keypair.h"
#include "msg/csr.h"
#include "msg/error.h"
#include "msg/opaque.h"
#include "msg/set_certificate.h"
#include "msg/short.h"
#include "responder.h"

enum { CSR_AT = 8, TAG_LAST = 7 };

enum stage { STAGE_NONE, STAGE_CHAIN, STAGE_APPLICATION };

/* What answered PENDING, and what outlives connections. */
typedef struct spdm_provision {
    uint8_t stage;  /* enum stage: whom the present request waits for           */
    bool reset_due; /* something is stored that is in effect after a reset only */
    camseal_chain_job job;
    camseal_span anchor; /* of a chain that must only hold together */
    spdm_cert_result result;
} spdm_provision;

/* The model of a connection with a single key is that of all chains. */
static uint8_t model_of(const camseal_spdm_responder *r, uint8_t asked)
{
    if (r->shape.multi_key)
        return asked;
    return r->flags & SPDM_CAP_ALIAS_CERT ? SPDM_CERT_MODEL_ALIAS : SPDM_CERT_MODEL_DEVICE;
}

static uint8_t proof_of(const spdm_session *s)
{
    if (s && s->psk)
        return CAMSEAL_SPDM_PROOF_PSK;
    return s && s->mut_auth ? CAMSEAL_SPDM_PROOF_CERTIFICATE : CAMSEAL_SPDM_PROOF_NONE;
}

/* KeyPairID and CertModel: both in a connection with several keys, else neither. */
static camseal_status check_key_fields(const camseal_spdm_responder *r, spdm_request *q, uint8_t id,
                                       uint8_t model, bool needs_model)
{
    const camseal_spdm_key_pairs *pairs = r->config.key_pairs;
    bool legal = r->shape.multi_key ? id && (model || !needs_model) : !id && !model;
    if (pairs && id > pairs->total)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "KeyPairID is behind the last");
    return legal ? CAMSEAL_OK
                 : camseal_spdm_refuse(q, CAMSEAL_E_FORMAT,
                                       "KeyPairID or CertModel do not fit the connection");
}

static void abandon(camseal_spdm_responder *r)
{
    spdm_provision *p = r->provision;
    const camseal_spdm_provisioner *by = r->config.provisioner;
    if (p->stage == STAGE_APPLICATION && by->abandon)
        by->abandon(by->user);
    p->stage = STAGE_NONE;
}

/* The application answers PENDING or for good. */
static camseal_status note_answer(camseal_spdm_responder *r, const spdm_request *q,
                                  camseal_status status)
{
    spdm_provision *p = r->provision;
    p->stage = status == CAMSEAL_PENDING ? STAGE_APPLICATION : STAGE_NONE;
    return status == CAMSEAL_PENDING ? camseal_spdm_keep_request(r, q) : status;
}

static camseal_status reset_required(spdm_request *q, uint8_t tag, const char *detail)
{
    q->error_data = tag;
    return camseal_spdm_refuse_as(q, SPDM_ERR_RESET_REQUIRED, CAMSEAL_E_STATE, detail);
}

/* ---- GET_CSR -------------------------------------------------------------------------------- */

static camseal_status check_get_csr(camseal_spdm_responder *r, spdm_request *q,
                                    const spdm_get_csr *m)
{
    camseal_span info = {NULL, 0};
    if (m->tag && !(r->flags & SPDM_CAP_CERT_INSTALL_RESET))
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "a CSRTrackingTag, but nothing is reset");
    CAMSEAL_TRY(check_key_fields(r, q, m->key_pair_id, m->model, true));
    if (m->opaque.len && (!r->opaque_format || camseal_spdm_check_opaque(m->opaque) != CAMSEAL_OK))
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "OpaqueData is not well-formed");
    if (m->requester_info.len)
        CAMSEAL_TRY(camseal_spdm_first_certificate(m->requester_info, &info));
    if (info.len != m->requester_info.len)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "RequesterInfo is not one DER sequence");
    return CAMSEAL_OK;
}

/* The application's CSR, which it has written where it belongs; or why there is none. */
static camseal_status take_csr(camseal_spdm_responder *r, spdm_request *q, camseal_status status,
                               const camseal_buf *csr)
{
    if (status == CAMSEAL_E_SPACE && csr->len > csr->capacity)
        CAMSEAL_TRY(camseal_spdm_fits(q, CSR_AT + csr->len));
    if (status != CAMSEAL_OK) {
        bool busy = status == CAMSEAL_E_STATE || status == CAMSEAL_E_UNEXPECTED;
        return camseal_spdm_refuse_as(q, busy ? SPDM_ERR_UNEXPECTED : SPDM_ERR_INVALID_REQUEST,
                                      status, "the application makes no CSR of it");
    }
    if (csr->len == 0 || csr->len > csr->capacity)
        return camseal_spdm_refuse(q, CAMSEAL_E_BUG, "the application's CSR has no length");
    const spdm_csr head = {{NULL, csr->len}};
    camseal_spdm_write_csr_head(q->w, r->shape.version, &head);
    (void)camseal_write_reserve(q->w, csr->len);
    return CAMSEAL_OK;
}

static camseal_status answer_csr(camseal_spdm_responder *r, spdm_request *q, const spdm_get_csr *m)
{
    const camseal_spdm_provisioner *by = r->config.provisioner;
    bool reset = false;
    uint8_t tag = 0;
    size_t room = q->w->capacity - CSR_AT;
    camseal_buf csr = {q->w->start + CSR_AT, room < UINT16_MAX ? room : UINT16_MAX, 0};
    const camseal_spdm_csr_request request = {.session = camseal_spdm_session_index(r, q->session),
                                              .proof = proof_of(q->session),
                                              .sign = r->algorithms.sign->id,
                                              .hash = r->algorithms.hash->id,
                                              .model = model_of(r, m->model),
                                              .key_pair_id = m->key_pair_id,
                                              .tag = m->tag,
                                              .overwrite = m->overwrite,
                                              .requester_info = m->requester_info,
                                              .opaque = m->opaque};
    camseal_status status = note_answer(r, q, by->csr(by->user, &request, &csr, &reset, &tag));
    if (status != CAMSEAL_OK || !reset)
        return status == CAMSEAL_PENDING ? status : take_csr(r, q, status, &csr);
    bool tagged = r->shape.version >= SPDM_VERSION_13;
    if (!(r->flags & SPDM_CAP_CERT_INSTALL_RESET) || (tagged && (tag == 0 || tag > TAG_LAST)))
        return camseal_spdm_refuse(q, CAMSEAL_E_BUG, "the application's reset has no tag");
    return reset_required(q, tagged ? tag : (uint8_t)0, "the CSR is there after a reset");
}

static camseal_status get_csr(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_get_csr m;
    CAMSEAL_TRY(camseal_spdm_read_get_csr(&q->reader, r->shape.version, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    if (!r->algorithms.sign)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "no signature was negotiated");
    CAMSEAL_TRY(check_get_csr(r, q, &m));
    CAMSEAL_TRY(camseal_spdm_fits(q, CSR_AT + 1u));
    return answer_csr(r, q, &m);
}

/* ---- SET_CERTIFICATE ------------------------------------------------------------------------ */

static camseal_status check_set_certificate(camseal_spdm_responder *r, spdm_request *q,
                                            const spdm_set_certificate *m)
{
    if (!q->session && !r->config.provisioner->trusted_environment)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED,
                                   "neither a session nor a trusted environment");
    if (!camseal_spdm_slot_identity(r, m->slot))
        return camseal_spdm_refuse(q, CAMSEAL_E_NOT_FOUND, "there is no such slot");
    CAMSEAL_TRY(check_key_fields(r, q, m->key_pair_id, m->model, !m->erase));
    if (m->slot == 0 && m->model == SPDM_CERT_MODEL_GENERIC)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "slot 0 is never generic");
    return CAMSEAL_OK;
}

static camseal_status authorise(const camseal_spdm_responder *r, spdm_request *q,
                                const camseal_spdm_installation *what)
{
    const camseal_spdm_provisioner *by = r->config.provisioner;
    if (by->authorise && by->authorise(by->user, what) == CAMSEAL_OK)
        return CAMSEAL_OK;
    bool named = r->shape.version >= SPDM_VERSION_13;
    return camseal_spdm_refuse_as(q, named ? SPDM_ERR_INVALID_POLICY : SPDM_ERR_UNEXPECTED,
                                  CAMSEAL_E_POLICY,
                                  "the application does not let this requester do it");
}

static camseal_status check_chain(camseal_spdm_responder *r, spdm_request *q,
                                  const camseal_spdm_installation *what, camseal_span blob)
{
    const camseal_spdm_provisioner *by = r->config.provisioner;
    spdm_provision *p = r->provision;
    if (!by->n_anchors && camseal_spdm_first_certificate(what->chain, &p->anchor) != CAMSEAL_OK)
        return camseal_spdm_refuse_as(q, SPDM_ERR_UNSPECIFIED, CAMSEAL_E_FORMAT,
                                      "the chain begins with no certificate");
    const spdm_cert_rules rules = {.crypto = r->config.crypto,
                                   .hash = r->algorithms.hash,
                                   .sign = r->algorithms.sign->id,
                                   .version = r->shape.version,
                                   .installs = what->model,
                                   .anchors = by->n_anchors ? by->anchors : &p->anchor,
                                   .n_anchors = by->n_anchors ? by->n_anchors : 1u,
                                   .time = by->time};
    camseal_status status = camseal_spdm_cert_check(&rules, blob, &p->job, &p->result);
    if (status == CAMSEAL_PENDING)
        return status;
    return status == CAMSEAL_OK
               ? status
               : camseal_spdm_refuse_as(q, SPDM_ERR_UNSPECIFIED, status, p->result.detail);
}

static camseal_status check_key(const camseal_spdm_responder *r, spdm_request *q,
                                const camseal_spdm_installation *what)
{
    const camseal_spdm_provisioner *by = r->config.provisioner;
    /* An alias chain ends above the leaf. */
    if (!by->fits_key || what->model == SPDM_CERT_MODEL_ALIAS)
        return CAMSEAL_OK;
    camseal_status status = by->fits_key(by->user, what);
    return status == CAMSEAL_OK ? status
                                : camseal_spdm_refuse_as(q, SPDM_ERR_UNSPECIFIED, status,
                                                         "the chain is for another key");
}

/* The old chain may be gone once the application was asked. */
static camseal_status store(camseal_spdm_responder *r, spdm_request *q,
                            const camseal_spdm_installation *what)
{
    const camseal_spdm_provisioner *by = r->config.provisioner;
    bool reset = false;
    camseal_status status = note_answer(r, q, by->store(by->user, what, &reset));
    if (status == CAMSEAL_PENDING)
        return status;
    r->identity = NULL;
    if (status != CAMSEAL_OK)
        return camseal_spdm_refuse_as(
            q, what->erase ? SPDM_ERR_OPERATION_FAILED : SPDM_ERR_UNSPECIFIED, status,
            "the application cannot store it");
    if (!reset) {
        const spdm_set_certificate_rsp response = {what->slot};
        camseal_spdm_write_set_certificate_rsp(q->w, r->shape.version, &response);
        return CAMSEAL_OK;
    }
    if (!(r->flags & SPDM_CAP_CERT_INSTALL_RESET))
        return camseal_spdm_refuse(q, CAMSEAL_E_BUG, "the application must not reset");
    r->provision->reset_due = true;
    return reset_required(q, 0, "the chain is in use after a reset");
}

/* All that needs no look into the certificates; once a request. */
static camseal_status admit(camseal_spdm_responder *r, spdm_request *q,
                            const spdm_set_certificate *m, const camseal_spdm_installation *what)
{
    spdm_provision *p = r->provision;
    CAMSEAL_TRY(check_set_certificate(r, q, m));
    CAMSEAL_TRY(authorise(r, q, what));
    memset(&p->job, 0, sizeof p->job);
    memset(&p->result, 0, sizeof p->result);
    p->stage = STAGE_CHAIN;
    return CAMSEAL_OK;
}

static camseal_status install(camseal_spdm_responder *r, spdm_request *q,
                              camseal_spdm_installation *what, camseal_span blob)
{
    const spdm_provision *p = r->provision;
    bool unchecked = p->stage == STAGE_CHAIN && !what->erase;
    camseal_status status = unchecked ? check_chain(r, q, what, blob) : CAMSEAL_OK;
    if (status != CAMSEAL_OK)
        return status;
    what->leaf_spki = p->result.leaf_spki;
    what->leaf_key_hash = what->erase ? NULL : p->result.key_hash;
    if (unchecked)
        CAMSEAL_TRY(check_key(r, q, what));
    return store(r, q, what);
}

static camseal_status set_certificate(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_set_certificate m;
    bool resumed = r->pending.op == SPDM_OP_SET_CERTIFICATE;
    CAMSEAL_TRY(camseal_spdm_read_set_certificate(&q->reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    if (!resumed) {
        /* To where it stays while the provider or the application takes time. */
        (void)camseal_spdm_keep_request(r, q);
        q->message = camseal_span_of(r->buffer, q->message.len);
        q->reader = camseal_reader_of(q->message);
        CAMSEAL_TRY(camseal_spdm_read_set_certificate(&q->reader, &r->shape, &m));
    }
    size_t head = (size_t)SPDM_CHAIN_LENGTH_BYTES + r->shape.hash;
    camseal_spdm_installation what = {.session = camseal_spdm_session_index(r, q->session),
                                      .proof = proof_of(q->session),
                                      .slot = m.slot,
                                      .identity = camseal_spdm_slot_identity(r, m.slot),
                                      .erase = m.erase,
                                      .key_pair_id = m.key_pair_id};
    if (!m.erase) {
        what.model = model_of(r, m.model);
        what.chain = camseal_span_of(m.chain.data + head, m.chain.len - head);
    }
    if (!resumed)
        CAMSEAL_TRY(admit(r, q, &m, &what));
    return install(r, q, &what, m.chain);
}

/* ---- while a reset is due ------------------------------------------------------------------- */

/* Neither the old certificates nor the new ones would be the whole truth. */
static camseal_status check_reset(const camseal_spdm_responder *r, spdm_request *q)
{
    return r->provision->reset_due ? reset_required(q, 0, "certificates wait for a reset")
                                   : CAMSEAL_OK;
}

static camseal_status digests(camseal_spdm_responder *r, spdm_request *q)
{
    CAMSEAL_TRY(check_reset(r, q));
    return camseal_spdm_rsp_digests(r, q);
}

static camseal_status certificate(camseal_spdm_responder *r, spdm_request *q)
{
    CAMSEAL_TRY(check_reset(r, q));
    return camseal_spdm_rsp_certificate(r, q);
}

/* ---- the feature ---------------------------------------------------------------------------- */

static uint32_t flags(const camseal_spdm_responder_config *c)
{
    const camseal_spdm_provisioner *by = c->provisioner;
    const uint32_t needed = SPDM_CAP_CERT | SPDM_CAP_SET_CERT; /* CSR is nothing without */
    if (!by || !by->store || !c->n_identities ||
        (c->capabilities && (c->capabilities & needed) != needed))
        return 0;
    uint32_t reset = by->may_reset ? SPDM_CAP_CERT_INSTALL_RESET : 0u;
    return SPDM_CAP_SET_CERT | (by->csr ? SPDM_CAP_CSR : 0u) | reset;
}

static size_t memory(const camseal_spdm_responder_config *c)
{
    (void)c;
    return sizeof(spdm_provision);
}

static camseal_status attach(camseal_spdm_responder *r, void *memory)
{
    const camseal_spdm_provisioner *by = r->config.provisioner;
    if (!by || !by->store || (by->n_anchors && !by->anchors))
        return CAMSEAL_E_ARGUMENT;
    r->provision = memory;
    return CAMSEAL_OK;
}

static const spdm_service services[] = {
    {SPDM_OP_CSR, get_csr},
    {SPDM_OP_SET_CERTIFICATE, set_certificate},
    {SPDM_OP_DIGESTS, digests},
    {SPDM_OP_CERTIFICATE, certificate},
};

const camseal_spdm_feature camseal_spdm_provisioning = {
    .services = services,
    .n_services = sizeof services / sizeof services[0],
    .flags = flags,
    .memory = memory,
    .attach = attach,
    .abandon = abandon,
};
