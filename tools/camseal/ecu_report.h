/* The ECU's report file: JSON, one entry a frame, written as the frames close so that memory stays
 * bounded.
 *
 * Knows the JSON; what the summary at its end says comes from ecu_summary.
 */
#ifndef CAMSEAL_TOOL_ECU_REPORT_H
#define CAMSEAL_TOOL_ECU_REPORT_H

#include <jansson.h>

#include "ecu_control.h"
#include "frame_book.h"
#include "outfile.h"

enum { ECU_REPORT_EVENTS_MAX = 10000 };

typedef struct ecu_report {
    outfile file;
    bool open, any_frame;
    json_t *attempts; /* authentication */
    json_t *rotations;
    json_t *events;
    json_t *unattached; /* bad messages that no frame followed */
    uint64_t events_unlisted;
} ecu_report;

/* `path` NULL: nothing is written, the rest is still collected. FILE status: report->file.error
 * says why. */
CAMSEAL_NODISCARD camseal_status ecu_report_open(ecu_report *report, const char *path);
void ecu_report_frame(ecu_report *report, const frame_entry *entry);
void ecu_report_event(ecu_report *report, const camseal_record *event);
/* An operation on the control link; `list` is report->attempts or report->rotations. */
void ecu_report_operation(json_t *list, const ecu_operation *operation);
/* Ends the file with the members of `summary` (borrowed) and gives it its name. */
CAMSEAL_NODISCARD camseal_status ecu_report_commit(ecu_report *report, json_t *summary);
void ecu_report_free(ecu_report *report);

#endif
