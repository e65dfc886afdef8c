/* Measurements between our two engines: what is asked for comes, series and signatures end where
 * they must, evidence holds; and what neither side may accept. */
#include "test.h"

#include "camseal/spdm_measurements.h"
#include "spdm/msg/msg.h"
#include "spdm/transcript.h"
#include "spdm_pair.h"
#include "spdm_toy.h"

enum { OUTSIDE = 0xFF, ROOM = 3000 };

static struct pair p;
static struct pair_message answer;
static camseal_spdm_identity identity;
static camseal_spdm_policy policy;
static const camseal_spdm_feature *const features[] = {&camseal_spdm_measurements};

/* ---- the device ----------------------------------------------------------------------------- */

static const uint8_t firmware[] = "firmware 1.2.3", mode[16] = {4}, digest32[32] = {0xd1, 2, 3};
static const camseal_spdm_measurement table[] = {
    {1, CAMSEAL_SPDM_MEASURE_ROM, CAMSEAL_SPDM_FORM_DIGEST, true, {digest32, 32}},
    {2, CAMSEAL_SPDM_MEASURE_FIRMWARE, CAMSEAL_SPDM_FORM_EITHER, true, {firmware, 14}},
    {0xFE, CAMSEAL_SPDM_MEASURE_DEVICE_MODE, CAMSEAL_SPDM_FORM_RAW, false, {mode, 16}},
};
enum { DIGEST_BLOCK = 7 + 32, RECORD = 2 * DIGEST_BLOCK + 7 + 16 };

static unsigned pending;
static camseal_spdm_measure_query asked;
static uint32_t generation;
static size_t n_blocks = 3;

static camseal_status slow_block(void *user, const camseal_spdm_measure_query *query, size_t n,
                                 camseal_spdm_measurement *out)
{
    (void)user;
    asked = *query;
    if (n == 1 && pending) {
        pending--;
        return CAMSEAL_PENDING;
    }
    if (n >= n_blocks)
        return CAMSEAL_E_NOT_FOUND;
    *out = table[n];
    return CAMSEAL_OK;
}

static uint32_t get_generation(void *user)
{
    (void)user;
    return generation;
}

static uint8_t log_bytes[ROOM];
static size_t log_len;
static camseal_status log_status;
static camseal_status get_log(void *user, camseal_span *log)
{
    (void)user;
    if (pending) {
        pending--;
        return CAMSEAL_PENDING;
    }
    *log = camseal_span_of(log_bytes, log_len);
    return log_status;
}

static const uint8_t ep_info[] = {1, 0, 0, 0, 7, 0, 0, 1, 3, 0x12, 0x34, 0x56};
static camseal_spdm_measurer measurer;

static void configure(uint8_t version)
{
    identity.chain = camseal_span_of(toy_certificate, sizeof toy_certificate);
    identity.sign = CAMSEAL_SIGN_ECDSA_P256;
    measurer = (camseal_spdm_measurer){
        .blocks = table, .n_blocks = 3, .log = get_log, .endpoint_info = {ep_info, sizeof ep_info}};
    pending = 0;
    generation = 1;
    n_blocks = 3;
    log_status = CAMSEAL_OK;
    memset(&policy, 0, sizeof policy);
    policy.min_version = policy.max_version = version;
    pair_config(&p, toy_crypto(1), &camseal_spdm_binding_tcp, identity.chain, &identity, 1);
    p.req_config.policy = p.rsp_config.policy = &policy;
    p.req_config.sets = CAMSEAL_SPDM_SET_P256;
    p.req_config.max_sessions = p.rsp_config.max_sessions = 2;
    p.rsp_config.heartbeat_s = 10;
    p.rsp_config.features = features;
    p.rsp_config.n_features = 1;
    p.rsp_config.measurer = &measurer;
}

static void start(uint8_t version)
{
    configure(version);
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
}

/* ---- the asker ------------------------------------------------------------------------------ */

static struct {
    camseal_spdm_measurement block;
    uint8_t value[ROOM];
} seen[16];
static unsigned n_seen;

static void see(void *user, const camseal_spdm_measurement *block)
{
    assert_ptr_equal(user, &n_seen);
    assert_true(n_seen < 16);
    seen[n_seen].block = *block;
    memcpy(seen[n_seen].value, block->value.data, block->value.len);
    n_seen++;
}

static uint8_t record[ROOM], evidence[4 * ROOM];
static camseal_buf record_buf, evidence_buf;

