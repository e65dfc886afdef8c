/* Pre-shared keys: from a hint to the Handshake-Secret. Knows the key schedule, no messages and no
 * roles. */
#ifndef CAMSEAL_SPDM_PSK_INTERNAL_H
#define CAMSEAL_SPDM_PSK_INTERNAL_H

#include "camseal/spdm_psk.h"
#include "key_schedule.h"

/* Asks the source; secrets->root = Handshake-Secret. PENDING and the source's refusals come back.
 */
camseal_status camseal_spdm_psk_start(const camseal_spdm_psk_source *source, const spdm_schedule *k,
                                      camseal_span hint, spdm_secrets *secrets);

#endif
