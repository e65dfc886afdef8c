/* What a context may be: every combination that open-profile §1-§4 forbid is refused here, by
 * field.
 *
 * Each check looks at one group of fields and fills a refusal; it does not know what comes after.
 */
#include "context/context.h"

typedef struct refusal {
    const char *field, *why;
    uint64_t a, b;
} refusal;

static bool refuse(refusal *r, const char *field, const char *why, uint64_t a, uint64_t b)
{
    refusal filled = {field, why, a, b};
    *r = filled;
    return false;
}

static bool check_kind(const camseal_context_config *c, refusal *r)
{
    if (c->ctx_id == 0)
        return refuse(r, "ctx_id", "0 names no context", 1, 0);
    if (c->protocol != CAMSEAL_PROTOCOL_SEP && c->protocol != CAMSEAL_PROTOCOL_FSED)
        return refuse(r, "protocol", "not an image protocol", CAMSEAL_PROTOCOL_SEP, c->protocol);
    if (c->role != CAMSEAL_ROLE_SOURCE && c->role != CAMSEAL_ROLE_SINK)
        return refuse(r, "role", "an image stream has a source and sinks", 0, c->role);
    if (c->crc != CAMSEAL_CRC32C && c->crc != CAMSEAL_CRC32_IEEE)
        return refuse(r, "crc", "unknown polynomial", 0, c->crc);
    return true;
}

static bool check_safety_suite(const camseal_context_config *c, refusal *r)
{
    if (c->tag_mode != CAMSEAL_TAG_NONE || c->tag_length != 0)
        return refuse(r, "tag_mode", "the safety suite has no tags", 0, c->tag_mode);
    for (size_t i = 0; i < 3; i++)
        if (c->sv_allowed[i] != 1u << 4)
            return refuse(r, "sv_allowed", "the safety suite has SV-5 only", 1u << 4,
                          c->sv_allowed[i]);
    if (c->role == CAMSEAL_ROLE_SINK && !c->allow_unverified)
        return refuse(r, "suite", "this sink does not allow unverified streams", 0, c->suite);
    return true;
}

/* §1: tag lengths and tag modes of a suite with keys. */
static bool check_tag(const camseal_context_config *c, const camseal_priv_suite *suite, refusal *r)
{
    unsigned length = c->tag_length ? c->tag_length : CAMSEAL_MAC_TAG_BYTES;
    if (length != 8 && length != 12 && length != 16)
        return refuse(r, "tag_length", "8, 12 or 16 bytes", 16, length);
    if (length < suite->least_tag)
        return refuse(r, "tag_length", "no GMAC tag below 96 bits", suite->least_tag, length);
    if (c->tag_mode < CAMSEAL_TAG_MESSAGE || c->tag_mode > CAMSEAL_TAG_FRAME)
        return refuse(r, "tag_mode", "unknown tag mode", CAMSEAL_TAG_MESSAGE, c->tag_mode);
    if (c->protocol == CAMSEAL_PROTOCOL_FSED && c->tag_mode != CAMSEAL_TAG_FRAME)
        return refuse(r, "tag_mode", "FSED has frame tags only", CAMSEAL_TAG_FRAME, c->tag_mode);
    if (c->tag_mode != CAMSEAL_TAG_MESSAGE && length != 16)
        return refuse(r, "tag_length", "data-type and frame tags have 16 bytes", 16, length);
    return true;
}

static bool check_suite(const camseal_context_config *c, refusal *r)
{
    const camseal_priv_suite *suite = camseal_priv_suite_of(c->suite);
    if (!suite)
        return refuse(r, "suite", "unknown suite", 0, c->suite);
    if (!suite->key_bytes)
        return check_safety_suite(c, r);
    return check_tag(c, suite, r);
}

static unsigned all_variants(const camseal_context_config *c)
{
    return c->sv_allowed[0] | c->sv_allowed[1] | c->sv_allowed[2];
}

