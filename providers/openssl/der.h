/* Walking DER within bounds: definite lengths in their shortest form, one-byte tags, nothing else.
 */
#ifndef CAMSEAL_OPENSSL_DER_H
#define CAMSEAL_OPENSSL_DER_H

#include <stdbool.h>

#include "camseal/bytes.h"

#define DER_INTEGER   0x02u
#define DER_OID       0x06u
#define DER_SEQUENCE  0x30u
#define DER_CONTEXT_0 0xA0u

/* The element at the start of *rest, if it has this tag: all of it, and its contents (either may be
 * NULL). Moves *rest behind it. False, and nothing changed, when there is no such element. */
bool der_take(camseal_span *rest, unsigned tag, camseal_span *whole, camseal_span *contents);

/* The SubjectPublicKeyInfo inside a DER certificate (RFC 5280 §4.1). */
bool der_certificate_spki(camseal_span certificate, camseal_span *spki);

#endif
