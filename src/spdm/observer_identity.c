/* DIGESTS, CERTIFICATE, CHALLENGE_AUTH of either side: chains and their owners' proof. */
#include "observer_state.h"

#include <string.h>

#include "base/load.h"
#include "base/try.h"
#include "cert.h"
#include "msg/certificate.h"
#include "msg/challenge.h"
#include "msg/digests.h"
#include "msg/short.h"

enum { SLOT_MASK = 0x0F, DER_SEQUENCE = 0x30, DER_LONG_1 = 0x81, DER_LONG_2 = 0x82 };

void camseal_spdm_observer_m1_reset(camseal_spdm_observer *o, spdm_side side, bool all)
{
    camseal_spdm_watch_drop(o, &o->m1[side][0]);
    if (all)
        camseal_spdm_watch_drop(o, &o->m1[side][1]);
}

static void m1_add(camseal_spdm_observer *o, const spdm_layer *l, camseal_span response)
{
    spdm_side side = camseal_spdm_observer_signer(l);
    const spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    if (l->session)
        return;
    for (unsigned i = 0; i < 2; i++) {
        spdm_watch *m1 = &o->m1[side][i];
        if (!m1->run.open)
            camseal_spdm_watch_fork(o, m1);
        camseal_spdm_watch_pair(o, m1, p, l, response);
    }
}

/* ---- chains --------------------------------------------------------------------------------- */

/* The first DER element. */
static bool first_element(camseal_span der, camseal_span *first)
{
    camseal_reader r = camseal_reader_of(der);
    uint8_t tag = camseal_read_u8(&r);
    size_t len = camseal_read_u8(&r);
    if (len == DER_LONG_1)
        len = camseal_read_u8(&r);
    else if (len == DER_LONG_2)
        len = camseal_read_be16(&r);
    camseal_read_skip(&r, len);
    *first = camseal_span_of(der.data, der.len - r.left);
    return !r.failed && tag == DER_SEQUENCE;
}

/* The chain itself, held against its own first certificate. */
static camseal_status check_chain(const camseal_spdm_observer *o, spdm_side side,
                                  camseal_span certificates, camseal_span *spki,
                                  const char **detail)
{
    camseal_span first;
    *detail = "not a list of certificates";
    if (!first_element(certificates, &first))
        return CAMSEAL_E_FORMAT;
    camseal_chain_job job = {.chain = certificates, .anchors = &first, .n_anchors = 1};
    camseal_status status = o->config.crypto->chain(o->config.crypto->user, &job);
    *detail = job.detail ? job.detail : camseal_status_text(status);
    CAMSEAL_TRY(status);
    *spki = job.leaf_spki;
    const spdm_registered *sign = o->sign[side];
    *detail = "the leaf's key is not of the negotiated signature algorithm";
    if (!sign || !camseal_sign_fits_key((camseal_sign_id)sign->id, job.leaf_key))
        return CAMSEAL_E_CERTIFICATE;
    *detail = "the leaf's key usage lacks digitalSignature";
    return job.leaf_flags & CAMSEAL_CHAIN_DIGITAL_SIGNATURE ? CAMSEAL_OK : CAMSEAL_E_CERTIFICATE;
}

/* The key of the last certificate, so that signatures can be checked under a chain that is refused.
 */
static camseal_span leaf_of(const camseal_spdm_observer *o, camseal_span certificates)
{
    camseal_span leaf = {NULL, 0}, rest = certificates;
    while (rest.len && first_element(rest, &leaf))
        rest = camseal_span_of(rest.data + leaf.len, rest.len - leaf.len);
    camseal_chain_job job = {.chain = leaf, .anchors = &leaf, .n_anchors = 1};
    if (rest.len || o->config.crypto->chain(o->config.crypto->user, &job) != CAMSEAL_OK)
        return camseal_span_of(NULL, 0);
    return job.leaf_spki;
}

static bool has_algorithm(const camseal_spdm_observer *o, spdm_side side)
{
    return o->sign[side] &&
           camseal_crypto_sign(o->config.crypto, (camseal_sign_id)o->sign[side]->id);
}

