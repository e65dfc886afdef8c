/* One FSED frame of a vector file, in both directions: our source must build these packets, our
 * sink must accept them. */
#include "test.h"

#include <jansson.h>

#include "camseal/openssl.h"
#include "camseal/stream.h"
#include "context/context.h"
#include "cse/fsed/format.h"
#include "vector_check.h"
#include "vector_json.h"

enum { PACKET_MAX = 1 << 16, RING = 64 };

typedef struct fsed_frame {
    vector_run *run;
    const json_t *vector, *context;
    uint8_t evc, wire_vc;
    uint32_t epoch;
    uint64_t frame_count;
    uint8_t crk[32];
    bool keyed;
    camseal_priv_fsh fsh;
    camseal_stream_map streams[CAMSEAL_CONTEXT_MAX_STREAMS];
    camseal_context_config config;
    camseal_context *ctx;
    camseal_worker *worker;
    void *memory[3]; /* context, engine, worker */
} fsed_frame;

static bool read_streams(fsed_frame *f)
{
    const json_t *list = json_object_get(f->context, "streams");
    f->config.streams = f->streams;
    f->config.n_streams = json_array_size(list);
    if (f->config.n_streams > CAMSEAL_CONTEXT_MAX_STREAMS)
        return false;
    for (size_t i = 0; i < f->config.n_streams; i++) {
        uint64_t v[5] = {0};
        for (size_t k = 0; k < 5; k++)
            if (!vector_number_of(json_array_get(json_array_get(list, i), k), &v[k]))
                return false;
        f->streams[i] = (camseal_stream_map){(uint8_t)v[0], (uint8_t)v[1], (uint8_t)v[2], v[4] != 0,
                                             (uint16_t)v[3]};
    }
    return true;
}

static bool read_numbers(fsed_frame *f)
{
    uint64_t ctx_id = 0, suite = 0, epoch = 0, evc = 0;
    const char *crc = json_string_value(json_object_get(f->context, "crc"));
    const json_t *stride = json_object_get(f->context, "stride");
    camseal_context_config *c = &f->config;
    if (!vector_number(f->context, "ctx_id", &ctx_id) ||
        !vector_number(f->context, "suite", &suite) ||
        !vector_number(f->context, "epoch", &epoch) || !vector_number(f->context, "evc", &evc) ||
        !vector_number(f->vector, "frame_count", &f->frame_count) || !crc)
        return false;
    f->evc = (uint8_t)evc;
    f->wire_vc = (uint8_t)vector_small(f->context, "wire_vc");
    f->epoch = (uint32_t)epoch;
    f->keyed = suite != CAMSEAL_SUITE_SAFETY;
    c->ctx_id = (uint8_t)ctx_id;
    c->suite = (uint8_t)suite;
    c->protocol = CAMSEAL_PROTOCOL_FSED;
    c->tag_mode = f->keyed ? CAMSEAL_TAG_FRAME : CAMSEAL_TAG_NONE;
    c->crc = strcmp(crc, "ieee") == 0 ? CAMSEAL_CRC32_IEEE : CAMSEAL_CRC32C;
    c->top_tag = vector_small(f->context, "tbt");
    uint64_t line = 0;
    (void)vector_number(f->context, "line_carried", &line);
    c->embedded_line_length = (uint16_t)line;
    c->fsed_in_lines = c->embedded_line_length != 0;
    c->stride = (camseal_stride){
        (uint8_t)vector_small(stride, "unit"), (uint16_t)vector_small(stride, "offset"),
        (uint16_t)vector_small(stride, "run"), (uint16_t)vector_small(stride, "period")};
    return true;
}

/* The file's FSH tells what the source knew when the frame started. */
static bool read_fsh(fsed_frame *f)
{
    uint8_t bytes[CAMSEAL_PRIV_FSH_BYTES];
    if (!vector_exact(json_object_get(f->vector, "fsh"), "header", bytes, sizeof bytes) ||
        camseal_priv_fsh_unpack(&f->fsh, bytes) != CAMSEAL_OK)
        return false;
    memcpy(f->config.config_digest, f->fsh.digest, sizeof f->fsh.digest);
    for (size_t i = 0; i < 3; i++) {
        const uint8_t sv = f->fsh.sv[i];
        if (sv < 1 || sv > 5)
            return false;
        f->config.sv_current[i] = sv;
        f->config.sv_allowed[i] = (uint8_t)(1u << (sv - 1));
    }
    f->config.allow_unverified = f->fsh.sv[0] == 5 && f->fsh.sv[1] == 5 && f->fsh.sv[2] == 5;
    return true;
}

static bool read_frame(fsed_frame *f)
{
    f->context = json_object_get(f->vector, "context");
    f->config.struct_size = sizeof f->config;
    f->config.bulk = f->run->bulk;
    f->config.crypto = f->run->crypto;
    return read_numbers(f) && read_streams(f) && read_fsh(f) &&
           (!f->keyed ||
            vector_exact(json_object_get(f->vector, "root"), "crk", f->crk, sizeof f->crk));
}

