/* Negotiation rules. */
#include "negotiate.h"

#include <string.h>

enum { KEY_SCHEDULE_SPDM = 1, MEASUREMENT_HASHES = 0xFF };

/* Ids by bit number on the wire (DSP0274 NEGOTIATE_ALGORITHMS); 0: an algorithm that the session
 * port does not have. */
static const uint8_t hash_bits[] = {CAMSEAL_HASH_SHA256, CAMSEAL_HASH_SHA384, CAMSEAL_HASH_SHA512};
static const uint8_t sign_bits[] = {
    CAMSEAL_SIGN_RSASSA_2048, CAMSEAL_SIGN_RSAPSS_2048, CAMSEAL_SIGN_RSASSA_3072,
    CAMSEAL_SIGN_RSAPSS_3072, CAMSEAL_SIGN_ECDSA_P256,  CAMSEAL_SIGN_RSASSA_4096,
    CAMSEAL_SIGN_RSAPSS_4096, CAMSEAL_SIGN_ECDSA_P384,  CAMSEAL_SIGN_ECDSA_P521,
    CAMSEAL_SIGN_NONE,        CAMSEAL_SIGN_ED25519};
static const uint8_t pqc_bits[] = {CAMSEAL_SIGN_ML_DSA_44, CAMSEAL_SIGN_ML_DSA_65,
                                   CAMSEAL_SIGN_ML_DSA_87};
static const uint8_t dhe_bits[] = {CAMSEAL_KEX_FFDHE2048, CAMSEAL_KEX_FFDHE3072,
                                   CAMSEAL_KEX_FFDHE4096, CAMSEAL_KEX_SECP256R1,
                                   CAMSEAL_KEX_SECP384R1, CAMSEAL_KEX_SECP521R1};
static const uint8_t kem_bits[] = {CAMSEAL_KEX_ML_KEM_512, CAMSEAL_KEX_ML_KEM_768,
                                   CAMSEAL_KEX_ML_KEM_1024};
static const uint8_t aead_bits[] = {CAMSEAL_AEAD_AES_128_GCM, CAMSEAL_AEAD_AES_256_GCM,
                                    CAMSEAL_AEAD_CHACHA20_POLY1305};
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* The strongest first; ended by 0. Post-quantum ones are last: they are taken only if asked for. */
static const uint8_t hash_order[] = {CAMSEAL_HASH_SHA384, CAMSEAL_HASH_SHA512, CAMSEAL_HASH_SHA256,
                                     0};
static const uint8_t sign_order[] = {CAMSEAL_SIGN_ECDSA_P384,  CAMSEAL_SIGN_ECDSA_P521,
                                     CAMSEAL_SIGN_ECDSA_P256,  CAMSEAL_SIGN_ED25519,
                                     CAMSEAL_SIGN_RSAPSS_4096, CAMSEAL_SIGN_RSAPSS_3072,
                                     CAMSEAL_SIGN_RSAPSS_2048, CAMSEAL_SIGN_RSASSA_4096,
                                     CAMSEAL_SIGN_RSASSA_3072, CAMSEAL_SIGN_RSASSA_2048,
                                     CAMSEAL_SIGN_ML_DSA_87,   CAMSEAL_SIGN_ML_DSA_65,
                                     CAMSEAL_SIGN_ML_DSA_44,   0};
static const uint8_t kex_order[] = {CAMSEAL_KEX_SECP384R1,   CAMSEAL_KEX_SECP521R1,
                                    CAMSEAL_KEX_SECP256R1,   CAMSEAL_KEX_FFDHE4096,
                                    CAMSEAL_KEX_FFDHE3072,   CAMSEAL_KEX_FFDHE2048,
                                    CAMSEAL_KEX_ML_KEM_1024, CAMSEAL_KEX_ML_KEM_768,
                                    CAMSEAL_KEX_ML_KEM_512,  0};
static const uint8_t aead_order[] = {CAMSEAL_AEAD_AES_256_GCM, CAMSEAL_AEAD_CHACHA20_POLY1305,
                                     CAMSEAL_AEAD_AES_128_GCM, 0};

