/* combined_spdm_prefix: four times "dmtf-spdm-v1.X.*", then zeros and the purpose, right-aligned in
 * 36 bytes. */
#include "signing.h"

#include <string.h>

enum { REPEATS = 4, VERSION_BYTES = 16, MINOR_AT = 13 };

static size_t length_of(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

camseal_span camseal_spdm_purpose_text(spdm_purpose purpose)
{
    return camseal_span_of(purpose, length_of(purpose));
}

camseal_span camseal_spdm_signed_message(uint8_t *out, uint8_t version, spdm_purpose purpose,
                                         camseal_span digest)
{
    static const char repeated[VERSION_BYTES + 1] = "dmtf-spdm-v1.X.*";
    size_t n = length_of(purpose);
    memset(out, 0, SPDM_SIGNING_PREFIX_BYTES);
    for (size_t i = 0; i < REPEATS; i++) {
        memcpy(out + i * VERSION_BYTES, repeated, VERSION_BYTES);
        out[i * VERSION_BYTES + MINOR_AT] = (uint8_t)('0' + (version & 0x0F));
    }
    memcpy(out + SPDM_SIGNING_PREFIX_BYTES - n, purpose, n);
    memcpy(out + SPDM_SIGNING_PREFIX_BYTES, digest.data, digest.len);
    return camseal_span_of(out, SPDM_SIGNING_PREFIX_BYTES + digest.len);
}

camseal_status camseal_spdm_verify_signed(const camseal_crypto *crypto, const camseal_sign *sign,
                                          const camseal_hash *hash, uint8_t version,
                                          spdm_purpose purpose, const uint8_t *digest,
                                          camseal_span spki, camseal_span signature)
{
    uint8_t out[SPDM_SIGNED_MAX];
    camseal_span message = camseal_spdm_signed_message(out, version, purpose,
                                                       camseal_span_of(digest, hash->digest_bytes));
    if (sign->verify_context)
        return sign->verify_context(crypto->user, camseal_spdm_purpose_text(purpose), spki, message,
                                    signature);
    return sign->verify(crypto->user, hash->id, spki, message, signature);
}
