/* The observer's frame: memory, findings, and the way of one message through it. A message can hold
 * another one (record, chunks, encapsulation); each layer is a turn of one loop. */
#include "observer_state.h"

#include <string.h>

#include "base/secret.h"
#include "camseal/transport.h"
#include "msg/error.h"

enum { LAYERS_MAX = 6, PADDING_MAX = 3 };

static uint32_t or_default(uint32_t n)
{
    return n ? n : OBSERVER_DEFAULT_MAX;
}

size_t camseal_spdm_observer_size(const spdm_observer_config *config)
{
    return sizeof(camseal_spdm_observer) + OBSERVER_RECORD_MAX +
           2u * (size_t)or_default(config->max_message) +
           2u * (size_t)or_default(config->max_chain);
}

camseal_status camseal_spdm_observer_init(camseal_spdm_observer **out, void *mem, size_t mem_len,
                                          const spdm_observer_config *config)
{
    *out = NULL;
    if (config->struct_size != sizeof *config || !config->crypto || !config->binding ||
        !config->message || !config->finding)
        return CAMSEAL_E_ARGUMENT;
    if ((uintptr_t)mem % _Alignof(camseal_spdm_observer) != 0)
        return CAMSEAL_E_ARGUMENT;
    if (mem_len < camseal_spdm_observer_size(config))
        return CAMSEAL_E_SPACE;
    camseal_spdm_observer *o = mem;
    memset(o, 0, sizeof *o);
    o->config = *config;
    o->config.max_message = or_default(config->max_message);
    o->config.max_chain = or_default(config->max_chain);
    uint8_t *at = (uint8_t *)(o + 1);
    for (unsigned i = 0; i < 2; i++, at += o->config.max_message)
        o->assembly[i].data = at;
    for (unsigned i = 0; i < 2; i++, at += o->config.max_chain)
        o->reading[i].data = at;
    o->plain = at;
    camseal_spdm_transcript_reset(&o->t, config->crypto);
    *out = o;
    return CAMSEAL_OK;
}

static void flow_drop(camseal_spdm_observer *o, spdm_flow *f)
{
    camseal_spdm_watch_drop(o, &f->l1);
    f->pending.open = false;
}

void camseal_spdm_observer_session_end(camseal_spdm_observer *o, spdm_watched *s)
{
    camseal_spdm_watch_drop(o, &s->th);
    flow_drop(o, &s->flow[0]);
    flow_drop(o, &s->flow[1]);
    if (o->handshake == s)
        o->handshake = NULL;
    for (unsigned i = 0; i < 2; i++)
        if (o->assembly[i].session == s)
            o->assembly[i].open = false;
    camseal_wipe(s, sizeof *s);
}

void camseal_spdm_observer_forget(camseal_spdm_observer *o)
{
    for (unsigned i = 0; i < OBSERVER_SESSIONS; i++)
        camseal_spdm_observer_session_end(o, &o->sessions[i]);
    for (unsigned side = 0; side < 2; side++)
        camseal_spdm_observer_m1_reset(o, (spdm_side)side, true);
    flow_drop(o, &o->flow[0]);
    flow_drop(o, &o->flow[1]);
    o->assembly[0].open = o->assembly[1].open = false;
    camseal_spdm_transcript_reset(&o->t, o->config.crypto);
    memset(&o->vca, 0, sizeof o->vca);
    memset(&o->shape, 0, sizeof o->shape);
    o->settled = o->after_vca = o->authenticated = o->mac_only = false;
    o->multi_key[0] = o->multi_key[1] = false;
    o->hash = o->sign[0] = o->sign[1] = o->exchange = o->aead_row = NULL;
    o->aead = NULL;
    o->d_bytes = 0;
    o->versions = 0;
}

void camseal_spdm_observer_wipe(camseal_spdm_observer *o)
{
    camseal_spdm_observer_forget(o);
    camseal_wipe(o->plain, OBSERVER_RECORD_MAX);
    for (unsigned i = 0; i < 2; i++)
        camseal_wipe(o->assembly[i].data, o->config.max_message);
    camseal_wipe(o, sizeof *o);
}

