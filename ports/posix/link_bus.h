/* An I2C bus on a socket, and the CCI mailbox on that bus: links of endpoints of kind I2C.
 *
 * One bus transaction at a time: u32 LE length, then {address u8 (7 bits), bytes to read u16 LE,
 * bytes written}; the answer: u32 LE length, then {1 acknowledged or 0 not, bytes read}. A write
 * begins with a 16-bit register index, most significant byte first; what is read comes behind a
 * repeated start. The controller is who sends requests. Nothing of an adapter of the system. */
#ifndef CAMSEAL_POSIX_LINK_BUS_H
#define CAMSEAL_POSIX_LINK_BUS_H

#include "link.h"

enum {
    LINK_BUS_ADDRESS = 0x36, /* of cameras with one CCI target, 7 bits    */
    LINK_BUS_TRANSACTION_MAX = 256
};

typedef struct link_bus link_bus;

/* NULL without memory. */
link_bus *camseal_link_bus_new(bool target);
void camseal_link_bus_free(link_bus *bus); /* NULL is allowed */

/* As camseal_link_recv: a controller plays the exchange that send began, a target serves its
 * registers until there is a request. */
camseal_status camseal_link_bus_recv(camseal_link *link, camseal_link_frame *frame,
                                     uint64_t deadline, int wake_fd);
/* Takes a copy: a controller's next request, or a target's answer to the last one. */
camseal_status camseal_link_bus_send(camseal_link *link, uint8_t type, const camseal_span *spans,
                                     size_t n);

#endif
