/* Bytes of the embedded line's record. Knows no picture and no packet. */
#include "embedded_record.h"

#include <string.h>

#include "base/reader.h"
#include "base/try.h"
#include "base/writer.h"

static const uint8_t magic[5] = {'C', 'S', 'E', 'R', 1};

void embedded_encode(uint8_t out[EMBEDDED_BYTES], const embedded_record *record)
{
    camseal_writer w = camseal_writer_of(out, EMBEDDED_BYTES);
    camseal_write_bytes(&w, magic, sizeof magic);
    camseal_write_u8(&w, record->line);
    camseal_write_u8(&w, record->lines);
    camseal_write_u8(&w, record->dt);
    camseal_write_le16(&w, record->width);
    camseal_write_le16(&w, record->height);
    camseal_write_le32(&w, record->frame);
    camseal_write_zeros(&w, EMBEDDED_BYTES - w.len);
}

camseal_status embedded_decode(embedded_record *out, camseal_span bytes)
{
    camseal_reader r = camseal_reader_of(bytes);
    uint8_t head[sizeof magic] = {0};
    camseal_read_bytes(&r, head, sizeof head);
    embedded_record record = {0};
    record.line = camseal_read_u8(&r);
    record.lines = camseal_read_u8(&r);
    record.dt = camseal_read_u8(&r);
    record.width = camseal_read_le16(&r);
    record.height = camseal_read_le16(&r);
    record.frame = camseal_read_le32(&r);
    camseal_read_skip(&r, EMBEDDED_BYTES - 16u);
    CAMSEAL_TRY(camseal_reader_end(&r));
    if (memcmp(head, magic, sizeof magic) != 0 || record.line >= record.lines || !record.width ||
        !record.height)
        return CAMSEAL_E_FORMAT;
    *out = record;
    return CAMSEAL_OK;
}
