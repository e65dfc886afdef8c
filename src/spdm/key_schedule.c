/* Key schedule. Intermediate keys live on the stack and are wiped on every path. */
#include "key_schedule.h"

#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "base/writer.h"

enum { BIN_CONCAT_MAX = 2 + 8 + 12 + CAMSEAL_HASH_MAX, PSK_SALT_FF_SINCE = 0x13 };

static void write_label(camseal_writer *w, const char *label)
{
    for (; *label; label++)
        camseal_write_u8(w, (uint8_t)*label);
}

camseal_status camseal_spdm_ks_expand(const spdm_schedule *k, uint8_t *out, uint16_t len,
                                      const uint8_t *secret, const char *label,
                                      const uint8_t *context)
{
    uint8_t info[BIN_CONCAT_MAX];
    camseal_writer w = camseal_writer_of(info, sizeof info);
    camseal_write_le16(&w, len);
    write_label(&w, "spdm1.");
    camseal_write_u8(&w, (uint8_t)('0' + (k->version & 0x0F)));
    camseal_write_u8(&w, ' ');
    write_label(&w, label);
    if (context)
        camseal_write_bytes(&w, context, k->hash->digest_bytes);
    CAMSEAL_TRY(camseal_writer_end(&w));
    return camseal_hkdf_expand(k->crypto, k->hash, out, len,
                               camseal_span_of(secret, k->hash->digest_bytes),
                               camseal_span_of(info, w.len));
}

/* A secret of the length of the hash. */
static camseal_status expand_secret(const spdm_schedule *k, uint8_t *out, const uint8_t *secret,
                                    const char *label, const uint8_t *context)
{
    return camseal_spdm_ks_expand(k, out, k->hash->digest_bytes, secret, label, context);
}

void camseal_spdm_ks_salt(const spdm_schedule *k, bool psk, uint8_t *salt)
{
    memset(salt, psk && k->version >= PSK_SALT_FF_SINCE ? 0xFF : 0, k->hash->digest_bytes);
}

camseal_status camseal_spdm_ks_start(const spdm_schedule *k, spdm_secrets *s, camseal_span shared,
                                     bool psk)
{
    uint8_t salt[CAMSEAL_HASH_MAX];
    camseal_spdm_ks_salt(k, psk, salt);
    return camseal_hkdf_extract(k->crypto, k->hash, s->root,
                                camseal_span_of(salt, k->hash->digest_bytes), shared);
}

camseal_status camseal_spdm_ks_handshake(const spdm_schedule *k, spdm_secrets *s,
                                         const uint8_t *th1)
{
    CAMSEAL_TRY(expand_secret(k, s->traffic[SPDM_DIR_REQ], s->root, "req hs data", th1));
    return expand_secret(k, s->traffic[SPDM_DIR_RSP], s->root, "rsp hs data", th1);
}

/* Master-Secret = Extract(Expand(Handshake-Secret, "derived"), zeros). */
static camseal_status master_secret(const spdm_schedule *k, const uint8_t *root, uint8_t *master)
{
    uint8_t salt[CAMSEAL_HASH_MAX];
    const uint8_t zeros[CAMSEAL_HASH_MAX] = {0};
    size_t n = k->hash->digest_bytes;
    camseal_status status = expand_secret(k, salt, root, "derived", NULL);
    if (status == CAMSEAL_OK)
        status = camseal_hkdf_extract(k->crypto, k->hash, master, camseal_span_of(salt, n),
                                      camseal_span_of(zeros, n));
    camseal_wipe(salt, sizeof salt);
    return status;
}

camseal_status camseal_spdm_ks_data(const spdm_schedule *k, spdm_secrets *s, const uint8_t *th2)
{
    uint8_t master[CAMSEAL_HASH_MAX];
    camseal_status status = master_secret(k, s->root, master);
    if (status == CAMSEAL_OK)
        status = expand_secret(k, s->traffic[SPDM_DIR_REQ], master, "req app data", th2);
    if (status == CAMSEAL_OK)
        status = expand_secret(k, s->traffic[SPDM_DIR_RSP], master, "rsp app data", th2);
    if (status == CAMSEAL_OK)
        status = expand_secret(k, s->root, master, "exp master", th2);
    camseal_wipe(master, sizeof master);
    return status;
}

camseal_status camseal_spdm_ks_verify_data(const spdm_schedule *k, const uint8_t *traffic,
                                           const uint8_t *digest, uint8_t *mac)
{
    uint8_t finished[CAMSEAL_HASH_MAX];
    size_t n = k->hash->digest_bytes;
    camseal_status status = expand_secret(k, finished, traffic, "finished", NULL);
    if (status == CAMSEAL_OK) {
        const camseal_span data = camseal_span_of(digest, n);
        status = k->hash->hmac(k->crypto->user, camseal_span_of(finished, n), &data, 1, mac);
    }
    camseal_wipe(finished, sizeof finished);
    return status;
}

camseal_status camseal_spdm_ks_keys(const spdm_schedule *k, const uint8_t *traffic, spdm_keys *keys)
{
    keys->sequence = 0;
    CAMSEAL_TRY(camseal_spdm_ks_expand(k, keys->key, k->aead->key_bytes, traffic, "key", NULL));
    return camseal_spdm_ks_expand(k, keys->iv, CAMSEAL_AEAD_IV_BYTES, traffic, "iv", NULL);
}

camseal_status camseal_spdm_ks_update(const spdm_schedule *k, uint8_t *traffic)
{
    uint8_t next[CAMSEAL_HASH_MAX];
    camseal_status status = expand_secret(k, next, traffic, "traffic upd", NULL);
    if (status == CAMSEAL_OK)
        memcpy(traffic, next, k->hash->digest_bytes);
    camseal_wipe(next, sizeof next);
    return status;
}
