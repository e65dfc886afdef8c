/* The options of `camseal ecu`. */
#include "ecu.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint_option.h"
#include "hex.h"

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
    OPT_OWNER,
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
    {OPT_OWNER, 0, "owner", "FILE",
     "secret by which the sensor knows this host again after a restart;\nmade when it is not "
     "there"},
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
        [OPT_REPORT] = &o->report, [OPT_CAPTURE] = &o->capture, [OPT_KEYLOG] = &o->keylog,
        [OPT_OWNER] = &o->owner};
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

int ecu_options_parse(ecu_options *o, cli_args *args, int argc, char **argv)
{
    int id;
    cli_begin(args, &verb, argc, argv);
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
    int code = endpoint_option(&o->data_end, "ecu", "data", o->data, o->remote);
    return code >= 0 ? code
                     : endpoint_option(&o->control_end, "ecu", "control", o->control, o->remote);
}
