/* `camseal pki init`: a root and an intermediate certificate authority. */
#include "pki.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "cli.h"
#include "pki_cert.h"

static const char verb_name[] = "pki init";

enum { OPT_OUT = 1, OPT_ALG, OPT_NAME, OPT_DAYS, OPT_FORCE };

static const cli_option options[] = {
    {OPT_OUT, 'o', "out", "DIR", "where the files go (made when missing); required"},
    {OPT_ALG, 0, "alg", "ALG", "kind of all keys: p256 (default), p384, p521, ed25519, rsa3072"},
    {OPT_NAME, 0, "name", "NAME", "common name of the authority (default: camseal)"},
    {OPT_DAYS, 0, "days", "N", "validity in days (default: 7300)"},
    {OPT_FORCE, 0, "force", NULL, "replace keys that are there already"},
    {0, 0, NULL, NULL, NULL},
};

static const cli_verb verb = {
    verb_name,
    "--out DIR [options]",
    "Makes a root and an intermediate certificate authority.",
    options,
    "Files: root.cert.der, root.key.pem, inter.cert.der, inter.key.pem. Give root.cert.der to the\n"
    "ECU as its trust anchor and move root.key.pem to a safe place: devices need inter.key.pem "
    "only.",
};

struct request {
    cli_args args;
    const char *out;
    const char *algorithm; /* as pki_key_make calls it */
    const char *name;
    uint64_t days;
    bool force;
};

struct authority {
    EVP_PKEY *root_key, *inter_key;
    X509 *root, *inter;
};

static const char *algorithm_of(const char *word)
{
    static const char *const pairs[][2] = {{"p256", "P-256"},
                                           {"p384", "P-384"},
                                           {"p521", "P-521"},
                                           {"ed25519", "ED25519"},
                                           {"rsa3072", "RSA-3072"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (!strcmp(word, pairs[i][0]))
            return pairs[i][1];
    }
    return NULL;
}

static int take_option(struct request *r, int id)
{
    cli_args *args = &r->args;
    if (id == OPT_OUT)
        r->out = args->value;
    if (id == OPT_NAME)
        r->name = args->value;
    if (id == OPT_FORCE)
        r->force = true;
    if (id == OPT_DAYS && !cli_number(args, 1, 36500, &r->days))
        return args->exit;
    if (id != OPT_ALG)
        return CLI_EXIT_OK;
    r->algorithm = algorithm_of(args->value);
    if (!r->algorithm)
        return cli_usage(verb_name, "--alg %s: is none of p256, p384, p521, ed25519, rsa3072",
                         args->value);
    return CLI_EXIT_OK;
}

/* 0, or what main() returns; *done when the verb must end here. */
static int read_request(struct request *r, int argc, char **argv, bool *done)
{
    char **operands;
    int id;
    *done = true;
    cli_begin(&r->args, &verb, argc, argv);
    while ((id = cli_next(&r->args)) > 0) {
        int exit_code = take_option(r, id);
        if (exit_code)
            return exit_code;
    }
    if (id < 0)
        return r->args.exit;
    if (cli_operands(&r->args, &operands))
        return cli_usage(verb_name, "unexpected operand '%s'", operands[0]);
    if (!r->out)
        return cli_usage(verb_name, "--out is missing");
    if (!pki_is_plain_text(r->name, 50)) /* X.509 allows 64 bytes; we add " intermediate" */
        return cli_usage(verb_name, "--name: give 1 to 50 bytes without control characters");
    *done = false;
    return CLI_EXIT_OK;
}

static bool make(struct authority *a, const struct request *r)
{
    char root_name[80], inter_name[80];
    snprintf(root_name, sizeof root_name, "%s root", r->name);
    snprintf(inter_name, sizeof inter_name, "%s intermediate", r->name);
    a->root_key = pki_key_make(r->algorithm);
    a->inter_key = pki_key_make(r->algorithm);
    if (!a->root_key || !a->inter_key)
        return false;
    struct pki_cert cert = {
        .common_name = root_name,
        .key = a->root_key,
        .not_before = (int64_t)time(NULL) - 60, /* for clocks that run late */
        .basic_constraints = "critical,CA:TRUE",
        .key_usage = "critical,keyCertSign,cRLSign",
    };
    cert.not_after = cert.not_before + (int64_t)r->days * 86400;
    a->root = pki_cert_make(&cert);
    if (!a->root)
        return false;
    cert.common_name = inter_name;
    cert.key = a->inter_key;
    cert.issuer = a->root;
    cert.issuer_key = a->root_key;
    cert.basic_constraints = "critical,CA:TRUE,pathlen:0";
    a->inter = pki_cert_make(&cert);
    return a->inter != NULL;
}

static int save(const struct authority *a, const char *out)
{
    int exit_code = pki_save_key(verb_name, out, PKI_ROOT_KEY, a->root_key);
    if (!exit_code)
        exit_code = pki_save_cert(verb_name, out, PKI_ROOT_CERT, a->root);
    if (!exit_code)
        exit_code = pki_save_key(verb_name, out, PKI_INTER_KEY, a->inter_key);
    if (!exit_code)
        exit_code = pki_save_cert(verb_name, out, PKI_INTER_CERT, a->inter);
    return exit_code;
}

static int tell(const struct request *r)
{
    if (r->args.json) {
        json_t *object = json_pack("{s:s, s:[s, s, s, s]}", "folder", r->out, "files",
                                   PKI_ROOT_CERT, PKI_ROOT_KEY, PKI_INTER_CERT, PKI_INTER_KEY);
        bool printed =
            object && !json_dumpf(object, stdout, JSON_INDENT(2)) && putchar('\n') != EOF;
        json_decref(object);
        return printed ? CLI_EXIT_OK : cli_fail(verb_name, CAMSEAL_E_IO, "cannot write to stdout");
    }
    if (!r->args.quiet)
        printf("made a root and an intermediate in %s\n"
               "trust anchor for the ECU: %s/" PKI_ROOT_CERT "\n",
               r->out, r->out);
    return CLI_EXIT_OK;
}

static int run(const struct request *r, struct authority *a)
{
    int exit_code = pki_folder_make(verb_name, r->out);
    if (!exit_code)
        exit_code = pki_folder_guard(verb_name, r->out, PKI_ROOT_KEY, r->force);
    if (!exit_code)
        exit_code = pki_folder_guard(verb_name, r->out, PKI_INTER_KEY, r->force);
    if (!exit_code && !make(a, r))
        exit_code = cli_fail(verb_name, CAMSEAL_E_CRYPTO, "the certificates could not be made");
    if (!exit_code)
        exit_code = save(a, r->out);
    return exit_code ? exit_code : tell(r);
}

int pki_init(int argc, char **argv)
{
    struct request r = {.algorithm = "P-256", .name = "camseal", .days = 7300};
    struct authority a = {0};
    bool done;
    int exit_code = read_request(&r, argc, argv, &done);
    if (done)
        return exit_code;
    exit_code = run(&r, &a);
    EVP_PKEY_free(a.root_key);
    EVP_PKEY_free(a.inter_key);
    X509_free(a.root);
    X509_free(a.inter);
    return exit_code;
}
