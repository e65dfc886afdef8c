/* `camseal inspect`: what it says of a small capture, and of files that are none. */
#include "command.h"

#include <jansson.h>

#include "camseal/transport.h"
#include "capture.h"

static char path[] = "/tmp/camseal-inspect-XXXXXX";

static command inspect(const char *option, const char *value)
{
    const char *const list[] = {"inspect", path, option, value, NULL};
    return command_run(list);
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
        "6 packets\n",
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
    assert_int_equal(json_array_size(json_object_get(j, "packets")), 6);
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
