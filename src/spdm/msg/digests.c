/* DIGESTS. */
#include "digests.h"

#include "base/load.h"
#include "base/try.h"

static unsigned count_slots(unsigned mask)
{
    unsigned n = 0;
    for (; mask; mask &= mask - 1u)
        n++;
    return n;
}

enum { CERT_MODEL = 0x07 }; /* CertificateInfo */

static bool all_zero(camseal_span bytes)
{
    uint8_t any = 0;
    for (size_t i = 0; i < bytes.len; i++)
        any = (uint8_t)(any | bytes.data[i]);
    return any == 0;
}

/* Multi-key: a slot without a certificate has no digest; slot 0 is never generic. */
static bool models_legal(const spdm_shape *s, const spdm_digests *m)
{
    for (size_t i = 0; i < m->certificate_info.len; i++) {
        uint8_t model = m->certificate_info.data[i] & CERT_MODEL;
        camseal_span digest = camseal_span_of(m->digests.data + i * s->hash, s->hash);
        bool first_is_0 = i == 0 && (m->provisioned & 1u);
        if (model > SPDM_CERT_MODEL_GENERIC || (first_is_0 && model == SPDM_CERT_MODEL_GENERIC))
            return false;
        if (model == SPDM_CERT_MODEL_NONE && !all_zero(digest))
            return false;
    }
    return true;
}

camseal_status camseal_spdm_read_digests(camseal_reader *r, const spdm_shape *s, spdm_digests *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->supported = s->version >= SPDM_VERSION_13 ? h.param1 : 0;
    m->provisioned = h.param2;
    size_t n = count_slots(h.param2);
    size_t extra = s->multi_key && s->version >= SPDM_VERSION_13 ? n : 0;
    m->digests = camseal_read_span(r, n * s->hash);
    m->key_pair_ids = camseal_read_span(r, extra);
    m->certificate_info = camseal_read_span(r, extra);
    m->key_usage = camseal_read_span(r, 2 * extra);
    CAMSEAL_TRY(camseal_reader_ok(r));
    if (n == 0 || !models_legal(s, m))
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
    if (slot > SPDM_SLOT_LAST || !(m->provisioned >> slot & 1u))
        return camseal_span_of(NULL, 0);
    size_t before = count_slots(m->provisioned & ((1u << slot) - 1u));
    return camseal_span_of(m->digests.data + before * s->hash, s->hash);
}

bool camseal_spdm_digest_key(const spdm_digests *m, uint8_t slot, spdm_digest_key *out)
{
    if (slot > SPDM_SLOT_LAST || !(m->provisioned >> slot & 1u) || !m->key_pair_ids.len)
        return false;
    size_t before = count_slots(m->provisioned & ((1u << slot) - 1u));
    out->key_pair_id = m->key_pair_ids.data[before];
    out->model = m->certificate_info.data[before] & CERT_MODEL;
    out->usage = camseal_load_le16(m->key_usage.data + 2 * before);
    return true;
}
