/* Framed links over stream sockets, non-blocking, many frames per system call.
 *
 * DATA carries CSI-2 packets, each after a u32 little-endian length that stands for start and end
 * of transmission. CONTROL carries SPDM messages and secured records in a framing of
 * camseal/transport.h: TCP (DSP0287) and DOE as they are; MCTP messages, which have no length of
 * their own, after a u32 little-endian length; any of them behind the header of the DMTF emulators.
 * A link knows frames, not their contents. Thread rule: one link, one thread at a time.
 *
 * Simple use:  camseal_link_recv (waits for one frame), camseal_link_send (waits until it is out).
 * Many frames: loop { camseal_link_fill; while camseal_link_next == OK use frame; } and
 *              camseal_link_put ... camseal_link_put, camseal_link_flush.
 */
#ifndef CAMSEAL_POSIX_LINK_H
#define CAMSEAL_POSIX_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "camseal/bytes.h"
#include "camseal/status.h"
#include "camseal/transport.h"
#include "endpoint.h"
#include "wait.h"

/* A CSI-2 long packet is at most 4 + 65535 + 2 bytes. */
#define CAMSEAL_LINK_PACKET_MAX 65541u

typedef enum camseal_link_kind { CAMSEAL_LINK_DATA = 1, CAMSEAL_LINK_CONTROL } camseal_link_kind;

typedef struct camseal_link camseal_link;

/* One received frame: DATA: the packet; CONTROL: the payload and its type (enum
 * camseal_message_kind, camseal_tcp_type). DOE: with up to 3 bytes of padding. `bytes` lies in the
 * link's buffer, may be written to (decryption in place), and stays valid until the next
 * camseal_link_fill, camseal_link_recv or close. */
typedef struct camseal_link_frame {
    camseal_mspan bytes;
    uint8_t type;
    bool end; /* camseal_link_recv only: the peer closed between two frames; no bytes */
} camseal_link_frame;

/* Sees every frame at this end, as it is queued for sending or taken by camseal_link_next; the
 * spans together are what a camseal_link_frame's bytes are. time_ns: nanoseconds since 1970. */
typedef struct camseal_link_hook {
    void (*frame)(void *user, bool sent, uint64_t time_ns, uint8_t type, const camseal_span *spans,
                  size_t n);
    void *user;
} camseal_link_hook;

/* Takes fd (also on failure: closes it) and makes it non-blocking. `name` (copied) goes into error
 * texts: the endpoint. `receive_bytes` is the size of the receive buffer, at least one largest
 * frame; 0 = 1 MiB for DATA, 128 KiB for CONTROL. `max_frame`: longest frame accepted; 0 =
 * CAMSEAL_LINK_PACKET_MAX or 65533 bytes of control payload. */
CAMSEAL_NODISCARD camseal_status camseal_link_open(camseal_link **out, int fd,
                                                   camseal_link_kind kind, const char *name,
                                                   size_t receive_bytes, size_t max_frame);

/* A control link in another framing, at either end. */
typedef struct camseal_link_control {
    const camseal_framing *framing; /* borrowed; NULL: TCP                                        */
    bool emulator;                  /* in the DMTF emulators' envelope: endpoints of kind EMU     */
    bool responder;                 /* this end answers: emulator commands, DOE discovery         */
    bool bus; /* the CCI mailbox on an I2C bus: endpoints of kind I2C; no framing; records as MCTP.
               * Only camseal_link_recv and camseal_link_send are for such links */
} camseal_link_control;
/* As camseal_link_open. max_frame 0: 65533 bytes, with emulators what they take. */
CAMSEAL_NODISCARD camseal_status camseal_link_open_control(camseal_link **out, int fd,
                                                           const camseal_link_control *control,
                                                           const char *name, size_t receive_bytes,
                                                           size_t max_frame);
void camseal_link_close(camseal_link *link);                                   /* NULL is allowed */
void camseal_link_set_hook(camseal_link *link, const camseal_link_hook *hook); /* copied */
int camseal_link_fd(const camseal_link *link);
/* After a negative status: which link, what is wrong. Never NULL. */
const char *camseal_link_error(const camseal_link *link);
/* Totals since open: frames and bytes, framing not counted. */
typedef struct camseal_link_counts {
    uint64_t frames_in, bytes_in, frames_out, bytes_out;
} camseal_link_counts;
camseal_link_counts camseal_link_totals(const camseal_link *link);

/* ---- beginning and end of a conversation with an emulator --------------------------------------
 */

/* The requester's first exchanges: hello and, over DOE, discovery (UNSUPPORTED when the peer lists
 * no SPDM). Nothing to do on links without emulator. Status as camseal_link_recv. */
CAMSEAL_NODISCARD camseal_status camseal_link_greet(camseal_link *link, uint64_t timeout_us,
                                                    int wake_fd);
/* The requester's last exchange: the responder is to end, or to take its next peer. */
CAMSEAL_NODISCARD camseal_status camseal_link_part(camseal_link *link, bool shut_down,
                                                   uint64_t timeout_us, int wake_fd);
/* Responder: the peer asked us to end. */
bool camseal_link_shut_down(const camseal_link *link);

/* ---- without waiting ------------------------------------------------------------------------- */

/* Reads what is there. OK: something came, or the peer closed (ask camseal_link_ended once next
 * says PENDING); PENDING: nothing there; IO. Invalidates earlier frames. */
CAMSEAL_NODISCARD camseal_status camseal_link_fill(camseal_link *link);
/* The next whole frame in the buffer; a responder's link answers what is no message by itself.
 * PENDING: fill first; CLOSED: the peer closed in the middle of
 * a frame; FORMAT: this is not such a stream (length beyond max_frame or zero, wrong version), and
 * stays so. */
CAMSEAL_NODISCARD camseal_status camseal_link_next(camseal_link *link, camseal_link_frame *frame);
/* The peer closed, and everything that it sent has been taken. */
bool camseal_link_ended(const camseal_link *link);

/* Queues a frame whose bytes are the spans together (at most 3; 0 bytes only for CONTROL). The
 * memory is borrowed until camseal_link_flush returned OK. SPACE: the queue (256 frames) is full:
 * flush first. ARGUMENT: too long. */
CAMSEAL_NODISCARD camseal_status camseal_link_put(camseal_link *link, uint8_t type,
                                                  const camseal_span *spans, size_t n);
/* Sends what the socket takes. OK: all is out; PENDING: wait until it is writable; CLOSED or IO:
 * the peer is gone. */
CAMSEAL_NODISCARD camseal_status camseal_link_flush(camseal_link *link);
bool camseal_link_unsent(const camseal_link *link);

/* ---- waiting --------------------------------------------------------------------------------- */

/* Waits for a frame. OK: *frame (frame->end when the peer closed properly); PENDING: wake_fd became
 * readable; TIMEOUT: nothing within timeout_us (UINT64_MAX: wait for ever). */
CAMSEAL_NODISCARD camseal_status camseal_link_recv(camseal_link *link, camseal_link_frame *frame,
                                                   uint64_t timeout_us, int wake_fd);
/* Flushes to the end; status as above. */
CAMSEAL_NODISCARD camseal_status camseal_link_drain(camseal_link *link, uint64_t timeout_us,
                                                    int wake_fd);
/* Puts one frame and drains. */
CAMSEAL_NODISCARD camseal_status camseal_link_send(camseal_link *link, uint8_t type,
                                                   const camseal_span *spans, size_t n,
                                                   uint64_t timeout_us, int wake_fd);

#endif
