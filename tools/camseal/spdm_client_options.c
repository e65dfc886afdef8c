/* Options that the commands of `camseal spdm` share. */
#include <string.h>

#include "camseal/transport.h"
#include "clock.h"
#include "hex.h"
#include "spdm_client.h"

bool spdm_transport(const char *name, const camseal_framing **framing,
                    const camseal_spdm_binding **binding)
{
    static const struct {
        const camseal_framing *framing;
        const camseal_spdm_binding *binding;
    } rows[] = {{&camseal_framing_tcp, &camseal_spdm_binding_tcp},
                {&camseal_framing_mctp, &camseal_spdm_binding_mctp},
                {&camseal_framing_doe, &camseal_spdm_binding_doe},
                {&camseal_framing_none, &camseal_spdm_binding_doe}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!strcmp(name, rows[i].framing->name)) {
            *framing = rows[i].framing;
            *binding = rows[i].binding;
            return true;
        }
    return false;
}

const char *spdm_mailbox(const camseal_framing **framing, const camseal_spdm_binding **binding)
{
    (void)spdm_transport("mctp", framing, binding);
    return "mailbox";
}

bool spdm_hex_option(const char *text, uint8_t *out, size_t capacity, size_t *len)
{
    size_t digits = strlen(text);
    *len = digits / 2;
    return digits % 2 == 0 && *len <= capacity && hex_parse(out, *len, text);
}

bool spdm_time_option(camseal_time *time, const char *text)
{
    uint64_t seconds = 0;
    time->mode = strcmp(text, "ignore") ? CAMSEAL_TIME_FULL : CAMSEAL_TIME_IGNORE;
    time->seconds = camseal_posix_unix_seconds();
    if (!strcmp(text, "ignore") || !strcmp(text, "full"))
        return true;
    time->seconds = 0;
    if (!cli_parse_number(text, 0, INT64_MAX, &seconds))
        return false;
    time->seconds = (int64_t)seconds;
    return true;
}

int spdm_endpoint_option(camseal_endpoint *out, const char *verb, const char *option,
                         const char *text, bool allow_remote)
{
    camseal_posix_error error = {{0}};
    camseal_status status = camseal_endpoint_parse_control(out, text, allow_remote, &error);
    if (status == CAMSEAL_OK)
        return CLI_EXIT_OK;
    int code = cli_fail(verb, status, "--%s %s", option, error.text);
    if (status == CAMSEAL_E_UNSUPPORTED)
        return CLI_EXIT_NOT_IMPLEMENTED;
    return status == CAMSEAL_E_POLICY ? CLI_EXIT_USAGE : code;
}

int spdm_trust_load(const char *verb, const char *const *paths, size_t n, pki_file *files,
                    camseal_span *anchors)
{
    for (size_t i = 0; i < n; i++) {
        camseal_status status = pki_load_file(&files[i], paths[i], PKI_CHAIN_FILE_MAX);
        if (status != CAMSEAL_OK)
            return cli_fail(verb, status, "--trust %s", files[i].error);
        anchors[i] = camseal_span_of(files[i].data, files[i].len);
        if (!identity_first_certificate(anchors[i]))
            return cli_fail(verb, CAMSEAL_E_FORMAT, "--trust %s: is no DER certificate", paths[i]);
    }
    return CLI_EXIT_OK;
}

/* ---- policy ---------------------------------------------------------------------------------- */

static int wrong(const cli_args *args, const char *want)
{
    return cli_usage(args->verb->name, "--%s %s: not %s", args->option, args->value, want);
}

static int algorithms(const cli_args *args, spdm_policy *policy, spdm_algorithm_kind kind)
{
    char word[32], known[300];
    const char *fault = spdm_policy_algorithms(policy, kind, args->value, word);
    if (!fault)
        return CLI_EXIT_OK;
    spdm_policy_known(kind, known, sizeof known);
    return cli_usage(args->verb->name, "--%s: %s%s%s (there are %s)", args->option, word,
                     word[0] ? " " : "", fault, known);
}

