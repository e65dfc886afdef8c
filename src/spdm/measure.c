/* Measurement blocks. */
#include "measure.h"

#include "base/try.h"
#include "registry.h"
#include "transcript.h"

enum {
    VALUE_MAX = UINT16_MAX - 3, /* so that MeasurementSize holds it */
    TYPE_LAST = 0x7F,
    RAW_ONLY_BITS = 1 /* MeasurementHashAlgo has one bit before those of BaseHashAlgo */
};

static const spdm_registered *registered(uint32_t measurement_hash)
{
    return camseal_spdm_registered_hash(measurement_hash >> RAW_ONLY_BITS);
}

uint16_t camseal_spdm_measurement_bytes(uint32_t measurement_hash)
{
    const spdm_registered *hash = registered(measurement_hash);
    return hash ? hash->bytes : 0;
}

camseal_hash_id camseal_spdm_measurement_hash(uint32_t measurement_hash)
{
    const spdm_registered *hash = registered(measurement_hash);
    return hash ? (camseal_hash_id)hash->id : CAMSEAL_HASH_NONE;
}

void camseal_spdm_deliver_blocks(camseal_span record,
                                 void (*block)(void *user, const camseal_spdm_measurement *block),
                                 void *user)
{
    spdm_measurement_block m;
    camseal_reader r = camseal_reader_of(record);
    while (block && r.left && camseal_spdm_read_block(&r, &m) == CAMSEAL_OK) {
        const bool raw = (m.type & SPDM_MEASURE_TYPE_RAW) != 0;
        const camseal_spdm_measurement out = {
            .index = m.index,
            .type = m.type & (uint8_t)~SPDM_MEASURE_TYPE_RAW,
            .form = (uint8_t)(raw ? CAMSEAL_SPDM_FORM_RAW : CAMSEAL_SPDM_FORM_DIGEST),
            .value = m.value};
        block(user, &out);
    }
}

/* ---- what the application measures ---------------------------------------------------------- */

static camseal_status fetch(const spdm_measure_walk *w, camseal_spdm_measurement *m)
{
    const camseal_spdm_measurer *from = w->measurer;
    if (from->block)
        return from->block(from->user, &w->query, w->next, m);
    if (w->next >= from->n_blocks)
        return CAMSEAL_E_NOT_FOUND;
    *m = from->blocks[w->next];
    return CAMSEAL_OK;
}

static bool legal(const spdm_measure_walk *w, const camseal_spdm_measurement *m)
{
    return m->index > w->last && m->index <= SPDM_MEASUREMENT_INDEX_LAST && m->type <= TYPE_LAST &&
           m->form <= CAMSEAL_SPDM_FORM_DIGEST && m->value.len <= VALUE_MAX;
}

static bool sent_raw(const spdm_measure_walk *w, const camseal_spdm_measurement *m)
{
    if (m->form != CAMSEAL_SPDM_FORM_EITHER)
        return m->form == CAMSEAL_SPDM_FORM_RAW;
    return w->raw || w->query.hash == CAMSEAL_HASH_NONE;
}

/* The value as a digest: it is one, or it is hashed. */
static camseal_status as_digest(spdm_measure_walk *w, const camseal_spdm_measurement *m,
                                camseal_span *value)
{
    const camseal_hash *hash = camseal_crypto_hash(w->crypto, w->query.hash);
    if (!hash)
        return CAMSEAL_E_BUG;
    if (m->form == CAMSEAL_SPDM_FORM_DIGEST)
        return m->value.len == hash->digest_bytes ? CAMSEAL_OK : CAMSEAL_E_BUG;
    *value = camseal_span_of(w->digest, hash->digest_bytes);
    return camseal_spdm_hash_of(w->crypto, hash, m->value, w->digest);
}

camseal_status camseal_spdm_measure_next(spdm_measure_walk *w, spdm_measurement_block *out)
{
    camseal_spdm_measurement m = {0};
    camseal_status status = fetch(w, &m);
    if (status != CAMSEAL_OK)
        return status;
    if (!legal(w, &m))
        return CAMSEAL_E_BUG;
    w->next++;
    w->last = m.index;
    w->tcb = m.tcb;
    out->index = m.index;
    out->type = m.type;
    out->value = m.value;
    if (!sent_raw(w, &m))
        return as_digest(w, &m, &out->value);
    out->type |= SPDM_MEASURE_TYPE_RAW;
    return CAMSEAL_OK;
}

/* ---- summary -------------------------------------------------------------------------------- */

static camseal_status add_block(const camseal_crypto *crypto, const camseal_hash *hash,
                                camseal_hash_state *state, const spdm_measurement_block *block)
{
    uint8_t head[SPDM_MEASUREMENT_HEAD_BYTES];
    camseal_writer w = camseal_writer_of(head, sizeof head);
    camseal_spdm_write_block_head(&w, block);
    CAMSEAL_TRY(hash->update(crypto->user, state, camseal_span_of(head, sizeof head)));
    return hash->update(crypto->user, state, block->value);
}

static camseal_status add_blocks(spdm_measure_walk *w, uint8_t type, const camseal_hash *hash,
                                 camseal_hash_state *state)
{
    spdm_measurement_block block;
    for (;;) {
        camseal_status status = camseal_spdm_measure_next(w, &block);
        if (status == CAMSEAL_E_NOT_FOUND)
            return CAMSEAL_OK;
        if (status != CAMSEAL_OK)
            return status;
        if (type == CAMSEAL_SPDM_SUMMARY_ALL || w->tcb)
            CAMSEAL_TRY(add_block(w->crypto, hash, state, &block));
    }
}

camseal_status camseal_spdm_measure_summary(spdm_measure_walk *w, uint8_t type,
                                            const camseal_hash *hash, uint8_t *digest)
{
    camseal_hash_state state;
    CAMSEAL_TRY(hash->begin(w->crypto->user, &state));
    camseal_status status = add_blocks(w, type, hash, &state);
    if (status == CAMSEAL_OK)
        status = hash->finish(w->crypto->user, &state, digest);
    hash->drop(w->crypto->user, &state);
    return status;
}
