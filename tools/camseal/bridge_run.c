/* The bridge's loop: one poll() over all link ends. A direction reads on only after everything that
 * it read before is out, so a slow side holds back its own direction and nothing else. */
#include "bridge.h"

#include <string.h>

#include "base/try.h"

enum { BATCH = 4096, ROUNDS = 8 };

/* Prints the line once; returns the status. */
static camseal_status fail(bridge *b, int *exit_code, camseal_status status, const char *text)
{
    b->ended = "failed";
    *exit_code = cli_fail("bridge", status, "%s", text);
    return status;
}

/* ---- flows ----------------------------------------------------------------------------------- */

static bool flow_busy(const bridge_flow *flow)
{
    return flow->out.n > 0;
}

/* Queues and sends what a direction holds. OK: all is out; PENDING: the socket is full. */
static camseal_status flow_push(bridge_flow *flow, camseal_link *to, uint8_t type)
{
    while (flow_busy(flow)) {
        while (flow->sent < flow->out.n) {
            camseal_status status = camseal_link_put(to, type, &flow->out.spans[flow->sent], 1);
            if (status == CAMSEAL_E_SPACE)
                break;
            if (status != CAMSEAL_OK && status != CAMSEAL_E_ARGUMENT)
                return status;
            flow->sent++; /* an attack may make what no frame can hold: it is lost, as on a real
                             link */
        }
        CAMSEAL_TRY(camseal_link_flush(to));
        if (flow->sent == flow->out.n) {
            flow->sent = 0;
            attack_release(&flow->out);
        }
    }
    return CAMSEAL_OK;
}

/* ---- data ------------------------------------------------------------------------------------ */

/* Takes what is in the buffer through the attacks. */
static camseal_status data_take(bridge *b)
{
    camseal_link_frame frame;
    camseal_status status = CAMSEAL_PENDING;
    while (b->data.out.n < BATCH && (status = camseal_link_next(b->up, &frame)) == CAMSEAL_OK) {
        b->packets_in++;
        b->bytes_in += frame.bytes.len;
        attack_data(b->attacks, frame.bytes, &b->data.out);
    }
    if (status == CAMSEAL_PENDING && camseal_link_ended(b->up) && !b->data_over) {
        b->data_over = true;
        attack_data_end(b->attacks, &b->data.out);
    }
    b->packets_out += b->data.out.n;
    for (size_t i = 0; i < b->data.out.n; i++)
        b->bytes_out += b->data.out.spans[i].len;
    return status == CAMSEAL_OK ? CAMSEAL_PENDING : status;
}

static void close_data(bridge *b, const char *why)
{
    camseal_link_close(b->up);
    camseal_link_close(b->down);
    b->up = b->down = NULL;
    attack_release(&b->data.out);
    b->data.sent = 0;
    b->data_over = true;
    b->ended = why;
}

/* Push, take, read, a few times: then it is the control link's turn. PENDING: nothing more to do
 * now. */
static camseal_status data_step(bridge *b, int *exit_code)
{
    b->more = false;
    for (int round = 0; round < ROUNDS; round++) {
        camseal_status status = flow_push(&b->data, b->down, 0);
        if (status == CAMSEAL_E_CLOSED) {
            close_data(b, "the ECU closed the data link");
            return CAMSEAL_PENDING;
        }
        if (status == CAMSEAL_PENDING)
            return status;
        if (status != CAMSEAL_OK)
            return fail(b, exit_code, status, camseal_link_error(b->down));
        if (b->data_over) {
            close_data(b, "the sensor ended the stream");
            return CAMSEAL_PENDING;
        }
        status = data_take(b);
        if (status < 0)
            return fail(b, exit_code, status, camseal_link_error(b->up));
        if (attack_status(b->attacks) != CAMSEAL_OK)
            return fail(b, exit_code, CAMSEAL_E_MEMORY,
                        "out of memory: the attacks make too many packets at once");
        if (flow_busy(&b->data) || b->data_over)
            continue;
        status = camseal_link_fill(b->up);
        if (status == CAMSEAL_PENDING)
            return status;
        if (status != CAMSEAL_OK)
            return fail(b, exit_code, status, camseal_link_error(b->up));
    }
    b->more = true;
    return CAMSEAL_PENDING;
}

/* ---- control --------------------------------------------------------------------------------- */

static void close_control(bridge *b)
{
    camseal_link_close(b->control_to);
    camseal_link_close(b->control_from);
    b->control_to = b->control_from = NULL;
    attack_release(&b->requests.out);
    attack_release(&b->responses.out);
    b->requests.sent = b->responses.sent = 0;
}

