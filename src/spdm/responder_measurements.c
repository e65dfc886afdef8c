/* Responder: GET_MEASUREMENTS, and the measurement summaries of other responses. What is measured
 * comes from config.measurer. */
#include <string.h>

#include "base/try.h"
#include "measure.h"
#include "msg/digests.h"
#include "responder.h"
#include "responder_device.h"

enum { RECORD_AT = 8, TAIL_BYTES = SPDM_NONCE_BYTES + 2 };

static spdm_measure_walk walk_of(const camseal_spdm_responder *r, const spdm_request *q)
{
    spdm_measure_walk w = {.measurer = r->config.measurer, .crypto = r->config.crypto};
    w.query.session = camseal_spdm_session_index(r, q->session);
    w.query.hash = camseal_spdm_measurement_hash(r->measurement_hash);
    return w;
}

static bool is_signed(const spdm_get_measurements *m)
{
    return (m->attributes & SPDM_MEASURE_SIGNED) != 0;
}

static bool wanted(const spdm_get_measurements *m, uint8_t index)
{
    return m->operation == CAMSEAL_SPDM_MEASURE_ALL || m->operation == index;
}

/* The blocks, behind the response's fixed part. record.len counts also what did not fit. */
static camseal_status write_blocks(camseal_spdm_responder *r, spdm_request *q,
                                   const spdm_get_measurements *request, spdm_measurements *m)
{
    spdm_measurement_block block;
    spdm_measure_walk walk = walk_of(r, q);
    walk.raw = (request->attributes & SPDM_MEASURE_RAW) != 0;
    walk.query.fresh = (request->attributes & SPDM_MEASURE_NEW) != 0;
    camseal_writer w = *q->w;
    (void)camseal_write_reserve(&w, RECORD_AT);
    for (;;) {
        camseal_status status = camseal_spdm_measure_next(&walk, &block);
        if (status == CAMSEAL_E_NOT_FOUND)
            return CAMSEAL_OK;
        if (status != CAMSEAL_OK)
            return status;
        m->total++;
        if (!wanted(request, block.index))
            continue;
        m->blocks++;
        m->record.len += SPDM_MEASUREMENT_HEAD_BYTES + block.value.len;
        camseal_spdm_write_block(&w, &block);
    }
}

static camseal_status check_request(camseal_spdm_responder *r, spdm_request *q,
                                    const spdm_get_measurements *m)
{
    if (!r->measurement_spec)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED,
                                   "no measurement specification was negotiated");
    if (!is_signed(m))
        return CAMSEAL_OK;
    if ((r->flags & SPDM_CAP_MEAS) != SPDM_CAP_MEAS_SIGNED)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "measurements are not signed here");
    return camseal_spdm_use_slot_for(r, q, m->slot, SPDM_USE_MEASUREMENTS);
}

/* Since the series of requests began that the signature covers. */
static uint8_t content_changed(const camseal_spdm_responder *r, uint32_t since)
{
    const camseal_spdm_measurer *from = r->config.measurer;
    if (from->generation)
        return from->generation(from->user) == since ? SPDM_CONTENT_SAME : SPDM_CONTENT_CHANGED;
    return from->block ? SPDM_CONTENT_UNKNOWN : SPDM_CONTENT_SAME;
}

/* The response up to its signature. */
static camseal_status write_response(camseal_spdm_responder *r, spdm_request *q,
                                     const spdm_get_measurements *request, uint32_t since)
{
    const camseal_crypto *crypto = r->config.crypto;
    spdm_measurements m = {.nonce = {NULL, SPDM_NONCE_BYTES}, .context = request->context};
    camseal_status status = write_blocks(r, q, request, &m);
    if (status == CAMSEAL_E_BUG)
        return camseal_spdm_refuse(q, status, "the application gave an illegal block");
    if (status != CAMSEAL_OK)
        return status;
    if (m.blocks == 0 && request->operation != CAMSEAL_SPDM_MEASURE_COUNT &&
        request->operation != CAMSEAL_SPDM_MEASURE_ALL)
        return camseal_spdm_refuse(q, CAMSEAL_E_NOT_FOUND, "no measurement has this index");
    size_t signature = is_signed(request) ? r->shape.signature : 0u;
    CAMSEAL_TRY(
        camseal_spdm_fits(q, RECORD_AT + m.record.len + TAIL_BYTES + m.context.len + signature));
    if (request->operation != CAMSEAL_SPDM_MEASURE_COUNT)
        m.total = 0;
    if (is_signed(request))
        m.status = (uint8_t)(request->slot | content_changed(r, since));
    camseal_spdm_write_measurements(q->w, &r->shape, &m);
    CAMSEAL_TRY(camseal_writer_end(q->w));
    return crypto->random(crypto->user, q->w->start + RECORD_AT + m.record.len, SPDM_NONCE_BYTES);
}

