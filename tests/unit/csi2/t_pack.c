/* Pixel packing against a model that places every bit of a group by a table. */
#include "test.h"

#include "camseal/csi2.h"

/* Bit b of sample s of a group goes to bit `map[s][b]` of the group's bytes (bit 0 = LSB of byte
 * 0). */
typedef struct model {
    uint8_t dt;
    unsigned bits, samples, bytes;
    unsigned low_bits; /* how many LSBs of a sample go to the tail behind the MS bytes */
} model;

static const model models[] = {
    {CAMSEAL_CSI2_RAW8, 8, 1, 1, 0},   {CAMSEAL_CSI2_RAW10, 10, 4, 5, 2},
    {CAMSEAL_CSI2_RAW12, 12, 2, 3, 4}, {CAMSEAL_CSI2_RAW14, 14, 4, 7, 6},
    {CAMSEAL_CSI2_RAW16, 16, 1, 2, 8}, {CAMSEAL_CSI2_YUV422_8, 8, 4, 4, 0},
    {CAMSEAL_CSI2_RGB888, 8, 3, 3, 0},
};
enum { MODELS = sizeof models / sizeof models[0] };

static unsigned bit_place(const model *m, unsigned sample, unsigned bit)
{
    if (bit >= m->low_bits)
        return 8 * sample + (bit - m->low_bits);
    return 8 * m->samples + m->low_bits * sample + bit;
}

static void model_pack(const model *m, uint8_t *out, const uint16_t *in, size_t n)
{
    memset(out, 0, n / m->samples * m->bytes);
    for (size_t i = 0; i < n; i++) {
        for (unsigned bit = 0; bit < m->bits; bit++) {
            if ((in[i] >> bit & 1) == 0)
                continue;
            size_t place =
                8 * m->bytes * (i / m->samples) + bit_place(m, (unsigned)(i % m->samples), bit);
            out[place / 8] = (uint8_t)(out[place / 8] | 1u << place % 8);
        }
    }
}

static uint16_t samples[8192], back[8192];
static uint8_t packed[16384], expected[16384];

static void check_line(const model *m, size_t n)
{
    size_t bytes = n / m->samples * m->bytes;
    camseal_buf out = {packed, bytes, 77};
    assert_int_equal(camseal_csi2_line_bytes(m->dt, n), bytes);
    assert_status(camseal_csi2_pack(&out, m->dt, samples, n), CAMSEAL_OK);
    assert_int_equal(out.len, bytes);
    model_pack(m, expected, samples, n);
    assert_memory_equal(packed, expected, bytes);
    memset(back, 0xFF, sizeof back);
    assert_status(camseal_csi2_unpack(back, n, m->dt, camseal_span_of(packed, bytes)), CAMSEAL_OK);
    assert_memory_equal(back, samples, 2 * n);
    assert_int_equal(back[n], 0xFFFF);
}

static void random_lines_equal_the_model(void **state)
{
    (void)state;
    uint64_t seed = 0xCA3E5EA1;
    print_message("seed %llx\n", (unsigned long long)seed);
    for (size_t k = 0; k < MODELS; k++) {
        const model *m = &models[k];
        assert_int_equal(camseal_csi2_bits(m->dt), m->bits);
        for (size_t groups = 0; groups < 200; groups += groups < 70 ? 1 : 13) {
            for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
                samples[i] = (uint16_t)(test_random(&seed) >> 40 & ((1u << m->bits) - 1));
            check_line(m, groups * m->samples);
        }
    }
}

static void golden(uint8_t dt, const uint16_t *in, size_t n, const char *hex)
{
    uint8_t want[16], got[16];
    size_t len = test_hex(want, sizeof want, hex);
    camseal_buf out = {got, sizeof got, 0};
    assert_status(camseal_csi2_pack(&out, dt, in, n), CAMSEAL_OK);
    assert_int_equal(out.len, len);
    assert_memory_equal(got, want, len);
}

