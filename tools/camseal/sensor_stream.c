#include "sensor_stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "camseal/csi2.h"
#include "develop.h"

static void *aligned(size_t bytes)
{
    size_t whole = (bytes + CAMSEAL_BULK_KEY_ALIGN - 1u) & ~(size_t)(CAMSEAL_BULK_KEY_ALIGN - 1u);
    return aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, whole);
}

camseal_status sensor_stream_init(sensor_stream *s)
{
    s->line_samples = develop_line_samples(s->dt, s->width);
    s->line_bytes = camseal_csi2_line_bytes(s->dt, s->line_samples);
    if (!s->line_bytes || s->line_bytes > 65000u || !s->height ||
        s->height + s->embedded_lines > UINT16_MAX)
        return CAMSEAL_E_ARGUMENT;
    s->payload_bytes = s->line_bytes > EMBEDDED_BYTES ? s->line_bytes : EMBEDDED_BYTES;
    s->payloads = malloc(SENSOR_BATCH * s->payload_bytes);
    s->samples = malloc(s->line_samples * sizeof *s->samples);
    size_t bytes = camseal_worker_size(SENSOR_BATCH);
    s->worker_mem = aligned(bytes);
    if (!s->payloads || !s->samples || !s->worker_mem)
        return CAMSEAL_E_SPACE;
    return camseal_worker_init(&s->worker, s->worker_mem, bytes, SENSOR_BATCH);
}

static void drop_source(sensor_stream *s)
{
    if (s->source)
        camseal_source_wipe(s->source);
    free(s->source_mem);
    s->source_mem = NULL;
    s->source = NULL;
    s->context = NULL;
    s->next = 0;
}

camseal_status sensor_stream_context(sensor_stream *s, camseal_context *context)
{
    if (context == s->context) /* rotated: the same object goes on */
        return CAMSEAL_OK;
    drop_source(s);
    if (!context)
        return CAMSEAL_OK;
    size_t bytes = camseal_source_size(context);
    s->source_mem = aligned(bytes);
    if (!s->source_mem)
        return CAMSEAL_E_SPACE;
    CAMSEAL_TRY(camseal_source_init(&s->source, s->source_mem, bytes, context));
    s->context = context;
    return CAMSEAL_OK;
}

bool sensor_stream_ready(const sensor_stream *s, uint64_t now_us)
{
    return (s->source || s->plain) && (s->next || now_us >= s->due_us);
}

static unsigned messages_of(const sensor_stream *s)
{
    return s->embedded_lines + s->height;
}

/* FSED adds FSH and FTG. */
static unsigned steps_of(const sensor_stream *s)
{
    return messages_of(s) + (s->fsed ? 2u : 0u);
}

static uint32_t flags_of(const sensor_stream *s, unsigned n)
{
    uint32_t flags = 0;
    if (s->fsed)
        return 0;
    if (n == 0)
        flags |= CAMSEAL_SOURCE_SOF;
    if (n + 1u == messages_of(s))
        flags |= CAMSEAL_SOURCE_EOF;
    else if (s->slots && n + 1u == s->embedded_lines)
        flags |= CAMSEAL_SOURCE_LAST_OF_SLOT;
    return flags;
}

/* FSED's own packet at the frame's start or end. */
static void fill_own(sensor_stream *s, camseal_source_item *item, bool start)
{
    item->wire_dt = s->dt;
    item->flags = start ? CAMSEAL_SOURCE_FSH : CAMSEAL_SOURCE_FTG;
    item->data = camseal_mspan_of(s->own[!start], SENSOR_OWN_BYTES);
    if (!start)
        return;
    s->begin = (camseal_source_begin){
        .expected = {(uint16_t)s->embedded_lines, (uint16_t)s->height, 0},
        .line_length = s->embedded_lines ? (uint16_t)0 : (uint16_t)s->line_bytes};
    item->begin = &s->begin;
}

/* Fills item i with step `n` of the frame: an embedded line or an image line, or FSED's own. */
static camseal_status fill(sensor_stream *s, size_t i, unsigned n)
{
    camseal_source_item *item = &s->items[i];
    uint8_t *payload = s->payloads + i * s->payload_bytes;
    memset(item, 0, sizeof *item);
    item->source = s->source;
    item->wire_vc = s->vc;
    if (s->fsed && (n == 0 || n + 1u == steps_of(s))) {
        fill_own(s, item, n == 0);
        return CAMSEAL_OK;
    }
    n -= s->fsed;
    bool embedded = n < s->embedded_lines;
    item->wire_dt = embedded ? (uint8_t)CAMSEAL_CSI2_EMBEDDED : s->dt;
    item->flags = flags_of(s, n);
    if (embedded) {
        embedded_record record = {
            (uint8_t)n,         (uint8_t)s->embedded_lines, s->dt,
            (uint16_t)s->width, (uint16_t)s->height,        (uint32_t)s->frames + 1u};
        embedded_encode(payload, &record);
        item->data = camseal_mspan_of(payload, EMBEDDED_BYTES);
        return CAMSEAL_OK;
    }
    CAMSEAL_TRY(s->line(s->user, s->frames, n - s->embedded_lines, s->samples));
    camseal_buf out = {payload, s->payload_bytes, 0};
    CAMSEAL_TRY(camseal_csi2_pack(&out, s->dt, s->samples, s->line_samples));
    item->data = camseal_mspan_of(payload, out.len);
    return CAMSEAL_OK;
}

