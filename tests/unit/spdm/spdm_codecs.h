/* Every codec behind one signature: read a message and, if it is legal and complete, write it
 * again. */
#ifndef CAMSEAL_TESTS_SPDM_CODECS_H
#define CAMSEAL_TESTS_SPDM_CODECS_H

#include <string.h>

#include "spdm/msg/algorithms.h"
#include "spdm/msg/capabilities.h"
#include "spdm/msg/certificate.h"
#include "spdm/msg/challenge.h"
#include "spdm/msg/chunk.h"
#include "spdm/msg/csr.h"
#include "spdm/msg/digests.h"
#include "spdm/msg/encapsulated.h"
#include "spdm/msg/endpoint_info.h"
#include "spdm/msg/error.h"
#include "spdm/msg/event.h"
#include "spdm/msg/finish.h"
#include "spdm/msg/key_exchange.h"
#include "spdm/msg/key_pair.h"
#include "spdm/msg/measurements.h"
#include "spdm/msg/mel.h"
#include "spdm/msg/opaque.h"
#include "spdm/msg/psk.h"
#include "spdm/msg/set_certificate.h"
#include "spdm/msg/short.h"
#include "spdm/msg/vendor.h"
#include "spdm/msg/version.h"

/* Small sizes keep the samples short; codecs know no algorithms. */
static const spdm_shape v12 = {.version = 0x12,
                               .hash = 4,
                               .signature = 6,
                               .req_signature = 5,
                               .kex_request = 3,
                               .kex_response = 2};
static const spdm_shape v13 = {.version = 0x13,
                               .hash = 4,
                               .signature = 6,
                               .req_signature = 5,
                               .kex_request = 3,
                               .kex_response = 2,
                               .measurement = 2,
                               .summary = true,
                               .multi_key = true};
static const spdm_shape v14 = {.version = 0x14,
                               .hash = 4,
                               .signature = 6,
                               .req_signature = 5,
                               .kex_request = 3,
                               .kex_response = 2,
                               .clear_handshake = true};

/* Reads a message; on success writes it again. BUG when a reader says OK beyond the end. */
typedef camseal_status (*codec)(const spdm_shape *s, camseal_reader *r, camseal_writer *w);

#define CODEC(name, type, read_call, write_call)                                          \
    static camseal_status name(const spdm_shape *s, camseal_reader *r, camseal_writer *w) \
    {                                                                                     \
        type m;                                                                           \
        memset(&m, 0xA5, sizeof m);                                                       \
        (void)s;                                                                          \
        camseal_status status = read_call;                                                \
        if (status == CAMSEAL_OK && r->failed)                                            \
            return CAMSEAL_E_BUG;                                                         \
        if (status == CAMSEAL_OK)                                                         \
            status = camseal_reader_end(r);                                               \
        if (status == CAMSEAL_OK)                                                         \
            write_call;                                                                   \
        return status;                                                                    \
    }

CODEC(version, spdm_version_rsp, camseal_spdm_read_version(r, &m),
      camseal_spdm_write_version(w, &m))
CODEC(get_capabilities, spdm_capabilities, camseal_spdm_read_capabilities(r, &m),
      camseal_spdm_write_capabilities(w, s->version, SPDM_GET_CAPABILITIES, &m))
CODEC(algorithms_req, spdm_algorithms, camseal_spdm_read_algorithms_req(r, s->version, &m),
      camseal_spdm_write_algorithms_req(w, s->version, &m))
CODEC(algorithms_rsp, spdm_algorithms, camseal_spdm_read_algorithms_rsp(r, s->version, &m),
      camseal_spdm_write_algorithms_rsp(w, s->version, &m))
CODEC(digests, spdm_digests, camseal_spdm_read_digests(r, s, &m),
      camseal_spdm_write_digests(w, s, &m))
CODEC(get_certificate, spdm_get_certificate, camseal_spdm_read_get_certificate(r, s->version, &m),
      camseal_spdm_write_get_certificate(w, s->version, &m))
CODEC(certificate, spdm_certificate, camseal_spdm_read_certificate(r, s->version, &m),
      camseal_spdm_write_certificate(w, s->version, &m))
CODEC(challenge, spdm_challenge, camseal_spdm_read_challenge(r, s, &m),
      camseal_spdm_write_challenge(w, s, &m))
CODEC(challenge_auth, spdm_challenge_auth, camseal_spdm_read_challenge_auth(r, s, &m),
      camseal_spdm_write_challenge_auth(w, s, &m))
