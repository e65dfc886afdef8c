#include "link_bus.h"

#include <stdlib.h>
#include <string.h>

#include "base/load.h"
#include "base/try.h"
#include "clock.h"
#include "link_state.h"

enum {
    HEAD = 3,
    INDEX = 2,
    ACK = 1,
    FRAME_MAX = CAMSEAL_MAILBOX_MESSAGE_MAX + CAMSEAL_MAILBOX_OVERHEAD
};

struct link_bus {
    bool is_target;
    bool open;    /* controller: an exchange runs; target: a request waits for its answer */
    bool waiting; /* controller: a transaction was sent, its answer is awaited            */
    camseal_mailbox_controller controller;
    camseal_mailbox_step step;
    camseal_mailbox_target target;
    uint32_t ticket;
    uint8_t bytes[LINK_BUS_TRANSACTION_MAX]; /* that go out */
    uint8_t request[FRAME_MAX], answer[FRAME_MAX];
};

static camseal_mspan request_room(link_bus *bus)
{
    return camseal_mspan_of(bus->request, sizeof bus->request);
}

static camseal_mspan answer_room(link_bus *bus)
{
    return camseal_mspan_of(bus->answer, sizeof bus->answer);
}

static camseal_status reset(link_bus *bus)
{
    /* The link's caller knows how long to wait, and gives up. */
    const camseal_mailbox_config config = {.timeout_us = UINT64_MAX};
    bus->open = false;
    if (bus->is_target)
        return camseal_mailbox_target_init(&bus->target, request_room(bus), answer_room(bus));
    return camseal_mailbox_controller_init(&bus->controller, answer_room(bus), &config);
}

link_bus *camseal_link_bus_new(bool target)
{
    link_bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        return NULL;
    bus->is_target = target;
    if (reset(bus) == CAMSEAL_OK)
        return bus;
    free(bus);
    return NULL;
}

void camseal_link_bus_free(link_bus *bus)
{
    free(bus);
}

/* Sends one unit of the bus. */
static camseal_status put(camseal_link *link, size_t n, uint64_t deadline, int wake_fd)
{
    const camseal_span bytes = {link->bus->bytes, n};
    const link_unit unit = {CAMSEAL_EMU_NORMAL, 0, bytes, 0};
    CAMSEAL_TRY(camseal_link_add_unit(link, &unit, &bytes, 1));
    return camseal_link_drain(link, camseal_posix_left(deadline), wake_fd);
}

static camseal_status get(camseal_link *link, link_unit *unit, uint64_t deadline, int wake_fd)
{
    for (;;) {
        camseal_status status = camseal_link_next_unit(link, unit);
        if (status != CAMSEAL_PENDING)
            return status;
        status = camseal_link_more(link, deadline, wake_fd);
        if (status != CAMSEAL_OK)
            return status;
    }
}

static camseal_status deliver(camseal_link *link, camseal_link_frame *frame, uint8_t type,
                              camseal_mspan bytes)
{
    camseal_span in = camseal_span_of(bytes.data, bytes.len);
    frame->bytes = bytes;
    frame->type = type;
    camseal_link_count(link, false, type, &in, 1);
    return CAMSEAL_OK;
}

/* ---- controller ------------------------------------------------------------------------------ */

/* The transaction that the step wants, on its way. */
static camseal_status start_transaction(camseal_link *link, uint64_t deadline, int wake_fd)
{
    link_bus *bus = link->bus;
    const camseal_mailbox_step *s = &bus->step;
    size_t n = HEAD + INDEX + s->write.len;
    bus->bytes[0] = LINK_BUS_ADDRESS;
    camseal_store_le16(bus->bytes + 1, (uint16_t)s->read.len);
    camseal_store_be16(bus->bytes + HEAD, s->index);
    if (s->write.len)
        memcpy(bus->bytes + HEAD + INDEX, s->write.data, s->write.len);
    bus->waiting = true;
    return put(link, n, deadline, wake_fd);
}

