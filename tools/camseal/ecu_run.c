/* The ECU's loop over all links: authentication, streams, rotation, good-bye.
 *
 * Control operations and packets go on side by side, so that no link waits for another. A packet
 * goes to the camera whose channel it claims; what it claims is only believed by the camera's sink.
 */
#include "ecu.h"

#include <inttypes.h>
#include <stdio.h>

#include "camseal/csi2.h"
#include "clock.h"

enum { SHUT_DOWN_US = 500000, TICK_US = 200000 };

/* Connects to one end of a link. On failure the error line was printed and *code is set. */
static camseal_link *reach(const ecu_options *o, const camseal_endpoint *endpoint,
                           camseal_link_kind kind, int *code)
{
    camseal_posix_error error = {{0}};
    camseal_link *link = NULL;
    int fd = -1;
    camseal_status status =
        camseal_endpoint_connect(&fd, endpoint, o->timeout_us, cli_signal_fd(), &error);
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

/* ---- packets to cameras ---- */

/* NULL: of none of the link's cameras. */
static ecu *camera_of(ecu_system *s, size_t link, camseal_mspan packet)
{
    uint8_t ctx_id, evc = 0;
    camseal_csi2_packet csi2 = {0};
    camseal_span bytes = camseal_span_of(packet.data, packet.len);
    if (s->n == 1)
        return s->cameras[0];
    bool claims = camseal_packet_claims(&ctx_id, &evc, bytes, 0);
    bool readable = packet.len >= CAMSEAL_CSI2_HEADER_BYTES &&
                    camseal_csi2_header_read(&csi2, packet.data) == CAMSEAL_OK;
    for (size_t i = 0; claims && i < s->n; i++)
        if (s->link_of[i] == link && s->cameras[i]->options.profile.evc == evc)
            return s->cameras[i];
    for (size_t i = 0; readable && i < s->n; i++)
        if (s->link_of[i] == link && s->cameras[i]->options.link_vc == csi2.vc)
            return s->cameras[i];
    return NULL;
}

static void verify_link(ecu_system *s, size_t link, uint64_t start)
{
    for (size_t i = 0; i < s->n; i++) {
        ecu *e = s->cameras[i];
        uint64_t before = e->receiver.packets;
        if (s->link_of[i] != link)
            continue;
        (void)ecu_receiver_verify(&e->receiver);
        if (e->receiver.packets == before)
            continue;
        if (!e->first_packet_us)
            e->first_packet_us = start;
        e->last_packet_us = camseal_posix_now_us();
    }
}

/* A negative status is the link's. */
static camseal_status take_data(ecu_system *s, size_t at)
{
    camseal_link_frame frame;
    ecu_link *l = &s->links[at];
    uint64_t start = camseal_posix_now_us();
    camseal_status status = camseal_link_fill(l->link);
    for (unsigned n = 1; status >= 0 && (status = camseal_link_next(l->link, &frame)) == CAMSEAL_OK;
         n++) {
        ecu *e = camera_of(s, at, frame.bytes);
        if (e)
            ecu_receiver_put(&e->receiver, frame.bytes);
        l->unrouted += !e;
        if (n % ECU_BATCH == 0)
            verify_link(s, at, start);
    }
    verify_link(s, at, start);
    return status < 0 ? status : CAMSEAL_OK;
}

/* ---- one turn of the loop ---- */

static uint64_t patience(const ecu_system *s)
{
    uint64_t now = camseal_posix_now_us(), wake = now + TICK_US;
    for (size_t i = 0; i < s->n; i++) {
        uint64_t control = ecu_control_wake(&s->cameras[i]->control);
        if (control < wake)
            wake = control;
        if (s->cameras[i]->receiver.wake_us < wake)
            wake = s->cameras[i]->receiver.wake_us;
    }
    return wake > now ? wake - now : 0;
}

static void run_camera(ecu *e, uint64_t now)
{
    if (now >= e->receiver.wake_us)
        ecu_receiver_tick(&e->receiver, now);
    ecu_control_run(&e->control, now);
    if (e->control.link && !ecu_control_busy(&e->control) && camseal_link_ended(e->control.link))
        ecu_control_attach(&e->control, NULL);
}

/* Waits for any link and takes what came. OK; PENDING after Ctrl-C; a negative status is that of
 * data link *at. */
static camseal_status turn(ecu_system *s, size_t *at)
{
    camseal_wait waits[2 * ECU_CAMERAS_MAX] = {{0}};
    for (size_t i = 0; i < s->n_links; i++)
        waits[i] = (camseal_wait){
            .fd = s->links[i].link && !s->links[i].over ? camseal_link_fd(s->links[i].link) : -1,
            .read = true};
    for (size_t i = 0; i < s->n; i++) {
        camseal_link *link = s->cameras[i]->control.link;
        waits[s->n_links + i] =
            (camseal_wait){.fd = link ? camseal_link_fd(link) : -1, .read = true};
    }
    camseal_status status =
        camseal_posix_wait(waits, s->n_links + s->n, patience(s), cli_signal_fd());
    if (status == CAMSEAL_PENDING)
        return status;
    status = CAMSEAL_OK;
    for (size_t i = 0; i < s->n_links && status == CAMSEAL_OK; i++) {
        *at = i;
        if (waits[i].can_read)
            status = take_data(s, i);
        s->links[i].over = s->links[i].over || (waits[i].can_read && status == CAMSEAL_OK &&
                                                camseal_link_ended(s->links[i].link));
    }
    for (size_t i = 0; i < s->n; i++)
        run_camera(s->cameras[i], camseal_posix_now_us());
    return status;
}

/* ---- authentication ---- */

/* One attempt: a new connection, then everything up to CTX_ACTIVATE. -1 when it is over, well or
 * not. */
static int attempt(ecu *e)
{
    int code = -1;
    size_t at = 0;
    camseal_link *link = reach(&e->options, &e->options.control_end, CAMSEAL_LINK_CONTROL, &code);
    if (!link)
        return code;
    capture_link(&e->capture, link, CAMSEAL_LINK_CONTROL, "control", e->options.control);
    ecu_control_attach(&e->control, link);
    ecu_control_start(&e->control, camseal_ssm_host_begin_bring_up(e->control.host, 0),
                      camseal_posix_now_us());
    while (ecu_control_busy(&e->control)) {
        if (turn(e->system, &at) == CAMSEAL_PENDING)
            return CLI_EXIT_INTERRUPTED;
    }
    ecu_report_operation(e->report.attempts, &e->control.operation);
    return -1;
}

static int authenticate(ecu *e)
{
    if (ecu_talks(e) && e->options.attempts == 1)
        printf("%sauthentication\n", e->label);
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
    return cli_fail("ecu", op->status, "%sthe sensor was not authenticated: %s at %s: %s", e->label,
                    camseal_status_name(op->status), last->name, last->detail);
}

int ecu_authenticate(ecu_system *s)
{
    int code = -1;
    for (size_t i = 0; i < s->n && code < 0; i++) {
        ecu *e = s->cameras[i];
        if (!e->options.sink_of)
            code = authenticate(e);
        else
            e->authenticated = s->cameras[e->options.master]->authenticated;
    }
    /* Only now: what a sensor still sends under an earlier host's keys is not for us. */
    for (size_t i = 0; i < s->n_links && code < 0; i++) {
        const ecu_options *o = s->links[i].of;
        s->links[i].link = reach(o, &o->data_end, CAMSEAL_LINK_DATA, &code);
    }
    return code;
}

/* ---- streams ---- */

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
        cli_warn("ecu", "%skey rotation failed: %s: %s", e->label, camseal_status_name(op->status),
                 op->steps[op->n_steps - 1].detail);
    else if (ecu_talks(e))
        printf("%skeys rotated after frame %" PRIu64 ", %.1f ms\n", e->label, e->rotated_at,
               (double)op->us / 1000.0);
}

