/* One SEP frame of a vector file, in both directions: our source must build these bytes, our sink
 * must accept them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camseal/stream.h"
#include "context/context.h"
#include "cse/stream.h"
#include "vector_check.h"
#include "vector_json.h"

enum { MESSAGES_MAX = 256, INPUT_MAX = 1 << 20, DATA_MAX = 1 << 16, RING = 64, SLOTS_MAX = 255 };

/* One side under test: context and engine in one piece of memory each. */
typedef struct side {
    camseal_context *ctx;
    void *ctx_mem, *engine_mem, *worker_mem;
    camseal_worker *worker;
} side;

typedef struct frame {
    vector_run *run;
    const json_t *vector, *context, *messages;
    uint8_t evc, wire_vc, sv[3];
    uint32_t epoch;
    uint64_t frame_count;
    uint8_t loaded[32], salt[16], crk[32];
    bool keyed;
    camseal_stream_map streams[CAMSEAL_CONTEXT_MAX_STREAMS];
    size_t n_streams;
    camseal_slot_map slots[SLOTS_MAX];
    camseal_context_config config;
} frame;

/* The stream list follows from the messages: wire data type = eDT, everything outside FP-3 is
 * embedded. */
static bool collect_streams(frame *f)
{
    for (size_t i = 0; i < json_array_size(f->messages); i++) {
        const json_t *m = json_array_get(f->messages, i);
        uint64_t edt = 0;
        size_t k = 0;
        if (!vector_number(m, "edt", &edt) || edt > UINT16_MAX)
            return false;
        if (edt >> 8 == 1)
            continue;
        while (k < f->n_streams && f->streams[k].edt != edt)
            k++;
        if (k < f->n_streams)
            continue;
        if (k == CAMSEAL_CONTEXT_MAX_STREAMS)
            return false;
        camseal_stream_map map = {f->wire_vc, (uint8_t)edt, f->evc,
                                  vector_small(m, "fp") != CAMSEAL_FP_IMAGE, (uint16_t)edt};
        f->streams[f->n_streams++] = map;
    }
    return f->n_streams > 0;
}

/* Slots may name data types that no message has: they join the stream list. */
static bool read_slots(frame *f)
{
    const json_t *slots = json_object_get(f->context, "slots");
    f->config.slots = f->slots;
    f->config.n_slots = json_array_size(slots);
    if (f->config.n_slots > SLOTS_MAX)
        return false;
    for (size_t i = 0; i < f->config.n_slots; i++) {
        const json_t *slot = json_array_get(slots, i);
        uint64_t evc = 0, fp = 0, edt = 0;
        size_t k = 0;
        if (!vector_number_of(json_array_get(slot, 0), &evc) ||
            !vector_number_of(json_array_get(slot, 1), &fp) ||
            !vector_number_of(json_array_get(slot, 2), &edt) || evc != f->evc)
            return false;
        f->slots[i] = (camseal_slot_map){f->evc, (uint8_t)fp, (uint16_t)edt};
        while (k < f->n_streams && f->streams[k].edt != edt)
            k++;
        if (k == CAMSEAL_CONTEXT_MAX_STREAMS)
            return false;
        f->streams[k] = (camseal_stream_map){f->wire_vc, (uint8_t)edt, f->evc,
                                             fp != CAMSEAL_FP_IMAGE, (uint16_t)edt};
        f->n_streams += k == f->n_streams;
    }
    return true;
}

static bool read_variants(frame *f)
{
    const json_t *sv = json_object_get(f->context, "sv");
    for (size_t i = 0; i < 3; i++) {
        uint64_t value = 0;
        if (!vector_number_of(json_array_get(sv, i), &value) || value < 1 || value > 5)
            return false;
        f->sv[i] = (uint8_t)value;
        f->config.sv_allowed[i] = (uint8_t)(1u << (value - 1));
        f->config.sv_current[i] = (uint8_t)value;
    }
    return true;
}

