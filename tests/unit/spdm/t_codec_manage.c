/* Messages that manage a device: certificates and keys, endpoint information, logs, events. */
#include "codec_check.h"

/* Three identifiers, a log, groups: parts of messages. */
#define CLASS_DMTF \
    "07000001"     \
    "03123456"
#define EVENT_LOST \
    "01000000"     \
    "00000000"     \
    "0000"         \
    "0100"         \
    "0800"         \
    "0102030405060708"
#define EVENT_SLOTS \
    "02000000"      \
    "00000000"      \
    "0000"          \
    "0400"          \
    "0100"          \
    "03"
#define EVENT_PCI \
    "05000000"    \
    "00000000"    \
    "0302ab01"    \
    "0900"        \
    "0000"
#define GROUP_DMTF \
    "0000"         \
    "0200"         \
    "0100"         \
    "01000000"     \
    "01000000"     \
    "04000000"

static const codec_sample samples[] = {
    {"GET_CSR",
     get_csr,
     &v12,
     "12ed000002000100aabbee",
     {{2, 2, 0xFFFF, CODEC_IGNORED}, /* reserved before 1.3 */
      {4, 2, 0, CAMSEAL_E_TRAILING},
      {4, 2, 3, CAMSEAL_E_TRUNCATED},
      {4, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {6, 2, 0, CAMSEAL_E_TRAILING},
      {6, 2, 2, CAMSEAL_E_TRUNCATED},
      {6, 2, 0xFFFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"GET_CSR 1.3",
     get_csr,
     &v13,
     "13ed012a00000000",
     {{3, 1, 0x83, CAMSEAL_OK},
      {3, 1, 0x88, CAMSEAL_E_FORMAT}, /* Overwrite with a tag */
      {3, 1, 0xBB, CAMSEAL_E_FORMAT},
      {3, 1, 0x3B, CAMSEAL_OK},
      {3, 1, 0x04, CAMSEAL_E_FORMAT}, /* no such model */
      {3, 1, 0x07, CAMSEAL_E_FORMAT},
      {3, 1, 0x6A, CODEC_IGNORED},
      {2, 1, 0xFF, CAMSEAL_OK}},
     0},
    {"CSR",
     csr,
     &v12,
     "126d000003000000010203",
     {{4, 2, 0, CAMSEAL_E_FORMAT},
      {4, 2, 2, CAMSEAL_E_TRAILING},
      {4, 2, 4, CAMSEAL_E_TRUNCATED},
      {4, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {6, 2, 0xFFFF, CODEC_IGNORED}},
     0},
    {"SET_CERTIFICATE",
     set_certificate,
     &v12,
     "12ee01000a000000aabbccdd3000",
     {{2, 1, 7, CAMSEAL_OK},
      {2, 1, 8, CAMSEAL_E_FORMAT},
      {2, 1, 0xF1, CODEC_IGNORED}, /* reserved before 1.3 */
      {3, 1, 0xFF, CODEC_IGNORED},
      {4, 2, 0, CAMSEAL_E_FORMAT},
      {4, 2, 4, CAMSEAL_E_FORMAT},
      {4, 2, 8, CAMSEAL_E_FORMAT}, /* no certificate */
      {4, 2, 9, CAMSEAL_E_TRAILING},
      {4, 2, 11, CAMSEAL_E_TRUNCATED},
      {4, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {6, 2, 0xFFFF, CAMSEAL_OK}},
     0},
    {"SET_CERTIFICATE 1.3",
     set_certificate,
     &v13,
     "13ee32050a000000aabbccdd3000",
     {{6, 2, 0xFFFF, CAMSEAL_OK}, {3, 1, 0xFF, CAMSEAL_OK}, {2, 1, 0x02, CAMSEAL_OK}},
     0},
    {"SET_CERTIFICATE 1.4",
     set_certificate,
     &v14,
     "14ee32050a000000aabbccdd3000",
     {{7, 1, 1, CAMSEAL_E_TRUNCATED},
      {6, 2, 1, CAMSEAL_E_TRUNCATED},
      {4, 4, 0xFFFFFFFF, CAMSEAL_E_TRUNCATED},
      {2, 1, 0x40, CAMSEAL_E_FORMAT}, /* no such model */
      {2, 1, 0x70, CAMSEAL_E_FORMAT},
      {2, 1, 0x80, CAMSEAL_E_TRAILING}},
     0},
    {"SET_CERTIFICATE, erase",
     set_certificate,
     &v13,
     "13ee8205",
     {{2, 1, 0x88, CAMSEAL_E_FORMAT},
      {2, 1, 0x92, CAMSEAL_E_FORMAT},
      {2, 1, 0xF2, CAMSEAL_E_FORMAT},
      {2, 1, 0x02, CAMSEAL_E_TRUNCATED}},
     0},
    {"SET_CERTIFICATE_RSP",
     set_certificate_rsp,
     &v12,
     "126e0700",
     {{2, 1, 8, CAMSEAL_E_FORMAT}, {2, 1, 0xF7, CODEC_IGNORED}},
     0},
    {"GET_KEY_PAIR_INFO",
     get_key_pair_info,
     &v13,
     "13fc000001",
     {{4, 1, 0, CAMSEAL_E_FORMAT}, {4, 1, 0xFF, CAMSEAL_OK}},
     0},
    {"KEY_PAIR_INFO",
     key_pair_info,
     &v13,
     "137c000002023f000f0001001800000010000000020001aabb",
     {{4, 1, 0, CAMSEAL_E_FORMAT},
      {4, 1, 1, CAMSEAL_E_FORMAT},
      {5, 1, 0, CAMSEAL_E_FORMAT},
      {5, 1, 3, CAMSEAL_E_FORMAT},
      {16, 4, 0, CAMSEAL_OK},
      {16, 4, 0x18, CAMSEAL_E_FORMAT},
      {20, 2, 0, CAMSEAL_E_TRAILING},
      {20, 2, 3, CAMSEAL_E_TRUNCATED},
      {20, 2, 0xFFFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"KEY_PAIR_INFO 1.4",
     key_pair_info,
     &v14,
     "147c000001010000000000000000000000000000010001aa"
     "0407000000"
     "0402000000",
     {{24, 1, 3, CAMSEAL_E_TRAILING},
      {24, 1, 5, CAMSEAL_E_TRAILING},
      {24, 1, 0xFF, CAMSEAL_E_TRUNCATED},
      {29, 1, 0, CAMSEAL_E_TRAILING},
      {29, 1, 5, CAMSEAL_E_TRUNCATED},
      {29, 1, 0xFF, CAMSEAL_E_TRUNCATED},
      {30, 1, 3, CAMSEAL_E_FORMAT},
      {33, 1, 1, CAMSEAL_E_FORMAT},
      {16, 4, 1, CAMSEAL_E_FORMAT}}, /* both kinds */
     0},
    {"KEY_PAIR_INFO 1.4, other lengths",
     key_pair_info,
     &v14,
     "147c000001010000000000000000000000000000000001"
     "0107"
     "050000000002",
     {{25, 1, 0, CAMSEAL_E_TRAILING}, {30, 1, 3, CAMSEAL_E_FORMAT}},
     0},
    {"SET_KEY_PAIR_INFO",
     set_key_pair_info,
     &v13,
     "13fd0200010001001000000001",
     {{2, 1, 0, CAMSEAL_OK},
      {2, 1, 1, CAMSEAL_E_TRAILING},
      {2, 1, 3, CAMSEAL_E_FORMAT},
      {2, 1, 0xFF, CAMSEAL_E_FORMAT},
      {4, 1, 0, CAMSEAL_E_FORMAT},
      {5, 1, 0xFF, CODEC_IGNORED},
      {8, 4, 0, CAMSEAL_OK},
      {8, 4, 0x11, CAMSEAL_E_FORMAT},
      {8, 4, 0x80000001, CAMSEAL_E_FORMAT}},
     0},
    {"SET_KEY_PAIR_INFO 1.4",
     set_key_pair_info,
     &v14,
     "14fd0000010001000000000001"
     "0401000000",
     {{13, 1, 0, CAMSEAL_E_TRAILING},
      {13, 1, 3, CAMSEAL_E_TRAILING},
      {13, 1, 5, CAMSEAL_E_TRUNCATED},
      {13, 1, 0xFF, CAMSEAL_E_TRUNCATED},
      {14, 4, 3, CAMSEAL_E_FORMAT},
      {8, 4, 1, CAMSEAL_E_FORMAT}},
     0},
    {"SET_KEY_PAIR_INFO, erase",
     set_key_pair_info,
     &v14,
     "14fd010001",
     {{2, 1, 0, CAMSEAL_E_TRUNCATED}, {4, 1, 0, CAMSEAL_E_FORMAT}},
     0},
    {"GET_ENDPOINT_INFO",
     get_endpoint_info,
     &v13,
     "1387010000000000",
     {{2, 1, 0xFF, CAMSEAL_OK},
      {3, 1, 8, CAMSEAL_OK}, /* unsigned: no slot is used */
      {4, 1, 1, CAMSEAL_E_TRUNCATED},
      {3, 1, 0xF0, CODEC_IGNORED},
      {4, 1, 0xFE, CODEC_IGNORED},
      {5, 2, 0xFFFF, CODEC_IGNORED}},
     0},
    {"GET_ENDPOINT_INFO signed",
     get_endpoint_info,
     &v13,
     "1387010f01000000" N32,
     {{3, 1, 7, CAMSEAL_OK},
      {3, 1, 0xFF, CODEC_IGNORED},
      {3, 1, 8, CAMSEAL_E_FORMAT},
      {3, 1, 0x0E, CAMSEAL_E_FORMAT},
      {4, 1, 0, CAMSEAL_E_TRAILING}},
     0},
    {"ENDPOINT_INFO signed",
     endpoint_info,
     &v13,
     "1307000300000000" N32 "02000000aabb112233445566",
     {{3, 1, 8, CAMSEAL_E_FORMAT},
      {3, 1, 0x0F, CAMSEAL_OK},
      {3, 1, 0xF3, CODEC_IGNORED},
      {40, 4, 0, CAMSEAL_E_TRAILING},
      {40, 4, 3, CAMSEAL_E_TRUNCATED},
      {40, 4, 0xFFFFFFFF, CAMSEAL_E_TRUNCATED},
      {4, 4, 0xFFFFFFFF, CODEC_IGNORED}},
     0},
    {"ENDPOINT_INFO",
     endpoint_info_plain,
     &v13,
     "130700000000000002000000aabb",
     {{8, 4, 0, CAMSEAL_E_TRAILING}, {8, 4, 0xFFFFFFFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"device class",
     device_class,
     &v13,
     CLASS_DMTF,
     {{0, 1, 0, CAMSEAL_E_TRUNCATED},
      {0, 1, 6, CAMSEAL_E_TRUNCATED},
      {0, 1, 8, CAMSEAL_E_TRUNCATED},
      {0, 1, 0xFF, CAMSEAL_E_TRUNCATED},
      {1, 1, 0x0C, CAMSEAL_E_FORMAT},
      {1, 1, 3, CAMSEAL_OK},
      {2, 1, 2, CAMSEAL_E_FORMAT},
      {2, 1, 0xFF, CAMSEAL_E_TRUNCATED},
      {3, 1, 0, CAMSEAL_E_TRAILING},
      {3, 1, 2, CAMSEAL_E_TRUNCATED},
      {4, 1, 2, CAMSEAL_E_TRAILING},
      {4, 1, 0, CAMSEAL_E_TRAILING},
      {4, 1, 4, CAMSEAL_E_TRUNCATED},
      {4, 1, 0xFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"GET_MEASUREMENT_EXTENSION_LOG",
     get_mel,
     &v13,
     "13ef00001000000000100000",
     {{4, 4, 0xFFFFFFFF, CAMSEAL_OK}, {8, 4, 0, CAMSEAL_OK}},
     0},
    {"MEASUREMENT_EXTENSION_LOG",
     mel,
     &v13,
     "136f00000300000004000000010203",
     {{4, 4, 0, CAMSEAL_E_TRAILING},
      {4, 4, 4, CAMSEAL_E_TRUNCATED},
      {4, 4, 0xFFFFFFFF, CAMSEAL_E_TRUNCATED},
      {8, 4, 0xFFFFFFFC, CAMSEAL_OK},
      {8, 4, 0xFFFFFFFD, CAMSEAL_E_FORMAT}},
     0},
    {"head of the log",
     log_head,
     &v13,
     "01000000"
     "0e000000"
     "0000000000000000",
     {{0}},
     0},
    {"entry of the log",
     log_entry,
     &v13,
     "0100000005000000810200aabb",
     {{9, 2, 0, CAMSEAL_E_TRAILING},
      {9, 2, 3, CAMSEAL_E_TRUNCATED},
      {9, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {5, 2, 0xFFFF, CODEC_IGNORED}},
     0},
    {"SUPPORTED_EVENT_TYPES",
     supported_event_types,
     &v13,
     "1362010012000000" GROUP_DMTF,
     {{2, 1, 0, CAMSEAL_E_FORMAT},
      {4, 4, 0, CAMSEAL_E_FORMAT},
      {4, 4, 0x11, CAMSEAL_E_TRAILING},
      {4, 4, 0x13, CAMSEAL_E_TRUNCATED},
      {4, 4, 0xFFFFFFFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"SUPPORTED_EVENT_TYPES, none",
     supported_event_types,
     &v13,
     "1362000000000000",
     {{2, 1, 1, CAMSEAL_E_FORMAT}},
     0},
    {"SUBSCRIBE_EVENT_TYPES",
     subscribe_event_types,
     &v13,
     "13f0010012000000" GROUP_DMTF,
     {{2, 1, 0, CAMSEAL_E_TRAILING},
      {4, 4, 0, CAMSEAL_E_FORMAT},
      {4, 4, 0x11, CAMSEAL_E_TRAILING},
      {4, 4, 0xFFFFFFFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"SUBSCRIBE_EVENT_TYPES, none",
     subscribe_event_types,
     &v13,
     "13f00000",
     {{2, 1, 1, CAMSEAL_E_TRUNCATED}},
     0},
    {"event group",
     event_group,
     &v13,
     GROUP_DMTF,
     {{2, 2, 0, CAMSEAL_E_TRAILING},
      {2, 2, 3, CAMSEAL_E_TRUNCATED},
      {2, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {0, 1, 0x0C, CAMSEAL_E_FORMAT}},
     0},
    {"SEND_EVENT",
     send_event,
     &v13,
     "13f1000002000000" EVENT_SLOTS EVENT_LOST,
     {{4, 4, 0, CAMSEAL_E_FORMAT},
      {4, 4, 1, CAMSEAL_E_TRAILING},
      {4, 4, 3, CAMSEAL_E_TRUNCATED},
      {4, 4, 256, CAMSEAL_E_TRUNCATED},
      {4, 4, 257, CAMSEAL_E_FORMAT},
      {4, 4, 0xFFFFFFFF, CAMSEAL_E_FORMAT},
      {8, 4, 1, CAMSEAL_E_FORMAT}, /* twice        */
      {8, 4, 3, CAMSEAL_E_FORMAT}, /* a gap        */
      {8, 4, 0, CAMSEAL_OK},
      {8, 4, 0xFFFFFFFF, CAMSEAL_E_FORMAT},
      {12, 4, 0xFFFFFFFF, CAMSEAL_OK}},
     0},
    {"event",
     event,
     &v13,
     EVENT_LOST,
     {{10, 2, 2, CAMSEAL_E_FORMAT},
      {10, 2, 4, CAMSEAL_E_FORMAT},
      {10, 2, 5, CAMSEAL_OK}, /* not known */
      {8, 1, 1, CAMSEAL_OK},
      {8, 1, 0x0B, CAMSEAL_E_FORMAT},
      {12, 2, 0, CAMSEAL_E_FORMAT},
      {12, 2, 7, CAMSEAL_E_FORMAT},
      {12, 2, 9, CAMSEAL_E_TRUNCATED},
      {12, 2, 0xFFFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"event of a vendor",
     event,
     &v13,
     EVENT_PCI,
     {{9, 1, 0, CAMSEAL_E_TRUNCATED}, {9, 1, 1, CAMSEAL_E_FORMAT}, {9, 1, 4, CAMSEAL_E_FORMAT}},
     0},
};

CODEC_TESTS(samples)

typedef camseal_status (*walk)(camseal_span list);

static camseal_status walk_groups(camseal_span list)
{
    const spdm_event_types m = {list.data[0], {list.data + 1, list.len - 1}};
    return camseal_spdm_check_event_groups(&m);
}

/* Lists: whole, one element too many or too few announced, a byte more. */
static void lists(void **state)
{
    (void)state;
    static const struct {
        walk check;
        const char *hex;
        camseal_status expected;
    } rows[] = {
        {camseal_spdm_check_device_classes, "00000000", CAMSEAL_OK},
        {camseal_spdm_check_device_classes, "01000000" CLASS_DMTF, CAMSEAL_OK},
        {camseal_spdm_check_device_classes, "02ffffff" CLASS_DMTF "050302ab0100", CAMSEAL_OK},
        {camseal_spdm_check_device_classes, "02000000" CLASS_DMTF, CAMSEAL_E_TRUNCATED},
        {camseal_spdm_check_device_classes, "00000000" CLASS_DMTF, CAMSEAL_E_TRAILING},
        {camseal_spdm_check_device_classes, "000000", CAMSEAL_E_TRUNCATED},
        {camseal_spdm_check_device_classes, "010000000600000103123456", CAMSEAL_E_TRUNCATED},
        {camseal_spdm_check_log, "00000000000000000000000000000000", CAMSEAL_OK},
        {camseal_spdm_check_log,
         "010000000c0000000000000000000000010000000500000081"
         "0100aa",
         CAMSEAL_OK},
        {camseal_spdm_check_log,
         "010000000c0000000000000000000000010000000500000081"
         "0100aaff",
         CAMSEAL_OK}, /* newer bytes */
        {camseal_spdm_check_log,
         "010000000b0000000000000000000000010000000500000081"
         "0100aa",
         CAMSEAL_E_TRUNCATED},
        {camseal_spdm_check_log,
         "000000000c0000000000000000000000010000000500000081"
         "0100aa",
         CAMSEAL_E_TRAILING},
        {camseal_spdm_check_log,
         "ffffffff0c0000000000000000000000010000000500000081"
         "0100aa",
         CAMSEAL_E_TRUNCATED},
        {camseal_spdm_check_log,
         "01000000ffffffff0000000000000000010000000500000081"
         "0100aa",
         CAMSEAL_E_TRUNCATED},
        {walk_groups, "01" GROUP_DMTF, CAMSEAL_OK},
        {walk_groups, "02" GROUP_DMTF GROUP_DMTF, CAMSEAL_OK},
        {walk_groups, "02" GROUP_DMTF, CAMSEAL_E_TRUNCATED},
        {walk_groups, "00" GROUP_DMTF, CAMSEAL_E_TRAILING},
        {walk_groups, "00", CAMSEAL_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[64];
        size_t n = test_hex(bytes, sizeof bytes, rows[i].hex);
        uint8_t *copy = malloc(n);
        memcpy(copy, bytes, n);
        camseal_status status = rows[i].check(camseal_span_of(copy, n));
        free(copy);
        if (status != rows[i].expected)
            fail_msg("row %zu: %s", i, camseal_status_name(status));
    }
}

/* As many events as there can be, in any order, and one of them twice. */
static void many_events(void **state)
{
    (void)state;
    static uint8_t msg[8 + 14 * 257];
    uint64_t seed = 0x5eed0002;
    for (unsigned round = 0; round < 200; round++) {
        uint32_t count = 1 + (uint32_t)(test_random(&seed) % 256), shift = 0, first;
        first = (uint32_t)test_random(&seed) % (UINT32_MAX - 256);
        shift = (uint32_t)test_random(&seed) % count;
        camseal_writer w = camseal_writer_of(msg, sizeof msg);
        spdm_send_event m = {count, {NULL, 0}};
        camseal_spdm_write_send_event(&w, 0x13, &m);
        for (uint32_t i = 0; i < count; i++) {
            const spdm_event e = {.instance = first + (i + shift) % count, .type = 77};
            camseal_spdm_write_event(&w, &e);
        }
        assert_status(camseal_writer_end(&w), CAMSEAL_OK);
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, w.len));
        assert_status(camseal_spdm_read_send_event(&r, &m), CAMSEAL_OK);
        assert_status(camseal_reader_end(&r), CAMSEAL_OK);
        assert_int_equal(m.events.len, w.len - 8);
        if (count < 2)
            continue;
        uint32_t victim = (uint32_t)test_random(&seed) % count, other = (victim + 1) % count;
        memcpy(msg + 8 + 14 * victim, msg + 8 + 14 * other, 4);
        r = camseal_reader_of(camseal_span_of(msg, w.len));
        assert_status(camseal_spdm_read_send_event(&r, &m), CAMSEAL_E_FORMAT);
    }
}

/* Opaque data of GET_CSR: 1024 bytes are the most. */
static void csr_opaque_data(void **state)
{
    (void)state;
    static uint8_t msg[8 + 1025];
    for (unsigned n = 1024; n <= 1025; n++) {
        msg[6] = (uint8_t)n;
        msg[7] = 4;
        spdm_get_csr m;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, 8 + n));
        assert_status(camseal_spdm_read_get_csr(&r, 0x12, &m),
                      n == 1024 ? CAMSEAL_OK : CAMSEAL_E_FORMAT);
    }
}

/* What an erasure does not have reads as "stays as it is". */
static void an_erasure_asks_for_nothing(void **state)
{
    (void)state;
    static const uint8_t msg[] = {0x14, 0xFD, 1, 0, 1};
    spdm_set_key_pair_info m;
    camseal_reader r = camseal_reader_of(camseal_span_of(msg, sizeof msg));
    assert_status(camseal_spdm_read_set_key_pair_info(&r, 0x14, &m), CAMSEAL_OK);
    assert_int_equal(m.usage, 0);
    assert_int_equal(m.algorithm, 0);
    assert_int_equal(m.slot_mask, 0);
    assert_int_equal(m.pqc_algorithm.len, 0);
}

static void device_classes_that_we_write(void **state)
{
    (void)state;
    static const uint8_t sub[] = {3, 0x12, 0x34, 0x56}, vendor[] = {1, 0};
    const spdm_device_class dmtf = {.subs = 1, .sub_ids = {sub, sizeof sub}};
    const spdm_device_class pci = {.from = {SPDM_BODY_PCI_SIG, {vendor, sizeof vendor}}};
    uint8_t out[64], expected[64];
    camseal_writer w = camseal_writer_of(out, sizeof out);
    camseal_spdm_write_device_classes_head(&w, 2);
    camseal_spdm_write_device_class(&w, &dmtf);
    camseal_spdm_write_device_class(&w, &pci);
    size_t n = test_hex(expected, sizeof expected, "02000000" CLASS_DMTF "050302010000");
    assert_int_equal(w.len, n);
    assert_memory_equal(out, expected, n);
    assert_status(camseal_spdm_check_device_classes(camseal_span_of(out, n)), CAMSEAL_OK);
}

static void pqc_bitmaps(void **state)
{
    (void)state;
    static const uint8_t bitmap[] = {1, 2, 3, 4, 5};
    static const uint32_t expected[] = {0, 1, 0x201, 0x30201, 0x4030201, 0x4030201};
    for (size_t n = 0; n <= 5; n++)
        assert_int_equal(camseal_spdm_pqc_bits(camseal_span_of(bitmap, n)), expected[n]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CODEC_UNIT_TESTS,
        cmocka_unit_test(lists),
        cmocka_unit_test(many_events),
        cmocka_unit_test(csr_opaque_data),
        cmocka_unit_test(an_erasure_asks_for_nothing),
        cmocka_unit_test(device_classes_that_we_write),
        cmocka_unit_test(pqc_bitmaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
