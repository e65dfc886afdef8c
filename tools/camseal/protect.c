/* `camseal protect`: files in, a protected capture out. No link, no SPDM, no process. */
#include "protect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/load.h"
#include "base/secret.h"
#include "base/try.h"
#include "camseal/csi2.h"
#include "camseal/openssl.h"
#include "root_key.h"
#include "verbs.h"

enum {
    OPT_OUT = 1,
    OPT_KEYLOG,
    OPT_SECRETS,
    OPT_ROOT_KEY,
    OPT_EPOCH,
    OPT_FIRST,
    OPT_FRAMES,
    OPT_VC,
    OPT_TOP,
    OPT_BOTTOM,
    OPT_MODE,
    OPT_MOSAIC
};

enum { OWN_BYTES = 68 }; /* the longest packet of FSED's own, in its own data type */

static const cli_option options[] = {
    {OPT_OUT, 'o', "out", "FILE", "the capture to write (pcapng)"},
    {OPT_KEYLOG, 'k', "keylog", "FILE", "write key and context there: what verify needs"},
    {OPT_SECRETS, 0, "secrets", NULL, "write them into the capture itself as well"},
    {OPT_ROOT_KEY, 0, "root-key", "FILE",
     "32 bytes or 64 hex digits instead of a random key; never use\none twice with the same "
     "--epoch and --first-frame"},
    {OPT_EPOCH, 0, "epoch", "N", "number of the key (default 1)"},
    {OPT_FIRST, 0, "first-frame", "N", "frame_count of the first frame (default 1)"},
    CSE_PROFILE_OPTIONS,
    {OPT_FRAMES, 'n', "frames", "N", "frames of each camera; default: all that the inputs hold"},
    {OPT_VC, 0, "vc", "N", "virtual channel, 0 to 15, of inputs without N=... in front"},
    {OPT_TOP, 0, "embedded", "N", "embedded lines at the top (default 1)"},
    {OPT_BOTTOM, 0, "embedded-bottom", "N", "embedded lines below the image (default 0)"},
    {OPT_MODE, 'm', "mode", "WxH", "pixels of a frame (default: the first picture's own)"},
    {OPT_MOSAIC, 0, "mosaic", NULL, "grey pictures are RGGB mosaics"},
    {0, 0, NULL, NULL, NULL},
};

static const cli_verb verb = {
    "protect",
    "[options] INPUT... -o OUT.pcapng --keylog KEYS",
    "Protects pictures, videos or raw frames as a camera would, and writes the packets to a\n"
    "capture. Nothing else is needed: no sensor, no session. `camseal verify` is the way back.",
    options,
    "inputs: builtin, PNG, PPM, PGM, Y4M, raw files (raw:WxH:raw12:FILE); anything else through\n"
    "ffmpeg. They are played one after the other; N=INPUT puts one on virtual channel N, and each\n"
    "channel is a camera and an interface of the capture.\n"
    "\n"
    "exit codes: 0 written, 2 usage, 3 an input is broken, 6 a file failed",
};

typedef struct choices {
    const char *out, *keylog, *root_key;
    bool secrets, mosaic;
    uint64_t epoch, first, frames, vc, top, bottom;
    unsigned width, height;
} choices;

static bool parse_mode(choices *o, const char *text)
{
    char end;
    return sscanf(text, "%5ux%5u%c", &o->width, &o->height, &end) == 2 && o->width && o->height;
}

static int take_option(choices *o, protect *p, cli_args *args, int id)
{
    const char **const texts[] = {
        [OPT_OUT] = &o->out, [OPT_KEYLOG] = &o->keylog, [OPT_ROOT_KEY] = &o->root_key};
    if ((size_t)id < sizeof texts / sizeof *texts && texts[id]) {
        *texts[id] = args->value;
        return -1;
    }
    switch (id) {
    case OPT_SECRETS:
        o->secrets = true;
        return -1;
    case OPT_MOSAIC:
        o->mosaic = true;
        return -1;
    case OPT_EPOCH:
        return cli_number(args, 0, UINT32_MAX, &o->epoch) ? -1 : args->exit;
    case OPT_FIRST:
        return cli_number(args, 1, (UINT64_C(1) << 40) - 2, &o->first) ? -1 : args->exit;
    case OPT_FRAMES:
        return cli_number(args, 1, UINT32_MAX, &o->frames) ? -1 : args->exit;
    case OPT_VC:
        return cli_number(args, 0, 15, &o->vc) ? -1 : args->exit;
    case OPT_TOP:
        return cli_number(args, 0, 255, &o->top) ? -1 : args->exit;
    case OPT_BOTTOM:
        return cli_number(args, 0, 255, &o->bottom) ? -1 : args->exit;
    case OPT_MODE:
        return parse_mode(o, args->value)
                   ? -1
                   : cli_usage(verb.name, "--mode %s: not WIDTHxHEIGHT", args->value);
    default:
        return cse_profile_take(&p->profile, args, id);
    }
}

