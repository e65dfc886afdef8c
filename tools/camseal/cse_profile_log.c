/* A context as the key log carries it: the elements of CTX_CREATE and CTX_CONFIG (open-profile §8),
 * ascending, without key and salt; one element of our own says how FSED travels. */
#include <string.h>

#include "base/try.h"
#include "cse_profile.h"
#include "ssm/format.h"
#include "ssm/tlv.h"

enum { TLV_CARRIAGE = 0x7F, CARRIAGE_LINES = 1, CARRIAGE_TOP = 2 };

static void put(camseal_writer *w, uint8_t type, const void *value)
{
    const camseal_ssm_format *format = camseal_ssm_format_of(type);
    camseal_tlv_write_header(w, type, true, format->length);
    format->write(w, value);
}

static void put_config(camseal_writer *w, const camseal_context_config *c)
{
    const uint8_t role = CAMSEAL_ROLE_SINK;
    const camseal_ssm_crc crc = {c->crc, c->embedded_line_length};
    put(w, CAMSEAL_SSM_TLV_ROLE, &role);
    put(w, CAMSEAL_SSM_TLV_PROTOCOL, &c->protocol);
    put(w, CAMSEAL_SSM_TLV_SUITE, &c->suite);
    put(w, CAMSEAL_SSM_TLV_TAG_MODE, &c->tag_mode);
    if (c->tag_length)
        put(w, CAMSEAL_SSM_TLV_TAG_LENGTH, &c->tag_length);
    for (size_t i = 0; i < c->n_streams; i++)
        put(w, CAMSEAL_SSM_TLV_STREAM, &c->streams[i]);
    for (size_t i = 0; i < c->n_slots; i++)
        put(w, CAMSEAL_SSM_TLV_SLOT, &c->slots[i]);
    put(w, CAMSEAL_SSM_TLV_SV_ALLOWED, c->sv_allowed);
    put(w, CAMSEAL_SSM_TLV_SV_CURRENT, c->sv_current);
    put(w, CAMSEAL_SSM_TLV_STRIDE, &c->stride);
    put(w, CAMSEAL_SSM_TLV_TIMEOUTS, &c->timeouts);
    put(w, CAMSEAL_SSM_TLV_CRC, &crc);
}

camseal_status cse_profile_write(const cse_profile *p, camseal_buf *out)
{
    camseal_writer w = camseal_writer_of(out->data, out->capacity);
    uint8_t carriage = p->config.fsed_in_lines ? CARRIAGE_LINES : 0;
    if (p->config.top_tag)
        carriage |= CARRIAGE_TOP;
    put_config(&w, &p->config);
    camseal_tlv_write_header(&w, TLV_CARRIAGE, true, 1);
    camseal_write_u8(&w, carriage);
    CAMSEAL_TRY(camseal_writer_end(&w));
    out->len = w.len;
    return CAMSEAL_OK;
}

static camseal_status take_carriage(camseal_context_config *c, camseal_span value)
{
    if (value.len != 1 || value.data[0] > (CARRIAGE_LINES | CARRIAGE_TOP))
        return CAMSEAL_E_FORMAT;
    c->fsed_in_lines = (value.data[0] & CARRIAGE_LINES) != 0;
    c->top_tag = (value.data[0] & CARRIAGE_TOP) != 0;
    return CAMSEAL_OK;
}

/* Where the value of an element belongs; NULL for one that is not of a config. */
static void *place_of(cse_profile *p, uint8_t type, void *spare)
{
    camseal_context_config *c = &p->config;
    switch (type) {
    case CAMSEAL_SSM_TLV_PROTOCOL:
        return &c->protocol;
    case CAMSEAL_SSM_TLV_SUITE:
        return &c->suite;
    case CAMSEAL_SSM_TLV_TAG_MODE:
        return &c->tag_mode;
    case CAMSEAL_SSM_TLV_TAG_LENGTH:
        return &c->tag_length;
    case CAMSEAL_SSM_TLV_STREAM:
        return c->n_streams < CAMSEAL_CONTEXT_MAX_STREAMS ? &p->maps[c->n_streams++] : NULL;
    case CAMSEAL_SSM_TLV_SLOT:
        return c->n_slots < CSE_SLOTS_MAX ? &p->slots[c->n_slots++] : NULL;
    case CAMSEAL_SSM_TLV_SV_ALLOWED:
        return c->sv_allowed;
    case CAMSEAL_SSM_TLV_SV_CURRENT:
        return c->sv_current;
    case CAMSEAL_SSM_TLV_STRIDE:
        return &c->stride;
    case CAMSEAL_SSM_TLV_TIMEOUTS:
        return &c->timeouts;
    default:
        return spare;
    }
}

static camseal_status take(cse_profile *p, const camseal_tlv *tlv)
{
    union { /* of elements that need a look of their own, or none */
        camseal_ssm_crc crc;
        uint8_t bytes[64];
    } spare;
    if (tlv->type == TLV_CARRIAGE)
        return take_carriage(&p->config, tlv->value);
    const camseal_ssm_format *format = camseal_ssm_format_of(tlv->type);
    if (!format || format->length != tlv->value.len || format->size > sizeof spare)
        return CAMSEAL_E_FORMAT;
    void *place = place_of(p, tlv->type, &spare);
    camseal_reader r = camseal_reader_of(tlv->value);
    if (!place || !format->read(&r, place))
        return CAMSEAL_E_FORMAT;
    if (tlv->type == CAMSEAL_SSM_TLV_CRC) {
        p->config.crc = spare.crc.polynomial;
        p->config.embedded_line_length = spare.crc.embedded_line_length;
    }
    return CAMSEAL_OK;
}

camseal_status cse_profile_read(cse_profile *p, camseal_span elements)
{
    camseal_tlv_reader reader = camseal_tlv_reader_of(elements);
    camseal_tlv tlv;
    bool more = true;
    p->config.n_streams = p->config.n_slots = 0;
    p->dt = 0;
    for (;;) {
        CAMSEAL_TRY(camseal_tlv_next(&reader, &tlv, &more));
        if (!more)
            break;
        CAMSEAL_TRY(take(p, &tlv));
    }
    p->config.streams = p->maps;
    p->config.slots = p->config.n_slots ? p->slots : NULL;
    for (size_t i = 0; i < p->config.n_streams && !p->dt; i++)
        if (!p->maps[i].embedded)
            p->dt = p->maps[i].wire_dt;
    return p->dt ? CAMSEAL_OK : CAMSEAL_E_FORMAT;
}
