/* The capture into the sink, the sink's records into one frame book a camera. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "camseal/openssl.h"
#include "capture.h"
#include "verify.h"

/* ---- set-up ---------------------------------------------------------------------------------- */

static void *room(size_t bytes)
{
    const size_t unit = CAMSEAL_BULK_KEY_ALIGN;
    return aligned_alloc(unit, (bytes + unit - 1u) / unit * unit);
}

static void why(void *user, camseal_status status, const char *area, const char *what,
                const char *detail, uint64_t a, uint64_t b)
{
    verify *v = user;
    (void)status, (void)area, (void)a, (void)b;
    snprintf(v->refused, sizeof v->refused, "%s: %s", what, detail);
}

/* Loads the next epoch as soon as there is room for it: a capture may hold many rotations. */
static camseal_status load_key(verify *v)
{
    if (v->next_key == v->keys.n)
        return CAMSEAL_OK;
    camseal_status status = camseal_context_load_crk(v->context, v->keys.of[v->next_key].key,
                                                     v->keys.of[v->next_key].epoch, NULL, 0);
    if (status == CAMSEAL_E_STATE && v->next_key)
        return CAMSEAL_OK; /* the one before is not in use yet */
    CAMSEAL_TRY(status);
    v->next_key++;
    return camseal_context_activate(v->context, 0);
}

static camseal_status make_sink(verify *v)
{
    size_t bytes = camseal_context_size(&v->profile.config);
    v->context_mem = room(bytes);
    CAMSEAL_TRY(camseal_context_init(&v->context, v->context_mem, bytes, &v->profile.config));
    CAMSEAL_TRY(load_key(v));
    bytes = camseal_sink_size(v->context);
    v->sink_mem = room(bytes);
    CAMSEAL_TRY(camseal_sink_init(&v->sink, v->sink_mem, bytes, v->context, &v->ring));
    bytes = camseal_worker_size(VERIFY_BATCH);
    v->worker_mem = room(bytes);
    return camseal_worker_init(&v->worker, v->worker_mem, bytes, VERIFY_BATCH);
}

static void on_frame(void *user, const frame_entry *entry);

static void on_event(void *user, const camseal_record *event)
{
    verify_camera *c = user;
    if (event->reason == CAMSEAL_REASON_FRAME_GAP)
        c->gap_frames += event->b - event->a + 1;
    verify_report_event(c, event);
}

static verify_camera *camera_of(verify *v, uint8_t evc)
{
    for (size_t i = 0; i < v->n_cameras; i++)
        if (v->cameras[i].evc == evc)
            return &v->cameras[i];
    return NULL;
}

static void add_cameras(verify *v)
{
    enum { EVERY_LINE_CAMERAS = 6 }; /* more do not fit into one picture line by line */
    for (size_t i = 0; i < v->profile.config.n_streams; i++) {
        const camseal_stream_map *map = &v->profile.maps[i];
        if (map->embedded || camera_of(v, map->evc) || v->n_cameras == CSE_CAMERAS_MAX)
            continue;
        verify_camera *c = &v->cameras[v->n_cameras++];
        c->owner = v;
        c->evc = map->evc;
        snprintf(c->name, sizeof c->name, "vc%u", c->evc);
        frame_book_init(&c->book, map->wire_dt, (unsigned)v->o->embedded);
        c->book.on_frame = on_frame;
        c->book.on_event = on_event;
        c->book.user = c;
        c->book.unverified = v->o->unverified;
    }
    for (size_t i = 0; i < v->n_cameras; i++)
        v->cameras[i].overview.every_line = v->n_cameras <= EVERY_LINE_CAMERAS;
}

camseal_status verify_set_up(verify *v)
{
    camseal_context_config *config = &v->profile.config;
    v->trace = (camseal_trace){.user = v, .event = why};
    config->bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL);
    config->crypto = camseal_openssl();
    config->trace = &v->trace;
    config->role = CAMSEAL_ROLE_SINK;
    config->allow_unverified = v->o->unverified;
    config->hold = v->o->early ? 0 : VERIFY_HOLD;
    v->ring.records = v->records;
    v->ring.capacity = VERIFY_RING;
    CAMSEAL_TRY(camseal_bulk_selftest(config->bulk));
    CAMSEAL_TRY(camseal_crypto_selftest(config->crypto));
    CAMSEAL_TRY(make_sink(v));
    add_cameras(v);
    return CAMSEAL_OK;
}

/* ---- records --------------------------------------------------------------------------------- */

