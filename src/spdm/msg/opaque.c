/* General opaque data: TotalElements, three reserved bytes, elements padded with zeros to multiples
 * of 4. */
#include "opaque.h"

#include "base/try.h"

#include "base/load.h"

enum {
    REGISTRY_LAST = 0x0B, /* highest body of the DSP0274 registry   */
    BODY_DMTF = 0x00,
    SM_DATA_VERSION = 1, /* SMDataVersion of DSP0277 elements      */
    SM_SELECTION = 0,    /* SMDataID                               */
    SM_LIST = 1
};

/* Reads one element. *data is set when it is a DMTF element, else emptied. */
static camseal_status read_element(camseal_reader *r, camseal_span *data)
{
    size_t start = r->left;
    uint8_t id = camseal_read_u8(r);
    uint8_t vendor_len = camseal_read_u8(r);
    camseal_read_skip(r, vendor_len);
    camseal_span content = camseal_read_span(r, camseal_read_le16(r));
    camseal_span pad = camseal_read_span(r, (size_t)(0u - (start - r->left)) & 3u);
    CAMSEAL_TRY(camseal_reader_ok(r));
    if (id > REGISTRY_LAST)
        return CAMSEAL_E_FORMAT;
    for (size_t i = 0; i < pad.len; i++)
        if (pad.data[i])
            return CAMSEAL_E_FORMAT;
    *data = id == BODY_DMTF && vendor_len == 0 ? content : camseal_span_of(NULL, 0);
    return CAMSEAL_OK;
}

/* Walks the whole list; *payload is what follows SMDataID in the one element of that id. */
static camseal_status find_sm_element(camseal_span opaque, uint8_t sm_id, camseal_span *payload)
{
    camseal_reader r = camseal_reader_of(opaque);
    uint8_t total = camseal_read_u8(&r);
    camseal_read_skip(&r, 3);
    bool found = false;
    for (uint8_t i = 0; i < total; i++) {
        camseal_span data = {NULL, 0};
        CAMSEAL_TRY(read_element(&r, &data));
        if (data.len < 2 || data.data[0] != SM_DATA_VERSION || data.data[1] != sm_id)
            continue;
        if (found)
            return CAMSEAL_E_FORMAT;
        found = true;
        *payload = camseal_span_of(data.data + 2, data.len - 2);
    }
    CAMSEAL_TRY(camseal_reader_end(&r));
    return found ? CAMSEAL_OK : CAMSEAL_E_NOT_FOUND;
}

static void write_element(camseal_writer *w, uint8_t sm_id, size_t payload)
{
    camseal_write_u8(w, 1);
    camseal_write_zeros(w, 3);
    camseal_write_u8(w, BODY_DMTF);
    camseal_write_u8(w, 0);
    camseal_write_le16(w, (uint16_t)(payload + 2));
    camseal_write_u8(w, SM_DATA_VERSION);
    camseal_write_u8(w, sm_id);
}

void camseal_spdm_write_sm_versions(camseal_writer *w, const uint16_t *versions, size_t n)
{
    size_t payload = 1 + 2 * n;
    write_element(w, SM_LIST, payload);
    camseal_write_u8(w, (uint8_t)n);
    for (size_t i = 0; i < n; i++)
        camseal_write_le16(w, versions[i]);
    camseal_write_zeros(w, (size_t)(0u - (payload + 2)) & 3u);
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
    write_element(w, SM_SELECTION, 2);
    camseal_write_le16(w, version);
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
