/* Requester: GET_KEY_PAIR_INFO, SET_KEY_PAIR_INFO (1.3+). Takes no description that contradicts
 * itself. */
#include "camseal/spdm_keypair.h"

#include <string.h>

#include "base/load.h"
#include "base/try.h"
#include "msg/digests.h"
#include "msg/key_pair.h"
#include "requester.h"

/* Bits that are not reserved. */
enum {
    CAPABILITIES = 0x003F,
    USES = SPDM_USE_KEY_EXCHANGE | SPDM_USE_CHALLENGE | SPDM_USE_MEASUREMENTS |
           SPDM_USE_ENDPOINT_INFO | SPDM_USE_STANDARD | SPDM_USE_VENDOR,
    ALGORITHMS = 0x01FF,
    PQC_BYTES = 4,
    ZEROS_MAX = 6
};

/* ---- GET_KEY_PAIR_INFO ---------------------------------------------------------------------- */

static camseal_status build_get(camseal_spdm_requester *r, camseal_writer *w)
{
    const spdm_get_key_pair_info m = {r->key_pair_id};
    camseal_spdm_write_get_key_pair_info(w, r->shape.version, &m);
    return CAMSEAL_OK;
}

static bool many(uint32_t bits)
{
    return (bits & (bits - 1u)) != 0 && bits != 0;
}

static camseal_status check_capabilities(camseal_spdm_requester *r, const camseal_spdm_key_pair *p)
{
    bool settable = (r->peer_flags & SPDM_CAP_SET_KEY_PAIR_INFO) != 0;
    if (p->capabilities && !settable)
        return camseal_spdm_reject(
            r, CAMSEAL_E_FORMAT, "Capabilities without SET_KEY_PAIR_INFO_CAP", 0, p->capabilities);
    if ((p->capabilities & SPDM_KEY_PAIR_SHARE) && !(p->capabilities & SPDM_KEY_PAIR_ASSOCIATE))
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "ShareableCap without CertAssocCap",
                                   SPDM_KEY_PAIR_ASSOCIATE, p->capabilities);
    if (settable && many(p->slots) && !(p->capabilities & SPDM_KEY_PAIR_SHARE))
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT,
                                   "AssocCertSlotMask has several slots without ShareableCap", 1,
                                   p->slots);
    return CAMSEAL_OK;
}

static camseal_status check_values(camseal_spdm_requester *r, const camseal_spdm_key_pair *p)
{
    if (p->usages == 0 || (p->usage & ~(unsigned)p->usages))
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT,
                                   "CurrentKeyUsage is not within KeyUsageCapabilities", p->usages,
                                   p->usage);
    if ((p->algorithms == 0 && p->pqc_algorithms == 0) || (p->algorithm & ~p->algorithms))
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT,
                                   "CurrentAsymAlgo is not within AsymAlgoCapabilities",
                                   p->algorithms, p->algorithm);
    if (p->pqc_algorithm & ~p->pqc_algorithms)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT,
                                   "CurrentPqcAsymAlgo is not within PqcAsymAlgoCapabilities",
                                   p->pqc_algorithms, p->pqc_algorithm);
    return CAMSEAL_OK;
}

/* libspdm (to 2026 at least) ends KEY_PAIR_INFO of 1.4 with six zeros: it counts 16 bytes for the
 * PQC fields, which have 10. */
static camseal_status check_end(const camseal_spdm_requester *r, camseal_reader *reader)
{
    uint8_t any = 0;
    if (r->shape.version < SPDM_VERSION_14 || reader->left > ZEROS_MAX)
        return camseal_reader_end(reader);
    while (reader->left)
        any = (uint8_t)(any | camseal_read_u8(reader));
    return any ? CAMSEAL_E_TRAILING : camseal_reader_ok(reader);
}

