/* The engines of the SPDM fuzz targets: what the input chooses, beginning and end. */
#include "spdm_engines.h"

#include <string.h>

#include "../tests/unit/spdm/spdm_toy.h"
#include "spdm/requester_chunk.h"

enum { CONFIG_BYTES = 15 };

engines eng;
static camseal_spdm_policy req_policy, rsp_policy;

/* ---- input ---------------------------------------------------------------------------------- */

uint8_t take(input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

camseal_span take_chunk(input *in)
{
    size_t n = take(in);
    if (n > in->left)
        n = in->left;
    camseal_span chunk = camseal_span_of(in->at, n);
    in->at += n;
    in->left -= n;
    return chunk;
}

/* ---- configuration -------------------------------------------------------------------------- */

static const camseal_spdm_feature *const features[] = {
    &camseal_spdm_chunking,        &camseal_spdm_measurements,  &camseal_spdm_psk_sessions,
    &camseal_spdm_encapsulation,   &camseal_spdm_event_service, &camseal_spdm_provisioning,
    &camseal_spdm_key_pair_service};

/* Bytes that choose, by name. */
typedef struct choices {
    uint8_t link;       /* version, binding, sessions, long chains        */
    uint8_t mutual;     /* rules, clear handshake, several keys, asking   */
    uint8_t identities; /* CHALLENGE, PSK, summaries, who has no chain    */
    uint8_t req_transfer, rsp_transfer;
    uint8_t algorithms;
    uint8_t terms; /* slots, secured-message versions, AEAD limits   */
    uint8_t timing;
    uint8_t delays;
    uint8_t req_without, rsp_without; /* capabilities                      */
    uint8_t fault;
    uint8_t device;
    uint8_t storage; /* provisioning, retries                         */
    uint8_t refuse;
} choices;
_Static_assert(sizeof(choices) == CONFIG_BYTES, "one byte each");

static void choose_policies(const choices *c)
{
    static const uint8_t versions[4] = {0, CAMSEAL_SPDM_1_2, CAMSEAL_SPDM_1_3, CAMSEAL_SPDM_1_4};
    static const uint8_t sm[4] = {0, CAMSEAL_SPDM_SM_1_1, CAMSEAL_SPDM_SM_1_3, CAMSEAL_SPDM_SM_1_3};
    camseal_spdm_policy p = {.max_sm = sm[c->terms >> 2 & 3u], .aead_limit = c->terms >> 4};
    p.min_version = p.max_version = versions[c->link & 3u];
    p.clear_handshake = c->mutual & 0x10 ? CAMSEAL_SPDM_ALLOW : CAMSEAL_SPDM_DEFAULT;
    p.multi_key = c->mutual & 0x20 ? CAMSEAL_SPDM_ALLOW : CAMSEAL_SPDM_DEFAULT;
    p.aead.allowed =
        c->algorithms >> 2 & 3u ? CAMSEAL_SPDM_BIT(c->algorithms >> 2 & 3u) : (uint32_t)0;
    p.hash.allowed =
        c->algorithms >> 4 & 3u ? CAMSEAL_SPDM_BIT(c->algorithms >> 4 & 3u) : (uint32_t)0;
    if (c->algorithms & 0x40)
        p.kex.allowed = CAMSEAL_SPDM_BIT(CAMSEAL_KEX_SECP256R1);
    req_policy = rsp_policy = p;
    req_policy.mutual = c->mutual & 3u;
    rsp_policy.mutual = c->mutual >> 2 & 3u;
    if (c->link & 4u)
        req_policy.min_version = req_policy.max_version = 0;
}

static void choose_device(const choices *c)
{
    camseal_spdm_measurer *m = &owner_measurer;
    if (!(c->device & 1u)) { /* a table */
        m->block = NULL;
        m->generation = NULL;
        m->fresh = false;
    }
    m->unsigned_only = c->device & 2u;
    m->endpoint_info_unsigned_only = c->device & 4u;
    owner_rsp_psk.without_context = c->identities & 4u;
    owner_req_psk.without_context = c->identities & 8u;
    owner_provisioner.trusted_environment = c->storage & 1u;
    owner_provisioner.may_reset = owner_key_pairs.may_reset = c->storage & 2u;
    if (c->storage & 4u)
        owner_provisioner.n_anchors = 0;
}

static void choose_mutual(const choices *c)
{
    owner_authenticator.asking = (c->mutual >> 6) % 3u;
    owner_authenticator.slot = c->terms & 2u ? 3 : 0;
    owner_authenticator.challenge = c->identities & 2u;
    if (c->device & 8u)
        owner_authenticator.chain = owner_req_ids[c->algorithms & 1u ? 0 : 1].chain;
    owner_answerer.notifies = c->device & 0x40;
}

static uint32_t transfer_of(uint8_t choice)
{
    return choice ? SPDM_DATA_TRANSFER_MIN - 3u + 3u * choice : 0u;
}

static uint32_t all_but(uint8_t choice)
{
    return choice ? ~(UINT32_C(1) << choice % 32u) : 0u;
}

static void trace_message(void *user, const char *area, bool sent, camseal_span bytes)
{
    (void)user, (void)area;
    if (!sent || !eng.traced)
        return;
    FUZZ_REQUIRE(bytes.len <= sizeof eng.traced->plain);
    memcpy(eng.traced->plain, bytes.data, bytes.len);
    eng.traced->plain_len = bytes.len;
}

static void trace_event(void *user, camseal_status status, const char *area, const char *what,
                        const char *detail, uint64_t a, uint64_t b)
{
    (void)user, (void)detail, (void)a, (void)b;
    FUZZ_REQUIRE(area && what && status != CAMSEAL_E_BUG);
}

static const camseal_trace trace = {.event = trace_event, .message = trace_message};
static const camseal_spdm_binding *const bindings[4] = {
    &camseal_spdm_binding_tcp, &camseal_spdm_binding_mctp, &camseal_spdm_binding_doe,
    &camseal_spdm_binding_mctp};

static bool start_requester(const choices *c, const camseal_crypto *crypto)
{
    static const uint8_t summaries[4] = {CAMSEAL_SPDM_SUMMARY_NONE, CAMSEAL_SPDM_SUMMARY_TCB,
                                         CAMSEAL_SPDM_SUMMARY_ALL, CAMSEAL_SPDM_SUMMARY_NONE};
    const camseal_spdm_requester_config config = {
        .struct_size = sizeof config,
        .crypto = crypto,
        .binding = bindings[c->link >> 3 & 3u],
        .trace = &trace,
        .anchors = owner_anchors,
        .n_anchors = c->identities & 0x40 ? 0 : 3,
        .policy = &req_policy,
        .sets = c->algorithms & 3u,
        .capabilities = all_but(c->req_without),
        .max_message = ENGINE_MESSAGE,
        .data_transfer_size = transfer_of(c->req_transfer),
        .max_chain = OWNER_CHAIN,
        .max_sessions = (uint8_t)(1u + (c->link >> 5 & 3u) % 3u),
        .slot = c->terms & 1u ? 3 : 0,
        .psk = &owner_req_psk,
        .answerer = &owner_answerer,
        .summary = summaries[c->identities >> 4 & 3u],
        .challenge = c->identities & 1u,
        .retries = c->storage >> 4 & 3u,
        .defer_chain = c->storage & 8u};
    eng.req_size = camseal_spdm_requester_size(&config);
    if (!eng.req_size)
        return false;
    eng.req_memory = malloc(eng.req_size);
    FUZZ_REQUIRE(eng.req_memory);
    return camseal_spdm_requester_init(&eng.req, eng.req_memory, eng.req_size, &config) ==
           CAMSEAL_OK;
}

/* A key is accepted only from who has proven that it has it too, and is who it must be. */
static void on_session(void *user, uint8_t index, uint32_t id, bool established)
{
    (void)user, (void)id;
    const camseal_spdm_responder *r = eng.rsp;
    uint8_t bit = (uint8_t)(1u << index);
    FUZZ_REQUIRE(index < r->config.max_sessions && established == !(eng.live & bit));
    eng.live ^= bit;
    if (!established)
        return;
    const spdm_session *s = &r->sessions[index];
    bool replayable = s->psk && owner_rsp_psk.without_context;
    FUZZ_REQUIRE(replayable || eng.proofs);
    eng.proofs -= !replayable;
    FUZZ_REQUIRE(s->psk || rsp_policy.mutual != CAMSEAL_SPDM_REQUIRE || (owner.proven & bit));
    owner.proven &= (uint8_t)~bit;
}

static bool start_responder(const choices *c, const camseal_crypto *crypto)
{
    static const uint8_t heartbeats[4] = {0, 1, 2, 60};
    uint8_t defer = c->timing >> 2 & 15u;
    const camseal_spdm_responder_config config = {
        .struct_size = sizeof config,
        .crypto = crypto,
        .binding = bindings[c->link >> 3 & 3u],
        .trace = &trace,
        .identities = owner_rsp_ids,
        .n_identities = c->identities & 0x80 ? 0 : 5,
        .features = features,
        .n_features = sizeof features / sizeof features[0],
        .measurer = &owner_measurer,
        .psk = &owner_rsp_psk,
        .authenticator = &owner_authenticator,
        .events = &owner_events,
        .key_pairs = &owner_key_pairs,
        .provisioner = &owner_provisioner,
        .policy = &rsp_policy,
        .sets = c->algorithms & 3u,
        .capabilities = all_but(c->rsp_without),
        .max_message = ENGINE_MESSAGE,
        .data_transfer_size = transfer_of(c->rsp_transfer),
        .max_sessions = (uint8_t)(1u + (c->link >> 5 & 3u) % 3u),
        .heartbeat_s = heartbeats[c->timing & 3u],
        .defer_exponent = defer ? (uint8_t)(8u + defer) : (uint8_t)0,
        .vendor = owner_vendor,
        .session = on_session};
    eng.rsp_size = camseal_spdm_responder_size(&config);
    if (!eng.rsp_size)
        return false;
    eng.rsp_memory = malloc(eng.rsp_size);
    FUZZ_REQUIRE(eng.rsp_memory);
    return camseal_spdm_responder_init(&eng.rsp, eng.rsp_memory, eng.rsp_size, &config) ==
           CAMSEAL_OK;
}

static void choose_behaviour(const choices *c)
{
    owner.slow = c->delays >> 2 & 7u;
    owner.refuse = c->refuse % OWNER_CALLS;
    owner.resets = (c->storage & 0x40) && (eng.rsp->flags & SPDM_CAP_CERT_INSTALL_RESET);
    eng.recovers = c->device & 0x10;
    toy_delay(c->timing >> 6, c->delays & 3u);
    toy_lax(c->algorithms & 0x80);
    eng.faults = c->fault != 0;
    if (eng.faults)
        (void)toy_fail_at(c->fault < 128 ? c->fault : 8u * (c->fault - 112u));
}

static void make_rooms(void)
{
    eng.req_room = camseal_spdm_req_transfer(eng.req) + CAMSEAL_SPDM_RECORD_OVERHEAD;
    eng.rsp_room = camseal_spdm_own_transfer(eng.rsp) + CAMSEAL_SPDM_RECORD_OVERHEAD;
    eng.req_out = malloc(eng.req_room);
    eng.rsp_out = malloc(eng.rsp_room);
    FUZZ_REQUIRE(eng.req_out && eng.rsp_out);
}

static void release(void)
{
    free(eng.req_memory);
    free(eng.rsp_memory);
    free(eng.req_out);
    free(eng.rsp_out);
}

bool engines_start(input *in)
{
    uint8_t bytes[CONFIG_BYTES];
    choices c;
    for (size_t i = 0; i < CONFIG_BYTES; i++)
        bytes[i] = take(in);
    memcpy(&c, bytes, sizeof c);
    memset(&eng, 0, sizeof eng);
    const camseal_crypto *crypto = toy_crypto(1);
    owner_begin(c.link & 0x80, c.device & 0x20 ? 40 : 3);
    choose_policies(&c);
    choose_device(&c);
    choose_mutual(&c);
    if (!start_requester(&c, crypto) || !start_responder(&c, crypto)) {
        release();
        return false;
    }
    choose_behaviour(&c);
    make_rooms();
    return true;
}

void engines_calm(void)
{
    owner.slow = 0;
    owner.refuse = OWNER_NONE;
    owner.resets = false;
    eng.interruption.len = 0;
    eng.faults = false;
    toy_delay(0, 0);
    (void)toy_fail_at(SIZE_MAX);
    camseal_spdm_responder_set_mood(eng.rsp, CAMSEAL_SPDM_READY);
}

bool engines_all_zero(const void *memory, size_t len)
{
    const uint8_t *bytes = memory;
    return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

void engines_stop(void)
{
    camseal_spdm_requester_wipe(eng.req);
    camseal_spdm_responder_wipe(eng.rsp);
    FUZZ_REQUIRE(eng.live == 0 && !owner.storing);
    FUZZ_REQUIRE(engines_all_zero(eng.req_memory, eng.req_size));
    FUZZ_REQUIRE(engines_all_zero(eng.rsp_memory, eng.rsp_size));
    release();
}
