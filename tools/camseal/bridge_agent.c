/* The agent of a sensor that cannot protect its stream: SPDM responder, security component and
 * source in the bridge next to it.
 *
 * What comes in plain on the upstream link goes out protected; between sensor and agent nothing
 * vouches for anything. The last line of a frame is only known by what follows it, so one line is
 * always held back. Waits for a slow receiver: its stream is the only one here.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "bridge.h"
#include "camseal/openssl.h"
#include "camseal/stream.h"
#include "clock.h"
#include "identity_file.h"
#include "sensor_control.h"
#include "sensor_stream.h"

enum { LINES = 16, TICK_US = 200000, LINGER_US = 2000000 };

typedef struct agent {
    bridge *b;
    identity_file identity;
    sensor_control control;
    camseal_context *context; /* borrowed from the component; NULL: nothing to protect with */
    camseal_source *source;
    void *source_mem, *worker_mem;
    camseal_worker *worker;
    camseal_source_item items[LINES];
    uint8_t *payloads[LINES];         /* CAMSEAL_LINK_PACKET_MAX each */
    size_t n;                         /* items that wait; the last one is the frame's newest line */
    bool fsed, slots;                 /* protocol; tags per data type */
    uint8_t own[2][SENSOR_OWN_BYTES]; /* FSED: payloads of FSH and FTG */
    bool started;                     /* the frame's first line was seen */
    camseal_status status;            /* why it cannot go on */
} agent;

/* ---- the component ---- */

static void *aligned(size_t bytes)
{
    return aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (bytes + 63u) & ~(size_t)63u);
}

static void drop_source(agent *a)
{
    if (a->source)
        camseal_source_wipe(a->source);
    free(a->source_mem);
    a->source_mem = NULL;
    a->source = NULL;
    a->context = NULL;
    a->n = 0;
    a->started = false;
}

static camseal_status make_source(agent *a, camseal_context *context)
{
    size_t bytes = camseal_source_size(context);
    a->source_mem = aligned(bytes);
    if (!a->source_mem)
        return CAMSEAL_E_SPACE;
    CAMSEAL_TRY(camseal_source_init(&a->source, a->source_mem, bytes, context));
    a->context = context;
    return CAMSEAL_OK;
}

static void on_context(void *user, camseal_context *context)
{
    agent *a = user;
    if (context == a->context) /* rotated: the same object goes on */
        return;
    drop_source(a);
    if (context)
        a->status = make_source(a, context);
}

static void say(void *user, const char *text)
{
    const agent *a = user;
    if (!a->b->args.json && !a->b->args.quiet)
        printf("%s\n", text);
}

/* ---- the stream ---- */

/* Sends one frame of the link and waits until it is out. */
static camseal_status send_packet(agent *a, const camseal_span *spans, size_t n)
{
    camseal_link *down = a->b->downs[0].link;
    CAMSEAL_TRY(camseal_link_put(down, 0, spans, n));
    a->b->packets_out++;
    for (size_t i = 0; i < n; i++)
        a->b->bytes_out += spans[i].len;
    return camseal_link_drain(down, UINT64_MAX, cli_signal_fd());
}

/* Protects and sends the first n lines that wait. */
static camseal_status protect(agent *a, size_t n)
{
    size_t done = 0;
    uint8_t *first = a->payloads[0];
    if (!n)
        return CAMSEAL_OK;
    CAMSEAL_TRY(camseal_source_feed(a->worker, a->items, n, &done));
    for (size_t i = 0; i < n; i++)
        CAMSEAL_TRY(send_packet(a, a->items[i].spans, 3));
    if (n < a->n) { /* the newest line stays */
        a->items[0] = a->items[a->n - 1];
        a->payloads[0] = a->payloads[a->n - 1];
        a->payloads[a->n - 1] = first;
    }
    a->n -= n;
    return CAMSEAL_OK;
}

/* FSED's own packet around a frame; `like` is of its stream. */
static camseal_status put_own(agent *a, const camseal_source_item *like, uint32_t kind)
{
    size_t done = 0;
    camseal_source_item item = {
        .source = a->source,
        .wire_vc = like->wire_vc,
        .wire_dt = like->wire_dt,
        .flags = kind,
        .data = camseal_mspan_of(a->own[kind == CAMSEAL_SOURCE_FTG], SENSOR_OWN_BYTES)};
    CAMSEAL_TRY(camseal_source_feed(a->worker, &item, 1, &done));
    return send_packet(a, item.spans, 3);
}

