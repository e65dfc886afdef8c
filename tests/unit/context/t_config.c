/* What a context may be: every field with illegal values, memory, names. */
#include "test.h"

#include "base/load.h"
#include "camseal/openssl.h"
#include "context/context.h"

static const camseal_stream_map good_streams[] = {
    {0, 0x2C, 5, false, 0x2C}, {0, 0x12, 5, true, 0x12}, {1, 0x2C, 6, false, 0x2C}};
static const camseal_slot_map good_slots[] = {{5, 2, 0x12}, {5, 3, 0x2C}, {6, 3, 0x2C}};
static _Alignas(64) uint8_t memory[16384];

static const char *refused_field;
static void note(void *user, camseal_status status, const char *area, const char *what,
                 const char *detail, uint64_t a, uint64_t b)
{
    (void)user;
    (void)status;
    (void)a;
    (void)b;
    assert_string_equal(area, "context");
    assert_non_null(detail);
    refused_field = what;
}
static const camseal_trace trace = {.event = note};

static camseal_context_config good(void)
{
    camseal_context_config c = {.struct_size = sizeof c,
                                .bulk = camseal_bulk_soft(),
                                .crypto = camseal_openssl(),
                                .trace = &trace,
                                .ctx_id = 1,
                                .role = CAMSEAL_ROLE_SINK,
                                .protocol = CAMSEAL_PROTOCOL_SEP,
                                .suite = CAMSEAL_SUITE_PERF_128_IE,
                                .tag_mode = CAMSEAL_TAG_MESSAGE,
                                .sv_allowed = {3, 3, 3},
                                .sv_current = {1, 2, 2},
                                .streams = good_streams,
                                .n_streams = 3};
    return c;
}

static camseal_status try_config(const camseal_context_config *c)
{
    camseal_context *ctx = NULL;
    refused_field = NULL;
    camseal_status status = camseal_context_init(&ctx, memory, sizeof memory, c);
    assert_int_equal(ctx != NULL, status == CAMSEAL_OK);
    assert_int_equal(camseal_context_size(c) != 0, status == CAMSEAL_OK);
    return status;
}

#define ILLEGAL(field_name, change)                      \
    do {                                                 \
        camseal_context_config c = good();               \
        change;                                          \
        assert_status(try_config(&c), CAMSEAL_E_POLICY); \
        assert_string_equal(refused_field, field_name);  \
    } while (0)
#define LEGAL(change)                              \
    do {                                           \
        camseal_context_config c = good();         \
        change;                                    \
        assert_status(try_config(&c), CAMSEAL_OK); \
    } while (0)

static void kinds(void **state)
{
    (void)state;
    LEGAL((void)0);
    ILLEGAL("ctx_id", c.ctx_id = 0);
    LEGAL(c.ctx_id = 255);
    ILLEGAL("protocol", c.protocol = 0);
    ILLEGAL("protocol", c.protocol = CAMSEAL_PROTOCOL_CCISE);
    ILLEGAL("role", c.role = 0);
    ILLEGAL("role", c.role = CAMSEAL_ROLE_CONTROLLER);
    ILLEGAL("crc", c.crc = 2);
    LEGAL(c.crc = CAMSEAL_CRC32_IEEE);
    ILLEGAL("suite", c.suite = 0x03);
    ILLEGAL("suite", c.suite = 0x10);
    ILLEGAL("suite", c.suite = 0xFF);
    ILLEGAL("sep_dt", c.sep_dt = 0x11);
    ILLEGAL("sep_dt", c.sep_dt = 0x40);
    LEGAL(c.sep_dt = 0x30);
    ILLEGAL("embedded_line_length", c.embedded_line_length = 67);
    LEGAL(c.embedded_line_length = 68);
    ILLEGAL("hold", c.hold = CAMSEAL_CONTEXT_MAX_HOLD + 1);
    LEGAL(c.hold = CAMSEAL_CONTEXT_MAX_HOLD);
    ILLEGAL("protocol", c.top_tag = true);
    ILLEGAL("protocol", (c.fsed_in_lines = true, c.embedded_line_length = 68));
#define FSED c.protocol = CAMSEAL_PROTOCOL_FSED, c.tag_mode = CAMSEAL_TAG_FRAME
    LEGAL((FSED, c.top_tag = true));
    ILLEGAL("embedded_line_length", (FSED, c.fsed_in_lines = true));
    LEGAL((FSED, c.fsed_in_lines = true, c.embedded_line_length = 68));
    for (uint8_t dt = 0x34; dt <= 0x36; dt++) {
        const camseal_stream_map own = {0, dt, 5, false, 0x2C};
        ILLEGAL("streams", (FSED, c.streams = &own, c.n_streams = 1));
    }
}

