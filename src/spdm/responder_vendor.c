/* Responder: VENDOR_DEFINED_REQUEST goes to the application. */
#include "base/try.h"
#include "msg/vendor.h"
#include "responder.h"

/* The peer must not take an application's refusal for a broken session. */
static camseal_status refuse_vendor(spdm_request *q, camseal_status status)
{
    q->error = camseal_status_spdm_error(status);
    if (q->error == SPDM_ERR_DECRYPT)
        q->error = SPDM_ERR_UNSPECIFIED;
    return camseal_spdm_refuse(q, status, "refused by the application");
}

camseal_status camseal_spdm_rsp_vendor(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_vendor m;
    CAMSEAL_TRY(camseal_spdm_read_vendor(&q->reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    if (!r->config.vendor)
        return camseal_spdm_refuse(q, CAMSEAL_E_UNSUPPORTED,
                                   "no application takes vendor requests");
    size_t head = camseal_spdm_vendor_overhead(&m);
    CAMSEAL_TRY(camseal_spdm_fits(q, head));
    if (q->message.len > r->buffer_bytes)
        return camseal_spdm_refuse_as(q, SPDM_ERR_REQUEST_TOO_LARGE, CAMSEAL_E_SPACE, NULL);

    size_t room = q->w->capacity - head;
    camseal_buf response = {q->w->start + head, room < UINT16_MAX ? room : UINT16_MAX, 0};
    const camseal_spdm_vendor_request request = {camseal_spdm_session_index(r, q->session),
                                                 q->session ? q->session->id : 0, m.standard_id,
                                                 m.vendor_id, m.payload};
    camseal_status status = r->config.vendor(r->config.user, &request, &response);
    if (status == CAMSEAL_PENDING)
        return camseal_spdm_keep_request(r, q);
    if (status != CAMSEAL_OK)
        return refuse_vendor(q, status);
    if (response.len > response.capacity)
        return camseal_spdm_refuse(q, CAMSEAL_E_BUG, "the application overran its buffer");
    m.payload.len = response.len;
    camseal_spdm_write_vendor_head(q->w, r->shape.version, SPDM_VENDOR_DEFINED_RESPONSE, &m);
    (void)camseal_write_reserve(q->w, response.len);
    return CAMSEAL_OK;
}
