/* The options of `camseal ecu`. */
#include "ecu.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint_option.h"
#include "hex.h"

enum {
    OPT_DATA = 1,
    OPT_CONTROL,
    OPT_CAMERA,
    OPT_SINK_OF,
    OPT_TRUST,
    OPT_PIN,
    OPT_PROTOCOL,
    OPT_SUITE,
    OPT_TAG_MODE,
    OPT_TAG_LENGTH,
    OPT_VARIANTS,
    OPT_STRIDE,
    OPT_CRC,
    OPT_SV,
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
    OPT_OWNER,
    OPT_FORMAT,
    OPT_VC,
    OPT_EVC,
    OPT_LINK_VC,
    OPT_EMBEDDED,
    OPT_PARTIAL,
    OPT_TIMEOUT,
    OPT_REMOTE
};

static const cli_option options[] = {
    {OPT_DATA, 'd', "data", "ENDPOINT", "data link to connect to: unix:PATH or tcp:HOST:PORT"},
    {OPT_CONTROL, 'c', "control", "ENDPOINT", "control link to connect to"},
    {OPT_CAMERA, 0, "camera", "NAME",
     "the options that follow are for this camera only, those before\nthe first for all; cameras "
     "may share a data link"},
    {OPT_SINK_OF, 0, "sink-of", "NAME",
     "this camera is one more sink of an earlier one's stream: it gets\nthe same (group) key"},
    {OPT_TRUST, 't', "trust", "FILE", "root certificate (DER); may be given several times"},
    {OPT_PIN, 0, "pin", "HEX", "SHA-256 of the sensor's public key: no other device is accepted"},
    {OPT_SET, 0, "set", "NAME", "SPDM algorithms: p256, p384 or any (default)"},
    {OPT_TIME, 0, "time", "MODE", "certificate validity: full (default) or ignore"},
    {OPT_OWNER, 0, "owner", "FILE",
     "secret by which the sensor knows this host again after a restart;\nmade when it is not "
     "there"},
    {OPT_PROTOCOL, 0, "protocol", "NAME", "sep (default) or fsed"},
    {OPT_SUITE, 's', "suite", "NAME",
     "EFF-128, EFF-256, PERF-128-I, PERF-256-I, PERF-128-IE\n(default), PERF-256-IE"},
    {OPT_TAG_MODE, 0, "tag-mode", "NAME", "message (default with sep), data-type or frame"},
    {OPT_TAG_LENGTH, 0, "tag-length", "N", "bytes of a tag: 8, 12 or 16 (default)"},
    {OPT_VARIANTS, 0, "variants", "N[/N/N]",
     "security variants 1 to 5 of top lines, image, bottom lines;\ndefault: the suite's best"},
    {OPT_STRIDE, 0, "stride", "O/R/P",
     "variants 3 and 4: R of every P lines or bytes, from O on\n(default 0/1/4)"},
    {OPT_CRC, 0, "crc", "NAME", "crc32c (default) or ieee"},
    {OPT_SV, 0, "sv", "N", "the same as --variants N"},
    {OPT_FORMAT, 0, "format", "NAME",
     "pixel format of the sensor: raw8, raw10, raw12 (default),\nraw14, raw16, yuv422, rgb888"},
    {OPT_VC, 0, "vc", "N", "the sensor's virtual channel, 0 to 15"},
    {OPT_EVC, 0, "evc", "N", "the camera's protected channel, 0 to 15 (default: --vc)"},
    {OPT_LINK_VC, 0, "link-vc", "N",
     "its virtual channel on the data link, behind the bridges\n(default: --evc)"},
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

static bool parse_pin(ecu_options *o, const char *text)
{
    o->has_pin = strlen(text) == 2 * sizeof o->pin && hex_parse(o->pin, sizeof o->pin, text);
    return o->has_pin;
}

/* One algorithm set of OP1 §8, or any combination that is not weaker (the policy's default). */
static bool parse_set(ecu_options *o, const char *text)
{
    static const struct {
        const char *name;
        uint32_t sets;
    } known[] = {{"p256", CAMSEAL_SPDM_SET_P256}, {"p384", CAMSEAL_SPDM_SET_P384}, {"any", 0}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!strcmp(text, known[i].name)) {
            o->sets = known[i].sets;
            return true;
        }
    return false;
}

/* Options whose value is a word. False for a word that is none of them. */
static bool take_word(ecu_options *o, int id, const char *option, char *value)
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
    case OPT_SV:
        return !value[1] && stream_profile_word(&o->profile, "variants", value);
    default:
        return stream_profile_word(&o->profile, option, value);
    }
}

/* Where an option's text goes as it is; NULL for the others. */
static const char **text_option(ecu_options *o, int id)
{
    const char **const places[] = {
        [OPT_DATA] = &o->data,     [OPT_CONTROL] = &o->control, [OPT_OUT] = &o->out,
        [OPT_REPORT] = &o->report, [OPT_CAPTURE] = &o->capture, [OPT_KEYLOG] = &o->keylog,
        [OPT_OWNER] = &o->owner,   [OPT_SINK_OF] = &o->sink_of};
    return (size_t)id < sizeof places / sizeof *places ? places[id] : NULL;
}

