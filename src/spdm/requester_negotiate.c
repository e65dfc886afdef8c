/* Requester: GET_VERSION, GET_CAPABILITIES, NEGOTIATE_ALGORITHMS. Takes nothing that was not
 * offered, and says which field differs. */
#include "base/try.h"
#include "msg/capabilities.h"
#include "msg/version.h"
#include "requester_chunk.h"

/* ---- GET_VERSION ---------------------------------------------------------------------------- */

static camseal_status build_version(camseal_spdm_requester *r, camseal_writer *w)
{
    (void)r;
    camseal_spdm_write_header(w, SPDM_VERSION_10, SPDM_GET_VERSION, 0, 0);
    return CAMSEAL_OK;
}

static const spdm_operation capabilities_operation;
static const spdm_operation algorithms_operation;

static camseal_status accept_version(camseal_spdm_requester *r, camseal_span message)
{
    const uint8_t least = camseal_spdm_version_min(r->config.policy);
    const uint8_t most = camseal_spdm_version_max(r->config.policy);
    spdm_version_rsp m;
    uint8_t highest = 0, best = 0;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_version(&reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    for (size_t i = 0; i < m.entries.len / 2; i++) {
        uint8_t version = camseal_spdm_version_entry(&m, i);
        highest = version > highest ? version : highest;
        if (version >= least && version <= most && version > best)
            best = version;
    }
    if (best == 0)
        return camseal_spdm_reject(r, CAMSEAL_E_VERSION,
                                   "VERSION has no entry that the policy allows", least, highest);
    CAMSEAL_TRY(camseal_spdm_note_vca(r, message));
    r->shape.version = best;
    r->info.version = best;
    camseal_spdm_next(r, &capabilities_operation);
    return CAMSEAL_OK;
}

const spdm_operation camseal_spdm_req_version = {SPDM_OP_VERSION, build_version, accept_version,
                                                 NULL};

/* ---- GET_CAPABILITIES ----------------------------------------------------------------------- */

/* Flags of this version: multi-key and the like are reserved before 1.3. */
static uint32_t own_flags(const camseal_spdm_requester *r)
{
    const uint32_t since_13 = SPDM_CAP_EP_INFO | SPDM_CAP_EVENT | SPDM_CAP_MULTI_KEY;
    uint32_t flags = r->flags;
    if (r->shape.version < SPDM_VERSION_14)
        flags &= ~SPDM_CAP_LARGE_RESP;
    if (r->shape.version < SPDM_VERSION_13)
        flags &= ~since_13;
    return flags;
}

static camseal_status build_capabilities(camseal_spdm_requester *r, camseal_writer *w)
{
    const bool block = r->supported && r->shape.version >= SPDM_VERSION_13;
    const spdm_capabilities m = {.attributes = block ? SPDM_WITH_ALGORITHMS : 0,
                                 .flags = own_flags(r),
                                 .data_transfer = camseal_spdm_req_transfer(r),
                                 .max_message = camseal_spdm_req_message(r)};
    camseal_spdm_write_capabilities(w, r->shape.version, SPDM_GET_CAPABILITIES, &m);
    return CAMSEAL_OK;
}

/* What the configured operations need of the peer. One that sessions begin with a PSK needs no
 * certificate. */
static uint32_t needed_flags(const camseal_spdm_requester *r, uint32_t peer)
{
    const uint32_t sessions = SPDM_CAP_KEY_EX | SPDM_CAP_ENCRYPT | SPDM_CAP_MAC;
    uint32_t needed = SPDM_CAP_CERT | (r->flags & sessions);
    if (camseal_spdm_common_psk(r->flags, peer))
        needed &= ~(SPDM_CAP_CERT | SPDM_CAP_KEY_EX);
    if (r->config.challenge)
        needed |= SPDM_CAP_CERT | SPDM_CAP_CHAL;
    return needed;
}

static camseal_status check_policy_flags(camseal_spdm_requester *r, uint32_t peer)
{
    const camseal_spdm_policy *p = r->config.policy;
    uint32_t needed = needed_flags(r, peer);
    if ((needed & SPDM_CAP_CERT) && (peer & SPDM_CAP_PUB_KEY_ID))
        return camseal_spdm_reject(r, CAMSEAL_E_NEGOTIATION,
                                   "Flags: PUB_KEY_ID, a public key instead of certificates",
                                   needed, peer & needed);
    if ((peer & needed) != needed)
        return camseal_spdm_reject(r, CAMSEAL_E_NEGOTIATION, "the peer lacks a capability", needed,
                                   peer & needed);
    if (p->measurements == CAMSEAL_SPDM_REQUIRE && !(peer & SPDM_CAP_MEAS))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "Flags: the peer has no MEAS_CAP",
                                   SPDM_CAP_MEAS, peer & SPDM_CAP_MEAS);
    if (p->mutual == CAMSEAL_SPDM_REQUIRE && !(peer & SPDM_CAP_MUT_AUTH))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "Flags: the peer has no MUT_AUTH_CAP",
                                   SPDM_CAP_MUT_AUTH, 0);
    if (p->clear_handshake == CAMSEAL_SPDM_REQUIRE && !(peer & SPDM_CAP_HANDSHAKE_CLEAR))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY,
                                   "Flags: the peer has no HANDSHAKE_IN_THE_CLEAR_CAP",
                                   SPDM_CAP_HANDSHAKE_CLEAR, 0);
    if (p->chunking == CAMSEAL_SPDM_REQUIRE && !(peer & SPDM_CAP_CHUNK))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "Flags: the peer has no CHUNK_CAP",
                                   SPDM_CAP_CHUNK, 0);
    return CAMSEAL_OK;
}

