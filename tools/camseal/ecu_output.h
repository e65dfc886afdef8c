/* The ECU's pictures: what it accepted, and where tampering was found. Knows files and frame
 * entries, no links. */
#ifndef CAMSEAL_TOOL_ECU_OUTPUT_H
#define CAMSEAL_TOOL_ECU_OUTPUT_H

#include "frame_book.h"
#include "overview.h"

typedef struct ecu_output {
    const char *folder;    /* NULL: no pictures */
    uint64_t save_every;   /* also write every n-th good frame; 0: only the last good one */
    uint64_t marks_max;    /* pictures of tampered frames */
    uint64_t good, marks;  /* counted */
    bool spoilt;           /* a frame had something wrong */
    assembly accepted;     /* the newest good frame */
    overview overview;     /* of all frames */
    camseal_status status; /* the first failure; later pictures are not tried */
    char error[600];
} ecu_output;

/* Makes the folder if need be. FILE: output->error says why. */
CAMSEAL_NODISCARD camseal_status ecu_output_init(ecu_output *output, const char *folder,
                                                 uint64_t save_every, uint64_t marks_max);
/* Takes the picture of a closed frame (entry->picture may be exchanged for another object). */
void ecu_output_frame(ecu_output *output, const frame_entry *entry, bool good);
/* Writes accepted.png and, for RAW, accepted-mosaic.png; tampering.png when anything was wrong. */
CAMSEAL_NODISCARD camseal_status ecu_output_finish(ecu_output *output);
void ecu_output_free(ecu_output *output);

#endif
