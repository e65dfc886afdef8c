/* The bench: a sensor, a sink, and a judge of what the sink says. */
#include "matrix.h"

#include "camseal/csi2.h"

const mx_mode mx_modes[MX_MODES] = {
    {"SEP, tag per message", false, false, CAMSEAL_TAG_MESSAGE},
    {"SEP, tag per data type", false, false, CAMSEAL_TAG_DATA_TYPE},
    {"SEP, tag per frame", false, false, CAMSEAL_TAG_FRAME},
    {"FSED", true, false, CAMSEAL_TAG_FRAME},
    {"FSED in embedded lines", true, true, CAMSEAL_TAG_FRAME},
};

const mx_profile mx_profiles[MX_PROFILES] = {
    [MX_FULL] = {"EFF-128, SV 2/2/2", CAMSEAL_SUITE_EFF_128, {2, 2, 2}, {0, 0, 0, 0}, false},
    [MX_ENCRYPTED] =
        {"PERF-256-IE, SV 1/1/2", CAMSEAL_SUITE_PERF_256_IE, {1, 1, 2}, {0, 0, 0, 0}, false},
    [MX_PARTIAL] =
        {"PERF-128-I, SV 2/3/5", CAMSEAL_SUITE_PERF_128_I, {2, 3, 5}, {1, 0, 1, 2}, true},
    [MX_OPEN_BOTTOM] = {"EFF-256, SV 2/2/5", CAMSEAL_SUITE_EFF_256, {2, 2, 5}, {0, 0, 0, 0}, true},
};

uint8_t mx_good(const mx_bench *b)
{
    return b->profile->partial ? CAMSEAL_VERDICT_OK_PARTIAL : CAMSEAL_VERDICT_OK;
}

/* ---- life cycle ---- */

static void *block(void **slot, size_t n)
{
    *slot = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (n + 63u) & ~(size_t)63u);
    assert_non_null(*slot);
    return *slot;
}

static void fill_config(mx_bench *b)
{
    camseal_context_config *c = &b->config;
    for (uint8_t i = 0; i < MX_CHANNELS; i++) {
        const uint8_t vc = (uint8_t)(MX_VC + i), evc = (uint8_t)(MX_EVC + i);
        b->streams[2 * i] = (camseal_stream_map){vc, MX_RAW12, evc, false, MX_RAW12};
        b->streams[2 * i + 1] = (camseal_stream_map){vc, MX_EMBEDDED, evc, true, MX_EMBEDDED};
        for (uint8_t fp = CAMSEAL_FP_TOP; fp <= CAMSEAL_FP_BOTTOM; fp++)
            b->slots[3 * i + fp - CAMSEAL_FP_TOP] = (camseal_slot_map){
                evc, fp, (uint16_t)(fp == CAMSEAL_FP_IMAGE ? MX_RAW12 : MX_EMBEDDED)};
    }
    c->struct_size = sizeof *c;
    c->bulk = camseal_bulk_soft();
    c->crypto = camseal_openssl();
    c->ctx_id = MX_CTX;
    c->protocol = b->mode->fsed ? CAMSEAL_PROTOCOL_FSED : CAMSEAL_PROTOCOL_SEP;
    c->suite = b->profile->suite;
    c->tag_mode = b->mode->tag_mode;
    c->hold = b->hold;
    c->top_tag = b->mode->fsed;
    c->fsed_in_lines = b->mode->in_lines;
    c->embedded_line_length = b->mode->in_lines ? MX_LINE : 0;
    c->stride = b->profile->stride;
    c->streams = b->streams;
    c->n_streams = 2 * MX_CHANNELS;
    if (c->tag_mode == CAMSEAL_TAG_DATA_TYPE) {
        c->slots = b->slots;
        c->n_slots = 3 * MX_CHANNELS;
    }
    for (size_t i = 0; i < 3; i++) {
        c->sv_current[i] = b->profile->sv[i];
        c->sv_allowed[i] = (uint8_t)(1u << (c->sv_current[i] - 1));
        if (b->settings & MX_MAY_OPEN)
            c->sv_allowed[i] |= 1u << 4;
    }
    if (b->settings & MX_FRESHNESS) {
        c->lag_max = 2;
        c->round_trip_us = 5000;
        c->timeouts.fresh = 2 * MX_FRAME_US;
    }
}

