/* Encapsulated requests (DSP0274 GET_ENCAPSULATED_REQUEST): what both sides know of them. A flow is
 * one conversation in which the responder asks and the requester answers. */
#ifndef CAMSEAL_SPDM_ENCAP_H
#define CAMSEAL_SPDM_ENCAP_H

#include <stdbool.h>
#include <stdint.h>

#include "msg/msg.h"

enum spdm_flow {
    SPDM_FLOW_NONE,
    SPDM_FLOW_SESSION,   /* mutual authentication before FINISH               */
    SPDM_FLOW_CHALLENGE, /* basic mutual authentication after CHALLENGE_AUTH  */
    SPDM_FLOW_SERVICE    /* KEY_UPDATE, events, endpoint information          */
};

/* Encapsulated requests are possible with these common flags: in 1.2 MUT_AUTH implies them. */
static inline bool camseal_spdm_encapsulates(uint8_t version, uint32_t flags)
{
    return (flags & SPDM_CAP_ENCAP) || (version == SPDM_VERSION_12 && (flags & SPDM_CAP_MUT_AUTH));
}

#endif
