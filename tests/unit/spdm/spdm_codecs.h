/* Every codec behind one signature: read a message and, if it is legal and complete, write it
 * again. */
#ifndef CAMSEAL_TESTS_SPDM_CODECS_H
#define CAMSEAL_TESTS_SPDM_CODECS_H

#include <string.h>

#include "spdm/msg/algorithms.h"
#include "spdm/msg/capabilities.h"
#include "spdm/msg/certificate.h"
#include "spdm/msg/challenge.h"
#include "spdm/msg/digests.h"
#include "spdm/msg/error.h"
#include "spdm/msg/finish.h"
#include "spdm/msg/key_exchange.h"
#include "spdm/msg/measurements.h"
#include "spdm/msg/opaque.h"
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

/* Reads a message; on success writes it again. */
typedef camseal_status (*codec)(const spdm_shape *s, camseal_reader *r, camseal_writer *w);

#define CODEC(name, type, read_call, write_call)                                          \
    static camseal_status name(const spdm_shape *s, camseal_reader *r, camseal_writer *w) \
    {                                                                                     \
        type m;                                                                           \
        memset(&m, 0xA5, sizeof m);                                                       \
        (void)s;                                                                          \
        camseal_status status = read_call;                                                \
        if (status == CAMSEAL_OK)                                                         \
            status = camseal_reader_end(r);                                               \
        if (status == CAMSEAL_OK)                                                         \
            write_call;                                                                   \
        return status;                                                                    \
    }

CODEC(version, spdm_version_rsp, camseal_spdm_read_version(r, &m),
      camseal_spdm_write_version(w, &m))
/* What a field means depends on version and code of the header, so those are written again. */
static camseal_status get_capabilities(const spdm_shape *s, camseal_reader *r, camseal_writer *w)
{
    spdm_capabilities m;
    camseal_reader peek = *r;
    spdm_header h = camseal_spdm_read_header(&peek);
    (void)s;
    camseal_status status = camseal_spdm_read_capabilities(r, &m);
    if (status == CAMSEAL_OK)
        status = camseal_reader_end(r);
    if (status == CAMSEAL_OK)
        camseal_spdm_write_capabilities(w, h.version, h.code, &m);
    return status;
}

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

static const codec all_codecs[] = {
    version,
    get_capabilities,
    algorithms_req,
    algorithms_rsp,
    digests,
    get_certificate,
    certificate,
    challenge,
    challenge_auth,
    key_exchange,
    key_exchange_rsp,
    finish,
    finish_rsp,
    vendor,
    get_measurements,
    measurements,
    block,
    measurements_plain,
};
static const spdm_shape *const all_shapes[] = {&v12, &v13, &v14};

#endif
