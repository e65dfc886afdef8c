#include "sensor_options.h"

#include <stdio.h>
#include <string.h>

#include "camseal/csi2.h"
#include "endpoint_option.h"
#include "stream_profile.h"

enum {
    OPT_DATA = 1,
    OPT_CONTROL,
    OPT_CHAIN,
    OPT_KEY,
    OPT_INPUT,
    OPT_MODE,
    OPT_FORMAT,
    OPT_PROTOCOL,
    OPT_TAG_MODE,
    OPT_FRAMES,
    OPT_FPS,
    OPT_VC,
    OPT_EMBEDDED,
    OPT_PLAIN,
    OPT_CAPTURE,
    OPT_KEYLOG,
    OPT_REMOTE
};

static const cli_option options[] = {
    {OPT_DATA, 'd', "data", "ENDPOINT", "data link to listen on: unix:PATH or tcp:HOST:PORT"},
    {OPT_CONTROL, 'c', "control", "ENDPOINT", "control link to listen on"},
    {OPT_CHAIN, 0, "chain", "FILE", "certificates, DER, root first, the sensor's own last"},
    {OPT_KEY, 'k', "key", "FILE", "the sensor's private key; only its owner may read it"},
    {OPT_INPUT, 'i', "input", "SPEC", "picture: builtin (default) or a file (see below)"},
    {OPT_MODE, 'm', "mode", "WxH", "pixels of a frame (default: the picture's own)"},
    {OPT_FORMAT, 'f', "format", "NAME",
     "raw8, raw10, raw12 (default), raw14, raw16, yuv422, rgb888"},
    {OPT_PROTOCOL, 0, "protocol", "NAME", "sep (default) or fsed: as the host configures it"},
    {OPT_TAG_MODE, 0, "tag-mode", "NAME", "message (default), data-type or frame: likewise"},
    {OPT_FRAMES, 'n', "frames", "N", "end after N frames; default: never"},
    {OPT_FPS, 0, "fps", "F", "frames a second (default 30); 0 = as fast as possible"},
    {OPT_VC, 0, "vc", "N", "virtual channel, 0 to 15"},
    {OPT_EMBEDDED, 0, "embedded-lines", "N", "embedded lines at the top of a frame (default 1)"},
    {OPT_PLAIN, 0, "unprotected", NULL,
     "be a sensor that knows no security: plain packets, no control\nlink (for a bridge with "
     "--agent)"},
    {OPT_CAPTURE, 0, "capture", "FILE", "write both links as pcapng"},
    {OPT_KEYLOG, 0, "keylog", "FILE", "write all session secrets: only for tests"},
    {OPT_REMOTE, 0, "allow-remote", NULL, "allow TCP hosts other than this machine"},
    {0, 0, NULL, NULL, NULL},
};

static const cli_verb verb = {
    "sensor", "--data ENDPOINT --control ENDPOINT --chain FILE --key FILE [options]",
    "A camera sensor in software: answers SPDM, takes keys and a context from the host that\n"
    "authenticated it, and streams protected CSI-2 packets from activation on.",
    options,
    "inputs: PNG, PPM, PGM, Y4M, raw files (raw:WxH:FILE); anything else through ffmpeg, when it\n"
    "is installed.\n"
    "\n"
    "exit codes: 0 all frames were sent or the ECU said goodbye, 4 key or certificate refused,\n"
    "6 a link or file failed; otherwise see 'camseal --help'."};

static bool parse_mode(sensor_options *o, const char *text)
{
    char word[32];
    uint64_t width, height;
    snprintf(word, sizeof word, "%s", text);
    char *x = strchr(word, 'x');
    if (!x || strlen(text) >= sizeof word)
        return false;
    *x = 0;
    if (!cli_parse_number(word, 1, UINT16_MAX, &width) ||
        !cli_parse_number(x + 1, 1, UINT16_MAX, &height))
        return false;
    o->width = (unsigned)width;
    o->height = (unsigned)height;
    return true;
}

/* Exit code, or -1 to go on. */
static int take_option(sensor_options *o, cli_args *args, int id)
{
    const char **const texts[] = {
        [OPT_DATA] = &o->data,    [OPT_CONTROL] = &o->control, [OPT_CHAIN] = &o->chain,
        [OPT_KEY] = &o->key,      [OPT_INPUT] = &o->input,     [OPT_CAPTURE] = &o->capture,
        [OPT_KEYLOG] = &o->keylog};
    if ((size_t)id < sizeof texts / sizeof *texts && texts[id]) {
        *texts[id] = args->value;
        return -1;
    }
    switch (id) {
    case OPT_MODE:
        return parse_mode(o, args->value)
                   ? -1
                   : cli_usage("sensor", "--mode %s: not WIDTHxHEIGHT", args->value);
    case OPT_FORMAT:
    case OPT_PROTOCOL:
    case OPT_TAG_MODE:
        return stream_profile_word(&o->profile, args->option, args->value)
                   ? -1
                   : cli_usage("sensor", "--%s %s: not one of its values", args->option,
                               args->value);
    case OPT_FRAMES:
        return cli_number(args, 1, UINT32_MAX, &o->frames) ? -1 : args->exit;
    case OPT_FPS:
        return cli_number(args, 0, 100000, &o->fps) ? -1 : args->exit;
    case OPT_VC:
        return cli_number(args, 0, 15, &o->vc) ? -1 : args->exit;
    case OPT_EMBEDDED:
        return cli_number(args, 0, 255, &o->embedded_lines) ? -1 : args->exit;
    case OPT_PLAIN:
        o->plain = true;
        return -1;
    default:
        o->remote = true;
        return -1;
    }
}

int sensor_options_parse(sensor_options *o, cli_args *args, int argc, char **argv)
{
    int id;
    cli_begin(args, &verb, argc, argv);
    *o = (sensor_options){.input = "builtin", .fps = 30, .embedded_lines = 1};
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
        return cli_usage("sensor", "unexpected argument '%s'", operands[0]);
    if (o->plain && (o->control || o->chain || o->key || o->keylog))
        return cli_usage("sensor", "--unprotected has no --control, --chain, --key or --keylog");
    if (!o->data || (!o->plain && (!o->control || !o->chain || !o->key)))
        return cli_usage("sensor", "--data, --control, --chain and --key are all needed");
    int code = endpoint_option(&o->data_end, "sensor", "data", o->data, o->remote);
    return code >= 0 || o->plain
               ? code
               : endpoint_option(&o->control_end, "sensor", "control", o->control, o->remote);
}