CODEC(key_exchange, spdm_key_exchange, camseal_spdm_read_key_exchange(r, s, &m),
      camseal_spdm_write_key_exchange(w, s, &m))
CODEC(key_exchange_rsp, spdm_key_exchange_rsp, camseal_spdm_read_key_exchange_rsp(r, s, &m),
      camseal_spdm_write_key_exchange_rsp(w, s, &m))
CODEC(finish, spdm_finish, camseal_spdm_read_finish(r, s, &m), camseal_spdm_write_finish(w, s, &m))
CODEC(finish_rsp, spdm_finish_rsp, camseal_spdm_read_finish_rsp(r, s, &m),
      camseal_spdm_write_finish_rsp(w, s, &m))
CODEC(vendor, spdm_vendor, camseal_spdm_read_vendor(r, &m),
      camseal_spdm_write_vendor(w, s->version, SPDM_VENDOR_DEFINED_REQUEST, &m))
CODEC(get_measurements, spdm_get_measurements, camseal_spdm_read_get_measurements(r, s, &m),
      camseal_spdm_write_get_measurements(w, s, &m))
CODEC(measurements, spdm_measurements, camseal_spdm_read_measurements(r, s, true, &m),
      camseal_spdm_write_measurements(w, s, &m))
CODEC(measurements_plain, spdm_measurements, camseal_spdm_read_measurements(r, s, false, &m),
      camseal_spdm_write_measurements(w, s, &m))
CODEC(block, spdm_measurement_block, camseal_spdm_read_block(r, &m),
      camseal_spdm_write_block(w, &m))

/* A message and the supported algorithms behind it. */
typedef struct capabilities_block {
    spdm_capabilities caps;
    spdm_algorithms algorithms;
} capabilities_block;

static inline camseal_status read_with_block(camseal_reader *r, uint8_t v, capabilities_block *m)
{
    camseal_status status = camseal_spdm_read_capabilities(r, &m->caps);
    if (status != CAMSEAL_OK || !m->caps.attributes)
        return status;
    return camseal_spdm_read_algorithms_block(r, v, &m->algorithms);
}

static inline void write_with_block(camseal_writer *w, uint8_t v, const capabilities_block *m)
{
    camseal_spdm_write_capabilities(w, v, SPDM_CAPABILITIES, &m->caps);
    if (m->caps.attributes)
        camseal_spdm_write_algorithms_block(w, &m->algorithms);
}

CODEC(capabilities, capabilities_block, read_with_block(r, s->version, &m),
      write_with_block(w, s->version, &m))

typedef struct any_vendor {
    bool large;
    spdm_vendor vendor;
} any_vendor;

CODEC(any_vendor_msg, any_vendor, camseal_spdm_read_any_vendor(r, &m.large, &m.vendor),
      (m.large ? camseal_spdm_write_large_vendor
               : camseal_spdm_write_vendor)(w, s->version, SPDM_VENDOR_DEFINED_REQUEST, &m.vendor))
CODEC(psk_exchange, spdm_psk_exchange, camseal_spdm_read_psk_exchange(r, s, &m),
      camseal_spdm_write_psk_exchange(w, s, &m))
CODEC(psk_exchange_rsp, spdm_psk_exchange_rsp, camseal_spdm_read_psk_exchange_rsp(r, s, &m),
      camseal_spdm_write_psk_exchange_rsp(w, s, &m))
CODEC(psk_finish, spdm_psk_finish, camseal_spdm_read_psk_finish(r, s, &m),
      camseal_spdm_write_psk_finish(w, s, &m))
CODEC(psk_finish_rsp, spdm_psk_finish_rsp, camseal_spdm_read_psk_finish_rsp(r, s, &m),
      camseal_spdm_write_psk_finish_rsp(w, s, &m))
CODEC(heartbeat, int, camseal_spdm_read_bare(r),
      camseal_spdm_write_bare(w, s->version, SPDM_HEARTBEAT))
CODEC(key_update, spdm_key_update, camseal_spdm_read_key_update(r, &m),
      camseal_spdm_write_key_update(w, s->version, SPDM_KEY_UPDATE, &m))
CODEC(end_session, spdm_end_session, camseal_spdm_read_end_session(r, &m),
      camseal_spdm_write_end_session(w, s->version, &m))
CODEC(respond_if_ready, spdm_respond_if_ready, camseal_spdm_read_respond_if_ready(r, &m),
      camseal_spdm_write_respond_if_ready(w, s->version, &m))