static bool read_numbers(frame *f)
{
    uint64_t ctx_id = 0, suite = 0, epoch = 0, evc = 0;
    const char *crc = json_string_value(json_object_get(f->context, "crc"));
    const json_t *stride = json_object_get(f->context, "stride");
    if (!vector_number(f->context, "ctx_id", &ctx_id) ||
        !vector_number(f->context, "suite", &suite) ||
        !vector_number(f->context, "epoch", &epoch) || !vector_number(f->context, "evc", &evc) ||
        !vector_number(f->vector, "frame_count", &f->frame_count) || !crc || evc > 255)
        return false;
    f->evc = (uint8_t)evc;
    f->wire_vc = (uint8_t)vector_small(f->context, "wire_vc");
    f->epoch = (uint32_t)epoch;
    f->keyed = suite != CAMSEAL_SUITE_SAFETY;
    f->config.ctx_id = (uint8_t)ctx_id;
    f->config.suite = (uint8_t)suite;
    f->config.tag_mode = (uint8_t)vector_small(f->context, "tag_mode");
    f->config.tag_length = (uint8_t)vector_small(f->context, "tag_length");
    f->config.crc = strcmp(crc, "ieee") == 0 ? CAMSEAL_CRC32_IEEE : CAMSEAL_CRC32C;
    f->config.stride = (camseal_stride){
        (uint8_t)vector_small(stride, "unit"), (uint16_t)vector_small(stride, "offset"),
        (uint16_t)vector_small(stride, "run"), (uint16_t)vector_small(stride, "period")};
    return true;
}

static bool read_frame(frame *f)
{
    const json_t *root = json_object_get(f->vector, "root");
    f->context = json_object_get(f->vector, "context");
    f->messages = json_object_get(f->vector, "messages");
    f->config.struct_size = sizeof f->config;
    f->config.bulk = f->run->bulk;
    f->config.crypto = f->run->crypto;
    f->config.protocol = CAMSEAL_PROTOCOL_SEP;
    if (!read_numbers(f) || !read_variants(f) || !collect_streams(f) || !read_slots(f) ||
        json_array_size(f->messages) > MESSAGES_MAX)
        return false;
    f->config.streams = f->streams;
    f->config.n_streams = f->n_streams;
    f->config.allow_unverified = f->sv[0] == 5 && f->sv[1] == 5 && f->sv[2] == 5;
    return !f->keyed ||
           (vector_root(f->run, root, f->crk) && vector_exact(root, "loaded", f->loaded, 32) &&
            vector_exact(root, "salt", f->salt, 16));
}

static void *block(size_t n)
{
    return aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (n + 63u) & ~(size_t)63u);
}

static void side_free(side *s)
{
    if (s->ctx)
        camseal_context_wipe(s->ctx);
    free(s->ctx_mem);
    free(s->engine_mem);
    free(s->worker_mem);
}

/* Context and worker; the engine's memory is made for the larger of source and sink. */
static bool side_init(side *s, frame *f, uint8_t role)
{
    f->config.role = role;
    size_t bytes = camseal_context_size(&f->config);
    s->ctx_mem = bytes ? block(bytes) : NULL;
    if (!s->ctx_mem || camseal_context_init(&s->ctx, s->ctx_mem, bytes, &f->config) != CAMSEAL_OK)
        return false;
    s->worker_mem = block(camseal_worker_size(0));
    s->engine_mem = block(camseal_sink_size(s->ctx) + camseal_source_size(s->ctx));
    return s->worker_mem && s->engine_mem &&
           camseal_worker_init(&s->worker, s->worker_mem, camseal_worker_size(0), 0) == CAMSEAL_OK;
}

/* ---- build ---- */