static void load(camseal_context *ctx, uint32_t epoch, uint8_t key, uint64_t least)
{
    uint8_t crk[32];
    camseal_least_count all[MX_CHANNELS];
    for (size_t i = 0; i < sizeof crk; i++)
        crk[i] = (uint8_t)(i + 11 * epoch + key);
    for (uint8_t i = 0; i < MX_CHANNELS; i++)
        all[i] = (camseal_least_count){(uint8_t)(MX_EVC + i), least};
    assert_status(camseal_context_load_crk(ctx, crk, epoch, all, least ? MX_CHANNELS : 0),
                  CAMSEAL_OK);
}

static void sensor_init(mx_sensor *sensor, const camseal_context_config *base, uint8_t key)
{
    camseal_context_config config = *base;
    config.role = CAMSEAL_ROLE_SOURCE;
    config.hold = 0;
    config.lag_max = 0;
    size_t n = camseal_context_size(&config);
    assert_true(n > 0);
    assert_status(camseal_context_init(&sensor->ctx, block(&sensor->memory[0], n), n, &config),
                  CAMSEAL_OK);
    load(sensor->ctx, 0, key, 0);
    assert_status(camseal_context_activate(sensor->ctx, 0), CAMSEAL_OK);
    n = camseal_source_size(sensor->ctx);
    assert_status(
        camseal_source_init(&sensor->source, block(&sensor->memory[1], n), n, sensor->ctx),
        CAMSEAL_OK);
    sensor->seed = 0x1234567u + key;
}

static void sensor_free(mx_sensor *sensor)
{
    free(sensor->memory[0]);
    free(sensor->memory[1]);
}

void mx_init(mx_bench *b, const mx_mode *mode, const mx_profile *profile, unsigned settings,
             uint32_t hold)
{
    memset(b, 0, sizeof *b);
    b->mode = mode;
    b->profile = profile;
    b->settings = settings;
    b->hold = hold;
    fill_config(b);
    sensor_init(&b->sensor, &b->config, 0);
    b->config.role = CAMSEAL_ROLE_SINK;
    size_t n = camseal_context_size(&b->config);
    assert_status(camseal_context_init(&b->sink_ctx, block(&b->memory[0], n), n, &b->config),
                  CAMSEAL_OK);
    if (settings & MX_LATE)
        load(b->sink_ctx, 0, 0, 3);
    else if (settings & MX_REBOOTED)
        load(b->sink_ctx, 1, 0, 3);
    else
        load(b->sink_ctx, 0, 0, 0);
    b->ring.capacity = 128;
    b->ring.records = block(&b->memory[1], b->ring.capacity * sizeof(camseal_record));
    n = camseal_sink_size(b->sink_ctx);
    assert_status(camseal_sink_init(&b->sink, block(&b->memory[2], n), n, b->sink_ctx, &b->ring),
                  CAMSEAL_OK);
    n = camseal_worker_size(8);
    assert_status(camseal_worker_init(&b->worker, block(&b->memory[3], n), n, 8), CAMSEAL_OK);
}

void mx_free(mx_bench *b)
{
    sensor_free(&b->sensor);
    for (size_t i = 0; i < sizeof b->memory / sizeof b->memory[0]; i++)
        free(b->memory[i]);
}

/* ---- sensor ---- */

typedef struct maker {
    mx_sensor *sensor;
    camseal_worker *worker;
    mx_stream *stream;
    mx_bench *ledger; /* NULL: somebody else's */
    const camseal_context_config *config;
    uint8_t frame;
} maker;

static mx_packet *new_packet(const maker *m, uint8_t channel, mx_role role)
{
    mx_stream *s = m->stream;
    assert_true(s->n < MX_MOST);
    mx_packet *p = &s->p[s->n++];
    memset(p, 0, sizeof *p);
    p->channel = channel;
    p->frame = m->frame;
    p->role = role;
    p->at_us = (uint64_t)m->frame * MX_FRAME_US + s->n;
    return p;
}

static void short_packet(const maker *m, uint8_t channel, mx_role role)
{
    mx_packet *p = new_packet(m, channel, role);
    p->len = 4;
    assert_status(camseal_csi2_header(p->bytes, (uint8_t)(MX_VC + channel),
                                      role == MX_FS ? CAMSEAL_CSI2_FS : CAMSEAL_CSI2_FE, m->frame),
                  CAMSEAL_OK);
}

