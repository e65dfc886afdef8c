/* `camseal pki`: what its files share. */
#ifndef CAMSEAL_TOOL_PKI_H
#define CAMSEAL_TOOL_PKI_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "camseal/crypto.h"

/* Names of the files, the same in every folder. */
#define PKI_ROOT_CERT    "root.cert.der"
#define PKI_ROOT_KEY     "root.key.pem"
#define PKI_INTER_CERT   "inter.cert.der"
#define PKI_INTER_KEY    "inter.key.pem"
#define PKI_DEVICE_CERT  "device.cert.der"
#define PKI_DEVICE_CHAIN "device.chain.der"
#define PKI_DEVICE_KEY   "device.key.pem"
#define PKI_DEVICE_PIN   "device.pin"

enum { PKI_PIN_TEXT = 2 * 32 + 1 }; /* hex and the final zero */

/* The sub-commands; argv[0] is their name. Exit codes of cli.h. */
int pki_init(int argc, char **argv);
int pki_device(int argc, char **argv);
int pki_show(int argc, char **argv);

/* ---- pki_store.c: files of a folder -----------------------------------------------------------
 */

/* All of these print their error line themselves, for `verb`, and return an exit code of cli.h: 0
 * is success. */

/* Makes the folder when it is not there. */
int pki_folder_make(const char *verb, const char *folder);
/* Refuses to go on when the key file exists and may not be replaced. */
int pki_folder_guard(const char *verb, const char *folder, const char *key_name, bool force);
int pki_save(const char *verb, const char *folder, const char *name, camseal_span bytes);
int pki_save_cert(const char *verb, const char *folder, const char *name, X509 *cert);
int pki_save_key(const char *verb, const char *folder, const char *name, EVP_PKEY *key);
int pki_read_cert(const char *verb, const char *folder, const char *name, X509 **cert);
int pki_read_key(const char *verb, const char *folder, const char *name, EVP_PKEY **key);

/* ---- pki_text.c ------------------------------------------------------------------------------ */

/* 1 to `max` bytes without control characters: names end up in certificates and on terminals. */
bool pki_is_plain_text(const char *text, size_t max);

/* SHA-256 of a SubjectPublicKeyInfo as text: what a pin is. */
void pki_pin_text(char text[PKI_PIN_TEXT], camseal_span spki);

/* "2026-01-31" or "2026-01-31T12:00:00Z" to seconds since 1970. */
bool pki_parse_time(const char *text, int64_t *seconds);
/* "2026-01-31T12:00:00Z"; "?" when out of range. */
void pki_format_time(char text[32], const ASN1_TIME *time);

#endif
