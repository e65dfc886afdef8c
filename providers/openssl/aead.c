/* AES-GCM and ChaCha20-Poly1305, one message a call. */
#include <limits.h>
#include <string.h>

#include "ossl.h"

struct message {
    camseal_span key;
    const uint8_t *iv;
    camseal_span aad;
    camseal_span src;
    uint8_t *dst;
};

/* Everything but the tag; `seal` is 1 or 0 as EVP_CipherInit_ex2 wants it. */
static bool crypt(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const struct message *m, int seal)
{
    int written = 0;
    if (EVP_CipherInit_ex2(ctx, cipher, m->key.data, m->iv, seal, NULL) != 1)
        return false;
    if (m->aad.len && EVP_CipherUpdate(ctx, NULL, &written, m->aad.data, (int)m->aad.len) != 1)
        return false;
    if (m->src.len == 0)
        return true;
    return EVP_CipherUpdate(ctx, m->dst, &written, m->src.data, (int)m->src.len) == 1 &&
           (size_t)written == m->src.len;
}

static bool lengths_fit(const EVP_CIPHER *cipher, const struct message *m)
{
    return m->key.len == (size_t)EVP_CIPHER_get_key_length(cipher) && m->aad.len <= INT_MAX &&
           m->src.len <= INT_MAX;
}

static camseal_status seal_message(const struct ossl *ossl, camseal_aead_id id,
                                   const struct message *m, uint8_t *tag)
{
    const EVP_CIPHER *cipher = ossl->cipher[id];
    if (!cipher)
        return CAMSEAL_E_CRYPTO;
    if (!lengths_fit(cipher, m))
        return CAMSEAL_E_ARGUMENT;
    uint8_t end[16];
    int written = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool done = ctx && crypt(ctx, cipher, m, 1) && EVP_CipherFinal_ex(ctx, end, &written) == 1 &&
                EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, CAMSEAL_AEAD_TAG_BYTES, tag) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (done)
        return CAMSEAL_OK;
    if (m->src.len)
        memset(m->dst, 0, m->src.len);
    memset(tag, 0, CAMSEAL_AEAD_TAG_BYTES);
    return ossl_fail(CAMSEAL_E_CRYPTO);
}

static camseal_status open_message(const struct ossl *ossl, camseal_aead_id id,
                                   const struct message *m, const uint8_t *tag)
{
    const EVP_CIPHER *cipher = ossl->cipher[id];
    if (!cipher)
        return CAMSEAL_E_CRYPTO;
    if (!lengths_fit(cipher, m))
        return CAMSEAL_E_ARGUMENT;
    uint8_t expected[CAMSEAL_AEAD_TAG_BYTES];
    uint8_t end[16];
    int written = 0;
    memcpy(expected, tag, sizeof expected); /* the call wants it writable */
    camseal_status status = CAMSEAL_E_CRYPTO;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx && crypt(ctx, cipher, m, 0) &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)sizeof expected, expected) == 1)
        status = EVP_CipherFinal_ex(ctx, end, &written) == 1 ? CAMSEAL_OK : CAMSEAL_E_AUTH;
    EVP_CIPHER_CTX_free(ctx);
    if (status == CAMSEAL_OK)
        return CAMSEAL_OK;
    if (m->src.len)
        memset(m->dst, 0, m->src.len);
    return ossl_fail(status);
}

#define ENTRIES(name, id)                                                               \
    static camseal_status seal_##name(void *user, camseal_span key, const uint8_t *iv,  \
                                      camseal_span aad, camseal_span src, uint8_t *dst, \
                                      uint8_t *tag)                                     \
    {                                                                                   \
        const struct message m = {key, iv, aad, src, dst};                              \
        return seal_message(user, id, &m, tag);                                         \
    }                                                                                   \
    static camseal_status open_##name(void *user, camseal_span key, const uint8_t *iv,  \
                                      camseal_span aad, camseal_span src, uint8_t *dst, \
                                      const uint8_t *tag)                               \
    {                                                                                   \
        const struct message m = {key, iv, aad, src, dst};                              \
        return open_message(user, id, &m, tag);                                         \
    }

ENTRIES(aes128, CAMSEAL_AEAD_AES_128_GCM)
ENTRIES(aes256, CAMSEAL_AEAD_AES_256_GCM)
ENTRIES(chacha, CAMSEAL_AEAD_CHACHA20_POLY1305)

const camseal_aead ossl_aeads[3] = {
    {CAMSEAL_AEAD_AES_128_GCM, "AES-128-GCM", 16, seal_aes128, open_aes128},
    {CAMSEAL_AEAD_AES_256_GCM, "AES-256-GCM", 32, seal_aes256, open_aes256},
    {CAMSEAL_AEAD_CHACHA20_POLY1305, "CHACHA20-POLY1305", 32, seal_chacha, open_chacha},
};
