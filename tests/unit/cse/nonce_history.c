#include "nonce_history.h"

enum {
    BATCH = 12,
    VC = 1,
    EVC = 0x20,
    RAW = 0x2C,
    EMBEDDED = 0x12,
    BEGIN = CAMSEAL_SOURCE_SOF | CAMSEAL_SOURCE_FSH,
    OWN = CAMSEAL_SOURCE_FSH | CAMSEAL_SOURCE_TBT | CAMSEAL_SOURCE_FTG
};

static unsigned roll(history *h, unsigned sides)
{
    return (unsigned)(test_random(&h->seed) >> 33) % sides;
}

static bool is_fsed(const camera *c)
{
    return c->config.protocol == CAMSEAL_PROTOCOL_FSED;
}

static void *block(size_t n)
{
    void *p = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (n + CAMSEAL_BULK_KEY_ALIGN - 1) &
                                                        ~(size_t)(CAMSEAL_BULK_KEY_ALIGN - 1));
    assert_non_null(p);
    return p;
}

/* ---- configuration ---- */

static void fill_streams(camera *c)
{
    for (unsigned i = 0; i < CAMERA_EVCS; i++) {
        const uint8_t vc = (uint8_t)(VC + i), evc = (uint8_t)(EVC + i);
        c->streams[2 * i] = (camseal_stream_map){vc, RAW, evc, false, RAW};
        c->streams[2 * i + 1] = (camseal_stream_map){vc, EMBEDDED, evc, true, EMBEDDED};
        for (unsigned fp = 2; fp <= 4; fp++)
            c->slots[3 * i + fp - 2] =
                (camseal_slot_map){evc, (uint8_t)fp, fp == 3 ? RAW : EMBEDDED};
    }
}

static void fill_config(camera *c, unsigned kind, bool by_byte)
{
    static const uint8_t suites[] = {CAMSEAL_SUITE_EFF_128,     CAMSEAL_SUITE_EFF_256,
                                     CAMSEAL_SUITE_PERF_128_I,  CAMSEAL_SUITE_PERF_256_I,
                                     CAMSEAL_SUITE_PERF_128_IE, CAMSEAL_SUITE_PERF_256_IE};
    camseal_context_config *o = &c->config;
    fill_streams(c);
    o->struct_size = sizeof *o;
    o->bulk = book_bulk();
    o->crypto = camseal_openssl();
    o->ctx_id = 9; /* the same in all cameras: only their keys tell them apart */
    o->role = CAMSEAL_ROLE_SOURCE;
    o->protocol = kind % 4 == 3 ? CAMSEAL_PROTOCOL_FSED : CAMSEAL_PROTOCOL_SEP;
    o->tag_mode = (uint8_t)(kind % 4 == 3 ? CAMSEAL_TAG_FRAME : kind % 4 + 1);
    o->suite = suites[kind / 4 % 6];
    o->streams = c->streams;
    o->n_streams = 2 * CAMERA_EVCS;
    o->top_tag = is_fsed(c);
    if (o->tag_mode == CAMSEAL_TAG_DATA_TYPE) {
        o->slots = c->slots;
        o->n_slots = 3 * CAMERA_EVCS;
    }
    o->stride = (camseal_stride){by_byte ? 2 : 1, 1, 1, 3};
    for (size_t i = 0; i < 3; i++) {
        o->sv_allowed[i] = (uint8_t)(2u | 16u | (by_byte ? 8u : 4u));
        if (kind / 4 % 6 >= 4)
            o->sv_allowed[i] |= 1u;
        o->sv_current[i] = 2;
    }
}

/* ---- life of a camera ---- */

static void load(history *h, camera *c, uint32_t epoch)
{
    static const uint8_t bytes[CAMSEAL_ROOT_KEY_BYTES] = {0x5A}; /* never fresh: the worst host */
    uint8_t salt[CAMSEAL_SALT_BYTES] = {0};
    const uint32_t drawn = h->keep_salt ? 0 : h->salts;
    memcpy(salt, &drawn, sizeof drawn);
    assert_status(camseal_context_load(c->ctx, bytes, salt, epoch, NULL, 0), CAMSEAL_OK);
    assert_status(camseal_context_activate(c->ctx, 0), CAMSEAL_OK);
}

static void make_source(camera *c)
{
    assert_status(
        camseal_source_init(&c->source, c->source_memory, camseal_source_size(c->ctx), c->ctx),
        CAMSEAL_OK);
}

void camera_reset(history *h, camera *c)
{
    const size_t n = camseal_context_size(&c->config);
    memset(c->ctx_memory, 0xEE, n);
    memset(c->evcs, 0, sizeof c->evcs);
    assert_status(camseal_context_init(&c->ctx, c->ctx_memory, n, &c->config), CAMSEAL_OK);
    h->salts++;
    load(h, c, 0);
    make_source(c);
    book_context(c->place, c->ctx);
}