static void protect(const maker *m, mx_packet *p, uint8_t dt, uint32_t flags, uint8_t *data,
                    size_t len)
{
    size_t done = 0;
    camseal_source_item item = {.source = m->sensor->source,
                                .wire_vc = (uint8_t)(MX_VC + p->channel),
                                .wire_dt = dt,
                                .flags = flags,
                                .data = {data, len}};
    assert_status(camseal_source_feed(m->worker, &item, 1, &done), CAMSEAL_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_true(p->len + item.spans[i].len <= MX_BYTES);
        if (item.spans[i].len)
            memcpy(p->bytes + p->len, item.spans[i].data, item.spans[i].len);
        p->len += item.spans[i].len;
    }
}

static void own_packet(const maker *m, uint8_t channel, mx_role role, uint32_t flag)
{
    uint8_t data[MX_LINE];
    protect(m, new_packet(m, channel, role), MX_RAW12, flag, data, sizeof data);
}

static uint32_t message_flags(const maker *m, uint8_t index)
{
    const camseal_context_config *c = m->config;
    if (c->protocol == CAMSEAL_PROTOCOL_FSED)
        return 0;
    const bool trailers = m->ledger && m->ledger->settings & MX_TRAILERS;
    uint32_t flags = index == 0 ? CAMSEAL_SOURCE_SOF : 0;
    if (trailers)
        return flags;
    if (c->tag_mode == CAMSEAL_TAG_DATA_TYPE && (index == 0 || index == MX_IMAGE))
        flags |= CAMSEAL_SOURCE_LAST_OF_SLOT;
    if (index == MX_MESSAGES - 1)
        flags |= CAMSEAL_SOURCE_EOF;
    return flags;
}

static void message(const maker *m, uint8_t channel, uint8_t index)
{
    const bool embedded = index == 0 || index == MX_MESSAGES - 1;
    const uint8_t dt = embedded ? MX_EMBEDDED : MX_RAW12;
    const size_t len = embedded ? 13 : 24;
    uint8_t data[24];
    mx_packet *p = new_packet(m, channel, MX_MESSAGE);
    p->index = index;
    test_fill(&m->sensor->seed, data, len);
    if (m->ledger) {
        mx_made *made = &m->ledger->made[channel][m->frame % 8][index];
        memset(made, 0, sizeof *made);
        made->frame = m->frame;
        made->len = len;
        made->edt = dt;
        made->sv = m->config->sv_current[index == 0 ? 0 : embedded ? 2 : 1];
        memcpy(made->data, data, len);
    }
    protect(m, p, dt, message_flags(m, index), data, len);
}

static void trailers(const maker *m, uint8_t channel)
{
    for (size_t n = camseal_source_trailers(m->sensor->source, (uint8_t)(MX_EVC + channel)); n > 0;
         n--)
        protect(m, new_packet(m, channel, MX_TRAILER), MX_RAW12, CAMSEAL_SOURCE_TRAILER, NULL, 0);
}

/* One frame of both channels; they take turns. */
static void make_frame(const maker *m)
{
    const bool fsed = m->config->protocol == CAMSEAL_PROTOCOL_FSED;
    const bool top_tag = fsed && !(m->ledger && m->ledger->all_open);
    for (uint8_t c = 0; c < MX_CHANNELS; c++)
        short_packet(m, c, MX_FS);
    for (uint8_t c = 0; fsed && c < MX_CHANNELS; c++)
        own_packet(m, c, MX_FSH, CAMSEAL_SOURCE_FSH);
    for (uint8_t i = 0; i < MX_MESSAGES; i++) {
        for (uint8_t c = 0; c < MX_CHANNELS; c++)
            message(m, c, i);
        for (uint8_t c = 0; top_tag && i == 0 && c < MX_CHANNELS; c++)
            own_packet(m, c, MX_TBT, CAMSEAL_SOURCE_TBT);
    }
    for (uint8_t c = 0; c < MX_CHANNELS; c++) {
        if (fsed)
            own_packet(m, c, MX_FTG, CAMSEAL_SOURCE_FTG);
        else if (m->ledger && m->ledger->settings & MX_TRAILERS)
            trailers(m, c);
        short_packet(m, c, MX_FE);
    }
}

void mx_make(mx_bench *b, mx_stream *s, uint8_t frame)
{
    const maker m = {&b->sensor, b->worker, s, b, &b->config, frame};
    s->fsed = b->mode->fsed;
    s->in_lines = b->mode->in_lines;
    make_frame(&m);
}

