/* The requester against responses that lie: each field of each response that it checks, with the
 * failure that it must report; timeouts, Busy and ResponseNotReady. */
#include "test.h"

#include "spdm/msg/msg.h"
#include "spdm_pair.h"
#include "spdm_toy.h"

static struct pair p;
static camseal_spdm_identity identity;

static void start(void)
{
    identity.chain = camseal_span_of(toy_certificate, sizeof toy_certificate);
    identity.sign = CAMSEAL_SIGN_ECDSA_P256;
    pair_config(&p, toy_crypto(1), &camseal_spdm_binding_tcp, identity.chain, &identity, 1);
    p.req_config.challenge = true;
    p.req_config.sets = CAMSEAL_SPDM_SET_P256 | CAMSEAL_SPDM_SET_P384;
    p.rsp_config.sets = CAMSEAL_SPDM_SET_P256;
    p.rsp_config.capabilities = 0x22C6;
}

static camseal_status run(void)
{
    uint8_t session;
    camseal_status status = pair_connect(&p);
    return status == CAMSEAL_OK ? pair_session(&p, &session) : status;
}

/* ---- lies ----------------------------------------------------------------------------------- */

/* Bytes of the response with this code are replaced. */
static const struct lie {
    uint8_t code;
    int at;
    const char *hex;
    camseal_status expected;
    const char *detail; /* part of the sentence; NULL: any */
} lies[] = {
    {SPDM_VERSION, 6, "0011", CAMSEAL_E_VERSION, "policy"},
    {SPDM_VERSION, 6, "0013", CAMSEAL_E_VERSION, "policy"},
    {SPDM_VERSION, 5, "00", CAMSEAL_E_FORMAT, NULL},
    {SPDM_VERSION, 5, "02", CAMSEAL_E_TRUNCATED, NULL},
    {SPDM_VERSION, 0, "12", CAMSEAL_E_VERSION, "version"},
    {SPDM_VERSION, 1, "61", CAMSEAL_E_UNEXPECTED, "not the response"},
    {SPDM_CAPABILITIES, 0, "11", CAMSEAL_E_VERSION, "version"},
    {SPDM_CAPABILITIES, 0, "10", CAMSEAL_E_VERSION, "version"},
    {SPDM_CAPABILITIES, 5, "20", CAMSEAL_E_FORMAT, NULL},
    {SPDM_CAPABILITIES, 8, "c6220000", CAMSEAL_OK, NULL},
    {SPDM_CAPABILITIES, 8, "c4220000", CAMSEAL_E_FORMAT, "identity"},      /* no CERT */
    {SPDM_CAPABILITIES, 8, "c6200000", CAMSEAL_E_FORMAT, "session flags"}, /* no KEY_EX */
    {SPDM_CAPABILITIES, 8, "06000000", CAMSEAL_E_NEGOTIATION, "capability"},
    {SPDM_CAPABILITIES, 8, "c4220100", CAMSEAL_E_NEGOTIATION, "PUB_KEY_ID"},
    {SPDM_CAPABILITIES, 8, "86220000", CAMSEAL_E_NEGOTIATION, "capability"}, /* no ENCRYPT */
    {SPDM_CAPABILITIES, 8, "46220000", CAMSEAL_E_NEGOTIATION, "capability"}, /* no MAC */
    {SPDM_CAPABILITIES, 8, "c2220000", CAMSEAL_E_NEGOTIATION, "capability"}, /* no CHAL */
    {SPDM_CAPABILITIES, 8, "c6020000", CAMSEAL_E_SIGNATURE,
     NULL}, /* no HBEAT: legal, not what was said */
    {SPDM_CAPABILITIES, 8, "de220000", CAMSEAL_E_FORMAT, "MEAS"},
    {SPDM_CAPABILITIES, 8, "e6220000", CAMSEAL_E_FORMAT, "MEAS_FRESH"},
    {SPDM_CAPABILITIES, 8, "c62e0000", CAMSEAL_E_FORMAT, "PSK"},
    {SPDM_CAPABILITIES, 8, "c6220100", CAMSEAL_E_FORMAT, "PUB_KEY_ID"},
    {SPDM_CAPABILITIES, 8, "c6221000", CAMSEAL_E_FORMAT, "CSR"},
    {SPDM_CAPABILITIES, 12, "29000000", CAMSEAL_E_FORMAT, NULL},
    {SPDM_CAPABILITIES, 12, "00000000", CAMSEAL_E_FORMAT, NULL},
    {SPDM_CAPABILITIES, 16, "01100000", CAMSEAL_E_FORMAT, NULL},
    {SPDM_ALGORITHMS, 4, "2f00", CAMSEAL_E_FORMAT, NULL},
    {SPDM_ALGORITHMS, 6, "01", CAMSEAL_E_POLICY, "MeasurementSpecification"},
    {SPDM_ALGORITHMS, 7, "00", CAMSEAL_E_POLICY, "opaque"},
    {SPDM_ALGORITHMS, 7, "01", CAMSEAL_E_POLICY, "opaque"},
    {SPDM_ALGORITHMS, 7, "12", CAMSEAL_E_POLICY, "opaque"},
    {SPDM_ALGORITHMS, 12, "01000000", CAMSEAL_E_POLICY, "BaseAsymSel"},
    {SPDM_ALGORITHMS, 12, "00000000", CAMSEAL_E_POLICY, "BaseAsymSel"},
    {SPDM_ALGORITHMS, 12, "90000000", CAMSEAL_E_POLICY, "BaseAsymSel"},
    {SPDM_ALGORITHMS, 12, "80000000", CAMSEAL_E_POLICY, "one set"},
    {SPDM_ALGORITHMS, 16, "04000000", CAMSEAL_E_POLICY, "BaseHashSel"},
    {SPDM_ALGORITHMS, 16, "00000000", CAMSEAL_E_POLICY, "BaseHashSel"},
    {SPDM_ALGORITHMS, 16, "02000000", CAMSEAL_E_POLICY, "one set"},
    {SPDM_ALGORITHMS, 20, "01000000", CAMSEAL_E_POLICY, "PqcAsymSel"},
    {SPDM_ALGORITHMS, 32, "01", CAMSEAL_E_FORMAT, NULL},
    {SPDM_ALGORITHMS, 36, "04", CAMSEAL_E_FORMAT, NULL},
    {SPDM_ALGORITHMS, 38, "0000", CAMSEAL_E_POLICY, "DHE"},
    {SPDM_ALGORITHMS, 38, "1800", CAMSEAL_E_POLICY, "DHE"},
    {SPDM_ALGORITHMS, 38, "0100", CAMSEAL_E_POLICY, "DHE"},
    {SPDM_ALGORITHMS, 38, "1000", CAMSEAL_E_POLICY, "one set"},
    {SPDM_ALGORITHMS, 42, "0400", CAMSEAL_E_POLICY, "AEAD"},
    {SPDM_ALGORITHMS, 42, "0200", CAMSEAL_E_POLICY, "one set"},
    {SPDM_ALGORITHMS, 46, "0000", CAMSEAL_E_POLICY, "key schedule"},
    {SPDM_DIGESTS, 3, "00", CAMSEAL_E_FORMAT, NULL},
    {SPDM_DIGESTS, 3, "02", CAMSEAL_E_NOT_FOUND, "slot"},
    {SPDM_DIGESTS, 3, "03", CAMSEAL_E_TRUNCATED, NULL},
    {SPDM_DIGESTS, 4, "00", CAMSEAL_E_CERTIFICATE, "DIGESTS"},
    {SPDM_CERTIFICATE, 2, "01", CAMSEAL_E_FORMAT, "slot"},
    {SPDM_CERTIFICATE, 2, "08", CAMSEAL_E_FORMAT, NULL},
    {SPDM_CERTIFICATE, 4, "6300", CAMSEAL_E_TRAILING, NULL},
    {SPDM_CERTIFICATE, 4, "6500", CAMSEAL_E_TRUNCATED, NULL},
    {SPDM_CERTIFICATE, 4, "ffff", CAMSEAL_E_TRUNCATED, NULL},
    {SPDM_CERTIFICATE, 6, "ffff", CAMSEAL_E_SPACE, "max_chain"},
    {SPDM_CERTIFICATE, 6, "0100", CAMSEAL_E_PEER_ERROR,
     "InvalidRequest"}, /* asks for what is not there */
    {SPDM_CERTIFICATE, 8, "63", CAMSEAL_E_CERTIFICATE, "DIGESTS"},
    {SPDM_CERTIFICATE, 12, "00", CAMSEAL_E_CERTIFICATE, "DIGESTS"},
    {SPDM_CHALLENGE_AUTH, 2, "01", CAMSEAL_E_FORMAT, "slot"},
    {SPDM_CHALLENGE_AUTH, 2, "80", CAMSEAL_E_POLICY, "mutual"},
    {SPDM_CHALLENGE_AUTH, 3, "02", CAMSEAL_E_FORMAT, "slot mask"},
    {SPDM_CHALLENGE_AUTH, 3, "00", CAMSEAL_E_FORMAT, "slot mask"},
    {SPDM_CHALLENGE_AUTH, 4, "00", CAMSEAL_E_CERTIFICATE, "CertChainHash"},
    {SPDM_CHALLENGE_AUTH, 36, "00", CAMSEAL_E_SIGNATURE, "signature"},
    {SPDM_CHALLENGE_AUTH, 68, "0100", CAMSEAL_E_TRUNCATED, NULL},
    {SPDM_CHALLENGE_AUTH, 68, "0104", CAMSEAL_E_FORMAT, NULL},
    {SPDM_CHALLENGE_AUTH, 70, "00", CAMSEAL_E_SIGNATURE, "signature"},
    {SPDM_KEY_EXCHANGE_RSP, 2, "05", CAMSEAL_E_SIGNATURE, "signature"}, /* a heartbeat */
    {SPDM_KEY_EXCHANGE_RSP, 4, "0000", CAMSEAL_E_FORMAT, "RspSessionID"},
    {SPDM_KEY_EXCHANGE_RSP, 6, "01", CAMSEAL_E_POLICY, "mutual"},
    {SPDM_KEY_EXCHANGE_RSP, 6, "03", CAMSEAL_E_FORMAT, NULL},
    {SPDM_KEY_EXCHANGE_RSP, 8, "00", CAMSEAL_E_SIGNATURE, "signature"},
    {SPDM_KEY_EXCHANGE_RSP, 41, "00", CAMSEAL_E_SIGNATURE, "signature"},
    {SPDM_KEY_EXCHANGE_RSP, 104, "0b00", CAMSEAL_E_TRAILING, NULL},
    {SPDM_KEY_EXCHANGE_RSP, 104, "0d00", CAMSEAL_E_TRUNCATED, NULL},
    {SPDM_KEY_EXCHANGE_RSP, 106, "00", CAMSEAL_E_FORMAT, "secured-message"},
    {SPDM_KEY_EXCHANGE_RSP, 115, "01", CAMSEAL_E_FORMAT, "secured-message"},
    {SPDM_KEY_EXCHANGE_RSP, 117, "10", CAMSEAL_E_POLICY, "secured-message"}, /* 1.0: not offered */
    {SPDM_KEY_EXCHANGE_RSP, 117, "13", CAMSEAL_E_POLICY, "secured-message"},
    {SPDM_KEY_EXCHANGE_RSP, 117, "11", CAMSEAL_E_SIGNATURE,
     "signature"}, /* a lower one that was offered */
    {SPDM_KEY_EXCHANGE_RSP, 118, "00", CAMSEAL_E_SIGNATURE, "signature"},
    {SPDM_KEY_EXCHANGE_RSP, 182, "00", CAMSEAL_E_AUTH, "ResponderVerifyData"},
    {SPDM_KEY_EXCHANGE_RSP, 213, "00", CAMSEAL_E_AUTH, "ResponderVerifyData"},
};

