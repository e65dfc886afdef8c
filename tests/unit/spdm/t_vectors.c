/* Transcripts, signed messages, key schedule and records against complete vectors of another
 * implementation. */
#include "test.h"

#include "camseal/openssl.h"
#include "spdm/record.h"
#include "spdm/signing.h"
#include "spdm/transcript.h"
#include "vectors.h"

static const camseal_crypto *crypto;
static const camseal_hash *sha384;
static spdm_schedule v12, v13;

static void assert_hex(const uint8_t *actual, const char *expected)
{
    struct bytes b = hex(expected);
    assert_memory_equal(actual, b.data, b.len);
}

static void add(const spdm_transcript *t, spdm_run *run, const char *text, size_t skip_last)
{
    struct bytes b = hex(text);
    assert_status(camseal_spdm_run_add(t, run, camseal_span_of(b.data, b.len - skip_last)),
                  CAMSEAL_OK);
}

static void vca(spdm_transcript *t, const char *text)
{
    struct bytes b = hex(text);
    assert_status(camseal_spdm_transcript_vca(t, camseal_span_of(b.data, b.len)), CAMSEAL_OK);
}

static void open_v12(spdm_transcript *t)
{
    memset(t, 0, sizeof *t);
    camseal_spdm_transcript_reset(t, crypto);
    vca(t, v12_get_version);
    vca(t, v12_version);
    vca(t, v12_get_capabilities);
    vca(t, v12_capabilities);
    vca(t, v12_negotiate_algorithms);
    vca(t, v12_algorithms);
    assert_status(camseal_spdm_transcript_settle(t, sha384), CAMSEAL_OK);
}

static void assert_run(const spdm_transcript *t, const spdm_run *run, const char *expected)
{
    uint8_t digest[64];
    assert_status(camseal_spdm_run_peek(t, run, digest), CAMSEAL_OK);
    assert_hex(digest, expected);
}

static void transcripts(void **state)
{
    (void)state;
    spdm_transcript t;
    spdm_run l1 = {.open = false}, th = {.open = false};
    open_v12(&t);
    assert_run(&t, &t.a, v12_a_hash);

    assert_status(camseal_spdm_run_fork(&t, &l1), CAMSEAL_OK);
    add(&t, &l1, v12_get_measurements, 0);
    add(&t, &l1, v12_measurements, 96);
    assert_run(&t, &l1, v12_l1_hash);

    assert_status(camseal_spdm_run_fork(&t, &th), CAMSEAL_OK);
    add(&t, &th, v12_chain_hash, 0);
    add(&t, &th, v12_key_exchange, 0);
    add(&t, &th, v12_key_exchange_rsp, 96 + 48);
    assert_run(&t, &th, v12_th_signed);
    struct bytes rsp = hex(v12_key_exchange_rsp);
    (void)camseal_spdm_run_add(&t, &th, camseal_span_of(rsp.data + rsp.len - 144, 96));
    assert_run(&t, &th, v12_th1);
    (void)camseal_spdm_run_add(&t, &th, camseal_span_of(rsp.data + rsp.len - 48, 48));
    add(&t, &th, v12_finish, 48);
    assert_run(&t, &th, v12_finish_hash);
    struct bytes finish = hex(v12_finish);
    (void)camseal_spdm_run_add(&t, &th, camseal_span_of(finish.data + 4, 48));
    add(&t, &th, "12650000", 0);
    assert_run(&t, &th, v12_th2);
    camseal_spdm_run_drop(&t, &l1);
    camseal_spdm_run_drop(&t, &th);
    camseal_spdm_transcript_reset(&t, crypto);
}

static void a_is_bounded(void **state)
{
    (void)state;
    spdm_transcript t;
    static const uint8_t zeros[SPDM_VCA_MAX + 1];
    memset(&t, 0, sizeof t);
    camseal_spdm_transcript_reset(&t, crypto);
    spdm_run run = {.open = false};
    assert_status(camseal_spdm_run_fork(&t, &run), CAMSEAL_E_STATE);
    assert_status(camseal_spdm_transcript_vca(&t, camseal_span_of(zeros, SPDM_VCA_MAX + 1)),
                  CAMSEAL_E_SPACE);
    assert_status(camseal_spdm_transcript_vca(&t, camseal_span_of(zeros, SPDM_VCA_MAX)),
                  CAMSEAL_OK);
    assert_status(camseal_spdm_transcript_vca(&t, camseal_span_of(zeros, 1)), CAMSEAL_E_SPACE);
}

