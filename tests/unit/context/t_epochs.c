/* Epochs, counters and limits of a context, without any packet. */
#include "test.h"

#include "camseal/openssl.h"
#include "context/context.h"
#include "context/nonce.h"

static const camseal_stream_map streams[] = {{0, 0x2C, 5, false, 0x2C}, {1, 0x2C, 6, false, 0x2C}};
static _Alignas(64) uint8_t memory[8192];
static const uint8_t crk[32] = {1, 2, 3};

static unsigned events, secrets;
static void count_event(void *user, camseal_status status, const char *area, const char *what,
                        const char *detail, uint64_t a, uint64_t b)
{
    (void)user, (void)area, (void)what, (void)detail, (void)a, (void)b;
    assert_status(status, CAMSEAL_E_LIMIT);
    events++;
}
static void count_secret(void *user, const char *label, camseal_span id, camseal_span value)
{
    (void)user;
    assert_string_equal(label, "OP1_CRK");
    assert_int_equal(id.len, 8);
    assert_memory_equal(value.data, crk, 32);
    secrets++;
}
static const camseal_trace trace = {.event = count_event, .secret = count_secret};

static camseal_context *make(uint8_t role, uint8_t suite)
{
    camseal_context *ctx = NULL;
    camseal_context_config c = {.struct_size = sizeof c,
                                .bulk = camseal_bulk_soft(),
                                .crypto = camseal_openssl(),
                                .trace = &trace,
                                .ctx_id = 1,
                                .role = role,
                                .protocol = CAMSEAL_PROTOCOL_SEP,
                                .suite = suite,
                                .tag_mode = CAMSEAL_TAG_MESSAGE,
                                .sv_allowed = {2, 2, 2},
                                .sv_current = {2, 2, 2},
                                .streams = streams,
                                .n_streams = 2};
    events = secrets = 0;
    assert_status(camseal_context_init(&ctx, memory, sizeof memory, &c), CAMSEAL_OK);
    return ctx;
}

static camseal_status load(camseal_context *ctx, uint32_t epoch)
{
    return camseal_context_load_crk(ctx, crk, epoch, NULL, 0);
}

static uint8_t frame_keys(camseal_context *ctx, unsigned evc, uint64_t frame_count)
{
    uint8_t keys = camseal_priv_epoch_for_frame(ctx, &ctx->evcs[evc], frame_count);
    if (keys != CAMSEAL_PRIV_NO_INDEX)
        camseal_priv_epoch_used(ctx, &ctx->evcs[evc], keys);
    camseal_priv_epoch_settle(ctx);
    return keys;
}

static void a_source_switches_per_evc(void **state)
{
    (void)state;
    camseal_context *ctx = make(CAMSEAL_ROLE_SOURCE, CAMSEAL_SUITE_EFF_128);
    assert_false(camseal_context_active(ctx));
    assert_int_equal(frame_keys(ctx, 0, 1), CAMSEAL_PRIV_NO_INDEX);
    assert_status(camseal_context_activate(ctx, 0), CAMSEAL_E_STATE);
    assert_status(load(ctx, 7), CAMSEAL_OK);
    assert_int_equal(secrets, 1);
    assert_false(camseal_context_active(ctx));
    assert_status(load(ctx, 8), CAMSEAL_E_STATE); /* one next epoch at a time */
    assert_status(camseal_context_activate(ctx, 5), CAMSEAL_E_STATE);
    assert_status(camseal_context_activate(ctx, 0), CAMSEAL_OK);
    assert_true(camseal_context_active(ctx));
    assert_int_equal(camseal_context_epoch(ctx), 7);
    const uint8_t first = frame_keys(ctx, 0, 1);
    assert_status(load(ctx, 7), CAMSEAL_E_POLICY); /* I6 */
    assert_status(load(ctx, 9), CAMSEAL_E_POLICY);
    assert_status(load(ctx, 6), CAMSEAL_E_POLICY);
    assert_status(load(ctx, 8), CAMSEAL_OK);
    assert_int_equal(frame_keys(ctx, 0, 2), first); /* loaded is not activated */
    assert_status(camseal_context_activate(ctx, 10), CAMSEAL_OK);
    assert_int_equal(frame_keys(ctx, 0, 9), first);
    assert_int_not_equal(frame_keys(ctx, 0, 10), first);
    assert_int_equal(frame_keys(ctx, 1, 4), first); /* the other eVC has not switched */
    assert_int_equal(camseal_context_epoch(ctx), 7);
    assert_int_not_equal(frame_keys(ctx, 1, 12), first);
    assert_int_equal(camseal_context_epoch(ctx), 8);
    assert_false(ctx->keys[first].loaded);
    const uint8_t *old = ctx->keys[first].mac;
    for (size_t i = 0; i < ctx->mac->expanded_bytes; i++)
        assert_int_equal(old[i], 0);
    assert_int_not_equal(frame_keys(ctx, 0, 11), first);
}

