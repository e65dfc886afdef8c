/* `camseal ecu`: authenticates a sensor, gives it keys, verifies every packet, reports every frame.
 *
 * One loop over both links: control operations and packets go on side by side, so that neither link
 * ever waits for the other.
 */
#include "ecu.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/try.h"
#include "camseal/openssl.h"
#include "clock.h"
#include "verbs.h"

enum { SHUT_DOWN_US = 500000, TICK_US = 200000 };

enum {
    OPT_DATA = 1,
    OPT_CONTROL,
    OPT_TRUST,
    OPT_PIN,
    OPT_SUITE,
    OPT_SV,
    OPT_TAG,
    OPT_SET,
    OPT_FRAMES,
    OPT_ATTEMPTS,
    OPT_OUT,
    OPT_SAVE_EVERY,
    OPT_MARKS,
    OPT_REPORT,
    OPT_CAPTURE,
    OPT_KEYLOG,
    OPT_ROTATE,
    OPT_TIME,
    OPT_FORMAT,
    OPT_VC,
    OPT_EMBEDDED,
    OPT_PARTIAL,
    OPT_TIMEOUT,
    OPT_REMOTE
};

static const cli_option options[] = {
    {OPT_DATA, 'd', "data", "ENDPOINT", "data link to connect to: unix:PATH or tcp:HOST:PORT"},
    {OPT_CONTROL, 'c', "control", "ENDPOINT", "control link to connect to"},
    {OPT_TRUST, 't', "trust", "FILE", "root certificate (DER); may be given several times"},
    {OPT_PIN, 0, "pin", "HEX", "SHA-256 of the sensor's public key: no other device is accepted"},
    {OPT_SET, 0, "set", "NAME", "SPDM algorithms: p256, p384 or any (default)"},
    {OPT_TIME, 0, "time", "MODE", "certificate validity: full (default) or ignore"},
    {OPT_SUITE, 's', "suite", "NAME",
     "EFF-128, EFF-256, PERF-128-I, PERF-256-I, PERF-128-IE\n(default), PERF-256-IE"},
    {OPT_SV, 0, "sv", "N", "security variant 1 (encrypted) or 2; default: the suite's best"},
    {OPT_TAG, 0, "tag-length", "N", "bytes of a tag: 8, 12 or 16 (default)"},
    {OPT_FORMAT, 0, "format", "NAME",
     "pixel format of the sensor: raw8, raw10, raw12 (default),\nraw14, raw16, yuv422, rgb888"},
    {OPT_VC, 0, "vc", "N", "the sensor's virtual channel, 0 to 15"},
    {OPT_EMBEDDED, 0, "embedded-lines", "N", "embedded lines a frame, until a verified one tells"},
    {OPT_FRAMES, 'n', "frames", "N", "stop after N frames; default: when the stream ends"},
    {OPT_ATTEMPTS, 0, "attempts", "N", "tries of the authentication (default 1)"},
    {OPT_ROTATE, 0, "rotate-every", "N", "new keys every N frames"},
    {OPT_PARTIAL, 0, "allow-partial", NULL, "count OK_PARTIAL frames as good"},
    {OPT_OUT, 'o', "out", "DIR", "write pictures and report.json there"},
    {OPT_SAVE_EVERY, 0, "save-every", "K", "write every K-th good frame, not only the last one"},
    {OPT_MARKS, 0, "marks", "N", "most pictures of tampered frames to write (default 4)"},
    {OPT_REPORT, 'r', "report", "FILE", "write the JSON report there"},
    {OPT_CAPTURE, 0, "capture", "FILE", "write both links as pcapng, verdicts as comments"},
    {OPT_KEYLOG, 0, "keylog", "FILE", "write all session secrets: only for tests"},
    {OPT_TIMEOUT, 0, "timeout", "S", "seconds to wait for the links (default 5)"},
    {OPT_REMOTE, 0, "allow-remote", NULL, "allow TCP hosts other than this machine"},
    {0, 0, NULL, NULL, NULL},
};

static const cli_verb verb = {
    "ecu", "--data ENDPOINT --control ENDPOINT --trust FILE [options]",
    "Authenticates a sensor with SPDM, loads keys into it, verifies and decrypts its stream.\n"
    "Only verified pixels reach a picture. Prints each step of the authentication, every frame\n"
    "that is not good, and a summary.",
    options,
    "exit codes: 0 every frame was good, 1 at least one was not or packets were refused, 4 the\n"
    "authentication failed, 6 a link or file failed; otherwise see 'camseal --help'."};

