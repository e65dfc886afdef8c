/* Responder: GET_VERSION, GET_CAPABILITIES, NEGOTIATE_ALGORITHMS. */
#include <string.h>

#include "base/try.h"
#include "msg/capabilities.h"
#include "msg/version.h"
#include "responder_chunk.h"

enum { VERSIONS_MAX = SPDM_VERSION_14 - SPDM_VERSION_12 + 1 };

camseal_status camseal_spdm_rsp_version(camseal_spdm_responder *r, spdm_request *q)
{
    uint8_t entries[2 * VERSIONS_MAX];
    size_t n = 0;
    unsigned least = camseal_spdm_version_min(r->config.policy);
    unsigned most = camseal_spdm_version_max(r->config.policy);
    CAMSEAL_TRY(q->message.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    for (unsigned version = least; version <= most; version++) {
        entries[n++] = 0;
        entries[n++] = (uint8_t)version;
    }
    const spdm_version_rsp m = {{entries, n}};
    camseal_spdm_reset_connection(r);
    camseal_spdm_write_version(q->w, &m);
    CAMSEAL_TRY(camseal_spdm_record_vca(r, q));
    r->connection = SPDM_AFTER_VERSION;
    return CAMSEAL_OK;
}

/* ---- GET_CAPABILITIES ----------------------------------------------------------------------- */

/* Our flags in a version that may not have all of them. */
static uint32_t flags_of(uint32_t flags, uint8_t version)
{
    const uint32_t since_13 = SPDM_CAP_EP_INFO | SPDM_CAP_MEL | SPDM_CAP_EVENT |
                              SPDM_CAP_MULTI_KEY | SPDM_CAP_GET_KEY_PAIR_INFO |
                              SPDM_CAP_SET_KEY_PAIR_INFO;
    if (version < SPDM_VERSION_14)
        flags &= ~(SPDM_CAP_SET_KEY_PAIR_RESET | SPDM_CAP_LARGE_RESP);
    return version < SPDM_VERSION_13 ? flags & ~since_13 : flags;
}

static camseal_status check_peer(const camseal_spdm_responder *r, spdm_request *q, uint32_t flags)
{
    const camseal_spdm_policy *p = r->config.policy;
    q->detail = camseal_spdm_requester_flags_fault(q->header.version, flags);
    if (q->detail)
        return CAMSEAL_E_FORMAT;
    if (p->mutual == CAMSEAL_SPDM_REQUIRE && !(flags & (SPDM_CAP_MUT_AUTH | SPDM_CAP_PSK)))
        return camseal_spdm_refuse(q, CAMSEAL_E_POLICY, "Flags: the requester has no MUT_AUTH_CAP");
    if (p->clear_handshake == CAMSEAL_SPDM_REQUIRE && !(flags & SPDM_CAP_HANDSHAKE_CLEAR))
        return camseal_spdm_refuse(q, CAMSEAL_E_POLICY,
                                   "Flags: the requester has no HANDSHAKE_IN_THE_CLEAR_CAP");
    if (p->chunking == CAMSEAL_SPDM_REQUIRE && !(flags & SPDM_CAP_CHUNK))
        return camseal_spdm_refuse(q, CAMSEAL_E_POLICY, "Flags: the requester has no CHUNK_CAP");
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_rsp_capabilities(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_capabilities peer;
    r->shape.version = q->header.version; /* from here on errors carry it */
    CAMSEAL_TRY(camseal_spdm_read_capabilities(&q->reader, &peer));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    CAMSEAL_TRY(check_peer(r, q, peer.flags));

    const bool block = r->large && (peer.attributes & SPDM_WITH_ALGORITHMS);
    if (block) /* it may be a large response */
        *q->w = camseal_writer_of(r->large->response, r->config.max_message);
    const spdm_capabilities own = {.attributes = block ? SPDM_WITH_ALGORITHMS : 0,
                                   .ct_exponent = r->config.ct_exponent,
                                   .flags = flags_of(r->flags, r->shape.version),
                                   .data_transfer = camseal_spdm_own_transfer(r),
                                   .max_message = camseal_spdm_own_message(r)};
    camseal_spdm_write_capabilities(q->w, q->header.version, SPDM_CAPABILITIES, &own);
    if (block)
        r->large->append_block(r, q->w);
    CAMSEAL_TRY(camseal_spdm_record_vca(r, q));
    r->peer_flags = peer.flags;
    r->peer_limit = peer.data_transfer;
    r->peer_message = peer.max_message;
    r->shape.clear_handshake = (r->flags & peer.flags & SPDM_CAP_HANDSHAKE_CLEAR) != 0;
    r->connection = SPDM_AFTER_CAPABILITIES;
    return CAMSEAL_OK;
}

/* ---- NEGOTIATE_ALGORITHMS ------------------------------------------------------------------- */

/* The measurement hash that has the digest of the base hash: bits are one higher. */
static void select_measurements(const camseal_spdm_responder *r, const spdm_algorithms *offer,
                                spdm_algorithms *s)
{
    if ((r->flags & SPDM_CAP_MEAS) && (offer->measurement_spec & SPDM_SPEC_DMTF)) {
        s->measurement_spec = SPDM_SPEC_DMTF;
        s->measurement_hash = s->base_hash << 1;
    }
    if (r->shape.version >= SPDM_VERSION_13 && (r->flags & SPDM_CAP_MEL) &&
        (offer->mel_spec & SPDM_SPEC_DMTF)) {
        s->mel_spec = SPDM_SPEC_DMTF;
        s->measurement_hash = s->base_hash << 1;
    }
}

/* ResponderMultiKeyConn is the requester's choice as far as we can; the requester's own keys are
 * ours to choose. */
static camseal_status select_multi_key(camseal_spdm_responder *r, spdm_request *q,
                                       const spdm_algorithms *offer, spdm_algorithms *s)
{
    if (r->shape.version < SPDM_VERSION_13)
        return CAMSEAL_OK;
    bool wanted = (offer->other_params & SPDM_MULTI_KEY_CONN) != 0;
    uint32_t own = r->flags & SPDM_CAP_MULTI_KEY;
    if (wanted && !own)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "multi-key without MULTI_KEY_CAP");
    if (!wanted && own == SPDM_CAP_MULTI_KEY_ONLY)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "MULTI_KEY_CAP allows no other connection");
    if (!CAMSEAL_SPDM_MULTI_KEY)
        return CAMSEAL_OK;
    r->shape.multi_key = wanted;
    uint32_t peer = r->peer_flags & SPDM_CAP_MULTI_KEY;
    r->req_multi_key = peer == SPDM_CAP_MULTI_KEY_ONLY ||
                       (peer && camseal_spdm_rule_allows(r->config.policy->multi_key, false));
    if (r->req_multi_key)
        s->other_params |= SPDM_MULTI_KEY_CONN;
    return CAMSEAL_OK;
}

