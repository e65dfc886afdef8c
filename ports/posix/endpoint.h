/* Places where links meet: `unix:PATH` and `tcp:HOST:PORT` (HOST may be in brackets:
 * tcp:[::1]:4000); for control links also `emu:HOST:PORT`, the socket of a DMTF emulator, and
 * `i2c:PATH`, an I2C bus on a Unix socket.
 *
 * Knows sockets; does not know what flows through them. Every failure leaves one sentence in an
 * error buffer: which endpoint, what is wrong, what to do. Only loopback hosts are accepted unless
 * the caller says otherwise. `wake_fd` (-1: none) ends a wait early, with status PENDING, as soon
 * as it is readable: for Ctrl-C. Thread rule: one object, one thread at a time.
 */
#ifndef CAMSEAL_POSIX_ENDPOINT_H
#define CAMSEAL_POSIX_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "camseal/attributes.h"
#include "camseal/status.h"

typedef struct camseal_posix_error {
    char text[512];
} camseal_posix_error;

typedef enum camseal_endpoint_kind {
    CAMSEAL_ENDPOINT_UNIX = 1,
    CAMSEAL_ENDPOINT_TCP,
    CAMSEAL_ENDPOINT_I2C,  /* camseal_endpoint_parse_control only; no adapters (/dev) yet */
    CAMSEAL_ENDPOINT_FILE, /* recognised, not implemented yet: UNSUPPORTED */
    CAMSEAL_ENDPOINT_EMU   /* camseal_endpoint_parse_control only */
} camseal_endpoint_kind;

typedef struct camseal_endpoint {
    camseal_endpoint_kind kind;
    char text[300]; /* as written, for messages                       */
    char path[108]; /* unix, i2c: a socket's path is at most 107 bytes     */
    char host[256]; /* tcp, emu */
    char port[6];   /* tcp: decimal; "0" lets the system choose       */
} camseal_endpoint;

/* ARGUMENT for a text that is no endpoint; UNSUPPORTED for i2c: and file:; POLICY for a TCP host
 * that is not loopback (localhost, 127.x.y.z, ::1) while allow_remote is false. */
CAMSEAL_NODISCARD camseal_status camseal_endpoint_parse(camseal_endpoint *out, const char *text,
                                                        bool allow_remote,
                                                        camseal_posix_error *error);

/* The same, and emu:HOST:PORT and i2c:PATH: for callers that open the link as the endpoint's kind
 * demands. */
CAMSEAL_NODISCARD camseal_status camseal_endpoint_parse_control(camseal_endpoint *out,
                                                                const char *text, bool allow_remote,
                                                                camseal_posix_error *error);

typedef struct camseal_listener {
    int fd;                    /* for poll(): readable when somebody connects; -1 when closed */
    camseal_endpoint endpoint; /* for tcp with port 0: the port that was chosen */
    /* unix: our own socket file, which close removes; inode numbers alone are reused */
    dev_t device;
    ino_t inode;
    struct timespec made;
} camseal_listener;

/* A stale socket file (nobody listens) is replaced; one in use, or a file that is no socket, is
 * refused with CONNECT. */
CAMSEAL_NODISCARD camseal_status camseal_listener_open(camseal_listener *out,
                                                       const camseal_endpoint *endpoint,
                                                       camseal_posix_error *error);
/* Waits for one connection. *fd is non-blocking and closed on exec; the caller closes it
 * (camseal_link_open takes it). TIMEOUT after timeout_us (UINT64_MAX: never); PENDING when wake_fd
 * became readable. */
CAMSEAL_NODISCARD camseal_status camseal_listener_accept(camseal_listener *listener, int *fd,
                                                         uint64_t timeout_us, int wake_fd,
                                                         camseal_posix_error *error);
/* Also removes the socket file, if it is still the one that was made here. Idempotent. */
void camseal_listener_close(camseal_listener *listener);

/* Connects; while nobody is there it tries again until timeout_us has passed (0: one try), then
 * CONNECT. PENDING when wake_fd became readable. *fd as above. */
CAMSEAL_NODISCARD camseal_status camseal_endpoint_connect(int *fd, const camseal_endpoint *endpoint,
                                                          uint64_t timeout_us, int wake_fd,
                                                          camseal_posix_error *error);

#endif