static uint8_t cover_of(const camseal_record *r)
{
    if (r->verdict == CAMSEAL_VERDICT_UNVERIFIED)
        return PICTURE_LINE_UNVERIFIED;
    if (r->flags & CAMSEAL_RECORD_ENCRYPTED)
        return PICTURE_LINE_ENCRYPTED;
    if (r->sv == 4)
        return PICTURE_LINE_STRIPES;
    return r->covered_bytes < r->total_bytes ? PICTURE_LINE_BARE : PICTURE_LINE_OK;
}

static void cover_line(verify_camera *c, size_t row, uint8_t kind)
{
    if (row >= ASSEMBLY_ROWS_MAX)
        return;
    if (row >= c->cover_rows) {
        uint8_t *bigger = realloc(c->cover, ASSEMBLY_ROWS_MAX);
        if (!bigger)
            return;
        memset(bigger + c->cover_rows, 0, ASSEMBLY_ROWS_MAX - c->cover_rows);
        c->cover = bigger;
        c->cover_rows = ASSEMBLY_ROWS_MAX;
    }
    c->cover[row] = kind;
}

bool verify_is_own(const verify *v, const camseal_record *message)
{
    return v->profile.config.protocol == CAMSEAL_PROTOCOL_FSED && message->fp == 0 &&
           message->reason != CAMSEAL_REASON_NO_START;
}

/* A message with its final verdict. What FSED's own packets say shows in the frame's. */
static void take_message(verify_camera *c, const camseal_record *record)
{
    const bool seen = record->data.len && record->verdict <= CAMSEAL_VERDICT_UNVERIFIED;
    const uint32_t n = record->message_count;
    if (verify_is_own(c->owner, record) && record->verdict != CAMSEAL_VERDICT_FORGED)
        return;
    if (seen && record->fp == CAMSEAL_FP_IMAGE) {
        if (n < c->book.embedded_lines) /* fewer top lines than were expected */
            c->book.embedded_lines = n;
        cover_line(c, n - c->book.embedded_lines, cover_of(record));
    }
    frame_book_record(&c->book, record);
}

static void keep_early(verify_camera *c, const camseal_record *record)
{
    if (c->n_early == c->early_capacity) {
        const size_t capacity = c->early_capacity ? 2 * c->early_capacity : 1024;
        camseal_record *bigger = realloc(c->early, capacity * sizeof *bigger);
        if (!bigger)
            return;
        c->early = bigger;
        c->early_capacity = capacity;
    }
    c->early[c->n_early++] = *record;
}

/* The tag that a message was waiting for: its slot's, else the frame's. */
static const camseal_record *verdict_for(const verify_camera *c, const camseal_record *message,
                                         const camseal_record *frame)
{
    for (size_t i = 0; i < c->n_slots; i++)
        if (c->slots[i].fp == message->fp && c->slots[i].edt == message->edt)
            return &c->slots[i];
    return frame;
}

/* Only now does it count what came early. */
static void settle_early(verify_camera *c, const camseal_record *frame)
{
    for (size_t i = 0; i < c->n_early; i++) {
        camseal_record *message = &c->early[i];
        const camseal_record *by = verdict_for(c, message, frame);
        message->verdict = by->verdict;
        message->reason = by->verdict > CAMSEAL_VERDICT_OK_PARTIAL ? by->reason : 0;
        take_message(c, message);
    }
}

static void on_frame(void *user, const frame_entry *entry)
{
    verify_camera *c = user;
    c->frames += entry->frame.kind == CAMSEAL_RECORD_FRAME;
    c->bad_frames += !verify_is_good(c->owner, entry) || entry->n_bad;
    verify_output_frame(c, entry);
    verify_report_frame(c, entry);
    c->n_early = c->n_slots = 0;
    c->top_early = false;
    if (c->cover)
        memset(c->cover, 0, c->cover_rows);
}

bool verify_is_good(const verify *v, const frame_entry *entry)
{
    const camseal_record *f = &entry->frame;
    if (f->kind != CAMSEAL_RECORD_FRAME || f->safety != CAMSEAL_VERDICT_OK)
        return false;
    if (f->verdict == CAMSEAL_VERDICT_UNVERIFIED)
        return v->o->unverified;
    return f->verdict == CAMSEAL_VERDICT_OK ||
           (f->verdict == CAMSEAL_VERDICT_OK_PARTIAL && v->o->partial);
}

