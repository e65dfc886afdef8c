/* NEGOTIATE_ALGORITHMS, ALGORITHMS and the block of CAPABILITIES. Which algorithms go together is
 * the business of negotiate.c. */
#include "algorithms.h"

#include "base/try.h"

#include <string.h>

enum {
    REQUEST_BYTES = 32, /* without extended entries and tables */
    RESPONSE_BYTES = 36,
    BLOCK_BYTES = 30,
    ENTRY_BYTES = 4, /* of an extended algorithm, and of a table without any */
    FIXED_ALG_COUNT = 0x20,
    EXTENDED_MAX = 20 /* entries of one message */
};

static uint8_t last_type(uint8_t version)
{
    return version >= SPDM_VERSION_14 ? SPDM_ALG_KEM : SPDM_ALG_KEY_SCHEDULE;
}

/* One algorithm structure table. *extended gathers the entries of the whole message. */
static camseal_status read_table(camseal_reader *r, uint8_t version, spdm_algorithms *m,
                                 unsigned *extended)
{
    uint8_t type = camseal_read_u8(r);
    uint8_t count = camseal_read_u8(r);
    uint16_t bits = camseal_read_le16(r);
    unsigned entries = count & 0x0Fu;
    camseal_read_skip(r, (size_t)entries * ENTRY_BYTES);
    CAMSEAL_TRY(camseal_reader_ok(r));
    if (type < SPDM_ALG_DHE || type > last_type(version) || (count & 0xF0u) != FIXED_ALG_COUNT)
        return CAMSEAL_E_FORMAT;
    if (m->tables >> type) /* strictly ascending, no duplicates */
        return CAMSEAL_E_FORMAT;
    m->tables = (uint8_t)(m->tables | 1u << type);
    m->table[type] = bits;
    *extended += entries;
    return CAMSEAL_OK;
}

