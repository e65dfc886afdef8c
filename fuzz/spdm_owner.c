/* What the application of the SPDM fuzz targets says and demands. */
#include "spdm_owner.h"

#include <string.h>

#include "../tests/unit/spdm/spdm_toy.h"
#include "fuzz.h"

enum { LOG_ENTRIES_MAX = 40, LOG_ENTRY = 27, KEY_PAIRS = 3 };

owner_state owner;

static camseal_status verdict(enum owner_call which, bool may_wait)
{
    if (may_wait && owner.slow && owner.slow--)
        return CAMSEAL_PENDING;
    return owner.refuse == which ? CAMSEAL_E_OWNER : CAMSEAL_OK;
}

/* ---- identities ----------------------------------------------------------------------------- */

/* The toy provider takes any DER sequence; byte 5 says whether its key is P-256 or P-384. */
static const uint8_t chain_256[300] = {0x30, 0x82, 0x01, 0x28, 'T', 0};
static const uint8_t chain_384[700] = {0x30, 0x82, 0x02, 0xB8, 'T', 1};
camseal_span owner_anchors[3];
camseal_spdm_identity owner_rsp_ids[5], owner_req_ids[3];

static camseal_spdm_identity identity(camseal_span chain, uint8_t slot)
{
    camseal_spdm_identity id = {.chain = chain, .slot = slot};
    id.sign = chain.data[5] ? CAMSEAL_SIGN_ECDSA_P384 : CAMSEAL_SIGN_ECDSA_P256;
    return id;
}

static void make_identities(bool long_chains)
{
    owner_anchors[0] = camseal_span_of(toy_certificate, sizeof toy_certificate);
    owner_anchors[1] = camseal_span_of(chain_256, sizeof chain_256);
    owner_anchors[2] = camseal_span_of(chain_384, sizeof chain_384);
    owner_rsp_ids[0] = identity(owner_anchors[long_chains], 0);
    owner_rsp_ids[1] = identity(owner_anchors[2], 0);
    owner_rsp_ids[2] = identity(owner_anchors[0], 3);
    owner_rsp_ids[3] = identity(owner_anchors[2], 3);
    owner_rsp_ids[4] = identity(owner_anchors[0], 1); /* a key without certificates */
    owner_rsp_ids[4].chain.len = 0;
    owner_req_ids[0] = identity(owner_anchors[long_chains], 0);
    owner_req_ids[1] = identity(owner_anchors[2], 0);
    owner_req_ids[2] = identity(owner_anchors[1], 3);
}

camseal_span owner_chain(uint8_t choice)
{
    return owner_anchors[choice % 3u];
}

/* ---- vendor-defined requests ---------------------------------------------------------------- */

camseal_status owner_vendor(void *user, const camseal_spdm_vendor_request *request,
                            camseal_buf *response)
{
    (void)user;
    camseal_status status = verdict(OWNER_VENDOR, true);
    if (status != CAMSEAL_OK)
        return status;
    if (request->payload.len > response->capacity)
        return CAMSEAL_E_SPACE;
    if (request->payload.len)
        memcpy(response->data, request->payload.data, request->payload.len);
    response->len = request->payload.len;
    return CAMSEAL_OK;
}

/* ---- measurements --------------------------------------------------------------------------- */

static const uint8_t measured[] = "firmware 1.2.3", digest[48] = {1, 2, 3};
static const camseal_spdm_measurement blocks[] = {
    {1, CAMSEAL_SPDM_MEASURE_FIRMWARE, CAMSEAL_SPDM_FORM_EITHER, true, {measured, sizeof measured}},
    {2, CAMSEAL_SPDM_MEASURE_FIRMWARE_CONFIG, CAMSEAL_SPDM_FORM_RAW, false, {chain_256, 200}},
    {0xFE, CAMSEAL_SPDM_MEASURE_DEVICE_MODE, CAMSEAL_SPDM_FORM_RAW, true, {digest, 16}}};

static camseal_status block(void *user, const camseal_spdm_measure_query *query, size_t n,
                            camseal_spdm_measurement *out)
{
    (void)user, (void)query;
    camseal_status status = verdict(OWNER_BLOCK, true);
    if (status != CAMSEAL_OK)
        return status;
    if (n >= sizeof blocks / sizeof blocks[0])
        return CAMSEAL_E_NOT_FOUND;
    *out = blocks[n];
    return CAMSEAL_OK;
}

