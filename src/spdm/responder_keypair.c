/* Responder: GET_KEY_PAIR_INFO, SET_KEY_PAIR_INFO (1.3+). Knows every rule of a change; which keys
 * there are, who may change them and how is the application's business. */
#include "camseal/spdm_keypair.h"

#include <string.h>

#include "base/load.h"
#include "base/try.h"
#include "msg/error.h"
#include "msg/key_pair.h"
#include "msg/short.h"
#include "responder.h"

enum { INFO_BYTES = 23, PQC_BYTES = 4 }; /* KEY_PAIR_INFO without key; a PQC bitmap of ours */

/* ---- GET_KEY_PAIR_INFO ---------------------------------------------------------------------- */

static camseal_status describe(const camseal_spdm_responder *r, spdm_request *q, uint8_t id,
                               camseal_spdm_key_pair *out)
{
    const camseal_spdm_key_pairs *pairs = r->config.key_pairs;
    if (id > pairs->total)
        return camseal_spdm_refuse(q, CAMSEAL_E_FORMAT, "KeyPairID is behind the last");
    memset(out, 0, sizeof *out);
    camseal_status status = pairs->get(pairs->user, id, out);
    if (status == CAMSEAL_OK || status == CAMSEAL_PENDING)
        return status;
    return camseal_spdm_refuse_as(q, SPDM_ERR_UNSPECIFIED, status,
                                  "the application cannot describe the key pair");
}

static camseal_status write_info(camseal_spdm_responder *r, spdm_request *q, uint8_t id,
                                 const camseal_spdm_key_pair *pair)
{
    uint8_t pqc[2][PQC_BYTES];
    bool fixed = !(r->flags & SPDM_CAP_SET_KEY_PAIR_INFO);
    camseal_store_le32(pqc[0], pair->pqc_algorithms);
    camseal_store_le32(pqc[1], pair->pqc_algorithm);
    const spdm_key_pair_info m = {.total = r->config.key_pairs->total,
                                  .id = id,
                                  .capabilities = fixed ? (uint16_t)0 : pair->capabilities,
                                  .usages = pair->usages,
                                  .usage = pair->usage,
                                  .algorithms = pair->algorithms,
                                  .algorithm = pair->algorithm,
                                  .slot_mask = pair->slots,
                                  .key_info = pair->public_key_info,
                                  .pqc_algorithms = {pqc[0], PQC_BYTES},
                                  .pqc_algorithm = {pqc[1], PQC_BYTES}};
    size_t pqc_bytes = r->shape.version >= SPDM_VERSION_14 ? 2u * (1u + PQC_BYTES) : 0u;
    CAMSEAL_TRY(camseal_spdm_fits(q, INFO_BYTES + m.key_info.len + pqc_bytes));
    camseal_spdm_write_key_pair_info(q->w, r->shape.version, &m);
    return CAMSEAL_OK;
}

