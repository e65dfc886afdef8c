/* Reader, writer, constant-time compare, wipe. */
#include "test.h"

#include "base/load.h"
#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void reads_in_both_orders(void **state)
{
    (void)state;
    camseal_reader r = camseal_reader_of(camseal_span_of(bytes, sizeof bytes));
    assert_int_equal(camseal_read_u8(&r), 1);
    assert_int_equal(camseal_read_le16(&r), 0x0302);
    assert_int_equal(camseal_read_be16(&r), 0x0405);
    assert_int_equal(camseal_read_le24(&r), 0x080706);
    assert_int_equal(camseal_read_be32(&r), 0x090A0B0C);
    assert_int_equal(camseal_read_le32(&r), 0x100F0E0D);
    assert_status(camseal_reader_end(&r), CAMSEAL_OK);
}

static void a_failed_reader_stays_failed(void **state)
{
    (void)state;
    camseal_reader r = camseal_reader_of(camseal_span_of(bytes, 3));
    assert_int_equal(camseal_read_le32(&r), 0);
    assert_int_equal(camseal_read_u8(&r), 0);
    assert_int_equal(camseal_read_span(&r, 1).len, 0);
    assert_int_equal(camseal_read_rest(&r).len, 0);
    assert_status(camseal_reader_end(&r), CAMSEAL_E_TRUNCATED);
}

static void every_cut_is_truncated_and_every_rest_trails(void **state)
{
    (void)state;
    for (size_t n = 0; n <= sizeof bytes; n++) {
        camseal_reader r = camseal_reader_of(camseal_span_of(bytes, n));
        (void)camseal_read_le64(&r);
        camseal_status expected = n < 8   ? CAMSEAL_E_TRUNCATED
                                  : n > 8 ? CAMSEAL_E_TRAILING
                                          : CAMSEAL_OK;
        assert_status(camseal_reader_end(&r), expected);
    }
}

static void a_huge_length_does_not_wrap(void **state)
{
    (void)state;
    camseal_reader r = camseal_reader_of(camseal_span_of(bytes, sizeof bytes));
    (void)camseal_read_u8(&r);
    assert_int_equal(camseal_read_span(&r, SIZE_MAX).len, 0);
    assert_status(camseal_reader_end(&r), CAMSEAL_E_TRUNCATED);
    uint8_t out[4];
    camseal_writer w = camseal_writer_of(out, sizeof out);
    camseal_write_u8(&w, 1);
    assert_null(camseal_write_reserve(&w, SIZE_MAX));
    assert_status(camseal_writer_end(&w), CAMSEAL_E_SPACE);
}

static void a_sub_reader_is_bounded(void **state)
{
    (void)state;
    camseal_reader r = camseal_reader_of(camseal_span_of(bytes, sizeof bytes));
    camseal_reader sub = camseal_read_sub(&r, 4);
    assert_int_equal(camseal_read_le32(&sub), 0x04030201);
    assert_status(camseal_reader_end(&sub), CAMSEAL_OK);
    assert_int_equal(camseal_read_u8(&r), 5);
    sub = camseal_read_sub(&r, 100);
    assert_status(camseal_reader_end(&sub), CAMSEAL_E_TRUNCATED);
}

static void the_writer_writes_what_the_reader_reads(void **state)
{
    (void)state;
    uint8_t out[32];
    camseal_writer w = camseal_writer_of(out, sizeof out);
    camseal_write_u8(&w, 0xAB);
    camseal_write_le24(&w, 0x123456);
    camseal_write_le64(&w, UINT64_C(0x1122334455667788));
    camseal_write_be16(&w, 0xBEEF);
    camseal_write_zeros(&w, 2);
    camseal_write_bytes(&w, bytes, 4);
    assert_status(camseal_writer_end(&w), CAMSEAL_OK);
    assert_int_equal(w.len, 20);
    camseal_reader r = camseal_reader_of(camseal_span_of(out, w.len));
    assert_int_equal(camseal_read_u8(&r), 0xAB);
    assert_int_equal(camseal_read_le24(&r), 0x123456);
    assert_true(camseal_read_le64(&r) == UINT64_C(0x1122334455667788));
    assert_int_equal(camseal_read_be16(&r), 0xBEEF);
    camseal_read_skip(&r, 2);
    assert_memory_equal(camseal_read_rest(&r).data, bytes, 4);
}

static void comparison_sees_every_bit(void **state)
{
    (void)state;
    uint8_t copy[sizeof bytes];
    memcpy(copy, bytes, sizeof bytes);
    assert_true(camseal_equal_ct(copy, bytes, sizeof bytes));
    assert_true(camseal_equal_ct(copy, bytes, 0));
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(camseal_equal_ct(copy, bytes, sizeof bytes));
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void wipe_zeroes(void **state)
{
    (void)state;
    uint8_t copy[sizeof bytes];
    memcpy(copy, bytes, sizeof bytes);
    camseal_wipe(copy, sizeof copy);
    for (size_t i = 0; i < sizeof copy; i++)
        assert_int_equal(copy[i], 0);
    camseal_wipe(NULL, 0);
}

static void loads_and_stores_are_inverse(void **state)
{
    (void)state;
    uint8_t out[8];
    camseal_store_be64(out, UINT64_C(0x0102030405060708));
    assert_memory_equal(out, bytes, 8);
    assert_true(camseal_load_be64(out) == UINT64_C(0x0102030405060708));
    camseal_store_le64(out, camseal_load_le64(bytes));
    assert_memory_equal(out, bytes, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_in_both_orders),
        cmocka_unit_test(a_failed_reader_stays_failed),
        cmocka_unit_test(every_cut_is_truncated_and_every_rest_trails),
        cmocka_unit_test(a_huge_length_does_not_wrap),
        cmocka_unit_test(a_sub_reader_is_bounded),
        cmocka_unit_test(the_writer_writes_what_the_reader_reads),
        cmocka_unit_test(comparison_sees_every_bit),
        cmocka_unit_test(wipe_zeroes),
        cmocka_unit_test(loads_and_stores_are_inverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
