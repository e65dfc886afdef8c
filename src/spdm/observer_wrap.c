/* Messages in messages: chunks of a large one, and encapsulated requests and responses. */
#include "observer_state.h"

#include <string.h>

#include "msg/chunk.h"
#include "msg/encapsulated.h"
#include "msg/short.h"

/* The next turn of the loop reads `bytes`. */
static void read_next(camseal_spdm_observer *o, const spdm_layer *l, camseal_span bytes)
{
    o->todo = *l;
    o->todo.seen.bytes = bytes;
    o->has_todo = true;
}

/* ---- chunks --------------------------------------------------------------------------------- */

static void say_chunk(camseal_spdm_observer *o, const spdm_layer *l, const char *detail)
{
    camseal_spdm_observer_say(o, l, SPDM_CHECK_FORMAT, SPDM_FAILED, "chunk", detail);
}

static bool begin_assembly(camseal_spdm_observer *o, const spdm_layer *l, spdm_assembly *a,
                           const spdm_chunk *m)
{
    memset(&a->cover, 0, sizeof a->cover);
    a->open = m->message <= o->config.max_message;
    a->handle = m->handle;
    a->next = a->len = 0;
    a->total = m->message;
    a->session = l->session;
    if (!a->open)
        say_chunk(o, l, "the message is larger than what is kept");
    return a->open;
}

static void add_chunk(camseal_spdm_observer *o, const spdm_layer *l, spdm_assembly *a,
                      const spdm_chunk *m)
{
    if (m->seq == 0 && !begin_assembly(o, l, a, m))
        return;
    if (!a->open || m->handle != a->handle || m->seq != a->next || a->session != l->session ||
        m->bytes.len > a->total - a->len) {
        say_chunk(o, l, "not the next one of a transfer");
        a->open = false;
        return;
    }
    memcpy(a->data + a->len, m->bytes.data, m->bytes.len);
    a->len += (uint32_t)m->bytes.len;
    a->next++;
    camseal_spdm_cover_join(&a->cover, &l->cover);
    if (!m->last)
        return;
    a->open = false;
    if (a->len != a->total) {
        say_chunk(o, l, "the last one does not complete the message");
        return;
    }
    read_next(o, l, camseal_span_of(a->data, a->len));
    o->todo.seen.reassembled = true;
    o->todo.padded = false;
    o->todo.cover = a->cover;
}

static void take_chunk(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_chunk m;
    camseal_span message;
    if (camseal_spdm_observer_parsed(o, l, camseal_spdm_read_chunk(&r, &m), &r, &message))
        add_chunk(o, l, &o->assembly[l->seen.code == SPDM_CHUNK_SEND ? 0 : 1], &m);
}

void camseal_spdm_observer_chunk(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_chunk_ack ack;
    spdm_chunk_get get;
    camseal_span message;
    switch (l->seen.code) {
    case SPDM_CHUNK_SEND_ACK:
        if (!camseal_spdm_observer_parsed(o, l, camseal_spdm_read_chunk_ack(&r, &ack), &r,
                                          &message))
            return;
        o->assembly[0].open = o->assembly[0].open && !ack.early_error;
        if (ack.response.len >= SPDM_HEADER_BYTES) {
            read_next(o, l, ack.response);
            o->todo.seen.reassembled = true;
        }
        break;
    case SPDM_CHUNK_GET:
        (void)camseal_spdm_observer_parsed(o, l, camseal_spdm_read_chunk_get(&r, &get), &r,
                                           &message);
        break;
    default:
        take_chunk(o, l);
        break;
    }
}

/* ---- encapsulated messages ------------------------------------------------------------------ */

static void read_inner(camseal_spdm_observer *o, const spdm_layer *l, camseal_span inner)
{
    read_next(o, l, inner);
    o->todo.seen.encapsulated = true;
}

/* KEY_EXCHANGE_RSP may ask for the requester's DIGESTS without a request of its own. */
static void expect_implicit_digests(camseal_spdm_observer *o, const spdm_layer *l,
                                    const spdm_encapsulated *m)
{
    const spdm_watched *s = l->session ? l->session : o->handshake;
    spdm_flow *flows = l->session ? l->session->flow : o->flow;
    spdm_pending *p = &flows[1].pending;
    if (p->open || !s || !s->implicit_digests || m->inner.len < SPDM_HEADER_BYTES ||
        m->inner.data[1] != SPDM_DIGESTS)
        return;
    memset(p, 0, sizeof *p);
    p->open = true;
    p->header.code = SPDM_GET_DIGESTS;
}

static void take_encapsulated(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_encapsulated m;
    camseal_span message;
    if (!camseal_spdm_observer_parsed(o, l, camseal_spdm_read_encapsulated(&r, &m), &r, &message))
        return;
    if (l->seen.code == SPDM_DELIVER_ENCAPSULATED_RESPONSE)
        expect_implicit_digests(o, l, &m);
    read_inner(o, l, m.inner);
}

static void take_ack(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    spdm_encapsulated_ack m;
    camseal_span message;
    camseal_status status = camseal_spdm_read_encapsulated_ack(&r, &m);
    if (camseal_spdm_observer_parsed(o, l, status, &r, &message) && m.payload == SPDM_ACK_REQUEST)
        read_inner(o, l, m.inner);
}

void camseal_spdm_observer_encapsulated(camseal_spdm_observer *o, const spdm_layer *l)
{
    camseal_reader r = camseal_reader_of(l->seen.bytes);
    camseal_span message;
    if (l->seen.encapsulated) {
        camseal_spdm_observer_say(o, l, SPDM_CHECK_FORMAT, SPDM_FAILED, "message format",
                                  "encapsulated twice");
        return;
    }
    switch (l->seen.code) {
    case SPDM_GET_ENCAPSULATED_REQUEST:
        (void)camseal_spdm_observer_parsed(o, l, camseal_spdm_read_bare(&r), &r, &message);
        break;
    case SPDM_ENCAPSULATED_RESPONSE_ACK:
        take_ack(o, l);
        break;
    default:
        take_encapsulated(o, l);
        break;
    }
}
