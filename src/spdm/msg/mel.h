/* GET_MEASUREMENT_EXTENSION_LOG, MEASUREMENT_EXTENSION_LOG (1.3+), and the log of the DMTF in them.
 */
#ifndef CAMSEAL_SPDM_MSG_MEL_H
#define CAMSEAL_SPDM_MSG_MEL_H

#include "msg.h"

typedef struct spdm_get_mel {
    uint32_t offset;
    uint32_t length;
} spdm_get_mel;

typedef struct spdm_mel {
    uint32_t remainder;
    camseal_span portion;
} spdm_mel;

camseal_status camseal_spdm_read_get_mel(camseal_reader *r, spdm_get_mel *m);
void camseal_spdm_write_get_mel(camseal_writer *w, uint8_t version, const spdm_get_mel *m);
camseal_status camseal_spdm_read_mel(camseal_reader *r, spdm_mel *m);
/* Everything before the portion, of which only the length is looked at. */
void camseal_spdm_write_mel_head(camseal_writer *w, uint8_t version, const spdm_mel *m);
void camseal_spdm_write_mel(camseal_writer *w, uint8_t version, const spdm_mel *m);

/* ---- the whole log: a head, then entries ------------------------------------------------------
 */

enum { SPDM_MEL_HEAD_BYTES = 16 };

typedef struct spdm_log_head {
    uint32_t entries;
    uint32_t bytes; /* of all entries */
} spdm_log_head;

typedef struct spdm_log_entry {
    uint32_t index;
    uint8_t measurement; /* index of the measurement that it extends */
    uint8_t type;        /* enum spdm_measurement_type               */
    camseal_span value;
} spdm_log_entry;

/* Walks the whole log, which may be followed by newer bytes. */
camseal_status camseal_spdm_check_log(camseal_span log);
camseal_status camseal_spdm_read_log_head(camseal_reader *r, spdm_log_head *m);
void camseal_spdm_write_log_head(camseal_writer *w, const spdm_log_head *m);
camseal_status camseal_spdm_read_log_entry(camseal_reader *r, spdm_log_entry *m);
void camseal_spdm_write_log_entry(camseal_writer *w, const spdm_log_entry *m);

#endif
