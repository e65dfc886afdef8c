/* An independent judge: libcrypto recomputes tag and plaintext of captured packets from the
 * documented MAC input and key derivation alone. Only the packet bytes come from us. */
#include "rig.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

typedef struct judge {
    uint8_t suite, ctx_id;
    uint32_t epoch;
    uint64_t frame_count; /* whole, as a receiver would keep it */
    uint8_t crk[32];
    uint8_t k_int[32], k_enc[32], iv_int[12], iv_enc[12];
    size_t key_len;
} judge;

static void expand(const judge *j, uint8_t *out, size_t len, const char *label)
{
    uint8_t info[64];
    size_t n = 0;
    memcpy(info, "OP1 ", 4);
    n = 4 + strlen(label) + 1;
    memcpy(info + 4, label, strlen(label) + 1);
    const uint8_t tail[8] = {1,
                             j->ctx_id,
                             0,
                             j->suite,
                             (uint8_t)(j->epoch >> 24),
                             (uint8_t)(j->epoch >> 16),
                             (uint8_t)(j->epoch >> 8),
                             (uint8_t)j->epoch};
    memcpy(info + n, tail, 8);
    n += 8;
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)j->crk, 32),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, n),
        OSSL_PARAM_construct_end()};
    assert_int_equal(EVP_KDF_derive(ctx, out, len, params), 1);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

static judge judge_for(const rig *r, uint64_t frame_count)
{
    judge j = {.suite = r->config.suite, .ctx_id = r->config.ctx_id, .frame_count = frame_count};
    for (size_t i = 0; i < 32; i++)
        j.crk[i] = (uint8_t)i;
    j.key_len = (j.suite & 0x0F) == 1 ? 16 : 32;
    expand(&j, j.k_int, j.key_len, "int");
    expand(&j, j.iv_int, 12, "iv.int");
    expand(&j, j.k_enc, j.key_len, "enc");
    expand(&j, j.iv_enc, 12, "iv.enc");
    return j;
}

/* §3, written out once more. */
static void nonce(uint8_t out[12], const judge *j, const uint8_t iv[12], uint8_t type,
                  const uint8_t *header)
{
    const uint8_t s[12] = {(uint8_t)(0x10 | type),
                           header[1],
                           (uint8_t)(j->frame_count >> 32),
                           header[11],
                           header[10],
                           header[9],
                           header[8],
                           0,
                           0,
                           header[6],
                           header[5],
                           header[4]};
    for (size_t i = 0; i < 12; i++)
        out[i] = s[i] ^ iv[i];
}

static void cmac(const judge *j, const uint8_t n[12], const uint8_t *input, size_t len,
                 uint8_t tag[16])
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    char cipher[16];
    snprintf(cipher, sizeof cipher, "AES-%zu-CBC", j->key_len * 8);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
                           OSSL_PARAM_construct_end()};
    size_t out = 0;
    assert_int_equal(EVP_MAC_init(ctx, j->k_int, j->key_len, params), 1);
    assert_int_equal(EVP_MAC_update(ctx, (const unsigned char *)"OP1C", 4), 1);
    assert_int_equal(EVP_MAC_update(ctx, n, 12), 1);
    assert_int_equal(EVP_MAC_update(ctx, input, len), 1);
    assert_int_equal(EVP_MAC_final(ctx, tag, &out, 16), 1);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
}

static void gmac(const judge *j, const uint8_t n[12], const uint8_t *input, size_t len,
                 uint8_t tag[16])
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int out = 0;
    assert_int_equal(
        EVP_EncryptInit_ex(ctx, j->key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), NULL,
                           j->k_int, n),
        1);
    assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &out, input, (int)len), 1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, tag, &out), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, tag), 1);
    EVP_CIPHER_CTX_free(ctx);
}

