/* The Supported Algorithms Block: what a responder supports, asked before anything is agreed on; in
 * one message and in chunks; and who does not serve it. */
#include "spdm/msg/algorithms.h"
#include "spdm/msg/capabilities.h"
#include "spdm_pair.h"
#include "spdm_toy.h"
#include "test.h"

static struct pair p;
static struct pair_message answer;
static camseal_spdm_identity identity;
static camseal_spdm_policy policy;
static const camseal_spdm_feature *const features[] = {&camseal_spdm_chunking};

static void prepare(uint8_t version, uint32_t transfer)
{
    memset(&policy, 0, sizeof policy);
    memset(&identity, 0, sizeof identity);
    policy.min_version = CAMSEAL_SPDM_1_2;
    policy.max_version = version;
    identity.chain = camseal_span_of(toy_certificate, sizeof toy_certificate);
    identity.sign = CAMSEAL_SIGN_ECDSA_P256;
    pair_config(&p, toy_crypto(1), &camseal_spdm_binding_tcp, identity.chain, &identity, 1);
    p.req_config.policy = p.rsp_config.policy = &policy;
    p.req_config.data_transfer_size = p.rsp_config.data_transfer_size = transfer;
    p.rsp_config.features = features;
    p.rsp_config.n_features = 1;
}

static camseal_status discover(camseal_spdm_supported *s)
{
    camseal_status status = camseal_spdm_begin_discover(p.req, s);
    return status == CAMSEAL_OK ? pair_run(&p) : status;
}

static void every_transfer_size(void **state)
{
    static const uint32_t sizes[] = {42, 43, 60, 65, 66, 67, 74, 512, 4096};
    uint8_t session;
    (void)state;
    for (uint8_t version = 0x13; version <= 0x14; version++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            camseal_spdm_supported s;
            prepare(version, sizes[i]);
            pair_start(&p);
            assert_status(discover(&s), CAMSEAL_OK);
            assert_int_equal(s.version, version);
            assert_int_equal(s.sign, CAMSEAL_SPDM_BIT(CAMSEAL_SIGN_ECDSA_P256));
            assert_int_equal(s.req_sign, 0);
            assert_true(s.hash & CAMSEAL_SPDM_BIT(CAMSEAL_HASH_SHA384));
            assert_true(s.kex & CAMSEAL_SPDM_BIT(CAMSEAL_KEX_SECP256R1));
            assert_true(s.aead & CAMSEAL_SPDM_BIT(CAMSEAL_AEAD_AES_256_GCM));
            assert_false(s.measurements);
            assert_true(s.flags & CAMSEAL_SPDM_CAP_CHUNK);
            assert_status(camseal_spdm_begin_session(p.req, &session), CAMSEAL_E_STATE);
            assert_status(pair_connect(&p), CAMSEAL_OK);
            assert_status(pair_session(&p, &session), CAMSEAL_OK);
            assert_status(discover(&s), CAMSEAL_OK); /* the session is gone */
            assert_status(pair_heartbeat(&p, session), CAMSEAL_E_STATE);
            pair_stop(&p);
        }
    }
}

static void tell(const char *hex)
{
    uint8_t message[512];
    size_t n = test_hex(message, sizeof message, hex);
    (void)pair_tell(&p, message, n, false, &answer);
}

/* The form of the block; a connection may go on from it. */
static void the_block_itself(void **state)
{
    spdm_capabilities m;
    spdm_algorithms all;
    (void)state;
    prepare(0x13, 4096);
    p.rsp_config.sets = CAMSEAL_SPDM_SET_P256;
    pair_start(&p);
    tell("10840000");
    tell("13e1010000000000c02202000010000000100000");
    camseal_reader r = camseal_reader_of(camseal_span_of(answer.bytes, answer.len));
    assert_status(camseal_spdm_read_capabilities(&r, &m), CAMSEAL_OK);
    assert_int_equal(m.attributes, SPDM_WITH_ALGORITHMS);
    assert_int_equal(r.left, 30 + 3 * 4);
    static const char block[] = "03002a00000210000000010000000000000000000000000000000000"
                                "0000022008000320010005200100";
    uint8_t expected[64];
    assert_int_equal(test_hex(expected, sizeof expected, block), r.left);
    assert_memory_equal(answer.bytes + 20, expected, r.left);
    assert_status(camseal_spdm_read_algorithms_block(&r, 0x13, &all), CAMSEAL_OK);
    assert_status(camseal_reader_end(&r), CAMSEAL_OK);
    tell("13e303002c0000021000000001000000000000000000000000000000000000000220080003200100"
         "05200100");
    assert_int_equal(answer.bytes[1], 0x63);
    tell("13810000");
    assert_int_equal(answer.bytes[1], 0x01);
    pair_stop(&p);
}

static void who_does_not_serve_it(void **state)
{
    camseal_spdm_supported s;
    (void)state;
    prepare(0x12, 4096); /* before 1.3 */
    pair_start(&p);
    assert_status(discover(&s), CAMSEAL_E_UNSUPPORTED);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    pair_stop(&p);

    prepare(0x13, 4096); /* a responder without chunks */
    p.rsp_config.n_features = 0;
    pair_start(&p);
    assert_status(discover(&s), CAMSEAL_E_UNSUPPORTED);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    pair_stop(&p);

    prepare(0x13, 0); /* a requester without chunks cannot ask */
    p.rsp_config.n_features = 0;
    pair_start(&p);
    assert_status(camseal_spdm_begin_discover(p.req, &s), CAMSEAL_E_UNSUPPORTED);
    pair_stop(&p);

    prepare(0x13, 4096);
    pair_start(&p);
    tell("10840000");
    tell("13e1010000000000c02200000010000000100000"); /* the bit without CHUNK_CAP */
    assert_int_equal(answer.bytes[1], 0x7F);
    assert_int_equal(answer.bytes[2], 0x01);
    pair_stop(&p);
}

/* A responder that lies about the block. */
static size_t lie_at;
static uint8_t lie_mask;
static unsigned lie(void *user, struct pair *pair, unsigned index, bool to_responder,
                    struct pair_message *m)
{
    (void)user, (void)pair, (void)index;
    if (!to_responder && m->bytes[1] == 0x61 && lie_at < m->len)
        m->bytes[lie_at] ^= lie_mask;
    return 1;
}

static void blocks_that_are_none(void **state)
{
    camseal_spdm_supported s;
    static const size_t at[] = {20, 22, 23, 46, 47, 50, 51, 54};
    (void)state;
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        prepare(0x13, 4096);
        p.hook = lie;
        lie_at = at[i];
        lie_mask = 0x81;
        pair_start(&p);
        camseal_status status = discover(&s);
        if (camseal_status_class(status) != CAMSEAL_CLASS_PEER)
            fail_msg("byte %zu: %s", at[i], camseal_status_name(status));
        pair_stop(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_transfer_size),
        cmocka_unit_test(the_block_itself),
        cmocka_unit_test(who_does_not_serve_it),
        cmocka_unit_test(blocks_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