static uint32_t generation(void *user)
{
    (void)user;
    return (uint32_t)(owner.now >> 22);
}

static uint8_t log_bytes[16 + LOG_ENTRIES_MAX * LOG_ENTRY];
static size_t log_len;

static void make_log(unsigned entries)
{
    if (entries > LOG_ENTRIES_MAX)
        entries = LOG_ENTRIES_MAX;
    memset(log_bytes, 0, sizeof log_bytes);
    log_bytes[0] = (uint8_t)entries;
    log_bytes[4] = (uint8_t)(entries * LOG_ENTRY);
    log_bytes[5] = (uint8_t)(entries * LOG_ENTRY >> 8);
    for (size_t i = 0; i < entries; i++) {
        uint8_t *e = log_bytes + 16 + i * LOG_ENTRY;
        e[0] = (uint8_t)(i + 1);
        e[4] = 2;
        e[8] = 0x81;
        e[9] = 16;
    }
    log_len = 16 + (size_t)entries * LOG_ENTRY;
}

static camseal_status extension_log(void *user, camseal_span *log)
{
    (void)user;
    *log = camseal_span_of(log_bytes, log_len);
    return verdict(OWNER_LOG, true);
}

static const uint8_t ep_info[] = {1, 0, 0, 0, 7, 0, 0, 1, 3, 0x12, 0x34, 0x56};
camseal_spdm_measurer owner_measurer;

/* ---- pre-shared keys ------------------------------------------------------------------------ */

static const uint8_t psk_bytes[] = "pre-shared key of the toy link 1";
camseal_spdm_psk_source owner_req_psk, owner_rsp_psk;

static camseal_status psk_of_requester(void *user, const camseal_spdm_psk_query *query,
                                       camseal_spdm_psk_key *out)
{
    (void)user, (void)query;
    out->len = sizeof psk_bytes;
    memcpy(out->bytes, psk_bytes, sizeof psk_bytes);
    return CAMSEAL_OK;
}

static camseal_status psk_of_responder(void *user, const camseal_spdm_psk_query *query,
                                       camseal_spdm_psk_key *out)
{
    camseal_status status = verdict(OWNER_PSK, true);
    if (status != CAMSEAL_OK)
        return status;
    return query->hint.len > 1 ? CAMSEAL_E_NOT_FOUND : psk_of_requester(user, query, out);
}

/* ---- events --------------------------------------------------------------------------------- */

/* Another certificate in a slot. */
const uint8_t owner_event[OWNER_EVENT] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 1};
/* One group of the DMTF: version 1, three types. */
static const uint8_t groups[] = {0, 0, 3, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0};

static camseal_status subscribe(void *user, uint8_t session, uint8_t n, camseal_span list)
{
    (void)user, (void)session;
    FUZZ_REQUIRE((n == 0) == (list.len == 0));
    return verdict(OWNER_SUBSCRIBE, true);
}

static camseal_status event_of_requester(void *user, uint8_t session, uint32_t count,
                                         camseal_span events)
{
    (void)user, (void)session;
    FUZZ_REQUIRE(count > 0 && events.len >= count);
    return verdict(OWNER_EVENT_TAKEN, true);
}

static camseal_status event_of_responder(void *user, uint8_t session, uint32_t count,
                                         camseal_span events)
{
    (void)user, (void)session;
    FUZZ_REQUIRE(count > 0 && events.len >= count);
    return verdict(OWNER_EVENT_TAKEN, false);
}

const camseal_spdm_events owner_events = {
    1, {groups, sizeof groups}, subscribe, event_of_requester, NULL};
camseal_spdm_answerer owner_answerer;

/* ---- requesters ----------------------------------------------------------------------------- */

camseal_spdm_authenticator owner_authenticator;

static camseal_status peer(void *user, const camseal_spdm_peer *p)
{
    (void)user;
    camseal_status status = verdict(OWNER_PEER, false);
    FUZZ_REQUIRE(p->leaf_key_hash && p->leaf_spki.len &&
                 (p->session == 0xFF || p->session < CAMSEAL_SPDM_SESSIONS_MAX));
    if (status == CAMSEAL_OK && p->proven && p->session != 0xFF)
        owner.proven |= (uint8_t)(1u << p->session);
    return status;
}

