/* Header and TLV values of OP1 §8. See format.h. */
#include "format.h"

#define ALL_VARIANTS 0x1Fu

uint32_t camseal_ssm_suite_bit(uint8_t suite)
{
    switch (suite) {
    case CAMSEAL_SUITE_SAFETY:
    case CAMSEAL_SUITE_EFF_128:
    case CAMSEAL_SUITE_EFF_256:
    case CAMSEAL_SUITE_PERF_128_I:
    case CAMSEAL_SUITE_PERF_256_I:
    case CAMSEAL_SUITE_PERF_128_IE:
    case CAMSEAL_SUITE_PERF_256_IE:
        return UINT32_C(1) << ((suite >> 4) * 8 + (suite & 0x0F));
    default:
        return 0;
    }
}

uint8_t camseal_ssm_tag_length_bit(uint8_t tag_length)
{
    if (tag_length != 8 && tag_length != 12 && tag_length != 16)
        return 0;
    return (uint8_t)(1u << (tag_length / 4 - 2));
}

void camseal_ssm_header_write(camseal_writer *w, const camseal_ssm_header *header)
{
    camseal_write_u8(w, header->version);
    camseal_write_u8(w, header->opcode);
    camseal_write_u8(w, header->transaction);
    camseal_write_u8(w, header->status);
    camseal_write_le16(w, header->ctx_id);
    camseal_write_le16(w, header->tlv_length);
}

camseal_status camseal_ssm_header_read(camseal_reader *r, camseal_ssm_header *out)
{
    out->version = camseal_read_u8(r);
    out->opcode = camseal_read_u8(r);
    out->transaction = camseal_read_u8(r);
    out->status = camseal_read_u8(r);
    out->ctx_id = camseal_read_le16(r);
    out->tlv_length = camseal_read_le16(r);
    return camseal_reader_ok(r);
}

/* True when the next n bytes are all zero: reserved space. */
static bool read_zeros(camseal_reader *r, size_t n)
{
    uint8_t seen = 0;
    for (size_t i = 0; i < n; i++)
        seen |= camseal_read_u8(r);
    return seen == 0;
}

static void write_u8(camseal_writer *w, const void *value)
{
    camseal_write_u8(w, *(const uint8_t *)value);
}

static bool read_role(camseal_reader *r, void *out)
{
    uint8_t v = *(uint8_t *)out = camseal_read_u8(r);
    return v >= CAMSEAL_ROLE_SOURCE && v <= CAMSEAL_ROLE_TARGET;
}

static bool read_protocol(camseal_reader *r, void *out)
{
    return (*(uint8_t *)out = camseal_read_u8(r)) <= CAMSEAL_PROTOCOL_CCISE;
}

static bool read_suite(camseal_reader *r, void *out)
{
    return camseal_ssm_suite_bit(*(uint8_t *)out = camseal_read_u8(r)) != 0;
}

static bool read_tag_mode(camseal_reader *r, void *out)
{
    return (*(uint8_t *)out = camseal_read_u8(r)) <= CAMSEAL_TAG_FRAME;
}

static bool read_tag_length(camseal_reader *r, void *out)
{
    return camseal_ssm_tag_length_bit(*(uint8_t *)out = camseal_read_u8(r)) != 0;
}

static bool read_stream(camseal_reader *r, void *out)
{
    camseal_stream_map *s = out;
    s->wire_vc = camseal_read_u8(r);
    s->wire_dt = camseal_read_u8(r);
    s->evc = camseal_read_u8(r);
    uint8_t flags = camseal_read_u8(r);
    s->embedded = (flags & 1u) != 0;
    s->edt = camseal_read_le16(r);
    /* 0x01xx names trailer messages (§5), never a stream. */
    return s->wire_vc < 16 && s->wire_dt < 0x40 && flags <= 1 && (s->edt & 0xFF00u) != 0x0100u;
}

static void write_stream(camseal_writer *w, const void *value)
{
    const camseal_stream_map *s = value;
    camseal_write_u8(w, s->wire_vc);
    camseal_write_u8(w, s->wire_dt);
    camseal_write_u8(w, s->evc);
    camseal_write_u8(w, s->embedded ? 1 : 0);
    camseal_write_le16(w, s->edt);
}

