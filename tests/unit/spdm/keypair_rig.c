/* The application behind the key pair tests: a table of key pairs, and what was asked of it. */
#include "test.h"

#include "keypair_rig.h"
#include "spdm_toy.h"

struct pair p;
static camseal_spdm_identity id;
static camseal_spdm_policy policy;

struct keypair_app app;
camseal_spdm_key_pairs service;
camseal_spdm_key_pair seen;
uint8_t seen_total;

static camseal_status get_pair(void *user, uint8_t n, camseal_spdm_key_pair *out)
{
    assert_ptr_equal(user, &app);
    assert_in_range(n, 1, PAIRS);
    app.gets++;
    if (app.pending_gets) {
        app.pending_gets--;
        return CAMSEAL_PENDING;
    }
    *out = app.table[n - 1];
    return app.get_fails;
}

static camseal_status authorise(void *user, const camseal_spdm_key_change *change)
{
    assert_ptr_equal(user, &app);
    app.authorised = *change;
    return app.authorise_fails;
}

static camseal_status set_pair(void *user, const camseal_spdm_key_change *change, bool *reset)
{
    assert_ptr_equal(user, &app);
    assert_memory_equal(change, &app.authorised, sizeof *change);
    if (app.pending_sets) {
        app.pending_sets--;
        return CAMSEAL_PENDING;
    }
    *reset = app.reset;
    if (app.set_fails)
        return app.set_fails;
    app.sets++;
    app.done = *change;
    app.table[change->id - 1].usage = change->usage;
    app.table[change->id - 1].algorithm = change->algorithm;
    app.table[change->id - 1].pqc_algorithm = change->pqc_algorithm;
    app.table[change->id - 1].slots = change->slots;
    if (change->operation == CAMSEAL_SPDM_KEY_OP_ERASE)
        app.table[change->id - 1].public_key_info = camseal_span_of(NULL, 0);
    return CAMSEAL_OK;
}

static void abandon(void *user)
{
    assert_ptr_equal(user, &app);
    app.abandoned++;
}

enum { FOUR_USES = 0x0F };

static void fill_table(void)
{
    memset(&app, 0, sizeof app);
    for (unsigned i = 0; i < PAIRS; i++) {
        camseal_spdm_key_pair *k = &app.table[i];
        assert_status(
            camseal_spdm_describe_key(i == 3 ? CAMSEAL_SIGN_ML_DSA_65 : CAMSEAL_SIGN_ECDSA_P384, k),
            CAMSEAL_OK);
        k->usages = FOUR_USES;
        k->usage = CAMSEAL_SPDM_USE_CHALLENGE;
    }
    app.table[0].slots = 1;
    app.table[1].capabilities = EVERYTHING;
    app.table[1].algorithms |= CAMSEAL_SPDM_KEY_P256;
    app.table[1].pqc_algorithms = 2;
    app.table[2].capabilities = EVERYTHING & ~CAMSEAL_SPDM_KEY_SHARE;
    app.table[2].algorithms |= CAMSEAL_SPDM_KEY_P256;
    app.table[2].algorithm = 0;
    app.table[2].pqc_algorithms = 2;
    app.table[2].public_key_info = camseal_span_of(NULL, 0);
    app.table[3].capabilities = EVERYTHING;
    app.table[3].slots = 6;
    app.table[4].capabilities = CAMSEAL_SPDM_KEY_ASSOCIATE;
    service = (camseal_spdm_key_pairs){.total = PAIRS,
                                       .get = get_pair,
                                       .authorise = authorise,
                                       .set = set_pair,
                                       .abandon = abandon,
                                       .user = &app};
}

void prepare(uint8_t version)
{
    static const camseal_spdm_feature *const features[] = {&camseal_spdm_key_pair_service};
    static const camseal_span chain = {toy_certificate, sizeof toy_certificate};
    fill_table();
    id = (camseal_spdm_identity){.chain = chain, .sign = CAMSEAL_SIGN_ECDSA_P256};
    memset(&policy, 0, sizeof policy);
    policy.min_version = policy.max_version = version;
    pair_config(&p, toy_crypto(7), &camseal_spdm_binding_mctp, chain, &id, 1);
    p.req_config.policy = p.rsp_config.policy = &policy;
    p.rsp_config.features = features;
    p.rsp_config.n_features = 1;
    p.rsp_config.key_pairs = &service;
}

void begin(uint8_t version)
{
    prepare(version);
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
}

camseal_status ask(uint8_t session, uint8_t n)
{
    static uint8_t room[64];
    static camseal_buf der = {room, sizeof room, 0};
    memset(&seen, 0xEE, sizeof seen);
    camseal_status status =
        camseal_spdm_begin_get_key_pair(p.req, session, n, &seen, &der, &seen_total);
    return status == CAMSEAL_OK ? pair_run(&p) : status;
}

camseal_status change(const camseal_spdm_key_change *c)
{
    camseal_status status = camseal_spdm_begin_set_key_pair(p.req, c);
    return status == CAMSEAL_OK ? pair_run(&p) : status;
}

uint8_t peer_error(void)
{
    return camseal_spdm_requester_failure(p.req)->peer_error;
}
