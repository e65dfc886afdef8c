/* VERSION to ALGORITHMS: transcript A, and what the algorithms decide for everything after. */
#include "observer_state.h"

#include <string.h>

#include "msg/capabilities.h"
#include "msg/short.h"
#include "msg/version.h"

enum { MULTI_KEY_BIT = 0x10, BLOCK_FIXED_BYTES = 4 };

/* CAPABILITIES may end with a block of algorithms (1.3+) that states its own length. */
static void skip_block(const spdm_layer *l, const spdm_capabilities *m, camseal_reader *r)
{
    if (l->seen.code != SPDM_CAPABILITIES || l->seen.bytes.data[0] < SPDM_VERSION_13 ||
        !(m->attributes & 1u))
        return;
    camseal_read_skip(r, 2);
    size_t n = camseal_read_le16(r);
    camseal_read_skip(r, n < BLOCK_FIXED_BYTES ? r->left + 1u : n - BLOCK_FIXED_BYTES);
}

static void take_capabilities(camseal_spdm_observer *o, const spdm_layer *l, camseal_reader *r,
                              camseal_span *message, bool *good)
{
    spdm_capabilities m;
    camseal_status status = camseal_spdm_read_capabilities(r, &m);
    skip_block(l, &m, r);
    *good = camseal_spdm_observer_parsed(o, l, status, r, message);
    if (!*good)
        return;
    o->shape.version = l->seen.bytes.data[0];
    if (l->seen.code == SPDM_GET_CAPABILITIES)
        o->req_flags = m.flags;
    else
        o->rsp_flags = m.flags;
    o->shape.clear_handshake = (o->req_flags & o->rsp_flags & SPDM_CAP_HANDSHAKE_CLEAR) != 0;
    o->mac_only = !(o->req_flags & o->rsp_flags & SPDM_CAP_ENCRYPT);
}

static const spdm_registered *either(const spdm_registered *a, const spdm_registered *b)
{
    return a ? a : b;
}

static uint16_t bytes_of(const spdm_registered *row)
{
    return row ? row->bytes : 0;
}

static void apply_selection(camseal_spdm_observer *o)
{
    const spdm_algorithms *a = &o->selected;
    bool pqc = o->shape.version >= SPDM_VERSION_14;
    o->hash = camseal_spdm_registered_hash(a->base_hash);
    o->sign[SPDM_SIDE_RSP] = either(camseal_spdm_registered_sign(a->base_asym),
                                    pqc ? camseal_spdm_registered_pqc_sign(a->pqc_asym) : NULL);
    o->sign[SPDM_SIDE_REQ] = either(camseal_spdm_registered_sign(a->table[SPDM_ALG_REQ_ASYM]),
                                    camseal_spdm_registered_pqc_sign(a->table[SPDM_ALG_REQ_PQC]));
    o->exchange = either(camseal_spdm_registered_dhe(a->table[SPDM_ALG_DHE]),
                         camseal_spdm_registered_kem(a->table[SPDM_ALG_KEM]));
    o->aead_row = camseal_spdm_registered_aead(a->table[SPDM_ALG_AEAD]);
    o->shape.hash = bytes_of(o->hash);
    o->shape.signature = bytes_of(o->sign[SPDM_SIDE_RSP]);
    o->shape.req_signature = bytes_of(o->sign[SPDM_SIDE_REQ]);
    o->shape.kex_request = bytes_of(o->exchange);
    o->shape.kex_response = o->exchange ? o->exchange->bytes2 : 0;
    o->multi_key[SPDM_SIDE_RSP] =
        o->shape.version >= SPDM_VERSION_13 && (o->offered.other_params & MULTI_KEY_BIT);
    o->multi_key[SPDM_SIDE_REQ] =
        o->shape.version >= SPDM_VERSION_13 && (a->other_params & MULTI_KEY_BIT);
    o->aead = o->aead_row ? camseal_crypto_aead(o->config.crypto, (camseal_aead_id)o->aead_row->id)
                          : NULL;
}

/* Identities survive a new connection unless its hash is another one. */
static void settle(camseal_spdm_observer *o)
{
    const camseal_hash *hash =
        o->hash ? camseal_crypto_hash(o->config.crypto, (camseal_hash_id)o->hash->id) : NULL;
    if (!hash)
        return;
    o->settled = camseal_spdm_transcript_settle(&o->t, hash) == CAMSEAL_OK;
    for (unsigned side = 0; side < 2; side++)
        for (unsigned slot = 0; slot < OBSERVER_SLOTS; slot++)
            if (o->identity[side][slot].hash != hash->id)
                memset(&o->identity[side][slot], 0, sizeof o->identity[side][slot]);
}

