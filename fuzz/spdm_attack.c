/* Changes of one message: its bytes on the wire, or the SPDM message inside a record, which is then
 * sealed again with the right key. */
#include "spdm_attack.h"

#include <string.h>

enum kind {
    FLIP,
    SET,
    SET_16,
    SET_32,
    CUT,
    EXTEND,
    INSERT,
    REMOVE,
    REPLACE,
    REPLACE_BODY,
    REPLAY,
    DELIVERY,
    ERROR,
    BEFORE,
    TIME,
    INTERRUPT
};

/* ---- messages ------------------------------------------------------------------------------- */

void wire_copy(wire *out, const wire *in)
{
    memcpy(out->bytes, in->bytes, in->len);
    memcpy(out->plain, in->plain, in->plain_len);
    out->len = in->len;
    out->plain_len = in->plain_len;
    out->secured = in->secured;
}

void history_note(history *h, const wire *m)
{
    wire_copy(&h->ring[h->n++ % RING], m);
}

/* ---- changes of bytes ----------------------------------------------------------------------- */

typedef struct text {
    uint8_t *bytes;
    size_t len;
} text;

/* Counted from the start, or, from 128 on, from the end. */
static size_t place_in(const text *t, uint8_t at)
{
    size_t back = 256u - at;
    size_t place = at < 128 ? at : t->len - (back < t->len ? back : t->len);
    return place < t->len ? place : t->len;
}

static void set_number(text *t, input *in, size_t bytes)
{
    size_t at = place_in(t, take(in));
    uint8_t choice = take(in);
    const uint32_t values[] = {0,      1,          0xFFFF,      0x8000,
                               0x7FFF, UINT32_MAX, 0x80000000u, (uint32_t)t->len};
    uint32_t value = values[choice & 7u] + (uint32_t)(choice >> 3) - 8u * (choice >= 128);
    for (size_t i = 0; i < bytes && at + i < t->len; i++)
        t->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static void insert(text *t, size_t at, camseal_span chunk)
{
    size_t room = WIRE_ROOM - CAMSEAL_SPDM_RECORD_OVERHEAD - t->len;
    size_t n = chunk.len < room ? chunk.len : room;
    memmove(t->bytes + at + n, t->bytes + at, t->len - at);
    if (n)
        memcpy(t->bytes + at, chunk.data, n);
    t->len += n;
}

static void remove_bytes(text *t, size_t at, size_t n)
{
    if (n > t->len - at)
        n = t->len - at;
    memmove(t->bytes + at, t->bytes + at + n, t->len - at - n);
    t->len -= n;
}

static void replace(text *t, size_t from, camseal_span chunk)
{
    if (from > t->len)
        from = t->len;
    t->len = from;
    insert(t, from, chunk);
}

static void flip(text *t, input *in, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        size_t at = place_in(t, take(in));
        uint8_t mask = take(in);
        if (at < t->len)
            t->bytes[at] ^= mask;
    }
}

/* ERROR with this code and ExtendedErrorData, in the version of the message. */
static void make_error(text *t, input *in)
{
    uint8_t version = t->len ? t->bytes[0] : (uint8_t)0;
    uint8_t head[4] = {version, SPDM_ERROR, take(in), take(in)};
    replace(t, 0, camseal_span_of(head, sizeof head));
    insert(t, t->len, take_chunk(in));
}

/* `n`: a small number from the attack's byte. */
static void change(text *t, input *in, enum kind kind, unsigned n)
{
    size_t at;
    switch (kind) {
    case FLIP:
        flip(t, in, n + 1);
        break;
    case SET:
        at = place_in(t, take(in));
        if (at < t->len)
            t->bytes[at] = take(in);
        break;
    case SET_16:
    case SET_32:
        set_number(t, in, kind == SET_16 ? 2 : 4);
        break;
    case CUT:
        t->len = place_in(t, take(in));
        break;
    case EXTEND:
        insert(t, t->len, take_chunk(in));
        break;
    case INSERT:
        at = place_in(t, take(in));
        insert(t, at, take_chunk(in));
        break;
    case REMOVE:
        at = place_in(t, take(in));
        remove_bytes(t, at, take(in));
        break;
    case REPLACE:
        replace(t, 0, take_chunk(in));
        break;
    case REPLACE_BODY:
        replace(t, 2, take_chunk(in));
        break;
    default:
        make_error(t, in);
        break;
    }
}

/* ---- changes of messages -------------------------------------------------------------------- */

/* The session that a record is for: which of the receiver's, or one that it has not. */
static size_t session_of(spdm_role to, const wire *m)
{
    uint32_t id = 0;
    if (to == SPDM_ROLE_REQUESTER)
        return eng.req->session;
    for (size_t i = 0; i < 4 && i < m->len; i++)
        id |= (uint32_t)m->bytes[i] << 8 * i;
    for (size_t i = 0; i < eng.rsp->config.max_sessions; i++)
        if (eng.rsp->sessions[i].id == id)
            return i;
    return 0;
}

/* The message inside, sealed again. A receiver that has no keys gets what there was. */
static bool change_inside(input *in, spdm_role to, wire *m, enum kind kind, unsigned n)
{
    text t = {m->plain, m->plain_len};
    change(&t, in, kind, n);
    m->plain_len = t.len;
    static uint8_t record[WIRE_ROOM];
    size_t len = engines_seal(to, session_of(to, m), camseal_span_of(m->plain, t.len), record);
    if (!len)
        return false;
    memcpy(m->bytes, record, len);
    m->len = len;
    return true;
}

static void change_wire(input *in, wire *m, enum kind kind, unsigned n)
{
    text t = {m->bytes, m->len};
    change(&t, in, kind, n);
    m->len = t.len;
}

static unsigned deliver(wire *m, history *h, unsigned n)
{
    if (n == 0)
        return 0;
    if (n == 1)
        return 2;
    if (n == 2) {
        wire_copy(&h->held, m);
        return 0;
    }
    m->secured = !m->secured;
    return 1;
}

/* A message of the input, in clear or under a session's keys, in front of the real one. */
static void come_before(attack *a, input *in, spdm_role to, unsigned n)
{
    camseal_span chunk = take_chunk(in);
    a->before.secured = n & 1u;
    a->before.plain_len = 0;
    a->before.len = chunk.len;
    if (n & 2u) {
        a->before.len = engines_seal(to, take(in), chunk, a->before.bytes);
        a->forged |= a->before.len > 0;
    } else if (chunk.len) {
        memcpy(a->before.bytes, chunk.data, chunk.len);
    }
    a->extra = a->before.len > 0;
}

void attack_message(attack *a, input *in, spdm_role to, wire *m, history *h)
{
    uint8_t byte = take(in);
    enum kind kind = byte & 15u;
    unsigned n = byte >> 5 & 3u;
    bool inside = m->secured && m->plain_len && !(byte & 0x10);
    a->copies = 1;
    a->forged = a->extra = false;
    a->again = byte & 0x80;
    switch (kind) {
    case REPLAY:
        wire_copy(m, &h->ring[n]);
        break;
    case DELIVERY:
        a->copies = deliver(m, h, n);
        break;
    case BEFORE:
        come_before(a, in, to, n);
        break;
    case TIME:
        eng.now += UINT64_C(1) << take(in) % 36u;
        break;
    case INTERRUPT:
        eng.interruption = take_chunk(in);
        break;
    default:
        if (inside)
            a->forged = change_inside(in, to, m, kind, n);
        else
            change_wire(in, m, kind, n);
        break;
    }
    if (m->len == 0)
        a->copies = 0;
}