static bool read_slot(camseal_reader *r, void *out)
{
    camseal_slot_map *s = out;
    s->evc = camseal_read_u8(r);
    s->fp = camseal_read_u8(r);
    s->edt = camseal_read_le16(r);
    return s->fp >= CAMSEAL_FP_TOP && s->fp <= CAMSEAL_FP_BOTTOM && (s->edt & 0xFF00u) != 0x0100u;
}

static void write_slot(camseal_writer *w, const void *value)
{
    const camseal_slot_map *s = value;
    camseal_write_u8(w, s->evc);
    camseal_write_u8(w, s->fp);
    camseal_write_le16(w, s->edt);
}

static bool read_target(camseal_reader *r, void *out)
{
    camseal_ssm_target *t = out;
    t->id = camseal_read_le16(r);
    t->address = camseal_read_u8(r);
    return t->address < 0x80;
}

static void write_target(camseal_writer *w, const void *value)
{
    const camseal_ssm_target *t = value;
    camseal_write_le16(w, t->id);
    camseal_write_u8(w, t->address);
}

static bool read_16(camseal_reader *r, void *out)
{
    camseal_read_bytes(r, out, 16);
    return true;
}

static void write_16(camseal_writer *w, const void *value)
{
    camseal_write_bytes(w, value, 16);
}

static bool read_32(camseal_reader *r, void *out)
{
    camseal_read_bytes(r, out, 32);
    return true;
}

static void write_32(camseal_writer *w, const void *value)
{
    camseal_write_bytes(w, value, 32);
}

/* An owner secret of zeros is somebody's forgotten buffer. */
static bool read_owner(camseal_reader *r, void *out)
{
    uint8_t seen = 0;
    camseal_read_bytes(r, out, 32);
    for (size_t i = 0; i < 32; i++)
        seen |= ((const uint8_t *)out)[i];
    return seen != 0;
}

static bool read_epoch(camseal_reader *r, void *out)
{
    *(uint32_t *)out = camseal_read_le32(r);
    return true;
}

static void write_epoch(camseal_writer *w, const void *value)
{
    camseal_write_le32(w, *(const uint32_t *)value);
}

static bool read_activation(camseal_reader *r, void *out)
{
    camseal_ssm_activation *a = out;
    a->mode = camseal_read_u8(r);
    a->frame_count = camseal_read_le64(r);
    if (a->mode == CAMSEAL_SSM_AT_NEXT_FRAME)
        return a->frame_count == 0;
    return a->mode == CAMSEAL_SSM_AT_FRAME_COUNT && a->frame_count > 0 &&
           a->frame_count < CAMSEAL_SSM_COUNT_LIMIT;
}

static void write_activation(camseal_writer *w, const void *value)
{
    const camseal_ssm_activation *a = value;
    camseal_write_u8(w, a->mode);
    camseal_write_le64(w, a->frame_count);
}

static bool read_sv_allowed(camseal_reader *r, void *out)
{
    uint8_t *masks = out;
    bool legal = true;
    for (size_t i = 0; i < 3; i++) {
        masks[i] = camseal_read_u8(r);
        legal = legal && masks[i] != 0 && (masks[i] & ~ALL_VARIANTS) == 0;
    }
    return legal;
}

static bool read_sv_current(camseal_reader *r, void *out)
{
    uint8_t *sv = out;
    bool legal = true;
    for (size_t i = 0; i < 3; i++) {
        sv[i] = camseal_read_u8(r);
        legal = legal && sv[i] >= 1 && sv[i] <= 5;
    }
    return legal;
}

static void write_3(camseal_writer *w, const void *value)
{
    camseal_write_bytes(w, value, 3);
}

static bool read_stride(camseal_reader *r, void *out)
{
    camseal_stride *s = out;
    s->unit = camseal_read_u8(r);
    bool legal = read_zeros(r, 1);
    s->offset = camseal_read_le16(r);
    s->run = camseal_read_le16(r);
    s->period = camseal_read_le16(r);
    if (s->unit == 0)
        return legal && s->offset == 0 && s->run == 0 && s->period == 0;
    return legal && s->unit <= 2 && s->offset < s->period && s->run >= 1 && s->run <= s->period;
}

