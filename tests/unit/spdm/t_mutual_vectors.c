/* Mutual authentication against complete vectors of another implementation: encapsulated messages,
 * the transcript that the requester signs, its signature, verify data and keys. */
#include "test.h"

#include "camseal/openssl.h"
#include "spdm/msg/certificate.h"
#include "spdm/msg/encapsulated.h"
#include "spdm/msg/finish.h"
#include "spdm/msg/key_exchange.h"
#include "spdm/msg/short.h"
#include "spdm/session.h"
#include "spdm/signing.h"
#include "vectors.h"
#include "vectors_mutual.h"

enum { H = 48, S = 96 };

static const camseal_crypto *crypto;
static spdm_schedule k;
static const spdm_shape shape = {.version = 0x12,
                                 .clear_handshake = true,
                                 .hash = H,
                                 .signature = S,
                                 .req_signature = S,
                                 .kex_request = 96,
                                 .kex_response = 96};

static camseal_span span(const struct bytes *b)
{
    return camseal_span_of(b->data, b->len);
}

static void assert_hex(const uint8_t *actual, const char *expected)
{
    struct bytes b = hex(expected);
    assert_memory_equal(actual, b.data, b.len);
}

static void assert_writes(const camseal_writer *w, const char *expected)
{
    assert_status(camseal_writer_end(w), CAMSEAL_OK);
    assert_int_equal(w->len * 2, strlen(expected));
    assert_hex(w->start, expected);
}

static void encapsulated_messages(void **state)
{
    (void)state;
    uint8_t out[64], inner[16];
    struct bytes b = hex(mut_encapsulated_get_digests);
    camseal_reader r = camseal_reader_of(span(&b));
    spdm_encapsulated e;
    spdm_encapsulated_ack ack;
    assert_status(camseal_spdm_read_encapsulated(&r, &e), CAMSEAL_OK);
    assert_int_equal(e.request_id, 1);
    assert_int_equal(e.inner.len, 4);
    camseal_writer w = camseal_writer_of(out, sizeof out);
    camseal_spdm_write_encapsulated(&w, 0x12, SPDM_ENCAPSULATED_REQUEST, &e);
    assert_writes(&w, mut_encapsulated_get_digests);

    w = camseal_writer_of(inner, sizeof inner);
    const spdm_get_certificate get = {.length = 0x11F4};
    camseal_spdm_write_get_certificate(&w, 0x12, &get);
    ack = (spdm_encapsulated_ack){2, 1, SPDM_ACK_REQUEST, 0, {inner, w.len}};
    w = camseal_writer_of(out, sizeof out);
    camseal_spdm_write_encapsulated_ack(&w, 0x12, &ack);
    assert_writes(&w, mut_ack_get_certificate);

    ack = (spdm_encapsulated_ack){0, 2, SPDM_ACK_END, 0, {NULL, 0}};
    w = camseal_writer_of(out, sizeof out);
    camseal_spdm_write_encapsulated_ack(&w, 0x12, &ack);
    assert_writes(&w, mut_ack_end);
    w = camseal_writer_of(out, sizeof out);
    camseal_spdm_write_bare(&w, 0x12, SPDM_GET_ENCAPSULATED_REQUEST);
    assert_writes(&w, mut_get_encapsulated);
}

static void add(const spdm_transcript *t, spdm_run *run, const char *text)
{
    struct bytes b = hex(text);
    assert_status(camseal_spdm_run_add(t, run, span(&b)), CAMSEAL_OK);
}

static void assert_run(const spdm_transcript *t, const spdm_run *run, const char *expected)
{
    uint8_t digest[64];
    assert_status(camseal_spdm_run_peek(t, run, digest), CAMSEAL_OK);
    assert_hex(digest, expected);
}

/* Opens TH and takes it to TH1. */
static void open_th(spdm_transcript *t, spdm_run *th)
{
    static const char *const vca[] = {mut_get_version,          mut_version,
                                      mut_get_capabilities,     mut_capabilities,
                                      mut_negotiate_algorithms, mut_algorithms};
    memset(t, 0, sizeof *t);
    camseal_spdm_transcript_reset(t, crypto);
    for (size_t i = 0; i < sizeof vca / sizeof vca[0]; i++) {
        struct bytes b = hex(vca[i]);
        assert_status(camseal_spdm_transcript_vca(t, span(&b)), CAMSEAL_OK);
    }
    assert_status(camseal_spdm_transcript_settle(t, k.hash), CAMSEAL_OK);
    assert_status(camseal_spdm_run_fork(t, th), CAMSEAL_OK);
    add(t, th, v12_chain_hash);
    add(t, th, mut_key_exchange);
    add(t, th, mut_key_exchange_rsp);
    assert_run(t, th, mut_th1);
}

static void key_exchange_asks_for_encapsulation(void **state)
{
    (void)state;
    struct bytes b = hex(mut_key_exchange_rsp);
    camseal_reader r = camseal_reader_of(span(&b));
    spdm_key_exchange_rsp m;
    assert_status(camseal_spdm_read_key_exchange_rsp(&r, &shape, &m), CAMSEAL_OK);
    assert_status(camseal_reader_end(&r), CAMSEAL_OK);
    assert_int_equal(m.mut_auth, SPDM_MUT_AUTH_ENCAP);
    assert_int_equal(m.heartbeat, 8);
    assert_int_equal(m.verify_data.len, 0);
}

