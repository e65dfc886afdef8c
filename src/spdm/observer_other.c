/* Messages that no transcript holds: only their form is checked, and what they end is ended. */
#include "observer_state.h"

#include "msg/csr.h"
#include "msg/event.h"
#include "msg/key_pair.h"
#include "msg/mel.h"
#include "msg/set_certificate.h"
#include "msg/short.h"
#include "msg/vendor.h"

enum { SLOT_MASK = 0x0F };

static camseal_status read_vendor(camseal_reader *r)
{
    spdm_vendor m;
    bool large;
    return camseal_spdm_read_any_vendor(r, &large, &m);
}

static camseal_status read_key_pair(camseal_reader *r, const spdm_layer *l)
{
    spdm_get_key_pair_info get;
    spdm_key_pair_info info;
    spdm_set_key_pair_info set;
    uint8_t version = l->seen.shape.version;
    switch (l->seen.code) {
    case SPDM_GET_KEY_PAIR_INFO:
        return camseal_spdm_read_get_key_pair_info(r, &get);
    case SPDM_KEY_PAIR_INFO:
        return camseal_spdm_read_key_pair_info(r, version, &info);
    default:
        return camseal_spdm_read_set_key_pair_info(r, version, &set);
    }
}

static camseal_status read_certificates(camseal_reader *r, const spdm_layer *l)
{
    spdm_get_csr get;
    spdm_csr csr;
    spdm_set_certificate set;
    spdm_set_certificate_rsp rsp;
    switch (l->seen.code) {
    case SPDM_GET_CSR:
        return camseal_spdm_read_get_csr(r, l->seen.shape.version, &get);
    case SPDM_CSR:
        return camseal_spdm_read_csr(r, &csr);
    case SPDM_SET_CERTIFICATE:
        return camseal_spdm_read_set_certificate(r, &l->seen.shape, &set);
    default:
        return camseal_spdm_read_set_certificate_rsp(r, &rsp);
    }
}

static camseal_status read_events(camseal_reader *r, const spdm_layer *l)
{
    spdm_event_types types;
    spdm_send_event events;
    switch (l->seen.code) {
    case SPDM_SUPPORTED_EVENT_TYPES:
        return camseal_spdm_read_supported_event_types(r, &types);
    case SPDM_SUBSCRIBE_EVENT_TYPES:
        return camseal_spdm_read_subscribe_event_types(r, &types);
    default:
        return camseal_spdm_read_send_event(r, &events);
    }
}

static camseal_status read_log(camseal_reader *r, const spdm_layer *l)
{
    spdm_get_mel get;
    spdm_mel mel;
    return l->seen.code == SPDM_GET_MEASUREMENT_EXTENSION_LOG ? camseal_spdm_read_get_mel(r, &get)
                                                              : camseal_spdm_read_mel(r, &mel);
}

static camseal_status read_other(camseal_reader *r, const spdm_layer *l)
{
    spdm_end_session end;
    spdm_respond_if_ready again;
    switch (l->seen.code) {
    case SPDM_VENDOR_DEFINED_REQUEST:
    case SPDM_VENDOR_DEFINED_RESPONSE:
        return read_vendor(r);
    case SPDM_GET_KEY_PAIR_INFO:
    case SPDM_KEY_PAIR_INFO:
    case SPDM_SET_KEY_PAIR_INFO:
        return read_key_pair(r, l);
    case SPDM_GET_CSR:
    case SPDM_CSR:
    case SPDM_SET_CERTIFICATE:
    case SPDM_SET_CERTIFICATE_RSP:
        return read_certificates(r, l);
    case SPDM_SUPPORTED_EVENT_TYPES:
    case SPDM_SUBSCRIBE_EVENT_TYPES:
    case SPDM_SEND_EVENT:
        return read_events(r, l);
    case SPDM_GET_MEASUREMENT_EXTENSION_LOG:
    case SPDM_MEASUREMENT_EXTENSION_LOG:
        return read_log(r, l);
    case SPDM_END_SESSION:
        return camseal_spdm_read_end_session(r, &end);
    case SPDM_RESPOND_IF_READY:
        return camseal_spdm_read_respond_if_ready(r, &again);
    case SPDM_SLOT_MANAGEMENT:
    case SPDM_SLOT_MANAGEMENT_RESP:
        (void)camseal_read_rest(r);
        return CAMSEAL_OK;
    default:
        return camseal_spdm_read_bare(r);
    }
}

/* A responder of 1.4 is known that sends four zeros too many. */
static void skip_zeros(camseal_reader *r)
{
    while (!r->failed && r->left && r->at[0] == 0)
        camseal_read_skip(r, 1);
}

void camseal_spdm_observer_other(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    camseal_span message;
    camseal_status status = read_other(&r, l);
    if (l->seen.code == SPDM_KEY_PAIR_INFO)
        skip_zeros(&r);
    if (!camseal_spdm_observer_parsed(o, l, status, &r, &message))
        return;
    /* The slot's chain may be another one from now on. */
    if (l->seen.code == SPDM_SET_CERTIFICATE_RSP)
        o->identity[SPDM_SIDE_RSP][l->seen.bytes.data[2] & SLOT_MASK].replaceable = true;
    if (l->seen.code == SPDM_END_SESSION_ACK && l->session)
        camseal_spdm_observer_session_end(o, l->session);
}
