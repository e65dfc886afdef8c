/* VERSION (DSP0274 GET_VERSION, VERSION). */
#ifndef CAMSEAL_SPDM_MSG_VERSION_H
#define CAMSEAL_SPDM_MSG_VERSION_H

#include "msg.h"

enum { SPDM_VERSION_ENTRIES_MAX = 16 };

typedef struct spdm_version_rsp {
    camseal_span entries; /* u16 LE each: major, minor, update, alpha nibbles */
} spdm_version_rsp;

camseal_status camseal_spdm_read_version(camseal_reader *r, spdm_version_rsp *m);
void camseal_spdm_write_version(camseal_writer *w, const spdm_version_rsp *m);

/* Entry i as the header carries it (major.minor): 0x12 for 1.2.x. */
uint8_t camseal_spdm_version_entry(const spdm_version_rsp *m, size_t i);

#endif
