/* Messages of another implementation: every one that goes by in the clear, whole, in chunks or
 * inside another, is read and written again byte for byte. The captures are not part of the
 * repository; without them this is skipped. */
#include "test.h"

#include "base/load.h"
#include "spdm_codecs.h"

#define FOLDER CAMSEAL_SOURCE_DIR "/../shared/captures/spdm/"

enum { FILE_HEADER = 24, PACKET_HEADER = 16, MCTP_BYTES = 5, TYPE_SPDM = 5 };

#define ECC(v, h)                                                                                  \
    {                                                                                              \
        .version = v, .hash = h, .signature = 2 * h, .req_signature = 2 * h, .kex_request = 2 * h, \
        .kex_response = 2 * h, .measurement = h                                                    \
    }

static const struct {
    const char *name;
    spdm_shape shape;
} captures[] = {
    {"cert_p256_1.2", ECC(0x12, 32)},
    {"cert_p384_1.2", ECC(0x12, 48)},
    {"cert_p256_1.3", ECC(0x13, 32)},
    {"cert_p384_1.4", ECC(0x14, 48)},
    {"mutual_p256_1.2", ECC(0x12, 32)},
    {"mutual_p384_1.3", ECC(0x13, 48)},
    {"psk_1.2", ECC(0x12, 32)},
    {"psk_1.3", ECC(0x13, 48)},
    {"pqc_1.4",
     {.version = 0x14,
      .hash = 48,
      .signature = 3309,
      .kex_request = 1184,
      .kex_response = 1088,
      .measurement = 64}},
};

static spdm_shape shape;
static uint32_t both_flags;
static bool signed_measurements;
static size_t seen[256], errors;
static uint8_t large[1 << 16]; /* reassembled */
static size_t large_len;

static void check(camseal_span m);

static codec codec_of(uint8_t code)
{
    if (code == SPDM_MEASUREMENTS)
        return signed_measurements ? measurements : measurements_plain;
    if (code == SPDM_GET_DIGESTS || code == SPDM_GET_VERSION ||
        code == SPDM_GET_ENCAPSULATED_REQUEST)
        return NULL; /* bare headers */
    for (size_t i = 0; i < sizeof all_codecs / sizeof all_codecs[0]; i++)
        if (all_codecs[i].code == code)
            return all_codecs[i].run;
    fail_msg("no codec of code %#x", code);
    return NULL;
}

static void same_again(camseal_span m)
{
    static uint8_t again[1 << 16];
    codec run = codec_of(m.data[1]);
    if (!run) {
        assert_int_equal(m.len, SPDM_HEADER_BYTES);
        return;
    }
    camseal_reader r = camseal_reader_of(m);
    camseal_writer w = camseal_writer_of(again, sizeof again);
    camseal_status status = run(&shape, &r, &w);
    if (status != CAMSEAL_OK || w.len != m.len || memcmp(again, m.data, m.len) != 0)
        fail_msg("code %#x of %zu bytes: %s", m.data[1], m.len, camseal_status_name(status));
}

static void check_error(camseal_span m)
{
    camseal_reader r = camseal_reader_of(m);
    spdm_error e;
    assert_status(camseal_spdm_read_error(&r, &e), CAMSEAL_OK);
    assert_status(camseal_reader_end(&r), CAMSEAL_OK);
    errors++;
}

/* Requests that decide which fields the answer has. */
static void note_request(camseal_span m)
{
    switch (m.data[1]) {
    case SPDM_CHALLENGE:
        shape.summary = m.data[3] != 0;
        break;
    case SPDM_KEY_EXCHANGE:
    case SPDM_PSK_EXCHANGE:
        shape.summary = m.data[2] != 0;
        break;
    case SPDM_GET_MEASUREMENTS:
        signed_measurements = m.data[2] & SPDM_MEASURE_SIGNED;
        break;
    case SPDM_GET_CAPABILITIES:
        both_flags = camseal_load_le32(m.data + 8);
        break;
    case SPDM_CAPABILITIES:
        both_flags &= camseal_load_le32(m.data + 8);
        shape.clear_handshake = (both_flags & SPDM_CAP_HANDSHAKE_CLEAR) != 0;
        break;
    default:
        break;
    }
}