/* ---- findings ------------------------------------------------------------------------------- */

void camseal_spdm_observer_find(camseal_spdm_observer *o, const spdm_layer *l,
                                const spdm_finding *finding)
{
    o->config.finding(o->config.user, &l->seen, finding);
}

void camseal_spdm_observer_say(camseal_spdm_observer *o, const spdm_layer *l, spdm_check check,
                               spdm_result result, const char *what, const char *detail)
{
    const spdm_finding f = {
        .check = check, .result = result, .what = what, .detail = detail, .cover = &l->cover};
    camseal_spdm_observer_find(o, l, &f);
}

void camseal_spdm_observer_value(camseal_spdm_observer *o, const spdm_layer *l, const char *label,
                                 const uint8_t *value, size_t n, const spdm_cover *cover)
{
    if (o->config.value)
        o->config.value(o->config.user, &l->seen, label, camseal_span_of(value, n), cover);
}

static bool is_padding(const spdm_layer *l, const camseal_reader *r)
{
    if (!l->padded || r->left > PADDING_MAX)
        return r->left == 0;
    for (size_t i = 0; i < r->left; i++)
        if (r->at[i] != 0)
            return false;
    return true;
}

bool camseal_spdm_observer_parsed(camseal_spdm_observer *o, const spdm_layer *l,
                                  camseal_status status, const camseal_reader *r,
                                  camseal_span *message)
{
    if (status == CAMSEAL_OK)
        status = camseal_reader_ok(r);
    if (status == CAMSEAL_OK && !is_padding(l, r))
        status = CAMSEAL_E_TRAILING;
    *message = camseal_span_of(l->seen.bytes.data, l->seen.bytes.len - r->left);
    camseal_spdm_observer_say(o, l, SPDM_CHECK_FORMAT,
                              status == CAMSEAL_OK ? SPDM_PASSED : SPDM_FAILED, "message format",
                              status == CAMSEAL_OK ? NULL : camseal_status_text(status));
    return status == CAMSEAL_OK;
}

/* ---- one message ---------------------------------------------------------------------------- */

spdm_flow *camseal_spdm_observer_flow(camseal_spdm_observer *o, const spdm_layer *l)
{
    spdm_flow *flows = l->session ? l->session->flow : o->flow;
    return &flows[l->seen.encapsulated ? 1 : 0];
}

spdm_side camseal_spdm_observer_signer(const spdm_layer *l)
{
    return l->seen.encapsulated ? SPDM_SIDE_REQ : SPDM_SIDE_RSP;
}

void camseal_spdm_observer_trim(camseal_spdm_observer *o, const spdm_layer *l, camseal_span message)
{
    spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    if (message.len < p->bytes_len)
        p->bytes_len = message.len;
}

camseal_span camseal_spdm_observer_request(const spdm_pending *p)
{
    return camseal_span_of(p->bytes, p->bytes_len);
}

/* Messages that carry or fetch others are no exchange of their own. */
static bool stands_aside(uint8_t code)
{
    switch (code) {
    case SPDM_CHUNK_SEND:
    case SPDM_CHUNK_SEND_ACK:
    case SPDM_CHUNK_GET:
    case SPDM_CHUNK_RESPONSE:
    case SPDM_RESPOND_IF_READY:
        return true;
    default:
        return false;
    }
}

/* Which requests end M1 when CHALLENGE did not come (DSP0274, message transcripts). The lenient
 * copy keeps it once the connection was authenticated, as one implementation does. */
