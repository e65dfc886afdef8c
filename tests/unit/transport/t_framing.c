/* All framings by their common shape, then MCTP and DOE: golden bytes, every cut, illegal values.
 */
#include "test.h"

#include "base/load.h"
#include "camseal/transport.h"

static const camseal_framing *const framings[] = {&camseal_framing_tcp, &camseal_framing_mctp,
                                                  &camseal_framing_doe};
enum { FRAMINGS = 3 };

/* Header, payload and trailer in memory of exactly their size. */
static uint8_t *build(const camseal_framing *f, uint8_t kind, size_t len, size_t *total)
{
    uint8_t header[CAMSEAL_FRAMING_HEADER_MAX];
    size_t trailer;
    uint64_t seed = len + 1;
    assert_status(f->header(header, &trailer, kind, len), CAMSEAL_OK);
    assert_true(trailer <= f->trailer_max);
    *total = f->header_bytes + len + trailer;
    uint8_t *bytes = calloc(1, *total);
    memcpy(bytes, header, f->header_bytes);
    test_fill(&seed, bytes + f->header_bytes, len);
    return bytes;
}

static camseal_status parse_copy(const camseal_framing *f, const uint8_t *bytes, size_t n,
                                 size_t max, camseal_frame *frame)
{
    uint8_t *copy = malloc(n ? n : 1); /* a sanitizer sees every read beyond it */
    memcpy(copy, bytes, n);
    camseal_status status = f->parse(camseal_span_of(copy, n), max, frame);
    if (status == CAMSEAL_OK) {
        assert_ptr_equal(frame->payload.data, copy + f->header_bytes);
        assert_memory_equal(frame->payload.data, bytes + f->header_bytes, frame->payload.len);
    } else {
        assert_int_equal(frame->payload.len, 0);
    }
    free(copy);
    return status;
}

static void what_is_built_is_parsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < FRAMINGS; i++) {
        for (size_t len = 1; len < 70; len++) {
            const camseal_framing *f = framings[i];
            uint8_t kind = len % 2 ? CAMSEAL_MESSAGE_SPDM : CAMSEAL_MESSAGE_SECURED;
            size_t total;
            camseal_frame frame;
            uint8_t *bytes = build(f, kind, len, &total);
            assert_status(parse_copy(f, bytes, total, 72, &frame), CAMSEAL_OK);
            assert_int_equal(frame.kind, kind);
            assert_int_equal(frame.bytes, total);
            assert_int_equal(frame.payload.len, total - f->header_bytes);
            assert_true(frame.payload.len - len <= f->trailer_max);
            assert_status(parse_copy(f, bytes, total, frame.payload.len, &frame), CAMSEAL_OK);
            assert_status(parse_copy(f, bytes, total, total - f->header_bytes - 1, &frame),
                          CAMSEAL_E_SPACE);
            free(bytes);
        }
    }
}

static void every_cut_of_a_stream_waits(void **state)
{
    (void)state;
    for (size_t i = 0; i < FRAMINGS; i++) {
        const camseal_framing *f = framings[i];
        size_t total;
        camseal_frame frame;
        uint8_t *bytes = build(f, CAMSEAL_MESSAGE_SPDM, 5, &total);
        for (size_t n = 0; n < total; n++) {
            camseal_status status = parse_copy(f, bytes, n, 100, &frame);
            if (f->stream) {
                assert_status(status, CAMSEAL_PENDING);
                assert_int_equal(frame.bytes, n < f->header_bytes ? 0 : total);
            } else {
                assert_status(status, n <= f->header_bytes ? CAMSEAL_E_TRUNCATED : CAMSEAL_OK);
            }
        }
        free(bytes);
    }
}

