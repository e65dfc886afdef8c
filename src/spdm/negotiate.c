/* Negotiation rules. */
#include "negotiate.h"

#include <string.h>

#include "base/try.h"

enum { KEY_SCHEDULE_SPDM = 1 };

/* Bits of DSP0274 NEGOTIATE_ALGORITHMS; in the order of preference. */
static const spdm_suite suites[SPDM_SUITES] = {
    {CAMSEAL_SPDM_SET_P384, 0x80, 0x02, 0x10, 0x02, CAMSEAL_SIGN_ECDSA_P384, CAMSEAL_HASH_SHA384,
     CAMSEAL_KEX_SECP384R1, CAMSEAL_AEAD_AES_256_GCM},
    {CAMSEAL_SPDM_SET_P256, 0x10, 0x01, 0x08, 0x01, CAMSEAL_SIGN_ECDSA_P256, CAMSEAL_HASH_SHA256,
     CAMSEAL_KEX_SECP256R1, CAMSEAL_AEAD_AES_128_GCM},
};

const spdm_suite *camseal_spdm_suite(size_t i)
{
    return &suites[i];
}

camseal_status camseal_spdm_suite_find(const camseal_crypto *crypto, const spdm_suite *suite,
                                       spdm_algorithm_set *out)
{
    out->hash = camseal_crypto_hash(crypto, suite->hash_id);
    out->sign = camseal_crypto_sign(crypto, suite->sign_id);
    out->kex = camseal_crypto_kex(crypto, suite->kex_id);
    out->aead = camseal_crypto_aead(crypto, suite->aead_id);
    return out->hash && out->sign && out->kex && out->aead ? CAMSEAL_OK : CAMSEAL_E_UNSUPPORTED;
}

/* Session capabilities of either side. */
static const char *session_flags_fault(uint32_t flags)
{
    const uint32_t protection = SPDM_CAP_ENCRYPT | SPDM_CAP_MAC;
    const uint32_t depend =
        protection | SPDM_CAP_HANDSHAKE_CLEAR | SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD;
    bool key_ex = (flags & SPDM_CAP_KEY_EX) != 0;
    bool any = key_ex || (flags & SPDM_CAP_PSK);
    if (any && !(flags & protection))
        return "sessions without ENCRYPT and MAC";
    if (!any && (flags & depend))
        return "session flags without KEY_EX and PSK";
    if (!key_ex && (flags & SPDM_CAP_HANDSHAKE_CLEAR))
        return "HANDSHAKE_IN_THE_CLEAR without KEY_EX";
    if ((flags & SPDM_CAP_MUT_AUTH) && !(flags & (SPDM_CAP_KEY_EX | SPDM_CAP_CHAL)))
        return "MUT_AUTH without KEY_EX and CHAL";
    if ((flags & SPDM_CAP_CERT) && (flags & SPDM_CAP_PUB_KEY_ID))
        return "both CERT and PUB_KEY_ID";
    return NULL;
}

/* Fields of two bits with illegal values, from 1.3 on. */
static bool two_bit_fields_legal(uint8_t version, uint32_t flags)
{
    if (version < SPDM_VERSION_13)
        return true;
    return (flags & SPDM_CAP_EP_INFO) != SPDM_CAP_EP_INFO &&
           (flags & SPDM_CAP_MULTI_KEY) != SPDM_CAP_MULTI_KEY;
}

static bool signs_endpoint_info(uint8_t version, uint32_t flags)
{
    return version >= SPDM_VERSION_13 && (flags & SPDM_CAP_EP_INFO) == SPDM_CAP_EP_INFO_SIGNED;
}

const char *camseal_spdm_requester_flags_fault(uint8_t version, uint32_t flags)
{
    const char *fault = session_flags_fault(flags);
    if (fault)
        return fault;
    if (flags & SPDM_CAP_PSK_2)
        return "reserved value of PSK";
    if (!two_bit_fields_legal(version, flags))
        return "reserved value of EP_INFO or MULTI_KEY";
    bool identity = (flags & (SPDM_CAP_CERT | SPDM_CAP_PUB_KEY_ID)) != 0;
    bool use = (flags & (SPDM_CAP_CHAL | SPDM_CAP_KEY_EX)) || signs_endpoint_info(version, flags);
    if (identity && !use)
        return "an identity without a use";
    if (!identity &&
        ((flags & (SPDM_CAP_CHAL | SPDM_CAP_MUT_AUTH)) || signs_endpoint_info(version, flags)))
        return "CHAL or MUT_AUTH without an identity";
    if (version >= SPDM_VERSION_13 && (flags & SPDM_CAP_MULTI_KEY) && !(flags & SPDM_CAP_CERT))
        return "MULTI_KEY without CERT";
    return NULL;
}