/* ---- storage of certificates ---------------------------------------------------------------- */

static uint8_t stored[5][OWNER_CHAIN];
camseal_spdm_provisioner owner_provisioner;

static camseal_status authorise(void *user, const camseal_spdm_installation *what)
{
    (void)user;
    FUZZ_REQUIRE(owner_provisioner.trusted_environment || what->session != 0xFF);
    FUZZ_REQUIRE(what->slot <= 7 && what->identity && what->identity->slot == what->slot);
    FUZZ_REQUIRE(what->erase == (what->chain.len == 0) && !owner.storing);
    camseal_status status = verdict(OWNER_AUTHORISE, false);
    if (status == CAMSEAL_OK)
        owner.allowed |= (uint8_t)(1u << what->slot);
    return status;
}

static camseal_status fits_key(void *user, const camseal_spdm_installation *what)
{
    (void)user;
    FUZZ_REQUIRE(!what->erase && what->leaf_spki.len && what->leaf_key_hash);
    bool p384 = what->identity->sign == CAMSEAL_SIGN_ECDSA_P384;
    return (what->chain.data[5] != 0) == p384 ? CAMSEAL_OK : CAMSEAL_E_KEY;
}

static void put(const camseal_spdm_installation *what)
{
    size_t i = (size_t)(what->identity - owner_rsp_ids);
    FUZZ_REQUIRE(i < 5 && what->chain.len <= OWNER_CHAIN);
    if (what->chain.len)
        memcpy(stored[i], what->chain.data, what->chain.len);
    owner_rsp_ids[i].chain = camseal_span_of(stored[i], what->chain.len);
    owner_rsp_ids[i].model = what->model;
    owner_rsp_ids[i].key_pair_id = what->key_pair_id;
}

static camseal_status store(void *user, const camseal_spdm_installation *what, bool *reset)
{
    (void)user;
    uint8_t bit = (uint8_t)(1u << what->slot);
    FUZZ_REQUIRE(owner.allowed & bit);
    FUZZ_REQUIRE(what->erase || (what->leaf_spki.len && what->leaf_key_hash));
    camseal_status status = verdict(OWNER_STORE, true);
    owner.storing = status == CAMSEAL_PENDING;
    if (owner.storing)
        return status;
    owner.allowed &= (uint8_t)~bit;
    if (status != CAMSEAL_OK)
        return status;
    owner.changed = true;
    *reset = owner.resets && owner_provisioner.may_reset;
    if (!*reset)
        put(what);
    return status;
}

/* As long as a sequence of 200 bytes. */
static camseal_status csr(void *user, const camseal_spdm_csr_request *request, camseal_buf *out,
                          bool *reset, uint8_t *tag)
{
    static const uint8_t head[] = {0x30, 0x81, 197};
    (void)user;
    FUZZ_REQUIRE(request->tag <= 7 && (!request->tag || owner_provisioner.may_reset));
    camseal_status status = verdict(OWNER_CSR, true);
    owner.storing = status == CAMSEAL_PENDING;
    if (status != CAMSEAL_OK)
        return status;
    *reset = owner.resets && owner_provisioner.may_reset && !request->tag;
    *tag = 5;
    out->len = 200;
    if (out->len > out->capacity)
        return CAMSEAL_E_SPACE;
    memset(out->data, 0, out->len);
    memcpy(out->data, head, sizeof head);
    return CAMSEAL_OK;
}

static void abandon(void *user)
{
    (void)user;
    FUZZ_REQUIRE(owner.storing);
    owner.storing = false;
}

/* ---- key pairs ------------------------------------------------------------------------------ */

static const uint8_t p256_info[] = {0x30, 0x13, 6,    7,    0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1,
                                    6,    8,    0x2A, 0x86, 0x48, 0xCE, 0x3D, 3,    1,    7};
static camseal_spdm_key_pair key_pairs[KEY_PAIRS];
camseal_spdm_key_pairs owner_key_pairs;