static void signed_messages(void **state)
{
    (void)state;
    static const struct {
        spdm_purpose purpose;
        uint8_t version;
        const char *prefix, *text;
    } rows[] = {
        {SPDM_SIGN_MEASUREMENTS, 0x12, v12_measurements_prefix, "responder-measurements signing"},
        {SPDM_SIGN_KEY_EXCHANGE_RSP, 0x12, v12_kex_prefix, "responder-key_exchange_rsp signing"},
        {SPDM_SIGN_CHALLENGE_AUTH, 0x12, NULL, "responder-challenge_auth signing"},
        {SPDM_SIGN_REQ_CHALLENGE_AUTH, 0x13, NULL, "requester-challenge_auth signing"},
        {SPDM_SIGN_FINISH, 0x14, NULL, "requester-finish signing"},
    };
    struct bytes digest = hex(v12_l1_hash);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t out[SPDM_SIGNED_MAX];
        camseal_span m = camseal_spdm_signed_message(out, rows[i].version, rows[i].purpose,
                                                     camseal_span_of(digest.data, digest.len));
        assert_int_equal(m.len, 148);
        assert_memory_equal(m.data + 100, digest.data, 48);
        size_t n = strlen(rows[i].text);
        assert_memory_equal(m.data + 100 - n, rows[i].text, n);
        assert_int_equal(m.data[64], 0);
        for (size_t k = 0; k < 4; k++) {
            assert_memory_equal(m.data + 16 * k, "dmtf-spdm-v1.", 13);
            assert_int_equal(m.data[16 * k + 13], '0' + (rows[i].version & 15));
            assert_memory_equal(m.data + 16 * k + 14, ".*", 2);
        }
        if (rows[i].prefix)
            assert_hex(m.data, rows[i].prefix);
    }
}

/* The measurement signature of the vectors, under the public key of the vectors. */
static void signature_of_another_implementation(void **state)
{
    (void)state;
    static const char spki_hex[] = "3076301006072a8648ce3d020106052b8104002203620004"
                                   "a7fc8724be894beb2913d485c968bc465f17601f5af34eb894dccc398227510"
                                   "f68839ae145d19fef7695d300cb13"
                                   "7731129c33d036dca2619eafcb19361cc8551f53b97f33608b569dd62b00773"
                                   "60c72c06881825634410e1226eea3"
                                   "a4e4853d";
    const camseal_sign *p384 = camseal_crypto_sign(crypto, CAMSEAL_SIGN_ECDSA_P384);
    struct bytes spki = hex(spki_hex), digest = hex(v12_l1_hash), m = hex(v12_measurements);
    uint8_t out[SPDM_SIGNED_MAX];
    camseal_span message = camseal_spdm_signed_message(out, 0x12, SPDM_SIGN_MEASUREMENTS,
                                                       camseal_span_of(digest.data, digest.len));
    camseal_span signature = camseal_span_of(m.data + m.len - 96, 96);
    assert_status(p384->verify(crypto->user, CAMSEAL_HASH_SHA384,
                               camseal_span_of(spki.data, spki.len), message, signature),
                  CAMSEAL_OK);
    out[99] ^= 1;
    assert_status(p384->verify(crypto->user, CAMSEAL_HASH_SHA384,
                               camseal_span_of(spki.data, spki.len), message, signature),
                  CAMSEAL_E_SIGNATURE);
}

static void assert_keys(const spdm_schedule *k, const uint8_t *secret, const char *key,
                        const char *iv)
{
    spdm_keys keys;
    keys.sequence = 7;
    assert_status(camseal_spdm_ks_keys(k, secret, &keys), CAMSEAL_OK);
    assert_hex(keys.key, key);
    assert_hex(keys.iv, iv);
    assert_int_equal(keys.sequence, 0);
}

