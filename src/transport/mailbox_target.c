/* The target's side of the CCI mailbox: registers that hold a request and its answer.
 *
 * IDLE -SUBMIT-> FRESH -take-> WORKING -answer-> ANSWERED -SUBMIT-> FRESH; RESET leads to
 * IDLE from anywhere. The inbox is frozen while a request waits for its answer, so that what was
 * checked is what is used. An answer stays until the next request: a controller that lost it reads
 * again. A sequence number is heard once; sent again, it changes nothing. */
#include <string.h>

#include "base/load.h"
#include "mailbox.h"

enum { IDLE = 0, FRESH, WORKING, ANSWERED };

static bool is_busy(const camseal_mailbox_target *t)
{
    return t->state == FRESH || t->state == WORKING;
}

static camseal_mspan at_most(camseal_mspan memory, size_t n)
{
    return camseal_mspan_of(memory.data, memory.len < n ? memory.len : n);
}

camseal_status camseal_mailbox_target_init(camseal_mailbox_target *t, camseal_mspan inbox,
                                           camseal_mspan outbox)
{
    memset(t, 0, sizeof *t);
    if (inbox.len <= CAMSEAL_MAILBOX_OVERHEAD || outbox.len <= CAMSEAL_MAILBOX_OVERHEAD)
        return CAMSEAL_E_MEMORY;
    t->inbox = at_most(inbox, MAILBOX_FRAME_MAX);
    t->outbox = at_most(outbox, MAILBOX_FRAME_MAX);
    memset(t->inbox.data, 0, t->inbox.len);
    return CAMSEAL_OK;
}

/* ---- registers ------------------------------------------------------------------------------- */

static void submit(camseal_mailbox_target *t)
{
    mailbox_header h;
    camseal_span message;
    if (is_busy(t)) /* a repetition, whatever it says: the status tells */
        return;
    t->reason = (uint8_t)camseal_priv_mailbox_parse(camseal_span_of(t->inbox.data, t->inbox.len),
                                                    &h, &message);
    if (t->reason == MAILBOX_FINE && h.length == 0)
        t->reason = MAILBOX_BAD_LENGTH;
    bool heard = t->sequence_known && h.sequence == t->sequence;
    if (t->reason != MAILBOX_FINE || heard)
        return;
    t->sequence = h.sequence;
    t->sequence_known = true;
    t->outbox_bytes = 0;
    t->ticket++;
    t->state = FRESH;
}

static void command(camseal_mailbox_target *t, uint8_t value)
{
    if (value == MAILBOX_SUBMIT) {
        submit(t);
        return;
    }
    t->reason = MAILBOX_BAD_COMMAND;
    if (value != MAILBOX_RESET)
        return;
    t->reason = MAILBOX_FINE;
    t->state = IDLE;
    t->sequence_known = false;
    t->outbox_bytes = 0;
    t->ticket++;
}

static void write_register(camseal_mailbox_target *t, uint32_t index, uint8_t value)
{
    size_t at = (size_t)t->page * MAILBOX_PAGE_BYTES + (index - CAMSEAL_MAILBOX_WINDOW);
    if (index == CAMSEAL_MAILBOX_CONTROL)
        command(t, value);
    else if (index == CAMSEAL_MAILBOX_PAGE)
        t->page = value;
    else if (index >= CAMSEAL_MAILBOX_WINDOW && index < CAMSEAL_MAILBOX_END && !is_busy(t) &&
             at < t->inbox.len)
        t->inbox.data[at] = value;
}

void camseal_mailbox_target_write(camseal_mailbox_target *t, uint16_t index, camseal_span bytes)
{
    for (size_t i = 0; i < bytes.len && index + i < CAMSEAL_MAILBOX_END; i++)
        write_register(t, (uint32_t)(index + i), bytes.data[i]);
}

static uint8_t status_register(const camseal_mailbox_target *t)
{
    uint32_t bits = (uint32_t)t->reason << MAILBOX_REASON_SHIFT;
    bits |= is_busy(t) ? MAILBOX_BUSY : MAILBOX_READY;
    bits |= t->state == ANSWERED ? MAILBOX_RESPONSE : 0;
    return (uint8_t)bits;
}

static uint8_t read_register(const camseal_mailbox_target *t, size_t index)
{
    if (index == CAMSEAL_MAILBOX_STATUS)
        return status_register(t);
    if (index == CAMSEAL_MAILBOX_PAGE)
        return t->page;
    if (index < CAMSEAL_MAILBOX_WINDOW || index >= CAMSEAL_MAILBOX_END)
        return 0;
    size_t at = (size_t)t->page * MAILBOX_PAGE_BYTES + (index - CAMSEAL_MAILBOX_WINDOW);
    return at < t->outbox_bytes ? t->outbox.data[at] : 0;
}

void camseal_mailbox_target_read(const camseal_mailbox_target *t, uint16_t index, camseal_mspan out)
{
    for (size_t i = 0; i < out.len; i++)
        out.data[i] = read_register(t, index + i);
}

/* ---- the application's side ------------------------------------------------------------------ */

camseal_status camseal_mailbox_target_take(camseal_mailbox_target *t,
                                           camseal_mailbox_request *request)
{
    *request = (camseal_mailbox_request){0, {NULL, 0}, 0};
    if (t->state != FRESH)
        return CAMSEAL_PENDING;
    mailbox_header h = camseal_priv_mailbox_read_header(t->inbox.data);
    request->kind = camseal_priv_mailbox_kind(h.type);
    request->message = camseal_span_of(t->inbox.data + MAILBOX_FRAME_HEADER, h.length);
    request->ticket = t->ticket;
    t->state = WORKING;
    return CAMSEAL_OK;
}

camseal_status camseal_mailbox_target_answer(camseal_mailbox_target *t, uint32_t ticket,
                                             uint8_t kind, camseal_span message)
{
    mailbox_header h = {camseal_priv_mailbox_type(kind), t->sequence, (uint16_t)message.len};
    if (t->state != WORKING || ticket != t->ticket)
        return CAMSEAL_E_STATE;
    if (camseal_priv_mailbox_kind(h.type) != kind)
        return CAMSEAL_E_ARGUMENT;
    if (message.len > t->outbox.len - CAMSEAL_MAILBOX_OVERHEAD)
        return CAMSEAL_E_SPACE;
    uint8_t *out = t->outbox.data;
    camseal_priv_mailbox_write_header(out, &h);
    if (message.len)
        memmove(out + MAILBOX_FRAME_HEADER, message.data, message.len);
    camseal_store_le32(
        out + MAILBOX_FRAME_HEADER + message.len,
        camseal_priv_mailbox_crc(out, camseal_span_of(out + MAILBOX_FRAME_HEADER, message.len)));
    t->outbox_bytes = message.len + CAMSEAL_MAILBOX_OVERHEAD;
    t->state = ANSWERED;
    return CAMSEAL_OK;
}
