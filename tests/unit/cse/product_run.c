/* One combination: real lines of a picture in, packets of all channels interleaved line by line,
 * records out. */
#include "product.h"

#include "test.h"

#include "camseal/bulk.h"
#include "camseal/openssl.h"
#include "camseal/stream.h"
#include "picture_source.h"

enum {
    CHANNELS = 16,
    LINE_MAX = 1024, /* bytes */
    EMBEDDED_BYTES = 20,
    OWN_LINE = 80,
    PACKET_ROOM = LINE_MAX + 64,
    STEPS_MAX = 80, /* packets of a channel's frame */
    RING = 128,
    BATCH = 24
};

/* One packet of the frame that is under way, and what is to come out of it. */
typedef struct carried {
    uint8_t packet[PACKET_ROOM];
    uint8_t plain[LINE_MAX];
    size_t packet_len, plain_len;
    unsigned channel;
    bool counted;  /* holds data of the camera */
    bool tagged;   /* SEP: carries the tag of its slot or frame */
    bool reported; /* has its record */
} carried;

typedef struct run {
    const product_case *what;
    const product_size *size;
    camseal_stream_map streams[2 * CHANNELS];
    camseal_slot_map slots[3 * CHANNELS];
    camseal_context_config config;
    camseal_context *ctx[2];
    camseal_source *source;
    camseal_sink *sink;
    camseal_worker *worker;
    camseal_record_ring ring;
    void *memory[8];
    size_t n_memory;
    unsigned channels, frame;
    uint8_t dt, sv[3];
    size_t n; /* packets of this frame */
    uint64_t total[CHANNELS];
    unsigned frames_seen;
    bool
        after_untagged; /* a frame that vouched for nothing went before: the next one shows a gap */
} run;

static carried packets[CHANNELS * STEPS_MAX];
static picture_source *source_of_pictures;
static const picture *photograph;

void product_open_picture(void)
{
    picture_error error;
    assert_status(picture_source_open(&source_of_pictures,
                                      CAMSEAL_SOURCE_DIR "/assets/hdr_room.png", NULL, &error),
                  CAMSEAL_OK);
    assert_status(picture_source_next(source_of_pictures, &photograph, &error), CAMSEAL_OK);
    assert_int_equal(photograph->channels, 3);
}

void product_close_picture(void)
{
    picture_source_close(source_of_pictures);
}

/* ---- lines ---- */

/* Component (R, G, B) of the photograph, 16 bits. */
static unsigned at(unsigned x, unsigned y, unsigned component)
{
    const uint16_t *row = picture_row(photograph, y % photograph->height);
    return (unsigned)row[3 * (x % photograph->width) + component] << (16 - photograph->bits);
}

static uint16_t chroma(unsigned value, unsigned luma) /* both 0..255 */
{
    return (uint16_t)((value + 255 - luma) / 2);
}

static size_t sample_line(uint16_t *out, uint8_t dt, unsigned x, unsigned y, unsigned width)
{
    size_t n = 0;
    for (unsigned i = 0; i < width; i++) {
        const unsigned r = at(x + i, y, 0), g = at(x + i, y, 1), b = at(x + i, y, 2);
        const unsigned luma = ((77 * r + 150 * g + 29 * b) >> 8) >> 8;
        if (dt == CAMSEAL_CSI2_RGB888) {
            out[n++] = (uint16_t)(b >> 8);
            out[n++] = (uint16_t)(g >> 8);
            out[n++] = (uint16_t)(r >> 8);
        } else if (dt == CAMSEAL_CSI2_YUV422_8) {
            out[n++] = chroma((i % 2 ? r : b) >> 8, luma);
            out[n++] = (uint16_t)luma;
        } else {
            const unsigned mosaic = at(x + i, y, (y & 1) + ((x + i) & 1));
            out[n++] = (uint16_t)(mosaic >> (16 - camseal_csi2_bits(dt)));
        }
    }
    return n;
}

/* Each channel looks at another part of the picture, and pans. */
static void image_line(const run *r, carried *c, unsigned line)
{
    uint16_t samples[LINE_MAX];
    const size_t n = sample_line(samples, r->dt, 37 * c->channel + 5 * r->frame,
                                 29 * c->channel + 3 * r->frame + line, r->size->width);
    camseal_buf buf = {c->plain, sizeof c->plain, 0};
    assert_status(camseal_csi2_pack(&buf, r->dt, samples, n), CAMSEAL_OK);
    c->plain_len = buf.len;
}

