#include "pki_rules.h"

#include <string.h>

#include "camseal/openssl.h"

static void add(struct pki_verdict *v, const char *name, bool kept, const char *text)
{
    v->rules[v->n++] = (struct pki_rule){name, text, kept, true};
    v->good = v->good && kept;
}

static void note(struct pki_verdict *v, const char *name, bool holds, const char *text)
{
    v->rules[v->n++] = (struct pki_rule){name, text, holds, false};
}

static camseal_status check(camseal_chain_job *job, camseal_span chain, const camseal_span *anchor,
                            camseal_time time)
{
    const camseal_crypto *crypto = camseal_openssl();
    memset(job, 0, sizeof *job);
    job->chain = chain;
    job->anchors = anchor;
    job->n_anchors = 1;
    job->time = time;
    return crypto->chain(crypto->user, job);
}

static void judge_chain(struct pki_verdict *v, camseal_span chain, camseal_span first,
                        camseal_span anchor, int64_t now)
{
    camseal_chain_job job;
    const camseal_time whenever = {CAMSEAL_TIME_IGNORE, 0}, today = {CAMSEAL_TIME_FULL, now};
    const camseal_span *trusted = anchor.len ? &anchor : &first;
    camseal_status status = check(&job, chain, &first, whenever);
    add(v, "signatures", status == CAMSEAL_OK,
        status == CAMSEAL_OK ? "each certificate is signed by the one before it" : job.detail);
    if (anchor.len) {
        status = check(&job, chain, &anchor, whenever);
        add(v, "trust", status == CAMSEAL_OK,
            status == CAMSEAL_OK ? "the chain ends at the trust anchor" : job.detail);
    }
    status = check(&job, chain, trusted, today);
    if (status == CAMSEAL_OK || status == CAMSEAL_E_EXPIRED)
        add(v, "validity", status == CAMSEAL_OK,
            status == CAMSEAL_OK ? "all certificates are valid today" : job.detail);
}

static void judge_key(struct pki_verdict *v)
{
    static const char *const texts[] = {
        [CAMSEAL_SIGN_NONE] = "a key that camseal cannot use (unknown kind, curve or size)",
        [CAMSEAL_SIGN_ECDSA_P256] = "ECDSA P-256",
        [CAMSEAL_SIGN_ECDSA_P384] = "ECDSA P-384",
        [CAMSEAL_SIGN_ECDSA_P521] = "ECDSA P-521",
        [CAMSEAL_SIGN_ED25519] = "Ed25519",
        [CAMSEAL_SIGN_RSASSA_2048] = "RSA 2048 (RSASSA and RSA-PSS)",
        [CAMSEAL_SIGN_RSASSA_3072] = "RSA 3072 (RSASSA and RSA-PSS)",
        [CAMSEAL_SIGN_RSASSA_4096] = "RSA 4096 (RSASSA and RSA-PSS)",
        [CAMSEAL_SIGN_RSAPSS_2048] = "RSA 2048 (RSA-PSS only)",
        [CAMSEAL_SIGN_RSAPSS_3072] = "RSA 3072 (RSA-PSS only)",
        [CAMSEAL_SIGN_RSAPSS_4096] = "RSA 4096 (RSA-PSS only)",
        [CAMSEAL_SIGN_ML_DSA_44] = "ML-DSA-44",
        [CAMSEAL_SIGN_ML_DSA_65] = "ML-DSA-65",
        [CAMSEAL_SIGN_ML_DSA_87] = "ML-DSA-87",
    };
    add(v, "public key", v->leaf_key != CAMSEAL_SIGN_NONE, texts[v->leaf_key]);
}

static void judge_key_usage(struct pki_verdict *v)
{
    bool kept = (v->leaf_flags & CAMSEAL_CHAIN_DIGITAL_SIGNATURE) != 0;
    const char *text = "digitalSignature";
    if (!kept)
        text =
            v->leaf_flags & CAMSEAL_CHAIN_HAS_KEY_USAGE ? "lacks digitalSignature" : "is missing";
    add(v, "key usage", kept, text);
}

static void judge_constraints(struct pki_verdict *v)
{
    bool present = (v->leaf_flags & CAMSEAL_CHAIN_HAS_BASIC_CONSTRAINTS) != 0;
    bool ca = (v->leaf_flags & CAMSEAL_CHAIN_CA) != 0;
    const char *text = present ? "CA:FALSE" : "absent (SPDM 1.3 and later require it)";
    add(v, "basic constraints", !ca, ca ? "CA:TRUE: this is no device certificate" : text);
}

/* A leaf may serve a role unless it names only the other one. */
static void judge_roles(struct pki_verdict *v)
{
    bool responder = (v->leaf_flags & CAMSEAL_CHAIN_EKU_RESPONDER) != 0;
    bool requester = (v->leaf_flags & CAMSEAL_CHAIN_EKU_REQUESTER) != 0;
    const char *open = "extended key usage names no SPDM role: any is allowed";
    note(v, "as responder", responder || !requester,
         responder   ? "extended key usage allows it"
         : requester ? "extended key usage is for requesters only"
                     : open);
    note(v, "as requester", requester || !responder,
         requester   ? "extended key usage allows it"
         : responder ? "extended key usage is for responders only"
                     : open);
}

static void judge_spdm_extension(struct pki_verdict *v)
{
    bool hardware = (v->leaf_flags & CAMSEAL_CHAIN_HARDWARE_IDENTITY) != 0;
    bool mutable_ = (v->leaf_flags & CAMSEAL_CHAIN_MUTABLE) != 0;
    const char *text = "neither hardware-identity nor mutable";
    if (hardware && mutable_)
        text = "both hardware-identity and mutable: they exclude each other";
    else if (hardware)
        text = "hardware-identity: a device certificate";
    else if (mutable_)
        text = "mutable: an alias certificate";
    add(v, "SPDM extension", !(hardware && mutable_), text);
}

void pki_judge(struct pki_verdict *v, camseal_span chain, camseal_span leaf, camseal_span first,
               camseal_span anchor, int64_t now)
{
    const camseal_time whenever = {CAMSEAL_TIME_IGNORE, 0};
    camseal_chain_job job;
    memset(v, 0, sizeof *v);
    v->good = true;
    judge_chain(v, chain, first, anchor, now);
    /* Taken for its own anchor, a leaf gives its facts whatever is wrong above it. */
    camseal_status status = check(&job, leaf, &leaf, whenever);
    if (status != CAMSEAL_OK) {
        add(v, "leaf", false, job.detail);
        return;
    }
    v->leaf_read = true;
    v->leaf_spki = job.leaf_spki;
    v->leaf_key = job.leaf_key;
    v->leaf_flags = job.leaf_flags;
    add(v, "version", (job.leaf_flags & CAMSEAL_CHAIN_X509_V3) != 0,
        job.leaf_flags & CAMSEAL_CHAIN_X509_V3 ? "X.509 v3" : "is not X.509 v3");
    judge_key(v);
    judge_key_usage(v);
    judge_constraints(v);
    judge_spdm_extension(v);
    judge_roles(v);
}
