/* `camseal spdm csr` and `set-cert`: a device's certificate request, and its certificates. */
#include <stdio.h>
#include <string.h>

#include <openssl/x509.h>

#include "camseal/spdm_provision.h"
#include "outfile.h"
#include "spdm.h"
#include "spdm/msg/msg.h"
#include "spdm_client.h"

enum {
    OPT_OUT = 1,
    OPT_INFO,
    OPT_OPAQUE,
    OPT_TAG,
    OPT_OVERWRITE,
    OPT_KEY_PAIR,
    OPT_MODEL,
    OPT_OUTSIDE,
    OPT_INSTALL,
    OPT_INTO,
    OPT_ERASE,
    OPAQUE_MAX = 1024
};

/* clang-format off */
#define PROVISION_OPTIONS \
    {OPT_KEY_PAIR, 0, "key-pair", "N", "multi-key: which key pair, 1 to 255"}, \
    {OPT_MODEL, 0, "model", "NAME", "multi-key: certificate model: device (default), alias or generic"}, \
    {OPT_OUTSIDE, 0, "outside", NULL, "not in a session, and without authenticating the device: in a trusted\n" \
     "environment"}
/* clang-format on */

static const cli_option csr_options[] = {
    SPDM_LINK_OPTIONS,
    SPDM_TRUST_OPTIONS,
    SPDM_SESSION_OPTIONS,
    {OPT_OUT, 'o', "out", "FILE", "write the request there: DER, PKCS #10"},
    {OPT_INFO, 0, "info", "FILE", "what is wanted in it: DER CertificationRequestInfo"},
    {OPT_OPAQUE, 0, "opaque", "HEX", "opaque data for the device"},
    PROVISION_OPTIONS,
    {OPT_TAG, 0, "tag", "N", "after a reset: the CSRTrackingTag, 1 to 7, that was given before it"},
    {OPT_OVERWRITE, 0, "overwrite", NULL, "the device may drop unfinished requests"},
    SPDM_POLICY_OPTIONS,
    {0, 0, NULL, NULL, NULL}};

static const cli_verb csr_verb = {
    "spdm csr", "--to ENDPOINT --trust FILE --out FILE [options]",
    "Opens a session, asks the device for a certificate request for its key, judges its "
    "signature,\n"
    "writes it, ends the session.",
    csr_options,
    "Exit code 0: written; 3: refused by the device, or due after a reset; 4: its signature does\n"
    "not verify; otherwise see 'camseal --help'."};

static const cli_option set_options[] = {
    SPDM_LINK_OPTIONS,
    SPDM_TRUST_OPTIONS,
    SPDM_SESSION_OPTIONS,
    {OPT_INSTALL, 'i', "install", "FILE", "the new chain: DER certificates, root first"},
    {OPT_ERASE, 0, "erase", NULL, "or: no certificates any more (1.3)"},
    {OPT_INTO, 0, "into", "N", "the slot to set, 0 to 7 (default: --slot)"},
    PROVISION_OPTIONS,
    SPDM_POLICY_OPTIONS,
    {0, 0, NULL, NULL, NULL}};

static const cli_verb set_verb = {
    "spdm set-cert", "--to ENDPOINT --trust FILE --install FILE [options]",
    "Opens a session, gives the device new certificates for a slot, ends the session, and reads\n"
    "them back.",
    set_options,
    "Exit code 0: set, and served; 1: set, but the device serves others; 3: refused by the "
    "device,\n"
    "or in use after a reset; otherwise see 'camseal --help'."};

struct task {
    spdm_client *client;
    bool outside, has_slot;
    uint64_t key_pair, tag, slot;
    uint8_t model, session;
    const char *out, *info_path, *install;
    pki_file info, chain;
    uint8_t opaque[OPAQUE_MAX];
    size_t opaque_len;
    bool overwrite, erase;
};

/* ---- both ------------------------------------------------------------------------------------ */

static bool model_option(const char *text, uint8_t *model)
{
    static const char *const names[] = {"", "device", "alias", "generic"};
    for (*model = CAMSEAL_SPDM_MODEL_GENERIC; *model; (*model)--)
        if (!strcmp(text, names[*model]))
            return true;
    return false;
}

