/* One field of one message of a flow gets an illegal value on its way, in clear or inside its
 * record: who refuses it, by which name, and what lives on. */
#ifndef CAMSEAL_TESTS_SPDM_FIELDS_H
#define CAMSEAL_TESTS_SPDM_FIELDS_H

#include "camseal/status.h"
#include "spdm/msg/msg.h"

/* What became of the session that the message was about. */
enum fields_session {
    FIELDS_NONE,      /* there was none: the connection is gone */
    FIELDS_CONNECTED, /* there was none, and the connection lives: GET_MEASUREMENTS outside     */
    FIELDS_DEAD,      /* the requester has wiped it             */
    FIELDS_ORPHANED,  /* the responder has closed it, the requester knows of an ERROR only */
    FIELDS_ALIVE      /* it carries requests as before          */
};

typedef struct field {
    uint8_t code; /* of the message, or of the one inside DELIVER_ENCAPSULATED_RESPONSE */
    const char *name;
    int at; /* where; from the end if negative; FIELDS_INNER + where: of the inner message */
    const char *hex;       /* the bytes there; "" none                                       */
    int tail;              /* bytes more, or fewer, at the end                               */
    camseal_status status; /* at the requester                                         */
    uint8_t error;         /* ErrorCode of the responder; 0: it refuses nothing        */
    uint8_t session;       /* enum fields_session                                      */
    const char *why;       /* part of what whoever refuses says; NULL: the field's codec does */
} field;

enum { FIELDS_INNER = 1000 };

/* An ERROR of the responder, as the requester sees it. */
#define REFUSED(error, session, why) CAMSEAL_E_PEER_ERROR, error, session, why
/* The responder accepts it, and the requester finds a transcript that is not its own. */
#define UNNOTICED(status, session) CAMSEAL_E_##status, 0, session, NULL
/* The requester refuses. */
#define REJECTED(status, session, why) CAMSEAL_E_##status, 0, session, why
/* Reserved, or free to be so. */
#define IGNORED CAMSEAL_OK, 0, FIELDS_ALIVE, NULL

/* The `nth` message of its code in this flow is changed, row by row. */
void fields_check(const char *flow, unsigned nth, const field *rows, size_t n);
#define FIELDS(flow, nth, ...)                                          \
    do {                                                                \
        static const field rows_[] = {__VA_ARGS__};                     \
        fields_check(flow, nth, rows_, sizeof rows_ / sizeof rows_[0]); \
    } while (0)

/* Fails the test when any row of this program was not as expected. */
void fields_assert_all(void **state);

#endif
