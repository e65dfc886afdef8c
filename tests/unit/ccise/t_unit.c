/* CCISE units: the known one of OP1 §12, round trips in every suite, every bit flipped, every
 * length, every disagreement with the context. */
#include "test.h"

#include "camseal/context.h"
#include "camseal/openssl.h"
#include "ccise/unit.h"

typedef camseal_priv_ccise_direction direction;
typedef camseal_priv_ccise_unit unit;

static const struct {
    uint8_t suite, tag_length;
    bool enc;
} modes[] = {
    {CAMSEAL_SUITE_EFF_128, 8, false},     {CAMSEAL_SUITE_EFF_256, 16, false},
    {CAMSEAL_SUITE_PERF_128_I, 12, false}, {CAMSEAL_SUITE_PERF_256_I, 16, false},
    {CAMSEAL_SUITE_PERF_128_IE, 12, true}, {CAMSEAL_SUITE_PERF_256_IE, 16, true},
};
enum { MODES = sizeof modes / sizeof modes[0] };

static camseal_priv_ccise_config config_of(size_t mode)
{
    camseal_priv_ccise_config config = {.bulk = camseal_bulk_soft(),
                                        .crypto = camseal_openssl(),
                                        .ctx_id = 0x10,
                                        .suite = modes[mode].suite,
                                        .tag_length = modes[mode].tag_length,
                                        .target_id = 1,
                                        .epoch = 0x123};
    return config;
}

static void crk_of(uint8_t crk[32])
{
    for (uint8_t i = 0; i < 32; i++)
        crk[i] = i;
}

static void direction_of(direction *d, size_t mode, bool response)
{
    const camseal_priv_ccise_config config = config_of(mode);
    uint8_t crk[32];
    crk_of(crk);
    assert_status(camseal_priv_ccise_direction_init(d, &config, crk, response), CAMSEAL_OK);
}

static void known_write(void **state)
{
    (void)state;
    camseal_priv_ccise_config config = config_of(0);
    direction d;
    uint8_t crk[32], data[2] = {0x12, 0x34}, bytes[64], expected[64];
    crk_of(crk);
    config.epoch = 0;
    assert_status(camseal_priv_ccise_direction_init(&d, &config, crk, false), CAMSEAL_OK);
    unit u = {.header = {.length = 2}, .counter = 1, .index = 0x0202, .data = {data, 2}};
    camseal_buf out = {bytes, sizeof bytes, 0};
    assert_status(camseal_priv_ccise_build(&out, &d, &u), CAMSEAL_OK);
    size_t n = test_hex(expected, sizeof expected, "020210100001000000011234d177f1f643a7519e");
    assert_int_equal(out.len, n);
    assert_memory_equal(bytes, expected, n);
}

/* A legal unit of this kind; `data` has room for 256 bytes. */
static unit some_unit(uint64_t *seed, size_t mode, uint8_t op, bool response, uint8_t *data)
{
    uint16_t length = (uint16_t)(1 + test_random(seed) % 256);
    uint8_t code = response ? (uint8_t)(test_random(seed) % 5) : 0;
    if (op == CAMSEAL_PRIV_CCISE_SECURE_STATUS)
        length = 16;
    if (code)
        length = 1;
    unit u = {.header = {.op = op, .enc = modes[mode].enc, .code = code, .length = length},
              .counter = test_random(seed) | 1u,
              .index = (uint16_t)test_random(seed)};
    if (op == CAMSEAL_PRIV_CCISE_SECURE_STATUS)
        u.index = CAMSEAL_PRIV_CCISE_STATUS_INDEX;
    test_fill(seed, data, 256);
    if (code)
        data[0] = 0;
    if (response || op == CAMSEAL_PRIV_CCISE_WRITE)
        u.data = camseal_mspan_of(data, length);
    return u;
}

static void round_trips(void **state)
{
    (void)state;
    uint64_t seed = 0x5EED0CC1;
    printf("seed %#llx\n", (unsigned long long)seed);
    for (size_t i = 0; i < 60 * MODES; i++) {
        static direction d;
        static const struct {
            uint8_t op;
            bool response;
        } kinds[] = {{0, false}, {1, false}, {1, true}, {2, false}, {2, true}};
        const uint8_t op = kinds[i % 5].op;
        const bool response = kinds[i % 5].response;
        uint8_t data[256], bytes[CAMSEAL_PRIV_CCISE_UNIT_MAX];
        direction_of(&d, i % MODES, response);
        unit u = some_unit(&seed, i % MODES, op, response, data), back;
        camseal_buf out = {bytes, sizeof bytes, 0};
        assert_status(camseal_priv_ccise_build(&out, &d, &u), CAMSEAL_OK);
        camseal_mspan wire = {bytes, out.len};
        assert_status(camseal_priv_ccise_read(&back, &d, wire, u.index), CAMSEAL_OK);
        assert_int_equal(back.index, u.index);
        assert_int_equal(back.data.len, u.data.len);
        if (u.header.enc && u.data.len > 16)
            assert_memory_not_equal(back.data.data, data, u.data.len);
        back.counter = u.counter;
        assert_status(camseal_priv_ccise_verify(&d, &back), CAMSEAL_OK);
        assert_memory_equal(back.data.data, data, u.data.len);
    }
}