static void request_ends_m1(camseal_spdm_observer *o, uint8_t code)
{
    switch (code) {
    case SPDM_KEY_EXCHANGE:
    case SPDM_GET_MEASUREMENTS:
    case SPDM_FINISH:
    case SPDM_PSK_EXCHANGE:
    case SPDM_PSK_FINISH:
    case SPDM_KEY_UPDATE:
    case SPDM_HEARTBEAT:
    case SPDM_GET_ENCAPSULATED_REQUEST:
    case SPDM_END_SESSION:
    case SPDM_GET_MEASUREMENT_EXTENSION_LOG:
        camseal_spdm_observer_m1_reset(o, SPDM_SIDE_RSP, !o->authenticated);
        camseal_spdm_observer_m1_reset(o, SPDM_SIDE_REQ, !o->authenticated);
        break;
    case SPDM_DELIVER_ENCAPSULATED_RESPONSE:
        camseal_spdm_observer_m1_reset(o, SPDM_SIDE_RSP, !o->authenticated);
        break;
    case SPDM_GET_DIGESTS:
        camseal_spdm_observer_m1_reset(o, SPDM_SIDE_RSP, true);
        break;
    default:
        break;
    }
}

static void open_pending(spdm_flow *f, const spdm_layer *l, spdm_header h)
{
    spdm_pending *p = &f->pending;
    size_t n = l->seen.bytes.len;
    p->open = true;
    p->header = h;
    p->cover = l->cover;
    p->is_signed = p->summary = p->size_only = p->deferred = false;
    p->slot = 0;
    p->offset = 0;
    p->bytes_len = n < sizeof p->bytes ? n : sizeof p->bytes;
    memcpy(p->bytes, l->seen.bytes.data, p->bytes_len);
}

/* A request goes unanswered only to be repeated. */
static bool leaves_unanswered(const spdm_pending *p, const spdm_layer *l)
{
    camseal_span again = l->seen.bytes;
    if (!p->open || p->deferred || l->seen.code == SPDM_GET_VERSION)
        return false;
    return again.len < p->bytes_len || memcmp(again.data, p->bytes, p->bytes_len) != 0;
}

static void take_request(camseal_spdm_observer *o, const spdm_layer *l, spdm_header h)
{
    spdm_flow *f = camseal_spdm_observer_flow(o, l);
    if (leaves_unanswered(&f->pending, l))
        camseal_spdm_observer_fault(o, l, "the request before it has no answer");
    open_pending(f, l, h);
    if (l->seen.encapsulated)
        return;
    if (h.code != SPDM_GET_MEASUREMENTS)
        camseal_spdm_watch_drop(o, &f->l1);
    request_ends_m1(o, h.code);
    if (h.code != SPDM_GET_DIGESTS && !l->session)
        o->after_vca = false;
}

/* ERROR answers anything, and belongs to no transcript. */
static void take_error(camseal_spdm_observer *o, const spdm_layer *l)
{
    spdm_flow *f = camseal_spdm_observer_flow(o, l);
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_error m;
    camseal_span message;
    if (!camseal_spdm_observer_parsed(o, l, camseal_spdm_read_error(&r, &m), &r, &message))
        return;
    f->pending.deferred = m.code == SPDM_ERR_NOT_READY || m.code == SPDM_ERR_LARGE_RESPONSE;
    if (f->pending.deferred)
        return;
    camseal_spdm_watch_drop(o, &f->l1);
    bool finishing = f->pending.open && (f->pending.header.code == SPDM_FINISH ||
                                         f->pending.header.code == SPDM_PSK_FINISH);
    f->pending.open = false;
    if (l->session && !l->seen.encapsulated && (finishing || m.code == SPDM_ERR_DECRYPT))
        camseal_spdm_observer_session_end(o, l->session);
    else if (!l->session && finishing && o->handshake)
        camseal_spdm_observer_session_end(o, o->handshake);
}

