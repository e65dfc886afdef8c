/* Evidence records: one from a signature of another implementation, then the same with every fault
 * that a forger could try; and the blocks that a measurer gives. */
#include "test.h"

#include "base/load.h"
#include "camseal/openssl.h"
#include "spdm/cert.h"
#include "spdm/evidence.h"
#include "spdm/measure.h"
#include "spdm/transcript.h"
#include "vectors.h"

enum { SIGNATURE = 96, EVIDENCE_MAX = 2048 };

/* ---- a provider whose chain check hands out the key of the vectors -------------------------- */

static const char spki_hex[] =
    "3076301006072a8648ce3d020106052b8104002203620004"
    "a7fc8724be894beb2913d485c968bc465f17601f5af34eb894dccc398227510f68839ae145d19fef7695d300cb13"
    "77311"
    "29c33d036dca2619eafcb19361cc8551f53b97f33608b569dd62b0077360c72c06881825634410e1226eea3a4e485"
    "3d";

static const uint8_t root[] = {0x30, 2, 5, 0};
static struct bytes spki;
static camseal_status chain_status;
static unsigned chain_delay;

static camseal_status stub_chain(void *user, camseal_chain_job *job)
{
    (void)user;
    if (chain_delay) {
        chain_delay--;
        return CAMSEAL_PENDING;
    }
    if (job->chain.len != sizeof root || memcmp(job->chain.data, root, sizeof root) != 0) {
        job->detail = "not the root";
        return CAMSEAL_E_UNTRUSTED;
    }
    job->first = job->leaf = job->chain;
    job->leaf_spki = camseal_span_of(spki.data, spki.len);
    job->leaf_key = CAMSEAL_SIGN_ECDSA_P384;
    job->leaf_flags = CAMSEAL_CHAIN_X509_V3 | CAMSEAL_CHAIN_HAS_KEY_USAGE |
                      CAMSEAL_CHAIN_DIGITAL_SIGNATURE | CAMSEAL_CHAIN_HAS_BASIC_CONSTRAINTS;
    job->detail = chain_status == CAMSEAL_OK ? NULL : "stub";
    return chain_status;
}

static camseal_crypto crypto;
static camseal_span anchor;

static int setup(void **state)
{
    (void)state;
    crypto = *camseal_openssl();
    crypto.chain = stub_chain;
    spki = hex(spki_hex);
    anchor = camseal_span_of(root, sizeof root);
    return 0;
}

/* ---- the record ----------------------------------------------------------------------------- */

static uint8_t record[EVIDENCE_MAX];
static camseal_buf buf;
static size_t l1_at, signature_at;

static void make_record(void)
{
    uint8_t chain[4 + 48 + sizeof root], vca[512];
    size_t vca_len = 0;
    const char *const a[] = {v12_get_version,          v12_version,
                             v12_get_capabilities,     v12_capabilities,
                             v12_negotiate_algorithms, v12_algorithms};
    struct bytes request = hex(v12_get_measurements), response = hex(v12_measurements);
    for (size_t i = 0; i < 6; i++) {
        struct bytes m = hex(a[i]);
        memcpy(vca + vca_len, m.data, m.len);
        vca_len += m.len;
    }
    camseal_store_le32(chain, sizeof chain);
    assert_status(camseal_spdm_hash_of(&crypto, camseal_crypto_hash(&crypto, CAMSEAL_HASH_SHA384),
                                       anchor, chain + 4),
                  CAMSEAL_OK);
    memcpy(chain + 4 + 48, root, sizeof root);
    buf = (camseal_buf){record, sizeof record, 0};
    assert_status(camseal_spdm_evidence_start(&buf, camseal_span_of(chain, sizeof chain),
                                              camseal_span_of(vca, vca_len)),
                  CAMSEAL_OK);
    assert_status(camseal_spdm_evidence_add(&buf, camseal_span_of(request.data, request.len)),
                  CAMSEAL_OK);
    assert_status(
        camseal_spdm_evidence_add(&buf, camseal_span_of(response.data, response.len - SIGNATURE)),
        CAMSEAL_OK);
    l1_at = CAMSEAL_SPDM_EVIDENCE_HEAD + sizeof chain;
    signature_at = buf.len;
    assert_status(camseal_spdm_evidence_end(
                      &buf, camseal_span_of(response.data + response.len - SIGNATURE, SIGNATURE)),
                  CAMSEAL_OK);
    chain_status = CAMSEAL_OK;
    chain_delay = 0;
}

