/* `camseal pki show`: a chain, every SPDM rule, and the pin. */
#include "pki.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "keyfile.h"
#include "pki_chain.h"

static const char verb_name[] = "pki show";

enum { OPT_ANCHOR = 1 };

static const cli_option options[] = {
    {OPT_ANCHOR, 0, "anchor", "FILE",
     "also judge whether the chain ends at this certificate (DER)"},
    {0, 0, NULL, NULL, NULL},
};

static const cli_verb verb = {
    verb_name,
    "[options] FILE",
    "Shows a DER certificate or a chain of them (root ... device), judges every SPDM rule, and\n"
    "prints the pin: the SHA-256 of the device's SubjectPublicKeyInfo.",
    options,
    "Exit code 0: all rules that decide are kept; 1: some are broken.",
};

struct view {
    cli_args args;
    const char *path, *anchor_path;
    pki_file file, anchor;
    pki_chain chain;
};

static int read_options(struct view *v, int argc, char **argv, bool *done)
{
    char **operands;
    int id;
    *done = true;
    cli_begin(&v->args, &verb, argc, argv);
    while ((id = cli_next(&v->args)) > 0)
        v->anchor_path = v->args.value;
    if (id < 0)
        return v->args.exit;
    if (cli_operands(&v->args, &operands) != 1)
        return cli_usage(verb_name, "give exactly one file");
    v->path = operands[0];
    *done = false;
    return CLI_EXIT_OK;
}

static int load(pki_file *file, const char *path)
{
    camseal_status status = pki_load_file(file, path, PKI_CHAIN_FILE_MAX);
    if (status != CAMSEAL_OK)
        return cli_fail(verb_name, status, "%s", file->error);
    if (pki_looks_like_pem(camseal_span_of(file->data, file->len)))
        return cli_fail(verb_name, CAMSEAL_E_FORMAT,
                        "%s: is PEM: turn it into DER with openssl x509 -outform DER", path);
    return CLI_EXIT_OK;
}

static int split(struct view *v)
{
    size_t at = 0;
    camseal_status status =
        pki_chain_read(&v->chain, camseal_span_of(v->file.data, v->file.len), &at);
    if (status == CAMSEAL_E_SPACE)
        return cli_fail(verb_name, CAMSEAL_E_FORMAT, "%s: more than %d certificates", v->path,
                        PKI_CHAIN_MAX);
    if (status != CAMSEAL_OK)
        return cli_fail(verb_name, CAMSEAL_E_FORMAT,
                        "%s: no DER certificate at byte %zu: is it a certificate or chain file?",
                        v->path, at);
    return CLI_EXIT_OK;
}

static int print_json(const struct view *v)
{
    json_t *object = json_pack("{s:s}", "file", v->path), *chain = pki_chain_json(&v->chain);
    json_object_update(object, chain);
    json_decref(chain);
    bool printed = object && !json_dumpf(object, stdout, JSON_INDENT(2)) && putchar('\n') != EOF;
    json_decref(object);
    return printed ? CLI_EXIT_OK : cli_fail(verb_name, CAMSEAL_E_IO, "cannot write to stdout");
}

static int show(struct view *v)
{
    int exit_code = load(&v->file, v->path);
    if (!exit_code && v->anchor_path)
        exit_code = load(&v->anchor, v->anchor_path);
    if (!exit_code)
        exit_code = split(v);
    if (exit_code)
        return exit_code;
    pki_chain_judge(&v->chain, camseal_span_of(v->anchor.data, v->anchor.len), (int64_t)time(NULL));
    if (v->args.json)
        exit_code = print_json(v);
    else if (!v->args.quiet)
        pki_chain_print(&v->chain);
    if (exit_code)
        return exit_code;
    return v->chain.verdict.good ? CLI_EXIT_OK : CLI_EXIT_FINDINGS;
}

int pki_show(int argc, char **argv)
{
    struct view v;
    bool done;
    memset(&v, 0, sizeof v);
    int exit_code = read_options(&v, argc, argv, &done);
    if (done)
        return exit_code;
    exit_code = show(&v);
    pki_chain_free(&v.chain);
    pki_file_free(&v.file);
    pki_file_free(&v.anchor);
    return exit_code;
}
