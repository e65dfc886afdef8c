#include "frame_book.h"

#include <stdlib.h>
#include <string.h>

#include "embedded_record.h"

static void begin(frame_book *book)
{
    memset(book->seen, 0, sizeof book->seen);
    book->verified = book->highest = book->sensor_frame = 0;
    book->last = -1;
    book->n_bad = book->bad_unlisted = book->unplaced = 0;
    assembly_begin(&book->picture, 0);
    if (book->announced_height)
        assembly_geometry(&book->picture, book->announced_width, book->announced_height);
}

void frame_book_init(frame_book *book, uint8_t dt, unsigned embedded_lines)
{
    memset(book, 0, sizeof *book);
    book->picture.dt = dt;
    book->embedded_lines = embedded_lines;
    begin(book);
}

static void take_embedded(frame_book *book, const camseal_record *record)
{
    embedded_record said;
    if (embedded_decode(&said, camseal_span_of(record->data.data, record->data.len)) != CAMSEAL_OK)
        return;
    book->embedded_lines = said.lines;
    book->sensor_frame = said.frame;
    if (said.height == book->announced_height && said.width == book->announced_width)
        return;
    book->announced_width = said.width;
    book->announced_height = said.height;
    assembly_geometry(&book->picture, said.width, said.height);
}

/* A verified message: its number is present, its line belongs to the picture. */
static void take_verified(frame_book *book, const camseal_record *record)
{
    uint32_t n = record->message_count;
    book->totals.verified_bytes += record->data.len;
    if (n <= UINT16_MAX)
        book->seen[n / 8u] |= (uint8_t)(1u << n % 8u);
    book->verified++;
    if (n > book->highest)
        book->highest = n;
    if (record->flags & CAMSEAL_RECORD_EOF)
        book->last = n;
    if (record->fp == CAMSEAL_FP_TOP)
        take_embedded(book, record);
    if (record->fp != CAMSEAL_FP_IMAGE)
        return;
    camseal_span line = camseal_span_of(record->data.data, record->data.len);
    if (n < book->embedded_lines ||
        assembly_line(&book->picture, n - book->embedded_lines, line) != CAMSEAL_OK)
        book->unplaced++;
}

static void take_bad(frame_book *book, const camseal_record *record)
{
    if (record->reason < CAMSEAL_REASON_COUNT)
        book->totals.reasons[record->reason]++;
    if (book->n_bad == FRAME_BOOK_BAD_MAX) {
        book->bad_unlisted++;
        return;
    }
    if (book->n_bad == book->bad_capacity) {
        size_t capacity = book->bad_capacity ? 2u * book->bad_capacity : 64u;
        camseal_record *bad = realloc(book->bad, capacity * sizeof *bad);
        if (!bad) {
            book->bad_unlisted++;
            return;
        }
        book->bad = bad;
        book->bad_capacity = capacity;
    }
    book->bad[book->n_bad] = *record;
    book->bad[book->n_bad++].data = camseal_mspan_of(NULL, 0);
}

static bool seen(const frame_book *book, uint32_t n)
{
    unsigned byte = n <= UINT16_MAX ? book->seen[n / 8u] : 0u;
    return (byte >> n % 8u & 1u) != 0;
}

/* The last number that the frame should have: told by its verified EOF, else by the announced
 * height. */
static uint32_t expected_last(const frame_book *book)
{
    if (book->last >= 0)
        return (uint32_t)book->last;
    uint32_t lines = book->embedded_lines + book->announced_height;
    if (book->announced_height && lines - 1u > book->highest)
        return lines - 1u;
    return book->highest;
}

static void list_missing(frame_book *book, frame_entry *entry)
{
    uint32_t last = expected_last(book);
    for (uint32_t n = 0; n <= last && n <= UINT16_MAX; n++) {
        if (seen(book, n))
            continue;
        uint32_t first = n;
        while (n < last && !seen(book, n + 1u))
            n++;
        if (entry->n_missing == FRAME_BOOK_RANGES_MAX)
            entry->missing_unlisted++;
        else
            book->ranges[entry->n_missing++] = (frame_range){first, n};
    }
    entry->missing = book->ranges;
}

static enum picture_line kind_of(const camseal_record *bad)
{
    switch (bad->reason) {
    case CAMSEAL_REASON_TAG:
        return PICTURE_LINE_FORGED;
    case CAMSEAL_REASON_REPLAY_FRAME:
    case CAMSEAL_REASON_REPLAY_MESSAGE:
        return PICTURE_LINE_REPLAYED;
    case CAMSEAL_REASON_ECC:
    case CAMSEAL_REASON_CRC16:
    case CAMSEAL_REASON_CRC32:
    case CAMSEAL_REASON_TRUNCATED:
        return PICTURE_LINE_NOISE;
    case CAMSEAL_REASON_GAP: /* it came, but its tag covers what did not */
    case CAMSEAL_REASON_NO_START:
    case CAMSEAL_REASON_NO_END:
    case CAMSEAL_REASON_TIMEOUT:
        return PICTURE_LINE_UNVERIFIED;
    default:
        return PICTURE_LINE_MALFORMED;
    }
}

/* A refused message that claims a line of this very frame points at the line. */
static void mark_lines(frame_book *book, uint64_t frame_count)
{
    for (size_t i = 0; i < book->n_bad; i++) {
        const camseal_record *bad = &book->bad[i];
        if (bad->frame_count == frame_count && bad->message_count >= book->embedded_lines)
            assembly_mark(&book->picture, bad->message_count - book->embedded_lines, kind_of(bad));
    }
}

static void close_frame(frame_book *book, const camseal_record *frame)
{
    frame_entry entry = {.frame = *frame,
                         .bad = book->bad,
                         .n_bad = book->n_bad,
                         .bad_unlisted = book->bad_unlisted,
                         .unplaced = book->unplaced,
                         .sensor_frame = book->sensor_frame,
                         .picture = &book->picture};
    if (frame->kind == CAMSEAL_RECORD_FRAME) {
        list_missing(book, &entry);
        mark_lines(book, frame->frame_count);
        book->picture.frame_count = frame->frame_count;
    }
    if (book->on_frame)
        book->on_frame(book->user, &entry);
    begin(book);
}

void frame_book_record(frame_book *book, const camseal_record *record)
{
    const unsigned verdict = record->verdict;
    if (verdict >= CAMSEAL_VERDICT_COUNT) { /* PENDING: nothing is known yet */
        book->totals.packets++;
        return;
    }
    switch (record->kind) {
    case CAMSEAL_RECORD_MESSAGE:
        book->totals.packets++;
        book->totals.messages[verdict]++;
        if (verdict <= CAMSEAL_VERDICT_OK_PARTIAL ||
            (verdict == CAMSEAL_VERDICT_UNVERIFIED && book->unverified))
            take_verified(book, record);
        else
            take_bad(book, record);
        break;
    case CAMSEAL_RECORD_FRAME:
        book->totals.frames[verdict]++;
        close_frame(book, record);
        break;
    case CAMSEAL_RECORD_EVENT:
        book->totals.events++;
        if (book->on_event)
            book->on_event(book->user, record);
        break;
    default:
        book->totals.packets++;
        book->totals.plain++;
        break;
    }
}

void frame_book_end(frame_book *book)
{
    static const camseal_record none = {0};
    if (book->n_bad)
        close_frame(book, &none);
}

void frame_book_free(frame_book *book)
{
    assembly_free(&book->picture);
    free(book->bad);
    memset(book, 0, sizeof *book);
}
