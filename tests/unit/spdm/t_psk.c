/* Sessions from a pre-shared key: byte for byte those of another implementation, between our two
 * engines in every version, and what neither side may accept. */
#include "test.h"

#include "camseal/spdm_measurements.h"
#include "camseal/spdm_psk.h"
#include "spdm/requester.h"
#include "spdm/responder.h"
#include "spdm_pair.h"
#include "spdm_toy.h"
#include "vectors.h"

static struct pair p;
static struct pair_message answer;
static camseal_spdm_identity identity;
static camseal_spdm_policy policy;
static camseal_crypto scripted_crypto;
static camseal_trace trace;

static const uint8_t psk[] = "TestPskData", hint[] = "TestPskHint", other_psk[] = "OtherPskKey";
enum { PSK = sizeof psk, HINT = sizeof hint };

static const uint8_t firmware[] = "firmware";
static const camseal_spdm_measurement blocks[] = {
    {1, CAMSEAL_SPDM_MEASURE_FIRMWARE, CAMSEAL_SPDM_FORM_EITHER, true, {firmware, 8}}};
static const camseal_spdm_measurer measurer = {.blocks = blocks, .n_blocks = 1};

/* ---- the store of keys ---------------------------------------------------------------------- */

struct store {
    const uint8_t *key;
    unsigned pending, asked;
    bool derives;
    size_t len; /* of what is given; 0: what is right */
};
static struct store req_store, rsp_store;
static camseal_spdm_psk_source req_source, rsp_source;

static camseal_status find_key(void *user, const camseal_spdm_psk_query *query,
                               camseal_spdm_psk_key *out)
{
    struct store *s = user;
    s->asked++;
    if (s->pending) {
        s->pending--;
        return CAMSEAL_PENDING;
    }
    if (query->hint.len != HINT || memcmp(query->hint.data, hint, HINT) != 0)
        return CAMSEAL_E_NOT_FOUND;
    const camseal_crypto *crypto = p.rsp_config.crypto;
    const camseal_hash *hash = camseal_crypto_hash(crypto, query->hash);
    const camseal_span key = camseal_span_of(s->key, PSK);
    memcpy(out->bytes, s->key, PSK);
    out->len = PSK;
    out->derived = s->derives;
    if (s->derives) {
        assert_status(camseal_hkdf_extract(crypto, hash, out->bytes, query->salt, key), CAMSEAL_OK);
        out->len = hash->digest_bytes;
    }
    if (s->len)
        out->len = s->len;
    return CAMSEAL_OK;
}

static uint8_t secrets[32][64];
static char labels[32][16];
static unsigned n_secrets;
static void keep_secret(void *user, const char *label, camseal_span id, camseal_span value)
{
    (void)user;
    (void)id;
    assert_true(n_secrets < 32);
    snprintf(labels[n_secrets], sizeof labels[0], "%s", label);
    memcpy(secrets[n_secrets++], value.data, value.len);
}

static const uint8_t *secret_named(const char *label)
{
    for (unsigned i = 0; i < n_secrets; i++)
        if (strcmp(labels[i], label) == 0)
            return secrets[i];
    fail_msg("no secret %s", label);
    return NULL;
}

static uint8_t sent[4096];
static size_t sent_len;
static void keep_message(void *user, const char *area, bool is_sent, camseal_span bytes)
{
    (void)user;
    (void)area;
    if (!is_sent)
        return;
    memcpy(sent, bytes.data, bytes.len);
    sent_len = bytes.len;
}

static const camseal_spdm_feature *const features[] = {&camseal_spdm_psk_sessions,
                                                       &camseal_spdm_measurements};