static camseal_spdm_measure ask(uint8_t operation, bool sign)
{
    camseal_spdm_measure m;
    memset(&m, 0, sizeof m);
    record_buf = (camseal_buf){record, sizeof record, 0};
    m.operation = operation;
    m.sign = sign;
    m.block = see;
    m.user = &n_seen;
    m.record = &record_buf;
    memcpy(m.context, "context", 8);
    n_seen = 0;
    return m;
}

static camseal_status measure(uint8_t session, camseal_spdm_measure *m)
{
    camseal_status status = camseal_spdm_begin_measurements(p.req, session, m);
    return status == CAMSEAL_OK ? pair_run(&p) : status;
}

static camseal_status measure_simply(uint8_t session, uint8_t operation, bool sign)
{
    camseal_spdm_measure m = ask(operation, sign);
    return measure(session, &m);
}

static unsigned judged;
static void judge_block(void *user, const camseal_spdm_measurement *block)
{
    (void)user;
    (void)block;
    judged++;
}

static camseal_status judge(const uint8_t *nonce)
{
    camseal_spdm_evidence e;
    memset(&e, 0, sizeof e);
    e.crypto = p.req_config.crypto;
    e.anchors = &p.anchor;
    e.n_anchors = 1;
    e.nonce = nonce;
    e.block = judge_block;
    judged = 0;
    return camseal_spdm_check_evidence(&e, camseal_span_of(evidence, evidence_buf.len));
}

static void fresh_evidence(void)
{
    evidence_buf = (camseal_buf){evidence, sizeof evidence, 0};
}

/* ---- what is asked for comes ---------------------------------------------------------------- */

static void assert_all(bool raw)
{
    assert_int_equal(n_seen, 3);
    assert_int_equal(seen[0].block.form, CAMSEAL_SPDM_FORM_DIGEST);
    assert_memory_equal(seen[0].value, digest32, 32);
    assert_int_equal(seen[1].block.index, 2);
    assert_int_equal(seen[1].block.form, raw ? CAMSEAL_SPDM_FORM_RAW : CAMSEAL_SPDM_FORM_DIGEST);
    assert_int_equal(seen[1].block.type, CAMSEAL_SPDM_MEASURE_FIRMWARE);
    if (raw)
        assert_memory_equal(seen[1].value, firmware, 14);
    assert_int_equal(seen[2].block.index, 0xFE);
    assert_int_equal(seen[2].block.form, CAMSEAL_SPDM_FORM_RAW);
    assert_memory_equal(seen[2].value, mode, 16);
}

static void every_way(uint8_t session, bool sign, bool raw, uint8_t version)
{
    camseal_spdm_measure m = ask(CAMSEAL_SPDM_MEASURE_COUNT, sign);
    m.raw = raw;
    assert_status(measure(session, &m), CAMSEAL_OK);
    assert_int_equal(m.total, 3);
    assert_int_equal(m.blocks, 0);
    assert_int_equal(record_buf.len, 0);

    m = ask(CAMSEAL_SPDM_MEASURE_ALL, sign);
    m.raw = raw;
    m.fresh = version > 0x12;
    assert_status(measure(session, &m), CAMSEAL_OK);
    assert_int_equal(m.blocks, 3);
    assert_int_equal(m.total, 0);
    assert_int_equal(m.change, sign ? CAMSEAL_SPDM_UNCHANGED : CAMSEAL_SPDM_CHANGE_UNKNOWN);
    assert_int_equal(record_buf.len, raw ? RECORD - 32 + 14 : RECORD);
    assert_all(raw);

    m = ask(0xFE, sign);
    assert_status(measure(session, &m), CAMSEAL_OK);
    assert_int_equal(m.blocks, 1);
    assert_int_equal(n_seen, 1);
    assert_memory_equal(seen[0].value, mode, 16);
}

static void each_operation_in_each_version(void **state)
{
    (void)state;
    for (uint8_t version = 0x12; version <= 0x14; version++) {
        uint8_t session;
        start(version);
        assert_int_equal(camseal_spdm_requester_info(p.req)->version, version);
        for (unsigned way = 0; way < 4; way++)
            every_way(OUTSIDE, way & 1, way & 2, version);
        assert_status(pair_session(&p, &session), CAMSEAL_OK);
        for (unsigned way = 0; way < 4; way++) {
            every_way(session, way & 1, way & 2, version);
            every_way(OUTSIDE, way & 1, way & 2, version);
        }
        assert_status(pair_end(&p, session), CAMSEAL_OK);
        pair_stop(&p);
    }
}

