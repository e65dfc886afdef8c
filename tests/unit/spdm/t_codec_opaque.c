/* Opaque data with its elements, standards-body headers, and ERROR with its extended data. */
#include "test.h"

#include "spdm_codecs.h"

static uint8_t bytes[512], again[512];

/* ---- opaque data ---------------------------------------------------------------------------- */

static const struct {
    const char *hex;
    bool list;
    camseal_status expected;
} opaques[] = {
    {"01000000000005000101010011000000", true, CAMSEAL_OK},
    {"01000000000007000101020010001100", true, CAMSEAL_OK},
    {"010000000000040001000011", false, CAMSEAL_OK},
    {"010000000000040001000011", true, CAMSEAL_E_NOT_FOUND},
    {"01000000000005000101010011000000", false, CAMSEAL_E_NOT_FOUND},
    {"", true, CAMSEAL_E_TRUNCATED},
    {"010000", true, CAMSEAL_E_TRUNCATED},
    {"00000000", true, CAMSEAL_E_FORMAT},
    {"02000000000005000101010011000000", true, CAMSEAL_E_TRUNCATED}, /* one element too few */
    {"01000000000005000101010011000001", true, CAMSEAL_E_FORMAT},    /* padding not zero    */
    {"010000000000050001010100110000", true, CAMSEAL_E_TRUNCATED},   /* padding missing     */
    {"0100000000000500010101001100000000000000", true, CAMSEAL_E_TRAILING},
    {"010000000c0005000101010011000000", true, CAMSEAL_E_FORMAT},    /* unknown body        */
    {"010000000b0005000101010011000000", true, CAMSEAL_E_FORMAT},    /* needs a vendor id   */
    {"01000000060005000101010011000000", true, CAMSEAL_E_NOT_FOUND}, /* another body        */
    {"01000000000005000201010011000000", true, CAMSEAL_E_NOT_FOUND}, /* SMDataVersion 2     */
    {"010000000000030001010000", true, CAMSEAL_E_FORMAT},            /* no version in it    */
    {"01000000000005000101020011000000", true, CAMSEAL_E_TRUNCATED}, /* count too high      */
    {"01000000000007000101010011000000", true, CAMSEAL_E_TRAILING},  /* count too low       */
    {"010000000000040001000011", false, CAMSEAL_OK},
    {"010000000000030001000000", false, CAMSEAL_E_FORMAT},                 /* one byte selected   */
    {"0200000000000400010000110000040001000012", false, CAMSEAL_E_FORMAT}, /* twice        */
    {"0200000000000300010240000000040001000011", false, CAMSEAL_OK},       /* AEAD limit before   */
    {"02000000030201000100ff000000040001000011", false, CAMSEAL_OK}, /* vendor's element before */
    {"02000000030201000100ff010000040001000011", false,
     CAMSEAL_E_FORMAT}, /* its padding not zero */
    {"02000000030201000101ff000000040001000011", false, CAMSEAL_E_TRUNCATED},
    {"02000000030301000100ff000000040001000011", false, CAMSEAL_E_FORMAT}, /* vendor id of 3 */
    {"0200000003000100000000000000040001000011", false, CAMSEAL_OK},
    {"0200000000000300010240000000030001024000", false, CAMSEAL_E_NOT_FOUND},
};

static void opaque_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof opaques / sizeof opaques[0]; i++) {
        size_t n = test_hex(bytes, sizeof bytes, opaques[i].hex);
        uint8_t *copy = malloc(n ? n : 1);
        memcpy(copy, bytes, n);
        camseal_span versions;
        uint16_t selected;
        camseal_status status =
            opaques[i].list ? camseal_spdm_read_sm_versions(camseal_span_of(copy, n), &versions)
                            : camseal_spdm_read_sm_selection(camseal_span_of(copy, n), &selected);
        free(copy);
        if (status != opaques[i].expected)
            fail_msg("row %zu: %s", i, camseal_status_name(status));
    }
}

static void opaque_data_that_we_write(void **state)
{
    (void)state;
    static const uint16_t list[] = {0x1100, 0x1200, 0x1300};
    static const char *const expected[] = {"01000000000005000101010011000000",
                                           "01000000000007000101020000110012",
                                           "0100000000000900010103001100120013000000"};
    for (size_t n = 1; n <= 3; n++) {
        camseal_writer w = camseal_writer_of(again, sizeof again);
        camseal_spdm_write_sm_versions(&w, list, n);
        camseal_span versions;
        assert_status(camseal_spdm_read_sm_versions(camseal_span_of(again, w.len), &versions),
                      CAMSEAL_OK);
        assert_int_equal(versions.len, 2 * n);
        if (n != 2) {
            size_t len = test_hex(bytes, sizeof bytes, expected[n - 1]);
            assert_int_equal(w.len, len);
            assert_memory_equal(again, bytes, len);
        }
    }
    uint16_t selected;
    camseal_writer w = camseal_writer_of(again, sizeof again);
    camseal_spdm_write_sm_selection(&w, 0x1200);
    assert_int_equal(w.len, 12);
    assert_status(camseal_spdm_read_sm_selection(camseal_span_of(again, w.len), &selected),
                  CAMSEAL_OK);
    assert_int_equal(selected, 0x1200);
}

