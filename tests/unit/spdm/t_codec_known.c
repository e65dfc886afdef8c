/* Known answers: complete messages as another implementation writes them, with real sizes. */
#include "codec_check.h"

#include "vectors.h"

/* SHA-384, ECDSA P-384, secp384r1. */
#define P384                                                                                 \
    .hash = 48, .signature = 96, .req_signature = 96, .kex_request = 96, .kex_response = 96, \
    .measurement = 48

static const spdm_shape p384_12 = {.version = 0x12, P384};
static const spdm_shape p384_12_clear = {.version = 0x12, .clear_handshake = true, P384};
static const spdm_shape p384_13 = {.version = 0x13, P384};
static const spdm_shape p384_14 = {.version = 0x14, P384};

#define D16 "00112233445566778899aabbccddeeff"
#define D48 D16 D16 D16

static const codec_sample samples[] = {
    {"VERSION", version, &p384_12, v12_version, {{0}}, 0},
    {"GET_CAPABILITIES", get_capabilities, &p384_12, v12_get_capabilities, {{0}}, 0},
    {"CAPABILITIES", capabilities, &p384_12, v12_capabilities, {{0}}, 0},
    {"NEGOTIATE_ALGORITHMS", algorithms_req, &p384_12, v12_negotiate_algorithms, {{0}}, 0},
    {"ALGORITHMS", algorithms_rsp, &p384_12, v12_algorithms, {{0}}, 0},
    {"DIGESTS", digests, &p384_12, "12010001" D48, {{0}}, 0},
    {"DIGESTS 1.3, multi-key",
     digests,
     &(const spdm_shape){.version = 0x13, .multi_key = true, P384},
     "13010101" D48 "01010f00",
     {{0}},
     0},
    {"GET_CERTIFICATE", get_certificate, &p384_12, "128200000000f811", {{0}}, 0},
    {"GET_CERTIFICATE 1.4",
     get_certificate,
     &p384_14,
     "148280000000000000000000f0110000",
     {{0}},
     0},
    {"GET_MEASUREMENTS", get_measurements, &p384_12, v12_get_measurements, {{0}}, 0},
    {"MEASUREMENTS",
     measurements,
     &p384_12,
     v12_measurements,
     {{8 + 5, 1, 0x2F, CAMSEAL_E_TRAILING}, {8 + 2, 1, 0x32, CAMSEAL_E_TRUNCATED}},
     0},
    {"KEY_EXCHANGE", key_exchange, &p384_12, v12_key_exchange, {{0}}, 0},
    {"KEY_EXCHANGE_RSP", key_exchange_rsp, &p384_12, v12_key_exchange_rsp, {{0}}, 0},
    {"FINISH", finish, &p384_12, v12_finish, {{0}}, 0},
    {"FINISH with mutual authentication", finish, &p384_12, "12e50100" D48 D48 D48, {{0}}, 0},
    {"FINISH 1.4", finish, &p384_14, "14e500000000" D48, {{0}}, 0},
    {"FINISH_RSP", finish_rsp, &p384_12, "12650000", {{0}}, 0},
    {"FINISH_RSP in the clear", finish_rsp, &p384_12_clear, "12650000" D48, {{0}}, 0},
    {"FINISH_RSP 1.4", finish_rsp, &p384_14, "146500000000", {{0}}, 0},
    {"PSK_EXCHANGE", psk_exchange, &p384_13, psk13_psk_exchange, {{0}}, 0},
    {"PSK_EXCHANGE_RSP", psk_exchange_rsp, &p384_13, psk13_psk_exchange_rsp, {{0}}, 0},
    {"PSK_FINISH", psk_finish, &p384_13, psk13_psk_finish, {{0}}, 0},
    {"PSK_FINISH_RSP", psk_finish_rsp, &p384_13, "13670000", {{0}}, 0},
    {"HEARTBEAT", heartbeat, &p384_12, "12e80000", {{0}}, 0},
    {"KEY_UPDATE", key_update, &p384_12, "12e902b7", {{0}}, 0},
    {"KEY_UPDATE, verify", key_update, &p384_12, "12e90329", {{0}}, 0},
    {"END_SESSION", end_session, &p384_12, "12ec0000", {{0}}, 0},
    {"ENCAPSULATED_REQUEST", encapsulated_request, &p384_12, "126a010012810000", {{0}}, 8},
    {"DELIVER_ENCAPSULATED_RESPONSE", deliver_response, &p384_12, "12eb010012010001" D48, {{0}}, 8},
    {"ENCAPSULATED_RESPONSE_ACK",
     encapsulated_ack,
     &p384_12,
     "126b020101000000128200000000f411",
     {{0}},
     12},
    {"ENCAPSULATED_RESPONSE_ACK, the end",
     encapsulated_ack,
     &p384_12,
     "126b000002000000",
     {{0}},
     0},
    {"CHUNK_SEND 0",
     chunk_send,
     &p384_12,
     "12850000000000001a00000030000000"
     "12e30400300001028000000002000000000000000000000000"
     "00",
     {{0}},
     0},
    {"CHUNK_SEND 1",
     chunk_send,
     &p384_12,
     "12850100010000001600000000000000000002201000032002000420800005200100",
     {{0}},
     0},
    {"CHUNK_SEND_ACK", chunk_ack, &p384_12, "120500000000", {{0}}, 0},
    {"CHUNK_SEND_ACK 1.4", chunk_ack, &p384_14, "1405000000000000", {{0}}, 0},
    {"CHUNK_GET", chunk_get, &p384_12, "128600010100", {{0}}, 0},
    {"CHUNK_RESPONSE 0",
     chunk_response,
     &p384_12,
     "12060001000000001a00000034000000"
     "1263040034000102040000008000000002000000000000000000",
     {{0}},
     0},
    {"CHUNK_RESPONSE 1, the last",
     chunk_response,
     &p384_12,
     "12060101010000001a000000"
     "0000000000000000000002201000032002000420800005200100",
     {{0}},
     0},
    {"GET_ENDPOINT_INFO", get_endpoint_info, &p384_13, "1387010001000000" N32, {{0}}, 0},
    {"device class", device_class, &p384_13, "0700000103123456", {{0}}, 0},
    {"VENDOR_DEFINED_REQUEST of PCI-SIG",
     vendor,
     &p384_12,
     "12fe0000030002010001"
     "0000",
     {{0}},
     0},
};

