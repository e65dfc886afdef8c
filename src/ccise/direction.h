/* One direction of a CCISE context: its keys, and the fixed values that every unit must carry.
 *
 * §2: controller to target and target to controller have keys of their own. Lives in caller memory;
 * holds secrets: wipe it.
 */
#ifndef CAMSEAL_CCISE_DIRECTION_H
#define CAMSEAL_CCISE_DIRECTION_H

#include <stdbool.h>

#include "camseal/bulk.h"
#include "camseal/crypto.h"

typedef struct camseal_priv_ccise_config {
    const camseal_bulk *bulk;     /* borrowed for the life of the direction */
    const camseal_crypto *crypto; /* for the derivation only */
    uint8_t ctx_id;
    uint8_t suite;      /* enum camseal_suite, a keyed one */
    uint8_t tag_length; /* 8, 12, 16 with CMAC; 12, 16 with GMAC */
    uint16_t target_id;
    uint32_t epoch;
} camseal_priv_ccise_config;

typedef struct camseal_priv_ccise_direction {
    _Alignas(CAMSEAL_BULK_KEY_ALIGN) uint8_t mac_key[CAMSEAL_BULK_KEY_MAX];
    _Alignas(CAMSEAL_BULK_KEY_ALIGN) uint8_t ctr_key[CAMSEAL_BULK_KEY_MAX];
    const camseal_mac_alg *mac;
    const camseal_ctr_alg *ctr; /* NULL: this suite does not encrypt */
    uint8_t iv_int[CAMSEAL_MAC_NONCE_BYTES];
    uint8_t iv_enc[CAMSEAL_MAC_NONCE_BYTES];
    bool response; /* target to controller */
    uint8_t ctx_id, tag_length;
    uint8_t epoch_low; /* the 4 bits that headers carry */
    uint16_t target_id;
} camseal_priv_ccise_direction;

/* Derives all keys from the effective CRK. ARGUMENT for a suite without keys, a tag length that the
 * suite has not, context 0, or memory that is not aligned. On failure *out is zero. */
CAMSEAL_NODISCARD camseal_status camseal_priv_ccise_direction_init(
    camseal_priv_ccise_direction *out, const camseal_priv_ccise_config *config,
    const uint8_t crk[32], bool response);
void camseal_priv_ccise_direction_wipe(camseal_priv_ccise_direction *direction);

#endif
