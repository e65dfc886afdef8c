/* Every message: the same bytes after reading and writing, every truncation, one byte too many, and
 * a table of illegal values for each field. */
#include "test.h"

#include "spdm_codecs.h"

/* Illegal (or legal) values: `len` bytes written at `at`. */
struct mutation {
    uint8_t at, len;
    uint32_t value;
    camseal_status expected;
};

#define N32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const struct sample {
    const char *name;
    codec codec;
    const spdm_shape *shape;
    const char *hex;
    struct mutation mutations[14];
} samples[] = {
    {"VERSION",
     version,
     &v12,
     "100400000003001100120013",
     {{5, 1, 0, CAMSEAL_E_FORMAT},
      {5, 1, 2, CAMSEAL_E_TRAILING},
      {5, 1, 4, CAMSEAL_E_TRUNCATED},
      {5, 1, 255, CAMSEAL_E_TRUNCATED},
      {4, 1, 9, CAMSEAL_OK}}},
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
      {16, 4, 0xFFFFFFFF, CAMSEAL_E_FORMAT}}},
    {"GET_CAPABILITIES with CHUNK",
     get_capabilities,
     &v12,
     "12e1000000000000c02202002a00000000100000",
     {{16, 4, 0xFFFFFFFF, CAMSEAL_OK},
      {16, 4, 42, CAMSEAL_OK},
      {16, 4, 41, CAMSEAL_E_FORMAT},
      {12, 4, 0x1001, CAMSEAL_E_FORMAT}}},
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
      {34, 2, 0, CAMSEAL_E_FORMAT}}},
    {"NEGOTIATE_ALGORITHMS 1.4",
     algorithms_req,
     &v14,
     "14e306003800010280000000020000000100000000000000000000000000000102201000032002000420800005200"
     "100"
     "0620010007200100",
     {{48, 1, 5, CAMSEAL_E_FORMAT}, {52, 1, 8, CAMSEAL_E_FORMAT}, {52, 1, 6, CAMSEAL_E_FORMAT}}},
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
      {40, 1, 2, CAMSEAL_E_FORMAT}}},
    {"DIGESTS",
     digests,
     &v12,
     "12010005aabbccdd11223344",
     {{3, 1, 0, CAMSEAL_E_FORMAT},
      {3, 1, 1, CAMSEAL_E_TRAILING},
      {3, 1, 7, CAMSEAL_E_TRUNCATED},
      {3, 1, 255, CAMSEAL_E_TRUNCATED},
      {3, 1, 0x81, CAMSEAL_OK}}},
    {"DIGESTS multi-key",
     digests,
     &v13,
     "13010702aabbccdd01010f00",
     {{2, 1, 5, CAMSEAL_E_FORMAT},
      {2, 1, 2, CAMSEAL_OK},
      {2, 1, 0, CAMSEAL_E_FORMAT},
      {9, 1, 0, CAMSEAL_E_FORMAT}, /* no certificate, but a digest */
      {9, 1, 3, CAMSEAL_OK},
      {9, 1, 4, CAMSEAL_E_FORMAT},
      {9, 1, 7, CAMSEAL_E_FORMAT}}},
    {"DIGESTS multi-key, slots 0 and 1 without certificate",
     digests,
     &v13,
     "13010303aabbccdd0000000001020100ffff0100",
     {{14, 1, 3, CAMSEAL_E_FORMAT}, /* slot 0 is generic */
      {15, 1, 3, CAMSEAL_OK},
      {8, 1, 1, CAMSEAL_E_FORMAT},
      {11, 1, 1, CAMSEAL_E_FORMAT}}},
    {"GET_CERTIFICATE",
     get_certificate,
     &v12,
     "128203000100ff0f",
     {{2, 1, 7, CAMSEAL_OK}, {2, 1, 8, CAMSEAL_E_FORMAT}, {2, 1, 15, CAMSEAL_E_FORMAT}}},
    {"GET_CERTIFICATE large",
     get_certificate,
     &v14,
     "148282000000000000000010f0110000",
     {{2, 1, 0x88, CAMSEAL_E_FORMAT}, {2, 1, 2, CAMSEAL_E_TRAILING}}},
    {"CERTIFICATE",
     certificate,
     &v12,
     "1202000003000400010203",
     {{2, 1, 8, CAMSEAL_E_FORMAT},
      {4, 2, 2, CAMSEAL_E_TRAILING},
      {4, 2, 4, CAMSEAL_E_TRUNCATED},
      {4, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {6, 2, 0xFFFF, CAMSEAL_OK}}},
    {"CERTIFICATE large",
     certificate,
     &v14,
     "14028001000000000300000004000100010203",
     {{8, 4, 0xFFFFFFFF, CAMSEAL_E_TRUNCATED},
      {8, 4, 4, CAMSEAL_E_TRUNCATED},
      {8, 4, 2, CAMSEAL_E_TRAILING},
      {8, 4, 0, CAMSEAL_E_TRAILING},
      {12, 4, 0xFFFFFFFC, CAMSEAL_OK},
      {12, 4, 0xFFFFFFFD, CAMSEAL_E_FORMAT},
      {3, 1, 3, CAMSEAL_OK},
      {3, 1, 4, CAMSEAL_E_FORMAT},
      {3, 1, 0xF8, CAMSEAL_OK}}},
    {"CHALLENGE",
     challenge,
     &v12,
     "12830000" N32,
     {{2, 1, 8, CAMSEAL_E_FORMAT},
      {2, 1, 0xFE, CAMSEAL_E_FORMAT},
      {2, 1, 0xFF, CAMSEAL_OK},
      {3, 1, 1, CAMSEAL_OK},
      {3, 1, 2, CAMSEAL_E_FORMAT},
      {3, 1, 0xFE, CAMSEAL_E_FORMAT},
      {3, 1, 0xFF, CAMSEAL_OK}}},
    {"CHALLENGE 1.3", challenge, &v13, "13830701" N32 "1122334455667788", {{0}}},
    {"CHALLENGE_AUTH",
     challenge_auth,
     &v12,
     "12030001aabbccdd" N32 "0200efee112233445566",
     {{40, 2, 1, CAMSEAL_E_TRAILING},
      {40, 2, 3, CAMSEAL_E_TRUNCATED},
      {40, 2, 1024, CAMSEAL_E_TRUNCATED},
      {40, 2, 1025, CAMSEAL_E_FORMAT},
      {40, 2, 0xFFFF, CAMSEAL_E_FORMAT},
      {2, 1, 0x8F, CAMSEAL_OK},
      {2, 1, 0x08, CAMSEAL_E_FORMAT},
      {2, 1, 0x0E, CAMSEAL_E_FORMAT}}},
    {"CHALLENGE_AUTH 1.3",
     challenge_auth,
     &v13,
     "13030001aabbccdd" N32 "0102030400001122334455667788112233445566",
     {{0}}},
    {"KEY_EXCHANGE",
     key_exchange,
     &v12,
     "12e40000ffff0000" N32 "0102030400aabbccdd",
     {{2, 1, 2, CAMSEAL_E_FORMAT},
      {2, 1, 0xFF, CAMSEAL_OK},
      {3, 1, 8, CAMSEAL_E_FORMAT},
      {3, 1, 0xFF, CAMSEAL_OK},
      {43, 2, 3, CAMSEAL_E_TRAILING},
      {43, 2, 5, CAMSEAL_E_TRUNCATED},
      {43, 2, 1025, CAMSEAL_E_FORMAT},
      {43, 2, 0xFFFF, CAMSEAL_E_FORMAT}}},
    {"KEY_EXCHANGE_RSP",
     key_exchange_rsp,
     &v12,
     "12640800feff0000" N32 "01020200aabb112233445566a1a2a3a4",
     {{6, 1, 1, CAMSEAL_OK},
      {6, 1, 2, CAMSEAL_OK},
      {6, 1, 3, CAMSEAL_E_FORMAT},
      {6, 1, 4, CAMSEAL_OK},
      {6, 1, 5, CAMSEAL_E_FORMAT},
      {6, 1, 8, CAMSEAL_E_FORMAT},
      {6, 1, 255, CAMSEAL_E_FORMAT},
      {42, 2, 1025, CAMSEAL_E_FORMAT},
      {42, 2, 3, CAMSEAL_E_TRUNCATED},
      {42, 2, 1, CAMSEAL_E_TRAILING}}},
    {"KEY_EXCHANGE_RSP with summary",
     key_exchange_rsp,
     &v13,
     "13640000feff0000" N32 "0102b1b2b3b40000112233445566a1a2a3a4",
     {{0}}},
    {"KEY_EXCHANGE_RSP in the clear",
     key_exchange_rsp,
     &v14,
     "14640000feff0000" N32 "01020000112233445566",
     {{0}}},
    {"FINISH",
     finish,
     &v12,
     "12e50000a1a2a3a4",
     {{2, 1, 1, CAMSEAL_E_TRUNCATED},
      {3, 1, 7, CAMSEAL_OK},
      {3, 1, 0xFF, CAMSEAL_OK},
      {3, 1, 8, CAMSEAL_E_FORMAT}}},
    {"FINISH signed", finish, &v12, "12e501000102030405a1a2a3a4", {{2, 1, 0, CAMSEAL_E_TRAILING}}},
    {"FINISH 1.4",
     finish,
     &v14,
     "14e500000200eeefa1a2a3a4",
     {{4, 2, 1025, CAMSEAL_E_FORMAT},
      {4, 2, 3, CAMSEAL_E_TRUNCATED},
      {4, 2, 0, CAMSEAL_E_TRAILING}}},
    {"FINISH_RSP", finish_rsp, &v12, "12650000", {{0}}},
    {"FINISH_RSP 1.4 in the clear",
     finish_rsp,
     &v14,
     "146500000000a1a2a3a4",
     {{4, 2, 1, CAMSEAL_E_TRUNCATED}}},
    {"VENDOR_DEFINED_REQUEST",
     vendor,
     &v12,
     "12fe0000040004d97e00000300010203",
     {{6, 1, 0, CAMSEAL_E_TRUNCATED},
      {6, 1, 255, CAMSEAL_E_TRUNCATED},
      {11, 2, 2, CAMSEAL_E_TRAILING},
      {11, 2, 4, CAMSEAL_E_TRUNCATED},
      {11, 2, 0xFFFF, CAMSEAL_E_TRUNCATED}}},
    {"VENDOR_DEFINED_REQUEST empty", vendor, &v12, "12fe00000000000000", {{0}}},
    {"GET_MEASUREMENTS", get_measurements, &v12, "12e000ff", {{2, 1, 1, CAMSEAL_E_TRUNCATED}}},
    {"GET_MEASUREMENTS signed",
     get_measurements,
     &v13,
     "13e005ff" N32 "031122334455667788",
     {{2, 1, 0, CAMSEAL_E_TRAILING},
      {36, 1, 7, CAMSEAL_OK},
      {36, 1, 8, CAMSEAL_E_FORMAT},
      {36, 1, 0x0F, CAMSEAL_OK},
      {36, 1, 0xF0, CAMSEAL_OK}}},
    {"GET_MEASUREMENTS 1.3", get_measurements, &v13, "13e000011122334455667788", {{0}}},
    {"MEASUREMENTS",
     measurements,
     &v12,
     "126000200108000001010400820100ee" N32 "0100ee112233445566",
     {{2, 1, 7, CAMSEAL_OK},
      {3, 1, 0x2F, CAMSEAL_OK},
      {3, 1, 0x28, CAMSEAL_E_FORMAT}, /* slot 8         */
      {3, 1, 0x30, CAMSEAL_E_FORMAT}, /* ContentChanged */
      {4, 1, 0, CAMSEAL_E_TRAILING},
      {4, 1, 2, CAMSEAL_E_TRUNCATED},
      {5, 1, 7, CAMSEAL_E_TRUNCATED},
      {7, 1, 0xFF, CAMSEAL_E_TRUNCATED},
      {8, 1, 0, CAMSEAL_E_FORMAT},
      {10, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {48, 2, 1025, CAMSEAL_E_FORMAT},
      {48, 2, 2, CAMSEAL_E_TRUNCATED}}},
    {"MEASUREMENTS 1.3",
     measurements,
     &v13,
     "136000000109000001010500010200aabb" N32 "00001122334455667788112233445566",
     {{12, 1, 0x81, CAMSEAL_OK},
      {13, 2, 1, CAMSEAL_E_TRAILING},
      {13, 2, 0xFFFF, CAMSEAL_E_TRUNCATED}}},
    {"MEASUREMENTS, a digest too short",
     measurements,
     &v13,
     "136000000108000001010400810100aa" N32 "00001122334455667788112233445566",
     {{12, 1, 0x01, CAMSEAL_E_FORMAT}, {12, 1, 0x08, CAMSEAL_E_FORMAT}, {12, 1, 0x88, CAMSEAL_OK}}},
    {"MEASUREMENTS unsigned, a count",
     measurements_plain,
     &v12,
     "1260050000000000" N32 "0000",
     {{3, 1, 0x10, CAMSEAL_E_FORMAT},
      {3, 1, 0x01, CAMSEAL_E_FORMAT},
      {3, 1, 0xC0, CAMSEAL_OK},
      {4, 1, 1, CAMSEAL_E_TRUNCATED},
      {5, 1, 1, CAMSEAL_E_TRUNCATED}}},
    {"measurement block",
     block,
     &v12,
     "01010500820200aabb",
     {{0, 1, 0, CAMSEAL_E_FORMAT},
      {0, 1, 0xFF, CAMSEAL_E_FORMAT},
      {0, 1, 0xFE, CAMSEAL_OK},
      {1, 1, 0, CAMSEAL_E_FORMAT},
      {1, 1, 2, CAMSEAL_E_FORMAT},
      {2, 2, 4, CAMSEAL_E_TRUNCATED},
      {2, 2, 6, CAMSEAL_E_TRUNCATED},
      {5, 2, 1, CAMSEAL_E_TRAILING},
      {5, 2, 3, CAMSEAL_E_TRUNCATED},
      {2, 2, 0, CAMSEAL_E_TRUNCATED}}},
};

static uint8_t bytes[256], again[256];

static size_t load(const struct sample *s)
{
    size_t n = test_hex(bytes, sizeof bytes, s->hex);
    assert_true(n > 0);
    return n;
}

/* Reads an exact heap copy, so that a sanitizer sees every read beyond it. */
static camseal_status run(const struct sample *s, size_t n, camseal_writer *w)
{
    uint8_t *copy = malloc(n ? n : 1);
    memcpy(copy, bytes, n);
    camseal_reader r = camseal_reader_of(camseal_span_of(copy, n));
    *w = camseal_writer_of(again, sizeof again);
    camseal_status status = s->codec(s->shape, &r, w);
    free(copy);
    return status;
}

static void there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        camseal_writer w;
        size_t n = load(&samples[i]);
        camseal_status status = run(&samples[i], n, &w);
        if (status != CAMSEAL_OK || w.len != n || memcmp(again, bytes, n) != 0)
            fail_msg("%s: %s, %zu of %zu bytes", samples[i].name, camseal_status_name(status),
                     w.len, n);
    }
}