static void a_sink_accepts_what_it_was_given(void **state)
{
    (void)state;
    camseal_context *ctx = make(CAMSEAL_ROLE_SINK, CAMSEAL_SUITE_EFF_128);
    const camseal_least_count least[] = {{5, 100}, {6, 1}}, unknown = {9, 1},
                              huge = {5, UINT64_C(1) << 40};
    assert_status(camseal_context_activate(ctx, 0), CAMSEAL_E_STATE);
    assert_status(camseal_context_load_crk(ctx, crk, 3, &unknown, 1), CAMSEAL_E_NOT_FOUND);
    assert_status(camseal_context_load_crk(ctx, crk, 3, &huge, 1), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_context_load_crk(ctx, crk, 3, NULL, 1), CAMSEAL_E_ARGUMENT);
    assert_false(camseal_context_active(ctx));
    assert_status(camseal_context_load_crk(ctx, crk, 3, least, 2), CAMSEAL_OK);
    assert_true(camseal_context_active(ctx));
    assert_status(camseal_context_activate(ctx, 0), CAMSEAL_OK);
    camseal_priv_evc *five = camseal_priv_evc_of(ctx, 5), *six = camseal_priv_evc_of(ctx, 6);
    const uint8_t old = camseal_priv_epoch_on_wire(ctx, five, 3);
    assert_int_not_equal(old, CAMSEAL_PRIV_NO_INDEX);
    assert_int_equal(camseal_priv_frame_floor(five, old), 99);
    assert_int_equal(camseal_priv_frame_floor(six, old), 0);
    assert_int_equal(camseal_priv_epoch_on_wire(ctx, five, 4), CAMSEAL_PRIV_NO_INDEX);
    assert_status(camseal_context_load_crk(ctx, crk, 4, NULL, 0), CAMSEAL_OK);
    assert_status(camseal_context_activate(ctx, 500), CAMSEAL_OK);
    const uint8_t next = camseal_priv_epoch_on_wire(ctx, five, 4);
    assert_int_not_equal(next, old);
    assert_int_equal(camseal_priv_frame_floor(five, next), 499);
    assert_int_equal(camseal_priv_epoch_on_wire(ctx, five, 3), old);
    camseal_priv_epoch_used(ctx, five, next);
    assert_int_equal(camseal_priv_epoch_on_wire(ctx, five, 3), CAMSEAL_PRIV_NO_INDEX);
    assert_int_equal(camseal_priv_epoch_on_wire(ctx, six, 3), old);
    camseal_priv_epoch_settle(ctx);
    assert_int_equal(camseal_context_epoch(ctx), 3);
    assert_status(camseal_context_retire(ctx), CAMSEAL_OK);
    assert_int_equal(camseal_context_epoch(ctx), 4);
    assert_int_equal(camseal_priv_epoch_on_wire(ctx, six, 3), CAMSEAL_PRIV_NO_INDEX);
    assert_status(camseal_context_retire(ctx), CAMSEAL_E_STATE);
}

static void the_epoch_field_wraps_but_the_epoch_does_not(void **state)
{
    (void)state;
    camseal_context *ctx = make(CAMSEAL_ROLE_SINK, CAMSEAL_SUITE_EFF_128);
    assert_status(load(ctx, 0x1F), CAMSEAL_OK);
    assert_status(load(ctx, 0x20), CAMSEAL_OK);
    assert_int_not_equal(camseal_priv_epoch_on_wire(ctx, &ctx->evcs[0], 0xF),
                         CAMSEAL_PRIV_NO_INDEX);
    assert_int_not_equal(camseal_priv_epoch_on_wire(ctx, &ctx->evcs[0], 0x0),
                         CAMSEAL_PRIV_NO_INDEX);
    for (uint8_t e = 1; e < 15; e++)
        assert_int_equal(camseal_priv_epoch_on_wire(ctx, &ctx->evcs[0], e), CAMSEAL_PRIV_NO_INDEX);
    ctx = make(CAMSEAL_ROLE_SINK, CAMSEAL_SUITE_EFF_128);
    assert_status(load(ctx, UINT32_MAX), CAMSEAL_OK);
    assert_status(load(ctx, 0), CAMSEAL_E_LIMIT);
}

