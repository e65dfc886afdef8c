/* Every message: the same bytes after reading and writing, every truncation, one byte too many, and
 * a table of illegal values for each field. */
#include "codec_check.h"

static const codec_sample samples[] = {
    {"VERSION",
     version,
     &v12,
     "100400000003001100120013",
     {{5, 1, 0, CAMSEAL_E_FORMAT},
      {5, 1, 2, CAMSEAL_E_TRAILING},
      {5, 1, 4, CAMSEAL_E_TRUNCATED},
      {5, 1, 255, CAMSEAL_E_TRUNCATED},
      {4, 1, 9, CODEC_IGNORED}},
     0},
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
      {16, 4, 0xFFFFFFFF, CAMSEAL_E_FORMAT}},
     0},
    {"GET_CAPABILITIES with CHUNK",
     get_capabilities,
     &v12,
     "12e1000000000000c02202002a00000000100000",
     {{16, 4, 0xFFFFFFFF, CAMSEAL_OK},
      {16, 4, 42, CAMSEAL_OK},
      {16, 4, 41, CAMSEAL_E_FORMAT},
      {12, 4, 0x1001, CAMSEAL_E_FORMAT}},
     0},
    {"GET_CAPABILITIES 1.3 that asks for the algorithms",
     get_capabilities,
     &v13,
     "13e1010000000000c022020000100000ffff0000",
     {{10, 1, 0, CAMSEAL_E_FORMAT}, /* no CHUNK */
      {2, 1, 0, CAMSEAL_OK},
      {2, 1, 0xFF, CODEC_IGNORED}},
     0},
    {"CAPABILITIES 1.2",
     capabilities,
     &v12,
     "1261000000000000d66a00000012000000120000",
     {{2, 1, 1, CODEC_IGNORED}, {6, 2, 0xFFFF, CODEC_IGNORED}, {10, 2, 0xFFC0, CODEC_IGNORED}},
     0},
    {"CAPABILITIES 1.3 with the algorithms",
     capabilities,
     &v13,
     "1361010000000000c022020000100000ffff0000"
     "04002e000102800000000200000000000000000000000000000000000000"
     "02201000032002000420800005200100",
     {{2, 1, 0, CAMSEAL_E_TRAILING},
      {20, 1, 0, CAMSEAL_E_FORMAT}, /* Length disagrees */
      {20, 1, 3, CAMSEAL_E_FORMAT},
      {20, 1, 5, CAMSEAL_E_TRUNCATED},
      {22, 2, 0, CAMSEAL_E_FORMAT},
      {22, 2, 0x2D, CAMSEAL_E_FORMAT},
      {22, 2, 0x2F, CAMSEAL_E_FORMAT},
      {22, 2, 0xFFFF, CAMSEAL_E_FORMAT},
      {46, 1, 1, CAMSEAL_E_TRUNCATED},
      {47, 1, 255, CAMSEAL_E_TRUNCATED},
      {50, 1, 1, CAMSEAL_E_FORMAT},
      {54, 1, 2, CAMSEAL_E_FORMAT},
      {51, 1, 0x10, CAMSEAL_E_FORMAT},
      {51, 1, 0x2F, CAMSEAL_E_TRUNCATED},
      {52, 2, 0, CAMSEAL_OK}},
     0},
    {"CAPABILITIES 1.4", capabilities, &v14, "1461000000000100c02202800010000000100000", {{0}}, 0},
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
      {34, 2, 0, CAMSEAL_E_FORMAT}},
     0},
    {"NEGOTIATE_ALGORITHMS 1.3",
     algorithms_req,
     &v13,
     "13e301002400010280000000020000000000000000000000000000000000000105200100",
     {{7, 1, 0x12, CAMSEAL_OK},
      {7, 1, 0xEE, CODEC_IGNORED},
      {16, 4, 1, CODEC_IGNORED},
      {32, 1, 6, CAMSEAL_E_FORMAT}},
     0},
    {"NEGOTIATE_ALGORITHMS 1.4",
     algorithms_req,
     &v14,
     "14e306003800010280000000020000000100000000000000000000000000000102201000032002000420800005200"
     "100"
     "0620010007200100",
     {{48, 1, 5, CAMSEAL_E_FORMAT}, {52, 1, 8, CAMSEAL_E_FORMAT}, {52, 1, 6, CAMSEAL_E_FORMAT}},
     0},
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
      {40, 1, 2, CAMSEAL_E_FORMAT}},
     0},
    {"DIGESTS",
     digests,
     &v12,
     "12010005aabbccdd11223344",
     {{3, 1, 0, CAMSEAL_E_FORMAT},
      {3, 1, 1, CAMSEAL_E_TRAILING},
      {3, 1, 7, CAMSEAL_E_TRUNCATED},
      {3, 1, 255, CAMSEAL_E_TRUNCATED},
      {3, 1, 0x81, CAMSEAL_OK},
      {2, 1, 0xFF, CODEC_IGNORED}},
     0},
    {"DIGESTS, never multi-key before 1.3",
     digests,
     &(const spdm_shape){.version = 0x12, .hash = 4, .multi_key = true},
     "12010001aabbccdd",
     {{0}},
     0},
    {"DIGESTS multi-key",
     digests,
     &v13,
     "13010702aabbccdd01010f00",
     {{2, 1, 5, CAMSEAL_E_FORMAT},
      {2, 1, 2, CAMSEAL_OK},
      {2, 1, 0, CAMSEAL_E_FORMAT},
      {9, 1, 0, CAMSEAL_E_FORMAT}, /* no certificate, but a digest */
      {9, 1, 3, CAMSEAL_OK},
      {9, 1, 0xF9, CAMSEAL_OK},
      {9, 1, 4, CAMSEAL_E_FORMAT},
      {9, 1, 7, CAMSEAL_E_FORMAT}},
     0},
    {"DIGESTS multi-key, slots 0 and 1 without certificate",
     digests,
     &v13,
     "13010303aabbccdd0000000001020100ffff0100",
     {{14, 1, 3, CAMSEAL_E_FORMAT}, /* slot 0 is generic */
      {15, 1, 3, CAMSEAL_OK},
      {8, 1, 1, CAMSEAL_E_FORMAT},
      {11, 1, 1, CAMSEAL_E_FORMAT}},
     0},
    {"GET_CERTIFICATE",
     get_certificate,
     &v12,
     "128203000100ff0f",
     {{2, 1, 7, CAMSEAL_OK},
      {2, 1, 8, CAMSEAL_E_FORMAT},
      {2, 1, 15, CAMSEAL_E_FORMAT},
      {3, 1, 0xFF, CODEC_IGNORED}},
     0},
    {"GET_CERTIFICATE 1.3",
     get_certificate,
     &v13,
     "138203000100ff0f",
     {{2, 1, 0x83, CODEC_IGNORED}, /* no large form yet */
      {3, 1, 1, CAMSEAL_OK},
      {3, 1, 0xFE, CODEC_IGNORED}},
     0},
    {"CERTIFICATE 1.3",
     certificate,
     &v13,
     "1302000003000400010203",
     {{2, 1, 0x80, CODEC_IGNORED},
      {3, 1, 2, CAMSEAL_OK},
      {3, 1, 4, CAMSEAL_E_FORMAT},
      {3, 1, 0xF8, CODEC_IGNORED}},
     0},
    {"GET_CERTIFICATE large",
     get_certificate,
     &v14,
     "148282000000000000000010f0110000",
     {{2, 1, 0x88, CAMSEAL_E_FORMAT}, {2, 1, 2, CAMSEAL_E_TRAILING}},
     0},
    {"CERTIFICATE",
     certificate,
     &v12,
     "1202000003000400010203",
     {{2, 1, 8, CAMSEAL_E_FORMAT},
      {4, 2, 2, CAMSEAL_E_TRAILING},
      {4, 2, 4, CAMSEAL_E_TRUNCATED},
      {4, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {6, 2, 0xFFFF, CAMSEAL_OK},
      {3, 1, 0xFF, CODEC_IGNORED}},
     0},
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
      {3, 1, 0xF9, CODEC_IGNORED}},
     0},
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
      {3, 1, 0xFF, CAMSEAL_OK}},
     0},
    {"CHALLENGE 1.3", challenge, &v13, "13830701" N32 "1122334455667788", {{0}}, 0},
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
      {2, 1, 0x70, CODEC_IGNORED},
      {2, 1, 0x08, CAMSEAL_E_FORMAT},
      {2, 1, 0x0E, CAMSEAL_E_FORMAT}},
     0},
    {"CHALLENGE_AUTH 1.3",
     challenge_auth,
     &v13,
     "13030001aabbccdd" N32 "0102030400001122334455667788112233445566",
     {{0}},
     0},
    {"KEY_EXCHANGE",
     key_exchange,
     &v12,
     "12e40000ffff0000" N32 "0102030400aabbccdd",
     {{2, 1, 2, CAMSEAL_E_FORMAT},
      {2, 1, 0xFF, CAMSEAL_OK},
      {3, 1, 8, CAMSEAL_E_FORMAT},
      {3, 1, 0xFF, CAMSEAL_OK},
      {6, 1, 1, CAMSEAL_OK},
      {6, 2, 0xFFFE, CODEC_IGNORED},
      {43, 2, 3, CAMSEAL_E_TRAILING},
      {43, 2, 5, CAMSEAL_E_TRUNCATED},
      {43, 2, 1025, CAMSEAL_E_FORMAT},
      {43, 2, 0xFFFF, CAMSEAL_E_FORMAT}},
     0},
    {"KEY_EXCHANGE_RSP",
     key_exchange_rsp,
     &v12,
     "12640800feff0000" N32 "01020200aabb112233445566a1a2a3a4",
     {{3, 1, 0xFF, CODEC_IGNORED},
      {7, 1, 0xFF, CODEC_IGNORED}, /* nobody is asked */
      {6, 1, 1, CAMSEAL_OK},
      {6, 1, 2, CAMSEAL_OK},
      {6, 1, 3, CAMSEAL_E_FORMAT},
      {6, 1, 4, CAMSEAL_OK},
      {6, 1, 5, CAMSEAL_E_FORMAT},
      {6, 1, 8, CAMSEAL_E_FORMAT},
      {6, 1, 255, CAMSEAL_E_FORMAT},
      {42, 2, 1025, CAMSEAL_E_FORMAT},
      {42, 2, 3, CAMSEAL_E_TRUNCATED},
      {42, 2, 1, CAMSEAL_E_TRAILING}},
     0},
    {"KEY_EXCHANGE_RSP that names the requester's slot",
     key_exchange_rsp,
     &v12,
     "12640800feff0107" N32 "01020200aabb112233445566a1a2a3a4",
     {{7, 1, 8, CAMSEAL_E_FORMAT},
      {7, 1, 0x0E, CAMSEAL_E_FORMAT},
      {7, 1, 0x0F, CAMSEAL_OK},
      {7, 1, 0xF7, CODEC_IGNORED}},
     0},
    {"KEY_EXCHANGE_RSP with summary",
     key_exchange_rsp,
     &v13,
     "13640000feff0000" N32 "0102b1b2b3b40000112233445566a1a2a3a4",
     {{0}},
     0},
    {"KEY_EXCHANGE_RSP in the clear",
     key_exchange_rsp,
     &v14,
     "14640000feff0000" N32 "01020000112233445566",
     {{0}},
     0},
    {"FINISH",
     finish,
     &v12,
     "12e50000a1a2a3a4",
     {{2, 1, 1, CAMSEAL_E_TRUNCATED},
      {2, 1, 0xFE, CODEC_IGNORED},
      {3, 1, 7, CAMSEAL_OK},
      {3, 1, 0xFF, CAMSEAL_OK},
      {3, 1, 8, CAMSEAL_E_FORMAT}},
     0},
    {"FINISH signed",
     finish,
     &v12,
     "12e501000102030405a1a2a3a4",
     {{2, 1, 0, CAMSEAL_E_TRAILING}},
     0},
    {"FINISH 1.4",
     finish,
     &v14,
     "14e500000200eeefa1a2a3a4",
     {{4, 2, 1025, CAMSEAL_E_FORMAT},
      {4, 2, 3, CAMSEAL_E_TRUNCATED},
      {4, 2, 0, CAMSEAL_E_TRAILING}},
     0},
    {"FINISH_RSP", finish_rsp, &v12, "12650000", {{0}}, 0},
    {"FINISH_RSP 1.4 in the clear",
     finish_rsp,
     &v14,
     "146500000000a1a2a3a4",
     {{4, 2, 1, CAMSEAL_E_TRUNCATED}},
     0},
    {"VENDOR_DEFINED_REQUEST",
     vendor,
     &v12,
     "12fe0000040004d97e00000300010203",
     {{6, 1, 0, CAMSEAL_E_TRUNCATED},
      {6, 1, 255, CAMSEAL_E_TRUNCATED},
      {11, 2, 2, CAMSEAL_E_TRAILING},
      {11, 2, 4, CAMSEAL_E_TRUNCATED},
      {11, 2, 0xFFFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"VENDOR_DEFINED_REQUEST 1.4, large",
     any_vendor_msg,
     &v14,
     "14fe800003000201000000"
     "03000000010203",
     {{2, 1, 0, CAMSEAL_E_TRAILING},
      {9, 2, 0xFFFF, CODEC_IGNORED},
      {11, 4, 0, CAMSEAL_E_TRAILING},
      {11, 4, 2, CAMSEAL_E_TRAILING},
      {11, 4, 4, CAMSEAL_E_TRUNCATED},
      {11, 4, 0xFFFFFFFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"VENDOR_DEFINED_REQUEST 1.4",
     vendor,
     &v14,
     "14fe00000300020100"
     "0300010203",
     {{2, 1, 0x80, CAMSEAL_E_TRUNCATED}, {2, 1, 0x7F, CODEC_IGNORED}},
     0},
    {"VENDOR_DEFINED_REQUEST, large only from 1.4 on",
     any_vendor_msg,
     &v13,
     "13fe00000300020100"
     "0300010203",
     {{2, 1, 0x80, CODEC_IGNORED}},
     0},
    {"VENDOR_DEFINED_REQUEST empty", vendor, &v12, "12fe00000000000000", {{0}}, 0},
    {"GET_MEASUREMENTS",
     get_measurements,
     &v12,
     "12e000ff",
     {{2, 1, 1, CAMSEAL_E_TRUNCATED}, {2, 1, 2, CAMSEAL_OK}, {2, 1, 0xFC, CODEC_IGNORED}},
     0},
    {"GET_MEASUREMENTS signed",
     get_measurements,
     &v13,
     "13e005ff" N32 "031122334455667788",
     {{2, 1, 0, CAMSEAL_E_TRAILING},
      {36, 1, 7, CAMSEAL_OK},
      {36, 1, 8, CAMSEAL_E_FORMAT},
      {36, 1, 0x0F, CAMSEAL_OK},
      {36, 1, 0xF3, CODEC_IGNORED},
      {2, 1, 0xFD, CODEC_IGNORED}},
     0},
    {"GET_MEASUREMENTS 1.3", get_measurements, &v13, "13e000011122334455667788", {{0}}, 0},
    {"MEASUREMENTS",
     measurements,
     &v12,
     "126000200108000001010400820100ee" N32 "0100ee112233445566",
     {{2, 1, 7, CAMSEAL_OK},
      {3, 1, 0x2F, CAMSEAL_OK},
      {3, 1, 0x28, CAMSEAL_E_FORMAT}, /* slot 8         */
      {3, 1, 0x30, CAMSEAL_E_FORMAT}, /* ContentChanged */
      {3, 1, 0x37, CAMSEAL_E_FORMAT},
      {3, 1, 0xE0, CODEC_IGNORED},
      {4, 1, 0, CAMSEAL_E_TRAILING},
      {4, 1, 2, CAMSEAL_E_TRUNCATED},
      {5, 1, 7, CAMSEAL_E_TRUNCATED},
      {7, 1, 0xFF, CAMSEAL_E_TRUNCATED},
      {8, 1, 0, CAMSEAL_E_FORMAT},
      {10, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {48, 2, 1025, CAMSEAL_E_FORMAT},
      {48, 2, 2, CAMSEAL_E_TRUNCATED}},
     0},
    {"MEASUREMENTS 1.3",
     measurements,
     &v13,
     "136000000109000001010500010200aabb" N32 "00001122334455667788112233445566",
     {{12, 1, 0x81, CAMSEAL_OK},
      {13, 2, 1, CAMSEAL_E_TRAILING},
      {13, 2, 0xFFFF, CAMSEAL_E_TRUNCATED}},
     0},
    {"MEASUREMENTS, a digest too short",
     measurements,
     &v13,
     "136000000108000001010400810100aa" N32 "00001122334455667788112233445566",
     {{12, 1, 0x01, CAMSEAL_E_FORMAT}, {12, 1, 0x08, CAMSEAL_E_FORMAT}, {12, 1, 0x88, CAMSEAL_OK}},
     0},
    {"MEASUREMENTS unsigned, a count",
     measurements_plain,
     &v12,
     "1260050000000000" N32 "0000",
     {{3, 1, 0x10, CAMSEAL_E_FORMAT},
      {3, 1, 0x01, CAMSEAL_E_FORMAT},
      {3, 1, 0xC0, CODEC_IGNORED},
      {4, 1, 1, CAMSEAL_E_TRUNCATED},
      {5, 1, 1, CAMSEAL_E_TRUNCATED}},
     0},
    {"opaque element",
     opaque_element,
     &v12,
     "03020100050001020304ff00",
     {{0, 1, 0x0C, CAMSEAL_E_FORMAT},
      {1, 1, 3, CAMSEAL_E_FORMAT},
      {1, 1, 0xFF, CAMSEAL_E_TRUNCATED},
      {4, 2, 0, CAMSEAL_E_FORMAT}, /* padding not zero */
      {4, 2, 1, CAMSEAL_E_FORMAT},
      {4, 2, 4, CAMSEAL_E_FORMAT},
      {4, 2, 6, CAMSEAL_OK},
      {4, 2, 7, CAMSEAL_E_TRUNCATED},
      {4, 2, 0xFFFF, CAMSEAL_E_TRUNCATED},
      {11, 1, 1, CAMSEAL_E_FORMAT}},
     0},
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
      {2, 2, 0, CAMSEAL_E_TRUNCATED}},
     0},
};

CODEC_TESTS(samples)

/* What later versions define is not seen; what is reserved is not seen either. */
static void fields_of_later_versions(void **state)
{
    (void)state;
    static const struct {
        uint8_t version, code;
        uint32_t flags;
    } caps[] = {{0x12, 0xE1, 0x0003FFC6}, {0x13, 0xE1, 0x0EC3FFC6}, {0x14, 0xE1, 0x8EC3FFC6},
                {0x12, 0x61, 0x003FFFFF}, {0x13, 0x61, 0x3FFFFFFF}, {0x14, 0x61, 0xFFFFFFFF}};
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        uint8_t msg[20];
        memset(msg, 0xFF, sizeof msg);
        msg[0] = caps[i].version;
        msg[1] = caps[i].code;
        msg[5] = 31;
        spdm_capabilities m;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, sizeof msg));
        assert_status(camseal_spdm_read_capabilities(&r, &m), CAMSEAL_OK);
        assert_int_equal(m.flags, caps[i].flags);
        assert_int_equal(m.attributes, caps[i].version >= 0x13);
        assert_int_equal(m.ext_flags, i == 5 ? 0xFFFF : 0);
    }
    for (uint8_t version = 0x12; version <= 0x14; version++) {
        uint8_t msg[32];
        memset(msg, 0xFF, sizeof msg);
        memset(msg + 28, 0, 2);
        msg[2] = 0;
        msg[4] = 32;
        msg[5] = 0;
        spdm_algorithms m;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, sizeof msg));
        assert_status(camseal_spdm_read_algorithms_req(&r, version, &m), CAMSEAL_OK);
        assert_int_equal(m.measurement_hash, 0);
        assert_int_equal(m.tables, 0);
        assert_int_equal(m.other_params, version >= 0x13 ? 0x13 : 0x03);
        assert_int_equal(m.mel_spec, version >= 0x13 ? 0xFF : 0);
        assert_int_equal(m.pqc_asym, version >= 0x14 ? 0xFFFFFFFF : 0);
    }
}

