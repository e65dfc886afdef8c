/* A provider that notes every secret that it sees: keys of HMAC and AEAD, IVs, shared secrets and
 * pre-shared keys; so all that the key schedule of SPDM makes. On top of another provider, of which
 * SHA-256, secp256r1 and AES-128-GCM are watched: the set that the flows of spdm_mitm.h agree on.
 */
#ifndef CAMSEAL_TESTS_SPDM_WATCH_H
#define CAMSEAL_TESTS_SPDM_WATCH_H

#include "camseal/crypto.h"

/* The provider, watched; nothing is noted yet. `entered` (or NULL) is called before each call of a
 * watched function; what the provider leaves on the stack is painted over behind it. */
const camseal_crypto *watch_crypto(const camseal_crypto *crypto, void (*entered)(void));

/* How many secrets are noted so far; forgets those from `n` on. */
size_t watch_count(void);
void watch_keep_first(size_t n);
void watch_note(const uint8_t *secret, size_t len);
camseal_span watch_noted(size_t n);

/* Pieces of noted secrets in this memory. */
size_t watch_remains(const void *memory, size_t len);
bool watch_holds(const void *memory, size_t len, camseal_span value);

#endif