static camseal_status end_transaction(camseal_link *link, uint64_t deadline, int wake_fd)
{
    link_unit unit;
    camseal_mailbox_step *s = &link->bus->step;
    camseal_status status = get(link, &unit, deadline, wake_fd);
    if (status != CAMSEAL_OK)
        return status;
    link->bus->waiting = false;
    s->failed = unit.payload.data[0] != 1 || unit.payload.len != ACK + s->read.len;
    if (!s->failed && s->read.len)
        memcpy(s->read.data, unit.payload.data + ACK, s->read.len);
    return CAMSEAL_OK;
}

static camseal_status sleep_until(camseal_link *link, uint64_t wake_us, uint64_t deadline,
                                  int wake_fd)
{
    uint64_t until = wake_us < deadline ? wake_us : deadline;
    camseal_status status = camseal_posix_wait(NULL, 0, camseal_posix_left(until), wake_fd);
    if (status != CAMSEAL_E_TIMEOUT)
        return status;
    if (until == wake_us)
        return CAMSEAL_OK;
    return camseal_link_failed(link, status, "the target is busy: see whether it still runs");
}

/* One thing that the mailbox wants done; PENDING is another's: a signal. */
static camseal_status play(camseal_link *link, uint64_t deadline, int wake_fd)
{
    link_bus *bus = link->bus;
    camseal_mailbox_step *s = &bus->step;
    if (!bus->waiting) {
        s->now_us = camseal_posix_now_us();
        camseal_status status = camseal_mailbox_controller_step(&bus->controller, s);
        s->failed = false;
        bus->open = status == CAMSEAL_OK && s->next != CAMSEAL_MAILBOX_DONE;
        if (status != CAMSEAL_OK)
            return camseal_link_failed(link, status, "the mailbox of the target does not work");
        if (s->next == CAMSEAL_MAILBOX_WAIT)
            return sleep_until(link, s->wake_us, deadline, wake_fd);
        if (s->next == CAMSEAL_MAILBOX_DONE)
            return CAMSEAL_OK;
        status = start_transaction(link, deadline, wake_fd);
        if (status != CAMSEAL_OK)
            return status;
    }
    return end_transaction(link, deadline, wake_fd);
}

static camseal_status controller_recv(camseal_link *link, camseal_link_frame *frame,
                                      uint64_t deadline, int wake_fd)
{
    link_bus *bus = link->bus;
    while (bus->open) {
        camseal_status status = play(link, deadline, wake_fd);
        if (status != CAMSEAL_OK)
            return status;
        size_t n = bus->step.frame.payload.len;
        if (!bus->open && n)
            return deliver(
                link, frame, bus->step.frame.kind,
                camseal_mspan_of(bus->answer + (bus->step.frame.payload.data - bus->answer), n));
    }
    /* The target has nothing to say, or was not asked. */
    camseal_status status = camseal_posix_wait(NULL, 0, camseal_posix_left(deadline), wake_fd);
    return camseal_link_failed(link, status, "the target has no answer");
}

/* ---- target ---------------------------------------------------------------------------------- */

/* One transaction on our registers; the answer is in `bytes`. */
static size_t serve_transaction(link_bus *bus, camseal_span t)
{
    size_t read = t.len >= HEAD ? camseal_load_le16(t.data + 1) : 0;
    bus->bytes[0] = 0;
    if (t.len < HEAD + INDEX || t.data[0] != LINK_BUS_ADDRESS || read > sizeof bus->bytes - ACK)
        return ACK;
    uint16_t index = camseal_load_be16(t.data + HEAD);
    camseal_span written = camseal_span_of(t.data + HEAD + INDEX, t.len - HEAD - INDEX);
    if (written.len)
        camseal_mailbox_target_write(&bus->target, index, written);
    camseal_mailbox_target_read(&bus->target, index, camseal_mspan_of(bus->bytes + ACK, read));
    bus->bytes[0] = 1;
    return ACK + read;
}

