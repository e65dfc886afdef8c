/* Checks a file of test vectors (the format of vectors/README.md) against this
 * implementation: what it builds and what it verifies. Knows the sections; vector_sep.c and
 * vector_fsed.c know frames, vector_ccise.c CCISE transactions.
 */
#ifndef CAMSEAL_TOOL_VECTOR_CHECK_H
#define CAMSEAL_TOOL_VECTOR_CHECK_H

#include <jansson.h>

#include "camseal/bulk.h"
#include "camseal/crypto.h"

enum vector_outcome { VECTOR_AGREES, VECTOR_DIFFERS, VECTOR_SKIPPED, VECTOR_OUTCOMES };

typedef struct vector_run {
    const camseal_bulk *bulk;
    const camseal_crypto *crypto;
    /* Every vector that does not agree, and why; may be NULL. */
    void (*report)(void *user, enum vector_outcome outcome, const char *section, const char *name,
                   const char *detail);
    void *user;
    unsigned counts[VECTOR_OUTCOMES];
    /* of the vector under way */
    const char *section;
    char name[128];
    char detail[160]; /* the first difference, empty: none */
} vector_run;

/* Runs all sections of the file. False when the root is no vector file. */
bool vector_check(vector_run *run, const json_t *root);

/* ---- for the sections ---- */

/* Notes the first difference of this vector. */
void vector_fault(vector_run *run, const char *what, const char *why);
/* Compares bytes, and notes the first one that differs. */
void vector_compare(vector_run *run, const char *what, const uint8_t *ours, size_t ours_len,
                    const uint8_t *theirs, size_t theirs_len);
/* Compares with a hex member of the object; a missing member is a fault. */
void vector_compare_member(vector_run *run, const json_t *object, const char *name,
                           const uint8_t *ours, size_t len);
void vector_compare_number(vector_run *run, const json_t *object, const char *name, uint64_t ours);
void vector_compare_word(vector_run *run, const json_t *object, const char *name, const char *ours);
/* Members k_int, iv_int and, if the suite encrypts, k_enc, iv_enc. ids: protocol, ctx_id, dir,
 * suite. */
void vector_compare_derived(vector_run *run, const json_t *keys, const uint8_t crk[32],
                            const uint8_t ids[4], uint32_t epoch);
/* Extracts the effective root key from the members loaded and salt (§2) and compares it with the
 * member crk. False when that cannot be done. */
bool vector_root(vector_run *run, const json_t *root, uint8_t crk[32]);
/* A frame of section "sep". */
void vector_check_sep(vector_run *run, const json_t *vector);
/* A frame of section "fsed". */
void vector_check_fsed(vector_run *run, const json_t *vector);
/* A transaction of section "ccise". */
void vector_check_ccise(vector_run *run, const json_t *vector);

#endif
