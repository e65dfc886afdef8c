/* Our requester in the place of the one in a capture: it must send the same bytes and come to the
 * same keys. The captures are not part of the repository; without them this is skipped. */
#include "test.h"

#include <jansson.h>

#include "camseal/openssl.h"
#include "camseal/spdm_measurements.h"
#include "camseal/spdm_psk.h"
#include "spdm/msg/psk.h"
#include "spdm/requester.h"

#define FOLDER CAMSEAL_SOURCE_DIR "/../shared/captures/spdm/"

enum { FILE_HEAD = 24, PACKET_HEAD = 16, MCTP_HEAD = 5, MESSAGES = 10, OUT = 5000 };

static uint8_t file[65536];
static camseal_span messages[MESSAGES];

static void load_capture(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, FOLDER "%s.pcap", name);
    FILE *f = fopen(path, "rb");
    if (!f)
        test_skip_program("no captures at " FOLDER);
    size_t n = fread(file, 1, sizeof file, f), at = FILE_HEAD;
    fclose(f);
    for (size_t i = 0; i < MESSAGES; i++) {
        assert_true(at + PACKET_HEAD <= n);
        size_t len = (size_t)file[at + 8] | (size_t)file[at + 9] << 8;
        at += PACKET_HEAD;
        assert_true(len > MCTP_HEAD && at + len <= n);
        messages[i] = camseal_span_of(file + at + MCTP_HEAD, len - MCTP_HEAD);
        at += len;
    }
}

/* The n-th logged value of a label. */
static void assert_logged(const char *name, const char *label, size_t n, const uint8_t *value)
{
    char path[512];
    uint8_t expected[64];
    snprintf(path, sizeof path, FOLDER "%s.json", name);
    json_t *root = json_load_file(path, 0, NULL), *row;
    assert_non_null(root);
    size_t i, seen = 0, len = 0;
    json_array_foreach(json_object_get(root, "requester_log"), i, row)
    {
        if (!strcmp(json_string_value(json_array_get(row, 0)), label) && seen++ == n)
            len = test_hex(expected, sizeof expected, json_string_value(json_array_get(row, 1)));
    }
    json_decref(root);
    assert_true(len > 0);
    assert_memory_equal(value, expected, len);
}

static const uint8_t psk[] = "TestPskData", hint[] = "TestPskHint";

static camseal_status find_key(void *user, const camseal_spdm_psk_query *query,
                               camseal_spdm_psk_key *out)
{
    (void)user;
    (void)query;
    memcpy(out->bytes, psk, sizeof psk);
    out->len = sizeof psk;
    return CAMSEAL_OK;
}
static const camseal_spdm_psk_source source = {.key = find_key};

static const uint8_t *context; /* what was random in the capture */
static camseal_status scripted(void *user, uint8_t *out, size_t len)
{
    (void)user;
    if (context)
        memcpy(out, context, len);
    else
        memset(out, 0, len);
    context = NULL;
    return CAMSEAL_OK;
}

static void adopt(camseal_spdm_requester *r, uint8_t version, camseal_hash_id hash,
                  camseal_aead_id aead)
{
    const camseal_crypto *crypto = r->config.crypto;
    camseal_spdm_transcript_reset(&r->transcript, crypto);
    for (size_t i = 0; i < 6; i++)
        assert_status(camseal_spdm_transcript_vca(&r->transcript, messages[i]), CAMSEAL_OK);
    r->algorithms.hash = camseal_crypto_hash(crypto, hash);
    r->algorithms.aead = camseal_crypto_aead(crypto, aead);
    assert_status(camseal_spdm_transcript_settle(&r->transcript, r->algorithms.hash), CAMSEAL_OK);
    r->shape.version = version;
    r->shape.hash = r->algorithms.hash->digest_bytes;
    r->peer_flags = SPDM_CAP_PSK_2 | SPDM_CAP_HBEAT | SPDM_CAP_ENCRYPT | SPDM_CAP_MAC;
    r->peer_limit = 4096;
    r->measurement_spec = 1;
    r->connected = true;
}

static void assert_keys(const char *name, const spdm_session *s, size_t first)
{
    for (size_t i = 0; i < 2; i++) {
        assert_logged(name, "key", first + i, s->keys[i].key);
        assert_logged(name, "iv", first + i, s->keys[i].iv);
    }
}

static void replay(const char *name, uint8_t version, camseal_hash_id hash, camseal_aead_id aead)
{
    static uint8_t out[OUT];
    camseal_crypto crypto = *camseal_openssl();
    crypto.random = scripted;
    load_capture(name);
    spdm_psk_exchange theirs;
    const spdm_shape shape = {.version = version};
    camseal_reader reader = camseal_reader_of(messages[6]);
    assert_status(camseal_spdm_read_psk_exchange(&reader, &shape, &theirs), CAMSEAL_OK);
    /* They offer so many secured-message versions, from 1.0 on. */
    camseal_spdm_policy policy = {.min_sm = CAMSEAL_SPDM_SM_1_0};
    policy.max_sm = (uint8_t)(CAMSEAL_SPDM_SM_1_0 + theirs.opaque.data[10] - 1);
    const camseal_spdm_requester_config config = {.struct_size = sizeof config,
                                                  .crypto = &crypto,
                                                  .binding = &camseal_spdm_binding_mctp,
                                                  .policy = &policy,
                                                  .psk = &source,
                                                  .summary = theirs.summary};
    size_t size = camseal_spdm_requester_size(&config);
    void *memory = malloc(size);
    camseal_spdm_requester *r = NULL;
    uint8_t session;
    assert_status(camseal_spdm_requester_init(&r, memory, size, &config), CAMSEAL_OK);
    adopt(r, version, hash, aead);

    context = theirs.context.data;
    assert_status(camseal_spdm_begin_psk_session(r, camseal_span_of(hint, sizeof hint), &session),
                  CAMSEAL_OK);
    camseal_step step = {.out = {out, sizeof out, 0}};
    assert_status(camseal_spdm_requester_step(r, &step), CAMSEAL_OK);
    assert_int_equal(step.out.len, messages[6].len);
    out[3] = r->tx[3] = theirs.policy; /* SessionPolicy is theirs to choose; ours is 0 */
    assert_memory_equal(out, messages[6].data, step.out.len);
    step.in = messages[7];
    assert_status(camseal_spdm_requester_step(r, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_SEND);
    assert_keys(name, &r->sessions[session], 0);
    assert_logged(name, "measurement_summary_hash", 0, r->info.measurement_summary);
    step.in = messages[9];
    step.in_secured = true;
    assert_status(camseal_spdm_requester_step(r, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_DONE);
    assert_keys(name, &r->sessions[session], 2);
    camseal_spdm_requester_wipe(r);
    free(memory);
}

static void the_capture_of_1_2(void **state)
{
    (void)state;
    replay("psk_1.2", 0x12, CAMSEAL_HASH_SHA256, CAMSEAL_AEAD_AES_128_GCM);
}

static void the_capture_of_1_3(void **state)
{
    (void)state;
    replay("psk_1.3", 0x13, CAMSEAL_HASH_SHA384, CAMSEAL_AEAD_AES_256_GCM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_capture_of_1_2),
        cmocka_unit_test(the_capture_of_1_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