/* A request that the application let pass has no answer. */
static void answer_nothing(link_bus *bus)
{
    if (bus->open)
        (void)!camseal_mailbox_target_answer(&bus->target, bus->ticket, CAMSEAL_MESSAGE_SPDM,
                                             camseal_span_of(NULL, 0));
    bus->open = false;
}

static camseal_status target_recv(camseal_link *link, camseal_link_frame *frame, uint64_t deadline,
                                  int wake_fd)
{
    link_bus *bus = link->bus;
    camseal_mailbox_request request;
    link_unit unit;
    answer_nothing(bus);
    for (;;) {
        frame->end = camseal_link_ended(link);
        if (frame->end)
            return CAMSEAL_OK;
        camseal_status status = get(link, &unit, deadline, wake_fd);
        if (status == CAMSEAL_E_CLOSED && camseal_link_ended(link))
            continue;
        if (status == CAMSEAL_OK)
            status = put(link, serve_transaction(bus, unit.payload), UINT64_MAX, wake_fd);
        if (status != CAMSEAL_OK)
            return status;
        if (camseal_mailbox_target_take(&bus->target, &request) != CAMSEAL_OK)
            continue;
        bus->open = true;
        bus->ticket = request.ticket;
        size_t at = (size_t)(request.message.data - bus->request);
        return deliver(link, frame, request.kind,
                       camseal_mspan_of(bus->request + at, request.message.len));
    }
}

/* ---- both ------------------------------------------------------------------------------------ */

camseal_status camseal_link_bus_recv(camseal_link *link, camseal_link_frame *frame,
                                     uint64_t deadline, int wake_fd)
{
    memset(frame, 0, sizeof *frame);
    return link->bus->is_target ? target_recv(link, frame, deadline, wake_fd)
                                : controller_recv(link, frame, deadline, wake_fd);
}

/* STATE at the target: the controller gave the request up; nobody waits for this. */
static camseal_status answer(camseal_link *link, uint8_t type, camseal_span message)
{
    link_bus *bus = link->bus;
    camseal_status status = CAMSEAL_OK;
    if (bus->open)
        status = camseal_mailbox_target_answer(&bus->target, bus->ticket, type, message);
    bus->open = false;
    return status == CAMSEAL_E_STATE ? CAMSEAL_OK : status;
}

/* An exchange that still runs is given up for the new one. */
static camseal_status ask(camseal_link *link, uint8_t type, camseal_span message)
{
    link_bus *bus = link->bus;
    if (bus->open)
        CAMSEAL_TRY(reset(bus));
    CAMSEAL_TRY(
        camseal_mailbox_controller_begin(&bus->controller, type, message, camseal_posix_now_us()));
    bus->open = true;
    return CAMSEAL_OK;
}

camseal_status camseal_link_bus_send(camseal_link *link, uint8_t type, const camseal_span *spans,
                                     size_t n)
{
    link_bus *bus = link->bus;
    uint8_t joined[CAMSEAL_MAILBOX_MESSAGE_MAX];
    uint8_t *to = bus->is_target ? joined : bus->request;
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        if (spans[i].len > sizeof joined - len)
            return camseal_link_failed(link, CAMSEAL_E_ARGUMENT,
                                       "longer than the CCI mailbox can carry");
        if (spans[i].len)
            memcpy(to + len, spans[i].data, spans[i].len);
        len += spans[i].len;
    }
    camseal_span message = camseal_span_of(to, len);
    camseal_status status = bus->is_target ? answer(link, type, message) : ask(link, type, message);
    if (status != CAMSEAL_OK)
        return camseal_link_failed(link, status, "the CCI mailbox does not take this message");
    camseal_link_count(link, true, type, &message, 1);
    return CAMSEAL_OK;
}
