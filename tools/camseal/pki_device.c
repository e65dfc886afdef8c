/* `camseal pki device`: a device key, its certificate and its chain, made by an authority of
 * `camseal pki init`. */
#include "pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <openssl/rand.h>

#include "camseal/openssl.h"
#include "cli.h"
#include "pki_cert.h"

static const char verb_name[] = "pki device";

enum {
    OPT_CA = 1,
    OPT_OUT,
    OPT_NAME,
    OPT_SERIAL,
    OPT_MANUFACTURER,
    OPT_ROLE,
    OPT_DAYS,
    OPT_NOT_BEFORE,
    OPT_NOT_AFTER,
    OPT_FORCE
};

static const cli_option options[] = {
    {OPT_CA, 0, "ca", "DIR", "folder of the authority (camseal pki init); required"},
    {OPT_OUT, 'o', "out", "DIR", "where the files go (made when missing); required"},
    {OPT_NAME, 0, "name", "NAME", "name of the product; required"},
    {OPT_SERIAL, 0, "serial", "TEXT", "serial number of the device (default: random)"},
    {OPT_MANUFACTURER, 0, "manufacturer", "TEXT", "name of its maker (default: camseal)"},
    {OPT_ROLE, 0, "role", "ROLE", "responder (default: a sensor) or requester (an ECU)"},
    {OPT_DAYS, 0, "days", "N", "validity in days (default: 3650)"},
    {OPT_NOT_BEFORE, 0, "not-before", "TIME",
     "begin of validity: 2026-01-31 or 2026-01-31T12:00:00Z"},
    {OPT_NOT_AFTER, 0, "not-after", "TIME", "end of validity, instead of --days"},
    {OPT_FORCE, 0, "force", NULL, "replace a key that is there already"},
    {0, 0, NULL, NULL, NULL},
};

static const cli_verb verb = {
    verb_name,
    "--ca DIR --out DIR --name NAME [options]",
    "Makes a device key and its certificate, with the SPDM object identifiers.",
    options,
    "Files: device.key.pem (keep it secret), device.cert.der, device.chain.der (root, "
    "intermediate,\n"
    "device), device.pin (SHA-256 of the public key), and copies of root.cert.der and "
    "inter.cert.der.",
};

struct request {
    cli_args args;
    const char *ca, *out, *name, *manufacturer, *serial;
    char random_serial[2 * 8 + 1];
    bool requester, force;
    uint64_t days;
    int64_t not_before, not_after; /* -1: not given */
};

struct device {
    X509 *root, *inter, *leaf;
    EVP_PKEY *inter_key, *key;
    unsigned char *chain; /* DER: root, inter, leaf */
    size_t chain_len;
    char pin[PKI_PIN_TEXT];
};

static int take_time(const cli_args *args, int64_t *seconds)
{
    if (pki_parse_time(args->value, seconds))
        return CLI_EXIT_OK;
    return cli_usage(verb_name, "--%s %s: is no time like 2026-01-31 or 2026-01-31T12:00:00Z",
                     args->option, args->value);
}

static int take_role(struct request *r)
{
    r->requester = !strcmp(r->args.value, "requester");
    if (r->requester || !strcmp(r->args.value, "responder"))
        return CLI_EXIT_OK;
    return cli_usage(verb_name, "--role %s: is neither responder nor requester", r->args.value);
}

static int take_option(struct request *r, int id)
{
    cli_args *args = &r->args;
    switch (id) {
    case OPT_CA:
        r->ca = args->value;
        return CLI_EXIT_OK;
    case OPT_OUT:
        r->out = args->value;
        return CLI_EXIT_OK;
    case OPT_NAME:
        r->name = args->value;
        return CLI_EXIT_OK;
    case OPT_SERIAL:
        r->serial = args->value;
        return CLI_EXIT_OK;
    case OPT_MANUFACTURER:
        r->manufacturer = args->value;
        return CLI_EXIT_OK;
    case OPT_ROLE:
        return take_role(r);
    case OPT_DAYS:
        return cli_number(args, 1, 36500, &r->days) ? CLI_EXIT_OK : args->exit;
    case OPT_NOT_BEFORE:
        return take_time(args, &r->not_before);
    case OPT_NOT_AFTER:
        return take_time(args, &r->not_after);
    default:
        r->force = true;
        return CLI_EXIT_OK;
    }
}