static void say_anchor(camseal_spdm_observer *o, const spdm_layer *l, camseal_span certificates,
                       const spdm_cover *cover)
{
    spdm_finding f = {.check = SPDM_CHECK_ANCHOR, .what = "trust anchor", .cover = cover};
    if (o->config.n_anchors == 0) {
        f.result = SPDM_NOT_CHECKED;
        f.detail = "no anchor was given";
        camseal_spdm_observer_find(o, l, &f);
        return;
    }
    camseal_chain_job job = {.chain = certificates,
                             .anchors = o->config.anchors,
                             .n_anchors = o->config.n_anchors,
                             .time = o->config.time};
    camseal_status status = o->config.crypto->chain(o->config.crypto->user, &job);
    f.result = status == CAMSEAL_OK ? SPDM_PASSED : SPDM_FAILED;
    if (status != CAMSEAL_OK)
        f.detail = job.detail ? job.detail : camseal_status_text(status);
    camseal_spdm_observer_find(o, l, &f);
}

static bool is_hash_of(const camseal_spdm_observer *o, const uint8_t *digest, camseal_span bytes)
{
    uint8_t mine[CAMSEAL_HASH_MAX];
    return camseal_spdm_hash_of(o->config.crypto, o->t.hash, bytes, mine) == CAMSEAL_OK &&
           memcmp(mine, digest, o->t.hash->digest_bytes) == 0;
}

static void say_root_hash(camseal_spdm_observer *o, const spdm_layer *l, const uint8_t *root_hash,
                          camseal_span certificates, const spdm_cover *cover)
{
    camseal_span first;
    spdm_finding f = {.check = SPDM_CHECK_DIGEST, .what = "RootHash", .cover = cover};
    bool good = first_element(certificates, &first) && is_hash_of(o, root_hash, first);
    for (size_t i = 0; i < o->config.n_anchors && !good; i++)
        good = is_hash_of(o, root_hash, o->config.anchors[i]);
    f.result = good ? SPDM_PASSED : SPDM_FAILED;
    f.detail = good ? NULL : "the hash of neither the first certificate nor a trusted one";
    camseal_spdm_observer_find(o, l, &f);
}

static void set_key(spdm_identity *id, camseal_span spki)
{
    id->has_key = spki.len > 0 && spki.len <= sizeof id->spki;
    if (!id->has_key)
        return;
    memcpy(id->spki, spki.data, spki.len);
    id->spki_bytes = (uint16_t)spki.len;
}

/* Says CHAIN and ANCHOR, and takes the leaf's key. */
static void say_chain(camseal_spdm_observer *o, const spdm_layer *l, spdm_side side,
                      camseal_span certificates, spdm_identity *id)
{
    camseal_span spki;
    spdm_finding f = {.check = SPDM_CHECK_CHAIN, .what = "certificate chain", .cover = &id->cover};
    if (!has_algorithm(o, side)) {
        f.result = SPDM_NOT_CHECKED;
        f.detail = "this build's library lacks the signature algorithm";
        camseal_spdm_observer_find(o, l, &f);
        return;
    }
    camseal_status status = check_chain(o, side, certificates, &spki, &f.detail);
    f.result = status == CAMSEAL_OK ? SPDM_PASSED : SPDM_FAILED;
    if (status == CAMSEAL_OK)
        f.detail = NULL;
    else
        spki = leaf_of(o, certificates);
    set_key(id, spki);
    camseal_spdm_observer_find(o, l, &f);
    say_anchor(o, l, certificates, &id->cover);
}

static void say_digest(camseal_spdm_observer *o, const spdm_layer *l, const char *what, bool equal,
                       const spdm_cover *cover)
{
    const spdm_finding f = {.check = SPDM_CHECK_DIGEST,
                            .result = equal ? SPDM_PASSED : SPDM_FAILED,
                            .what = what,
                            .detail = equal ? NULL : "not the digest of the chain",
                            .cover = cover};
    camseal_spdm_observer_find(o, l, &f);
}