void mx_make_all(mx_bench *b, mx_stream *s)
{
    s->n = 0;
    s->seed = 0x5EED;
    for (uint8_t i = 1; i <= MX_FRAMES; i++) {
        if (i == 3 && b->settings & (MX_ROTATES | MX_REBOOTED)) {
            load(b->sensor.ctx, 1, 0, 0);
            if (b->settings & MX_ROTATES)
                load(b->sink_ctx, 1, 0, 0);
            assert_status(camseal_context_activate(b->sensor.ctx, 0), CAMSEAL_OK);
        }
        mx_make(b, s, i);
    }
}

void mx_make_other(const mx_bench *b, mx_other who, mx_stream *s)
{
    camseal_context_config config = b->config;
    mx_sensor sensor;
    if (who == MX_OTHER_CONTEXT)
        config.ctx_id++;
    if (who == MX_OTHER_PROTOCOL) { /* of the same key and context: the worst case */
        config.protocol = b->mode->fsed ? CAMSEAL_PROTOCOL_SEP : CAMSEAL_PROTOCOL_FSED;
        config.tag_mode = b->mode->fsed ? CAMSEAL_TAG_MESSAGE : CAMSEAL_TAG_FRAME;
        config.top_tag = !b->mode->fsed;
        config.fsed_in_lines = false;
        config.embedded_line_length = 0;
        config.slots = NULL;
        config.n_slots = 0;
    }
    sensor_init(&sensor, &config, who == MX_OTHER_KEY ? 77 : 0);
    sensor.seed ^= 0xABCDEF;
    s->n = 0;
    s->fsed = config.protocol == CAMSEAL_PROTOCOL_FSED;
    s->in_lines = config.fsed_in_lines;
    for (uint8_t i = 1; i <= MX_FRAMES; i++) {
        const maker m = {&sensor, b->worker, s, NULL, &config, i};
        make_frame(&m);
    }
    sensor_free(&sensor);
}

/* ---- judge ---- */

static void broken(mx_bench *b, const char *promise, const camseal_record *r)
{
    if (b->broken)
        return;
    b->broken = promise;
    (void)snprintf(b->where, sizeof b->where, "eVC %02x frame %u message %u", r->evc,
                   (unsigned)r->frame_count, (unsigned)r->message_count);
}

static bool is_covered(const mx_bench *b, const mx_made *made, uint32_t number)
{
    const camseal_stride *s = &b->profile->stride;
    if (made->sv == 3)
        return (number + s->period - s->offset) % s->period < s->run;
    return made->sv != 5;
}

/* Promise 1: what is released as verified is what the sensor made for just that place, once. */
static void released(mx_bench *b, const camseal_record *r, const uint8_t *data)
{
    const unsigned channel = (unsigned)r->evc - MX_EVC;
    if (channel >= MX_CHANNELS || r->message_count >= MX_MESSAGES) {
        broken(b, "data for a place that does not exist", r);
        return;
    }
    mx_made *made = &b->made[channel][r->frame_count % 8][r->message_count];
    if (made->frame != r->frame_count || made->len != r->data.len || made->edt != r->edt)
        broken(b, "data that the source never made for this place", r);
    else if (is_covered(b, made, r->message_count) && memcmp(made->data, data, made->len))
        broken(b, "altered data", r);
    else if (made->released)
        broken(b, "data released twice", r);
    made->released = true;
    b->released++;
}

static bool is_verified(uint8_t verdict)
{
    return verdict == CAMSEAL_VERDICT_OK || verdict == CAMSEAL_VERDICT_OK_PARTIAL;
}

/* A verdict over several messages: of a slot, of FP-2, of a frame. */
static void settle(mx_bench *b, const camseal_record *r, uint8_t fp)
{
    const unsigned channel = (unsigned)r->evc - MX_EVC;
    size_t kept = 0;
    for (size_t i = 0; channel < MX_CHANNELS && i < b->n_pending[channel]; i++) {
        mx_pending *p = &b->pending[channel][i];
        if (p->record.frame_count != r->frame_count || (fp && p->record.fp != fp)) {
            b->pending[channel][kept++] = *p;
            continue;
        }
        if (is_verified(r->verdict))
            released(b, &p->record, p->data);
    }
    if (channel < MX_CHANNELS)
        b->n_pending[channel] = kept;
}

