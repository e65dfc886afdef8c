#include "rig.h"

#include "base/load.h"

static void *block(rig *r, size_t slot, size_t n)
{
    r->memory[slot] = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (n + 63u) & ~(size_t)63u);
    assert_non_null(r->memory[slot]);
    return r->memory[slot];
}

static void fill_config(rig *r, const rig_options *o)
{
    camseal_context_config *c = &r->config;
    const unsigned evcs = o->evcs ? o->evcs : 1;
    for (unsigned i = 0; i < evcs; i++) {
        uint8_t vc = (uint8_t)(RIG_VC + i), evc = (uint8_t)(RIG_EVC + i);
        r->streams[2 * i] = (camseal_stream_map){vc, RIG_RAW12, evc, false, RIG_RAW12};
        r->streams[2 * i + 1] = (camseal_stream_map){vc, RIG_EMBEDDED, evc, true, RIG_EMBEDDED};
    }
    c->struct_size = sizeof *c;
    c->bulk = o->bulk ? o->bulk : camseal_bulk_soft();
    c->crypto = camseal_openssl();
    c->trace = o->trace;
    c->ctx_id = RIG_CTX_ID;
    c->protocol = CAMSEAL_PROTOCOL_SEP;
    c->suite = o->suite ? o->suite : CAMSEAL_SUITE_EFF_128;
    c->tag_mode = o->tag_mode ? o->tag_mode : CAMSEAL_TAG_MESSAGE;
    c->hold = o->hold;
    if (o->fsed) {
        c->protocol = CAMSEAL_PROTOCOL_FSED;
        c->tag_mode = CAMSEAL_TAG_FRAME;
        c->top_tag = !o->safety;
        c->fsed_in_lines = o->in_lines;
        c->embedded_line_length = o->in_lines ? 80 : 0;
    }
    if (c->tag_mode == CAMSEAL_TAG_DATA_TYPE) {
        for (unsigned i = 0; i < 3 * evcs; i++) {
            const uint8_t fp = (uint8_t)(i % 3 == 0 ? 3 : i % 3 * 2);
            r->slots[i] = (camseal_slot_map){(uint8_t)(RIG_EVC + i / 3), fp,
                                             fp == 3 ? RIG_RAW12 : RIG_EMBEDDED};
        }
        c->slots = r->slots;
        c->n_slots = 3 * evcs;
    }
    c->tag_length = o->tag_length;
    c->crc = o->crc;
    c->stride = o->stride;
    c->group = o->group;
    c->allow_unverified = o->unverified;
    c->streams = r->streams;
    c->n_streams = 2 * evcs;
    for (size_t i = 0; i < 3; i++) {
        c->sv_current[i] = 2;
        if (o->sv[i])
            c->sv_current[i] = o->sv[i];
        c->sv_allowed[i] = o->allowed[i];
        if (!o->allowed[i])
            c->sv_allowed[i] = (uint8_t)(1u << (c->sv_current[i] - 1));
    }
    if (o->safety) {
        c->suite = CAMSEAL_SUITE_SAFETY;
        c->tag_mode = CAMSEAL_TAG_NONE;
    }
}

void rig_init(rig *r, const rig_options *options)
{
    memset(r, 0, sizeof *r);
    r->seed = 0x1234567;
    fill_config(r, options);
    r->config.role = CAMSEAL_ROLE_SOURCE;
    size_t n = camseal_context_size(&r->config);
    assert_true(n > 0);
    assert_status(camseal_context_init(&r->source_ctx, block(r, 0, n), n, &r->config), CAMSEAL_OK);
    r->config.role = CAMSEAL_ROLE_SINK;
    n = camseal_context_size(&r->config);
    assert_status(camseal_context_init(&r->sink_ctx, block(r, 1, n), n, &r->config), CAMSEAL_OK);
    n = camseal_source_size(r->source_ctx);
    assert_status(camseal_source_init(&r->source, block(r, 2, n), n, r->source_ctx), CAMSEAL_OK);
    r->ring.capacity = options->ring ? options->ring : RIG_RING;
    r->ring.records = block(r, 3, r->ring.capacity * sizeof(camseal_record));
    n = camseal_sink_size(r->sink_ctx);
    assert_status(camseal_sink_init(&r->sink, block(r, 4, n), n, r->sink_ctx, &r->ring),
                  CAMSEAL_OK);
    n = camseal_worker_size(options->lanes);
    assert_status(camseal_worker_init(&r->worker, block(r, 5, n), n, options->lanes), CAMSEAL_OK);
    r->log = block(r, 6, RIG_LOG * sizeof(camseal_record));
    if (!options->safety)
        rig_key(r, 0);
}

void rig_free(rig *r)
{
    for (size_t i = 0; i < sizeof r->memory / sizeof r->memory[0]; i++)
        free(r->memory[i]);
}