CODEC(set_certificate_rsp, spdm_set_certificate_rsp, camseal_spdm_read_set_certificate_rsp(r, &m),
      camseal_spdm_write_set_certificate_rsp(w, s->version, &m))
CODEC(encapsulated_request, spdm_encapsulated, camseal_spdm_read_encapsulated(r, &m),
      camseal_spdm_write_encapsulated(w, s->version, SPDM_ENCAPSULATED_REQUEST, &m))
CODEC(deliver_response, spdm_encapsulated, camseal_spdm_read_encapsulated(r, &m),
      camseal_spdm_write_encapsulated(w, s->version, SPDM_DELIVER_ENCAPSULATED_RESPONSE, &m))
CODEC(encapsulated_ack, spdm_encapsulated_ack, camseal_spdm_read_encapsulated_ack(r, &m),
      camseal_spdm_write_encapsulated_ack(w, s->version, &m))
CODEC(chunk_send, spdm_chunk, camseal_spdm_read_chunk(r, &m),
      camseal_spdm_write_chunk(w, s->version, SPDM_CHUNK_SEND, &m))
CODEC(chunk_response, spdm_chunk, camseal_spdm_read_chunk(r, &m),
      camseal_spdm_write_chunk(w, s->version, SPDM_CHUNK_RESPONSE, &m))
CODEC(chunk_ack, spdm_chunk_ack, camseal_spdm_read_chunk_ack(r, &m),
      camseal_spdm_write_chunk_ack(w, s->version, &m))
CODEC(chunk_get, spdm_chunk_get, camseal_spdm_read_chunk_get(r, &m),
      camseal_spdm_write_chunk_get(w, s->version, &m))
CODEC(get_csr, spdm_get_csr, camseal_spdm_read_get_csr(r, s->version, &m),
      camseal_spdm_write_get_csr(w, s->version, &m))
CODEC(csr, spdm_csr, camseal_spdm_read_csr(r, &m), camseal_spdm_write_csr(w, s->version, &m))
CODEC(set_certificate, spdm_set_certificate, camseal_spdm_read_set_certificate(r, s, &m),
      camseal_spdm_write_set_certificate(w, s->version, &m))
CODEC(get_key_pair_info, spdm_get_key_pair_info, camseal_spdm_read_get_key_pair_info(r, &m),
      camseal_spdm_write_get_key_pair_info(w, s->version, &m))
CODEC(key_pair_info, spdm_key_pair_info, camseal_spdm_read_key_pair_info(r, s->version, &m),
      camseal_spdm_write_key_pair_info(w, s->version, &m))
CODEC(set_key_pair_info, spdm_set_key_pair_info,
      camseal_spdm_read_set_key_pair_info(r, s->version, &m),
      camseal_spdm_write_set_key_pair_info(w, s->version, &m))
CODEC(get_endpoint_info, spdm_get_endpoint_info, camseal_spdm_read_get_endpoint_info(r, &m),
      camseal_spdm_write_get_endpoint_info(w, s->version, &m))
CODEC(endpoint_info, spdm_endpoint_info, camseal_spdm_read_endpoint_info(r, s, true, &m),
      camseal_spdm_write_endpoint_info(w, s, &m))
CODEC(endpoint_info_plain, spdm_endpoint_info, camseal_spdm_read_endpoint_info(r, s, false, &m),
      camseal_spdm_write_endpoint_info(w, s, &m))
CODEC(device_class, spdm_device_class, camseal_spdm_read_device_class(r, &m),
      camseal_spdm_write_device_class(w, &m))
CODEC(get_mel, spdm_get_mel, camseal_spdm_read_get_mel(r, &m),
      camseal_spdm_write_get_mel(w, s->version, &m))
CODEC(mel, spdm_mel, camseal_spdm_read_mel(r, &m), camseal_spdm_write_mel(w, s->version, &m))
CODEC(log_head, spdm_log_head, camseal_spdm_read_log_head(r, &m),
      camseal_spdm_write_log_head(w, &m))
CODEC(log_entry, spdm_log_entry, camseal_spdm_read_log_entry(r, &m),
      camseal_spdm_write_log_entry(w, &m))
CODEC(supported_event_types, spdm_event_types, camseal_spdm_read_supported_event_types(r, &m),
      camseal_spdm_write_supported_event_types(w, s->version, &m))
CODEC(subscribe_event_types, spdm_event_types, camseal_spdm_read_subscribe_event_types(r, &m),
      camseal_spdm_write_subscribe_event_types(w, s->version, &m))
