/* Configuration digest of OP1 §6: what FSED's frame header carries the first 8 bytes of. */
#ifndef CAMSEAL_SSM_DIGEST_H
#define CAMSEAL_SSM_DIGEST_H

#include "camseal/crypto.h"

/* SHA-256 over the TLVs of CTX_CREATE and CTX_CONFIG as they were sent to the source, merged in
 * ascending order of type (equal types: CTX_CREATE first, in sent order), without 08 (target), 09
 * (salt), 0A (key), 40 (owner). */
CAMSEAL_NODISCARD camseal_status camseal_ssm_config_digest(const camseal_crypto *crypto,
                                                           uint8_t out[32], camseal_span create,
                                                           camseal_span config);

#endif