/* A whole chain was read. */
static void take_chain(camseal_spdm_observer *o, const spdm_layer *l, spdm_side side)
{
    spdm_reading *reading = &o->reading[side];
    spdm_identity *id = &o->identity[side][reading->slot & SLOT_MASK];
    camseal_span blob = camseal_span_of(reading->data, reading->len), certificates;
    uint8_t digest[CAMSEAL_HASH_MAX];
    if (!o->settled ||
        camseal_spdm_hash_of(o->config.crypto, o->t.hash, blob, digest) != CAMSEAL_OK)
        return;
    spdm_cover cover = reading->cover;
    bool same = memcmp(digest, id->digest, o->shape.hash) == 0;
    if (id->has_digest && (same || !id->replaceable)) {
        camseal_spdm_cover_join(&cover, &id->cover);
        say_digest(o, l, "digest of the chain", same, &cover);
    }
    memset(id, 0, sizeof *id);
    id->has_digest = true;
    id->hash = o->t.hash->id;
    id->cover = reading->cover;
    memcpy(id->digest, digest, o->shape.hash);
    if (camseal_spdm_blob_certificates(blob, o->shape.hash, &certificates) != CAMSEAL_OK) {
        camseal_spdm_observer_say(o, l, SPDM_CHECK_CHAIN, SPDM_FAILED, "certificate chain",
                                  "Length is not that of the chain");
        return;
    }
    say_root_hash(o, l, blob.data + SPDM_CHAIN_LENGTH_BYTES, certificates, &id->cover);
    say_chain(o, l, side, certificates, id);
}

/* A certificate chain, or the SubjectPublicKeyInfo of slot 0xFF, whose digest is that of itself. */
bool camseal_spdm_observer_provisioned(camseal_spdm_observer *o, spdm_side side, size_t i,
                                       spdm_identity *id)
{
    spdm_own_chain chain;
    camseal_span given = o->config.chains[i], spki;
    const char *detail;
    memset(id, 0, sizeof *id);
    if (!o->settled)
        return false;
    if (check_chain(o, side, given, &spki, &detail) != CAMSEAL_OK) {
        set_key(id, given);
        id->has_digest =
            camseal_spdm_hash_of(o->config.crypto, o->t.hash, given, id->digest) == CAMSEAL_OK;
    } else if (camseal_spdm_own_chain(&chain, o->config.crypto, o->t.hash, given) == CAMSEAL_OK) {
        set_key(id, spki);
        id->has_digest = true;
        memcpy(id->digest, chain.digest, o->shape.hash);
    }
    id->hash = o->t.hash->id;
    return id->has_digest && id->has_key;
}

const spdm_identity *camseal_spdm_observer_identity(camseal_spdm_observer *o, const spdm_layer *l,
                                                    spdm_side side, uint8_t slot)
{
    spdm_identity *id = &o->identity[side][slot & SLOT_MASK];
    spdm_identity candidate;
    for (size_t i = 0; i < o->config.n_chains && id->has_digest && !id->has_key; i++) {
        if (!camseal_spdm_observer_provisioned(o, side, i, &candidate) ||
            memcmp(candidate.digest, id->digest, o->shape.hash) != 0)
            continue;
        candidate.cover = id->cover;
        *id = candidate;
        if (slot < CAMSEAL_SPDM_SLOTS)
            say_anchor(o, l, o->config.chains[i], &id->cover);
    }
    return id->has_digest ? id : NULL;
}

/* ---- messages ------------------------------------------------------------------------------- */

static bool all_zero(const uint8_t *p, size_t n)
{
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= p[i];
    return any == 0;
}

static void note_digest(camseal_spdm_observer *o, const spdm_layer *l, spdm_side side, uint8_t slot,
                        camseal_span digest)
{
    spdm_identity *id = &o->identity[side][slot];
    if (!o->settled || digest.len != o->shape.hash || all_zero(digest.data, digest.len))
        return;
    bool same = memcmp(id->digest, digest.data, digest.len) == 0;
    if (id->has_key && (same || !id->replaceable)) {
        say_digest(o, l, "digest of the chain", same, &l->cover);
        return;
    }
    memset(id, 0, sizeof *id);
    id->has_digest = true;
    id->hash = o->t.hash->id;
    id->cover = l->cover;
    memcpy(id->digest, digest.data, digest.len);
}

