/* Mutual authentication and encapsulated requests, both engines on a link in memory: every flow in
 * every version, clear and encrypted; what either side refuses; slow signers; and a passive
 * observer that vouches for signatures and keys. */
#include "spdm_pair.h"
#include "test.h"

#include "camseal/openssl.h"
#include "camseal/spdm_events.h"
#include "camseal/spdm_mutual.h"
#include "spdm/msg/msg.h"
#include "test_pki.h"

static struct pair p;
static struct test_pki rsp_pki, req_pki, stranger;
static camseal_spdm_identity rsp_id, req_ids[2];
static camseal_spdm_policy policy;
static camseal_spdm_answerer answerer;
static camseal_spdm_authenticator authenticator;
static const camseal_spdm_feature *const features[] = {&camseal_spdm_encapsulation,
                                                       &camseal_spdm_event_service};

/* What the owner's callback saw. */
static struct {
    unsigned calls, proven;
    uint8_t key_hash[32];
    camseal_status verdict;
} owner;

static camseal_status ask_owner(void *user, const camseal_spdm_peer *peer)
{
    (void)user;
    owner.calls++;
    owner.proven += peer->proven;
    memcpy(owner.key_hash, peer->leaf_key_hash, sizeof owner.key_hash);
    return owner.verdict;
}

static camseal_spdm_identity identity_of(const struct test_pki *pki, uint8_t slot)
{
    camseal_spdm_identity id = {
        .chain = pki->chain, .sign = pki->sign, .key = pki->key, .slot = slot};
    return id;
}

/* A pair that may authenticate both ways; not started. */
static void prepare(uint8_t version)
{
    memset(&owner, 0, sizeof owner);
    memset(&policy, 0, sizeof policy);
    rsp_id = identity_of(&rsp_pki, 0);
    req_ids[0] = identity_of(&req_pki, 0);
    req_ids[1] = identity_of(&req_pki, 3);
    answerer = (camseal_spdm_answerer){
        .with = &camseal_spdm_answers, .identities = req_ids, .n_identities = 2};
    authenticator =
        (camseal_spdm_authenticator){.anchors = &req_pki.root, .n_anchors = 1, .peer = ask_owner};
    policy.min_version = policy.max_version = version;
    policy.mutual = CAMSEAL_SPDM_REQUIRE;
    pair_config(&p, camseal_openssl(), &camseal_spdm_binding_mctp, rsp_pki.root, &rsp_id, 1);
    p.req_config.policy = &policy;
    p.req_config.answerer = &answerer;
    p.rsp_config.policy = &policy;
    p.rsp_config.authenticator = &authenticator;
    p.rsp_config.features = features;
    p.rsp_config.n_features = 1; /* events: see prepare_events */
}

static void expect_ok(camseal_status status, const char *what)
{
    if (status == CAMSEAL_OK)
        return;
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(p.req);
    fail_msg("%s: %s %s: %s (0x%x, 0x%x, error %u)", what, camseal_status_name(status), f->message,
             f->detail, (unsigned)f->expected, (unsigned)f->seen, f->peer_error);
}

static void use_session(uint8_t session)
{
    uint8_t room[64];
    camseal_buf answer = {room, sizeof room, 0};
    expect_ok(pair_vendor(&p, session, camseal_span_of("ping", 4), &answer), "vendor");
    assert_int_equal(answer.len, 10);
    assert_memory_equal(room, "echo: ping", 10);
}

/* ---- every flow -------------------------------------------------------------------------------
 */

static void one_flow(uint8_t version, uint8_t clear, uint8_t asking, bool challenge, uint8_t slot)
{
    uint8_t session;
    prepare(version);
    policy.clear_handshake = clear;
    authenticator.asking = asking;
    authenticator.challenge = challenge;
    authenticator.slot = slot;
    if (asking == CAMSEAL_SPDM_ASK_NOTHING && !challenge)
        authenticator.chain = req_pki.chain;
    p.req_config.challenge = challenge;
    pair_start(&p);
    print_message("%x, %s, asking %u, %s, slot %u\n", version,
                  clear == CAMSEAL_SPDM_ALLOW ? "clear" : "encrypted", asking,
                  challenge ? "challenge" : "no challenge", slot);
    expect_ok(pair_connect(&p), "connect");
    assert_int_equal(owner.proven, challenge);
    expect_ok(pair_session(&p, &session), "session");
    assert_int_equal(owner.proven, 1 + challenge);
    assert_memory_equal(owner.key_hash, req_pki.pin, 32);
    use_session(session);
    expect_ok(pair_end(&p, session), "end");
    expect_ok(pair_session(&p, &session), "second session");
    assert_int_equal(owner.proven, 2 + challenge);
    use_session(session);
    pair_stop(&p);
}