/* The AEAD limit of DSP0277 1.3. */
static void aead_limit(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        camseal_status expected;
        uint8_t exponent;
    } rows[] = {
        {"010000000000040001000011", CAMSEAL_OK, 64}, /* absent */
        {"0200000000000400010000130000030001024000", CAMSEAL_OK, 64},
        {"0200000000000400010000130000030001020000", CAMSEAL_OK, 0},
        {"0200000000000400010000130000030001024100", CAMSEAL_E_FORMAT, 0},
        {"020000000000040001000013000003000102ff00", CAMSEAL_E_FORMAT, 0},
        {"0200000000000400010000130000040001024000", CAMSEAL_E_FORMAT, 0}, /* too long  */
        {"020000000000040001000013000002000102000000", CAMSEAL_E_TRAILING, 0},
        {"0200000000000400010000130000020001020000", CAMSEAL_E_FORMAT, 0}, /* too short */
        {"02000000000003000102400000000300010240", CAMSEAL_E_TRUNCATED, 0},
        {"0200000000000300010240000000030001024000", CAMSEAL_E_FORMAT, 0}, /* twice     */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t exponent;
        size_t n = test_hex(bytes, sizeof bytes, rows[i].hex);
        camseal_status status = camseal_spdm_read_sm_limit(camseal_span_of(bytes, n), &exponent);
        if (status != rows[i].expected)
            fail_msg("row %zu: %s", i, camseal_status_name(status));
        if (status == CAMSEAL_OK)
            assert_int_equal(exponent, rows[i].exponent);
        assert_int_equal(status == CAMSEAL_E_TRUNCATED || status == CAMSEAL_E_TRAILING,
                         camseal_spdm_check_opaque(camseal_span_of(bytes, n)) != CAMSEAL_OK);
    }

    static const uint16_t list[] = {0x1200, 0x1300};
    camseal_writer w = camseal_writer_of(again, sizeof again);
    camseal_spdm_write_sm_versions_limit(&w, list, 2, 64);
    size_t n = test_hex(bytes, sizeof bytes, "020000000000070001010200120013000000030001024000");
    assert_int_equal(w.len, n);
    assert_memory_equal(again, bytes, n);
    w = camseal_writer_of(again, sizeof again);
    camseal_spdm_write_sm_selection_limit(&w, 0x1300, 64);
    n = test_hex(bytes, sizeof bytes, rows[1].hex);
    assert_int_equal(w.len, n);
    assert_memory_equal(again, bytes, n);
}

/* Every body with vendor ids of every length. */
static void standards_bodies(void **state)
{
    (void)state;
    static const char *const legal[] = {"0",  "02", "02", "02", "04",    "04",
                                        "02", "02", "02", "0",  "12359", "2"};
    for (unsigned body = 0; body < 256; body++)
        for (unsigned len = 0; len < 20; len++) {
            uint8_t msg[22] = {(uint8_t)body, (uint8_t)len};
            camseal_reader r = camseal_reader_of(camseal_span_of(msg, 2 + (size_t)len));
            spdm_svh m;
            bool expected = body < 12 && len < 10 && strchr(legal[body], (int)('0' + len)) != NULL;
            assert_status(camseal_spdm_read_svh(&r, &m), expected ? CAMSEAL_OK : CAMSEAL_E_FORMAT);
            camseal_writer w = camseal_writer_of(again, sizeof again);
            camseal_spdm_write_svh(&w, &m);
            assert_int_equal(w.len, 2 + len);
            assert_memory_equal(again, msg, w.len);
            r = camseal_reader_of(camseal_span_of(msg, 1 + (size_t)len));
            assert_status(camseal_spdm_read_svh(&r, &m), CAMSEAL_E_TRUNCATED);
        }
}

/* ---- ERROR ---------------------------------------------------------------------------------- */