static void check_chunk(camseal_span m)
{
    camseal_reader r = camseal_reader_of(m);
    spdm_chunk chunk;
    assert_status(camseal_spdm_read_chunk(&r, &chunk), CAMSEAL_OK);
    if (chunk.seq == 0)
        large_len = 0;
    assert_true(large_len + chunk.bytes.len <= sizeof large);
    memcpy(large + large_len, chunk.bytes.data, chunk.bytes.len);
    large_len += chunk.bytes.len;
    if (chunk.last)
        check(camseal_span_of(large, large_len));
}

static void check_inside(camseal_span m)
{
    if (m.data[1] == SPDM_CHUNK_SEND || m.data[1] == SPDM_CHUNK_RESPONSE)
        check_chunk(m);
    if (m.data[1] == SPDM_ENCAPSULATED_REQUEST || m.data[1] == SPDM_DELIVER_ENCAPSULATED_RESPONSE)
        check(camseal_span_of(m.data + 4, m.len - 4));
    if (m.data[1] == SPDM_ENCAPSULATED_RESPONSE_ACK && m.data[3] == SPDM_ACK_REQUEST)
        check(camseal_span_of(m.data + 8, m.len - 8));
}

static void check(camseal_span m)
{
    assert_true(m.len >= SPDM_HEADER_BYTES);
    seen[m.data[1]]++;
    if (m.data[1] == SPDM_ERROR) {
        check_error(m);
        return;
    }
    note_request(m);
    same_again(m);
    check_inside(m);
}

static void check_file(size_t i)
{
    static uint8_t file[1 << 17];
    char path[512];
    snprintf(path, sizeof path, FOLDER "%s.pcap", captures[i].name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    camseal_reader r = camseal_reader_of(camseal_span_of(file, fread(file, 1, sizeof file, f)));
    fclose(f);
    shape = captures[i].shape;
    camseal_read_skip(&r, FILE_HEADER);
    while (r.left) {
        camseal_read_skip(&r, 8);
        uint32_t len = camseal_read_le32(&r);
        camseal_read_skip(&r, PACKET_HEADER - 12);
        camseal_span packet = camseal_read_span(&r, len);
        assert_true(packet.len > MCTP_BYTES);
        if (packet.data[MCTP_BYTES - 1] == TYPE_SPDM)
            check(camseal_span_of(packet.data + MCTP_BYTES, packet.len - MCTP_BYTES));
    }
    assert_status(camseal_reader_end(&r), CAMSEAL_OK);
}

static void messages_of_captures(void **state)
{
    (void)state;
    size_t messages = 0, kinds = 0;
    for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++)
        check_file(i);
    for (size_t code = 0; code < 256; code++) {
        messages += seen[code];
        kinds += seen[code] != 0;
    }
    print_message("%zu messages of %zu kinds, %zu errors\n", messages, kinds, errors);
    static const uint8_t expected[] = {SPDM_ALGORITHMS,     SPDM_CHALLENGE_AUTH,
                                       SPDM_MEASUREMENTS,   SPDM_KEY_EXCHANGE_RSP,
                                       SPDM_FINISH,         SPDM_PSK_EXCHANGE_RSP,
                                       SPDM_CHUNK_RESPONSE, SPDM_ENCAPSULATED_RESPONSE_ACK,
                                       SPDM_KEY_EXCHANGE,   SPDM_CERTIFICATE};
    for (size_t i = 0; i < sizeof expected; i++)
        assert_true(seen[expected[i]] > 0);
}

int main(void)
{
    FILE *f = fopen(FOLDER "README.md", "rb");
    if (!f)
        test_skip_program("no captures beside the project");
    fclose(f);
    const struct CMUnitTest tests[] = {cmocka_unit_test(messages_of_captures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
