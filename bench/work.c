#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const work_mode work_modes[] = {
    {"aes-cmac-128", WORK_CMAC, 16, 1},  {"aes-cmac-256", WORK_CMAC, 32, 1},
    {"aes-cmac-128", WORK_CMAC, 16, 16}, {"aes-cmac-256", WORK_CMAC, 32, 16},
    {"aes-gmac-128", WORK_GMAC, 16, 1},  {"aes-gmac-256", WORK_GMAC, 32, 1},
    {"aes-ctr-128", WORK_CTR, 16, 1},    {"aes-ctr-256", WORK_CTR, 32, 1},
    {"crc16-csi2", WORK_CRC16, 0, 1},    {"crc32c", WORK_CRC32C, 0, 1},
    {"crc32", WORK_CRC32, 0, 1},
};
const size_t n_work_modes = sizeof work_modes / sizeof work_modes[0];

static const uint8_t raw_key[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
static const uint8_t nonce[16] = {0x10, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
static const uint8_t first_block[4] = {'O', 'P', '1', 'C'};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "camseal-bench: %s failed\n", what);
    exit(5);
}

static void open_own(work *w)
{
    const camseal_bulk *b = w->bulk;
    camseal_status status = CAMSEAL_OK;
    w->key = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, CAMSEAL_BULK_KEY_MAX);
    must(w->key != NULL, "memory");
    if (w->mode->kind == WORK_CMAC)
        status = b->cmac->expand(w->key, raw_key, w->mode->key_len);
    if (w->mode->kind == WORK_GMAC)
        status = b->gmac->expand(w->key, raw_key, w->mode->key_len);
    if (w->mode->kind == WORK_CTR)
        status = b->ctr->expand(w->key, raw_key, w->mode->key_len);
    must(status == CAMSEAL_OK, "key expansion");
}

static void open_openssl(work *w)
{
    bool is_long = w->mode->key_len == 32;
    w->cipher = EVP_CIPHER_CTX_new();
    must(w->cipher != NULL, "memory");
    if (w->mode->kind == WORK_CMAC) {
        EVP_MAC *cmac = EVP_MAC_fetch(NULL, "CMAC", NULL);
        char cipher[] = "AES-128-CBC";
        memcpy(cipher + 4, is_long ? "256" : "128", 3);
        const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("cipher", cipher, 0),
                                     OSSL_PARAM_construct_end()};
        w->mac = EVP_MAC_CTX_new(cmac);
        EVP_MAC_free(cmac);
        must(w->mac && EVP_MAC_init(w->mac, raw_key, w->mode->key_len, params), "EVP_MAC_init");
        return;
    }
    const EVP_CIPHER *gcm = is_long ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
    const EVP_CIPHER *ctr = is_long ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    const EVP_CIPHER *cipher = w->mode->kind == WORK_GMAC ? gcm : ctr;
    must(EVP_EncryptInit_ex(w->cipher, cipher, NULL, raw_key, nonce), "EVP_EncryptInit_ex");
}

bool work_open(work *w, const work_mode *mode, const camseal_bulk *bulk, size_t bytes)
{
    memset(w, 0, sizeof *w);
    if (!bulk && mode->key_len == 0)
        return false;
    w->mode = mode;
    w->bulk = bulk;
    w->bytes = bytes;
    w->in = malloc(mode->batch * bytes);
    w->out = calloc(mode->batch, bytes);
    must(w->in && w->out, "memory");
    for (size_t i = 0; i < mode->batch * bytes; i++)
        w->in[i] = (uint8_t)(i * 131u + (i >> 8));
    if (bulk)
        open_own(w);
    else
        open_openssl(w);
    return true;
}

void work_close(work *w)
{
    free(w->in);
    free(w->out);
    free(w->key);
    EVP_MAC_CTX_free(w->mac);
    EVP_CIPHER_CTX_free(w->cipher);
    memset(w, 0, sizeof *w);
}

