/* `camseal spdm evidence`: checks measurements that a device signed for others, and appraises them
 * against reference values. Needs no device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camseal/openssl.h"
#include "hex.h"
#include "spdm.h"
#include "spdm/registry.h"
#include "spdm/transcript.h"
#include "spdm_client.h"
#include "spdm_measurement_types.h"
#include "spdm_respond.h"

enum { OPT_REFERENCE = 1, OPT_NONCE, OPT_ALLOW_UNKNOWN, EVIDENCE_FILE_MAX = 1 << 20 };

static const cli_option options[] = {
    {SPDM_OPT_TRUST, 't', "trust", "FILE", "trusted certificate (DER); may be given several times"},
    {SPDM_OPT_PIN, 0, "pin", "HEX", "SHA-256 of the device's public key: no other is accepted"},
    {SPDM_OPT_TIME, 0, "time", "WHEN",
     "validity of certificates: full (default: now), ignore, or seconds since 1970"},
    {OPT_NONCE, 0, "nonce", "HEX",
     "32 bytes that the signed request must carry: yours, so that it is fresh"},
    {OPT_REFERENCE, 'r', "reference", "FILE", "what the values should be (see below)"},
    {OPT_ALLOW_UNKNOWN, 0, "allow-unknown", NULL, "accept blocks that no reference names"},
    {0, 0, NULL, NULL, NULL}};

static const cli_verb verb = {
    "spdm evidence", "FILE --trust FILE [--reference FILE] [options]",
    "Checks a file of 'camseal spdm measurements --evidence': the certificates lead to a trusted\n"
    "one and their key has signed exactly these measurements. Shows them, and compares them with\n"
    "reference values.",
    options,
    "A reference file is a JSON list, indices rising:\n"
    "  [{\"index\": 1, \"type\": \"firmware\", \"form\": \"either\", \"text\": \"v1\"}, ...]\n"
    "as 'camseal spdm respond' takes it. form: raw, digest, or either (default): the value stands\n"
    "for its digest too.\n\n"
    "exit codes: 0 genuine and, with --reference, as it should be; 1 genuine, but not as it "
    "should\n"
    "be; 3 no such file of evidence; 4 signature, certificate or nonce refused; otherwise see\n"
    "'camseal --help'."};

typedef enum verdict { SAME, DIFFERENT, UNKNOWN, MISSING, NOT_COMPARED } verdict;
static const char *const verdict_names[] = {"same", "DIFFERENT", "UNKNOWN", "MISSING", ""};

typedef struct appraisal {
    cli_args args;
    const char *path, *reference_path;
    const char *trust[SPDM_CLIENT_TRUST_MAX];
    pki_file trust_files[SPDM_CLIENT_TRUST_MAX];
    camseal_span anchors[SPDM_CLIENT_TRUST_MAX];
    size_t n_trust;
    uint8_t pin[32];
    bool has_pin;
    camseal_time time;
    uint8_t nonce[32];
    bool has_nonce, allow_unknown;
    pki_file file;
    spdm_blocks reference;
    bool seen[SPDM_RESPOND_BLOCKS_MAX];
    camseal_spdm_evidence evidence;
    json_t *blocks;
    size_t counts[NOT_COMPARED + 1];
} appraisal;

/* ---- comparing ------------------------------------------------------------------------------- */

