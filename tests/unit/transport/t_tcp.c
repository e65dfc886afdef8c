/* TCP binding: golden headers, every cut of a frame, illegal headers. */
#include "test.h"

#include "camseal/transport.h"

static void golden_headers(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        size_t len;
        uint8_t header[4];
    } rows[] = {
        {CAMSEAL_TCP_SPDM, 4, {0x06, 0x00, 0x01, 0x05}},
        {CAMSEAL_TCP_SPDM, 20, {0x16, 0x00, 0x01, 0x05}},
        {CAMSEAL_TCP_SECURED, 32, {0x22, 0x00, 0x01, 0x06}},
        {CAMSEAL_TCP_SPDM, 65533, {0xFF, 0xFF, 0x01, 0x05}},
        {CAMSEAL_TCP_ROLE_INQUIRY, 0, {0x00, 0x00, 0x01, 0xBF}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t header[4];
        assert_status(camseal_tcp_header(header, rows[i].type, rows[i].len), CAMSEAL_OK);
        assert_memory_equal(header, rows[i].header, 4);
    }
}

static void illegal_headers_are_not_written(void **state)
{
    (void)state;
    uint8_t header[4];
    assert_status(camseal_tcp_header(header, CAMSEAL_TCP_SPDM, 65534), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_tcp_header(header, CAMSEAL_TCP_SPDM, SIZE_MAX), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_tcp_header(header, CAMSEAL_TCP_ROLE_INQUIRY, 1), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_tcp_header(header, 0x07, 4), CAMSEAL_E_ARGUMENT);
}

static void every_cut_of_a_frame_waits(void **state)
{
    (void)state;
    static const uint8_t stream[] = {0x06, 0x00, 0x01, 0x05, 0x10, 0x84, 0x00, 0x00, 0xAA};
    uint8_t type;
    camseal_span payload;
    size_t frame;
    for (size_t n = 0; n < 8; n++) {
        assert_status(camseal_tcp_parse(camseal_span_of(stream, n), 100, &type, &payload, &frame),
                      CAMSEAL_PENDING);
        assert_int_equal(frame, n < 4 ? 0 : 8);
        assert_int_equal(payload.len, 0);
    }
    for (size_t n = 8; n <= sizeof stream; n++) {
        assert_status(camseal_tcp_parse(camseal_span_of(stream, n), 100, &type, &payload, &frame),
                      CAMSEAL_OK);
        assert_int_equal(frame, 8);
        assert_int_equal(type, CAMSEAL_TCP_SPDM);
        assert_ptr_equal(payload.data, stream + 4);
        assert_int_equal(payload.len, 4);
    }
}

static void illegal_frames(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[4];
        size_t len, max;
        camseal_status expected;
    } rows[] = {
        {{0x06, 0x00, 0x01, 0x05}, 4, 4, CAMSEAL_PENDING},
        {{0x06, 0x00, 0x01, 0x05}, 4, 3, CAMSEAL_E_SPACE},
        {{0xFF, 0xFF, 0x01, 0x06}, 4, 65532, CAMSEAL_E_SPACE},
        {{0xFF, 0xFF, 0x01, 0x06}, 4, 65533, CAMSEAL_PENDING},
        {{0x06, 0x00, 0x00, 0x05}, 4, 100, CAMSEAL_E_VERSION},
        {{0x06, 0x00, 0x02, 0x05}, 3, 100, CAMSEAL_E_VERSION},
        {{0x06, 0x00, 0x01, 0x04}, 4, 100, CAMSEAL_E_FORMAT},
        {{0x06, 0x00, 0x01, 0xC4}, 4, 100, CAMSEAL_E_FORMAT},
        {{0x00, 0x00, 0x01, 0x05}, 4, 100, CAMSEAL_E_FORMAT},
        {{0x01, 0x00, 0x01, 0x05}, 4, 100, CAMSEAL_E_FORMAT},
        {{0x02, 0x00, 0x01, 0x06}, 4, 100, CAMSEAL_E_FORMAT},
        {{0x00, 0x00, 0x01, 0xBF}, 4, 100, CAMSEAL_OK},
        {{0x02, 0x00, 0x01, 0xC1}, 4, 0, CAMSEAL_OK},
        {{0x03, 0x00, 0x01, 0xC1}, 4, 100, CAMSEAL_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t type;
        camseal_span payload;
        size_t frame;
        assert_status(camseal_tcp_parse(camseal_span_of(rows[i].bytes, rows[i].len), rows[i].max,
                                        &type, &payload, &frame),
                      rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_headers),
        cmocka_unit_test(illegal_headers_are_not_written),
        cmocka_unit_test(every_cut_of_a_frame_waits),
        cmocka_unit_test(illegal_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