/* ---- cameras --------------------------------------------------------------------------------- */

/* Takes "N=" off the front of an input. */
static const char *channel_of(const char *input, uint8_t *vc)
{
    uint64_t n;
    char word[4];
    size_t len = strcspn(input, "=");
    if (!input[len] || len >= sizeof word)
        return input;
    memcpy(word, input, len);
    word[len] = 0;
    if (!cli_parse_number(word, 0, 15, &n))
        return input;
    *vc = (uint8_t)n;
    return input + len + 1;
}

static protect_camera *camera_of(protect *p, const choices *o, uint8_t vc)
{
    for (size_t i = 0; i < p->n_cameras; i++)
        if (p->cameras[i].vc == vc)
            return &p->cameras[i];
    protect_camera *c = &p->cameras[p->n_cameras++];
    c->vc = vc;
    c->dt = p->profile.dt;
    c->top = (unsigned)o->top;
    c->bottom = (unsigned)o->bottom;
    c->mode.width = o->width;
    c->mode.height = o->height;
    c->mode.picture.mosaic = o->mosaic;
    return c;
}

/* `inputs`: CSE_CAMERAS_MAX rows of n. */
static void sort_inputs(protect *p, const choices *o, char **operands, size_t n,
                        const char **inputs)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t vc = (uint8_t)o->vc;
        const char *input = channel_of(operands[i], &vc);
        protect_camera *c = camera_of(p, o, vc);
        c->inputs = inputs + (size_t)(c - p->cameras) * n;
        c->inputs[c->n_inputs++] = input;
    }
}

static int open_cameras(protect *p, const choices *o)
{
    uint8_t vcs[CSE_CAMERAS_MAX];
    for (size_t i = 0; i < p->n_cameras; i++)
        vcs[i] = p->cameras[i].vc;
    if (!cse_profile_finish(&p->profile, verb.name, vcs, p->n_cameras))
        return CLI_EXIT_USAGE;
    const uint16_t line = p->profile.config.embedded_line_length;
    for (size_t i = 0; i < p->n_cameras; i++) {
        p->cameras[i].own_bytes = line > OWN_BYTES ? line : OWN_BYTES;
        int code = protect_camera_open(&p->cameras[i]);
        if (code >= 0)
            return code;
    }
    p->frames_wanted = o->frames;
    return -1;
}

/* ---- context --------------------------------------------------------------------------------- */

static void *room(size_t bytes)
{
    const size_t unit = CAMSEAL_BULK_KEY_ALIGN;
    return aligned_alloc(unit, (bytes + unit - 1u) / unit * unit);
}

static void why(void *user, camseal_status status, const char *area, const char *what,
                const char *detail, uint64_t a, uint64_t b)
{
    protect *p = user;
    (void)status, (void)area, (void)a, (void)b;
    snprintf(p->refused, sizeof p->refused, "%s: %s", what, detail);
}

static camseal_status make_source(protect *p, const choices *o, const uint8_t key[32])
{
    camseal_context_config *config = &p->profile.config;
    size_t bytes = camseal_context_size(config);
    p->context_mem = room(bytes);
    CAMSEAL_TRY(camseal_context_init(&p->context, p->context_mem, bytes, config));
    if (config->suite != CAMSEAL_SUITE_SAFETY) {
        CAMSEAL_TRY(camseal_context_load_crk(p->context, key, (uint32_t)o->epoch, NULL, 0));
        CAMSEAL_TRY(camseal_context_activate(p->context, 0));
    }
    for (size_t i = 0; i < p->n_cameras && o->first > 1; i++)
        CAMSEAL_TRY(camseal_context_set_frame_count(p->context, p->cameras[i].vc, o->first - 1));
    bytes = camseal_source_size(p->context);
    p->source_mem = room(bytes);
    CAMSEAL_TRY(camseal_source_init(&p->source, p->source_mem, bytes, p->context));
    bytes = camseal_worker_size(PROTECT_BATCH);
    p->worker_mem = room(bytes);
    return camseal_worker_init(&p->worker, p->worker_mem, bytes, PROTECT_BATCH);
}