static void embedded_line(const run *r, carried *c, unsigned line)
{
    c->plain_len = EMBEDDED_BYTES;
    for (unsigned i = 0; i < EMBEDDED_BYTES; i++)
        c->plain[i] = (uint8_t)(r->frame * 31 + c->channel * 7 + line + i);
}

/* ---- set-up ---- */

static void *block(run *r, size_t n)
{
    void *p = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (n + 63) & ~(size_t)63);
    assert_non_null(p);
    r->memory[r->n_memory++] = p;
    return p;
}

static bool is_fsed(const run *r)
{
    return r->config.protocol == CAMSEAL_PROTOCOL_FSED;
}

static bool is_untagged(const run *r)
{
    return r->sv[0] == 5 && r->sv[1] == 5 && r->sv[2] == 5;
}

static void fill_streams(run *r)
{
    for (unsigned i = 0; i < r->channels; i++) {
        const uint8_t vc = (uint8_t)(15 - i), evc = (uint8_t)(3 * i + 1);
        r->streams[2 * i] = (camseal_stream_map){vc, r->dt, evc, false, r->dt};
        r->streams[2 * i + 1] =
            (camseal_stream_map){vc, CAMSEAL_CSI2_EMBEDDED, evc, true, CAMSEAL_CSI2_EMBEDDED};
        for (unsigned fp = 2; fp <= 4; fp++)
            r->slots[3 * i + fp - 2] = (camseal_slot_map){
                evc, (uint8_t)fp, (uint16_t)(fp == 3 ? r->dt : CAMSEAL_CSI2_EMBEDDED)};
    }
    r->config.streams = r->streams;
    r->config.n_streams = 2 * r->channels;
    if (r->config.tag_mode == CAMSEAL_TAG_DATA_TYPE) {
        r->config.slots = r->slots;
        r->config.n_slots = 3 * r->channels;
    }
}

/* Changing: every variant that may stand beside those of the case. */
static void fill_variants(run *r)
{
    const uint8_t *v = r->what->value;
    unsigned used = 0, all = 0;
    for (unsigned i = 0; i < 3; i++) {
        r->sv[i] = r->config.sv_current[i] = (uint8_t)(v[P_TOP + i] + 1);
        used |= 1u << v[P_TOP + i];
    }
    unsigned wide = used | 2u | 16u;
    if (!(used & 12u))
        wide |= 4u;
    if (v[P_SUITE] >= 4)
        wide |= 1u;
    for (unsigned i = 0; i < 3; i++) {
        r->config.sv_allowed[i] = (uint8_t)(v[P_CHANGE] ? wide : 1u << v[P_TOP + i]);
        all |= r->config.sv_allowed[i];
    }
    if (all & 4u)
        r->config.stride = (camseal_stride){1, 1, 2, 5};
    if (all & 8u)
        r->config.stride = (camseal_stride){2, 3, 4, 7};
    r->config.allow_unverified = true;
}

static void fill_config(run *r)
{
    static const uint8_t suites[] = {CAMSEAL_SUITE_EFF_128,     CAMSEAL_SUITE_EFF_256,
                                     CAMSEAL_SUITE_PERF_128_I,  CAMSEAL_SUITE_PERF_256_I,
                                     CAMSEAL_SUITE_PERF_128_IE, CAMSEAL_SUITE_PERF_256_IE};
    static const uint8_t formats[] = {CAMSEAL_CSI2_RAW10, CAMSEAL_CSI2_RAW12, CAMSEAL_CSI2_RAW16,
                                      CAMSEAL_CSI2_YUV422_8, CAMSEAL_CSI2_RGB888};
    static const uint8_t channels[] = {1, 4, CHANNELS};
    static const uint8_t tags[] = {16, 12, 8};
    const uint8_t *v = r->what->value;
    camseal_context_config *c = &r->config;
    r->dt = formats[v[P_FORMAT]];
    r->channels = channels[v[P_CHANNELS]];
    c->struct_size = sizeof *c;
    c->bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL);
    c->crypto = camseal_openssl();
    c->ctx_id = 11;
    c->protocol = v[P_PROTOCOL] > 2 ? CAMSEAL_PROTOCOL_FSED : CAMSEAL_PROTOCOL_SEP;
    c->tag_mode = (uint8_t)(v[P_PROTOCOL] > 2 ? CAMSEAL_TAG_FRAME : v[P_PROTOCOL] + 1);
    c->suite = suites[v[P_SUITE]];
    c->tag_length = tags[v[P_TAG]];
    c->crc = v[P_CRC];
    c->hold = v[P_HOLD] ? STEPS_MAX : 0;
    c->top_tag = is_fsed(r);
    c->fsed_in_lines = v[P_PROTOCOL] == 4;
    c->embedded_line_length = v[P_PROTOCOL] == 4 ? OWN_LINE : 0;
    fill_streams(r);
    fill_variants(r);
}