static void all_flows(void **state)
{
    (void)state;
    static const uint8_t versions[] = {0x12, 0x13, 0x14};
    for (size_t v = 0; v < 3; v++)
        for (unsigned clear = CAMSEAL_SPDM_REFUSE; clear <= CAMSEAL_SPDM_ALLOW; clear++)
            for (unsigned asking = 0; asking <= CAMSEAL_SPDM_ASK_NOTHING; asking++)
                for (unsigned more = 0; more < 4; more++)
                    one_flow(versions[v], (uint8_t)clear, (uint8_t)asking, more & 1,
                             more & 2 ? 3 : 0);
}

/* Clear, each message can be looked at and changed. */
static void start_clear(uint8_t version, uint8_t asking)
{
    prepare(version);
    policy.clear_handshake = CAMSEAL_SPDM_ALLOW;
    authenticator.asking = asking;
    if (asking == CAMSEAL_SPDM_ASK_NOTHING)
        authenticator.chain = req_pki.chain;
}

/* The session fails, for good, with this ERROR of the responder (0: none). */
static void expect_dead(camseal_status expected, uint8_t peer_error)
{
    uint8_t session;
    expect_ok(pair_connect(&p), "connect");
    camseal_status status = pair_session(&p, &session);
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(p.req);
    if (status != expected || f->peer_error != peer_error)
        print_message("%s: %s, error %u\n", f->message, f->detail, f->peer_error);
    assert_status(status, expected);
    assert_int_equal(f->peer_error, peer_error);
    uint8_t room[64];
    camseal_buf answer = {room, sizeof room, 0};
    assert_status(pair_vendor(&p, session, camseal_span_of("x", 1), &answer), CAMSEAL_E_STATE);
}

/* ---- who is refused ----------------------------------------------------------------------------
 */

static void other_root(void **state)
{
    (void)state;
    for (unsigned clear = CAMSEAL_SPDM_REFUSE; clear <= CAMSEAL_SPDM_ALLOW; clear++) {
        prepare(0x13);
        policy.clear_handshake = (uint8_t)clear;
        authenticator.anchors = &rsp_pki.root;
        pair_start(&p);
        expect_dead(CAMSEAL_E_PEER_ERROR, SPDM_ERR_DECRYPT);
        pair_stop(&p);
    }
}

static const struct {
    const char *name;
    unsigned flags;
    camseal_status refused;
} chains[] = {
    {"no EKU", TEST_PKI_REQUESTER | TEST_PKI_NO_EKU, CAMSEAL_OK},
    {"responder's EKU", TEST_PKI_REQUESTER | TEST_PKI_WRONG_EKU, CAMSEAL_E_PEER_ERROR},
    {"CA leaf", TEST_PKI_REQUESTER | TEST_PKI_CA_LEAF, CAMSEAL_E_PEER_ERROR},
    {"expired", TEST_PKI_REQUESTER | TEST_PKI_EXPIRED, CAMSEAL_E_PEER_ERROR},
    {"tampered", TEST_PKI_REQUESTER | TEST_PKI_TAMPERED, CAMSEAL_E_PEER_ERROR},
    {"other root", TEST_PKI_REQUESTER | TEST_PKI_OTHER_ROOT, CAMSEAL_E_PEER_ERROR},
    {"other key", TEST_PKI_REQUESTER | TEST_PKI_OTHER_KEY, CAMSEAL_E_PEER_ERROR},
};

static void requester_chains(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++) {
        struct test_pki pki;
        uint8_t session;
        test_pki_make(&pki, TEST_PKI_P384, chains[i].flags);
        prepare(0x12);
        req_ids[0] = identity_of(&pki, 0);
        authenticator.anchors = &pki.root;
        authenticator.time = (camseal_time){CAMSEAL_TIME_FULL, TEST_PKI_NOW};
        pair_start(&p);
        print_message("%s\n", chains[i].name);
        if (chains[i].refused == CAMSEAL_OK) {
            expect_ok(pair_connect(&p), "connect");
            expect_ok(pair_session(&p, &session), "session");
        } else {
            expect_dead(chains[i].refused, SPDM_ERR_DECRYPT);
        }
        pair_stop(&p);
        test_pki_free(&pki);
    }
}