CODEC_TESTS(samples)

/* Appendix A of our reference: sizes of messages that differ by version. */
static void sizes(void **state)
{
    (void)state;
    static const uint8_t zeros[256];
    static const size_t auth_bytes[] = {182, 190, 190}, measured[] = {193, 201, 201};
    static const size_t challenge_bytes[] = {36, 44, 44}, finish_bytes[] = {52, 52, 54};
    static const spdm_shape *const shapes[] = {&p384_12, &p384_13, &p384_14};
    for (size_t i = 0; i < 3; i++) {
        uint8_t out[256];
        const spdm_shape *s = shapes[i];
        size_t context = camseal_spdm_context_bytes(s);
        const spdm_challenge c = {.nonce = {zeros, 32}, .context = {zeros, context}};
        const spdm_challenge_auth a = {.chain_hash = {zeros, 48},
                                       .nonce = {zeros, 32},
                                       .context = {zeros, context},
                                       .signature = {zeros, 96}};
        const spdm_measurements m = {.record = {zeros, 55},
                                     .nonce = {zeros, 32},
                                     .context = {zeros, context},
                                     .signature = {zeros, 96}};
        const spdm_finish f = {.verify_data = {zeros, 48}};
        camseal_writer w = camseal_writer_of(out, sizeof out);
        camseal_spdm_write_challenge(&w, s, &c);
        assert_int_equal(w.len, challenge_bytes[i]);
        w = camseal_writer_of(out, sizeof out);
        camseal_spdm_write_challenge_auth(&w, s, &a);
        assert_int_equal(w.len, auth_bytes[i]);
        w = camseal_writer_of(out, sizeof out);
        camseal_spdm_write_measurements(&w, s, &m);
        assert_int_equal(w.len, measured[i]);
        w = camseal_writer_of(out, sizeof out);
        camseal_spdm_write_finish(&w, s, &f);
        assert_int_equal(w.len, finish_bytes[i]);
    }
}

/* Fields of one vector of each kind, so that a reader and writer that err alike are seen. */
static void fields(void **state)
{
    (void)state;
    uint8_t bytes[512];
    spdm_measurements m;
    spdm_measurement_block block;
    camseal_reader r =
        camseal_reader_of(camseal_span_of(bytes, test_hex(bytes, sizeof bytes, v12_measurements)));
    assert_status(camseal_spdm_read_measurements(&r, &p384_12, true, &m), CAMSEAL_OK);
    assert_int_equal(m.status, SPDM_CONTENT_SAME);
    assert_int_equal(m.blocks, 1);
    camseal_reader record = camseal_reader_of(m.record);
    assert_status(camseal_spdm_read_block(&record, &block), CAMSEAL_OK);
    assert_int_equal(block.index, 1);
    assert_int_equal(block.type, SPDM_MEASURE_ROM);
    assert_int_equal(block.value.len, 48);

    spdm_psk_exchange psk;
    size_t n = test_hex(bytes, sizeof bytes, psk13_psk_exchange);
    r = camseal_reader_of(camseal_span_of(bytes, n));
    assert_status(camseal_spdm_read_psk_exchange(&r, &p384_13, &psk), CAMSEAL_OK);
    assert_int_equal(psk.session_id, 0xFFFF);
    assert_int_equal(psk.hint.len, 12);
    assert_memory_equal(psk.hint.data, "TestPskHint", 12);
    assert_int_equal(psk.context.len, 64);
    assert_status(camseal_spdm_check_opaque(psk.opaque), CAMSEAL_OK);

    spdm_psk_exchange_rsp rsp;
    uint16_t selected;
    n = test_hex(bytes, sizeof bytes, psk13_psk_exchange_rsp);
    r = camseal_reader_of(camseal_span_of(bytes, n));
    assert_status(camseal_spdm_read_psk_exchange_rsp(&r, &p384_13, &rsp), CAMSEAL_OK);
    assert_int_equal(rsp.heartbeat, 8);
    assert_status(camseal_spdm_read_sm_selection(rsp.opaque, &selected), CAMSEAL_OK);
    assert_int_equal(selected, SPDM_SM_VERSION_11);

    spdm_key_exchange_rsp kex;
    n = test_hex(bytes, sizeof bytes, v12_key_exchange_rsp);
    r = camseal_reader_of(camseal_span_of(bytes, n));
    assert_status(camseal_spdm_read_key_exchange_rsp(&r, &p384_12, &kex), CAMSEAL_OK);
    assert_ptr_equal(kex.exchange.data, bytes + SPDM_KEY_EXCHANGE_DATA_AT);
    assert_ptr_equal(kex.signature.data, bytes + 150);
    assert_ptr_equal(kex.verify_data.data, bytes + 246);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CODEC_UNIT_TESTS,
        cmocka_unit_test(sizes),
        cmocka_unit_test(fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
