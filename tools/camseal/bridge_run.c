/* The bridge's loop: one poll() over all link ends. The data links are read on only after
 * everything that was read before is out on every downstream link, so a slow side holds back the
 * stream and nothing else.
 *
 * Several upstream links are merged packet by packet in turn; several downstream links get the
 * same.
 */
#include "bridge.h"

#include <string.h>

#include "base/try.h"
#include "camseal/csi2.h"

enum { BATCH = 4096, ROUNDS = 8, QUEUE = 4096 };

/* Prints the line once; returns the status. */
static camseal_status fail(bridge *b, int *exit_code, camseal_status status, const char *text)
{
    b->ended = "failed";
    *exit_code = cli_fail("bridge", status, "%s", text);
    return status;
}

/* ---- out ------------------------------------------------------------------------------------- */

/* Queues and sends what there is to one receiver. OK: all is out; PENDING: the socket is full. */
static camseal_status push_one(bridge *b, bridge_down *down)
{
    while (down->sent < b->data.n || camseal_link_unsent(down->link)) {
        while (down->sent < b->data.n) {
            camseal_status status = camseal_link_put(down->link, 0, &b->data.spans[down->sent], 1);
            if (status == CAMSEAL_E_SPACE)
                break;
            if (status != CAMSEAL_OK && status != CAMSEAL_E_ARGUMENT)
                return status;
            down->sent++; /* an attack may make what no frame can hold: it is lost, as on a real
                             link */
        }
        CAMSEAL_TRY(camseal_link_flush(down->link));
    }
    return CAMSEAL_OK;
}

static void close_down(bridge_down *down)
{
    camseal_link_close(down->link);
    down->link = NULL;
    down->over = true;
}

static void close_data(bridge *b, const char *why)
{
    for (size_t i = 0; i < b->n_ups; i++) {
        camseal_link_close(b->ups[i].link);
        b->ups[i].link = NULL;
    }
    for (size_t i = 0; i < b->n_downs; i++)
        close_down(&b->downs[i]);
    attack_release(&b->data);
    b->data_over = true;
    b->ended = why;
}

static bool all_left(const bridge *b)
{
    for (size_t i = 0; i < b->n_downs; i++)
        if (!b->downs[i].over)
            return false;
    return true;
}

/* To every receiver that is still there. OK: all is out, and forgotten. */
static camseal_status push(bridge *b, int *exit_code)
{
    bool waiting = false;
    for (size_t i = 0; i < b->n_downs; i++) {
        bridge_down *down = &b->downs[i];
        if (down->over)
            continue;
        camseal_status status = push_one(b, down);
        if (status == CAMSEAL_E_CLOSED)
            close_down(down);
        else if (status < 0)
            return fail(b, exit_code, status, camseal_link_error(down->link));
        waiting = waiting || status == CAMSEAL_PENDING;
    }
    if (waiting)
        return CAMSEAL_PENDING;
    attack_release(&b->data);
    for (size_t i = 0; i < b->n_downs; i++)
        b->downs[i].sent = 0;
    return CAMSEAL_OK;
}

/* ---- in -------------------------------------------------------------------------------------- */

/* Renumbers the virtual channel as this upstream link is told to. What cannot be read passes as it
 * is. */
static void remap(const bridge_up *up, camseal_mspan packet)
{
    camseal_csi2_packet p;
    if (packet.len < CAMSEAL_CSI2_HEADER_BYTES ||
        camseal_csi2_header_read(&p, packet.data) != CAMSEAL_OK || up->vc_map[p.vc] == p.vc)
        return;
    (void)!camseal_csi2_header(packet.data, up->vc_map[p.vc], p.dt, p.field);
}

/* One packet of one link, through the attacks. PENDING: its buffer is empty. */
static camseal_status take_one(bridge *b, bridge_up *up)
{
    camseal_link_frame frame;
    CAMSEAL_TRY(camseal_link_next(up->link, &frame));
    up->packets++;
    b->packets_in++;
    b->bytes_in += frame.bytes.len;
    remap(up, frame.bytes);
    attack_data(b->attacks, frame.bytes, &b->data);
    return CAMSEAL_OK;
}

/* Takes what is in the buffers, one packet of each link in turn. OK, or a link's failure. */
static camseal_status take(bridge *b, const camseal_link **broken)
{
    bool any = true, left = false;
    while (any && b->data.n < BATCH) {
        any = false;
        for (size_t i = 0; i < b->n_ups && b->data.n < BATCH; i++) {
            bridge_up *up = &b->ups[b->turn];
            b->turn = (b->turn + 1) % b->n_ups;
            camseal_status status = up->link ? take_one(b, up) : CAMSEAL_PENDING;
            *broken = up->link;
            if (status < 0)
                return status;
            any = any || status == CAMSEAL_OK;
        }
    }
    if (any) /* the batch is full: buffers may hold more, so no link has ended yet */
        return CAMSEAL_OK;
    for (size_t i = 0; i < b->n_ups; i++) {
        bridge_up *up = &b->ups[i];
        left = left || (up->link && !camseal_link_ended(up->link));
    }
    if (!left) {
        b->data_over = true;
        attack_data_end(b->attacks, &b->data);
    }
    return CAMSEAL_OK;
}

