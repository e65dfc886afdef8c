#include "record_json.h"

#include "reason_word.h"

json_t *record_message_json(const camseal_record *m)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:I, s:I, s:I}", "kind", "message",
                     "verdict", camseal_verdict_name(m->verdict), "reason", reason_word(m->reason),
                     "frame_count", (json_int_t)m->frame_count, "message_count",
                     (json_int_t)m->message_count, "evc", (int)m->evc, "edt", (int)m->edt, "a",
                     (json_int_t)m->a, "b", (json_int_t)m->b, "packet", (json_int_t)m->cookie);
}

static json_t *missing_json(const frame_entry *entry)
{
    json_t *list = json_array();
    for (size_t i = 0; i < entry->n_missing; i++)
        json_array_append_new(
            list, json_pack("{s:I, s:I}", "first", (json_int_t)entry->missing[i].first, "last",
                            (json_int_t)entry->missing[i].last));
    return list;
}

json_t *record_frame_json(const frame_entry *entry)
{
    const camseal_record *f = &entry->frame;
    json_t *records = json_array();
    for (size_t i = 0; i < entry->n_bad; i++)
        json_array_append_new(records, record_message_json(&entry->bad[i]));
    return json_pack(
        "{s:I, s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:o, s:I, s:I}",
        "frame_count", (json_int_t)f->frame_count, "verdict", camseal_verdict_name(f->verdict),
        "reason", reason_word(f->reason), "safety", camseal_verdict_name(f->safety), "evc",
        (int)f->evc, "sensor_frame", (json_int_t)entry->sensor_frame, "messages",
        (json_int_t)f->messages, "rejected", (json_int_t)f->rejected, "covered_bytes",
        (json_int_t)f->covered_bytes, "total_bytes", (json_int_t)f->total_bytes, "a",
        (json_int_t)f->a, "b", (json_int_t)f->b, "missing", missing_json(entry), "missing_unlisted",
        (json_int_t)entry->missing_unlisted, "records", records, "records_unlisted",
        (json_int_t)entry->bad_unlisted, "unplaced", (json_int_t)entry->unplaced);
}

json_t *record_event_json(const camseal_record *event)
{
    return json_pack("{s:s, s:s, s:i, s:I, s:I, s:I}", "kind", "event", "reason",
                     reason_word(event->reason), "evc", (int)event->evc, "a", (json_int_t)event->a,
                     "b", (json_int_t)event->b, "packet", (json_int_t)event->cookie);
}

json_t *record_verdicts_json(const uint64_t counts[CAMSEAL_VERDICT_COUNT])
{
    json_t *object = json_object();
    for (unsigned v = 0; v < CAMSEAL_VERDICT_COUNT; v++)
        json_object_set_new(object, camseal_verdict_name(v), json_integer((json_int_t)counts[v]));
    return object;
}

json_t *record_reasons_json(const frame_book_totals *t)
{
    json_t *object = json_object();
    for (unsigned r = 1; r < CAMSEAL_REASON_COUNT; r++)
        if (t->reasons[r])
            json_object_set_new(object, reason_word(r), json_integer((json_int_t)t->reasons[r]));
    return object;
}