static void take_capabilities(camseal_spdm_requester *r, const spdm_capabilities *m)
{
    r->peer_flags = m->flags;
    r->peer_ct = m->ct_exponent;
    r->peer_limit = m->data_transfer;
    r->peer_message = m->max_message;
    r->shape.clear_handshake = (r->flags & m->flags & SPDM_CAP_HANDSHAKE_CLEAR) != 0;
    r->info.flags = own_flags(r);
    r->info.peer_flags = m->flags;
    r->info.peer_transfer = m->data_transfer;
    r->info.peer_message = m->max_message;
    r->info.peer_ct_exponent = m->ct_exponent;
    r->info.clear_handshake = r->shape.clear_handshake;
}

/* Nothing was agreed on: the next connection begins with GET_VERSION. */
static camseal_status end_discovery(camseal_spdm_requester *r, const spdm_capabilities *m,
                                    camseal_reader *reader)
{
    CAMSEAL_TRY(r->take_block(r, m, reader));
    camseal_spdm_requester_reset(r);
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

static camseal_status accept_capabilities(camseal_spdm_requester *r, camseal_span message)
{
    spdm_capabilities m;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_capabilities(&reader, &m));
    if (r->supported)
        return end_discovery(r, &m, &reader);
    CAMSEAL_TRY(camseal_reader_end(&reader));
    const char *fault = camseal_spdm_responder_flags_fault(r->shape.version, m.flags);
    if (fault)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, fault, 0, m.flags);
    CAMSEAL_TRY(check_policy_flags(r, m.flags));
    CAMSEAL_TRY(camseal_spdm_note_vca(r, message));
    take_capabilities(r, &m);
    camseal_spdm_next(r, &algorithms_operation);
    return CAMSEAL_OK;
}

static const spdm_operation capabilities_operation = {SPDM_OP_CAPABILITIES, build_capabilities,
                                                      accept_capabilities, NULL};

/* ---- NEGOTIATE_ALGORITHMS ------------------------------------------------------------------- */

/* Several keys of the responder: when it has no other way, or when both want it. */
static bool wants_multi_key(const camseal_spdm_requester *r)
{
    uint32_t peer = r->peer_flags & SPDM_CAP_MULTI_KEY;
    if (r->shape.version < SPDM_VERSION_13)
        return false;
    return peer == SPDM_CAP_MULTI_KEY_ONLY ||
           (peer && camseal_spdm_rule_allows(r->config.policy->multi_key, false));
}

static camseal_status check_multi_key(camseal_spdm_requester *r)
{
    uint8_t rule = r->config.policy->multi_key;
    uint32_t peer = r->peer_flags & SPDM_CAP_MULTI_KEY;
    if (rule == CAMSEAL_SPDM_REQUIRE && !wants_multi_key(r))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "Flags: the peer has no MULTI_KEY_CAP",
                                   SPDM_CAP_MULTI_KEY, peer);
    if (rule == CAMSEAL_SPDM_REFUSE && wants_multi_key(r))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY, "Flags: the peer has several keys only", 0,
                                   peer);
    return CAMSEAL_OK;
}

