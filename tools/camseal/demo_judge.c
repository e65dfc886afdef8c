#include "demo_judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reason_word.h"

/* ---- reading the two files ---- */

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static bool has_verdict(const json_t *object, demo_verdict wanted)
{
    return !strcmp(text(object, "verdict"), camseal_verdict_name(wanted.verdict)) &&
           !strcmp(text(object, "reason"), reason_word(wanted.reason));
}

/* The i-th thing that the bridge logged for an attack; NULL after the last. */
static const json_t *log_entry(const json_t *bridge, size_t attack, size_t i)
{
    const json_t *events = json_object_get(bridge, "events"), *entry;
    for (size_t at = 0; (entry = json_array_get(events, at)); at++)
        if ((size_t)number(entry, "attack") == attack && i-- == 0)
            return entry;
    return NULL;
}

static const json_t *frame_entry_of(const json_t *report, json_int_t frame_count)
{
    const json_t *frames = json_object_get(report, "frames"), *frame;
    for (size_t at = 0; (frame = json_array_get(frames, at)); at++)
        if (number(frame, "frame_count") == frame_count)
            return frame;
    return NULL;
}

/* ---- what is checked ---- */

typedef struct hunt {
    const demo_attack *attack;
    const json_t *entry; /* what was done */
    json_int_t frame_count, first, last;
} hunt;

/* Is this refused message one of the attacked ones, with the expected verdict? */
static bool is_it(const hunt *h, const json_t *record)
{
    if (!has_verdict(record, h->attack->message))
        return false;
    if (h->attack->checks & DEMO_UNREADABLE)
        return true;
    json_int_t n = number(record, "message_count");
    bool same_frame = number(record, "frame_count") == h->frame_count;
    return n >= h->first && n <= h->last && (same_frame || (h->attack->checks & DEMO_OTHER_FRAME));
}

static unsigned count_in(const hunt *h, const json_t *records)
{
    unsigned found = 0;
    const json_t *record;
    for (size_t at = 0; (record = json_array_get(records, at)); at++)
        found += is_it(h, record);
    return found;
}

/* Refused messages that fit: in the attacked frame's entry where the numbers do not tell, else
 * anywhere. */
static unsigned refused(const hunt *h, const json_t *report)
{
    if (h->attack->checks & (DEMO_UNREADABLE | DEMO_OTHER_FRAME))
        return count_in(h, json_object_get(frame_entry_of(report, h->frame_count), "records"));
    unsigned found = count_in(h, json_object_get(report, "unattached"));
    const json_t *frames = json_object_get(report, "frames"), *frame;
    for (size_t at = 0; (frame = json_array_get(frames, at)); at++)
        found += count_in(h, json_object_get(frame, "records"));
    return found;
}

static bool exactly_missing(const hunt *h, const json_t *frame)
{
    const json_t *missing = json_object_get(frame, "missing");
    const json_t *range = json_array_get(missing, 0);
    return json_array_size(missing) == 1 && number(range, "first") == h->first &&
           number(range, "last") == h->last;
}

static bool gap_reported(const json_t *report, json_int_t frame_count)
{
    const json_t *events = json_object_get(report, "events"), *event;
    for (size_t at = 0; (event = json_array_get(events, at)); at++)
        if (!strcmp(text(event, "reason"), "FRAME_GAP") && number(event, "a") <= frame_count &&
            number(event, "b") >= frame_count)
            return true;
    return false;
}

/* ---- rows ---- */

static void add(char *out, size_t size, const char *piece)
{
    size_t at = strlen(out);
    snprintf(out + at, size - at, "%s", piece);
}

static void add_verdict(char *out, size_t size, const char *verdict, const char *reason)
{
    add(out, size, verdict);
    if (*reason)
        add(out, size, "/");
    add(out, size, reason);
}

/* "FORGED/TAG -> FORGED": the frame's reason is left out where it is the message's. */
static void add_frame(char *out, size_t size, const char *verdict, const char *reason, bool same)
{
    add(out, size, *out ? " -> " : "-> ");
    add_verdict(out, size, verdict, same ? "" : reason);
}