static void configure(uint8_t version, bool context)
{
    identity.chain = camseal_span_of(toy_certificate, sizeof toy_certificate);
    identity.sign = CAMSEAL_SIGN_ECDSA_P256;
    memset(&policy, 0, sizeof policy);
    policy.min_version = policy.max_version = version;
    req_store = rsp_store = (struct store){.key = psk};
    req_source = (camseal_spdm_psk_source){find_key, &req_store, !context};
    rsp_source = (camseal_spdm_psk_source){find_key, &rsp_store, !context};
    trace = (camseal_trace){.secret = keep_secret};
    n_secrets = 0;
    pair_config(&p, toy_crypto(1), &camseal_spdm_binding_tcp, identity.chain, &identity, 1);
    p.req_config.policy = p.rsp_config.policy = &policy;
    p.req_config.psk = &req_source;
    p.rsp_config.psk = &rsp_source;
    p.rsp_config.features = features;
    p.rsp_config.n_features = 2;
    p.rsp_config.measurer = &measurer;
    p.rsp_config.heartbeat_s = 8;
    p.req_config.sets = CAMSEAL_SPDM_SET_P256;
    p.req_config.max_sessions = p.rsp_config.max_sessions = 2;
    p.req_config.trace = p.rsp_config.trace = &trace;
    p.req_config.log_secrets = p.rsp_config.log_secrets = true;
}

static void start(uint8_t version, bool context)
{
    configure(version, context);
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
}

static camseal_status psk_session(uint8_t *session)
{
    camseal_status status =
        camseal_spdm_begin_psk_session(p.req, camseal_span_of(hint, HINT), session);
    return status == CAMSEAL_OK ? pair_run(&p) : status;
}

static void use_session(uint8_t session)
{
    uint8_t room[64];
    camseal_buf response = {room, sizeof room, 0};
    assert_status(pair_heartbeat(&p, session), CAMSEAL_OK);
    assert_status(pair_vendor(&p, session, camseal_span_of("abc", 3), &response), CAMSEAL_OK);
    assert_memory_equal(room, "echo: abc", 9);
}

/* ---- the session of another implementation -------------------------------------------------- */

static const uint8_t *script;
static camseal_status scripted(void *user, uint8_t *out, size_t len)
{
    (void)user;
    if (!script) {
        memset(out, 0, len);
        return CAMSEAL_OK;
    }
    memcpy(out, script, len);
    script += len;
    return CAMSEAL_OK;
}

static void assert_bytes(const uint8_t *actual, size_t len, const char *expected)
{
    struct bytes b = hex(expected);
    assert_int_equal(len, b.len);
    assert_memory_equal(actual, b.data, len);
}

/* Their negotiation, as if it had been ours. */
static void adopt(spdm_transcript *t, spdm_shape *shape, spdm_algorithm_set *algorithms)
{
    static const char *const a[] = {psk13_get_version,          psk13_version,
                                    psk13_get_capabilities,     psk13_capabilities,
                                    psk13_negotiate_algorithms, psk13_algorithms};
    const camseal_crypto *crypto = p.rsp_config.crypto;
    camseal_spdm_transcript_reset(t, crypto);
    for (size_t i = 0; i < 6; i++) {
        struct bytes m = hex(a[i]);
        assert_status(camseal_spdm_transcript_vca(t, camseal_span_of(m.data, m.len)), CAMSEAL_OK);
    }
    algorithms->hash = camseal_crypto_hash(crypto, CAMSEAL_HASH_SHA384);
    algorithms->aead = camseal_crypto_aead(crypto, CAMSEAL_AEAD_AES_256_GCM);
    assert_status(camseal_spdm_transcript_settle(t, algorithms->hash), CAMSEAL_OK);
    shape->version = 0x13;
    shape->hash = 48;
}

static void start_scripted(void)
{
    configure(0x13, true);
    policy.min_sm = policy.max_sm = CAMSEAL_SPDM_SM_1_1;
    scripted_crypto = *p.req_config.crypto;
    scripted_crypto.random = scripted;
    script = NULL;
    p.req_config.crypto = p.rsp_config.crypto = &scripted_crypto;
    p.req_config.binding = p.rsp_config.binding = &camseal_spdm_binding_mctp;
    p.req_config.max_message = p.rsp_config.max_message = 0x1200;
    trace.message = keep_message;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK); /* ours, to have everything else in place */
}

