/* The controller's side of the CCI mailbox: one request and its answer as bus transactions.
 *
 * RESET -> RESET_CHECK -> PUT (each page) -> SUBMIT -> POLL -> SELECT, GET (each page). The status
 * register has no CRC and is only a hint: what counts is a whole answer with our sequence number.
 * Whatever looks wrong is done again, a bounded number of times; the target hears a sequence number
 * once, so doing it again is safe. */
#include <string.h>

#include "base/load.h"
#include "mailbox.h"

enum { IDLE = 0, RESET, RESET_CHECK, PUT, SUBMIT, POLL, SELECT, GET };
enum { POLL_DEFAULT_US = 1000, TIMEOUT_DEFAULT_US = 5000000, ATTEMPTS_DEFAULT = 8 };

camseal_status camseal_mailbox_controller_init(camseal_mailbox_controller *c, camseal_mspan answer,
                                               const camseal_mailbox_config *config)
{
    memset(c, 0, sizeof *c);
    if (answer.len <= CAMSEAL_MAILBOX_OVERHEAD)
        return CAMSEAL_E_MEMORY;
    c->answer = answer;
    if (config)
        c->config = *config;
    if (c->config.poll_us == 0)
        c->config.poll_us = POLL_DEFAULT_US;
    if (c->config.timeout_us == 0)
        c->config.timeout_us = TIMEOUT_DEFAULT_US;
    if (c->config.attempts == 0)
        c->config.attempts = ATTEMPTS_DEFAULT;
    return CAMSEAL_OK;
}

static void write_own_header(const camseal_mailbox_controller *c, uint8_t out[4])
{
    mailbox_header h = {camseal_priv_mailbox_type(c->kind), c->sequence, (uint16_t)c->message.len};
    camseal_priv_mailbox_write_header(out, &h);
}

camseal_status camseal_mailbox_controller_begin(camseal_mailbox_controller *c, uint8_t kind,
                                                camseal_span message, uint64_t now_us)
{
    uint8_t header[MAILBOX_FRAME_HEADER];
    if (c->state != IDLE)
        return CAMSEAL_E_STATE;
    if (camseal_priv_mailbox_type(kind) == 0xFF || message.len == 0 ||
        message.len > CAMSEAL_MAILBOX_MESSAGE_MAX)
        return CAMSEAL_E_ARGUMENT;
    c->kind = kind;
    c->message = message;
    c->sequence++;
    write_own_header(c, header);
    c->crc = camseal_priv_mailbox_crc(header, message);
    c->deadline_us =
        now_us > UINT64_MAX - c->config.timeout_us ? UINT64_MAX : now_us + c->config.timeout_us;
    c->poll_at_us = now_us;
    c->failures = c->refusals = 0;
    c->asked = false;
    c->offset = 0;
    c->state = c->synchronised ? PUT : RESET;
    return CAMSEAL_OK;
}

/* ---- what comes next ------------------------------------------------------------------------- */

/* Byte i of our frame. */
static uint8_t frame_byte(const camseal_mailbox_controller *c, const uint8_t header[4], size_t i)
{
    if (i < MAILBOX_FRAME_HEADER)
        return header[i];
    i -= MAILBOX_FRAME_HEADER;
    if (i < c->message.len)
        return c->message.data[i];
    return (uint8_t)(c->crc >> 8 * (i - c->message.len));
}

static uint8_t page_of(const camseal_mailbox_controller *c)
{
    return (uint8_t)(c->offset / MAILBOX_PAGE_BYTES);
}

static void write_step(camseal_mailbox_controller *c, camseal_mailbox_step *step, uint16_t index,
                       size_t n)
{
    step->next = CAMSEAL_MAILBOX_WRITE;
    step->index = index;
    step->write = camseal_span_of(c->scratch, n);
}

static void read_step(camseal_mailbox_controller *c, camseal_mailbox_step *step, uint16_t index,
                      size_t n)
{
    step->next = CAMSEAL_MAILBOX_READ;
    step->index = index;
    step->read = camseal_mspan_of(c->scratch, n);
}