/* "Manufacturer:Product:Serial" is split at its colons by whoever reads it. */
static int check_part(const char *option, const char *text)
{
    if (pki_is_plain_text(text, 64) && !strchr(text, ':'))
        return CLI_EXIT_OK;
    return cli_usage(verb_name, "--%s: give 1 to 64 bytes without colons and control characters",
                     option);
}

static int check_request(struct request *r)
{
    int exit_code;
    if (!r->ca || !r->out || !r->name)
        return cli_usage(verb_name, "--%s is missing", !r->ca ? "ca" : !r->out ? "out" : "name");
    if (!r->serial) {
        unsigned char bytes[8];
        if (RAND_bytes(bytes, sizeof bytes) != 1)
            return cli_fail(verb_name, CAMSEAL_E_RANDOM, "no random numbers");
        for (size_t i = 0; i < sizeof bytes; i++)
            snprintf(r->random_serial + 2 * i, 3, "%02X", bytes[i]);
        r->serial = r->random_serial;
    }
    if ((exit_code = check_part("name", r->name)) != 0 ||
        (exit_code = check_part("serial", r->serial)) != 0 ||
        (exit_code = check_part("manufacturer", r->manufacturer)) != 0)
        return exit_code;
    if (r->not_before < 0)
        r->not_before = (int64_t)time(NULL) - 60; /* for clocks that run late */
    if (r->not_after < 0)
        r->not_after = r->not_before + (int64_t)r->days * 86400;
    if (r->not_after <= r->not_before)
        return cli_usage(verb_name, "the end of validity is not after its begin");
    return CLI_EXIT_OK;
}

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
    int exit_code = check_request(r);
    *done = exit_code != CLI_EXIT_OK;
    return exit_code;
}

static int read_authority(struct device *d, const char *folder)
{
    int exit_code = pki_read_cert(verb_name, folder, PKI_ROOT_CERT, &d->root);
    if (!exit_code)
        exit_code = pki_read_cert(verb_name, folder, PKI_INTER_CERT, &d->inter);
    if (!exit_code)
        exit_code = pki_read_key(verb_name, folder, PKI_INTER_KEY, &d->inter_key);
    if (!exit_code && EVP_PKEY_eq(X509_get0_pubkey(d->inter), d->inter_key) != 1)
        exit_code = cli_fail(verb_name, CAMSEAL_E_KEY,
                             "%s: " PKI_INTER_KEY " does not belong to " PKI_INTER_CERT, folder);
    if (!exit_code && !pki_key_algorithm(d->inter_key))
        exit_code =
            cli_fail(verb_name, CAMSEAL_E_KEY,
                     "%s: " PKI_INTER_KEY " is of no kind that 'camseal pki init' makes", folder);
    return exit_code;
}

/* The device's key is of the kind of its authority: SPDM negotiates one algorithm for the chain. */
static bool make_leaf(struct device *d, const struct request *r)
{
    char info[3 * 64 + 3];
    snprintf(info, sizeof info, "%s:%s:%s", r->manufacturer, r->name, r->serial);
    d->key = pki_key_make(pki_key_algorithm(d->inter_key));
    const struct pki_cert cert = {
        .common_name = r->name,
        .key = d->key,
        .issuer = d->inter,
        .issuer_key = d->inter_key,
        .not_before = r->not_before,
        .not_after = r->not_after,
        .basic_constraints = "critical,CA:FALSE",
        .key_usage = "critical,digitalSignature",
        .extended_key_usage = r->requester ? PKI_OID_REQUESTER_AUTH : PKI_OID_RESPONDER_AUTH,
        .device_info = info,
        .spdm = {PKI_OID_HARDWARE_IDENTITY},
    };
    d->leaf = d->key ? pki_cert_make(&cert) : NULL;
    return d->leaf != NULL;
}

static bool append(struct device *d, X509 *cert)
{
    int len = i2d_X509(cert, NULL);
    unsigned char *grown = len > 0 ? realloc(d->chain, d->chain_len + (size_t)len) : NULL;
    if (!grown)
        return false;
    d->chain = grown;
    unsigned char *at = grown + d->chain_len;
    d->chain_len += (size_t)i2d_X509(cert, &at);
    return true;
}

