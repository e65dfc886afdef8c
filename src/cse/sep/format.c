#include "cse/sep/format.h"

#include <string.h>

#include "base/load.h"

size_t camseal_priv_sep_tail(uint8_t out[CAMSEAL_SOURCE_TAIL_BYTES], const camseal_context *ctx,
                             const uint8_t head[CAMSEAL_SOURCE_HEAD_BYTES], camseal_span data,
                             camseal_span tag)
{
    const uint8_t *header = head + CAMSEAL_CSI2_HEADER_BYTES;
    size_t n = camseal_priv_sep_pad((uint32_t)data.len);
    memset(out, 0, n);
    if (tag.len)
        memcpy(out + n, tag.data, tag.len);
    n += tag.len;
    uint32_t crc32 = ctx->crc32(0, header, CAMSEAL_PRIV_HEADER_BYTES);
    crc32 = ctx->crc32(crc32, data.data, data.len);
    camseal_store_le32(out + n, ctx->crc32(crc32, out, n));
    n += CAMSEAL_PRIV_SEP_CRC_BYTES;
    uint16_t crc16 = ctx->bulk->crc16(0xFFFF, header, CAMSEAL_PRIV_HEADER_BYTES);
    crc16 = ctx->bulk->crc16(crc16, data.data, data.len);
    camseal_store_le16(out + n, ctx->bulk->crc16(crc16, out, n));
    return n + CAMSEAL_CSI2_CRC_BYTES;
}
