/* VERSION, CAPABILITIES, ALGORITHMS and their requests. */
#include "codec_check.h"

static const codec_sample samples[] = {
    {"VERSION",
     version,
     &v12,
     "100400000003001100120013",
     {{5, 1, 0, CAMSEAL_E_FORMAT},
      {5, 1, 2, CAMSEAL_E_TRAILING},
      {5, 1, 4, CAMSEAL_E_TRUNCATED},
      {5, 1, 255, CAMSEAL_E_TRUNCATED},
      {4, 1, 9, CODEC_IGNORED}},
     0},
    {"GET_CAPABILITIES",
     get_capabilities,
     &v12,
     "12e1000000000000c02200000010000000100000",
     {{5, 1, 31, CAMSEAL_OK},
      {5, 1, 32, CAMSEAL_E_FORMAT},
      {5, 1, 255, CAMSEAL_E_FORMAT},
      {12, 4, 41, CAMSEAL_E_FORMAT},
      {12, 4, 42, CAMSEAL_E_FORMAT},
      {12, 4, 0, CAMSEAL_E_FORMAT},
      {16, 4, 0, CAMSEAL_E_FORMAT},
      {16, 4, 0xFFF, CAMSEAL_E_FORMAT},
      {16, 4, 0x1001, CAMSEAL_E_FORMAT},
      {16, 4, 0xFFFFFFFF, CAMSEAL_E_FORMAT}},
     0},
    {"GET_CAPABILITIES with CHUNK",
     get_capabilities,
     &v12,
     "12e1000000000000c02202002a00000000100000",
     {{16, 4, 0xFFFFFFFF, CAMSEAL_OK},
      {16, 4, 42, CAMSEAL_OK},
      {16, 4, 41, CAMSEAL_E_FORMAT},
      {12, 4, 0x1001, CAMSEAL_E_FORMAT}},
     0},
    {"GET_CAPABILITIES 1.3 that asks for the algorithms",
     get_capabilities,
     &v13,
     "13e1010000000000c022020000100000ffff0000",
     {{10, 1, 0, CAMSEAL_E_FORMAT}, /* no CHUNK */
      {2, 1, 0, CAMSEAL_OK},
      {2, 1, 0xFF, CODEC_IGNORED}},
     0},
    {"CAPABILITIES 1.2",
     capabilities,
     &v12,
     "1261000000000000d66a00000012000000120000",
     {{2, 1, 1, CODEC_IGNORED}, {6, 2, 0xFFFF, CODEC_IGNORED}, {10, 2, 0xFFC0, CODEC_IGNORED}},
     0},
    {"CAPABILITIES 1.3 with the algorithms",
     capabilities,
     &v13,
     "1361010000000000c022020000100000ffff0000"
     "04002e000102800000000200000000000000000000000000000000000000"
     "02201000032002000420800005200100",
     {{2, 1, 0, CAMSEAL_E_TRAILING},
      {20, 1, 0, CAMSEAL_E_FORMAT}, /* Length disagrees */
      {20, 1, 3, CAMSEAL_E_FORMAT},
      {20, 1, 5, CAMSEAL_E_TRUNCATED},
      {22, 2, 0, CAMSEAL_E_FORMAT},
      {22, 2, 0x2D, CAMSEAL_E_FORMAT},
      {22, 2, 0x2F, CAMSEAL_E_FORMAT},
      {22, 2, 0xFFFF, CAMSEAL_E_FORMAT},
      {46, 1, 1, CAMSEAL_E_TRUNCATED},
      {47, 1, 255, CAMSEAL_E_TRUNCATED},
      {50, 1, 1, CAMSEAL_E_FORMAT},
      {54, 1, 2, CAMSEAL_E_FORMAT},
      {51, 1, 0x10, CAMSEAL_E_FORMAT},
      {51, 1, 0x2F, CAMSEAL_E_TRUNCATED},
      {52, 2, 0, CAMSEAL_OK}},
     0},
    {"CAPABILITIES 1.4", capabilities, &v14, "1461000000000100c02202800010000000100000", {{0}}, 0},
    {"NEGOTIATE_ALGORITHMS",
     algorithms_req,
     &v12,
     "12e304003000010280000000020000000000000000000000000000000000000002201000032002000420800005200"
     "100",
     {{2, 1, 3, CAMSEAL_E_FORMAT},
      {2, 1, 5, CAMSEAL_E_TRUNCATED},
      {2, 1, 0, CAMSEAL_E_FORMAT},
      {4, 2, 0x2F, CAMSEAL_E_FORMAT},
      {4, 2, 0x31, CAMSEAL_E_FORMAT},
      {4, 2, 0xFFFF, CAMSEAL_E_FORMAT},
      {28, 1, 1, CAMSEAL_E_TRUNCATED},
      {28, 1, 255, CAMSEAL_E_TRUNCATED},
      {32, 1, 1, CAMSEAL_E_FORMAT},
      {32, 1, 3, CAMSEAL_E_FORMAT},
      {44, 1, 6, CAMSEAL_E_FORMAT},
      {33, 1, 0x10, CAMSEAL_E_FORMAT},
      {33, 1, 0x2F, CAMSEAL_E_TRUNCATED},
      {34, 2, 0, CAMSEAL_E_FORMAT}},
     0},
    {"NEGOTIATE_ALGORITHMS 1.3",
     algorithms_req,
     &v13,
     "13e301002400010280000000020000000000000000000000000000000000000105200100",
     {{7, 1, 0x12, CAMSEAL_OK},
      {7, 1, 0xEE, CODEC_IGNORED},
      {16, 4, 1, CODEC_IGNORED},
      {32, 1, 6, CAMSEAL_E_FORMAT}},
     0},
    {"NEGOTIATE_ALGORITHMS 1.4",
     algorithms_req,
     &v14,
     "14e306003800010280000000020000000100000000000000000000000000000102201000032002000420800005200"
     "100"
     "0620010007200100",
     {{48, 1, 5, CAMSEAL_E_FORMAT}, {52, 1, 8, CAMSEAL_E_FORMAT}, {52, 1, 6, CAMSEAL_E_FORMAT}},
     0},
    {"ALGORITHMS",
     algorithms_rsp,
     &v12,
     "126304003400010204000000800000000200000000000000000000000000000000000000022010000320020004208"
     "00005200100",
     {{4, 2, 0x33, CAMSEAL_E_FORMAT},
      {4, 2, 0x35, CAMSEAL_E_FORMAT},
      {2, 1, 5, CAMSEAL_E_TRUNCATED},
      {32, 1, 1, CAMSEAL_E_FORMAT},
      {33, 1, 1, CAMSEAL_E_FORMAT},
      {36, 1, 7, CAMSEAL_E_FORMAT},
      {37, 1, 0x30, CAMSEAL_E_FORMAT},
      {37, 1, 0x21, CAMSEAL_E_TRUNCATED},
      {40, 1, 2, CAMSEAL_E_FORMAT}},
     0},
};

