/* Passive check of real sessions of another implementation: our codecs, transcripts, key schedule
 * and records read a capture and must come to every value that its requester logged. The captures
 * are not part of the repository; without them this is skipped. */
#include "test.h"

#include <jansson.h>

#include "base/load.h"
#include "camseal/openssl.h"
#include "spdm/cert.h"
#include "spdm/msg/algorithms.h"
#include "spdm/msg/capabilities.h"
#include "spdm/msg/certificate.h"
#include "spdm/msg/challenge.h"
#include "spdm/msg/digests.h"
#include "spdm/msg/finish.h"
#include "spdm/msg/key_exchange.h"
#include "spdm/msg/measurements.h"
#include "spdm/msg/opaque.h"
#include "spdm/msg/version.h"
#include "spdm/negotiate.h"
#include "spdm/session.h"
#include "spdm/signing.h"

#define FOLDER CAMSEAL_SOURCE_DIR "/../shared/captures/spdm/"

enum { MESSAGES_MAX = 64, MESSAGE_MAX = 2048, LABELS_MAX = 32 };

static struct {
    uint8_t bytes[MESSAGE_MAX];
    size_t len;
} packets[MESSAGES_MAX];
static size_t n_packets;

/* ---- the log: each label's values in order -------------------------------------------------- */

static json_t *log_root;
static struct {
    char label[40];
    size_t seen;
} cursors[LABELS_MAX];
static size_t checked;

static size_t *cursor_of(const char *label)
{
    size_t i = 0;
    while (cursors[i].label[0] && strcmp(cursors[i].label, label) != 0)
        i++;
    assert_true(i < LABELS_MAX);
    snprintf(cursors[i].label, sizeof cursors[i].label, "%s", label);
    return &cursors[i].seen;
}

/* The next logged value of a label. */
static size_t next_logged(const char *label, uint8_t *out, size_t capacity)
{
    json_t *log = json_object_get(log_root, "requester_log");
    size_t *seen = cursor_of(label), n = 0;
    for (size_t i = 0; i < json_array_size(log); i++) {
        json_t *row = json_array_get(log, i);
        if (strcmp(json_string_value(json_array_get(row, 0)), label) != 0 || n++ != *seen)
            continue;
        ++*seen;
        return test_hex(out, capacity, json_string_value(json_array_get(row, 1)));
    }
    fail_msg("the log has no further %s", label);
    return 0;
}

static void expect(const char *label, const uint8_t *value, size_t len)
{
    uint8_t logged[128];
    size_t n = next_logged(label, logged, sizeof logged);
    if (n != len || memcmp(logged, value, n) != 0)
        fail_msg("%s differs", label);
    checked++;
}

/* ---- the session as a passive reader sees it ------------------------------------------------ */

static const camseal_crypto *crypto;
static const char *folder; /* of the identities */
static spdm_transcript t;
static spdm_shape shape;
static spdm_algorithm_set alg;
static spdm_session session;
static spdm_run l1; /* of the measurements outside, then inside the session */
static uint8_t chain[4096], chain_hash[64];
static size_t chain_len;
static camseal_span leaf_spki;
static bool clear, kex_summary;
static uint32_t req_flags;
static uint8_t key_update;
static size_t signatures, records;

static spdm_schedule schedule(void)
{
    spdm_schedule k = {crypto, alg.hash, alg.aead, shape.version};
    return k;
}

static void check_signature(spdm_purpose purpose, const uint8_t *digest, camseal_span signature)
{
    uint8_t out[SPDM_SIGNED_MAX];
    camseal_span message = camseal_spdm_signed_message(out, shape.version, purpose,
                                                       camseal_span_of(digest, shape.hash));
    assert_status(alg.sign->verify(crypto->user, alg.hash->id, leaf_spki, message, signature),
                  CAMSEAL_OK);
    signatures++;
}

static void expect_digest(const char *label, const spdm_run *run, uint8_t *digest)
{
    assert_status(camseal_spdm_run_peek(&t, run, digest), CAMSEAL_OK);
    expect(label, digest, shape.hash);
}

static void add(spdm_run *run, camseal_span bytes)
{
    assert_status(camseal_spdm_run_add(&t, run, bytes), CAMSEAL_OK);
}

