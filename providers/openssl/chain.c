/* The chain check. Order of judgement: bytes, order and CA rules, trust anchor, signatures and
 * constraints, time, then what the leaf says. libcrypto gets exactly one trusted certificate, the
 * anchor at which this chain ends, and may not leave out or reorder a certificate. No default
 * paths, no network, no revocation. */
#include <limits.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "der.h"
#include "leaf.h"

#define CHAIN_MAX 8u

static const char wrong_signature[] = "the signature of a certificate is wrong";

struct chain {
    const struct ossl *ossl;
    camseal_chain_job *job;
    camseal_span der[CHAIN_MAX];
    X509 *cert[CHAIN_MAX];
    size_t n;
    X509 *anchor; /* the anchor when it stands outside the chain, else NULL */
    size_t top;   /* certificate that is the anchor itself; 0 when it stands outside */
};

static camseal_status refuse(struct chain *c, camseal_status status, const char *detail)
{
    c->job->detail = detail;
    return status;
}

static X509 *parse(const struct ossl *ossl, camseal_span der)
{
    const unsigned char *at = der.data;
    X509 *cert = der.len && der.len <= LONG_MAX ? X509_new_ex(ossl->lib, NULL) : NULL;
    if (!cert || !d2i_X509(&cert, &at, (long)der.len))
        return NULL; /* d2i_X509 has freed it */
    if (at == der.data + der.len && !(X509_get_extension_flags(cert) & EXFLAG_INVALID))
        return cert;
    X509_free(cert);
    return NULL;
}

static camseal_status split(struct chain *c)
{
    camseal_span rest = c->job->chain;
    if (rest.len == 0)
        return refuse(c, CAMSEAL_E_FORMAT, "the chain holds no certificate");
    while (rest.len) {
        if (c->n == CHAIN_MAX)
            return refuse(c, CAMSEAL_E_FORMAT, "the chain holds more than 8 certificates");
        if (!der_take(&rest, DER_SEQUENCE, &c->der[c->n], NULL))
            return refuse(c, CAMSEAL_E_FORMAT, "the chain is cut off or not DER");
        c->n++;
    }
    for (size_t i = 0; i < c->n; i++) {
        c->cert[i] = parse(c->ossl, c->der[i]);
        if (!c->cert[i])
            return refuse(c, CAMSEAL_E_FORMAT, "a certificate cannot be parsed");
    }
    c->job->certificates = (uint16_t)c->n;
    return CAMSEAL_OK;
}

/* Each certificate names the one before it as its issuer, and all above the leaf are CAs. */
static camseal_status check_order(struct chain *c)
{
    for (size_t i = 0; i + 1 < c->n; i++) {
        if (X509_check_ca(c->cert[i]) != 1) /* 2 to 5: tolerated heirlooms */
            return refuse(c, CAMSEAL_E_CERTIFICATE,
                          "a certificate above the leaf is not a CA that may sign certificates");
        if (X509_check_issued(c->cert[i], c->cert[i + 1]) != X509_V_OK ||
            (X509_get_extension_flags(c->cert[i + 1]) & EXFLAG_SS))
            return refuse(c, CAMSEAL_E_CERTIFICATE,
                          "the certificates are not in order, each issued by the one before it");
    }
    return CAMSEAL_OK;
}

static bool anchor_in_chain(struct chain *c)
{
    for (size_t i = 0; i < c->n; i++) {
        for (size_t a = 0; a < c->job->n_anchors; a++) {
            camseal_span anchor = c->job->anchors[a];
            if (anchor.len == c->der[i].len &&
                memcmp(anchor.data, c->der[i].data, anchor.len) == 0) {
                c->top = i;
                c->job->anchor = a;
                return true;
            }
        }
    }
    return false;
}

static bool has_signed(X509 *issuer, X509 *subject)
{
    return X509_check_issued(issuer, subject) == X509_V_OK &&
           X509_verify(subject, X509_get0_pubkey(issuer)) == 1;
}

/* The chain ends at the anchor nearest to its start, else at one that has signed the first
 * certificate. */