/* Header and covered bytes of one message, zero-padded, from the file. Returns the bytes. */
static size_t mac_part(uint8_t *out, const frame *f, const json_t *message, size_t *covered)
{
    static uint8_t data[DATA_MAX];
    const unsigned sv = vector_small(message, "sv");
    size_t n = 16, len = 0;
    if (!vector_exact(message, "header", out, 16) ||
        !vector_bytes(message, vector_small(message, "enc") ? "ciphertext" : "data", data,
                      sizeof data, &len))
        return 0;
    for (uint32_t i = 0; i < len && vector_small(message, "cov"); i++)
        if (sv != 4 || camseal_priv_covers_byte(&f->config.stride, i)) {
            out[n++] = data[i];
            ++*covered;
        }
    while (n % 16)
        out[n++] = 0;
    return n;
}

/* Does message k belong to the tag that message i carries? */
static bool is_of_unit(const frame *f, size_t k, size_t i)
{
    const json_t *a = json_array_get(f->messages, k), *b = json_array_get(f->messages, i);
    if (f->config.tag_mode == CAMSEAL_TAG_MESSAGE)
        return k == i;
    return f->config.tag_mode == CAMSEAL_TAG_FRAME ||
           vector_small(a, "slot") == vector_small(b, "slot");
}

/* What the MAC of §4 reads, put together here once more from the documented parts. */
static size_t mac_input(uint8_t *out, const frame *f, size_t index)
{
    size_t n = 0, covered = 0;
    uint32_t messages = 0;
    for (size_t k = 0; k <= index && n < INPUT_MAX - DATA_MAX; k++) {
        if (!is_of_unit(f, k, index))
            continue;
        n += mac_part(out + n, f, json_array_get(f->messages, k), &covered);
        messages++;
    }
    camseal_priv_trailer_pack(out + n, (uint8_t)(f->config.tag_mode - 1), messages, covered);
    return n + 16;
}

static void compare_mac(frame *f, size_t index, const camseal_source_item *item,
                        const camseal_priv_keys *keys)
{
    static uint8_t input[INPUT_MAX];
    uint8_t bytes[12];
    const json_t *message = json_array_get(f->messages, index);
    const json_t *mac = json_object_get(message, "mac");
    if (!mac)
        return;
    camseal_priv_nonce nonce = {CAMSEAL_PROTOCOL_SEP, (uint8_t)(f->config.tag_mode - 1), f->evc,
                                f->frame_count, item->message_count};
    if (f->config.tag_mode == CAMSEAL_TAG_DATA_TYPE)
        nonce.unit = vector_small(message, "slot");
    if (f->config.tag_mode == CAMSEAL_TAG_FRAME)
        nonce.unit = 0;
    camseal_priv_nonce_pack(bytes, &nonce);
    vector_compare_member(f->run, mac, "struct", bytes, sizeof bytes);
    camseal_priv_nonce_make(bytes, &nonce, keys->iv_int);
    vector_compare_member(f->run, mac, "nonce", bytes, sizeof bytes);
    size_t n = mac_input(input, f, index);
    vector_compare_member(f->run, mac, "mac_input", input, n);
    size_t pad = (4 - item->data.len % 4) % 4;
    vector_compare_member(f->run, mac, "tag", item->tail + pad, f->config.tag_length);
}

static void compare_message(frame *f, size_t index, const camseal_source_item *item,
                            const camseal_priv_keys *keys)
{
    const json_t *message = json_array_get(f->messages, index);
    static uint8_t packet[DATA_MAX];
    size_t n = 0;
    vector_compare_member(f->run, message, "header", item->head + 4, 16);
    if (vector_small(message, "enc"))
        vector_compare_member(f->run, message, "ciphertext", item->data.data, item->data.len);
    if (vector_small(message, "tag_p"))
        compare_mac(f, index, item, keys);
    for (size_t i = 0; i < 3; i++) {
        if (item->spans[i].len)
            memcpy(packet + n, item->spans[i].data, item->spans[i].len);
        n += item->spans[i].len;
    }
    vector_compare_member(f->run, message, "packet", packet, n);
}

