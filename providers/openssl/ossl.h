/* What the files of this provider share: algorithms fetched once from a library context of our own,
 * so that neither openssl.cnf nor the environment nor the application's settings change what we
 * compute. */
#ifndef CAMSEAL_OPENSSL_OSSL_H
#define CAMSEAL_OPENSSL_OSSL_H

#include <openssl/evp.h>

#include "camseal/openssl.h"

struct ossl {
    OSSL_LIB_CTX *lib;
    EVP_MD *md[CAMSEAL_HASH_SHA512 + 1];        /* by camseal_hash_id */
    EVP_MAC_CTX *hmac[CAMSEAL_HASH_SHA512 + 1]; /* keyed with zeros: copied, then keyed anew */
    EVP_CIPHER *cipher[CAMSEAL_AEAD_CHACHA20_POLY1305 + 1];
    bool has_ml_dsa, has_ml_kem;
};

/* The one instance, filled at the first call. Members are NULL where libcrypto could not give them.
 */
struct ossl *ossl_get(void);

/* Empties libcrypto's error queue of this thread, which only we read, and returns `status`. */
camseal_status ossl_fail(camseal_status status);

/* What a key can sign, in the words of camseal_sign_fits_key; NONE for keys that no camseal_sign_id
 * covers (other RSA sizes, unnamed curves ...). */
camseal_sign_id ossl_sign_of(const EVP_PKEY *key);

/* A DER SubjectPublicKeyInfo that fills `spki` to the last byte, or NULL. The caller frees it. */
EVP_PKEY *ossl_public_key(const struct ossl *ossl, camseal_span spki);

/* The private key behind a reference, or NULL when it is not ours or not for `sign`. Borrowed. */
EVP_PKEY *ossl_private_key(const camseal_key_ref *ref, camseal_sign_id sign);

/* The same for whatever it can sign. */
EVP_PKEY *ossl_private_key_any(const camseal_key_ref *ref);

camseal_status ossl_random(void *user, uint8_t *out, size_t len);
camseal_status ossl_chain(void *user, camseal_chain_job *job);

/* Algorithms that libcrypto may lack are the last ones of their list. */
enum { OSSL_KEXES = 9, OSSL_KEMS = 3, OSSL_SIGNS = 13, OSSL_ML_DSAS = 3 };

extern const camseal_hash ossl_hashes[3];
extern const camseal_aead ossl_aeads[3];
extern const camseal_kex ossl_kexes[OSSL_KEXES];
extern const camseal_sign ossl_signs[OSSL_SIGNS];

#endif
