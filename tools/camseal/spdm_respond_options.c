/* `camseal spdm respond`: its options. */
#include <string.h>

#include "camseal/transport.h"
#include "spdm/msg/endpoint_info.h"
#include "spdm_client.h"
#include "spdm_respond.h"

enum {
    OPT_LISTEN = 1,
    OPT_CONNECTIONS,
    OPT_MEASUREMENTS,
    OPT_HEARTBEAT,
    OPT_HANDSHAKE,
    OPT_MUTUAL,
    OPT_ECHO,
    OPT_SESSIONS,
    OPT_NO_CONTEXT,
    OPT_ASK,
    OPT_ASK_SLOT,
    OPT_REQUESTER,
    OPT_LOG,
    OPT_ENDPOINT_INFO,
    OPT_EVENTS,
    OPT_DEMAND,
    OPT_FRESH,
    OPT_UNSIGNED,
    OPT_CT,
    OPT_SLOW,
    OPT_DEFER,
    OPT_BUSY,
    OPT_RESYNCH,
    OPT_PROVISION,
    OPT_INSTALL_TRUST,
    OPT_TRUSTED,
    OPT_SPARE_KEYS
};

static const cli_option options[] = {
    {OPT_LISTEN, 'l', "listen", "ENDPOINT",
     "where to serve: unix:PATH, tcp:HOST:PORT (0: any port), or emu:HOST:PORT\n"
     "for the socket of the DMTF's emulators"},
    {SPDM_OPT_TRANSPORT, 0, "transport", "NAME", "tcp (default), mctp, doe, or none: no sessions"},
    {SPDM_OPT_REMOTE, 0, "allow-remote", NULL, "allow TCP hosts other than this machine"},
    {OPT_CONNECTIONS, 'n', "connections", "N", "end after N connections; default: never"},
    {SPDM_OPT_CHAIN, 0, "chain", "FILE", "certificates (DER), root first; may be repeated"},
    {SPDM_OPT_KEY, 'k', "key", "FILE",
     "the private key of each --chain; only its owner may read it"},
    {SPDM_OPT_SLOT, 0, "slot", "N", "the slot of each --key; default: 0, 1, ..."},
    {OPT_PROVISION, 0, "provision", "DIR",
     "make CSRs, and let requesters that a session authenticates set certificates:\n"
     "kept in slotN.der there, instead of --chain; the last --key may lack theirs"},
    {OPT_INSTALL_TRUST, 0, "install-trust", "FILE",
     "trusted certificate (DER) of chains to be set; may be repeated; default: any"},
    {OPT_TRUSTED, 0, "trusted-environment", NULL, "let anybody set them, also outside sessions"},
    {OPT_MEASUREMENTS, 'm', "measurements", "FILE", "measurements to answer with (see below)"},
    {OPT_FRESH, 0, "fresh", NULL, "say that they are measured anew for each request"},
    {OPT_UNSIGNED, 0, "unsigned", NULL, "do not sign them"},
    {OPT_LOG, 0, "log", "FILE", "measurement extension log to answer with (see below)"},
    {OPT_ENDPOINT_INFO, 0, "endpoint-info", "HEX",
     "device class identifiers to answer with (EPInfo of SubCode 1)"},
    {SPDM_OPT_PSK, 0, "psk", "FILE",
     "the pre-shared key in this file, 1 to 64 bytes as they are; only\n"
     "its owner may read it; may be repeated"},
    {SPDM_OPT_PSK_HINT, 0, "psk-hint", "HEX", "the hint that names each (default: empty)"},
    {OPT_NO_CONTEXT, 0, "psk-without-context", NULL, "add no context of its own to such sessions"},
    {OPT_MUTUAL, 0, "mutual", "RULE", "authenticate requesters: refuse (default), allow, require"},
    {OPT_ASK, 0, "ask", "HOW",
     "how: encapsulated (default), digests, known: without asking (see\n"
     "--requester), or challenge: also then"},
    {OPT_ASK_SLOT, 0, "ask-slot", "N", "which slot of theirs, 0 (default) to 7"},
    {OPT_REQUESTER, 0, "requester", "FILE",
     "--ask known: their certificates, or their public key (DER)"},
    {SPDM_OPT_TRUST, 't', "trust", "FILE",
     "trusted certificate (DER) of requesters; may be repeated"},
    {SPDM_OPT_PIN, 0, "pin", "HEX", "SHA-256 of a requester's public key: no other is accepted"},
    {SPDM_OPT_TIME, 0, "time", "WHEN",
     "validity of their certificates: full (default), ignore, or seconds since 1970"},
    {OPT_HEARTBEAT, 0, "heartbeat", "S", "heartbeat period, 0 (default: none) to 255 seconds"},
    {OPT_HANDSHAKE, 0, "handshake-time", "MS",
     "how long a handshake may take before its session is free again (default 10000)"},
    {OPT_SESSIONS, 0, "sessions", "N", "sessions at a time, 1 (default) to 8"},
    {OPT_EVENTS, 0, "events", NULL, "offer the DMTF's events, take those of requesters"},
    {OPT_DEMAND, 0, "demand", "LIST",
     "ask a requester that polls, once a session, for each of: key-update,\n"
     "endpoint-info, event (once it has subscribed)"},
    {OPT_CT, 0, "ct", "N", "CTExponent: signing takes up to 2^N us (default 20)"},
    {OPT_SLOW, 0, "slow", "MS", "a signature takes that long"},
    {OPT_DEFER, 0, "defer", "N", "what takes longer than 2^N us is ResponseNotReady at first"},
    {OPT_BUSY, 0, "busy", "N", "every Nth request is met with Busy"},
    {OPT_RESYNCH, 0, "resynch", "N", "every Nth request is met with RequestResynch"},
    {OPT_SPARE_KEYS, 0, "spare-keys", "N",
     "up to 8 key pairs that requesters may change and nothing signs with;\n"
     "they have the first ids"},
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
    "A log file is a list of entries: [{\"measurement\": 1, \"type\": \"firmware\", \"form\": "
    "\"raw\",\n"
    "\"text\": \"v1\"}, ...]\n"
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
    spdm_responder_numbers *n = &o->n;
    const struct {
        int id;
        uint64_t min, max, *to;
    } rows[] = {{OPT_CONNECTIONS, 1, UINT32_MAX, &n->connections},
                {OPT_HEARTBEAT, 0, 255, &n->heartbeat_s},
                {OPT_HANDSHAKE, 1, 3600000, &n->handshake_ms},
                {OPT_SESSIONS, 1, 8, &n->sessions},
                {SPDM_OPT_TRANSFER, 42, SPDM_RESPOND_MESSAGE_MAX, &n->transfer},
                {SPDM_OPT_MESSAGE, 512, SPDM_RESPOND_MESSAGE_MAX, &n->max_message},
                {OPT_CT, 1, 31, &n->ct_exponent},
                {OPT_ASK_SLOT, 0, 7, &n->ask_slot},
                {OPT_SLOW, 0, 60000, &n->slow_ms},
                {OPT_DEFER, 1, 25, &n->defer},
                {OPT_BUSY, 2, UINT32_MAX, &n->busy},
                {OPT_RESYNCH, 2, UINT32_MAX, &n->resynch},
                {OPT_SPARE_KEYS, 0, SPDM_RESPOND_SPARE_KEYS_MAX, &n->spare_keys}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].id == id)
            return cli_number(&o->args, rows[i].min, rows[i].max, rows[i].to) ? CLI_EXIT_OK
                                                                              : o->args.exit;
    return -1;
}