static void the_salt_makes_the_key(void **state)
{
    (void)state;
    camseal_context *ctx = make(CAMSEAL_ROLE_SINK, CAMSEAL_SUITE_EFF_128);
    const uint8_t loaded[32] = {9}, salt[16] = {1}, other[16] = {2};
    uint8_t iv[2][12];
    /* the trace's secret is not compared here: it would be another CRK */
    ctx->trace = NULL;
    assert_status(camseal_context_load(ctx, loaded, salt, 0, NULL, 0), CAMSEAL_OK);
    memcpy(iv[0], ctx->keys[ctx->current].iv_int, 12);
    ctx = make(CAMSEAL_ROLE_SINK, CAMSEAL_SUITE_EFF_128);
    ctx->trace = NULL;
    assert_status(camseal_context_load(ctx, loaded, other, 0, NULL, 0), CAMSEAL_OK);
    memcpy(iv[1], ctx->keys[ctx->current].iv_int, 12);
    assert_memory_not_equal(iv[0], iv[1], 12);
}

static void frame_numbers_can_be_set_before_the_first_frame(void **state)
{
    (void)state;
    const uint64_t end = CAMSEAL_PRIV_FRAME_COUNT_END;
    camseal_context *ctx = make(CAMSEAL_ROLE_SOURCE, CAMSEAL_SUITE_EFF_128);
    assert_status(camseal_context_set_frame_count(ctx, 9, 1), CAMSEAL_E_NOT_FOUND);
    assert_status(camseal_context_set_frame_count(ctx, 5, 0), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_context_set_frame_count(ctx, 5, end), CAMSEAL_E_ARGUMENT);
    assert_status(camseal_context_set_frame_count(ctx, 5, end - 1), CAMSEAL_OK);
    ctx->evcs[0].used = true;
    assert_status(camseal_context_set_frame_count(ctx, 5, 1), CAMSEAL_E_STATE);
    camseal_evc_status status;
    assert_int_equal(camseal_context_evcs(ctx), 2);
    assert_status(camseal_context_evc_status(ctx, 0, &status), CAMSEAL_OK);
    assert_int_equal(status.evc, 5);
    assert_true(status.frame_count == end - 2);
    assert_status(camseal_context_evc_status(ctx, 2, &status), CAMSEAL_E_NOT_FOUND);
    ctx = make(CAMSEAL_ROLE_SINK, CAMSEAL_SUITE_EFF_128);
    assert_status(camseal_context_set_frame_count(ctx, 5, 0), CAMSEAL_OK);
    assert_status(camseal_context_set_frame_count(ctx, 5, 77), CAMSEAL_OK);
    assert_int_equal(camseal_priv_frame_floor(&ctx->evcs[0], 0), 77);
}

/* Extension against a slow model: the nearest congruent value, tie upward. */
static void extension_is_the_nearest_value(void **state)
{
    (void)state;
    uint64_t seed = 20240917, value;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t last = test_random(&seed) & 0xFFFFFFFFFF;
        if (i % 4 == 0)
            last &= 0x1FFFFFFFF;
        uint32_t low = (uint32_t)test_random(&seed);
        if (i % 3 == 0)
            low = (uint32_t)(last + UINT32_C(0x80000000) + (test_random(&seed) % 5) - 2);
        if (last >= CAMSEAL_PRIV_FRAME_COUNT_END)
            continue;
        int64_t best = 0, distance = INT64_MAX;
        for (int64_t turn = -1; turn < 258; turn++) {
            int64_t candidate = turn * (INT64_C(1) << 32) + low;
            int64_t d =
                candidate > (int64_t)last ? candidate - (int64_t)last : (int64_t)last - candidate;
            if (d < distance || (d == distance && candidate > best)) {
                best = candidate;
                distance = d;
            }
        }
        bool newer = camseal_priv_frame_extend(&value, last, low);
        assert_int_equal(newer,
                         best > (int64_t)last && best < (int64_t)CAMSEAL_PRIV_FRAME_COUNT_END);
        assert_true(value == (best < 0 ? 0 : (uint64_t)best));
    }
}

static void limits_of_a_key(void **state)
{
    (void)state;
    const camseal_priv_usage one = {1, 4, 2};
    camseal_context *ctx = make(CAMSEAL_ROLE_SOURCE, CAMSEAL_SUITE_PERF_128_I);
    assert_status(load(ctx, 0), CAMSEAL_OK);
    assert_status(camseal_context_activate(ctx, 0), CAMSEAL_OK);
    camseal_priv_keys *keys = &ctx->keys[ctx->current];
    assert_status(camseal_priv_usage_allows(ctx, keys, &one), CAMSEAL_OK);
    keys->tags = CAMSEAL_PRIV_TAG_LIMIT - 1;
    assert_status(camseal_priv_usage_allows(ctx, keys, &one), CAMSEAL_OK);
    keys->tags = CAMSEAL_PRIV_TAG_LIMIT;
    assert_status(camseal_priv_usage_allows(ctx, keys, &one), CAMSEAL_E_LIMIT);
    assert_int_equal(camseal_context_limit_used(ctx), 65536);
    keys->tags = 0;
    keys->mac_blocks = CAMSEAL_PRIV_BLOCK_LIMIT - 3;
    assert_status(camseal_priv_usage_allows(ctx, keys, &one), CAMSEAL_E_LIMIT);
    keys->mac_blocks = 0;
    keys->ctr_blocks = CAMSEAL_PRIV_BLOCK_LIMIT - 1;
    assert_status(camseal_priv_usage_allows(ctx, keys, &one), CAMSEAL_E_LIMIT);
    keys->ctr_blocks = CAMSEAL_PRIV_BLOCK_LIMIT / 2 - 2;
    assert_int_equal(events, 0);
    camseal_priv_usage_book(ctx, &ctx->evcs[0], keys, &one);
    camseal_priv_usage_book(ctx, &ctx->evcs[0], keys, &one);
    assert_int_equal(events, 1); /* half is told once */
    assert_int_equal(camseal_context_limit_used(ctx), 32768);
    /* CMAC has no limit of tags */
    ctx = make(CAMSEAL_ROLE_SOURCE, CAMSEAL_SUITE_EFF_128);
    assert_status(load(ctx, 0), CAMSEAL_OK);
    keys = &ctx->keys[1];
    keys->tags = CAMSEAL_PRIV_TAG_LIMIT;
    assert_status(camseal_priv_usage_allows(ctx, keys, &one), CAMSEAL_OK);
}

