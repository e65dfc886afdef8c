/* Captures: pcap with MCTP (291) or PCI DOE (292) packets, and our own pcapng with SPDM streams. */
#include <stdlib.h>
#include <string.h>

#include "base/load.h"
#include "base/reader.h"
#include "camseal/transport.h"
#include "capture.h"
#include "spdm_decode.h"

enum {
    LINK_MCTP = 291,
    LINK_DOE = 292,
    PCAP_HEADER_BYTES = 24,
    PCAP_LINK_AT = 20,
    MCTP_HEADER_BYTES = 4,
    MCTP_TYPE_MASK = 0x7F,
    PAYLOAD_MAX = 1 << 24
};

#define PCAP_MICROSECONDS 0xA1B2C3D4u
#define PCAP_NANOSECONDS  0xA1B23C4Du

static bool add_packet(decode_input *in, const decode_packet *packet)
{
    if (in->n == in->capacity) {
        size_t capacity = in->capacity ? 2 * in->capacity : 256;
        decode_packet *bigger = realloc(in->packets, capacity * sizeof *bigger);
        if (!bigger)
            return false;
        in->packets = bigger;
        in->capacity = capacity;
    }
    in->packets[in->n++] = *packet;
    return true;
}

void decode_input_free(decode_input *in)
{
    free(in->packets);
    memset(in, 0, sizeof *in);
}

/* ---- pcap ------------------------------------------------------------------------------------ */

typedef struct pcap_file {
    camseal_reader r;
    bool big_endian;
    bool nanoseconds;
    uint16_t link_type;
} pcap_file;

static uint32_t read_u32(pcap_file *f)
{
    return f->big_endian ? camseal_read_be32(&f->r) : camseal_read_le32(&f->r);
}

static bool pcap_begin(pcap_file *f, camseal_span file)
{
    if (file.len < PCAP_HEADER_BYTES)
        return false;
    uint32_t little = camseal_load_le32(file.data), big = camseal_load_be32(file.data);
    f->big_endian = big == PCAP_MICROSECONDS || big == PCAP_NANOSECONDS;
    uint32_t magic = f->big_endian ? big : little;
    f->nanoseconds = magic == PCAP_NANOSECONDS;
    if (magic != PCAP_MICROSECONDS && magic != PCAP_NANOSECONDS)
        return false;
    f->r = camseal_reader_of(file);
    camseal_read_skip(&f->r, PCAP_LINK_AT);
    f->link_type = (uint16_t)read_u32(f);
    return f->link_type == LINK_MCTP || f->link_type == LINK_DOE;
}

/* MCTP: transport header of four bytes, message type, message. */
static void strip_mctp(decode_packet *p, camseal_span bytes)
{
    if (bytes.len <= MCTP_HEADER_BYTES)
        return;
    uint8_t type = bytes.data[MCTP_HEADER_BYTES] & MCTP_TYPE_MASK;
    if (type != CAMSEAL_MESSAGE_SPDM && type != CAMSEAL_MESSAGE_SECURED)
        return;
    p->kind = type;
    p->bytes =
        camseal_span_of(bytes.data + MCTP_HEADER_BYTES + 1, bytes.len - MCTP_HEADER_BYTES - 1);
}

static void strip_doe(decode_packet *p, camseal_span bytes)
{
    camseal_frame frame;
    if (camseal_framing_doe.parse(bytes, PAYLOAD_MAX, &frame) != CAMSEAL_OK)
        return;
    p->kind = frame.kind;
    p->bytes = frame.payload;
}

static camseal_status read_pcap(decode_input *in, pcap_file *f, camseal_span file)
{
    in->streams = 1;
    bool mctp = f->link_type == LINK_MCTP;
    in->transport = mctp ? "MCTP" : "PCI DOE";
    in->binding = mctp ? &camseal_spdm_binding_mctp : &camseal_spdm_binding_doe;
    while (f->r.left > 0) {
        in->broken_at = file.len - f->r.left;
        uint64_t seconds = read_u32(f), fraction = read_u32(f);
        uint32_t captured = read_u32(f), original = read_u32(f);
        decode_packet p = {.kind = DECODE_OTHER, .offset = file.len - f->r.left};
        camseal_span bytes = camseal_read_span(&f->r, captured);
        if (f->r.failed)
            return CAMSEAL_E_TRUNCATED;
        if (captured < original)
            return CAMSEAL_E_FORMAT;
        p.time_ns = seconds * 1000000000u + fraction * (f->nanoseconds ? 1u : 1000u);
        if (mctp)
            strip_mctp(&p, bytes);
        else
            strip_doe(&p, bytes);
        if (!add_packet(in, &p))
            return CAMSEAL_E_SPACE;
    }
    return CAMSEAL_OK;
}

