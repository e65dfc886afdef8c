/* `camseal verify`: a capture and a key log in; verdicts, pictures and a picture of the coverage
 * out. No link, no SPDM, no process. */
#include "verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "camseal/openssl.h"
#include "capture.h"
#include "keyfile.h"
#include "picture_files.h"
#include "verbs.h"
#include "wholefile.h"

enum {
    OPT_KEYLOG = 1,
    OPT_SECRETS,
    OPT_ROOT_KEY,
    OPT_EPOCH,
    OPT_OUT,
    OPT_PICTURE,
    OPT_INTERFACE,
    OPT_EARLY,
    OPT_PARTIAL,
    OPT_UNVERIFIED,
    OPT_VC,
    OPT_TOP
};

enum { KEYLOG_BYTES_MAX = 1 << 22 };

static const cli_option options[] = {
    {OPT_KEYLOG, 'k', "keylog", "FILE", "key and context, as protect, sensor or ecu wrote them"},
    {OPT_SECRETS, 0, "secrets", NULL, "take them from the capture: then it vouches for itself"},
    {OPT_ROOT_KEY, 0, "root-key", "FILE", "the key alone; the options below tell the context"},
    {OPT_EPOCH, 0, "epoch", "N", "number of the --root-key (default 1)"},
    {OPT_OUT, 'o', "out", "DIR", "write the pictures of good frames there, and marked bad ones"},
    {OPT_PICTURE, 'p', "picture", "FILE", "write a picture of what was covered, line by line"},
    {OPT_INTERFACE, 'i', "interface", "NAME", "only packets of this interface of the capture"},
    {OPT_EARLY, 0, "early", NULL,
     "frame and data-type tags: release lines before their verdict,\nand tell how many"},
    {OPT_PARTIAL, 0, "allow-partial", NULL, "count OK_PARTIAL frames as good"},
    {OPT_UNVERIFIED, 0, "allow-unverified", NULL, "count frames without tags as good"},
    CSE_PROFILE_OPTIONS,
    {OPT_VC, 0, "vc", "N", "a camera's virtual channel; may be given several times"},
    {OPT_TOP, 0, "embedded", "N", "lines at the top, until a verified one tells (default 1)"},
    {0, 0, NULL, NULL, NULL},
};

static const cli_verb verb = {
    "verify",
    "[options] IN.pcapng --keylog KEYS",
    "Judges every packet and frame of a capture with its keys, and gives the pictures back: only\n"
    "pixels that verified.",
    options,
    "The context comes from the key log; what is said of it by options is demanded. A key log "
    "that\n"
    "has only the key gets its context from the options.\n"
    "\n"
    "exit codes: 0 every frame is good, 1 something is not (or there was none), 2 usage, 3 the\n"
    "capture or key log is broken (judged as far as it goes), 4 not the context that was asked "
    "for,\n"
    "or no key, 6 a file failed",
};