static void pin_and_owner(void **state)
{
    (void)state;
    uint8_t pin[32], session;
    memcpy(pin, req_pki.pin, sizeof pin);
    prepare(0x13);
    authenticator.pin = pin;
    pair_start(&p);
    expect_ok(pair_connect(&p), "connect");
    expect_ok(pair_session(&p, &session), "the pinned one");
    pair_stop(&p);
    pin[31] ^= 1;
    prepare(0x13);
    authenticator.pin = pin;
    pair_start(&p);
    expect_dead(CAMSEAL_E_PEER_ERROR, SPDM_ERR_DECRYPT);
    assert_int_equal(owner.calls, 0);
    pair_stop(&p);
    prepare(0x13);
    owner.verdict = CAMSEAL_E_IDENTITY;
    pair_start(&p);
    expect_dead(CAMSEAL_E_PEER_ERROR, SPDM_ERR_DECRYPT);
    assert_int_equal(owner.calls, 1);
    pair_stop(&p);
}

/* A requester whose chain is good in CHALLENGE too; a stranger's is not. */
static void challenge_by_a_stranger(void **state)
{
    (void)state;
    prepare(0x12);
    authenticator.challenge = true;
    p.req_config.challenge = true;
    req_ids[0].key = stranger.key;
    uint8_t session;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_E_PEER_ERROR);
    assert_int_equal(camseal_spdm_requester_failure(p.req)->peer_error, SPDM_ERR_DECRYPT);
    assert_status(pair_session(&p, &session), CAMSEAL_E_STATE);
    assert_int_equal(owner.proven, 0);
    pair_stop(&p);
}

/* ---- policy ------------------------------------------------------------------------------------
 */

static void policies(void **state)
{
    (void)state;
    uint8_t session;
    camseal_spdm_policy other;
    /* Refused by the requester: a responder that requires it says InvalidPolicy, or Unspecified
     * in 1.2. */
    for (uint8_t version = 0x12; version <= 0x13; version++) {
        prepare(version);
        other = policy;
        other.mutual = CAMSEAL_SPDM_REFUSE;
        p.req_config.policy = &other;
        pair_start(&p);
        camseal_status status = pair_connect(&p);
        if (status == CAMSEAL_OK)
            status = pair_session(&p, &session);
        assert_status(status, CAMSEAL_E_PEER_ERROR);
        pair_stop(&p);
    }
    /* Allowed by the responder: a session without it. */
    prepare(0x13);
    other = policy;
    other.mutual = CAMSEAL_SPDM_REFUSE;
    policy.mutual = CAMSEAL_SPDM_ALLOW;
    p.req_config.policy = &other;
    pair_start(&p);
    expect_ok(pair_connect(&p), "connect");
    expect_ok(pair_session(&p, &session), "session");
    assert_int_equal(owner.calls, 0);
    pair_stop(&p);
    /* Required by the requester, not done by the responder. */
    prepare(0x13);
    p.rsp_config.authenticator = NULL;
    other = policy;
    other.mutual = CAMSEAL_SPDM_ALLOW;
    p.rsp_config.policy = &other;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_E_POLICY);
    pair_stop(&p);
    /* Required without the means. */
    prepare(0x13);
    p.req_config.answerer = NULL;
    assert_int_equal(camseal_spdm_requester_size(&p.req_config), 0);
    prepare(0x13);
    p.rsp_config.authenticator = NULL;
    static uint64_t mem[4096];
    camseal_spdm_responder *rsp;
    assert_status(camseal_spdm_responder_init(&rsp, mem, sizeof mem, &p.rsp_config),
                  CAMSEAL_E_ARGUMENT);
}

