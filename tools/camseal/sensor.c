/* `camseal sensor`: an SPDM responder that streams protected frames once a host activated it.
 *
 * One loop over both links. The control link is served all the time; frames flow while there is an
 * active context and somebody on the data link.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "camseal/openssl.h"
#include "camseal/version.h"
#include "cli.h"
#include "clock.h"
#include "identity_file.h"
#include "keylog.h"
#include "scene.h"
#include "sensor_control.h"
#include "sensor_options.h"
#include "sensor_stream.h"
#include "verbs.h"

enum { LINGER_US = 2000000, TICK_US = 200000 };

typedef struct sensor {
    const cli_args *args;
    sensor_options options;
    identity_file identity;
    camseal_trace trace;
    scene *scene;
    sensor_control control;
    sensor_stream stream;
    camseal_listener data_listener;
    camseal_link *data; /* NULL: nobody listens */
    capture capture;
    keylog keylog;
    camseal_status stream_status; /* why streaming cannot go on */
    bool over;                    /* a video has no more pictures */
    char left[200];               /* the receiver went away before the last frame */
} sensor;

/* ---- set-up ------------------------------------------------------------------ */

static int load_identity(sensor *s)
{
    if (s->options.plain)
        return -1;
    int code = identity_file_load(&s->identity, "sensor", s->options.chain, s->options.key);
    return code ? code : -1;
}

static int listen_on(camseal_listener *listener, const camseal_endpoint *endpoint)
{
    camseal_posix_error error = {{0}};
    camseal_status status = camseal_listener_open(listener, endpoint, &error);
    return status == CAMSEAL_OK ? -1 : cli_fail("sensor", status, "%s", error.text);
}

static void say(void *user, const char *text)
{
    sensor *s = user;
    if (s->args->json || s->args->quiet)
        return;
    cli_progress_end();
    printf("%s\n", text);
    fflush(stdout);
}

static void on_secret(void *user, const char *label, camseal_span id, camseal_span value)
{
    sensor *s = user;
    keylog_secret(&s->keylog, label, id, value);
}

static void on_context(void *user, camseal_context *context)
{
    sensor *s = user;
    s->stream_status = sensor_stream_context(&s->stream, context);
}

static camseal_status line(void *user, uint64_t frame, unsigned row, uint16_t *samples)
{
    sensor *s = user;
    return scene_line(s->scene, frame, row, samples);
}

static int open_files(sensor *s)
{
    camseal_status status = keylog_open(&s->keylog, s->options.keylog);
    if (status != CAMSEAL_OK)
        return cli_fail("sensor", status, "%s", s->keylog.file.error);
    status = capture_open(&s->capture, s->options.capture, s->keylog.open);
    return status == CAMSEAL_OK ? -1 : cli_fail("sensor", status, "%s", s->capture.file.error);
}

/* The picture, and with it the geometry. Exit code, or -1. */
static int open_scene(sensor *s)
{
    picture_error error;
    scene_options options_of_scene = {
        .dt = s->options.profile.dt, .width = s->options.width, .height = s->options.height};
    camseal_status status = scene_open(&s->scene, s->options.input, &options_of_scene, &error);
    if (status != CAMSEAL_OK)
        return cli_fail("sensor", status, "%s", error.text);
    s->stream.width = scene_width(s->scene);
    s->stream.height = scene_height(s->scene);
    return -1;
}

static int set_up(sensor *s)
{
    const sensor_options *o = &s->options;
    const camseal_bulk *bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL);
    camseal_status status = camseal_bulk_selftest(bulk);
    if (status == CAMSEAL_OK)
        status = camseal_crypto_selftest(camseal_openssl());
    if (status != CAMSEAL_OK)
        return cli_fail("sensor", status, "cannot start: %s", camseal_status_text(status));
    s->stream = (sensor_stream){.dt = o->profile.dt,
                                .vc = (uint8_t)o->vc,
                                .embedded_lines = (unsigned)o->embedded_lines,
                                .period_us = o->fps ? 1000000u / o->fps : 0,
                                .fsed = o->profile.protocol == CAMSEAL_PROTOCOL_FSED && !o->plain,
                                .slots = o->profile.tag_mode == CAMSEAL_TAG_DATA_TYPE,
                                .plain = o->plain ? bulk : NULL,
                                .line = line,
                                .user = s};
    int code = open_scene(s);
    if (code >= 0)
        return code;
    status = sensor_stream_init(&s->stream);
    if (status != CAMSEAL_OK)
        return cli_fail("sensor", status,
                        "--mode %ux%u: lines of this width do not pack into %s packets: take a "
                        "width that is a multiple of 4 and below 32000",
                        s->stream.width, s->stream.height, camseal_csi2_dt_name(o->profile.dt));
    if (o->plain)
        return listen_on(&s->data_listener, &o->data_end);
    s->trace = (camseal_trace){.user = s, .secret = on_secret};
    camseal_spdm_responder_config spdm = {.struct_size = sizeof spdm,
                                          .crypto = camseal_openssl(),
                                          .binding = &camseal_spdm_binding_tcp,
                                          .trace = &s->trace,
                                          .identities = &s->identity.identity,
                                          .n_identities = 1,
                                          .log_secrets = s->keylog.open};
    s->control.capture = &s->capture;
    s->control.log = say;
    s->control.on_context = on_context;
    s->control.user = s;
    status = sensor_control_init(&s->control, &spdm, bulk);
    if (status != CAMSEAL_OK)
        return cli_fail("sensor", status, "cannot start: %s", camseal_status_text(status));
    code = listen_on(&s->control.listener, &o->control_end);
    return code >= 0 ? code : listen_on(&s->data_listener, &o->data_end);
}

