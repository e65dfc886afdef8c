/* Requester: GET_VERSION, GET_CAPABILITIES, NEGOTIATE_ALGORITHMS. Policy is strict: SPDM 1.2, whole
 * algorithm sets, nothing that was not offered. */
#include "base/try.h"
#include "msg/capabilities.h"
#include "msg/version.h"
#include "requester.h"

camseal_status camseal_spdm_req_version(camseal_spdm_requester *r, camseal_writer *w)
{
    (void)r;
    camseal_spdm_write_header(w, SPDM_VERSION_10, SPDM_GET_VERSION, 0, 0);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_req_version_rsp(camseal_spdm_requester *r, camseal_span message)
{
    spdm_version_rsp m;
    uint8_t highest = 0;
    bool found = false;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_version(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    for (size_t i = 0; i < m.entries.len / 2; i++) {
        uint8_t version = camseal_spdm_version_entry(&m, i);
        found |= version == SPDM_VERSION_12;
        highest = version > highest ? version : highest;
    }
    if (!found)
        return camseal_spdm_reject(r, CAMSEAL_E_VERSION, "the peer does not speak SPDM 1.2",
                                   SPDM_VERSION_12, highest);
    CAMSEAL_TRY(camseal_spdm_note_vca(r, message));
    r->shape.version = SPDM_VERSION_12;
    r->info.version = SPDM_VERSION_12;
    camseal_spdm_next(r, SPDM_OP_CAPABILITIES);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_req_capabilities(camseal_spdm_requester *r, camseal_writer *w)
{
    const spdm_capabilities m = {.flags = r->flags,
                                 .data_transfer = r->config.max_message,
                                 .max_message = r->config.max_message};
    camseal_spdm_write_capabilities(w, r->shape.version, SPDM_GET_CAPABILITIES, &m);
    return CAMSEAL_OK;
}

/* What the configured operations need of the peer. */
static uint32_t needed_flags(const camseal_spdm_requester *r)
{
    uint32_t needed = SPDM_CAP_CERT | SPDM_CAP_KEY_EX | SPDM_CAP_ENCRYPT | SPDM_CAP_MAC;
    return r->config.challenge ? needed | SPDM_CAP_CHAL : needed;
}

camseal_status camseal_spdm_req_capabilities_rsp(camseal_spdm_requester *r, camseal_span message)
{
    spdm_capabilities m;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_capabilities(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    const char *fault = camseal_spdm_responder_flags_fault(r->shape.version, m.flags);
    if (fault)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, fault, 0, m.flags);
    uint32_t needed = needed_flags(r);
    if ((m.flags & needed) != needed)
        return camseal_spdm_reject(r, CAMSEAL_E_NEGOTIATION, "the peer lacks a capability", needed,
                                   m.flags & needed);
    CAMSEAL_TRY(camseal_spdm_note_vca(r, message));
    r->peer_flags = m.flags;
    r->peer_ct = m.ct_exponent;
    r->peer_limit = m.data_transfer;
    r->info.peer_flags = m.flags;
    camseal_spdm_next(r, SPDM_OP_ALGORITHMS);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_req_algorithms(camseal_spdm_requester *r, camseal_writer *w)
{
    camseal_spdm_offer(r->config.sets, &r->offer);
    camseal_spdm_write_algorithms_req(w, r->shape.version, &r->offer);
    return CAMSEAL_OK;
}

static void take_algorithms(camseal_spdm_requester *r, const spdm_suite *suite)
{
    const spdm_algorithm_set *a = &r->algorithms;
    r->shape.hash = a->hash->digest_bytes;
    r->shape.signature = a->sign->signature_bytes;
    r->shape.kex_request = a->kex->request_bytes;
    r->shape.kex_response = a->kex->response_bytes;
    r->info.set = suite->set;
    r->info.hash = suite->hash_id;
    r->info.sign = suite->sign_id;
    r->info.kex = suite->kex_id;
    r->info.aead = suite->aead_id;
}

camseal_status camseal_spdm_req_algorithms_rsp(camseal_spdm_requester *r, camseal_span message)
{
    spdm_algorithms m;
    spdm_mismatch why = {NULL, 0, 0};
    const spdm_suite *suite;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_algorithms_rsp(&reader, r->shape.version, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    camseal_status status = camseal_spdm_check_selection(&r->offer, &m, &suite, &why);
    if (status != CAMSEAL_OK)
        return camseal_spdm_reject(r, status, why.field, why.expected, why.seen);
    CAMSEAL_TRY(camseal_spdm_suite_find(r->config.crypto, suite, &r->algorithms));
    CAMSEAL_TRY(camseal_spdm_note_vca(r, message));
    CAMSEAL_TRY(camseal_spdm_transcript_settle(&r->transcript, r->algorithms.hash));
    take_algorithms(r, suite);
    camseal_spdm_next(r, SPDM_OP_DIGESTS);
    return CAMSEAL_OK;
}
