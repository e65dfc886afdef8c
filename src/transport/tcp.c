/* TCP binding (DSP0287): a 4-byte header before each message. PayloadLength counts everything after
 * itself, so it is payload + 2 (as the DMTF's implementation does). Knows framing only. */
#include "camseal/transport.h"

#include "base/load.h"

enum {
    LENGTH_BYTES = 2,   /* the length field itself, not counted in PayloadLength */
    COUNTED_HEADER = 2, /* BindingVersion and MessageType, counted               */
    BINDING_VERSION = 1,
    PAYLOAD_MAX = UINT16_MAX - COUNTED_HEADER
};

static bool type_known(uint8_t type)
{
    return type == CAMSEAL_TCP_SPDM || type == CAMSEAL_TCP_SECURED ||
           (type >= CAMSEAL_TCP_ROLE_INQUIRY && type <= CAMSEAL_TCP_ERROR_NOT_RESPONDER);
}

static bool carries_message(uint8_t type)
{
    return type == CAMSEAL_TCP_SPDM || type == CAMSEAL_TCP_SECURED;
}

camseal_status camseal_tcp_header(uint8_t out[4], uint8_t type, size_t payload_len)
{
    if (!type_known(type) || payload_len > PAYLOAD_MAX)
        return CAMSEAL_E_ARGUMENT;
    if (carries_message(type) != (payload_len > 0))
        return CAMSEAL_E_ARGUMENT;
    uint16_t length = 0;
    if (payload_len)
        length = (uint16_t)(payload_len + COUNTED_HEADER);
    camseal_store_le16(out, length);
    out[2] = BINDING_VERSION;
    out[3] = type;
    return CAMSEAL_OK;
}

/* Bytes of the whole frame, or 0 when PayloadLength is illegal for this type. Frames without a
 * payload are sent with 0 by the DMTF's implementation; 2 is what the definition gives. */
static size_t frame_bytes(uint8_t type, uint16_t length)
{
    if (carries_message(type))
        return length > COUNTED_HEADER ? (size_t)length + LENGTH_BYTES : 0;
    return length == 0 || length == COUNTED_HEADER ? CAMSEAL_TCP_HEADER_BYTES : 0;
}

camseal_status camseal_tcp_parse(camseal_span bytes, size_t max_payload, uint8_t *type,
                                 camseal_span *payload, size_t *frame_len)
{
    *type = 0;
    *payload = camseal_span_of(NULL, 0);
    *frame_len = 0;
    if (bytes.len > 2 && bytes.data[2] != BINDING_VERSION)
        return CAMSEAL_E_VERSION;
    if (bytes.len < CAMSEAL_TCP_HEADER_BYTES)
        return CAMSEAL_PENDING;
    if (!type_known(bytes.data[3]))
        return CAMSEAL_E_FORMAT;
    size_t frame = frame_bytes(bytes.data[3], camseal_load_le16(bytes.data));
    if (frame == 0)
        return CAMSEAL_E_FORMAT;
    if (frame - CAMSEAL_TCP_HEADER_BYTES > max_payload)
        return CAMSEAL_E_SPACE;
    *type = bytes.data[3];
    *frame_len = frame;
    if (frame > bytes.len)
        return CAMSEAL_PENDING;
    *payload =
        camseal_span_of(bytes.data + CAMSEAL_TCP_HEADER_BYTES, frame - CAMSEAL_TCP_HEADER_BYTES);
    return CAMSEAL_OK;
}

/* ---- as a framing ---------------------------------------------------------------------------- */

static camseal_status header(uint8_t *out, size_t *trailer_bytes, uint8_t kind,
                             size_t payload_bytes)
{
    *trailer_bytes = 0;
    return camseal_tcp_header(out, kind, payload_bytes);
}

static camseal_status parse(camseal_span bytes, size_t max_payload, camseal_frame *frame)
{
    return camseal_tcp_parse(bytes, max_payload, &frame->kind, &frame->payload, &frame->bytes);
}

const camseal_framing camseal_framing_tcp = {"tcp",  true, CAMSEAL_TCP_HEADER_BYTES, 0, PAYLOAD_MAX,
                                             header, parse};
