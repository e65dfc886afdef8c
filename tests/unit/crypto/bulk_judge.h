/* What the tests of the bulk port share: the providers at hand, expanded keys in exact memory, and
 * libcrypto as the judge. */
#ifndef CAMSEAL_TESTS_BULK_JUDGE_H
#define CAMSEAL_TESTS_BULK_JUDGE_H

#include "test.h"

#include <openssl/evp.h>

#include "camseal/bulk.h"

/* The portable provider compiled for 32-bit slices: see CMakeLists.txt. */
const camseal_bulk *test_bulk_soft32(void);

#define JUDGE_PROVIDERS 3u

/* Every provider that runs here; NULL in the place of one that does not. */
static inline const camseal_bulk *judge_provider(size_t i)
{
    if (i == 0)
        return camseal_bulk_soft();
    return i == 1 ? test_bulk_soft32() : camseal_bulk_x86();
}

#define for_each_provider(bulk)                                          \
    for (size_t provider_ = 0; provider_ < JUDGE_PROVIDERS; provider_++) \
        for (const camseal_bulk *bulk = judge_provider(provider_); bulk; bulk = NULL)

/* An expanded key alone in its memory, so that ASan sees every byte beside it. */
static inline void *judge_mac_key(const camseal_mac_alg *mac, const uint8_t *key, size_t key_len)
{
    size_t rounded =
        (mac->expanded_bytes + CAMSEAL_BULK_KEY_ALIGN - 1) & ~(size_t)(CAMSEAL_BULK_KEY_ALIGN - 1);
    void *expanded = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, rounded);
    assert_non_null(expanded);
    memset(expanded, 0xA5, rounded);
    assert_status(mac->expand(expanded, key, key_len), CAMSEAL_OK);
    for (size_t i = mac->expanded_bytes; i < rounded; i++)
        assert_int_equal(((uint8_t *)expanded)[i], 0xA5);
    return expanded;
}

static inline void *judge_ctr_key(const camseal_ctr_alg *ctr, const uint8_t *key, size_t key_len)
{
    const camseal_mac_alg as_mac = {ctr->name, ctr->expanded_bytes, ctr->expand, NULL};
    return judge_mac_key(&as_mac, key, key_len);
}

static inline void judge_cmac(uint8_t *tag, const uint8_t *key, size_t key_len, const uint8_t *data,
                              size_t len)
{
    size_t made = 0;
    assert_non_null(EVP_Q_mac(NULL, "CMAC", NULL, key_len == 16 ? "AES-128-CBC" : "AES-256-CBC",
                              NULL, key, key_len, data, len, tag, 16, &made));
    assert_int_equal(made, 16);
}

/* GMAC as OP1 defines it: AES-GCM with everything as AAD. */
static inline void judge_gmac(uint8_t *tag, const uint8_t *key, size_t key_len,
                              const uint8_t *nonce, const uint8_t *data, size_t len)
{
    int made = 0;
    uint8_t nothing[16];
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_non_null(ctx);
    const EVP_CIPHER *gcm = key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
    assert_int_equal(EVP_EncryptInit_ex(ctx, gcm, NULL, key, nonce), 1);
    if (len > 0)
        assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &made, data, (int)len), 1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, nothing, &made), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, tag), 1);
    EVP_CIPHER_CTX_free(ctx);
}

/* One run of libcrypto's counter mode; the caller cuts where 32 bits wrap. */
static inline void judge_ctr(uint8_t *out, const uint8_t *key, size_t key_len, const uint8_t *nonce,
                             uint32_t counter, const uint8_t *data, size_t len)
{
    int made = 0;
    uint8_t iv[16];
    memcpy(iv, nonce, 12);
    for (size_t i = 0; i < 4; i++)
        iv[12 + i] = (uint8_t)(counter >> (24 - 8 * i));
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_non_null(ctx);
    const EVP_CIPHER *cipher = key_len == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr();
    assert_int_equal(EVP_EncryptInit_ex(ctx, cipher, NULL, key, iv), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &made, data, (int)len), 1);
    assert_int_equal(made, len);
    EVP_CIPHER_CTX_free(ctx);
}

#endif
