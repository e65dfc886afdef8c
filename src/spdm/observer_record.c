/* Secured records of a session, opened from the side: the keys of the direction, those that a
 * KEY_UPDATE announced, then the other direction when it is not known which one it was. */
#include "observer_state.h"

#include <string.h>

#include "base/load.h"
#include "base/secret.h"
#include "base/try.h"
#include "camseal/transport.h"

enum { ID_BYTES = 4, LENGTH_BYTES = 2, COUNTER_BYTES = 8 };

/* A record under authentication only: the message is in the clear (DSP0277, MAC-only sessions). */
static camseal_status open_mac_only(const camseal_spdm_observer *o, uint32_t id, spdm_keys *keys,
                                    camseal_span record, camseal_span *application)
{
    const camseal_spdm_binding *binding = o->config.binding;
    camseal_reader r = camseal_reader_of(record);
    uint8_t nonce[CAMSEAL_AEAD_IV_BYTES], counter[COUNTER_BYTES], nothing[1];
    bool own = camseal_read_le32(&r) == id;
    uint16_t low = binding->sequence_bytes ? camseal_read_le16(&r) : (uint16_t)keys->sequence;
    uint16_t length = camseal_read_le16(&r);
    camseal_reader body = camseal_read_sub(&r, length);
    CAMSEAL_TRY(camseal_reader_ok(&r));
    if (!own || body.left < CAMSEAL_AEAD_TAG_BYTES)
        return CAMSEAL_E_FORMAT;
    if (low != (uint16_t)keys->sequence)
        return CAMSEAL_E_AUTH;
    *application = camseal_read_span(&body, body.left - CAMSEAL_AEAD_TAG_BYTES);
    camseal_span tag = camseal_read_rest(&body);
    camseal_store_le64(counter, keys->sequence++);
    memcpy(nonce, keys->iv, sizeof nonce);
    for (unsigned i = 0; i < COUNTER_BYTES; i++)
        nonce[i] ^= counter[i];
    camseal_span aad =
        camseal_span_of(record.data, (size_t)(application->data - record.data) + application->len);
    return o->aead->open(o->config.crypto->user, camseal_span_of(keys->key, o->aead->key_bytes),
                         nonce, aad, camseal_span_of(nothing, 0), nothing, tag.data);
}

/* The inner prefix of MAC-only records; record.c does it for the others. */
static camseal_status strip_inner(const camseal_spdm_observer *o, camseal_span application,
                                  camseal_span *message)
{
    size_t n = o->config.binding->inner == CAMSEAL_SPDM_INNER_MCTP ? 1 : 0;
    if (o->config.binding->inner == CAMSEAL_SPDM_INNER_TCP)
        n = CAMSEAL_TCP_HEADER_BYTES;
    if (application.len < n || (n && application.data[n - 1u] != CAMSEAL_MESSAGE_SPDM))
        return CAMSEAL_E_UNSUPPORTED;
    *message = camseal_span_of(application.data + n, application.len - n);
    return CAMSEAL_OK;
}

/* OK; UNSUPPORTED for a good record without an SPDM message; else it does not open so. */
static camseal_status open_under(const camseal_spdm_observer *o, const spdm_watched *s,
                                 spdm_keys *keys, camseal_span record, camseal_span *message)
{
    if (o->mac_only) {
        camseal_span application;
        CAMSEAL_TRY(open_mac_only(o, s->s.id, keys, record, &application));
        memcpy(o->plain, application.data, application.len);
        return strip_inner(o, camseal_span_of(o->plain, application.len), message);
    }
    const spdm_record rec = {.crypto = o->config.crypto,
                             .aead = o->aead,
                             .binding = o->config.binding,
                             .session_id = s->s.id};
    return camseal_spdm_record_open(&rec, keys, record,
                                    camseal_mspan_of(o->plain, OBSERVER_RECORD_MAX), message);
}

static bool opened(camseal_status status)
{
    return status == CAMSEAL_OK || status == CAMSEAL_E_UNSUPPORTED;
}

/* The low bytes of the counter on the wire; false: the transport does not carry them. */
static bool wire_sequence(const camseal_spdm_observer *o, camseal_span record, uint16_t *low)
{
    if (o->config.binding->sequence_bytes == 0 || record.len < ID_BYTES + 2u)
        return false;
    *low = camseal_load_le16(record.data + ID_BYTES);
    return true;
}