static void illegal_payloads_are_not_framed(void **state)
{
    (void)state;
    assert_int_equal(camseal_framing_doe.payload_max, 1048568);
    assert_int_equal(camseal_framing_tcp.payload_max, 65533);
    for (size_t i = 0; i < FRAMINGS; i++) {
        const camseal_framing *f = framings[i];
        uint8_t out[8];
        size_t trailer;
        assert_status(f->header(out, &trailer, CAMSEAL_MESSAGE_SPDM, f->payload_max), CAMSEAL_OK);
        assert_status(f->header(out, &trailer, CAMSEAL_MESSAGE_SPDM, (size_t)f->payload_max + 1),
                      CAMSEAL_E_ARGUMENT);
        assert_status(f->header(out, &trailer, CAMSEAL_MESSAGE_SPDM, SIZE_MAX), CAMSEAL_E_ARGUMENT);
        assert_status(f->header(out, &trailer, CAMSEAL_MESSAGE_SPDM, 0), CAMSEAL_E_ARGUMENT);
        for (unsigned kind = 1; kind < 256; kind++) {
            bool notice = f == &camseal_framing_tcp && kind >= 0xBF && kind <= 0xC3;
            if (kind == CAMSEAL_MESSAGE_SPDM || kind == CAMSEAL_MESSAGE_SECURED)
                continue;
            assert_status(f->header(out, &trailer, (uint8_t)kind, 4), CAMSEAL_E_ARGUMENT);
            assert_status(f->header(out, &trailer, (uint8_t)kind, 0),
                          notice ? CAMSEAL_OK : CAMSEAL_E_ARGUMENT);
        }
    }
}

