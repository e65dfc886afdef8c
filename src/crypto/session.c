/* Session port: lookup of descriptors and HKDF on the port's HMAC. Knows no provider and no
 * message. */
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "camseal/crypto.h"

const camseal_hash *camseal_crypto_hash(const camseal_crypto *crypto, camseal_hash_id id)
{
    for (size_t i = 0; i < crypto->n_hashes; i++) {
        if (crypto->hashes[i].id == id)
            return &crypto->hashes[i];
    }
    return NULL;
}

const camseal_aead *camseal_crypto_aead(const camseal_crypto *crypto, camseal_aead_id id)
{
    for (size_t i = 0; i < crypto->n_aeads; i++) {
        if (crypto->aeads[i].id == id)
            return &crypto->aeads[i];
    }
    return NULL;
}

const camseal_kex *camseal_crypto_kex(const camseal_crypto *crypto, camseal_kex_id id)
{
    for (size_t i = 0; i < crypto->n_kexes; i++) {
        if (crypto->kexes[i].id == id)
            return &crypto->kexes[i];
    }
    return NULL;
}

const camseal_sign *camseal_crypto_sign(const camseal_crypto *crypto, camseal_sign_id id)
{
    for (size_t i = 0; i < crypto->n_signs; i++) {
        if (crypto->signs[i].id == id)
            return &crypto->signs[i];
    }
    return NULL;
}

bool camseal_sign_fits_key(camseal_sign_id sign, camseal_sign_id key)
{
    static const struct {
        camseal_sign_id sign;
        camseal_sign_id key;
    } others[] = {
        {CAMSEAL_SIGN_RSAPSS_2048, CAMSEAL_SIGN_RSASSA_2048},
        {CAMSEAL_SIGN_RSAPSS_3072, CAMSEAL_SIGN_RSASSA_3072},
        {CAMSEAL_SIGN_RSAPSS_4096, CAMSEAL_SIGN_RSASSA_4096},
    };
    if (sign == key)
        return sign != CAMSEAL_SIGN_NONE;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i].sign == sign)
            return others[i].key == key;
    }
    return false;
}

/* RFC 5869 §2.2: an absent salt is a string of zeros, which HMAC's own key padding makes of an
 * empty key. */
camseal_status camseal_hkdf_extract(const camseal_crypto *crypto, const camseal_hash *hash,
                                    uint8_t *prk, camseal_span salt, camseal_span ikm)
{
    return hash->hmac(crypto->user, salt, &ikm, 1, prk);
}

/* T(n) = HMAC(PRK, T(n - 1) || info || n), RFC 5869 §2.3. */
static camseal_status expand(const camseal_crypto *crypto, const camseal_hash *hash, uint8_t *okm,
                             size_t okm_len, camseal_span prk, camseal_span info, uint8_t *block)
{
    size_t done = 0;
    camseal_span previous = {NULL, 0};
    for (uint8_t counter = 1; done < okm_len; counter++) {
        const camseal_span parts[] = {previous, info, camseal_span_of(&counter, 1)};
        size_t n = okm_len - done;
        if (n > hash->digest_bytes)
            n = hash->digest_bytes;
        CAMSEAL_TRY(hash->hmac(crypto->user, prk, parts, 3, block));
        memcpy(okm + done, block, n);
        done += n;
        previous = camseal_span_of(block, hash->digest_bytes);
    }
    return CAMSEAL_OK;
}

camseal_status camseal_hkdf_expand(const camseal_crypto *crypto, const camseal_hash *hash,
                                   uint8_t *okm, size_t okm_len, camseal_span prk,
                                   camseal_span info)
{
    uint8_t block[CAMSEAL_HASH_MAX];
    if (okm_len > 255u * (size_t)hash->digest_bytes || prk.len < hash->digest_bytes)
        return CAMSEAL_E_ARGUMENT;
    camseal_status status = expand(crypto, hash, okm, okm_len, prk, info, block);
    camseal_wipe(block, sizeof block);
    if (status != CAMSEAL_OK)
        camseal_wipe(okm, okm_len);
    return status;
}
