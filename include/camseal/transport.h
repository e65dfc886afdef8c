/* SPDM transports: bytes of a link to whole messages and back. Nothing here knows the contents of a
 * message or owns a link: the caller reads and writes. Thread rule: one object, one thread at a
 * time; the framings are pure. */
#ifndef CAMSEAL_TRANSPORT_H
#define CAMSEAL_TRANSPORT_H

#include <stdbool.h>

#include "camseal/bytes.h"
#include "camseal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- framings: one shape for all bindings ---------------------------------------------------- */

/* What a frame carries. Other values: enum camseal_tcp_type, TCP only. */
enum camseal_message_kind {
    CAMSEAL_MESSAGE_DISCOVERY = 0x00, /* PCI DOE only */
    CAMSEAL_MESSAGE_SPDM = 0x05,
    CAMSEAL_MESSAGE_SECURED = 0x06
};

typedef struct camseal_frame {
    uint8_t kind;         /* enum camseal_message_kind                                  */
    camseal_span payload; /* within the parsed bytes; DOE: with up to 3 bytes of padding */
    size_t bytes;         /* the whole frame                                            */
} camseal_frame;

/* The caller picks the camseal_spdm_binding of the same name to go with it. */
typedef struct camseal_framing {
    const char *name;     /* "tcp", "mctp", "doe", "none"                          */
    bool stream;          /* finds its frames in a stream; else the link below must */
    uint8_t header_bytes; /* before each payload, at most 8                        */
    uint8_t trailer_max;  /* zeros after a payload                                 */
    uint32_t payload_max; /* bytes                                                 */
    /* Writes header_bytes bytes and says how many zeros follow the payload. ARGUMENT for a kind or
     * length that the binding does not have. */
    camseal_status (*header)(uint8_t *out, size_t *trailer_bytes, uint8_t kind,
                             size_t payload_bytes);
    /* Looks at the start of a stream, or at exactly one message. OK: *frame is valid. PENDING
     * (streams only): more bytes are needed; frame->bytes is their number from the start once
     * known, else 0. TRUNCATED, FORMAT, VERSION or UNSUPPORTED: no such frame; SPACE: its payload
     * is longer than max_payload. */
    camseal_status (*parse)(camseal_span bytes, size_t max_payload, camseal_frame *frame);
} camseal_framing;

#define CAMSEAL_FRAMING_HEADER_MAX 8u
CAMSEAL_API extern const camseal_framing camseal_framing_tcp;  /* DSP0287                         */
CAMSEAL_API extern const camseal_framing camseal_framing_mctp; /* DSP0275, DSP0276: the type byte */
CAMSEAL_API extern const camseal_framing camseal_framing_none; /* bare messages, no sessions      */
CAMSEAL_API extern const camseal_framing camseal_framing_doe;  /* PCI DOE data objects            */

/* ---- TCP binding (DSP0287) ------------------------------------------------------------------ */

#define CAMSEAL_TCP_HEADER_BYTES 4u
enum camseal_tcp_type {
    CAMSEAL_TCP_SPDM = 0x05,
    CAMSEAL_TCP_SECURED = 0x06,
    CAMSEAL_TCP_ROLE_INQUIRY = 0xBF,
    CAMSEAL_TCP_ERROR_TOO_LARGE = 0xC0,
    CAMSEAL_TCP_ERROR_NOT_SUPPORTED = 0xC1,
    CAMSEAL_TCP_ERROR_NOT_REQUESTER = 0xC2,
    CAMSEAL_TCP_ERROR_NOT_RESPONDER = 0xC3
};

/* Writes the header for a message of payload_len bytes. ARGUMENT if it does not fit 16 bits. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_tcp_header(uint8_t out[4], uint8_t type,
                                                                size_t payload_len);

/* Looks at the start of what was received. OK: *frame_len bytes are one frame and *payload its
 * content; PENDING: more bytes are needed (at least *frame_len - bytes.len, when *frame_len is not
 * 0); FORMAT or VERSION: this is not a DSP0287 stream; SPACE: longer than max_payload. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_tcp_parse(camseal_span bytes,
                                                               size_t max_payload, uint8_t *type,
                                                               camseal_span *payload,
                                                               size_t *frame_len);

/* ---- PCI DOE discovery ----------------------------------------------------------------------- */

#define CAMSEAL_DOE_DISCOVERY_BYTES 4u

/* The answer to a discovery request: what is at its index. The list is discovery, SPDM, secured
 * SPDM; an index beyond it gives vendor 0xFFFF. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_doe_answer(uint8_t out[4],
                                                                camseal_span request);

/* A requester's walk through the peer's list; starts all zero. */
typedef struct camseal_doe_walk {
    uint8_t index;
    uint8_t found; /* bit n: data object type n of vendor 1 is there */
} camseal_doe_walk;
CAMSEAL_API void camseal_doe_request(const camseal_doe_walk *walk, uint8_t out[4]);
/* PENDING: ask again; OK: the list is over and has SPDM and secured SPDM; UNSUPPORTED: it has not;
 * FORMAT, TRUNCATED, TRAILING: no such list. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_doe_take(camseal_doe_walk *walk,
                                                              camseal_span response);

/* ---- CCI mailbox (OP1 section 8) ------------------------------------------------------------- */

/* Register indices; a window of 64 bytes shows one page of a frame. Writes go to the request, reads
 * come from the response. docs/transports.md states the handshake. */
