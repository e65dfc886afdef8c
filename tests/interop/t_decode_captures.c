/* Captures of sessions of another SPDM implementation, decoded: everything in them verifies; one
 * byte changed in any message is found, and the message named; the same messages in small chunks
 * verify too. The captures are not part of the repository: without them this is skipped. */
#include "test.h"

#include "camseal/openssl.h"
#include "camseal/transport.h"
#include "spdm/msg/certificate.h"
#include "spdm/msg/chunk.h"
#include "spdm/msg/error.h"
#include "spdm_decode.h"

#define FOLDER CAMSEAL_SOURCE_DIR "/../shared/captures/spdm/"

enum { FILE_MAX = 1 << 17, PACKETS_MAX = 256 };

static struct judge {
    unsigned long count[SPDM_CHECK_VALUE + 1][3];
    unsigned long unknown_values;
    uint32_t target; /* message that a failed check should name */
    bool named;
    bool covered[PACKETS_MAX + 1]; /* by a check that passed and is cryptographic */
} judge;

static decode_secrets secrets;
static decode_input input;
static uint8_t *file;
static size_t file_len;
static camseal_spdm_observer *observer;
static void *memory;

/* ---- what the observer says -------------------------------------------------------------------
 */

static bool covers(const spdm_cover *c, uint32_t number)
{
    for (unsigned i = 0; c && i < c->n; i++)
        if (number >= c->range[i].first && number <= c->range[i].last)
            return true;
    return false;
}

static void on_message(void *user, const spdm_seen *seen)
{
    (void)user;
    json_decref(decode_fields(seen));
}

static void on_finding(void *user, const spdm_seen *seen, const spdm_finding *f)
{
    (void)user;
    judge.count[f->check][f->result]++;
    if (f->result == SPDM_FAILED &&
        (seen->number == judge.target || covers(f->cover, judge.target)))
        judge.named = true;
    if (f->result == SPDM_PASSED && (f->check == SPDM_CHECK_SIGNATURE ||
                                     f->check == SPDM_CHECK_HMAC || f->check == SPDM_CHECK_RECORD))
        for (uint32_t n = 1; n <= PACKETS_MAX; n++)
            judge.covered[n] = judge.covered[n] || covers(f->cover, n) || n == seen->number;
}

static void on_value(void *user, const spdm_seen *seen, const char *label, camseal_span value,
                     const spdm_cover *cover)
{
    (void)user;
    (void)seen;
    (void)cover;
    judge.count[SPDM_CHECK_VALUE][SPDM_PASSED] += decode_known_take(&secrets, label, value);
}

static unsigned long total(spdm_result result)
{
    unsigned long n = 0;
    for (unsigned c = 0; c <= SPDM_CHECK_VALUE; c++)
        n += judge.count[c][result];
    return n;
}

/* ---- running ----------------------------------------------------------------------------------
 */

static void open_observer(void)
{
    const spdm_observer_config config = {.struct_size = sizeof config,
                                         .crypto = camseal_openssl(),
                                         .binding = input.binding,
                                         .anchors = secrets.anchors,
                                         .n_anchors = secrets.n_anchors,
                                         .chains = secrets.chains,
                                         .n_chains = secrets.n_chains,
                                         .shared = secrets.shared,
                                         .n_shared = secrets.n_shared,
                                         .psks = secrets.psks,
                                         .n_psks = secrets.n_psks,
                                         .max_message = 1 << 16,
                                         .max_chain = 1 << 15,
                                         .message = on_message,
                                         .finding = on_finding,
                                         .value = on_value};
    size_t size = camseal_spdm_observer_size(&config);
    memory = malloc(size);
    assert_non_null(memory);
    assert_status(camseal_spdm_observer_init(&observer, memory, size, &config), CAMSEAL_OK);
}

static void close_observer(void)
{
    camseal_spdm_observer_wipe(observer);
    free(memory);
}