static bool enough(const ecu *e)
{
    return e->options.frames && e->frames + e->gap_frames >= e->options.frames;
}

/* Nothing more is wanted from any camera, or nothing more can come. */
static bool all_over(const ecu_system *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (!enough(s->cameras[i]) && !s->links[s->link_of[i]].over)
            return false;
    return true;
}

static int end_camera(ecu *e)
{
    ecu_receiver_end(&e->receiver, camseal_posix_now_us());
    if (!e->options.frames || enough(e))
        return -1;
    return cli_fail("ecu", CAMSEAL_E_CLOSED,
                    "%s%s: the stream ended after %" PRIu64 " of %" PRIu64
                    " frames: is the sensor still there?",
                    e->label, e->options.data, e->frames, e->options.frames);
}

int ecu_stream(ecu_system *s)
{
    camseal_status status = CAMSEAL_OK;
    size_t at = 0;
    int code = -1;
    while (status == CAMSEAL_OK && !all_over(s)) {
        bool was_busy[ECU_CAMERAS_MAX];
        for (size_t i = 0; i < s->n; i++) {
            rotate_if_due(s->cameras[i]);
            was_busy[i] = ecu_control_busy(&s->cameras[i]->control);
        }
        status = turn(s, &at);
        for (size_t i = 0; i < s->n; i++)
            note_rotation(s->cameras[i], was_busy[i]);
    }
    if (status != CAMSEAL_OK) { /* a broken stream is reported, too */
        for (size_t i = 0; i < s->n; i++)
            ecu_receiver_end(&s->cameras[i]->receiver, camseal_posix_now_us());
        if (status == CAMSEAL_PENDING)
            return CLI_EXIT_INTERRUPTED;
        return cli_fail("ecu", status, "%s", camseal_link_error(s->links[at].link));
    }
    for (size_t i = 0; i < s->n; i++) {
        s->cameras[i]->code = end_camera(s->cameras[i]);
        code = s->cameras[i]->code > code ? s->cameras[i]->code : code;
    }
    return code;
}

/* ---- good-bye ---- */

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

static void shut_down(ecu *e)
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

void ecu_shut_down(ecu_system *s)
{
    for (size_t i = 0; i < s->n; i++)
        shut_down(s->cameras[i]);
}