/* Request and response join L1. */
static camseal_status note_l1(camseal_spdm_responder *r, const spdm_request *q, spdm_run *l1)
{
    const spdm_transcript *t = &r->transcript;
    if (!l1->open)
        CAMSEAL_TRY(camseal_spdm_run_fork(t, l1));
    CAMSEAL_TRY(camseal_spdm_run_add(t, l1, q->message));
    return camseal_spdm_run_add(t, l1, camseal_span_of(q->w->start, q->w->len));
}

/* The signature covers L1 and ends it. */
static camseal_status sign_l1(camseal_spdm_responder *r, spdm_request *q, spdm_run *l1)
{
    uint8_t digest[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(camseal_spdm_run_peek(&r->transcript, l1, digest));
    camseal_spdm_run_drop(&r->transcript, l1);
    return camseal_spdm_sign_response(r, q, SPDM_SIGN_MEASUREMENTS, digest);
}

static uint32_t generation(const camseal_spdm_responder *r)
{
    const camseal_spdm_measurer *from = r->config.measurer;
    return from->generation ? from->generation(from->user) : 0;
}

static camseal_status answer_measurements(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_get_measurements m;
    CAMSEAL_TRY(camseal_spdm_read_get_measurements(&q->reader, &r->shape, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    CAMSEAL_TRY(check_request(r, q, &m));
    spdm_run *l1 = camseal_spdm_l1(&r->transcript, q->session);
    uint32_t *since = q->session ? &q->session->generation : &r->generation;
    if (!l1->open)
        *since = generation(r);
    camseal_status status = write_response(r, q, &m, *since);
    if (status == CAMSEAL_PENDING)
        return camseal_spdm_keep_request(r, q);
    CAMSEAL_TRY(status);
    CAMSEAL_TRY(note_l1(r, q, l1));
    return is_signed(&m) ? sign_l1(r, q, l1) : CAMSEAL_OK;
}

static camseal_status summarise(camseal_spdm_responder *r, spdm_request *q, uint8_t type,
                                uint8_t *digest)
{
    spdm_measure_walk walk = walk_of(r, q);
    if (!(r->flags & SPDM_CAP_MEAS) || !r->measurement_spec)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "measurement summary without measurements");
    camseal_status status = camseal_spdm_measure_summary(&walk, type, r->algorithms.hash, digest);
    return status == CAMSEAL_PENDING ? camseal_spdm_keep_request(r, q) : status;
}

/* ---- the feature ---------------------------------------------------------------------------- */

static uint32_t flags(const camseal_spdm_responder_config *config)
{
    const camseal_spdm_measurer *m = config->measurer;
    uint32_t f = 0;
    if (!m)
        return 0;
    if (m->block || m->n_blocks)
        f |= m->unsigned_only || !config->n_identities ? SPDM_CAP_MEAS_UNSIGNED
                                                       : SPDM_CAP_MEAS_SIGNED;
    if (f && m->fresh)
        f |= SPDM_CAP_MEAS_FRESH;
    if (m->log)
        f |= SPDM_CAP_MEL;
    if (m->endpoint_info.len)
        f |= m->endpoint_info_unsigned_only || !config->n_identities ? SPDM_CAP_EP_INFO_UNSIGNED
                                                                     : SPDM_CAP_EP_INFO_SIGNED;
    return f;
}

static const spdm_service services[] = {
    {SPDM_OP_MEASUREMENTS, answer_measurements},
    {SPDM_OP_MEL, camseal_spdm_rsp_mel},
    {SPDM_OP_ENDPOINT_INFO, camseal_spdm_rsp_endpoint_info},
};

const camseal_spdm_feature camseal_spdm_measurements = {
    .services = services,
    .n_services = sizeof services / sizeof services[0],
    .flags = flags,
    .summary = summarise,
};
