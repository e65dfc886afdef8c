/* Constant time, run under valgrind: keys, data and MAC states are marked undefined, so memcheck
 * reports every branch and every address that depends on them. Results are marked defined and
 * compared with those of an unmarked run. With the argument "leak" it does what must be reported,
 * to prove that the check can fail. CRCs are left out: their data is public. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <valgrind/memcheck.h>

#include "camseal/bulk.h"

#define LINE 333u
#define JOBS 5u

const camseal_bulk *test_bulk_soft32(void);

typedef struct secrets {
    uint8_t key[2][32];
    uint8_t line[LINE];
} secrets;

typedef struct results {
    uint8_t cmac[JOBS][16];
    uint8_t gmac[JOBS][16];
    uint8_t ctr[LINE];
} results;

static const uint8_t nonce[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static void fail(const char *what)
{
    printf("FAILED: %s\n", what);
    exit(1);
}

static void *expand(camseal_status (*how)(void *, const uint8_t *, size_t), const uint8_t *key,
                    size_t key_len)
{
    void *expanded = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, CAMSEAL_BULK_KEY_MAX);
    if (!expanded || how(expanded, key, key_len) != CAMSEAL_OK)
        fail("expand");
    return expanded;
}

static void run_mac(const camseal_mac_alg *mac, const secrets *in, uint8_t (*tags)[16])
{
    void *keys[2] = {expand(mac->expand, in->key[0], 16), expand(mac->expand, in->key[1], 32)};
    camseal_mac_state states[JOBS];
    camseal_mac_job jobs[JOBS];
    camseal_span spans[JOBS][2];
    for (size_t i = 0; i < JOBS; i++) {
        spans[i][0] = camseal_span_of(in->line, 21 + i);
        spans[i][1] = camseal_span_of(in->line + 21 + i, LINE - 21 - i - 16 * i);
        const camseal_mac_job job = {keys[i & 1], &states[i], spans[i],         1,
                                     nonce,       tags[i],    CAMSEAL_MAC_START};
        jobs[i] = job;
    }
    mac->many(jobs, JOBS);
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i].spans = &spans[i][1];
        jobs[i].flags = CAMSEAL_MAC_FINISH;
    }
    mac->many(jobs, JOBS);
    free(keys[0]);
    free(keys[1]);
}

static void run(const camseal_bulk *bulk, const secrets *in, results *out)
{
    run_mac(bulk->cmac, in, out->cmac);
    run_mac(bulk->gmac, in, out->gmac);
    void *key = expand(bulk->ctr->expand, in->key[0], 16);
    camseal_ctr_job job = {key, nonce, in->line, out->ctr, LINE, 1};
    bulk->ctr->many(&job, 1);
    free(key);
}

static void check(const camseal_bulk *bulk)
{
    static secrets in;
    static results plain, marked;
    for (size_t i = 0; i < sizeof in; i++)
        ((uint8_t *)&in)[i] = (uint8_t)(i * 37u + 11u);
    run(bulk, &in, &plain);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(&in, sizeof in);
    run(bulk, &in, &marked);
    (void)VALGRIND_MAKE_MEM_DEFINED(&in, sizeof in);
    (void)VALGRIND_MAKE_MEM_DEFINED(&marked, sizeof marked);
    if (memcmp(&plain, &marked, sizeof plain) != 0)
        fail("another result when marked");
    printf("%s: no branch and no address depends on keys or data\n", bulk->name);
}

/* A table look-up and a branch, each on a secret byte. */
static void leak(void)
{
    static const uint8_t table[256] = {1, 2, 3};
    volatile uint8_t secret = 5;
    volatile int seen = 0;
    (void)VALGRIND_MAKE_MEM_UNDEFINED((void *)(uintptr_t)&secret, 1);
    if (table[secret] == 2)
        seen = 1;
    printf("leaked %d\n", seen & 0);
}

int main(int argc, char **argv)
{
    if (!RUNNING_ON_VALGRIND) {
        printf("SKIPPED: not running under valgrind, nothing can be seen\n");
        return 77;
    }
    if (argc > 1 && strcmp(argv[1], "leak") == 0) {
        leak();
        return 0;
    }
    check(camseal_bulk_soft());
    check(test_bulk_soft32());
    if (!camseal_bulk_x86()) {
        printf("SKIPPED: x86 is not available here\n");
        return 0;
    }
    check(camseal_bulk_x86());
    return 0;
}
