/* Session port filled by OpenSSL libcrypto >= 3.0 (target camseal::openssl). Uses heap, as
 * libcrypto does. */
#ifndef CAMSEAL_OPENSSL_H
#define CAMSEAL_OPENSSL_H

#include "camseal/crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The provider's const table. It lists what the libcrypto found at run time has: ML-DSA and ML-KEM
 * need 3.5. Thread rule: as libcrypto's. */
CAMSEAL_API const camseal_crypto *camseal_openssl(void);

/* What is missing there, for people: "ML-DSA, ML-KEM", one of them, or "". */
CAMSEAL_API const char *camseal_openssl_lacks(void);

/* A private key (DER or PEM; PKCS#8, SEC1 or PKCS#1; unencrypted) as a key reference; free it with
 * _key_free. *sign tells what it can sign (camseal_sign_fits_key). KEY when it cannot be read, is
 * of another kind, or does not fit its own public half. The bytes are not kept. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_openssl_key_load(camseal_key_ref *key,
                                                                      camseal_sign_id *sign,
                                                                      camseal_span encoded);
CAMSEAL_API void camseal_openssl_key_free(camseal_key_ref *key);

/* OK when the private key belongs to the SubjectPublicKeyInfo, KEY when not. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_openssl_key_matches(const camseal_key_ref *key,
                                                                         camseal_span spki);

/* A certificate request for the key, DER (PKCS #10), signed with it; `hash` counts unless the
 * algorithm hashes by itself. Subject and attributes are those of `info`, a DER
 * CertificationRequestInfo (its key is ignored); if that is empty, the subject is `common_name`, or
 * empty if that is NULL. FORMAT when info cannot be read; SPACE sets out->len to what is needed. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_openssl_csr(const camseal_key_ref *key,
                                                                 camseal_hash_id hash,
                                                                 camseal_span info,
                                                                 const char *common_name,
                                                                 camseal_buf *out);

#ifdef __cplusplus
}
#endif
#endif
