/* Inside of a link: link.c moves frames, link_greet.c holds the conversations besides messages,
 * link_bus.c plays the mailbox on a bus. */
#ifndef CAMSEAL_POSIX_LINK_STATE_H
#define CAMSEAL_POSIX_LINK_STATE_H

#include <sys/uio.h>

#include "link.h"
#include "link_codec.h"

/* LINK_QUEUE frames of a prefix and LINK_SPANS pieces fill one sendmsg() of 1,024 pieces, Linux's
 * limit. */
enum { LINK_QUEUE = 256, LINK_SPANS = 3, LINK_PIECES = LINK_QUEUE * (1 + LINK_SPANS) };

struct camseal_link {
    int fd;
    camseal_link_kind kind;
    char name[sizeof((camseal_endpoint *)0)->text];
    char error[sizeof((camseal_posix_error *)0)->text];
    camseal_link_hook hook;
    camseal_link_counts counts;

    uint8_t *buffer;
    size_t capacity, start, end; /* bytes received and not yet taken: [start, end) */
    link_codec codec;
    struct link_bus *bus; /* endpoints of kind I2C, else NULL */
    bool responder, shut_down;
    bool closed;           /* the peer sends no more */
    camseal_status broken; /* sticky: the stream lost its framing */

    uint8_t prefixes[LINK_QUEUE][LINK_PREFIX_MAX];
    struct iovec pieces[LINK_PIECES];
    size_t frames, first, last; /* queued frames; unsent pieces: [first, last) */
};

/* Leaves a sentence in camseal_link_error; returns `status`. */
camseal_status camseal_link_failed(camseal_link *link, camseal_status status, const char *text);
/* From now on nothing on this link can be read. */
camseal_status camseal_link_lost_framing(camseal_link *link, camseal_status status);
/* The next unit in the buffer, whatever it is. */
camseal_status camseal_link_next_unit(camseal_link *link, link_unit *unit);
/* Queues a unit: its payload is the spans, of unit->payload.len bytes together. Without spans it is
 * a discovery object at unit->payload, which is copied. */
camseal_status camseal_link_add_unit(camseal_link *link, const link_unit *unit,
                                     const camseal_span *spans, size_t n);
/* Waits until there is more to look at. TIMEOUT, PENDING as camseal_link_recv; CLOSED: the peer has
 * sent its last. */
camseal_status camseal_link_more(camseal_link *link, uint64_t deadline, int wake_fd);
/* A message of the caller goes out or comes in: counts it, and shows it to the hook. */
void camseal_link_count(camseal_link *link, bool sent, uint8_t type, const camseal_span *spans,
                        size_t n);
/* DSP0287: tells the peer why its bytes end this conversation, if that has a name. */
void camseal_link_refuse_unit(camseal_link *link, camseal_span bytes);
/* Answers a unit that is no message. */
camseal_status camseal_link_react(camseal_link *link, const link_unit *unit);

#endif
