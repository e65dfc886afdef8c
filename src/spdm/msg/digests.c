/* DIGESTS. */
#include "digests.h"

#include "base/try.h"

static unsigned count_slots(unsigned mask)
{
    unsigned n = 0;
    for (; mask; mask &= mask - 1u)
        n++;
    return n;
}

camseal_status camseal_spdm_read_digests(camseal_reader *r, const spdm_shape *s, spdm_digests *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->supported = h.param1;
    m->provisioned = h.param2;
    size_t n = count_slots(h.param2);
    size_t extra = s->multi_key ? n : 0;
    m->digests = camseal_read_span(r, n * s->hash);
    m->key_pair_ids = camseal_read_span(r, extra);
    m->certificate_info = camseal_read_span(r, extra);
    m->key_usage = camseal_read_span(r, 2 * extra);
    CAMSEAL_TRY(camseal_reader_ok(r));
    if (n == 0)
        return CAMSEAL_E_FORMAT;
    if (s->version >= SPDM_VERSION_13 && (h.param2 & ~(unsigned)h.param1))
        return CAMSEAL_E_FORMAT;
    return CAMSEAL_OK;
}

void camseal_spdm_write_digests(camseal_writer *w, const spdm_shape *s, const spdm_digests *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_DIGESTS, m->supported, m->provisioned);
    camseal_write_span(w, m->digests);
    camseal_write_span(w, m->key_pair_ids);
    camseal_write_span(w, m->certificate_info);
    camseal_write_span(w, m->key_usage);
}

camseal_span camseal_spdm_digest_of(const spdm_shape *s, const spdm_digests *m, uint8_t slot)
{
    if (slot > 7 || !(m->provisioned >> slot & 1u))
        return camseal_span_of(NULL, 0);
    size_t before = count_slots(m->provisioned & ((1u << slot) - 1u));
    return camseal_span_of(m->digests.data + before * s->hash, s->hash);
}