static void bad_tags_ask_for_a_rotation_once(void **state)
{
    (void)state;
    camseal_context *ctx = make(CAMSEAL_ROLE_SINK, CAMSEAL_SUITE_EFF_128);
    assert_status(load(ctx, 0), CAMSEAL_OK);
    camseal_priv_keys *keys = &ctx->keys[ctx->current];
    keys->bad_tags = CAMSEAL_PRIV_BAD_TAG_LIMIT - 2;
    assert_false(camseal_priv_usage_bad_tag(ctx, keys));
    assert_true(camseal_priv_usage_bad_tag(ctx, keys));
    assert_false(camseal_priv_usage_bad_tag(ctx, keys));
    assert_int_equal(events, 1);
    assert_int_equal(camseal_context_limit_used(ctx), 65536);
}

static void variants_change_within_the_allowed_sets(void **state)
{
    (void)state;
    camseal_context *ctx = make(CAMSEAL_ROLE_SOURCE, CAMSEAL_SUITE_EFF_128);
    const uint8_t same[3] = {2, 2, 2}, wrong[][3] = {{1, 2, 2}, {2, 0, 2}, {2, 2, 6}, {2, 2, 255}};
    assert_status(camseal_context_set_variants(ctx, same), CAMSEAL_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_status(camseal_context_set_variants(ctx, wrong[i]), CAMSEAL_E_POLICY);
    assert_memory_equal(ctx->sv_current, same, 3);
}

/* A hash that fails stands for a provider that fails in the middle of a derivation. */
static unsigned calls_left;
static const camseal_hash *real_hash;
static camseal_status failing_hmac(void *user, camseal_span key, const camseal_span *data, size_t n,
                                   uint8_t *mac)
{
    if (calls_left == 0)
        return CAMSEAL_E_CRYPTO;
    calls_left--;
    return real_hash->hmac(user, key, data, n, mac);
}

static void a_failing_provider_leaves_no_key(void **state)
{
    (void)state;
    camseal_crypto crypto = *camseal_openssl();
    real_hash = camseal_crypto_hash(&crypto, CAMSEAL_HASH_SHA256);
    camseal_hash hash = *real_hash;
    hash.hmac = failing_hmac;
    crypto.hashes = &hash;
    crypto.n_hashes = 1;
    camseal_context *ctx = make(CAMSEAL_ROLE_SOURCE, CAMSEAL_SUITE_EFF_128);
    ctx->crypto = &crypto;
    for (unsigned n = 0; n < 2; n++) { /* one HMAC for the key, one for the IV */
        calls_left = n;
        assert_status(load(ctx, 0), CAMSEAL_E_CRYPTO);
        assert_false(ctx->has_next);
        for (size_t i = 0; i < ctx->mac->expanded_bytes; i++)
            assert_int_equal(((uint8_t *)ctx->keys[1].mac)[i], 0);
    }
    calls_left = 2;
    assert_status(load(ctx, 0), CAMSEAL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_switches_per_evc),
        cmocka_unit_test(a_sink_accepts_what_it_was_given),
        cmocka_unit_test(the_epoch_field_wraps_but_the_epoch_does_not),
        cmocka_unit_test(the_salt_makes_the_key),
        cmocka_unit_test(frame_numbers_can_be_set_before_the_first_frame),
        cmocka_unit_test(extension_is_the_nearest_value),
        cmocka_unit_test(limits_of_a_key),
        cmocka_unit_test(bad_tags_ask_for_a_rotation_once),
        cmocka_unit_test(variants_change_within_the_allowed_sets),
        cmocka_unit_test(a_failing_provider_leaves_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