static void a_slow_device_is_asked_again(void **state)
{
    (void)state;
    for (unsigned signer = 0; signer < 3; signer++) {
        uint8_t session;
        configure(0x13);
        measurer.block = slow_block;
        pair_start(&p);
        toy_delay(signer, 0);
        assert_status(pair_connect(&p), CAMSEAL_OK);
        assert_status(pair_session(&p, &session), CAMSEAL_OK);
        pending = 3;
        camseal_spdm_measure m = ask(CAMSEAL_SPDM_MEASURE_ALL, true);
        m.fresh = true;
        assert_status(measure(session, &m), CAMSEAL_OK);
        assert_all(false);
        assert_int_equal(m.change, CAMSEAL_SPDM_CHANGE_UNKNOWN);
        assert_int_equal(asked.session, 0);
        assert_true(asked.fresh);
        assert_int_equal(asked.hash, CAMSEAL_HASH_SHA256);
        pending = 2;
        assert_status(measure_simply(OUTSIDE, CAMSEAL_SPDM_MEASURE_ALL, true), CAMSEAL_OK);
        assert_int_equal(asked.session, OUTSIDE);
        assert_false(asked.fresh);
        assert_all(false);
        pair_stop(&p);
    }
}

/* ---- series --------------------------------------------------------------------------------- */

/* One signature covers all requests since the last other request. */
static void evidence_of_a_series(void **state)
{
    (void)state;
    for (uint8_t version = 0x12; version <= 0x14; version++)
        for (unsigned inside = 0; inside < 2; inside++) {
            uint8_t session = OUTSIDE;
            uint8_t nonce[32];
            start(version);
            if (inside)
                assert_status(pair_session(&p, &session), CAMSEAL_OK);
            fresh_evidence();
            for (uint8_t i = 0; i < 4; i++) {
                static const uint8_t operations[] = {0, 1, 2, 0xFF};
                camseal_spdm_measure m = ask(operations[i], i == 3);
                memset(nonce, 0x40 + version, sizeof nonce);
                m.nonce = i == 3 ? nonce : NULL;
                m.evidence = &evidence_buf;
                assert_status(measure(session, &m), CAMSEAL_OK);
                assert_status(judge(NULL), i == 3 ? CAMSEAL_OK : CAMSEAL_E_FORMAT);
            }
            assert_int_equal(judged, 5);
            assert_status(judge(nonce), CAMSEAL_OK);
            nonce[31] ^= 1;
            assert_status(judge(nonce), CAMSEAL_E_REPLAY);
            evidence[evidence_buf.len / 2] ^= 1;
            assert_true(judge(NULL) < 0);
            pair_stop(&p);
        }
}

static void evidence_starts_with_its_series(void **state)
{
    (void)state;
    start(0x12);
    assert_status(measure_simply(OUTSIDE, 1, false), CAMSEAL_OK);
    fresh_evidence();
    camseal_spdm_measure m = ask(2, true);
    m.evidence = &evidence_buf;
    assert_status(measure(OUTSIDE, &m), CAMSEAL_E_STATE); /* the first exchange is not in it */
    assert_status(measure_simply(OUTSIDE, 2, true), CAMSEAL_OK);
    assert_status(measure(OUTSIDE, &m), CAMSEAL_OK); /* a new series */
    assert_status(judge(NULL), CAMSEAL_OK);
    assert_int_equal(judged, 1);
    m = ask(2, true); /* a buffer that is too short is no evidence and no harm */
    evidence_buf.capacity = evidence_buf.len - 1;
    m.evidence = &evidence_buf;
    assert_status(measure(OUTSIDE, &m), CAMSEAL_E_SPACE);
    assert_int_equal(evidence_buf.len, 0);
    assert_int_equal(record_buf.len, 0); /* nothing is handed on */
    assert_int_equal(n_seen + m.blocks, 0);
    assert_status(measure_simply(OUTSIDE, 2, true), CAMSEAL_OK);
    pair_stop(&p);
}

/* Series inside and outside, and of two sessions, go on side by side. */
static void series_do_not_mix(void **state)
{
    (void)state;
    uint8_t a, b;
    start(0x13);
    assert_status(pair_session(&p, &a), CAMSEAL_OK);
    assert_status(pair_session(&p, &b), CAMSEAL_OK);
    for (unsigned round = 0; round < 2; round++) {
        assert_status(measure_simply(a, 1, false), CAMSEAL_OK);
        assert_status(measure_simply(OUTSIDE, 2, false), CAMSEAL_OK);
        assert_status(measure_simply(b, 0, false), CAMSEAL_OK);
        assert_status(measure_simply(a, 2, false), CAMSEAL_OK);
        assert_status(measure_simply(OUTSIDE, 0xFF, true), CAMSEAL_OK);
        assert_status(measure_simply(b, 0xFF, true), CAMSEAL_OK);
        assert_status(measure_simply(a, 0xFF, true), CAMSEAL_OK);
    }
    pair_stop(&p);
}

