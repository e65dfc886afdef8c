/* Evidence: writing needs no state but the buffer; checking parses what was signed from its first
 * byte and trusts nothing that the signature does not cover. */
#include "evidence.h"

#include <string.h>

#include "base/load.h"
#include "base/try.h"
#include "cert.h"
#include "measure.h"
#include "msg/algorithms.h"
#include "msg/capabilities.h"
#include "msg/measurements.h"
#include "msg/short.h"
#include "msg/version.h"
#include "registry.h"
#include "signing.h"
#include "transcript.h"

enum { MAGIC_BYTES = 8, CHAIN_LEN_AT = 8, SIGNED_LEN_AT = 12, SIGNATURE_LEN_AT = 16 };

static const uint8_t magic[MAGIC_BYTES] = {'C', 'S', 'E', 'V', 'I', 'D', '0', '1'};

/* ---- writing -------------------------------------------------------------------------------- */

static camseal_status append(camseal_buf *b, camseal_span bytes, size_t length_at)
{
    if (b->len < CAMSEAL_SPDM_EVIDENCE_HEAD || bytes.len > b->capacity - b->len) {
        b->len = 0;
        return CAMSEAL_E_SPACE;
    }
    if (bytes.len)
        memcpy(b->data + b->len, bytes.data, bytes.len);
    b->len += bytes.len;
    uint32_t before = camseal_load_le32(b->data + length_at);
    camseal_store_le32(b->data + length_at, before + (uint32_t)bytes.len);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_evidence_start(camseal_buf *b, camseal_span chain, camseal_span vca)
{
    b->len = 0;
    if (b->capacity < CAMSEAL_SPDM_EVIDENCE_HEAD)
        return CAMSEAL_E_SPACE;
    memset(b->data, 0, CAMSEAL_SPDM_EVIDENCE_HEAD);
    memcpy(b->data, magic, sizeof magic);
    b->len = CAMSEAL_SPDM_EVIDENCE_HEAD;
    CAMSEAL_TRY(append(b, chain, CHAIN_LEN_AT));
    return append(b, vca, SIGNED_LEN_AT);
}

camseal_status camseal_spdm_evidence_add(camseal_buf *b, camseal_span message)
{
    return append(b, message, SIGNED_LEN_AT);
}

camseal_status camseal_spdm_evidence_end(camseal_buf *b, camseal_span signature)
{
    return append(b, signature, SIGNATURE_LEN_AT);
}

/* ---- checking ------------------------------------------------------------------------------- */

/* The parts of a record, and what A in it selects. */
typedef struct parts {
    camseal_span chain, l1, signature;
    camseal_reader series; /* L1 behind A */
    spdm_shape shape;
    bool alias;
    uint32_t measurement_hash;
    const camseal_hash *hash;
    const camseal_sign *sign;
} parts;

static camseal_status split(camseal_span evidence, parts *p)
{
    camseal_reader r = camseal_reader_of(evidence);
    camseal_span tag = camseal_read_span(&r, MAGIC_BYTES);
    uint32_t chain = camseal_read_le32(&r);
    uint32_t l1 = camseal_read_le32(&r);
    uint32_t signature = camseal_read_le32(&r);
    p->chain = camseal_read_span(&r, chain);
    p->l1 = camseal_read_span(&r, l1);
    p->signature = camseal_read_span(&r, signature);
    CAMSEAL_TRY(camseal_reader_end(&r));
    return memcmp(tag.data, magic, MAGIC_BYTES) == 0 ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

/* The next message must be this one; its codec reads it from its header on. */
static camseal_status expect(const camseal_reader *r, uint8_t version, uint8_t code)
{
    camseal_reader ahead = *r;
    spdm_header h = camseal_spdm_read_header(&ahead);
    CAMSEAL_TRY(camseal_reader_ok(&ahead));
    return h.version == version && h.code == code ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

static camseal_status read_capabilities(camseal_reader *r, parts *p)
{
    spdm_capabilities m;
    spdm_algorithms block;
    camseal_reader ahead = *r;
    p->shape.version = camseal_spdm_read_header(&ahead).version;
    if (p->shape.version < SPDM_VERSION_12 || p->shape.version > SPDM_VERSION_14)
        return CAMSEAL_E_VERSION;
    CAMSEAL_TRY(expect(r, p->shape.version, SPDM_GET_CAPABILITIES));
    CAMSEAL_TRY(camseal_spdm_read_capabilities(r, &m));
    CAMSEAL_TRY(expect(r, p->shape.version, SPDM_CAPABILITIES));
    CAMSEAL_TRY(camseal_spdm_read_capabilities(r, &m));
    p->alias = (m.flags & SPDM_CAP_ALIAS_CERT) != 0;
    if (!(m.attributes & SPDM_WITH_ALGORITHMS))
        return CAMSEAL_OK;
    return camseal_spdm_read_algorithms_block(r, p->shape.version, &block);
}

static camseal_status select_algorithms(const camseal_crypto *crypto, const spdm_algorithms *m,
                                        parts *p)
{
    const spdm_registered *hash = camseal_spdm_registered_hash(m->base_hash);
    const spdm_registered *sign = m->base_asym ? camseal_spdm_registered_sign(m->base_asym)
                                               : camseal_spdm_registered_pqc_sign(m->pqc_asym);
    if (!hash || !sign)
        return CAMSEAL_E_FORMAT;
    p->hash = camseal_crypto_hash(crypto, (camseal_hash_id)hash->id);
    p->sign = camseal_crypto_sign(crypto, (camseal_sign_id)sign->id);
    if (!p->hash || !p->sign)
        return CAMSEAL_E_UNSUPPORTED;
    p->shape.hash = p->hash->digest_bytes;
    p->measurement_hash = m->measurement_hash;
    p->shape.measurement = camseal_spdm_measurement_bytes(m->measurement_hash);
    return CAMSEAL_OK;
}

/* A: GET_VERSION .. ALGORITHMS. */
static camseal_status read_vca(const camseal_crypto *crypto, camseal_reader *r, parts *p)
{
    spdm_version_rsp version;
    spdm_algorithms m;
    CAMSEAL_TRY(expect(r, SPDM_VERSION_10, SPDM_GET_VERSION));
    CAMSEAL_TRY(camseal_spdm_read_bare(r));
    CAMSEAL_TRY(expect(r, SPDM_VERSION_10, SPDM_VERSION));
    CAMSEAL_TRY(camseal_spdm_read_version(r, &version));
    CAMSEAL_TRY(read_capabilities(r, p));
    CAMSEAL_TRY(expect(r, p->shape.version, SPDM_NEGOTIATE_ALGORITHMS));
    CAMSEAL_TRY(camseal_spdm_read_algorithms_req(r, p->shape.version, &m));
    CAMSEAL_TRY(expect(r, p->shape.version, SPDM_ALGORITHMS));
    CAMSEAL_TRY(camseal_spdm_read_algorithms_rsp(r, p->shape.version, &m));
    return select_algorithms(crypto, &m, p);
}

/* One request and its response; the signature of the last is not here. */
static camseal_status read_pair(const parts *p, camseal_reader *r, spdm_get_measurements *request,
                                spdm_measurements *response)
{
    CAMSEAL_TRY(expect(r, p->shape.version, SPDM_GET_MEASUREMENTS));
    CAMSEAL_TRY(camseal_spdm_read_get_measurements(r, &p->shape, request));
    CAMSEAL_TRY(expect(r, p->shape.version, SPDM_MEASUREMENTS));
    bool is_signed = (request->attributes & SPDM_MEASURE_SIGNED) != 0;
    CAMSEAL_TRY(camseal_spdm_read_measurements(r, &p->shape, is_signed, response));
    return is_signed == (r->left == 0) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

/* All pairs; exactly the last one is signed. */
static camseal_status check_series(camseal_spdm_evidence *e, const parts *p)
{
    spdm_get_measurements request;
    spdm_measurements response = {0};
    camseal_reader r = p->series;
    do
        CAMSEAL_TRY(read_pair(p, &r, &request, &response));
    while (r.left);
    e->change = (uint8_t)(response.status >> SPDM_CONTENT_SHIFT & 3u);
    if (!e->nonce || memcmp(e->nonce, request.nonce.data, SPDM_NONCE_BYTES) == 0)
        return CAMSEAL_OK;
    e->detail = "the signed request carries another nonce";
    return CAMSEAL_E_REPLAY;
}

static camseal_status check_signature(const camseal_spdm_evidence *e, const parts *p)
{
    uint8_t digest[CAMSEAL_HASH_MAX];
    CAMSEAL_TRY(camseal_spdm_hash_of(e->crypto, p->hash, p->l1, digest));
    return camseal_spdm_verify_signed(e->crypto, p->sign, p->hash, p->shape.version,
                                      SPDM_SIGN_MEASUREMENTS, digest, e->leaf, p->signature);
}

static camseal_status check_chain(camseal_spdm_evidence *e, const parts *p)
{
    spdm_cert_result result = {0};
    const spdm_cert_rules rules = {.crypto = e->crypto,
                                   .hash = p->hash,
                                   .sign = p->sign->id,
                                   .version = p->shape.version,
                                   .alias = p->alias,
                                   .anchors = e->anchors,
                                   .n_anchors = e->n_anchors,
                                   .time = e->time,
                                   .pin = e->pin};
    camseal_status status = camseal_spdm_cert_check(&rules, p->chain, &e->job, &result);
    e->detail = result.detail;
    if (status != CAMSEAL_OK)
        return status;
    e->leaf = result.leaf_spki;
    memcpy(e->leaf_key_hash, result.key_hash, sizeof e->leaf_key_hash);
    return CAMSEAL_OK;
}

static void deliver(const camseal_spdm_evidence *e, const parts *p)
{
    spdm_get_measurements request;
    spdm_measurements response;
    camseal_reader r = p->series;
    while (r.left && read_pair(p, &r, &request, &response) == CAMSEAL_OK)
        camseal_spdm_deliver_blocks(response.record, e->block, e->user);
}

camseal_status camseal_spdm_check_evidence(camseal_spdm_evidence *e, camseal_span evidence)
{
    parts p;
    memset(&p, 0, sizeof p);
    if (!e->crypto || !e->anchors || e->n_anchors == 0)
        return CAMSEAL_E_ARGUMENT;
    e->detail = "not an evidence record";
    CAMSEAL_TRY(split(evidence, &p));
    e->detail = "the signed bytes are not a negotiation and measurements";
    p.series = camseal_reader_of(p.l1);
    CAMSEAL_TRY(read_vca(e->crypto, &p.series, &p));
    CAMSEAL_TRY(check_series(e, &p));
    CAMSEAL_TRY(check_chain(e, &p));
    e->detail = "the signature does not verify";
    CAMSEAL_TRY(check_signature(e, &p));
    e->detail = NULL;
    e->version = p.shape.version;
    e->hash = p.hash->id;
    e->sign = p.sign->id;
    e->measurement_hash = p.measurement_hash;
    deliver(e, &p);
    return CAMSEAL_OK;
}