static bool same_bytes(camseal_span a, camseal_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* By the device's measurement hash; false: it has none. */
static bool is_digest_of(const appraisal *a, camseal_span digest, camseal_span raw)
{
    uint8_t own[CAMSEAL_HASH_MAX];
    const camseal_crypto *crypto = camseal_openssl();
    const spdm_registered *known =
        camseal_spdm_registered_hash(a->evidence.measurement_hash >> 1); /* bit 0: raw only */
    const camseal_hash *hash =
        known ? camseal_crypto_hash(crypto, (camseal_hash_id)known->id) : NULL;
    return hash && camseal_spdm_hash_of(crypto, hash, raw, own) == CAMSEAL_OK &&
           same_bytes(digest, camseal_span_of(own, hash->digest_bytes));
}

static bool same_value(const appraisal *a, const camseal_spdm_measurement *got,
                       const camseal_spdm_measurement *want)
{
    bool raw = got->form == CAMSEAL_SPDM_FORM_RAW;
    bool want_digest = want->form == CAMSEAL_SPDM_FORM_DIGEST;
    if (raw && want_digest)
        return is_digest_of(a, want->value, got->value);
    if (!raw && want->form == CAMSEAL_SPDM_FORM_EITHER)
        return is_digest_of(a, got->value, want->value);
    return raw != want_digest && same_bytes(got->value, want->value);
}

static verdict judge(appraisal *a, const camseal_spdm_measurement *got)
{
    if (!a->reference_path)
        return NOT_COMPARED;
    for (size_t i = 0; i < a->reference.n; i++) {
        const camseal_spdm_measurement *want = &a->reference.blocks[i];
        if (want->index != got->index)
            continue;
        a->seen[i] = true;
        return want->type == got->type && same_value(a, got, want) ? SAME : DIFFERENT;
    }
    return UNKNOWN;
}

/* ---- showing --------------------------------------------------------------------------------- */

static bool talks(const appraisal *a)
{
    return !a->args.json && !a->args.quiet;
}

static void add(appraisal *a, const camseal_spdm_measurement *m, verdict v)
{
    const char *form = m->form == CAMSEAL_SPDM_FORM_RAW ? "raw" : "digest";
    char *hex = calloc(1, 2 * m->value.len + 1);
    if (talks(a) && json_array_size(a->blocks) == 0)
        printf("index  type                 form    verdict    value\n");
    a->counts[v]++;
    if (!hex)
        return;
    if (v == MISSING)
        form = "";
    else
        hex_write(hex, m->value.data, m->value.len);
    json_array_append_new(a->blocks, json_pack("{s:i, s:s, s:s, s:s, s:s}", "index", m->index,
                                               "type", spdm_measurement_type_name(m->type), "form",
                                               form, "value", hex, "verdict", verdict_names[v]));
    if (talks(a))
        printf("%5u  %-20s %-6s  %-10s %s\n", m->index, spdm_measurement_type_name(m->type), form,
               verdict_names[v], hex);
    free(hex);
}

static void take_block(void *user, const camseal_spdm_measurement *block)
{
    appraisal *a = user;
    add(a, block, judge(a, block));
}

static void add_missing(appraisal *a)
{
    for (size_t i = 0; i < a->reference.n; i++)
        if (!a->seen[i])
            add(a, &a->reference.blocks[i], MISSING);
}

static const char *result_text(const appraisal *a, bool good)
{
    if (!a->reference_path)
        return "genuine; not compared with anything";
    return good ? "genuine, and as it should be" : "genuine, but NOT as it should be";
}

static int report(appraisal *a)
{
    static const char *const changes[] = {"not said", "changed", "unchanged"};
    const camseal_spdm_evidence *e = &a->evidence;
    char pin[65] = "", version[8];
    bool good =
        !a->counts[DIFFERENT] && !a->counts[MISSING] && (a->allow_unknown || !a->counts[UNKNOWN]);
    int code = good ? CLI_EXIT_OK : CLI_EXIT_FINDINGS;
    hex_write(pin, e->leaf_key_hash, sizeof e->leaf_key_hash);
    snprintf(version, sizeof version, "%u.%u", e->version >> 4, e->version & 15u);
    const char *change = changes[e->change <= 2 ? e->change : 0];
    if (talks(a))
        printf("signed by pin %s, SPDM %s, %s, %s; content since the first request: %s\n%s\n", pin,
               version, camseal_crypto_sign(camseal_openssl(), e->sign)->name,
               camseal_crypto_hash(camseal_openssl(), e->hash)->name, change, result_text(a, good));
    if (!a->args.json)
        return code;
    json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:O, s:b, s:i}", "pin", pin, "version", version,
                          "content_changed", change, "result", result_text(a, good), "blocks",
                          a->blocks, "compared", a->reference_path != NULL, "exit", code);
    bool printed = j && !json_dumpf(j, stdout, JSON_INDENT(2)) && putchar('\n') != EOF;
    json_decref(j);
    return printed ? code : cli_fail(verb.name, CAMSEAL_E_IO, "cannot write to stdout");
}

/* ---- checking -------------------------------------------------------------------------------- */