/* A sealed response of 20 bytes and what it was made of. */
typedef struct sealed {
    direction d;
    unit u;
    uint8_t data[20], bytes[64];
    size_t len;
} sealed;

static void seal(sealed *s, size_t mode)
{
    direction_of(&s->d, mode, true);
    for (uint8_t i = 0; i < sizeof s->data; i++)
        s->data[i] = (uint8_t)(7 * i + 3);
    unit u = {
        .header = {.op = CAMSEAL_PRIV_CCISE_READ, .enc = modes[mode].enc, .length = sizeof s->data},
        .counter = UINT64_C(0x0102030405060708),
        .index = 0x3456,
        .data = {s->data, sizeof s->data}};
    camseal_buf out = {s->bytes, sizeof s->bytes, 0};
    assert_status(camseal_priv_ccise_build(&out, &s->d, &u), CAMSEAL_OK);
    s->u = u;
    s->len = out.len;
}

static camseal_status receive(const sealed *s, uint8_t *wire, size_t len, uint64_t counter,
                              uint16_t index)
{
    unit back;
    camseal_status status =
        camseal_priv_ccise_read(&back, &s->d, camseal_mspan_of(wire, len), index);
    if (status != CAMSEAL_OK)
        return status;
    back.counter = counter;
    return camseal_priv_ccise_verify(&s->d, &back);
}

static void every_flipped_bit(void **state)
{
    (void)state;
    for (size_t mode = 0; mode < MODES; mode++) {
        static sealed s;
        seal(&s, mode);
        for (size_t bit = 0; bit < s.len * 8; bit++) {
            uint8_t wire[64], before[64];
            memcpy(wire, s.bytes, s.len);
            wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
            memcpy(before, wire, s.len);
            camseal_status status = receive(&s, wire, s.len, s.u.counter, s.u.index);
            assert_true(status != CAMSEAL_OK);
            if (bit >= 64)
                assert_status(status, CAMSEAL_E_AUTH);
            assert_memory_equal(wire, before, s.len);
        }
    }
}

/* What is not on the wire of a response is under its tag all the same. */
static void what_the_wire_does_not_carry(void **state)
{
    (void)state;
    static sealed s;
    uint8_t wire[64];
    seal(&s, 0);
    memcpy(wire, s.bytes, s.len);
    assert_status(receive(&s, wire, s.len, s.u.counter, 0x3457), CAMSEAL_E_AUTH);
    assert_status(receive(&s, wire, s.len, s.u.counter ^ UINT64_C(1) << 32, s.u.index),
                  CAMSEAL_E_AUTH);
    assert_status(receive(&s, wire, s.len, s.u.counter + 1, s.u.index), CAMSEAL_E_REPLAY);
    s.d.target_id ^= 1;
    assert_status(receive(&s, wire, s.len, s.u.counter, s.u.index), CAMSEAL_E_AUTH);
    s.d.target_id ^= 1;
    assert_status(receive(&s, wire, s.len, s.u.counter, s.u.index), CAMSEAL_OK);
}

static void every_length(void **state)
{
    (void)state;
    static sealed s;
    seal(&s, 4);
    for (size_t len = 0; len <= s.len + 2; len++) {
        uint8_t wire[64] = {0};
        memcpy(wire, s.bytes, s.len);
        camseal_status expected = CAMSEAL_OK;
        if (len != s.len)
            expected = len < s.len ? CAMSEAL_E_TRUNCATED : CAMSEAL_E_TRAILING;
        assert_status(receive(&s, wire, len, s.u.counter, s.u.index), expected);
    }
}

static void disagreement_with_the_context(void **state)
{
    (void)state;
    static const struct {
        size_t byte;
        uint8_t value;
        camseal_status expected;
    } rows[] = {
        {0, 0x25, CAMSEAL_E_VERSION},    {0, 0x1D, CAMSEAL_E_FORMAT}, /* op 3 */
        {0, 0x11, CAMSEAL_E_FORMAT},                                  /* response to a write */
        {0, 0x19, CAMSEAL_E_FORMAT},                                  /* status of another index */
        {0, 0x14, CAMSEAL_E_UNEXPECTED},                              /* a request */
        {0, 0x17, CAMSEAL_E_POLICY},                                  /* encrypted */
        {1, 0x11, CAMSEAL_E_NOT_FOUND},  {2, 0x40, CAMSEAL_E_UNEXPECTED}, /* epoch */
        {2, 0x35, CAMSEAL_E_FORMAT},                                      /* unknown code */
        {2, 0x31, CAMSEAL_E_FORMAT}, /* code, and more than one byte */
        {3, 0x12, CAMSEAL_E_TRAILING},   {3, 0x14, CAMSEAL_E_TRUNCATED},
        {3, 0x13, CAMSEAL_OK}, /* as it was */
    };
    static sealed s;
    seal(&s, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t wire[64];
        memcpy(wire, s.bytes, s.len);
        wire[rows[i].byte] = rows[i].value;
        assert_status(receive(&s, wire, s.len, s.u.counter, s.u.index), rows[i].expected);
    }
}

