#include "pcapng.h"

#include <string.h>

#include "base/load.h"
#include "base/reader.h"
#include "base/try.h"

enum { /* block types */
       BLOCK_SECTION = 0x0A0D0D0A,
       BLOCK_INTERFACE = 1,
       BLOCK_PACKET = 6,
       BLOCK_SECRETS = 10
};
enum { /* options */
       OPT_END = 0,
       OPT_COMMENT = 1,
       OPT_SECTION_APPLICATION = 4,
       OPT_INTERFACE_NAME = 2,
       OPT_INTERFACE_DESCRIPTION = 3,
       OPT_INTERFACE_TSRESOL = 9,
       OPT_PACKET_FLAGS = 2
};
enum { /* tags of an exported PDU, big-endian */
       TAG_END = 0,
       TAG_DISSECTOR = 12
};

#define BYTE_ORDER_MAGIC 0x1A2B3C4Du
#define TSRESOL_NS       9
#define SPANS_MAX        8

static size_t padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

/* ---- writer ---------------------------------------------------------------------------------- */

static void put(pcapng_writer *w, const void *bytes, size_t len)
{
    if (w->status == CAMSEAL_OK && len && fwrite(bytes, 1, len, w->stream) != len)
        w->status = CAMSEAL_E_IO;
}

static void put_padded(pcapng_writer *w, const void *bytes, size_t len)
{
    put(w, bytes, len);
    put(w, "\0\0\0", padded(len) - len);
}

static void put_u16(pcapng_writer *w, uint16_t v)
{
    uint8_t bytes[2];
    camseal_store_le16(bytes, v);
    put(w, bytes, sizeof bytes);
}

static void put_u32(pcapng_writer *w, uint32_t v)
{
    uint8_t bytes[4];
    camseal_store_le32(bytes, v);
    put(w, bytes, sizeof bytes);
}

static void put_u64(pcapng_writer *w, uint64_t v)
{
    put_u32(w, (uint32_t)v);
    put_u32(w, (uint32_t)(v >> 32));
}

/* An option's text, cut where an option ends (65,535 bytes, kept a multiple of 4 below). */
static size_t text_len(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    return len > 65532 ? 65532 : len;
}

static size_t option_bytes(size_t len)
{
    return len ? 4 + padded(len) : 0;
}

static void put_option(pcapng_writer *w, uint16_t code, const void *value, size_t len)
{
    if (len == 0)
        return;
    put_u16(w, code);
    put_u16(w, (uint16_t)len);
    put_padded(w, value, len);
}

/* Block type, both lengths; what is between them is written by the caller: exactly body bytes. */
static void block_begin(pcapng_writer *w, uint32_t type, size_t body)
{
    put_u32(w, type);
    put_u32(w, (uint32_t)(body + 12));
}

static void block_end(pcapng_writer *w, size_t body)
{
    put_u32(w, (uint32_t)(body + 12));
}

void pcapng_begin(pcapng_writer *w, FILE *stream, const char *application)
{
    size_t len = text_len(application);
    size_t body = 16 + option_bytes(len) + 4;
    memset(w, 0, sizeof *w);
    w->stream = stream;
    block_begin(w, BLOCK_SECTION, body);
    put_u32(w, BYTE_ORDER_MAGIC);
    put_u16(w, 1); /* version 1.0 */
    put_u16(w, 0);
    put_u64(w, UINT64_MAX); /* section length: not given */
    put_option(w, OPT_SECTION_APPLICATION, application, len);
    put_u32(w, OPT_END);
    block_end(w, body);
}

uint32_t pcapng_interface(pcapng_writer *w, uint16_t link_type, const char *name,
                          const char *description)
{
    const uint8_t resolution = TSRESOL_NS;
    size_t name_len = text_len(name), description_len = text_len(description);
    size_t body = 8 + option_bytes(name_len) + option_bytes(description_len) + option_bytes(1) + 4;
    block_begin(w, BLOCK_INTERFACE, body);
    put_u16(w, link_type);
    put_u16(w, 0);
    put_u32(w, 0); /* no limit on the length of packets */
    put_option(w, OPT_INTERFACE_NAME, name, name_len);
    put_option(w, OPT_INTERFACE_DESCRIPTION, description, description_len);
    put_option(w, OPT_INTERFACE_TSRESOL, &resolution, 1);
    put_u32(w, OPT_END);
    block_end(w, body);
    return w->interfaces++;
}