#define PQC_SIGNS                                                                          \
    (CAMSEAL_SPDM_BIT(CAMSEAL_SIGN_ML_DSA_44) | CAMSEAL_SPDM_BIT(CAMSEAL_SIGN_ML_DSA_65) | \
     CAMSEAL_SPDM_BIT(CAMSEAL_SIGN_ML_DSA_87))
#define KEMS                                                                               \
    (CAMSEAL_SPDM_BIT(CAMSEAL_KEX_ML_KEM_512) | CAMSEAL_SPDM_BIT(CAMSEAL_KEX_ML_KEM_768) | \
     CAMSEAL_SPDM_BIT(CAMSEAL_KEX_ML_KEM_1024))

static const struct set {
    uint32_t set;
    spdm_algorithm_ids ids;
} sets_known[] = {
    {CAMSEAL_SPDM_SET_P384,
     {CAMSEAL_HASH_SHA384, CAMSEAL_SIGN_ECDSA_P384, 0, CAMSEAL_KEX_SECP384R1,
      CAMSEAL_AEAD_AES_256_GCM}},
    {CAMSEAL_SPDM_SET_P256,
     {CAMSEAL_HASH_SHA256, CAMSEAL_SIGN_ECDSA_P256, 0, CAMSEAL_KEX_SECP256R1,
      CAMSEAL_AEAD_AES_128_GCM}},
};

/* ---- policy --------------------------------------------------------------------------------- */

const camseal_spdm_policy *camseal_spdm_policy_or_default(const camseal_spdm_policy *policy)
{
    static const camseal_spdm_policy strict;
    return policy ? policy : &strict;
}

uint8_t camseal_spdm_version_min(const camseal_spdm_policy *p)
{
    return p->min_version ? p->min_version : (uint8_t)SPDM_VERSION_12;
}

uint8_t camseal_spdm_version_max(const camseal_spdm_policy *p)
{
    return p->max_version ? p->max_version : (uint8_t)SPDM_VERSION_14;
}

uint8_t camseal_spdm_sm_min(const camseal_spdm_policy *p)
{
    return p->min_sm ? p->min_sm : (uint8_t)CAMSEAL_SPDM_SM_1_1;
}

uint8_t camseal_spdm_sm_max(const camseal_spdm_policy *p)
{
    return p->max_sm ? p->max_sm : (uint8_t)CAMSEAL_SPDM_SM_1_2;
}

bool camseal_spdm_rule_allows(uint8_t rule, bool otherwise)
{
    return rule == CAMSEAL_SPDM_DEFAULT ? otherwise : rule != CAMSEAL_SPDM_REFUSE;
}

static bool choice_legal(const camseal_spdm_choice *c, const uint8_t *order)
{
    uint32_t known = 0;
    for (; *order; order++)
        known |= CAMSEAL_SPDM_BIT(*order);
    return (c->allowed & ~known) == 0;
}

static bool in_order(unsigned least, unsigned from, unsigned to, unsigned most)
{
    return least <= from && from <= to && to <= most;
}

_Static_assert(CAMSEAL_SPDM_REQUIRE == 3, "a rule has two bits");

bool camseal_spdm_policy_legal(const camseal_spdm_policy *p)
{
    unsigned rules = p->mutual | p->measurements | p->clear_handshake | p->chunking | p->multi_key;
    return rules <= CAMSEAL_SPDM_REQUIRE && p->aead_limit <= 64 &&
           in_order(SPDM_VERSION_12, camseal_spdm_version_min(p), camseal_spdm_version_max(p),
                    SPDM_VERSION_14) &&
           in_order(CAMSEAL_SPDM_SM_1_0, camseal_spdm_sm_min(p), camseal_spdm_sm_max(p),
                    CAMSEAL_SPDM_SM_1_3) &&
           choice_legal(&p->hash, hash_order) && choice_legal(&p->sign, sign_order) &&
           choice_legal(&p->req_sign, sign_order) && choice_legal(&p->kex, kex_order) &&
           choice_legal(&p->aead, aead_order);
}

static uint32_t allowed(const camseal_spdm_choice *c, uint32_t present, uint32_t not_by_default)
{
    return c->allowed ? present & c->allowed : present & ~not_by_default;
}