static void other_requests_end_a_series(void **state)
{
    (void)state;
    uint8_t session, other;
    uint8_t room[64];
    camseal_buf response = {room, sizeof room, 0};
    start(0x12);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    assert_status(measure_simply(session, 1, false), CAMSEAL_OK);
    assert_status(pair_heartbeat(&p, session), CAMSEAL_OK);
    fresh_evidence();
    camseal_spdm_measure m = ask(2, false);
    m.evidence = &evidence_buf;
    assert_status(measure(session, &m), CAMSEAL_OK); /* STATE if the series went on */
    assert_status(pair_vendor(&p, session, camseal_span_of("x", 1), &response), CAMSEAL_OK);
    assert_status(measure_simply(session, 2, true), CAMSEAL_OK);
    assert_status(measure_simply(OUTSIDE, 2, false), CAMSEAL_OK);
    assert_status(pair_session(&p, &other), CAMSEAL_OK);
    fresh_evidence();
    m = ask(2, true);
    m.evidence = &evidence_buf;
    assert_status(measure(OUTSIDE, &m), CAMSEAL_OK);
    assert_status(judge(NULL), CAMSEAL_OK);
    assert_int_equal(judged, 1);
    pair_stop(&p);
}

static void an_error_ends_a_series_and_nothing_else(void **state)
{
    (void)state;
    uint8_t session = OUTSIDE;
    start(0x12);
    for (unsigned inside = 0; inside < 2; inside++) {
        assert_status(measure_simply(session, 1, false), CAMSEAL_OK);
        assert_status(measure_simply(session, 99, false), CAMSEAL_E_PEER_ERROR);
        assert_int_equal(camseal_spdm_requester_failure(p.req)->peer_error,
                         SPDM_ERR_INVALID_REQUEST);
        fresh_evidence();
        camseal_spdm_measure m = ask(2, true);
        m.evidence = &evidence_buf;
        assert_status(measure(session, &m), CAMSEAL_OK);
        assert_status(judge(NULL), CAMSEAL_OK);
        if (!inside)
            assert_status(pair_session(&p, &session), CAMSEAL_OK);
    }
    pair_stop(&p);
}

static void changes_are_told(void **state)
{
    (void)state;
    configure(0x12);
    measurer.generation = get_generation;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    camseal_spdm_measure m = ask(1, true);
    assert_status(measure(OUTSIDE, &m), CAMSEAL_OK);
    assert_int_equal(m.change, CAMSEAL_SPDM_UNCHANGED);
    assert_status(measure_simply(OUTSIDE, 1, false), CAMSEAL_OK);
    generation++;
    m = ask(1, true);
    assert_status(measure(OUTSIDE, &m), CAMSEAL_OK);
    assert_int_equal(m.change, CAMSEAL_SPDM_CHANGED);
    m = ask(1, true);
    assert_status(measure(OUTSIDE, &m), CAMSEAL_OK);
    assert_int_equal(m.change, CAMSEAL_SPDM_UNCHANGED);
    pair_stop(&p);
}

/* ---- requests that a responder refuses ------------------------------------------------------ */

static void tell(const char *hex)
{
    uint8_t message[512];
    size_t n = test_hex(message, sizeof message, hex);
    (void)pair_tell(&p, message, n, false, &answer);
}

static void assert_refused(const char *name, uint8_t error, uint8_t data)
{
    if (answer.len != 4 || answer.bytes[1] != SPDM_ERROR || answer.bytes[2] != error ||
        answer.bytes[3] != data)
        fail_msg("%s: answered %02x %02x %02x", name, answer.bytes[1], answer.bytes[2],
                 answer.bytes[3]);
}