static camseal_span but_last(camseal_span m, size_t n)
{
    return camseal_span_of(m.data, m.len - n);
}

/* Encoding the view of a message gives the message. */
static void assert_same(const camseal_writer *w, camseal_span m)
{
    assert_status(camseal_writer_end(w), CAMSEAL_OK);
    assert_int_equal(w->len, m.len);
    assert_memory_equal(w->start, m.data, m.len);
}

static uint8_t again[4096];
static camseal_writer writer(void)
{
    return camseal_writer_of(again, sizeof again);
}

static void read_vca(const spdm_header *h, camseal_span m)
{
    static spdm_algorithms offer;
    const spdm_selector by = {
        .signs = true, .exchanges = true, .protects = true, .req_multi_key = true};
    spdm_algorithm_ids ids;
    spdm_mismatch why;
    camseal_reader r = camseal_reader_of(m);
    camseal_writer w = writer();
    spdm_version_rsp version;
    spdm_capabilities caps;
    spdm_algorithms a;
    assert_status(camseal_spdm_transcript_vca(&t, m), CAMSEAL_OK);
    switch (h->code) {
    case SPDM_GET_VERSION:
        return;
    case SPDM_VERSION:
        assert_status(camseal_spdm_read_version(&r, &version), CAMSEAL_OK);
        camseal_spdm_write_version(&w, &version);
        break;
    case SPDM_GET_CAPABILITIES:
    case SPDM_CAPABILITIES:
        shape.version = h->version;
        assert_status(camseal_spdm_read_capabilities(&r, &caps), CAMSEAL_OK);
        camseal_spdm_write_capabilities(&w, h->version, h->code, &caps);
        if (h->code == SPDM_GET_CAPABILITIES) {
            assert_null(camseal_spdm_requester_flags_fault(h->version, caps.flags));
            req_flags = caps.flags;
        } else {
            assert_null(camseal_spdm_responder_flags_fault(h->version, caps.flags));
            clear = (req_flags & caps.flags & SPDM_CAP_HANDSHAKE_CLEAR) != 0;
        }
        break;
    case SPDM_NEGOTIATE_ALGORITHMS:
        assert_status(camseal_spdm_read_algorithms_req(&r, h->version, &a), CAMSEAL_OK);
        camseal_spdm_write_algorithms_req(&w, h->version, &a);
        offer = a;
        break;
    default:
        assert_status(camseal_spdm_read_algorithms_rsp(&r, h->version, &a), CAMSEAL_OK);
        camseal_spdm_write_algorithms_rsp(&w, h->version, &a);
        assert_status(camseal_spdm_check_selection(&by, &offer, &a, &ids, &why), CAMSEAL_OK);
        assert_status(camseal_spdm_find_algorithms(crypto, &ids, &alg), CAMSEAL_OK);
        camseal_spdm_take_sizes(&shape, &alg);
        assert_status(camseal_spdm_transcript_settle(&t, alg.hash), CAMSEAL_OK);
        break;
    }
    assert_status(camseal_reader_end(&r), CAMSEAL_OK);
    assert_same(&w, m);
}