static void assert_their_secrets(void)
{
    struct bytes req = hex(psk13_req_data), rsp = hex(psk13_rsp_data), hs = hex(psk13_req_hs);
    assert_memory_equal(secret_named("req_handshake"), hs.data, 48);
    assert_memory_equal(secret_named("req_data"), req.data, 48);
    assert_memory_equal(secret_named("rsp_data"), rsp.data, 48);
}

static void their_requester_is_ours(void **state)
{
    (void)state;
    uint8_t session, out[5000];
    start_scripted();
    adopt(&p.req->transcript, &p.req->shape, &p.req->algorithms);
    p.req->peer_flags = 0x00006ad6;
    p.req->peer_limit = 0x1200;
    struct bytes exchange = hex(psk13_psk_exchange), rsp = hex(psk13_psk_exchange_rsp);
    struct bytes finish_rsp = hex(psk13_psk_finish_rsp_record);
    script = exchange.data + 12 + HINT; /* the context is what is random */
    assert_status(camseal_spdm_begin_psk_session(p.req, camseal_span_of(hint, HINT), &session),
                  CAMSEAL_OK);
    camseal_step step = {.out = {out, sizeof out, 0}};
    assert_status(camseal_spdm_requester_step(p.req, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_SEND);
    assert_false(step.out_secured);
    assert_bytes(out, step.out.len, psk13_psk_exchange);
    script = NULL;
    step.in = camseal_span_of(rsp.data, rsp.len);
    assert_status(camseal_spdm_requester_step(p.req, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_SEND);
    assert_true(step.out_secured);
    assert_bytes(sent, sent_len, psk13_psk_finish);
    step.in = camseal_span_of(finish_rsp.data + 1, finish_rsp.len - 1);
    step.in_secured = true;
    assert_status(camseal_spdm_requester_step(p.req, &step), CAMSEAL_OK);
    assert_int_equal(step.next, CAMSEAL_NEXT_DONE);
    assert_int_equal(camseal_spdm_requester_info(p.req)->heartbeat_s, 8);
    assert_their_secrets();
    pair_stop(&p);
}

static void their_responder_is_ours(void **state)
{
    (void)state;
    start_scripted();
    adopt(&p.rsp->transcript, &p.rsp->shape, &p.rsp->algorithms);
    p.rsp->peer_flags = 0x000066c6;
    struct bytes exchange = hex(psk13_psk_exchange), rsp = hex(psk13_psk_exchange_rsp);
    struct bytes finish = hex(psk13_psk_finish_record);
    script = rsp.data + 12;
    (void)pair_tell(&p, exchange.data, exchange.len, false, &answer);
    assert_bytes(answer.bytes, answer.len, psk13_psk_exchange_rsp);
    script = NULL;
    (void)pair_tell(&p, finish.data + 1, finish.len - 1, true, &answer);
    assert_true(answer.secured);
    assert_bytes(sent, sent_len, "13670000");
    assert_their_secrets();
    pair_stop(&p);
}

/* ---- between our engines -------------------------------------------------------------------- */

static void sessions_in_every_version(void **state)
{
    (void)state;
    for (uint8_t version = 0x12; version <= 0x14; version++)
        for (unsigned way = 0; way < 16; way++) {
            uint8_t a, b;
            bool context = way & 1;
            configure(version, context);
            rsp_store.derives = way & 2;
            req_store.derives = way & 4;
            if (way & 8)
                p.req_config.summary = CAMSEAL_SPDM_SUMMARY_ALL;
            pair_start(&p);
            assert_status(pair_connect(&p), CAMSEAL_OK);
            rsp_store.pending = way & 8 ? 3 : 0;
            unsigned before = p.index;
            assert_status(psk_session(&a), CAMSEAL_OK);
            assert_int_equal(p.index - before, context ? 4 : 2);
            assert_int_equal(rsp_store.pending, 0);
            use_session(a);
            assert_status(psk_session(&b), CAMSEAL_OK);
            assert_int_not_equal(a, b);
            use_session(b);
            use_session(a);
            assert_status(pair_end(&p, a), CAMSEAL_OK);
            assert_status(pair_session(&p, &a), CAMSEAL_OK); /* one with certificates beside */
            use_session(a);
            use_session(b);
            pair_stop(&p);
        }
}

static void without_certificates(void **state)
{
    (void)state;
    for (uint8_t version = 0x12; version <= 0x14; version++) {
        uint8_t session, other;
        configure(version, true);
        p.req_config.anchors = NULL;
        p.req_config.n_anchors = 0;
        pair_start(&p);
        assert_status(pair_connect(&p), CAMSEAL_OK);
        assert_int_equal(p.index, 6); /* nothing but the negotiation */
        assert_status(camseal_spdm_begin_session(p.req, &other), CAMSEAL_E_STATE);
        assert_status(psk_session(&session), CAMSEAL_OK);
        use_session(session);
        camseal_spdm_measure m = {.operation = CAMSEAL_SPDM_MEASURE_ALL, .sign = true};
        assert_status(camseal_spdm_begin_measurements(p.req, session, &m), CAMSEAL_E_STATE);
        m.sign = false;
        assert_status(camseal_spdm_begin_measurements(p.req, session, &m), CAMSEAL_OK);
        assert_status(pair_run(&p), CAMSEAL_OK);
        assert_int_equal(m.blocks, 1);
        pair_stop(&p);
    }
    configure(0x12, true);
    p.req_config.anchors = NULL;
    p.req_config.n_anchors = 0;
    p.req_config.psk = NULL; /* nothing to trust at all */
    assert_int_equal(camseal_spdm_requester_size(&p.req_config), 0);
}

/* ---- what is refused ------------------------------------------------------------------------ */

static void a_context_is_wanted(void **state)
{
    (void)state;
    uint8_t session;
    configure(0x12, false);
    req_source.without_context = false;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(psk_session(&session), CAMSEAL_E_POLICY);
    pair_stop(&p);

    configure(0x12, false);
    p.rsp_config.n_features = 0;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(psk_session(&session), CAMSEAL_E_NEGOTIATION);
    pair_stop(&p);
}

static void wrong_keys(void **state)
{
    (void)state;
    uint8_t session;
    configure(0x13, true);
    p.rsp_config.max_sessions = 4; /* what a requester gives up stays for a while */
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(camseal_spdm_begin_psk_session(p.req, camseal_span_of("else", 4), &session),
                  CAMSEAL_OK);
    assert_status(pair_run(&p), CAMSEAL_E_PEER_ERROR);
    assert_int_equal(camseal_spdm_requester_failure(p.req)->peer_error, SPDM_ERR_INVALID_REQUEST);
    req_store.key = other_psk;
    assert_status(psk_session(&session), CAMSEAL_E_AUTH);
    req_store.key = psk;
    req_store.pending = 1;
    assert_status(psk_session(&session), CAMSEAL_E_KEY);
    req_store.pending = 0;
    req_store.len = sizeof(((camseal_spdm_psk_key *)0)->bytes) + 1;
    assert_status(psk_session(&session), CAMSEAL_E_KEY);
    assert_int_equal(n_secrets % 2, 0);
    pair_stop(&p);

    start(0x13, true);
    rsp_store.derives = true;
    rsp_store.len = 20; /* not a digest */
    assert_status(psk_session(&session), CAMSEAL_E_PEER_ERROR);
    rsp_store.len = 0;
    assert_status(psk_session(&session), CAMSEAL_OK);
    uint8_t long_hint[CAMSEAL_SPDM_PSK_HINT_MAX + 1] = {0};
    assert_status(camseal_spdm_begin_psk_session(
                      p.req, camseal_span_of(long_hint, sizeof long_hint), &session),
                  CAMSEAL_E_ARGUMENT);
    pair_stop(&p);
}

static void tell(const char *text)
{
    struct bytes m;
    m.len = test_hex(m.data, sizeof m.data, text);
    (void)pair_tell(&p, m.data, m.len, false, &answer);
}

static void assert_refused(const char *name, uint8_t error, uint8_t data)
{
    if (answer.len != 4 || answer.bytes[1] != SPDM_ERROR || answer.bytes[2] != error ||
        answer.bytes[3] != data)
        fail_msg("%s: answered %zu bytes %02x %02x %02x", name, answer.len, answer.bytes[1],
                 answer.bytes[2], answer.bytes[3]);
}

#define HINT_HEX    "5465737450736b48696e7400"
#define CONTEXT_HEX "00112233445566778899aabbccddeeff"
#define OPAQUE_HEX  "01000000000005000101010011000000"

static void illegal_requests(void **state)
{
    (void)state;
    static const struct {
        const char *name, *request;
    } rows[] = {
        {"header only", "13e60000"},
        {"no lengths", "13e60000ffff"},
        {"summary type 2", "13e60200ffff0c0010001000" HINT_HEX CONTEXT_HEX OPAQUE_HEX},
        {"hint beyond the end", "13e60000ffffffff10001000" HINT_HEX CONTEXT_HEX OPAQUE_HEX},
        {"context beyond the end", "13e60000ffff0c00ffff1000" HINT_HEX CONTEXT_HEX OPAQUE_HEX},
        {"opaque beyond the end", "13e60000ffff0c0010001100" HINT_HEX CONTEXT_HEX OPAQUE_HEX},
        {"all lengths at the top", "13e60000ffffffffffffffff" HINT_HEX CONTEXT_HEX OPAQUE_HEX},
        {"tail", "13e60000ffff0c0010001000" HINT_HEX CONTEXT_HEX OPAQUE_HEX "00"},
        {"no context", "13e60000ffff0c0000001000" HINT_HEX OPAQUE_HEX},
        {"no hint", "13e60000ffff000010001000" CONTEXT_HEX OPAQUE_HEX},
        {"unknown hint", "13e60000ffff0b0010001000"
                         "5465737450736b48696e74" CONTEXT_HEX OPAQUE_HEX},
        {"no opaque", "13e60000ffff0c0010000000" HINT_HEX CONTEXT_HEX},
        {"no common version",
         "13e60000ffff0c0010001000" HINT_HEX CONTEXT_HEX "01000000000005000101010041000000"},
        {"broken opaque",
         "13e60000ffff0c0010001000" HINT_HEX CONTEXT_HEX "02000000000005000101010011000000"},
    };
    start(0x13, true);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tell(rows[i].request);
        assert_refused(rows[i].name, SPDM_ERR_INVALID_REQUEST, 0);
    }
    assert_int_equal(n_secrets, 0);
    for (unsigned i = 0; i < 2; i++) {
        tell(i ? "13e60000feff0c0010001000" HINT_HEX CONTEXT_HEX OPAQUE_HEX
               : "13e60000ffff0c0010001000" HINT_HEX CONTEXT_HEX OPAQUE_HEX);
        assert_int_equal(answer.bytes[1], SPDM_PSK_EXCHANGE_RSP);
        assert_int_equal(answer.len, 12 + 64 + 12 + 32);
    }
    tell("13e60000fdff0c0010001000" HINT_HEX CONTEXT_HEX OPAQUE_HEX);
    assert_refused("a third session", SPDM_ERR_SESSION_LIMIT, 0);
    pair_stop(&p);

    configure(0x13, true);
    p.rsp_config.n_features = 0;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    tell("13e60000ffff0c0010001000" HINT_HEX CONTEXT_HEX OPAQUE_HEX);
    assert_refused("no PSK", SPDM_ERR_UNSUPPORTED, SPDM_PSK_EXCHANGE);
    pair_stop(&p);
}

static size_t patch_at;
static uint8_t patch_by;
static int patch_tail;
static unsigned patch(void *user, struct pair *link, unsigned index, bool to_responder,
                      struct pair_message *m)
{
    (void)user;
    (void)link;
    (void)index;
    if (to_responder || m->secured)
        return 1;
    m->bytes[patch_at] ^= patch_by;
    m->len = (size_t)((int)m->len + patch_tail);
    return 1;
}

static void illegal_responses(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t at;
        uint8_t by;
        int tail;
        camseal_status expected;
    } rows[] = {
        {"cut", 0, 0, -1, CAMSEAL_E_TRUNCATED},
        {"tail", 0, 0, 1, CAMSEAL_E_TRAILING},
        {"other response", 1, 1, 0, CAMSEAL_E_UNEXPECTED},
        {"heartbeat", 2, 1, 0, CAMSEAL_E_AUTH},
        {"session id", 4, 1, 0, CAMSEAL_E_AUTH},
        {"reserved", 6, 1, 0, CAMSEAL_E_AUTH},
        {"context too long", 9, 1, 0, CAMSEAL_E_TRUNCATED},
        {"no context", 8, 64, -64, CAMSEAL_E_FORMAT},
        {"context", 12, 1, 0, CAMSEAL_E_AUTH},
        {"opaque too long", 11, 1, 0, CAMSEAL_E_TRUNCATED},
        {"version not offered", 12 + 64 + 11, 0x50, 0, CAMSEAL_E_POLICY},
        {"no selection", 12 + 64 + 8, 3, 0, CAMSEAL_E_FORMAT},
        {"verify data", 12 + 64 + 12, 1, 0, CAMSEAL_E_AUTH},
        {"last of verify data", 12 + 64 + 12 + 31, 0x80, 0, CAMSEAL_E_AUTH},
    };
    start(0x13, true);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t session;
        patch_at = rows[i].at;
        patch_by = rows[i].by;
        patch_tail = rows[i].tail;
        p.hook = patch;
        p.head = p.tail = 0;
        camseal_status status = psk_session(&session);
        if (strcmp(camseal_status_name(status), camseal_status_name(rows[i].expected)) != 0)
            fail_msg("%s: %s", rows[i].name, camseal_status_name(status));
        p.hook = NULL;
        assert_status(pair_connect(&p), CAMSEAL_OK);
        n_secrets = 0;
    }
    pair_stop(&p);
}