CODEC_TESTS(samples)

/* What later versions define is not seen; what is reserved is not seen either. */
static void fields_of_later_versions(void **state)
{
    (void)state;
    static const struct {
        uint8_t version, code;
        uint32_t flags;
    } caps[] = {{0x12, 0xE1, 0x0003FFC6}, {0x13, 0xE1, 0x0EC3FFC6}, {0x14, 0xE1, 0x8EC3FFC6},
                {0x12, 0x61, 0x003FFFFF}, {0x13, 0x61, 0x3FFFFFFF}, {0x14, 0x61, 0xFFFFFFFF}};
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        uint8_t msg[20];
        memset(msg, 0xFF, sizeof msg);
        msg[0] = caps[i].version;
        msg[1] = caps[i].code;
        msg[5] = 31;
        spdm_capabilities m;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, sizeof msg));
        assert_status(camseal_spdm_read_capabilities(&r, &m), CAMSEAL_OK);
        assert_int_equal(m.flags, caps[i].flags);
        assert_int_equal(m.attributes, caps[i].version >= 0x13);
        assert_int_equal(m.ext_flags, i == 5 ? 0xFFFF : 0);
    }
    for (uint8_t version = 0x12; version <= 0x14; version++) {
        uint8_t msg[32];
        memset(msg, 0xFF, sizeof msg);
        memset(msg + 28, 0, 2);
        msg[2] = 0;
        msg[4] = 32;
        msg[5] = 0;
        spdm_algorithms m;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, sizeof msg));
        assert_status(camseal_spdm_read_algorithms_req(&r, version, &m), CAMSEAL_OK);
        assert_int_equal(m.measurement_hash, 0);
        assert_int_equal(m.tables, 0);
        assert_int_equal(m.other_params, version >= 0x13 ? 0x13 : 0x03);
        assert_int_equal(m.mel_spec, version >= 0x13 ? 0xFF : 0);
        assert_int_equal(m.pqc_asym, version >= 0x14 ? 0xFFFFFFFF : 0);
    }
}

