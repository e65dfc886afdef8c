/* Requester: the answers to encapsulated requests. A table says which request is answered in which
 * flow; each answer writes one inner response. Knows the requester's identities; no wrapper, and
 * not how flows go on. */
#include "base/load.h"
#include "base/try.h"
#include "msg/certificate.h"
#include "msg/challenge.h"
#include "msg/digests.h"
#include "msg/endpoint_info.h"
#include "msg/error.h"
#include "msg/event.h"
#include "msg/short.h"
#include "requester.h"
#include "requester_encap.h"

/* ---- DIGESTS, CERTIFICATE ---------------------------------------------------------------------
 */

/* What a multi-key DIGESTS adds to the digests. */
typedef struct key_lists {
    uint8_t pair_ids[CAMSEAL_SPDM_SLOTS], models[CAMSEAL_SPDM_SLOTS];
    uint8_t usages[2 * CAMSEAL_SPDM_SLOTS];
} key_lists;

static void note_key(key_lists *lists, size_t n, const camseal_spdm_identity *id)
{
    lists->pair_ids[n] = id->key_pair_id ? id->key_pair_id : (uint8_t)(id->slot + 1u);
    lists->models[n] = id->model ? id->model : (uint8_t)SPDM_CERT_MODEL_DEVICE;
    camseal_store_le16(lists->usages + 2 * n, camseal_spdm_own_key_usage(id));
}