/* Plain packets of n lines, as a sensor without security sends them. */
static camseal_status wrap(sensor_stream *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        camseal_source_item *item = &s->items[i];
        uint16_t crc = s->plain->crc16(0xFFFF, item->data.data, item->data.len);
        CAMSEAL_TRY(camseal_csi2_header(item->head, item->wire_vc, item->wire_dt,
                                        (uint16_t)item->data.len));
        item->tail[0] = (uint8_t)crc;
        item->tail[1] = (uint8_t)(crc >> 8);
        item->spans[0] = camseal_span_of(item->head, CAMSEAL_CSI2_HEADER_BYTES);
        item->spans[1] = camseal_span_of(item->data.data, item->data.len);
        item->spans[2] = camseal_span_of(item->tail, CAMSEAL_CSI2_CRC_BYTES);
    }
    return CAMSEAL_OK;
}

/* FS and FE carry the frame number 1..65535 of CSI-2. */
static camseal_status put_short(sensor_stream *s, camseal_link *link, uint8_t packet[4], uint8_t dt)
{
    uint16_t number = (uint16_t)(s->frames % UINT16_MAX + 1u);
    CAMSEAL_TRY(camseal_csi2_header(packet, s->vc, dt, number));
    camseal_span span = camseal_span_of(packet, 4);
    return camseal_link_put(link, 0, &span, 1);
}

static camseal_status put_messages(sensor_stream *s, camseal_link *link, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        CAMSEAL_TRY(camseal_link_put(link, 0, s->items[i].spans, 3));
        if (s->items[i].flags & (CAMSEAL_SOURCE_FSH | CAMSEAL_SOURCE_FTG))
            continue;
        s->bytes += s->items[i].data.len;
        s->messages++;
    }
    return CAMSEAL_OK;
}

static void end_frame(sensor_stream *s, uint64_t now_us)
{
    s->next = 0;
    s->frames++;
    if (!s->period_us)
        return;
    s->due_us += s->period_us;
    if (s->due_us < now_us) /* late: do not try to catch up */
        s->due_us = now_us;
}

camseal_status sensor_stream_produce(sensor_stream *s, camseal_link *link, uint64_t now_us)
{
    unsigned left = steps_of(s) - s->next;
    size_t n = left < SENSOR_BATCH ? left : SENSOR_BATCH, done = 0;
    if (s->next == 0 && s->due_us == 0)
        s->due_us = now_us;
    for (size_t i = 0; i < n; i++)
        CAMSEAL_TRY(fill(s, i, s->next + (unsigned)i));
    if (s->plain)
        CAMSEAL_TRY(wrap(s, n));
    else
        CAMSEAL_TRY(camseal_source_feed(s->worker, s->items, n, &done));
    if (s->next == 0)
        CAMSEAL_TRY(put_short(s, link, s->start, CAMSEAL_CSI2_FS));
    CAMSEAL_TRY(put_messages(s, link, n));
    s->next += (unsigned)n;
    if (s->next < steps_of(s))
        return CAMSEAL_OK;
    CAMSEAL_TRY(put_short(s, link, s->end, CAMSEAL_CSI2_FE));
    end_frame(s, now_us);
    return CAMSEAL_OK;
}

void sensor_stream_abort(sensor_stream *s)
{
    camseal_evc_status evc;
    if (s->next && s->source && camseal_context_evc_status(s->context, 0, &evc) == CAMSEAL_OK &&
        camseal_source_abort(s->source, evc.evc) != CAMSEAL_OK)
        drop_source(s);
    s->next = 0;
}

void sensor_stream_free(sensor_stream *s)
{
    drop_source(s);
    if (s->worker)
        camseal_worker_wipe(s->worker);
    free(s->worker_mem);
    free(s->payloads);
    free(s->samples);
    s->worker = NULL;
    s->worker_mem = NULL;
    s->payloads = NULL;
    s->samples = NULL;
}