static camseal_status find_anchor(struct chain *c)
{
    camseal_chain_job *job = c->job;
    if (anchor_in_chain(c))
        return CAMSEAL_OK;
    if (X509_get_extension_flags(c->cert[0]) & EXFLAG_SS)
        return refuse(c, CAMSEAL_E_UNTRUSTED, "root is not a trust anchor");
    for (size_t a = 0; a < job->n_anchors; a++) {
        c->anchor = parse(c->ossl, job->anchors[a]);
        if (!c->anchor)
            return refuse(c, CAMSEAL_E_ARGUMENT, "a trust anchor is not a DER certificate");
        if (X509_check_ca(c->anchor) == 1 && has_signed(c->anchor, c->cert[0])) {
            job->anchor = a;
            return CAMSEAL_OK;
        }
        X509_free(c->anchor);
        c->anchor = NULL;
    }
    return refuse(c, CAMSEAL_E_UNTRUSTED, "no trust anchor has signed the first certificate");
}

static camseal_status explain(struct chain *c, int error)
{
    static const struct {
        int error;
        const char *detail;
    } texts[] = {
        {X509_V_ERR_CERT_SIGNATURE_FAILURE, wrong_signature},
        {X509_V_ERR_PATH_LENGTH_EXCEEDED, "more CAs than a path length constraint allows"},
        {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "a critical extension is not understood"},
        {X509_V_ERR_EE_KEY_TOO_SMALL, "the leaf's key is too short"},
        {X509_V_ERR_CA_KEY_TOO_SMALL, "a CA's key is too short"},
        {X509_V_ERR_CA_MD_TOO_WEAK, "a certificate is signed with a weak hash"},
    };
    if (error == X509_V_ERR_OUT_OF_MEM || error == X509_V_ERR_UNSPECIFIED)
        return refuse(c, CAMSEAL_E_CRYPTO, "the chain could not be checked");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].error == error)
            return refuse(c, CAMSEAL_E_CERTIFICATE, texts[i].detail);
    }
    return refuse(c, CAMSEAL_E_CERTIFICATE, X509_verify_cert_error_string(error)); /* static */
}

/* Time is ours to judge, so that LOWER_BOUND and the texts are possible. */
static bool set_rules(X509_VERIFY_PARAM *rules)
{
    X509_VERIFY_PARAM_set_depth(rules, (int)CHAIN_MAX + 1);
    X509_VERIFY_PARAM_set_auth_level(rules, 2); /* 112 bits: no SHA-1, no RSA below 2048 */
    return X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_ANY) == 1 &&
           X509_VERIFY_PARAM_set_flags(rules,
                                       X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME) == 1;
}

static camseal_status run_verify(struct chain *c, X509_STORE_CTX *ctx)
{
    size_t expected = c->n - c->top + (c->anchor ? 1u : 0u);
    if (X509_verify_cert(ctx) != 1)
        return explain(c, X509_STORE_CTX_get_error(ctx));
    if ((size_t)sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) != expected)
        return refuse(c, CAMSEAL_E_CERTIFICATE,
                      "the chain holds a certificate that it does not need");
    return CAMSEAL_OK;
}

/* What a peer puts above the anchor adds no trust, but it must not be made up either. */
static camseal_status check_above(struct chain *c)
{
    for (size_t i = 0; i < c->top; i++) {
        if (X509_verify(c->cert[i + 1], X509_get0_pubkey(c->cert[i])) != 1)
            return refuse(c, CAMSEAL_E_CERTIFICATE, wrong_signature);
    }
    return CAMSEAL_OK;
}

/* Signatures, path lengths, name constraints, critical extensions, strength, from the leaf to the
 * anchor. */
static camseal_status check_signatures(struct chain *c)
{
    camseal_status status = CAMSEAL_E_CRYPTO;
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *between = sk_X509_new_null();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(c->ossl->lib, NULL);
    if (!store || !between || !ctx ||
        X509_STORE_add_cert(store, c->anchor ? c->anchor : c->cert[c->top]) != 1)
        goto out;
    for (size_t i = c->top; i + 1 < c->n; i++) {
        if (sk_X509_push(between, c->cert[i]) == 0)
            goto out;
    }
    if (X509_STORE_CTX_init(ctx, store, c->cert[c->n - 1], between) == 1 &&
        set_rules(X509_STORE_CTX_get0_param(ctx)))
        status = run_verify(c, ctx);
out:
    X509_STORE_CTX_free(ctx);
    sk_X509_free(between);
    X509_STORE_free(store);
    return status;
}

