#include "fsed_view.h"

#include "base/load.h"

enum { FSH = 1, TBT = 2, FTG = 3, CRC_BYTES = 4, TAG_BYTES = 16 };

typedef struct layout_field {
    const char *name;
    uint8_t at, bytes;   /* little-endian */
    uint8_t shift, bits; /* 0 bits: all of them */
} layout_field;

#define COMMON                                                                                 \
    {"version", 0, 1, 0, 0}, {"type", 1, 1, 0, 0}, {"ctx", 2, 1, 0, 0}, {"epoch", 3, 1, 0, 4}, \
        {"next_epoch", 3, 1, 4, 1}, {"anomaly", 3, 1, 5, 1},                                   \
    {                                                                                          \
        "first", 3, 1, 6, 1                                                                    \
    }

static const layout_field fsh_fields[] = {
    COMMON,
    {"frame", 4, 8, 0, 0},
    {"evc", 12, 1, 0, 0},
    {"suite", 13, 1, 0, 0},
    {"sv_top", 14, 2, 0, 3},
    {"sv_image", 14, 2, 3, 3},
    {"sv_bottom", 14, 2, 6, 3},
    {"stride_unit", 16, 1, 0, 0},
    {"edts", 17, 1, 0, 0},
    {"offset", 18, 2, 0, 0},
    {"run", 20, 2, 0, 0},
    {"period", 22, 2, 0, 0},
    {"expected_top", 24, 2, 0, 0},
    {"expected_image", 26, 2, 0, 0},
    {"expected_bottom", 28, 2, 0, 0},
    {"line_length", 30, 2, 0, 0},
    {"timestamp", 32, 8, 0, 0},
};
static const layout_field tbt_fields[] = {
    COMMON,
    {"frame", 4, 4, 0, 0},
    {"messages", 8, 4, 0, 0},
    {"covered", 12, 4, 0, 0},
};
static const layout_field ftg_fields[] = {
    COMMON,
    {"frame", 4, 4, 0, 0},
    {"messages", 8, 4, 0, 0},
    {"total", 12, 4, 0, 0},
    {"covered", 16, 8, 0, 0},
    {"payload_crc", 24, 4, 0, 0},
    {"status", 28, 4, 0, 0},
};

static const struct layout {
    const char *name;
    uint8_t dt, bytes;
    const layout_field *fields;
    size_t n;
} layouts[] = {
    [FSH] = {"FSH", CAMSEAL_CSI2_FSH, 48, fsh_fields, sizeof fsh_fields / sizeof *fsh_fields},
    [TBT] = {"TBT", CAMSEAL_CSI2_TBT, 16, tbt_fields, sizeof tbt_fields / sizeof *tbt_fields},
    [FTG] = {"FTG", CAMSEAL_CSI2_FTG, 32, ftg_fields, sizeof ftg_fields / sizeof *ftg_fields},
};

static uint64_t load(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = bytes; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

static sep_crc crc_of(const uint8_t *payload, size_t len)
{
    const camseal_bulk *bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL);
    const uint32_t seen = camseal_load_le32(payload + len);
    if (bulk->crc32c(0, payload, len) == seen)
        return SEP_CRC_CASTAGNOLI;
    return bulk->crc32(0, payload, len) == seen ? SEP_CRC_IEEE : SEP_CRC_BAD;
}

static void fill(fsed_view *v, const struct layout *layout, const uint8_t *payload, size_t tag)
{
    v->name = layout->name;
    for (size_t i = 0; i < layout->n; i++) {
        const layout_field *f = &layout->fields[i];
        uint64_t value = load(payload + f->at, f->bytes) >> f->shift;
        if (f->bits)
            value &= (1u << f->bits) - 1u;
        v->fields[v->n++] = (fsed_field){f->name, value};
    }
    if (layout == &layouts[FSH])
        v->digest = payload + 40;
    v->tag = camseal_span_of(payload + layout->bytes, tag);
    v->crc = crc_of(payload, layout->bytes + tag);
}

/* Its own data type: what is left between the fields and the CRC-32 is the tag. */
static void view_packet(fsed_view *v, const struct layout *layout, const uint8_t *payload,
                        size_t len)
{
    if (len >= layout->bytes + (size_t)CRC_BYTES)
        fill(v, layout, payload, len - layout->bytes - CRC_BYTES);
}

static bool zeros(const uint8_t *bytes, size_t len)
{
    uint8_t seen = 0;
    for (size_t i = 0; i < len; i++)
        seen |= bytes[i];
    return seen == 0;
}

static void view_line(fsed_view *v, const uint8_t *payload, size_t len)
{
    if (len < 68 || payload[0] != 1 || payload[1] < FSH || payload[1] > FTG)
        return;
    const struct layout *layout = &layouts[payload[1]];
    for (size_t tag = 0; tag <= TAG_BYTES; tag += TAG_BYTES) {
        const size_t end = layout->bytes + tag;
        if (crc_of(payload, end) == SEP_CRC_BAD ||
            !zeros(payload + end + CRC_BYTES, len - end - CRC_BYTES))
            continue;
        fill(v, layout, payload, tag);
        v->in_line = true;
        return;
    }
}

fsed_view fsed_view_of(const packet_view *packet)
{
    fsed_view v = {0};
    const uint8_t *payload = packet->bytes.data + CAMSEAL_CSI2_HEADER_BYTES;
    for (size_t i = FSH; i <= FTG; i++)
        if (packet->dt == layouts[i].dt)
            view_packet(&v, &layouts[i], payload, packet->field);
    if (packet->dt == CAMSEAL_CSI2_EMBEDDED)
        view_line(&v, payload, packet->field);
    return v;
}