static void schedule_of_a_certificate_session(void **state)
{
    (void)state;
    spdm_secrets s;
    uint8_t mac[64];
    struct bytes shared = hex(v12_shared), th1 = hex(v12_th1), th2 = hex(v12_th2);
    struct bytes rsp = hex(v12_key_exchange_rsp), finish_hash = hex(v12_finish_hash);
    struct bytes finish = hex(v12_finish);
    assert_status(camseal_spdm_ks_start(&v12, &s, camseal_span_of(shared.data, shared.len), false),
                  CAMSEAL_OK);
    assert_hex(s.root, v12_handshake_secret);
    assert_status(camseal_spdm_ks_handshake(&v12, &s, th1.data), CAMSEAL_OK);
    assert_hex(s.traffic[SPDM_DIR_REQ], v12_req_hs);
    assert_hex(s.traffic[SPDM_DIR_RSP], v12_rsp_hs);
    assert_keys(&v12, s.traffic[SPDM_DIR_REQ], v12_req_hs_key, v12_req_hs_iv);
    assert_keys(&v12, s.traffic[SPDM_DIR_RSP], v12_rsp_hs_key, v12_rsp_hs_iv);

    assert_status(camseal_spdm_ks_verify_data(&v12, s.traffic[SPDM_DIR_RSP], th1.data, mac),
                  CAMSEAL_OK);
    assert_memory_equal(mac, rsp.data + rsp.len - 48, 48);
    assert_status(camseal_spdm_ks_verify_data(&v12, s.traffic[SPDM_DIR_REQ], finish_hash.data, mac),
                  CAMSEAL_OK);
    assert_memory_equal(mac, finish.data + 4, 48);

    assert_status(camseal_spdm_ks_data(&v12, &s, th2.data), CAMSEAL_OK);
    assert_hex(s.traffic[SPDM_DIR_REQ], v12_req_data);
    assert_hex(s.traffic[SPDM_DIR_RSP], v12_rsp_data);
    assert_hex(s.root, v12_export);
    assert_keys(&v12, s.traffic[SPDM_DIR_REQ], v12_req_key, v12_req_iv);
    assert_keys(&v12, s.traffic[SPDM_DIR_RSP], v12_rsp_key, v12_rsp_iv);

    assert_status(camseal_spdm_ks_update(&v12, s.traffic[SPDM_DIR_REQ]), CAMSEAL_OK);
    assert_status(camseal_spdm_ks_update(&v12, s.traffic[SPDM_DIR_RSP]), CAMSEAL_OK);
    assert_hex(s.traffic[SPDM_DIR_REQ], v12_req_data_2);
    assert_hex(s.traffic[SPDM_DIR_RSP], v12_rsp_data_2);
    assert_keys(&v12, s.traffic[SPDM_DIR_REQ], v12_req_key_2, v12_req_iv_2);
    assert_keys(&v12, s.traffic[SPDM_DIR_RSP], v12_rsp_key_2, v12_rsp_iv_2);
}

static void schedule_of_a_psk_session(void **state)
{
    (void)state;
    spdm_secrets s;
    uint8_t mac[64];
    struct bytes th1 = hex(psk13_th1), th2 = hex(psk13_th2), rsp = hex(psk13_psk_exchange_rsp);
    assert_status(camseal_spdm_ks_start(&v13, &s, camseal_span_of("TestPskData", 12), true),
                  CAMSEAL_OK);
    assert_hex(s.root, psk13_handshake_secret);
    assert_status(camseal_spdm_ks_handshake(&v13, &s, th1.data), CAMSEAL_OK);
    assert_hex(s.traffic[SPDM_DIR_REQ], psk13_req_hs);
    assert_hex(s.traffic[SPDM_DIR_RSP], psk13_rsp_hs);
    assert_status(camseal_spdm_ks_verify_data(&v13, s.traffic[SPDM_DIR_RSP], th1.data, mac),
                  CAMSEAL_OK);
    assert_memory_equal(mac, rsp.data + rsp.len - 48, 48);
    assert_status(camseal_spdm_ks_data(&v13, &s, th2.data), CAMSEAL_OK);
    assert_hex(s.traffic[SPDM_DIR_REQ], psk13_req_data);
    assert_hex(s.traffic[SPDM_DIR_RSP], psk13_rsp_data);
}

static spdm_record mctp_record(const spdm_schedule *k)
{
    spdm_record rec = {crypto, k->aead, &camseal_spdm_binding_mctp, 0xFFFFFFFFu, 0};
    return rec;
}

static void open_and_compare(const spdm_schedule *k, spdm_keys *keys, const char *record,
                             const char *message)
{
    uint8_t plain[512];
    camseal_span m;
    struct bytes r = hex(record), expected = hex(message);
    spdm_record rec = mctp_record(k);
    assert_int_equal(r.data[0], 0x06);
    assert_status(camseal_spdm_record_open(&rec, keys, camseal_span_of(r.data + 1, r.len - 1),
                                           camseal_mspan_of(plain, sizeof plain), &m),
                  CAMSEAL_OK);
    assert_int_equal(m.len, expected.len);
    assert_memory_equal(m.data, expected.data, m.len);
}