static const struct lie *lie;
static unsigned told;
static unsigned tell_lie(void *user, struct pair *link, unsigned index, bool to_responder,
                         struct pair_message *m)
{
    (void)user;
    (void)link;
    (void)index;
    if (to_responder || m->secured || m->bytes[1] != lie->code || told)
        return 1;
    told++;
    uint8_t change[64];
    size_t n = test_hex(change, sizeof change, lie->hex);
    assert_true((size_t)lie->at + n <= m->len);
    if (lie->detail && memcmp(m->bytes + lie->at, change, n) == 0)
        change[0] ^= 0x80; /* it happened to be so */
    memcpy(m->bytes + lie->at, change, n);
    return 1;
}

static void lying_responses(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        lie = &lies[i];
        told = 0;
        start();
        p.hook = tell_lie;
        pair_start(&p);
        camseal_status status = run();
        const camseal_spdm_failure *f = camseal_spdm_requester_failure(p.req);
        bool as_expected =
            status == lie->expected && (!lie->detail || strstr(f->detail, lie->detail) != NULL);
        if (!as_expected || !told) {
            print_error("%s @%d %s: %s, %s\n", camseal_spdm_code_name(lie->code), lie->at, lie->hex,
                        camseal_status_name(status), f->detail ? f->detail : "-");
            wrong++;
        }
        pair_stop(&p);
    }
    assert_int_equal(wrong, 0);
}

