/* Golden vectors: those of open-profile §12 by hand, and every vector of the file, on every bulk
 * implementation. */
#include "rig.h"

#include "context/nonce.h"
#include "vector_check.h"

/* The two SEP vectors of §12: frame 5, message 7 of an SV-1 or SV-2 image, data 00..17. */
static void golden(uint8_t suite, uint8_t sv, const char *expected_header, const char *expected_tag,
                   const char *expected_packet)
{
    rig r;
    packet p = {{0}, 0};
    uint8_t bytes[128], crk[32], data[24];
    rig_options o = {.suite = suite, .sv = {sv, sv, sv}};
    rig_init(&r, &o);
    camseal_stream_map stream = {0, RIG_RAW12, 3, false, RIG_RAW12};
    camseal_context *ctx;
    r.config.role = CAMSEAL_ROLE_SOURCE;
    r.config.ctx_id = 1;
    r.config.streams = &stream;
    r.config.n_streams = 1;
    assert_status(
        camseal_context_init(&ctx, r.memory[0], camseal_context_size(&r.config), &r.config),
        CAMSEAL_OK);
    assert_status(camseal_source_init(&r.source, r.memory[2], camseal_source_size(ctx), ctx),
                  CAMSEAL_OK);
    for (size_t i = 0; i < sizeof crk; i++)
        crk[i] = (uint8_t)i;
    assert_status(camseal_context_load_crk(ctx, crk, 0, NULL, 0), CAMSEAL_OK);
    assert_status(camseal_context_activate(ctx, 0), CAMSEAL_OK);
    assert_status(camseal_context_set_frame_count(ctx, 3, 5), CAMSEAL_OK);
    camseal_source_item items[8] = {{0}};
    size_t done;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    for (size_t i = 0; i < 8; i++)
        items[i] = (camseal_source_item){
            .source = r.source, .wire_dt = RIG_RAW12, .flags = i ? 0 : CAMSEAL_SOURCE_SOF};
    items[7].data = camseal_mspan_of(data, sizeof data);
    assert_status(camseal_source_feed(r.worker, items, 8, &done), CAMSEAL_OK);
    for (size_t i = 0; i < 3; i++) {
        memcpy(p.bytes + p.len, items[7].spans[i].data, items[7].spans[i].len);
        p.len += items[7].spans[i].len;
    }
    assert_int_equal(test_hex(bytes, sizeof bytes, expected_header), 16);
    assert_memory_equal(p.bytes + 4, bytes, 16);
    assert_int_equal(test_hex(bytes, sizeof bytes, expected_tag), 16);
    assert_memory_equal(p.bytes + 44, bytes, 16);
    if (expected_packet) {
        assert_int_equal(test_hex(bytes, sizeof bytes, expected_packet), p.len);
        assert_memory_equal(p.bytes, bytes, p.len);
    }
    rig_free(&r);
}

static void the_golden_packets_of_12(void **state)
{
    (void)state;
    golden(CAMSEAL_SUITE_PERF_128_IE, 1, "71032c000700008b0500000018000110",
           "01ca57de26bad798465c87ea9d30f998",
           "373c000e71032c000700008b05000000180001107c27b0ce3f23f6439a0e8d0c98bcb3c237078a0a9175f0d"
           "501ca57de26bad7"
           "98465c87ea9d30f998675301dc8799");
    golden(CAMSEAL_SUITE_EFF_128, 2, "31032c00070000930500000018000110",
           "8a85cbb23c6c541e33cd363e89e35098", NULL);
}

static void the_golden_nonce_structs(void **state)
{
    (void)state;
    const camseal_priv_nonce ctr = {CAMSEAL_PROTOCOL_SEP, CAMSEAL_PRIV_UNIT_CTR, 3, 5, 7};
    const camseal_priv_nonce tag = {CAMSEAL_PROTOCOL_SEP, CAMSEAL_PRIV_UNIT_MESSAGE, 3, 5, 7};
    uint8_t out[12], expected[12];
    camseal_priv_nonce_pack(out, &ctr);
    assert_int_equal(test_hex(expected, 12, "150300000000050000000007"), 12);
    assert_memory_equal(out, expected, 12);
    camseal_priv_nonce_pack(out, &tag);
    assert_int_equal(test_hex(expected, 12, "100300000000050000000007"), 12);
    assert_memory_equal(out, expected, 12);
}

static json_t *load_named(const char *path)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    assert_non_null(root);
    return root;
}

static json_t *load_file(void)
{
    return load_named(CAMSEAL_SOURCE_DIR "/vectors/op1-sep-message.json");
}

static void print(void *user, enum vector_outcome outcome, const char *section, const char *name,
                  const char *detail)
{
    (void)user;
    print_message("outcome %d: %s %s: %s\n", outcome, section, name, detail);
}

