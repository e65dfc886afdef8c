/* Requester: GET_MEASUREMENT_EXTENSION_LOG and GET_ENDPOINT_INFO. */
#include <string.h>

#include "base/load.h"
#include "base/try.h"
#include "camseal/spdm_measurements.h"
#include "msg/digests.h"
#include "msg/endpoint_info.h"
#include "msg/measurements.h"
#include "msg/mel.h"
#include "requester_chunk.h"

enum { MEL_HEAD_BYTES = 12, LOG_ENTRIES_BYTES_AT = 4 };

/* ---- measurement extension log -------------------------------------------------------------- */

/* Bytes of the log as its head says, once that is here. The log may grow behind them meanwhile. */
static size_t log_bytes(const camseal_spdm_requester *r)
{
    if (r->answer_len < SPDM_MEL_HEAD_BYTES)
        return SPDM_MEL_HEAD_BYTES;
    return SPDM_MEL_HEAD_BYTES + (size_t)camseal_load_le32(r->answer->data + LOG_ENTRIES_BYTES_AT);
}

/* The whole message fits both sides; the responder gives less if it has less. */
static uint32_t portion_limit(const camseal_spdm_requester *r)
{
    return (uint32_t)(camseal_spdm_response_limit(r) - MEL_HEAD_BYTES);
}

static camseal_status build_mel(camseal_spdm_requester *r, camseal_writer *w)
{
    const spdm_get_mel m = {(uint32_t)r->answer_len, portion_limit(r)};
    camseal_spdm_write_get_mel(w, r->shape.version, &m);
    return CAMSEAL_OK;
}

static const spdm_operation get_mel;

static camseal_status take_portion(camseal_spdm_requester *r, const spdm_mel *m)
{
    const camseal_buf *log = r->answer;
    if (m->portion.len == 0 || m->portion.len > portion_limit(r))
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "PortionLength is not what was asked for",
                                   portion_limit(r), m->portion.len);
    if (m->portion.len > log->capacity - r->answer_len)
        return camseal_spdm_reject(r, CAMSEAL_E_SPACE, "the log is longer than the buffer",
                                   log->capacity, r->answer_len + m->portion.len + m->remainder);
    memcpy(log->data + r->answer_len, m->portion.data, m->portion.len);
    r->answer_len += m->portion.len;
    return CAMSEAL_OK;
}

