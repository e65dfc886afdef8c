/* One FSED frame of a vector file, in both directions: our source must build these packets, our
 * sink must accept them. */
#include <string.h>

#include "cse/fsed/format.h"
#include "vector_json.h"
#include "vector_stream.h"

enum { PACKETS_MAX = VECTOR_MESSAGES_MAX + 8, RING = 64, WIRE_MAX = 1 << 18 };

typedef vector_frame frame;
typedef vector_side side;

/* What building and verifying have reached. */
typedef struct progress {
    frame *f;
    side s;
    camseal_source *source;
    size_t next; /* counted message */
    bool image_seen;
    size_t covered;
    camseal_mspan input; /* of the frame's tag, so far */
    camseal_source_begin begin;
    /* sink */
    unsigned tops, frames;
} progress;

/* ---- reading ---- */

static bool read_streams(frame *f)
{
    const json_t *list = json_object_get(f->context, "streams");
    f->n_streams = json_array_size(list);
    if (f->n_streams == 0 || f->n_streams > CAMSEAL_CONTEXT_MAX_STREAMS)
        return false;
    for (size_t i = 0; i < f->n_streams; i++) {
        uint64_t n[5] = {0};
        for (size_t k = 0; k < 5; k++)
            if (!vector_number_of(json_array_get(json_array_get(list, i), k), &n[k]))
                return false;
        f->streams[i] = (camseal_stream_map){(uint8_t)n[0], (uint8_t)n[1], (uint8_t)n[2], n[4] != 0,
                                             (uint16_t)n[3]};
    }
    return true;
}

/* First 8 bytes of SHA-256 over the TLVs; zeros without them. */
static bool read_digest(frame *f)
{
    static uint8_t tlvs[VECTOR_DATA_MAX];
    uint8_t digest[CAMSEAL_HASH_MAX];
    camseal_hash_state state = {0};
    size_t len;
    void *user = f->run->crypto->user;
    const camseal_hash *hash = camseal_crypto_hash(f->run->crypto, CAMSEAL_HASH_SHA256);
    if (!json_object_get(f->context, "config_tlvs"))
        return true;
    if (!vector_bytes(f->context, "config_tlvs", tlvs, sizeof tlvs, &len))
        return false;
    bool made = hash->begin(user, &state) == CAMSEAL_OK &&
                hash->update(user, &state, camseal_span_of(tlvs, len)) == CAMSEAL_OK &&
                hash->finish(user, &state, digest) == CAMSEAL_OK;
    hash->drop(user, &state);
    memcpy(f->config.config_digest, digest, made ? sizeof f->config.config_digest : 0);
    return made;
}

static bool read_frame(frame *f)
{
    const unsigned line = vector_small(f->context, "line_carried");
    f->config.fsed_in_lines = line != 0;
    f->config.embedded_line_length = (uint16_t)line;
    f->config.top_tag = json_is_true(json_object_get(f->context, "tbt"));
    return read_streams(f) && read_digest(f) &&
           json_array_size(json_object_get(f->vector, "wire")) <= PACKETS_MAX;
}

/* What a source is free to say stands in the FSH and FTG alone. */
static bool read_choices(progress *p)
{
    uint8_t fsh[CAMSEAL_PRIV_FSH_BYTES], ftg[CAMSEAL_PRIV_FTG_BYTES];
    camseal_priv_fsh head;
    camseal_priv_ftg end;
    if (!vector_exact(json_object_get(p->f->vector, "fsh"), "header", fsh, sizeof fsh) ||
        !vector_exact(json_object_get(p->f->vector, "ftg"), "header", ftg, sizeof ftg) ||
        camseal_priv_fsh_unpack(&head, fsh) != CAMSEAL_OK ||
        camseal_priv_ftg_unpack(&end, ftg) != CAMSEAL_OK)
        return false;
    p->begin.flags = head.flags & (uint8_t)~CAMSEAL_PRIV_FSED_EPOCH;
    p->begin.status = end.status;
    p->begin.line_length = head.line_length;
    p->begin.timestamp_ns = head.timestamp_ns;
    memcpy(p->begin.expected, head.expected, sizeof head.expected);
    return true;
}

/* ---- build ---- */

static void compare_packet(const progress *p, const json_t *packet, const camseal_source_item *item)
{
    static uint8_t bytes[VECTOR_DATA_MAX + 8];
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (item->spans[i].len)
            memcpy(bytes + n, item->spans[i].data, item->spans[i].len);
        n += item->spans[i].len;
    }
    vector_compare_member(p->f->run, packet, "packet", bytes, n);
}

