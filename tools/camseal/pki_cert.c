#include "pki_cert.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

EVP_PKEY *pki_key_make(const char *algorithm)
{
    if (strcmp(algorithm, "ED25519") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (strcmp(algorithm, "RSA-3072") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072);
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", algorithm);
}

const char *pki_key_algorithm(const EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "ED25519"))
        return "ED25519";
    if (EVP_PKEY_is_a(key, "RSA"))
        return EVP_PKEY_get_bits(key) == 3072 ? "RSA-3072" : NULL;
    if (!EVP_PKEY_is_a(key, "EC"))
        return NULL;
    switch (EVP_PKEY_get_bits(key)) {
    case 256:
        return "P-256";
    case 384:
        return "P-384";
    case 521:
        return "P-521";
    default:
        return NULL;
    }
}

/* A digest as strong as the key; Ed25519 brings its own. */
static const EVP_MD *digest_for(const EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "ED25519"))
        return NULL;
    if (EVP_PKEY_get_security_bits(key) > 192)
        return EVP_sha512();
    return EVP_PKEY_get_security_bits(key) > 128 ? EVP_sha384() : EVP_sha256();
}

/* 16 random bytes, positive and without a leading zero byte. */
static bool set_serial(X509 *x509)
{
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] = (unsigned char)((bytes[0] & 0x3F) | 0x40);
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
    BN_free(number);
    return done;
}

static bool set_names(X509 *x509, const struct pki_cert *cert)
{
    X509_NAME *name = X509_get_subject_name(x509);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                      (const unsigned char *)cert->common_name, -1, -1, 0) == 1 &&
           X509_set_issuer_name(x509, cert->issuer ? X509_get_subject_name(cert->issuer) : name) ==
               1;
}

static bool add_extension(X509 *x509, X509_EXTENSION *extension)
{
    bool done = extension && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

static bool add_conf(X509 *x509, X509V3_CTX *ctx, int nid, const char *value)
{
    return !value || add_extension(x509, X509V3_EXT_conf_nid(NULL, ctx, nid, value));
}

/* subjectAltName with one otherName: device-info, UTF8String. Built by hand because libcrypto's
 * configuration syntax would read commas in the text. */
static bool add_device_info(X509 *x509, const char *text)
{
    if (!text)
        return true;
    bool done = false;
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_TYPE *value = ASN1_TYPE_new();
    ASN1_STRING *utf8 = ASN1_UTF8STRING_new();
    ASN1_OBJECT *oid = OBJ_txt2obj(PKI_OID_DEVICE_INFO, 1);
    if (!names || !name || !value || !utf8 || !oid || ASN1_STRING_set(utf8, text, -1) != 1)
        goto out;
    ASN1_TYPE_set(value, V_ASN1_UTF8STRING, utf8);
    utf8 = NULL;
    if (GENERAL_NAME_set0_othername(name, oid, value) != 1)
        goto out;
    oid = NULL;
    value = NULL;
    if (sk_GENERAL_NAME_push(names, name) == 0)
        goto out;
    name = NULL;
    done = X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
out:
    ASN1_OBJECT_free(oid);
    ASN1_STRING_free(utf8);
    ASN1_TYPE_free(value);
    GENERAL_NAME_free(name);
    GENERAL_NAMES_free(names);
    return done;
}

/* SEQUENCE { OID } at `out`; returns its length, 0 when `oid` is unusable. */
static size_t write_identifier(unsigned char *out, size_t capacity, const char *oid)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    int len = object ? i2d_ASN1_OBJECT(object, NULL) : 0;
    size_t total = 0;
    if (len > 0 && len < 0x80 && (size_t)len + 2 <= capacity) {
        unsigned char *at = out;
        *at++ = 0x30;
        *at++ = (unsigned char)len;
        total = 2 + (size_t)i2d_ASN1_OBJECT(object, &at);
    }
    ASN1_OBJECT_free(object);
    return total;
}

/* The SPDM extension: SEQUENCE OF SEQUENCE { OID }. */
static bool add_spdm(X509 *x509, const char *const ids[2])
{
    unsigned char der[64] = {0x30};
    size_t len = 2;
    if (!ids[0])
        return true;
    for (size_t i = 0; i < 2 && ids[i]; i++) {
        size_t n = write_identifier(der + len, sizeof der - len, ids[i]);
        if (n == 0)
            return false;
        len += n;
    }
    der[1] = (unsigned char)(len - 2);
    ASN1_OBJECT *oid = OBJ_txt2obj(PKI_OID_SPDM_EXTENSION, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    bool done = oid && value && ASN1_OCTET_STRING_set(value, der, (int)len) == 1 &&
                add_extension(x509, X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value));
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
    return done;
}

static bool add_extensions(X509 *x509, const struct pki_cert *cert)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, cert->issuer ? cert->issuer : x509, x509, NULL, NULL, 0);
    return add_conf(x509, &ctx, NID_basic_constraints, cert->basic_constraints) &&
           add_conf(x509, &ctx, NID_key_usage, cert->key_usage) &&
           add_conf(x509, &ctx, NID_ext_key_usage, cert->extended_key_usage) &&
           add_conf(x509, &ctx, NID_subject_key_identifier, "hash") &&
           add_conf(x509, &ctx, NID_authority_key_identifier, "keyid") &&
           add_device_info(x509, cert->device_info) && add_spdm(x509, cert->spdm);
}

X509 *pki_cert_make(const struct pki_cert *cert)
{
    EVP_PKEY *signer = cert->issuer_key ? cert->issuer_key : cert->key;
    X509 *x509 = X509_new();
    if (x509 && X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
        X509_set_pubkey(x509, cert->key) == 1 && set_names(x509, cert) &&
        ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)cert->not_before) &&
        ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)cert->not_after) &&
        add_extensions(x509, cert) && X509_sign(x509, signer, digest_for(signer)) > 0)
        return x509;
    X509_free(x509);
    return NULL;
}
