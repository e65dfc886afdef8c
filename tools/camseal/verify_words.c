/* What is wrong with a frame, in lines of its picture instead of message numbers. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "printf_like.h"
#include "verify.h"

enum { RANGES_SHOWN = 6 };

typedef struct text {
    char *at;
    size_t left;
} text;

static void say(text *t, const char *format, ...) CAMSEAL_PRINTF_LIKE(2, 3);

static void say(text *t, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int n = vsnprintf(t->at, t->left, format, values);
    va_end(values);
    size_t used = n < 0 ? 0 : (size_t)n;
    if (used >= t->left)
        used = t->left ? t->left - 1 : 0;
    t->at += used;
    t->left -= used;
}

/* Messages of a frame: top lines, image lines, bottom lines and trailers. */
enum part { PART_TOP, PART_IMAGE, PART_BELOW, PARTS };
static const char *const part_names[PARTS] = {"top line", "line", "message below the image"};

static enum part part_of(const verify_camera *c, uint32_t message, uint32_t *number)
{
    const uint32_t top = c->book.embedded_lines, height = c->book.picture.height;
    *number = message;
    if (message < top)
        return PART_TOP;
    *number = message - top;
    if (*number < height || !height)
        return PART_IMAGE;
    *number -= height;
    return PART_BELOW;
}

/* The part of [first, last] that lies in one part of the frame. */
static enum part piece_of(const verify_camera *c, frame_range range, frame_range *piece)
{
    uint32_t end = range.first, number;
    enum part part = part_of(c, range.first, &piece->first), same = part;
    piece->last = piece->first;
    while (same == part && end < range.last) {
        same = part_of(c, end + 1, &number);
        if (same == part) {
            piece->last = number;
            end++;
        }
    }
    return part;
}

static void say_piece(text *t, enum part part, frame_range piece, bool named)
{
    const bool many = piece.last > piece.first;
    if (!named)
        say(t, " ");
    else if (part == PART_BELOW)
        say(t, " %s below the image ", many ? "messages" : "message");
    else
        say(t, " %s%s ", part_names[part], many ? "s" : "");
    say(t, "%" PRIu32, piece.first);
    if (many)
        say(t, "-%" PRIu32, piece.last);
}

static void say_range(text *t, const verify_camera *c, frame_range range)
{
    for (bool first = true; range.first <= range.last; first = false) {
        frame_range piece;
        enum part part = piece_of(c, range, &piece);
        if (!first)
            say(t, ",");
        say_piece(t, part, piece, true);
        range.first += piece.last - piece.first + 1;
    }
}

/* Where a packet could not even be read, its header says nothing about its place. */
static bool has_place(const verify_camera *c, const camseal_record *bad)
{
    if (verify_is_own(c->owner, bad))
        return false;
    switch (bad->reason) {
    case CAMSEAL_REASON_ECC:
    case CAMSEAL_REASON_CRC16:
    case CAMSEAL_REASON_TRUNCATED:
    case CAMSEAL_REASON_UNPROTECTED:
    case CAMSEAL_REASON_VERSION:
        return false;
    default:
        return bad->frame_count != 0;
    }
}

/* Did a packet claim this message of this frame, and was refused? Then that is said of it. */
static bool is_named(const verify_camera *c, const frame_entry *e, uint32_t message)
{
    for (size_t i = 0; i < e->n_bad; i++)
        if (e->bad[i].message_count == message && has_place(c, &e->bad[i]) &&
            e->bad[i].frame_count == e->frame.frame_count)
            return true;
    return false;
}

/* The next run of messages from `from` on that nobody has seen; false: there is none. */
static bool next_missing(const verify_camera *c, const frame_entry *e, size_t *range,
                         uint32_t *from, frame_range *out)
{
    for (; *range < e->n_missing; ++*range, *from = 0) {
        const frame_range all = e->missing[*range];
        uint32_t n = *from > all.first ? *from : all.first;
        while (n <= all.last && is_named(c, e, n))
            n++;
        if (n > all.last)
            continue;
        out->first = n;
        while (n <= all.last && !is_named(c, e, n))
            n++;
        out->last = n - 1;
        *from = n;
        return true;
    }
    return false;
}

