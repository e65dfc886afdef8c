/* pcapng: what the writer writes the reader reads and tshark reads; broken files end with a name.
 */
#include "test.h"

#include <unistd.h>

#include "base/load.h"
#include "camseal/transport.h"
#include "capture.h"
#include "pcapng.h"

static const uint8_t packet[] = {0x2C, 3, 0, 0x11, 0xAA, 0xBB, 0xCC, 0x12, 0x34};
static const uint64_t noon = UINT64_C(1700000000123456789);

/* A capture of two streams in memory: three packets, one of them with a comment, and a key log. */
static size_t make(uint8_t *out, size_t capacity)
{
    pcapng_writer w;
    FILE *f = fmemopen(out, capacity, "wb");
    assert_non_null(f);
    pcapng_begin(&w, f, "test");
    uint32_t data = pcapng_interface(&w, PCAPNG_LINKTYPE_UPPER_PDU, "data", "unix:/x");
    uint32_t bus = pcapng_interface(&w, PCAPNG_LINKTYPE_I2C_LINUX, "bus", NULL);
    camseal_span spans[3] = {{packet, 4}, {packet + 4, 3}, {packet + 7, 2}};
    pcapng_pdu(&w, data, noon, PCAPNG_INBOUND, "camseal.csi2", spans, 3, "FORGED: tag");
    pcapng_packet(&w, bus, noon + 1, PCAPNG_UNKNOWN, spans, 1, NULL);
    pcapng_secrets(&w, PCAPNG_SECRETS_CAMSEAL, camseal_span_of("key", 3));
    pcapng_pdu(&w, data, noon + 2, PCAPNG_OUTBOUND, "camseal.csi2", spans, 2, NULL);
    assert_status(pcapng_end(&w), CAMSEAL_OK);
    long len = ftell(f);
    fclose(f);
    return (size_t)len;
}

static void assert_text(camseal_span span, const char *text)
{
    assert_int_equal(span.len, strlen(text));
    assert_memory_equal(span.data, text, span.len);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    uint8_t file[1024];
    pcapng_reader r;
    pcapng_item item;
    assert_status(pcapng_open(&r, camseal_span_of(file, make(file, sizeof file))), CAMSEAL_OK);
    assert_status(pcapng_next(&r, &item), CAMSEAL_OK);
    assert_int_equal(item.kind, PCAPNG_PACKET);
    assert_int_equal(r.interfaces, 2);
    assert_text(r.info[0].name, "data");
    assert_text(r.info[0].description, "unix:/x");
    assert_int_equal(r.info[1].link_type, PCAPNG_LINKTYPE_I2C_LINUX);
    assert_int_equal(item.bytes.len, sizeof packet);
    assert_memory_equal(item.bytes.data, packet, sizeof packet);
    assert_text(item.dissector, "camseal.csi2");
    assert_text(item.comment, "FORGED: tag");
    assert_true(item.time_ns == noon);
    assert_int_equal(item.direction, PCAPNG_INBOUND);
    assert_status(pcapng_next(&r, &item), CAMSEAL_OK);
    assert_int_equal(item.interface, 1);
    assert_int_equal(item.bytes.len, 4);
    assert_true(item.time_ns == noon + 1);
    assert_status(pcapng_next(&r, &item), CAMSEAL_OK);
    assert_int_equal(item.kind, PCAPNG_SECRETS);
    assert_text(item.bytes, "key");
    assert_status(pcapng_next(&r, &item), CAMSEAL_OK);
    assert_int_equal(item.direction, PCAPNG_OUTBOUND);
    assert_int_equal(item.bytes.len, 7);
    assert_status(pcapng_next(&r, &item), CAMSEAL_OK);
    assert_int_equal(item.kind, PCAPNG_END);
}

/* Cut at every byte: either a whole number of blocks, or TRUNCATED; never more packets than were
 * written. */
static void every_cut_is_named(void **state)
{
    (void)state;
    uint8_t file[1024];
    size_t len = make(file, sizeof file);
    for (size_t cut = 12; cut < len; cut++) {
        pcapng_reader r;
        pcapng_item item = {.kind = PCAPNG_PACKET};
        camseal_status status = pcapng_open(&r, camseal_span_of(file, cut));
        while (status == CAMSEAL_OK && item.kind != PCAPNG_END)
            status = pcapng_next(&r, &item);
        if (status != CAMSEAL_OK)
            assert_status(status, CAMSEAL_E_TRUNCATED);
        else
            assert_int_equal(r.at, cut);
    }
}