/* One direction, one message at a time. OK: the sender closed and all is out; PENDING: nothing to
 * do now. */
static camseal_status control_pump(bridge *b, bridge_flow *flow, camseal_link *from,
                                   camseal_link *to, bool request)
{
    for (;;) {
        camseal_link_frame frame;
        if (camseal_link_unsent(to))
            CAMSEAL_TRY(camseal_link_flush(to));
        attack_release(&flow->out);
        camseal_status status = camseal_link_next(from, &frame);
        if (status == CAMSEAL_PENDING) {
            if (camseal_link_ended(from))
                return CAMSEAL_OK;
            CAMSEAL_TRY(camseal_link_fill(from));
            continue;
        }
        if (status != CAMSEAL_OK)
            return status;
        attack_message m = {frame.bytes, frame.type, request, b->connections};
        b->control_messages++;
        attack_control(b->attacks, &m, &flow->out);
        for (size_t i = 0; i < flow->out.n; i++)
            (void)!camseal_link_put(to, frame.type, &flow->out.spans[i], 1);
    }
}

/* A broken control connection ends alone: the bridge goes on and takes the next one. */
static void control_step(bridge *b)
{
    camseal_status up = control_pump(b, &b->requests, b->control_from, b->control_to, true);
    camseal_status down = control_pump(b, &b->responses, b->control_to, b->control_from, false);
    if (up == CAMSEAL_PENDING && down == CAMSEAL_PENDING)
        return;
    /* What one side still had to hear before the other left was tried by the pumps. */
    const camseal_link *broken = up < 0 && up != CAMSEAL_E_CLOSED       ? b->control_from
                                 : down < 0 && down != CAMSEAL_E_CLOSED ? b->control_to
                                                                        : NULL;
    if (broken && !b->args.quiet)
        cli_warn("bridge", "control connection %u: %s", b->connections, camseal_link_error(broken));
    close_control(b);
}

static camseal_status open_control(bridge *b)
{
    camseal_posix_error error = {""};
    int from = -1, to = -1;
    camseal_status status = camseal_listener_accept(&b->control_listener, &from, 0, -1, &error);
    if (status != CAMSEAL_OK)
        return status == CAMSEAL_E_TIMEOUT ? CAMSEAL_OK : status;
    b->connections++;
    status =
        camseal_link_open(&b->control_from, from, CAMSEAL_LINK_CONTROL, b->control_down.text, 0, 0);
    if (status != CAMSEAL_OK)
        return status;
    status = camseal_endpoint_connect(&to, &b->control_up, b->wait_us, cli_signal_fd(), &error);
    if (status == CAMSEAL_OK)
        status =
            camseal_link_open(&b->control_to, to, CAMSEAL_LINK_CONTROL, b->control_up.text, 0, 0);
    if (status != CAMSEAL_OK) {
        if (status < 0)
            cli_warn("bridge", "control connection %u: %s", b->connections, error.text);
        close_control(b);
        return CAMSEAL_OK;
    }
    capture_link(&b->capture, b->control_from, CAMSEAL_LINK_CONTROL, "control-down",
                 b->control_down.text);
    capture_link(&b->capture, b->control_to, CAMSEAL_LINK_CONTROL, "control-up",
                 b->control_up.text);
    return CAMSEAL_OK;
}

/* ---- loop ------------------------------------------------------------------------------------ */

static camseal_status start(bridge *b, int *exit_code)
{
    camseal_posix_error error = {""};
    camseal_status status = CAMSEAL_OK;
    int fd;
    if (b->has_data)
        status = camseal_listener_open(&b->data_listener, &b->data_down, &error);
    if (status == CAMSEAL_OK && b->has_control)
        status = camseal_listener_open(&b->control_listener, &b->control_down, &error);
    if (status == CAMSEAL_OK && b->has_data) {
        cli_progress(&b->args, "connecting to %s", b->data_up.text);
        status = camseal_endpoint_connect(&fd, &b->data_up, b->wait_us, cli_signal_fd(), &error);
    }
    if (status != CAMSEAL_OK)
        return status < 0 ? fail(b, exit_code, status, error.text) : status;
    if (!b->has_data)
        return CAMSEAL_OK;
    status = camseal_link_open(&b->up, fd, CAMSEAL_LINK_DATA, b->data_up.text, 0, 0);
    if (status != CAMSEAL_OK)
        return fail(b, exit_code, status, "out of memory");
    capture_link(&b->capture, b->up, CAMSEAL_LINK_DATA, "data-up", b->data_up.text);
    return CAMSEAL_OK;
}