static bool take_number(ecu_options *o, cli_args *args, int id)
{
    uint64_t n = 0;
    static const uint64_t most[] = {[OPT_EVC] = 15,
                                    [OPT_LINK_VC] = 15,
                                    [OPT_VC] = 15,
                                    [OPT_EMBEDDED] = 255,
                                    [OPT_TIMEOUT] = 3600};
    uint64_t max = (size_t)id < sizeof most / sizeof *most && most[id] ? most[id] : UINT32_MAX;
    if (!cli_number(args, id == OPT_ATTEMPTS ? 1u : 0u, max, &n))
        return false;
    switch (id) {
    case OPT_VC:
        o->profile.vc = (uint8_t)n;
        break;
    case OPT_EVC:
        o->profile.evc = (uint8_t)n;
        o->has_evc = true;
        break;
    case OPT_LINK_VC:
        o->link_vc = (uint8_t)n;
        o->has_link_vc = true;
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
    case OPT_PROTOCOL:
    case OPT_SUITE:
    case OPT_TAG_MODE:
    case OPT_TAG_LENGTH:
    case OPT_VARIANTS:
    case OPT_STRIDE:
    case OPT_CRC:
    case OPT_SV:
    case OPT_FORMAT:
        if (take_word(o, id, args->option, args->value))
            return -1;
        return cli_usage("ecu", "--%s %s: not a legal value", args->option, args->value);
    default:
        return take_number(o, args, id) ? -1 : args->exit;
    }
}

/* ---- cameras ---- */

/* The options before the first --camera count for all that follow. */
static int begin_camera(ecu_options *list, size_t *n, const ecu_options *all, const char *name)
{
    if (!*n && (all->report || all->capture || all->keylog || all->out || all->sink_of))
        return cli_usage("ecu", "--out, --report, --capture, --keylog and --sink-of belong to one "
                                "camera: give them after --camera");
    for (size_t i = 0; i < *n; i++)
        if (!strcmp(list[i].name, name))
            return cli_usage("ecu", "--camera %s: two cameras of this name", name);
    if (*n == ECU_CAMERAS_MAX)
        return cli_usage("ecu", "--camera %s: more than %d cameras", name, ECU_CAMERAS_MAX);
    list[*n] = *all;
    list[(*n)++].name = name;
    return -1;
}

/* A further sink takes everything about the stream from the camera whose key it gets. */
static int join_master(ecu_options *list, size_t at)
{
    ecu_options *o = &list[at];
    for (size_t i = 0; i < at; i++) {
        if (strcmp(list[i].name, o->sink_of) != 0 || list[i].sink_of)
            continue;
        o->master = i;
        list[i].profile.group = true;
        o->profile = list[i].profile;
        return -1;
    }
    return cli_usage("ecu", "--sink-of %s: no camera of this name before it", o->sink_of);
}

static int check_camera(ecu_options *list, size_t at)
{
    ecu_options *o = &list[at];
    if (!o->data || (!o->control && !o->sink_of))
        return cli_usage("ecu", "%s%s--data and --control are both needed", o->name ? o->name : "",
                         o->name ? ": " : "");
    if (!o->n_trust)
        return cli_usage("ecu", "no --trust given: there is no default trust");
    const char *fault = stream_profile_fault(&o->profile);
    if (fault)
        return cli_usage("ecu", "%s", fault);
    if (!o->has_evc)
        o->profile.evc = o->profile.vc;
    int code = o->sink_of ? join_master(list, at) : -1;
    if (code >= 0)
        return code;
    if (!o->has_link_vc)
        o->link_vc = o->profile.evc;
    for (size_t i = 0; i < at; i++)
        if (!strcmp(list[i].data, o->data) &&
            (list[i].link_vc == o->link_vc || list[i].profile.evc == o->profile.evc))
            return cli_usage("ecu",
                             "cameras %s and %s share a channel of one data link: give each "
                             "its --evc and --link-vc",
                             list[i].name, o->name);
    code = endpoint_option(&o->data_end, "ecu", "data", o->data, o->remote);
    if (code < 0 && o->control)
        code = endpoint_option(&o->control_end, "ecu", "control", o->control, o->remote);
    return code;
}

void ecu_options_plan(ecu_options *o)
{
    o->profile.no_embedded = !o->embedded_lines;
    stream_profile_plan(&o->profile);
}

int ecu_options_parse(ecu_options *list, size_t *n, cli_args *args, int argc, char **argv)
{
    int id, code = -1;
    ecu_options all = {.attempts = 1, .marks = 4, .timeout_us = 5000000, .embedded_lines = 1};
    cli_begin(args, &verb, argc, argv);
    stream_profile_init(&all.profile);
    *n = 0;
    while (code < 0 && (id = cli_next(args)) > 0)
        code = id == OPT_CAMERA ? begin_camera(list, n, &all, args->value)
                                : take_option(*n ? &list[*n - 1] : &all, args, id);
    if (code >= 0)
        return code;
    if (id < 0)
        return args->exit;
    char **operands;
    if (cli_operands(args, &operands))
        return cli_usage("ecu", "unexpected argument '%s'", operands[0]);
    if (!*n)
        list[(*n)++] = all;
    for (size_t i = 0; i < *n && code < 0; i++)
        code = check_camera(list, i);
    return code;
}
