/* The control links of a bridge: one connection of the ECU on each, one to the sensor for it.
 *
 * A broken connection ends alone: the bridge goes on and takes the next one.
 */
#include "base/try.h"
#include "bridge.h"

void bridge_control_close(bridge_control *c)
{
    camseal_link_close(c->to);
    camseal_link_close(c->from);
    c->to = c->from = NULL;
    attack_release(&c->requests);
    attack_release(&c->responses);
}

/* One direction, one message at a time. OK: the sender closed and all is out; PENDING: nothing to
 * do now. */
static camseal_status pump(bridge *b, const bridge_control *c, attack_output *out, bool request)
{
    camseal_link *from = request ? c->from : c->to, *to = request ? c->to : c->from;
    for (;;) {
        camseal_link_frame frame;
        if (camseal_link_unsent(to))
            CAMSEAL_TRY(camseal_link_flush(to));
        attack_release(out);
        camseal_status status = camseal_link_next(from, &frame);
        if (status == CAMSEAL_PENDING) {
            if (camseal_link_ended(from))
                return CAMSEAL_OK;
            CAMSEAL_TRY(camseal_link_fill(from));
            continue;
        }
        if (status != CAMSEAL_OK)
            return status;
        attack_message m = {frame.bytes, frame.type, request, c->connection};
        b->control_messages++;
        attack_control(b->attacks, &m, out);
        for (size_t i = 0; i < out->n; i++)
            (void)!camseal_link_put(to, frame.type, &out->spans[i], 1);
    }
}

void bridge_control_step(bridge *b, bridge_control *c)
{
    camseal_status up = pump(b, c, &c->requests, true);
    camseal_status down = pump(b, c, &c->responses, false);
    if (up == CAMSEAL_PENDING && down == CAMSEAL_PENDING)
        return;
    /* What one side still had to hear before the other left was tried by the pumps. */
    const camseal_link *broken = up < 0 && up != CAMSEAL_E_CLOSED       ? c->from
                                 : down < 0 && down != CAMSEAL_E_CLOSED ? c->to
                                                                        : NULL;
    if (broken && !b->args.quiet)
        cli_warn("bridge", "control connection %u: %s", c->connection, camseal_link_error(broken));
    bridge_control_close(c);
}

/* "control-up" for the only link, else with a number. */
static void record(bridge *b, const bridge_control *c, camseal_link *link, const char *side,
                   const camseal_endpoint *endpoint)
{
    char name[32];
    snprintf(name, sizeof name, "control-%s", side);
    if (b->n_controls > 1)
        snprintf(name, sizeof name, "control-%s-%u", side, (unsigned)(c - b->controls));
    capture_link(&b->capture, link, CAMSEAL_LINK_CONTROL, name, endpoint->text);
}

camseal_status bridge_control_open(bridge *b, bridge_control *c)
{
    camseal_posix_error error = {""};
    int from = -1, to = -1;
    camseal_status status = camseal_listener_accept(&c->listener, &from, 0, -1, &error);
    if (status != CAMSEAL_OK)
        return status == CAMSEAL_E_TIMEOUT ? CAMSEAL_OK : status;
    c->connection = ++b->connections;
    status = camseal_link_open(&c->from, from, CAMSEAL_LINK_CONTROL, c->down.text, 0, 0);
    if (status != CAMSEAL_OK)
        return status;
    status = camseal_endpoint_connect(&to, &c->up, b->wait_us, cli_signal_fd(), &error);
    if (status == CAMSEAL_OK)
        status = camseal_link_open(&c->to, to, CAMSEAL_LINK_CONTROL, c->up.text, 0, 0);
    if (status != CAMSEAL_OK) {
        if (status < 0)
            cli_warn("bridge", "control connection %u: %s", c->connection, error.text);
        bridge_control_close(c);
        return CAMSEAL_OK;
    }
    record(b, c, c->from, "down", &c->down);
    record(b, c, c->to, "up", &c->up);
    return CAMSEAL_OK;
}