static void records_of_another_implementation(void **state)
{
    (void)state;
    spdm_keys hs[2], keys[3][2];
    (void)camseal_spdm_ks_keys(&v12, hex(v12_req_hs).data, &hs[SPDM_DIR_REQ]);
    (void)camseal_spdm_ks_keys(&v12, hex(v12_rsp_hs).data, &hs[SPDM_DIR_RSP]);
    (void)camseal_spdm_ks_keys(&v12, hex(v12_req_data).data, &keys[1][SPDM_DIR_REQ]);
    (void)camseal_spdm_ks_keys(&v12, hex(v12_rsp_data).data, &keys[1][SPDM_DIR_RSP]);
    (void)camseal_spdm_ks_keys(&v12, hex(v12_req_data_2).data, &keys[2][SPDM_DIR_REQ]);
    (void)camseal_spdm_ks_keys(&v12, hex(v12_rsp_data_2).data, &keys[2][SPDM_DIR_RSP]);
    open_and_compare(&v12, &hs[SPDM_DIR_REQ], v12_finish_record, v12_finish);
    open_and_compare(&v12, &hs[SPDM_DIR_RSP], v12_finish_rsp_record, "12650000");
    for (size_t i = 0; i < sizeof v12_records / sizeof v12_records[0]; i++) {
        unsigned dir = v12_records[i].from_requester ? SPDM_DIR_REQ : SPDM_DIR_RSP;
        spdm_keys *k = &keys[v12_records[i].key_set][dir];
        assert_int_equal(k->sequence, v12_records[i].sequence);
        open_and_compare(&v12, k, v12_records[i].record, v12_records[i].message);
    }
    (void)camseal_spdm_ks_keys(&v13, hex(psk13_req_hs).data, &hs[SPDM_DIR_REQ]);
    (void)camseal_spdm_ks_keys(&v13, hex(psk13_rsp_hs).data, &hs[SPDM_DIR_RSP]);
    open_and_compare(&v13, &hs[SPDM_DIR_REQ], psk13_psk_finish_record, psk13_psk_finish);
    open_and_compare(&v13, &hs[SPDM_DIR_RSP], psk13_psk_finish_rsp_record, "13670000");
}

/* Random bytes that make our record the one of the vectors: their number, then themselves. */
static const uint8_t *script;
static camseal_status scripted(void *user, uint8_t *out, size_t len)
{
    (void)user;
    memcpy(out, script, len);
    script += len;
    return CAMSEAL_OK;
}

static void our_record_has_the_same_bytes(void **state)
{
    (void)state;
    camseal_crypto fixed = *crypto;
    uint8_t room[256], randoms[1 + 32] = {28 - 1};
    struct bytes plain = hex(v12_finish_plain), finish = hex(v12_finish);
    struct bytes expected = hex(v12_finish_record);
    memcpy(randoms + 1, plain.data + plain.len - 28, 28);
    script = randoms;
    fixed.random = scripted;
    spdm_record rec = mctp_record(&v12);
    spdm_keys keys;
    (void)camseal_spdm_ks_keys(&v12, hex(v12_req_hs).data, &keys);
    rec.crypto = &fixed;
    camseal_buf out = {room, sizeof room, 0};
    memcpy(room + camseal_spdm_record_lead(rec.binding), finish.data, finish.len);
    assert_status(camseal_spdm_record_seal(&rec, &keys, &out, finish.len), CAMSEAL_OK);
    assert_int_equal(out.len, expected.len - 1);
    assert_memory_equal(room, expected.data + 1, out.len);
    assert_int_equal(keys.sequence, 1);
}

int main(void)
{
    crypto = camseal_openssl();
    sha384 = camseal_crypto_hash(crypto, CAMSEAL_HASH_SHA384);
    const camseal_aead *aead = camseal_crypto_aead(crypto, CAMSEAL_AEAD_AES_256_GCM);
    v12 = (spdm_schedule){crypto, sha384, aead, 0x12};
    v13 = (spdm_schedule){crypto, sha384, aead, 0x13};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transcripts),
        cmocka_unit_test(a_is_bounded),
        cmocka_unit_test(signed_messages),
        cmocka_unit_test(signature_of_another_implementation),
        cmocka_unit_test(schedule_of_a_certificate_session),
        cmocka_unit_test(schedule_of_a_psk_session),
        cmocka_unit_test(records_of_another_implementation),
        cmocka_unit_test(our_record_has_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