/* D and its counterpart of the requester (DSP0274, KEY_EXCHANGE transcripts). */
static void note_d(camseal_spdm_observer *o, const spdm_layer *l, camseal_span message)
{
    spdm_watched *s = l->session ? l->session : o->handshake;
    if (l->seen.encapsulated) {
        if (s && s->s.state == SPDM_SESSION_HANDSHAKE && !s->first_encapsulated &&
            o->multi_key[SPDM_SIDE_REQ])
            camseal_spdm_watch_add(o, &s->th, message, &l->cover);
        return;
    }
    if (!l->session && o->after_vca && message.len <= sizeof o->d) {
        memcpy(o->d, message.data, message.len);
        o->d_bytes = (uint16_t)message.len;
        o->d_cover = l->cover;
    }
    o->after_vca = false;
}

void camseal_spdm_observer_digests(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_side side = camseal_spdm_observer_signer(l);
    spdm_digests m;
    camseal_span message;
    if (l->seen.code == SPDM_GET_DIGESTS) {
        if (camseal_spdm_observer_parsed(o, l, camseal_spdm_read_bare(&r), &r, &message))
            camseal_spdm_observer_trim(o, l, message);
        return;
    }
    if (!camseal_spdm_observer_parsed(o, l, camseal_spdm_read_digests(&r, &l->seen.shape, &m), &r,
                                      &message))
        return;
    for (uint8_t slot = 0; slot < CAMSEAL_SPDM_SLOTS; slot++)
        note_digest(o, l, side, slot, camseal_spdm_digest_of(&l->seen.shape, &m, slot));
    m1_add(o, l, message);
    note_d(o, l, message);
}

/* A chain begins with its own length. */
static bool fits_length(const spdm_pending *p, const spdm_reading *reading,
                        const spdm_certificate *m)
{
    const uint8_t *start = p->offset == 0 ? m->portion.data : reading->data;
    size_t known = p->offset == 0 ? m->portion.len : reading->len;
    return known < SPDM_CHAIN_LENGTH_BYTES ||
           camseal_load_le32(start) == (uint64_t)p->offset + m->portion.len + m->remainder;
}

/* What is wrong with a portion; NULL: it continues the chain. */
static const char *portion_fault(const camseal_spdm_observer *o, const spdm_pending *p,
                                 const spdm_reading *reading, const spdm_certificate *m)
{
    if (m->slot != p->slot || m->large != p->large || m->portion.len > p->length)
        return "not what GET_CERTIFICATE asked for";
    if (p->offset != reading->len || p->slot != reading->slot)
        return "it does not continue the portions before it";
    if (m->portion.len > o->config.max_chain - reading->len)
        return "longer than what is kept";
    return fits_length(p, reading, m) ? NULL : "its lengths are not those of the chain";
}

static void say_portion(camseal_spdm_observer *o, const spdm_layer *l, const spdm_pending *p,
                        const char *fault)
{
    spdm_cover cover = p->cover;
    camseal_spdm_cover_join(&cover, &l->cover);
    const spdm_finding f = {.check = SPDM_CHECK_CHAIN,
                            .result = SPDM_FAILED,
                            .what = "portion of a chain",
                            .detail = fault,
                            .cover = &cover};
    camseal_spdm_observer_find(o, l, &f);
}

static void take_portion(camseal_spdm_observer *o, const spdm_layer *l, const spdm_pending *p,
                         const spdm_certificate *m)
{
    spdm_side side = camseal_spdm_observer_signer(l);
    spdm_reading *reading = &o->reading[side];
    if (p->offset == 0) {
        reading->len = 0;
        reading->slot = p->slot;
        memset(&reading->cover, 0, sizeof reading->cover);
    }
    const char *fault = portion_fault(o, p, reading, m);
    if (fault) {
        say_portion(o, l, p, fault);
        return;
    }
    memcpy(reading->data + reading->len, m->portion.data, m->portion.len);
    reading->len += (uint32_t)m->portion.len;
    camseal_spdm_cover_join(&reading->cover, &l->cover);
    if (m->remainder == 0)
        take_chain(o, l, side);
}