static const char *responder_identity_fault(uint8_t version, uint32_t flags)
{
    bool identity = (flags & (SPDM_CAP_CERT | SPDM_CAP_PUB_KEY_ID)) != 0;
    bool measures = (flags & SPDM_CAP_MEAS) == SPDM_CAP_MEAS_SIGNED;
    bool use = (flags & (SPDM_CAP_CHAL | SPDM_CAP_KEY_EX)) || measures ||
               signs_endpoint_info(version, flags);
    if (identity && !use)
        return "an identity without a use";
    if (!identity && ((flags & (SPDM_CAP_CHAL | SPDM_CAP_KEY_EX | SPDM_CAP_MUT_AUTH)) || measures))
        return "signatures without an identity";
    if ((flags & (SPDM_CAP_ALIAS_CERT | SPDM_CAP_SET_CERT)) && !(flags & SPDM_CAP_CERT))
        return "ALIAS_CERT or SET_CERT without CERT";
    if ((flags & SPDM_CAP_CSR) && !(flags & SPDM_CAP_SET_CERT))
        return "CSR without SET_CERT";
    if ((flags & SPDM_CAP_CERT_INSTALL_RESET) && !(flags & (SPDM_CAP_CSR | SPDM_CAP_SET_CERT)))
        return "CERT_INSTALL_RESET without CSR and SET_CERT";
    return NULL;
}

/* Multi-key and key-pair flags exist from 1.3 on. */
static const char *responder_key_pair_fault(uint8_t version, uint32_t flags)
{
    const uint32_t multi = SPDM_CAP_CERT | SPDM_CAP_GET_KEY_PAIR_INFO;
    const uint32_t pairs =
        SPDM_CAP_MULTI_KEY | SPDM_CAP_GET_KEY_PAIR_INFO | SPDM_CAP_SET_KEY_PAIR_INFO;
    if (version < SPDM_VERSION_13)
        return NULL;
    if ((flags & SPDM_CAP_MULTI_KEY) && (flags & multi) != multi)
        return "MULTI_KEY without CERT and GET_KEY_PAIR_INFO";
    if ((flags & SPDM_CAP_PUB_KEY_ID) && (flags & pairs))
        return "PUB_KEY_ID with key pairs";
    if (version >= SPDM_VERSION_14 && (flags & SPDM_CAP_SET_KEY_PAIR_RESET) &&
        !(flags & SPDM_CAP_SET_KEY_PAIR_INFO))
        return "SET_KEY_PAIR_RESET without SET_KEY_PAIR_INFO";
    return NULL;
}

const char *camseal_spdm_responder_flags_fault(uint8_t version, uint32_t flags)
{
    const char *fault = session_flags_fault(flags);
    if (fault)
        return fault;
    if ((flags & SPDM_CAP_MEAS) == SPDM_CAP_MEAS || (flags & SPDM_CAP_PSK) == SPDM_CAP_PSK)
        return "reserved value of MEAS or PSK";
    if ((flags & SPDM_CAP_MEAS_FRESH) && !(flags & SPDM_CAP_MEAS))
        return "MEAS_FRESH without MEAS";
    if (!two_bit_fields_legal(version, flags))
        return "reserved value of EP_INFO or MULTI_KEY";
    fault = responder_identity_fault(version, flags);
    return fault ? fault : responder_key_pair_fault(version, flags);
}

void camseal_spdm_offer(uint32_t sets, spdm_algorithms *offer)
{
    memset(offer, 0, sizeof *offer);
    offer->other_params = SPDM_OPAQUE_FMT1;
    offer->tables = 1u << SPDM_ALG_DHE | 1u << SPDM_ALG_AEAD | 1u << SPDM_ALG_KEY_SCHEDULE;
    offer->table[SPDM_ALG_KEY_SCHEDULE] = KEY_SCHEDULE_SPDM;
    for (size_t i = 0; i < SPDM_SUITES; i++) {
        if (!(sets & suites[i].set))
            continue;
        offer->base_asym |= suites[i].base_asym;
        offer->base_hash |= suites[i].base_hash;
        offer->table[SPDM_ALG_DHE] = (uint16_t)(offer->table[SPDM_ALG_DHE] | suites[i].dhe);
        offer->table[SPDM_ALG_AEAD] = (uint16_t)(offer->table[SPDM_ALG_AEAD] | suites[i].aead);
    }
}

