/* Large messages in chunks: the worked example byte for byte; every transfer size with every
 * message length; chunks that are lost, repeated, reordered or do not add up. */
#include "test.h"

#include "spdm/chunk.h"

enum { ROOM = 512 };

static uint8_t message[ROOM], gathered[ROOM];

static spdm_chunk_in gather(uint8_t handle)
{
    spdm_chunk_in t = {.data = gathered, .capacity = sizeof gathered};
    camseal_spdm_chunk_in_begin(&t, handle);
    return t;
}

/* ---- the worked example --------------------------------------------------------------------- */

static void assert_written(const spdm_chunk_out *t, uint8_t version, uint8_t code, const char *hex)
{
    uint8_t out[64], expected[64];
    size_t n = test_hex(expected, sizeof expected, hex);
    camseal_writer w = camseal_writer_of(out, sizeof out);
    (void)camseal_spdm_chunk_out_write(t, version, code, 42, &w);
    assert_status(camseal_writer_end(&w), CAMSEAL_OK);
    assert_int_equal(w.len, n);
    assert_memory_equal(out, expected, n);
}

static void send_example(uint8_t version, uint8_t code, const char *large, uint8_t handle,
                         const char *first, const char *second)
{
    size_t n = test_hex(message, sizeof message, large);
    spdm_chunk_out t = {.handle = handle};
    camseal_spdm_chunk_out_begin(&t, camseal_span_of(message, n));
    assert_written(&t, version, code, first);
    assert_false(camseal_spdm_chunk_out_step(&t, 26));
    assert_written(&t, version, code, second);
    assert_true(camseal_spdm_chunk_out_step(&t, n - 26));
    camseal_spdm_chunk_out_end(&t);
    assert_false(camseal_spdm_chunk_out_active(&t));
    assert_int_equal(t.handle, handle + 1);
}

static void worked_example(void **state)
{
    (void)state;
    send_example(0x12, SPDM_CHUNK_SEND,
                 "12e3040030000102 8000000002000000 0000000000000000 0000000000000000"
                 "0220100003200200 0420800005200100",
                 0,
                 "1285000000000000 1a00000030000000 12e3040030000102 8000000002000000"
                 "0000000000000000 0000",
                 "1285010001000000 16000000 0000000000000220 1000032002000420 800005200100");
    send_example(0x14, SPDM_CHUNK_SEND,
                 "14e3040030000102 8000000002000000 0000000000000000 0000000000000000"
                 "0220100003200200 0420800005200100",
                 0,
                 "1485000000000000 1a00000030000000 14e3040030000102 8000000002000000"
                 "0000000000000000 0000",
                 "1485010001000000 16000000 0000000000000220 1000032002000420 800005200100");
    send_example(0x12, SPDM_CHUNK_RESPONSE,
                 "1263040034000102 0400000080000000 0200000000000000 0000000000000000"
                 "0000000002201000 0320020004208000 05200100",
                 1,
                 "1206000100000000 1a00000034000000 1263040034000102 0400000080000000"
                 "0200000000000000 0000",
                 "1206010101000000 1a000000 000000000000 0000000002201000 0320020004208000"
                 "05200100");
}

/* ---- there and back ------------------------------------------------------------------------- */

static unsigned pass_all(uint8_t version, uint8_t code, size_t limit, size_t len)
{
    uint8_t wire[ROOM];
    unsigned chunks = 0;
    spdm_chunk m;
    spdm_chunk_out out = {.handle = 9};
    spdm_chunk_in in = gather(9);
    camseal_spdm_chunk_out_begin(&out, camseal_span_of(message, len));
    for (bool last = false; !last; chunks++) {
        camseal_writer w = camseal_writer_of(wire, limit);
        size_t bytes = camseal_spdm_chunk_out_write(&out, version, code, limit, &w);
        last = camseal_spdm_chunk_out_step(&out, bytes);
        assert_status(camseal_writer_end(&w), CAMSEAL_OK);
        assert_true(last || w.len == limit);
        camseal_reader r = camseal_reader_of(camseal_span_of(wire, w.len));
        assert_status(camseal_spdm_read_chunk(&r, &m), CAMSEAL_OK);
        assert_status(camseal_reader_end(&r), CAMSEAL_OK);
        assert_status(camseal_spdm_chunk_in_take(&in, &m, limit),
                      last ? CAMSEAL_OK : CAMSEAL_PENDING);
    }
    assert_int_equal(in.total, len);
    assert_memory_equal(gathered, message, len);
    camseal_spdm_chunk_in_end(&in);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(gathered[i], 0);
    return chunks;
}

static void every_size(void **state)
{
    (void)state;
    static const uint8_t versions[] = {0x12, 0x13, 0x14};
    uint64_t seed = 7;
    test_fill(&seed, message, sizeof message);
    for (size_t v = 0; v < sizeof versions; v++)
        for (size_t limit = 42; limit <= 200; limit++)
            for (size_t len = limit + 1; len <= 2 * limit + 30; len++) {
                assert_true(pass_all(versions[v], SPDM_CHUNK_SEND, limit, len) >= 2);
                assert_true(pass_all(versions[v], SPDM_CHUNK_RESPONSE, limit, len) >= 2);
            }
    assert_int_equal(pass_all(0x12, SPDM_CHUNK_RESPONSE, 42, 37),
                     2); /* only too long for the ACK */
    assert_int_equal(pass_all(0x14, SPDM_CHUNK_RESPONSE, 42, 35), 2);
    assert_int_equal(pass_all(0x12, SPDM_CHUNK_SEND, 42, sizeof message), 18);
}