static int rule(const cli_args *args, uint8_t *out)
{
    return spdm_policy_rule(out, args->value) ? CLI_EXIT_OK
                                              : wrong(args, "refuse, allow or require");
}

static int without(const cli_args *args, spdm_policy *policy)
{
    char word[32];
    const char *unknown = spdm_policy_without(policy, args->value, word);
    return unknown ? cli_usage(args->verb->name, "--%s: %s is no capability", args->option, unknown)
                   : CLI_EXIT_OK;
}

static int protection_option(const cli_args *args, int id, spdm_policy *policy)
{
    uint64_t limit = 0;
    switch (id) {
    case SPDM_OPT_CLEAR:
        return rule(args, &policy->rules.clear_handshake);
    case SPDM_OPT_MULTI_KEY:
        return rule(args, &policy->rules.multi_key);
    case SPDM_OPT_CHUNKING:
        return rule(args, &policy->rules.chunking);
    case SPDM_OPT_MEASURING:
        return rule(args, &policy->rules.measurements);
    case SPDM_OPT_SECURED:
        return spdm_policy_secured(policy, args->value)
                   ? CLI_EXIT_OK
                   : wrong(args, "versions from 1.0 to 1.3, like 1.1..1.3");
    case SPDM_OPT_AEAD_LIMIT:
        if (!cli_parse_number(args->value, 1, 64, &limit))
            return wrong(args, "a number from 1 to 64");
        policy->rules.aead_limit = (uint8_t)limit;
        return CLI_EXIT_OK;
    default:
        return -1;
    }
}

int spdm_policy_option(const cli_args *args, int id, spdm_policy *policy)
{
    switch (id) {
    case SPDM_OPT_VERSIONS:
        return spdm_policy_versions(policy, args->value)
                   ? CLI_EXIT_OK
                   : wrong(args, "versions from 1.2 to 1.4, like 1.2..1.4 or 1.3");
    case SPDM_OPT_HASH:
        return algorithms(args, policy, SPDM_KIND_HASH);
    case SPDM_OPT_ASYM:
        return algorithms(args, policy, SPDM_KIND_SIGN);
    case SPDM_OPT_REQ_ASYM:
        return algorithms(args, policy, SPDM_KIND_REQ_SIGN);
    case SPDM_OPT_DHE:
        return algorithms(args, policy, SPDM_KIND_KEX);
    case SPDM_OPT_AEAD:
        return algorithms(args, policy, SPDM_KIND_AEAD);
    case SPDM_OPT_WITHOUT:
        return without(args, policy);
    default:
        return protection_option(args, id, policy);
    }
}

/* ---- requester ------------------------------------------------------------------------------- */

static int add_trust(spdm_client *c)
{
    if (c->n_trust == SPDM_CLIENT_TRUST_MAX)
        return cli_usage(c->verb, "more than %d --trust", SPDM_CLIENT_TRUST_MAX);
    c->trust_paths[c->n_trust++] = c->args.value;
    return CLI_EXIT_OK;
}

static int take_pin(spdm_client *c)
{
    size_t len = 0;
    c->has_pin =
        spdm_hex_option(c->args.value, c->pin, sizeof c->pin, &len) && len == sizeof c->pin;
    return c->has_pin ? CLI_EXIT_OK : wrong(&c->args, "64 hex digits");
}

static int take_summary(spdm_client *c)
{
    static const struct {
        const char *name;
        uint8_t type;
    } rows[] = {{"none", 0}, {"tcb", 1}, {"all", 0xFF}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!strcmp(c->args.value, rows[i].name)) {
            c->config.summary = rows[i].type;
            return CLI_EXIT_OK;
        }
    return wrong(&c->args, "none, tcb or all");
}

