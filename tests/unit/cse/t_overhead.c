/* docs/overhead.md: what protection costs, counted by the real source over one frame with a
 * provider that counts blocks and computes nothing. CAMSEAL_REGENERATE=1 writes the file. */
#include "test.h"

#include "camseal/openssl.h"
#include "camseal/stream.h"

enum { TEXT_MAX = 1 << 15, LINE_MAX = 3848 * 3 / 2, WORKER_LANES = 1, EMBEDDED_BYTES = 64 };

typedef struct size_of_frame {
    const char *name;
    unsigned width, lines;
} size_of_frame;

static const size_of_frame sizes[] = {
    {"1080p", 1920, 1080}, {"4K", 3840, 2160}, {"8 MP", 3264, 2448}};

typedef struct suite_row {
    uint8_t id, sv;
} suite_row;

static const suite_row suites[] = {{CAMSEAL_SUITE_EFF_128, 2},     {CAMSEAL_SUITE_EFF_256, 2},
                                   {CAMSEAL_SUITE_PERF_128_I, 2},  {CAMSEAL_SUITE_PERF_256_I, 2},
                                   {CAMSEAL_SUITE_PERF_128_IE, 1}, {CAMSEAL_SUITE_PERF_256_IE, 1}};
static const char *const protocols[] = {"SEP, tag per message", "SEP, tag per data type",
                                        "SEP, tag per frame", "FSED"};

typedef struct cost {
    uint64_t plain, sent; /* bytes on the link, CSI-2 headers and CRC-16 included */
    uint64_t mac, ctr;    /* blocks */
    uint64_t wait_bytes;  /* from the end of the first image line to the end of its tag */
    unsigned wait_packets;
} cost;

/* ---- a provider that only counts ---- */

static uint64_t mac_blocks, ctr_blocks;

static camseal_status expand(void *expanded, const uint8_t *key, size_t len)
{
    (void)expanded;
    (void)key;
    (void)len;
    return CAMSEAL_OK;
}

static void count_mac(camseal_mac_job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t bytes = 0;
        for (size_t k = 0; k < jobs[i].n_spans; k++)
            bytes += jobs[i].spans[k].len;
        mac_blocks += (bytes + 15) / 16;
        if (jobs[i].flags & CAMSEAL_MAC_FINISH)
            memset(jobs[i].tag, 0, CAMSEAL_MAC_TAG_BYTES);
    }
}

static void count_cmac(camseal_mac_job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mac_blocks += (jobs[i].flags & CAMSEAL_MAC_START) != 0; /* "OP1C", nonce */
    count_mac(jobs, n);
}

static void count_gmac(camseal_mac_job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mac_blocks += (jobs[i].flags & CAMSEAL_MAC_FINISH) != 0; /* lengths */
    count_mac(jobs, n);
}

static void count_ctr(camseal_ctr_job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ctr_blocks += (jobs[i].len + 15) / 16;
}

static const camseal_mac_alg cmac = {"count-cmac", 64, expand, count_cmac};
static const camseal_mac_alg gmac = {"count-gmac", 64, expand, count_gmac};
static const camseal_ctr_alg ctr = {"count-ctr", 64, expand, count_ctr};

static uint32_t no_crc32(uint32_t crc, const uint8_t *data, size_t len)
{
    (void)data;
    (void)len;
    return crc;
}

static uint16_t no_crc16(uint16_t crc, const uint8_t *data, size_t len)
{
    (void)data;
    (void)len;
    return crc;
}

/* ---- one frame ---- */

typedef struct camera {
    camseal_source *source;
    camseal_worker *worker;
    cost cost;
    bool waiting; /* the first image line went out, its tag did not */
} camera;

static void *block(size_t n)
{
    void *p = aligned_alloc(64, (n + 63) & ~(size_t)63);
    assert_non_null(p);
    return p;
}

/* `releases`: this packet brings the tag that the first image line waits for. */
static void send(camera *c, bool embedded, uint32_t flags, size_t len, bool releases)
{
    static uint8_t data[LINE_MAX];
    const bool own = (flags & (CAMSEAL_SOURCE_FSH | CAMSEAL_SOURCE_TBT | CAMSEAL_SOURCE_FTG)) != 0;
    camseal_source_item item = {.source = c->source,
                                .wire_dt = embedded ? 0x12 : 0x2C,
                                .flags = flags,
                                .data = {data, len}};
    size_t done = 0, bytes = 0;
    assert_status(camseal_source_feed(c->worker, &item, 1, &done), CAMSEAL_OK);
    for (size_t i = 0; i < 3; i++)
        bytes += item.spans[i].len;
    c->cost.sent += bytes;
    c->cost.plain += own ? 0 : len + 6;
    if (c->waiting) {
        c->cost.wait_bytes += bytes;
        c->cost.wait_packets++;
    }
    if (releases)
        c->waiting = false;
}