static int take_slot(spdm_responder_options *o)
{
    uint64_t n = 0;
    if (!cli_number(&o->args, 0, 7, &n))
        return o->args.exit;
    if (o->n_slots == SPDM_RESPOND_IDENTITIES_MAX)
        return cli_usage(verb.name, "more than %d --slot", SPDM_RESPOND_IDENTITIES_MAX);
    o->slots[o->n_slots++] = (uint8_t)n;
    return CLI_EXIT_OK;
}

static int take_ask(spdm_responder_options *o)
{
    static const struct {
        const char *name;
        uint8_t asking;
        bool challenge;
    } rows[] = {{"encapsulated", CAMSEAL_SPDM_ASK_ENCAPSULATED, false},
                {"digests", CAMSEAL_SPDM_ASK_DIGESTS, false},
                {"known", CAMSEAL_SPDM_ASK_NOTHING, false},
                {"challenge", CAMSEAL_SPDM_ASK_ENCAPSULATED, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!strcmp(o->args.value, rows[i].name)) {
            o->asking = rows[i].asking;
            o->ask_in_challenge = rows[i].challenge;
            return CLI_EXIT_OK;
        }
    return wrong(o, "encapsulated, digests, known or challenge");
}

static int take_demands(spdm_responder_options *o)
{
    static const char *const names[] = {"", "key-update", "endpoint-info", "event"};
    const char *text = o->args.value;
    while (*text) {
        size_t len = strcspn(text, ",");
        uint8_t demand = SPDM_DEMAND_EVENT;
        while (demand && (strlen(names[demand]) != len || strncmp(names[demand], text, len)))
            demand--;
        if (!demand || o->n_demands == SPDM_RESPOND_DEMANDS_MAX)
            return wrong(o, "up to eight of key-update, endpoint-info, event");
        o->demands[o->n_demands++] = demand;
        text += len + (text[len] == ',');
    }
    return CLI_EXIT_OK;
}

static int take_hint(spdm_responder_options *o)
{
    if (o->n_hints == SPDM_RESPOND_PSKS_MAX)
        return cli_usage(verb.name, "more than %d --psk-hint", SPDM_RESPOND_PSKS_MAX);
    size_t i = o->n_hints++;
    return spdm_hex_option(o->args.value, o->hints[i], sizeof o->hints[i], &o->hint_lens[i])
               ? CLI_EXIT_OK
               : wrong(o, "at most 64 bytes as hex digits");
}

static int take_word(spdm_responder_options *o, int id)
{
    const char *value = o->args.value;
    size_t len = 0;
    switch (id) {
    case SPDM_OPT_TRANSPORT:
        o->transport_name = value;
        return spdm_transport(value, &o->framing, &o->binding) ? CLI_EXIT_OK
                                                               : wrong(o, "tcp, mctp or doe");
    case OPT_MUTUAL:
        return spdm_policy_rule(&o->mutual, value) ? CLI_EXIT_OK
                                                   : wrong(o, "refuse, allow or require");
    case OPT_ASK:
        return take_ask(o);
    case OPT_DEMAND:
        return take_demands(o);
    case SPDM_OPT_PSK_HINT:
        return take_hint(o);
    case SPDM_OPT_TIME:
        o->clock = !strcmp(value, "full");
        return spdm_time_option(&o->time, value) ? CLI_EXIT_OK
                                                 : wrong(o, "full, ignore or seconds since 1970");
    case SPDM_OPT_PIN:
        o->has_pin = spdm_hex_option(value, o->pin, sizeof o->pin, &len) && len == sizeof o->pin;
        return o->has_pin ? CLI_EXIT_OK : wrong(o, "64 hex digits");
    case OPT_ENDPOINT_INFO:
        return spdm_hex_option(value, o->endpoint_info, sizeof o->endpoint_info,
                               &o->endpoint_info_len)
                   ? CLI_EXIT_OK
                   : wrong(o, "at most 1024 bytes as hex digits");
    default:
        return -1;
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
    case SPDM_OPT_PSK:
        return add_path(o, o->psks, &o->n_psks, SPDM_RESPOND_PSKS_MAX);
    case OPT_INSTALL_TRUST:
        return add_path(o, o->install, &o->n_install, SPDM_RESPOND_TRUST_MAX);
    case OPT_PROVISION:
        o->provision = o->args.value;
        return CLI_EXIT_OK;
    case OPT_LISTEN:
        o->listen = o->args.value;
        return CLI_EXIT_OK;
    case OPT_MEASUREMENTS:
        o->measurements = o->args.value;
        return CLI_EXIT_OK;
    case OPT_LOG:
        o->log = o->args.value;
        return CLI_EXIT_OK;
    case OPT_REQUESTER:
        o->requester = o->args.value;
        return CLI_EXIT_OK;
    case SPDM_OPT_KEYLOG:
        o->keylog = o->args.value;
        return CLI_EXIT_OK;
    default:
        return -1;
    }
}

static int take_flag(spdm_responder_options *o, int id)
{
    bool *const rows[] = {&o->remote, &o->echo,          &o->events,
                          &o->fresh,  &o->unsigned_only, &o->psk_without_context,
                          &o->trusted};
    static const int ids[] = {SPDM_OPT_REMOTE, OPT_ECHO,       OPT_EVENTS, OPT_FRESH,
                              OPT_UNSIGNED,    OPT_NO_CONTEXT, OPT_TRUSTED};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (ids[i] == id) {
            *rows[i] = true;
            return CLI_EXIT_OK;
        }
    return -1;
}

/* Each knows some of the options: -1 is none of its own. */
static int take_option(spdm_responder_options *o, int id)
{
    int code = spdm_policy_option(&o->args, id, &o->policy);
    if (code < 0)
        code = take_flag(o, id);
    if (code < 0)
        code = id == SPDM_OPT_SLOT ? take_slot(o) : take_number(o, id);
    if (code < 0)
        code = take_word(o, id);
    return code < 0 ? take_path(o, id) : code;
}

static int check(const spdm_responder_options *o)
{
    char **operands;
    if (cli_operands(&o->args, &operands) != 0)
        return cli_usage(verb.name, "unexpected '%s'", operands[0]);
    if (!o->listen)
        return cli_usage(verb.name, "say where: --listen ENDPOINT");
    if (o->n_chains > o->n_keys || (o->n_chains < o->n_keys && !o->provision))
        return cli_usage(verb.name, "each --chain needs its --key, and without --provision each "
                                    "--key its --chain");
    if (o->n_slots && o->n_slots != o->n_keys)
        return cli_usage(verb.name, "give --slot for each --key, or not at all");
    for (size_t i = 0; o->provision && i < o->n_keys; i++)
        if (memchr(o->slots, o->slots[i], i))
            return cli_usage(verb.name, "with --provision each slot once");
    if (!o->n_keys && !o->n_psks)
        return cli_usage(verb.name, "say who it is: --chain and --key, or --psk");
    if (o->mutual > CAMSEAL_SPDM_REFUSE && !o->n_trust && !o->requester)
        return cli_usage(verb.name, "--mutual needs --trust");
    camseal_span info = camseal_span_of(o->endpoint_info, o->endpoint_info_len);
    if (info.len && camseal_spdm_check_device_classes(info) != CAMSEAL_OK)
        return cli_usage(verb.name, "--endpoint-info: not EPInfo of device class identifiers");
    if (o->n_hints > o->n_psks || (o->n_psks > 1 && o->n_hints + 1 < o->n_psks))
        return cli_usage(verb.name, "give a --psk-hint for each --psk; only the last may lack it");
    return CLI_EXIT_OK;
}

int spdm_respond_options(spdm_responder_options *o, int argc, char **argv, bool *done)
{
    int id, code = CLI_EXIT_OK;
    memset(o, 0, sizeof *o);
    *done = true;
    o->transport_name = "tcp";
    o->n.transfer = 4096;
    o->n.sessions = 1;
    o->n.max_message = SPDM_RESPOND_MESSAGE_MAX;
    (void)spdm_transport("tcp", &o->framing, &o->binding);
    (void)spdm_time_option(&o->time, "full");
    o->clock = true;
    cli_begin(&o->args, &verb, argc, argv);
    while (!code && (id = cli_next(&o->args)) > 0)
        code = take_option(o, id);
    if (code)
        return code;
    if (id < 0)
        return o->args.exit;
    for (size_t i = 0; !o->n_slots && i < o->n_keys; i++)
        o->slots[i] = (uint8_t)i;
    code = check(o);
    *done = code != CLI_EXIT_OK;
    return code;
}