static void refusal_with_data(void **state)
{
    (void)state;
    static direction d;
    uint8_t byte = 1, bytes[64];
    direction_of(&d, 5, true);
    unit back, u = {.header = {.op = CAMSEAL_PRIV_CCISE_READ,
                               .enc = true,
                               .code = CAMSEAL_PRIV_CCISE_BUSY,
                               .length = 1},
                    .counter = 9,
                    .data = {&byte, 1}};
    camseal_buf out = {bytes, sizeof bytes, 0};
    assert_status(camseal_priv_ccise_build(&out, &d, &u), CAMSEAL_OK);
    assert_status(camseal_priv_ccise_read(&back, &d, camseal_mspan_of(bytes, out.len), 0),
                  CAMSEAL_OK);
    back.counter = 9;
    assert_status(camseal_priv_ccise_verify(&d, &back), CAMSEAL_E_FORMAT);
    assert_int_equal(back.data.data[0], 0);
}

static void builder_refuses(void **state)
{
    (void)state;
    static direction d;
    uint8_t data[256] = {0}, bytes[CAMSEAL_PRIV_CCISE_UNIT_MAX];
    const unit good = {.header = {.length = 4}, .counter = 1, .data = {data, 4}};
    unit bad[6] = {good, good, good, good, good, good};
    direction_of(&d, 0, false);
    bad[0].data.len = 3;
    bad[1].counter = 0;
    bad[2].header.enc = true;
    bad[3].header.code = 1;
    bad[4].header.op = CAMSEAL_PRIV_CCISE_READ;
    bad[5].header.length = 0;
    for (size_t i = 0; i < 6; i++) {
        camseal_buf out = {bytes, sizeof bytes, 1};
        assert_status(camseal_priv_ccise_build(&out, &d, &bad[i]), CAMSEAL_E_ARGUMENT);
        assert_int_equal(out.len, 0);
    }
    for (size_t room = 0; room <= 22; room++) {
        camseal_buf out = {bytes, room, 1};
        assert_status(camseal_priv_ccise_build(&out, &d, &good),
                      room < 22 ? CAMSEAL_E_SPACE : CAMSEAL_OK);
        assert_int_equal(out.len, room < 22 ? 0 : 22);
    }
}

static void direction_refuses(void **state)
{
    (void)state;
    static direction d;
    static const struct {
        uint8_t suite, tag_length, ctx_id;
    } rows[] = {
        {CAMSEAL_SUITE_SAFETY, 16, 1},    {0x03, 16, 1},
        {CAMSEAL_SUITE_EFF_128, 4, 1},    {CAMSEAL_SUITE_EFF_128, 10, 1},
        {CAMSEAL_SUITE_EFF_128, 17, 1},   {CAMSEAL_SUITE_PERF_128_I, 8, 1},
        {CAMSEAL_SUITE_PERF_128_I, 0, 1}, {CAMSEAL_SUITE_EFF_128, 16, 0},
    };
    const uint8_t zeros[32] = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        camseal_priv_ccise_config config = config_of(0);
        config.suite = rows[i].suite;
        config.tag_length = rows[i].tag_length;
        config.ctx_id = rows[i].ctx_id;
        assert_status(camseal_priv_ccise_direction_init(&d, &config, zeros, false),
                      CAMSEAL_E_ARGUMENT);
        assert_memory_equal(d.iv_int, zeros, 12);
    }
}

/* A unit of one direction means nothing in the other one. */
static void directions_have_their_own_keys(void **state)
{
    (void)state;
    static sealed s;
    static direction other;
    seal(&s, 1);
    direction_of(&other, 1, false);
    assert_memory_not_equal(s.d.iv_int, other.iv_int, 12);
    memcpy(s.d.mac_key, other.mac_key, sizeof other.mac_key);
    assert_status(receive(&s, s.bytes, s.len, s.u.counter, s.u.index), CAMSEAL_E_AUTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_write),       cmocka_unit_test(round_trips),
        cmocka_unit_test(every_flipped_bit), cmocka_unit_test(what_the_wire_does_not_carry),
        cmocka_unit_test(every_length),      cmocka_unit_test(disagreement_with_the_context),
        cmocka_unit_test(refusal_with_data), cmocka_unit_test(builder_refuses),
        cmocka_unit_test(direction_refuses), cmocka_unit_test(directions_have_their_own_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