/* Bytes that the DMTF's emulators exchange. */
static void golden_frames(void **state)
{
    (void)state;
    static const struct {
        const camseal_framing *framing;
        uint8_t kind;
        size_t len, trailer;
        const char *header;
    } rows[] = {
        {&camseal_framing_tcp, CAMSEAL_MESSAGE_SPDM, 4, 0, "06000105"},
        {&camseal_framing_tcp, CAMSEAL_MESSAGE_SECURED, 32, 0, "22000106"},
        {&camseal_framing_mctp, CAMSEAL_MESSAGE_SPDM, 4, 0, "05"},
        {&camseal_framing_mctp, CAMSEAL_MESSAGE_SECURED, 49, 0, "06"},
        {&camseal_framing_none, CAMSEAL_MESSAGE_SPDM, 4, 0, ""},
        {&camseal_framing_doe, CAMSEAL_MESSAGE_DISCOVERY, 4, 0, "0100000003000000"},
        {&camseal_framing_doe, CAMSEAL_MESSAGE_SPDM, 4, 0, "0100010003000000"},
        {&camseal_framing_doe, CAMSEAL_MESSAGE_SPDM, 14, 2, "0100010006000000"},
        {&camseal_framing_doe, CAMSEAL_MESSAGE_SPDM, 37, 3, "010001000C000000"},
        {&camseal_framing_doe, CAMSEAL_MESSAGE_SECURED, 28, 0, "0100020009000000"},
        {&camseal_framing_doe, CAMSEAL_MESSAGE_SECURED, 76, 0, "0100020015000000"},
        {&camseal_framing_doe, CAMSEAL_MESSAGE_SPDM, 1048568, 0, "0100010000000000"},
        {&camseal_framing_doe, CAMSEAL_MESSAGE_SPDM, 1048565, 3, "0100010000000000"},
        {&camseal_framing_doe, CAMSEAL_MESSAGE_SPDM, 1048564, 0, "01000100FFFF0300"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t header[8], expected[8];
        size_t trailer;
        assert_int_equal(test_hex(expected, sizeof expected, rows[i].header),
                         rows[i].framing->header_bytes);
        assert_status(rows[i].framing->header(header, &trailer, rows[i].kind, rows[i].len),
                      CAMSEAL_OK);
        assert_memory_equal(header, expected, rows[i].framing->header_bytes);
        assert_int_equal(trailer, rows[i].trailer);
    }
}

static void bare_messages_are_never_secured(void **state)
{
    size_t trailer;
    (void)state;
    assert_status(camseal_framing_none.header(NULL, &trailer, CAMSEAL_MESSAGE_SECURED, 4),
                  CAMSEAL_E_ARGUMENT);
    assert_status(camseal_framing_none.header(NULL, &trailer, CAMSEAL_MESSAGE_SPDM, 0),
                  CAMSEAL_E_ARGUMENT);
}

static void illegal_frames(void **state)
{
    (void)state;
    static const struct {
        const camseal_framing *framing;
        const char *bytes;
        size_t max;
        camseal_status expected;
    } rows[] = {
        {&camseal_framing_mctp, "0510840000", 4, CAMSEAL_OK},
        {&camseal_framing_mctp, "8510840000", 4, CAMSEAL_E_FORMAT},
        {&camseal_framing_mctp, "0110840000", 4, CAMSEAL_E_UNSUPPORTED},
        {&camseal_framing_mctp, "0010840000", 4, CAMSEAL_E_UNSUPPORTED},
        {&camseal_framing_mctp, "0710840000", 4, CAMSEAL_E_UNSUPPORTED},
        {&camseal_framing_mctp, "0510840000", 3, CAMSEAL_E_SPACE},
        {&camseal_framing_none, "10840000", 4, CAMSEAL_OK},
        {&camseal_framing_none, "10840000", 3, CAMSEAL_E_SPACE},
        {&camseal_framing_none, "", 3, CAMSEAL_E_TRUNCATED},
        {&camseal_framing_doe, "010001000300000010840000", 4, CAMSEAL_OK},
        {&camseal_framing_doe, "010001FF0300000010840000", 4, CAMSEAL_OK}, /* reserved: ignored */
        {&camseal_framing_doe, "00", 4, CAMSEAL_PENDING},
        {&camseal_framing_doe, "0000", 4, CAMSEAL_E_UNSUPPORTED},
        {&camseal_framing_doe, "0101", 4, CAMSEAL_E_UNSUPPORTED},
        {&camseal_framing_doe, "0200010003000000", 4, CAMSEAL_E_UNSUPPORTED},
        {&camseal_framing_doe, "010003", 4, CAMSEAL_E_UNSUPPORTED},
        {&camseal_framing_doe, "0100FF", 4, CAMSEAL_E_UNSUPPORTED},
        {&camseal_framing_doe, "0100010002000000", 4, CAMSEAL_E_FORMAT},
        {&camseal_framing_doe, "0100010001000000", 4, CAMSEAL_E_FORMAT},
        {&camseal_framing_doe, "0100010000000400", 2000000, CAMSEAL_E_FORMAT},
        {&camseal_framing_doe, "0100010003000400", 2000000, CAMSEAL_E_FORMAT},
        {&camseal_framing_doe, "0100010003000080", 2000000, CAMSEAL_E_FORMAT},
        {&camseal_framing_doe, "01000100FFFFFFFF", 2000000, CAMSEAL_E_FORMAT},
        {&camseal_framing_doe, "0100010000000000", 1048567, CAMSEAL_E_SPACE},
        {&camseal_framing_doe, "0100010000000000", 1048568, CAMSEAL_PENDING},
        {&camseal_framing_doe, "0100010004000000", 7, CAMSEAL_E_SPACE},
        {&camseal_framing_doe, "0100000004000000", 100, CAMSEAL_E_FORMAT},
        {&camseal_framing_doe, "010000000300000000000000", 4, CAMSEAL_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[16];
        camseal_frame frame;
        size_t n = test_hex(bytes, sizeof bytes, rows[i].bytes);
        camseal_status status = parse_copy(rows[i].framing, bytes, n, rows[i].max, &frame);
        if (status != rows[i].expected)
            print_message("row %zu: %s\n", i, rows[i].bytes);
        assert_status(status, rows[i].expected);
    }
}

/* ---- discovery ------------------------------------------------------------------------------- */

static void discovery_lists_three_types(void **state)
{
    (void)state;
    static const uint8_t answers[5][4] = {
        {1, 0, 0, 1}, {1, 0, 1, 2}, {1, 0, 2, 0}, {0xFF, 0xFF, 0, 0}, {0xFF, 0xFF, 0, 0}};
    camseal_doe_walk walk = {0};
    uint8_t request[5] = {0}, answer[4];
    for (uint8_t i = 0; i < 5; i++) {
        request[0] = i < 4 ? i : 0xFF;
        assert_status(camseal_doe_answer(answer, camseal_span_of(request, 4)), CAMSEAL_OK);
        assert_memory_equal(answer, answers[i], 4);
    }
    assert_status(camseal_doe_answer(answer, camseal_span_of(request, 3)), CAMSEAL_E_TRUNCATED);
    assert_status(camseal_doe_answer(answer, camseal_span_of(request, 5)), CAMSEAL_E_TRAILING);
    for (uint8_t i = 0; i < 3; i++) {
        camseal_doe_request(&walk, request);
        assert_int_equal(camseal_load_le32(request), i);
        assert_status(camseal_doe_answer(answer, camseal_span_of(request, 4)), CAMSEAL_OK);
        assert_int_equal(camseal_doe_take(&walk, camseal_span_of(answer, 4)),
                         i < 2 ? CAMSEAL_PENDING : CAMSEAL_OK);
    }
    assert_int_equal(walk.found, 7);
}

static void strange_lists_end(void **state)
{
    (void)state;
    static const struct {
        uint8_t index, found, answer[5];
        size_t len;
        camseal_status expected;
    } rows[] = {
        {0, 0, {1, 0, 0, 0}, 4, CAMSEAL_E_UNSUPPORTED}, /* a list without SPDM         */
        {1, 1, {1, 0, 1, 0}, 4, CAMSEAL_E_UNSUPPORTED}, /* without secured SPDM        */
        {1, 4, {1, 0, 1, 0}, 4, CAMSEAL_OK},            /* in another order            */
        {1, 4, {2, 0, 1, 0}, 4, CAMSEAL_E_UNSUPPORTED}, /* somebody else's type 1      */
        {1, 6, {1, 0, 7, 0}, 4, CAMSEAL_OK},            /* further types               */
        {1, 6, {1, 0, 7, 1}, 4, CAMSEAL_E_FORMAT},      /* would never end             */
        {2, 6, {1, 0, 7, 1}, 4, CAMSEAL_E_FORMAT},
        {254, 6, {1, 0, 7, 255}, 4, CAMSEAL_PENDING},
        {1, 6, {1, 0, 7}, 3, CAMSEAL_E_TRUNCATED},
        {1, 6, {1, 0, 7, 0, 0}, 5, CAMSEAL_E_TRAILING},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        camseal_doe_walk walk = {rows[i].index, rows[i].found};
        assert_int_equal(camseal_doe_take(&walk, camseal_span_of(rows[i].answer, rows[i].len)),
                         rows[i].expected);
    }
}

/* ---- loopback -------------------------------------------------------------------------------- */

static void loopback_keeps_order_and_bounds(void **state)
{
    (void)state;
    uint8_t to_1[40], to_0[12];
    camseal_loopback l;
    camseal_frame frame;
    camseal_loopback_init(&l, camseal_mspan_of(to_1, sizeof to_1),
                          camseal_mspan_of(to_0, sizeof to_0));
    assert_int_equal(camseal_loopback_receive(&l, 0, &frame), CAMSEAL_PENDING);
    for (uint8_t round = 0; round < 5; round++) {
        uint8_t a[15], b[7];
        memset(a, round, sizeof a);
        memset(b, 0x80 | round, sizeof b);
        assert_status(camseal_loopback_send(&l, 0, 5, camseal_span_of(a, 15)), CAMSEAL_OK);
        assert_status(camseal_loopback_send(&l, 0, 6, camseal_span_of(a, 15)), CAMSEAL_OK);
        assert_status(camseal_loopback_send(&l, 0, 6, camseal_span_of(NULL, 0)), CAMSEAL_E_SPACE);
        assert_status(camseal_loopback_send(&l, 1, 6, camseal_span_of(b, 8)), CAMSEAL_E_SPACE);
        assert_status(camseal_loopback_send(&l, 1, 6, camseal_span_of(b, 7)), CAMSEAL_OK);
        assert_status(camseal_loopback_receive(&l, 1, &frame), CAMSEAL_OK);
        assert_int_equal(frame.kind, 5);
        assert_status(camseal_loopback_receive(&l, 1, &frame), CAMSEAL_OK);
        assert_int_equal(frame.kind, 6);
        assert_int_equal(frame.payload.len, 15);
        assert_memory_equal(frame.payload.data, a, 15);
        assert_int_equal(camseal_loopback_receive(&l, 1, &frame), CAMSEAL_PENDING);
        assert_status(camseal_loopback_receive(&l, 0, &frame), CAMSEAL_OK);
        assert_memory_equal(frame.payload.data, b, 7);
    }
    assert_status(camseal_loopback_send(&l, 0, 5, camseal_span_of(NULL, 0)), CAMSEAL_OK);
    assert_status(camseal_loopback_receive(&l, 1, &frame), CAMSEAL_OK);
    assert_int_equal(frame.payload.len, 0);
    assert_status(camseal_loopback_send(&l, 2, 5, camseal_span_of(NULL, 0)), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_loopback_receive(&l, 2, &frame), CAMSEAL_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_built_is_parsed),
        cmocka_unit_test(every_cut_of_a_stream_waits),
        cmocka_unit_test(illegal_payloads_are_not_framed),
        cmocka_unit_test(golden_frames),
        cmocka_unit_test(bare_messages_are_never_secured),
        cmocka_unit_test(illegal_frames),
        cmocka_unit_test(discovery_lists_three_types),
        cmocka_unit_test(strange_lists_end),
        cmocka_unit_test(loopback_keeps_order_and_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