enum role { ROLE_ANCHOR, ROLE_ROOT, ROLE_INTERMEDIATE, ROLE_LEAF };

static enum role role_of(const struct chain *c, size_t i)
{
    if (i + 1 == c->n)
        return ROLE_LEAF;
    return X509_get_extension_flags(c->cert[i]) & EXFLAG_SS ? ROLE_ROOT : ROLE_INTERMEDIATE;
}

static camseal_status check_time(struct chain *c, const X509 *cert, enum role role)
{
    static const char *const expired[] = {
        "trust anchor has expired", "root certificate has expired",
        "intermediate certificate has expired", "leaf certificate has expired"};
    static const char *const too_soon[] = {
        "trust anchor is not yet valid", "root certificate is not yet valid",
        "intermediate certificate is not yet valid", "leaf certificate is not yet valid"};
    const camseal_time *time = &c->job->time;
    int end = ASN1_TIME_cmp_time_t(X509_get0_notAfter(cert), (time_t)time->seconds);
    int begin = ASN1_TIME_cmp_time_t(X509_get0_notBefore(cert), (time_t)time->seconds);
    if (end == -2 || begin == -2)
        return refuse(c, CAMSEAL_E_CERTIFICATE, "the validity of a certificate is malformed");
    if (end < 0)
        return refuse(c, CAMSEAL_E_EXPIRED, expired[role]);
    if (time->mode == CAMSEAL_TIME_FULL && begin > 0)
        return refuse(c, CAMSEAL_E_EXPIRED, too_soon[role]);
    return CAMSEAL_OK;
}

static camseal_status check_times(struct chain *c)
{
    if (c->job->time.mode == CAMSEAL_TIME_IGNORE)
        return CAMSEAL_OK;
    if (c->job->time.mode > CAMSEAL_TIME_FULL)
        return refuse(c, CAMSEAL_E_ARGUMENT, "unknown time mode");
    camseal_status status = CAMSEAL_OK;
    if (c->anchor)
        status = check_time(c, c->anchor, ROLE_ANCHOR);
    for (size_t i = c->top; i < c->n && status == CAMSEAL_OK; i++)
        status = check_time(c, c->cert[i], role_of(c, i));
    return status;
}

static camseal_status check(struct chain *c)
{
    camseal_status status = split(c);
    if (status == CAMSEAL_OK)
        status = check_order(c);
    if (status == CAMSEAL_OK)
        status = find_anchor(c);
    if (status == CAMSEAL_OK)
        status = check_above(c);
    if (status == CAMSEAL_OK)
        status = check_signatures(c);
    if (status == CAMSEAL_OK)
        status = check_times(c);
    if (status != CAMSEAL_OK)
        return status;
    c->job->first = c->der[0];
    c->job->leaf = c->der[c->n - 1];
    return ossl_leaf_facts(c->ossl, c->cert[c->n - 1], c->job);
}

static void clear_outputs(camseal_chain_job *job)
{
    job->first = job->leaf = job->leaf_spki = camseal_span_of(NULL, 0);
    job->anchor = 0;
    job->leaf_key = CAMSEAL_SIGN_NONE;
    job->leaf_flags = 0;
}

camseal_status ossl_chain(void *user, camseal_chain_job *job)
{
    struct chain c;
    memset(&c, 0, sizeof c);
    c.ossl = user;
    c.job = job;
    clear_outputs(job);
    job->certificates = 0;
    job->detail = NULL;
    if (!job->anchors || job->n_anchors == 0)
        return refuse(&c, CAMSEAL_E_ARGUMENT, "no trust anchor was given");
    camseal_status status = check(&c);
    for (size_t i = 0; i < c.n; i++)
        X509_free(c.cert[i]);
    X509_free(c.anchor);
    if (status == CAMSEAL_OK)
        return CAMSEAL_OK;
    clear_outputs(job);
    return ossl_fail(status);
}
