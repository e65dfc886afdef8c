#include "ecu_receiver.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "clock.h"

camseal_status ecu_receiver_init(ecu_receiver *rx, const camseal_bulk *bulk,
                                 const camseal_crypto *crypto, const camseal_trace *trace,
                                 frame_book *book, capture_stream *stream)
{
    memset(rx, 0, sizeof *rx);
    rx->bulk = bulk;
    rx->crypto = crypto;
    rx->trace = trace;
    rx->book = book;
    rx->capture = stream;
    rx->ring.records = rx->records;
    rx->ring.capacity = ECU_RING;
    rx->cookie = 1;
    rx->wake_us = UINT64_MAX;
    if (stream && !(rx->copies = malloc((size_t)ECU_BATCH * CAMSEAL_LINK_PACKET_MAX)))
        return CAMSEAL_E_SPACE;
    size_t bytes = camseal_worker_size(ECU_BATCH);
    rx->worker_mem = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (bytes + 63u) & ~(size_t)63u);
    if (!rx->worker_mem)
        return CAMSEAL_E_SPACE;
    return camseal_worker_init(&rx->worker, rx->worker_mem, bytes, ECU_BATCH);
}

static void drop_sink(ecu_receiver *rx)
{
    if (rx->sink)
        camseal_sink_wipe(rx->sink);
    if (rx->context)
        camseal_context_wipe(rx->context);
    free(rx->sink_mem);
    free(rx->context_mem);
    rx->sink_mem = rx->context_mem = NULL;
    rx->sink = NULL;
    rx->context = NULL;
}

static camseal_status make_sink(ecu_receiver *rx, const camseal_ssm_context_plan *plan)
{
    camseal_context_config config = plan->config;
    config.bulk = rx->bulk;
    config.crypto = rx->crypto;
    config.trace = rx->trace;
    config.role = CAMSEAL_ROLE_SINK;
    drop_sink(rx);
    if (config.hold && !rx->kept && !(rx->kept = calloc(ECU_KEPT, sizeof *rx->kept)))
        return CAMSEAL_E_SPACE;
    size_t bytes = camseal_context_size(&config);
    rx->context_mem = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (bytes + 63u) & ~(size_t)63u);
    if (!rx->context_mem)
        return CAMSEAL_E_SPACE;
    CAMSEAL_TRY(camseal_context_init(&rx->context, rx->context_mem, bytes, &config));
    bytes = camseal_sink_size(rx->context);
    rx->sink_mem = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (bytes + 63u) & ~(size_t)63u);
    if (!rx->sink_mem)
        return CAMSEAL_E_SPACE;
    return camseal_sink_init(&rx->sink, rx->sink_mem, bytes, rx->context, &rx->ring);
}

camseal_status ecu_receiver_load(ecu_receiver *rx, const camseal_ssm_context_plan *plan,
                                 const uint8_t loaded[32], const uint8_t salt[16], uint32_t epoch,
                                 const camseal_least_count *least, size_t n_least)
{
    if (epoch == plan->first_epoch)
        CAMSEAL_TRY(make_sink(rx, plan));
    if (!rx->context)
        return CAMSEAL_E_STATE;
    CAMSEAL_TRY(camseal_context_load(rx->context, loaded, salt, epoch, least, n_least));
    return camseal_context_activate(rx->context, 0);
}

/* The comment that a packet gets in the capture. */
static void note(ecu_receiver *rx, const camseal_record *record)
{
    uint64_t i = record->cookie - rx->cookie;
    if (!rx->capture || i >= ECU_BATCH || record->kind != CAMSEAL_RECORD_MESSAGE)
        return;
    snprintf(rx->notes[i], sizeof rx->notes[i], "%s%s%s, frame %" PRIu64 ", message %" PRIu32,
             camseal_verdict_name(record->verdict), record->reason ? ": " : "",
             record->reason ? camseal_reason_name(record->reason) : "", record->frame_count,
             record->message_count);
}

/* A packet's own record: its copy is not needed any more. */
static void let_go(ecu_receiver *rx, const camseal_record *record)
{
    if (!rx->kept ||
        (record->kind != CAMSEAL_RECORD_MESSAGE && record->kind != CAMSEAL_RECORD_PLAIN))
        return;
    free(rx->kept[record->cookie % ECU_KEPT]);
    rx->kept[record->cookie % ECU_KEPT] = NULL;
}