static bool feed(progress *p, camseal_source_item *item)
{
    size_t done;
    camseal_status status = camseal_source_feed(p->s.worker, item, 1, &done);
    if (status != CAMSEAL_OK)
        vector_fault(p->f->run, "source", camseal_status_name(status));
    return status == CAMSEAL_OK;
}

static void append(progress *p, const uint8_t *bytes, size_t n)
{
    memcpy(p->input.data + p->input.len, bytes, n);
    p->input.len += n;
}

static vector_tag tag_of(const progress *p, uint8_t type)
{
    const bool cmac = !p->s.ctx->suite->gmac;
    if (type == CAMSEAL_PRIV_FSH)
        return (vector_tag){.struct_type = CAMSEAL_PRIV_UNIT_FSH,
                            .unit_type = CAMSEAL_PRIV_UNIT_FSH,
                            .n_messages = 1,
                            .covered = CAMSEAL_PRIV_FSH_BYTES};
    vector_tag tag = {.struct_type = CAMSEAL_PRIV_UNIT_FRAME,
                      .unit_type = CAMSEAL_PRIV_UNIT_FRAME,
                      .n_messages = vector_frame_is_open(p->f) ? 0 : (uint32_t)p->next,
                      .covered = p->covered};
    if (type == CAMSEAL_PRIV_TBT) {
        tag.unit_type = CAMSEAL_PRIV_UNIT_TOP_BLOCK;
        tag.struct_type = cmac ? CAMSEAL_PRIV_UNIT_FRAME : CAMSEAL_PRIV_UNIT_TOP_BLOCK;
    }
    return tag;
}

/* The object fsh, tbt or ftg against the payload that was built. */
static void compare_own(progress *p, const json_t *object, uint8_t type, const uint8_t *payload)
{
    const size_t n = camseal_priv_fsed_bytes(type), tag_len = p->f->config.tag_length;
    vector_compare_member(p->f->run, object, "header", payload, n);
    if (p->f->keyed) {
        const size_t before = p->input.len;
        vector_tag tag = tag_of(p, type);
        append(p, payload, n);
        tag.input = p->input;
        tag.sent = camseal_span_of(payload + n, tag_len);
        vector_compare_mac(p->f, json_object_get(object, "mac"), &tag, p->s.ctx);
        if (type != CAMSEAL_PRIV_FSH) /* the frame's tag reads FSH and messages only */
            p->input.len = before;
    }
    vector_compare_member(p->f->run, object, "crc32", payload + n + tag_len, 4);
}

static void build_own(progress *p, const json_t *packet, uint8_t type, const char *name)
{
    static uint8_t room[UINT16_MAX];
    static const uint32_t flags[] = {0, CAMSEAL_SOURCE_FSH, CAMSEAL_SOURCE_TBT, CAMSEAL_SOURCE_FTG};
    camseal_source_item item = {.source = p->source,
                                .wire_vc = p->f->wire_vc,
                                .wire_dt = p->f->streams[0].wire_dt,
                                .flags = flags[type],
                                .data = {room, sizeof room},
                                .begin = &p->begin};
    if (!feed(p, &item))
        return;
    compare_own(p, json_object_get(p->f->vector, name), type, item.spans[1].data);
    compare_packet(p, packet, &item);
}

static const camseal_stream_map *stream_of(const frame *f, uint64_t edt)
{
    for (size_t i = 0; i < f->n_streams; i++)
        if (f->streams[i].edt == edt && f->streams[i].evc == f->evc)
            return &f->streams[i];
    return NULL;
}

/* The header that both ends make up. Without a key no tag reads it, and no vector holds it. */
static void compare_header(const progress *p, const json_t *message,
                           const camseal_stream_map *stream, size_t len)
{
    uint8_t fp = CAMSEAL_FP_IMAGE, bytes[16];
    if (stream->embedded)
        fp = p->image_seen ? CAMSEAL_FP_BOTTOM : CAMSEAL_FP_TOP;
    const camseal_priv_counted counted = {stream->edt,
                                          (uint16_t)len,
                                          stream->evc,
                                          fp,
                                          p->f->sv[fp - CAMSEAL_FP_TOP],
                                          (uint8_t)(p->f->epoch & 15u),
                                          (uint32_t)p->next,
                                          p->f->frame_count};
    const camseal_priv_header header = camseal_priv_fsed_header(p->s.ctx, &counted);
    camseal_priv_header_pack(bytes, &header);
    if (p->f->keyed)
        vector_compare_member(p->f->run, message, "header", bytes, sizeof bytes);
    vector_compare_header(p->f, message, bytes, false);
}