/* ---- every end of every beginning ----------------------------------------------------------- */

enum begin { NO_SESSION, KEY_EXCHANGE, KEY_EXCHANGE_CLEAR, PSK_CONTEXT, PSK_ALONE, BEGINS };
enum end { FINISH_IN, FINISH_OUT, PSK_FINISH_IN, PSK_FINISH_OUT, ENDS };
enum {
    DONE = 0,
    SESSION = SPDM_ERR_SESSION_REQUIRED,
    UNEXPECTED = SPDM_ERR_UNEXPECTED,
    NONE = 0xEE
};

static const uint8_t outcomes[BEGINS][ENDS] = {
    [NO_SESSION] = {NONE, SESSION, NONE, SESSION},
    [KEY_EXCHANGE] = {DONE, SESSION, UNEXPECTED, SESSION},
    [KEY_EXCHANGE_CLEAR] = {UNEXPECTED, DONE, UNEXPECTED, SESSION},
    [PSK_CONTEXT] = {UNEXPECTED, SESSION, DONE, SESSION},
    [PSK_ALONE] = {UNEXPECTED, SESSION, UNEXPECTED, SESSION},
};

static uint8_t finish[256];
static size_t finish_len;

/* Runs up to where the requester would send its FINISH or PSK_FINISH, which is kept in clear. */
static void begin_only(enum begin begin)
{
    static struct pair_message out;
    uint8_t session;
    finish_len = 0;
    if (begin == NO_SESSION)
        return;
    if (begin == KEY_EXCHANGE || begin == KEY_EXCHANGE_CLEAR)
        assert_status(camseal_spdm_begin_session(p.req, &session), CAMSEAL_OK);
    else
        assert_status(camseal_spdm_begin_psk_session(p.req, camseal_span_of(hint, HINT), &session),
                      CAMSEAL_OK);
    camseal_step step = {.out = {out.bytes, sizeof out.bytes, 0}, .now_us = p.now_us};
    assert_status(camseal_spdm_requester_step(p.req, &step), CAMSEAL_OK);
    (void)pair_tell(&p, out.bytes, step.out.len, false, &answer);
    step.in = camseal_span_of(answer.bytes, answer.len);
    sent_len = 0;
    assert_status(camseal_spdm_requester_step(p.req, &step), CAMSEAL_OK);
    if (step.next != CAMSEAL_NEXT_SEND)
        return;
    memcpy(finish, sent, sent_len);
    finish_len = sent_len;
}

