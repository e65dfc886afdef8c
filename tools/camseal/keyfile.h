/* Reading small files whole, and private keys with care.
 *
 * Knows files and their permissions; knows nothing of what is inside beyond "this is a private
 * key". One thread.
 */
#ifndef CAMSEAL_TOOL_KEYFILE_H
#define CAMSEAL_TOOL_KEYFILE_H

#include "camseal/openssl.h"

enum {
    PKI_KEY_FILE_MAX = 16384,    /* bytes of a private key file            */
    PKI_CHAIN_FILE_MAX = 163840, /* bytes of a certificate or a DER chain  */
};

typedef struct pki_file {
    uint8_t *data; /* owned; one zero byte follows, for text            */
    size_t len;
    char error[512]; /* after a failure: one line for cli_fail; else empty */
} pki_file;

/* The whole file. FILE when it cannot be opened or read, FORMAT when it is empty or longer than
 * `limit`. */
CAMSEAL_NODISCARD camseal_status pki_load_file(pki_file *file, const char *path, size_t limit);

/* The same for a file with a secret: POLICY when anybody but its owner may read or change it. */
CAMSEAL_NODISCARD camseal_status pki_load_secret_file(pki_file *file, const char *path,
                                                      size_t limit);

/* Wipes and frees. Legal after a failure and twice. */
void pki_file_free(pki_file *file);

typedef struct pki_key {
    camseal_key_ref ref;
    camseal_sign_id sign; /* what the key is for */
    char error[512];      /* as in pki_file */
} pki_key;

/* A private key from a PEM or DER file. POLICY when anybody but its owner may read or change it,
 * KEY when it is no usable private key. Free with pki_key_free. */
CAMSEAL_NODISCARD camseal_status pki_load_key_file(pki_key *key, const char *path);
void pki_key_free(pki_key *key);

/* True for text that starts like PEM: for the hint that DER was expected. */
bool pki_looks_like_pem(camseal_span bytes);

#endif