/* A chain in three portions; the second CERTIFICATE lies about what remains or brings. */
static unsigned portion;
static const struct portion_lie {
    size_t at;
    const char *hex;
    camseal_status expected;
} portions[] = {
    {8, "", CAMSEAL_OK},
    {6, "0000", CAMSEAL_E_FORMAT}, /* remainder 0: an early end */
    {6, "ffff", CAMSEAL_E_FORMAT},
    {6, "ed01", CAMSEAL_E_FORMAT}, /* one more                  */
    {4, "0000ec01", CAMSEAL_E_TRAILING},
    {8, "ff", CAMSEAL_E_CERTIFICATE}, /* another byte in it        */
};
static const struct portion_lie *portion_lie;

static unsigned lie_in_second_portion(void *user, struct pair *link, unsigned index,
                                      bool to_responder, struct pair_message *m)
{
    (void)user;
    (void)link;
    (void)index;
    uint8_t change[4];
    if (!to_responder && !m->secured && m->bytes[1] == SPDM_CERTIFICATE && ++portion == 2)
        memcpy(m->bytes + portion_lie->at, change,
               test_hex(change, sizeof change, portion_lie->hex));
    return 1;
}

static void portions_that_do_not_add_up(void **state)
{
    (void)state;
    static uint8_t big[1464] = {0x30, 0x82, 0x05, 0xB4};
    for (size_t i = 0; i < sizeof portions / sizeof portions[0]; i++) {
        start();
        p.anchor = identity.chain = camseal_span_of(big, sizeof big);
        p.req_config.max_message = 512;
        portion_lie = &portions[i];
        portion = 0;
        p.hook = lie_in_second_portion;
        pair_start(&p);
        assert_status(pair_connect(&p), portions[i].expected);
        if (portions[i].expected == CAMSEAL_OK)
            assert_int_equal(portion, 3);
        pair_stop(&p);
    }
}

