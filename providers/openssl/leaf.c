#include "leaf.h"

#include <limits.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "der.h"

/* 1.3.6.1.4.1.412.274, then one octet: see camseal_chain_flags in crypto.h. */
static const uint8_t dmtf_spdm[] = {0x2B, 0x06, 0x01, 0x04, 0x01, 0x83, 0x1C, 0x82, 0x12};

enum { HARDWARE_IDENTITY = 2, RESPONDER_AUTH, REQUESTER_AUTH, MUTABLE, SPDM_EXTENSION };

/* The last arc of an identifier below the SPDM arc; 0 for all others. */
static unsigned spdm_arc(camseal_span oid)
{
    if (oid.len != sizeof dmtf_spdm + 1 || memcmp(oid.data, dmtf_spdm, sizeof dmtf_spdm) != 0)
        return 0;
    return oid.data[sizeof dmtf_spdm];
}

static unsigned spdm_arc_of(const ASN1_OBJECT *object)
{
    return spdm_arc(camseal_span_of(OBJ_get0_data(object), OBJ_length(object)));
}

static bool read_eku(X509 *leaf, uint32_t *flags)
{
    int found = 0;
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(leaf, NID_ext_key_usage, &found, NULL);
    if (!usages)
        return found == -1; /* absent; anything else is malformed or doubled */
    *flags |= CAMSEAL_CHAIN_HAS_EKU;
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
        unsigned arc = spdm_arc_of(sk_ASN1_OBJECT_value(usages, i));
        if (arc == RESPONDER_AUTH)
            *flags |= CAMSEAL_CHAIN_EKU_RESPONDER;
        if (arc == REQUESTER_AUTH)
            *flags |= CAMSEAL_CHAIN_EKU_REQUESTER;
    }
    sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
    return true;
}

/* SEQUENCE OF SEQUENCE { OBJECT IDENTIFIER, anything }. */
static bool read_spdm_value(camseal_span der, uint32_t *flags)
{
    camseal_span list;
    if (!der_take(&der, DER_SEQUENCE, NULL, &list) || der.len != 0)
        return false;
    while (list.len) {
        camseal_span entry;
        camseal_span oid;
        if (!der_take(&list, DER_SEQUENCE, NULL, &entry) || !der_take(&entry, DER_OID, NULL, &oid))
            return false;
        if (spdm_arc(oid) == HARDWARE_IDENTITY)
            *flags |= CAMSEAL_CHAIN_HARDWARE_IDENTITY;
        if (spdm_arc(oid) == MUTABLE)
            *flags |= CAMSEAL_CHAIN_MUTABLE;
    }
    return true;
}

static bool read_spdm_extension(X509 *leaf, uint32_t *flags)
{
    bool seen = false;
    for (int i = 0; i < X509_get_ext_count(leaf); i++) {
        X509_EXTENSION *extension = X509_get_ext(leaf, i);
        if (spdm_arc_of(X509_EXTENSION_get_object(extension)) != SPDM_EXTENSION)
            continue;
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(extension);
        camseal_span der =
            camseal_span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
        if (seen || !read_spdm_value(der, flags))
            return false;
        seen = true;
    }
    return true;
}

static uint32_t plain_flags(X509 *leaf)
{
    uint32_t found = X509_get_extension_flags(leaf);
    uint32_t flags = 0;
    if (X509_get_version(leaf) == X509_VERSION_3)
        flags |= CAMSEAL_CHAIN_X509_V3;
    if (found & EXFLAG_KUSAGE)
        flags |= CAMSEAL_CHAIN_HAS_KEY_USAGE;
    if ((found & EXFLAG_KUSAGE) && (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE))
        flags |= CAMSEAL_CHAIN_DIGITAL_SIGNATURE;
    if (found & EXFLAG_BCONS)
        flags |= CAMSEAL_CHAIN_HAS_BASIC_CONSTRAINTS;
    if (found & EXFLAG_CA)
        flags |= CAMSEAL_CHAIN_CA;
    return flags;
}

/* Our walk over the DER and libcrypto's must have found the same key. */
static bool read_key(const struct ossl *ossl, X509 *leaf, camseal_chain_job *job)
{
    camseal_span spki;
    if (!der_certificate_spki(job->leaf, &spki))
        return false;
    EVP_PKEY *key = ossl_public_key(ossl, spki);
    bool same = key && EVP_PKEY_eq(key, X509_get0_pubkey(leaf)) == 1;
    if (same) {
        job->leaf_spki = spki;
        job->leaf_key = ossl_sign_of(key);
    }
    EVP_PKEY_free(key);
    return same;
}

camseal_status ossl_leaf_facts(const struct ossl *ossl, X509 *leaf, camseal_chain_job *job)
{
    uint32_t flags = plain_flags(leaf);
    if (!read_eku(leaf, &flags)) {
        job->detail = "the leaf's extended key usage is malformed";
        return CAMSEAL_E_CERTIFICATE;
    }
    if (!read_spdm_extension(leaf, &flags)) {
        job->detail = "the leaf's SPDM extension is malformed";
        return CAMSEAL_E_CERTIFICATE;
    }
    if (!read_key(ossl, leaf, job)) {
        job->detail = "the leaf's public key cannot be used";
        return CAMSEAL_E_CERTIFICATE;
    }
    job->leaf_flags = flags;
    return CAMSEAL_OK;
}