static camseal_status accept_mel(camseal_spdm_requester *r, camseal_span message)
{
    spdm_mel m;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_mel(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(take_portion(r, &m));
    size_t total = log_bytes(r);
    if (r->answer_len < total && m.remainder) {
        camseal_spdm_next(r, &get_mel);
        return CAMSEAL_OK;
    }
    if (r->answer_len > total)
        r->answer_len = total;
    if (camseal_spdm_check_log(camseal_span_of(r->answer->data, r->answer_len)) != CAMSEAL_OK)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "the log is not well-formed", total,
                                   r->answer_len);
    r->answer->len = r->answer_len;
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

static const spdm_operation get_mel = {SPDM_OP_MEL, build_mel, accept_mel, NULL};

camseal_status camseal_spdm_begin_measurement_log(camseal_spdm_requester *r, uint8_t session,
                                                  camseal_buf *log)
{
    if (!log)
        return CAMSEAL_E_ARGUMENT;
    CAMSEAL_TRY(camseal_spdm_check_place(r, session));
    if (r->shape.version < SPDM_VERSION_13 || !(r->peer_flags & SPDM_CAP_MEL))
        return CAMSEAL_E_NEGOTIATION;
    r->answer = log;
    r->answer_len = log->len = 0;
    return camseal_spdm_begin(r, &get_mel, session);
}

camseal_status camseal_spdm_read_measurement_log(
    camseal_span log, void (*entry)(void *user, const camseal_spdm_log_entry *entry), void *user)
{
    spdm_log_head head;
    spdm_log_entry m;
    camseal_reader r = camseal_reader_of(log);
    CAMSEAL_TRY(camseal_spdm_check_log(log));
    CAMSEAL_TRY(camseal_spdm_read_log_head(&r, &head));
    for (uint32_t i = 0; i < head.entries; i++) {
        CAMSEAL_TRY(camseal_spdm_read_log_entry(&r, &m));
        const camseal_spdm_log_entry out = {
            .index = m.index,
            .measurement = m.measurement,
            .type = m.type & (uint8_t)~SPDM_MEASURE_TYPE_RAW,
            .raw = (m.type & SPDM_MEASURE_TYPE_RAW) != 0,
            .value = m.value,
        };
        entry(user, &out);
    }
    return CAMSEAL_OK;
}

/* ---- endpoint information ------------------------------------------------------------------- */

static bool wants_signature(const camseal_spdm_requester *r)
{
    return r->sign_wanted;
}

static camseal_status build_endpoint_info(camseal_spdm_requester *r, camseal_writer *w)
{
    const camseal_crypto *crypto = r->config.crypto;
    spdm_get_endpoint_info m = {.sub_code = SPDM_EP_INFO_DEVICE_CLASS};
    if (wants_signature(r)) {
        m.is_signed = true;
        m.slot = r->config.slot;
        m.nonce.len = SPDM_NONCE_BYTES;
    }
    camseal_spdm_write_get_endpoint_info(w, r->shape.version, &m);
    if (w->failed || !m.is_signed)
        return CAMSEAL_OK; /* the driver says that it does not fit */
    return crypto->random(crypto->user, w->start + w->len - SPDM_NONCE_BYTES, SPDM_NONCE_BYTES);
}

/* IL1: A and this one exchange. */
static camseal_status verify_il1(camseal_spdm_requester *r, camseal_span covered,
                                 camseal_span signature)
{
    const spdm_transcript *t = &r->transcript;
    uint8_t digest[CAMSEAL_HASH_MAX];
    spdm_run il1 = {.open = false};
    camseal_status status = camseal_spdm_run_fork(t, &il1);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_add(t, &il1, camseal_spdm_request_sent(r));
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_add(t, &il1, covered);
    if (status == CAMSEAL_OK)
        status = camseal_spdm_run_peek(t, &il1, digest);
    camseal_spdm_run_drop(t, &il1);
    CAMSEAL_TRY(status);
    return camseal_spdm_verify(r, SPDM_SIGN_ENDPOINT_INFO, digest, signature);
}

static camseal_status check_endpoint_info(camseal_spdm_requester *r, const spdm_endpoint_info *m)
{
    if (wants_signature(r) && m->slot != r->config.slot)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "signed by another slot", r->config.slot,
                                   m->slot);
    if (camseal_spdm_check_device_classes(m->info) != CAMSEAL_OK)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "EPInfo is not well-formed", 0,
                                   m->info.len);
    return CAMSEAL_OK;
}

static camseal_status accept_endpoint_info(camseal_spdm_requester *r, camseal_span message)
{
    spdm_endpoint_info m;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_endpoint_info(&reader, &r->shape, wants_signature(r), &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    CAMSEAL_TRY(check_endpoint_info(r, &m));
    if (wants_signature(r))
        CAMSEAL_TRY(verify_il1(r, camseal_span_of(message.data, message.len - m.signature.len),
                               m.signature));
    if (m.info.len > r->answer->capacity)
        return camseal_spdm_reject(r, CAMSEAL_E_SPACE, "EPInfo is longer than the buffer",
                                   r->answer->capacity, m.info.len);
    memcpy(r->answer->data, m.info.data, m.info.len);
    r->answer->len = m.info.len;
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

static const spdm_operation get_endpoint_info = {SPDM_OP_ENDPOINT_INFO, build_endpoint_info,
                                                 accept_endpoint_info, NULL};

camseal_status camseal_spdm_begin_endpoint_info(camseal_spdm_requester *r, uint8_t session,
                                                bool sign, camseal_buf *info)
{
    if (!info)
        return CAMSEAL_E_ARGUMENT;
    CAMSEAL_TRY(camseal_spdm_check_place(r, session));
    uint32_t level = r->peer_flags & SPDM_CAP_EP_INFO;
    if (r->shape.version < SPDM_VERSION_13 || level == 0 ||
        (sign && level != SPDM_CAP_EP_INFO_SIGNED))
        return CAMSEAL_E_NEGOTIATION;
    if (sign && !r->trusted)
        return CAMSEAL_E_STATE;
    if (sign && !camseal_spdm_key_serves(r, SPDM_USE_ENDPOINT_INFO))
        return CAMSEAL_E_NEGOTIATION;
    r->answer = info;
    r->sign_wanted = sign;
    info->len = 0;
    return camseal_spdm_begin(r, &get_endpoint_info, session);
}