static void limit_to_sets(spdm_algorithm_masks *m, uint32_t sets)
{
    spdm_algorithm_masks all = {0, 0, m->req_sign, 0, 0};
    for (size_t i = 0; i < COUNT(sets_known); i++) {
        if (!(sets & sets_known[i].set))
            continue;
        all.hash |= CAMSEAL_SPDM_BIT(sets_known[i].ids.hash);
        all.sign |= CAMSEAL_SPDM_BIT(sets_known[i].ids.sign);
        all.kex |= CAMSEAL_SPDM_BIT(sets_known[i].ids.kex);
        all.aead |= CAMSEAL_SPDM_BIT(sets_known[i].ids.aead);
    }
    m->hash &= all.hash;
    m->sign &= all.sign;
    m->kex &= all.kex;
    m->aead &= all.aead;
}

void camseal_spdm_usable(const camseal_crypto *crypto, const camseal_spdm_policy *p, uint32_t sets,
                         spdm_algorithm_masks *m)
{
    memset(m, 0, sizeof *m);
    uint32_t signs = 0;
    for (size_t i = 0; i < crypto->n_hashes; i++)
        m->hash |= CAMSEAL_SPDM_BIT(crypto->hashes[i].id);
    for (size_t i = 0; i < crypto->n_signs; i++)
        signs |= CAMSEAL_SPDM_BIT(crypto->signs[i].id);
    for (size_t i = 0; i < crypto->n_kexes; i++)
        m->kex |= CAMSEAL_SPDM_BIT(crypto->kexes[i].id);
    for (size_t i = 0; i < crypto->n_aeads; i++)
        m->aead |= CAMSEAL_SPDM_BIT(crypto->aeads[i].id);
    m->hash = allowed(&p->hash, m->hash, 0);
    m->sign = allowed(&p->sign, signs, PQC_SIGNS);
    m->req_sign = allowed(&p->req_sign, signs, PQC_SIGNS);
    m->kex = allowed(&p->kex, m->kex, KEMS);
    m->aead = allowed(&p->aead, m->aead, 0);
    if (sets)
        limit_to_sets(m, sets);
}

bool camseal_spdm_sets_legal(uint32_t sets, const spdm_algorithm_masks *m)
{
    uint32_t known = 0;
    for (size_t i = 0; i < COUNT(sets_known); i++) {
        const spdm_algorithm_ids *a = &sets_known[i].ids;
        known |= sets_known[i].set;
        if ((sets & sets_known[i].set) &&
            (!(m->hash >> a->hash & 1u) || !(m->sign >> a->sign & 1u) || !(m->kex >> a->kex & 1u) ||
             !(m->aead >> a->aead & 1u)))
            return false;
    }
    return (sets & ~known) == 0;
}

uint32_t camseal_spdm_set_of(const spdm_algorithm_ids *ids)
{
    for (size_t i = 0; i < COUNT(sets_known); i++) {
        const spdm_algorithm_ids *a = &sets_known[i].ids;
        if (a->hash == ids->hash && a->sign == ids->sign && a->kex == ids->kex &&
            a->aead == ids->aead)
            return sets_known[i].set;
    }
    return 0;
}

camseal_status camseal_spdm_find_algorithms(const camseal_crypto *crypto,
                                            const spdm_algorithm_ids *ids, spdm_algorithm_set *out)
{
    out->hash = camseal_crypto_hash(crypto, (camseal_hash_id)ids->hash);
    out->sign = camseal_crypto_sign(crypto, (camseal_sign_id)ids->sign);
    out->req_sign = camseal_crypto_sign(crypto, (camseal_sign_id)ids->req_sign);
    out->kex = camseal_crypto_kex(crypto, (camseal_kex_id)ids->kex);
    out->aead = camseal_crypto_aead(crypto, (camseal_aead_id)ids->aead);
    bool complete = out->hash && !out->sign == !ids->sign && !out->req_sign == !ids->req_sign &&
                    !out->kex == !ids->kex && !out->aead == !ids->aead;
    return complete ? CAMSEAL_OK : CAMSEAL_E_UNSUPPORTED;
}

