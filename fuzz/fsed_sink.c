/* FSED sink under a bridge that the fuzzer drives: it may send our source's packets in any order,
 * changed or not, and packets of its own. Nothing is released as verified unless our source made
 * it, and nothing twice. */
#include <string.h>

#include "base/load.h"
#include "camseal/openssl.h"
#include "camseal/stream.h"
#include "cse/sink.h"
#include "fuzz.h"

enum { PER_FRAME = 9, GENUINE = 2 * PER_FRAME, PACKET = 96, PACKETS = 64, RECORDS = 64, LINE = 72 };

typedef struct genuine {
    uint8_t bytes[PACKET];
    size_t len;
    uint8_t plain[24];
    size_t plain_len; /* 0: no counted packet */
    uint64_t frame_count;
    uint32_t message_count;
    bool released;
} genuine;

static const camseal_stream_map streams[] = {{0, 0x2C, 5, false, 0x2C}, {0, 0x12, 5, true, 0x12}};

static _Alignas(64) uint8_t ctx_mem[8192], engine_mem[32768], worker_mem[65536];
static camseal_record records[RECORDS];
static camseal_record_ring ring;
static genuine made[GENUINE];
static uint8_t sent[PACKETS][PACKET];

static camseal_context *context(unsigned kind, uint8_t role)
{
    static const uint8_t crk[32] = {0x42};
    static const uint8_t suites[] = {0x01, 0x21, 0x11, 0x22};
    camseal_context *ctx;
    camseal_context_config c = {.struct_size = sizeof c,
                                .bulk = camseal_bulk_soft(),
                                .crypto = camseal_openssl(),
                                .ctx_id = 9,
                                .role = role,
                                .protocol = CAMSEAL_PROTOCOL_FSED,
                                .suite = suites[kind >> 2 & 3],
                                .tag_mode = CAMSEAL_TAG_FRAME,
                                .streams = streams,
                                .n_streams = 2,
                                .top_tag = true,
                                .fsed_in_lines = kind & 1,
                                .embedded_line_length = kind & 1 ? LINE : 0,
                                .hold = kind & 2 ? 12 : 0};
    for (size_t i = 0; i < 3; i++) {
        c.sv_current[i] = c.suite >= 0x20 ? 1 : 2;
        c.sv_allowed[i] = (uint8_t)(1u << (c.sv_current[i] - 1));
    }
    FUZZ_REQUIRE(camseal_context_init(&ctx, ctx_mem, sizeof ctx_mem, &c) == CAMSEAL_OK);
    FUZZ_REQUIRE(camseal_context_load_crk(ctx, crk, 14, NULL, 0) == CAMSEAL_OK);
    FUZZ_REQUIRE(camseal_context_activate(ctx, 0) == CAMSEAL_OK);
    return ctx;
}

static void make_packet(camseal_worker *worker, camseal_source *source, genuine *g, size_t at)
{
    static const uint32_t flags[PER_FRAME] = {0, CAMSEAL_SOURCE_FSH, 0, CAMSEAL_SOURCE_TBT, 0, 0,
                                              0, CAMSEAL_SOURCE_FTG, 0};
    uint8_t data[LINE];
    size_t done;
    memset(g, 0, sizeof *g);
    if (at == 0 || at == PER_FRAME - 1) {
        g->len = 4;
        FUZZ_REQUIRE(camseal_csi2_header(g->bytes, 0, at ? CAMSEAL_CSI2_FE : CAMSEAL_CSI2_FS, 1) ==
                     CAMSEAL_OK);
        return;
    }
    g->plain_len = flags[at] ? 0 : 10 + at;
    memset(g->plain, (int)(at * 31 + 1), g->plain_len);
    memcpy(data, g->plain, g->plain_len);
    camseal_source_item item = {.source = source,
                                .wire_dt = at == 2 ? 0x12 : 0x2C,
                                .flags = flags[at],
                                .data = {data, flags[at] ? LINE : g->plain_len}};
    FUZZ_REQUIRE(camseal_source_feed(worker, &item, 1, &done) == CAMSEAL_OK);
    g->frame_count = item.frame_count;
    g->message_count = item.message_count;
    for (size_t k = 0; k < 3; k++) {
        memcpy(g->bytes + g->len, item.spans[k].data, item.spans[k].len);
        g->len += item.spans[k].len;
    }
}

