/* GET_MEASUREMENTS and MEASUREMENTS. */
#include "measurements.h"

#include "base/try.h"

enum { SPEC_DMTF = 1, VALUE_HEADER_BYTES = 3, INDEX_LAST = 0xFE };

static uint8_t known_attributes(const spdm_shape *s)
{
    uint8_t known = SPDM_MEASURE_SIGNED | SPDM_MEASURE_RAW;
    return s->version >= SPDM_VERSION_13 ? known | SPDM_MEASURE_NEW : known;
}

camseal_status camseal_spdm_read_get_measurements(camseal_reader *r, const spdm_shape *s,
                                                  spdm_get_measurements *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    bool is_signed = (h.param1 & SPDM_MEASURE_SIGNED) != 0;
    m->attributes = h.param1 & known_attributes(s);
    m->operation = h.param2;
    m->nonce = camseal_read_span(r, is_signed ? SPDM_NONCE_BYTES : 0u);
    m->slot = is_signed ? camseal_read_u8(r) & SPDM_SLOT_MASK : 0;
    m->context = camseal_read_span(r, camseal_spdm_context_bytes(s));
    CAMSEAL_TRY(camseal_reader_ok(r));
    return camseal_spdm_slot4_legal(m->slot) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_get_measurements(camseal_writer *w, const spdm_shape *s,
                                         const spdm_get_measurements *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_GET_MEASUREMENTS, m->attributes, m->operation);
    camseal_spdm_write_room(w, m->nonce);
    if (m->attributes & SPDM_MEASURE_SIGNED)
        camseal_write_u8(w, m->slot);
    camseal_write_span(w, m->context);
}

/* So many legal blocks, and nothing else. */
static camseal_status check_record(const spdm_shape *s, const spdm_measurements *m)
{
    spdm_measurement_block block;
    camseal_reader r = camseal_reader_of(m->record);
    for (unsigned i = 0; i < m->blocks; i++) {
        CAMSEAL_TRY(camseal_spdm_read_block(&r, &block));
        bool digest = !(block.type & SPDM_MEASURE_TYPE_RAW) && s->measurement;
        if (digest && block.value.len != s->measurement)
            return CAMSEAL_E_FORMAT;
    }
    return camseal_reader_end(&r);
}

/* Slot and ContentChanged; both only of signed messages. */
static bool status_legal(const spdm_measurements *m, bool is_signed)
{
    if (!is_signed)
        return m->status == 0;
    bool changed_legal = (m->status & SPDM_CONTENT_MASK) != SPDM_CONTENT_MASK;
    return changed_legal && camseal_spdm_slot4_legal(m->status & SPDM_SLOT_MASK);
}

camseal_status camseal_spdm_read_measurements(camseal_reader *r, const spdm_shape *s,
                                              bool is_signed, spdm_measurements *m)
{
    spdm_header h = camseal_spdm_read_header(r);
    m->total = h.param1;
    m->status = h.param2 & (SPDM_CONTENT_MASK | SPDM_SLOT_MASK);
    m->blocks = camseal_read_u8(r);
    m->record = camseal_read_span(r, camseal_read_le24(r));
    m->nonce = camseal_read_span(r, SPDM_NONCE_BYTES);
    CAMSEAL_TRY(camseal_spdm_read_opaque(r, &m->opaque));
    m->context = camseal_read_span(r, camseal_spdm_context_bytes(s));
    m->signature = camseal_read_span(r, is_signed ? s->signature : 0u);
    CAMSEAL_TRY(camseal_reader_ok(r));
    CAMSEAL_TRY(check_record(s, m));
    return status_legal(m, is_signed) ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_measurements(camseal_writer *w, const spdm_shape *s,
                                     const spdm_measurements *m)
{
    camseal_spdm_write_header(w, s->version, SPDM_MEASUREMENTS, m->total, m->status);
    camseal_write_u8(w, m->blocks);
    camseal_write_le24(w, (uint32_t)m->record.len);
    camseal_spdm_write_room(w, m->record);
    camseal_spdm_write_room(w, m->nonce);
    camseal_spdm_write_opaque(w, m->opaque);
    camseal_write_span(w, m->context);
    camseal_write_span(w, m->signature);
}

camseal_status camseal_spdm_read_block(camseal_reader *r, spdm_measurement_block *m)
{
    m->index = camseal_read_u8(r);
    uint8_t specification = camseal_read_u8(r);
    camseal_reader value = camseal_read_sub(r, camseal_read_le16(r));
    m->type = camseal_read_u8(&value);
    m->value = camseal_read_span(&value, camseal_read_le16(&value));
    CAMSEAL_TRY(camseal_reader_end(&value));
    bool legal = specification == SPEC_DMTF && m->index >= 1 && m->index <= INDEX_LAST;
    return legal ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

void camseal_spdm_write_block_head(camseal_writer *w, const spdm_measurement_block *m)
{
    camseal_write_u8(w, m->index);
    camseal_write_u8(w, SPEC_DMTF);
    camseal_write_le16(w, (uint16_t)(m->value.len + VALUE_HEADER_BYTES));
    camseal_write_u8(w, m->type);
    camseal_write_le16(w, (uint16_t)m->value.len);
}

void camseal_spdm_write_block(camseal_writer *w, const spdm_measurement_block *m)
{
    camseal_spdm_write_block_head(w, m);
    camseal_write_span(w, m->value);
}