static bool offers(const spdm_algorithms *offer, const spdm_suite *suite)
{
    return (offer->base_asym & suite->base_asym) && (offer->base_hash & suite->base_hash) &&
           (offer->table[SPDM_ALG_DHE] & suite->dhe) &&
           (offer->table[SPDM_ALG_AEAD] & suite->aead) &&
           (offer->table[SPDM_ALG_KEY_SCHEDULE] & KEY_SCHEDULE_SPDM);
}

const spdm_suite *camseal_spdm_select(const spdm_algorithms *offer, uint32_t sets,
                                      spdm_algorithms *selection)
{
    const spdm_suite *suite = NULL;
    for (size_t i = 0; i < SPDM_SUITES && !suite; i++)
        if ((sets & suites[i].set) && offers(offer, &suites[i]))
            suite = &suites[i];
    if (!suite)
        return NULL;
    memset(selection, 0, sizeof *selection);
    selection->other_params = offer->other_params & SPDM_OPAQUE_FMT1;
    selection->base_asym = suite->base_asym;
    selection->base_hash = suite->base_hash;
    selection->tables = offer->tables;
    selection->table[SPDM_ALG_DHE] = suite->dhe;
    selection->table[SPDM_ALG_AEAD] = suite->aead;
    selection->table[SPDM_ALG_REQ_ASYM] =
        (uint16_t)(offer->table[SPDM_ALG_REQ_ASYM] & suite->base_asym);
    selection->table[SPDM_ALG_KEY_SCHEDULE] = KEY_SCHEDULE_SPDM;
    return suite;
}

static bool differs(spdm_mismatch *why, const char *field, uint64_t expected, uint64_t seen)
{
    why->field = field;
    why->expected = expected;
    why->seen = seen;
    return true;
}

/* A bit that was not offered, or more than one: a downgrade by somebody on the way. */
static bool not_one_of(spdm_mismatch *why, const char *field, uint32_t offered, uint32_t selected)
{
    bool one_bit = selected != 0 && (selected & (selected - 1u)) == 0;
    if (one_bit && (selected & ~offered) == 0)
        return false;
    return differs(why, field, offered, selected);
}

static bool selection_faulty(const spdm_algorithms *offer, const spdm_algorithms *s,
                             spdm_mismatch *why)
{
    if (not_one_of(why, "BaseAsymSel is not one of those offered", offer->base_asym,
                   s->base_asym) ||
        not_one_of(why, "BaseHashSel is not one of those offered", offer->base_hash, s->base_hash))
        return true;
    if (s->tables != offer->tables)
        return differs(why, "the algorithm tables are not those of the request", offer->tables,
                       s->tables);
    if (not_one_of(why, "the DHE selection is not one of those offered", offer->table[SPDM_ALG_DHE],
                   s->table[SPDM_ALG_DHE]) ||
        not_one_of(why, "the AEAD selection is not one of those offered",
                   offer->table[SPDM_ALG_AEAD], s->table[SPDM_ALG_AEAD]) ||
        not_one_of(why, "the key schedule selection is not the one offered",
                   offer->table[SPDM_ALG_KEY_SCHEDULE], s->table[SPDM_ALG_KEY_SCHEDULE]))
        return true;
    if (s->other_params != offer->other_params)
        return differs(why, "OtherParamsSelection is not opaque format 1", offer->other_params,
                       s->other_params);
    if (s->measurement_spec & ~(unsigned)offer->measurement_spec)
        return differs(why, "MeasurementSpecificationSel was not offered", offer->measurement_spec,
                       s->measurement_spec);
    if (s->pqc_asym & ~offer->pqc_asym)
        return differs(why, "PqcAsymSel was not offered", offer->pqc_asym, s->pqc_asym);
    return false;
}

camseal_status camseal_spdm_check_selection(const spdm_algorithms *offer,
                                            const spdm_algorithms *selection,
                                            const spdm_suite **suite, spdm_mismatch *why)
{
    if (selection_faulty(offer, selection, why))
        return CAMSEAL_E_POLICY;
    for (size_t i = 0; i < SPDM_SUITES; i++) {
        *suite = &suites[i];
        if (suites[i].base_asym == selection->base_asym)
            break;
    }
    if (offers(selection, *suite))
        return CAMSEAL_OK;
    (void)differs(why, "the selected algorithms are not of one set", (*suite)->base_hash,
                  selection->base_hash);
    return CAMSEAL_E_POLICY;
}