void pcapng_packet(pcapng_writer *w, uint32_t interface, uint64_t time_ns,
                   enum pcapng_direction direction, const camseal_span *spans, size_t n,
                   const char *comment)
{
    uint8_t flags[4] = {(uint8_t)direction, 0, 0, 0};
    size_t comment_len = text_len(comment), len = 0;
    for (size_t i = 0; i < n; i++)
        len += spans[i].len;
    size_t options = option_bytes(comment_len) + option_bytes(direction ? 4 : 0);
    size_t body = 20 + padded(len) + (options ? options + 4 : 0);
    block_begin(w, BLOCK_PACKET, body);
    put_u32(w, interface);
    put_u32(w, (uint32_t)(time_ns >> 32));
    put_u32(w, (uint32_t)time_ns);
    put_u32(w, (uint32_t)len);
    put_u32(w, (uint32_t)len);
    for (size_t i = 0; i < n; i++)
        put(w, spans[i].data, spans[i].len);
    put(w, "\0\0\0", padded(len) - len);
    put_option(w, OPT_COMMENT, comment, comment_len);
    put_option(w, OPT_PACKET_FLAGS, flags, direction ? 4 : 0);
    if (options)
        put_u32(w, OPT_END);
    block_end(w, body);
}

void pcapng_pdu(pcapng_writer *w, uint32_t interface, uint64_t time_ns,
                enum pcapng_direction direction, const char *dissector, const camseal_span *spans,
                size_t n, const char *comment)
{
    enum { NAME_MAX_BYTES = 56 };
    uint8_t tags[NAME_MAX_BYTES + 8] = {0};
    camseal_span parts[SPANS_MAX + 1];
    size_t name = strlen(dissector), room = padded(name);
    if (n > SPANS_MAX || room > NAME_MAX_BYTES) {
        w->status = w->status == CAMSEAL_OK ? CAMSEAL_E_ARGUMENT : w->status;
        return;
    }
    camseal_store_be16(tags, TAG_DISSECTOR);
    camseal_store_be16(tags + 2, (uint16_t)room);
    memcpy(tags + 4, dissector, name); /* zero-padded; four zero bytes after it are the end tag */
    parts[0] = camseal_span_of(tags, 4 + room + 4);
    for (size_t i = 0; i < n; i++)
        parts[i + 1] = spans[i];
    pcapng_packet(w, interface, time_ns, direction, parts, n + 1, comment);
}

void pcapng_secrets(pcapng_writer *w, uint32_t type, camseal_span bytes)
{
    size_t body = 8 + padded(bytes.len);
    block_begin(w, BLOCK_SECRETS, body);
    put_u32(w, type);
    put_u32(w, (uint32_t)bytes.len);
    put_padded(w, bytes.data, bytes.len);
    block_end(w, body);
}

camseal_status pcapng_end(pcapng_writer *w)
{
    return w->status;
}

/* ---- reader ---------------------------------------------------------------------------------- */

static uint16_t get_u16(const pcapng_reader *p, camseal_reader *r)
{
    return p->big_endian ? camseal_read_be16(r) : camseal_read_le16(r);
}

static uint32_t get_u32(const pcapng_reader *p, camseal_reader *r)
{
    return p->big_endian ? camseal_read_be32(r) : camseal_read_le32(r);
}

/* The next option of a block; false at the end or at a broken one. */
static bool get_option(const pcapng_reader *p, camseal_reader *r, uint16_t *code,
                       camseal_span *value)
{
    if (r->left < 4)
        return false;
    *code = get_u16(p, r);
    size_t len = get_u16(p, r);
    *value = camseal_read_span(r, len);
    camseal_read_skip(r, padded(len) - len);
    return *code != OPT_END && camseal_reader_ok(r) == CAMSEAL_OK;
}

static camseal_status read_section(pcapng_reader *p, camseal_reader *body)
{
    uint32_t magic = camseal_read_le32(body);
    p->big_endian = magic != BYTE_ORDER_MAGIC;
    if (p->big_endian && magic != 0x4D3C2B1Au)
        return CAMSEAL_E_FORMAT;
    uint16_t major = get_u16(p, body);
    CAMSEAL_TRY(camseal_reader_ok(body));
    p->interfaces = 0; /* they belong to their section */
    return major == 1 ? CAMSEAL_OK : CAMSEAL_E_VERSION;
}

static camseal_status read_interface(pcapng_reader *p, camseal_reader *body)
{
    uint16_t code;
    camseal_span value;
    if (p->interfaces == PCAPNG_INTERFACES_MAX)
        return CAMSEAL_E_SPACE;
    pcapng_interface_info *info = &p->info[p->interfaces];
    memset(info, 0, sizeof *info);
    info->ts_resolution = 6;
    info->link_type = get_u16(p, body);
    camseal_read_skip(body, 6);
    CAMSEAL_TRY(camseal_reader_ok(body));
    while (get_option(p, body, &code, &value)) {
        if (code == OPT_INTERFACE_NAME)
            info->name = value;
        if (code == OPT_INTERFACE_DESCRIPTION)
            info->description = value;
        if (code == OPT_INTERFACE_TSRESOL && value.len == 1)
            info->ts_resolution = value.data[0];
    }
    p->interfaces++;
    return CAMSEAL_OK;
}

/* A timestamp in units of the interface's resolution as nanoseconds; nonsense in gives some number
 * out. */
