/* One thing to measure: a mode, a message length and who does it. Keys and contexts are made once;
 * a message costs its nonce, its bytes and its tag. Messages lie side by side in hot memory. */
#ifndef CAMSEAL_BENCH_WORK_H
#define CAMSEAL_BENCH_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "camseal/bulk.h"

#define WORK_BATCH_MAX 16u
#define WORK_BYTES_MAX 5760u

typedef enum work_kind {
    WORK_CMAC,
    WORK_GMAC,
    WORK_CTR,
    WORK_CRC16,
    WORK_CRC32C,
    WORK_CRC32
} work_kind;

typedef struct work_mode {
    const char *name;
    work_kind kind;
    size_t key_len; /* bytes; 0 for a CRC         */
    size_t batch;   /* independent messages a call */
} work_mode;

typedef struct work {
    const work_mode *mode;
    const camseal_bulk *bulk; /* NULL: OpenSSL */
    size_t bytes;             /* of a message  */
    void *key;
    EVP_MAC_CTX *mac;
    EVP_CIPHER_CTX *cipher;
    uint8_t *in;  /* batch messages */
    uint8_t *out; /* CTR: batch messages */
    uint8_t tags[WORK_BATCH_MAX][16];
} work;

extern const work_mode work_modes[];
extern const size_t n_work_modes;

/* False when this contender has no such mode. Aborts when memory or libcrypto fails. */
bool work_open(work *w, const work_mode *mode, const camseal_bulk *bulk, size_t bytes);
void work_run(work *w, size_t calls);
void work_close(work *w);

/* Whether two contenders that ran the same work gave the same results. */
bool work_agrees(const work *a, const work *b);

#endif
