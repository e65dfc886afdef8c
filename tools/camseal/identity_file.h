/* Who this side is: a chain file and the key file that goes with it, checked against each other. */
#ifndef CAMSEAL_TOOL_IDENTITY_FILE_H
#define CAMSEAL_TOOL_IDENTITY_FILE_H

#include "camseal/spdm.h"
#include "keyfile.h"

typedef struct identity_file {
    pki_file chain;
    pki_key key;
    camseal_spdm_identity identity; /* borrows from both */
} identity_file;

/* The chain must hold together by itself, and the key must be the one in its last certificate.
 * Prints its error line for `verb`; exit code of cli.h. Free in either case. */
int identity_file_load(identity_file *f, const char *verb, const char *chain_path,
                       const char *key_path);
void identity_file_free(identity_file *f);

/* Length of the first certificate of a DER chain; 0 when it is none. */
size_t identity_first_certificate(camseal_span chain);

#endif
