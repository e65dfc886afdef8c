/* SPDM transport framing: bytes of a stream to whole messages and back. Knows nothing of SPDM contents. */
#ifndef CAMSEAL_TRANSPORT_H
#define CAMSEAL_TRANSPORT_H

#include <stdbool.h>

#include "camseal/bytes.h"
#include "camseal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- TCP binding (DSP0287) ------------------------------------------------------------------ */

#define CAMSEAL_TCP_HEADER_BYTES 4u
enum camseal_tcp_type {
    CAMSEAL_TCP_SPDM = 0x05, CAMSEAL_TCP_SECURED = 0x06, CAMSEAL_TCP_ROLE_INQUIRY = 0xBF,
    CAMSEAL_TCP_ERROR_TOO_LARGE = 0xC0, CAMSEAL_TCP_ERROR_NOT_SUPPORTED = 0xC1,
    CAMSEAL_TCP_ERROR_NOT_REQUESTER = 0xC2, CAMSEAL_TCP_ERROR_NOT_RESPONDER = 0xC3
};

/* Writes the header for a message of payload_len bytes. ARGUMENT if it does not fit 16 bits. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_tcp_header(uint8_t out[4], uint8_t type,
                                                                size_t payload_len);

/* Looks at the start of what was received. OK: *frame_len bytes are one frame and *payload its content;
 * PENDING: more bytes are needed (at least *frame_len - bytes.len, when *frame_len is not 0); FORMAT or VERSION: this is
 * not a DSP0287 stream; SPACE: longer than max_payload. */
CAMSEAL_API CAMSEAL_NODISCARD camseal_status camseal_tcp_parse(camseal_span bytes, size_t max_payload,
                                                               uint8_t *type, camseal_span *payload,
                                                               size_t *frame_len);

#ifdef __cplusplus
}
#endif
#endif