#define NONCE "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void illegal_requests(void **state)
{
    (void)state;
    static const struct {
        const char *name, *request;
    } rows[] = {
        {"index without a measurement", "12e00003"},
        {"signed, cut", "12e001ff" NONCE},
        {"signed, without nonce", "12e001ff"},
        {"signed, tail", "12e001ff" NONCE "0000"},
        {"unsigned with a nonce", "12e000ff" NONCE "00"},
        {"empty slot", "12e001ff" NONCE "01"},
        {"slot 8", "12e001ff" NONCE "08"},
        {"provisioned key", "12e001ff" NONCE "0f"},
    };
    start(0x12);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tell(rows[i].request);
        assert_refused(rows[i].name, SPDM_ERR_INVALID_REQUEST, 0);
    }
    tell("13e000ff");
    assert_refused("other version", SPDM_ERR_VERSION, 0);
    tell("12e0fcff"); /* reserved attributes are ignored, here the later NEW too */
    assert_int_equal(answer.bytes[1], SPDM_MEASUREMENTS);
    assert_int_equal(answer.bytes[4], 3);
    tell("12ef000000000000ff000000");
    assert_refused("1.3 request in 1.2", SPDM_ERR_UNSUPPORTED, 0xef);
    tell("1287010001000000" NONCE);
    assert_refused("1.3 request in 1.2", SPDM_ERR_UNSUPPORTED, 0x87);
    pair_stop(&p);
}

static void without_the_capability(void **state)
{
    (void)state;
    configure(0x12);
    measurer.unsigned_only = true;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    tell("12e001ff" NONCE "00");
    assert_refused("signature", SPDM_ERR_INVALID_REQUEST, 0);
    assert_status(measure_simply(OUTSIDE, 1, true), CAMSEAL_E_NEGOTIATION);
    assert_status(measure_simply(OUTSIDE, 1, false), CAMSEAL_OK);
    camseal_spdm_measure m = ask(1, false);
    m.fresh = true;
    assert_status(measure(OUTSIDE, &m), CAMSEAL_E_NEGOTIATION); /* since 1.3 */
    assert_status(measure_simply(7, 1, false), CAMSEAL_E_ARGUMENT);
    assert_status(measure_simply(0, 1, false), CAMSEAL_E_STATE);
    pair_stop(&p);

    configure(0x13);
    p.rsp_config.n_features = 0;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(measure_simply(OUTSIDE, 1, false), CAMSEAL_E_NEGOTIATION);
    tell("13e000ff0000000000000000");
    assert_refused("no measurements", SPDM_ERR_UNSUPPORTED, 0xe0);
    tell("13ef000000000000ff000000");
    assert_refused("no log", SPDM_ERR_UNSUPPORTED, 0xef);
    tell("1387010000000000");
    assert_refused("no endpoint info", SPDM_ERR_UNSUPPORTED, 0x87);
    pair_stop(&p);
}

static void an_illegal_block_is_the_applications_fault(void **state)
{
    (void)state;
    static const camseal_spdm_measurement bad[] = {{.index = 0}};
    configure(0x12);
    measurer.blocks = bad;
    measurer.n_blocks = 1;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(measure_simply(OUTSIDE, 1, false), CAMSEAL_E_PEER_ERROR);
    assert_int_equal(camseal_spdm_requester_failure(p.req)->peer_error, SPDM_ERR_UNSPECIFIED);
    pair_stop(&p);
}

static void what_does_not_fit(void **state)
{
    (void)state;
    static const uint8_t big[700] = {1};
    static const camseal_spdm_measurement blocks[] = {
        {1, CAMSEAL_SPDM_MEASURE_MANIFEST, CAMSEAL_SPDM_FORM_RAW, false, {big, sizeof big}},
        {2, CAMSEAL_SPDM_MEASURE_MANIFEST, CAMSEAL_SPDM_FORM_RAW, false, {big, 8}}};
    uint8_t session;
    configure(0x12);
    policy.chunking = CAMSEAL_SPDM_REFUSE;
    measurer.blocks = blocks;
    measurer.n_blocks = 2;
    p.req_config.max_message = 600;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    assert_status(measure_simply(session, 1, true), CAMSEAL_E_PEER_ERROR);
    assert_int_equal(camseal_spdm_requester_failure(p.req)->peer_error,
                     SPDM_ERR_RESPONSE_TOO_LARGE);
    assert_status(measure_simply(session, 2, true), CAMSEAL_OK);
    camseal_spdm_measure m = ask(2, false);
    record_buf.capacity = 14;
    assert_status(measure(session, &m), CAMSEAL_E_SPACE);
    assert_status(measure_simply(session, 2, true), CAMSEAL_OK); /* the series goes on */
    pair_stop(&p);
}

/* ---- responses that a requester refuses ----------------------------------------------------- */

static size_t patch_at;
static uint8_t patch_by;
static int patch_tail;

static unsigned patch(void *user, struct pair *link, unsigned index, bool to_responder,
                      struct pair_message *m)
{
    (void)user;
    (void)link;
    (void)index;
    if (to_responder)
        return 1;
    m->bytes[patch_at] ^= patch_by;
    m->len = (size_t)((int)m->len + patch_tail);
    return 1;
}

