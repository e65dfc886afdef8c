/* Chain check of the OpenSSL provider: one fault at a time, with the status and the words for it.
 */
#include "test.h"

#include <openssl/x509v3.h>

#include "pki_cert.h"
#include "test_pki.h"

#define UNTRUSTED CAMSEAL_E_UNTRUSTED
#define CERT      CAMSEAL_E_CERTIFICATE
#define FORMAT    CAMSEAL_E_FORMAT

static const char wrong_signature[] = "the signature of a certificate is wrong";
static const char wrong_order[] =
    "the certificates are not in order, each issued by the one before it";
static const char no_ca[] = "a certificate above the leaf is not a CA that may sign certificates";
static const char no_signer[] = "no trust anchor has signed the first certificate";

static camseal_chain_job job_of(camseal_span chain, const camseal_span *anchors, size_t n)
{
    camseal_chain_job job;
    memset(&job, 0xEE, sizeof job); /* outputs may hold anything before the call */
    memset(job.scratch, 0, sizeof job.scratch);
    job.chain = chain;
    job.anchors = anchors;
    job.n_anchors = n;
    job.time.mode = CAMSEAL_TIME_FULL;
    job.time.seconds = TEST_PKI_NOW;
    return job;
}

static camseal_status run(camseal_chain_job *job)
{
    const camseal_crypto *c = camseal_openssl();
    return c->chain(c->user, job);
}

static void expect(camseal_chain_job *job, camseal_status status, const char *detail)
{
    assert_status(run(job), status);
    if (detail)
        assert_string_equal(job->detail, detail);
    else
        assert_null(job->detail);
    if (status != CAMSEAL_OK) {
        assert_int_equal(job->leaf.len + job->leaf_spki.len + job->first.len, 0);
        assert_int_equal(job->leaf_key, CAMSEAL_SIGN_NONE);
        assert_int_equal(job->leaf_flags, 0);
    }
}

#define COMMON                                                                     \
    (CAMSEAL_CHAIN_X509_V3 | CAMSEAL_CHAIN_HAS_EKU | CAMSEAL_CHAIN_HAS_KEY_USAGE | \
     CAMSEAL_CHAIN_DIGITAL_SIGNATURE | CAMSEAL_CHAIN_HAS_BASIC_CONSTRAINTS |       \
     CAMSEAL_CHAIN_HARDWARE_IDENTITY | CAMSEAL_CHAIN_EKU_RESPONDER)

