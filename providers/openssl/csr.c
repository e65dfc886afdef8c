/* Certificate requests (PKCS #10, RFC 2986) for keys behind references. */
#include <limits.h>
#include <openssl/x509.h>
#include <string.h>

#include "ossl.h"

/* What stands behind a CertificationRequestInfo to make a request of it, for the parser only: an
 * AlgorithmIdentifier and an empty signature. */
static const unsigned char no_signature[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE,
                                             0x3D, 0x04, 0x03, 0x02, 0x03, 0x01, 0x00};

/* libcrypto reads requests only, not their first part alone. */
static X509_REQ *parse_info(camseal_span info)
{
    if (info.len > (size_t)INT_MAX / 2)
        return NULL;
    int inner = (int)(info.len + sizeof no_signature);
    int total = ASN1_object_size(1, inner, V_ASN1_SEQUENCE);
    unsigned char *der = total > 0 ? OPENSSL_malloc((size_t)total) : NULL;
    if (!der)
        return NULL;
    unsigned char *w = der;
    ASN1_put_object(&w, 1, inner, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    memcpy(w, info.data, info.len);
    memcpy(w + info.len, no_signature, sizeof no_signature);
    const unsigned char *at = der;
    X509_REQ *req = d2i_X509_REQ(NULL, &at, total);
    OPENSSL_free(der);
    return req;
}

static bool set_name(X509_REQ *req, const char *common_name)
{
    X509_NAME *name = X509_NAME_new();
    bool ok = name && (!common_name ||
                       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                  (const unsigned char *)common_name, -1, -1, 0));
    ok = ok && X509_REQ_set_subject_name(req, name) == 1;
    X509_NAME_free(name);
    return ok;
}

/* Subject and attributes; the key in there is not ours. */
static bool copy_info(X509_REQ *req, X509_REQ *from)
{
    bool ok = X509_REQ_set_subject_name(req, X509_REQ_get_subject_name(from)) == 1;
    for (int i = 0; ok && i < X509_REQ_get_attr_count(from); i++)
        ok = X509_REQ_add1_attr(req, X509_REQ_get_attr(from, i)) == 1;
    return ok;
}

static bool sign(const struct ossl *ossl, X509_REQ *req, EVP_PKEY *key, camseal_hash_id hash)
{
    camseal_sign_id id = ossl_sign_of(key);
    bool hashes_itself = id == CAMSEAL_SIGN_ED25519 || id >= CAMSEAL_SIGN_ML_DSA_44;
    if (hash <= CAMSEAL_HASH_NONE || hash > CAMSEAL_HASH_SHA512 || !ossl->md[hash])
        return false;
    const char *digest = hashes_itself ? NULL : EVP_MD_get0_name(ossl->md[hash]);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit_ex(ctx, NULL, digest, ossl->lib, NULL, key, NULL) == 1 &&
              X509_REQ_sign_ctx(req, ctx) > 0;
    EVP_MD_CTX_free(ctx);
    return ok;
}

static camseal_status write_out(X509_REQ *req, camseal_buf *out)
{
    int len = i2d_X509_REQ(req, NULL);
    if (len <= 0)
        return CAMSEAL_E_CRYPTO;
    out->len = (size_t)len;
    if (out->len > out->capacity)
        return CAMSEAL_E_SPACE;
    unsigned char *w = out->data;
    return i2d_X509_REQ(req, &w) == len ? CAMSEAL_OK : CAMSEAL_E_CRYPTO;
}

camseal_status camseal_openssl_csr(const camseal_key_ref *key, camseal_hash_id hash,
                                   camseal_span info, const char *common_name, camseal_buf *out)
{
    const struct ossl *ossl = ossl_get();
    EVP_PKEY *pair = ossl_private_key_any(key);
    out->len = 0;
    if (!pair)
        return CAMSEAL_E_KEY;
    X509_REQ *from = info.len ? parse_info(info) : NULL;
    X509_REQ *req = X509_REQ_new_ex(ossl->lib, NULL);
    camseal_status status = info.len && !from ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
    bool named = req && (from ? copy_info(req, from) : set_name(req, common_name));
    if (status == CAMSEAL_OK &&
        !(named && X509_REQ_set_pubkey(req, pair) == 1 && sign(ossl, req, pair, hash)))
        status = CAMSEAL_E_CRYPTO;
    if (status == CAMSEAL_OK)
        status = write_out(req, out);
    X509_REQ_free(from);
    X509_REQ_free(req);
    return status == CAMSEAL_OK ? status : ossl_fail(status);
}