static void errors(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint8_t code, data;
    } rows[] = {{"107f4100", 0x41, 0},
                {"127f07e4", 0x07, 0xE4},
                {"127f420014830702", 0x42, 0},
                {"127f0f0003", 0x0F, 0},
                {"127f0d0000120000", 0x0D, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = test_hex(bytes, sizeof bytes, rows[i].hex);
        camseal_reader r = camseal_reader_of(camseal_span_of(bytes, n));
        spdm_error e;
        assert_status(camseal_spdm_read_error(&r, &e), CAMSEAL_OK);
        assert_int_equal(e.code, rows[i].code);
        assert_int_equal(e.data, rows[i].data);
        camseal_writer w = camseal_writer_of(again, sizeof again);
        camseal_spdm_write_error(&w, bytes[0], &e);
        assert_int_equal(w.len, n);
        assert_memory_equal(again, bytes, n);
    }
}

/* What is behind the extended data is padding of the transport. */
static void extended_error_data(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 256; code++) {
        const uint8_t msg[4 + 40] = {0x12, 0x7F, (uint8_t)code};
        bool size = code == 0x0D || code == 0x12 || code == 0x42, handle = code == 0x0F;
        bool known = (code >= 1 && code <= 0x12 && code != 2) || (code >= 0x41 && code <= 0x47);
        size_t most = size ? 4 : handle ? 1 : known ? 0 : 32;
        assert_int_equal(camseal_spdm_error_known((uint8_t)code), known);
        for (size_t n = 0; n <= 40; n++) {
            camseal_reader r = camseal_reader_of(camseal_span_of(msg, 4 + n));
            spdm_error e;
            uint32_t actual;
            assert_status(camseal_spdm_read_error(&r, &e), CAMSEAL_OK);
            assert_int_equal(e.extended.len, n < most ? n : most);
            if (size)
                assert_status(camseal_spdm_read_error_size(&e, &actual),
                              n < 4 ? CAMSEAL_E_FORMAT : CAMSEAL_OK);
        }
    }
}

static void errors_that_we_write(void **state)
{
    (void)state;
    const spdm_not_ready n = {20, 0x83, 7, 2};
    camseal_writer w = camseal_writer_of(again, sizeof again);
    camseal_spdm_write_not_ready(&w, 0x12, &n);
    camseal_spdm_write_large_response(&w, 0x12, 3);
    camseal_spdm_write_error_size(&w, 0x12, SPDM_ERR_RESPONSE_TOO_LARGE, 0x1200);
    size_t len = test_hex(bytes, sizeof bytes, "127f420014830702127f0f0003127f0d0000120000");
    assert_int_equal(w.len, len);
    assert_memory_equal(again, bytes, len);

    static const uint8_t extended[] = {2, 0x12, 0x34, 9};
    spdm_error e = {0xFF, 0x03, {extended, sizeof extended}};
    camseal_span vendor, data;
    assert_status(camseal_spdm_read_error_vendor(&e, &vendor, &data), CAMSEAL_OK);
    assert_int_equal(vendor.len, 2);
    assert_int_equal(data.len, 1);
    assert_int_equal(data.data[0], 9);
    for (e.extended.len = 0; e.extended.len < 3; e.extended.len++)
        assert_status(camseal_spdm_read_error_vendor(&e, &vendor, &data), CAMSEAL_E_TRUNCATED);
}

static void response_not_ready(void **state)
{
    (void)state;
    static const struct {
        uint8_t extended[5], len;
        camseal_status expected;
    } rows[] = {
        {{20, 0x83, 7, 2}, 4, CAMSEAL_OK},       {{31, 0x83, 7, 2}, 4, CAMSEAL_OK},
        {{32, 0x83, 7, 2}, 4, CAMSEAL_E_FORMAT}, {{255, 0x83, 7, 2}, 4, CAMSEAL_E_FORMAT},
        {{20, 0x83, 7, 1}, 4, CAMSEAL_E_FORMAT}, {{20, 0x83, 7, 0}, 4, CAMSEAL_E_FORMAT},
        {{20, 0x83, 7}, 3, CAMSEAL_E_TRUNCATED}, {{20, 0x83, 7, 2, 0}, 5, CAMSEAL_E_TRAILING},
        {{0}, 0, CAMSEAL_E_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const spdm_error e = {0x42, 0, {rows[i].extended, rows[i].len}};
        spdm_not_ready n;
        assert_status(camseal_spdm_read_not_ready(&e, &n), rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opaque_data),
        cmocka_unit_test(opaque_data_that_we_write),
        cmocka_unit_test(aead_limit),
        cmocka_unit_test(standards_bodies),
        cmocka_unit_test(errors),
        cmocka_unit_test(extended_error_data),
        cmocka_unit_test(errors_that_we_write),
        cmocka_unit_test(response_not_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
