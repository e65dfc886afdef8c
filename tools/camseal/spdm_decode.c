/* `camseal spdm decode`: a capture read passively, everything in it checked. */
#include "spdm_decode.h"

#include <stdlib.h>
#include <string.h>

#include "camseal/openssl.h"
#include "camseal/transport.h"
#include "cli.h"
#include "spdm.h"

enum { OPT_SECRETS = 1, OPT_KEYLOG, OPT_TRUST, OPT_CHAIN, OPT_PSK, OPT_TIME };

static const cli_option options[] = {
    {OPT_SECRETS, 's', "secrets", "FILE.json",
     "shared secrets, PSK and logged values: \"psk\", and \"requester_log\", a list\n"
     "of [label, hex]; \"DHE Secret\" and \"KEM Secret\" decrypt, all others are\n"
     "compared with what is computed"},
    {OPT_KEYLOG, 'k', "keylog", "FILE",
     "secrets of sessions, as --keylog of other verbs writes them"},
    {OPT_TRUST, 't', "trust", "ROOT.der", "a trusted certificate; may be repeated"},
    {OPT_CHAIN, 'c', "chain", "CHAIN.der",
     "certificates, root to leaf, that one side holds of the other and that the capture\n"
     "does not show, or a public key for slot 0xFF; may be repeated. Also tried: files\n"
     "*certchain*.der beside a --trust file, and in a folder \"ids\" beside the capture\n"
     "or the secrets file"},
    {OPT_PSK, 'p', "psk", "HEX", "a pre-shared key; may be repeated"},
    {OPT_TIME, 0, "time", "SECONDS",
     "judge validity of certificates at this time, seconds since 1970; without it validity\n"
     "is ignored"},
    {0, 0, NULL, NULL, NULL},
};

static const cli_verb verb = {
    DECODE_VERB,
    "[options] FILE",
    "Reads a capture of SPDM 1.2 to 1.4 (pcap with MCTP or PCI DOE packets, or pcapng made with\n"
    "--capture), shows every message, and checks every signature, digest, HMAC and record.",
    options,
    "Secrets belong to sessions in their order; one that does not fit is looked for among all.\n"
    "exit codes: 0 everything was checked and verified (without --trust the anchor is the\n"
    "exception), 1 a check failed or could not be made, 2 usage, 3 not a capture or a broken one,\n"
    "6 cannot be read",
};

typedef struct decode_options {
    decode_secrets secrets;
    camseal_time time;
} decode_options;

/* ---- options --------------------------------------------------------------------------------- */

static int take_option(cli_args *args, int id, decode_options *o)
{
    uint64_t seconds;
    switch (id) {
    case OPT_SECRETS:
        decode_secrets_beside(&o->secrets, args->value);
        return decode_secrets_json(&o->secrets, args->value);
    case OPT_KEYLOG:
        return decode_secrets_keylog(&o->secrets, args->value);
    case OPT_TRUST:
        decode_secrets_with(&o->secrets, args->value);
        return decode_secrets_anchor(&o->secrets, args->value);
    case OPT_CHAIN:
        return decode_secrets_chain(&o->secrets, args->value);
    case OPT_PSK:
        return decode_secrets_psk(&o->secrets, args->value);
    default:
        if (!cli_number(args, 0, INT64_MAX, &seconds))
            return args->exit;
        o->time.mode = CAMSEAL_TIME_FULL;
        o->time.seconds = (int64_t)seconds;
        return CLI_EXIT_OK;
    }
}

/* ---- running --------------------------------------------------------------------------------- */

static camseal_spdm_observer *make_observer(const decode_options *o, decode_report *report)
{
    const decode_secrets *s = &o->secrets;
    const spdm_observer_config config = {.struct_size = sizeof config,
                                         .crypto = camseal_openssl(),
                                         .binding = report->input->binding,
                                         .anchors = s->anchors,
                                         .n_anchors = s->n_anchors,
                                         .time = o->time,
                                         .chains = s->chains,
                                         .n_chains = s->n_chains,
                                         .shared = s->shared,
                                         .n_shared = s->n_shared,
                                         .psks = s->psks,
                                         .n_psks = s->n_psks,
                                         .logged = s->logged,
                                         .n_logged = s->n_logged,
                                         .message = decode_report_message,
                                         .finding = decode_report_finding,
                                         .value = decode_report_value,
                                         .user = report};
    size_t size = camseal_spdm_observer_size(&config);
    void *mem = malloc(size);
    camseal_spdm_observer *observer = NULL;
    if (mem && camseal_spdm_observer_init(&observer, mem, size, &config) != CAMSEAL_OK)
        free(mem);
    return observer;
}