static void tags(void **state)
{
    (void)state;
    for (unsigned length = 1; length < 256; length++) {
        if (length == 12 || length == 16)
            LEGAL(c.tag_length = (uint8_t)length);
        else
            ILLEGAL("tag_length", c.tag_length = (uint8_t)length);
    }
    LEGAL((c.suite = CAMSEAL_SUITE_EFF_256, c.tag_length = 8,
           c.sv_allowed[0] = c.sv_allowed[1] = c.sv_allowed[2] = 2, c.sv_current[0] = 2));
    ILLEGAL("tag_mode", c.tag_mode = 0);
    ILLEGAL("tag_mode", c.tag_mode = 4);
    ILLEGAL("tag_mode", c.protocol = CAMSEAL_PROTOCOL_FSED);
    LEGAL((c.protocol = CAMSEAL_PROTOCOL_FSED, c.tag_mode = CAMSEAL_TAG_FRAME));
    LEGAL(c.tag_mode = CAMSEAL_TAG_FRAME);
    ILLEGAL("tag_length", (c.tag_mode = CAMSEAL_TAG_FRAME, c.tag_length = 12));
}

static void variants(void **state)
{
    (void)state;
    ILLEGAL("sv_allowed", c.sv_allowed[1] = 0);
    ILLEGAL("sv_allowed", c.sv_allowed[2] = 1 << 5);
    ILLEGAL("sv_current", (c.role = CAMSEAL_ROLE_SOURCE, c.sv_current[0] = 3));
    ILLEGAL("sv_current", (c.role = CAMSEAL_ROLE_SOURCE, c.sv_current[0] = 0));
    ILLEGAL("sv_current", (c.role = CAMSEAL_ROLE_SOURCE, c.sv_current[0] = 6));
    LEGAL(c.sv_current[0] = 0); /* a sink ignores it */
    ILLEGAL("sv_allowed", c.suite = CAMSEAL_SUITE_PERF_128_I);
    ILLEGAL("sv_allowed", c.suite = CAMSEAL_SUITE_EFF_128);
    ILLEGAL("sv_allowed", (c.sv_allowed[0] = 1 << 2, c.sv_allowed[1] = 1 << 3));
    LEGAL(c.sv_allowed[0] = c.sv_allowed[1] = c.sv_allowed[2] = 1 << 4);
}

static void strides(void **state)
{
    (void)state;
    ILLEGAL("stride", c.sv_allowed[1] = 1 << 2);
    ILLEGAL("stride", (c.sv_allowed[1] = 1 << 2, c.stride = (camseal_stride){2, 0, 1, 4}));
    LEGAL((c.sv_allowed[1] = 1 << 2, c.stride = (camseal_stride){1, 0, 1, 4}));
    LEGAL((c.sv_allowed[1] = 1 << 2, c.stride = (camseal_stride){1, 3, 4, 4}));
    ILLEGAL("stride", (c.sv_allowed[1] = 1 << 2, c.stride = (camseal_stride){1, 4, 1, 4}));
    ILLEGAL("stride", (c.sv_allowed[1] = 1 << 2, c.stride = (camseal_stride){1, 0, 0, 4}));
    ILLEGAL("stride", (c.sv_allowed[1] = 1 << 2, c.stride = (camseal_stride){1, 0, 5, 4}));
    ILLEGAL("stride", (c.sv_allowed[1] = 1 << 2, c.stride = (camseal_stride){1, 0, 1, 0}));
    ILLEGAL("stride", c.stride.unit = 3);
    ILLEGAL("stride", c.stride.offset = 1);
    ILLEGAL("stride", c.stride.run = 1);
    ILLEGAL("stride", c.stride.period = 1);
}

