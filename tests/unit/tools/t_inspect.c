/* `camseal inspect`: what it says of a small capture, and of files that are none. */
#include "command.h"

#include <jansson.h>

#include "camseal/csi2.h"
#include "camseal/transport.h"
#include "capture.h"

static char path[] = "/tmp/camseal-inspect-XXXXXX";

static command inspect(const char *option, const char *value)
{
    const char *const list[] = {"inspect", path, option, value, NULL};
    return command_run(list);
}

static void add_packet(capture_stream *stream, uint8_t dt, const char *hex, size_t zeros)
{
    uint8_t payload[128] = {0}, packet[160];
    size_t len = test_hex(payload, sizeof payload, hex) + zeros;
    camseal_span span = {payload, len};
    camseal_buf out = {packet, sizeof packet, 0};
    assert_status(camseal_csi2_build(&out, 2, dt, &span, 1, camseal_bulk_soft()), CAMSEAL_OK);
    span = camseal_span_of(packet, out.len);
    capture_packet(stream, false, 1002000000, 0, &span, 1, NULL);
}

/* The golden FSH and FTG of open-profile §12; the FSH in an embedded line, and with one bit
 * flipped, where it is a line like any other; a TBT that is too short. */
static void add_fsed(capture_stream *stream)
{
    static const char fsh[] =
        "010102000500000000000000000152010002000000000000010002000000000000000000"
        "000000000000000000000000f65d424e5fb6f0b0e1b948b86e2d66add75110cb";
    static const char ftg[] =
        "010302000500000003000000400000004000000000000000861455e5000000002fad6619d7"
        "e07dc6f45c4172011ea6b5badb7f9e";
    char changed[sizeof fsh];
    memcpy(changed, fsh, sizeof fsh);
    changed[9] = '4';
    add_packet(stream, CAMSEAL_CSI2_FSH, fsh, 0);
    add_packet(stream, CAMSEAL_CSI2_FTG, ftg, 0);
    add_packet(stream, CAMSEAL_CSI2_EMBEDDED, fsh, 12);
    add_packet(stream, CAMSEAL_CSI2_EMBEDDED, changed, 12);
    add_packet(stream, CAMSEAL_CSI2_TBT, "0102", 0);
}

/* FS; the golden packet of open-profile §12; the same with a flipped data bit; GET_VERSION; an
 * ERROR; a record. */
static int make_capture(void **state)
{
    (void)state;
    static capture c;
    uint8_t golden[80];
    size_t len = test_hex(
        golden, sizeof golden,
        "373c000e71032c000700008b05000000180001107c27b0ce3f23f6439a0e8d0c98bcb3c237078a0a9175f0"
        "d501ca57de26bad798465c87ea9d30f998675301dc8799");
    close(mkstemp(path));
    if (capture_open(&c, path, false) != CAMSEAL_OK)
        return 1;
    capture_stream *data = capture_add(&c, CAMSEAL_LINK_DATA, "data", "unix:/x");
    capture_stream *control = capture_add(&c, CAMSEAL_LINK_CONTROL, "control", NULL);
    camseal_span fs = {(const uint8_t *)"\0\1\0\x1A", 4}, packet = {golden, len};
    capture_packet(data, false, 1000000000, 0, &fs, 1, NULL);
    capture_packet(data, false, 1000500000, 0, &packet, 1, "OK");
    golden[20] ^= 1;
    capture_packet(data, true, 1001000000, 0, &packet, 1, "FORGED: tag\x1B[2J");
    camseal_span get_version = {(const uint8_t *)"\x10\x84\0\0", 4},
                 error = {(const uint8_t *)"\x12\x7F\6\0", 4};
    camseal_span record = {(const uint8_t *)"\4\3\2\1\3\0abc", 9};
    capture_packet(control, true, 1001000000, CAMSEAL_TCP_SPDM, &get_version, 1, NULL);
    capture_packet(control, false, 1001000000, CAMSEAL_TCP_SPDM, &error, 1, NULL);
    capture_packet(control, false, 1001000000, CAMSEAL_TCP_SECURED, &record, 1, NULL);
    add_fsed(data);
    return capture_close(&c) != CAMSEAL_OK;
}

static int remove_capture(void **state)
{
    (void)state;
    return unlink(path);
}

