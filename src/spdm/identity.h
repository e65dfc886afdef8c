/* What the identities of either side can do. */
#ifndef CAMSEAL_SPDM_IDENTITY_H
#define CAMSEAL_SPDM_IDENTITY_H

#include "camseal/spdm.h"

/* Of the signature algorithms in the mask those that one of the identities can make. */
uint32_t camseal_spdm_identity_signs(const camseal_spdm_identity *identities, size_t n,
                                     uint32_t signs);

#endif