static camseal_status accept_get(camseal_spdm_requester *r, camseal_span message)
{
    spdm_key_pair_info m;
    camseal_buf *der = r->answer;
    camseal_reader reader = camseal_reader_of(message);
    CAMSEAL_TRY(camseal_spdm_read_key_pair_info(&reader, r->shape.version, &m));
    CAMSEAL_TRY(check_end(r, &reader));
    if (m.id != r->key_pair_id)
        return camseal_spdm_reject(r, CAMSEAL_E_FORMAT, "another KeyPairID", r->key_pair_id, m.id);
    camseal_spdm_key_pair p = {.capabilities = m.capabilities & CAPABILITIES,
                               .usages = m.usages & USES,
                               .usage = m.usage & USES,
                               .algorithms = m.algorithms & ALGORITHMS,
                               .algorithm = m.algorithm & ALGORITHMS,
                               .pqc_algorithms = camseal_spdm_pqc_bits(m.pqc_algorithms),
                               .pqc_algorithm = camseal_spdm_pqc_bits(m.pqc_algorithm),
                               .slots = m.slot_mask};
    CAMSEAL_TRY(check_capabilities(r, &p));
    CAMSEAL_TRY(check_values(r, &p));
    if (m.key_info.len > der->capacity)
        return camseal_spdm_reject(r, CAMSEAL_E_SPACE, "PublicKeyInfo is longer than the buffer",
                                   der->capacity, m.key_info.len);
    if (m.key_info.len)
        memcpy(der->data, m.key_info.data, m.key_info.len);
    der->len = m.key_info.len;
    p.public_key_info = camseal_span_of(der->data, der->len);
    *r->key_pair = p;
    if (r->key_pair_total)
        *r->key_pair_total = m.total;
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

static const spdm_operation get_key_pair = {SPDM_OP_KEY_PAIR_INFO, build_get, accept_get, NULL};

camseal_status camseal_spdm_begin_get_key_pair(camseal_spdm_requester *r, uint8_t session,
                                               uint8_t id, camseal_spdm_key_pair *pair,
                                               camseal_buf *der, uint8_t *total)
{
    if (id == 0 || !pair || !der)
        return CAMSEAL_E_ARGUMENT;
    CAMSEAL_TRY(camseal_spdm_check_place(r, session));
    if (r->shape.version < SPDM_VERSION_13 || !(r->peer_flags & SPDM_CAP_GET_KEY_PAIR_INFO))
        return CAMSEAL_E_NEGOTIATION;
    r->key_pair_id = id;
    r->key_pair = pair;
    r->key_pair_total = total;
    r->answer = der;
    der->len = 0;
    return camseal_spdm_begin(r, &get_key_pair, session);
}

/* ---- SET_KEY_PAIR_INFO ---------------------------------------------------------------------- */

static camseal_status build_set(camseal_spdm_requester *r, camseal_writer *w)
{
    const camseal_spdm_key_change *c = r->key_change;
    uint8_t pqc[PQC_BYTES];
    camseal_store_le32(pqc, c->pqc_algorithm);
    const spdm_set_key_pair_info m = {.operation = c->operation,
                                      .id = c->id,
                                      .usage = c->usage,
                                      .algorithm = c->algorithm,
                                      .slot_mask = c->slots,
                                      .pqc_algorithm = {pqc, sizeof pqc}};
    camseal_spdm_write_set_key_pair_info(w, r->shape.version, &m);
    return CAMSEAL_OK;
}

static camseal_status accept_set(camseal_spdm_requester *r, camseal_span message)
{
    CAMSEAL_TRY(message.len > SPDM_HEADER_BYTES ? CAMSEAL_E_TRAILING : CAMSEAL_OK);
    camseal_spdm_next(r, NULL);
    return CAMSEAL_OK;
}

static const spdm_operation set_key_pair = {SPDM_OP_SET_KEY_PAIR_INFO, build_set, accept_set, NULL};

static bool change_legal(const camseal_spdm_key_change *c)
{
    bool both = c->algorithm && c->pqc_algorithm;
    return c->id && c->operation <= CAMSEAL_SPDM_KEY_OP_GENERATE && !both && !many(c->algorithm) &&
           !many(c->pqc_algorithm);
}

camseal_status camseal_spdm_begin_set_key_pair(camseal_spdm_requester *r,
                                               const camseal_spdm_key_change *change)
{
    if (!change || !change_legal(change))
        return CAMSEAL_E_ARGUMENT;
    CAMSEAL_TRY(camseal_spdm_check_place(r, change->session));
    bool post_quantum = change->pqc_algorithm && r->shape.version < SPDM_VERSION_14;
    if (r->shape.version < SPDM_VERSION_13 || post_quantum ||
        !(r->peer_flags & SPDM_CAP_SET_KEY_PAIR_INFO))
        return CAMSEAL_E_NEGOTIATION;
    r->key_change = change;
    return camseal_spdm_begin(r, &set_key_pair, change->session);
}