void camera_restart(history *h, camera *c)
{
    if (roll(h, 2))
        camseal_source_wipe(c->source);
    make_source(c);
}

/* I5, I6: another epoch than the next is refused, and so is a second key for one. The salt of the
 * context is drawn once: a rotation brings new bytes, and here not even that. */
void camera_rotate(history *h, camera *c)
{
    static const uint8_t bytes[CAMSEAL_ROOT_KEY_BYTES] = {0x5A};
    static const uint8_t salt[CAMSEAL_SALT_BYTES] = {0};
    const uint32_t now = camseal_context_epoch(c->ctx);
    const bool waits = c->ctx->has_next;
    for (uint32_t wrong = 0; wrong < 4; wrong++)
        if (wrong != 2)
            assert_status(camseal_context_load(c->ctx, bytes, salt, now + wrong - 1, NULL, 0),
                          waits ? CAMSEAL_E_STATE : CAMSEAL_E_POLICY);
    if (waits)
        return;
    load(h, c, now + 1);
    h->rotations++;
    assert_status(camseal_context_load(c->ctx, bytes, salt, now + 1, NULL, 0), CAMSEAL_E_STATE);
}

/* ---- sending ---- */

typedef struct sending {
    camseal_source_item item;
    uint8_t room[CAMERA_ROOM];
    camera *camera;
    unsigned evc;
} sending;

static void prepare(history *h, sending *s, camera *c, unsigned evc, bool embedded, uint32_t flags)
{
    const size_t len = flags & CAMSEAL_SOURCE_TRAILER ? 0 : 1 + roll(h, CAMERA_ROOM);
    memset(s, 0, sizeof *s);
    s->camera = c;
    s->evc = evc;
    test_fill(&h->seed, s->room, sizeof s->room);
    s->item.source = c->source;
    s->item.wire_vc = (uint8_t)(VC + evc);
    s->item.wire_dt = embedded ? EMBEDDED : RAW;
    s->item.flags = flags;
    s->item.data = (camseal_mspan){s->room, flags & OWN ? CAMERA_ROOM : len};
}

/* I1: frames rise. I2: messages rise by one. I6: epochs do not fall. */
static void check_sent(history *h, sending *s)
{
    camera_evc *known = &s->camera->evcs[s->evc];
    const camseal_source_item *item = &s->item;
    if (item->flags & BEGIN) {
        assert_true(item->frame_count > known->frame_count);
        assert_true(item->frame_count < CAMSEAL_PRIV_FRAME_COUNT_END);
        known->frame_count = item->frame_count;
        known->next = 0;
        h->frames++;
    }
    assert_int_equal(item->frame_count, known->frame_count);
    assert_int_equal(item->message_count, known->next);
    if (!(item->flags & OWN))
        known->next++;
    const uint32_t epoch = s->camera->source->frames[s->evc].epoch;
    assert_true(epoch >= known->epoch);
    known->epoch = epoch;
}

/* What is refused is left out; the last status that was not OK. */
static camseal_status send_batch(history *h, sending *s, size_t n)
{
    camseal_status last = CAMSEAL_OK;
    camseal_source_item items[BATCH];
    for (size_t i = 0; i < n; i++)
        items[i] = s[i].item;
    for (size_t at = 0; at < n;) {
        size_t done = 0;
        const camseal_status status = camseal_source_feed(h->worker, items + at, n - at, &done);
        for (size_t i = at; i < at + done; i++) {
            s[i].item = items[i];
            check_sent(h, &s[i]);
        }
        at += done;
        if (status == CAMSEAL_OK)
            continue;
        last = status;
        at++;
        h->refusals++;
        h->limits += status == CAMSEAL_E_LIMIT;
    }
    return last;
}

camseal_status camera_send(history *h, camera *c, unsigned evc, bool embedded, uint32_t flags)
{
    sending s;
    prepare(h, &s, c, evc, embedded, flags);
    return send_batch(h, &s, 1);
}

/* ---- random steps ---- */

