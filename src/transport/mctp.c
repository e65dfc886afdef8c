/* MCTP message framing (DSP0275, DSP0276): one type byte before a message whose boundaries the link
 * below keeps. Knows neither packets nor endpoint ids. */
#include "camseal/transport.h"

enum { TYPE_BYTES = 1, INTEGRITY_BIT = 0x80 };

static bool kind_known(uint8_t kind)
{
    return kind == CAMSEAL_MESSAGE_SPDM || kind == CAMSEAL_MESSAGE_SECURED;
}

static camseal_status header(uint8_t *out, size_t *trailer_bytes, uint8_t kind,
                             size_t payload_bytes)
{
    *trailer_bytes = 0;
    if (!kind_known(kind) || payload_bytes == 0 || payload_bytes > camseal_framing_mctp.payload_max)
        return CAMSEAL_E_ARGUMENT;
    out[0] = kind;
    return CAMSEAL_OK;
}

/* An integrity check would follow the message: SPDM over MCTP has none. */
static camseal_status parse(camseal_span bytes, size_t max_payload, camseal_frame *frame)
{
    *frame = (camseal_frame){0, {NULL, 0}, 0};
    if (bytes.len <= TYPE_BYTES)
        return CAMSEAL_E_TRUNCATED;
    if (bytes.data[0] & INTEGRITY_BIT)
        return CAMSEAL_E_FORMAT;
    if (!kind_known(bytes.data[0]))
        return CAMSEAL_E_UNSUPPORTED;
    if (bytes.len - TYPE_BYTES > max_payload)
        return CAMSEAL_E_SPACE;
    frame->kind = bytes.data[0];
    frame->payload = camseal_span_of(bytes.data + TYPE_BYTES, bytes.len - TYPE_BYTES);
    frame->bytes = bytes.len;
    return CAMSEAL_OK;
}

const camseal_framing camseal_framing_mctp = {"mctp", false, TYPE_BYTES, 0, 65535, header, parse};