static void text_names_every_field(void **state)
{
    (void)state;
    command c = inspect(NULL, NULL);
    assert_int_equal(c.exit_code, 0);
    static const char *const parts[] = {
        "#1 0.000000 data in: bytes=4 kind=CSI-2 ecc=good vc=0 dt=0 dt_name=FS frame_number=1\n",
        "#2 0.000500 data in: bytes=66 kind=CSI-2 ecc=good vc=0 dt=55 dt_name=SEP word_count=60 "
        "crc16=good comment=OK\n"
        "    SEP version=1 crcp=1 tagp=1 enc=1 sof=0 evc=3 edt=44 count=7 fp=3 sv=1 eof=0 cov=1 "
        "frame=5 length=24 ctx=1 "
        "epoch=0 tagmode=1 pad=0 tag_length=16 tag=01ca57de26bad798465c87ea9d30f998 "
        "crc32=CRC-32C\n",
        "crc16=bad comment=FORGED: tag?[2J\n",
        "crc32=bad\n",
        "control out: bytes=8 kind=DSP0287 type=5 message=GET_VERSION version=1.0 code=132 "
        "param1=0 param2=0\n",
        "message=ERROR version=1.2 code=127 param1=6 param2=0 error=",
        "message=SECURED session_id=16909060 record_length=3\n",
        "interface 0: data unix:/x\n",
        "#7 0.002000 data in: bytes=74 kind=CSI-2 ecc=good vc=2 dt=52 dt_name=FSH word_count=68 "
        "crc16=good fsed_packet=FSH carried=as its own data type\n"
        "    FSH version=1 type=1 ctx=2 epoch=0 next_epoch=0 anomaly=0 first=0 frame=5 evc=0 "
        "suite=1 "
        "sv_top=2 sv_image=2 sv_bottom=5 stride_unit=0 edts=2 offset=0 run=0 period=0 "
        "expected_top=1 "
        "expected_image=2 expected_bottom=0 line_length=0 timestamp=0 digest=0000000000000000 "
        "tag_length=16 tag=f65d424e5fb6f0b0e1b948b86e2d66ad crc32=CRC-32C\n",
        "    FTG version=1 type=3 ctx=2 epoch=0 next_epoch=0 anomaly=0 first=0 frame=5 messages=3 "
        "total=64 covered=64 payload_crc=3847558278 status=0 tag_length=16 "
        "tag=2fad6619d7e07dc6f45c4172011ea6b5 crc32=CRC-32C\n",
        "dt=18 dt_name=EMBEDDED word_count=80 crc16=good fsed_packet=FSH carried=as an embedded "
        "line\n",
        "#10 0.002000 data in: bytes=86 kind=CSI-2 ecc=good vc=2 dt=18 dt_name=EMBEDDED "
        "word_count=80 crc16=good\n",
        "dt_name=TBT word_count=2 crc16=good fsed=too short\n",
        "11 packets\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!strstr(c.said, parts[i]))
            print_message("%s\nnot in\n%s", parts[i], c.said);
        assert_non_null(strstr(c.said, parts[i]));
    }
}

static void json_is_one_object(void **state)
{
    (void)state;
    command c = inspect("--json", NULL);
    json_t *j = json_loads(c.said, 0, NULL);
    assert_non_null(j);
    assert_int_equal(json_array_size(json_object_get(j, "packets")), 11);
    assert_int_equal(json_array_size(json_object_get(j, "interfaces")), 2);
    const json_t *sep = json_object_get(json_array_get(json_object_get(j, "packets"), 1), "sep");
    assert_int_equal(json_integer_value(json_object_get(sep, "evc")), 3);
    json_decref(j);
    c = inspect("--limit", "2");
    assert_non_null(strstr(c.said, "\n2 packets\n"));
}

static void what_is_no_capture_is_named(void **state)
{
    (void)state;
    const char *const missing[] = {"inspect", "/nonexistent/x", NULL}, *const self[] = {
                                                                           "inspect",
                                                                           CAMSEAL_COMMAND, NULL};
    command c = command_run(missing);
    assert_int_equal(c.exit_code, 6);
    assert_one_line(&c, "/nonexistent/x: cannot be read");
    c = command_run(self);
    assert_int_equal(c.exit_code, 3);
    assert_one_line(&c, "not a pcapng file");
    assert_int_equal(truncate(path, 400), 0);
    c = inspect("--json", NULL);
    assert_int_equal(c.exit_code, 3);
    assert_one_line(&c, "broken at byte");
    json_t *j = json_loads(c.said, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(j, "status")), "TRUNCATED");
    json_decref(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_names_every_field),
        cmocka_unit_test(json_is_one_object),
        cmocka_unit_test(what_is_no_capture_is_named),
    };
    return cmocka_run_group_tests(tests, make_capture, remove_capture);
}