static void write_stride(camseal_writer *w, const void *value)
{
    const camseal_stride *s = value;
    camseal_write_u8(w, s->unit);
    camseal_write_u8(w, 0);
    camseal_write_le16(w, s->offset);
    camseal_write_le16(w, s->run);
    camseal_write_le16(w, s->period);
}

static bool read_timeouts(camseal_reader *r, void *out)
{
    camseal_timeouts *t = out;
    t->message = camseal_read_le32(r);
    t->frame = camseal_read_le32(r);
    t->fresh = camseal_read_le32(r);
    t->start = camseal_read_le32(r);
    t->retire = camseal_read_le32(r);
    t->management = camseal_read_le32(r);
    return true;
}

static void write_timeouts(camseal_writer *w, const void *value)
{
    const camseal_timeouts *t = value;
    camseal_write_le32(w, t->message);
    camseal_write_le32(w, t->frame);
    camseal_write_le32(w, t->fresh);
    camseal_write_le32(w, t->start);
    camseal_write_le32(w, t->retire);
    camseal_write_le32(w, t->management);
}

static bool read_crc(camseal_reader *r, void *out)
{
    camseal_ssm_crc *c = out;
    c->polynomial = camseal_read_u8(r);
    c->embedded_line_length = camseal_read_le16(r);
    return c->polynomial <= CAMSEAL_CRC32_IEEE;
}

static void write_crc(camseal_writer *w, const void *value)
{
    const camseal_ssm_crc *c = value;
    camseal_write_u8(w, c->polynomial);
    camseal_write_le16(w, c->embedded_line_length);
}

static bool read_least(camseal_reader *r, void *out)
{
    camseal_least_count *l = out;
    l->evc = camseal_read_u8(r);
    bool legal = read_zeros(r, 7);
    l->frame_count = camseal_read_le64(r);
    return legal && l->frame_count < CAMSEAL_SSM_COUNT_LIMIT;
}

static void write_least(camseal_writer *w, const void *value)
{
    const camseal_least_count *l = value;
    camseal_write_u8(w, l->evc);
    camseal_write_zeros(w, 7);
    camseal_write_le64(w, l->frame_count);
}

static bool read_counters(camseal_reader *r, void *out)
{
    camseal_evc_status *s = out;
    s->evc = camseal_read_u8(r);
    bool legal = read_zeros(r, 7);
    s->frame_count = camseal_read_le64(r);
    s->messages = camseal_read_le64(r);
    s->tags = camseal_read_le64(r);
    s->blocks = camseal_read_le64(r);
    return legal && s->frame_count < CAMSEAL_SSM_COUNT_LIMIT;
}

static void write_counters(camseal_writer *w, const void *value)
{
    const camseal_evc_status *s = value;
    camseal_write_u8(w, s->evc);
    camseal_write_zeros(w, 7);
    camseal_write_le64(w, s->frame_count);
    camseal_write_le64(w, s->messages);
    camseal_write_le64(w, s->tags);
    camseal_write_le64(w, s->blocks);
}

static bool read_verdicts(camseal_reader *r, void *out)
{
    uint64_t *totals = out;
    for (size_t i = 0; i < CAMSEAL_VERDICT_COUNT; i++)
        totals[i] = camseal_read_le64(r);
    return true;
}

static void write_verdicts(camseal_writer *w, const void *value)
{
    const uint64_t *totals = value;
    for (size_t i = 0; i < CAMSEAL_VERDICT_COUNT; i++)
        camseal_write_le64(w, totals[i]);
}

/* Bits that this version gives no meaning are a newer component's: kept, not refused. */
static bool read_capabilities(camseal_reader *r, void *out)
{
    camseal_ssm_capabilities *c = out;
    c->protocols = camseal_read_u8(r);
    c->suites = camseal_read_le32(r);
    c->tag_modes = camseal_read_u8(r);
    c->variants = camseal_read_u8(r);
    c->contexts = camseal_read_u8(r);
    c->evcs = camseal_read_u8(r);
    c->tag_lengths = camseal_read_u8(r);
    return read_zeros(r, 1);
}

