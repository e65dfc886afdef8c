/* No framing: bare SPDM messages whose boundaries the link below keeps. What is secured cannot be
 * told from what is not, so there are no sessions. For the DMTF emulators without a transport. */
#include "camseal/transport.h"

static camseal_status header(uint8_t *out, size_t *trailer_bytes, uint8_t kind,
                             size_t payload_bytes)
{
    (void)out;
    *trailer_bytes = 0;
    bool legal = kind == CAMSEAL_MESSAGE_SPDM && payload_bytes != 0 &&
                 payload_bytes <= camseal_framing_none.payload_max;
    return legal ? CAMSEAL_OK : CAMSEAL_E_ARGUMENT;
}

static camseal_status parse(camseal_span bytes, size_t max_payload, camseal_frame *frame)
{
    *frame = (camseal_frame){0, {NULL, 0}, 0};
    if (bytes.len == 0)
        return CAMSEAL_E_TRUNCATED;
    if (bytes.len > max_payload)
        return CAMSEAL_E_SPACE;
    *frame = (camseal_frame){CAMSEAL_MESSAGE_SPDM, bytes, bytes.len};
    return CAMSEAL_OK;
}

const camseal_framing camseal_framing_none = {"none", false, 0, 0, 65535, header, parse};
