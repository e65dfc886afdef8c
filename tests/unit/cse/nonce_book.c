#include "nonce_book.h"

#include "test.h"

#include "context/nonce.h"

enum { START_CAPACITY = 1 << 14 };

typedef struct entry {
    uint64_t key; /* of the expanded key's bytes */
    uint8_t bytes[16];
    uint8_t kind, type; /* type: of the struct, to report with */
} entry;

static struct {
    entry *entries;
    size_t n, capacity, faults;
    const camseal_context *contexts[BOOK_CONTEXTS];
} book;

void book_open(void)
{
    book.entries = malloc(START_CAPACITY * sizeof *book.entries);
    assert_non_null(book.entries);
    book.capacity = START_CAPACITY;
    book.n = book.faults = 0;
    memset(book.contexts, 0, sizeof book.contexts);
}

void book_context(size_t place, const camseal_context *ctx)
{
    assert_true(place < BOOK_CONTEXTS);
    book.contexts[place] = ctx;
}

size_t book_faults(void)
{
    return book.faults;
}

static uint64_t fingerprint(const void *key, size_t n)
{
    const uint8_t *p = key;
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001B3);
    return h;
}

static void note(uint8_t kind, uint64_t key, const uint8_t *bytes, size_t n, uint8_t type)
{
    if (book.n == book.capacity) {
        book.capacity *= 2;
        book.entries = realloc(book.entries, book.capacity * sizeof *book.entries);
        assert_non_null(book.entries);
    }
    entry *e = &book.entries[book.n++];
    memset(e, 0, sizeof *e);
    e->kind = kind;
    e->key = key;
    e->type = type;
    memcpy(e->bytes, bytes, n);
}

static bool unit_is_legal(const camseal_context *ctx, uint8_t type, uint32_t unit)
{
    const bool fsed = camseal_priv_is_fsed(ctx);
    switch (type) {
    case CAMSEAL_PRIV_UNIT_MESSAGE:
        return !fsed && ctx->tag_mode == CAMSEAL_TAG_MESSAGE && unit < 1u << 24;
    case CAMSEAL_PRIV_UNIT_CTR:
        return unit < 1u << 24;
    case CAMSEAL_PRIV_UNIT_DATA_TYPE:
        return !fsed && ctx->tag_mode == CAMSEAL_TAG_DATA_TYPE && unit < ctx->n_slots;
    case CAMSEAL_PRIV_UNIT_FRAME:
        return ctx->tag_mode == CAMSEAL_TAG_FRAME && unit == 0;
    default:
        return fsed && type <= CAMSEAL_PRIV_UNIT_TOP_BLOCK && unit == 0;
    }
}

/* The struct under the IV, judged field by field; its type. */
static uint8_t read_struct(const void *key, const uint8_t nonce[12], bool ctr)
{
    for (size_t i = 0; i < 2u * BOOK_CONTEXTS; i++) {
        const camseal_context *ctx = book.contexts[i / 2];
        if (!ctx || (ctr ? ctx->keys[i % 2].ctr : ctx->keys[i % 2].mac) != key)
            continue;
        uint8_t s[12];
        for (size_t k = 0; k < sizeof s; k++)
            s[k] = nonce[k] ^ (ctr ? ctx->keys[i % 2].iv_enc : ctx->keys[i % 2].iv_int)[k];
        const uint8_t type = s[0] & 15u;
        const uint32_t unit =
            (uint32_t)s[8] << 24 | (uint32_t)s[9] << 16 | (uint32_t)s[10] << 8 | s[11];
        const bool good = s[0] >> 4 == ctx->protocol && s[7] == 0 &&
                          ctx->evc_index[s[1]] != CAMSEAL_PRIV_NO_INDEX &&
                          (type == CAMSEAL_PRIV_UNIT_CTR) == ctr && unit_is_legal(ctx, type, unit);
        book.faults += !good;
        return type;
    }
    book.faults++;
    return 15;
}

static void note_start(const camseal_mac_job *job, size_t key_bytes)
{
    if (!(job->flags & CAMSEAL_MAC_START))
        return;
    if (!job->nonce) {
        book.faults++;
        return;
    }
    note(BOOK_CMAC_START, fingerprint(job->key, key_bytes), job->nonce, 12,
         read_struct(job->key, job->nonce, false));
}

static void cmac_many(camseal_mac_job *jobs, size_t n)
{
    const camseal_mac_alg *soft = camseal_bulk_soft()->cmac;
    for (size_t i = 0; i < n; i++) {
        note_start(&jobs[i], soft->expanded_bytes);
        soft->many(&jobs[i], 1);
        if (jobs[i].flags & CAMSEAL_MAC_FINISH)
            note(BOOK_CMAC_TAG, fingerprint(jobs[i].key, soft->expanded_bytes), jobs[i].tag, 16,
                 15);
    }
}

static void gmac_many(camseal_mac_job *jobs, size_t n)
{
    const camseal_mac_alg *soft = camseal_bulk_soft()->gmac;
    for (size_t i = 0; i < n; i++) {
        soft->many(&jobs[i], 1);
        if (jobs[i].flags & CAMSEAL_MAC_FINISH)
            note(BOOK_GMAC_TAG, fingerprint(jobs[i].key, soft->expanded_bytes), jobs[i].nonce, 12,
                 read_struct(jobs[i].key, jobs[i].nonce, false));
    }
}

static void ctr_many(camseal_ctr_job *jobs, size_t n)
{
    const camseal_ctr_alg *soft = camseal_bulk_soft()->ctr;
    for (size_t i = 0; i < n; i++) {
        book.faults += jobs[i].counter != 1 || jobs[i].len > 4096u * 16u;
        note(BOOK_CTR, fingerprint(jobs[i].key, soft->expanded_bytes), jobs[i].nonce, 12,
             read_struct(jobs[i].key, jobs[i].nonce, true));
    }
    soft->many(jobs, n);
}

const camseal_bulk *book_bulk(void)
{
    static camseal_mac_alg cmac, gmac;
    static camseal_ctr_alg ctr;
    static camseal_bulk bulk;
    bulk = *camseal_bulk_soft();
    cmac = *bulk.cmac;
    gmac = *bulk.gmac;
    ctr = *bulk.ctr;
    cmac.many = cmac_many;
    gmac.many = gmac_many;
    ctr.many = ctr_many;
    bulk.name = "nonce book";
    bulk.cmac = &cmac;
    bulk.gmac = &gmac;
    bulk.ctr = &ctr;
    return &bulk;
}

static int by_content(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return memcmp(x->bytes, y->bytes, sizeof x->bytes);
}

size_t book_close(size_t *entries)
{
    size_t repeats = 0;
    qsort(book.entries, book.n, sizeof *book.entries, by_content);
    for (size_t i = 1; i < book.n; i++)
        if (by_content(&book.entries[i - 1], &book.entries[i]) == 0 && repeats++ == 0)
            print_message("repeated: kind %u, struct type %u\n", book.entries[i].kind,
                          book.entries[i].type);
    *entries = book.n;
    free(book.entries);
    book.entries = NULL;
    return repeats;
}
