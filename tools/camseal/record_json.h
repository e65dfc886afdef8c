/* The sink's findings as JSON: the same members in the reports of `ecu` and `verify`. */
#ifndef CAMSEAL_TOOL_RECORD_JSON_H
#define CAMSEAL_TOOL_RECORD_JSON_H

#include <jansson.h>

#include "frame_book.h"

json_t *record_message_json(const camseal_record *message);
json_t *record_event_json(const camseal_record *event);
/* With every listed message that was refused. */
json_t *record_frame_json(const frame_entry *entry);
json_t *record_verdicts_json(const uint64_t counts[CAMSEAL_VERDICT_COUNT]);
json_t *record_reasons_json(const frame_book_totals *totals);

#endif