static int take_option(verify_choices *o, verify *v, cli_args *args, int id)
{
    const char **const texts[] = {
        [OPT_KEYLOG] = &o->keylog,   [OPT_ROOT_KEY] = &o->root_key,   [OPT_OUT] = &o->out,
        [OPT_PICTURE] = &o->picture, [OPT_INTERFACE] = &o->interface,
    };
    bool *const flags[] = {
        [OPT_SECRETS] = &o->secrets,
        [OPT_EARLY] = &o->early,
        [OPT_PARTIAL] = &o->partial,
        [OPT_UNVERIFIED] = &o->unverified,
    };
    uint64_t n;
    if ((size_t)id < sizeof texts / sizeof *texts && texts[id]) {
        *texts[id] = args->value;
        return -1;
    }
    if ((size_t)id < sizeof flags / sizeof *flags && flags[id]) {
        *flags[id] = true;
        return -1;
    }
    switch (id) {
    case OPT_EPOCH:
        return cli_number(args, 0, UINT32_MAX, &o->epoch) ? -1 : args->exit;
    case OPT_TOP:
        return cli_number(args, 0, 255, &o->embedded) ? -1 : args->exit;
    case OPT_VC:
        if (!cli_number(args, 0, 15, &n))
            return args->exit;
        o->vcs |= UINT64_C(1) << n;
        return -1;
    default:
        return cse_profile_take(&v->profile, args, id);
    }
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* The context out of the options: one camera for each --vc. */
static int context_from_options(verify *v)
{
    uint8_t vcs[CSE_CAMERAS_MAX];
    size_t n = 0;
    for (uint8_t vc = 0; vc < CSE_CAMERAS_MAX; vc++)
        if (v->o->vcs >> vc & 1u)
            vcs[n++] = vc;
    if (n == 0)
        vcs[n++] = 0;
    return cse_profile_finish(&v->profile, verb.name, vcs, n) ? -1 : CLI_EXIT_USAGE;
}

static int keys_from_log(verify *v, const char *name, camseal_span text)
{
    cse_profile asked = v->profile;
    bool described;
    int code = root_keys_read(&v->keys, &v->profile, &described, verb.name, name, text);
    if (code >= 0)
        return code;
    if (!described)
        return context_from_options(v);
    const uint8_t none = 0;
    if (!cse_profile_finish(&asked, verb.name, &none, 1))
        return CLI_EXIT_USAGE;
    const char *option = cse_profile_differs(&asked, &v->profile);
    if (!option)
        return -1;
    return cli_fail(verb.name, CAMSEAL_E_POLICY,
                    "--%s: the stream's context in %s has another one: leave the option out if "
                    "that is right",
                    option, name);
}

/* The first secrets block of ours. */
static int keys_from_capture(verify *v)
{
    pcapng_reader r = v->reader;
    pcapng_item item;
    while (pcapng_next(&r, &item) == CAMSEAL_OK && item.kind != PCAPNG_END)
        if (item.kind == PCAPNG_SECRETS && item.secrets_type == PCAPNG_SECRETS_CAMSEAL)
            return keys_from_log(v, v->o->capture, item.bytes);
    return cli_fail(verb.name, CAMSEAL_E_POLICY,
                    "%s: holds no secrets: give --keylog FILE, or protect with --secrets",
                    v->o->capture);
}

static int keys_from_file(verify *v)
{
    pki_file file;
    camseal_status status = pki_load_file(&file, v->o->keylog, KEYLOG_BYTES_MAX);
    if (status != CAMSEAL_OK)
        return cli_fail(verb.name, status, "%s", file.error);
    int code = keys_from_log(v, v->o->keylog, camseal_span_of(file.data, file.len));
    pki_file_free(&file);
    return code;
}

static int get_keys(verify *v)
{
    if (v->o->keylog)
        return keys_from_file(v);
    if (v->o->secrets)
        return keys_from_capture(v);
    int code = context_from_options(v);
    if (code >= 0 || v->profile.config.suite == CAMSEAL_SUITE_SAFETY)
        return code;
    v->keys.n = 1;
    v->keys.of[0].epoch = (uint32_t)v->o->epoch;
    return root_key_get(v->keys.of[0].key, verb.name, v->o->root_key, camseal_openssl());
}

/* ---- running --------------------------------------------------------------------------------- */

static int open_capture(verify *v)
{
    if (wholefile_read(v->o->capture, &v->file, &v->file_len) != CAMSEAL_OK)
        return cli_fail(verb.name, CAMSEAL_E_FILE, "%s: cannot be read: %s", v->o->capture,
                        strerror(errno));
    if (pcapng_open(&v->reader, camseal_span_of(v->file, v->file_len)) != CAMSEAL_OK)
        return cli_fail(verb.name, CAMSEAL_E_FORMAT,
                        "%s: not a pcapng file: give one made by protect or with --capture",
                        v->o->capture);
    picture_error error;
    camseal_status status = v->o->out ? picture_files_folder(v->o->out, &error) : CAMSEAL_OK;
    return status == CAMSEAL_OK ? -1 : cli_fail(verb.name, status, "%s", error.text);
}

static int set_up(verify *v)
{
    camseal_status status = verify_set_up(v);
    if (status == CAMSEAL_OK)
        return -1;
    if (status == CAMSEAL_E_POLICY && !v->o->keylog && !v->o->secrets)
        return cli_usage(verb.name, "these options do not fit together: %s", v->refused);
    if (status != CAMSEAL_E_UNSUPPORTED)
        return cli_fail(verb.name, status, "the context cannot be used: %s",
                        v->refused[0] ? v->refused : camseal_status_text(status));
    (void)cli_fail(verb.name, status, "%s: this version cannot verify it yet",
                   camseal_protocol_name(v->profile.config.protocol));
    return CLI_EXIT_NOT_IMPLEMENTED;
}

static bool all_good(const verify *v)
{
    uint64_t frames = 0;
    for (size_t i = 0; i < v->n_cameras; i++) {
        const verify_camera *c = &v->cameras[i];
        frames += c->frames;
        if (c->bad_frames || c->gap_frames)
            return false;
    }
    return frames != 0;
}

static int judge(verify *v)
{
    camseal_status status = verify_run(v);
    int code = all_good(v) ? CLI_EXIT_OK : CLI_EXIT_FINDINGS;
    verify_output_end(v);
    if (cli_interrupted())
        code = CLI_EXIT_INTERRUPTED;
    else if (status != CAMSEAL_OK)
        code = cli_fail(verb.name, status, "%s: cannot be judged to its end: %s", v->o->capture,
                        camseal_status_text(status));
    else if (v->broken != CAMSEAL_OK)
        code = cli_fail(verb.name, v->broken,
                        "%s: broken at byte %zu (%s): only what stands before was judged",
                        v->o->capture, v->reader.at, camseal_status_text(v->broken));
    else if (v->output != CAMSEAL_OK)
        code = cli_fail(verb.name, v->output, "%s", v->output_error.text);
    verify_report_end(v, code);
    return code;
}

static int verify_all(verify *v)
{
    int code = open_capture(v);
    if (code < 0)
        code = get_keys(v);
    if (code < 0)
        code = set_up(v);
    return code < 0 ? judge(v) : code;
}

int verb_verify(int argc, char **argv)
{
    static verify v;
    cli_args args;
    verify_choices o = {.epoch = 1, .embedded = 1};
    int id;
    cli_begin(&args, &verb, argc, argv);
    v.args = &args;
    v.o = &o;
    cse_profile_init(&v.profile);
    while ((id = cli_next(&args)) > 0) {
        int code = take_option(&o, &v, &args, id);
        if (code >= 0)
            return code;
    }
    if (id < 0)
        return args.exit;
    char **operands;
    if (cli_operands(&args, &operands) != 1)
        return cli_usage(verb.name, "give one capture file");
    o.capture = operands[0];
    const bool safety = v.profile.config.suite == CAMSEAL_SUITE_SAFETY;
    if (!safety && (o.keylog != NULL) + (o.secrets ? 1 : 0) + (o.root_key != NULL) != 1)
        return cli_usage(verb.name, "give one of --keylog, --secrets and --root-key");
    v.frames = json_array();
    v.events = json_array();
    v.unattached = json_array();
    int code = verify_all(&v);
    json_decref(v.frames);
    json_decref(v.events);
    json_decref(v.unattached);
    verify_tear_down(&v);
    free(v.file);
    return code;
}