/* ---- the loop ---- */

static bool all_sent(const sensor *s)
{
    return s->over || (s->options.frames && s->stream.frames >= s->options.frames);
}

static void drop_data(sensor *s, const char *why)
{
    snprintf(s->left, sizeof s->left,
             "the receiver left the data link after %" PRIu64 " frames: %.120s", s->stream.frames,
             why);
    camseal_link_close(s->data);
    s->data = NULL;
    sensor_stream_abort(&s->stream);
    say(s, s->left);
}

static void accept_data(sensor *s)
{
    camseal_posix_error error;
    int fd = -1;
    if (camseal_listener_accept(&s->data_listener, &fd, 0, -1, &error) != CAMSEAL_OK)
        return;
    if (camseal_link_open(&s->data, fd, CAMSEAL_LINK_DATA, s->options.data, 0, 0) != CAMSEAL_OK) {
        s->data = NULL;
        return;
    }
    s->left[0] = 0;
    capture_link(&s->capture, s->data, CAMSEAL_LINK_DATA, "data", s->options.data);
    say(s, "data link: a receiver is connected");
}

/* Nothing is expected on this direction; only its end is news. */
static void listen_to_receiver(sensor *s)
{
    camseal_link_frame frame;
    camseal_status status = camseal_link_fill(s->data);
    while (status >= 0 && (status = camseal_link_next(s->data, &frame)) == CAMSEAL_OK)
        continue;
    if (status < 0)
        drop_data(s, camseal_link_error(s->data));
    else if (camseal_link_ended(s->data))
        drop_data(s, "it closed the link");
}

/* Sends what is queued; then, when due, protects and queues the next lines. */
static void feed(sensor *s, uint64_t now)
{
    camseal_status status = camseal_link_flush(s->data);
    while (status == CAMSEAL_OK && !all_sent(s) && sensor_stream_ready(&s->stream, now)) {
        s->stream_status = sensor_stream_produce(&s->stream, s->data, now);
        if (s->stream_status == CAMSEAL_E_NOT_FOUND && !s->stream.next) {
            s->stream_status = CAMSEAL_OK;
            s->over = true;
            break;
        }
        if (s->stream_status != CAMSEAL_OK)
            return;
        status = camseal_link_flush(s->data);
        if (!s->stream.next) /* a frame is done: look at the control link */
            break;
    }
    if (status < 0)
        drop_data(s, camseal_link_error(s->data));
}

static uint64_t patience(const sensor *s, uint64_t now)
{
    if (!s->data || all_sent(s) || camseal_link_unsent(s->data) ||
        (!s->stream.source && !s->stream.plain))
        return TICK_US;
    if (sensor_stream_ready(&s->stream, now))
        return 0;
    uint64_t left = s->stream.due_us - now;
    return left < TICK_US ? left : TICK_US;
}

/* One turn of the loop. OK; PENDING after Ctrl-C. */
static camseal_status turn(sensor *s)
{
    uint64_t now = camseal_posix_now_us();
    camseal_wait waits[4];
    size_t n = sensor_control_waits(&s->control, waits, now);
    waits[n] = (camseal_wait){.fd = s->data ? camseal_link_fd(s->data) : -1,
                              .read = true,
                              .write = s->data && camseal_link_unsent(s->data)};
    waits[n + 1] = (camseal_wait){.fd = s->data ? -1 : s->data_listener.fd, .read = true};
    camseal_status status = camseal_posix_wait(waits, n + 2, patience(s, now), cli_signal_fd());
    if (status == CAMSEAL_PENDING)
        return status;
    now = camseal_posix_now_us();
    sensor_control_run(&s->control, waits, n, now);
    if (s->data && waits[n].can_read)
        listen_to_receiver(s);
    if (!s->data && waits[n + 1].can_read)
        accept_data(s);
    if (s->data && s->stream_status == CAMSEAL_OK)
        feed(s, now);
    return CAMSEAL_OK;
}