/* One embedded line, the image, one embedded line. */
static void send_frame(camera *c, unsigned protocol, const size_of_frame *size)
{
    const size_t line = size->width * 3u / 2u; /* RAW12 */
    const bool fsed = protocol == 3;
    const uint32_t last = protocol == 1 ? (uint32_t)CAMSEAL_SOURCE_LAST_OF_SLOT : 0;
    if (fsed)
        send(c, false, CAMSEAL_SOURCE_FSH, 68, false);
    send(c, true, fsed ? 0 : CAMSEAL_SOURCE_SOF | last, EMBEDDED_BYTES, false);
    if (fsed)
        send(c, false, CAMSEAL_SOURCE_TBT, 68, false);
    for (unsigned y = 0; y < size->lines; y++) {
        const bool end = y + 1 == size->lines;
        send(c, false, end ? last : 0, line, end && protocol == 1);
        if (y == 0)
            c->waiting = protocol != 0;
    }
    send(c, true, fsed ? 0 : (uint32_t)CAMSEAL_SOURCE_EOF, EMBEDDED_BYTES, protocol == 2);
    if (fsed)
        send(c, false, CAMSEAL_SOURCE_FTG, 68, true);
}

static cost measure(unsigned protocol, const suite_row *suite, const size_of_frame *size)
{
    static const camseal_stream_map streams[] = {{0, 0x2C, 0, false, 0x2C},
                                                 {0, 0x12, 0, true, 0x12}};
    static const camseal_slot_map slots[] = {{0, 2, 0x12}, {0, 3, 0x2C}, {0, 4, 0x12}};
    const camseal_bulk counting = {CAMSEAL_BULK_ABI, "count",  &cmac,   &gmac, &ctr,
                                   no_crc16,         no_crc32, no_crc32};
    static const uint8_t crk[32] = {1};
    camseal_context_config config = {.struct_size = sizeof config,
                                     .bulk = &counting,
                                     .crypto = camseal_openssl(),
                                     .ctx_id = 1,
                                     .role = CAMSEAL_ROLE_SOURCE,
                                     .suite = suite->id,
                                     .streams = streams,
                                     .n_streams = 2};
    config.protocol = protocol == 3 ? CAMSEAL_PROTOCOL_FSED : CAMSEAL_PROTOCOL_SEP;
    config.tag_mode = (uint8_t)(protocol == 3 ? CAMSEAL_TAG_FRAME : protocol + 1);
    config.top_tag = protocol == 3;
    if (protocol == 1) {
        config.slots = slots;
        config.n_slots = 3;
    }
    for (size_t i = 0; i < 3; i++) {
        config.sv_current[i] = suite->sv;
        config.sv_allowed[i] = (uint8_t)(1u << (suite->sv - 1));
    }
    camera c = {.waiting = false};
    camseal_context *ctx;
    size_t n = camseal_context_size(&config);
    void *memory[3] = {block(n), NULL, NULL};
    assert_status(camseal_context_init(&ctx, memory[0], n, &config), CAMSEAL_OK);
    assert_status(camseal_context_load_crk(ctx, crk, 0, NULL, 0), CAMSEAL_OK);
    assert_status(camseal_context_activate(ctx, 0), CAMSEAL_OK);
    n = camseal_source_size(ctx);
    memory[1] = block(n);
    assert_status(camseal_source_init(&c.source, memory[1], n, ctx), CAMSEAL_OK);
    n = camseal_worker_size(WORKER_LANES);
    memory[2] = block(n);
    assert_status(camseal_worker_init(&c.worker, memory[2], n, WORKER_LANES), CAMSEAL_OK);
    mac_blocks = ctr_blocks = 0;
    send_frame(&c, protocol, size);
    assert_false(c.waiting);
    c.cost.mac = mac_blocks;
    c.cost.ctr = ctr_blocks;
    for (size_t i = 0; i < 3; i++)
        free(memory[i]);
    return c.cost;
}

/* ---- the document ---- */

typedef struct text {
    char at[TEXT_MAX];
    size_t n;
} text;