static void *block(size_t n)
{
    return aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (n + 63u) & ~(size_t)63u);
}

static void side_free(fsed_frame *f)
{
    if (f->ctx)
        camseal_context_wipe(f->ctx);
    f->ctx = NULL;
    for (size_t i = 0; i < 3; i++) {
        free(f->memory[i]);
        f->memory[i] = NULL;
    }
}

static bool side_init(fsed_frame *f, uint8_t role)
{
    f->config.role = role;
    const size_t bytes = camseal_context_size(&f->config);
    f->memory[0] = bytes ? block(bytes) : NULL;
    if (!f->memory[0] ||
        camseal_context_init(&f->ctx, f->memory[0], bytes, &f->config) != CAMSEAL_OK)
        return false;
    f->memory[1] = block(camseal_sink_size(f->ctx) + camseal_source_size(f->ctx));
    f->memory[2] = block(camseal_worker_size(0));
    const camseal_least_count least = {f->evc, f->frame_count};
    const bool sink = role == CAMSEAL_ROLE_SINK;
    if (f->keyed &&
        camseal_context_load_crk(f->ctx, f->crk, f->epoch, &least, sink ? 1 : 0) != CAMSEAL_OK)
        return false;
    return f->memory[1] && f->memory[2] &&
           camseal_worker_init(&f->worker, f->memory[2], camseal_worker_size(0), 0) == CAMSEAL_OK;
}

/* ---- build ---- */

static uint32_t own_flag(const char *kind)
{
    if (strcmp(kind, "FSH") == 0)
        return CAMSEAL_SOURCE_FSH;
    if (strcmp(kind, "TBT") == 0)
        return CAMSEAL_SOURCE_TBT;
    return strcmp(kind, "FTG") == 0 ? CAMSEAL_SOURCE_FTG : 0;
}

static void compare_packet(fsed_frame *f, const json_t *wire, const camseal_source_item *item)
{
    static uint8_t packet[PACKET_MAX];
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (item->spans[i].len)
            memcpy(packet + n, item->spans[i].data, item->spans[i].len);
        n += item->spans[i].len;
    }
    vector_compare_member(f->run, wire, "packet", packet, n);
}

static void build_packet(fsed_frame *f, camseal_source *source, const json_t *wire, size_t *message)
{
    static uint8_t data[PACKET_MAX], theirs[PACKET_MAX];
    const char *kind = json_string_value(json_object_get(wire, "kind"));
    size_t len = 0, done;
    if (!kind || !vector_bytes(wire, "packet", theirs, sizeof theirs, &len) || len < 4) {
        vector_fault(f->run, "wire", "incomplete");
        return;
    }
    camseal_source_begin begin = {.flags = f->fsh.flags & 0x70,
                                  .line_length = f->fsh.line_length,
                                  .timestamp_ns = f->fsh.timestamp_ns};
    uint8_t ftg[CAMSEAL_PRIV_FTG_BYTES];
    if (vector_exact(json_object_get(f->vector, "ftg"), "header", ftg, sizeof ftg))
        begin.status = ftg[28];
    memcpy(begin.expected, f->fsh.expected, sizeof begin.expected);
    camseal_source_item item = {.source = source,
                                .wire_vc = f->wire_vc,
                                .wire_dt = f->streams[0].wire_dt,
                                .flags = own_flag(kind),
                                .begin = &begin,
                                .data = camseal_mspan_of(data, sizeof data)};
    if (!item.flags) {
        if (strcmp(kind, "MSG") != 0)
            return;
        const json_t *m = json_array_get(json_object_get(f->vector, "messages"), (*message)++);
        if (!vector_bytes(m, "data", data, sizeof data, &len)) {
            vector_fault(f->run, "data", "missing or no hex string");
            return;
        }
        item.wire_dt = theirs[0] & 0x3F;
        item.data.len = len;
    }
    camseal_status status = camseal_source_feed(f->worker, &item, 1, &done);
    if (status != CAMSEAL_OK)
        vector_fault(f->run, kind, camseal_status_name(status));
    else
        compare_packet(f, wire, &item);
}

static void build(fsed_frame *f)
{
    camseal_source *source = NULL;
    const json_t *wire = json_object_get(f->vector, "wire");
    size_t message = 0;
    bool ready = side_init(f, CAMSEAL_ROLE_SOURCE) &&
                 camseal_source_init(&source, f->memory[1], camseal_source_size(f->ctx), f->ctx) ==
                     CAMSEAL_OK &&
                 camseal_context_set_frame_count(f->ctx, f->evc, f->frame_count) == CAMSEAL_OK &&
                 camseal_context_activate(f->ctx, 0) == CAMSEAL_OK;
    if (!ready)
        vector_fault(f->run, "source", "its context was refused");
    for (size_t i = 0; ready && i < json_array_size(wire); i++)
        build_packet(f, source, json_array_get(wire, i), &message);
    side_free(f);
}

/* ---- verify ---- */