static uint64_t to_ns(uint64_t units, uint8_t resolution)
{
    unsigned exponent = resolution & 0x7Fu;
    if (resolution & 0x80u) { /* powers of two; more than 30 bits of a second are cut */
        for (; exponent > 30; exponent--)
            units >>= 1;
        uint64_t fraction = units & ((UINT64_C(1) << exponent) - 1);
        return (units >> exponent) * 1000000000u + (fraction * 1000000000u >> exponent);
    }
    for (; exponent < 9; exponent++)
        units *= 10;
    for (; exponent > 9; exponent--)
        units /= 10;
    return units;
}

/* Takes the tags of an exported PDU off the front of the packet. */
static camseal_status strip_tags(pcapng_item *item)
{
    camseal_reader r = camseal_reader_of(item->bytes);
    for (;;) {
        uint16_t tag = camseal_read_be16(&r);
        camseal_span value = camseal_read_span(&r, camseal_read_be16(&r));
        CAMSEAL_TRY(camseal_reader_ok(&r));
        if (tag == TAG_END)
            break;
        while (value.len && value.data[value.len - 1] == 0)
            value.len--;
        if (tag == TAG_DISSECTOR)
            item->dissector = value;
    }
    item->bytes = camseal_read_rest(&r);
    return CAMSEAL_OK;
}

static camseal_status read_packet(pcapng_reader *p, camseal_reader *body, pcapng_item *item)
{
    uint16_t code;
    camseal_span value;
    item->kind = PCAPNG_PACKET;
    item->interface = get_u32(p, body);
    uint64_t high = get_u32(p, body);
    uint64_t units = high << 32 | get_u32(p, body);
    size_t len = get_u32(p, body);
    item->original_len = get_u32(p, body);
    item->bytes = camseal_read_span(body, len);
    camseal_read_skip(body, padded(len) - len);
    CAMSEAL_TRY(camseal_reader_ok(body));
    if (item->interface >= p->interfaces)
        return CAMSEAL_E_FORMAT;
    const pcapng_interface_info *info = &p->info[item->interface];
    item->time_ns = to_ns(units, info->ts_resolution);
    while (get_option(p, body, &code, &value)) {
        if (code == OPT_COMMENT && item->comment.len == 0)
            item->comment = value;
        camseal_reader flags = camseal_reader_of(value);
        if (code == OPT_PACKET_FLAGS)
            item->direction = (enum pcapng_direction)(get_u32(p, &flags) & 3u);
    }
    return info->link_type == PCAPNG_LINKTYPE_UPPER_PDU ? strip_tags(item) : CAMSEAL_OK;
}

static camseal_status read_secrets(pcapng_reader *p, camseal_reader *body, pcapng_item *item)
{
    item->kind = PCAPNG_SECRETS;
    item->secrets_type = get_u32(p, body);
    item->bytes = camseal_read_span(body, get_u32(p, body));
    return camseal_reader_ok(body);
}

/* The next block's body; the two lengths around it must agree. */
static camseal_status next_block(pcapng_reader *p, uint32_t *type, camseal_reader *body)
{
    camseal_reader r =
        camseal_reader_of(camseal_span_of(p->file.data + p->at, p->file.len - p->at));
    *type = get_u32(p, &r);
    if (*type == BLOCK_SECTION && r.left >= 8)
        p->big_endian = camseal_load_be32(r.at + 4) == BYTE_ORDER_MAGIC;
    size_t len = get_u32(p, &r);
    CAMSEAL_TRY(camseal_reader_ok(&r));
    if (len < 12 || len % 4)
        return CAMSEAL_E_FORMAT;
    *body = camseal_read_sub(&r, len - 12);
    uint32_t again = get_u32(p, &r);
    CAMSEAL_TRY(camseal_reader_ok(&r));
    p->at += len;
    return again == len ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}

camseal_status pcapng_open(pcapng_reader *p, camseal_span file)
{
    memset(p, 0, sizeof *p);
    p->file = file;
    if (file.len < 12 || camseal_load_le32(file.data) != BLOCK_SECTION)
        return CAMSEAL_E_FORMAT;
    return CAMSEAL_OK;
}

camseal_status pcapng_next(pcapng_reader *p, pcapng_item *item)
{
    while (p->at < p->file.len) {
        uint32_t type;
        camseal_reader body;
        memset(item, 0, sizeof *item);
        CAMSEAL_TRY(next_block(p, &type, &body));
        if (type == BLOCK_PACKET)
            return read_packet(p, &body, item);
        if (type == BLOCK_SECRETS)
            return read_secrets(p, &body, item);
        if (type == BLOCK_SECTION)
            CAMSEAL_TRY(read_section(p, &body));
        if (type == BLOCK_INTERFACE)
            CAMSEAL_TRY(read_interface(p, &body));
    }
    memset(item, 0, sizeof *item);
    item->kind = PCAPNG_END;
    return CAMSEAL_OK;
}