static int set_up(protect *p, const choices *o)
{
    uint8_t key[32] = {0};
    camseal_context_config *config = &p->profile.config;
    config->bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL);
    config->crypto = camseal_openssl();
    config->role = CAMSEAL_ROLE_SOURCE;
    p->trace = (camseal_trace){.user = p, .event = why};
    config->trace = &p->trace;
    camseal_status status = camseal_bulk_selftest(config->bulk);
    if (status == CAMSEAL_OK)
        status = camseal_crypto_selftest(config->crypto);
    if (status != CAMSEAL_OK)
        return cli_fail(verb.name, status, "cannot start: %s", camseal_status_text(status));
    int code = root_key_get(key, verb.name, o->root_key, config->crypto);
    if (code < 0) {
        status = make_source(p, o, key);
        if (status == CAMSEAL_E_UNSUPPORTED) {
            (void)cli_fail(verb.name, status, "--protocol %s: this version cannot protect it yet",
                           camseal_protocol_name(config->protocol));
            code = CLI_EXIT_NOT_IMPLEMENTED;
        } else if (status == CAMSEAL_E_POLICY) {
            code = cli_usage(verb.name, "these options do not fit together: %s", p->refused);
        } else if (status != CAMSEAL_OK) {
            code = cli_fail(verb.name, status, "these options do not fit together: %s",
                            p->refused[0] ? p->refused : camseal_status_text(status));
        }
    }
    if (code < 0)
        root_key_log(&p->keylog, &p->profile, key, (uint32_t)o->epoch);
    camseal_wipe(key, sizeof key);
    return code;
}

/* ---- files ----------------------------------------------------------------------------------- */

static int open_files(protect *p, const choices *o)
{
    camseal_status status = keylog_open(&p->keylog, o->keylog);
    if (!o->keylog && o->secrets)
        keylog_open_memory(&p->keylog);
    if (status != CAMSEAL_OK)
        return cli_fail(verb.name, status, "%s", p->keylog.file.error);
    status = capture_open(&p->capture, o->out, o->secrets);
    return status == CAMSEAL_OK ? -1 : cli_fail(verb.name, status, "%s", p->capture.file.error);
}

static void add_streams(protect *p, const choices *o)
{
    if (o->secrets)
        capture_secrets(&p->capture, camseal_span_of(p->keylog.text, p->keylog.len));
    for (size_t i = 0; i < p->n_cameras; i++) {
        protect_camera *c = &p->cameras[i];
        char name[16], description[120];
        snprintf(name, sizeof name, "vc%u", c->vc);
        snprintf(description, sizeof description, "%.60s, %ux%u %s", c->inputs[0], c->width,
                 c->height, camseal_csi2_dt_name(c->dt));
        c->stream = capture_add(&p->capture, CAMSEAL_LINK_DATA, name, description);
    }
}

static int close_files(protect *p)
{
    camseal_status status = capture_close(&p->capture);
    if (status != CAMSEAL_OK)
        return cli_fail(verb.name, status, "%s", p->capture.file.error);
    status = keylog_commit(&p->keylog);
    return status == CAMSEAL_OK ? CLI_EXIT_OK
                                : cli_fail(verb.name, status, "%s", p->keylog.file.error);
}

/* ---- running --------------------------------------------------------------------------------- */

/* Takes the next frame of every camera; *left: how many had one. */
static int next_frames(protect *p, size_t *left)
{
    *left = 0;
    for (size_t i = 0; i < p->n_cameras; i++) {
        protect_camera *c = &p->cameras[i];
        if (c->over)
            continue;
        int code = protect_camera_next(c, p->frames_wanted, &c->over);
        if (code >= 0)
            return code;
        *left += !c->over;
    }
    return -1;
}