static void build_message(progress *p, const json_t *packet)
{
    static uint8_t data[VECTOR_DATA_MAX];
    const json_t *message = json_array_get(p->f->messages, p->next);
    size_t len;
    uint64_t edt = 0;
    (void)vector_number(message, "edt", &edt);
    const camseal_stream_map *stream = stream_of(p->f, edt);
    if (!stream || !vector_bytes(message, "data", data, sizeof data, &len)) {
        vector_fault(p->f->run, "message", "missing, or its eDT is not in the stream list");
        return;
    }
    camseal_source_item item = {.source = p->source,
                                .wire_vc = stream->wire_vc,
                                .wire_dt = stream->wire_dt,
                                .data = {data, len}};
    if (!feed(p, &item))
        return;
    compare_header(p, message, stream, len);
    if (vector_small(message, "enc")) {
        vector_compare_ctr(p->f, message, p->s.ctx->keys[p->s.ctx->current].iv_enc);
        vector_compare_member(p->f->run, message, "ciphertext", data, len);
    }
    compare_packet(p, packet, &item);
    if (!vector_frame_is_open(p->f) && p->input.len < VECTOR_INPUT_MAX - VECTOR_DATA_MAX)
        p->input.len += vector_mac_part(p->input.data + p->input.len, p->f, message, &p->covered);
    p->image_seen = p->image_seen || !stream->embedded;
    p->next++;
}

/* FS and FE are the sensor's: only their header is ours to check. */
static void check_short(const progress *p, const json_t *packet, uint8_t dt)
{
    uint8_t bytes[4];
    camseal_csi2_packet seen = {0};
    if (!vector_exact(packet, "packet", bytes, sizeof bytes) ||
        camseal_csi2_header_read(&seen, bytes) != CAMSEAL_OK || seen.corrected || seen.dt != dt ||
        seen.vc != p->f->wire_vc)
        vector_fault(p->f->run, "packet", "no FS or FE of this channel");
}

/* Packets that do not count are not ours either: whole and undamaged is all that they must be. */
static void check_uncounted(const progress *p, const json_t *packet)
{
    static uint8_t bytes[VECTOR_DATA_MAX + 8];
    camseal_csi2_packet seen = {0};
    size_t len;
    if (!vector_bytes(packet, "packet", bytes, sizeof bytes, &len) ||
        camseal_csi2_parse(&seen, camseal_mspan_of(bytes, len), p->f->run->bulk) != CAMSEAL_OK ||
        seen.corrected)
        vector_fault(p->f->run, "packet", "no whole CSI-2 packet");
}

static void build_packet(progress *p, const json_t *packet)
{
    const char *kind = json_string_value(json_object_get(packet, "kind"));
    if (!kind)
        vector_fault(p->f->run, "kind", "missing");
    else if (strcmp(kind, "FSH") == 0)
        build_own(p, packet, CAMSEAL_PRIV_FSH, "fsh");
    else if (strcmp(kind, "TBT") == 0)
        build_own(p, packet, CAMSEAL_PRIV_TBT, "tbt");
    else if (strcmp(kind, "FTG") == 0)
        build_own(p, packet, CAMSEAL_PRIV_FTG, "ftg");
    else if (strcmp(kind, "MSG") == 0)
        build_message(p, packet);
    else if (strcmp(kind, "FS") == 0)
        check_short(p, packet, CAMSEAL_CSI2_FS);
    else if (strcmp(kind, "FE") == 0)
        check_short(p, packet, CAMSEAL_CSI2_FE);
    else if (strcmp(kind, "UNCOUNTED") == 0)
        check_uncounted(p, packet);
    else
        vector_fault(p->f->run, "kind", "unknown");
}

static void build(frame *f)
{
    static uint8_t input[VECTOR_INPUT_MAX];
    progress p = {.f = f, .input = {input, 0}};
    const json_t *wire = json_object_get(f->vector, "wire");
    vector_compare_keys(f);
    if (read_choices(&p))
        p.source = vector_side_source(&p.s, f);
    else
        vector_fault(f->run, "fsh or ftg", "malformed");
    if (p.source)
        for (size_t i = 0; i < json_array_size(wire) && !f->run->detail[0]; i++)
            build_packet(&p, json_array_get(wire, i));
    if (!f->run->detail[0] && p.next != json_array_size(f->messages))
        vector_fault(f->run, "messages", "not all are on the wire");
    vector_side_free(&p.s);
}

/* ---- verify ---- */