static const struct {
    unsigned fault;
    camseal_status status;
    const char *detail;
    uint32_t flags;
} faults[] = {
    {TEST_PKI_GOOD, CAMSEAL_OK, NULL, COMMON},
    {TEST_PKI_REQUESTER, CAMSEAL_OK, NULL,
     COMMON ^ CAMSEAL_CHAIN_EKU_RESPONDER ^ CAMSEAL_CHAIN_EKU_REQUESTER},
    {TEST_PKI_WRONG_EKU, CAMSEAL_OK, NULL,
     COMMON ^ CAMSEAL_CHAIN_EKU_RESPONDER ^ CAMSEAL_CHAIN_EKU_REQUESTER},
    {TEST_PKI_NO_EKU, CAMSEAL_OK, NULL,
     COMMON ^ CAMSEAL_CHAIN_EKU_RESPONDER ^ CAMSEAL_CHAIN_HAS_EKU},
    {TEST_PKI_CA_LEAF, CAMSEAL_OK, NULL, COMMON | CAMSEAL_CHAIN_CA},
    {TEST_PKI_NO_KEY_USAGE, CAMSEAL_OK, NULL,
     COMMON ^ CAMSEAL_CHAIN_HAS_KEY_USAGE ^ CAMSEAL_CHAIN_DIGITAL_SIGNATURE},
    {TEST_PKI_WRONG_KEY_USAGE, CAMSEAL_OK, NULL, COMMON ^ CAMSEAL_CHAIN_DIGITAL_SIGNATURE},
    {TEST_PKI_NO_CONSTRAINTS, CAMSEAL_OK, NULL, COMMON ^ CAMSEAL_CHAIN_HAS_BASIC_CONSTRAINTS},
    {TEST_PKI_MUTABLE, CAMSEAL_OK, NULL,
     COMMON ^ CAMSEAL_CHAIN_HARDWARE_IDENTITY ^ CAMSEAL_CHAIN_MUTABLE},
    {TEST_PKI_WITHOUT_ROOT, CAMSEAL_OK, NULL, COMMON},
    {TEST_PKI_EXPIRED, CAMSEAL_E_EXPIRED, "leaf certificate has expired", 0},
    {TEST_PKI_INTER_EXPIRED, CAMSEAL_E_EXPIRED, "intermediate certificate has expired", 0},
    {TEST_PKI_NOT_YET_VALID, CAMSEAL_E_EXPIRED, "leaf certificate is not yet valid", 0},
    {TEST_PKI_OTHER_ROOT, UNTRUSTED, "root is not a trust anchor", 0},
    {TEST_PKI_OTHER_ROOT | TEST_PKI_WITHOUT_ROOT, UNTRUSTED, no_signer, 0},
    {TEST_PKI_BROKEN_SIGNATURE, CERT, wrong_signature, 0},
    {TEST_PKI_TAMPERED, CERT, wrong_signature, 0},
    {TEST_PKI_TAMPERED_INTER, CERT, wrong_signature, 0},
    {TEST_PKI_TAMPERED_INTER | TEST_PKI_WITHOUT_ROOT, UNTRUSTED, no_signer, 0},
    {TEST_PKI_INTER_NOT_CA, CERT, no_ca, 0},
    {TEST_PKI_PATH_TOO_LONG, CERT, "more CAs than a path length constraint allows", 0},
    /* a forged leaf stays a forged leaf, whatever else is wrong with it */
    {TEST_PKI_EXPIRED | TEST_PKI_BROKEN_SIGNATURE, CERT, wrong_signature, 0},
    {TEST_PKI_OTHER_ROOT | TEST_PKI_BROKEN_SIGNATURE, UNTRUSTED, "root is not a trust anchor", 0},
};

static void each_fault_has_its_status_and_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        for (int alg = TEST_PKI_P256; alg <= TEST_PKI_RSA3072; alg++) {
            struct test_pki pki;
            test_pki_make(&pki, (enum test_pki_alg)alg, faults[i].fault);
            camseal_chain_job job = job_of(pki.chain, &pki.root, 1);
            expect(&job, faults[i].status, faults[i].detail);
            assert_int_equal(job.certificates, faults[i].fault & TEST_PKI_WITHOUT_ROOT ? 2 : 3);
            assert_int_equal(job.leaf_flags, faults[i].flags);
            if (faults[i].status == CAMSEAL_OK)
                assert_int_equal(job.leaf_key, pki.sign);
            test_pki_free(&pki);
        }
    }
}

