/* Making one X.509 v3 certificate in memory. Knows extensions and the SPDM object identifiers;
 * knows no files, no command line and no policy (the caller says what goes in, also nonsense for
 * tests). */
#ifndef CAMSEAL_TOOLS_PKI_CERT_H
#define CAMSEAL_TOOLS_PKI_CERT_H

#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

/* DSP0274 object identifiers. */
#define PKI_OID_DEVICE_INFO       "1.3.6.1.4.1.412.274.1"
#define PKI_OID_HARDWARE_IDENTITY "1.3.6.1.4.1.412.274.2"
#define PKI_OID_RESPONDER_AUTH    "1.3.6.1.4.1.412.274.3"
#define PKI_OID_REQUESTER_AUTH    "1.3.6.1.4.1.412.274.4"
#define PKI_OID_MUTABLE           "1.3.6.1.4.1.412.274.5"
#define PKI_OID_SPDM_EXTENSION    "1.3.6.1.4.1.412.274.6"

/* All strings are borrowed; a NULL leaves the extension out. */
struct pki_cert {
    const char *common_name;
    EVP_PKEY *key;        /* of the subject */
    X509 *issuer;         /* NULL: signs itself */
    EVP_PKEY *issuer_key; /* NULL: signs itself */
    int64_t not_before;   /* seconds since 1970 */
    int64_t not_after;
    const char *basic_constraints; /* these three in libcrypto's configuration syntax */
    const char *key_usage;
    const char *extended_key_usage;
    const char *device_info; /* "Manufacturer:Product:Serial" for subjectAltName */
    const char *spdm[2];     /* identifiers listed in the SPDM extension */
};

/* A certificate, or NULL when libcrypto refuses (no memory, unusable value). */
X509 *pki_cert_make(const struct pki_cert *cert);

/* A fresh private key: "P-256", "P-384", "P-521", "ED25519" or "RSA-3072". NULL on failure. */
EVP_PKEY *pki_key_make(const char *algorithm);

/* Which of these a key is, NULL for others. */
const char *pki_key_algorithm(const EVP_PKEY *key);

#endif