static bool one_of(uint32_t offered, uint32_t selected)
{
    return (selected & ~offered) == 0 && (selected & (selected - 1u)) == 0;
}

/* What both sides announced needs algorithms. */
static bool selection_suffices(const camseal_spdm_observer *o, const spdm_algorithms *s)
{
    const uint32_t sessions = SPDM_CAP_KEY_EX | SPDM_CAP_PSK;
    uint32_t both = o->req_flags & o->rsp_flags;
    if ((o->rsp_flags & (SPDM_CAP_CHAL | SPDM_CAP_KEY_EX)) && !s->base_asym && !s->pqc_asym)
        return false;
    if ((both & SPDM_CAP_KEY_EX) && !s->table[SPDM_ALG_DHE] && !s->table[SPDM_ALG_KEM])
        return false;
    return !(both & sessions) || (s->base_hash && s->table[SPDM_ALG_AEAD]);
}

/* At most one bit of each field, and only offered ones. */
static bool selection_fits(const camseal_spdm_observer *o, const spdm_algorithms *s)
{
    const spdm_algorithms *offer = &o->offered;
    for (unsigned type = 0; type < SPDM_ALG_TYPES; type++)
        if (!one_of(offer->table[type], s->table[type]))
            return false;
    return one_of(offer->base_asym, s->base_asym) && one_of(offer->base_hash, s->base_hash) &&
           one_of(offer->pqc_asym, s->pqc_asym) && s->tables == offer->tables &&
           selection_suffices(o, s);
}

static void take_algorithms(camseal_spdm_observer *o, const spdm_layer *l, camseal_reader *r,
                            camseal_span *message, bool *good)
{
    bool request = l->seen.code == SPDM_NEGOTIATE_ALGORITHMS;
    spdm_algorithms *m = request ? &o->offered : &o->selected;
    camseal_status status = request ? camseal_spdm_read_algorithms_req(r, o->shape.version, m)
                                    : camseal_spdm_read_algorithms_rsp(r, o->shape.version, m);
    *good = camseal_spdm_observer_parsed(o, l, status, r, message);
    if (*good && !request && !selection_fits(o, m))
        camseal_spdm_observer_fault(o, l, "the algorithms are not one of each that was offered");
}

static void add_pair(camseal_spdm_observer *o, const spdm_layer *l, camseal_span response)
{
    const spdm_pending *p = &o->flow[0].pending;
    if (camseal_spdm_transcript_vca(&o->t, camseal_spdm_observer_request(p)) != CAMSEAL_OK ||
        camseal_spdm_transcript_vca(&o->t, response) != CAMSEAL_OK)
        camseal_spdm_observer_say(o, l, SPDM_CHECK_FORMAT, SPDM_NOT_CHECKED, "transcript A",
                                  "longer than is kept");
    camseal_spdm_cover_join(&o->vca, &p->cover);
    camseal_spdm_cover_join(&o->vca, &l->cover);
}

static void note_versions(camseal_spdm_observer *o, const spdm_version_rsp *m)
{
    o->versions = 0;
    for (size_t i = 0; i < m->entries.len / 2; i++) {
        uint8_t version = camseal_spdm_version_entry(m, i);
        if (version >> 4 == 1)
            o->versions = (uint16_t)(o->versions | 1u << (version & 0x0Fu));
    }
}

void camseal_spdm_observer_vca(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    camseal_span message;
    spdm_version_rsp version;
    bool good;
    if (l->session || (o->settled && l->seen.code != SPDM_GET_VERSION)) {
        camseal_spdm_observer_fault(o, l, "only GET_VERSION can begin a new negotiation");
        return;
    }
    switch (l->seen.code) {
    case SPDM_GET_VERSION:
        good = camseal_spdm_observer_parsed(o, l, camseal_spdm_read_bare(&r), &r, &message);
        camseal_spdm_observer_forget(o);
        o->flow[0].pending.open = good;
        break;
    case SPDM_VERSION:
        good = camseal_spdm_observer_parsed(o, l, camseal_spdm_read_version(&r, &version), &r,
                                            &message);
        if (good)
            note_versions(o, &version);
        break;
    case SPDM_GET_CAPABILITIES:
    case SPDM_CAPABILITIES:
        take_capabilities(o, l, &r, &message, &good);
        break;
    default:
        take_algorithms(o, l, &r, &message, &good);
        break;
    }
    if (l->seen.code & SPDM_REQUEST_BIT) {
        camseal_spdm_observer_trim(o, l, message);
        return;
    }
    if (!good)
        return;
    add_pair(o, l, message);
    if (l->seen.code != SPDM_ALGORITHMS)
        return;
    apply_selection(o);
    settle(o);
    o->after_vca = true;
}