/* A requester offers the signatures that its keys can make, whatever else the policy allows. */
static void signatures_of_its_keys(void **state)
{
    (void)state;
    static const uint8_t strongest_first[] = {CAMSEAL_SIGN_ECDSA_P521, CAMSEAL_SIGN_ECDSA_P384,
                                              CAMSEAL_SIGN_ECDSA_P256, 0};
    uint8_t session;
    prepare(0x13);
    policy.req_sign.prefer = strongest_first;
    pair_start(&p);
    expect_ok(pair_connect(&p), "connect");
    assert_int_equal(camseal_spdm_requester_info(p.req)->req_sign, req_pki.sign);
    expect_ok(pair_session(&p, &session), "session");
    pair_stop(&p);
    prepare(0x13);
    policy.req_sign.allowed = CAMSEAL_SPDM_BIT(CAMSEAL_SIGN_ED25519);
    camseal_spdm_requester *req;
    size_t size = camseal_spdm_requester_size(&p.req_config);
    void *mem = malloc(size);
    assert_status(camseal_spdm_requester_init(&req, mem, size, &p.req_config), CAMSEAL_E_ARGUMENT);
    free(mem);
}

/* ---- what a message is changed to --------------------------------------------------------------
 */

/* Sets one byte of the n-th message with this code. */
static struct change {
    uint8_t code;
    unsigned nth;
    int at; /* from the end if negative */
    uint8_t set;
    int resize; /* bytes to add */
} change;
static unsigned seen;

static unsigned change_hook(void *user, struct pair *pair, unsigned index, bool to_responder,
                            struct pair_message *m)
{
    (void)user, (void)pair, (void)index, (void)to_responder;
    if (m->secured || m->bytes[1] != change.code || seen++ != change.nth)
        return 1;
    size_t at = change.at < 0 ? m->len - (size_t)-change.at : (size_t)change.at;
    m->bytes[at] = m->bytes[at] == change.set ? (uint8_t)(change.set ^ 1) : change.set;
    if (change.resize > 0)
        memset(m->bytes + m->len, 5, (size_t)change.resize);
    m->len = (size_t)((int)m->len + change.resize);
    return 1;
}