static void make_key_pairs(void)
{
    const camseal_spdm_key_pair all = {.capabilities = 0x3F,
                                       .usages = 0x0F,
                                       .usage = 0x01,
                                       .algorithms = CAMSEAL_SPDM_KEY_P256 | CAMSEAL_SPDM_KEY_P384,
                                       .algorithm = CAMSEAL_SPDM_KEY_P256,
                                       .pqc_algorithms = 7,
                                       .public_key_info = {p256_info, sizeof p256_info}};
    key_pairs[0] = key_pairs[1] = key_pairs[2] = all;
    key_pairs[0].slots = 1;
    key_pairs[1].capabilities = 0;
    key_pairs[1].slots = 8;
    key_pairs[2].public_key_info.len = 0;
}

static camseal_status get_key_pair(void *user, uint8_t id, camseal_spdm_key_pair *out)
{
    (void)user;
    FUZZ_REQUIRE(id >= 1 && id <= KEY_PAIRS);
    *out = key_pairs[id - 1];
    return verdict(OWNER_NONE, true) == CAMSEAL_PENDING ? CAMSEAL_PENDING : CAMSEAL_OK;
}

static camseal_status authorise_key(void *user, const camseal_spdm_key_change *change)
{
    (void)user;
    const camseal_spdm_key_pair *p = &key_pairs[change->id - 1];
    FUZZ_REQUIRE(change->id >= 1 && change->id <= KEY_PAIRS);
    FUZZ_REQUIRE(!(change->usage & ~p->usages) && !(change->algorithm & ~p->algorithms) &&
                 !(change->pqc_algorithm & ~p->pqc_algorithms));
    FUZZ_REQUIRE(p->capabilities || change->slots == p->slots);
    return verdict(OWNER_AUTHORISE, false);
}

static camseal_status set_key_pair(void *user, const camseal_spdm_key_change *change, bool *reset)
{
    (void)user;
    camseal_spdm_key_pair *p = &key_pairs[change->id - 1];
    camseal_status status = verdict(OWNER_KEYS, true);
    if (status != CAMSEAL_OK)
        return status;
    *reset = owner.resets;
    if (change->operation == CAMSEAL_SPDM_KEY_OP_ERASE)
        p->public_key_info.len = 0;
    if (change->operation == CAMSEAL_SPDM_KEY_OP_GENERATE)
        p->public_key_info.len = sizeof p256_info;
    p->slots = change->slots;
    p->usage = change->usage;
    p->algorithm = change->algorithm;
    p->pqc_algorithm = change->pqc_algorithm;
    return status;
}

/* ---- as delivered --------------------------------------------------------------------------- */

void owner_begin(bool long_chains, unsigned log_entries)
{
    memset(&owner, 0, sizeof owner);
    make_identities(long_chains);
    make_log(log_entries);
    make_key_pairs();
    owner_measurer = (camseal_spdm_measurer){.blocks = blocks,
                                             .n_blocks = sizeof blocks / sizeof blocks[0],
                                             .block = block,
                                             .generation = generation,
                                             .fresh = true,
                                             .log = extension_log,
                                             .endpoint_info = {ep_info, sizeof ep_info}};
    owner_rsp_psk = (camseal_spdm_psk_source){.key = psk_of_responder};
    owner_req_psk = (camseal_spdm_psk_source){.key = psk_of_requester};
    owner_authenticator = (camseal_spdm_authenticator){
        .anchors = owner_anchors, .n_anchors = 3, .max_chain = OWNER_CHAIN, .peer = peer};
    owner_answerer = (camseal_spdm_answerer){.with = &camseal_spdm_answers,
                                             .identities = owner_req_ids,
                                             .n_identities = 3,
                                             .event = event_of_responder,
                                             .endpoint_info = {ep_info, sizeof ep_info}};
    owner_provisioner = (camseal_spdm_provisioner){.anchors = owner_anchors,
                                                   .n_anchors = 3,
                                                   .authorise = authorise,
                                                   .fits_key = fits_key,
                                                   .store = store,
                                                   .csr = csr,
                                                   .abandon = abandon};
    owner_key_pairs = (camseal_spdm_key_pairs){
        .total = KEY_PAIRS, .get = get_key_pair, .authorise = authorise_key, .set = set_key_pair};
}
