/* `camseal spdm measurements`: what a device says that it runs, and evidence of it. */
#include "camseal/spdm_measurements.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "outfile.h"
#include "spdm.h"
#include "spdm_client.h"
#include "spdm_measurement_types.h"

enum {
    OPT_INDEX = 1,
    OPT_UNSIGNED,
    OPT_RAW,
    OPT_FRESH,
    OPT_IN_SESSION,
    OPT_EVIDENCE,
    OPT_NONCE,
    OPT_LOG,
    EVIDENCE_MAX = 2 * SPDM_CLIENT_MESSAGE_MAX + PKI_CHAIN_FILE_MAX,
    LOG_MAX = 1 << 20
};

static const cli_option options[] = {
    SPDM_LINK_OPTIONS,
    SPDM_TRUST_OPTIONS,
    {OPT_INDEX, 'i', "index", "N", "one block, 1 to 254 (default: all of them)"},
    {OPT_UNSIGNED, 0, "unsigned", NULL,
     "without signature: nobody vouches for it outside a session"},
    {OPT_RAW, 0, "raw", NULL, "raw values instead of digests, where the device has them"},
    {OPT_FRESH, 0, "fresh", NULL, "measured now, nothing kept (SPDM 1.3)"},
    {OPT_IN_SESSION, 0, "in-session", NULL, "inside a session"},
    {OPT_EVIDENCE, 'e', "evidence", "FILE",
     "write what a third party needs to check the signature"},
    {OPT_NONCE, 0, "nonce", "HEX", "32 bytes of who will check the evidence (default: random)"},
    {OPT_LOG, 0, "log", "FILE", "also read the measurement extension log (SPDM 1.3)"},
    SPDM_SESSION_OPTIONS,
    SPDM_POLICY_OPTIONS,
    {0, 0, NULL, NULL, NULL}};

static const cli_verb verb = {
    "spdm measurements", "--to ENDPOINT --trust FILE [options]",
    "Reads a device's measurements, signed over a fresh nonce, and shows every block.", options,
    "Exit code 0: read and, unless --unsigned, the signature verified; 4: it did not; otherwise\n"
    "see 'camseal --help'."};

struct wanted {
    spdm_client *client;
    camseal_spdm_measure measure;
    bool in_session;
    uint8_t nonce[32];
    const char *evidence_path, *log_path;
    camseal_buf evidence, log; /* heap, when a path is given */
    json_t *blocks;
};

static int take_option(struct wanted *w, int id)
{
    spdm_client *c = w->client;
    uint64_t index = 0;
    size_t len = 0;
    switch (id) {
    case OPT_INDEX:
        if (!cli_number(&c->args, 1, 254, &index))
            return c->args.exit;
        w->measure.operation = (uint8_t)index;
        return CLI_EXIT_OK;
    case OPT_UNSIGNED:
        w->measure.sign = false;
        return CLI_EXIT_OK;
    case OPT_RAW:
        w->measure.raw = true;
        return CLI_EXIT_OK;
    case OPT_FRESH:
        w->measure.fresh = true;
        return CLI_EXIT_OK;
    case OPT_IN_SESSION:
        w->in_session = true;
        return CLI_EXIT_OK;
    case OPT_EVIDENCE:
        w->evidence_path = c->args.value;
        return CLI_EXIT_OK;
    case OPT_LOG:
        w->log_path = c->args.value;
        return CLI_EXIT_OK;
    case OPT_NONCE:
        w->measure.nonce = w->nonce;
        return spdm_hex_option(c->args.value, w->nonce, sizeof w->nonce, &len) && len == 32
                   ? CLI_EXIT_OK
                   : cli_usage(verb.name, "--nonce %s: not 64 hex digits", c->args.value);
    default:
        return spdm_client_option(c, id);
    }
}

static void take_block(void *user, const camseal_spdm_measurement *block)
{
    struct wanted *w = user;
    char *hex = calloc(1, 2 * block->value.len + 1);
    if (!hex)
        return;
    hex_write(hex, block->value.data, block->value.len);
    const char *form = block->form == CAMSEAL_SPDM_FORM_RAW ? "raw" : "digest";
    json_array_append_new(
        w->blocks, json_pack("{s:i, s:s, s:s, s:s}", "index", block->index, "type",
                             spdm_measurement_type_name(block->type), "form", form, "value", hex));
    free(hex);
}