static camseal_status get_info(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_get_key_pair_info m;
    camseal_spdm_key_pair pair;
    CAMSEAL_TRY(camseal_spdm_read_get_key_pair_info(&q->reader, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    camseal_status status = describe(r, q, m.id, &pair);
    if (status == CAMSEAL_PENDING)
        return camseal_spdm_keep_request(r, q);
    return status == CAMSEAL_OK ? write_info(r, q, m.id, &pair) : status;
}

/* ---- SET_KEY_PAIR_INFO ---------------------------------------------------------------------- */

static bool wants_algorithm(const spdm_set_key_pair_info *m)
{
    return m->algorithm || camseal_spdm_pqc_bits(m->pqc_algorithm);
}

static bool one_slot(uint8_t mask)
{
    return (mask & (mask - 1u)) == 0;
}

/* What is asked for is not among the capabilities of the key pair. */
static const char *capability_fault(const camseal_spdm_key_pair *now,
                                    const spdm_set_key_pair_info *m)
{
    uint16_t can = now->capabilities;
    if (m->operation == SPDM_KEY_PAIR_GENERATE_KEY && !(can & SPDM_KEY_PAIR_GENERATE))
        return CAMSEAL_TEXT("the key pair cannot be generated");
    if (m->operation == SPDM_KEY_PAIR_ERASE_KEY && !(can & SPDM_KEY_PAIR_ERASE))
        return CAMSEAL_TEXT("the key pair cannot be erased");
    if (m->slot_mask && m->slot_mask != now->slots && !(can & SPDM_KEY_PAIR_ASSOCIATE))
        return CAMSEAL_TEXT("the slots of the key pair cannot be changed");
    if (m->usage && !(can & SPDM_KEY_PAIR_USAGE))
        return CAMSEAL_TEXT("the usage of the key pair cannot be changed");
    if (wants_algorithm(m) && !(can & SPDM_KEY_PAIR_ALGORITHM))
        return CAMSEAL_TEXT("the algorithm of the key pair cannot be changed");
    return NULL;
}

/* Bits behind the 32 that we know. */
static bool unknown_pqc(camseal_span bitmap)
{
    for (size_t i = PQC_BYTES; i < bitmap.len; i++)
        if (bitmap.data[i])
            return true;
    return false;
}

static const char *value_fault(const camseal_spdm_key_pair *now, const spdm_set_key_pair_info *m)
{
    uint32_t pqc = camseal_spdm_pqc_bits(m->pqc_algorithm);
    if (m->usage & ~(unsigned)now->usages)
        return CAMSEAL_TEXT("the key pair cannot be used for that");
    if ((m->algorithm & ~now->algorithms) || (pqc & ~now->pqc_algorithms) ||
        unknown_pqc(m->pqc_algorithm))
        return CAMSEAL_TEXT("the key pair cannot have that algorithm");
    if (!one_slot(m->slot_mask) && !(now->capabilities & SPDM_KEY_PAIR_SHARE))
        return CAMSEAL_TEXT("the key pair belongs to one slot at most");
    bool other = m->algorithm != now->algorithm || pqc != now->pqc_algorithm;
    if (m->operation == SPDM_KEY_PAIR_CHANGE && wants_algorithm(m) && other &&
        now->public_key_info.len)
        return CAMSEAL_TEXT("the key is generated: its algorithm stays");
    return NULL;
}

/* The values afterwards. An algorithm takes the place of the other kind's too. */
static camseal_spdm_key_change change_of(const camseal_spdm_responder *r, const spdm_request *q,
                                         const camseal_spdm_key_pair *now,
                                         const spdm_set_key_pair_info *m)
{
    camseal_spdm_key_change c = {.session = camseal_spdm_session_index(r, q->session),
                                 .operation = m->operation,
                                 .id = m->id};
    if (m->operation == SPDM_KEY_PAIR_ERASE_KEY)
        return c;
    bool algorithm = wants_algorithm(m);
    c.usage = m->usage ? m->usage : now->usage;
    c.algorithm = algorithm ? m->algorithm : now->algorithm;
    c.pqc_algorithm = algorithm ? camseal_spdm_pqc_bits(m->pqc_algorithm) : now->pqc_algorithm;
    c.slots = now->capabilities & SPDM_KEY_PAIR_ASSOCIATE ? m->slot_mask : now->slots;
    return c;
}

/* In a slot there is one key pair of an algorithm. */
static camseal_status check_slots(const camseal_spdm_responder *r, spdm_request *q,
                                  const camseal_spdm_key_pair *now,
                                  const camseal_spdm_key_change *c)
{
    camseal_spdm_key_pair other;
    unsigned taken = c->slots & ~(unsigned)now->slots;
    for (unsigned id = 1; taken && id <= r->config.key_pairs->total; id++) {
        if (id == c->id)
            continue;
        CAMSEAL_TRY(describe(r, q, (uint8_t)id, &other));
        bool same = other.algorithm == c->algorithm && other.pqc_algorithm == c->pqc_algorithm;
        if (same && (other.slots & taken))
            return camseal_spdm_refuse_as(q, SPDM_ERR_OPERATION_FAILED, CAMSEAL_E_STATE,
                                          "the slot has another key pair of this algorithm");
    }
    return CAMSEAL_OK;
}

/* What is legal, but not in the present state. */
static camseal_status check_state(const camseal_spdm_responder *r, spdm_request *q,
                                  const camseal_spdm_key_pair *now,
                                  const camseal_spdm_key_change *c)
{
    if (c->operation != SPDM_KEY_PAIR_CHANGE && now->slots)
        return camseal_spdm_refuse_as(q, SPDM_ERR_OPERATION_FAILED, CAMSEAL_E_STATE,
                                      "the key pair still belongs to a slot");
    if (c->operation == SPDM_KEY_PAIR_GENERATE_KEY && !c->algorithm && !c->pqc_algorithm)
        return camseal_spdm_refuse_as(q, SPDM_ERR_OPERATION_FAILED, CAMSEAL_E_STATE,
                                      "the key pair has no algorithm yet");
    return check_slots(r, q, now, c);
}

/* Every rule, then the owner's will; nothing is changed yet. */
static camseal_status check_change(const camseal_spdm_responder *r, spdm_request *q,
                                   const spdm_set_key_pair_info *m, camseal_spdm_key_change *c)
{
    const camseal_spdm_key_pairs *pairs = r->config.key_pairs;
    camseal_spdm_key_pair now;
    CAMSEAL_TRY(describe(r, q, m->id, &now));
    q->detail = capability_fault(&now, m);
    if (!q->detail)
        q->detail = value_fault(&now, m);
    if (q->detail)
        return CAMSEAL_E_FORMAT;
    *c = change_of(r, q, &now, m);
    CAMSEAL_TRY(check_state(r, q, &now, c));
    if (pairs->authorise(pairs->user, c) == CAMSEAL_OK)
        return CAMSEAL_OK;
    return camseal_spdm_refuse_as(q, SPDM_ERR_INVALID_POLICY, CAMSEAL_E_POLICY,
                                  "the owner refuses the change");
}

static camseal_status change(camseal_spdm_responder *r, spdm_request *q,
                             const spdm_set_key_pair_info *m)
{
    const camseal_spdm_key_pairs *pairs = r->config.key_pairs;
    camseal_spdm_key_change c;
    bool reset = false;
    CAMSEAL_TRY(check_change(r, q, m, &c));
    camseal_status status = pairs->set(pairs->user, &c, &reset);
    if (status == CAMSEAL_PENDING)
        return status;
    if (status != CAMSEAL_OK)
        return camseal_spdm_refuse_as(q, SPDM_ERR_OPERATION_FAILED, status,
                                      "the application could not change the key pair");
    if (reset && r->shape.version >= SPDM_VERSION_14 && pairs->may_reset)
        return camseal_spdm_refuse_as(q, SPDM_ERR_RESET_REQUIRED, CAMSEAL_E_STATE,
                                      "the change needs a reset");
    camseal_spdm_write_bare(q->w, r->shape.version, SPDM_SET_KEY_PAIR_INFO_ACK);
    return CAMSEAL_OK;
}

static camseal_status set_info(camseal_spdm_responder *r, spdm_request *q)
{
    spdm_set_key_pair_info m;
    CAMSEAL_TRY(camseal_spdm_read_set_key_pair_info(&q->reader, r->shape.version, &m));
    CAMSEAL_TRY(camseal_reader_end(&q->reader));
    camseal_status status = change(r, q, &m);
    return status == CAMSEAL_PENDING ? camseal_spdm_keep_request(r, q) : status;
}

/* ---- the feature ---------------------------------------------------------------------------- */

static uint32_t multi_key(const camseal_spdm_responder_config *c)
{
    if (!CAMSEAL_SPDM_MULTI_KEY || c->n_identities == 0 ||
        !camseal_spdm_rule_allows(c->policy->multi_key, false))
        return 0;
    return c->policy->multi_key == CAMSEAL_SPDM_REQUIRE ? SPDM_CAP_MULTI_KEY_ONLY
                                                        : SPDM_CAP_MULTI_KEY_NEG;
}

static uint32_t flags(const camseal_spdm_responder_config *c)
{
    uint32_t flags = SPDM_CAP_GET_KEY_PAIR_INFO | multi_key(c);
    if (!c->key_pairs || !c->key_pairs->set || !c->key_pairs->authorise)
        return flags;
    return flags | SPDM_CAP_SET_KEY_PAIR_INFO |
           (c->key_pairs->may_reset ? SPDM_CAP_SET_KEY_PAIR_RESET : 0u);
}

static camseal_status attach(camseal_spdm_responder *r, void *memory)
{
    const camseal_spdm_key_pairs *pairs = r->config.key_pairs;
    (void)memory;
    return pairs && pairs->get && pairs->total ? CAMSEAL_OK : CAMSEAL_E_ARGUMENT;
}

static void abandon(camseal_spdm_responder *r)
{
    const camseal_spdm_key_pairs *pairs = r->config.key_pairs;
    bool ours =
        r->pending.op == SPDM_OP_KEY_PAIR_INFO || r->pending.op == SPDM_OP_SET_KEY_PAIR_INFO;
    if (ours && pairs->abandon)
        pairs->abandon(pairs->user);
}

static const spdm_service services[] = {
    {SPDM_OP_KEY_PAIR_INFO, get_info},
    {SPDM_OP_SET_KEY_PAIR_INFO, set_info},
};

const camseal_spdm_feature camseal_spdm_key_pair_service = {
    .services = services,
    .n_services = sizeof services / sizeof services[0],
    .flags = flags,
    .attach = attach,
    .abandon = abandon,
};