static void ctr(const judge *j, const uint8_t *header, uint8_t *data, size_t len)
{
    uint8_t block[16] = {0};
    int out = 0;
    nonce(block, j, j->iv_enc, 5, header);
    block[15] = 1;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_int_equal(
        EVP_EncryptInit_ex(ctx, j->key_len == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr(), NULL,
                           j->k_enc, block),
        1);
    assert_int_equal(EVP_EncryptUpdate(ctx, data, &out, data, (int)len), 1);
    assert_int_equal(out, len);
    EVP_CIPHER_CTX_free(ctx);
}

/* Judges one packet: the tag, and the plaintext behind it. `covered` tells whether the payload is
 * under the tag. */
static void judge_packet(const judge *j, const packet *p, const uint8_t *plain, size_t len,
                         size_t tag_len, bool covered)
{
    uint8_t input[RIG_PACKET_MAX], n[12], tag[16], data[RIG_PACKET_MAX];
    const uint8_t *header = p->bytes + 4;
    const size_t pad = (4 - len % 4) % 4, under = covered ? len : 0;
    assert_int_equal(p->len, 4 + 16 + len + pad + tag_len + 4 + 2);
    size_t size = 16;
    memcpy(input, header, 16);
    memcpy(input + size, header + 16, under);
    for (size += under; size % 16; size++)
        input[size] = 0;
    const uint8_t trailer[16] = {0xFF, 0, 0, 0, 1, 0, 0, 0, (uint8_t)under, (uint8_t)(under >> 8)};
    memcpy(input + size, trailer, 16);
    size += 16;
    nonce(n, j, j->iv_int, 0, header);
    if (j->suite < 0x10)
        cmac(j, n, input, size, tag);
    else
        gmac(j, n, input, size, tag);
    assert_memory_equal(header + 16 + len + pad, tag, tag_len);
    memcpy(data, header + 16, len);
    if (header[0] & 0x40)
        ctr(j, header, data, len);
    assert_memory_equal(data, plain, len);
}

static void judge_suite(uint8_t suite, uint8_t tag_len, uint8_t sv, const camseal_bulk *bulk)
{
    static const size_t lengths[] = {0, 1, 3, 15, 16, 17, 31, 32, 100, 255, 1000, 2881, 4000};
    rig r;
    rig_options o = {.suite = suite, .tag_length = tag_len, .sv = {sv, sv, sv}, .bulk = bulk};
    if (sv == 3)
        o.stride = (camseal_stride){1, 1, 1, 2};
    rig_init(&r, &o);
    const uint64_t frame = UINT64_C(0x1223344556);
    assert_status(camseal_context_set_frame_count(r.source_ctx, RIG_EVC, frame), CAMSEAL_OK);
    judge j = judge_for(&r, frame);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint64_t seed = r.seed;
        uint8_t plain[RIG_PACKET_MAX];
        test_fill(&seed, plain, lengths[i]);
        packet p = rig_protect(&r, 0, RIG_RAW12, i ? 0 : CAMSEAL_SOURCE_SOF, lengths[i]);
        judge_packet(&j, &p, plain, lengths[i], tag_len, sv != 3 || i % 2 == 1);
    }
    rig_free(&r);
}

static void judge_all(const camseal_bulk *bulk)
{
    static const uint8_t suites[] = {0x01, 0x02, 0x11, 0x12, 0x21, 0x22};
    for (size_t i = 0; i < sizeof suites; i++)
        for (uint8_t tag = suites[i] < 0x10 ? 8 : 12; tag <= 16; tag = (uint8_t)(tag + 4))
            for (uint8_t sv = suites[i] < 0x20 ? 2 : 1; sv <= 3; sv++)
                judge_suite(suites[i], tag, sv, bulk);
}

static void libcrypto_agrees_with_portable_code(void **state)
{
    (void)state;
    judge_all(camseal_bulk_soft());
}

static void libcrypto_agrees_with_x86_code(void **state)
{
    (void)state;
    if (!camseal_bulk_x86())
        skip();
    judge_all(camseal_bulk_x86());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libcrypto_agrees_with_portable_code),
        cmocka_unit_test(libcrypto_agrees_with_x86_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