static void illegal_values_are_named(void **state)
{
    (void)state;
    uint8_t good[1024], file[1024];
    size_t len = make(good, sizeof good);
    size_t idb = camseal_load_le32(good + 4), idb2 = idb + camseal_load_le32(good + idb + 4);
    size_t epb = idb2 + camseal_load_le32(good + idb2 + 4);
    const struct {
        const char *what;
        size_t at;
        uint32_t value;
        camseal_status expected;
    } rows[] = {
        {"byte-order magic", 8, 0x12345678, CAMSEAL_E_FORMAT},
        {"major version 2", 12, 2, CAMSEAL_E_VERSION},
        {"block of 11 bytes", idb + 4, 11, CAMSEAL_E_FORMAT},
        {"block of 13 bytes", idb + 4, 13, CAMSEAL_E_FORMAT},
        {"block of 0 bytes", idb + 4, 0, CAMSEAL_E_FORMAT},
        {"block of 4 GB", idb + 4, 0xFFFFFFFC, CAMSEAL_E_TRUNCATED},
        {"second length differs", epb - 4, 12, CAMSEAL_E_FORMAT},
        {"interface not declared", epb + 8, 2, CAMSEAL_E_FORMAT},
        {"packet longer than its block", epb + 20, 0x1000, CAMSEAL_E_TRUNCATED},
        {"packet of 4 GB", epb + 20, 0xFFFFFFFF, CAMSEAL_E_TRUNCATED},
        {"tag longer than the packet", epb + 28, 0xFFFF0C00, CAMSEAL_E_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pcapng_reader r;
        pcapng_item item;
        memcpy(file, good, len);
        camseal_store_le32(file + rows[i].at, rows[i].value);
        assert_status(pcapng_open(&r, camseal_span_of(file, len)), CAMSEAL_OK);
        camseal_status status = pcapng_next(&r, &item);
        if (status != rows[i].expected)
            print_message("%s\n", rows[i].what);
        assert_status(status, rows[i].expected);
    }
    pcapng_reader r;
    assert_status(pcapng_open(&r, camseal_span_of("not a capture", 13)), CAMSEAL_E_FORMAT);
    assert_status(pcapng_open(&r, camseal_span_of(NULL, 0)), CAMSEAL_E_FORMAT);
}

static void the_other_byte_order_is_read(void **state)
{
    (void)state;
    uint8_t file[256];
    pcapng_reader r;
    pcapng_item item;
    size_t len = test_hex(file, sizeof file,
                          "0A0D0D0A 0000001C 1A2B3C4D 0001 0000 FFFFFFFFFFFFFFFF 0000001C"
                          "00000001 00000014 00FC 0000 00000000 00000014"
                          "00000006 00000030 00000000 00000001 00000002 0000000E 0000000E"
                          "000C 0004 64617461 0000 0000 AABB 0000 00000030");
    assert_status(pcapng_open(&r, camseal_span_of(file, len)), CAMSEAL_OK);
    assert_status(pcapng_next(&r, &item), CAMSEAL_OK);
    assert_text(item.dissector, "data");
    assert_int_equal(item.bytes.len, 2);
    assert_true(item.time_ns == UINT64_C(0x100000002) * 1000); /* microseconds unless told */
    assert_status(pcapng_next(&r, &item), CAMSEAL_OK);
    assert_int_equal(item.kind, PCAPNG_END);
}

/* tshark as a judge: counts, interfaces, times, comments and lengths of a file made by capture.h.
 */
static void tshark_agrees(void **state)
{
    (void)state;
    char path[] = "/tmp/camseal-pcapng-XXXXXX", command[512], line[256];
    static capture c;
    close(mkstemp(path));
    if (system("tshark --version >/dev/null 2>&1")) {
        unlink(path);
        print_message("SKIPPED: no tshark here\n");
        skip();
    }
    assert_status(capture_open(&c, path, false), CAMSEAL_OK);
    capture_stream *data = capture_add(&c, CAMSEAL_LINK_DATA, "data", "unix:/tmp/x");
    capture_stream *control = capture_add(&c, CAMSEAL_LINK_CONTROL, "control", NULL);
    assert_ptr_equal(capture_add(&c, CAMSEAL_LINK_DATA, "data", NULL), data);
    camseal_span whole = {packet, sizeof packet}, request = {(const uint8_t *)"\x10\x84\0\0", 4};
    capture_packet(data, false, noon, 0, &whole, 1, "FORGED: tag");
    capture_packet(control, true, noon + 1000, CAMSEAL_TCP_SPDM, &request, 1, NULL);
    capture_packet(data, false, noon + 2000, 0, &whole, 1, "OK");
    capture_secrets(&c, camseal_span_of("secret", 6));
    assert_int_equal(c.packets, 3);
    assert_status(capture_close(&c), CAMSEAL_OK);
    snprintf(command, sizeof command,
             "tshark -r %s -T fields -e frame.number -e frame.interface_name -e frame.time_epoch "
             "-e frame.len -e frame.comment 2>&1 | grep -v '^Running as'",
             path);
    const char *const expected[] = {
        "1\tdata\t1700000000.123456789\t29\tFORGED: tag\n",
        "2\tcontrol\t1700000000.123457789\t32\t\n",
        "3\tdata\t1700000000.123458789\t29\tOK\n",
    };
    FILE *p = popen(command, "r");
    assert_non_null(p);
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(fgets(line, sizeof line, p));
        assert_string_equal(line, expected[i]);
    }
    assert_null(fgets(line, sizeof line, p));
    assert_int_equal(pclose(p), 0);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(every_cut_is_named),
        cmocka_unit_test(illegal_values_are_named),
        cmocka_unit_test(the_other_byte_order_is_read),
        cmocka_unit_test(tshark_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