static void every_truncation_and_one_too_many(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        camseal_writer w;
        size_t n = load(&samples[i]);
        for (size_t cut = 0; cut < n; cut++)
            if (run(&samples[i], cut, &w) != CAMSEAL_E_TRUNCATED)
                fail_msg("%s cut to %zu bytes", samples[i].name, cut);
        if (run(&samples[i], n + 1, &w) != CAMSEAL_E_TRAILING)
            fail_msg("%s with a byte too many", samples[i].name);
    }
}

static void illegal_values(void **state)
{
    (void)state;
    size_t cases = 0, wrong = 0;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        for (size_t k = 0; k < 14 && samples[i].mutations[k].len; k++) {
            const struct mutation *m = &samples[i].mutations[k];
            camseal_writer w;
            size_t n = load(&samples[i]);
            assert_true(m->at + m->len <= n);
            for (size_t b = 0; b < m->len; b++)
                bytes[m->at + b] = (uint8_t)(m->value >> 8 * b);
            camseal_status status = run(&samples[i], n, &w);
            if (status != m->expected) {
                wrong++;
                print_error("%s: %#x at %u gives %s, not %s\n", samples[i].name, (unsigned)m->value,
                            m->at, camseal_status_name(status), camseal_status_name(m->expected));
            }
            cases++;
        }
    }
    print_message("%zu illegal values\n", cases);
    assert_int_equal(wrong, 0);
}

