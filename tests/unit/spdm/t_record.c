/* Secured records: the bindings, every truncation, every flipped bit, order, limits. */
#include "test.h"

#include "camseal/openssl.h"
#include "spdm/record.h"

static const camseal_spdm_binding *const bindings[] = {
    &camseal_spdm_binding_tcp, &camseal_spdm_binding_mctp, &camseal_spdm_binding_doe};
enum { BINDINGS = 3 };

static spdm_record rec;
static spdm_keys tx, rx;
static uint8_t room[600], plain[600];
static camseal_buf out;
static camseal_span message;

static void setup(const camseal_spdm_binding *binding)
{
    const camseal_crypto *crypto = camseal_openssl();
    rec = (spdm_record){crypto, camseal_crypto_aead(crypto, CAMSEAL_AEAD_AES_128_GCM), binding,
                        0x12345678, 0};
    memset(&tx, 0x5A, sizeof tx);
    tx.sequence = 0;
    rx = tx;
    out = (camseal_buf){room, sizeof room, 0};
}

static camseal_status seal(const char *text, size_t n)
{
    memcpy(room + camseal_spdm_record_lead(rec.binding), text, n);
    return camseal_spdm_record_seal(&rec, &tx, &out, n);
}

static camseal_status open_bytes(const uint8_t *record, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1); /* so that a sanitizer sees reads beyond */
    memcpy(copy, record, n);
    camseal_status status = camseal_spdm_record_open(
        &rec, &rx, camseal_span_of(copy, n), camseal_mspan_of(plain, sizeof plain), &message);
    free(copy);
    return status;
}

static void there_and_back(void **state)
{
    (void)state;
    for (size_t b = 0; b < BINDINGS; b++) {
        setup(bindings[b]);
        for (size_t n = 1; n < 300; n += 7) {
            char text[300];
            memset(text, (int)n, sizeof text);
            assert_status(seal(text, n), CAMSEAL_OK);
            uint32_t id;
            assert_status(camseal_spdm_record_session(camseal_span_of(room, out.len), &id),
                          CAMSEAL_OK);
            assert_int_equal(id, 0x12345678);
            assert_status(open_bytes(room, out.len), CAMSEAL_OK);
            assert_int_equal(message.len, n);
            assert_memory_equal(message.data, text, n);
        }
    }
}

static void tcp_record_layout(void **state)
{
    (void)state;
    static const uint8_t head[] = {0x78, 0x56, 0x34, 0x12, 0x1A, 0x00};
    setup(&camseal_spdm_binding_tcp);
    assert_status(seal("\x12\xE8\0\0", 4), CAMSEAL_OK);
    assert_int_equal(out.len, 32);
    assert_memory_equal(room, head, sizeof head);
}

