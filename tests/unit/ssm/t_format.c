/* The frame of TLVs and the value of every TLV type: layout, limits, reserved bits. */
#include "test.h"

#include "ssm/format.h"
#include "ssm/tlv.h"

/* One value per row: hex, and whether it is legal. Legal ones must come back from the writer
 * unchanged. */
static const struct {
    uint8_t type;
    bool legal;
    const char *hex;
} values[] = {
    {0x01, true, "01"},
    {0x01, true, "04"},
    {0x01, false, "00"},
    {0x01, false, "05"},
    {0x01, false, "ff"},
    {0x02, true, "00"},
    {0x02, true, "03"},
    {0x02, false, "04"},
    {0x03, true, "00"},
    {0x03, true, "01"},
    {0x03, true, "02"},
    {0x03, true, "11"},
    {0x03, true, "12"},
    {0x03, true, "21"},
    {0x03, true, "22"},
    {0x03, false, "03"},
    {0x03, false, "10"},
    {0x03, false, "13"},
    {0x03, false, "20"},
    {0x03, false, "23"},
    {0x03, false, "31"},
    {0x03, false, "ff"},
    {0x04, true, "00"},
    {0x04, true, "03"},
    {0x04, false, "04"},
    {0x05, true, "08"},
    {0x05, true, "0c"},
    {0x05, true, "10"},
    {0x05, false, "00"},
    {0x05, false, "04"},
    {0x05, false, "09"},
    {0x05, false, "14"},
    /* stream: wire VC, wire DT, eVC, flags, eDT */
    {0x06, true, "0f3fff012c00"},
    {0x06, true, "002c0300ff00"},
    {0x06, true, "002c03000002"},
    {0x06, false, "102c03002c00"},
    {0x06, false, "004003002c00"},
    {0x06, false, "002c03022c00"},
    {0x06, false, "002c03802c00"},
    {0x06, false, "002c03000001"},
    {0x06, false, "002c0300ff01"},
    /* slot: eVC, FP, eDT */
    {0x07, true, "03022c00"},
    {0x07, true, "ff04ff00"},
    {0x07, false, "03012c00"},
    {0x07, false, "03052c00"},
    {0x07, false, "03000001"},
    {0x07, false, "0303ff01"},
    /* target: id, 7-bit address */
    {0x08, true, "34127f"},
    {0x08, false, "341280"},
    {0x09, true, "000102030405060708090a0b0c0d0e0f"},
    {0x0A, true, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"},
    {0x0B, true, "ffffffff"},
    {0x0B, true, "78563412"},
    /* activation: mode, frame_count */
    {0x0C, true, "000000000000000000"},
    {0x0C, true, "010100000000000000"},
    {0x0C, true, "01ffffffffff000000"},
    {0x0C, false, "000100000000000000"},
    {0x0C, false, "010000000000000000"},
    {0x0C, false, "010000000000010000"},
    {0x0C, false, "020100000000000000"},
    {0x0D, true, "01021f"},
    {0x0D, false, "000202"},
    {0x0D, false, "020002"},
    {0x0D, false, "020200"},
    {0x0D, false, "022002"},
    {0x0E, true, "010305"},
    {0x0E, false, "000202"},
    {0x0E, false, "020602"},
    {0x0E, false, "0202ff"},
    /* stride: unit, 0, offset, run, period */
    {0x0F, true, "0000000000000000"},
    {0x0F, true, "0100000001000400"},
    {0x0F, true, "0200030004000400"},
    {0x0F, false, "0001000000000000"},
    {0x0F, false, "0000010000000000"},
    {0x0F, false, "0000000001000000"},
    {0x0F, false, "0000000000000100"},
    {0x0F, false, "0300000001000400"},
    {0x0F, false, "0100040001000400"},
    {0x0F, false, "0100000000000400"},
    {0x0F, false, "0100000005000400"},
    {0x0F, false, "0101000001000400"},
    {0x10, true, "010000000200000003000000040000000500000006000080"},
    {0x11, true, "004400"},
    {0x11, true, "01ffff"},
    {0x11, false, "020000"},
    /* least: eVC, 7 x 0, frame_count */
    {0x12, true, "0300000000000000ffffffffff000000"},
    {0x12, false, "03010000000000000100000000000000"},
    {0x12, false, "03000000000000010100000000000000"},
    {0x12, false, "03000000000000000000000000010000"},
    {0x13, true,
     "0300000000000000ffffffffff0000000100000000000000020000000000000003000000000000ff"},
    {0x13, false,
     "0300000000000100ffffffffff0000000100000000000000020000000000000003000000000000ff"},
    {0x13, false,
     "030000000000000000000000000100000100000000000000020000000000000003000000000000ff"},
    {0x14, true,
     "0100000000000000020000000000000003000000000000000400000000000000050000000000000006000000"
     "000000000700000000000080"},
    {0x40, true, "000000000000000000000000000000000000000000000000000000000000ff00"},
    {0x40, false, "0000000000000000000000000000000000000000000000000000000000000000"},
    {0x50, true, "0207060600060308100700"},
    {0x50, true, "ffffffffffffffffffff00"},
    {0x50, false, "0207060600060308100701"},
};
enum { N_VALUES = sizeof values / sizeof values[0] };

static void every_value_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VALUES; i++) {
        uint8_t bytes[64], again[64];
        uint64_t out[16] = {0};
        size_t n = test_hex(bytes, sizeof bytes, values[i].hex);
        const camseal_ssm_format *format = camseal_ssm_format_of(values[i].type);
        assert_non_null(format);
        assert_int_equal(n, format->length);
        assert_true(format->size <= sizeof out);
        camseal_reader r = camseal_reader_of(camseal_span_of(bytes, n));
        bool legal = format->read(&r, out);
        assert_status(camseal_reader_end(&r), CAMSEAL_OK);
        if (legal != values[i].legal)
            fail_msg("TLV %02x %s is %s", values[i].type, values[i].hex,
                     legal ? "taken" : "refused");
        if (!legal)
            continue;
        camseal_writer w = camseal_writer_of(again, sizeof again);
        format->write(&w, out);
        assert_int_equal(w.len, n);
        assert_memory_equal(again, bytes, n);
    }
}

