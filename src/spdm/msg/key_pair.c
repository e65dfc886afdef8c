/* Key pair information. Whether a change is allowed is the business of the drivers. */
#include "key_pair.h"

#include "base/try.h"

static unsigned count_bits(uint32_t bits)
{
    unsigned n = 0;
    for (; bits; bits &= bits - 1u)
        n++;
    return n;
}

/* One algorithm or none, of both kinds together. */
static bool one_algorithm(uint32_t algorithm, camseal_span pqc)
{
    unsigned n = count_bits(algorithm);
    for (size_t i = 0; i < pqc.len; i++)
        n += count_bits(pqc.data[i]);
    return n <= 1;
}

/* A bitmap of the peer's length; none before 1.4. */
static camseal_span read_pqc(camseal_reader *r, uint8_t version)
{
    if (version < SPDM_VERSION_14)
        return camseal_span_of(NULL, 0);
    return camseal_read_span(r, camseal_read_u8(r));
}

static void write_pqc(camseal_writer *w, uint8_t version, camseal_span bitmap)
{
    if (version < SPDM_VERSION_14)
        return;
    camseal_write_u8(w, (uint8_t)bitmap.len);
    camseal_write_span(w, bitmap);
}

uint32_t camseal_spdm_pqc_bits(camseal_span bitmap)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < bitmap.len && i < 4; i++)
        bits |= (uint32_t)bitmap.data[i] << 8 * i;
    return bits;
}

camseal_status camseal_spdm_read_get_key_pair_info(camseal_reader *r, spdm_get_key_pair_info *m)
{
    (void)camseal_spdm_read_header(r);
    m->id = camseal_read_u8(r);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return m->id ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_get_key_pair_info(camseal_writer *w, uint8_t version,
                                          const spdm_get_key_pair_info *m)
{
    camseal_spdm_write_header(w, version, SPDM_GET_KEY_PAIR_INFO, 0, 0);
    camseal_write_u8(w, m->id);
}

camseal_status camseal_spdm_read_key_pair_info(camseal_reader *r, uint8_t version,
                                               spdm_key_pair_info *m)
{
    (void)camseal_spdm_read_header(r);
    m->total = camseal_read_u8(r);
    m->id = camseal_read_u8(r);
    m->capabilities = camseal_read_le16(r);
    m->usages = camseal_read_le16(r);
    m->usage = camseal_read_le16(r);
    m->algorithms = camseal_read_le32(r);
    m->algorithm = camseal_read_le32(r);
    uint16_t key_info = camseal_read_le16(r);
    m->slot_mask = camseal_read_u8(r);
    m->key_info = camseal_read_span(r, key_info);
    m->pqc_algorithms = read_pqc(r, version);
    m->pqc_algorithm = read_pqc(r, version);
    CAMSEAL_TRY(camseal_reader_ok(r));
    bool legal = m->id && m->id <= m->total && one_algorithm(m->algorithm, m->pqc_algorithm);
    return legal ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_key_pair_info(camseal_writer *w, uint8_t version,
                                      const spdm_key_pair_info *m)
{
    camseal_spdm_write_header(w, version, SPDM_KEY_PAIR_INFO, 0, 0);
    camseal_write_u8(w, m->total);
    camseal_write_u8(w, m->id);
    camseal_write_le16(w, m->capabilities);
    camseal_write_le16(w, m->usages);
    camseal_write_le16(w, m->usage);
    camseal_write_le32(w, m->algorithms);
    camseal_write_le32(w, m->algorithm);
    camseal_write_le16(w, (uint16_t)m->key_info.len);
    camseal_write_u8(w, m->slot_mask);
    camseal_write_span(w, m->key_info);
    write_pqc(w, version, m->pqc_algorithms);
    write_pqc(w, version, m->pqc_algorithm);
}

/* All behind KeyPairID. */
static void read_desired(camseal_reader *r, uint8_t version, spdm_set_key_pair_info *m)
{
    camseal_read_skip(r, 1);
    m->usage = camseal_read_le16(r);
    m->algorithm = camseal_read_le32(r);
    m->slot_mask = camseal_read_u8(r);
    m->pqc_algorithm = read_pqc(r, version);
}

camseal_status camseal_spdm_read_set_key_pair_info(camseal_reader *r, uint8_t version,
                                                   spdm_set_key_pair_info *m)
{
    m->operation = camseal_spdm_read_header(r).param1;
    m->id = camseal_read_u8(r);
    m->usage = 0;
    m->algorithm = 0;
    m->slot_mask = 0;
    m->pqc_algorithm = camseal_span_of(NULL, 0);
    if (m->operation != SPDM_KEY_PAIR_ERASE_KEY)
        read_desired(r, version, m);
    CAMSEAL_TRY(camseal_reader_ok(r));
    bool legal = m->id && m->operation <= SPDM_KEY_PAIR_GENERATE_KEY &&
                 one_algorithm(m->algorithm, m->pqc_algorithm);
    return legal ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_set_key_pair_info(camseal_writer *w, uint8_t version,
                                          const spdm_set_key_pair_info *m)
{
    camseal_spdm_write_header(w, version, SPDM_SET_KEY_PAIR_INFO, m->operation, 0);
    camseal_write_u8(w, m->id);
    if (m->operation == SPDM_KEY_PAIR_ERASE_KEY)
        return;
    camseal_write_u8(w, 0);
    camseal_write_le16(w, m->usage);
    camseal_write_le32(w, m->algorithm);
    camseal_write_u8(w, m->slot_mask);
    write_pqc(w, version, m->pqc_algorithm);
}
