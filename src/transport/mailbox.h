/* What both sides of the CCI mailbox share: commands, status bits, the frame (OP1 section 8). */
#ifndef CAMSEAL_TRANSPORT_MAILBOX_H
#define CAMSEAL_TRANSPORT_MAILBOX_H

#include "camseal/transport.h"

enum {
    MAILBOX_PAGE_BYTES = 64,
    MAILBOX_PAGES = 256,
    MAILBOX_FRAME_HEADER = 4,
    MAILBOX_FRAME_CRC = 4,
    MAILBOX_BURST_LEAD = 2, /* PAGE and the reserved register before the window */
    MAILBOX_FRAME_MAX = MAILBOX_PAGES * MAILBOX_PAGE_BYTES,
};

/* Values of the control register: eight bits apart, so that noise does not turn one into the other.
 */
enum { MAILBOX_SUBMIT = 0x5A, MAILBOX_RESET = 0xA5 };

/* The status register: exactly one of READY and BUSY is 1, bit 3 is 0; bits 7:4 are the reason why
 * the last command was refused. A bus without a target reads FF or 00: no legal status. */
enum {
    MAILBOX_READY = 0x01,
    MAILBOX_BUSY = 0x02,
    MAILBOX_RESPONSE = 0x04,
    MAILBOX_RESERVED = 0x08,
    MAILBOX_REASON_SHIFT = 4
};
enum mailbox_reason {
    MAILBOX_FINE = 0,
    MAILBOX_BAD_CRC = 1,
    MAILBOX_BAD_LENGTH = 2, /* an empty request, or longer than the inbox */
    MAILBOX_BAD_TYPE = 3,
    MAILBOX_BAD_COMMAND = 4
};

typedef struct mailbox_header {
    uint8_t type; /* 0 SPDM, 1 secured */
    uint8_t sequence;
    uint16_t length; /* of the message */
} mailbox_header;

/* The type of a kind; 0xFF for a kind without one. */
uint8_t camseal_priv_mailbox_type(uint8_t kind);
void camseal_priv_mailbox_write_header(uint8_t out[4], const mailbox_header *h);
mailbox_header camseal_priv_mailbox_read_header(const uint8_t in[4]);
uint32_t camseal_priv_mailbox_crc(const uint8_t header[4], camseal_span message);
/* The frame at the start of `bytes`: FINE, or the reason to refuse it. */
enum mailbox_reason camseal_priv_mailbox_parse(camseal_span bytes, mailbox_header *h,
                                               camseal_span *message);
/* CAMSEAL_MESSAGE_SPDM or _SECURED of a type that parse passed. */
uint8_t camseal_priv_mailbox_kind(uint8_t type);

#endif