/* The same message with another code, in clear or under the present keys; returns the error. */
static uint8_t end_with(enum end end)
{
    uint8_t message[512] = {0x13, end <= FINISH_OUT ? SPDM_FINISH : SPDM_PSK_FINISH};
    size_t n = finish_len ? finish_len : 36;
    if (finish_len)
        memcpy(message + 4, finish + 4, finish_len - 4);
    bool inside = end == FINISH_IN || end == PSK_FINISH_IN;
    spdm_session *s = &p.req->sessions[0], *other = &p.rsp->sessions[0];
    const spdm_record rec = {p.req_config.crypto, p.req->algorithms.aead, p.req_config.binding,
                             s->id, 0};
    spdm_keys keys = other->keys[SPDM_DIR_REQ], back;
    back = other->keys[SPDM_DIR_RSP];
    if (inside) {
        size_t lead = camseal_spdm_record_lead(rec.binding);
        camseal_buf buf = {message, sizeof message, n};
        memmove(message + lead, message, n);
        assert_status(camseal_spdm_record_seal(&rec, &keys, &buf, n), CAMSEAL_OK);
        n = buf.len;
    }
    (void)pair_tell(&p, message, n, inside, &answer);
    camseal_span plain = camseal_span_of(answer.bytes, answer.len);
    uint8_t room[512];
    if (inside)
        assert_status(camseal_spdm_record_open(&rec, &back, plain,
                                               camseal_mspan_of(room, sizeof room), &plain),
                      CAMSEAL_OK);
    if (plain.data[1] != SPDM_ERROR)
        return DONE;
    return plain.data[2];
}