static void dispatch(camseal_spdm_observer *o, const spdm_layer *l)
{
    switch (l->seen.code & 0x7Fu) {
    case SPDM_VERSION:
    case SPDM_CAPABILITIES:
    case SPDM_ALGORITHMS:
        camseal_spdm_observer_vca(o, l);
        break;
    case SPDM_DIGESTS:
        camseal_spdm_observer_digests(o, l);
        break;
    case SPDM_CERTIFICATE:
        camseal_spdm_observer_certificate(o, l);
        break;
    case SPDM_CHALLENGE_AUTH:
        camseal_spdm_observer_challenge(o, l);
        break;
    case SPDM_MEASUREMENTS:
        camseal_spdm_observer_measurements(o, l);
        break;
    case SPDM_ENDPOINT_INFO:
        camseal_spdm_observer_endpoint_info(o, l);
        break;
    case SPDM_KEY_EXCHANGE_RSP:
        camseal_spdm_observer_key_exchange(o, l);
        break;
    case SPDM_FINISH_RSP:
        camseal_spdm_observer_finish(o, l);
        break;
    case SPDM_PSK_EXCHANGE_RSP:
        camseal_spdm_observer_psk_exchange(o, l);
        break;
    case SPDM_PSK_FINISH_RSP:
        camseal_spdm_observer_psk_finish(o, l);
        break;
    case SPDM_KEY_UPDATE_ACK:
        camseal_spdm_observer_key_update(o, l);
        break;
    case SPDM_CHUNK_SEND_ACK:
    case SPDM_CHUNK_RESPONSE:
        camseal_spdm_observer_chunk(o, l);
        break;
    case SPDM_ENCAPSULATED_REQUEST:
    case SPDM_ENCAPSULATED_RESPONSE_ACK:
        camseal_spdm_observer_encapsulated(o, l);
        break;
    default:
        camseal_spdm_observer_other(o, l);
        break;
    }
}

/* The version is chosen with GET_CAPABILITIES, among those of VERSION. */
static bool version_fits(const camseal_spdm_observer *o, const spdm_header *h)
{
    if ((h->code & 0x7Fu) == SPDM_VERSION)
        return h->version == SPDM_VERSION_10;
    if (h->code == SPDM_ERROR && h->version == SPDM_VERSION_10)
        return true;
    if (h->code == SPDM_GET_CAPABILITIES && o->versions)
        return h->version >> 4 == 1 && (o->versions >> (h->version & 0x0Fu) & 1u);
    return o->shape.version == 0 || h->version == o->shape.version;
}

void camseal_spdm_observer_fault(camseal_spdm_observer *o, const spdm_layer *l, const char *detail)
{
    spdm_cover cover = camseal_spdm_observer_flow(o, l)->pending.cover;
    camseal_spdm_cover_join(&cover, &l->cover);
    const spdm_finding f = {.check = SPDM_CHECK_FORMAT,
                            .result = SPDM_FAILED,
                            .what = "message format",
                            .detail = detail,
                            .cover = &cover};
    camseal_spdm_observer_find(o, l, &f);
}

/* What the request decides about the form of its response. */
static void shape_layer(camseal_spdm_observer *o, spdm_layer *l)
{
    const spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    spdm_side side = camseal_spdm_observer_signer(l);
    spdm_shape *s = &l->seen.shape;
    *s = o->shape;
    if (side == SPDM_SIDE_REQ)
        s->signature = o->shape.req_signature;
    s->multi_key = o->multi_key[side];
    s->summary = p->open && p->summary;
    l->seen.is_signed = p->open && p->is_signed;
}

void camseal_spdm_observer_tell(camseal_spdm_observer *o, const spdm_layer *l)
{
    o->config.message(o->config.user, &l->seen);
    if (!l->seen.secured || l->seen.encapsulated || l->seen.reassembled)
        return;
    camseal_spdm_observer_say(o, l, SPDM_CHECK_RECORD, SPDM_PASSED, "record tag", NULL);
    if (o->config.binding->sequence_bytes == 0)
        return;
    const spdm_finding f = {.check = SPDM_CHECK_SEQUENCE,
                            .result = l->sequence_bad ? SPDM_FAILED : SPDM_PASSED,
                            .what = "record sequence number",
                            .detail = l->sequence_bad ? "not the next number" : NULL,
                            .expected = l->expected_sequence,
                            .seen = l->sequence};
    camseal_spdm_observer_find(o, l, &f);
}

static bool answers(const spdm_pending *p, uint8_t code)
{
    return p->open && code == (p->header.code & 0x7Fu);
}

/* Only the first encapsulated response of a handshake can be the requester's D. */
static void note_encapsulated(camseal_spdm_observer *o, const spdm_layer *l)
{
    spdm_watched *s = l->session ? l->session : o->handshake;
    if (l->seen.encapsulated && s)
        s->first_encapsulated = true;
}

