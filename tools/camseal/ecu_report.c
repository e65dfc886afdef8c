#include "ecu_report.h"

#include "record_json.h"

camseal_status ecu_report_open(ecu_report *report, const char *path)
{
    *report = (ecu_report){.attempts = json_array(),
                           .rotations = json_array(),
                           .events = json_array(),
                           .unattached = json_array()};
    if (!path)
        return CAMSEAL_OK;
    camseal_status status = outfile_open(&report->file, path, false);
    report->open = status == CAMSEAL_OK;
    if (report->open)
        fputs("{\n\"frames\": [", report->file.stream);
    return status;
}

void ecu_report_frame(ecu_report *report, const frame_entry *entry)
{
    if (entry->frame.kind != CAMSEAL_RECORD_FRAME) {
        for (size_t i = 0; i < entry->n_bad; i++)
            json_array_append_new(report->unattached, record_message_json(&entry->bad[i]));
        return;
    }
    json_t *frame = record_frame_json(entry);
    if (report->open && frame) {
        fputs(report->any_frame ? ",\n" : "\n", report->file.stream);
        json_dumpf(frame, report->file.stream, JSON_COMPACT);
        report->any_frame = true;
    }
    json_decref(frame);
}

void ecu_report_event(ecu_report *report, const camseal_record *event)
{
    if (json_array_size(report->events) >= ECU_REPORT_EVENTS_MAX) {
        report->events_unlisted++;
        return;
    }
    json_array_append_new(report->events, record_event_json(event));
}

void ecu_report_operation(json_t *list, const ecu_operation *operation)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < operation->n_steps; i++) {
        const ecu_step *step = &operation->steps[i];
        json_array_append_new(steps, json_pack("{s:s, s:s, s:s, s:I}", "step", step->name, "status",
                                               camseal_status_name(step->status), "detail",
                                               step->detail, "us", (json_int_t)step->us));
    }
    const ecu_step *last = operation->n_steps ? &operation->steps[operation->n_steps - 1] : NULL;
    json_array_append_new(
        list, json_pack("{s:i, s:s, s:s, s:s, s:I, s:o}", "attempt", (int)json_array_size(list) + 1,
                        "status", camseal_status_name(operation->status), "message",
                        last ? last->name : "", "detail",
                        last && operation->status < 0 ? last->detail : "", "us",
                        (json_int_t)operation->us, "steps", steps));
}

camseal_status ecu_report_commit(ecu_report *report, json_t *summary)
{
    if (!report->open)
        return CAMSEAL_OK;
    report->open = false;
    FILE *out = report->file.stream;
    fputs("\n]", out);
    const char *key;
    json_t *value;
    json_object_foreach(summary, key, value)
    {
        fprintf(out, ",\n\"%s\": ", key);
        json_dumpf(value, out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6) | JSON_COMPACT);
    }
    fputs("\n}\n", out);
    return outfile_commit(&report->file);
}

void ecu_report_free(ecu_report *report)
{
    if (report->open)
        outfile_abort(&report->file);
    json_decref(report->attempts);
    json_decref(report->rotations);
    json_decref(report->events);
    json_decref(report->unattached);
    *report = (ecu_report){0};
}