static void each_end_of_each_beginning(void **state)
{
    (void)state;
    for (unsigned b = 0; b < BEGINS; b++)
        for (unsigned e = 0; e < ENDS; e++) {
            if (outcomes[b][e] == NONE)
                continue;
            configure(0x13, b != PSK_ALONE);
            trace.message = keep_message;
            if (b == KEY_EXCHANGE_CLEAR)
                policy.clear_handshake = CAMSEAL_SPDM_ALLOW;
            pair_start(&p);
            assert_status(pair_connect(&p), CAMSEAL_OK);
            begin_only((enum begin)b);
            uint8_t outcome = end_with((enum end)e);
            if (outcome != outcomes[b][e])
                fail_msg("begin %u, end %u: %02x", b, e, outcome);
            /* What was refused did no harm: the right end still works. */
            for (unsigned right = 0; right < ENDS && outcome; right++)
                if (outcomes[b][right] == DONE)
                    assert_int_equal(end_with((enum end)right), DONE);
            /* And in an established session nothing is an end. */
            if (b == KEY_EXCHANGE || b == PSK_CONTEXT) {
                assert_int_equal(end_with(FINISH_IN), UNEXPECTED);
                assert_int_equal(end_with(PSK_FINISH_IN), UNEXPECTED);
            }
            pair_stop(&p);
        }
}