static camseal_status take_line(agent *a, const camseal_csi2_packet *p)
{
    if (a->n == LINES)
        CAMSEAL_TRY(protect(a, LINES - 1));
    memcpy(a->payloads[a->n], p->payload.data, p->payload.len);
    a->items[a->n] =
        (camseal_source_item){.source = a->source,
                              .wire_vc = p->vc,
                              .wire_dt = p->dt,
                              .flags = a->started || a->fsed ? 0u : CAMSEAL_SOURCE_SOF,
                              .data = camseal_mspan_of(a->payloads[a->n], p->payload.len)};
    if (a->fsed && !a->started)
        CAMSEAL_TRY(put_own(a, &a->items[a->n], CAMSEAL_SOURCE_FSH));
    if (a->slots && a->n && a->items[a->n - 1].wire_dt != p->dt) /* they come together */
        a->items[a->n - 1].flags |= CAMSEAL_SOURCE_LAST_OF_SLOT;
    a->n++;
    a->started = true;
    return CAMSEAL_OK;
}

static camseal_status end_frame(agent *a)
{
    if (!a->n)
        return CAMSEAL_OK;
    camseal_source_item last = a->items[a->n - 1];
    if (!a->fsed)
        a->items[a->n - 1].flags |= CAMSEAL_SOURCE_EOF;
    CAMSEAL_TRY(protect(a, a->n));
    a->started = false;
    return a->fsed ? put_own(a, &last, CAMSEAL_SOURCE_FTG) : CAMSEAL_OK;
}

/* Only whole packets are taken: what is broken on this link is not signed by us. */
static camseal_status take_packet(agent *a, camseal_mspan bytes)
{
    camseal_csi2_packet p;
    a->b->packets_in++;
    a->b->bytes_in += bytes.len;
    if (camseal_csi2_parse(&p, bytes, camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL)) != CAMSEAL_OK)
        return CAMSEAL_OK;
    if (!camseal_csi2_dt_is_short(p.dt))
        return take_line(a, &p);
    if (p.dt == CAMSEAL_CSI2_FE || p.dt == CAMSEAL_CSI2_FS)
        CAMSEAL_TRY(end_frame(a));
    camseal_span all = camseal_span_of(bytes.data, bytes.len);
    return send_packet(a, &all, 1);
}

/* OK; PENDING after Ctrl-C; a negative status: *broken says whose. */
static camseal_status take_data(agent *a, const camseal_link **broken)
{
    camseal_link_frame frame;
    camseal_link *up = a->b->ups[0].link;
    camseal_status status = camseal_link_fill(up);
    *broken = up;
    while (status >= 0 && (status = camseal_link_next(up, &frame)) == CAMSEAL_OK) {
        *broken = a->b->downs[0].link;
        CAMSEAL_TRY(take_packet(a, frame.bytes));
        *broken = up;
    }
    if (status < 0)
        return status;
    if (!camseal_link_ended(up))
        return CAMSEAL_OK;
    a->b->data_over = true;
    a->b->ended = "the sensor ended the stream";
    return end_frame(a);
}

/* ---- set-up and loop ---- */

static camseal_status set_up(agent *a)
{
    const camseal_bulk *bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL);
    CAMSEAL_TRY(camseal_bulk_selftest(bulk));
    CAMSEAL_TRY(camseal_crypto_selftest(camseal_openssl()));
    size_t bytes = camseal_worker_size(LINES);
    a->worker_mem = aligned(bytes);
    for (size_t i = 0; i < LINES; i++)
        if (!(a->payloads[i] = malloc(CAMSEAL_LINK_PACKET_MAX)))
            return CAMSEAL_E_SPACE;
    if (!a->worker_mem)
        return CAMSEAL_E_SPACE;
    CAMSEAL_TRY(camseal_worker_init(&a->worker, a->worker_mem, bytes, LINES));
    camseal_spdm_responder_config spdm = {.struct_size = sizeof spdm,
                                          .crypto = camseal_openssl(),
                                          .binding = &camseal_spdm_binding_tcp,
                                          .identities = &a->identity.identity,
                                          .n_identities = 1};
    a->control.capture = &a->b->capture;
    a->control.log = say;
    a->control.on_context = on_context;
    a->control.user = a;
    return sensor_control_init(&a->control, &spdm, bulk);
}