static void free_observers(camseal_spdm_observer **observers)
{
    for (unsigned i = 0; i < DECODE_STREAMS_MAX; i++)
        if (observers[i]) {
            camseal_spdm_observer_wipe(observers[i]);
            free(observers[i]);
        }
}

static int run(const decode_options *o, decode_report *report, const char *path,
               camseal_status file_status)
{
    const decode_input *in = report->input;
    camseal_spdm_observer *observers[DECODE_STREAMS_MAX] = {NULL};
    for (size_t i = 0; i < in->n && !cli_interrupted(); i++) {
        const decode_packet *p = &in->packets[i];
        camseal_spdm_observer **observer = &observers[p->stream];
        if (p->kind != CAMSEAL_MESSAGE_SPDM && p->kind != CAMSEAL_MESSAGE_SECURED) {
            decode_report_other(report, i);
            continue;
        }
        if (!*observer)
            *observer = make_observer(o, report);
        if (!*observer) {
            free_observers(observers);
            return cli_fail(verb.name, CAMSEAL_E_BUG, "out of memory");
        }
        camseal_spdm_observe(*observer, (uint32_t)(i + 1), p->kind, p->heading, p->bytes);
    }
    int exit_code = decode_report_end(report, path, file_status);
    free_observers(observers);
    return cli_interrupted() ? CLI_EXIT_INTERRUPTED : exit_code;
}

static int decode(const cli_args *args, decode_options *o, const char *path)
{
    uint8_t *file;
    size_t len;
    decode_input in;
    if (!decode_read_file(path, &file, &len))
        return cli_fail(verb.name, CAMSEAL_E_FILE, "%s: cannot be read: check the path", path);
    camseal_status status = decode_input_read(&in, camseal_span_of(file, len));
    int exit_code;
    if (status != CAMSEAL_OK && in.n == 0) {
        exit_code =
            cli_fail(verb.name, CAMSEAL_E_FORMAT,
                     "%s: no SPDM capture: give a pcap of link type 291 or 292, or a pcapng "
                     "made with --capture",
                     path);
    } else {
        decode_secrets_beside(&o->secrets, path);
        decode_secrets_lines(&o->secrets, in.keylog);
        decode_report report = {
            .json = args->json, .quiet = args->quiet, .input = &in, .secrets = &o->secrets};
        decode_report_begin(&report);
        exit_code = run(o, &report, path, status);
        if (status != CAMSEAL_OK)
            exit_code = cli_fail(verb.name, CAMSEAL_E_FORMAT,
                                 "%s: broken at byte %zu (%s): only what stands before was decoded",
                                 path, in.broken_at, camseal_status_text(status));
        else if (report.seen == 0)
            exit_code = cli_fail(verb.name, CAMSEAL_E_FORMAT, "%s: holds no SPDM message", path);
    }
    decode_input_free(&in);
    free(file);
    if (fflush(stdout) || ferror(stdout))
        return cli_fail(verb.name, CAMSEAL_E_IO, "cannot write to stdout");
    return exit_code;
}

int spdm_decode(int argc, char **argv)
{
    cli_args args;
    decode_options o = {.time = {.mode = CAMSEAL_TIME_IGNORE}};
    char **operands;
    int id, exit_code = CLI_EXIT_OK;
    cli_begin(&args, &verb, argc, argv);
    while (exit_code == CLI_EXIT_OK && (id = cli_next(&args)) > 0)
        exit_code = take_option(&args, id, &o);
    if (exit_code == CLI_EXIT_OK && id < 0)
        exit_code = args.exit;
    else if (exit_code == CLI_EXIT_OK && cli_operands(&args, &operands) != 1)
        exit_code = cli_usage(verb.name, "give one capture file");
    else if (exit_code == CLI_EXIT_OK)
        exit_code = decode(&args, &o, operands[0]);
    decode_secrets_free(&o.secrets);
    return exit_code;
}