/* DER SubjectPublicKeyInfo of the requester's key. */
static void requester_key(struct bytes *spki)
{
    char text[400];
    snprintf(text, sizeof text, "3076301006072a8648ce3d020106052b8104002203620004%s",
             mut_req_leaf_key);
    *spki = hex(text);
}

/* The requester's chain joins TH before FINISH; the encapsulated messages do not. */
static void finish_signature(void **state)
{
    (void)state;
    spdm_transcript t;
    spdm_run th = {.open = false};
    uint8_t digest[64], room[SPDM_SIGNED_MAX], hashed[64];
    struct bytes finish = hex(mut_finish), spki;
    spdm_finish m;
    camseal_reader r = camseal_reader_of(span(&finish));
    const camseal_sign *p384 = camseal_crypto_sign(crypto, CAMSEAL_SIGN_ECDSA_P384);
    assert_status(camseal_spdm_read_finish(&r, &shape, &m), CAMSEAL_OK);
    assert_status(camseal_reader_end(&r), CAMSEAL_OK);
    assert_true(m.has_signature);
    assert_int_equal(m.slot, 0);

    open_th(&t, &th);
    add(&t, &th, mut_req_chain_hash);
    add(&t, &th, "12e50100");
    assert_run(&t, &th, mut_finish_hash);
    assert_status(camseal_spdm_run_peek(&t, &th, digest), CAMSEAL_OK);
    camseal_span message =
        camseal_spdm_signed_message(room, 0x12, SPDM_SIGN_FINISH, camseal_span_of(digest, H));
    assert_hex(room, mut_finish_prefix);
    assert_status(camseal_spdm_hash_of(crypto, k.hash, message, hashed), CAMSEAL_OK);
    assert_hex(hashed, mut_finish_signed);
    requester_key(&spki);
    assert_status(
        p384->verify(crypto->user, CAMSEAL_HASH_SHA384, span(&spki), message, m.signature),
        CAMSEAL_OK);
    room[0] ^= 1;
    assert_status(
        p384->verify(crypto->user, CAMSEAL_HASH_SHA384, span(&spki), message, m.signature),
        CAMSEAL_E_SIGNATURE);
    camseal_spdm_run_drop(&t, &th);
    camseal_spdm_transcript_reset(&t, crypto);
}

static void assert_finished_key(const uint8_t *traffic, const char *expected)
{
    uint8_t finished[64];
    assert_status(camseal_spdm_ks_expand(&k, finished, H, traffic, "finished", NULL), CAMSEAL_OK);
    assert_hex(finished, expected);
}

static void verify_data_and_keys(void **state)
{
    (void)state;
    spdm_transcript t;
    spdm_session s;
    uint8_t th1[64], digest[64], mac[64];
    struct bytes shared = hex(mut_shared), finish = hex(mut_finish), rsp = hex(mut_finish_rsp);
    memset(&s, 0, sizeof s);
    open_th(&t, &s.th);
    assert_status(camseal_spdm_ks_start(&k, &s.secrets, span(&shared), false), CAMSEAL_OK);
    assert_status(camseal_spdm_session_handshake(&k, &t, &s, NULL, th1), CAMSEAL_OK);
    assert_finished_key(s.secrets.traffic[SPDM_DIR_REQ], mut_req_finished);
    assert_finished_key(s.secrets.traffic[SPDM_DIR_RSP], mut_rsp_finished);

    add(&t, &s.th, mut_req_chain_hash);
    (void)camseal_spdm_run_add(&t, &s.th, camseal_span_of(finish.data, finish.len - H));
    (void)camseal_spdm_run_peek(&t, &s.th, digest);
    assert_status(camseal_spdm_ks_verify_data(&k, s.secrets.traffic[SPDM_DIR_REQ], digest, mac),
                  CAMSEAL_OK);
    assert_memory_equal(mac, finish.data + finish.len - H, H);
    (void)camseal_spdm_run_add(&t, &s.th, camseal_span_of(mac, H));
    (void)camseal_spdm_run_add(&t, &s.th, camseal_span_of(rsp.data, rsp.len - H));
    (void)camseal_spdm_run_peek(&t, &s.th, digest);
    assert_status(camseal_spdm_ks_verify_data(&k, s.secrets.traffic[SPDM_DIR_RSP], digest, mac),
                  CAMSEAL_OK);
    assert_memory_equal(mac, rsp.data + rsp.len - H, H);
    (void)camseal_spdm_run_add(&t, &s.th, camseal_span_of(mac, H));
    assert_run(&t, &s.th, mut_th2);
    assert_status(camseal_spdm_session_establish(&k, &t, &s, NULL), CAMSEAL_OK);
    assert_hex(s.secrets.traffic[SPDM_DIR_REQ], mut_req_data);
    assert_hex(s.secrets.traffic[SPDM_DIR_RSP], mut_rsp_data);
    camseal_spdm_session_wipe(&t, &s);
    camseal_spdm_transcript_reset(&t, crypto);
}

int main(void)
{
    crypto = camseal_openssl();
    k = (spdm_schedule){crypto, camseal_crypto_hash(crypto, CAMSEAL_HASH_SHA384),
                        camseal_crypto_aead(crypto, CAMSEAL_AEAD_AES_256_GCM), 0x12};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encapsulated_messages),
        cmocka_unit_test(key_exchange_asks_for_encapsulation),
        cmocka_unit_test(finish_signature),
        cmocka_unit_test(verify_data_and_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