static void a_wrong_finish_ends_the_session(void **state)
{
    (void)state;
    start(0x13, true);
    trace.message = keep_message;
    begin_only(PSK_CONTEXT);
    finish[20] ^= 1;
    assert_int_equal(end_with(PSK_FINISH_IN), SPDM_ERR_DECRYPT);
    assert_int_equal(p.rsp->sessions[0].state, SPDM_SESSION_FREE);
    pair_stop(&p);
}

/* ---- secrets -------------------------------------------------------------------------------- */

static bool holds(const void *memory, size_t len, const uint8_t *value, size_t n)
{
    const uint8_t *m = memory;
    for (size_t i = 0; i + n <= len; i++)
        if (memcmp(m + i, value, n) == 0)
            return true;
    return false;
}

static bool anybody_holds(const uint8_t *value, size_t n)
{
    return holds(p.req_mem, p.req_size, value, n) || holds(p.rsp_mem, p.rsp_size, value, n);
}

static void secrets_are_gone(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 4; way++) {
        uint8_t session;
        uint8_t salt[32], extracted[32];
        start(0x13, way & 1);
        assert_status(psk_session(&session), CAMSEAL_OK);
        memset(salt, 0xFF, sizeof salt);
        assert_status(
            camseal_hkdf_extract(p.req_config.crypto,
                                 camseal_crypto_hash(p.req_config.crypto, CAMSEAL_HASH_SHA256),
                                 extracted, camseal_span_of(salt, 32), camseal_span_of(psk, PSK)),
            CAMSEAL_OK);
        assert_true(anybody_holds(secret_named("req_data"), 32)); /* the scan works */
        assert_false(anybody_holds(psk, PSK));
        assert_false(anybody_holds(extracted, 16));
        assert_false(anybody_holds(secret_named("req_handshake"), 16));
        if (way & 2) {
            assert_status(pair_end(&p, session), CAMSEAL_OK);
        } else {
            assert_status(pair_connect(&p), CAMSEAL_OK);
        }
        for (unsigned i = 0; i < n_secrets; i++)
            assert_false(anybody_holds(secrets[i], 16));
        pair_stop(&p);
    }
}

