/* CSI-2 headers, ECC, whole packets. Golden values: OP1 §11 and vectors/csi2.json. */
#include "test.h"

#include <jansson.h>

#include "camseal/csi2.h"
#include "crc16_model.h"

static const camseal_csi2_packet zero_packet;

static json_t *load_section(const char *name)
{
    json_error_t error;
    json_t *root = json_load_file(CAMSEAL_SOURCE_DIR "/vectors/csi2.json", 0, &error);
    assert_non_null(root);
    json_t *section = json_incref(json_object_get(json_object_get(root, "csi2"), name));
    assert_true(json_is_array(section) && json_array_size(section) > 0);
    json_decref(root);
    return section;
}

static const char *text(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    assert_non_null(s);
    return s;
}

static void check_header(const uint8_t bytes[4], unsigned vc, unsigned dt, unsigned field)
{
    uint8_t made[4];
    camseal_csi2_packet packet;
    assert_status(camseal_csi2_header(made, (uint8_t)vc, (uint8_t)dt, (uint16_t)field), CAMSEAL_OK);
    assert_memory_equal(made, bytes, 4);
    assert_status(camseal_csi2_header_read(&packet, bytes), CAMSEAL_OK);
    assert_int_equal(packet.vc, vc);
    assert_int_equal(packet.dt, dt);
    assert_int_equal(packet.field, field);
    assert_false(packet.corrected);
    assert_int_equal(packet.payload.len, 0);
}

static void headers_equal_the_vectors(void **state)
{
    (void)state;
    json_t *headers = load_section("headers");
    size_t i;
    json_t *h;
    json_array_foreach(headers, i, h)
    {
        uint8_t bytes[4];
        assert_int_equal(test_hex(bytes, 4, text(h, "bytes")), 4);
        check_header(bytes, (unsigned)json_integer_value(json_object_get(h, "vc")),
                     (unsigned)strtoul(text(h, "dt"), NULL, 16),
                     (unsigned)json_integer_value(json_object_get(h, "wc")));
    }
    json_decref(headers);
}

static void headers_equal_the_profile(void **state)
{
    (void)state;
    check_header((const uint8_t[]){0x37, 0xF0, 0x01, 0x3F}, 0, 0x37, 0x01F0);
    check_header((const uint8_t[]){0x2B, 0x00, 0x0F, 0x18}, 0, 0x2B, 0x0F00);
    check_header((const uint8_t[]){0x2C, 0x80, 0x16, 0x23}, 0, 0x2C, 0x1680);
    check_header((const uint8_t[]){0x6C, 0x80, 0x16, 0x8B}, 9, 0x2C, 0x1680);
    check_header((const uint8_t[]){0x00, 0x01, 0x00, 0x1A}, 0, 0x00, 1);
}

static void header_refuses_what_has_no_bits(void **state)
{
    (void)state;
    static const struct {
        uint8_t vc, dt;
    } bad[] = {{16, 0}, {255, 0}, {0, 64}, {0, 255}, {16, 64}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t out[4] = {1, 2, 3, 4};
        assert_status(camseal_csi2_header(out, bad[i].vc, bad[i].dt, 0), CAMSEAL_E_ARGUMENT);
        assert_memory_equal(out, ((const uint8_t[]){1, 2, 3, 4}), 4);
    }
}