/* ---- what the record of a failure says ------------------------------------------------------ */

static void a_downgrade_is_named_with_both_values(void **state)
{
    (void)state;
    static const struct lie weak = {SPDM_ALGORITHMS, 12, "01000000", CAMSEAL_E_POLICY, NULL};
    lie = &weak;
    told = 0;
    start();
    p.hook = tell_lie;
    pair_start(&p);
    assert_status(run(), CAMSEAL_E_POLICY);
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(p.req);
    assert_string_equal(f->message, "ALGORITHMS");
    assert_int_equal(f->expected, 0x90);
    assert_int_equal(f->seen, 0x01);
    pair_stop(&p);
}

/* RequesterContext, 1.3 and later: any byte but the one that was sent, at each place. */
static unsigned context_at, n_contexts;
static uint8_t contexts[2][8];
static unsigned other_context(void *user, struct pair *link, unsigned index, bool to_responder,
                              struct pair_message *m)
{
    (void)user, (void)link, (void)index;
    if (to_responder && m->bytes[1] == SPDM_CHALLENGE)
        memcpy(contexts[n_contexts++ % 2], m->bytes + 36, 8);
    if (!to_responder && m->bytes[1] == SPDM_CHALLENGE_AUTH)
        m->bytes[m->len - 64 - 8 + context_at] ^= 1;
    return 1;
}

