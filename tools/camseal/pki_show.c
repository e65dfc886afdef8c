/* `camseal pki show`: a chain, every SPDM rule, and the pin. */
#include "pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <openssl/x509v3.h>

#include "cli.h"
#include "keyfile.h"
#include "pki_cert.h"
#include "pki_rules.h"

static const char verb_name[] = "pki show";

enum { OPT_ANCHOR = 1, SHOW_MAX = 8, NAME_BYTES = 256 };

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
    camseal_span der[SHOW_MAX];
    X509 *cert[SHOW_MAX];
    size_t n;
    struct pki_verdict verdict;
    char pin[PKI_PIN_TEXT];
    char device_info[NAME_BYTES];
};

struct description {
    char subject[NAME_BYTES], issuer[NAME_BYTES], serial[64], not_before[32], not_after[32];
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
    const unsigned char *at = v->file.data, *end = at + v->file.len;
    while (at < end) {
        const unsigned char *start = at;
        if (v->n == SHOW_MAX)
            return cli_fail(verb_name, CAMSEAL_E_FORMAT, "%s: more than %d certificates", v->path,
                            SHOW_MAX);
        v->cert[v->n] = d2i_X509(NULL, &at, end - at);
        if (!v->cert[v->n])
            return cli_fail(
                verb_name, CAMSEAL_E_FORMAT,
                "%s: no DER certificate at byte %zu: is it a certificate or chain file?", v->path,
                (size_t)(start - v->file.data));
        v->der[v->n++] = camseal_span_of(start, (size_t)(at - start));
    }
    return CLI_EXIT_OK;
}

/* Control characters and what is not ASCII come out escaped: the file may come from anybody. */
static void print_name(char out[NAME_BYTES], const X509_NAME *name)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    out[0] = 0;
    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
        long len = BIO_get_mem_data(bio, &text);
        snprintf(out, NAME_BYTES, "%.*s", (int)(len < NAME_BYTES ? len : NAME_BYTES - 1), text);
    }
    BIO_free(bio);
}

static void describe(struct description *d, const X509 *cert)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
    const unsigned char *bytes = ASN1_STRING_get0_data(serial);
    size_t n = (size_t)ASN1_STRING_length(serial);
    print_name(d->subject, X509_get_subject_name(cert));
    print_name(d->issuer, X509_get_issuer_name(cert));
    d->serial[0] = 0;
    for (size_t i = 0; i < n && i < 31; i++)
        snprintf(d->serial + 2 * i, 3, "%02x", bytes[i]);
    pki_format_time(d->not_before, X509_get0_notBefore(cert));
    pki_format_time(d->not_after, X509_get0_notAfter(cert));
}

static bool is_device_info(const GENERAL_NAME *name, ASN1_OBJECT **oid, ASN1_TYPE **value)
{
    char text[64];
    return GENERAL_NAME_get0_otherName(name, oid, value) == 1 &&
           OBJ_obj2txt(text, sizeof text, *oid, 1) > 0 && !strcmp(text, PKI_OID_DEVICE_INFO) &&
           ASN1_TYPE_get(*value) == V_ASN1_UTF8STRING;
}

static void read_device_info(struct view *v, const X509 *leaf)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        ASN1_OBJECT *oid;
        ASN1_TYPE *value;
        if (!is_device_info(sk_GENERAL_NAME_value(names, i), &oid, &value))
            continue;
        const ASN1_UTF8STRING *utf8 = value->value.utf8string;
        const unsigned char *bytes = ASN1_STRING_get0_data(utf8);
        size_t n = (size_t)ASN1_STRING_length(utf8);
        for (size_t k = 0; k < n && k < NAME_BYTES - 1; k++)
            v->device_info[k] = bytes[k] >= 0x20 && bytes[k] < 0x7F ? (char)bytes[k] : '?';
    }
    GENERAL_NAMES_free(names);
}

static void print_text(const struct view *v)
{
    for (size_t i = 0; i < v->n; i++) {
        struct description d;
        describe(&d, v->cert[i]);
        printf("certificate %zu of %zu\n  subject  %s\n  issuer   %s\n  serial   %s\n"
               "  valid    %s to %s\n",
               i + 1, v->n, d.subject, d.issuer, d.serial, d.not_before, d.not_after);
    }
    if (v->device_info[0])
        printf("device %s\n", v->device_info);
    printf("rules\n");
    for (size_t i = 0; i < v->verdict.n; i++) {
        const struct pki_rule *rule = &v->verdict.rules[i];
        const char *mark = rule->decides ? rule->kept ? "pass" : "FAIL" : rule->kept ? "yes" : "no";
        printf("  %-4s  %-18s %s\n", mark, rule->name, rule->text);
    }
    if (v->pin[0])
        printf("pin %s\n", v->pin);
}

static json_t *json_certificates(const struct view *v)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->n; i++) {
        struct description d;
        describe(&d, v->cert[i]);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "subject", d.subject,
                                              "issuer", d.issuer, "serial", d.serial, "not_before",
                                              d.not_before, "not_after", d.not_after));
    }
    return list;
}

static json_t *json_rules(const struct pki_verdict *verdict)
{
    json_t *list = json_array();
    for (size_t i = 0; i < verdict->n; i++) {
        const struct pki_rule *rule = &verdict->rules[i];
        json_array_append_new(
            list, json_pack("{s:s, s:b, s:b, s:s}", "rule", rule->name, "pass", rule->kept,
                            "decides", rule->decides, "found", rule->text));
    }
    return list;
}

static int print_json(const struct view *v)
{
    json_t *object = json_pack(
        "{s:s, s:b, s:o, s:o, s:s?, s:s?}", "file", v->path, "good", v->verdict.good,
        "certificates", json_certificates(v), "rules", json_rules(&v->verdict), "device_info",
        v->device_info[0] ? v->device_info : NULL, "pin", v->pin[0] ? v->pin : NULL);
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
    pki_judge(&v->verdict, camseal_span_of(v->file.data, v->file.len), v->der[v->n - 1], v->der[0],
              camseal_span_of(v->anchor.data, v->anchor.len), (int64_t)time(NULL));
    if (v->verdict.leaf_read)
        pki_pin_text(v->pin, v->verdict.leaf_spki);
    read_device_info(v, v->cert[v->n - 1]);
    if (v->args.json)
        exit_code = print_json(v);
    else if (!v->args.quiet)
        print_text(v);
    if (exit_code)
        return exit_code;
    return v->verdict.good ? CLI_EXIT_OK : CLI_EXIT_FINDINGS;
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
    for (size_t i = 0; i < v.n; i++)
        X509_free(v.cert[i]);
    pki_file_free(&v.file);
    pki_file_free(&v.anchor);
    return exit_code;
}
