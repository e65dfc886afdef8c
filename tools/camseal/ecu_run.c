/* The ECU's loop over both links: authentication, stream, rotation, good-bye.
 *
 * Control operations and packets go on side by side, so that neither link waits for the other.
 */
#include "ecu.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"

enum { SHUT_DOWN_US = 500000, TICK_US = 200000 };

camseal_link *ecu_reach(ecu *e, const camseal_endpoint *endpoint, camseal_link_kind kind, int *code)
{
    camseal_posix_error error = {{0}};
    camseal_link *link = NULL;
    int fd = -1;
    camseal_status status =
        camseal_endpoint_connect(&fd, endpoint, e->options.timeout_us, cli_signal_fd(), &error);
    if (status == CAMSEAL_OK)
        status = camseal_link_open(&link, fd, kind, endpoint->text, 0, 0);
    if (status == CAMSEAL_OK)
        return link;
    *code = CLI_EXIT_INTERRUPTED;
    if (status < 0)
        *code =
            cli_fail("ecu", status, "%s", error.text[0] ? error.text : camseal_status_text(status));
    return NULL;
}

static void take_data(ecu *e, camseal_status *link_status)
{
    size_t packets = 0;
    uint64_t start = camseal_posix_now_us();
    camseal_status status = camseal_link_fill(e->data);
    if (status >= 0)
        status = ecu_receiver_take(&e->receiver, e->data, &packets);
    *link_status = status < 0 ? status : CAMSEAL_OK;
    if (!packets)
        return;
    if (!e->first_packet_us)
        e->first_packet_us = start;
    e->last_packet_us = camseal_posix_now_us();
}

/* Waits for either link and takes what came. OK; PENDING after Ctrl-C; a negative status is the
 * data link's. */
static camseal_status turn(ecu *e)
{
    uint64_t now = camseal_posix_now_us(), wake = ecu_control_wake(&e->control);
    if (e->receiver.wake_us < wake)
        wake = e->receiver.wake_us;
    uint64_t wait = wake > now ? wake - now : 0;
    camseal_wait waits[2] = {
        {.fd = e->data ? camseal_link_fd(e->data) : -1, .read = true},
        {.fd = e->control.link ? camseal_link_fd(e->control.link) : -1, .read = true}};
    camseal_status status =
        camseal_posix_wait(waits, 2, wait < TICK_US ? wait : TICK_US, cli_signal_fd());
    if (status == CAMSEAL_PENDING)
        return status;
    camseal_status data = CAMSEAL_OK;
    if (waits[0].can_read)
        take_data(e, &data);
    now = camseal_posix_now_us();
    if (now >= e->receiver.wake_us)
        ecu_receiver_tick(&e->receiver, now);
    ecu_control_run(&e->control, now);
    if (e->control.link && !ecu_control_busy(&e->control) && camseal_link_ended(e->control.link))
        ecu_control_attach(&e->control, NULL);
    return data;
}

/* One attempt: a new connection, then everything up to CTX_ACTIVATE. -1 when it is over, well or
 * not. */
static int attempt(ecu *e)
{
    int code = -1;
    camseal_link *link = ecu_reach(e, &e->options.control_end, CAMSEAL_LINK_CONTROL, &code);
    if (!link)
        return code;
    capture_link(&e->capture, link, CAMSEAL_LINK_CONTROL, "control", e->options.control);
    ecu_control_attach(&e->control, link);
    ecu_control_start(&e->control, camseal_ssm_host_begin_bring_up(e->control.host, 0),
                      camseal_posix_now_us());
    while (ecu_control_busy(&e->control)) {
        if (turn(e) == CAMSEAL_PENDING)
            return CLI_EXIT_INTERRUPTED;
    }
    ecu_report_operation(e->report.attempts, &e->control.operation);
    return -1;
}

int ecu_authenticate(ecu *e)
{
    if (ecu_talks(e) && e->options.attempts == 1)
        printf("authentication\n");
    for (uint64_t i = 1; i <= e->options.attempts; i++) {
        int code = attempt(e);
        if (code >= 0)
            return code;
        ecu_print_attempt(e, i);
        e->authenticated = e->control.operation.status == CAMSEAL_OK;
        if (e->authenticated)
            return -1;
        ecu_control_attach(&e->control, NULL);
    }
    const ecu_operation *op = &e->control.operation;
    const ecu_step *last = &op->steps[op->n_steps - 1];
    return cli_fail("ecu", op->status, "the sensor was not authenticated: %s at %s: %s",
                    camseal_status_name(op->status), last->name, last->detail);
}

static void rotate_if_due(ecu *e)
{
    uint64_t every = e->options.rotate_every;
    if (!every || ecu_control_busy(&e->control) || e->frames - e->rotated_at < every ||
        !e->control.link)
        return;
    e->rotated_at = e->frames;
    ecu_control_start(&e->control, camseal_ssm_host_begin_rotate(e->control.host, 0, 0, 0),
                      camseal_posix_now_us());
}

static void note_rotation(ecu *e, bool was_busy)
{
    if (!was_busy || ecu_control_busy(&e->control))
        return;
    const ecu_operation *op = &e->control.operation;
    ecu_report_operation(e->report.rotations, op);
    e->rotations_failed += op->status < 0;
    if (op->status < 0)
        cli_warn("ecu", "key rotation failed: %s: %s", camseal_status_name(op->status),
                 op->steps[op->n_steps - 1].detail);
    else if (ecu_talks(e))
        printf("keys rotated after frame %" PRIu64 ", %.1f ms\n", e->rotated_at,
               (double)op->us / 1000.0);
}

static bool enough(const ecu *e)
{
    return e->options.frames && e->frames + e->gap_frames >= e->options.frames;
}

int ecu_stream(ecu *e)
{
    camseal_status status = CAMSEAL_OK;
    while (status == CAMSEAL_OK && !camseal_link_ended(e->data) && !enough(e)) {
        rotate_if_due(e);
        bool was_busy = ecu_control_busy(&e->control);
        status = turn(e);
        note_rotation(e, was_busy);
    }
    ecu_receiver_end(&e->receiver, camseal_posix_now_us()); /* a broken stream is reported, too */
    if (status == CAMSEAL_PENDING)
        return CLI_EXIT_INTERRUPTED;
    if (status < 0)
        return cli_fail("ecu", status, "%s", camseal_link_error(e->data));
    if (e->options.frames && !enough(e))
        return cli_fail("ecu", CAMSEAL_E_CLOSED,
                        "%s: the stream ended after %" PRIu64 " of %" PRIu64
                        " frames: is the sensor still there?",
                        e->options.data, e->frames, e->options.frames);
    return -1;
}

/* Runs the present operation to its end, as long as there is time. */
static void settle(ecu *e, uint64_t until)
{
    uint64_t now = camseal_posix_now_us();
    while (ecu_control_busy(&e->control) && now < until) {
        camseal_wait wait = {.fd = camseal_link_fd(e->control.link), .read = true};
        if (camseal_posix_wait(&wait, 1, until - now, -1) < 0)
            return;
        now = camseal_posix_now_us();
        ecu_control_run(&e->control, now);
    }
}

void ecu_shut_down(ecu *e)
{
    uint64_t now = camseal_posix_now_us(), until = now + SHUT_DOWN_US;
    bool rotating = ecu_control_busy(&e->control);
    if (!e->authenticated || !e->control.link)
        return;
    settle(e, until);
    note_rotation(e, rotating);
    if (ecu_control_busy(&e->control))
        return;
    ecu_control_start(&e->control, camseal_ssm_host_begin_shut_down(e->control.host, 0), now);
    settle(e, until);
}
