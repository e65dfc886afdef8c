/* Key schedule (DSP0274, key schedule): from a shared secret to the keys of both directions.
 *
 * Knows labels and transcripts hashes, neither messages nor roles: index REQ is what the requester
 * sends under.
 */
#ifndef CAMSEAL_SPDM_KEY_SCHEDULE_H
#define CAMSEAL_SPDM_KEY_SCHEDULE_H

#include "camseal/crypto.h"

enum spdm_direction { SPDM_DIR_REQ = 0, SPDM_DIR_RSP = 1 };

typedef struct spdm_schedule {
    const camseal_crypto *crypto;
    const camseal_hash *hash;
    const camseal_aead *aead;
    uint8_t version;
} spdm_schedule;

/* root: Handshake-Secret, then the export master secret. traffic: handshake secrets, then data
 * secrets. */
typedef struct spdm_secrets {
    uint8_t root[CAMSEAL_HASH_MAX];
    uint8_t traffic[2][CAMSEAL_HASH_MAX];
} spdm_secrets;

/* Key, IV and counter of one direction. */
typedef struct spdm_keys {
    uint64_t sequence; /* of the next record */
    uint8_t key[CAMSEAL_AEAD_KEY_MAX];
    uint8_t iv[CAMSEAL_AEAD_IV_BYTES];
} spdm_keys;

/* salt_0, as long as the hash. */
void camseal_spdm_ks_salt(const spdm_schedule *k, bool psk, uint8_t *salt);
/* root = Handshake-Secret. `psk` says whether the shared secret is one: its salt differs from 1.3
 * on. */
camseal_status camseal_spdm_ks_start(const spdm_schedule *k, spdm_secrets *s, camseal_span shared,
                                     bool psk);
/* traffic = handshake secrets. `th` is a digest. */
camseal_status camseal_spdm_ks_handshake(const spdm_schedule *k, spdm_secrets *s,
                                         const uint8_t *th1);
/* traffic = data secrets, root = export master secret; the handshake secrets are gone. */
camseal_status camseal_spdm_ks_data(const spdm_schedule *k, spdm_secrets *s, const uint8_t *th2);
/* Verify data of the holder of this handshake secret, over a transcript digest. */
camseal_status camseal_spdm_ks_verify_data(const spdm_schedule *k, const uint8_t *traffic,
                                           const uint8_t *digest, uint8_t *mac);
/* Key and IV from a traffic secret; the counter starts at 0. */
camseal_status camseal_spdm_ks_keys(const spdm_schedule *k, const uint8_t *traffic,
                                    spdm_keys *keys);
/* The next traffic secret (KEY_UPDATE), in place. */
camseal_status camseal_spdm_ks_update(const spdm_schedule *k, uint8_t *traffic);

/* HKDF-Expand with BinConcat(len, "spdmX.Y ", label, context); context is a digest or NULL. */
camseal_status camseal_spdm_ks_expand(const spdm_schedule *k, uint8_t *out, uint16_t len,
                                      const uint8_t *secret, const char *label,
                                      const uint8_t *context);

#endif