static void a_context_that_is_not_ours(void **state)
{
    (void)state;
    for (uint8_t version = 0x13; version <= 0x14; version++) {
        for (context_at = 0; context_at < 8; context_at++) {
            start();
            p.policy.max_version = version;
            p.hook = other_context;
            pair_start(&p);
            assert_status(run(), CAMSEAL_E_FORMAT);
            const camseal_spdm_failure *f = camseal_spdm_requester_failure(p.req);
            assert_non_null(strstr(f->detail, "RequesterContext"));
            assert_status(run(), CAMSEAL_E_FORMAT);
            assert_memory_not_equal(contexts[0], contexts[1], 8); /* drawn each time */
            pair_stop(&p);
        }
    }
}

/* ---- ERROR ---------------------------------------------------------------------------------- */

static struct {
    uint8_t code; /* response that is replaced */
    const char *error;
    unsigned times;
} script;

static unsigned error_hook(void *user, struct pair *link, unsigned index, bool to_responder,
                           struct pair_message *m)
{
    (void)user;
    (void)link;
    (void)index;
    if (to_responder || m->secured || m->bytes[1] != script.code || script.times == 0)
        return 1;
    script.times--;
    m->len = test_hex(m->bytes, sizeof m->bytes, script.error);
    return 1;
}

static camseal_status with_error(uint8_t code, const char *error, unsigned times)
{
    start();
    script.code = code;
    script.error = error;
    script.times = times;
    p.hook = error_hook;
    pair_start(&p);
    return run();
}