void camseal_spdm_take_sizes(spdm_shape *shape, const spdm_algorithm_set *a)
{
    shape->hash = a->hash->digest_bytes;
    shape->signature = a->sign ? a->sign->signature_bytes : (uint16_t)0;
    shape->req_signature = a->req_sign ? a->req_sign->signature_bytes : (uint16_t)0;
    shape->kex_request = a->kex ? a->kex->request_bytes : (uint16_t)0;
    shape->kex_response = a->kex ? a->kex->response_bytes : (uint16_t)0;
}

void camseal_spdm_tell_algorithms(const spdm_algorithm_set *a, camseal_spdm_info *info)
{
    info->hash = a->hash->id;
    info->hash_name = a->hash->name;
    if (a->sign) {
        info->sign = a->sign->id;
        info->sign_name = a->sign->name;
    }
    if (a->req_sign) {
        info->req_sign = a->req_sign->id;
        info->req_sign_name = a->req_sign->name;
    }
    if (a->kex) {
        info->kex = a->kex->id;
        info->kex_name = a->kex->name;
    }
    if (a->aead) {
        info->aead = a->aead->id;
        info->aead_name = a->aead->name;
    }
}

/* ---- algorithms ----------------------------------------------------------------------------- */

/* Mask of ids to bits on the wire. */
static uint32_t to_wire(const uint8_t *ids, size_t n, uint32_t mask)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++)
        if (ids[i] && (mask >> ids[i] & 1u))
            bits |= 1u << i;
    return bits;
}

/* And back; bits that we do not know are left out. */
static uint32_t from_wire(const uint8_t *ids, size_t n, uint32_t bits)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < n; i++)
        if (ids[i] && (bits >> i & 1u))
            mask |= CAMSEAL_SPDM_BIT(ids[i]);
    return mask;
}

static void put_table(spdm_algorithms *a, unsigned type, uint32_t bits)
{
    a->table[type] = (uint16_t)bits;
    if (bits)
        a->tables = (uint8_t)(a->tables | 1u << type);
}

void camseal_spdm_offer(const spdm_algorithm_masks *m, uint8_t version, spdm_algorithms *offer)
{
    memset(offer, 0, sizeof *offer);
    offer->other_params = SPDM_OPAQUE_FMT1;
    offer->base_asym = to_wire(sign_bits, COUNT(sign_bits), m->sign);
    offer->base_hash = to_wire(hash_bits, COUNT(hash_bits), m->hash);
    put_table(offer, SPDM_ALG_DHE, to_wire(dhe_bits, COUNT(dhe_bits), m->kex));
    put_table(offer, SPDM_ALG_AEAD, to_wire(aead_bits, COUNT(aead_bits), m->aead));
    put_table(offer, SPDM_ALG_REQ_ASYM, to_wire(sign_bits, COUNT(sign_bits), m->req_sign));
    put_table(offer, SPDM_ALG_KEY_SCHEDULE, KEY_SCHEDULE_SPDM);
    if (version < SPDM_VERSION_14)
        return;
    offer->pqc_asym = to_wire(pqc_bits, COUNT(pqc_bits), m->sign);
    put_table(offer, SPDM_ALG_REQ_PQC, to_wire(pqc_bits, COUNT(pqc_bits), m->req_sign));
    put_table(offer, SPDM_ALG_KEM, to_wire(kem_bits, COUNT(kem_bits), m->kex));
}

void camseal_spdm_algorithm_masks_of(const spdm_algorithms *a, spdm_algorithm_masks *m)
{
    m->hash = from_wire(hash_bits, COUNT(hash_bits), a->base_hash);
    m->sign = from_wire(sign_bits, COUNT(sign_bits), a->base_asym) |
              from_wire(pqc_bits, COUNT(pqc_bits), a->pqc_asym);
    m->req_sign = from_wire(sign_bits, COUNT(sign_bits), a->table[SPDM_ALG_REQ_ASYM]) |
                  from_wire(pqc_bits, COUNT(pqc_bits), a->table[SPDM_ALG_REQ_PQC]);
    m->kex = from_wire(dhe_bits, COUNT(dhe_bits), a->table[SPDM_ALG_DHE]) |
             from_wire(kem_bits, COUNT(kem_bits), a->table[SPDM_ALG_KEM]);
    m->aead = from_wire(aead_bits, COUNT(aead_bits), a->table[SPDM_ALG_AEAD]);
}