static void pending(mx_bench *b, const camseal_record *r)
{
    const unsigned channel = (unsigned)r->evc - MX_EVC;
    assert_true(channel < MX_CHANNELS);
    if (b->n_pending[channel] == MX_PENDING) { /* an attack that never ends a frame */
        memmove(&b->pending[channel][0], &b->pending[channel][1],
                (MX_PENDING - 1) * sizeof b->pending[0][0]);
        b->n_pending[channel]--;
    }
    mx_pending *p = &b->pending[channel][b->n_pending[channel]++];
    assert_true(r->data.len <= MX_BYTES);
    p->record = *r;
    memcpy(p->data, r->data.data, r->data.len);
}

static void refused(mx_bench *b, uint8_t reason)
{
    for (size_t i = 0; i < b->n_refused; i++)
        if (b->refused[i] == reason)
            return;
    if (b->n_refused < MX_REASONS)
        b->refused[b->n_refused++] = reason;
}

static void judge_message(mx_bench *b, const camseal_record *r)
{
    if (r->verdict == CAMSEAL_VERDICT_PENDING) {
        if (r->data.len)
            pending(b, r);
        return;
    }
    if (!is_verified(r->verdict)) {
        if (r->data.len)
            broken(b, "data without a good verdict", r);
        refused(b, r->reason);
        return;
    }
    if (r->data.len)
        released(b, r, r->data.data);
}

static void judge_frame(mx_bench *b, const camseal_record *r)
{
    const unsigned channel = (unsigned)r->evc - MX_EVC;
    settle(b, r, 0);
    b->frames_good += is_verified(r->verdict);
    b->frames_bad += !is_verified(r->verdict);
    if (channel >= MX_CHANNELS || r->frame_count > MX_FRAMES)
        return;
    mx_seen *seen = &b->seen[channel][r->frame_count];
    if (is_verified(r->verdict) && seen->records && is_verified(seen->verdict))
        broken(b, "a frame accepted twice", r);
    if (is_verified(r->verdict) && r->messages < MX_MESSAGES)
        broken(b, "a good frame with less than it had", r);
    if (!seen->records || is_verified(r->verdict)) {
        seen->verdict = r->verdict;
        seen->reason = r->reason;
    }
    seen->records++;
}

static void judge(mx_bench *b, const camseal_record *r)
{
    switch (r->kind) {
    case CAMSEAL_RECORD_MESSAGE:
        judge_message(b, r);
        return;
    case CAMSEAL_RECORD_SLOT:
    case CAMSEAL_RECORD_TOP:
        settle(b, r, r->fp);
        return;
    case CAMSEAL_RECORD_FRAME:
        judge_frame(b, r);
        return;
    case CAMSEAL_RECORD_EVENT:
        if (r->reason == CAMSEAL_REASON_FRAME_GAP)
            b->frames_missing += r->b - r->a + 1;
        return;
    default:
        if (r->data.len)
            broken(b, "data of an unprotected packet", r);
    }
}

/* ---- sink ---- */

static void drain(mx_bench *b)
{
    camseal_record r;
    while (camseal_record_take(&b->ring, &r))
        judge(b, &r);
}

/* The host asks the source how far it is; the answer goes around the attacker. */
static void ask(mx_bench *b, uint64_t now)
{
    if (!(b->settings & MX_FRESHNESS) || now < b->next_status_us)
        return;
    b->next_status_us = now + MX_FRAME_US / 2;
    const uint64_t made = now / MX_FRAME_US;
    for (uint8_t i = 0; i < MX_CHANNELS; i++)
        assert_status(camseal_sink_freshness(b->sink, (uint8_t)(MX_EVC + i), made, now, now),
                      CAMSEAL_OK);
}

void mx_feed(mx_bench *b, mx_stream *s, size_t most)
{
    camseal_sink_item items[8];
    assert_true(most <= 8);
    for (size_t at = 0; at < s->n;) {
        size_t n = most > 1 ? 1 + (size_t)(test_random(&b->sensor.seed) % most) : 1;
        size_t done = 0;
        if (n > s->n - at)
            n = s->n - at;
        for (size_t i = 0; i < n; i++) {
            const camseal_sink_item item = {
                b->sink, {s->p[at + i].bytes, s->p[at + i].len}, ++b->fed, 0};
            items[i] = item;
        }
        ask(b, s->p[at].at_us);
        const camseal_status status = camseal_sink_feed(b->worker, items, n, s->p[at].at_us, &done);
        assert_true(status == CAMSEAL_OK || status == CAMSEAL_E_SPACE);
        b->fed -= n - done;
        at += done;
        drain(b);
    }
}

void mx_close(mx_bench *b)
{
    assert_status(camseal_sink_close(b->sink, 0), CAMSEAL_OK);
    drain(b);
}
