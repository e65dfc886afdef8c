/* The small record in each embedded line (data type 0x12): what a sensor's status registers would
 * say.
 *
 * Bytes, little-endian: "CSER", version 1, line index, lines, data type, width u16, height u16,
 * frame u32; zeros up to EMBEDDED_BYTES. It belongs to this command, not to OP1. The ECU reads it
 * only out of verified messages.
 */
#ifndef CAMSEAL_TOOL_EMBEDDED_RECORD_H
#define CAMSEAL_TOOL_EMBEDDED_RECORD_H

#include "camseal/bytes.h"
#include "camseal/status.h"

#define EMBEDDED_BYTES 64u

typedef struct embedded_record {
    uint8_t line, lines;    /* this line's index, and how many the frame starts with */
    uint8_t dt;             /* CSI-2 data type of the image lines                     */
    uint16_t width, height; /* pixels */
    uint32_t frame;         /* the sensor's own frame number */
} embedded_record;

void embedded_encode(uint8_t out[EMBEDDED_BYTES], const embedded_record *record);
/* FORMAT for another magic, version, or numbers that contradict each other. */
CAMSEAL_NODISCARD camseal_status embedded_decode(embedded_record *out, camseal_span bytes);

#endif
