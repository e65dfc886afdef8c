/* The portable provider: hands the bit-sliced AES and GHASH to the job drivers. */
#include <string.h>

#include "../cmac.h"
#include "../gmac.h"
#include "aes.h"
#include "base/load.h"
#include "base/secret.h"
#include "crc.h"
#include "ghash.h"

#define LANES CAMSEAL_PRIV_AES_LANES

typedef struct cmac_key {
    camseal_priv_cmac_key head; /* first: the driver reads it */
    camseal_priv_aes aes;
} cmac_key;

typedef struct gmac_key {
    camseal_priv_aes aes;
    uint8_t h[16]; /* E(0) */
} gmac_key;

static camseal_status aes_expand(void *expanded, const uint8_t *key, size_t key_len)
{
    if (key_len != 16 && key_len != 32)
        return CAMSEAL_E_ARGUMENT;
    camseal_priv_aes_expand(expanded, key, key_len);
    return CAMSEAL_OK;
}

/* ---- CMAC ----------------------------------------------------------------------------------- */

static camseal_status cmac_expand(void *expanded, const uint8_t *key, size_t key_len)
{
    cmac_key *k = expanded;
    camseal_status status = aes_expand(&k->aes, key, key_len);
    if (status != CAMSEAL_OK)
        return status;
    memset(&k->head, 0, sizeof k->head);
    k->head.rounds = k->aes.rounds;
    camseal_priv_aes_block(k->head.k1, &k->aes);
    camseal_priv_cmac_subkey(k->head.k1);
    return CAMSEAL_OK;
}

/* Lanes beyond n repeat the key of lane 0 on a block that nobody reads. */
static void cmac_chain(camseal_priv_cmac_lane *const *lanes, size_t n, size_t blocks)
{
    uint8_t acc[LANES][16] = {{0}};
    const camseal_priv_aes *keys[LANES];
    for (size_t i = 0; i < LANES; i++) {
        size_t lane = i < n ? i : 0;
        keys[i] = &((const cmac_key *)(const void *)lanes[lane]->key)->aes;
        memcpy(acc[i], lanes[lane]->acc, 16);
    }
    for (size_t b = 0; b < blocks; b++) {
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < 16; j++)
                acc[i][j] ^= lanes[i]->run[16 * b + j];
        camseal_priv_aes_lanes(acc, keys);
    }
    for (size_t i = 0; i < n; i++)
        memcpy(lanes[i]->acc, acc[i], 16);
    camseal_wipe(acc, sizeof acc);
}

static const camseal_priv_cmac_kernel cmac_kernel = {LANES, cmac_chain};

static void cmac_many(camseal_mac_job *jobs, size_t n)
{
    camseal_priv_cmac_lane lanes[LANES];
    camseal_priv_cmac_many(&cmac_kernel, lanes, jobs, n);
}

/* ---- GMAC ----------------------------------------------------------------------------------- */

static camseal_status gmac_expand(void *expanded, const uint8_t *key, size_t key_len)
{
    gmac_key *k = expanded;
    camseal_status status = aes_expand(&k->aes, key, key_len);
    if (status != CAMSEAL_OK)
        return status;
    memset(k->h, 0, sizeof k->h);
    camseal_priv_aes_block(k->h, &k->aes);
    return CAMSEAL_OK;
}

static void gmac_absorb(const void *key, uint8_t *acc, const uint8_t *blocks, size_t n)
{
    const gmac_key *k = key;
    camseal_priv_ghash(acc, k->h, blocks, n);
}

static void gmac_encrypt(const void *key, uint8_t *mask, const uint8_t *block)
{
    const gmac_key *k = key;
    memcpy(mask, block, 16);
    camseal_priv_aes_block(mask, &k->aes);
}

static const camseal_priv_gmac_kernel gmac_kernel = {gmac_absorb, gmac_encrypt};

static void gmac_many(camseal_mac_job *jobs, size_t n)
{
    camseal_priv_gmac_many(&gmac_kernel, jobs, n);
}

/* ---- CTR ------------------------------------------------------------------------------------ */

static void xor_into(uint8_t *dst, const uint8_t *src, const uint8_t *stream, size_t len)
{
    for (size_t i = 0; i < len; i++)
        dst[i] = src[i] ^ stream[i];
}

static void ctr_job(const camseal_ctr_job *job)
{
    uint8_t stream[LANES][16];
    const camseal_priv_aes *keys[LANES];
    uint32_t counter = job->counter;
    for (size_t i = 0; i < LANES; i++)
        keys[i] = job->key;
    for (size_t at = 0; at < job->len;) {
        size_t take = job->len - at;
        if (take > sizeof stream)
            take = sizeof stream;
        for (size_t i = 0; i < LANES; i++) {
            memcpy(stream[i], job->nonce, CAMSEAL_MAC_NONCE_BYTES);
            camseal_store_be32(stream[i] + CAMSEAL_MAC_NONCE_BYTES, counter++);
        }
        camseal_priv_aes_lanes(stream, keys);
        xor_into(job->dst + at, job->src + at, stream[0], take);
        at += take;
    }
    camseal_wipe(stream, sizeof stream);
}

static void ctr_many(camseal_ctr_job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ctr_job(&jobs[i]);
}

/* ---- The table ------------------------------------------------------------------------------ */

static const camseal_mac_alg cmac = {"aes-cmac", sizeof(cmac_key), cmac_expand, cmac_many};
static const camseal_mac_alg gmac = {"aes-gmac", sizeof(gmac_key), gmac_expand, gmac_many};
static const camseal_ctr_alg ctr = {"aes-ctr", sizeof(camseal_priv_aes), aes_expand, ctr_many};

const camseal_bulk *camseal_bulk_soft(void)
{
    static const camseal_bulk soft = {
        CAMSEAL_BULK_ABI,  "soft", &cmac, &gmac, &ctr, camseal_priv_crc16, camseal_priv_crc32c,
        camseal_priv_crc32};
    return &soft;
}
