/* Decoding of one SEP payload: the header, coverage, lengths. The input is the payload; its CRCs
 * are made right, so that everything behind them is reached. Read from an exact copy, so that a
 * sanitizer sees a byte too far. */
#include "sep_rig.h"

static void header(const uint8_t *bytes)
{
    camseal_priv_header h;
    uint8_t out[16];
    camseal_priv_header_unpack(&h, bytes);
    camseal_priv_header_pack(out, &h);
    FUZZ_REQUIRE(memcmp(out, bytes, 16) == 0);
}

static void coverage(const uint8_t *bytes, size_t len)
{
    camseal_stride s = {2, 0, 0, (uint16_t)(1 + bytes[0])};
    s.run = (uint16_t)(1 + bytes[1] % s.period);
    s.offset = (uint16_t)(bytes[2] % s.period);
    uint32_t count = 0;
    for (uint32_t i = 0; i < len; i++)
        count += camseal_priv_covers_byte(&s, i);
    FUZZ_REQUIRE(camseal_priv_covered_bytes(&s, 4, true, (uint32_t)len) == count);
}

/* What the checks let through must fit into the packet. */
static void check(const rig *r, camseal_mspan packet)
{
    const camseal_sink_item item = {r->sink, packet, 1, 0};
    camseal_priv_lane lane = {.ctx = r->ctx, .verify = &item};
    lane.payload = camseal_span_of(packet.data + 4, packet.len - 6);
    lane.body = camseal_mspan_of(packet.data + 4, packet.len - 6);
    camseal_priv_sep_open(&lane);
    if (lane.wire.reason != CAMSEAL_REASON_NONE)
        return;
    camseal_priv_refusal refusal = camseal_priv_sep_check(r->sink, &lane);
    if (refusal.reason != CAMSEAL_REASON_NONE) {
        FUZZ_REQUIRE(refusal.verdict == CAMSEAL_VERDICT_FORGED && refusal.field);
        return;
    }
    camseal_span tag = camseal_priv_sep_tag(&lane);
    FUZZ_REQUIRE(lane.data.data == packet.data + 20);
    FUZZ_REQUIRE(lane.data.data + lane.data.len <= tag.data);
    FUZZ_REQUIRE(tag.data + tag.len + 6 == packet.data + packet.len);
    FUZZ_REQUIRE(lane.covered <= lane.data.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static rig r;
    if (size < 17 || size > 4096)
        return 0;
    rig_init(&r, data[0], CAMSEAL_ROLE_SINK, 1);
    header(data + 1);
    coverage(data + 1, size);
    uint8_t *packet = calloc(1, size + 9);
    FUZZ_REQUIRE(packet);
    memcpy(packet + 4, data + 1, size - 1);
    const size_t len = 4 + size - 1 + 4 + 2;
    rig_reseal(&r, packet, len);
    check(&r, camseal_mspan_of(packet, len));
    uint8_t ctx_id, evc;
    FUZZ_REQUIRE(camseal_packet_claims(&ctx_id, &evc, camseal_span_of(packet, len), 0));
    FUZZ_REQUIRE(ctx_id == packet[18] && evc == packet[5]);
    free(packet);
    return 0;
}