/* The first id of the list that is in the mask; 0 for none. */
static uint8_t first_of(const uint8_t *order, uint32_t mask)
{
    for (; order && *order; order++)
        if (mask >> *order & 1u)
            return *order;
    return 0;
}

static uint8_t choose(const camseal_spdm_choice *c, const uint8_t *order, uint32_t common)
{
    uint8_t id = first_of(c->prefer, common);
    return id ? id : first_of(order, common);
}

static void choose_all(const camseal_spdm_policy *p, const spdm_algorithm_masks *common,
                       spdm_algorithm_ids *ids)
{
    ids->hash = choose(&p->hash, hash_order, common->hash);
    ids->sign = choose(&p->sign, sign_order, common->sign);
    ids->req_sign = choose(&p->req_sign, sign_order, common->req_sign);
    ids->kex = choose(&p->kex, kex_order, common->kex);
    ids->aead = choose(&p->aead, aead_order, common->aead);
}

/* The first whole set of `sets` that is common. */
static bool choose_set(uint32_t sets, const spdm_algorithm_masks *common, spdm_algorithm_ids *ids)
{
    for (size_t i = 0; i < COUNT(sets_known); i++) {
        const spdm_algorithm_ids *a = &sets_known[i].ids;
        if (!(sets & sets_known[i].set) || !camseal_spdm_sets_legal(sets_known[i].set, common))
            continue;
        uint8_t req_sign = ids->req_sign;
        *ids = *a;
        ids->req_sign = req_sign;
        return true;
    }
    return false;
}

static void write_selection(const spdm_algorithm_ids *ids, const spdm_algorithms *offer,
                            spdm_algorithms *s)
{
    const spdm_algorithm_masks one = {CAMSEAL_SPDM_BIT(ids->hash), CAMSEAL_SPDM_BIT(ids->sign),
                                      CAMSEAL_SPDM_BIT(ids->req_sign), CAMSEAL_SPDM_BIT(ids->kex),
                                      CAMSEAL_SPDM_BIT(ids->aead)};
    camseal_spdm_offer(&one, SPDM_VERSION_14, s);
    s->other_params &= offer->other_params;
    s->tables = offer->tables;
}

const char *camseal_spdm_select(const spdm_selector *by, const spdm_algorithms *offer,
                                spdm_algorithms *selection, spdm_algorithm_ids *ids)
{
    spdm_algorithm_masks common;
    camseal_spdm_algorithm_masks_of(offer, &common);
    common.hash &= by->masks->hash;
    common.sign &= by->masks->sign;
    common.req_sign &= by->masks->req_sign;
    common.kex &= by->masks->kex;
    common.aead &= by->masks->aead;
    choose_all(by->policy, &common, ids);
    if (by->sets && !choose_set(by->sets, &common, ids))
        return CAMSEAL_TEXT("no whole algorithm set in common");
    if (!ids->hash)
        return CAMSEAL_TEXT("no hash algorithm in common");
    if (by->signs && !ids->sign)
        return CAMSEAL_TEXT("no signature algorithm in common");
    if (by->exchanges && !ids->kex)
        return CAMSEAL_TEXT("no key exchange in common");
    if (by->protects && (!ids->aead || !(offer->table[SPDM_ALG_KEY_SCHEDULE] & KEY_SCHEDULE_SPDM)))
        return CAMSEAL_TEXT("no AEAD or key schedule in common");
    write_selection(ids, offer, selection);
    return NULL;
}

static bool differs(spdm_mismatch *why, const char *field, uint64_t expected, uint64_t seen)
{
    why->field = field;
    why->expected = expected;
    why->seen = seen;
    return true;
}

/* A bit that was not offered, or more than one: a downgrade by somebody on the way. */
static bool not_one_of(spdm_mismatch *why, const char *field, uint32_t offered, uint32_t selected,
                       bool needed)
{
    bool many = (selected & (selected - 1u)) != 0 && selected != 0;
    if (!many && (selected & ~offered) == 0 && (selected || !needed))
        return false;
    return differs(why, field, offered, selected);
}