static void spans_point_into_the_chain(void **state)
{
    (void)state;
    struct test_pki pki;
    uint8_t pin[32];
    test_pki_make(&pki, TEST_PKI_P384, TEST_PKI_GOOD);
    camseal_chain_job job = job_of(pki.chain, &pki.root, 1);
    expect(&job, CAMSEAL_OK, NULL);
    assert_ptr_equal(job.first.data, pki.chain.data);
    assert_int_equal(job.first.len, pki.root.len);
    assert_ptr_equal(job.leaf.data, pki.leaf.data);
    assert_int_equal(job.leaf.len, pki.leaf.len);
    assert_in_range((uintptr_t)job.leaf_spki.data, (uintptr_t)pki.leaf.data,
                    (uintptr_t)pki.leaf.data + pki.leaf.len - job.leaf_spki.len);
    assert_int_equal(
        EVP_Digest(job.leaf_spki.data, job.leaf_spki.len, pin, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(pin, pki.pin, 32); /* computed from the key by i2d_PUBKEY */
    assert_status(camseal_openssl_key_matches(&pki.key, job.leaf_spki), CAMSEAL_OK);
    test_pki_free(&pki);
}

static void the_right_anchor_is_named(void **state)
{
    (void)state;
    struct test_pki pki, other;
    test_pki_make(&pki, TEST_PKI_P256, TEST_PKI_GOOD);
    test_pki_make(&other, TEST_PKI_P256, TEST_PKI_GOOD); /* same names, other keys */
    const camseal_span anchors[] = {other.root, other.inter, pki.root};
    camseal_chain_job job = job_of(pki.chain, anchors, 3);
    expect(&job, CAMSEAL_OK, NULL);
    assert_int_equal(job.anchor, 2);
    const camseal_span below = camseal_span_of(pki.inter.data, pki.inter.len + pki.leaf.len);
    job = job_of(below, anchors, 3); /* the root stands outside the chain */
    expect(&job, CAMSEAL_OK, NULL);
    assert_int_equal(job.anchor, 2);
    job = job_of(pki.chain, anchors, 2);
    expect(&job, UNTRUSTED, "root is not a trust anchor");
    job = job_of(below, anchors, 2);
    expect(&job, UNTRUSTED, no_signer);
    const camseal_span deeper[] = {pki.inter, pki.root}; /* the one nearest to the start counts */
    job = job_of(pki.chain, deeper, 2);
    expect(&job, CAMSEAL_OK, NULL);
    assert_int_equal(job.anchor, 1);
    test_pki_free(&other);
    test_pki_free(&pki);
}

/* An anchor need not be a root: an intermediate, or the device certificate itself. */
static void anchors_below_the_root_work(void **state)
{
    (void)state;
    struct test_pki pki, other;
    test_pki_make(&pki, TEST_PKI_P256, TEST_PKI_GOOD);
    test_pki_make(&other, TEST_PKI_P256, TEST_PKI_GOOD);
    const camseal_span below = camseal_span_of(pki.inter.data, pki.inter.len + pki.leaf.len);
    const struct {
        camseal_span chain, anchor;
        camseal_status status;
    } cases[] = {
        {pki.chain, pki.inter, CAMSEAL_OK}, {below, pki.inter, CAMSEAL_OK},
        {pki.leaf, pki.inter, CAMSEAL_OK},  {pki.leaf, pki.leaf, CAMSEAL_OK},
        {pki.chain, pki.leaf, CAMSEAL_OK},  {pki.leaf, pki.root, UNTRUSTED},
        {pki.leaf, other.inter, UNTRUSTED}, {pki.chain, other.inter, UNTRUSTED},
        {pki.inter, pki.leaf, UNTRUSTED}, /* a leaf cannot vouch for anybody */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        camseal_chain_job job = job_of(cases[i].chain, &cases[i].anchor, 1);
        assert_status(run(&job), cases[i].status);
    }
    test_pki_free(&other);
    test_pki_free(&pki);
    test_pki_make(&pki, TEST_PKI_P256, TEST_PKI_INTER_NOT_CA);
    camseal_chain_job job = job_of(pki.leaf, &pki.inter, 1);
    expect(&job, UNTRUSTED, no_signer); /* it has signed, but it may not */
    test_pki_free(&pki);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void time_modes_at_their_edges(void **state)
{
    (void)state;
    static const struct {
        unsigned fault;
        camseal_time_mode mode;
        int64_t seconds;
        const char *detail;
    } cases[] = {
        {0, CAMSEAL_TIME_FULL, TEST_PKI_NOT_BEFORE - 1, "root certificate is not yet valid"},
        {0, CAMSEAL_TIME_FULL, TEST_PKI_NOT_BEFORE, NULL},
        {0, CAMSEAL_TIME_FULL, TEST_PKI_NOT_AFTER, NULL},
        {0, CAMSEAL_TIME_FULL, TEST_PKI_NOT_AFTER + 1, "root certificate has expired"},
        {0, CAMSEAL_TIME_LOWER_BOUND, 0, NULL},
        {0, CAMSEAL_TIME_LOWER_BOUND, TEST_PKI_NOT_AFTER, NULL},
        {0, CAMSEAL_TIME_LOWER_BOUND, TEST_PKI_NOT_AFTER + 1, "root certificate has expired"},
        {0, CAMSEAL_TIME_IGNORE, INT64_MAX, NULL},
        {TEST_PKI_WITHOUT_ROOT, CAMSEAL_TIME_FULL, TEST_PKI_NOT_AFTER + 1,
         "trust anchor has expired"},
        {TEST_PKI_EXPIRED, CAMSEAL_TIME_IGNORE, 0, NULL},
        {TEST_PKI_EXPIRED, CAMSEAL_TIME_LOWER_BOUND, 0, NULL},
        {TEST_PKI_EXPIRED, CAMSEAL_TIME_LOWER_BOUND, TEST_PKI_NOW, "leaf certificate has expired"},
        {TEST_PKI_NOT_YET_VALID, CAMSEAL_TIME_IGNORE, TEST_PKI_NOW, NULL},
        {TEST_PKI_NOT_YET_VALID, CAMSEAL_TIME_LOWER_BOUND, TEST_PKI_NOW, NULL},
        {TEST_PKI_NOT_YET_VALID, CAMSEAL_TIME_FULL, TEST_PKI_NOW,
         "leaf certificate is not yet valid"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct test_pki pki;
        test_pki_make(&pki, TEST_PKI_P256, cases[i].fault);
        camseal_chain_job job = job_of(pki.chain, &pki.root, 1);
        job.time.mode = cases[i].mode;
        job.time.seconds = cases[i].seconds;
        expect(&job, cases[i].detail ? CAMSEAL_E_EXPIRED : CAMSEAL_OK, cases[i].detail);
        test_pki_free(&pki);
    }
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    struct test_pki pki;
    static const uint8_t junk[] = "not a certificate";
    const camseal_span bad = camseal_span_of(junk, sizeof junk);
    test_pki_make(&pki, TEST_PKI_P256, TEST_PKI_WITHOUT_ROOT);
    camseal_chain_job job = job_of(pki.chain, &pki.root, 0);
    expect(&job, CAMSEAL_E_ARGUMENT, "no trust anchor was given");
    job = job_of(pki.chain, NULL, 1);
    expect(&job, CAMSEAL_E_ARGUMENT, "no trust anchor was given");
    job = job_of(pki.chain, &bad, 1);
    expect(&job, CAMSEAL_E_ARGUMENT, "a trust anchor is not a DER certificate");
    uint8_t longer[4096] = {0}; /* the right anchor and a byte too many */
    memcpy(longer, pki.root.data, pki.root.len);
    const camseal_span trailing = camseal_span_of(longer, pki.root.len + 1);
    job = job_of(pki.chain, &trailing, 1);
    expect(&job, CAMSEAL_E_ARGUMENT, "a trust anchor is not a DER certificate");
    job = job_of(pki.chain, &pki.root, 1);
    job.time.mode = (camseal_time_mode)3;
    expect(&job, CAMSEAL_E_ARGUMENT, "unknown time mode");
    test_pki_free(&pki);
}

/* ---- bytes and order ------------------------------------------------------------------------- */

struct builder {
    uint8_t bytes[16384];
    size_t len;
};

static void append(struct builder *b, camseal_span span)
{
    assert_in_range(span.len, 0, sizeof b->bytes - b->len);
    memcpy(b->bytes + b->len, span.data, span.len);
    b->len += span.len;
}

static void order_and_number_are_strict(void **state)
{
    (void)state;
    struct test_pki p, q;
    test_pki_make(&p, TEST_PKI_P256, TEST_PKI_GOOD);
    test_pki_make(&q, TEST_PKI_P256, TEST_PKI_GOOD);
    const struct {
        camseal_span parts[4];
        camseal_status status;
        const char *detail;
    } cases[] = {
        {{p.root, p.inter, p.leaf}, CAMSEAL_OK, NULL},
        {{p.inter, p.root, p.leaf}, CERT, wrong_order},
        {{p.leaf, p.inter, p.root}, CERT, no_ca},
        {{p.root, p.leaf}, CERT, wrong_order},
        {{p.root, p.root, p.inter, p.leaf}, CERT, wrong_order},
        {{p.root, p.inter, p.leaf, p.leaf}, CERT, no_ca},
        {{p.root, p.inter, p.inter, p.leaf}, CERT, wrong_order},
        {{q.root, p.root, p.inter, p.leaf}, CERT, wrong_order},
        {{p.root, q.inter, p.leaf}, CERT, wrong_order},
        {{p.root, p.inter, q.leaf}, CERT, wrong_order},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct builder b;
        b.len = 0;
        for (size_t k = 0; k < 4 && cases[i].parts[k].len; k++)
            append(&b, cases[i].parts[k]);
        camseal_chain_job job = job_of(camseal_span_of(b.bytes, b.len), &p.root, 1);
        expect(&job, cases[i].status, cases[i].detail);
    }
    test_pki_free(&q);
    test_pki_free(&p);
}

static void malformed_bytes_are_format(void **state)
{
    (void)state;
    struct test_pki p;
    static struct builder b;
    test_pki_make(&p, TEST_PKI_P256, TEST_PKI_GOOD);
    const char *cut = "the chain is cut off or not DER";
    camseal_chain_job job = job_of(camseal_span_of(NULL, 0), &p.root, 1);
    expect(&job, FORMAT, "the chain holds no certificate");
    for (size_t i = 0; i < 9; i++)
        append(&b, p.leaf);
    job = job_of(camseal_span_of(b.bytes, b.len), &p.root, 1);
    expect(&job, FORMAT, "the chain holds more than 8 certificates");
    static const struct {
        uint8_t bytes[8];
        size_t len;
    } tails[] = {
        {{0x00}, 1},                               /* a stray byte */
        {{0x30}, 1},                               /* a tag alone */
        {{0x30, 0x80, 0x00, 0x00}, 4},             /* indefinite length */
        {{0x30, 0x81, 0x01, 0x00}, 4},             /* length not in its shortest form */
        {{0x30, 0x82, 0x00, 0x01, 0x00}, 5},       /* the same in two octets */
        {{0x30, 0x84, 0x00, 0x00, 0x00, 0x00}, 6}, /* length of length too big */
        {{0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 6}, /* reserved */
        {{0x31, 0x00}, 2},                         /* SET */
        {{0x30, 0x83, 0xFF, 0xFF, 0xFF}, 5},       /* longer than what is left */
    };
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        b.len = 0;
        append(&b, p.chain);
        append(&b, camseal_span_of(tails[i].bytes, tails[i].len));
        job = job_of(camseal_span_of(b.bytes, b.len), &p.root, 1);
        expect(&job, FORMAT, cut);
        assert_int_equal(job.certificates, 0);
    }
    b.len = 0;
    append(&b, p.chain);
    append(&b, camseal_span_of("\x30\x00", 2)); /* DER, but no certificate */
    job = job_of(camseal_span_of(b.bytes, b.len), &p.root, 1);
    expect(&job, FORMAT, "a certificate cannot be parsed");
    test_pki_free(&p);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    struct test_pki p;
    test_pki_make(&p, TEST_PKI_P256, TEST_PKI_GOOD);
    for (size_t n = 0; n < p.chain.len; n++) {
        uint8_t *copy = malloc(n + 1); /* exact, so that ASan sees a read past the end */
        memcpy(copy, p.chain.data, n);
        camseal_chain_job job = job_of(camseal_span_of(copy, n), &p.root, 1);
        camseal_status status = run(&job);
        /* between certificates a shorter chain is left, whose last one is a CA: the SPDM rules see
         * it */
        if (n == p.root.len || n == p.root.len + p.inter.len)
            assert_true(status == CAMSEAL_OK && (job.leaf_flags & CAMSEAL_CHAIN_CA));
        else if (n != 0)
            assert_status(status, FORMAT);
        free(copy);
    }
    test_pki_free(&p);
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct test_pki p;
    test_pki_make(&p, TEST_PKI_P256, TEST_PKI_GOOD);
    uint8_t *copy = malloc(p.chain.len);
    memcpy(copy, p.chain.data, p.chain.len);
    for (size_t i = 0; i < p.chain.len; i++) {
        copy[i] ^= (uint8_t)(1u << i % 8);
        camseal_chain_job job = job_of(camseal_span_of(copy, p.chain.len), &p.root, 1);
        if (run(&job) == CAMSEAL_OK)
            fail_msg("accepted with a flipped bit in byte %zu", i);
        assert_non_null(job.detail);
        copy[i] ^= (uint8_t)(1u << i % 8);
    }
    free(copy);
    test_pki_free(&p);
}

/* ---- certificates that need hand work -------------------------------------------------------- */

struct hand {
    EVP_PKEY *ca_key, *leaf_key;
    X509 *ca, *leaf;
};

static void hand_make(struct hand *h, EVP_PKEY *leaf_key)
{
    h->ca_key = pki_key_make("P-256");
    h->leaf_key = leaf_key;
    struct pki_cert cert = {
        .common_name = "hand CA",
        .key = h->ca_key,
        .not_before = TEST_PKI_NOT_BEFORE,
        .not_after = TEST_PKI_NOT_AFTER,
        .basic_constraints = "critical,CA:TRUE",
        .key_usage = "critical,keyCertSign",
    };
    h->ca = pki_cert_make(&cert);
    cert.common_name = "hand leaf";
    cert.key = h->leaf_key;
    cert.issuer = h->ca;
    cert.issuer_key = h->ca_key;
    cert.basic_constraints = "critical,CA:FALSE";
    cert.key_usage = NULL;
    h->leaf = pki_cert_make(&cert);
    assert_non_null(h->leaf);
}

/* Signs the changed leaf again and judges { ca, leaf } with the CA as anchor. */
static void hand_expect(struct hand *h, const EVP_MD *md, camseal_status status, const char *detail,
                        camseal_chain_job *out)
{
    uint8_t bytes[8192], *at = bytes;
    assert_true(X509_sign(h->leaf, h->ca_key, md) > 0);
    const camseal_span anchor = {bytes, (size_t)i2d_X509(h->ca, &at)};
    assert_true(i2d_X509(h->leaf, &at) > 0);
    camseal_chain_job job = job_of(camseal_span_of(bytes, (size_t)(at - bytes)), &anchor, 1);
    expect(&job, status, detail);
    if (out)
        *out = job;
    X509_free(h->leaf);
    X509_free(h->ca);
    EVP_PKEY_free(h->leaf_key);
    EVP_PKEY_free(h->ca_key);
}

static void add_raw(X509 *cert, const char *oid, int critical, const void *der, int len)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(value, der, len);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
    assert_int_equal(X509_add_ext(cert, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
}

#define ID_2 "\x30\x0C\x06\x0A\x2B\x06\x01\x04\x01\x83\x1C\x82\x12\x02"
#define ID_5 "\x30\x0C\x06\x0A\x2B\x06\x01\x04\x01\x83\x1C\x82\x12\x05"
#define ID_9 "\x30\x0C\x06\x0A\x2B\x06\x01\x04\x01\x83\x1C\x82\x12\x09"

static void spdm_extension_values(void **state)
{
    (void)state;
    const char *bad = "the leaf's SPDM extension is malformed";
    static const uint32_t both = CAMSEAL_CHAIN_HARDWARE_IDENTITY | CAMSEAL_CHAIN_MUTABLE;
#define VALUE(text) text, (int)sizeof text - 1
    const struct {
        const char *der;
        int len;
        const char *detail;
        uint32_t flags;
    } cases[] = {
        {VALUE("\x30\x0E" ID_2), NULL, CAMSEAL_CHAIN_HARDWARE_IDENTITY},
        {VALUE("\x30\x0E" ID_5), NULL, CAMSEAL_CHAIN_MUTABLE},
        {VALUE("\x30\x1C" ID_2 ID_5), NULL, both},
        {VALUE("\x30\x2A" ID_9 ID_5 ID_2), NULL, both},
        {VALUE("\x30\x0E" ID_9), NULL, 0},
        {VALUE("\x30\x00"), NULL, 0},
        /* an entry may carry more behind its identifier */
        {VALUE("\x30\x10\x30\x0E\x06\x0A\x2B\x06\x01\x04\x01\x83\x1C\x82\x12\x02\x05\x00"), NULL,
         CAMSEAL_CHAIN_HARDWARE_IDENTITY},
        {VALUE(""), bad, 0},
        {VALUE("\x30\x0F" ID_2), bad, 0},        /* longer than the value */
        {VALUE("\x30\x0E" ID_2 "\x00"), bad, 0}, /* something behind it */
        {VALUE("\x30\x0C\x06\x0A\x2B\x06\x01\x04\x01\x83\x1C\x82\x12\x02"), bad, 0}, /* bare OID */
        {VALUE("\x30\x02\x30\x00"), bad, 0}, /* entry without identifier */
        {VALUE("\x31\x0E" ID_2), bad, 0},    /* SET */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hand h;
        camseal_chain_job job;
        hand_make(&h, pki_key_make("P-256"));
        add_raw(h.leaf, PKI_OID_SPDM_EXTENSION, 0, cases[i].der, cases[i].len);
        hand_expect(&h, EVP_sha256(), cases[i].detail ? CERT : CAMSEAL_OK, cases[i].detail, &job);
        assert_int_equal(job.leaf_flags & both, cases[i].flags);
    }
}

static void doubled_and_unknown_extensions(void **state)
{
    (void)state;
    struct hand h;
    hand_make(&h, pki_key_make("P-256"));
    add_raw(h.leaf, PKI_OID_SPDM_EXTENSION, 0, "\x30\x00", 2);
    add_raw(h.leaf, PKI_OID_SPDM_EXTENSION, 0, "\x30\x00", 2);
    hand_expect(&h, EVP_sha256(), CERT, "the leaf's SPDM extension is malformed", NULL);
    hand_make(&h, pki_key_make("P-256"));
    add_raw(h.leaf, "1.2.3.4", 1, "\x05\x00", 2);
    hand_expect(&h, EVP_sha256(), CERT, "a critical extension is not understood", NULL);
    hand_make(&h, pki_key_make("P-256"));
    add_raw(h.leaf, "1.2.3.4", 0, "\x05\x00", 2);
    hand_expect(&h, EVP_sha256(), CAMSEAL_OK, NULL, NULL);
    hand_make(&h, pki_key_make("P-256"));
    add_raw(h.leaf, "2.5.29.37", 0, "\x05\x00", 2); /* extendedKeyUsage that is none */
    hand_expect(&h, EVP_sha256(), FORMAT, "a certificate cannot be parsed", NULL);
}

/* Names alone would let a peer put any root above an intermediate that is the anchor. */
static void what_stands_above_the_anchor_is_judged(void **state)
{
    (void)state;
    EVP_PKEY *keys[4];
    for (size_t i = 0; i < 4; i++)
        keys[i] = pki_key_make("P-256");
    struct pki_cert cert = {
        .common_name = "above",
        .key = keys[0],
        .not_before = TEST_PKI_NOT_BEFORE,
        .not_after = TEST_PKI_NOT_AFTER,
        .basic_constraints = "critical,CA:TRUE",
    };
    X509 *above = pki_cert_make(&cert);
    cert.key = keys[1];
    X509 *made_up = pki_cert_make(&cert);
    cert.common_name = "anchor";
    cert.key = keys[2];
    cert.issuer = above;
    cert.issuer_key = keys[0];
    X509 *anchor = pki_cert_make(&cert);
    int where = X509_get_ext_by_NID(anchor, NID_authority_key_identifier, -1);
    X509_EXTENSION_free(X509_delete_ext(anchor, where));
    assert_true(X509_sign(anchor, keys[0], EVP_sha256()) > 0);
    cert.common_name = "leaf";
    cert.key = keys[3];
    cert.issuer = anchor;
    cert.issuer_key = keys[2];
    cert.basic_constraints = NULL;
    X509 *leaf = pki_cert_make(&cert);
    X509 *const tops[] = {above, made_up};
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[4096], *at = bytes;
        int top_len = i2d_X509(tops[i], &at);
        const camseal_span trusted = {bytes + top_len, (size_t)i2d_X509(anchor, &at)};
        assert_true(i2d_X509(leaf, &at) > 0);
        camseal_chain_job job = job_of(camseal_span_of(bytes, (size_t)(at - bytes)), &trusted, 1);
        expect(&job, i ? CERT : CAMSEAL_OK, i ? wrong_signature : NULL);
    }
    X509_free(above);
    X509_free(made_up);
    X509_free(anchor);
    X509_free(leaf);
    for (size_t i = 0; i < 4; i++)
        EVP_PKEY_free(keys[i]);
}

static void old_versions_and_weak_cryptography(void **state)
{
    (void)state;
    struct hand h;
    camseal_chain_job job;
    hand_make(&h, pki_key_make("P-256"));
    while (X509_get_ext_count(h.leaf))
        X509_EXTENSION_free(X509_delete_ext(h.leaf, 0));
    X509_set_version(h.leaf, X509_VERSION_1);
    hand_expect(&h, EVP_sha256(), CAMSEAL_OK, NULL, &job);
    assert_int_equal(job.leaf_flags, 0); /* no CAMSEAL_CHAIN_X509_V3: the SPDM rules refuse it */
    hand_make(&h, pki_key_make("P-256"));
    hand_expect(&h, EVP_sha1(), CERT, "a certificate is signed with a weak hash", NULL);
    hand_make(&h, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024));
    hand_expect(&h, EVP_sha256(), CERT, "the leaf's key is too short", NULL);
    hand_make(&h, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048));
    hand_expect(&h, EVP_sha256(), CAMSEAL_OK, NULL, &job);
    assert_int_equal(job.leaf_key, CAMSEAL_SIGN_RSASSA_2048);
    hand_make(&h, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2050)); /* SPDM knows no such size */
    hand_expect(&h, EVP_sha256(), CAMSEAL_OK, NULL, &job);
    assert_int_equal(job.leaf_key, CAMSEAL_SIGN_NONE);
    assert_true(job.leaf_spki.len > 256);
}

/* ---- chains of another implementation -------------------------------------------------------- */

static size_t read_file(uint8_t *out, size_t capacity, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/../shared/captures/spdm/ids/%s", CAMSEAL_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    size_t n = fread(out, 1, capacity, file);
    fclose(file);
    return n;
}

static void captured_identities_pass(void **state)
{
    (void)state;
    static const struct {
        const char *folder;
        camseal_sign_id sign;
    } sets[] = {{"ecp256", CAMSEAL_SIGN_ECDSA_P256}, {"ecp384", CAMSEAL_SIGN_ECDSA_P384}};
    static uint8_t root[4096], chain[8192], key[4096];
    for (size_t i = 0; i < 4; i++) {
        const char *folder = sets[i / 2].folder, *role = i % 2 ? "requester" : "responder";
        char name[128];
        snprintf(name, sizeof name, "%s/ca.cert.der", folder);
        size_t root_len = read_file(root, sizeof root, name);
        if (root_len == 0) {
            printf("SKIPPED: no captured identities at hand\n");
            skip();
        }
        snprintf(name, sizeof name, "%s/bundle_%s.certchain.der", folder, role);
        size_t chain_len = read_file(chain, sizeof chain, name);
        snprintf(name, sizeof name, "%s/end_%s.key.der", folder, role);
        size_t key_len = read_file(key, sizeof key, name);
        const camseal_span anchor = camseal_span_of(root, root_len);
        camseal_chain_job job = job_of(camseal_span_of(chain, chain_len), &anchor, 1);
        camseal_key_ref ref;
        camseal_sign_id sign;
        expect(&job, CAMSEAL_OK, NULL);
        assert_int_equal(job.leaf_key, sets[i / 2].sign);
        assert_int_equal(job.certificates, 3);
        assert_status(camseal_openssl_key_load(&ref, &sign, camseal_span_of(key, key_len)),
                      CAMSEAL_OK);
        assert_status(camseal_openssl_key_matches(&ref, job.leaf_spki), CAMSEAL_OK);
        camseal_openssl_key_free(&ref);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_has_its_status_and_words),
        cmocka_unit_test(spans_point_into_the_chain),
        cmocka_unit_test(the_right_anchor_is_named),
        cmocka_unit_test(anchors_below_the_root_work),
        cmocka_unit_test(time_modes_at_their_edges),
        cmocka_unit_test(impossible_arguments_are_refused),
        cmocka_unit_test(order_and_number_are_strict),
        cmocka_unit_test(malformed_bytes_are_format),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(spdm_extension_values),
        cmocka_unit_test(doubled_and_unknown_extensions),
        cmocka_unit_test(what_stands_above_the_anchor_is_judged),
        cmocka_unit_test(old_versions_and_weak_cryptography),
        cmocka_unit_test(captured_identities_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