static void errors_of_the_peer(void **state)
{
    (void)state;
    static const struct {
        uint8_t code;
        const char *error;
        camseal_status expected;
        uint8_t peer_error;
    } rows[] = {
        {SPDM_VERSION, "107f0500", CAMSEAL_E_PEER_ERROR, 5},
        {SPDM_VERSION, "127f0500", CAMSEAL_E_VERSION, 0},
        {SPDM_CAPABILITIES, "107f4100", CAMSEAL_E_PEER_ERROR, 0x41},
        {SPDM_CAPABILITIES, "127f0100", CAMSEAL_E_PEER_ERROR, 1},
        {SPDM_ALGORITHMS, "127f0100", CAMSEAL_E_PEER_ERROR, 1},
        {SPDM_ALGORITHMS, "107f0100", CAMSEAL_E_VERSION, 0},
        {SPDM_DIGESTS, "127f0400", CAMSEAL_E_PEER_ERROR, 4},
        {SPDM_CERTIFICATE, "127f4300", CAMSEAL_E_PEER_ERROR, 0x43},
        {SPDM_CHALLENGE_AUTH, "127fff04", CAMSEAL_E_PEER_ERROR, 0xFF},
        {SPDM_KEY_EXCHANGE_RSP, "127f0a00", CAMSEAL_E_PEER_ERROR, 0x0A},
        {SPDM_KEY_EXCHANGE_RSP, "127f0600", CAMSEAL_E_PEER_ERROR, 6},
        {SPDM_KEY_EXCHANGE_RSP, "127f", CAMSEAL_E_TRUNCATED, 0},
        {SPDM_DIGESTS, "12", CAMSEAL_E_TRUNCATED, 0},
        /* ResponseNotReady that cannot be */
        {SPDM_ALGORITHMS, "127f42000ae30702", CAMSEAL_E_UNEXPECTED, 0},
        {SPDM_DIGESTS, "127f42000a820702", CAMSEAL_E_FORMAT, 0},
        {SPDM_DIGESTS, "127f42000a810701", CAMSEAL_E_FORMAT, 0},
        {SPDM_DIGESTS, "127f42000a8107", CAMSEAL_E_FORMAT, 0},
        {SPDM_DIGESTS, "127f420020810702", CAMSEAL_E_FORMAT, 0},
        {SPDM_DIGESTS, "127f42001a810702", CAMSEAL_E_TIMEOUT, 0},
        {SPDM_DIGESTS, "127f42001f810702", CAMSEAL_E_TIMEOUT, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        camseal_status status = with_error(rows[i].code, rows[i].error, 1);
        if (status != rows[i].expected)
            fail_msg("%s: %s", rows[i].error, camseal_status_name(status));
        assert_int_equal(camseal_spdm_requester_failure(p.req)->peer_error, rows[i].peer_error);
        pair_stop(&p);
    }
}

static void a_table_that_was_not_asked_for(void **state)
{
    (void)state;
    assert_status(
        with_error(SPDM_ALGORITHMS,
                   "126304003400000200000000100000000100000000000000000000000000000000000000"
                   "02200800032001000420100005200100",
                   1),
        CAMSEAL_E_POLICY);
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(p.req);
    assert_int_equal(f->expected, 1u << 2 | 1u << 3 | 1u << 5);
    assert_int_equal(f->seen, 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5);
    pair_stop(&p);
}

static void busy_is_tried_again(void **state)
{
    (void)state;
    static const uint8_t codes[] = {SPDM_VERSION, SPDM_CERTIFICATE};
    for (size_t i = 0; i < 2; i++) {
        const char *busy = codes[i] == SPDM_VERSION ? "107f0300" : "127f0300";
        /* The responder here did answer: it takes GET_CERTIFICATE for a retry. */
        assert_status(with_error(codes[i], busy, 4), CAMSEAL_OK);
        assert_true(p.now_us >= 400000);
        pair_stop(&p);
        assert_status(with_error(codes[i], busy, 5), CAMSEAL_E_TIMEOUT);
        pair_stop(&p);
    }
}

/* A responder that defers one answer: ResponseNotReady, then the answer for RESPOND_IF_READY. */
static struct pair_message deferred;
static unsigned asked;
static unsigned defer_hook(void *user, struct pair *link, unsigned index, bool to_responder,
                           struct pair_message *m)
{
    const uint8_t *which = user;
    (void)link;
    (void)index;
    if (!to_responder && !m->secured && m->bytes[1] == which[1] && deferred.len == 0) {
        deferred = *m;
        m->len = 8;
        memcpy(m->bytes, "\x12\x7f\x42\x00\x0a", 5);
        m->bytes[5] = which[0];
        m->bytes[6] = 0x77;
        m->bytes[7] = 2;
        return 1;
    }
    if (to_responder && !m->secured && m->bytes[1] == SPDM_RESPOND_IF_READY) {
        asked++;
        assert_int_equal(m->len, 4);
        assert_int_equal(m->bytes[2], which[0]);
        assert_int_equal(m->bytes[3], 0x77);
        link->to_requester[link->tail++ % PAIR_QUEUE] = deferred;
        return 0; /* our responder does not know it */
    }
    return 1;
}

static void a_deferred_answer(void **state)
{
    (void)state;
    static uint8_t pairs[][2] = {{SPDM_GET_DIGESTS, SPDM_DIGESTS},
                                 {SPDM_GET_CERTIFICATE, SPDM_CERTIFICATE},
                                 {SPDM_CHALLENGE, SPDM_CHALLENGE_AUTH},
                                 {SPDM_KEY_EXCHANGE, SPDM_KEY_EXCHANGE_RSP}};
    for (size_t i = 0; i < 4; i++) {
        start();
        deferred.len = 0;
        asked = 0;
        p.hook = defer_hook;
        p.hook_user = pairs[i];
        pair_start(&p);
        assert_status(run(), CAMSEAL_OK);
        assert_int_equal(asked, 1);
        assert_true(p.now_us >= 1024);
        pair_stop(&p);
    }
}

/* One answer is deferred, the next request meets a busy peer: that one is sent again, not asked
 * for. */
static unsigned defer_then_busy(void *user, struct pair *link, unsigned index, bool to_responder,
                                struct pair_message *m)
{
    static uint8_t digests[] = {SPDM_GET_DIGESTS, SPDM_DIGESTS};
    (void)user;
    if (!to_responder && !m->secured && m->bytes[1] == SPDM_CERTIFICATE && script.times) {
        script.times--;
        m->len = test_hex(m->bytes, sizeof m->bytes, "127f0300");
        return 1;
    }
    return defer_hook(digests, link, index, to_responder, m);
}

static void busy_after_a_deferred_answer(void **state)
{
    (void)state;
    start();
    p.req_config.challenge = false; /* our responder answered twice */
    deferred.len = 0;
    asked = 0;
    script.times = 1;
    p.hook = defer_then_busy;
    pair_start(&p);
    assert_status(run(), CAMSEAL_OK);
    assert_int_equal(asked, 1);
    assert_int_equal(script.times, 0);
    pair_stop(&p);
}

/* ---- time ----------------------------------------------------------------------------------- */

static uint8_t silent_code;
static unsigned silence(void *user, struct pair *link, unsigned index, bool to_responder,
                        struct pair_message *m)
{
    (void)user;
    (void)index;
    if (to_responder || m->secured || m->bytes[1] != silent_code)
        return 1;
    link->index = 0x1000;
    return 0;
}

static void timeouts(void **state)
{
    (void)state;
    static const struct {
        uint8_t code, ct;
        uint64_t us;
    } rows[] = {
        {SPDM_VERSION, 20, 300000 + 100000},
        {SPDM_ALGORITHMS, 20, 300000 + 100000},
        {SPDM_CHALLENGE_AUTH, 20, 300000 + 1048576},
        {SPDM_CHALLENGE_AUTH, 10, 300000 + 100000},
        {SPDM_KEY_EXCHANGE_RSP, 31, 300000 + (UINT64_C(1) << 31)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        p.req_config.timeout_us = 300000;
        p.rsp_config.ct_exponent = rows[i].ct;
        silent_code = rows[i].code;
        p.hook = silence;
        p.now_us = 77;
        pair_start(&p);
        assert_status(run(), CAMSEAL_E_TIMEOUT);
        assert_int_equal(p.now_us, 77 + rows[i].us);
        pair_stop(&p);
    }
}

/* ---- protection ----------------------------------------------------------------------------- */

static unsigned secured_seen;
static unsigned unprotect_hook(void *user, struct pair *link, unsigned index, bool to_responder,
                               struct pair_message *m)
{
    (void)link;
    (void)index;
    if (to_responder || !m->secured || secured_seen++ != 1)
        return 1;
    m->secured = false;
    m->len = test_hex(m->bytes, sizeof m->bytes, user);
    return 1;
}

/* Somebody on the way answers in clear inside a session. */
static void clear_answers_in_a_session(void **state)
{
    (void)state;
    static const char *const answers[] = {"127f0300", "127f0500", "127e0000040000000000",
                                          "127f42000afe0702"};
    for (size_t i = 0; i < 4; i++) {
        uint8_t room[64], session;
        camseal_buf response = {room, sizeof room, 0};
        start();
        secured_seen = 0;
        p.hook = unprotect_hook;
        p.hook_user = (void *)(uintptr_t)answers[i];
        pair_start(&p);
        assert_status(pair_connect(&p), CAMSEAL_OK);
        assert_status(pair_session(&p, &session), CAMSEAL_OK);
        assert_status(pair_vendor(&p, session, camseal_span_of("x", 1), &response),
                      CAMSEAL_E_UNEXPECTED);
        assert_int_equal(response.len, 0);
        assert_status(pair_vendor(&p, session, camseal_span_of("x", 1), &response),
                      CAMSEAL_E_STATE);
        pair_stop(&p);
    }
}

/* ---- limits of the caller ------------------------------------------------------------------- */

static void what_does_not_fit(void **state)
{
    (void)state;
    static uint8_t big[5000];
    uint8_t room[10], session;
    camseal_buf response = {room, sizeof room, 0};
    start();
    p.rsp_config.max_message = 512;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    /* longer than the peer takes: said, and the session lives */
    assert_status(pair_vendor(&p, session, camseal_span_of(big, 600), &response), CAMSEAL_E_SPACE);
    assert_status(pair_vendor(&p, session, camseal_span_of(big, 5000), &response),
                  CAMSEAL_E_ARGUMENT);
    /* the answer is longer than the caller's buffer */
    assert_status(pair_vendor(&p, session, camseal_span_of("12345", 5), &response),
                  CAMSEAL_E_SPACE);
    assert_int_equal(response.len, 0);
    assert_status(pair_vendor(&p, session, camseal_span_of("1234", 4), &response), CAMSEAL_OK);
    assert_int_equal(response.len, 10);
    assert_status(pair_vendor(&p, session, camseal_span_of(NULL, 0), &response), CAMSEAL_OK);
    assert_int_equal(response.len, 6);
    pair_stop(&p);
}

static void one_operation_at_a_time(void **state)
{
    (void)state;
    uint8_t session;
    start();
    pair_start(&p);
    assert_status(camseal_spdm_begin_session(p.req, &session), CAMSEAL_E_STATE);
    assert_status(camseal_spdm_begin_connect(p.req), CAMSEAL_OK);
    assert_status(camseal_spdm_begin_connect(p.req), CAMSEAL_E_STATE);
    assert_status(camseal_spdm_begin_session(p.req, &session), CAMSEAL_E_STATE);
    assert_status(pair_run(&p), CAMSEAL_OK);
    assert_status(camseal_spdm_begin_session(p.req, &session), CAMSEAL_OK);
    assert_status(camseal_spdm_begin_heartbeat(p.req, session), CAMSEAL_E_STATE);
    assert_status(pair_run(&p), CAMSEAL_OK);
    assert_status(camseal_spdm_begin_heartbeat(p.req, session), CAMSEAL_E_STATE); /* has none */
    assert_status(camseal_spdm_begin_session(p.req, &session), CAMSEAL_E_SPACE);
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lying_responses),
        cmocka_unit_test(portions_that_do_not_add_up),
        cmocka_unit_test(a_downgrade_is_named_with_both_values),
        cmocka_unit_test(a_context_that_is_not_ours),
        cmocka_unit_test(errors_of_the_peer),
        cmocka_unit_test(a_table_that_was_not_asked_for),
        cmocka_unit_test(busy_is_tried_again),
        cmocka_unit_test(a_deferred_answer),
        cmocka_unit_test(busy_after_a_deferred_answer),
        cmocka_unit_test(timeouts),
        cmocka_unit_test(clear_answers_in_a_session),
        cmocka_unit_test(what_does_not_fit),
        cmocka_unit_test(one_operation_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