static void observe_all(uint32_t target)
{
    memset(&judge, 0, sizeof judge);
    judge.target = target;
    for (size_t i = 0; i < secrets.n_known; i++)
        secrets.known[i].used = false;
    open_observer();
    for (size_t i = 0; i < input.n; i++)
        camseal_spdm_observe(observer, (uint32_t)(i + 1), input.packets[i].kind,
                             SPDM_HEADING_UNKNOWN, input.packets[i].bytes);
    close_observer();
}

static void load(const char *name, const char *ids)
{
    char path[512];
    snprintf(path, sizeof path, FOLDER "%s.pcap", name);
    assert_true(decode_read_file(path, &file, &file_len));
    assert_status(decode_input_read(&input, camseal_span_of(file, file_len)), CAMSEAL_OK);
    decode_secrets_beside(&secrets, path);
    snprintf(path, sizeof path, FOLDER "%s.json", name);
    assert_int_equal(decode_secrets_json(&secrets, path), 0);
    snprintf(path, sizeof path, FOLDER "ids/%s/ca.cert.der", ids);
    assert_int_equal(decode_secrets_anchor(&secrets, path), 0);
}

static void unload(void)
{
    decode_input_free(&input);
    decode_secrets_free(&secrets);
    free(file);
}

/* ---- cases ------------------------------------------------------------------------------------
 */

static void verify(const char *name, const char *ids, unsigned long signatures)
{
    load(name, ids);
    observe_all(0);
    print_message(
        "%s: %lu signatures, %lu HMACs, %lu records, %lu values\n", name,
        judge.count[SPDM_CHECK_SIGNATURE][SPDM_PASSED], judge.count[SPDM_CHECK_HMAC][SPDM_PASSED],
        judge.count[SPDM_CHECK_RECORD][SPDM_PASSED], judge.count[SPDM_CHECK_VALUE][SPDM_PASSED]);
    assert_int_equal(total(SPDM_FAILED), 0);
    assert_int_equal(total(SPDM_NOT_CHECKED), 0);
    assert_int_equal(judge.count[SPDM_CHECK_SIGNATURE][SPDM_PASSED], signatures);
    assert_int_equal(judge.count[SPDM_CHECK_HMAC][SPDM_PASSED], 2);
    assert_true(judge.count[SPDM_CHECK_RECORD][SPDM_PASSED] >= 8);
    assert_int_equal(decode_known_left(&secrets, NULL), 0);
}

/* A byte of each message: its version, and one anywhere if a check depends on the message (on the
 * portion, in a CERTIFICATE). */
static void flip_each(void)
{
    uint64_t seed = 0x9E3779B97F4A7C15u;
    bool covered[PACKETS_MAX + 1];
    memcpy(covered, judge.covered, sizeof covered);
    assert_true(input.n <= PACKETS_MAX);
    for (size_t i = 0; i < input.n; i++) {
        uint8_t *bytes = file + (input.packets[i].bytes.data - file);
        size_t head = bytes[1] == SPDM_CERTIFICATE ? SPDM_CERTIFICATE_HEADER_BYTES : 0;
        size_t any = head + (size_t)(test_random(&seed) % (input.packets[i].bytes.len - head));
        for (unsigned k = 0; k < (covered[i + 1] ? 2u : 1u); k++) {
            size_t at = k ? any : 0;
            uint8_t bit = (uint8_t)(1u << (test_random(&seed) & 7u));
            bytes[at] ^= bit;
            observe_all((uint32_t)(i + 1));
            bytes[at] ^= bit;
            if (!judge.named)
                fail_msg("message %zu, byte %zu, bit %02x: changed and not named", i + 1, at, bit);
        }
    }
}

/* Each logged value, changed, is not what is computed. */
static void flip_values(void)
{
    for (size_t i = 0; i < secrets.n_known; i++) {
        secrets.known[i].value[0] ^= 1;
        observe_all(0);
        secrets.known[i].value[0] ^= 1;
        assert_int_equal(decode_known_left(&secrets, NULL), 1);
    }
}

