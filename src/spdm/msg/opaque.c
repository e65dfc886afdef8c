/* General opaque data: TotalElements, three reserved bytes, elements padded with zeros to multiples
 * of 4. */
#include "opaque.h"

#include "base/load.h"
#include "base/try.h"

enum {
    SM_DATA_VERSION = 1, /* SMDataVersion of DSP0277 elements */
    SM_SELECTION = 0,    /* SMDataID                          */
    SM_LIST = 1,
    SM_LIMIT = 2,
    SM_HEADER_BYTES = 2
};

/* Zeros that fill `n` bytes to a multiple of 4. */
static size_t padding(size_t n)
{
    return (size_t)(0u - n) & 3u;
}

camseal_status camseal_spdm_read_opaque_head(camseal_reader *r, uint8_t *total)
{
    *total = camseal_read_u8(r);
    camseal_read_skip(r, 3);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return *total ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

camseal_status camseal_spdm_read_element(camseal_reader *r, spdm_opaque_element *m)
{
    size_t start = r->left;
    CAMSEAL_TRY(camseal_spdm_read_svh(r, &m->from));
    m->data = camseal_read_span(r, camseal_read_le16(r));
    camseal_span pad = camseal_read_span(r, padding(start - r->left));
    CAMSEAL_TRY(camseal_reader_ok(r));
    for (size_t i = 0; i < pad.len; i++)
        if (pad.data[i])
            return CAMSEAL_E_FORMAT;
    return CAMSEAL_OK;
}

void camseal_spdm_write_opaque_head(camseal_writer *w, uint8_t total)
{
    camseal_write_u8(w, total);
    camseal_write_zeros(w, 3);
}

void camseal_spdm_write_element(camseal_writer *w, const spdm_opaque_element *m)
{
    size_t start = w->len;
    camseal_spdm_write_svh(w, &m->from);
    camseal_write_le16(w, (uint16_t)m->data.len);
    camseal_write_span(w, m->data);
    camseal_write_zeros(w, padding(w->len - start));
}

camseal_status camseal_spdm_check_opaque(camseal_span opaque)
{
    camseal_reader r = camseal_reader_of(opaque);
    spdm_opaque_element element;
    uint8_t total;
    CAMSEAL_TRY(camseal_spdm_read_opaque_head(&r, &total));
    for (uint8_t i = 0; i < total; i++)
        CAMSEAL_TRY(camseal_spdm_read_element(&r, &element));
    return camseal_reader_end(&r);
}

/* ---- secured messages ----------------------------------------------------------------------- */

static bool is_sm_element(const spdm_opaque_element *e, uint8_t sm_id)
{
    return camseal_spdm_svh_is_dmtf(&e->from) && e->data.len >= SM_HEADER_BYTES &&
           e->data.data[0] == SM_DATA_VERSION && e->data.data[1] == sm_id;
}

/* Walks the whole list; *payload is what follows SMDataID in the one element of that id. */
static camseal_status find_sm_element(camseal_span opaque, uint8_t sm_id, camseal_span *payload)
{
    camseal_reader r = camseal_reader_of(opaque);
    spdm_opaque_element e;
    bool found = false;
    uint8_t total;
    CAMSEAL_TRY(camseal_spdm_read_opaque_head(&r, &total));
    for (uint8_t i = 0; i < total; i++) {
        CAMSEAL_TRY(camseal_spdm_read_element(&r, &e));
        if (!is_sm_element(&e, sm_id))
            continue;
        if (found)
            return CAMSEAL_E_FORMAT;
        found = true;
        *payload = camseal_span_of(e.data.data + SM_HEADER_BYTES, e.data.len - SM_HEADER_BYTES);
    }
    CAMSEAL_TRY(camseal_reader_end(&r));
    return found ? CAMSEAL_OK : CAMSEAL_E_NOT_FOUND;
}

/* All of an element before its payload. */
static void write_sm_head(camseal_writer *w, uint8_t sm_id, size_t payload)
{
    static const spdm_svh dmtf = {SPDM_BODY_DMTF, {NULL, 0}};
    camseal_spdm_write_svh(w, &dmtf);
    camseal_write_le16(w, (uint16_t)(SM_HEADER_BYTES + payload));
    camseal_write_u8(w, SM_DATA_VERSION);
    camseal_write_u8(w, sm_id);
}

static void write_list(camseal_writer *w, const uint16_t *versions, size_t n)
{
    size_t payload = 1 + 2 * n;
    write_sm_head(w, SM_LIST, payload);
    camseal_write_u8(w, (uint8_t)n);
    for (size_t i = 0; i < n; i++)
        camseal_write_le16(w, versions[i]);
    camseal_write_zeros(w, padding(SM_HEADER_BYTES + payload));
}

static void write_selection(camseal_writer *w, uint16_t version)
{
    write_sm_head(w, SM_SELECTION, 2);
    camseal_write_le16(w, version);
}

static void write_limit(camseal_writer *w, uint8_t exponent)
{
    write_sm_head(w, SM_LIMIT, 1);
    camseal_write_u8(w, exponent);
    camseal_write_zeros(w, padding(SM_HEADER_BYTES + 1));
}

void camseal_spdm_write_sm_versions(camseal_writer *w, const uint16_t *versions, size_t n)
{
    camseal_spdm_write_opaque_head(w, 1);
    write_list(w, versions, n);
}

void camseal_spdm_write_sm_versions_limit(camseal_writer *w, const uint16_t *versions, size_t n,
                                          uint8_t exponent)
{
    camseal_spdm_write_opaque_head(w, 2);
    write_list(w, versions, n);
    write_limit(w, exponent);
}

camseal_status camseal_spdm_read_sm_versions(camseal_span opaque, camseal_span *versions)
{
    camseal_span payload;
    CAMSEAL_TRY(find_sm_element(opaque, SM_LIST, &payload));
    camseal_reader r = camseal_reader_of(payload);
    uint8_t count = camseal_read_u8(&r);
    *versions = camseal_read_span(&r, (size_t)count * 2);
    CAMSEAL_TRY(camseal_reader_end(&r));
    return count ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_sm_selection(camseal_writer *w, uint16_t version)
{
    camseal_spdm_write_opaque_head(w, 1);
    write_selection(w, version);
}

void camseal_spdm_write_sm_selection_limit(camseal_writer *w, uint16_t version, uint8_t exponent)
{
    camseal_spdm_write_opaque_head(w, 2);
    write_selection(w, version);
    write_limit(w, exponent);
}

camseal_status camseal_spdm_read_sm_selection(camseal_span opaque, uint16_t *version)
{
    camseal_span payload;
    CAMSEAL_TRY(find_sm_element(opaque, SM_SELECTION, &payload));
    if (payload.len != 2)
        return CAMSEAL_E_FORMAT;
    *version = camseal_load_le16(payload.data);
    return CAMSEAL_OK;
}

camseal_status camseal_spdm_read_sm_limit(camseal_span opaque, uint8_t *exponent)
{
    camseal_span payload;
    camseal_status status = find_sm_element(opaque, SM_LIMIT, &payload);
    *exponent = SPDM_SM_LIMIT_MAX;
    if (status == CAMSEAL_E_NOT_FOUND)
        return CAMSEAL_OK;
    CAMSEAL_TRY(status);
    if (payload.len != 1 || payload.data[0] > SPDM_SM_LIMIT_MAX)
        return CAMSEAL_E_FORMAT;
    *exponent = payload.data[0];
    return CAMSEAL_OK;
}