/* Page number, the reserved register and the page's bytes are one transaction: a lost one loses
 * them together. */
static void put_page(camseal_mailbox_controller *c, camseal_mailbox_step *step)
{
    uint8_t header[MAILBOX_FRAME_HEADER];
    size_t n = c->message.len + CAMSEAL_MAILBOX_OVERHEAD - c->offset;
    if (n > MAILBOX_PAGE_BYTES)
        n = MAILBOX_PAGE_BYTES;
    write_own_header(c, header);
    c->scratch[0] = page_of(c);
    c->scratch[1] = 0;
    for (size_t i = 0; i < n; i++)
        c->scratch[MAILBOX_BURST_LEAD + i] = frame_byte(c, header, c->offset + i);
    write_step(c, step, CAMSEAL_MAILBOX_PAGE, MAILBOX_BURST_LEAD + n);
}

static void issue(camseal_mailbox_controller *c, camseal_mailbox_step *step)
{
    c->asked = true;
    if (c->state == PUT) {
        put_page(c, step);
    } else if (c->state == RESET || c->state == SUBMIT) {
        c->scratch[0] = c->state == RESET ? MAILBOX_RESET : MAILBOX_SUBMIT;
        write_step(c, step, CAMSEAL_MAILBOX_CONTROL, 1);
    } else if (c->state == SELECT) {
        c->scratch[0] = page_of(c);
        write_step(c, step, CAMSEAL_MAILBOX_PAGE, 1);
    } else if (c->state == GET) {
        read_step(c, step, CAMSEAL_MAILBOX_PAGE, MAILBOX_BURST_LEAD + MAILBOX_PAGE_BYTES);
    } else if (c->state == POLL && step->now_us < c->poll_at_us) {
        c->asked = false;
        step->next = CAMSEAL_MAILBOX_WAIT;
        step->wake_us = c->poll_at_us < c->deadline_us ? c->poll_at_us : c->deadline_us;
    } else {
        read_step(c, step, CAMSEAL_MAILBOX_STATUS, 1);
    }
}

/* ---- what came of it ------------------------------------------------------------------------- */

/* Moves on to `state`, at the start of a frame. */
static camseal_status go(camseal_mailbox_controller *c, uint8_t state)
{
    c->state = state;
    c->offset = 0;
    return CAMSEAL_OK;
}

/* The bus misbehaves: `state` again, unless it does so all the time. */
static camseal_status retry(camseal_mailbox_controller *c, uint8_t state)
{
    if (++c->failures > c->config.attempts)
        return CAMSEAL_E_IO;
    c->state = state;
    return CAMSEAL_OK;
}

/* A whole frame was for nothing: from its start again, unless it is so each time. */
static camseal_status start_over(camseal_mailbox_controller *c, uint8_t state,
                                 camseal_status at_last)
{
    if (++c->refusals > c->config.attempts)
        return at_last;
    return go(c, state);
}

static camseal_status take_status(camseal_mailbox_controller *c, uint64_t now_us)
{
    uint8_t status = c->scratch[0];
    uint8_t reason = status >> MAILBOX_REASON_SHIFT;
    bool ready = (status & MAILBOX_READY) != 0;
    bool busy = (status & MAILBOX_BUSY) != 0;
    c->poll_at_us = now_us + c->config.poll_us;
    if (ready == busy || (status & MAILBOX_RESERVED) || reason > MAILBOX_BAD_COMMAND)
        return retry(c, POLL);
    c->failures = 0;
    if (busy)
        return CAMSEAL_OK;
    if (reason == MAILBOX_BAD_LENGTH)
        return start_over(c, PUT, CAMSEAL_E_SPACE);
    if (reason != MAILBOX_FINE)
        return start_over(c, PUT, CAMSEAL_E_CRC);
    if (status & MAILBOX_RESPONSE)
        return go(c, SELECT);
    return start_over(c, PUT, CAMSEAL_E_IO); /* the command was lost */
}