static void make(unsigned kind)
{
    camseal_worker *worker;
    camseal_source *source;
    camseal_context *ctx = context(kind, CAMSEAL_ROLE_SOURCE);
    FUZZ_REQUIRE(camseal_worker_init(&worker, worker_mem, sizeof worker_mem, 1) == CAMSEAL_OK);
    FUZZ_REQUIRE(camseal_source_init(&source, engine_mem, sizeof engine_mem, ctx) == CAMSEAL_OK);
    for (size_t i = 0; i < GENUINE; i++)
        make_packet(worker, source, &made[i], i % PER_FRAME);
}

static uint8_t next_byte(const uint8_t **data, size_t *size)
{
    if (!*size)
        return 0;
    (*size)--;
    return *(*data)++;
}

/* CRC-16, and the CRC-32 of what looks like an FSED packet. */
static void reseal(const camseal_context *ctx, uint8_t *p, size_t len)
{
    static const size_t bytes[] = {0, 48, 16, 32};
    if (len < 6)
        return;
    const size_t n = p[5] < 4 ? bytes[p[5]] + 16 : 0;
    FUZZ_REQUIRE(camseal_csi2_header(p, 0, p[0] & 0x3F, (uint16_t)(len - 6)) == CAMSEAL_OK);
    if (n && n + 10 <= len)
        camseal_store_le32(p + 4 + n, ctx->crc32(0, p + 4, n));
    camseal_store_le16(p + len - 2, ctx->bulk->crc16(0xFFFF, p + 4, len - 6));
}

static size_t step(const camseal_context *ctx, uint8_t *p, const uint8_t **data, size_t *size)
{
    const uint8_t op = next_byte(data, size);
    const genuine *g = &made[(op & 0x1F) % GENUINE];
    size_t len = g->len;
    memcpy(p, g->bytes, len);
    if (op & 0x80)
        for (unsigned n = 1 + (op >> 5 & 1); n > 0; n--) {
            const uint8_t where = next_byte(data, size);
            p[where % len] ^= next_byte(data, size);
        }
    if (op & 0x40)
        reseal(ctx, p, len);
    return len;
}

static void judge(void)
{
    camseal_record r;
    while (camseal_record_take(&ring, &r)) {
        if (r.kind != CAMSEAL_RECORD_MESSAGE || r.verdict > CAMSEAL_VERDICT_OK_PARTIAL ||
            !r.data.len)
            continue;
        bool found = false;
        for (size_t i = 0; i < GENUINE && !found; i++) {
            genuine *g = &made[i];
            if (!g->plain_len || g->frame_count != r.frame_count ||
                g->message_count != r.message_count)
                continue;
            FUZZ_REQUIRE(!g->released && r.data.len == g->plain_len &&
                         memcmp(r.data.data, g->plain, g->plain_len) == 0);
            g->released = found = true;
        }
        FUZZ_REQUIRE(found);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    camseal_worker *worker;
    camseal_sink *sink;
    const unsigned kind = next_byte(&data, &size);
    make(kind);
    camseal_context *ctx = context(kind, CAMSEAL_ROLE_SINK);
    ring = (camseal_record_ring){records, RECORDS, 0, 0};
    FUZZ_REQUIRE(camseal_worker_init(&worker, worker_mem, sizeof worker_mem, 1 + (kind >> 4)) ==
                 CAMSEAL_OK);
    FUZZ_REQUIRE(camseal_sink_init(&sink, engine_mem, sizeof engine_mem, ctx, &ring) == CAMSEAL_OK);
    for (size_t i = 0; size && i < PACKETS; i++) {
        size_t taken;
        const size_t len = step(ctx, sent[i], &data, &size);
        const camseal_sink_item item = {sink, {sent[i], len}, i, 0};
        FUZZ_REQUIRE(camseal_sink_feed(worker, &item, 1, i, &taken) == CAMSEAL_OK && taken == 1);
        judge();
    }
    while (camseal_sink_close(sink, 0) != CAMSEAL_OK)
        judge();
    judge();
    return 0;
}