static camseal_status answer_digests(camseal_spdm_requester *r, camseal_span inner,
                                     camseal_writer *w)
{
    const camseal_spdm_identity *id;
    spdm_own_chain chain;
    key_lists lists;
    size_t n = 0;
    uint8_t mask = camseal_spdm_own_slots(r);
    CAMSEAL_TRY(inner.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    camseal_spdm_write_header(w, r->shape.version, SPDM_DIGESTS,
                              r->shape.version >= SPDM_VERSION_13 ? mask : (uint8_t)0, mask);
    for (uint8_t slot = 0; slot <= SPDM_SLOT_LAST; slot++) {
        if (!((unsigned)mask >> slot & 1u))
            continue;
        CAMSEAL_TRY(camseal_spdm_own_identity(r, slot, 0, &id, &chain));
        camseal_write_bytes(w, chain.digest, r->shape.hash);
        note_key(&lists, n++, id);
    }
    if (r->own_multi_key) {
        camseal_write_bytes(w, lists.pair_ids, n);
        camseal_write_bytes(w, lists.models, n);
        camseal_write_bytes(w, lists.usages, 2 * n);
    }
    return n ? CAMSEAL_OK : CAMSEAL_E_NOT_FOUND;
}

/* The most of a chain that one response can carry. */
static size_t portion_room(const camseal_writer *w)
{
    size_t head = w->len + SPDM_CERTIFICATE_HEADER_BYTES;
    size_t room = w->capacity > head ? w->capacity - head : 0;
    return room < UINT16_MAX ? room : UINT16_MAX;
}

static camseal_status answer_certificate(camseal_spdm_requester *r, camseal_span inner,
                                         camseal_writer *w)
{
    const camseal_spdm_identity *id;
    spdm_own_chain chain;
    spdm_get_certificate m;
    camseal_reader reader = camseal_reader_of(inner);
    CAMSEAL_TRY(camseal_spdm_read_get_certificate(&reader, r->shape.version, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(camseal_spdm_own_identity(r, m.slot, 0, &id, &chain));
    if (m.large) /* without LARGE_RESP_CAP */
        return CAMSEAL_E_UNSUPPORTED;
    spdm_certificate rsp = {.slot = m.slot, .remainder = chain.total};
    if (r->own_multi_key)
        rsp.info = id->model ? id->model : (uint8_t)SPDM_CERT_MODEL_DEVICE;
    if (!(m.attributes & SPDM_SLOT_SIZE)) {
        if (m.offset >= chain.total || m.length == 0)
            return CAMSEAL_E_FORMAT;
        size_t left = (size_t)chain.total - m.offset, room = portion_room(w);
        rsp.portion.len = m.length < left ? m.length : left;
        if (rsp.portion.len > room)
            rsp.portion.len = room;
        rsp.remainder = (uint32_t)(left - rsp.portion.len);
    }
    camseal_spdm_write_certificate_head(w, r->shape.version, &rsp);
    camseal_spdm_own_chain_portion(w, &chain, m.offset, rsp.portion.len);
    return CAMSEAL_OK;
}

/* ---- CHALLENGE_AUTH ----------------------------------------------------------------------------
 */

/* Up to the signature, for which M1 of the requester is closed: A, B', CHALLENGE, CHALLENGE_AUTH.
 */
static camseal_status answer_challenge(camseal_spdm_requester *r, camseal_span inner,
                                       camseal_writer *w)
{
    const camseal_spdm_identity *id;
    spdm_own_chain chain;
    spdm_challenge m;
    uint8_t nonce[SPDM_NONCE_BYTES], digest[CAMSEAL_HASH_MAX];
    spdm_run *m1 = &r->encap.m1;
    camseal_reader reader = camseal_reader_of(inner);
    CAMSEAL_TRY(camseal_spdm_read_challenge(&reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    if (m.summary)
        return CAMSEAL_E_FORMAT;
    CAMSEAL_TRY(camseal_spdm_own_identity(r, m.slot, SPDM_USE_CHALLENGE, &id, &chain));
    CAMSEAL_TRY(r->config.crypto->random(r->config.crypto->user, nonce, sizeof nonce));
    const spdm_challenge_auth rsp = {.slot = m.slot,
                                     .slot_mask = camseal_spdm_own_slots(r),
                                     .chain_hash = {chain.digest, r->shape.hash},
                                     .nonce = {nonce, sizeof nonce},
                                     .context = m.context};
    size_t at = w->len;
    camseal_spdm_write_challenge_auth(w, &r->shape, &rsp);
    CAMSEAL_TRY(camseal_writer_end(w));
    if (!m1->open)
        CAMSEAL_TRY(camseal_spdm_run_fork(&r->transcript, m1));
    CAMSEAL_TRY(camseal_spdm_run_add(&r->transcript, m1, inner));
    CAMSEAL_TRY(
        camseal_spdm_run_add(&r->transcript, m1, camseal_span_of(w->start + at, w->len - at)));
    CAMSEAL_TRY(camseal_spdm_run_peek(&r->transcript, m1, digest));
    camseal_spdm_run_drop(&r->transcript, m1);
    return camseal_spdm_own_sign_begin(r, w, id, SPDM_SIGN_REQ_CHALLENGE_AUTH, digest);
}

/* ---- services in a session ---------------------------------------------------------------------
 */

/* The responder's new key: it sends under that one after this answer. The old one is kept until it
 * says VerifyNewKey, for an ERROR (DSP0274 KEY_UPDATE). */
static camseal_status follow_key_update(camseal_spdm_requester *r, uint8_t operation)
{
    spdm_session *s = camseal_spdm_current(r);
    spdm_schedule k = camseal_spdm_requester_schedule(r);
    if (operation == SPDM_UPDATE_KEY && s->update == 0) {
        s->update = SPDM_UPDATE_KEY;
        return camseal_spdm_session_update(&k, s, SPDM_DIR_RSP);
    }
    if (operation != SPDM_VERIFY_NEW_KEY || s->update != SPDM_UPDATE_KEY)
        return CAMSEAL_E_FORMAT;
    camseal_spdm_session_confirm(s);
    return CAMSEAL_OK;
}

static camseal_status answer_key_update(camseal_spdm_requester *r, camseal_span inner,
                                        camseal_writer *w)
{
    spdm_key_update m;
    camseal_reader reader = camseal_reader_of(inner);
    CAMSEAL_TRY(camseal_spdm_read_key_update(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(follow_key_update(r, m.operation));
    camseal_spdm_write_key_update(w, r->shape.version, SPDM_KEY_UPDATE_ACK, &m);
    return CAMSEAL_OK;
}

static camseal_status answer_event(camseal_spdm_requester *r, camseal_span inner, camseal_writer *w)
{
    const camseal_spdm_answerer *a = r->config.answerer;
    spdm_send_event m;
    camseal_reader reader = camseal_reader_of(inner);
    CAMSEAL_TRY(camseal_spdm_read_send_event(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    if (!a->event)
        return CAMSEAL_E_UNSUPPORTED;
    CAMSEAL_TRY(a->event(a->user, r->session, m.count, m.events));
    camseal_spdm_write_bare(w, r->shape.version, SPDM_EVENT_ACK);
    return CAMSEAL_OK;
}

/* IL1: A, GET_ENDPOINT_INFO, ENDPOINT_INFO without its signature. */
static camseal_status sign_endpoint_info(camseal_spdm_requester *r, camseal_span inner,
                                         camseal_writer *w, size_t at,
                                         const camseal_spdm_identity *id)
{
    spdm_run il = {.open = false};
    uint8_t digest[CAMSEAL_HASH_MAX];
    const spdm_transcript *t = &r->transcript;
    camseal_status status = camseal_writer_end(w);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_fork(t, &il);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_add(t, &il, inner);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_add(t, &il, camseal_span_of(w->start + at, w->len - at));
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_peek(t, &il, digest);
    camseal_spdm_run_drop(t, &il);
    CAMSEAL_TRY(status);
    return camseal_spdm_own_sign_begin(r, w, id, SPDM_SIGN_REQ_ENDPOINT_INFO, digest);
}

static camseal_status answer_endpoint_info(camseal_spdm_requester *r, camseal_span inner,
                                           camseal_writer *w)
{
    const camseal_spdm_identity *id = NULL;
    spdm_own_chain chain;
    uint8_t nonce[SPDM_NONCE_BYTES];
    spdm_get_endpoint_info m;
    camseal_reader reader = camseal_reader_of(inner);
    CAMSEAL_TRY(camseal_spdm_read_get_endpoint_info(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    if (m.sub_code != SPDM_EP_INFO_DEVICE_CLASS || !r->config.answerer->endpoint_info.len)
        return CAMSEAL_E_FORMAT;
    spdm_endpoint_info rsp = {.info = r->config.answerer->endpoint_info};
    if (m.is_signed) {
        CAMSEAL_TRY(camseal_spdm_own_identity(r, m.slot, SPDM_USE_ENDPOINT_INFO, &id, &chain));
        CAMSEAL_TRY(r->config.crypto->random(r->config.crypto->user, nonce, sizeof nonce));
        rsp.slot = m.slot;
        rsp.nonce = camseal_span_of(nonce, sizeof nonce);
    }
    size_t at = w->len;
    camseal_spdm_write_endpoint_info(w, &r->shape, &rsp);
    return id ? sign_endpoint_info(r, inner, w, at, id) : CAMSEAL_OK;
}

/* ---- which, when -------------------------------------------------------------------------------
 */

#define IN(flow) (1u << (flow))
#define TO_LEARN (IN(SPDM_FLOW_SESSION) | IN(SPDM_FLOW_CHALLENGE) | IN(SPDM_FLOW_SERVICE))

typedef struct answer_row {
    uint8_t request;
    uint8_t since;
    uint8_t flows; /* bit n: legal in flow n           */
    bool session;  /* in an established session only   */
    uint32_t own;  /* capability of the requester      */
    camseal_status (*answer)(camseal_spdm_requester *r, camseal_span inner, camseal_writer *w);
} answer_row;

static const answer_row rows[] = {
    {SPDM_GET_DIGESTS, SPDM_VERSION_12, TO_LEARN, false, SPDM_CAP_CERT, answer_digests},
    {SPDM_GET_CERTIFICATE, SPDM_VERSION_12, TO_LEARN, false, SPDM_CAP_CERT, answer_certificate},
    {SPDM_CHALLENGE, SPDM_VERSION_12, IN(SPDM_FLOW_CHALLENGE), false, SPDM_CAP_CHAL,
     answer_challenge},
    {SPDM_KEY_UPDATE, SPDM_VERSION_12, IN(SPDM_FLOW_SERVICE), true, SPDM_CAP_KEY_UPD,
     answer_key_update},
    {SPDM_SEND_EVENT, SPDM_VERSION_13, IN(SPDM_FLOW_SERVICE), true, 0, answer_event},
    {SPDM_GET_ENDPOINT_INFO, SPDM_VERSION_13, IN(SPDM_FLOW_SERVICE), false, SPDM_CAP_EP_INFO,
     answer_endpoint_info},
};

static const answer_row *find_row(uint8_t request, uint8_t version)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].request == request && version >= rows[i].since)
            return &rows[i];
    return NULL;
}

/* The order of checks is that of a responder. */
static camseal_status dispatch(camseal_spdm_requester *r, const spdm_header *h, camseal_span inner,
                               camseal_writer *w)
{
    const answer_row *row = find_row(h->code, r->shape.version);
    const spdm_session *s = camseal_spdm_current(r);
    bool established = s && s->state == SPDM_SESSION_ESTABLISHED;
    if (!row)
        return CAMSEAL_E_UNSUPPORTED;
    if (h->version != r->shape.version)
        return CAMSEAL_E_VERSION;
    if (!(row->flows >> r->encap.flow & 1u) || (row->session && !established))
        return CAMSEAL_E_UNEXPECTED;
    if (row->own && !(r->flags & row->own))
        return CAMSEAL_E_UNSUPPORTED;
    return row->answer(r, inner, w);
}

/* Inner messages, not what they come in, are what both sides hash: B' after CHALLENGE; D', if it
 * was the first answer and the requester has several keys, in a session. */
static camseal_status note(camseal_spdm_requester *r, uint8_t code, camseal_span inner,
                           camseal_span response)
{
    spdm_encap_responder *e = &r->encap;
    const spdm_transcript *t = &r->transcript;
    bool learns = code == SPDM_GET_DIGESTS || code == SPDM_GET_CERTIFICATE;
    if (e->flow == SPDM_FLOW_SESSION && code == SPDM_GET_DIGESTS && e->answered == 0 &&
        r->own_multi_key)
        return camseal_spdm_run_add(t, &camseal_spdm_current(r)->th, response);
    if (e->flow != SPDM_FLOW_CHALLENGE || !learns)
        return CAMSEAL_OK;
    if (code == SPDM_GET_DIGESTS || !e->m1.open)
        CAMSEAL_TRY(camseal_spdm_run_fork(t, &e->m1));
    CAMSEAL_TRY(camseal_spdm_run_add(t, &e->m1, inner));
    return camseal_spdm_run_add(t, &e->m1, response);
}

static void write_inner_error(camseal_spdm_requester *r, camseal_writer *w, size_t at,
                              camseal_status status, uint8_t request)
{
    spdm_error e = {camseal_status_spdm_error(status), 0, {NULL, 0}};
    if (e.code == SPDM_ERR_UNSUPPORTED)
        e.data = request;
    *w = camseal_writer_of(w->start, w->capacity);
    (void)camseal_write_reserve(w, at);
    camseal_spdm_write_error(w, r->shape.version, &e);
    camseal_trace_event(r->config.trace, status, "spdm", camseal_spdm_code_name(request),
                        "an encapsulated request is refused", e.code, 0);
}

/* Of what the responder asked for; our own failures are no answer. */
static bool is_refusal(camseal_status status)
{
    int class = camseal_status_class(status);
    return class == CAMSEAL_CLASS_PEER || class == CAMSEAL_CLASS_CALLER ||
           class == CAMSEAL_CLASS_SECURITY;
}

camseal_status camseal_spdm_answer_inner(camseal_spdm_requester *r, camseal_writer *w)
{
    if (r->encap.signature.busy)
        return camseal_spdm_own_sign(r);
    camseal_span inner = r->encap.inner;
    camseal_reader reader = camseal_reader_of(inner);
    spdm_header h = camseal_spdm_read_header(&reader);
    size_t at = w->len;
    r->encap.inner = camseal_span_of(NULL, 0);
    CAMSEAL_TRY(camseal_reader_ok(&reader));
    camseal_status status = dispatch(r, &h, inner, w);
    if (status == CAMSEAL_OK)
        status = camseal_writer_end(w);
    if (status == CAMSEAL_OK)
        return note(r, h.code, inner, camseal_span_of(w->start + at, w->len - at));
    if (status == CAMSEAL_PENDING || !is_refusal(status))
        return status;
    write_inner_error(r, w, at, status, h.code);
    return CAMSEAL_OK;
}