static void flip(uint8_t *bytes, unsigned bit)
{
    bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void check_repair(const uint8_t good[4], unsigned bit)
{
    camseal_csi2_packet expected, packet;
    uint8_t bad[4];
    memcpy(bad, good, 4);
    flip(bad, bit);
    assert_status(camseal_csi2_header_read(&expected, good), CAMSEAL_OK);
    assert_status(camseal_csi2_header_read(&packet, bad), CAMSEAL_OK);
    assert_true(packet.corrected);
    packet.corrected = false;
    assert_memory_equal(&packet, &expected, sizeof packet);
}

static const struct {
    uint8_t vc, dt;
    uint16_t field;
} samples[] = {{0, 0, 0},        {15, 63, 65535}, {0, 0x2C, 2028}, {9, 0x37, 60},
               {6, 0x12, 43981}, {3, 0x00, 1},    {12, 0x2E, 256}, {5, 0x35, 0x5AA5}};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

static void every_single_bit_error_is_repaired(void **state)
{
    (void)state;
    for (size_t s = 0; s < SAMPLES; s++) {
        uint8_t good[4];
        assert_status(camseal_csi2_header(good, samples[s].vc, samples[s].dt, samples[s].field),
                      CAMSEAL_OK);
        for (unsigned bit = 0; bit < 32; bit++) /* 30 and 31 are VCX */
            check_repair(good, bit);
    }
}

static void every_double_bit_error_is_detected(void **state)
{
    (void)state;
    for (size_t s = 0; s < SAMPLES; s++) {
        uint8_t good[4];
        assert_status(camseal_csi2_header(good, samples[s].vc, samples[s].dt, samples[s].field),
                      CAMSEAL_OK);
        for (unsigned pair = 0; pair < 32 * 32; pair++) {
            if (pair / 32 >= pair % 32)
                continue;
            uint8_t bad[4];
            camseal_csi2_packet packet;
            memcpy(bad, good, 4);
            flip(bad, pair / 32);
            flip(bad, pair % 32);
            assert_status(camseal_csi2_header_read(&packet, bad), CAMSEAL_E_CRC);
            assert_memory_equal(&packet, &zero_packet, sizeof packet);
        }
    }
}

static void every_header_round_trips(void **state)
{
    (void)state;
    for (uint32_t field = 0; field <= 65535; field++) {
        uint8_t bytes[4];
        uint8_t vc = (uint8_t)(field % 16), dt = (uint8_t)(field / 16 % 64);
        camseal_csi2_packet packet;
        assert_status(camseal_csi2_header(bytes, vc, dt, (uint16_t)field), CAMSEAL_OK);
        assert_status(camseal_csi2_header_read(&packet, bytes), CAMSEAL_OK);
        assert_true(packet.vc == vc && packet.dt == dt && packet.field == field &&
                    !packet.corrected);
    }
}

static void crc16_equals_the_vectors(void **state)
{
    (void)state;
    json_t *list = load_section("crc16");
    size_t i;
    json_t *v;
    json_array_foreach(list, i, v)
    {
        uint8_t data[64], wire[2], packet[128];
        size_t n = test_hex(data, sizeof data, text(v, "data"));
        assert_int_equal(test_hex(wire, 2, text(v, "wire")), 2);
        camseal_span payload = {data, n};
        camseal_buf out = {packet, sizeof packet, 0};
        assert_status(camseal_csi2_build(&out, 0, 0x2A, &payload, 1, &model_bulk), CAMSEAL_OK);
        assert_int_equal(out.len, n + 6);
        assert_memory_equal(packet + 4, data, n);
        assert_memory_equal(packet + 4 + n, wire, 2);
    }
    json_decref(list);
    static const char *const hex[] = {"FF000002B9DCF372BBD4B85AC875C27C81F805DFFF000001",
                                      "FF0000001EF01EC74F8278C582E08C70D23C78E9FF000001"};
    static const uint16_t crc[] = {0x00F0, 0xE569};
    for (i = 0; i < 2; i++) {
        uint8_t data[24];
        assert_int_equal(test_hex(data, sizeof data, hex[i]), 24);
        assert_int_equal(crc16_model(0xFFFF, data, 24), crc[i]);
    }
}

static uint8_t payload_memory[65536];
static uint8_t packet_memory[65536 + 6];

static void long_packets_round_trip_at_every_edge(void **state)
{
    (void)state;
    static const size_t counts[] = {0,   1,   2,   3,     15,    16,    17,
                                    255, 256, 257, 32767, 32768, 65534, 65535};
    uint64_t seed = 0x5EED0001;
    print_message("seed %llx\n", (unsigned long long)seed);
    test_fill(&seed, payload_memory, sizeof payload_memory);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        size_t n = counts[i], cut = n / 3;
        camseal_span spans[] = {{payload_memory, cut}, {NULL, 0}, {payload_memory + cut, n - cut}};
        camseal_buf out = {packet_memory, n + 6, 0};
        camseal_csi2_packet packet;
        assert_status(camseal_csi2_build(&out, 11, 0x2C, spans, 3, &model_bulk), CAMSEAL_OK);
        assert_int_equal(out.len, n + 6);
        assert_status(
            camseal_csi2_parse(&packet, camseal_mspan_of(packet_memory, out.len), &model_bulk),
            CAMSEAL_OK);
        assert_true(packet.vc == 11 && packet.dt == 0x2C && packet.field == n);
        assert_ptr_equal(packet.payload.data, packet_memory + 4);
        assert_int_equal(packet.payload.len, n);
        assert_memory_equal(packet.payload.data, payload_memory, n);
        out.capacity = n + 5;
        assert_status(camseal_csi2_build(&out, 11, 0x2C, spans, 3, &model_bulk), CAMSEAL_E_SPACE);
        assert_int_equal(out.len, 0);
    }
}