static void count_out(bridge *b)
{
    b->packets_out += b->data.n;
    for (size_t i = 0; i < b->data.n; i++)
        b->bytes_out += b->data.spans[i].len;
}

/* PENDING: nothing came on any link. */
static camseal_status fill(bridge *b, int *exit_code)
{
    camseal_status result = CAMSEAL_PENDING;
    for (size_t i = 0; i < b->n_ups; i++) {
        if (!b->ups[i].link || camseal_link_ended(b->ups[i].link))
            continue;
        camseal_status status = camseal_link_fill(b->ups[i].link);
        if (status < 0)
            return fail(b, exit_code, status, camseal_link_error(b->ups[i].link));
        if (status == CAMSEAL_OK)
            result = CAMSEAL_OK;
    }
    return result;
}

/* Push, take, read, a few times: then it is the control links' turn. PENDING: nothing more to do
 * now. */
static camseal_status data_step(bridge *b, int *exit_code)
{
    const camseal_link *broken = NULL;
    b->more = false;
    for (int round = 0; round < ROUNDS; round++) {
        CAMSEAL_TRY(push(b, exit_code));
        if (all_left(b) || b->data_over) {
            close_data(
                b, b->data_over ? "the sensor ended the stream" : "the ECU closed the data link");
            return CAMSEAL_PENDING;
        }
        camseal_status status = take(b, &broken);
        if (status < 0)
            return fail(b, exit_code, status, camseal_link_error(broken));
        if (attack_status(b->attacks) != CAMSEAL_OK)
            return fail(b, exit_code, CAMSEAL_E_MEMORY,
                        "out of memory: the attacks make too many packets at once");
        count_out(b);
        if (b->data.n || b->data_over)
            continue;
        CAMSEAL_TRY(fill(b, exit_code));
    }
    b->more = true;
    return CAMSEAL_PENDING;
}

/* ---- loop ------------------------------------------------------------------------------------ */

/* "data-up" for the only link, else with a number. */
static void record(bridge *b, camseal_link *link, const char *side, size_t at, size_t n,
                   const camseal_endpoint *endpoint)
{
    char name[32];
    snprintf(name, sizeof name, "data-%s", side);
    if (n > 1)
        snprintf(name, sizeof name, "data-%s-%zu", side, at);
    capture_link(&b->capture, link, CAMSEAL_LINK_DATA, name, endpoint->text);
}

static camseal_status reach(bridge *b, size_t at, int *exit_code)
{
    bridge_up *up = &b->ups[at];
    camseal_posix_error error = {""};
    int fd;
    cli_progress(&b->args, "connecting to %s", up->endpoint.text);
    camseal_status status =
        camseal_endpoint_connect(&fd, &up->endpoint, b->wait_us, cli_signal_fd(), &error);
    if (status != CAMSEAL_OK)
        return status < 0 ? fail(b, exit_code, status, error.text) : status;
    status = camseal_link_open(&up->link, fd, CAMSEAL_LINK_DATA, up->endpoint.text, 0, 0);
    if (status != CAMSEAL_OK)
        return fail(b, exit_code, status, "out of memory");
    record(b, up->link, "up", at, b->n_ups, &up->endpoint);
    return CAMSEAL_OK;
}

/* The sensors first: who connects to us is answered at once, and SPDM waits for answers only
 * briefly.
 */
static camseal_status start(bridge *b, int *exit_code)
{
    camseal_posix_error error = {""};
    camseal_status status = CAMSEAL_OK;
    for (size_t i = 0; i < b->n_ups && status == CAMSEAL_OK; i++)
        status = reach(b, i, exit_code);
    if (status != CAMSEAL_OK)
        return status;
    for (size_t i = 0; i < b->n_downs && status == CAMSEAL_OK; i++)
        status = camseal_listener_open(&b->downs[i].listener, &b->downs[i].endpoint, &error);
    for (size_t i = 0; i < b->n_controls && status == CAMSEAL_OK; i++)
        status = camseal_listener_open(&b->controls[i].listener, &b->controls[i].down, &error);
    return status < 0 ? fail(b, exit_code, status, error.text) : status;
}

/* An ECU connects a data link; one for the whole run. */
static camseal_status open_down(bridge *b, size_t at, int *exit_code)
{
    bridge_down *down = &b->downs[at];
    camseal_posix_error error = {""};
    int fd;
    camseal_status status = camseal_listener_accept(&down->listener, &fd, 0, -1, &error);
    if (status != CAMSEAL_OK)
        return status == CAMSEAL_E_TIMEOUT ? CAMSEAL_OK : fail(b, exit_code, status, error.text);
    status = camseal_link_open(&down->link, fd, CAMSEAL_LINK_DATA, down->endpoint.text, QUEUE, 0);
    if (status != CAMSEAL_OK)
        return fail(b, exit_code, status, "out of memory");
    record(b, down->link, "down", at, b->n_downs, &down->endpoint);
    return CAMSEAL_OK;
}