static void every_known_type_has_a_value_above(void **state)
{
    (void)state;
    size_t known = 0;
    for (unsigned type = 0; type < 256; type++) {
        if (!camseal_ssm_format_of((uint8_t)type))
            continue;
        known++;
        size_t i = 0;
        while (i < N_VALUES && !(values[i].type == type && values[i].legal))
            i++;
        assert_true(i < N_VALUES);
    }
    assert_int_equal(known, 22);
}

static void fields_land_where_they_belong(void **state)
{
    (void)state;
    uint8_t bytes[64];
    camseal_stream_map stream;
    size_t n = test_hex(bytes, sizeof bytes, "052a0701bc0a");
    camseal_reader r = camseal_reader_of(camseal_span_of(bytes, n));
    assert_true(camseal_ssm_format_of(0x06)->read(&r, &stream));
    assert_int_equal(stream.wire_vc, 5);
    assert_int_equal(stream.wire_dt, 0x2A);
    assert_int_equal(stream.evc, 7);
    assert_true(stream.embedded);
    assert_int_equal(stream.edt, 0x0ABC);

    camseal_stride stride;
    n = test_hex(bytes, sizeof bytes, "0200 0300 0400 0506");
    r = camseal_reader_of(camseal_span_of(bytes, n));
    assert_true(camseal_ssm_format_of(0x0F)->read(&r, &stride));
    assert_int_equal(stride.unit, 2);
    assert_int_equal(stride.offset, 3);
    assert_int_equal(stride.run, 4);
    assert_int_equal(stride.period, 0x0605);

    camseal_ssm_capabilities caps;
    n = test_hex(bytes, sizeof bytes, "02 0706 0600 02 1f 04 10 06 00");
    r = camseal_reader_of(camseal_span_of(bytes, n));
    assert_true(camseal_ssm_format_of(0x50)->read(&r, &caps));
    assert_int_equal(caps.protocols, 2);
    assert_int_equal(caps.suites, 0x00060607);
    assert_int_equal(caps.tag_modes, 2);
    assert_int_equal(caps.variants, 0x1F);
    assert_int_equal(caps.contexts, 4);
    assert_int_equal(caps.evcs, 16);
    assert_int_equal(caps.tag_lengths, 6);
}

static void suites_and_tag_lengths_have_bits_of_their_own(void **state)
{
    (void)state;
    uint32_t suites = 0;
    for (unsigned suite = 0; suite < 256; suite++) {
        uint32_t bit = camseal_ssm_suite_bit((uint8_t)suite);
        assert_int_equal(suites & bit, 0);
        suites |= bit;
    }
    assert_int_equal(suites, 0x00060607);
    unsigned tags = 0;
    for (unsigned length = 0; length < 256; length++)
        tags |= camseal_ssm_tag_length_bit((uint8_t)length);
    assert_int_equal(tags, 7);
    assert_int_equal(camseal_ssm_tag_length_bit(12), 2);
}

/* Walks all elements; the status that ended it and the number seen. */
static camseal_status walk(const char *hex, size_t *n)
{
    uint8_t bytes[64];
    size_t len = test_hex(bytes, sizeof bytes, hex);
    camseal_tlv_reader t = camseal_tlv_reader_of(camseal_span_of(bytes, len));
    camseal_tlv tlv;
    bool more;
    *n = 0;
    for (;;) {
        camseal_status status = camseal_tlv_next(&t, &tlv, &more);
        if (status != CAMSEAL_OK || !more)
            return status;
        assert_int_equal(tlv.whole.len, tlv.value.len + 4);
        (*n)++;
    }
}

static void elements_are_framed(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        size_t n;
        camseal_status status;
    } rows[] = {
        {"", 0, CAMSEAL_OK},
        {"01000000", 1, CAMSEAL_OK},
        {"01010200aabb 0200010000", 2, CAMSEAL_OK},
        {"0100000001000000", 2, CAMSEAL_OK},
        {"0000000001000000", 2, CAMSEAL_OK},
        {"0200000001000000", 1, CAMSEAL_E_FORMAT},
        {"01020000", 0, CAMSEAL_E_FORMAT},
        {"01800000", 0, CAMSEAL_E_FORMAT},
        {"01", 0, CAMSEAL_E_TRUNCATED},
        {"0100", 0, CAMSEAL_E_TRUNCATED},
        {"010001", 0, CAMSEAL_E_TRUNCATED},
        {"01000100", 0, CAMSEAL_E_TRUNCATED},
        {"0100ffff00", 0, CAMSEAL_E_TRUNCATED},
        {"0100010000 02", 1, CAMSEAL_E_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n;
        camseal_status status = walk(rows[i].hex, &n);
        if (status != rows[i].status || n != rows[i].n)
            fail_msg("'%s': %s after %zu", rows[i].hex, camseal_status_name(status), n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_judged),
        cmocka_unit_test(every_known_type_has_a_value_above),
        cmocka_unit_test(fields_land_where_they_belong),
        cmocka_unit_test(suites_and_tag_lengths_have_bits_of_their_own),
        cmocka_unit_test(elements_are_framed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
