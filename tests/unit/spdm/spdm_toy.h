/* A crypto provider that always does the same: real hashes, HMAC and AEAD; toy key exchange,
 * signature and chain check on top of a seeded generator. For tests that compare two runs byte for
 * byte, and for fuzzing. Proves nothing about cryptography. */
#ifndef CAMSEAL_TESTS_SPDM_TOY_H
#define CAMSEAL_TESTS_SPDM_TOY_H

#include "camseal/crypto.h"

/* The provider; its generator starts from `seed`. */
const camseal_crypto *toy_crypto(uint64_t seed);

/* Answers PENDING so often before each signature, and before each chain check, is done. */
void toy_delay(unsigned signatures, unsigned chains);

/* Every signature of the right length verifies, until the next toy_crypto. */
void toy_lax(bool on);

/* From now on call number n (from 0) of any provider function fails with CRYPTO; SIZE_MAX: never.
 * Returns the calls so far. */
size_t toy_fail_at(size_t n);

/* The last shared secret that was agreed on. */
camseal_span toy_last_secret(void);

/* A "certificate": any DER sequence will do. */
extern const uint8_t toy_certificate[64];

#endif