/* Options whose value is a number. */
static int take_number(spdm_client *c, int id)
{
    static const struct {
        int id;
        uint64_t least, most;
    } rows[] = {{SPDM_OPT_SLOT, 0, 7},
                {SPDM_OPT_TRANSFER, 42, SPDM_CLIENT_MESSAGE_MAX},
                {SPDM_OPT_MESSAGE, 512, SPDM_CLIENT_MESSAGE_MAX},
                {SPDM_OPT_RETRIES, 0, 255},
                {SPDM_OPT_TIMEOUT, 1, 3600000}};
    uint64_t n = 0;
    size_t i = 0;
    while (rows[i].id != id)
        i++;
    if (!cli_number(&c->args, rows[i].least, rows[i].most, &n))
        return c->args.exit;
    if (id == SPDM_OPT_SLOT)
        c->config.slot = (uint8_t)n;
    else if (id == SPDM_OPT_TRANSFER)
        c->config.data_transfer_size = (uint32_t)n;
    else if (id == SPDM_OPT_MESSAGE)
        c->config.max_message = (uint32_t)n;
    else if (id == SPDM_OPT_RETRIES)
        c->config.retries = (uint8_t)n;
    else
        c->timeout_us = n * 1000;
    return CLI_EXIT_OK;
}

/* Options that name a file or the like. */
static int take_path(spdm_client *c, int id)
{
    const char **const rows[] = {&c->to, &c->chain_path, &c->key_path, &c->psk_path,
                                 &c->keylog_path};
    static const int ids[] = {SPDM_OPT_TO, SPDM_OPT_CHAIN, SPDM_OPT_KEY, SPDM_OPT_PSK,
                              SPDM_OPT_KEYLOG};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (ids[i] == id)
            *rows[i] = c->args.value;
    return CLI_EXIT_OK;
}

int spdm_client_option(spdm_client *c, int id)
{
    int code = spdm_policy_option(&c->args, id, &c->policy);
    if (code >= 0)
        return code;
    switch (id) {
    case SPDM_OPT_TRANSPORT:
        c->transport_name = c->args.value;
        return spdm_transport(c->transport_name, &c->framing, &c->binding)
                   ? CLI_EXIT_OK
                   : wrong(&c->args, "tcp, mctp or doe");
    case SPDM_OPT_REMOTE:
        c->remote = true;
        return CLI_EXIT_OK;
    case SPDM_OPT_SHUT_DOWN:
        c->shut_down = true;
        return CLI_EXIT_OK;
    case SPDM_OPT_ANSWER:
        c->answers = true;
        return CLI_EXIT_OK;
    case SPDM_OPT_NOTIFY:
        c->notifies = true;
        return CLI_EXIT_OK;
    case SPDM_OPT_MUTUAL:
        return rule(&c->args, &c->policy.rules.mutual);
    case SPDM_OPT_NO_CONTEXT:
        c->psk_without_context = true;
        return CLI_EXIT_OK;
    case SPDM_OPT_INFO:
        return spdm_hex_option(c->args.value, c->endpoint_info, sizeof c->endpoint_info,
                               &c->endpoint_info_len)
                   ? CLI_EXIT_OK
                   : wrong(&c->args, "at most 64 bytes as hex digits");
    case SPDM_OPT_TRUST:
        return add_trust(c);
    case SPDM_OPT_PIN:
        return take_pin(c);
    case SPDM_OPT_TIME:
        return spdm_time_option(&c->time, c->args.value)
                   ? CLI_EXIT_OK
                   : wrong(&c->args, "full, ignore or seconds since 1970");
    case SPDM_OPT_SUMMARY:
        return take_summary(c);
    case SPDM_OPT_PSK_HINT:
        return spdm_hex_option(c->args.value, c->hint, sizeof c->hint, &c->hint_len)
                   ? CLI_EXIT_OK
                   : wrong(&c->args, "at most 64 bytes as hex digits");
    case SPDM_OPT_SLOT:
    case SPDM_OPT_TRANSFER:
    case SPDM_OPT_MESSAGE:
    case SPDM_OPT_RETRIES:
    case SPDM_OPT_TIMEOUT:
        return take_number(c, id);
    default:
        return take_path(c, id);
    }
}
