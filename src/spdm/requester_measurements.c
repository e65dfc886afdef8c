/* Requester: GET_MEASUREMENTS, with the transcript of a series (L1) and its evidence. */
#include <string.h>

#include "base/try.h"
#include "evidence.h"
#include "measure.h"
#include "msg/digests.h"
#include "requester.h"

static spdm_run *l1_of(camseal_spdm_requester *r)
{
    return camseal_spdm_l1(&r->transcript, camseal_spdm_current(r));
}

static camseal_status build(camseal_spdm_requester *r, camseal_writer *w)
{
    const camseal_spdm_measure *a = r->measure;
    const camseal_crypto *crypto = r->config.crypto;
    unsigned attributes = (a->sign ? SPDM_MEASURE_SIGNED : 0u) | (a->raw ? SPDM_MEASURE_RAW : 0u) |
                          (a->fresh ? SPDM_MEASURE_NEW : 0u);
    const spdm_get_measurements m = {
        .attributes = (uint8_t)attributes,
        .operation = a->operation,
        .slot = r->config.slot,
        .nonce = {a->nonce, a->sign ? (size_t)SPDM_NONCE_BYTES : 0u},
        .context = {a->context, camseal_spdm_context_bytes(&r->shape)},
    };
    camseal_spdm_write_get_measurements(w, &r->shape, &m);
    if (w->failed || !a->sign || a->nonce)
        return CAMSEAL_OK; /* the driver says that it does not fit */
    return crypto->random(crypto->user, w->start + SPDM_HEADER_BYTES, SPDM_NONCE_BYTES);
}

/* What an operation may answer with. */
static camseal_status check_blocks(camseal_spdm_requester *r, const spdm_measurements *m)
{
    uint8_t operation = r->measure->operation;
    if (operation == CAMSEAL_SPDM_MEASURE_COUNT) {
        if (m->total == 0 || m->total > SPDM_MEASUREMENT_INDEX_LAST || m->blocks != 0)
            return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "not a number of measurements",
                                       SPDM_MEASUREMENT_INDEX_LAST, m->total);
        return CAMSEAL_OK;
    }
    if (operation == CAMSEAL_SPDM_MEASURE_ALL)
        return CAMSEAL_OK;
    if (m->blocks != 1)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "not one block for one index", 1,
                                   m->blocks);
    if (m->record.data[0] != operation)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "a measurement of another index", operation,
                                   m->record.data[0]);
    return CAMSEAL_OK;
}

static camseal_status check_response(camseal_spdm_requester *r, const spdm_measurements *m)
{
    const camseal_spdm_measure *a = r->measure;
    if (a->sign && (m->status & SPDM_SLOT_MASK) != r->config.slot)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "signed by another slot", r->config.slot,
                                   m->status & SPDM_SLOT_MASK);
    if (m->context.len && memcmp(m->context.data, a->context, m->context.len) != 0)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "RequesterContext does not come back", 0,
                                   0);
    return check_blocks(r, m);
}

/* Both messages join L1, which starts behind A. */
static camseal_status note_l1(camseal_spdm_requester *r, spdm_run *l1, camseal_span response)
{
    const spdm_transcript *t = &r->transcript;
    if (!l1->open)
        CAMSEAL_TRY(camseal_spdm_run_fork(t, l1));
    CAMSEAL_TRY(camseal_spdm_run_add(t, l1, camseal_spdm_request_sent(r)));
    return camseal_spdm_run_add(t, l1, response);
}

