/* A bulk provider that does what "soft" does and writes down every nonce that is used under a key.
 *
 * Give it to sources only: a sink uses each nonce of its source once more, by design. One book at a
 * time, one thread.
 */
#ifndef CAMSEAL_TESTS_NONCE_BOOK_H
#define CAMSEAL_TESTS_NONCE_BOOK_H

#include "context/context.h"

enum { BOOK_CONTEXTS = 8 };

/* What an entry must not repeat: a nonce of GMAC or CTR under its key, the first block of CMAC, and
 * (as CMAC has no other proof that two inputs differ) the tag of CMAC. */
enum book_kind { BOOK_CMAC_START = 1, BOOK_CMAC_TAG, BOOK_GMAC_TAG, BOOK_CTR };

const camseal_bulk *book_bulk(void);
void book_open(void);
/* Counts entries that repeat an earlier one; says which. Frees the book. */
size_t book_close(size_t *entries);
/* The context whose keys are looked up to take the IV off a nonce; NULL takes the place back. A
 * nonce under a key of no known context, or with a struct that §3 does not know, is a fault. */
void book_context(size_t place, const camseal_context *ctx);
size_t book_faults(void);

#endif