static camseal_status build_algorithms(camseal_spdm_requester *r, camseal_writer *w)
{
    spdm_algorithm_masks masks = r->masks;
    CAMSEAL_TRY(check_multi_key(r));
    if (!(r->flags & r->peer_flags & SPDM_CAP_MUT_AUTH))
        masks.req_sign = 0;
    camseal_spdm_offer(&masks, r->shape.version, &r->offer);
    if (r->peer_flags & SPDM_CAP_MEAS &&
        camseal_spdm_rule_allows(r->config.policy->measurements, true))
        r->offer.measurement_spec = SPDM_SPEC_DMTF;
    if (r->shape.version >= SPDM_VERSION_13 && (r->peer_flags & SPDM_CAP_MEL))
        r->offer.mel_spec = SPDM_SPEC_DMTF;
    if (wants_multi_key(r))
        r->offer.other_params |= SPDM_MULTI_KEY_CONN;
    camseal_spdm_write_algorithms_req(w, r->shape.version, &r->offer);
    return CAMSEAL_OK;
}

static void tell_algorithms(camseal_spdm_requester *r, const spdm_algorithm_ids *ids)
{
    const spdm_algorithm_set *a = &r->algorithms;
    r->info.set = camseal_spdm_set_of(ids);
    camseal_spdm_tell_algorithms(a, &r->info);
    r->info.measurement_hash = r->measurement_hash;
    r->info.opaque_format_1 = true;
    r->info.multi_key = r->shape.multi_key;
}

static camseal_status take_algorithms(camseal_spdm_requester *r, const spdm_algorithms *m,
                                      const spdm_algorithm_ids *ids)
{
    CAMSEAL_TRY(camseal_spdm_find_algorithms(r->config.crypto, ids, &r->algorithms));
    camseal_spdm_take_sizes(&r->shape, &r->algorithms);
    r->measurement_spec = m->measurement_spec;
    r->measurement_hash = m->measurement_hash;
    r->mel_spec = m->mel_spec;
    r->shape.multi_key = (r->offer.other_params & SPDM_MULTI_KEY_CONN) != 0;
    r->own_multi_key = (m->other_params & SPDM_MULTI_KEY_CONN) != 0;
    tell_algorithms(r, ids);
    return CAMSEAL_OK;
}

static camseal_status accept_algorithms(camseal_spdm_requester *r, camseal_span message)
{
    spdm_algorithms m;
    spdm_mismatch why = {NULL, 0, 0};
    spdm_algorithm_ids ids;
    const uint32_t common = r->flags & r->peer_flags;
    const bool psk = camseal_spdm_common_psk(r->flags, r->peer_flags);
    const uint32_t signers = SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_MEAS_SIGNED | SPDM_CAP_KEY_EX;
    const spdm_selector by = {.sets = r->config.sets,
                              .signs = (r->peer_flags & signers) != 0,
                              .exchanges = (common & SPDM_CAP_KEY_EX) != 0,
                              .protects = psk || (common & SPDM_CAP_KEY_EX),
                              .req_multi_key = (own_flags(r) & SPDM_CAP_MULTI_KEY) != 0};
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_algorithms_rsp(&reader, r->shape.version, &m));
    CAMSEAL_TRY(camseal_reader_end(&reader));
    camseal_status status = camseal_spdm_check_selection(&by, &r->offer, &m, &ids, &why);
    if (status != CAMSEAL_OK)
        return camseal_spdm_reject(r, status, why.field, why.expected, why.seen);
    if ((own_flags(r) & SPDM_CAP_MULTI_KEY) == SPDM_CAP_MULTI_KEY_ONLY &&
        !(m.other_params & SPDM_MULTI_KEY_CONN))
        return camseal_spdm_reject(r, CAMSEAL_E_POLICY,
                                   "RequesterMultiKeyConnSel: this side has several keys only",
                                   SPDM_MULTI_KEY_CONN, m.other_params);
    CAMSEAL_TRY(take_algorithms(r, &m, &ids));
    CAMSEAL_TRY(camseal_spdm_note_vca(r, message));
    CAMSEAL_TRY(camseal_spdm_transcript_settle(&r->transcript, r->algorithms.hash));
    r->connected = true;
    r->first = true;
    bool certificates =
        r->config.n_anchors && (r->peer_flags & SPDM_CAP_CERT) && !r->config.defer_chain;
    camseal_spdm_next(r, certificates ? &camseal_spdm_req_digests : NULL);
    return CAMSEAL_OK;
}

static const spdm_operation algorithms_operation = {SPDM_OP_ALGORITHMS, build_algorithms,
                                                    accept_algorithms, NULL};
