/* Messages that open, keep and carry sessions: PSK, short ones, encapsulated ones, chunks. */
#include "codec_check.h"

static const codec_sample samples[] = {
    {"PSK_EXCHANGE",
     psk_exchange,
     &v12,
     "12e60000ffff020003000400aabb010203eeeeeeef",
     {{2, 1, 1, CAMSEAL_OK},
      {2, 1, 2, CAMSEAL_E_FORMAT},
      {2, 1, 0xFE, CAMSEAL_E_FORMAT},
      {2, 1, 0xFF, CAMSEAL_OK},
      {3, 1, 1, CAMSEAL_OK},
      {3, 1, 0xFE, CODEC_IGNORED},
      {6, 2, 0, CAMSEAL_E_TRAILING},
      {6, 2, 3, CAMSEAL_E_TRUNCATED},
      {6, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {8, 2, 0, CAMSEAL_E_TRAILING},
      {8, 2, 4, CAMSEAL_E_TRUNCATED},
      {8, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {10, 2, 0, CAMSEAL_E_TRAILING},
      {10, 2, 5, CAMSEAL_E_TRUNCATED},
      {10, 2, 0xFFFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"PSK_EXCHANGE, nothing in it",
     psk_exchange,
     &v13,
     "13e60003ffff000000000000",
     {{3, 1, 0xFF, CODEC_IGNORED}, {3, 1, 2, CAMSEAL_OK}},
     0},
    {"PSK_EXCHANGE_RSP",
     psk_exchange_rsp,
     &v12,
     "12660800feff000003000200010203eeefa1a2a3a4",
     {{3, 1, 0xFF, CODEC_IGNORED},
      {6, 2, 0xFFFF, CODEC_IGNORED},
      {8, 2, 0, CAMSEAL_E_TRAILING},
      {8, 2, 4, CAMSEAL_E_TRUNCATED},
      {8, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {10, 2, 0, CAMSEAL_E_TRAILING},
      {10, 2, 3, CAMSEAL_E_TRUNCATED},
      {10, 2, 0xFFFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"PSK_EXCHANGE_RSP with summary, without context",
     psk_exchange_rsp,
     &v13,
     "13660000feff000000000000b1b2b3b4a1a2a3a4",
     {{0}},
     0},
    {"PSK_FINISH", psk_finish, &v13, "13e70000a1a2a3a4", {{2, 2, 0xFFFF, CODEC_IGNORED}}, 0},
    {"PSK_FINISH 1.4",
     psk_finish,
     &v14,
     "14e700000200eeefa1a2a3a4",
     {{4, 2, 0, CAMSEAL_E_TRAILING},
      {4, 2, 3, CAMSEAL_E_TRUNCATED},
      {4, 2, 1025, CAMSEAL_E_FORMAT},
      {4, 2, 0xFFFF, CAMSEAL_E_FORMAT}},
     0},
    {"PSK_FINISH_RSP", psk_finish_rsp, &v12, "12670000", {{2, 2, 0xFFFF, CODEC_IGNORED}}, 0},
    {"PSK_FINISH_RSP 1.4",
     psk_finish_rsp,
     &v14,
     "146700000100ee",
     {{4, 2, 0, CAMSEAL_E_TRAILING},
      {4, 2, 2, CAMSEAL_E_TRUNCATED},
      {4, 2, 1025, CAMSEAL_E_FORMAT},
      {4, 2, 0xFFFF, CAMSEAL_E_FORMAT}},
     0},
    {"HEARTBEAT", heartbeat, &v12, "12e80000", {{2, 2, 0xFFFF, CODEC_IGNORED}}, 0},
    {"KEY_UPDATE",
     key_update,
     &v12,
     "12e902b7",
     {{2, 1, 0, CAMSEAL_E_FORMAT},
      {2, 1, 1, CAMSEAL_OK},
      {2, 1, 3, CAMSEAL_OK},
      {2, 1, 4, CAMSEAL_E_FORMAT},
      {2, 1, 0xFF, CAMSEAL_E_FORMAT},
      {3, 1, 0, CAMSEAL_OK},
      {3, 1, 0xFF, CAMSEAL_OK}},
     0},
    {"END_SESSION",
     end_session,
     &v12,
     "12ec0100",
     {{2, 1, 0, CAMSEAL_OK}, {2, 2, 0xFFFF, CODEC_IGNORED}},
     0},
    {"END_SESSION, state is kept", end_session, &v12, "12ec0000", {{2, 1, 0xFE, CODEC_IGNORED}}, 0},
    {"RESPOND_IF_READY",
     respond_if_ready,
     &v12,
     "12ff8307",
     {{2, 1, 0x03, CAMSEAL_E_FORMAT}, {2, 1, 0x7F, CAMSEAL_E_FORMAT}, {2, 1, 0x80, CAMSEAL_OK}},
     0},
    {"ENCAPSULATED_REQUEST", encapsulated_request, &v12, "126a010012810000", {{0}}, 8},
    {"DELIVER_ENCAPSULATED_RESPONSE",
     deliver_response,
     &v12,
     "12eb010012010001aabbccdd",
     {{3, 1, 0xFF, CODEC_IGNORED}, {2, 1, 0xFF, CAMSEAL_OK}},
     8},
    {"ENCAPSULATED_RESPONSE_ACK, another request",
     encapsulated_ack,
     &v12,
     "126b020101000000128200000000f411",
     {{3, 1, 2, CAMSEAL_E_FORMAT}, /* slot 0x12 */
      {3, 1, 0, CAMSEAL_E_TRAILING},
      {3, 1, 3, CAMSEAL_E_FORMAT},
      {3, 1, 0xFF, CAMSEAL_E_FORMAT},
      {4, 1, 0xFF, CAMSEAL_OK},
      {5, 2, 0xFFFF, CODEC_IGNORED}},
     12},
    {"ENCAPSULATED_RESPONSE_ACK, the end",
     encapsulated_ack,
     &v12,
     "126b000002000000",
     {{3, 1, 1, CAMSEAL_E_TRUNCATED}, {3, 1, 2, CAMSEAL_E_TRUNCATED}},
     0},
    {"ENCAPSULATED_RESPONSE_ACK, a slot",
     encapsulated_ack,
     &v13,
     "136b00020200000003",
     {{8, 1, 7, CAMSEAL_OK},
      {8, 1, 8, CAMSEAL_E_FORMAT},
      {8, 1, 0xFE, CAMSEAL_E_FORMAT},
      {8, 1, 0xFF, CAMSEAL_OK},
      {3, 1, 0, CAMSEAL_E_TRAILING},
      {3, 1, 1, CAMSEAL_E_TRUNCATED}},
     0},
    {"CHUNK_SEND 0",
     chunk_send,
     &v12,
     "1285000000000000030000002b000000aabbcc",
     {{2, 1, 1, CAMSEAL_E_FORMAT}, /* the last */
      {2, 1, 0xFE, CODEC_IGNORED},
      {6, 2, 0xFFFF, CODEC_IGNORED}, /* reserved before 1.4 */
      {4, 2, 1, CAMSEAL_E_TRAILING},
      {8, 4, 0, CAMSEAL_E_FORMAT},
      {8, 4, 2, CAMSEAL_E_TRAILING},
      {8, 4, 4, CAMSEAL_E_TRUNCATED},
      {8, 4, 0xFFFFFFFF, CAMSEAL_E_TRUNCATED},
      {12, 4, 0, CAMSEAL_E_FORMAT},
      {12, 4, 3, CAMSEAL_E_FORMAT},
      {12, 4, 42, CAMSEAL_E_FORMAT},
      {12, 4, 0xFFFFFFFF, CAMSEAL_OK}},
     0},
    {"CHUNK_SEND 1, the last",
     chunk_send,
     &v12,
     "128501070100000003000000aabbcc",
     {{2, 1, 0, CAMSEAL_OK},
      {4, 2, 0, CAMSEAL_E_TRUNCATED},
      {4, 2, 0xFFFF, CAMSEAL_OK},
      {8, 4, 0, CAMSEAL_E_FORMAT},
      {8, 4, 4, CAMSEAL_E_TRUNCATED},
      {8, 4, 0xFFFFFFFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"CHUNK_SEND 65536 of 1.4",
     chunk_send,
     &v14,
     "148500070000010003000000aabbcc",
     {{4, 4, 0xFFFFFFFF, CAMSEAL_OK}, {4, 4, 0, CAMSEAL_E_TRUNCATED}},
     0},
    {"CHUNK_RESPONSE 0",
     chunk_response,
     &v12,
     "12060007000000000300000025000000aabbcc",
     {{12, 4, 36, CAMSEAL_E_FORMAT}, {2, 1, 1, CAMSEAL_E_FORMAT}},
     0},
    {"CHUNK_RESPONSE 0 of 1.4",
     chunk_response,
     &v14,
     "14060007000000000300000023000000aabbcc",
     {{12, 4, 34, CAMSEAL_E_FORMAT}, {12, 4, 35, CAMSEAL_OK}},
     0},
    {"CHUNK_SEND_ACK",
     chunk_ack,
     &v12,
     "120500010200",
     {{2, 1, 1, CAMSEAL_E_TRUNCATED}, {2, 1, 0xFE, CODEC_IGNORED}, {4, 2, 0xFFFF, CAMSEAL_OK}},
     0},
    {"CHUNK_SEND_ACK of 1.4", chunk_ack, &v14, "1405000102000000", {{0}}, 0},
    {"CHUNK_SEND_ACK, an early error",
     chunk_ack,
     &v12,
     "120501010200127f0100",
     {{7, 1, 0x63, CAMSEAL_E_FORMAT}, {2, 1, 0, CAMSEAL_OK}},
     10},
    {"CHUNK_GET", chunk_get, &v12, "128600010200", {{2, 1, 0xFF, CODEC_IGNORED}}, 0},
    {"CHUNK_GET of 1.3", chunk_get, &v13, "138600010200", {{0}}, 0},
    {"CHUNK_SEND_ACK of 1.3", chunk_ack, &v13, "130500010200", {{0}}, 0},
    {"CHUNK_SEND of 1.3",
     chunk_send,
     &v13,
     "138501070100000003000000aabbcc",
     {{6, 2, 0xFFFF, CODEC_IGNORED}},
     0},
    {"CHUNK_GET of 1.4", chunk_get, &v14, "1486000102000100", {{0}}, 0},
};

CODEC_TESTS(samples)

/* A response behind the acknowledgement, cut everywhere: none of less than a header. */
static void response_in_an_acknowledgement(void **state)
{
    (void)state;
    static const uint8_t msg[] = {0x12, 5, 0, 1, 2, 0, 0x12, 0x63, 4, 0, 0x34};
    for (size_t n = 6; n <= sizeof msg; n++) {
        spdm_chunk_ack m;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, n));
        assert_status(camseal_spdm_read_chunk_ack(&r, &m), CAMSEAL_OK);
        assert_int_equal(m.response.len, n < 10 ? 0 : n - 6);
        assert_status(camseal_reader_end(&r), n > 6 && n < 10 ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    }
}

static void all_of_a_message_is_no_chunk(void **state)
{
    (void)state;
    uint8_t msg[16 + 44] = {0x12, 0x85, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 43};
    for (uint8_t size = 0; size <= 44; size++) {
        msg[8] = size;
        spdm_chunk m;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, 16 + (size_t)size));
        assert_status(camseal_spdm_read_chunk(&r, &m),
                      size >= 1 && size < 43 ? CAMSEAL_OK : CAMSEAL_E_FORMAT);
    }
}

static void bytes_around_chunks(void **state)
{
    (void)state;
    assert_int_equal(camseal_spdm_chunk_overhead(0), 16);
    assert_int_equal(camseal_spdm_chunk_overhead(1), 12);
    assert_int_equal(camseal_spdm_chunk_ack_overhead(0x12), 6);
    assert_int_equal(camseal_spdm_chunk_ack_overhead(0x13), 6);
    assert_int_equal(camseal_spdm_chunk_ack_overhead(0x14), 8);
}

/* Bits of SessionPolicy that a version does not have are not seen. */
static void policies(void **state)
{
    (void)state;
    static const uint8_t msg[] = {0, 0xE6, 0, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t expected[] = {1, 3, 3};
    for (size_t i = 0; i < 3; i++) {
        spdm_psk_exchange m;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, sizeof msg));
        assert_status(camseal_spdm_read_psk_exchange(&r, all_shapes[i], &m), CAMSEAL_OK);
        assert_int_equal(m.policy, expected[i]);
    }
}

/* Opaque data of more than 1024 bytes, although it is all there. */
static void too_much_opaque_data(void **state)
{
    (void)state;
    static uint8_t msg[12 + 1025 + 4];
    for (unsigned n = 1024; n <= 1025; n++) {
        camseal_status expected = n == 1024 ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
        msg[10] = (uint8_t)n;
        msg[11] = 4;
        spdm_psk_exchange request;
        spdm_psk_exchange_rsp response;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, sizeof msg));
        assert_status(camseal_spdm_read_psk_exchange(&r, &v12, &request), expected);
        r = camseal_reader_of(camseal_span_of(msg, sizeof msg));
        assert_status(camseal_spdm_read_psk_exchange_rsp(&r, &v12, &response), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CODEC_UNIT_TESTS,
        cmocka_unit_test(response_in_an_acknowledgement),
        cmocka_unit_test(all_of_a_message_is_no_chunk),
        cmocka_unit_test(bytes_around_chunks),
        cmocka_unit_test(policies),
        cmocka_unit_test(too_much_opaque_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