/* Opens the three link ends. Exit code, or -1. */
static int open_links(agent *a)
{
    bridge *b = a->b;
    camseal_posix_error error = {""};
    int fd = -1;
    camseal_status status =
        camseal_endpoint_connect(&fd, &b->ups[0].endpoint, b->wait_us, cli_signal_fd(), &error);
    if (status == CAMSEAL_PENDING)
        return CLI_EXIT_INTERRUPTED;
    if (status == CAMSEAL_OK)
        status = camseal_link_open(&b->ups[0].link, fd, CAMSEAL_LINK_DATA, b->ups[0].endpoint.text,
                                   0, 0);
    if (status == CAMSEAL_OK)
        status = camseal_listener_open(&b->downs[0].listener, &b->downs[0].endpoint, &error);
    if (status == CAMSEAL_OK)
        status = camseal_listener_open(&a->control.listener, &b->controls[0].down, &error);
    if (status != CAMSEAL_OK)
        return cli_fail("bridge", status, "%s",
                        error.text[0] ? error.text : camseal_status_text(status));
    capture_link(&b->capture, b->ups[0].link, CAMSEAL_LINK_DATA, "data-up",
                 b->ups[0].endpoint.text);
    return -1;
}

static void accept_down(bridge *b)
{
    bridge_down *down = &b->downs[0];
    camseal_posix_error error;
    int fd = -1;
    if (camseal_listener_accept(&down->listener, &fd, 0, -1, &error) != CAMSEAL_OK ||
        camseal_link_open(&down->link, fd, CAMSEAL_LINK_DATA, down->endpoint.text, 0, 0) !=
            CAMSEAL_OK)
        return;
    capture_link(&b->capture, down->link, CAMSEAL_LINK_DATA, "data-down", down->endpoint.text);
}

/* Control connections that are open when the stream ends may say good-bye. */
static bool done(const agent *a, uint64_t now, uint64_t *until)
{
    if (!a->b->data_over)
        return false;
    if (!*until)
        *until = now + LINGER_US;
    return !a->control.link || now >= *until;
}

static int serve(agent *a)
{
    bridge *b = a->b;
    const camseal_link *broken = NULL;
    uint64_t until = 0;
    for (;;) {
        uint64_t now = camseal_posix_now_us();
        bool flows = b->downs[0].link && a->source && !b->data_over;
        camseal_wait waits[4];
        if (done(a, now, &until))
            return CLI_EXIT_OK;
        size_t n = sensor_control_waits(&a->control, waits, now);
        waits[n] = (camseal_wait){.fd = flows ? camseal_link_fd(b->ups[0].link) : -1, .read = true};
        waits[n + 1] = (camseal_wait){
            .fd = b->downs[0].link || b->data_over ? -1 : b->downs[0].listener.fd, .read = true};
        camseal_status status = camseal_posix_wait(waits, n + 2, TICK_US, cli_signal_fd());
        if (status == CAMSEAL_PENDING)
            return CLI_EXIT_INTERRUPTED;
        sensor_control_run(&a->control, waits, n, camseal_posix_now_us());
        if (waits[n + 1].can_read)
            accept_down(b);
        status = a->status;
        if (status == CAMSEAL_OK && waits[n].can_read && a->source)
            status = take_data(a, &broken);
        if (status == CAMSEAL_PENDING)
            return CLI_EXIT_INTERRUPTED;
        if (status < 0)
            return cli_fail("bridge", status, "agent: %s",
                            broken && camseal_link_error(broken)[0] ? camseal_link_error(broken)
                                                                    : camseal_status_text(status));
        if (b->data_over) { /* the receiver sees the end */
            camseal_link_close(b->downs[0].link);
            b->downs[0].link = NULL;
        }
    }
}

int bridge_agent(bridge *b)
{
    agent *a = calloc(1, sizeof *a);
    if (!a)
        return cli_fail("bridge", CAMSEAL_E_SPACE, "no memory");
    a->b = b;
    a->fsed = b->profile.protocol == CAMSEAL_PROTOCOL_FSED;
    a->slots = b->profile.tag_mode == CAMSEAL_TAG_DATA_TYPE;
    a->control.listener.fd = -1;
    int code = identity_file_load(&a->identity, "bridge", b->chain_path, b->key_path);
    code = code ? code : -1;
    camseal_status status = code < 0 ? set_up(a) : CAMSEAL_OK;
    if (status != CAMSEAL_OK)
        code = cli_fail("bridge", status, "cannot start: %s", camseal_status_text(status));
    if (code < 0)
        code = open_links(a);
    if (code < 0)
        code = serve(a);
    b->connections = (uint32_t)a->control.connections;
    sensor_control_close(&a->control);
    drop_source(a);
    if (a->worker)
        camseal_worker_wipe(a->worker);
    free(a->worker_mem);
    for (size_t i = 0; i < LINES; i++)
        free(a->payloads[i]);
    identity_file_free(&a->identity);
    free(a);
    return code;
}