/* Tries the keys of one direction. With `any_number` the counter is taken from the record. */
static camseal_status try_direction(camseal_spdm_observer *o, spdm_layer *l, spdm_watched *s,
                                    unsigned d, bool any_number, camseal_span *message)
{
    for (unsigned next = 0; next < (s->has_next[d] ? 2u : 1u); next++) {
        spdm_keys *keys = next ? &s->next[d] : &s->s.keys[d];
        spdm_keys copy = *keys;
        uint16_t low;
        if (any_number && wire_sequence(o, l->seen.bytes, &low))
            copy.sequence = (copy.sequence & ~(uint64_t)UINT16_MAX) | low;
        l->expected_sequence = keys->sequence;
        l->sequence = copy.sequence;
        camseal_status status = open_under(o, s, &copy, l->seen.bytes, message);
        if (opened(status)) {
            l->sequence_bad = l->sequence != l->expected_sequence;
            keys->sequence = copy.sequence;
        }
        camseal_wipe(&copy, sizeof copy);
        if (!opened(status))
            continue;
        if (next) {
            s->s.keys[d] = s->next[d];
            memcpy(s->s.secrets.traffic[d], s->next_traffic[d], sizeof s->next_traffic[d]);
            s->has_next[d] = false;
        }
        l->seen.from_requester = d == SPDM_DIR_REQ;
        return status;
    }
    return CAMSEAL_E_AUTH;
}

static camseal_status try_all(camseal_spdm_observer *o, spdm_layer *l, spdm_watched *s,
                              spdm_heading heading, camseal_span *message)
{
    unsigned likely = l->seen.from_requester ? SPDM_DIR_REQ : SPDM_DIR_RSP;
    for (unsigned any_number = 0; any_number < 2; any_number++) {
        if (any_number && o->config.binding->sequence_bytes == 0)
            break;
        camseal_status status = try_direction(o, l, s, likely, any_number != 0, message);
        if (!opened(status) && heading == SPDM_HEADING_UNKNOWN)
            status = try_direction(o, l, s, 1u - likely, any_number != 0, message);
        if (opened(status))
            return status;
    }
    return CAMSEAL_E_AUTH;
}

static spdm_watched *session_of(camseal_spdm_observer *o, uint32_t id)
{
    for (unsigned i = 0; i < OBSERVER_SESSIONS; i++)
        if (o->sessions[i].s.state != SPDM_SESSION_FREE && o->sessions[i].s.id == id)
            return &o->sessions[i];
    return NULL;
}

/* Why a record cannot be opened at all; NULL: it can. */
static const char *obstacle(const camseal_spdm_observer *o, const spdm_watched *s)
{
    if (!s)
        return "no such session was seen to begin";
    if (!o->aead)
        return "this build's library lacks the negotiated cipher";
    return s->chosen ? NULL : "the session's keys are not known";
}

/* A record that stays closed: what it held is missing from the handshake, and it used a number. */
static void give_up(camseal_spdm_observer *o, const spdm_layer *l, spdm_watched *s)
{
    const char *detail = obstacle(o, s);
    bool failed = !detail || (!s && o->settled); /* the whole connection was seen */
    o->config.message(o->config.user, &l->seen);
    camseal_spdm_observer_say(o, l, SPDM_CHECK_RECORD, failed ? SPDM_FAILED : SPDM_NOT_CHECKED,
                              "record tag", detail ? detail : "it does not open");
    o->last = l->seen.from_requester ? SPDM_HEADING_REQ : SPDM_HEADING_RSP;
    if (!s)
        return;
    s->flow[0].pending.open = s->flow[1].pending.open = false;
    s->lost = s->lost || s->s.state == SPDM_SESSION_HANDSHAKE;
    s->s.keys[l->seen.from_requester ? SPDM_DIR_REQ : SPDM_DIR_RSP].sequence++;
}

bool camseal_spdm_observer_record(camseal_spdm_observer *o, spdm_layer *l, spdm_heading heading)
{
    camseal_span message;
    if (camseal_spdm_record_session(l->seen.bytes, &l->seen.session_id) != CAMSEAL_OK) {
        o->config.message(o->config.user, &l->seen);
        camseal_spdm_observer_say(o, l, SPDM_CHECK_RECORD, SPDM_FAILED, "record tag",
                                  "shorter than a record");
        return false;
    }
    spdm_watched *s = session_of(o, l->seen.session_id);
    camseal_status status = obstacle(o, s) ? CAMSEAL_E_KEY : try_all(o, l, s, heading, &message);
    if (!opened(status)) {
        give_up(o, l, s);
        return false;
    }
    l->session = s;
    l->padded = false;
    if (status == CAMSEAL_OK) {
        l->seen.bytes = message;
        return true;
    }
    o->last = l->seen.from_requester ? SPDM_HEADING_REQ : SPDM_HEADING_RSP;
    camseal_spdm_observer_tell(o, l);
    return false;
}