void camseal_spdm_observer_certificate(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    camseal_span message;
    if (l->seen.code == SPDM_GET_CERTIFICATE) {
        spdm_get_certificate m;
        camseal_status status = camseal_spdm_read_get_certificate(&r, o->shape.version, &m);
        if (!camseal_spdm_observer_parsed(o, l, status, &r, &message))
            return;
        camseal_spdm_observer_trim(o, l, message);
        p->slot = m.slot;
        p->offset = m.offset;
        p->length = m.length;
        p->large = m.large;
        p->size_only = m.attributes & 1u;
        return;
    }
    spdm_certificate m;
    camseal_status status = camseal_spdm_read_certificate(&r, o->shape.version, &m);
    if (!camseal_spdm_observer_parsed(o, l, status, &r, &message))
        return;
    m1_add(o, l, message);
    if (!p->size_only)
        take_portion(o, l, p, &m);
}

/* The strict transcript first; then the lenient one, if it is another. */
static const spdm_watch *choose_m1(camseal_spdm_observer *o, spdm_side side, spdm_purpose purpose,
                                   const spdm_identity *id, camseal_span signature)
{
    uint8_t digest[2][CAMSEAL_HASH_MAX];
    const spdm_watch *m1 = o->m1[side];
    if (!id || !camseal_spdm_watch_peek(o, &m1[0], digest[0]) ||
        !camseal_spdm_watch_peek(o, &m1[1], digest[1]))
        return m1;
    if (memcmp(digest[0], digest[1], o->shape.hash) == 0 ||
        !camseal_spdm_observer_verifies(o, purpose, side, id, digest[1], signature))
        return m1;
    return m1 + 1;
}

static void take_challenge_auth(camseal_spdm_observer *o, const spdm_layer *l,
                                const spdm_pending *p, const spdm_challenge_auth *m,
                                camseal_span message)
{
    spdm_side side = camseal_spdm_observer_signer(l);
    spdm_purpose purpose =
        side == SPDM_SIDE_RSP ? SPDM_SIGN_CHALLENGE_AUTH : SPDM_SIGN_REQ_CHALLENGE_AUTH;
    spdm_identity *known = &o->identity[side][p->slot & SLOT_MASK];
    if (!known->has_digest)
        note_digest(o, l, side, p->slot & SLOT_MASK, m->chain_hash);
    const spdm_identity *id = camseal_spdm_observer_identity(o, l, side, p->slot);
    if (id) {
        spdm_cover cover = id->cover;
        camseal_spdm_cover_join(&cover, &l->cover);
        say_digest(o, l, "CertChainHash",
                   memcmp(id->digest, m->chain_hash.data, o->shape.hash) == 0, &cover);
    }
    camseal_spdm_observer_value(o, l, "cert_chain_hash", m->chain_hash.data, m->chain_hash.len,
                                &l->cover);
    if (m->summary.len)
        camseal_spdm_observer_value(o, l, "measurement_summary_hash", m->summary.data,
                                    m->summary.len, &l->cover);
    m1_add(o, l, camseal_span_of(message.data, message.len - m->signature.len));
    const spdm_watch *m1 = choose_m1(o, side, purpose, id, m->signature);
    camseal_spdm_observer_signature(o, l, purpose, side, id, m1, "m1m2", m->signature);
    camseal_spdm_observer_m1_reset(o, side, true);
    o->authenticated = o->authenticated || side == SPDM_SIDE_REQ || !m->mutual;
}

void camseal_spdm_observer_challenge(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    camseal_span message;
    if (l->seen.code == SPDM_CHALLENGE) {
        spdm_challenge m;
        camseal_status status = camseal_spdm_read_challenge(&r, &l->seen.shape, &m);
        if (!camseal_spdm_observer_parsed(o, l, status, &r, &message))
            return;
        camseal_spdm_observer_trim(o, l, message);
        p->slot = m.slot;
        p->summary = m.summary != 0 && !l->seen.encapsulated && (o->rsp_flags & SPDM_CAP_MEAS);
        return;
    }
    spdm_challenge_auth m;
    camseal_status status = camseal_spdm_read_challenge_auth(&r, &l->seen.shape, &m);
    if (!camseal_spdm_observer_parsed(o, l, status, &r, &message))
        return;
    if (m.slot != (p->slot & SLOT_MASK))
        camseal_spdm_observer_fault(o, l, "not the slot that was asked for");
    take_challenge_auth(o, l, p, &m, message);
}