/* Worked by hand from the rules of OP1 §11. */
static void groups_packed_by_hand(void **state)
{
    (void)state;
    golden(CAMSEAL_CSI2_RAW8, (const uint16_t[]){0x12, 0xFE}, 2, "12FE");
    golden(CAMSEAL_CSI2_RAW10, (const uint16_t[]){0x3FD, 0x002, 0x2AB, 0x154}, 4, "FF00AA5539");
    golden(CAMSEAL_CSI2_RAW12, (const uint16_t[]){0xABC, 0x123}, 2, "AB123C");
    golden(CAMSEAL_CSI2_RAW14, (const uint16_t[]){0x3FC1, 0x0002, 0x1523, 0x2AC4}, 4,
           "FF0054AB813012");
    golden(CAMSEAL_CSI2_RAW16, (const uint16_t[]){0x1234, 0xFF00}, 2, "1234FF00");
    golden(CAMSEAL_CSI2_YUV422_8, (const uint16_t[]){1, 2, 3, 4}, 4, "01020304");
    golden(CAMSEAL_CSI2_RGB888, (const uint16_t[]){0x10, 0x20, 0x30}, 3, "102030");
}

static void samples_out_of_range_are_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < MODELS; k++) {
        const model *m = &models[k];
        if (m->bits == 16)
            continue;
        for (size_t at = 0; at < 60; at++) {
            memset(samples, 0, sizeof samples);
            memset(packed, 0xEE, sizeof packed);
            camseal_buf out = {packed, sizeof packed, 5};
            samples[at] = (uint16_t)(1u << m->bits);
            assert_status(camseal_csi2_pack(&out, m->dt, samples, 60), CAMSEAL_E_ARGUMENT);
            assert_int_equal(out.len, 0);
            assert_int_equal(packed[0], 0xEE);
            samples[at] = (uint16_t)((1u << m->bits) - 1);
            assert_status(camseal_csi2_pack(&out, m->dt, samples, 60), CAMSEAL_OK);
        }
    }
}

static void broken_groups_and_wrong_sizes_are_refused(void **state)
{
    (void)state;
    memset(samples, 0, sizeof samples);
    for (size_t k = 0; k < MODELS; k++) {
        const model *m = &models[k];
        for (size_t n = 1; n <= 12; n++) {
            size_t bytes = camseal_csi2_line_bytes(m->dt, n);
            camseal_buf out = {packed, sizeof packed, 0};
            if (n % m->samples != 0) {
                assert_int_equal(bytes, 0);
                assert_status(camseal_csi2_pack(&out, m->dt, samples, n), CAMSEAL_E_ARGUMENT);
                assert_status(camseal_csi2_unpack(back, n, m->dt, camseal_span_of(packed, n)),
                              CAMSEAL_E_ARGUMENT);
                continue;
            }
            out.capacity = bytes - 1;
            assert_status(camseal_csi2_pack(&out, m->dt, samples, n), CAMSEAL_E_SPACE);
            assert_status(camseal_csi2_unpack(back, n, m->dt, camseal_span_of(packed, bytes - 1)),
                          CAMSEAL_E_TRUNCATED);
            assert_status(camseal_csi2_unpack(back, n, m->dt, camseal_span_of(packed, bytes + 1)),
                          CAMSEAL_E_TRAILING);
        }
        camseal_buf out = {packed, sizeof packed, 0};
        assert_int_equal(camseal_csi2_line_bytes(m->dt, SIZE_MAX - SIZE_MAX % 12), 0);
        assert_status(camseal_csi2_pack(&out, m->dt, samples, SIZE_MAX - SIZE_MAX % 12),
                      CAMSEAL_E_ARGUMENT);
    }
}

static void other_types_cannot_be_packed(void **state)
{
    (void)state;
    for (unsigned dt = 0; dt < 256; dt++) {
        size_t known = 0;
        for (size_t k = 0; k < MODELS; k++)
            known += models[k].dt == dt;
        camseal_buf out = {packed, sizeof packed, 0};
        assert_int_equal(camseal_csi2_bits((uint8_t)dt) != 0, known);
        assert_int_equal(camseal_csi2_line_bytes((uint8_t)dt, 12) != 0, known);
        assert_status(camseal_csi2_pack(&out, (uint8_t)dt, samples, 12),
                      known ? CAMSEAL_OK : CAMSEAL_E_ARGUMENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_lines_equal_the_model),
        cmocka_unit_test(groups_packed_by_hand),
        cmocka_unit_test(samples_out_of_range_are_refused),
        cmocka_unit_test(broken_groups_and_wrong_sizes_are_refused),
        cmocka_unit_test(other_types_cannot_be_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