static int run(protect *p)
{
    size_t left;
    for (;;) {
        int code = next_frames(p, &left);
        if (code >= 0 || !left)
            return code;
        camseal_status status = protect_frames(p);
        if (status != CAMSEAL_OK)
            return cli_fail(verb.name, status, "frame %" PRIu64 " cannot be protected: %s",
                            p->frames + 1, camseal_status_text(status));
        cli_progress(p->args, "%" PRIu64 " frames", p->frames);
        if (cli_interrupted())
            return CLI_EXIT_INTERRUPTED;
    }
}

static void report(const protect *p, const choices *o)
{
    const camseal_context_config *c = &p->profile.config;
    cli_progress_end();
    if (p->args->json) {
        printf("{\"verb\": \"protect\", \"protocol\": \"%s\", \"suite\": \"%s\", \"tag_mode\": "
               "\"%s\", \"cameras\": %zu, \"frames\": %" PRIu64 ", \"messages\": %" PRIu64
               ", \"payload_bytes\": %" PRIu64 ", \"packets\": %" PRIu64 "}\n",
               camseal_protocol_name(c->protocol), camseal_suite_name(c->suite),
               camseal_tag_mode_name(c->tag_mode), p->n_cameras, p->frames, p->messages,
               p->payload_bytes, p->capture.packets);
        return;
    }
    if (p->args->quiet)
        return;
    printf("%s, %s, tag per %s: %" PRIu64 " frames, %" PRIu64 " messages, %" PRIu64
           " bytes of payload\nwritten  %s%s%s\n",
           camseal_protocol_name(c->protocol), camseal_suite_name(c->suite),
           camseal_tag_mode_name(c->tag_mode), p->frames, p->messages, p->payload_bytes, o->out,
           o->keylog ? "; keys in " : "", o->keylog ? o->keylog : "");
}

static int protect_all(protect *p, const choices *o)
{
    int code = open_cameras(p, o);
    if (code < 0)
        code = open_files(p, o);
    if (code < 0)
        code = set_up(p, o);
    if (code >= 0)
        return code;
    add_streams(p, o);
    code = run(p);
    if (code < 0)
        code = close_files(p);
    if (code == CLI_EXIT_OK)
        report(p, o);
    return code;
}

static void tear_down(protect *p)
{
    if (p->source)
        camseal_source_wipe(p->source);
    if (p->context)
        camseal_context_wipe(p->context);
    if (p->worker)
        camseal_worker_wipe(p->worker);
    free(p->source_mem);
    free(p->context_mem);
    free(p->worker_mem);
    for (size_t i = 0; i < p->n_cameras; i++)
        protect_camera_close(&p->cameras[i]);
    if (p->capture.open)
        capture_abort(&p->capture);
    keylog_abort(&p->keylog);
}

static int check_choices(const choices *o, int n)
{
    if (n < 1)
        return cli_usage(verb.name, "give at least one input: a picture, a video, or 'builtin'");
    if (n > PROTECT_INPUTS_MAX)
        return cli_usage(verb.name, "at most %d inputs", PROTECT_INPUTS_MAX);
    if (!o->out)
        return cli_usage(verb.name, "--out is needed: the capture to write");
    if (!o->keylog && !o->secrets && !o->root_key)
        return cli_usage(verb.name, "without --keylog, --secrets or --root-key nobody could ever "
                                    "verify the capture");
    return -1;
}

int verb_protect(int argc, char **argv)
{
    static protect p;
    cli_args args;
    choices o = {.epoch = 1, .first = 1, .top = 1};
    int id;
    cli_begin(&args, &verb, argc, argv);
    p.args = &args;
    cse_profile_init(&p.profile);
    while ((id = cli_next(&args)) > 0) {
        int code = take_option(&o, &p, &args, id);
        if (code >= 0)
            return code;
    }
    if (id < 0)
        return args.exit;
    char **operands;
    int n = cli_operands(&args, &operands), code = check_choices(&o, n);
    if (code >= 0)
        return code;
    const char **inputs = calloc((size_t)n * CSE_CAMERAS_MAX, sizeof *inputs);
    if (!inputs)
        return cli_fail(verb.name, CAMSEAL_E_MEMORY, "no memory");
    sort_inputs(&p, &o, operands, (size_t)n, inputs);
    code = protect_all(&p, &o);
    tear_down(&p);
    free(inputs);
    return code;
}