static void illegal_responses(void **state)
{
    (void)state;
    enum { CONTEXT_AT = 8 + DIGEST_BLOCK + 32 + 2, SIGNATURE_AT = CONTEXT_AT + 8 };
    static const struct {
        const char *name;
        size_t at;
        uint8_t by;
        int tail;
        bool sign;
        uint8_t operation;
        camseal_status expected;
    } rows[] = {
        {"other version", 0, 0x01, 0, false, 2, CAMSEAL_E_VERSION},
        {"other response", 1, 0x01, 0, false, 2, CAMSEAL_E_UNEXPECTED},
        {"cut", 0, 0, -1, false, 2, CAMSEAL_E_TRUNCATED},
        {"tail", 0, 0, 1, false, 2, CAMSEAL_E_TRAILING},
        {"two blocks", 4, 3, 0, false, 2, CAMSEAL_E_TRUNCATED},
        {"no block", 4, 1, 0, false, 2, CAMSEAL_E_TRAILING},
        {"record too long", 7, 1, 0, false, 2, CAMSEAL_E_TRUNCATED},
        {"another index", 8, 1, 0, false, 2, CAMSEAL_E_FORMAT},
        {"index 0", 8, 2, 0, false, 2, CAMSEAL_E_FORMAT},
        {"specification", 9, 2, 0, false, 2, CAMSEAL_E_FORMAT},
        {"MeasurementSize", 10, 1, 0, false, 2, CAMSEAL_E_TRUNCATED},
        {"ValueSize", 13, 1, 0, false, 2, CAMSEAL_E_TRUNCATED},
        {"status of an unsigned one", 3, 0x20, 0, false, 2, CAMSEAL_E_FORMAT},
        {"context", CONTEXT_AT, 1, 0, false, 2, CAMSEAL_E_FORMAT},
        {"opaque length", CONTEXT_AT - 1, 0xFF, 0, false, 2, CAMSEAL_E_FORMAT},
        {"other slot", 3, 0x01, 0, true, 2, CAMSEAL_E_FORMAT},
        {"illegal slot", 3, 0x08, 0, true, 2, CAMSEAL_E_FORMAT},
        {"both changed bits", 3, 0x10, 0, true, 2, CAMSEAL_E_FORMAT},
        {"signature", SIGNATURE_AT, 1, 0, true, 2, CAMSEAL_E_SIGNATURE},
        {"nonce", CONTEXT_AT - 3, 1, 0, true, 2, CAMSEAL_E_SIGNATURE},
        {"value", 20, 1, 0, true, 2, CAMSEAL_E_SIGNATURE},
        {"count 0", 2, 3, 0, false, 0, CAMSEAL_E_FORMAT},
        {"count 255", 2, 0xFC, 0, false, 0, CAMSEAL_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start(0x13);
        patch_at = rows[i].at;
        patch_by = rows[i].by;
        patch_tail = rows[i].tail;
        p.hook = patch;
        camseal_spdm_measure m = ask(rows[i].operation, rows[i].sign);
        camseal_status status = measure(OUTSIDE, &m);
        if (strcmp(camseal_status_name(status), camseal_status_name(rows[i].expected)) != 0)
            fail_msg("%s: %s", rows[i].name, camseal_status_name(status));
        assert_int_equal(n_seen, 0);
        assert_int_equal(record_buf.len, 0);
        assert_non_null(camseal_spdm_requester_failure(p.req)->detail);
        p.hook = NULL;
        pair_stop(&p);
    }
}

/* ---- summaries ------------------------------------------------------------------------------ */

static void hash_blocks(camseal_span blocks, uint8_t *digest)
{
    const camseal_crypto *crypto = p.req_config.crypto;
    assert_status(camseal_spdm_hash_of(crypto, camseal_crypto_hash(crypto, CAMSEAL_HASH_SHA256),
                                       blocks, digest),
                  CAMSEAL_OK);
}

static void summaries_are_of_what_is_measured(void **state)
{
    (void)state;
    static const uint8_t types[] = {CAMSEAL_SPDM_SUMMARY_TCB, CAMSEAL_SPDM_SUMMARY_ALL};
    for (uint8_t version = 0x12; version <= 0x14; version++)
        for (unsigned i = 0; i < 4; i++) {
            uint8_t session, expected[32];
            configure(version);
            if (i & 2)
                measurer.block = slow_block;
            p.req_config.challenge = true;
            p.req_config.summary = types[i & 1];
            pair_start(&p);
            pending = 2;
            assert_status(pair_connect(&p), CAMSEAL_OK);
            const camseal_spdm_info *info = camseal_spdm_requester_info(p.req);
            uint8_t first[32];
            memcpy(first, info->measurement_summary, 32);
            pending = 2;
            assert_status(pair_session(&p, &session), CAMSEAL_OK);
            assert_memory_equal(info->measurement_summary, first, 32);
            assert_status(measure_simply(session, CAMSEAL_SPDM_MEASURE_ALL, true), CAMSEAL_OK);
            hash_blocks(camseal_span_of(record, i & 1 ? RECORD : 2 * DIGEST_BLOCK), expected);
            assert_memory_equal(first, expected, 32);
            pair_stop(&p);
        }
    configure(0x12); /* nothing to sum up */
    p.rsp_config.n_features = 0;
    p.req_config.challenge = true;
    p.req_config.summary = CAMSEAL_SPDM_SUMMARY_ALL;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_E_NEGOTIATION);
    pair_stop(&p);
}