static camseal_status read_tables(camseal_reader *r, uint8_t version, uint8_t n, spdm_algorithms *m,
                                  unsigned *extended)
{
    m->tables = 0;
    memset(m->table, 0, sizeof m->table);
    for (uint8_t i = 0; i < n; i++)
        CAMSEAL_TRY(read_table(r, version, m, extended));
    return *extended > EXTENDED_MAX ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

static bool every_table_offers(const spdm_algorithms *m)
{
    for (unsigned type = SPDM_ALG_DHE; type < SPDM_ALG_TYPES; type++)
        if ((m->tables >> type & 1u) && m->table[type] == 0)
            return false;
    return true;
}

static bool length_legal(uint16_t length, size_t parsed)
{
    return length == parsed && length <= SPDM_ALGORITHMS_LENGTH_MAX;
}

/* Drops what `version` does not have. Of selections nothing is dropped: one that was not offered is
 * refused, in reserved bits too. */
static void drop_later(spdm_algorithms *m, uint8_t version)
{
    uint8_t params = SPDM_OPAQUE_FMT_MASK | SPDM_MULTI_KEY_CONN;
    if (version < SPDM_VERSION_14)
        m->pqc_asym = 0;
    if (version < SPDM_VERSION_13) {
        m->mel_spec = 0;
        params = SPDM_OPAQUE_FMT_MASK;
    }
    m->other_params &= params;
}

/* What is offered: from Length on. `start` is what was left before the part that Length counts. */
static camseal_status read_offer(camseal_reader *r, uint8_t version, uint8_t n, size_t start,
                                 spdm_algorithms *m)
{
    uint16_t length = camseal_read_le16(r);
    m->measurement_spec = camseal_read_u8(r);
    m->other_params = camseal_read_u8(r);
    m->measurement_hash = 0;
    m->base_asym = camseal_read_le32(r);
    m->base_hash = camseal_read_le32(r);
    m->pqc_asym = camseal_read_le32(r);
    camseal_read_skip(r, 8);
    unsigned extended = camseal_read_u8(r);
    extended += camseal_read_u8(r);
    camseal_read_skip(r, 1);
    m->mel_spec = camseal_read_u8(r);
    camseal_read_skip(r, (size_t)extended * ENTRY_BYTES);
    CAMSEAL_TRY(read_tables(r, version, n, m, &extended));
    CAMSEAL_TRY(camseal_reader_ok(r));
    m->extended = (uint8_t)extended;
    drop_later(m, version);
    return length_legal(length, start - r->left) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

camseal_status camseal_spdm_read_algorithms_req(camseal_reader *r, uint8_t version,
                                                spdm_algorithms *m)
{
    size_t start = r->left;
    uint8_t n = camseal_spdm_read_header(r).param1;
    CAMSEAL_TRY(read_offer(r, version, n, start, m));
    return every_table_offers(m) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

camseal_status camseal_spdm_read_algorithms_block(camseal_reader *r, uint8_t version,
                                                  spdm_algorithms *m)
{
    size_t start = r->left;
    uint8_t n = camseal_read_u8(r);
    camseal_read_skip(r, 1);
    return read_offer(r, version, n, start, m);
}

camseal_status camseal_spdm_read_algorithms_rsp(camseal_reader *r, uint8_t version,
                                                spdm_algorithms *m)
{
    size_t start = r->left;
    uint8_t n = camseal_spdm_read_header(r).param1;
    uint16_t length = camseal_read_le16(r);
    m->measurement_spec = camseal_read_u8(r);
    m->other_params = camseal_read_u8(r);
    m->measurement_hash = camseal_read_le32(r);
    m->base_asym = camseal_read_le32(r);
    m->base_hash = camseal_read_le32(r);
    m->pqc_asym = camseal_read_le32(r);
    camseal_read_skip(r, 7);
    m->mel_spec = camseal_read_u8(r);
    unsigned extended = camseal_read_u8(r);
    extended += camseal_read_u8(r);
    camseal_read_skip(r, 2);
    CAMSEAL_TRY(read_tables(r, version, n, m, &extended));
    CAMSEAL_TRY(camseal_reader_ok(r));
    m->extended = 0;
    return length_legal(length, start - r->left) && extended == 0 ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

static uint8_t count_tables(const spdm_algorithms *m)
{
    uint8_t n = 0;
    for (unsigned type = SPDM_ALG_DHE; type < SPDM_ALG_TYPES; type++)
        n = (uint8_t)(n + (m->tables >> type & 1u));
    return n;
}

static void write_tables(camseal_writer *w, const spdm_algorithms *m)
{
    for (unsigned type = SPDM_ALG_DHE; type < SPDM_ALG_TYPES; type++) {
        if (!(m->tables >> type & 1u))
            continue;
        camseal_write_u8(w, (uint8_t)type);
        camseal_write_u8(w, FIXED_ALG_COUNT);
        camseal_write_le16(w, m->table[type]);
    }
}

static void write_offer(camseal_writer *w, const spdm_algorithms *m, size_t length)
{
    camseal_write_le16(w, (uint16_t)length);
    camseal_write_u8(w, m->measurement_spec);
    camseal_write_u8(w, m->other_params);
    camseal_write_le32(w, m->base_asym);
    camseal_write_le32(w, m->base_hash);
    camseal_write_le32(w, m->pqc_asym);
    camseal_write_zeros(w, 11); /* reserved, no extended algorithms */
    camseal_write_u8(w, m->mel_spec);
    write_tables(w, m);
}

void camseal_spdm_write_algorithms_req(camseal_writer *w, uint8_t version, const spdm_algorithms *m)
{
    uint8_t n = count_tables(m);
    camseal_spdm_write_header(w, version, SPDM_NEGOTIATE_ALGORITHMS, n, 0);
    write_offer(w, m, REQUEST_BYTES + (size_t)ENTRY_BYTES * n);
}

void camseal_spdm_write_algorithms_block(camseal_writer *w, const spdm_algorithms *m)
{
    uint8_t n = count_tables(m);
    camseal_write_u8(w, n);
    camseal_write_u8(w, 0);
    write_offer(w, m, BLOCK_BYTES + (size_t)ENTRY_BYTES * n);
}

size_t camseal_spdm_algorithms_rsp_bytes(const spdm_algorithms *m)
{
    return RESPONSE_BYTES + (size_t)ENTRY_BYTES * count_tables(m);
}

void camseal_spdm_write_algorithms_rsp(camseal_writer *w, uint8_t version, const spdm_algorithms *m)
{
    uint8_t n = count_tables(m);
    camseal_spdm_write_header(w, version, SPDM_ALGORITHMS, n, 0);
    camseal_write_le16(w, (uint16_t)camseal_spdm_algorithms_rsp_bytes(m));
    camseal_write_u8(w, m->measurement_spec);
    camseal_write_u8(w, m->other_params);
    camseal_write_le32(w, m->measurement_hash);
    camseal_write_le32(w, m->base_asym);
    camseal_write_le32(w, m->base_hash);
    camseal_write_le32(w, m->pqc_asym);
    camseal_write_zeros(w, 7);
    camseal_write_u8(w, m->mel_spec);
    camseal_write_zeros(w, 4); /* no extended algorithms, reserved */
    write_tables(w, m);
}