static camseal_status verify_l1(camseal_spdm_requester *r, spdm_run *l1, camseal_span signature)
{
    uint8_t digest[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(camseal_spdm_run_peek(&r->transcript, l1, digest));
    camseal_spdm_run_drop(&r->transcript, l1);
    return camseal_spdm_verify(r, SPDM_SIGN_MEASUREMENTS, digest, signature);
}

/* The same messages that join L1, for others to check. */
static camseal_status note_evidence(camseal_spdm_requester *r, bool first, camseal_span response,
                                    camseal_span signature)
{
    const spdm_transcript *t = &r->transcript;
    camseal_buf *b = r->measure->evidence;
    if (!b)
        return CAMSEAL_OK;
    if (first)
        CAMSEAL_TRY(camseal_spdm_evidence_start(b, camseal_span_of(r->chain, r->chain_len),
                                                camseal_span_of(t->vca, t->vca_len)));
    CAMSEAL_TRY(camseal_spdm_evidence_add(b, camseal_spdm_request_sent(r)));
    CAMSEAL_TRY(camseal_spdm_evidence_add(b, response));
    return r->measure->sign ? camseal_spdm_evidence_end(b, signature) : CAMSEAL_OK;
}

/* Only what was found good goes to the caller. */
static camseal_status hand_on(camseal_spdm_requester *r, const spdm_measurements *m)
{
    camseal_spdm_measure *a = r->measure;
    camseal_buf *record = a->record;
    if (record && m->record.len > record->capacity)
        return camseal_spdm_reject(r, CAMSEAL_E_SPACE, "the record is longer than the buffer",
                                   record->capacity, m->record.len);
    a->total = m->total;
    a->blocks = m->blocks;
    a->change = (uint8_t)((m->status & SPDM_CONTENT_MASK) >> SPDM_CONTENT_SHIFT);
    camseal_spdm_deliver_blocks(m->record, a->block, a->user);
    if (!record)
        return CAMSEAL_OK;
    if (m->record.len)
        memcpy(record->data, m->record.data, m->record.len);
    record->len = m->record.len;
    return CAMSEAL_OK;
}

static camseal_status accept(camseal_spdm_requester *r, camseal_span message)
{
    spdm_measurements m;
    spdm_run *l1 = l1_of(r);
    bool first = !l1->open;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_measurements(&reader, &r->shape, r->measure->sign, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(check_response(r, &m));
    camseal_span covered = camseal_span_of(message.data, message.len - m.signature.len);
    CAMSEAL_TRY(note_l1(r, l1, covered));
    if (r->measure->sign)
        CAMSEAL_TRY(verify_l1(r, l1, m.signature));
    camseal_status evidence = note_evidence(r, first, covered, m.signature);
    if (evidence != CAMSEAL_OK)
        return camseal_spdm_reject(r, evidence, "the buffer for the evidence is too short",
                                   r->measure->evidence->capacity, 0);
    CAMSEAL_TRY(hand_on(r, &m));
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

static const spdm_operation get_measurements = {SPDM_OP_MEASUREMENTS, build, accept, NULL};

static camseal_status check_capabilities(const camseal_spdm_requester *r,
                                         const camseal_spdm_measure *m)
{
    uint32_t level = r->peer_flags & SPDM_CAP_MEAS;
    if (level == 0 || (m->sign && level != SPDM_CAP_MEAS_SIGNED))
        return CAMSEAL_E_NEGOTIATION;
    if (m->fresh && r->shape.version < SPDM_VERSION_13)
        return CAMSEAL_E_NEGOTIATION;
    if (m->sign && !camseal_spdm_key_serves(r, SPDM_USE_MEASUREMENTS))
        return CAMSEAL_E_NEGOTIATION;
    /* Nobody's signature could be checked. */
    return (m->sign || m->evidence) && !r->trusted ? CAMSEAL_E_STATE : CAMSEAL_OK;
}

camseal_status camseal_spdm_begin_measurements(camseal_spdm_requester *r, uint8_t session,
                                               camseal_spdm_measure *measure)
{
    if (!measure)
        return CAMSEAL_E_ARGUMENT;
    CAMSEAL_TRY(camseal_spdm_check_place(r, session));
    CAMSEAL_TRY(check_capabilities(r, measure));
    CAMSEAL_TRY(camseal_spdm_begin(r, &get_measurements, session));
    /* Evidence lacks what was said before it. */
    if (measure->evidence && measure->evidence->len == 0 && l1_of(r)->open) {
        camseal_spdm_next(r, NULL);
        return CAMSEAL_E_STATE;
    }
    r->measure = measure;
    measure->total = measure->blocks = measure->change = 0;
    if (measure->record)
        measure->record->len = 0;
    return CAMSEAL_OK;
}