/* Mostly what a sensor would do next, sometimes what it must not do. */
static uint32_t choose_flags(history *h, const camera *c, bool open)
{
    static const uint32_t wrong[] = {
        BEGIN, CAMSEAL_SOURCE_SOF, CAMSEAL_SOURCE_TRAILER, CAMSEAL_SOURCE_FTG, CAMSEAL_SOURCE_TBT,
        0};
    const unsigned dice = roll(h, 32);
    if (dice == 0)
        return wrong[roll(h, 6)];
    if (is_fsed(c)) {
        if (!open)
            return CAMSEAL_SOURCE_FSH;
        if (dice < 5)
            return CAMSEAL_SOURCE_FTG;
        return dice < 8 ? CAMSEAL_SOURCE_TBT : 0;
    }
    if (!open)
        return CAMSEAL_SOURCE_SOF | (dice < 3 ? CAMSEAL_SOURCE_EOF : 0);
    if (dice < 4)
        return CAMSEAL_SOURCE_EOF;
    if (dice < 9)
        return CAMSEAL_SOURCE_TRAILER;
    return dice < 11 && c->config.tag_mode == CAMSEAL_TAG_DATA_TYPE ? CAMSEAL_SOURCE_LAST_OF_SLOT
                                                                    : 0;
}

static void traffic(history *h)
{
    static sending s[BATCH];
    bool open[BOOK_CONTEXTS][CAMERA_EVCS];
    const size_t n = 1 + roll(h, BATCH);
    for (size_t i = 0; i < h->n_cameras; i++)
        for (unsigned e = 0; e < CAMERA_EVCS; e++)
            open[i][e] = h->cameras[i].source->frames[e].open;
    for (size_t i = 0; i < n; i++) {
        const size_t k = roll(h, (unsigned)h->n_cameras);
        const unsigned evc = roll(h, CAMERA_EVCS);
        const uint32_t flags = choose_flags(h, &h->cameras[k], open[k][evc]);
        prepare(h, &s[i], &h->cameras[k], evc, roll(h, 3) == 0, flags);
        open[k][evc] = (flags & (CAMSEAL_SOURCE_EOF | CAMSEAL_SOURCE_FTG)) == 0;
    }
    (void)send_batch(h, s, n);
}

static void abort_frame(history *h, camera *c)
{
    const unsigned evc = roll(h, CAMERA_EVCS);
    h->aborts += c->source->frames[evc].open;
    assert_status(camseal_source_abort(c->source, (uint8_t)(EVC + evc)), CAMSEAL_OK);
}

static void change_variants(history *h, camera *c)
{
    uint8_t sv[3];
    for (size_t i = 0; i < 3; i++) {
        do
            sv[i] = (uint8_t)(1 + roll(h, 5));
        while (!(c->config.sv_allowed[i] >> (sv[i] - 1) & 1));
    }
    assert_status(camseal_context_set_variants(c->ctx, sv), CAMSEAL_OK);
}

/* ... or from a later frame on. */
static void delay_rotation(history *h, camera *c)
{
    const uint64_t at = c->evcs[0].frame_count + roll(h, 4);
    if (c->ctx->has_next && at < CAMSEAL_PRIV_FRAME_COUNT_END)
        assert_status(camseal_context_activate(c->ctx, at), CAMSEAL_OK);
}

static void step(history *h)
{
    camera *c = &h->cameras[roll(h, (unsigned)h->n_cameras)];
    const unsigned dice = roll(h, 64);
    if (dice < 4) {
        change_variants(h, c);
    } else if (dice < 7) {
        abort_frame(h, c);
    } else if (dice < 9) {
        camera_rotate(h, c);
        if (dice == 8)
            delay_rotation(h, c);
    } else if (dice == 9) {
        camera_restart(h, c);
        h->restarts++;
    } else if (dice == 10 && roll(h, 4) == 0) {
        camera_reset(h, c);
        h->resets++;
    } else if (dice == 11 && c->ctx->has_next && roll(h, 2)) {
        assert_status(camseal_context_retire(c->ctx), CAMSEAL_OK);
    } else {
        traffic(h);
    }
}

void history_run(history *h, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++)
        step(h);
}

void history_open(history *h, uint64_t seed, const unsigned *kinds, size_t n)
{
    const size_t worker_bytes = camseal_worker_size(8);
    memset(h, 0, sizeof *h);
    h->seed = seed;
    h->n_cameras = n;
    assert_status(camseal_worker_init(&h->worker, block(worker_bytes), worker_bytes, 8),
                  CAMSEAL_OK);
    book_open();
    for (size_t i = 0; i < n; i++) {
        camera *c = &h->cameras[i];
        c->place = i;
        fill_config(c, kinds[i], roll(h, 2));
        const size_t bytes = camseal_context_size(&c->config);
        assert_true(bytes > 0);
        c->ctx_memory = block(bytes);
        c->source_memory = block(1u << 14);
        camera_reset(h, c);
        assert_true(camseal_source_size(c->ctx) <= 1u << 14);
    }
}

void history_close(history *h)
{
    for (size_t i = 0; i < h->n_cameras; i++) {
        free(h->cameras[i].ctx_memory);
        free(h->cameras[i].source_memory);
    }
    free(h->worker);
}