/* Of a classical and a post-quantum field together exactly one bit. */
static bool not_one_of_two(spdm_mismatch *why, const char *field, uint32_t offered,
                           uint32_t offered2, uint32_t selected, uint32_t selected2, bool needed)
{
    if (selected && selected2)
        return differs(why, "both a classical and a post-quantum algorithm are selected", selected,
                       selected2);
    return not_one_of(why, field, offered, selected, needed && !selected2) ||
           not_one_of(why, field, offered2, selected2, false);
}

static bool tables_faulty(const spdm_selector *by, const spdm_algorithms *o,
                          const spdm_algorithms *s, spdm_mismatch *why)
{
    if (s->tables != o->tables)
        return differs(why, "the algorithm tables are not those of the request", o->tables,
                       s->tables);
    return not_one_of_two(why, "the DHE selection is not one of those offered",
                          o->table[SPDM_ALG_DHE], o->table[SPDM_ALG_KEM], s->table[SPDM_ALG_DHE],
                          s->table[SPDM_ALG_KEM], by->exchanges) ||
           not_one_of(why, "the AEAD selection is not one of those offered",
                      o->table[SPDM_ALG_AEAD], s->table[SPDM_ALG_AEAD], by->protects) ||
           not_one_of_two(why, "the ReqBaseAsym selection is not one of those offered",
                          o->table[SPDM_ALG_REQ_ASYM], o->table[SPDM_ALG_REQ_PQC],
                          s->table[SPDM_ALG_REQ_ASYM], s->table[SPDM_ALG_REQ_PQC], false) ||
           not_one_of(why, "the key schedule selection is not the one offered",
                      o->table[SPDM_ALG_KEY_SCHEDULE], s->table[SPDM_ALG_KEY_SCHEDULE],
                      by->protects);
}

static bool selection_faulty(const spdm_selector *by, const spdm_algorithms *o,
                             const spdm_algorithms *s, spdm_mismatch *why)
{
    if (s->pqc_asym & ~o->pqc_asym)
        return differs(why, "PqcAsymSel was not offered", o->pqc_asym, s->pqc_asym);
    if (not_one_of_two(why, "BaseAsymSel is not one of those offered", o->base_asym, o->pqc_asym,
                       s->base_asym, s->pqc_asym, by->signs) ||
        not_one_of(why, "BaseHashSel is not one of those offered", o->base_hash, s->base_hash,
                   true) ||
        tables_faulty(by, o, s, why))
        return true;
    const uint8_t format = SPDM_OPAQUE_FMT_MASK;
    if ((s->other_params & format) != (o->other_params & format))
        return differs(why, "OtherParamsSelection is not opaque format 1", o->other_params,
                       s->other_params);
    uint8_t known = by->req_multi_key ? format | SPDM_MULTI_KEY_CONN : format;
    if (s->other_params & ~(unsigned)known)
        return differs(why, "OtherParamsSelection is not opaque format 1 alone", known,
                       s->other_params);
    if (s->measurement_spec & ~(unsigned)o->measurement_spec)
        return differs(why, "MeasurementSpecificationSel was not offered", o->measurement_spec,
                       s->measurement_spec);
    if (not_one_of(why, "MeasurementHashAlgo is not one algorithm", MEASUREMENT_HASHES,
                   s->measurement_hash, s->measurement_spec != 0))
        return true;
    if (s->mel_spec & ~(unsigned)o->mel_spec)
        return differs(why, "MELspecificationSel was not offered", o->mel_spec, s->mel_spec);
    return false;
}

camseal_status camseal_spdm_check_selection(const spdm_selector *by, const spdm_algorithms *offer,
                                            const spdm_algorithms *selection,
                                            spdm_algorithm_ids *ids, spdm_mismatch *why)
{
    static const camseal_spdm_policy any;
    spdm_algorithm_masks named;
    if (selection_faulty(by, offer, selection, why))
        return CAMSEAL_E_POLICY;
    camseal_spdm_algorithm_masks_of(selection, &named);
    choose_all(&any, &named, ids);
    if (!by->sets || (camseal_spdm_set_of(ids) & by->sets))
        return CAMSEAL_OK;
    (void)differs(why, "the selected algorithms are not of one set", by->sets,
                  camseal_spdm_set_of(ids));
    return CAMSEAL_E_POLICY;
}