/* Every codec reads what every codec and shape wrote, or refuses it: nothing else happens. */
static void each_reads_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        size_t n = load(&samples[i]);
        for (size_t c = 0; c < sizeof all_codecs / sizeof all_codecs[0]; c++) {
            for (size_t k = 0; k < 3; k++) {
                camseal_reader r = camseal_reader_of(camseal_span_of(bytes, n));
                camseal_writer w = camseal_writer_of(again, sizeof again);
                camseal_status status = all_codecs[c](all_shapes[k], &r, &w);
                assert_true(status == CAMSEAL_OK ||
                            camseal_status_class(status) == CAMSEAL_CLASS_PEER);
            }
        }
    }
}

static void too_many_versions(void **state)
{
    (void)state;
    for (unsigned count = 0; count < 256; count++) {
        spdm_version_rsp m;
        memset(bytes, 0x12, sizeof bytes);
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
        if (status == CAMSEAL_OK)
            assert_int_equal(m.table[SPDM_ALG_DHE], 0x10);
    }
}

static void digest_of_a_slot(void **state)
{
    (void)state;
    uint8_t values[32];
    for (unsigned i = 0; i < 32; i++)
        values[i] = (uint8_t)(i / 4);
    for (unsigned mask = 1; mask < 256; mask++) {
        const spdm_digests m = {.provisioned = (uint8_t)mask, .digests = {values, sizeof values}};
        unsigned before = 0;
        for (uint8_t slot = 0; slot < 10; slot++) {
            camseal_span d = camseal_spdm_digest_of(&v12, &m, slot);
            bool present = slot < 8 && (mask >> slot & 1u);
            assert_int_equal(d.len, present ? 4 : 0);
            if (present)
                assert_int_equal(d.data[0], before++);
        }
    }
}

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

