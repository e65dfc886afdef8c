/* Responder: GET_VERSION, GET_CAPABILITIES, NEGOTIATE_ALGORITHMS. */
#include <string.h>

#include "base/load.h"
#include "base/try.h"
#include "msg/capabilities.h"
#include "msg/version.h"
#include "responder.h"

camseal_status camseal_spdm_rsp_version(camseal_spdm_responder *r, spdm_request *q)
{
    static const uint8_t entries[] = {0x00, SPDM_VERSION_12};
    const spdm_version_rsp m = {{entries, sizeof entries}};
    CAMSEAL_TRY(q->message.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    camseal_spdm_reset_connection(r);
    camseal_spdm_write_version(q->w, &m);
    CAMSEAL_TRY(camseal_spdm_record_vca(r, q));
    r->connection = SPDM_AFTER_VERSION;
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_rsp_capabilities(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_capabilities peer;
    camseal_reader reader = camseal_reader_of(q->message);
    r->shape.version = q->header.version; /* from here on errors carry it */
    CAMSEAL_TRY(camseal_spdm_read_capabilities(&reader, &peer));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    q->detail = camseal_spdm_requester_flags_fault(q->header.version, peer.flags);
    if (q->detail)
        return CAMSEAL_E_FORMAT;

    const spdm_capabilities own = {.ct_exponent = r->config.ct_exponent,
                                   .flags = r->flags,
                                   .data_transfer = r->config.max_message,
                                   .max_message = r->config.max_message};
    camseal_spdm_write_capabilities(q->w, q->header.version, SPDM_CAPABILITIES, &own);
    CAMSEAL_TRY(camseal_spdm_record_vca(r, q));
    r->peer_flags = peer.flags;
    r->peer_limit = peer.data_transfer;
    r->connection = SPDM_AFTER_CAPABILITIES;
    return CAMSEAL_OK;
}

static const camseal_spdm_identity *identity_for(const camseal_spdm_responder *r,
                                                 camseal_sign_id sign)
{
    for (size_t i = 0; i < r->config.n_identities; i++)
        if (r->config.identities[i].sign == sign)
            return &r->config.identities[i];
    return NULL;
}

static void take_sizes(spdm_shape *shape, const spdm_algorithm_set *a)
{
    shape->hash = a->hash->digest_bytes;
    shape->signature = a->sign->signature_bytes;
    shape->kex_request = a->kex->request_bytes;
    shape->kex_response = a->kex->response_bytes;
}

camseal_status camseal_spdm_rsp_algorithms(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_algorithms offer, selection;
    camseal_reader reader = camseal_reader_of(q->message);
    CAMSEAL_TRY(camseal_spdm_read_algorithms_req(&reader, r->shape.version, &offer));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    const spdm_suite *suite = camseal_spdm_select(&offer, r->config.sets, &selection);
    if (!suite)
        return camseal_spdm_refuse(q, CAMSEAL_E_NEGOTIATION, "no whole algorithm set in common");

    CAMSEAL_TRY(camseal_spdm_fits(q, camseal_spdm_algorithms_rsp_bytes(&selection)));
    camseal_spdm_write_algorithms_rsp(q->w, r->shape.version, &selection);
    r->connection = SPDM_NOT_STARTED; /* a failure below leaves A unusable */
    CAMSEAL_TRY(camseal_spdm_record_vca(r, q));
    CAMSEAL_TRY(camseal_spdm_suite_find(r->config.crypto, suite, &r->algorithms));
    CAMSEAL_TRY(camseal_spdm_transcript_settle(&r->transcript, r->algorithms.hash));
    take_sizes(&r->shape, &r->algorithms);
    r->identity = identity_for(r, suite->sign_id);
    r->opaque_format = selection.other_params == SPDM_OPAQUE_FMT1;
    CAMSEAL_TRY(camseal_spdm_own_chain(&r->chain, r->config.crypto, r->algorithms.hash,
                                       r->identity->chain));
    r->connection = SPDM_NEGOTIATED;
    return CAMSEAL_OK;
}