static int fail(const appraisal *a, camseal_status status)
{
    int code = cli_fail(verb.name, status, "%s: %s: %s", a->path, camseal_status_name(status),
                        a->evidence.detail ? a->evidence.detail : camseal_status_text(status));
    return status == CAMSEAL_E_UNSUPPORTED ? CLI_EXIT_NOT_IMPLEMENTED : code;
}

static int check(appraisal *a)
{
    camseal_spdm_evidence *e = &a->evidence;
    camseal_status status;
    *e = (camseal_spdm_evidence){.crypto = camseal_openssl(),
                                 .anchors = a->anchors,
                                 .n_anchors = a->n_trust,
                                 .time = a->time,
                                 .pin = a->has_pin ? a->pin : NULL,
                                 .nonce = a->has_nonce ? a->nonce : NULL,
                                 .block = take_block,
                                 .user = a};
    do
        status = camseal_spdm_check_evidence(e, camseal_span_of(a->file.data, a->file.len));
    while (status == CAMSEAL_PENDING);
    if (status != CAMSEAL_OK)
        return fail(a, status);
    add_missing(a);
    return report(a);
}

static int open_files(appraisal *a)
{
    int code = spdm_trust_load(verb.name, a->trust, a->n_trust, a->trust_files, a->anchors);
    if (!code && a->reference_path)
        code = spdm_blocks_load(&a->reference, verb.name, "reference", a->reference_path);
    if (code)
        return code;
    camseal_status status = pki_load_file(&a->file, a->path, EVIDENCE_FILE_MAX);
    return status == CAMSEAL_OK ? CLI_EXIT_OK : cli_fail(verb.name, status, "%s", a->file.error);
}

static int take_bytes(appraisal *a, uint8_t out[32], bool *has)
{
    size_t len = 0;
    *has = spdm_hex_option(a->args.value, out, 32, &len) && len == 32;
    return *has ? CLI_EXIT_OK
                : cli_usage(verb.name, "--%s %s: not 64 hex digits", a->args.option, a->args.value);
}

static int take_option(appraisal *a, int id)
{
    const char *value = a->args.value;
    switch (id) {
    case SPDM_OPT_TRUST:
        if (a->n_trust == SPDM_CLIENT_TRUST_MAX)
            return cli_usage(verb.name, "more than %d --trust", SPDM_CLIENT_TRUST_MAX);
        a->trust[a->n_trust++] = value;
        return CLI_EXIT_OK;
    case SPDM_OPT_TIME:
        return spdm_time_option(&a->time, value)
                   ? CLI_EXIT_OK
                   : cli_usage(verb.name, "--time %s: not full, ignore or seconds since 1970",
                               value);
    case SPDM_OPT_PIN:
        return take_bytes(a, a->pin, &a->has_pin);
    case OPT_NONCE:
        return take_bytes(a, a->nonce, &a->has_nonce);
    case OPT_REFERENCE:
        a->reference_path = value;
        return CLI_EXIT_OK;
    default:
        a->allow_unknown = true;
        return CLI_EXIT_OK;
    }
}

static int run(appraisal *a)
{
    char **operands;
    if (cli_operands(&a->args, &operands) != 1)
        return cli_usage(verb.name, "give one file of evidence");
    if (!a->n_trust)
        return cli_usage(verb.name, "say whom to trust: --trust FILE");
    if (a->allow_unknown && !a->reference_path)
        return cli_usage(verb.name, "--allow-unknown is for --reference");
    a->path = operands[0];
    int code = open_files(a);
    return code ? code : check(a);
}

int spdm_evidence(int argc, char **argv)
{
    appraisal *a = calloc(1, sizeof *a);
    int id, code = CLI_EXIT_OK;
    if (!a)
        return cli_fail(verb.name, CAMSEAL_E_BUG, "out of memory");
    a->blocks = json_array();
    (void)spdm_time_option(&a->time, "full");
    cli_begin(&a->args, &verb, argc, argv);
    while (!code && (id = cli_next(&a->args)) > 0)
        code = take_option(a, id);
    if (!code)
        code = id < 0 ? a->args.exit : run(a);
    for (size_t i = 0; i < SPDM_CLIENT_TRUST_MAX; i++)
        pki_file_free(&a->trust_files[i]);
    pki_file_free(&a->file);
    spdm_blocks_free(&a->reference);
    json_decref(a->blocks);
    free(a);
    return code;
}