/* The requester may have to sign: it authenticates itself, or endpoint information. Without
 * MUT_AUTH_CAP of this side conformance tests want no ReqBaseAsymAlg at all. */
static bool hears_signatures(const camseal_spdm_responder *r)
{
    bool info = (r->flags & SPDM_CAP_ENCAP) && (r->peer_flags & SPDM_CAP_EP_INFO_SIGNED) &&
                r->shape.version >= SPDM_VERSION_13;
    return info || (r->flags & SPDM_CAP_MUT_AUTH);
}

static camseal_status choose(camseal_spdm_responder *r, spdm_request *q,
                             const spdm_algorithms *offer, spdm_algorithms *s,
                             spdm_algorithm_ids *ids)
{
    const uint32_t signers = SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_MEAS_SIGNED | SPDM_CAP_KEY_EX;
    const uint32_t common = r->flags & r->peer_flags;
    const bool psk = camseal_spdm_common_psk(r->peer_flags, r->flags);
    spdm_algorithm_masks masks = r->masks;
    if (!hears_signatures(r))
        masks.req_sign = 0;
    const spdm_selector by = {.policy = r->config.policy,
                              .masks = &masks,
                              .sets = r->config.sets,
                              .signs = (r->flags & signers) != 0,
                              .exchanges = (common & SPDM_CAP_KEY_EX) != 0,
                              .protects = psk || (common & SPDM_CAP_KEY_EX)};
    q->detail = camseal_spdm_select(&by, offer, s, ids);
    if (q->detail)
        return CAMSEAL_E_NEGOTIATION;
    select_measurements(r, offer, s);
    return select_multi_key(r, q, offer, s);
}

camseal_status camseal_spdm_rsp_algorithms(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_algorithms offer, selection;
    spdm_algorithm_ids ids;
    CAMSEAL_TRY(camseal_spdm_read_algorithms_req(&q->reader, r->shape.version, &offer));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    CAMSEAL_TRY(choose(r, q, &offer, &selection, &ids));

    CAMSEAL_TRY(camseal_spdm_fits(q, camseal_spdm_algorithms_rsp_bytes(&selection)));
    camseal_spdm_write_algorithms_rsp(q->w, r->shape.version, &selection);
    r->connection = SPDM_NOT_STARTED; /* a failure below leaves A unusable */
    CAMSEAL_TRY(camseal_spdm_record_vca(r, q));
    CAMSEAL_TRY(camseal_spdm_find_algorithms(r->config.crypto, &ids, &r->algorithms));
    CAMSEAL_TRY(camseal_spdm_transcript_settle(&r->transcript, r->algorithms.hash));
    camseal_spdm_take_sizes(&r->shape, &r->algorithms);
    r->opaque_format = (selection.other_params & SPDM_OPAQUE_FMT1) != 0;
    r->measurement_spec = selection.measurement_spec;
    r->measurement_hash = selection.measurement_hash;
    r->mel_spec = selection.mel_spec;
    r->identity = NULL;
    r->first = true;
    r->connection = SPDM_NEGOTIATED;
    return CAMSEAL_OK;
}
