#include "packet_view.h"

#include <string.h>

#include "base/load.h"
#include "camseal/bulk.h"

const sep_field sep_fields[SEP_FIELDS] = {
    [SEP_VERSION] = {"version", 0, 0, 4},
    [SEP_CRC_P] = {"crcp", 0, 4, 1},
    [SEP_TAG_P] = {"tagp", 0, 5, 1},
    [SEP_ENC] = {"enc", 0, 6, 1},
    [SEP_SOF] = {"sof", 0, 7, 1},
    [SEP_EVC] = {"evc", 0, 8, 8},
    [SEP_EDT] = {"edt", 0, 16, 16},
    [SEP_COUNT] = {"count", 1, 0, 24},
    [SEP_FP] = {"fp", 1, 24, 3},
    [SEP_SV] = {"sv", 1, 27, 3},
    [SEP_EOF] = {"eof", 1, 30, 1},
    [SEP_COV] = {"cov", 1, 31, 1},
    [SEP_FRAME] = {"frame", 2, 0, 32},
    [SEP_LENGTH] = {"length", 3, 0, 16},
    [SEP_CTX] = {"ctx", 3, 16, 8},
    [SEP_EPOCH] = {"epoch", 3, 24, 4},
    [SEP_TAG_MODE] = {"tagmode", 3, 28, 2},
    [SEP_PAD] = {"pad", 3, 30, 2},
};

static const camseal_bulk *bulk(void)
{
    return camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL);
}

int sep_field_find(const char *name)
{
    for (int i = 0; i < SEP_FIELDS; i++)
        if (!strcmp(sep_fields[i].name, name))
            return i;
    return -1;
}

static uint32_t field_mask(const sep_field *f)
{
    return f->bits == 32 ? UINT32_MAX : ((UINT32_C(1) << f->bits) - 1) << f->shift;
}

uint32_t sep_get(const uint8_t *header, enum sep_field_id id)
{
    const sep_field *f = &sep_fields[id];
    return (camseal_load_le32(header + 4 * f->word) & field_mask(f)) >> f->shift;
}

void sep_set(uint8_t *header, enum sep_field_id id, uint32_t value)
{
    const sep_field *f = &sep_fields[id];
    uint32_t word = camseal_load_le32(header + 4 * f->word) & ~field_mask(f);
    camseal_store_le32(header + 4 * f->word, word | (value << f->shift & field_mask(f)));
}

static void view_sep(packet_view *v)
{
    size_t payload = v->field;
    if (v->dt != CAMSEAL_CSI2_SEP || payload < SEP_HEADER_BYTES + SEP_CRC_BYTES)
        return;
    const uint8_t *header = v->bytes.data + SEP_HEADER_AT;
    v->data_len = sep_get(header, SEP_LENGTH);
    v->pad = sep_get(header, SEP_PAD);
    size_t room = payload - SEP_HEADER_BYTES - SEP_CRC_BYTES;
    v->sep = v->data_len + v->pad <= room;
    v->tag_len = v->sep ? room - v->data_len - v->pad : 0;
}

packet_view packet_view_of(camseal_mspan bytes)
{
    packet_view v = {.bytes = bytes};
    camseal_csi2_packet header;
    if (bytes.len < CAMSEAL_CSI2_HEADER_BYTES ||
        camseal_csi2_header_read(&header, bytes.data) != CAMSEAL_OK)
        return v;
    v.header_ok = true;
    v.corrected = header.corrected;
    v.vc = header.vc;
    v.dt = header.dt;
    v.field = header.field;
    bool is_short = camseal_csi2_dt_is_short(v.dt);
    v.fits = bytes.len ==
             (is_short ? (size_t)CAMSEAL_CSI2_HEADER_BYTES
                       : CAMSEAL_CSI2_HEADER_BYTES + (size_t)v.field + CAMSEAL_CSI2_CRC_BYTES);
    if (v.fits)
        view_sep(&v);
    return v;
}

uint8_t *packet_sep_header(const packet_view *v)
{
    return v->bytes.data + SEP_HEADER_AT;
}

static uint16_t crc16_of(const packet_view *v)
{
    return bulk()->crc16(0xFFFF, v->bytes.data + CAMSEAL_CSI2_HEADER_BYTES, v->field);
}

bool packet_crc16_ok(const packet_view *v)
{
    if (camseal_csi2_dt_is_short(v->dt))
        return true;
    return camseal_load_le16(v->bytes.data + CAMSEAL_CSI2_HEADER_BYTES + v->field) == crc16_of(v);
}

sep_crc packet_sep_crc(const packet_view *v)
{
    const uint8_t *payload = v->bytes.data + SEP_HEADER_AT;
    size_t len = v->field - (size_t)SEP_CRC_BYTES;
    uint32_t seen = camseal_load_le32(payload + len);
    if (bulk()->crc32c(0, payload, len) == seen)
        return SEP_CRC_CASTAGNOLI;
    return bulk()->crc32(0, payload, len) == seen ? SEP_CRC_IEEE : SEP_CRC_BAD;
}

void packet_seal(packet_view *v, sep_crc crc)
{
    uint8_t *payload = v->bytes.data + CAMSEAL_CSI2_HEADER_BYTES;
    if (crc != SEP_CRC_BAD && v->field >= SEP_CRC_BYTES) {
        size_t len = v->field - (size_t)SEP_CRC_BYTES;
        uint32_t value =
            crc == SEP_CRC_IEEE ? bulk()->crc32(0, payload, len) : bulk()->crc32c(0, payload, len);
        camseal_store_le32(payload + len, value);
    }
    camseal_store_le16(payload + v->field, crc16_of(v));
}

void packet_resize(packet_view *v, uint8_t vc, uint8_t dt, size_t payload_len, sep_crc crc)
{
    v->vc = vc;
    v->dt = dt;
    v->field = (uint16_t)payload_len;
    v->bytes.len = CAMSEAL_CSI2_HEADER_BYTES + payload_len + CAMSEAL_CSI2_CRC_BYTES;
    /* vc and dt came out of a header: they are in range. */
    (void)!camseal_csi2_header(v->bytes.data, vc, dt, v->field);
    packet_seal(v, crc);
    *v = packet_view_of(v->bytes);
}