static size_t read_file(const char *name, uint8_t *out, size_t capacity)
{
    char path[512];
    snprintf(path, sizeof path, FOLDER "%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, capacity, f);
    fclose(f);
    return n;
}

static void check_chain(void)
{
    static uint8_t root[2048];
    char name[64];
    snprintf(name, sizeof name, "ids/%s/ca.cert.der", folder);
    camseal_span anchor = camseal_span_of(root, read_file(name, root, sizeof root));
    camseal_chain_job job = {.n_anchors = 0};
    spdm_cert_result result = {.detail = NULL};
    const spdm_cert_rules rules = {.crypto = crypto,
                                   .hash = alg.hash,
                                   .sign = alg.sign->id,
                                   .version = shape.version,
                                   .anchors = &anchor,
                                   .n_anchors = 1};
    camseal_status status =
        camseal_spdm_cert_check(&rules, camseal_span_of(chain, chain_len), &job, &result);
    if (status != CAMSEAL_OK)
        print_message("chain: %s\n", result.detail);
    assert_status(status, CAMSEAL_OK);
    leaf_spki = result.leaf_spki;
    assert_status(
        camseal_spdm_hash_of(crypto, alg.hash, camseal_span_of(chain, chain_len), chain_hash),
        CAMSEAL_OK);
}

static void read_certificate(const spdm_header *h, camseal_span m)
{
    camseal_reader r = camseal_reader_of(m);
    camseal_writer w = writer();
    spdm_get_certificate get;
    spdm_certificate cert;
    assert_status(camseal_spdm_transcript_m1(&t, m), CAMSEAL_OK);
    if (h->code == SPDM_GET_CERTIFICATE) {
        assert_status(camseal_spdm_read_get_certificate(&r, h->version, &get), CAMSEAL_OK);
        camseal_spdm_write_get_certificate(&w, h->version, &get);
        chain_len = get.offset;
    } else {
        assert_status(camseal_spdm_read_certificate(&r, h->version, &cert), CAMSEAL_OK);
        camseal_spdm_write_certificate(&w, h->version, &cert);
        memcpy(chain + chain_len, cert.portion.data, cert.portion.len);
        chain_len += cert.portion.len;
        if (cert.remainder == 0)
            check_chain();
    }
    assert_status(camseal_reader_end(&r), CAMSEAL_OK);
    assert_same(&w, m);
}

static void read_challenge(const spdm_header *h, camseal_span m)
{
    camseal_reader r = camseal_reader_of(m);
    camseal_writer w = writer();
    spdm_challenge challenge;
    spdm_challenge_auth auth;
    uint8_t digest[64];
    spdm_shape s = shape;
    if (h->code == SPDM_CHALLENGE) {
        assert_status(camseal_spdm_read_challenge(&r, &s, &challenge), CAMSEAL_OK);
        camseal_spdm_write_challenge(&w, &s, &challenge);
        assert_status(camseal_spdm_transcript_m1(&t, m), CAMSEAL_OK);
        shape.summary = challenge.summary != 0;
        assert_status(camseal_reader_end(&r), CAMSEAL_OK);
        assert_same(&w, m);
        return;
    }
    assert_status(camseal_spdm_read_challenge_auth(&r, &s, &auth), CAMSEAL_OK);
    assert_status(camseal_reader_end(&r), CAMSEAL_OK);
    camseal_spdm_write_challenge_auth(&w, &s, &auth);
    assert_same(&w, m);
    assert_memory_equal(auth.chain_hash.data, chain_hash, shape.hash);
    expect("cert_chain_hash", chain_hash, shape.hash);
    expect("measurement_summary_hash", auth.summary.data, auth.summary.len);
    assert_status(camseal_spdm_transcript_m1(&t, but_last(m, auth.signature.len)), CAMSEAL_OK);
    expect_digest("m1m2", &t.m1, digest);
    check_signature(SPDM_SIGN_CHALLENGE_AUTH, digest, auth.signature);
    camseal_spdm_transcript_m1_reset(&t);
}

static void read_measurements(const spdm_header *h, camseal_span m)
{
    camseal_reader r = camseal_reader_of(m);
    camseal_writer w = writer();
    spdm_get_measurements get;
    spdm_measurements rsp;
    uint8_t digest[64];
    static bool is_signed;
    if (h->code == SPDM_GET_MEASUREMENTS) {
        assert_status(camseal_spdm_read_get_measurements(&r, &shape, &get), CAMSEAL_OK);
        camseal_spdm_write_get_measurements(&w, &shape, &get);
        is_signed = (get.attributes & SPDM_MEASURE_SIGNED) != 0;
        if (!l1.open)
            assert_status(camseal_spdm_run_fork(&t, &l1), CAMSEAL_OK);
        add(&l1, m);
    } else {
        assert_status(camseal_spdm_read_measurements(&r, &shape, is_signed, &rsp), CAMSEAL_OK);
        camseal_spdm_write_measurements(&w, &shape, &rsp);
        camseal_reader blocks = camseal_reader_of(rsp.record);
        spdm_measurement_block block;
        for (unsigned i = 0; i < rsp.blocks; i++)
            assert_status(camseal_spdm_read_block(&blocks, &block), CAMSEAL_OK);
        assert_status(camseal_reader_end(&blocks), CAMSEAL_OK);
        add(&l1, but_last(m, rsp.signature.len));
        if (is_signed) {
            expect_digest("l1l2", &l1, digest);
            check_signature(SPDM_SIGN_MEASUREMENTS, digest, rsp.signature);
            camseal_spdm_run_drop(&t, &l1);
        }
    }
    assert_status(camseal_reader_end(&r), CAMSEAL_OK);
    assert_same(&w, m);
}

static void expect_keys(unsigned direction)
{
    expect("key", session.keys[direction].key, alg.aead->key_bytes);
    expect("iv", session.keys[direction].iv, 12);
}

static void expect_finished_key(unsigned direction)
{
    uint8_t finished[64];
    spdm_schedule k = schedule();
    assert_status(camseal_spdm_ks_expand(&k, finished, shape.hash,
                                         session.secrets.traffic[direction], "finished", NULL),
                  CAMSEAL_OK);
    expect("finished_key", finished, shape.hash);
}

/* The shared secret is the one value that a passive reader must be given. */
static void agree(void)
{
    uint8_t secret[128], th1[64];
    spdm_schedule k = schedule();
    size_t n = next_logged("DHE Secret", secret, sizeof secret);
    assert_status(camseal_spdm_ks_start(&k, &session.secrets, camseal_span_of(secret, n), false),
                  CAMSEAL_OK);
    expect("handshake_secret", session.secrets.root, shape.hash);
    assert_status(camseal_spdm_session_handshake(&k, &t, &session, NULL, th1), CAMSEAL_OK);
    expect("th1", th1, shape.hash);
    expect("request_handshake_secret", session.secrets.traffic[0], shape.hash);
    expect("response_handshake_secret", session.secrets.traffic[1], shape.hash);
    expect_finished_key(SPDM_DIR_REQ);
    expect_finished_key(SPDM_DIR_RSP);
    expect_keys(SPDM_DIR_REQ);
    expect_keys(SPDM_DIR_RSP);
}

static void read_key_exchange(const spdm_header *h, camseal_span m)
{
    camseal_reader r = camseal_reader_of(m);
    camseal_writer w = writer();
    spdm_key_exchange kex;
    spdm_key_exchange_rsp rsp;
    uint8_t digest[64];
    spdm_shape s = shape;
    s.clear_handshake = clear;
    s.summary = kex_summary;
    if (h->code == SPDM_KEY_EXCHANGE) {
        camseal_span versions;
        assert_status(camseal_spdm_read_key_exchange(&r, &s, &kex), CAMSEAL_OK);
        camseal_spdm_write_key_exchange(&w, &s, &kex);
        assert_status(camseal_spdm_read_sm_versions(kex.opaque, &versions), CAMSEAL_OK);
        expect("RequesterRandomData", kex.random.data, 32);
        session.id = kex.session_id;
        kex_summary = kex.summary != 0;
        assert_status(camseal_spdm_run_fork(&t, &session.th), CAMSEAL_OK);
        add(&session.th, camseal_span_of(chain_hash, shape.hash));
        add(&session.th, m);
    } else {
        uint16_t selected;
        assert_status(camseal_spdm_read_key_exchange_rsp(&r, &s, &rsp), CAMSEAL_OK);
        camseal_spdm_write_key_exchange_rsp(&w, &s, &rsp);
        assert_status(camseal_spdm_read_sm_selection(rsp.opaque, &selected), CAMSEAL_OK);
        expect("ResponderRandomData", rsp.random.data, 32);
        expect("measurement_summary_hash", rsp.summary.data, rsp.summary.len);
        session.id |= (uint32_t)rsp.session_id << 16;
        add(&session.th, but_last(m, rsp.signature.len + rsp.verify_data.len));
        expect_digest("th_curr", &session.th, digest);
        check_signature(SPDM_SIGN_KEY_EXCHANGE_RSP, digest, rsp.signature);
        add(&session.th, rsp.signature);
        agree();
        add(&session.th, rsp.verify_data);
    }
    assert_status(camseal_reader_end(&r), CAMSEAL_OK);
    assert_same(&w, m);
}

static void check_verify_data(unsigned direction, camseal_span m, camseal_span verify_data)
{
    uint8_t digest[64], mac[64];
    spdm_schedule k = schedule();
    add(&session.th, but_last(m, verify_data.len));
    assert_status(camseal_spdm_run_peek(&t, &session.th, digest), CAMSEAL_OK);
    assert_status(camseal_spdm_ks_verify_data(&k, session.secrets.traffic[direction], digest, mac),
                  CAMSEAL_OK);
    assert_int_equal(verify_data.len, shape.hash);
    assert_memory_equal(mac, verify_data.data, shape.hash);
    add(&session.th, verify_data);
}

static void establish(void)
{
    static const uint8_t zeros[64];
    uint8_t th2[64], salt[64], master[64];
    spdm_schedule k = schedule();
    expect_digest("th2", &session.th, th2);
    (void)camseal_spdm_ks_expand(&k, salt, shape.hash, session.secrets.root, "derived", NULL);
    assert_status(camseal_hkdf_extract(crypto, alg.hash, master, camseal_span_of(salt, shape.hash),
                                       camseal_span_of(zeros, shape.hash)),
                  CAMSEAL_OK);
    expect("master_secret", master, shape.hash);
    assert_status(camseal_spdm_session_establish(&k, &t, &session, NULL), CAMSEAL_OK);
    expect("request_data_secret", session.secrets.traffic[0], shape.hash);
    expect("response_data_secret", session.secrets.traffic[1], shape.hash);
    expect("export_master_secret", session.secrets.root, shape.hash);
    expect_keys(SPDM_DIR_REQ);
    expect_keys(SPDM_DIR_RSP);
}

static void read_finish(const spdm_header *h, camseal_span m)
{
    camseal_reader r = camseal_reader_of(m);
    camseal_writer w = writer();
    spdm_finish finish;
    spdm_finish_rsp rsp;
    spdm_shape s = shape;
    s.clear_handshake = clear;
    if (h->code == SPDM_FINISH) {
        assert_status(camseal_spdm_read_finish(&r, &s, &finish), CAMSEAL_OK);
        camseal_spdm_write_finish(&w, &s, &finish);
        check_verify_data(SPDM_DIR_REQ, m, finish.verify_data);
    } else {
        assert_status(camseal_spdm_read_finish_rsp(&r, &s, &rsp), CAMSEAL_OK);
        camseal_spdm_write_finish_rsp(&w, &s, &rsp);
        check_verify_data(SPDM_DIR_RSP, m, rsp.verify_data);
        establish();
    }
    assert_status(camseal_reader_end(&r), CAMSEAL_OK);
    assert_same(&w, m);
}

static void update(unsigned direction, const char *label)
{
    spdm_schedule k = schedule();
    assert_status(camseal_spdm_ks_update(&k, session.secrets.traffic[direction]), CAMSEAL_OK);
    assert_status(
        camseal_spdm_ks_keys(&k, session.secrets.traffic[direction], &session.keys[direction]),
        CAMSEAL_OK);
    expect(label, session.secrets.traffic[direction], shape.hash);
    expect_keys(direction);
}

/* UpdateAllKeys: the ACK already comes under the new response key. */
static void read_key_update(const spdm_header *h)
{
    if (h->code == SPDM_KEY_UPDATE)
        key_update = h->param1;
    if (h->code == SPDM_KEY_UPDATE && h->param1 == 2)
        update(SPDM_DIR_RSP, "ResponseDataSecretUpdate");
    if (h->code == SPDM_KEY_UPDATE_ACK && (h->param1 == 1 || h->param1 == 2))
        update(SPDM_DIR_REQ, "RequestDataSecretUpdate");
    assert_int_equal(h->param1, key_update);
}

static void read_message(camseal_span m)
{
    camseal_reader r = camseal_reader_of(m);
    spdm_header h = camseal_spdm_read_header(&r);
    switch (h.code & 0x7Fu) {
    case SPDM_VERSION:
    case SPDM_CAPABILITIES:
    case SPDM_ALGORITHMS:
        read_vca(&h, m);
        break;
    case SPDM_CERTIFICATE:
        read_certificate(&h, m);
        break;
    case SPDM_CHALLENGE_AUTH:
        read_challenge(&h, m);
        break;
    case SPDM_MEASUREMENTS:
        read_measurements(&h, m);
        break;
    case SPDM_KEY_EXCHANGE_RSP:
        read_key_exchange(&h, m);
        break;
    case SPDM_FINISH_RSP:
        read_finish(&h, m);
        break;
    case SPDM_KEY_UPDATE_ACK:
        read_key_update(&h);
        break;
    case SPDM_HEARTBEAT_ACK:
    case SPDM_END_SESSION_ACK:
        assert_int_equal(m.len, 4);
        break;
    default:
        fail_msg("unexpected message %s", camseal_spdm_code_name(h.code));
    }
}

static void read_record(camseal_span record, bool from_requester)
{
    uint8_t plain[MESSAGE_MAX];
    camseal_span m;
    const spdm_record rec = {crypto, alg.aead, &camseal_spdm_binding_mctp, session.id, 0};
    spdm_role receiver = from_requester ? SPDM_ROLE_RESPONDER : SPDM_ROLE_REQUESTER;
    assert_status(
        camseal_spdm_record_open(&rec, camseal_spdm_session_receive_keys(&session, receiver),
                                 record, camseal_mspan_of(plain, sizeof plain), &m),
        CAMSEAL_OK);
    records++;
    read_message(m);
}

/* ---- files ---------------------------------------------------------------------------------- */

static void load_pcap(const char *name)
{
    static uint8_t file[65536];
    char path[64];
    snprintf(path, sizeof path, "%s.pcap", name);
    size_t size = read_file(path, file, sizeof file), at = 24;
    assert_int_equal(camseal_load_le32(file + 20), 291);
    n_packets = 0;
    while (at + 16 <= size) {
        size_t len = camseal_load_le32(file + at + 8);
        assert_true(n_packets < MESSAGES_MAX && len > 5 && len - 4 <= MESSAGE_MAX);
        /* Behind an MCTP packet header of four bytes: message type and message. */
        memcpy(packets[n_packets].bytes, file + at + 16 + 4, len - 4);
        packets[n_packets++].len = len - 4;
        at += 16 + len;
    }
}

static void check_capture(const char *name, const char *ids)
{
    char path[512];
    snprintf(path, sizeof path, FOLDER "%s.json", name);
    log_root = json_load_file(path, 0, NULL);
    assert_non_null(log_root);
    load_pcap(name);
    folder = ids;
    memset(cursors, 0, sizeof cursors);
    memset(&t, 0, sizeof t);
    memset(&shape, 0, sizeof shape);
    memset(&session, 0, sizeof session);
    camseal_spdm_transcript_reset(&t, crypto);
    checked = signatures = records = 0;
    for (size_t i = 0; i < n_packets; i++) {
        camseal_span m = camseal_span_of(packets[i].bytes + 1, packets[i].len - 1);
        if (packets[i].bytes[0] == 0x05)
            read_message(m);
        else
            read_record(m, i % 2 == 0);
    }
    print_message("%s: %zu packets, %zu logged values, %zu signatures, %zu records\n", name,
                  n_packets, checked, signatures, records);
    /* Everything that was logged was compared; the shared secret is the input. */
    assert_int_equal(checked + 1, json_array_size(json_object_get(log_root, "requester_log")));
    assert_int_equal(signatures, 4);
    assert_int_equal(records, 10);
    camseal_spdm_session_wipe(&t, &session);
    camseal_spdm_run_drop(&t, &l1);
    camseal_spdm_transcript_reset(&t, crypto);
    json_decref(log_root);
}

static void cert_p256_12(void **state)
{
    (void)state;
    check_capture("cert_p256_1.2", "ecp256");
}

static void cert_p384_12(void **state)
{
    (void)state;
    check_capture("cert_p384_1.2", "ecp384");
}

static void cert_p256_13(void **state)
{
    (void)state;
    check_capture("cert_p256_1.3", "ecp256");
}

static void cert_p384_14(void **state)
{
    (void)state;
    check_capture("cert_p384_1.4", "ecp384");
}

int main(void)
{
    FILE *f = fopen(FOLDER "cert_p256_1.2.pcap", "rb");
    if (!f)
        test_skip_program("no captures at ../shared/captures/spdm");
    else
        fclose(f);
    crypto = camseal_openssl();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cert_p256_12),
        cmocka_unit_test(cert_p384_12),
        cmocka_unit_test(cert_p256_13),
        cmocka_unit_test(cert_p384_14),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