static void take_message(camseal_spdm_observer *o, spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    const spdm_header h = camseal_spdm_read_header(&r);
    bool request = (h.code & SPDM_REQUEST_BIT) != 0;
    l->seen.code = h.code;
    l->seen.from_requester = request != l->seen.encapsulated;
    if (!l->seen.encapsulated)
        o->last = request ? SPDM_HEADING_REQ : SPDM_HEADING_RSP;
    shape_layer(o, l);
    camseal_spdm_observer_tell(o, l);
    const char *fault = NULL;
    if (r.failed)
        fault = "shorter than a header";
    else if (h.version < SPDM_VERSION_12 && h.version != SPDM_VERSION_10)
        fault = "SPDM versions before 1.2 are not decoded";
    else if (camseal_spdm_code_name(h.code)[0] == '?')
        fault = "no such message";
    else if (!version_fits(o, &h))
        fault = "not the version of this connection";
    if (fault) {
        camseal_spdm_observer_fault(o, l, fault);
        return;
    }
    if (stands_aside(h.code)) {
        dispatch(o, l);
        return;
    }
    if (request) {
        take_request(o, l, h);
        dispatch(o, l);
        return;
    }
    if (h.code == SPDM_ERROR) {
        take_error(o, l);
        return;
    }
    spdm_pending *p = &camseal_spdm_observer_flow(o, l)->pending;
    if (!answers(p, h.code)) {
        camseal_spdm_observer_fault(o, l, "it answers no request that was seen");
        return;
    }
    p->open = false;
    dispatch(o, l);
    note_encapsulated(o, l);
}

void camseal_spdm_observe(camseal_spdm_observer *o, uint32_t number, uint8_t kind,
                          spdm_heading heading, camseal_span bytes)
{
    spdm_layer l = {.seen = {.number = number, .bytes = bytes}};
    camseal_spdm_cover_add(&l.cover, number, number);
    l.padded = o->config.binding->inner == CAMSEAL_SPDM_INNER_NONE;
    l.seen.secured = kind == CAMSEAL_MESSAGE_SECURED;
    if (heading == SPDM_HEADING_UNKNOWN)
        l.seen.from_requester = o->last != SPDM_HEADING_REQ;
    else
        l.seen.from_requester = heading == SPDM_HEADING_REQ;
    if (l.seen.secured && !camseal_spdm_observer_record(o, &l, heading))
        return;
    for (unsigned i = 0; i < LAYERS_MAX; i++) {
        o->has_todo = false;
        take_message(o, &l);
        if (!o->has_todo)
            return;
        l = o->todo;
    }
}

/* ---- for people ----------------------------------------------------------------------------- */

static const char *name_of(const spdm_registered *row)
{
    return row ? row->name : NULL;
}

void camseal_spdm_observer_algorithms(const camseal_spdm_observer *o, spdm_observed_algorithms *out)
{
    out->version = o->shape.version;
    out->hash = name_of(o->hash);
    out->sign = name_of(o->sign[SPDM_SIDE_RSP]);
    out->req_sign = name_of(o->sign[SPDM_SIDE_REQ]);
    out->exchange = name_of(o->exchange);
    out->aead = name_of(o->aead_row);
}

const char *camseal_spdm_check_name(spdm_check check)
{
    static const char *const names[] = {
        [SPDM_CHECK_FORMAT] = "format",         [SPDM_CHECK_DIGEST] = "digest",
        [SPDM_CHECK_CHAIN] = "chain",           [SPDM_CHECK_ANCHOR] = "anchor",
        [SPDM_CHECK_SIGNATURE] = "signature",   [SPDM_CHECK_HMAC] = "hmac",
        [SPDM_CHECK_RECORD] = "record",         [SPDM_CHECK_SEQUENCE] = "sequence",
        [SPDM_CHECK_KEY_UPDATE] = "key update", [SPDM_CHECK_VALUE] = "value",
    };
    return names[check];
}
