/* `camseal spdm respond`: its options. */
#include <string.h>

#include "camseal/transport.h"
#include "spdm_client.h"
#include "spdm_respond.h"

enum {
    OPT_LISTEN = 1,
    OPT_CONNECTIONS,
    OPT_MEASUREMENTS,
    OPT_HEARTBEAT,
    OPT_MUTUAL,
    OPT_ECHO,
    OPT_SESSIONS,
    OPT_NO_CONTEXT,
    OPT_ASK
};

static const cli_option options[] = {
    {OPT_LISTEN, 'l', "listen", "ENDPOINT",
     "where to serve: unix:PATH, tcp:HOST:PORT (0: any port), or emu:HOST:PORT\n"
     "for the socket of the DMTF's emulators"},
    {SPDM_OPT_TRANSPORT, 0, "transport", "NAME", "tcp (default), mctp or doe"},
    {SPDM_OPT_REMOTE, 0, "allow-remote", NULL, "allow TCP hosts other than this machine"},
    {OPT_CONNECTIONS, 'n', "connections", "N", "end after N connections; default: never"},
    {SPDM_OPT_CHAIN, 0, "chain", "FILE", "certificates (DER), root first; may be repeated"},
    {SPDM_OPT_KEY, 'k', "key", "FILE",
     "the private key of each --chain; only its owner may read it"},
    {SPDM_OPT_SLOT, 0, "slot", "N", "the slot of each --chain; default: 0, 1, ..."},
    {OPT_MEASUREMENTS, 'm', "measurements", "FILE", "measurements to answer with (see below)"},
    {SPDM_OPT_PSK, 0, "psk", "FILE",
     "the pre-shared key in this file, 1 to 64 bytes as they are; only\n"
     "its owner may read it"},
    {SPDM_OPT_PSK_HINT, 0, "psk-hint", "HEX", "the hint that names it (default: empty)"},
    {OPT_NO_CONTEXT, 0, "psk-without-context", NULL, "add no context of its own to such sessions"},
    {OPT_MUTUAL, 0, "mutual", "RULE", "authenticate requesters: refuse (default), allow, require"},
    {OPT_ASK, 0, "ask", "HOW", "how: encapsulated (default), digests, or challenge: also then"},
    {SPDM_OPT_TRUST, 't', "trust", "FILE",
     "trusted certificate (DER) of requesters; may be repeated"},
    {SPDM_OPT_TIME, 0, "time", "WHEN",
     "validity of their certificates: full (default), ignore, or seconds since 1970"},
    {OPT_HEARTBEAT, 0, "heartbeat", "S", "heartbeat period, 0 (default: none) to 255 seconds"},
    {OPT_SESSIONS, 0, "sessions", "N", "sessions at a time, 1 (default) to 8"},
    {OPT_ECHO, 0, "echo", NULL, "answer vendor-defined requests with their own payload"},
    {SPDM_OPT_KEYLOG, 0, "keylog", "FILE", "write all session secrets: only for tests"},
    SPDM_POLICY_OPTIONS,
    {0, 0, NULL, NULL, NULL}};

static const cli_verb verb = {
    SPDM_RESPOND_VERB, "--listen ENDPOINT --chain FILE --key FILE [options]",
    "A responder in software. Serves one connection after the other until it is interrupted, or\n"
    "an emulator tells it to end.",
    options,
    "A measurements file is a JSON list, indices rising:\n"
    "  [{\"index\": 1, \"type\": \"firmware\", \"form\": \"either\", \"tcb\": true, \"text\": "
    "\"v1\"}, ...]\n"
    "types: rom, firmware, hardware-config, firmware-config, manifest, device-mode,\n"
    "firmware-version, secure-version, hash-extended, informational, structured-manifest; form:\n"
    "either (default: a digest unless raw values are wanted), raw, digest; value: \"hex\" or "
    "\"text\".\n"
    "exit codes: 0 all connections were served, 6 a link or file failed, 130 interrupted; "
    "otherwise\n"
    "see 'camseal --help'."};

static int wrong(const spdm_responder_options *o, const char *want)
{
    return cli_usage(verb.name, "--%s %s: not %s", o->args.option, o->args.value, want);
}

static int add_path(spdm_responder_options *o, const char **list, size_t *n, size_t max)
{
    if (*n == max)
        return cli_usage(verb.name, "more than %zu --%s", max, o->args.option);
    list[(*n)++] = o->args.value;
    return CLI_EXIT_OK;
}

static int take_number(spdm_responder_options *o, int id)
{
    static const struct {
        int id;
        uint64_t min, max;
    } rows[] = {{OPT_CONNECTIONS, 1, UINT32_MAX},
                {OPT_HEARTBEAT, 0, 255},
                {OPT_SESSIONS, 1, 8},
                {SPDM_OPT_SLOT, 0, 7},
                {SPDM_OPT_TRANSFER, 42, SPDM_RESPOND_MESSAGE_MAX}};
    size_t i = 0;
    uint64_t n = 0;
    while (rows[i].id != id)
        i++;
    if (!cli_number(&o->args, rows[i].min, rows[i].max, &n))
        return o->args.exit;
    if (id == OPT_CONNECTIONS)
        o->connections = n;
    else if (id == OPT_HEARTBEAT)
        o->heartbeat_s = (uint8_t)n;
    else if (id == OPT_SESSIONS)
        o->sessions = (uint8_t)n;
    else if (id == SPDM_OPT_TRANSFER)
        o->transfer = (uint32_t)n;
    else if (o->n_slots == SPDM_RESPOND_IDENTITIES_MAX)
        return cli_usage(verb.name, "more than %d --slot", SPDM_RESPOND_IDENTITIES_MAX);
    else
        o->slots[o->n_slots++] = (uint8_t)n;
    return CLI_EXIT_OK;
}

