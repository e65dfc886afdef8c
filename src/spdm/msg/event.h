/* SUPPORTED_EVENT_TYPES, SUBSCRIBE_EVENT_TYPES and SEND_EVENT (1.3+). GET_SUPPORTED_EVENT_TYPES and
 * both acknowledgements are bare headers. */
#ifndef CAMSEAL_SPDM_MSG_EVENT_H
#define CAMSEAL_SPDM_MSG_EVENT_H

#include "svh.h"

enum { SPDM_EVENTS_MAX = 256 /* our limit for one SEND_EVENT */ };

/* Both messages that list event groups. SUBSCRIBE of no group ends all subscriptions. */
typedef struct spdm_event_types {
    uint8_t groups;
    camseal_span list; /* empty exactly when there are no groups */
} spdm_event_types;

typedef struct spdm_send_event {
    uint32_t count;
    camseal_span events; /* so many; their instance ids are consecutive, in any order */
} spdm_send_event;

/* EventTypeID of the DMTF. */
enum spdm_event_type {
    SPDM_EVENT_LOST = 1,
    SPDM_EVENT_MEASUREMENT_CHANGED = 2,
    SPDM_EVENT_MEASUREMENT_PRE_UPDATE = 3,
    SPDM_EVENT_CERTIFICATE_CHANGED = 4
};

typedef struct spdm_event {
    uint32_t instance;
    spdm_svh from;
    uint16_t type;       /* if from the DMTF: enum spdm_event_type */
    camseal_span detail; /* of the length that a DMTF type has     */
} spdm_event;

typedef struct spdm_event_group {
    spdm_svh from;
    uint16_t version;
    uint32_t attributes; /* SPDM_EVENT_GROUP_ALL */
    camseal_span types;  /* four bytes each: u16 LE EventTypeID, reserved */
} spdm_event_group;

enum { SPDM_EVENT_GROUP_ALL = 0x01 };

camseal_status camseal_spdm_read_supported_event_types(camseal_reader *r, spdm_event_types *m);
void camseal_spdm_write_supported_event_types(camseal_writer *w, uint8_t version,
                                              const spdm_event_types *m);
camseal_status camseal_spdm_read_subscribe_event_types(camseal_reader *r, spdm_event_types *m);
void camseal_spdm_write_subscribe_event_types(camseal_writer *w, uint8_t version,
                                              const spdm_event_types *m);
camseal_status camseal_spdm_read_send_event(camseal_reader *r, spdm_send_event *m);
void camseal_spdm_write_send_event(camseal_writer *w, uint8_t version, const spdm_send_event *m);

/* One event of spdm_send_event.events. */
camseal_status camseal_spdm_read_event(camseal_reader *r, spdm_event *m);
void camseal_spdm_write_event(camseal_writer *w, const spdm_event *m);

/* Walks all groups: the list is well-formed, from its first to its last byte. */
camseal_status camseal_spdm_check_event_groups(const spdm_event_types *m);
camseal_status camseal_spdm_read_event_group(camseal_reader *r, spdm_event_group *m);
void camseal_spdm_write_event_group(camseal_writer *w, const spdm_event_group *m);

#endif
