/* Certificate chains: own blob, and the rules for a peer's (DSP0274, certificates and certificate
 * chains). */
#include "cert.h"

#include <string.h>

#include "base/load.h"
#include "base/reader.h"
#include "base/secret.h"
#include "base/try.h"
#include "camseal/trace.h"
#include "msg/msg.h"
#include "transcript.h"

enum { DER_SEQUENCE = 0x30, DER_LONG_1 = 0x81, DER_LONG_2 = 0x82 };
enum { KEY_HASH_BYTES = 32, CHAIN_MAX = 1024 * 1024 };

camseal_status camseal_spdm_first_certificate(camseal_span der, camseal_span *first)
{
    camseal_reader r = camseal_reader_of(der);
    uint8_t tag = camseal_read_u8(&r);
    size_t len = camseal_read_u8(&r);
    if (len == DER_LONG_1)
        len = camseal_read_u8(&r);
    else if (len == DER_LONG_2)
        len = camseal_read_be16(&r);
    else if (len >= 0x80)
        return CAMSEAL_E_FORMAT;
    camseal_read_skip(&r, len);
    CAMSEAL_TRY(camseal_reader_ok(&r));
    *first = camseal_span_of(der.data, der.len - r.left);
    return tag == DER_SEQUENCE ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

static camseal_status digest_blob(spdm_own_chain *chain, const camseal_crypto *crypto,
                                  const camseal_hash *hash)
{
    camseal_hash_state state;
    CAMSEAL_TRY(hash->begin(crypto->user, &state));
    camseal_status status =
        hash->update(crypto->user, &state, camseal_span_of(chain->head, chain->head_bytes));
    if (status == CAMSEAL_OK)
        status = hash->update(crypto->user, &state, chain->certificates);
    if (status == CAMSEAL_OK)
        status = hash->finish(crypto->user, &state, chain->digest);
    hash->drop(crypto->user, &state);
    return status;
}

camseal_status camseal_spdm_own_chain(spdm_own_chain *chain, const camseal_crypto *crypto,
                                      const camseal_hash *hash, camseal_span certificates)
{
    camseal_span first;
    size_t head = (size_t)SPDM_CHAIN_LENGTH_BYTES + hash->digest_bytes;
    CAMSEAL_TRY(camseal_spdm_first_certificate(certificates, &first));
    if (certificates.len > CHAIN_MAX)
        return CAMSEAL_E_FORMAT;
    chain->certificates = certificates;
    chain->head_bytes = (uint16_t)head;
    chain->total = (uint32_t)(head + certificates.len);
    camseal_store_le32(chain->head, chain->total);
    CAMSEAL_TRY(camseal_spdm_hash_of(crypto, hash, first, chain->head + SPDM_CHAIN_LENGTH_BYTES));
    return digest_blob(chain, crypto, hash);
}

void camseal_spdm_own_chain_portion(camseal_writer *w, const spdm_own_chain *chain, size_t offset,
                                    size_t n)
{
    size_t head = chain->head_bytes;
    if (offset < head) {
        size_t from_head = n < head - offset ? n : head - offset;
        camseal_write_bytes(w, chain->head + offset, from_head);
        offset += from_head;
        n -= from_head;
    }
    if (n)
        camseal_write_bytes(w, chain->certificates.data + (offset - head), n);
}

camseal_status camseal_spdm_blob_certificates(camseal_span blob, size_t hash_bytes,
                                              camseal_span *certificates)
{
    camseal_reader r = camseal_reader_of(blob);
    uint32_t length = camseal_read_le32(&r);
    camseal_read_skip(&r, hash_bytes);
    *certificates = camseal_read_rest(&r);
    CAMSEAL_TRY(camseal_reader_ok(&r));
    return length == blob.len && certificates->len > 0 ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

/* RootHash names the first certificate, or the anchor when the chain leaves the root out. */
static camseal_status check_root_hash(const spdm_cert_rules *rules, camseal_span blob,
                                      const camseal_chain_job *job)
{
    const uint8_t *root_hash = blob.data + SPDM_CHAIN_LENGTH_BYTES;
    uint8_t digest[CAMSEAL_HASH_MAX];
    size_t n = rules->hash->digest_bytes;
    CAMSEAL_TRY(camseal_spdm_hash_of(rules->crypto, rules->hash, job->first, digest));
    if (memcmp(root_hash, digest, n) == 0)
        return CAMSEAL_OK;
    CAMSEAL_TRY(
        camseal_spdm_hash_of(rules->crypto, rules->hash, rules->anchors[job->anchor], digest));
    return memcmp(root_hash, digest, n) == 0 ? CAMSEAL_OK : CAMSEAL_E_CERTIFICATE;
}

/* An extended key usage that names only the other role. */
static const char *role_fault(bool requester, uint32_t flags)
{
    const uint32_t roles = CAMSEAL_CHAIN_EKU_REQUESTER | CAMSEAL_CHAIN_EKU_RESPONDER;
    if (requester && (flags & roles) == CAMSEAL_CHAIN_EKU_RESPONDER)
        return CAMSEAL_TEXT("the leaf's extended key usage is for responders only");
    if (!requester && (flags & roles) == CAMSEAL_CHAIN_EKU_REQUESTER)
        return CAMSEAL_TEXT("the leaf's extended key usage is for requesters only");
    return NULL;
}

/* What SET_CERTIFICATE brings for alias certificates ends at their issuer. */
static const char *device_ca_fault(const spdm_cert_rules *rules, uint32_t flags)
{
    bool constrained = (flags & CAMSEAL_CHAIN_HAS_BASIC_CONSTRAINTS) != 0;
    if (!(flags & CAMSEAL_CHAIN_X509_V3))
        return "the last certificate is not an X.509 v3 certificate";
    if (constrained ? !(flags & CAMSEAL_CHAIN_CA) : rules->version >= SPDM_VERSION_13)
        return "the chain does not end at a device certificate CA";
    return NULL;
}

static bool signs(uint32_t flags)
{
    return (flags & CAMSEAL_CHAIN_HAS_KEY_USAGE) && (flags & CAMSEAL_CHAIN_DIGITAL_SIGNATURE);
}

/* Leaf rules (DSP0274, leaf certificate). Returns what is broken, or NULL. */
static const char *leaf_fault(const spdm_cert_rules *rules, const camseal_chain_job *job)
{
    uint32_t flags = job->leaf_flags;
    if (rules->installs == SPDM_CERT_MODEL_ALIAS)
        return device_ca_fault(rules, flags);
    if (!camseal_sign_fits_key(rules->sign, job->leaf_key))
        return CAMSEAL_TEXT("the leaf's key is not of the negotiated signature algorithm");
    if (!(flags & CAMSEAL_CHAIN_X509_V3))
        return CAMSEAL_TEXT("the leaf is not an X.509 v3 certificate");
    if (rules->installs != SPDM_CERT_MODEL_GENERIC && !signs(flags))
        return CAMSEAL_TEXT("the leaf's key usage lacks digitalSignature");
    if (flags & CAMSEAL_CHAIN_CA)
        return CAMSEAL_TEXT("the leaf is a CA certificate");
    if (rules->version >= 0x13 && !(flags & CAMSEAL_CHAIN_HAS_BASIC_CONSTRAINTS))
        return CAMSEAL_TEXT("the leaf lacks basic constraints");
    if (rules->alias && (flags & CAMSEAL_CHAIN_HARDWARE_IDENTITY))
        return CAMSEAL_TEXT("an alias leaf claims a hardware identity");
    return role_fault(rules->requester, flags);
}

static camseal_status check_pin(const spdm_cert_rules *rules, camseal_span spki,
                                spdm_cert_result *out)
{
    const camseal_hash *sha256 = camseal_crypto_hash(rules->crypto, CAMSEAL_HASH_SHA256);
    if (!sha256)
        return CAMSEAL_E_UNSUPPORTED;
    CAMSEAL_TRY(camseal_spdm_hash_of(rules->crypto, sha256, spki, out->key_hash));
    if (!rules->pin || camseal_equal_ct(rules->pin, out->key_hash, KEY_HASH_BYTES))
        return CAMSEAL_OK;
    out->detail = CAMSEAL_TEXT("the leaf's key is not the pinned one");
    return CAMSEAL_E_IDENTITY;
}

camseal_status camseal_spdm_cert_check(const spdm_cert_rules *rules, camseal_span blob,
                                       camseal_chain_job *job, spdm_cert_result *out)
{
    out->detail = CAMSEAL_TEXT("the chain's Length does not fit its size");
    CAMSEAL_TRY(camseal_spdm_blob_certificates(blob, rules->hash->digest_bytes, &job->chain));
    job->anchors = rules->anchors;
    job->n_anchors = rules->n_anchors;
    job->time = rules->time;
    camseal_status status = rules->crypto->chain(rules->crypto->user, job);
    out->certificates = job->certificates;
    out->detail = job->detail;
    CAMSEAL_TRY(status);
    out->detail = CAMSEAL_TEXT("RootHash is not the hash of the chain's root");
    CAMSEAL_TRY(check_root_hash(rules, blob, job));
    out->detail = leaf_fault(rules, job);
    if (out->detail)
        return CAMSEAL_E_CERTIFICATE;
    out->leaf_spki = job->leaf_spki;
    return check_pin(rules, job->leaf_spki, out);
}