enum camseal_mailbox_register {
    CAMSEAL_MAILBOX_CONTROL = 0x0A00,
    CAMSEAL_MAILBOX_STATUS = 0x0A01,
    CAMSEAL_MAILBOX_PAGE = 0x0A02,
    CAMSEAL_MAILBOX_WINDOW = 0x0A04,
    CAMSEAL_MAILBOX_END = 0x0A44 /* first index behind it */
};
#define CAMSEAL_MAILBOX_OVERHEAD    8u     /* frame header and CRC-32C         */
#define CAMSEAL_MAILBOX_MESSAGE_MAX 16376u /* 256 pages of 64 bytes, less that */

/* The target's side: a register file. `inbox` and `outbox` are memory of the caller for one frame
 * each way: longest message + CAMSEAL_MAILBOX_OVERHEAD bytes. The fields are private. */
typedef struct camseal_mailbox_target {
    camseal_mspan inbox, outbox;
    size_t outbox_bytes;
    uint32_t ticket;
    uint8_t state, reason, page, sequence;
    bool sequence_known;
} camseal_mailbox_target;

typedef struct camseal_mailbox_request {
    uint8_t kind;         /* CAMSEAL_MESSAGE_SPDM or _SECURED */
    camseal_span message; /* in the inbox; valid until the next register write */
    uint32_t ticket;      /* names the request */
} camseal_mailbox_request;

CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_mailbox_target_init(camseal_mailbox_target *t,
                                                                         camseal_mspan inbox,
                                                                         camseal_mspan outbox);
/* One bus write or read, from `index` on. Bytes outside the mailbox are ignored, and read as 0. */
CAMSEAL_API void camseal_mailbox_target_write(camseal_mailbox_target *t, uint16_t index,
                                              camseal_span bytes);
CAMSEAL_API void camseal_mailbox_target_read(const camseal_mailbox_target *t, uint16_t index,
                                             camseal_mspan out);
/* OK, once for each request: answer it; PENDING: nothing new. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_mailbox_target_take(camseal_mailbox_target *t, camseal_mailbox_request *request);
/* Answers the request; an empty message says that there is no answer. STATE: the controller gave it
 * up meanwhile; SPACE: longer than the outbox; then answer again. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_mailbox_target_answer(
    camseal_mailbox_target *t, uint32_t ticket, uint8_t kind, camseal_span message);

/* The controller's side: says which bus transaction comes next. The fields are private but for
 * config. */
typedef struct camseal_mailbox_config {
    uint32_t poll_us;    /* between two looks at a busy target; 0 = 1,000         */
    uint64_t timeout_us; /* for one request with its answer; 0 = 5,000,000        */
    uint8_t attempts;    /* failures in a row that are repeated; 0 = 8            */
} camseal_mailbox_config;

typedef struct camseal_mailbox_controller {
    camseal_mailbox_config config;
    camseal_mspan answer;
    camseal_span message;
    uint64_t deadline_us, poll_at_us;
    size_t offset, frame_bytes;
    uint32_t crc;
    uint8_t state, kind, sequence, failures, refusals;
    bool asked, synchronised;
    uint8_t scratch[2 + 64];
} camseal_mailbox_controller;

typedef enum camseal_mailbox_next {
    CAMSEAL_MAILBOX_DONE = 0, /* `frame` is the answer; no payload: the target has none        */
    CAMSEAL_MAILBOX_WRITE,    /* write `write` to the registers from `index` on                */
    CAMSEAL_MAILBOX_READ,     /* read the registers from `index` on into `read`                */
    CAMSEAL_MAILBOX_WAIT      /* nothing before wake_us                                        */
} camseal_mailbox_next;

typedef struct camseal_mailbox_step {
    uint64_t now_us;           /* in: any monotonic clock                                      */
    bool failed;               /* in: the last transaction was not acknowledged                */
    camseal_mailbox_next next; /* out, and all below                                           */
    uint16_t index;
    camseal_span write;
    camseal_mspan read;
    uint64_t wake_us;
    camseal_frame frame; /* its payload lies in the controller's answer memory */
} camseal_mailbox_step;

/* `answer`: memory for one whole frame (longest message + CAMSEAL_MAILBOX_OVERHEAD). config may be
 * NULL. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_mailbox_controller_init(
    camseal_mailbox_controller *c, camseal_mspan answer, const camseal_mailbox_config *config);
/* Starts one exchange; `message` is borrowed until it ends. STATE while another runs. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_mailbox_controller_begin(
    camseal_mailbox_controller *c, uint8_t kind, camseal_span message, uint64_t now_us);
/* Step, do what it says, step again. Failures end the exchange: TIMEOUT; IO: the bus; CRC: frames
 * arrive broken; SPACE: the request is too long for the target, or the answer for us. The next
 * exchange then resets the mailbox. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status
camseal_mailbox_controller_step(camseal_mailbox_controller *c, camseal_mailbox_step *step);

/* ---- loopback: two ends in one program ------------------------------------------------------- */

/* Whole messages in order, each way through memory of the caller. End 0 sends into memory[0]. */
typedef struct camseal_loopback {
    camseal_mspan memory[2];
    size_t start[2], end[2];
} camseal_loopback;

CAMSEAL_API void camseal_loopback_init(camseal_loopback *l, camseal_mspan to_1, camseal_mspan to_0);
/* SPACE: the other side has to receive first, or the message never fits. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_loopback_send(camseal_loopback *l,
                                                                   unsigned end, uint8_t kind,
                                                                   camseal_span message);
/* PENDING: nothing there. The payload is valid until the next send from the other end. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_loopback_receive(camseal_loopback *l,
                                                                      unsigned end,
                                                                      camseal_frame *frame);

#ifdef __cplusplus
}
#endif
#endif