#define STREAMS(...)                                        \
    (c.streams = (const camseal_stream_map[]){__VA_ARGS__}, \
     c.n_streams = sizeof((camseal_stream_map[]){__VA_ARGS__}) / sizeof(camseal_stream_map))

static void streams(void **state)
{
    (void)state;
    ILLEGAL("streams", c.streams = NULL);
    ILLEGAL("streams", c.n_streams = 0);
    ILLEGAL("streams", c.n_streams = 33);
    ILLEGAL("streams", STREAMS({16, 0x2C, 5, false, 0x2C}));
    ILLEGAL("streams", STREAMS({0, 0x0F, 5, false, 0x2C}));
    ILLEGAL("streams", STREAMS({0, 0x10, 5, false, 0x10}));
    ILLEGAL("streams", STREAMS({0, 0x11, 5, false, 0x11}));
    ILLEGAL("streams", STREAMS({0, 0x40, 5, false, 0x2C}));
    ILLEGAL("streams", STREAMS({0, 0x37, 5, false, 0x2C}));
    ILLEGAL("streams", STREAMS({0, 0x2C, 5, false, 0x0100}));
    ILLEGAL("streams", STREAMS({0, 0x2C, 5, false, 0x01FF}));
    ILLEGAL("streams", STREAMS({0, 0x2C, 5, false, 0x2C}, {0, 0x2C, 6, false, 0x2C}));
    ILLEGAL("streams", STREAMS({0, 0x2C, 5, false, 0x2C}, {1, 0x2B, 5, false, 0x2C}));
    LEGAL(STREAMS({0, 0x2C, 5, false, 0x2C}, {1, 0x2B, 5, false, 0x2B}));
    ILLEGAL("streams", (c.role = CAMSEAL_ROLE_SOURCE,
                        STREAMS({0, 0x2C, 5, false, 0x2C}, {1, 0x2B, 5, false, 0x2B})));
    camseal_stream_map many[17];
    for (unsigned i = 0; i < 17; i++)
        many[i] = (camseal_stream_map){(uint8_t)(i % 16), (uint8_t)(0x2C + i / 16), (uint8_t)i,
                                       false, 0x2C};
    ILLEGAL("streams", (c.streams = many, c.n_streams = 17));
    LEGAL((c.streams = many, c.n_streams = 16));
}