static void write_capabilities(camseal_writer *w, const void *value)
{
    const camseal_ssm_capabilities *c = value;
    camseal_write_u8(w, c->protocols);
    camseal_write_le32(w, c->suites);
    camseal_write_u8(w, c->tag_modes);
    camseal_write_u8(w, c->variants);
    camseal_write_u8(w, c->contexts);
    camseal_write_u8(w, c->evcs);
    camseal_write_u8(w, c->tag_lengths);
    camseal_write_u8(w, 0);
}

#define VERDICT_BYTES (8 * CAMSEAL_VERDICT_COUNT)

static const camseal_ssm_format formats[] = {
    {CAMSEAL_SSM_TLV_ROLE, 1, sizeof(uint8_t), "role", read_role, write_u8},
    {CAMSEAL_SSM_TLV_PROTOCOL, 1, sizeof(uint8_t), "protocol", read_protocol, write_u8},
    {CAMSEAL_SSM_TLV_SUITE, 1, sizeof(uint8_t), "suite", read_suite, write_u8},
    {CAMSEAL_SSM_TLV_TAG_MODE, 1, sizeof(uint8_t), "tag mode", read_tag_mode, write_u8},
    {CAMSEAL_SSM_TLV_TAG_LENGTH, 1, sizeof(uint8_t), "tag length", read_tag_length, write_u8},
    {CAMSEAL_SSM_TLV_STREAM, 6, sizeof(camseal_stream_map), "stream", read_stream, write_stream},
    {CAMSEAL_SSM_TLV_SLOT, 4, sizeof(camseal_slot_map), "slot", read_slot, write_slot},
    {CAMSEAL_SSM_TLV_TARGET, 3, sizeof(camseal_ssm_target), "target", read_target, write_target},
    {CAMSEAL_SSM_TLV_SALT, 16, 16, "salt", read_16, write_16},
    {CAMSEAL_SSM_TLV_KEY, 32, 32, "key bytes", read_32, write_32},
    {CAMSEAL_SSM_TLV_EPOCH, 4, sizeof(uint32_t), "epoch", read_epoch, write_epoch},
    {CAMSEAL_SSM_TLV_ACTIVATION, 9, sizeof(camseal_ssm_activation), "activation", read_activation,
     write_activation},
    {CAMSEAL_SSM_TLV_SV_ALLOWED, 3, 3, "allowed variants", read_sv_allowed, write_3},
    {CAMSEAL_SSM_TLV_SV_CURRENT, 3, 3, "current variants", read_sv_current, write_3},
    {CAMSEAL_SSM_TLV_STRIDE, 8, sizeof(camseal_stride), "stride", read_stride, write_stride},
    {CAMSEAL_SSM_TLV_TIMEOUTS, 24, sizeof(camseal_timeouts), "timeouts", read_timeouts,
     write_timeouts},
    {CAMSEAL_SSM_TLV_CRC, 3, sizeof(camseal_ssm_crc), "CRC", read_crc, write_crc},
    {CAMSEAL_SSM_TLV_LEAST, 16, sizeof(camseal_least_count), "least frame_count", read_least,
     write_least},
    {CAMSEAL_SSM_TLV_COUNTERS, 40, sizeof(camseal_evc_status), "counters", read_counters,
     write_counters},
    {CAMSEAL_SSM_TLV_VERDICTS, VERDICT_BYTES, VERDICT_BYTES, "verdict totals", read_verdicts,
     write_verdicts},
    {CAMSEAL_SSM_TLV_OWNER, 32, 32, "owner secret", read_owner, write_32},
    {CAMSEAL_SSM_TLV_CAPABILITIES, 11, sizeof(camseal_ssm_capabilities), "capabilities",
     read_capabilities, write_capabilities},
};

const camseal_ssm_format *camseal_ssm_format_of(uint8_t type)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i].type == type)
            return &formats[i];
    return NULL;
}
