/* The two kinds of key exchange behind kex.c. Outputs of a failed call are undefined: kex.c clears
 * them. Lengths of peer values are checked before. FORMAT when a peer's value is none of the group.
 */
#ifndef CAMSEAL_OPENSSL_KEX_H
#define CAMSEAL_OPENSSL_KEX_H

#include "ossl.h"

/* ---- dh.c: the curves and FFDHE -------------------------------------------------------------- */

/* A fresh key pair and its public value, or NULL. The caller frees it. */
EVP_PKEY *ossl_dh_generate(const struct ossl *ossl, const camseal_kex *kex, uint8_t *out);
camseal_status ossl_dh_agree(const struct ossl *ossl, const camseal_kex *kex, EVP_PKEY *own,
                             camseal_span peer, uint8_t *secret);

/* ---- kem.c: ML-KEM --------------------------------------------------------------------------- */

EVP_PKEY *ossl_kem_generate(const struct ossl *ossl, const camseal_kex *kex, uint8_t *out);
camseal_status ossl_kem_encapsulate(const struct ossl *ossl, const camseal_kex *kex,
                                    camseal_span key, uint8_t *ciphertext, uint8_t *secret);
camseal_status ossl_kem_decapsulate(const struct ossl *ossl, const camseal_kex *kex, EVP_PKEY *own,
                                    camseal_span ciphertext, uint8_t *secret);

#endif
