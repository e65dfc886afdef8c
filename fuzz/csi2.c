/* Arbitrary bytes as one CSI-2 packet. What parses must be what build makes of it, but for a
 * repaired header. */
#include "fuzz.h"

#include <string.h>

#include "camseal/csi2.h"

static void rebuild(const camseal_csi2_packet *packet, const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size);
    FUZZ_REQUIRE(copy);
    camseal_buf out = {copy, size, 0};
    camseal_span payload = {packet->payload.data, packet->payload.len};
    if (camseal_csi2_dt_is_short(packet->dt)) {
        FUZZ_REQUIRE(size == 4 && packet->payload.len == 0);
        FUZZ_REQUIRE(camseal_csi2_header(copy, packet->vc, packet->dt, packet->field) ==
                     CAMSEAL_OK);
    } else {
        FUZZ_REQUIRE(packet->payload.len == packet->field);
        FUZZ_REQUIRE(camseal_csi2_build(&out, packet->vc, packet->dt, &payload, 1,
                                        camseal_bulk_soft()) == CAMSEAL_OK);
        FUZZ_REQUIRE(out.len == size);
    }
    size_t skip = packet->corrected ? 4 : 0;
    FUZZ_REQUIRE(memcmp(copy + skip, data + skip, size - skip) == 0);
    FUZZ_REQUIRE((memcmp(copy, data, 4) != 0) == packet->corrected);
    free(copy);
}

/* Payload bytes as a line of each format: what unpacks packs to the same bytes. */
static void repack(camseal_span payload)
{
    static const uint8_t formats[] = {CAMSEAL_CSI2_RAW8,  CAMSEAL_CSI2_RAW10, CAMSEAL_CSI2_RAW12,
                                      CAMSEAL_CSI2_RAW14, CAMSEAL_CSI2_RAW16, CAMSEAL_CSI2_YUV422_8,
                                      CAMSEAL_CSI2_RGB888};
    uint16_t *samples = malloc(payload.len * 2 + 2);
    uint8_t *bytes = malloc(payload.len + 1);
    FUZZ_REQUIRE(samples && bytes);
    for (size_t i = 0; i < sizeof formats; i++) {
        size_t n = payload.len * 8 / camseal_csi2_bits(formats[i]);
        if (camseal_csi2_line_bytes(formats[i], n) != payload.len ||
            camseal_csi2_unpack(samples, n, formats[i], payload) != CAMSEAL_OK)
            continue;
        camseal_buf out = {bytes, payload.len, 0};
        FUZZ_REQUIRE(camseal_csi2_pack(&out, formats[i], samples, n) == CAMSEAL_OK);
        FUZZ_REQUIRE(out.len == payload.len);
        FUZZ_REQUIRE(payload.len == 0 || memcmp(bytes, payload.data, payload.len) == 0);
    }
    free(samples);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    FUZZ_REQUIRE(copy);
    if (size)
        memcpy(copy, data, size);
    camseal_csi2_packet packet;
    if (camseal_csi2_parse(&packet, camseal_mspan_of(copy, size), camseal_bulk_soft()) ==
        CAMSEAL_OK)
        rebuild(&packet, copy, size);
    /* Most inputs fail at the CRC: the same again as if hardware had checked it. */
    if (camseal_csi2_parse(&packet, camseal_mspan_of(copy, size), NULL) == CAMSEAL_OK)
        repack(camseal_span_of(packet.payload.data, packet.payload.len));
    FUZZ_REQUIRE(size == 0 || memcmp(copy, data, size) == 0);
    free(copy);
    return 0;
}