static const struct {
    const char *name;
    struct change change;
    camseal_status expected;
    uint8_t error;
} changes[] = {
    {"MutAuthRequested 3", {SPDM_KEY_EXCHANGE_RSP, 0, 6, 3, 0}, CAMSEAL_E_FORMAT, 0},
    {"MutAuthRequested 0", {SPDM_KEY_EXCHANGE_RSP, 0, 6, 0, 0}, CAMSEAL_E_POLICY, 0},
    {"MutAuthRequested changed", {SPDM_KEY_EXCHANGE_RSP, 0, 6, 4, 0}, CAMSEAL_E_SIGNATURE, 0},
    {"inner version",
     {SPDM_ENCAPSULATED_REQUEST, 0, 4, 0x11, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_RESPONSE_CODE},
    {"inner code unknown",
     {SPDM_ENCAPSULATED_REQUEST, 0, 5, 0xF3, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_RESPONSE_CODE},
    {"inner KEY_UPDATE too early",
     {SPDM_ENCAPSULATED_REQUEST, 0, 5, SPDM_KEY_UPDATE, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_RESPONSE_CODE},
    {"inner CHALLENGE in a session",
     {SPDM_ENCAPSULATED_REQUEST, 0, 5, SPDM_CHALLENGE, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_RESPONSE_CODE},
    {"no inner request", {SPDM_ENCAPSULATED_REQUEST, 0, 0, 0x13, -4}, CAMSEAL_E_VERSION, 0},
    {"RequestID",
     {SPDM_DELIVER_ENCAPSULATED_RESPONSE, 0, 2, 9, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_REQUEST},
    {"inner response code",
     {SPDM_DELIVER_ENCAPSULATED_RESPONSE, 0, 5, SPDM_CERTIFICATE, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_RESPONSE_CODE},
    {"no slot",
     {SPDM_DELIVER_ENCAPSULATED_RESPONSE, 0, 7, 8, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_REQUEST},
    {"digest",
     {SPDM_DELIVER_ENCAPSULATED_RESPONSE, 0, 8, 0x55, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_DECRYPT},
    {"digests cut",
     {SPDM_DELIVER_ENCAPSULATED_RESPONSE, 0, -1, 0x55, -1},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_REQUEST},
    {"digests longer",
     {SPDM_DELIVER_ENCAPSULATED_RESPONSE, 0, -1, 0x55, 1},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_REQUEST},
    {"certificate of another slot",
     {SPDM_DELIVER_ENCAPSULATED_RESPONSE, 1, 6, 1, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_REQUEST},
    {"remainder without end",
     {SPDM_DELIVER_ENCAPSULATED_RESPONSE, 1, 11, 0xFF, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_UNSPECIFIED},
    {"portion too long",
     {SPDM_DELIVER_ENCAPSULATED_RESPONSE, 1, 9, 0xFF, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_REQUEST},
    {"chain byte",
     {SPDM_DELIVER_ENCAPSULATED_RESPONSE, 1, 200, 0x55, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_DECRYPT},
    {"acknowledged id", {SPDM_ENCAPSULATED_RESPONSE_ACK, 0, 4, 7, 0}, CAMSEAL_E_FORMAT, 0},
    {"payload type", {SPDM_ENCAPSULATED_RESPONSE_ACK, 0, 3, 3, 0}, CAMSEAL_E_FORMAT, 0},
    {"payload without request",
     {SPDM_ENCAPSULATED_RESPONSE_ACK, 0, 4, 7, -8},
     CAMSEAL_E_TRUNCATED,
     0},
    {"another slot named", {SPDM_ENCAPSULATED_RESPONSE_ACK, 1, 3, 2, 1}, CAMSEAL_E_NOT_FOUND, 0},
    {"FINISH without signature bit",
     {SPDM_FINISH, 0, 2, 0, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_REQUEST},
    {"FINISH of another slot",
     {SPDM_FINISH, 0, 3, 3, 0},
     CAMSEAL_E_PEER_ERROR,
     SPDM_ERR_INVALID_REQUEST},
    {"FINISH signature", {SPDM_FINISH, 0, 20, 0x55, 0}, CAMSEAL_E_PEER_ERROR, SPDM_ERR_DECRYPT},
    {"FINISH verify data", {SPDM_FINISH, 0, -1, 0x55, 0}, CAMSEAL_E_PEER_ERROR, SPDM_ERR_DECRYPT},
};

static void changed_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        uint8_t session;
        start_clear(0x13, CAMSEAL_SPDM_ASK_ENCAPSULATED);
        p.hook = change_hook;
        change = changes[i].change;
        seen = 0;
        print_message("%s\n", changes[i].name);
        pair_start(&p);
        expect_dead(changes[i].expected, changes[i].error);
        assert_int_equal(owner.proven, changes[i].change.at == -1 && changes[i].change.resize == 0);
        assert_true(seen > change.nth);
        /* The connection is as good as new. */
        p.hook = NULL;
        expect_ok(pair_connect(&p), "connect again");
        expect_ok(pair_session(&p, &session), "session");
        use_session(session);
        pair_stop(&p);
    }
}

/* Nobody goes around the flow: FINISH at once, or anything else, is in flight. */
static void nothing_else_in_a_flow(void **state)
{
    (void)state;
    static const uint8_t others[][4] = {{0x13, SPDM_GET_DIGESTS, 0, 0},
                                        {0x13, SPDM_FINISH, 1, 0},
                                        {0x13, SPDM_KEY_EXCHANGE, 0, 0},
                                        {0x13, SPDM_GET_CERTIFICATE, 0, 0}};
    static struct pair_message answer;
    uint8_t session;
    for (size_t i = 0; i < 4; i++) {
        start_clear(0x13, CAMSEAL_SPDM_ASK_ENCAPSULATED);
        pair_start(&p);
        expect_ok(pair_connect(&p), "connect");
        assert_status(camseal_spdm_begin_session(p.req, &session), CAMSEAL_OK);
        static uint8_t out[PAIR_MESSAGE];
        camseal_step step = {.out = {out, sizeof out, 0}};
        assert_status(camseal_spdm_requester_step(p.req, &step), CAMSEAL_OK);
        (void)pair_tell(&p, out, step.out.len, false, &answer);
        assert_int_equal(answer.bytes[1], SPDM_KEY_EXCHANGE_RSP);
        (void)pair_tell(&p, others[i], 4, false, &answer);
        assert_int_equal(answer.bytes[1], SPDM_ERROR);
        assert_int_equal(answer.bytes[2], SPDM_ERR_IN_FLIGHT);
        static const uint8_t deliver[] = {
            0x13, SPDM_DELIVER_ENCAPSULATED_RESPONSE, 1, 0, 0x13, SPDM_DIGESTS, 0, 0};
        (void)pair_tell(&p, deliver, sizeof deliver, false, &answer);
        assert_int_equal(answer.bytes[2], SPDM_ERR_UNEXPECTED); /* nothing was asked yet */
        pair_stop(&p);
    }
}

/* ---- slow signers ------------------------------------------------------------------------------
 */

static camseal_crypto slow;
static camseal_sign slow_signs[16];
static camseal_status (*real_sign)(void *, camseal_sign_job *);
static unsigned waits;

static camseal_status slow_sign(void *user, camseal_sign_job *job)
{
    if (job->scratch[3]++ < 3) {
        waits++;
        return CAMSEAL_PENDING;
    }
    job->scratch[3] = 0;
    return real_sign(user, job);
}

static void slow_requester_signer(void **state)
{
    (void)state;
    uint8_t session;
    slow = *camseal_openssl();
    assert_true(slow.n_signs <= 16);
    for (size_t i = 0; i < slow.n_signs; i++) {
        slow_signs[i] = slow.signs[i];
        if (slow.signs[i].id != req_pki.sign)
            continue;
        real_sign = slow_signs[i].sign;
        slow_signs[i].sign = slow_sign;
    }
    slow.signs = slow_signs;
    for (unsigned clear = CAMSEAL_SPDM_REFUSE; clear <= CAMSEAL_SPDM_ALLOW; clear++) {
        prepare(0x13);
        policy.clear_handshake = (uint8_t)clear;
        authenticator.challenge = true;
        p.req_config.challenge = true;
        p.req_config.crypto = &slow;
        waits = 0;
        pair_start(&p);
        expect_ok(pair_connect(&p), "connect");
        assert_int_equal(waits, 3);
        expect_ok(pair_session(&p, &session), "session");
        assert_int_equal(waits, 6);
        use_session(session);
        pair_stop(&p);
    }
}

/* ---- errands -----------------------------------------------------------------------------------
 */

static struct {
    unsigned calls;
    camseal_status status;
    uint8_t info[32];
    size_t info_len;
} outcome;

static void done(void *user, camseal_status status, camseal_span info)
{
    (void)user;
    outcome.calls++;
    outcome.status = status;
    outcome.info_len = info.len;
    if (info.len)
        memcpy(outcome.info, info.data, info.len);
}

static camseal_status poll(uint8_t session, uint16_t *answered)
{
    camseal_status status = camseal_spdm_begin_poll(p.req, session, answered);
    return status == CAMSEAL_OK ? pair_run(&p) : status;
}

static uint8_t established(uint8_t version)
{
    uint8_t session;
    memset(&outcome, 0, sizeof outcome);
    prepare(version);
    return pair_start(&p), expect_ok(pair_connect(&p), "connect"),
           expect_ok(pair_session(&p, &session), "session"), session;
}

static void nothing_to_ask(void **state)
{
    (void)state;
    for (uint8_t version = 0x12; version <= 0x14; version++) {
        uint16_t answered = 9;
        uint8_t session = established(version);
        expect_ok(poll(session, &answered), "poll");
        assert_int_equal(answered, 0);
        expect_ok(poll(0xFF, &answered), "poll outside");
        use_session(session);
        pair_stop(&p);
    }
}

static void key_update(void **state)
{
    (void)state;
    for (uint8_t version = 0x12; version <= 0x14; version++) {
        uint16_t answered = 0;
        uint8_t session = established(version);
        for (unsigned i = 1; i <= 3; i++) {
            assert_status(camseal_spdm_ask_key_update(p.rsp, session, done, NULL), CAMSEAL_OK);
            assert_status(camseal_spdm_ask_key_update(p.rsp, session, done, NULL), CAMSEAL_E_STATE);
            use_session(session); /* it can wait */
            expect_ok(poll(session, &answered), "poll");
            assert_int_equal(answered, 2);
            assert_int_equal(outcome.calls, i);
            assert_status(outcome.status, CAMSEAL_OK);
            use_session(session);
        }
        expect_ok(pair_end(&p, session), "end");
        pair_stop(&p);
    }
}

/* An errand that waits when a new session authenticates is told so, once. */
static void errand_gives_way(void **state)
{
    (void)state;
    uint8_t first, second;
    memset(&outcome, 0, sizeof outcome);
    prepare(0x13);
    p.req_config.max_sessions = p.rsp_config.max_sessions = 2;
    pair_start(&p);
    expect_ok(pair_connect(&p), "connect");
    expect_ok(pair_session(&p, &first), "session");
    assert_status(camseal_spdm_ask_key_update(p.rsp, first, done, NULL), CAMSEAL_OK);
    expect_ok(pair_session(&p, &second), "second session");
    assert_int_equal(outcome.calls, 1);
    assert_status(outcome.status, CAMSEAL_E_CLOSED);
    assert_status(camseal_spdm_ask_key_update(p.rsp, second, done, NULL), CAMSEAL_OK);
    expect_ok(pair_end(&p, second), "end");
    assert_int_equal(outcome.calls, 2);
    use_session(first);
    pair_stop(&p);
}

static camseal_status take_event(void *user, uint8_t session, uint32_t count, camseal_span events)
{
    (void)session;
    *(unsigned *)user += count;
    return events.len == 15u * count ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

/* One group of the DMTF: version 1, three types. */
static const uint8_t groups[] = {0, 0, 3, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0};
static struct {
    unsigned subscriptions, events;
    uint8_t groups;
    bool slow;
} service;

static camseal_status take_subscription(void *user, uint8_t session, uint8_t n, camseal_span list)
{
    (void)user, (void)session;
    service.slow = !service.slow;
    if (service.slow)
        return CAMSEAL_PENDING;
    service.subscriptions++;
    service.groups = n;
    return list.len == (n ? sizeof groups : 0) ? CAMSEAL_OK : CAMSEAL_E_NOT_FOUND;
}

static camseal_status take_peer_event(void *user, uint8_t session, uint32_t count,
                                      camseal_span list)
{
    (void)user, (void)session, (void)list;
    service.events += count;
    return count == 1 ? CAMSEAL_OK : CAMSEAL_E_STATE;
}

static const camseal_spdm_events event_config = {
    1, {groups, sizeof groups}, take_subscription, take_peer_event, NULL};

static void prepare_events(uint8_t version)
{
    prepare(version);
    memset(&service, 0, sizeof service);
    answerer.notifies = true;
    p.rsp_config.events = &event_config;
    p.rsp_config.n_features = 2;
}

static camseal_status subscribe(uint8_t session, uint8_t n, camseal_span list)
{
    camseal_status status = camseal_spdm_begin_subscribe(p.req, session, n, list);
    return status == CAMSEAL_OK ? pair_run(&p) : status;
}

static camseal_status tell_event(uint8_t session, uint32_t count, camseal_span list)
{
    camseal_status status = camseal_spdm_begin_send_event(p.req, session, count, list);
    return status == CAMSEAL_OK ? pair_run(&p) : status;
}

static void subscriptions(void **state)
{
    (void)state;
    static const uint8_t one[] = {9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0x01};
    uint8_t session, room[64];
    camseal_spdm_event_list list = {{room, sizeof room, 0}, 0};
    for (uint8_t version = 0x13; version <= 0x14; version++) {
        prepare_events(version);
        pair_start(&p);
        expect_ok(pair_connect(&p), "connect");
        assert_status(camseal_spdm_begin_event_types(p.req, 0, &list), CAMSEAL_E_STATE);
        expect_ok(pair_session(&p, &session), "session");
        assert_status(camseal_spdm_begin_event_types(p.req, session, &list), CAMSEAL_OK);
        expect_ok(pair_run(&p), "event types");
        assert_int_equal(list.groups, 1);
        assert_int_equal(list.room.len, sizeof groups);
        assert_memory_equal(room, groups, sizeof groups);
        camseal_span wanted = camseal_span_of(room, list.room.len);
        expect_ok(subscribe(session, 1, wanted), "subscribe");
        expect_ok(subscribe(session, 0, camseal_span_of(NULL, 0)), "unsubscribe");
        assert_int_equal(service.subscriptions, 2);
        assert_int_equal(service.groups, 0);
        wanted.len--;
        assert_status(subscribe(session, 1, wanted), CAMSEAL_E_ARGUMENT);
        expect_ok(tell_event(session, 1, camseal_span_of(one, sizeof one)), "event");
        assert_int_equal(service.events, 1);
        /* A count that does not fit, a refusal: the session goes on. */
        assert_status(tell_event(session, 2, camseal_span_of(one, sizeof one)),
                      CAMSEAL_E_PEER_ERROR);
        assert_status(tell_event(session, 1, camseal_span_of(one, sizeof one - 1)),
                      CAMSEAL_E_PEER_ERROR);
        assert_int_equal(service.events, 1);
        use_session(session);
        pair_stop(&p);
    }
    prepare_events(0x12);
    pair_start(&p);
    expect_ok(pair_connect(&p), "connect");
    expect_ok(pair_session(&p, &session), "session");
    assert_status(camseal_spdm_begin_event_types(p.req, session, &list), CAMSEAL_E_NEGOTIATION);
    assert_status(tell_event(session, 1, camseal_span_of(one, sizeof one)), CAMSEAL_E_NEGOTIATION);
    pair_stop(&p);
}

static void events(void **state)
{
    (void)state;
    static const uint8_t two[] = {
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0x0F, /* slots changed */
        2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0x01};
    static unsigned taken;
    uint16_t answered;
    for (unsigned listens = 0; listens < 2; listens++) {
        uint8_t session;
        memset(&outcome, 0, sizeof outcome);
        prepare_events(0x13);
        answerer.event = listens ? take_event : NULL;
        answerer.user = &taken;
        pair_start(&p);
        expect_ok(pair_connect(&p), "connect");
        expect_ok(pair_session(&p, &session), "session");
        camseal_span list = camseal_span_of(two, sizeof two);
        assert_status(camseal_spdm_ask_event(p.rsp, session, 2, list, done, NULL), CAMSEAL_OK);
        expect_ok(poll(session, &answered), "poll");
        assert_int_equal(answered, 1);
        assert_int_equal(outcome.calls, 1);
        assert_status(outcome.status, listens ? CAMSEAL_OK : CAMSEAL_E_PEER_ERROR);
        assert_int_equal(taken, listens ? 2 : 0);
        use_session(session); /* a refusal harms nobody */
        pair_stop(&p);
    }
}

static void endpoint_info(void **state)
{
    (void)state;
    static const uint8_t info[] = {1, 0, 0, 0, 7, 0, 0, 1, 3, 0x12, 0x34, 0x56};
    for (unsigned sign = 0; sign < 2; sign++) {
        uint8_t session;
        uint16_t answered;
        memset(&outcome, 0, sizeof outcome);
        prepare(0x13);
        answerer.endpoint_info = camseal_span_of(info, sizeof info);
        pair_start(&p);
        expect_ok(pair_connect(&p), "connect");
        expect_ok(pair_session(&p, &session), "session");
        assert_status(camseal_spdm_ask_endpoint_info(p.rsp, session, sign, done, NULL), CAMSEAL_OK);
        expect_ok(poll(session, &answered), "poll");
        assert_int_equal(answered, 1);
        assert_status(outcome.status, CAMSEAL_OK);
        assert_int_equal(outcome.info_len, sizeof info);
        assert_memory_equal(outcome.info, info, sizeof info);
        use_session(session);
        pair_stop(&p);
    }
}

int main(void)
{
    test_pki_make(&rsp_pki, TEST_PKI_P256, TEST_PKI_GOOD);
    test_pki_make(&req_pki, TEST_PKI_P384, TEST_PKI_REQUESTER);
    test_pki_make(&stranger, TEST_PKI_P384, TEST_PKI_REQUESTER);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_flows),
        cmocka_unit_test(other_root),
        cmocka_unit_test(requester_chains),
        cmocka_unit_test(pin_and_owner),
        cmocka_unit_test(challenge_by_a_stranger),
        cmocka_unit_test(policies),
        cmocka_unit_test(signatures_of_its_keys),
        cmocka_unit_test(changed_messages),
        cmocka_unit_test(nothing_else_in_a_flow),
        cmocka_unit_test(slow_requester_signer),
        cmocka_unit_test(nothing_to_ask),
        cmocka_unit_test(key_update),
        cmocka_unit_test(errand_gives_way),
        cmocka_unit_test(subscriptions),
        cmocka_unit_test(events),
        cmocka_unit_test(endpoint_info),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_pki_free(&rsp_pki);
    test_pki_free(&req_pki);
    test_pki_free(&stranger);
    return failed;
}