static vector_run run_with(const camseal_bulk *bulk)
{
    vector_run run = {.bulk = bulk, .crypto = camseal_openssl()};
    return run;
}

static void check_all(const camseal_bulk *bulk)
{
    json_t *root = load_file();
    vector_run run = run_with(bulk);
    run.report = print;
    assert_true(vector_check(&run, root));
    assert_int_equal(run.counts[VECTOR_DIFFERS], 0);
    assert_int_equal(run.counts[VECTOR_SKIPPED], 0);
    assert_int_equal(run.counts[VECTOR_AGREES], 8 + 3 + 128 + 11 + 12 + 25);
    json_decref(root);
}

static void check_joined(const camseal_bulk *bulk)
{
    json_t *root = load_named(CAMSEAL_SOURCE_DIR "/vectors/op1-sep-joined.json");
    vector_run run = run_with(bulk);
    run.report = print;
    assert_true(vector_check(&run, root));
    assert_int_equal(run.counts[VECTOR_DIFFERS], 0);
    assert_int_equal(run.counts[VECTOR_SKIPPED], 0);
    assert_int_equal(run.counts[VECTOR_AGREES], 19);
    json_decref(root);
}

static void every_vector_with_joined_tags(void **state)
{
    (void)state;
    check_joined(camseal_bulk_soft());
    if (camseal_bulk_x86())
        check_joined(camseal_bulk_x86());
}

static void every_vector_with_portable_code(void **state)
{
    (void)state;
    check_all(camseal_bulk_soft());
}

static void every_vector_with_x86_code(void **state)
{
    (void)state;
    if (!camseal_bulk_x86())
        skip();
    check_all(camseal_bulk_x86());
}

/* Changes the last character of a hex string. */
static void spoil(json_t *object, const char *name)
{
    char text[8192];
    const char *old = json_string_value(json_object_get(object, name));
    assert_non_null(old);
    assert_true(strlen(old) > 0 && strlen(old) < sizeof text);
    strcpy(text, old);
    char *last = &text[strlen(text) - 1];
    *last = *last == '1' ? '0' : '1';
    json_object_set_new(object, name, json_string(text));
}

/* The checker itself: each field that it is said to compare makes the vector differ when it is
 * altered. */
static void an_altered_vector_differs(void **state)
{
    (void)state;
    static const char *const members[] = {"header", "ciphertext", "packet", "data"};
    static const char *const mac_members[] = {"struct", "nonce", "mac_input", "tag"};
    static const char *const keys[] = {"k_int", "iv_int", "k_enc", "iv_enc"};
    for (size_t i = 0; i < 12; i++) {
        json_t *root = load_file(), *sep = json_object_get(root, "sep"), *vector = NULL;
        for (size_t k = 0; k < json_array_size(sep); k++)
            if (strstr(json_string_value(json_object_get(json_array_get(sep, k), "name")),
                       "PERF-256-IE-sv111"))
                vector = json_array_get(sep, k);
        json_t *message = json_array_get(json_object_get(vector, "messages"), 1);
        if (i < 4)
            spoil(message, members[i]);
        else if (i < 8)
            spoil(json_object_get(message, "mac"), mac_members[i - 4]);
        else
            spoil(json_object_get(vector, "keys"), keys[i - 8]);
        vector_run run = run_with(camseal_bulk_soft());
        assert_true(vector_check(&run, root));
        assert_int_equal(run.counts[VECTOR_DIFFERS], 1);
        json_decref(root);
    }
}

static vector_run run_text(const char *text, bool expected)
{
    json_t *root = json_loads(text, 0, NULL);
    vector_run run = run_with(camseal_bulk_soft());
    assert_non_null(root);
    assert_int_equal(vector_check(&run, root), expected);
    json_decref(root);
    return run;
}

static void what_is_unknown_or_malformed_is_not_success(void **state)
{
    (void)state;
    vector_run run = run_text("{\"format\": {}, \"unheard_of\": [{\"name\": \"x\"}, {}]}", true);
    assert_int_equal(run.counts[VECTOR_SKIPPED], 2);
    run = run_text("{\"format\": {}, \"sep\": [1, {}, {\"context\": {\"tag_mode\": 1}}],"
                   " \"key_derivation\": {}, \"crc32\": [7]}",
                   true);
    assert_int_equal(run.counts[VECTOR_DIFFERS], 5);
    assert_int_equal(run.counts[VECTOR_AGREES], 0);
    (void)run_text("{}", false);
    (void)run_text("[]", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_packets_of_12),
        cmocka_unit_test(the_golden_nonce_structs),
        cmocka_unit_test(every_vector_with_portable_code),
        cmocka_unit_test(every_vector_with_x86_code),
        cmocka_unit_test(every_vector_with_joined_tags),
        cmocka_unit_test(an_altered_vector_differs),
        cmocka_unit_test(what_is_unknown_or_malformed_is_not_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