static uint8_t expected_frame(const fsed_frame *f)
{
    if (f->config.allow_unverified)
        return CAMSEAL_VERDICT_UNVERIFIED;
    const json_t *messages = json_object_get(f->vector, "messages");
    for (size_t i = 0; i < json_array_size(messages); i++)
        if (vector_small(json_array_get(messages, i), "sv") > 2)
            return CAMSEAL_VERDICT_OK_PARTIAL;
    return CAMSEAL_VERDICT_OK;
}

/* Everything that the sink said about the packets so far: counted ones are PENDING with their
 * data, and only the last packet closes the frame. */
typedef struct heard {
    size_t messages;
    unsigned frames, tops;
    uint8_t frame;
} heard;

static void take_records(fsed_frame *f, camseal_record_ring *ring, heard *h)
{
    camseal_record r;
    const json_t *messages = json_object_get(f->vector, "messages");
    while (camseal_record_take(ring, &r)) {
        if (r.kind == CAMSEAL_RECORD_FRAME) {
            h->frames++;
            h->frame = r.verdict;
        }
        h->tops += r.kind == CAMSEAL_RECORD_TOP;
        if (r.reason != CAMSEAL_REASON_NONE)
            vector_fault(f->run, "verdict", camseal_reason_name(r.reason));
        if (r.kind != CAMSEAL_RECORD_MESSAGE || r.verdict != CAMSEAL_VERDICT_PENDING)
            continue;
        vector_compare_member(f->run, json_array_get(messages, h->messages++), "data", r.data.data,
                              r.data.len);
    }
}

static void verify_packets(fsed_frame *f, camseal_sink *sink, camseal_record_ring *ring)
{
    static uint8_t packets[64][4096];
    const json_t *wire = json_object_get(f->vector, "wire");
    heard h = {0, 0, 0, CAMSEAL_VERDICT_BIST};
    if (json_array_size(wire) > sizeof packets / sizeof packets[0]) {
        vector_fault(f->run, "wire", "too many packets");
        return;
    }
    for (size_t i = 0; i < json_array_size(wire); i++) {
        size_t len = 0, taken;
        if (!vector_bytes(json_array_get(wire, i), "packet", packets[i], sizeof packets[i], &len)) {
            vector_fault(f->run, "packet", "missing or no hex string");
            return;
        }
        camseal_sink_item item = {.sink = sink, .packet = {packets[i], len}, .cookie = i};
        if (camseal_sink_feed(f->worker, &item, 1, 0, &taken) != CAMSEAL_OK || taken != 1)
            vector_fault(f->run, "sink", "took nothing");
        take_records(f, ring, &h);
    }
    if (h.frames != 1 || h.frame != expected_frame(f))
        vector_fault(f->run, "verdict of the frame", camseal_verdict_name(h.frame));
    if (h.tops != (f->config.top_tag ? 1u : 0u))
        vector_fault(f->run, "TBT", "not verified");
    if (h.messages != json_array_size(json_object_get(f->vector, "messages")))
        vector_fault(f->run, "messages", "our sink counts others");
}

static void verify(fsed_frame *f)
{
    camseal_record records[RING];
    camseal_record_ring ring = {records, RING, 0, 0};
    camseal_sink *sink = NULL;
    bool ready = side_init(f, CAMSEAL_ROLE_SINK) &&
                 camseal_sink_init(&sink, f->memory[1], camseal_sink_size(f->ctx), f->ctx, &ring) ==
                     CAMSEAL_OK &&
                 camseal_context_set_frame_count(f->ctx, f->evc, f->frame_count - 1) == CAMSEAL_OK;
    if (ready)
        verify_packets(f, sink, &ring);
    else
        vector_fault(f->run, "sink", "its context was refused");
    side_free(f);
}

static void check(vector_run *run, const json_t *vector)
{
    fsed_frame f = {.run = run, .vector = vector};
    run->detail[0] = 0;
    if (!read_frame(&f)) {
        vector_fault(run, "vector", "incomplete or malformed");
        return;
    }
    build(&f);
    verify(&f);
}

static void check_all(const camseal_bulk *bulk)
{
    json_error_t error;
    json_t *root = json_load_file(CAMSEAL_SOURCE_DIR "/vectors/op1-fsed.json", 0, &error);
    assert_non_null(root);
    const json_t *vectors = json_object_get(root, "fsed");
    vector_run run = {.bulk = bulk, .crypto = camseal_openssl()};
    unsigned bad = 0;
    assert_int_equal(json_array_size(vectors), 35);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);
        check(&run, vector);
        if (!run.detail[0])
            continue;
        print_message("%s: %s\n", json_string_value(json_object_get(vector, "name")), run.detail);
        bad++;
    }
    assert_int_equal(bad, 0);
    json_decref(root);
}

static void every_vector_with_portable_code(void **state)
{
    (void)state;
    check_all(camseal_bulk_soft());
}

static void every_vector_with_x86_code(void **state)
{
    (void)state;
    if (!camseal_bulk_x86())
        skip();
    check_all(camseal_bulk_x86());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_with_portable_code),
        cmocka_unit_test(every_vector_with_x86_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