static size_t drain(ecu_receiver *rx)
{
    camseal_record record;
    size_t n = 0;
    for (; camseal_record_take(&rx->ring, &record); n++) {
        note(rx, &record);
        frame_book_record(rx->book, &record);
        let_go(rx, &record);
    }
    return n;
}

/* Feeds the batch and forces its records out, because the link reuses the packets' memory. Only the
 * sink's own time counts as verifying. */
static void verify(ecu_receiver *rx, size_t n)
{
    for (size_t at = 0, taken = 0; at < n; at += taken) {
        uint64_t start = camseal_posix_now_us();
        camseal_status status =
            camseal_sink_feed(rx->worker, rx->items + at, n - at, start, &taken);
        rx->verify_us += camseal_posix_now_us() - start;
        size_t drained = drain(rx);
        if (status != CAMSEAL_OK && !taken && !drained) /* cannot happen: give up */
            break;
    }
    ecu_receiver_tick(rx, camseal_posix_now_us());
}

static void copy_batch(ecu_receiver *rx, size_t n)
{
    memset(rx->notes, 0, sizeof rx->notes);
    for (size_t i = 0; i < n; i++)
        memcpy(rx->copies + i * CAMSEAL_LINK_PACKET_MAX, rx->items[i].packet.data,
               rx->items[i].packet.len);
}

static void capture_batch(ecu_receiver *rx, size_t n)
{
    uint64_t now = camseal_posix_unix_ns();
    for (size_t i = 0; i < n; i++) {
        camseal_span bytes = {rx->copies + i * CAMSEAL_LINK_PACKET_MAX, rx->items[i].packet.len};
        capture_packet(rx->capture, false, now, 0, &bytes, 1,
                       rx->notes[i][0] ? rx->notes[i] : NULL);
    }
}

static void take_batch(ecu_receiver *rx, size_t n)
{
    rx->packets += n;
    if (rx->capture)
        copy_batch(rx, n);
    verify(rx, n);
    if (rx->capture)
        capture_batch(rx, n);
    rx->cookie += n;
}

/* Where tags come later than their messages, the sink holds packets longer than the link does. Out
 * of memory or places, a packet is lost, as on a bad link: what is left of it is refused. */
static camseal_mspan keep(ecu_receiver *rx, uint64_t cookie, camseal_mspan packet)
{
    uint8_t **place = &rx->kept[cookie % ECU_KEPT];
    uint8_t *copy = *place ? NULL : malloc(packet.len + 1u);
    if (!copy)
        return camseal_mspan_of(packet.data, 0);
    memcpy(copy, packet.data, packet.len);
    *place = copy;
    return camseal_mspan_of(copy, packet.len);
}

void ecu_receiver_put(ecu_receiver *rx, camseal_mspan packet)
{
    if (rx->n_items == ECU_BATCH)
        ecu_receiver_verify(rx);
    uint64_t cookie = rx->cookie + rx->n_items;
    rx->bytes += packet.len;
    if (rx->kept)
        packet = keep(rx, cookie, packet);
    rx->items[rx->n_items++] = (camseal_sink_item){rx->sink, packet, cookie, 0};
}

size_t ecu_receiver_verify(ecu_receiver *rx)
{
    size_t n = rx->n_items;
    rx->n_items = 0;
    if (n)
        take_batch(rx, n);
    return n;
}

void ecu_receiver_tick(ecu_receiver *rx, uint64_t now_us)
{
    if (!rx->sink)
        return;
    camseal_status status;
    do { /* SPACE: the ring was full; it is empty now */
        status = camseal_sink_flush(rx->sink, now_us, &rx->wake_us);
        drain(rx);
    } while (status == CAMSEAL_E_SPACE);
}

void ecu_receiver_end(ecu_receiver *rx, uint64_t now_us)
{
    camseal_status status;
    if (!rx->sink)
        return;
    do {
        status = camseal_sink_close(rx->sink, now_us);
        drain(rx);
    } while (status == CAMSEAL_E_SPACE);
    frame_book_end(rx->book);
}

void ecu_receiver_free(ecu_receiver *rx)
{
    drop_sink(rx);
    if (rx->worker)
        camseal_worker_wipe(rx->worker);
    for (size_t i = 0; rx->kept && i < ECU_KEPT; i++)
        free(rx->kept[i]);
    free(rx->kept);
    rx->kept = NULL;
    free(rx->worker_mem);
    free(rx->copies);
    rx->worker_mem = rx->copies = NULL;
    rx->worker = NULL;
}