static void open_context(run *r, uint8_t role)
{
    uint8_t crk[32];
    camseal_context **ctx = &r->ctx[role == CAMSEAL_ROLE_SINK];
    for (unsigned i = 0; i < sizeof crk; i++)
        crk[i] = (uint8_t)(i * 5 + 1);
    r->config.role = role;
    const size_t n = camseal_context_size(&r->config);
    if (n == 0)
        fail_msg("refused: %s", product_describe(r->what));
    assert_status(camseal_context_init(ctx, block(r, n), n, &r->config), CAMSEAL_OK);
    assert_status(camseal_context_load_crk(*ctx, crk, 3, NULL, 0), CAMSEAL_OK);
    assert_status(camseal_context_activate(*ctx, 0), CAMSEAL_OK);
}

static void open_run(run *r)
{
    fill_config(r);
    open_context(r, CAMSEAL_ROLE_SINK);
    open_context(r, CAMSEAL_ROLE_SOURCE);
    size_t n = camseal_source_size(r->ctx[0]);
    assert_status(camseal_source_init(&r->source, block(r, n), n, r->ctx[0]), CAMSEAL_OK);
    r->ring.capacity = RING;
    r->ring.records = block(r, RING * sizeof(camseal_record));
    n = camseal_sink_size(r->ctx[1]);
    assert_status(camseal_sink_init(&r->sink, block(r, n), n, r->ctx[1], &r->ring), CAMSEAL_OK);
    n = camseal_worker_size(BATCH);
    assert_status(camseal_worker_init(&r->worker, block(r, n), n, BATCH), CAMSEAL_OK);
}

/* ---- source ---- */

static carried *next_packet(run *r, unsigned channel)
{
    assert_true(r->n < sizeof packets / sizeof packets[0]);
    carried *c = &packets[r->n++];
    c->packet_len = c->plain_len = 0;
    c->channel = channel;
    c->counted = c->tagged = c->reported = false;
    return c;
}

/* Sends one item for each channel in one call; the packets stand next to each other. */
static void send_step(run *r, camseal_source_item *items, unsigned n, carried *first)
{
    size_t done = 0;
    const camseal_status status = camseal_source_feed(r->worker, items, n, &done);
    if (status != CAMSEAL_OK || done != n)
        fail_msg("source: %s: %s", camseal_status_name(status), product_describe(r->what));
    for (unsigned i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++) {
            const camseal_span span = items[i].spans[k];
            assert_true(first[i].packet_len + span.len <= PACKET_ROOM);
            if (span.len)
                memcpy(first[i].packet + first[i].packet_len, span.data, span.len);
            first[i].packet_len += span.len;
        }
}

static camseal_source_item item_of(const run *r, const carried *c, bool embedded, uint32_t flags,
                                   uint8_t *room, size_t len)
{
    const camseal_source_item item = {.source = r->source,
                                      .wire_vc = (uint8_t)(15 - c->channel),
                                      .wire_dt = embedded ? CAMSEAL_CSI2_EMBEDDED : r->dt,
                                      .flags = flags,
                                      .data = {room, len}};
    return item;
}

/* A line of every channel, or (flags without data) a packet that the source makes. */
static void all_channels(run *r, bool data, bool embedded, unsigned line, uint32_t flags)
{
    static uint8_t rooms[CHANNELS][LINE_MAX];
    camseal_source_item items[CHANNELS];
    carried *first = &packets[r->n];
    for (unsigned i = 0; i < r->channels; i++) {
        carried *c = next_packet(r, i);
        c->counted = data;
        c->tagged = (flags & CAMSEAL_SOURCE_EOF) != 0 ||
                    ((flags & CAMSEAL_SOURCE_LAST_OF_SLOT) != 0 && !is_untagged(r));
        if (data && embedded)
            embedded_line(r, c, line);
        if (data && !embedded)
            image_line(r, c, line);
        memcpy(rooms[i], c->plain, c->plain_len);
        items[i] = item_of(r, c, embedded, flags, rooms[i], data ? c->plain_len : OWN_LINE);
        r->total[i] += c->plain_len;
    }
    send_step(r, items, r->channels, first);
}