static void add_gap(char *out, size_t size)
{
    add(out, size, *out ? " + event FRAME_GAP" : "event FRAME_GAP");
}

static void describe_expected(const demo_attack *a, char *out, size_t size)
{
    bool same = a->frame.verdict == a->message.verdict && a->frame.reason == a->message.reason;
    if (a->checks & DEMO_MESSAGES)
        add_verdict(out, size, camseal_verdict_name(a->message.verdict),
                    reason_word(a->message.reason));
    if (a->checks & DEMO_FRAME)
        add_frame(out, size, camseal_verdict_name(a->frame.verdict), reason_word(a->frame.reason),
                  same);
    if (a->checks & DEMO_GAP)
        add_gap(out, size);
}

/* The refused message to show: one that is as expected, else any in the frame's entry. */
static const json_t *show_message(const hunt *h, const json_t *report)
{
    const json_t *frames = json_object_get(report, "frames"), *frame, *record;
    for (size_t at = 0; (frame = json_array_get(frames, at)); at++) {
        if (h->attack->checks & DEMO_UNREADABLE && number(frame, "frame_count") != h->frame_count)
            continue;
        const json_t *records = json_object_get(frame, "records");
        for (size_t i = 0; (record = json_array_get(records, i)); i++)
            if (is_it(h, record))
                return record;
    }
    return json_array_get(json_object_get(frame_entry_of(report, h->frame_count), "records"), 0);
}

static void describe_seen(const hunt *h, const json_t *report, bool gap, char *out, size_t size)
{
    const demo_attack *a = h->attack;
    const json_t *frame = frame_entry_of(report, h->frame_count);
    const json_t *message = a->checks & DEMO_MESSAGES ? show_message(h, report) : NULL;
    if (message)
        add_verdict(out, size, text(message, "verdict"), text(message, "reason"));
    if (a->checks & DEMO_FRAME && frame)
        add_frame(out, size, text(frame, "verdict"), text(frame, "reason"),
                  message && !strcmp(text(frame, "verdict"), text(message, "verdict")) &&
                      !strcmp(text(frame, "reason"), text(message, "reason")));
    if (a->checks & DEMO_GAP && gap)
        add_gap(out, size);
    if (!*out)
        add(out, size, "nothing");
}

/* Everything that the row asks for, of one thing that was done. */
static bool judge_entry(const hunt *h, const json_t *report, bool gap)
{
    const demo_attack *a = h->attack;
    const json_t *frame = frame_entry_of(report, h->frame_count);
    if (a->checks & DEMO_MESSAGES && refused(h, report) != h->last - h->first + 1)
        return false;
    if (a->checks & DEMO_FRAME && !(frame && has_verdict(frame, a->frame)))
        return false;
    if (a->checks & DEMO_MISSING && !exactly_missing(h, frame))
        return false;
    if (a->checks & DEMO_NEXT_FRAME) {
        const json_t *next = frame_entry_of(report, h->frame_count + 1);
        if (!next || !strcmp(text(next, "verdict"), "OK"))
            return false;
    }
    return !(a->checks & DEMO_GAP) || gap;
}

static void judge_data(demo_row *row, const demo_plan *plan, size_t i, const json_t *bridge,
                       const json_t *report)
{
    const demo_attack *a = plan->data[i];
    const json_t *entry = log_entry(bridge, plan->n_control + i, 0);
    row->attack = a->name;
    row->legal = a->checks == DEMO_FRAME && a->frame.verdict == CAMSEAL_VERDICT_OK;
    describe_expected(a, row->expected, sizeof row->expected);
    if (!entry) {
        snprintf(row->seen, sizeof row->seen, "the bridge did not do it");
        return;
    }
    hunt h = {a, entry, number(entry, "frame_count"), number(entry, "first_message"),
              number(entry, "last_message")};
    json_int_t lost = h.frame_count + (a->checks & DEMO_REPLACED ? 1 : 0);
    bool gap = gap_reported(report, lost);
    describe_seen(&h, report, gap, row->seen, sizeof row->seen);
    snprintf(row->where, sizeof row->where, "%u", (unsigned)lost);
    if (a->checks & DEMO_NEXT_FRAME)
        snprintf(row->where, sizeof row->where, "%u, %u", (unsigned)lost, (unsigned)lost + 1u);
    row->named = judge_entry(&h, report, gap);
}