/* ---- options ----------------------------------------------------------------- */

static bool parse_pin(ecu_options *o, const char *text)
{
    if (strlen(text) != 64 || strspn(text, "0123456789abcdefABCDEF") != 64)
        return false;
    for (size_t i = 0; i < 32; i++) {
        char pair[3] = {text[2 * i], text[2 * i + 1], 0};
        o->pin[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return o->has_pin = true;
}

static bool parse_set(ecu_options *o, const char *text)
{
    o->sets = !strcmp(text, "p256")   ? CAMSEAL_SPDM_SET_P256
              : !strcmp(text, "p384") ? CAMSEAL_SPDM_SET_P384
                                      : 0u;
    return o->sets || !strcmp(text, "any");
}

static bool parse_tag(ecu_options *o, const char *text)
{
    uint64_t n = 0;
    if (!cli_parse_number(text, 8, 16, &n) || n % 4)
        return false;
    o->profile.tag_length = (uint8_t)n;
    return true;
}

/* Options whose value is a word. False for a word that is none of them. */
static bool take_word(ecu_options *o, int id, char *value)
{
    switch (id) {
    case OPT_TRUST:
        if (o->n_trust < ECU_ANCHORS_MAX)
            o->trust[o->n_trust++] = value;
        return true;
    case OPT_PIN:
        return parse_pin(o, value);
    case OPT_SET:
        return parse_set(o, value);
    case OPT_TIME:
        o->ignore_time = !strcmp(value, "ignore");
        return o->ignore_time || !strcmp(value, "full");
    case OPT_SUITE:
        return stream_suite_parse(&o->profile.suite, value);
    case OPT_FORMAT:
        return stream_format_parse(&o->profile.dt, value);
    case OPT_TAG:
        return parse_tag(o, value);
    default:
        return false;
    }
}

/* Where an option's text goes as it is; NULL for the others. */
static const char **text_option(ecu_options *o, int id)
{
    const char **const places[] = {
        [OPT_DATA] = &o->data,     [OPT_CONTROL] = &o->control, [OPT_OUT] = &o->out,
        [OPT_REPORT] = &o->report, [OPT_CAPTURE] = &o->capture, [OPT_KEYLOG] = &o->keylog};
    return (size_t)id < sizeof places / sizeof *places ? places[id] : NULL;
}

static bool take_number(ecu_options *o, cli_args *args, int id)
{
    uint64_t n = 0;
    static const uint64_t most[] = {
        [OPT_SV] = 2, [OPT_VC] = 15, [OPT_EMBEDDED] = 255, [OPT_TIMEOUT] = 3600};
    uint64_t max = (size_t)id < sizeof most / sizeof *most && most[id] ? most[id] : UINT32_MAX;
    if (!cli_number(args, id == OPT_SV || id == OPT_ATTEMPTS ? 1u : 0u, max, &n))
        return false;
    switch (id) {
    case OPT_SV:
        o->profile.sv = (uint8_t)n;
        break;
    case OPT_VC:
        o->profile.vc = o->profile.evc = (uint8_t)n;
        break;
    case OPT_EMBEDDED:
        o->embedded_lines = n;
        break;
    case OPT_TIMEOUT:
        o->timeout_us = n * 1000000u;
        break;
    case OPT_FRAMES:
        o->frames = n;
        break;
    case OPT_ATTEMPTS:
        o->attempts = n;
        break;
    case OPT_ROTATE:
        o->rotate_every = n;
        break;
    case OPT_SAVE_EVERY:
        o->save_every = n;
        break;
    default:
        o->marks = n;
        break;
    }
    return true;
}

/* Exit code, or -1 to go on. */
static int take_option(ecu_options *o, cli_args *args, int id)
{
    const char **text = text_option(o, id);
    if (text) {
        *text = args->value;
        return -1;
    }
    switch (id) {
    case OPT_PARTIAL:
        o->allow_partial = true;
        return -1;
    case OPT_REMOTE:
        o->remote = true;
        return -1;
    case OPT_TRUST:
    case OPT_PIN:
    case OPT_SET:
    case OPT_TIME:
    case OPT_SUITE:
    case OPT_FORMAT:
    case OPT_TAG:
        if (take_word(o, id, args->value))
            return -1;
        return cli_usage("ecu", "--%s %s: not a legal value", args->option, args->value);
    default:
        return take_number(o, args, id) ? -1 : args->exit;
    }
}

static int parse_options(ecu_options *o, cli_args *args)
{
    int id;
    *o = (ecu_options){.attempts = 1, .marks = 4, .timeout_us = 5000000, .embedded_lines = 1};
    stream_profile_init(&o->profile);
    while ((id = cli_next(args)) > 0) {
        int code = take_option(o, args, id);
        if (code >= 0)
            return code;
    }
    if (id < 0)
        return args->exit;
    char **operands;
    if (cli_operands(args, &operands))
        return cli_usage("ecu", "unexpected argument '%s'", operands[0]);
    if (!o->data || !o->control)
        return cli_usage("ecu", "--data and --control are both needed");
    if (!o->n_trust)
        return cli_usage("ecu", "no --trust given: there is no default trust");
    if (o->profile.sv == 1 && !stream_suite_encrypts(o->profile.suite))
        return cli_usage("ecu", "--sv 1 encrypts and needs a suite that ends in -IE");
    stream_profile_plan(&o->profile);
    return -1;
}

/* ---- callbacks --------------------------------------------------------------- */

static bool talks(const ecu *e)
{
    return !e->args->json && !e->args->quiet;
}

static bool good_verdict(const ecu *e, unsigned verdict)
{
    return verdict == CAMSEAL_VERDICT_OK ||
           (verdict == CAMSEAL_VERDICT_OK_PARTIAL && e->options.allow_partial);
}

static void print_bad_frame(ecu *e, const frame_entry *entry)
{
    const camseal_record *f = &entry->frame;
    if (!talks(e))
        return;
    cli_progress_end();
    printf("frame %-6" PRIu64 " %-11s", f->frame_count, camseal_verdict_name(f->verdict));
    if (f->reason)
        printf(" %s;", camseal_reason_name(f->reason));
    if (entry->n_missing)
        printf(" missing %" PRIu32 "-%" PRIu32 "%s;", entry->missing[0].first,
               entry->missing[0].last, entry->n_missing > 1 ? " and more" : "");
    if (entry->n_bad)
        printf(" refused %zu: %s%s", entry->n_bad + entry->bad_unlisted,
               camseal_reason_name(entry->bad[0].reason), entry->n_bad > 1 ? " and more" : "");
    putchar('\n');
}

static void on_frame(void *user, const frame_entry *entry)
{
    ecu *e = user;
    bool frame = entry->frame.kind == CAMSEAL_RECORD_FRAME;
    bool good = frame && good_verdict(e, entry->frame.verdict);
    ecu_report_frame(&e->report, entry);
    if (frame) {
        e->frames++;
        e->bad_frames += !good;
    }
    if (!good || entry->n_bad)
        print_bad_frame(e, entry);
    if (frame)
        ecu_output_frame(&e->output, entry, good);
    cli_progress(e->args, "frame %" PRIu64 ", %" PRIu64 " not good", entry->frame.frame_count,
                 e->bad_frames);
}

static void on_event(void *user, const camseal_record *event)
{
    ecu *e = user;
    ecu_report_event(&e->report, event);
    if (event->reason == CAMSEAL_REASON_FRAME_GAP && event->b >= event->a)
        e->gap_frames += event->b - event->a + 1u;
    if (!talks(e))
        return;
    cli_progress_end();
    printf("event %s: %" PRIu64 " to %" PRIu64 "\n", camseal_reason_name(event->reason), event->a,
           event->b);
}

static void print_step(const ecu_step *step)
{
    cli_progress_end();
    printf("  %-22s %-12s %8.1f ms  %s\n", step->name,
           step->status == CAMSEAL_OK ? "ok" : camseal_status_name(step->status),
           (double)step->us / 1000.0, step->detail);
    fflush(stdout);
}

/* A single attempt is shown while it runs, one of several when it is over (see authenticate). */
static void on_step(void *user, const ecu_step *step)
{
    const ecu *e = user;
    if (talks(e) && !e->authenticated && e->options.attempts == 1)
        print_step(step);
}

static void on_secret(void *user, const char *label, camseal_span id, camseal_span value)
{
    ecu *e = user;
    keylog_secret(&e->keylog, label, id, value);
}

static camseal_status load_sink(void *user, size_t peer, const camseal_ssm_context_plan *plan,
                                const uint8_t loaded[32], const uint8_t salt[16], uint32_t epoch,
                                const camseal_least_count *least, size_t n_least)
{
    ecu *e = user;
    (void)peer;
    CAMSEAL_TRY(
        keylog_context(&e->keylog, camseal_openssl(), plan->config.ctx_id, epoch, loaded, salt));
    return ecu_receiver_load(&e->receiver, plan, loaded, salt, epoch, least, n_least);
}

/* ---- set-up ------------------------------------------------------------------ */

/* Exit code, or -1 to go on. */
static int load_anchors(ecu *e)
{
    for (size_t i = 0; i < e->options.n_trust; i++) {
        pki_file *file = &e->anchor_files[i];
        camseal_status status = pki_load_file(file, e->options.trust[i], PKI_CHAIN_FILE_MAX);
        if (status != CAMSEAL_OK)
            return cli_fail("ecu", status, "%s", file->error);
        e->anchors[i] = camseal_span_of(file->data, file->len);
        camseal_chain_job job = {.chain = e->anchors[i], .anchors = &e->anchors[i], .n_anchors = 1};
        if (camseal_openssl()->chain(camseal_openssl()->user, &job) == CAMSEAL_E_FORMAT)
            return cli_fail("ecu", CAMSEAL_E_FORMAT, "%s: no DER certificate%s",
                            e->options.trust[i],
                            pki_looks_like_pem(e->anchors[i])
                                ? ", but PEM: convert it, openssl x509 -outform DER"
                                : ": give the root's certificate");
    }
    return -1;
}

static camseal_status make_host(ecu *e, const camseal_bulk *bulk)
{
    const ecu_options *o = &e->options;
    e->trace = (camseal_trace){.user = e, .secret = on_secret};
    e->peer = (camseal_ssm_peer){
        .name = "sensor",
        .spdm = {.struct_size = sizeof e->peer.spdm,
                 .crypto = camseal_openssl(),
                 .binding = &camseal_spdm_binding_tcp,
                 .trace = &e->trace,
                 .anchors = e->anchors,
                 .n_anchors = o->n_trust,
                 .time = {o->ignore_time ? CAMSEAL_TIME_IGNORE : CAMSEAL_TIME_FULL,
                          camseal_posix_unix_seconds()},
                 .sets = o->sets,
                 .pin = o->has_pin ? o->pin : NULL,
                 .challenge = true,
                 .log_secrets = e->keylog.open},
        .plans = &o->profile.plan,
        .n_plans = 1};
    camseal_ssm_host_config config = {.struct_size = sizeof config,
                                      .bulk = bulk,
                                      .crypto = camseal_openssl(),
                                      .trace = &e->trace,
                                      .peers = &e->peer,
                                      .n_peers = 1,
                                      .load_sink = load_sink,
                                      .user = e};
    size_t bytes = camseal_ssm_host_size(&config);
    e->host_mem = aligned_alloc(CAMSEAL_BULK_KEY_ALIGN, (bytes + 63u) & ~(size_t)63u);
    if (!e->host_mem)
        return CAMSEAL_E_SPACE;
    return camseal_ssm_host_init(&e->control.host, e->host_mem, bytes, &config);
}

static int open_outputs(ecu *e)
{
    const ecu_options *o = &e->options;
    camseal_status status = ecu_output_init(&e->output, o->out, o->save_every, o->marks);
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "%s", e->output.error);
    char path[4096];
    snprintf(path, sizeof path, "%s/report.json", o->out ? o->out : "");
    status = ecu_report_open(&e->report, o->report ? o->report : o->out ? path : NULL);
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "%s", e->report.file.error);
    status = keylog_open(&e->keylog, o->keylog);
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "%s", e->keylog.file.error);
    status = capture_open(&e->capture, o->capture);
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "%s", e->capture.file.error);
    return -1;
}