static void too_many_versions(void **state)
{
    (void)state;
    for (unsigned count = 0; count < 256; count++) {
        spdm_version_rsp m;
        uint8_t big[6 + 512] = {0x10, 4, 0, 0, 0, (uint8_t)count};
        camseal_reader r = camseal_reader_of(camseal_span_of(big, 6 + 2 * (size_t)count));
        assert_status(camseal_spdm_read_version(&r, &m),
                      count >= 1 && count <= 16 ? CAMSEAL_OK : CAMSEAL_E_FORMAT);
    }
}

static void extended_algorithms_are_skipped(void **state)
{
    (void)state;
    spdm_algorithms m;
    for (unsigned n = 0; n < 24; n++) {
        uint8_t msg[32 + 4 * 24 + 4] = {0x12, 0xE3, 1, 0, (uint8_t)(36 + 4 * n)};
        msg[28] = (uint8_t)(n / 2);
        msg[29] = (uint8_t)(n - n / 2);
        memcpy(msg + 32 + 4 * n, "\x02\x20\x10\x00", 4);
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, 36 + 4 * n));
        camseal_status status = camseal_spdm_read_algorithms_req(&r, 0x12, &m);
        assert_status(status, n <= 20 ? CAMSEAL_OK : CAMSEAL_E_FORMAT);
        if (status != CAMSEAL_OK)
            continue;
        assert_int_equal(m.table[SPDM_ALG_DHE], 0x10);
        assert_int_equal(m.extended, n);
    }
}

/* 20 entries and all tables that there are: 128 bytes are the most. */
static void longest_algorithms(void **state)
{
    (void)state;
    for (unsigned tables = 4; tables <= 5; tables++) {
        uint8_t msg[32 + 80 + 20] = {0x14, 0xE3, (uint8_t)tables, 0, (uint8_t)(112 + 4 * tables)};
        msg[28] = 20;
        for (unsigned i = 0; i < tables; i++) {
            const uint8_t table[] = {(uint8_t)(2 + i), 0x20, 1, 0};
            memcpy(msg + 112 + 4 * i, table, sizeof table);
        }
        spdm_algorithms m;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, 112 + 4 * tables));
        assert_status(camseal_spdm_read_algorithms_req(&r, 0x14, &m),
                      tables == 4 ? CAMSEAL_OK : CAMSEAL_E_FORMAT);
    }
}

/* Those in a table count too. */
static void extended_algorithms_in_tables(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 16; n++) {
        uint8_t msg[36 + 4 * 8 + 4 * 16] = {0x12, 0xE3, 1, 0, (uint8_t)(36 + 4 * (n + 6))};
        msg[29] = 6;
        const uint8_t table[] = {2, (uint8_t)(0x20 | n), 8, 0};
        memcpy(msg + 32 + 4 * 6, table, sizeof table);
        spdm_algorithms m;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, 36 + 4 * (n + 6)));
        camseal_status status = camseal_spdm_read_algorithms_req(&r, 0x12, &m);
        assert_status(status, n + 6 <= 20 ? CAMSEAL_OK : CAMSEAL_E_FORMAT);
        if (status == CAMSEAL_OK)
            assert_int_equal(m.extended, n + 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CODEC_UNIT_TESTS,
        cmocka_unit_test(too_many_versions),
        cmocka_unit_test(extended_algorithms_are_skipped),
        cmocka_unit_test(extended_algorithms_in_tables),
        cmocka_unit_test(longest_algorithms),
        cmocka_unit_test(fields_of_later_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