/* The ECU connects the data link; one for the whole run. */
static camseal_status open_down(bridge *b, int *exit_code)
{
    camseal_posix_error error = {""};
    int fd;
    camseal_status status = camseal_listener_accept(&b->data_listener, &fd, 0, -1, &error);
    if (status != CAMSEAL_OK)
        return status == CAMSEAL_E_TIMEOUT ? CAMSEAL_OK : fail(b, exit_code, status, error.text);
    status = camseal_link_open(&b->down, fd, CAMSEAL_LINK_DATA, b->data_down.text, 4096, 0);
    if (status != CAMSEAL_OK)
        return fail(b, exit_code, status, "out of memory");
    capture_link(&b->capture, b->down, CAMSEAL_LINK_DATA, "data-down", b->data_down.text);
    return CAMSEAL_OK;
}

enum { W_DATA_LISTENER, W_UP, W_DOWN, W_CONTROL_LISTENER, W_FROM, W_TO, W_COUNT };

static camseal_wait watch(int fd, bool read, bool write)
{
    camseal_wait wait = {fd, read, write, false, false};
    return wait;
}

static void prepare_waits(const bridge *b, camseal_wait waits[W_COUNT])
{
    for (int i = 0; i < W_COUNT; i++)
        waits[i] = watch(-1, false, false);
    bool busy = flow_busy(&b->data);
    if (b->up && !b->down)
        waits[W_DATA_LISTENER] = watch(b->data_listener.fd, true, false);
    if (b->up && b->down) {
        waits[W_UP] = watch(camseal_link_fd(b->up), !busy, false);
        waits[W_DOWN] =
            watch(camseal_link_fd(b->down), true, busy); /* the ECU sends nothing: only its end */
    }
    if (b->has_control && !b->control_from)
        waits[W_CONTROL_LISTENER] = watch(b->control_listener.fd, true, false);
    if (b->control_from) {
        bool to_sensor = camseal_link_unsent(b->control_to),
             to_ecu = camseal_link_unsent(b->control_from);
        waits[W_FROM] = watch(camseal_link_fd(b->control_from), !to_sensor, to_ecu);
        waits[W_TO] = watch(camseal_link_fd(b->control_to), !to_ecu, to_sensor);
    }
}

/* The ECU has nothing to say on the data link: what can be read is its end, or it is no ECU. */
static void look_down(bridge *b)
{
    camseal_link_frame frame;
    camseal_status status = camseal_link_fill(b->down);
    while (status == CAMSEAL_OK)
        status = camseal_link_next(b->down, &frame);
    if (status == CAMSEAL_PENDING && !camseal_link_ended(b->down))
        return;
    close_data(b, "the ECU closed the data link");
}

static camseal_status react(bridge *b, const camseal_wait waits[W_COUNT], int *exit_code)
{
    if (waits[W_DATA_LISTENER].can_read)
        CAMSEAL_TRY(open_down(b, exit_code));
    if (waits[W_DOWN].can_read && b->down)
        look_down(b);
    if (b->up && b->down) {
        camseal_status status = data_step(b, exit_code);
        if (status < 0)
            return status;
    }
    if (waits[W_CONTROL_LISTENER].can_read) {
        camseal_status status = open_control(b);
        if (status != CAMSEAL_OK)
            return fail(b, exit_code, status, "the control link cannot be opened");
    }
    if (b->control_from)
        control_step(b);
    return CAMSEAL_OK;
}

static bool finished(const bridge *b)
{
    return b->has_data && b->data_over && !b->up && !b->control_from;
}

camseal_status bridge_run(bridge *b, int *exit_code)
{
    camseal_wait waits[W_COUNT];
    CAMSEAL_TRY(start(b, exit_code));
    while (!finished(b)) {
        cli_progress(&b->args, "%llu packets, %llu control messages",
                     (unsigned long long)b->packets_in, (unsigned long long)b->control_messages);
        prepare_waits(b, waits);
        camseal_status status =
            camseal_posix_wait(waits, W_COUNT, b->more ? 0 : UINT64_MAX, cli_signal_fd());
        if (status == CAMSEAL_PENDING)
            b->ended = "interrupted";
        if (status != CAMSEAL_OK && status != CAMSEAL_E_TIMEOUT)
            return status < 0 ? fail(b, exit_code, status, "cannot wait for the links") : status;
        CAMSEAL_TRY(react(b, waits, exit_code));
    }
    return CAMSEAL_OK;
}