static void build_message(frame *f, side *s, camseal_source *source, size_t index)
{
    const json_t *message = json_array_get(f->messages, index);
    static uint8_t data[DATA_MAX];
    size_t len, done;
    uint64_t edt = 0;
    if (!vector_bytes(message, "data", data, sizeof data, &len) ||
        !vector_number(message, "edt", &edt)) {
        vector_fault(f->run, "data", "missing or no hex string");
        return;
    }
    camseal_source_item item = {.source = source, .wire_vc = f->wire_vc, .wire_dt = (uint8_t)edt};
    if (vector_small(message, "sof"))
        item.flags |= CAMSEAL_SOURCE_SOF;
    if (vector_small(message, "eof"))
        item.flags |= CAMSEAL_SOURCE_EOF;
    if (f->config.tag_mode == CAMSEAL_TAG_DATA_TYPE && vector_small(message, "tag_p"))
        item.flags |= CAMSEAL_SOURCE_LAST_OF_SLOT;
    if (edt >> 8 == 1) {
        item.flags = CAMSEAL_SOURCE_TRAILER;
        item.wire_dt = f->streams[0].wire_dt;
    }
    item.data = camseal_mspan_of(data, len);
    camseal_status status = camseal_source_feed(s->worker, &item, 1, &done);
    if (status != CAMSEAL_OK)
        vector_fault(f->run, "source", camseal_status_name(status));
    else
        compare_message(f, index, &item, &s->ctx->keys[s->ctx->current]);
}

static void compare_keys(frame *f, const camseal_context *ctx)
{
    static const char *const labels[4][2] = {
        {"int", "k_int"}, {"iv.int", "iv_int"}, {"enc", "k_enc"}, {"iv.enc", "iv_enc"}};
    const json_t *keys = json_object_get(f->vector, "keys");
    const uint8_t ids[4] = {CAMSEAL_PROTOCOL_SEP, f->config.ctx_id, 0, f->config.suite};
    uint8_t okm[32];
    for (size_t i = 0; i < (ctx->suite->encrypts ? 4u : 2u); i++) {
        size_t len = i % 2 ? 12 : ctx->suite->key_bytes;
        if (camseal_priv_key_expand(f->run->crypto, okm, len, f->crk, labels[i][0], ids,
                                    f->epoch) == CAMSEAL_OK)
            vector_compare_member(f->run, keys, labels[i][1], okm, len);
        else
            vector_fault(f->run, labels[i][1], "derivation failed");
    }
}

static void build(frame *f)
{
    side s = {0};
    camseal_source *source = NULL;
    bool ready = side_init(&s, f, CAMSEAL_ROLE_SOURCE) &&
                 camseal_source_init(&source, s.engine_mem, camseal_source_size(s.ctx), s.ctx) ==
                     CAMSEAL_OK &&
                 camseal_context_set_frame_count(s.ctx, f->evc, f->frame_count) == CAMSEAL_OK;
    if (ready && f->keyed)
        ready = camseal_context_load(s.ctx, f->loaded, f->salt, f->epoch, NULL, 0) == CAMSEAL_OK &&
                camseal_context_activate(s.ctx, 0) == CAMSEAL_OK;
    if (!ready)
        vector_fault(f->run, "source", "its context was refused");
    if (ready && f->keyed)
        compare_keys(f, s.ctx);
    for (size_t i = 0; ready && i < json_array_size(f->messages); i++)
        build_message(f, &s, source, i);
    side_free(&s);
}

/* ---- verify ---- */

/* A message whose tag comes later is released early. */
static uint8_t expected_verdict(const frame *f, const json_t *message)
{
    if (f->config.allow_unverified)
        return CAMSEAL_VERDICT_UNVERIFIED;
    if (!vector_small(message, "tag_p"))
        return CAMSEAL_VERDICT_PENDING;
    return vector_small(message, "sv") > 2 ? CAMSEAL_VERDICT_OK_PARTIAL : CAMSEAL_VERDICT_OK;
}

