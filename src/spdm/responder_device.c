/* Responder: GET_MEASUREMENT_EXTENSION_LOG and GET_ENDPOINT_INFO. */
#include <string.h>

#include "base/try.h"
#include "measure.h"
#include "msg/digests.h"
#include "msg/endpoint_info.h"
#include "msg/error.h"
#include "msg/mel.h"
#include "responder_device.h"

enum { MEL_HEAD_BYTES = 12, INFO_AT_UNSIGNED = 12 };

/* ---- measurement extension log -------------------------------------------------------------- */

static camseal_status write_portion(spdm_request *q, const spdm_get_mel *m, camseal_span log)
{
    if (m->offset >= log.len || m->length == 0 || log.len > UINT32_MAX)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "outside the log");
    CAMSEAL_TRY(camseal_spdm_fits(q, MEL_HEAD_BYTES + 1u));
    size_t left = log.len - m->offset;
    size_t room = q->w->capacity - MEL_HEAD_BYTES;
    size_t n = m->length < left ? m->length : left;
    if (n > room)
        n = room;
    const spdm_mel response = {(uint32_t)(left - n), {log.data + m->offset, n}};
    camseal_spdm_write_mel(q->w, q->header.version, &response);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_rsp_mel(camseal_spdm_responder *r, spdm_request *q)
{
    const camseal_spdm_measurer *from = r->config.measurer;
    spdm_get_mel m;
    camseal_span log = {NULL, 0};
    CAMSEAL_TRY(camseal_spdm_read_get_mel(&q->reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    if (!r->mel_spec || !r->measurement_hash)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNEXPECTED, "no log specification was negotiated");
    camseal_status status = from->log(from->user, &log);
    if (status == CAMSEAL_PENDING)
        return camseal_spdm_keep_request(r, q);
    if (status != CAMSEAL_OK)
        return camseal_spdm_refuse_as(q, SPDM_ERR_OPERATION_FAILED, status,
                                      "the application has no log");
    return write_portion(q, &m, log);
}

/* ---- endpoint information ------------------------------------------------------------------- */

/* IL1: A and this one exchange. */
static camseal_status sign_il1(camseal_spdm_responder *r, spdm_request *q)
{
    const spdm_transcript *t = &r->transcript;
    uint8_t digest[CAMSEAL_HASH_MAX];
    spdm_run il1 = {.open = false};
    camseal_status status = camseal_spdm_run_fork(t, &il1);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_add(t, &il1, q->message);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_add(t, &il1, camseal_span_of(q->w->start, q->w->len));
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_peek(t, &il1, digest);
    camseal_spdm_run_drop(t, &il1);
    CAMSEAL_TRY(status);
    return camseal_spdm_sign_response(r, q, SPDM_SIGN_ENDPOINT_INFO, digest);
}

static camseal_status check_endpoint_info(camseal_spdm_responder *r, spdm_request *q,
                                          const spdm_get_endpoint_info *m)
{
    if (m->sub_code != SPDM_EP_INFO_DEVICE_CLASS)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "unknown SubCode");
    if (!m->is_signed)
        return CAMSEAL_OK;
    if ((r->flags & SPDM_CAP_EP_INFO) != SPDM_CAP_EP_INFO_SIGNED)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "endpoint information is not signed here");
    return camseal_spdm_use_slot_for(r, q, m->slot, SPDM_USE_ENDPOINT_INFO);
}

camseal_status camseal_spdm_rsp_endpoint_info(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_get_endpoint_info m;
    uint8_t nonce[SPDM_NONCE_BYTES];
    CAMSEAL_TRY(camseal_spdm_read_get_endpoint_info(&q->reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    CAMSEAL_TRY(check_endpoint_info(r, q, &m));
    spdm_endpoint_info response = {.slot = m.slot, .info = r->config.measurer->endpoint_info};
    size_t n = INFO_AT_UNSIGNED + response.info.len;
    if (m.is_signed) {
        CAMSEAL_TRY(r->config.crypto->random(r->config.crypto->user, nonce, sizeof nonce));
        response.nonce = camseal_span_of(nonce, sizeof nonce);
        n += sizeof nonce + r->shape.signature;
    }
    CAMSEAL_TRY(camseal_spdm_fits(q, n));
    camseal_spdm_write_endpoint_info(q->w, &r->shape, &response);
    CAMSEAL_TRY(camseal_writer_end(q->w));
    return m.is_signed ? sign_il1(r, q) : CAMSEAL_OK;
}