static int take_option(struct task *t, int id)
{
    cli_args *args = &t->client->args;
    switch (id) {
    case OPT_OUT:
        t->out = args->value;
        return CLI_EXIT_OK;
    case OPT_INFO:
        t->info_path = args->value;
        return CLI_EXIT_OK;
    case OPT_INSTALL:
        t->install = args->value;
        return CLI_EXIT_OK;
    case OPT_OVERWRITE:
        t->overwrite = true;
        return CLI_EXIT_OK;
    case OPT_ERASE:
        t->erase = true;
        return CLI_EXIT_OK;
    case OPT_OUTSIDE:
        t->outside = true;
        return CLI_EXIT_OK;
    case OPT_KEY_PAIR:
        return cli_number(args, 1, 255, &t->key_pair) ? CLI_EXIT_OK : args->exit;
    case OPT_TAG:
        return cli_number(args, 1, 7, &t->tag) ? CLI_EXIT_OK : args->exit;
    case OPT_INTO:
        t->has_slot = true;
        return cli_number(args, 0, 7, &t->slot) ? CLI_EXIT_OK : args->exit;
    case OPT_MODEL:
        return model_option(args->value, &t->model)
                   ? CLI_EXIT_OK
                   : cli_usage(t->client->verb, "--model %s: not device, alias or generic",
                               args->value);
    case OPT_OPAQUE:
        return spdm_hex_option(args->value, t->opaque, sizeof t->opaque, &t->opaque_len)
                   ? CLI_EXIT_OK
                   : cli_usage(t->client->verb, "--opaque: not at most %d bytes as hex digits",
                               OPAQUE_MAX);
    default:
        return spdm_client_option(t->client, id);
    }
}

static int load(const struct task *t, pki_file *file, const char *option, const char *path)
{
    if (!path)
        return CLI_EXIT_OK;
    camseal_status status = pki_load_file(file, path, PKI_CHAIN_FILE_MAX);
    return status == CAMSEAL_OK ? CLI_EXIT_OK
                                : cli_fail(t->client->verb, status, "--%s %s", option, file->error);
}

/* A connection, and a session unless it is to be outside. A PSK says enough of the device. */
static int enter(struct task *t)
{
    spdm_client *c = t->client;
    bool psk_only = c->psk_path && !c->n_trust && !c->has_pin;
    c->any_chain = c->config.defer_chain = t->outside || psk_only;
    t->session = SPDM_CLIENT_OUTSIDE;
    int code = spdm_client_open(c);
    if (!code)
        code = spdm_client_run(c, camseal_spdm_begin_connect(c->engine));
    if (!code && !t->outside)
        code = spdm_client_session(c, &t->session);
    if (!code && spdm_client_info(c)->multi_key && !t->model)
        t->model = CAMSEAL_SPDM_MODEL_DEVICE;
    return code;
}

/* A genuine refusal leaves the session intact. */
static int leave(struct task *t, int code)
{
    spdm_client *c = t->client;
    if (t->outside)
        return code;
    if (code) {
        (void)spdm_client_step(c, camseal_spdm_begin_end_session(c->engine, t->session));
        return code;
    }
    return spdm_client_run(c, camseal_spdm_begin_end_session(c->engine, t->session));
}

/* The error line of an operation, with what to do about ResetRequired. */
static int failed(struct task *t, camseal_status status)
{
    spdm_client *c = t->client;
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(c->engine);
    if (status == CAMSEAL_E_ARGUMENT)
        return cli_usage(c->verb, "not in this connection: --key-pair is for multi-key ones, which "
                                  "need it; --tag, --overwrite and --erase need SPDM 1.3");
    if (status == CAMSEAL_E_NEGOTIATION)
        return cli_fail(c->verb, status,
                        "the device does not offer this (see 'camseal spdm caps')");
    if (status != CAMSEAL_E_PEER_ERROR || f->peer_error != SPDM_ERR_RESET_REQUIRED)
        return spdm_client_fail(c, status);
    json_object_set_new(c->result, "reset_required", json_true());
    if (!f->peer_data)
        return cli_fail(c->verb, status, "%s: the responder answered ResetRequired: reset it",
                        f->message);
    json_object_set_new(c->result, "tag", json_integer(f->peer_data));
    return cli_fail(c->verb, status,
                    "%s: the responder answered ResetRequired: reset it, then ask again with "
                    "--tag %u",
                    f->message, f->peer_data);
}

static int run(struct task *t, const cli_verb *verb, int argc, char **argv,
               int (*work)(struct task *t))
{
    int id, code = CLI_EXIT_OK;
    spdm_client *c = t->client = spdm_client_begin(verb, argc, argv);
    if (!c)
        return CLI_EXIT_BUG;
    while (!code && (id = cli_next(&c->args)) > 0)
        code = take_option(t, id);
    if (!code && id < 0)
        return spdm_client_close(c, c->args.exit);
    if (!code)
        code = work(t);
    pki_file_free(&t->info);
    pki_file_free(&t->chain);
    return spdm_client_close(c, code);
}

/* ---- csr ------------------------------------------------------------------------------------- */

static int show_csr(struct task *t, camseal_span csr)
{
    spdm_client *c = t->client;
    const unsigned char *at = csr.data;
    char subject[256] = "";
    X509_REQ *req = d2i_X509_REQ(NULL, &at, (long)csr.len);
    bool whole = req && at == csr.data + csr.len;
    EVP_PKEY *key = whole ? X509_REQ_get0_pubkey(req) : NULL;
    bool verified = key && X509_REQ_verify(req, key) == 1;
    if (whole)
        (void)X509_NAME_oneline(X509_REQ_get_subject_name(req), subject, sizeof subject);
    X509_REQ_free(req);
    json_object_set_new(c->result, "bytes", json_integer((json_int_t)csr.len));
    json_object_set_new(c->result, "subject", json_string(subject));
    json_object_set_new(c->result, "verified", json_boolean(verified));
    if (!verified)
        return cli_fail(c->verb, whole ? CAMSEAL_E_SIGNATURE : CAMSEAL_E_FORMAT, "CSR: %s",
                        whole ? "its signature does not verify" : "is none");
    if (spdm_client_talks(c))
        printf("request, %zu bytes, signature verified: %s\n", csr.len,
               subject[0] ? subject : "no subject");
    return CLI_EXIT_OK;
}