/* ---- measurement extension log -------------------------------------------------------------- */

/* A log of n entries with 16-byte values. */
static void make_log(uint32_t n)
{
    enum { ENTRY = 11 + 16 };
    memset(log_bytes, 0, sizeof log_bytes);
    log_bytes[0] = (uint8_t)n;
    log_bytes[4] = (uint8_t)(n * ENTRY);
    log_bytes[5] = (uint8_t)(n * ENTRY >> 8);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *e = log_bytes + 16 + (size_t)i * ENTRY;
        e[0] = (uint8_t)(i + 1);
        e[4] = 2;
        e[8] = 0x81;
        e[9] = 16;
        e[11] = (uint8_t)i;
    }
    log_len = 16 + (size_t)n * ENTRY;
}

static unsigned entries;
static void see_entry(void *user, const camseal_spdm_log_entry *entry)
{
    (void)user;
    entries++;
    assert_int_equal(entry->index, entries);
    assert_int_equal(entry->measurement, 2);
    assert_int_equal(entry->type, CAMSEAL_SPDM_MEASURE_FIRMWARE);
    assert_true(entry->raw);
    assert_int_equal(entry->value.len, 16);
    assert_int_equal(entry->value.data[0], entries - 1);
}

static uint8_t got[ROOM];
static camseal_buf got_buf;

static camseal_status read_log(uint8_t session, size_t capacity)
{
    got_buf = (camseal_buf){got, capacity, 0};
    camseal_status status = camseal_spdm_begin_measurement_log(p.req, session, &got_buf);
    if (status == CAMSEAL_OK)
        status = pair_run(&p);
    assert_true(status == CAMSEAL_OK || got_buf.len == 0); /* no part of a log */
    return status;
}

static void logs_of_every_length(void **state)
{
    (void)state;
    uint8_t session;
    configure(0x13);
    policy.chunking = CAMSEAL_SPDM_REFUSE;
    p.req_config.max_message = 512; /* so that there are portions */
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    assert_status(pair_session(&p, &session), CAMSEAL_OK);
    for (uint32_t n = 0; n < 80; n += 7) {
        make_log(n);
        pending = n == 7 ? 2 : 0;
        assert_status(read_log(n & 1 ? session : OUTSIDE, sizeof got), CAMSEAL_OK);
        assert_int_equal(got_buf.len, log_len);
        assert_memory_equal(got, log_bytes, log_len);
        entries = 0;
        assert_status(
            camseal_spdm_read_measurement_log(camseal_span_of(got, got_buf.len), see_entry, NULL),
            CAMSEAL_OK);
        assert_int_equal(entries, n);
        assert_status(read_log(session, log_len - 1), CAMSEAL_E_SPACE);
        log_len += 5; /* what was written meanwhile is not part of what the head tells */
        assert_status(read_log(session, log_len), CAMSEAL_OK);
        assert_int_equal(got_buf.len, log_len - 5);
    }
    make_log(3);
    log_bytes[0] = 4; /* an entry that is not there */
    assert_status(read_log(session, sizeof got), CAMSEAL_E_FORMAT);
    pair_stop(&p);
}

