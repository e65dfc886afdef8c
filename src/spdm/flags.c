/* Capability flags (DSP0274 GET_CAPABILITIES, CAPABILITIES): which go together. */
#include "negotiate.h"

uint32_t camseal_spdm_usable_flags(uint32_t possible, uint32_t wanted)
{
    const uint32_t sessions = SPDM_CAP_ENCRYPT | SPDM_CAP_MAC | SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD;
    uint32_t flags = wanted ? possible & wanted : possible;
    if (!(flags & (SPDM_CAP_KEY_EX | SPDM_CAP_PSK)))
        flags &= ~sessions;
    if (!(flags & SPDM_CAP_KEY_EX))
        flags &= ~SPDM_CAP_HANDSHAKE_CLEAR;
    return flags;
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
        return CAMSEAL_TEXT("sessions without ENCRYPT and MAC");
    if (!any && (flags & depend))
        return CAMSEAL_TEXT("session flags without KEY_EX and PSK");
    if (!key_ex && (flags & SPDM_CAP_HANDSHAKE_CLEAR))
        return CAMSEAL_TEXT("HANDSHAKE_IN_THE_CLEAR without KEY_EX");
    if ((flags & SPDM_CAP_MUT_AUTH) && !(flags & (SPDM_CAP_KEY_EX | SPDM_CAP_CHAL)))
        return CAMSEAL_TEXT("MUT_AUTH without KEY_EX and CHAL");
    if ((flags & SPDM_CAP_CERT) && (flags & SPDM_CAP_PUB_KEY_ID))
        return CAMSEAL_TEXT("both CERT and PUB_KEY_ID");
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

bool camseal_spdm_common_psk(uint32_t requester, uint32_t responder)
{
    return (requester & SPDM_CAP_PSK_1) && (responder & SPDM_CAP_PSK);
}

const char *camseal_spdm_requester_flags_fault(uint8_t version, uint32_t flags)
{
    const char *fault = session_flags_fault(flags);
    if (fault)
        return fault;
    if (flags & SPDM_CAP_PSK_2)
        return CAMSEAL_TEXT("reserved value of PSK");
    if (!two_bit_fields_legal(version, flags))
        return CAMSEAL_TEXT("reserved value of EP_INFO or MULTI_KEY");
    bool identity = (flags & (SPDM_CAP_CERT | SPDM_CAP_PUB_KEY_ID)) != 0;
    bool use = (flags & (SPDM_CAP_CHAL | SPDM_CAP_KEY_EX)) || signs_endpoint_info(version, flags);
    if (identity && !use)
        return CAMSEAL_TEXT("an identity without a use");
    if (!identity &&
        ((flags & (SPDM_CAP_CHAL | SPDM_CAP_MUT_AUTH)) || signs_endpoint_info(version, flags)))
        return CAMSEAL_TEXT("CHAL or MUT_AUTH without an identity");
    if (version >= SPDM_VERSION_13 && (flags & SPDM_CAP_MULTI_KEY) && !(flags & SPDM_CAP_CERT))
        return CAMSEAL_TEXT("MULTI_KEY without CERT");
    return NULL;
}

static const char *responder_identity_fault(uint8_t version, uint32_t flags)
{
    bool identity = (flags & (SPDM_CAP_CERT | SPDM_CAP_PUB_KEY_ID)) != 0;
    bool measures = (flags & SPDM_CAP_MEAS) == SPDM_CAP_MEAS_SIGNED;
    bool use = (flags & (SPDM_CAP_CHAL | SPDM_CAP_KEY_EX)) || measures ||
               signs_endpoint_info(version, flags);
    if (identity && !use)
        return CAMSEAL_TEXT("an identity without a use");
    if (!identity && ((flags & (SPDM_CAP_CHAL | SPDM_CAP_KEY_EX | SPDM_CAP_MUT_AUTH)) || measures))
        return CAMSEAL_TEXT("signatures without an identity");
    if ((flags & (SPDM_CAP_ALIAS_CERT | SPDM_CAP_SET_CERT)) && !(flags & SPDM_CAP_CERT))
        return CAMSEAL_TEXT("ALIAS_CERT or SET_CERT without CERT");
    if ((flags & SPDM_CAP_CSR) && !(flags & SPDM_CAP_SET_CERT))
        return CAMSEAL_TEXT("CSR without SET_CERT");
    if ((flags & SPDM_CAP_CERT_INSTALL_RESET) && !(flags & (SPDM_CAP_CSR | SPDM_CAP_SET_CERT)))
        return CAMSEAL_TEXT("CERT_INSTALL_RESET without CSR and SET_CERT");
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
        return CAMSEAL_TEXT("MULTI_KEY without CERT and GET_KEY_PAIR_INFO");
    if ((flags & SPDM_CAP_PUB_KEY_ID) && (flags & pairs))
        return CAMSEAL_TEXT("PUB_KEY_ID with key pairs");
    if (version >= SPDM_VERSION_14 && (flags & SPDM_CAP_SET_KEY_PAIR_RESET) &&
        !(flags & SPDM_CAP_SET_KEY_PAIR_INFO))
        return CAMSEAL_TEXT("SET_KEY_PAIR_RESET without SET_KEY_PAIR_INFO");
    return NULL;
}

const char *camseal_spdm_responder_flags_fault(uint8_t version, uint32_t flags)
{
    const char *fault = session_flags_fault(flags);
    if (fault)
        return fault;
    if ((flags & SPDM_CAP_MEAS) == SPDM_CAP_MEAS || (flags & SPDM_CAP_PSK) == SPDM_CAP_PSK)
        return CAMSEAL_TEXT("reserved value of MEAS or PSK");
    if ((flags & SPDM_CAP_MEAS_FRESH) && !(flags & SPDM_CAP_MEAS))
        return CAMSEAL_TEXT("MEAS_FRESH without MEAS");
    if (!two_bit_fields_legal(version, flags))
        return CAMSEAL_TEXT("reserved value of EP_INFO or MULTI_KEY");
    fault = responder_identity_fault(version, flags);
    return fault ? fault : responder_key_pair_fault(version, flags);
}
