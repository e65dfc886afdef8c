/* One SEP frame of a vector file, in both directions: our source must build these bytes, our sink
 * must accept them. */
#include <string.h>

#include "cse/stream.h"
#include "vector_json.h"
#include "vector_stream.h"

enum { RING = 64 };

typedef vector_frame frame;
typedef vector_side side;

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
    f->config.n_slots = json_array_size(slots);
    if (f->config.n_slots > CAMSEAL_PRIV_SLOT_MAX)
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

/* ---- build ---- */

/* Does message k belong to the tag that message i carries? */
static bool is_of_unit(const frame *f, size_t k, size_t i)
{
    const json_t *a = json_array_get(f->messages, k), *b = json_array_get(f->messages, i);
    if (f->config.tag_mode == CAMSEAL_TAG_MESSAGE)
        return k == i;
    return f->config.tag_mode == CAMSEAL_TAG_FRAME ||
           vector_small(a, "slot") == vector_small(b, "slot");
}

/* Collects what the MAC of §4 reads, once more from the documented parts. */
static void join_unit(vector_tag *tag, const frame *f, size_t index)
{
    size_t covered = 0;
    for (size_t k = 0; k <= index && tag->input.len < VECTOR_INPUT_MAX - VECTOR_DATA_MAX; k++) {
        if (!is_of_unit(f, k, index))
            continue;
        tag->input.len += vector_mac_part(tag->input.data + tag->input.len, f,
                                          json_array_get(f->messages, k), &covered);
        tag->n_messages++;
    }
    tag->covered = covered;
}

static void compare_mac(frame *f, size_t index, const camseal_source_item *item,
                        const camseal_context *ctx)
{
    static uint8_t input[VECTOR_INPUT_MAX];
    const json_t *message = json_array_get(f->messages, index);
    const uint8_t type = (uint8_t)(f->config.tag_mode - 1);
    const size_t pad = (4 - item->data.len % 4) % 4;
    vector_tag tag = {.struct_type = type,
                      .unit_type = type,
                      .input = {input, 0},
                      .sent = {item->tail + pad, f->config.tag_length}};
    if (f->config.tag_mode == CAMSEAL_TAG_MESSAGE)
        tag.unit = item->message_count;
    if (f->config.tag_mode == CAMSEAL_TAG_DATA_TYPE)
        tag.unit = vector_small(message, "slot");
    join_unit(&tag, f, index);
    vector_compare_mac(f, json_object_get(message, "mac"), &tag, ctx);
}

static void compare_packet(frame *f, const json_t *message, const camseal_source_item *item)
{
    static uint8_t packet[VECTOR_DATA_MAX];
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (item->spans[i].len)
            memcpy(packet + n, item->spans[i].data, item->spans[i].len);
        n += item->spans[i].len;
    }
    vector_compare_member(f->run, message, "packet", packet, n);
}

/* The slot of a message: told by a trailer, else its place in the list. */
static void compare_slot(frame *f, const json_t *message)
{
    uint64_t edt = 0, slot = 0;
    const unsigned fp = vector_small(message, "fp");
    (void)vector_number(message, "edt", &edt);
    if (fp == CAMSEAL_FP_TRAILER)
        slot = edt & 0xFFu;
    else
        while (slot < f->config.n_slots && (f->slots[slot].fp != fp || f->slots[slot].edt != edt))
            slot++;
    vector_compare_number(f->run, message, "slot", slot);
}

static void compare_message(frame *f, size_t index, const camseal_source_item *item,
                            const camseal_context *ctx)
{
    const json_t *message = json_array_get(f->messages, index);
    vector_compare_member(f->run, message, "header", item->head + 4, 16);
    vector_compare_header(f, message, item->head + 4, true);
    if (vector_small(message, "enc")) {
        vector_compare_ctr(f, message, ctx->keys[ctx->current].iv_enc);
        vector_compare_member(f->run, message, "ciphertext", item->data.data, item->data.len);
    }
    if (f->config.tag_mode == CAMSEAL_TAG_DATA_TYPE)
        compare_slot(f, message);
    if (vector_small(message, "tag_p"))
        compare_mac(f, index, item, ctx);
    compare_packet(f, message, item);
}

static void build_message(frame *f, side *s, camseal_source *source, size_t index)
{
    const json_t *message = json_array_get(f->messages, index);
    static uint8_t data[VECTOR_DATA_MAX];
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
        compare_message(f, index, &item, s->ctx);
}

static void build(frame *f)
{
    side s = {0};
    camseal_source *source = vector_side_source(&s, f);
    vector_compare_keys(f);
    for (size_t i = 0; source && i < json_array_size(f->messages); i++)
        build_message(f, &s, source, i);
    vector_side_free(&s);
}

/* ---- verify ---- */

/* A message whose tag comes later is released early. */
static uint8_t expected_verdict(const frame *f, const json_t *message)
{
    if (vector_frame_is_open(f))
        return CAMSEAL_VERDICT_UNVERIFIED;
    if (!vector_small(message, "tag_p"))
        return CAMSEAL_VERDICT_PENDING;
    return vector_is_partial(message) ? CAMSEAL_VERDICT_OK_PARTIAL : CAMSEAL_VERDICT_OK;
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
    if (vector_frame_is_open(f))
        return CAMSEAL_VERDICT_UNVERIFIED;
    for (size_t i = 0; i < json_array_size(f->messages); i++)
        if (vector_is_partial(json_array_get(f->messages, i)))
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
    static uint8_t packet[VECTOR_DATA_MAX];
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
    camseal_sink *sink = vector_side_sink(&s, f, &ring);
    if (sink)
        verify_messages(f, &s, sink, &ring);
    vector_side_free(&s);
}

void vector_check_sep(vector_run *run, const json_t *vector)
{
    frame f = {.run = run, .vector = vector};
    if (!vector_frame_read(&f, CAMSEAL_PROTOCOL_SEP) || !collect_streams(&f) || !read_slots(&f)) {
        vector_fault(run, "vector", "incomplete or malformed");
        return;
    }
    build(&f);
    verify(&f);
}