static int take_word(spdm_responder_options *o, int id)
{
    const char *value = o->args.value;
    switch (id) {
    case SPDM_OPT_TRANSPORT:
        o->transport_name = value;
        return spdm_transport(value, &o->framing, &o->binding) ? CLI_EXIT_OK
                                                               : wrong(o, "tcp, mctp or doe");
    case OPT_MUTUAL:
        return spdm_policy_rule(&o->mutual, value) ? CLI_EXIT_OK
                                                   : wrong(o, "refuse, allow or require");
    case OPT_ASK:
        o->asking =
            strcmp(value, "digests") ? CAMSEAL_SPDM_ASK_ENCAPSULATED : CAMSEAL_SPDM_ASK_DIGESTS;
        o->ask_in_challenge = !strcmp(value, "challenge");
        return o->asking || o->ask_in_challenge || !strcmp(value, "encapsulated")
                   ? CLI_EXIT_OK
                   : wrong(o, "encapsulated, digests or challenge");
    case SPDM_OPT_TIME:
        return spdm_time_option(&o->time, value) ? CLI_EXIT_OK
                                                 : wrong(o, "full, ignore or seconds since 1970");
    default:
        return spdm_hex_option(value, o->hint, sizeof o->hint, &o->hint_len)
                   ? CLI_EXIT_OK
                   : wrong(o, "at most 64 bytes as hex digits");
    }
}

static int take_path(spdm_responder_options *o, int id)
{
    switch (id) {
    case SPDM_OPT_CHAIN:
        return add_path(o, o->chains, &o->n_chains, SPDM_RESPOND_IDENTITIES_MAX);
    case SPDM_OPT_KEY:
        return add_path(o, o->keys, &o->n_keys, SPDM_RESPOND_IDENTITIES_MAX);
    case SPDM_OPT_TRUST:
        return add_path(o, o->trust, &o->n_trust, SPDM_RESPOND_TRUST_MAX);
    case OPT_LISTEN:
        o->listen = o->args.value;
        return CLI_EXIT_OK;
    case OPT_MEASUREMENTS:
        o->measurements = o->args.value;
        return CLI_EXIT_OK;
    case SPDM_OPT_PSK:
        o->psk = o->args.value;
        return CLI_EXIT_OK;
    default:
        o->keylog = o->args.value;
        return CLI_EXIT_OK;
    }
}

static int take_option(spdm_responder_options *o, int id)
{
    switch (id) {
    case SPDM_OPT_REMOTE:
        o->remote = true;
        return CLI_EXIT_OK;
    case OPT_ECHO:
        o->echo = true;
        return CLI_EXIT_OK;
    case OPT_NO_CONTEXT:
        o->psk_without_context = true;
        return CLI_EXIT_OK;
    case OPT_CONNECTIONS:
    case OPT_HEARTBEAT:
    case OPT_SESSIONS:
    case SPDM_OPT_SLOT:
    case SPDM_OPT_TRANSFER:
        return take_number(o, id);
    case SPDM_OPT_TRANSPORT:
    case OPT_MUTUAL:
    case OPT_ASK:
    case SPDM_OPT_TIME:
    case SPDM_OPT_PSK_HINT:
        return take_word(o, id);
    default:
        break;
    }
    int code = spdm_policy_option(&o->args, id, &o->policy);
    return code >= 0 ? code : take_path(o, id);
}

static int check(const spdm_responder_options *o)
{
    char **operands;
    if (cli_operands(&o->args, &operands) != 0)
        return cli_usage(verb.name, "unexpected '%s'", operands[0]);
    if (!o->listen)
        return cli_usage(verb.name, "say where: --listen ENDPOINT");
    if (o->n_chains != o->n_keys)
        return cli_usage(verb.name, "each --chain needs its --key");
    if (o->n_slots && o->n_slots != o->n_chains)
        return cli_usage(verb.name, "give --slot for each --chain, or not at all");
    if (!o->n_chains && !o->psk)
        return cli_usage(verb.name, "say who it is: --chain and --key, or --psk");
    if (o->mutual > CAMSEAL_SPDM_REFUSE && !o->n_trust)
        return cli_usage(verb.name, "--mutual needs --trust");
    return CLI_EXIT_OK;
}

int spdm_respond_options(spdm_responder_options *o, int argc, char **argv, bool *done)
{
    int id, code = CLI_EXIT_OK;
    memset(o, 0, sizeof *o);
    *done = true;
    o->transport_name = "tcp";
    o->transfer = 4096;
    (void)spdm_transport("tcp", &o->framing, &o->binding);
    (void)spdm_time_option(&o->time, "full");
    cli_begin(&o->args, &verb, argc, argv);
    while (!code && (id = cli_next(&o->args)) > 0)
        code = take_option(o, id);
    if (code)
        return code;
    if (id < 0)
        return o->args.exit;
    for (size_t i = 0; !o->n_slots && i < o->n_chains; i++)
        o->slots[i] = (uint8_t)i;
    code = check(o);
    *done = code != CLI_EXIT_OK;
    return code;
}