static void print_blocks(const struct wanted *w)
{
    size_t i;
    json_t *b;
    printf("index  type                 form    value\n");
    json_array_foreach(w->blocks, i, b) printf(
        "%5lld  %-20s %-6s  %s\n", (long long)json_integer_value(json_object_get(b, "index")),
        json_string_value(json_object_get(b, "type")),
        json_string_value(json_object_get(b, "form")),
        json_string_value(json_object_get(b, "value")));
}

static void show(struct wanted *w)
{
    static const char *const changes[] = {"not said", "changed", "unchanged"};
    spdm_client *c = w->client;
    const char *change = changes[w->measure.change <= 2 ? w->measure.change : 0];
    json_object_set(c->result, "blocks", w->blocks);
    json_object_set_new(c->result, "signed", json_boolean(w->measure.sign));
    if (w->measure.sign)
        json_object_set_new(c->result, "content_changed", json_string(change));
    if (!spdm_client_talks(c))
        return;
    print_blocks(w);
    if (w->measure.sign)
        printf("signature verified; since the first request: %s\n", change);
    else
        printf("not signed%s\n", w->in_session ? ", but from inside the session" : "");
}

static int save(const struct wanted *w, const char *option, const char *path,
                const camseal_buf *bytes)
{
    outfile file;
    if (!path)
        return CLI_EXIT_OK;
    camseal_status status = outfile_write(&file, path, false, bytes->data, bytes->len);
    return status == CAMSEAL_OK ? CLI_EXIT_OK
                                : cli_fail(w->client->verb, status, "--%s %s", option, file.error);
}

static int measure(struct wanted *w, uint8_t session)
{
    spdm_client *c = w->client;
    int code = spdm_client_run(c, camseal_spdm_begin_measurements(c->engine, session, &w->measure));
    if (!code && w->log_path)
        code = spdm_client_run(c, camseal_spdm_begin_measurement_log(c->engine, session, &w->log));
    return code;
}

static int converse(struct wanted *w)
{
    spdm_client *c = w->client;
    uint8_t session = SPDM_CLIENT_OUTSIDE;
    int code = spdm_client_run(c, camseal_spdm_begin_connect(c->engine));
    if (!code && w->in_session)
        code = spdm_client_session(c, &session);
    if (!code)
        code = measure(w, session);
    if (!code && w->in_session)
        code = spdm_client_run(c, camseal_spdm_begin_end_session(c->engine, session));
    if (code)
        return code;
    show(w);
    code = save(w, "evidence", w->evidence_path, &w->evidence);
    return code ? code : save(w, "log", w->log_path, &w->log);
}

static bool make_room(struct wanted *w)
{
    if (w->evidence_path) {
        w->evidence = (camseal_buf){malloc(EVIDENCE_MAX), EVIDENCE_MAX, 0};
        w->measure.evidence = &w->evidence;
    }
    if (w->log_path)
        w->log = (camseal_buf){malloc(LOG_MAX), LOG_MAX, 0};
    return (!w->evidence_path || w->evidence.data) && (!w->log_path || w->log.data);
}

static int run(struct wanted *w)
{
    if (w->evidence_path && !w->measure.sign)
        return cli_usage(verb.name, "--evidence is of a signature: not with --unsigned");
    if (w->client->psk_path && !w->in_session)
        return cli_usage(verb.name, "--psk is for sessions: give --in-session too");
    if (!make_room(w))
        return cli_fail(verb.name, CAMSEAL_E_BUG, "out of memory");
    int code = spdm_client_open(w->client);
    return code ? code : converse(w);
}

int spdm_measurements(int argc, char **argv)
{
    struct wanted w;
    memset(&w, 0, sizeof w);
    w.measure = (camseal_spdm_measure){
        .operation = CAMSEAL_SPDM_MEASURE_ALL, .sign = true, .block = take_block, .user = &w};
    w.client = spdm_client_begin(&verb, argc, argv);
    int id, code = CLI_EXIT_OK;
    if (!w.client)
        return CLI_EXIT_BUG;
    w.blocks = json_array();
    while (!code && (id = cli_next(&w.client->args)) > 0)
        code = take_option(&w, id);
    if (!code && id < 0)
        code = w.client->args.exit;
    else if (!code)
        code = run(&w);
    free(w.evidence.data);
    free(w.log.data);
    json_decref(w.blocks);
    return spdm_client_close(w.client, code);
}