static int get_csr(struct task *t)
{
    static uint8_t room[UINT16_MAX];
    spdm_client *c = t->client;
    outfile file;
    if (!t->out)
        return cli_usage(c->verb, "say where the request goes: --out FILE");
    int code = load(t, &t->info, "info", t->info_path);
    if (!code)
        code = enter(t);
    if (code)
        return code;
    camseal_spdm_csr csr = {.model = t->model,
                            .key_pair_id = (uint8_t)t->key_pair,
                            .tag = (uint8_t)t->tag,
                            .overwrite = t->overwrite,
                            .requester_info = camseal_span_of(t->info.data, t->info.len),
                            .opaque = camseal_span_of(t->opaque, t->opaque_len),
                            .csr = {room, sizeof room, 0}};
    camseal_status status =
        spdm_client_step(c, camseal_spdm_begin_get_csr(c->engine, t->session, &csr));
    code = leave(t, status == CAMSEAL_OK ? CLI_EXIT_OK : failed(t, status));
    if (!code)
        code = show_csr(t, camseal_span_of(room, csr.csr.len));
    if (code)
        return code;
    status = outfile_write(&file, t->out, false, room, csr.csr.len);
    return status == CAMSEAL_OK ? CLI_EXIT_OK : cli_fail(c->verb, status, "--out %s", file.error);
}

int spdm_csr(int argc, char **argv)
{
    struct task t;
    memset(&t, 0, sizeof t);
    return run(&t, &csr_verb, argc, argv, get_csr);
}

/* ---- set-cert -------------------------------------------------------------------------------- */

/* What the device says now. Whether it is trusted here is another question. */
static int read_back(struct task *t, camseal_span chain)
{
    spdm_client *c = t->client;
    c->chain_len = 0;
    camseal_status status =
        spdm_client_step(c, camseal_spdm_begin_certificate(c->engine, (uint8_t)t->slot));
    bool served = c->chain_len == chain.len && !memcmp(c->chain, chain.data, chain.len);
    json_object_set_new(c->result, "served", json_boolean(served));
    bool judged = c->n_trust || c->has_pin;
    if (judged)
        json_object_set_new(c->result, "trusted", json_boolean(served && status == CAMSEAL_OK));
    if (!served && !c->chain_len)
        return spdm_client_fail(c, status);
    const char *found = !served                ? "is not what the device serves"
                        : !judged              ? "is served"
                        : status == CAMSEAL_OK ? "is served, and trusted"
                                               : "is served, but not trusted here";
    if (spdm_client_talks(c))
        printf("the new chain %s\n", found);
    return served ? CLI_EXIT_OK : CLI_EXIT_FINDINGS;
}

static int set_certificate(struct task *t)
{
    spdm_client *c = t->client;
    if (!t->install == !t->erase)
        return cli_usage(c->verb, "give the new certificates: --install FILE, or --erase");
    int code = load(t, &t->chain, "install", t->install);
    if (!code && t->install &&
        !identity_first_certificate(camseal_span_of(t->chain.data, t->chain.len)))
        code = cli_fail(c->verb, CAMSEAL_E_FORMAT, "--install %s: is no DER certificate chain",
                        t->install);
    if (!code)
        code = enter(t);
    if (code)
        return code;
    if (!t->has_slot)
        t->slot = c->config.slot;
    camseal_span chain = camseal_span_of(t->chain.data, t->chain.len);
    const camseal_spdm_new_chain what = {.slot = (uint8_t)t->slot,
                                         .model = t->erase ? 0 : t->model,
                                         .key_pair_id = (uint8_t)t->key_pair,
                                         .erase = t->erase,
                                         .chain = chain};
    json_object_set_new(c->result, "slot", json_integer((json_int_t)t->slot));
    camseal_status status =
        spdm_client_step(c, camseal_spdm_begin_set_certificate(c->engine, t->session, &what));
    json_object_set_new(c->result, "set", json_boolean(status == CAMSEAL_OK));
    code = leave(t, status == CAMSEAL_OK ? CLI_EXIT_OK : failed(t, status));
    if (code)
        return code;
    if (spdm_client_talks(c))
        printf("slot %u %s\n", (unsigned)t->slot, t->erase ? "erased" : "set");
    return t->erase ? CLI_EXIT_OK : read_back(t, chain);
}

int spdm_set_cert(int argc, char **argv)
{
    struct task t;
    memset(&t, 0, sizeof t);
    return run(&t, &set_verb, argc, argv, set_certificate);
}