/* Trailer messages until no channel's frame is open. */
static void send_trailers(run *r)
{
    for (unsigned i = 0; i < r->channels; i++)
        while (camseal_source_trailers(r->source, (uint8_t)(3 * i + 1))) {
            carried *c = next_packet(r, i);
            camseal_source_item item = item_of(r, c, false, CAMSEAL_SOURCE_TRAILER, NULL, 0);
            send_step(r, &item, 1, c);
        }
}

/* Odd frames end with trailer messages. */
static void make_sep_frame(run *r)
{
    const bool trailers = r->frame % 2;
    uint32_t last = 0;
    if (r->config.tag_mode == CAMSEAL_TAG_DATA_TYPE && !trailers)
        last = CAMSEAL_SOURCE_LAST_OF_SLOT;
    all_channels(r, true, true, 0, CAMSEAL_SOURCE_SOF | last);
    for (unsigned y = 0; y < r->size->lines; y++)
        all_channels(r, true, false, y, y + 1 == r->size->lines ? last : 0);
    all_channels(r, true, true, 1, trailers ? 0 : CAMSEAL_SOURCE_EOF);
    send_trailers(r);
}

static void short_packets(run *r, uint8_t dt)
{
    for (unsigned i = 0; i < r->channels; i++) {
        carried *c = next_packet(r, i);
        c->packet_len = 4;
        assert_status(camseal_csi2_header(c->packet, (uint8_t)(15 - i), dt, 1), CAMSEAL_OK);
    }
}

static void make_fsed_frame(run *r)
{
    short_packets(r, CAMSEAL_CSI2_FS);
    all_channels(r, false, false, 0, CAMSEAL_SOURCE_FSH);
    all_channels(r, true, true, 0, 0);
    if (!is_untagged(r))
        all_channels(r, false, false, 0, CAMSEAL_SOURCE_TBT);
    for (unsigned y = 0; y < r->size->lines; y++)
        all_channels(r, true, false, y, 0);
    all_channels(r, true, true, 1, 0);
    all_channels(r, false, false, 0, CAMSEAL_SOURCE_FTG);
    short_packets(r, CAMSEAL_CSI2_FE);
}

static void choose_variants(run *r)
{
    uint64_t seed = 99 + r->frame * 1000003u + r->what->value[P_IMAGE];
    if (!r->what->value[P_CHANGE] || r->frame == 0)
        return;
    for (unsigned i = 0; i < 3; i++)
        do
            r->sv[i] = (uint8_t)(1 + (test_random(&seed) >> 33) % 5);
        while (!(r->config.sv_allowed[i] >> (r->sv[i] - 1) & 1));
    assert_status(camseal_context_set_variants(r->ctx[0], r->sv), CAMSEAL_OK);
}

/* ---- sink ---- */

static uint8_t expected_frame(const run *r)
{
    if (is_untagged(r))
        return CAMSEAL_VERDICT_UNVERIFIED;
    return r->sv[0] > 2 || r->sv[1] > 2 || r->sv[2] > 2 ? CAMSEAL_VERDICT_OK_PARTIAL
                                                        : CAMSEAL_VERDICT_OK;
}

/* Only SV-5 in SEP: no tag will ever come. */
static bool never_tagged(const run *r)
{
    const uint8_t *sv = r->config.sv_allowed;
    return !is_fsed(r) && sv[0] == 16 && sv[1] == 16 && sv[2] == 16;
}

/* Released early, a message is pending unless it brought the tag (or would have) itself. */
static bool is_expected_message(const run *r, const carried *c, const camseal_record *m)
{
    const bool joined = r->what->value[P_PROTOCOL] > 0 && !never_tagged(r);
    if (joined && !r->config.hold && !c->tagged)
        return m->verdict == CAMSEAL_VERDICT_PENDING;
    if (is_untagged(r))
        return m->verdict == CAMSEAL_VERDICT_UNVERIFIED;
    return m->verdict == (m->sv > 2 ? CAMSEAL_VERDICT_OK_PARTIAL : CAMSEAL_VERDICT_OK);
}

