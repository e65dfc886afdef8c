/* The socket framing of the DMTF emulators (spdm_requester_emu, spdm_responder_emu): a 12-byte
 * header before each transport message, and a few commands besides the messages. Pure bytes; link.h
 * uses it. */
#ifndef CAMSEAL_POSIX_EMU_H
#define CAMSEAL_POSIX_EMU_H

#include "camseal/transport.h"

enum {
    CAMSEAL_EMU_HEADER_BYTES = 12,
    CAMSEAL_EMU_PAYLOAD_MAX = 0x1200 + 128 /* the emulators' buffer: longer ends the connection */
};

enum camseal_emu_command {
    CAMSEAL_EMU_NORMAL = 0x0001,        /* a transport message                                  */
    CAMSEAL_EMU_TEST = 0xDEAD,          /* the first exchange: hello                            */
    CAMSEAL_EMU_KEY_UPDATE = 0x8001,    /* asks the responder to want a key update         */
    CAMSEAL_EMU_ENDPOINT_INFO = 0x8002, /* asks it to want endpoint information            */
    CAMSEAL_EMU_CONTINUE = 0xFFFD,      /* the last exchange: the responder takes the next peer */
    CAMSEAL_EMU_SHUTDOWN = 0xFFFE,      /* or this one: it ends                                 */
    CAMSEAL_EMU_UNKNOWN = 0xFFFF        /* the answer to any other command                      */
};

typedef struct camseal_emu_frame {
    uint32_t command;
    camseal_span payload;
    size_t bytes; /* the whole frame */
} camseal_emu_frame;

/* The number that the emulators give to this framing's transport. */
uint32_t camseal_emu_transport(const camseal_framing *framing);
/* ARGUMENT for a payload that the emulators would not take. */
CAMSEAL_NODISCARD camseal_status camseal_emu_header(uint8_t out[CAMSEAL_EMU_HEADER_BYTES],
                                                    uint32_t command, uint32_t transport,
                                                    size_t payload_bytes);
/* PENDING: more bytes are needed; FORMAT: another transport, or too long a payload. */
CAMSEAL_NODISCARD camseal_status camseal_emu_parse(camseal_span bytes, uint32_t transport,
                                                   camseal_emu_frame *frame);

/* What the requester says first, and what the responder answers: 14 bytes, with the NUL. */
camseal_span camseal_emu_hello(bool responder);

/* The responder's reaction to a command other than NORMAL. */
typedef struct camseal_emu_reaction {
    uint32_t command; /* of the answer */
    camseal_span payload;
    bool ends; /* this connection is over after the answer */
} camseal_emu_reaction;
camseal_emu_reaction camseal_emu_react(uint32_t command);

#endif
