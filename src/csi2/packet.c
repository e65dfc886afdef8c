/* Whole CSI-2 packets over D-PHY (OP1 §11): header, payload, CRC-16.
 *
 * Knows lengths and the CRC; does not know what a payload means.
 */
#include "camseal/csi2.h"

#include "base/load.h"
#include "base/try.h"
#include "base/writer.h"

enum { CRC16_START = 0xFFFF };

/* `rest` is what follows the header of a long packet. */
static camseal_status take_payload(camseal_csi2_packet *packet, camseal_mspan rest,
                                   const camseal_bulk *bulk)
{
    size_t count = packet->field;
    if (count > rest.len || CAMSEAL_CSI2_CRC_BYTES > rest.len - count)
        return CAMSEAL_E_TRUNCATED;
    if (rest.len - count > CAMSEAL_CSI2_CRC_BYTES)
        return CAMSEAL_E_TRAILING;
    if (bulk && bulk->crc16(CRC16_START, rest.data, count) != camseal_load_le16(rest.data + count))
        return CAMSEAL_E_CRC;
    packet->payload = camseal_mspan_of(rest.data, count);
    return CAMSEAL_OK;
}

camseal_status camseal_csi2_parse(camseal_csi2_packet *out, camseal_mspan bytes,
                                  const camseal_bulk *bulk)
{
    *out = (camseal_csi2_packet){0};
    if (CAMSEAL_CSI2_HEADER_BYTES > bytes.len)
        return CAMSEAL_E_TRUNCATED;
    camseal_csi2_packet packet;
    CAMSEAL_TRY(camseal_csi2_header_read(&packet, bytes.data));
    camseal_mspan rest = {bytes.data + CAMSEAL_CSI2_HEADER_BYTES,
                          bytes.len - CAMSEAL_CSI2_HEADER_BYTES};
    if (!camseal_csi2_dt_is_short(packet.dt))
        CAMSEAL_TRY(take_payload(&packet, rest, bulk));
    else if (rest.len != 0)
        return CAMSEAL_E_TRAILING;
    *out = packet;
    return CAMSEAL_OK;
}

static camseal_status total_length(size_t *total, const camseal_span *spans, size_t n)
{
    *total = 0;
    for (size_t i = 0; i < n; i++) {
        if (spans[i].len > CAMSEAL_CSI2_PAYLOAD_MAX - *total)
            return CAMSEAL_E_ARGUMENT;
        *total += spans[i].len;
    }
    return CAMSEAL_OK;
}

camseal_status camseal_csi2_build(camseal_buf *out, uint8_t vc, uint8_t dt,
                                  const camseal_span *payload, size_t n, const camseal_bulk *bulk)
{
    out->len = 0;
    size_t total;
    uint8_t header[CAMSEAL_CSI2_HEADER_BYTES];
    if (camseal_csi2_dt_is_short(dt) || !bulk)
        return CAMSEAL_E_ARGUMENT;
    CAMSEAL_TRY(total_length(&total, payload, n));
    CAMSEAL_TRY(camseal_csi2_header(header, vc, dt, (uint16_t)total));
    if (CAMSEAL_CSI2_HEADER_BYTES + total + CAMSEAL_CSI2_CRC_BYTES > out->capacity)
        return CAMSEAL_E_SPACE;
    camseal_writer w = camseal_writer_of(out->data, out->capacity);
    camseal_write_bytes(&w, header, sizeof header);
    uint16_t crc = CRC16_START;
    for (size_t i = 0; i < n; i++) {
        camseal_write_span(&w, payload[i]);
        crc = bulk->crc16(crc, payload[i].data, payload[i].len);
    }
    camseal_write_le16(&w, crc);
    CAMSEAL_TRY(camseal_writer_end(&w));
    out->len = w.len;
    return CAMSEAL_OK;
}
