/* Arbitrary bytes as one CCISE unit. What reads well is built again from its fields, and that is
 * accepted; the bytes as they came are accepted only if they are the same. */
#include "fuzz.h"

#include <string.h>

#include "camseal/context.h"
#include "camseal/openssl.h"
#include "ccise/unit.h"

static const uint8_t suites[] = {CAMSEAL_SUITE_EFF_128, CAMSEAL_SUITE_PERF_128_IE,
                                 CAMSEAL_SUITE_PERF_256_I};

/* First byte: suite and direction. Context 0x10, epoch 0, as in OP1 §12. */
static void direction_of(camseal_priv_ccise_direction *out, uint8_t choice)
{
    const camseal_priv_ccise_config config = {.bulk = camseal_bulk_soft(),
                                              .crypto = camseal_openssl(),
                                              .ctx_id = 0x10,
                                              .suite = suites[(choice >> 1) % sizeof suites],
                                              .tag_length = 12,
                                              .target_id = 1};
    uint8_t crk[32];
    for (uint8_t i = 0; i < sizeof crk; i++)
        crk[i] = i;
    FUZZ_REQUIRE(camseal_priv_ccise_direction_init(out, &config, crk, choice & 1) == CAMSEAL_OK);
}

static void build_again(const camseal_priv_ccise_direction *d, const camseal_priv_ccise_unit *unit,
                        const uint8_t *data, size_t size, bool accepted)
{
    uint8_t bytes[CAMSEAL_PRIV_CCISE_UNIT_MAX];
    camseal_buf out = {bytes, sizeof bytes, 0};
    camseal_priv_ccise_unit back, plain = *unit;
    if (plain.header.code && !accepted)
        plain.data.data[0] = 0;
    FUZZ_REQUIRE(camseal_priv_ccise_build(&out, d, &plain) == CAMSEAL_OK);
    FUZZ_REQUIRE(out.len == size);
    FUZZ_REQUIRE(accepted == (memcmp(bytes, data, size) == 0));
    FUZZ_REQUIRE(camseal_priv_ccise_read(&back, d, camseal_mspan_of(bytes, out.len), unit->index) ==
                 CAMSEAL_OK);
    back.counter = unit->counter;
    FUZZ_REQUIRE(camseal_priv_ccise_verify(d, &back) == CAMSEAL_OK);
    FUZZ_REQUIRE(back.data.len == plain.data.len);
    FUZZ_REQUIRE(!back.data.len || memcmp(back.data.data, plain.data.data, plain.data.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static camseal_priv_ccise_direction d;
    uint8_t bytes[CAMSEAL_PRIV_CCISE_UNIT_MAX + 8];
    camseal_priv_ccise_unit unit;
    if (size < 1 || size - 1 > sizeof bytes)
        return 0;
    direction_of(&d, data[0]);
    size--;
    data++;
    memcpy(bytes, data, size);
    const camseal_mspan wire = {bytes, size};
    if (camseal_priv_ccise_read(&unit, &d, wire, CAMSEAL_PRIV_CCISE_STATUS_INDEX) != CAMSEAL_OK)
        return 0;
    unit.counter = unit.header.counter_low;
    if (!unit.counter)
        return 0;
    const camseal_status status = camseal_priv_ccise_verify(&d, &unit);
    FUZZ_REQUIRE(status == CAMSEAL_OK || status == CAMSEAL_E_AUTH);
    build_again(&d, &unit, data, size, status == CAMSEAL_OK);
    return 0;
}