static void mctp_records_vary_in_length(void **state)
{
    (void)state;
    setup(&camseal_spdm_binding_mctp);
    size_t least = SIZE_MAX, most = 0;
    for (unsigned i = 0; i < 400; i++) {
        assert_status(seal("text", 4), CAMSEAL_OK);
        least = out.len < least ? out.len : least;
        most = out.len > most ? out.len : most;
    }
    assert_int_equal(least, 8 + 2 + 1 + 4 + 1 + 16);
    assert_int_equal(most, 8 + 2 + 1 + 4 + 32 + 16);
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    for (size_t b = 0; b < BINDINGS; b++) {
        setup(bindings[b]);
        assert_status(seal("some message", 12), CAMSEAL_OK);
        for (size_t bit = 0; bit < 8 * out.len; bit++) {
            rx.sequence = 0;
            room[bit / 8] ^= (uint8_t)(1u << bit % 8);
            camseal_status status = open_bytes(room, out.len);
            room[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_true(status < 0);
            assert_int_equal(message.len, 0);
        }
        rx.sequence = 0;
        assert_status(open_bytes(room, out.len), CAMSEAL_OK);
    }
}

static void every_length_but_the_right_one_is_refused(void **state)
{
    (void)state;
    for (size_t b = 0; b < BINDINGS; b++) {
        setup(bindings[b]);
        assert_status(seal("some message", 12), CAMSEAL_OK);
        for (size_t n = 0; n < out.len; n++) {
            rx.sequence = 0;
            assert_status(open_bytes(room, n), CAMSEAL_E_TRUNCATED);
        }
        /* A DOE object is padded to whole dwords. */
        size_t padding = bindings[b] == &camseal_spdm_binding_doe ? 3 : 0;
        for (size_t n = 0; n <= padding + 1; n++) {
            rx.sequence = 0;
            assert_int_equal(open_bytes(room, out.len + n),
                             n > padding ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
        }
    }
}

static void length_field_values(void **state)
{
    (void)state;
    static const struct {
        uint16_t length;
        camseal_status expected;
    } rows[] = {
        {0, CAMSEAL_E_FORMAT},
        {15, CAMSEAL_E_FORMAT},
        {16, CAMSEAL_E_FORMAT},
        {17, CAMSEAL_E_FORMAT},
        {18, CAMSEAL_E_TRAILING},
        {0x21, CAMSEAL_E_TRAILING},
        {0x22, CAMSEAL_OK},
        {0x23, CAMSEAL_E_TRUNCATED},
        {0x7FFF, CAMSEAL_E_TRUNCATED},
        {0xFFFF, CAMSEAL_E_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        setup(&camseal_spdm_binding_tcp);
        assert_status(seal("some message", 12), CAMSEAL_OK);
        assert_int_equal(room[4], 0x22);
        room[4] = (uint8_t)rows[i].length;
        room[5] = (uint8_t)(rows[i].length >> 8);
        assert_status(open_bytes(room, out.len), rows[i].expected);
    }
}

/* What a peer with the right key can still get wrong inside. */
static void inside_of_a_genuine_record(void **state)
{
    (void)state;
    static const struct {
        uint8_t inside[10];
        camseal_status expected;
    } rows[] = {
        {{0x08, 0, 0x06, 0, 1, 5, 'a', 'b', 'c', 'd'}, CAMSEAL_OK},
        {{0x07, 0, 0x05, 0, 1, 5, 'a', 'b', 'c', 'r'}, CAMSEAL_OK}, /* one random byte */
        {{0x09, 0, 0x06, 0, 1, 5, 'a', 'b', 'c', 'd'}, CAMSEAL_E_TRUNCATED},
        {{0xFF, 0xFF, 0x06, 0, 1, 5, 'a', 'b', 'c', 'd'}, CAMSEAL_E_TRUNCATED},
        {{0x08, 0, 0x07, 0, 1, 5, 'a', 'b', 'c', 'd'}, CAMSEAL_E_UNSUPPORTED},
        {{0x08, 0, 0x05, 0, 1, 5, 'a', 'b', 'c', 'd'}, CAMSEAL_E_UNSUPPORTED},
        {{0x08, 0, 0x06, 0, 2, 5, 'a', 'b', 'c', 'd'}, CAMSEAL_E_UNSUPPORTED},
        {{0x08, 0, 0x06, 0, 1, 6, 'a', 'b', 'c', 'd'}, CAMSEAL_E_UNSUPPORTED},
        {{0x03, 0, 0x06, 0, 1, 5, 'a', 'b', 'c', 'd'}, CAMSEAL_E_UNSUPPORTED},
        {{0x00, 0, 0x06, 0, 1, 5, 'a', 'b', 'c', 'd'}, CAMSEAL_E_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        setup(&camseal_spdm_binding_tcp);
        memcpy(room, "\x78\x56\x34\x12\x1A\x00", 6);
        memcpy(room + 6, rows[i].inside, 10);
        assert_status(rec.aead->seal(rec.crypto->user, camseal_span_of(tx.key, 16), tx.iv,
                                     camseal_span_of(room, 6), camseal_span_of(room + 6, 10),
                                     room + 6, room + 16),
                      CAMSEAL_OK);
        assert_status(open_bytes(room, 32), rows[i].expected);
    }
}

static void order_and_repeats(void **state)
{
    (void)state;
    for (size_t b = 0; b < BINDINGS; b++) {
        uint8_t first[128], second[128];
        setup(bindings[b]);
        assert_status(seal("first", 5), CAMSEAL_OK);
        size_t n1 = out.len;
        memcpy(first, room, n1);
        assert_status(seal("second", 6), CAMSEAL_OK);
        size_t n2 = out.len;
        memcpy(second, room, n2);
        assert_status(open_bytes(second, n2), CAMSEAL_E_AUTH);
        rx.sequence = 0;
        assert_status(open_bytes(first, n1), CAMSEAL_OK);
        assert_status(open_bytes(first, n1), CAMSEAL_E_AUTH);
        rx.sequence = 1;
        assert_status(open_bytes(second, n2), CAMSEAL_OK);
    }
}

static void other_sessions_and_keys(void **state)
{
    (void)state;
    setup(&camseal_spdm_binding_tcp);
    assert_status(seal("text", 4), CAMSEAL_OK);
    rec.session_id++;
    assert_status(open_bytes(room, out.len), CAMSEAL_E_NOT_FOUND);
    rec.session_id--;
    rx.key[0] ^= 1;
    assert_status(open_bytes(room, out.len), CAMSEAL_E_AUTH);
}

static void counter_limit(void **state)
{
    (void)state;
    setup(&camseal_spdm_binding_tcp);
    tx.sequence = UINT64_MAX - 1;
    rx.sequence = UINT64_MAX - 1;
    assert_status(seal("text", 4), CAMSEAL_OK);
    assert_status(open_bytes(room, out.len), CAMSEAL_OK);
    assert_status(seal("text", 4), CAMSEAL_E_LIMIT);
    assert_int_equal(out.len, 0);
    assert_status(open_bytes(room, 32), CAMSEAL_E_LIMIT);
}

static void room_for_a_record(void **state)
{
    (void)state;
    setup(&camseal_spdm_binding_tcp);
    for (size_t capacity = 0; capacity < 32; capacity++) {
        out.capacity = capacity;
        assert_status(camseal_spdm_record_seal(&rec, &tx, &out, 4), CAMSEAL_E_SPACE);
    }
    assert_status(camseal_spdm_record_seal(&rec, &tx, &out, SIZE_MAX), CAMSEAL_E_SPACE);
    assert_status(camseal_spdm_record_seal(&rec, &tx, &out, 65535), CAMSEAL_E_SPACE);
    out.capacity = 32;
    tx.sequence = 0;
    assert_status(seal("text", 4), CAMSEAL_OK);
    for (size_t n = 0; n < 10; n++) {
        rx.sequence = 0;
        assert_status(camseal_spdm_record_open(&rec, &rx, camseal_span_of(room, 32),
                                               camseal_mspan_of(plain, n), &message),
                      CAMSEAL_E_SPACE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(tcp_record_layout),
        cmocka_unit_test(mctp_records_vary_in_length),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(every_length_but_the_right_one_is_refused),
        cmocka_unit_test(length_field_values),
        cmocka_unit_test(inside_of_a_genuine_record),
        cmocka_unit_test(order_and_repeats),
        cmocka_unit_test(other_sessions_and_keys),
        cmocka_unit_test(counter_limit),
        cmocka_unit_test(room_for_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