static void take_record(verify *v, const camseal_record *record)
{
    verify_camera *c = camera_of(v, record->evc);
    if (!c) /* a packet that nobody can be asked about: the first camera's */
        c = &v->cameras[0];
    switch (record->kind) {
    case CAMSEAL_RECORD_SLOT:
        if (c->n_slots < CSE_SLOTS_MAX)
            c->slots[c->n_slots++] = *record;
        return;
    case CAMSEAL_RECORD_TOP:
        c->top_early = record->verdict <= CAMSEAL_VERDICT_OK_PARTIAL;
        return;
    case CAMSEAL_RECORD_MESSAGE:
        if (record->verdict == CAMSEAL_VERDICT_PENDING)
            keep_early(c, record);
        else
            take_message(c, record);
        return;
    default:
        if (record->kind == CAMSEAL_RECORD_FRAME)
            settle_early(c, record);
        frame_book_record(&c->book, record);
    }
}

static size_t drain(verify *v)
{
    camseal_record record;
    size_t n = 0;
    for (; camseal_record_take(&v->ring, &record); n++)
        take_record(v, &record);
    return n;
}

/* ---- packets --------------------------------------------------------------------------------- */

static camseal_status feed(verify *v, size_t n)
{
    CAMSEAL_TRY(load_key(v));
    for (size_t at = 0, taken = 0; at < n; at += taken) {
        camseal_status status =
            camseal_sink_feed(v->worker, v->items + at, n - at, v->now_us, &taken);
        if (!drain(v) && !taken)
            return status == CAMSEAL_OK ? CAMSEAL_E_BUG : status;
    }
    return CAMSEAL_OK;
}

static camseal_status flush(verify *v)
{
    camseal_status status;
    do {
        status = camseal_sink_flush(v->sink, v->now_us, NULL);
    } while (drain(v) && status == CAMSEAL_E_SPACE);
    return status;
}

static camseal_status close_sink(verify *v)
{
    camseal_status status;
    do {
        status = camseal_sink_close(v->sink, v->now_us);
    } while (drain(v) && status == CAMSEAL_E_SPACE);
    for (size_t i = 0; i < v->n_cameras; i++)
        frame_book_end(&v->cameras[i].book);
    return status;
}

static bool is_named(camseal_span text, const char *name)
{
    return text.len == strlen(name) && !memcmp(text.data, name, text.len);
}

static bool is_wanted(const verify *v, const pcapng_item *item)
{
    if (item->kind != PCAPNG_PACKET || !is_named(item->dissector, CAPTURE_DISSECTOR_DATA))
        return false;
    return !v->o->interface || is_named(v->reader.info[item->interface].name, v->o->interface);
}

static void stage(verify *v, size_t i, const pcapng_item *item)
{
    uint8_t *bytes = v->file + (item->bytes.data - v->reader.file.data);
    v->items[i] = (camseal_sink_item){
        .sink = v->sink, .packet = camseal_mspan_of(bytes, item->bytes.len), .cookie = v->packets};
    v->sink_packets++;
    if (item->time_ns / 1000 > v->now_us)
        v->now_us = item->time_ns / 1000;
}

/* Batches end where time passes: timeouts are judged by the capture's own clock. */
static camseal_status read_packets(verify *v)
{
    enum { STEP_US = 10000 };
    size_t n = 0;
    for (;;) {
        pcapng_item item;
        v->broken = pcapng_next(&v->reader, &item);
        if (v->broken != CAMSEAL_OK || item.kind == PCAPNG_END || cli_interrupted())
            return feed(v, n);
        v->packets += item.kind == PCAPNG_PACKET;
        if (!is_wanted(v, &item))
            continue;
        if (n == VERIFY_BATCH || (n && item.time_ns / 1000 > v->now_us + STEP_US)) {
            CAMSEAL_TRY(feed(v, n));
            n = 0;
            v->now_us = item.time_ns / 1000 > v->now_us ? item.time_ns / 1000 : v->now_us;
            CAMSEAL_TRY(flush(v));
        }
        stage(v, n++, &item);
        cli_progress(v->args, "%" PRIu64 " packets", v->packets);
    }
}

camseal_status verify_run(verify *v)
{
    CAMSEAL_TRY(read_packets(v));
    CAMSEAL_TRY(flush(v));
    return close_sink(v);
}

void verify_tear_down(verify *v)
{
    if (v->sink)
        camseal_sink_wipe(v->sink);
    if (v->context)
        camseal_context_wipe(v->context);
    if (v->worker)
        camseal_worker_wipe(v->worker);
    free(v->sink_mem);
    free(v->context_mem);
    free(v->worker_mem);
    for (size_t i = 0; i < v->n_cameras; i++) {
        frame_book_free(&v->cameras[i].book);
        overview_free(&v->cameras[i].overview);
        free(v->cameras[i].cover);
        free(v->cameras[i].early);
    }
    root_keys_wipe(&v->keys);
}