static void logs_that_are_refused(void **state)
{
    (void)state;
    start(0x13);
    make_log(2);
    tell("13ef000046000000ff000000");
    assert_refused("behind the log", SPDM_ERR_INVALID_REQUEST, 0);
    tell("13ef0000ffffffffffffffff");
    assert_refused("far behind the log", SPDM_ERR_INVALID_REQUEST, 0);
    tell("13ef00000000000000000000");
    assert_refused("nothing", SPDM_ERR_INVALID_REQUEST, 0);
    tell("13ef000000000000ff0000");
    assert_refused("cut", SPDM_ERR_INVALID_REQUEST, 0);
    tell("13ef000045000000ffffffff");
    assert_int_equal(answer.len, 13);
    log_status = CAMSEAL_E_IO;
    assert_status(read_log(OUTSIDE, sizeof got), CAMSEAL_E_PEER_ERROR);
    assert_int_equal(camseal_spdm_requester_failure(p.req)->peer_error, SPDM_ERR_OPERATION_FAILED);
    log_status = CAMSEAL_OK;
    assert_status(read_log(OUTSIDE, sizeof got), CAMSEAL_OK);
    pair_stop(&p);
    start(0x12);
    assert_status(read_log(OUTSIDE, sizeof got), CAMSEAL_E_NEGOTIATION);
    pair_stop(&p);
}

/* ---- endpoint information ------------------------------------------------------------------- */

static camseal_status read_info(uint8_t session, bool sign)
{
    got_buf = (camseal_buf){got, sizeof got, 0};
    camseal_status status = camseal_spdm_begin_endpoint_info(p.req, session, sign, &got_buf);
    return status == CAMSEAL_OK ? pair_run(&p) : status;
}

static void endpoint_information(void **state)
{
    (void)state;
    for (uint8_t version = 0x13; version <= 0x14; version++)
        for (unsigned delay = 0; delay < 2; delay++) {
            uint8_t session;
            start(version);
            assert_status(pair_session(&p, &session), CAMSEAL_OK);
            toy_delay(2 * delay, 0);
            for (unsigned way = 0; way < 4; way++) {
                assert_status(read_info(way & 1 ? session : OUTSIDE, way & 2), CAMSEAL_OK);
                assert_int_equal(got_buf.len, sizeof ep_info);
                assert_memory_equal(got, ep_info, sizeof ep_info);
            }
            pair_stop(&p);
        }
}

static void endpoint_information_refused(void **state)
{
    (void)state;
    start(0x13);
    tell("1387020000000000");
    assert_refused("SubCode 2", SPDM_ERR_INVALID_REQUEST, 0);
    tell("1387010101000000" NONCE);
    assert_refused("empty slot", SPDM_ERR_INVALID_REQUEST, 0);
    tell("1387010801000000" NONCE);
    assert_refused("slot 8", SPDM_ERR_INVALID_REQUEST, 0);
    tell("1387010001000000");
    assert_refused("no nonce", SPDM_ERR_INVALID_REQUEST, 0);
    tell("138701000000000000");
    assert_refused("tail", SPDM_ERR_INVALID_REQUEST, 0);
    p.hook = patch;
    patch_tail = 0;
    patch_at = 8 + 32 + 4 + 9; /* inside EPInfo */
    patch_by = 1;
    assert_status(read_info(OUTSIDE, true), CAMSEAL_E_SIGNATURE);
    p.hook = NULL;
    pair_stop(&p);

    configure(0x13);
    measurer.endpoint_info_unsigned_only = true;
    pair_start(&p);
    assert_status(pair_connect(&p), CAMSEAL_OK);
    tell("1387010001000000" NONCE);
    assert_refused("signature", SPDM_ERR_INVALID_REQUEST, 0);
    assert_status(read_info(OUTSIDE, true), CAMSEAL_E_NEGOTIATION);
    assert_status(read_info(OUTSIDE, false), CAMSEAL_OK);
    p.hook = patch;
    patch_at = 12 + 4; /* the length of an element */
    patch_by = 1;
    assert_status(read_info(OUTSIDE, false), CAMSEAL_E_FORMAT);
    p.hook = NULL;
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_operation_in_each_version),
        cmocka_unit_test(a_slow_device_is_asked_again),
        cmocka_unit_test(evidence_of_a_series),
        cmocka_unit_test(evidence_starts_with_its_series),
        cmocka_unit_test(series_do_not_mix),
        cmocka_unit_test(other_requests_end_a_series),
        cmocka_unit_test(an_error_ends_a_series_and_nothing_else),
        cmocka_unit_test(changes_are_told),
        cmocka_unit_test(illegal_requests),
        cmocka_unit_test(without_the_capability),
        cmocka_unit_test(an_illegal_block_is_the_applications_fault),
        cmocka_unit_test(what_does_not_fit),
        cmocka_unit_test(illegal_responses),
        cmocka_unit_test(summaries_are_of_what_is_measured),
        cmocka_unit_test(logs_of_every_length),
        cmocka_unit_test(logs_that_are_refused),
        cmocka_unit_test(endpoint_information),
        cmocka_unit_test(endpoint_information_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