/* The first page tells how long the answer is and whose it is. */
static camseal_status take_answer_header(camseal_mailbox_controller *c)
{
    mailbox_header h = camseal_priv_mailbox_read_header(c->scratch + MAILBOX_BURST_LEAD);
    c->frame_bytes = (size_t)h.length + CAMSEAL_MAILBOX_OVERHEAD;
    if (h.sequence != c->sequence) /* an older answer: our command was lost */
        return start_over(c, PUT, CAMSEAL_E_CRC);
    if (c->frame_bytes > c->answer.len)
        return start_over(c, SELECT, CAMSEAL_E_SPACE);
    return CAMSEAL_OK;
}

static camseal_status take_page(camseal_mailbox_controller *c, camseal_frame *frame)
{
    mailbox_header h;
    if (c->scratch[0] != page_of(c))
        return retry(c, SELECT);
    if (c->offset == 0) {
        camseal_status status = take_answer_header(c);
        if (status != CAMSEAL_OK || c->state != GET)
            return status;
    }
    size_t n = c->frame_bytes - c->offset;
    if (n > MAILBOX_PAGE_BYTES)
        n = MAILBOX_PAGE_BYTES;
    memcpy(c->answer.data + c->offset, c->scratch + MAILBOX_BURST_LEAD, n);
    c->offset += n;
    c->failures = 0;
    c->state = SELECT;
    if (c->offset < c->frame_bytes)
        return CAMSEAL_OK;
    if (camseal_priv_mailbox_parse(camseal_span_of(c->answer.data, c->frame_bytes), &h,
                                   &frame->payload) != MAILBOX_FINE)
        return start_over(c, SELECT, CAMSEAL_E_CRC);
    frame->kind = camseal_priv_mailbox_kind(h.type);
    frame->bytes = c->frame_bytes;
    return go(c, IDLE);
}

static camseal_status took_reset(camseal_mailbox_controller *c)
{
    if (c->scratch[0] != MAILBOX_READY)
        return retry(c, RESET);
    c->synchronised = true;
    c->failures = 0;
    return go(c, PUT);
}

static camseal_status take(camseal_mailbox_controller *c, camseal_mailbox_step *step)
{
    if (step->failed)
        return retry(c, c->state);
    switch (c->state) {
    case RESET:
        return go(c, RESET_CHECK);
    case RESET_CHECK:
        return took_reset(c);
    case PUT:
        c->failures = 0;
        c->offset += MAILBOX_PAGE_BYTES;
        if (c->offset >= c->message.len + CAMSEAL_MAILBOX_OVERHEAD)
            return go(c, SUBMIT);
        return CAMSEAL_OK;
    case SUBMIT:
        return go(c, POLL);
    case POLL:
        return take_status(c, step->now_us);
    case SELECT:
        c->state = GET;
        return CAMSEAL_OK;
    default:
        return take_page(c, &step->frame);
    }
}

camseal_status camseal_mailbox_controller_step(camseal_mailbox_controller *c,
                                               camseal_mailbox_step *step)
{
    camseal_status status = CAMSEAL_OK;
    step->next = CAMSEAL_MAILBOX_DONE;
    step->index = 0;
    step->write = camseal_span_of(NULL, 0);
    step->read = camseal_mspan_of(NULL, 0);
    step->frame = (camseal_frame){0, {NULL, 0}, 0};
    step->wake_us = UINT64_MAX;
    if (c->state == IDLE)
        return CAMSEAL_E_STATE;
    if (c->asked)
        status = take(c, step);
    c->asked = false;
    if (status == CAMSEAL_OK && c->state != IDLE && step->now_us >= c->deadline_us)
        status = CAMSEAL_E_TIMEOUT;
    if (status != CAMSEAL_OK) {
        c->state = IDLE;
        c->synchronised = false;
        step->frame = (camseal_frame){0, {NULL, 0}, 0};
        return status;
    }
    if (c->state != IDLE)
        issue(c, step);
    return CAMSEAL_OK;
}
