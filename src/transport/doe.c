/* PCI DOE data objects: an 8-byte header, the message, zeros up to a multiple of 4; and the
 * discovery objects. Knows neither the DOE mailbox registers nor connection ids (types 3 and 4). */
#include "base/load.h"
#include "base/reader.h"
#include "base/try.h"
#include "camseal/transport.h"

enum {
    HEADER_BYTES = 8,
    DWORD = 4,
    HEADER_DWORDS = HEADER_BYTES / DWORD,
    DWORDS_MAX = 1 << 18, /* written as 0 */
    PAYLOAD_MAX = DWORDS_MAX * DWORD - HEADER_BYTES,
    VENDOR = 1, /* PCI-SIG */
    VENDOR_NONE = 0xFFFF,
    TYPE_DISCOVERY = 0,
    TYPE_SPDM = 1,
    TYPE_SECURED = 2,
    TYPES = 3
};

static const uint8_t kinds[TYPES] = {CAMSEAL_MESSAGE_DISCOVERY, CAMSEAL_MESSAGE_SPDM,
                                     CAMSEAL_MESSAGE_SECURED};

static camseal_status header(uint8_t *out, size_t *trailer_bytes, uint8_t kind,
                             size_t payload_bytes)
{
    uint8_t type = 0;
    *trailer_bytes = 0;
    while (type < TYPES && kinds[type] != kind)
        type++;
    if (type == TYPES || payload_bytes == 0 || payload_bytes > PAYLOAD_MAX)
        return CAMSEAL_E_ARGUMENT;
    if (type == TYPE_DISCOVERY && payload_bytes != CAMSEAL_DOE_DISCOVERY_BYTES)
        return CAMSEAL_E_ARGUMENT;
    size_t dwords = HEADER_DWORDS + (payload_bytes + DWORD - 1) / DWORD;
    camseal_store_le16(out, VENDOR);
    out[2] = type;
    out[3] = 0;
    camseal_store_le32(out + 4, (uint32_t)(dwords % DWORDS_MAX));
    *trailer_bytes = (DWORD - payload_bytes % DWORD) % DWORD;
    return CAMSEAL_OK;
}

/* Bytes of the whole object, or 0 for an illegal length: an object without content, reserved bits
 * that are not 0, a discovery object that is not one dword long. */
static size_t object_bytes(uint8_t type, uint32_t dwords)
{
    if (dwords >= DWORDS_MAX)
        return 0;
    if (dwords == 0)
        dwords = DWORDS_MAX;
    if (dwords <= HEADER_DWORDS)
        return 0;
    if (type == TYPE_DISCOVERY && dwords != HEADER_DWORDS + 1)
        return 0;
    return (size_t)dwords * DWORD;
}

/* The reserved byte 3 is ignored. What cannot become a data object is refused as soon as it shows.
 */
static camseal_status parse(camseal_span bytes, size_t max_payload, camseal_frame *frame)
{
    *frame = (camseal_frame){0, {NULL, 0}, 0};
    if (bytes.len >= 2 && camseal_load_le16(bytes.data) != VENDOR)
        return CAMSEAL_E_UNSUPPORTED;
    if (bytes.len >= 3 && bytes.data[2] >= TYPES)
        return CAMSEAL_E_UNSUPPORTED;
    if (bytes.len < HEADER_BYTES)
        return CAMSEAL_PENDING;
    size_t whole = object_bytes(bytes.data[2], camseal_load_le32(bytes.data + 4));
    if (whole == 0)
        return CAMSEAL_E_FORMAT;
    if (whole - HEADER_BYTES > max_payload)
        return CAMSEAL_E_SPACE;
    frame->bytes = whole;
    frame->kind = kinds[bytes.data[2]];
    if (whole > bytes.len)
        return CAMSEAL_PENDING;
    frame->payload = camseal_span_of(bytes.data + HEADER_BYTES, whole - HEADER_BYTES);
    return CAMSEAL_OK;
}

const camseal_framing camseal_framing_doe = {"doe",       true,   HEADER_BYTES, DWORD - 1,
                                             PAYLOAD_MAX, header, parse};

/* ---- discovery ------------------------------------------------------------------------------- */

camseal_status camseal_doe_answer(uint8_t out[4], camseal_span request)
{
    if (request.len != CAMSEAL_DOE_DISCOVERY_BYTES)
        return request.len < CAMSEAL_DOE_DISCOVERY_BYTES ? CAMSEAL_E_TRUNCATED : CAMSEAL_E_TRAILING;
    uint8_t index = request.data[0];
    bool listed = index < TYPES;
    camseal_store_le16(out, VENDOR);
    if (!listed)
        camseal_store_le16(out, VENDOR_NONE);
    out[2] = listed ? index : 0;
    out[3] = 0;
    if (index + 1u < TYPES)
        out[3] = (uint8_t)(index + 1u);
    return CAMSEAL_OK;
}

void camseal_doe_request(const camseal_doe_walk *walk, uint8_t out[4])
{
    camseal_store_le32(out, walk->index);
}

camseal_status camseal_doe_take(camseal_doe_walk *walk, camseal_span response)
{
    const uint8_t needed = 1u << TYPE_SPDM | 1u << TYPE_SECURED;
    camseal_reader r = camseal_reader_of(response);
    uint16_t vendor = camseal_read_le16(&r);
    uint8_t type = camseal_read_u8(&r);
    uint8_t next = camseal_read_u8(&r);
    CAMSEAL_TRY(camseal_reader_end(&r));
    if (next && next <= walk->index) /* else the walk would never end */
        return CAMSEAL_E_FORMAT;
    if (vendor == VENDOR && type < TYPES)
        walk->found = (uint8_t)(walk->found | 1u << type);
    walk->index = next;
    if (next)
        return CAMSEAL_PENDING;
    return (walk->found & needed) == needed ? CAMSEAL_OK : CAMSEAL_E_UNSUPPORTED;
}
