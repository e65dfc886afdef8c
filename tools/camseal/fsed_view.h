/* FSH, TBT and FTG (open-profile §6) as somebody without keys sees them: fields and checksum. For
 * `inspect`; judges nothing. */
#ifndef CAMSEAL_TOOL_FSED_VIEW_H
#define CAMSEAL_TOOL_FSED_VIEW_H

#include "packet_view.h"

enum { FSED_FIELDS_MAX = 24 };

typedef struct fsed_field {
    const char *name;
    uint64_t value;
} fsed_field;

typedef struct fsed_view {
    const char *name; /* "FSH", "TBT", "FTG"; NULL: none of them */
    fsed_field fields[FSED_FIELDS_MAX];
    size_t n;
    const uint8_t *digest; /* FSH: eight bytes */
    camseal_span tag;
    bool in_line; /* carried as an embedded line, told by its content alone */
    sep_crc crc;
} fsed_view;

/* Of a long packet that fits. An embedded line (0x12) is one of the three when version, type,
 * CRC-32 and the zeros after it say so. */
fsed_view fsed_view_of(const packet_view *packet);

#endif