static void build_refuses_bad_arguments(void **state)
{
    (void)state;
    camseal_buf out = {packet_memory, sizeof packet_memory, 99};
    camseal_span too_long[] = {{payload_memory, 65535}, {payload_memory, 1}};
    camseal_span huge[] = {{payload_memory, 1}, {payload_memory, SIZE_MAX}};
    camseal_span small = {payload_memory, 4};
    assert_status(camseal_csi2_build(&out, 0, 0x2A, too_long, 2, &model_bulk), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_csi2_build(&out, 0, 0x2A, huge, 2, &model_bulk), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_csi2_build(&out, 16, 0x2A, &small, 1, &model_bulk), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_csi2_build(&out, 0, 64, &small, 1, &model_bulk), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_csi2_build(&out, 0, 0x0F, &small, 1, &model_bulk), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_csi2_build(&out, 0, 0x2A, &small, 1, NULL), CAMSEAL_E_ARGUMENT);
    assert_int_equal(out.len, 0);
}

static void every_wrong_size_is_named(void **state)
{
    (void)state;
    enum { N = 40 };
    camseal_span payload = {payload_memory, N};
    camseal_buf out = {packet_memory, sizeof packet_memory, 0};
    camseal_csi2_packet packet;
    assert_status(camseal_csi2_build(&out, 2, 0x12, &payload, 1, &model_bulk), CAMSEAL_OK);
    for (size_t n = 0; n < N + 12; n++) {
        camseal_status expected = CAMSEAL_OK;
        if (n != N + 6)
            expected = n < N + 6 ? CAMSEAL_E_TRUNCATED : CAMSEAL_E_TRAILING;
        assert_status(camseal_csi2_parse(&packet, camseal_mspan_of(packet_memory, n), &model_bulk),
                      expected);
        if (expected != CAMSEAL_OK)
            assert_memory_equal(&packet, &zero_packet, sizeof packet);
    }
    assert_status(camseal_csi2_parse(&packet, camseal_mspan_of(NULL, 0), &model_bulk),
                  CAMSEAL_E_TRUNCATED);
}

static void short_packets_are_the_header_alone(void **state)
{
    (void)state;
    for (unsigned dt = 0; dt < 64; dt++) {
        uint8_t bytes[6] = {0};
        camseal_csi2_packet packet;
        assert_status(camseal_csi2_header(bytes, 7, (uint8_t)dt, 300), CAMSEAL_OK);
        assert_int_equal(camseal_csi2_dt_is_short((uint8_t)dt), dt < 0x10);
        camseal_status alone = dt < 0x10 ? CAMSEAL_OK : CAMSEAL_E_TRUNCATED;
        camseal_status more = dt < 0x10 ? CAMSEAL_E_TRAILING : CAMSEAL_E_TRUNCATED;
        assert_status(camseal_csi2_parse(&packet, camseal_mspan_of(bytes, 6), &model_bulk), more);
        assert_status(camseal_csi2_parse(&packet, camseal_mspan_of(bytes, 4), &model_bulk), alone);
        if (dt < 0x10)
            assert_true(packet.field == 300 && packet.vc == 7 && packet.payload.len == 0);
    }
}