static unsigned blocks;
static camseal_spdm_measurement last;

static void count_block(void *user, const camseal_spdm_measurement *block)
{
    (void)user;
    blocks++;
    last = *block;
}

static camseal_spdm_evidence judge(void)
{
    camseal_spdm_evidence e;
    memset(&e, 0, sizeof e);
    e.crypto = &crypto;
    e.anchors = &anchor;
    e.n_anchors = 1;
    e.block = count_block;
    blocks = 0;
    return e;
}

static camseal_status check(camseal_span evidence)
{
    camseal_spdm_evidence e = judge();
    /* An exact copy, so that a sanitizer sees every read beyond it. */
    uint8_t *copy = malloc(evidence.len ? evidence.len : 1);
    memcpy(copy, evidence.data, evidence.len);
    camseal_status status = camseal_spdm_check_evidence(&e, camseal_span_of(copy, evidence.len));
    free(copy);
    if (status != CAMSEAL_OK) {
        assert_non_null(e.detail);
        assert_int_equal(blocks, 0);
    }
    return status;
}

static camseal_status check_record(void)
{
    return check(camseal_span_of(record, buf.len));
}

static void anothers_signature_is_good_evidence(void **state)
{
    (void)state;
    make_record();
    camseal_spdm_evidence e = judge();
    struct bytes request = hex(v12_get_measurements);
    e.nonce = request.data + 4;
    assert_status(camseal_spdm_check_evidence(&e, camseal_span_of(record, buf.len)), CAMSEAL_OK);
    assert_int_equal(e.version, 0x12);
    assert_int_equal(e.hash, CAMSEAL_HASH_SHA384);
    assert_int_equal(e.measurement_hash, 4); /* TPM_ALG_SHA_384 of MeasurementHashAlgo */
    assert_int_equal(e.sign, CAMSEAL_SIGN_ECDSA_P384);
    assert_int_equal(e.change, CAMSEAL_SPDM_UNCHANGED);
    assert_int_equal(blocks, 1);
    assert_int_equal(last.index, 1);
    assert_int_equal(last.type, CAMSEAL_SPDM_MEASURE_ROM);
    assert_int_equal(last.form, CAMSEAL_SPDM_FORM_DIGEST);
    assert_int_equal(last.value.len, 48);
    assert_int_equal(last.value.data[0], 0xa1);
    assert_null(e.detail);
}

static void a_slow_provider_is_asked_again(void **state)
{
    (void)state;
    make_record();
    chain_delay = 2;
    camseal_spdm_evidence e = judge();
    camseal_span evidence = camseal_span_of(record, buf.len);
    assert_status(camseal_spdm_check_evidence(&e, evidence), CAMSEAL_PENDING);
    assert_status(camseal_spdm_check_evidence(&e, evidence), CAMSEAL_PENDING);
    assert_int_equal(blocks, 0);
    assert_status(camseal_spdm_check_evidence(&e, evidence), CAMSEAL_OK);
    assert_int_equal(blocks, 1);
}

/* Every byte counts: whatever bit is flipped, the record is refused. */
static void every_bit_is_covered(void **state)
{
    (void)state;
    make_record();
    for (size_t i = 0; i < buf.len; i++) {
        record[i] ^= (uint8_t)(1u << i % 8);
        camseal_status status = check_record();
        record[i] ^= (uint8_t)(1u << i % 8);
        if (status == CAMSEAL_OK)
            fail_msg("byte %zu is not covered", i);
    }
    assert_status(check_record(), CAMSEAL_OK);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    make_record();
    for (size_t n = 0; n < buf.len; n++)
        assert_status(check(camseal_span_of(record, n)), CAMSEAL_E_TRUNCATED);
    record[buf.len] = 0;
    assert_status(check(camseal_span_of(record, buf.len + 1)), CAMSEAL_E_TRAILING);
}