/* ---- what is refused ------------------------------------------------------------------------ */

/* Of 100 bytes through 42: chunks of 26, 30, 30, 14. */
static spdm_chunk chunk(uint32_t seq)
{
    static const size_t at[] = {0, 26, 56, 86, 100};
    spdm_chunk m = {.last = seq == 3,
                    .handle = 5,
                    .seq = seq,
                    .message = seq == 0 ? 100 : 0,
                    .bytes = camseal_span_of(message + at[seq], at[seq + 1] - at[seq])};
    return m;
}

static void order(void **state)
{
    (void)state;
    for (uint32_t expected = 0; expected < 4; expected++)
        for (uint32_t seen = 0; seen < 4; seen++) {
            spdm_chunk_in t = gather(5);
            spdm_chunk m;
            for (uint32_t i = 0; i < expected; i++) {
                m = chunk(i);
                assert_status(camseal_spdm_chunk_in_take(&t, &m, 42), CAMSEAL_PENDING);
            }
            size_t len = t.len;
            m = chunk(seen);
            camseal_status status = camseal_spdm_chunk_in_take(&t, &m, 42);
            if (seen != expected) {
                assert_status(status, CAMSEAL_E_UNEXPECTED);
                assert_int_equal(t.len, len);
                m = chunk(expected); /* a refused chunk changes nothing */
                status = camseal_spdm_chunk_in_take(&t, &m, 42);
            }
            assert_status(status, expected == 3 ? CAMSEAL_OK : CAMSEAL_PENDING);
        }
}

static void assert_refused(uint32_t before, const spdm_chunk *m, size_t transfer,
                           camseal_status expected)
{
    spdm_chunk_in t = gather(5);
    for (uint32_t i = 0; i < before; i++) {
        spdm_chunk good = chunk(i);
        assert_status(camseal_spdm_chunk_in_take(&t, &good, 42), CAMSEAL_PENDING);
    }
    size_t len = t.len;
    assert_status(camseal_spdm_chunk_in_take(&t, m, transfer), expected);
    assert_int_equal(t.len, len);
}

static void sizes(void **state)
{
    (void)state;
    spdm_chunk m = chunk(0);
    m.message = sizeof gathered + 1;
    assert_refused(0, &m, 42, CAMSEAL_E_SPACE);
    m.message = UINT32_MAX;
    assert_refused(0, &m, 42, CAMSEAL_E_SPACE);
    m.message = UINT32_MAX - 25; /* would wrap */
    assert_refused(0, &m, 42, CAMSEAL_E_SPACE);
    m = chunk(0);
    assert_refused(0, &m, 41, CAMSEAL_E_FORMAT); /* longer than our DataTransferSize */
    m.bytes.len = 25;                            /* less than the smallest transfer   */
    assert_refused(0, &m, 42, CAMSEAL_E_FORMAT);
    m.bytes.len = 100; /* all at once */
    assert_refused(0, &m, 200, CAMSEAL_E_FORMAT);
    m.last = true;
    m.bytes.len = 26; /* the last one, but not all */
    assert_refused(0, &m, 42, CAMSEAL_E_FORMAT);
    m = chunk(1);
    m.bytes.len = 29;
    assert_refused(1, &m, 42, CAMSEAL_E_FORMAT);
    m = chunk(2);
    m.last = true;
    assert_refused(2, &m, 42, CAMSEAL_E_FORMAT);
    m = chunk(3);
    m.last = false; /* complete, but not the last */
    assert_refused(3, &m, 42, CAMSEAL_E_FORMAT);
    m = chunk(3);
    m.bytes.len = 13;
    assert_refused(3, &m, 42, CAMSEAL_E_FORMAT);
    m.bytes.len = 15;
    assert_refused(3, &m, 42, CAMSEAL_E_FORMAT);
    m.bytes.len = SIZE_MAX;
    assert_refused(3, &m, SIZE_MAX, CAMSEAL_E_FORMAT);
}

static void handles(void **state)
{
    (void)state;
    spdm_chunk m = chunk(0);
    m.handle = 6;
    assert_refused(0, &m, 42, CAMSEAL_E_UNEXPECTED);
    m = chunk(1);
    m.handle = 6;
    assert_refused(1, &m, 42, CAMSEAL_E_UNEXPECTED);
    spdm_chunk_in none = {.data = gathered, .capacity = sizeof gathered, .handle = 5};
    m = chunk(0);
    assert_status(camseal_spdm_chunk_in_take(&none, &m, 42), CAMSEAL_E_UNEXPECTED);
    spdm_chunk_out out = {.handle = 255};
    camseal_spdm_chunk_out_end(&out);
    assert_int_equal(out.handle, 0);
}

static void never_large(void **state)
{
    (void)state;
    static const uint8_t codes[] = {SPDM_GET_VERSION,   SPDM_VERSION,   SPDM_GET_CAPABILITIES,
                                    SPDM_CHUNK_SEND,    SPDM_CHUNK_GET, SPDM_CHUNK_SEND_ACK,
                                    SPDM_CHUNK_RESPONSE};
    unsigned n = 0;
    for (unsigned code = 0; code < 256; code++)
        n += camseal_spdm_never_large((uint8_t)code);
    assert_int_equal(n, sizeof codes);
    for (size_t i = 0; i < sizeof codes; i++)
        assert_true(camseal_spdm_never_large(codes[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example), cmocka_unit_test(every_size),
        cmocka_unit_test(order),          cmocka_unit_test(sizes),
        cmocka_unit_test(handles),        cmocka_unit_test(never_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