static void run_own_mac(work *w, const camseal_mac_alg *mac)
{
    camseal_mac_state states[WORK_BATCH_MAX];
    camseal_span spans[WORK_BATCH_MAX];
    camseal_mac_job jobs[WORK_BATCH_MAX];
    for (size_t i = 0; i < w->mode->batch; i++) {
        spans[i] = camseal_span_of(w->in + i * w->bytes, w->bytes);
        jobs[i] = (camseal_mac_job){w->key,
                                    &states[i],
                                    &spans[i],
                                    1,
                                    nonce,
                                    w->tags[i],
                                    CAMSEAL_MAC_START | CAMSEAL_MAC_FINISH};
    }
    mac->many(jobs, w->mode->batch);
}

static void run_own(work *w)
{
    const camseal_bulk *b = w->bulk;
    uint32_t crc = 0;
    camseal_ctr_job ctr = {w->key, nonce, w->in, w->out, w->bytes, 1};
    switch (w->mode->kind) {
    case WORK_CMAC:
        run_own_mac(w, b->cmac);
        return;
    case WORK_GMAC:
        run_own_mac(w, b->gmac);
        return;
    case WORK_CTR:
        b->ctr->many(&ctr, 1);
        return;
    case WORK_CRC16:
        crc = b->crc16(0xFFFF, w->in, w->bytes);
        break;
    case WORK_CRC32C:
        crc = b->crc32c(0, w->in, w->bytes);
        break;
    case WORK_CRC32:
        crc = b->crc32(0, w->in, w->bytes);
        break;
    }
    memcpy(w->tags[0], &crc, sizeof crc);
}

static void openssl_cmac(work *w, const uint8_t *message, uint8_t *tag)
{
    size_t made = 0;
    must(EVP_MAC_init(w->mac, NULL, 0, NULL) &&
             EVP_MAC_update(w->mac, first_block, sizeof first_block) &&
             EVP_MAC_update(w->mac, nonce, CAMSEAL_MAC_NONCE_BYTES) &&
             EVP_MAC_update(w->mac, message, w->bytes) && EVP_MAC_final(w->mac, tag, &made, 16),
         "EVP_MAC");
}

static void openssl_gmac(work *w, const uint8_t *message, uint8_t *tag)
{
    int made = 0;
    must(EVP_EncryptInit_ex(w->cipher, NULL, NULL, NULL, nonce) &&
             EVP_EncryptUpdate(w->cipher, NULL, &made, message, (int)w->bytes) &&
             EVP_EncryptFinal_ex(w->cipher, w->out, &made) &&
             EVP_CIPHER_CTX_ctrl(w->cipher, EVP_CTRL_GCM_GET_TAG, 16, tag),
         "AES-GCM");
}

static void openssl_ctr(work *w)
{
    int made = 0;
    must(EVP_EncryptInit_ex(w->cipher, NULL, NULL, NULL, nonce) &&
             EVP_EncryptUpdate(w->cipher, w->out, &made, w->in, (int)w->bytes),
         "AES-CTR");
}

static void run_openssl(work *w)
{
    for (size_t i = 0; i < w->mode->batch; i++) {
        const uint8_t *message = w->in + i * w->bytes;
        if (w->mode->kind == WORK_CMAC)
            openssl_cmac(w, message, w->tags[i]);
        else if (w->mode->kind == WORK_GMAC)
            openssl_gmac(w, message, w->tags[i]);
        else
            openssl_ctr(w);
    }
}

void work_run(work *w, size_t calls)
{
    for (size_t i = 0; i < calls; i++) {
        if (w->bulk)
            run_own(w);
        else
            run_openssl(w);
    }
}

bool work_agrees(const work *a, const work *b)
{
    size_t n = a->mode->kind == WORK_CTR ? a->bytes : 0;
    return memcmp(a->tags, b->tags, sizeof a->tags) == 0 && memcmp(a->out, b->out, n) == 0;
}