static void certificates(void **state)
{
    (void)state;
    static const char *const names[][2] = {{"cert_p256_1.2", "ecp256"},
                                           {"cert_p384_1.2", "ecp384"},
                                           {"cert_p256_1.3", "ecp256"},
                                           {"cert_p384_1.4", "ecp384"}};
    for (size_t i = 0; i < 4; i++) {
        verify(names[i][0], names[i][1], 4);
        flip_each();
        if (i == 0)
            flip_values();
        unload();
    }
}

static void mutual(void **state)
{
    (void)state;
    verify("mutual_p256_1.2", "ecp256", 5);
    flip_each();
    unload();
    verify("mutual_p384_1.3", "ecp384", 5);
    flip_each();
    unload();
}

static void psk(void **state)
{
    (void)state;
    verify("psk_1.2", "ecp256", 0);
    flip_each();
    unload();
    verify("psk_1.3", "ecp384", 0);
    flip_each();
    flip_values();
    unload();
}

/* Without ML-DSA in the library: everything but chains and signatures. */
static void post_quantum(void **state)
{
    (void)state;
    load("pqc_1.4", "ecp384");
    observe_all(0);
    bool lacks = strstr(camseal_openssl_lacks(), "ML-DSA") != NULL;
    assert_int_equal(judge.count[SPDM_CHECK_SIGNATURE][SPDM_NOT_CHECKED], lacks ? 4 : 0);
    assert_int_equal(judge.count[SPDM_CHECK_SIGNATURE][SPDM_PASSED], lacks ? 0 : 4);
    assert_int_equal(judge.count[SPDM_CHECK_HMAC][SPDM_PASSED], 2);
    assert_int_equal(judge.count[SPDM_CHECK_RECORD][SPDM_FAILED], 0);
    assert_int_equal(decode_known_left(&secrets, NULL), 0);
    unload();
}

static void no_secrets(void **state)
{
    (void)state;
    load("cert_p256_1.2", "ecp256");
    secrets.n_shared = 0;
    observe_all(0);
    secrets.n_shared = 1;
    assert_int_equal(total(SPDM_FAILED), 0);
    assert_int_equal(judge.count[SPDM_CHECK_HMAC][SPDM_NOT_CHECKED], 2);
    assert_int_equal(judge.count[SPDM_CHECK_RECORD][SPDM_NOT_CHECKED], 10);
    assert_int_equal(judge.count[SPDM_CHECK_SIGNATURE][SPDM_PASSED], 3);
    unload();
}

/* ---- the same messages in chunks --------------------------------------------------------------
 */

static uint32_t number;

static void tell(const camseal_writer *w)
{
    assert_status(camseal_writer_end(w), CAMSEAL_OK);
    camseal_spdm_observe(observer, ++number, CAMSEAL_MESSAGE_SPDM, SPDM_HEADING_UNKNOWN,
                         camseal_span_of(w->start, w->len));
}

static bool is_last(size_t at, size_t room, size_t len)
{
    return room >= len - at;
}

static void send_chunks(uint8_t version, camseal_span m, uint8_t code, uint8_t handle,
                        bool last_ack_carries)
{
    uint8_t out[SPDM_DATA_TRANSFER_MIN];
    uint32_t seq = 0;
    for (size_t at = 0; at < m.len; seq++) {
        size_t room = sizeof out - camseal_spdm_chunk_overhead(seq);
        size_t n = is_last(at, room, m.len) ? m.len - at : room;
        const spdm_chunk chunk = {is_last(at, room, m.len), handle, seq, (uint32_t)m.len,
                                  camseal_span_of(m.data + at, n)};
        camseal_writer w = camseal_writer_of(out, sizeof out);
        if (code == SPDM_CHUNK_RESPONSE) {
            const spdm_chunk_get get = {handle, seq};
            camseal_spdm_write_chunk_get(&w, version, &get);
            tell(&w);
            w = camseal_writer_of(out, sizeof out);
        }
        camseal_spdm_write_chunk(&w, version, code, &chunk);
        tell(&w);
        at += n;
        if (code == SPDM_CHUNK_RESPONSE || (at == m.len && last_ack_carries))
            continue;
        const spdm_chunk_ack ack = {false, handle, seq, {NULL, 0}};
        w = camseal_writer_of(out, sizeof out);
        camseal_spdm_write_chunk_ack(&w, version, &ack);
        tell(&w);
    }
}