CODEC(send_event, spdm_send_event, camseal_spdm_read_send_event(r, &m),
      camseal_spdm_write_send_event(w, s->version, &m))
CODEC(event, spdm_event, camseal_spdm_read_event(r, &m), camseal_spdm_write_event(w, &m))
CODEC(event_group, spdm_event_group, camseal_spdm_read_event_group(r, &m),
      camseal_spdm_write_event_group(w, &m))
CODEC(opaque_element, spdm_opaque_element, camseal_spdm_read_element(r, &m),
      camseal_spdm_write_element(w, &m))

/* Code 0: a part of messages, without a header. Seeds of the fuzzer name codecs by place: add at
 * the end. */
static const struct {
    codec run;
    uint8_t code;
} all_codecs[] = {
    {version, SPDM_VERSION},
    {get_capabilities, SPDM_GET_CAPABILITIES},
    {algorithms_req, SPDM_NEGOTIATE_ALGORITHMS},
    {algorithms_rsp, SPDM_ALGORITHMS},
    {digests, SPDM_DIGESTS},
    {get_certificate, SPDM_GET_CERTIFICATE},
    {certificate, SPDM_CERTIFICATE},
    {challenge, SPDM_CHALLENGE},
    {challenge_auth, SPDM_CHALLENGE_AUTH},
    {key_exchange, SPDM_KEY_EXCHANGE},
    {key_exchange_rsp, SPDM_KEY_EXCHANGE_RSP},
    {finish, SPDM_FINISH},
    {finish_rsp, SPDM_FINISH_RSP},
    {vendor, SPDM_VENDOR_DEFINED_REQUEST},
    {get_measurements, SPDM_GET_MEASUREMENTS},
    {measurements, SPDM_MEASUREMENTS},
    {block, 0},
    {measurements_plain, SPDM_MEASUREMENTS},
    {capabilities, SPDM_CAPABILITIES},
    {any_vendor_msg, SPDM_VENDOR_DEFINED_REQUEST},
    {psk_exchange, SPDM_PSK_EXCHANGE},
    {psk_exchange_rsp, SPDM_PSK_EXCHANGE_RSP},
    {psk_finish, SPDM_PSK_FINISH},
    {psk_finish_rsp, SPDM_PSK_FINISH_RSP},
    {heartbeat, SPDM_HEARTBEAT},
    {key_update, SPDM_KEY_UPDATE},
    {end_session, SPDM_END_SESSION},
    {respond_if_ready, SPDM_RESPOND_IF_READY},
    {set_certificate_rsp, SPDM_SET_CERTIFICATE_RSP},
    {encapsulated_request, SPDM_ENCAPSULATED_REQUEST},
    {deliver_response, SPDM_DELIVER_ENCAPSULATED_RESPONSE},
    {encapsulated_ack, SPDM_ENCAPSULATED_RESPONSE_ACK},
    {chunk_send, SPDM_CHUNK_SEND},
    {chunk_response, SPDM_CHUNK_RESPONSE},
    {chunk_ack, SPDM_CHUNK_SEND_ACK},
    {chunk_get, SPDM_CHUNK_GET},
    {get_csr, SPDM_GET_CSR},
    {csr, SPDM_CSR},
    {set_certificate, SPDM_SET_CERTIFICATE},
    {get_key_pair_info, SPDM_GET_KEY_PAIR_INFO},
    {key_pair_info, SPDM_KEY_PAIR_INFO},
    {set_key_pair_info, SPDM_SET_KEY_PAIR_INFO},
    {get_endpoint_info, SPDM_GET_ENDPOINT_INFO},
    {endpoint_info, SPDM_ENDPOINT_INFO},
    {endpoint_info_plain, SPDM_ENDPOINT_INFO},
    {device_class, 0},
    {get_mel, SPDM_GET_MEASUREMENT_EXTENSION_LOG},
    {mel, SPDM_MEASUREMENT_EXTENSION_LOG},
    {log_head, 0},
    {log_entry, 0},
    {supported_event_types, SPDM_SUPPORTED_EVENT_TYPES},
    {subscribe_event_types, SPDM_SUBSCRIBE_EVENT_TYPES},
    {send_event, SPDM_SEND_EVENT},
    {event, 0},
    {event_group, 0},
    {opaque_element, 0},
};
static const spdm_shape *const all_shapes[] = {&v12, &v13, &v14};

#endif