/* One bit: the header is repaired, anything behind it breaks the CRC-16. A repaired packet parses.
 */
static void every_flipped_bit_of_a_packet_is_repaired_or_found(void **state)
{
    (void)state;
    enum { N = 24 };
    camseal_span payload = {payload_memory, N};
    uint8_t bytes[N + 6];
    camseal_buf out = {bytes, sizeof bytes, 0};
    assert_status(camseal_csi2_build(&out, 4, 0x2B, &payload, 1, &model_bulk), CAMSEAL_OK);
    for (unsigned bit = 0; bit < 8 * sizeof bytes; bit++) {
        camseal_csi2_packet packet;
        camseal_mspan all = {bytes, sizeof bytes};
        flip(bytes, bit);
        assert_status(camseal_csi2_parse(&packet, all, &model_bulk),
                      bit < 32 ? CAMSEAL_OK : CAMSEAL_E_CRC);
        assert_int_equal(packet.corrected, bit < 32);
        assert_status(camseal_csi2_parse(&packet, all, NULL), CAMSEAL_OK);
        flip(bytes, bit);
    }
}

static void providers_agree_with_the_model(void **state)
{
    (void)state;
    uint64_t seed = 0xC2C16;
    print_message("seed %llx\n", (unsigned long long)seed);
    const camseal_bulk *providers[] = {camseal_bulk_soft(),
                                       camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL)};
    for (size_t n = 0; n < 300; n++) {
        test_fill(&seed, payload_memory, n);
        camseal_span payload = {payload_memory, n};
        camseal_buf out = {packet_memory, sizeof packet_memory, 0};
        camseal_csi2_packet packet;
        assert_status(camseal_csi2_build(&out, 1, 0x2B, &payload, 1, &model_bulk), CAMSEAL_OK);
        for (size_t p = 0; p < 2; p++)
            assert_status(
                camseal_csi2_parse(&packet, camseal_mspan_of(packet_memory, out.len), providers[p]),
                CAMSEAL_OK);
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(camseal_csi2_dt_name(CAMSEAL_CSI2_RAW12), "RAW12");
    assert_string_equal(camseal_csi2_dt_name(CAMSEAL_CSI2_FS), "FS");
    assert_string_equal(camseal_csi2_dt_name(CAMSEAL_CSI2_SEP), "SEP");
    assert_string_equal(camseal_csi2_dt_name(CAMSEAL_CSI2_YUV422_8), "YUV422_8");
    static const uint8_t nameless[] = {4, 5, 6, 7, 0x17, 0x1B, 0x25, 0x38, 0x3F, 0x40, 0xFF};
    for (size_t i = 0; i < sizeof nameless; i++)
        assert_string_equal(camseal_csi2_dt_name(nameless[i]), "reserved");
    for (unsigned i = 0; i < 64; i++)
        for (unsigned j = 0; j < i; j++)
            if (strcmp(camseal_csi2_dt_name((uint8_t)i), "reserved") != 0)
                assert_string_not_equal(camseal_csi2_dt_name((uint8_t)i),
                                        camseal_csi2_dt_name((uint8_t)j));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_equal_the_vectors),
        cmocka_unit_test(headers_equal_the_profile),
        cmocka_unit_test(header_refuses_what_has_no_bits),
        cmocka_unit_test(every_single_bit_error_is_repaired),
        cmocka_unit_test(every_double_bit_error_is_detected),
        cmocka_unit_test(every_header_round_trips),
        cmocka_unit_test(crc16_equals_the_vectors),
        cmocka_unit_test(long_packets_round_trip_at_every_edge),
        cmocka_unit_test(build_refuses_bad_arguments),
        cmocka_unit_test(every_wrong_size_is_named),
        cmocka_unit_test(short_packets_are_the_header_alone),
        cmocka_unit_test(every_flipped_bit_of_a_packet_is_repaired_or_found),
        cmocka_unit_test(providers_agree_with_the_model),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