static void check_record(frame *f, const json_t *message, const camseal_record *record)
{
    if (record->verdict != expected_verdict(f, message) || record->reason != CAMSEAL_REASON_NONE) {
        vector_fault(f->run, "verdict", camseal_verdict_name(record->verdict));
        return;
    }
    if (record->frame_count != f->frame_count || record->safety != CAMSEAL_VERDICT_OK)
        vector_fault(f->run, "frame_count", "our sink takes another one");
    vector_compare_member(f->run, message, "data", record->data.data, record->data.len);
}

/* Everything arrives: the variants alone decide. */
static uint8_t expected_frame(const frame *f)
{
    if (f->config.allow_unverified)
        return CAMSEAL_VERDICT_UNVERIFIED;
    for (size_t i = 0; i < json_array_size(f->messages); i++)
        if (vector_small(json_array_get(f->messages, i), "sv") > 2)
            return CAMSEAL_VERDICT_OK_PARTIAL;
    return CAMSEAL_VERDICT_OK;
}

/* The verdict of a slot follows the message that brought its tag. */
static void check_slot_record(frame *f, const json_t *message, camseal_record_ring *ring)
{
    camseal_record record = {0};
    if (f->config.tag_mode != CAMSEAL_TAG_DATA_TYPE || !vector_small(message, "tag_p"))
        return;
    if (!camseal_record_take(ring, &record) || record.kind != CAMSEAL_RECORD_SLOT ||
        record.verdict > CAMSEAL_VERDICT_OK_PARTIAL || record.slot != vector_small(message, "slot"))
        vector_fault(f->run, "verdict of the slot", camseal_verdict_name(record.verdict));
}

static void verify_messages(frame *f, side *s, camseal_sink *sink, camseal_record_ring *ring)
{
    static uint8_t packet[DATA_MAX];
    camseal_record record = {0};
    for (size_t i = 0; i < json_array_size(f->messages); i++) {
        const json_t *message = json_array_get(f->messages, i);
        size_t len, taken;
        if (!vector_bytes(message, "packet", packet, sizeof packet, &len)) {
            vector_fault(f->run, "packet", "missing or no hex string");
            return;
        }
        camseal_sink_item item = {.sink = sink, .packet = {packet, len}};
        if (camseal_sink_feed(s->worker, &item, 1, 0, &taken) != CAMSEAL_OK ||
            !camseal_record_take(ring, &record)) {
            vector_fault(f->run, "sink", "gave no record");
            return;
        }
        check_record(f, message, &record);
        check_slot_record(f, message, ring);
    }
    if (!camseal_record_take(ring, &record) || record.kind != CAMSEAL_RECORD_FRAME ||
        record.verdict != expected_frame(f) || camseal_record_take(ring, &record))
        vector_fault(f->run, "verdict of the frame", camseal_verdict_name(record.verdict));
}

static void verify(frame *f)
{
    side s = {0};
    camseal_record records[RING];
    camseal_record_ring ring = {records, RING, 0, 0};
    camseal_sink *sink = NULL;
    const camseal_least_count least = {f->evc, f->frame_count};
    bool ready = side_init(&s, f, CAMSEAL_ROLE_SINK) &&
                 camseal_sink_init(&sink, s.engine_mem, camseal_sink_size(s.ctx), s.ctx, &ring) ==
                     CAMSEAL_OK;
    if (ready && f->keyed)
        ready = camseal_context_load_crk(s.ctx, f->crk, f->epoch, &least, 1) == CAMSEAL_OK;
    if (ready && !f->keyed)
        ready = camseal_context_set_frame_count(s.ctx, f->evc, f->frame_count - 1) == CAMSEAL_OK;
    if (ready)
        verify_messages(f, &s, sink, &ring);
    else
        vector_fault(f->run, "sink", "its context was refused");
    side_free(&s);
}

void vector_check_sep(vector_run *run, const json_t *vector)
{
    frame f = {.run = run, .vector = vector};
    if (!read_frame(&f)) {
        vector_fault(run, "vector", "incomplete or malformed");
        return;
    }
    build(&f);
    verify(&f);
}
