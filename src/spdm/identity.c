/* Which algorithms go with which keys. */
#include "identity.h"

uint32_t camseal_spdm_identity_signs(const camseal_spdm_identity *identities, size_t n,
                                     uint32_t signs)
{
    uint32_t mask = 0;
    for (uint32_t id = 1; id < 32; id++) {
        if (!(signs >> id & 1u))
            continue;
        for (size_t i = 0; i < n; i++)
            if (camseal_sign_fits_key((camseal_sign_id)id, identities[i].sign))
                mask |= CAMSEAL_SPDM_BIT(id);
    }
    return mask;
}