/* What we hand out must pass the check that the other side will make. */
static int check_chain(struct device *d)
{
    if (!append(d, d->root))
        return cli_fail(verb_name, CAMSEAL_E_MEMORY, "out of memory");
    const size_t root_len = d->chain_len;
    if (!append(d, d->inter) || !append(d, d->leaf))
        return cli_fail(verb_name, CAMSEAL_E_MEMORY, "out of memory");
    const camseal_crypto *crypto = camseal_openssl();
    const camseal_span anchor = camseal_span_of(d->chain, root_len);
    camseal_chain_job job;
    memset(&job, 0, sizeof job);
    job.chain = camseal_span_of(d->chain, d->chain_len);
    job.anchors = &anchor;
    job.n_anchors = 1;
    camseal_status status = crypto->chain(crypto->user, &job);
    if (status != CAMSEAL_OK)
        return cli_fail(verb_name, status, "the authority cannot be used: %s", job.detail);
    pki_pin_text(d->pin, job.leaf_spki);
    return CLI_EXIT_OK;
}

static int save(const struct device *d, const char *out)
{
    char pin[PKI_PIN_TEXT + 1];
    snprintf(pin, sizeof pin, "%s\n", d->pin);
    int exit_code = pki_save_key(verb_name, out, PKI_DEVICE_KEY, d->key);
    if (!exit_code)
        exit_code = pki_save_cert(verb_name, out, PKI_ROOT_CERT, d->root);
    if (!exit_code)
        exit_code = pki_save_cert(verb_name, out, PKI_INTER_CERT, d->inter);
    if (!exit_code)
        exit_code = pki_save_cert(verb_name, out, PKI_DEVICE_CERT, d->leaf);
    if (!exit_code)
        exit_code =
            pki_save(verb_name, out, PKI_DEVICE_CHAIN, camseal_span_of(d->chain, d->chain_len));
    if (!exit_code)
        exit_code = pki_save(verb_name, out, PKI_DEVICE_PIN, camseal_span_of(pin, strlen(pin)));
    return exit_code;
}

static int tell(const struct request *r, const struct device *d)
{
    const char *role = r->requester ? "requester" : "responder";
    if (r->args.json) {
        json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "folder", r->out, "role", role,
                                   "manufacturer", r->manufacturer, "name", r->name, "serial",
                                   r->serial, "pin", d->pin);
        if (!object)
            return cli_fail(verb_name, CAMSEAL_E_ARGUMENT, "a name is not UTF-8");
        bool printed = !json_dumpf(object, stdout, JSON_INDENT(2)) && putchar('\n') != EOF;
        json_decref(object);
        return printed ? CLI_EXIT_OK : cli_fail(verb_name, CAMSEAL_E_IO, "cannot write to stdout");
    }
    if (!r->args.quiet)
        printf("made a %s certificate for %s:%s:%s in %s\npin %s\n", role, r->manufacturer, r->name,
               r->serial, r->out, d->pin);
    return CLI_EXIT_OK;
}

static int run(const struct request *r, struct device *d)
{
    int exit_code = read_authority(d, r->ca);
    if (!exit_code)
        exit_code = pki_folder_make(verb_name, r->out);
    if (!exit_code)
        exit_code = pki_folder_guard(verb_name, r->out, PKI_DEVICE_KEY, r->force);
    if (!exit_code && !make_leaf(d, r))
        exit_code = cli_fail(verb_name, CAMSEAL_E_CRYPTO, "the certificate could not be made");
    if (!exit_code)
        exit_code = check_chain(d);
    if (!exit_code)
        exit_code = save(d, r->out);
    return exit_code ? exit_code : tell(r, d);
}

int pki_device(int argc, char **argv)
{
    struct request r = {.manufacturer = "camseal", .days = 3650, .not_before = -1, .not_after = -1};
    struct device d = {0};
    bool done;
    int exit_code = read_request(&r, argc, argv, &done);
    if (done)
        return exit_code;
    exit_code = run(&r, &d);
    X509_free(d.root);
    X509_free(d.inter);
    X509_free(d.leaf);
    EVP_PKEY_free(d.inter_key);
    EVP_PKEY_free(d.key);
    free(d.chain);
    return exit_code;
}