/* The last CHUNK_SEND_ACK carries the answer, or says that it is a large one. */
static void answer_chunks(uint8_t version, camseal_span m, uint8_t handle, uint32_t seq)
{
    static uint8_t out[SPDM_DATA_TRANSFER_MIN], error_bytes[8];
    const spdm_error error = {SPDM_ERR_LARGE_RESPONSE, 0, camseal_span_of(&handle, 1)};
    camseal_writer e = camseal_writer_of(error_bytes, sizeof error_bytes);
    camseal_spdm_write_error(&e, version, &error);
    bool large = m.len > sizeof out - camseal_spdm_chunk_ack_overhead(version);
    const spdm_chunk_ack ack = {false, handle, seq,
                                large ? camseal_span_of(error_bytes, e.len) : m};
    camseal_writer w = camseal_writer_of(out, sizeof out);
    camseal_spdm_write_chunk_ack(&w, version, &ack);
    tell(&w);
    if (large)
        send_chunks(version, m, SPDM_CHUNK_RESPONSE, handle, false);
}

static uint32_t chunks_of(size_t len)
{
    uint32_t seq = 0;
    for (size_t at = 0; at < len; seq++)
        at += SPDM_DATA_TRANSFER_MIN - camseal_spdm_chunk_overhead(seq);
    return seq;
}

/* In the clear, from NEGOTIATE_ALGORITHMS on, every exchange with a request over 42 bytes. */
static void rechunk(const char *name, const char *ids)
{
    load(name, ids);
    memset(&judge, 0, sizeof judge);
    number = 0;
    open_observer();
    for (size_t i = 0; i < input.n; i += 2) {
        const decode_packet *p = &input.packets[i];
        if (p->kind != CAMSEAL_MESSAGE_SPDM || i < 4 || p->bytes.len <= SPDM_DATA_TRANSFER_MIN) {
            camseal_spdm_observe(observer, ++number, p[0].kind, SPDM_HEADING_UNKNOWN, p[0].bytes);
            camseal_spdm_observe(observer, ++number, p[1].kind, SPDM_HEADING_UNKNOWN, p[1].bytes);
            continue;
        }
        send_chunks(p->bytes.data[0], p->bytes, SPDM_CHUNK_SEND, (uint8_t)i, true);
        answer_chunks(p->bytes.data[0], p[1].bytes, (uint8_t)i, chunks_of(p->bytes.len) - 1u);
    }
    close_observer();
    assert_int_equal(total(SPDM_FAILED), 0);
    assert_int_equal(total(SPDM_NOT_CHECKED), 0);
    assert_int_equal(judge.count[SPDM_CHECK_SIGNATURE][SPDM_PASSED], 4);
    assert_int_equal(judge.count[SPDM_CHECK_RECORD][SPDM_PASSED], 10);
    assert_true(number > input.n);
    unload();
}

static void chunks(void **state)
{
    (void)state;
    rechunk("cert_p256_1.2", "ecp256");
    rechunk("cert_p384_1.4", "ecp384");
}

int main(void)
{
    FILE *f = fopen(FOLDER "cert_p256_1.2.pcap", "rb");
    if (!f)
        test_skip_program("no captures at ../shared/captures/spdm");
    fclose(f);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates), cmocka_unit_test(mutual),     cmocka_unit_test(psk),
        cmocka_unit_test(post_quantum), cmocka_unit_test(no_secrets), cmocka_unit_test(chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
