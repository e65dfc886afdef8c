/* Algorithm bits of ALGORITHMS (DSP0274): what each selects, and the sizes that decide where fields
 * are, also for algorithms that no provider has. */
#ifndef CAMSEAL_SPDM_REGISTRY_H
#define CAMSEAL_SPDM_REGISTRY_H

#include "camseal/crypto.h"

/* `id` is a camseal_..._id, or 0 when the session port has no such algorithm. */
typedef struct spdm_registered {
    uint32_t bit;
    int id;
    uint16_t bytes;  /* digest, signature, key; public value of the request */
    uint16_t bytes2; /* public value of the response                        */
    const char *name;
} spdm_registered;

/* NULL unless `bits` is exactly one known bit. */
const spdm_registered *camseal_spdm_registered_hash(uint32_t bits);
const spdm_registered *camseal_spdm_registered_sign(uint32_t bits);
const spdm_registered *camseal_spdm_registered_pqc_sign(uint32_t bits);
const spdm_registered *camseal_spdm_registered_dhe(uint32_t bits);
const spdm_registered *camseal_spdm_registered_kem(uint32_t bits);
const spdm_registered *camseal_spdm_registered_aead(uint32_t bits);

#endif