static bool is_own(const camseal_record *record)
{
    return record->edt >= CAMSEAL_CSI2_FSH && record->edt <= CAMSEAL_CSI2_FTG;
}

/* Its verdict comes with the frame's. */
static void check_message(progress *p, const camseal_record *record)
{
    const json_t *message = json_array_get(p->f->messages, p->next++);
    if (!message || record->verdict != CAMSEAL_VERDICT_PENDING) {
        vector_fault(p->f->run, "verdict of a message", camseal_verdict_name(record->verdict));
        return;
    }
    vector_compare_member(p->f->run, message, "data", record->data.data, record->data.len);
}

static void check_own(const progress *p, const camseal_record *record)
{
    const uint8_t expected = p->f->keyed ? CAMSEAL_VERDICT_OK : CAMSEAL_VERDICT_UNVERIFIED;
    if (record->verdict != expected)
        vector_fault(p->f->run, "verdict of FSH, TBT or FTG", camseal_reason_name(record->reason));
}

/* Everything arrives: the variants alone decide. */
static void check_frame(const progress *p, const camseal_record *record)
{
    uint8_t expected = CAMSEAL_VERDICT_OK;
    for (size_t i = 0; i < json_array_size(p->f->messages); i++)
        if (vector_is_partial(json_array_get(p->f->messages, i)))
            expected = CAMSEAL_VERDICT_OK_PARTIAL;
    if (vector_frame_is_open(p->f))
        expected = CAMSEAL_VERDICT_UNVERIFIED;
    if (record->verdict != expected || record->frame_count != p->f->frame_count)
        vector_fault(p->f->run, "verdict of the frame", camseal_verdict_name(record->verdict));
}

static void drain(progress *p, camseal_record_ring *ring)
{
    camseal_record record;
    while (camseal_record_take(ring, &record)) {
        switch (record.kind) {
        case CAMSEAL_RECORD_MESSAGE:
            if (is_own(&record))
                check_own(p, &record);
            else
                check_message(p, &record);
            break;
        case CAMSEAL_RECORD_TOP:
            p->tops++;
            if (record.verdict > CAMSEAL_VERDICT_OK_PARTIAL)
                vector_fault(p->f->run, "verdict of the TBT", camseal_verdict_name(record.verdict));
            break;
        case CAMSEAL_RECORD_FRAME:
            p->frames++;
            check_frame(p, &record);
            break;
        default:
            break; /* what is outside protection passes by */
        }
    }
}

static void feed_wire(progress *p, camseal_sink *sink, camseal_record_ring *ring)
{
    static uint8_t bytes[WIRE_MAX]; /* packets are borrowed until their record appears */
    const json_t *wire = json_object_get(p->f->vector, "wire");
    size_t at = 0;
    for (size_t i = 0; i < json_array_size(wire); i++) {
        size_t len, taken = 0;
        if (!vector_bytes(json_array_get(wire, i), "packet", bytes + at, WIRE_MAX - at, &len)) {
            vector_fault(p->f->run, "packet", "missing, or no hex string that fits");
            return;
        }
        camseal_sink_item item = {.sink = sink, .packet = {bytes + at, len}};
        if (camseal_sink_feed(p->s.worker, &item, 1, 0, &taken) != CAMSEAL_OK || taken != 1) {
            vector_fault(p->f->run, "sink", "does not take a packet");
            return;
        }
        at += len;
        drain(p, ring);
    }
    if (camseal_sink_flush(sink, 0, NULL) != CAMSEAL_OK)
        vector_fault(p->f->run, "sink", "cannot be flushed");
    drain(p, ring);
}

static void verify(frame *f)
{
    progress p = {.f = f};
    camseal_record records[RING];
    camseal_record_ring ring = {records, RING, 0, 0};
    const unsigned tops = json_object_get(f->vector, "tbt") ? 1 : 0;
    camseal_sink *sink = vector_side_sink(&p.s, f, &ring);
    if (sink) {
        feed_wire(&p, sink, &ring);
        if (p.frames != 1 || p.tops != tops || p.next != json_array_size(f->messages))
            vector_fault(f->run, "records", "not one of each message, TBT and frame");
    }
    vector_side_free(&p.s);
}

void vector_check_fsed(vector_run *run, const json_t *vector)
{
    frame f = {.run = run, .vector = vector};
    if (!vector_frame_read(&f, CAMSEAL_PROTOCOL_FSED) || !read_frame(&f)) {
        vector_fault(run, "vector", "incomplete or malformed");
        return;
    }
    build(&f);
    verify(&f);
}
