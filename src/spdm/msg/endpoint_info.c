/* Endpoint information. */
#include "endpoint_info.h"

#include "base/try.h"

enum { SIGNATURE_REQUESTED = 0x01, SVH_BYTES = 2, COUNT_BYTES = 1 };

static camseal_status slot_status(bool is_signed, uint8_t slot)
{
    return !is_signed || camseal_spdm_slot4_legal(slot) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

camseal_status camseal_spdm_read_get_endpoint_info(camseal_reader *r, spdm_get_endpoint_info *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->sub_code = h.param1;
    m->slot = h.param2 & SPDM_SLOT_MASK;
    m->is_signed = (camseal_read_u8(r) & SIGNATURE_REQUESTED) != 0;
    camseal_read_skip(r, 3);
    m->nonce = camseal_read_span(r, m->is_signed ? SPDM_NONCE_BYTES : 0u);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return slot_status(m->is_signed, m->slot);
}

void camseal_spdm_write_get_endpoint_info(camseal_writer *w, uint8_t version,
                                          const spdm_get_endpoint_info *m)
{
    camseal_spdm_write_header(w, version, SPDM_GET_ENDPOINT_INFO, m->sub_code, m->slot);
    camseal_write_u8(w, m->is_signed ? SIGNATURE_REQUESTED : 0);
    camseal_write_zeros(w, 3);
    camseal_spdm_write_room(w, m->nonce);
}

camseal_status camseal_spdm_read_endpoint_info(camseal_reader *r, const spdm_shape *s,
                                               bool is_signed, spdm_endpoint_info *m)
{
    m->slot = camseal_spdm_read_header(r).param2 & SPDM_SLOT_MASK;
    camseal_read_skip(r, 4);
    m->nonce = camseal_read_span(r, is_signed ? SPDM_NONCE_BYTES : 0u);
    m->info = camseal_read_span(r, camseal_read_le32(r));
    m->signature = camseal_read_span(r, is_signed ? s->signature : 0u);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return slot_status(is_signed, m->slot);
}

void camseal_spdm_write_endpoint_info(camseal_writer *w, const spdm_shape *s,
                                      const spdm_endpoint_info *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_ENDPOINT_INFO, 0, m->slot);
    camseal_write_zeros(w, 4);
    camseal_spdm_write_room(w, m->nonce);
    camseal_write_le32(w, (uint32_t)m->info.len);
    camseal_write_span(w, m->info);
    camseal_write_span(w, m->signature);
}

/* ---- device classes -------------------------------------------------------------------------- */

camseal_status camseal_spdm_read_device_classes_head(camseal_reader *r, uint8_t *count)
{
    *count = camseal_read_u8(r);
    camseal_read_skip(r, 3);
    return camseal_reader_ok(r);
}

camseal_status camseal_spdm_read_device_class(camseal_reader *r, spdm_device_class *m)
{
    camseal_reader element = camseal_read_sub(r, camseal_read_u8(r));
    CAMSEAL_TRY(camseal_spdm_read_svh(&element, &m->from));
    m->subs = camseal_read_u8(&element);
    CAMSEAL_TRY(camseal_reader_ok(&element));
    m->sub_ids = camseal_span_of(element.at, element.left);
    for (unsigned i = 0; i < m->subs; i++)
        camseal_read_skip(&element, camseal_read_u8(&element));
    return camseal_reader_end(&element);
}

camseal_status camseal_spdm_check_device_classes(camseal_span info)
{
    camseal_reader r = camseal_reader_of(info);
    spdm_device_class m;
    uint8_t count;
    CAMSEAL_TRY(camseal_spdm_read_device_classes_head(&r, &count));
    for (unsigned i = 0; i < count; i++)
        CAMSEAL_TRY(camseal_spdm_read_device_class(&r, &m));
    return camseal_reader_end(&r);
}

void camseal_spdm_write_device_classes_head(camseal_writer *w, uint8_t count)
{
    camseal_write_u8(w, count);
    camseal_write_zeros(w, 3);
}

void camseal_spdm_write_device_class(camseal_writer *w, const spdm_device_class *m)
{
    camseal_write_u8(w, (uint8_t)(SVH_BYTES + m->from.vendor.len + COUNT_BYTES + m->sub_ids.len));
    camseal_spdm_write_svh(w, &m->from);
    camseal_write_u8(w, m->subs);
    camseal_write_span(w, m->sub_ids);
}