static void too_many_versions(void **state)
{
    (void)state;
    for (unsigned count = 0; count < 256; count++) {
        spdm_version_rsp m;
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
        if (status != CAMSEAL_OK)
            continue;
        assert_int_equal(m.table[SPDM_ALG_DHE], 0x10);
        assert_int_equal(m.extended, n);
    }
}

/* 20 entries and all tables that there are: 128 bytes are the most. */
static void longest_algorithms(void **state)
{
    (void)state;
    for (unsigned tables = 4; tables <= 5; tables++) {
        uint8_t msg[32 + 80 + 20] = {0x14, 0xE3, (uint8_t)tables, 0, (uint8_t)(112 + 4 * tables)};
        msg[28] = 20;
        for (unsigned i = 0; i < tables; i++) {
            const uint8_t table[] = {(uint8_t)(2 + i), 0x20, 1, 0};
            memcpy(msg + 112 + 4 * i, table, sizeof table);
        }
        spdm_algorithms m;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, 112 + 4 * tables));
        assert_status(camseal_spdm_read_algorithms_req(&r, 0x14, &m),
                      tables == 4 ? CAMSEAL_OK : CAMSEAL_E_FORMAT);
    }
}

/* Those in a table count too. */
static void extended_algorithms_in_tables(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 16; n++) {
        uint8_t msg[36 + 4 * 8 + 4 * 16] = {0x12, 0xE3, 1, 0, (uint8_t)(36 + 4 * (n + 6))};
        msg[29] = 6;
        const uint8_t table[] = {2, (uint8_t)(0x20 | n), 8, 0};
        memcpy(msg + 32 + 4 * 6, table, sizeof table);
        spdm_algorithms m;
        camseal_reader r = camseal_reader_of(camseal_span_of(msg, 36 + 4 * (n + 6)));
        camseal_status status = camseal_spdm_read_algorithms_req(&r, 0x12, &m);
        assert_status(status, n + 6 <= 20 ? CAMSEAL_OK : CAMSEAL_E_FORMAT);
        if (status == CAMSEAL_OK)
            assert_int_equal(m.extended, n + 6);
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

static void key_of_a_slot(void **state)
{
    (void)state;
    static const uint8_t ids[] = {7, 8, 9}, info[] = {0xF9, 2, 3},
                         usage[] = {1, 0, 0, 0x80, 0xFF, 0};
    spdm_digests m = {.provisioned = 0x85,
                      .key_pair_ids = {ids, sizeof ids},
                      .certificate_info = {info, sizeof info},
                      .key_usage = {usage, sizeof usage}};
    spdm_digest_key key;
    assert_true(camseal_spdm_digest_key(&m, 0, &key));
    assert_int_equal(key.key_pair_id, 7);
    assert_int_equal(key.model, SPDM_CERT_MODEL_DEVICE);
    assert_int_equal(key.usage, SPDM_USE_KEY_EXCHANGE);
    assert_true(camseal_spdm_digest_key(&m, 2, &key));
    assert_int_equal(key.usage, SPDM_USE_VENDOR);
    assert_true(camseal_spdm_digest_key(&m, 7, &key));
    assert_int_equal(key.key_pair_id, 9);
    assert_false(camseal_spdm_digest_key(&m, 1, &key));
    assert_false(camseal_spdm_digest_key(&m, 8, &key));
    m.key_pair_ids.len = 0;
    assert_false(camseal_spdm_digest_key(&m, 0, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CODEC_UNIT_TESTS,
        cmocka_unit_test(too_many_versions),
        cmocka_unit_test(extended_algorithms_are_skipped),
        cmocka_unit_test(extended_algorithms_in_tables),
        cmocka_unit_test(longest_algorithms),
        cmocka_unit_test(fields_of_later_versions),
        cmocka_unit_test(digest_of_a_slot),
        cmocka_unit_test(key_of_a_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