static void say_missing(text *t, const verify_camera *c, const frame_entry *e)
{
    if (c->owner->profile.config.protocol == CAMSEAL_PROTOCOL_FSED) { /* packets have no numbers */
        if (e->frame.reason == CAMSEAL_REASON_GAP)
            say(t, "packets are missing, FSED cannot tell which");
        return;
    }
    size_t range = 0, n = 0;
    uint32_t from = 0;
    for (frame_range missing; next_missing(c, e, &range, &from, &missing); n++) {
        if (n < RANGES_SHOWN) {
            say(t, n ? "," : "missing");
            say_range(t, c, missing);
        }
    }
    n += e->missing_unlisted;
    if (n > RANGES_SHOWN)
        say(t, " and %zu more gaps", n - RANGES_SHOWN);
}

/* Does message b go on where a ended? */
static bool goes_on(const verify_camera *c, const camseal_record *a, const camseal_record *b)
{
    if (a->reason != b->reason || has_place(c, a) != has_place(c, b))
        return false;
    if (!has_place(c, a))
        return b->cookie == a->cookie + 1;
    return a->frame_count == b->frame_count && b->message_count == a->message_count + 1;
}

/* The end of the run of refused messages that begins at i. */
static size_t run_of(const verify_camera *c, const frame_entry *e, size_t i)
{
    size_t end = i + 1;
    while (end < e->n_bad && goes_on(c, &e->bad[end - 1], &e->bad[end]))
        end++;
    return end;
}

/* It came, but its tag covers messages that did not. */
static bool is_left(const camseal_record *bad)
{
    return bad->reason == CAMSEAL_REASON_GAP || bad->reason == CAMSEAL_REASON_NO_START ||
           bad->reason == CAMSEAL_REASON_NO_END || bad->reason == CAMSEAL_REASON_TIMEOUT;
}

static void say_packets(text *t, const verify_camera *c, const camseal_record *first,
                        const camseal_record *last)
{
    say(t, ": %s", verify_is_own(c->owner, first) ? "FSH, TBT or FTG, " : "");
    say(t, "packet%s %" PRIu64, last->cookie > first->cookie ? "s" : "", first->cookie);
    if (last->cookie > first->cookie)
        say(t, "-%" PRIu64, last->cookie);
}

static void say_bad(text *t, const verify_camera *c, const frame_entry *e, size_t i, size_t end)
{
    const camseal_record *bad = &e->bad[i];
    if (is_left(bad) && has_place(c, bad))
        say(t, "without a tag to judge them");
    else
        say(t, "%s",
            bad->reason ? camseal_reason_name(bad->reason) : camseal_verdict_name(bad->verdict));
    if (!has_place(c, bad)) {
        say_packets(t, c, bad, &e->bad[end - 1]);
        return;
    }
    say(t, ":");
    say_range(t, c, (frame_range){bad->message_count, e->bad[end - 1].message_count});
    if (bad->frame_count != e->frame.frame_count)
        say(t, " of frame %" PRIu64, bad->frame_count);
}

static void say_refused(text *t, const verify_camera *c, const frame_entry *e)
{
    size_t i = 0;
    for (size_t shown = 0; i < e->n_bad && shown < RANGES_SHOWN; shown++) {
        size_t end = run_of(c, e, i);
        say(t, i ? "; " : "");
        say_bad(t, c, e, i, end);
        i = end;
    }
    if (i < e->n_bad || e->bad_unlisted)
        say(t, "; and %zu more packets", e->n_bad - i + e->bad_unlisted);
}

void verify_words(char *out, size_t size, const verify_camera *c, const frame_entry *e)
{
    text t = {out, size};
    out[0] = 0;
    say_missing(&t, c, e);
    if (out[0] && e->n_bad)
        say(&t, "; ");
    say_refused(&t, c, e);
    if (!out[0] && e->frame.reason)
        say(&t, "%s", camseal_reason_name(e->frame.reason));
}