static void judge_message(const run *r, const camseal_record *m)
{
    assert_true(m->cookie >= 1 && m->cookie <= r->n);
    carried *c = &packets[m->cookie - 1];
    assert_false(c->reported);
    c->reported = true;
    if (!c->counted)
        return;
    if (!is_expected_message(r, c, m))
        fail_msg("frame %u (SV %u %u %u): message of SV-%u is %s, %s: %s", r->frame, r->sv[0],
                 r->sv[1], r->sv[2], m->sv, camseal_verdict_name(m->verdict),
                 camseal_reason_name(m->reason), product_describe(r->what));
    assert_int_equal(m->data.len, c->plain_len);
    assert_memory_equal(m->data.data, c->plain, c->plain_len);
}

static void judge_frame(run *r, const camseal_record *f)
{
    if (f->verdict != expected_frame(r) || f->reason || f->rejected)
        fail_msg("frame %u is %s, %s: %s", r->frame, camseal_verdict_name(f->verdict),
                 camseal_reason_name(f->reason), product_describe(r->what));
    const unsigned channel = (f->evc - 1u) / 3u;
    assert_int_equal(f->frame_count, r->frame + 1);
    assert_int_equal(f->total_bytes, r->total[channel]);
    assert_true(f->covered_bytes <= f->total_bytes);
    if (f->verdict == CAMSEAL_VERDICT_OK)
        assert_int_equal(f->covered_bytes, f->total_bytes);
    r->frames_seen++;
}

static void take_records(run *r)
{
    camseal_record record;
    while (camseal_record_take(&r->ring, &record)) {
        if (record.reason == CAMSEAL_REASON_FRAME_GAP && r->after_untagged)
            continue;
        if (record.kind == CAMSEAL_RECORD_EVENT)
            fail_msg("event %s: %s", camseal_reason_name(record.reason), product_describe(r->what));
        if (record.safety != CAMSEAL_VERDICT_OK)
            fail_msg("safety %s, %s: %s", camseal_verdict_name(record.safety),
                     camseal_reason_name(record.reason), product_describe(r->what));
        if (record.kind == CAMSEAL_RECORD_MESSAGE)
            judge_message(r, &record);
        if (record.kind == CAMSEAL_RECORD_FRAME)
            judge_frame(r, &record);
    }
}

static void carry(run *r)
{
    for (size_t at_packet = 0; at_packet < r->n;) {
        camseal_sink_item items[BATCH];
        size_t n = 0, taken = 0;
        for (; n < BATCH && at_packet + n < r->n; n++) {
            carried *c = &packets[at_packet + n];
            items[n] =
                (camseal_sink_item){r->sink, {c->packet, c->packet_len}, at_packet + n + 1, 0};
        }
        const camseal_status status = camseal_sink_feed(r->worker, items, n, 0, &taken);
        assert_true(status == CAMSEAL_OK || status == CAMSEAL_E_SPACE);
        assert_true(taken || r->ring.count);
        at_packet += taken;
        take_records(r);
    }
}

static void flush(run *r)
{
    camseal_status status;
    do {
        status = camseal_sink_flush(r->sink, 0, NULL);
        take_records(r);
    } while (status == CAMSEAL_E_SPACE);
    assert_status(status, CAMSEAL_OK);
}

static size_t run_frame(run *r)
{
    size_t lines = 0;
    r->n = 0;
    r->frames_seen = 0;
    memset(r->total, 0, sizeof r->total);
    choose_variants(r);
    if (is_fsed(r))
        make_fsed_frame(r);
    else
        make_sep_frame(r);
    carry(r);
    flush(r);
    r->after_untagged = is_untagged(r);
    if (r->frames_seen != r->channels)
        fail_msg("%u of %u frames: %s", r->frames_seen, r->channels, product_describe(r->what));
    for (size_t i = 0; i < r->n; i++) {
        assert_true(!packets[i].counted || packets[i].reported);
        lines += packets[i].counted;
    }
    return lines;
}

size_t product_run(const product_case *c, const product_size *size)
{
    run r = {.what = c, .size = size};
    size_t lines = 0;
    open_run(&r);
    for (; r.frame < size->frames; r.frame++)
        lines += run_frame(&r);
    assert_status(camseal_sink_close(r.sink, 0), CAMSEAL_OK);
    take_records(&r);
    for (size_t i = 0; i < r.n_memory; i++)
        free(r.memory[i]);
    return lines;
}