static void judge_control(demo_row *row, const demo_plan *plan, size_t i, const json_t *bridge,
                          const json_t *report)
{
    const demo_control_attack *a = plan->control[i];
    const json_t *attempt = json_array_get(json_object_get(report, "authentication"), (size_t)i);
    const char *status = attempt ? text(attempt, "status") : "nothing";
    row->attack = a->name;
    row->control = true;
    snprintf(row->where, sizeof row->where, "try %zu", i + 1);
    for (size_t k = 0; k < 3 && a->statuses[k]; k++) {
        const char *name = camseal_status_name(a->statuses[k]);
        add(row->expected, sizeof row->expected, k ? " or " : "");
        add(row->expected, sizeof row->expected, name);
        row->named = row->named || !strcmp(status, name);
    }
    bool done = log_entry(bridge, i, 0) != NULL;
    snprintf(row->seen, sizeof row->seen, "%s", done ? status : "the bridge did not do it");
    row->named = row->named && done;
}

/* ---- frames that nobody harmed ---- */

/* Harmed frames: those that the plan expects to be bad or missing. Extra attacks (--break) are not
 * in the plan. */
static bool harmed(const demo_plan *plan, const json_t *bridge, json_int_t frame_count)
{
    for (size_t i = 0; i < plan->n_data; i++) {
        const demo_attack *a = plan->data[i];
        bool whole = a->checks & DEMO_FRAME && a->frame.verdict == CAMSEAL_VERDICT_OK;
        const json_t *entry = log_entry(bridge, plan->n_control + i, 0);
        if (!entry)
            continue;
        json_int_t at = number(entry, "frame_count");
        if (a->checks & DEMO_REPLACED ? frame_count == at + 1 : !whole && frame_count == at)
            return true;
        if (a->checks & DEMO_NEXT_FRAME && frame_count == at + 1)
            return true;
    }
    return false;
}

static void judge_untouched(demo_result *result, const demo_plan *plan, const json_t *bridge,
                            const json_t *report)
{
    for (json_int_t n = 1; n <= (json_int_t)plan->frames; n++) {
        if (harmed(plan, bridge, n))
            continue;
        const json_t *frame = frame_entry_of(report, n);
        result->untouched++;
        result->untouched_ok += frame && !strcmp(text(frame, "verdict"), "OK") &&
                                json_array_size(json_object_get(frame, "missing")) == 0;
    }
}

static void judge_rotations(demo_result *result, const json_t *report)
{
    const json_t *rotations = json_object_get(report, "rotations"), *rotation;
    for (size_t at = 0; (rotation = json_array_get(rotations, at)); at++) {
        result->rotations++;
        result->rotations_ok += !strcmp(text(rotation, "status"), "OK");
    }
}

void demo_judge(demo_result *result, const demo_plan *plan, const json_t *bridge,
                const json_t *report)
{
    memset(result, 0, sizeof *result);
    for (size_t i = 0; i < plan->n_control; i++)
        judge_control(&result->rows[result->n_rows++], plan, i, bridge, report);
    for (size_t i = 0; i < plan->n_data; i++)
        judge_data(&result->rows[result->n_rows++], plan, i, bridge, report);
    for (size_t i = 0; i < result->n_rows; i++)
        result->n_named += result->rows[i].named;
    judge_untouched(result, plan, bridge, report);
    judge_rotations(result, report);
    result->authenticated = json_is_true(json_object_get(report, "authenticated"));
    result->good = result->authenticated && result->n_named == result->n_rows &&
                   result->untouched_ok == result->untouched &&
                   result->rotations_ok == result->rotations;
}
