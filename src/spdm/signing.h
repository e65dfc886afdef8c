/* What SPDM signs (1.2+): a prefix of 100 bytes that names version and purpose, and a transcript
 * digest. */
#ifndef CAMSEAL_SPDM_SIGNING_H
#define CAMSEAL_SPDM_SIGNING_H

#include "camseal/crypto.h"

enum {
    SPDM_SIGNING_PREFIX_BYTES = 100,
    SPDM_SIGNED_MAX = SPDM_SIGNING_PREFIX_BYTES + CAMSEAL_HASH_MAX
};

/* A text of DSP0274. Not an enum: whoever signs for one purpose does not link the other texts. */
typedef const char *spdm_purpose;
#define SPDM_SIGN_CHALLENGE_AUTH     "responder-challenge_auth signing"
#define SPDM_SIGN_MEASUREMENTS       "responder-measurements signing"
#define SPDM_SIGN_KEY_EXCHANGE_RSP   "responder-key_exchange_rsp signing"
#define SPDM_SIGN_REQ_CHALLENGE_AUTH "requester-challenge_auth signing"
#define SPDM_SIGN_FINISH             "requester-finish signing"
#define SPDM_SIGN_ENDPOINT_INFO      "responder-endpoint_info signing"
#define SPDM_SIGN_REQ_ENDPOINT_INFO  "requester-endpoint_info signing"

/* Writes prefix and digest to `out` (SPDM_SIGNED_MAX bytes) and returns the part that is used. */
camseal_span camseal_spdm_signed_message(uint8_t *out, uint8_t version, spdm_purpose purpose,
                                         camseal_span digest);

/* The purpose as text: the context string of ML-DSA. */
camseal_span camseal_spdm_purpose_text(spdm_purpose purpose);

/* Verifies a signature over a transcript digest. */
camseal_status camseal_spdm_verify_signed(const camseal_crypto *crypto, const camseal_sign *sign,
                                          const camseal_hash *hash, uint8_t version,
                                          spdm_purpose purpose, const uint8_t *digest,
                                          camseal_span spki, camseal_span signature);

#endif