static void slots(void **state)
{
    (void)state;
    ILLEGAL("slots", (c.slots = good_slots, c.n_slots = 3));
    ILLEGAL("slots", c.tag_mode = CAMSEAL_TAG_DATA_TYPE);
    LEGAL((c.tag_mode = CAMSEAL_TAG_DATA_TYPE, c.slots = good_slots, c.n_slots = 3));
    ILLEGAL("slots", (c.tag_mode = CAMSEAL_TAG_DATA_TYPE, c.slots = good_slots, c.n_slots = 256));
    static const camseal_slot_map wrong[][2] = {{{5, 2, 0x12}, {5, 2, 0x12}},
                                                {{7, 3, 0x2C}},
                                                {{5, 3, 0x2D}},
                                                {{5, 3, 0x12}},
                                                {{5, 2, 0x2C}},
                                                {{5, 0, 0x2C}},
                                                {{5, 5, 0x12}}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ILLEGAL("slots",
                (c.tag_mode = CAMSEAL_TAG_DATA_TYPE, c.slots = wrong[i], c.n_slots = i ? 1 : 2));
}

static void safety_suite(void **state)
{
    (void)state;
#define SAFETY                                    \
    c.suite = 0, c.tag_mode = 0, c.crypto = NULL, \
    c.sv_allowed[0] = c.sv_allowed[1] = c.sv_allowed[2] = 16, c.allow_unverified = true
    LEGAL((SAFETY));
    ILLEGAL("tag_mode", (SAFETY, c.tag_mode = 1));
    ILLEGAL("tag_mode", (SAFETY, c.tag_length = 16));
    ILLEGAL("sv_allowed", (SAFETY, c.sv_allowed[2] = 2));
    ILLEGAL("suite", (SAFETY, c.allow_unverified = false));
    LEGAL((SAFETY, c.allow_unverified = false, c.role = CAMSEAL_ROLE_SOURCE,
           c.sv_current[0] = c.sv_current[1] = c.sv_current[2] = 5));
}

static void broken_calls(void **state)
{
    (void)state;
    camseal_context *ctx = NULL;
    camseal_context_config c = good();
    const size_t need = camseal_context_size(&c);
    assert_true(need > 0 && need <= sizeof memory);
    assert_status(camseal_context_init(&ctx, memory, need - 1, &c), CAMSEAL_E_MEMORY);
    assert_status(camseal_context_init(&ctx, memory + 8, need, &c), CAMSEAL_E_MEMORY);
    assert_status(camseal_context_init(&ctx, NULL, need, &c), CAMSEAL_E_MEMORY);
    assert_null(ctx);
    assert_status(camseal_context_init(&ctx, memory, need, &c), CAMSEAL_OK);
    assert_status(camseal_context_init(&ctx, memory, need, NULL), CAMSEAL_E_ARGUMENT);
    c.struct_size--;
    assert_status(try_config(&c), CAMSEAL_E_ARGUMENT);
    c = good();
    c.bulk = NULL;
    assert_status(try_config(&c), CAMSEAL_E_ARGUMENT);
    c = good();
    c.crypto = NULL;
    assert_status(try_config(&c), CAMSEAL_E_ARGUMENT);
}

static void wipe_leaves_no_byte(void **state)
{
    (void)state;
    camseal_context *ctx = NULL;
    camseal_context_config c = good();
    const size_t need = camseal_context_size(&c);
    memset(memory, 0xA5, sizeof memory);
    assert_status(camseal_context_init(&ctx, memory, need, &c), CAMSEAL_OK);
    static const uint8_t crk[32] = {1};
    assert_status(camseal_context_load_crk(ctx, crk, 1, NULL, 0), CAMSEAL_OK);
    camseal_context_wipe(ctx);
    for (size_t i = 0; i < need; i++)
        assert_int_equal(memory[i], 0);
    assert_int_equal(memory[need], 0xA5); /* size() is exact: nothing beyond was touched */
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(camseal_suite_name(0x22), "PERF-256-IE");
    assert_string_equal(camseal_suite_name(0), "SAFETY");
    assert_string_equal(camseal_suite_name(0x03), "?");
    assert_string_equal(camseal_protocol_name(CAMSEAL_PROTOCOL_FSED), "FSED");
    assert_string_equal(camseal_protocol_name(4), "?");
    assert_string_equal(camseal_tag_mode_name(CAMSEAL_TAG_DATA_TYPE), "data-type");
    assert_string_equal(camseal_tag_mode_name(9), "?");
    assert_string_equal(camseal_verdict_name(CAMSEAL_VERDICT_BIST), "BIST");
    assert_string_equal(camseal_verdict_name(CAMSEAL_VERDICT_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(tags),
        cmocka_unit_test(variants),
        cmocka_unit_test(strides),
        cmocka_unit_test(streams),
        cmocka_unit_test(slots),
        cmocka_unit_test(safety_suite),
        cmocka_unit_test(broken_calls),
        cmocka_unit_test(wipe_leaves_no_byte),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