/* Serves until the wanted frames are out. Exit code. */
static int serve(sensor *s)
{
    while (!(all_sent(s) && !(s->data && camseal_link_unsent(s->data)))) {
        if (turn(s) == CAMSEAL_PENDING)
            return CLI_EXIT_INTERRUPTED;
        if (s->stream_status < 0)
            return cli_fail("sensor", s->stream_status, "frame %" PRIu64 ": %s",
                            s->stream.frames + 1u,
                            *scene_error(s->scene) ? scene_error(s->scene)
                                                   : camseal_status_text(s->stream_status));
        if (s->options.frames && s->left[0] && s->stream.frames)
            return cli_fail("sensor", CAMSEAL_E_CLOSED, "%s", s->left);
        cli_progress(s->args, "frame %" PRIu64, s->stream.frames);
    }
    if (!s->data)
        return cli_fail("sensor", CAMSEAL_E_CLOSED, "%s", s->left);
    return CLI_EXIT_OK;
}

/* The stream is over: tell the receiver, and let the host say good-bye. */
static void linger(sensor *s)
{
    uint64_t until = camseal_posix_now_us() + LINGER_US;
    camseal_link_close(s->data);
    s->data = NULL;
    while (s->control.link) {
        uint64_t now = camseal_posix_now_us();
        camseal_wait waits[2];
        if (now >= until)
            return;
        size_t n = sensor_control_waits(&s->control, waits, now);
        if (camseal_posix_wait(waits, n, until - now, cli_signal_fd()) == CAMSEAL_PENDING)
            return;
        sensor_control_run(&s->control, waits, n, camseal_posix_now_us());
    }
}

/* ---- ends ---- */

static int finish(sensor *s, int code)
{
    camseal_status status;
    capture_secrets(&s->capture, camseal_span_of(s->keylog.text, s->keylog.len));
    if ((status = capture_close(&s->capture)) != CAMSEAL_OK)
        code = cli_fail("sensor", status, "%s", s->capture.file.error);
    if ((status = keylog_commit(&s->keylog)) != CAMSEAL_OK)
        code = cli_fail("sensor", status, "%s", s->keylog.file.error);
    if (s->args->json) {
        json_t *object = json_pack(
            "{s:s, s:i, s:I, s:I, s:I, s:i, s:i, s:s}", "camseal", CAMSEAL_VERSION, "exit", code,
            "frames", (json_int_t)s->stream.frames, "messages", (json_int_t)s->stream.messages,
            "payload_bytes", (json_int_t)s->stream.bytes, "width", (int)s->stream.width, "height",
            (int)s->stream.height, "data_type", camseal_csi2_dt_name(s->stream.dt));
        json_dumpf(object, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(object);
    } else if (!s->args->quiet) {
        cli_progress_end();
        printf("sent %" PRIu64 " frames of %ux%u %s, %" PRIu64 " messages\n", s->stream.frames,
               s->stream.width, s->stream.height, camseal_csi2_dt_name(s->stream.dt),
               s->stream.messages);
    }
    return code;
}

static void release(sensor *s)
{
    camseal_link_close(s->data);
    camseal_listener_close(&s->data_listener);
    sensor_control_close(&s->control);
    sensor_stream_free(&s->stream);
    scene_close(s->scene);
    identity_file_free(&s->identity);
    keylog_abort(&s->keylog);
    capture_abort(&s->capture);
}

int verb_sensor(int argc, char **argv)
{
    cli_args args;
    sensor *s = calloc(1, sizeof *s);
    if (!s)
        return cli_fail("sensor", CAMSEAL_E_SPACE, "no memory");
    s->args = &args;
    s->data_listener.fd = s->control.listener.fd = -1;
    int code = sensor_options_parse(&s->options, &args, argc, argv);
    if (code < 0)
        code = load_identity(s);
    if (code < 0)
        code = open_files(s);
    if (code < 0)
        code = set_up(s);
    if (code < 0) {
        say(s, s->options.plain ? "waiting for a receiver" : "waiting for a host");
        code = serve(s);
        if (code == CLI_EXIT_OK)
            linger(s);
        code = finish(s, code);
    }
    release(s);
    free(s);
    return code;
}
