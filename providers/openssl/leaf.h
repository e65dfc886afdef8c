/* What the SPDM rules want to know of a leaf certificate (DSP0274 leaf certificate requirements).
 */
#ifndef CAMSEAL_OPENSSL_LEAF_H
#define CAMSEAL_OPENSSL_LEAF_H

#include <openssl/x509.h>

#include "ossl.h"

/* Fills leaf_spki, leaf_key and leaf_flags; job->leaf is already set. CERTIFICATE with a detail on
 * malformed extensions. Judges nothing. */
camseal_status ossl_leaf_facts(const struct ossl *ossl, X509 *leaf, camseal_chain_job *job);

#endif