static void patch_length(size_t at, int by)
{
    camseal_store_le32(record + at, (uint32_t)((int)camseal_load_le32(record + at) + by));
}

/* Moves a border between two parts: the bytes stay, their meaning changes. */
static void borders_cannot_move(void **state)
{
    (void)state;
    static const size_t fields[] = {8, 12, 16};
    for (size_t i = 0; i < 3; i++)
        for (int by = -4; by <= 4; by++) {
            make_record();
            patch_length(fields[i], by);
            patch_length(fields[(i + 1) % 3], -by);
            if (by)
                assert_true(check_record() < 0);
        }
    make_record();
    camseal_store_le32(record + 12, UINT32_MAX);
    assert_status(check_record(), CAMSEAL_E_TRUNCATED);
}

static void named_refusals(void **state)
{
    (void)state;
    struct {
        size_t at;
        uint8_t value;
        camseal_status expected;
    } const rows[] = {
        {0, 'X', CAMSEAL_E_FORMAT},                        /* magic                       */
        {l1_at, 0x12, CAMSEAL_E_FORMAT},                   /* GET_VERSION of 1.2          */
        {l1_at + 1, 0x83, CAMSEAL_E_FORMAT},               /* not GET_VERSION             */
        {l1_at + 12, 0x11, CAMSEAL_E_VERSION},             /* GET_CAPABILITIES of 1.1     */
        {l1_at + 12, 0x15, CAMSEAL_E_VERSION},             /* of a later version          */
        {l1_at + 12 + 20, 0x13, CAMSEAL_E_FORMAT},         /* CAPABILITIES of another     */
        {l1_at + 52 + 48 + 12, 0x81, CAMSEAL_E_FORMAT},    /* two signature algorithms    */
        {l1_at + 52 + 48 + 12, 0x00, CAMSEAL_E_FORMAT},    /* none                        */
        {l1_at + 52 + 48 + 16, 0x03, CAMSEAL_E_FORMAT},    /* two hashes                  */
        {l1_at + 152 + 2, 0x00, CAMSEAL_E_FORMAT},         /* an unsigned request is last */
        {l1_at + 152 + 37 + 4, 0x02, CAMSEAL_E_TRUNCATED}, /* two blocks               */
        {signature_at, 0xff, CAMSEAL_E_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make_record();
        record[rows[i].at] = rows[i].value;
        camseal_status status = check_record();
        if (strcmp(camseal_status_name(status), camseal_status_name(rows[i].expected)) != 0)
            fail_msg("row %zu: %s", i, camseal_status_name(status));
    }
}

static void who_signed_matters(void **state)
{
    (void)state;
    make_record();
    camseal_spdm_evidence e = judge();
    uint8_t other[32] = {0};
    e.pin = other;
    assert_status(camseal_spdm_check_evidence(&e, camseal_span_of(record, buf.len)),
                  CAMSEAL_E_IDENTITY);
    e = judge();
    e.nonce = other;
    assert_status(camseal_spdm_check_evidence(&e, camseal_span_of(record, buf.len)),
                  CAMSEAL_E_REPLAY);
    e = judge();
    e.n_anchors = 0;
    assert_status(camseal_spdm_check_evidence(&e, camseal_span_of(record, buf.len)),
                  CAMSEAL_E_ARGUMENT);
    chain_status = CAMSEAL_E_UNTRUSTED;
    assert_status(check_record(), CAMSEAL_E_UNTRUSTED);
    chain_status = CAMSEAL_OK;
    spki.data[40] ^= 1; /* another key */
    assert_true(check_record() < 0);
    spki.data[40] ^= 1;
}

static void a_short_buffer_holds_nothing(void **state)
{
    (void)state;
    make_record();
    size_t whole = buf.len;
    uint8_t copy[EVIDENCE_MAX], out[EVIDENCE_MAX];
    memcpy(copy, record, whole);
    for (size_t n = 0; n <= whole; n++) {
        camseal_buf b = {out, n, 7};
        camseal_status status = camseal_spdm_evidence_start(
            &b, camseal_span_of(copy + 20, l1_at - 20), camseal_span_of(copy + l1_at, 152));
        if (status == CAMSEAL_OK)
            status = camseal_spdm_evidence_add(
                &b, camseal_span_of(copy + l1_at + 152, signature_at - l1_at - 152));
        if (status == CAMSEAL_OK)
            status = camseal_spdm_evidence_end(&b, camseal_span_of(copy + signature_at, SIGNATURE));
        assert_status(status, n == whole ? CAMSEAL_OK : CAMSEAL_E_SPACE);
        assert_int_equal(b.len, n == whole ? whole : 0);
    }
    assert_memory_equal(out, copy, whole);
}

/* ---- blocks --------------------------------------------------------------------------------- */

static const uint8_t firmware[] = "firmware", svn[8] = {3};
static const uint8_t digest48[48] = {0xd1};
static const camseal_spdm_measurement table[] = {
    {1, CAMSEAL_SPDM_MEASURE_ROM, CAMSEAL_SPDM_FORM_DIGEST, true, {digest48, 48}},
    {2, CAMSEAL_SPDM_MEASURE_FIRMWARE, CAMSEAL_SPDM_FORM_EITHER, true, {firmware, 8}},
    {16, CAMSEAL_SPDM_MEASURE_SECURE_VERSION, CAMSEAL_SPDM_FORM_RAW, false, {svn, 8}},
};
static camseal_spdm_measurer measurer = {.blocks = table, .n_blocks = 3};

static spdm_measure_walk walk(bool raw, camseal_hash_id hash)
{
    spdm_measure_walk w = {.measurer = &measurer, .crypto = &crypto, .raw = raw};
    w.query.hash = hash;
    return w;
}

static void forms(void **state)
{
    (void)state;
    spdm_measurement_block b;
    uint8_t expected[64];
    const camseal_hash *sha384 = camseal_crypto_hash(&crypto, CAMSEAL_HASH_SHA384);
    spdm_measure_walk w = walk(false, CAMSEAL_HASH_SHA384);
    assert_status(camseal_spdm_hash_of(&crypto, sha384, table[1].value, expected), CAMSEAL_OK);
    assert_status(camseal_spdm_measure_next(&w, &b), CAMSEAL_OK);
    assert_int_equal(b.type, 0);
    assert_ptr_equal(b.value.data, digest48);
    assert_status(camseal_spdm_measure_next(&w, &b), CAMSEAL_OK);
    assert_int_equal(b.type, 1);
    assert_int_equal(b.value.len, 48);
    assert_memory_equal(b.value.data, expected, 48);
    assert_status(camseal_spdm_measure_next(&w, &b), CAMSEAL_OK);
    assert_int_equal(b.type, 0x87);
    assert_int_equal(b.value.len, 8);
    assert_false(w.tcb);
    assert_status(camseal_spdm_measure_next(&w, &b), CAMSEAL_E_NOT_FOUND);

    w = walk(true, CAMSEAL_HASH_SHA384);
    (void)camseal_spdm_measure_next(&w, &b);
    assert_int_equal(b.type, 0); /* a digest stays one */
    (void)camseal_spdm_measure_next(&w, &b);
    assert_int_equal(b.type, 0x81);
    assert_memory_equal(b.value.data, firmware, 8);
}

static void illegal_blocks(void **state)
{
    (void)state;
    static const uint8_t big[UINT16_MAX] = {0};
    camseal_spdm_measurement rows[][2] = {
        {{.index = 0}},
        {{.index = 0xFF}},
        {{.index = 1, .type = 0x80}},
        {{.index = 1, .form = 3}},
        {{.index = 1, .form = CAMSEAL_SPDM_FORM_RAW, .value = {big, UINT16_MAX - 2}}},
        {{.index = 1, .form = CAMSEAL_SPDM_FORM_DIGEST, .value = {big, 32}}},
        {{.index = 3, .form = CAMSEAL_SPDM_FORM_RAW}, {.index = 3}},
        {{.index = 3, .form = CAMSEAL_SPDM_FORM_RAW}, {.index = 2}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const camseal_spdm_measurer bad = {.blocks = rows[i], .n_blocks = 2};
        spdm_measurement_block b;
        spdm_measure_walk w = walk(false, CAMSEAL_HASH_SHA384);
        w.measurer = &bad;
        camseal_status status = camseal_spdm_measure_next(&w, &b);
        if (rows[i][0].index == 3)
            status = camseal_spdm_measure_next(&w, &b);
        assert_status(status, CAMSEAL_E_BUG);
    }
    /* Raw values only: nothing can be a digest. */
    spdm_measurement_block b;
    spdm_measure_walk w = walk(false, CAMSEAL_HASH_NONE);
    assert_status(camseal_spdm_measure_next(&w, &b), CAMSEAL_E_BUG);
    w = walk(false, CAMSEAL_HASH_NONE);
    w.next = 1;
    assert_status(camseal_spdm_measure_next(&w, &b), CAMSEAL_OK);
    assert_int_equal(b.type, 0x81);
}

/* The summary is the hash of the blocks as MEASUREMENTS would carry them. */
static void summaries(void **state)
{
    (void)state;
    const camseal_hash *sha256 = camseal_crypto_hash(&crypto, CAMSEAL_HASH_SHA256);
    uint8_t bytes[256], expected[32], actual[64];
    for (unsigned all = 0; all < 2; all++) {
        spdm_measurement_block b;
        camseal_writer out = camseal_writer_of(bytes, sizeof bytes);
        spdm_measure_walk w = walk(false, CAMSEAL_HASH_SHA384);
        while (camseal_spdm_measure_next(&w, &b) == CAMSEAL_OK)
            if (all || b.index != 16)
                camseal_spdm_write_block(&out, &b);
        assert_int_equal(out.len, all ? 55 + 55 + 15 : 55 + 55);
        assert_status(
            camseal_spdm_hash_of(&crypto, sha256, camseal_span_of(bytes, out.len), expected),
            CAMSEAL_OK);
        w = walk(false, CAMSEAL_HASH_SHA384);
        assert_status(
            camseal_spdm_measure_summary(
                &w, all ? CAMSEAL_SPDM_SUMMARY_ALL : CAMSEAL_SPDM_SUMMARY_TCB, sha256, actual),
            CAMSEAL_OK);
        assert_memory_equal(actual, expected, 32);
    }
}

static void measurement_hashes(void **state)
{
    (void)state;
    static const struct {
        uint32_t bits;
        uint16_t bytes;
        camseal_hash_id id;
    } rows[] = {{0, 0, CAMSEAL_HASH_NONE},    {1, 0, CAMSEAL_HASH_NONE},
                {2, 32, CAMSEAL_HASH_SHA256}, {4, 48, CAMSEAL_HASH_SHA384},
                {8, 64, CAMSEAL_HASH_SHA512}, {16, 32, CAMSEAL_HASH_NONE},
                {6, 0, CAMSEAL_HASH_NONE},    {0x80000000u, 0, CAMSEAL_HASH_NONE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(camseal_spdm_measurement_bytes(rows[i].bits), rows[i].bytes);
        assert_int_equal(camseal_spdm_measurement_hash(rows[i].bits), rows[i].id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anothers_signature_is_good_evidence),
        cmocka_unit_test(a_slow_provider_is_asked_again),
        cmocka_unit_test(every_bit_is_covered),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(borders_cannot_move),
        cmocka_unit_test(named_refusals),
        cmocka_unit_test(who_signed_matters),
        cmocka_unit_test(a_short_buffer_holds_nothing),
        cmocka_unit_test(forms),
        cmocka_unit_test(illegal_blocks),
        cmocka_unit_test(summaries),
        cmocka_unit_test(measurement_hashes),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