/* Whatever call into the provider fails: a named failure, and nothing stays behind. */
static void a_provider_that_fails(void **state)
{
    (void)state;
    uint8_t session;
    start(0x14, true);
    (void)toy_fail_at(SIZE_MAX);
    assert_status(psk_session(&session), CAMSEAL_OK);
    size_t calls = toy_fail_at(SIZE_MAX);
    pair_stop(&p);
    assert_true(calls > 10);
    for (size_t n = 0; n < calls; n++) {
        start(0x14, true);
        (void)toy_fail_at(n);
        p.rsp_may_fail = true;
        camseal_status status = psk_session(&session);
        (void)toy_fail_at(SIZE_MAX);
        if (status >= 0)
            fail_msg("call %zu failed unnoticed", n);
        p.head = p.tail = 0;
        assert_status(pair_connect(&p), CAMSEAL_OK);
        for (unsigned i = 0; i < n_secrets; i++)
            assert_false(anybody_holds(secrets[i], 16));
        pair_stop(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(their_requester_is_ours),
        cmocka_unit_test(their_responder_is_ours),
        cmocka_unit_test(sessions_in_every_version),
        cmocka_unit_test(without_certificates),
        cmocka_unit_test(a_context_is_wanted),
        cmocka_unit_test(wrong_keys),
        cmocka_unit_test(illegal_requests),
        cmocka_unit_test(illegal_responses),
        cmocka_unit_test(each_end_of_each_beginning),
        cmocka_unit_test(a_wrong_finish_ends_the_session),
        cmocka_unit_test(secrets_are_gone),
        cmocka_unit_test(a_provider_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