static bool check_variants(const camseal_context_config *c, refusal *r)
{
    const camseal_priv_suite *suite = camseal_priv_suite_of(c->suite);
    for (size_t i = 0; i < 3; i++) {
        unsigned sv = c->sv_current[i], allowed = c->sv_allowed[i];
        if (allowed == 0 || allowed >= 1u << CAMSEAL_PRIV_SV_MAX)
            return refuse(r, "sv_allowed", "empty, or beyond SV-5", i + 2, allowed);
        if (c->role == CAMSEAL_ROLE_SOURCE &&
            (sv == 0 || sv > CAMSEAL_PRIV_SV_MAX || !(allowed >> (sv - 1) & 1)))
            return refuse(r, "sv_current", "not in the allowed set", allowed, sv);
    }
    unsigned all = all_variants(c);
    if ((all & 1u) && !suite->encrypts)
        return refuse(r, "sv_allowed", "SV-1 needs a suite that encrypts", 0, c->suite);
    if ((all & 1u << 2) && (all & 1u << 3))
        return refuse(r, "sv_allowed", "SV-3 and SV-4 do not mix", 0, all);
    return true;
}

static bool check_stride(const camseal_context_config *c, refusal *r)
{
    const camseal_stride *s = &c->stride;
    unsigned all = all_variants(c);
    unsigned unit = 0;
    if (all & 1u << 2)
        unit = 1;
    if (all & 1u << 3)
        unit = 2;
    if (s->unit != unit)
        return refuse(r, "stride", "its unit does not fit the allowed variants", unit, s->unit);
    if (unit == 0 && (s->offset || s->run || s->period))
        return refuse(r, "stride", "must be zero when unused", 0, s->period);
    if (unit && (s->run < 1 || s->run > s->period || s->offset >= s->period))
        return refuse(r, "stride", "offset < period and 1 <= run <= period", s->period, s->run);
    return true;
}

static uint8_t sep_dt_of(const camseal_context_config *c)
{
    return c->sep_dt ? c->sep_dt : CAMSEAL_PRIV_SEP_DT;
}

/* A long packet that carries data: no short packet, null or blanking (§4), and not the SEP packet
 * itself. */
static bool is_data_type(uint8_t dt)
{
    return dt >= 0x12 && dt <= 0x3F;
}

static bool check_stream(const camseal_context_config *c, size_t i, refusal *r)
{
    const camseal_stream_map *s = &c->streams[i];
    if (s->wire_vc > 15 || !is_data_type(s->wire_dt) || s->wire_dt == sep_dt_of(c))
        return refuse(r, "streams", "not a channel and data type that can be protected", s->wire_vc,
                      s->wire_dt);
    if (s->edt >> 8 == 1)
        return refuse(r, "streams", "eDT 0x01xx is for trailer messages", i, s->edt);
    for (size_t k = 0; k < i; k++) {
        const camseal_stream_map *o = &c->streams[k];
        if (o->wire_vc == s->wire_vc && o->wire_dt == s->wire_dt)
            return refuse(r, "streams", "two entries for one wire channel and data type", k, i);
        if (o->evc == s->evc && o->edt == s->edt)
            return refuse(r, "streams", "two entries for one eVC and eDT", k, i);
        if (c->role == CAMSEAL_ROLE_SOURCE && o->evc == s->evc && o->wire_vc != s->wire_vc)
            return refuse(r, "streams", "at a source an eVC has one wire channel", k, i);
    }
    return true;
}

static bool check_streams(const camseal_context_config *c, refusal *r)
{
    if (c->sep_dt && !is_data_type(c->sep_dt))
        return refuse(r, "sep_dt", "not a long packet for data", CAMSEAL_PRIV_SEP_DT, c->sep_dt);
    if (!c->streams || c->n_streams == 0 || c->n_streams > CAMSEAL_CONTEXT_MAX_STREAMS)
        return refuse(r, "streams", "1 to 32 entries", CAMSEAL_CONTEXT_MAX_STREAMS, c->n_streams);
    for (size_t i = 0; i < c->n_streams; i++)
        if (!check_stream(c, i, r))
            return false;
    size_t evcs = camseal_priv_count_evcs(c->streams, c->n_streams);
    if (evcs > CAMSEAL_CONTEXT_MAX_EVCS)
        return refuse(r, "streams", "too many eVCs", CAMSEAL_CONTEXT_MAX_EVCS, evcs);
    return true;
}