void rig_load(rig *r, uint32_t epoch)
{
    uint8_t crk[32];
    for (size_t i = 0; i < sizeof crk; i++)
        crk[i] = (uint8_t)(i + 11 * epoch);
    assert_status(camseal_context_load_crk(r->sink_ctx, crk, epoch, NULL, 0), CAMSEAL_OK);
    assert_status(camseal_context_load_crk(r->source_ctx, crk, epoch, NULL, 0), CAMSEAL_OK);
}

void rig_key(rig *r, uint32_t epoch)
{
    rig_load(r, epoch);
    assert_status(camseal_context_activate(r->source_ctx, 0), CAMSEAL_OK);
}

packet rig_protect(rig *r, unsigned evc, uint8_t dt, uint32_t flags, size_t len)
{
    packet p = {{0}, 0};
    uint8_t data[RIG_PACKET_MAX];
    size_t done = 0;
    test_fill(&r->seed, data, len);
    camseal_source_item item = {.source = r->source,
                                .wire_vc = (uint8_t)(RIG_VC + evc),
                                .wire_dt = dt,
                                .flags = flags,
                                .data = {data, len}};
    assert_status(camseal_source_feed(r->worker, &item, 1, &done), CAMSEAL_OK);
    assert_int_equal(done, 1);
    for (size_t i = 0; i < 3; i++) {
        if (item.spans[i].len)
            memcpy(p.bytes + p.len, item.spans[i].data, item.spans[i].len);
        p.len += item.spans[i].len;
    }
    return p;
}

void rig_frame(rig *r, unsigned evc, packet *out, size_t n)
{
    assert_true(n >= 3);
    /* with tags per data type each slot's tag rides on its last message */
    const uint32_t last =
        r->config.tag_mode == CAMSEAL_TAG_DATA_TYPE ? CAMSEAL_SOURCE_LAST_OF_SLOT : 0;
    out[0] = rig_protect(r, evc, RIG_EMBEDDED, CAMSEAL_SOURCE_SOF | last, 9);
    for (size_t i = 1; i + 1 < n; i++)
        out[i] = rig_protect(r, evc, RIG_RAW12, i + 2 == n ? last : 0, 30 + i % 5);
    out[n - 1] = rig_protect(r, evc, RIG_EMBEDDED, CAMSEAL_SOURCE_EOF, 7);
}

static void drain(rig *r)
{
    while (r->n_log < RIG_LOG && camseal_record_take(&r->ring, &r->log[r->n_log]))
        r->n_log++;
    assert_int_equal(r->ring.count, 0);
}

void rig_feed_all(rig *r, packet *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t taken = 0;
        camseal_sink_item item = {r->sink, {p[i].bytes, p[i].len}, ++r->fed, 0};
        assert_status(camseal_sink_feed(r->worker, &item, 1, 0, &taken), CAMSEAL_OK);
        assert_int_equal(taken, 1);
        drain(r);
    }
}

camseal_record rig_feed(rig *r, packet *p)
{
    const size_t from = r->n_log;
    camseal_record found = {.kind = 0};
    unsigned own = 0;
    rig_feed_all(r, p, 1);
    for (size_t i = from; i < r->n_log; i++) {
        if (r->log[i].kind != CAMSEAL_RECORD_MESSAGE && r->log[i].kind != CAMSEAL_RECORD_PLAIN)
            continue;
        found = r->log[i];
        own++;
    }
    assert_int_equal(own, 1);
    assert_int_equal(found.cookie, r->fed);
    return found;
}

void rig_close(rig *r)
{
    assert_status(camseal_sink_close(r->sink, 0), CAMSEAL_OK);
    drain(r);
}

camseal_record rig_last(const rig *r, uint8_t kind)
{
    for (size_t i = r->n_log; i > 0; i--)
        if (r->log[i - 1].kind == kind)
            return r->log[i - 1];
    fail_msg("no record of kind %u", kind);
    return r->log[0];
}

void rig_reseal(const rig *r, packet *p, bool rewrite)
{
    camseal_csi2_packet csi2;
    size_t payload = p->len - 6;
    assert_true(p->len >= 6);
    if (rewrite) {
        uint8_t vc = (uint8_t)(p->bytes[0] >> 6 | (p->bytes[3] >> 6) << 2);
        assert_status(camseal_csi2_header(p->bytes, vc, p->bytes[0] & 0x3F, (uint16_t)payload),
                      CAMSEAL_OK);
    }
    assert_status(camseal_csi2_header_read(&csi2, p->bytes), CAMSEAL_OK);
    if (payload >= 20)
        camseal_store_le32(p->bytes + 4 + payload - 4,
                           r->sink_ctx->crc32(0, p->bytes + 4, payload - 4));
    camseal_store_le16(p->bytes + 4 + payload,
                       r->config.bulk->crc16(0xFFFF, p->bytes + 4, payload));
}

camseal_priv_header rig_header(const packet *p)
{
    camseal_priv_header h;
    camseal_priv_header_unpack(&h, p->bytes + 4);
    return h;
}

void rig_set_header(packet *p, const camseal_priv_header *h)
{
    camseal_priv_header_pack(p->bytes + 4, h);
}
