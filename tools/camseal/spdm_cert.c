/* `camseal spdm cert`: the certificate chain of a slot, judged rule by rule. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "outfile.h"
#include "pki_chain.h"
#include "spdm.h"
#include "spdm/msg/msg.h"
#include "spdm_client.h"

enum { OPT_OUT = 1 };

static const cli_option options[] = {
    SPDM_LINK_OPTIONS,
    SPDM_TRUST_OPTIONS,
    {OPT_OUT, 'o', "out", "FILE", "write the chain there: DER certificates, root first"},
    SPDM_POLICY_OPTIONS,
    {0, 0, NULL, NULL, NULL}};

static const cli_verb verb = {
    "spdm cert", "--to ENDPOINT [options]",
    "Reads the certificate chain of a slot, shows it, and judges every rule. Whether the device\n"
    "holds the key is another question: 'camseal spdm challenge'.",
    options,
    "Exit code 0: all rules are kept (without --trust the anchor is not judged); 1: some are\n"
    "broken, or the chain is refused; otherwise see 'camseal --help'."};

struct view {
    spdm_client *client;
    const char *out;
    pki_chain chain;
};

/* The trusted certificate at which the chain ends; if there is none, the first one, which then
 * shows what is missing. */
static void judge(struct view *v, int64_t now)
{
    const spdm_client *c = v->client;
    for (size_t i = c->n_trust; i-- > 0;) {
        pki_chain_judge(&v->chain, c->anchors[i], now);
        if (v->chain.verdict.good)
            return;
    }
    if (c->n_trust == 0)
        pki_chain_judge(&v->chain, camseal_span_of(NULL, 0), now);
}

/* What the engine says, which also knows the connection: the digest, RootHash, the algorithm, the
 * pin. */
static void show(struct view *v, camseal_status status)
{
    spdm_client *c = v->client;
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(c->engine);
    const char *found = status == CAMSEAL_OK ? "accepted"
                        : f && f->detail     ? f->detail
                                             : camseal_status_text(status);
    json_t *chain = pki_chain_json(&v->chain);
    json_object_update(c->result, chain);
    json_decref(chain);
    json_object_set_new(c->result, "accepted", json_boolean(status == CAMSEAL_OK));
    json_object_set_new(c->result, "verdict", json_string(found));
    json_object_set_new(c->result, "slot", json_integer(c->config.slot));
    json_object_set_new(c->result, "trust_judged", json_boolean(c->n_trust != 0));
    if (!spdm_client_talks(c))
        return;
    printf("slot %u\n", (unsigned)c->config.slot);
    pki_chain_print(&v->chain);
    printf("SPDM  %-4s  %s%s\n", status == CAMSEAL_OK ? "pass" : "FAIL", found,
           c->n_trust ? "" : " (give --trust to judge the anchor)");
}

static int write_out(const struct view *v)
{
    outfile file;
    const spdm_client *c = v->client;
    if (!v->out)
        return CLI_EXIT_OK;
    camseal_status status = outfile_write(&file, v->out, false, c->chain, c->chain_len);
    return status == CAMSEAL_OK ? CLI_EXIT_OK : cli_fail(c->verb, status, "--out %s", file.error);
}

/* A refusal of the chain itself is what this command is there to show. */
static bool is_finding(const spdm_client *c, camseal_status status)
{
    return c->chain_len && (camseal_status_class(status) == CAMSEAL_CLASS_SECURITY ||
                            camseal_status_class(status) == CAMSEAL_CLASS_PEER);
}

static int run(struct view *v)
{
    spdm_client *c = v->client;
    size_t at = 0;
    camseal_status status = spdm_client_step(c, camseal_spdm_begin_connect(c->engine));
    if (status != CAMSEAL_OK && !is_finding(c, status))
        return spdm_client_fail(c, status);
    int code = write_out(v);
    if (code)
        return code;
    if (pki_chain_read(&v->chain, camseal_span_of(c->chain, c->chain_len), &at) != CAMSEAL_OK)
        return cli_fail(c->verb, CAMSEAL_E_FORMAT,
                        "CERTIFICATE: no DER certificate at byte %zu of "
                        "the chain, or more than %d",
                        at, PKI_CHAIN_MAX);
    judge(v, c->time.mode == CAMSEAL_TIME_IGNORE ? (int64_t)time(NULL) : c->time.seconds);
    show(v, status);
    bool good =
        status == CAMSEAL_OK && (v->chain.verdict.good || c->time.mode == CAMSEAL_TIME_IGNORE);
    return good ? CLI_EXIT_OK : CLI_EXIT_FINDINGS;
}

int spdm_cert(int argc, char **argv)
{
    struct view v;
    memset(&v, 0, sizeof v);
    v.client = spdm_client_begin(&verb, argc, argv);
    int id, code = CLI_EXIT_OK;
    if (!v.client)
        return CLI_EXIT_BUG;
    v.client->any_chain = true;
    while (!code && (id = cli_next(&v.client->args)) > 0) {
        if (id == OPT_OUT)
            v.out = v.client->args.value;
        else
            code = spdm_client_option(v.client, id);
    }
    if (!code && id < 0)
        return spdm_client_close(v.client, v.client->args.exit);
    if (!code)
        code = spdm_client_open(v.client);
    if (!code)
        code = run(&v);
    pki_chain_free(&v.chain);
    return spdm_client_close(v.client, code);
}