static bool check_slot(const camseal_context_config *c, size_t i, refusal *r)
{
    const camseal_slot_map *s = &c->slots[i];
    const camseal_stream_map *stream = NULL;
    for (size_t k = 0; k < c->n_streams; k++)
        if (c->streams[k].evc == s->evc && c->streams[k].edt == s->edt)
            stream = &c->streams[k];
    if (!stream)
        return refuse(r, "slots", "not in the stream list", i, s->edt);
    bool embedded = s->fp == CAMSEAL_FP_TOP || s->fp == CAMSEAL_FP_BOTTOM;
    if (s->fp < CAMSEAL_FP_TOP || s->fp > CAMSEAL_FP_BOTTOM || embedded != stream->embedded)
        return refuse(r, "slots", "frame partition does not fit the stream", i, s->fp);
    for (size_t k = 0; k < i; k++)
        if (c->slots[k].evc == s->evc && c->slots[k].fp == s->fp && c->slots[k].edt == s->edt)
            return refuse(r, "slots", "two entries for one slot", k, i);
    return true;
}

static bool check_slots(const camseal_context_config *c, refusal *r)
{
    if (c->tag_mode != CAMSEAL_TAG_DATA_TYPE) {
        if (c->n_slots)
            return refuse(r, "slots", "only with data-type tags", 0, c->n_slots);
        return true;
    }
    if (!c->slots || c->n_slots == 0 || c->n_slots > CAMSEAL_PRIV_SLOT_MAX)
        return refuse(r, "slots", "1 to 255 entries", CAMSEAL_PRIV_SLOT_MAX, c->n_slots);
    for (size_t i = 0; i < c->n_slots; i++)
        if (!check_slot(c, i, r))
            return false;
    return true;
}

static bool check_lines(const camseal_context_config *c, refusal *r)
{
    if (c->embedded_line_length && c->embedded_line_length < 68)
        return refuse(r, "embedded_line_length", "an FSH does not fit", 68,
                      c->embedded_line_length);
    return true;
}

static bool check_fsed(const camseal_context_config *c, refusal *r)
{
    const bool fsed = c->protocol == CAMSEAL_PROTOCOL_FSED;
    if (!fsed && (c->fsed_in_lines || c->top_tag))
        return refuse(r, "protocol", "FSH, TBT and FTG belong to FSED", CAMSEAL_PROTOCOL_FSED,
                      c->protocol);
    if (c->fsed_in_lines && !c->embedded_line_length)
        return refuse(r, "embedded_line_length", "needed to carry FSED in lines", 68, 0);
    if (c->top_tag && c->suite == CAMSEAL_SUITE_SAFETY)
        return refuse(r, "top_tag", "the safety suite has no tags", 0, 1);
    return true;
}

static bool check_own_types(const camseal_context_config *c, refusal *r)
{
    if (c->protocol != CAMSEAL_PROTOCOL_FSED)
        return true;
    for (size_t i = 0; i < c->n_streams; i++)
        if (c->streams[i].wire_dt >= 0x34 && c->streams[i].wire_dt <= 0x36)
            return refuse(r, "streams", "a data type of FSED itself", i, c->streams[i].wire_dt);
    return true;
}

static bool check_sink(const camseal_context_config *c, refusal *r)
{
    if (c->hold > CAMSEAL_CONTEXT_MAX_HOLD)
        return refuse(r, "hold", "too many messages", CAMSEAL_CONTEXT_MAX_HOLD, c->hold);
    return true;
}

camseal_status camseal_priv_config_check(const camseal_context_config *c)
{
    static bool (*const checks[])(const camseal_context_config *, refusal *) = {
        check_kind,  check_suite, check_variants, check_stride,    check_streams,
        check_slots, check_lines, check_fsed,     check_own_types, check_sink,
    };
    if (!c || c->struct_size != sizeof *c || !c->bulk || c->bulk->abi != CAMSEAL_BULK_ABI)
        return CAMSEAL_E_ARGUMENT;
    if (c->suite != CAMSEAL_SUITE_SAFETY &&
        (!c->crypto || !camseal_crypto_hash(c->crypto, CAMSEAL_HASH_SHA256)))
        return CAMSEAL_E_ARGUMENT;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        refusal r = {0};
        if (checks[i](c, &r))
            continue;
        camseal_trace_event(c->trace, CAMSEAL_E_POLICY, "context", r.field, r.why, r.a, r.b);
        return CAMSEAL_E_POLICY;
    }
    return CAMSEAL_OK;
}

size_t camseal_priv_count_evcs(const camseal_stream_map *streams, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t first = 0;
        while (streams[first].evc != streams[i].evc)
            first++;
        if (first == i)
            count++;
    }
    return count;
}
