/* Certificate chains beyond 64 KiB: the large form of 1.4, in portions of what a message holds,
 * with and without chunks; what happens where there is none. */
#include "spdm/msg/error.h"
#include "spdm/msg/msg.h"
#include "spdm_pair.h"
#include "spdm_toy.h"
#include "test.h"

enum { LONGEST = 1024 * 1024, HEAD = 4 + 32 };

static struct pair p;
static camseal_spdm_identity identity;
static camseal_spdm_policy policy;
static uint8_t chain[LONGEST];
static const camseal_spdm_feature *const features[] = {&camseal_spdm_chunking};

/* What GET_CERTIFICATE asked for, and how often. */
static unsigned n_large, n_small;
static uint32_t too_large;

static unsigned watch(void *user, struct pair *pair, unsigned index, bool to_responder,
                      struct pair_message *m)
{
    (void)user, (void)pair, (void)index;
    if (to_responder && m->bytes[1] == SPDM_GET_CERTIFICATE) {
        bool large = (m->bytes[2] & 0x80) != 0;
        n_large += large;
        n_small += !large;
        assert_int_equal(m->len, large ? 16 : 8);
    }
    if (m->bytes[1] == SPDM_ERROR && m->bytes[2] == SPDM_ERR_DATA_TOO_LARGE) {
        assert_int_equal(m->len, 8);
        memcpy(&too_large, m->bytes + 4, 4);
    }
    return 1;
}

/* The toy's check; the first of our certificates is a toy certificate. */
static camseal_crypto crypto;
static camseal_status (*toy_chain)(void *user, camseal_chain_job *job);
static camseal_status check_chain(void *user, camseal_chain_job *job)
{
    camseal_status status = toy_chain(user, job);
    if (status == CAMSEAL_OK)
        job->first = camseal_span_of(job->chain.data, sizeof toy_certificate);
    return status;
}

/* A chain whose blob has `total` bytes; the toy takes it when it is the anchor. */
static void prepare(uint8_t version, size_t total, uint32_t message, uint32_t transfer)
{
    uint64_t seed = 0x5eed0010;
    test_fill(&seed, chain, sizeof chain);
    memcpy(chain, toy_certificate, sizeof toy_certificate);
    memset(&policy, 0, sizeof policy);
    memset(&identity, 0, sizeof identity);
    policy.min_version = policy.max_version = version;
    identity.chain = camseal_span_of(chain, total - HEAD);
    identity.sign = CAMSEAL_SIGN_ECDSA_P256;
    crypto = *toy_crypto(1);
    toy_chain = crypto.chain;
    crypto.chain = check_chain;
    pair_config(&p, &crypto, &camseal_spdm_binding_tcp, identity.chain, &identity, 1);
    p.req_config.policy = p.rsp_config.policy = &policy;
    p.req_config.sets = p.rsp_config.sets = CAMSEAL_SPDM_SET_P256;
    p.req_config.challenge = true;
    p.req_config.max_chain = LONGEST;
    p.req_config.max_message = p.rsp_config.max_message = message;
    p.req_config.data_transfer_size = p.rsp_config.data_transfer_size = transfer;
    p.rsp_config.features = features;
    p.rsp_config.n_features = transfer ? 1 : 0;
    p.hook = watch;
    n_large = n_small = 0;
    too_large = 0;
}

static void chains_of_every_size(void **state)
{
    static const size_t totals[] = {100, 65535, 65536, 65537, 200000, LONGEST};
    static const struct {
        uint32_t message, transfer;
    } sizes[] = {{4096, 0}, {4096, 512}, {100000, 4096}, {LONGEST, 4900}};
    uint8_t session;
    (void)state;
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
            prepare(0x14, totals[i], sizes[k].message, sizes[k].transfer);
            pair_start(&p);
            assert_status(pair_connect(&p), CAMSEAL_OK);
            assert_status(pair_session(&p, &session), CAMSEAL_OK);
            /* 16 bits count while they can: nothing longer is there, and no room for it. */
            bool large = totals[i] > 65000 || sizes[k].message > 65535;
            size_t portion = sizes[k].message - (large ? 16 : 8);
            assert_int_equal(n_large + n_small, (totals[i] + portion - 1) / portion);
            assert_int_equal(large ? n_small : n_large, 0);
            pair_stop(&p);
        }
    }
}

/* Messages of more than 64 KiB, and fields that have 16 bits. */
static void long_messages_in_the_small_form(void **state)
{
    (void)state;
    prepare(0x13, 65535, LONGEST, 4900);
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_int_equal(n_small, 1);
    assert_int_equal(n_large, 0);
    pair_stop(&p);
}

static void where_there_is_no_large_form(void **state)
{
    (void)state;
    prepare(0x14, 65535, 4096, 0);
    p.rsp_config.capabilities = ~CAMSEAL_SPDM_CAP_LARGE_RESP;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_int_equal(n_large, 0);
    pair_stop(&p);

    prepare(0x14, 65536, 4096, 0);
    p.rsp_config.capabilities = ~CAMSEAL_SPDM_CAP_LARGE_RESP;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_E_PEER_ERROR);
    assert_int_equal(camseal_spdm_requester_failure(p.req)->peer_error, SPDM_ERR_DATA_TOO_LARGE);
    assert_int_equal(too_large, 65536);
    pair_stop(&p);

    prepare(0x13, 65536, 4096, 0); /* Length has 16 bits */
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_E_PEER_ERROR);
    pair_stop(&p);

    prepare(0x14, 65536, 4096, 0);
    p.req_config.max_chain = 65535;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_E_SPACE);
    pair_stop(&p);
}

static void sizes_that_are_none(void **state)
{
    static const struct {
        uint32_t message, transfer;
        bool legal;
    } rows[] = {{60000, 0, true},        {60001, 0, false},      {60001, 60000, true},
                {60001, 60001, false},   {LONGEST, 42, true},    {LONGEST + 1, 4096, false},
                {UINT32_MAX, 42, false}, {UINT32_MAX, 0, false}, {LONGEST, UINT32_MAX, false},
                {4096, 4097, false},     {4096, 41, false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        prepare(0x14, 100, rows[i].message, rows[i].transfer);
        assert_int_equal(camseal_spdm_requester_size(&p.req_config) != 0, rows[i].legal);
        assert_int_equal(camseal_spdm_responder_size(&p.rsp_config) != 0, rows[i].legal);
    }
    prepare(0x14, 100, 4096, 0);
    p.req_config.max_chain = LONGEST + 1;
    assert_int_equal(camseal_spdm_requester_size(&p.req_config), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_of_every_size),
        cmocka_unit_test(long_messages_in_the_small_form),
        cmocka_unit_test(where_there_is_no_large_form),
        cmocka_unit_test(sizes_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
