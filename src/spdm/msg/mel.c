/* Measurement extension log. Whether portions add up is the business of the drivers. */
#include "mel.h"

#include "base/try.h"

camseal_status camseal_spdm_read_get_mel(camseal_reader *r, spdm_get_mel *m)
{
    (void)camseal_spdm_read_header(r);
    m->offset = camseal_read_le32(r);
    m->length = camseal_read_le32(r);
    return camseal_reader_ok(r);
}

void camseal_spdm_write_get_mel(camseal_writer *w, uint8_t version, const spdm_get_mel *m)
{
    camseal_spdm_write_header(w, version, SPDM_GET_MEASUREMENT_EXTENSION_LOG, 0, 0);
    camseal_write_le32(w, m->offset);
    camseal_write_le32(w, m->length);
}

camseal_status camseal_spdm_read_mel(camseal_reader *r, spdm_mel *m)
{
    (void)camseal_spdm_read_header(r);
    uint32_t portion = camseal_read_le32(r);
    m->remainder = camseal_read_le32(r);
    m->portion = camseal_read_span(r, portion);
    CAMSEAL_TRY(camseal_reader_ok(r));
    return m->remainder > UINT32_MAX - portion ? CAMSEAL_E_FORMAT : CAMSEAL_OK;
}

void camseal_spdm_write_mel_head(camseal_writer *w, uint8_t version, const spdm_mel *m)
{
    camseal_spdm_write_header(w, version, SPDM_MEASUREMENT_EXTENSION_LOG, 0, 0);
    camseal_write_le32(w, (uint32_t)m->portion.len);
    camseal_write_le32(w, m->remainder);
}

void camseal_spdm_write_mel(camseal_writer *w, uint8_t version, const spdm_mel *m)
{
    camseal_spdm_write_mel_head(w, version, m);
    camseal_write_span(w, m->portion);
}

/* ---- the log ----------------------------------------------------------------------------------
 */

camseal_status camseal_spdm_read_log_head(camseal_reader *r, spdm_log_head *m)
{
    m->entries = camseal_read_le32(r);
    m->bytes = camseal_read_le32(r);
    camseal_read_skip(r, 8);
    return camseal_reader_ok(r);
}

void camseal_spdm_write_log_head(camseal_writer *w, const spdm_log_head *m)
{
    camseal_write_le32(w, m->entries);
    camseal_write_le32(w, m->bytes);
    camseal_write_zeros(w, 8);
}

camseal_status camseal_spdm_read_log_entry(camseal_reader *r, spdm_log_entry *m)
{
    m->index = camseal_read_le32(r);
    m->measurement = camseal_read_u8(r);
    camseal_read_skip(r, 3);
    m->type = camseal_read_u8(r);
    m->value = camseal_read_span(r, camseal_read_le16(r));
    return camseal_reader_ok(r);
}

void camseal_spdm_write_log_entry(camseal_writer *w, const spdm_log_entry *m)
{
    camseal_write_le32(w, m->index);
    camseal_write_u8(w, m->measurement);
    camseal_write_zeros(w, 3);
    camseal_write_u8(w, m->type);
    camseal_write_le16(w, (uint16_t)m->value.len);
    camseal_write_span(w, m->value);
}

camseal_status camseal_spdm_check_log(camseal_span log)
{
    camseal_reader r = camseal_reader_of(log);
    spdm_log_head head;
    spdm_log_entry entry;
    CAMSEAL_TRY(camseal_spdm_read_log_head(&r, &head));
    camseal_reader entries = camseal_read_sub(&r, head.bytes);
    CAMSEAL_TRY(camseal_reader_ok(&r));
    for (uint32_t i = 0; i < head.entries; i++)
        CAMSEAL_TRY(camseal_spdm_read_log_entry(&entries, &entry));
    return camseal_reader_end(&entries);
}
