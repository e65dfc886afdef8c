/* Bits of CCISE headers and reports (OP1 §7): known bytes, every illegal field, both ways. */
#include "test.h"

#include "ccise/format.h"

typedef camseal_priv_ccise_header header;

static const header write_request = {
    CAMSEAL_PRIV_CCISE_WRITE, false, false, 0x10, 5, 0, 2, 0x01020304};

static void header_has_its_bytes(void **state)
{
    (void)state;
    static const struct {
        header fields;
        const char *bytes;
    } rows[] = {
        {{0, false, false, 0x10, 0, 0, 2, 1}, "1010000100000001"},
        {{0, true, false, 0x55, 4, 0, 256, 0x05060747}, "125540ff05060747"},
        {{1, true, true, 0x55, 4, 1, 1, 0x05060747}, "1755410005060747"},
        {{2, false, true, 0x2B, 4, 0, 16, 0x0506071D}, "192b400f0506071d"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t ours[8], theirs[8];
        header back;
        assert_int_equal(test_hex(theirs, 8, rows[i].bytes), 8);
        camseal_priv_ccise_header_pack(ours, &rows[i].fields);
        assert_memory_equal(ours, theirs, 8);
        assert_status(camseal_priv_ccise_header_unpack(&back, theirs), CAMSEAL_OK);
        assert_status(camseal_priv_ccise_header_check(&back, 0xFFFF), CAMSEAL_OK);
        camseal_priv_ccise_header_pack(ours, &back);
        assert_memory_equal(ours, theirs, 8);
    }
}

/* All 2^24 leading values of byte 0, 2 and 3 against the rules said another way. */
static bool legal(uint8_t b0, uint8_t b2, uint8_t b3, bool status_index)
{
    const unsigned kind = b0 & 0x0Du; /* op and response */
    const unsigned code = b2 & 15u;
    if (b0 >> 4 != 1 || code > 4)
        return false;
    switch (kind) {
    case 0x0:
        return code == 0; /* write request  */
    case 0x4:
        return code == 0; /* read request   */
    case 0x8:
        return code == 0 && b3 == 15 && status_index; /* status request */
    case 0x5:
        return code == 0 || b3 == 0; /* read response  */
    case 0x9:
        return (code == 0 ? b3 == 15 : b3 == 0) && status_index;
    default:
        return false; /* op 3, response to a write */
    }
}

static void every_header_is_judged(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 1u << 17; n++) {
        /* byte 0 whole; of byte 2 the code; of byte 3 the lengths that matter */
        static const uint8_t lengths[] = {0, 1, 14, 15, 16, 127, 254, 255};
        const uint8_t bytes[8] = {
            (uint8_t)n, 0x10, (uint8_t)(0x50u | (n >> 8 & 15u)), lengths[n >> 12 & 7u], 1, 2, 3, 4};
        const bool status_index = n >> 15 & 1u;
        header h = {0};
        camseal_status status = camseal_priv_ccise_header_unpack(&h, bytes);
        if (bytes[0] >> 4 != 1) {
            assert_status(status, CAMSEAL_E_VERSION);
            continue;
        }
        assert_status(status, CAMSEAL_OK);
        const bool ours =
            camseal_priv_ccise_header_check(&h, status_index ? 0xFFFF : 0xFFFE) == CAMSEAL_OK;
        if (ours != legal(bytes[0], bytes[2], bytes[3], status_index))
            fail_msg("%02x %02x %02x judged %d", bytes[0], bytes[2], bytes[3], ours);
    }
}

static void fields_beyond_their_bits(void **state)
{
    (void)state;
    header h = write_request;
    h.length = 0;
    assert_status(camseal_priv_ccise_header_check(&h, 0), CAMSEAL_E_FORMAT);
    h.length = 257;
    assert_status(camseal_priv_ccise_header_check(&h, 0), CAMSEAL_E_FORMAT);
    h = write_request;
    h.op = 4;
    assert_status(camseal_priv_ccise_header_check(&h, 0), CAMSEAL_E_FORMAT);
}

static void block_and_nonce(void **state)
{
    (void)state;
    uint8_t block[16], nonce[12], expected[16];
    camseal_priv_ccise_block(block, &write_request, UINT64_C(0x1122334401020304), 0xA1B2, 0xC3D4);
    assert_int_equal(test_hex(expected, 16, "101050011122334401020304a1b2c3d4"), 16);
    assert_memory_equal(block, expected, 16);
    camseal_priv_ccise_nonce(nonce, false, UINT64_C(0x1122334401020304));
    assert_int_equal(test_hex(expected, 12, "300000001122334401020304"), 12);
    assert_memory_equal(nonce, expected, 12);
    camseal_priv_ccise_nonce(nonce, true, 1);
    assert_int_equal(test_hex(expected, 12, "310000000000000000000001"), 12);
    assert_memory_equal(nonce, expected, 12);
}

static void report_both_ways(void **state)
{
    (void)state;
    const camseal_priv_ccise_report report = {UINT64_C(0x0102030B0506071A), 3, 0xA0B0C0D0};
    camseal_priv_ccise_report back = {0};
    uint8_t bytes[16], expected[16];
    camseal_priv_ccise_report_pack(bytes, &report);
    assert_int_equal(test_hex(expected, 16, "0102030b0506071a03000000a0b0c0d0"), 16);
    assert_memory_equal(bytes, expected, 16);
    assert_status(camseal_priv_ccise_report_unpack(&back, bytes), CAMSEAL_OK);
    assert_true(back.last_write == report.last_write && back.code == 3 &&
                back.rejected == report.rejected);
    for (size_t i = 9; i < 12; i++) {
        bytes[i] = 1;
        assert_status(camseal_priv_ccise_report_unpack(&back, bytes), CAMSEAL_E_FORMAT);
        bytes[i] = 0;
    }
    bytes[8] = 5;
    assert_status(camseal_priv_ccise_report_unpack(&back, bytes), CAMSEAL_E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_has_its_bytes),     cmocka_unit_test(every_header_is_judged),
        cmocka_unit_test(fields_beyond_their_bits), cmocka_unit_test(block_and_nonce),
        cmocka_unit_test(report_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