/* Nothing flows before everybody is there, so that no receiver misses the start. */
static bool flows(const bridge *b)
{
    for (size_t i = 0; i < b->n_downs; i++)
        if (!b->downs[i].link && !b->downs[i].over)
            return false;
    return b->n_downs && !b->data_over;
}

enum { WAITS_MAX = BRIDGE_UP_MAX + BRIDGE_DOWN_MAX + 3 * BRIDGE_CONTROL_MAX };

static camseal_wait watch(int fd, bool read, bool write)
{
    camseal_wait wait = {fd, read, write, false, false};
    return wait;
}

/* In this order: each upstream link, each downstream link or its listener, three for each control
 * link. */
static size_t prepare_waits(const bridge *b, camseal_wait waits[WAITS_MAX])
{
    size_t n = 0;
    bool busy = b->data.n > 0, flow = flows(b);
    for (size_t i = 0; i < b->n_ups; i++) {
        camseal_link *link = b->ups[i].link;
        bool open = link && flow && !camseal_link_ended(link);
        waits[n++] = watch(open ? camseal_link_fd(link) : -1, !busy, false);
    }
    for (size_t i = 0; i < b->n_downs; i++) {
        const bridge_down *d = &b->downs[i];
        waits[n++] = d->over   ? watch(-1, false, false)
                     : d->link ? watch(camseal_link_fd(d->link), true,
                                       d->sent < b->data.n || camseal_link_unsent(d->link))
                               : watch(d->listener.fd, true, false);
    }
    for (size_t i = 0; i < b->n_controls; i++) {
        const bridge_control *c = &b->controls[i];
        bool open = c->from != NULL;
        bool to_sensor = open && camseal_link_unsent(c->to);
        bool to_ecu = open && camseal_link_unsent(c->from);
        waits[n++] = watch(open ? -1 : c->listener.fd, true, false);
        waits[n++] = watch(open ? camseal_link_fd(c->from) : -1, !to_sensor, to_ecu);
        waits[n++] = watch(open ? camseal_link_fd(c->to) : -1, !to_ecu, to_sensor);
    }
    return n;
}

/* The ECU has nothing to say on the data link: what can be read is its end, or it is no ECU. */
static void look_down(bridge *b, bridge_down *down)
{
    camseal_link_frame frame;
    camseal_status status = camseal_link_fill(down->link);
    while (status == CAMSEAL_OK)
        status = camseal_link_next(down->link, &frame);
    if (status == CAMSEAL_PENDING && !camseal_link_ended(down->link))
        return;
    close_down(down);
    if (all_left(b))
        close_data(b, "the ECU closed the data link");
}

static camseal_status react(bridge *b, const camseal_wait *waits, int *exit_code)
{
    const camseal_wait *downs = waits + b->n_ups, *controls = downs + b->n_downs;
    for (size_t i = 0; i < b->n_downs; i++) {
        if (downs[i].can_read && !b->downs[i].link && !b->downs[i].over)
            CAMSEAL_TRY(open_down(b, i, exit_code));
        else if (downs[i].can_read && b->downs[i].link)
            look_down(b, &b->downs[i]);
    }
    if (flows(b)) {
        camseal_status status = data_step(b, exit_code);
        if (status < 0)
            return status;
    }
    for (size_t i = 0; i < b->n_controls; i++) {
        bridge_control *c = &b->controls[i];
        if (controls[3 * i].can_read) {
            camseal_status status = bridge_control_open(b, c);
            if (status != CAMSEAL_OK)
                return fail(b, exit_code, status, "the control link cannot be opened");
        }
        if (c->from)
            bridge_control_step(b, c);
    }
    return CAMSEAL_OK;
}

/* A bridge without a data link runs until it is interrupted. */
static bool finished(const bridge *b)
{
    for (size_t i = 0; i < b->n_controls; i++)
        if (b->controls[i].from)
            return false;
    return b->n_ups && b->data_over;
}

camseal_status bridge_run(bridge *b, int *exit_code)
{
    camseal_wait waits[WAITS_MAX];
    camseal_status status = start(b, exit_code);
    if (status != CAMSEAL_OK)
        return status;
    while (!finished(b)) {
        cli_progress(&b->args, "%llu packets, %llu control messages",
                     (unsigned long long)b->packets_in, (unsigned long long)b->control_messages);
        size_t n = prepare_waits(b, waits);
        status = camseal_posix_wait(waits, n, b->more ? 0 : UINT64_MAX, cli_signal_fd());
        if (status == CAMSEAL_PENDING)
            b->ended = "interrupted";
        if (status != CAMSEAL_OK && status != CAMSEAL_E_TIMEOUT)
            return status < 0 ? fail(b, exit_code, status, "cannot wait for the links") : status;
        CAMSEAL_TRY(react(b, waits, exit_code));
    }
    return CAMSEAL_OK;
}