static void put(text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(t->at + t->n, sizeof t->at - t->n, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof t->at - t->n);
    t->n += (size_t)n;
}

static double percent(const cost *c)
{
    return 100.0 * (double)(c->sent - c->plain) / (double)c->plain;
}

static void put_table(text *t, const size_of_frame *size)
{
    put(t,
        "\n## %s: %u x %u, RAW12\n\n| protocol | suite | overhead, bytes | %% | MAC blocks | CTR "
        "blocks | packets until a pixel of line 1 may be used | bytes |\n"
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        size->name, size->width, size->lines);
    for (unsigned p = 0; p < 4; p++)
        for (size_t s = 0; s < sizeof suites / sizeof suites[0]; s++) {
            const cost c = measure(p, &suites[s], size);
            put(t, "| %s | %s | %llu | %.4f | %llu | %llu | %u | %llu |\n", protocols[p],
                camseal_suite_name(suites[s].id), (unsigned long long)(c.sent - c.plain),
                percent(&c), (unsigned long long)c.mac, (unsigned long long)c.ctr, c.wait_packets,
                (unsigned long long)c.wait_bytes);
        }
}

/* Bars of the overhead at 4K, one character for 0.02 %. */
static void put_chart(text *t)
{
    put(t, "\n## The difference at a glance\n\nOverhead at 4K, RAW12, 16-byte tags; one # is 0.02 "
           "%%.\n\n"
           "```\n");
    for (unsigned p = 0; p < 4; p++) {
        const cost c = measure(p, &suites[0], &sizes[1]);
        put(t, "%-23s", protocols[p]);
        for (double bar = 0.01; bar < percent(&c); bar += 0.02)
            put(t, "#");
        put(t, "%s%.4f %%\n", percent(&c) > 0.01 ? " " : "", percent(&c));
    }
    put(t, "```\n");
}

static void write_document(text *t)
{
    put(t,
        "# What protection costs\n\n"
        "Generated by tests/unit/cse/t_overhead.c (CAMSEAL_REGENERATE=1); the test compares it. "
        "The real source protects one\nframe, with a provider that counts what it is asked for: "
        "an embedded line of %d bytes, the image, an embedded line;\nSV-2, and SV-1 with the "
        "suites that encrypt; 16-byte tags; FSED with TBT.\n\n"
        "Bytes are those on the link, with CSI-2 headers (4) and CRC-16 (2), without short "
        "packets. MAC blocks are AES blocks for\nCMAC (EFF) and GHASH blocks for GMAC (PERF); "
        "with 256-bit keys an AES block has 14 rounds in place of 10. The last two\ncolumns are "
        "how long the first image line waits for its tag after its own packet has ended: it waits "
        "longest. 0: it may\nbe used at once. What is released early is PENDING and must not be "
        "acted upon.\n",
        EMBEDDED_BYTES);
    put_chart(t);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        put_table(t, &sizes[i]);
}

static void the_document_is_what_the_source_does(void **state)
{
    (void)state;
    static const char path[] = CAMSEAL_SOURCE_DIR "/docs/overhead.md";
    static text now;
    static char kept[TEXT_MAX];
    write_document(&now);
    if (getenv("CAMSEAL_REGENERATE")) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        assert_int_equal(fwrite(now.at, 1, now.n, out), now.n);
        assert_int_equal(fclose(out), 0);
    }
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    const size_t n = fread(kept, 1, sizeof kept - 1, in);
    assert_int_equal(fclose(in), 0);
    if (n != now.n || memcmp(kept, now.at, n) != 0)
        fail_msg("docs/overhead.md is out of date: CAMSEAL_REGENERATE=1 t_cse_overhead");
}

/* The figures of OP1 §5 and §6: a SEP packet with a 16-byte tag has 36 bytes more than a plain one
 * (and pad); FSED adds 174 a frame. */
static void the_profile_says_the_same(void **state)
{
    (void)state;
    const cost sep = measure(0, &suites[0], &sizes[0]);
    const cost fsed = measure(3, &suites[0], &sizes[0]);
    assert_int_equal(sep.sent - sep.plain, 36 * (1080 + 2));
    assert_int_equal(fsed.sent - fsed.plain, 174);
    assert_int_equal(sep.wait_packets, 0);
    assert_int_equal(fsed.wait_packets, 1080 - 1 + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_is_what_the_source_does),
        cmocka_unit_test(the_profile_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