/* ---- pcapng ---------------------------------------------------------------------------------- */

static bool is_control(const pcapng_item *item)
{
    return item->dissector.len == strlen(CAPTURE_DISSECTOR_CONTROL) &&
           !memcmp(item->dissector.data, CAPTURE_DISSECTOR_CONTROL, item->dissector.len);
}

static void strip_tcp(decode_packet *p, camseal_span bytes)
{
    camseal_frame frame;
    if (camseal_framing_tcp.parse(bytes, PAYLOAD_MAX, &frame) != CAMSEAL_OK ||
        frame.bytes != bytes.len)
        return;
    if (frame.kind != CAMSEAL_MESSAGE_SPDM && frame.kind != CAMSEAL_MESSAGE_SECURED)
        return;
    p->kind = frame.kind;
    p->bytes = frame.payload;
}

/* Which of the file's two directions comes from the requester: each stream's first request in the
 * clear tells. */
static void set_headings(decode_input *in, const uint8_t *directions)
{
    uint8_t requester[DECODE_STREAMS_MAX] = {0};
    for (size_t i = 0; directions && i < in->n; i++) {
        decode_packet *p = &in->packets[i];
        if (p->kind == CAMSEAL_MESSAGE_SPDM && p->bytes.len > 1 && !requester[p->stream])
            requester[p->stream] =
                p->bytes.data[1] & SPDM_REQUEST_BIT
                    ? directions[i]
                    : (uint8_t)(PCAPNG_INBOUND + PCAPNG_OUTBOUND - directions[i]);
        if (directions[i] == PCAPNG_UNKNOWN || !requester[p->stream])
            continue;
        p->heading = directions[i] == requester[p->stream] ? SPDM_HEADING_REQ : SPDM_HEADING_RSP;
    }
}

static bool keep_direction(uint8_t **directions, const decode_input *in, uint8_t direction)
{
    uint8_t *bigger = realloc(*directions, in->capacity);
    if (!bigger)
        return false;
    *directions = bigger;
    bigger[in->n - 1] = direction;
    return true;
}

static camseal_status walk_pcapng(decode_input *in, pcapng_reader *r, uint8_t **directions)
{
    for (;;) {
        pcapng_item item;
        in->broken_at = r->at;
        camseal_status status = pcapng_next(r, &item);
        if (status != CAMSEAL_OK || item.kind == PCAPNG_END)
            return status;
        if (item.kind == PCAPNG_SECRETS && item.secrets_type == PCAPNG_SECRETS_CAMSEAL)
            in->keylog = item.bytes;
        if (item.kind != PCAPNG_PACKET || !is_control(&item) ||
            item.interface >= DECODE_STREAMS_MAX)
            continue;
        decode_packet p = {.kind = DECODE_OTHER,
                           .time_ns = item.time_ns,
                           .stream = (uint8_t)item.interface,
                           .offset = (size_t)(item.bytes.data - r->file.data)};
        strip_tcp(&p, item.bytes);
        if (!add_packet(in, &p) || !keep_direction(directions, in, (uint8_t)item.direction))
            return CAMSEAL_E_SPACE;
    }
}

static camseal_status read_pcapng(decode_input *in, pcapng_reader *r)
{
    uint8_t *directions = NULL;
    in->transport = "TCP";
    in->binding = &camseal_spdm_binding_tcp;
    camseal_status status = walk_pcapng(in, r, &directions);
    in->streams = r->interfaces < DECODE_STREAMS_MAX ? r->interfaces : DECODE_STREAMS_MAX;
    set_headings(in, directions);
    free(directions);
    return status;
}

camseal_status decode_input_read(decode_input *in, camseal_span file)
{
    static pcapng_reader ng;
    pcap_file pcap;
    memset(in, 0, sizeof *in);
    if (pcap_begin(&pcap, file))
        return read_pcap(in, &pcap, file);
    if (pcapng_open(&ng, file) == CAMSEAL_OK)
        return read_pcapng(in, &ng);
    return CAMSEAL_E_FORMAT;
}