/* Connects to one end of a link. On failure the error line was printed and *code is set. */
static camseal_link *reach(ecu *e, const char *text, camseal_link_kind kind, int *code)
{
    camseal_endpoint endpoint;
    camseal_posix_error error = {{0}};
    camseal_link *link = NULL;
    int fd = -1;
    camseal_status status = camseal_endpoint_parse(&endpoint, text, e->options.remote, &error);
    if (status == CAMSEAL_OK)
        status = camseal_endpoint_connect(&fd, &endpoint, e->options.timeout_us, cli_signal_fd(),
                                          &error);
    if (status == CAMSEAL_OK)
        status = camseal_link_open(&link, fd, kind, text, 0, 0);
    if (status == CAMSEAL_OK)
        return link;
    *code = status == CAMSEAL_PENDING ? CLI_EXIT_INTERRUPTED
                                      : cli_fail("ecu", status, "%s", error.text);
    return NULL;
}

/* ---- the loop ---------------------------------------------------------------- */

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
static camseal_status turn(ecu *e, uint64_t until_us)
{
    uint64_t now = camseal_posix_now_us(), wake = ecu_control_wake(&e->control);
    if (e->receiver.wake_us < wake)
        wake = e->receiver.wake_us;
    if (until_us < wake)
        wake = until_us;
    uint64_t wait = wake > now ? wake - now : 0;
    camseal_wait waits[2] = {
        {.fd = e->authenticated ? camseal_link_fd(e->data) : -1, .read = true},
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
    camseal_link *link = reach(e, e->options.control, CAMSEAL_LINK_CONTROL, &code);
    if (!link)
        return code;
    capture_link(&e->capture, link, CAMSEAL_LINK_CONTROL, "control", e->options.control);
    ecu_control_attach(&e->control, link);
    ecu_control_start(&e->control, camseal_ssm_host_begin_bring_up(e->control.host, 0),
                      camseal_posix_now_us());
    while (ecu_control_busy(&e->control)) {
        camseal_status status = turn(e, UINT64_MAX);
        if (status == CAMSEAL_PENDING)
            return CLI_EXIT_INTERRUPTED;
        if (status < 0)
            return cli_fail("ecu", status, "%s", camseal_link_error(e->data));
    }
    ecu_report_operation(e->report.attempts, &e->control.operation);
    return -1;
}

/* One of several attempts: a failed one in a line, the good one step by step. */
static void print_attempt(const ecu *e, uint64_t number)
{
    const ecu_operation *op = &e->control.operation;
    const ecu_step *last = &op->steps[op->n_steps - 1];
    if (!talks(e) || e->options.attempts == 1)
        return;
    if (op->status != CAMSEAL_OK) {
        printf("authentication %" PRIu64 " refused: %s at %s: %s\n", number,
               camseal_status_name(op->status), last->name, last->detail);
        return;
    }
    printf("authentication %" PRIu64 "\n", number);
    for (size_t i = 0; i < op->n_steps; i++)
        print_step(&op->steps[i]);
}

static int authenticate(ecu *e)
{
    if (talks(e) && e->options.attempts == 1)
        printf("authentication\n");
    for (uint64_t i = 1; i <= e->options.attempts; i++) {
        int code = attempt(e);
        if (code >= 0)
            return code;
        print_attempt(e, i);
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
    if (op->status < 0)
        cli_warn("ecu", "key rotation failed: %s: %s", camseal_status_name(op->status),
                 op->steps[op->n_steps - 1].detail);
    else if (talks(e))
        printf("keys rotated after frame %" PRIu64 ", %.1f ms\n", e->rotated_at,
               (double)op->us / 1000.0);
}

/* Until the stream ends, the wanted frames are there, or Ctrl-C. Exit code, or -1. */
static int stream(ecu *e)
{
    uint64_t wanted = e->options.frames;
    while (!camseal_link_ended(e->data) && (!wanted || e->frames + e->gap_frames < wanted)) {
        rotate_if_due(e);
        bool was_busy = ecu_control_busy(&e->control);
        camseal_status status = turn(e, UINT64_MAX);
        if (status == CAMSEAL_PENDING)
            return CLI_EXIT_INTERRUPTED;
        if (status < 0)
            return cli_fail("ecu", status, "%s", camseal_link_error(e->data));
        note_rotation(e, was_busy);
    }
    ecu_receiver_end(&e->receiver, camseal_posix_now_us());
    if (wanted && e->frames + e->gap_frames < wanted)
        return cli_fail("ecu", CAMSEAL_E_CLOSED,
                        "%s: the stream ended after %" PRIu64 " of %" PRIu64
                        " frames: is the sensor still there?",
                        e->options.data, e->frames, wanted);
    return -1;
}

/* Ends the session politely; a peer that is gone is no failure any more. */
static void shut_down(ecu *e)
{
    uint64_t now = camseal_posix_now_us(), until = now + SHUT_DOWN_US;
    if (!e->authenticated || !e->control.link || ecu_control_busy(&e->control))
        return;
    ecu_control_start(&e->control, camseal_ssm_host_begin_shut_down(e->control.host, 0), now);
    while (ecu_control_busy(&e->control) && now < until) {
        camseal_wait wait = {.fd = camseal_link_fd(e->control.link), .read = true};
        (void)(camseal_posix_wait(&wait, 1, until - now, -1) == CAMSEAL_OK);
        now = camseal_posix_now_us();
        ecu_control_run(&e->control, now);
    }
}

/* ---- ends -------------------------------------------------------------------- */

static int verdict_code(const ecu *e)
{
    uint64_t refused = 0;
    for (unsigned v = CAMSEAL_VERDICT_OK_PARTIAL + 1u; v < CAMSEAL_VERDICT_COUNT; v++)
        refused += e->book.totals.messages[v];
    bool good = e->frames && !e->bad_frames && !e->gap_frames && !refused;
    return good ? CLI_EXIT_OK : CLI_EXIT_FINDINGS;
}

/* Gives every output its name; the first failure decides the exit code unless something else did.
 */
static int finish_outputs(ecu *e, int code)
{
    camseal_status status = ecu_output_finish(&e->output);
    if (status != CAMSEAL_OK)
        code = cli_fail("ecu", status, "%s", e->output.error);
    capture_secrets(&e->capture, camseal_span_of(e->keylog.text, e->keylog.len));
    if ((status = capture_close(&e->capture)) != CAMSEAL_OK)
        code = cli_fail("ecu", status, "%s", e->capture.file.error);
    if ((status = keylog_commit(&e->keylog)) != CAMSEAL_OK)
        code = cli_fail("ecu", status, "%s", e->keylog.file.error);
    json_t *summary = ecu_summary_json(e, code);
    if ((status = ecu_report_commit(&e->report, summary)) != CAMSEAL_OK)
        code = cli_fail("ecu", status, "%s", e->report.file.error);
    if (e->args->json)
        json_dumpf(summary, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    if (e->args->json)
        putchar('\n');
    json_decref(summary);
    return code;
}

static int run(ecu *e)
{
    const camseal_bulk *bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL);
    camseal_status status = camseal_bulk_selftest(bulk);
    if (status == CAMSEAL_OK)
        status = camseal_crypto_selftest(camseal_openssl());
    if (status == CAMSEAL_OK)
        status = make_host(e, bulk);
    capture_stream *packets = capture_add(&e->capture, CAMSEAL_LINK_DATA, "data", e->options.data);
    if (status == CAMSEAL_OK)
        status = ecu_receiver_init(&e->receiver, bulk, camseal_openssl(), NULL, &e->book, packets);
    if (status != CAMSEAL_OK)
        return cli_fail("ecu", status, "cannot start: %s", camseal_status_text(status));
    int code = -1;
    e->data = reach(e, e->options.data, CAMSEAL_LINK_DATA, &code);
    if (!e->data)
        return code;
    code = authenticate(e);
    if (code < 0)
        code = stream(e);
    if (code == CLI_EXIT_INTERRUPTED)
        ecu_receiver_end(&e->receiver, camseal_posix_now_us());
    shut_down(e);
    return code < 0 ? verdict_code(e) : code;
}

static void release(ecu *e)
{
    ecu_control_attach(&e->control, NULL);
    camseal_link_close(e->data);
    if (e->control.host)
        camseal_ssm_host_wipe(e->control.host);
    free(e->host_mem);
    ecu_receiver_free(&e->receiver);
    frame_book_free(&e->book);
    ecu_output_free(&e->output);
    ecu_report_free(&e->report);
    keylog_abort(&e->keylog);
    capture_abort(&e->capture);
    for (size_t i = 0; i < ECU_ANCHORS_MAX; i++)
        pki_file_free(&e->anchor_files[i]);
}

int verb_ecu(int argc, char **argv)
{
    cli_args args;
    cli_begin(&args, &verb, argc, argv);
    ecu *e = calloc(1, sizeof *e);
    if (!e)
        return cli_fail("ecu", CAMSEAL_E_SPACE, "no memory");
    e->args = &args;
    int code = parse_options(&e->options, &args);
    if (code >= 0) {
        free(e);
        return code;
    }
    frame_book_init(&e->book, e->options.profile.dt, (unsigned)e->options.embedded_lines);
    e->book.on_frame = on_frame;
    e->book.on_event = on_event;
    e->control.on_step = on_step;
    e->book.user = e->control.user = e;
    e->started_us = camseal_posix_now_us();
    code = load_anchors(e);
    if (code < 0)
        code = open_outputs(e);
    if (code < 0) {
        code = run(e);
        code = finish_outputs(e, code);
        if (e->authenticated && !args.json && !args.quiet)
            ecu_summary_print(e);
    }
    release(e);
    free(e);
    return code;
}