/* Random bytes never do worse than a named refusal, and what is accepted is written back unchanged
 * in length. */
static void noise(void **state)
{
    (void)state;
    uint64_t seed = 0x5eed0001;
    print_message("seed %#llx\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 20000; round++) {
        const struct sample *s =
            &samples[test_random(&seed) % (sizeof samples / sizeof samples[0])];
        camseal_writer w;
        size_t n = load(s);
        for (unsigned k = 0; k < 3; k++)
            bytes[test_random(&seed) % n] = (uint8_t)test_random(&seed);
        camseal_status status = run(s, n, &w);
        assert_true(status == CAMSEAL_OK || camseal_status_class(status) == CAMSEAL_CLASS_PEER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(every_truncation_and_one_too_many),
        cmocka_unit_test(illegal_values),
        cmocka_unit_test(each_reads_all),
        cmocka_unit_test(too_many_versions),
        cmocka_unit_test(extended_algorithms_are_skipped),
        cmocka_unit_test(digest_of_a_slot),
        cmocka_unit_test(opaque_data),
        cmocka_unit_test(opaque_data_that_we_write),
        cmocka_unit_test(errors),
        cmocka_unit_test(extended_error_data),
        cmocka_unit_test(errors_that_we_write),
        cmocka_unit_test(response_not_ready),
        cmocka_unit_test(noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
